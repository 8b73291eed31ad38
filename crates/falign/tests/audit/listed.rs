//! Networks as lists of layers: every rule through every kind of layer, and operators and maps that are almost right.

use std::sync::Arc;

use falign::audit::Verdict::{self, Failed, Passed};
use falign::audit::{Claim, Report, Subject};
use falign::internal::audit::{audit_wired, operator_error};
use falign::internal::config::{Experiment, Overrides};
use falign::internal::layer::{
    BatchNorm, Dropped, Gain, Image, Kept, Map, Pass, PlainMap, Pool, Window, Windowed, Windows,
    Wiring,
};
use falign::internal::network::{
    DenseInput, FeedbackShape, Initialisation, draw_feedback, draw_operators,
};
use falign::internal::rule::{Composed, Composition, DirectFeedback, RuleKind};
use falign::internal::simulate::sources::Sources;
use falign::internal::study::audit::{Limits, RuleAudit, audit_rules};
use falign::layer::{
    Batch, Dense, Extent, Finish, Inputs, Layout, Operator, Packed, Parameter, Way,
};
use falign::math::{Activation, Loss, Reduction, Stream, StreamName, Streams};
use falign::rule::{Rule, SignalPath};
use ndarray::Array2;

use super::{LEARNING, verdict};

/// Every kind of layer but dropout, over images; a ridge, so that decays show.
const EVERY_KIND: &str = r#"[
    { conv = 4, kernel = 3, stride = [2, 1], padding = 1, activation = "relu" },
    { norm = "batch", activation = "tanh" },
    { residual = [{ conv = 4, kernel = 3, padding = 1 }, { norm = "layer" }] },
    { pool = "max", size = 2, stride = 1 },
    { local = 3, kernel = 2 },
    { pool = "mean", size = [2, 1] },
    { flatten = true },
    { dense = 5, activation = "gelu" },
    { dense = 3 },
]"#;

/// Sequences, with dropout, a norm behind a layer, and one window over all that is left.
const SEQUENCES: &str = r#"[
    { conv = 5, kernel = 4, stride = 2, padding = 2 },
    { norm = "layer" },
    { dropout = 0.3 },
    { local = 4, kernel = 3, stride = 2, activation = "relu" },
    { pool = "max" },
    { dense = 3 },
]"#;

fn text(input: &str, layers: &str, rules: &str) -> String {
    format!(
        r#"
name = "listed"
[data]
samples = 20
input_dim = 42
outputs = 3
[network]
input = {input}
layers = {layers}
activation = "tanh"
biases = true
initialisation = "uniform_fan_in"
[learning]
step_size = 0.1
ridge = 0.2
batch = 10
[run]
runs = 1
epochs = 1
quantities = ["loss"]
[sweep]
"learning.rule" = [{rules}]
"#
    )
}

fn audits(text: &str) -> Vec<RuleAudit> {
    let experiment = Experiment::parse(text, &Overrides::none()).unwrap();
    let limits = Limits {
        width: 100,
        samples: 9,
    };
    audit_rules(&experiment, &Sources::default(), limits, None).unwrap()
}

fn every_rule() -> String {
    let deep = |rule: &&Rule| rule.kind().is_some();
    let names = Rule::ALL.iter().filter(deep);
    let quoted: Vec<String> = names.map(|rule| format!("\"{}\"", rule.name())).collect();
    quoted.join(", ")
}

/// Checks that hold of every rule of lists of layers.
const ALWAYS: [&str; 6] = [
    "operators",
    "maps",
    "deltas",
    "determinism",
    "gradient",
    "updates",
];

fn all_pass(input: &str, layers: &str) -> Vec<RuleAudit> {
    let audits = audits(&text(input, layers, &every_rule()));
    assert!(audits.len() >= 10, "{}", audits.len());
    for one in &audits {
        let name = one.rule.name();
        assert!(one.report.passed(), "{name}: {:#?}", one.report);
        for check in ALWAYS {
            let is_trial =
                name == "weight_perturbation" && ["gradient", "updates"].contains(&check);
            let wanted = if is_trial {
                Verdict::NotApplicable
            } else {
                Passed
            };
            assert_eq!(verdict(&one.report, check), wanted, "{name} {check}");
        }
    }
    audits
}

