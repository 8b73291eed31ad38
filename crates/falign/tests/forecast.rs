//! The alignment that certificates foretell, against runs.

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use falign::Error;
use falign::internal::config::{Experiment, Overrides};
use falign::internal::plan::in_memory;
use falign::internal::simulate::RunResult;
use falign::internal::simulate::sources::Sources;
use falign::internal::simulate::watch::Watch;
use falign::internal::stage::Stage;
use falign::internal::study::certificate::{Question, SettingCertificate, certify_settings};
use falign::internal::study::lemmas::lemma_tables;
use falign::internal::study::spectra::kernel_spectra;
use falign::internal::theory::certificate::{Met, Verdict};

/// Inputs of N(0, I/d) that all runs share, far from isometric; a cutoff too early, and one that is not.
const GAUSSIAN: &str = "name = \"gaussian\"\n[data]\nsamples = 16\ninput_dim = 32\ninputs = \"normal_over_dim\"\n\
    targets = \"signs\"\ndataset = \"shared\"\n[network]\nactivation = \"linear\"\n\
    [learning]\nstep_size = \"auto\"\nridge = { gamma = 3 }\nschedule = \"cutoff\"\n\
    [run]\nsteps = { tau = 2 }\nruns = 20\nrecord = \"last\"\nquantities = [\"alignment\", \"output_norm\"]\nseed = 8\n\
    [sweep]\n\"network.width\" = [160, 1600, 16000]\n\"learning.cutoff\" = [{ c_s = 4 }, { c_s = 60 }]\n";

fn experiment(text: &str) -> Experiment {
    Experiment::parse(text, &Overrides::none()).unwrap()
}

fn certificates(experiment: &Experiment, question: Question<'_>) -> Vec<SettingCertificate> {
    certify_settings(experiment, &Sources::default(), question).unwrap()
}

fn every() -> Question<'static> {
    Question {
        every_setting: true,
        ..Question::default()
    }
}

fn value(one: &SettingCertificate, key: &str) -> f64 {
    let found = one.certificate.value(key);
    found.unwrap_or_else(|| panic!("no {key}: {}", one.page(100)))
}

/// Mean and standard error of the last alignment of each setting's runs.
fn measured(experiment: &Experiment) -> Vec<[f64; 2]> {
    let runs = in_memory::run(experiment, &Sources::default(), &Watch::default()).unwrap();
    let of_setting = |runs: &Vec<Option<RunResult>>| {
        let last = runs.iter().map(|run| {
            let values = &run.as_ref().unwrap().rows.values;
            values[values.len() - 1][0]
        });
        let last: Vec<f64> = last.collect();
        let count = last.len() as f64;
        let mean = last.iter().sum::<f64>() / count;
        let squares: f64 = last.iter().map(|x| (x - mean) * (x - mean)).sum();
        [mean, (squares / (count * (count - 1.0))).sqrt()]
    };
    runs.iter().map(of_setting).collect()
}

/// |predicted - measured| in units of their standard errors together.
fn distance(one: &SettingCertificate, [mean, error]: [f64; 2]) -> f64 {
    let predicted = value(one, "predicted_alignment");
    let own = value(one, "predicted_alignment_error");
    (predicted - mean).abs() / error.hypot(own)
}

#[test]
fn alignment_is_foretold_within_three_standard_errors() {
    let experiment = experiment(GAUSSIAN);
    let found = certificates(&experiment, every());
    assert_eq!(found.len(), 6);
    for (one, measured) in found.iter().zip(measured(&experiment)) {
        let summary = &one.certificate.summary;
        assert!(
            distance(one, measured) < 3.0,
            "{measured:?}: {}",
            one.page(100)
        );
        let page = one.page(100);
        assert!(summary.starts_with(page.lines().next().unwrap()), "{page}");
        // What is left of beta(0) separates them.
        let [mean, _] = measured;
        let is_left = summary.starts_with("Most of beta is still beta(0)");
        assert_eq!(is_left, mean < 0.2, "{mean}: {summary}");
        let share = value(one, "initial_share");
        assert_eq!(is_left, share > 0.75, "{share}: {summary}");
        // c_S is not 1 and eps not small: nothing is said to be met.
        let theorem = one.certificate.statement("theorem_4_6").unwrap();
        assert_eq!(theorem.verdict(), Verdict::Open);
        assert!(
            theorem
                .conditions
                .iter()
                .any(|c| c.key == "isometry" && c.met == Met::Open)
        );
        let line = page
            .lines()
            .find(|line| line.starts_with("  Theorem 4.6: "));
        assert!(line.unwrap().contains("open"), "{page}");
    }
}

