//! Numbers with twice the digits of a double (Dekker, A floating-point technique for extending the available precision, 1971).

use super::Point;
use crate::simd::{Lanes, Number, two_sum};

/// A number as the sum of two doubles, or four of them.
#[derive(Clone, Copy)]
pub(super) struct Doubled<N> {
    pub(super) high: N,
    pub(super) low: N,
}

impl Doubled<f64> {
    /// to - from, exactly, if they are neither so small nor so large that squares of their squares lose bits or overflow.
    #[inline(always)]
    pub(super) fn differences(to: Point, from: Point) -> Option<(Self, Self)> {
        let is_moderate = |x: f64| x == 0.0 || (1e-60..1e60).contains(&x.abs());
        let ((x, x_low), (y, y_low)) = (two_sum(to.0, -from.0), two_sum(to.1, -from.1));
        let both = (Doubled { high: x, low: x_low }, Doubled { high: y, low: y_low });
        (is_moderate(x) && is_moderate(y)).then_some(both)
    }

    pub(super) fn minus(self, other: Self) -> Self {
        self.plus(Doubled { high: -other.high, low: -other.low })
    }

    pub(super) fn over(self, other: Self) -> Self {
        let first = self.high / other.high;
        let rest = self.minus(other.times(Doubled { high: first, low: 0.0 }));
        let (high, low) = two_sum(first, rest.high / other.high);
        Doubled { high, low }
    }

    /// The root as one double.
    pub(super) fn root(self) -> f64 {
        if self.high == 0.0 { 0.0 } else { self.root_unless_zero() }
    }
}

impl<V: Lanes> Doubled<V> {
    /// to - from, exactly, and bits of those that are well within what [`Doubled::differences`] takes.
    #[inline(always)]
    pub(super) fn difference(to: V, from: V) -> (Self, u32) {
        let (high, low) = two_sum(to, V::splat(0.0).sub(from));
        let size = high.abs();
        let is_moderate = size.at_most(V::splat(0.0)) | V::splat(1e-60).at_most(size) & size.at_most(V::splat(1e59));
        (Doubled { high, low }, is_moderate)
    }
}

impl<N: Number> Doubled<N> {
    #[inline(always)]
    pub(super) fn plus(self, other: Self) -> Self {
        let (high, low) = two_sum(self.high, other.high);
        let (high, low) = two_sum(high, low.add(self.low.add(other.low)));
        Doubled { high, low }
    }

    #[inline(always)]
    pub(super) fn times(self, other: Self) -> Self {
        let high = self.high.mul(other.high);
        let low = self.high.mul(other.low).add(self.low.mul(other.high));
        let (high, low) = two_sum(high, product_error(self.high, other.high, high).add(low));
        Doubled { high, low }
    }

    /// The root as one double; NaN of 0.
    #[inline(always)]
    pub(super) fn root_unless_zero(self) -> N {
        let first = self.high.sqrt();
        let square = first.mul(first);
        let rest = self.high.sub(square).sub(product_error(first, first, square)).add(self.low);
        first.add(rest.div(N::splat(2.0).mul(first)))
    }
}

/// a * b - product without a fused operation: fast whether or not the machine has one.
#[inline(always)]
fn product_error<N: Number>(a: N, b: N, product: N) -> N {
    let ((a_high, a_low), (b_high, b_low)) = (split(a), split(b));
    a_low.mul(b_low).sub(product.sub(a_high.mul(b_high)).sub(a_low.mul(b_high)).sub(a_high.mul(b_low)))
}

/// The upper half of a number's digits, and the lower.
#[inline(always)]
fn split<N: Number>(number: N) -> (N, N) {
    let large = number.mul(N::splat(134_217_729.0));
    let high = large.sub(large.sub(number));
    (high, number.sub(high))
}
