//! Output weights that follow the features at once: kernel regression.

use ndarray::Array2;

use crate::math::{Loss, Reduction};
use crate::stage::Work;
use crate::theory::algebra::{self, apart_of};
use crate::theory::matrix::{product, transposed};
use crate::{Error, Result};

/// Newton's steps after which a solution is not looked for any further.
const MOST_STEPS: usize = 100;

/// Largest entry of the equation's left side, relative to that of the targets (at least 1).
const TOLERANCE: f64 = 1e-11;

/// Eigenvalues below this share of the largest one are rounding.
const RANK_TOLERANCE: f64 = 1e-12;

/// alpha, (samples, outputs), with lambda alpha + E(G alpha) = 0, where E is the derivative of
/// the summed loss by the outputs. `guess` is where Newton's method begins.
///
/// # Errors
/// [`Error::Config`] for a loss that is not convex, for one other than the squared error without
/// ridge, which has no finite solution, or where Newton's method fails; [`Error::Stopped`] where
/// `work`, of which it is a part, is to stop.
pub(super) fn coefficients(
    kernel: &Array2<f64>,
    targets: &Array2<f64>,
    loss: Loss,
    ridge: f64,
    guess: &Array2<f64>,
    work: &Work<'_>,
) -> Result<Array2<f64>> {
    if loss == Loss::SquaredError {
        return regression(kernel, targets, ridge, work);
    }
    if loss == Loss::SquaredErrorLogistic {
        return Err(Error::config(
            "loss",
            "squared_error_logistic",
            "this loss is not convex, and its quasi-static outputs are not unique; take another",
        ));
    }
    if ridge <= 0.0 {
        return Err(Error::config(
            "ridge",
            ridge,
            "without ridge the outputs of a classifier grow for ever; give a number above 0",
        ));
    }
    newton(kernel, targets, loss, ridge, guess, work)
}

/// (lambda I + G)^{-1} Y; the shortest solution where that is singular.
fn regression(
    kernel: &Array2<f64>,
    targets: &Array2<f64>,
    ridge: f64,
    work: &Work<'_>,
) -> Result<Array2<f64>> {
    let n = kernel.nrows();
    let mut matrix = kernel.clone();
    matrix.diag_mut().map_inplace(|g| *g += ridge);
    // Far from singular, where no eigenvalue needs to be looked at.
    if ridge > RANK_TOLERANCE * matrix.diag().sum() {
        let (matrix, targets) = (matrix.clone(), targets.clone());
        let solve = move || algebra::portable_solve_positive(&matrix, &targets);
        if let Some(solution) = apart_of(n, work, solve)? {
            return Ok(solution);
        }
    }
    let (eigenvalues, vectors) = apart_of(n, work, move || algebra::portable_eigen(&matrix))?;
    let floor = RANK_TOLERANCE * eigenvalues.iter().copied().fold(0.0, f64::max);
    let mut along = product(&transposed(&vectors), targets);
    for (mut row, &l) in along.rows_mut().into_iter().zip(&eigenvalues) {
        row *= if l > floor { 1.0 / l } else { 0.0 };
    }
    Ok(product(&vectors, &along))
}

/// Damped Newton: the equation is the gradient (in the metric of G) of a convex function.
fn newton(
    kernel: &Array2<f64>,
    targets: &Array2<f64>,
    loss: Loss,
    ridge: f64,
    guess: &Array2<f64>,
    work: &Work<'_>,
) -> Result<Array2<f64>> {
    let (n, k) = targets.dim();
    let scale = targets.iter().fold(1.0, |m: f64, y| m.max(y.abs()));
    let mut residual = Array2::zeros((n, k));
    let mut energy = |alpha: &Array2<f64>| {
        let outputs = product(kernel, alpha);
        let data = loss.residual(&outputs, targets, Reduction::Sum, &mut residual);
        let norm: f64 = alpha.iter().zip(&outputs).map(|(a, f)| a * f).sum();
        (
            data + 0.5 * ridge * norm,
            alpha * ridge + &residual,
            residual.clone(),
        )
    };
    let mut alpha = guess.clone();
    let (mut value, mut equation, mut e) = energy(&alpha);
    for _ in 0..MOST_STEPS {
        let largest = equation.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
        if largest <= TOLERANCE * scale {
            return Ok(alpha);
        }
        let shares = &e + targets;
        let right = Array2::from_shape_fn((n * k, 1), |(at, _)| equation[(at / k, at % k)]);
        let jacobian = jacobian(kernel, &shares, loss, ridge);
        let step = apart_of(n * k, work, move || algebra::solve(&jacobian, &right))?;
        if step.iter().any(|x| !x.is_finite()) {
            break;
        }
        let step = Array2::from_shape_fn((n, k), |(i, c)| step[(i * k + c, 0)]);
        let mut length = 1.0;
        loop {
            let next = &alpha - &(&step * length);
            let (next_value, next_equation, next_e) = energy(&next);
            // Near the solution the energy is flat to rounding: a full step is right there.
            if next_value <= value + 1e-12 * value.abs() || length < 1e-6 {
                (alpha, value, equation, e) = (next, next_value, next_equation, next_e);
                break;
            }
            length *= 0.5;
        }
    }
    Err(Error::config(
        "ridge",
        ridge,
        "the quasi-static outputs were not found; is the ridge nearly zero?",
    ))
}

