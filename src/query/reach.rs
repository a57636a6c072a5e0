//! The links of all polygons one after the other, each with its box.

use std::ops::Range;

use super::near::Edges;
use crate::error::Result;
use crate::index::buckets::sort_by_upper_half;
use crate::index::tree::{Link, WIDTH};
use crate::memory::Counted;

/// Links that memory is asked for before their turn.
const AHEAD: usize = 16;

/// A box with a margin around it: rounded, but no double within the true sides is beyond these.
#[inline(always)]
pub(super) fn grown([left, bottom, right, top]: [f64; 4], margin: f64) -> [f64; 4] {
    [left - margin, bottom - margin, right + margin, top + margin]
}

/// A link, or the four of a node, and the box around.
#[derive(Clone, Copy)]
pub(super) struct Reach {
    /// The first of them.
    pub(super) link: Link,
    /// The node, if it is the four of one.
    pub(super) node: Option<u32>,
    pub(super) bounds: [f64; 4],
    /// It is all of its polygon.
    pub(super) is_whole: bool,
}

/// The links of all polygons, those of a polygon one after the other: in the order of the tree where it has them in one place, the
/// others at the end.
pub(super) struct Links<'a> {
    edges: &'a Edges<'a>,
    /// The four of a node come as one where they are one polygon's.
    by_nodes: bool,
    /// In the tree.
    next: usize,
    /// Polygons whose links are in more than one place there, and these places; at the end by falling polygons.
    scattered: Counted<u64>,
    /// The polygon at hand, and what is left of it at this place; none before the first that has more than one link.
    polygon: u32,
    run: Range<usize>,
}

impl<'a> Links<'a> {
    pub(super) fn new(edges: &'a Edges<'a>, by_nodes: bool) -> Self {
        Links { edges, by_nodes, next: 0, scattered: Counted::default(), polygon: u32::MAX, run: 0..0 }
    }

    /// The latest with more than one link.
    #[inline(always)]
    pub(super) fn polygon(&self) -> u32 {
        self.polygon
    }

    /// The next link; of another polygon if the one at hand is done. As long as `check` says to go on.
    #[inline(always)]
    pub(super) fn next(&mut self, is_done: bool, check: impl Fn() -> Result<()>) -> Result<Option<Reach>> {
        let Edges { shapes, tree, .. } = *self.edges;
        let links = tree.links();
        if is_done {
            self.run = 0..0;
            while self.next > links.len() && self.scattered.last().is_some_and(|&key| polygon_of(key) == self.polygon) {
                self.scattered.pop();
            }
        }
        loop {
            if let Some(at) = self.run.next() {
                let link = links[at];
                if self.by_nodes && at.is_multiple_of(WIDTH) && at + WIDTH <= self.run.end {
                    self.run.start = at + WIDTH;
                    let node = at / WIDTH;
                    let bounds = tree.boxes_of_links()[node].hull();
                    return Ok(Some(Reach { link, node: Some(node as u32), bounds, is_whole: false }));
                }
                return Ok(Some(Reach { link, node: None, bounds: tree.bounds_of(at), is_whole: false }));
            }
            let at = self.next;
            let Some(&link) = links.get(at) else {
                if at == links.len() {
                    self.next += 1;
                    check()?;
                    sort_by_upper_half(&mut self.scattered)?;
                    self.scattered.reverse();
                }
                let Some(key) = self.scattered.pop() else { return Ok(None) };
                if let Some(ahead) = self.scattered.len().checked_sub(AHEAD) {
                    tree.prefetch_link(self.scattered[ahead] as u32);
                }
                (self.polygon, self.run) = (polygon_of(key), run_from(links, key as u32 as usize));
                continue;
            };
            if let Some(ahead) = links.get(at + 2 * AHEAD) {
                shapes.prefetch_rings(ahead.polygon);
            }
            if let Some(ahead) = links.get(at + AHEAD) {
                shapes.prefetch_vertices(ahead.polygon);
            }
            let run = run_from(links, at);
            self.next = run.end;
            let (last, vertices) = (links[run.end - 1], shapes.vertices_of(link.polygon));
            if link.first != vertices.start || last.first + last.count + 1 != vertices.end {
                check()?;
                self.scattered.reserve(1)?;
                self.scattered.push(u64::from(link.polygon) << 32 | at as u64);
            } else if run.len() == 1 {
                return Ok(Some(Reach { link, node: None, bounds: tree.bounds_of(at), is_whole: true }));
            } else {
                (self.polygon, self.run) = (link.polygon, run);
            }
        }
    }
}

