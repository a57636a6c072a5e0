//! The search for the k polygons nearest to a point.
//!
//! Squares with bounds of their errors tell what may be among them; only that is measured accurately. What was near the
//! previous point is looked at first: a polygon no box or slab of which is nearer than what is known of it is not looked at again.

use super::edges::Squares;
use super::entry::{Entry, push};
use super::slots::Slots;
use crate::distance::{Limit, distance, nearest_end, to_vertex};
use crate::error::Result;
use crate::index::shapes::Shapes;
use crate::index::tree::{Below, Link, MOST_EDGES, Place, Tree};
use crate::memory::Counted;
use crate::run::Watch;
use crate::simd::Lanes;

/// Polygons beyond the k-th that the next point looks at first, too.
const SPARE: usize = 2;

/// The last of a sorted list are looked at one by one.
const LAST: usize = 12;

/// Nothing is known of a polygon.
const NONE: u32 = u32::MAX;

/// What is asked of every point.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) shapes: &'a Shapes,
    pub(super) tree: &'a Tree,
    pub(super) k: usize,
    /// Whether all that are as near as the k-th belong to the answer.
    pub(super) ties: bool,
    pub(super) max_distance: f64,
}

/// A polygon and its distance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Neighbour {
    pub(super) distance: f64,
    pub(super) polygon: i32,
}

/// What is known of a polygon.
#[derive(Clone, Copy, Debug)]
struct Known {
    polygon: i32,
    /// The link that is nearest by what is known.
    link: Option<Link>,
    /// What its square is at least and at most; less than any square if the point is inside.
    least: f64,
    most: f64,
    /// NaN until it is measured.
    distance: f64,
}

/// An edge that may be the nearest of its polygon.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    slot: u32,
    edge: u32,
    least: f64,
}

/// How many of a sorted list are before `value`: one of the last, mostly, for what comes first is nearest to the point before.
#[inline(always)]
fn place(sorted: &[(f64, u32)], value: (f64, u32)) -> usize {
    let some = sorted.len().saturating_sub(LAST);
    match sorted[some..].iter().rposition(|other| *other < value) {
        Some(before) => some + before + 1,
        None => sorted[..some].partition_point(|other| *other < value),
    }
}

/// The search around one point after another.
#[derive(Default)]
pub(super) struct Search {
    /// The answer, in order of distance, then row; more than k only if ties count.
    pub(super) neighbours: Counted<Neighbour>,
    known: Counted<Known>,
    slots: Slots,
    candidates: Counted<Candidate>,
    /// The known that are nearest by what they are at most, and that.
    nearest: Counted<(f64, u32)>,
    /// How many of them count; the others are spare.
    wanted: usize,
    limit: f64,
    stack: Counted<(f64, Place)>,
    entry: Entry,
    /// Links that were nearest to the previous point.
    seeds: Counted<Link>,
}

impl Search {
    /// Begins with the polygons that a point is inside of, which are put into `neighbours`.
    fn begin(&mut self, question: &Question<'_>) -> Result<()> {
        self.known.clear();
        self.slots.clear();
        self.candidates.clear();
        self.nearest.clear();
        self.wanted = question.k - self.neighbours.len();
        self.limit = Limit::above(question.max_distance * question.max_distance);
        self.known.reserve(self.neighbours.len())?;
        for neighbour in &self.neighbours {
            let polygon = neighbour.polygon;
            self.slots.insert(polygon, self.known.len() as u32)?;
            self.known.push(Known { polygon, link: None, least: -1.0, most: -1.0, distance: 0.0 });
        }
        Ok(())
    }

