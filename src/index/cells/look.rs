//! Following points to their squares, and looking at the chains of a square.

use super::fan::{self, Bisection};
use super::grid::{DIGITS, Grid};
use super::{Answer, Cells, Chain, Code};
use crate::error::Result;
use crate::index::shapes::Shapes;
use crate::memory::Counted;
use crate::predicates::orient::{difference, is_left, is_on_edge};
use crate::simd::{Lanes, prefetch};

/// Points followed at a time: enough that memory can be asked for what is needed next, few enough to stay in the cache.
pub(crate) const BLOCK: usize = 1024;

/// A square with more polygons, fans or fours of edges is not looked at together with others: that would take a while anyway.
const FEW_STEPS: usize = 16;

/// Of each of these so many are looked at together.
const MANY: usize = 256;

/// Where the ways of a block of points have ended.
pub(crate) struct Ends {
    codes: [Code; BLOCK],
    shifts: [u8; BLOCK],
    xs: [u32; BLOCK],
    ys: [u32; BLOCK],
    queue: [u16; BLOCK],
    at: [u32; BLOCK],
    steps: Counted<Step>,
    fans: Counted<Bisection>,
    sums: Counted<Sum>,
}

/// Up to four edges to be compared with a point.
#[derive(Clone, Copy)]
struct Step {
    point: (f64, f64),
    corner: (f64, f64),
    /// The first edge.
    edge: u32,
    lanes: u16,
    /// The number of the sum it belongs to.
    sum: u16,
}

/// What is known of a point and a polygon.
#[derive(Clone, Copy)]
struct Sum {
    polygon: u32,
    is_corner_inside: bool,
    crossings: Crossings,
    /// Whether crossings are those of the sum before.
    is_same: bool,
    /// Whether the next sum is of another point.
    is_last: bool,
}

/// What the way from a corner to a point has to do with some edges.
#[derive(Clone, Copy, Default)]
pub(super) struct Crossings {
    /// It crosses an odd number of them.
    pub(super) is_odd: bool,
    /// The point is on one of them.
    pub(super) is_on: bool,
}

impl Crossings {
    #[inline(always)]
    fn add(&mut self, other: Crossings) {
        self.is_odd ^= other.is_odd;
        self.is_on |= other.is_on;
    }

    #[inline(always)]
    fn position(self, is_corner_inside: bool) -> Position {
        Position { is_inside: is_corner_inside ^ self.is_odd, is_on_boundary: self.is_on }
    }
}

/// What a point on the boundary of a polygon counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Boundary {
    /// Inside.
    In,
    /// Not inside.
    Out,
    /// What is a step to its right.
    Right,
}

impl Boundary {
    #[inline(always)]
    pub(crate) fn takes(self, position: Position) -> bool {
        match self {
            Boundary::In => position.is_inside | position.is_on_boundary,
            Boundary::Out => position.is_inside & !position.is_on_boundary,
            Boundary::Right => position.is_inside,
        }
    }
}

/// Where in relation to a polygon a point is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// Inside, where a point on the boundary counts as a step to its right; without meaning if it was seen to be on it.
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
            steps: Counted::default(),
            fans: Counted::default(),
            sums: Counted::default(),
        }
    }
}

impl Ends {
    /// Follows up to [`BLOCK`] points, and looks at the chains of those that lead to few.
    #[inline(always)]
    pub(crate) fn follow<V: Lanes>(
        &mut self,
        cells: &Cells,
        shapes: &Shapes,
        boundary: Boundary,
        x: &[f64],
        y: &[f64],
    ) -> Result<()> {
        let Some(grid) = cells.grid() else {
            self.codes[..x.len()].fill(cells.codes[0]);
            return Ok(());
        };
        let chained = self.descend::<V>(cells, grid, x, y);
        for &i in &self.queue[..chained] {
            prefetch(&cells.chains, self.codes[i as usize].first());
            prefetch(&cells.chains, self.codes[i as usize].first() + 3);
        }
        match boundary {
            _ if chained == 0 => Ok(()),
            Boundary::Right => self.look::<V, false>(cells, grid, shapes, boundary, (x, y), chained),
            _ => self.look::<V, true>(cells, grid, shapes, boundary, (x, y), chained),
        }
    }

