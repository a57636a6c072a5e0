//! Which one of the polygons a point matches?

use super::ask::ask;
use super::close::Candidate;
use super::{Asked, Four, Matches, Order, Ranked, Relate, Relation, Verb};
use crate::coords::Points;
use crate::error::Result;
use crate::index::Index;
use crate::index::strips::GROUP;
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
    order.check(index)?;
    let is_close = matches!(relation, Relation::Close { .. });
    match order {
        Order::Polygon => match relation {
            // Matches come lowest first.
            Relation::Covers | Relation::Contains | Relation::Owns => {
                ask(index, points, relation, false, First, run, out)
            }
            _ => ask(index, points, relation, false, Smallest { key: Row }, run, out),
        },
        Order::Area => {
            let key = match is_close {
                true => Area { of_groups: &index.centers()?.areas, of_polygons: &[] },
                false => Area { of_groups: &[], of_polygons: &index.insides()?.areas },
            };
            ask(index, points, relation, false, Smallest { key }, run, out)
        }
        Order::Priority(values) => ask(index, points, relation, false, Smallest { key: Priority(values) }, run, out),
        Order::Distance => ask(index, points, relation, true, Nearest { centers: None }, run, out),
        Order::Center => {
            let centers = if is_close { &[][..] } else { &index.insides()?.centers };
            ask(index, points, relation, false, Nearest { centers: Some(centers) }, run, out)
        }
    }
}

/// The first match, where matches come lowest first.
#[derive(Clone, Copy)]
struct First;

struct FirstSeen(Option<(i32, f64)>);

impl Matches for FirstSeen {
    #[inline(always)]
    fn add(&mut self, polygon: i32, _: f64) -> bool {
        self.0 = Some((polygon, polygon.into()));
        false
    }
}

impl Verb<Ranked<'_>> for First {
    const TAKES_SINGLES: bool = true;

    type Extra = ();

    #[inline(always)]
    fn answer<V: Lanes, R: Relate>(
        self,
        mut asked: Asked<'_, R>,
        row: usize,
        out: &mut Ranked<'_>,
        _: &mut (),
    ) -> Result<()> {
        let mut first = FirstSeen(None);
        asked.feed::<V>(&mut first)?;
        out.set(row, 0, first.0);
        Ok(())
    }

    #[inline(always)]
    fn answer_singles(self, row: usize, polygons: &[i32], out: &mut Ranked<'_>, _: &mut ()) -> Result<()> {
        out.set_all(row, polygons, f64::from);
        Ok(())
    }
}

/// A number that each polygon brings along.
trait Key: Copy + Sync {
    /// The number of a polygon.
    fn of(self, polygon: i32) -> f64;

    /// The same where the polygon is member `lane` of a group of centers.
    #[inline(always)]
    fn of_member(self, polygon: i32, _group: usize, _lane: usize) -> f64 {
        self.of(polygon)
    }

    /// The members of a group whose numbers may be `least` or less.
    #[inline(always)]
    fn at_most<V: Lanes>(self, _group: usize, _least: f64) -> u32 {
        u32::MAX
    }
}

#[derive(Clone, Copy)]
struct Row;

#[derive(Clone, Copy)]
struct Area<'a> {
    of_groups: &'a [[f64; GROUP]],
    of_polygons: &'a [f64],
}

/// By polygon.
#[derive(Clone, Copy)]
struct Priority<'a>(&'a [f64]);

impl Key for Row {
    #[inline(always)]
    fn of(self, polygon: i32) -> f64 {
        polygon.into()
    }
}

impl Key for Area<'_> {
    #[inline(always)]
    fn of(self, polygon: i32) -> f64 {
        self.of_polygons[polygon as usize]
    }

    #[inline(always)]
    fn of_member(self, _: i32, group: usize, lane: usize) -> f64 {
        self.of_groups[group][lane]
    }

    #[inline(always)]
    fn at_most<V: Lanes>(self, group: usize, least: f64) -> u32 {
        V::load(&self.of_groups[group]).at_most(V::splat(least))
    }
}

impl Key for Priority<'_> {
    #[inline(always)]
    fn of(self, polygon: i32) -> f64 {
        self.0[polygon as usize]
    }
}

