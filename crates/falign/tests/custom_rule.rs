//! A learning rule of a user's own crate: experiments name it, its version tells its results apart,
//! and without a version nothing of it is kept.

use std::fs;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use falign::Result;
use falign::audit::Verdict;
use falign::internal::claim::stored::Stored;
use falign::internal::config::setting::Setting;
use falign::internal::config::{Experiment, Overrides};
use falign::internal::network::TensorFile;
use falign::internal::plan::Plan;
use falign::internal::plan::belongs::{Belonging, belonging};
use falign::internal::plan::execute::{CHECKPOINTS, Execution, RESULTS, execute};
use falign::internal::plan::folder::{self, write_start, write_tables};
use falign::internal::simulate::sources::Sources;
use falign::internal::simulate::watch::Watch;
use falign::internal::simulate::{Context, simulate};
use falign::internal::study::audit::{Limits, audit_rules};
use falign::layer::Dense;
use falign::math::{Activation, Scalar, Stream, StreamName};
use falign::rule::{
    Adaptation, CustomRule, Layer, LearningRule, Registry, RuleStart, SignalPath, Trace,
};
use ndarray::Array2;

use crate::support::deep::{IMAGES, at, bits, run, run_until};
use crate::support::experiment::Scratch;

/// Direct random feedback that shrinks from step to step, and changes its sign every third one: what
/// a step does depends on the feedback weights and on a count.
struct Flipping<T> {
    feedback: Vec<Array2<T>>,
    state: [f64; 1],
}

impl<T: Scalar> Flipping<T> {
    fn new(start: &RuleStart<'_, T>) -> Self {
        let (last, hidden) = start.layers.split_last().unwrap();
        let mut stream = start.streams.open(StreamName::FeedbackWeights);
        let mut draw = || T::from_f64(stream.normal());
        let feedback = hidden
            .iter()
            .map(|layer| Array2::from_shape_simple_fn((last.units(), layer.units()), &mut draw));
        Self {
            feedback: feedback.collect(),
            state: [0.0],
        }
    }
}

macro_rules! flipping {
    ($($precision:ty)+) => {$(
        impl LearningRule<$precision> for Flipping<$precision> {
            fn teach(
                &mut self,
                _: &[Layer<$precision>],
                trace: &Trace<$precision>,
                signals: &mut [Array2<$precision>],
                _: &mut Stream,
            ) {
                for (signal, b) in signals.iter_mut().zip(&self.feedback) {
                    Dense::new(b.ncols(), b.nrows(), 1.0).pull_back_rows(b, &trace.residual, signal);
                }
            }

            fn adapt(&mut self, _: &mut Adaptation<'_, $precision>) {
                self.state[0] += 1.0;
                let factor = if self.state[0] % 3.0 < 0.5 { -0.9 } else { 0.99 };
                for b in &mut self.feedback {
                    *b *= factor;
                }
            }

            fn feedback(&self) -> Option<&[Array2<$precision>]> {
                Some(&self.feedback)
            }

            fn feedback_mut(&mut self) -> Option<&mut [Array2<$precision>]> {
                Some(&mut self.feedback)
            }

            fn state(&self) -> &[f64] {
                &self.state
            }

            fn state_mut(&mut self) -> &mut [f64] {
                &mut self.state
            }

            fn path(&self) -> SignalPath {
                SignalPath::Direct
            }
        }
    )+};
}
flipping!(f32 f64);

/// The rules that there are, with `flipping` in this version.
fn rules(version: Option<&str>) -> Registry {
    let rule = CustomRule::new(
        "flipping",
        |start| Box::new(Flipping::new(start)),
        |start| Box::new(Flipping::new(start)),
    );
    let mut rules = Registry::built_in();
    let rule = match version {
        Some(version) => rule.with_version(version),
        None => rule,
    };
    rules.register(rule).unwrap();
    rules
}

