//! Many points near edges: for each polygon, which of the points are near an edge of it.
//!
//! Points that may be near an edge at all lie in bins, and most polygons come in the order of the tree, so that what one needs is
//! still at hand for the next. Some links at a time go through the same steps: which bins does the box around each reach, which
//! points in these are near the box, which of those are near an edge. So memory is asked for a step before it is needed. The
//! links of a polygon come one after the other: each point then is found once, however many of them are near. Where links are
//! short and points few, the four of a node are one until points near the box around them are known.

use std::ops::Range;

use super::Piece;
use super::bins::Bins;
use super::edges::{Spread, is_inside_ring};
use super::hits::{Hits, Rows};
use super::near::Edges;
use super::reach::{Links, Reach, grown};
use super::vicinity::Vicinity;
use crate::error::Result;
use crate::index::cells::look::BLOCK;
use crate::index::tree::{Link, WIDTH, squares_at_most, squares_between};
use crate::memory::Counted;
use crate::run::Watch;
use crate::simd::{Lanes, first_lanes, prefetch};

/// Pairs that are found before points are left for later; tests are to see that, too.
const MOST_PAIRS: usize = if cfg!(test) { 1 << 12 } else { 1 << 24 };

/// Points that share the bin of one, on average, before bins are of no use.
const CROWD: f64 = 256.0;

/// Rows of bins that links lie across, for each point, before it takes less time to walk down to the links near each.
const ROWS: f64 = 16.0;

/// Links that go through the same steps together.
const TOGETHER: usize = 1024;

/// Runs that are listed before their points are looked at: a link may reach all rows of bins.
const MOST_RUNS: usize = 1 << 16;

/// Points near boxes before these are looked at.
const MANY: usize = 1 << 12;

/// With fewer points in bins for each link, the four of a node are looked at together where they are one polygon's.
const SPARSE: usize = 4;

/// With fewer points near the box of a link, these are looked at one by one.
const FEW: usize = 3;

/// Groups whose vertices are asked for before their turn.
const AHEAD: usize = 24;

/// Links that say how long all of them are.
const SAMPLE: usize = 100;

/// Which polygons have an edge near a point, for each point of some rows.
pub(super) struct Joined {
    pub(super) rows: Range<usize>,
    /// Whether polygons that points are inside of are among these, too: all are of one link.
    pub(super) is_complete: bool,
    found: Rows,
}

impl Joined {
    /// Asks for what [`Joined::near`] reads.
    pub(super) fn prefetch(&self, rows: Range<usize>) {
        self.found.prefetch(rows.start - self.rows.start..rows.end - self.rows.start);
    }

    /// Whether little was found.
    pub(super) fn is_sparse(&self) -> bool {
        self.found.is_sparse()
    }

    /// Writes `mark` for the rows from one on that have something, if little was found.
    #[inline(always)]
    pub(super) fn mark(&self, first: usize, marks: &mut [i32], mark: i32) {
        self.found.mark(first - self.rows.start, marks, mark);
    }

    /// The polygons near the point of a row, each once, in no order, and their distances, if these are wanted.
    #[inline(always)]
    pub(super) fn near(&self, row: usize) -> (&[i32], Option<&[f64]>) {
        self.found.get(row - self.rows.start)
    }
}

