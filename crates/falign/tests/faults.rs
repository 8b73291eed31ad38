//! A panic in one run ends the experiment with an error that says where, and loses nothing that
//! was finished.

use std::sync::Mutex;

use falign::Error;
use falign::internal::config::setting::Setting;
use falign::internal::config::{Experiment, Overrides};
use falign::internal::plan::execute::{execute, result_path};
use falign::internal::plan::{Plan, in_memory};
use falign::internal::rule::LastLayerOnly;
use falign::internal::simulate::sources::Sources;
use falign::internal::simulate::watch::Watch;
use falign::rule::CustomRule;

use crate::support::deep::IMAGES;
use crate::support::experiment::Scratch;

fn one_after_the_other<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    pool.unwrap().install(work)
}

fn set_batch(experiment: &mut Experiment, samples: usize) {
    let Setting::Network(setting) = &mut experiment.settings[1].setting else {
        panic!("a two-layer network");
    };
    setting.deep_mut().batch = Some(samples);
}

/// Two settings, of which the second has a number that no checked experiment has.
fn half_broken() -> Experiment {
    let text = format!("{IMAGES}\n[sweep]\n\"learning.ridge\" = [0, 0.1]\n");
    let mut experiment = Experiment::parse(&text, &Overrides::none()).unwrap();
    set_batch(&mut experiment, 0);
    experiment
}

#[test]
fn a_panic_in_a_job_is_an_error_and_finished_jobs_are_kept() {
    let experiment = half_broken();
    let plan = Plan::new(&experiment).unwrap();
    let scratch = Scratch::new("fault-in-a-job");
    let watch = Watch::default();
    let sources = Sources::default();
    let run = || execute(&experiment, &plan, &scratch.0, &sources, &watch);
    let error = one_after_the_other(run).unwrap_err();
    assert!(matches!(error, Error::Fault { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.starts_with("setting 2 of 2, run 0: "), "{text}");
    assert!(result_path(&scratch.0, &plan.jobs[0]).exists());
    assert!(!result_path(&scratch.0, &plan.jobs[1]).exists());
    // Once mended it goes on with what is there.
    let mut mended = experiment;
    set_batch(&mut mended, 8);
    let plan = Plan::new(&mended).unwrap();
    let watch = Watch::default();
    let execution = execute(&mended, &plan, &scratch.0, &sources, &watch).unwrap();
    assert_eq!((execution.complete, execution.kept), (true, 1));
}

/// A rule that fails in run 1.
fn broken() -> CustomRule {
    CustomRule::new(
        "broken",
        |_| unreachable!("the runs are in double precision"),
        |start| {
            assert!(start.run != 1, "no rule for run {}", start.run);
            Box::new(LastLayerOnly)
        },
    )
}

#[test]
fn a_panic_of_a_rule_of_ones_own_is_an_error_and_finished_runs_came() {
    let overrides = Overrides {
        set: vec!["run.runs=3".to_owned()],
        cases: Vec::new(),
    };
    let experiment = Experiment::parse(IMAGES, &overrides).unwrap();
    let experiment = experiment.taught_by(&broken()).unwrap();
    let finished = Mutex::new(Vec::new());
    let watch = Watch::default();
    let run = || {
        in_memory::run_each(&experiment, &Sources::default(), &watch, &|_, run, _| {
            finished.lock().unwrap().push(run);
        })
    };
    let text = one_after_the_other(run).unwrap_err().to_string();
    assert!(
        text.starts_with("setting 1 of 1, run 1: no rule for run 1; this is a fault"),
        "{text}"
    );
    assert_eq!(*finished.lock().unwrap(), [0], "the others are stopped");
}
