//! Where boundaries are near: a tree of boxes over links, which are a few consecutive edges each.
//!
//! Links are sorted along a Hilbert curve and packed, four to a node and four nodes to one above: no pointers, every node but
//! the last of a level full (Kamel and Faloutsos, On Packing R-trees, 1993). Those of a ring are sorted in bundles, so that a
//! node can say whose boundary is below it: who knows something nearer of that polygon need not look there.

mod boxes;
mod slabs;
mod stored;

use super::WATCH;
use super::buckets::sort_by_upper_half;
use super::cells::grid::Grid;
use super::section::{Section, plain};
use super::shapes::Shapes;
use crate::error::Result;
use crate::memory::{Counted, vec_filled, vec_with_capacity};
use crate::run::{Run, for_chunks};
use crate::simd::{Lanes, prefetch};
pub(crate) use boxes::{Boxes, WIDTH, squares_at_most, squares_between};
use slabs::Slabs;

/// Edges in one link at most.
pub(crate) const MOST_EDGES: u32 = 16;

/// Links of a ring that stay together in the tree, at most: most nodes over a large polygon's links have no others then.
const BUNDLE: usize = 64;

/// "Not all of one polygon."
const NO_OWNER: u32 = u32::MAX;

/// About how long the bounds of a link take, and a node; they decide how work is cut.
const LINK_NANOSECONDS: usize = 30;
const NODE_NANOSECONDS: usize = 50;
const OWNER_NANOSECONDS: usize = 5;

/// Consecutive edges of one ring of a polygon.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct Link {
    pub(crate) polygon: u32,
    /// The first edge.
    pub(crate) first: u32,
    /// The number of edges, at least 1.
    pub(crate) count: u32,
}

plain!(Link { polygon: u32, first: u32, count: u32 });

/// See the module.
#[derive(Debug)]
pub(crate) struct Tree {
    links: Section<Link>,
    /// Level after level, those over the links first, the root last.
    nodes: Section<Boxes>,
    /// Where each level begins in `nodes`.
    levels: Vec<u32>,
    /// Beside the boxes of each node, where these alone say little; else empty.
    slabs: Section<Slabs>,
    /// Of each node, the polygon that all links below it belong to.
    owners: Section<u32>,
}

impl Tree {
    /// n log n; the same for any number of workers.
    pub(crate) fn build(shapes: &Shapes, run: &Run<'_>) -> Result<Self> {
        let (cut, bundles) = cut(shapes, run)?;
        let mut bounds = vec_filled([0.0; 4], cut.len())?;
        for_chunks(run, &mut bounds, LINK_NANOSECONDS, |start, bounds| {
            for (bounds, link) in bounds.iter_mut().zip(&cut[start..]) {
                *bounds = bounds_of(shapes, *link);
            }
            Ok(())
        })?;
        let order = order(shapes, &bundles, &bounds, run)?;
        let mut links = vec_filled(Link::default(), cut.len())?;
        for_chunks(run, &mut links, NODE_NANOSECONDS, |start, links| {
            for (link, &from) in links.iter_mut().zip(&order[start..]) {
                *link = cut[from as usize];
            }
            Ok(())
        })?;
        let (levels, count) = levels(links.len())?;
        let mut nodes = vec_filled(Boxes::NONE, count)?;
        let mut owners = vec_filled(NO_OWNER, count)?;
        for (level, &first) in levels.iter().enumerate() {
            let (below, nodes) = nodes.split_at_mut(first as usize);
            let end = levels.get(level + 1).map_or(count, |&end| end as usize);
            let (owned_below, owners) = owners.split_at_mut(first as usize);
            let previous = level.checked_sub(1).map_or(0, |level| levels[level] as usize);
            let (below, owned_below) = (&below[previous..], &owned_below[previous..]);
            for_chunks(run, &mut nodes[..end - first as usize], NODE_NANOSECONDS, |start, nodes| {
                for (i, node) in nodes.iter_mut().enumerate() {
                    let children = (start + i) * WIDTH;
                    for lane in 0..WIDTH {
                        if level == 0 {
                            let Some(&from) = order.get(children + lane) else { break };
                            node.set(lane, bounds[from as usize]);
                        } else {
                            let Some(child) = below.get(children + lane) else { break };
                            node.set(lane, child.hull());
                        }
                    }
                }
                Ok(())
            })?;
            match level {
                0 => own(owners, &links, |link| link.polygon, run)?,
                _ => own(owners, owned_below, |owner| *owner, run)?,
            }
        }
        let slabs = slabs::slabs(shapes, (&cut, &bounds), (&links, &levels, count), run)?;
        Ok(Tree {
            slabs,
            links: Section::new(links, run)?,
            nodes: Section::new(nodes, run)?,
            owners: Section::new(owners, run)?,
            levels,
        })
    }

