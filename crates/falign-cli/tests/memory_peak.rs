//! What is asked for, against what the machine was seen to give: `memory_needed_bytes` of a dry run
//! and the peak of the run itself.

use crate::support::Lab;

const FILE: &str = "name = \"x\"\n[data]\nsamples = 4\ninput_dim = 3\n[network]\nwidth = 5\n\
    [learning]\nstep_size = 1e-4\n[run]\nruns = 1\nsteps = 2\nrecord = \"last\"\nquantities = [\"loss\"]\n";

/// An experiment on data from a file, which gives their sizes.
const OF_FILES: &str = "name = \"x\"\n[network]\nhidden_widths = [5]\n[learning]\nstep_size = 1e-4\n\
    [run]\nengine = \"mini_batch\"\nruns = 1\nsteps = 2\nrecord = \"last\"\n";

/// How far what is said may be from what is measured, either way.
const FACTOR: f64 = 2.5;

/// Bytes that no formula counts, beyond what the bare program takes: stacks, buffers, a file's text.
const FLOOR: f64 = 8e6;

/// Keys, the most memory that is allowed to the dry run (with less than is needed it makes no
/// calibration).
const SHAPES: [(&str, &[&str], &str); 16] = [
    (
        "wide, reference engine",
        &[
            "run.engine=reference",
            "network.width=60000",
            "data.input_dim=30",
        ],
        "1k",
    ),
    (
        "the same in f32",
        &[
            "run.engine=reference",
            "network.width=60000",
            "data.input_dim=30",
            "run.precision=f32",
        ],
        "1k",
    ),
    (
        "wide, sample space",
        &[
            "network.activation=tanh",
            "network.width=60000",
            "data.samples=30",
        ],
        "1k",
    ),
    (
        "many samples, sample space",
        &[
            "network.activation=relu",
            "data.samples=1500",
            "network.width=50",
        ],
        "1k",
    ),
    (
        "the spectrum of the inputs",
        &[
            "network.activation=relu",
            "data.samples=1500",
            "network.width=50",
            "run.quantities=[\"isometry_eps\"]",
        ],
        "1k",
    ),
    (
        "the spectrum of the infinite-width kernel",
        &[
            "network.activation=relu",
            "data.samples=1300",
            "network.width=50",
            "run.quantities=[\"infinite_kernel_max_eigenvalue\"]",
        ],
        "1k",
    ),
    (
        "many samples, linear",
        &[
            "network.activation=linear",
            "network.draw=gram",
            "data.samples=600",
        ],
        "1k",
    ),
    (
        "many outputs",
        &[
            "network.activation=relu",
            "network.width=5000",
            "data.outputs=100",
        ],
        "1k",
    ),
    (
        "many records",
        &["run.steps=8000", "run.record={ every = 1 }", "run.runs=4"],
        "1k",
    ),
    ("many runs", &["run.runs=3000"], "1k"),
    (
        "held-out samples",
        &["data.held_out=8000", "data.input_dim=100"],
        "1k",
    ),
    (
        "saved weights",
        &[
            "run.engine=reference",
            "network.width=50000",
            "data.input_dim=20",
            "run.save_weights=both",
        ],
        "1k",
    ),
    (
        "wide, mini-batch",
        &[
            "run.engine=mini_batch",
            "network.hidden_widths=[800, 800]",
            "data.input_dim=400",
        ],
        "1k",
    ),
    (
        "many samples, mini-batch",
        &[
            "run.engine=mini_batch",
            "data.samples=8000",
            "data.input_dim=100",
            "learning.batch=50",
        ],
        "1k",
    ),
    (
        "a CSV file",
        &["data.train_data=rows.csv", "learning.batch=50"],
        "8M",
    ),
    ("images", &["data.labelled_data=images"], "40M"),
];

