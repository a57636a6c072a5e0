//! A tally as a handle that calls add to, and whose columns they write out.

use std::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError, TryLockResult};

use super::buffers::{Name, Spans, check_zero, input, output, points_view, read_sized, with_run};
use super::guard::guard;
use super::handles::{self, Handle, Inside, enter, view, view_as};
use super::index::{hand_out, pf_index};
use super::query::question;
use super::status::{pf_error, pf_status};
use super::types::*;
use crate::error::{Error, Kind, Result};
use crate::query::{self, Attributes, Which};
use crate::tally::{Count, Measure, Tally};

/// A handle of what the points that polygons were matched with come to: how many they are, and the sum, mean, least and greatest of a
/// number that they bring along. It keeps the index that it was made for: you may free that before, and its memory goes with the tally.
/// One call at a time may change it; one that is made while another does, or that would change it while another reads it, is refused with
/// PF_ERROR_ARGUMENT. To add on many threads give each a tally, and merge them.
pub struct pf_tally {
    _opaque: [u8; 0],
}

/// What is behind the handle.
pub(super) struct Kept {
    index: Inside<pf_index>,
    rows: usize,
    tally: RwLock<Tally>,
}

impl Handle for pf_tally {
    type Thing = Kept;
    const KIND: usize = 0;
    const NAME: &str = "tally";
}

impl Kept {
    /// Nobody waits: whoever is inside may be whose progress function asks.
    fn read(&self, name: &str) -> Result<RwLockReadGuard<'_, Tally>> {
        free_now(self.tally.try_read(), name)
    }

    fn write(&self) -> Result<RwLockWriteGuard<'_, Tally>> {
        free_now(self.tally.try_write(), pf_tally::NAME)
    }
}

fn free_now<G>(lock: TryLockResult<G>, name: &str) -> Result<G> {
    match lock {
        Ok(guard) => Ok(guard),
        // What panicked before had not begun to change it.
        Err(TryLockError::Poisoned(poisoned)) => Ok(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => {
            Err(Error::new(Kind::Argument, format_args!("{name} is in use by another call")))
        }
    }
}

/// Makes a tally of no points for the polygons of an index. groups (at least 1) says how many groups of points are told apart: the
/// columns have a row for every group of every polygon, group g of polygon p being row p * groups + g. On success *out is a tally that you
/// free with pf_tally_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_tally_make(
    index: *const pf_index,
    groups: usize,
    run: *const pf_run,
    out: *mut *mut pf_tally,
    err: *mut pf_error,
) -> pf_status {
    // SAFETY: the header's contract is handed on.
    unsafe {
        guard(err, || {
            let index = view(index)?;
            if groups == 0 {
                return Err(Error::new(Kind::Argument, format_args!("groups must be at least 1")));
            }
            with_run(run, |run| {
                hand_out(out, || {
                    run.check()?;
                    let tally = Tally::new(index.len(), groups)?;
                    Ok(Kept { index, rows: tally.rows(), tally: RwLock::new(tally) })
                })
            })
        })
    }
}

/// Frees a tally. NULL is fine, and so is a handle that was freed before, or anything else: nothing happens.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_tally_free(tally: *mut pf_tally) {
    handles::free(tally);
}

/// Number of rows of a tally's columns, polygons times groups; 0 for NULL and for what is no tally.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_tally_len(tally: *const pf_tally) -> usize {
    enter(tally).map_or(0, |kept| kept.rows)
}

/// Adds every point to all polygons that it matches; with PF_BEST_ONLY to the best of them by query.order. attributes may be NULL. A
/// call that fails or is stopped adds nothing. What a tally holds depends neither on the order of points nor on how they were cut
/// into calls, tallies and threads.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_tally_add(
    tally: *mut pf_tally,
    points: *const pf_points,
    attributes: *const pf_attributes,
    query: *const pf_query,
    run: *const pf_run,
    err: *mut pf_error,
) -> pf_status {
    // SAFETY: the header's contract is handed on.
    unsafe {
        guard(err, || {
            let mut spans = Spans::new();
            let kept = view(tally)?;
            let points = points_view(points, &mut spans)?;
            let attributes = attributes_view(attributes, &mut spans)?;
            let question = question(query, PF_BEST_ONLY, &mut spans)?;
            let which = if question.is_best { Which::Best(question.order) } else { Which::All };
            with_run(run, |run| {
                let mut tally = kept.write()?;
                query::tally(&kept.index, &points, attributes, question.relation, which, run, &mut tally)
            })
        })
    }
}

