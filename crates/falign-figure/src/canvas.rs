//! An SVG page under construction. Text is outlines of the embedded font, so that a browser, a paper
//! and our own PNG show the same letters; or `<text>`, which a drawing program can edit.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::font::{Face, Fonts};
use super::text::{Rich, Span};

/// Form of text in an SVG.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Letters {
    /// Outlines of the embedded font.
    Outlines,
    /// `<text>` in the reader's sans-serif font, each piece where the embedded font has it.
    Text,
}

/// Reference point of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    /// Left end.
    Start,
    /// Middle.
    Middle,
    /// Right end.
    End,
}

/// A rectangle on the page; y grows downwards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rect {
    /// Left.
    pub(super) x: f64,
    /// Top.
    pub(super) y: f64,
    /// Width.
    pub(super) w: f64,
    /// Height.
    pub(super) h: f64,
}

impl Rect {
    /// Right end.
    pub(super) fn right(&self) -> f64 {
        self.x + self.w
    }

    /// Lower end.
    pub(super) fn bottom(&self) -> f64 {
        self.y + self.h
    }
}

/// The look of a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stroke<'a> {
    /// Colour.
    pub(super) colour: &'a str,
    /// Width.
    pub(super) width: f64,
    /// Dash pattern; empty is solid.
    pub(super) dash: &'a str,
}

/// The page.
pub(super) struct Canvas<'a> {
    /// The font.
    pub(super) fonts: &'a Fonts,
    body: String,
    clips: String,
    clip_count: usize,
    glyphs: BTreeMap<(Face, u32), String>,
    letters: Letters,
}

impl<'a> Canvas<'a> {
    /// An empty page.
    pub(super) fn new(fonts: &'a Fonts, letters: Letters) -> Self {
        Self {
            fonts,
            body: String::new(),
            clips: String::new(),
            clip_count: 0,
            glyphs: BTreeMap::new(),
            letters,
        }
    }

    /// A line through points.
    pub(super) fn line(&mut self, points: &[(f64, f64)], stroke: Stroke<'_>) {
        let dash = if stroke.dash.is_empty() {
            String::new()
        } else {
            format!(" stroke-dasharray=\"{}\"", stroke.dash)
        };
        let _ = writeln!(
            self.body,
            "<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" \
             stroke-linejoin=\"round\"{dash}/>",
            path(points, false),
            stroke.colour,
            number(stroke.width),
        );
    }

    /// A filled outline, as see-through as `opacity` says.
    pub(super) fn area(&mut self, points: &[(f64, f64)], colour: &str, opacity: f64) {
        let _ = writeln!(
            self.body,
            "<path d=\"{}\" fill=\"{colour}\" fill-opacity=\"{}\"/>",
            path(points, true),
            number(opacity),
        );
    }

    /// A disc with a rim.
    pub(super) fn disc(&mut self, (x, y): (f64, f64), radius: f64, fill: &str, rim: &str) {
        let _ = writeln!(
            self.body,
            "<circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"{fill}\" stroke=\"{rim}\" \
             stroke-width=\"0.8\"/>",
            number(x),
            number(y),
            number(radius),
        );
    }

    /// A square with a rim.
    pub(super) fn square(&mut self, (x, y): (f64, f64), half: f64, fill: &str, rim: &str) {
        let _ = writeln!(
            self.body,
            "<path d=\"{}\" fill=\"{fill}\" stroke=\"{rim}\" stroke-width=\"0.8\"/>",
            path(
                &[
                    (x - half, y - half),
                    (x + half, y - half),
                    (x + half, y + half),
                    (x - half, y + half)
                ],
                true
            ),
        );
    }

    /// The mark of divergence.
    pub(super) fn cross(&mut self, (x, y): (f64, f64), colour: &str) {
        let half = 2.3;
        for (width, colour) in [(2.2, "#ffffff"), (1.1, colour)] {
            let _ = writeln!(
                self.body,
                "<path d=\"{}{}\" stroke=\"{colour}\" stroke-width=\"{}\"/>",
                path(&[(x - half, y - half), (x + half, y + half)], false),
                path(&[(x - half, y + half), (x + half, y - half)], false),
                number(width),
            );
        }
    }

