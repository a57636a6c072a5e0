//! Where the search around one point after another enters the tree: not at the root each time, but at nodes that together have all
//! links of a region around these points below them, or, where these are few, at the links themselves.

use super::super::reach::grown;
use crate::error::Result;
use crate::index::tree::{Boxes, Place, Tree, WIDTH};
use crate::memory::Counted;
use crate::simd::{Lanes, first_lanes};

/// Fours of nodes to enter at, at most: each point looks at all of them, instead of the levels above.
const NODES: usize = if cfg!(test) { 2 } else { 4 };

/// Fours of links that a point looks at instead, at most.
const LINKS: usize = if cfg!(test) { 4 } else { 8 };

/// Fours that are told at once, at most.
pub(super) const MOST: usize = if NODES > LINKS { NODES } else { LINKS };

/// The region reaches further than a point needs: as far again, or this many times as far as it is from the point before. Larger
/// regions serve more points, but each of these from further up in the tree.
const STEPS: f64 = 2.0;

/// A root times this is no less than the true one.
const ROUNDED_UP: f64 = 1.0 + 4.0 * f64::EPSILON;

/// Puts a node and its squared distance onto a stack that has room, the nearest of those from `first` on last.
#[inline(always)]
pub(super) fn push<T: Copy>(stack: &mut Counted<(f64, T)>, first: usize, node: (f64, T)) {
    stack.push(node);
    let mut at = stack.len() - 1;
    while at > first && stack[at - 1].0 < node.0 {
        stack[at] = stack[at - 1];
        at -= 1;
        stack[at] = node;
    }
}

/// Nodes of a level, or links, and their boxes.
struct Fours<const FOURS: usize> {
    numbers: [[i32; WIDTH]; FOURS],
    boxes: [Boxes; FOURS],
    count: usize,
}

impl<const FOURS: usize> Default for Fours<FOURS> {
    fn default() -> Self {
        Fours { numbers: [[0; WIDTH]; FOURS], boxes: [Boxes::NONE; FOURS], count: 0 }
    }
}

impl<const FOURS: usize> Fours<FOURS> {
    /// False if there is no room.
    #[inline(always)]
    fn push(&mut self, number: u32, bounds: [f64; 4]) -> bool {
        let (four, lane) = (self.count / WIDTH, self.count % WIDTH);
        let Some(boxes) = self.boxes.get_mut(four) else { return false };
        if lane == 0 {
            *boxes = Boxes::NONE;
        }
        boxes.set(lane, bounds);
        self.numbers[four][lane] = number as i32;
        self.count += 1;
        true
    }

    /// Takes over what others have; false if they have too many.
    #[inline(always)]
    fn take<const OTHERS: usize>(&mut self, others: &Fours<OTHERS>) -> bool {
        if others.count > FOURS * WIDTH {
            return false;
        }
        let fours = others.count.div_ceil(WIDTH);
        self.numbers[..fours].copy_from_slice(&others.numbers[..fours]);
        self.boxes[..fours].copy_from_slice(&others.boxes[..fours]);
        self.count = others.count;
        true
    }

    /// By fours: numbers, and the squared distances from a box.
    #[inline(always)]
    fn squares<V: Lanes>(&self, hull: &[f64; 4]) -> impl Iterator<Item = (&[i32; WIDTH], V)> {
        let fours = self.numbers.iter().zip(&self.boxes).take(self.count.div_ceil(WIDTH));
        fours.map(move |(numbers, boxes)| (numbers, boxes.squares_of_box::<V>(hull)))
    }

    /// Writes the numbers of those near a box to the front of `near`; tells how many they are.
    #[inline(always)]
    fn near<V: Lanes>(&self, hull: &[f64; 4], bound: f64, near: &mut [u32]) -> usize {
        let mut count = 0;
        for four in 0..self.count.div_ceil(WIDTH) {
            let lanes = self.boxes[four].squares_of_box::<V>(hull).at_most(V::splat(bound));
            // All four are written, and the next over those that are not near: which these are nobody could guess.
            let numbers = V::pack(&self.numbers[four], lanes);
            for (to, number) in near[count..count + WIDTH].iter_mut().zip(numbers) {
                *to = number as u32;
            }
            count += lanes.count_ones() as usize;
        }
        count
    }
}

/// What is near a point.
pub(super) enum Around {
    /// So many links.
    Links(usize),
    /// So many nodes of a level that have these below them.
    Nodes(u32, usize),
}

/// See the module.
#[derive(Default)]
pub(super) struct Entry {
    /// Left, bottom, right, top; none before the first.
    region: Option<[f64; 4]>,
    /// All nodes of a level that the region touches.
    level: u32,
    nodes: Fours<NODES>,
    /// Room for what it touches of two levels after each other, and which of it has all the links, if these are few.
    rooms: [Fours<LINKS>; 2],
    links: Option<usize>,
    /// Where the point before was.
    last: Option<(f64, f64)>,
}

