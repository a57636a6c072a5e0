//! A point and the edges of a link.

use crate::distance::{Edge, Limit, distance, is_within};
use crate::index::shapes::Shapes;
use crate::index::tree::{Link, MOST_EDGES};
use crate::predicates::orient::{difference, is_left};
use crate::simd::{Lanes, first_lanes};

/// Four edges from `at` on.
#[inline(always)]
fn edges<V: Lanes>(shapes: &Shapes, at: usize) -> Edge<V> {
    Edge::new(V::load_pairs(shapes.four(at)), V::load_pairs(shapes.four(at + 1)))
}

/// The squared distances of four edges from `at` on, and their errors.
#[inline(always)]
fn four<V: Lanes>(shapes: &Shapes, at: usize, point: (f64, f64)) -> (V, V) {
    edges::<V>(shapes, at).squares((V::splat(point.0), V::splat(point.1)))
}

/// Whether any edge is within the limit.
#[inline(always)]
pub(super) fn any_within<V: Lanes>(shapes: &Shapes, link: Link, point: (f64, f64), limit: &Limit) -> bool {
    let count = link.count as usize;
    for start in (0..count).step_by(4) {
        let at = link.first as usize + start;
        let lanes = first_lanes(count - start);
        let (squares, errors) = four::<V>(shapes, at, point);
        let (within, doubtful) = limit.judge(squares, errors);
        if within & lanes != 0 {
            return true;
        }
        let mut doubtful = doubtful & lanes;
        while doubtful != 0 {
            let edge = at as u32 + doubtful.trailing_zeros();
            doubtful &= doubtful - 1;
            if is_within(shapes.vertex(edge), shapes.vertex(edge + 1), point, limit.distance) {
                return true;
            }
        }
    }
    false
}

/// The edges of a link, for many points.
#[derive(Default)]
pub(super) struct Spread {
    fours: [Edge<[f64; 4]>; GROUPS],
    count: usize,
    /// Where the last ends.
    end: (f64, f64),
    /// Where no edge is longer than the distance: no edge is within it of a place whose square to all ends is more.
    beyond: Option<f64>,
}

impl Spread {
    #[inline(always)]
    pub(super) fn set<V: Lanes>(&mut self, shapes: &Shapes, link: Link, limit: &Limit) {
        self.count = link.count as usize;
        self.end = shapes.vertex(link.first + link.count);
        let mut longest = V::splat(0.0);
        for (group, start) in (0..self.count).step_by(4).enumerate() {
            let edges = edges::<V>(shapes, link.first as usize + start);
            // What is behind the last edge may be longer: then less is known early.
            longest = longest.max(edges.squared_lengths());
            self.fours[group] = edges.store();
        }
        let longest = longest.store().into_iter().fold(0.0, f64::max);
        // From an edge of length l, both whose ends are d away, it is at least the root of d^2 - (l / 2)^2.
        let beyond = Limit::above(limit.outside() + longest / 4.0);
        self.beyond = (longest < limit.surely).then_some(beyond);
    }

    /// Lanes of the points that have an edge within the limit for certain, and of those that may have.
    #[inline(always)]
    pub(super) fn judge<V: Lanes>(&self, points: (V, V), limit: &Limit, lanes: u32) -> (u32, u32) {
        if let Some(beyond) = self.beyond {
            let mut squares = square(self.end, points);
            for edge in 0..self.count {
                squares = squares.min(square(self.fours[edge / 4].start(edge % 4), points));
            }
            let near = squares.at_most(V::splat(limit.surely));
            let open = squares.at_most(V::splat(beyond));
            if open & !near & lanes == 0 {
                return (near, 0);
            }
        }
        let (mut within, mut doubtful) = (0, 0);
        for edge in 0..self.count {
            let (squares, errors) = Edge::splat(&self.fours[edge / 4], edge % 4).squares(points);
            let (sure, unsure) = limit.judge(squares, errors);
            (within, doubtful) = (within | sure, doubtful | unsure);
            if within & lanes == lanes {
                break;
            }
        }
        (within, doubtful)
    }
}

/// The squared distances of a place from four points, up to rounding.
#[inline(always)]
fn square<V: Lanes>((x, y): (f64, f64), points: (V, V)) -> V {
    let (dx, dy) = (points.0.sub(V::splat(x)), points.1.sub(V::splat(y)));
    dx.mul(dx).add(dy.mul(dy))
}

/// Whether a point is inside a ring of which a link is all, where one on the boundary counts as a step to its right.
#[inline(always)]
pub(super) fn is_inside_ring<V: Lanes>(shapes: &Shapes, link: Link, point: (f64, f64)) -> bool {
    let (px, py) = (V::splat(point.0), V::splat(point.1));
    let mut crossed = 0;
    for start in (0..link.count).step_by(4) {
        let at = (link.first + start) as usize;
        let (ax, ay) = V::load_pairs(shapes.four(at));
        let (bx, by) = V::load_pairs(shapes.four(at + 1));
        // A ray to the left crosses edges that are at its height and have the point on their right, seen upwards.
        let across = (ay.at_most(py) ^ by.at_most(py)) & first_lanes((link.count - start) as usize);
        let (dx, dy) = (bx.sub(ax), by.sub(ay));
        let (is_right, is_sure) = difference(dx.mul(py.sub(ay)), dy.mul(px.sub(ax)));
        let mut doubtful = across & !is_sure;
        crossed ^= across & is_sure & (is_right ^ dy.signs());
        while doubtful != 0 {
            let edge = at as u32 + doubtful.trailing_zeros();
            doubtful &= doubtful - 1;
            let (a, b) = (shapes.vertex(edge), shapes.vertex(edge + 1));
            crossed ^= u32::from(is_left(a, b, point) != (a.1 < b.1));
        }
    }
    crossed.count_ones() & 1 == 1
}

