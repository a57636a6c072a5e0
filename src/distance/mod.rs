//! Distances from points to edges: quickly with a bound of the error, exactly compared, and as a number.

mod doubled;

use std::cmp::Ordering;

use crate::predicates::integer::{Integer, common_unit};
use crate::simd::{Lanes, Number};
use doubled::Doubled;

type Point = (f64, f64);

/// The error of a computed square is at most this times the square of the distance from the edge's start, ...
const ERROR: f64 = 1.0 / (1u64 << 48) as f64;

/// ... plus this, which covers what underflow takes.
const TINY: f64 = 1e-280;

/// Four edges from a to b, ready for [`Edge::squares`].
#[derive(Clone, Copy, Default)]
pub(crate) struct Edge<N> {
    a: (N, N),
    d: (N, N),
    /// One over the squared length.
    inverse: N,
    /// What is to be added to all errors.
    error: N,
}

impl<V: Lanes> Edge<V> {
    #[inline(always)]
    pub(crate) fn new((ax, ay): (V, V), (bx, by): (V, V)) -> Self {
        let (dx, dy) = (bx.sub(ax), by.sub(ay));
        let length = dx.mul(dx).add(dy.mul(dy));
        // An edge too long for its square, whose u is 0 wherever the point is, must not pass for one that is known.
        let unless_overflown = length.sub(length);
        Edge {
            a: (ax, ay),
            d: (dx, dy),
            inverse: V::splat(1.0).div(length),
            error: V::splat(TINY).add(unless_overflown),
        }
    }

    /// The squared lengths, up to rounding.
    #[inline(always)]
    pub(crate) fn squared_lengths(&self) -> V {
        let (dx, dy) = self.d;
        dx.mul(dx).add(dy.mul(dy))
    }

    /// As plain numbers.
    #[inline(always)]
    pub(crate) fn store(&self) -> Edge<[f64; 4]> {
        Edge {
            a: (self.a.0.store(), self.a.1.store()),
            d: (self.d.0.store(), self.d.1.store()),
            inverse: self.inverse.store(),
            error: self.error.store(),
        }
    }

    /// One of four edges, four times.
    #[inline(always)]
    pub(crate) fn splat(four: &Edge<[f64; 4]>, lane: usize) -> Self {
        Edge {
            a: (V::splat(four.a.0[lane]), V::splat(four.a.1[lane])),
            d: (V::splat(four.d.0[lane]), V::splat(four.d.1[lane])),
            inverse: V::splat(four.inverse[lane]),
            error: V::splat(four.error[lane]),
        }
    }

    /// About the squared distance from (px, py) to each edge, and how far off that may be.
    ///
    /// With w the way from a to p and d that from a to b, the nearest place is a + u d, u = (w . d) / (d . d) held within
    /// [0, 1]. Each of u d's coordinates is off by at most 12 roundings of |w|, the way from there to p by 14, and its square by 30
    /// of |w|^2. NaN, where something overflowed, is for the caller to treat as any number.
    #[inline(always)]
    pub(crate) fn squares(&self, (px, py): (V, V)) -> (V, V) {
        let ((ax, ay), (dx, dy)) = (self.a, self.d);
        let (wx, wy) = (px.sub(ax), py.sub(ay));
        let along = wx.mul(dx).add(wy.mul(dy));
        // An edge of no length makes NaN, which `max` turns into 0.
        let u = along.mul(self.inverse).max(V::splat(0.0)).min(V::splat(1.0));
        let (x, y) = (wx.sub(u.mul(dx)), wy.sub(u.mul(dy)));
        let from_start = wx.mul(wx).add(wy.mul(wy));
        (x.mul(x).add(y.mul(y)), from_start.mul(V::splat(ERROR)).add(self.error))
    }

    /// Bits of the edges whose starts, and of those whose ends (`b`), are what is nearest to (px, py), if computed products say so
    /// for certain, as [`sure_sign`] has it.
    #[inline(always)]
    pub(crate) fn nearest_ends(&self, (bx, by): (V, V), (px, py): (V, V)) -> (u32, u32) {
        let ((ax, ay), (dx, dy)) = (self.a, self.d);
        let (x, y) = (px.sub(ax).mul(dx), py.sub(ay).mul(dy));
        let (end_x, end_y) = (px.sub(bx).mul(dx), py.sub(by).mul(dy));
        let zero = V::splat(0.0);
        let before = zero.sub(x.add(y)).sub(doubt(x, y));
        let behind = end_x.add(end_y).sub(doubt(end_x, end_y));
        let least = V::splat(f64::from_bits(1));
        let is_start = least.at_most(before);
        (is_start, least.at_most(behind) & !is_start)
    }
}

/// What the sum of two products of computed differences is off by at most.
#[inline(always)]
fn doubt<V: Lanes>(x: V, y: V) -> V {
    x.abs().add(y.abs()).mul(V::splat(ERROR)).add(V::splat(TINY))
}

