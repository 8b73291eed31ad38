use std::path::Path;

use super::*;
use crate::claim::Verdict;
use crate::config::Overrides;
use crate::file::scratch::Scratch;
use crate::file::sha256;
use crate::plan::execute::{collect, execute};
use crate::plan::run_table::RunTable;
use crate::simulate::sources::Sources;
use crate::simulate::watch::Watch;

/// Two ridge levels, 4 runs of 201 recorded steps.
const RIDGES: &str = r#"
name = "ridges"
[data]
samples = 5
input_dim = 6
[network]
width = 30
[learning]
step_size = 0.01
[run]
seed = 3
runs = 4
runs_per_job = 2
steps = 200
record = { every = 1 }
quantities = ["loss", "alignment", "tau"]
[sweep]
"learning.ridge" = [0, 3]
[[claim]]
id = "rises"
text = "Alignment rises with ridge from step 20 on."
source = "here"
quantity = "alignment"
kind = "increasing_in"
over = "ridge"
from_step = 20
[[claim]]
id = "named_step"
text = "The loss is small at step 37."
source = "here"
quantity = "loss"
kind = "between"
max = 1e3
where = { step = 37 }
"#;

/// A claim that looks at every row of a curve.
const CURVE: &str = r#"
[[claim]]
id = "flat"
text = "Alignment ends on a plateau."
source = "here"
quantity = "alignment"
kind = "plateau"
tolerance = 10
"#;

/// A claim that has alignment kept also where only one ridge level is run.
const ENDS: &str = r#"
[[claim]]
id = "ends"
text = "Alignment ends where a cosine can."
source = "here"
quantity = "alignment"
kind = "between"
max = 1
"#;

fn experiment(text: &str, set: &[&str]) -> (Experiment, Plan) {
    let overrides = Overrides {
        set: set.iter().map(|&set| set.to_owned()).collect(),
        cases: Vec::new(),
    };
    let experiment = Experiment::parse(text, &overrides).unwrap();
    let plan = Plan::new(&experiment).unwrap();
    (experiment, plan)
}

/// A run folder's stored results, and its whole table.
fn run(folder: &Path, (experiment, plan): &(Experiment, Plan)) -> (Stored, RunTable) {
    let (sources, watch) = (Sources::default(), Watch::default());
    execute(experiment, plan, folder, &sources, &watch).unwrap();
    let stored = Stored::of_folder(experiment, plan, folder).unwrap();
    (stored, collect(experiment, plan, folder).unwrap())
}

fn verdicts(experiment: &Experiment, table: &RunTable) -> Vec<(Verdict, u64)> {
    let verdict = |mut verdict: Verdict| {
        let margin = std::mem::take(&mut verdict.margin).to_bits();
        (verdict, margin)
    };
    let claims = experiment.claims.iter();
    claims.map(|claim| verdict(claim.evaluate(table))).collect()
}

/// Text with the checksum of its present lines.
fn sealed(text: &str) -> String {
    let (_, body) = text.split_once('\n').unwrap();
    let sum = sha256(body.as_bytes());
    format!("# falign stored results 2 {sum} (SHA-256 of the lines below)\n{body}")
}

#[test]
fn claims_have_the_verdict_and_margin_of_whole_curves_on_the_kept_steps() {
    for (more, rows) in [("", 30..36), (CURVE, 201..202)] {
        let folder = Scratch::new(&format!("stored-claims-{}", more.len()));
        let planned = experiment(&format!("{RIDGES}{more}"), &[]);
        let (stored, whole) = run(folder.path(), &planned);
        let (experiment, plan) = planned;
        let nowhere = Path::new("no folder");
        let table = stored.table(&experiment, &plan, nowhere).unwrap();
        assert_eq!(verdicts(&experiment, &table), verdicts(&experiment, &whole));
        let steps = &table.settings[0].steps;
        assert!(rows.contains(&steps.len()), "{}", steps.len());
        for step in [0, 37, 200] {
            assert!(steps.contains(&step), "{step}");
        }
        assert!(stored.missing(&experiment, &plan).jobs.is_empty());
        assert_eq!(stored.steps(&plan), Some((steps.len(), 201)));
        // No claim and no figure is about tau.
        let kept: Vec<Quantity> = table.settings[0].values.keys().copied().collect();
        assert_eq!(kept, [Quantity::Loss, Quantity::Alignment]);
        for (few, all) in table.settings.iter().zip(&whole.settings) {
            for (at, step) in few.steps.iter().enumerate() {
                let row = all.steps.binary_search(step).unwrap();
                let bits = |x: Option<ndarray::ArrayView1<f64>>| -> Vec<u64> {
                    x.unwrap().iter().map(|x| x.to_bits()).collect()
                };
                let pair = [few.at(Quantity::Loss, at), all.at(Quantity::Loss, row)];
                let [few, all] = pair.map(bits);
                assert_eq!(few, all, "step {step}");
            }
        }
    }
}

