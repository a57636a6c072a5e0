//! Points in bins: the plane in rows of equal height, these in columns. What lies in a box is one run of points in each of a few
//! rows.

use std::ops::Range;

use crate::coords::Points;
use crate::error::Result;
use crate::index::buckets::{Buckets, into_starts};
use crate::memory::{Counted, vec_filled, vec_with_capacity};

/// How many times as high as wide a bin is: few rows, in each of which a longer run is quickly gone through.
const HEIGHT: f64 = 2.0;

/// Bins for each point.
const PER_POINT: f64 = 1.0;

/// Places behind the last, so that four can be loaded wherever one begins.
const PAD: usize = 3;

/// Blocks that points are put into first, at most.
const BLOCKS: usize = 512;

/// A point on its way to its bin.
#[derive(Clone, Copy, Default)]
struct Placed {
    place: [f64; 2],
    row: u32,
    key: u32,
}

/// Points block by block, and where each block ends.
struct Blocks {
    points: Counted<Placed>,
    ends: Counted<u32>,
}

/// See the module.
pub(super) struct Bins {
    /// What they are laid over: left, bottom, right, top.
    bounds: [f64; 4],
    across: Buckets,
    up: Buckets,
    /// Where each bin begins, row by row; behind these come the points outside the bounds.
    starts: Counted<u32>,
    crowd: f64,
    /// The points bin by bin, and some places behind the last.
    pub(super) places: Counted<[f64; 2]>,
    /// The number of each in the range.
    pub(super) rows: Counted<u32>,
}

impl Bins {
    /// Puts the points of `range` that are within `limits` in bins, as long as `check` says to go on.
    pub(super) fn build(
        points: &Points<'_>,
        range: Range<usize>,
        limits: [f64; 4],
        check: impl Fn() -> Result<()>,
    ) -> Result<Self> {
        let count = range.len();
        let mut bins = Bins::over(bounds(points, range.clone(), limits), count)?;
        // First to blocks of bins, few enough that memory takes all their ends at once, then within each.
        let shift = (bins.starts.len().ilog2() + 1).saturating_sub(BLOCKS.ilog2());
        let Blocks { points, ends } = bins.blocks(points, range, shift, &check)?;
        let low = (1 << shift) - 1;
        bins.places = vec_filled([0.0; 2], count + PAD)?;
        bins.rows = vec_filled(0, count)?;
        let (mut start, mut crowd) = (0, 0);
        for (starts, end) in bins.starts[1..].chunks_mut(1 << shift).zip(&ends) {
            check()?;
            let block = &points[start as usize..*end as usize];
            for point in block {
                starts[(point.key & low) as usize] += 1;
            }
            for size in starts.iter_mut() {
                crowd += u64::from(*size) * u64::from(*size);
                start += std::mem::replace(size, start);
            }
            // Each start moves on to its end, which is the start of the next.
            for &Placed { place, row, key } in block {
                let to = &mut starts[(key & low) as usize];
                (bins.places[*to as usize], bins.rows[*to as usize]) = (place, row);
                *to += 1;
            }
        }
        // Those outside are in nobody's way.
        let outside = (count - bins.len()) as u64;
        bins.crowd = (crowd - outside * outside) as f64 / count as f64;
        Ok(bins)
    }

