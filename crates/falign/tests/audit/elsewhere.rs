//! Updates of another program: those of a plain script are proved to be what they are, and those that
//! are almost right are told by what they are instead.

use std::collections::BTreeMap;
use std::path::Path;

use falign::audit::Verdict::{self, Failed, Passed};
use falign::internal::audit::{Findings, Updates};
use falign::internal::data::Entry;
use ndarray::{Array2, ArrayD, Ix1, IxDyn};

/// Numbers that are all different, of a mean size of some tenths.
fn numbers(seed: usize, rows: usize, columns: usize) -> Array2<f64> {
    Array2::from_shape_fn((rows, columns), |(i, j)| {
        let at = (seed * 977 + i * 31 + j * 7 + 1) as f64;
        0.8 * (at * 1.618).sin() + 0.3 * (at * at * 0.37).cos()
    })
}

/// A script in another language, in plain loops: a network, a batch, and one step.
#[derive(Clone)]
struct Script {
    sizes: Vec<usize>,
    samples: usize,
    activation: &'static str,
    has_biases: bool,
    /// As claimed.
    rule: &'static str,
    reduction: &'static str,
    step_size: f64,
    ridge: f64,
    is_direct: bool,
    /// Rounds what it stores as single precision does.
    is_single: bool,
}

/// Way of taking a step, which may not be the one that is claimed.
#[derive(Clone)]
struct Way {
    /// B of each hidden layer.
    through: Vec<Array2<f64>>,
    is_direct: bool,
    has_slopes: bool,
    /// Factor of all gradients.
    gain: f64,
    /// 1 - share that is left of the output weights.
    shrinkage: f64,
}

impl Script {
    fn new(rule: &'static str) -> Self {
        Self {
            sizes: vec![7, 5, 5, 3],
            samples: 11,
            activation: "tanh",
            has_biases: true,
            rule,
            reduction: "mean",
            step_size: 0.25,
            ridge: 0.5,
            is_direct: false,
            is_single: false,
        }
    }

    fn layers(&self) -> usize {
        self.sizes.len() - 1
    }

    fn stored(&self, x: f64) -> f64 {
        #[allow(clippy::cast_possible_truncation, reason = "as the script would")]
        if self.is_single {
            f64::from(x as f32)
        } else {
            x
        }
    }

    fn weights(&self) -> Vec<Array2<f64>> {
        let layers = 0..self.layers();
        layers
            .map(|l| numbers(l, self.sizes[l + 1], self.sizes[l]).mapv(|x| self.stored(x)))
            .collect()
    }

    fn biases(&self, l: usize) -> Vec<f64> {
        let of_layer = numbers(40 + l, 1, self.sizes[l + 1]);
        of_layer.iter().map(|x| self.stored(*x)).collect()
    }

    /// B as the file has it.
    fn feedback(&self) -> Vec<Array2<f64>> {
        let outputs = self.sizes[self.layers()];
        let hidden = 0..self.layers() - 1;
        hidden
            .map(|l| {
                let above = if self.is_direct {
                    outputs
                } else {
                    self.sizes[l + 2]
                };
                numbers(20 + l, above, self.sizes[l + 1]).mapv(|x| self.stored(x))
            })
            .collect()
    }

    fn inputs(&self) -> Array2<f64> {
        numbers(60, self.samples, self.sizes[0]).mapv(|x| self.stored(x))
    }

    fn targets(&self) -> Array2<f64> {
        numbers(70, self.samples, self.sizes[self.layers()]).mapv(|x| self.stored(x))
    }

    /// The way that is claimed.
    fn right(&self) -> Way {
        let (signs, through) = (self.weights(), self.feedback());
        let through = match self.rule {
            "backpropagation" => signs[1..].to_vec(),
            "last_layer_only" => through.iter().map(|b| 0.0 * b).collect(),
            "fixed_random_sign_symmetry" => {
                let pairs = through.iter().zip(&signs[1..]);
                pairs
                    .map(|(b, w)| b.mapv(f64::abs) * w.mapv(f64::signum))
                    .collect()
            }
            _ => through,
        };
        Way {
            through,
            is_direct: self.is_direct,
            has_slopes: true,
            gain: if self.reduction == "mean" {
                1.0 / self.samples as f64
            } else {
                1.0
            },
            shrinkage: self.step_size * self.ridge,
        }
    }

