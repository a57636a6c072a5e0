//! Slabs: what is between two parallel lines in any direction, as a box is between lines along the axes.
//!
//! The box around a long edge that lies aslant is nearly empty, and where thousands of these meet, as the spikes of a star do, a
//! point is in most of their boxes. Then each box in the tree has a slab beside it, along what is below, and nobody needs to look
//! at what is far from either. (Of the few directions that k-DOPs have none would be near enough to a spike's.)

use super::{Link, Tree, WIDTH};
use crate::error::Result;
use crate::index::WATCH;
use crate::index::section::{Section, plain};
use crate::index::shapes::Shapes;
use crate::memory::{Counted, vec_filled};
use crate::run::{Run, for_chunks};
use crate::simd::Lanes;

/// Boxes are crowded if all their areas are so many times that of the box around them, ...
const CROWDED: f64 = 8.0;

/// ... and slabs are worth their memory if those of crowded boxes have so much less area.
const NARROWER: f64 = 4.0;

/// What the sum of two products, and adding this to it, lose to rounding is less than this times the sum of the sizes of two of the
/// factors, where the others are no more than 1.
const ERROR: f64 = 2.0 * f64::EPSILON;

/// Squares that are larger lost nothing to underflow.
const LEAST: f64 = 1e-280;

/// So many links are enough to tell.
const SOME: usize = 1 << 9;

/// Levels, from the links on, whose boxes have slabs: further up, around 1024 links and more, these would hardly be narrower.
const LEVELS: usize = 5;

/// About how long a link takes.
const LINK_NANOSECONDS: usize = 60;

/// The slabs beside four boxes: for places of theirs x and y times these are at least `low` and at most `high`. The two are no
/// longer than 1 together; both are 0 where there is no slab.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(64))]
pub(crate) struct Slabs {
    x: [f64; WIDTH],
    y: [f64; WIDTH],
    low: [f64; WIDTH],
    high: [f64; WIDTH],
}

plain!(Slabs { x: [f64; WIDTH], y: [f64; WIDTH], low: [f64; WIDTH], high: [f64; WIDTH] });

impl Slabs {
    /// Squared distances from a point, up to rounding; never NaN.
    #[inline(always)]
    pub(super) fn squares<V: Lanes>(&self, (x, y): (V, V)) -> V {
        let along = x.mul(V::load(&self.x)).add(y.mul(V::load(&self.y)));
        let error = x.abs().mul(V::splat(ERROR)).add(y.abs().mul(V::splat(ERROR)));
        let gap = V::load(&self.low).sub(along).max(along.sub(V::load(&self.high))).sub(error).max(V::splat(0.0));
        gap.mul(gap)
    }

    pub(super) fn is_nan(&self) -> bool {
        [self.x, self.y, self.low, self.high].iter().flatten().any(|value| value.is_nan())
    }

    fn set(&mut self, lane: usize, slab: Slab) {
        (self.x[lane], self.y[lane]) = slab.across;
        (self.low[lane], self.high[lane]) = (slab.low, slab.high);
    }
}

/// One of them.
#[derive(Clone, Copy, Default)]
struct Slab {
    across: (f64, f64),
    low: f64,
    high: f64,
}

impl Slab {
    /// The slab around some links, along the way from their first vertex to the one that is farthest from it.
    fn around(shapes: &Shapes, links: &[Link]) -> Slab {
        let vertices =
            || links.iter().flat_map(|link| &shapes.vertices()[link.first as usize..][..=link.count as usize]);
        let Some(&[x, y]) = vertices().next() else { return Slab::default() };
        let (mut dx, mut dy, mut most) = (0.0, 0.0, 0.0);
        for &[far_x, far_y] in vertices() {
            let square = (far_x - x) * (far_x - x) + (far_y - y) * (far_y - y);
            if square > most {
                (dx, dy, most) = (far_x - x, far_y - y, square);
            }
        }
        // No `hypot`, which is another on other systems.
        let length = most.sqrt() * (1.0 + 8.0 * f64::EPSILON);
        let across = (-dy / length, dx / length);
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for &[x, y] in vertices() {
            let (along, error) = (x * across.0 + y * across.1, ERROR * x.abs() + ERROR * y.abs());
            (low, high) = (low.min(along - error), high.max(along + error));
        }
        // Not so where distances are too large or too small for their squares.
        let is_slab = most > LEAST && [most, across.0, across.1, low, high].iter().all(|value| value.is_finite());
        if is_slab { Slab { across, low, high } } else { Slab::default() }
    }
}

