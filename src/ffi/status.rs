//! Status numbers, and the error a caller owns.

use std::ffi::CStr;

use crate::error::{Error, Kind};

/// What every fallible function returns: PF_OK (0) or one of PF_ERROR_*. Numbers are never reused.
pub type pf_status = i32;

/// It worked.
pub const PF_OK: pf_status = 0;
/// A required pointer is NULL.
pub const PF_ERROR_NULL: pf_status = 1;
/// A value is outside its documented range.
pub const PF_ERROR_ARGUMENT: pf_status = 2;
/// Offsets, stride, alignment or overlap: not a readable buffer.
pub const PF_ERROR_LAYOUT: pf_status = 3;
/// A coordinate is NaN or infinite.
pub const PF_ERROR_COORDINATE: pf_status = 4;
/// An output buffer is too small.
pub const PF_ERROR_CAPACITY: pf_status = 5;
/// A newer structure field, flag or file version than this build knows.
pub const PF_ERROR_UNSUPPORTED: pf_status = 6;
/// A limit was reached.
pub const PF_ERROR_LIMIT: pf_status = 7;
/// The progress callback or the cancel flag asked to stop.
pub const PF_ERROR_CANCELLED: pf_status = 8;
/// An allocation failed.
pub const PF_ERROR_MEMORY: pf_status = 9;
/// The operating system refused a file operation: pf_error.item is its error number (errno), or -1.
pub const PF_ERROR_IO: pf_status = 10;
/// Bytes are malformed: no index or a damaged one, or a row that is no polygon.
pub const PF_ERROR_FORMAT: pf_status = 11;
/// A bug in this library; your data is untouched.
pub const PF_ERROR_INTERNAL: pf_status = 12;

/// Bytes of pf_error.message, its terminating NUL included.
pub const PF_MESSAGE_BYTES: usize = 240;

/// Details of a refusal, in 256 bytes of yours; may be NULL everywhere. Written by every call that takes one, also on
/// success.
#[repr(C)]
pub struct pf_error {
    /// The status that the call returned.
    pub status: pf_status,
    /// Zero.
    pub reserved: i32,
    /// The row that caused it (in an index file, the element of a section), or -1.
    pub item: i64,
    /// What was wrong, naming the argument and the row; UTF-8, NUL-terminated, cut if longer.
    pub message: [std::ffi::c_char; PF_MESSAGE_BYTES],
}

const _: () = assert!(size_of::<pf_error>() == 256);

/// Name and text of a status.
pub(super) fn describe(status: pf_status) -> (&'static CStr, &'static CStr) {
    match status {
        PF_OK => (c"PF_OK", c"it worked"),
        PF_ERROR_NULL => (c"PF_ERROR_NULL", c"a required pointer is NULL"),
        PF_ERROR_ARGUMENT => (c"PF_ERROR_ARGUMENT", c"a value is outside its documented range"),
        PF_ERROR_LAYOUT => (c"PF_ERROR_LAYOUT", c"offsets, stride, alignment or overlap: not a readable buffer"),
        PF_ERROR_COORDINATE => (c"PF_ERROR_COORDINATE", c"a coordinate is NaN or infinite"),
        PF_ERROR_CAPACITY => (c"PF_ERROR_CAPACITY", c"an output buffer is too small"),
        PF_ERROR_UNSUPPORTED => (c"PF_ERROR_UNSUPPORTED", c"newer than this build of the library"),
        PF_ERROR_LIMIT => (c"PF_ERROR_LIMIT", c"a limit was reached"),
        PF_ERROR_CANCELLED => (c"PF_ERROR_CANCELLED", c"stopped by the progress callback or the cancel flag"),
        PF_ERROR_MEMORY => (c"PF_ERROR_MEMORY", c"an allocation failed"),
        PF_ERROR_IO => (c"PF_ERROR_IO", c"the operating system refused a file operation"),
        PF_ERROR_FORMAT => {
            (c"PF_ERROR_FORMAT", c"malformed bytes: no index or a damaged one, or a row that is no polygon")
        }
        PF_ERROR_INTERNAL => (c"PF_ERROR_INTERNAL", c"a bug in polyfind"),
        _ => (c"PF_ERROR_UNKNOWN", c"not a status of this version"),
    }
}

fn status_of(kind: Kind) -> pf_status {
    match kind {
        Kind::Null => PF_ERROR_NULL,
        Kind::Argument => PF_ERROR_ARGUMENT,
        Kind::Layout => PF_ERROR_LAYOUT,
        Kind::Coordinate => PF_ERROR_COORDINATE,
        Kind::Capacity => PF_ERROR_CAPACITY,
        Kind::Unsupported => PF_ERROR_UNSUPPORTED,
        Kind::Limit => PF_ERROR_LIMIT,
        Kind::Cancelled => PF_ERROR_CANCELLED,
        Kind::Memory => PF_ERROR_MEMORY,
        Kind::Io => PF_ERROR_IO,
        Kind::Format => PF_ERROR_FORMAT,
        Kind::Internal => PF_ERROR_INTERNAL,
    }
}

/// Writes the outcome of a call to the caller's error, if there is one to write to.
///
/// # Safety
/// `err` is NULL or points to a `pf_error` of the caller's.
pub(super) unsafe fn report(err: *mut pf_error, outcome: Result<(), &Error>) -> pf_status {
    let (status, item, message) = match outcome {
        Ok(()) => (PF_OK, -1, ""),
        Err(error) => (status_of(error.kind()), error.item().map_or(-1, |item| item as i64), error.message()),
    };
    if !err.is_null() && err.is_aligned() {
        // SAFETY: the caller lends an aligned pf_error. Its bytes may be uninitialised, so that it is only written to.
        unsafe {
            (&raw mut (*err).status).write(status);
            (&raw mut (*err).reserved).write(0);
            (&raw mut (*err).item).write(item);
            let text = (&raw mut (*err).message).cast::<u8>();
            let len = message.len().min(PF_MESSAGE_BYTES - 1);
            text.copy_from_nonoverlapping(message.as_ptr(), len);
            text.add(len).write(0);
        }
    }
    status
}
