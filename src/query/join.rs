//! Many points near edges: for each polygon, which of the points are near an edge of it.
//!
//! Points lie in bins, and polygons come in the order of the tree, so that what one needs is still at hand for the next. Of each
//! link, its box first says which points may be near. A polygon is dealt with as a whole: each point then is found once, however
//! many of its links are near.

use std::ops::Range;

use super::bins::Bins;
use super::edges::bounds;
use super::near::{Edges, Found};
use super::{Matches, Piece};
use crate::error::Result;
use crate::index::buckets::into_starts;
use crate::index::cells::look::BLOCK;
use crate::index::tree::{Link, MOST_EDGES};
use crate::memory::{Counted, vec_filled};
use crate::run::Watch;
use crate::simd::{Lanes, first_lanes, prefetch};

/// Pairs that are found before points are left for later; tests are to see that, too.
const MOST_PAIRS: usize = if cfg!(test) { 1 << 12 } else { 1 << 24 };

/// Points that share the bin of one, on average, before bins are of no use.
const CROWD: f64 = 256.0;

/// Links that memory is asked for before their turn.
const AHEAD: usize = 16;

/// Which polygons have an edge near a point, for each point of some rows.
pub(super) struct Joined {
    pub(super) rows: Range<usize>,
    /// Where the polygons of each begin.
    starts: Counted<u32>,
    polygons: Counted<i32>,
    /// Beside them, where distances are wanted.
    distances: Counted<f64>,
}

impl Joined {
    /// Feeds the polygons near the point of a row, each once.
    #[inline(always)]
    pub(super) fn feed(&self, row: usize, found: &mut Found) {
        let at = row - self.rows.start;
        for i in self.starts[at] as usize..self.starts[at + 1] as usize {
            found.add(self.polygons[i], self.distances.get(i).copied().unwrap_or(f64::NAN));
        }
    }
}

/// Joins the points of a piece from row `first` on, or fewer of them where there is much; None where that is of no
/// use.
#[inline(always)]
pub(super) fn join<V: Lanes>(edges: &Edges<'_>, piece: &Piece<'_, '_>, first: usize) -> Result<Option<Joined>> {
    let rows = first..piece.range.len();
    let bins = Join::bins(edges, piece, &rows)?;
    if bins.crowd() > CROWD {
        return Ok(None);
    }
    let latest = vec_filled(0, rows.len())?;
    let mut join =
        Join { edges, bins, rows, hits: Counted::default(), distances: Counted::default(), latest, before: 0 };
    let (shapes, links) = (edges.shapes, edges.tree.links());
    for (i, &link) in links.iter().enumerate() {
        piece.watch.step()?;
        if let Some(ahead) = links.get(i + AHEAD) {
            prefetch(shapes.vertices(), ahead.first as usize);
            prefetch(shapes.vertices(), ahead.first as usize + 4);
        }
        // A polygon's turn is that of its first link.
        let vertices = shapes.vertices_of(link.polygon);
        if link.first != vertices.start {
            continue;
        }
        join.before = join.hits.len() as u32;
        match link.count + 1 == vertices.end - vertices.start {
            true => join.look::<V>(link, edges.tree.bounds_of(i))?,
            false => join.look_at_all::<V>(link.polygon)?,
        }
        if join.hits.len() > MOST_PAIRS {
            if join.rows.len() <= BLOCK {
                return Ok(None);
            }
            join.leave_half(piece)?;
        }
    }
    join.finish(piece.watch).map(Some)
}

/// A point near a polygon.
#[derive(Clone, Copy)]
struct Hit {
    /// Counted from the first of the rows.
    row: u32,
    polygon: u32,
}

/// What was found so far.
struct Join<'a> {
    edges: &'a Edges<'a>,
    bins: Bins,
    rows: Range<usize>,
    hits: Counted<Hit>,
    /// Beside them, where distances are wanted.
    distances: Counted<f64>,
    /// Of each point in the bins the number of its latest hit, from 1 on.
    latest: Counted<u32>,
    /// The number of hits before those of the polygon at hand.
    before: u32,
}

