//! Tallies beside the pairs that they do not keep.

use std::cell::Cell;
use std::sync::atomic::AtomicI32;

use super::*;
use crate::index::Uses;
use crate::memory::within;
use crate::run::{Progress, Run};
use crate::tally::{Count, Measure, Tally};
use crate::testing::{Columns, Random, Table, runs};

/// Squares here and there, many of them over others.
fn squares(random: &mut Random, count: usize) -> Index {
    let squares: Vec<_> = (0..count)
        .map(|_| {
            let (x, y, side) = (random.unit() * 20.0, random.unit() * 20.0, random.unit() * 4.0);
            vec![vec![vec![(x, y), (x + side, y), (x + side, y + side), (x, y + side)]]]
        })
        .collect();
    Index::build(&Table::new(&squares).view(), Uses::ALL, &Run::default()).unwrap()
}

const GROUPS: usize = 3;

/// Points with values, some of which are missing, and groups, some of which are none.
struct Batch {
    places: Columns,
    values: Vec<f64>,
    groups: Vec<i32>,
}

impl Batch {
    fn new(random: &mut Random, count: usize) -> Self {
        let places = Columns::new((0..count).map(|_| (random.unit() * 22.0 - 1.0, random.unit() * 22.0 - 1.0)));
        let value = |random: &mut Random| match random.below(10) {
            0 => f64::NAN,
            // Whole numbers of a unit, up to the 30th power of two in either direction.
            _ => (random.bits() as i32) as f64 * 2f64.powi(-20),
        };
        let values = (0..count).map(|_| value(random)).collect();
        let groups = (0..count).map(|_| random.below(GROUPS + 1) as i32 - 1).collect();
        Batch { places, values, groups }
    }

    fn attributes(&self) -> Attributes<'_> {
        Attributes { values: Some(&self.values), groups: Some(&self.groups) }
    }

    /// The points from `start` on, but for those from `end` on.
    fn part(&self, start: usize, end: usize) -> Batch {
        let places = Columns { x: self.places.x[start..end].to_vec(), y: self.places.y[start..end].to_vec() };
        Batch { places, values: self.values[start..end].to_vec(), groups: self.groups[start..end].to_vec() }
    }
}

/// All columns, as bits.
fn columns(tally: &Tally) -> Vec<u64> {
    let (run, mut counts, mut values) = (Run::default(), vec![7; tally.rows()], vec![7.0; tally.rows()]);
    let mut all = Vec::new();
    for count in [Count::Points, Count::Values] {
        tally.counts(count, &run, &mut counts).unwrap();
        all.extend(&counts);
    }
    for measure in [Measure::Sum, Measure::Mean, Measure::Min, Measure::Max] {
        tally.measures(measure, &run, &mut values).unwrap();
        all.extend(values.iter().map(|value| value.to_bits()));
    }
    all
}

/// The same of pairs of a point and a polygon, with sums of whole numbers.
fn columns_of_pairs(rows: usize, batch: &Batch, pairs: &[(usize, i32)]) -> Vec<u64> {
    let (mut points, mut counts, mut units) = (vec![0; rows], vec![0; rows], vec![0i128; rows]);
    let (mut least, mut most) = (vec![f64::NAN; rows], vec![f64::NAN; rows]);
    for &(point, polygon) in pairs.iter().filter(|&&(point, _)| batch.groups[point] != NONE) {
        let (row, value) = (polygon as usize * GROUPS + batch.groups[point] as usize, batch.values[point]);
        points[row] += 1;
        if !value.is_nan() {
            counts[row] += 1;
            units[row] += (value * 2f64.powi(20)) as i128;
            (least[row], most[row]) = (value.min(least[row]), value.max(most[row]));
        }
    }
    let sums: Vec<f64> = units.iter().map(|&sum| sum as f64 * 2f64.powi(-20)).collect();
    let mean = |(&sum, &count): (&f64, &u64)| if count == 0 { f64::NAN } else { sum / count as f64 };
    let means: Vec<f64> = sums.iter().zip(&counts).map(mean).collect();
    let bits = [sums, means, least, most].into_iter().flatten().map(f64::to_bits);
    points.into_iter().chain(counts).chain(bits).collect()
}

