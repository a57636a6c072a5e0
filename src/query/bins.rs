//! Points in bins: the plane in rows of equal height, these in columns. What lies in a box is one run of points in each of a few
//! rows.

use std::ops::Range;

use super::raster::Raster;
use crate::coords::Points;
use crate::error::Result;
use crate::index::buckets::into_starts;
use crate::memory::{Counted, vec_filled, vec_with_capacity};
use crate::simd::Lanes;

/// How many times as high as wide a bin is: few rows, in each of which a longer run is quickly gone through.
const HEIGHT: f64 = 2.0;

/// Bins for each point.
const PER_POINT: usize = 2;

/// Places behind the last, so that four can be loaded wherever one begins.
const PAD: usize = 3;

/// Blocks that points are put into first, at most.
const BLOCKS: usize = 512;

/// Points copied at a time.
const CHUNK: usize = 256;

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
    pub(super) raster: Raster,
    /// Where each bin begins, row by row; behind these come the points outside the bounds.
    pub(super) starts: Counted<u32>,
    crowd: f64,
    /// The points bin by bin, and some places behind the last.
    pub(super) places: Counted<[f64; 2]>,
    /// The number of each in the range.
    pub(super) rows: Counted<u32>,
}

impl Bins {
    /// Puts the points of `range` that are within `limits` in bins, as long as `check` says to go on.
    #[inline(always)]
    pub(super) fn build<V: Lanes>(
        points: &Points<'_>,
        range: Range<usize>,
        limits: [f64; 4],
        check: impl Fn() -> Result<()>,
    ) -> Result<Self> {
        let count = range.len();
        let mut bins = Bins::over(bounds::<V>(points, range.clone(), limits), count)?;
        // First to blocks of bins, few enough that memory takes all their ends at once, then within each.
        let shift = (bins.starts.len().ilog2() + 1).saturating_sub(BLOCKS.ilog2());
        let Blocks { points, ends } = bins.blocks::<V>(points, range, shift, &check)?;
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
        bins.crowd = (crowd - outside * outside) as f64 / count.max(1) as f64;
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
    #[inline(always)]
    fn blocks<V: Lanes>(
        &self,
        points: &Points<'_>,
        range: Range<usize>,
        shift: u32,
        check: impl Fn() -> Result<()>,
    ) -> Result<Blocks> {
        let mut keys = vec_with_capacity(range.len())?;
        let mut ends = vec_filled(0u32, (self.starts.len() - 1).div_ceil(1 << shift))?;
        let (mut x, mut y) = ([0.0; CHUNK], [0.0; CHUNK]);
        for start in range.clone().step_by(CHUNK) {
            check()?;
            let count = CHUNK.min(range.end - start);
            let (x, y) = points.columns(start..start + count, (&mut x, &mut y));
            for at in (0..count).step_by(4) {
                let four = self.raster.squares::<V>(V::load_at(x, at, 0.0), V::load_at(y, at, 0.0));
                for &key in &four[..4.min(count - at)] {
                    ends[(key >> shift) as usize] += 1;
                    keys.push(key);
                }
            }
        }
        into_starts(&mut ends);
        let mut placed = vec_filled(Placed::default(), range.len())?;
        for (chunk, keys) in keys.chunks(CHUNK).enumerate() {
            check()?;
            for (row, &key) in (chunk * CHUNK..).zip(keys) {
                let to = &mut ends[(key >> shift) as usize];
                placed[*to as usize] = Placed { place: points.get(range.start + row).into(), row: row as u32, key };
                *to += 1;
            }
        }
        Ok(Blocks { points: placed, ends })
    }

    /// Empty bins.
    fn over(bounds: [f64; 4], count: usize) -> Result<Self> {
        let raster = Raster::new(bounds, PER_POINT * count, HEIGHT);
        Ok(Bins {
            raster,
            starts: vec_filled(0, raster.count() + 2)?,
            crowd: 0.0,
            places: Counted::default(),
            rows: Counted::default(),
        })
    }

    /// Where the point of each of `rows` rows is; behind all others for those that have none.
    pub(super) fn slots(&self, rows: usize) -> Result<Counted<u32>> {
        let mut slots = vec_filled(self.rows.len() as u32, rows)?;
        for (slot, &row) in (0..).zip(&self.rows) {
            slots[row as usize] = slot;
        }
        Ok(slots)
    }
}

/// The box around those points that are within `limits`.
#[inline(always)]
fn bounds<V: Lanes>(points: &Points<'_>, range: Range<usize>, limits: [f64; 4]) -> [f64; 4] {
    let (mut low, mut high) = ([V::splat(f64::INFINITY); 2], [V::splat(f64::NEG_INFINITY); 2]);
    let (mut x, mut y) = ([0.0; CHUNK], [0.0; CHUNK]);
    for start in range.clone().step_by(CHUNK) {
        let count = CHUNK.min(range.end - start);
        let (x, y) = points.columns(start..start + count, (&mut x, &mut y));
        let last = (x[count - 1], y[count - 1]);
        for at in (0..count).step_by(4) {
            let (x, y) = (V::load_at(x, at, last.0), V::load_at(y, at, last.1));
            (low, high) = ([low[0].min(x), low[1].min(y)], [high[0].max(x), high[1].max(y)]);
        }
    }
    let least = |v: V| v.store().into_iter().fold(f64::INFINITY, f64::min);
    let most = |v: V| v.store().into_iter().fold(f64::NEG_INFINITY, f64::max);
    let [left, bottom, right, top] = [least(low[0]), least(low[1]), most(high[0]), most(high[1])];
    [left.max(limits[0]), bottom.max(limits[1]), right.min(limits[2]), top.min(limits[3])]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::scalar::Scalar;
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
            let bins = Bins::build::<Scalar>(&points.points(), 3..count + 3, limits, || Ok(())).unwrap();
            let mut rows = bins.rows.clone();
            rows.sort_unstable();
            assert!(rows.iter().enumerate().all(|(i, &row)| row as usize == i));
            for _ in 0..40 {
                let (a, b) = (place(&mut random), place(&mut random));
                let sides = [a.0.min(b.0), a.1.min(b.1), a.0.max(b.0), a.1.max(b.1)];
                let holds = |[left, bottom, right, top]: [f64; 4], x: f64, y: f64| {
                    left <= x && x <= right && bottom <= y && y <= top
                };
                let (reached, columns) = bins.raster.reached(sides);
                let run = |row| {
                    let Range { start, end } = bins.raster.run(row, &columns);
                    bins.starts[start as usize] as usize..bins.starts[end as usize] as usize
                };
                let mut found: Vec<usize> = reached.flat_map(run).collect();
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
