//! Weights of a finished run, as they are written and as named arrays.

use ndarray::{Array2, ArrayD, IxDyn};
use serde_json::json;

use crate::data::Weights;
use crate::network::TensorFile;
use crate::{Error, Result};

/// Weights as they are written: an NPZ or a `safetensors` file.
///
/// # Example
/// ```
/// use falign::internal::simulate::SavedWeights;
/// use ndarray::array;
/// let (x, y) = (array![[1.0, 0.2], [-0.3, 1.0], [0.5, -0.7]], array![1.0, -1.0, 0.5]);
/// let run = falign::train(&x, &y).width(20).steps(5).set("save_weights", "final").run()?;
/// let [_, last] = &run.weights()[0];
/// let Some(SavedWeights::TwoLayer(weights)) = last else {
///     panic!("weights of a two-layer network");
/// };
/// assert_eq!(weights.hidden.dim(), (20, 2)); // (width, inputs)
/// # Ok::<(), falign::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum SavedWeights {
    /// W, beta and b.
    TwoLayer(Weights),
    /// Layers, and feedback weights where there are any.
    Deep(TensorFile),
}

/// An array in the precision of its engine.
#[derive(Debug, Clone, PartialEq)]
pub enum WeightArray {
    /// Array of an engine in single precision.
    Single(ArrayD<f32>),
    /// Array of an engine in double precision.
    Double(ArrayD<f64>),
}

/// Names of the arrays of a two-layer network, as in its NPZ file.
const TWO_LAYER: [&str; 3] = ["hidden_weights", "output_weights", "feedback_weights"];

impl SavedWeights {
    /// Arrays, each under the name that it has in the file.
    pub fn arrays(&self) -> Vec<(String, WeightArray)> {
        match self {
            Self::TwoLayer(Weights {
                hidden,
                output,
                feedback,
            }) => TWO_LAYER
                .into_iter()
                .zip([hidden, output, feedback])
                .map(|(name, array)| {
                    let array = WeightArray::Double(array.clone().into_dyn());
                    (name.to_owned(), array)
                })
                .collect(),
            Self::Deep(file) => file
                .names()
                .filter_map(|name| Some((name.to_owned(), of_tensor(file, name)?)))
                .collect(),
        }
    }

    /// The inverse of [`arrays`](Self::arrays).
    ///
    /// # Errors
    /// [`Error::Shape`] where the arrays of a two-layer network do not fit together, or there is
    /// one that it does not have.
    pub fn from_arrays(arrays: Vec<(String, WeightArray)>) -> Result<Self> {
        let is_two_layer = arrays.iter().any(|(name, _)| name == TWO_LAYER[0]);
        if !is_two_layer {
            let mut file = TensorFile::new(json!({ "kind": "weights" }));
            for (name, array) in arrays {
                match array {
                    WeightArray::Single(x) => file.put(name, x.shape(), &x),
                    WeightArray::Double(x) => file.put(name, x.shape(), &x),
                }
            }
            return Ok(Self::Deep(file));
        }
        if let Some((name, _)) = arrays
            .iter()
            .find(|(name, _)| !TWO_LAYER.contains(&&**name))
        {
            return Err(Error::shape(
                "weights",
                TWO_LAYER.join(", "),
                format!("`{name}` besides them"),
            ));
        }
        let matrix = |name: &str| -> Result<Array2<f64>> {
            let array = arrays.iter().find(|(other, _)| other == name);
            let array = match array {
                Some((_, WeightArray::Double(x))) => x.clone(),
                Some((_, WeightArray::Single(x))) => x.mapv(f64::from),
                None => return Err(Error::shape(name, "(rows, columns)", "nothing")),
            };
            let shape = format!("{:?}", array.shape());
            array
                .into_dimensionality()
                .map_err(|_| Error::shape(name, "(rows, columns)", shape))
        };
        let [hidden, output, feedback] = TWO_LAYER;
        let weights = Weights {
            hidden: matrix(hidden)?,
            output: matrix(output)?,
            feedback: matrix(feedback)?,
        };
        weights.check()?;
        Ok(Self::TwoLayer(weights))
    }
}

fn of_tensor(file: &TensorFile, name: &str) -> Option<WeightArray> {
    let (shape, values) = file.get(name)?;
    let array = ArrayD::from_shape_vec(IxDyn(shape), values).ok()?;
    if file.is_single(name) {
        #[allow(clippy::cast_possible_truncation, reason = "they are f32")]
        return Some(WeightArray::Single(array.mapv(|x| x as f32)));
    }
    Some(WeightArray::Double(array))
}
