//! The k polygons that are nearest to a point, by the distance to the polygon: 0 inside and on the boundary.
//!
//! What a point is inside of is known first. Else the tree is walked, nearest box first, as long as it can hold something
//! nearer than the k-th so far; what was nearest to the previous point bounds it from the start.

use super::ask::ask_with;
use super::edges::{at_most, nearest as nearest_edge};
use super::inside::{Boundary, Inside};
use super::pairs::{Collector, Found, Pairs};
use super::{Asked, Matches, Ranked, Relate, Verb, check_limit};
use crate::coords::Points;
use crate::distance::Limit;
use crate::error::Result;
use crate::index::Index;
use crate::index::shapes::Shapes;
use crate::index::tree::{Below, Link, Place, Tree};
use crate::run::Run;
use crate::simd::Lanes;

/// The `k` (at least 1) polygons nearest to each point and at most `max_distance` away (infinity for no limit), nearest first,
/// with their distances. Distances are within 2 ulp of the true ones, and compared as such; ties go to the lowest row. `out` has
/// `k` elements per point; it is untouched when arguments are refused.
pub fn nearest(
    index: &Index,
    points: &Points<'_>,
    k: usize,
    max_distance: f64,
    run: &Run<'_>,
    out: Ranked<'_>,
) -> Result<()> {
    let question = Question::new(index, k, false, max_distance)?;
    ask_with(question.relation, points, Nearest { question }, run, out)
}

/// The same as pairs, with all polygons that are as near as the k-th: nearest first, ties by row.
pub fn find_nearest(
    index: &Index,
    points: &Points<'_>,
    k: usize,
    max_distance: f64,
    measures: bool,
    run: &Run<'_>,
) -> Result<Pairs> {
    let question = Question::new(index, k, true, max_distance)?;
    Pairs::collect(points.len(), measures, |counts, collector| {
        ask_with(question.relation, points, FindNearest { question, collector }, run, counts)
    })
}

/// What is asked of all points.
#[derive(Clone, Copy)]
struct Question<'a> {
    relation: Inside<'a>,
    shapes: &'a Shapes,
    tree: &'a Tree,
    k: usize,
    /// Whether all that are as near as the k-th belong to the answer.
    ties: bool,
    max_distance: f64,
}

impl<'a> Question<'a> {
    fn new(index: &'a Index, k: usize, ties: bool, max_distance: f64) -> Result<Self> {
        check_limit(max_distance)?;
        let (tree, shapes) = (index.tree()?, &index.insides()?.shapes);
        let relation = Inside::along_curve(index, Boundary::In)?;
        Ok(Question { relation, shapes, tree, k, ties, max_distance })
    }
}

#[derive(Clone, Copy)]
struct Nearest<'a> {
    question: Question<'a>,
}

impl Verb<Ranked<'_>> for Nearest<'_> {
    type Extra = Search;

    #[inline(always)]
    fn answer<V: Lanes, R: Relate>(
        self,
        asked: Asked<'_, R>,
        row: usize,
        out: &mut Ranked<'_>,
        search: &mut Search,
    ) -> Result<()> {
        search.run::<V, R>(&self.question, asked)?;
        for rank in 0..self.question.k {
            out.set(row, rank, search.neighbours.get(rank).map(|n| (n.polygon, n.distance)));
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
struct FindNearest<'a, 'c, 'o> {
    question: Question<'a>,
    collector: &'c Collector<'o>,
}

impl<'o> Verb<&'o mut [i64]> for FindNearest<'_, '_, 'o> {
    type Extra = (Search, Found);

    #[inline(always)]
    fn answer<V: Lanes, R: Relate>(
        self,
        asked: Asked<'_, R>,
        row: usize,
        out: &mut &'o mut [i64],
        (search, found): &mut (Search, Found),
    ) -> Result<()> {
        found.begin(row, out.len())?;
        search.run::<V, R>(&self.question, asked)?;
        let neighbours = &search.neighbours;
        found.polygons.try_reserve(neighbours.len())?;
        found.polygons.extend(neighbours.iter().map(|n| n.polygon));
        if self.collector.measures {
            found.distances.try_reserve(neighbours.len())?;
            found.distances.extend(neighbours.iter().map(|n| n.distance));
        }
        out[row] = neighbours.len() as i64;
        Ok(())
    }

    fn finish(self, number: usize, out: &'o mut [i64], (_, found): Self::Extra) -> Result<()> {
        self.collector.take(number, out, found)
    }
}

/// A polygon and its distance.
#[derive(Clone, Copy, Debug)]
struct Neighbour {
    distance: f64,
    polygon: i32,
    /// An edge of it, if it is known: the nearest.
    edge: Option<u32>,
}

/// The search around one point after another.
#[derive(Default)]
struct Search {
    /// In order of distance, then row; more than k only if ties count.
    neighbours: Vec<Neighbour>,
    stack: Vec<(f64, Place)>,
    /// Different polygons that were near the previous point, and an edge of each.
    previous: Vec<(i32, u32)>,
    /// What they are away from this point at most, squared.
    bounds: Vec<f64>,
    failed: bool,
}

impl Matches for Search {
    /// A polygon that the point is inside of.
    #[inline(always)]
    fn add(&mut self, polygon: i32, _: f64) -> bool {
        self.failed |= self.neighbours.try_reserve(1).is_err();
        if !self.failed {
            self.neighbours.push(Neighbour { distance: 0.0, polygon, edge: None });
        }
        !self.failed
    }
}

impl Search {
    #[inline(always)]
    fn run<V: Lanes, R: Relate>(&mut self, question: &Question<'_>, mut asked: Asked<'_, R>) -> Result<()> {
        let k = question.k;
        self.neighbours.clear();
        asked.feed::<V>(self)?;
        if self.failed {
            return Err(crate::error::out_of_memory());
        }
        if self.neighbours.len() >= k {
            // Lowest row first.
            self.neighbours.truncate(if question.ties { usize::MAX } else { k });
            return Ok(());
        }
        let point = asked.point();
        let limit = Limit::above(question.max_distance * question.max_distance);
        let mut bound = limit.min(self.bound_from_previous::<V>(question, point)?);
        self.stack.clear();
        self.stack.try_reserve(1)?;
        self.stack.extend(question.tree.root().map(|root| (0.0, root)));
        while let Some((square, place)) = self.stack.pop() {
            if square <= bound {
                bound = self.visit::<V>(question, point, place, bound)?;
            }
        }
        self.previous.clear();
        self.previous.try_reserve(self.neighbours.len())?;
        self.previous.extend(self.neighbours.iter().take(k).filter_map(|n| Some((n.polygon, n.edge?))));
        Ok(())
    }

