//! Dividing a square: which of its smaller squares does a polygon's boundary touch, and which lie inside?
//!
//! The smaller squares that a polygon's box touches are bits, row by row. An edge flips the bit right of where it crosses a row's
//! lower line, and the first bit of the row above where it crosses the square's left side: the sums of flips along the left side
//! and then along the row tell which lower left corners are inside the polygon, if each is meant to lie a step to the right as in
//! [`is_left`].

use super::grid::Square;
use super::survey::Survey;
use crate::error::Result;
use crate::memory::Counted;
use crate::predicates::orient::is_left;

/// A square is divided into 2^MOST_BITS rows and columns at most, but for the first.
pub(super) const MOST_BITS: u32 = 6;

/// No edge: the polygon covers the square.
const COVERS: u32 = u32::MAX;

/// No edge: the polygon is a small ring that may touch the square.
const RING: u32 = u32::MAX - 1;

/// In the polygon: its lower left corner is inside.
const INSIDE: u32 = 1 << 31;

/// A small ring whose box touches no more columns and rows than this is not looked at edge by edge.
const FEW_CELLS: usize = 2;

/// Several times what the rounding of [`coordinate_at`] can be, for coordinates of a given size, ...
const SLACK: f64 = 16.0 * f64::EPSILON;

/// ... and what that of [`Grid::roughly`](super::grid::Grid::roughly) can be, in finest squares.
const MARGIN: f64 = 1.0 / (1 << 20) as f64;

/// An edge that touches a square (which includes its left and lower side, but not the others), a polygon that covers it, or a
/// small ring near it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Entry {
    polygon: u32,
    edge: u32,
}

impl Entry {
    pub(super) fn polygon(self) -> u32 {
        self.polygon & !INSIDE
    }

    /// Whether the lower left corner of the square is inside the polygon; not known of rings.
    pub(super) fn is_inside(self) -> bool {
        self.polygon & INSIDE != 0
    }

    pub(super) fn covers(self) -> bool {
        self.edge == COVERS
    }

    pub(super) fn is_ring(self) -> bool {
        self.edge == RING
    }

    pub(super) fn edge(self) -> Option<u32> {
        (self.edge < RING).then_some(self.edge)
    }
}

/// An entry of the smaller square at a place (row * 2^bits + column).
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    pub(super) place: u32,
    pub(super) entry: Entry,
}

/// A square being divided.
pub(super) struct Division<'a> {
    survey: &'a Survey<'a>,
    square: Square,
    bits: u32,
    /// Smaller squares to a finest one: 2^-shift.
    scale: f64,
    /// The left sides of columns and the lower sides of rows, and where the last end.
    xs: Counted<f64>,
    ys: Counted<f64>,
    pub(super) hits: Counted<Hit>,
    /// Of these, the ones that need a chain of their own, but where they are alone.
    pub(super) chains: usize,
    window: Window,
}

/// What one polygon does to the squares that its box touches.
#[derive(Default)]
struct Window {
    left: usize,
    bottom: usize,
    columns: usize,
    /// Words for the bits of a row.
    words: usize,
    touched: Counted<u64>,
    flipped: Counted<u64>,
    /// Of each row, whether the left side is crossed below it.
    sides: Counted<bool>,
}

impl Window {
    fn open(&mut self, [[left, right], [bottom, top]]: [[usize; 2]; 2]) -> Result<()> {
        (self.left, self.bottom, self.columns) = (left, bottom, right - left + 1);
        self.words = self.columns.div_ceil(64);
        let rows = top - bottom + 1;
        for bits in [&mut self.touched, &mut self.flipped] {
            bits.clear();
            bits.reserve(rows * self.words)?;
            bits.resize(rows * self.words, 0);
        }
        self.sides.clear();
        self.sides.reserve(rows)?;
        self.sides.resize(rows, false);
        Ok(())
    }

    /// The word and the bit of a square.
    #[inline(always)]
    fn bit(&self, row: usize, column: usize) -> (usize, u32) {
        let column = column - self.left;
        ((row - self.bottom) * self.words + column / 64, column as u32 % 64)
    }