    /// Completes the answer for a point; `neighbours` are the polygons, less than k, that it is inside of.
    #[inline(always)]
    pub(super) fn run<V: Lanes>(
        &mut self,
        question: &Question<'_>,
        point: (f64, f64),
        watch: &Watch<'_>,
    ) -> Result<()> {
        self.begin(question)?;
        for i in 0..self.seeds.len() {
            let link = self.seeds[i];
            match self.slots.find(link.polygon as i32) {
                Some(slot) => self.known[slot as usize].link = Some(link),
                None => self.look::<V>(question, point, link, NONE)?,
            }
        }
        self.walk::<V>(question, point, watch)?;
        self.measure(question, point)?;
        self.keep_seeds()
    }

    /// Looks at what is in the tree, nearest first.
    #[inline(always)]
    fn walk<V: Lanes>(&mut self, question: &Question<'_>, point: (f64, f64), watch: &Watch<'_>) -> Result<()> {
        self.stack.clear();
        self.entry.enter::<V>(question.tree, point, self.bound(), &mut self.stack)?;
        while let Some((square, place)) = self.stack.pop() {
            if square <= self.bound() {
                watch.step()?;
                self.visit::<V>(question, point, place)?;
            }
        }
        Ok(())
    }

    /// Squares above this are of no interest.
    #[inline(always)]
    fn bound(&self) -> f64 {
        match self.nearest.get(self.wanted - 1) {
            Some((most, _)) => Limit::above(*most).min(self.limit),
            None => self.limit,
        }
    }

    /// Looks at what is in a node, nearest first.
    #[inline(always)]
    fn visit<V: Lanes>(&mut self, question: &Question<'_>, point: (f64, f64), place: Place) -> Result<()> {
        let squares = question.tree.squares::<V>(place, (V::splat(point.0), V::splat(point.1)));
        let mut lanes = squares.at_most(V::splat(self.bound()));
        let squares = squares.store();
        let first = self.stack.len();
        while lanes != 0 {
            let lane = lanes.trailing_zeros();
            lanes &= lanes - 1;
            match question.tree.below(place, lane) {
                Some(Below::Node(node)) => {
                    if let Some(slot) = question.tree.owner(node).and_then(|owner| self.slots.find(owner as i32))
                        && squares[lane as usize] > Limit::above(self.known[slot as usize].most)
                    {
                        continue;
                    }
                    question.tree.prefetch(node);
                    self.stack.reserve(1)?;
                    push(&mut self.stack, first, (squares[lane as usize], node));
                }
                Some(Below::Link(link)) => {
                    self.offer::<V>(question, point, question.tree.link(link), squares[lane as usize])?
                }
                None => {}
            }
        }
        Ok(())
    }

    /// Looks at a link whose box is so far away, unless its polygon is known to be nearer.
    #[inline(always)]
    fn offer<V: Lanes>(&mut self, question: &Question<'_>, point: (f64, f64), link: Link, square: f64) -> Result<()> {
        match self.slots.find(link.polygon as i32) {
            Some(slot) => {
                let known = &self.known[slot as usize];
                if square <= Limit::above(known.most) && known.link.is_none_or(|known| known.first != link.first) {
                    self.look::<V>(question, point, link, slot)?;
                }
            }
            None if square <= self.bound() => self.look::<V>(question, point, link, NONE)?,
            None => {}
        }
        Ok(())
    }

    /// Looks at the edges of a link of the polygon known at `slot`.
    #[inline(always)]
    fn look<V: Lanes>(&mut self, question: &Question<'_>, point: (f64, f64), link: Link, slot: u32) -> Result<()> {
        let squares = Squares::<V>::new(question.shapes, link, point);
        let before = self.known.get(slot as usize).map_or(f64::INFINITY, |known| known.most);
        let most = squares.most.min(before);
        let mut bits = squares.up_to(Limit::above(most).min(self.bound()));
        if bits == 0 {
            return Ok(());
        }
        let slot = if slot == NONE { self.add(link)? } else { slot };
        let known = &mut self.known[slot as usize];
        self.candidates.reserve(MOST_EDGES as usize)?;
        while bits != 0 {
            let edge = bits.trailing_zeros();
            bits &= bits - 1;
            let least = squares.least(edge);
            // What is not known may be nothing.
            let least = if least.is_nan() { 0.0 } else { least };
            known.least = known.least.min(least);
            self.candidates.push(Candidate { slot, edge: link.first + edge, least });
        }
        if most < before {
            (known.most, known.link) = (most, Some(link));
            self.rank(slot, before, most)?;
        }
        Ok(())
    }

