//! In which order points are answered: neighbours after each other, so that they share what they read.

use super::{Piece, VisitOrder};
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
    /// What points are sorted by.
    key: u32,
}

/// The points of a piece in the order in which they are answered, if that is not as they come.
pub(super) fn visits(order: VisitOrder<'_>, piece: &Piece<'_, '_>) -> Result<Option<Counted<Visit>>> {
    match order {
        VisitOrder::Strips(strips) if piece.range.len() >= FEW => by_neighbourhood(strips, piece).map(Some),
        VisitOrder::Curve(grid) if piece.range.len() >= FEW => along_curve(grid, piece).map(Some),
        _ => Ok(None),
    }
}

fn by_neighbourhood(strips: &Strips, piece: &Piece<'_, '_>) -> Result<Counted<Visit>> {
    Ok(in_parts(piece, NEIGHBOURHOODS, 0, |point| strips.neighbourhood(point).into())?.0)
}

fn along_curve(grid: &Grid, piece: &Piece<'_, '_>) -> Result<Counted<Visit>> {
    let (mut visits, ends) = in_parts(piece, 1 << FIRST, 2 * NEXT, |point| grid.along_curve(point))?;
    let (mut room, mut first) = (Counted::default(), 0);
    for &end in &ends {
        sort_part(&mut visits[first..end as usize], &mut room)?;
        first = end as usize;
    }
    Ok(visits)
}

/// The points of a piece part by part, and where each of so many parts ends. A point's part is what is left of its key without the
/// last `shift` bits; in a part points stay in order.
fn in_parts(
    Piece { points, range, .. }: &Piece<'_, '_>,
    parts: usize,
    shift: u32,
    key: impl Fn((f64, f64)) -> u32,
) -> Result<(Counted<Visit>, Counted<u32>)> {
    let mut keys = vec_with_capacity(range.len())?;
    let mut places = vec_filled(0u32, parts)?;
    for row in range.clone() {
        let key = key(points.get(row));
        places[(key >> shift) as usize] += 1;
        keys.push(key);
    }
    into_starts(&mut places);
    let mut visits = vec_filled(Visit::default(), range.len())?;
    for (row, &key) in keys.iter().enumerate() {
        let place = &mut places[(key >> shift) as usize];
        visits[*place as usize] = Visit { point: points.get(range.start + row), row: row as u32, key };
        *place += 1;
    }
    // Each place has moved on to the end of its part.
    Ok((visits, places))
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
