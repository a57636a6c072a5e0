//! The search for one polygon around four points that are next to each other, a lane for each: what has to be waited for is waited
//! for once, and what is near one is mostly near the others.

use super::super::edges::squares_of_four;
use super::waves::{Aim, Waves};
use super::{NO_LINK, Neighbour, Question, Search, expect};
use crate::distance::{Edge, Limit, distance, to_vertices};
use crate::error::Result;
use crate::index::shapes::Shapes;
use crate::index::tree::{Level, Link, MOST_EDGES, Tree, WIDTH, squares_between};
use crate::memory::Counted;
use crate::simd::Lanes;

/// The box around points may be so many times as far across as it is from them to what they look at first: else too much is near
/// one of them only.
const ACROSS: f64 = 4.0;

/// Four points.
#[derive(Clone, Copy, Default)]
pub(in super::super) struct FourPoints {
    pub(in super::super) x: [f64; 4],
    pub(in super::super) y: [f64; 4],
}

impl FourPoints {
    #[inline(always)]
    pub(in super::super) fn get(&self, lane: usize) -> (f64, f64) {
        (self.x[lane], self.y[lane])
    }

    /// The box around them.
    #[inline(always)]
    fn hull(&self) -> [f64; 4] {
        let least = |[a, b, c, d]: [f64; 4]| a.min(b).min(c.min(d));
        [least(self.x), least(self.y), most(self.x), most(self.y)]
    }
}

#[inline(always)]
fn most([a, b, c, d]: [f64; 4]) -> f64 {
    a.max(b).max(c.max(d))
}

/// Points, and how far from each.
#[derive(Clone, Copy)]
struct Company<V> {
    points: (V, V),
    hull: [f64; 4],
    /// Squares.
    bounds: V,
    most: f64,
}

impl<V: Lanes> Company<V> {
    /// Whether a box is near any of them.
    #[inline(always)]
    fn has_near(&self, sides: [f64; 4]) -> bool {
        let (x, y) = self.points;
        squares_between(sides.map(V::splat), [x, y, x, y]).at_most(self.bounds) != 0
    }
}

impl<V: Lanes> Aim for Company<V> {
    #[inline(always)]
    fn hull(&self) -> [f64; 4] {
        self.hull
    }

    #[inline(always)]
    fn bound(&self) -> f64 {
        self.most
    }

    #[inline(always)]
    fn near(&self, level: &Level<'_>, node: u32) -> u32 {
        let boxes = level.boxes(node as usize);
        let mut near = 0;
        for lane in 0..WIDTH {
            near |= u32::from(self.has_near(boxes.get(lane))) << lane;
        }
        near
    }
}

/// A link that was looked at.
#[derive(Clone, Copy)]
struct Seen {
    number: u32,
    /// What the squared distances of its edges from each point are at least; NaN where that is not known.
    leasts: [[f64; 4]; MOST_EDGES as usize],
}

/// An edge that may be what is nearest to a point.
#[derive(Clone, Copy, Default)]
struct Open {
    lane: u32,
    edge: u32,
    link: u32,
    /// Once it is measured.
    distance: f64,
}

/// What is known of four points.
#[derive(Default)]
pub(super) struct Four {
    /// Not those of points by themselves, as less is near these.
    waves: Waves,
    /// Only the first `count` count.
    seen: Counted<Seen>,
    count: usize,
    open: Counted<Open>,
    /// How many of these count.
    opened: usize,
    /// The distance of each point, and the first link that is so near.
    nearest: [f64; 4],
    links: [u32; 4],
    /// Bits of the points that have more such links.
    tied: u32,
}

impl Four {
    /// Looks at a link; tells what its squared distance from each point is at most.
    #[inline(always)]
    fn look<V: Lanes>(&mut self, shapes: &Shapes, (number, link): (u32, Link), points: (V, V)) -> Result<V> {
        if self.count == self.seen.len() {
            self.seen.reserve(1)?;
            self.seen.push(Seen { number, leasts: [[0.0; 4]; MOST_EDGES as usize] });
        }
        let seen = &mut self.seen[self.count];
        seen.number = number;
        self.count += 1;
        Ok(squares_of_four(shapes, link, points, &mut seen.leasts))
    }

    /// Lists the edges whose squares may be within the bounds.
    #[inline(always)]
    fn list<V: Lanes>(&mut self, tree: &Tree, bounds: V) -> Result<()> {
        let room = (self.count * MOST_EDGES as usize + 1) * 4;
        if self.open.len() < room {
            self.open.reserve(room - self.open.len())?;
            self.open.resize(room, Open::default());
        }
        self.opened = 0;
        for seen in &self.seen[..self.count] {
            let link = tree.link(seen.number);
            for (edge, least) in (link.first..link.first + link.count).zip(&seen.leasts) {
                let least = V::load(least);
                let lanes = least.at_most(bounds) | !least.at_most(least) & 0xF;
                let packed = V::pack(&[0, 1, 2, 3], lanes);
                // All four are written, and the next over those that are not open.
                let four = &mut self.open[self.opened..self.opened + 4];
                for (open, lane) in four.iter_mut().zip(packed) {
                    *open = Open { lane: lane as u32, edge, link: seen.number, distance: 0.0 };
                }
                self.opened += lanes.count_ones() as usize;
            }
        }
        Ok(())
    }

