//! The sum of two values.

use crate::layer::batch::Batch;
use crate::layer::map::{Kept, Map, Pass};
use crate::layer::plain_map::PlainMap;
use crate::math::simd::Element;

/// The sum of two inputs. Both receive the whole signal.
///
/// # Example
/// ```
/// use falign::internal::layer::{Map, Residual, Wiring};
/// use std::sync::Arc;
/// let mut wiring = Wiring::<f64>::new(3);
/// let hidden = wiring.layer(wiring.input());
/// let sum = wiring.map(Arc::new(Residual { numbers: 3 }), &[wiring.input(), hidden]);
/// # let _ = (sum, Map::<f64>::outputs(&Residual { numbers: 3 }));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Residual {
    /// Numbers of one sample of each.
    pub numbers: usize,
}

impl<T: Element> Map<T> for Residual {
    fn inputs(&self) -> Vec<usize> {
        vec![self.numbers; 2]
    }

    fn outputs(&self) -> usize {
        self.numbers
    }

    fn forward(&self, x: &[&[T]], y: &mut [T], _: &mut Pass<'_, T>, _: &mut Kept<T>) {
        for (y, (&a, &b)) in y.iter_mut().zip(x[0].iter().zip(x[1])) {
            *y = a + b;
        }
    }

    fn pull_back(&self, signal: &[T], _: &Kept<T>, below: &mut [&mut [T]], _: Batch) {
        for below in below {
            below.copy_from_slice(signal);
        }
    }

    fn plain(&self) -> Option<PlainMap> {
        Some(PlainMap::Residual)
    }
}
