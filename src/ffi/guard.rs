//! The one place where panics stop, and where the caller's floating-point mode is put aside.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::status::{pf_error, pf_status, report};
use crate::error::{Error, Kind, Result};
use crate::simd::mode::Mode;

#[cfg(panic = "abort")]
compile_error!("polyfind must be built with panic = \"unwind\": a bug in it must not end the caller's process");

thread_local! {
    /// The mode in which this thread called, where it is inside and that is another than the default.
    static CALLERS: Cell<Mode> = const { Cell::new(Mode::DEFAULT) };
}

/// Runs the body of an entry point and reports how it went; a panic becomes `PF_ERROR_INTERNAL` with its text. The body runs in
/// the default floating-point mode, and another of the caller's is as before afterwards.
///
/// # Safety
/// `err` is NULL or points to a `pf_error` of the caller's.
#[inline]
pub(super) unsafe fn guard(err: *mut pf_error, body: impl FnOnce() -> Result<()>) -> pf_status {
    // Unwind safety: what a body touches is its own, immutable, or an output whose content is unspecified after a bug.
    let mode = Mode::get();
    if !mode.is_default() {
        put_aside(mode);
    }
    let outcome = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| Err(internal(payload)));
    if !mode.is_default() {
        CALLERS.set(Mode::DEFAULT);
        mode.set();
    }
    // SAFETY: as promised to us.
    unsafe { report(err, outcome.as_ref().map(|_| ())) }
}

#[cold]
fn put_aside(mode: Mode) {
    CALLERS.set(mode);
    Mode::DEFAULT.set();
}

/// Calls a function of the caller's in the caller's mode; whatever it does to that, the call goes on in its own. It may call us again.
pub(super) fn in_callers_mode<R>(call: impl FnOnce() -> R) -> R {
    let mode = CALLERS.replace(Mode::DEFAULT);
    mode.set();
    let result = call();
    CALLERS.set(mode);
    Mode::DEFAULT.set();
    result
}

#[cold]
fn internal(payload: Box<dyn Any + Send>) -> Error {
    let bug = |text: &str| Error::new(Kind::Internal, format_args!("a bug in polyfind, please report it: {text}"));
    // A panic leaves a text, but for `panic_any`; to drop anything else might panic again.
    match payload.downcast::<String>().map_err(|other| other.downcast::<&str>()) {
        Ok(text) => bug(&text),
        Err(Ok(text)) => bug(&text),
        Err(Err(other)) => {
            std::mem::forget(other);
            bug("no message")
        }
    }
}
