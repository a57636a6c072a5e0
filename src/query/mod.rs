//! Questions to an index: a relation (which polygons match a point) with a verb (what to say of the matches).
//!
//! One file per relation, one per verb. A relation feeds the matches of a point to a `Matches`; a verb is an implementation
//! of it.

mod any;
mod ask;
mod best;
mod bins;
mod close;
mod count;
mod edges;
mod find;
mod hits;
mod inside;
mod join;
mod near;
mod nearest;
mod nearest_polygons;
mod pairs;
mod raster;
mod reach;
mod search;
mod singles;
mod tally;
mod vicinity;
mod visits;
mod walk;

pub use any::any;
pub use best::best;
pub use count::count;
pub use find::find;
pub use nearest::nearest as nearest_centers;
pub use nearest_polygons::{find_nearest as find_nearest_polygons, nearest as nearest_polygons};
pub use pairs::{Pairs, Wanted};
pub use tally::{Attributes, Which, tally};

use std::ops::Range;

use close::Stretch;

use crate::coords::Points;
use crate::error::{Error, Kind, Result};
use crate::index::Index;
use crate::index::cells::grid::Grid;
use crate::index::strips::{GROUP, Group, Ids, Strips};
use crate::run::Watch;
use crate::simd::{Lanes, prefetch};

/// "No polygon" where a row number is expected.
pub const NONE: i32 = -1;

/// Which polygons match a point. All are decided exactly for the doubles given; a polygon's inside is that of all its rings
/// together, by the even-odd rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Relation {
    /// Those whose center is nearer than a distance, strictly.
    Close {
        /// Finite, not negative.
        distance: f64,
    },
    /// Those that have the point inside or on the boundary.
    Covers,
    /// Those that have the point inside, not on the boundary.
    Contains,
    /// Those that have the point inside, where one on the boundary counts as a step to the right of it: of the polygons of a
    /// tiling one owns each point.
    Owns,
    /// Those that have the point inside, on the boundary, or at most a distance from it.
    Dwithin {
        /// Finite, not negative.
        distance: f64,
    },
}

/// Which of several matches is the best; ties go to the lowest row.
#[derive(Clone, Copy, Debug)]
pub enum Order<'a> {
    /// The lowest row.
    Polygon,
    /// The smallest distance: of the center for [`Relation::Close`], else of the polygon.
    Distance,
    /// The nearest center, compared exactly.
    Center,
    /// The smallest area.
    Area,
    /// The smallest of these numbers, one for each polygon, none of them NaN.
    Priority(&'a [f64]),
}

impl Relation {
    /// Refuses distances that mean nothing.
    pub fn check(&self) -> Result<()> {
        match self {
            Relation::Close { distance } | Relation::Dwithin { distance } => {
                if distance.is_finite() && *distance >= 0.0 {
                    return Ok(());
                }
                Err(Error::new(
                    Kind::Argument,
                    format_args!("query.distance must be finite and not negative, got {distance}"),
                ))
            }
            Relation::Covers | Relation::Contains | Relation::Owns => Ok(()),
        }
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

/// Refuses limits of distance that mean nothing; infinity is no limit.
fn check_limit(distance: f64) -> Result<()> {
    if distance >= 0.0 {
        return Ok(());
    }
    Err(Error::new(Kind::Argument, format_args!("query.distance must not be NaN or negative, got {distance}")))
}

/// Takes the matches of one point.
pub(crate) trait Matches {
    /// Those polygons of a stretch that are near, by their centers. Answers whether it wants more.
    #[inline(always)]
    fn add_stretch<V: Lanes>(&mut self, stretch: Stretch<'_, V>) -> bool {
        for i in 0..stretch.len() {
            let four = stretch.four(i);
            if four.mask != 0 && !self.add_four(four) {
                return false;
            }
        }
        true
    }

    /// Up to four polygons by their centers. Answers whether it wants more.
    #[inline(always)]
    fn add_four<V: Lanes>(&mut self, four: Four<'_, V>) -> bool {
        (0..GROUP).all(|lane| four.mask >> lane & 1 == 0 || self.add(four.ids[lane], f64::NAN))
    }

    /// Polygons, and their distances if anybody asked for these. Answers whether it wants more.
    #[inline(always)]
    fn add_all(&mut self, polygons: &[i32], distances: Option<&[f64]>) -> bool {
        let distance = |i: usize| distances.map_or(f64::NAN, |distances| distances[i]);
        polygons.iter().enumerate().all(|(i, &polygon)| self.add(polygon, distance(i)))
    }

    /// A polygon, and its distance, or NaN where nobody asked for that. Answers whether it wants more.
    fn add(&mut self, polygon: i32, distance: f64) -> bool;
}

/// Up to four polygons whose centers lie together: bit i of `mask` stands for polygon `ids[i]`, whose center's squared
/// distance is `squares[i]` up to rounding.
#[derive(Clone, Copy)]
pub(crate) struct Four<'a, V> {
    pub(crate) group: &'a Group,
    pub(crate) at: usize,
    pub(crate) ids: &'a Ids,
    pub(crate) mask: u32,
    pub(crate) squares: V,
}

/// A relation, ready to be asked about points, some of them at a time.
pub(crate) trait Relate: Copy + Sync {
    /// Whether matches come in the order in which they are to be given; else they come in none, and are to be given lowest first.
    const IS_SORTED: bool;

    /// See [`Task::HAS_EIGHTS`](crate::simd::Task::HAS_EIGHTS).
    const HAS_EIGHTS: bool = false;

    /// What it knows of the points at hand.
    type Block: Default;

