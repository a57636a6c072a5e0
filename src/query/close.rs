//! The relation *close*: center nearer than a distance, strictly.
//!
//! Squared distances decide, with the bound of their rounding error; where that leaves a doubt, exact arithmetic does.

use std::cmp::Ordering;

use super::{Block, Four, Matches, Piece, Relate, VisitOrder};
use crate::error::Result;
use crate::index::strips::{GROUP, Group, Ids};
use crate::index::{Centers, Index};
use crate::predicates::compare_squares;
use crate::run::Watch;
use crate::simd::Lanes;

/// A computed squared distance is within this relative error of the true one; 2^-51 is its bound, this is eight times that.
pub(super) const ERROR: f64 = 1.0 / (1u64 << 48) as f64;

/// Squares below this may have lost bits to underflow.
pub(super) const SMALL: f64 = 1e-280;

/// A distance, ready to be compared with.
#[derive(Clone, Copy)]
pub(super) struct Reach<'a> {
    centers: &'a Centers,
    distance: f64,
    /// Computed squares below or at this are nearer for certain; negative where none is.
    inside: f64,
    /// Computed squares above this are not nearer for certain.
    outside: f64,
}

impl<'a> Reach<'a> {
    pub(super) fn new(index: &'a Index, distance: f64) -> Result<Self> {
        let square = distance * distance;
        let inside = if square > SMALL { square.min(f64::MAX) * (1.0 - ERROR) } else { -1.0 };
        let outside = (square * (1.0 + ERROR)).max(SMALL);
        Ok(Reach { centers: index.centers()?, distance, inside, outside })
    }

    #[inline(always)]
    pub(super) fn centers(&self) -> &'a Centers {
        self.centers
    }

    /// No center with a larger computed square is nearer.
    #[inline(always)]
    pub(super) fn outside(&self) -> f64 {
        self.outside
    }

    /// Whether a center is nearer.
    #[inline(always)]
    pub(super) fn admits(&self, candidate: &Candidate, point: (f64, f64)) -> bool {
        candidate.square <= self.inside || self.is_nearer(candidate.center, point)
    }

    #[cold]
    #[inline(never)]
    fn is_nearer(&self, center: (f64, f64), point: (f64, f64)) -> bool {
        let from_center = [(center.0, point.0), (center.1, point.1)];
        self.distance == f64::INFINITY || compare_squares(&from_center, &[(self.distance, 0.0)]) == Ordering::Less
    }

    /// `mask` without those doubtful members that are not nearer.
    #[cold]
    #[inline(never)]
    fn settle(&self, group: &Group, mut mask: u32, doubtful: u32, point: (f64, f64)) -> u32 {
        for i in (0..GROUP).filter(|i| doubtful >> i & 1 == 1) {
            if !self.is_nearer((group.x[i], group.y[i]), point) {
                mask &= !(1 << i);
            }
        }
        mask
    }
}

