//! Weights as little images: what units or channels of a first layer answer to.

use anyhow::{Result, ensure};

use super::canvas::{Anchor, Canvas, Rect, Stroke};
use super::font::Fonts;
use super::palette::{GREY, sign};
use super::text::Rich;
use super::{Letters, Options, files_of};

/// Width of the picture where none is asked for, in points: that of a text column and a half.
const WIDTH: f64 = 396.0;
const MARGIN: f64 = 10.0;
const GAP: f64 = 14.0;
/// Space between images, in shares of an image.
const BETWEEN: f64 = 0.12;
const TITLE: f64 = 8.0;

/// Images of one layer at one time, all of the same size.
#[derive(Debug, Clone, PartialEq)]
pub struct Kernels {
    /// Line above them.
    pub title: String,
    /// Rows and columns of an image.
    pub size: [usize; 2],
    /// Numbers of each image, row by row.
    pub images: Vec<Vec<f64>>,
}

/// Draws images side by side in grids, one below the other: endings and contents of the pictures asked for.
///
/// Red is positive, blue negative, and white 0. The ends of the colours are the largest size of a weight within each image,
/// so that its form is seen whatever its norm.
///
/// # Errors
/// If there is nothing to draw, or a number is not finite.
///
/// # Example
/// ```
/// use falign_figure::{Kernels, Options, draw_kernels};
/// let edge = vec![1.0, -1.0, 1.0, -1.0];
/// let kernels = Kernels { title: "before".to_owned(), size: [2, 2], images: vec![edge] };
/// let files = draw_kernels("layer 1", &[kernels], &Options::default())?;
/// let (ending, svg) = &files[0];
/// assert!(*ending == "svg" && svg.starts_with(b"<svg"));
/// # Ok::<(), anyhow::Error>(())
/// ```
pub fn draw_kernels(
    title: &str,
    grids: &[Kernels],
    options: &Options,
) -> Result<Vec<(&'static str, Vec<u8>)>> {
    for grid in grids {
        let [rows, columns] = grid.size;
        let is_whole = |image: &Vec<f64>| image.len() == rows * columns;
        ensure!(
            rows * columns > 0 && !grid.images.is_empty() && grid.images.iter().all(is_whole),
            "{}: no weights to draw",
            grid.title
        );
        let is_finite = grid
            .images
            .iter()
            .flatten()
            .all(|weight| weight.is_finite());
        ensure!(is_finite, "{}: weights that are not finite", grid.title);
    }
    let fonts = Fonts::load()?;
    files_of(options, title, |letters| {
        Ok(svg(title, grids, options, &fonts, letters))
    })
}

fn svg(
    title: &str,
    grids: &[Kernels],
    options: &Options,
    fonts: &Fonts,
    letters: Letters,
) -> String {
    let mut canvas = Canvas::new(fonts, letters);
    let width = options.width.unwrap_or(WIDTH);
    let mut top = MARGIN + TITLE;
    canvas.text((MARGIN, top), Anchor::Start, TITLE, &Rich::bold(title));
    for grid in grids {
        top += GAP;
        canvas.text(
            (MARGIN, top),
            Anchor::Start,
            TITLE,
            &Rich::parse(&grid.title),
        );
        top += GAP / 2.0;
        top += draw(grid, &mut canvas, (MARGIN, top), width - 2.0 * MARGIN);
    }
    let about = "Weights of each unit as an image: red positive, blue negative, each image scaled by \
                 its largest weight.";
    canvas.finish((width, top + MARGIN), title, about)
}

/// Draws a grid from this corner on; its height.
fn draw(grid: &Kernels, canvas: &mut Canvas<'_>, (left, top): (f64, f64), width: f64) -> f64 {
    let [rows, columns] = grid.size;
    let across = across(grid.images.len(), grid.size);
    let w = width / across as f64 / (1.0 + BETWEEN);
    let pixel = w / columns as f64;
    let h = pixel * rows as f64;
    for (number, image) in grid.images.iter().enumerate() {
        let (x, y) = (
            left + (number % across) as f64 * w * (1.0 + BETWEEN),
            top + (number / across) as f64 * (h + w * BETWEEN),
        );
        let largest = image
            .iter()
            .fold(0.0, |most: f64, weight| most.max(weight.abs()));
        for (at, weight) in image.iter().enumerate() {
            let cell = Rect {
                x: x + (at % columns) as f64 * pixel,
                y: y + (at / columns) as f64 * pixel,
                w: pixel,
                h: pixel,
            };
            let share = if largest > 0.0 { weight / largest } else { 0.0 };
            canvas.rect(cell, &sign(share), None);
        }
        let frame = Stroke {
            colour: GREY,
            width: 0.3,
            dash: "",
        };
        canvas.rect(Rect { x, y, w, h }, "none", Some(frame));
    }
    grid.images.len().div_ceil(across) as f64 * (h + w * BETWEEN)
}

/// Images to a row: as many as make the grid about three times as wide as high, and at least eight.
fn across(images: usize, [rows, columns]: [usize; 2]) -> usize {
    let wide = (3.0 * images as f64 * rows as f64 / columns as f64)
        .sqrt()
        .ceil();
    (wide as usize).max(8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(images: Vec<Vec<f64>>) -> Result<String> {
        let grid = Kernels {
            title: "after".to_owned(),
            size: [1, 2],
            images,
        };
        let options = Options {
            formats: vec![crate::Format::Svg],
            ..Options::default()
        };
        let files = draw_kernels("layer 1", &[grid], &options)?;
        Ok(String::from_utf8(files[0].1.clone())?)
    }

    #[test]
    fn each_weight_is_a_pixel_whose_colour_is_its_share_of_the_largest() {
        let drawn = picture(vec![vec![0.5, -2.0], vec![5.0, -20.0]]).unwrap();
        for share in [0.25, -1.0] {
            let colour = sign(share);
            assert_eq!(drawn.matches(&colour).count(), 2, "{colour}");
        }
        // Two pixels of an image of zeros, on a white page.
        let blank = picture(vec![vec![0.0; 2]]).unwrap();
        assert_eq!(blank.matches(&sign(0.0)).count(), 3);
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        for wrong in [vec![], vec![vec![1.0]], vec![vec![f64::NAN, 1.0]]] {
            assert!(picture(wrong).unwrap_err().to_string().contains("after"));
        }
    }
}
