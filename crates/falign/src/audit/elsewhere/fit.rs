//! Least squares of a few columns.

/// Coefficients of the columns whose sum is closest to `y`; 0 for a column that those before it explain.
pub(super) fn least_squares(columns: &[&[f64]], y: &[f64]) -> Vec<f64> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    // Gram and Schmidt: `q` are orthogonal, column j is q_j + sum_i r_ij q_i.
    let mut q: Vec<Vec<f64>> = Vec::new();
    let mut r = vec![vec![0.0; columns.len()]; columns.len()];
    let mut shares = vec![0.0; columns.len()];
    let mut rest = y.to_vec();
    for (j, column) in columns.iter().enumerate() {
        let mut own = column.to_vec();
        // Twice, for what rounding left.
        for _ in 0..2 {
            for (i, q) in q.iter().enumerate() {
                let norm = dot(q, q);
                if norm > 0.0 {
                    let share = dot(q, &own) / norm;
                    r[i][j] += share;
                    own.iter_mut().zip(q).for_each(|(x, q)| *x -= share * q);
                }
            }
        }
        let norm = dot(&own, &own);
        if norm <= INDEPENDENT * dot(column, column) {
            own.fill(0.0);
        } else {
            shares[j] = dot(&own, &rest) / norm;
            rest.iter_mut()
                .zip(&own)
                .for_each(|(x, q)| *x -= shares[j] * q);
        }
        q.push(own);
    }
    let mut coefficients = vec![0.0; columns.len()];
    for j in (0..columns.len()).rev() {
        let above: f64 = (j + 1..columns.len())
            .map(|k| r[j][k] * coefficients[k])
            .sum();
        let is_there = q[j].iter().any(|x| *x != 0.0);
        coefficients[j] = if is_there { shares[j] - above } else { 0.0 };
    }
    coefficients
}

/// Squared part of a column that the others must leave.
const INDEPENDENT: f64 = 1e-20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coefficients_are_found_again() {
        let (a, b) = ([1.0, 2.0, -1.0, 0.5], [0.3, -1.0, 2.0, 4.0]);
        let c = [5.0, 1.0, 1.0, -2.0];
        let sum = |x: f64, y: f64, z: f64| -> Vec<f64> {
            (0..4).map(|i| x * a[i] + y * b[i] + z * c[i]).collect()
        };
        let found = least_squares(&[&a, &b, &c], &sum(2.0, -0.25, 3.0));
        for (found, expected) in found.iter().zip([2.0, -0.25, 3.0]) {
            assert!((found - expected).abs() < 1e-13, "{found} {expected}");
        }
        // The projection, where there is no sum.
        let found = least_squares(&[&[1.0, 0.0], &[1.0, 1e-3]], &[2.0, 1.0]);
        assert!(
            (found[1] - 1000.0).abs() < 1e-9 && (found[0] + 998.0).abs() < 1e-9,
            "{found:?}"
        );
        assert_eq!(least_squares(&[&[1.0, 1.0]], &[1.0, 0.0]), [0.5]);
    }

    #[test]
    fn columns_that_others_explain_have_no_share() {
        let (a, zero) = ([1.0, -2.0, 3.0], [0.0; 3]);
        let twice = a.map(|x| 2.0 * x);
        assert_eq!(least_squares(&[&zero, &a, &twice], &twice), [0.0, 2.0, 0.0]);
    }
}
