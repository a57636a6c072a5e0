//! Asking about many points: piece by piece, neighbours after each other, block by block.

use super::close::Reach;
use super::inside::{Boundary, Inside};
use super::near::Near;
use super::singles::Singles;
use super::visits::visits;
use super::{Asked, Output, Piece, Relate, Relation, Verb};
use crate::coords::Points;
use crate::error::Result;
use crate::index::Index;
use crate::index::cells::look::BLOCK;
use crate::memory::vec_filled;
use crate::run::{Run, for_pieces, for_ranges};
use crate::simd::{Lanes, Task, dispatch};

/// About how long a point takes; it decides how work is cut, never what the answer is.
const POINT_NANOSECONDS: usize = 150;

/// Points in a piece: so many that neighbours share what they read, so few that putting answers into their rows stays cheap.
/// A quarter of the most takes 1.2 times as long with 10^6 centers, four times as many 1.3 times for pairs.
const PIECE: std::ops::RangeInclusive<usize> = 4096..=1 << 18;

/// Points whose rows are asked for before their turn, where these lie anywhere.
const AHEAD: usize = 4;

/// About how long it takes to check a point's coordinates.
const CHECK_NANOSECONDS: usize = 1;

/// Runs a verb over all points. `measures`: whether distances of matches are wanted.
pub(super) fn ask<O: Output, K: Verb<O>>(
    index: &Index,
    points: &Points<'_>,
    relation: Relation,
    measures: bool,
    verb: K,
    run: &Run<'_>,
    out: O,
) -> Result<()> {
    relation.check()?;
    match relation {
        Relation::Close { distance } => ask_with(Reach::new(index, distance)?, points, verb, run, out),
        Relation::Covers => ask_with(Inside::new(index, Boundary::In)?, points, verb, run, out),
        Relation::Contains => ask_with(Inside::new(index, Boundary::Out)?, points, verb, run, out),
        Relation::Owns => ask_with(Inside::new(index, Boundary::Right)?, points, verb, run, out),
        Relation::Dwithin { distance } => ask_with(Near::new(index, distance, measures)?, points, verb, run, out),
    }
}

/// Runs a verb over all points with one relation.
pub(super) fn ask_with<O: Output, R: Relate, K: Verb<O>>(
    relation: R,
    points: &Points<'_>,
    verb: K,
    run: &Run<'_>,
    out: O,
) -> Result<()> {
    let total = out.rows();
    let is_direct = run.is_direct;
    if !is_direct {
        run.part(0, 0, total as u64, |run| check_finite(points, run))?;
    }
    let rows = relation.piece(total, run.most_workers()).unwrap_or((total / 8).clamp(*PIECE.start(), *PIECE.end()));
    let level = run.level;
    let pieces = pieces(out, rows).enumerate();
    for_pieces(run, total, rows, POINT_NANOSECONDS, pieces, |(number, mut out), watch| {
        let start = number * rows;
        let piece = Piece { points, range: start..start + out.rows(), watch };
        if is_direct {
            points.check_range_finite("points", piece.range.clone(), level)?;
        }
        let mut extra = verb.begin();
        dispatch(level, Answer { relation: &relation, piece, verb, out: &mut out, extra: &mut extra })?;
        verb.finish(number, out, extra)
    })
}

/// Refuses NaN and infinite coordinates.
pub(super) fn check_finite(points: &Points<'_>, run: &Run<'_>) -> Result<()> {
    let level = run.level;
    for_ranges(run, points.len(), CHECK_NANOSECONDS, |range| points.check_range_finite("points", range, level))
}

/// `out` in pieces of `rows` rows.
fn pieces<O: Output>(out: O, rows: usize) -> impl Iterator<Item = O> + Send {
    let mut rest = Some(out);
    std::iter::from_fn(move || {
        let out = rest.take().filter(|out| out.rows() > 0)?;
        let take = rows.min(out.rows());
        let (piece, more) = out.split(take);
        rest = Some(more);
        Some(piece)
    })
}

/// Answers a piece of points.
struct Answer<'a, 'p, O, R: Relate, K: Verb<O>> {
    relation: &'a R,
    piece: Piece<'a, 'p>,
    verb: K,
    out: &'a mut O,
    extra: &'a mut K::Extra,
}

impl<O: Output, R: Relate, K: Verb<O>> Task for Answer<'_, '_, O, R, K> {
    type Output = Result<()>;

    const HAS_EIGHTS: bool = R::HAS_EIGHTS && K::HAS_EIGHTS;

    #[inline(always)]
    fn run<V: Lanes>(self) -> Result<()> {
        let Answer { relation, piece, verb, out, extra } = self;
        let mut block = R::Block::default();
        let visits = visits(relation.begin::<V>(&mut block, &piece)?, &piece)?;
        let total = piece.range.len();
        // Where points lie as they are asked about nothing is copied.
        let room = if visits.is_none() && piece.points.are_columns() { 0 } else { total.min(BLOCK) };
        let (mut x, mut y) = (vec_filled(0.0, room)?, vec_filled(0.0, room)?);
        let mut singles = Singles::new();
        let mut first = 0;
        while first < total {
            let count = BLOCK.min(total - first);
            let points = match &visits {
                Some(visits) => {
                    for (i, visit) in visits[first..first + count].iter().enumerate() {
                        (x[i], y[i]) = visit.point;
                    }
                    (&x[..count], &y[..count])
                }
                None => {
                    let start = piece.range.start + first;
                    piece.points.prefetch(start + count..(start + count + BLOCK).min(piece.range.end));
                    piece.points.columns(start..start + count, (&mut x, &mut y))
                }
            };
            relation.prepare::<V>(&mut block, &piece, first, points)?;
            let has_singles = K::TAKES_SINGLES
                && visits.is_none()
                && singles.fill(count, |polygons| relation.singles(&block, first, polygons));
            let mut done = 0;
            for next in 0.. {
                piece.watch.step()?;
                let i = if has_singles { singles.other(next) } else { next };
                if done < i {
                    verb.answer_singles(first + done, singles.of(done, i), out, extra)?;
                }
                if i == count {
                    break;
                }
                done = i + 1;
                let row = match &visits {
                    Some(visits) => {
                        if let Some(ahead) = visits.get(first + i + AHEAD) {
                            verb.expect(ahead.row as usize, out, extra);
                        }
                        visits[first + i].row as usize
                    }
                    None => first + i,
                };
                let asked = Asked { relation, block: &mut block, points, i, watch: piece.watch };
                verb.answer::<V, R>(asked, row, out, extra)?;
            }
            verb.end_block::<V>(extra, piece.watch)?;
            first += count;
        }
        Ok(())
    }
}
