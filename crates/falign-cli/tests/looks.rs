//! Appearance of the program: help, lists, progress, colours, JSON.

use std::process::Stdio;

use crate::support::{Answer, Lab};

fn out(words: &[&str]) -> String {
    let answer = Lab::new().falign(words).succeeds();
    assert_eq!(answer.err, "");
    answer.out
}

#[test]
fn help_says_what_there_is() {
    insta::assert_snapshot!("help", out(&["--help"]));
    insta::assert_snapshot!("help_run", out(&["run", "--help"]));
    insta::assert_snapshot!("help_check", out(&["check", "--help"]));
}

#[test]
fn lists_and_templates_say_what_to_do() {
    // Without the expected times, which change with every machine and every faster engine.
    let list = out(&["list"]);
    let about = |word: &str| out(&["list", word]);
    assert!(about("MNIST").contains("figure3") && !about("MNIST").contains("quickstart"));
    let name_and_title = |line: &str| line[..line.rfind(" (").unwrap()].to_owned() + "\n";
    let untimed: String = list.lines().map(name_and_title).collect();
    insta::assert_snapshot!("list", untimed);
    // Shells of Windows quote otherwise.
    let new = out(&["new", "my experiment.toml"]).replace('"', "'");
    insta::assert_snapshot!("new", new);
    assert!(out(&["--version"]).starts_with("falign "));
    let keys = out(&["keys", "width"]);
    assert!(
        keys.contains("p, hidden units [3200]") && !keys.contains("dropout"),
        "{keys}"
    );
    assert!(out(&["keys", "--markdown"]).contains("| `width` | `3200` |"));
    assert!(out(&["man"]).contains(".TH falign"));
    assert!(out(&["man", "data", "fetch"]).contains(".TH falign-data-fetch 1"));
    let lab = Lab::new();
    let pages = lab.falign(&["man", "--out", "pages"]).succeeds().out;
    assert!(pages.lines().all(|page| lab.path(page).exists()));
    assert!(lab.path("pages/falign-run.1").exists());
    assert!(out(&["explain", "DFA"]).contains("Nokland 2016"));
    assert!(out(&["explain"]).contains("slow_time_alignment"));
    let cited = out(&["cite", "published/drtp2021"]);
    assert!(
        cited.contains("{song2021,") && cited.contains("{frenkel2021,"),
        "{cited}"
    );
    assert!(out(&["cite", "Kolen–Pollack"]).contains("{kolen1994,"));
    let quickstart = out(&["config", "quickstart"]);
    assert!(quickstart.starts_with("# Claim: "), "{quickstart}");
    assert!(out(&["config", "quickstart", "--resolved"]).contains("runs_per_job = 5"));
}

const SMALL: [&str; 9] = [
    "quickstart",
    "--case",
    "linear",
    "--set",
    "network.width=[5, 6]",
    "--set",
    "run.runs=1",
    "--set",
    "run.steps=5",
];

/// One run is too few for the claims of the experiment.
const UNDECIDED: i32 = 3;

#[test]
fn progress_is_plain_lines_without_a_terminal_and_nothing_when_quiet() {
    let lab = Lab::new();
    let words = [&["run"], &SMALL[..]].concat();
    let loud = lab.falign(&words).ends_with(UNDECIDED);
    assert_eq!(loud.err, "100.0 %  6/6 jobs\n");
    let again = lab.falign(&[&words[..], &["--resume"]].concat());
    assert_eq!(again.ends_with(UNDECIDED).err, "100.0 %  6/6 jobs\n");
    let quiet = [&words[..], &["--out", "quiet", "--quiet"]].concat();
    let quiet = lab.falign(&quiet).ends_with(UNDECIDED);
    assert_eq!(quiet.err, "");
    assert!(quiet.out.contains("6 runs of 6 settings"), "{}", quiet.out);
}

