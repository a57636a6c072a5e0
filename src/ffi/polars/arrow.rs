//! Arrow's C data interface, and what Polars makes of it: a column is a field and any number of arrays.

use std::ffi::{CStr, c_char, c_void};

/// A field: its name and type.
#[repr(C)]
pub(super) struct ArrowSchema {
    pub(super) format: *const c_char,
    pub(super) name: *const c_char,
    pub(super) metadata: *const c_char,
    pub(super) flags: i64,
    pub(super) n_children: i64,
    pub(super) children: *mut *mut ArrowSchema,
    pub(super) dictionary: *mut ArrowSchema,
    pub(super) release: Option<unsafe extern "C" fn(*mut ArrowSchema)>,
    pub(super) private_data: *mut c_void,
}

/// Rows of a column.
#[repr(C)]
pub(super) struct ArrowArray {
    pub(super) length: i64,
    pub(super) null_count: i64,
    pub(super) offset: i64,
    pub(super) n_buffers: i64,
    pub(super) n_children: i64,
    pub(super) buffers: *mut *const c_void,
    pub(super) children: *mut *mut ArrowArray,
    pub(super) dictionary: *mut ArrowArray,
    pub(super) release: Option<unsafe extern "C" fn(*mut ArrowArray)>,
    pub(super) private_data: *mut c_void,
}

/// A column, as Polars hands it over. Whoever gets one moves the arrays out, which are released one by one, and then releases
/// this, which frees the places where they were and the field. One without `private_data` is none.
#[repr(C)]
pub(super) struct SeriesExport {
    pub(super) field: *mut ArrowSchema,
    pub(super) arrays: *mut *mut ArrowArray,
    pub(super) len: usize,
    pub(super) release: Option<unsafe extern "C" fn(*mut SeriesExport)>,
    pub(super) private_data: *mut c_void,
}

impl ArrowSchema {
    pub(super) fn name(&self) -> &[u8] {
        text(&self.name)
    }

    pub(super) fn format(&self) -> &[u8] {
        text(&self.format)
    }
}

/// A string of a field, that lives as long as the field does.
fn text(string: &*const c_char) -> &[u8] {
    if string.is_null() {
        return &[];
    }
    // SAFETY: fields have strings, or NULL.
    unsafe { CStr::from_ptr(*string) }.to_bytes()
}
