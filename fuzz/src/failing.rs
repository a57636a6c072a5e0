//! Calls as a caller makes them: what they report is held against what they return, and in half of the runs the allocator
//! fails.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr::null_mut;

use polyfind::ffi::*;

use super::input::Input;

const NEVER: u32 = u32::MAX;

thread_local! {
    /// How many allocations of this thread go well before one fails.
    static LEFT: Cell<u32> = const { Cell::new(NEVER) };
    /// Whether all after that fail too.
    static FOR_GOOD: Cell<bool> = const { Cell::new(false) };
    static FAILED: Cell<bool> = const { Cell::new(false) };
    static EXPECTS_PANICS: Cell<bool> = const { Cell::new(false) };
}

/// Whether a call is under way that may find a bug, so that its text need not be printed.
pub fn expects_panics() -> bool {
    EXPECTS_PANICS.get()
}

/// The system's allocator, but that [`Plan::call`] can make it fail.
pub struct Failing;

fn fails() -> bool {
    let fails = LEFT.try_with(|left| match left.get() {
        NEVER => false,
        0 => {
            left.set(if FOR_GOOD.get() { 0 } else { NEVER });
            FAILED.set(true);
            true
        }
        more => {
            left.set(more - 1);
            false
        }
    });
    fails.unwrap_or(false)
}

// SAFETY: the system's allocator, or NULL, which is how an allocator says no.
unsafe impl GlobalAlloc for Failing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: handed on.
        if fails() { null_mut() } else { unsafe { System.alloc(layout) } }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: handed on.
        if fails() { null_mut() } else { unsafe { System.alloc_zeroed(layout) } }
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: handed on.
        if fails() { null_mut() } else { unsafe { System.realloc(old, layout, size) } }
    }

    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        // SAFETY: handed on.
        unsafe { System.dealloc(old, layout) }
    }
}

/// How calls are made.
#[derive(Clone, Copy)]
pub struct Plan {
    /// Allocations that go well.
    after: u32,
    for_good: bool,
    /// Whether PF_ERROR_INTERNAL is an answer: where the caller vouched for bytes that are damaged.
    pub allows_internal: bool,
}

impl Plan {
    /// A plan in which nothing fails.
    pub const PLAIN: Plan = Plan { after: NEVER, for_good: false, allows_internal: false };

    /// One in which nothing fails either, for bytes that are damaged and were vouched for.
    pub const TRUSTING: Plan = Plan { allows_internal: true, ..Plan::PLAIN };

    pub fn new(input: &mut Input<'_>) -> Self {
        match input.byte() {
            how if how & 1 == 0 => Plan::PLAIN,
            how => Plan { after: u32::from(how >> 2), for_good: how & 2 != 0, allows_internal: false },
        }
    }

    /// Makes a call; once more, with all the memory that it asks for, if it failed for want of that.
    pub fn call(&self, mut call: impl FnMut(*mut pf_error) -> pf_status) -> pf_status {
        // SAFETY: all zero is a value.
        let mut error: pf_error = unsafe { std::mem::zeroed() };
        LEFT.set(self.after);
        FOR_GOOD.set(self.for_good);
        FAILED.set(false);
        EXPECTS_PANICS.set(self.allows_internal);
        let status = call(&mut error);
        EXPECTS_PANICS.set(false);
        LEFT.set(NEVER);
        self.check(status, &error);
        if status != PF_ERROR_MEMORY {
            return status;
        }
        assert!(FAILED.get() || self.after == NEVER, "out of memory although no allocation failed");
        if !FAILED.get() {
            return status;
        }
        let status = call(&mut error);
        self.check(status, &error);
        status
    }

    fn check(&self, status: pf_status, error: &pf_error) {
        let end = error.message.iter().position(|&c| c == 0).expect("a message ends");
        let text: Vec<u8> = error.message[..end].iter().map(|&c| c as u8).collect();
        let text = std::str::from_utf8(&text).expect("a message is UTF-8");
        assert!((PF_OK..=PF_ERROR_INTERNAL).contains(&status), "status {status}");
        assert!(status != PF_ERROR_INTERNAL || self.allows_internal, "{text}");
        assert_eq!((error.status, error.reserved), (status, 0));
        assert_eq!(text.is_empty(), status == PF_OK);
        assert!(error.item >= -1);
    }
}
