//! Measured quantities: one table of them, and the numbers made of what networks show.
//!
//! Engines, [`two_layer`](crate::two_layer) ones and deep ones, show what they are, as a
//! [`Snapshot`](crate::two_layer::Snapshot) or a [`Trace`](crate::rule::Trace); quantities are made of
//! it here. Each is a row of `table.rs`: its name, its unit, what it is, which networks have it, what
//! it reads of them, and the function that makes it. Everything else that is known of a quantity
//! follows from its row.

#[macro_use]
mod declare;
mod cost;
mod document;
pub(crate) mod network;
mod products;
mod quantity;
mod row;
mod table;
pub(crate) mod two_layer;

pub(crate) use self::document::{markdown, parts};
pub(crate) use self::network::Batches;
pub use self::network::{Alignment, alignment};
pub(crate) use self::network::{Measured, Wanted};
pub(crate) use self::row::{DataSpectrum, Limit, Made, NetworkValue, Samples};
pub use self::table::{LayerMeasure, Quantity};
pub(crate) use self::two_layer::References;
pub use self::two_layer::quantity;
pub(crate) use self::two_layer::{Past, Seen, SlowSeen, composite};
