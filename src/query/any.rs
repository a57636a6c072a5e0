//! Does a point match any polygon?

use super::close::Reach;
use super::{Matches, Relation, Verb, ask};
use crate::coords::Points;
use crate::error::Result;
use crate::index::Index;
use crate::index::strips::Ids;
use crate::run::Run;
use crate::simd::Lanes;

/// 1 for every point that matches at least one polygon, 0 for the others. `out` has one element per point; it is untouched
/// when arguments are refused.
pub fn any(index: &Index, points: &Points<'_>, relation: Relation, run: &Run<'_>, out: &mut [u8]) -> Result<()> {
    relation.check()?;
    let Relation::Close { distance } = relation;
    ask(index, points, Any(Reach::new(distance)), run, out)
}

#[derive(Clone, Copy)]
struct Any(Reach);

struct Seen(bool);

impl Matches for Seen {
    #[inline(always)]
    fn add<V: Lanes>(&mut self, _: &Index, _: usize, _: &Ids, _: u32, _: V) -> bool {
        self.0 = true;
        false
    }
}

impl Verb<&mut [u8]> for Any {
    type Extra = ();

    #[inline(always)]
    fn answer<V: Lanes>(
        self,
        index: &Index,
        point: (f64, f64),
        row: usize,
        out: &mut &mut [u8],
        _: &mut (),
    ) -> Result<()> {
        let mut seen = Seen(false);
        self.0.visit::<V>(index, point, &mut seen);
        out[row] = seen.0.into();
        Ok(())
    }
}
