//! Lists of pixels that are not zero, four samples or four inputs of a batch at a time.

#![allow(clippy::inline_always, reason = "part of the kernel's inner loop")]

use crate::simd::keep_nonzero;

/// Rows of a product that are made together: what a register tile holds. Fewer share more zeros,
/// more read a panel less often.
pub const ROWS: usize = 4;

/// Pixels of a group's rows in one column.
pub type Quad = [u8; ROWS];

/// A group's columns, ascending, and what its rows have there.
pub type Group<'a> = (&'a [u32], &'a [Quad]);

/// Lists, for each group of [`ROWS`] rows, of the columns in which any of them is not zero, with the
/// pixels that all of them have there.
#[derive(Debug, Clone, Default)]
pub struct Lists {
    /// Columns that a group may have.
    capacity: usize,
    /// Columns that each group has.
    lengths: Vec<usize>,
    columns: Vec<u32>,
    quads: Vec<Quad>,
}

impl Lists {
    /// Groups of rows.
    pub fn groups(&self) -> usize {
        self.lengths.len()
    }

    /// Forgets all groups; their space stays.
    pub fn clear(&mut self) {
        self.lengths.clear();
    }

    /// Space for so many groups of so many columns; nothing is allocated where it is already there.
    pub fn reserve(&mut self, groups: usize, columns: usize) {
        self.capacity = columns;
        self.columns.resize(groups * columns, 0);
        self.quads.resize(groups * columns, [0; ROWS]);
    }

    /// One of the groups.
    ///
    /// # Panics
    /// If there are not so many.
    #[inline(always)]
    pub fn group(&self, group: usize) -> Group<'_> {
        let (first, length) = (group * self.capacity, self.lengths[group]);
        let columns = &self.columns[first..][..length];
        (columns, &self.quads[first..][..length])
    }

    /// Columns of all groups, as a share of all there could be.
    pub fn density(&self) -> f64 {
        let listed: usize = self.lengths.iter().sum();
        listed as f64 / (self.groups() * self.capacity).max(1) as f64
    }

    /// Adds a group, of whole rows.
    ///
    /// # Panics
    /// If there is no space for it, or the rows are not as long as was [reserved](Self::reserve).
    pub fn push(&mut self, rows: [&[u8]; ROWS]) {
        let first = self.lengths.len() * self.capacity;
        let columns = &mut self.columns[first..][..self.capacity];
        let quads = &mut self.quads[first..][..self.capacity];
        self.lengths.push(keep_nonzero(rows, columns, quads));
    }
}