    /// Where to begin; None if there are no links.
    #[inline(always)]
    pub(crate) fn root(&self) -> Option<Place> {
        (!self.nodes.is_empty()).then(|| Place { level: self.levels.len() as u32 - 1, node: 0 })
    }

    /// Squared distances from a point to what is below a node, or less; up to rounding.
    #[inline(always)]
    pub(crate) fn squares<V: Lanes>(&self, place: Place, point: (V, V)) -> V {
        squares(&self.nodes, &self.slabs, (self.levels[place.level as usize] + place.node) as usize, point)
    }

    /// From the root down.
    pub(crate) fn levels_down(&self) -> impl ExactSizeIterator<Item = Level<'_>> {
        (0..self.levels.len()).rev().map(|level| self.level(level))
    }

    /// All nodes of a level; links are below level 0.
    #[inline(always)]
    pub(crate) fn level(&self, level: usize) -> Level<'_> {
        let start = |level: usize| self.levels.get(level).map_or(self.nodes.len(), |&start| start as usize);
        let nodes = start(level)..start(level + 1);
        let below = level.checked_sub(1).map_or(self.links.len(), |below| start(level) - start(below));
        let slabs = self.slabs.get(nodes.clone()).unwrap_or_default();
        Level { nodes: &self.nodes[nodes], slabs, below: below as u32 }
    }

    /// Asks for the memory of a node that is looked at soon, and of the links below it.
    #[inline(always)]
    pub(crate) fn prefetch(&self, place: Place) {
        let at = (self.levels[place.level as usize] + place.node) as usize;
        prefetch(&self.nodes, at);
        prefetch(&self.slabs, at);
        if place.level == 0 {
            prefetch(&self.links, place.node as usize * WIDTH);
        }
    }

    /// Asks for the memory of a link and of its box.
    #[inline(always)]
    pub(crate) fn prefetch_link(&self, link: u32) {
        prefetch(&self.links, link as usize);
        prefetch(&self.nodes, link as usize / WIDTH);
    }

    /// What is in a lane of a node, if anything: another node, or the number of a link.
    #[inline(always)]
    pub(crate) fn below(&self, place: Place, lane: u32) -> Option<Below> {
        let node = place.node * WIDTH as u32 + lane;
        let Some(level) = place.level.checked_sub(1) else {
            return (node < self.links.len() as u32).then_some(Below::Link(node));
        };
        let end = self.levels[place.level as usize] - self.levels[level as usize];
        (node < end).then_some(Below::Node(Place { level, node }))
    }

    /// The squared distance of a link's box.
    #[inline(always)]
    pub(crate) fn square_of(&self, link: u32, (x, y): (f64, f64)) -> f64 {
        let [left, bottom, right, top] = self.bounds_of(link as usize);
        let (dx, dy) = ((left - x).max(x - right).max(0.0), (bottom - y).max(y - top).max(0.0));
        dx * dx + dy * dy
    }

    /// Whether more than boxes is known of what is below a node.
    pub(crate) fn has_slabs(&self) -> bool {
        !self.slabs.is_empty()
    }

    /// All links, along the curve.
    #[inline(always)]
    pub(crate) fn links(&self) -> &[Link] {
        &self.links
    }

    /// The box of a link.
    #[inline(always)]
    pub(crate) fn bounds_of(&self, link: usize) -> [f64; 4] {
        self.nodes[link / WIDTH].get(link % WIDTH)
    }

    /// The boxes of all links by fours.
    pub(crate) fn boxes_of_links(&self) -> &[Boxes] {
        &self.nodes[..self.levels.get(1).map_or(self.nodes.len(), |&end| end as usize)]
    }

    /// The box of all links; None if there are none.
    pub(crate) fn bounds(&self) -> Option<[f64; 4]> {
        self.nodes.last().map(Boxes::hull)
    }

    /// The polygon that all links below a node belong to, if there is one.
    #[inline(always)]
    pub(crate) fn owner(&self, place: Place) -> Option<u32> {
        let owner = self.owners[(self.levels[place.level as usize] + place.node) as usize];
        (owner != NO_OWNER).then_some(owner)
    }

    #[inline(always)]
    pub(crate) fn link(&self, i: u32) -> Link {
        self.links[i as usize]
    }
}

