//! Following points to their squares, and looking at the chains of a square.

use super::grid::DIGITS;
use super::{Answer, Cells, Chain, Code, Part};
use crate::index::shapes::Shapes;
use crate::predicates::orient::{ERROR, TINY, is_left, is_on_edge};
use crate::simd::{Lanes, first_lanes, prefetch};

/// Points followed at a time: enough that memory can be asked for what is needed next, few enough to stay in the cache.
pub(crate) const BLOCK: usize = 256;

/// Where the ways of a block of points have ended.
pub(crate) struct Ends {
    codes: [Code; BLOCK],
    shifts: [u8; BLOCK],
    xs: [u32; BLOCK],
    ys: [u32; BLOCK],
    queue: [u16; BLOCK],
    at: [u32; BLOCK],
}

/// Where in relation to a polygon a point is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// Inside, where a point on the boundary counts as a step to its right.
    pub(crate) is_inside: bool,
    pub(crate) is_on_boundary: bool,
}

impl Default for Ends {
    fn default() -> Self {
        Ends {
            codes: [Code::NOTHING; BLOCK],
            shifts: [0; BLOCK],
            xs: [0; BLOCK],
            ys: [0; BLOCK],
            queue: [0; BLOCK],
            at: [0; BLOCK],
        }
    }
}

impl Ends {
    /// Follows up to [`BLOCK`] points.
    #[inline(always)]
    pub(crate) fn follow(&mut self, cells: &Cells, shapes: &Shapes, x: &[f64], y: &[f64]) {
        let Some(grid) = cells.grid() else {
            self.codes[..x.len()].fill(cells.whole);
            return;
        };
        // The whole is divided, else there would be no grid.
        let (first, bits) = cells.whole.division();
        let shift = DIGITS - bits;
        let end = 1 << DIGITS;
        let mut waiting = 0;
        for (i, (&x, &y)) in x.iter().zip(y).enumerate() {
            let (x, y) = grid.place((x, y));
            // Casts take what is too small to 0, which is outside (no polygon reaches the first column or row), as is the end.
            let (x, y) = ((x as i64).clamp(0, end) as u32, (y as i64).clamp(0, end) as u32);
            (self.xs[i], self.ys[i]) = (x, y);
            let is_in = (x < end as u32) & (y < end as u32);
            let at = if is_in { first + ((y >> shift) << bits | x >> shift) } else { first };
            self.codes[i] = if is_in { cells.codes[at as usize] } else { Code::NOTHING };
            self.shifts[i] = shift as u8;
            self.queue[waiting] = i as u16;
            waiting += usize::from(self.codes[i].is_divided());
        }
        // Each step is to finer squares, unless a mapped file changes meanwhile.
        let mut steps = DIGITS;
        while waiting > 0 && steps > 0 {
            steps -= 1;
            for (&i, at) in self.queue[..waiting].iter().zip(&mut self.at) {
                let i = i as usize;
                let (first, bits) = self.codes[i].division();
                let shift = u32::from(self.shifts[i]) - bits;
                let low = |place: u32| place >> shift & ((1 << bits) - 1);
                *at = first + (low(self.ys[i]) << bits | low(self.xs[i]));
                self.shifts[i] = shift as u8;
                prefetch(&cells.codes, *at as usize);
            }
            let mut still = 0;
            for j in 0..waiting {
                let i = self.queue[j];
                let code = cells.codes[self.at[j] as usize];
                self.codes[i as usize] = code;
                self.queue[still] = i;
                still += usize::from(code.is_divided());
            }
            waiting = still;
        }
        // The chains, and then the edges of these, are asked for long before they are looked at.
        let mut chained = 0;
        for (i, code) in self.codes[..x.len()].iter().enumerate() {
            self.queue[chained] = i as u16;
            if let Some(first) = code.first_chain() {
                prefetch(&cells.chains, first);
                prefetch(&cells.chains, first + 3);
                chained += 1;
            }
        }
        for &i in &self.queue[..chained] {
            let Some(first) = self.codes[i as usize].first_chain() else { continue };
            for chain in &cells.chains[first..] {
                let edge = chain.first as usize;
                prefetch(shapes.vertices(), edge);
                prefetch(shapes.vertices(), edge + 4);
                if chain.count() > 4 {
                    prefetch(shapes.vertices(), edge + 8);
                }
                if chain.is_last() {
                    break;
                }
            }
        }
    }

    /// What the way of point `i` has led to.
    #[inline(always)]
    pub(crate) fn answer(&self, i: usize) -> Answer {
        match self.codes[i].part() {
            Part::Answer(answer) => answer,
            Part::Divided { .. } => Answer::Nothing,
        }
    }

    /// The lower left corner of the square that point `i` is in.
    #[inline(always)]
    pub(crate) fn corner(&self, cells: &Cells, i: usize) -> (f64, f64) {
        match cells.grid() {
            Some(grid) => grid.corner((self.xs[i], self.ys[i]), self.shifts[i].into()),
            None => (0.0, 0.0),
        }
    }
}

impl Code {
    #[inline(always)]
    fn is_divided(self) -> bool {
        self.0 & 3 == Self::DIVIDED
    }

    /// First code and bits of a divided square.
    #[inline(always)]
    fn division(self) -> (u32, u32) {
        ((self.0 >> 5) * Self::STEP as u32, self.0 >> 2 & 7)
    }

    #[inline(always)]
    fn first_chain(self) -> Option<usize> {
        (self.0 & 3 == Self::CHAINS).then_some((self.0 >> 2) as usize)
    }
}

/// Goes through the chains of a square, polygon by polygon.
pub(crate) struct Look<'a> {
    shapes: &'a Shapes,
    chains: &'a [Chain],
    point: (f64, f64),
    corner: (f64, f64),
}

