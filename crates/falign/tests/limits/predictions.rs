//! Predictions as recorded quantities, next to what is measured.

use falign::internal::config::{Experiment, Overrides};
use falign::measure::Quantity;

use crate::support::experiment::measure;

fn text(learning: &str, network: &str, run: &str, quantities: &str) -> String {
    format!(
        "name = \"predicted\"\n[data]\nsamples = 8\ninput_dim = 20\ninputs = \"normal_over_dim\"\ntargets = \"signs\"\n[network]\n{network}\n[learning]\n{learning}\n[run]\nseed = 3\nruns = 3\n{run}\nquantities = [{quantities}]\n"
    )
}

/// The largest distance of two quantities over runs and recorded rows from `first` on.
fn distance(name: &str, text: &str, (a, b): (Quantity, Quantity), first: usize) -> f64 {
    let table = measure(name, text);
    let setting = &table.settings[0];
    let (a, b) = (&setting.values[&a], &setting.values[&b]);
    let mut worst = 0.0f64;
    for run in 0..a.nrows() {
        for row in first..a.ncols() {
            let distance = (a[(run, row)] - b[(run, row)]).abs();
            assert!(distance.is_finite(), "run {run} row {row}");
            worst = worst.max(distance);
        }
    }
    worst
}

#[test]
fn wide_linear_runs_follow_their_predictions() {
    let schedules = [
        "ridge = { gamma = 3 }",
        "ridge = { gamma = 3 }\nschedule = \"cutoff\"\ncutoff = { c_s = 5 }",
    ];
    for (at, learning) in schedules.into_iter().enumerate() {
        let text = text(
            learning,
            "width = 100000000\nactivation = \"linear\"",
            "steps = { tau = 1 }\nrecord = { count = 5 }",
            "\"alignment\", \"slow_time_alignment\", \"composite_alignment\", \"loss\", \"slow_time_loss\"",
        );
        let name = format!("predictions-linear-{at}");
        for pair in [
            (Quantity::Alignment, Quantity::SlowTimeAlignment),
            (Quantity::Alignment, Quantity::CompositeAlignment),
            (Quantity::Loss, Quantity::SlowTimeLoss),
        ] {
            let worst = distance(&format!("{name}-{}", pair.1), &text, pair, 1);
            // 1/sqrt(p) is 10^-4, and eta lambda t is large at every row.
            assert!(worst < 2e-3, "{learning} {pair:?}: {worst}");
        }
    }
}

#[test]
fn centred_and_scaled_outputs_and_ridge_per_step_have_the_same_limit() {
    for (at, (learning, network)) in [
        (
            "step_size = 0.05\nridge = 0.5",
            "output_scale = 3\ncenter_outputs = true",
        ),
        (
            "step_size = 0.05\nridge = 0.025\nridge_form = \"per_step\"",
            "",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let network = format!("width = 1000000\nactivation = \"linear\"\n{network}");
        let text = text(
            learning,
            &network,
            "steps = { tau = 6 }\nrecord = { count = 4 }",
            "\"alignment\", \"composite_alignment\", \"loss\", \"slow_time_loss\"",
        );
        for pair in [
            (Quantity::Alignment, Quantity::CompositeAlignment),
            (Quantity::Loss, Quantity::SlowTimeLoss),
        ] {
            let worst = distance(&format!("predictions-{at}-{}", pair.1), &text, pair, 1);
            // 1/sqrt(p) is 10^-3.
            assert!(worst < 1e-2, "{learning} {network} {pair:?}: {worst}");
        }
    }
}

#[test]
fn wide_nonlinear_runs_start_as_the_lazy_limit() {
    for (at, (rule, network)) in [
        ("feedback_alignment", ""),
        ("backpropagation", ""),
        ("feedback_alignment", "center_outputs = true"),
    ]
    .into_iter()
    .enumerate()
    {
        let learning = format!("rule = \"{rule}\"\nridge = 0.2");
        let network = format!("width = 20000\nactivation = \"tanh\"\n{network}");
        let text = text(
            &learning,
            &network,
            "steps = 40\nrecord = { count = 10 }",
            "\"loss\", \"lazy_loss\"",
        );
        let pair = (Quantity::Loss, Quantity::LazyLoss);
        let worst = distance(&format!("predictions-lazy-{at}"), &text, pair, 0);
        // The loss starts at 4 or more; errors are of order n/sqrt(p).
        assert!(worst < 0.1, "{rule} {network}: {worst}");
    }
}

#[test]
fn settings_that_no_limit_speaks_of_are_refused() {
    let refusal = |learning: &str, quantity: &str| {
        let quantity = format!("\"{quantity}\"");
        let network = "width = 50\nactivation = \"tanh\"";
        let text = text(learning, network, "steps = 5", &quantity);
        let error = Experiment::parse(&text, &Overrides::none()).unwrap_err();
        error.to_string()
    };
    for (learning, quantity, why) in [
        ("ridge = 0", "slow_time_loss", "learning.ridge above 0"),
        (
            "ridge = 1\ndropout = 0.1",
            "composite_alignment",
            "learning.dropout",
        ),
        ("dropout = 0.1", "lazy_loss", "learning.dropout"),
        (
            "ridge = 1\nrule = \"backpropagation\"",
            "slow_time_alignment",
            "feedback_alignment",
        ),
        (
            "rule = \"kolen_pollack\"",
            "lazy_loss",
            "not of \"kolen_pollack\"",
        ),
        ("ridge = 1", "share_feedback", "run.engine = \"linear\""),
        ("batch = 5\nstep_size = 0.1", "lazy_loss", "lazy_loss"),
    ] {
        let error = refusal(learning, quantity);
        assert!(
            error.contains(why) && error.contains("run.quantities"),
            "{learning} {quantity}: {error}"
        );
    }
}
