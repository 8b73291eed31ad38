//! Which pixels are not zero, four samples or four inputs of a batch at a time.

#![allow(
    clippy::inline_always,
    reason = "part of the kernel's inner loop, and of the one that fills it"
)]

use crate::math::Scalar;

/// Rows of a product that are made together: what a register tile holds. Fewer share more zeros,
/// more read a panel less often.
pub(super) const ROWS: usize = 4;

/// Bytes that are looked at together.
const WORD: usize = 8;

/// For each group of [`ROWS`] rows, the columns in which any of them is not zero, and the
/// values of all of them there. Rows beyond the last are zero.
#[derive(Debug, Clone, Default)]
pub(super) struct Lists<T> {
    /// Columns that a group may have.
    capacity: usize,
    /// Columns that each group has.
    lengths: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<[T; ROWS]>,
}

impl<T: Scalar> Lists<T> {
    /// Groups of rows.
    pub(super) fn groups(&self) -> usize {
        self.lengths.len()
    }

    /// Forgets all groups; their space stays.
    pub(super) fn clear(&mut self) {
        self.lengths.clear();
    }

    /// Columns of a group, ascending, and values there.
    #[inline(always)]
    pub(super) fn group(&self, group: usize) -> (&[u32], &[[T; ROWS]]) {
        let first = group * self.capacity;
        let range = first..first + self.lengths[group];
        (&self.columns[range.clone()], &self.values[range])
    }

    /// Columns of all groups, as a share of all there could be.
    pub(super) fn density(&self) -> f64 {
        let listed: usize = self.lengths.iter().sum();
        listed as f64 / (self.groups() * self.capacity).max(1) as f64
    }

    /// Rows of the product are the samples, in this order of (rank, sample): pixels of each
    /// [`ROWS`]. Rows of `pixels` are `stride` bytes long, of which the first `input_dim` count.
    pub(super) fn of_samples(
        &mut self,
        pixels: &[u8],
        (stride, input_dim): (usize, usize),
        order: &[(usize, usize)],
    ) {
        let table = numbers();
        self.fit(order.len().div_ceil(ROWS), input_dim);
        for (group, members) in order.chunks(ROWS).enumerate() {
            let row = |&(_, sample)| &pixels[sample * stride..][..input_dim];
            let rows = std::array::from_fn::<_, ROWS, _>(|r| members.get(r).map_or(&[][..], row));
            for first in (0..input_dim).step_by(WORD) {
                let words = rows.map(|row| word(row, first));
                let mut any = words.into_iter().fold(0, |any, word| any | word);
                while any != 0 {
                    let shift = any.trailing_zeros() as usize / 8 * 8;
                    any &= !(0xff << shift);
                    let values = words.map(|word| table[byte(word, shift)]);
                    self.push(group, first + shift / 8, values);
                }
            }
        }
    }

    /// Rows of the product are the inputs, in these groups: samples of each group. Rows of
    /// `pixels` are `stride` bytes long.
    pub(super) fn of_inputs(&mut self, pixels: &[u8], stride: usize, groups: &[[u32; ROWS]]) {
        let table = numbers();
        self.fit(groups.len(), pixels.len() / stride);
        for (sample, row) in pixels.chunks_exact(stride).enumerate() {
            for (group, inputs) in groups.iter().enumerate() {
                let bytes = inputs.map(|input| row[input as usize]);
                if bytes != [0; ROWS] {
                    self.push(group, sample, bytes.map(|byte| table[usize::from(byte)]));
                }
            }
        }
    }

    fn fit(&mut self, groups: usize, capacity: usize) {
        self.lengths.clear();
        self.lengths.resize(groups, 0);
        self.capacity = capacity;
        self.columns.resize(groups * capacity, 0);
        self.values.resize(groups * capacity, [T::ZERO; ROWS]);
    }

    #[inline(always)]
    fn push(&mut self, group: usize, column: usize, values: [T; ROWS]) {
        let at = group * self.capacity + self.lengths[group];
        self.columns[at] = u32::try_from(column).expect("fewer than 2^32 inputs or samples");
        self.values[at] = values;
        self.lengths[group] += 1;
    }
}

/// Each pixel as a number: a look-up is cheaper than a conversion.
fn numbers<T: Scalar>() -> [T; 256] {
    std::array::from_fn(|pixel| T::from_f64(pixel as f64))
}

/// The byte that begins at bit `shift`.
#[inline(always)]
fn byte(word: u64, shift: usize) -> usize {
    (word >> shift & 0xff) as usize
}

/// Eight bytes of a row from `first` on, the first in the lowest bits; zero beyond its end.
#[inline(always)]
fn word(row: &[u8], first: usize) -> u64 {
    if let Some(bytes) = row.get(first..first + WORD) {
        return u64::from_le_bytes(bytes.try_into().expect("eight bytes"));
    }
    let mut bytes = [0; WORD];
    let rest = row.get(first..).unwrap_or(&[]);
    bytes[..rest.len()].copy_from_slice(rest);
    u64::from_le_bytes(bytes)
}