#[test]
fn every_rule_is_what_it_claims_through_every_kind_of_layer() {
    let audits = all_pass("[2, 7, 3]", EVERY_KIND);
    for one in &audits {
        let name = one.rule.name();
        let states = one.report.check("maps").unwrap();
        assert!(states.note.contains("states after 5 steps"), "{states:?}");
        let learns = ["kolen_pollack", "weight_mirror", "hebbian_feedback"].contains(&name);
        assert_eq!(verdict(&one.report, "feedback_learning") == Passed, learns);
        if let Some(RuleKind::Family(composition)) = one.rule.kind() {
            let is_layerwise = composition.path == SignalPath::Layerwise;
            let is_fixed = name != "backpropagation" && name != "batch_random_sign_symmetry";
            let transpose = one.report.check("transpose").unwrap();
            if is_layerwise && is_fixed {
                assert_eq!(transpose.verdict, Passed, "{name}");
                assert!(transpose.note.starts_with("bit for bit"), "{transpose:?}");
            }
        }
    }
}

#[test]
fn every_rule_is_what_it_claims_on_sequences_under_dropout() {
    all_pass("[3, 14]", SEQUENCES);
}

/// Weights that go to the wrong places on the way back: a kernel that is flipped, or not flipped.
#[derive(Debug)]
struct Flipped(Windowed);

impl Operator<f64> for Flipped {
    fn extent(&self) -> Extent {
        Operator::<f64>::extent(&self.0)
    }
    fn weights(&self) -> Parameter {
        Operator::<f64>::weights(&self.0)
    }
    fn plain(&self) -> Option<Arc<dyn Operator<f64>>> {
        self.0.plain()
    }
    fn pack<'a>(&self, weights: &'a [f64], way: Way, space: &'a mut Vec<f64>) -> Packed<'a, f64> {
        if way == Way::Forward {
            return self.0.pack(weights, way, space);
        }
        let Parameter { shape, .. } = self.weights();
        let taps = shape[1] * shape[2];
        let flipped: Vec<f64> = weights
            .chunks_exact(taps * shape[3])
            .flat_map(|filter| filter.chunks_exact(shape[3]).rev().flatten().copied())
            .collect();
        // Its own space is that of the packed weights.
        let mut packed = Vec::new();
        self.0.pack(&flipped, way, &mut packed);
        *space = packed;
        Packed(space)
    }
    fn forward(
        &self,
        weights: Packed<'_, f64>,
        x: Inputs<'_, f64>,
        y: &mut [f64],
        batch: Batch,
        finish: Finish<'_, f64>,
    ) {
        self.0.forward(weights, x, y, batch, finish);
    }
    fn pull_back(
        &self,
        through: Packed<'_, f64>,
        signal: &[f64],
        below: &mut [f64],
        batch: Batch,
        finish: Finish<'_, f64>,
    ) {
        self.0.pull_back(through, signal, below, batch, finish);
    }
    fn gradient(&self, x: Inputs<'_, f64>, delta: &[f64], gradient: &mut [f64], batch: Batch) {
        self.0.gradient(x, delta, gradient, batch);
    }
}

/// A pool whose signals come down twice as large.
#[derive(Debug)]
struct Doubled(Pool);

impl Map<f64> for Doubled {
    fn inputs(&self) -> Vec<usize> {
        Map::<f64>::inputs(&self.0)
    }
    fn outputs(&self) -> usize {
        Map::<f64>::outputs(&self.0)
    }
    fn forward(&self, x: &[&[f64]], y: &mut [f64], pass: &mut Pass<'_, f64>, kept: &mut Kept<f64>) {
        self.0.forward(x, y, pass, kept);
    }
    fn pull_back(&self, signal: &[f64], kept: &Kept<f64>, below: &mut [&mut [f64]], batch: Batch) {
        let doubled: Vec<f64> = signal.iter().map(|s| 2.0 * s).collect();
        self.0.pull_back(&doubled, kept, below, batch);
    }
    fn plain(&self) -> Option<PlainMap> {
        Map::<f64>::plain(&self.0)
    }
}

fn windows() -> [Windows; 2] {
    let window = |size, padding| Window {
        size,
        stride: 1,
        padding,
    };
    let over = |channels, down, along| Windows {
        input: Image {
            channels,
            height: 5,
            width: 4,
        },
        down,
        along,
    };
    [
        over(2, window(3, 1), window(3, 1)),
        over(3, window(3, 1), window(3, 1)),
    ]
}

