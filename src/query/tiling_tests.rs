//! Tilings: every point has one owner, most of all those on vertices and edges.

use std::collections::BTreeMap;

use super::*;
use crate::index::Uses;
use crate::run::Run;
use crate::testing::{Columns, Random, Ring, Table, runs};

type Point = (f64, f64);
type Triangle = [Point; 3];

/// Squares along a side of a tiling.
const SIDE: usize = 6;

/// The place at a fraction of the way; exact for the few bits that these coordinates have.
fn between(a: Point, b: Point, fraction: f64) -> Point {
    (a.0 + (b.0 - a.0) * fraction, a.1 + (b.1 - a.1) * fraction)
}

fn turns_left([a, b, c]: Triangle) -> bool {
    (b.0 - a.0) * (c.1 - a.1) > (b.1 - a.1) * (c.0 - a.0)
}

/// Cuts a triangle from a corner to a place on the other side, and again, whatever its neighbours do.
fn split(random: &mut Random, triangle: Triangle, depth: usize, pieces: &mut Vec<Triangle>) {
    if depth == 0 || random.below(5) == 0 {
        pieces.push(triangle);
        return;
    }
    let first = random.below(3);
    let [a, b, c] = std::array::from_fn(|i| triangle[(first + i) % 3]);
    let cut = between(a, b, (1 + random.below(3)) as f64 * 0.25);
    split(random, [a, cut, c], depth - 1, pieces);
    split(random, [cut, b, c], depth - 1, pieces);
}

/// The outline of triangles: sides that two of them share fall away, unless one of them was cut there.
fn outline(triangles: &[Triangle]) -> Vec<Ring> {
    let key = |p: Point| (p.0.to_bits(), p.1.to_bits());
    let mut ways = BTreeMap::new();
    for [a, b, c] in triangles {
        for (from, to) in [(a, b), (b, c), (c, a)] {
            if ways.remove(&(key(*to), key(*from))).is_none() {
                ways.insert((key(*from), key(*to)), (*from, *to));
            }
        }
    }
    let mut rings = Vec::new();
    while let Some((_, (start, mut end))) = ways.pop_first() {
        let mut ring = vec![start];
        while end != start {
            ring.push(end);
            let next =
                *ways.range((key(end), (0, 0))..).next().expect("as many ways lead away from a place as to it").0;
            end = ways.remove(&next).expect("it was just seen").1;
        }
        rings.push(ring);
    }
    rings
}

/// A square of irregular polygons, in units of its squares from 0 to SIDE.
fn tiling(random: &mut Random) -> Vec<Vec<Ring>> {
    let shift = random.below(4) as f64 / 8.0;
    let mut place = |i: usize, j: usize| {
        let mut along = |i: usize| {
            if i.is_multiple_of(SIDE) { i as f64 } else { i as f64 + shift * (random.below(3) as f64 - 1.0) }
        };
        (along(i), along(j))
    };
    let places: Vec<Vec<Point>> = (0..=SIDE).map(|j| (0..=SIDE).map(|i| place(i, j)).collect()).collect();
    let mut pieces = Vec::new();
    for j in 0..SIDE {
        for i in 0..SIDE {
            let [a, b, c, d] = [places[j][i], places[j][i + 1], places[j + 1][i + 1], places[j + 1][i]];
            let halves = [[a, b, c], [a, c, d]];
            let halves = if halves.into_iter().all(turns_left) { halves } else { [[b, c, d], [b, d, a]] };
            for half in halves {
                let depth = random.below(7);
                split(random, half, depth, &mut pieces);
            }
        }
    }
    let mut polygons = Vec::new();
    let mut rest = &pieces[..];
    while !rest.is_empty() {
        let (of_one, others) = rest.split_at((1 + random.below(6)).min(rest.len()));
        polygons.push(outline(of_one));
        rest = others;
    }
    polygons
}

