//! Output of `falign theory`, with and without a run.

use serde_json::Value;

use crate::support::Lab;

const RUN: &str = r#"
name = "wide"
[data]
samples = 8
input_dim = 40
inputs = "normal_over_dim"
[network]
activation = "tanh"
width = 3000
[run]
steps = 60
runs = 2
quantities = ["loss", "residual_norm", "alignment", "contraction", "hidden_movement_max", "output_movement_max"]
record = { every = 1 }
"#;

/// The one certificate that a command prints as JSON.
fn certificate(lab: &Lab, arguments: &[&str]) -> Value {
    let arguments = [&["theory", "--json"], arguments].concat();
    let text = lab.falign(&arguments).succeeds().out;
    let mut report: Value = serde_json::from_str(&text).unwrap();
    let all = report["certificates"].as_array_mut().unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

#[test]
fn a_page_has_a_hundred_columns_and_every_group() {
    let lab = Lab::new();
    for name in ["quickstart", "learned_feedback", "any_width"] {
        let text = lab.falign(&["theory", name]).succeeds().out;
        let widest = text
            .lines()
            .max_by_key(|line| line.chars().count())
            .unwrap();
        assert!(widest.chars().count() <= 100, "{widest}");
        for title in [
            "\nalignment\n",
            "\ndata\n",
            "\nstart\n",
            "\nstep size\n",
            "\nridge\n",
            "\ntime and movement\n",
        ] {
            assert!(text.contains(title), "{name}: no {title}");
        }
        for basis in [" theorem", " asymptotic", " observed", "Theorem 4.6: "] {
            assert!(text.contains(basis), "{name}: no {basis}");
        }
    }
}

#[test]
fn every_key_of_the_json_is_documented() {
    let page = include_str!("../../../docs/theory.md");
    let lab = Lab::new();
    lab.file("wide.toml", RUN);
    lab.run(&["wide.toml", "--out", "out"]);
    let commands: [&[&str]; 3] = [
        &["wide.toml", "--run", "out"],
        &[
            "wide.toml",
            "--set",
            "learning.ridge=1",
            "--set",
            "data.samples=60",
        ],
        &[
            "wide.toml",
            "--set",
            "learning.rule=backpropagation",
            "--set",
            "network.activation=linear",
            "--set",
            "learning.ridge=1",
        ],
    ];
    for arguments in commands {
        let one = certificate(&lab, arguments);
        let groups = one["numbers"].as_object().unwrap();
        let of_groups = groups
            .values()
            .flat_map(|group| group.as_object().unwrap().keys());
        let statements = one["statements"].as_object().unwrap();
        let of_statements = statements.values().flat_map(|statement| {
            let conditions = statement["conditions"].as_array().unwrap();
            let keys = conditions.iter().chain([&statement["sufficient"]]);
            let keys = keys.map(|c| c["key"].as_str().unwrap().to_owned());
            let numbers = statement["numbers"].as_object().unwrap().keys().cloned();
            keys.chain(numbers).collect::<Vec<_>>()
        });
        let keys = of_groups.cloned().chain(of_statements);
        let keys = keys
            .chain(groups.keys().cloned())
            .chain(statements.keys().cloned());
        for key in keys.filter(|key| key != "sufficient_width") {
            assert!(
                page.contains(&format!("`{key}`")),
                "{key} is not in docs/theory.md"
            );
        }
    }
}

#[test]
fn a_finished_run_adds_what_it_did() {
    let lab = Lab::new();
    lab.file("wide.toml", RUN);
    lab.run(&["wide.toml", "--out", "out"]);
    let with = certificate(&lab, &["--run", "out"]);
    assert_eq!(with, certificate(&lab, &["wide.toml", "--run", "out"]));
    let number = |group: &str, key: &str| {
        let line = &with["numbers"][group][key];
        line["value"]
            .as_f64()
            .unwrap_or_else(|| panic!("{key}: {line}"))
    };
    assert!(number("run", "worst_contraction") <= number("time", "contraction_bound"));
    assert!(number("run", "hidden_movement_max") < number("time", "hidden_movement_scale"));
    assert_eq!(
        with["numbers"]["run"]["final_alignment"]["basis"],
        "observed"
    );
    let page = lab.falign(&["theory", "--run", "out"]).succeeds().out;
    assert!(page.contains("within the theorem's bound"), "{page}");
    // Another setting has no run there.
    lab.falign(&["theory", "wide.toml", "--width", "20", "--run", "out"])
        .ends_with(1);
    // A folder without results.
    lab.falign(&["theory", "wide.toml", "--run", "nowhere"])
        .ends_with(1);
}

#[test]
fn spectra_are_drawn_of_the_start_and_of_the_last_weights() {
    let lab = Lab::new();
    lab.file("wide.toml", RUN);
    let kernels = |folder: &str| {
        let text = lab.text(&format!("{folder}/spectra.csv"));
        let mut seen: Vec<(String, Vec<f64>)> = Vec::new();
        for line in text.lines().skip(1) {
            let cells: Vec<&str> = line.split(',').collect();
            let size: f64 = cells[4].parse().unwrap();
            match seen.iter_mut().find(|(name, _)| name == cells[1]) {
                Some((_, sizes)) => sizes.push(size),
                None => seen.push((cells[1].to_owned(), vec![size])),
            }
        }
        seen
    };
    lab.falign(&["theory", "wide.toml", "--spectra", "start"])
        .succeeds();
    let start = kernels("start");
    let names: Vec<&str> = start.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Gbar", "G(0)", "H(0)"]);
    // The largest of the certificate's eigenvalues, and from there downwards.
    let certificate = certificate(&lab, &["wide.toml"]);
    let largest = certificate["numbers"]["start"]["initial_feature_kernel_max"]["value"].as_f64();
    assert!((start[1].1[0] / largest.unwrap() - 1.0).abs() < 1e-12);
    assert!(
        start
            .iter()
            .all(|(_, sizes)| sizes.is_sorted_by(|a, b| a >= b))
    );

    lab.falign(&["run", "wide.toml", "--out", "bare"])
        .succeeds();
    lab.falign(&["theory", "--run", "bare", "--spectra", "none"])
        .fails(1, &["save_weights"]);
    let keep = [
        "run",
        "wide.toml",
        "--out",
        "kept",
        "--set",
        "run.save_weights=final",
    ];
    lab.falign(&keep).succeeds();
    lab.falign(&["theory", "--run", "kept", "--spectra", "end"])
        .succeeds();
    let end = kernels("end");
    assert_eq!(end.len(), 5);
    assert_eq!(end[..3], start[..]);
}

#[test]
fn width_and_settings_can_be_chosen() {
    let lab = Lab::new();
    lab.file("wide.toml", RUN);
    let narrow = certificate(&lab, &["wide.toml", "--width", "50"]);
    let wide = certificate(&lab, &["wide.toml", "--width", "5000"]);
    assert_eq!(narrow["width"], 50);
    let norm =
        |one: &Value| one["numbers"]["start"]["initial_feedback_kernel_norm"]["value"].as_f64();
    assert!(norm(&narrow) > norm(&wide));
    // Of a sweep, the largest ridge.
    let swept = ["wide.toml", "--set", "learning.ridge=[0, 0.5, 0.1]"];
    let one = certificate(&lab, &swept);
    assert_eq!(
        (one["settings_alike"].as_u64(), one["ridge"].as_f64()),
        (Some(3), Some(0.5))
    );
}

/// Two ridge budgets on inputs far from isometric: every setting has a page, none is said to be met.
#[test]
fn every_setting_has_a_page_that_contradicts_itself_nowhere() {
    let lab = Lab::new();
    lab.file(
        "sweep.toml",
        "name = \"sweep\"\n[data]\nsamples = 12\ninput_dim = 24\ninputs = \"normal_over_dim\"\n[network]\nactivation = \"linear\"\n\
         [learning]\nridge = { gamma = 3 }\nschedule = \"cutoff\"\n[run]\nsteps = { tau = 2 }\nruns = 2\n\
         [sweep]\n\"network.width\" = [200, 2000]\n\"learning.cutoff\" = [{ c_s = 5 }, { c_s = 60 }]\n",
    );
    let text = lab.falign(&["theory", "sweep.toml", "--all", "--json"]);
    let json: Value = serde_json::from_str(&text.succeeds().out).unwrap();
    let all = json["certificates"].as_array().unwrap();
    assert_eq!(all.len(), 4);
    for one in all {
        let alignment = &one["numbers"]["alignment"];
        let number = |key: &str| alignment[key]["value"].as_f64();
        assert!(
            number("predicted_alignment_error").unwrap() < 0.1,
            "{alignment}"
        );
        assert!(number("cutoff_in_force").unwrap() > 2.0, "{alignment}");
        assert_eq!(
            one["statements"]["theorem_4_6"]["verdict"],
            "conditions_open"
        );
        assert!(one["summary"].as_str().unwrap().contains("beta(0)"));
        for statement in one["statements"].as_object().unwrap().values() {
            let conditions = statement["conditions"].as_array().unwrap();
            let is_open = conditions.iter().any(|c| c["met"] != "yes");
            assert!(
                !(is_open && statement["verdict"] == "conditions_met"),
                "{statement}"
            );
        }
    }
    let page = lab
        .falign(&["theory", "sweep.toml", "--all"])
        .succeeds()
        .out;
    assert!(!page.contains("conditions met"), "{page}");
    for line in page.lines() {
        assert!(line.chars().count() <= 100, "{line}");
        // What is about something else takes one line.
        assert!(
            !line.contains("not met")
                || line.starts_with("  Theorem")
                || line.starts_with("  Prop")
                || line.contains("it is silent"),
            "{line}"
        );
        assert!(!line.contains("no    no "), "{line}");
    }
    lab.falign(&["theory", "sweep.toml", "--alignment", "2"])
        .refuses(&["alignment", "between 0 and 1"]);
}

#[test]
fn inequalities_of_the_lemmas_come_as_a_page_and_as_json() {
    let lab = Lab::new();
    lab.file(
        "isometric.toml",
        "name = \"isometric\"\n[data]\nsamples = 3\ninput_dim = 8\ninputs = \"orthonormal\"\ntargets = \"signs\"\n[network]\nactivation = \"linear\"\nwidth = 20\n[learning]\nridge = 10\n[run]\nsteps = { eta_lambda_t = 20 }\n",
    );
    let page = lab.falign(&["theory", "isometric.toml", "--lemmas"]);
    let page = page.succeeds().out;
    for key in ["A.4", "B.9sq", "C.4", "B.10", "B.21"] {
        assert!(page.contains(&format!("\n{key} ")), "{key}: {page}");
    }
    let text = lab.falign(&["theory", "isometric.toml", "--lemmas", "--json"]);
    let json: Value = serde_json::from_str(&text.succeeds().out).unwrap();
    let rows = json["lemmas"][0]["rows"].as_array().unwrap();
    let last = rows.last().unwrap();
    assert_eq!(
        (last["key"].as_str(), last["side"].as_str()),
        (Some("B.21"), Some("at_least"))
    );
    // As (B.21) says, at every width.
    let constants = last["constant"].as_array().unwrap();
    assert_eq!(constants.len(), 4);
    assert!(constants.iter().all(|c| c.as_f64().unwrap() >= 1.0));
    assert_eq!(last["verdict"], "holds");
    assert!(page.contains("holds with constant 1"), "{page}");
    let all = format!("of {} inequalities hold with constant 1", rows.len());
    assert!(page.contains(&all), "{page}");
    lab.falign(&["theory", "figure3", "--lemmas"])
        .refuses(&["mini_batch", "two-layer networks"]);
}

#[test]
fn what_has_no_certificate_says_why() {
    let lab = Lab::new();
    lab.falign(&["theory", "figure3"])
        .refuses(&["mini_batch", "two-layer networks"]);
    lab.falign(&["theory", "quickstrat"])
        .refuses(&["quickstrat", "did you mean"]);
    lab.falign(&["theory"]).ends_with(2);
}

#[test]
fn a_users_data_may_be_singular() {
    let lab = Lab::new();
    lab.file("mine.csv", "1,2,0.5\n0.5,1,1\n1,2,0.5\n");
    lab.file(
        "mine.toml",
        "name = \"mine\"\n[data]\ntrain_data = \"mine.csv\"\n[network]\nactivation = \"tanh\"\nwidth = 100\n",
    );
    let page = lab.falign(&["theory", "mine.toml"]).succeeds().out;
    assert!(page.contains("Samples 1 and 3 have equal inputs"), "{page}");
    assert!(page.contains("rank 2 of 3"), "{page}");
    let mut narrow = lab.command(&["theory", "mine.toml"]);
    narrow.env("COLUMNS", "80");
    let narrow = crate::support::Answer::of(narrow.output().unwrap())
        .succeeds()
        .out;
    let widest = |page: &str| page.lines().map(|line| line.chars().count()).max();
    assert!(
        widest(&narrow) <= Some(80) && widest(&page) > Some(80),
        "{narrow}"
    );
}
