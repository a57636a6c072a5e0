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

use crate::coords::Points;
use crate::error::{Error, Kind, Result, vec_filled, vec_with_capacity};
use crate::index::Index;
use crate::index::strips::{Ids, NEIGHBOURHOODS};
use crate::run::{Run, for_pieces};
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
    type Extra: Send + Default;

    /// Answers the point at (x, y), whose answer is the given row of `out`.
    fn answer<V: Lanes>(
        self,
        index: &Index,
        point: (f64, f64),
        row: usize,
        out: &mut O,
        extra: &mut Self::Extra,
    ) -> Result<()>;
}

/// About how long a point takes; it decides how work is cut, never what the answer is.
const POINT_NANOSECONDS: usize = 150;

/// Points in a piece: enough to be worth ordering, few enough that their answers stay in the cache.
const PIECE: std::ops::RangeInclusive<usize> = 4096..=65536;

/// Runs a verb over all points; returns what the pieces have collected, in order.
pub(crate) fn ask<O: Output, V: Verb<O>>(
    index: &Index,
    points: &Points<'_>,
    verb: V,
    run: &Run<'_>,
    out: O,
) -> Result<Vec<V::Extra>> {
    points.check_finite("points", run.level)?;
    let total = out.rows();
    let rows = (total / 16).clamp(*PIECE.start(), *PIECE.end());
    let mut extras = vec_with_capacity(total.div_ceil(rows))?;
    extras.resize_with(total.div_ceil(rows), V::Extra::default);
    let level = run.level;
    let pieces = pieces(out, rows).zip(extras.iter_mut()).enumerate();
    for_pieces(run, total, rows, POINT_NANOSECONDS, pieces, |(i, (out, extra))| {
        let order = visiting_order(index, points, i * rows, out.rows())?;
        dispatch(level, Piece { index, points, verb, start: i * rows, order, out, extra })
    })?;
    Ok(extras)
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

/// In which order to answer the points from `start` on: by neighbourhood where the index is larger than a cache, which makes
/// it stay in one (up to 2.6 times faster on points in no order, most where they have many matches); as they come where it is not.
fn visiting_order(index: &Index, points: &Points<'_>, start: usize, rows: usize) -> Result<Option<Vec<u32>>> {
    const CACHED: usize = 8192;
    const FEW: usize = 256;
    if index.len() < CACHED || rows < FEW {
        return Ok(None);
    }
    let mut cells = vec_with_capacity(rows)?;
    cells.extend((start..start + rows).map(|i| index.centers().neighbourhood(points.get(i))));
    let mut places = vec_filled(0u32, NEIGHBOURHOODS + 1)?;
    for &cell in &cells {
        places[cell as usize + 1] += 1;
    }
    for i in 1..places.len() {
        places[i] += places[i - 1];
    }
    let mut order = vec_filled(0u32, rows)?;
    for (row, &cell) in cells.iter().enumerate() {
        let place = &mut places[cell as usize];
        order[*place as usize] = row as u32;
        *place += 1;
    }
    Ok(Some(order))
}

struct Piece<'a, 'p, O, V: Verb<O>> {
    index: &'a Index,
    points: &'a Points<'p>,
    verb: V,
    start: usize,
    order: Option<Vec<u32>>,
    out: O,
    extra: &'a mut V::Extra,
}

impl<O: Output, K: Verb<O>> Task for Piece<'_, '_, O, K> {
    type Output = Result<()>;

    #[inline(always)]
    fn run<V: Lanes>(mut self) -> Result<()> {
        for i in 0..self.out.rows() {
            let row = self.order.as_ref().map_or(i, |order| order[i] as usize);
            let point = self.points.get(self.start + row);
            self.verb.answer::<V>(self.index, point, row, &mut self.out, self.extra)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
