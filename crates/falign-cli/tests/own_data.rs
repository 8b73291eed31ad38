//! A user's own data and weights, from each kind of file.

use std::path::Path;

use falign::data::load_weights;

use crate::support::numpy::{npy, npz};
use crate::support::{Lab, column, names, table};

const SAMPLES: usize = 4;
const INPUTS: usize = 3;

/// X and y that look like nothing in particular; exact in binary and in decimal.
fn numbers() -> Vec<[f64; INPUTS + 1]> {
    let number = |i: usize, j: usize| ((i * 7 + j * 5) % 11) as f64 / 8.0 - 0.5;
    (0..SAMPLES)
        .map(|i| std::array::from_fn(|j| number(i, j)))
        .collect()
}

/// Folder with the same data as `d.csv`, `d.npy` and `d.npz`.
fn lab() -> Lab {
    let lab = Lab::new();
    let rows = numbers();
    let line = |row: &[f64; INPUTS + 1]| row.map(|x| x.to_string()).join(",") + "\n";
    lab.file("d.csv", rows.iter().map(line).collect::<String>());
    lab.file("d.npy", npy("(4, 4)", &rows.concat()));
    let x: Vec<f64> = rows.iter().flat_map(|row| row[..INPUTS].to_vec()).collect();
    let y: Vec<f64> = rows.iter().map(|row| row[INPUTS]).collect();
    let members = [("X", npy("(4, 3)", &x)), ("y", npy("(4,)", &y))];
    lab.file("d.npz", npz(&members));
    lab
}

/// `run` with these overrides.
fn run(lab: &Lab, start: &[&str], out: &str, sets: &[&str]) {
    let mut words = start.to_vec();
    words.extend(["--out", out]);
    words.extend(sets.iter().flat_map(|set| ["--set", *set]));
    lab.run(&words);
}

#[test]
fn data_that_may_be_something_else_are_said_in_one_sentence() {
    let lab = Lab::new();
    lab.file("classes.csv", "x,y\n0.5,1\n1.5,2\n2.5,1\n3.5,2\n");
    let x = npy("(4, 1)", &[0.5, 1.5, 2.5, 3.5]);
    let y = npy("(4,)", &[1.0, 2.0, 1.0, 2.0]);
    let names = ["x_train", "y_train", "x_test", "y_test"];
    let members = [x.clone(), y.clone(), x, y];
    let members: Vec<_> = names.into_iter().zip(members).collect();
    lab.file("labels.npz", npz(&members));
    let few = [
        "--set",
        "run.steps=2",
        "--set",
        "run.runs=1",
        "--set",
        "learning.step_size=0.1",
    ];
    let sweep = ["--set", "learning.ridge=[0, 0.5]", "--quiet", "--out"];
    for (start, out, parts) in [
        (
            &["run", "--train-data", "classes.csv"][..],
            "a",
            &[
                "classes.csv are the whole numbers 1 to 2, as labels",
                "data.labelled_data",
            ][..],
        ),
        (
            &["run", "b.toml"],
            "b",
            &[
                "labels begin at 1",
                "3 outputs for 2 classes",
                "mini-batch engine",
            ],
        ),
    ] {
        lab.file(
            "b.toml",
            "name = \"b\"\n[data]\nlabelled_data = \"labels.npz\"\n",
        );
        let answer = lab
            .falign(&[start, &few, &sweep, &[out]].concat())
            .succeeds();
        for part in parts {
            assert_eq!(
                answer.err.matches(part).count(),
                1,
                "{part}: {}",
                answer.err
            );
        }
    }
}

const SMALL: [&str; 3] = ["network.width=30", "run.steps=40", "run.runs=2"];