    /// Weights and biases after a step taken in this way.
    fn step(&self, way: &Way) -> Vec<(Array2<f64>, Vec<f64>)> {
        let (w, x, y) = (self.weights(), self.inputs(), self.targets());
        let last = self.layers() - 1;
        let mut changes: Vec<(Array2<f64>, Vec<f64>)> = w
            .iter()
            .map(|w| (Array2::zeros(w.dim()), vec![0.0; w.nrows()]))
            .collect();
        for i in 0..self.samples {
            // Up.
            let mut h = vec![x.row(i).to_vec()];
            let mut slopes = Vec::new();
            for l in 0..=last {
                let mut z = vec![0.0; self.sizes[l + 1]];
                for (j, z) in z.iter_mut().enumerate() {
                    for (k, h) in h[l].iter().enumerate() {
                        *z += w[l][(j, k)] * h;
                    }
                    if self.has_biases {
                        *z += self.biases(l)[j];
                    }
                }
                let psi = |z: f64| match (l == last, self.activation) {
                    (true, _) => (z, 1.0),
                    (_, "tanh") => (z.tanh(), 1.0 - z.tanh().powi(2)),
                    _ => (z.max(0.0), f64::from(u8::from(z > 0.0))),
                };
                slopes.push(z.iter().map(|z| psi(*z).1).collect::<Vec<f64>>());
                h.push(z.iter().map(|z| psi(*z).0).collect());
            }
            // Down.
            let e: Vec<f64> = h[last + 1]
                .iter()
                .zip(y.row(i))
                .map(|(f, y)| f - y)
                .collect();
            let mut d = e.clone();
            for l in (0..=last).rev() {
                if l < last {
                    let told = if way.is_direct { &e } else { &d };
                    let b = &way.through[l];
                    let mut s = vec![0.0; self.sizes[l + 1]];
                    for (j, s) in s.iter_mut().enumerate() {
                        for (k, told) in told.iter().enumerate() {
                            *s += told * b[(k, j)];
                        }
                        if way.has_slopes {
                            *s *= slopes[l][j];
                        }
                    }
                    d = s;
                }
                for (j, d) in d.iter().enumerate() {
                    for (k, h) in h[l].iter().enumerate() {
                        changes[l].0[(j, k)] += way.gain * d * h;
                    }
                    changes[l].1[j] += way.gain * d;
                }
            }
        }
        let eta = self.step_size;
        let moved = w.iter().zip(&changes).enumerate();
        moved
            .map(|(l, (w, (change, bias)))| {
                let shrinkage = if l == last { way.shrinkage } else { 0.0 };
                let weights = (1.0 - shrinkage) * w - &(eta * change);
                let biases = self.biases(l).into_iter().zip(bias);
                let biases = biases.map(|(old, change)| self.stored(old - eta * change));
                (weights.mapv(|x| self.stored(x)), biases.collect())
            })
            .collect()
    }