impl Edge<[f64; 4]> {
    /// Where one of them starts.
    #[inline(always)]
    pub(crate) fn start(&self, lane: usize) -> (f64, f64) {
        (self.a.0[lane], self.a.1[lane])
    }
}

/// A distance, ready to be compared with squares that are known up to an error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    pub(crate) distance: f64,
    /// Squares that are at most this are within for certain; negative where none is.
    inside: f64,
    /// Squares that are at least this are not within for certain.
    outside: f64,
    /// Squared distances between places, computed with a few roundings, that are at most this are within for certain.
    pub(crate) surely: f64,
}

impl Limit {
    /// `distance` is not negative; infinity is no limit.
    pub(crate) fn new(distance: f64) -> Self {
        let square = distance * distance;
        let inside = if square > TINY { square.min(f64::MAX) * (1.0 - ERROR) } else { -1.0 };
        Limit { distance, inside, outside: Limit::above(square), surely: inside * (1.0 - ERROR) - TINY }
    }

    /// A squared distance, computed with a few roundings, above which nothing is of interest.
    #[inline(always)]
    pub(crate) fn above<N: Number>(square: N) -> N {
        square.mul(N::splat(1.0 + ERROR)).add(N::splat(TINY))
    }

    /// No box further away than the root of this has anything within.
    pub(crate) fn outside(&self) -> f64 {
        self.outside
    }

    /// Bits of the squares that are within for certain, and of those that may be or not.
    #[inline(always)]
    pub(crate) fn judge<V: Lanes>(&self, squares: V, errors: V) -> (u32, u32) {
        let within = squares.add(errors).at_most(V::splat(self.inside));
        let beyond = V::splat(self.outside).at_most(squares.sub(errors));
        (within, !(within | beyond))
    }
}

/// Whether the edge from `a` to `b` is at most `distance` away from `p`; exact for all finite doubles.
#[cold]
#[inline(never)]
pub(crate) fn is_within(a: Point, b: Point, p: Point, distance: f64) -> bool {
    if distance == f64::INFINITY {
        return true;
    }
    let values = [a.0, a.1, b.0, b.1, p.0, p.1, distance];
    let unit = common_unit(&values);
    let [ax, ay, bx, by, px, py, distance] = values.map(|value| Integer::new(value, unit));
    let (dx, dy) = (bx.minus(&ax), by.minus(&ay));
    let (wx, wy) = (px.minus(&ax), py.minus(&ay));
    let (vx, vy) = (px.minus(&bx), py.minus(&by));
    let dot = |x: &Integer, y: &Integer, z: &Integer, w: &Integer| x.times(z).plus(&y.times(w));
    let limit = distance.times(&distance);
    let at_most = |left: Integer, right: Integer| left.minus(&right).sign() != Ordering::Greater;
    if dot(&wx, &wy, &dx, &dy).sign() != Ordering::Greater {
        return at_most(dot(&wx, &wy, &wx, &wy), limit);
    }
    if dot(&vx, &vy, &dx, &dy).sign() != Ordering::Less {
        return at_most(dot(&vx, &vy, &vx, &vy), limit);
    }
    let area = dx.times(&wy).minus(&dy.times(&wx));
    at_most(area.times(&area), limit.times(&dot(&dx, &dy, &dx, &dy)))
}

/// Whether the nearest place of the edge from `a` to `b` is its start (false) or its end (true), if a computed product says so
/// for certain.
#[inline(always)]
fn nearest_end(a: Point, b: Point, p: Point) -> Option<bool> {
    let d = (b.0 - a.0, b.1 - a.1);
    match sure_sign((p.0 - a.0, p.1 - a.1), d) {
        Some(Ordering::Less) => Some(false),
        _ => (sure_sign((p.0 - b.0, p.1 - b.1), d) == Some(Ordering::Greater)).then_some(true),
    }
}

/// The sign of a scalar product of computed differences, if it is that of the exact one for certain: a product is off by three
/// roundings, their sum by one more.
#[inline(always)]
fn sure_sign((wx, wy): Point, (dx, dy): Point) -> Option<Ordering> {
    let (x, y) = (wx * dx, wy * dy);
    let bound = (x.abs() + y.abs()) * ERROR + TINY;
    // Not true for NaN, which an overflow may make.
    if (x + y).abs() - bound > 0.0 { (x + y).partial_cmp(&0.0) } else { None }
}

