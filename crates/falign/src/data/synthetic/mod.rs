//! Generated inputs and targets, from named streams.

mod drawn;
mod images;
mod mnist1d;

use ndarray::Array2;
use serde::{Deserialize, Serialize};

pub(crate) use self::drawn::DrawnSet;
pub use self::images::labelled_images;
use crate::Result;
use crate::math::{Activation, StreamName, Streams};
use crate::stage::{DRAW, Listener, Stage, Work, rows_at_once, unstopped};

/// Law of generated inputs (`data.inputs`).
///
/// # Example
/// ```
/// use falign::data::synthetic::{InputLaw, inputs};
/// use falign::math::{StreamName, Streams};
/// let streams = Streams::new(7, 0);
/// let x = inputs(streams, StreamName::Data, InputLaw::Orthonormal, 3, 8);
/// let kernel = x.dot(&x.t());
/// assert!((kernel[(0, 0)] - 1.0).abs() < 1e-12 && kernel[(0, 1)].abs() < 1e-12);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputLaw {
    /// Entries N(0, 1): the law behind Figure 2.
    Normal,
    /// Entries N(0, 1/d): the law of the paper's propositions.
    NormalOverDim,
    /// Orthonormal rows, uniformly distributed (needs n <= d).
    Orthonormal,
}

/// Draws inputs of shape (`samples`, `dim`) from `stream`: training or held-out.
///
/// # Panics
/// If `samples` > `dim` for orthonormal rows.
pub fn inputs(
    streams: Streams,
    stream: StreamName,
    law: InputLaw,
    samples: usize,
    dim: usize,
) -> Array2<f64> {
    unstopped(|nobody| inputs_of(streams, stream, law, (samples, dim), &unmeasured(nobody)))
}

/// [`inputs`], as a part of some work.
///
/// # Errors
/// [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
pub(crate) fn inputs_of(
    streams: Streams,
    stream: StreamName,
    law: InputLaw,
    (samples, dim): (usize, usize),
    work: &Work<'_>,
) -> Result<Array2<f64>> {
    let mut stream = streams.open(stream);
    let drawn = work.draw(samples * dim, || stream.normal())?;
    let mut x = Array2::from_shape_vec((samples, dim), drawn).expect("one number for each entry");
    match law {
        InputLaw::Normal => {}
        InputLaw::NormalOverDim => x /= (dim as f64).sqrt(),
        InputLaw::Orthonormal => {
            assert!(samples <= dim, "orthonormal rows need samples <= input_dim");
            orthonormalise(&mut x, work)?;
        }
    }
    Ok(x)
}

/// Multiply-adds of [`inputs_of`], about.
pub(crate) fn inputs_work(law: InputLaw, samples: f64, dim: f64) -> f64 {
    let products = match law {
        InputLaw::Normal | InputLaw::NormalOverDim => 0.0,
        // Two rounds of a product and a subtraction for each pair of rows.
        InputLaw::Orthonormal => 2.0 * samples * samples * dim,
    };
    DRAW * samples * dim + products
}

