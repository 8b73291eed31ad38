//! Networks of convolutions, local layers, pools, norms and a residual sum against another program's
//! numbers: every rule, for some steps.
//!
//! `layers.json` was made in NumPy. Its images are [channel][y][x], its kernels [out][in][y][x].

use std::sync::Arc;

use falign::internal::layer::{
    Activated, BatchNorm, Gain, Image, Plain, Pool, Residual, Value as Node, Window, Windowed,
    Windows, Wiring,
};
use falign::internal::math::simd::Element;
use falign::internal::network::{
    DenseInput, Network, OptimiserKind, Part, StepOptions, TensorFile,
};
use falign::internal::rule::{Composed, Composition, DirectFeedback, FeedbackLearning};
use falign::layer::{Dense, Layout, Operator};
use falign::math::{Activation, Loss, Reduction, StreamName, Streams};
use falign::rule::{Layer, SignalPath};
use ndarray::{Array1, Array2};
use serde_json::Value;

use crate::support::relative;

/// Six steps on numbers of order one.
const F64: f64 = 1e-11;
const F32: f64 = 2e-5;
/// Steps after which weights are compared.
const STEPS: [usize; 3] = [1, 2, 5];
/// Operators over windows, and the layout.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// Plain loops.
    Plain(Layout),
    /// Tiles of samples in lanes.
    Tiles(Layout),
}

const WAYS: [Way; 4] = [
    Way::Plain(Layout::Rows),
    Way::Plain(Layout::Lanes(3)),
    Way::Tiles(Layout::Rows),
    Way::Tiles(Layout::Lanes(16)),
];

/// Numbers of an array in the file, the last axis fastest.
fn flat(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(all) => all.iter().flat_map(flat).collect(),
        number => vec![number.as_f64().unwrap()],
    }
}

/// Images in the library's order: of each, [channel][place] becomes [place][channel].
fn reordered(values: &[f64], [channels, places]: [usize; 2]) -> Vec<f64> {
    let image = |image: &[f64]| -> Vec<f64> {
        let all = (0..places).flat_map(|p| (0..channels).map(move |c| c * places + p));
        all.map(|at| image[at]).collect()
    };
    values.chunks(channels * places).flat_map(image).collect()
}

fn to<T: Element>(values: Vec<f64>) -> Vec<T> {
    values.into_iter().map(T::from_f64).collect()
}

/// A layer by its names in the file.
struct Named {
    name: &'static str,
    weights: String,
    bias: Option<String>,
    /// Channels and places of what each row of weights reads, and of the activity above.
    reads: [usize; 2],
    above: [usize; 2],
}

/// A network of the file at its start.
struct Golden<'a, T> {
    case: &'a Value,
    way: Way,
    named: Vec<Named>,
    layers: Vec<Layer<T>>,
    wiring: Wiring<T>,
    /// Channels and places of the input.
    input: [usize; 2],
    /// Norms by their names, and their nodes in the wiring.
    norms: Vec<(&'static str, usize)>,
}

impl<'a, T: Element> Golden<'a, T> {
    fn new(case: &'a Value, input: [usize; 2], way: Way) -> Self {
        let layout = match way {
            Way::Plain(layout) | Way::Tiles(layout) => layout,
        };
        Self {
            case,
            way,
            named: Vec::new(),
            layers: Vec::new(),
            wiring: Wiring::new(input[0] * input[1]).with_layout(layout),
            input,
            norms: Vec::new(),
        }
    }

    fn convolution(&self, windows: Windows, channels: usize) -> Arc<dyn Operator<T>> {
        match self.way {
            Way::Plain(_) => Arc::new(Plain::convolution(windows, channels)),
            Way::Tiles(_) => Arc::new(Windowed::convolution(windows, channels)),
        }
    }

    fn local(&self, windows: Windows, channels: usize) -> Arc<dyn Operator<T>> {
        match self.way {
            Way::Plain(_) => Arc::new(Plain::local(windows, channels)),
            Way::Tiles(_) => Arc::new(Windowed::local(windows, channels)),
        }
    }