    /// The file of a step.
    fn file(&self, after: &[(Array2<f64>, Vec<f64>)]) -> BTreeMap<String, Entry> {
        let text = |text: &str| Entry::Text(text.to_owned());
        let matrix = |x: Array2<f64>| Entry::Numbers(x.into_dyn());
        let list =
            |x: Vec<f64>| Entry::Numbers(ArrayD::from_shape_vec(IxDyn(&[x.len()]), x).unwrap());
        let number = |x: f64| Entry::Numbers(ArrayD::from_elem(IxDyn(&[]), x));
        let mut file: BTreeMap<String, Entry> = [
            ("X", matrix(self.inputs())),
            ("y", matrix(self.targets())),
            ("rule", text(self.rule)),
            ("activation", text(self.activation)),
            ("reduction", text(self.reduction)),
            ("step_size", number(self.step_size)),
            ("ridge", number(self.ridge)),
        ]
        .into_iter()
        .map(|(name, entry)| (name.to_owned(), entry))
        .collect();
        for (l, (before, (weights, biases))) in self.weights().into_iter().zip(after).enumerate() {
            file.insert(format!("before.{l}.weight"), matrix(before));
            file.insert(format!("after.{l}.weight"), matrix(weights.clone()));
            if self.has_biases {
                file.insert(format!("before.{l}.bias"), list(self.biases(l)));
                file.insert(format!("after.{l}.bias"), list(biases.clone()));
            }
        }
        for (l, b) in self.feedback().into_iter().enumerate() {
            file.insert(format!("feedback.{l}"), matrix(b));
        }
        file
    }

    fn audit(&self, way: &Way) -> Findings {
        of(self.file(&self.step(way)))
    }
}

fn of(file: BTreeMap<String, Entry>) -> Findings {
    let updates = Updates::of(file, Path::new("mine.npz")).unwrap();
    updates.audit(None)
}

fn refusal(file: BTreeMap<String, Entry>) -> String {
    Updates::of(file, Path::new("mine.npz"))
        .unwrap_err()
        .to_string()
}

#[test]
fn right_updates_are_proved_in_both_precisions() {
    for rule in [
        "feedback_alignment",
        "direct_feedback_alignment",
        "backpropagation",
        "last_layer_only",
        "fixed_random_sign_symmetry",
    ] {
        for (activation, is_single, has_biases) in [("tanh", false, false), ("relu", true, true)] {
            let script = Script {
                activation,
                is_single,
                has_biases,
                is_direct: rule.starts_with("direct"),
                ..Script::new(rule)
            };
            let found = script.audit(&script.right());
            assert!(found.passed(), "{found:#?}");
            let says = format!(
                "is {}: all 3 layers change as it says, to ",
                rule.replace('_', " ")
            );
            assert!(found.verdict.starts_with(&says), "{}", found.verdict);
            assert!(
                found.also.is_empty() && found.explained_by.is_none(),
                "{found:#?}"
            );
            let worst = found
                .parts
                .iter()
                .map(|part| part.error)
                .fold(0.0, f64::max);
            let (least, most) = if is_single {
                (1e-9, 1e-5)
            } else {
                (1e-18, 1e-14)
            };
            assert!((least..most).contains(&worst), "{rule}: {worst}");
            assert_eq!(
                found.precision.name(),
                if is_single { "f32" } else { "f64" }
            );
        }
    }
}

/// Checks that a way that is almost right is told by what it is.
fn is_told(script: &Script, way: &Way, says: &str) {
    for is_single in [false, true] {
        let script = Script {
            is_single,
            ..script.clone()
        };
        let found = script.audit(way);
        assert!(!found.passed(), "{says}");
        assert_eq!(found.verdict, says, "{found:#?}");
        assert_eq!(found.explained_by, None);
    }
}

#[test]
fn updates_of_another_rule_are_told_by_its_name() {
    let script = Script::new("feedback_alignment");
    let way = Script::new("backpropagation").right();
    let found = script.audit(&way);
    assert_eq!(found.explained_by, Some("backpropagation"));
    let says = "is not feedback alignment: it is backpropagation, to ";
    assert!(found.verdict.starts_with(says), "{}", found.verdict);
    // The output layer is taught alike by both.
    let verdicts: Vec<Verdict> = found.parts.iter().map(|part| part.verdict).collect();
    assert_eq!(verdicts, [Failed, Failed, Failed, Failed, Passed, Passed]);
    let script = Script::new("backpropagation");
    let found = script.audit(&Script::new("last_layer_only").right());
    assert_eq!(found.explained_by, Some("last_layer_only"));
    // A layer of its own.
    let mut mixed = Script::new("feedback_alignment").step(&way);
    mixed[0] = Script::new("feedback_alignment").step(&Script::new("feedback_alignment").right())
        [0]
    .clone();
    let found = of(Script::new("feedback_alignment").file(&mixed));
    let says = "is not feedback alignment: in layer 2 the change is that of backpropagation";
    assert_eq!((found.verdict.as_str(), found.explained_by), (says, None));
}

