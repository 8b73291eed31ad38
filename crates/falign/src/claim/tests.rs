//! Each kind on synthetic tables: passing, failing, undecidable; and each error of reading.

#![allow(clippy::too_many_lines, reason = "one table of cases")]

use crate::claim::student;
use crate::measure::Quantity;
use std::collections::BTreeMap;

use ndarray::Array2;

use crate::config::claim::*;
use crate::config::{Experiment, Overrides};
use crate::plan::run_table::{RunTable, SettingRuns};
use crate::simulate::Outcome;

const FILE: &str = r#"
name = "test"
[sweep]
"network.width" = [100, 400, 1600]
"learning.ridge" = [0, 0.5]
"#;

fn claim_text(body: &str) -> String {
    format!("{FILE}\n[[claim]]\nid = \"c\"\ntext = \"t\"\nsource = \"s\"\n{body}\n")
}

fn claim(body: &str) -> Claim {
    let experiment = Experiment::parse(&claim_text(body), &Overrides::none()).unwrap();
    experiment.claims[0].clone()
}

fn error(body: &str) -> String {
    Experiment::parse(&claim_text(body), &Overrides::none())
        .unwrap_err()
        .to_string()
}

/// Alignment and loss of every setting by formulas of (width, ridge, run, step).
fn table(runs: usize, value: impl Fn(f64, f64, usize, u64) -> f64) -> RunTable {
    let steps: Vec<u64> = (0..=20).map(|row| row * 50).collect();
    let settings = Experiment::parse(FILE, &Overrides::none())
        .unwrap()
        .settings;
    let settings = settings.into_iter().map(|one| {
        let number = |name: &str| one.column(name).unwrap().parse::<f64>().unwrap();
        let (width, ridge) = (number("width"), number("ridge"));
        let values = Array2::from_shape_fn((runs, steps.len()), |(run, row)| {
            value(width, ridge, run, steps[row])
        });
        SettingRuns {
            columns: one
                .columns()
                .into_iter()
                .map(|(k, v)| (k.to_owned(), v))
                .collect(),
            case: one.case,
            axes: one.axes,
            steps: steps.clone(),
            run_steps: Array2::from_shape_fn((runs, steps.len()), |(_, row)| steps[row]),
            values: BTreeMap::from([
                (Quantity::Alignment, values.clone()),
                (Quantity::Loss, values),
            ]),
            outcomes: vec![Outcome::Finished; runs],
        }
    });
    RunTable {
        settings: settings.collect(),
    }
}

/// A spread over runs that no pairing removes.
fn noise(run: usize) -> f64 {
    [0.3, -0.7, 1.0, -0.2, -0.4][run % 5]
}

fn passes(body: &str, table: &RunTable) -> bool {
    let verdict = claim(body).evaluate(table);
    assert_eq!(verdict.undecidable, None);
    assert_eq!(verdict.passed, verdict.margin >= 0.0, "{verdict:?}");
    verdict.passed
}

fn undecidable(body: &str, table: &RunTable) -> String {
    let verdict = claim(body).evaluate(table);
    assert!(!verdict.passed && verdict.margin.is_nan(), "{verdict:?}");
    verdict.undecidable.unwrap()
}

#[test]
fn between_tests_every_selected_mean() {
    let data = table(5, |width, ridge, run, _| {
        ridge + 0.1 * noise(run) + 1.0 / width
    });
    let body = "quantity = \"alignment\"\nkind = \"between\"\nmax = 0.02\n";
    assert!(passes(&format!("{body}where = {{ ridge = 0 }}"), &data));
    assert!(!passes(body, &data));
    assert!(!passes(
        &format!("{body}where = {{ ridge = [0, 0.5], width = 400 }}"),
        &data
    ));
    let verdict = claim(body).evaluate(&data);
    assert!(
        verdict.measured.contains("width = 100, ridge = 0.5"),
        "{verdict:?}"
    );
    assert!(
        (verdict.margin - (0.02 - 0.51)).abs() < 1e-12,
        "{verdict:?}"
    );
}