#[test]
fn data_train_without_an_experiment_file_and_every_command_works_on_the_result() {
    let lab = lab();
    let relu = ["network.activation=relu", "learning.step_size=0.01"];
    for (name, more) in [("linear", &[][..]), ("relu", &relu[..])] {
        for kind in ["csv", "npy", "npz"] {
            let (out, file) = (format!("{name}-{kind}"), format!("d.{kind}"));
            run(
                &lab,
                &["--train-data", &file],
                &out,
                &[&SMALL[..], more].concat(),
            );
        }
        let summary = lab.text(&format!("{name}-csv/summary.csv"));
        assert_eq!(summary, lab.text(&format!("{name}-npy/summary.csv")));
        assert_eq!(summary, lab.text(&format!("{name}-npz/summary.csv")));
        assert!(
            column(&table(&summary), "loss_mean")
                .iter()
                .all(|cell| !cell.is_empty())
        );
    }
    assert_ne!(
        lab.text("linear-csv/summary.csv"),
        lab.text("relu-csv/summary.csv")
    );

    let dir = "relu-npz";
    let shown = lab.falign(&["show", dir]).succeeds().out;
    assert!(
        shown.contains("alignment") && shown.contains("40"),
        "{shown}"
    );
    let checked = lab.falign(&["check", dir]).succeeds().out;
    assert!(checked.contains("no claims"), "{checked}");
    let before = std::fs::read(lab.path(dir).join("figure.png")).unwrap();
    std::fs::remove_file(lab.path(dir).join("figure.png")).unwrap();
    lab.falign(&["plot", dir]).succeeds();
    assert!(before == std::fs::read(lab.path(dir).join("figure.png")).unwrap());
    let stored = format!("{dir}/experiment.toml");
    let config = lab.falign(&["config", &stored]).succeeds().out;
    assert_eq!(config, lab.text(&stored));
    let path = lab.path("d.npz").display().to_string();
    assert!(config.contains(&path), "an absolute path: {config}");
    run(&lab, &[&stored], "again", &[]);
    crate::support::assert_same(&lab.path("again"), &lab.path(dir));
    // The default folder.
    run(&lab, &["--train-data", "d.csv"], "runs/d", &SMALL);
    lab.falign(&["run", "--train-data", "d.csv"])
        .refuses(&["runs/d is not empty"]);
}

#[test]
fn data_take_the_place_of_what_an_experiment_generates() {
    let lab = lab();
    let start = ["quickstart", "--case", "relu", "--train-data", "d.csv"];
    let sets = ["network.width=[5, 6, 7]", "run.steps=10", "run.runs=1"];
    let sets = sets.iter().flat_map(|set| ["--set", *set]);
    let words: Vec<&str> = ["run", "--quiet"]
        .into_iter()
        .chain(start)
        .chain(sets)
        .collect();
    // One run is too few for the experiment's claims.
    lab.falign(&words).ends_with(3);
    let config = lab.text("runs/quickstart/experiment.toml");
    assert!(
        config.contains("d.csv") && !config.contains("samples"),
        "{config}"
    );
    let both = [&words[..], &["--out", "other", "--set", "data.samples=3"]].concat();
    lab.falign(&both)
        .refuses(&["data.samples = 3", "data.train_data", "remove one"]);
}

#[test]
fn every_command_takes_data_in_the_place_of_an_experiment() {
    let lab = lab();
    let sets = SMALL.iter().flat_map(|set| ["--set", *set]);
    for (start, parts) in [
        (&["config"][..], &["name = \"d\"", "train_data"][..]),
        (&["theory"], &["gamma"]),
        (&["audit"], &["feedback_alignment"]),
        (
            &["check", "--quiet"],
            &["d: Feedback alignment on given data", "no claims"],
        ),
        (&["run", "--quiet"], &["runs/d"]),
    ] {
        let words = start.iter().copied().chain(["--train-data", "d.csv"]);
        let words: Vec<&str> = words.chain(sets.clone()).collect();
        let shown = lab.falign(&words).succeeds().out;
        for part in parts {
            assert!(shown.contains(part), "{start:?}: {shown}");
        }
    }
}

