//! Which polygons does a point match? All pairs, as one CSR result.

use super::ask::ask;
use super::close::Candidate;
use super::pairs::{Collector, Found, Pairs, Wanted};
use super::{Asked, Four, Matches, Relate, Relation, Verb};
use crate::coords::Points;
use crate::error::{Error, Result};
use crate::index::Index;
use crate::index::strips::GROUP;
use crate::run::Run;
use crate::simd::Lanes;

/// Every pair of a point and a polygon it matches, sorted by point, then polygon; with distances where they are wanted: of the center
/// for [`Relation::Close`], else of the polygon (0 inside and on the boundary).
pub fn find(index: &Index, points: &Points<'_>, relation: Relation, wanted: Wanted, run: &Run<'_>) -> Result<Pairs> {
    Pairs::collect(points.len(), wanted, |counts, collector| {
        ask(index, points, relation, wanted.distances, Find { collector }, run, counts)
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
    /// Makes room for four more; answers whether there is.
    #[inline(always)]
    fn has_room(&mut self) -> bool {
        if let Err(error) = self.found.reserve(GROUP, self.collector) {
            self.failure = Some(error);
            return false;
        }
        true
    }
}

impl Matches for Row<'_, '_> {
    #[inline(always)]
    fn add_four<V: Lanes>(&mut self, four: Four<'_, V>) -> bool {
        if !self.has_room() {
            return false;
        }
        if let Some(point) = self.measured {
            let squares = four.squares.store();
            for lane in (0..GROUP).filter(|lane| four.mask >> lane & 1 == 1) {
                self.found.distances.push(Candidate::new(four.group, four.ids, squares, lane).distance(point));
            }
        }
        // All four are written, the length moves on past the matching ones only: no branch depends on the mask.
        let polygons = &mut self.found.polygons;
        let packed = V::pack(four.ids, four.mask);
        for (room, id) in polygons.spare_capacity_mut()[..GROUP].iter_mut().zip(packed) {
            room.write(id);
        }
        let len = polygons.len() + four.mask.count_ones() as usize;
        // SAFETY: the places up to there were written just now.
        unsafe { polygons.set_len(len) };
        true
    }

    #[inline(always)]
    fn add(&mut self, polygon: i32, distance: f64) -> bool {
        if !self.has_room() {
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
        found.begin(row, out.len())?;
        let start = found.polygons.len();
        let measured = self.collector.wanted.distances.then(|| asked.point());
        let mut matches = Row { found, collector: self.collector, measured, failure: None };
        asked.feed::<V>(&mut matches)?;
        if let Some(failure) = matches.failure {
            return Err(failure);
        }
        let polygons = &mut found.polygons[start..];
        out[row] = polygons.len() as i64;
        if !R::IS_SORTED {
            match measured {
                None => sort_rows(polygons),
                Some(_) => sort_pairs(polygons, &mut found.distances[start..])?,
            }
        }
        Ok(())
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

/// Sorts different row numbers. A few are placed by how many are less than each, which needs no branch and runs eight at a
/// time.
#[inline(always)]
fn sort_rows(rows: &mut [i32]) {
    const FEW: usize = 128;
    const LANES: usize = 8;
    let len = rows.len();
    if len < 2 {
        return;
    }
    if len > FEW {
        return rows.sort_unstable();
    }
    let mut values = [i32::MAX; FEW];
    values[..len].copy_from_slice(rows);
    for start in (0..len).step_by(LANES) {
        let some: [i32; LANES] = values[start..start + LANES].try_into().expect("eight values");
        let mut ranks = [0i32; LANES];
        for &other in &values[..len] {
            for (rank, value) in ranks.iter_mut().zip(some) {
                *rank += i32::from(other < value);
            }
        }
        for (rank, value) in ranks.into_iter().zip(some).take(len - start) {
            rows[rank as usize] = value;
        }
    }
}
