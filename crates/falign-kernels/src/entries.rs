//! Kernels by precision: each is compiled once for `f32` and once for `f64`, in this crate, and generic
//! callers reach it through their scalar.

use crate::Activation;
use crate::lanes;
use crate::listed;
use crate::panels;
use crate::pass;
use crate::rows;
use crate::simd::Element;
use crate::thin::{self, ThinProduct};

/// The kernels of a precision. Private: callers name the operands' own functions.
pub trait Entries: Sized {
    fn activate(activation: Activation, z: &mut [Self], derivative: &mut [Self]);
    fn rectify(z: &mut [Self]);
    fn keep_largest(x: &[Self], largest: &mut [Self], found: &mut [Self], mark: Self);
    fn multiply_thin(product: ThinProduct<'_, Self>);
    fn forward_listed(rectified: bool, forward: listed::Forward<'_, Self>)
    where
        Self: Element;
    fn gradient_listed(deltas: listed::Deltas<'_, Self>, gradient: listed::Gradient<'_, Self>)
    where
        Self: Element;
    fn advance_panels(activation: Activation, step: panels::Advance<'_, Self>)
    where
        Self: Element;
    fn forward_panels(activation: Activation, forward: panels::Forward<'_, Self>)
    where
        Self: Element;
    fn multiply_shared(shared: &mut panels::Shared<Self>, residual: &[Self])
    where
        Self: Element;
    fn advance_rows(activation: rows::Kinked, step: rows::Advance<'_, Self>)
    where
        Self: Element;
    fn forward_rows(activation: rows::Kinked, forward: rows::Forward<'_, Self>)
    where
        Self: Element;
    fn fill_tables(tables: &mut rows::Tables<Self>, residual: &[Self])
    where
        Self: Element;
    fn correlate(correlation: lanes::Correlation<'_, Self>);
    fn add_weight_sums(sums: lanes::WeightSums<'_, Self>)
    where
        Self: Element;
    fn add_lane_gradient(gradient: lanes::Gradient<'_, Self>);
}

/// Entry points for one type, not inlined: what is inlined is compiled again by each crate that calls it.
macro_rules! entries {
    ($t:ty) => {
        impl Entries for $t {
            #[inline(never)]
            fn activate(activation: Activation, z: &mut [$t], derivative: &mut [$t]) {
                pass::activated(activation, z, derivative);
            }
            #[inline(never)]
            fn rectify(z: &mut [$t]) {
                pass::rectified(z);
            }
            #[inline(never)]
            fn keep_largest(x: &[$t], largest: &mut [$t], found: &mut [$t], mark: $t) {
                pass::kept_largest(x, largest, found, mark);
            }
            #[inline(never)]
            fn multiply_thin(product: ThinProduct<'_, $t>) {
                thin::multiply(product);
            }
            #[inline(never)]
            fn forward_listed(rectified: bool, forward: listed::Forward<'_, $t>) {
                listed::forward(rectified, forward);
            }
            #[inline(never)]
            fn gradient_listed(deltas: listed::Deltas<'_, $t>, gradient: listed::Gradient<'_, $t>) {
                listed::gradient(deltas, gradient);
            }
            #[inline(never)]
            fn advance_panels(activation: Activation, step: panels::Advance<'_, $t>) {
                panels::advance(activation, step);
            }
            #[inline(never)]
            fn forward_panels(activation: Activation, forward: panels::Forward<'_, $t>) {
                panels::forward(activation, forward);
            }
            #[inline(never)]
            fn multiply_shared(shared: &mut panels::Shared<$t>, residual: &[$t]) {
                panels::multiply(shared, residual);
            }
            #[inline(never)]
            fn advance_rows(activation: rows::Kinked, step: rows::Advance<'_, $t>) {
                rows::advance(activation, step);
            }
            #[inline(never)]
            fn forward_rows(activation: rows::Kinked, forward: rows::Forward<'_, $t>) {
                rows::forward(activation, forward);
            }
            #[inline(never)]
            fn fill_tables(tables: &mut rows::Tables<$t>, residual: &[$t]) {
                rows::fill(tables, residual);
            }
            #[inline(never)]
            fn correlate(correlation: lanes::Correlation<'_, $t>) {
                lanes::correlate(correlation);
            }
            #[inline(never)]
            fn add_weight_sums(sums: lanes::WeightSums<'_, $t>) {
                lanes::add_weight_sums(sums);
            }
            #[inline(never)]
            fn add_lane_gradient(gradient: lanes::Gradient<'_, $t>) {
                lanes::add_gradient(gradient);
            }
        }
    };
}

entries!(f32);
entries!(f64);
