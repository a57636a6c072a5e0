//! All pairs of points and polygons as one CSR result, put together from what pieces of points have found.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, TryLockError};

use super::NONE;
use crate::error::{Error, Kind, Result};
use crate::index::cells::look::BLOCK;
use crate::memory::{Counted, vec_filled};
use crate::run::{Run, for_pieces, rows_per_piece};
use crate::simd::prefetch;

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

    /// The point and the polygon of each pair, as columns with an element for each.
    pub fn write_indices(&self, run: &Run<'_>, points: &mut [i64], polygons: &mut [i64]) -> Result<()> {
        const PAIR_NANOSECONDS: usize = 3;
        let (total, rows) = (self.polygons.len(), rows_per_piece(PAIR_NANOSECONDS));
        let pieces = points.chunks_mut(rows).zip(polygons.chunks_mut(rows)).enumerate();
        for_pieces(run, total, rows, PAIR_NANOSECONDS, pieces, |(number, (points, polygons)), _| {
            let start = number * rows;
            let mut point = self.offsets.partition_point(|&offset| offset <= start as i64) - 1;
            let mut done = 0;
            while done < points.len() {
                let end = (self.offsets[point + 1] as usize - start).min(points.len());
                points[done..end].fill(point as i64);
                (done, point) = (end, point + 1);
            }
            for (to, &polygon) in polygons.iter_mut().zip(&self.polygons[start..]) {
                *to = i64::from(polygon);
            }
            Ok(())
        })
    }

    /// Calls `ask` with a column for the pairs of each of `rows` points, and with where pieces bring theirs.
    pub(super) fn collect(
        rows: usize,
        wanted: Wanted,
        ask: impl for<'o> FnOnce(&'o mut [i64], &Collector<'o>) -> Result<()>,
    ) -> Result<Self> {
        let mut offsets = vec_filled(0i64, rows + 1)?.keep();
        let Found { polygons, distances, .. } = {
            let collector = Collector { wanted, pairs: AtomicU64::new(0), joined: Mutex::default() };
            if let Err(error) = ask(&mut offsets[1..], &collector) {
                // In the child of a fork nobody leaves a piece any more that somebody was bringing.
                let is_taken = matches!(collector.joined.try_lock(), Err(TryLockError::WouldBlock));
                if is_taken {
                    std::mem::forget(collector);
                }
                return Err(error);
            }
            collector.joined.into_inner().unwrap_or_else(PoisonError::into_inner).found
        };
        let distances = wanted.distances.then(|| distances.keep());
        Ok(Pairs { offsets, polygons: polygons.keep(), distances })
    }
}

/// What to find.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Whether distances are wanted, too.
    pub distances: bool,
    /// More pairs than this are an error.
    pub max_pairs: u64,
}

impl Wanted {
    /// All pairs, however many they are.
    pub fn all(distances: bool) -> Self {
        Wanted { distances, max_pairs: u64::MAX }
    }
}

/// Pairs that a piece has room for from the start.
const ROOM: usize = 1 << 14;

/// Rows whose pairs are asked for before their turn, where these lie anywhere.
const AHEAD: usize = 16;

/// What a piece has found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) polygons: Counted<i32>,
    /// Beside `polygons`, or empty where nobody asked for distances.
    pub(super) distances: Counted<f64>,
    /// Rows that came one after the other.
    in_order: usize,
    /// Where each row begins in `polygons`; empty as long as all came in order.
    starts: Counted<usize>,
    /// Rows of this block that are to be sorted.
    pub(super) unsorted: Counted<Range<usize>>,
    /// Those of `polygons` that the collector knows of.
    told: usize,
}

impl Found {
    /// Begins a row of a piece; `counts` has the pairs of the rows before it.
    #[inline(always)]
    pub(super) fn begin(&mut self, row: usize, counts: &[i64]) -> Result<()> {
        if row == self.in_order && self.starts.is_empty() {
            self.in_order += 1;
            return Ok(());
        }
        if self.starts.is_empty() {
            self.leave_order(counts)?;
        }
        self.starts[row] = self.polygons.len();
        Ok(())
    }

    /// Adds rows that come in order, each with one polygon, at a distance of 0, or [`NONE`]; so many have one.
    #[inline(always)]
    pub(super) fn add_rows(
        &mut self,
        row: usize,
        polygons: &[i32],
        matches: usize,
        collector: &Collector<'_>,
    ) -> Result<()> {
        assert!(row == self.in_order && self.starts.is_empty());
        self.in_order = row + polygons.len();
        if matches == 0 {
            return Ok(());
        }
        self.reserve(polygons.len(), collector)?;
        let start = self.polygons.len();
        self.polygons.extend_from_slice(polygons);
        if matches < polygons.len() {
            let added = &mut self.polygons[start..];
            let mut kept = 0;
            for &polygon in polygons {
                // What comes next is written over one that is none.
                added[kept] = polygon;
                kept += usize::from(polygon != NONE);
            }
            self.polygons.truncate(start + matches);
        }
        if collector.wanted.distances {
            self.distances.resize(self.polygons.len(), 0.0);
        }
        Ok(())
    }