#[test]
fn a_data_set_in_the_place_of_an_experiment_is_called_one() {
    let lab = lab();
    for command in ["run", "theory", "config"] {
        lab.falign(&[command, "d.csv"])
            .refuses(&["d.csv is a data set", "--train-data d.csv"]);
    }
}

#[test]
fn columns_are_chosen_and_only_the_file_as_read_counts() {
    let lab = Lab::new();
    lab.file("plain.csv", "a,b,y\n0.5,1,2\n1.5,-1,0\n0.25,3,1\n");
    lab.file("raw.csv", "id;y;a;b\n7;2;0,5;1\n8;0;1,5;-1\n9;1;0,25;3\n");
    run(&lab, &["--train-data", "plain.csv"], "plain", &SMALL);
    let columns = ["data.target=y", "data.ignore=[id]"];
    let sets = [&SMALL[..], &columns].concat();
    run(&lab, &["--train-data", "raw.csv"], "raw", &sets);
    let summary = |dir: &str| lab.text(&format!("{dir}/summary.csv"));
    let losses = |dir: &str| column(&table(&summary(dir)), "loss_mean");
    assert_eq!(losses("plain"), losses("raw"));
    // Held-out samples have the same columns.
    lab.file("held.csv", "9;1;0,25;3\n");
    let numbers = [
        "data.target=2",
        "data.ignore=1",
        "data.held_out_data=held.csv",
    ];
    let sets = [&SMALL[..], &numbers].concat();
    run(&lab, &["--train-data", "raw.csv"], "numbers", &sets);
    assert_eq!(losses("plain"), losses("numbers"));
    lab.file("held.csv", "id;y;b;a\n9;1;3;0,25\n");
    let swapped = [
        "data.target=y",
        "data.ignore=id",
        "data.held_out_data=held.csv",
    ];
    let words = swapped.iter().flat_map(|set| ["--set", *set]);
    let words: Vec<&str> = ["run", "--train-data", "raw.csv"]
        .into_iter()
        .chain(words)
        .collect();
    lab.falign(&words).refuses(&[
        "held.csv",
        "column `b` stands where the training data have `a`",
    ]);
    let swept = ["data.target=[[\"y\"], [\"a\", \"b\"]]", "data.ignore=id"];
    let sets = [&SMALL[..], &swept].concat();
    let words = sets.iter().flat_map(|set| ["--set", *set]);
    let words: Vec<&str> = ["run", "--train-data", "raw.csv", "--dry-run"]
        .into_iter()
        .chain(words)
        .collect();
    lab.falign(&words).succeeds();
    for (set, parts) in [
        (
            "data.target=z",
            &["no column is named `z`", "id, y, a, b"][..],
        ),
        ("data.ignore=9", &["no column 9", "1 to 4"]),
        (
            "data.target=0",
            &["data.target = 0", "from 1; -1 is the last"],
        ),
    ] {
        lab.falign(&["run", "--train-data", "raw.csv", "--set", set])
            .refuses(parts);
    }
    lab.falign(&["run", "quickstart", "--set", "data.target=y"])
        .refuses(&["data.target", "data.train_data"]);
    lab.file("iris.csv", "x,species\n1,setosa\n2,virginica\n");
    lab.falign(&["run", "--train-data", "iris.csv"]).refuses(&[
        "column 2",
        "`setosa` is not a number",
        "data.labelled_data",
    ]);
}