#[test]
fn a_range_may_be_one_number() {
    let body = "quantity = \"alignment\"\nkind = \"between\"\nmin = 0.5\nmax = 0.5";
    for (value, margin) in [(0.5, 0.0), (0.625, -0.125), (0.25, -0.25)] {
        let verdict = claim(body).evaluate(&table(5, |_, _, _, _| value));
        assert!((verdict.margin - margin).abs() < 1e-15, "{verdict:?}");
        assert_eq!(verdict.passed, margin >= 0.0, "{value}");
    }
}

#[test]
fn trends_use_the_difference_within_runs() {
    // The spread over runs is far larger than the effect, but the same at both levels.
    let data = table(5, |_, ridge, run, _| {
        10.0 * noise(run) + ridge * (1.0 + 0.1 * noise(run))
    });
    let up = "quantity = \"alignment\"\nkind = \"increasing_in\"\nover = \"ridge\"";
    let down = up.replace("increasing", "decreasing");
    assert!(passes(up, &data));
    assert!(!passes(&down, &data));
    // Not within three standard errors of the runs' spread.
    let weak = table(5, |_, ridge, run, _| ridge * (0.1 + noise(run)));
    assert!(!passes(up, &weak));
    assert!(passes(&format!("{up}\nz = 0.1"), &weak));
    // One flat step between levels is enough to fail.
    let stuck = table(5, |width, _, run, _| width.min(400.0) + 0.01 * noise(run));
    let wide = "quantity = \"alignment\"\nkind = \"increasing_in\"\nover = \"width\"";
    assert!(!passes(wide, &stuck));
    assert!(passes(
        &format!("{wide}\nwhere = {{ width = [100, 400] }}"),
        &stuck
    ));
}

#[test]
fn slopes_are_of_the_rms_over_runs() {
    let data = table(5, |width, _, run, _| noise(run) / width.sqrt());
    let body = "quantity = \"alignment\"\nkind = \"slope\"\nover = \"width\"\n";
    assert!(passes(&format!("{body}min = -0.501\nmax = -0.499"), &data));
    assert!(!passes(&format!("{body}min = -0.4\nmax = 0"), &data));
    let zero = table(5, |_, _, _, _| 0.0);
    assert!(undecidable(&format!("{body}max = 0"), &zero).contains("logarithm"));
}

#[test]
fn geometric_decay_is_a_line_above_the_floor() {
    let decay = table(5, |_, _, run, step| {
        (0.01 * noise(run)).exp() * (-0.05 * step as f64).exp()
    });
    let body = "quantity = \"loss\"\nkind = \"geometric\"\n";
    assert!(passes(
        &format!("{body}min_rate = 0.049\nmax_rate = 0.051"),
        &decay
    ));
    assert!(!passes(&format!("{body}min_rate = 0.06"), &decay));
    assert!(!passes(&format!("{body}max_rate = 0.04"), &decay));
    let floored = table(5, |_, _, _, step| (-0.05 * step as f64).exp().max(1e-12));
    assert!(passes(&format!("{body}floor = 1e-11"), &floored));
    assert!(!passes(body, &floored));
    let power = table(5, |_, _, _, step| 1.0 / (1.0 + step as f64));
    assert!(!passes(body, &power));
    assert!(passes(
        &format!("{body}from_step = 800\nmin_r2 = 0.9"),
        &power
    ));
    assert!(undecidable(&format!("{body}floor = 10"), &power).contains("recorded steps"));
}

#[test]
fn a_plateau_is_flat_and_high_enough() {
    let flat = table(5, |_, _, run, step| {
        2.0 + 0.1 * noise(run) + (-0.05 * step as f64).exp()
    });
    let body = "quantity = \"loss\"\nkind = \"plateau\"\ntolerance = 0.01\n";
    assert!(passes(body, &flat));
    assert!(passes(&format!("{body}min = 1.9"), &flat));
    assert!(!passes(&format!("{body}min = 2.1"), &flat));
    let falling = table(5, |_, _, _, step| (-0.05 * step as f64).exp());
    assert!(!passes(body, &falling));
    // Only the last quarter counts, which begins at step 750.
    let stepped = |first: f64, last: f64| {
        table(
            5,
            move |_, _, _, step| if step < 750 { first } else { last },
        )
    };
    assert!(passes(&format!("{body}min = 1.9"), &stepped(1.0, 2.0)));
    assert!(!passes(&format!("{body}min = 1.9"), &stepped(2.0, 1.0)));
    let late = table(
        5,
        |_, _, _, step| if step < 900 { 2.0 } else { step as f64 },
    );
    assert!(!passes(body, &late));
}