    #[inline(always)]
    fn touch(&mut self, row: usize, column: usize) {
        let (word, bit) = self.bit(row, column);
        self.touched[word] |= 1 << bit;
    }

    #[inline(always)]
    fn flip(&mut self, row: usize, column: usize) {
        if column < self.left + self.columns {
            let (word, bit) = self.bit(row, column);
            self.flipped[word] ^= 1 << bit;
        }
    }

    /// Sums all flips, from the square's lower left corner on.
    fn sum(&mut self, mut is_inside: bool) {
        for (row, side) in self.flipped.chunks_mut(self.words).zip(&self.sides) {
            is_inside ^= side;
            let mut before = if is_inside { u64::MAX } else { 0 };
            for word in row {
                for step in [1, 2, 4, 8, 16, 32] {
                    *word ^= *word << step;
                }
                *word ^= before;
                before = ((*word as i64) >> 63) as u64;
            }
        }
    }
}

impl<'a> Division<'a> {
    pub(super) fn new(survey: &'a Survey<'a>) -> Self {
        let (square, window) = (survey.grid.whole(), Window::default());
        Division {
            survey,
            square,
            bits: 0,
            scale: 0.0,
            xs: Counted::default(),
            ys: Counted::default(),
            hits: Counted::default(),
            chains: 0,
            window,
        }
    }

    /// Begins to divide a square.
    pub(super) fn begin(&mut self, square: Square, bits: u32) -> Result<()> {
        (self.square, self.bits) = (square, bits);
        self.hits.clear();
        self.chains = 0;
        self.xs.clear();
        self.ys.clear();
        self.xs.reserve(self.count() + 1)?;
        self.ys.reserve(self.count() + 1)?;
        let step = 2f64.powi(self.shift() as i32);
        self.scale = 1.0 / step;
        for i in 0..=self.count() {
            let place = |start: u32| f64::from(start) + i as f64 * step;
            let (x, y) = self.survey.grid.point(place(square.x), place(square.y));
            self.xs.push(x);
            self.ys.push(y);
        }
        Ok(())
    }

    /// Rows, and columns.
    #[inline(always)]
    fn count(&self) -> usize {
        1 << self.bits
    }

    /// Smaller squares are 2^shift wide.
    #[inline(always)]
    pub(super) fn shift(&self) -> u32 {
        self.square.shift - self.bits
    }

    /// Adds all of a polygon.
    pub(super) fn add_polygon(&mut self, polygon: u32) -> Result<()> {
        let extent = self.survey.extent(polygon);
        let Some(window) = extent.window(self.square, self.shift(), self.count()) else { return Ok(()) };
        let shapes = self.survey.shapes;
        if extent.is_small && window.iter().all(|[first, last]| last - first < FEW_CELLS) {
            let [[left, right], [bottom, top]] = window;
            self.hits.reserve(FEW_CELLS * FEW_CELLS)?;
            for (row, column) in (bottom..=top).flat_map(|row| (left..=right).map(move |column| (row, column))) {
                let place = self.place(row, column);
                self.hits.push(Hit { place, entry: Entry { polygon, edge: RING } });
                self.chains += 1;
            }
            return Ok(());
        }
        let corner = (self.xs[0], self.ys[0]);
        let edges = || shapes.rings_of(polygon).flat_map(|ring| shapes.edges_of(ring));
        let is_left_or_below = extent.least[0] < self.square.x || extent.least[1] < self.square.y;
        let is_inside =
            is_left_or_below && edges().fold(false, |is_inside, edge| is_inside ^ self.is_right(edge, corner));
        self.add(polygon, is_inside, edges())
    }