#[test]
fn scaled_inputs_are_those_that_were_scaled_by_hand() {
    let lab = Lab::new();
    // Mean 3 and deviation 2; mean -1 and deviation 4.
    lab.file("raw.csv", "1,-5,1\n5,3,2\n1,3,0\n5,-5,1\n");
    lab.file("scaled.csv", "-1,-1.0,1\n1,1,2\n-1,1,0\n1,-1,1\n");
    lab.file("new.csv", "7,3,1\n1,-9,0\n");
    lab.file("new_scaled.csv", "2.0,1,1\n-1,-2,0\n");
    let losses =
        |out: &str, name: &str| column(&table(&lab.text(&format!("{out}/summary.csv"))), name);
    let relu = ["network.activation=relu", "learning.step_size=0.01"];
    let deep = [
        "network.hidden_widths=[4,3]",
        "learning.step_size=0.01",
        "run.steps=9",
    ];
    for (kind, keys, held) in [
        ("linear", &[][..], "held_out_loss"),
        ("relu", &relu, "held_out_loss"),
        ("deep", &deep, "test_loss"),
    ] {
        let quantities = format!("run.quantities=[\"loss\", \"{held}\"]");
        let go = |out: &str, data: &str, new: &str, scaling: &[&str]| {
            let held_out = format!("data.held_out_data={new}");
            let small = if kind == "deep" {
                &SMALL[2..]
            } else {
                &SMALL[..]
            };
            let own = [&quantities[..], &held_out];
            let sets = [small, keys, &own, scaling].concat();
            run(&lab, &["--train-data", data], out, &sets);
        };
        let [raw, by_hand] = [format!("{kind}-raw"), format!("{kind}-hand")];
        let scaling = ["data.scaling=standardise_per_feature"];
        go(&raw, "raw.csv", "new.csv", &scaling);
        go(&by_hand, "scaled.csv", "new_scaled.csv", &[]);
        for name in ["loss_mean", &format!("{held}_mean")] {
            assert_eq!(losses(&raw, name), losses(&by_hand, name), "{kind} {name}");
        }
        let engine = if kind == "deep" { "mini_batch" } else { "" };
        let config = lab.text(&format!("{raw}/experiment.toml"));
        assert!(
            kind != "linear" || config.contains("engine = \"linear\""),
            "{config}"
        );
        assert!(config.contains(engine), "{config}");
    }
    lab.falign(&["run", "quickstart", "--set", "data.scaling=unit"])
        .refuses(&["data.scaling = \"unit\"", "data.train_data"]);
}

#[test]
fn a_table_with_names_of_classes_is_learnt_and_tested() {
    let lab = Lab::new();
    lab.file(
        "iris.csv",
        "id,petal,sepal,species\n1,0.5,1,setosa\n2,2,3,virginica\n3,0.25,1,setosa\n4,3,3,virginica\n",
    );
    lab.file("test.csv", "id,petal,sepal,species\n5,2.5,3.25,virginica\n");
    let sets = [
        "data.labelled_data=iris.csv",
        "data.target=species",
        "data.ignore=id",
        "learning.step_size=0.5",
        "network.width=20",
        "run.epochs=20",
        "run.runs=2",
    ];
    lab.file("own.toml", "name = \"own\"\n");
    run(&lab, &["own.toml"], "alone", &sets);
    let alone = table(&lab.text("alone/summary.csv"));
    assert_eq!(column(&alone, "train_accuracy_mean").last().unwrap(), "1.0");
    assert!(!alone[0].contains(&"test_accuracy_mean".to_owned()));
    let sets = [&sets[..], &["data.held_out_data=test.csv"]].concat();
    run(&lab, &["own.toml"], "tested", &sets);
    let tested = table(&lab.text("tested/summary.csv"));
    assert_eq!(column(&tested, "test_accuracy_mean").last().unwrap(), "1.0");
    lab.file(
        "test.csv",
        "id,petal,sepal,species\n5,2.5,3.25,versicolor\n",
    );
    let words = sets.iter().flat_map(|set| ["--set", *set]);
    let words: Vec<&str> = ["run", "own.toml"].into_iter().chain(words).collect();
    lab.falign(&words)
        .refuses(&["test.csv", "line 2, column 4", "`versicolor` is no class"]);
}

