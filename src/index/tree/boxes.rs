//! Four boxes, which a node of the tree is, and how far they are.

use crate::index::section::plain;
use crate::simd::{Lanes, prefetch};

/// Boxes in a node.
pub(crate) const WIDTH: usize = 4;

/// Four boxes; those that are missing are further away than anything.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(crate) struct Boxes {
    pub(super) left: [f64; WIDTH],
    pub(super) bottom: [f64; WIDTH],
    pub(super) right: [f64; WIDTH],
    pub(super) top: [f64; WIDTH],
}

plain!(Boxes { left: [f64; WIDTH], bottom: [f64; WIDTH], right: [f64; WIDTH], top: [f64; WIDTH] });

impl Boxes {
    pub(crate) const NONE: Boxes = Boxes {
        left: [f64::INFINITY; WIDTH],
        bottom: [f64::INFINITY; WIDTH],
        right: [f64::NEG_INFINITY; WIDTH],
        top: [f64::NEG_INFINITY; WIDTH],
    };

    #[inline(always)]
    pub(crate) fn get(&self, lane: usize) -> [f64; 4] {
        [self.left[lane], self.bottom[lane], self.right[lane], self.top[lane]]
    }

    #[inline(always)]
    pub(crate) fn set(&mut self, lane: usize, [left, bottom, right, top]: [f64; 4]) {
        (self.left[lane], self.bottom[lane], self.right[lane], self.top[lane]) = (left, bottom, right, top);
    }

    /// All four with a margin around each: left, bottom, right, top.
    #[inline(always)]
    pub(crate) fn grown<V: Lanes>(&self, margin: f64) -> [V; 4] {
        let margin = V::splat(margin);
        let [left, bottom, right, top]: [V; 4] = self.sides();
        [left.sub(margin), bottom.sub(margin), right.add(margin), top.add(margin)]
    }

    /// Asks for its memory before it is needed.
    #[inline(always)]
    pub(crate) fn prefetch(&self) {
        prefetch(&self.left, 0);
        prefetch(&self.right, 0);
    }

    /// The box around all four.
    #[inline(always)]
    pub(crate) fn hull(&self) -> [f64; 4] {
        let least = |side: &[f64; WIDTH]| side.iter().copied().fold(f64::INFINITY, f64::min);
        let most = |side: &[f64; WIDTH]| side.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        [least(&self.left), least(&self.bottom), most(&self.right), most(&self.top)]
    }

    /// Those that have something in common with a region.
    #[inline(always)]
    pub(crate) fn touch<V: Lanes>(&self, [left, bottom, right, top]: [f64; 4]) -> u32 {
        let across = V::load(&self.left).at_most(V::splat(right)) & V::splat(left).at_most(V::load(&self.right));
        let up = V::load(&self.bottom).at_most(V::splat(top)) & V::splat(bottom).at_most(V::load(&self.top));
        across & up
    }

    /// Squared distances from a point, up to rounding; infinite where they overflow, never NaN.
    #[inline(always)]
    pub(crate) fn squares<V: Lanes>(&self, (x, y): (V, V)) -> V {
        squares_between(self.sides(), [x, y, x, y])
    }

    /// The same from a box: at most those from any point in it.
    #[inline(always)]
    pub(crate) fn squares_of_box<V: Lanes>(&self, &[left, bottom, right, top]: &[f64; 4]) -> V {
        squares_between(self.sides(), [V::splat(left), V::splat(bottom), V::splat(right), V::splat(top)])
    }

    /// What they are at most from links that touch all sides of their boxes.
    #[inline(always)]
    pub(crate) fn squares_at_most<V: Lanes>(&self, point: (V, V)) -> V {
        squares_at_most(self.sides(), point)
    }

    /// Left, bottom, right, top.
    #[inline(always)]
    fn sides<V: Lanes>(&self) -> [V; 4] {
        [V::load(&self.left), V::load(&self.bottom), V::load(&self.right), V::load(&self.top)]
    }
}

/// The squared distances of four boxes from four others, up to rounding; infinite where they overflow, never NaN. A box is its left,
/// bottom, right and top sides.
#[inline(always)]
pub(crate) fn squares_between<V: Lanes>(a: [V; 4], b: [V; 4]) -> V {
    let zero = V::splat(0.0);
    let dx = a[0].sub(b[2]).max(b[0].sub(a[2])).max(zero);
    let dy = a[1].sub(b[3]).max(b[1].sub(a[3])).max(zero);
    dx.mul(dx).add(dy.mul(dy))
}

/// What the squared distances of four points from something that touches all sides of four boxes are at most, up to rounding: there is
/// a place of it on the nearest side, no further away than the further end of that side (the MINMAXDIST of Roussopoulos, Kelley and
/// Vincent, 1995).
#[inline(always)]
pub(crate) fn squares_at_most<V: Lanes>([left, bottom, right, top]: [V; 4], (x, y): (V, V)) -> V {
    let (from_left, from_right) = (left.sub(x), x.sub(right));
    let (from_bottom, from_top) = (bottom.sub(y), y.sub(top));
    let (dx, dy) = (from_left.max(from_right), from_bottom.max(from_top));
    let (far_x, far_y) = (from_left.abs().max(from_right.abs()), from_bottom.abs().max(from_top.abs()));
    dx.mul(dx).add(far_y.mul(far_y)).min(far_x.mul(far_x).add(dy.mul(dy)))
}
