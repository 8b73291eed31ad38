//! Products with pixels, which skip what is zero and nothing else.
//!
//! A scaled input is x = scale pixel + shift, so that a unit's sum is the one over its sample's
//! pixels that are not zero, plus what the shifts alone give, which all samples share. Results
//! differ from those of dense products by rounding only.

mod finish;
mod kernel;
mod lists;
mod pack;
mod rows;

pub use finish::Descent;
use finish::{Finish, Rectify, Replace};
pub use kernel::VECTORS;
use kernel::{ListedProduct, Places, Tile, vectors};
pub use lists::{Group, Lists, Quad, ROWS};
use pack::{Affine, Factor, OfInputs, Pack};
use rows::Rows;
pub use rows::Stored;

use crate::simd::{Element, Path, current_path};
use crate::thin::ThinRows;

/// Preactivations factor X W' of samples of pixels.
#[derive(Debug)]
pub struct Forward<'a, T: Element> {
    /// W', a row for each input.
    pub weights: Stored<'a, T>,
    /// Factor of the product.
    pub factor: T,
    /// Scale of each input.
    pub scale: &'a [T],
    /// Shift of each input.
    pub shift: &'a [T],
    /// Lists of groups of samples.
    pub lists: &'a Lists,
    /// 1 for each sample.
    pub ones: &'a [T],
    /// Rank and place of each sample, by rank: how they are grouped.
    pub order: &'a [(usize, usize)],
    /// Space for a panel: [`VECTORS`] blocks for each input.
    pub panel: &'a mut [T::Block],
    /// A row for each sample.
    pub out: &'a mut [T],
}

impl<T: Element> Forward<'_, T> {
    /// Writes the preactivations; where `rectified` what is below 0 becomes 0.
    pub fn run(self, rectified: bool) {
        T::forward_listed(rectified, self);
    }
}

pub(crate) fn forward<T: Element>(rectified: bool, forward: Forward<'_, T>) {
    let Forward {
        weights,
        factor,
        scale,
        shift,
        lists,
        ones,
        order,
        panel,
        out,
    } = forward;
    let product = Product {
        rows: weights,
        affine: OfInputs {
            factor,
            scale,
            shift,
        },
        lists,
        scale: ones,
        shift: ones,
        places: Places::Samples(order),
        panel,
        out,
    };
    if rectified {
        product.run(Rectify);
    } else {
        product.run(Replace);
    }
}

/// Gradients factor D' X of the first layer's weights.
#[derive(Debug)]
pub struct Gradient<'a, T: Element> {
    /// Factor of the product.
    pub factor: T,
    /// Scale of each input.
    pub scale: &'a [T],
    /// Shift of each input.
    pub shift: &'a [T],
    /// Lists of groups of inputs.
    pub lists: &'a Lists,
    /// The inputs of all groups; what is no input only fills its group.
    pub inputs: &'a [u32],
    /// Space for a panel: [`VECTORS`] blocks for each sample.
    pub panel: &'a mut [T::Block],
    /// A row for each input.
    pub out: &'a mut [T],
}

/// Deltas that a gradient is made of, and the use of the gradient.
#[derive(Debug, Clone, Copy)]
pub enum Deltas<'a, T> {
    /// Deltas whose gradient is written.
    Write(Stored<'a, T>),
    /// Deltas whose gradient changes the weights that are there.
    Descend(Stored<'a, T>, Descent<T>),
    /// Deltas made a piece at a time, whose gradient changes the weights.
    DescendDeferred(ThinRows<'a, T>, Descent<T>),
}

impl<T: Element> Gradient<'_, T> {
    /// Makes the gradient.
    pub fn run(self, deltas: Deltas<'_, T>) {
        T::gradient_listed(deltas, self);
    }
}

pub(crate) fn gradient<T: Element>(deltas: Deltas<'_, T>, gradient: Gradient<'_, T>) {
    let Gradient {
        factor,
        scale,
        shift,
        lists,
        inputs,
        panel,
        out,
    } = gradient;
    let places = Places::Inputs(inputs, scale.len());
    let affine = Factor(factor);
    macro_rules! product {
        ($rows:expr) => {
            Product {
                rows: $rows,
                affine,
                lists,
                scale,
                shift,
                places,
                panel,
                out,
            }
        };
    }
    match deltas {
        Deltas::Write(rows) => product!(rows).run(Replace),
        Deltas::Descend(rows, descent) => product!(rows).run(descent),
        Deltas::DescendDeferred(rows, descent) => product!(rows).run(descent),
    }
}

/// One side of a product scaled and cut into panels, the other as lists; see [`ListedProduct`].
struct Product<'a, T: Element, R, A> {
    /// One for each column of the lists.
    rows: R,
    /// Scale and shift of a row; see [`Pack`].
    affine: A,
    lists: &'a Lists,
    scale: &'a [T],
    shift: &'a [T],
    places: Places<'a>,
    /// Space for a panel, [`VECTORS`] blocks a row.
    panel: &'a mut [T::Block],
    out: &'a mut [T],
}

impl<T, R, A> Product<'_, T, R, A>
where
    T: Element,
    R: Rows<T>,
    A: Affine<T>,
{
    fn run(mut self, finish: impl Finish<T>) {
        let numbers = std::array::from_fn(|pixel| T::from_f64(pixel as f64));
        let (_, units) = self.rows.dim();
        let path = current_path();
        let most = vectors(path);
        let mut first_unit = 0;
        while first_unit < units {
            let vectors = (units - first_unit).div_ceil(T::LANES).min(most);
            match vectors {
                1 => self.one::<1>(path, first_unit, &numbers, finish),
                2 => self.one::<2>(path, first_unit, &numbers, finish),
                3 => self.one::<3>(path, first_unit, &numbers, finish),
                4 => self.one::<4>(path, first_unit, &numbers, finish),
                5 => self.one::<5>(path, first_unit, &numbers, finish),
                _ => self.one::<VECTORS>(path, first_unit, &numbers, finish),
            }
            first_unit += vectors * T::LANES;
        }
    }

    fn one<const V: usize>(
        &mut self,
        path: Path,
        first_unit: usize,
        numbers: &[T; 256],
        finish: impl Finish<T>,
    ) {
        let (columns, units) = self.rows.dim();
        let (panel, _) = self.panel.as_chunks_mut::<V>();
        let panel: &mut [Tile<T, V>] = &mut panel[..columns];
        let mut base = [T::ZERO_BLOCK; V];
        let pack = Pack {
            rows: self.rows,
            first_unit,
            affine: self.affine,
            panel: &mut *panel,
            base: &mut base,
        };
        T::dispatch_on(path, pack);
        let product = ListedProduct {
            lists: self.lists,
            numbers,
            panel,
            base: &base,
            scale: self.scale,
            shift: self.shift,
            out: &mut *self.out,
            units,
            first_unit,
            places: self.places,
            finish,
        };
        T::dispatch_on(path, product);
    }
}
