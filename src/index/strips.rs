//! Points in strips: cut by y into strips of about equal count, each sorted by x.
//!
//! Whatever lies within a distance of a place is then one contiguous run in each of a few strips, however unevenly the
//! points are spread: dense regions get narrow strips, and a run has no candidates that are far in x. (A grid of equal cells
//! is up to 1.5 times as fast on even points and towns, and up to 100 times as slow with one outlier: docs/design.md has the
//! figures. A kd-tree does not give runs.) Four points lie together as
//! x x x x y y y y, one cache line, and are compared at once.

mod stored;

use super::WATCH;
use super::buckets::{Buckets, Sorted, into_starts};
use super::section::{Section, plain};
use crate::error::Result;
use crate::memory::{Counted, vec_filled, vec_with_capacity};
use crate::run::{Run, for_chunks};

/// Points that share a cache line.
pub(crate) const GROUP: usize = 4;

/// Points in a square as wide as a strip is high, on average.
const PER_SQUARE: f64 = 4.0;

/// Points of a strip that share a bucket, on average.
const PER_BUCKET: usize = GROUP;

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
    /// The strip or the bucket it goes to.
    slot: u32,
}

impl Entry {
    pub(crate) fn new(x: f64, y: f64, id: i32) -> Self {
        Entry { x, y, id, slot: 0 }
    }
}

/// Four points; the last group of a strip is filled up with NaN, which is near nothing.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(crate) struct Group {
    pub(crate) x: [f64; GROUP],
    pub(crate) y: [f64; GROUP],
}

plain!(Group { x: [f64; GROUP], y: [f64; GROUP] });

impl Group {
    /// No points, and their polygons.
    pub(crate) const EMPTY: (&Self, &Ids) = (&Group { x: [f64::NAN; GROUP], y: [f64::NAN; GROUP] }, &[-1; GROUP]);
}

/// Polygons of a [`Group`], -1 where it is filled up.
pub(crate) type Ids = [i32; GROUP];

#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct Strip {
    pub(crate) min_y: f64,
    pub(crate) max_y: f64,
    by_x: Buckets,
    first_start: u64,
    pub(crate) first_group: u32,
    pub(crate) end_group: u32,
}

plain!(Strip { min_y: f64, max_y: f64, by_x: Buckets, first_start: u64, first_group: u32, end_group: u32 });

/// See the module.
#[derive(Debug)]
pub(crate) struct Strips {
    groups: Section<Group>,
    ids: Section<Ids>,
    strips: Section<Strip>,
    /// The largest y of each strip.
    tops: Sorted,
    /// For each strip, how many of its points lie before each of its buckets.
    starts: Section<u32>,
}

impl Strips {
    /// Orders the entries, whose coordinates are finite.
    pub(crate) fn build(mut entries: Counted<Entry>, run: &Run<'_>) -> Result<Self> {
        let (mut ordered, ends) = cut(&mut entries, run)?;
        let mut starts = vec_filled(0, spans(&ends).map(|(start, end)| bucket_count(end - start) + 1).sum())?;
        // What was cut goes back in order.
        let strips = sort(&mut ordered, &mut entries, &mut starts, &ends, run)?;

        let total = strips.last().map_or(0, |strip| strip.end_group as usize);
        let (mut groups, mut ids) = (vec_with_capacity(total)?, vec_with_capacity(total)?);
        for (start, end) in spans(&ends) {
            run.check()?;
            for chunk in entries[start..end].chunks(GROUP) {
                let mut group = Group { x: [f64::NAN; GROUP], y: [f64::NAN; GROUP] };
                let mut polygons = [-1; GROUP];
                for (i, entry) in chunk.iter().enumerate() {
                    (group.x[i], group.y[i], polygons[i]) = (entry.x, entry.y, entry.id);
                }
                groups.push(group);
                ids.push(polygons);
            }
        }
        let mut tops = vec_with_capacity(strips.len())?;
        tops.extend(strips.iter().map(|strip| strip.max_y));
        Ok(Strips {
            groups: Section::new(groups, run)?,
            ids: Section::new(ids, run)?,
            strips: Section::new(strips, run)?,
            tops: Sorted::new(tops, run)?,
            starts: Section::new(starts, run)?,
        })
    }

    #[inline(always)]
    pub(crate) fn group(&self, group: usize) -> &Group {
        &self.groups[group]
    }

    #[inline(always)]
    pub(crate) fn ids(&self, group: usize) -> &Ids {
        &self.ids[group]
    }

