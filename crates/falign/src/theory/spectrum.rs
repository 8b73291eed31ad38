//! The spectrum of the infinite-width kernel, which sets step sizes and ridge units.

use ndarray::Array2;

use super::algebra::symmetric_eigenvalues_with_listener;
use super::infinite::{feature_kernel_with_listener, feedback_kernel_with_listener};
use crate::math::Activation;
use crate::memory::{Extent, Need, Size};
use crate::stage::{Listener, whole};

/// Extreme eigenvalues of the infinite-width feature kernel on a data set.
///
/// # Example
/// ```
/// use falign::math::Activation;
/// use falign::theory::{Spectrum, kernel_spectrum};
/// use ndarray::array;
/// let x = array![[1.0, 0.0, 0.5], [0.0, 1.0, -0.5]];
/// let Spectrum { gamma, max } = kernel_spectrum(Activation::Relu, &x);
/// assert!(0.0 < gamma && gamma < max); // steps below 2/M are stable
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spectrum {
    /// gamma: the least eigenvalue on the kernel's range.
    pub gamma: f64,
    /// M: the largest eigenvalue.
    pub max: f64,
}

/// Relative size below which an eigenvalue is rounding.
pub(super) const RANK_TOLERANCE: f64 = 1e-12;

/// Memory of the kernels of [`kernel_spectrum`] and [`training_kernel_max`] and of their eigenvalues.
pub fn spectrum_memory(extent: &Extent) -> Need {
    extent.array(40.0, &[Size::Samples, Size::Samples])
}

/// Memory of a certificate: the kernels and their eigenvalues, those of the start, and products of them.
pub fn certificate_memory(extent: &Extent) -> Need {
    extent.array(120.0, &[Size::Samples, Size::Samples])
}

/// gamma and M of Gbar, the infinite-width feature kernel.
///
/// `inputs` is (samples, `input_dim`). Where the kernel is singular (linear networks with
/// samples > `input_dim`, equal inputs) it is restricted to its range ("Large sample
/// scenario"): eigenvalues below 1e-12 M do not count. Cost: O(n^3) and that of
/// [`infinite_feature_kernel`](super::infinite_feature_kernel). Up to 1000 samples the same bits on
/// every processor, as recorded results need; beyond, on one machine only.
///
/// # Example
/// ```
/// use falign::math::Activation;
/// use falign::theory::kernel_spectrum;
/// use ndarray::array;
/// let s = kernel_spectrum(Activation::Linear, &array![[2.0, 0.0], [0.0, 1.0]]);
/// assert_eq!((s.gamma, s.max), (1.0, 4.0));
/// ```
///
/// Source: Song, Xu & Lafferty (2021), Assumption 3.1 and Theorem 4.3.
pub fn kernel_spectrum(activation: Activation, inputs: &Array2<f64>) -> Spectrum {
    Spectrum::of(&infinite_eigenvalues(activation, inputs))
}

/// The eigenvalues of Gbar, ascending, to rounding: singular kernels have some just below 0.
///
/// Cost and `inputs` as [`kernel_spectrum`], which is [`Spectrum::of`] them.
pub fn infinite_eigenvalues(activation: Activation, inputs: &Array2<f64>) -> Vec<f64> {
    whole(|nobody| infinite_eigenvalues_with_listener(activation, inputs, nobody))
}

/// [`infinite_eigenvalues`], unless it is stopped.
pub(crate) fn infinite_eigenvalues_with_listener(
    activation: Activation,
    inputs: &Array2<f64>,
    listener: Listener<'_>,
) -> Option<Vec<f64>> {
    let kernel = feature_kernel_with_listener(activation, inputs, listener)?;
    symmetric_eigenvalues_with_listener(kernel, listener)
}

impl Spectrum {
    /// Spectrum from the eigenvalues of a positive semidefinite kernel, in any order: those below 1e-12 of
    /// the largest are left out.
    pub fn of(eigenvalues: &[f64]) -> Self {
        let max = eigenvalues.iter().copied().fold(0.0, f64::max);
        let gamma = eigenvalues
            .iter()
            .copied()
            .filter(|&l| l > RANK_TOLERANCE * max)
            .fold(max, f64::min);
        Self { gamma, max }
    }
}

/// The largest eigenvalue of Gbar + h K o Gdot, the kernel that a network of infinite width
/// starts to train with where its feedback weights have a correlation with its output weights.
///
/// `share` is h: rho for fixed feedback weights of correlation rho with beta(0), 1 for
/// backpropagation, 0 for the paper's feedback alignment, where it is M of [`kernel_spectrum`].
/// A negative share counts as 0: it never enlarges the kernel. Cost and `inputs` as there.
///
/// # Example
/// ```
/// use falign::math::Activation;
/// use falign::theory::training_kernel_max;
/// use ndarray::array;
/// // Backpropagation trains both layers of a linear network with X X'.
/// let x = array![[2.0, 0.0], [0.0, 1.0]];
/// assert_eq!(training_kernel_max(Activation::Linear, &x, 0.0), 4.0);
/// assert_eq!(training_kernel_max(Activation::Linear, &x, 1.0), 8.0);
/// ```
///
/// Source: [`LazyLimit`](super::LazyLimit) at its first step.
pub fn training_kernel_max(activation: Activation, inputs: &Array2<f64>, share: f64) -> f64 {
    whole(|nobody| training_kernel_max_with_listener(activation, inputs, share, nobody))
}

