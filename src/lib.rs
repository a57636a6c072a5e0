//! Match points to polygons, fast, over raw coordinate buffers.
//!
//! The flow is the same in every language: a *lent buffer* becomes a *checked view* ([`coords::Points`],
//! [`polygons::Polygons`]), polygons become an immutable [`index::Index`], and a [`query`] (relation x verb) turns points
//! into the caller's array or one CSR result. [`measure`] gives areas, perimeters, centers, centroids and bounds.
//!
//! The C ABI lives in [`ffi`]; nothing else knows of it. `include/polyfind.h` is its manual.

pub mod coords;
mod distance;
pub mod error;
pub mod ffi;
pub mod index;
pub mod measure;
pub mod memory;
mod pages;
pub mod polygons;
mod pool;
mod predicates;
pub mod query;
pub mod run;
pub mod simd;
pub mod table;
pub mod tally;

#[cfg(test)]
mod testing;

/// A bug on demand: tests make the next piece of work panic, on whatever thread takes it, without a word on the terminal.
#[cfg(test)]
pub(crate) mod planted {
    use std::cell::Cell;
    use std::panic::resume_unwind;
    use std::sync::atomic::{AtomicBool, Ordering};

    thread_local!(static HERE: Cell<bool> = const { Cell::new(false) });
    static ANYWHERE: AtomicBool = AtomicBool::new(false);

    /// The next piece of work on this thread panics.
    pub fn on_this_thread() {
        HERE.set(true);
    }

    /// The next piece of work on a thread of [`crate::pool`] panics.
    pub fn on_a_helper() {
        ANYWHERE.store(true, Ordering::SeqCst);
    }

    pub fn maybe_panic() {
        if HERE.take() {
            resume_unwind(Box::new("planted"));
        }
        let is_helper = matches!(std::thread::current().name(), None | Some("polyfind"));
        if is_helper && ANYWHERE.swap(false, Ordering::SeqCst) {
            resume_unwind(Box::new("planted"));
        }
    }
}
