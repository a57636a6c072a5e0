//! How many polygons does a point match?

use super::ask::ask;
use super::close::Stretch;
use super::singles::write_matches;
use super::{Asked, Matches, Relate, Relation, Verb};
use crate::coords::Points;
use crate::error::Result;
use crate::index::Index;
use crate::run::Run;
use crate::simd::Lanes;

/// The number of polygons each point matches. `out` has one element per point; it is untouched when arguments are refused.
pub fn count(index: &Index, points: &Points<'_>, relation: Relation, run: &Run<'_>, out: &mut [u32]) -> Result<()> {
    ask(index, points, relation, false, Count, run, out)
}

#[derive(Clone, Copy)]
struct Count;

struct Total(u32);

impl Matches for Total {
    #[inline(always)]
    fn add_stretch<V: Lanes>(&mut self, stretch: Stretch<'_, V>) -> bool {
        // No branch depends on how many are near.
        for i in 0..stretch.eights() {
            self.0 += stretch.eight(i).0.count_ones();
        }
        true
    }

    #[inline(always)]
    fn add(&mut self, _: i32, _: f64) -> bool {
        self.0 += 1;
        true
    }
}

impl Verb<&mut [u32]> for Count {
    const TAKES_SINGLES: bool = true;

    type Extra = ();

    #[inline(always)]
    fn answer<V: Lanes, R: Relate>(
        self,
        mut asked: Asked<'_, R>,
        row: usize,
        out: &mut &mut [u32],
        _: &mut (),
    ) -> Result<()> {
        let mut total = Total(0);
        asked.feed::<V>(&mut total)?;
        out[row] = total.0;
        Ok(())
    }

    #[inline(always)]
    fn answer_singles(self, row: usize, polygons: &[i32], out: &mut &mut [u32], _: &mut ()) -> Result<()> {
        write_matches(&mut out[row..], polygons);
        Ok(())
    }
}
