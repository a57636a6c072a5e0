//! Fans: consecutive edges of a ring that go to and fro across a square, as spikes of stars and teeth of combs do.
//!
//! Each edge crosses the square from outside to outside, and the ring turns left and right by turns: so each edge lies beyond the
//! one before, and what is beyond one, on the side where the next one lies, is beyond all before it. Bisection finds the two that
//! a point is between, where it would else be compared with hundreds. (Edges that share a vertex outside the square do not meet
//! in it, unless one goes back where the other came from, and one that crosses it leaves those before on one side and those
//! behind on the other.)

use std::cmp::Ordering;
use std::hint::select_unpredictable;
use std::ops::Range;

use super::Chain;
use super::grid::Square;
use super::look::Crossings;
use super::survey::Survey;
use crate::index::shapes::Shapes;
use crate::predicates::orient::{difference, is_left, is_on_edge, orientation, quick_is_left};
use crate::simd::{Lanes, first_lanes, prefetch};

/// Fewer edges are as soon compared one by one.
pub(super) const LEAST: u32 = 65;

/// Bisections that go on step by step together.
const TOGETHER: usize = 16;

/// Whether edges of a ring begin with a fan in the square, and of how many edges; if not, how many may be left aside.
pub(super) fn begin(survey: &Survey<'_>, square: Square, edges: Range<u32>) -> (u32, bool) {
    if (edges.len() as u32) < LEAST {
        return (edges.len() as u32, false);
    }
    let vertex = |i| survey.shapes.vertex(i);
    let sides = Sides::of(survey, square);
    let mut turned = Ordering::Equal;
    let mut count = 0;
    for edge in edges.clone() {
        if !sides.are_crossed(survey, edge) {
            break;
        }
        count += 1;
        if edge + 1 < edges.end {
            let turns = orientation(vertex(edge), vertex(edge + 1), vertex(edge + 2));
            // Who goes back along the same line turns as one may like.
            let turns = if turns == Ordering::Equal { turned.reverse() } else { turns };
            if turns == turned {
                break;
            }
            turned = turns;
        }
    }
    (count.max(1), (LEAST..=Chain::MOST).contains(&count))
}

/// The sides of a square: places, the upper ones just beyond it, and points.
struct Sides {
    low: [u32; 2],
    high: [u32; 2],
    lower_left: (f64, f64),
    upper_right: (f64, f64),
}

impl Sides {
    fn of(survey: &Survey<'_>, square: Square) -> Self {
        let side = 1 << square.shift;
        let (low, high) = ([square.x, square.y], [square.x + side, square.y + side]);
        let point = |[x, y]: [u32; 2]| survey.grid.point(f64::from(x), f64::from(y));
        Sides { low, high, lower_left: point(low), upper_right: point(high) }
    }

    /// Whether an edge crosses the square from outside to outside.
    fn are_crossed(&self, survey: &Survey<'_>, edge: u32) -> bool {
        let (a, b) = (survey.places[edge as usize], survey.places[edge as usize + 1]);
        let is_before = |place: [u32; 2], axis: usize| place[axis] < self.low[axis];
        let is_behind = |place: [u32; 2], axis: usize| place[axis] >= self.high[axis];
        let is_off = |place, axis| is_before(place, axis) | is_behind(place, axis);
        let is_beside = |axis| is_before(a, axis) & is_before(b, axis) | is_behind(a, axis) & is_behind(b, axis);
        let are_outside = (is_off(a, 0) | is_off(a, 1)) & (is_off(b, 0) | is_off(b, 1));
        if !are_outside | is_beside(0) | is_beside(1) {
            return false;
        }
        let (a, b) = (survey.shapes.vertex(edge), survey.shapes.vertex(edge + 1));
        let ((left, bottom), (right, top)) = (self.lower_left, self.upper_right);
        // Of a line that crosses the square these are on different sides.
        let (low, high) = if (a.0 < b.0) == (a.1 < b.1) { (top, bottom) } else { (bottom, top) };
        let one = orientation(a, b, (left, low));
        one != Ordering::Equal && orientation(a, b, (right, high)) == one.reverse()
    }
}

