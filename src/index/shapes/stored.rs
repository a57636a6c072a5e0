//! Polygons in an index file: their sections, and what queries rely on.

use std::ops::Range;

use super::{PAD, Shapes};
use crate::error::Result;
use crate::index::file::layout::{Opening, Sections, damaged, hold, hold_all};
use crate::memory::{Counted, vec_with_capacity};
use crate::run::{Run, for_ranges};

const BOUNDS: &str = "polygons.bounds";
const VERTICES: &str = "polygons.vertices";
const RINGS: &str = "polygons.rings";
const POLYGONS: &str = "polygons.polygons";

/// Vertices that are looked at while they are in a cache.
const BLOCK: usize = 1024;

impl Shapes {
    pub(crate) fn add_to<'a>(&'a self, sections: &mut Sections<'a>) {
        sections.add(BOUNDS, self.bounds.as_slice());
        sections.add(VERTICES, &self.vertices);
        sections.add(RINGS, &self.rings);
        sections.add(POLYGONS, &self.polygons);
    }

    pub(crate) fn take(from: &mut Opening<'_>) -> Result<Self> {
        let bounds = from.take_one(BOUNDS)?;
        let (vertices, rings, polygons) = (from.take(VERTICES)?, from.take(RINGS)?, from.take(POLYGONS)?);
        if vertices.len() < PAD || vertices.len() > u32::MAX as usize || rings.is_empty() || polygons.is_empty() {
            return Err(damaged(format_args!("polygons: a section is too short or too long")));
        }
        Ok(Shapes { vertices, rings, polygons, bounds })
    }

    /// Polygons follow each other, and so do rings, of at least two vertices, the last of which repeats the first; vertices are finite
    /// and within the bounds, with zeros behind the last.
    pub(crate) fn verify(&self, run: &Run<'_>) -> Result<()> {
        let vertices = self.vertex_count();
        hold(self.polygons[0] == 0, POLYGONS, 0, "is not 0")?;
        hold(self.rings[0] == 0, RINGS, 0, "is not 0")?;
        for_ranges(run, self.polygons.len() - 1, 1, |range| {
            let ends = &self.polygons[range.start + 1..range.end + 1];
            let broken = ["is less than the one before"];
            hold_all(ends, range.start + 1, POLYGONS, broken, |i, &end| [self.polygons[i - 1] <= end])
        })?;
        let last = self.polygons.len() - 1;
        hold(self.polygons[last] as usize == self.ring_count(), POLYGONS, last, "is not the number of rings")?;
        for_ranges(run, self.ring_count(), 1, |range| {
            let ends = &self.rings[range.start + 1..range.end + 1];
            hold_all(ends, range.start + 1, RINGS, ["does not end a ring of vertices"], |i, &end| {
                let (start, end) = (self.rings[i - 1] as usize, end as usize);
                [(start + 2 <= end) & (end <= vertices)]
            })
        })?;
        let last = self.ring_count();
        hold(self.rings[last] as usize == vertices, RINGS, last, "is not the number of vertices")?;
        let Some(bounds) = self.bounds else {
            return hold(vertices == 0, BOUNDS, 0, "is missing");
        };
        hold(vertices > 0 && bounds.iter().all(|side| side.is_finite()), BOUNDS, 0, "bounds nothing")?;
        for_ranges(run, vertices, 1, |range| {
            range
                .clone()
                .step_by(BLOCK)
                .try_for_each(|start| self.verify_block(start..range.end.min(start + BLOCK), bounds))
        })?;
        hold(self.vertices[vertices..].iter().all(|pad| *pad == [0.0; 2]), VERTICES, vertices, "is not zero")
    }

    /// Vertices are finite and within the bounds, and the rings that begin there are closed.
    fn verify_block(&self, range: Range<usize>, [left, bottom, right, top]: [f64; 4]) -> Result<()> {
        let some = &self.vertices[range.clone()];
        hold_all(some, range.start, VERTICES, ["is not finite, or out of bounds"], |_, &[x, y]| {
            [(left <= x) & (x <= right) & (bottom <= y) & (y <= top)]
        })?;
        let first = |vertex| self.rings.partition_point(|&start| (start as usize) < vertex);
        let rings = first(range.start)..first(range.end).min(self.ring_count());
        let starts = &self.rings[rings.clone()];
        hold_all(starts, rings.start, RINGS, ["begins a ring that is not closed"], |i, &start| {
            let ([a, b], [c, d]) = (self.vertices[start as usize], self.vertices[self.rings[i + 1] as usize - 1]);
            [(a == c) & (b == d)]
        })
    }

    /// Whether these are edges of one ring of the polygon.
    #[cold]
    fn are_edges(&self, polygon: u32, edges: Range<u32>) -> bool {
        if polygon as usize >= self.len() {
            return false;
        }
        let rings = self.rings_of(polygon);
        let starts = &self.rings[rings.start as usize..rings.end as usize];
        // The last ring that begins at or before the first edge.
        let Some(before) = starts.partition_point(|&start| start <= edges.start).checked_sub(1) else { return false };
        edges.end <= self.edges_of(rings.start + before as u32).end
    }
}

/// Polygons that have been verified, for what is held to be edges of theirs.
pub(crate) struct Verified<'a> {
    pub(crate) shapes: &'a Shapes,
    /// The first ring's edges of each polygon, beside each other: most are of these.
    first_rings: Counted<[u32; 2]>,
}

impl<'a> Verified<'a> {
    pub(crate) fn new(shapes: &'a Shapes) -> Result<Self> {
        let mut first_rings = vec_with_capacity(shapes.len())?;
        first_rings.extend(shapes.polygons.windows(2).map(|rings| match rings[0] < rings[1] {
            true => [shapes.edges_of(rings[0]).start, shapes.edges_of(rings[0]).end],
            false => [1, 0],
        }));
        Ok(Verified { shapes, first_rings })
    }

    /// Whether these are edges of one ring of the polygon.
    #[inline(always)]
    pub(crate) fn are_edges(&self, polygon: u32, first: u32, count: u32) -> bool {
        let end = first.saturating_add(count);
        let [start, last] = *self.first_rings.get(polygon as usize).unwrap_or(&[1, 0]);
        ((start <= first) & (end <= last)) || self.shapes.are_edges(polygon, first..end)
    }
}
