//! The index as a handle.

use super::buffers::{Name, Spans, check_pointer, check_zero, polygons_view, read_sized, with_run};
use super::guard::guard;
use super::handles::{self, Handle, enter};
use super::status::{pf_error, pf_status};
use super::types::*;
use crate::error::{Error, Kind, Result};
use crate::index::{Index, Uses};

/// A handle of an index over polygons. Immutable: share it between threads freely, and free it at any time; calls that use it
/// then go on, and the memory goes with the last of them. The index keeps nothing of the buffers it was built from.
pub struct pf_index {
    _opaque: [u8; 0],
}

impl Handle for pf_index {
    type Thing = Index;
    const KIND: usize = 1;
    const NAME: &str = "index";
}

/// Builds an index. options and run may be NULL. On success *out is an index that you free with pf_index_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_index_build(
    polygons: *const pf_polygons,
    options: *const pf_index_options,
    run: *const pf_run,
    out: *mut *mut pf_index,
    err: *mut pf_error,
) -> pf_status {
    // SAFETY: the header's contract is handed on.
    unsafe {
        guard(err, || {
            let polygons = polygons_view(polygons, &mut Spans::new())?;
            let flags = if options.is_null() { 0 } else { read_sized(options, 0, "options")?.flags };
            let uses = uses(flags)?;
            with_run(run, |run| hand_out(out, || Index::build(&polygons, uses, run)))
        })
    }
}

fn uses(flags: u32) -> Result<Uses> {
    let has = |flag| flags & flag != 0;
    check_zero(flags & !(PF_INDEX_CENTERS | PF_INDEX_INSIDES | PF_INDEX_DISTANCES), Name("options", "flags"))?;
    Ok(match flags {
        0 => Uses::ALL,
        _ => {
            Uses { centers: has(PF_INDEX_CENTERS), insides: has(PF_INDEX_INSIDES), distances: has(PF_INDEX_DISTANCES) }
        }
    })
}

/// Frees an index. NULL is fine, and so is a handle that was freed before, or anything else: nothing happens.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_index_free(index: *mut pf_index) {
    handles::free(index);
}

/// Number of polygons in an index, empty ones included; 0 for NULL and for what is no index.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_index_len(index: *const pf_index) -> usize {
    enter(index).map_or(0, |index| index.len())
}

/// Makes something and gives a handle of it to the caller; when making it was stopped, `*out` is NULL.
///
/// # Safety
/// `out` is NULL or points to a handle of the caller's.
pub(super) unsafe fn hand_out<H: Handle>(out: *mut *mut H, make: impl FnOnce() -> Result<H::Thing>) -> Result<()> {
    check_pointer(out, Name("out", ""))?;
    let made = make().and_then(handles::make);
    let handle = match &made {
        Ok(handle) => *handle,
        Err(error) if is_stop(error) => std::ptr::null_mut(),
        Err(_) => return made.map(drop),
    };
    // SAFETY: not NULL, aligned, and the caller's to be written.
    unsafe { out.write(handle) };
    made.map(drop)
}

fn is_stop(error: &Error) -> bool {
    matches!(error.kind(), Kind::Cancelled | Kind::Limit | Kind::Memory)
}
