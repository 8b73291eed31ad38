//! Widths and activations of a network.

use crate::math::Activation;
use crate::{Error, Result};

/// Shape of a network before it has weights.
///
/// ```
/// use falign::math::Activation;
/// use falign::internal::network::Architecture;
/// let net = Architecture::new(784, &[1000], 10, Activation::Relu)?;
/// assert_eq!(net.weights(), 784 * 1000 + 1000 * 10);
/// # Ok::<(), falign::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Architecture {
    /// d.
    pub input_dim: usize,
    /// Units of each hidden layer, from the input up.
    pub hidden: Vec<usize>,
    /// k.
    pub outputs: usize,
    /// psi of the hidden layers; the output layer is linear.
    pub activation: Activation,
    /// Whether layers have biases, zero at the start unless drawn.
    pub has_biases: bool,
}

impl Architecture {
    /// A network without biases.
    ///
    /// # Errors
    /// [`Error::Shape`] if a size is zero.
    pub fn new(
        input_dim: usize,
        hidden: &[usize],
        outputs: usize,
        activation: Activation,
    ) -> Result<Self> {
        if input_dim == 0 || outputs == 0 || hidden.contains(&0) {
            return Err(Error::shape(
                "the network",
                "at least one unit in every layer",
                format!("{input_dim}-{hidden:?}-{outputs}"),
            ));
        }
        Ok(Self {
            input_dim,
            hidden: hidden.to_vec(),
            outputs,
            activation,
            has_biases: false,
        })
    }

    /// (units, inputs) of each layer, from the input up.
    pub fn shapes(&self) -> Vec<(usize, usize)> {
        let sizes: Vec<usize> = std::iter::once(self.input_dim)
            .chain(self.hidden.iter().copied())
            .chain(std::iter::once(self.outputs))
            .collect();
        sizes.windows(2).map(|w| (w[1], w[0])).collect()
    }

    /// Number of forward weights, biases left out.
    pub fn weights(&self) -> usize {
        self.shapes()
            .iter()
            .map(|(units, inputs)| units * inputs)
            .sum()
    }
}