#[test]
fn references_agree_within_combined_standard_errors() {
    let data = table(5, |width, ridge, run, _| {
        ridge + 0.1 * noise(run) + 1.0 / width
    });
    let rows = |mean: f64| {
        format!(
            "quantity = \"alignment\"\nkind = \"near_reference\"\nvalues = [{{ width = 400, ridge = 0.5, mean = {mean}, std = 0.1, runs = 20 }}]"
        )
    };
    assert!(passes(&rows(0.53), &data));
    assert!(!passes(&rows(0.9), &data));
    let path = std::env::temp_dir().join(format!("falign-reference-{}.csv", std::process::id()));
    let from_file = format!(
        "quantity = \"alignment\"\nkind = \"near_reference\"\ntable = '{}'",
        path.display()
    );
    std::fs::write(
        &path,
        "width,ridge,step,mean,std,runs\n400,0.5,1000,0.5,0.1,20\n",
    )
    .unwrap();
    assert!(passes(&from_file, &data));
    std::fs::write(&path, "width,mean,std,runs\n400,0.5,x,20\n").unwrap();
    assert!(undecidable(&from_file, &data).contains("line 2"));
    std::fs::remove_file(&path).unwrap();
    assert!(undecidable(&from_file, &data).contains("falign-reference"));
}

#[test]
fn too_little_to_decide_on_is_a_failure() {
    let body = "quantity = \"alignment\"\nkind = \"between\"\nmax = 9\n";
    let formula = |_: f64, _: f64, run: usize, _: u64| noise(run);
    assert!(undecidable(body, &table(2, formula)).contains("only 2 usable runs"));
    let mut data = table(5, formula);
    data.settings[3].outcomes[1] = Outcome::Diverged { step: 7 };
    assert!(undecidable(body, &data).contains("1 of 5 runs diverged at width = 400, ridge = 0.5"));
    assert!(passes(&format!("{body}allow_divergence = true"), &data));
    data.settings[3].outcomes = vec![Outcome::Diverged { step: 7 }; 5];
    assert!(undecidable(&format!("{body}allow_divergence = true"), &data).contains("only 0"));
    let missing_step = format!("{body}where = {{ step = 7 }}");
    assert!(undecidable(&missing_step, &table(5, formula)).contains("step 7 is not recorded"));
    let nan = table(5, |_, _, _, _| f64::NAN);
    assert!(undecidable(body, &nan).contains("NaN"));
    assert!(undecidable(body, &RunTable::default()).contains("no recorded setting"));
}