    /// Finds the codes of points; those with chains are in the queue then, as many as are answered.
    #[inline(always)]
    fn descend<V: Lanes>(&mut self, cells: &Cells, grid: &Grid, x: &[f64], y: &[f64]) -> usize {
        let (bits, count) = (cells.bits, x.len());
        let shift = DIGITS - bits;
        // No polygon reaches the outermost columns and rows, so what is beyond these may as well be in them.
        let inside = |place: V| place.max(V::splat(0.0)).min(V::splat(((1u32 << DIGITS) - 1) as f64)).whole();
        let places = self.xs.as_chunks_mut().0.iter_mut().zip(self.ys.as_chunks_mut().0);
        for (start, (xs, ys)) in (0..count).step_by(4).zip(places) {
            let (px, py) = grid.place((V::load_at(x, start, 0.0), V::load_at(y, start, 0.0)));
            (*xs, *ys) = (inside(px), inside(py));
        }
        // Little is done beside reading what lies all over memory, so that many reads are under way at a time.
        for (at, (&x, &y)) in self.at[..count].iter_mut().zip(self.xs.iter().zip(&self.ys)) {
            *at = (y >> shift) << bits | x >> shift;
        }
        for (code, &at) in self.codes[..count].iter_mut().zip(&self.at) {
            *code = cells.codes[at as usize];
        }
        self.shifts[..count].fill(shift as u8);
        let mut waiting = 0;
        let mut chained = 0;
        for i in 0..count {
            let code = self.codes[i];
            self.at[waiting] = i as u32;
            waiting += usize::from(code.is_divided());
            self.queue[chained] = i as u16;
            chained += usize::from(code.has_chains());
        }
        // Each step is to finer squares, unless a mapped file changes meanwhile.
        let mut steps = DIGITS;
        while waiting > 0 && steps > 0 {
            steps -= 1;
            // Where codes are is asked for long before they are read.
            for j in 0..waiting {
                let i = self.at[j] as usize;
                let (first, bits) = self.codes[i].division();
                let shift = u32::from(self.shifts[i]) - bits;
                let low = |place: u32| place >> shift & ((1 << bits) - 1);
                let at = first + (low(self.ys[i]) << bits | low(self.xs[i]));
                self.shifts[i] = shift as u8;
                self.codes[i] = Code(at);
                prefetch(&cells.codes, at as usize);
            }
            let mut still = 0;
            for j in 0..waiting {
                let i = self.at[j];
                let code = cells.codes[self.codes[i as usize].0 as usize];
                self.codes[i as usize] = code;
                self.at[still] = i;
                still += usize::from(code.is_divided());
                self.queue[chained] = i as u16;
                chained += usize::from(code.has_chains());
            }
            waiting = still;
        }
        chained
    }

