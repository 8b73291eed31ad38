//! Which steps meet which weights at each place of a convolution or a local layer.

use std::ops::Range;

use falign_kernels::lanes::{Patch, Place, Run, tiles};

use crate::layer::geometry::{Image, Window, Windows};
use crate::layer::operator::Way;

/// Sums forward, back, and of the gradient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) forward: Side,
    pub(super) back: Side,
    /// Patches of weights that all places share; none of others.
    pub(super) patches: Vec<Patch>,
}

/// Sums of one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Side {
    pub(super) places: Vec<Place>,
    pub(super) runs: Vec<Run>,
    /// Channels of the result.
    pub(super) channels: usize,
    /// Numbers of a sample that it reads.
    reads: usize,
    /// Weight of each step, one place's steps after the other's or those that all share: that of
    /// channel 0 in the operator's own order.
    order: Vec<usize>,
    /// Weights from one channel to the next in the operator's own order.
    row: usize,
    /// Whether all places share their weights.
    is_shared: bool,
}

impl Side {
    /// Numbers of a sample that it reads and writes.
    pub(super) fn numbers(&self) -> [usize; 2] {
        [self.reads, self.places.len() * self.channels]
    }

    /// Weights by tiles: `[place, or all][tile][step][channel of the tile]`.
    fn pack<T: Copy>(&self, weights: &[T], packed: &mut Vec<T>) {
        packed.clear();
        packed.reserve(self.order.len() * self.channels);
        let mut pack = |steps: &[usize]| {
            for tile in tiles(self.channels) {
                for &step in steps {
                    let row = tile
                        .clone()
                        .map(|channel| weights[step + channel * self.row]);
                    packed.extend(row);
                }
            }
        };
        if self.is_shared {
            pack(&self.order);
        } else {
            for place in &self.places {
                pack(&self.order[place.weights..][..place.steps]);
            }
        }
    }
}

/// Windows over one place of an axis below: the first of them that reaches it, and parts of each in turn.
#[derive(Debug)]
struct Reached {
    windows: Range<usize>,
    /// Part of the first window; each next one reaches the place with a part that is `stride` before.
    part: usize,
}

/// Windows of which a part lies on a place.
fn reaching(window: Window, at: usize, count: usize) -> Reached {
    let place = at + window.padding;
    // Window i has the place as part place - i stride, from 0 to size - 1.
    let first = (place + 1)
        .saturating_sub(window.size)
        .div_ceil(window.stride);
    let end = (place / window.stride + 1).min(count);
    Reached {
        windows: first.min(end)..end,
        // Of none where no window reaches it.
        part: place.saturating_sub(first.min(end) * window.stride),
    }
}

impl Plan {
    pub(super) fn new(windows: Windows, output: Image, is_shared: bool) -> Self {
        Self {
            forward: forward(windows, output, is_shared),
            back: back(windows, output, is_shared),
            patches: if is_shared {
                patches(windows, output)
            } else {
                Vec::new()
            },
        }
    }

    pub(super) fn pack<T: Copy>(&self, weights: &[T], way: Way, packed: &mut Vec<T>) {
        match way {
            Way::Forward => self.forward.pack(weights, packed),
            Way::Back => self.back.pack(weights, packed),
        }
    }
}

fn forward(windows: Windows, output: Image, is_shared: bool) -> Side {
    let Windows { input, down, along } = windows;
    let line = along.size * input.channels;
    let row = down.size * line;
    let (mut places, mut runs, mut order) = (Vec::new(), Vec::new(), Vec::new());
    if is_shared {
        order.extend(0..row);
    }
    for i in 0..output.height {
        for j in 0..output.width {
            let (lines, parts) = (down.within(i, input.height), along.within(j, input.width));
            let start = runs.len();
            let base = order.len();
            for k in lines {
                let first = k * line + parts.start * input.channels;
                let steps = parts.len() * input.channels;
                let y = i * down.stride + k - down.padding;
                let x = j * along.stride + parts.start - along.padding;
                runs.push(Run {
                    below: (y * input.width + x) * input.channels,
                    weights: if is_shared { first } else { order.len() - base },
                    steps,
                });
                if !is_shared {
                    let of_place = (i * output.width + j) * output.channels * row;
                    order.extend((first..first + steps).map(|weight| of_place + weight));
                }
            }
            places.push(Place {
                runs: start..runs.len(),
                weights: if is_shared { 0 } else { base },
                steps: if is_shared { row } else { order.len() - base },
            });
        }
    }
    Side {
        places,
        runs,
        channels: output.channels,
        reads: input.numbers(),
        order,
        row,
        is_shared,
    }
}