/// [`training_kernel_max`], unless it is stopped.
pub(crate) fn training_kernel_max_with_listener(
    activation: Activation,
    inputs: &Array2<f64>,
    share: f64,
    listener: Listener<'_>,
) -> Option<f64> {
    let mut kernel = feature_kernel_with_listener(activation, inputs, listener)?;
    if share > 0.0 {
        kernel.scaled_add(
            share,
            &feedback_kernel_with_listener(activation, inputs, listener)?,
        );
    }
    let eigenvalues = symmetric_eigenvalues_with_listener(kernel, listener)?;
    Some(Spectrum::of(&eigenvalues).max)
}

#[cfg(test)]
mod tests {
    use super::super::infinite_feature_kernel;
    use super::*;
    use crate::stage::Stage;
    use ndarray::array;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Rows on a circle, as many as are listened to while their eigenvalues are computed.
    fn circle(samples: usize) -> Array2<f64> {
        Array2::from_shape_fn((samples, 2), |(i, j)| {
            (i as f64 + 1.6 * j as f64).sin() * (1.0 + 0.01 * i as f64)
        })
    }

    #[test]
    fn whoever_listens_hears_every_row_and_the_eigenvalues_and_changes_no_bit() {
        let inputs = circle(310);
        let noted = Mutex::new(Vec::new());
        let note = |stage| {
            noted.lock().unwrap().push(stage);
            true
        };
        let with =
            infinite_eigenvalues_with_listener(Activation::Relu, &inputs, Listener::new(&note));
        let plain = infinite_eigenvalues(Activation::Relu, &inputs);
        let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&with.unwrap()), bits(&plain));
        let noted = noted.into_inner().unwrap();
        // Products of the inputs come first, all at once.
        let whole = |share| Stage::Kernel {
            samples: 310,
            share,
        };
        assert_eq!(noted[..2], [whole(0.0), whole(1.0)]);
        for (row, stage) in noted[2..312].iter().enumerate() {
            let share = row as f64 / 310.0;
            assert_eq!(
                *stage,
                Stage::Kernel {
                    samples: 310,
                    share
                }
            );
        }
        assert_eq!(noted[312], Stage::Eigenvalues { samples: 310 });
    }

    #[test]
    fn what_is_stopped_ends_at_the_next_row_or_without_its_eigenvalues() {
        let inputs = circle(310);
        let count = AtomicUsize::new(0);
        let after_five = |_: Stage| count.fetch_add(1, Ordering::Relaxed) < 5;
        let listener = Listener::new(&after_five);
        let kernels = [0.0, 0.5];
        for share in kernels {
            count.store(0, Ordering::Relaxed);
            let found =
                training_kernel_max_with_listener(Activation::Tanh, &inputs, share, listener);
            assert_eq!((found, count.load(Ordering::Relaxed)), (None, 6));
        }
        let no_eigenvalues = |stage| matches!(stage, Stage::Kernel { .. });
        let listener = Listener::new(&no_eigenvalues);
        let found = infinite_eigenvalues_with_listener(Activation::Linear, &inputs, listener);
        assert_eq!(found, None);
    }

    #[test]
    fn spectrum_of_a_known_matrix() {
        // Rows (2, 0), (0, 1), (0, 1): eigenvalues 4, 2 and 0, which is left out.
        let inputs = array![[2.0, 0.0], [0.0, 1.0], [0.0, 1.0]];
        let s = kernel_spectrum(Activation::Linear, &inputs);
        assert!((s.gamma - 2.0).abs() < 1e-14 && (s.max - 4.0).abs() < 1e-14);
    }

    #[test]
    fn the_linear_kernel_is_its_products_bit_for_bit() {
        // Recorded results in theory units of linear networks depend on it.
        let inputs = Array2::from_shape_fn((7, 5), |(i, j)| ((i * 5 + j) as f64 * 0.37).sin());
        let x: Vec<f64> = inputs.iter().copied().collect();
        let plain = crate::math::row_products(&x, &x, 5);
        let kernel = infinite_feature_kernel(Activation::Linear, &inputs);
        let bits = |values: Vec<f64>| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(kernel.iter().copied().collect()), bits(plain));
    }

    #[test]
    fn equal_inputs_leave_the_range_of_every_kernel() {
        let inputs = array![[2.0, 0.3], [-0.4, 1.0], [-0.4, 1.0]];
        let distinct = array![[2.0, 0.3], [-0.4, 1.0]];
        for activation in Activation::ALL {
            let s = kernel_spectrum(activation, &inputs);
            let without = kernel_spectrum(activation, &distinct);
            assert!(s.gamma >= without.gamma * 0.99, "{activation:?}: {s:?}");
        }
    }
}
