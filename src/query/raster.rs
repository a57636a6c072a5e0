//! The plane in rows of equal height, these in columns: squares, or bins, that are numbered row by row.

use std::ops::Range;

use crate::index::buckets::Buckets;
use crate::simd::Lanes;

/// See the module. What lies in a box is in one run of each of a few rows.
#[derive(Clone, Copy)]
pub(super) struct Raster {
    /// What it is laid over: left, bottom, right, top.
    bounds: [f64; 4],
    across: Buckets,
    up: Buckets,
}

impl Raster {
    /// About `count` squares, or less wide ones, `height` times as high as wide.
    pub(super) fn new(bounds: [f64; 4], count: usize, height: f64) -> Self {
        let [left, bottom, right, top] = bounds;
        let most = (count as f64).max(1.0);
        // So many columns to a row that squares have their shape; one where there is nothing to divide.
        let columns = ((right - left) / (top - bottom) * height * most).sqrt();
        let columns = if columns.is_nan() { 1.0 } else { columns.clamp(1.0, most) };
        let rows = most / columns;
        let (columns, rows) = (columns as usize, (rows as usize).max(1));
        Raster { bounds, across: Buckets::new(left, right, columns), up: Buckets::new(bottom, top, rows) }
    }

    /// Columns of a row.
    pub(super) fn columns(&self) -> usize {
        self.across.count()
    }

    /// How many squares there are.
    pub(super) fn count(&self) -> usize {
        self.across.count() * self.up.count()
    }

    /// The squares of four points; of those outside the bounds squares at their sides.
    #[inline(always)]
    pub(super) fn nearest_squares<V: Lanes>(&self, x: V, y: V) -> [u32; 4] {
        self.up.of_four(y).mul(V::splat(self.across.count() as f64)).add(self.across.of_four(x)).whole()
    }

    /// The squares of four points; one more than the last for those outside the bounds.
    #[inline(always)]
    pub(super) fn squares<V: Lanes>(&self, x: V, y: V) -> [u32; 4] {
        let [left, bottom, right, top] = self.bounds;
        let inside = V::splat(left).at_most(x) & x.at_most(V::splat(right));
        let inside = inside & V::splat(bottom).at_most(y) & y.at_most(V::splat(top));
        let mut squares = self.nearest_squares(x, y);
        for (lane, square) in squares.iter_mut().enumerate() {
            *square = if inside >> lane & 1 == 1 { *square } else { self.count() as u32 };
        }
        squares
    }

    /// The first and the last columns, and rows, of four boxes.
    #[inline(always)]
    pub(super) fn reached_by_four<V: Lanes>(&self, [left, bottom, right, top]: [V; 4]) -> [[u32; 4]; 4] {
        let (across, up) = (&self.across, &self.up);
        [
            across.of_four(left).whole(),
            up.of_four(bottom).whole(),
            across.of_four(right).whole(),
            up.of_four(top).whole(),
        ]
    }

    /// The rows that a box reaches and the columns.
    #[inline(always)]
    pub(super) fn reached(&self, [left, bottom, right, top]: [f64; 4]) -> (Range<u32>, Range<u32>) {
        let outside =
            (right < self.bounds[0]) | (top < self.bounds[1]) | (self.bounds[2] < left) | (self.bounds[3] < bottom);
        if outside {
            return (0..0, 0..0);
        }
        (self.up.of(bottom)..self.up.of(top) + 1, self.across.of(left)..self.across.of(right) + 1)
    }

    /// Some columns of a row.
    #[inline(always)]
    pub(super) fn run(&self, row: u32, columns: &Range<u32>) -> Range<u32> {
        let first = row * self.across.count() as u32;
        first + columns.start..first + columns.end
    }
}
