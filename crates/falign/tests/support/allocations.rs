//! The largest piece of memory that a thread has asked for at once, and the most that it held.

#![allow(
    unsafe_code,
    reason = "an allocator is one by contract; this one hands every call on"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Watched;

thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(0) };
    /// Bytes that are held, less those that were held to begin with; and the most of them.
    static HELD: Cell<[isize; 2]> = const { Cell::new([0; 2]) };
}

#[global_allocator]
static WATCHED: Watched = Watched;

/// Keeps the largest size; a thread that is ending keeps none.
fn note(size: usize, freed: usize) {
    let _ = LARGEST.try_with(|largest| largest.set(largest.get().max(size)));
    let _ = HELD.try_with(|held| {
        let [now, most] = held.get();
        let now = now + size.cast_signed() - freed.cast_signed();
        held.set([now, most.max(now)]);
    });
}

// SAFETY: every call goes to the system's allocator as it came; a `Cell` without a destructor
// allocates nothing.
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size(), 0);
        // SAFETY: the caller keeps the contract of the same call.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size(), 0);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(size, layout.size());
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        note(0, layout.size());
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Result of `work`, and the largest piece of memory that this thread asked for meanwhile, in bytes.
pub(crate) fn largest_during<R>(work: impl FnOnce() -> R) -> (R, usize) {
    LARGEST.set(0);
    let found = work();
    (found, LARGEST.get())
}

/// Result of `work`, and the most memory that this thread held meanwhile, in bytes.
pub(crate) fn most_during<R>(work: impl FnOnce() -> R) -> (R, usize) {
    HELD.set([0; 2]);
    let found = work();
    (found, HELD.get()[1].unsigned_abs())
}