    /// A polygon that nothing was known of.
    fn add(&mut self, link: Link) -> Result<u32> {
        let polygon = link.polygon as i32;
        let slot = self.known.len() as u32;
        self.slots.insert(polygon, slot)?;
        self.known.reserve(1)?;
        self.known.push(Known {
            polygon,
            link: Some(link),
            least: f64::INFINITY,
            most: f64::INFINITY,
            distance: f64::NAN,
        });
        Ok(slot)
    }

    /// Notes that a polygon is less far away than thought before.
    #[inline(always)]
    fn rank(&mut self, slot: u32, before: f64, most: f64) -> Result<()> {
        let nearest = &mut self.nearest;
        let old = place(nearest, (before, slot));
        if nearest.get(old) == Some(&(before, slot)) {
            nearest.remove(old);
        } else if nearest.len() == self.wanted.saturating_add(SPARE) {
            if nearest.last().is_some_and(|last| *last < (most, slot)) {
                return Ok(());
            }
            nearest.pop();
        }
        let at = place(nearest, (most, slot));
        nearest.reserve(1)?;
        nearest.insert(at, (most, slot));
        Ok(())
    }

    /// Measures what may be the answer, and sorts it.
    #[inline(always)]
    fn measure(&mut self, question: &Question<'_>, point: (f64, f64)) -> Result<()> {
        let bound = self.bound();
        let mut measured = None;
        for candidate in &self.candidates {
            let known = &mut self.known[candidate.slot as usize];
            if known.least <= bound && candidate.least <= Limit::above(known.most) {
                let (a, b) = (candidate.edge, candidate.edge + 1);
                let vertex = |i| question.shapes.vertex(i);
                let distance = match nearest_end(vertex(a), vertex(b), point) {
                    Some(is_b) => {
                        // The end of an edge is the start of the next, too.
                        let end = if is_b { b } else { a };
                        if measured.replace(end) == Some(end) {
                            continue;
                        }
                        to_vertex(vertex(end), point)
                    }
                    None => distance(vertex(a), vertex(b), point),
                };
                // The first takes the place of NaN.
                known.distance = distance.min(known.distance);
            }
        }
        let inside = self.neighbours.len();
        for known in &self.known[inside..] {
            if known.distance <= question.max_distance {
                self.neighbours.reserve(1)?;
                self.neighbours.push(Neighbour { distance: known.distance, polygon: known.polygon });
            }
        }
        let is_before =
            |a: &Neighbour, b: &Neighbour| a.distance.total_cmp(&b.distance).then(a.polygon.cmp(&b.polygon));
        self.neighbours[inside..].sort_unstable_by(is_before);
        if let Some(last) = self.neighbours.get(question.k - 1) {
            let farthest = last.distance;
            let kept = match question.ties {
                true => self.neighbours.partition_point(|n| n.distance <= farthest),
                false => question.k,
            };
            self.neighbours.truncate(kept);
        }
        Ok(())
    }

    /// For the next point: what is nearest to this one, and what was nearest when the polygons around it were not.
    fn keep_seeds(&mut self) -> Result<()> {
        self.seeds.clear();
        self.seeds.reserve(self.known.len())?;
        let known = &self.known;
        self.seeds.extend(self.nearest.iter().filter_map(|&(_, slot)| known[slot as usize].link));
        self.seeds.extend(known.iter().take_while(|known| known.most < 0.0).filter_map(|known| known.link));
        Ok(())
    }
}
