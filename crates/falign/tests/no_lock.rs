//! Where a file system has no locks, two programs on one folder do the same work twice and no harm.

use std::fs;

use falign::internal::config::{Experiment, Overrides};
use falign::internal::plan::Plan;
use falign::internal::plan::execute::{Writing, execute_with, result_path};
use falign::internal::simulate::sources::Sources;
use falign::internal::simulate::watch::Watch;

use crate::support::deep::IMAGES;
use crate::support::experiment::Scratch;

#[test]
fn two_programs_in_one_folder_end_well_and_in_the_same_bytes() {
    let overrides = Overrides {
        set: vec!["run.runs=6".to_owned(), "run.runs_per_job=1".to_owned()],
        cases: Vec::new(),
    };
    let experiment = Experiment::parse(IMAGES, &overrides).unwrap();
    let plan = Plan::new(&experiment).unwrap();
    let scratch = Scratch::new("no-lock");
    let run = |folder: &str| {
        let writing = Writing {
            mix: false,
            is_alone: false,
        };
        let (folder, sources) = (scratch.0.join(folder), Sources::default());
        let watch = Watch::default();
        execute_with(&experiment, &plan, &folder, &sources, &watch, writing)
    };
    run("expected").unwrap();
    for attempt in 0..10 {
        let name = format!("shared{attempt}");
        let folder = scratch.0.join(&name);
        // What a kill left, and what another program is writing: the second is not touched.
        fs::create_dir_all(folder.join("checkpoints")).unwrap();
        let half = folder.join("checkpoints").join(".a.safetensors.1-2.part");
        fs::write(&half, "half").unwrap();
        let left = format!("{}-run0000.safetensors", plan.jobs[0].id);
        fs::write(folder.join("checkpoints").join(left), "old").unwrap();
        std::thread::scope(|scope| {
            let programs: Vec<_> = (0..3).map(|_| scope.spawn(|| run(&name))).collect();
            for program in programs {
                let execution = program.join().unwrap().unwrap();
                assert!(execution.complete);
                assert!(execution.left.is_none(), "{:?}", execution.left);
            }
        });
        for job in &plan.jobs {
            let bytes = |folder: &str| fs::read(result_path(&scratch.0.join(folder), job));
            assert!(
                bytes(&name).unwrap() == bytes("expected").unwrap(),
                "{job:?}"
            );
        }
        let names: Vec<_> = fs::read_dir(folder.join("checkpoints")).unwrap().collect();
        assert_eq!(names.len(), 1, "{names:?}");
        assert_eq!(fs::read_to_string(half).unwrap(), "half");
    }
}