/// The slabs of all nodes; none where they would be of no use. `cut` are the links as they were cut, polygon after polygon, with
/// their boxes; `links` those below the nodes of all `levels`.
pub(super) fn slabs(
    shapes: &Shapes,
    (cut, bounds): (&[Link], &[[f64; 4]]),
    (links, levels, count): (&[Link], &[u32], usize),
    run: &Run<'_>,
) -> Result<Section<Slabs>> {
    if !are_wanted(shapes, cut, bounds, run)? {
        return Section::new(Counted::default(), run);
    }
    let mut all = vec_filled(Slabs::default(), count)?;
    let mut rest = &mut all[..];
    let mut below = 1;
    for (level, &first) in levels.iter().enumerate().take(LEVELS) {
        let end = levels.get(level + 1).map_or(count, |&end| end as usize);
        let (nodes, higher) = rest.split_at_mut(end - first as usize);
        rest = higher;
        for_chunks(run, nodes, LINK_NANOSECONDS * WIDTH * below, |start, nodes| {
            for (node, slabs) in (start..).zip(nodes) {
                for (lane, links) in links[node * WIDTH * below..].chunks(below).take(WIDTH).enumerate() {
                    slabs.set(lane, Slab::around(shapes, links));
                }
            }
            Ok(())
        })?;
        below *= WIDTH;
    }
    Section::new(all, run)
}

/// Whether boxes of a polygon, or of all, are crowded, and slabs narrower.
fn are_wanted(shapes: &Shapes, cut: &[Link], bounds: &[[f64; 4]], run: &Run<'_>) -> Result<bool> {
    let mut start = 0;
    for links in cut.chunk_by(|a, b| a.polygon == b.polygon) {
        let end = start + links.len();
        if start / WATCH != end / WATCH {
            run.check()?;
        }
        if links.len() as f64 > CROWDED && are_crowded(shapes, links, &bounds[start..end], run)? {
            return Ok(true);
        }
        start = end;
    }
    are_crowded(shapes, cut, bounds, run)
}

fn are_crowded(shapes: &Shapes, links: &[Link], bounds: &[[f64; 4]], run: &Run<'_>) -> Result<bool> {
    let area = |bounds: &[f64; 4]| (bounds[2] - bounds[0]) * (bounds[3] - bounds[1]);
    let (mut sum, mut all) = (0.0, super::NOWHERE);
    for some in bounds.chunks(WATCH) {
        run.check()?;
        sum += some.iter().map(area).sum::<f64>();
        all = some.iter().copied().fold(all, super::around);
    }
    let width = |link: usize| {
        let Slab { low, high, .. } = Slab::around(shapes, &links[link..link + 1]);
        high - low
    };
    Ok(sum > CROWDED * area(&all) && are_narrower(links.len(), 0.0, |link| (bounds[link], width(link))))
}

/// Whether slabs with a margin around them have so much less area than boxes have, going by some of all links, of which `one` gives
/// the box and the width of the slab.
fn are_narrower(links: usize, margin: f64, one: impl Fn(usize) -> ([f64; 4], f64)) -> bool {
    let (mut boxes, mut slabs) = (0.0, 0.0);
    for link in (0..links).step_by(links.div_ceil(SOME).max(1)) {
        let ([left, bottom, right, top], across) = one(link);
        let (width, height) = (right - left + 2.0 * margin, top - bottom + 2.0 * margin);
        boxes += width * height;
        slabs += (width * height).min((across + 2.0 * margin) * (width * width + height * height).sqrt());
    }
    NARROWER * slabs < boxes
}

impl Tree {
    /// Whether most of what is in the boxes of links with a margin around them is not in their slabs.
    pub(crate) fn is_aslant(&self, margin: f64) -> bool {
        let across = |link: usize| {
            let slabs = &self.slabs[link / WIDTH];
            slabs.high[link % WIDTH] - slabs.low[link % WIDTH]
        };
        !self.slabs.is_empty() && are_narrower(self.links.len(), margin, |link| (self.bounds_of(link), across(link)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Below, Place};
    use super::*;
    use crate::distance::{Limit, distance};
    use crate::simd::{Task, dispatch};
    use crate::testing::{Random, Table, runs};

    type Point = (f64, f64);

    /// What boxes and slabs say of how far a node or link below `place` is.
    struct Squares<'a> {
        tree: &'a Tree,
        place: Place,
        point: Point,
    }

    impl Task for Squares<'_> {
        type Output = [f64; WIDTH];

        #[inline(always)]
        fn run<V: Lanes>(self) -> [f64; WIDTH] {
            self.tree.squares(self.place, (V::splat(self.point.0), V::splat(self.point.1))).store()
        }
    }

