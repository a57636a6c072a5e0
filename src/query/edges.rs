//! A point and the edges of a link.

use crate::distance::{Limit, distance, is_within, squares};
use crate::index::shapes::Shapes;
use crate::index::tree::{Link, MOST_EDGES};
use crate::simd::{Lanes, first_lanes};

/// The squared distances of four edges from `at` on, and their errors.
#[inline(always)]
fn four<V: Lanes>(shapes: &Shapes, at: usize, point: (f64, f64)) -> (V, V) {
    let (ax, ay) = V::load_pairs(shapes.four(at));
    let (bx, by) = V::load_pairs(shapes.four(at + 1));
    squares(ax, ay, bx, by, V::splat(point.0), V::splat(point.1))
}

/// The box around a link.
#[inline(always)]
pub(super) fn bounds<V: Lanes>(shapes: &Shapes, link: Link) -> [f64; 4] {
    let vertices = &shapes.vertices()[link.first as usize..][..link.count as usize + 1];
    let start = shapes.vertex(link.first);
    let (mut left, mut bottom) = (V::splat(start.0), V::splat(start.1));
    let (mut right, mut top) = (left, bottom);
    for at in (0..vertices.len()).step_by(4) {
        let (x, y) = V::load_pairs_at(vertices, at, start);
        (left, bottom, right, top) = (left.min(x), bottom.min(y), right.max(x), top.max(y));
    }
    let least = |v: V| v.store().into_iter().fold(f64::INFINITY, f64::min);
    let most = |v: V| v.store().into_iter().fold(f64::NEG_INFINITY, f64::max);
    [least(left), least(bottom), most(right), most(top)]
}

/// What an edge's squared distance is at most; NaN where something overflowed.
#[inline(always)]
pub(super) fn at_most<V: Lanes>(shapes: &Shapes, edge: u32, point: (f64, f64)) -> f64 {
    let (squares, errors) = four::<V>(shapes, edge as usize, point);
    let [first, ..] = squares.add(errors).add(errors).store();
    first
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

/// The distance of the nearest edge, and that edge, if the square of it may be `bound` or less.
#[inline(always)]
pub(super) fn nearest<V: Lanes>(shapes: &Shapes, link: Link, point: (f64, f64), bound: f64) -> Option<(f64, u32)> {
    const GROUPS: usize = MOST_EDGES as usize / 4;
    let count = link.count as usize;
    let mut least = [V::splat(f64::INFINITY); GROUPS];
    // The nearest is no further than any is at most.
    let mut most = V::splat(bound);
    for (group, least) in least.iter_mut().enumerate().take(count.div_ceil(4)) {
        let (squares, errors) = four::<V>(shapes, link.first as usize + 4 * group, point);
        *least = squares.sub(errors);
        if count - 4 * group >= 4 {
            most = squares.add(errors).min(most);
        }
    }
    let bound = most.store().into_iter().fold(bound, f64::min);
    let mut best: Option<(f64, u32)> = None;
    for (group, least) in least.iter().enumerate().take(count.div_ceil(4)) {
        // What is NaN may be anything.
        let mut lanes = (least.at_most(V::splat(bound)) | !least.at_most(*least)) & first_lanes(count - 4 * group);
        while lanes != 0 {
            let edge = link.first + 4 * group as u32 + lanes.trailing_zeros();
            lanes &= lanes - 1;
            let distance = distance(shapes.vertex(edge), shapes.vertex(edge + 1), point);
            if best.is_none_or(|(least, _)| distance < least) {
                best = Some((distance, edge));
            }
        }
    }
    best
}