/// The distance from `p` to the edge from `a` to `b`, within 2 ulp (and with few exceptions the double nearest to it); 0 only if
/// it touches; the same for an edge and its reverse, and, where an end is the nearest place, for all edges from there.
#[inline(never)]
pub(crate) fn distance(a: Point, b: Point, p: Point) -> f64 {
    match nearest_end(a, b, p) {
        Some(false) => return to_vertex(a, p),
        Some(true) => return to_vertex(b, p),
        None => {}
    }
    let (a, b) = if a < b { (a, b) } else { (b, a) };
    let Some((dx, dy)) = Doubled::differences(b, a) else { return in_integers(a, b, p) };
    let Some((wx, wy)) = Doubled::differences(p, a) else { return in_integers(a, b, p) };
    let Some((vx, vy)) = Doubled::differences(p, b) else { return in_integers(a, b, p) };
    if wx.times(dx).plus(wy.times(dy)).high <= 0.0 {
        return to_vertex(a, p);
    }
    if vx.times(dx).plus(vy.times(dy)).high >= 0.0 {
        return to_vertex(b, p);
    }
    let (left, right) = (dx.times(wy), dy.times(wx));
    let area = left.minus(right);
    // The edge's line passes so near that too few digits are left.
    if area.high.abs() < left.high.abs().max(right.high.abs()) * 1e-9 {
        return in_integers(a, b, p);
    }
    area.times(area).over(dx.times(dx).plus(dy.times(dy))).root()
}

/// The distance between two places, as [`distance`].
#[inline(never)]
pub(crate) fn to_vertex(a: Point, p: Point) -> f64 {
    match Doubled::differences(p, a) {
        Some((x, y)) => x.times(x).plus(y.times(y)).root(),
        None => in_integers(a, a, p),
    }
}

/// [`to_vertex`] of four, and bits of those for which this is what it gives.
#[inline(always)]
pub(crate) fn to_vertices<V: Lanes>((ax, ay): (V, V), (px, py): (V, V)) -> ([f64; 4], u32) {
    let ((x, x_is), (y, y_is)) = (Doubled::difference(px, ax), Doubled::difference(py, ay));
    let square = x.times(x).plus(y.times(y));
    (square.root_unless_zero().store(), x_is & y_is & V::splat(1e-130).at_most(square.high))
}

/// See [`distance`].
fn in_integers(a: Point, b: Point, p: Point) -> f64 {
    let values = [a.0, a.1, b.0, b.1, p.0, p.1];
    let unit = common_unit(&values);
    let [ax, ay, bx, by, px, py] = values.map(|value| Integer::new(value, unit));
    let (dx, dy) = (bx.minus(&ax), by.minus(&ay));
    let (wx, wy) = (px.minus(&ax), py.minus(&ay));
    let (vx, vy) = (px.minus(&bx), py.minus(&by));
    let dot = |x: &Integer, y: &Integer, z: &Integer, w: &Integer| x.times(z).plus(&y.times(w));
    let leading = |integer: Integer| {
        let (high, low, e) = integer.leading();
        (Doubled { high, low }, e)
    };
    let (square, e) = if dot(&wx, &wy, &dx, &dy).sign() != Ordering::Greater {
        leading(dot(&wx, &wy, &wx, &wy))
    } else if dot(&vx, &vy, &dx, &dy).sign() != Ordering::Less {
        leading(dot(&vx, &vy, &vx, &vy))
    } else {
        let (area, length) = (leading(dx.times(&wy).minus(&dy.times(&wx))), leading(dot(&dx, &dy, &dx, &dy)));
        (area.0.times(area.0).over(length.0), 2 * area.1 - length.1)
    };
    // An even power has a root.
    let (m, e) = match e % 2 {
        0 => (square.root(), e / 2),
        _ => (square.times(Doubled { high: 2.0, low: 0.0 }).root(), (e - 1) / 2),
    };
    scaled(m, e + unit)
}