#[test]
fn colours_can_be_had_and_are_not_where_no_color_is_set() {
    let lab = Lab::new();
    for words in [&["--help"][..], &["run", "--threads", "x"]] {
        let coloured = |no_color: bool| {
            let mut command = lab.command(words);
            command.env("CLICOLOR_FORCE", "1");
            if no_color {
                command.env("NO_COLOR", "1");
            }
            let answer = Answer::of(command.output().unwrap());
            (answer.out + &answer.err).contains('\u{1b}')
        };
        assert!(coloured(false) && !coloured(true));
    }
}

#[test]
fn json_is_json() {
    let lab = Lab::new();
    let words = [&["run", "--quiet", "--json", "--out", "run"], &SMALL[..]].concat();
    let ran = lab.falign(&words).ends_with(UNDECIDED);
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["dir"], "run");
    for file in report["files"].as_array().unwrap() {
        assert!(lab.path(file.as_str().unwrap()).exists(), "{file}");
    }
    assert_eq!(report["claims"][0]["passed"], false);

    let shown = lab.falign(&["show", "run", "--json"]).succeeds();
    let rows: serde_json::Value = serde_json::from_str(&shown.out).unwrap();
    let first = &rows[0];
    assert_eq!(first["case"], "linear");
    assert_eq!(first["width"], 5);
    assert!(first["step"].is_u64() && first["loss_mean"].is_f64());
    assert!(first["loss_std"].is_null(), "one run has no spread");

    let meta: serde_json::Value = serde_json::from_str(&lab.text("run/meta.json")).unwrap();
    assert_eq!(meta["runs"]["finished"], 6);
}

#[test]
fn a_case_keeps_its_name_in_json_even_if_it_is_a_number() {
    let lab = Lab::new();
    lab.file(
        "n.toml",
        "name = \"n\"\n[network]\nwidth = 4\n[run]\nsteps = 2\n[[case]]\nname = \"nan\"\n[[case]]\nname = \"7\"\n\"run.seed\" = 1\n",
    );
    lab.run(&["n.toml", "--out", "run"]);
    let shown = lab.falign(&["show", "run", "--json"]).succeeds();
    let rows: serde_json::Value = serde_json::from_str(&shown.out).unwrap();
    let rows = rows.as_array().unwrap();
    assert_eq!(rows[0]["case"], "nan");
    assert_eq!(rows[rows.len() - 1]["case"], "7");
}

#[test]
fn a_table_tells_divergence_from_what_has_no_value() {
    let lab = Lab::new();
    let run = |out: &str, sets: &[&str]| {
        let mut words = vec!["--train-data", "d.csv", "--out", out];
        words.extend(sets.iter().flat_map(|set| ["--set", set]));
        lab.run(&words);
    };
    lab.file("d.csv", "1,2,3\n4,5,6\n");
    run("far", &["learning.step_size=1e9", "network.width=5"]);
    let far = lab.falign(&["show", "far"]).succeeds().out;
    assert!(far.contains("diverged"), "{far}");
    // A contraction needs a step before.
    let none = [
        "run.steps=0",
        "run.quantities=[\"contraction\"]",
        "network.width=5",
    ];
    run("none", &none);
    let shown = lab.falign(&["show", "none", "--quantities", "contraction"]);
    let shown = shown.succeeds().out;
    assert!(
        shown.contains("none") && !shown.contains("diverged"),
        "{shown}"
    );
}

/// Every change of settings leaves a picture to draw, and no long run fails for want of one.
#[test]
fn a_picture_is_drawn_whatever_was_asked() {
    let lab = Lab::new();
    let base = [
        "run",
        "--quiet",
        "--set",
        "run.steps=5",
        "--set",
        "run.runs=2",
    ];
    for (out, more, code, says) in [
        (
            "one-case",
            &["quickstart", "--case", "relu"][..],
            UNDECIDED,
            "",
        ),
        (
            "quantity",
            &[
                "quickstart",
                "--set",
                "run.quantities=[\"tau\", \"output_norm\"]",
            ],
            0,
            "",
        ),
        (
            "axis",
            &["quickstart", "--case", "linear", "--set", "run.seed=[1, 2]"],
            UNDECIDED,
            "does not fit",
        ),
    ] {
        let words = [&base[..], more, &["--out", out]].concat();
        let words = [&words[..], &["--set", "network.width=[5, 6]"]].concat();
        let ran = lab.falign(&words).ends_with(code);
        assert!(
            ran.err.contains(says) && ran.err.is_empty() == says.is_empty(),
            "{}",
            ran.err
        );
        assert!(lab.path(out).join("figure.png").exists());
        lab.falign(&["plot", out]).succeeds();
    }
}

