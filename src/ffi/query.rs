//! Asking an index about points: one function per verb.

use super::buffers::{Name, Spans, check_zero, input, output, points_view, read_sized, with_run};
use super::guard::guard;
use super::index::{hand_out, index_view, pf_index};
use super::result::pf_result;
use super::status::{pf_error, pf_status};
use super::types::*;
use crate::error::{Error, Kind, Result};
use crate::query::{self, Order, Ranked, Relation};

/// Whether each point matches any polygon: 1 or 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_index_any(
    index: *const pf_index,
    points: *const pf_points,
    query: *const pf_query,
    run: *const pf_run,
    out: *mut u8,
    out_len: usize,
    err: *mut pf_error,
) -> pf_status {
    // SAFETY: the header's contract is handed on.
    unsafe {
        guard(err, || {
            let mut spans = Spans::new();
            let index = index_view(index)?;
            let points = points_view(points, &mut spans)?;
            let (relation, _) = question(query, &mut spans)?;
            let out = output(out, out_len, points.len(), "out", &mut spans)?;
            with_run(run, |run| query::any(index, &points, relation, run, out))
        })
    }
}

/// How many polygons each point matches.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_index_count(
    index: *const pf_index,
    points: *const pf_points,
    query: *const pf_query,
    run: *const pf_run,
    out: *mut u32,
    out_len: usize,
    err: *mut pf_error,
) -> pf_status {
    // SAFETY: the header's contract is handed on.
    unsafe {
        guard(err, || {
            let mut spans = Spans::new();
            let index = index_view(index)?;
            let points = points_view(points, &mut spans)?;
            let (relation, _) = question(query, &mut spans)?;
            let out = output(out, out_len, points.len(), "out", &mut spans)?;
            with_run(run, |run| query::count(index, &points, relation, run, out))
        })
    }
}

/// The best match of each point by query.order, PF_NONE where it matches none. out_value may be NULL; it has room for out_len
/// too and takes what the order compares (row, distance, area or priority), NaN where there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_index_best(
    index: *const pf_index,
    points: *const pf_points,
    query: *const pf_query,
    run: *const pf_run,
    out_polygon: *mut i32,
    out_value: *mut f64,
    out_len: usize,
    err: *mut pf_error,
) -> pf_status {
    // SAFETY: the header's contract is handed on.
    unsafe {
        guard(err, || {
            let mut spans = Spans::new();
            let index = index_view(index)?;
            let points = points_view(points, &mut spans)?;
            let (relation, order) = question(query, &mut spans)?;
            let out = ranked(out_polygon, out_value, "out_value", out_len, points.len(), 1, &mut spans)?;
            with_run(run, |run| query::best(index, &points, relation, order, run, out))
        })
    }
}

/// The k (at least 1) polygons whose centers are nearest to each point: row i is out_polygon[i * k .. i * k + k], nearest
/// first, ties by row, PF_NONE where there are no more. query may be NULL; else its relation is PF_CLOSE and its distance a
/// limit (strict; INFINITY for none). out_distance may be NULL; it takes the distances (within 2 ulp), NaN beside PF_NONE.
/// out_len, the room in both, is at least points.len * k.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_index_nearest(
    index: *const pf_index,
    points: *const pf_points,
    k: usize,
    query: *const pf_query,
    run: *const pf_run,
    out_polygon: *mut i32,
    out_distance: *mut f64,
    out_len: usize,
    err: *mut pf_error,
) -> pf_status {
    // SAFETY: the header's contract is handed on.
    unsafe {
        guard(err, || {
            let mut spans = Spans::new();
            let index = index_view(index)?;
            let points = points_view(points, &mut spans)?;
            let Relation::Close { distance } = match query.is_null() {
                true => Relation::Close { distance: f64::INFINITY },
                false => question(query, &mut spans)?.0,
            };
            if k == 0 {
                return Err(Error::new(Kind::Argument, format_args!("k must be at least 1")));
            }
            let out = ranked(out_polygon, out_distance, "out_distance", out_len, points.len(), k, &mut spans)?;
            with_run(run, |run| query::nearest(index, &points, k, distance, run, out))
        })
    }
}

/// All pairs of a point and a polygon it matches. On success *out is a result that you free with pf_result_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_index_find(
    index: *const pf_index,
    points: *const pf_points,
    query: *const pf_query,
    run: *const pf_run,
    out: *mut *mut pf_result,
    err: *mut pf_error,
) -> pf_status {
    // SAFETY: the header's contract is handed on.
    unsafe {
        guard(err, || {
            let mut spans = Spans::new();
            let index = index_view(index)?;
            let points = points_view(points, &mut spans)?;
            let (relation, _) = question(query, &mut spans)?;
            hand_out(out, || with_run(run, |run| query::find(index, &points, relation, run)).map(pf_result))
        })
    }
}

/// What the caller asks.
///
/// # Safety
/// `query` is NULL or points to a `pf_query` whose priorities are as many as it says.
unsafe fn question<'a>(query: *const pf_query, spans: &mut Spans) -> Result<(Relation, Order<'a>)> {
    // SAFETY: as promised to us.
    let query = unsafe { read_sized(query, std::mem::offset_of!(pf_query, order), "query")? };
    let relation = match query.relation {
        PF_CLOSE => Relation::Close { distance: query.distance },
        other => {
            return Err(Error::new(
                Kind::Argument,
                format_args!("query.relation = {other} is not a relation of this version (PF_CLOSE = {PF_CLOSE})"),
            ));
        }
    };
    check_zero(query.flags, Name("query", "flags"))?;
    let order = match query.order {
        PF_BY_POLYGON => Order::Polygon,
        PF_BY_DISTANCE => Order::Distance,
        PF_BY_AREA => Order::Area,
        PF_BY_PRIORITY => {
            // SAFETY: as promised to us.
            let values = unsafe { input(query.priority, query.priority_len, Name("query", "priority"), spans)? };
            Order::Priority(values)
        }
        other => {
            return Err(Error::new(
                Kind::Argument,
                format_args!("query.order = {other} is not an order of this version (PF_BY_*)"),
            ));
        }
    };
    Ok((relation, order))
}

/// Two columns of `width` elements per row, the second of which may be missing.
///
/// # Safety
/// Both point to room for `capacity` elements of the caller's; the second may be NULL.
unsafe fn ranked<'a>(
    polygons: *mut i32,
    values: *mut f64,
    values_name: &'static str,
    capacity: usize,
    rows: usize,
    width: usize,
    spans: &mut Spans,
) -> Result<Ranked<'a>> {
    let needed = rows.checked_mul(width).ok_or_else(|| {
        Error::new(Kind::Argument, format_args!("k = {width} for {rows} points is more than memory can hold"))
    })?;
    // SAFETY: as promised to us.
    unsafe {
        let polygons = output(polygons, capacity, needed, "out_polygon", spans)?;
        let values = match values.is_null() {
            true => None,
            false => Some(output(values, capacity, needed, values_name, spans)?),
        };
        Ok(Ranked::new(width, polygons, values))
    }
}
