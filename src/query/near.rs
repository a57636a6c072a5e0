//! The relation *dwithin*: the point is inside a polygon, on its boundary, or at most a distance from it.
//!
//! What a point is inside of is one question, what edges are near it the other. The second is answered for a piece of points at
//! once if these are many, else for a few neighbours at a time.

use super::edges::{Spread, any_within, nearest};
use super::inside::{Boundary, Inside};
use super::join::{Joined, join};
use super::singles::ASK;
use super::walk::Walk;
use super::{Block, Matches, NONE, Piece, Relate, VisitOrder};
use crate::distance::Limit;
use crate::error::{Error, Result};
use crate::index::Index;
use crate::index::cells::look::Ends;
use crate::index::shapes::Shapes;
use crate::index::tree::{Link, Tree};
use crate::memory::Counted;
use crate::run::Watch;
use crate::simd::Lanes;

/// Going through this many links takes less time than walking down to those near one point.
const LINKS_PER_POINT: usize = 3;

/// Points of a piece that is joined: enough to spread what all links cost, no more than there is memory for (about 70 bytes each).
const PIECE: std::ops::RangeInclusive<usize> = 1 << 14..=1 << 20;

/// A distance to polygons, ready to be asked about.
#[derive(Clone, Copy)]
pub(super) struct Near<'a> {
    inside: Inside<'a>,
    edges: Edges<'a>,
}

/// A distance to edges.
#[derive(Clone, Copy)]
pub(super) struct Edges<'a> {
    pub(super) shapes: &'a Shapes,
    pub(super) tree: &'a Tree,
    pub(super) limit: Limit,
    /// Whether the distances of matches are wanted too.
    pub(super) measures: bool,
}

/// What is known of the points at hand.
#[derive(Default)]
pub(super) struct Known {
    ends: Ends,
    /// If the points of this piece are many.
    joined: Option<Joined>,
    walk: Walk,
    /// The first of these points in the piece.
    first: usize,
    found: Found,
}

/// Polygons and their distances.
#[derive(Default)]
pub(super) struct Found {
    list: Counted<(i32, f64)>,
    failure: Option<Error>,
}

impl Matches for Found {
    #[inline(always)]
    fn add(&mut self, polygon: i32, distance: f64) -> bool {
        if let Err(error) = self.list.reserve(1) {
            self.failure = Some(error);
            return false;
        }
        self.list.push((polygon, distance));
        true
    }
}

impl Found {
    /// Refuses what could not all be added.
    #[inline(always)]
    fn check(&mut self) -> Result<()> {
        // To take what is not there would copy the room for its text.
        match self.failure {
            None => Ok(()),
            Some(_) => self.failure.take().map_or(Ok(()), Err),
        }
    }

    /// Forgets all but the nearest of what was added for a polygon.
    #[inline(always)]
    fn keep_nearest(&mut self) {
        if self.list.len() > 1 {
            self.list.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
            self.list.dedup_by_key(|(polygon, _)| *polygon);
        }
    }
}

impl<'a> Near<'a> {
    pub(super) fn new(index: &'a Index, distance: f64, measures: bool) -> Result<Self> {
        let (tree, shapes) = (index.tree()?, &index.insides()?.shapes);
        let inside = Inside::along_curve(index, Boundary::In)?;
        Ok(Near { inside, edges: Edges { shapes, tree, limit: Limit::new(distance), measures } })
    }
}

impl Edges<'_> {
    /// The distance of a link that is near enough, NaN if nobody asked for it; None for one that is not.
    #[inline(always)]
    pub(super) fn near<V: Lanes>(&self, link: Link, point: (f64, f64)) -> Option<f64> {
        if !any_within::<V>(self.shapes, link, point, &self.limit) {
            return None;
        }
        if !self.measures {
            return Some(f64::NAN);
        }
        Some(nearest::<V>(self.shapes, link, point))
    }

    /// The lanes of those points, out of four, that are near enough to a link.
    #[inline(always)]
    pub(super) fn near_four<V: Lanes>(&self, spread: &Spread, link: Link, points: (V, V), lanes: u32) -> u32 {
        let (mut near, mut doubtful) = spread.judge(points, &self.limit, lanes);
        doubtful &= lanes & !near;
        while doubtful != 0 {
            let lane = doubtful.trailing_zeros() as usize;
            doubtful &= doubtful - 1;
            let point = (points.0.store()[lane], points.1.store()[lane]);
            near |= u32::from(any_within::<V>(self.shapes, link, point, &self.limit)) << lane;
        }
        near & lanes
    }
}

