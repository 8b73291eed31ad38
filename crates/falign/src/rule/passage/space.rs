//! Memory for signals on their way down.

use crate::math::simd::Element;
use crate::rule::Layer;

/// Memory that signals have needed and will need again, so that a step like the one before allocates nothing.
#[derive(Debug)]
pub(crate) struct Space<T> {
    spare: Vec<Vec<T>>,
    /// Weights in the order in which an operator reads them.
    pub(super) weights: Vec<T>,
    /// Signal that is sent, laid out.
    pub(super) sent: Vec<T>,
    /// Kernels of direct feedback, layer by layer; empty until they are asked for.
    pub(super) kernels: Vec<Layer<T>>,
}

impl<T> Default for Space<T> {
    fn default() -> Self {
        Self {
            spare: Vec::new(),
            weights: Vec::new(),
            sent: Vec::new(),
            kernels: Vec::new(),
        }
    }
}

impl<T: Element> Space<T> {
    /// Space for so many numbers, which are arbitrary.
    pub(super) fn take(&mut self, length: usize) -> Vec<T> {
        // Of that length there is some from the step before: what is longer or shorter would be filled.
        let fitting = self.spare.iter().rposition(|spare| spare.len() == length);
        let spare = fitting.map(|at| self.spare.swap_remove(at));
        let mut numbers = spare.or_else(|| self.spare.pop()).unwrap_or_default();
        numbers.resize(length, T::ZERO);
        numbers
    }

    /// Takes back what is no longer needed.
    pub(super) fn give(&mut self, numbers: Vec<T>) {
        if numbers.capacity() > 0 {
            self.spare.push(numbers);
        }
    }
}