#[test]
fn usual_mistakes_are_told_by_what_they_are() {
    let script = Script::new("feedback_alignment");
    let right = script.right();
    let with = |change: fn(&mut Way)| {
        let mut way = right.clone();
        change(&mut way);
        way
    };
    // B_1 is not square: its layer is right.
    let transposed = with(|way| way.through[0] = way.through[0].t().to_owned());
    is_told(
        &script,
        &transposed,
        "is not feedback alignment: in layer 1 the feedback weights are transposed",
    );
    let no_ridge = with(|way| way.shrinkage = 0.0);
    is_told(
        &script,
        &no_ridge,
        "is not feedback alignment: in layer 3 the ridge 0.5 is missing",
    );
    let per_step = with(|way| way.shrinkage *= 4.0);
    let says =
        "is not feedback alignment: in layer 3 the ridge 0.5 is not multiplied by the step size";
    is_told(&script, &per_step, says);
    let uphill = with(|way| way.gain *= -1.0);
    is_told(
        &script,
        &uphill,
        "is not feedback alignment: in layers 1, 2 and 3 the sign is wrong",
    );
    let twice = with(|way| way.gain *= 2.0);
    let says = "is not feedback alignment: in layers 1, 2 and 3 the step size is 0.5 where 0.25 is claimed";
    is_told(&script, &twice, says);
    let flat = with(|way| way.has_slopes = false);
    is_told(
        &script,
        &flat,
        "is not feedback alignment: in layers 1 and 2 psi' is missing",
    );
}

#[test]
fn a_mean_in_place_of_a_sum_is_told_and_a_sum_in_place_of_a_mean() {
    for (claimed, gain, says) in [
        (
            "sum",
            1.0 / 11.0,
            "the batch is averaged where its sum is claimed",
        ),
        ("mean", 1.0, "the batch is summed where its mean is claimed"),
    ] {
        let script = Script {
            reduction: claimed,
            step_size: 1.0 / 16.0,
            ..Script::new("feedback_alignment")
        };
        let way = Way {
            gain,
            ..script.right()
        };
        let says = format!("is not feedback alignment: in layers 1, 2 and 3 {says}");
        is_told(&script, &way, &says);
    }
}

#[test]
fn other_feedback_weights_are_told_in_the_layer_that_they_teach() {
    let script = Script::new("feedback_alignment");
    let mut way = script.right();
    way.through[1] = numbers(90, 3, 5);
    let found = script.audit(&way);
    let says = "in layer 2 the change is that of other feedback weights than these";
    assert!(found.verdict.contains(says), "{}", found.verdict);
    assert!(
        found
            .verdict
            .contains("(a wrong layer above changes those below)"),
        "{}",
        found.verdict
    );
    assert_eq!(found.explained_by, None);
}

/// A step that is so much of another rule, and the rest of the claimed one.
fn mixed(script: &Script, other: &Way, share: f64) -> Findings {
    let (own, other) = (script.step(&script.right()), script.step(other));
    let mix = |x: f64, y: f64| script.stored((1.0 - share) * x + share * y);
    let mixed: Vec<_> = own
        .iter()
        .zip(&other)
        .map(|((w, b), (w_other, b_other))| {
            let weights = Array2::from_shape_fn(w.dim(), |at| mix(w[at], w_other[at]));
            let biases = b.iter().zip(b_other).map(|(x, y)| mix(*x, *y));
            (weights, biases.collect())
        })
        .collect();
    of(script.file(&mixed))
}

#[test]
fn one_per_cent_of_another_rule_is_found() {
    let script = Script::new("feedback_alignment");
    let found = mixed(&script, &Script::new("backpropagation").right(), 0.01);
    let says = "is not feedback alignment: in layers 1 and 2 the change is 0.99 of feedback alignment and \
                0.01 of backpropagation";
    assert_eq!(found.verdict, says, "{found:#?}");
}

