//! Which polygons does a point match? All pairs, as one CSR result.

use super::close::Reach;
use super::{Matches, Relation, Verb, ask};
use crate::coords::Points;
use crate::error::{Error, Result, vec_filled};
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
    let polygons = join(found, &offsets)?;
    Ok(Pairs { offsets, polygons })
}

/// The rows of all pieces in order. What already is in order, in one piece, is not copied.
fn join(mut pieces: Vec<Found>, offsets: &[i64]) -> Result<Vec<i32>> {
    if let [piece] = &mut pieces[..]
        && piece.starts.is_sorted_by_key(|&(_, row)| row)
    {
        return Ok(std::mem::take(&mut piece.polygons));
    }
    let mut all = vec_filled(0, offsets[offsets.len() - 1] as usize)?;
    let mut first_row = 0;
    for piece in pieces {
        for (start, row) in &piece.starts {
            let to = offsets[first_row + *row as usize] as usize..offsets[first_row + *row as usize + 1] as usize;
            let from = *start..*start + to.len();
            all[to].copy_from_slice(&piece.polygons[from]);
        }
        first_row += piece.starts.len();
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

/// Pairs that a piece has room for from the start.
const ROOM: usize = 1 << 14;

/// Takes the matches of one point; a growth that failed is remembered.
struct Row<'a> {
    polygons: &'a mut Vec<i32>,
    failure: Option<Error>,
}

impl Matches for Row<'_> {
    #[inline(always)]
    fn add<V: Lanes>(&mut self, _: &Index, _: usize, ids: &Ids, mask: u32, _: V) -> bool {
        if self.polygons.capacity() - self.polygons.len() < GROUP
            && let Err(error) = self.polygons.try_reserve(ROOM.max(self.polygons.len()))
        {
            self.failure = Some(error.into());
            return false;
        }
        // All four are written, the length moves on past the matching ones only: no branch depends on the mask.
        let packed = V::pack(ids, mask);
        for (room, id) in self.polygons.spare_capacity_mut()[..GROUP].iter_mut().zip(packed) {
            room.write(id);
        }
        let len = mask.count_ones() as usize;
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