#[test]
fn numbers_and_outcomes_come_back_bit_for_bit() {
    let values = [
        -0.0,
        0.1 + 0.2,
        f64::MIN_POSITIVE / 8.0,
        f64::INFINITY,
        1e300,
    ];
    let outcomes = [
        Outcome::Finished,
        Outcome::Converged { step: 7 },
        Outcome::Stalled { step: 3 },
        Outcome::Diverged { step: 1 },
    ];
    let run = |(number, outcome): (usize, &Outcome)| {
        let row = |row: usize| StoredRow {
            row,
            step: row as u64 * 10,
            values: [(Quantity::Loss, values[row])].into_iter().collect(),
        };
        let mut rows: Vec<StoredRow> = (0..values.len()).map(row).collect();
        rows[2].values.clear();
        let key = ("0123456789abcdef".to_owned(), number as u64);
        let run = StoredRun {
            labels: [("case".to_owned(), format!("a, \"{number}\""))]
                .into_iter()
                .collect(),
            outcome: *outcome,
            recorded: 9,
            rows,
        };
        (key, run)
    };
    let stored = Stored {
        experiment: "x".to_owned(),
        program: "falign 9".to_owned(),
        versions: [(EngineFamily::MiniBatch, 4)].into_iter().collect(),
        columns: ["case", "width"].map(str::to_owned).to_vec(),
        runs: outcomes.iter().enumerate().map(run).collect(),
    };
    let text = stored.to_text();
    let again = Stored::parse(&text, Path::new("a")).unwrap();
    assert_eq!(again, stored);
    let bits = |stored: &Stored| -> Vec<u64> {
        let rows = stored.runs.values().flat_map(|run| &run.rows);
        rows.flat_map(|row| row.values.values().map(|x| x.to_bits()))
            .collect()
    };
    assert_eq!(bits(&again), bits(&stored));
    assert_eq!(again.to_text(), text);
    assert_eq!(
        Stored::parse(&text.replace('\n', "\r\n"), Path::new("a")).unwrap(),
        stored
    );
    assert_eq!(again.origin(), "falign 9, numerics version 4");
}

#[test]
fn other_settings_and_more_runs_are_missing() {
    let folder = Scratch::new("stored-missing");
    let planned = experiment(RIDGES, &[]);
    let (stored, _) = run(folder.path(), &planned);
    let missing = |set: &[&str]| {
        let (experiment, plan) = experiment(RIDGES, set);
        (
            stored.missing(&experiment, &plan).jobs.len(),
            plan.jobs.len(),
        )
    };
    assert_eq!(missing(&[]), (0, 4));
    assert_eq!(missing(&["run.seed=4"]), (4, 4));
    assert_eq!(missing(&["learning.ridge=[0, 4]"]), (2, 4));
    assert_eq!(missing(&["run.runs=6"]), (2, 6));
    assert_eq!(missing(&["run.runs=2"]), (0, 2));
}

#[test]
fn runs_that_are_not_stored_come_from_the_folder_at_the_stored_steps() {
    let [few, many] = ["few", "many"].map(|name| Scratch::new(&format!("stored-{name}")));
    let (stored, _) = run(few.path(), &experiment(RIDGES, &["run.runs=2"]));
    let planned = experiment(RIDGES, &[]);
    let (_, whole) = run(many.path(), &planned);
    let (experiment, plan) = planned;
    let table = stored.table(&experiment, &plan, many.path()).unwrap();
    for (few, all) in table.settings.iter().zip(&whole.settings) {
        assert!((30..36).contains(&few.steps.len()));
        assert_eq!(few.runs(), 4);
        let last = |one: &crate::plan::run_table::SettingRuns| {
            let at = one.at(Quantity::Alignment, one.steps.len() - 1);
            at.unwrap().to_vec()
        };
        assert_eq!(last(few), last(all));
    }
    let error = stored.table(&experiment, &plan, Path::new("no folder"));
    assert!(matches!(error, Err(Error::Io { .. })), "{error:?}");
}

