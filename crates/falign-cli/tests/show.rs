//! `show` and `diff`: tables of run folders, finished or not, in a terminal and for other programs.

use serde_json::Value;

use crate::support::{Answer, Lab, names};

const FILE: &str = r#"
name = "small"
title = "Two widths and two ridges"
[data]
samples = 5
input_dim = 4
[learning]
step_size = 0.01
[run]
runs = 4
runs_per_job = 2
steps = 40
record = { every = 20 }
[sweep]
"network.width" = [200, 10]
"learning.ridge" = [0, 0.1]
"#;

/// An experiment and its finished folder `run`.
fn lab() -> Lab {
    let lab = Lab::new();
    lab.file("small.toml", FILE);
    lab.run(&["small.toml", "--out", "run"]);
    lab
}

/// Output of a command on a terminal of so many columns.
fn on(columns: usize, lab: &Lab, words: &[&str]) -> String {
    let mut command = lab.command(words);
    command.env("COLUMNS", columns.to_string());
    Answer::of(command.output().unwrap()).succeeds().out
}

fn cells(line: &str) -> Vec<&str> {
    let cells = line.split("  ").map(str::trim);
    cells.filter(|cell| !cell.is_empty()).collect()
}

#[test]
fn a_table_says_what_its_numbers_are() {
    let lab = lab();
    let shown = lab.falign(&["show", "run"]).succeeds().out;
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[0], "step 40; mean ± sd over 4 runs");
    assert_eq!(cells(lines[1]), ["width", "ridge", "alignment", "loss"]);
    assert_eq!(lines.len(), 6, "{shown}");
    for line in &lines[2..] {
        let cells = cells(line);
        let (mean, spread) = cells[3].split_once(" ± ").unwrap();
        // As many decimals as the spread has, which has two digits.
        let decimals = |number: &str| number.split_once('.').map_or(0, |(_, after)| after.len());
        assert_eq!(decimals(mean), decimals(spread), "{line}");
        assert!(mean.parse::<f64>().unwrap() > 0.0, "{line}");
    }
    let one = lab.falign(&["show", "run", "--step", "20", "--where", "width=[10]"]);
    let one = one.succeeds().out;
    assert!(one.starts_with("step 20; "), "{one}");
    assert_eq!(cells(one.lines().nth(1).unwrap())[0], "ridge", "{one}");
}

#[test]
fn accuracies_are_in_per_cent() {
    let lab = Lab::new();
    lab.file(
        "images.toml",
        "name = \"images\"\n[data]\nlabelled = \"generated_images\"\nsamples = 40\nheld_out = 20\ninput_dim = 16\noutputs = 3\n\
         [network]\nhidden_widths = [8]\n[learning]\nbatch = 10\nstep_size = 0.1\n[run]\nepochs = 2\nruns = 3\n",
    );
    lab.run(&["images.toml", "--out", "run"]);
    let shown = lab.falign(&["show", "run", "--quantities", "test_accuracy"]);
    let shown = shown.succeeds().out;
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(cells(lines[1]), ["test_accuracy (%)"]);
    let mean: f64 = lines[2].trim().split(' ').next().unwrap().parse().unwrap();
    let summary = crate::support::table(&lab.text("run/summary.csv"));
    let share = crate::support::column(&summary, "test_accuracy_mean")
        .pop()
        .unwrap();
    assert!(
        (mean - 100.0 * share.parse::<f64>().unwrap()).abs() < 0.51,
        "{shown} {share}"
    );
}

#[test]
fn no_line_is_wider_than_the_terminal_and_no_number_is_broken() {
    let lab = lab();
    let words = [
        "show",
        "run",
        "--quantities",
        "alignment,loss,residual_norm,output_norm,tau,feedback_gap",
    ];
    lab.run(&[
        "small.toml",
        "--out",
        "more",
        "--set",
        "run.quantities=[alignment, loss, residual_norm, output_norm, tau, feedback_gap]",
    ]);
    let words = words.map(|word| if word == "run" { "more" } else { word });
    let whole = lab.falign(&words).succeeds().out;
    let numbers = |text: &str| {
        let cells = text
            .lines()
            .skip(1)
            .flat_map(cells)
            .filter(|cell| cell.contains(" ± "));
        cells
            .map(str::to_owned)
            .collect::<std::collections::BTreeSet<String>>()
    };
    assert!(
        whole.lines().any(|line| line.chars().count() > 80),
        "{whole}"
    );
    for columns in [80, 40] {
        let shown = on(columns, &lab, &words);
        assert!(
            shown.lines().all(|line| line.chars().count() <= columns),
            "{shown}"
        );
        assert_eq!(numbers(&shown), numbers(&whole), "{shown}");
    }
}

