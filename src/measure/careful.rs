//! The slow twins of the measures, for polygons whose terms cancel, overflow or underflow: coordinates are scaled by a power
//! of two, then summed in double-double arithmetic (about 106 bits; Dekker 1971, Knuth TAOCP 2, 4.2.2). They also are where
//! a NaN or infinite coordinate comes to light, since it spoils every plain sum.

use std::ops::Range;

use super::Coordinate;
use crate::error::Result;
use crate::polygons::Polygons;
use crate::simd::two_sum;

/// Plain sums of squares below this or from [`HUGE`] on may have lost terms, or cubes made of them, to underflow or overflow.
pub(super) const TINY: f64 = 1e-180;
/// See [`TINY`].
pub(super) const HUGE: f64 = 1e180;

/// Sums of double-double terms that cancel down to this fraction of their magnitude are zero.
const ZERO: f64 = 1.0 / (1u128 << 90) as f64;

#[inline(never)]
pub(super) fn area(polygons: &Polygons<'_>, polygon: usize, signed: bool) -> Result<f64> {
    let frame = Frame::of(polygons, polygon)?;
    let mut total = Dd::ZERO;
    let mut sign = 1.0;
    for (ring, is_hole) in polygons.rings_of(polygon) {
        let twice = frame.sums(polygons, ring).twice;
        if !is_hole {
            sign = if signed && twice.value() < 0.0 { -1.0 } else { 1.0 };
        }
        total = total.add(twice.abs().scale(if is_hole { -sign } else { sign }));
    }
    // The larger first: then nothing overflows that fits in the end.
    let (x, y) = frame.scale;
    Ok(0.5 * total.value() / x.max(y) / x.min(y))
}

#[inline(never)]
pub(super) fn perimeter(polygons: &Polygons<'_>, polygon: usize) -> Result<f64> {
    let frame = Frame::of(polygons, polygon)?.even();
    Ok(frame.lines(polygons, polygon).length.value() / frame.scale.0)
}

#[inline(never)]
pub(super) fn center(polygons: &Polygons<'_>, polygon: usize) -> Result<Coordinate> {
    let frame = Frame::of(polygons, polygon)?;
    let (mut x, mut y, mut count) = (Dd::ZERO, Dd::ZERO, 0);
    for (ring, _) in polygons.rings_of(polygon) {
        for i in ring {
            let (dx, dy) = frame.offset(polygons.vertices().get(i), frame.origin);
            x = x.add(dx);
            y = y.add(dy);
            count += 1;
        }
    }
    let count = Dd::from(count as f64);
    Ok(frame.place(x.div(count), y.div(count)))
}

#[inline(never)]
pub(super) fn centroid(polygons: &Polygons<'_>, polygon: usize) -> Result<Coordinate> {
    let frame = Frame::of(polygons, polygon)?;
    let (mut twice, mut x, mut y) = (Dd::ZERO, Dd::ZERO, Dd::ZERO);
    let mut magnitude = 0.0;
    for (ring, is_hole) in polygons.rings_of(polygon) {
        let sums = frame.sums(polygons, ring);
        let sign = if (sums.twice.value() < 0.0) == is_hole { 1.0 } else { -1.0 };
        magnitude += sums.magnitude;
        twice = twice.add(sums.twice.scale(sign));
        x = x.add(sums.x.scale(sign));
        y = y.add(sums.y.scale(sign));
    }
    if twice.value().abs() > ZERO * magnitude {
        let thrice = twice.mul(Dd::from(3.0));
        return Ok(frame.place(x.div(thrice), y.div(thrice)));
    }
    let frame = frame.even();
    let lines = frame.lines(polygons, polygon);
    if lines.length.value() > 0.0 {
        let length = lines.length.scale(2.0);
        return Ok(frame.place(lines.x.div(length), lines.y.div(length)));
    }
    Ok(Coordinate { x: frame.origin.0, y: frame.origin.1 })
}

/// A polygon's first vertex, and the powers of two that bring its width and height near 1.
struct Frame {
    origin: (f64, f64),
    scale: (f64, f64),
}

/// Sums over a ring, relative to the frame's origin; moments about it too.
struct RingSums {
    twice: Dd,
    magnitude: f64,
    x: Dd,
    y: Dd,
}

/// Sums over the edges of a polygon as lines.
struct LineSums {
    length: Dd,
    x: Dd,
    y: Dd,
}

impl Frame {
    /// Refuses non-finite coordinates. A polygon without vertices has its frame at the origin.
    fn of(polygons: &Polygons<'_>, polygon: usize) -> Result<Self> {
        polygons.check_polygon_finite(polygon)?;
        let mut origin = None;
        // Half of everything, so that no difference overflows.
        let mut half = (0.0f64, 0.0f64);
        for (ring, _) in polygons.rings_of(polygon) {
            for i in ring {
                let (x, y) = polygons.vertices().get(i);
                let (origin_x, origin_y) = *origin.get_or_insert((x, y));
                half.0 = half.0.max((0.5 * x - 0.5 * origin_x).abs());
                half.1 = half.1.max((0.5 * y - 0.5 * origin_y).abs());
            }
        }
        let scale = |extent: f64| match extent > 0.0 {
            true => 2f64.powi(-extent.log2().floor().clamp(-1000.0, 1000.0) as i32),
            false => 1.0,
        };
        Ok(Frame { origin: origin.unwrap_or((0.0, 0.0)), scale: (scale(half.0), scale(half.1)) })
    }

