//! Names of columns, values and numbers on a picture, in the markup of `text`.

use falign::internal::rule::label;

use super::table::split_unit;

/// Label of an axis or title of a legend for a column or recorded quantity.
pub(super) fn column(name: &str) -> String {
    let known = match name {
        "step" => "step *t*",
        "time" => "time *ηt*",
        "tau" => "slow time *ηt*/√*p*",
        "eta_lambda_t" => "ridge spent *η*Σ*λ*",
        "width" => "width *p*",
        "samples" => "samples *n*",
        "input_dim" => "input dimension *d*",
        "step_size" => "step size *η*",
        "ridge" => "ridge *λ*",
        "alignment" => "alignment cos(*b*, *β*)",
        "alignment_angle" => "angle of *b* and *β* (degrees)",
        "loss" => "loss ½|*e*|²",
        "regularised_loss" => "regularised loss",
        "residual_norm" => "residual |*e*|",
        "output_norm" => "output weights |*β*|",
        "feedback_gap" => "|*b* − *β*|",
        "epoch" => "epoch",
        "test_accuracy" => "test accuracy",
        "train_accuracy" => "training accuracy",
        "validation_accuracy" => "validation accuracy",
        "train_set_accuracy" => "accuracy on the training set",
        "train_set_loss" => "loss on the training set",
        "weight_angle" => "angle of feedback and forward weights (degrees)",
        "update_angle" => "angle of the update to the gradient (degrees)",
        "pseudoinverse_angle" => "angle to the pseudoinverse's signal (degrees)",
        "share_initial" => "share of *β*(0) in *β*",
        "share_hidden" => "share of *W*(0)*X*′ in *β*",
        "share_feedback" => "share of *b* in *β*",
        "feedback_correlation" => "correlation *ρ* of *b* and *β*(0)",
        "feature_kernel_drift" => "|*G*(*t*) − *G*(0)|",
        "feedback_kernel_drift" => "|*H*(*t*) − *H*(0)|",
        "hidden_movement_max" => "largest |*w*_{*r*}(*t*) − *w*_{*r*}(0)|",
        "output_movement_max" => "largest |*β*_{*r*}(*t*) − *β*_{*r*}(0)|",
        "hidden_movement_rms" => "rms |*w*_{*r*}(*t*) − *w*_{*r*}(0)|",
        "output_movement_rms" => "rms |*β*_{*r*}(*t*) − *β*_{*r*}(0)|",
        "contraction" => "|*e*(*t*)| / |*e*(*t*−1)|",
        "contraction_rate" => "(1 − |*e*(*t*)| / |*e*(*t*−1)|) / *ηγ*",
        "residual_to_bound" => "|*e*(*t*)| / its bound",
        "alignment_to_bound" => "|cos(*b*, *β*)| √*p* / *n*",
        "isometry_eps" => "*ε* of the inputs",
        "infinite_kernel_min_eigenvalue" => "*γ*, least eigenvalue",
        "infinite_kernel_max_eigenvalue" => "largest eigenvalue",
        other => return other.replace('_', " "),
    };
    known.to_owned()
}

/// Label of an axis for a quantity of networks of any depth, where it is another than that of the paper's:
/// they have no one beta that b is compared with.
pub(super) fn deep(name: &str) -> Option<&'static str> {
    match name {
        "alignment" => Some("alignment with backpropagation"),
        "alignment_angle" => Some("angle to backpropagation (degrees)"),
        _ => None,
    }
}

/// Label of an axis for a column whose values have a unit, as `ridge = { gamma = 3 }` has.
pub(super) fn column_in(name: &str, unit: &str) -> String {
    let sign = match unit {
        "gamma" => "*γ*",
        "c_s" => return "budget of the ridge *c*_{*S*}".to_owned(),
        "over_M" => "1/*M*",
        "tau" => "slow time *τ*",
        other => other,
    };
    format!("{} in {sign}", column(name))
}

/// A cell of a column as a legend entry, in a markup of stars for italics, `^{}` and `_{}`.
///
/// ```
/// assert_eq!(falign_figure::written("1e-5"), "10^{-5}");
/// assert_eq!(falign_figure::written("feedback_alignment"), "FA");
/// assert_eq!(falign_figure::written("gamma=3"), "3 *γ*");
/// ```
pub fn value(text: &str) -> String {
    if let Ok(number) = text.parse::<f64>() {
        return self::number(number);
    }
    if let (Some(unit), rest) = split_unit(text) {
        let number = value(rest);
        return match unit {
            "gamma" => format!("{number} *γ*"),
            "c_s" => format!("*c*_{{*S*}} = {number}"),
            "over_M" => format!("{number}/*M*"),
            "tau" => format!("*τ* = {number}"),
            other => format!("{} = {number}", other.replace('_', " ")),
        };
    }
    let known = match text {
        "" => "none",
        "theory" => "theory (dashed)",
        "relu" => "ReLU",
        "leaky_relu" => "leaky ReLU",
        "gelu" => "GELU",
        "silu" => "SiLU",
        "elu" => "ELU",
        other => match label(other) {
            Some(rule) => rule,
            None => return other.replace('_', " "),
        },
    };
    known.to_owned()
}

/// A number: plain where that is short, else as a power of ten.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if size < f64::MIN_POSITIVE || !size.is_finite() || (1e-3..1e5).contains(&size) {
        return minus(&format!("{}", rounded(value)));
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match mantissa {
        "1" => format!("10^{{{exponent}}}"),
        "-1" => format!("−10^{{{exponent}}}"),
        _ => format!(
            "{}×10^{{{exponent}}}",
            minus(&mantissa.chars().take(5).collect::<String>())
        ),
    }
}

/// Away with the last digits of binary fractions: 0.30000000000000004 is 0.3.
fn rounded(value: f64) -> f64 {
    format!("{value:.9e}").parse().unwrap_or(value)
}

/// The minus sign of typesetting for the hyphen of programs.
pub(super) fn minus(text: &str) -> String {
    text.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_in_a_paper() {
        assert_eq!(number(0.0), "0");
        assert_eq!(number(0.1 + 0.2), "0.3");
        assert_eq!(number(-2.5), "−2.5");
        assert_eq!(number(1e-4), "10^{-4}");
        assert_eq!(number(3e6), "3×10^{6}");
        assert_eq!(number(10_000.0), "10000");
    }

    #[test]
    fn rules_have_short_names() {
        assert_eq!(value("backpropagation"), "BP");
        assert_eq!(value("1e-5"), "10^{-5}");
        assert_eq!(value("sign_symmetry"), "sign symmetry");
    }
}
