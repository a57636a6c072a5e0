//! Mean of the vertices.

use super::{Coordinate, Edge, Measure, Terms, careful, sum_ring};
use crate::coords::Scratch;
use crate::error::Result;
use crate::polygons::Polygons;
use crate::simd::{Lanes, Number};

/// Mean of all vertices of all rings, closing vertices left out.
#[derive(Clone, Copy)]
pub(crate) struct Center;

/// Every vertex begins one edge.
#[derive(Clone, Copy)]
struct Starts;

impl Terms<2> for Starts {
    #[inline(always)]
    fn terms<N: Number>(self, e: Edge<N>) -> [N; 2] {
        [e.ax, e.ay]
    }
}

impl Measure for Center {
    type Output = Coordinate;

    #[inline(always)]
    fn of<V: Lanes>(self, polygons: &Polygons<'_>, polygon: usize, scratch: &mut Scratch) -> Result<Coordinate> {
        let vertices = polygons.vertices();
        let mut origin = None;
        let (mut x, mut y, mut count) = (0.0, 0.0, 0);
        for (ring, _) in polygons.rings_of(polygon) {
            if ring.is_empty() {
                continue;
            }
            let len = ring.len();
            let first = vertices.get(ring.start);
            let origin = *origin.get_or_insert(first);
            let [sum_x, sum_y] = sum_ring::<V, _, 2>(Starts, vertices, ring, scratch);
            x += sum_x + (first.0 - origin.0) * len as f64;
            y += sum_y + (first.1 - origin.1) * len as f64;
            count += len;
        }
        let Some(origin) = origin else { return Ok(Coordinate::NONE) };
        let center = Coordinate { x: origin.0 + x / count as f64, y: origin.1 + y / count as f64 };
        if center.x.is_finite() && center.y.is_finite() {
            return Ok(center);
        }
        careful::center(polygons, polygon)
    }
}
