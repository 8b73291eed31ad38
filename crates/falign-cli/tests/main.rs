//! Claims about the program, one module per kind of claim. Every test runs the binary itself.

#![allow(
    clippy::disallowed_methods,
    reason = "tests may use the system's functions"
)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod archive; // one file for a repository of data, and what a run is from
mod audit; // what the audit of an experiment prints
mod bad_files; // a file that cannot be used is named, with the place and the fix
mod bad_keys; // a value that cannot be used is named, with its key and the fix
mod before_runs; // what claims and pictures ask for, before anything runs
mod belongs; // whose run folder it is: more runs, new figures, changed data
mod claims; // what `check` says, and where it runs
#[cfg(unix)]
mod completion; // what the shells themselves offer
mod console_events; // Ctrl-Break on Windows
mod containers; // recipes of containers, as far as they can be tested without one
mod custom_rule; // a program with a learning rule of its own
mod damage; // results that are not what they were are found and made again
mod data_sets; // `falign data`
mod deep; // deep networks: the same bytes whatever the threads, and how runs end
mod deep_files; // weights of deep networks: written, read by others, started from
mod deep_interruption; // deep runs stopped in the middle of a run
mod deep_keys; // what the mini-batch engine cannot do is refused by key
mod determinism; // the same bytes whatever the threads
mod doctor; // what this machine is, and what is missing
#[cfg(unix)]
mod documents; // every command of README and guide, as written
mod dry_run; // what a run will cost, said before it is begun
mod faults; // errors injected into calls to the file system, and kills at them
mod full_disk; // loses nothing that is finished
mod interruption; // kill -9, Ctrl-C and SIGTERM, then --resume
mod late_divergence; // of one run among others of other lengths
mod layers; // networks as lists of layers: threads, their table
mod links; // planted where the program writes: never followed
mod looks; // help, lists, progress, JSON
mod memory; // what does not fit is refused by key
mod memory_peak; // what is asked for, against what a run takes
mod mixed; // deep results of machines that round in different ways
mod own_data; // a user's own data and weights
mod raw_tables;
mod runs; // what more runs, and no ridge, leave as it was
#[path = "../src/fetch/server.rs"]
#[allow(dead_code, reason = "these tests need a part of it")]
mod server; // a local HTTP server, which the tests of fetching need too
mod show; // tables of run folders
mod stored; // checks that need not run what was run before
mod support;
#[cfg(unix)]
mod terminal; // what every command shows in 80 columns
mod theory; // certificates: pages, JSON, runs next to them
mod usage; // exit codes of wrong commands
