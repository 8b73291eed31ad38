//! Wrong commands end with code 2 and say what is right.

use crate::support::Lab;

const QUICK: [&str; 8] = [
    "--set",
    "run.steps=5",
    "--set",
    "run.runs=1",
    "--set",
    "network.width=[5, 6]",
    "--case",
    "linear",
];

fn quickstart(out: &str) -> Vec<&str> {
    [&["run", "quickstart", "--quiet", "--out", out], &QUICK[..]].concat()
}

#[test]
fn a_folder_in_use_is_refused_unless_the_same_run_goes_on() {
    let lab = Lab::new();
    // One run is too few for any claim.
    lab.falign(&quickstart("run")).ends_with(3);
    lab.falign(&quickstart("run"))
        .refuses(&["run is not empty", "--resume", "--out"]);
    let resumed = [&quickstart("run")[..], &["--resume"]].concat();
    lab.falign(&resumed).ends_with(3);
    let other = [&resumed[..], &["--set", "run.seed=5"]].concat();
    lab.falign(&other).refuses(&[
        "run belongs to another experiment",
        "run.seed = 1 there, 5 here",
        "--out",
    ]);

    std::fs::create_dir(lab.path("mine")).unwrap();
    lab.file("mine/notes.txt", "dear diary");
    lab.falign(&quickstart("mine"))
        .refuses(&["mine is not empty"]);
    let resumed = [&quickstart("mine")[..], &["--resume"]].concat();
    lab.falign(&resumed)
        .refuses(&["mine is no run folder", "experiment.toml"]);
    lab.file("file", "");
    lab.falign(&quickstart("file"))
        .refuses(&["file is no folder", "--out"]);
    // Nothing was added to what was refused.
    let kept: Vec<_> = std::fs::read_dir(lab.path("mine")).unwrap().collect();
    assert_eq!(kept.len(), 1);
}

#[test]
fn the_stored_experiment_runs_again_as_it_is() {
    let lab = Lab::new();
    lab.falign(&quickstart("run")).ends_with(3);
    let stored = ["run", "run/experiment.toml", "--quiet", "--out"];
    lab.falign(&[&stored[..], &["again"]].concat()).ends_with(3);
    crate::support::assert_same(&lab.path("again"), &lab.path("run"));
    lab.falign(&[&stored[..], &["run", "--resume"]].concat())
        .ends_with(3);
}

#[test]
fn wrong_names_are_refused_with_the_right_one() {
    let lab = Lab::new();
    std::fs::create_dir(lab.path("folder")).unwrap();
    for (words, parts) in [
        (
            &["run", "quickstrat"][..],
            &["`quickstrat`", "did you mean `quickstart`?", "figure2"][..],
        ),
        (
            &["run", "nowhere/a.toml"],
            &["`nowhere/a.toml`", "quickstart"],
        ),
        (&["config", "figure22"], &["did you mean `figure2`?"]),
        (&["check", "figure22"], &["did you mean `figure2`?"]),
        (&["check", "nowhere/*"], &["nowhere/*"]),
        (
            &["run", "folder"],
            &["folder is a folder", "experiment.toml"],
        ),
        (&["show", "folder"], &["folder has no summary.csv"]),
        (&["plot", "folder"], &["folder is no run folder"]),
        (&["show", "nowhere"], &["nowhere has no summary.csv"]),
        (
            &["run", "quickstart", "--set", "network.widht=3"],
            &["network.widht = 3", "did you mean `network.width`?"],
        ),
        (
            &["run", "quickstart", "--set", "widht=3"],
            &["widht = 3", "did you mean `network.width`?"],
        ),
        (
            &["run", "quickstart", "--set", "rule=DFA"],
            &[
                "learning.rule = \"DFA\"",
                "did you mean \"direct_feedback_alignment\"?",
            ],
        ),
        (
            &["config", "quickstart", "--set", "activation=ReLU"],
            &["network.activation = \"ReLU\"", "did you mean \"relu\"?"],
        ),
        (&["explain", "algnment"], &["did you mean `alignment`?"]),
        (&["list", "figure22"], &["did you mean `figure2`?"]),
        (&["keys", "widht"], &["did you mean `width`?"]),
        (&["cite", "figure22"], &["did you mean `figure2`?"]),
        (&["man", "rnu"], &["`rnu` is no command"]),
        (
            &["run", "quickstart", "--set", "network.width"],
            &["network.width", "KEY=VALUE"],
        ),
        (
            &["run", "quickstart", "--set", "network.width=[1, 2"],
            &["network.width = [1, 2", "not a TOML value"],
        ),
        (
            &["run", "quickstart", "--case", "rleu"],
            &["--case", "rleu", "did you mean `relu`?"],
        ),
    ] {
        lab.falign(words).refuses(parts);
    }
}

