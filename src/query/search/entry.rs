//! Where the search around one point after another enters the tree: at nodes that together have all links of a region around
//! these points below them, rather than at the root each time.

use crate::error::Result;
use crate::index::tree::{Below, Boxes, Place, Tree, WIDTH};
use crate::memory::Counted;
use crate::simd::Lanes;

/// Nodes to enter at, at most: what a point looks at instead of the levels above them.
const MOST: usize = 2 * WIDTH;

/// The region reaches further than a point needs: as far again, or this many times as far as it is from the point before. Larger
/// regions serve more points, but each of these from further up in the tree.
const STEPS: f64 = 4.0;

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

/// See the module.
pub(super) struct Entry {
    region: [f64; 4],
    /// All that the region touches, of one level.
    places: [Place; MOST],
    boxes: [Boxes; MOST / WIDTH],
    count: usize,
    /// The point before.
    last: (f64, f64),
}

impl Default for Entry {
    fn default() -> Self {
        Entry {
            region: [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY],
            places: [Place::default(); MOST],
            boxes: [Boxes::NONE; MOST / WIDTH],
            count: 0,
            last: (f64::NAN, f64::NAN),
        }
    }
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
        let Some(root) = tree.root() else { return Ok(()) };
        stack.reserve(MOST)?;
        if !self.reach::<V>(tree, root, point, bound) {
            stack.push((0.0, root));
            return Ok(());
        }
        let first = stack.len();
        for (four, boxes) in self.boxes.iter().enumerate().take(self.count.div_ceil(WIDTH)) {
            let squares = boxes.squares::<V>((V::splat(point.0), V::splat(point.1)));
            let mut lanes = squares.at_most(V::splat(bound));
            let squares = squares.store();
            while lanes != 0 {
                let lane = lanes.trailing_zeros() as usize % WIDTH;
                lanes &= lanes - 1;
                push(stack, first, (squares[lane], self.places[four * WIDTH + lane]));
            }
        }
        Ok(())
    }

    /// Writes the numbers of these nodes to the front of `nodes`; tells their level and how many they are, if there is a region.
    #[inline(always)]
    pub(super) fn nodes<V: Lanes>(
        &mut self,
        tree: &Tree,
        point: (f64, f64),
        bound: f64,
        nodes: &mut [u32],
    ) -> Option<(u32, usize)> {
        if !self.reach::<V>(tree, tree.root()?, point, bound) {
            return None;
        }
        let mut count = 0;
        for (four, boxes) in self.boxes.iter().enumerate().take(self.count.div_ceil(WIDTH)) {
            let squares = boxes.squares::<V>((V::splat(point.0), V::splat(point.1)));
            let mask = squares.at_most(V::splat(bound));
            for (lane, place) in self.places[four * WIDTH..][..WIDTH].iter().enumerate() {
                // The next is written over one that is not near: which these are nobody could guess.
                nodes[count] = place.node;
                count += (mask >> lane & 1) as usize;
            }
        }
        Some((self.places[0].level, count))
    }

    /// Sees to it that the region holds what a point needs; false where there is no such region.
    #[inline(always)]
    fn reach<V: Lanes>(&mut self, tree: &Tree, root: Place, point: (f64, f64), bound: f64) -> bool {
        let reach = bound.sqrt() * ROUNDED_UP;
        let step = (point.0 - self.last.0).abs().max((point.1 - self.last.1).abs());
        self.last = point;
        if self.holds(point, reach) {
            return true;
        }
        // Where nothing is known yet, there is no region that could be left again.
        if reach < f64::INFINITY {
            self.move_to::<V>(tree, root, point, reach + reach.max(STEPS * step));
        }
        self.holds(point, reach)
    }

    /// Whether all that is at most so far from a point lies in the region: strictly, so that the rounding of its sides is no matter.
    #[inline(always)]
    fn holds(&self, (x, y): (f64, f64), reach: f64) -> bool {
        let [left, bottom, right, top] = self.region;
        (left < x - reach) & (x + reach < right) & (bottom < y - reach) & (y + reach < top)
    }

    /// Takes what is at most so far from a point for the region.
    #[inline(always)]
    fn move_to<V: Lanes>(&mut self, tree: &Tree, root: Place, (x, y): (f64, f64), reach: f64) {
        self.region = [x - reach, y - reach, x + reach, y + reach];
        (self.places[0], self.count) = (root, 1);
        self.boxes = [Boxes::NONE; MOST / WIDTH];
        self.boxes[0].set(0, [f64::NEG_INFINITY, f64::NEG_INFINITY, f64::INFINITY, f64::INFINITY]);
        let mut below = ([Place::default(); MOST], [Boxes::NONE; MOST / WIDTH]);
        loop {
            let mut count = 0;
            for &place in &self.places[..self.count] {
                let boxes = tree.boxes(place);
                let mut lanes = boxes.touch::<V>(self.region);
                while lanes != 0 {
                    let lane = lanes.trailing_zeros();
                    lanes &= lanes - 1;
                    let Some(Below::Node(node)) = tree.below(place, lane) else { return };
                    if count == MOST {
                        return;
                    }
                    below.0[count] = node;
                    below.1[count / WIDTH].set(count % WIDTH, boxes.get(lane as usize));
                    count += 1;
                }
            }
            (self.places, self.boxes, self.count) = (below.0, below.1, count);
            below.1 = [Boxes::NONE; MOST / WIDTH];
            if count == 0 {
                return;
            }
        }
    }
}
