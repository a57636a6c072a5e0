//! Bounding boxes.

use super::Measure;
use crate::coords::{Scratch, Vertices, Visitor};
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
    fn of_ring<V: Lanes>(self, ring: impl Vertices) -> Option<Bounds> {
        let mut extent = Extent::<V>::new();
        extent.visit(ring, true);
        extent.is_finite().then(|| extent.bounds())
    }

    #[inline(always)]
    fn of<V: Lanes>(self, polygons: &Polygons<'_>, polygon: usize, scratch: &mut Scratch) -> Result<Bounds> {
        let mut extent = Extent::<V>::new();
        let mut is_empty = true;
        for (ring, _) in polygons.rings_of(polygon).filter(|(ring, _)| !ring.is_empty()) {
            is_empty = false;
            polygons.vertices().visit::<V>(ring, scratch, &mut extent);
        }
        if !extent.is_finite() {
            polygons.check_polygon_finite(polygon)?;
        }
        Ok(if is_empty { Bounds::NONE } else { extent.bounds() })
    }
}

/// The ranges of x and y, in lanes.
struct Extent<V> {
    min: (V, V),
    max: (V, V),
    /// Of everything: not finite if a number is not. (Or if numbers are huge, which another look then finds.)
    sum: V,
}

impl<V: Lanes> Extent<V> {
    #[inline(always)]
    fn new() -> Self {
        let (most, least) = (V::splat(f64::INFINITY), V::splat(f64::NEG_INFINITY));
        Extent { min: (most, most), max: (least, least), sum: V::splat(0.0) }
    }

    #[inline(always)]
    fn add(&mut self, (x, y): (V, V)) {
        self.min = (x.min(self.min.0), y.min(self.min.1));
        self.max = (x.max(self.max.0), y.max(self.max.1));
        self.sum = self.sum.add(x.add(y));
    }

    #[inline(always)]
    fn is_finite(&self) -> bool {
        self.sum.sub(self.sum).at_most(V::splat(0.0)) == 0b1111
    }

    #[inline(always)]
    fn bounds(&self) -> Bounds {
        let (even, odd) = self.min.0.interleave(self.min.1);
        let [a, b, c, d] = even.min(odd).store();
        let (even, odd) = self.max.0.interleave(self.max.1);
        let [e, f, g, h] = even.max(odd).store();
        let least = |a: f64, b: f64| if a < b { a } else { b };
        let most = |a: f64, b: f64| if a > b { a } else { b };
        // Which zero comes out must not depend on the order: adding 0 makes it the positive one.
        let (min_x, min_y) = (least(a, c) + 0.0, least(b, d) + 0.0);
        Bounds { min_x, min_y, max_x: most(e, g) + 0.0, max_y: most(f, h) + 0.0 }
    }
}

impl<V: Lanes> Visitor<V> for Extent<V> {
    /// Groups of four overlap so that none reaches behind the end: who has been counted twice has the same bounds.
    #[inline(always)]
    fn visit(&mut self, vertices: impl Vertices, _is_last: bool) {
        let Some(last) = vertices.len().checked_sub(4) else {
            return self.add(vertices.load_at(0, vertices.at(0)));
        };
        if last <= 8 {
            // Small rings of all sizes go one way, which no branch has to guess.
            self.add(vertices.load(0));
            self.add(vertices.load(last.min(4)));
        } else {
            for i in (0..last).step_by(4) {
                self.add(vertices.load(i));
            }
        }
        self.add(vertices.load(last));
    }
}
