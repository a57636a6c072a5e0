//! Many points near edges: for each polygon, which of the points are near an edge of it.
//!
//! Points lie in bins, and polygons come in the order of the tree, so that what one needs is still at hand for the next. Some
//! links at a time go through the same steps: which bins does the box around each reach, which points in these are in the
//! box, which of those are near an edge. So memory is asked for a step before it is needed. The links of a polygon come one
//! after the other: each point then is found once, however many of them are near.

use std::ops::Range;

use super::Piece;
use super::bins::Bins;
use super::edges::{Spread, is_inside_ring};
use super::near::Edges;
use super::reach::{Links, Reach, grown};
use super::vicinity::Vicinity;
use crate::error::Result;
use crate::index::buckets::into_starts;
use crate::index::cells::look::BLOCK;
use crate::index::tree::Link;
use crate::memory::{Counted, vec_filled};
use crate::run::Watch;
use crate::simd::{Lanes, first_lanes, prefetch};

/// Pairs that are found before points are left for later; tests are to see that, too.
const MOST_PAIRS: usize = if cfg!(test) { 1 << 12 } else { 1 << 24 };

/// Points that share the bin of one, on average, before bins are of no use.
const CROWD: f64 = 256.0;

/// Links that go through the same steps together.
const TOGETHER: usize = 256;

/// Points in boxes before these are looked at.
const MANY: usize = 1 << 12;

/// Groups whose links' memory is asked for before their turn.
const AHEAD: usize = 8;

/// With fewer points in the box of a link, these are looked at one by one.
const FEW: usize = 3;

/// Which polygons have an edge near a point, for each point of some rows.
pub(super) struct Joined {
    pub(super) rows: Range<usize>,
    /// Whether polygons that points are inside of are among these, too: all are of one link.
    pub(super) is_complete: bool,
    /// Where the polygons of a point are: where much was found, points come in the order of bins, and this says where each is.
    slots: Option<Counted<u32>>,
    starts: Counted<u32>,
    polygons: Counted<i32>,
    /// Beside them, where distances are wanted.
    distances: Counted<f64>,
}

impl Joined {
    /// Asks for what [`Joined::near`] reads.
    pub(super) fn prefetch(&self, rows: Range<usize>) {
        let Some(slots) = &self.slots else { return };
        let slots = &slots[rows.start - self.rows.start..rows.end - self.rows.start];
        slots.iter().for_each(|&slot| prefetch(&self.starts, slot as usize));
        slots.iter().for_each(|&slot| prefetch(&self.polygons, self.starts[slot as usize] as usize));
    }

    /// The polygons near the point of a row, each once, in no order, and their distances, if these are wanted.
    #[inline(always)]
    pub(super) fn near(&self, row: usize) -> (&[i32], Option<&[f64]>) {
        let at = row - self.rows.start;
        let slot = self.slots.as_ref().map_or(at, |slots| slots[at] as usize);
        let found = self.starts[slot] as usize..self.starts[slot + 1] as usize;
        (&self.polygons[found.clone()], self.distances.get(found))
    }
}

/// Joins the points of a piece from row `first` on, or fewer of them where there is much; None where that is of no
/// use.
#[inline(always)]
pub(super) fn join<V: Lanes>(edges: &Edges<'_>, piece: &Piece<'_, '_>, first: usize) -> Result<Option<Joined>> {
    let rows = first..piece.range.len();
    let bins = bins::<V>(edges, piece, &rows)?;
    if bins.crowd() > CROWD {
        return Ok(None);
    }
    let mut join = Join {
        edges,
        latest: vec_filled(0, rows.len())?,
        bins,
        rows,
        reaches: Counted::default(),
        runs: Counted::default(),
        inside: Counted::default(),
        inside_len: 0,
        groups: Counted::default(),
        spread: Spread::default(),
        hits: Counted::default(),
        distances: Counted::default(),
        count: (0, 0),
        is_complete: true,
    };
    join.reaches.reserve(TOGETHER)?;
    join.groups.reserve(TOGETHER + 2)?;
    join.groups.push(Group { reach: u32::MAX, end: 0 });
    let mut links = Links::new(edges);
    loop {
        join.reaches.clear();
        while join.reaches.len() < TOGETHER
            && let Some(reach) = links.next::<V>(join.is_done(links.polygon()))
        {
            join.is_complete &= reach.is_whole;
            join.reaches.push(reach);
        }
        if join.reaches.is_empty() {
            break;
        }
        let mut done = 0;
        while done < join.reaches.len() {
            join.list_runs(done)?;
            done = join.look::<V>(piece.watch)?;
            if join.hits.len() > MOST_PAIRS {
                if join.rows.len() <= BLOCK {
                    return Ok(None);
                }
                join.leave_half::<V>(piece)?;
            }
        }
    }
    join.finish(piece.watch).map(Some)
}