/// All nodes of a level.
pub(crate) struct Level<'a> {
    nodes: &'a [Boxes],
    slabs: &'a [Slabs],
    /// How many nodes, or links, there are below.
    pub(crate) below: u32,
}

impl<'a> Level<'a> {
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Of what is below a node.
    #[inline(always)]
    pub(crate) fn boxes(&self, node: usize) -> &'a Boxes {
        &self.nodes[node]
    }

    #[inline(always)]
    pub(crate) fn squares<V: Lanes>(&self, node: u32, point: (V, V)) -> V {
        squares(self.nodes, self.slabs, node as usize, point)
    }

    /// Squared distances from a box: at most those from any point in it.
    #[inline(always)]
    pub(crate) fn squares_of_box<V: Lanes>(&self, node: u32, bounds: &[f64; 4]) -> V {
        self.nodes[node as usize].squares_of_box(bounds)
    }

    /// Asks for the memory of a node that is looked at soon.
    #[inline(always)]
    pub(crate) fn prefetch(&self, node: u32) {
        self.nodes.get(node as usize).into_iter().for_each(Boxes::prefetch);
        prefetch(self.slabs, node as usize);
    }
}

/// See [`Tree::squares`].
#[inline(always)]
fn squares<V: Lanes>(nodes: &[Boxes], slabs: &[Slabs], at: usize, point: (V, V)) -> V {
    let squares = nodes[at].squares(point);
    match slabs.get(at) {
        Some(slabs) => squares.max(slabs.squares(point)),
        None => squares,
    }
}

/// A node of the tree; links are below level 0.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    pub(crate) level: u32,
    pub(crate) node: u32,
}

pub(crate) enum Below {
    Node(Place),
    Link(u32),
}

/// All edges in links, those of a ring of about equal length, and the first link of each bundle.
fn cut(shapes: &Shapes, run: &Run<'_>) -> Result<(Counted<Link>, Counted<u32>)> {
    let mut links: Counted<Link> = vec_with_capacity(shapes.vertex_count() / 8 + shapes.len())?;
    let mut bundles = vec_with_capacity(shapes.len())?;
    for polygon in 0..shapes.len() as u32 {
        if polygon.is_multiple_of(WATCH as u32) {
            run.check()?;
        }
        for ring in shapes.rings_of(polygon) {
            let edges = shapes.edges_of(ring);
            let (all, parts) = (edges.len() as u64, (edges.len() as u64).div_ceil(u64::from(MOST_EDGES)));
            links.reserve(parts as usize)?;
            bundles.reserve(parts as usize / BUNDLE + 1)?;
            bundles.extend((0..parts as usize).step_by(BUNDLE).map(|i| (links.len() + i) as u32));
            links.extend((0..parts).map(|i| {
                let cut = |i: u64| edges.start + (all * i / parts) as u32;
                Link { polygon, first: cut(i), count: cut(i + 1) - cut(i) }
            }));
        }
    }
    Ok((links, bundles))
}

/// The order of links in the tree: bundle after bundle along a Hilbert curve.
fn order(shapes: &Shapes, bundles: &[u32], bounds: &[[f64; 4]], run: &Run<'_>) -> Result<Counted<u32>> {
    let links_of = |bundle: usize| {
        let end = bundles.get(bundle + 1).map_or(bounds.len(), |&end| end as usize);
        bundles[bundle] as usize..end
    };
    let mut keys = vec_filled(0, bundles.len())?;
    let grid = shapes.bounds().and_then(Grid::new);
    for_chunks(run, &mut keys, NODE_NANOSECONDS, |start, keys| {
        for (i, key) in keys.iter_mut().enumerate() {
            let [left, bottom, right, top] = bounds[links_of(start + i)].iter().copied().fold(NOWHERE, around);
            let middle = (left * 0.5 + right * 0.5, bottom * 0.5 + top * 0.5);
            // Where coordinates are too large for a grid, polygons come as they are given.
            let along = grid.as_ref().map_or(0, |grid| grid.along_curve(middle));
            *key = u64::from(along) << 32 | (start + i) as u64;
        }
        Ok(())
    })?;
    run.check()?;
    sort_by_upper_half(&mut keys)?;
    run.check()?;
    let mut order = vec_with_capacity(bounds.len())?;
    for keys in keys.chunks(WATCH) {
        run.check()?;
        order.extend(keys.iter().flat_map(|&key| links_of(key as u32 as usize)).map(|link| link as u32));
    }
    Ok(order)
}

