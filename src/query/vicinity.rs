//! Which squares of the plane have links near: a bit for each, by which most points that are far from all edges are told from
//! the others with one look.

use std::ops::Range;

use super::near::Edges;
use super::raster::Raster;
use crate::coords::Points;
use crate::error::Result;
use crate::index::tree::{Below, Place, Tree, WIDTH};
use crate::memory::{Counted, vec_filled, vec_with_capacity};
use crate::simd::scalar::Scalar;
use crate::simd::{Lanes, Number};

/// Squares: so many that links do not have too much near, so few that their bits stay in a cache.
const SQUARES: usize = 1 << 20;

/// Words of bits that are written, for each link and at all, before it takes too long.
const WORDS_EACH: usize = 8;
const WORDS: usize = SQUARES / 64;

/// Fewer points are not worth it.
const FEW: usize = 1 << 12;

/// Points that say whether it is worth it, and nodes of the tree that each of them may take.
const SAMPLE: usize = 64;
const NODES: usize = 256;

/// Points looked at together; one's number fits a byte.
const CHUNK: usize = 256;

/// See the module.
pub(super) struct Vicinity {
    raster: Raster,
    bits: Counted<u64>,
}

/// Points that may be near an edge.
pub(super) struct NearPoints {
    x: Counted<f64>,
    y: Counted<f64>,
    /// Their numbers in the range that they are of.
    pub(super) rows: Counted<u32>,
}

impl NearPoints {
    pub(super) fn points(&self) -> Result<Points<'_>> {
        Points::from_f64(self.x[..].into(), self.y[..].into())
    }
}

impl Vicinity {
    /// For edges within `bounds`, as long as `check` says to go on; None where the points of a range are few, many of them are
    /// near the boxes of links, or to find out would take long.
    #[inline(always)]
    pub(super) fn new<V: Lanes>(
        edges: &Edges<'_>,
        bounds: [f64; 4],
        (points, range): (&Points<'_>, &Range<usize>),
        check: impl Fn() -> Result<()>,
    ) -> Result<Option<Self>> {
        if range.len() < FEW || !are_far(edges, points, range, &check)? {
            return Ok(None);
        }
        let raster = Raster::new(bounds, SQUARES, 1.0);
        let mut bits = vec_filled(0u64, raster.count() / 64 + 1)?;
        let boxes = edges.tree.boxes_of_links();
        let mut words = 0;
        for four in boxes {
            check()?;
            let [left, bottom, right, top] = raster.reached_by_four(four.grown::<V>(edges.limit.distance));
            for lane in 0..WIDTH {
                // A lane without a link goes from the last to the first, if these are not one.
                let height = (top[lane] + 1).saturating_sub(bottom[lane]) as usize;
                let Some(width) = right[lane].checked_sub(left[lane]) else { continue };
                let mut first = bottom[lane] as usize * raster.columns() + left[lane] as usize;
                for _ in 0..height {
                    set(&mut bits, first, first + width as usize);
                    first += raster.columns();
                }
                words += height * (1 + width as usize / 64);
            }
            if words > WORDS_EACH * edges.tree.links().len() + WORDS {
                return Ok(None);
            }
        }
        Ok(Some(Vicinity { raster, bits }))
    }

    /// Those points of a range that have links near.
    #[inline(always)]
    pub(super) fn near<V: Lanes>(
        &self,
        points: &Points<'_>,
        range: Range<usize>,
        check: impl Fn() -> Result<()>,
    ) -> Result<NearPoints> {
        let room = range.len() / 2;
        let mut near =
            NearPoints { x: vec_with_capacity(room)?, y: vec_with_capacity(room)?, rows: vec_with_capacity(room)? };
        let (mut x, mut y) = ([0.0; CHUNK], [0.0; CHUNK]);
        let mut found = [0u8; CHUNK + 4];
        for start in range.clone().step_by(CHUNK) {
            check()?;
            let end = (start + CHUNK).min(range.end);
            points.prefetch(end..(end + CHUNK).min(range.end));
            let (x, y) = points.columns(start..end, (&mut x, &mut y));
            let mut count = 0;
            for at in (0..x.len()).step_by(4) {
                let squares = self.raster.nearest_squares::<V>(V::load_at(x, at, 0.0), V::load_at(y, at, 0.0));
                for (lane, &square) in squares.iter().enumerate() {
                    found[count] = (at + lane) as u8;
                    count += (self.bits[square as usize / 64] >> (square % 64)) as usize & 1;
                }
            }
            while count > 0 && usize::from(found[count - 1]) >= x.len() {
                count -= 1;
            }
            near.x.reserve(count)?;
            near.y.reserve(count)?;
            near.rows.reserve(count)?;
            for &at in &found[..count] {
                near.x.push(x[at as usize]);
                near.y.push(y[at as usize]);
                near.rows.push((start - range.start) as u32 + u32::from(at));
            }
        }
        Ok(near)
    }
}

/// Whether at least three fifths of a sample of points are near no box of a link: with half of them it takes as long as it spares.
fn are_far(
    edges: &Edges<'_>,
    points: &Points<'_>,
    range: &Range<usize>,
    check: impl Fn() -> Result<()>,
) -> Result<bool> {
    let Some(root) = edges.tree.root() else { return Ok(true) };
    let (mut near, mut all) = (0, 0);
    for row in range.clone().step_by(range.len() / SAMPLE + 1) {
        check()?;
        let mut nodes = NODES;
        near += usize::from(is_near(edges.tree, root, points.get(row), edges.limit.outside(), &mut nodes));
        all += 1;
    }
    Ok(5 * near <= 2 * all)
}

/// Whether the box of any link below a place is near a point, or that takes more than some nodes to find out.
fn is_near(tree: &Tree, place: Place, point: (f64, f64), outside: f64, nodes: &mut usize) -> bool {
    *nodes = nodes.saturating_sub(1);
    if *nodes == 0 {
        return true;
    }
    let square = tree.squares(place, (Scalar::splat(point.0), Scalar::splat(point.1)));
    let mut lanes = square.at_most(Scalar::splat(outside));
    while lanes != 0 {
        let lane = lanes.trailing_zeros();
        lanes &= lanes - 1;
        let is_near = match tree.below(place, lane) {
            Some(Below::Node(node)) => is_near(tree, node, point, outside, nodes),
            below => below.is_some(),
        };
        if is_near {
            return true;
        }
    }
    false
}

/// Sets the bits from the first to the last.
#[inline(always)]
fn set(bits: &mut [u64], first: usize, last: usize) {
    let (low, high) = (u64::MAX << (first % 64), u64::MAX >> (63 - last % 64));
    if first / 64 == last / 64 {
        bits[first / 64] |= low & high;
        return;
    }
    bits[first / 64] |= low;
    bits[first / 64 + 1..last / 64].fill(u64::MAX);
    bits[last / 64] |= high;
}

#[cfg(test)]
mod tests {
    use super::super::reach::grown;
    use super::*;
    use crate::distance::Limit;
    use crate::index::{Index, Uses};
    use crate::run::Run;
    use crate::testing::{Columns, Random, Table};

