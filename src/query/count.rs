//! How many polygons does a point match?

use super::close::Reach;
use super::{Matches, Relation, Verb, ask};
use crate::coords::Points;
use crate::error::Result;
use crate::index::Index;
use crate::index::strips::Ids;
use crate::run::Run;
use crate::simd::Lanes;

/// The number of polygons each point matches. `out` has one element per point; it is untouched when arguments are refused.
pub fn count(index: &Index, points: &Points<'_>, relation: Relation, run: &Run<'_>, out: &mut [u32]) -> Result<()> {
    relation.check()?;
    let Relation::Close { distance } = relation;
    ask(index, points, Count(Reach::new(distance)), run, out)
}

#[derive(Clone, Copy)]
struct Count(Reach);

struct Total(u32);

impl Matches for Total {
    #[inline(always)]
    fn add<V: Lanes>(&mut self, _: &Index, _: usize, _: &Ids, mask: u32, _: V) -> bool {
        self.0 += mask.count_ones();
        true
    }
}

impl Verb<&mut [u32]> for Count {
    type Extra = ();

    #[inline(always)]
    fn answer<V: Lanes>(
        self,
        index: &Index,
        point: (f64, f64),
        row: usize,
        out: &mut &mut [u32],
        _: &mut (),
    ) -> Result<()> {
        let mut total = Total(0);
        self.0.visit::<V>(index, point, &mut total);
        out[row] = total.0;
        Ok(())
    }
}
