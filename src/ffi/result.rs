//! A CSR result as a handle whose columns are borrowed.

use super::buffers::{Name, Spans, output, with_run};
use super::guard::guard;
use super::handles::{self, Handle, enter, view};
use super::status::{pf_error, pf_status};
use super::types::pf_run;
use crate::query::Pairs;

/// A handle of pairs of points and polygons, by point. Immutable, independent of the index it came from; free it when nobody reads
/// its columns any more.
pub struct pf_result {
    _opaque: [u8; 0],
}

impl Handle for pf_result {
    type Thing = Pairs;
    const KIND: usize = 2;
    const NAME: &str = "result";
}

/// Frees a result and its columns. NULL is fine, and so is a handle that was freed before, or anything else: nothing happens.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_result_free(result: *mut pf_result) {
    handles::free(result);
}

/// Number of points that were asked about; 0 for NULL and for what is no result.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_result_rows(result: *const pf_result) -> usize {
    enter(result).map_or(0, |result| result.offsets().len() - 1)
}

/// Number of pairs; 0 for NULL and for what is no result.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_result_pairs(result: *const pf_result) -> usize {
    enter(result).map_or(0, |result| result.polygons().len())
}

/// rows + 1 positions in pf_result_polygons(result): the polygons of point i begin at position i and end before position
/// i + 1. Yours to read until the result is freed; NULL for NULL and for what is no result.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_result_offsets(result: *const pf_result) -> *const i64 {
    enter(result).map_or(std::ptr::null(), |result| result.offsets().as_ptr())
}

/// The polygon of each pair, increasing for each point (from pf_index_find_nearest, by distance first). Yours to read until the
/// result is freed; NULL for what pf_result_offsets has NULL for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_result_polygons(result: *const pf_result) -> *const i32 {
    enter(result).map_or(std::ptr::null(), |result| result.polygons().as_ptr())
}

/// The distance of each pair (to the center for PF_CLOSE, else to the polygon), within 2 ulp, if it was asked for with
/// PF_WITH_DISTANCES; else NULL. Yours to read until the result is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_result_values(result: *const pf_result) -> *const f64 {
    let column = |result: &Pairs| result.distances().map(<[f64]>::as_ptr);
    enter(result).and_then(|result| column(&result)).unwrap_or(std::ptr::null())
}

/// Writes the point and the polygon of each pair, in order: two columns of pf_result_pairs(result) elements, as tables and
/// other libraries have pairs. `out_len` is the room of each.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_result_indices(
    result: *const pf_result,
    run: *const pf_run,
    out_point: *mut i64,
    out_polygon: *mut i64,
    out_len: usize,
    err: *mut pf_error,
) -> pf_status {
    // SAFETY: the header's contract is handed on.
    unsafe {
        guard(err, || {
            let mut spans = Spans::new();
            let result = view(result)?;
            let pairs = result.polygons().len();
            spans.add(result.offsets().as_ptr().cast(), size_of_val(result.offsets()), Name("result", "offsets"));
            spans.add(result.polygons().as_ptr().cast(), size_of_val(result.polygons()), Name("result", "polygons"));
            let points = output(out_point, out_len, pairs, "out_point", &mut spans)?;
            let polygons = output(out_polygon, out_len, pairs, "out_polygon", &mut spans)?;
            with_run(run, |run| result.write_indices(run, points, polygons))
        })
    }
}
