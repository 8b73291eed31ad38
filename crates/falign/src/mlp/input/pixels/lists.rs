//! Which pixels are not zero, four samples or four inputs of a batch at a time.

#![allow(
    clippy::inline_always,
    reason = "part of the kernel's inner loop, and of the one that fills it"
)]

/// Rows of a product that are made together: what a register tile holds. Fewer share more zeros,
/// more read a panel less often.
pub(super) const ROWS: usize = 4;

/// What the rows of a group have in one column.
pub(super) type Quad = [u8; ROWS];

/// Groups whose lists grow side by side: what they write to stays in the first-level cache. The
/// fastest of 7, 14, 28 and all 196 on MNIST.
const ABREAST: usize = 14;

/// A column of a group.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Entry {
    pub(super) column: u32,
    pub(super) quad: Quad,
}

/// For each group of [`ROWS`] rows, the columns in which any of them is not zero, and what all of
/// them have there. Rows beyond the last are zero.
#[derive(Debug, Clone, Default)]
pub(super) struct Lists {
    /// Columns that a group may have.
    capacity: usize,
    /// Columns that each group has.
    lengths: Vec<usize>,
    entries: Vec<Entry>,
}

impl Lists {
    /// Groups of rows.
    pub(super) fn groups(&self) -> usize {
        self.lengths.len()
    }

    /// Forgets all groups; their space stays.
    pub(super) fn clear(&mut self) {
        self.lengths.clear();
    }

    /// Space for so many groups of so many columns; nothing is allocated where it is already there.
    pub(super) fn reserve(&mut self, groups: usize, columns: usize) {
        self.capacity = columns;
        self.entries.resize(groups * columns, Entry::default());
    }

    /// Columns of a group, ascending.
    #[inline(always)]
    pub(super) fn group(&self, group: usize) -> &[Entry] {
        &self.entries[group * self.capacity..][..self.lengths[group]]
    }

    /// Columns of all groups, as a share of all there could be.
    pub(super) fn density(&self) -> f64 {
        let listed: usize = self.lengths.iter().sum();
        listed as f64 / (self.groups() * self.capacity).max(1) as f64
    }

    /// Adds a group, of which all columns are given.
    pub(super) fn push(&mut self, quads: &[Quad]) {
        let list = &mut self.entries[self.lengths.len() * self.capacity..][..quads.len()];
        let mut length = 0;
        for (column, &quad) in (0..).zip(quads) {
            keep_or_not(Entry { column, quad }, list, &mut length);
        }
        self.lengths.push(length);
    }

    /// Adds so many groups, of which all columns are given, the groups of a column side by side.
    pub(super) fn push_abreast(&mut self, quads: &[Quad], groups: usize) {
        for first in (0..groups).step_by(ABREAST) {
            let many = ABREAST.min(groups - first);
            let entries = &mut self.entries[self.lengths.len() * self.capacity..];
            let mut lengths = [0; ABREAST];
            for (column, row) in (0..).zip(quads.chunks_exact(groups)) {
                let lists = entries.chunks_exact_mut(self.capacity);
                let row = &row[first..][..many];
                for ((&quad, length), list) in row.iter().zip(&mut lengths).zip(lists) {
                    keep_or_not(Entry { column, quad }, list, length);
                }
            }
            self.lengths.extend_from_slice(&lengths[..many]);
        }
    }
}

/// Writes a column to the end of a list, which becomes longer if it is not zero: without a branch,
/// which would be mispredicted at every edge of a stroke.
#[inline(always)]
fn keep_or_not(entry: Entry, list: &mut [Entry], length: &mut usize) {
    list[*length] = entry;
    *length += usize::from(entry.quad != [0; ROWS]);
}
