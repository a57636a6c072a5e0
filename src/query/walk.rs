//! Few points near edges: the points of a block go down the tree together, level by level, so that memory is asked for what each
//! looks at next long before it does.

use super::near::{Edges, Found};
use super::{Block, Matches};
use crate::error::Result;
use crate::index::tree::WIDTH;
use crate::memory::Counted;
use crate::simd::{Lanes, first_lanes, prefetch};

/// Pairs of points and nodes of a level, at most, where there are points to be left for later.
const MOST_PAIRS: usize = if cfg!(test) { 1 << 7 } else { 1 << 14 };

/// Pairs whose memory is asked for before their turn.
const AHEAD: usize = 16;

/// A point of the block and what may be near it: a node of the level at hand, in the end a link.
#[derive(Clone, Copy, Default)]
struct Pair {
    point: u32,
    near: u32,
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
        while let Some(pair) = self.pairs.get(self.fed).filter(|pair| pair.point == i as u32) {
            self.fed += 1;
            let link = edges.tree.link(pair.near);
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
                prefetch(edges.tree.links(), ahead.near as usize);
            }
            let link = edges.tree.link(pair.near);
            prefetch(edges.shapes.vertices(), link.first as usize);
            prefetch(edges.shapes.vertices(), link.first as usize + 4);
        }
        Ok(())
    }

    /// Pairs `count` points with the links whose boxes and slabs are near; false if that is much, and there may be fewer points.
    #[inline(always)]
    fn descend<V: Lanes>(&mut self, edges: &Edges<'_>, (x, y): Block<'_>, first: usize, count: usize) -> Result<bool> {
        let Walk { pairs, below, .. } = self;
        let outside = V::splat(edges.limit.outside());
        pairs.clear();
        if edges.tree.links().is_empty() {
            return Ok(true);
        }
        pairs.reserve(count)?;
        pairs.extend((first..first + count).map(|point| Pair { point: point as u32, near: 0 }));
        let mut len = count;
        for level in edges.tree.levels_down() {
            let room = WIDTH * len;
            if below.len() < room {
                below.reserve(room - below.len())?;
                below.resize(room, Pair::default());
            }
            let mut kept = 0;
            for (i, &Pair { point, near: node }) in pairs[..len].iter().enumerate() {
                if let Some(ahead) = pairs[..len].get(i + AHEAD) {
                    level.prefetch(ahead.near);
                }
                let place = (V::splat(x[point as usize]), V::splat(y[point as usize]));
                let child = node * WIDTH as u32;
                let lanes = level.squares::<V>(node, place).at_most(outside);
                let mask = lanes & first_lanes((level.below - child) as usize);
                let places = V::pack(&[0, 1, 2, 3], mask);
                // All four are written, and the next over those that are not near: which these are nobody could guess.
                let four = &mut below[kept..kept + WIDTH];
                for lane in 0..WIDTH {
                    four[lane] = Pair { point, near: child | places[lane] as u32 };
                }
                kept += mask.count_ones() as usize;
            }
            if kept > MOST_PAIRS && count > 1 {
                return Ok(false);
            }
            std::mem::swap(pairs, below);
            len = kept;
        }
        pairs.truncate(len);
        Ok(true)
    }
}
