//! Where boundaries are near: a tree of boxes over links, which are a few consecutive edges each.
//!
//! Links are sorted along a Hilbert curve and packed, four to a node and four nodes to one above: no pointers, every node but
//! the last of a level full (Kamel and Faloutsos, On Packing R-trees, 1993).

mod stored;

use super::cells::grid::Grid;
use super::section::{Section, plain};
use super::shapes::Shapes;
use crate::error::{Result, vec_filled, vec_with_capacity};
use crate::simd::Lanes;

/// Edges in one link at most.
pub(crate) const MOST_EDGES: u32 = 16;

/// Boxes in a node.
pub(crate) const WIDTH: usize = 4;

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

/// Four boxes; those that are missing are further away than anything.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(crate) struct Boxes {
    left: [f64; WIDTH],
    bottom: [f64; WIDTH],
    right: [f64; WIDTH],
    top: [f64; WIDTH],
}

plain!(Boxes { left: [f64; WIDTH], bottom: [f64; WIDTH], right: [f64; WIDTH], top: [f64; WIDTH] });

impl Boxes {
    pub(crate) const NONE: Boxes = Boxes {
        left: [f64::INFINITY; WIDTH],
        bottom: [f64::INFINITY; WIDTH],
        right: [f64::NEG_INFINITY; WIDTH],
        top: [f64::NEG_INFINITY; WIDTH],
    };

    fn set(&mut self, lane: usize, [left, bottom, right, top]: [f64; 4]) {
        (self.left[lane], self.bottom[lane], self.right[lane], self.top[lane]) = (left, bottom, right, top);
    }

    /// Copies lane `from` of `other`.
    #[inline(always)]
    pub(crate) fn copy(&mut self, lane: usize, other: &Boxes, from: usize) {
        self.set(lane, [other.left[from], other.bottom[from], other.right[from], other.top[from]]);
    }

    /// The box around all four.
    fn hull(&self) -> [f64; 4] {
        let least = |side: &[f64; WIDTH]| side.iter().copied().fold(f64::INFINITY, f64::min);
        let most = |side: &[f64; WIDTH]| side.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        [least(&self.left), least(&self.bottom), most(&self.right), most(&self.top)]
    }

    /// Squared distances from a point, up to rounding; infinite where they overflow, never NaN.
    #[inline(always)]
    pub(crate) fn squares<V: Lanes>(&self, (x, y): (V, V)) -> V {
        let zero = V::splat(0.0);
        let dx = V::load(&self.left).sub(x).max(x.sub(V::load(&self.right))).max(zero);
        let dy = V::load(&self.bottom).sub(y).max(y.sub(V::load(&self.top))).max(zero);
        dx.mul(dx).add(dy.mul(dy))
    }

    /// Squared distances from a box, likewise.
    #[inline(always)]
    pub(crate) fn squares_from<V: Lanes>(&self, [left, bottom, right, top]: [f64; 4]) -> V {
        let zero = V::splat(0.0);
        let dx = V::load(&self.left).sub(V::splat(right)).max(V::splat(left).sub(V::load(&self.right))).max(zero);
        let dy = V::load(&self.bottom).sub(V::splat(top)).max(V::splat(bottom).sub(V::load(&self.top))).max(zero);
        dx.mul(dx).add(dy.mul(dy))
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Tree {
    links: Section<Link>,
    /// Level after level, those over the links first, the root last.
    nodes: Section<Boxes>,
    /// Where each level begins in `nodes`.
    levels: Vec<u32>,
}

impl Tree {
    /// n log n.
    pub(crate) fn build(shapes: &Shapes) -> Result<Self> {
        let links = sorted_links(shapes)?;
        let mut nodes: Vec<Boxes> = vec_with_capacity(links.len().div_ceil(WIDTH) * 4 / 3 + 16)?;
        let mut levels = vec_with_capacity(20)?;
        levels.push(0);
        for links in links.chunks(WIDTH) {
            let mut boxes = Boxes::NONE;
            for (lane, link) in links.iter().enumerate() {
                boxes.set(lane, bounds(shapes, *link));
            }
            nodes.push(boxes);
        }
        let mut below = 0..nodes.len();
        while below.len() > 1 {
            levels.push(nodes.len() as u32);
            nodes.try_reserve(below.len().div_ceil(WIDTH))?;
            for start in below.clone().step_by(WIDTH) {
                let mut boxes = Boxes::NONE;
                for lane in 0..WIDTH.min(below.end - start) {
                    boxes.set(lane, nodes[start + lane].hull());
                }
                nodes.push(boxes);
            }
            below = below.end..nodes.len();
        }
        Ok(Tree { links: links.into(), nodes: nodes.into(), levels })
    }

    /// Where to begin; None if there are no links.
    #[inline(always)]
    pub(crate) fn root(&self) -> Option<Place> {
        (!self.nodes.is_empty()).then_some(Place { level: self.levels.len() as u32 - 1, node: 0 })
    }

    #[inline(always)]
    pub(crate) fn boxes(&self, place: Place) -> &Boxes {
        &self.nodes[(self.levels[place.level as usize] + place.node) as usize]
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

    #[inline(always)]
    pub(crate) fn link(&self, i: u32) -> Link {
        self.links[i as usize]
    }
}

/// A node of the tree; links are below level 0.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    level: u32,
    node: u32,
}

pub(crate) enum Below {
    Node(Place),
    Link(u32),
}

/// All edges in links, those of a ring of about equal length, along a Hilbert curve.
fn sorted_links(shapes: &Shapes) -> Result<Vec<Link>> {
    let mut links: Vec<Link> = vec_with_capacity(shapes.vertex_count() / 8 + shapes.len())?;
    for polygon in 0..shapes.len() as u32 {
        for ring in shapes.rings_of(polygon) {
            let edges = shapes.edges_of(ring);
            let (all, parts) = (edges.len() as u64, (edges.len() as u64).div_ceil(u64::from(MOST_EDGES)));
            links.try_reserve(parts as usize)?;
            links.extend((0..parts).map(|i| {
                let cut = |i: u64| edges.start + (all * i / parts) as u32;
                Link { polygon, first: cut(i), count: cut(i + 1) - cut(i) }
            }));
        }
    }
    let Some(grid) = shapes.bounds().and_then(Grid::new) else { return Ok(links) };
    let mut keys = vec_with_capacity(links.len())?;
    keys.extend(links.iter().enumerate().map(|(i, link)| {
        let [left, bottom, right, top] = bounds(shapes, *link);
        u64::from(grid.along_curve((left * 0.5 + right * 0.5, bottom * 0.5 + top * 0.5))) << 32 | i as u64
    }));
    keys.sort_unstable();
    let mut sorted = vec_filled(Link::default(), links.len())?;
    for (to, key) in sorted.iter_mut().zip(keys) {
        *to = links[key as u32 as usize];
    }
    Ok(sorted)
}

fn bounds(shapes: &Shapes, link: Link) -> [f64; 4] {
    let vertices = &shapes.vertices()[link.first as usize..(link.first + link.count) as usize + 1];
    let start = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    vertices
        .iter()
        .fold(start, |[left, bottom, right, top], &[x, y]| [left.min(x), bottom.min(y), right.max(x), top.max(y)])
}
