//! Few points near edges: some of them at a time share one walk through the tree, which leaves a short list of boxes for each to
//! be compared with.

use super::near::{Edges, Found};
use super::{Block, Matches};
use crate::error::Result;
use crate::index::tree::{Below, Boxes, Place, Tree, WIDTH};
use crate::memory::Counted;
use crate::simd::Lanes;

/// Points that share a walk, at most, ...
const COMPANY: usize = 32;

/// ... as long as it finds no more than this for them.
const CROWD: usize = 96;

/// What was found near some points that come neighbour after neighbour.
#[derive(Default)]
pub(super) struct Walk {
    /// The first point that the lists do not hold for.
    end: usize,
    links: Counted<u32>,
    /// The boxes of `links`, four by four.
    boxes: Counted<Boxes>,
    stack: Counted<Place>,
}

impl Walk {
    /// Forgets all points.
    #[inline(always)]
    pub(super) fn begin(&mut self) {
        self.end = 0;
    }

    /// Feeds the polygons near point `i` of a block, those with more links near it more than once.
    #[inline(always)]
    pub(super) fn feed<V: Lanes>(
        &mut self,
        edges: &Edges<'_>,
        (x, y): Block<'_>,
        i: usize,
        found: &mut Found,
    ) -> Result<()> {
        let outside = edges.limit.outside();
        if i >= self.end {
            self.gather::<V>(edges.tree, outside, (x, y), i)?;
        }
        let point = (x[i], y[i]);
        let place = (V::splat(point.0), V::splat(point.1));
        for (i, boxes) in self.boxes.iter().enumerate() {
            let mut lanes = boxes.squares::<V>(place).at_most(V::splat(outside));
            while lanes != 0 {
                let lane = lanes.trailing_zeros() as usize;
                lanes &= lanes - 1;
                let Some(&link) = self.links.get(i * WIDTH + lane) else { break };
                let link = edges.tree.link(link);
                if let Some(distance) = edges.near::<V>(link, point) {
                    found.add(link.polygon as i32, distance);
                }
            }
        }
        Ok(())
    }

    /// Lists what is near any of the next points from `first` on: fewer points where there is much.
    #[inline(always)]
    fn gather<V: Lanes>(&mut self, tree: &Tree, outside: f64, (x, y): Block<'_>, first: usize) -> Result<()> {
        let mut count = COMPANY.min(x.len() - first);
        loop {
            self.end = first + count;
            let points = first..self.end;
            let hull = points.fold([f64::INFINITY, f64::INFINITY, -f64::INFINITY, -f64::INFINITY], |hull, i| {
                let [left, bottom, right, top] = hull;
                [left.min(x[i]), bottom.min(y[i]), right.max(x[i]), top.max(y[i])]
            });
            if self.walk::<V>(tree, outside, hull, if count == 1 { usize::MAX } else { CROWD })? {
                return Ok(());
            }
            count = count.div_ceil(4);
        }
    }

    /// Lists what is near a box; false if that is more than `most` links, and the list is not complete.
    #[inline(always)]
    fn walk<V: Lanes>(&mut self, tree: &Tree, outside: f64, hull: [f64; 4], most: usize) -> Result<bool> {
        let Walk { links, boxes, stack, .. } = self;
        links.clear();
        boxes.clear();
        stack.clear();
        stack.reserve(1)?;
        stack.extend(tree.root());
        while let Some(place) = stack.pop() {
            let node = tree.boxes(place);
            let mut lanes = node.squares_from::<V>(hull).at_most(V::splat(outside));
            stack.reserve(WIDTH)?;
            links.reserve(WIDTH)?;
            boxes.reserve(1)?;
            while lanes != 0 {
                let lane = lanes.trailing_zeros();
                lanes &= lanes - 1;
                match tree.below(place, lane) {
                    Some(Below::Node(below)) => stack.push(below),
                    Some(Below::Link(link)) => {
                        let at = links.len() % WIDTH;
                        if at == 0 {
                            boxes.push(Boxes::NONE);
                        }
                        links.push(link);
                        if let Some(last) = boxes.last_mut() {
                            last.copy(at, node, lane as usize);
                        }
                    }
                    None => {}
                }
            }
            if links.len() > most {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
