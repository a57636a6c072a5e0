//! Polygons in an index file: their sections, and what queries rely on.

use std::ops::Range;

use super::{PAD, Shapes};
use crate::error::Result;
use crate::index::file::layout::{Opening, Sections, damaged, hold};
use crate::run::{Run, for_ranges};

const BOUNDS: &str = "polygons.bounds";
const VERTICES: &str = "polygons.vertices";
const RINGS: &str = "polygons.rings";
const POLYGONS: &str = "polygons.polygons";

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
            for i in range {
                hold(self.polygons[i] <= self.polygons[i + 1], POLYGONS, i + 1, "is less than the one before")?;
            }
            Ok(())
        })?;
        let last = self.polygons.len() - 1;
        hold(self.polygons[last] as usize == self.ring_count(), POLYGONS, last, "is not the number of rings")?;
        for_ranges(run, self.ring_count(), 5, |range| {
            for i in range {
                let (start, end) = (self.rings[i] as usize, self.rings[i + 1] as usize);
                hold(start + 2 <= end && end <= vertices, RINGS, i + 1, "does not end a ring of vertices")?;
                hold(self.vertices[start] == self.vertices[end - 1], RINGS, i, "begins a ring that is not closed")?;
            }
            Ok(())
        })?;
        let last = self.ring_count();
        hold(self.rings[last] as usize == vertices, RINGS, last, "is not the number of vertices")?;
        let Some([left, bottom, right, top]) = self.bounds else {
            return hold(vertices == 0, BOUNDS, 0, "is missing");
        };
        let is_finite = [left, bottom, right, top].iter().all(|side| side.is_finite());
        hold(vertices > 0 && is_finite, BOUNDS, 0, "bounds nothing")?;
        for_ranges(run, vertices, 1, |range| {
            let is_within = |&[x, y]: &[f64; 2]| (left <= x) & (x <= right) & (bottom <= y) & (y <= top);
            let some = &self.vertices[range.clone()];
            // Few are asked one by one: all of a chunk at once is what the compiler makes vectors of.
            for (i, chunk) in some.chunks(64).enumerate() {
                let are_within = chunk.iter().fold(true, |all, vertex| all & is_within(vertex));
                hold(are_within, VERTICES, range.start + 64 * i, "or one soon after is not finite, or out of bounds")?;
            }
            Ok(())
        })?;
        hold(self.vertices[vertices..].iter().all(|pad| *pad == [0.0; 2]), VERTICES, vertices, "is not zero")
    }

    /// Whether these are edges of one ring of the polygon.
    #[inline(always)]
    pub(crate) fn are_edges(&self, polygon: u32, edges: Range<u32>) -> bool {
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