    /// Measures these.
    #[inline(always)]
    fn measure<V: Lanes>(&mut self, shapes: &Shapes, points: &FourPoints) {
        for four in self.open[..self.opened].chunks_mut(4) {
            let (mut starts, mut ends, mut places) = ([[0.0; 2]; 4], [[0.0; 2]; 4], [[0.0; 2]; 4]);
            for (i, open) in four.iter().enumerate() {
                starts[i] = shapes.vertex(open.edge).into();
                ends[i] = shapes.vertex(open.edge + 1).into();
                places[i] = points.get(open.lane as usize).into();
            }
            let (start, end, place) = (V::load_pairs(&starts), V::load_pairs(&ends), V::load_pairs(&places));
            let (are_starts, are_ends) = Edge::new(start, end).nearest_ends(end, place);
            let mut nearest = starts;
            for i in 0..4 {
                nearest[i] = if are_ends >> i & 1 == 1 { ends[i] } else { starts[i] };
            }
            let (distances, sure) = to_vertices(V::load_pairs(&nearest), place);
            let known = (are_starts | are_ends) & sure;
            for (i, open) in four.iter_mut().enumerate() {
                open.distance = match known >> i & 1 {
                    1 => distances[i],
                    _ => distance(starts[i].into(), ends[i].into(), places[i].into()),
                };
            }
        }
    }

    /// Finds the nearest of them.
    #[inline(always)]
    fn choose(&mut self, max_distance: f64) {
        (self.nearest, self.links, self.tied) = ([max_distance; 4], [NO_LINK; 4], 0);
        for open in &self.open[..self.opened] {
            let lane = open.lane as usize;
            let (nearest, link) = (&mut self.nearest[lane], &mut self.links[lane]);
            if open.distance < *nearest || *link == NO_LINK && open.distance <= *nearest {
                (*nearest, *link) = (open.distance, open.link);
                self.tied &= !(1 << lane);
            } else if open.distance == *nearest && open.link != *link {
                self.tied |= 1 << lane;
            }
        }
    }
}

impl Search {
    /// Finds the polygons nearest to four points, of which some may be the same, that are inside of none. False where they are
    /// better asked about one by one: where nothing is known to begin with, boxes say little, or much is near.
    #[inline(always)]
    pub(in super::super) fn find_four<V: Lanes>(&mut self, question: &Question<'_>, four: &FourPoints) -> Result<bool> {
        let Question { shapes, tree, .. } = *question;
        let Some(&seed) = self.seeds.first().filter(|_| !tree.has_slabs()) else { return Ok(false) };
        let (points, hull) = ((V::load(&four.x), V::load(&four.y)), four.hull());
        self.four.count = 0;
        let square = self.four.look(shapes, (seed, tree.link(seed)), points)?;
        let bounds = Limit::above(square).min(V::splat(question.limit()));
        let mut company = Company { points, hull, bounds, most: most(bounds.store()) };
        let (width, height) = (hull[2] - hull[0], hull[3] - hull[1]);
        if width * width + height * height > ACROSS * ACROSS * company.most {
            return Ok(false);
        }
        let Some(count) = self.four.waves.find::<V>(tree, &mut self.entry, company) else { return Ok(false) };
        for i in 0..count {
            expect(shapes, tree.link(self.four.waves.link(i)));
        }
        for i in 0..count {
            let number = self.four.waves.link(i);
            if number != seed && company.has_near(tree.bounds_of(number as usize)) {
                let square = self.four.look(shapes, (number, tree.link(number)), points)?;
                company.bounds = Limit::above(square).min(company.bounds);
            }
        }
        self.four.list(tree, company.bounds)?;
        self.four.measure::<V>(shapes, four);
        self.four.choose(question.max_distance);
        // For the next.
        self.seeds.truncate(1);
        let [.., last] = self.four.links;
        self.seeds[0] = if last == NO_LINK { seed } else { last };
        Ok(true)
    }

    /// Puts the polygons nearest to one of the four points into `neighbours`.
    #[inline(always)]
    pub(in super::super) fn take_of_four(&mut self, question: &Question<'_>, lane: usize) -> Result<()> {
        let Search { neighbours, four, .. } = self;
        let (distance, link) = (four.nearest[lane], four.links[lane]);
        let neighbour = |link| Neighbour { distance, polygon: question.tree.link(link).polygon as i32 };
        neighbours.clear();
        if four.tied >> lane & 1 == 1 {
            let is_one = |open: &&Open| open.lane as usize == lane && open.distance == distance;
            let all = four.open[..four.opened].iter().filter(is_one);
            neighbours.reserve(four.opened)?;
            neighbours.extend(all.map(|open| neighbour(open.link)));
            question.keep_different(neighbours);
        } else if link != NO_LINK {
            neighbours.reserve(1)?;
            neighbours.push(neighbour(link));
        }
        Ok(())
    }
}
