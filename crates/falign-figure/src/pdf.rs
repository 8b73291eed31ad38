//! A finished picture as PDF: the shapes of its SVG, letters as outlines.

use anyhow::{Context as _, Result, bail};
use pdf_writer::types::LineJoinStyle;
use pdf_writer::{Content, Filter, Finish as _, Name, Pdf, Rect, Ref, TextStr};
use resvg::tiny_skia::{Path, PathSegment, Point, Transform};
use resvg::usvg::{self, Color, FillRule, Group, LineJoin, Node, Paint, Tree};

/// Points to a pixel of the SVG's units.
const POINTS: f32 = 0.75;
/// Effort of the compression, from 0 to 10.
const EFFORT: u8 = 6;

/// Writes an SVG that has no text elements as a page of its size in points. The same SVG gives the
/// same bytes.
pub(super) fn pdf(svg: &str, title: &str) -> Result<Vec<u8>> {
    let tree = Tree::from_str(svg, &usvg::Options::default())
        .context("the drawn SVG cannot be read back")?;
    let (width, height) = (tree.size().width() * POINTS, tree.size().height() * POINTS);
    let mut page = Page {
        content: Content::new(),
        opacities: Vec::new(),
    };
    // A page's y grows upwards.
    page.content
        .transform([POINTS, 0.0, 0.0, -POINTS, 0.0, height]);
    page.group(tree.root())?;
    let content = miniz_oxide::deflate::compress_to_vec_zlib(&page.content.finish(), EFFORT);
    let [catalog, pages, only, stream, about] = [1, 2, 3, 4, 5].map(Ref::new);
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(pages);
    pdf.pages(pages).kids([only]).count(1);
    let mut written = pdf.page(only);
    written
        .parent(pages)
        .contents(stream)
        .media_box(Rect::new(0.0, 0.0, width, height));
    let mut resources = written.resources();
    let mut states = resources.ext_g_states();
    for (index, opacity) in page.opacities.iter().enumerate() {
        let name = state_name(index);
        let mut state = states
            .insert(Name(name.as_bytes()))
            .start::<pdf_writer::writers::ExtGraphicsState<'_>>();
        state
            .non_stroking_alpha(*opacity)
            .stroking_alpha(*opacity)
            .finish();
    }
    states.finish();
    resources.finish();
    written.finish();
    pdf.stream(stream, &content).filter(Filter::FlateDecode);
    pdf.document_info(about)
        .title(TextStr(title))
        .creator(TextStr("falign"));
    Ok(pdf.finish())
}

fn state_name(index: usize) -> String {
    format!("a{index}")
}

/// The operators of a page, and the opacities that they name.
struct Page {
    content: Content,
    opacities: Vec<f32>,
}

impl Page {
    fn group(&mut self, group: &Group) -> Result<()> {
        let clip = group.clip_path();
        if let Some(clip) = clip {
            self.content.save_state();
            for node in clip.root().children() {
                if let Node::Path(path) = node {
                    let within = group.abs_transform().pre_concat(clip.transform());
                    self.outline(path.data(), within.pre_concat(path.abs_transform()));
                }
            }
            self.content.clip_nonzero().end_path();
        }
        for node in group.children() {
            match node {
                Node::Group(inner) => self.group(inner)?,
                Node::Path(path) => self.path(path)?,
                Node::Image(_) | Node::Text(_) => bail!("the drawn SVG has more than shapes"),
            }
        }
        if clip.is_some() {
            self.content.restore_state();
        }
        Ok(())
    }

    fn path(&mut self, path: &usvg::Path) -> Result<()> {
        let place = path.abs_transform();
        let matrix = [place.sx, place.ky, place.kx, place.sy, place.tx, place.ty];
        if let Some(fill) = path.fill() {
            let [r, g, b] = colour(fill.paint())?;
            self.content.save_state().transform(matrix);
            self.opacity(fill.opacity().get());
            self.content.set_fill_rgb(r, g, b);
            self.outline(path.data(), Transform::identity());
            match fill.rule() {
                FillRule::NonZero => self.content.fill_nonzero(),
                FillRule::EvenOdd => self.content.fill_even_odd(),
            };
            self.content.restore_state();
        }
        if let Some(stroke) = path.stroke() {
            let [r, g, b] = colour(stroke.paint())?;
            self.content.save_state().transform(matrix);
            self.opacity(stroke.opacity().get());
            self.content.set_stroke_rgb(r, g, b);
            self.content.set_line_width(stroke.width().get());
            self.content.set_line_join(match stroke.linejoin() {
                LineJoin::Round => LineJoinStyle::RoundJoin,
                LineJoin::Bevel => LineJoinStyle::BevelJoin,
                LineJoin::Miter | LineJoin::MiterClip => LineJoinStyle::MiterJoin,
            });
            if let Some(dashes) = stroke.dasharray() {
                let dashes = dashes.iter().copied();
                self.content.set_dash_pattern(dashes, stroke.dashoffset());
            }
            self.outline(path.data(), Transform::identity());
            self.content.stroke().restore_state();
        }
        Ok(())
    }