impl Entry {
    /// Puts the nodes to begin with, and their squared distances, onto `stack`, the nearest last. The squared distance of all that
    /// is not below these is more than `bound`.
    #[inline(always)]
    pub(super) fn enter<V: Lanes>(
        &mut self,
        tree: &Tree,
        point: (f64, f64),
        bound: f64,
        stack: &mut Counted<(f64, Place)>,
    ) -> Result<()> {
        let hull = [point.0, point.1, point.0, point.1];
        let Some(root) = tree.root() else { return Ok(()) };
        stack.reserve(NODES * WIDTH)?;
        if !self.reach::<V>(tree, root, &hull, bound) {
            stack.push((0.0, root));
            return Ok(());
        }
        let first = stack.len();
        for (numbers, squares) in self.nodes.squares::<V>(&hull) {
            let mut lanes = squares.at_most(V::splat(bound));
            let squares = squares.store();
            while lanes != 0 {
                let lane = lanes.trailing_zeros() as usize % WIDTH;
                lanes &= lanes - 1;
                push(stack, first, (squares[lane], Place { level: self.level, node: numbers[lane] as u32 }));
            }
        }
        Ok(())
    }

    /// Writes the numbers of links near a box around points, or of nodes, to the front of `near`, if there is a region.
    #[inline(always)]
    pub(super) fn around<V: Lanes>(
        &mut self,
        tree: &Tree,
        hull: &[f64; 4],
        bound: f64,
        near: &mut [u32],
    ) -> Option<Around> {
        if !self.reach::<V>(tree, tree.root()?, hull, bound) {
            return None;
        }
        Some(match self.links {
            Some(room) => Around::Links(self.rooms[room].near::<V>(hull, bound, near)),
            None => Around::Nodes(self.level, self.nodes.near::<V>(hull, bound, near)),
        })
    }

    /// Sees to it that the region holds what points in a box need; false where there is no such region.
    #[inline(always)]
    fn reach<V: Lanes>(&mut self, tree: &Tree, root: Place, hull: &[f64; 4], bound: f64) -> bool {
        let reach = bound.sqrt() * ROUNDED_UP;
        let place = (hull[0], hull[1]);
        let last = self.last.unwrap_or(place);
        let step = (place.0 - last.0).abs().max((place.1 - last.1).abs());
        self.last = Some(place);
        if self.holds(hull, reach) {
            return true;
        }
        // Where nothing is known yet, there is no region that could be left again.
        if reach < f64::INFINITY {
            self.move_to::<V>(tree, root, hull, reach + reach.max(STEPS * step));
        }
        self.holds(hull, reach)
    }

    /// Whether all that is at most so far from a box lies in the region: strictly, so that the rounding of its sides is no matter.
    #[inline(always)]
    fn holds(&self, hull: &[f64; 4], reach: f64) -> bool {
        let Some([left, bottom, right, top]) = self.region else { return false };
        let [hull_left, hull_bottom, hull_right, hull_top] = grown(*hull, reach);
        (left < hull_left) & (hull_right < right) & (bottom < hull_bottom) & (hull_top < top)
    }

    /// Takes what is at most so far from a box for the region.
    #[inline(always)]
    fn move_to<V: Lanes>(&mut self, tree: &Tree, root: Place, hull: &[f64; 4], reach: f64) {
        let region = grown(*hull, reach);
        self.region = Some(region);
        self.links = None;
        let [mut here, mut below] = self.rooms.each_mut();
        here.count = 0;
        here.push(root.node, [f64::NEG_INFINITY, f64::NEG_INFINITY, f64::INFINITY, f64::INFINITY]);
        let mut room = 0;
        for level in (0..=root.level).rev() {
            if self.nodes.take(here) {
                self.level = level;
            }
            if level == 0 && tree.has_slabs() {
                // These say more than the boxes that would be kept.
                return;
            }
            let nodes = tree.level(level as usize);
            below.count = 0;
            for i in 0..here.count {
                let node = here.numbers[i / WIDTH][i % WIDTH] as usize;
                let boxes = nodes.boxes(node);
                let mut lanes = boxes.touch::<V>(region) & first_lanes(nodes.below as usize - node * WIDTH);
                while lanes != 0 {
                    let lane = lanes.trailing_zeros() as usize % WIDTH;
                    lanes &= lanes - 1;
                    if !below.push((node * WIDTH + lane) as u32, boxes.get(lane)) {
                        return;
                    }
                }
            }
            std::mem::swap(&mut here, &mut below);
            room = 1 - room;
        }
        self.links = Some(room);
    }
}
