//! Whole files in, settings or one clear message out.

#![allow(clippy::too_many_lines, reason = "one table of cases")]

use super::setting::{Engine, Record, Ridge, Setting, StepSize, Steps};
use super::*;
use crate::math::Activation;
use crate::two_layer::Draw;

fn parse(text: &str) -> Result<Experiment> {
    Experiment::parse(&format!("name = \"test\"\n{text}"), &Overrides::none())
}

fn with(text: &str, set: &[&str], cases: &[&str]) -> Result<Experiment> {
    let own = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect();
    Experiment::parse(
        &format!("name = \"test\"\n{text}"),
        &Overrides {
            set: own(set),
            cases: own(cases),
        },
    )
}

fn only(text: &str) -> Setting {
    let experiment = parse(text).unwrap();
    assert_eq!(experiment.settings.len(), 1);
    experiment.settings[0].setting.clone()
}

fn labels(experiment: &Experiment) -> Vec<String> {
    let value = |one: &LabelledSetting| {
        let axes: Vec<_> = one.axes.iter().map(|(_, value)| value.clone()).collect();
        format!("{}:{}", one.case, axes.join(","))
    };
    experiment.settings.iter().map(value).collect()
}

#[test]
fn an_empty_file_is_the_default_setting_resolved() {
    let setting = only("");
    assert_eq!(
        (setting.samples, setting.input_dim, setting.width),
        (50, 150, 3200)
    );
    assert_eq!(
        (setting.engine, setting.draw),
        (Engine::Linear, Draw::Weights)
    );
    assert_eq!(setting.record, Record::Count(100));
    let wide = only("[network]\nwidth = 1e12");
    assert_eq!((wide.engine, wide.draw), (Engine::Linear, Draw::Gram));
    let dropped = only("[learning]\ndropout = 0.1");
    assert_eq!(
        (dropped.engine, dropped.draw),
        (Engine::SampleSpace, Draw::Weights)
    );
}

#[test]
fn theory_units_are_read() {
    let setting = only(
        "[learning]\nridge = { gamma = 3 }\nschedule = \"cutoff\"\ncutoff = { c_s = 5 }\n[run]\nsteps = { tau = 8 }",
    );
    assert_eq!(setting.ridge, Ridge::Gamma(3.0));
    assert_eq!(setting.steps, Steps::Tau(8.0));
}

#[test]
fn theory_units_are_known_for_every_activation() {
    for activation in Activation::ALL {
        let setting = only(&format!(
            "[network]\nactivation = \"{}\"\n[learning]\nridge = {{ gamma = 3 }}",
            activation.name()
        ));
        assert_eq!(setting.ridge, Ridge::Gamma(3.0));
        assert_eq!(setting.step_size, StepSize::Auto);
    }
}

const SWEPT: &str = r#"
[sweep]
"network.width" = [200, 400]
"learning.ridge" = [0, 0.5]
[[case]]
name = "linear"
[[case]]
name = "relu"
"network.activation" = "relu"
learning.step_size = 1e-3
[case.sweep]
"learning.ridge" = [0, 0.02, 0.2]
[[case]]
name = "narrow"
[case.network]
width = 10
"#;

#[test]
fn the_cross_product_runs_in_the_order_listed_with_the_last_axis_fastest() {
    assert_eq!(
        labels(&parse(SWEPT).unwrap()),
        [
            "linear:200,0",
            "linear:200,0.5",
            "linear:400,0",
            "linear:400,0.5",
            "relu:200,0",
            "relu:200,0.02",
            "relu:200,0.2",
            "relu:400,0",
            "relu:400,0.02",
            "relu:400,0.2",
            "narrow:0",
            "narrow:0.5",
        ]
    );
}