    /// Looks at the chains of the points in the queue. Where they are few and one polygon at most is found, that is the answer.
    #[inline(always)]
    fn look<V: Lanes, const BOUNDARY: bool>(
        &mut self,
        cells: &Cells,
        grid: &Grid,
        shapes: &Shapes,
        boundary: Boundary,
        (x, y): (&[f64], &[f64]),
        chained: usize,
    ) -> Result<()> {
        self.steps.reserve(MANY)?;
        self.sums.reserve(MANY)?;
        let mut done = 0;
        while done < chained {
            self.steps.clear();
            self.fans.clear();
            self.sums.clear();
            let mut listed = 0;
            // Listing one adds up to FEW_STEPS + 1 of each, which there is room for.
            while done < chained && self.lens().iter().all(|&len| len + FEW_STEPS < MANY) {
                let i = self.queue[done];
                done += 1;
                self.at[listed] = i.into();
                listed += usize::from(self.list(cells, grid, shapes, i.into(), (x[i as usize], y[i as usize]))?);
            }
            for step in &self.steps {
                self.sums[step.sum as usize].crossings.add(look_at::<V, BOUNDARY>(shapes, step));
            }
            if !self.fans.is_empty() {
                fan::bisect::<V>(shapes, &mut self.fans);
            }
            for fan in &self.fans {
                self.sums[fan.sum as usize].crossings.add(fan.crossings(shapes));
            }
            let mut sums = self.sums.iter();
            for &i in &self.at[..listed] {
                let (mut found, mut polygon, mut crossings) = (0, 0, Crossings::default());
                for sum in sums.by_ref() {
                    crossings = if sum.is_same { crossings } else { sum.crossings };
                    let takes = boundary.takes(crossings.position(sum.is_corner_inside));
                    found += u32::from(takes);
                    polygon = if takes { sum.polygon } else { polygon };
                    if sum.is_last {
                        break;
                    }
                }
                match (found, Code::inside(polygon)) {
                    (0, _) => self.codes[i as usize] = Code::NOTHING,
                    (1, Some(code)) => self.codes[i as usize] = code,
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Lists what is to be compared with point `i`; false, and nothing, if that is much.
    #[inline(always)]
    fn list(&mut self, cells: &Cells, grid: &Grid, shapes: &Shapes, i: usize, point: (f64, f64)) -> Result<bool> {
        let [step_count, fan_count, sum_count] = self.lens();
        let corner = grid.corner((self.xs[i], self.ys[i]), self.shifts[i].into());
        let mut begins = true;
        for chain in &cells.chains[self.codes[i].first()..] {
            if begins {
                self.sums.push(Sum {
                    polygon: chain.polygon,
                    is_corner_inside: false,
                    crossings: Crossings::default(),
                    is_same: chain.is_same(),
                    is_last: false,
                });
            }
            begins = !chain.has_more();
            let at = self.sums.len() - 1;
            let sum = at as u16;
            self.sums[at].is_corner_inside ^= chain.is_corner_inside();
            if chain.is_fan() {
                prefetch(shapes.vertices(), chain.first as usize);
                self.fans.reserve(1)?;
                self.fans.push(Bisection::new(*chain, point, sum));
            } else {
                let corner = if chain.is_whole() { (grid.left(), point.1) } else { corner };
                for (edge, lanes) in chain.fours() {
                    prefetch(shapes.vertices(), edge as usize);
                    prefetch(shapes.vertices(), edge as usize + 4);
                    self.steps.push(Step { point, corner, edge, lanes: lanes as u16, sum });
                    if self.steps.len() > step_count + FEW_STEPS {
                        break;
                    }
                }
            }
            let [steps, fans, sums] = self.lens();
            if (steps - step_count).max(fans - fan_count).max(sums - sum_count) > FEW_STEPS {
                break;
            }
            if chain.is_last() {
                self.sums[at].is_last = true;
                return Ok(true);
            }
        }
        self.steps.truncate(step_count);
        self.fans.truncate(fan_count);
        self.sums.truncate(sum_count);
        Ok(false)
    }

    #[inline(always)]
    fn lens(&self) -> [usize; 3] {
        [self.steps.len(), self.fans.len(), self.sums.len()]
    }

    /// What the way of point `i` has led to.
    #[inline(always)]
    pub(crate) fn answer(&self, i: usize) -> Answer {
        self.codes[i].answer()
    }

    /// Which polygon each point is inside of, or `none`, or `many` where chains decide.
    #[inline(always)]
    pub(crate) fn singles(&self, polygons: &mut [i32], none: i32, many: i32) {
        for (polygon, code) in polygons.iter_mut().zip(&self.codes) {
            *polygon = match code.answer() {
                Answer::Inside(polygon) => polygon as i32,
                Answer::Chains(_) => many,
                Answer::Nothing => none,
            };
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

/// Goes through the chains of a square, polygon by polygon.
pub(crate) struct Look<'a> {
    shapes: &'a Shapes,
    chains: &'a [Chain],
    point: (f64, f64),
    corner: (f64, f64),
    far_left: f64,
    /// Those of the polygon before.
    crossings: Crossings,
}

impl<'a> Look<'a> {
    #[inline(always)]
    pub(crate) fn new(cells: &'a Cells, shapes: &'a Shapes, first: u32, point: (f64, f64), corner: (f64, f64)) -> Self {
        let far_left = cells.grid().map_or(-f64::MAX, Grid::left);
        let chains = &cells.chains[first as usize..];
        Look { shapes, chains, point, corner, far_left, crossings: Crossings::default() }
    }

    /// The next polygon, and the position of the point. `BOUNDARY`: whether it matters if it is on the boundary.
    #[inline(always)]
    pub(crate) fn next<V: Lanes, const BOUNDARY: bool>(&mut self) -> Option<(i32, Position)> {
        let mut is_corner_inside = false;
        let mut crossings = Crossings::default();
        loop {
            let (chain, others) = self.chains.split_first()?;
            self.chains = if chain.is_last() { &[] } else { others };
            is_corner_inside ^= chain.is_corner_inside();
            if chain.is_same() {
                crossings = self.crossings;
            } else if chain.is_fan() {
                crossings.add(fan::crossings(self.shapes, *chain, self.point));
            } else {
                let corner = if chain.is_whole() { (self.far_left, self.point.1) } else { self.corner };
                for (edge, lanes) in chain.fours() {
                    let step = Step { point: self.point, corner, edge, lanes: lanes as u16, sum: 0 };
                    crossings.add(look_at::<V, BOUNDARY>(self.shapes, &step));
                }
            }
            if !chain.has_more() {
                self.crossings = crossings;
                return Some((chain.polygon as i32, crossings.position(is_corner_inside)));
            }
        }
    }
}

/// Whether the way from the corner up and then right to the point crosses an odd number of edges, and, if `BOUNDARY`, whether
/// the point is on one.
#[inline(always)]
fn look_at<V: Lanes, const BOUNDARY: bool>(shapes: &Shapes, step: &Step) -> Crossings {
    let (px, py) = (V::splat(step.point.0), V::splat(step.point.1));
    let (cx, cy) = (V::splat(step.corner.0), V::splat(step.corner.1));
    let at = step.edge as usize;
    let lanes = u32::from(step.lanes);
    let (ax, ay) = V::load_pairs(shapes.four(at));
    let (bx, by) = V::load_pairs(shapes.four(at + 1));
    // Edges whose y, or x, range holds that of the point, or of the corner.
    let (a_low, b_low) = (ay.at_most(py), by.at_most(py));
    let across = (a_low ^ b_low) & lanes;
    let along = (ax.at_most(cx) ^ bx.at_most(cx)) & lanes;
    let (dx, dy) = (bx.sub(ax), by.sub(ay));
    let (up, side) = (dx.mul(py.sub(ay)), dy.mul(px.sub(ax)));
    let side_at_bend = dy.mul(cx.sub(ax));
    let (at_point, sure) = difference(up, side);
    let (at_bend, sure_at_bend) = difference(up, side_at_bend);
    let (at_corner, sure_at_corner) = difference(dx.mul(cy.sub(ay)), side_at_bend);
    let odd = (across & (at_point ^ at_bend)) ^ (along & (at_bend ^ at_corner));
    let mut near = across;
    if BOUNDARY {
        near |= (a_low | b_low) & (py.at_most(ay) | py.at_most(by)) & lanes;
    }
    let doubtful = near & !sure | (across | along) & !sure_at_bend | along & !sure_at_corner;
    if doubtful == 0 {
        return Crossings { is_odd: odd.count_ones() & 1 == 1, is_on: false };
    }
    carefully::<BOUNDARY>(shapes, step, odd, doubtful)
}

/// The same where `doubtful` edges are not what `odd` says of them.
#[cold]
#[inline(never)]
fn carefully<const BOUNDARY: bool>(shapes: &Shapes, step: &Step, mut odd: u32, doubtful: u32) -> Crossings {
    let (point, corner, bend) = (step.point, step.corner, (step.corner.0, step.point.1));
    let ends = |lane: u32| (shapes.vertex(step.edge + lane), shapes.vertex(step.edge + lane + 1));
    let edges = || (0..4).filter(|lane| doubtful >> lane & 1 == 1).map(ends);
    if BOUNDARY && edges().any(|(a, b)| is_on_edge(a, b, point)) {
        // Then nobody asks for the other.
        return Crossings { is_odd: false, is_on: true };
    }
    odd &= !doubtful;
    for (a, b) in edges() {
        let is_across = (a.1 <= point.1) != (b.1 <= point.1);
        let is_along = (a.0 <= corner.0) != (b.0 <= corner.0);
        odd ^= u32::from(is_across && is_left(a, b, point) != is_left(a, b, bend));
        odd ^= u32::from(is_along && is_left(a, b, bend) != is_left(a, b, corner));
    }
    Crossings { is_odd: odd.count_ones() & 1 == 1, is_on: false }
}