impl Join<'_> {
    /// The points of some rows of a piece in bins, as far as they may be near an edge.
    fn bins(edges: &Edges<'_>, piece: &Piece<'_, '_>, rows: &Range<usize>) -> Result<Bins> {
        let all = edges.tree.bounds().unwrap_or([f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY]);
        let start = piece.range.start;
        let (rows, limits) = (start + rows.start..start + rows.end, grown(all, edges.limit.distance));
        Bins::build(piece.points, rows, limits, || piece.watch.step())
    }

    /// Finds the points near a polygon of more than one link.
    #[inline(always)]
    fn look_at_all<V: Lanes>(&mut self, polygon: u32) -> Result<()> {
        let shapes = self.edges.shapes;
        for ring in shapes.rings_of(polygon) {
            let edges = shapes.edges_of(ring);
            for first in edges.clone().step_by(MOST_EDGES as usize) {
                let link = Link { polygon, first, count: MOST_EDGES.min(edges.end - first) };
                self.look::<V>(link, bounds::<V>(shapes, link))?;
                // Where a distance is so large that everything is near, the first links say it all.
                if !self.edges.measures && self.hits.len() == self.before as usize + self.bins.len() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Finds the points near a link.
    #[inline(always)]
    fn look<V: Lanes>(&mut self, link: Link, bounds: [f64; 4]) -> Result<()> {
        let reached = grown(bounds, self.edges.limit.distance);
        let [left, bottom, right, top] = reached.map(V::splat);
        // What is near the first vertex is near the link; where distances are wanted, that is not enough.
        let (vx, vy) = self.edges.shapes.vertex(link.first);
        let (vx, vy) = (V::splat(vx), V::splat(vy));
        let sure_within = V::splat(if self.edges.measures { -1.0 } else { self.edges.limit.inside() });
        let (rows, columns) = self.bins.reached(reached);
        for row in rows {
            let run = self.bins.run(row, &columns);
            for at in run.clone().step_by(4) {
                let (x, y) = V::load_pairs(self.bins.four(at));
                let inside = left.at_most(x) & x.at_most(right) & bottom.at_most(y) & y.at_most(top);
                let mut lanes = inside & first_lanes(run.end - at);
                if lanes == 0 {
                    continue;
                }
                let (dx, dy) = (x.sub(vx), y.sub(vy));
                let sure = dx.mul(dx).add(dy.mul(dy)).at_most(sure_within);
                while lanes != 0 {
                    let lane = lanes.trailing_zeros();
                    lanes &= lanes - 1;
                    self.test::<V>(link, at + lane as usize, sure >> lane & 1 == 1)?;
                }
            }
        }
        Ok(())
    }

    /// Takes a point if it is near the link, which may be known.
    #[inline(always)]
    fn test<V: Lanes>(&mut self, link: Link, point: usize, is_near: bool) -> Result<()> {
        let latest = self.latest[point];
        let is_known = latest > self.before;
        if is_known && !self.edges.measures {
            return Ok(());
        }
        let distance = match is_near {
            true => f64::NAN,
            false => match self.edges.near::<V>(link, self.bins.places[point].into()) {
                Some(distance) => distance,
                None => return Ok(()),
            },
        };
        if is_known {
            let least = &mut self.distances[latest as usize - 1];
            *least = least.min(distance);
            return Ok(());
        }
        if self.edges.measures {
            self.distances.reserve(1)?;
            self.distances.push(distance);
        }
        self.hits.reserve(1)?;
        self.hits.push(Hit { row: self.bins.rows[point], polygon: link.polygon });
        self.latest[point] = self.hits.len() as u32;
        Ok(())
    }

    /// Leaves the last half of the rows for later, and forgets what was found for them.
    #[cold]
    #[inline(never)]
    fn leave_half(&mut self, piece: &Piece<'_, '_>) -> Result<()> {
        let half = (self.rows.len() / 2).next_multiple_of(BLOCK);
        self.rows.end = self.rows.end.min(self.rows.start + half);
        if self.edges.measures {
            let mut hits = self.hits.iter();
            self.distances.retain(|_| hits.next().is_some_and(|hit| (hit.row as usize) < half));
        }
        self.hits.retain(|hit| (hit.row as usize) < half);
        self.bins = Join::bins(self.edges, piece, &self.rows)?;
        self.latest.fill(0);
        Ok(())
    }

    /// Puts what was found in the order of rows.
    fn finish(self, watch: &Watch<'_>) -> Result<Joined> {
        let Join { rows, hits, distances, .. } = self;
        let mut starts = vec_filled(0u32, rows.len() + 1)?;
        for hit in &hits {
            watch.step()?;
            starts[hit.row as usize] += 1;
        }
        into_starts(&mut starts);
        let mut polygons = vec_filled(0i32, hits.len())?;
        let mut ordered = vec_filled(0.0, distances.len())?;
        for (i, hit) in hits.iter().enumerate() {
            watch.step()?;
            let to = &mut starts[hit.row as usize];
            polygons[*to as usize] = hit.polygon as i32;
            if let Some(&distance) = distances.get(i) {
                ordered[*to as usize] = distance;
            }
            *to += 1;
        }
        // Each start has moved on to the next.
        starts.rotate_right(1);
        starts[0] = 0;
        Ok(Joined { rows, starts, polygons, distances: ordered })
    }
}

/// A box with a margin around it: rounded, but no double within the true sides is beyond these.
#[inline(always)]
fn grown([left, bottom, right, top]: [f64; 4], margin: f64) -> [f64; 4] {
    [left - margin, bottom - margin, right + margin, top + margin]
}
