//! In which order points are answered: neighbours after each other, so that they share what they read.

use super::{Piece, VisitOrder};
use crate::coords::Points;
use crate::error::Result;
use crate::index::buckets::{into_starts, sort_by_digit};
use crate::index::cells::grid::Grid;
use crate::index::strips::{NEIGHBOURHOODS, Strips};
use crate::memory::{Counted, vec_filled, vec_with_capacity};

/// Fewer points than this are answered as they come.
const FEW: usize = if cfg!(test) { 32 } else { 256 };

/// Bits by which points are parted, and, part by part, which mostly is small enough for a cache, sorted: twice.
const FIRST: u32 = 10;
const NEXT: u32 = 11;
const _: () = assert!(FIRST + 2 * NEXT == u32::BITS);

/// A point and its row in the piece.
#[derive(Clone, Copy, Default)]
pub(super) struct Visit {
    pub(super) point: (f64, f64),
    pub(super) row: u32,
    /// How far along the curve, where that is the order.
    key: u32,
}

/// The points of a piece in the order in which they are answered, if that is not as they come.
pub(super) fn visits(order: VisitOrder<'_>, piece: &Piece<'_, '_>) -> Result<Option<Counted<Visit>>> {
    let Piece { points, range, .. } = piece;
    let (start, rows) = (range.start, range.len());
    match order {
        VisitOrder::Strips(strips) if rows >= FEW => by_neighbourhood(strips, points, start, rows).map(Some),
        VisitOrder::Curve(grid) if rows >= FEW => along_curve(grid, points, start, rows).map(Some),
        _ => Ok(None),
    }
}

fn by_neighbourhood(strips: &Strips, points: &Points<'_>, start: usize, rows: usize) -> Result<Counted<Visit>> {
    let mut cells = vec_with_capacity(rows)?;
    let mut places = vec_filled(0u32, NEIGHBOURHOODS)?;
    for i in start..start + rows {
        let cell = strips.neighbourhood(points.get(i));
        places[cell as usize] += 1;
        cells.push(cell);
    }
    into_starts(&mut places);
    let mut visits = vec_filled(Visit::default(), rows)?;
    for (row, &cell) in cells.iter().enumerate() {
        let place = &mut places[cell as usize];
        visits[*place as usize] = Visit { point: points.get(start + row), row: row as u32, key: 0 };
        *place += 1;
    }
    Ok(visits)
}

fn along_curve(grid: &Grid, points: &Points<'_>, start: usize, rows: usize) -> Result<Counted<Visit>> {
    let mut keys = vec_with_capacity(rows)?;
    let mut places = vec_filled(0usize, 1 << FIRST)?;
    for row in start..start + rows {
        let key = grid.along_curve(points.get(row));
        places[(key >> (2 * NEXT)) as usize] += 1;
        keys.push(key);
    }
    into_starts(&mut places);
    let mut visits = vec_filled(Visit::default(), rows)?;
    for (row, &key) in keys.iter().enumerate() {
        let place = &mut places[(key >> (2 * NEXT)) as usize];
        visits[*place] = Visit { point: points.get(start + row), row: row as u32, key };
        *place += 1;
    }
    drop(keys);
    // Each place has moved on to the end of its part.
    let (mut room, mut first) = (Counted::default(), 0);
    for &end in &places {
        sort_part(&mut visits[first..end], &mut room)?;
        first = end;
    }
    Ok(visits)
}

/// Sorts points whose keys are alike in the first bits.
fn sort_part(part: &mut [Visit], room: &mut Counted<Visit>) -> Result<()> {
    if part.len() < FEW {
        part.sort_unstable_by_key(|visit| (visit.key, visit.row));
        return Ok(());
    }
    if room.len() < part.len() {
        *room = vec_filled(Visit::default(), part.len())?;
    }
    let room = &mut room[..part.len()];
    sort_by_digit::<NEXT, _>(part, room, |visit| visit.key as usize)?;
    sort_by_digit::<NEXT, _>(room, part, |visit| (visit.key >> NEXT) as usize)
}