#[test]
fn mistakes_name_the_claim_the_key_and_the_mend() {
    let between = "quantity = \"loss\"\nkind = \"between\"\n";
    let reference = "quantity = \"loss\"\nkind = \"near_reference\"\n";
    let row = "{ width = 400, mean = 1, std = 1, runs = 3 }";
    for (body, parts) in [
        (
            "kind = \"between\"\nmax = 1",
            ["claim.c.quantity", "unset", "a string"],
        ),
        (
            "quantity = \"los\"\nkind = \"between\"",
            ["claim.c.quantity", "\"los\"", "`loss`"],
        ),
        (
            "quantity = \"loss\"\nkind = \"betwen\"",
            ["claim.c.kind", "\"betwen\"", "`between`"],
        ),
        (between, ["claim.c.min", "unset", "give min, max or both"]),
        (
            &format!("{between}min = 2\nmax = 1"),
            ["claim.c.min", "2", "above max = 1"],
        ),
        (
            &format!("{between}max = \"1\""),
            ["claim.c.max", "\"1\"", "a number"],
        ),
        (
            &format!("{between}max = 1\nover = \"width\""),
            ["claim.c.over", "width", "\"between\""],
        ),
        (
            &format!("{between}max = 1\nwehre = {{}}"),
            ["claim.c.wehre", "{}", "`where`"],
        ),
        (
            &format!("{between}max = 1\nwhere = {{ widht = 3 }}"),
            ["claim.c.where.widht", "3", "`width`"],
        ),
        (
            &format!("{between}max = 1\nwhere = {{ width = \"x\" }}"),
            ["claim.c.where.width", "x", "10^15"],
        ),
        (
            &format!("{between}max = 1\nwhere = {{ case = \"relu\" }}"),
            ["claim.c.where.case", "relu", "no such case"],
        ),
        (
            &format!("{between}max = 1\nwhere = {{ step = \"lst\" }}"),
            ["claim.c.where.step", "lst", "\"last\""],
        ),
        (
            &format!("{between}max = 1\nwhere = {{ width = 3 }}"),
            ["claim.c", "between", "selects no setting"],
        ),
        (
            "quantity = \"aligned\"\nkind = \"between\"\nmax = 1",
            ["claim.c", "aligned", "run.quantities"],
        ),
        (
            "quantity = \"loss\"\nkind = \"slope\"\nmax = 1",
            ["claim.c.over", "unset", "a string"],
        ),
        (
            "quantity = \"loss\"\nkind = \"slope\"\nover = \"widht\"\nmax = 1",
            ["claim.c.over", "widht", "`width`"],
        ),
        (
            "quantity = \"loss\"\nkind = \"slope\"\nover = \"dropout\"\nmax = 1",
            ["claim.c", "slope", "two levels of dropout"],
        ),
        (
            "quantity = \"loss\"\nkind = \"increasing_in\"\nover = \"width\"\nz = -1",
            ["claim.c.z", "-1", "at least 0"],
        ),
        (
            "quantity = \"loss\"\nkind = \"near_reference\"",
            ["claim.c.table", "unset", "values"],
        ),
        (
            "quantity = \"loss\"\nkind = \"near_reference\"\nvalues = [{ mean = 1 }]",
            ["claim.c.values", "mean = 1", "`std`"],
        ),
        (
            "quantity = \"loss\"\nkind = \"geometric\"\nfrom_step = -1",
            ["claim.c.from_step", "-1", "a step"],
        ),
        (
            &format!("{reference}values = [{row}]\nlevel = 1"),
            ["claim.c.level", "1", "between 0 and 1"],
        ),
        (
            &format!("{reference}values = [{row}]\nlevel = 0.1\nz = 4"),
            ["claim.c.level", "0.1", "remove one"],
        ),
        (
            &format!("{reference}values = [{row}]\nz = -4"),
            ["claim.c.z", "-4", "at least 0"],
        ),
        (
            "quantity = \"loss\"\nkind = \"near_quantity\"\nother = \"aligned\"",
            ["claim.c", "near_quantity", "aligned is not recorded"],
        ),
        (
            "quantity = \"loss\"\nkind = \"slope\"\nmax = 1\nover = \"ridge\"",
            ["claim.c", "slope", "ridge = 0 has no logarithm"],
        ),
    ] {
        let message = error(body);
        for part in parts {
            assert!(
                message.contains(part),
                "{body}\n  gives: {message}\n  without: {part}"
            );
        }
    }
    let twice = format!(
        "{}{}",
        claim_text("quantity = \"loss\"\nkind = \"between\"\nmax = 1"),
        claim_text("quantity = \"loss\"\nkind = \"between\"\nmax = 1").replace(FILE, "")
    );
    let message = Experiment::parse(&twice, &Overrides::none())
        .unwrap_err()
        .to_string();
    assert!(message.contains("unique"), "{message}");
}

