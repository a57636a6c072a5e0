//! Area by the trapezoid form of the shoelace formula, relative to each ring's first vertex.

use super::{Compensated, Edge, Measure, Terms, careful, is_trustworthy, sum_ring, sum_short_ring};
use crate::coords::{Scratch, Vertices};
use crate::error::Result;
use crate::polygons::Polygons;
use crate::simd::{Lanes, Number};

/// Area, whatever the winding.
#[derive(Clone, Copy)]
pub(crate) struct Area;

/// Area with the sign of the outer rings.
#[derive(Clone, Copy)]
pub(crate) struct SignedArea;

/// Twice the area, and the sum of the absolute terms.
#[derive(Clone, Copy)]
pub(super) struct Trapezoids;

impl Terms<2> for Trapezoids {
    #[inline(always)]
    fn terms<N: Number>(self, e: Edge<N>) -> [N; 2] {
        let term = e.ax.add(e.bx).mul(e.ey);
        [term, term.abs()]
    }
}

impl Measure for Area {
    type Output = f64;

    #[inline(always)]
    fn of<V: Lanes>(self, polygons: &Polygons<'_>, polygon: usize, scratch: &mut Scratch) -> Result<f64> {
        area::<V>(polygons, polygon, scratch, false)
    }

    #[inline(always)]
    fn of_ring<V: Lanes>(self, ring: impl Vertices) -> Option<f64> {
        let [twice, magnitude] = sum_short_ring::<V, _, 2>(Trapezoids, ring);
        is_trustworthy(twice, magnitude, ring.len()).then_some(0.5 * twice.abs())
    }
}

impl Measure for SignedArea {
    type Output = f64;

    #[inline(always)]
    fn of<V: Lanes>(self, polygons: &Polygons<'_>, polygon: usize, scratch: &mut Scratch) -> Result<f64> {
        area::<V>(polygons, polygon, scratch, true)
    }
}

#[inline(always)]
fn area<V: Lanes>(polygons: &Polygons<'_>, polygon: usize, scratch: &mut Scratch, signed: bool) -> Result<f64> {
    let mut sum = AreaSum::default();
    for (ring, is_hole) in polygons.rings_of(polygon) {
        let len = ring.len();
        let sums = sum_ring::<V, _, 2>(Trapezoids, polygons.vertices(), ring, scratch);
        sum.add(sums, len, is_hole, signed);
    }
    sum.finish(polygons, polygon, signed)
}

/// What rings add up to.
#[derive(Default)]
pub(super) struct AreaSum {
    twice: Compensated,
    magnitude: f64,
    edges: usize,
    longest: usize,
    is_clockwise: bool,
}

impl AreaSum {
    /// Adds a ring of `len` vertices, whose [`Trapezoids`] are given.
    #[inline(always)]
    pub(super) fn add(&mut self, [sum, magnitude]: [f64; 2], len: usize, is_hole: bool, signed: bool) {
        self.magnitude += magnitude;
        self.edges += len;
        self.longest = self.longest.max(len);
        if !is_hole {
            self.is_clockwise = signed && sum < 0.0;
        }
        self.twice.add(if is_hole == self.is_clockwise { sum.abs() } else { -sum.abs() });
    }

    #[inline(always)]
    pub(super) fn finish(self, polygons: &Polygons<'_>, polygon: usize, signed: bool) -> Result<f64> {
        let twice = self.twice.total();
        if is_trustworthy(twice, self.magnitude, self.edges) {
            return Ok(0.5 * twice);
        }
        if self.longest < 3 && self.magnitude.is_finite() {
            return Ok(0.0);
        }
        careful::area(polygons, polygon, signed)
    }
}
