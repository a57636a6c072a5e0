//! Questions to an index: a relation (which polygons match a point) with a verb (what to say of the matches).
//!
//! One file per relation, one per verb. A relation feeds the matches of a point, four at a time, to a `Matches`; a verb is
//! an implementation of it.

mod any;
mod best;
mod close;
mod count;
mod find;
mod nearest;

pub use any::any;
pub use best::best;
pub use count::count;
pub use find::{Pairs, find};
pub use nearest::nearest;

use std::sync::atomic::AtomicI32;

use crate::coords::Points;
use crate::error::{Error, Kind, Result, vec_filled, vec_with_capacity};
use crate::index::Index;
use crate::index::buckets::into_starts;
use crate::index::strips::{Ids, NEIGHBOURHOODS};
use crate::run::{Run, check_cancel, for_pieces};
use crate::simd::{Lanes, Task, dispatch};

/// "No polygon" where a row number is expected.
pub const NONE: i32 = -1;

/// Which polygons match a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Relation {
    /// Those whose center is nearer than a distance, strictly. Decided exactly for the doubles given.
    Close {
        /// Finite, not negative.
        distance: f64,
    },
}

/// Which of several matches is the best; ties go to the lowest row.
#[derive(Clone, Copy, Debug)]
pub enum Order<'a> {
    /// The lowest row.
    Polygon,
    /// The nearest center, compared exactly.
    Distance,
    /// The smallest area.
    Area,
    /// The smallest of these numbers, one for each polygon, none of them NaN.
    Priority(&'a [f64]),
}

impl Relation {
    /// Refuses distances that mean nothing.
    pub fn check(&self) -> Result<()> {
        let Relation::Close { distance } = self;
        if distance.is_finite() && *distance >= 0.0 {
            return Ok(());
        }
        Err(Error::new(Kind::Argument, format_args!("query.distance must be finite and not negative, got {distance}")))
    }
}

impl Order<'_> {
    /// Refuses priorities that are not one number per polygon.
    pub fn check(&self, index: &Index) -> Result<()> {
        let Order::Priority(values) = self else { return Ok(()) };
        let (len, wanted) = (values.len(), index.len());
        if len != wanted {
            return Err(Error::new(
                Kind::Argument,
                format_args!("query.priority has {len} values for {wanted} polygons"),
            ));
        }
        match values.iter().position(|value| value.is_nan()) {
            Some(i) => Err(Error::at(Kind::Argument, i, format_args!("query.priority[{i}] is NaN"))),
            None => Ok(()),
        }
    }
}

/// Takes the matches of one point.
pub(crate) trait Matches {
    /// Up to four matches: bit i of `mask` (never 0) stands for polygon `ids[i]`, whose squared distance is `squares[i]`
    /// up to rounding. Answers whether it wants more.
    fn add<V: Lanes>(&mut self, index: &Index, group: usize, ids: &Ids, mask: u32, squares: V) -> bool;
}

/// Where answers go: columns of the caller's with one row per point.
pub(crate) trait Output: Send + Sized {
    fn rows(&self) -> usize;
    /// The first `rows` rows and the others.
    fn split(self, rows: usize) -> (Self, Self);
}

impl<T: Send> Output for &mut [T] {
    fn rows(&self) -> usize {
        self.len()
    }

    fn split(self, rows: usize) -> (Self, Self) {
        self.split_at_mut(rows)
    }
}

/// Columns for one or more polygons per point, in order of preference: `width` elements per point.
#[derive(Debug)]
pub struct Ranked<'o> {
    width: usize,
    polygons: &'o mut [i32],
    values: Option<&'o mut [f64]>,
}

impl<'o> Ranked<'o> {
    /// Both columns hold `width` (at least 1) elements per point.
    pub fn new(width: usize, polygons: &'o mut [i32], values: Option<&'o mut [f64]>) -> Self {
        assert!(values.as_ref().is_none_or(|values| values.len() == polygons.len()));
        Ranked { width, polygons, values }
    }

    /// Writes element `rank` of a point's row; no polygon has the value NaN.
    #[inline(always)]
    pub(crate) fn set(&mut self, row: usize, rank: usize, best: Option<(i32, f64)>) {
        let (polygon, value) = best.unwrap_or((NONE, f64::NAN));
        self.polygons[row * self.width + rank] = polygon;
        if let Some(values) = &mut self.values {
            values[row * self.width + rank] = value;
        }
    }
}

