//! Which polygons does a point match? All pairs, as one CSR result.

use super::close::Reach;
use super::{Matches, Relation, Verb, ask};
use crate::coords::Points;
use crate::error::{Result, vec_filled};
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
fn join(pieces: Vec<Vec<i32>>) -> Result<Vec<i32>> {
    let total = pieces.iter().map(Vec::len).sum::<usize>();
    let mut pieces = pieces.into_iter();
    let mut all = pieces.next().unwrap_or_default();
    all.try_reserve_exact(total - all.len())?;
    for piece in pieces {
        all.extend_from_slice(&piece);
    }
    Ok(all)
}

#[derive(Clone, Copy)]
struct Find(Reach);

/// Rows found so far, with room for at least one more group; a growth that failed is remembered.
struct Rows<'a> {
    rows: &'a mut Vec<i32>,
    failure: Option<crate::error::Error>,
}

impl Matches for Rows<'_> {
    #[inline(always)]
    fn add<V: Lanes>(&mut self, _: &Index, _: usize, ids: &Ids, mask: u32, _: V) -> bool {
        // Every member is written, the place moves on past the matching ones only: no branch depends on the mask.
        let mut room = [0; GROUP];
        let mut len = 0;
        for (i, &id) in ids.iter().enumerate() {
            room[len] = id;
            len += (mask >> i & 1) as usize;
        }
        if self.rows.capacity() - self.rows.len() < GROUP
            && let Err(error) = self.rows.try_reserve(GROUP.max(self.rows.len() / 2))
        {
            self.failure = Some(error.into());
            return false;
        }
        self.rows.extend_from_slice(&room[..len]);
        true
    }
}

impl Verb<&mut [i64]> for Find {
    type Extra = Vec<i32>;

    #[inline(always)]
    fn answer<V: Lanes>(
        self,
        index: &Index,
        x: &[f64],
        y: &[f64],
        out: &mut &mut [i64],
        extra: &mut Vec<i32>,
    ) -> Result<()> {
        let mut rows = Rows { rows: extra, failure: None };
        for ((&x, &y), count) in x.iter().zip(y).zip(out.iter_mut()) {
            let start = rows.rows.len();
            self.0.visit::<V>(index, x, y, &mut rows);
            if let Some(failure) = rows.failure {
                return Err(failure);
            }
            let found = &mut rows.rows[start..];
            found.sort_unstable();
            *count = found.len() as i64;
        }
        Ok(())
    }
}