#[test]
fn rows_are_chosen_sorted_and_given_to_other_programs() {
    let lab = lab();
    let csv = |more: &[&str]| {
        let words = [&["show", "run", "--csv"], more].concat();
        let text = lab.falign(&words).succeeds().out;
        crate::support::table(&text)
    };
    let of = |table: &[Vec<String>], name: &str| crate::support::column(table, name);
    // All rows are those of the file.
    assert_eq!(
        csv(&[]),
        crate::support::table(&lab.text("run/summary.csv"))
    );
    let last = csv(&["--step", "last", "--sort", "width", "--quantities", "loss"]);
    assert_eq!(of(&last, "width"), ["10", "10", "200", "200"]);
    assert_eq!(of(&last, "step"), ["40"; 4]);
    assert!(
        last[0].contains(&"loss_sem".to_owned()) && !last[0].contains(&"alignment_mean".to_owned())
    );
    let falling = csv(&["--step", "last", "--sort", "loss", "--descending"]);
    let means: Vec<f64> = of(&falling, "loss_mean")
        .iter()
        .map(|cell| cell.parse().unwrap())
        .collect();
    assert!(means.windows(2).all(|pair| pair[0] >= pair[1]), "{means:?}");
    let json = lab.falign(&[
        "show",
        "run",
        "--json",
        "--step",
        "first",
        "--where",
        "ridge=0.1",
    ]);
    let json: Value = serde_json::from_str(&json.succeeds().out).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 2);
    assert_eq!(
        (&json[0]["step"], &json[0]["width"]),
        (&0.into(), &200.into())
    );
    let latex = lab.falign(&["show", "run", "--latex", "--quantities", "update_angle"]);
    latex.refuses(&["`update_angle` was not recorded"]);
    let latex = lab.falign(&["show", "run", "--latex"]).succeeds().out;
    assert!(
        latex
            .starts_with("% step 40; mean ± sd over 4 runs\n\\begin{tabular}{rrrr}\n  \\toprule\n"),
        "{latex}"
    );
    assert_eq!(latex.matches(" \\pm ").count(), 8, "{latex}");
    for (words, parts) in [
        (&["--step", "7"][..], &["--step 7", "0, 20, 40"][..]),
        (&["--where", "width=7"], &["--where width=7", "200, 10"]),
        (
            &["--where", "widht=10"],
            &["--where widht", "did you mean `width`?"],
        ),
        (&["--sort", "los"], &["--sort los", "did you mean `loss`?"]),
    ] {
        lab.falign(&[&["show", "run"], words].concat())
            .refuses(parts);
    }
}

#[test]
fn several_folders_are_one_table() {
    let lab = lab();
    lab.run(&["small.toml", "--out", "wide", "--set", "network.width=[50]"]);
    let shown = lab.falign(&["show", "run", "wide"]).succeeds().out;
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(cells(lines[1])[..3], ["folder", "width", "ridge"]);
    assert_eq!(
        lines[2..]
            .iter()
            .filter(|line| line.starts_with("run "))
            .count(),
        4
    );
    assert_eq!(
        lines[2..]
            .iter()
            .filter(|line| line.starts_with("wide "))
            .count(),
        2
    );
}

#[test]
fn a_folder_that_is_not_finished_shows_what_it_has_and_what_is_left() {
    let lab = lab();
    let whole = lab.text("run/summary.csv");
    let results = lab.path("run/results");
    let plan = lab.text("run/plan.jsonl");
    let id = plan.lines().next().unwrap().split('"').nth(3).unwrap();
    // Without its summary and one job of two runs, as while it runs.
    std::fs::remove_file(lab.path("run/summary.csv")).unwrap();
    std::fs::remove_file(results.join(format!("{id}.bin"))).unwrap();
    let shown = lab.falign(&["show", "run"]).succeeds().out;
    assert!(shown.contains("run: 14 of 16 runs are stored"), "{shown}");
    assert!(shown.contains("no program is at it"), "{shown}");
    let command = shown
        .split("go on with: falign ")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap();
    let rows: Vec<&str> = shown.lines().filter(|line| line.starts_with(' ')).collect();
    assert!(
        rows.iter()
            .any(|line| cells(line)[..3] == ["200", "0", "2"]),
        "two runs of four: {shown}"
    );
    let drawn = lab.falign(&["plot", "run"]).succeeds();
    assert!(drawn.err.contains("14 of 16 runs"), "{}", drawn.err);
    assert!(lab.text("run/figure.svg").contains("(14 of 16 runs)"));
    let list = lab.falign(&["show", "."]).succeeds().out;
    assert!(
        list.contains("unfinished") && list.contains("14 of 16"),
        "{list}"
    );
    // The command that is named goes on with it.
    let words: Vec<&str> = command.split(' ').chain(["--quiet"]).collect();
    lab.falign(&words).succeeds();
    assert_eq!(lab.text("run/summary.csv"), whole);
    assert_eq!(names(&results, ".bin").len(), 8);
    let list = lab.falign(&["show", "."]).succeeds().out;
    assert!(
        list.contains("finished") && !list.contains("14 of 16"),
        "{list}"
    );
    assert!(list.contains("Two widths and two ridges"), "{list}");
    lab.falign(&["show", "run/results"])
        .refuses(&["run/results has no summary.csv"]);
}

