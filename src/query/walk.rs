//! Few points near edges: the points of a block go down the tree together, level by level, so that memory is asked for what each
//! looks at next long before it does. Where nodes are large, a few neighbours go as one: by the box around them.

use super::near::{Edges, Found};
use super::{Block, Matches};
use crate::error::Result;
use crate::index::tree::{Level, WIDTH};
use crate::memory::Counted;
use crate::simd::{Lanes, first_lanes, prefetch};

/// Pairs of points and nodes of a level, at most, where there are points to be left for later.
const MOST_PAIRS: usize = if cfg!(test) { 1 << 7 } else { 1 << 14 };

/// Points that go down together at first.
const GROUP: usize = 8;

/// Nodes for each group, at most, where they do.
const MOST_NODES: usize = 2;

/// Pairs whose memory is asked for before their turn.
const AHEAD: usize = 16;

/// A point, or a group of points, and what may be near it: a node of the level at hand, in the end a link. One number, so that
/// four are written at once.
#[derive(Clone, Copy, Default)]
struct Pair(u64);

impl Pair {
    #[inline(always)]
    fn new(point: u32, near: u32) -> Self {
        Pair(u64::from(point) << 32 | u64::from(near))
    }

    #[inline(always)]
    fn point(self) -> u32 {
        (self.0 >> 32) as u32
    }

    #[inline(always)]
    fn near(self) -> u32 {
        self.0 as u32
    }
}

/// What was found near some points.
#[derive(Default)]
pub(super) struct Walk {
    /// The first point that it was not found for.
    end: usize,
    /// How many points went down together the last time.
    company: Option<usize>,
    /// In the order of points.
    pairs: Counted<Pair>,
    /// How many of them were fed.
    fed: usize,
    /// Room for those of the next level: what is in it means nothing.
    below: Counted<Pair>,
    /// The boxes around neighbours.
    groups: Counted<[f64; 4]>,
}

impl Walk {
    /// Forgets all points.
    #[inline(always)]
    pub(super) fn begin(&mut self) {
        self.end = 0;
    }

    /// Feeds the polygons near point `i` of a block, those with more links near it more than once. Points come in their order.
    #[inline(always)]
    pub(super) fn feed<V: Lanes>(
        &mut self,
        edges: &Edges<'_>,
        points: Block<'_>,
        i: usize,
        found: &mut Found,
    ) -> Result<()> {
        if i >= self.end {
            self.gather::<V>(edges, points, i)?;
        }
        let point = (points.0[i], points.1[i]);
        while let Some(pair) = self.pairs.get(self.fed).filter(|pair| pair.point() == i as u32) {
            self.fed += 1;
            let link = edges.tree.link(pair.near());
            if let Some(distance) = edges.near::<V>(link, point) {
                found.add(link.polygon as i32, distance);
            }
        }
        Ok(())
    }

    /// Finds what is near the next points from `first` on: fewer points where there is much.
    #[inline(always)]
    fn gather<V: Lanes>(&mut self, edges: &Edges<'_>, points: Block<'_>, first: usize) -> Result<()> {
        let rest = points.0.len() - first;
        let mut count = self.company.map_or(rest, |company| rest.min(2 * company));
        while !self.descend::<V>(edges, points, first, count)? {
            count = count.div_ceil(4);
        }
        (self.end, self.company, self.fed) = (first + count, Some(count), 0);
        for (i, pair) in self.pairs.iter().enumerate() {
            if let Some(ahead) = self.pairs.get(i + AHEAD) {
                prefetch(edges.tree.links(), ahead.near() as usize);
            }
            let link = edges.tree.link(pair.near());
            prefetch(edges.shapes.vertices(), link.first as usize);
            prefetch(edges.shapes.vertices(), link.first as usize + 4);
        }
        Ok(())
    }

