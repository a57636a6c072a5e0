//! Area by the trapezoid form of the shoelace formula, relative to each ring's first vertex.

use super::{CANCELLATION, Compensated, Edge, Measure, Terms, careful, sum_ring};
use crate::coords::Scratch;
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
struct Trapezoids;

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
    let mut twice = Compensated::default();
    let mut magnitude = 0.0;
    let mut sign = 1.0;
    for part in polygons.parts(polygon) {
        let rings = polygons.rings(part);
        let outer = rings.start;
        for ring in rings {
            let [sum, absolute] = sum_ring::<V, _, 2>(Trapezoids, polygons.vertices(), polygons.ring(ring), scratch);
            magnitude += absolute;
            if ring == outer {
                sign = if signed && sum < 0.0 { -1.0 } else { 1.0 };
                twice.add(sign * sum.abs());
            } else {
                twice.add(-sign * sum.abs());
            }
        }
    }
    let total = twice.total();
    if magnitude <= CANCELLATION * total.abs() && (careful::TINY..careful::HUGE).contains(&magnitude) {
        return Ok(0.5 * total);
    }
    careful::area(polygons, polygon, signed)
}