/// The points of some rows of a piece in bins, as far as they may be near an edge.
#[inline(always)]
fn bins<V: Lanes>(edges: &Edges<'_>, piece: &Piece<'_, '_>, rows: &Range<usize>) -> Result<Bins> {
    let all = edges.tree.bounds().unwrap_or([f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY]);
    let start = piece.range.start;
    let limits = grown(all, edges.limit.distance);
    let check = || piece.watch.step();
    if let Some(vicinity) = Vicinity::new::<V>(edges, limits, check)?
        && let Some(kept) = vicinity.keep::<V>(piece, rows.clone())?
    {
        let mut bins = Bins::build::<V>(&kept.points()?, 0..kept.rows.len(), limits, check)?;
        for row in &mut *bins.rows {
            *row = kept.rows[*row as usize];
        }
        return Ok(bins);
    }
    Bins::build::<V>(piece.points, start + rows.start..start + rows.end, limits, check)
}

/// Points in one row of bins that a link reaches.
#[derive(Clone, Copy)]
struct Run {
    /// The number of the link among those at hand.
    reach: u32,
    start: u32,
    end: u32,
}

/// The points in the box of a link.
#[derive(Clone, Copy, Default)]
struct Group {
    reach: u32,
    /// Where they end.
    end: u32,
}

/// A point near a polygon.
#[derive(Clone, Copy, Default)]
struct Hit {
    slot: u32,
    polygon: u32,
}

/// What was found so far.
struct Join<'a> {
    edges: &'a Edges<'a>,
    bins: Bins,
    rows: Range<usize>,
    /// The links at hand, ...
    reaches: Counted<Reach>,
    runs: Counted<Run>,
    /// ... and the slots of the points in their boxes.
    inside: Counted<i32>,
    /// How many these are; what is behind them is room, and slots that no longer count.
    inside_len: usize,
    groups: Counted<Group>,
    spread: Spread,
    hits: Counted<Hit>,
    /// Beside them, where distances are wanted.
    distances: Counted<f64>,
    /// Of each slot the number of its latest hit, from 1 on; those of polygons of one link are left out.
    latest: Counted<u32>,
    /// How many points were found near a polygon of more links, the latest one.
    count: (u32, usize),
    /// No polygon has more than one link so far.
    is_complete: bool,
}

