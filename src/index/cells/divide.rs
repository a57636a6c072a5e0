//! Dividing a square: which of its smaller squares does a polygon's boundary touch, and which lie inside?
//!
//! Rows of squares are bits of a word. An edge switches the bits right of where it crosses a row's lower line, and all bits
//! of the rows above where it crosses the left side: what stays on are the lower left corners inside the polygon, if each is
//! meant to lie a step to the right as in [`is_left`].

use super::grid::{Grid, Square};
use crate::error::Result;
use crate::index::shapes::Shapes;
use crate::predicates::orient::is_left;

/// A square is divided into 2^MOST_BITS rows and columns at most.
pub(super) const MOST_BITS: u32 = 6;

/// No edge: the polygon covers the square.
const COVERS: u32 = u32::MAX;

/// In the polygon: its lower left corner is inside.
const INSIDE: u32 = 1 << 31;

/// An edge that touches a square (which includes its left and lower side, but not the others), or a polygon that covers it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Entry {
    polygon: u32,
    edge: u32,
}

impl Entry {
    pub(super) fn polygon(self) -> u32 {
        self.polygon & !INSIDE
    }

    /// Whether the lower left corner of the square is inside the polygon.
    pub(super) fn is_inside(self) -> bool {
        self.polygon & INSIDE != 0
    }

    /// The edge; None where the polygon covers the square.
    pub(super) fn edge(self) -> Option<u32> {
        (self.edge != COVERS).then_some(self.edge)
    }
}

/// An entry of the smaller square at a place (row * 2^bits + column).
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    pub(super) place: u16,
    pub(super) entry: Entry,
}

/// A square being divided.
pub(super) struct Division<'a> {
    shapes: &'a Shapes,
    grid: &'a Grid,
    /// Of each vertex.
    places: &'a [[u32; 2]],
    square: Square,
    bits: u32,
    /// The left sides of columns and the lower sides of rows, and where the last end.
    xs: [f64; (1 << MOST_BITS) + 1],
    ys: [f64; (1 << MOST_BITS) + 1],
    pub(super) hits: Vec<Hit>,
}

/// What one polygon does to the rows.
struct Rows {
    touched: [u64; 1 << MOST_BITS],
    switched: [u64; 1 << MOST_BITS],
    /// A bit for each row: switched as a whole.
    whole: u64,
    /// The rows with a bit in `touched` or `switched` lie between these.
    first: usize,
    end: usize,
}

/// Bits `from..=to`.
#[inline(always)]
fn span(from: usize, to: usize) -> u64 {
    (u64::MAX << from) & (u64::MAX >> (63 - to))
}

impl<'a> Division<'a> {
    pub(super) fn new(shapes: &'a Shapes, grid: &'a Grid, places: &'a [[u32; 2]], square: Square, bits: u32) -> Self {
        let mut division =
            Division { shapes, grid, places, square, bits, xs: [0.0; 65], ys: [0.0; 65], hits: Vec::new() };
        let step = 2f64.powi((square.shift - bits) as i32);
        for i in 0..=division.count() {
            let place = |start: u32| f64::from(start) + i as f64 * step;
            (division.xs[i], division.ys[i]) = grid.point(place(square.x), place(square.y));
        }
        division
    }

    /// Rows, and columns.
    fn count(&self) -> usize {
        1 << self.bits
    }

    /// Adds what a polygon has in the square: `edges` in order, and whether the square's lower left corner is inside.
    pub(super) fn add(&mut self, polygon: u32, is_inside: bool, edges: impl Iterator<Item = u32>) -> Result<()> {
        let first_hit = self.hits.len();
        let mut rows = Rows { touched: [0; 64], switched: [0; 64], whole: 0, first: 64, end: 0 };
        for edge in edges {
            self.add_edge(polygon, edge, &mut rows)?;
        }
        let all = span(0, self.count() - 1);
        if is_inside {
            rows.whole ^= all;
        }
        if rows.whole != 0 {
            (rows.first, rows.end) = (0, self.count());
        }
        for row in rows.first..rows.end {
            rows.switched[row] ^= if rows.whole >> row & 1 == 1 { all } else { 0 };
        }
        let mask = self.count() - 1;
        for hit in &mut self.hits[first_hit..] {
            let (row, column) = (hit.place as usize >> self.bits, hit.place as usize & mask);
            if rows.switched[row] >> column & 1 == 1 {
                hit.entry.polygon |= INSIDE;
            }
        }
        for row in rows.first..rows.end {
            let mut left = rows.switched[row] & !rows.touched[row];
            self.hits.try_reserve(left.count_ones() as usize)?;
            while left != 0 {
                let place = (row << self.bits) as u32 + left.trailing_zeros();
                left &= left - 1;
                self.hits.push(Hit { place: place as u16, entry: Entry { polygon: polygon | INSIDE, edge: COVERS } });
            }
        }
        Ok(())
    }