    /// The k-th neighbour's squared distance is no more than this.
    #[inline(always)]
    fn bound_from_previous<V: Lanes>(&mut self, question: &Question<'_>, point: (f64, f64)) -> Result<f64> {
        let missing = question.k - self.neighbours.len();
        if self.previous.len() < missing {
            return Ok(f64::INFINITY);
        }
        self.bounds.clear();
        self.bounds.try_reserve(self.previous.len())?;
        for &(polygon, edge) in &self.previous {
            if self.neighbours.iter().all(|known| known.polygon != polygon) {
                self.bounds.push(at_most::<V>(question.shapes, edge, point));
            }
        }
        if self.bounds.len() < missing {
            return Ok(f64::INFINITY);
        }
        let (_, bound, _) = self.bounds.select_nth_unstable_by(missing - 1, f64::total_cmp);
        Ok(if bound.is_nan() { f64::INFINITY } else { *bound })
    }

    /// Looks at the boxes of a node, nearest first; answers the new bound.
    #[inline(always)]
    fn visit<V: Lanes>(
        &mut self,
        question: &Question<'_>,
        point: (f64, f64),
        place: Place,
        mut bound: f64,
    ) -> Result<f64> {
        let squares = question.tree.boxes(place).squares::<V>((V::splat(point.0), V::splat(point.1)));
        let mut lanes = squares.at_most(V::splat(bound));
        let squares = squares.store();
        let first = self.stack.len();
        while lanes != 0 {
            let lane = lanes.trailing_zeros();
            lanes &= lanes - 1;
            match question.tree.below(place, lane) {
                Some(Below::Node(node)) => {
                    self.stack.try_reserve(1)?;
                    self.stack.push((squares[lane as usize], node));
                }
                Some(Below::Link(link)) if squares[lane as usize] <= bound => {
                    bound = self.look::<V>(question, point, question.tree.link(link), bound)?;
                }
                _ => {}
            }
        }
        // The nearest is taken first.
        self.stack[first..].sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        Ok(bound)
    }

    /// Looks at the edges of a link; answers the new bound.
    #[inline(always)]
    fn look<V: Lanes>(&mut self, question: &Question<'_>, point: (f64, f64), link: Link, bound: f64) -> Result<f64> {
        let polygon = link.polygon as i32;
        let known = self.neighbours.iter().position(|n| n.polygon == polygon);
        // Only what is nearer than what is known of the polygon matters.
        let nearer = known.map_or(f64::INFINITY, |i| self.neighbours[i].distance);
        let Some((distance, edge)) =
            nearest_edge::<V>(question.shapes, link, point, bound.min(Limit::above(nearer * nearer)))
        else {
            return Ok(bound);
        };
        if distance > question.max_distance || distance >= nearer {
            return Ok(bound);
        }
        if let Some(known) = known {
            self.neighbours.remove(known);
        }
        let new = Neighbour { distance, polygon, edge: Some(edge) };
        let is_before = |n: &Neighbour| (n.distance, n.polygon) < (new.distance, new.polygon);
        let k = question.k;
        let at = self.neighbours.partition_point(is_before);
        self.neighbours.try_reserve(1)?;
        self.neighbours.insert(at, new);
        let Some(last) = self.neighbours.get(k - 1) else { return Ok(bound) };
        let farthest = last.distance;
        let kept = match question.ties {
            true => self.neighbours.partition_point(|n| n.distance <= farthest),
            false => k,
        };
        self.neighbours.truncate(kept);
        Ok(Limit::above(farthest * farthest).min(bound))
    }
}