#[cfg(unix)]
#[test]
fn a_path_that_is_not_utf_8_is_opened() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let lab = lab();
    let name = |text: &[u8]| OsStr::from_bytes(text).to_owned();
    let folder = lab.path("").join(name(b"data\xff"));
    std::fs::create_dir(&folder).unwrap();
    std::fs::copy(lab.path("d.csv"), folder.join(name(b"x\xfe.csv"))).unwrap();
    std::fs::write(
        folder.join("own.toml"),
        "name = \"own\"\n[data]\ntrain_data = \"../d.csv\"\n",
    )
    .unwrap();
    let go = |words: &[&OsStr]| {
        let mut command = lab.command(&[]);
        command.args(words);
        for set in SMALL {
            command.args(["--set", set]);
        }
        crate::support::Answer::of(command.output().unwrap())
    };
    let [run, data] = ["run", "--train-data"].map(OsStr::new);
    go(&[run, data, &name(b"data\xff/x\xfe.csv")]).succeeds();
    // What is stored means the same file.
    lab.falign(&["check", "runs/x_"]).succeeds();
    let again = lab.path("runs/x_/experiment.toml");
    go(&[
        run,
        again.as_os_str(),
        OsStr::new("--out"),
        &name(b"out\xff"),
    ])
    .succeeds();
    let out = lab.path("").join(name(b"out\xff"));
    crate::support::assert_same(&out, &lab.path("runs/x_"));
    go(&[run, &name(b"data\xff/own.toml"), OsStr::new("--json")]).succeeds();
}

#[test]
fn a_path_in_set_is_relative_to_where_the_command_runs() {
    let lab = lab();
    std::fs::create_dir(lab.path("experiments")).unwrap();
    lab.file("experiments/own.toml", "name = \"own\"\n");
    let sets = [&SMALL[..], &["data.train_data=d.csv"]].concat();
    run(&lab, &["experiments/own.toml"], "run", &sets);
    // The stored experiment means the same file, wherever it is read from.
    lab.falign(&["check", "run"]).succeeds();
}

#[test]
fn held_out_data_are_measured() {
    let lab = lab();
    let sets = [
        &SMALL[..],
        &[
            "data.held_out_data=d.npz",
            "run.quantities=[\"loss\", \"held_out_loss\"]",
        ],
    ];
    run(&lab, &["--train-data", "d.csv"], "run", &sets.concat());
    let summary = table(&lab.text("run/summary.csv"));
    let numbers = |name: &str| -> Vec<f64> {
        let cells = column(&summary, name);
        cells.iter().map(|cell| cell.parse().unwrap()).collect()
    };
    // The same data, through another road.
    let pairs = numbers("loss_mean")
        .into_iter()
        .zip(numbers("held_out_loss_mean"));
    for (loss, held_out) in pairs {
        assert!((loss - held_out).abs() <= 1e-10 * loss, "{loss} {held_out}");
    }
}

#[test]
fn saved_initial_weights_start_the_same_run_bit_for_bit() {
    let lab = lab();
    for (name, sets) in [
        ("linear", &[][..]),
        ("weights", &["run.engine=sample_space"]),
        (
            "relu",
            &["network.activation=relu", "learning.step_size=0.01"],
        ),
        (
            "f32",
            &[
                "network.activation=tanh",
                "learning.step_size=0.01",
                "run.precision=f32",
            ],
        ),
        (
            "reference",
            &["run.engine=reference", "learning.rule=kolen_pollack"],
        ),
        (
            "rotated",
            &["learning.rule=backpropagation", "run.engine=sample_space"],
        ),
    ] {
        let sets = [&SMALL[..], &["run.runs=1", "run.per_run_table=true"], sets].concat();
        let saving = [&sets[..], &["run.save_weights=initial"]].concat();
        run(&lab, &["--train-data", "d.csv"], name, &saving);
        let weights = format!("{name}/weights/setting0000-run0000-initial.npz");
        let given = format!("network.initial_weights={weights}");
        let again = format!("{name}-again");
        run(
            &lab,
            &["--train-data", "d.csv"],
            &again,
            &[&sets[..], &[&given]].concat(),
        );
        for file in ["summary.csv", "runs.csv"] {
            let text = lab.text(&format!("{name}/{file}"));
            assert_eq!(lab.text(&format!("{again}/{file}")), text, "{name}");
        }
    }
}