    /// Some groups, and the ids of each.
    #[inline(always)]
    pub(crate) fn groups(&self, range: std::ops::Range<usize>) -> (&[Group], &[Ids]) {
        (&self.groups[range.clone()], &self.ids[range])
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
        let number = self.first_reaching(y).min(count.wrapping_sub(1));
        let Some(strip) = self.strips.get(number) else { return 0 };
        (share(number, count) * SIDE + share(strip.by_x.of(x) as usize, strip.by_x.count())) as u16
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

/// Which of at most [`SIDE`] equal shares `number`, which is less than `count`, belongs to.
#[inline(always)]
fn share(number: usize, count: usize) -> usize {
    number >> (usize::BITS - (count - 1).leading_zeros()).saturating_sub(SIDE.ilog2())
}

/// The (start, end) of each strip from the ends of all.
fn spans(ends: &[usize]) -> impl Iterator<Item = (usize, usize)> + '_ {
    ends.iter().scan(0, |start, &end| Some((std::mem::replace(start, end), end)))
}

/// Returns the entries ordered by strip, with the end of each strip. No strip is empty.
fn cut(entries: &mut [Entry], run: &Run<'_>) -> Result<(Counted<Entry>, Counted<usize>)> {
    let count = strip_count(entries)?;
    // Equal y go to one strip: those from an edge on lie above it.
    let edges = Sorted::new(quantiles(entries, count)?, run)?;
    let mut positions = vec_filled(0usize, count)?;
    for entries in entries.chunks_mut(WATCH) {
        run.check()?;
        for entry in entries {
            entry.slot = edges.count_up_to(entry.y) as u32;
            positions[entry.slot as usize] += 1;
        }
    }
    into_starts(&mut positions);
    let mut ordered = vec_filled(Entry::default(), entries.len())?;
    for entries in entries.chunks(WATCH) {
        run.check()?;
        for entry in entries {
            let position = &mut positions[entry.slot as usize];
            ordered[*position] = *entry;
            *position += 1;
        }
    }
    // Each position has moved on to its strip's end.
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
fn sample(entries: &[Entry], axis: impl Fn(&Entry) -> f64) -> Result<Counted<f64>> {
    let step = entries.len().div_ceil(SAMPLE).max(32);
    let mut values = vec_with_capacity(SAMPLE)?;
    values.extend(entries.iter().step_by(step).map(axis));
    values.sort_unstable_by(f64::total_cmp);
    Ok(values)
}

/// `count` - 1 values of y that cut the entries into about equal shares.
fn quantiles(entries: &[Entry], count: usize) -> Result<Counted<f64>> {
    let wanted = (8 * count).min(entries.len());
    let mut values = vec_with_capacity(wanted)?;
    values.extend((0..wanted).map(|i| entries[(i as u128 * entries.len() as u128 / wanted as u128) as usize].y));
    values.sort_unstable_by(f64::total_cmp);
    let mut edges = vec_with_capacity(count - 1)?;
    edges.extend((1..count).map(|i| values[i * wanted / count]));
    Ok(edges)
}

/// Buckets of a strip with so many entries.
fn bucket_count(len: usize) -> usize {
    len.div_ceil(PER_BUCKET)
}

/// Sorts each strip by x, then by row, so that the order is the same however the work was shared out.
fn sort(
    from: &mut [Entry],
    to: &mut [Entry],
    starts: &mut [u32],
    ends: &[usize],
    run: &Run<'_>,
) -> Result<Counted<Strip>> {
    let mut strips = vec_with_capacity(ends.len())?;
    let mut jobs = vec_with_capacity(ends.len())?;
    let (mut from, mut to, mut starts) = (from, to, starts);
    for (start, end) in spans(ends) {
        jobs.push(Job {
            from: from.split_off_mut(..end - start).expect("as many as the strips hold"),
            to: to.split_off_mut(..end - start).expect("as many as the strips hold"),
            starts: starts.split_off_mut(..bucket_count(end - start) + 1).expect("as many as the strips hold"),
            strip: Strip::default(),
        });
    }
    let nanoseconds = 20 * ends.last().map_or(0, |&all| all / ends.len());
    for_chunks(run, &mut jobs, nanoseconds, |_, jobs| {
        jobs.iter_mut().for_each(Job::run);
        Ok(())
    })?;
    let (mut first_start, mut first_group) = (0, 0);
    for job in &jobs {
        let end_group = first_group + job.to.len().div_ceil(GROUP) as u32;
        strips.push(Strip { first_start, first_group, end_group, ..job.strip });
        first_start += job.starts.len() as u64;
        first_group = end_group;
    }
    Ok(strips)
}

/// A strip to be sorted.
struct Job<'a> {
    from: &'a mut [Entry],
    to: &'a mut [Entry],
    starts: &'a mut [u32],
    strip: Strip,
}

impl Job<'_> {
    /// Into buckets first, whose starts are kept, then what shares one.
    fn run(&mut self) {
        let first = self.from[0];
        let (mut x, mut y) = ((first.x, first.x), (first.y, first.y));
        for entry in &*self.from {
            (x, y) = (widened(x, entry.x), widened(y, entry.y));
        }
        let by_x = Buckets::new(x.0, x.1, bucket_count(self.from.len()));
        self.strip = Strip { min_y: y.0, max_y: y.1, by_x, ..Strip::default() };
        let positions = &mut self.starts[1..];
        for entry in &mut *self.from {
            entry.slot = by_x.of(entry.x);
            positions[entry.slot as usize] += 1;
        }
        into_starts(positions);
        for entry in &*self.from {
            let position = &mut positions[entry.slot as usize];
            self.to[*position as usize] = *entry;
            *position += 1;
        }
        // Each position has moved on to its bucket's end, which is where the next one starts.
        for bucket in self.starts.windows(2) {
            if bucket[1] - bucket[0] > 1 {
                let bucket = &mut self.to[bucket[0] as usize..bucket[1] as usize];
                bucket.sort_unstable_by(|a, b| a.x.total_cmp(&b.x).then(a.id.cmp(&b.id)));
            }
        }
    }
}

/// A range that holds `value`, too, which is not NaN: `f64::min` minds NaN and takes four times as many instructions.
#[inline(always)]
fn widened((min, max): (f64, f64), value: f64) -> (f64, f64) {
    (if value < min { value } else { min }, if value > max { value } else { max })
}