#[test]
fn near_quantity_compares_two_quantities_of_the_same_runs() {
    // Alignment is above the loss by 0.1, but in run 2 of the wide networks by 0.4.
    let mut table = table(4, |_, _, run, _| 1.0 + run as f64);
    for setting in &mut table.settings {
        let mut alignment = setting.values[&Quantity::Loss].clone() + 0.1;
        if setting.columns["width"] == "1600" {
            alignment.row_mut(2).mapv_inplace(|a| a + 0.3);
        }
        setting.values.insert(Quantity::Alignment, alignment);
    }
    let near = "quantity = \"alignment\"\nkind = \"near_quantity\"\nother = \"loss\"\n";
    let margin = |rest: &str| claim(&format!("{near}{rest}")).evaluate(&table).margin;
    let is = |margin: f64, expected: f64| (margin - expected).abs() < 1e-12;
    assert!(is(margin("tolerance = 0.2"), 0.2 - 0.175));
    assert!(is(margin("tolerance = 0.2\neach_run = true"), 0.2 - 0.4));
    let narrow = "tolerance = 0.2\neach_run = true\nwhere = { width = [100, 400] }";
    assert!(is(margin(narrow), 0.1));
    let relative = "tolerance = 0.1\nrelative = true";
    assert!(is(margin(relative), 0.1 * 2.5 - 0.175));
    // One of four differences is 0.3 above the others: a standard error of 0.075.
    let wide = "tolerance = 0.1\nz = 2\nwhere = { width = 1600 }";
    assert!(is(margin(wide), 0.1 + 0.15 - 0.175));
    assert!(is(margin("tolerance = 0.2\nfrom_step = 500"), 0.2 - 0.175));
    let wanted = |rest: &str| claim(&format!("{near}{rest}")).evaluate(&table).wanted;
    assert_eq!(
        wanted("tolerance = 0.2"),
        "mean alignment within 0.2 of loss"
    );
    assert_eq!(
        wanted("tolerance = 0.1\nz = 2\nrelative = true"),
        "mean alignment within 0.1 (relative) and 2 standard errors of loss"
    );
    assert_eq!(
        wanted("tolerance = 0.1\neach_run = true\nfrom_step = 50"),
        "alignment within 0.1 of loss, in every run, at every recorded step from 50 on"
    );
    let mut missing = claim(near);
    let Test::NearQuantity { other, .. } = &mut missing.test else {
        unreachable!()
    };
    *other = Quantity::Tau;
    let missing = missing.evaluate(&table);
    assert!(missing.undecidable.unwrap().contains("tau is not recorded"));
    let wrong = error(&near.replace("loss", "los"));
    assert!(
        wrong.contains("claim.c.other") && wrong.contains("`loss`"),
        "{wrong}"
    );
}

#[test]
fn between_can_ask_every_run_and_every_later_step() {
    // The mean over runs is 0 up to rounding; single runs reach 1, and grow from step 500 on.
    let data = table(5, |_, _, run, step| {
        noise(run) * if step >= 500 { 2.0 } else { 1.0 }
    });
    let body = "quantity = \"alignment\"\nkind = \"between\"\nmin = -1.5\nmax = 1.5\n";
    assert!(passes(body, &data));
    assert!(passes(&format!("{body}from_step = 0"), &data));
    assert!(!passes(&format!("{body}each_run = true"), &data));
    let early = format!("{body}each_run = true\nwhere = {{ step = 450 }}");
    assert!(passes(&early, &data));
    let late = claim(&format!("{body}each_run = true\nfrom_step = 400")).evaluate(&data);
    assert!((late.margin + 0.5).abs() < 1e-12, "{late:?}");
    assert!(late.measured.contains("at step 500"), "{late:?}");
    let beyond = undecidable(&format!("{body}from_step = 5000"), &data);
    assert!(beyond.contains("from 5000 on"), "{beyond}");
}

#[test]
fn trends_over_steps_need_the_last_and_those_that_both_levels_have() {
    // Grows with ridge but at step 500.
    let mut data = table(5, |_, ridge, run, step| {
        let sign = if step == 500 { -1.0 } else { 1.0 };
        ridge * (sign + 0.1 * noise(run))
    });
    let body = "quantity = \"alignment\"\nkind = \"increasing_in\"\nover = \"ridge\"\n\
                where = { width = 400 }\nfrom_step = 200";
    assert!(!passes(body, &data));
    let level = |data: &RunTable, ridge: &str| {
        let is_it = |one: &SettingRuns| {
            one.column("width") == Some("400") && one.column("ridge") == Some(ridge)
        };
        data.settings.iter().position(is_it).unwrap()
    };
    let without = |setting: &mut SettingRuns, step: u64| {
        let rows: Vec<usize> = (0..setting.steps.len())
            .filter(|&row| setting.steps[row] != step)
            .collect();
        setting.steps.retain(|&one| one != step);
        for values in setting.values.values_mut() {
            *values = values.select(ndarray::Axis(1), &rows);
        }
    };
    let [low, high] = ["0", "0.5"].map(|ridge| level(&data, ridge));
    for one in [low, high] {
        let mut fewer = data.clone();
        without(&mut fewer.settings[one], 500);
        assert!(passes(body, &fewer));
    }
    without(&mut data.settings[high], 1000);
    let why = undecidable(body, &data);
    assert!(why.contains("step 1000 is not recorded"), "{why}");
}