    fn weights_of(&self, named: &Named) -> Vec<f64> {
        reordered(&flat(&self.case["weights"][&named.weights]), named.reads)
    }

    fn put(
        &mut self,
        named: Named,
        operator: Arc<dyn Operator<T>>,
        activation: Activation,
        from: Node,
    ) -> Node {
        let weights = to(self.weights_of(&named));
        let mut layer = Layer::of(operator, weights, activation);
        if let Some(bias) = &named.bias {
            layer = layer.with_bias(Array1::from(to::<T>(flat(&self.case["weights"][bias]))));
        }
        self.named.push(named);
        self.layers.push(layer);
        self.wiring.layer(from)
    }

    /// A layer over windows, with biases.
    fn over(
        &mut self,
        name: &'static str,
        operator: Arc<dyn Operator<T>>,
        [windows, above]: [Image; 2],
        activation: Activation,
        from: Node,
    ) -> Node {
        let named = Named {
            name,
            weights: format!("{name}.w"),
            bias: Some(format!("{name}.b")),
            reads: [windows.channels, windows.places()],
            above: [above.channels, above.places()],
        };
        self.put(named, operator, activation, from)
    }

    /// The last layer, which reads an image.
    fn last(mut self, below: Image, from: Node) -> Self {
        let classes = usize::try_from(self.case["classes"].as_u64().unwrap()).unwrap();
        let named = Named {
            name: "fc",
            weights: "fc.w".to_owned(),
            bias: Some("fc.b".to_owned()),
            reads: [below.channels, below.places()],
            above: [classes, 1],
        };
        let dense = Arc::new(Dense::new(below.numbers(), classes, T::ONE));
        self.put(named, dense, Activation::Linear, from);
        self
    }

    /// A batch norm with its gains and biases behind a convolution without biases: the convolution's sums,
    /// and the activity.
    fn normed(
        &mut self,
        [convolution, norm]: [&'static str; 2],
        input: Image,
        activation: Activation,
        from: Node,
    ) -> [Node; 2] {
        let operator = self.convolution(over(input, SAME), 3);
        let named = |name, part: &str, bias, reads, places| Named {
            name,
            weights: format!("{name}.{part}"),
            bias,
            reads,
            above: [3, places],
        };
        let places = input.places();
        let bare = named(convolution, "w", None, [input.channels, 9], places);
        let sums = self.put(bare, operator, Activation::Linear, from);
        let map = BatchNorm {
            channels: 3,
            places,
            epsilon: self.case["eps"].as_f64().unwrap(),
            momentum: self.case["momentum"].as_f64().unwrap(),
        };
        let normal = self.wiring.map(Arc::new(map), &[sums]);
        let before = self.layers.len() + self.norms.len();
        self.norms.push((norm, before));
        let gains = named(norm, "g", Some(format!("{norm}.b")), [1, 1], places);
        let operator = Gain {
            channels: 3,
            places,
        };
        [
            sums,
            self.put(gains, Arc::new(operator), activation, normal),
        ]
    }

    /// Feedback weights of each hidden layer, as the file's rule has them.
    fn feedback(&self, values: &Value, composition: Composition) -> Vec<Array2<T>> {
        let below_last = self.layers.len() - 1;
        let of_layer = |at: usize| {
            let (own, above) = (&self.named[at], &self.named[at + 1]);
            let outputs = self.named[below_last].above[0];
            let is_landing = composition.path == SignalPath::Direct
                && composition.direct != DirectFeedback::Kernel;
            let named = if is_landing { own } else { above };
            if named.name.starts_with("bn") {
                return Array2::default((0, 0));
            }
            let arrays = &values["feedback"];
            if is_landing {
                let array = arrays
                    .get(named.name)
                    .or(arrays.get(format!("{}_pooled", named.name)));
                let columns = flat(array.unwrap());
                let columns = Array2::from_shape_vec((columns.len() / outputs, outputs), columns);
                let rows = columns.unwrap().t().as_standard_layout().into_owned();
                return matrix(outputs, reordered(rows.as_slice().unwrap(), own.above));
            }
            let weights = &self.layers[at + 1].weights;
            if let Some(scale) = values["scale"][named.name].as_f64() {
                return Array2::from_elem(weights.dim(), T::from_f64(scale));
            }
            let rows = match composition.path {
                SignalPath::Direct => outputs,
                SignalPath::Layerwise => weights.nrows(),
            };
            matrix(rows, reordered(&flat(&arrays[named.name]), named.reads))
        };
        match values.get("feedback").or(values.get("scale")) {
            Some(_) => (0..below_last).map(of_layer).collect(),
            None => Vec::new(),
        }
    }
}

fn matrix<T: Element>(rows: usize, values: Vec<f64>) -> Array2<T> {
    let shape = (rows, values.len() / rows);
    Array2::from_shape_vec(shape, to(values)).unwrap()
}

const SAME: Window = Window {
    size: 3,
    stride: 1,
    padding: 1,
};
const INSIDE: Window = Window { padding: 0, ..SAME };

fn image(channels: usize, height: usize, width: usize) -> Image {
    Image {
        channels,
        height,
        width,
    }
}

fn over(input: Image, window: Window) -> Windows {
    Windows {
        input,
        down: window,
        along: window,
    }
}

/// The mean over the whole image.
fn mean_of(input: Image) -> Pool {
    let whole = |size| Window {
        size,
        ..Window::POINT
    };
    Pool::mean(Windows {
        input,
        down: whole(input.height),
        along: whole(input.width),
    })
}

fn conv2d<T: Element>(case: &Value, way: Way) -> Golden<'_, T> {
    conv2d_and(case, way, false)
}