/// Adds what another tally has, which was made for as many polygons and groups. A call that fails or is stopped adds nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_tally_merge(
    tally: *mut pf_tally,
    other: *const pf_tally,
    run: *const pf_run,
    err: *mut pf_error,
) -> pf_status {
    // SAFETY: the header's contract is handed on.
    unsafe {
        guard(err, || {
            let kept = view(tally)?;
            let others = view_as(other, "other")?;
            if std::ptr::eq(tally, other) {
                return Err(Error::new(Kind::Argument, format_args!("other is the tally itself")));
            }
            with_run(run, |run| kept.write()?.merge(&*others.read("other")?, run))
        })
    }
}

/// Writes a column of whole numbers: PF_TALLY_POINTS or PF_TALLY_VALUES. out_len, the room there, is at least pf_tally_len(tally).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_tally_counts(
    tally: *const pf_tally,
    column: u32,
    run: *const pf_run,
    out: *mut u64,
    out_len: usize,
    err: *mut pf_error,
) -> pf_status {
    // SAFETY: the header's contract is handed on.
    unsafe {
        guard(err, || {
            let kept = view(tally)?;
            let column = match column {
                PF_TALLY_POINTS => Count::Points,
                PF_TALLY_VALUES => Count::Values,
                other => return Err(no_column(other, "PF_TALLY_POINTS or PF_TALLY_VALUES")),
            };
            let tally = kept.read(pf_tally::NAME)?;
            let out = output(out, out_len, tally.rows(), "out", &mut Spans::new())?;
            with_run(run, |run| tally.counts(column, run, out))
        })
    }
}

/// Writes a column of doubles: PF_TALLY_SUM, PF_TALLY_MEAN, PF_TALLY_MIN or PF_TALLY_MAX. out_len, the room there, is at least
/// pf_tally_len(tally).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_tally_values(
    tally: *const pf_tally,
    column: u32,
    run: *const pf_run,
    out: *mut f64,
    out_len: usize,
    err: *mut pf_error,
) -> pf_status {
    // SAFETY: the header's contract is handed on.
    unsafe {
        guard(err, || {
            let kept = view(tally)?;
            let column = match column {
                PF_TALLY_SUM => Measure::Sum,
                PF_TALLY_MEAN => Measure::Mean,
                PF_TALLY_MIN => Measure::Min,
                PF_TALLY_MAX => Measure::Max,
                other => return Err(no_column(other, "PF_TALLY_SUM to PF_TALLY_MAX")),
            };
            let tally = kept.read(pf_tally::NAME)?;
            let out = output(out, out_len, tally.rows(), "out", &mut Spans::new())?;
            with_run(run, |run| tally.measures(column, run, out))
        })
    }
}

fn no_column(given: u32, allowed: &str) -> Error {
    Error::new(Kind::Argument, format_args!("column = {given} is not one of this function ({allowed})"))
}

/// What points bring along; NULL is nothing.
///
/// # Safety
/// `attributes` is NULL or points to a `pf_attributes` whose arrays are as long as it says and are not written to during `'a`.
unsafe fn attributes_view<'a>(attributes: *const pf_attributes, spans: &mut Spans) -> Result<Attributes<'a>> {
    const NAME: &str = "attributes";
    if attributes.is_null() {
        return Ok(Attributes::default());
    }
    // SAFETY: as promised to us.
    unsafe {
        let pf_attributes { values, values_len, groups, groups_len, reserved, .. } = read_sized(attributes, 0, NAME)?;
        check_zero(reserved, Name(NAME, "reserved"))?;
        let is_given = |is_null: bool, len| !is_null || len > 0;
        let values = match is_given(values.is_null(), values_len) {
            true => Some(input(values, values_len, Name(NAME, "values"), spans)?),
            false => None,
        };
        let groups = match is_given(groups.is_null(), groups_len) {
            true => Some(input(groups, groups_len, Name(NAME, "groups"), spans)?),
            false => None,
        };
        Ok(Attributes { values, groups })
    }
}
