//! A file that cannot be used is refused in one line, with its path, the place in it and the fix.

use crate::support::Lab;
use crate::support::numpy::{npy, npz};

fn lab() -> Lab {
    let lab = Lab::new();
    lab.file("good.csv", "a,b,y\n1,2,3\n4,5,6\n7,8,1\n");
    lab
}

#[test]
fn data_that_cannot_be_read_are_named_with_the_place_and_the_fix() {
    let lab = lab();
    let x = npy("(2, 2)", &[1.0, 2.0, 3.0, 4.0]);
    let y = npy("(2,)", &[1.0, 2.0]);
    let nan = npy("(2, 2)", &[1.0, f64::NAN, 3.0, 4.0]);
    let whole = npz(&[("X", x.clone()), ("y", y.clone())]);
    let structured = String::from_utf8_lossy(&x[10..])
        .replace("'<f8'", "'<M8'")
        .into_bytes();
    let dates = [&x[..10], &structured[..118], &x[128..]].concat();
    for (name, content, parts) in [
        ("a.csv", b"".to_vec(), &["empty"][..]),
        ("a.csv", b"a,y\n".to_vec(), &["no samples"]),
        (
            "a.csv",
            b"1,2\n3,x\n".to_vec(),
            &["line 2, column 2", "`x`"],
        ),
        (
            "a.csv",
            b"a,y\n1,2\nNaN,3\n".to_vec(),
            &["line 3, column 1", "`NaN` is a missing value"],
        ),
        (
            "a.csv",
            b"1,2\n3,\n".to_vec(),
            &["line 2, column 2", "empty"],
        ),
        (
            "a.csv",
            b"1,2\n3,4,5\n".to_vec(),
            &["line 2 has 3 columns, expected 2"],
        ),
        ("a.csv", b"1|2\n".to_vec(), &["semicolons", "commas"]),
        ("a.csv", b"1\n2\n".to_vec(), &["one column", "target"]),
        ("a.csv", b"1,\xff\n".to_vec(), &["UTF-8"]),
        ("a.npy", b"".to_vec(), &["empty"]),
        ("a.npy", b"hello".to_vec(), &["not an NPY file"]),
        ("a.npy", x[..100].to_vec(), &["truncated"]),
        ("a.npy", x[..150].to_vec(), &["truncated", "save it again"]),
        ("a.npy", nan.clone(), &["NaN at row 0, column 1", "finite"]),
        ("a.npy", y.clone(), &["shape (2,)", "two dimensions"]),
        (
            "a.npy",
            npy("(2, 1)", &[1.0, 2.0]),
            &["1 column", "numpy.savez"],
        ),
        ("a.npy", dates, &["'<M8'", "float64"]),
        ("a.npz", b"".to_vec(), &["empty"]),
        ("a.npz", b"hello".to_vec(), &["not an NPZ file"]),
        ("a.npz", whole[..whole.len() / 2].to_vec(), &["truncated"]),
        (
            "a.npz",
            npz(&[]),
            &["no array `X` or `inputs`", "numpy.savez"],
        ),
        (
            "a.npz",
            npz(&[("X", x.clone())]),
            &["no array `y` or `targets`", "numpy.savez"],
        ),
        (
            "a.npz",
            npz(&[("X", nan), ("y", y.clone())]),
            &["inputs", "NaN at row 0, column 1", "finite"],
        ),
        (
            "a.npz",
            npz(&[("X", x.clone()), ("y", npy("(3,)", &[1.0, 2.0, 3.0]))]),
            &["targets has shape (3, 1)", "2 rows"],
        ),
        (
            "a.npz",
            npz(&[("X", y.clone()), ("y", y)]),
            &["array `X`", "two dimensions", "reshape"],
        ),
        (
            "a.npz",
            npz(&[("X", npy("(0, 2)", &[])), ("y", npy("(0,)", &[]))]),
            &["array `X`: has shape (0, 2)", "at least one row"],
        ),
        ("a.txt", b"1,2\n".to_vec(), &[".npz, .npy or .csv"]),
    ] {
        lab.file(name, content);
        let parts = [&[name], parts].concat();
        lab.falign(&["run", "--train-data", name]).refuses(&parts);
        assert!(!lab.path("runs").exists(), "{name} {parts:?}");
        let held_out = format!("data.held_out_data={name}");
        lab.falign(&["run", "--train-data", "good.csv", "--set", &held_out])
            .refuses(&parts);
        assert!(!lab.path("runs").exists(), "{name} {parts:?}");
    }
}