    /// A rectangle; `fill` may be `none`.
    pub(super) fn rect(&mut self, rect: Rect, fill: &str, stroke: Option<Stroke<'_>>) {
        let stroke = stroke.map_or(String::new(), |stroke| {
            format!(
                " stroke=\"{}\" stroke-width=\"{}\"",
                stroke.colour,
                number(stroke.width)
            )
        });
        let _ = writeln!(
            self.body,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{fill}\"{stroke}/>",
            number(rect.x),
            number(rect.y),
            number(rect.w),
            number(rect.h),
        );
    }

    /// Opens a group that shows nothing outside `rect`.
    pub(super) fn clip(&mut self, rect: Rect) {
        self.clip_count += 1;
        let id = self.clip_count;
        let _ = writeln!(
            self.clips,
            "<clipPath id=\"c{id}\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/></clipPath>",
            number(rect.x),
            number(rect.y),
            number(rect.w),
            number(rect.h),
        );
        let _ = writeln!(self.body, "<g clip-path=\"url(#c{id})\">");
    }

    /// Closes the group of [`Self::clip`].
    pub(super) fn unclip(&mut self) {
        self.body.push_str("</g>\n");
    }

    /// Text on its baseline.
    pub(super) fn text(&mut self, at: (f64, f64), anchor: Anchor, size: f64, text: &Rich) {
        self.turned_text(at, anchor, size, text, (super::palette::INK, false));
    }

    /// Text in lines no wider than `width`, of which the first is on the given baseline. The height
    /// of all lines.
    pub(super) fn lines(
        &mut self,
        (x, y): (f64, f64),
        anchor: Anchor,
        (size, line_height): (f64, f64),
        (text, width): (&Rich, f64),
    ) -> f64 {
        let lines = text.wrap(self.fonts, size, width);
        for (index, line) in lines.iter().enumerate() {
            self.text((x, y + index as f64 * line_height), anchor, size, line);
        }
        lines.len() as f64 * line_height
    }

    /// Text in another colour.
    pub(super) fn inked_text(
        &mut self,
        at: (f64, f64),
        anchor: Anchor,
        size: f64,
        text: &Rich,
        ink: &str,
    ) {
        self.turned_text(at, anchor, size, text, (ink, false));
    }

    /// Text that reads upwards, for vertical axes.
    pub(super) fn upward_text(&mut self, at: (f64, f64), anchor: Anchor, size: f64, text: &Rich) {
        self.turned_text(at, anchor, size, text, (super::palette::INK, true));
    }