#[test]
fn wrong_options_are_refused_by_their_range() {
    let lab = Lab::new();
    for (words, part) in [
        (&["run"][..], "<EXPERIMENT>"),
        (&["runn"], "'run'"),
        (&["run", "quickstart", "--threads", "0"], "1..=1024"),
        (&["run", "quickstart", "--threads", "100000"], "1..=1024"),
        (&["plot", "x", "--png-width", "0"], "100..=10000"),
        (&["plot", "x", "--png-width", "1000000"], "100..=10000"),
        (&["plot", "x", "--mean", "harmonic"], "geometric"),
        (&["plot", "x", "--format", "eps"], "pdf"),
        (&["plot", "x", "--width", "3"], "with a unit"),
        (&["plot", "x", "--width", "3mm"], "from 1in"),
        (&["plot", "x", "--name", "a/b"], "a name of letters"),
        (&["plot", "x", "--name", "summary"], "a table of the folder"),
        (&["plot", "x", "--name", "Runs"], "a table of the folder"),
        (&["plot", "x", "--where", "width=5"], "--y"),
        (
            &["plot", "x", "--y", "loss", "--where", "width"],
            "COLUMN=VALUE",
        ),
        (&["completions", "cmd"], "bash"),
    ] {
        let answer = lab.falign(words).ends_with(2);
        assert!(answer.err.contains(part), "{}", answer.err);
    }
}

#[test]
fn a_template_lies_beside_the_schema_that_it_names() {
    let lab = Lab::new();
    lab.falign(&["new", "mine.toml"]).succeeds();
    assert!(
        lab.text("mine.toml")
            .starts_with("#:schema ./falign.schema.json\n")
    );
    let schema = lab.falign(&["schema"]).succeeds().out;
    assert_eq!(lab.text("falign.schema.json"), schema);
    // One that is there, perhaps of another version, is the user's to renew.
    lab.file("falign.schema.json", "{}");
    lab.falign(&["new", "other.toml"]).succeeds();
    assert_eq!(lab.text("falign.schema.json"), "{}");
}

#[test]
fn a_leaf_name_is_a_key_too() {
    let lab = Lab::new();
    let config = |set: &str| {
        let words = ["config", "quickstart", "--resolved", "--set", set];
        lab.falign(&words).succeeds().out
    };
    assert_eq!(config("seed=7"), config("run.seed=7"));
    assert_ne!(config("seed=7"), config("seed=8"));
}

#[test]
fn a_word_that_is_no_command_is_answered_by_the_one_that_was_meant() {
    let lab = Lab::new();
    lab.file("d.csv", "1,2\n3,4\n");
    lab.falign(&["new", "mine.toml"]).succeeds();
    std::fs::create_dir_all(lab.path("runs/mine")).unwrap();
    lab.file("runs/mine/experiment.toml", "");
    for (words, meant) in [
        (
            &["figure2", "--dry-run"][..],
            "falign run figure2 --dry-run",
        ),
        (&["collapse"], "falign run collapse"),
        (&["quikstart"], "falign run quickstart"),
        (
            &["mine.toml", "--set", "runs=3"],
            "falign run mine.toml --set runs=3",
        ),
        (&["runs/mine"], "falign show runs/mine"),
        (&["d.csv"], "falign run --train-data d.csv"),
        (&["rule=dfa"], "falign run quickstart --set rule=dfa"),
        (&["alignment"], "falign explain alignment"),
        (&["DFA"], "falign explain DFA"),
    ] {
        let answer = lab.falign(words).ends_with(2);
        assert!(
            answer.err.ends_with(&format!("\n  {meant}\n")),
            "{}",
            answer.err
        );
    }
    let nothing = lab.falign(&["runs/yours"]).ends_with(2).err;
    assert!(nothing.contains("no file or folder"), "{nothing}");
}

#[test]
fn an_experiment_is_found_by_the_names_that_people_type() {
    let lab = Lab::new();
    let config = |name: &str| lab.falign(&["config", name]).succeeds().out;
    let built_in = config("theory/collapse");
    for name in [
        "collapse",
        "collapse.toml",
        "experiments/theory/collapse.toml",
    ] {
        assert_eq!(config(name), built_in, "{name}");
    }
    lab.file("collapse.toml", "name = \"mine\"\n");
    for name in ["collapse", "collapse.toml"] {
        assert_eq!(
            config(name),
            "name = \"mine\"\n",
            "a file of that name: {name}"
        );
    }
    assert_eq!(config("theory/collapse"), built_in);
    lab.file("wine.csv", "1,2\n3,4\n");
    lab.falign(&["run", "wine"])
        .refuses(&["wine.csv is a data set", "--train-data wine.csv"]);
}

#[test]
fn every_shell_has_a_script() {
    let lab = Lab::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = lab.falign(&["completions", shell]).succeeds().out;
        assert!(script.contains("falign complete "), "{shell}: {script}");
    }
    for shell in ["elvish", "powershell"] {
        let script = lab.falign(&["completions", shell]).succeeds().out;
        assert!(script.contains("--train-data"), "{shell}");
    }
}

#[test]
fn a_template_runs_whatever_its_file_is_called() {
    let lab = Lab::new();
    for file in ["mine.toml", "my own.toml"] {
        lab.falign(&["new", file]).succeeds();
        let sets = ["network.width=[5, 6, 7]", "run.steps=5", "run.runs=3"];
        let sets = sets.iter().flat_map(|set| ["--set", set]);
        let words: Vec<&str> = ["run", file, "--quiet"].into_iter().chain(sets).collect();
        let answer = lab.falign(&words);
        assert!(matches!(answer.code, Some(0 | 3)), "{}", answer.err);
        assert_eq!(answer.err, "", "the picture fits what was run");
    }
    assert!(lab.path("runs/mine/figure.png").exists());
    assert!(lab.path("runs/my_own/figure.png").exists());
    let again = lab.falign(&["new", "mine.toml"]);
    again.refuses(&["mine.toml exists", "another name"]);
    lab.falign(&["new", "nowhere/mine.toml"])
        .fails(1, &["nowhere/mine.toml"]);
}