    /// How many points to take for a piece, of so many for so many workers, if it is not all the same.
    fn piece(&self, _total: usize, _workers: usize) -> Option<usize> {
        None
    }

    /// Begins a piece of points; answers in which order to be asked about them.
    fn begin<V: Lanes>(&self, block: &mut Self::Block, piece: &Piece<'_, '_>) -> Result<VisitOrder<'_>>;

    /// Looks at the points that come next, at most [`BLOCK`](crate::index::cells::look::BLOCK); `first` is the number of
    /// those of the piece before them.
    fn prepare<V: Lanes>(
        &self,
        block: &mut Self::Block,
        piece: &Piece<'_, '_>,
        first: usize,
        points: Block<'_>,
    ) -> Result<()>;

    /// Tells which polygons the points at hand match, of which `first` is the first of the piece: each gets the only one, at a
    /// distance of 0, or [`NONE`], or [`ASK`](singles::ASK). Answers whether it can tell any.
    #[inline(always)]
    fn singles(&self, _block: &Self::Block, _first: usize, _polygons: &mut [i32]) -> bool {
        false
    }

    /// Feeds the matches of point `i` of these until `matches` has enough, each polygon once.
    fn feed<V: Lanes>(
        &self,
        block: &mut Self::Block,
        points: Block<'_>,
        i: usize,
        matches: &mut impl Matches,
        watch: &Watch<'_>,
    ) -> Result<()>;
}

/// In which order a batch of points is answered.
#[derive(Clone, Copy)]
pub(crate) enum VisitOrder<'a> {
    /// As they come.
    Given,
    /// By the neighbourhoods of strips.
    Strips(&'a Strips),
    /// Along the curve of a grid.
    Curve(&'a Grid),
}

/// Points that are answered one after the other: those of a range.
pub(crate) struct Piece<'a, 'p> {
    pub(crate) points: &'a Points<'p>,
    pub(crate) range: Range<usize>,
    pub(crate) watch: &'a Watch<'a>,
}

/// The x and y of some points.
pub(crate) type Block<'a> = (&'a [f64], &'a [f64]);

/// One point of a block, to be asked about.
pub(crate) struct Asked<'a, R: Relate> {
    relation: &'a R,
    block: &'a mut R::Block,
    points: Block<'a>,
    i: usize,
    /// For answers that take long.
    watch: &'a Watch<'a>,
}

impl<R: Relate> Asked<'_, R> {
    #[inline(always)]
    pub(crate) fn point(&self) -> (f64, f64) {
        (self.points.0[self.i], self.points.1[self.i])
    }

    #[inline(always)]
    pub(crate) fn feed<V: Lanes>(&mut self, matches: &mut impl Matches) -> Result<()> {
        self.relation.feed::<V>(self.block, self.points, self.i, matches, self.watch)
    }
}

/// What to do with a point.
pub(crate) trait Verb<O>: Copy + Sync {
    /// See [`Task::HAS_EIGHTS`](crate::simd::Task::HAS_EIGHTS).
    const HAS_EIGHTS: bool = false;

    /// Whether [`Verb::answer_singles`] is there.
    const TAKES_SINGLES: bool = false;

    /// What a piece of points collects beside its rows of output.
    type Extra: Default;

    /// Begins a piece.
    fn begin(self) -> Self::Extra {
        Self::Extra::default()
    }

    /// Answers a point, whose answer is the given row of `out`.
    fn answer<V: Lanes, R: Relate>(
        self,
        asked: Asked<'_, R>,
        row: usize,
        out: &mut O,
        extra: &mut Self::Extra,
    ) -> Result<()>;

    /// Answers points that lie one after the other from a row on, where all points are answered as they come. Each matches one of
    /// these polygons, at a distance of 0, or, where that is [`NONE`], nothing.
    #[inline(always)]
    fn answer_singles(self, _row: usize, _polygons: &[i32], _out: &mut O, _extra: &mut Self::Extra) -> Result<()> {
        unreachable!("it takes none")
    }

    /// Asks for the memory of a row that is written soon.
    #[inline(always)]
    fn expect(self, _row: usize, _out: &O, _extra: &Self::Extra) {}

    /// Called after the answers of up to [`BLOCK`](crate::index::cells::look::BLOCK) points: what was written for them can be
    /// read again without waiting.
    #[inline(always)]
    fn end_block<V: Lanes>(self, _: &mut Self::Extra, _: &Watch<'_>) -> Result<()> {
        Ok(())
    }

    /// Takes a piece whose points are all answered. Pieces come in any order, from several threads.
    fn finish(self, _number: usize, _out: O, _extra: Self::Extra) -> Result<()> {
        Ok(())
    }
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

impl Ranked<'_> {
    /// Writes rows from one on, of one element each.
    #[inline(always)]
    pub(crate) fn set_all(&mut self, row: usize, polygons: &[i32], value: impl Fn(i32) -> f64) {
        debug_assert_eq!(self.width, 1);
        let rows = row..row + polygons.len();
        self.polygons[rows.clone()].copy_from_slice(polygons);
        if let Some(values) = &mut self.values {
            for (to, &polygon) in values[rows].iter_mut().zip(polygons) {
                *to = if polygon == NONE { f64::NAN } else { value(polygon) };
            }
        }
    }

    /// Asks for the memory of a point's row.
    #[inline(always)]
    pub(crate) fn prefetch(&self, row: usize) {
        prefetch(self.polygons, row * self.width);
        if let Some(values) = &self.values {
            prefetch(values, row * self.width);
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

#[cfg(test)]
mod exactness_tests;
#[cfg(test)]
mod polygon_tests;
#[cfg(test)]
mod tally_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tiling_tests;
