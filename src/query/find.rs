//! Which polygons does a point match? All pairs, as one CSR result.

use std::ops::Range;

use super::ask::{ask, ask_with};
use super::close::{Candidate, Stretch};
use super::pairs::{Collector, Found, Pairs, Wanted};
use super::singles::write_matches;
use super::{Asked, Matches, Relate, Relation, Verb};
use crate::coords::Points;
use crate::error::{Error, Result};
use crate::index::Index;
use crate::index::strips::GROUP;
use crate::memory::Counted;
use crate::run::{Run, Watch};
use crate::simd::Lanes;

/// Every pair of a point and a polygon it matches, sorted by point, then polygon; with distances where they are wanted: of the center
/// for [`Relation::Close`], else of the polygon (0 inside and on the boundary).
pub fn find(index: &Index, points: &Points<'_>, relation: Relation, wanted: Wanted, run: &Run<'_>) -> Result<Pairs> {
    Pairs::collect(points.len(), wanted, |counts, collector| {
        ask(index, points, relation, wanted.distances, Find { collector }, &run.unseen(), counts)
    })
}

/// The same for one relation, in the order in which that gives matches, if it does.
pub(super) fn find_with<R: Relate>(relation: R, points: &Points<'_>, wanted: Wanted, run: &Run<'_>) -> Result<Pairs> {
    Pairs::collect(points.len(), wanted, |counts, collector| {
        ask_with(relation, points, Find { collector }, &run.unseen(), counts)
    })
}

#[derive(Clone, Copy)]
struct Find<'c, 'o> {
    collector: &'c Collector<'o>,
}

/// Takes the matches of one point; a growth that failed is remembered.
struct Row<'a, 'o> {
    found: &'a mut Found,
    collector: &'a Collector<'o>,
    /// The point, if distances are wanted.
    measured: Option<(f64, f64)>,
    failure: Option<Error>,
}

impl Row<'_, '_> {
    /// Makes room for `more`; answers whether there is.
    #[inline(always)]
    fn has_room(&mut self, more: usize) -> bool {
        if let Err(error) = self.found.reserve(more, self.collector) {
            self.failure = Some(error);
            return false;
        }
        true
    }
}

impl Matches for Row<'_, '_> {
    #[inline(always)]
    fn add_stretch<V: Lanes>(&mut self, stretch: Stretch<'_, V>) -> bool {
        if !self.has_room(EIGHT * stretch.eights()) {
            return false;
        }
        let Found { polygons, distances, .. } = &mut *self.found;
        if let Some(point) = self.measured {
            for i in 0..stretch.len() {
                let four = stretch.four(i);
                let squares = four.squares.store();
                for lane in (0..GROUP).filter(|lane| four.mask >> lane & 1 == 1) {
                    polygons.push(four.ids[lane]);
                    distances.push(Candidate::new(four.group, four.ids, squares, lane).distance(point));
                }
            }
            return true;
        }
        let room = polygons.spare_capacity_mut().as_mut_ptr();
        let mut added = 0;
        for i in 0..stretch.eights() {
            let (mask, ids) = stretch.eight(i);
            // Up to eight are written, the length moves on past the matching ones only: no branch depends on the mask.
            // SAFETY: there is room for eight of each, and not more than eight of each before have been added.
            V::pack_eight(ids, mask, unsafe { &mut *room.add(added).cast() });
            added += mask.count_ones() as usize;
        }
        let len = polygons.len() + added;
        // SAFETY: `pack_eight` wrote as many of each eight as its mask has bits.
        unsafe { polygons.set_len(len) };
        true
    }

    #[inline(always)]
    fn add_all(&mut self, polygons: &[i32], distances: Option<&[f64]>) -> bool {
        if !self.has_room(polygons.len()) {
            return false;
        }
        self.found.polygons.extend_from_slice(polygons);
        if let Some(distances) = distances.filter(|_| self.measured.is_some()) {
            self.found.distances.extend_from_slice(distances);
        }
        true
    }

    #[inline(always)]
    fn add(&mut self, polygon: i32, distance: f64) -> bool {
        if !self.has_room(1) {
            return false;
        }
        self.found.polygons.push(polygon);
        if self.measured.is_some() {
            self.found.distances.push(distance);
        }
        true
    }
}

impl<'o> Verb<&'o mut [i64]> for Find<'_, 'o> {
    const HAS_EIGHTS: bool = true;

    const TAKES_SINGLES: bool = true;

    type Extra = Found;

    fn begin(self) -> Found {
        self.collector.room()
    }

