//! The index's own copy of the polygons: closed rings of vertices as pairs, one after the other.

pub(super) mod stored;

use std::ops::Range;

use super::WATCH;
use super::section::Section;
use crate::error::{Error, Kind, Result};
use crate::memory::vec_with_capacity;
use crate::polygons::Polygons;
use crate::run::Run;
use crate::simd::prefetch;

/// Vertices behind the last, so that four edges can be loaded wherever one begins.
const PAD: usize = 4;

/// See the module. Edge e goes from vertex e to vertex e + 1; a ring's last vertex repeats its first and begins no edge.
#[derive(Debug)]
pub(crate) struct Shapes {
    vertices: Section<[f64; 2]>,
    /// The first vertex of each ring and the end of the last.
    rings: Section<u32>,
    /// The first ring of each polygon and the end of the last.
    polygons: Section<u32>,
    /// The smallest x and y and the largest of all vertices; None where there are none.
    bounds: Option<[f64; 4]>,
}

impl Shapes {
    /// Copies the polygons, whose coordinates are finite. Rings without vertices are left out.
    pub(crate) fn copy(table: &Polygons<'_>, run: &Run<'_>) -> Result<Self> {
        let points = table.vertices();
        let (mut vertex_count, mut ring_count) = (0, 0);
        for polygon in 0..table.len() {
            if polygon % WATCH == 0 {
                run.check()?;
            }
            for (ring, _) in table.rings_of(polygon).filter(|(ring, _)| !ring.is_empty()) {
                vertex_count += ring.len() + 1;
                ring_count += 1;
            }
        }
        if vertex_count + PAD > u32::MAX as usize {
            return Err(Error::new(
                Kind::Limit,
                format_args!(
                    "polygons has {vertex_count} vertices; an index takes {} at most",
                    u32::MAX as usize - PAD
                ),
            ));
        }
        let mut vertices = vec_with_capacity(vertex_count + PAD)?;
        let mut rings = vec_with_capacity(ring_count + 1)?;
        let mut polygons = vec_with_capacity(table.len() + 1)?;
        let mut watched = 0;
        for polygon in 0..table.len() {
            if vertices.len() >= watched {
                watched += WATCH;
                run.check()?;
            }
            polygons.push(rings.len() as u32);
            for (ring, _) in table.rings_of(polygon).filter(|(ring, _)| !ring.is_empty()) {
                rings.push(vertices.len() as u32);
                vertices.extend(ring.clone().map(|i| <[f64; 2]>::from(points.get(i))));
                vertices.push(points.get(ring.start).into());
            }
        }
        polygons.push(rings.len() as u32);
        rings.push(vertices.len() as u32);
        let bounds = bounds_of(&vertices);
        run.check()?;
        vertices.extend([[0.0; 2]; PAD]);
        Ok(Shapes {
            vertices: Section::new(vertices, run)?,
            rings: Section::new(rings, run)?,
            polygons: Section::new(polygons, run)?,
            bounds,
        })
    }

    /// Number of polygons.
    pub(crate) fn len(&self) -> usize {
        self.polygons.len() - 1
    }

    /// Number of rings.
    pub(crate) fn ring_count(&self) -> usize {
        self.rings.len() - 1
    }

    /// Number of vertices, closing ones included.
    pub(crate) fn vertex_count(&self) -> usize {
        self.vertices.len() - PAD
    }

    /// All vertices, and some behind the last.
    #[inline(always)]
    pub(crate) fn vertices(&self) -> &[[f64; 2]] {
        &self.vertices
    }

    #[inline(always)]
    pub(crate) fn vertex(&self, i: u32) -> (f64, f64) {
        self.vertices[i as usize].into()
    }

    /// Four vertices from `at` on; those behind the last have no meaning.
    #[inline(always)]
    pub(crate) fn four(&self, at: usize) -> &[[f64; 2]; 4] {
        self.vertices[at..].first_chunk().expect("there are vertices behind the last")
    }

    /// The rings of a polygon.
    #[inline(always)]
    pub(crate) fn rings_of(&self, polygon: u32) -> Range<u32> {
        self.polygons[polygon as usize]..self.polygons[polygon as usize + 1]
    }

    /// The edges of a ring.
    #[inline(always)]
    pub(crate) fn edges_of(&self, ring: u32) -> Range<u32> {
        self.rings[ring as usize]..self.rings[ring as usize + 1] - 1
    }

    /// Asks for what [`Shapes::rings_of`] reads.
    #[inline(always)]
    pub(crate) fn prefetch_rings(&self, polygon: u32) {
        prefetch(&self.polygons, polygon as usize);
    }

    /// Asks for what [`Shapes::vertices_of`] reads, which it needs the former for.
    #[inline(always)]
    pub(crate) fn prefetch_vertices(&self, polygon: u32) {
        prefetch(&self.rings, self.polygons[polygon as usize] as usize);
    }

    /// The vertices of a polygon, closing ones included.
    #[inline(always)]
    pub(crate) fn vertices_of(&self, polygon: u32) -> Range<u32> {
        let rings = self.rings_of(polygon);
        self.rings[rings.start as usize]..self.rings[rings.end as usize]
    }

    /// The ring that a vertex belongs to.
    pub(crate) fn ring_of(&self, vertex: u32) -> u32 {
        self.rings.partition_point(|&start| start <= vertex) as u32 - 1
    }

    /// The smallest x and y and the largest of all vertices; None where there are none.
    pub(crate) fn bounds(&self) -> Option<[f64; 4]> {
        self.bounds
    }
}

fn bounds_of(vertices: &[[f64; 2]]) -> Option<[f64; 4]> {
    let (first, others) = vertices.split_first()?;
    let start = [first[0], first[1], first[0], first[1]];
    Some(
        others
            .iter()
            .fold(start, |[left, bottom, right, top], &[x, y]| [left.min(x), bottom.min(y), right.max(x), top.max(y)]),
    )
    // Which of two zeros is the smaller is not defined: there is but one here.
    .map(|sides| sides.map(|side| side + 0.0))
}