/// The most memory that a run takes until its tables are written: the picture is the same for all.
#[cfg(target_os = "linux")]
fn peak(lab: &Lab, words: &[&str], out: &str) -> f64 {
    let words = [&["run", "--quiet", "--out", out], words].concat();
    let mut child = lab.start(&words);
    let status = format!("/proc/{}/status", child.id());
    let summary = lab.path(out).join("summary.csv");
    let mut peak = 0.0_f64;
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes =
            line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok());
        if summary.exists() {
            break;
        }
        peak = peak.max(1024.0 * kibibytes.unwrap_or(0.0));
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    crate::support::Answer::of(child.wait_with_output().unwrap()).succeeds();
    peak
}

/// Pixels and labels of a set of images as MNIST has them.
#[cfg(target_os = "linux")]
fn images(lab: &Lab, part: &str, count: u32) {
    let header = |kind: u32, sizes: &[u32]| -> Vec<u8> {
        let numbers = std::iter::once(&kind).chain(sizes);
        numbers.flat_map(|number| number.to_be_bytes()).collect()
    };
    let bytes = |count: usize, of: u8| (0..of).cycle().take(count);
    let mut pixels = header(2051, &[count, 28, 28]);
    pixels.extend(bytes(count as usize * 28 * 28, 251));
    lab.file(&format!("images/{part}-images-idx3-ubyte"), pixels);
    let mut labels = header(2049, &[count]);
    labels.extend(bytes(count as usize, 10));
    lab.file(&format!("images/{part}-labels-idx1-ubyte"), labels);
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_asked_for_is_what_a_run_takes() {
    use std::fmt::Write as _;

    let lab = Lab::new();
    lab.file("x.toml", FILE);
    lab.file("files.toml", OF_FILES);
    let mut rows = String::new();
    for row in 0..25_000 {
        for column in 0..20 {
            write!(rows, "{}.{column},", row % 97).unwrap();
        }
        writeln!(rows, "{}", row % 89).unwrap();
    }
    lab.file("rows.csv", rows);
    std::fs::create_dir(lab.path("images")).unwrap();
    images(&lab, "train", 9000);
    images(&lab, "t10k", 500);

    let bare = peak(&lab, &["x.toml"], "bare");
    assert!(bare > 1e6, "{bare}");
    // This engine takes some 30 MB whatever the sizes.
    let mini_batch = ["x.toml", "--set", "run.engine=mini_batch"];
    let bare_mini_batch = peak(&lab, &mini_batch, "bare-mini-batch").max(bare);
    let mut wrong = String::new();
    for (index, (name, keys, memory)) in SHAPES.into_iter().enumerate() {
        let sets: Vec<&str> = keys.iter().flat_map(|key| ["--set", key]).collect();
        let is_file = keys[0].contains("_data=");
        let file = if is_file { "files.toml" } else { "x.toml" };
        let words = [&[file, "--threads", "1"], &sets[..]].concat();
        let dry = [
            &["run"],
            &words[..],
            &["--dry-run", "--json", "--memory", memory],
        ]
        .concat();
        let told: serde_json::Value =
            serde_json::from_str(&lab.falign(&dry).succeeds().out).unwrap();
        let asked = told["memory_needed_bytes"].as_f64().unwrap();
        let taken = peak(&lab, &words, &format!("run{index}")) - bare;
        println!(
            "{name}: asks for {:.1} MB, takes {:.1} MB",
            asked / 1e6,
            taken / 1e6
        );
        let buffers = match keys[0] {
            "run.engine=mini_batch" => bare_mini_batch - bare,
            _ if is_file => bare_mini_batch - bare,
            _ => 0.0,
        };
        if asked > FACTOR * taken + FLOOR || taken > FACTOR * asked + FLOOR + buffers {
            let _ = writeln!(wrong, "{name}: asks for {asked:.3e}, takes {taken:.3e}");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[cfg(not(target_os = "linux"))]
#[test]
fn what_is_asked_for_is_what_a_run_takes() {
    let count = SHAPES.len();
    let _ = (Lab::new, FILE, OF_FILES, FACTOR, FLOOR);
    eprintln!("SKIPPED: the peaks of {count} runs are read from /proc, which is Linux's");
}