/// Direct signals land at the pools.
fn conv2d_pooled<T: Element>(case: &Value, way: Way) -> Golden<'_, T> {
    conv2d_and(case, way, true)
}

fn conv2d_and<T: Element>(case: &Value, way: Way, is_pooled: bool) -> Golden<'_, T> {
    let mut net = Golden::new(case, [1, 64], way);
    let (input, inside) = (image(1, 8, 8), image(3, 4, 4));
    let conv1 = net.over(
        "conv1",
        net.convolution(over(input, SAME), 3),
        [image(1, 3, 3), image(3, 8, 8)],
        Activation::Relu,
        net.wiring.input(),
    );
    let half = Window {
        size: 2,
        stride: 2,
        padding: 0,
    };
    let pool = Pool::max(over(image(3, 8, 8), half));
    let pooled = net.wiring.map(Arc::new(pool), &[conv1]);
    let conv2 = net.over(
        "conv2",
        net.convolution(over(inside, SAME), 4),
        [image(3, 3, 3), image(4, 4, 4)],
        Activation::Tanh,
        pooled,
    );
    let mean = net.wiring.map(Arc::new(mean_of(image(4, 4, 4))), &[conv2]);
    if is_pooled {
        for (at, layer, pool, channels_and_places) in
            [(0, conv1, pooled, [3, 16]), (1, conv2, mean, [4, 1])]
        {
            net.wiring.land(layer, pool);
            net.named[at].above = channels_and_places;
        }
    }
    net.last(image(4, 1, 1), mean)
}

fn local<T: Element>(case: &Value, way: Way) -> Golden<'_, T> {
    let mut net = Golden::new(case, [1, 36], way);
    let first = net.over(
        "lc1",
        net.local(over(image(1, 6, 6), INSIDE), 2),
        [image(1, 3, 3), image(2, 4, 4)],
        Activation::Tanh,
        net.wiring.input(),
    );
    let second = net.over(
        "lc2",
        net.local(over(image(2, 4, 4), INSIDE), 3),
        [image(2, 3, 3), image(3, 2, 2)],
        Activation::Tanh,
        first,
    );
    net.last(image(3, 2, 2), second)
}

