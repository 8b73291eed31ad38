//! Places of images, and windows over them.

use std::ops::Range;

/// An image of a sample: numbers of it lie `[y][x][channel]`. A sequence is an image of height 1.
///
/// # Example
/// ```
/// use falign::internal::layer::Image;
/// let image = Image { channels: 3, height: 8, width: 6 };
/// assert_eq!((image.places(), image.numbers()), (48, 144));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Image {
    /// Numbers of a place.
    pub channels: usize,
    /// Places of a column.
    pub height: usize,
    /// Places of a row.
    pub width: usize,
}

impl Image {
    /// Places, each with all channels.
    pub fn places(self) -> usize {
        self.height * self.width
    }

    /// Numbers of a sample.
    pub fn numbers(self) -> usize {
        self.places() * self.channels
    }
}

/// Windows over one axis: one every `stride` places, the first `padding` places before the image, the
/// last at most as far behind it. Places outside of the image count as zeros.
///
/// # Example
/// ```
/// use falign::internal::layer::Window;
/// let window = Window { size: 3, stride: 2, padding: 1 };
/// assert_eq!(window.count(8), Some(4)); // they begin at -1, 1, 3, 5
/// assert_eq!((window.within(0, 8), window.within(1, 8)), (1..3, 0..3));
/// assert_eq!(Window { size: 5, stride: 1, padding: 0 }.count(4), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    /// Places that it covers, at least 1.
    pub size: usize,
    /// Places from one to the next, at least 1.
    pub stride: usize,
    /// Zeros before and behind the image, fewer than `size`.
    pub padding: usize,
}

impl Window {
    /// One window over each place alone.
    pub const POINT: Self = Self {
        size: 1,
        stride: 1,
        padding: 0,
    };

    /// Windows over so many places; none where it does not fit.
    pub fn count(self, places: usize) -> Option<usize> {
        let room = (places + 2 * self.padding).checked_sub(self.size)?;
        Some(room / self.stride + 1)
    }

    /// Parts of window `at` that lie in an image of so many places: of 0 .. size.
    pub fn within(self, at: usize, places: usize) -> Range<usize> {
        let begin = at * self.stride;
        let first = self.padding.saturating_sub(begin);
        let end = (places + self.padding).saturating_sub(begin).min(self.size);
        first.min(end)..end
    }
}

/// Windows over an image, down and along.
///
/// # Example
/// ```
/// use falign::internal::layer::{Image, Window, Windows};
/// let input = Image { channels: 1, height: 8, width: 6 };
/// let window = Window { size: 3, stride: 1, padding: 0 };
/// let windows = Windows { input, down: window, along: window };
/// assert_eq!(windows.output(4), Some(Image { channels: 4, height: 6, width: 4 }));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Windows {
    /// The image below.
    pub input: Image,
    /// Windows over its columns; [`Window::POINT`] over a sequence.
    pub down: Window,
    /// Windows over its rows.
    pub along: Window,
}

impl Windows {
    /// The image above, of so many channels; none where a window does not fit.
    pub fn output(self, channels: usize) -> Option<Image> {
        Some(Image {
            channels,
            height: self.down.count(self.input.height)?,
            width: self.along.count(self.input.width)?,
        })
    }

    /// Calls `visit` for each place that a window covers: with the window's place above, the place
    /// below, and its number within the window, row by row. Windows come one after the other.
    ///
    /// # Panics
    /// If a window does not fit.
    pub(crate) fn each(self, mut visit: impl FnMut(usize, usize, usize)) {
        let (input, output) = (self.input, self.output(1).expect("windows that fit"));
        for y in 0..output.height {
            for x in 0..output.width {
                for i in self.down.within(y, input.height) {
                    let row = y * self.down.stride + i - self.down.padding;
                    for j in self.along.within(x, input.width) {
                        let column = x * self.along.stride + j - self.along.padding;
                        let (above, below) = (y * output.width + x, row * input.width + column);
                        visit(above, below, i * self.along.size + j);
                    }
                }
            }
        }
    }

    /// Places of a window.
    pub fn size(self) -> usize {
        self.down.size * self.along.size
    }
}