/// Where each level over so many links begins, and the number of nodes.
fn levels(links: usize) -> Result<(Vec<u32>, usize)> {
    let mut levels = vec_with_capacity(20)?.keep();
    let (mut count, mut below) = (0, links);
    while below > 1 || (levels.is_empty() && below > 0) {
        levels.push(count as u32);
        below = below.div_ceil(WIDTH);
        count += below;
    }
    Ok((levels, count))
}

/// Notes which nodes are all one polygon's, by whom what is below belongs to.
fn own<T: Sync>(owners: &mut [u32], below: &[T], owner_of: impl Fn(&T) -> u32 + Sync, run: &Run<'_>) -> Result<()> {
    let nodes = below.len().div_ceil(WIDTH);
    for_chunks(run, &mut owners[..nodes], OWNER_NANOSECONDS, |start, owners| {
        for (owner, below) in owners.iter_mut().zip(below[start * WIDTH..].chunks(WIDTH)) {
            let first = owner_of(&below[0]);
            *owner = if below.iter().all(|below| owner_of(below) == first) { first } else { NO_OWNER };
        }
        Ok(())
    })
}

/// Around nothing.
const NOWHERE: [f64; 4] = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];

/// The box around both.
fn around(a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

fn bounds_of(shapes: &Shapes, link: Link) -> [f64; 4] {
    let vertices = &shapes.vertices()[link.first as usize..(link.first + link.count) as usize + 1];
    vertices.iter().fold(NOWHERE, |bounds, &[x, y]| around(bounds, [x, y, x, y]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Random, Table, runs};

    #[test]
    fn the_tree_holds_every_edge_once_and_knows_whose_nodes_are() {
        let mut random = Random(71);
        for rings in [0, 1, 4, 5, 90] {
            let mut ring = |most: usize| {
                let (x, y) = (random.unit() * 50.0, random.unit() * 50.0);
                (0..1 + random.below(most)).map(|_| (x + random.unit(), y + random.unit())).collect()
            };
            let polygons: Vec<_> = (0..rings).map(|i| vec![vec![ring(if i % 9 == 0 { 6000 } else { 40 })]]).collect();
            let table = Table::new(&polygons);
            let shapes = Shapes::copy(&table.view(), &Run::default()).unwrap();
            let trees: Vec<Tree> = runs().iter().map(|run| Tree::build(&shapes, run).unwrap()).collect();
            assert!(trees.windows(2).all(|two| format!("{:?}", two[0]) == format!("{:?}", two[1])));
            let tree = &trees[0];
            let mut edges = Vec::new();
            let mut stack: Vec<(Place, [f64; 4], Option<u32>)> = Vec::new();
            stack.extend(tree.root().map(|root| (root, tree.bounds().unwrap(), None)));
            while let Some((place, within, owner)) = stack.pop() {
                let boxes = tree.level(place.level as usize).boxes(place.node as usize);
                assert_eq!(boxes.hull(), within);
                let owner = owner.or(tree.owner(place));
                for lane in 0..WIDTH as u32 {
                    let at = lane as usize;
                    let bounds = [boxes.left[at], boxes.bottom[at], boxes.right[at], boxes.top[at]];
                    match tree.below(place, lane) {
                        Some(Below::Node(node)) => stack.push((node, bounds, owner)),
                        Some(Below::Link(link)) => {
                            let link = tree.link(link);
                            assert!(owner.is_none_or(|owner| owner == link.polygon));
                            assert!((1..=MOST_EDGES).contains(&link.count));
                            assert_eq!(bounds_of(&shapes, link), bounds);
                            edges.extend((link.first..link.first + link.count).map(|edge| (link.polygon, edge)));
                        }
                        None => assert_eq!(bounds, NOWHERE),
                    }
                }
            }
            edges.sort_unstable();
            let of = |polygon: u32| {
                shapes.rings_of(polygon).flat_map(|ring| shapes.edges_of(ring)).map(move |e| (polygon, e))
            };
            assert!(edges.into_iter().eq((0..rings).flat_map(of)));
            assert!(
                rings < 90 || tree.owners.iter().filter(|&&owner| owner != NO_OWNER).count() > tree.owners.len() / 2
            );
        }
    }
}
