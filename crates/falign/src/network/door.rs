//! The order of numbers outside of a network, as PyTorch has it, and inside.
//!
//! Inside, the numbers of an image lie `[y][x][channel]`, weights of a convolution `[out][ky][kx][in]`, of a local
//! layer `[y][x][out][ky][kx][in]`, and its biases `[y][x][out]`. Outside, channels come first: images
//! `[channel][y][x]`, weights `[out][in][ky][kx]` and `[out][in][y][x][ky][kx]`, biases `[out][y][x]`, and columns of
//! a dense layer in the order of the image below. Sequences have neither y nor ky.

use crate::layer::Image;

/// Images below and above a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Door {
    /// Numbers that the layer reads.
    pub(crate) below: Image,
    /// Activity of the layer.
    pub(crate) above: Image,
    /// Whether images are sequences.
    pub(crate) is_sequence: bool,
}

/// An array as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outside {
    /// Axes of the array in a file.
    pub(super) shape: Vec<usize>,
    /// Place inside of each number of the file; none where all are where they are.
    order: Option<Vec<usize>>,
}

impl Outside {
    /// Array whose order is one on both sides.
    pub(super) fn same(shape: Vec<usize>) -> Self {
        Self { shape, order: None }
    }

    /// Axes inside, in the order `axes` of the file; those that `is_dropped` are of length 1 and not written.
    fn permuted(inside: &[usize], axes: &[usize], is_dropped: impl Fn(usize) -> bool) -> Self {
        let mut strides = vec![1; inside.len()];
        for at in (1..inside.len()).rev() {
            strides[at - 1] = strides[at] * inside[at];
        }
        let mut order = vec![0];
        for &axis in axes {
            let (length, stride) = (inside[axis], strides[axis]);
            let along = |at: usize| (0..length).map(move |step| at + step * stride);
            order = order.into_iter().flat_map(along).collect();
        }
        let kept = axes.iter().filter(|&&axis| !is_dropped(axis));
        Self {
            shape: kept.map(|&axis| inside[axis]).collect(),
            order: Some(order),
        }
    }

    /// Numbers in the order of the file.
    pub(super) fn of<V>(&self, inside: impl Iterator<Item = V>) -> Vec<V> {
        let Some(order) = &self.order else {
            return inside.collect();
        };
        let mut inside: Vec<Option<V>> = inside.map(Some).collect();
        let each = order.iter().map(|&at| inside[at].take().expect("once"));
        each.collect()
    }
}

impl Door {
    /// An array of a layer whose axes inside are these: weights, biases or gains.
    pub(super) fn outside(self, inside: &[usize]) -> Outside {
        let Image {
            channels,
            height,
            width,
        } = self.above;
        let of_sequence =
            |axes: &'static [usize]| move |axis: usize| self.is_sequence && axes.contains(&axis);
        match *inside {
            [numbers] if numbers == self.above.numbers() && self.above.places() > 1 => {
                Outside::permuted(&[height, width, channels], &[2, 0, 1], of_sequence(&[0]))
            }
            [rows, columns] if columns == self.below.numbers() => columns_of(rows, self.below),
            [..] if inside.len() == 4 => {
                Outside::permuted(inside, &[0, 3, 1, 2], of_sequence(&[1]))
            }
            [..] if inside.len() == 6 => {
                Outside::permuted(inside, &[2, 5, 0, 1, 3, 4], of_sequence(&[0, 3]))
            }
            _ => Outside::same(inside.to_vec()),
        }
    }

    /// Activities of the layer, (samples, units).
    pub(super) fn activities(self, samples: usize) -> Outside {
        columns_of(samples, self.above)
    }

    /// Direct feedback weights of the layer, (outputs, units).
    pub(super) fn direct(self, outputs: usize) -> Outside {
        columns_of(outputs, self.above)
    }
}

/// A matrix whose columns are the numbers of an image.
fn columns_of(rows: usize, image: Image) -> Outside {
    let Image {
        channels,
        height,
        width,
    } = image;
    let inside = [rows, height, width, channels];
    Outside {
        shape: vec![rows, image.numbers()],
        ..Outside::permuted(&inside, &[0, 3, 1, 2], |_| false)
    }
}