/// Joins the points of a piece from row `first` on, or fewer of them where there is much; None where that is of no
/// use.
#[inline(always)]
pub(super) fn join<V: Lanes>(edges: &Edges<'_>, piece: &Piece<'_, '_>, first: usize) -> Result<Option<Joined>> {
    let rows = first..piece.range.len();
    let bins = bins::<V>(edges, piece, &rows)?;
    let is_far = is_far(edges);
    if bins.crowd() > CROWD || !is_far && are_long(edges, &bins, rows.len()) {
        return Ok(None);
    }
    let mut join = Join {
        edges,
        is_far: is_far && !edges.measures,
        hits: Hits::new(bins.rows.len(), edges.measures)?,
        bins,
        rows,
        reaches: Counted::default(),
        runs: Counted::default(),
        sure: List::default(),
        others: List::default(),
        groups: Counted::default(),
        spread: Spread::default(),
        count: (0, 0),
        is_complete: true,
    };
    join.reaches.reserve(TOGETHER)?;
    join.clear_groups()?;
    let mut links = Links::new(edges, join.is_far && join.bins.len() < SPARSE * edges.tree.links().len());
    loop {
        join.reaches.clear();
        while join.reaches.len() < TOGETHER
            && let Some(reach) = links.next(join.is_done(links.polygon()), || piece.watch.step())?
        {
            join.is_complete &= reach.is_whole;
            join.reaches.push(reach);
        }
        if join.reaches.is_empty() {
            break;
        }
        let mut done = 0;
        while done < join.reaches.len() {
            let listed = join.list_runs(done, piece.watch)?;
            done = join.look::<V>(piece.watch)?.unwrap_or(listed);
            if join.hits.len() > MOST_PAIRS {
                if join.rows.len() <= BLOCK {
                    return Ok(None);
                }
                join.leave_half::<V>(piece)?;
            }
        }
    }
    let Join { rows, is_complete, hits, bins, .. } = join;
    let found = hits.into_rows(&bins, rows.len(), piece.watch)?;
    Ok(Some(Joined { rows, is_complete, found }))
}

/// The points of some rows of a piece in bins, as far as they may be near an edge.
#[inline(always)]
fn bins<V: Lanes>(edges: &Edges<'_>, piece: &Piece<'_, '_>, rows: &Range<usize>) -> Result<Bins> {
    let all = edges.tree.bounds().unwrap_or([f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY]);
    let limits = grown(all, edges.limit.distance);
    let check = || piece.watch.step();
    let rows = piece.range.start + rows.start..piece.range.start + rows.end;
    if let Some(vicinity) = Vicinity::new::<V>(edges, limits, (piece.points, &rows), check)? {
        let near = vicinity.near::<V>(piece.points, rows, check)?;
        let mut bins = Bins::build::<V>(&near.points()?, 0..near.rows.len(), limits, check)?;
        for row in &mut *bins.rows {
            *row = near.rows[*row as usize];
        }
        return Ok(bins);
    }
    Bins::build::<V>(piece.points, rows, limits, check)
}

/// The boxes of some links from all over the tree.
fn sample(edges: &Edges<'_>) -> impl ExactSizeIterator<Item = [f64; 4]> {
    let links = edges.tree.links().len();
    (0..links).step_by(links / SAMPLE + 1).map(|link| edges.tree.bounds_of(link))
}

/// Whether the distance is more than most links are long.
fn is_far(edges: &Edges<'_>) -> bool {
    let is_short = |[left, bottom, right, top]: &[f64; 4]| (right - left).max(top - bottom) < edges.limit.distance;
    2 * sample(edges).filter(is_short).count() > sample(edges).len()
}

/// Whether links lie across so many rows of bins, as spikes do, that to go through these takes longer than to walk down to the links
/// near each point.
fn are_long(edges: &Edges<'_>, bins: &Bins, points: usize) -> bool {
    let rows = |bounds| bins.raster.reached(bounds).0.len();
    let average = sample(edges).map(rows).sum::<usize>() as f64 / sample(edges).len() as f64;
    average * edges.tree.links().len() as f64 > ROWS * points as f64
}

/// Points in one row of bins that a link reaches.
#[derive(Clone, Copy)]
struct Run {
    /// The number of the link, or node, among those at hand.
    reach: u32,
    start: u32,
    end: u32,
}

/// The points near the box of a link, or of a node.
#[derive(Clone, Copy, Default)]
struct Group {
    reach: u32,
    /// Where those end that are near it for certain.
    sure: u32,
    /// Where the others end.
    others: u32,
}

/// Slots of points; what is behind them is room, and slots that no longer count.
#[derive(Default)]
struct List {
    slots: Counted<i32>,
    len: usize,
}

impl List {
    #[inline(always)]
    fn make_room(&mut self, more: usize) -> Result<()> {
        let needed = self.len + more + 3;
        if needed > self.slots.len() {
            self.slots.reserve(needed - self.slots.len())?;
            let room = self.slots.capacity();
            self.slots.resize(room, 0);
        }
        Ok(())
    }