fn parsed(set: &[&str], rules: &Registry) -> Result<Experiment> {
    let overrides = Overrides {
        set: set.iter().map(|&set| set.to_owned()).collect(),
        cases: Vec::new(),
    };
    Experiment::parse_with(IMAGES, &overrides, rules)
}

const FLIPPING: &str = "learning.rule=flipping";

fn experiment(version: Option<&str>) -> Experiment {
    parsed(&[FLIPPING, "run.runs=2"], &rules(version)).unwrap()
}

fn setting(version: Option<&str>, precision: &str) -> Setting {
    let precision = format!("run.precision={precision}");
    let experiment = parsed(&[FLIPPING, &precision], &rules(version)).unwrap();
    experiment.settings[0].setting.clone()
}

fn ids(experiment: &Experiment) -> Vec<String> {
    let jobs = Plan::new(experiment).unwrap().jobs;
    jobs.into_iter().map(|job| job.id).collect()
}

#[test]
fn name_and_version_make_the_id_and_nothing_else_of_the_registry_does() {
    let one = ids(&experiment(Some("1")));
    assert_eq!(one, ids(&experiment(Some("1"))));
    let others = [
        ids(&experiment(Some("2"))),
        ids(&experiment(None)),
        ids(&parsed(&["run.runs=2"], &Registry::built_in()).unwrap()),
    ];
    for (at, other) in others.iter().enumerate() {
        assert_ne!(&one, other);
        assert!(!others[..at].contains(other));
    }
    // A rule that is there and not named changes no id.
    assert_eq!(
        others[2],
        ids(&parsed(&["run.runs=2"], &rules(Some("1"))).unwrap())
    );
}

#[test]
fn an_unknown_rule_lists_those_that_there_are_and_the_nearest() {
    let said = |name: &str, rules: &Registry| {
        let rule = format!("learning.rule={name}");
        parsed(&[&rule], rules).unwrap_err().to_string()
    };
    let text = said("fliping", &rules(None));
    for part in [
        "learning.rule = \"fliping\": expected \"backpropagation\", \"feedback_alignment\"",
        "\"weight_perturbation\" or \"flipping\"",
        "did you mean \"flipping\"?",
    ] {
        assert!(text.contains(part), "{text}");
    }
    let text = said("flipping", &Registry::built_in());
    assert!(!text.contains("or \"flipping\""), "{text}");
    assert!(text.contains("expected \"backpropagation\""), "{text}");
}

#[test]
fn a_two_layer_engine_has_no_custom_rule() {
    let text = "name = \"x\"\n[learning]\nrule = \"flipping\"\n[run]\nengine = \"sample_space\"";
    let error = Experiment::parse_with(text, &Overrides::none(), &rules(None)).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("learning.rule = \"flipping\""), "{text}");
    assert!(text.contains("run.engine = \"mini_batch\""), "{text}");
}

#[test]
fn sweeps_cases_claims_and_panels_may_name_it() {
    let text = r#"
name = "both"
[run]
runs = 2
steps = 4
engine = "mini_batch"
[sweep]
"learning.rule" = ["feedback_alignment", "flipping"]
[[claim]]
id = "learns"
text = "It learns."
source = "here"
quantity = "loss"
kind = "between"
max = 1e9
where = { rule = "flipping" }
[figure]
[[figure.panel]]
x = "step"
y = "loss"
where = { rule = "flipping" }
"#;
    let rules = rules(Some("1"));
    let experiment = Experiment::parse_with(text, &Overrides::none(), &rules).unwrap();
    let names = experiment
        .settings
        .iter()
        .map(|one| one.setting.rule.name());
    assert_eq!(
        names.collect::<Vec<_>>(),
        ["feedback_alignment", "flipping"]
    );
    assert_eq!(experiment.claims.len(), 1);
    // What is written out reads back, among the same rules.
    let again = experiment.resolved_toml();
    let again = Experiment::parse_with(&again, &Overrides::none(), &rules).unwrap();
    assert_eq!(again.settings, experiment.settings);
    let wrong = text.replace(
        "where = { rule = \"flipping\" }\n[figure]",
        "where = { rule = \"flop\" }\n[figure]",
    );
    let error = Experiment::parse_with(&wrong, &Overrides::none(), &rules).unwrap_err();
    assert!(
        error.to_string().contains("claim.learns.where.rule"),
        "{error}"
    );
}

