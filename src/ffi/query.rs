//! Asking an index about points: one function per verb.

use super::buffers::{Name, Spans, check_zero, input, output, points_view, read_sized, with_run};
use super::guard::guard;
use super::handles::view;
use super::index::{hand_out, pf_index};
use super::result::pf_result;
use super::status::{pf_error, pf_status};
use super::types::*;
use crate::error::{Error, Kind, Result};
use crate::query::{self, Order, Ranked, Relation, Wanted};

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
            let index = view(index)?;
            let points = points_view(points, &mut spans)?;
            let relation = question(query, 0, &mut spans)?.relation;
            let out = output(out, out_len, points.len(), "out", &mut spans)?;
            with_run(run, |run| query::any(&index, &points, relation, run, out))
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
            let index = view(index)?;
            let points = points_view(points, &mut spans)?;
            let relation = question(query, 0, &mut spans)?.relation;
            let out = output(out, out_len, points.len(), "out", &mut spans)?;
            with_run(run, |run| query::count(&index, &points, relation, run, out))
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
            let index = view(index)?;
            let points = points_view(points, &mut spans)?;
            let Question { relation, order, .. } = question(query, 0, &mut spans)?;
            let out = ranked(out_polygon, out_value, "out_value", out_len, points.len(), 1, &mut spans)?;
            with_run(run, |run| query::best(&index, &points, relation, order, run, out))
        })
    }
}

/// The k (at least 1) polygons that are nearest to each point: row i is out_polygon[i * k .. i * k + k], nearest first, ties by
/// row, PF_NONE where there are no more. query may be NULL; else its relation is PF_DWITHIN (the distance to the polygon, 0 inside;
/// compared as the numbers that out_distance takes) or PF_CLOSE (the distance to the center, compared exactly), and its distance
/// a limit (INFINITY for none; polygons may be as far away, centers may not). out_distance may be NULL; it takes the distances
/// (within 2 ulp), NaN beside PF_NONE. out_len, the room in both, is at least points.len * k.
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
            let index = view(index)?;
            let points = points_view(points, &mut spans)?;
            let (limit, _) = nearest_question(query, k, 0, &mut spans)?;
            let out = ranked(out_polygon, out_distance, "out_distance", out_len, points.len(), k, &mut spans)?;
            with_run(run, |run| match limit {
                Relation::Close { distance } => query::nearest_centers(&index, &points, k, distance, run, out),
                Relation::Dwithin { distance } => query::nearest_polygons(&index, &points, k, distance, run, out),
                _ => Err(no_nearest("PF_DWITHIN or PF_CLOSE")),
            })
        })
    }
}

/// Like pf_index_nearest for polygons, with all that are as near as the k-th: pairs in order of point, distance and row. On
/// success *out is a result that you free with pf_result_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_index_find_nearest(
    index: *const pf_index,
    points: *const pf_points,
    k: usize,
    query: *const pf_query,
    run: *const pf_run,
    out: *mut *mut pf_result,
    err: *mut pf_error,
) -> pf_status {
    // SAFETY: the header's contract is handed on.
    unsafe {
        guard(err, || {
            let mut spans = Spans::new();
            let index = view(index)?;
            let points = points_view(points, &mut spans)?;
            let (limit, wanted) = nearest_question(query, k, PF_WITH_DISTANCES, &mut spans)?;
            let Relation::Dwithin { distance } = limit else { return Err(no_nearest("PF_DWITHIN")) };
            with_run(run, |run| {
                hand_out(out, || query::find_nearest_polygons(&index, &points, k, distance, wanted, run))
            })
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
            let index = view(index)?;
            let points = points_view(points, &mut spans)?;
            let Question { relation, wanted, .. } = question(query, PF_WITH_DISTANCES, &mut spans)?;
            with_run(run, |run| hand_out(out, || query::find(&index, &points, relation, wanted, run)))
        })
    }
}

/// What the caller asks.
pub(super) struct Question<'a> {
    pub(super) relation: Relation,
    pub(super) order: Order<'a>,
    pub(super) is_best: bool,
    wanted: Wanted,
}

/// Reads a question, which may have these `flags`.
///
/// # Safety
/// `query` is NULL or points to a `pf_query` whose priorities are as many as it says.
pub(super) unsafe fn question<'a>(query: *const pf_query, flags: u32, spans: &mut Spans) -> Result<Question<'a>> {
    // SAFETY: as promised to us.
    let query = unsafe { read_sized(query, std::mem::offset_of!(pf_query, order), "query")? };
    let distance = query.distance;
    let relation = match query.relation {
        PF_CLOSE => Relation::Close { distance },
        PF_COVERS => Relation::Covers,
        PF_CONTAINS => Relation::Contains,
        PF_OWNS => Relation::Owns,
        PF_DWITHIN => Relation::Dwithin { distance },
        other => {
            return Err(Error::new(
                Kind::Argument,
                format_args!("query.relation = {other} is not a relation of this version (PF_CLOSE to PF_DWITHIN)"),
            ));
        }
    };
    check_zero(query.flags & !flags, Name("query", "flags"))?;
    let order = match query.order {
        PF_BY_POLYGON => Order::Polygon,
        PF_BY_DISTANCE => Order::Distance,
        PF_BY_CENTER => Order::Center,
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
    let max_pairs = if query.max_pairs == 0 { u64::MAX } else { query.max_pairs };
    let has = |flag| query.flags & flag != 0;
    let wanted = Wanted { distances: has(PF_WITH_DISTANCES), max_pairs };
    Ok(Question { relation, order, is_best: has(PF_BEST_ONLY), wanted })
}

/// What to be near to, and how near; and what to find.
///
/// # Safety
/// As for [`question`].
unsafe fn nearest_question(
    query: *const pf_query,
    k: usize,
    flags: u32,
    spans: &mut Spans,
) -> Result<(Relation, Wanted)> {
    if k == 0 {
        return Err(Error::new(Kind::Argument, format_args!("k must be at least 1")));
    }
    if query.is_null() {
        return Ok((Relation::Dwithin { distance: f64::INFINITY }, Wanted::all(false)));
    }
    // SAFETY: as promised to us.
    let Question { relation, wanted, .. } = unsafe { question(query, flags, spans)? };
    Ok((relation, wanted))
}

fn no_nearest(allowed: &str) -> Error {
    Error::new(Kind::Argument, format_args!("query.relation must be {allowed} to ask for the nearest"))
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
