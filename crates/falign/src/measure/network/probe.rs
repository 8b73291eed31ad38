//! A linear classifier of a layer's activities: what a linear readout could tell of the class.

use nalgebra::DMatrix;
use ndarray::Array2;

/// Share of samples that ridge regression on one-hot classes, fitted to the other samples, classifies rightly.
///
/// `products` are the samples' inner products; a change of the origin changes nothing. Of each class every
/// other sample, from its first on, is fitted, and the rest classified. With X the fitted activities less their mean, and Y their
/// classes less theirs, the scores of x are mean Y + x' (X'X + s I)^-1 X'Y, and the ridge s is the mean of |x|^2
/// over the fitted samples. The largest score names the class, the first of equal ones. NaN where no sample is left to classify, or activities are
/// not finite.
///
/// Cost: O(m^3) for m fitted samples.
pub(super) fn probe_accuracy(products: &Array2<f64>, labels: &[usize]) -> f64 {
    let classes = labels.iter().max().map_or(0, |last| last + 1);
    let [fitted, tested] = halves(labels, classes);
    let m = fitted.len();
    let is_finite = products.iter().all(|x| x.is_finite());
    if tested.is_empty() || !is_finite {
        return f64::NAN;
    }
    // Inner products less the fitted mean: k(x, z) - mean k(x, .) - mean k(., z) + mean k.
    let mean_with = |at: usize| fitted.iter().map(|&j| products[(at, j)]).sum::<f64>() / m as f64;
    let means: Vec<f64> = (0..labels.len()).map(mean_with).collect();
    let mean = fitted.iter().map(|&j| means[j]).sum::<f64>() / m as f64;
    let centred = |i: usize, j: usize| products[(i, j)] - means[i] - means[j] + mean;
    let ridge = fitted.iter().map(|&i| centred(i, i)).sum::<f64>() / m as f64;

    let mut shares = vec![0.0; classes];
    for &i in &fitted {
        shares[labels[i]] += 1.0 / m as f64;
    }
    let target = |i: usize, class: usize| f64::from(u8::from(labels[i] == class)) - shares[class];
    let regularised =
        |i: usize, j: usize| centred(fitted[i], fitted[j]) + if i == j { ridge } else { 0.0 };
    let factors = DMatrix::from_fn(m, m, regularised).cholesky();
    let targets = DMatrix::from_fn(m, classes, |i, class| target(fitted[i], class));
    // Where activities do not vary, the shares of the classes are all that is known.
    let weights = factors.map(|factors| factors.solve(&targets));
    let is_right = |&&i: &&usize| {
        let of_sample: Vec<f64> = fitted.iter().map(|&j| centred(i, j)).collect();
        let score = |class: usize| {
            let linear = weights.as_ref().map_or(0.0, |weights| {
                let terms = of_sample.iter().zip(weights.column(class));
                terms.map(|(a, b)| a * b).sum()
            });
            shares[class] + linear
        };
        let mut best = (0, f64::NEG_INFINITY);
        for class in 0..classes {
            let score = score(class);
            if score > best.1 {
                best = (class, score);
            }
        }
        best.0 == labels[i]
    };
    tested.iter().filter(is_right).count() as f64 / tested.len() as f64
}

/// Every other sample of each class, from its first on, and the rest.
fn halves(labels: &[usize], classes: usize) -> [Vec<usize>; 2] {
    let mut seen = vec![0; classes];
    let mut halves = [Vec::new(), Vec::new()];
    for (at, &label) in labels.iter().enumerate() {
        halves[seen[label] % 2].push(at);
        seen[label] += 1;
    }
    halves
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, array};

    fn accuracy(x: &Array2<f64>, labels: &[usize]) -> f64 {
        probe_accuracy(&x.dot(&x.t()), labels)
    }

    #[test]
    fn halves_have_as_many_of_each_class() {
        let [fitted, tested] = halves(&[0, 1, 0, 1, 0, 1, 1], 2);
        assert_eq!((fitted, tested), (vec![0, 1, 4, 5], vec![2, 3, 6]));
    }

    #[test]
    fn the_fitted_samples_decide_where_classes_part() {
        // Fitted: -2, 0 of class 0 and 1, 5 of class 1. Their mean is 1, X = -3, -1, 0, 4, X'X = 26, s = 6.5,
        // X'Y = 4 of class 1, so that its score is 1/2 + (x - 1) 4/32.5: class 1 above 1.
        let x = [-2.0, 0.9, 1.0, 1.1, 0.0, 7.0, 5.0, -4.0];
        let labels = [0, 0, 1, 1, 0, 0, 1, 1];
        let rows = Array1::from(x.to_vec()).insert_axis(ndarray::Axis(1));
        // 0.9 is right and 1.1 too; 7 and -4 are on the wrong side.
        assert!((accuracy(&rows, &labels) - 0.5).abs() < 1e-15);
    }

    #[test]
    fn the_ridge_is_the_mean_squared_norm() {
        // Fitted in two dimensions, mean 0: (1, 0), (-1, 0) of classes 0 and 1, and (0, e), (0, -e) of classes 1
        // and 0. s = (1 + e^2)/2. The score of (a, b) for class 0 less that for class 1 has the sign of
        // a/(2 + s) - b e/(2 e^2 + s).
        let e = 0.1;
        let s = f64::midpoint(1.0, e * e);
        let edge = (2.0 * e * e + s) / (e * (2.0 + s)); // of b, for a = 1
        let (inside, outside) = ([1.0, 0.999 * edge], [1.0, 1.001 * edge]);
        let of_first = [[1.0, 0.0], inside, [0.0, -e], inside];
        let of_second = [[-1.0, 0.0], outside, [0.0, e], outside];
        let x = Array2::from([of_first, of_second].concat());
        let labels = [0, 0, 0, 0, 1, 1, 1, 1];
        assert!((accuracy(&x, &labels) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn the_origin_does_not_matter_and_what_does_not_vary_tells_the_commoner_class() {
        let x = array![
            [1.0, 2.0],
            [1.5, 2.5],
            [3.0, 0.0],
            [3.5, 0.5],
            [2.0, 9.0],
            [2.5, 9.5]
        ];
        let labels = [0, 0, 1, 1, 2, 2];
        assert!((accuracy(&x, &labels) - 1.0).abs() < 1e-15);
        assert!((accuracy(&(x.clone() + 100.0), &labels) - 1.0).abs() < 1e-15);
        let same = Array2::ones((6, 2));
        assert!((accuracy(&same, &[1, 1, 1, 0, 0, 1]) - 2.0 / 3.0).abs() < 1e-15);
        assert!(accuracy(&(x * f64::NAN), &labels).is_nan());
        assert!(probe_accuracy(&Array2::zeros((0, 0)), &[]).is_nan());
    }
}