/// The feedback weights and the count are known to the checkpoint alone.
#[test]
fn a_run_with_a_version_goes_on_from_its_checkpoint_to_the_bit() {
    let scratch = Scratch::new("custom-resume");
    for precision in ["f32", "f64"] {
        let setting = setting(Some("1"), precision);
        let whole = run(&setting, 0);
        let plain = parsed(&[], &Registry::built_in()).unwrap();
        assert_ne!(bits(&whole), bits(&run(&plain.settings[0].setting, 0)));
        for end in [1, 10, 20] {
            let path = scratch.0.join(format!("{precision}-{end}.safetensors"));
            assert!(run_until(&setting, &path, end).is_none());
            let file = TensorFile::load(&path).unwrap();
            assert_eq!(file.note["rule"]["name"], "flipping");
            assert_eq!(file.note["rule"]["version"], "1");
            assert_eq!(file.get("rule.state").unwrap().1, [end as f64]);
            let rest = run_until(&setting, &path, u64::MAX).unwrap();
            assert_eq!(bits(&whole), bits(&rest), "{precision}, step {end}");
        }
    }
}

#[test]
fn a_checkpoint_of_another_version_is_named_and_begun_anew() {
    let scratch = Scratch::new("custom-version");
    let path = scratch.0.join("a.safetensors");
    assert!(run_until(&setting(Some("1"), "f64"), &path, 10).is_none());
    let sources = Sources::default();
    for (version, first, said) in [
        ("2", 0, Some("another version of its learning rule")),
        ("1", 10, None),
    ] {
        let kept = fs::read(&path).unwrap();
        let notes = Mutex::default();
        let context = Context {
            checkpoint: Some(at(&path, &notes)),
            ..Context::new(&sources)
        };
        let mut seen = None;
        let setting = setting(Some(version), "f64");
        simulate(&setting, 0, context, &mut |step| {
            seen.get_or_insert(step);
            true
        })
        .unwrap();
        assert_eq!(seen, Some(first), "version {version}");
        let redone = notes.into_inner().unwrap().redone;
        assert_eq!(redone.len(), usize::from(said.is_some()));
        for (_, reason) in redone {
            assert!(reason.contains(said.unwrap()), "{reason}");
        }
        fs::write(&path, kept).unwrap();
    }
}

/// Carries out an experiment in a folder.
fn carried_out(experiment: &Experiment, scratch: &Scratch) -> Execution {
    let plan = Plan::new(experiment).unwrap();
    write_start(experiment, &plan, &scratch.0).unwrap();
    let (sources, watch) = (Sources::default(), Watch::default());
    execute(experiment, &plan, &scratch.0, &sources, &watch).unwrap()
}

#[test]
fn without_a_version_runs_are_made_anew_with_a_sentence() {
    let scratch = Scratch::new("custom-anew");
    let free = experiment(None);
    let first = carried_out(&free, &scratch);
    assert!(first.complete && first.notes.redone.is_empty(), "{first:?}");
    let again = carried_out(&free, &scratch);
    assert_eq!((again.complete, again.kept), (true, 0));
    let [(path, reason)] = &again.notes.redone[..] else {
        panic!("{again:?}")
    };
    assert!(path.ends_with(RESULTS), "{path:?}");
    assert!(
        reason.contains("learning.rule \"flipping\" has no version")
            && reason.contains("its 1 stored"),
        "{reason}"
    );
    // Stored rows are of nobody knows which code.
    let plan = Plan::new(&free).unwrap();
    let stored = Stored::of_folder(&free, &plan, &scratch.0).unwrap();
    assert_eq!(stored.missing(&free, &plan), plan);
    // A folder never has results of two states of the code.
    let watch = Watch::default();
    watch.stop.store(true, Ordering::Relaxed);
    let ended = execute(&free, &plan, &scratch.0, &Sources::default(), &watch).unwrap();
    assert!(!ended.complete);
    let left = fs::read_dir(scratch.0.join(RESULTS)).unwrap();
    assert_eq!(left.count(), 0);
    // With one they are kept.
    let scratch = Scratch::new("custom-kept");
    let known = experiment(Some("1"));
    carried_out(&known, &scratch);
    let again = carried_out(&known, &scratch);
    assert_eq!((again.complete, again.kept), (true, 1));
    assert!(again.notes.redone.is_empty(), "{again:?}");
}