/// A convolution with a norm behind it, another one, a pool, dropout and a dense layer; the second convolution, or
/// the pool, may be at fault.
fn audited(rule: &str, is_flipped: bool, is_doubled: bool) -> Report {
    audited_by(Composition::named(rule).unwrap(), is_flipped, is_doubled)
}

fn audited_by(composition: Composition, is_flipped: bool, is_doubled: bool) -> Report {
    let [first, second] = windows();
    let conv = Windowed::convolution(second, 4);
    let second: Arc<dyn Operator<f64>> = if is_flipped {
        Arc::new(Flipped(conv))
    } else {
        Arc::new(conv)
    };
    let gain = Gain {
        channels: 3,
        places: 20,
    };
    let operators: [Arc<dyn Operator<f64>>; 4] = [
        Arc::new(Windowed::convolution(first, 3)),
        Arc::new(gain),
        second,
        Arc::new(Dense::new(24, 3, 1.0)),
    ];
    let mut wiring = Wiring::new(40).with_layout(Layout::Lanes(8));
    let below = wiring.layer(wiring.input());
    let norm = BatchNorm {
        channels: 3,
        places: 20,
        epsilon: 1e-5,
        momentum: 0.1,
    };
    let normed = wiring.map(Arc::new(norm), &[below]);
    let gained = wiring.layer(normed);
    wiring.land(below, gained);
    let above = wiring.layer(gained);
    let pool = Pool::mean(Windows {
        input: Image {
            channels: 4,
            height: 5,
            width: 4,
        },
        down: Window {
            size: 2,
            stride: 2,
            padding: 0,
        },
        along: Window {
            size: 2,
            stride: 1,
            padding: 0,
        },
    });
    let pooled = if is_doubled {
        wiring.map(Arc::new(Doubled(pool)), &[above])
    } else {
        wiring.map(Arc::new(pool), &[above])
    };
    let dropped = Dropped {
        numbers: 24,
        rate: 0.25,
    };
    let heard = wiring.map(Arc::new(dropped), &[pooled]);
    wiring.layer(heard);
    let (start, streams) = (Initialisation::UniformFanIn, Streams::new(6, 0));
    let layers = draw_operators(&operators, Activation::Tanh, true, start, streams);
    let shape = FeedbackShape::default();
    let feedback = draw_feedback(composition, &layers, start, shape, streams);
    let mut data = streams.open(StreamName::Data);
    let mut draw = |columns| Array2::from_shape_simple_fn((7, columns), || data.normal());
    let subject = Subject {
        layers,
        rule: &|| Box::new(Composed::new(composition, feedback.clone(), LEARNING)),
        claim: Claim::Family {
            composition,
            learning: LEARNING,
        },
        input: DenseInput(draw(40)),
        targets: draw(3),
        loss: Loss::SquaredError,
        reduction: Reduction::Mean,
        step_size: 0.05,
        factors: vec![0.99, 1.0, 0.98, 0.97],
    };
    audit_wired(&subject, wiring).unwrap()
}

fn failed(report: &Report) -> Vec<&'static str> {
    let failed = report.checks.iter().filter(|c| c.verdict == Failed);
    failed.map(|c| c.name).collect()
}

#[test]
fn a_kernel_that_is_flipped_on_the_way_back_is_caught() {
    for rule in ["backpropagation", "feedback_alignment", "kolen_pollack"] {
        assert_eq!(failed(&audited(rule, false, false)), [""; 0], "{rule}");
        let report = audited(rule, true, false);
        let failed = failed(&report);
        assert!(failed.contains(&"operators"), "{rule}: {report:#?}");
        assert!(failed.contains(&"definition"), "{rule}: {report:#?}");
        let is_exact = rule == "backpropagation";
        assert_eq!(
            failed.contains(&"gradient"),
            is_exact,
            "{rule}: {report:#?}"
        );
    }
    // Nothing travels back through it.
    assert_eq!(
        failed(&audited("direct_feedback_alignment", true, false)),
        ["operators"]
    );
}

#[test]
fn direct_feedback_in_every_shape_is_what_it_claims() {
    let named = |rule| Composition::named(rule).unwrap();
    let shapes = [
        DirectFeedback::Dense,
        DirectFeedback::Kernel,
        DirectFeedback::Shared,
    ];
    for claimed in shapes {
        for rule in [
            "direct_feedback_alignment",
            "sign_direct_feedback_alignment",
        ] {
            let composition = Composition {
                direct: claimed,
                ..named(rule)
            };
            let report = audited_by(composition, false, false);
            assert_eq!(failed(&report), [""; 0], "{claimed:?}: {report:#?}");
            assert_eq!(verdict(&report, "definition"), Passed);
            // By kernels the last layer's lands where its own weights would bring it.
            let is_exact = claimed == DirectFeedback::Kernel && !rule.starts_with("sign");
            assert_eq!(
                verdict(&report, "transpose") == Passed,
                is_exact,
                "{report:#?}"
            );
        }
    }
}

