//! Squares whose sides are powers of two, so that the square of a point is found without rounding.

use crate::index::section::plain;
use crate::simd::Number;

/// Binary digits of a place within the whole: the finest squares are 2^-30 of it wide.
pub(crate) const DIGITS: u32 = 30;

/// Where places count from, and what they count in: place = floor(coordinate * scale) - origin.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Grid {
    scale: f64,
    unit: f64,
    origin: [f64; 2],
}

plain!(Grid { scale: f64, unit: f64, origin: [f64; 2] });

/// A square of the grid: its lower left corner in finest squares, and the power of two of its side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Square {
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) shift: u32,
}

impl Square {
    /// One of its 2^bits by 2^bits smaller squares, counted row by row.
    pub(crate) fn part(self, bits: u32, place: usize) -> Square {
        let (row, column) = ((place >> bits) as u32, (place & ((1 << bits) - 1)) as u32);
        let shift = self.shift - bits;
        Square { x: self.x + (column << shift), y: self.y + (row << shift), shift }
    }
}

impl Grid {
    /// A grid over these bounds, with room on all sides; None where numbers are too large to have room beside them.
    pub(crate) fn new([left, bottom, right, top]: [f64; 4]) -> Option<Self> {
        let extent = (right - left).max(top - bottom);
        let largest = left.abs().max(right.abs()).max(bottom.abs()).max(top.abs());
        if largest > 2f64.powi(1000) {
            return None;
        }
        // The extent takes less than 2^DIGITS squares, and all places are integers that a double holds.
        let most = (1u32 << DIGITS) as f64 - 4.0;
        let power = (DIGITS as i32 - 1 - exponent(extent)).min(51 - exponent(largest)).min(900);
        // The exponent says it within a factor of two, and an extent just below a power of two has no room for what is beside it.
        let fits = |power: i32| extent * 2f64.powi(power) <= most;
        let power = match fits(power + 1) && power + exponent(largest) < 51 {
            true => power + 1,
            false if fits(power) => power,
            false => power - 1,
        };
        let mut grid = Grid { scale: 2f64.powi(power), unit: 2f64.powi(-power), origin: [0.0, 0.0] };
        let (x, y) = grid.place((left, bottom));
        // One square further out, so that no vertex lies on the lower left corner of the whole; there is room for one at the other end.
        grid.origin = [x - 1.0, y - 1.0];
        Some(grid)
    }

    /// Whether places are found without rounding.
    pub(super) fn is_sound(&self) -> bool {
        let is_power = |value: f64| value.is_normal() && value > 0.0 && value.to_bits() << 12 == 0;
        let is_integer = |value: f64| value.abs() < 2f64.powi(52) && value.floor() == value;
        is_power(self.scale) && self.unit == 1.0 / self.scale && self.origin.into_iter().all(is_integer)
    }

    /// Whether all points within these bounds have places in the grid, none of them in its outermost columns and rows.
    pub(super) fn holds(&self, [left, bottom, right, top]: [f64; 4]) -> bool {
        let (low, high) = (self.place((left, bottom)), self.place((right, top)));
        let last = f64::from((1u32 << DIGITS) - 1);
        [low.0, low.1].into_iter().all(|place| place >= 1.0) && [high.0, high.1].into_iter().all(|place| place < last)
    }

    /// All of it.
    pub(crate) fn whole(&self) -> Square {
        Square { x: 0, y: 0, shift: DIGITS }
    }

    /// The places of points: exact, whole numbers, and not of the grid where they are below 0 or 2^DIGITS and more.
    #[inline(always)]
    pub(crate) fn place<N: Number>(&self, (x, y): (N, N)) -> (N, N) {
        let floor = |value: N| {
            // What is floored already loses nothing where a product underflows.
            let value = if self.scale < 1.0 { value.floor() } else { value };
            value.mul(N::splat(self.scale)).floor()
        };
        (floor(x).sub(N::splat(self.origin[0])), floor(y).sub(N::splat(self.origin[1])))
    }

    /// How far along a Hilbert curve a point is: near for most points that are near each other.
    #[inline(always)]
    pub(crate) fn along_curve(&self, point: (f64, f64)) -> u32 {
        let (x, y) = self.roughly(point);
        // Casts take what is outside to the nearest side.
        let cell = |place: f64| (place as u32).min((1 << DIGITS) - 1) >> (DIGITS - 16);
        hilbert(cell(x), cell(y))
    }

    /// About the place of a coordinate, as a number with a fraction.
    #[inline(always)]
    pub(crate) fn roughly(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (x * self.scale - self.origin[0], y * self.scale - self.origin[1])
    }