#[test]
fn set_beats_cases_and_replaces_axes() {
    let scalar = with(SWEPT, &["network.width=50"], &["linear", "relu"]).unwrap();
    assert_eq!(labels(&scalar).len(), 5);
    assert!(scalar.settings.iter().all(|one| one.setting.width == 50));
    let list = with(
        SWEPT,
        &["learning.ridge = [0.1]", "network.width=[1,2,3]"],
        &["relu"],
    )
    .unwrap();
    assert_eq!(labels(&list), ["relu:1,0.1", "relu:2,0.1", "relu:3,0.1"]);
    let word = with(
        "",
        &["network.activation=relu", "learning.step_size=0.1"],
        &[],
    )
    .unwrap();
    assert_eq!(word.settings[0].column("activation").unwrap(), "relu");
    let quantities = with("", &["run.quantities=[\"loss\"]"], &[]).unwrap();
    assert_eq!(quantities.settings[0].setting.quantities.len(), 1);
}

#[test]
fn every_mistake_names_the_key_the_value_and_the_mend() {
    for (text, parts) in [
        (
            "[network]\nactivaton = \"relu\"",
            ["network.activaton", "relu", "`network.activation`"],
        ),
        ("[run]\nwidth = 3", ["run.width", "3", "`network.width`"]),
        ("[netwrk]\nwidth = 3", ["netwrk", "width", "`network`"]),
        ("width = 3", ["width", "3", "`network.width`"]),
        (
            "[network]\nactivation = \"rellu\"",
            ["network.activation", "rellu", "\"relu\""],
        ),
        (
            "[network]\nwidth = -3",
            ["network.width", "-3", "from 1 to 10^15"],
        ),
        (
            "[network]\nwidth = \"3\"",
            ["network.width", "\"3\"", "whole number"],
        ),
        (
            "[learning]\nstep_size = { overM = 3 }",
            ["learning.step_size", "overM", "over_M"],
        ),
        (
            "[learning]\ndropout = 1.0",
            ["learning.dropout", "1.0", "below 1"],
        ),
        (
            "[learning]\nfeedback_correlation = 1.5",
            ["learning.feedback_correlation", "1.5", "-1 to 1"],
        ),
        (
            "[run]\nquantities = [\"los\"]",
            ["run.quantities", "\"los\"", "`loss`"],
        ),
        (
            "[run]\nquantities = [\"loss\", \"loss\"]",
            ["run.quantities", "loss", "once"],
        ),
        (
            "[run]\nrecord = { at = [3, 2] }",
            ["run.record", "[3, 2]", "ascending"],
        ),
        (
            "[run]\nrecord = { at = [0, 2000] }",
            ["run.record", "2000", "run.steps is 1000"],
        ),
        (
            "[sweep]\n\"network.widht\" = [1]",
            ["network.widht", "[1]", "`network.width`"],
        ),
        (
            "[sweep]\n\"network.width\" = 1",
            ["sweep.network.width", "1", "list"],
        ),
        (
            "[sweep]\n\"network.width\" = []",
            ["sweep.network.width", "[]", "not empty"],
        ),
        (
            "[sweep]\n\"network.width\" = [1, 1]",
            ["sweep.network.width", "1", "twice"],
        ),
        (
            "[sweep]\n\"network.width\" = [1, 1.0]",
            ["sweep", "width = 1", "same setting"],
        ),
        (
            "[[case]]\n\"network.width\" = 1",
            ["case.name", "unset", "unique name"],
        ),
        (
            "[[case]]\nname=\"a\"\n[[case]]\nname=\"a\"",
            ["case.name", "\"a\"", "unique"],
        ),
        (
            "[[case]]\nname=\"a\"\n[[case]]\nname=\"b\"",
            ["sweep", "case `b`", "case `a`"],
        ),
        (
            "[[case]]\nname=\"a\"\n\"run.stps\" = 1",
            ["run.stps", "1", "`run.steps`"],
        ),
        (
            "[[case]]\nname=\"a\"\n\"run.steps\" = -1",
            ["run.steps", "-1", "in case `a`"],
        ),
        (
            "[network]\nwidth = 3\n\"width\" = 4",
            ["line 4", "width", "duplicate key"],
        ),
        ("[network", ["line 2", "[network", "not TOML"]),
        (
            "[figure]\n[[figure.panel]]\nx = \"step\"\ny = \"los\"",
            ["figure.panel.y", "los", "`loss`"],
        ),
        (
            "[figure]\n[[figure.panel]]\nx = \"step\"\ny = \"alignment\"\nseries = \"layer\"",
            ["figure.panel.y", "alignment", "`alignment_layer_1`"],
        ),
        (
            "[figure]\n[[figure.panel]]\nx = \"stp\"\ny = \"loss\"",
            ["figure.panel.x", "stp", "`step`"],
        ),
        ("[figure]\ncolums = 2", ["figure", "colums", "columns"]),
        (
            "[figure]\n[[figure.panel]]\nx = \"step\"\ny = \"loss\"\ny_min = 5\ny_max = 1",
            ["figure.panel.y_min", "5", "less than y_max = 1"],
        ),
        (
            "[figure]\n[[figure.panel]]\nx = \"step\"\ny = \"loss\"\ny_min = 1\ny_max = 1",
            ["figure.panel.y_min", "1", "less than y_max = 1"],
        ),
        (
            "[figure]\n[[figure.panel]]\nx = \"step\"\ny = \"loss\"\ny_max = inf",
            ["figure.panel.y_max", "inf", "finite"],
        ),
        (
            "[figure]\n[[figure.panel]]\nx = \"step\"\ny = \"loss\"\ny_scale = \"log\"\ny_min = 0",
            ["figure.panel.y_min", "0", "above 0"],
        ),
        (
            "[figure]\n[[figure.panel]]\nx = \"step\"\ny = \"loss\"\nwhere = { step = \"lst\" }",
            ["figure.panel.where.step", "lst", "\"last\""],
        ),
        (
            "[figure]\n[[figure.panel]]\nx = \"step\"\ny = \"loss\"\nwhere = { step = [1, \"last\"] }",
            ["figure.panel.where.step", "1", "a list of steps"],
        ),
    ] {
        let message = parse(text).unwrap_err().to_string();
        for part in parts {
            assert!(
                message.contains(part),
                "{text}\n  gives: {message}\n  without: {part}"
            );
        }
    }
}

