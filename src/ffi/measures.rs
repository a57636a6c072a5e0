//! Areas, perimeters, centers, centroids and bounds of a polygon table.

use super::buffers::{Spans, output, polygons_view, with_run};
use super::guard::guard;
use super::status::{pf_error, pf_status};
use super::types::*;
use crate::error::Result;
use crate::measure::{self, Bounds, Coordinate};
use crate::polygons::Polygons;
use crate::run::Run;

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
    unsafe { guard(err, || numbers(polygons, run, out, out_len, measure::area)) }
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
    unsafe { guard(err, || numbers(polygons, run, out, out_len, measure::signed_area)) }
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
    unsafe { guard(err, || numbers(polygons, run, out, out_len, measure::perimeter)) }
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
    unsafe { guard(err, || places(polygons, run, out_x, out_y, out_len, measure::center)) }
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
    unsafe { guard(err, || places(polygons, run, out_x, out_y, out_len, measure::centroid)) }
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
    unsafe {
        guard(err, || {
            let mut spans = Spans::new();
            let polygons = polygons_view(polygons, &mut spans)?;
            let out = output(out, out_len, polygons.len(), "out", &mut spans)?;
            let bounds = with_run(run, |run| measure::bounds(&polygons, run))?;
            for (out, Bounds { min_x, min_y, max_x, max_y }) in out.iter_mut().zip(bounds) {
                *out = pf_box { min_x, min_y, max_x, max_y };
            }
            Ok(())
        })
    }
}

/// One number per polygon.
///
/// # Safety
/// The header's contract on each argument.
unsafe fn numbers(
    polygons: *const pf_polygons,
    run: *const pf_run,
    out: *mut f64,
    out_len: usize,
    measure: fn(&Polygons<'_>, &Run<'_>) -> Result<Vec<f64>>,
) -> Result<()> {
    // SAFETY: as promised to us.
    unsafe {
        let mut spans = Spans::new();
        let polygons = polygons_view(polygons, &mut spans)?;
        let out = output(out, out_len, polygons.len(), "out", &mut spans)?;
        out.copy_from_slice(&with_run(run, |run| measure(&polygons, run))?);
        Ok(())
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
    measure: fn(&Polygons<'_>, &Run<'_>) -> Result<Vec<Coordinate>>,
) -> Result<()> {
    // SAFETY: as promised to us.
    unsafe {
        let mut spans = Spans::new();
        let polygons = polygons_view(polygons, &mut spans)?;
        let out_x = output(out_x, out_len, polygons.len(), "out_x", &mut spans)?;
        let out_y = output(out_y, out_len, polygons.len(), "out_y", &mut spans)?;
        let places = with_run(run, |run| measure(&polygons, run))?;
        for (place, (x, y)) in places.iter().zip(out_x.iter_mut().zip(out_y)) {
            (*x, *y) = (place.x, place.y);
        }
        Ok(())
    }
}