#[test]
fn a_part_of_a_figure_is_drawn_for_a_paper() {
    let lab = Lab::new();
    lab.file(
        "two.toml",
        "name = \"two\"\n[data]\nsamples = 5\ninput_dim = 4\n[run]\nruns = 2\nsteps = 9\n[sweep]\nnetwork.width = [5, 6]\n\
         [figure]\ncolumns = 2\n[[figure.panel]]\nx = \"width\"\ny = \"alignment\"\nstyle = \"points\"\n\
         [[figure.panel]]\nx = \"step\"\ny = \"loss\"\nseries = \"width\"\n",
    );
    lab.run(&["two.toml", "--out", "two"]);
    let whole = lab.text("two/figure.svg");
    let plot = |more: &[&str]| lab.falign(&[&["plot", "two"][..], more].concat());
    let names = |said: &str| said.lines().count();
    let said = plot(&[
        "--format",
        "pdf",
        "--width",
        "3.25in",
        "--no-caption",
        "--panel",
        "b",
    ]);
    let said = said.succeeds().out;
    assert!(said.contains("plot.pdf") && names(&said) == 3, "{said}");
    assert!(
        std::fs::read(lab.path("two/plot.pdf"))
            .unwrap()
            .starts_with(b"%PDF")
    );
    let points = lab.text("two/plot.csv");
    assert!(
        points.lines().skip(1).all(|line| line.starts_with("a,")),
        "{points}"
    );
    assert!(points.contains(",9,"), "the loss at step 9: {points}");
    let own = [
        "--y",
        "update_angle",
        "--where",
        "width=5",
        "--where",
        "step=[3, 6, 9]",
        "--name",
        "mine",
    ];
    let refused = plot(&own).fails(1, &["no quantity `update_angle`"]);
    assert!(
        refused.err.contains("alignment"),
        "what there is: {}",
        refused.err
    );
    plot(&[
        "--y",
        "loss",
        "--where",
        "width=5",
        "--where",
        "step=[0, 9]",
        "--name",
        "mine",
    ])
    .succeeds();
    assert_eq!(lab.text("two/mine.csv").lines().count(), 3);
    plot(&["--x-max", "4", "--panel", "b", "--text", "--format", "svg"]).succeeds();
    assert!(lab.text("two/plot.svg").contains("<text "));
    let twice = ["--y", "loss", "--where", "width=5", "--where", "width=6"];
    plot(&twice).refuses(&["--where width", "write a list"]);
    plot(&["--panel", "c"]).refuses(&["--panel c", "a to b"]);
    plot(&["--panel", "b", "--y-min", "3", "--y-max", "2"]).refuses(&["y_min = 3", "y_max = 2"]);
    plot(&["--width", "1in"]).fails(1, &["no room"]);
    assert_eq!(
        lab.text("two/figure.svg"),
        whole,
        "the folder's own figure stays"
    );
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let lab = Lab::new();
    for words in [&["keys"][..], &["man"], &["config", "figure2"]] {
        let mut child = lab.command(words).stdout(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        Answer::of(child.wait_with_output().unwrap()).succeeds();
    }
}

#[test]
fn runs_without_a_step_are_done_at_the_end() {
    let lab = Lab::new();
    let file = "name = \"still\"\n[data]\nsamples = 5\ninput_dim = 4\n[network]\nwidth = 20\n";
    lab.file("still.toml", format!("{file}[run]\nruns = 2\nsteps = 0\n"));
    let ran = lab.falign(&["run", "still.toml"]).succeeds();
    assert!(ran.err.contains("100.0 %  1/1 jobs"), "{}", ran.err);
    assert!(!ran.err.contains("NaN"), "{}", ran.err);
}