/// Teaches nothing, and stops what it watches after its first step.
struct Stopping(Arc<Watch>);

impl LearningRule<f64> for Stopping {
    fn teach(
        &mut self,
        _: &[Layer<f64>],
        _: &Trace<f64>,
        signals: &mut [Array2<f64>],
        _: &mut Stream,
    ) {
        for signal in signals {
            signal.fill(0.0);
        }
    }

    fn adapt(&mut self, _: &mut Adaptation<'_, f64>) {
        self.0.stop.store(true, Ordering::Relaxed);
    }
}

#[test]
fn without_a_version_a_stopped_run_leaves_no_checkpoint() {
    let checkpoints = |version: Option<&str>| {
        let scratch = Scratch::new("custom-stopped");
        let watch = Arc::new(Watch::default());
        let seen = Arc::clone(&watch);
        let rule = CustomRule::new(
            "stopping",
            |_| unreachable!("the runs are in double precision"),
            move |_| Box::new(Stopping(Arc::clone(&seen))),
        );
        let mut rules = Registry::built_in();
        let versioned = |version| rule.clone().with_version(version);
        rules
            .register(version.map_or_else(|| rule.clone(), versioned))
            .unwrap();
        let experiment = parsed(&["learning.rule=stopping"], &rules).unwrap();
        let plan = Plan::new(&experiment).unwrap();
        let ended = execute(&experiment, &plan, &scratch.0, &Sources::default(), &watch).unwrap();
        assert!(!ended.complete);
        fs::read_dir(scratch.0.join(CHECKPOINTS)).map_or(0, Iterator::count)
    };
    assert_eq!(checkpoints(Some("1")), 1);
    assert_eq!(checkpoints(None), 0);
}

#[test]
fn a_folder_of_another_version_says_which() {
    let scratch = Scratch::new("custom-folder");
    let one = experiment(Some("1"));
    carried_out(&one, &scratch);
    for (version, said) in [
        (Some("2"), "with version 1, this program's has version 2"),
        (None, "with version 1, this program's has no version"),
    ] {
        let now = experiment(version);
        let plan = Plan::new(&now).unwrap();
        let Belonging::Other(why) = belonging(&now, &plan, &scratch.0).unwrap() else {
            panic!("{version:?}")
        };
        assert!(
            why.contains("learning rule \"flipping\"") && why.contains(said),
            "{why}"
        );
    }
    let plan = Plan::new(&one).unwrap();
    let same = belonging(&one, &plan, &scratch.0).unwrap();
    assert!(matches!(same, Belonging::Same { .. }), "{same:?}");
}

#[test]
fn a_finished_folder_is_read_among_the_same_rules_only() {
    let scratch = Scratch::new("custom-read");
    let one = experiment(Some("1"));
    carried_out(&one, &scratch);
    let plan = Plan::new(&one).unwrap();
    let table = falign::internal::plan::execute::collect(&one, &plan, &scratch.0).unwrap();
    write_tables(&one, &table, &scratch.0, 1.0, None).unwrap();
    let (read, runs) = folder::load(&scratch.0, &rules(Some("1"))).unwrap();
    assert_eq!(read.settings, one.settings);
    assert!(runs[0].iter().all(Option::is_some));
    let error = folder::load(&scratch.0, &Registry::built_in()).unwrap_err();
    assert!(
        error.to_string().contains("learning.rule = \"flipping\""),
        "{error}"
    );
    let error = folder::load(&scratch.0, &rules(Some("2"))).unwrap_err();
    assert!(error.to_string().contains("version 1"), "{error}");
}