    fn opacity(&mut self, opacity: f32) {
        if opacity >= 1.0 {
            return;
        }
        let known = self
            .opacities
            .iter()
            .position(|one| one.to_bits() == opacity.to_bits());
        let index = known.unwrap_or_else(|| {
            self.opacities.push(opacity);
            self.opacities.len() - 1
        });
        let name = state_name(index);
        self.content.set_parameters(Name(name.as_bytes()));
    }

    fn outline(&mut self, path: &Path, transform: Transform) {
        let moved = |mut point: Point| {
            transform.map_point(&mut point);
            point
        };
        let mut last = Point::zero();
        for segment in path.segments() {
            match segment {
                PathSegment::MoveTo(to) => {
                    last = moved(to);
                    self.content.move_to(last.x, last.y);
                }
                PathSegment::LineTo(to) => {
                    last = moved(to);
                    self.content.line_to(last.x, last.y);
                }
                PathSegment::QuadTo(bend, to) => {
                    // A quadratic curve as a cubic one: two thirds of the way to its bend.
                    let (bend, to) = (moved(bend), moved(to));
                    let [a, b] = [last, to].map(|end| {
                        let part = |end: f32, bend: f32| end + 2.0 / 3.0 * (bend - end);
                        (part(end.x, bend.x), part(end.y, bend.y))
                    });
                    self.content.cubic_to(a.0, a.1, b.0, b.1, to.x, to.y);
                    last = to;
                }
                PathSegment::CubicTo(a, b, to) => {
                    let (a, b, to) = (moved(a), moved(b), moved(to));
                    self.content.cubic_to(a.x, a.y, b.x, b.y, to.x, to.y);
                    last = to;
                }
                PathSegment::Close => {
                    self.content.close_path();
                }
            }
        }
    }
}

fn colour(paint: &Paint) -> Result<[f32; 3]> {
    match paint {
        Paint::Color(Color { red, green, blue }) => {
            Ok([red, green, blue].map(|part| f32::from(*part) / 255.0))
        }
        _ => bail!("the drawn SVG has more than plain colours"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"30pt\" height=\"20pt\" viewBox=\"0 0 30 20\">\
        <defs><clipPath id=\"c\"><rect x=\"1\" y=\"2\" width=\"3\" height=\"4\"/></clipPath></defs>\
        <g clip-path=\"url(#c)\"><path d=\"M1 2L7 5\" fill=\"none\" stroke=\"#ff0000\" stroke-width=\"1.5\" stroke-dasharray=\"3 2\"/></g>\
        <path d=\"M0 0L5 0L5 5Z\" fill=\"#0000ff\" fill-opacity=\"0.25\"/></svg>";

    /// The operators of the only page.
    fn content(pdf: &[u8]) -> String {
        let find = |mark: &[u8], from: usize| {
            let found = pdf[from..].windows(mark.len()).position(|at| at == mark);
            from + found.unwrap()
        };
        let start = find(b"stream\n", 0) + 7;
        let end = find(b"\nendstream", start);
        let bytes = miniz_oxide::inflate::decompress_to_vec_zlib(&pdf[start..end]).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn shapes_keep_their_colours_dashes_and_opacity() {
        let written = pdf(SVG, "a title").unwrap();
        assert!(written.starts_with(b"%PDF-"));
        let all = String::from_utf8_lossy(&written);
        assert!(all.contains("/MediaBox [0 0 30 20]"), "{all}");
        assert!(
            all.contains("/ca 0.25") && all.contains("/Title (a title)"),
            "{all}"
        );
        let content = content(&written);
        for part in [
            "1 0 0 RG",
            "0 0 1 rg",
            "[3 2] 0 d",
            "1.5 w",
            "/a0 gs",
            "W",
            "0.75 0 0 -0.75 0 20 cm",
        ] {
            assert!(content.contains(part), "no {part}: {content}");
        }
        assert_eq!(pdf(SVG, "a title").unwrap(), written);
    }

    #[test]
    fn what_cannot_be_written_is_refused() {
        let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9pt\" height=\"9pt\"><rect width=\"3\" height=\"3\" fill=\"url(#g)\"/>\
            <defs><linearGradient id=\"g\"><stop offset=\"0\" stop-color=\"red\"/><stop offset=\"1\" stop-color=\"blue\"/></linearGradient></defs></svg>";
        assert!(pdf(svg, "").is_err());
    }
}