    /// Adds what a polygon has in the square: `edges` in order, and whether the square's lower left corner is inside.
    pub(super) fn add(&mut self, polygon: u32, is_inside: bool, edges: impl Iterator<Item = u32>) -> Result<()> {
        let window = self.survey.extent(polygon).window(self.square, self.shift(), self.count());
        let Some(window) = window else { return Ok(()) };
        let first_hit = self.hits.len();
        self.window.open(window)?;
        for edge in edges {
            self.add_edge(polygon, edge)?;
        }
        self.window.sum(is_inside);
        let (bits, mask) = (self.bits, self.count() - 1);
        for hit in &mut self.hits[first_hit..] {
            let (word, bit) = self.window.bit(hit.place as usize >> bits, hit.place as usize & mask);
            hit.entry.polygon |= ((self.window.flipped[word] >> bit & 1) as u32) << 31;
        }
        for (i, (inside, touched)) in self.window.flipped.iter().zip(&self.window.touched).enumerate() {
            let (row, column) = (i / self.window.words, i % self.window.words * 64);
            let columns = (self.window.columns - column).min(64);
            let mut covered = inside & !touched & (u64::MAX >> (64 - columns));
            self.hits.reserve(covered.count_ones() as usize)?;
            self.chains += covered.count_ones() as usize;
            while covered != 0 {
                let column = column + covered.trailing_zeros() as usize;
                covered &= covered - 1;
                let place = ((row + self.window.bottom) << bits | (column + self.window.left)) as u32;
                self.hits.push(Hit { place, entry: Entry { polygon: polygon | INSIDE, edge: COVERS } });
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn place(&self, row: usize, column: usize) -> u32 {
        (row << self.bits | column) as u32
    }

    /// Whether an edge lies left of a point, at its height.
    fn is_right(&self, edge: u32, point: (f64, f64)) -> bool {
        let (a, b) = (self.survey.shapes.vertex(edge), self.survey.shapes.vertex(edge + 1));
        (a.1 <= point.1) != (b.1 <= point.1) && is_left(a, b, point) != (a.1 <= point.1)
    }

    /// The column and row of a vertex, which may lie outside.
    #[inline(always)]
    fn cell(&self, vertex: u32) -> (i32, i32) {
        let [x, y] = self.survey.places[vertex as usize];
        let shift = self.shift();
        ((x as i32 - self.square.x as i32) >> shift, (y as i32 - self.square.y as i32) >> shift)
    }

    /// About the column and row of a point, with fractions.
    #[inline(always)]
    fn roughly(&self, point: (f64, f64)) -> (f64, f64) {
        let (x, y) = self.survey.grid.roughly(point);
        ((x - f64::from(self.square.x)) * self.scale, (y - f64::from(self.square.y)) * self.scale)
    }

    /// About the column of the edge that goes up from `low` to `high` where a row begins.
    #[inline(always)]
    fn column_at(&self, low: (f64, f64), high: (f64, f64), row: usize) -> f64 {
        self.roughly((coordinate_at(low, high, self.ys[row]), 0.0)).0
    }

    /// How far off that is at most where it is computed from coordinates of two points.
    #[inline(always)]
    fn error(&self, a: f64, b: f64) -> f64 {
        (self.survey.grid.squares(SLACK * (a.abs() + b.abs())) + MARGIN) * self.scale
    }

    #[inline(always)]
    fn add_edge(&mut self, polygon: u32, edge: u32) -> Result<()> {
        let shapes = self.survey.shapes;
        let (a, b) = (shapes.vertex(edge), shapes.vertex(edge + 1));
        let count = self.count() as i32;
        let (a_cell, b_cell) = (self.cell(edge), self.cell(edge + 1));
        let (left, right) = (a_cell.0.min(b_cell.0), a_cell.0.max(b_cell.0));
        let (bottom, top) = (a_cell.1.min(b_cell.1), a_cell.1.max(b_cell.1));
        if right < 0 || left >= count || top < 0 || bottom >= count {
            return Ok(());
        }
        let clamp = |cell: i32| cell.clamp(0, count - 1) as usize;
        let (left_in, right_in, first, last) = (clamp(left), clamp(right), clamp(bottom), clamp(top));
        self.hits.reserve((right_in - left_in + 1) * (last - first + 1))?;
        let is_slanted = left != right && bottom != top;
        let (low, high) = if a.1 <= b.1 { (a, b) } else { (b, a) };
        // Most edges lie in one square, and need none of this.
        let (mut above, mut error) = (0.0, 0.0);
        if is_slanted {
            (above, error) = (self.column_at(low, high, first), self.error(a.0, b.0));
        }
        for row in first..=last {
            let below = above;
            let (mut from, mut to) = (left_in, right_in);
            if is_slanted {
                above = self.column_at(low, high, row + 1);
                let (least, most) = (below.min(above) - error, below.max(above) + error);
                if most < 0.0 || least >= f64::from(count) {
                    continue;
                }
                (from, to) = ((least as usize).clamp(from, to), (most as usize).clamp(from, to));
            }
            for column in from..=to {
                self.window.touch(row, column);
                let place = self.place(row, column);
                self.hits.push(Hit { place, entry: Entry { polygon, edge } });
            }
            if (a.1 <= self.ys[row]) != (b.1 <= self.ys[row]) {
                let about = match is_slanted {
                    true => (below, error),
                    false => (self.column_at(low, high, row), self.error(a.0, b.0)),
                };
                let column = self.first_right(low, high, self.ys[row], about);
                if column > 0 {
                    self.window.flip(row, column);
                }
            }
        }
        if (a.0 <= self.xs[0]) != (b.0 <= self.xs[0]) {
            let row = self.first_beyond(a, b);
            // No edge crosses below the window.
            if let Some(side) = self.window.sides.get_mut(row - self.window.bottom) {
                *side = !*side;
            }
        }
        Ok(())
    }

    /// The first column whose left side is right of the edge, which goes up from `low` to `high`, at height `y`, where it is about in
    /// this column.
    #[inline(always)]
    fn first_right(&self, low: (f64, f64), high: (f64, f64), y: f64, about: (f64, f64)) -> usize {
        let count = self.count();
        match first_behind(about, count) {
            (column, true) => column,
            (column, false) => self.exactly_first_right(low, high, y, column),
        }
    }

    /// The same, decided exactly; `column` is about where it is.
    #[cold]
    #[inline(never)]
    fn exactly_first_right(&self, low: (f64, f64), high: (f64, f64), y: f64, mut column: usize) -> usize {
        let count = self.count();
        let is_right = |column: usize| !is_left(low, high, (self.xs[column], y));
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
        let flip = |(x, y): (f64, f64)| (y, x);
        let (left, right) = if a.0 <= b.0 { (flip(a), flip(b)) } else { (flip(b), flip(a)) };
        let about = self.roughly((0.0, coordinate_at(left, right, self.xs[0]))).1;
        let (row, is_sure) = first_behind((about, self.error(a.1, b.1)), count);
        if is_sure {
            // All are beyond an edge that is below the lowest.
            return if row == 0 { count } else { row };
        }
        let side = |row: usize| is_left(a, b, (self.xs[0], self.ys[row]));
        let lowest = side(0);
        let mut row = row.max(1);
        while row > 1 && side(row - 1) != lowest {
            row -= 1;
        }
        while row < count && side(row) == lowest {
            row += 1;
        }
        row
    }
}

/// The first of `count` columns, or rows, that begins behind a place in one of them, which is known up to an error; whether it is for
/// certain.
#[inline(always)]
fn first_behind((about, error): (f64, f64), count: usize) -> (usize, bool) {
    let first = |place: f64| ((place + 1.0) as usize).min(count);
    let (least, most) = (first(about - error), first(about + error));
    (least, least == most)
}

/// About where the edge that goes up from `a` to `b` is at height `y`; below it, where it begins, and above it, where it ends.
#[inline(always)]
fn coordinate_at(a: (f64, f64), b: (f64, f64), y: f64) -> f64 {
    if y <= a.1 {
        a.0
    } else if y >= b.1 {
        b.0
    } else {
        a.0 + (b.0 - a.0) * ((y - a.1) / (b.1 - a.1))
    }
}