/// `count` points on vertices, on edges, beside them, and of a lattice.
fn probes(random: &mut Random, polygons: &[Vec<Ring>], count: usize) -> Vec<Point> {
    let rings: Vec<&Ring> = polygons.iter().flatten().collect();
    let lattice = |random: &mut Random| (random.below(8 * SIDE + 3) as f64 - 1.0) / 8.0;
    let nudged = |random: &mut Random, value: f64| [value, value.next_up(), value.next_down()][random.below(3)];
    let edge = |random: &mut Random| {
        let ring = rings[random.below(rings.len())];
        let at = random.below(ring.len());
        (ring[at], ring[(at + 1) % ring.len()])
    };
    let point = |random: &mut Random| {
        let (a, b) = edge(random);
        match random.below(6) {
            0 => a,
            1 => between(a, b, (1 + random.below(7)) as f64 / 8.0),
            2 => (lattice(random), lattice(random)),
            3 => (a.0, edge(random).0.1),
            4 => (lattice(random), a.1),
            _ => {
                let (x, y) = between(a, b, random.below(9) as f64 / 8.0);
                (nudged(random, x), nudged(random, y))
            }
        }
    };
    (0..count).map(|_| point(random)).collect()
}

/// Asks for the owners of so many thousand points.
fn check(seed: u64, thousands: usize) {
    const POINTS: usize = 20_000;
    let mut random = Random(seed);
    let (mut owned, mut polygon_count, mut shared) = (0, 0, 0);
    for round in 0..thousands * 1000 / POINTS {
        let polygons = tiling(&mut random);
        let points = probes(&mut random, &polygons, POINTS);
        // Along the lines of the index's squares, across them, large and small.
        let (origin, exponent) = [(0.0, 0), (-3.0, -1), (1021.0, 0), (-2.5, 400), (0.0, -400)][round % 5];
        let scale = 2f64.powi(exponent);
        let moved = |(x, y): Point| ((x + origin) * scale, (y + origin) * scale);
        let moved_rings =
            |rings: &Vec<Ring>| vec![rings.iter().map(|r| r.iter().copied().map(moved).collect()).collect()];
        let table = Table::new(&polygons.iter().map(moved_rings).collect::<Vec<_>>());
        let points = Columns::new(points.into_iter().map(moved));
        let (start, end) = moved((0.0, SIDE as f64));
        let is_in = |i: usize| [points.x[i], points.y[i]].iter().all(|v| (start..end).contains(v));
        let mut first: Option<Vec<i32>> = None;
        for run in runs() {
            let uses = Uses { centers: false, insides: true, distances: false };
            let index = Index::build(&table.view(), uses, &run).unwrap();
            let owners = find(&index, &points.points(), Relation::Owns, Wanted::all(false), &run).unwrap();
            for (i, ends) in owners.offsets().windows(2).enumerate() {
                let at = (points.x[i], points.y[i]);
                assert_eq!(ends[1] - ends[0], i64::from(is_in(i)), "round {round} {:?}: {at:?}", run.level);
            }
            let want = first.get_or_insert_with(|| owners.polygons().to_vec());
            assert_eq!(owners.polygons(), want, "round {round} {:?}", run.level);
        }
        let index = Index::build(&table.view(), Uses::ALL, &Run::default()).unwrap();
        let mut covers = vec![0; POINTS];
        count(&index, &points.points(), Relation::Covers, &Run::default(), &mut covers).unwrap();
        shared += covers.iter().filter(|&&n| n > 1).count();
        owned += (0..POINTS).filter(|&i| is_in(i)).count();
        polygon_count += polygons.len();
    }
    println!("{owned} points have one owner each of {polygon_count} polygons; {shared} are on the border of several");
    assert!(owned > thousands * 900 && shared > thousands * 300);
}

#[test]
fn tilings_have_one_owner_for_every_point() {
    check(51, 100);
}

#[test]
#[ignore = "takes minutes"]
fn long_run_of_tilings() {
    check(52, 11_000);
}