impl Relate for Near<'_> {
    const IS_SORTED: bool = false;

    type Block = Known;

    fn piece(&self, total: usize, workers: usize) -> Option<usize> {
        let links = self.edges.tree.links().len();
        // A join goes by boxes, and most points in those of edges aslant are nowhere near them.
        if total < links / LINKS_PER_POINT || self.edges.tree.is_aslant(self.edges.limit.distance) {
            return None;
        }
        // Every piece goes through all links.
        let rows = (total / workers).max(links).clamp(*PIECE.start(), *PIECE.end());
        // All pieces about alike: a short one would cost as much as a long one.
        Some(total.div_ceil(total.div_ceil(rows).max(1)).max(1))
    }

    #[inline(always)]
    fn begin<V: Lanes>(&self, known: &mut Known, piece: &Piece<'_, '_>) -> Result<VisitOrder<'_>> {
        if self.piece(piece.range.len(), 1).is_some() {
            known.joined = join::<V>(&self.edges, piece, 0)?;
        }
        match known.joined {
            Some(_) => Ok(VisitOrder::Given),
            None => self.inside.begin::<V>(&mut known.ends, piece),
        }
    }

    #[inline(always)]
    fn prepare<V: Lanes>(
        &self,
        known: &mut Known,
        piece: &Piece<'_, '_>,
        first: usize,
        points: Block<'_>,
    ) -> Result<()> {
        known.walk.begin();
        known.first = first;
        if known.joined.as_ref().is_some_and(|joined| first >= joined.rows.end) {
            known.joined = join::<V>(&self.edges, piece, first)?;
        }
        let joined = known.joined.as_ref();
        if !joined.is_some_and(|joined| joined.is_complete) {
            self.inside.prepare::<V>(&mut known.ends, piece, first, points)?;
        }
        if let Some(joined) = joined {
            joined.prefetch(first..first + points.0.len());
        }
        Ok(())
    }

    #[inline(always)]
    fn singles(&self, known: &Known, first: usize, polygons: &mut [i32]) -> bool {
        let Some(joined) = known.joined.as_ref().filter(|joined| joined.is_sparse()) else { return false };
        if joined.is_complete {
            polygons.fill(NONE);
        } else {
            self.inside.singles(&known.ends, first, polygons);
        }
        joined.mark(first, polygons, ASK);
        true
    }

    #[inline(always)]
    fn feed<V: Lanes>(
        &self,
        known: &mut Known,
        points: Block<'_>,
        i: usize,
        matches: &mut impl Matches,
        watch: &Watch<'_>,
    ) -> Result<()> {
        let Known { ends, joined, walk, first, found } = known;
        let joined = joined.as_ref().map(|joined| (joined.near(*first + i), joined.is_complete));
        match joined {
            Some(((polygons, distances), true)) => {
                matches.add_all(polygons, distances);
                return Ok(());
            }
            Some((([], _), false)) => return self.inside.feed::<V>(ends, points, i, matches, watch),
            _ => {}
        }
        found.list.clear();
        self.inside.feed::<V>(ends, points, i, found, watch)?;
        match joined {
            None => {
                walk.feed::<V>(&self.edges, points, i, found)?;
                found.keep_nearest();
            }
            Some(((polygons, distances), _)) => {
                // What it is inside of is 0 away.
                let inside = found.list.len();
                for (at, &polygon) in polygons.iter().enumerate() {
                    if found.list[..inside].iter().all(|inside| inside.0 != polygon) {
                        found.add(polygon, distances.map_or(f64::NAN, |distances| distances[at]));
                    }
                }
            }
        }
        found.check()?;
        for &(polygon, distance) in &*found.list {
            if !matches.add(polygon, distance) {
                break;
            }
        }
        Ok(())
    }
}
