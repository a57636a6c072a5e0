//! Areas, perimeters, centers, centroids, bounds and fingerprints of a polygon table.

use std::mem::MaybeUninit;

use super::buffers::{Spans, output, polygons_view, with_run};
use super::guard::guard;
use super::status::{pf_error, pf_status};
use super::types::*;
use crate::error::Result;
use crate::measure::{
    self, Area, Bounds, BoundsOf, Center, Centroid, Coordinate, Fingerprint, Measure, Perimeter, SignedArea,
};

/// Area of each polygon: its outer rings minus their holes, whatever their winding. 0 for an empty polygon.
/// Relative error below 1e-14 where the area is not a tiny remainder of what its rings enclose.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_polygons_area(
    polygons: *const pf_polygons,
    run: *const pf_run,
    out: *mut f64,
    out_len: usize,
    err: *mut pf_error,
) -> pf_status {
    // SAFETY: the header's contract is handed on.
    unsafe { guard(err, || rows(polygons, run, out, out_len, Area)) }
}

/// Area of each polygon with the sign of its outer rings, positive counter-clockwise; parts add up with their signs. 0 for an
/// empty polygon.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_polygons_signed_area(
    polygons: *const pf_polygons,
    run: *const pf_run,
    out: *mut f64,
    out_len: usize,
    err: *mut pf_error,
) -> pf_status {
    // SAFETY: the header's contract is handed on.
    unsafe { guard(err, || rows(polygons, run, out, out_len, SignedArea)) }
}

/// Length of each polygon's boundary, holes included. 0 for an empty polygon.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_polygons_perimeter(
    polygons: *const pf_polygons,
    run: *const pf_run,
    out: *mut f64,
    out_len: usize,
    err: *mut pf_error,
) -> pf_status {
    // SAFETY: the header's contract is handed on.
    unsafe { guard(err, || rows(polygons, run, out, out_len, Perimeter)) }
}

/// Mean of each polygon's vertices: all rings, no closing vertex counted twice. NaN for an empty polygon.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_polygons_center(
    polygons: *const pf_polygons,
    run: *const pf_run,
    out_x: *mut f64,
    out_y: *mut f64,
    out_len: usize,
    err: *mut pf_error,
) -> pf_status {
    // SAFETY: the header's contract is handed on.
    unsafe { guard(err, || places(polygons, run, out_x, out_y, out_len, Center)) }
}

/// Centroid of each polygon's area; of its boundary where the area is 0; its vertex where the boundary has no length; NaN for
/// an empty polygon.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_polygons_centroid(
    polygons: *const pf_polygons,
    run: *const pf_run,
    out_x: *mut f64,
    out_y: *mut f64,
    out_len: usize,
    err: *mut pf_error,
) -> pf_status {
    // SAFETY: the header's contract is handed on.
    unsafe { guard(err, || places(polygons, run, out_x, out_y, out_len, Centroid)) }
}

/// Bounding box of each polygon, all rings included. NaN for an empty polygon.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_polygons_bounds(
    polygons: *const pf_polygons,
    run: *const pf_run,
    out: *mut pf_box,
    out_len: usize,
    err: *mut pf_error,
) -> pf_status {
    // SAFETY: the header's contract is handed on.
    unsafe { guard(err, || rows(polygons, run, out, out_len, BoundsOf)) }
}

/// A hash of each polygon's vertices, to find equal ones by: FarmHash's Fingerprint64 of these words of 64 bits, lowest byte
/// first: for each ring that has vertices, in order, twice their number, plus 1 for a hole; then x and y of each vertex as doubles, where -0 is 0.
/// A closing vertex is left out. What begins with another vertex or turns the other way has another fingerprint. It never
/// changes from version to version.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_polygons_fingerprint(
    polygons: *const pf_polygons,
    run: *const pf_run,
    out: *mut u64,
    out_len: usize,
    err: *mut pf_error,
) -> pf_status {
    // SAFETY: the header's contract is handed on.
    unsafe { guard(err, || rows(polygons, run, out, out_len, Fingerprint)) }
}

impl From<Bounds> for pf_box {
    #[inline(always)]
    fn from(Bounds { min_x, min_y, max_x, max_y }: Bounds) -> Self {
        pf_box { min_x, min_y, max_x, max_y }
    }
}

/// One result per polygon.
///
/// # Safety
/// The header's contract on each argument.
unsafe fn rows<M: Measure, T: From<M::Output> + Send>(
    polygons: *const pf_polygons,
    run: *const pf_run,
    out: *mut T,
    out_len: usize,
    measure: M,
) -> Result<()> {
    // SAFETY: as promised to us.
    unsafe {
        let mut spans = Spans::new();
        let polygons = polygons_view(polygons, &mut spans)?;
        let out = output::<MaybeUninit<T>>(out.cast(), out_len, polygons.len(), "out", &mut spans)?;
        with_run(run, |run| measure::write(&polygons, run, measure, out))
    }
}

/// One place per polygon.
///
/// # Safety
/// The header's contract on each argument.
unsafe fn places(
    polygons: *const pf_polygons,
    run: *const pf_run,
    out_x: *mut f64,
    out_y: *mut f64,
    out_len: usize,
    measure: impl Measure<Output = Coordinate>,
) -> Result<()> {
    // SAFETY: as promised to us.
    unsafe {
        let mut spans = Spans::new();
        let polygons = polygons_view(polygons, &mut spans)?;
        let out_x = output::<MaybeUninit<f64>>(out_x.cast(), out_len, polygons.len(), "out_x", &mut spans)?;
        let out_y = output::<MaybeUninit<f64>>(out_y.cast(), out_len, polygons.len(), "out_y", &mut spans)?;
        with_run(run, |run| measure::write(&polygons, run, measure, [out_x, out_y]))
    }
}