/// Work on data of which nobody asks how much there is.
fn unmeasured(listener: Listener<'_>) -> Work<'_> {
    Work::new(listener, 0.0, &Stage::data)
}

/// Gram and Schmidt's process on the rows, twice for orthogonality to rounding.
fn orthonormalise(x: &mut Array2<f64>, work: &Work<'_>) -> Result<()> {
    for i in 0..x.nrows() {
        work.did(4.0 * (i * x.ncols()) as f64)?;
        for _ in 0..2 {
            for j in 0..i {
                let along: f64 = x.row(i).iter().zip(x.row(j)).map(|(a, b)| a * b).sum();
                let other = x.row(j).to_owned();
                x.row_mut(i).scaled_add(-along, &other);
            }
        }
        let norm = x.row(i).iter().map(|a| a * a).sum::<f64>().sqrt();
        x.row_mut(i).map_inplace(|a| *a /= norm);
    }
    Ok(())
}

/// A network of the student's architecture with fresh N(0, 1) weights.
///
/// # Example
/// ```
/// use falign::data::synthetic::{InputLaw, Teacher, inputs, teach};
/// use falign::math::{Activation, StreamName, Streams};
/// let streams = Streams::new(7, 0);
/// let x = inputs(streams, StreamName::Data, InputLaw::Normal, 20, 8);
/// let teacher = Teacher { width: 50, activation: Activation::Relu, outputs: 2, in_law: false };
/// assert_eq!(teach(streams, teacher, &x).dim(), (20, 2)); // (samples, outputs)
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Teacher {
    /// Width of the teacher.
    pub width: u64,
    /// Activation of the teacher.
    pub activation: Activation,
    /// Outputs of the teacher.
    pub outputs: usize,
    /// Whether to draw only W'beta, whose law is known, at any width; for the identity.
    pub in_law: bool,
}

/// Rows of the teacher's weights made at once.
const ROWS: usize = 512;

/// The teacher's outputs beta' psi(W x)/sqrt(width) at `inputs`, (samples, outputs).
///
/// # Panics
/// If `in_law` is set for an activation other than the identity.
pub fn teach(streams: Streams, teacher: Teacher, inputs: &Array2<f64>) -> Array2<f64> {
    unstopped(|nobody| teach_of(streams, teacher, inputs, &unmeasured(nobody)))
}

/// Multiply-adds of [`teach_of`], about.
pub(crate) fn teach_work(teacher: Teacher, samples: f64, dim: f64) -> f64 {
    let k = teacher.outputs as f64;
    if teacher.in_law {
        k * dim * (DRAW + samples)
    } else {
        teacher.width as f64 * (DRAW * (dim + k) + samples * (dim + DRAW * k))
    }
}

/// [`teach`], as a part of some work.
///
/// # Errors
/// [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
pub(crate) fn teach_of(
    streams: Streams,
    teacher: Teacher,
    inputs: &Array2<f64>,
    work: &Work<'_>,
) -> Result<Array2<f64>> {
    let (n, d) = inputs.dim();
    let k = teacher.outputs;
    let x: Vec<f64> = inputs.iter().copied().collect();
    let mut hidden = streams.open(StreamName::TeacherHidden);
    let mut output = streams.open(StreamName::TeacherOutput);
    let root = (teacher.width as f64).sqrt();
    let mut y = Array2::zeros((n, k));
    if teacher.in_law {
        assert!(
            teacher.activation == Activation::Linear,
            "a law known for linear teachers"
        );
        // W'beta = G R with G standard normal (d, k) and R'R = beta'beta (Bartlett).
        let g = work.draw(k * d, || hidden.normal())?;
        let xg = work.products(&g, &x, d)?;
        for c in 0..k {
            for r in 0..=c {
                let factor = if r == c {
                    output.chi_squared((teacher.width - r as u64) as f64).sqrt()
                } else {
                    output.normal()
                };
                for i in 0..n {
                    y[(i, c)] += xg[r * n + i] * factor / root;
                }
            }
        }
        return Ok(y);
    }
    let width = usize::try_from(teacher.width).expect("a teacher that fits in memory");
    let together = ROWS.min(rows_at_once(x.len()));
    for first in (0..width).step_by(together) {
        let count = together.min(width - first);
        let rows = work.draw(count * d, || hidden.normal())?;
        let z = work.products(&rows, &x, d)?;
        for r in 0..count {
            for c in 0..k {
                let beta = output.normal();
                for i in 0..n {
                    y[(i, c)] += beta * teacher.activation.value(z[r * n + i]);
                }
            }
            work.did(DRAW * (k * (1 + n)) as f64)?;
        }
    }
    Ok(y / root)
}

/// Independent fair signs, (`samples`, `outputs`).
pub fn signs(streams: Streams, samples: usize, outputs: usize) -> Array2<f64> {
    unstopped(|nobody| signs_of(streams, (samples, outputs), &unmeasured(nobody)))
}

/// [`signs`], as a part of some work.
///
/// # Errors
/// [`Error::Stopped`](crate::Error::Stopped) where it is to stop.
pub(crate) fn signs_of(
    streams: Streams,
    shape: (usize, usize),
    work: &Work<'_>,
) -> Result<Array2<f64>> {
    let mut stream = streams.open(StreamName::TeacherOutput);
    let drawn = work.draw(shape.0 * shape.1, || stream.sign())?;
    Ok(Array2::from_shape_vec(shape, drawn).expect("one sign for each entry"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orthonormal_rows_are_orthonormal() {
        let x = inputs(
            Streams::new(1, 0),
            StreamName::Data,
            InputLaw::Orthonormal,
            7,
            9,
        );
        for i in 0..7 {
            for j in 0..7 {
                let dot: f64 = x.row(i).iter().zip(x.row(j)).map(|(a, b)| a * b).sum();
                let expected = f64::from(u8::from(i == j));
                assert!((dot - expected).abs() < 1e-14);
            }
        }
    }

    #[test]
    fn a_teacher_in_law_has_the_second_moments_of_a_teacher() {
        // E y_i^2 = |x_i|^2 for both; 4000 draws of a heavy-ish product: 5 standard errors.
        let x = inputs(
            Streams::new(1, 0),
            StreamName::Data,
            InputLaw::NormalOverDim,
            1,
            6,
        );
        let square: f64 = x.iter().map(|a| a * a).sum();
        for in_law in [false, true] {
            let teacher = Teacher {
                width: 20,
                activation: Activation::Linear,
                outputs: 1,
                in_law,
            };
            let draws = 4000_u32;
            let sum: f64 = (0..draws)
                .map(|run| teach(Streams::new(2, run.into()), teacher, &x)[(0, 0)].powi(2))
                .sum();
            let ratio = sum / f64::from(draws) / square;
            assert!((ratio - 1.0).abs() < 0.13, "{in_law}: {ratio}");
        }
    }
}
