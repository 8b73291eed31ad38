//! Student's t: the law of a mean in units of a standard error that is itself estimated.

/// More degrees of freedom than this are as good as a known standard error.
const MANY: f64 = 1e6;

/// The chance that |T| is above `t`, with `degrees` of freedom: the regularised incomplete beta
/// function I(x; degrees/2, 1/2) at x = degrees/(degrees + t^2).
pub(super) fn two_sided(t: f64, degrees: f64) -> f64 {
    let degrees = degrees.min(MANY);
    let all = degrees + t * t;
    // Either could be a difference of nearly equal numbers: neither is made of the other.
    let (x, rest) = (degrees / all, t * t / all);
    let (a, b) = (degrees / 2.0, 0.5);
    // The continued fraction converges fast on one side; the other is its mirror image.
    if x < (a + 1.0) / (a + b + 2.0) {
        beta_part(x, rest, a, b)
    } else {
        1.0 - beta_part(rest, x, b, a)
    }
}

/// The t that |T| exceeds with a chance of `level`, in (0, 1).
pub(super) fn quantile(level: f64, degrees: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while two_sided(high, degrees) > level && high < f64::MAX / 4.0 {
        low = high;
        high *= 2.0;
    }
    // Halving the interval reaches neighbouring numbers.
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return high;
        }
        if two_sided(middle, degrees) > level {
            low = middle;
        } else {
            high = middle;
        }
    }
}

/// I(x; a, b) by its continued fraction, evaluated from the front (Lentz); `rest` is 1 - x.
fn beta_part(x: f64, rest: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    let log_front = libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b)
        + a * libm::log(x)
        + b * libm::log(rest);
    let tiny = |x: f64| if x.abs() < 1e-300 { 1e-300 } else { x };
    let mut c = 1.0;
    let mut d = 1.0 / tiny(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for term in 1..10_000 {
        let m = f64::from(term);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let before = value;
        for part in [even, odd] {
            d = 1.0 / tiny(1.0 + part * d);
            c = tiny(1.0 + part / c);
            value *= d * c;
        }
        if (value - before).abs() <= 1e-16 * value.abs() {
            break;
        }
    }
    libm::exp(log_front) * value / a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_near(is: f64, wanted: f64, relative: f64) {
        assert!((is / wanted - 1.0).abs() < relative, "{is} for {wanted}");
    }

    #[test]
    fn quantiles_are_those_of_the_tables() {
        // Two-sided levels; five and more digits as printed in tables.
        for (level, degrees, wanted) in [
            (0.05, 1.0, 12.706_205),
            (0.05, 4.0, 2.776_445),
            (0.01, 4.0, 4.604_095),
            (0.001, 4.0, 8.610_302),
            (0.05, 9.0, 2.262_157),
            (0.01, 19.0, 2.860_935),
            (0.05, 30.0, 2.042_272),
            (0.001, 30.0, 3.645_959),
            (0.05, 1e9, 1.959_964),
            (0.01, 1e9, 2.575_829),
        ] {
            assert_near(quantile(level, degrees), wanted, 3e-6);
        }
    }

    #[test]
    fn few_degrees_of_freedom_have_closed_forms_far_into_the_tail() {
        for t in [0.0, 1e-3, 0.5, 1.0, 4.0, 30.0, 1e4] {
            // The complement of 2/pi arctan t, and of t/sqrt(2 + t^2), without cancellation.
            let one = libm::atan2(1.0, t) * std::f64::consts::FRAC_2_PI;
            let root = (2.0 + t * t).sqrt();
            let two = 2.0 / (root * (root + t));
            assert_near(two_sided(t, 1.0), one, 1e-12);
            assert_near(two_sided(t, 2.0), two, 1e-12);
            for degrees in [1.0, 2.0, 4.5, 60.0] {
                let p = two_sided(t, degrees);
                if t > 0.0 && p > 1e-250 {
                    assert_near(quantile(p, degrees), t, 1e-9);
                }
            }
        }
    }

    #[test]
    fn five_runs_and_four_standard_errors_fail_by_chance_in_a_third_of_long_tables() {
        let row = two_sided(4.0, 4.0);
        assert_near(row, 0.016_130, 1e-4);
        assert_near(1.0 - (1.0 - row).powi(28), 0.366, 2e-3);
    }
}