    /// Asks for the memory of a row that begins soon.
    #[inline(always)]
    pub(super) fn expect(&self, row: usize, counts: &[i64]) {
        prefetch(counts, row);
        prefetch(&self.starts, row);
    }

    #[cold]
    #[inline(never)]
    fn leave_order(&mut self, counts: &[i64]) -> Result<()> {
        self.starts.reserve(counts.len())?;
        self.starts.resize(counts.len(), 0);
        let mut start = 0;
        for (row, &count) in counts[..self.in_order].iter().enumerate() {
            self.starts[row] = start;
            start += count as usize;
        }
        Ok(())
    }

    /// Makes room for `more` pairs.
    #[inline(always)]
    pub(super) fn reserve(&mut self, more: usize, collector: &Collector<'_>) -> Result<()> {
        if self.polygons.capacity() - self.polygons.len() < more {
            self.grow(more, collector)?;
        }
        if collector.wanted.distances { self.distances.reserve(more) } else { Ok(()) }
    }

    /// Where there would soon be too many pairs there is no need for their memory.
    #[cold]
    #[inline(never)]
    fn grow(&mut self, more: usize, collector: &Collector<'_>) -> Result<()> {
        collector.count(self)?;
        self.unsorted.reserve(BLOCK)?;
        self.polygons.reserve(more.max(ROOM))
    }

    /// The same room, with nothing in it.
    fn cleared(mut self) -> Self {
        self.polygons.clear();
        self.distances.clear();
        self.starts.clear();
        (self.in_order, self.told) = (0, 0);
        self
    }
}

/// Where pieces bring what they have found.
pub(super) struct Collector<'o> {
    pub(super) wanted: Wanted,
    /// How many all pieces have found, as far as they have told.
    pairs: AtomicU64,
    joined: Mutex<Joined<'o>>,
}

impl<'o> Collector<'o> {
    /// Room for what a piece will find.
    pub(super) fn room(&self) -> Found {
        self.joined.lock().unwrap_or_else(PoisonError::into_inner).spare.pop().unwrap_or_default()
    }

    /// Takes what a piece has found, and the number of pairs of its rows, which become the ends of these.
    pub(super) fn take(&self, number: usize, counts: &'o mut [i64], mut found: Found) -> Result<()> {
        self.count(&mut found)?;
        self.joined.lock().unwrap_or_else(PoisonError::into_inner).take(number, counts, found)
    }

    /// Counts what a piece has found since it told. Whoever does it, the last to tell sees all pairs: whether they are too many
    /// does not depend on how many workers there are.
    fn count(&self, found: &mut Found) -> Result<()> {
        let new = (found.polygons.len() - found.told) as u64;
        found.told = found.polygons.len();
        let most = self.wanted.max_pairs;
        match self.pairs.fetch_add(new, Ordering::Relaxed) + new > most {
            true => Err(Error::new(Kind::Limit, format_args!("query.max_pairs = {most}: there are more"))),
            false => Ok(()),
        }
    }
}

/// The pairs of the first pieces, in order. What has been copied here is free for the pieces to come, so that the memory of
/// all pairs is taken from the system once (a page of new memory takes about as long as the pairs in it).
#[derive(Default)]
struct Joined<'o> {
    found: Found,
    pieces: usize,
    /// Pieces that were done before others in front of them.
    early: Counted<(usize, &'o mut [i64], Found)>,
    /// Room of pieces that have been copied, for those to come.
    spare: Counted<Found>,
}

impl<'o> Joined<'o> {
    fn take(&mut self, number: usize, counts: &'o mut [i64], found: Found) -> Result<()> {
        self.early.reserve(1)?;
        self.early.push((number, counts, found));
        while let Some(i) = self.early.iter().position(|early| early.0 == self.pieces) {
            let (_, counts, found) = self.early.swap_remove(i);
            self.append(counts, found)?;
            self.pieces += 1;
        }
        Ok(())
    }

    fn append(&mut self, counts: &mut [i64], found: Found) -> Result<()> {
        let is_ordered = found.starts.is_empty();
        if is_ordered && self.found.polygons.is_empty() {
            self.found = found;
            add_up(counts, 0);
            return Ok(());
        }
        self.found.polygons.reserve(found.polygons.len())?;
        self.found.distances.reserve(found.distances.len())?;
        if is_ordered {
            add_up(counts, self.found.polygons.len() as i64);
            self.found.polygons.extend_from_slice(&found.polygons);
            self.found.distances.extend_from_slice(&found.distances);
        } else {
            for (i, (count, &start)) in counts.iter_mut().zip(&found.starts).enumerate() {
                if let Some(&ahead) = found.starts.get(i + AHEAD) {
                    prefetch(&found.polygons, ahead);
                    prefetch(&found.distances, ahead);
                }
                let row = start..start + *count as usize;
                if !found.distances.is_empty() {
                    self.found.distances.extend_from_slice(&found.distances[row.clone()]);
                }
                self.found.polygons.extend_from_slice(&found.polygons[row]);
                *count = self.found.polygons.len() as i64;
            }
        }
        self.spare.reserve(1)?;
        self.spare.push(found.cleared());
        Ok(())
    }
}