    /// The column and row of a vertex, which may lie outside.
    #[inline(always)]
    fn cell(&self, vertex: u32) -> (i32, i32) {
        let [x, y] = self.places[vertex as usize];
        let shift = self.square.shift - self.bits;
        ((x as i32 - self.square.x as i32) >> shift, (y as i32 - self.square.y as i32) >> shift)
    }

    /// About the column and row of a point, with fractions.
    #[inline(always)]
    fn roughly(&self, point: (f64, f64)) -> (f64, f64) {
        let (x, y) = self.grid.roughly(point);
        let step = 1.0 / (1u64 << (self.square.shift - self.bits)) as f64;
        ((x - f64::from(self.square.x)) * step, (y - f64::from(self.square.y)) * step)
    }

    #[inline(always)]
    fn add_edge(&mut self, polygon: u32, edge: u32, rows: &mut Rows) -> Result<()> {
        let (a, b) = (self.shapes.vertex(edge), self.shapes.vertex(edge + 1));
        let count = self.count() as i32;
        let (a_cell, b_cell) = (self.cell(edge), self.cell(edge + 1));
        let (left, right) = (a_cell.0.min(b_cell.0), a_cell.0.max(b_cell.0));
        let (bottom, top) = (a_cell.1.min(b_cell.1), a_cell.1.max(b_cell.1));
        if right < 0 || left >= count || top < 0 || bottom >= count {
            return Ok(());
        }
        let clamp = |cell: i32| cell.clamp(0, count - 1) as usize;
        let (left_in, right_in, first, last) = (clamp(left), clamp(right), clamp(bottom), clamp(top));
        (rows.first, rows.end) = (rows.first.min(first), rows.end.max(last + 1));
        self.hits.try_reserve((right_in - left_in + 1) * (last - first + 1))?;
        let is_slanted = left != right && bottom != top;
        for row in first..=last {
            let (from, to) =
                if is_slanted { self.columns(a, b, row, (left_in, right_in)) } else { (left_in, right_in) };
            rows.touched[row] |= span(from, to);
            for column in from..=to {
                let place = (row << self.bits | column) as u16;
                self.hits.push(Hit { place, entry: Entry { polygon, edge } });
            }
        }
        let (low, high) = if a.1 <= b.1 { (a, b) } else { (b, a) };
        for row in first..=last {
            let y = self.ys[row];
            if (a.1 <= y) != (b.1 <= y) {
                let column = self.first_right(low, high, y);
                if 0 < column && column < self.count() {
                    rows.switched[row] ^= span(column, self.count() - 1);
                }
            }
        }
        if (a.0 <= self.xs[0]) != (b.0 <= self.xs[0]) {
            let row = self.first_beyond(a, b);
            if row < self.count() {
                rows.whole ^= span(row, self.count() - 1);
            }
        }
        Ok(())
    }

    /// The first and last column, within `limits`, that the edge may touch in a row.
    fn columns(&self, a: (f64, f64), b: (f64, f64), row: usize, limits: (usize, usize)) -> (usize, usize) {
        let (low, high) = (a.1.min(b.1), a.1.max(b.1));
        let (from, to) = (x_at(a, b, self.ys[row].max(low)), x_at(a, b, self.ys[row + 1].min(high)));
        // Many times what the rounding of `x_at` can be.
        let slack = 16.0 * f64::EPSILON * (a.0.abs() + b.0.abs());
        let column = |x: f64| (self.roughly((x, 0.0)).0 as usize).clamp(limits.0, limits.1);
        (column(from.min(to) - slack), column(from.max(to) + slack))
    }

    /// The first column whose left side is right of the edge, which goes up from `low` to `high`, at height `y`.
    fn first_right(&self, low: (f64, f64), high: (f64, f64), y: f64) -> usize {
        let count = self.count();
        let is_right = |column: usize| !is_left(low, high, (self.xs[column], y));
        let mut column = ((self.roughly((x_at(low, high, y), 0.0)).0 + 1.0) as usize).min(count);
        while column > 0 && is_right(column - 1) {
            column -= 1;
        }
        while column < count && !is_right(column) {
            column += 1;
        }
        column
    }

    /// The first row whose lower left corner is on another side of the edge than the lowest.
    fn first_beyond(&self, a: (f64, f64), b: (f64, f64)) -> usize {
        let count = self.count();
        let side = |row: usize| is_left(a, b, (self.xs[0], self.ys[row]));
        let lowest = side(0);
        let flip = |(x, y): (f64, f64)| (y, x);
        let mut row = (self.roughly((0.0, x_at(flip(a), flip(b), self.xs[0]))).1 as usize + 1).min(count);
        while row > 1 && side(row - 1) != lowest {
            row -= 1;
        }
        while row < count && side(row) == lowest {
            row += 1;
        }
        row
    }
}

/// About where the line through `a` and `b` is at height `y` between them.
#[inline(always)]
fn x_at(a: (f64, f64), b: (f64, f64), y: f64) -> f64 {
    a.0 + (b.0 - a.0) * ((y - a.1) / (b.1 - a.1))
}
