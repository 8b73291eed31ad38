//! Pixels of a finished picture.

use anyhow::{Context as _, Result};
use resvg::{tiny_skia, usvg};

/// Renders an SVG that has no text elements, `width` pixels wide.
pub(super) fn png(svg: &str, width: u32) -> Result<Vec<u8>> {
    let tree = usvg::Tree::from_str(svg, &usvg::Options::default())
        .context("the drawn SVG cannot be read back")?;
    let size = tree.size();
    let scale = width as f32 / size.width();
    let height = (size.height() * scale).ceil() as u32;
    let mut pixels = tiny_skia::Pixmap::new(width, height)
        .with_context(|| format!("a picture of {width} by {height} pixels cannot be made"))?;
    let transform = tiny_skia::Transform::from_scale(scale, scale);
    resvg::render(&tree, transform, &mut pixels.as_mut());
    pixels.encode_png().context("cannot write the PNG")
}
