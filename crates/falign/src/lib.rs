//! `falign` trains and analyses neural networks whose error signals travel backward
//! through *random* weights instead of the transposed forward weights.

pub mod experiment;