#[test]
fn two_folders_are_compared_in_settings_values_and_bytes() {
    let lab = lab();
    lab.run(&["small.toml", "--out", "again"]);
    let same = lab.falign(&["diff", "run", "again"]).succeeds().out;
    for part in [
        "settings: the same",
        "all are equal",
        "files: 16 have the same bytes\n",
    ] {
        assert!(same.contains(part), "{part}: {same}");
    }
    lab.run(&["small.toml", "--out", "other", "--set", "run.seed=7"]);
    let other = on(80, &lab, &["diff", "run", "other", "--quantities", "loss"]);
    assert!(
        other.lines().all(|line| line.chars().count() <= 80),
        "{other}"
    );
    let lines: Vec<&str> = other.lines().collect();
    let at = lines
        .iter()
        .position(|line| line.starts_with("setting "))
        .unwrap();
    assert_eq!(cells(lines[at + 1]), ["run.seed", "0", "7"]);
    assert!(
        other.contains("files: 0 have the same bytes") || other.contains("differ: "),
        "{other}"
    );
    assert!(other.contains("values: 4 compared, 4 differ"), "{other}");

    let json = lab.falign(&["diff", "run", "other", "--quantities", "loss", "--json"]);
    let json: Value = serde_json::from_str(&json.succeeds().out).unwrap();
    let [here, there] =
        ["run", "other"].map(|dir| crate::support::table(&lab.text(&format!("{dir}/summary.csv"))));
    for one in json["values"]["differing"].as_array().unwrap() {
        let number = |key: &str| one[key].as_f64().unwrap();
        let z = (number("b") - number("a")) / number("a_sem").hypot(number("b_sem"));
        assert!((z - number("standard_errors")).abs() < 1e-9, "{one}");
        let is_row = |table: &[Vec<String>], mean: f64| {
            let means = crate::support::column(table, "loss_mean");
            means.iter().any(|cell| cell.parse() == Ok(mean))
        };
        assert!(
            is_row(&here, number("a")) && is_row(&there, number("b")),
            "{one}"
        );
    }
    // What one of them alone has is counted.
    lab.run(&[
        "small.toml",
        "--out",
        "fewer",
        "--set",
        "network.width=[10]",
    ]);
    let fewer = lab.falign(&["diff", "run", "fewer"]).succeeds().out;
    assert!(
        fewer.contains("rows of 2 settings are in A alone, of 0 in B alone"),
        "{fewer}"
    );
    lab.falign(&["diff", "run", "nowhere"])
        .refuses(&["nowhere has no summary.csv"]);
}

#[test]
fn panels_without_runs_are_left_out_of_a_figure_that_is_not_finished() {
    let lab = Lab::new();
    let panel = |width: u32| {
        format!(
            "[[figure.panel]]\nx = \"step\"\ny = \"loss\"\nseries = \"ridge\"\nwhere = {{ width = {width} }}\n"
        )
    };
    lab.file(
        "small.toml",
        format!("{FILE}[figure]\n{}{}", panel(200), panel(10)),
    );
    lab.run(&["small.toml", "--out", "run"]);
    std::fs::remove_file(lab.path("run/summary.csv")).unwrap();
    for line in lab.text("run/plan.jsonl").lines().skip(4) {
        let id = line.split('"').nth(3).unwrap();
        std::fs::remove_file(lab.path(&format!("run/results/{id}.bin"))).unwrap();
    }
    let drawn = lab.falign(&["plot", "run"]).succeeds();
    let says = "1 of 2 panels have no runs yet, and are left out";
    assert!(drawn.err.contains(says), "{}", drawn.err);
    let points = lab.text("run/figure.csv");
    assert!(
        points.lines().skip(1).all(|line| line.starts_with("a,")),
        "{points}"
    );
    // Nothing at all is no picture.
    std::fs::remove_dir_all(lab.path("run/results")).unwrap();
    lab.falign(&["plot", "run"])
        .refuses(&["nothing to draw yet", "0 of 16 runs"]);
    let shown = lab.falign(&["show", "run"]).succeeds().out;
    assert_eq!(shown.lines().count(), 1, "{shown}");
}