impl Join<'_> {
    /// Whether all points are known to be near a polygon of more than one link: where a distance is so large, its first links
    /// say it all.
    #[inline(always)]
    fn is_done(&self, polygon: u32) -> bool {
        self.count == (polygon, self.bins.len()) && !self.edges.measures
    }

    /// Lists where the points in the reach of links are, from link `first` on.
    #[inline(always)]
    fn list_runs(&mut self, first: usize) -> Result<()> {
        self.runs.clear();
        for (number, reach) in self.reaches.iter().enumerate().skip(first) {
            let (rows, columns) = self.bins.raster.reached(reach.bounds);
            self.runs.reserve(rows.len())?;
            for row in rows {
                let bins = self.bins.raster.run(row, &columns);
                prefetch(&self.bins.starts, bins.start as usize);
                self.runs.push(Run { reach: number as u32, start: bins.start, end: bins.end });
            }
        }
        let mut kept = 0;
        for i in 0..self.runs.len() {
            let run = self.runs[i];
            let start = |bin: u32| self.bins.starts[bin as usize];
            let run = Run { start: start(run.start), end: start(run.end), ..run };
            prefetch(&self.bins.places, run.start as usize);
            self.runs[kept] = run;
            kept += usize::from(run.start < run.end);
        }
        self.runs.truncate(kept);
        Ok(())
    }

    /// Looks at the points in these runs; answers which link comes next: not all are done where much was found.
    #[inline(always)]
    fn look<V: Lanes>(&mut self, watch: &Watch<'_>) -> Result<usize> {
        let mut at = 0;
        while at < self.runs.len() {
            // All runs of a link, so that it is looked at once.
            while let Some(&run) = self.runs.get(at)
                && (self.inside_len < MANY || run.reach == self.groups[self.groups.len() - 1].reach)
            {
                self.find_inside::<V>(run, watch)?;
                at += 1;
            }
            self.find_near::<V>(watch)?;
            if self.hits.len() > MOST_PAIRS
                && let Some(run) = self.runs.get(at)
            {
                return Ok(run.reach as usize);
            }
        }
        Ok(self.reaches.len())
    }

    /// Lists the points of a run that are in the box of its link.
    #[inline(always)]
    fn find_inside<V: Lanes>(&mut self, Run { reach, start, end }: Run, watch: &Watch<'_>) -> Result<()> {
        watch.step()?;
        self.make_room((end - start) as usize)?;
        let [left, bottom, right, top] = self.reaches[reach as usize].bounds;
        let (left, bottom) = (V::splat(left), V::splat(bottom));
        let (right, top) = (V::splat(right), V::splat(top));
        let before = self.inside_len;
        let mut slot = start;
        loop {
            let (x, y) = V::load_pairs(self.bins.four(slot as usize));
            let inside = left.at_most(x) & x.at_most(right) & bottom.at_most(y) & y.at_most(top);
            let lanes = inside & first_lanes((end - slot) as usize);
            // All four are written, and then those forgotten that are not inside: which these are nobody could guess.
            let four = slot as i32;
            let room = self.inside[self.inside_len..].first_chunk_mut().expect("there is room for four more");
            *room = V::pack(&[four, four + 1, four + 2, four + 3], lanes);
            self.inside_len += lanes.count_ones() as usize;
            slot += 4;
            if slot >= end {
                break;
            }
        }
        // Nor which links have points.
        let len = self.groups.len();
        let latest = self.groups[len - 1].reach;
        let has_some = self.inside_len > before;
        self.groups.push(Group::default());
        let group = Group { reach: if has_some { reach } else { latest }, end: self.inside_len as u32 };
        let is_new = usize::from(has_some & (reach != latest));
        self.groups[len - 1 + is_new] = group;
        self.groups.truncate(len + is_new);
        Ok(())
    }

    /// Makes room for so many points in boxes, and what is written behind them.
    #[inline(always)]
    fn make_room(&mut self, more: usize) -> Result<()> {
        let needed = self.inside_len + more + 3;
        if needed > self.inside.len() {
            self.inside.reserve(needed - self.inside.len())?;
            let room = self.inside.capacity();
            self.inside.resize(room, 0);
        }
        Ok(())
    }

    /// Finds those of the points in boxes that are near the link.
    #[inline(always)]
    fn find_near<V: Lanes>(&mut self, watch: &Watch<'_>) -> Result<()> {
        let mut start = 0;
        for i in 1..self.groups.len() {
            watch.step()?;
            if let Some(ahead) = self.groups.get(i + AHEAD) {
                let link = self.reaches[ahead.reach as usize].link;
                prefetch(self.edges.shapes.vertices(), link.first as usize);
                prefetch(self.edges.shapes.vertices(), link.first as usize + 4);
            }
            let Group { reach, end } = self.groups[i];
            let Reach { link, is_whole, .. } = self.reaches[reach as usize];
            let points = start..end as usize;
            start = end as usize;
            if self.is_done(link.polygon) {
                continue;
            }
            let hits = self.hits.len();
            self.hits.reserve(points.len())?;
            match self.edges.measures || points.len() < FEW {
                true => {
                    for at in points {
                        watch.step()?;
                        self.look_at::<V>(link, self.inside[at] as u32, is_whole)?;
                    }
                }
                false => self.look_at_all::<V>(link, points, is_whole),
            }
            if !is_whole {
                let found = self.hits.len() - hits;
                self.count = (link.polygon, found + if self.count.0 == link.polygon { self.count.1 } else { 0 });
                self.note_latest(hits, watch)?;
            }
        }
        self.inside_len = 0;
        self.groups.truncate(1);
        Ok(())
    }

    /// Notes of all points which hit is their latest, from hit `first` on.
    fn note_latest(&mut self, first: usize, watch: &Watch<'_>) -> Result<()> {
        for (number, hit) in (first as u32 + 1..).zip(&self.hits[first..]) {
            watch.step()?;
            self.latest[hit.slot as usize] = number;
        }
        Ok(())
    }

    /// The number of a point's hit, if it is known to be near the polygon.
    #[inline(always)]
    fn known(&self, slot: u32, polygon: u32) -> Option<usize> {
        let latest = (self.latest[slot as usize] as usize).checked_sub(1)?;
        (self.hits[latest].polygon == polygon).then_some(latest)
    }

    /// Takes a point if it is near the link, or inside of it if it is all of its polygon.
    #[inline(always)]
    fn look_at<V: Lanes>(&mut self, link: Link, slot: u32, is_whole: bool) -> Result<()> {
        let known = if is_whole { None } else { self.known(slot, link.polygon) };
        if known.is_some() && !self.edges.measures {
            return Ok(());
        }
        let point = self.bins.places[slot as usize].into();
        // No closures, which would not be compiled for these instructions.
        let mut distance = self.edges.near::<V>(link, point);
        if is_whole
            && (distance.is_none() || self.edges.measures)
            && is_inside_ring::<V>(self.edges.shapes, link, point)
        {
            distance = Some(0.0);
        }
        let Some(distance) = distance else { return Ok(()) };
        if let Some(known) = known {
            self.distances[known] = self.distances[known].min(distance);
            return Ok(());
        }
        if self.edges.measures {
            self.distances.reserve(1)?;
            self.distances.push(distance);
        }
        self.hits.push(Hit { slot, polygon: link.polygon });
        Ok(())
    }

    /// The same for points in the box.
    #[inline(always)]
    fn look_at_all<V: Lanes>(&mut self, link: Link, points: Range<usize>, is_whole: bool) {
        self.spread.set::<V>(self.edges.shapes, link);
        for at in points.clone().step_by(4) {
            let mut lanes = first_lanes(points.end - at);
            let &slots: &[i32; 4] = self.inside[at..].first_chunk().expect("there are four");
            let slots = [slots[0] as u32, slots[1] as u32, slots[2] as u32, slots[3] as u32];
            let place = |lane: usize| self.bins.places[slots[lane] as usize];
            let (x, y) = V::load_pairs(&[place(0), place(1), place(2), place(3)]);
            if !is_whole {
                for (lane, &slot) in slots.iter().enumerate() {
                    lanes &= !(u32::from(self.known(slot, link.polygon).is_some()) << lane);
                }
            }
            let mut near = self.edges.near_four::<V>(&self.spread, link, (x, y), lanes);
            let mut others = if is_whole { lanes & !near } else { 0 };
            while others != 0 {
                let lane = others.trailing_zeros() as usize % 4;
                others &= others - 1;
                near |= u32::from(is_inside_ring::<V>(self.edges.shapes, link, place(lane).into())) << lane;
            }
            while near != 0 {
                let slot = slots[near.trailing_zeros() as usize % 4];
                near &= near - 1;
                self.hits.push(Hit { slot, polygon: link.polygon });
            }
        }
    }

    /// Leaves the last half of the rows for later, and forgets what was found for them.
    #[inline(always)]
    fn leave_half<V: Lanes>(&mut self, piece: &Piece<'_, '_>) -> Result<()> {
        let half = (self.rows.len() / 2).next_multiple_of(BLOCK);
        self.rows.end = self.rows.end.min(self.rows.start + half);
        let mut kept = 0;
        for i in 0..self.hits.len() {
            piece.watch.step()?;
            let Hit { slot, polygon } = self.hits[i];
            let row = self.bins.rows[slot as usize];
            if (row as usize) < half {
                self.hits[kept] = Hit { slot: row, polygon };
                if self.edges.measures {
                    self.distances[kept] = self.distances[i];
                }
                kept += 1;
            }
        }
        self.hits.truncate(kept);
        self.distances.truncate(kept);
        self.bins = bins::<V>(self.edges, piece, &self.rows)?;
        let slots = self.bins.slots(self.rows.len())?;
        for hit in &mut *self.hits {
            piece.watch.step()?;
            hit.slot = slots[hit.slot as usize];
        }
        // These are slots no more, and are read even behind those that count.
        self.inside.fill(0);
        self.latest.fill(0);
        self.note_latest(0, piece.watch)?;
        self.count = (0, 0);
        Ok(())
    }

    /// Puts what was found in the order of points.
    fn finish(self, watch: &Watch<'_>) -> Result<Joined> {
        let Join { rows, mut hits, distances, bins, is_complete, .. } = self;
        // Where it is little, rows are looked up for what was found rather than places for rows.
        let slots = if hits.len() < 2 * rows.len() {
            for hit in &mut *hits {
                watch.step()?;
                hit.slot = bins.rows[hit.slot as usize];
            }
            None
        } else {
            Some(bins.slots(rows.len())?)
        };
        let mut starts = vec_filled(0u32, rows.len() + 1)?;
        for hit in &hits {
            watch.step()?;
            starts[hit.slot as usize] += 1;
        }
        into_starts(&mut starts);
        let mut polygons = vec_filled(0i32, hits.len())?;
        let mut ordered = vec_filled(0.0, distances.len())?;
        for (i, hit) in hits.iter().enumerate() {
            watch.step()?;
            let to = &mut starts[hit.slot as usize];
            polygons[*to as usize] = hit.polygon as i32;
            if let Some(&distance) = distances.get(i) {
                ordered[*to as usize] = distance;
            }
            *to += 1;
        }
        // Each start has moved on to the next.
        starts.rotate_right(1);
        starts[0] = 0;
        Ok(Joined { rows, is_complete, slots, starts, polygons, distances: ordered })
    }
}
