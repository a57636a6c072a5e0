//! What is known of polygons before the first division.

use super::grid::{Grid, Square};
use crate::error::Result;
use crate::index::shapes::Shapes;
use crate::memory::{Counted, vec_filled};
use crate::run::{Run, for_chunks};

/// A polygon of one ring of so many edges is looked at as a whole.
const SMALL: usize = 12;

/// Squares that take less than this share of the area of a polygon's box for each of its vertices are hit too rarely to be worth
/// dividing for that polygon.
const SHARE: f64 = 0.025;

/// About how long a vertex takes.
const PLACE_NANOSECONDS: usize = 4;

/// The polygons, and where they are.
pub(super) struct Survey<'a> {
    pub(super) shapes: &'a Shapes,
    pub(super) grid: &'a Grid,
    /// Of each vertex.
    pub(super) places: Counted<[u32; 2]>,
    extents: Counted<Extent>,
}

/// Where a polygon is.
#[derive(Clone, Copy, Default)]
pub(super) struct Extent {
    /// The least and the greatest places of its vertices; the least is greater where there are none.
    pub(super) least: [u32; 2],
    pub(super) greatest: [u32; 2],
    /// [`SHARE`] of its box for one vertex.
    pub(super) grain: f64,
    /// Whether it is one small ring.
    pub(super) is_small: bool,
}

impl<'a> Survey<'a> {
    pub(super) fn new(shapes: &'a Shapes, grid: &'a Grid, run: &Run<'_>) -> Result<Self> {
        let vertices = &shapes.vertices()[..shapes.vertex_count()];
        let mut places = vec_filled([0; 2], vertices.len())?;
        for_chunks(run, &mut places, PLACE_NANOSECONDS, |start, places| {
            for (place, &[x, y]) in places.iter_mut().zip(&vertices[start..]) {
                let (x, y) = grid.place((x, y));
                *place = [x as u32, y as u32];
            }
            Ok(())
        })?;
        let extent_of = |polygon: u32| {
            let range = shapes.vertices_of(polygon);
            let places: &[[u32; 2]] = &places[range.start as usize..range.end as usize];
            let (mut least, mut greatest) = ([u32::MAX; 2], [0; 2]);
            for place in places {
                for axis in 0..2 {
                    least[axis] = place[axis].min(least[axis]);
                    greatest[axis] = place[axis].max(greatest[axis]);
                }
            }
            let side = |axis: usize| f64::from(greatest[axis].saturating_sub(least[axis]) + 1);
            let grain = side(0) * side(1) * SHARE / places.len().max(1) as f64;
            Extent {
                least,
                greatest,
                grain,
                is_small: shapes.rings_of(polygon).len() == 1 && places.len() <= SMALL + 1,
            }
        };
        let mut extents = vec_filled(Extent::default(), shapes.len())?;
        let nanoseconds = PLACE_NANOSECONDS * vertices.len() / shapes.len().max(1);
        for_chunks(run, &mut extents, nanoseconds, |start, extents| {
            extents.iter_mut().zip(start as u32..).for_each(|(extent, polygon)| *extent = extent_of(polygon));
            Ok(())
        })?;
        Ok(Survey { shapes, grid, places, extents })
    }

    #[inline(always)]
    pub(super) fn extent(&self, polygon: u32) -> &Extent {
        &self.extents[polygon as usize]
    }

    /// How far it is along all edges, first along x and then along y.
    pub(super) fn steps(&self) -> f64 {
        let rings = (0..self.shapes.len() as u32).flat_map(|polygon| self.shapes.rings_of(polygon));
        let edges = rings.flat_map(|ring| self.shapes.edges_of(ring));
        let whole = self.grid.whole();
        self.steps_in(whole, edges) * f64::from(1 << whole.shift)
    }

    /// About how far it is along these edges in a square, which is 1 wide.
    pub(super) fn steps_in(&self, square: Square, edges: impl Iterator<Item = u32>) -> f64 {
        let (low, side) = ([square.x, square.y], 1 << square.shift);
        let place = |vertex: u32, axis: usize| self.places[vertex as usize][axis].clamp(low[axis], low[axis] + side);
        let far = |edge: u32, axis: usize| f64::from(place(edge, axis).abs_diff(place(edge + 1, axis)));
        edges.map(|edge| far(edge, 0) + far(edge, 1)).sum::<f64>() / f64::from(side)
    }

    /// The squares of side 2^shift that the boxes of all polygons touch.
    pub(super) fn box_squares(&self, shift: u32) -> f64 {
        let side = |extent: &Extent, axis: usize| {
            f64::from((extent.greatest[axis] >> shift).saturating_sub(extent.least[axis] >> shift) + 1)
        };
        self.extents.iter().map(|extent| side(extent, 0) * side(extent, 1)).sum()
    }
}

impl Extent {
    /// The first and last columns and rows that the polygon's box touches of a square divided into `count` by `count` squares
    /// of side 2^shift; None if it touches none.
    pub(super) fn window(&self, square: Square, shift: u32, count: usize) -> Option<[[usize; 2]; 2]> {
        let axis = |axis: usize, origin: u32| {
            let cell = |place: u32| (i64::from(place) - i64::from(origin)) >> shift;
            let (first, last) = (cell(self.least[axis]).max(0), cell(self.greatest[axis]).min(count as i64 - 1));
            (first <= last).then_some([first as usize, last as usize])
        };
        Some([axis(0, square.x)?, axis(1, square.y)?])
    }
}
