//! Decisions near a tie, against exact arithmetic that shares nothing with the library's.

use std::cmp::Ordering;

use super::close::Candidate;
use crate::distance::{Edge, Limit, distance, is_within};
use crate::predicates::compare_squares;
use crate::predicates::orient::{is_left, is_on_edge, orientation};
use crate::simd::{Lanes, Level, Task, dispatch};
use crate::testing::Random;

type Point = (f64, f64);

/// A number as a sum of digits times powers of 2^32, without bounds: `digits[i]`, from -2^31 to 2^31, counts for
/// 2^(32 (i + place)). Every digit has its own sign, so that of the highest one is the number's.
struct Exact {
    place: i32,
    digits: Vec<i64>,
}

impl Exact {
    fn new(value: f64) -> Self {
        let bits = value.to_bits();
        let exponent = (bits >> 52 & 0x7FF) as i32;
        let hidden = i128::from(exponent > 0) << 52;
        let mantissa = i128::from(bits & ((1 << 52) - 1)) | hidden;
        // In units of 2^-1088, 34 places below 1.
        let shift = exponent.max(1) - 1 + 14;
        let signed = if value < 0.0 { -mantissa } else { mantissa };
        Exact::carried(shift / 32 - 34, vec![signed << (shift % 32)])
    }

    /// Digits of any size brought into their range.
    fn carried(place: i32, sums: Vec<i128>) -> Self {
        let mut digits = Vec::with_capacity(sums.len() + 3);
        let mut carry = 0i128;
        let mut sums = sums.into_iter();
        while let Some(sum) = sums.next().or((carry != 0).then_some(0)) {
            let sum = sum + carry;
            let digit = sum as i32;
            carry = (sum - i128::from(digit)) >> 32;
            digits.push(digit.into());
        }
        Exact { place, digits }
    }

    /// self + times * other.
    fn plus(&self, times: i64, other: &Exact) -> Self {
        let place = self.place.min(other.place);
        let end = |number: &Exact| number.place + number.digits.len() as i32;
        let mut sums = vec![0; (end(self).max(end(other)) - place) as usize];
        for (factor, number) in [(1, self), (times, other)] {
            for (sum, digit) in sums[(number.place - place) as usize..].iter_mut().zip(&number.digits) {
                *sum += i128::from(factor * digit);
            }
        }
        Exact::carried(place, sums)
    }

    fn times(&self, other: &Exact) -> Self {
        let mut sums = vec![0; self.digits.len() + other.digits.len()];
        for (i, a) in self.digits.iter().enumerate().filter(|(_, a)| **a != 0) {
            for (sum, b) in sums[i..].iter_mut().zip(&other.digits) {
                *sum += i128::from(a * b);
            }
        }
        Exact::carried(self.place + other.place, sums)
    }

    fn sign(&self) -> Ordering {
        self.digits.iter().rev().find(|digit| **digit != 0).map_or(Ordering::Equal, |digit| digit.cmp(&0))
    }

    fn compare(&self, other: &Exact) -> Ordering {
        self.plus(-1, other).sign()
    }
}

/// The way from one point to another.
struct Way {
    x: Exact,
    y: Exact,
}

impl Way {
    fn new(from: Point, to: Point) -> Self {
        let difference = |to: f64, from: f64| Exact::new(to).plus(-1, &Exact::new(from));
        Way { x: difference(to.0, from.0), y: difference(to.1, from.1) }
    }

    fn dot(&self, other: &Way) -> Exact {
        self.x.times(&other.x).plus(1, &self.y.times(&other.y))
    }

    fn cross(&self, other: &Way) -> Exact {
        self.x.times(&other.y).plus(-1, &self.y.times(&other.x))
    }
}

/// Two points, a third near the line through them, on it, or near what else decides, and about its distance.
struct Case {
    a: Point,
    b: Point,
    p: Point,
    reach: f64,
}

/// 2^exponent * value, or the largest double.
fn scaled(value: f64, exponent: i32) -> f64 {
    let half = exponent / 2;
    (value * 2f64.powi(half) * 2f64.powi(exponent - half)).clamp(f64::MIN, f64::MAX)
}

/// `value` or a double that is not far from it.
fn nudged(value: f64, random: &mut Random) -> f64 {
    let step = if random.below(2) == 0 { f64::next_up } else { f64::next_down };
    let steps = [0, 0, 0, 0, 1, 1, 2, 3][random.below(8)];
    (0..steps).fold(value, |value, _| step(value)).clamp(f64::MIN, f64::MAX)
}