#[test]
fn the_cutoff_that_is_named_gives_the_wanted_alignment() {
    let text = GAUSSIAN.replace("[160, 1600, 16000]", "[1600]");
    let text = text.replace("[{ c_s = 4 }, { c_s = 60 }]", "[{ c_s = 4 }]");
    let wanted = 0.3;
    let question = Question {
        alignment: Some(wanted),
        ..Question::default()
    };
    let one = certificates(&experiment(&text), question).remove(0);
    assert!((value(&one, "cutoff_in_force") - 4.0).abs() < 0.05);
    let needed = value(&one, "cutoff_needed");
    assert!(needed > 4.0);
    for (share, reaches) in [(0.9, false), (1.001, true)] {
        let text = text.replace("{ c_s = 4 }", &format!("{{ c_s = {} }}", needed * share));
        let again = certificates(&experiment(&text), question).remove(0);
        let predicted = value(&again, "predicted_alignment");
        assert_eq!(
            predicted >= wanted,
            reaches,
            "{needed} {share}: {predicted}"
        );
    }
    // Beyond what the whole run gives there is none.
    let question = Question {
        alignment: Some(0.999),
        ..Question::default()
    };
    let one = certificates(&experiment(&text), question).remove(0);
    assert_eq!(one.certificate.value("cutoff_needed"), None);
    assert!(
        one.page(100).contains("no c_S within the run is enough"),
        "{}",
        one.page(100)
    );
    for wrong in [0.0, 1.0, -0.2, f64::NAN] {
        let question = Question {
            alignment: Some(wrong),
            ..Question::default()
        };
        let error = certify_settings(&experiment(&text), &Sources::default(), question);
        assert!(error.unwrap_err().to_string().contains("between 0 and 1"));
    }
}

/// Runs differ in their data, and in step sizes and cutoffs with them; feedback may be correlated,
/// outputs scaled and centred, and several.
#[test]
fn other_linear_networks_are_foretold_too() {
    for keys in [
        "samples = 6\ninput_dim = 20\n[learning]\nridge = { gamma = 3 }\nschedule = \"exponential\"\n\
         decay_steps = { c_s = 10 }\nstep_size = \"auto\"\n",
        "samples = 6\ninput_dim = 20\noutputs = 2\n[learning]\nridge = 1\nfeedback_correlation = 0.5\n\
         step_size = 0.05\n",
        "samples = 6\ninput_dim = 20\n[learning]\nridge = 0.5\nrule = \"kolen_pollack\"\nstep_size = 0.01\n",
        "samples = 9\ninput_dim = 5\n[learning]\nridge_form = \"per_step\"\nridge = 0.02\nstep_size = 0.01\n",
    ] {
        let text = format!(
            "name = \"other\"\n[data]\ninputs = \"normal_over_dim\"\n{keys}[network]\nactivation = \"linear\"\nwidth = 200\noutput_scale = 1.5\n\
             [run]\nsteps = 150\nruns = 30\nrecord = \"last\"\nquantities = [\"alignment\"]\n"
        );
        let experiment = experiment(&text);
        let one = certificates(&experiment, Question::default()).remove(0);
        let measured = measured(&experiment)[0];
        assert!(
            distance(&one, measured) < 3.5,
            "{measured:?}: {}",
            one.page(100)
        );
    }
}

#[test]
fn draws_are_seeded_and_can_be_stopped() {
    let text = GAUSSIAN.replace("[160, 1600, 16000]", "[160]");
    let (first, again) = (experiment(&text), experiment(&text));
    assert_eq!(certificates(&first, every()), certificates(&again, every()));
    let other = experiment(&text.replace("seed = 8", "seed = 9"));
    let drawn = |experiment| value(&certificates(experiment, every())[0], "predicted_alignment");
    assert_ne!(drawn(&first).to_bits(), drawn(&other).to_bits());
    let watch = Watch::default();
    watch.stop.store(true, Ordering::Relaxed);
    let question = Question {
        watch: Some(&watch),
        ..Question::default()
    };
    let stopped = certify_settings(&first, &Sources::default(), question);
    assert!(matches!(stopped, Err(Error::Stopped)), "{stopped:?}");
    assert_eq!(watch.preparing(), None);
}