    #[inline(always)]
    fn answer<V: Lanes, R: Relate>(
        self,
        mut asked: Asked<'_, R>,
        row: usize,
        out: &mut &'o mut [i64],
        found: &mut Found,
    ) -> Result<()> {
        found.begin(row, out)?;
        let start = found.polygons.len();
        let measured = self.collector.wanted.distances.then(|| asked.point());
        let mut matches = Row { found, collector: self.collector, measured, failure: None };
        asked.feed::<V>(&mut matches)?;
        if let Some(failure) = matches.failure {
            return Err(failure);
        }
        let end = found.polygons.len();
        out[row] = (end - start) as i64;
        if !R::IS_SORTED && end - start > 1 {
            match measured {
                None => found.unsorted.push(start..end),
                Some(_) => sort_pairs(&mut found.polygons[start..], &mut found.distances[start..])?,
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn answer_singles(self, row: usize, polygons: &[i32], out: &mut &'o mut [i64], found: &mut Found) -> Result<()> {
        let counts = &mut out[row..row + polygons.len()];
        write_matches(counts, polygons);
        found.add_rows(row, polygons, counts.iter().sum::<i64>() as usize, self.collector)
    }

    #[inline(always)]
    fn expect(self, row: usize, out: &&'o mut [i64], found: &Found) {
        found.expect(row, out);
    }

    #[inline(always)]
    fn end_block<V: Lanes>(self, found: &mut Found, watch: &Watch<'_>) -> Result<()> {
        sort_rows::<V>(&mut found.polygons, &mut found.unsorted, watch)
    }

    fn finish(self, number: usize, out: &'o mut [i64], found: Found) -> Result<()> {
        self.collector.take(number, out, found)
    }
}

/// Sorts different row numbers and what belongs to each.
fn sort_pairs(rows: &mut [i32], values: &mut [f64]) -> Result<()> {
    let mut pairs = crate::memory::vec_with_capacity(rows.len())?;
    pairs.extend(rows.iter().copied().zip(values.iter().copied()));
    pairs.sort_unstable_by_key(|&(row, _)| row);
    for ((row, value), pair) in rows.iter_mut().zip(values).zip(&pairs) {
        (*row, *value) = *pair;
    }
    Ok(())
}

/// Ids that are packed or compared at once.
const EIGHT: usize = 8;

/// Eights of a row that is sorted by rank.
const FEW: usize = 16;

/// Sorts the different row numbers in each of some ranges, and forgets these.
#[inline(always)]
fn sort_rows<V: Lanes>(rows: &mut Counted<i32>, unsorted: &mut Counted<Range<usize>>, watch: &Watch<'_>) -> Result<()> {
    if unsorted.is_empty() {
        return Ok(());
    }
    let end = rows.len();
    // Whole eights are read of the last row, too.
    rows.reserve(EIGHT * FEW)?;
    rows.extend_from_slice(&[0; EIGHT * FEW]);
    for row in &**unsorted {
        let len = row.len();
        let room = &mut rows[row.start..];
        match len.div_ceil(EIGHT) {
            0 | 1 => sort_by_rank::<V, 1, 1>(room, len),
            2 => sort_by_rank::<V, 2, 2>(room, len),
            3 | 4 => sort_by_rank::<V, 4, 4>(room, len),
            5 | 6 => sort_by_rank::<V, 6, 6>(room, len),
            7..=FEW => sort_by_rank::<V, 4, FEW>(room, len),
            _ => {
                watch.step()?;
                room[..len].sort_unstable();
            }
        }
    }
    rows.truncate(end);
    unsorted.clear();
    Ok(())
}

/// Places each of `len` different numbers, of at most `ALL` eights, by how many are less, for `SOME` eights at a time, which
/// stay in registers. What is behind them is read, but stays.
#[inline(always)]
fn sort_by_rank<V: Lanes, const SOME: usize, const ALL: usize>(room: &mut [i32], len: usize) {
    let values: [[i32; EIGHT]; ALL] = *room.as_chunks().0.first_chunk().expect("there is room for all eights");
    let mut ranks = [[0; EIGHT]; ALL];
    for (some, ranks) in values.as_chunks::<SOME>().0.iter().zip(ranks.as_chunks_mut::<SOME>().0) {
        for &other in &values.as_flattened()[..len] {
            V::count_more(ranks, some, other);
        }
    }
    let row = &mut room[..len];
    for (&value, &rank) in values.as_flattened()[..len].iter().zip(ranks.as_flattened()) {
        row[rank as usize] = value;
    }
}
