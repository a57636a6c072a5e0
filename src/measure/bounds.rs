//! Bounding boxes.

use super::Measure;
use crate::coords::{BLOCK, Scratch};
use crate::error::Result;
use crate::polygons::Polygons;
use crate::simd::Lanes;

/// A box with sides along the axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Smallest x.
    pub min_x: f64,
    /// Smallest y.
    pub min_y: f64,
    /// Largest x.
    pub max_x: f64,
    /// Largest y.
    pub max_y: f64,
}

impl Bounds {
    /// The bounds of nothing.
    pub const NONE: Bounds = Bounds { min_x: f64::NAN, min_y: f64::NAN, max_x: f64::NAN, max_y: f64::NAN };
}

/// Bounds of all rings.
#[derive(Clone, Copy)]
pub(crate) struct BoundsOf;

impl Measure for BoundsOf {
    type Output = Bounds;

    #[inline(always)]
    fn of_ring<V: Lanes>(self, xs: &[f64], ys: &[f64]) -> Option<Bounds> {
        let (mut x, mut y) = (Extent::<V>::new(), Extent::<V>::new());
        x.add(xs);
        y.add(ys);
        let ((min_x, max_x), (min_y, max_y)) = (x.ends(), y.ends());
        (x.poison.add(y.poison).total() == 0.0).then_some(Bounds { min_x, min_y, max_x, max_y })
    }

    #[inline(always)]
    fn of<V: Lanes>(self, polygons: &Polygons<'_>, polygon: usize, scratch: &mut Scratch) -> Result<Bounds> {
        let (mut x, mut y) = (Extent::<V>::new(), Extent::<V>::new());
        for (ring, _) in polygons.rings_of(polygon) {
            if ring.is_empty() {
                continue;
            }
            if ring.len() <= BLOCK {
                let (xs, ys) = polygons.vertices().gather(ring, scratch);
                x.add(xs);
                y.add(ys);
                continue;
            }
            let mut runs = polygons.vertices().edge_runs(ring);
            while let Some((xs, ys)) = runs.next(scratch) {
                x.add(xs);
                y.add(ys);
            }
        }
        if x.poison.add(y.poison).total() != 0.0 {
            polygons.check_polygon_finite(polygon)?;
        }
        let ((min_x, max_x), (min_y, max_y)) = (x.ends(), y.ends());
        if min_x > max_x {
            return Ok(Bounds::NONE);
        }
        Ok(Bounds { min_x, min_y, max_x, max_y })
    }
}

/// The range of some numbers, in lanes.
struct Extent<V> {
    min: V,
    max: V,
    /// Zero until a number was not finite, then NaN.
    poison: V,
}

impl<V: Lanes> Extent<V> {
    #[inline(always)]
    fn new() -> Self {
        Extent { min: V::splat(f64::INFINITY), max: V::splat(f64::NEG_INFINITY), poison: V::splat(0.0) }
    }

    /// Adds at least one number.
    #[inline(always)]
    fn add(&mut self, values: &[f64]) {
        if values.len() <= 12 {
            // Small rings of all sizes go one way, which no branch has to guess.
            self.add_lanes(V::load_at(values, 0, values[0]));
            self.add_lanes(V::load_at(values, 4, values[0]));
            self.add_lanes(V::load_at(values, 8, values[0]));
            return;
        }
        let whole = values.as_chunks().0;
        for group in whole {
            self.add_lanes(V::load(group));
        }
        self.add_lanes(V::load_at(values, 4 * whole.len(), values[0]));
    }

    #[inline(always)]
    fn add_lanes(&mut self, v: V) {
        self.min = v.min(self.min);
        self.max = v.max(self.max);
        self.poison = self.poison.add(v.sub(v));
    }

    /// The smallest and the largest.
    #[inline(always)]
    fn ends(&self) -> (f64, f64) {
        let least = |a: f64, b: f64| if a < b { a } else { b };
        let most = |a: f64, b: f64| if a > b { a } else { b };
        let ([a, b, c, d], [e, f, g, h]) = (self.min.store(), self.max.store());
        (least(least(a, b), least(c, d)), most(most(e, f), most(g, h)))
    }
}