/// Makes of each number the sum of `before` and all up to it.
fn add_up(counts: &mut [i64], before: i64) {
    let mut end = before;
    for count in counts {
        end += *count;
        *count = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::{Index, Uses};
    use crate::query::{Relation, find, find_nearest_polygons};
    use crate::testing::{Columns, Random, Table, runs};

    #[test]
    fn indices_are_the_pairs() {
        let mut random = Random(83);
        // More than a piece of work has, with rows that are empty and one that is longer than such a piece.
        let mut pairs = Pairs { offsets: vec![0], polygons: Vec::new(), distances: None };
        for row in 0..400 {
            let count = if row == 99 { 70_000 } else { random.below(5) * random.below(300) };
            pairs.polygons.extend((0..count).map(|_| random.below(1 << 20) as i32));
            pairs.offsets.push(pairs.polygons.len() as i64);
        }
        let total = pairs.polygons.len();
        for run in runs() {
            let (mut points, mut polygons) = (vec![-1; total], vec![-1; total]);
            pairs.write_indices(&run, &mut points, &mut polygons).unwrap();
            let rows = pairs.offsets.windows(2).enumerate();
            assert!(rows.flat_map(|(i, ends)| (ends[0]..ends[1]).map(move |_| i as i64)).eq(points));
            assert!(pairs.polygons.iter().map(|&polygon| i64::from(polygon)).eq(polygons));
        }
        let none = Pairs { offsets: vec![0, 0], polygons: Vec::new(), distances: None };
        none.write_indices(&Run::default(), &mut [], &mut []).unwrap();
    }

    #[test]
    fn rows_of_a_piece_may_come_in_any_order() {
        let rows: [&[i32]; 6] = [&[4], &[], &[7, 9], &[1, 2, 3], &[5], &[6]];
        for order in [[0, 1, 2, 3, 4, 5], [0, 1, 4, 3, 5, 2], [5, 4, 3, 2, 1, 0], [0, 5, 2, 1, 3, 4]] {
            let pairs = Pairs::collect(2 * rows.len(), Wanted::all(true), |counts, collector| {
                // The same piece twice: what was room for one is that of the next.
                for (number, counts) in counts.chunks_mut(rows.len()).enumerate() {
                    let mut found = collector.room();
                    for row in order {
                        found.begin(row, counts)?;
                        found.reserve(rows[row].len(), collector)?;
                        found.polygons.extend_from_slice(rows[row]);
                        found.distances.extend(rows[row].iter().map(|&polygon| f64::from(polygon)));
                        counts[row] = rows[row].len() as i64;
                    }
                    collector.take(number, counts, found)?;
                }
                Ok(())
            });
            let pairs = pairs.unwrap();
            assert_eq!(pairs.offsets(), [0, 1, 1, 3, 6, 7, 8, 9, 9, 11, 14, 15, 16], "{order:?}");
            let both = [rows.concat(), rows.concat()].concat();
            assert_eq!(pairs.polygons(), both);
            assert!(both.iter().map(|&polygon| f64::from(polygon)).eq(pairs.distances().unwrap().iter().copied()));
        }
    }

    #[test]
    fn one_pair_too_many_is_one_too_many_for_any_number_of_workers() {
        let mut random = Random(81);
        let squares: Vec<_> = (0..300)
            .map(|_| {
                let (x, y, side) = (random.unit() * 20.0, random.unit() * 20.0, random.unit() * 4.0);
                vec![vec![vec![(x, y), (x + side, y), (x + side, y + side), (x, y + side)]]]
            })
            .collect();
        let index = Index::build(&Table::new(&squares).view(), Uses::ALL, &Default::default()).unwrap();
        for count in [0, 1, 100, 9000] {
            let points = Columns::new((0..count).map(|_| (random.unit() * 22.0, random.unit() * 22.0)));
            let points = points.points();
            let relations = [Relation::Close { distance: 3.0 }, Relation::Covers, Relation::Dwithin { distance: 1.0 }];
            for question in 0..=relations.len() {
                for distances in [false, true] {
                    let ask = |max_pairs, run: &_| {
                        let wanted = Wanted { distances, max_pairs };
                        match relations.get(question) {
                            Some(&relation) => find(&index, &points, relation, wanted, run),
                            None => find_nearest_polygons(&index, &points, 3, 1.0, wanted, run),
                        }
                    };
                    let all = ask(u64::MAX, &Default::default()).unwrap();
                    let pairs = all.polygons().len() as u64;
                    assert!(pairs > 2 * count as u64 || count < 100);
                    for run in runs() {
                        for most in [0, 1, pairs / 2, pairs.saturating_sub(1), pairs, pairs + 1] {
                            let some = ask(most, &run);
                            if pairs <= most {
                                assert_eq!(some.unwrap().polygons(), all.polygons());
                                continue;
                            }
                            let error = some.unwrap_err();
                            let text = format!("query.max_pairs = {most}: there are more");
                            assert_eq!((error.kind(), error.message()), (Kind::Limit, &*text));
                        }
                    }
                }
            }
        }
    }
}
