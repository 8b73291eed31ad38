//! Claims about behaviour, one module per kind of claim.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod agreement; // every fast engine against the plain loops, on random sizes
mod golden; // values from 40-digit arithmetic
mod properties; // what must hold whatever the numbers
mod support;
