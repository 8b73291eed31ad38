//! Data sets: generated, and read from a user's files. Knows no network engine.

pub mod synthetic;
