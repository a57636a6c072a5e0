//! Mean of the vertices.

use super::area::{AreaSum, Trapezoids};
use super::{Coordinate, Edge, Measure, Terms, careful, is_trustworthy, sum_ring, sum_short_ring};
use crate::coords::{Scratch, Vertices};
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
    fn of_ring<V: Lanes>(self, ring: impl Vertices) -> Option<Coordinate> {
        let [x, y] = sum_short_ring::<V, _, 2>(Starts, ring);
        let (first, count) = (ring.at(0), ring.len() as f64);
        let center = Coordinate { x: first.0 + x / count, y: first.1 + y / count };
        (center.x.is_finite() && center.y.is_finite()).then_some(center)
    }

    #[inline(always)]
    fn of<V: Lanes>(self, polygons: &Polygons<'_>, polygon: usize, scratch: &mut Scratch) -> Result<Coordinate> {
        let mut sum = CenterSum::default();
        for (ring, _) in polygons.rings_of(polygon) {
            let (start, len) = (ring.start, ring.len());
            let sums = sum_ring::<V, _, 2>(Starts, polygons.vertices(), ring, scratch);
            sum.add(sums, polygons, start, len);
        }
        sum.finish(polygons, polygon)
    }
}

/// Center and area in one pass, which is what an index wants.
#[derive(Clone, Copy)]
pub(crate) struct CenterAndArea;

#[derive(Clone, Copy)]
struct StartsAndTrapezoids;

impl Terms<4> for StartsAndTrapezoids {
    #[inline(always)]
    fn terms<N: Number>(self, e: Edge<N>) -> [N; 4] {
        let ([x, y], [twice, magnitude]) = (Starts.terms(e), Trapezoids.terms(e));
        [x, y, twice, magnitude]
    }
}

impl Measure for CenterAndArea {
    type Output = (Coordinate, f64);

    #[inline(always)]
    fn of_ring<V: Lanes>(self, ring: impl Vertices) -> Option<Self::Output> {
        let [x, y, twice, magnitude] = sum_short_ring::<V, _, 4>(StartsAndTrapezoids, ring);
        let (first, count) = (ring.at(0), ring.len() as f64);
        let center = Coordinate { x: first.0 + x / count, y: first.1 + y / count };
        let is_good = is_trustworthy(twice, magnitude, ring.len()) && center.x.is_finite() && center.y.is_finite();
        is_good.then_some((center, 0.5 * twice.abs()))
    }

    #[inline(always)]
    fn of<V: Lanes>(self, polygons: &Polygons<'_>, polygon: usize, scratch: &mut Scratch) -> Result<Self::Output> {
        let (mut center, mut area) = (CenterSum::default(), AreaSum::default());
        for (ring, is_hole) in polygons.rings_of(polygon) {
            let (start, len) = (ring.start, ring.len());
            let sums = sum_ring::<V, _, 4>(StartsAndTrapezoids, polygons.vertices(), ring, scratch);
            center.add([sums[0], sums[1]], polygons, start, len);
            area.add([sums[2], sums[3]], len, is_hole, false);
        }
        Ok((center.finish(polygons, polygon)?, area.finish(polygons, polygon, false)?))
    }
}

/// What rings add up to, relative to the first vertex of the first of them.
#[derive(Default)]
struct CenterSum {
    origin: Option<(f64, f64)>,
    x: f64,
    y: f64,
    count: usize,
}

impl CenterSum {
    /// Adds a ring of `len` vertices from `start` on, whose [`Starts`] are given.
    #[inline(always)]
    fn add(&mut self, [x, y]: [f64; 2], polygons: &Polygons<'_>, start: usize, len: usize) {
        if len == 0 {
            return;
        }
        let first = polygons.vertices().get(start);
        let origin = *self.origin.get_or_insert(first);
        self.x += x + (first.0 - origin.0) * len as f64;
        self.y += y + (first.1 - origin.1) * len as f64;
        self.count += len;
    }

    #[inline(always)]
    fn finish(self, polygons: &Polygons<'_>, polygon: usize) -> Result<Coordinate> {
        let Some((x, y)) = self.origin else { return Ok(Coordinate::NONE) };
        let count = self.count as f64;
        let center = Coordinate { x: x + self.x / count, y: y + self.y / count };
        if center.x.is_finite() && center.y.is_finite() {
            return Ok(center);
        }
        careful::center(polygons, polygon)
    }
}