#[test]
fn a_map_that_pulls_back_by_another_slope_is_caught() {
    let report = audited("backpropagation", false, true);
    let failed = failed(&report);
    for check in ["maps", "gradient", "definition"] {
        assert!(failed.contains(&check), "{check}: {report:#?}");
    }
    assert!(!failed.contains(&"operators"));
}

/// Rounding of sums, against their terms.
const ROUNDING: f64 = 1e-13;

/// Shapes at random: strides beyond windows, one place above, lines, more or fewer channels than a tile.
fn random_windows(draws: &mut Stream) -> (Windows, usize) {
    loop {
        let mut of = |most: usize| 1 + draws.below(most);
        let input = Image {
            channels: of(7),
            height: of(6),
            width: of(7),
        };
        let mut window = |places: usize| {
            let is_whole = of(4) == 1;
            let size = if is_whole { places } else { of(4) };
            Window {
                size,
                stride: of(3),
                padding: if is_whole { 0 } else { of(size) - 1 },
            }
        };
        let (down, along) = (window(input.height), window(input.width));
        let windows = Windows { input, down, along };
        let channels = of(13);
        if windows.output(channels).is_some() {
            return (windows, channels);
        }
    }
}

#[test]
fn every_operator_is_one_bilinear_form_over_random_shapes_and_part_blocks() {
    let mut draws = Streams::new(28, 1).open(StreamName::Data);
    let (mut points, mut caught) = (0, 0);
    for _ in 0..60 {
        let (windows, channels) = random_windows(&mut draws);
        let lanes = [4, 8, 16, 32][draws.below(4)];
        let batch = Batch {
            // Seldom whole blocks.
            samples: 1 + draws.below(2 * lanes),
            layout: Layout::Lanes(lanes),
        };
        let numbers = windows.input.numbers();
        let places = windows.output(channels).unwrap().places();
        points += usize::from(places == 1);
        let operators: [Box<dyn Operator<f64>>; 4] = [
            Box::new(Windowed::convolution(windows, channels)),
            Box::new(Windowed::local(windows, channels)),
            Box::new(Dense::new(numbers, channels, 0.7)),
            Box::new(Gain {
                channels: windows.input.channels,
                places: windows.input.places(),
            }),
        ];
        for operator in &operators {
            let error = operator_error(operator.as_ref(), batch, &mut draws);
            assert!(error < ROUNDING, "{operator:?} {batch:?}: {error:e}");
        }
        let flipped = Flipped(Windowed::convolution(windows, channels));
        let shape = flipped.weights().shape;
        if shape[1] * shape[2] > 1 {
            let error = operator_error(&flipped, batch, &mut draws);
            assert!(error > 1e-3, "{flipped:?}: {error:e}");
            caught += 1;
        }
    }
    assert!(points >= 3 && caught >= 30, "{points} {caught}");
}

/// A rule that hears of a layer's own weights above it, through a norm's gains too, is not local.
#[test]
fn claims_of_other_rules_are_refused_on_layers_too() {
    let rule = "feedback_alignment";
    let mut report = audited(rule, false, false);
    assert_eq!(verdict(&report, "locality"), Passed);
    report = audited("backpropagation", false, false);
    let locality = report.check("locality").unwrap();
    assert!(locality.note.contains("not local"), "{locality:?}");
}

#[test]
fn a_wiring_of_other_layers_is_refused() {
    let subject = Subject {
        layers: vec![falign::rule::Layer::dense(
            Array2::ones((3, 4)),
            Activation::Linear,
        )],
        rule: &|| Box::new(Composed::backpropagation()),
        claim: Claim::Private,
        input: DenseInput(Array2::ones((5, 4))),
        targets: Array2::ones((5, 3)),
        loss: Loss::SquaredError,
        reduction: Reduction::Mean,
        step_size: 0.1,
        factors: vec![1.0],
    };
    let error = audit_wired(&subject, Wiring::new(4)).unwrap_err();
    assert!(error.to_string().contains("wiring"), "{error}");
}