#[test]
fn contradictions_name_the_mend() {
    const RELU: &str = "[network]\nactivation = \"relu\"\n";
    const GRAM: &str = "[network]\ndraw = \"gram\"\n";
    for (text, parts) in [
        (
            format!("{RELU}[run]\nengine = \"linear\""),
            ["run.engine", "network.activation", "sample_space"],
        ),
        (
            "[learning]\ndropout = 0.1\n[run]\nengine = \"linear\"".to_owned(),
            ["run.engine", "dropout", "sample_space"],
        ),
        (
            format!("{GRAM}[run]\nengine = \"reference\""),
            ["network.draw", "linear engine", "weights"],
        ),
        (
            format!("{GRAM}[run]\nquantities = [\"hidden_movement_max\"]"),
            ["run.quantities", "hidden_movement_max", "rms"],
        ),
        (
            format!("{GRAM}[run]\nsave_weights = \"final\""),
            ["run.save_weights", "gram", "none"],
        ),
        (
            format!("{GRAM}initial_weights = \"w.npz\""),
            ["network.initial_weights", "gram", "weights"],
        ),
        (
            "[network]\nwidth = 1e12\nactivation = \"relu\"\n[learning]\nstep_size = 1".to_owned(),
            ["network.width", "1000000000000", "gram"],
        ),
        (
            "[data]\ninputs = \"orthonormal\"\nsamples = 200".to_owned(),
            ["data.inputs", "200 > 150", "data.samples <= data.input_dim"],
        ),
        (
            "[learning]\nschedule = \"cutoff\"".to_owned(),
            ["learning.schedule", "cutoff", "learning.cutoff"],
        ),
        (
            "[learning]\nschedule = \"exponential\"".to_owned(),
            ["learning.schedule", "exponential", "learning.decay_steps"],
        ),
        (
            "[learning]\nschedule = \"table\"".to_owned(),
            ["learning.schedule", "table", "learning.ridge_table"],
        ),
        (
            "[run]\nsteps = { eta_lambda_t = 3 }".to_owned(),
            ["run.steps", "eta_lambda_t = 3", "learning.ridge"],
        ),
        (
            "[learning]\nschedule = \"cutoff\"\ncutoff = { c_s = 3 }".to_owned(),
            ["learning.cutoff", "c_s = 3", "without ridge"],
        ),
        (
            format!("{RELU}[learning]\nstep_size = 1\n[data]\nteacher_width = 1e12"),
            ["data.teacher_width", "1000000000000", "linear teacher"],
        ),
        (
            "[data]\ntrain_data = \"x.npz\"\nsamples = 3".to_owned(),
            ["data.samples", "3", "data.train_data"],
        ),
        (
            "[learning]\nrule = \"backpropagation\"\n[run]\nengine = \"linear\"\nsave_weights = \"final\"".to_owned(),
            ["run.save_weights", "backpropagation", "sample_space"],
        ),
        (
            "[learning]\nrule = \"oja_feedback\"\n[run]\nengine = \"linear\"\nquantities = [\"conservation_drift\"]".to_owned(),
            ["run.quantities", "conservation_drift", "sample_space"],
        ),
        (
            "[run]\nsave_weights = \"both\"\nrecord = { at = [0, 10] }".to_owned(),
            ["run.record", "10", "run.save_weights"],
        ),
        (
            "[run]\nsteps = 1e15\nrecord = { every = 10 }".to_owned(),
            ["run.record", "every=10", "record fewer"],
        ),
        (
            "[network]\ninitial_weights = \"w.npz\"\n[learning]\nfeedback_correlation = 0.5".to_owned(),
            ["learning.feedback_correlation", "0.5", "initial_weights"],
        ),
        (
            "[data]\nsamples = 1e6".to_owned(),
            ["data.samples", "1000000", "GB of memory"],
        ),
        (
            "[figure]\n[[figure.panel]]\nx = \"step\"\ny = \"held_out_loss\"".to_owned(),
            ["figure.panel.y", "held_out_loss", "run.quantities"],
        ),
        (
            "[figure]\n[[figure.panel]]\nx = \"step\"\ny = \"loss\"\nwhere = { width = [1, 2] }".to_owned(),
            ["figure.panel.where.width", "[1, 2]", "no setting"],
        ),
        (
            "[data]\nheld_out_data = \"x.npz\"".to_owned(),
            ["data.held_out_data", "data.train_data", "data.held_out"],
        ),
        (
            "[run]\nquantities = [\"held_out_loss\"]".to_owned(),
            ["run.quantities", "held_out_loss", "data.held_out"],
        ),
    ] {
        let message = parse(&text).unwrap_err().to_string();
        for part in parts {
            assert!(
                message.contains(part),
                "{text}\n  gives: {message}\n  without: {part}"
            );
        }
    }
}

