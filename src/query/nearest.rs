//! The k polygons with the nearest centers.
//!
//! Strips are visited outward from the point, in each of them groups outward from its x, as long as they can hold something
//! nearer than the k-th candidate.

use std::cmp::Ordering;

use super::ask::ask_with;
use super::close::{Candidate, ERROR, Reach, SMALL};
use super::{Asked, Ranked, Relate, Verb, check_limit};
use crate::coords::Points;
use crate::error::Result;
use crate::index::Index;
use crate::index::strips::{GROUP, Strip};
use crate::memory::Counted;
use crate::run::Run;
use crate::simd::Lanes;

/// The `k` (at least 1) polygons whose centers are nearest to each point and nearer than `max_distance` (strictly; infinity
/// for no limit), compared exactly: nearest first, ties by row, with their distances within 2 ulp. `out` has `k` elements
/// per point; it is untouched when arguments are refused.
pub fn nearest(
    index: &Index,
    points: &Points<'_>,
    k: usize,
    max_distance: f64,
    run: &Run<'_>,
    out: Ranked<'_>,
) -> Result<()> {
    check_limit(max_distance)?;
    let reach = Reach::new(index, max_distance)?;
    ask_with(reach, points, Nearest { k, most: k.min(index.len()), reach }, run, out)
}

#[derive(Clone, Copy)]
struct Nearest<'a> {
    k: usize,
    /// There are no more neighbours than this.
    most: usize,
    reach: Reach<'a>,
}

impl Verb<Ranked<'_>> for Nearest<'_> {
    /// The candidates of the point at hand, kept to reuse their memory.
    type Extra = Counted<Candidate>;

    #[inline(always)]
    fn answer<V: Lanes, R: Relate>(
        self,
        asked: Asked<'_, R>,
        row: usize,
        out: &mut Ranked<'_>,
        candidates: &mut Counted<Candidate>,
    ) -> Result<()> {
        let point = asked.point();
        candidates.clear();
        candidates.reserve(self.most)?;
        let mut search = Search { k: self.k, reach: self.reach, point, nearest: candidates };
        search.run::<V>();
        candidates.sort_unstable_by(|a, b| match a.beats(b, point) {
            true => Ordering::Less,
            false => Ordering::Greater,
        });
        for rank in 0..self.k {
            out.set(row, rank, candidates.get(rank).map(|c| (c.id, c.distance(point))));
        }
        Ok(())
    }
}

struct Search<'a> {
    k: usize,
    reach: Reach<'a>,
    point: (f64, f64),
    /// A heap: no candidate is beaten by those below it, the farthest comes first.
    nearest: &'a mut Counted<Candidate>,
}

impl Search<'_> {
    #[inline(always)]
    fn run<V: Lanes>(&mut self) {
        let centers = &self.reach.centers().strips;
        let strips = centers.strips();
        let y = self.point.1;
        let mut above = centers.first_reaching(y);
        let mut below = above;
        loop {
            let gap_above = strips.get(above).map_or(f64::INFINITY, |strip| (strip.min_y - y).max(0.0));
            let gap_below = below.checked_sub(1).map_or(f64::INFINITY, |i| y - strips[i].max_y);
            let (strip, gap) = if gap_above <= gap_below {
                let Some(strip) = strips.get(above) else { return };
                above += 1;
                (strip, gap_above)
            } else {
                below -= 1;
                (&strips[below], gap_below)
            };
            if gap * gap > self.bound() {
                return;
            }
            self.visit::<V>(strip, gap * gap);
        }
    }

    /// Looks at a strip whose points are at least the square root of `below` away in y.
    #[inline(always)]
    fn visit<V: Lanes>(&mut self, strip: &Strip, below: f64) {
        let centers = &self.reach.centers().strips;
        let x = self.point.0;
        let start = centers.run(strip, x, x).start;
        for i in start..strip.end_group as usize {
            let gap = (centers.group(i).x[0] - x).max(0.0);
            if gap * gap + below > self.bound() {
                break;
            }
            self.add_group::<V>(i);
        }
        for i in (strip.first_group as usize..start).rev() {
            // The last group may end in NaN: then it is looked at.
            let gap = x - centers.group(i).x[GROUP - 1];
            if gap * gap + below > self.bound() {
                break;
            }
            self.add_group::<V>(i);
        }
    }

    /// No center with a larger computed square can be among the nearest.
    #[inline(always)]
    fn bound(&self) -> f64 {
        match self.nearest.first() {
            Some(farthest) if self.nearest.len() == self.k => (farthest.square * (1.0 + ERROR)).max(SMALL),
            _ => self.reach.outside(),
        }
    }

    #[inline(always)]
    fn add_group<V: Lanes>(&mut self, i: usize) {
        let centers = &self.reach.centers().strips;
        let group = centers.group(i);
        let (dx, dy) = (V::load(&group.x).sub(V::splat(self.point.0)), V::load(&group.y).sub(V::splat(self.point.1)));
        let squares = dx.mul(dx).add(dy.mul(dy));
        let mut left = squares.at_most(V::splat(self.bound()));
        if left == 0 {
            return;
        }
        let squares = squares.store();
        while left != 0 {
            let lane = left.trailing_zeros() as usize % GROUP;
            left &= left - 1;
            let candidate = Candidate::new(group, centers.ids(i), squares, lane);
            if self.reach.admits(&candidate, self.point) {
                self.add(candidate);
            }
        }
    }

    #[inline(always)]
    fn add(&mut self, candidate: Candidate) {
        if self.nearest.len() < self.k {
            self.nearest.push(candidate);
            self.sift_up(self.nearest.len() - 1);
        } else if candidate.beats(&self.nearest[0], self.point) {
            self.nearest[0] = candidate;
            self.sift_down();
        }
    }

    fn sift_up(&mut self, mut i: usize) {
        while i > 0 {
            let parent = (i - 1) / 2;
            if !self.nearest[parent].beats(&self.nearest[i], self.point) {
                return;
            }
            self.nearest.swap(parent, i);
            i = parent;
        }
    }

    fn sift_down(&mut self) {
        let mut i = 0;
        loop {
            let mut farthest = i;
            for child in [2 * i + 1, 2 * i + 2] {
                if child < self.nearest.len() && self.nearest[farthest].beats(&self.nearest[child], self.point) {
                    farthest = child;
                }
            }
            if farthest == i {
                return;
            }
            self.nearest.swap(i, farthest);
            i = farthest;
        }
    }
}
