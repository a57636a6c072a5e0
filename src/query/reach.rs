//! The links of all polygons one after the other, each with its box.

use std::ops::Range;

use super::edges::bounds;
use super::near::Edges;
use crate::index::tree::{Link, MOST_EDGES};
use crate::simd::{Lanes, prefetch};

/// Links that memory is asked for before their turn.
const AHEAD: usize = 16;

/// Vertices of a ring that memory is asked for before their turn.
const RING_AHEAD: usize = 8 * MOST_EDGES as usize;

/// A box with a margin around it: rounded, but no double within the true sides is beyond these.
#[inline(always)]
pub(super) fn grown([left, bottom, right, top]: [f64; 4], margin: f64) -> [f64; 4] {
    [left - margin, bottom - margin, right + margin, top + margin]
}

/// A link and its box.
#[derive(Clone, Copy)]
pub(super) struct Reach {
    pub(super) link: Link,
    pub(super) bounds: [f64; 4],
    /// It is all of its polygon.
    pub(super) is_whole: bool,
}

/// The links of all polygons. A polygon's turn is that of the first of them in the tree.
pub(super) struct Links<'a> {
    edges: &'a Edges<'a>,
    /// In the tree.
    next: usize,
    /// The one at hand, and what is left of it: rings, and edges of a ring.
    polygon: u32,
    rings: Range<u32>,
    ring: Range<u32>,
}

impl<'a> Links<'a> {
    pub(super) fn new(edges: &'a Edges<'a>) -> Self {
        Links { edges, next: 0, polygon: 0, rings: 0..0, ring: 0..0 }
    }

    /// That of the latest link, if it has more than one.
    #[inline(always)]
    pub(super) fn polygon(&self) -> u32 {
        self.polygon
    }

    /// The next link; of another polygon if the one at hand is done.
    #[inline(always)]
    pub(super) fn next<V: Lanes>(&mut self, is_done: bool) -> Option<Reach> {
        let Edges { shapes, tree, .. } = *self.edges;
        if is_done {
            (self.rings, self.ring) = (0..0, 0..0);
        }
        loop {
            if !self.ring.is_empty() {
                let link = Link { polygon: self.polygon, first: self.ring.start, count: 0 };
                let link = Link { count: MOST_EDGES.min(self.ring.end - link.first), ..link };
                self.ring.start += link.count;
                let ahead = link.first as usize + RING_AHEAD;
                (ahead..ahead + MOST_EDGES as usize).step_by(4).for_each(|at| prefetch(shapes.vertices(), at));
                return Some(Reach { link, bounds: bounds::<V>(shapes, link), is_whole: false });
            }
            if let Some(ring) = self.rings.next() {
                self.ring = shapes.edges_of(ring);
                continue;
            }
            let at = self.next;
            let link = *tree.links().get(at)?;
            if let Some(ahead) = tree.links().get(at + 2 * AHEAD) {
                shapes.prefetch_rings(ahead.polygon);
            }
            if let Some(ahead) = tree.links().get(at + AHEAD) {
                shapes.prefetch_vertices(ahead.polygon);
            }
            self.next += 1;
            let vertices = shapes.vertices_of(link.polygon);
            if link.first != vertices.start {
                continue;
            }
            if link.count + 1 == vertices.end - vertices.start {
                return Some(Reach { link, bounds: tree.bounds_of(at), is_whole: true });
            }
            (self.polygon, self.rings) = (link.polygon, shapes.rings_of(link.polygon));
        }
    }
}
