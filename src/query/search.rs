//! The search for the k polygons nearest to a point.
//!
//! Squares with bounds of their errors tell what may be among them; only that is measured accurately. What was near the
//! previous point is looked at first: that gives a bound, and mostly few links are within it. What is done with all these is
//! done step by step, as a branch on a number that is not computed yet holds up all that follows where it is guessed wrong.
//! Where links within the bound are many, or there is none, the tree is gone through nearest first, and the bound shrinks on
//! the way: a polygon no box or slab of which is nearer than what is known of it is not looked at again then.
//!
//! The search for one polygon (`one`) needs less account of others, and is done for four neighbours at a time (`four`) where what is
//! near one of them is mostly near the others.

mod entry;
mod four;
mod looks;
mod one;
mod ranks;
mod slots;
mod waves;

use entry::{Entry, push};
use four::Four;
pub(super) use four::FourPoints;
use looks::{Lengths, Looks};
use ranks::Ranks;
use slots::Slots;
use waves::{Lone, Waves};

use crate::distance::Limit;
use crate::error::Result;
use crate::index::shapes::Shapes;
use crate::index::tree::{Below, Link, Place, Tree};
use crate::memory::Counted;
use crate::run::Watch;
use crate::simd::{Lanes, prefetch};

/// Polygons beyond the k-th that the next point looks at first, too.
const SPARE: usize = 2;

/// So many neighbours are sorted one by one.
const FEW_NEIGHBOURS: usize = if cfg!(test) { 4 } else { 32 };

/// "No link."
const NO_LINK: u32 = u32::MAX;

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

impl Question<'_> {
    /// Squares above this are of no interest.
    #[inline(always)]
    fn limit(&self) -> f64 {
        Limit::above(self.max_distance * self.max_distance)
    }

    /// Of neighbours that are all as near: each polygon once, ties by row, no more than count.
    #[inline(always)]
    fn keep_different(&self, neighbours: &mut Counted<Neighbour>) {
        neighbours.sort_unstable_by_key(|neighbour| neighbour.polygon);
        neighbours.dedup_by_key(|neighbour| neighbour.polygon);
        neighbours.truncate(if self.ties { usize::MAX } else { self.k });
    }
}

/// A polygon and its distance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Neighbour {
    pub(super) distance: f64,
    pub(super) polygon: i32,
}

impl Neighbour {
    #[inline(always)]
    fn is_before(&self, other: &Self) -> bool {
        self.distance < other.distance || self.distance == other.distance && self.polygon < other.polygon
    }
}

/// What is known of a polygon.
#[derive(Clone, Copy, Debug)]
struct Known {
    polygon: i32,
    /// The number of the link that is nearest by what is known, if anything is.
    link: u32,
}

/// The search around one point after another.
#[derive(Default)]
pub(super) struct Search {
    /// The answer, in order of distance, then row; more than k only if ties count.
    pub(super) neighbours: Counted<Neighbour>,
    known: Counted<Known>,
    slots: Slots,
    looks: Looks,
    lengths: Lengths,
    ranks: Ranks,
    waves: Waves,
    /// For one polygon of four points.
    four: Four,
    /// Links to be looked at, and the slots of their polygons.
    open: Counted<(u32, u32)>,
    /// The same for one polygon, with the squares of their boxes.
    near: Counted<(f64, u32)>,
    stack: Counted<(f64, Place)>,
    entry: Entry,
    /// The numbers of links that were nearest to the previous point.
    seeds: Counted<u32>,
}

impl Search {
    /// Completes the answer for a point; `neighbours` are the polygons, less than k, that it is inside of.
    #[inline(always)]
    pub(super) fn run<V: Lanes>(
        &mut self,
        question: &Question<'_>,
        point: (f64, f64),
        watch: &Watch<'_>,
    ) -> Result<()> {
        if question.k == 1 && self.find_one::<V>(question, point)? {
            return Ok(());
        }
        self.begin()?;
        self.look_at_seeds::<V>(question, point)?;
        let bound = self.bound(question);
        let few = match question.k {
            // That was tried.
            1 => None,
            _ => self.waves.find::<V>(question.tree, &mut self.entry, Lone::<V>::new(point, bound)),
        };
        match few {
            Some(count) => self.look_at_links::<V>(question, point, count)?,
            None => self.walk::<V>(question, point, watch)?,
        }
        self.measure::<V>(question, point)?;
        self.keep_seeds(question)
    }

