//! Which squares of the plane have edges near: a bit for each, by which most points that are far from all edges are told
//! from the others with one look.

use super::Piece;
use super::near::Edges;
use super::raster::Raster;
use crate::coords::Points;
use crate::error::Result;
use crate::memory::{Counted, vec_filled, vec_with_capacity};
use crate::simd::{Lanes, first_lanes};

/// Squares: their bits stay in a cache near by.
const SQUARES: usize = 1 << 20;

/// Runs of squares that links may reach, for each of them.
const RUNS: usize = 8;

/// Points that say whether it is worth it, and how many of a hundred may be near.
const SAMPLE: usize = 1 << 10;
const MOST_NEAR: f64 = 0.6;

/// Points looked at together.
const CHUNK: usize = 256;

/// See the module.
pub(super) struct Vicinity {
    raster: Raster,
    bits: Counted<u64>,
}

/// Points of a piece that may be near an edge.
pub(super) struct Kept {
    x: Counted<f64>,
    y: Counted<f64>,
    /// The number of each.
    pub(super) rows: Counted<u32>,
}

impl Kept {
    pub(super) fn points(&self) -> Result<Points<'_>> {
        Points::from_f64(self.x[..].into(), self.y[..].into())
    }
}

impl Vicinity {
    /// None where most squares are near, or that would take long to find out.
    #[inline(always)]
    pub(super) fn new<V: Lanes>(
        edges: &Edges<'_>,
        bounds: [f64; 4],
        check: impl Fn() -> Result<()>,
    ) -> Result<Option<Self>> {
        let raster = Raster::new(bounds, SQUARES, 1.0);
        let mut bits = vec_filled(0u64, raster.count() / 64 + 1)?;
        let columns = raster.columns();
        let boxes = edges.tree.boxes_of_links();
        let mut runs = 0;
        for four in boxes {
            check()?;
            let [left, bottom, right, top] = raster.reached_by_four(four.grown::<V>(edges.limit.distance));
            for lane in 0..4 {
                // A lane of no link goes from the last to the first.
                let (Some(more), Some(rows)) =
                    (right[lane].checked_sub(left[lane]), (top[lane] + 1).checked_sub(bottom[lane]))
                else {
                    continue;
                };
                let mut first = bottom[lane] as usize * columns + left[lane] as usize;
                for _ in 0..rows {
                    set(&mut bits, first, first + more as usize);
                    first += columns;
                }
                runs += rows as usize;
            }
            if runs > RUNS * 4 * boxes.len() {
                return Ok(None);
            }
        }
        Ok(Some(Vicinity { raster, bits }))
    }

    /// Bits of those of four points that have links near.
    #[inline(always)]
    fn near<V: Lanes>(&self, x: V, y: V) -> [usize; 4] {
        let [a, b, c, d] = self.raster.nearest_squares::<V>(x, y);
        [self.bit(a), self.bit(b), self.bit(c), self.bit(d)]
    }

    #[inline(always)]
    fn bit(&self, square: u32) -> usize {
        (self.bits[square as usize / 64] >> (square % 64) & 1) as usize
    }

    /// Whether many of the points are far.
    #[inline(always)]
    fn share<V: Lanes>(&self, piece: &Piece<'_, '_>, rows: std::ops::Range<usize>) -> f64 {
        let step = (rows.len() / SAMPLE).max(1);
        let (mut near, mut all) = (0, 0);
        for row in rows.step_by(step) {
            let (x, y) = piece.points.get(piece.range.start + row);
            near += self.near::<V>(V::splat(x), V::splat(y))[0];
            all += 1;
        }
        near as f64 / all as f64
    }

    /// The points that have links near.
    #[inline(always)]
    pub(super) fn keep<V: Lanes>(&self, piece: &Piece<'_, '_>, rows: std::ops::Range<usize>) -> Result<Option<Kept>> {
        let near = self.share::<V>(piece, rows.clone());
        if near > MOST_NEAR {
            return Ok(None);
        }
        let start = piece.range.start;
        let room = ((near * 1.2 + 0.01) * rows.len() as f64) as usize;
        let mut kept =
            Kept { x: vec_with_capacity(room)?, y: vec_with_capacity(room)?, rows: vec_with_capacity(room)? };
        let (mut x, mut y) = ([0.0; CHUNK], [0.0; CHUNK]);
        let mut near = [0u8; CHUNK + 4];
        for first in rows.clone().step_by(CHUNK) {
            piece.watch.step()?;
            let count = CHUNK.min(rows.end - first);
            let (x, y) = piece.points.columns(start + first..start + first + count, (&mut x, &mut y));
            let next = start + (first + count)..start + (first + count + CHUNK).min(rows.end);
            piece.points.prefetch(next);
            let mut len = 0;
            for at in (0..count).step_by(4) {
                let four = self.near::<V>(V::load_at(x, at, 0.0), V::load_at(y, at, 0.0));
                let lanes = first_lanes(count - at) as usize;
                for lane in 0..4 {
                    near[len] = (at + lane) as u8;
                    len += four[lane] & lanes >> lane;
                }
            }
            kept.x.reserve(len)?;
            kept.y.reserve(len)?;
            kept.rows.reserve(len)?;
            for &at in &near[..len] {
                kept.x.push(x[at as usize]);
                kept.y.push(y[at as usize]);
                kept.rows.push((first - rows.start) as u32 + u32::from(at));
            }
        }
        Ok(Some(kept))
    }
}

/// Sets the bits from the first to the last.
#[inline(always)]
fn set(bits: &mut [u64], first: usize, last: usize) {
    let (low, high) = (u64::MAX << (first % 64), u64::MAX >> (63 - last % 64));
    if first / 64 == last / 64 {
        bits[first / 64] |= low & high;
        return;
    }
    bits[first / 64] |= low;
    bits[first / 64 + 1..last / 64].fill(u64::MAX);
    bits[last / 64] |= high;
}