/// m * 2^e, rounded once.
fn scaled(m: f64, e: i32) -> f64 {
    let mut value = m;
    let mut left = e;
    while left > 500 {
        value *= 2f64.powi(500);
        left -= 500;
    }
    // Down in steps that stay exact until the last.
    while left < -500 && value > 2f64.powi(-400) {
        value *= 2f64.powi(-500);
        left += 500;
    }
    let value = if left < -1000 { 0.0 } else { value * 2f64.powi(left / 2) * 2f64.powi(left - left / 2) };
    // Only what touches is 0 away.
    if m > 0.0 { value.max(f64::from_bits(1)) } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{Level, Task, dispatch};
    use crate::testing::Random;

    struct Squares(Point, Point, Point, f64);

    /// What vectors know of an edge and a point.
    struct Known {
        square: f64,
        error: f64,
        within: u32,
        doubtful: u32,
        /// Whether the nearest place is the start, and whether it is the end, for certain.
        ends: (bool, bool),
        /// The distance from the start, if vectors can measure it.
        to_start: Option<f64>,
    }

    impl Task for Squares {
        type Output = Known;

        #[inline(always)]
        fn run<V: Lanes>(self) -> Self::Output {
            let Squares(a, b, p, limit) = self;
            let [ax, ay, bx, by, px, py] = [a.0, a.1, b.0, b.1, p.0, p.1].map(V::splat);
            let edge = Edge::new((ax, ay), (bx, by));
            let (squares, errors) = edge.squares((px, py));
            let (within, doubtful) = Limit::new(limit).judge(squares, errors);
            let (starts, ends) = edge.nearest_ends((bx, by), (px, py));
            let (distances, sure) = to_vertices((ax, ay), (px, py));
            Known {
                square: squares.store()[0],
                error: errors.store()[0],
                within: within & 1,
                doubtful: doubtful & 1,
                ends: (starts & 1 == 1, ends & 1 == 1),
                to_start: (sure & 1 == 1).then_some(distances[0]),
            }
        }
    }

    fn number(random: &mut Random, round: usize) -> f64 {
        match round % 4 {
            0 => random.below(12) as f64 - 6.0,
            1 => random.normal(),
            2 => 4.5e6 + random.below(1000) as f64 * 1e-3,
            _ => random.normal() * 2f64.powi(random.below(60) as i32 - 30),
        }
    }

    #[test]
    fn the_quick_the_exact_and_the_accurate_agree() {
        let mut random = Random(21);
        let (mut equal, mut known, mut asked) = (0, (0, 0), 0);
        for round in 0..40_000 {
            let mut point = || (number(&mut random, round), number(&mut random, round));
            let (a, b, p) = (point(), if round % 7 == 0 { (0.0, 0.0) } else { point() }, point());
            let b = if round % 11 == 0 { a } else { b };
            let d = distance(a, b, p);
            assert_eq!(d, distance(b, a, p), "{a:?} {b:?} {p:?}");
            let integers = in_integers(a, b, p);
            assert!((d - integers).abs() <= d.next_up() - d, "{a:?} {b:?} {p:?}: {d:e} {integers:e}");
            // Within 2 ulp of the truth.
            let (below, above) = (d.next_down().next_down().max(0.0), d.next_up().next_up());
            assert!(is_within(a, b, p, above), "{a:?} {b:?} {p:?} {d:e}");
            assert!(d == 0.0 || below == 0.0 || !is_within(a, b, p, below), "{a:?} {b:?} {p:?} {d:e}");
            equal += usize::from(is_within(a, b, p, d) && !is_within(a, b, p, d.next_down().max(0.0)));
            for limit in [d, below, above, d * 0.5, d * 2.0, 0.0] {
                let want = is_within(a, b, p, limit);
                for level in Level::all() {
                    asked += 1;
                    let Known { square, error, within, doubtful, ends, to_start } =
                        dispatch(level, Squares(a, b, p, limit));
                    assert!(doubtful == 1 || (within == 1) == want, "{a:?} {b:?} {p:?} {limit:e}");
                    assert!((square - d * d).abs() <= error, "{a:?} {b:?} {p:?}: {square:e} {d:e} {error:e}");
                    assert!(!ends.0 || d == to_vertex(a, p), "{a:?} {b:?} {p:?}");
                    assert!(!ends.1 || d == to_vertex(b, p) && !ends.0, "{a:?} {b:?} {p:?}");
                    assert!(to_start.is_none_or(|distance| distance == to_vertex(a, p)), "{a:?} {p:?}");
                    known = (known.0 + u32::from(ends.0 || ends.1), known.1 + u32::from(to_start.is_some()));
                }
            }
        }
        assert!(equal > 10_000);
        // Both are there to be of use.
        assert!(known.0 > asked / 3 && known.1 > asked * 9 / 10, "{known:?} of {asked}");
    }

    #[test]
    fn every_scale_measures_alike() {
        for exponent in [-1070, -1000, -520, -170, 0, 300, 520, 900, 1019] {
            let s = 2f64.powi(exponent / 2) * 2f64.powi(exponent - exponent / 2);
            let d = distance((-3.0 * s, -s), (5.0 * s, 5.0 * s), (s, -3.0 * s));
            assert_eq!(d, 4.0 * s, "2^{exponent}");
            assert_eq!(distance((0.0, 0.0), (-s, -s), (3.0 * s, 4.0 * s)), 5.0 * s, "2^{exponent}");
            assert!(is_within((0.0, 0.0), (-s, -s), (3.0 * s, 4.0 * s), 5.0 * s));
            assert!(!is_within((0.0, 0.0), (-s, -s), (3.0 * s, 4.0 * s), (5.0 * s).next_down()));
        }
        let m = f64::MAX;
        assert_eq!(distance((-m, -m), (m, m), (1.0, 1.0)), 0.0);
        assert_eq!(distance((-m, 0.0), (m, 0.0), (3.0, 1e-300)), 1e-300);
        assert_eq!(distance((m, m), (m, m), (-m, m)), f64::INFINITY);
    }
}
