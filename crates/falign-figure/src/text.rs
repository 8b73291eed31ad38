//! Text with italic letters, superscripts and subscripts, in a small markup.
//!
//! `*b*` is italic, `10^{-3}` raises and `log_{10}` lowers; everything else is literal. A star
//! without a partner, or next to a space, is a star.

use std::fmt::Write as _;

use super::font::{Face, Fonts};

/// Height of a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shift {
    /// Text on the line.
    Line,
    /// Raised and smaller.
    Super,
    /// Lowered and smaller.
    Sub,
}

impl Shift {
    /// Size relative to the text around it.
    pub(super) fn scale(self) -> f64 {
        if self == Self::Line { 1.0 } else { 0.72 }
    }

    /// How far above the line, in em of the text around it.
    pub(super) fn rise(self) -> f64 {
        match self {
            Self::Line => 0.0,
            Self::Super => 0.36,
            Self::Sub => -0.16,
        }
    }
}

/// A run of characters of one look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    /// The characters.
    pub(super) text: String,
    /// The cut of the font.
    pub(super) face: Face,
    /// Height of the span.
    pub(super) shift: Shift,
}

impl Span {
    /// Width where the text around it has a font size.
    pub(super) fn width(&self, fonts: &Fonts, size: f64) -> f64 {
        let advance = |character| fonts.advance(self.face, fonts.glyph(self.face, character));
        let units: f64 = self.text.chars().map(advance).sum();
        units / fonts.units_per_em(self.face) * size * self.shift.scale()
    }
}

/// A piece of text: spans from left to right.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Rich(pub(super) Vec<Span>);

impl Rich {
    /// Reads the markup.
    pub(super) fn parse(markup: &str) -> Self {
        let mut rich = Self::default();
        read(markup, Face::Regular, Shift::Line, &mut rich);
        rich
    }

    /// Text in the heavy cut, without markup.
    pub(super) fn bold(text: &str) -> Self {
        let mut rich = Self::default();
        for character in text.chars() {
            rich.push(character, Face::Bold, Shift::Line);
        }
        rich
    }

    fn push(&mut self, character: char, face: Face, shift: Shift) {
        // A hyphen before a digit high up is a minus sign.
        let character = match character {
            '-' if shift != Shift::Line => '−',
            other => other,
        };
        match self.0.last_mut() {
            Some(span) if span.face == face && span.shift == shift => span.text.push(character),
            _ => self.0.push(Span {
                text: character.to_string(),
                face,
                shift,
            }),
        }
    }

    /// Width at a font size.
    pub(super) fn width(&self, fonts: &Fonts, size: f64) -> f64 {
        self.0.iter().map(|span| span.width(fonts, size)).sum()
    }

    /// The characters alone, with `^` and `_` where they are raised or lowered.
    pub(super) fn plain(&self) -> String {
        let mut plain = String::new();
        for span in &self.0 {
            match span.shift {
                Shift::Line => {}
                Shift::Super => plain.push('^'),
                Shift::Sub => plain.push('_'),
            }
            plain.push_str(&span.text);
        }
        plain
    }

    /// The text in matplotlib's notation.
    pub(super) fn mathtext(&self) -> String {
        let mut out = String::new();
        for span in &self.0 {
            let text = span.text.replace('$', "\\$");
            let raised = text.replace('−', "-");
            let _ = match (span.shift, span.face) {
                (Shift::Super, _) => write!(out, "$^{{{raised}}}$"),
                (Shift::Sub, _) => write!(out, "$_{{{text}}}$"),
                (Shift::Line, Face::Oblique) => write!(out, "${text}$"),
                (Shift::Line, _) => write!(out, "{text}"),
            };
        }
        out
    }

    /// Breaks at spaces into lines no wider than `width`.
    pub(super) fn wrap(&self, fonts: &Fonts, size: f64, width: f64) -> Vec<Self> {
        let mut words = vec![Self::default()];
        for span in &self.0 {
            for (index, part) in span.text.split(' ').enumerate() {
                if index > 0 {
                    words.push(Self::default());
                }
                if let Some(word) = words.last_mut() {
                    for character in part.chars() {
                        word.push(character, span.face, span.shift);
                    }
                }
            }
        }
        let mut lines: Vec<Self> = Vec::new();
        for word in words.into_iter().filter(|word| !word.0.is_empty()) {
            if let Some(line) = lines.last_mut() {
                let mut longer = line.clone();
                longer.push(' ', Face::Regular, Shift::Line);
                longer.0.extend(word.0.iter().cloned());
                if longer.width(fonts, size) <= width {
                    *line = longer;
                    continue;
                }
            }
            lines.push(word);
        }
        lines
    }
}

fn read(markup: &str, face: Face, shift: Shift, rich: &mut Rich) {
    let mut rest = markup;
    while let Some(first) = rest.chars().next() {
        let after = &rest[first.len_utf8()..];
        let braced = |text: &str| -> Option<(usize, usize)> {
            let inner = text.strip_prefix('{')?;
            inner.find('}').map(|end| (1, end + 1))
        };
        match first {
            '^' | '_' if braced(after).is_some() => {
                let (start, end) = braced(after).unwrap_or((0, 0));
                let inner = if first == '^' {
                    Shift::Super
                } else {
                    Shift::Sub
                };
                read(&after[start..end], face, inner, rich);
                rest = &after[end + 1..];
            }
            '*' => match after.find('*') {
                Some(end) if end > 0 && !after[..end].contains(' ') => {
                    read(&after[..end], Face::Oblique, shift, rich);
                    rest = &after[end + 1..];
                }
                _ => {
                    rich.push(first, face, shift);
                    rest = after;
                }
            },
            other => {
                rich.push(other, face, shift);
                rest = after;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_become_real_superscripts() {
        let rich = Rich::parse("10^{-28}");
        assert_eq!(rich.0.len(), 2);
        assert_eq!(rich.0[1].text, "−28");
        assert_eq!(rich.0[1].shift, Shift::Super);
        assert_eq!(rich.plain(), "10^−28");
        assert_eq!(rich.mathtext(), "10$^{-28}$");
    }

    #[test]
    fn stars_make_italics_only_in_pairs() {
        let rich = Rich::parse("cos(*b*, *β*) 2 * 3");
        assert_eq!(rich.plain(), "cos(b, β) 2 * 3");
        assert_eq!(rich.0[1].face, Face::Oblique);
    }

    #[test]
    fn wrapped_lines_fit_and_keep_every_word() {
        let fonts = Fonts::load().unwrap();
        let text = "Bands are one standard deviation of log_{10} loss over 50 runs.";
        let lines = Rich::parse(text).wrap(&fonts, 8.0, 90.0);
        assert!(lines.len() > 2);
        assert!(lines.iter().all(|line| line.width(&fonts, 8.0) <= 90.0));
        let joined: Vec<_> = lines.iter().map(Rich::plain).collect();
        assert_eq!(joined.join(" "), Rich::parse(text).plain());
    }
}