#[test]
fn a_claim_about_one_setting_needs_no_rows_of_another() {
    let [all, low, high] =
        ["all", "low", "high"].map(|name| Scratch::new(&format!("stored-own-{name}")));
    let text = RIDGES.replace("where = { step = 37 }", "where = { ridge = 0, step = 37 }") + ENDS;
    // Stored by separate commands: the second has no claim that names a step.
    let (mut stored, _) = run(low.path(), &experiment(&text, &["learning.ridge=[0]"]));
    let (newer, _) = run(high.path(), &experiment(&text, &["learning.ridge=[3]"]));
    stored.absorb(newer, Path::new("x")).unwrap();
    let (_, whole) = run(all.path(), &experiment(&text, &[]));
    let (experiment, plan) = experiment(&text, &[]);
    let table = stored
        .table(&experiment, &plan, Path::new("no folder"))
        .unwrap();
    let has = table.settings.iter().map(|one| one.steps.contains(&37));
    assert_eq!(has.collect::<Vec<_>>(), [true, false]);
    let [few, all] = [&table, &whole].map(|table| verdicts(&experiment, table));
    let at = experiment
        .claims
        .iter()
        .position(|claim| claim.id == "named_step");
    assert_eq!(few[at.unwrap()], all[at.unwrap()]);
    // The two are compared where both have a step.
    for (few, all) in few.iter().zip(&all) {
        assert_eq!(few.0.undecidable, None);
        assert_eq!(few.0.passed, all.0.passed);
    }
}

#[test]
fn settings_of_which_nothing_is_stored_keep_their_whole_curves() {
    let [one, both] = ["one", "both"].map(|name| Scratch::new(&format!("stored-whole-{name}")));
    let text = format!("{RIDGES}{ENDS}");
    let (stored, _) = run(one.path(), &experiment(&text, &["learning.ridge=[0]"]));
    let planned = experiment(&text, &[]);
    let (_, whole) = run(both.path(), &planned);
    let (experiment, plan) = planned;
    let table = stored.table(&experiment, &plan, both.path()).unwrap();
    let [few, all] = [0, 1].map(|at| table.settings[at].steps.len());
    assert!((30..36).contains(&few), "{few}");
    assert_eq!(all, 201);
    let [few, all] = [&table, &whole].map(|table| verdicts(&experiment, table));
    for (few, all) in few.iter().zip(&all) {
        assert_eq!(few.0.undecidable, None);
        assert_eq!(few.0.passed, all.0.passed);
    }
}

#[test]
fn results_of_another_numerics_version_are_not_taken() {
    let folder = Scratch::new("stored-version");
    let planned = experiment(RIDGES, &[]);
    let (stored, _) = run(folder.path(), &planned);
    let ours = EngineFamily::TwoLayer.numerics_version();
    let text = stored.to_text().replace(
        &format!("numerics_version: two_layer {ours}"),
        "numerics_version: two_layer 99",
    );
    let other = Stored::parse(&sealed(&text), Path::new("a")).unwrap();
    let (experiment, plan) = planned;
    assert_eq!(other.missing(&experiment, &plan), plan);
    let why = other.other_version(&experiment).unwrap();
    assert!(why.contains("version 99 (two_layer)"), "{why}");
    assert_eq!(stored.other_version(&experiment), None);
    let mut known = other;
    let error = known.absorb(stored, Path::new("a.csv")).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("a.csv: has results of numerics version 99")
    );
}

#[test]
fn results_of_several_folders_become_one_file() {
    let [a, b, c] = ["a", "b", "c"].map(|name| Scratch::new(&format!("stored-merge-{name}")));
    let (mut stored, _) = run(
        a.path(),
        &experiment(RIDGES, &["learning.ridge=[0, 3]", "run.runs=2"]),
    );
    let (newer, _) = run(b.path(), &experiment(RIDGES, &[]));
    stored.absorb(newer, Path::new("x")).unwrap();
    assert_eq!(stored.jobs(), 4);
    let (experiment, plan) = experiment(RIDGES, &[]);
    assert!(stored.missing(&experiment, &plan).jobs.is_empty());
    let named = RIDGES.replace("\"ridges\"", "\"other\"");
    let (foreign, _) = run(c.path(), &self::experiment(&named, &["run.runs=2"]));
    let error = stored.absorb(foreign, Path::new("x.csv")).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("results of ridges, not of other"),
        "{error}"
    );
}

