//! The relation *dwithin*: the point is inside a polygon, on its boundary, or at most a distance from it.
//!
//! Points come neighbour after neighbour. Some of them at a time share one walk through the tree, which leaves a short list of
//! boxes for each to be compared with.

use super::edges::{any_within, nearest};
use super::inside::{Boundary, Inside};
use super::{Block, Matches, Relate, VisitOrder};
use crate::distance::Limit;
use crate::error::{Error, Result};
use crate::index::Index;
use crate::index::cells::look::Ends;
use crate::index::shapes::Shapes;
use crate::index::tree::{Below, Boxes, Place, Tree, WIDTH};
use crate::simd::Lanes;

/// Points that share a walk, at most, ...
const COMPANY: usize = 32;

/// ... as long as it finds no more than this for them.
const CROWD: usize = 96;

/// A distance to polygons, ready to be asked about.
#[derive(Clone, Copy)]
pub(super) struct Near<'a> {
    inside: Inside<'a>,
    shapes: &'a Shapes,
    tree: &'a Tree,
    limit: Limit,
    /// Whether the distances of matches are wanted too.
    measures: bool,
}

/// What is known of the points at hand.
#[derive(Default)]
pub(super) struct Company {
    ends: Ends,
    /// The first point that the lists do not hold for.
    end: usize,
    links: Vec<u32>,
    /// The boxes of `links`, four by four.
    boxes: Vec<Boxes>,
    stack: Vec<Place>,
    found: Found,
}

/// Polygons and their distances.
#[derive(Default)]
struct Found {
    list: Vec<(i32, f64)>,
    failure: Option<Error>,
}

impl Matches for Found {
    #[inline(always)]
    fn add(&mut self, polygon: i32, distance: f64) -> bool {
        if let Err(error) = self.list.try_reserve(1) {
            self.failure = Some(error.into());
            return false;
        }
        self.list.push((polygon, distance));
        true
    }
}

impl<'a> Near<'a> {
    pub(super) fn new(index: &'a Index, distance: f64, measures: bool) -> Result<Self> {
        let (tree, shapes) = (index.tree()?, &index.insides()?.shapes);
        let inside = Inside::along_curve(index, Boundary::In)?;
        Ok(Near { inside, shapes, tree, limit: Limit::new(distance), measures })
    }

    /// Lists what is near any of the next points from `first` on: fewer points where there is much.
    #[inline(always)]
    fn gather<V: Lanes>(&self, company: &mut Company, (x, y): Block<'_>, first: usize) -> Result<()> {
        let mut count = COMPANY.min(x.len() - first);
        loop {
            company.end = first + count;
            let points = first..company.end;
            let hull = points.fold([f64::INFINITY, f64::INFINITY, -f64::INFINITY, -f64::INFINITY], |hull, i| {
                let [left, bottom, right, top] = hull;
                [left.min(x[i]), bottom.min(y[i]), right.max(x[i]), top.max(y[i])]
            });
            if self.walk::<V>(company, hull, if count == 1 { usize::MAX } else { CROWD })? {
                return Ok(());
            }
            count = count.div_ceil(4);
        }
    }

    /// Lists what is near a box; false if that is more than `most` links, and the list is not complete.
    #[inline(always)]
    fn walk<V: Lanes>(&self, company: &mut Company, hull: [f64; 4], most: usize) -> Result<bool> {
        let Company { links, boxes, stack, .. } = company;
        links.clear();
        boxes.clear();
        stack.clear();
        stack.try_reserve(1)?;
        stack.extend(self.tree.root());
        while let Some(place) = stack.pop() {
            let node = self.tree.boxes(place);
            let mut lanes = node.squares_from::<V>(hull).at_most(V::splat(self.limit.outside()));
            stack.try_reserve(WIDTH)?;
            links.try_reserve(WIDTH)?;
            boxes.try_reserve(1)?;
            while lanes != 0 {
                let lane = lanes.trailing_zeros();
                lanes &= lanes - 1;
                match self.tree.below(place, lane) {
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

impl Relate for Near<'_> {
    const IS_SORTED: bool = true;

    type Block = Company;

    fn order(&self) -> VisitOrder<'_> {
        self.inside.order()
    }

    #[inline(always)]
    fn prepare<V: Lanes>(&self, company: &mut Company, points: Block<'_>) -> Result<()> {
        company.end = 0;
        self.inside.prepare::<V>(&mut company.ends, points)
    }

    #[inline(always)]
    fn feed<V: Lanes>(
        &self,
        company: &mut Company,
        (x, y): Block<'_>,
        i: usize,
        matches: &mut impl Matches,
    ) -> Result<()> {
        if i >= company.end {
            self.gather::<V>(company, (x, y), i)?;
        }
        let point = (x[i], y[i]);
        let Company { ends, links, boxes, found, .. } = company;
        found.list.clear();
        self.inside.feed::<V>(ends, (x, y), i, found)?;
        let inside = found.list.len();
        let place = (V::splat(point.0), V::splat(point.1));
        for (i, boxes) in boxes.iter().enumerate() {
            let mut lanes = boxes.squares::<V>(place).at_most(V::splat(self.limit.outside()));
            while lanes != 0 {
                let lane = lanes.trailing_zeros() as usize;
                lanes &= lanes - 1;
                let Some(&link) = links.get(i * WIDTH + lane) else { break };
                let link = self.tree.link(link);
                if !any_within::<V>(self.shapes, link, point, &self.limit) {
                    continue;
                }
                let distance = match self.measures {
                    true => nearest::<V>(self.shapes, link, point),
                    false => f64::NAN,
                };
                found.add(link.polygon as i32, distance);
            }
        }
        if let Some(failure) = found.failure.take() {
            return Err(failure);
        }
        if found.list.len() > inside {
            found.list.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
            found.list.dedup_by_key(|(polygon, _)| *polygon);
        }
        for &(polygon, distance) in &found.list {
            if !matches.add(polygon, distance) {
                break;
            }
        }
        Ok(())
    }
}
