//! The one place where panics stop.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::status::{pf_error, pf_status, report};
use crate::error::{Error, Kind, Result};

#[cfg(panic = "abort")]
compile_error!("polyfind must be built with panic = \"unwind\": a bug in it must not end the caller's process");

/// Runs the body of an entry point and reports how it went; a panic becomes `PF_ERROR_INTERNAL` with its text.
///
/// # Safety
/// `err` is NULL or points to a `pf_error` of the caller's.
#[inline]
pub(super) unsafe fn guard(err: *mut pf_error, body: impl FnOnce() -> Result<()>) -> pf_status {
    // Unwind safety: what a body touches is its own, immutable, or an output whose content is unspecified after a bug.
    let outcome = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| Err(internal(payload)));
    // SAFETY: as promised to us.
    unsafe { report(err, outcome.as_ref().map(|_| ())) }
}

#[cold]
fn internal(payload: Box<dyn Any + Send>) -> Error {
    let text = match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text.as_str(),
        _ => "no message",
    };
    let error = Error::new(Kind::Internal, format_args!("a bug in polyfind, please report it: {text}"));
    // Dropping a payload may panic again.
    std::mem::forget(payload);
    error
}
