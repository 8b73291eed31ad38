//! How the samples of a batch lie in memory.

use crate::math::transpose;

/// Order in memory of the numbers of a batch.
///
/// # Example
/// ```
/// use falign::layer::{Batch, Layout};
/// let place = |layout| Batch { samples: 4, layout }.place(1, 0, 3); // the first of 3 numbers of sample 1
/// assert_eq!((place(Layout::Rows), place(Layout::Lanes(2))), (3, 1));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// One sample after the other.
    Rows,
    /// Blocks of this many samples, at least 1, in which each number of all samples lies together. The
    /// last block is filled up with samples that are none, whose numbers are arbitrary.
    Lanes(usize),
}

/// A batch: its samples and their order in memory, one for all signals of a step.
///
/// # Example
/// ```
/// use falign::layer::{Batch, Layout};
/// let batch = Batch { samples: 5, layout: Layout::Lanes(4) };
/// assert_eq!(batch.length(3), 24); // two blocks of 4 samples, 3 numbers each
/// assert_eq!(batch.place(4, 2, 3), 20); // the second block begins at 12
/// let batch = Batch { samples: 5, layout: Layout::Rows };
/// assert_eq!(batch.place(4, 2, 3), 14);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// Samples.
    pub samples: usize,
    /// Order of the samples in memory.
    pub layout: Layout,
}

impl Batch {
    /// Samples one after the other.
    pub fn rows(samples: usize) -> Self {
        Self {
            samples,
            layout: Layout::Rows,
        }
    }

    /// Puts numbers of samples one after the other where this batch has them.
    pub(crate) fn lay_out<U: Copy + Default>(self, rows: &[U], numbers: usize, laid: &mut Vec<U>) {
        assert_eq!(
            rows.len(),
            self.samples * numbers,
            "{numbers} for each sample"
        );
        if self.layout == Layout::Rows {
            laid.clear();
            laid.extend_from_slice(rows);
            return;
        }
        laid.resize(self.length(numbers), U::default());
        let lanes = self.lanes();
        let blocks = rows.chunks(numbers * lanes);
        for (rows, laid) in blocks.zip(laid.chunks_exact_mut(numbers * lanes)) {
            let held = rows.len() / numbers;
            transpose((rows, numbers), [held, numbers], (laid, lanes));
        }
    }

    /// Numbers that lie as this batch has them, put into rows.
    pub(crate) fn write_rows<U: Copy>(self, laid: &[U], numbers: usize, rows: &mut [U]) {
        assert_eq!(rows.len(), self.samples * numbers, "a row for each sample");
        if self.layout == Layout::Rows {
            rows.copy_from_slice(laid);
            return;
        }
        let lanes = self.lanes();
        let blocks = laid.chunks_exact(numbers * lanes);
        for (laid, rows) in blocks.zip(rows.chunks_mut(numbers * lanes)) {
            let held = rows.len() / numbers;
            transpose((laid, lanes), [numbers, held], (rows, numbers));
        }
    }

    /// Samples that lie side by side: rows are blocks of one sample.
    pub(crate) fn lanes(self) -> usize {
        match self.layout {
            Layout::Rows => 1,
            Layout::Lanes(lanes) => lanes,
        }
    }

    /// Blocks of [`lanes`](Self::lanes) samples.
    pub(crate) fn blocks(self) -> usize {
        self.samples.div_ceil(self.lanes())
    }

    /// Samples in a block.
    pub(crate) fn held(self, block: usize) -> usize {
        self.lanes().min(self.samples - block * self.lanes())
    }

    /// The length of a slice with `numbers` of each sample.
    pub fn length(self, numbers: usize) -> usize {
        match self.layout {
            Layout::Rows => self.samples * numbers,
            Layout::Lanes(lanes) => self.samples.next_multiple_of(lanes) * numbers,
        }
    }

    /// Position of number `at` of `numbers` of a sample.
    pub fn place(self, sample: usize, at: usize, numbers: usize) -> usize {
        match self.layout {
            Layout::Rows => sample * numbers + at,
            Layout::Lanes(lanes) => {
                let (block, lane) = (sample / lanes, sample % lanes);
                (block * numbers + at) * lanes + lane
            }
        }
    }
}

/// Input of the first layer.
///
/// # Example
/// ```
/// use falign::layer::Inputs;
/// assert_eq!(Inputs::Numbers(&[0.5, -1.0]).numbers(), [0.5, -1.0]);
/// assert_eq!(Inputs::<f64>::Tokens(&[7, 0]).tokens(), [7, 0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Inputs<'a, T> {
    /// Numbers, as a [`Batch`] lays them out.
    Numbers(&'a [T]),
    /// Indices of a vocabulary, as a [`Batch`] lays them out.
    Tokens(&'a [u32]),
}

impl<'a, T> Inputs<'a, T> {
    /// The numbers.
    ///
    /// # Panics
    /// If they are tokens.
    pub fn numbers(self) -> &'a [T] {
        match self {
            Self::Numbers(numbers) => numbers,
            Self::Tokens(_) => panic!("an operator on numbers was given tokens"),
        }
    }

    /// The tokens.
    ///
    /// # Panics
    /// If they are numbers.
    pub fn tokens(self) -> &'a [u32] {
        match self {
            Self::Tokens(tokens) => tokens,
            Self::Numbers(_) => panic!("an operator on tokens was given numbers"),
        }
    }
}