    /// How many finest squares a length takes.
    #[inline(always)]
    pub(crate) fn squares(&self, length: f64) -> f64 {
        length * self.scale
    }

    /// An x left of all polygons.
    #[inline(always)]
    pub(crate) fn left(&self) -> f64 {
        self.point(0.0, 0.0).0
    }

    /// The point at a place.
    #[inline(always)]
    pub(crate) fn point(&self, x: f64, y: f64) -> (f64, f64) {
        ((x + self.origin[0]) * self.unit, (y + self.origin[1]) * self.unit)
    }

    /// The lower left corner of the square of side 2^shift that a place lies in.
    #[inline(always)]
    pub(crate) fn corner(&self, (x, y): (u32, u32), shift: u32) -> (f64, f64) {
        let down = |place: u32| f64::from(place >> shift << shift);
        self.point(down(x), down(y))
    }
}

/// The power of two just below or at |value|; -1000 for less.
fn exponent(value: f64) -> i32 {
    ((value.abs().to_bits() >> 52) as i32 - 1023).max(-1000)
}

/// How far along the Hilbert curve over 2^16 x 2^16 cells a cell is.
#[inline]
pub(crate) fn hilbert(x: u32, y: u32) -> u32 {
    let (mut along, mut way) = (0, 0);
    for shift in [12, 8, 4, 0] {
        let digits = (x >> shift & 15) << 4 | y >> shift & 15;
        let [part, next] = HILBERT[(way << 8 | digits) as usize];
        along = along << 8 | u32::from(part);
        way = u32::from(next);
    }
    along
}

/// For the way in which the curve runs through a square, and four digits of x and y within: how far along that is, and in
/// which way the curve runs on from there. Ways are whether x and y are to be swapped (1), and both to be turned around (2).
static HILBERT: [[u8; 2]; 1 << 10] = {
    let mut table = [[0; 2]; 1 << 10];
    let mut i = 0;
    while i < table.len() {
        table[i] = four_digits(i >> 8, i >> 4 & 15, i & 15);
        i += 1;
    }
    table
};

/// An element of [`HILBERT`]. From the highest digits down, each pair of digits says which quarter, and in which way the curve
/// runs through it.
const fn four_digits(mut way: usize, x: usize, y: usize) -> [u8; 2] {
    let (mut along, mut digit) = (0, 4);
    while digit > 0 {
        digit -= 1;
        let turned = way >> 1;
        let (x, y) = (x >> digit & 1 ^ turned, y >> digit & 1 ^ turned);
        let (right, up) = if way & 1 == 1 { (y, x) } else { (x, y) };
        along = along << 2 | (3 * right) ^ up;
        if up == 0 {
            way ^= 1 | right << 1;
        }
    }
    [along as u8, way as u8]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_lie_inside_and_places_are_exact() {
        for (left, width) in
            [(0.0, 1.0), (-180.0, 360.0), (5e5, 1e-3), (1e17, 1000.0), (0.0, 1e-310), (-1e300, 1.5e300)]
        {
            let bounds = [left, left, left + width, left + width];
            let grid = Grid::new(bounds).unwrap();
            assert!(grid.holds(bounds), "{left} {width}");
            for value in [left, left + width * 0.37, left + width] {
                let (x, y) = grid.place((value, value));
                assert!(x == y && (1.0..(1u32 << DIGITS) as f64).contains(&x), "{left} {width}: {x}");
                let corner = grid.corner((x as u32, y as u32), 0);
                assert!(corner.0 <= value && value - corner.0 <= grid.unit, "{left} {width}");
            }
        }
        let grid = Grid::new([-1.0, -1.0, 1.0, 1.0]).unwrap();
        assert_eq!(grid.place((-5e-324, 0.0)).0 + 1.0, grid.place((0.0, 0.0)).0);
        assert!(Grid::new([0.0, 0.0, 1e305, 1.0]).is_none());
    }

    #[test]
    fn neighbours_on_the_curve_are_neighbours_in_the_plane() {
        let side = 512;
        let mut cells: Vec<(u32, u32, u32)> =
            (0..side * side).map(|i| (hilbert(i % side, i / side), i % side, i / side)).collect();
        cells.sort_unstable();
        assert!(cells.iter().enumerate().all(|(i, cell)| cell.0 == i as u32));
        assert!(cells.windows(2).all(|w| w[0].1.abs_diff(w[1].1) + w[0].2.abs_diff(w[1].2) == 1));
    }
}
