//! A made-up `summary.csv` with the shape of the paper's Figure 2, from formulas.

use std::fmt::Write as _;

/// Widths of the made-up experiment.
pub(super) const WIDTHS: [u32; 6] = [20, 60, 200, 600, 2000, 6000];
/// Ridge levels.
pub(super) const RIDGES: [f64; 4] = [0.0, 0.1, 0.3, 1.0];
const STEPS: u32 = 10_000;
const RECORDS: u32 = 80;

/// The table.
pub(super) fn summary() -> String {
    let mut csv = String::from(
        "activation,rule,width,ridge,step_size,step,runs,runs_converged,runs_diverged,\
         loss_mean,loss_std,loss_sem,loss_median,loss_q10,loss_q90,loss_log10_mean,loss_log10_std,\
         alignment_mean,alignment_std,alignment_sem,alignment_median,alignment_q10,alignment_q90\n",
    );
    for (activation, floor) in [("linear", -28.0), ("relu", -6.0), ("tanh", -11.0)] {
        for rule in ["feedback_alignment", "backpropagation"] {
            for width in WIDTHS {
                for ridge in RIDGES {
                    if rule == "backpropagation" && ridge > 0.0 {
                        continue;
                    }
                    for record in 0..=RECORDS {
                        let step = record * STEPS / RECORDS;
                        let setting = format!("{activation},{rule},{width},{ridge},0.0001");
                        row(&mut csv, &setting, rule, width, ridge, floor, step);
                    }
                }
            }
        }
    }
    csv
}

fn row(csv: &mut String, setting: &str, rule: &str, width: u32, ridge: f64, floor: f64, step: u32) {
    let t = f64::from(step) / f64::from(STEPS);
    // One setting loses all its runs half way.
    if setting.starts_with("relu,feedback_alignment,20,1,") && t > 0.5 {
        let _ = writeln!(csv, "{setting},{step},50,0,50{}", ",".repeat(14));
        return;
    }
    let wobble = libm::sin(f64::from(step) * 0.0011 + f64::from(width) + ridge * 78.233);
    let speed = if rule == "backpropagation" { 1.35 } else { 1.0 } / (1.0 + 1.1 * ridge);
    let log_loss =
        (3.2 + (floor - 3.2) * libm::pow((t * speed).min(1.0), 0.8)).max(floor) + 0.08 * wobble;
    let log_std = 0.15 + 1.6 * t * (1.0 - 0.4 * t);
    let loss = libm::exp10(log_loss);
    let scatter = (log_std * std::f64::consts::LN_10).powi(2);
    let mean = loss * libm::exp(scatter / 2.0);
    let std = mean * (libm::exp(scatter) - 1.0).sqrt();
    let settled = 1.0 - libm::exp(-6.0 * t);
    let most = ridge / (ridge + 0.12) * 0.93 + 0.9 / f64::from(width).sqrt();
    let alignment = if rule == "backpropagation" {
        0.05 / f64::from(width).sqrt() + 0.004 * wobble
    } else {
        (most * settled).min(0.98) + 0.004 * wobble
    };
    let spread = 0.9 / f64::from(width).sqrt() * (1.0 - 0.6 * alignment.abs());
    let _ = write!(csv, "{setting},{step},50,0,0");
    for value in [
        mean,
        std,
        std / 50_f64.sqrt(),
        loss,
        libm::exp10(log_loss - 1.28 * log_std),
        libm::exp10(log_loss + 1.28 * log_std),
        log_loss,
        log_std,
        alignment,
        spread,
        spread / 50_f64.sqrt(),
        alignment,
        alignment - 1.28 * spread,
        alignment + 1.28 * spread,
    ] {
        let _ = write!(csv, ",{value:e}");
    }
    csv.push('\n');
}

/// The `[figure]` section that asks for Figure 2 from that table.
pub(super) fn figure() -> falign::internal::config::figure::Figure {
    let mut text = String::from("columns = 3\n");
    for (activation, title) in [("linear", "linear"), ("relu", "ReLU"), ("tanh", "tanh")] {
        let _ = write!(
            text,
            "[[panel]]\ntitle = \"{title}\"\nx = \"width\"\nx_scale = \"log\"\n\
             y = \"alignment\"\nseries = \"ridge\"\ndash = \"rule\"\nstyle = \"points\"\n\
             where = {{ activation = \"{activation}\", step = \"last\" }}\n"
        );
    }
    for activation in ["linear", "relu", "tanh"] {
        let _ = write!(
            text,
            "[[panel]]\nx = \"step\"\ny = \"loss\"\ny_scale = \"log\"\nseries = \"ridge\"\n\
             dash = \"rule\"\nwhere = {{ activation = \"{activation}\", width = 20 }}\n"
        );
    }
    toml::from_str(&text).unwrap()
}