    /// Begins with the polygons that a point is inside of, which are put into `neighbours`.
    #[inline(always)]
    fn begin(&mut self) -> Result<()> {
        self.known.clear();
        self.slots.clear();
        self.ranks.clear();
        self.looks.clear();
        for i in 0..self.neighbours.len() {
            self.add(self.neighbours[i].polygon, NO_LINK, -1.0)?;
        }
        Ok(())
    }

    /// Looks at what was nearest to the previous point: a link of each of some polygons.
    #[inline(always)]
    fn look_at_seeds<V: Lanes>(&mut self, question: &Question<'_>, point: (f64, f64)) -> Result<()> {
        for i in 0..self.seeds.len() {
            let number = self.seeds[i];
            let link = question.tree.link(number);
            // Nothing is known but what the point is inside of.
            match if self.neighbours.is_empty() { None } else { self.slots.find(link.polygon as i32) } {
                Some(slot) => self.known[slot as usize].link = number,
                None => {
                    let slot = self.add(link.polygon as i32, number, f64::INFINITY)?;
                    self.looks.look::<V>(question.shapes, point, (number, link))?;
                    self.looks.add(slot);
                }
            }
        }
        self.settle::<V>(0)
    }

    /// Looks at what is within the bound.
    #[inline(always)]
    fn look_at_links<V: Lanes>(&mut self, question: &Question<'_>, point: (f64, f64), count: usize) -> Result<()> {
        let before = self.looks.added().len();
        self.open.clear();
        self.open.reserve(count)?;
        for i in 0..count {
            let number = self.waves.link(i);
            let link = question.tree.link(number);
            let slot = match self.slots.find(link.polygon as i32) {
                Some(slot) if !self.is_open(slot, number, question.tree.square_of(number, point)) => continue,
                Some(slot) => slot,
                None => self.add(link.polygon as i32, number, f64::INFINITY)?,
            };
            expect(question.shapes, link);
            self.open.push((number, slot));
        }
        for i in 0..self.open.len() {
            let (number, slot) = self.open[i];
            self.looks.look::<V>(question.shapes, point, (number, question.tree.link(number)))?;
            self.looks.add(slot);
        }
        if self.looks.added().len() > before { self.settle::<V>(before) } else { Ok(()) }
    }

    /// Looks at what is in the tree, nearest first.
    #[inline(always)]
    fn walk<V: Lanes>(&mut self, question: &Question<'_>, point: (f64, f64), watch: &Watch<'_>) -> Result<()> {
        self.ranks.truncate(question.k.saturating_add(SPARE));
        self.stack.clear();
        self.entry.enter::<V>(question.tree, point, self.bound(question), &mut self.stack)?;
        while let Some((square, place)) = self.stack.pop() {
            if square <= self.bound(question) {
                watch.step()?;
                self.visit::<V>(question, point, place)?;
            }
        }
        Ok(())
    }

    /// Squares above this are of no interest.
    #[inline(always)]
    fn bound(&self, question: &Question<'_>) -> f64 {
        match self.ranks.get(question.k - 1) {
            Some(most) => Limit::above(most).min(question.limit()),
            None => question.limit(),
        }
    }

    /// Looks at what is in a node, nearest first.
    #[inline(always)]
    fn visit<V: Lanes>(&mut self, question: &Question<'_>, point: (f64, f64), place: Place) -> Result<()> {
        let squares = question.tree.squares::<V>(place, (V::splat(point.0), V::splat(point.1)));
        let mut lanes = squares.at_most(V::splat(self.bound(question)));
        let squares = squares.store();
        let first = self.stack.len();
        while lanes != 0 {
            let lane = lanes.trailing_zeros();
            lanes &= lanes - 1;
            match question.tree.below(place, lane) {
                Some(Below::Node(node)) => {
                    if let Some(slot) = question.tree.owner(node).and_then(|owner| self.slots.find(owner as i32))
                        && squares[lane as usize] > Limit::above(self.ranks.most(slot))
                    {
                        continue;
                    }
                    question.tree.prefetch(node);
                    self.stack.reserve(1)?;
                    push(&mut self.stack, first, (squares[lane as usize], node));
                }
                Some(Below::Link(number)) => self.offer::<V>(question, point, number, squares[lane as usize])?,
                None => {}
            }
        }
        Ok(())
    }

