//! Points in strips: cut by y into strips of about equal count, each sorted by x.
//!
//! Whatever lies within a distance of a place is then one contiguous run in each of a few strips, however unevenly the
//! points are spread: dense regions get narrow strips, and a run has no candidates that are far in x. (A grid of equal cells
//! would put whole towns into a few of them; a kd-tree does not give runs.) Four points lie together as
//! x x x x y y y y, one cache line, and are compared at once.

use super::buckets::{Buckets, Sorted};
use crate::error::{Result, vec_filled, vec_with_capacity};
use crate::run::{Run, for_chunks};

/// Points that share a cache line.
pub(crate) const GROUP: usize = 4;

/// Points in a square as wide as a strip is high, on average.
const PER_SQUARE: f64 = 4.0;

/// Points looked at to learn how all are spread.
const SAMPLE: usize = 1024;

/// Rows and columns of neighbourhoods.
const SIDE: usize = 128;

/// See [`Strips::neighbourhood`].
pub(crate) const NEIGHBOURHOODS: usize = SIDE * SIDE;

/// Runs longer than this many groups are trimmed by bisection.
const TRIM: usize = 16;

/// A point and its polygon.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Entry {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) id: i32,
}

/// Four points; the last group of a strip is filled up with NaN, which is near nothing.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(crate) struct Group {
    pub(crate) x: [f64; GROUP],
    pub(crate) y: [f64; GROUP],
}

/// Polygons of a [`Group`], -1 where it is filled up.
pub(crate) type Ids = [i32; GROUP];

#[derive(Clone, Copy, Debug)]
pub(crate) struct Strip {
    pub(crate) min_y: f64,
    pub(crate) max_y: f64,
    by_x: Buckets,
    first_start: u32,
    pub(crate) first_group: u32,
    pub(crate) end_group: u32,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Strips {
    groups: Vec<Group>,
    ids: Vec<Ids>,
    strips: Vec<Strip>,
    /// The largest y of each strip.
    tops: Sorted,
    /// For each strip, how many of its points lie before each of its buckets.
    starts: Vec<u32>,
}

impl Strips {
    /// Orders the entries, whose coordinates are finite.
    pub(crate) fn build(entries: Vec<Entry>, run: &Run<'_>) -> Result<Self> {
        let (mut entries, ends) = cut(entries)?;
        sort_strips(&mut entries, &ends, run)?;

        let group_count = |len: usize| len.div_ceil(GROUP);
        let total: usize = spans(&ends).map(|(start, end)| group_count(end - start)).sum();
        let mut groups = vec_with_capacity(total)?;
        let mut ids = vec_with_capacity(total)?;
        let mut strips = vec_with_capacity(ends.len())?;
        let mut tops = vec_with_capacity(ends.len())?;
        let mut starts = vec_with_capacity(total + 2 * ends.len())?;
        for (start, end) in spans(&ends) {
            let entries = &entries[start..end];
            let (first, last) = (entries[0], entries[entries.len() - 1]);
            let (min_y, max_y) = entries.iter().fold((first.y, first.y), |(min, max), e| (min.min(e.y), max.max(e.y)));
            let by_x = Buckets::new(first.x, last.x, group_count(entries.len()));
            strips.push(Strip {
                min_y,
                max_y,
                by_x,
                first_start: starts.len() as u32,
                first_group: groups.len() as u32,
                end_group: (groups.len() + group_count(entries.len())) as u32,
            });
            tops.push(max_y);
            by_x.append_starts(entries.iter().map(|e| e.x), &mut starts)?;
            for chunk in entries.chunks(GROUP) {
                let mut group = Group { x: [f64::NAN; GROUP], y: [f64::NAN; GROUP] };
                let mut polygons = [-1; GROUP];
                for (i, entry) in chunk.iter().enumerate() {
                    (group.x[i], group.y[i], polygons[i]) = (entry.x, entry.y, entry.id);
                }
                groups.push(group);
                ids.push(polygons);
            }
        }
        Ok(Strips { groups, ids, strips, tops: Sorted::new(tops)?, starts })
    }

    #[inline(always)]
    pub(crate) fn group(&self, group: usize) -> &Group {
        &self.groups[group]
    }

    #[inline(always)]
    pub(crate) fn ids(&self, group: usize) -> &Ids {
        &self.ids[group]
    }

    pub(crate) fn all_ids(&self) -> &[Ids] {
        &self.ids
    }

    pub(crate) fn strips(&self) -> &[Strip] {
        &self.strips
    }

    /// Where a search from `y` upward begins: all strips before this one end below `y`, and so may a few behind it.
    #[inline(always)]
    pub(crate) fn first_reaching(&self, y: f64) -> usize {
        self.tops.count_below_roughly(y)
    }

    /// A number below [`NEIGHBOURHOODS`] that is the same or near for places that are near.
    #[inline(always)]
    pub(crate) fn neighbourhood(&self, (x, y): (f64, f64)) -> u16 {
        let count = self.strips.len();
        let Some(strip) = self.strips.get(self.first_reaching(y).min(count.wrapping_sub(1))) else { return 0 };
        let row = self.first_reaching(y).min(count - 1) * SIDE / count;
        let column = strip.by_x.of(x) as usize * SIDE / strip.by_x.count();
        (row * SIDE + column) as u16
    }

