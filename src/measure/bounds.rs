//! Bounding boxes.

use super::Measure;
use crate::coords::Scratch;
use crate::error::Result;
use crate::polygons::Polygons;
use crate::simd::Lanes;

/// A box with sides along the axes.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
#[repr(C)]
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
    fn of<V: Lanes>(self, polygons: &Polygons<'_>, polygon: usize, scratch: &mut Scratch) -> Result<Bounds> {
        let (mut x_range, mut y_range) = (Extent::new(), Extent::new());
        for (ring, _) in polygons.rings_of(polygon) {
            if ring.is_empty() {
                continue;
            }
            let mut runs = polygons.vertices().edge_runs(ring);
            while let Some((x, y)) = runs.next(scratch) {
                x_range.add::<V>(x);
                y_range.add::<V>(y);
            }
        }
        if x_range.poison + y_range.poison != 0.0 {
            polygons.check_finite(polygon)?;
        }
        if x_range.min > x_range.max {
            return Ok(Bounds::NONE);
        }
        Ok(Bounds { min_x: x_range.min, min_y: y_range.min, max_x: x_range.max, max_y: y_range.max })
    }
}

struct Extent {
    min: f64,
    max: f64,
    /// NaN once a value was not finite.
    poison: f64,
}

impl Extent {
    #[inline(always)]
    fn new() -> Self {
        Extent { min: f64::INFINITY, max: f64::NEG_INFINITY, poison: 0.0 }
    }

    #[inline(always)]
    fn add<V: Lanes>(&mut self, values: &[f64]) {
        let (whole, rest) = values.as_chunks();
        let rest = V::load_front(rest, values[0]);
        let (mut min, mut max, mut poison) = (rest, rest, rest.sub(rest));
        for group in whole {
            let v = V::load(group);
            min = v.min(min);
            max = v.max(max);
            poison = poison.add(v.sub(v));
        }
        self.poison += poison.total();
        for (min, max) in min.store().into_iter().zip(max.store()) {
            self.min = if min < self.min { min } else { self.min };
            self.max = if max > self.max { max } else { self.max };
        }
    }
}
