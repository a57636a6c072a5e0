//! Strips in an index file: their sections, and what queries rely on.

use super::{GROUP, Group, Strips};
use crate::error::Result;
use crate::index::buckets::Sorted;
use crate::index::file::layout::{Opening, Sections, damaged, hold, hold_all};
use crate::memory::vec_filled;
use crate::run::Run;

const STRIPS: &str = "centers.strips";
const GROUPS: &str = "centers.groups";
const IDS: &str = "centers.ids";
const STARTS: &str = "centers.starts";
const TOPS: &str = "centers.tops";
const TOP_STARTS: &str = "centers.top_starts";

impl Strips {
    pub(crate) fn add_to<'a>(&'a self, sections: &mut Sections<'a>) {
        sections.add(STRIPS, &self.strips);
        sections.add(GROUPS, &self.groups);
        sections.add(IDS, &self.ids);
        sections.add(STARTS, &self.starts);
        let (tops, starts) = self.tops.parts();
        sections.add(TOPS, tops);
        sections.add(TOP_STARTS, starts);
    }

    pub(crate) fn take(from: &mut Opening<'_>) -> Result<Self> {
        let (strips, groups, ids, starts) =
            (from.take(STRIPS)?, from.take(GROUPS)?, from.take(IDS)?, from.take(STARTS)?);
        let tops = Sorted::of_parts(from.take(TOPS)?, from.take(TOP_STARTS)?);
        let Some(tops) = tops else { return Err(damaged(format_args!("{TOP_STARTS} is not as long as {TOPS} needs"))) };
        let strips = Strips { groups, ids, strips, tops, starts };
        match strips.groups.len() == strips.ids.len() && strips.groups.len() <= u32::MAX as usize {
            true => Ok(strips),
            false => Err(damaged(format_args!("{IDS} is not as long as {GROUPS}"))),
        }
    }

    /// Strips follow each other upward, their groups and starts in memory; each is sorted by x, with every center where its
    /// buckets say, and filled up at its end; and each polygon has one center at most.
    pub(crate) fn verify(&self, polygon_count: usize, run: &Run<'_>) -> Result<()> {
        let mut seen = vec_filled(0u64, polygon_count.div_ceil(64))?;
        let (mut group, mut start, mut top) = (0, 0usize, f64::NEG_INFINITY);
        for (i, strip) in self.strips.iter().enumerate() {
            run.check()?;
            let end_group = strip.end_group as usize;
            let follows = strip.first_group as usize == group && group < end_group && strip.first_start == start as u64;
            hold(follows && end_group <= self.groups.len(), STRIPS, i, "is not where the one before ends")?;
            hold(top < strip.min_y && strip.min_y <= strip.max_y, STRIPS, i, "is not above the one before")?;
            hold(strip.max_y.is_finite() && strip.by_x.is_sound(), STRIPS, i, "is not finite")?;
            let buckets = strip.by_x.count();
            let end = start.checked_add(buckets + 1).filter(|&end| end <= self.starts.len());
            let starts = &self.starts[start..end.unwrap_or(start)];
            hold(starts.first() == Some(&0) && starts.is_sorted(), STRIPS, i, "has starts that do not rise from 0")?;
            let count = starts[buckets] as usize;
            hold(count.div_ceil(GROUP) == end_group - group, STRIPS, i, "has not as many groups as centers")?;
            let in_use = |row: usize, lane: usize| GROUP * (row - group) + lane < count;
            let broken = [
                "is not filled up with NaN",
                "is not sorted by x",
                "is not in its strip",
                "is not where its bucket says",
            ];
            hold_all(&self.groups[group..end_group], group, GROUPS, broken, |row, Group { x, y }| {
                let before = if row == group { f64::NEG_INFINITY } else { self.groups[row - 1].x[GROUP - 1] };
                let left = [before, x[0], x[1], x[2]];
                let mut all = [true; 4];
                for lane in 0..GROUP {
                    let (is_used, at) = (in_use(row, lane), (GROUP * (row - group) + lane) as u32);
                    let bucket = strip.by_x.of(x[lane]) as usize;
                    all[0] &= is_used | (x[lane].is_nan() & y[lane].is_nan() & (self.ids[row][lane] == -1));
                    all[1] &= !is_used | ((left[lane] <= x[lane]) & x[lane].is_finite());
                    all[2] &= !is_used | ((strip.min_y <= y[lane]) & (y[lane] <= strip.max_y));
                    all[3] &= !is_used | ((starts[bucket] <= at) & (at < starts[bucket + 1]));
                }
                all
            })?;
            hold_all(&self.ids[group..end_group], group, IDS, ["is no polygon"], |row, ids| {
                // What is negative is too large as a u32.
                let is_polygon = |lane: usize| ((ids[lane] as u32 as usize) < polygon_count) | !in_use(row, lane);
                [(0..GROUP).fold(true, |all, lane| all & is_polygon(lane))]
            })?;
            for (at, &id) in self.ids[group..end_group].as_flattened()[..count].iter().enumerate() {
                let bit = 1 << (id % 64);
                let word = &mut seen[id as usize / 64];
                hold(*word & bit == 0, IDS, group + at / GROUP, "is a polygon that is there already")?;
                *word |= bit;
            }
            (group, start, top) = (end_group, end.unwrap_or(start), strip.max_y);
        }
        hold(group == self.groups.len(), GROUPS, group, "belongs to no strip")?;
        hold(start == self.starts.len(), STARTS, start, "belongs to no strip")?;
        let tops = self.tops.parts().0;
        let are_tops =
            tops.len() == self.strips.len() && tops.iter().zip(&self.strips[..]).all(|(top, s)| *top == s.max_y);
        hold(are_tops && self.tops.is_sound(), TOPS, 0, "or another is not the top of its strip")
    }
}
