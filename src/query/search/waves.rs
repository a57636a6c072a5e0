//! The links near a point, or near some of a few, found level by level: while these are few, without branches that nobody could guess.

use super::entry::{Around, Entry, MOST};
use crate::index::tree::{Level, Tree, WIDTH};
use crate::simd::{Lanes, first_lanes};

/// Nodes of a level that are near a point, at most.
const FEW_NODES: usize = if cfg!(test) { 6 } else { 64 };

/// Room for them and for what one more may have two levels below it.
const ROOM: usize = FEW_NODES + WIDTH * WIDTH;
const _: () = assert!(ROOM >= WIDTH * MOST);

/// Points after each other that have more, until the fewest are tried: one in 2^this.
const PATIENCE: u32 = 5;

/// What links are to be near of: a point, or points next to each other.
pub(super) trait Aim: Copy {
    /// The box around its points.
    fn hull(&self) -> [f64; 4];

    /// A square: nothing whose box is further away from that than its root is near.
    fn bound(&self) -> f64;

    /// Bits of what is below a node and near, as far as boxes say, and slabs, if they are asked.
    fn near(&self, level: &Level<'_>, node: u32) -> u32;
}

/// A point, by itself, and the square of how far from it.
#[derive(Clone, Copy)]
pub(super) struct Lone<V> {
    place: (V, V),
    point: (f64, f64),
    bound: f64,
}

impl<V: Lanes> Lone<V> {
    #[inline(always)]
    pub(super) fn new(point: (f64, f64), bound: f64) -> Self {
        Lone { place: (V::splat(point.0), V::splat(point.1)), point, bound }
    }
}

impl<V: Lanes> Aim for Lone<V> {
    #[inline(always)]
    fn hull(&self) -> [f64; 4] {
        let (x, y) = self.point;
        [x, y, x, y]
    }

    #[inline(always)]
    fn bound(&self) -> f64 {
        self.bound
    }

    #[inline(always)]
    fn near(&self, level: &Level<'_>, node: u32) -> u32 {
        level.squares(node, self.place).at_most(V::splat(self.bound))
    }
}

/// See the module.
pub(super) struct Waves {
    /// Nodes of a level, in the end links, and room for those below them.
    rooms: [[u32; ROOM]; 2],
    /// Which has the links.
    last: usize,
    /// Points after each other that had more.
    misses: u32,
    /// Points that are not to be tried.
    skipped: u32,
}

impl Default for Waves {
    fn default() -> Self {
        Waves { rooms: [[0; ROOM]; 2], last: 0, misses: 0, skipped: 0 }
    }
}

impl Waves {
    /// Finds the links that are near. Tells how many they are; None if that is many, or may be.
    #[inline(always)]
    pub(super) fn find<V: Lanes>(&mut self, tree: &Tree, entry: &mut Entry, aim: impl Aim) -> Option<usize> {
        if aim.bound() == f64::INFINITY {
            return None;
        }
        if self.skipped > 0 {
            self.skipped -= 1;
            return None;
        }
        let [mut nodes, mut below] = self.rooms.each_mut();
        let (mut level, mut count) = match entry.around::<V>(tree, &aim.hull(), aim.bound(), nodes)? {
            Around::Nodes(level, count) => (level, count),
            Around::Links(count) => {
                (self.last, self.misses) = (0, 0);
                return Some(count);
            }
        };
        let mut last = 0;
        loop {
            // Two levels at once, as long as there are two.
            let (width, this) = if level > 0 { (WIDTH, level - 1) } else { (1, 0) };
            let boxes = tree.level(this as usize);
            let mut kept = 0;
            for &node in &nodes[..count] {
                if kept > FEW_NODES {
                    self.misses = PATIENCE.min(self.misses + 1);
                    self.skipped = (1 << self.misses) - 2;
                    return None;
                }
                let start = node as usize * width;
                for child in start..(start + width).min(boxes.len()) {
                    let there = first_lanes(boxes.below as usize - child * WIDTH);
                    let mask = aim.near(&boxes, child as u32) & there;
                    let lanes = V::pack(&[0, 1, 2, 3], mask);
                    // All four are written, and the next over those that are not near.
                    let four = &mut below[kept..kept + WIDTH];
                    for lane in 0..WIDTH {
                        four[lane] = (child * WIDTH) as u32 | lanes[lane] as u32;
                    }
                    kept += mask.count_ones() as usize;
                }
            }
            std::mem::swap(&mut nodes, &mut below);
            (count, last) = (kept, 1 - last);
            if this == 0 {
                (self.last, self.misses) = (last, 0);
                return Some(count);
            }
            level = this - 1;
        }
    }

    /// The number of link `i` of those found.
    #[inline(always)]
    pub(super) fn link(&self, i: usize) -> u32 {
        self.rooms[self.last][i]
    }
}