    /// A star with `n` vertices around a place.
    fn star((x, y): Point, radius: f64, n: usize) -> Vec<Vec<Vec<Point>>> {
        let angle = |i: usize| i as f64 / n as f64 * std::f64::consts::TAU;
        let corner = |i: usize, r: f64| (x + r * angle(i).cos(), y + r * angle(i).sin());
        vec![vec![(0..n).map(|i| corner(i, if i % 2 == 0 { radius } else { 1e-3 * radius })).collect()]]
    }

    #[test]
    fn nothing_below_is_nearer_than_slabs_say() {
        let mut random = Random(13);
        for (place, radius) in
            [((0.0, 0.0), 1.0), ((5e5, 4e6), 30.0), ((1e300, -1e300), 1e292), ((0.0, 3e-100), 1e-100)]
        {
            let table = Table::new(&[star(place, radius, 3000), star((place.0 + 3.0 * radius, place.1), radius, 11)]);
            let shapes = Shapes::copy(&table.view(), &Run::default()).unwrap();
            let trees: Vec<Tree> = runs().iter().map(|run| Tree::build(&shapes, run).unwrap()).collect();
            assert!(trees.windows(2).all(|two| format!("{:?}", two[0]) == format!("{:?}", two[1])));
            let tree = &trees[0];
            if radius > 1e200 {
                assert!(tree.slabs.is_empty() && !tree.is_aslant(0.0), "no areas");
                continue;
            }
            assert!(tree.is_aslant(0.0) && tree.is_aslant(radius * 1e-3));
            assert!(!tree.is_aslant(radius) && !tree.is_aslant(f64::INFINITY));
            let mut passed = 0;
            for i in 0..60 {
                let step = |random: &mut Random| radius * (random.unit() * 4.0 - 2.0);
                let vertex = shapes.vertex(random.below(3000) as u32);
                let point = match i % 4 {
                    0 => vertex,
                    1 => (vertex.0.next_up(), vertex.1.next_down()),
                    2 => (place.0 + 1e9 * step(&mut random), f64::MAX),
                    _ => (place.0 + step(&mut random), place.1 + step(&mut random)),
                };
                let mut stack: Vec<(Place, f64)> = tree.root().map(|root| (root, 0.0)).into_iter().collect();
                while let Some((place, above)) = stack.pop() {
                    let squares = runs()
                        .into_iter()
                        .map(|run| dispatch(run.level, Squares { tree, place, point }))
                        .collect::<Vec<_>>();
                    assert!(squares.iter().all(|four| *four == squares[0]));
                    for lane in 0..WIDTH as u32 {
                        let square = squares[0][lane as usize].max(above);
                        match tree.below(place, lane) {
                            Some(Below::Node(node)) => stack.push((node, square)),
                            Some(Below::Link(link)) => {
                                let link = tree.link(link);
                                let to = |i| distance(shapes.vertex(i), shapes.vertex(i + 1), point);
                                let nearest =
                                    (link.first..link.first + link.count).map(to).fold(f64::INFINITY, f64::min);
                                assert!(square <= Limit::above(nearest * nearest), "{link:?} at {point:?}");
                                passed += u32::from(square == 0.0);
                            }
                            None => assert!(square > 0.0),
                        }
                    }
                }
            }
            assert!(passed < 60 * 20, "{passed} links in the way of 60 points");
        }
    }

    #[test]
    fn friendly_polygons_need_none() {
        let square = |i: usize| {
            let (x, y) = ((i % 30) as f64, (i / 30) as f64);
            vec![vec![vec![(x, y), (x + 1.0, y), (x + 1.0, y + 1.0), (x, y + 1.0)]]]
        };
        let round = |place: Point| {
            let angle = |i: usize| i as f64 / 2000.0 * std::f64::consts::TAU;
            vec![vec![(0..2000).map(|i| (place.0 + angle(i).cos(), place.1 + angle(i).sin())).collect()]]
        };
        let comb = vec![vec![(0..3000).map(|i| (i as f64, if i % 2 == 0 { 0.0 } else { 1e3 })).collect::<Vec<_>>()]];
        let equal = vec![square(0); 400];
        for polygons in [(0..600).map(square).collect(), vec![round((0.0, 0.0)), round((1.0, 0.5))], vec![comb], equal]
        {
            let shapes = Shapes::copy(&Table::new(&polygons).view(), &Run::default()).unwrap();
            assert!(Tree::build(&shapes, &Run::default()).unwrap().slabs.is_empty());
        }
    }
}