/// Room for rounding does not grow with the width, as sums of absolute terms would.
#[test]
fn a_thousandth_of_another_rule_is_found_in_single_precision() {
    let script = |rule| Script {
        sizes: vec![90, 60, 50, 3],
        samples: 32,
        step_size: 1.0 / 64.0,
        has_biases: false,
        is_single: true,
        ..Script::new(rule)
    };
    let (own, other) = (script("feedback_alignment"), script("backpropagation"));
    let right = own.audit(&own.right());
    assert!(right.passed(), "{right:#?}");
    let found = mixed(&own, &other.right(), 1e-3);
    let says = "is not feedback alignment: in layers 1 and 2 the change is 0.999 of feedback alignment and \
                0.001 of backpropagation";
    assert_eq!(found.verdict, says, "{found:#?}");
}

#[test]
fn backpropagation_through_weights_that_have_moved_is_told() {
    let script = Script {
        sizes: vec![6, 4, 3],
        ..Script::new("backpropagation")
    };
    let after = script.step(&script.right());
    let way = Way {
        through: vec![after[1].0.clone()],
        ..script.right()
    };
    let says = "is not backpropagation: in layer 1 the errors come back through the weights after the step";
    is_told(&script, &way, says);
}

#[test]
fn feedback_weights_after_the_step_must_stay_or_learn() {
    let fixed = Script::new("feedback_alignment");
    let mut file = fixed.file(&fixed.step(&fixed.right()));
    for (l, b) in fixed.feedback().into_iter().enumerate() {
        file.insert(format!("feedback_after.{l}"), Entry::Numbers(b.into_dyn()));
    }
    assert!(of(file.clone()).passed());
    let moved = 1.001 * &fixed.feedback()[1];
    file.insert(
        "feedback_after.1".to_owned(),
        Entry::Numbers(moved.into_dyn()),
    );
    let found = of(file);
    assert_eq!(
        found.verdict,
        "is not feedback alignment: in layer 2 the feedback weights move"
    );
    // Of Kolen and Pollack they change as the forward weights do.
    let learning = Script::new("kolen_pollack");
    let after = learning.step(&learning.right());
    let mut file = learning.file(&after);
    let found = of(file.clone());
    let end = "; how its feedback weights learn is not in the file";
    assert!(
        found.passed() && found.verdict.ends_with(end),
        "{}",
        found.verdict
    );
    for (l, b) in learning.feedback().into_iter().enumerate() {
        let kept = if l == 1 { 1.0 - 0.125 } else { 1.0 };
        let change = &after[l + 1].0 - &(kept * &learning.weights()[l + 1]);
        file.insert(
            format!("feedback_after.{l}"),
            Entry::Numbers((kept * b + change).into_dyn()),
        );
    }
    let found = of(file.clone());
    assert!(
        found.passed() && !found.verdict.ends_with(end),
        "{found:#?}"
    );
    let still = Entry::Numbers(learning.feedback()[0].clone().into_dyn());
    file.insert("feedback_after.0".to_owned(), still);
    let says = "is not kolen pollack: in layer 1 the feedback weights do not change as the forward ones do";
    assert_eq!(of(file).verdict, says);
}

#[test]
fn what_cannot_be_told_is_not_claimed() {
    let script = Script {
        step_size: 1e-9,
        ridge: 0.0,
        is_single: true,
        ..Script::new("feedback_alignment")
    };
    let found = script.audit(&script.right());
    assert!(!found.passed());
    let says =
        "cannot be told from these numbers: in layers 1, 2 and 3 the change is lost in rounding";
    assert_eq!(found.verdict, says);
    // With one hidden layer two rules are one.
    let script = Script {
        sizes: vec![6, 5, 3],
        ..Script::new("feedback_alignment")
    };
    let found = script.audit(&script.right());
    assert_eq!(found.also, ["direct_feedback_alignment"]);
    assert!(
        found
            .verdict
            .ends_with("; direct feedback alignment would do the same here"),
        "{}",
        found.verdict
    );
}

