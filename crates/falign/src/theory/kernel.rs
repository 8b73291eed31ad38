//! The two kernels of a network of finite width, at whatever step its weights are from.

use ndarray::Array2;

use super::matrix::{check_columns, check_shape, products, products_of};
use crate::Result;
use crate::math::{Activation, activate};
use crate::stage::{Listener, Stage, Work, unstopped};

/// The feature kernel: how strongly an error at one sample moves the output at another through
/// the output weights.
///
/// G = psi(Z) psi(Z)' / p, Z = X W'.
///
/// `hidden_weights` is (width, `input_dim`), `inputs` (samples, `input_dim`); the result is
/// (samples, samples), symmetric and positive semidefinite. It is the same for every rule and
/// number of outputs. Cost: O(n p (n + d)).
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if `inputs` has not as many columns as the weights.
///
/// # Example
/// ```
/// use falign::math::Activation;
/// use falign::theory::feature_kernel;
/// use ndarray::array;
/// let w = array![[1.0, 0.0], [0.0, -1.0]];
/// let g = feature_kernel(&w, Activation::Relu, &array![[2.0, 1.0]])?;
/// assert_eq!(g, array![[2.0]]); // (2^2 + 0^2)/2
/// # Ok::<(), falign::Error>(())
/// ```
///
/// Source: Song, Xu & Lafferty (2021), Section 3 and Appendix A.
#[doc(alias = "G")]
pub fn feature_kernel(
    hidden_weights: &Array2<f64>,
    activation: Activation,
    inputs: &Array2<f64>,
) -> Result<Array2<f64>> {
    let work = Work::new(Listener::NOBODY, 0.0, &Stage::weights);
    feature_kernel_of(hidden_weights, activation, inputs, &work)
}

/// [`feature_kernel`], as a part of some work.
///
/// # Errors
/// As there; [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
pub(crate) fn feature_kernel_of(
    hidden_weights: &Array2<f64>,
    activation: Activation,
    inputs: &Array2<f64>,
    work: &Work<'_>,
) -> Result<Array2<f64>> {
    check_columns("inputs", inputs, hidden_weights.ncols())?;
    let (psi, _) = units_of(hidden_weights, activation, inputs, work)?;
    Ok(products_of(&psi, &psi, work)? / hidden_weights.nrows() as f64)
}

/// The feature kernel between two sets of inputs: an error at a row of `right` moves the output at a row
/// of `left`.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if inputs have not as many columns as the weights.
pub fn feature_kernel_between(
    hidden_weights: &Array2<f64>,
    activation: Activation,
    left: &Array2<f64>,
    right: &Array2<f64>,
) -> Result<Array2<f64>> {
    check_columns("left", left, hidden_weights.ncols())?;
    check_columns("right", right, hidden_weights.ncols())?;
    let (left, _) = units(hidden_weights, activation, left);
    let (right, _) = units(hidden_weights, activation, right);
    Ok(products(&left, &right) / hidden_weights.nrows() as f64)
}

/// The feedback kernel: how strongly an error at one sample, sent back through the feedback
/// weights, moves the output at another through the hidden weights.
///
/// `H_(ia)(jc) = (x_i.x_j)/p sum_r beta_ra b_rc psi'(w_r.x_i) psi'(w_r.x_j)`
///
/// `hidden_weights` is (width, `input_dim`), `output_weights` and `feedback_weights` are
/// (width, outputs). The result is (samples k, samples k) for k outputs; output a of sample i
/// has index i k + a, as in a row-major residual. For k = 1 it is symmetric, but **not**
/// positive semidefinite in general; for k > 1 it is not even symmetric. With the feedback
/// weights equal to the output weights it is the second part of the tangent kernel, which is
/// both. Cost: O(n^2 k^2 p + n p d).
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) naming the array that does not fit.
///
/// # Example
/// ```
/// use falign::math::Activation;
/// use falign::theory::feedback_kernel;
/// use ndarray::array;
/// let (w, beta, b) = (array![[1.0, 1.0]], array![[2.0]], array![[-3.0]]);
/// let x = array![[1.0, 0.0], [1.0, 1.0]];
/// let h = feedback_kernel(&w, &beta, &b, Activation::Linear, &x)?;
/// assert_eq!(h, array![[-6.0, -6.0], [-6.0, -12.0]]);
/// # Ok::<(), falign::Error>(())
/// ```
///
/// Source: Song, Xu & Lafferty (2021), Section 3 and (A.9) (whose second form drops `x_i.x_j`).
#[doc(alias = "H")]
pub fn feedback_kernel(
    hidden_weights: &Array2<f64>,
    output_weights: &Array2<f64>,
    feedback_weights: &Array2<f64>,
    activation: Activation,
    inputs: &Array2<f64>,
) -> Result<Array2<f64>> {
    let work = Work::new(Listener::NOBODY, 0.0, &Stage::weights);
    let weights = [hidden_weights, output_weights, feedback_weights];
    feedback_kernel_of(weights, activation, inputs, &work)
}

