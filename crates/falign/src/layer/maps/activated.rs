//! An activation as a map.

use crate::layer::batch::Batch;
use crate::layer::map::{Kept, Map, Pass};
use crate::layer::plain_map::PlainMap;
use crate::math::simd::Element;
use crate::math::{Activation, activate};

/// psi of each number.
///
/// # Example
/// ```
/// use falign::internal::layer::Activated;
/// use falign::internal::layer::{Kept, Map, Pass};
/// use falign::layer::Batch;
/// use falign::math::{Activation, StreamName, Streams};
/// let map = Activated { activation: Activation::Relu, numbers: 2 };
/// let (batch, mut kept) = (Batch::rows(1), Kept::default());
/// let noise = &mut Streams::new(1, 0).open(StreamName::Dropout);
/// let mut pass = Pass { batch, is_training: true, noise, states: &mut [] };
/// let (mut y, mut below) = ([0.0; 2], [0.0; 2]);
/// map.forward(&[&[-1.0, 2.0]], &mut y, &mut pass, &mut kept);
/// map.pull_back(&[5.0, 7.0], &kept, &mut [&mut below], batch);
/// assert_eq!((y, below), ([0.0, 2.0], [0.0, 7.0]));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activated {
    /// psi.
    pub activation: Activation,
    /// Numbers of one sample.
    pub numbers: usize,
}

impl<T: Element> Map<T> for Activated {
    fn inputs(&self) -> Vec<usize> {
        vec![self.numbers]
    }

    fn outputs(&self) -> usize {
        self.numbers
    }

    fn forward(&self, x: &[&[T]], y: &mut [T], _: &mut Pass<'_, T>, kept: &mut Kept<T>) {
        y.copy_from_slice(x[0]);
        kept.numbers.resize(y.len(), T::ZERO);
        activate(self.activation, y, &mut kept.numbers);
    }

    fn pull_back(&self, signal: &[T], kept: &Kept<T>, below: &mut [&mut [T]], _: Batch) {
        let pairs = signal.iter().zip(&kept.numbers);
        for (below, (&signal, &slope)) in below[0].iter_mut().zip(pairs) {
            *below = signal * slope;
        }
    }

    fn plain(&self) -> Option<PlainMap> {
        Some(PlainMap::Activated(self.activation))
    }
}
