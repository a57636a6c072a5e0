//! Which polygons does a point match? All pairs, as one CSR result.

use std::sync::Mutex;

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
    let joined = Mutex::new(Joined::default());
    ask(index, points, Find { reach: Reach::new(distance), joined: &joined }, run, &mut offsets[1..])?;
    let polygons = joined.into_inner().unwrap_or_else(|poison| poison.into_inner()).polygons;
    Ok(Pairs { offsets, polygons })
}

/// The pairs of the first pieces, in order. What has been copied here is free for the pieces to come, so that the memory of
/// all pairs is taken from the system once.
#[derive(Default)]
struct Joined<'o> {
    polygons: Vec<i32>,
    pieces: usize,
    /// Pieces that were done before others in front of them.
    early: Vec<(usize, &'o mut [i64], Found)>,
}

impl<'o> Joined<'o> {
    /// Takes what a piece has found, and its counts, which become the ends of its rows.
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
        let mut end = self.polygons.len() as i64;
        if end == 0 && found.starts.is_sorted() {
            // In order already.
            self.polygons = found.polygons;
            for count in counts {
                end += *count;
                *count = end;
            }
            return Ok(());
        }
        self.polygons.try_reserve(found.polygons.len())?;
        for (count, start) in counts.iter_mut().zip(found.starts) {
            self.polygons.extend_from_slice(&found.polygons[start..start + *count as usize]);
            *count = self.polygons.len() as i64;
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
struct Find<'j, 'o> {
    reach: Reach,
    joined: &'j Mutex<Joined<'o>>,
}

/// What a piece has found.
#[derive(Default)]
struct Found {
    polygons: Vec<i32>,
    /// Where each row begins in `polygons`.
    starts: Vec<usize>,
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

impl<'o> Verb<&'o mut [i64]> for Find<'_, 'o> {
    type Extra = Found;

    #[inline(always)]
    fn answer<V: Lanes>(
        self,
        index: &Index,
        point: (f64, f64),
        row: usize,
        out: &mut &'o mut [i64],
        found: &mut Found,
    ) -> Result<()> {
        let start = found.polygons.len();
        if found.starts.is_empty() {
            found.starts = vec_filled(0, out.len())?;
        }
        found.starts[row] = start;
        let mut matches = Row { polygons: &mut found.polygons, failure: None };
        self.reach.visit::<V>(index, point, &mut matches);
        if let Some(failure) = matches.failure {
            return Err(failure);
        }
        let polygons = &mut found.polygons[start..];
        sort_rows(polygons);
        out[row] = polygons.len() as i64;
        Ok(())
    }

    fn finish(self, number: usize, out: &'o mut [i64], found: Found) -> Result<()> {
        self.joined.lock().unwrap_or_else(|poison| poison.into_inner()).take(number, out, found)
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
