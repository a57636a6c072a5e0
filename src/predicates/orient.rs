//! On which side of a line is a point?
//!
//! A computed determinant decides where it is larger than its rounding error can be (the bound is that of Shewchuk, Adaptive
//! Precision Floating-Point Arithmetic, 1997, for the first stage of orient2d); else integers do.

use std::cmp::Ordering;

use super::integer::{Integer, common_unit};
use crate::simd::Lanes;

type Point = (f64, f64);

/// A determinant further from 0 than this times the sum of its two products has the right sign, ...
const ERROR: f64 = (3.0 + 16.0 * f64::EPSILON) * (f64::EPSILON / 2.0);

/// ... unless underflow took more than that: no product of that size lost a bit that counts.
const TINY: f64 = 1e-280;

/// Greater where `p` lies left of the line from `a` to `b`, Less where right, Equal where on it; exact for all finite doubles.
#[inline(always)]
pub(crate) fn orientation(a: Point, b: Point, p: Point) -> Ordering {
    match quick_is_left(a, b, p) {
        (true, true) => Ordering::Greater,
        (false, true) => Ordering::Less,
        _ => careful(a, b, p),
    }
}

/// Whether `p` lies left of the line from `a` to `b`, and whether that is sure: no branches, no more than a computed determinant.
#[inline(always)]
pub(crate) fn quick_is_left(a: Point, b: Point, p: Point) -> (bool, bool) {
    let (left, right) = ((b.0 - a.0) * (p.1 - a.1), (b.1 - a.1) * (p.0 - a.0));
    let determinant = left - right;
    // The second is not true for NaN, which an overflow may make.
    (determinant > 0.0, determinant.abs() - (ERROR * (left.abs() + right.abs()) + TINY) >= 0.0)
}

/// The signs of left - right as bits, and where they are sure.
#[inline(always)]
pub(crate) fn difference<V: Lanes>(left: V, right: V) -> (u32, u32) {
    let difference = left.sub(right);
    let bound = left.abs().add(right.abs()).mul(V::splat(ERROR)).add(V::splat(TINY));
    (difference.signs(), V::splat(0.0).at_most(difference.abs().sub(bound)))
}

#[cold]
#[inline(never)]
fn careful(a: Point, b: Point, p: Point) -> Ordering {
    // Points on vertices and on edges along the axes are common.
    if p == a || p == b || (b.0 == a.0 || p.1 == a.1) && (b.1 == a.1 || p.0 == a.0) {
        return Ordering::Equal;
    }
    let values = [a.0, a.1, b.0, b.1, p.0, p.1];
    let unit = common_unit(&values);
    match small(values, unit) {
        Some([ax, ay, bx, by, px, py]) => {
            let product = |a: i64, b: i64| i128::from(a) * i128::from(b);
            product(bx - ax, py - ay).cmp(&product(by - ay, px - ax))
        }
        None => by_wide_integers(values, unit),
    }
}

fn by_wide_integers(values: [f64; 6], unit: i32) -> Ordering {
    let [ax, ay, bx, by, px, py] = values.map(|value| Integer::new(value, unit));
    let left = bx.minus(&ax).times(&py.minus(&ay));
    let right = by.minus(&ay).times(&px.minus(&ax));
    left.minus(&right).sign()
}

/// These numbers in units of 2^unit, of which they are multiples, if their differences are integers of 64 bits, as those of most
/// coordinates are.
fn small(values: [f64; 6], unit: i32) -> Option<[i64; 6]> {
    if unit.abs() > 1000 {
        return None;
    }
    let scale = 2f64.powi(-unit);
    let values = values.map(|value| value * scale);
    values.iter().all(|value| value.abs() < 2f64.powi(62)).then(|| values.map(|value| value as i64))
}

/// Whether `p`, moved right by next to nothing and up by still less, lies left of the line from `a` to `b`. No such point
/// is on any line through vertices, so everything that is counted with it agrees: a point on an edge is on its right, and an
/// edge holds its lower end but not its upper one. `a` and `b` differ.
#[inline(always)]
pub(crate) fn is_left(a: Point, b: Point, p: Point) -> bool {
    match orientation(a, b, p) {
        Ordering::Greater => true,
        Ordering::Less => false,
        Ordering::Equal => b.1 < a.1 || (b.1 == a.1 && b.0 > a.0),
    }
}