    #[test]
    fn points_near_boxes_are_kept_and_many_others_not() {
        let mut random = Random(91);
        let mut dropped = 0;
        for scale in [1.0, 1e-300, 1e300, 1e-9] {
            for (towns, distance) in [(3, 0.0), (40, 0.01), (200, 0.004), (5, 3.0)] {
                let polygons: Vec<_> = (0..towns)
                    .map(|i| {
                        // Some on lines of a lattice, on which squares and boxes end.
                        let snap = |v: f64| if i % 2 == 0 { (v * 128.0).round() / 128.0 } else { v };
                        let (x, y, side) = (snap(random.unit()), snap(random.unit()), random.unit() * 0.02);
                        let corners = [(x, y), (x + side, y), (x + side, y + 2.0 * side), (x, y + side)];
                        vec![vec![corners.map(|(x, y)| (x * scale, y * scale)).to_vec()]]
                    })
                    .collect();
                let index = Index::build(&Table::new(&polygons).view(), Uses::ALL, &Run::default()).unwrap();
                let (tree, shapes) = (index.tree().unwrap(), &index.insides().unwrap().shapes);
                let limit = Limit::new(distance * scale);
                let edges = Edges { shapes, tree, limit, measures: false };
                let boxes: Vec<_> = (0..tree.links().len()).map(|i| grown(tree.bounds_of(i), limit.distance)).collect();
                let points = Columns::new((0..5000).map(|i| {
                    let [left, bottom, right, top] = boxes[random.below(boxes.len())];
                    match i % 40 {
                        0 => (left, top),
                        1 => (right, bottom + (top - bottom) * random.unit()),
                        2 => (right.next_up(), top.next_up()),
                        _ => ((random.unit() * 1.2 - 0.1) * scale, (random.unit() * 1.2 - 0.1) * scale),
                    }
                }));
                let (view, range) = (points.points(), 7..points.x.len());
                let bounds = grown(tree.bounds().unwrap(), limit.distance);
                let vicinity = Vicinity::new::<Scalar>(&edges, bounds, (&view, &range), || Ok(())).unwrap();
                let Some(vicinity) = vicinity else { continue };
                let near = vicinity.near::<Scalar>(&view, range.clone(), || Ok(())).unwrap();
                let kept: Vec<usize> = near.rows.iter().map(|&row| range.start + row as usize).collect();
                assert!(kept.is_sorted());
                let places = near.points().unwrap();
                assert!(kept.iter().enumerate().all(|(at, &i)| places.get(at) == view.get(i)));
                for i in range.filter(|i| kept.binary_search(i).is_err()) {
                    let (x, y) = view.get(i);
                    let holds = |&[l, b, r, t]: &[f64; 4]| l <= x && x <= r && b <= y && y <= t;
                    assert!(!boxes.iter().any(holds), "{towns} {distance} {scale:e}: {:?}", (x, y));
                    dropped += 1;
                }
            }
        }
        assert!(dropped > 25_000, "{dropped}");
    }
}