fn polygon_of(key: u64) -> u32 {
    (key >> 32) as u32
}

/// Links from one on that follow each other in a polygon, along a ring or from one to the next.
#[inline(always)]
fn run_from(links: &[Link], start: usize) -> Range<usize> {
    let mut end = start + 1;
    while let Some(link) = links.get(end)
        && let last = links[end - 1]
        && last.polygon == link.polygon
        // A ring has one vertex more than edges.
        && matches!(link.first.wrapping_sub(last.first + last.count), 0 | 1)
    {
        end += 1;
    }
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distance::Limit;
    use crate::index::tree::MOST_EDGES;
    use crate::index::{Index, Uses};
    use crate::run::Run;
    use crate::testing::{Random, Ring, Table};

    /// Rings of so many edges that some are one link, some a few, and some are in several places of the tree.
    fn polygons(random: &mut Random) -> Vec<Vec<Vec<Ring>>> {
        let ring = |random: &mut Random| {
            let edges = [4, 16, 17, 100, 40 * MOST_EDGES as usize, 200 * MOST_EDGES as usize][random.below(6)];
            let (x, y, radius) = (random.unit() * 20.0, random.unit() * 20.0, random.unit() * 9.0);
            let corner = |i| std::f64::consts::TAU * f64::from(i) / edges as f64;
            (0..edges as u32).map(|i| (x + radius * corner(i).cos(), y + radius * corner(i).sin())).collect()
        };
        (0..60)
            .map(|i| match i {
                7 => vec![],
                _ => vec![(0..1 + random.below(2) * random.below(3)).map(|_| ring(random)).collect()],
            })
            .collect()
    }

    #[test]
    fn links_come_once_and_those_of_a_polygon_together_until_it_is_done() {
        let mut random = Random(57);
        for round in 0..20 {
            let polygons = polygons(&mut random);
            let index = Index::build(&Table::new(&polygons).view(), Uses::ALL, &Run::default()).unwrap();
            let (tree, shapes) = (index.tree().unwrap(), &index.insides().unwrap().shapes);
            let edges = Edges { shapes, tree, limit: Limit::new(0.1), measures: false };
            let by_nodes = round % 4 >= 2;
            let mut links = Links::new(&edges, by_nodes);
            let mut nodes = 0;
            let (mut seen, mut latest, mut done) = (vec![], None, vec![]);
            // As long as no polygon is at hand that says nothing.
            let mut is_done = round % 2 == 1;
            while let Some(reach) = links.next(is_done, || Ok(())).unwrap() {
                let polygon = reach.link.polygon;
                if latest != Some(polygon) {
                    assert!(seen.iter().all(|&(_, other)| other != polygon), "{polygon} twice");
                    latest = Some(polygon);
                }
                assert!(!is_done || reach.is_whole || done.last() != Some(&polygon));
                nodes += usize::from(reach.node.is_some());
                let of_node = |node| (0..WIDTH as u32).map(move |i| tree.link(node * WIDTH as u32 + i));
                let all: Vec<Link> = reach.node.map_or(vec![reach.link], |node| of_node(node).collect());
                assert!(all.iter().all(|link| link.polygon == polygon));
                seen.extend(all.iter().map(|link| (link.first, polygon)));
                let vertices = |link: &Link| (link.first..=link.first + link.count).map(|i| shapes.vertex(i));
                let (x, y): (Vec<f64>, Vec<f64>) = all.iter().flat_map(vertices).unzip();
                let ends = |values: &[f64]| values.iter().fold((f64::MAX, f64::MIN), |(a, b), &v| (a.min(v), b.max(v)));
                let ((left, right), (bottom, top)) = (ends(&x), ends(&y));
                assert_eq!(reach.bounds, [left, bottom, right, top]);
                if reach.is_whole {
                    continue;
                }
                is_done = round % 2 == 1 && random.below(3) == 0;
                if is_done {
                    done.push(polygon);
                }
            }
            let expected = tree.links().iter().filter(|link| !done.contains(&link.polygon));
            let mut expected: Vec<_> = expected.map(|link| (link.first, link.polygon)).collect();
            seen.retain(|(_, polygon)| !done.contains(polygon));
            assert_eq!(nodes > 10, by_nodes);
            expected.sort();
            seen.sort();
            assert_eq!(seen, expected);
            assert!(round % 2 == 0 || done.len() > 5);
        }
    }
}
