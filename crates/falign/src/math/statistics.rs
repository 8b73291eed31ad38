//! Means, standard deviations and errors, medians and lines, in a fixed order of summation.

/// Arithmetic mean; NaN of nothing.
pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Standard error of the mean (ddof 1).
pub(crate) fn sem(values: &[f64]) -> f64 {
    (variance(values) / values.len() as f64).sqrt()
}

/// Standard deviation (ddof 1).
pub(crate) fn deviation(values: &[f64]) -> f64 {
    variance(values).sqrt()
}

fn variance(values: &[f64]) -> f64 {
    let center = mean(values);
    let squares: f64 = values.iter().map(|v| (v - center) * (v - center)).sum();
    squares / (values.len() as f64 - 1.0)
}

/// Root mean square.
pub(crate) fn rms(values: &[f64]) -> f64 {
    (values.iter().map(|v| v * v).sum::<f64>() / values.len() as f64).sqrt()
}

/// The middle value, or the mean of the two middle ones; NaN of nothing.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    match n {
        0 => f64::NAN,
        _ if n % 2 == 1 => sorted[n / 2],
        _ => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

/// Quantiles by linear interpolation (the default of `NumPy`); NaN of nothing.
pub(crate) fn quantiles<const N: usize>(values: &[f64], at: [f64; N]) -> [f64; N] {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    at.map(|q| {
        if sorted.is_empty() {
            return f64::NAN;
        }
        let place = q * (sorted.len() - 1) as f64;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index"
        )]
        let low = place.floor() as usize;
        let high = (low + 1).min(sorted.len() - 1);
        sorted[low] + (place - low as f64) * (sorted[high] - sorted[low])
    })
}

/// Slope and r^2 of the least-squares line; a constant y is a line of r^2 1.
pub(crate) fn line(x: &[f64], y: &[f64]) -> (f64, f64) {
    let (x_mean, y_mean) = (mean(x), mean(y));
    let sum = |f: &dyn Fn(f64, f64) -> f64| -> f64 {
        x.iter()
            .zip(y)
            .map(|(x, y)| f(x - x_mean, y - y_mean))
            .sum()
    };
    let (xx, xy, yy) = (sum(&|x, _| x * x), sum(&|x, y| x * y), sum(&|_, y| y * y));
    let r2 = if yy > 0.0 { xy * xy / (xx * yy) } else { 1.0 };
    (xy / xx, r2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_cases_by_hand() {
        assert!((sem(&[1.0, 2.0, 3.0]) - (1.0f64 / 3.0).sqrt()).abs() < 1e-15);
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < 1e-15);
        assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-15);
        let [q10, q90] = quantiles(&[8.0, 1.0, 4.0, 2.0], [0.1, 0.9]);
        assert!((q10 - 1.3).abs() < 1e-15 && (q90 - 6.8).abs() < 1e-14);
        assert!(quantiles(&[], [0.5])[0].is_nan());
        assert!((rms(&[3.0, -4.0]) - 12.5f64.sqrt()).abs() < 1e-15);
        let (slope, r2) = line(&[0.0, 1.0, 2.0], &[1.0, -1.0, -3.0]);
        assert!((slope + 2.0).abs() < 1e-15 && (r2 - 1.0).abs() < 1e-15);
    }
}
