//! The part of an image that a network sees: all of it or a window, at its place or moved, as it is or mirrored.

use crate::layer::Image;
use crate::math::Stream;

/// How images are seen: training samples by chance, all others from the middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Image as it is stored.
    pub(crate) image: Image,
    /// Rows that are seen, at most all.
    pub(crate) height: usize,
    /// Columns that are seen.
    pub(crate) width: usize,
    /// The most places by which a training sample is moved, on each axis of more than one place.
    pub(crate) shift: usize,
    /// Whether every second training sample is mirrored, left to right.
    pub(crate) flip: bool,
}

/// Place of a frame over an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct View {
    /// Stored row that is the first seen; negative where zeros come first.
    down: isize,
    /// Stored column, likewise.
    along: isize,
    /// Whether columns are seen in the opposite order.
    is_mirrored: bool,
}

impl Frame {
    /// The image that is seen.
    pub(crate) fn seen(&self) -> Image {
        Image {
            height: self.height,
            width: self.width,
            ..self.image
        }
    }

    /// Whether training samples are seen otherwise than the others.
    pub(super) fn is_random(&self) -> bool {
        self.shift > 0 || self.flip || self.seen() != self.image
    }

    /// View of a sample that is measured.
    pub(super) fn middle(&self) -> View {
        let middle = |all: usize, seen: usize| ((all - seen) / 2).cast_signed();
        View {
            down: middle(self.image.height, self.height),
            along: middle(self.image.width, self.width),
            is_mirrored: false,
        }
    }

    /// View of a training sample. Three words, whatever is drawn of them, so that mirrors change no shift.
    pub(super) fn draw(&self, stream: &mut Stream) -> View {
        let mut first = |all: usize, seen: usize| {
            let shift = if all > 1 { self.shift } else { 0 };
            let places = all - seen + 2 * shift + 1;
            stream.below(places).cast_signed() - shift.cast_signed()
        };
        View {
            down: first(self.image.height, self.height),
            along: first(self.image.width, self.width),
            is_mirrored: stream.sign() < 0.0 && self.flip,
        }
    }

    /// The numbers of a sample as they are seen, `[channel][y][x]` as they are stored; `outside` is what is
    /// seen beyond the image.
    pub(super) fn see<T: Copy>(&self, view: View, stored: &[T], outside: T, seen: &mut [T]) {
        let Image { height, width, .. } = self.image;
        let place = |first: isize, at: usize, all: usize| {
            first
                .checked_add_unsigned(at)
                .and_then(|at| usize::try_from(at).ok())
                .filter(|at| *at < all)
        };
        let channels = stored.chunks_exact(height * width);
        for (stored, seen) in channels.zip(seen.chunks_exact_mut(self.height * self.width)) {
            for (y, row) in seen.chunks_exact_mut(self.width).enumerate() {
                let Some(down) = place(view.down, y, height) else {
                    row.fill(outside);
                    continue;
                };
                for (x, number) in row.iter_mut().enumerate() {
                    let x = if view.is_mirrored {
                        self.width - 1 - x
                    } else {
                        x
                    };
                    let along = place(view.along, x, width);
                    *number = along.map_or(outside, |along| stored[down * width + along]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{StreamName, Streams};

    const IMAGE: Image = Image {
        channels: 2,
        height: 3,
        width: 4,
    };

    fn frame(height: usize, width: usize) -> Frame {
        Frame {
            image: IMAGE,
            height,
            width,
            shift: 0,
            flip: false,
        }
    }

    /// Rows 1 2 3 4, 5 6 7 8, 9 10 11 12, and a second channel of 20 more; -1 is outside.
    fn seen(frame: Frame, down: isize, along: isize, is_mirrored: bool) -> Vec<i32> {
        let stored: Vec<i32> = (1..=12).chain(21..=32).collect();
        let mut seen = vec![0; frame.seen().numbers()];
        let view = View {
            down,
            along,
            is_mirrored,
        };
        frame.see(view, &stored, -1, &mut seen);
        seen
    }

    #[test]
    fn shifted_images_have_what_is_outside_at_their_edges() {
        let whole = frame(3, 4);
        let moved = [
            -1, -1, -1, -1, 2, 3, 4, -1, 6, 7, 8, -1, -1, -1, -1, -1, 22, 23, 24, -1, 26, 27, 28,
            -1,
        ];
        assert_eq!(seen(whole, -1, 1, false), moved);
        let other = [
            -1, -1, 9, 10, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 29, 30, -1, -1, -1, -1, -1, -1,
            -1, -1,
        ];
        assert_eq!(seen(whole, 2, -2, false), other);
    }

    #[test]
    fn mirrored_images_have_their_rows_in_the_opposite_order() {
        let mirrored = [
            4, 3, 2, 1, 8, 7, 6, 5, 12, 11, 10, 9, 24, 23, 22, 21, 28, 27, 26, 25, 32, 31, 30, 29,
        ];
        assert_eq!(seen(frame(3, 4), 0, 0, true), mirrored);
        // A moved window is mirrored in itself.
        assert_eq!(
            seen(frame(2, 3), 1, -1, true),
            [6, 5, -1, 10, 9, -1, 26, 25, -1, 30, 29, -1]
        );
    }

    #[test]
    fn a_window_is_in_the_middle_unless_it_is_drawn() {
        let window = frame(1, 3);
        let View { down, along, .. } = window.middle();
        assert_eq!(seen(window, down, along, false), [5, 6, 7, 25, 26, 27]);
        assert_eq!(window.seen().numbers(), 6);
        assert!(window.is_random() && !frame(3, 4).is_random());
    }

    #[test]
    fn all_places_are_drawn_and_no_others_and_mirrors_change_none() {
        let streams = Streams::new(3, 1);
        let draws = |frame: Frame| {
            let mut stream = streams.open(StreamName::Augmentation);
            (0..400)
                .map(|_| frame.draw(&mut stream))
                .collect::<Vec<_>>()
        };
        let moved = Frame {
            shift: 1,
            ..frame(2, 4)
        };
        let views = draws(moved);
        let mut places: Vec<_> = views.iter().map(|view| (view.down, view.along)).collect();
        let mirrored = draws(Frame {
            flip: true,
            ..moved
        });
        let same = mirrored.iter().map(|view| (view.down, view.along));
        assert!(same.eq(places.iter().copied()));
        let mirrors = mirrored.iter().filter(|view| view.is_mirrored).count();
        assert!((150..250).contains(&mirrors), "{mirrors}");
        assert!(views.iter().all(|view| !view.is_mirrored));
        places.sort_unstable();
        places.dedup();
        let all = (-1..=2).flat_map(|down| (-1..=1).map(move |along| (down, along)));
        assert!(places.into_iter().eq(all));
    }

    #[test]
    fn sequences_are_not_moved_across() {
        let sequence = Frame {
            image: Image { height: 1, ..IMAGE },
            height: 1,
            shift: 2,
            ..frame(1, 4)
        };
        let mut stream = Streams::new(3, 1).open(StreamName::Augmentation);
        let views: Vec<View> = (0..100).map(|_| sequence.draw(&mut stream)).collect();
        assert!(views.iter().all(|view| view.down == 0));
        assert!((-2..=2).all(|along| views.iter().any(|view| view.along == along)));
    }
}