fn back(windows: Windows, output: Image, is_shared: bool) -> Side {
    let Windows { input, down, along } = windows;
    let line = along.size * input.channels;
    let row = down.size * line;
    // Channels above of part (k, l), of channel 0 below.
    let of_part = |base: usize, k: usize, l: usize| {
        (0..output.channels).map(move |c| base + c * row + k * line + l * input.channels)
    };
    // Parts of a line in the order in which neighbouring windows reach a place: by remainder, then falling.
    let parts: Vec<usize> = (0..along.stride.min(along.size))
        .flat_map(|remainder| (remainder..along.size).step_by(along.stride).rev())
        .collect();
    let (mut places, mut runs, mut order) = (Vec::new(), Vec::new(), Vec::new());
    if is_shared {
        for k in 0..down.size {
            for &l in &parts {
                order.extend(of_part(0, k, l));
            }
        }
    }
    for y in 0..input.height {
        let lines = reaching(down, y, output.height);
        for x in 0..input.width {
            let columns = reaching(along, x, output.width);
            let start = runs.len();
            let base = order.len();
            for (n, i) in lines.windows.clone().enumerate() {
                let k = lines.part - n * down.stride;
                let steps = columns.windows.len() * output.channels;
                let weights = if is_shared {
                    let at = parts.iter().position(|&l| l == columns.part);
                    (k * along.size + at.unwrap_or_default()) * output.channels
                } else {
                    order.len() - base
                };
                if steps > 0 {
                    runs.push(Run {
                        below: (i * output.width + columns.windows.start) * output.channels,
                        weights,
                        steps,
                    });
                }
                if !is_shared {
                    for (n, j) in columns.windows.clone().enumerate() {
                        let of_place = (i * output.width + j) * output.channels * row;
                        order.extend(of_part(of_place, k, columns.part - n * along.stride));
                    }
                }
            }
            places.push(Place {
                runs: start..runs.len(),
                weights: if is_shared { 0 } else { base },
                steps: if is_shared {
                    order.len()
                } else {
                    order.len() - base
                },
            });
        }
    }
    Side {
        places,
        runs,
        channels: input.channels,
        reads: output.numbers(),
        order,
        row: 1,
        is_shared,
    }
}

/// Places of one axis above, cut where their windows begin or cease to be whole: the places, and the parts that
/// all of them have within the image.
fn pieces(window: Window, below: usize, above: usize) -> Vec<(Range<usize>, Range<usize>)> {
    let mut pieces: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    for at in 0..above {
        let parts = window.within(at, below);
        match pieces.last_mut() {
            Some((places, last)) if *last == parts => places.end += 1,
            _ => pieces.push((at..at + 1, parts)),
        }
    }
    pieces
}

/// Patches of weights that all places share.
fn patches(windows: Windows, output: Image) -> Vec<Patch> {
    let Windows { input, down, along } = windows;
    let line = along.size * input.channels;
    let row = down.size * line;
    let below = |i: usize, k: usize, j: usize, l: usize| {
        let (y, x) = (
            i * down.stride + k - down.padding,
            j * along.stride + l - along.padding,
        );
        (y * input.width + x) * input.channels
    };
    let mut patches = Vec::new();
    for k in 0..down.size {
        // Lines in which part k lies within the image follow each other.
        let lines: Vec<usize> = (0..output.height)
            .filter(|&i| down.within(i, input.height).contains(&k))
            .collect();
        let Some(&first_line) = lines.first() else {
            continue;
        };
        for (places, parts) in pieces(along, input.width, output.width) {
            if parts.is_empty() {
                continue;
            }
            patches.push(Patch {
                lines: lines.len(),
                places: places.len(),
                above: first_line * output.width + places.start,
                above_line: output.width,
                below: below(first_line, k, places.start, parts.start),
                below_place: along.stride * input.channels,
                below_line: down.stride * input.width * input.channels,
                weights: k * line + parts.start * input.channels,
                row,
                count: parts.len() * input.channels,
            });
        }
    }
    patches
}
