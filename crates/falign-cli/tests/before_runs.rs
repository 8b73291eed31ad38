//! What claims and pictures ask for is looked at before the first run, not after the last.

use crate::support::Lab;

const FILE: &str = r#"
name = "asked"
[data]
samples = 5
input_dim = 6
[network]
width = 20
[run]
runs = 8
steps = 50
"#;

const CLAIM: &str = "[[claim]]\nid = \"c\"\ntext = \"t\"\nsource = \"s\"\nquantity = \"loss\"\n";

const PANEL: &str = "[figure]\n[[figure.panel]]\nx = \"width\"\ny = \"loss\"\n";

fn lab() -> Lab {
    let lab = Lab::new();
    lab.file("empty.csv", "");
    lab.file("wide.csv", "width,mean,std,runs\n20,5,1,10\n21,5,1\n");
    lab.file("words.csv", "width,mean,std,runs\n20,five,1,10\n");
    lab.file("columns.csv", "widht,mean,std,runs\n20,5,1,10\n");
    lab.file("short.csv", "width,mean,std\n20,5,1\n");
    lab.file("other.csv", "width,mean,std,runs\n40,5,1,10\n");
    lab.file("late.csv", "width,step,mean,std,runs\n20,70,5,1,10\n");
    lab.file("good.csv", "width,step,mean,std,runs\n20,50,0,1e9,10\n");
    lab
}

#[test]
fn what_no_run_could_answer_is_refused_before_the_first() {
    let lab = lab();
    let table = |name: &str| format!("{CLAIM}kind = \"near_reference\"\ntable = \"{name}\"\n");
    let between = format!("{CLAIM}kind = \"between\"\nmax = 1e9\n");
    let records = "record = { at = [1, 2, 50] }\n";
    for (asked, parts) in [
        (
            format!("{PANEL}y_min = 5\ny_max = 1"),
            ["figure.panel.y_min = 5", "y_max = 1"],
        ),
        (
            format!("{PANEL}where = {{ step = 70 }}"),
            ["figure.panel.where.step = 70", "no setting records it"],
        ),
        (
            format!("{PANEL}where = {{ width = 7 }}"),
            ["where.width = 7", "no setting has it"],
        ),
        (
            PANEL.replace("\"width\"", "\"activation\""),
            ["figure.panel.x", "has no numbers (linear)"],
        ),
        (
            format!(
                "{CLAIM}kind = \"near_reference\"\n\
                 values = [{{ width = 7, mean = 1, std = 1, runs = 3 }}, {{ mean = 1, std = 1, runs = 3 }}]"
            ),
            [
                "claim.c.values = width = 7",
                "no setting that the claim selects",
            ],
        ),
        (table("nowhere.csv"), ["claim.c.table", "nowhere.csv: "]),
        (table("empty.csv"), ["claim.c.table", "is empty"]),
        (table("wide.csv"), ["claim.c.table", "line 3: 3 fields"]),
        (
            table("words.csv"),
            ["claim.c.table", "needs a number `mean`"],
        ),
        (
            table("columns.csv"),
            ["claim.c.table", "did you mean `width`"],
        ),
        (
            table("short.csv"),
            ["claim.c.table", "needs a number `runs`"],
        ),
        (
            table("other.csv"),
            ["other.csv", "no row is about a setting"],
        ),
        (
            table("late.csv"),
            ["claim.c.step = 70", "run.record or run.steps"],
        ),
        (
            format!("{between}where = {{ step = 70 }}"),
            ["claim.c.where.step = 70", "is not recorded"],
        ),
        (
            format!("{between}from_step = 51"),
            ["claim.c.from_step = 51", "the last recorded step is 50"],
        ),
        (
            format!("{records}{CLAIM}kind = \"plateau\""),
            ["claim.c.kind", "only 1 steps of the last quarter"],
        ),
        (
            format!("{records}{CLAIM}kind = \"geometric\"\nfrom_step = 2"),
            ["claim.c.from_step = 2", "only 2 steps"],
        ),
        (
            format!("{CLAIM}kind = \"near_quantity\"\nother = \"aligned\""),
            ["claim.c = near_quantity", "aligned is not recorded"],
        ),
    ] {
        lab.file("asked.toml", format!("{FILE}{asked}\n"));
        for command in ["run", "check"] {
            let words = [command, "asked.toml", "--quiet", "--out", "made"];
            let said = lab.falign(&words).refuses(&parts).err;
            assert!(!lab.path("made").exists(), "{asked}: {said}");
            assert!(said.contains("asked.toml:"), "a line of the file: {said}");
        }
        lab.falign(&["run", "asked.toml", "--dry-run", "--quiet"])
            .refuses(&parts);
    }
    let good = format!("{}{PANEL}where = {{ step = 50 }}\n", table("good.csv"));
    lab.file("asked.toml", format!("{FILE}{good}"));
    lab.run(&["asked.toml", "--out", "made"]);
}

#[test]
fn what_the_command_line_takes_away_is_no_mistake_of_the_file() {
    let lab = lab();
    let claim = format!("{CLAIM}kind = \"between\"\nmax = 1e9\nwhere = {{ step = 40 }}\n");
    let panel = format!("{PANEL}where = {{ step = 40 }}\n");
    lab.file("asked.toml", format!("{FILE}{claim}{panel}"));
    let words = ["run", "asked.toml", "--quiet", "--set", "run.steps=5"];
    let ran = lab.falign(&words).ends_with(3);
    assert!(ran.out.contains("step 40 is not recorded"), "{}", ran.out);
    assert!(lab.path("runs/asked/figure.svg").exists());
}

#[test]
fn a_place_to_store_results_is_looked_at_before_there_are_any() {
    let lab = lab();
    lab.file("asked.toml", FILE);
    let check = ["check", "asked.toml", "--quiet", "--out", "made", "--store"];
    let said = ["nowhere/x.csv", "make it first"];
    lab.falign(&[&check[..], &["nowhere/x.csv"]].concat())
        .refuses(&said);
    lab.file("foreign.csv", "a,b\n1,2\n");
    lab.falign(&[&check[..], &["foreign.csv"]].concat())
        .fails(1, &["foreign.csv", "no file of stored results"]);
    assert!(!lab.path("made").exists());
}