#[test]
fn overrides_name_their_mistakes() {
    for (set, cases, parts) in [
        (
            &["network.widt=3"][..],
            &[][..],
            ["network.widt", "3", "`network.width`"],
        ),
        (&["widht=3"], &[], ["widht", "3", "`network.width`"]),
        (
            &["network.width"],
            &[],
            ["--set", "network.width", "KEY=VALUE"],
        ),
        (
            &["network.activation=[relu, 'tanh]"],
            &[],
            ["network.activation", "[relu, 'tanh]", "quote"],
        ),
        (
            &["network.width=wide"],
            &[],
            ["network.width", "wide", "whole number"],
        ),
        (
            &["network.activation=[rleu, tanh]", "learning.step_size=0.1"],
            &[],
            ["network.activation", "\"rleu\"", "\"relu\""],
        ),
        (&[], &["rleu"], ["--case", "rleu", "`relu`"]),
    ] {
        let message = with(SWEPT, set, cases).unwrap_err().to_string();
        for part in parts {
            assert!(message.contains(part), "{set:?} {cases:?} gives: {message}");
        }
    }
}

/// The place in an error's message: what is underlined, and where.
fn pointed_at(error: &Error) -> (usize, usize, String) {
    let Error::Config { place, .. } = error else {
        panic!("{error}");
    };
    let place = place.as_ref().unwrap_or_else(|| panic!("{error}"));
    let text = place.text.chars();
    let text = text.skip(place.column - 1).take(place.length).collect();
    (place.line, place.column, text)
}