fn conv1d<T: Element>(case: &Value, way: Way) -> Golden<'_, T> {
    let mut net = Golden::new(case, [2, 10], way);
    let along = |input, along| Windows {
        input,
        down: Window::POINT,
        along,
    };
    let first = net.over(
        "conv1",
        net.convolution(along(image(2, 1, 10), SAME), 3),
        [image(2, 1, 3), image(3, 1, 10)],
        Activation::Tanh,
        net.wiring.input(),
    );
    let second = net.over(
        "conv2",
        net.convolution(along(image(3, 1, 10), Window { stride: 2, ..SAME }), 4),
        [image(3, 1, 3), image(4, 1, 5)],
        Activation::Relu,
        first,
    );
    net.last(image(4, 1, 5), second)
}

fn residual<T: Element>(case: &Value, way: Way) -> Golden<'_, T> {
    let mut net = Golden::new(case, [2, 36], way);
    let inside = image(3, 6, 6);
    let numbers = inside.numbers();
    let input = net.wiring.input();
    let [first, below] = net.normed(["conv1", "bn1"], image(2, 6, 6), Activation::Relu, input);
    let [second, branch] = net.normed(["conv2", "bn2"], inside, Activation::Linear, below);
    let sum = net
        .wiring
        .map(Arc::new(Residual { numbers }), &[branch, below]);
    let rectified = Activated {
        activation: Activation::Relu,
        numbers,
    };
    let activity = net.wiring.map(Arc::new(rectified), &[sum]);
    net.wiring.land(first, below);
    net.wiring.land(second, activity);
    let mean = net.wiring.map(Arc::new(mean_of(inside)), &[activity]);
    net.last(image(3, 1, 1), mean)
}

fn close<T: Element>(found: &[T], wanted: &[f64], tolerance: f64, what: &str) {
    let found: Vec<f64> = found.iter().map(|x| x.to_f64()).collect();
    let error = relative(&found, wanted);
    assert!(error < tolerance, "{what}: {error:e}");
}