/// Whether `p` is on the edge from `a` to `b`, ends included.
#[inline]
pub(crate) fn is_on_edge(a: Point, b: Point, p: Point) -> bool {
    is_between(a.0, b.0, p.0) && is_between(a.1, b.1, p.1) && orientation(a, b, p) == Ordering::Equal
}

fn is_between(a: f64, b: f64, p: f64) -> bool {
    a.min(b) <= p && p <= a.max(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    /// The sign by integers alone.
    fn exact(a: Point, b: Point, p: Point) -> Ordering {
        let values = [a.0, a.1, b.0, b.1, p.0, p.1].map(|value| (value * 2f64.powi(60)) as i128);
        let [ax, ay, bx, by, px, py] = values;
        ((bx - ax) * (py - ay)).cmp(&((by - ay) * (px - ax)))
    }

    #[test]
    fn near_lines_agrees_with_wide_integers() {
        // 30 bits of fraction, so that products fit the 128 bits of the oracle.
        let mut random = Random(11);
        let mut on_line = 0;
        for round in 0..100_000 {
            let scale = 2f64.powi(-30);
            let mut number = || (random.below(1 << 12) as f64 - 2048.0) * scale;
            let (a, d) = ((number(), number()), (number(), number()));
            let (s, t) = (random.below(7) as f64 - 3.0, random.below(7) as f64 - 3.0);
            let b = (a.0 + d.0 * s, a.1 + d.1 * s);
            let step = if round % 2 == 0 { 0.0 } else { 2f64.powi(-60 + 20 * (round % 3)) };
            let p = (a.0 + d.0 * t + step, a.1 + d.1 * t);
            let want = exact(a, b, p);
            assert_eq!(orientation(a, b, p), want, "{a:?} {b:?} {p:?}");
            assert_eq!(orientation(b, a, p), want.reverse());
            let values = [a.0, a.1, b.0, b.1, p.0, p.1];
            assert_eq!(by_wide_integers(values, common_unit(&values)), want);
            assert_eq!(orientation(b, p, a), want);
            on_line += usize::from(want == Ordering::Equal);
        }
        assert!(on_line > 10_000);
    }

    #[test]
    fn every_scale_decides_alike() {
        // A point on a line, and its neighbours by one unit of the last place, from subnormal to huge numbers.
        for exponent in [-1070, -900, -565, -300, 0, 500, 900, 1020] {
            let s = 2f64.powi(exponent / 2) * 2f64.powi(exponent - exponent / 2);
            let (a, b, p) = ((0.0, s), (3.0 * s, 4.0 * s), (s, 2.0 * s));
            assert_eq!(orientation(a, b, p), Ordering::Equal, "2^{exponent}");
            assert_eq!(orientation(a, b, (p.0, p.1.next_up())), Ordering::Greater, "2^{exponent}");
            assert_eq!(orientation(a, b, (p.0, p.1.next_down())), Ordering::Less, "2^{exponent}");
        }
        let m = f64::MAX;
        assert_eq!(orientation((-m, -m), (m, m), (0.5, 0.5)), Ordering::Equal);
        assert_eq!(orientation((-m, -m), (m, m), (0.5, 0.5f64.next_up())), Ordering::Greater);
        assert_eq!(orientation((-m, -m), (m, m), (5e-324, 0.0)), Ordering::Less);
        assert_eq!(orientation((-m, 0.0), (m, 1e10), (0.0, 5e9)), Ordering::Equal);
    }

    #[test]
    fn ties_are_broken_as_by_a_step_to_the_right() {
        let (low, high) = ((0.0, 0.0), (1.0, 2.0));
        let middle = (0.5, 1.0);
        assert!(!is_left(low, high, middle) && is_left(high, low, middle));
        let (west, east) = ((0.0, 0.0), (2.0, 0.0));
        assert!(is_left(west, east, (1.0, 0.0)) && !is_left(east, west, (1.0, 0.0)));
        assert!(is_on_edge(low, high, middle) && is_on_edge(low, high, high) && !is_on_edge(low, high, (2.0, 4.0)));
    }
}