#[test]
fn errors_point_at_the_value_that_was_typed() {
    const CASES: &str =
        "[sweep]\n\"network.width\" = [1, -2]\n[[case]]\nname = \"a\"\n\"learning.ridge\" = 1";
    for (text, line, column, underlined) in [
        ("[network]\nwidth = -3", 3, 9, "-3"),
        ("[network]\nwidht = 3", 3, 1, "widht"),
        ("network.width = \"a\"", 2, 17, "\"a\""),
        ("[netwrk]\nwidth = 3", 2, 2, "netwrk"),
        (CASES, 3, 23, "-2"),
        (
            "[[case]]\nname = \"a\"\n[case.network]\nwidth = 0.5",
            5,
            9,
            "0.5",
        ),
        ("[sweep]\n\"network.width\" = [1, 1]", 3, 23, "1"),
        ("[run]\nquantities = [\"los\"]", 3, 14, "[\"los\"]"),
        // What contradicts another key is where it was typed, whatever it was merged with.
        (
            "[learning]\ndropout = 0.1\n[run]\nengine = \"linear\"",
            5,
            10,
            "\"linear\"",
        ),
        (
            "[[case]]\nname = \"a\"\n\"run.steps\" = 5\n\"run.epochs\" = 2",
            4,
            15,
            "5",
        ),
        (
            "[[claim]]\nid = \"a\"\ntext = \"t\"\nsource = \"s\"\nquantity = \"los\"\nkind = \"between\"",
            6,
            12,
            "\"los\"",
        ),
        (
            "[[figure.panel]]\nx = \"step\"\ny = \"loss\"\n[[figure.panel]]\nx = \"step\"\ny = \"los\"",
            7,
            5,
            "\"los\"",
        ),
    ] {
        let found = pointed_at(&parse(text).unwrap_err());
        assert_eq!(found, (line, column, underlined.to_owned()), "{text}");
    }
    for (set, column, underlined) in [
        ("network.width=-3", 15, "-3"),
        ("network.width = [1, -3]", 21, "-3"),
        ("network.activation=rleu", 20, "rleu"),
        ("network.activation=[rleu, tanh]", 20, "[rleu, tanh]"),
        ("network.activation=[rleu, 'tanh]", 20, "[rleu, 'tanh]"),
        ("network.widht=1", 1, "network.widht"),
    ] {
        let error = with("[network]\nwidth = 3", &[set], &[]).unwrap_err();
        assert_eq!(pointed_at(&error), (1, column, underlined.to_owned()));
        assert!(error.to_string().contains("--> --set"), "{error}");
    }
}