    fn turned_text(
        &mut self,
        (x, y): (f64, f64),
        anchor: Anchor,
        size: f64,
        text: &Rich,
        (ink, up): (&str, bool),
    ) {
        let width = text.width(self.fonts, size);
        let mut pen = match anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => -width / 2.0,
            Anchor::End => -width,
        };
        let turn = if up { " rotate(-90)" } else { "" };
        if self.letters == Letters::Text {
            let _ = write!(
                self.body,
                "<text fill=\"{ink}\" font-family=\"DejaVu Sans, Verdana, sans-serif\" transform=\"translate({} {}){turn}\">",
                number(x),
                number(y),
            );
            for span in &text.0 {
                self.span(span, pen, size);
                pen += span.width(self.fonts, size);
            }
            self.body.push_str("</text>\n");
            return;
        }
        let _ = write!(
            self.body,
            "<g role=\"img\" aria-label=\"{}\" fill=\"{}\" transform=\"translate({} {}){turn}\">",
            escaped(&text.plain()),
            ink,
            number(x),
            number(y),
        );
        for span in &text.0 {
            let scale = size * span.shift.scale() / self.fonts.units_per_em(span.face);
            let _ = write!(
                self.body,
                "<g transform=\"translate({} {}) scale({scale:.6} -{scale:.6})\">",
                number(pen),
                number(-span.shift.rise() * size),
            );
            let mut along = 0.0;
            for character in span.text.chars() {
                let glyph = self.fonts.glyph(span.face, character);
                let outline = self
                    .glyphs
                    .entry((span.face, glyph))
                    .or_insert_with(|| self.fonts.outline(span.face, glyph));
                if !outline.is_empty() {
                    let _ = write!(
                        self.body,
                        "<use xlink:href=\"#{}\" x=\"{}\"/>",
                        glyph_id(span.face, glyph),
                        number(along)
                    );
                }
                along += self.fonts.advance(span.face, glyph);
            }
            self.body.push_str("</g>");
            pen += along * scale;
        }
        self.body.push_str("</g>\n");
    }

    fn span(&mut self, span: &Span, x: f64, size: f64) {
        let look = match span.face {
            Face::Regular => "",
            Face::Oblique => " font-style=\"italic\"",
            Face::Bold => " font-weight=\"bold\"",
        };
        let _ = write!(
            self.body,
            "<tspan x=\"{}\" y=\"{}\" font-size=\"{}\"{look} xml:space=\"preserve\">{}</tspan>",
            number(x),
            number(-span.shift.rise() * size),
            number(size * span.shift.scale()),
            escaped(&span.text),
        );
    }

    /// The finished document, `width` by `height` points, with what it says to those who do not see
    /// it: a title and a description.
    pub(super) fn finish(self, (width, height): (f64, f64), title: &str, about: &str) -> String {
        let (w, h) = (number(width), number(height));
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" \
             xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
             width=\"{w}pt\" height=\"{h}pt\" viewBox=\"0 0 {w} {h}\">\n"
        );
        for (tag, text) in [("title", title), ("desc", about)] {
            if !text.is_empty() {
                let _ = writeln!(svg, "<{tag}>{}</{tag}>", escaped(text));
            }
        }
        svg.push_str("<defs>\n");
        for ((face, glyph), outline) in &self.glyphs {
            if !outline.is_empty() {
                let id = glyph_id(*face, *glyph);
                let _ = writeln!(svg, "<path id=\"{id}\" d=\"{outline}\"/>");
            }
        }
        svg.push_str(&self.clips);
        let _ = writeln!(
            svg,
            "</defs>\n<rect width=\"{w}\" height=\"{h}\" fill=\"#ffffff\"/>"
        );
        svg.push_str(&self.body);
        svg.push_str("</svg>\n");
        svg
    }
}

fn glyph_id(face: Face, glyph: u32) -> String {
    let face = match face {
        Face::Regular => 'r',
        Face::Oblique => 'o',
        Face::Bold => 'b',
    };
    format!("{face}{glyph}")
}

fn path(points: &[(f64, f64)], closed: bool) -> String {
    let mut data = String::new();
    let mut last = String::new();
    for (x, y) in points {
        let place = format!("{} {}", number(*x), number(*y));
        // Points closer than the last digit are one point.
        if place == last {
            continue;
        }
        data.push(if data.is_empty() { 'M' } else { 'L' });
        data.push_str(&place);
        last = place;
    }
    if closed {
        data.push('Z');
    }
    data
}

/// A coordinate to a hundredth of a point, without trailing zeros.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0" } else { text }.to_owned()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_short() {
        assert_eq!(number(1.0), "1");
        assert_eq!(number(-0.001), "0");
        assert_eq!(number(2.5), "2.5");
        assert_eq!(number(120.0), "120");
    }

    #[test]
    fn text_is_outlines_and_stays_readable_to_machines() {
        let fonts = Fonts::load().unwrap();
        let mut canvas = Canvas::new(&fonts, Letters::Outlines);
        canvas.text((1.0, 2.0), Anchor::Start, 8.0, &Rich::parse("a<b"));
        let svg = canvas.finish((10.0, 10.0), "", "about <it>");
        assert!(!svg.contains("<text"));
        assert!(svg.contains("aria-label=\"a&lt;b\""));
        assert!(svg.contains("<desc>about &lt;it&gt;</desc>"));
    }

    #[test]
    fn text_can_be_text_with_each_piece_in_its_place() {
        let fonts = Fonts::load().unwrap();
        let mut canvas = Canvas::new(&fonts, Letters::Text);
        canvas.text((1.0, 2.0), Anchor::Start, 10.0, &Rich::parse("*x*^{2}"));
        let svg = canvas.finish((10.0, 10.0), "", "");
        assert!(!svg.contains("<use"), "{svg}");
        let raised = "<tspan x=\"5.92\" y=\"-3.6\" font-size=\"7.2\" xml:space=\"preserve\">2";
        assert!(
            svg.contains("font-style=\"italic\"") && svg.contains(raised),
            "{svg}"
        );
    }
}