impl<'a> Look<'a> {
    #[inline(always)]
    pub(crate) fn new(cells: &'a Cells, shapes: &'a Shapes, first: u32, point: (f64, f64), corner: (f64, f64)) -> Self {
        Look { shapes, chains: &cells.chains[first as usize..], point, corner }
    }

    /// The next polygon, and the position of the point. `BOUNDARY`: whether it matters if it is on the boundary.
    #[inline(always)]
    pub(crate) fn next<V: Lanes, const BOUNDARY: bool>(&mut self) -> Option<(i32, Position)> {
        let mut position = Position { is_inside: false, is_on_boundary: false };
        loop {
            let (chain, others) = self.chains.split_first()?;
            self.chains = if chain.is_last() { &[] } else { others };
            let seen = match chain.is_whole() {
                true => crossings::<V, BOUNDARY, true>(self.shapes, chain, self.point, self.corner),
                false => crossings::<V, BOUNDARY, false>(self.shapes, chain, self.point, self.corner),
            };
            position.is_inside ^= chain.is_corner_inside() ^ seen.is_inside;
            position.is_on_boundary |= seen.is_on_boundary;
            if !chain.has_more() {
                return Some((chain.polygon as i32, position));
            }
        }
    }
}

/// Whether the way from the corner (or, if `WHOLE`, from far left) to the point crosses an odd number of a chain's edges,
/// and, if `BOUNDARY`, whether the point is on one.
#[inline(always)]
fn crossings<V: Lanes, const BOUNDARY: bool, const WHOLE: bool>(
    shapes: &Shapes,
    chain: &Chain,
    point: (f64, f64),
    corner: (f64, f64),
) -> Position {
    let (px, py) = (V::splat(point.0), V::splat(point.1));
    let (cx, cy) = (V::splat(corner.0), V::splat(corner.1));
    let first = chain.first as usize;
    let count = chain.count() as usize;
    let mut odd = 0u32;
    let mut is_on_boundary = false;
    let mut done = 0;
    while done < count {
        let at = first + done;
        let lanes = first_lanes(count - done);
        let (ax, ay) = V::load_pairs(shapes.four(at));
        let (bx, by) = V::load_pairs(shapes.four(at + 1));
        // Edges whose y, or x, range holds that of the point, or of the corner.
        let across = (ay.at_most(py) ^ by.at_most(py)) & lanes;
        let along = if WHOLE { 0 } else { (ax.at_most(cx) ^ bx.at_most(cx)) & lanes };
        let near = if BOUNDARY { box_holds(ax, ay, bx, by, px, py) & lanes } else { 0 };
        done += 4;
        if across | along | near == 0 {
            continue;
        }
        let (dx, dy) = (bx.sub(ax), by.sub(ay));
        let (up, side) = (dx.mul(py.sub(ay)), dy.mul(px.sub(ax)));
        let (at_point, sure) = difference(up, side);
        let mut doubtful = (across | near) & !sure;
        if WHOLE {
            // Going up, the point must be right of the edge, going down left of it.
            odd ^= across & (at_point ^ !ay.at_most(py)) & !doubtful;
        } else {
            let side_at_bend = dy.mul(cx.sub(ax));
            let (at_bend, sure_at_bend) = difference(up, side_at_bend);
            let (at_corner, sure_at_corner) = difference(dx.mul(cy.sub(ay)), side_at_bend);
            doubtful |= (across | along) & !sure_at_bend | along & !sure_at_corner;
            odd ^= ((across & (at_point ^ at_bend)) ^ (along & (at_bend ^ at_corner))) & !doubtful;
        }
        while doubtful != 0 {
            let lane = doubtful.trailing_zeros();
            doubtful &= doubtful - 1;
            let edge = at as u32 + lane;
            let (a, b) = (shapes.vertex(edge), shapes.vertex(edge + 1));
            let (crosses, is_on) = carefully::<WHOLE>(a, b, point, corner);
            odd ^= u32::from(crosses);
            is_on_boundary |= is_on;
        }
    }
    Position { is_inside: odd.count_ones() & 1 == 1, is_on_boundary }
}

/// The signs of left - right as bits, and where they are sure.
#[inline(always)]
fn difference<V: Lanes>(left: V, right: V) -> (u32, u32) {
    let difference = left.sub(right);
    let bound = left.abs().add(right.abs()).mul(V::splat(ERROR)).add(V::splat(TINY));
    (difference.signs(), V::splat(0.0).at_most(difference.abs().sub(bound)))
}

/// Whether the box of an edge holds the point, its sides included.
#[inline(always)]
fn box_holds<V: Lanes>(ax: V, ay: V, bx: V, by: V, px: V, py: V) -> u32 {
    ax.min(bx).at_most(px) & px.at_most(ax.max(bx)) & ay.min(by).at_most(py) & py.at_most(ay.max(by))
}

/// Whether the way crosses the edge, and whether the point is on it.
#[cold]
#[inline(never)]
fn carefully<const WHOLE: bool>(a: (f64, f64), b: (f64, f64), point: (f64, f64), corner: (f64, f64)) -> (bool, bool) {
    let is_on = is_on_edge(a, b, point);
    let across = (a.1 <= point.1) != (b.1 <= point.1);
    if WHOLE {
        return (across && is_left(a, b, point) != (a.1 <= point.1), is_on);
    }
    let bend = (corner.0, point.1);
    let along = (a.0 <= corner.0) != (b.0 <= corner.0);
    let mut crosses = across && is_left(a, b, point) != is_left(a, b, bend);
    crosses ^= along && is_left(a, b, bend) != is_left(a, b, corner);
    (crosses, is_on)
}
