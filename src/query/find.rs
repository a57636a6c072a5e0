//! Which polygons does a point match? All pairs, as one CSR result.

use super::close::Reach;
use super::{Matches, Relation, Verb, ask};
use crate::coords::Points;
use crate::error::{Error, Result, vec_filled, vec_with_capacity};
use crate::index::Index;
use crate::index::strips::{GROUP, Ids};
use crate::run::Run;
use crate::simd::Lanes;

/// All pairs: row i's polygons are `polygons[offsets[i]..offsets[i + 1]]`, lowest first.
#[derive(Debug)]
pub struct Pairs {
    offsets: Vec<i64>,
    polygons: Vec<i32>,
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
}

/// Every pair of a point and a polygon it matches, sorted by point, then polygon.
pub fn find(index: &Index, points: &Points<'_>, relation: Relation, run: &Run<'_>) -> Result<Pairs> {
    relation.check()?;
    let Relation::Close { distance } = relation;
    let mut offsets = vec_filled(0i64, points.len() + 1)?;
    let found = ask(index, points, Find(Reach::new(distance)), run, &mut offsets[1..])?;
    let mut total = 0;
    for offset in &mut offsets {
        total += *offset;
        *offset = total;
    }
    Ok(Pairs { offsets, polygons: join(found)? })
}

/// The pieces one after the other. The first grows in place, so that a result in one piece is not copied.
fn join(pieces: Vec<Found>) -> Result<Vec<i32>> {
    let total = pieces.iter().map(|piece| piece.polygons.len()).sum::<usize>();
    let mut pieces = pieces.into_iter().map(|piece| piece.polygons);
    let mut all = pieces.next().unwrap_or_default();
    all.try_reserve_exact(total - all.len())?;
    for piece in pieces {
        all.extend_from_slice(&piece);
    }
    Ok(all)
}

#[derive(Clone, Copy)]
struct Find(Reach);

/// What a piece has found.
#[derive(Default)]
struct Found {
    polygons: Vec<i32>,
    /// Where each answered row begins in `polygons`, with the row.
    starts: Vec<(usize, u32)>,
}

/// Takes the matches of one point; a growth that failed is remembered.
struct Row<'a> {
    polygons: &'a mut Vec<i32>,
    failure: Option<Error>,
}

impl Matches for Row<'_> {
    #[inline(always)]
    fn add<V: Lanes>(&mut self, _: &Index, _: usize, ids: &Ids, mask: u32, _: V) -> bool {
        if self.polygons.capacity() - self.polygons.len() < GROUP
            && let Err(error) = self.polygons.try_reserve(1024.max(self.polygons.len() / 2))
        {
            self.failure = Some(error.into());
            return false;
        }
        // Every id is written, the place moves on past the matching ones only: no branch depends on the mask.
        let room = &mut self.polygons.spare_capacity_mut()[..GROUP];
        let mut len = 0;
        for (i, &id) in ids.iter().enumerate() {
            room[len % GROUP].write(id);
            len += (mask >> i & 1) as usize;
        }
        // SAFETY: the first `len` places of the spare capacity were written just now.
        unsafe { self.polygons.set_len(self.polygons.len() + len) };
        true
    }
}

impl Verb<&mut [i64]> for Find {
    type Extra = Found;

    #[inline(always)]
    fn answer<V: Lanes>(
        self,
        index: &Index,
        point: (f64, f64),
        row: usize,
        out: &mut &mut [i64],
        found: &mut Found,
    ) -> Result<()> {
        let start = found.polygons.len();
        found.starts.try_reserve(1)?;
        found.starts.push((start, row as u32));
        let mut matches = Row { polygons: &mut found.polygons, failure: None };
        self.0.visit::<V>(index, point, &mut matches);
        if let Some(failure) = matches.failure {
            return Err(failure);
        }
        let polygons = &mut found.polygons[start..];
        sort_rows(polygons);
        out[row] = polygons.len() as i64;
        Ok(())
    }

    /// Puts the rows in order.
    fn finish(self, out: &mut &mut [i64], found: &mut Found) -> Result<()> {
        let starts = std::mem::take(&mut found.starts);
        if starts.is_sorted_by_key(|&(_, row)| row) {
            return Ok(());
        }
        let mut start_of = vec_filled(0, starts.len())?;
        for (start, row) in starts {
            start_of[row as usize] = start;
        }
        let mut ordered = vec_with_capacity(found.polygons.len())?;
        for (start, &len) in start_of.into_iter().zip(out.iter()) {
            ordered.extend_from_slice(&found.polygons[start..start + len as usize]);
        }
        found.polygons = ordered;
        Ok(())
    }
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