/// [`feedback_kernel`] of W, beta and b, as a part of some work.
///
/// # Errors
/// As there; [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
pub(crate) fn feedback_kernel_of(
    [hidden_weights, output_weights, feedback_weights]: [&Array2<f64>; 3],
    activation: Activation,
    inputs: &Array2<f64>,
    work: &Work<'_>,
) -> Result<Array2<f64>> {
    check_columns("inputs", inputs, hidden_weights.ncols())?;
    let (_, dpsi) = units_of(hidden_weights, activation, inputs, work)?;
    let slopes = Slopes {
        left: &dpsi,
        right: &dpsi,
        inner: products_of(inputs, inputs, work)?,
    };
    slopes.kernel(output_weights, feedback_weights, work)
}

/// The feedback kernel between two sets of inputs: an error at a row of `right` moves the output at a row
/// of `left`.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) naming the array that does not fit.
pub fn feedback_kernel_between(
    hidden_weights: &Array2<f64>,
    output_weights: &Array2<f64>,
    feedback_weights: &Array2<f64>,
    activation: Activation,
    left: &Array2<f64>,
    right: &Array2<f64>,
) -> Result<Array2<f64>> {
    check_columns("left", left, hidden_weights.ncols())?;
    check_columns("right", right, hidden_weights.ncols())?;
    let inner = products(left, right);
    let (_, left) = units(hidden_weights, activation, left);
    let (_, right) = units(hidden_weights, activation, right);
    let slopes = Slopes {
        left: &left,
        right: &right,
        inner,
    };
    let work = Work::new(Listener::NOBODY, 0.0, &Stage::weights);
    slopes.kernel(output_weights, feedback_weights, &work)
}

/// psi' at two sets of inputs, (samples, width), and their inner products.
struct Slopes<'a> {
    left: &'a Array2<f64>,
    right: &'a Array2<f64>,
    inner: Array2<f64>,
}

impl Slopes<'_> {
    fn kernel(
        mut self,
        output_weights: &Array2<f64>,
        feedback_weights: &Array2<f64>,
        work: &Work<'_>,
    ) -> Result<Array2<f64>> {
        let (p, k) = (self.left.ncols(), output_weights.ncols());
        check_shape("output_weights", output_weights, (p, k))?;
        check_shape("feedback_weights", feedback_weights, (p, k))?;
        self.inner /= p as f64;
        let block = |a: usize, c: usize| -> Result<Array2<f64>> {
            let sent = self.left * &output_weights.column(a);
            let received = self.right * &feedback_weights.column(c);
            Ok(products_of(&sent, &received, work)? * &self.inner)
        };
        if k == 1 {
            return block(0, 0);
        }
        let mut h = Array2::zeros((self.left.nrows() * k, self.right.nrows() * k));
        for (a, c) in (0..k).flat_map(|a| (0..k).map(move |c| (a, c))) {
            for ((i, j), value) in block(a, c)?.indexed_iter() {
                h[(i * k + a, j * k + c)] = *value;
            }
        }
        Ok(h)
    }
}

/// psi and psi' of all preactivations, each (samples, width).
pub(super) fn units(
    hidden_weights: &Array2<f64>,
    activation: Activation,
    inputs: &Array2<f64>,
) -> (Array2<f64>, Array2<f64>) {
    unstopped(|nobody| {
        let work = Work::new(nobody, 0.0, &Stage::weights);
        units_of(hidden_weights, activation, inputs, &work)
    })
}

/// [`units`], as a part of some work.
fn units_of(
    hidden_weights: &Array2<f64>,
    activation: Activation,
    inputs: &Array2<f64>,
    work: &Work<'_>,
) -> Result<(Array2<f64>, Array2<f64>)> {
    let mut values = products_of(inputs, hidden_weights, work)?;
    let mut slopes = Array2::zeros(values.dim());
    let contiguous = "a new matrix is contiguous";
    activate(
        activation,
        values.as_slice_mut().expect(contiguous),
        slopes.as_slice_mut().expect(contiguous),
    );
    Ok((values, slopes))
}