#[test]
fn every_damage_is_detected() {
    let folder = Scratch::new("stored-damage");
    let sets = ["run.runs=2", "run.steps=3", "learning.ridge=[0, 3]"];
    let text = RIDGES
        .split("[[claim]]\nid = \"named_step\"")
        .next()
        .unwrap();
    let text = text.replace("from_step = 20", "from_step = 2");
    let (stored, _) = run(folder.path(), &experiment(&text, &sets));
    let text = stored.to_text();
    let refused = |text: &str| {
        let error = Stored::parse(text, Path::new("a.csv")).unwrap_err();
        assert!(matches!(error, Error::Record { .. }), "{error}");
        error.to_string()
    };
    for end in 0..text.len() {
        refused(&text[..end]);
    }
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1;
        refused(&String::from_utf8(bytes).unwrap());
    }
    assert!(refused(&text[..text.len() - 1]).contains("a.csv: truncated or altered"));
    assert!(refused("case,step\n").contains("no file of stored results"));
    // A sealed file that says what cannot be.
    for (from, to, says) in [
        (",finished,", ",lost,", "no outcome `lost`"),
        ("two_layer ", "two_players ", "no engine family"),
        (",alignment", ",attitude", "no quantity `attitude`"),
        ("job,row", "row,job", "expected the columns job,row"),
        (",run,step", ",step,run", "expected the columns run,step"),
        (",0,4,", ",7,4,", "row 7 of 4"),
    ] {
        assert!(text.contains(from), "{from}");
        let why = refused(&sealed(&text.replace(from, to)));
        assert!(why.contains(says) && why.contains("line "), "{why}");
    }
}

/// Runs of one setting that differ in their number of steps, and in that of their records.
const HORIZONS: &str = r#"
name = "horizons"
[data]
samples = 5
input_dim = 6
dataset = "per_run"
[network]
width = 30
[learning]
step_size = "auto"
[run]
seed = 3
runs = 4
runs_per_job = 2
steps = { tau = 30 }
record = { every = 3 }
quantities = ["loss", "alignment"]
[[claim]]
id = "ends"
text = "The loss ends small."
source = "here"
quantity = "loss"
kind = "between"
max = 1e3
[[claim]]
id = "two"
text = "The loss is near the alignment."
source = "here"
quantity = "loss"
kind = "near_quantity"
other = "alignment"
tolerance = 1e3
"#;

#[test]
fn runs_that_differ_in_length_end_side_by_side() {
    let [whole, part] = ["whole", "part"].map(|name| Scratch::new(&format!("stored-ends-{name}")));
    let planned = experiment(HORIZONS, &[]);
    let (stored, all) = run(whole.path(), &planned);
    let ends = |table: &RunTable| {
        let one = &table.settings[0];
        let last = one.run_steps.column(one.run_steps.ncols() - 1).to_vec();
        let loss = one.at(Quantity::Loss, one.steps.len() - 1).unwrap();
        (last, loss.iter().map(|x| x.to_bits()).collect::<Vec<u64>>())
    };
    let (lengths, _) = ends(&all);
    assert!(all.settings[0].has_own_steps());
    let jobs = result_files(&planned, whole.path());
    let own: Vec<u64> = jobs
        .iter()
        .map(|run| *run.rows.steps.last().unwrap())
        .collect();
    assert_eq!(lengths, own);
    let (experiment, plan) = &planned;
    let kept = stored
        .table(experiment, plan, Path::new("no folder"))
        .unwrap();
    assert_eq!(ends(&kept), ends(&all));
    assert_eq!(verdicts(experiment, &kept), verdicts(experiment, &all));
    // Two stored runs along with two from a folder.
    let (few, _) = run(part.path(), &self::experiment(HORIZONS, &["run.runs=2"]));
    let mixed = few.table(experiment, plan, whole.path()).unwrap();
    assert_eq!(ends(&mixed), ends(&all));
}

fn result_files(
    (experiment, plan): &(Experiment, Plan),
    folder: &Path,
) -> Vec<crate::simulate::RunResult> {
    let read = |job| result_file::read(experiment, job, &result_file::result_path(folder, job));
    plan.jobs
        .iter()
        .flat_map(|job| read(job).unwrap())
        .collect()
}