fn saved(folder: &Path) -> Vec<String> {
    names(&folder.join("weights"), ".npz")
}

#[test]
fn final_weights_of_a_linear_network_are_saved_for_every_rule() {
    let lab = lab();
    for rule in [
        "feedback_alignment",
        "backpropagation",
        "kolen_pollack",
        "hebbian_feedback",
        "oja_feedback",
    ] {
        let set = format!("learning.rule={rule}");
        let sets = [
            &SMALL[..],
            &["run.save_weights=both", "learning.step_size=0.1", &set],
        ];
        let sets = sets.concat();
        run(&lab, &["--train-data", "d.csv"], rule, &sets);
        let plain = format!("{rule}-plain");
        let reference = [&sets[..], &["run.engine=reference"]].concat();
        run(&lab, &["--train-data", "d.csv"], &plain, &reference);
        let files = saved(&lab.path(rule));
        assert_eq!(files.len(), 4, "two runs, initial and final: {files:?}");
        assert_eq!(files, saved(&lab.path(&plain)));
        for file in files {
            let load = |out: &str| load_weights(&lab.path(out).join("weights").join(&file));
            let (a, b) = (load(rule).unwrap(), load(&plain).unwrap());
            for (a, b) in [
                (a.hidden, b.hidden),
                (a.output, b.output),
                (a.feedback, b.feedback),
            ] {
                let far = (&a - &b).iter().fold(0.0_f64, |m, x| m.max(x.abs()));
                assert!(far < 1e-10, "{rule}, {file}: {far}");
            }
        }
    }
}

#[test]
fn what_the_linear_engine_cannot_give_is_chosen_around_or_refused() {
    let lab = lab();
    let movements = "run.quantities=[\"hidden_movement_max\", \"output_movement_max\"]";
    for set in ["run.save_weights=final", movements] {
        let sets = [&SMALL[..], &["learning.rule=backpropagation", set]].concat();
        let out = format!("run{}", set.len());
        run(&lab, &["--train-data", "d.csv"], &out, &sets);
        let config = lab.text(&format!("{out}/experiment.toml"));
        assert!(config.contains("engine = \"sample_space\""), "{config}");
        let mut words = vec!["run", "--train-data", "d.csv", "--set", "run.engine=linear"];
        words.extend(sets.iter().flat_map(|set| ["--set", *set]));
        let key = &set[..set.find('=').unwrap()];
        lab.falign(&words)
            .refuses(&[key, "single hidden units", "run.engine = \"sample_space\""]);
        words.extend(["--set", "network.draw=gram"]);
        lab.falign(&words).refuses(&[key, "gram", "weights"]);
    }
    let summary = table(&lab.text(&format!("run{}/summary.csv", movements.len())));
    for name in ["hidden_movement_max_mean", "output_movement_max_mean"] {
        assert!(
            column(&summary, name).iter().all(|cell| !cell.is_empty()),
            "{name}"
        );
    }
    // Feedback alignment keeps its units in the linear engine.
    run(
        &lab,
        &["--train-data", "d.csv"],
        "fa",
        &[&SMALL[..], &[movements]].concat(),
    );
    assert!(
        lab.text("fa/experiment.toml")
            .contains("engine = \"linear\"")
    );
    let summary = table(&lab.text("fa/summary.csv"));
    assert!(
        column(&summary, "hidden_movement_max_mean")
            .iter()
            .all(|cell| !cell.is_empty())
    );
}

#[test]
fn final_weights_are_those_of_the_last_step_or_refused() {
    let lab = lab();
    let words = [
        "run",
        "--train-data",
        "d.csv",
        "--set",
        "run.save_weights=final",
        "--set",
        "run.steps=40",
        "--set",
    ];
    lab.falign(&[&words[..], &["run.record={ at = [0, 10] }"]].concat())
        .refuses(&["run.record", "run.save_weights", "run.steps"]);
    lab.falign(&[&words[..], &["run.record={ at = [0, 40] }"]].concat())
        .succeeds();
}
