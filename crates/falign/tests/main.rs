//! Claims about behaviour, one module per kind of claim.

#![allow(
    clippy::disallowed_methods,
    reason = "tests may use the system's functions"
)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod agreement; // every fast engine against the plain loops, on random sizes
mod audit; // what the audit of a rule proves, and which broken rules it catches
mod augmentation; // training images moved, cut and mirrored; stacks of images in files
mod certificate; // worked out by hand, against runs, and on unusual data
mod certificate_by_hand; // its numbers and verdicts, one by one
mod checkpoints; // a deep run that was stopped is the one that was not
mod conformance; // every rule in one table
mod custom_rule; // a learning rule of a user's own crate: named, versioned, resumed
mod data_sets; // MNIST and its like from files
mod doc_comments; // they name their subject in their first words
mod faults; // a panic in one run is an error, and nothing finished is lost
mod figure2; // Figure 2's statistics against another implementation's
mod forecast; // alignments that certificates foretell, and those of runs
mod front; // the front door: numbers of an experiment file, and its errors
mod fuzz; // random sizes, rules, precisions and instruction sets, for as long as one likes
mod gates; // functions in the place of psi'
mod golden; // values from 40-digit arithmetic
mod hostile; // mutated experiments, damaged files: a result or a sentence
mod in_memory; // experiments without a folder, and folders made of them
mod invariant; // what linear networks keep under feedback alignment
mod kernels; // those that engines give, against those of their weights
mod laws; // the Gram draw against the weights' draw
mod layer; // operators and maps: identities, and networks of them under every rule
mod layers; // networks that a file lists: trained, resumed, written, refused
mod limits; // exact recurrences, the lazy and the slow-time limit against tables and engines
mod listed; // products that skip zero pixels
mod measure; // angles, accuracies and units of networks, chunk by chunk
mod metadata; // files for archives, registries and the public agree with Cargo.toml
mod network; // networks of any depth, every rule
mod no_lock; // two programs in one folder
mod properties; // what must hold whatever the numbers
mod rooms; // a room imports only rooms before it
mod sharing; // threads take single runs of each other's jobs
mod slopes; // psi' in a trace, kept or told by the activities
mod step_size; // what a deep network's `auto` stands for
mod stops; // long computations are told of, and end where they are stopped
mod support;
mod theory; // kernels and limits against the engines, which theory never imports
mod trained; // training step by step in plain loops, and measuring without a sample lost
mod training; // deep runs agree with other engines, plain loops and their own files
mod unchanged; // ids and bits that moving code must not change