/// lambda I + S (G x I), with S the second derivative of the loss, sample by sample.
fn jacobian(kernel: &Array2<f64>, shares: &Array2<f64>, loss: Loss, ridge: f64) -> Array2<f64> {
    let (n, k) = shares.dim();
    let curvature = |i: usize, a: usize, c: usize| {
        let own = if a == c { shares[(i, a)] } else { 0.0 };
        match loss {
            Loss::SquaredError => f64::from(u8::from(a == c)),
            Loss::SoftmaxCrossEntropy => own - shares[(i, a)] * shares[(i, c)],
            Loss::Logistic => own * (1.0 - own),
            Loss::SquaredErrorLogistic => unreachable!("refused above"),
        }
    };
    Array2::from_shape_fn((n * k, n * k), |(row, column)| {
        let ((i, a), (j, c)) = ((row / k, row % k), (column / k, column % k));
        let diagonal = if row == column { ridge } else { 0.0 };
        diagonal + curvature(i, a, c) * kernel[(i, j)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::{Listener, Stage};
    use crate::theory::slow_time::particles::unwatched;
    use ndarray::array;

    #[test]
    fn solutions_solve_their_equation_for_every_loss() {
        let kernel = array![[2.0, 0.3, -0.4], [0.3, 1.0, 0.1], [-0.4, 0.1, 3.0]];
        let targets = array![[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]];
        for loss in [
            Loss::SquaredError,
            Loss::SoftmaxCrossEntropy,
            Loss::Logistic,
        ] {
            for ridge in [1e-3, 0.5, 40.0] {
                let guess = Array2::zeros((3, 2));
                let alpha =
                    coefficients(&kernel, &targets, loss, ridge, &guess, &unwatched()).unwrap();
                let mut e = Array2::zeros((3, 2));
                loss.residual(&kernel.dot(&alpha), &targets, Reduction::Sum, &mut e);
                let left = alpha * ridge + e;
                assert!(left.iter().all(|x| x.abs() < 1e-9), "{loss:?} {ridge}");
            }
        }
    }

    /// A whole step of Newton's method would make things worse at these guesses.
    #[test]
    fn a_step_too_long_is_shortened() {
        let targets = array![[1.0], [0.0]];
        let apart = array![[1.0, 0.0], [0.0, 2.0]];
        // Where samples share units, a step that was made longer instead never comes back.
        let mixed = array![[3.0, 1.0], [1.0, 2.0]];
        for (kernel, guess) in [
            (&apart, array![[-5.0], [4.0]]),
            (&apart, array![[7.0], [-3.0]]),
            (&apart, array![[-40.0], [0.0]]),
            (&mixed, array![[-40.0], [0.0]]),
            (&mixed, array![[-9.0], [2.0]]),
        ] {
            let alpha =
                newton(kernel, &targets, Loss::Logistic, 0.01, &guess, &unwatched()).unwrap();
            let outputs = kernel.dot(&alpha);
            for (i, y) in [1.0, 0.0].into_iter().enumerate() {
                let sigma = 1.0 / (1.0 + (-outputs[(i, 0)]).exp());
                let left = 0.01 * alpha[(i, 0)] + sigma - y;
                assert!(left.abs() < 1e-9, "{guess} {left}");
            }
        }
    }

    /// Cholesky's factors, eigenvectors, and the equations of Newton's method.
    #[test]
    fn long_systems_can_be_stopped_and_have_the_same_bits_before_anybody() {
        // As many rows as are done apart.
        let n = 300;
        let kernel = Array2::from_shape_fn((n, n), |(i, j)| {
            let near = if i == j { 2.0 } else { 0.0 };
            near + 0.7 / (1.0 + (i as f64 - j as f64).powi(2))
        });
        let targets = Array2::from_shape_fn((n, 1), |(i, _)| f64::from(u8::from(i % 3 == 0)));
        let guess = Array2::zeros((n, 1));
        for (loss, ridge) in [
            (Loss::SquaredError, 0.5),
            (Loss::SquaredError, 0.0),
            (Loss::Logistic, 0.5),
        ] {
            let solve = |listener: Listener<'_>| {
                let work = Work::new(listener, 1.0, &Stage::weights);
                coefficients(&kernel, &targets, loss, ridge, &guess, &work)
            };
            let with = solve(Listener::new(&|_| true)).unwrap();
            assert_eq!(with, solve(Listener::NOBODY).unwrap(), "{loss:?} {ridge}");
            let stopped = solve(Listener::new(&|_| false));
            assert!(matches!(stopped, Err(Error::Stopped)), "{loss:?} {ridge}");
        }
    }

    #[test]
    fn a_classifier_without_ridge_is_refused() {
        let one = array![[1.0]];
        let error = coefficients(&one, &one, Loss::Logistic, 0.0, &one, &unwatched()).unwrap_err();
        assert!(error.to_string().contains("above 0"));
    }
}