    /// Looks at a link whose box and slab are so far away, unless it, or its polygon, is known not to be nearer.
    #[inline(always)]
    fn offer<V: Lanes>(&mut self, question: &Question<'_>, point: (f64, f64), number: u32, square: f64) -> Result<()> {
        let link = question.tree.link(number);
        let slot = self.slots.find(link.polygon as i32);
        let bound = self.bound(question);
        let (is_open, before) = match slot {
            Some(slot) => (self.is_open(slot, number, square), self.ranks.most(slot)),
            None => (square <= bound, f64::INFINITY),
        };
        if !is_open {
            return Ok(());
        }
        let look = self.looks.look::<V>(question.shapes, point, (number, link))?;
        let most = look.most();
        if !look.is_near::<V>(Limit::above(most.min(before)).min(bound)) {
            return Ok(());
        }
        let slot = match slot {
            Some(slot) => slot,
            None => self.add(link.polygon as i32, number, f64::INFINITY)?,
        };
        self.looks.add(slot);
        if most < before {
            self.known[slot as usize].link = number;
            self.ranks.improve(slot, most, question.k.saturating_add(SPARE))?;
        }
        Ok(())
    }

    /// Whether a link, so far away, of a known polygon may be nearer than what is known of that.
    #[inline(always)]
    fn is_open(&self, slot: u32, number: u32, square: f64) -> bool {
        self.known[slot as usize].link != number && square <= Limit::above(self.ranks.most(slot))
    }

    /// Ranks all polygons anew, with what was looked at from `first` on.
    #[inline(always)]
    fn settle<V: Lanes>(&mut self, first: usize) -> Result<()> {
        for look in &self.looks.added()[first..] {
            if look.most() < self.ranks.most(look.slot) {
                self.ranks.set_most(look.slot, look.most());
                self.known[look.slot as usize].link = look.number;
            }
        }
        self.ranks.order::<V>()
    }

    /// A polygon that nothing was known of.
    #[inline(always)]
    fn add(&mut self, polygon: i32, link: u32, most: f64) -> Result<u32> {
        let slot = self.known.len() as u32;
        self.slots.insert(polygon, slot)?;
        self.known.reserve(1)?;
        self.known.push(Known { polygon, link });
        self.ranks.add(most)?;
        Ok(slot)
    }

    /// Measures what may be the answer, and sorts it.
    #[inline(always)]
    fn measure<V: Lanes>(&mut self, question: &Question<'_>, point: (f64, f64)) -> Result<()> {
        let bound = self.bound(question);
        self.lengths.begin(self.known.len())?;
        for look in self.looks.added() {
            let limit = Limit::above(self.ranks.most(look.slot)).min(bound);
            self.lengths.add::<V>(question.shapes, point, look, limit)?;
        }
        self.lengths.finish::<V>(point);
        let inside = self.neighbours.len();
        self.neighbours.reserve(self.known.len() - inside)?;
        let in_order = self.ranks.is_complete();
        for i in inside..self.known.len() {
            let slot = if in_order { self.ranks.slot(i) as usize } else { i };
            let distance = self.lengths.of(slot);
            if distance <= question.max_distance {
                self.neighbours.push(Neighbour { distance, polygon: self.known[slot].polygon });
            }
        }
        sort(&mut self.neighbours[inside..]);
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

    /// For the next point: what is nearest to this one, but little that is too far away, and what was nearest when the polygons
    /// around it were not.
    #[inline(always)]
    fn keep_seeds(&mut self, question: &Question<'_>) -> Result<()> {
        self.seeds.clear();
        self.seeds.reserve(self.ranks.len())?;
        for i in 0..self.ranks.len().min(question.k.saturating_add(SPARE)) {
            if i >= SPARE && self.ranks.get(i) > Some(question.limit()) {
                break;
            }
            let link = self.known[self.ranks.slot(i) as usize].link;
            if link != NO_LINK {
                self.seeds.push(link);
            }
        }
        Ok(())
    }
}

/// Asks for the memory of a link's edges.
#[inline(always)]
fn expect(shapes: &Shapes, link: Link) {
    prefetch(shapes.vertices(), link.first as usize);
    prefetch(shapes.vertices(), link.first as usize + 4);
}

/// Sorts what mostly is in order already.
#[inline(always)]
fn sort(neighbours: &mut [Neighbour]) {
    if neighbours.len() > FEW_NEIGHBOURS {
        neighbours.sort_unstable_by(|a, b| a.distance.total_cmp(&b.distance).then(a.polygon.cmp(&b.polygon)));
        return;
    }
    for i in 1..neighbours.len() {
        let mut at = i;
        while at > 0 && neighbours[at].is_before(&neighbours[at - 1]) {
            neighbours.swap(at, at - 1);
            at -= 1;
        }
    }
}

#[cfg(test)]
mod tests;
