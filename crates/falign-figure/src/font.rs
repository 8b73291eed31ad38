//! Glyph outlines and widths of the one font the pictures use, DejaVu Sans.
//!
//! The font comes inside the `dejavu` crate, so no system font is ever asked for and a
//! picture has the same bytes on every machine.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::outline::{DrawSettings, OutlineGlyphCollection, OutlinePen};
use skrifa::raw::TableProvider as _;
use skrifa::{FontRef, GlyphId, MetadataProvider as _};

/// A cut of the font.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Face {
    /// Upright.
    Regular,
    /// Slanted, for the letters of formulas.
    Oblique,
    /// Heavy, for panel letters.
    Bold,
}

impl Face {
    const ALL: [Self; 3] = [Self::Regular, Self::Oblique, Self::Bold];

    fn bytes(self) -> &'static [u8] {
        match self {
            Self::Regular => dejavu::sans::regular(),
            Self::Oblique => dejavu::sans::oblique(),
            Self::Bold => dejavu::sans::bold(),
        }
    }
}

struct Cut {
    charmap: Charmap<'static>,
    metrics: GlyphMetrics<'static>,
    outlines: OutlineGlyphCollection<'static>,
    units_per_em: f64,
}

/// The three cuts, ready to measure and to outline.
pub(super) struct Fonts {
    cuts: Vec<Cut>,
}

impl Fonts {
    /// Parses the embedded font.
    pub(super) fn load() -> Result<Self> {
        let cuts = Face::ALL
            .into_iter()
            .map(|face| {
                let font = FontRef::new(face.bytes()).context("the embedded font is unreadable")?;
                let head = font.head().context("the embedded font has no head table")?;
                Ok(Cut {
                    charmap: font.charmap(),
                    metrics: font.glyph_metrics(Size::unscaled(), LocationRef::default()),
                    outlines: font.outline_glyphs(),
                    units_per_em: f64::from(head.units_per_em()),
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self { cuts })
    }

    fn cut(&self, face: Face) -> &Cut {
        &self.cuts[face as usize]
    }

    /// Glyph number of a character; 0, the empty box, where the font has none.
    pub(super) fn glyph(&self, face: Face, character: char) -> u32 {
        self.cut(face)
            .charmap
            .map(character)
            .map_or(0, GlyphId::to_u32)
    }

    /// How far the pen moves after a glyph, in font units.
    pub(super) fn advance(&self, face: Face, glyph: u32) -> f64 {
        self.cut(face)
            .metrics
            .advance_width(GlyphId::new(glyph))
            .map_or(0.0, f64::from)
    }

    /// Font units to one em.
    pub(super) fn units_per_em(&self, face: Face) -> f64 {
        self.cut(face).units_per_em
    }

    /// Outline of a glyph as SVG path data in font units, y upwards; empty for a space.
    pub(super) fn outline(&self, face: Face, glyph: u32) -> String {
        let mut pen = PathData::default();
        if let Some(outline) = self.cut(face).outlines.get(GlyphId::new(glyph)) {
            // A glyph that cannot be outlined is drawn as a gap: the text stays readable.
            let settings = DrawSettings::unhinted(Size::unscaled(), LocationRef::default());
            let _ = outline.draw(settings, &mut pen);
        }
        pen.0
    }
}

#[derive(Default)]
struct PathData(String);

impl PathData {
    fn push(&mut self, command: char, numbers: &[f32]) {
        self.0.push(command);
        for (index, number) in numbers.iter().enumerate() {
            let gap = if index == 0 { "" } else { " " };
            let _ = write!(self.0, "{gap}{}", (number * 2.0).round() / 2.0);
        }
    }
}

impl OutlinePen for PathData {
    fn move_to(&mut self, x: f32, y: f32) {
        self.push('M', &[x, y]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.push('L', &[x, y]);
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.push('Q', &[cx, cy, x, y]);
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        self.push('C', &[ax, ay, bx, by, x, y]);
    }

    fn close(&mut self) {
        self.0.push('Z');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_the_labels_use_is_in_the_font() {
        let fonts = Fonts::load().unwrap();
        for face in Face::ALL {
            for character in "abcdefXYZ0123456789−×±√·βληστψ–₁₀∞".chars() {
                assert_ne!(fonts.glyph(face, character), 0, "{character} in {face:?}");
            }
        }
    }
}