/// The match with the smallest key.
#[derive(Clone, Copy)]
struct Smallest<K> {
    key: K,
}

struct SmallestSoFar<K> {
    key: K,
    best: Option<(i32, f64)>,
}

impl<K> SmallestSoFar<K> {
    #[inline(always)]
    fn offer(&mut self, polygon: i32, value: f64) {
        if self.best.is_none_or(|(best, least)| value < least || (value == least && polygon < best)) {
            self.best = Some((polygon, value));
        }
    }
}

impl<K: Key> Matches for SmallestSoFar<K> {
    #[inline(always)]
    fn add_four<V: Lanes>(&mut self, four: Four<'_, V>) -> bool {
        let least = self.best.map_or(f64::INFINITY, |(_, least)| least);
        let mut left = four.mask & self.key.at_most::<V>(four.at, least);
        while left != 0 {
            let lane = left.trailing_zeros() as usize % GROUP;
            left &= left - 1;
            let polygon = four.ids[lane];
            self.offer(polygon, self.key.of_member(polygon, four.at, lane));
        }
        true
    }

    #[inline(always)]
    fn add(&mut self, polygon: i32, _: f64) -> bool {
        self.offer(polygon, self.key.of(polygon));
        true
    }
}

impl<K: Key> Verb<Ranked<'_>> for Smallest<K> {
    const TAKES_SINGLES: bool = true;

    type Extra = ();

    #[inline(always)]
    fn answer<V: Lanes, R: Relate>(
        self,
        mut asked: Asked<'_, R>,
        row: usize,
        out: &mut Ranked<'_>,
        _: &mut (),
    ) -> Result<()> {
        let mut smallest = SmallestSoFar { key: self.key, best: None };
        asked.feed::<V>(&mut smallest)?;
        out.set(row, 0, smallest.best);
        Ok(())
    }

    #[inline(always)]
    fn answer_singles(self, row: usize, polygons: &[i32], out: &mut Ranked<'_>, _: &mut ()) -> Result<()> {
        out.set_all(row, polygons, |polygon| self.key.of(polygon));
        Ok(())
    }
}

/// The match with the nearest center, or, without `centers` (by polygon), the nearest polygon.
#[derive(Clone, Copy)]
struct Nearest<'a> {
    centers: Option<&'a [[f64; 2]]>,
}

struct NearestSoFar<'a> {
    point: (f64, f64),
    centers: Option<&'a [[f64; 2]]>,
    /// Of centers.
    best: Option<Candidate>,
    /// Of polygons.
    nearest: SmallestSoFar<()>,
}

impl NearestSoFar<'_> {
    #[inline(always)]
    fn offer(&mut self, candidate: Candidate) {
        if self.best.is_none_or(|best| candidate.beats(&best, self.point)) {
            self.best = Some(candidate);
        }
    }
}

impl Matches for NearestSoFar<'_> {
    #[inline(always)]
    fn add_four<V: Lanes>(&mut self, four: Four<'_, V>) -> bool {
        let squares = four.squares.store();
        let mut left = four.mask;
        while left != 0 {
            let lane = left.trailing_zeros() as usize % GROUP;
            left &= left - 1;
            self.offer(Candidate::new(four.group, four.ids, squares, lane));
        }
        true
    }

    #[inline(always)]
    fn add(&mut self, polygon: i32, distance: f64) -> bool {
        match self.centers {
            Some(centers) => self.offer(Candidate::at(centers[polygon as usize].into(), polygon, self.point)),
            None => self.nearest.offer(polygon, distance),
        }
        true
    }
}

impl Verb<Ranked<'_>> for Nearest<'_> {
    type Extra = ();

    #[inline(always)]
    fn answer<V: Lanes, R: Relate>(
        self,
        mut asked: Asked<'_, R>,
        row: usize,
        out: &mut Ranked<'_>,
        _: &mut (),
    ) -> Result<()> {
        let point = asked.point();
        let nearest = SmallestSoFar { key: (), best: None };
        let mut so_far = NearestSoFar { point, centers: self.centers, best: None, nearest };
        asked.feed::<V>(&mut so_far)?;
        out.set(row, 0, so_far.best.map(|best| (best.id, best.distance(point))).or(so_far.nearest.best));
        Ok(())
    }
}