/// A pipe, which nobody writes to, where a regular file belongs.
#[cfg(unix)]
#[test]
fn a_pipe_is_refused_by_name_wherever_a_file_is_read() {
    let lab = lab();
    lab.run(&[
        "--train-data",
        "good.csv",
        "--set",
        "run.steps=2",
        "--out",
        "run",
    ]);
    let fifo = |name: &str| {
        let _ = std::fs::remove_file(lab.path(name));
        let made = std::process::Command::new("mkfifo")
            .arg(lab.path(name))
            .status();
        assert!(made.unwrap().success());
    };
    let words = "Is a pipe (FIFO), where a regular file is expected; store what it gives in a file";
    for name in ["a.csv", "a.npz", "a.npy.gz", "a.safetensors", "a.toml"] {
        fifo(name);
    }
    lab.file(
        "classes.toml",
        "name = \"classes\"\n[data]\nlabelled_data = \"a.npz\"\n[learning]\nstep_size = 0.1\n\
         batch = 2\n[run]\nengine = \"mini_batch\"\nepochs = 1\n",
    );
    let set = |set: &'static str| ["run", "--train-data", "good.csv", "--set", set];
    let deep = "run.engine=mini_batch";
    for (arguments, name) in [
        (&["run", "--train-data", "a.csv"][..], "a.csv"),
        (&["run", "--train-data", "a.npy.gz"], "a.npy.gz"),
        (&set("data.held_out_data=a.npz"), "a.npz"),
        (&set("network.initial_weights=a.npz"), "a.npz"),
        (
            &[
                "run",
                "quickstart",
                "--set",
                deep,
                "--init-from",
                "a.safetensors",
            ],
            "a.safetensors",
        ),
        (&["run", "classes.toml"], "a.npz"),
        (&["theory", "a.toml"], "a.toml"),
        (&["config", "a.toml"], "a.toml"),
        (&["check", "quickstart", "--stored", "a.csv"], "a.csv"),
        (&["data", "--mirrors", "a.toml", "list"], "a.toml"),
    ] {
        let answer = lab.falign(arguments);
        assert!(matches!(answer.code, Some(1 | 2)), "{arguments:?}");
        assert!(answer.err.contains(words), "{arguments:?}: {}", answer.err);
        assert!(answer.err.contains(name), "{arguments:?}: {}", answer.err);
    }
    // And in a run folder.
    let result = crate::support::names(&lab.path("run/results"), ".bin").remove(0);
    for name in [
        "summary.csv",
        "experiment.toml",
        &format!("results/{result}"),
    ] {
        let saved = std::fs::read(lab.path("run").join(name)).unwrap();
        fifo(&format!("run/{name}"));
        let command = if name == "summary.csv" {
            "show"
        } else {
            "check"
        };
        let answer = lab.falign(&[command, "run"]);
        assert!(matches!(answer.code, Some(1 | 2)), "{name}");
        assert!(answer.err.contains(words), "{name}: {}", answer.err);
        std::fs::remove_file(lab.path("run").join(name)).unwrap();
        std::fs::write(lab.path("run").join(name), saved).unwrap();
    }
}

#[test]
fn files_that_are_not_there_are_named_by_key_and_path() {
    let lab = lab();
    lab.falign(&["run", "--train-data", "gone.csv"]).refuses(&[
        "data.train_data = ",
        "gone.csv",
        "No such file",
        "NPZ, NPY or CSV",
    ]);
    for (key, file) in [
        ("data.held_out_data", "gone.npz"),
        ("network.initial_weights", "gone.npz"),
    ] {
        let set = format!("{key}={file}");
        lab.falign(&["run", "--train-data", "good.csv", "--set", &set])
            .refuses(&[key, file, "No such file", "NPZ"]);
    }
    lab.falign(&["run", "--train-data", "."])
        .refuses(&["data.train_data = ", "Is a directory"]);
    lab.file(
        "own.toml",
        "name = \"own\"\n[data]\ntrain_data = \"sub/gone.csv\"\n",
    );
    // Relative to the file, wherever the program runs.
    let path = |name: &str| lab.path(name).display().to_string();
    std::fs::create_dir(path("elsewhere")).unwrap();
    let output = lab
        .command(&["run", &path("own.toml")])
        .current_dir(path("elsewhere"))
        .output();
    crate::support::Answer::of(output.unwrap())
        .refuses(&["data.train_data", &lab.shown("sub/gone.csv")]);
    assert!(!lab.path("runs").exists());
}