/// Stops `work` as soon as it is at a stage that `is_it`; what it was at.
fn stopped_at<T: std::fmt::Debug>(
    is_it: fn(Stage) -> bool,
    work: impl FnOnce(&Watch) -> falign::Result<T>,
) -> Stage {
    let found = Arc::new(OnceLock::new());
    let watch = Watch::with_notice({
        let found = Arc::clone(&found);
        move |stage| !(is_it(stage) && found.set(stage).is_ok())
    });
    let stopped = work(&watch);
    assert!(matches!(stopped, Err(Error::Stopped)), "{stopped:?}");
    assert_eq!(watch.preparing(), None);
    *found.get().expect("a stage stopped it")
}

#[test]
fn a_forecast_ends_in_the_midst_of_its_draws() {
    let text = GAUSSIAN
        .replace("[160, 1600, 16000]", "[160000]")
        .replace("[{ c_s = 4 }, { c_s = 60 }]", "[{ c_s = 60 }]");
    let experiment = experiment(&text);
    let stage = stopped_at(
        |stage| matches!(stage, Stage::Forecast { share } if share > 0.0),
        |watch| {
            let question = Question {
                watch: Some(watch),
                ..Question::default()
            };
            certify_settings(&experiment, &Sources::default(), question)
        },
    );
    assert!(
        matches!(stage, Stage::Forecast { share } if share < 1.0),
        "{stage:?}"
    );
}

#[test]
fn spectra_and_inequalities_end_when_they_are_stopped() {
    let text = "name = \"long\"\n[data]\nsamples = 40\ninput_dim = 60\ntargets = \"signs\"\n\
        [network]\nactivation = \"tanh\"\nwidth = 400000\n[learning]\nstep_size = 0.1\n[run]\nsteps = 200\n";
    let experiment = experiment(text);
    let sources = Sources::default();
    let is_kernel = |stage| matches!(stage, Stage::Kernel { share, .. } if share > 0.0);
    stopped_at(is_kernel, |watch| {
        kernel_spectra(&experiment, &sources, None, Some(watch))
    });
    let is_lemma = |stage| matches!(stage, Stage::Lemmas { share } if share > 0.0);
    stopped_at(is_lemma, |watch| {
        lemma_tables(&experiment, &sources, Some(watch))
    });
}

/// The last alignment of a nonlinear network under ridge, and the slow-time limit.
#[test]
fn limits_are_named_where_they_apply() {
    let text = |keys: &str| {
        format!(
            "name = \"limits\"\n[data]\nsamples = 5\ninput_dim = 20\ninputs = \"normal_over_dim\"\n[network]\nactivation = \"relu\"\nwidth = 4000\n\
             [learning]\nstep_size = 0.2\n{keys}[run]\nsteps = 1500\nruns = 1\nrecord = \"last\"\nquantities = [\"alignment\"]\n"
        )
    };
    let with_ridge = experiment(&text("ridge = 0.5\n"));
    let one = certificates(&with_ridge, Question::default()).remove(0);
    let [alignment, _] = measured(&with_ridge)[0];
    let predicted = value(&one, "predicted_alignment");
    // One run of 4000 units is within some 0.02 of the limit.
    assert!(
        (predicted - alignment).abs() < 0.05,
        "{predicted} {alignment}"
    );
    assert!(one.page(100).contains("slow-time limit"));
    for (keys, words) in [
        ("", "lazy limit"),
        ("ridge = 0.0001\n", "has not taken beta(0) away"),
        (
            "rule = \"kolen_pollack\"\nridge = 0.5\n",
            "feedback weights that learn",
        ),
        ("rule = \"backpropagation\"\n", "beta itself"),
    ] {
        let page = certificates(&experiment(&text(keys)), Question::default())[0].page(100);
        let flat = page.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(words), "{words}: {page}");
    }
    let narrow = experiment(&text("").replace("width = 4000", "width = 40"));
    let page = certificates(&narrow, Question::default())[0].page(100);
    assert!(page.contains("no limit applies"), "{page}");
}

/// A cutoff keeps its ridge to the end of a run that is over before.
#[test]
fn what_comes_after_the_run_does_not_count() {
    let text = "name = \"short\"\n[data]\nsamples = 4\ninput_dim = 9\n[network]\nactivation = \"linear\"\nwidth = 100\n\
                [learning]\nstep_size = 0.1\nridge = 2\nschedule = \"cutoff\"\ncutoff = 500\n[run]\nsteps = 30\n";
    let one = certificates(&experiment(text), Question::default()).remove(0);
    let decay = -30.0 * 0.8f64.ln();
    assert!((value(&one, "initial_decay") / decay - 1.0).abs() < 1e-12);
}
