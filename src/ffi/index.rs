//! The index as a handle.

use super::buffers::{Name, Spans, check_pointer, check_zero, polygons_view, read_sized, with_run};
use super::guard::guard;
use super::status::{pf_error, pf_status};
use super::types::*;
use crate::error::{Error, Kind, Result};
use crate::index::{Index, Uses};

/// An index over polygons. Immutable: share it between threads freely, and free it once, when no call uses it any more. It
/// keeps nothing of the buffers it was built from.
pub struct pf_index(pub(super) Index);

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
            hand_out(out, || with_run(run, |run| Index::build(&polygons, uses, run)).map(pf_index))
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

/// Frees an index; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_index_free(index: *mut pf_index) {
    // SAFETY: the caller had it from us and gives it back.
    unsafe { take_back(index) }
}

/// Number of polygons in an index, empty ones included; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_index_len(index: *const pf_index) -> usize {
    // SAFETY: NULL or an index of ours.
    unsafe { index.as_ref() }.map_or(0, |index| index.0.len())
}

/// The index behind a handle.
///
/// # Safety
/// `index` is NULL or an index of ours that lives during `'a`.
pub(super) unsafe fn index_view<'a>(index: *const pf_index) -> Result<&'a Index> {
    check_pointer(index, Name("index", ""))?;
    // SAFETY: as promised to us.
    Ok(unsafe { &(*index).0 })
}

/// Makes something and gives it to the caller; when making it was stopped, `*out` is NULL.
///
/// # Safety
/// `out` is NULL or points to a handle of the caller's.
pub(super) unsafe fn hand_out<T>(out: *mut *mut T, make: impl FnOnce() -> Result<T>) -> Result<()> {
    check_pointer(out, Name("out", ""))?;
    let made = make().and_then(|value| {
        let mut room = crate::error::vec_with_capacity(1)?;
        room.push(value);
        // A box of a slice of one is how a box can be made without an allocation that aborts.
        Ok(Box::into_raw(room.into_boxed_slice()).cast::<T>())
    });
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

/// Drops what [`hand_out`] made.
///
/// # Safety
/// `handle` is NULL or came from [`hand_out`] and is not used again.
pub(super) unsafe fn take_back<T>(handle: *mut T) {
    if !handle.is_null() {
        // SAFETY: `hand_out` made it of a boxed slice of one.
        drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(handle, 1)) });
    }
}