impl Case {
    fn new(random: &mut Random) -> Self {
        let any_exponent = |random: &mut Random| random.below(1019 + 1074 + 1) as i32 - 1074;
        let scale = if random.below(2) == 0 { 0 } else { any_exponent(random) };
        let family = random.below(4);
        let number = |random: &mut Random| {
            let small = random.below(17) as f64 - 8.0;
            match family {
                0 => scaled(small, scale),
                1 => scaled(4.5e6 + small * 2f64.powi(-10), scale),
                2 => scaled(random.normal(), scale),
                _ => scaled(small, any_exponent(random)),
            }
        };
        let point = |random: &mut Random| (number(random), number(random));
        let a = point(random);
        let b = if random.below(16) == 0 { a } else { point(random) };
        let (dx, dy) = (b.0 * 0.5 - a.0 * 0.5, b.1 * 0.5 - a.1 * 0.5);
        let t = if random.below(2) == 0 { random.below(9) as f64 - 2.0 } else { 4.0 * random.unit() - 1.0 };
        let p = match random.below(8) {
            0 => point(random),
            1 => [a, b][random.below(2)],
            // Across from an end.
            2 => (a.0 - dy * t, a.1 + dx * t),
            3 => (b.0 + dy * t, b.1 - dx * t),
            // As far from either end.
            4 => (a.0 + dx - dy * t, a.1 + dy + dx * t),
            _ => (a.0 + dx * t, a.1 + dy * t),
        };
        let p = (nudged(p.0, random), nudged(p.1, random));
        let reach = match random.below(8) {
            0 => 0.0,
            1 => number(random).abs(),
            2 => (p.0 - a.0).hypot(p.1 - a.1),
            3 => (p.0 - b.0).hypot(p.1 - b.1),
            4 => ((dx * (p.1 - a.1) - dy * (p.0 - a.0)) / dx.hypot(dy)).abs(),
            _ => distance(a, b, p),
        };
        let reach = if reach.is_nan() { 0.0 } else { nudged(reach, random).abs() };
        Case { a, b, p, reach }
    }

    /// Whether the edge is at most `reach` away: one of its ends is, or the foot of the point is on it and is.
    fn is_within(&self, reach: f64) -> bool {
        let (d, w, v) = (Way::new(self.a, self.b), Way::new(self.a, self.p), Way::new(self.b, self.p));
        let reach = Exact::new(reach);
        let limit = reach.times(&reach);
        let has_foot = || w.dot(&d).sign() == Ordering::Greater && v.dot(&d).sign() == Ordering::Less;
        let area = || d.cross(&w);
        w.dot(&w).compare(&limit) != Ordering::Greater
            || v.dot(&v).compare(&limit) != Ordering::Greater
            || has_foot() && area().times(&area()).compare(&limit.times(&d.dot(&d))) != Ordering::Greater
    }
}

/// What the quick computation says of cases: within, in doubt.
struct Judge<'a>(&'a [Case]);

impl Task for Judge<'_> {
    type Output = Vec<(bool, bool)>;

    #[inline(always)]
    fn run<V: Lanes>(self) -> Self::Output {
        let mut judged = Vec::with_capacity(self.0.len());
        for Case { a, b, p, reach } in self.0 {
            let [ax, ay, bx, by, px, py] = [a.0, a.1, b.0, b.1, p.0, p.1].map(V::splat);
            let (square, error) = Edge::new((ax, ay), (bx, by)).squares((px, py));
            let (within, doubtful) = Limit::new(*reach).judge(square, error);
            judged.push((within & 1 == 1, doubtful & 1 == 1));
        }
        judged
    }
}

/// Cases, and those of them where the answer hangs on the last bit there is.
#[derive(Default)]
struct Tally {
    sides: u64,
    on_line: u64,
    comparisons: u64,
    as_far: u64,
    reaches: u64,
    within: u64,
    doubtful: u64,
    distances: u64,
}

