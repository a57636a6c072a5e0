//! Centroid of the area: the fan of triangles from each ring's first vertex, each weighted by its signed area.

use super::{Compensated, Coordinate, Edge, Measure, Terms, careful, is_trustworthy, sum_ring, sum_short_ring};
use crate::coords::{Scratch, Vertices};
use crate::error::Result;
use crate::polygons::Polygons;
use crate::simd::{Lanes, Number};

/// Centroid of area; see [`super::centroid`] for polygons without one.
#[derive(Clone, Copy)]
pub(crate) struct Centroid;

/// Twice the area, the sum of its absolute terms, and six times the first moments.
#[derive(Clone, Copy)]
struct Moments;

impl Terms<4> for Moments {
    #[inline(always)]
    fn terms<N: Number>(self, e: Edge<N>) -> [N; 4] {
        let (left, right) = (e.ax.mul(e.ey), e.ay.mul(e.ex));
        let cross = left.sub(right);
        [cross, left.abs().add(right.abs()), e.ax.add(e.bx).mul(cross), e.ay.add(e.by).mul(cross)]
    }
}

impl Measure for Centroid {
    type Output = Coordinate;

    #[inline(always)]
    fn of_ring<V: Lanes>(self, ring: impl Vertices) -> Option<Coordinate> {
        let [twice, magnitude, x, y] = sum_short_ring::<V, _, 4>(Moments, ring);
        let (first, thrice) = (ring.at(0), 3.0 * twice);
        let centroid = Coordinate { x: first.0 + x / thrice, y: first.1 + y / thrice };
        let is_good = is_trustworthy(twice, magnitude, ring.len()) && centroid.x.is_finite() && centroid.y.is_finite();
        is_good.then_some(centroid)
    }

    #[inline(always)]
    fn of<V: Lanes>(self, polygons: &Polygons<'_>, polygon: usize, scratch: &mut Scratch) -> Result<Coordinate> {
        let vertices = polygons.vertices();
        let mut origin = None;
        let (mut magnitude, mut edges) = (0.0, 0);
        let [mut twice, mut x, mut y] = [Compensated::default(); 3];
        for (ring, is_hole) in polygons.rings_of(polygon) {
            if ring.is_empty() {
                continue;
            }
            edges += ring.len();
            let first = vertices.get(ring.start);
            let origin = *origin.get_or_insert(first);
            let [area, absolute, moment_x, moment_y] = sum_ring::<V, _, 4>(Moments, vertices, ring, scratch);
            let sign = if (area < 0.0) == is_hole { 1.0 } else { -1.0 };
            magnitude += absolute;
            twice.add(sign * area);
            x.add(sign * (moment_x + 3.0 * area * (first.0 - origin.0)));
            y.add(sign * (moment_y + 3.0 * area * (first.1 - origin.1)));
        }
        let Some(origin) = origin else { return Ok(Coordinate::NONE) };
        let total = twice.total();
        if is_trustworthy(total, magnitude, edges) {
            let centroid =
                Coordinate { x: origin.0 + x.total() / (3.0 * total), y: origin.1 + y.total() / (3.0 * total) };
            if centroid.x.is_finite() && centroid.y.is_finite() {
                return Ok(centroid);
            }
        }
        careful::centroid(polygons, polygon)
    }
}
