//! Convolutions and local connections against plain loops, over random shapes.

use falign::internal::layer::{Image, Window, Windowed, Windows};
use falign::internal::math::simd::{Element, force_path, paths};
use falign::layer::{Batch, Finish, Inputs, Layout, Operator, Way};
use falign::math::Stream;

use super::{normals, stream};

/// Windows with channels above, and whether each place has weights of its own.
#[derive(Debug, Clone, Copy)]
struct Shape {
    windows: Windows,
    channels: usize,
    is_local: bool,
}

impl Shape {
    fn draw(stream: &mut Stream) -> Self {
        let mut axis = |most: usize| {
            let places = 1 + stream.below(most);
            let size = 1 + stream.below(5);
            let window = Window {
                size,
                stride: 1 + stream.below(3),
                padding: stream.below(size),
            };
            (places, window)
        };
        let ((mut height, mut down), (width, along)) = (axis(7), axis(9));
        // Half of them are sequences.
        if stream.below(2) == 0 {
            (height, down) = (1, Window::POINT);
        }
        let input = Image {
            channels: 1 + stream.below(8),
            height,
            width,
        };
        let windows = Windows { input, down, along };
        let channels = 1 + stream.below(14);
        if windows.output(channels).is_none() {
            return Self::draw(stream);
        }
        Self {
            windows,
            channels,
            is_local: stream.below(2) == 0,
        }
    }

    fn operator(self) -> Windowed {
        if self.is_local {
            Windowed::local(self.windows, self.channels)
        } else {
            Windowed::convolution(self.windows, self.channels)
        }
    }

    /// Whether a gradient has the same bits in every layout: where no sum is taken across lanes.
    fn has_gradients_of_any_layout(self) -> bool {
        self.is_local || self.windows.output(self.channels).unwrap().places() == 1
    }

    /// Calls `visit` with the places of y, w and x in each product of a sample.
    fn each(self, mut visit: impl FnMut(usize, usize, usize)) {
        let Windows { input, down, along } = self.windows;
        let output = self.windows.output(self.channels).unwrap();
        // The place below that a tap reads, if it is in the image.
        let reads = |window: Window, at: usize, tap: usize, places: usize| {
            let from = (at * window.stride + tap).checked_sub(window.padding)?;
            (from < places).then_some(from)
        };
        for place in 0..output.places() {
            for c in 0..self.channels {
                for (ky, kx) in (0..down.size).flat_map(|y| (0..along.size).map(move |x| (y, x))) {
                    let from = reads(down, place / output.width, ky, input.height).zip(reads(
                        along,
                        place % output.width,
                        kx,
                        input.width,
                    ));
                    let Some((row, column)) = from else { continue };
                    let kernel = if self.is_local { place } else { 0 } * self.channels + c;
                    for d in 0..input.channels {
                        let w = ((kernel * down.size + ky) * along.size + kx) * input.channels + d;
                        let x = (row * input.width + column) * input.channels + d;
                        visit(place * self.channels + c, w, x);
                    }
                }
            }
        }
    }
}

/// A case: operands, samples one after the other.
struct Case {
    shape: Shape,
    samples: usize,
    w: Vec<f64>,
    x: Vec<f64>,
    g: Vec<f64>,
    bias: Vec<f64>,
    slopes: Vec<f64>,
}

/// y, the signal below and the gradient, samples one after the other.
type Results = [Vec<f64>; 3];

impl Case {
    /// A case with operands of a precision.
    fn draw<T: Element>(seed: u64) -> Self {
        let stream = &mut stream(seed);
        let shape = Shape::draw(stream);
        let samples = 1 + stream.below(80);
        let operator = shape.operator();
        let extent = Operator::<T>::extent(&operator);
        let mut draw = |length| -> Vec<f64> {
            let all = normals(stream, length);
            all.into_iter().map(|x| T::from_f64(x).to_f64()).collect()
        };
        Self {
            shape,
            samples,
            w: draw(Operator::<T>::weights(&operator).length()),
            x: draw(extent.inputs * samples),
            g: draw(extent.outputs * samples),
            bias: draw(extent.channels),
            slopes: draw(extent.inputs * samples),
        }
    }

    fn by_loops(&self) -> Results {
        let sizes = [self.g.len(), self.x.len()].map(|length| length / self.samples);
        let (mut y, mut below) = (vec![0.0; self.g.len()], vec![0.0; self.x.len()]);
        let mut by_weights = vec![0.0; self.w.len()];
        for sample in 0..self.samples {
            let starts = sizes.map(|numbers| sample * numbers);
            self.shape.each(|above, w, under| {
                let (above, under) = (starts[0] + above, starts[1] + under);
                y[above] += self.w[w] * self.x[under];
                below[under] += self.w[w] * self.g[above];
                by_weights[w] += self.g[above] * self.x[under];
            });
        }
        for (at, y) in y.iter_mut().enumerate() {
            *y += self.bias[at % sizes[0] % self.bias.len()];
        }
        for (below, slope) in below.iter_mut().zip(&self.slopes) {
            *below *= slope;
        }
        [y, below, by_weights]
    }