/// Trains a network by a rule of the file, and compares whatever the file has.
fn train<T: Element>(net: Golden<'_, T>, rule: &str, composition: Composition, what: &str) {
    let case = net.case;
    let tolerance = if size_of::<T>() == 8 { F64 } else { F32 };
    let what = format!("{what}, {rule}, {tolerance:e}");
    let values = &case["rules"][rule];
    let feedback = net.feedback(values, composition);
    let composed = Composed::new(composition, feedback, FeedbackLearning::default());
    let samples = case["labels"].as_array().unwrap().len();
    let rows =
        |values: Vec<f64>| Array2::from_shape_vec((samples, values.len() / samples), to(values));
    let input = DenseInput(rows(reordered(&flat(&case["input"]), net.input)).unwrap());
    let classes = net.layers[net.layers.len() - 1].units();
    let labels = case["labels"].as_array().unwrap().iter();
    let labels: Vec<u64> = labels.map(|label| label.as_u64().unwrap()).collect();
    let targets = Array2::from_shape_fn((samples, classes), |(i, class)| {
        T::from_f64(f64::from(u8::from(labels[i] == class as u64)))
    });
    let Golden {
        named,
        layers,
        wiring,
        norms,
        ..
    } = net;
    let step_size = case["lr"].as_f64().unwrap();
    let decay = values["weight_decay"].as_f64().unwrap_or(0.0);
    let factors = vec![1.0 - step_size * decay; layers.len()];
    let options = StepOptions {
        loss: Loss::SoftmaxCrossEntropy,
        reduction: Reduction::Mean,
        step_size,
        factors: &factors,
        dropout: 0.0,
    };
    let mut network = Network::wired(layers, wiring, Box::new(composed), OptimiserKind::Sgd);
    let noise = &mut Streams::new(1, 0).open(StreamName::Dropout);
    let losses = flat(&values["loss"]);
    for (step, &loss) in losses.iter().enumerate() {
        let found = network.step(&input, &targets, options, noise);
        assert!(
            (found / loss - 1.0).abs() < tolerance,
            "{what}: {found} {loss}"
        );
        if step == 0 {
            let logits = network.trace().outputs.as_slice().unwrap();
            close(logits, &flat(&values["logits"]), tolerance, &what);
        }
        if !STEPS.contains(&(step + 1)) {
            continue;
        }
        let after = (step + 1).to_string();
        let weights = &values["weights"][&after];
        for (named, layer) in named.iter().zip(network.layers()) {
            let what = format!("{what}, {} after {after}", named.name);
            let wanted = reordered(&flat(&weights[&named.weights]), named.reads);
            close(layer.weights.as_slice().unwrap(), &wanted, tolerance, &what);
            if let (Some(bias), Some(found)) = (&named.bias, &layer.bias) {
                close(
                    found.as_slice().unwrap(),
                    &flat(&weights[bias]),
                    tolerance,
                    &what,
                );
            }
        }
        let learned = &values["feedback_after"][&after];
        if let Some(learned) = learned.as_object() {
            let pairs = named[1..].iter().zip(network.rule().feedback().unwrap());
            for (named, b) in pairs.filter(|(_, b)| !b.is_empty()) {
                let wanted = reordered(&flat(&learned[named.name]), named.reads);
                close(b.as_slice().unwrap(), &wanted, tolerance, &what);
            }
        }
        if let Some(running) = values["running"].as_object().filter(|_| step == 4) {
            let mut file = TensorFile::default();
            network.save(Part::Everything, &mut file);
            for (norm, node) in &norms {
                for (state, name) in [("running_mean", "mean"), ("running_variance", "var")] {
                    let (_, found) = file.get(&format!("maps.{node}.{state}")).unwrap();
                    let wanted = flat(&running[&format!("{norm}.{name}")]);
                    close(&found, &wanted, tolerance, &what);
                }
            }
        }
    }
}

/// Rule of a name in the file.
fn composition(name: &str) -> Composition {
    let (known, direct) = match name {
        "bp" => ("backpropagation", DirectFeedback::Dense),
        "fa" => ("feedback_alignment", DirectFeedback::Dense),
        "usf" => ("uniform_sign_symmetry", DirectFeedback::Dense),
        "frsf" => ("fixed_random_sign_symmetry", DirectFeedback::Dense),
        "kp" => ("kolen_pollack", DirectFeedback::Dense),
        "dfa-dense" | "dfa-dense-pooled" => ("direct_feedback_alignment", DirectFeedback::Dense),
        "dfa-kernel" => ("direct_feedback_alignment", DirectFeedback::Kernel),
        other => panic!("a rule that nobody tests: {other}"),
    };
    Composition {
        direct,
        ..Composition::named(known).unwrap()
    }
}

fn golden() -> Value {
    serde_json::from_str(include_str!("../golden/layers.json")).unwrap()
}

type Make<T> = fn(&Value, Way) -> Golden<'_, T>;

/// Every rule of the file; how many.
fn every_rule<T: Element>() -> usize {
    let golden = golden();
    let cases: [(&str, Make<T>); 4] = [
        ("conv2d", conv2d),
        ("local", local),
        ("conv1d", conv1d),
        ("residual", residual),
    ];
    let mut rules = 0;
    for (name, make) in cases {
        for rule in golden[name]["rules"].as_object().unwrap().keys() {
            let make = if rule == "dfa-dense-pooled" {
                conv2d_pooled
            } else {
                make
            };
            for way in WAYS {
                let what = format!("{name}, {way:?}");
                train(make(&golden[name], way), rule, composition(rule), &what);
            }
            rules += 1;
        }
    }
    rules
}

#[test]
fn layers_of_every_kind_learn_as_in_another_program() {
    assert_eq!(every_rule::<f64>(), 27);
    assert_eq!(every_rule::<f32>(), 27);
}