#[test]
fn arrays_that_do_not_fit_are_named_with_the_fix() {
    let script = Script::new("feedback_alignment");
    let file = script.file(&script.step(&script.right()));
    let matrix = |x: Array2<f64>| Entry::Numbers(x.into_dyn());
    let changed = |name: &str, entry: Option<Entry>| {
        let mut file = file.clone();
        file.remove(name);
        file.extend(entry.map(|entry| (name.to_owned(), entry)));
        refusal(file)
    };
    for (name, entry, says) in [
        ("rule", None, "no array `rule`"),
        ("X", None, "no array `X`"),
        ("step_size", None, "no array `step_size`"),
        ("after.1.weight", None, "no array `after.1.weight`"),
        (
            "after.1.bias",
            None,
            "no array `after.1.bias`: the layer has biases",
        ),
        (
            "feedback.0",
            None,
            "feedback weights have shapes [(3, 5)], expected [(5, 5), (3, 5)]",
        ),
        (
            "before.0.weight",
            Some(numbers(1, 7, 5)),
            "expected (units, 7); save its transpose",
        ),
        ("y", Some(numbers(1, 10, 3)), "expected [11, 3]"),
        ("ridge", Some(numbers(1, 1, 2)), "`ridge`: it has 2 numbers"),
        (
            "feedback.1",
            Some(numbers(1, 5, 3)),
            "feedback weights have shapes",
        ),
        (
            "velocity",
            Some(numbers(1, 1, 1)),
            "nothing reads: `velocity`",
        ),
        ("X", Some(numbers(1, 11, 7) / 0.0), "NaN or an infinity"),
    ] {
        let text = changed(name, entry.map(matrix));
        assert!(
            text.starts_with("mine.npz: ") && text.contains(says),
            "{name}: {text}"
        );
    }
    for (name, text, says) in [
        ("rule", "feedback", "`feedback` is no rule"),
        ("rule", "node_perturbation", "learns by chance"),
        ("activation", "mish", "gelu"),
        ("loss", "mse", "squared_error"),
        ("step_size", "small", "expected numbers"),
    ] {
        let found = changed(name, Some(Entry::Text(text.to_owned())));
        assert!(found.contains(says), "{name}: {found}");
    }
}

#[test]
fn classes_are_targets_of_the_cross_entropy() {
    // By hand: one layer, two samples, two classes; e = (softmax - one-hot) / 2.
    let number = |x: f64| Entry::Numbers(ArrayD::from_elem(IxDyn(&[]), x));
    let shape = |rows: usize, columns: usize, x: Vec<f64>| {
        Entry::Numbers(ArrayD::from_shape_vec(IxDyn(&[rows, columns]), x).unwrap())
    };
    // z = (0, 0) and (ln 3, 0): softmax (1/2, 1/2) and (3/4, 1/4).
    let a = 3f64.ln();
    let after = [a - 0.5 * 0.5 * -0.25, -0.5 * 0.5 * 0.25];
    let list = ndarray::Array::<f64, Ix1>::from(vec![1.0, 0.0]).into_dyn();
    let file: BTreeMap<String, Entry> = [
        ("X", shape(2, 1, vec![0.0, 1.0])),
        ("y", Entry::Numbers(list)),
        ("before.0.weight", shape(2, 1, vec![a, 0.0])),
        ("after.0.weight", shape(2, 1, after.to_vec())),
        ("step_size", number(0.5)),
        ("rule", Entry::Text("backpropagation".to_owned())),
        ("activation", Entry::Text("linear".to_owned())),
        ("loss", Entry::Text("softmax_cross_entropy".to_owned())),
    ]
    .into_iter()
    .map(|(name, entry)| (name.to_owned(), entry))
    .collect();
    let found = of(file);
    assert!(found.passed(), "{found:#?}");
    assert!(
        found
            .verdict
            .starts_with("is backpropagation: its layer changes as it says")
    );
}