    /// The groups of a strip with every point of it whose x is in [from, to], and few others.
    #[inline(always)]
    pub(crate) fn run(&self, strip: &Strip, from: f64, to: f64) -> std::ops::Range<usize> {
        let base = strip.first_start as usize;
        let start = self.starts[base + strip.by_x.of(from) as usize] as usize / GROUP;
        let end = (self.starts[base + strip.by_x.of(to) as usize + 1] as usize).div_ceil(GROUP);
        let first = strip.first_group as usize;
        let run = first + start..first + end;
        if run.len() > TRIM { self.trim(run, from, to) } else { run }
    }

    #[inline(never)]
    fn trim(&self, run: std::ops::Range<usize>, from: f64, to: f64) -> std::ops::Range<usize> {
        let groups = &self.groups[run.clone()];
        // The last group of a strip may end in NaN, which is not less than anything: it is kept.
        let start = groups.partition_point(|group| group.x[GROUP - 1] < from);
        let end = groups.partition_point(|group| group.x[0] <= to);
        run.start + start..run.start + end.max(start)
    }
}

/// The (start, end) of each strip from the ends of all.
fn spans(ends: &[usize]) -> impl Iterator<Item = (usize, usize)> + '_ {
    ends.iter().scan(0, |start, &end| Some((std::mem::replace(start, end), end)))
}

/// Orders the entries by strip; returns them with the end of each strip. No strip is empty.
fn cut(entries: Vec<Entry>) -> Result<(Vec<Entry>, Vec<usize>)> {
    let count = strip_count(&entries)?;
    if count <= 1 {
        let mut ends = vec_with_capacity(1)?;
        ends.extend((!entries.is_empty()).then_some(entries.len()));
        return Ok((entries, ends));
    }
    let lower_edges = Sorted::new(quantiles(&entries, count)?)?;
    // Equal y go to one strip: those from an edge on lie above it.
    let strip_of = |entry: &Entry| lower_edges.count_below(entry.y.next_up());
    let mut positions = vec_filled(0usize, count + 1)?;
    for entry in &entries {
        positions[strip_of(entry) + 1] += 1;
    }
    for i in 1..positions.len() {
        positions[i] += positions[i - 1];
    }
    let mut ordered = vec_filled(Entry::default(), entries.len())?;
    for entry in &entries {
        let position = &mut positions[strip_of(entry)];
        ordered[*position] = *entry;
        *position += 1;
    }
    // Each position has moved on to its strip's end.
    positions.pop();
    positions.dedup();
    positions.retain(|&end| end > 0);
    Ok((ordered, positions))
}

/// How many strips make squares of [`PER_SQUARE`] points where most of the points are.
fn strip_count(entries: &[Entry]) -> Result<usize> {
    let most = entries.len() / (2 * GROUP);
    if most < 8 {
        return Ok(1);
    }
    let [width, height] = [|e: &Entry| e.x, |e: &Entry| e.y].map(|axis: fn(&Entry) -> f64| {
        sample(entries, axis).map(|values| values[values.len() * 15 / 16] - values[values.len() / 16])
    });
    let (width, height) = (width?, height?);
    let ratio = if width > 0.0 { height / width } else { f64::INFINITY };
    Ok(((entries.len() as f64 / PER_SQUARE * ratio).sqrt() as usize).clamp(1, most))
}

/// Some evenly spaced values, at most about [`SAMPLE`], sorted.
fn sample(entries: &[Entry], axis: impl Fn(&Entry) -> f64) -> Result<Vec<f64>> {
    let step = entries.len().div_ceil(SAMPLE).max(16);
    let mut values = vec_with_capacity(SAMPLE)?;
    values.extend(entries.iter().step_by(step).map(axis));
    values.sort_unstable_by(f64::total_cmp);
    Ok(values)
}

/// `count` - 1 values of y that cut the entries into about equal shares.
fn quantiles(entries: &[Entry], count: usize) -> Result<Vec<f64>> {
    let wanted = (16 * count).min(entries.len());
    let mut values = vec_with_capacity(wanted)?;
    values.extend((0..wanted).map(|i| entries[(i as u128 * entries.len() as u128 / wanted as u128) as usize].y));
    values.sort_unstable_by(f64::total_cmp);
    let mut edges = vec_with_capacity(count - 1)?;
    edges.extend((1..count).map(|i| values[i * wanted / count]));
    Ok(edges)
}

/// Sorts each strip by x, then by row, so that the order is the same however the work was shared out.
fn sort_strips(entries: &mut [Entry], ends: &[usize], run: &Run<'_>) -> Result<()> {
    let mut rest = entries;
    let mut strips: Vec<&mut [Entry]> = vec_with_capacity(ends.len())?;
    for (start, end) in spans(ends) {
        let (strip, behind) = rest.split_at_mut(end - start);
        strips.push(strip);
        rest = behind;
    }
    let nanoseconds = 40 * ends.last().map_or(0, |&all| all / ends.len());
    for_chunks(run, &mut strips, nanoseconds, |_, strips| {
        for strip in strips {
            strip.sort_unstable_by(|a, b| a.x.total_cmp(&b.x).then(a.id.cmp(&b.id)));
        }
        Ok(())
    })
}