    /// Adds those of four slots whose bits are set: all are written, and then the others forgotten, since nobody could guess
    /// which they are.
    #[inline(always)]
    fn add<V: Lanes>(&mut self, slots: &[i32; 4], lanes: u32) {
        let room = self.slots[self.len..].first_chunk_mut().expect("there is room for four more");
        *room = V::pack(slots, lanes);
        self.len += lanes.count_ones() as usize;
    }
}

/// What was found so far.
struct Join<'a> {
    edges: &'a Edges<'a>,
    /// Points near a box may be near its link for certain.
    is_far: bool,
    bins: Bins,
    rows: Range<usize>,
    /// The links at hand, ...
    reaches: Counted<Reach>,
    runs: Counted<Run>,
    /// ... the points that are near them for certain, and those near their boxes that may be or not.
    sure: List,
    others: List,
    /// The first is of no link.
    groups: Counted<Group>,
    spread: Spread,
    hits: Hits,
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

    /// Lists where the points in the reach of links are, from link `first` on; answers which link comes next.
    #[inline(always)]
    fn list_runs(&mut self, first: usize, watch: &Watch<'_>) -> Result<usize> {
        self.runs.clear();
        let mut next = first;
        while next < self.reaches.len() && self.runs.len() < MOST_RUNS {
            watch.step()?;
            let reach = &self.reaches[next];
            let (rows, columns) = self.bins.raster.reached(grown(reach.bounds, self.edges.limit.distance));
            self.runs.reserve(rows.len())?;
            for row in rows {
                let bins = self.bins.raster.run(row, &columns);
                prefetch(&self.bins.starts, bins.start as usize);
                self.runs.push(Run { reach: next as u32, start: bins.start, end: bins.end });
            }
            next += 1;
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
        Ok(next)
    }

    /// Looks at the points in these runs; answers which link comes next where so much was found that not all are done.
    #[inline(always)]
    fn look<V: Lanes>(&mut self, watch: &Watch<'_>) -> Result<Option<usize>> {
        let mut at = 0;
        while at < self.runs.len() {
            // All runs of a link, so that it is looked at once.
            while let Some(&run) = self.runs.get(at)
                && (self.sure.len + self.others.len < MANY || run.reach == self.groups[self.groups.len() - 1].reach)
            {
                watch.step()?;
                at += 1;
                if !self.is_done(self.reaches[run.reach as usize].link.polygon) {
                    self.find_around::<V>(run)?;
                }
            }
            self.find_near::<V>(watch)?;
            if self.hits.len() > MOST_PAIRS
                && let Some(run) = self.runs.get(at)
            {
                return Ok(Some(run.reach as usize));
            }
        }
        Ok(None)
    }

    /// Lists the points of a run that are near the box of its link.
    #[inline(always)]
    fn find_around<V: Lanes>(&mut self, Run { reach, start, end }: Run) -> Result<()> {
        self.sure.make_room((end - start) as usize)?;
        self.others.make_room((end - start) as usize)?;
        let [left, bottom, right, top] = self.reaches[reach as usize].bounds;
        let sides = [V::splat(left), V::splat(bottom), V::splat(right), V::splat(top)];
        let outside = V::splat(self.edges.limit.outside());
        let surely = V::splat(self.edges.limit.surely);
        let before = self.sure.len + self.others.len;
        for slot in (start..end).step_by(4) {
            let point = V::load_pairs(self.bins.four(slot as usize));
            let near = squares_between(sides, [point.0, point.1, point.0, point.1]).at_most(outside);
            let lanes = near & first_lanes((end - slot) as usize);
            let sure = if self.is_far { lanes & squares_at_most(sides, point).at_most(surely) } else { 0 };
            let slot = slot as i32;
            let slots = [slot, slot + 1, slot + 2, slot + 3];
            self.sure.add::<V>(&slots, sure);
            self.others.add::<V>(&slots, lanes & !sure);
        }
        // Nor could anybody guess which links have points.
        let latest = self.groups.len() - 1;
        let has_some = self.sure.len + self.others.len > before;
        let is_new = has_some & (reach != self.groups[latest].reach);
        let reach = if has_some { reach } else { self.groups[latest].reach };
        self.groups.push(Group::default());
        self.groups[latest + usize::from(is_new)] =
            Group { reach, sure: self.sure.len as u32, others: self.others.len as u32 };
        self.groups.truncate(latest + 1 + usize::from(is_new));
        Ok(())
    }

    /// Forgets the points near boxes.
    fn clear_groups(&mut self) -> Result<()> {
        (self.sure.len, self.others.len) = (0, 0);
        self.groups.clear();
        self.groups.reserve(TOGETHER + 2)?;
        self.groups.push(Group { reach: u32::MAX, sure: 0, others: 0 });
        Ok(())
    }

    /// Asks for the vertices of a group's link, if they are needed.
    #[inline(always)]
    fn prefetch(&self, group: usize) {
        if let Some([before, group]) = self.groups.get(group - 1..).and_then(|groups| groups.first_chunk())
            && before.others < group.others
        {
            let link = self.reaches[group.reach as usize].link;
            for line in 0..3 {
                prefetch(self.edges.shapes.vertices(), link.first as usize + 4 * line);
            }
        }
    }

    /// Finds those of the points near boxes that are near the links.
    #[inline(always)]
    fn find_near<V: Lanes>(&mut self, watch: &Watch<'_>) -> Result<()> {
        (1..AHEAD).for_each(|group| self.prefetch(group));
        let mut taken = 0;
        for i in 1..self.groups.len() {
            watch.step()?;
            self.prefetch(i + AHEAD - 1);
            let Reach { link, node, is_whole, .. } = self.reaches[self.groups[i].reach as usize];
            if i >= taken {
                taken = self.take_sure(i, watch)?;
            }
            if self.is_done(link.polygon) {
                continue;
            }
            let mut others = self.groups[i - 1].others as usize..self.groups[i].others as usize;
            if !is_whole && !self.edges.measures {
                others.end = forget_known(&self.hits, link.polygon, &mut self.others.slots, others.clone());
            }
            self.hits.reserve(others.len() + 3)?;
            if let Some(node) = node {
                self.look_at_node::<V>(node, others, watch)?;
            } else if self.edges.measures || others.len() < FEW {
                for at in others {
                    watch.step()?;
                    self.look_at::<V>(link, self.others.slots[at], is_whole)?;
                }
            } else {
                self.look_at_all::<V>(link, others, is_whole);
            }
            self.end_group(link.polygon, is_whole, watch)?;
        }
        self.clear_groups()
    }

    /// Takes the points that are near the polygon of a group for certain; answers which group is the first of another polygon.
    #[inline(always)]
    fn take_sure(&mut self, first: usize, watch: &Watch<'_>) -> Result<usize> {
        let polygon = self.reaches[self.groups[first].reach as usize].link.polygon;
        let mut i = first;
        while let Some(group) = self.groups.get(i)
            && let Reach { link, is_whole, .. } = self.reaches[group.reach as usize]
            && link.polygon == polygon
        {
            let mut sure = self.groups[i - 1].sure as usize..group.sure as usize;
            i += 1;
            if self.is_done(polygon) {
                continue;
            }
            if !is_whole {
                sure.end = forget_known(&self.hits, polygon, &mut self.sure.slots, sure.clone());
            }
            self.hits.reserve(sure.len())?;
            self.hits.add_all(&self.sure.slots[sure]);
            if !is_whole {
                self.end_group(polygon, is_whole, watch)?;
            }
        }
        Ok(i)
    }

    /// Ends a group of points near a polygon.
    #[inline(always)]
    fn end_group(&mut self, polygon: u32, is_whole: bool, watch: &Watch<'_>) -> Result<()> {
        let found = self.hits.end_group(polygon);
        if !is_whole {
            self.count = (polygon, found + if self.count.0 == polygon { self.count.1 } else { 0 });
            self.hits.note(polygon, found, watch)?;
        }
        Ok(())
    }

    /// Takes a point if it is near the link, or inside of it if it is all of its polygon.
    #[inline(always)]
    fn look_at<V: Lanes>(&mut self, link: Link, slot: i32, is_whole: bool) -> Result<()> {
        let point = self.bins.places[slot as usize].into();
        // No closures, which would not be compiled for these instructions.
        let mut distance = self.edges.near::<V>(link, point);
        if is_whole
            && (distance.is_none() || self.edges.measures)
            && is_inside_ring::<V>(self.edges.shapes, link, point)
        {
            distance = Some(0.0);
        }
        match distance {
            Some(distance) if self.edges.measures => self.hits.measure(link.polygon, slot, distance)?,
            Some(_) => self.hits.add_all(&[slot]),
            None => {}
        }
        Ok(())
    }

    /// Takes those points that are near a link of a node.
    #[inline(always)]
    fn look_at_node<V: Lanes>(&mut self, node: u32, points: Range<usize>, watch: &Watch<'_>) -> Result<()> {
        let boxes = &self.edges.tree.boxes_of_links()[node as usize];
        let (outside, surely) = (V::splat(self.edges.limit.outside()), V::splat(self.edges.limit.surely));
        let mut open = points.start;
        for at in points.clone() {
            let slot = self.others.slots[at];
            let [x, y] = self.bins.places[slot as usize];
            let point = (V::splat(x), V::splat(y));
            let near = boxes.squares(point).at_most(outside);
            let sure = near & boxes.squares_at_most(point).at_most(surely);
            self.hits.add_some([slot; 4], u32::from(sure != 0));
            self.others.slots[open] = slot;
            open += usize::from((near != 0) & (sure == 0));
        }
        for at in points.start..open {
            watch.step()?;
            let slot = self.others.slots[at];
            let [x, y] = self.bins.places[slot as usize];
            let mut near = boxes.squares((V::splat(x), V::splat(y))).at_most(outside);
            while near != 0 {
                let link = self.edges.tree.link(node * WIDTH as u32 + near.trailing_zeros());
                near &= near - 1;
                if self.edges.near::<V>(link, (x, y)).is_some() {
                    self.hits.add_all(&[slot]);
                    break;
                }
            }
        }
        Ok(())
    }

    /// Takes those of many points that are near the link, or inside of it if it is all of its polygon.
    #[inline(always)]
    fn look_at_all<V: Lanes>(&mut self, link: Link, points: Range<usize>, is_whole: bool) {
        self.spread.set::<V>(self.edges.shapes, link, &self.edges.limit);
        for at in points.clone().step_by(4) {
            let lanes = first_lanes(points.end - at);
            let slots: &[i32; 4] = self.others.slots[at..].first_chunk().expect("there are four");
            let place = |lane: usize| self.bins.places[slots[lane] as usize];
            let (x, y) = V::load_pairs(&[place(0), place(1), place(2), place(3)]);
            let mut near = self.edges.near_four::<V>(&self.spread, link, (x, y), lanes);
            let mut others = if is_whole { lanes & !near } else { 0 };
            while others != 0 {
                let lane = others.trailing_zeros() as usize % 4;
                others &= others - 1;
                near |= u32::from(is_inside_ring::<V>(self.edges.shapes, link, place(lane).into())) << lane;
            }
            self.hits.add_some(V::pack(slots, near), near);
        }
    }

    /// Leaves the last half of the rows for later, and forgets what was found for them.
    #[inline(always)]
    fn leave_half<V: Lanes>(&mut self, piece: &Piece<'_, '_>) -> Result<()> {
        let half = (self.rows.len() / 2).next_multiple_of(BLOCK);
        self.rows.end = self.rows.end.min(self.rows.start + half);
        let bins = bins::<V>(self.edges, piece, &self.rows)?;
        let before = std::mem::replace(&mut self.bins, bins);
        self.hits.keep(self.rows.len(), &before, &self.bins, piece.watch)?;
        // These are slots no more, and are read even behind those that count.
        self.others.slots.fill(0);
        self.count = (0, 0);
        Ok(())
    }
}

/// Moves the points of a range that are not known to be near a polygon to its front; answers where they end.
#[inline(always)]
fn forget_known(hits: &Hits, polygon: u32, slots: &mut [i32], range: Range<usize>) -> usize {
    let mut end = range.start;
    for at in range {
        let slot = slots[at];
        slots[end] = slot;
        end += usize::from(!hits.is_known(polygon, slot));
    }
    end
}
