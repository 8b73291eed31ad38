//! The kernels of the drawn start, against what the lemmas want of them.

use ndarray::Array2;

use super::Setup;
use super::data::Facts;
use super::line::{Basis, Group, Line};
use crate::Result;
use crate::stage::Listener;
use crate::theory::matrix::check_shape;
use crate::theory::measure::{
    spectral_norm_with_listener, symmetric_part_eigenvalues_with_listener,
};

/// G(0) and H(0) of one draw of the weights.
#[derive(Debug, Clone, PartialEq)]
pub struct InitialKernels {
    /// G(0), (samples, samples): see [`feature_kernel`](crate::theory::feature_kernel).
    pub feature: Array2<f64>,
    /// H(0), (samples outputs, samples outputs): see
    /// [`feedback_kernel`](crate::theory::feedback_kernel); `None` where it is too large.
    pub feedback: Option<Array2<f64>>,
}

pub(super) fn lines(setup: &Setup<'_>, facts: &Facts, listener: Listener<'_>) -> Result<Vec<Line>> {
    let line = |key, label: &str, value, basis| Line::new(Group::Start, key, label, value, basis);
    let Some(kernels) = setup.initial_kernels else {
        return Ok(Vec::new());
    };
    let n = setup.inputs.nrows();
    check_shape("initial_kernels.feature", &kernels.feature, (n, n))?;
    let eigenvalues = symmetric_part_eigenvalues_with_listener(&kernels.feature, listener)?;
    // The kernel of a singular data set has the same directions to spare.
    let least = eigenvalues[n - facts.rank.max(1)];
    let wanted = 0.75 * facts.gamma;
    let mut lines = vec![
        line(
            "initial_feature_kernel_min",
            "least eigenvalue of G(0)",
            least,
            Basis::Observed,
        )
        .note(against(least >= wanted, "above", "below", wanted)),
        line(
            "initial_feature_kernel_wanted",
            "3 gamma / 4",
            wanted,
            Basis::Theorem,
        )
        .note("Lemma A.3: G(0) above"),
        line(
            "initial_feature_kernel_max",
            "largest eigenvalue of G(0)",
            eigenvalues[n - 1],
            Basis::Observed,
        )
        .note(format!("in the limit {}", short(facts.max))),
    ];
    let norm = line(
        "initial_feedback_kernel_norm",
        "|H(0)|",
        f64::NAN,
        Basis::Observed,
    );
    let Some(feedback) = &kernels.feedback else {
        lines.push(norm.none("not computed: (samples x outputs)^2 numbers are too many"));
        return Ok(lines);
    };
    check_shape(
        "initial_kernels.feedback",
        feedback,
        (n * facts.k, n * facts.k),
    )?;
    let found = spectral_norm_with_listener(feedback, listener)?;
    let allowed = 0.25 * facts.gamma;
    lines.push(Line {
        value: Some(found),
        note: if facts.share > 0.0 {
            "b follows beta(0)".to_owned()
        } else {
            against(found <= allowed, "within", "beyond", allowed)
        },
        ..norm
    });
    lines.push(
        line(
            "initial_feedback_kernel_allowed",
            "gamma / 4",
            allowed,
            Basis::Theorem,
        )
        .note("Lemma A.3: |H(0)| within"),
    );
    Ok(lines)
}

fn against(holds: bool, yes: &str, no: &str, bound: f64) -> String {
    format!("{} {}", if holds { yes } else { no }, short(bound))
}

/// Three digits, for a note.
pub(super) fn short(x: f64) -> String {
    let size = x.abs();
    if size == 0.0 || (1e-3..1e4).contains(&size) {
        let digits = if size >= 100.0 {
            0
        } else if size >= 1.0 {
            2
        } else {
            4
        };
        format!("{x:.digits$}")
    } else {
        format!("{x:.2e}")
    }
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn numbers_in_notes_have_three_digits_or_four_decimals() {
        for (x, expected) in [
            (0.0, "0.0000"),
            (0.000_999, "9.99e-4"),
            (0.001, "0.0010"),
            (-0.987_65, "-0.9877"),
            (1.0, "1.00"),
            (-99.994, "-99.99"),
            (100.0, "100"),
            (9999.4, "9999"),
            (10_000.0, "1.00e4"),
        ] {
            assert_eq!(short(x), expected);
        }
    }
}