    /// The frame with the scale of the larger extent in both directions, in which lengths mean something.
    fn even(self) -> Self {
        let scale = self.scale.0.min(self.scale.1);
        Frame { scale: (scale, scale), ..self }
    }

    /// (a - b) in the scaled frame, exact but for coordinates that the scale makes subnormal.
    #[inline]
    fn offset(&self, a: (f64, f64), b: (f64, f64)) -> (Dd, Dd) {
        let (x, y) = self.scale;
        (Dd::difference(a.0 * x, b.0 * x), Dd::difference(a.1 * y, b.1 * y))
    }

    fn place(&self, x: Dd, y: Dd) -> Coordinate {
        let at = |origin: f64, offset: Dd, scale: f64| Dd::from(origin * scale).add(offset).value() / scale;
        Coordinate { x: at(self.origin.0, x, self.scale.0), y: at(self.origin.1, y, self.scale.1) }
    }

    /// Calls `each` with every edge of a ring, ends relative to the origin.
    fn for_edges(&self, polygons: &Polygons<'_>, ring: Range<usize>, mut each: impl FnMut([Dd; 4])) {
        if ring.is_empty() {
            return;
        }
        let at = |i: usize| self.offset(polygons.vertices().get(i), self.origin);
        let mut a = at(ring.end - 1);
        for i in ring {
            let b = at(i);
            each([a.0, a.1, b.0, b.1]);
            a = b;
        }
    }

    fn sums(&self, polygons: &Polygons<'_>, ring: Range<usize>) -> RingSums {
        let mut sums = RingSums { twice: Dd::ZERO, magnitude: 0.0, x: Dd::ZERO, y: Dd::ZERO };
        self.for_edges(polygons, ring, |[ax, ay, bx, by]| {
            let (left, right) = (ax.mul(by.sub(ay)), ay.mul(bx.sub(ax)));
            let cross = left.sub(right);
            sums.twice = sums.twice.add(cross);
            sums.magnitude += left.hi.abs() + right.hi.abs();
            sums.x = sums.x.add(ax.add(bx).mul(cross));
            sums.y = sums.y.add(ay.add(by).mul(cross));
        });
        sums
    }

    fn lines(&self, polygons: &Polygons<'_>, polygon: usize) -> LineSums {
        let mut sums = LineSums { length: Dd::ZERO, x: Dd::ZERO, y: Dd::ZERO };
        for (ring, _) in polygons.rings_of(polygon) {
            self.for_edges(polygons, ring, |[ax, ay, bx, by]| {
                let length = Dd::from(bx.sub(ax).value().hypot(by.sub(ay).value()));
                sums.length = sums.length.add(length);
                sums.x = sums.x.add(ax.add(bx).mul(length));
                sums.y = sums.y.add(ay.add(by).mul(length));
            });
        }
        sums
    }
}

/// An unevaluated sum of two doubles, the second at most half an ulp of the first.
#[derive(Clone, Copy)]
struct Dd {
    hi: f64,
    lo: f64,
}

impl Dd {
    const ZERO: Dd = Dd { hi: 0.0, lo: 0.0 };

    fn from(value: f64) -> Self {
        Dd { hi: value, lo: 0.0 }
    }

    #[inline]
    fn normal(hi: f64, lo: f64) -> Self {
        let sum = hi + lo;
        Dd { hi: sum, lo: lo - (sum - hi) }
    }

    /// a - b, exact.
    #[inline]
    fn difference(a: f64, b: f64) -> Self {
        let (hi, lo) = two_sum(a, -b);
        Dd { hi, lo }
    }

    #[inline]
    fn add(self, other: Dd) -> Self {
        let (hi, error) = two_sum(self.hi, other.hi);
        let (lo, lo_error) = two_sum(self.lo, other.lo);
        let first = Dd::normal(hi, error + lo);
        Dd::normal(first.hi, first.lo + lo_error)
    }

    #[inline]
    fn sub(self, other: Dd) -> Self {
        self.add(other.scale(-1.0))
    }

    #[inline]
    fn mul(self, other: Dd) -> Self {
        let product = self.hi * other.hi;
        let error = self.hi.mul_add(other.hi, -product);
        Dd::normal(product, error + (self.hi * other.lo + self.lo * other.hi))
    }

    fn div(self, other: Dd) -> Self {
        let first = self.hi / other.hi;
        let rest = self.sub(other.mul(Dd::from(first)));
        Dd::normal(first, rest.hi / other.hi)
    }

    /// Times a power of two or its negative: exact.
    fn scale(self, by: f64) -> Self {
        Dd { hi: self.hi * by, lo: self.lo * by }
    }

    fn abs(self) -> Self {
        if self.hi < 0.0 { self.scale(-1.0) } else { self }
    }

    fn value(self) -> f64 {
        self.hi + self.lo
    }
}
