//! Weights of a two-layer network as a file.

use std::path::Path;

use ndarray::Array2;

use super::npz::{self, Archive};
use super::{dataset, gzip, in_file};
use crate::file::write_atomic;
use crate::{Error, Result};

/// Keys of the file.
const KEYS: [&str; 3] = ["hidden_weights", "output_weights", "feedback_weights"];

/// W, beta and b of a two-layer network.
///
/// # Example
/// ```
/// use falign::data::Weights;
/// use ndarray::Array2;
/// let (width, inputs, outputs) = (5, 3, 2);
/// let weights = Weights {
///     hidden: Array2::zeros((width, inputs)),
///     output: Array2::zeros((width, outputs)),
///     feedback: Array2::zeros((width, 1)), // one column is missing
/// };
/// assert!(weights.check().unwrap_err().to_string().contains("feedback_weights"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// W, (width, `input_dim`), one row per hidden unit.
    #[doc(alias = "W")]
    pub hidden: Array2<f64>,
    /// beta, (width, outputs).
    #[doc(alias = "beta")]
    pub output: Array2<f64>,
    /// b, (width, outputs).
    #[doc(alias = "b")]
    pub feedback: Array2<f64>,
}

impl Weights {
    /// One row per hidden unit everywhere, as many outputs in beta as in b, finite numbers.
    ///
    /// # Errors
    /// [`Error::Shape`] naming the array.
    pub fn check(&self) -> Result<()> {
        let [hidden, output, feedback] = KEYS;
        dataset::check(hidden, &self.hidden)?;
        dataset::check(output, &self.output)?;
        dataset::check(feedback, &self.feedback)?;
        if self.output.nrows() != self.hidden.nrows() {
            return Err(Error::shape(
                output,
                format!("{} rows, as {hidden}", self.hidden.nrows()),
                format!("{:?}", self.output.dim()),
            ));
        }
        if self.feedback.dim() != self.output.dim() {
            return Err(Error::shape(
                feedback,
                format!("{:?}, as {output}", self.output.dim()),
                format!("{:?}", self.feedback.dim()),
            ));
        }
        Ok(())
    }

    /// The bytes of the file `path`, which is named by errors; see [`save_weights`].
    pub(crate) fn encode(&self, path: &Path) -> Result<Vec<u8>> {
        let arrays = [&self.hidden, &self.output, &self.feedback];
        let views = arrays.map(|array| array.view());
        let named: Vec<_> = KEYS.into_iter().zip(views).collect();
        npz::write(path, &named)
    }
}

/// Reads weights from an NPZ file: `hidden_weights` (width, `input_dim`), `output_weights`
/// and `feedback_weights`, (width) or (width, outputs), and nothing else.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read; [`Error::Data`] if it is malformed, an array is
/// missing or one too many, or shapes or numbers cannot be used.
pub fn load_weights(path: &Path) -> Result<Weights> {
    let [hidden, output, feedback] = KEYS;
    let bytes = gzip::read_stored(path)?;
    let mut archive = Archive::open(path, &bytes)?;
    let fix = "use `numpy.savez(path, hidden_weights=W, output_weights=beta, feedback_weights=b)`";
    let weights = Weights {
        hidden: archive.matrix(&[hidden], false, fix)?,
        output: archive.matrix(&[output], true, fix)?,
        feedback: archive.matrix(&[feedback], true, fix)?,
    };
    archive.has_only(&KEYS, "a two-layer network has no others; leave them out")?;
    weights.check().map_err(|error| in_file(path, error))?;
    Ok(weights)
}

/// Writes an NPZ file that [`load_weights`] and NumPy read, atomically; equal weights give
/// equal bytes.
///
/// # Errors
/// [`Error::Io`] naming the path.
///
/// # Example
/// ```
/// use falign::data::{Weights, load_weights, save_weights};
/// use ndarray::array;
/// let path = std::env::temp_dir().join(format!("falign-doc-{}.npz", std::process::id()));
/// let weights = Weights {
///     hidden: array![[1.0, 2.0]],
///     output: array![[3.0]],
///     feedback: array![[-3.0]],
/// };
/// save_weights(&path, &weights)?;
/// assert_eq!(load_weights(&path)?, weights);
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), falign::Error>(())
/// ```
pub fn save_weights(path: &Path, weights: &Weights) -> Result<()> {
    write_atomic(path, &weights.encode(path)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::scratch::Scratch;
    use ndarray::array;

    fn sample() -> Weights {
        Weights {
            hidden: array![[1.0, -2.0, 1e-300], [0.1, 0.2, 0.3]],
            output: array![[1.0], [2.0]],
            feedback: array![[-0.5], [0.25]],
        }
    }

    #[test]
    fn saving_twice_gives_the_same_bytes_and_loading_the_same_weights() {
        let folder = Scratch::new("weights");
        let (first, second) = (folder.path().join("1.npz"), folder.path().join("2.npz"));
        save_weights(&first, &sample()).unwrap();
        save_weights(&second, &sample()).unwrap();
        assert_eq!(
            std::fs::read(&first).unwrap(),
            std::fs::read(&second).unwrap()
        );
        assert_eq!(load_weights(&first).unwrap(), sample());
        assert_eq!(folder.names(), ["1.npz", "2.npz"]);
    }

    #[test]
    fn weights_that_do_not_fit_are_named() {
        let folder = Scratch::new("weights-bad");
        let path = folder.path().join("a.npz");
        let with = |change: fn(&mut Weights)| {
            let mut weights = sample();
            change(&mut weights);
            save_weights(&path, &weights).unwrap();
            let error = load_weights(&path).unwrap_err();
            assert!(matches!(&error, Error::Data { .. }), "{error}");
            error.to_string()
        };
        let text = with(|w| w.output = array![[1.0]]);
        assert!(text.contains("output_weights has shape (1, 1)"), "{text}");
        let text = with(|w| w.feedback = array![[1.0, 2.0], [3.0, 4.0]]);
        assert!(text.contains("feedback_weights has shape (2, 2)"), "{text}");
        let text = with(|w| w.hidden[(1, 2)] = f64::NAN);
        assert!(
            text.contains("hidden_weights") && text.contains("row 1, column 2"),
            "{text}"
        );
    }

    #[test]
    fn an_array_that_nothing_reads_is_named() {
        let folder = Scratch::new("weights-unread");
        let path = folder.path().join("a.npz");
        let w = array![[1.0]];
        let mut named: Vec<_> = KEYS.iter().map(|key| (*key, w.clone())).collect();
        crate::data::tests::save_npz(&path, &named);
        load_weights(&path).unwrap();
        named.extend([("hidden_bias", w.clone()), ("encoder", w)]);
        crate::data::tests::save_npz(&path, &named);
        let text = load_weights(&path).unwrap_err().to_string();
        let part = "arrays that nothing reads: `hidden_bias`, `encoder`; a two-layer network";
        assert!(text.contains("a.npz") && text.contains(part), "{text}");
    }

    #[test]
    fn a_missing_array_is_named_with_the_fix() {
        let folder = Scratch::new("weights-missing");
        let path = folder.path().join("a.npz");
        let w = array![[1.0]];
        let bytes = npz::write(&path, &[(KEYS[0], w.view()), (KEYS[1], w.view())]).unwrap();
        let text = load_weights(&folder.file("a.npz", &bytes))
            .unwrap_err()
            .to_string();
        assert!(
            text.contains("`feedback_weights`") && text.contains("numpy.savez"),
            "{text}"
        );
    }
}
