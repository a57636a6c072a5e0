//! A CSR result as a handle whose columns are borrowed.

use super::index::take_back;
use crate::query::Pairs;

/// Pairs of points and polygons, by point. Immutable, independent of the index it came from; free it once, when nobody reads
/// its columns any more.
pub struct pf_result(pub(super) Pairs);

/// Frees a result and its columns; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_result_free(result: *mut pf_result) {
    // SAFETY: the caller had it from us and gives it back.
    unsafe { take_back(result) }
}

/// Number of points that were asked about; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_result_rows(result: *const pf_result) -> usize {
    // SAFETY: NULL or a result of ours.
    unsafe { result.as_ref() }.map_or(0, |result| result.0.offsets().len() - 1)
}

/// Number of pairs; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_result_pairs(result: *const pf_result) -> usize {
    // SAFETY: NULL or a result of ours.
    unsafe { result.as_ref() }.map_or(0, |result| result.0.polygons().len())
}

/// rows + 1 positions in pf_result_polygons(result): the polygons of point i begin at position i and end before position
/// i + 1. Yours to read until the result is freed; NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_result_offsets(result: *const pf_result) -> *const i64 {
    // SAFETY: NULL or a result of ours.
    unsafe { result.as_ref() }.map_or(std::ptr::null(), |result| result.0.offsets().as_ptr())
}

/// The polygon of each pair, increasing for each point (from pf_index_find_nearest, by distance first). Yours to read until the
/// result is freed; never NULL but for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_result_polygons(result: *const pf_result) -> *const i32 {
    // SAFETY: NULL or a result of ours.
    unsafe { result.as_ref() }.map_or(std::ptr::null(), |result| result.0.polygons().as_ptr())
}

/// The distance of each pair (to the center for PF_CLOSE, else to the polygon), within 2 ulp, if it was asked for with
/// PF_WITH_DISTANCES; else NULL. Yours to read until the result is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_result_values(result: *const pf_result) -> *const f64 {
    // SAFETY: NULL or a result of ours.
    let distances = unsafe { result.as_ref() }.and_then(|result| result.0.distances());
    distances.map_or(std::ptr::null(), |distances| distances.as_ptr())
}
