//! Threads of this process: made once for each number of them, and never those of a parent.

use std::sync::{Arc, Mutex};

use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::config;

/// A pool, the process that made it, and how many threads it has.
struct Known {
    process: u32,
    threads: usize,
    pool: Arc<ThreadPool>,
}

static KNOWN: Mutex<Option<Known>> = Mutex::new(None);

const VARIABLE: &str = falign::internal::doctor::NUM_THREADS;
const MOST: usize = 1024;

/// How many threads: the argument, else `FALIGN_NUM_THREADS`, else one for each core.
pub(crate) fn wanted(threads: Option<usize>) -> PyResult<usize> {
    let allowed = "expected a whole number from 1 to 1024";
    let (name, found) = match (threads, std::env::var(VARIABLE)) {
        (Some(threads), _) => ("n_jobs", threads.to_string()),
        (None, Ok(text)) if !text.is_empty() => (VARIABLE, text),
        _ => return Ok(std::thread::available_parallelism().map_or(1, usize::from)),
    };
    let parsed = found.trim().parse().ok();
    parsed
        .filter(|threads| (1..=MOST).contains(threads))
        .ok_or_else(|| config(name, found, allowed))
}

/// A pool of this process. After a fork the parent's threads do not exist: a new pool is made,
/// and the old one, which cannot be joined, forgotten.
pub(crate) fn pool(threads: Option<usize>) -> PyResult<Arc<ThreadPool>> {
    let threads = wanted(threads)?;
    let process = std::process::id();
    // Another thread holds the lock, perhaps one that a fork left behind: do without.
    let Ok(mut known) = KNOWN.try_lock() else {
        return build(threads);
    };
    if let Some(found) = &*known
        && (found.process, found.threads) == (process, threads)
    {
        return Ok(Arc::clone(&found.pool));
    }
    let pool = build(threads)?;
    let old = known.replace(Known {
        process,
        threads,
        pool: Arc::clone(&pool),
    });
    if let Some(old) = old
        && old.process != process
    {
        std::mem::forget(old);
    }
    Ok(pool)
}

/// Makes the next call take a new pool: this one still works on what nobody waits for.
pub(crate) fn forget(pool: &Arc<ThreadPool>) {
    if let Ok(mut known) = KNOWN.try_lock()
        && known
            .as_ref()
            .is_some_and(|known| Arc::ptr_eq(&known.pool, pool))
    {
        *known = None;
    }
}

fn build(threads: usize) -> PyResult<Arc<ThreadPool>> {
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("falign-{index}"))
        .build();
    pool.map(Arc::new)
        .map_err(|error| pyo3::exceptions::PyRuntimeError::new_err(error.to_string()))
}