/// How many edges of a fan a point in the square is beyond.
fn beyond(shapes: &Shapes, fan: Chain, point: (f64, f64)) -> u32 {
    let vertex = |i: u32| shapes.vertex(fan.first + i);
    let is_left_first = is_left(vertex(0), vertex(1), vertex(2));
    let is_beyond = |i: u32| is_left(vertex(i), vertex(i + 1), point) == (is_left_first ^ (i % 2 == 1));
    let (mut low, mut high) = (0, fan.count());
    while low < high {
        let middle = low + (high - low) / 2;
        if is_beyond(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// A point and a fan, while it is sought how many of the edges the point is beyond.
#[derive(Clone, Copy)]
pub(super) struct Bisection {
    point: (f64, f64),
    fan: Chain,
    /// The number of the sum it belongs to.
    pub(super) sum: u16,
    turns_left: bool,
    /// Some orientation was too near to 0.
    is_doubtful: bool,
    last: u32,
    /// So many at least.
    beyond: u32,
}

impl Bisection {
    #[inline(always)]
    pub(super) fn new(fan: Chain, point: (f64, f64), sum: u16) -> Self {
        Bisection { point, fan, sum, turns_left: false, is_doubtful: false, last: fan.count() - 1, beyond: 0 }
    }

    #[inline(always)]
    fn begin(&mut self, shapes: &Shapes) {
        let vertex = |i| shapes.vertex(self.fan.first + i);
        let (turns_left, is_sure) = quick_is_left(vertex(0), vertex(1), vertex(2));
        (self.turns_left, self.is_doubtful) = (turns_left, !is_sure);
    }

    /// Whether it is beyond `more` edges more: no branch, since nobody could guess it.
    #[inline(always)]
    fn step(&mut self, shapes: &Shapes, more: u32) {
        let probe = self.beyond + more - 1;
        let edge = self.fan.first + probe.min(self.last);
        let (is_left, is_sure) = quick_is_left(shapes.vertex(edge), shapes.vertex(edge + 1), self.point);
        let is_beyond = (probe <= self.last) & (is_left ^ self.turns_left ^ probe.is_multiple_of(2));
        self.is_doubtful |= !is_sure;
        self.beyond += select_unpredictable(is_beyond, more, 0);
        prefetch(shapes.vertices(), (self.fan.first + self.beyond + more / 2 - 1) as usize);
    }

    /// The last two steps at once: whether it is beyond each of the next three. (So far it is beyond a multiple of four, and the first
    /// of these turns as the first of all does.)
    #[inline(always)]
    fn end<V: Lanes>(&mut self, shapes: &Shapes) {
        let lanes = first_lanes((self.last + 1 - self.beyond).min(3) as usize);
        let edge = (self.fan.first + self.beyond) as usize;
        let (ax, ay) = V::load_pairs(shapes.four(edge));
        let (bx, by) = V::load_pairs(shapes.four(edge + 1));
        let (px, py) = (V::splat(self.point.0), V::splat(self.point.1));
        let (are_right, are_sure) = difference(bx.sub(ax).mul(py.sub(ay)), by.sub(ay).mul(px.sub(ax)));
        let turned = if self.turns_left { 0b0101 } else { 0b1010 };
        self.is_doubtful |= lanes & !are_sure != 0;
        self.beyond += (lanes & (are_right ^ turned)).count_ones();
    }

    /// What the way from the side before the first edge to the point has to do with the edges; known when the bisection has ended.
    #[inline(always)]
    pub(super) fn crossings(&self, shapes: &Shapes) -> Crossings {
        match self.is_doubtful {
            true => crossings(shapes, self.fan, self.point),
            false => Crossings { is_odd: self.beyond % 2 == 1, is_on: false },
        }
    }
}

/// Ends bisections, some together so that they do not wait for memory one after the other.
#[inline(always)]
pub(super) fn bisect<V: Lanes>(shapes: &Shapes, bisections: &mut [Bisection]) {
    for some in bisections.chunks_mut(TOGETHER) {
        let mut most = 0;
        for one in some.iter_mut() {
            one.begin(shapes);
            most = most.max(one.last + 1);
        }
        let mut more = (most + 1).next_power_of_two();
        while more > 4 {
            more /= 2;
            for one in some.iter_mut() {
                one.step(shapes, more);
            }
        }
        for one in some.iter_mut() {
            one.end::<V>(shapes);
        }
    }
}

/// What the way from the side before the first edge to a point has to do with the edges.
#[cold]
#[inline(never)]
pub(super) fn crossings(shapes: &Shapes, fan: Chain, point: (f64, f64)) -> Crossings {
    let beyond = beyond(shapes, fan, point);
    let around = fan.first + beyond.saturating_sub(1)..fan.first + (beyond + 1).min(fan.count());
    let is_on = around.map(|edge| (shapes.vertex(edge), shapes.vertex(edge + 1))).any(|(a, b)| is_on_edge(a, b, point));
    Crossings { is_odd: beyond % 2 == 1, is_on }
}