    /// The library's, finished on the way. Lanes without a sample hold what spoils all it meets.
    fn run<T: Element>(&self, layout: Layout) -> Results {
        let batch = Batch {
            samples: self.samples,
            layout,
        };
        let laid = |rows: &[f64]| {
            let numbers = rows.len() / self.samples;
            let mut all = vec![T::from_f64(f64::NAN); batch.length(numbers)];
            for (at, &x) in rows.iter().enumerate() {
                all[batch.place(at / numbers, at % numbers, numbers)] = T::from_f64(x);
            }
            all
        };
        let rows = |laid: &[T], length: usize| -> Vec<f64> {
            let numbers = length / self.samples;
            let place = |at| batch.place(at / numbers, at % numbers, numbers);
            (0..length).map(|at| laid[place(at)].to_f64()).collect()
        };
        let of = |numbers: &[f64]| -> Vec<T> { numbers.iter().map(|&x| T::from_f64(x)).collect() };
        let (operator, mut space) = (self.shape.operator(), Vec::new());
        let (w, bias) = (of(&self.w), of(&self.bias));
        let (x, g, slopes) = (laid(&self.x), laid(&self.g), laid(&self.slopes));
        let (mut y, mut below) = (g.clone(), x.clone());
        let packed = operator.pack(&w, Way::Forward, &mut space);
        let finish = Finish::Bias(&bias);
        operator.forward(packed, Inputs::Numbers(&x), &mut y, batch, finish);
        let packed = operator.pack(&w, Way::Back, &mut space);
        operator.pull_back(packed, &g, &mut below, batch, Finish::Slopes(&slopes));
        let mut by_weights = vec![T::ZERO; w.len()];
        operator.gradient(Inputs::Numbers(&x), &g, &mut by_weights, batch);
        let by_weights = by_weights.iter().map(|x| x.to_f64()).collect();
        [
            rows(&y, self.g.len()),
            rows(&below, self.x.len()),
            by_weights,
        ]
    }
}

/// Rows, part vectors, and blocks of one, two and four vectors of either precision.
const LAYOUTS: [Layout; 7] = [
    Layout::Rows,
    Layout::Lanes(5),
    Layout::Lanes(8),
    Layout::Lanes(16),
    Layout::Lanes(32),
    Layout::Lanes(48),
    Layout::Lanes(64),
];

fn worst(found: &Results, wanted: &Results) -> f64 {
    let pairs = found.iter().zip(wanted);
    let pairs = pairs.flat_map(|(a, b)| a.iter().zip(b));
    // NaN is as wrong as can be.
    let error = |(a, b): (&f64, &f64)| (a - b).abs() / (1.0 + b.abs());
    pairs.map(error).fold(
        0.0,
        |worst, error| if error <= worst { worst } else { error },
    )
}

fn agrees<T: Element>(seeds: std::ops::Range<u64>, rounding: f64) {
    for (seed, layout) in seeds.zip(LAYOUTS.into_iter().cycle()) {
        let case = Case::draw::<T>(seed);
        let wanted = case.by_loops();
        let error = worst(&case.run::<T>(layout), &wanted);
        assert!(
            error < rounding,
            "{seed} {:?} {layout:?}: {error:e}",
            case.shape
        );
    }
}

#[test]
fn convolutions_and_local_connections_are_their_plain_loops() {
    agrees::<f64>(0..120, 1e-11);
    agrees::<f32>(200..260, 3e-4);
}

/// <forward(w, x), g> = <x, `pull_back`(w, g)> = <w, gradient(x, g)>.
#[test]
fn three_calls_of_convolutions_and_local_connections_are_one_form() {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    for (seed, layout) in (300..400).zip(LAYOUTS.into_iter().cycle()) {
        let mut case = Case::draw::<f64>(seed);
        case.bias.fill(0.0);
        case.slopes.fill(1.0);
        let [y, below, by_weights] = case.run::<f64>(layout);
        let forth = dot(&y, &case.g);
        for other in [dot(&case.x, &below), dot(&case.w, &by_weights)] {
            let error = (forth - other).abs() / (1.0 + forth.abs());
            assert!(error < 1e-11, "{:?}: {forth} {other}", case.shape);
        }
    }
}

fn has_equal_bits<T: Element>(seeds: std::ops::Range<u64>) {
    let bits =
        |results: Results| results.map(|all| all.into_iter().map(f64::to_bits).collect::<Vec<_>>());
    for seed in seeds {
        let case = Case::draw::<T>(seed);
        let mut in_any_layout = None;
        for layout in LAYOUTS {
            let mut on_any_path = None;
            for path in paths() {
                force_path(Some(path));
                let found = bits(case.run::<T>(layout));
                let wanted = on_any_path.get_or_insert_with(|| found.clone());
                assert_eq!(*wanted, found, "{:?} {path:?} {layout:?}", case.shape);
            }
            let mut found = on_any_path.unwrap();
            if !case.shape.has_gradients_of_any_layout() {
                found[2].clear();
            }
            let wanted = in_any_layout.get_or_insert_with(|| found.clone());
            assert_eq!(*wanted, found, "{:?} {layout:?}", case.shape);
        }
        force_path(None);
    }
}

#[test]
fn bits_are_those_of_every_path_and_layout() {
    has_equal_bits::<f32>(500..508);
    has_equal_bits::<f64>(510..518);
}

/// A kernel that is turned around on its way back is another: the loops tell.
#[test]
fn a_flipped_kernel_is_found() {
    let mut caught = 0;
    for seed in 600..620 {
        let mut case = Case::draw::<f64>(seed);
        let wanted = case.by_loops();
        let along = case.shape.windows.along.size * case.shape.windows.input.channels;
        for line in case.w.chunks_mut(along) {
            line.reverse();
        }
        let found = case.run::<f64>(Layout::Lanes(16));
        assert!(
            worst(
                &[vec![], vec![], found[2].clone()],
                &[vec![], vec![], wanted[2].clone()]
            ) < 1e-11
        );
        caught += usize::from(along > 1 && worst(&found, &wanted) > 1e-3);
    }
    assert!(caught > 14, "{caught} of 20");
}