impl Relate for Reach<'_> {
    const IS_SORTED: bool = false;

    const HAS_EIGHTS: bool = true;

    type Block = ();

    /// Where the index is larger than a cache, this makes it stay in one.
    fn begin<V: Lanes>(&self, _: &mut (), _: &Piece<'_, '_>) -> Result<VisitOrder<'_>> {
        const CACHED: usize = 2048;
        Ok(match self.centers.areas.len() {
            0..CACHED => VisitOrder::Given,
            _ => VisitOrder::Strips(&self.centers.strips),
        })
    }

    #[inline(always)]
    fn prepare<V: Lanes>(&self, _: &mut (), _: &Piece<'_, '_>, _: usize, _: Block<'_>) -> Result<()> {
        Ok(())
    }

    #[inline(always)]
    fn feed<V: Lanes>(
        &self,
        _: &mut (),
        (xs, ys): Block<'_>,
        at: usize,
        matches: &mut impl Matches,
        _: &Watch<'_>,
    ) -> Result<()> {
        let point = (xs[at], ys[at]);
        let (x, y) = point;
        let centers = &self.centers.strips;
        let (left, right) = (x - self.distance, x + self.distance);
        let (bottom, top) = (y - self.distance, y + self.distance);
        let four = (V::splat(x), V::splat(y));
        let (inside, outside) = (V::splat(self.inside), V::splat(self.outside));
        let strips = centers.strips();
        for strip in strips[centers.first_reaching(bottom).min(strips.len())..].iter() {
            if strip.min_y > top {
                return Ok(());
            }
            let run = centers.run(strip, left, right);
            let (groups, ids) = centers.groups(run.clone());
            let stretch = Stretch { reach: self, point, four, inside, outside, first: run.start, groups, ids };
            if !matches.add_stretch(stretch) {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// Centers that lie side by side, and the point whose distance from them counts.
#[derive(Clone, Copy)]
pub(crate) struct Stretch<'a, V> {
    reach: &'a Reach<'a>,
    point: (f64, f64),
    /// The point, four times.
    four: (V, V),
    inside: V,
    outside: V,
    /// The number of the first group.
    first: usize,
    groups: &'a [Group],
    ids: &'a [Ids],
}

impl<'a, V: Lanes> Stretch<'a, V> {
    /// Number of groups.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.groups.len()
    }

    /// Number of eights, of two groups each, if there is a second.
    #[inline(always)]
    pub(crate) fn eights(&self) -> usize {
        self.groups.len().div_ceil(2)
    }

    /// Which of the eight polygons of groups 2i and 2i + 1 are near.
    #[inline(always)]
    pub(crate) fn eight(&self, i: usize) -> (u32, [&'a Ids; 2]) {
        let (front, front_ids) = (&self.groups[2 * i], &self.ids[2 * i]);
        let (back, back_ids) = match self.groups.get(2 * i + 1) {
            Some(back) => (back, &self.ids[2 * i + 1]),
            None => Group::EMPTY,
        };
        let limits = (self.outside, self.inside);
        let (mut mask, inside) = V::near([&front.x, &back.x], [&front.y, &back.y], self.four, limits);
        let doubtful = mask & !inside;
        if doubtful != 0 {
            let front = self.reach.settle(front, mask & 15, doubtful & 15, self.point);
            mask = front | self.reach.settle(back, mask >> 4, doubtful >> 4, self.point) << 4;
        }
        (mask, [front_ids, back_ids])
    }

    /// Those of group `i` that are near.
    #[inline(always)]
    pub(crate) fn four(&self, i: usize) -> Four<'a, V> {
        let (group, ids) = (&self.groups[i], &self.ids[i]);
        let dx = V::load(&group.x).sub(self.four.0);
        let dy = V::load(&group.y).sub(self.four.1);
        let squares = dx.mul(dx).add(dy.mul(dy));
        let mut mask = squares.at_most(self.outside);
        let doubtful = mask & !squares.at_most(self.inside);
        if doubtful != 0 {
            mask = self.reach.settle(group, mask, doubtful, self.point);
        }
        Four { group, at: self.first + i, ids, mask, squares }
    }
}

/// A center and its computed squared distance from some point.
#[derive(Clone, Copy)]
pub(super) struct Candidate {
    pub(super) square: f64,
    pub(super) center: (f64, f64),
    pub(super) id: i32,
}

impl Candidate {
    /// A member of a group.
    #[inline(always)]
    pub(super) fn new(group: &Group, ids: &Ids, squares: [f64; GROUP], lane: usize) -> Self {
        Candidate { square: squares[lane], center: (group.x[lane], group.y[lane]), id: ids[lane] }
    }

    /// A center.
    #[inline(always)]
    pub(super) fn at(center: (f64, f64), id: i32, point: (f64, f64)) -> Self {
        let (dx, dy) = (center.0 - point.0, center.1 - point.1);
        Candidate { square: dx * dx + dy * dy, center, id }
    }

    /// Whether this is nearer to `point` than `other`, exactly; of equally near ones, whether its row is lower.
    #[inline(always)]
    pub(super) fn beats(&self, other: &Candidate, point: (f64, f64)) -> bool {
        let apart = (self.square - other.square).abs() > ERROR * self.square.max(other.square);
        if apart && self.square.max(other.square) > SMALL {
            return self.square < other.square;
        }
        self.beats_exactly(other, point)
    }

    #[inline(never)]
    fn beats_exactly(&self, other: &Candidate, point: (f64, f64)) -> bool {
        let from = |c: &Candidate| [(c.center.0, point.0), (c.center.1, point.1)];
        compare_squares(&from(self), &from(other)).then(self.id.cmp(&other.id)) == Ordering::Less
    }

    /// The distance itself, within 2 ulp.
    pub(super) fn distance(&self, point: (f64, f64)) -> f64 {
        if (SMALL..f64::MAX).contains(&self.square) {
            return self.square.sqrt();
        }
        (self.center.0 - point.0).hypot(self.center.1 - point.1)
    }
}