const RELATIONS: [Relation; 5] = [
    Relation::Close { distance: 3.0 },
    Relation::Covers,
    Relation::Contains,
    Relation::Owns,
    Relation::Dwithin { distance: 1.0 },
];

#[test]
fn a_tally_is_what_its_pairs_come_to() {
    let mut random = Random(91);
    // So many that small tallies are added up in a second one.
    let most = 3000;
    for polygons in [1, 40, 400] {
        let index = squares(&mut random, polygons);
        let priorities: Vec<f64> = (0..index.len()).map(|_| random.below(4) as f64).collect();
        for count in [0, 1, most / 20, most] {
            let batch = Batch::new(&mut random, count);
            let points = batch.places.points();
            for relation in RELATIONS {
                let pairs = find(&index, &points, relation, Wanted::all(false), &Run::default()).unwrap();
                let ends = pairs.offsets();
                let all: Vec<_> = (0..count)
                    .flat_map(|i| pairs.polygons()[ends[i] as usize..ends[i + 1] as usize].iter().map(move |&p| (i, p)))
                    .collect();
                let mut tries = vec![(Which::All, all)];
                let orders =
                    [Order::Polygon, Order::Distance, Order::Center, Order::Area, Order::Priority(&priorities)];
                for order in orders {
                    let mut rows = vec![0; count];
                    let out = Ranked::new(1, &mut rows, None);
                    best(&index, &points, relation, order, &Run::default(), out).unwrap();
                    let found = rows.into_iter().enumerate().filter(|&(_, polygon)| polygon != NONE);
                    tries.push((Which::Best(order), found.collect()));
                }
                for (which, pairs) in tries {
                    let wanted = columns_of_pairs(index.len() * GROUPS, &batch, &pairs);
                    for run in runs() {
                        let mut made = Tally::new(index.len(), GROUPS).unwrap();
                        tally(&index, &points, batch.attributes(), relation, which, &run, &mut made).unwrap();
                        assert!(columns(&made) == wanted, "{relation:?}, {which:?}, {count} points");
                    }
                }
            }
        }
    }
}

#[test]
fn how_points_are_cut_into_calls_and_tallies_does_not_matter() {
    let mut random = Random(92);
    let index = squares(&mut random, 50);
    let mut batch = Batch::new(&mut random, 8000);
    // Of any size.
    for value in &mut batch.values {
        *value *= 2f64.powi(random.below(600) as i32 - 300);
    }
    let relation = Relation::Dwithin { distance: 1.0 };
    let add = |batch: &Batch, to: &mut Tally| {
        let (points, run) = (batch.places.points(), Run { workers: 2, ..Run::default() });
        tally(&index, &points, batch.attributes(), relation, Which::All, &run, to).unwrap();
    };
    let new = || Tally::new(index.len(), GROUPS).unwrap();
    let mut whole = new();
    add(&batch, &mut whole);
    let wanted = columns(&whole);
    for cuts in [1, 3, 40] {
        let mut starts: Vec<usize> = (0..cuts).map(|_| random.below(batch.values.len())).chain([0]).collect();
        starts.sort_unstable();
        let mut ends = starts[1..].to_vec();
        ends.push(batch.values.len());
        let mut parts: Vec<_> = starts.into_iter().zip(ends).map(|(start, end)| batch.part(start, end)).collect();
        parts.reverse();
        let (mut one, mut merged) = (new(), new());
        for part in &parts {
            add(part, &mut one);
            let mut other = new();
            add(part, &mut other);
            // Either way round.
            if random.below(2) == 0 {
                std::mem::swap(&mut other, &mut merged);
            }
            merged.merge(&other, &Run::default()).unwrap();
        }
        assert!(columns(&one) == wanted && columns(&merged) == wanted, "{cuts} cuts");
    }
}

