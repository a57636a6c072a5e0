//! Length of the boundary.

use super::{Compensated, Edge, Measure, Terms, careful, sum_ring, sum_short_ring};
use crate::coords::{Scratch, Vertices};
use crate::error::Result;
use crate::polygons::Polygons;
use crate::simd::{Lanes, Number};

/// Sum of the lengths of all edges of all rings.
#[derive(Clone, Copy)]
pub(crate) struct Perimeter;

#[derive(Clone, Copy)]
struct Lengths;

impl Terms<1> for Lengths {
    #[inline(always)]
    fn terms<N: Number>(self, e: Edge<N>) -> [N; 1] {
        [e.ex.mul(e.ex).add(e.ey.mul(e.ey)).sqrt()]
    }
}

impl Measure for Perimeter {
    type Output = f64;

    #[inline(always)]
    fn of_ring<V: Lanes>(self, ring: impl Vertices) -> Option<f64> {
        let [length] = sum_short_ring::<V, _, 1>(Lengths, ring);
        (careful::TINY..careful::HUGE).contains(&length).then_some(length)
    }

    #[inline(always)]
    fn of<V: Lanes>(self, polygons: &Polygons<'_>, polygon: usize, scratch: &mut Scratch) -> Result<f64> {
        let mut sum = Compensated::default();
        for (ring, _) in polygons.rings_of(polygon) {
            let [length] = sum_ring::<V, _, 1>(Lengths, polygons.vertices(), ring, scratch);
            sum.add(length);
        }
        let total = sum.total();
        if (careful::TINY..careful::HUGE).contains(&total) {
            return Ok(total);
        }
        careful::perimeter(polygons, polygon)
    }
}