    /// Pairs `count` points with the links whose boxes and slabs are near; false if that is much, and there may be fewer points.
    #[inline(always)]
    fn descend<V: Lanes>(&mut self, edges: &Edges<'_>, (x, y): Block<'_>, first: usize, count: usize) -> Result<bool> {
        let end = first + count;
        let outside = edges.limit.outside();
        self.pairs.clear();
        if edges.tree.links().is_empty() {
            return Ok(true);
        }
        let mut levels = edges.tree.levels_down();
        self.group((&x[first..end], &y[first..end]))?;
        while levels.len() > 1 && self.pairs.len() <= MOST_NODES * self.groups.len() {
            let Some(level) = levels.next() else { break };
            self.step::<V, false>(&level, (x, y), outside)?;
        }
        self.part(first, end)?;
        for level in levels {
            self.step::<V, true>(&level, (x, y), outside)?;
            if self.pairs.len() > MOST_PAIRS && count > 1 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Pairs groups of neighbours with the root.
    #[inline(always)]
    fn group(&mut self, (x, y): Block<'_>) -> Result<()> {
        let Walk { pairs, groups, .. } = self;
        let count = x.len().div_ceil(GROUP);
        groups.clear();
        groups.reserve(count)?;
        for (x, y) in x.chunks(GROUP).zip(y.chunks(GROUP)) {
            let mut hull = [x[0], y[0], x[0], y[0]];
            for (&x, &y) in x.iter().zip(y) {
                hull = [hull[0].min(x), hull[1].min(y), hull[2].max(x), hull[3].max(y)];
            }
            groups.push(hull);
        }
        pairs.reserve(count)?;
        pairs.extend((0..count as u32).map(|group| Pair::new(group, 0)));
        Ok(())
    }

    /// Goes on with each point of a group by itself.
    #[inline(always)]
    fn part(&mut self, first: usize, end: usize) -> Result<()> {
        let Walk { pairs, below, .. } = self;
        below.clear();
        below.reserve(GROUP * pairs.len())?;
        let mut rest = &pairs[..];
        while let [pair, ..] = *rest {
            let group = pair.point();
            let len = rest.iter().take_while(|pair| pair.point() == group).count();
            let start = first + group as usize * GROUP;
            for point in start..end.min(start + GROUP) {
                below.extend(rest[..len].iter().map(|pair| Pair::new(point as u32, pair.near())));
            }
            rest = &rest[len..];
        }
        std::mem::swap(pairs, below);
        Ok(())
    }

    /// From pairs with nodes of a level to pairs with what is below these and near.
    #[inline(always)]
    fn step<V: Lanes, const POINTS: bool>(&mut self, level: &Level<'_>, (x, y): Block<'_>, outside: f64) -> Result<()> {
        let Walk { pairs, below, groups, .. } = self;
        let outside = V::splat(outside);
        let room = WIDTH * pairs.len();
        if below.len() < room {
            below.reserve(room - below.len())?;
            below.resize(room, Pair::default());
        }
        let mut kept = 0;
        for (i, pair) in pairs.iter().enumerate() {
            if let Some(ahead) = pairs.get(i + AHEAD) {
                level.prefetch(ahead.near());
            }
            let (at, node) = (pair.point() as usize, pair.near());
            let squares = match POINTS {
                true => level.squares::<V>(node, (V::splat(x[at]), V::splat(y[at]))),
                false => level.squares_of_box::<V>(node, &groups[at]),
            };
            let child = node * WIDTH as u32;
            let mask = squares.at_most(outside) & first_lanes((level.below - child) as usize);
            let places = V::pack(&[0, 1, 2, 3], mask);
            let first = Pair::new(pair.point(), child);
            // All four are written, and the next over those that are not near: which these are nobody could guess.
            let four = &mut below[kept..kept + WIDTH];
            for lane in 0..WIDTH {
                four[lane] = Pair(first.0 | places[lane] as u32 as u64);
            }
            kept += mask.count_ones() as usize;
        }
        below.truncate(kept);
        std::mem::swap(pairs, below);
        Ok(())
    }
}
