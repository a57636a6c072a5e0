//! All pairs of points and polygons as one CSR result, put together from what pieces of points have found.

use std::sync::{Mutex, PoisonError, TryLockError};

use crate::error::{Result, vec_filled};

/// All pairs: row i's polygons are `polygons[offsets[i]..offsets[i + 1]]`.
#[derive(Debug)]
pub struct Pairs {
    offsets: Vec<i64>,
    polygons: Vec<i32>,
    distances: Option<Vec<f64>>,
}

impl Pairs {
    /// One more than there are points, from 0 to the number of pairs.
    pub fn offsets(&self) -> &[i64] {
        &self.offsets
    }

    /// The polygon of each pair.
    pub fn polygons(&self) -> &[i32] {
        &self.polygons
    }

    /// The distance of each pair, if it was asked for.
    pub fn distances(&self) -> Option<&[f64]> {
        self.distances.as_deref()
    }

    /// Calls `ask` with a column for the pairs of each of `rows` points, and with where pieces bring theirs.
    pub(super) fn collect(
        rows: usize,
        measures: bool,
        ask: impl for<'o> FnOnce(&'o mut [i64], &Collector<'o>) -> Result<()>,
    ) -> Result<Self> {
        let mut offsets = vec_filled(0i64, rows + 1)?;
        let collector = Collector { measures, joined: Mutex::default() };
        if let Err(error) = ask(&mut offsets[1..], &collector) {
            // In the child of a fork nobody leaves a piece any more that somebody was bringing.
            let is_taken = matches!(collector.joined.try_lock(), Err(TryLockError::WouldBlock));
            if is_taken {
                std::mem::forget(collector);
            }
            return Err(error);
        }
        let joined = collector.joined.into_inner().unwrap_or_else(PoisonError::into_inner);
        let Found { polygons, distances, .. } = joined.found;
        Ok(Pairs { offsets, polygons, distances: measures.then_some(distances) })
    }
}

/// What a piece has found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) polygons: Vec<i32>,
    /// Beside `polygons`, or empty where nobody asked for distances.
    pub(super) distances: Vec<f64>,
    /// Where each row begins in `polygons`.
    starts: Vec<usize>,
}

impl Found {
    /// Begins a row of a piece of `rows` rows.
    #[inline(always)]
    pub(super) fn begin(&mut self, row: usize, rows: usize) -> Result<()> {
        if self.starts.is_empty() {
            self.starts = vec_filled(0, rows)?;
        }
        self.starts[row] = self.polygons.len();
        Ok(())
    }
}

/// Where pieces bring what they have found.
pub(super) struct Collector<'o> {
    /// Whether distances are wanted.
    pub(super) measures: bool,
    joined: Mutex<Joined<'o>>,
}

impl<'o> Collector<'o> {
    /// Takes what a piece has found, and the number of pairs of its rows, which become the ends of these.
    pub(super) fn take(&self, number: usize, counts: &'o mut [i64], found: Found) -> Result<()> {
        self.joined.lock().unwrap_or_else(PoisonError::into_inner).take(number, counts, found)
    }
}

/// The pairs of the first pieces, in order. What has been copied here is free for the pieces to come, so that the memory of
/// all pairs is taken from the system once.
#[derive(Default)]
struct Joined<'o> {
    found: Found,
    pieces: usize,
    /// Pieces that were done before others in front of them.
    early: Vec<(usize, &'o mut [i64], Found)>,
}

impl<'o> Joined<'o> {
    fn take(&mut self, number: usize, counts: &'o mut [i64], found: Found) -> Result<()> {
        self.early.try_reserve(1)?;
        self.early.push((number, counts, found));
        while let Some(i) = self.early.iter().position(|early| early.0 == self.pieces) {
            let (_, counts, found) = self.early.swap_remove(i);
            self.append(counts, found)?;
            self.pieces += 1;
        }
        Ok(())
    }

    fn append(&mut self, counts: &mut [i64], found: Found) -> Result<()> {
        let mut end = self.found.polygons.len() as i64;
        if end == 0 && found.starts.is_sorted() {
            // In order already.
            self.found = found;
            for count in counts {
                end += *count;
                *count = end;
            }
            return Ok(());
        }
        self.found.polygons.try_reserve(found.polygons.len())?;
        self.found.distances.try_reserve(found.distances.len())?;
        for (count, start) in counts.iter_mut().zip(found.starts) {
            let row = start..start + *count as usize;
            if !found.distances.is_empty() {
                self.found.distances.extend_from_slice(&found.distances[row.clone()]);
            }
            self.found.polygons.extend_from_slice(&found.polygons[row]);
            *count = self.found.polygons.len() as i64;
        }
        Ok(())
    }
}