#[test]
fn an_error_of_a_file_shows_path_line_and_column() {
    let folder = std::env::temp_dir().join(format!("falign-places-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("own.toml");
    std::fs::write(&file, "name = \"own\"\n\n[network]\nwidth = 0 # too small").unwrap();
    let error = Experiment::load(&file, &Overrides::none()).unwrap_err();
    std::fs::remove_dir_all(&folder).unwrap();
    let expected = format!(
        "network.width = 0: expected a whole number from 1 to 10^15\n  --> {}:4:9\n   |\n 4 | width = 0 # too small\n   |         ^",
        file.display()
    );
    assert_eq!(error.to_string(), expected);
}

#[test]
fn the_name_must_fit_a_folder() {
    for text in ["", "name = \"\"", "name = \"a/b\"", "name = \"..\""] {
        let message = Experiment::parse(text, &Overrides::none())
            .unwrap_err()
            .to_string();
        assert!(message.starts_with("name = "), "{message}");
    }
}

#[test]
fn the_resolved_text_is_the_same_experiment_and_writes_itself() {
    let claimed = format!(
        "{SWEPT}\n[[claim]]\nid = \"up\"\ntext = \"t\"\nsource = \"s\"\nquantity = \"alignment\"\nwhere = {{ case = [\"relu\", \"linear\"], step = \"last\" }}\nkind = \"increasing_in\"\nover = \"ridge\"\n[figure]\ntitle = \"F\"\n[[figure.panel]]\nx = \"width\"\ny = \"alignment\"\nseries = \"ridge\"\nwhere = {{ case = \"relu\", step = \"last\" }}\nx_scale = \"log\"\n"
    );
    let units = "[learning]\nridge = { gamma = 3 }\nschedule = \"table\"\nridge_table = [1, 0.5]\n[run]\nsteps = { tau = 8 }\nrecord = \"last\"";
    let mirror = "[learning]\nrule = \"weight_mirror\"\nstep_size = 0.1\nmirror_response = { activation = 0.03 }\nfeedback_step_size = 1.28\nfeedback_decay = 0";
    for text in [
        "",
        SWEPT,
        &claimed,
        units,
        mirror,
        "[data]\ntrain_data = \"x.npz\"",
    ] {
        let first = parse(text).unwrap();
        let written = first.resolved_toml();
        let second = Experiment::parse(&written, &Overrides::none()).unwrap();
        assert_eq!(first, second, "{written}");
        assert_eq!(written, second.resolved_toml());
    }
    // With overrides too: cases that are not kept leave the claims, claims without an axis go.
    for (set, left_out) in [("network.width=5", 0), ("learning.ridge=0.1", 1)] {
        let changed = with(&claimed, &[set], &["linear"]).unwrap();
        assert_eq!(changed.left_out.len(), left_out);
        let again = Experiment::parse(&changed.resolved_toml(), &Overrides::none()).unwrap();
        assert_eq!(changed.settings, again.settings);
        assert_eq!(changed.claims, again.claims);
    }
}

#[test]
fn claims_about_cases_that_do_not_run_are_left_out_and_say_so() {
    let about = |id: &str, filter: &str| {
        format!(
            "[[claim]]\nid = \"{id}\"\ntext = \"t\"\nsource = \"s\"\nquantity = \"alignment\"\n\
             kind = \"between\"\nmax = 1\n{filter}\n"
        )
    };
    let text = [
        SWEPT,
        &about("here", "where = { case = [\"relu\", \"linear\"] }"),
        &about("there", "where = { case = [\"relu\", \"narrow\"] }"),
        &about("anywhere", "where = { ridge = 0 }"),
    ]
    .concat();
    let experiment = with(&text, &[], &["linear"]).unwrap();
    let kept: Vec<&str> = experiment.claims.iter().map(|claim| &*claim.id).collect();
    assert_eq!(kept, ["here", "anywhere"]);
    let elsewhere = "about cases that do not run".to_owned();
    assert_eq!(experiment.left_out, [("there".to_owned(), elsewhere)]);
}

#[test]
fn loaded_paths_are_relative_to_the_file() {
    let folder = std::env::temp_dir().join(format!("falign-config-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("own.toml");
    std::fs::write(&file, "name = \"own\"\n[data]\ntrain_data = \"x.npz\"").unwrap();
    let experiment = Experiment::load(&file, &Overrides::none()).unwrap();
    let path = experiment.settings[0].setting.train_data.clone().unwrap();
    assert_eq!(path, folder.join("x.npz"));
    std::fs::write(&file, "name = ").unwrap();
    let message = Experiment::load(&file, &Overrides::none())
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("own.toml") && message.contains("line 1"),
        "{message}"
    );
    std::fs::remove_dir_all(&folder).unwrap();
    let message = Experiment::load(&file, &Overrides::none())
        .unwrap_err()
        .to_string();
    assert!(message.contains("own.toml"), "{message}");
}

#[test]
fn a_bare_file_name_is_in_the_folder_of_the_program() {
    // Tests run in the folder of their crate.
    let error = Experiment::load(Path::new("Cargo.toml"), &Overrides::none()).unwrap_err();
    assert!(
        matches!(&error, Error::Config { key, .. } if key == "package"),
        "{error}"
    );
}

#[test]
fn paths_on_the_command_line_are_relative_to_where_it_is_typed() {
    let here = std::env::current_dir().unwrap();
    let experiment = with(SWEPT, &["data.train_data=x.npz"], &["linear"]).unwrap();
    let path = experiment.settings[0].setting.train_data.clone().unwrap();
    assert_eq!(path, here.join("x.npz"));
    let swept = with("", &["network.initial_weights=['a.npz', 'b.npz']"], &[]).unwrap();
    let path = |index: usize| swept.settings[index].setting.initial_weights.clone();
    assert_eq!(path(0), Some(here.join("a.npz")));
    assert_eq!(path(1), Some(here.join("b.npz")));
}

#[test]
fn given_data_take_the_place_of_generated_ones() {
    let text = "[data]\nsamples = 7\n[sweep]\n\"data.outputs\" = [1, 2]\n[[case]]\nname = \"a\"\n\"data.input_dim\" = 3";
    assert_eq!(with(text, &[], &[]).unwrap().settings.len(), 2);
    let given = with(text, &["data.train_data=x.npz"], &[]).unwrap();
    assert_eq!(given.settings.len(), 1);
    let both = with(text, &["data.samples=3", "data.train_data=x.npz"], &[]);
    let message = both.unwrap_err().to_string();
    assert!(message.contains("data.samples = 3"), "{message}");
}

#[test]
fn the_linear_engine_is_chosen_only_where_it_has_what_is_asked() {
    let engine = |set: &[&str]| with("", set, &[]).unwrap().settings[0].setting.engine;
    let backpropagation = "learning.rule=backpropagation";
    let units = "run.quantities=[\"hidden_movement_max\"]";
    assert_eq!(engine(&[units, "run.save_weights=both"]), Engine::Linear);
    assert_eq!(engine(&[backpropagation]), Engine::Linear);
    for asked in [units, "run.save_weights=initial"] {
        assert_eq!(engine(&[backpropagation, asked]), Engine::SampleSpace);
    }
}

#[test]
fn panels_that_overrides_leave_without_rows_are_left_out() {
    let text = format!(
        "{SWEPT}\n[[figure.panel]]\nx = \"step\"\ny = \"loss\"\nwhere = {{ case = \"relu\", width = 200 }}\n\
         series = \"ridge\"\n[[figure.panel]]\nx = \"step\"\ny = \"alignment\"\nseries = \"ridge\"\n\
         dash = \"case\"\nwhere = {{ width = 200 }}\n"
    );
    let panels = |set: &[&str], cases: &[&str]| {
        let experiment = with(&text, set, cases).unwrap();
        experiment.figure.unwrap().panels.len()
    };
    assert_eq!(panels(&[], &[]), 2);
    assert_eq!(panels(&[], &["linear"]), 1);
    assert_eq!(panels(&["run.quantities=[\"loss\"]"], &[]), 1);
    assert_eq!(panels(&["run.quantities=[\"tau\"]"], &["linear"]), 0);
}

#[test]
fn panels_that_no_run_could_fill_are_told_from_others() {
    const PANEL: &str = "[figure]\n[[figure.panel]]\nx = \"step\"\ny = \"loss\"\n";
    for (text, parts) in [
        (
            format!("{PANEL}series = \"dropout\""),
            ["figure.panel.series", "dropout", "not swept"],
        ),
        (
            format!("{PANEL}where = {{ dropout = 0 }}"),
            ["figure.panel.where", "dropout", "not swept"],
        ),
        (
            PANEL.replace("\"step\"", "\"dropout\""),
            ["figure.panel.x", "dropout", "not swept"],
        ),
        (
            PANEL.replace("\"step\"", "\"activation\""),
            ["figure.panel.x", "linear", "no numbers"],
        ),
        (
            format!("[sweep]\n\"learning.ridge\" = [0, 1]\n{PANEL}"),
            ["figure.panel.x", "ridge = 0 and 1", "one curve"],
        ),
        (
            format!(
                "[sweep]\n\"learning.ridge\" = [0.5, {{ gamma = 1 }}]\n{}",
                PANEL.replace("\"step\"", "\"ridge\"")
            ),
            ["figure.panel.x", "0.5, gamma=1", "different units"],
        ),
        (
            format!(
                "{}where = {{ step = [0, 10] }}",
                PANEL.replace("\"step\"", "\"width\"")
            ),
            ["figure.panel.where.step", "[0, 10]", "choose one"],
        ),
    ] {
        // Folders of runs are read all the same.
        let experiment = parse(&text).unwrap();
        let panel = &experiment.figure.as_ref().unwrap().panels[0];
        let error = super::figure::fit::legible(panel, &experiment.settings, experiment.rules())
            .unwrap_err();
        for part in parts {
            assert!(
                error.to_string().contains(part),
                "{error}\n  without: {part}"
            );
        }
    }
}
