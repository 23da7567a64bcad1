//! How often a contestant asks for memory. It counts only once it has been asked to, by a line on its standard
//! input; each line is answered with the number of allocations so far.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    io::{self, BufRead as _, Write as _},
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    thread,
};

struct Counting;

static ON: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count() {
    if ON.load(Relaxed) {
        ALLOCATIONS.fetch_add(1, Relaxed);
    }
}

#[expect(unsafe_code, reason = "an allocator is: this one hands everything on")]
// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// Answers on the standard output for as long as the process lives.
pub(crate) fn answer() {
    thread::spawn(|| {
        for _line in io::stdin().lock().lines().map_while(Result::ok) {
            ON.store(true, Relaxed);
            writeln!(io::stdout(), "{}", ALLOCATIONS.load(Relaxed)).ok();
        }
    });
}