#[test]
fn near_value_allows_the_tolerance_or_so_many_standard_deviations() {
    // The mean is 1; the standard deviation of the noise is sqrt(0.445).
    let data = table(5, |_, _, run, _| 1.0 + noise(run));
    let spread = 0.445f64.sqrt();
    let near = "quantity = \"alignment\"\nkind = \"near_value\"\nvalue = 1.5\n";
    let margin = |rest: &str| claim(&format!("{near}{rest}")).evaluate(&data).margin;
    let is = |margin: f64, expected: f64| (margin - expected).abs() < 1e-12;
    assert!(is(margin(""), -0.5));
    let measured = claim(near).evaluate(&data).measured;
    assert!(measured.contains("-0.50 from the value"), "{measured}");
    assert!(is(margin("tolerance = 0.4"), -0.1));
    assert!(is(margin("tolerance = 0.6\ndeviations = 0.1"), 0.1));
    assert!(is(
        margin("tolerance = 0.1\ndeviations = 3"),
        3.0 * spread - 0.5
    ));
    let few = table(4, |_, _, run, _| 1.0 + noise(run));
    let too_few = undecidable(&format!("{near}deviations = 3"), &few);
    assert!(too_few.contains("only 4 runs"), "{too_few}");
    assert!(passes(&format!("{near}tolerance = 0.6"), &few));
    let missing = error(&near.replace("value = 1.5", ""));
    assert!(missing.contains("claim.c.value = unset"), "{missing}");
}

/// A claim on `rows` rows of a reference of ten runs: `mean` in the first, agreement in the others.
fn agreement(rows: usize, mean: f64, more: &str) -> String {
    let row = |at: usize| {
        let step = 50 * (at % 20);
        let width = [100, 400, 1600][at / 20];
        let mean = if at == 0 { mean } else { 0.0 };
        format!("{{ width = {width}, step = {step}, mean = {mean}, std = 0.6, runs = 10 }}")
    };
    let rows: Vec<String> = (0..rows).map(row).collect();
    format!(
        "quantity = \"alignment\"\nkind = \"near_reference\"\nwhere = {{ ridge = 0 }}\n{more}\nvalues = [{}]",
        rows.join(", ")
    )
}

#[test]
fn a_level_is_shared_out_over_rows_and_claims() {
    // Means of 0 and a spread of sqrt(0.445) in every row, with 5 and with 40 runs.
    let runs = |runs: usize| table(runs, |_, _, run, _| noise(run));
    let margin = |body: &str, claims| claim(body).evaluate_among(&runs(40), claims).margin;
    // Welch and Satterthwaite, by hand.
    let (ours, theirs) = (0.445f64 * 40.0 / 39.0 * 4.0 / 5.0 / 40.0, 0.36 / 10.0);
    let spread = runs(40).settings[0]
        .at(Quantity::Alignment, 0)
        .unwrap()
        .to_vec();
    let variance = spread.iter().map(|x| x * x).sum::<f64>() / 39.0;
    assert!((variance / 40.0 / ours - 1.0).abs() < 1e-12);
    let degrees = (ours + theirs).powi(2) / (ours * ours / 39.0 + theirs * theirs / 9.0);
    let errors = |mean: f64| mean / (ours + theirs).sqrt();
    for (rows, claims, level) in [(1, 1, 0.01), (28, 1, 0.01), (28, 3, 0.01), (28, 3, 0.2)] {
        let body = agreement(rows, 0.5, &format!("level = {level}"));
        let family = (rows * claims) as f64;
        let wanted = student::quantile(level / family, degrees) - errors(0.5);
        assert!((margin(&body, claims) - wanted).abs() < 1e-9);
    }
    // The default level, and standard errors where they are asked for.
    let at_level = margin(&agreement(3, 0.5, "level = 0.01"), 1);
    assert!((margin(&agreement(3, 0.5, ""), 1) - at_level).abs() < 1e-12);
    assert!((margin(&agreement(3, 0.5, "z = 4"), 7) - (4.0 - errors(0.5))).abs() < 1e-9);
    assert!(claim(&agreement(3, 0.5, "")).has_level());
    assert!(!claim(&agreement(3, 0.5, "z = 4")).has_level());
}

