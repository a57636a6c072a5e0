//! Does a point match any polygon?

use super::ask::ask;
use super::singles::write_matches;
use super::{Asked, Matches, Relate, Relation, Verb};
use crate::coords::Points;
use crate::error::Result;
use crate::index::Index;
use crate::run::Run;
use crate::simd::Lanes;

/// 1 for every point that matches at least one polygon, 0 for the others. `out` has one element per point; it is untouched
/// when arguments are refused.
pub fn any(index: &Index, points: &Points<'_>, relation: Relation, run: &Run<'_>, out: &mut [u8]) -> Result<()> {
    ask(index, points, relation, false, Any, run, out)
}

#[derive(Clone, Copy)]
struct Any;

struct Seen(bool);

impl Matches for Seen {
    #[inline(always)]
    fn add(&mut self, _: i32, _: f64) -> bool {
        self.0 = true;
        false
    }
}

impl Verb<&mut [u8]> for Any {
    const TAKES_SINGLES: bool = true;

    type Extra = ();

    #[inline(always)]
    fn answer<V: Lanes, R: Relate>(
        self,
        mut asked: Asked<'_, R>,
        row: usize,
        out: &mut &mut [u8],
        _: &mut (),
    ) -> Result<()> {
        let mut seen = Seen(false);
        asked.feed::<V>(&mut seen)?;
        out[row] = seen.0.into();
        Ok(())
    }

    #[inline(always)]
    fn answer_singles(self, row: usize, polygons: &[i32], out: &mut &mut [u8], _: &mut ()) -> Result<()> {
        write_matches(&mut out[row..], polygons);
        Ok(())
    }
}