/// The place of each number of a sample of a file, `[channel][y][x]`, in the order in which layers read
/// them; none where that is the same.
pub(crate) fn places(image: Image) -> Option<Vec<usize>> {
    let Image {
        channels,
        height,
        width,
    } = image;
    (channels > 1 && image.places() > 1).then(|| {
        let inside = 0..height * width;
        let of_place = |place: usize| (0..channels).map(move |c| c * height * width + place);
        inside.flat_map(of_place).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BELOW: Image = Image {
        channels: 2,
        height: 3,
        width: 5,
    };
    const ABOVE: Image = Image {
        channels: 4,
        height: 2,
        width: 3,
    };

    fn door(is_sequence: bool) -> Door {
        Door {
            below: BELOW,
            above: ABOVE,
            is_sequence,
        }
    }

    /// The number at these places of an array of these axes.
    fn at(axes: &[usize], places: &[usize]) -> usize {
        axes.iter()
            .zip(places)
            .fold(0, |at, (axis, place)| at * axis + place)
    }

    #[test]
    fn kernels_have_their_channels_before_their_places() {
        let (inside, outside) = ([4, 2, 3, 2], door(false).outside(&[4, 2, 3, 2]));
        assert_eq!(outside.shape, [4, 2, 2, 3]);
        let found = outside.of(0..48);
        for (out, c, y, x) in [(0, 0, 0, 0), (1, 0, 1, 2), (3, 1, 0, 2), (2, 1, 1, 0)] {
            let place = at(&[4, 2, 2, 3], &[out, c, y, x]);
            assert_eq!(found[place], at(&inside, &[out, y, x, c]));
        }
    }

    #[test]
    fn local_weights_have_both_channels_before_all_places() {
        let inside = [2, 3, 4, 2, 1, 2];
        let outside = door(false).outside(&inside);
        assert_eq!(outside.shape, [4, 2, 2, 3, 2, 1]);
        let found = outside.of(0..96);
        let place = at(&outside.shape, &[3, 1, 1, 2, 1, 0]);
        assert_eq!(found[place], at(&inside, &[1, 2, 3, 1, 0, 1]));
        let biases = door(false).outside(&[24]);
        assert_eq!(biases.shape, [4, 2, 3]);
        let found = biases.of(0..24);
        assert_eq!(
            found[at(&[4, 2, 3], &[3, 1, 2])],
            at(&[2, 3, 4], &[1, 2, 3])
        );
    }

    #[test]
    fn columns_of_dense_and_direct_weights_are_those_of_the_image_in_a_file() {
        let outside = door(false).outside(&[7, 30]);
        assert_eq!(outside.shape, [7, 30]);
        let found = outside.of(0..210);
        let (inside, file) = ([7, 3, 5, 2], [7, 2, 3, 5]);
        assert_eq!(found[at(&file, &[6, 1, 2, 3])], at(&inside, &[6, 2, 3, 1]));
        let found = door(false).direct(9).of(0..216);
        let (inside, file) = ([9, 2, 3, 4], [9, 4, 2, 3]);
        assert_eq!(found[at(&file, &[8, 3, 1, 2])], at(&inside, &[8, 1, 2, 3]));
    }

    #[test]
    fn sequences_have_one_axis_of_places() {
        let (below, above) = [(2, 5), (4, 3)]
            .map(|(channels, width)| Image {
                channels,
                height: 1,
                width,
            })
            .into();
        let door = Door {
            below,
            above,
            is_sequence: true,
        };
        assert_eq!(door.outside(&[4, 1, 3, 2]).shape, [4, 2, 3]);
        assert_eq!(door.outside(&[1, 3, 4, 1, 3, 2]).shape, [4, 2, 3, 3]);
        assert_eq!(door.outside(&[12]).shape, [4, 3]);
    }

    #[test]
    fn samples_of_a_file_come_place_by_place() {
        let order = places(BELOW).unwrap();
        let (file, inside) = ([2, 3, 5], [3, 5, 2]);
        assert_eq!(order[at(&inside, &[2, 3, 1])], at(&file, &[1, 2, 3]));
        let grey = Image {
            channels: 1,
            ..BELOW
        };
        assert_eq!(places(grey), None);
    }
}