#[test]
fn arrays_that_do_not_fit_are_named_with_both_shapes() {
    let lab = lab();
    lab.file("wide.csv", "1,2,3,4\n");
    lab.falign(&[
        "run",
        "--train-data",
        "good.csv",
        "--set",
        "data.held_out_data=wide.csv",
    ])
    .refuses(&[
        "data.held_out_data",
        "wide.csv",
        "3 and 1",
        "2 input and 1 target",
    ]);

    let weights = |hidden: (&str, usize), output: (&str, usize)| {
        npz(&[
            ("hidden_weights", npy(hidden.0, &vec![0.5; hidden.1])),
            ("output_weights", npy(output.0, &vec![0.5; output.1])),
            ("feedback_weights", npy(output.0, &vec![0.5; output.1])),
        ])
    };
    for (content, parts) in [
        (
            weights(("(4, 2)", 8), ("(4,)", 4)),
            &["hidden_weights", "(4, 2)", "(5, 2)", "network.width"][..],
        ),
        (
            weights(("(5, 3)", 15), ("(5,)", 5)),
            &["hidden_weights", "(5, 3)", "(5, 2)"],
        ),
        (
            weights(("(5, 2)", 10), ("(5, 2)", 10)),
            &["output_weights", "(5, 2)", "(5, 1)"],
        ),
        (
            weights(("(5, 2)", 10), ("(4,)", 4)),
            &["output_weights", "(4, 1)", "5 rows"],
        ),
        (
            npz(&[("hidden_weights", npy("(5, 2)", &[0.5; 10]))]),
            &["no array `output_weights`", "numpy.savez"],
        ),
        (b"hello".to_vec(), &["not an NPZ file"]),
    ] {
        lab.file("w.npz", content);
        let words = [
            "run",
            "--train-data",
            "good.csv",
            "--set",
            "network.width=5",
            "--set",
            "network.initial_weights=w.npz",
        ];
        lab.falign(&words).refuses(&[&["w.npz"], parts].concat());
        // With generated data the sizes come from the keys.
        lab.file(
            "own.toml",
            "name = \"own\"\n[data]\ninput_dim = 2\n[network]\nwidth = 5\ninitial_weights = \"w.npz\"\n",
        );
        lab.falign(&["run", "own.toml"])
            .refuses(&[&["w.npz"], parts].concat());
    }
    assert!(!lab.path("runs").exists());
}

#[test]
fn an_experiment_file_that_is_not_toml_shows_the_line() {
    let lab = lab();
    for (content, parts) in [
        (
            &b"name = \"x\"\n[network\nwidth = 3\n"[..],
            &["line 2", "`[network`"][..],
        ),
        (b"name = \"x\"\nwidth == 3\n", &["line 2", "`width == 3`"]),
        (b"name = \"x\nwidth = 3\n", &["line 1", "`name = \"x`"]),
        (
            b"[run]\nsteps = 1\nsteps = 2\n",
            &["line 3", "duplicate key"],
        ),
        (b"name = \"\xff\"\n", &["UTF-8"]),
        (b"\x7fELF\x00\x01", &["line 1"]),
    ] {
        lab.file("bad.toml", content);
        for command in ["run", "config", "check"] {
            lab.falign(&[command, "bad.toml"])
                .refuses(&[&["bad.toml", "not TOML"], parts].concat());
        }
    }
    for (content, parts) in [
        ("", &["bad.toml", "name = unset"][..]),
        ("name = 3", &["bad.toml", "name = 3", "string"]),
        ("name = \"a/b\"", &["bad.toml", "name = a/b", "folder"]),
        ("name = \"x\"\nrun = 3", &["run = 3", "[run]"]),
        (
            "name = \"x\"\n[[claim]]\nid = 3",
            &["claim", "3", "unique id"],
        ),
        (
            "name = \"x\"\n[[figure.panel]]\nx = \"step\"\ny = \"held_out_loss\"",
            &["figure.panel.y = \"held_out_loss\"", "run.quantities"],
        ),
        (
            "name = \"x\"\n[[figure.panel]]\nx = \"step\"\ny = \"loss\"\nwhere = { width = 7 }",
            &["figure.panel.where.width = 7", "no setting"],
        ),
    ] {
        lab.file("bad.toml", content);
        lab.falign(&["run", "bad.toml"]).refuses(parts);
    }
    assert!(!lab.path("runs").exists());
}

#[test]
fn a_damaged_run_folder_is_no_panic() {
    let lab = lab();
    let words = ["--train-data", "good.csv", "--out", "run"];
    let sets = ["--set", "run.steps=5", "--set", "network.width=6"];
    lab.run(&[&words[..], &sets[..]].concat());
    for (content, parts) in [
        (&b""[..], &["summary.csv"][..]),
        (b"case,step\n", &["summary.csv", "no rows"]),
        (b"case,step\na,1,2\n", &["summary.csv"]),
        (b"case,step\na,\xff\n", &["summary.csv"]),
        (b"case,width\na,1\n", &["summary.csv"]),
    ] {
        lab.file("run/summary.csv", content);
        for command in ["show", "plot"] {
            lab.falign(&[command, "run"]).fails(1, parts);
        }
        lab.falign(&["show", "run", "--json"]);
    }
    lab.file("run/experiment.toml", "name = ");
    for command in ["plot", "check"] {
        lab.falign(&[command, "run"])
            .refuses(&["run/experiment.toml", "line 1"]);
    }
}
