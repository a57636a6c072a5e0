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
        Order::Polygon => ask(index, points, Smallest { reach, key: Key::Row }, run, out).map(drop),
        Order::Area => ask(index, points, Smallest { reach, key: Key::Of(index.areas()) }, run, out).map(drop),
        Order::Priority(values) => ask(index, points, Smallest { reach, key: Key::Of(values) }, run, out).map(drop),
        Order::Distance => ask(index, points, Nearest { reach }, run, out).map(drop),
    }
}

/// A number that each polygon brings along.
#[derive(Clone, Copy)]
enum Key<'a> {
    Row,
    Of(&'a [f64]),
}

/// The match with the smallest key.
#[derive(Clone, Copy)]
struct Smallest<'a> {
    reach: Reach,
    key: Key<'a>,
}

struct SmallestSoFar<'a> {
    key: Key<'a>,
    best: Option<(i32, f64)>,
}

impl Matches for SmallestSoFar<'_> {
    #[inline(always)]
    fn add<V: Lanes>(&mut self, _: &Index, _: usize, ids: &Ids, mask: u32, _: V) -> bool {
        let mut left = mask;
        while left != 0 {
            let polygon = ids[left.trailing_zeros() as usize % GROUP];
            left &= left - 1;
            let value = match self.key {
                Key::Row => polygon.into(),
                Key::Of(values) => values[polygon as usize],
            };
            if self.best.is_none_or(|(best, least)| value < least || (value == least && polygon < best)) {
                self.best = Some((polygon, value));
            }
        }
        true
    }
}

impl Verb<Ranked<'_>> for Smallest<'_> {
    type Extra = ();

    #[inline(always)]
    fn answer<V: Lanes>(self, index: &Index, x: &[f64], y: &[f64], out: &mut Ranked<'_>, _: &mut ()) -> Result<()> {
        for (row, (&x, &y)) in x.iter().zip(y).enumerate() {
            let mut smallest = SmallestSoFar { key: self.key, best: None };
            self.reach.visit::<V>(index, x, y, &mut smallest);
            out.set(row, 0, smallest.best);
        }
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
    fn answer<V: Lanes>(self, index: &Index, x: &[f64], y: &[f64], out: &mut Ranked<'_>, _: &mut ()) -> Result<()> {
        for (row, (&x, &y)) in x.iter().zip(y).enumerate() {
            let mut nearest = NearestSoFar { point: (x, y), best: None };
            self.reach.visit::<V>(index, x, y, &mut nearest);
            out.set(row, 0, nearest.best.map(|best| (best.id, best.distance((x, y)))));
        }
        Ok(())
    }
}
