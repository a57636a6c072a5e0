//! Which one of the polygons a point matches?

use super::close::{Candidate, Reach};
use super::{Matches, Order, Ranked, Relation, Verb, ask};
use crate::coords::Points;
use crate::error::Result;
use crate::index::Index;
use crate::index::strips::{GROUP, Ids};
use crate::run::Run;
use crate::simd::Lanes;

/// The best match of each point, with what the order compares: row, distance, area or priority. `out` has one element per
/// point; it is untouched when arguments are refused.
pub fn best(
    index: &Index,
    points: &Points<'_>,
    relation: Relation,
    order: Order<'_>,
    run: &Run<'_>,
    out: Ranked<'_>,
) -> Result<()> {
    relation.check()?;
    order.check(index)?;
    let Relation::Close { distance } = relation;
    let reach = Reach::new(distance);
    match order {
        Order::Polygon => ask(index, points, Smallest { reach, key: Row }, run, out),
        Order::Area => ask(index, points, Smallest { reach, key: Area(index.areas()) }, run, out),
        Order::Priority(values) => ask(index, points, Smallest { reach, key: Priority(values) }, run, out),
        Order::Distance => ask(index, points, Nearest { reach }, run, out),
    }
}

/// A number that each polygon brings along.
trait Key: Copy + Sync {
    /// The number of `polygon`, which is member `i` of a group.
    fn of(self, polygon: i32, group: usize, i: usize) -> f64;
}

#[derive(Clone, Copy)]
struct Row;

/// In the order of the groups.
#[derive(Clone, Copy)]
struct Area<'a>(&'a [[f64; GROUP]]);

/// By polygon.
#[derive(Clone, Copy)]
struct Priority<'a>(&'a [f64]);

impl Key for Row {
    #[inline(always)]
    fn of(self, polygon: i32, _: usize, _: usize) -> f64 {
        polygon.into()
    }
}

impl Key for Area<'_> {
    #[inline(always)]
    fn of(self, _: i32, group: usize, i: usize) -> f64 {
        self.0[group][i]
    }
}

impl Key for Priority<'_> {
    #[inline(always)]
    fn of(self, polygon: i32, _: usize, _: usize) -> f64 {
        self.0[polygon as usize]
    }
}

/// The match with the smallest key.
#[derive(Clone, Copy)]
struct Smallest<K> {
    reach: Reach,
    key: K,
}

struct SmallestSoFar<K> {
    key: K,
    best: Option<(i32, f64)>,
}

impl<K: Key> Matches for SmallestSoFar<K> {
    #[inline(always)]
    fn add<V: Lanes>(&mut self, _: &Index, group: usize, ids: &Ids, mask: u32, _: V) -> bool {
        let mut left = mask;
        while left != 0 {
            let i = left.trailing_zeros() as usize % GROUP;
            left &= left - 1;
            let polygon = ids[i];
            let value = self.key.of(polygon, group, i);
            if self.best.is_none_or(|(best, least)| value < least || (value == least && polygon < best)) {
                self.best = Some((polygon, value));
            }
        }
        true
    }
}

impl<K: Key> Verb<Ranked<'_>> for Smallest<K> {
    type Extra = ();

    #[inline(always)]
    fn answer<V: Lanes>(
        self,
        index: &Index,
        point: (f64, f64),
        row: usize,
        out: &mut Ranked<'_>,
        _: &mut (),
    ) -> Result<()> {
        let mut smallest = SmallestSoFar { key: self.key, best: None };
        self.reach.visit::<V>(index, point, &mut smallest);
        out.set(row, 0, smallest.best);
        Ok(())
    }
}

/// The match with the nearest center.
#[derive(Clone, Copy)]
struct Nearest {
    reach: Reach,
}

struct NearestSoFar {
    point: (f64, f64),
    best: Option<Candidate>,
}

impl Matches for NearestSoFar {
    #[inline(always)]
    fn add<V: Lanes>(&mut self, index: &Index, group: usize, ids: &Ids, mask: u32, squares: V) -> bool {
        let group = index.centers().group(group);
        let squares = squares.store();
        let mut left = mask;
        while left != 0 {
            let i = left.trailing_zeros() as usize % GROUP;
            left &= left - 1;
            let candidate = Candidate { square: squares[i], center: (group.x[i], group.y[i]), id: ids[i] };
            if self.best.is_none_or(|best| candidate.beats(&best, self.point)) {
                self.best = Some(candidate);
            }
        }
        true
    }
}

impl Verb<Ranked<'_>> for Nearest {
    type Extra = ();

    #[inline(always)]
    fn answer<V: Lanes>(
        self,
        index: &Index,
        point: (f64, f64),
        row: usize,
        out: &mut Ranked<'_>,
        _: &mut (),
    ) -> Result<()> {
        let mut nearest = NearestSoFar { point, best: None };
        self.reach.visit::<V>(index, point, &mut nearest);
        out.set(row, 0, nearest.best.map(|best| (best.id, best.distance(point))));
        Ok(())
    }
}