#[test]
fn agreement_of_too_few_runs_is_undecided_and_disagreement_fails() {
    let five = table(5, |_, _, run, _| noise(run));
    let verdict = claim(&agreement(28, 0.0, "")).evaluate(&five);
    let why = verdict.undecidable.as_ref().unwrap();
    assert!(
        why.contains("5 runs") && why.contains("28 comparisons"),
        "{why}"
    );
    assert!(why.contains("runs would do"), "{why}");
    assert!(!verdict.passed && verdict.margin.is_nan(), "{verdict:?}");
    assert_eq!(verdict.name(), "undecided");
    assert!(verdict.measured.contains("standard errors"), "{verdict:?}");
    // As many runs as it says, and some more, decide.
    let number = |why: &str| -> usize {
        let (_, rest) = why.split_once("about ").unwrap();
        rest.split(' ').next().unwrap().parse().unwrap()
    };
    let more = table(5 * number(why).div_ceil(5), |_, _, run, _| noise(run));
    assert_eq!(
        claim(&agreement(28, 0.0, "")).evaluate(&more).name(),
        "passed"
    );
    // A single row needs fewer.
    assert_eq!(
        claim(&agreement(1, 0.0, "")).evaluate(&five).name(),
        "passed"
    );
    // What no chance explains fails, with five runs too.
    let far = claim(&agreement(28, 30.0, "")).evaluate(&five);
    assert_eq!((far.name(), far.margin < 0.0), ("failed", true));
    // Runs without any spread say all there is to say.
    let exact = table(5, |_, _, _, _| 0.0);
    let body = agreement(2, 0.0, "").replace("std = 0.6", "std = 0");
    assert_eq!(claim(&body).evaluate(&exact).name(), "passed");
}

#[test]
fn standard_errors_of_trends_are_those_of_the_mean() {
    // Differences of -1, 0, 1, 2 and 3 between the two levels: mean 1, standard error sqrt(1/2).
    let data = table(5, |_, ridge, run, _| 2.0 * ridge * (run as f64 - 1.0));
    let body = "quantity = \"alignment\"\nkind = \"increasing_in\"\nover = \"ridge\"\nwhere = { width = 100 }";
    let wanted = 2.0f64.sqrt();
    for z in [0.0, 1.0, 3.0] {
        let verdict = claim(&format!("{body}\nz = {z}")).evaluate(&data);
        assert!((verdict.margin - (wanted - z)).abs() < 1e-12, "{verdict:?}");
        assert_eq!(verdict.passed, wanted > z);
    }
}

#[test]
fn a_trend_must_exceed_its_standard_errors_and_a_bound_may_be_met() {
    // Without spread and without difference there are no standard errors: exactly z = 0.
    let flat = table(5, |_, _, _, _| 1.0);
    let up = "quantity = \"alignment\"\nkind = \"increasing_in\"\nover = \"ridge\"\nz = 0";
    let verdict = claim(up).evaluate(&flat);
    assert_eq!(
        (verdict.margin.to_bits(), verdict.passed),
        (0.0f64.to_bits(), false)
    );
    let at_most = "quantity = \"alignment\"\nkind = \"between\"\nmax = 1";
    let verdict = claim(at_most).evaluate(&flat);
    assert_eq!(
        (verdict.margin.to_bits(), verdict.passed),
        (0.0f64.to_bits(), true)
    );
}
