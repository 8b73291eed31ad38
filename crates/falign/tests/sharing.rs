//! Threads without a job of their own take single runs of the others' jobs.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use falign::internal::config::{Experiment, Overrides};
use falign::internal::plan::execute::{execute, result_path};
use falign::internal::plan::{Plan, in_memory};
use falign::internal::rule::LastLayerOnly;
use falign::internal::simulate::sources::Sources;
use falign::internal::simulate::watch::Watch;
use falign::rule::CustomRule;

use crate::support::deep::IMAGES;
use crate::support::experiment::Scratch;

/// Longer than any thread waits for another.
const LIMIT: Duration = Duration::from_mins(1);

/// Runs that have begun, and whoever waits for more.
#[derive(Default)]
struct Begun(Mutex<Vec<u64>>, Condvar);

impl Begun {
    /// Begins a run, which waits until so many have.
    fn meet(&self, run: u64, count: usize) {
        let mut begun = self.0.lock().unwrap();
        begun.push(run);
        self.1.notify_all();
        let (begun, waited) = self
            .1
            .wait_timeout_while(begun, LIMIT, |begun| begun.len() < count)
            .unwrap();
        // Not in a panic, which would poison it for the others.
        let is_alone = waited.timed_out();
        drop(begun);
        assert!(!is_alone, "run {run} waits in vain for another");
    }
}

/// One setting with five runs, one job, and a rule of which no run goes on before a second has begun.
fn experiment() -> (Experiment, Arc<Begun>) {
    let overrides = Overrides {
        set: vec!["run.runs=5".to_owned(), "run.save_weights=none".to_owned()],
        cases: Vec::new(),
    };
    let begun = Arc::new(Begun::default());
    let own = Arc::clone(&begun);
    let rule = CustomRule::new(
        "sociable",
        |_| unreachable!("the runs are in double precision"),
        move |start| {
            own.meet(start.run, 2);
            Box::new(LastLayerOnly)
        },
    );
    let experiment = Experiment::parse(IMAGES, &overrides).unwrap();
    (experiment.taught_by(&rule).unwrap(), begun)
}

fn on_two_threads<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build();
    pool.unwrap().install(work)
}

#[test]
fn runs_of_one_job_go_on_side_by_side_and_their_result_is_stored_once() {
    let (experiment, begun) = experiment();
    let plan = Plan::new(&experiment).unwrap();
    assert_eq!(plan.jobs.len(), 1);
    let scratch = Scratch::new("sharing");
    let watch = Watch::default();
    let ended = on_two_threads(|| {
        let sources = Sources::default();
        execute(&experiment, &plan, &scratch.0, &sources, &watch).unwrap()
    });
    assert!(ended.complete && result_path(&scratch.0, &plan.jobs[0]).exists());
    assert_eq!(watch.jobs_done.into_inner(), 1);
    let (done, total) = (watch.done.into_inner(), watch.total.into_inner());
    assert!(done.abs_diff(total) < 100, "{done} of {total}");
    let mut begun = begun.0.lock().unwrap().clone();
    begun.sort_unstable();
    assert_eq!(begun, [0, 1, 2, 3, 4]);
}

#[test]
fn in_memory_they_do_too() {
    let (experiment, _) = experiment();
    let watch = Watch::default();
    let runs = on_two_threads(|| in_memory::run(&experiment, &Sources::default(), &watch));
    assert!(runs.unwrap()[0].iter().all(Option::is_some));
}