#[test]
fn an_audit_names_the_rule_and_asks_of_it_what_it_asks_of_any() {
    let limits = Limits {
        width: 12,
        samples: 20,
    };
    let audits = audit_rules(&experiment(Some("3")), &Sources::default(), limits, None).unwrap();
    let [audit] = &audits[..] else {
        panic!("{audits:?}")
    };
    let custom = audit.rule.custom().unwrap();
    assert_eq!((custom.name(), custom.version()), ("flipping", Some("3")));
    assert!(audit.report.passed(), "{audit:?}");
    let is_made = |name| audit.report.checks.iter().any(|check| check.name == name);
    assert!(is_made("determinism") && is_made("checkpoint"), "{audit:?}");
    // Nothing is promised without a version.
    let audits = audit_rules(&experiment(None), &Sources::default(), limits, None).unwrap();
    let checks = &audits[0].report.checks;
    assert!(
        checks.iter().all(|check| check.name != "checkpoint"),
        "{audits:?}"
    );
}

/// [`Flipping`], whose count no checkpoint sees.
struct Secretive(Flipping<f64>);

impl LearningRule<f64> for Secretive {
    fn teach(
        &mut self,
        layers: &[Layer<f64>],
        trace: &Trace<f64>,
        signals: &mut [Array2<f64>],
        noise: &mut Stream,
    ) {
        self.0.teach(layers, trace, signals, noise);
    }

    fn adapt(&mut self, step: &mut Adaptation<'_, f64>) {
        self.0.adapt(step);
    }

    fn feedback(&self) -> Option<&[Array2<f64>]> {
        self.0.feedback()
    }

    fn feedback_mut(&mut self) -> Option<&mut [Array2<f64>]> {
        self.0.feedback_mut()
    }
}

#[test]
fn an_audit_finds_state_that_no_checkpoint_keeps() {
    let secretive = CustomRule::new(
        "secretive",
        |_| unreachable!("audits are in double precision"),
        |start| Box::new(Secretive(Flipping::new(start))),
    );
    let mut rules = Registry::built_in();
    rules.register(secretive.with_version("1")).unwrap();
    let experiment = parsed(&["learning.rule=secretive"], &rules).unwrap();
    let limits = Limits {
        width: 12,
        samples: 20,
    };
    let audits = audit_rules(&experiment, &Sources::default(), limits, None).unwrap();
    let failed = audits[0].report.checks.iter();
    let failed = failed.filter(|check| check.verdict == Verdict::Failed);
    let failed: Vec<_> = failed
        .map(|check| (check.name, check.note.as_str()))
        .collect();
    assert!(
        matches!(failed[..], [("checkpoint", note)] if note.contains("neither in `feedback` nor in `state`")),
        "{failed:?}"
    );
}

#[test]
fn the_front_door_takes_it() {
    let x = ndarray::Array::from_shape_fn((30, 4), |(i, j)| ((5 * i + 3 * j) as f64).sin());
    let y = x.column(0);
    let rule = rules(Some("1")).get("flipping").unwrap().clone();
    let train = || {
        falign::train(&x, &y)
            .hidden_widths(&[7])
            .activation(Activation::Tanh)
            .step_size(0.01)
            .steps(20)
            .runs(2)
    };
    let run = train().rule(rule).run().unwrap();
    let plain = train().run().unwrap();
    let last = |run: &falign::Run| {
        run.values(falign::measure::Quantity::Loss)
            .unwrap()
            .to_owned()
    };
    assert_ne!(last(&run), last(&plain));
}