#[test]
fn what_fails_or_is_stopped_adds_nothing() {
    let mut random = Random(93);
    let index = squares(&mut random, 50);
    let batch = Batch::new(&mut random, 30_000);
    let (points, serial) = (batch.places.points(), Run { workers: 1, ..Run::default() });
    let mut made = Tally::new(index.len(), GROUPS).unwrap();
    let add = |attributes: Attributes<'_>, points: &Points<'_>, run: &Run<'_>, to: &mut Tally| {
        tally(&index, points, attributes, Relation::Covers, Which::All, run, to)
    };
    add(batch.attributes(), &points, &serial, &mut made).unwrap();
    let before = columns(&made);
    let mut refused = |attributes: Attributes<'_>, points: &Points<'_>, run: &Run<'_>, kind, text: &str| {
        let error = add(attributes, points, run, &mut made).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains(text), "{error}");
        assert!(columns(&made) == before, "{error}");
    };
    let mut spoiled = batch.part(0, batch.values.len());
    spoiled.values[77] = f64::NEG_INFINITY;
    let said = "attributes.values[77] is not finite: -inf";
    refused(spoiled.attributes(), &points, &serial, Kind::Argument, said);
    for group in [GROUPS as i32, -2, i32::MIN, i32::MAX] {
        spoiled.groups[5] = group;
        let said = format!("attributes.groups[5] = {group} is not one of 3 groups, nor -1");
        refused(spoiled.attributes(), &points, &serial, Kind::Argument, &said);
    }
    let short = Attributes { values: Some(&batch.values[1..]), groups: Some(&batch.groups) };
    refused(short, &points, &serial, Kind::Argument, "attributes.values has");
    refused(Attributes::default(), &points, &serial, Kind::Argument, "attributes.groups is missing: tally has 3");
    spoiled.places.y[batch.values.len() - 1] = f64::NAN;
    refused(batch.attributes(), &spoiled.places.points(), &serial, Kind::Coordinate, "points.y[");
    let flag = AtomicI32::new(1);
    let cancelled = Run { cancel: Some(&flag), ..serial };
    refused(batch.attributes(), &points, &cancelled, Kind::Cancelled, "stopped");
    // At every moment when it tells.
    for last in 0..3 {
        let told = Cell::new(0);
        let tell = |_, _| {
            told.set(told.get() + 1);
            told.get() <= last
        };
        let progress = Progress::new(&tell);
        let run = Run { progress: Some(&progress), ..serial };
        let mut asked = Tally::new(index.len(), GROUPS).unwrap();
        add(batch.attributes(), &points, &serial, &mut asked).unwrap();
        // How often it tells depends on the time it takes.
        let Err(error) = add(batch.attributes(), &points, &run, &mut asked) else { break };
        assert_eq!(error.kind(), Kind::Cancelled, "{error}");
        assert!(columns(&asked) == before, "stopped when it was told {last} times");
    }
    within(Some(1000), || refused(batch.attributes(), &points, &serial, Kind::Limit, "run.max_bytes = 1000"));

    let other = squares(&mut random, 7);
    let mut few = Tally::new(other.len(), GROUPS).unwrap();
    let error = few.merge(&made, &serial).unwrap_err();
    assert_eq!(error.message(), "other has 50 polygons, tally has 7");
    let error = few.merge(&Tally::new(7, 1).unwrap(), &serial).unwrap_err();
    assert_eq!(error.message(), "other has 1 groups, tally has 3");
    let error = add(batch.attributes(), &points, &serial, &mut few).unwrap_err();
    assert_eq!(error.message(), "tally has 7 polygons, index has 50");
    assert_eq!(Tally::new(usize::MAX, 2).unwrap_err().kind(), Kind::Argument);
}