/// Groups of four edges in a link.
const GROUPS: usize = MOST_EDGES as usize / 4;

/// Infinity for what is behind the first so many of four.
const BEHIND: [[f64; 4]; 5] = {
    let mut table = [[f64::NEG_INFINITY; 4]; 5];
    let mut count = 0;
    while count < 4 {
        let mut lane = count;
        while lane < 4 {
            table[count][lane] = f64::INFINITY;
            lane += 1;
        }
        count += 1;
    }
    table
};

/// What is known of the squared distances of a link's edges.
#[derive(Clone, Copy, Default)]
pub(super) struct Squares {
    count: u32,
    /// What they are at least; NaN where something overflowed.
    least: [[f64; 4]; GROUPS],
    /// What the smallest is at most.
    pub(super) most: f64,
    /// Bits of the edges whose starts, and whose ends, are for certain what is nearest of them.
    ends: (u32, u32),
}

impl Squares {
    #[inline(always)]
    pub(super) fn set<V: Lanes>(&mut self, shapes: &Shapes, link: Link, point: (f64, f64)) {
        let place = (V::splat(point.0), V::splat(point.1));
        let mut most = V::splat(f64::INFINITY);
        let (mut starts, mut ends) = (0, 0);
        let mut left = link.count as usize;
        for (group, least) in self.least.iter_mut().enumerate() {
            let at = link.first as usize + 4 * group;
            let (a, b) = (V::load_pairs(shapes.four(at)), V::load_pairs(shapes.four(at + 1)));
            let edges = Edge::new(a, b);
            let (squares, errors) = edges.squares(place);
            *least = squares.sub(errors).store();
            // What is NaN stays out of it.
            most = V::load(&BEHIND[left.min(4)]).max(squares.add(errors)).min(most);
            let (start, end) = edges.nearest_ends(b, place);
            (starts, ends) = (starts | start << (4 * group), ends | end << (4 * group));
            if left <= 4 {
                break;
            }
            left -= 4;
        }
        let [a, b, c, d] = most.store();
        (self.count, self.most, self.ends) = (link.count, a.min(b).min(c.min(d)), (starts, ends));
    }

    /// Bits of the edges whose square may be `limit` or less.
    #[inline(always)]
    pub(super) fn up_to<V: Lanes>(&self, limit: f64) -> u32 {
        let mut edges = 0;
        for (group, least) in self.least.iter().enumerate().take((self.count as usize).div_ceil(4)) {
            let least = V::load(least);
            // What is NaN may be anything.
            edges |= (least.at_most(V::splat(limit)) | !least.at_most(least) & 0xF) << (4 * group);
        }
        edges & ((1 << self.count) - 1)
    }

    /// Which end of an edge is what is nearest of it (0 or 1), if one is for certain.
    #[inline(always)]
    pub(super) fn end(&self, edge: u32) -> Option<u32> {
        let (starts, ends) = self.ends;
        ((starts | ends) >> edge & 1 == 1).then_some(ends >> edge & 1)
    }
}

/// Writes what the squared distances of a link's edges from four points are at least, NaN where something overflowed; tells what the
/// smallest is at most for each point.
#[inline(always)]
pub(super) fn squares_of_four<V: Lanes>(
    shapes: &Shapes,
    link: Link,
    points: (V, V),
    leasts: &mut [[f64; 4]; MOST_EDGES as usize],
) -> V {
    let mut most = V::splat(f64::INFINITY);
    let count = (link.count as usize).min(leasts.len());
    for start in (0..count).step_by(4) {
        let four = edges::<V>(shapes, link.first as usize + start).store();
        for lane in 0..4.min(count - start) {
            let (squares, errors) = Edge::splat(&four, lane).squares(points);
            leasts[start + lane] = squares.sub(errors).store();
            // What is NaN stays out of it.
            most = squares.add(errors).min(most);
        }
    }
    most
}

/// The distance of the nearest edge of a link.
#[inline(always)]
pub(super) fn nearest<V: Lanes>(shapes: &Shapes, link: Link, point: (f64, f64)) -> f64 {
    let mut squares = Squares::default();
    squares.set::<V>(shapes, link, point);
    let mut edges = squares.up_to::<V>(Limit::above(squares.most));
    let mut nearest = f64::INFINITY;
    while edges != 0 {
        let edge = link.first + edges.trailing_zeros();
        edges &= edges - 1;
        nearest = nearest.min(distance(shapes.vertex(edge), shapes.vertex(edge + 1), point));
    }
    nearest
}