impl Output for Ranked<'_> {
    fn rows(&self) -> usize {
        self.polygons.len() / self.width
    }

    fn split(self, rows: usize) -> (Self, Self) {
        let width = self.width;
        let (polygons, more_polygons) = self.polygons.split_at_mut(rows * width);
        let (values, more_values) = self.values.map(|values| values.split_at_mut(rows * width)).unzip();
        (Ranked { width, polygons, values }, Ranked { width, polygons: more_polygons, values: more_values })
    }
}

/// What to do with a point.
pub(crate) trait Verb<O>: Copy + Sync {
    /// What a piece of points collects beside its rows of output.
    type Extra: Default;

    /// Answers the point at (x, y), whose answer is the given row of `out`.
    fn answer<V: Lanes>(
        self,
        index: &Index,
        point: (f64, f64),
        row: usize,
        out: &mut O,
        extra: &mut Self::Extra,
    ) -> Result<()>;

    /// Takes a piece whose points are all answered. Pieces come in any order, from several threads.
    fn finish(self, _number: usize, _out: O, _extra: Self::Extra) -> Result<()> {
        Ok(())
    }
}

/// About how long a point takes; it decides how work is cut, never what the answer is.
const POINT_NANOSECONDS: usize = 150;

/// Points in a piece: so many that neighbours share what they read, so few that putting answers into their rows stays cheap.
/// A quarter of the most takes 1.2 times as long with 10^6 centers, four times as many 1.3 times for pairs.
const PIECE: std::ops::RangeInclusive<usize> = 4096..=1 << 18;

/// Points between two looks at the cancel flag.
const WATCH: usize = 1 << 14;

/// Runs a verb over all points.
pub(crate) fn ask<O: Output, K: Verb<O>>(
    index: &Index,
    points: &Points<'_>,
    verb: K,
    run: &Run<'_>,
    out: O,
) -> Result<()> {
    points.check_finite("points", run.level)?;
    let total = out.rows();
    let rows = (total / 16).clamp(*PIECE.start(), *PIECE.end());
    let (level, cancel) = (run.level, run.cancel);
    let pieces = pieces(out, rows).enumerate();
    for_pieces(run, total, rows, POINT_NANOSECONDS, pieces, |(number, mut out)| {
        let start = number * rows;
        let visits = visits(index, points, start, out.rows())?;
        let mut extra = K::Extra::default();
        dispatch(level, Piece { index, points, verb, cancel, start, visits, out: &mut out, extra: &mut extra })?;
        verb.finish(number, out, extra)
    })
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

/// A point and its row in the piece.
#[derive(Clone, Copy, Default)]
struct Visit {
    point: (f64, f64),
    row: u32,
}

/// In which order to answer the points from `start` on: by neighbourhood where the index is larger than a cache, which makes
/// it stay in one; as they come where it is not.
fn visits(index: &Index, points: &Points<'_>, start: usize, rows: usize) -> Result<Option<Vec<Visit>>> {
    const CACHED: usize = 8192;
    const FEW: usize = 256;
    if index.len() < CACHED || rows < FEW {
        return Ok(None);
    }
    let mut cells = vec_with_capacity(rows)?;
    let mut places = vec_filled(0u32, NEIGHBOURHOODS)?;
    for i in start..start + rows {
        let cell = index.centers().neighbourhood(points.get(i));
        places[cell as usize] += 1;
        cells.push(cell);
    }
    into_starts(&mut places);
    let mut visits = vec_filled(Visit::default(), rows)?;
    for (row, &cell) in cells.iter().enumerate() {
        let place = &mut places[cell as usize];
        visits[*place as usize] = Visit { point: points.get(start + row), row: row as u32 };
        *place += 1;
    }
    Ok(Some(visits))
}

struct Piece<'a, 'p, O, K: Verb<O>> {
    index: &'a Index,
    points: &'a Points<'p>,
    verb: K,
    cancel: Option<&'a AtomicI32>,
    start: usize,
    visits: Option<Vec<Visit>>,
    out: &'a mut O,
    extra: &'a mut K::Extra,
}

impl<O: Output, K: Verb<O>> Task for Piece<'_, '_, O, K> {
    type Output = Result<()>;

    #[inline(always)]
    fn run<V: Lanes>(self) -> Result<()> {
        for i in 0..self.out.rows() {
            if i % WATCH == 0 {
                check_cancel(self.cancel)?;
            }
            let (point, row) = match &self.visits {
                Some(visits) => (visits[i].point, visits[i].row as usize),
                None => (self.points.get(self.start + i), i),
            };
            self.verb.answer::<V>(self.index, point, row, self.out, self.extra)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