impl Tally {
    fn check(&mut self, case: &Case, judged: &[(bool, bool)], measure: bool) {
        let &Case { a, b, p, reach } = case;
        let name = || format!("a {a:?} b {b:?} p {p:?} reach {reach:e}");

        let side = Way::new(a, b).cross(&Way::new(a, p)).sign();
        assert_eq!(orientation(a, b, p), side, "{}", name());
        assert_eq!(orientation(b, p, a), side, "{}", name());
        assert_eq!(orientation(p, b, a), side.reverse(), "{}", name());
        let is_between = |a: f64, b: f64, p: f64| (a <= p && p <= b) || (b <= p && p <= a);
        let is_in_box = is_between(a.0, b.0, p.0) && is_between(a.1, b.1, p.1);
        assert_eq!(is_on_edge(a, b, p), side == Ordering::Equal && is_in_box, "{}", name());
        if a != b {
            // A point on the line is left of one way along it and not of the other.
            let sides = (is_left(a, b, p), is_left(b, a, p));
            assert_eq!(sides.0, !sides.1, "{}", name());
            assert!(side == Ordering::Equal || sides.0 == (side == Ordering::Greater), "{}", name());
        }
        self.sides += 3;
        self.on_line += u64::from(side == Ordering::Equal);

        let (w, v) = (Way::new(a, p), Way::new(b, p));
        let (from_a, from_b) = ([(a.0, p.0), (a.1, p.1)], [(b.0, p.0), (b.1, p.1)]);
        let nearer = w.dot(&w).compare(&v.dot(&v));
        assert_eq!(compare_squares(&from_a, &from_b), nearer, "{}", name());
        let (first, second) = (Candidate::at(a, 0, p), Candidate::at(b, 1, p));
        assert_eq!(first.beats(&second, p), nearer != Ordering::Greater, "{}", name());
        assert_eq!(second.beats(&first, p), nearer == Ordering::Greater, "{}", name());
        let limit = Exact::new(reach).times(&Exact::new(reach));
        let close = w.dot(&w).compare(&limit);
        assert_eq!(compare_squares(&from_a, &[(reach, 0.0)]), close, "{}", name());
        self.comparisons += 4;
        self.as_far += u64::from(nearer == Ordering::Equal) + u64::from(close == Ordering::Equal);

        let want = case.is_within(reach);
        assert_eq!(is_within(a, b, p, reach), want, "{}", name());
        for &(within, doubtful) in judged {
            assert!(doubtful || within == want, "{}", name());
            self.doubtful += u64::from(doubtful);
        }
        self.reaches += 1 + judged.len() as u64;
        self.within += u64::from(want);

        if measure {
            let d = distance(a, b, p);
            assert_eq!(d, distance(b, a, p), "{}", name());
            assert_eq!(d == 0.0, case.is_within(0.0), "{}", name());
            let (below, above) = (d.next_down().next_down(), d.next_up().next_up());
            assert!(above >= f64::INFINITY || case.is_within(above), "{}: {d:e}", name());
            assert!(below <= 0.0 || below == f64::MAX || !case.is_within(below), "{}: {d:e}", name());
            self.distances += 1;
        }
    }

    fn total(&self) -> u64 {
        self.sides + self.comparisons + self.reaches + self.distances
    }
}

/// Answers to at least `least` questions.
fn check(seed: u64, least: u64) {
    const BATCH: usize = 1000;
    let mut random = Random(seed);
    let mut tally = Tally::default();
    while tally.total() < least {
        let cases: Vec<Case> = (0..BATCH).map(|_| Case::new(&mut random)).collect();
        let judged: Vec<_> = Level::all().map(|level| dispatch(level, Judge(&cases))).collect();
        for (i, case) in cases.iter().enumerate() {
            let judged: Vec<_> = judged.iter().map(|level| level[i]).collect();
            tally.check(case, &judged, i % 8 == 0);
        }
    }
    let Tally { sides, on_line, comparisons, as_far, reaches, within, doubtful, distances } = tally;
    println!("{sides} sides ({on_line} cases on the line), {comparisons} comparisons of distances ({as_far} ties),");
    println!("{reaches} of a reach ({within} cases within, {doubtful} left to integers), {distances} distances");
    let cases = sides / 3;
    assert!(on_line > cases / 10 && as_far > cases / 20 && within > cases / 5 && doubtful > reaches / 20);
}

#[test]
fn near_ties_are_decided_exactly() {
    check(41, 100_000);
}

#[test]
#[ignore = "takes minutes"]
fn long_run_of_near_ties() {
    check(42, 100_000_000);
}