    /// The number of points in bins.
    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.starts[self.starts.len() - 2] as usize
    }

    /// How many points share the bin of one, on average.
    pub(super) fn crowd(&self) -> f64 {
        self.crowd
    }

    /// Four places from `at` on; those behind the last have no meaning.
    #[inline(always)]
    pub(super) fn four(&self, at: usize) -> &[[f64; 2]; 4] {
        self.places[at..].first_chunk().expect("there are places behind the last")
    }

    /// The points of `range`, those of 2^shift bins together.
    fn blocks(
        &self,
        points: &Points<'_>,
        range: Range<usize>,
        shift: u32,
        check: impl Fn() -> Result<()>,
    ) -> Result<Blocks> {
        let mut keys = vec_with_capacity(range.len())?;
        let mut ends = vec_filled(0u32, (self.starts.len() - 1).div_ceil(1 << shift))?;
        for i in range.clone() {
            check()?;
            let key = self.key(points.get(i));
            ends[(key >> shift) as usize] += 1;
            keys.push(key);
        }
        into_starts(&mut ends);
        let mut placed = vec_filled(Placed::default(), range.len())?;
        for (row, &key) in keys.iter().enumerate() {
            check()?;
            let to = &mut ends[(key >> shift) as usize];
            placed[*to as usize] = Placed { place: points.get(range.start + row).into(), row: row as u32, key };
            *to += 1;
        }
        Ok(Blocks { points: placed, ends })
    }

    /// Empty bins.
    fn over(bounds: [f64; 4], count: usize) -> Result<Self> {
        let [left, bottom, right, top] = bounds;
        let most = (count as f64 * PER_POINT).max(1.0);
        let (width, height) = (right - left, top - bottom);
        // So many columns to a row that bins have their shape; one where there is nothing to divide.
        let columns = (width / height * HEIGHT * most).sqrt();
        let columns = if columns.is_nan() { 1.0 } else { columns.clamp(1.0, most) };
        let rows = most / columns;
        let (columns, rows) = (columns as usize, (rows as usize).max(1));
        let starts = vec_filled(0, columns * rows + 2)?;
        let buckets = (Buckets::new(left, right, columns), Buckets::new(bottom, top, rows));
        Ok(Bins {
            bounds,
            across: buckets.0,
            up: buckets.1,
            starts,
            crowd: 0.0,
            places: Counted::default(),
            rows: Counted::default(),
        })
    }

    /// The bin of a point.
    #[inline(always)]
    fn key(&self, (x, y): (f64, f64)) -> u32 {
        let [left, bottom, right, top] = self.bounds;
        let columns = self.across.count() as u32;
        let is_in = (left <= x) & (x <= right) & (bottom <= y) & (y <= top);
        let key = self.up.of(y) * columns + self.across.of(x);
        if is_in { key } else { self.up.count() as u32 * columns }
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

    /// The points in some columns of a row.
    #[inline(always)]
    pub(super) fn run(&self, row: u32, columns: &Range<u32>) -> Range<usize> {
        let first = row as usize * self.across.count();
        let start = |column: u32| self.starts[first + column as usize] as usize;
        start(columns.start)..start(columns.end)
    }
}

/// The box around those points that are within `limits`.
fn bounds(points: &Points<'_>, range: Range<usize>, limits: [f64; 4]) -> [f64; 4] {
    let mut bounds = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    for i in range {
        let (x, y) = points.get(i);
        let least = |a: f64, b: f64| if b < a { b } else { a };
        let most = |a: f64, b: f64| if b > a { b } else { a };
        bounds = [least(bounds[0], x), least(bounds[1], y), most(bounds[2], x), most(bounds[3], y)];
    }
    let [left, bottom, right, top] = bounds;
    [left.max(limits[0]), bottom.max(limits[1]), right.min(limits[2]), top.min(limits[3])]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Columns, Random};

    #[test]
    fn what_lies_in_a_box_is_in_its_runs_once() {
        let mut random = Random(5);
        for (round, scale) in [1.0, 1e-300, 5e-324, 1e300, 1.7e308].into_iter().cycle().take(60).enumerate() {
            let count = [0, 1, 2, 5, 40, 700][round % 6];
            let towns = 1 + random.below(4);
            let place = |random: &mut Random| {
                let mut number = || match (round / 6) % 5 {
                    0 => random.unit() * 2.0 - 1.0,
                    1 => random.below(7) as f64 - 3.0,
                    2 => random.below(towns) as f64 * 0.2 + random.normal() * 1e-3,
                    3 => {
                        if random.below(50) == 0 {
                            -1.0
                        } else {
                            random.unit() * 1e-9
                        }
                    }
                    _ => 0.25,
                };
                (number() * scale, number() * scale)
            };
            let points = Columns::new((0..count + 3).map(|_| place(&mut random)));
            let limits = [-0.9 * scale, -0.9 * scale, 0.8 * scale, 2.0 * scale];
            let bins = Bins::build(&points.points(), 3..count + 3, limits, || Ok(())).unwrap();
            let mut rows = bins.rows.clone();
            rows.sort_unstable();
            assert!(rows.iter().enumerate().all(|(i, &row)| row as usize == i));
            for _ in 0..40 {
                let (a, b) = (place(&mut random), place(&mut random));
                let sides = [a.0.min(b.0), a.1.min(b.1), a.0.max(b.0), a.1.max(b.1)];
                let holds = |[left, bottom, right, top]: [f64; 4], x: f64, y: f64| {
                    left <= x && x <= right && bottom <= y && y <= top
                };
                let (reached, columns) = bins.reached(sides);
                let mut found: Vec<usize> = reached.flat_map(|row| bins.run(row, &columns)).collect();
                found.retain(|&at| holds(sides, bins.places[at][0], bins.places[at][1]));
                let mut found: Vec<usize> = found.iter().map(|&at| bins.rows[at] as usize).collect();
                found.sort_unstable();
                let at = |row: usize| (points.x[row + 3], points.y[row + 3]);
                let is_in = |&row: &usize| holds(sides, at(row).0, at(row).1) && holds(limits, at(row).0, at(row).1);
                assert_eq!(found, (0..count).filter(is_in).collect::<Vec<_>>(), "round {round}");
            }
        }
    }
}
