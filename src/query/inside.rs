//! The relations *covers*, *contains* and *owns*: the point is inside.

use super::singles::ASK;
use super::{Block, Matches, NONE, Piece, Relate, VisitOrder};
use crate::error::Result;
use crate::index::cells::Answer;
pub(super) use crate::index::cells::look::Boundary;
use crate::index::cells::look::{Ends, Look};
use crate::index::{Index, Insides};
use crate::run::Watch;
use crate::simd::Lanes;

/// Points of a piece along the curve, at most: the more there are, the nearer is the one before.
const ALONG: usize = 1 << 22;

/// Points of a piece, at least, if there are so many.
const LEAST: usize = 4096;

/// Points of a piece as they come, at most: what was read to check them is still in the cache.
const GIVEN: usize = 1 << 14;

/// Insides, ready to be asked about.
#[derive(Clone, Copy)]
pub(super) struct Inside<'a> {
    insides: &'a Insides,
    boundary: Boundary,
    order: VisitOrder<'a>,
}

impl<'a> Inside<'a> {
    pub(super) fn new(index: &'a Index, boundary: Boundary) -> Result<Self> {
        // As they come: each point looks at one square only.
        Ok(Inside { insides: index.insides()?, boundary, order: VisitOrder::Given })
    }

    /// For questions that look further than at one square: neighbours follow each other.
    pub(super) fn along_curve(index: &'a Index, boundary: Boundary) -> Result<Self> {
        let insides = index.insides()?;
        let order = insides.cells.grid().map_or(VisitOrder::Given, VisitOrder::Curve);
        Ok(Inside { insides, boundary, order })
    }
}

impl Relate for Inside<'_> {
    const IS_SORTED: bool = true;

    type Block = Ends;

    fn piece(&self, total: usize, workers: usize) -> Option<usize> {
        match self.order {
            // As many for each worker.
            VisitOrder::Curve(_) => {
                let pieces = total.div_ceil(ALONG).next_multiple_of(workers.max(1));
                Some(total.div_ceil(pieces.max(1)).max(LEAST))
            }
            _ => Some((total / 8).clamp(LEAST, GIVEN)),
        }
    }

    fn begin<V: Lanes>(&self, _: &mut Ends, _: &Piece<'_, '_>) -> Result<VisitOrder<'_>> {
        Ok(self.order)
    }

    #[inline(always)]
    fn prepare<V: Lanes>(&self, ends: &mut Ends, _: &Piece<'_, '_>, _: usize, (x, y): Block<'_>) -> Result<()> {
        ends.follow::<V>(&self.insides.cells, &self.insides.shapes, self.boundary, x, y)
    }

    #[inline(always)]
    fn singles(&self, ends: &Ends, _: usize, polygons: &mut [i32]) -> bool {
        ends.singles(polygons, NONE, ASK);
        true
    }

    #[inline(always)]
    fn feed<V: Lanes>(
        &self,
        ends: &mut Ends,
        (x, y): Block<'_>,
        i: usize,
        matches: &mut impl Matches,
        _: &Watch<'_>,
    ) -> Result<()> {
        let Insides { cells, shapes, .. } = self.insides;
        match ends.answer(i) {
            Answer::Nothing => {}
            Answer::Inside(polygon) => {
                matches.add(polygon as i32, 0.0);
            }
            Answer::Chains(first) => {
                let mut look = Look::new(cells, shapes, first, (x[i], y[i]), ends.corner(cells, i));
                if self.boundary == Boundary::Right {
                    while let Some((polygon, position)) = look.next::<V, false>() {
                        if position.is_inside && !matches.add(polygon, 0.0) {
                            break;
                        }
                    }
                } else {
                    while let Some((polygon, position)) = look.next::<V, true>() {
                        if self.boundary.takes(position) && !matches.add(polygon, 0.0) {
                            break;
                        }
                    }
                }
            }
        }
        Ok(())
    }
}
