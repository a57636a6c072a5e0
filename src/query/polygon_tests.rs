use super::*;
use crate::distance::{distance, is_within};
use crate::index::Uses;
use crate::predicates::orient::{is_left, is_on_edge};
use crate::run::Run;
use crate::testing::{Columns, Random, Ring, Table, runs};

type Point = (f64, f64);

/// A name, polygons, points and a distance.
type Scene = (String, Vec<Vec<Vec<Ring>>>, Columns, f64);

/// The edges of each polygon.
fn edges(polygons: &[Vec<Vec<Ring>>]) -> Vec<Vec<(Point, Point)>> {
    let of_ring = |ring: &Ring| {
        let next = ring.iter().cycle().skip(1).copied();
        ring.iter().copied().zip(next).take(ring.len()).collect::<Vec<_>>()
    };
    polygons.iter().map(|parts| parts.iter().flatten().flat_map(of_ring).collect()).collect()
}

fn is_inside(edges: &[(Point, Point)], p: Point) -> bool {
    let crosses = |&&(a, b): &&(Point, Point)| {
        let (low, high) = if a.1 <= b.1 { (a, b) } else { (b, a) };
        low.1 <= p.1 && p.1 < high.1 && !is_left(low, high, p)
    };
    edges.iter().filter(crosses).count() % 2 == 1
}

fn is_on(edges: &[(Point, Point)], p: Point) -> bool {
    edges.iter().any(|&(a, b)| is_on_edge(a, b, p))
}

fn matches(relation: Relation, edges: &[(Point, Point)], p: Point) -> bool {
    match relation {
        Relation::Covers => is_inside(edges, p) || is_on(edges, p),
        Relation::Contains => is_inside(edges, p) && !is_on(edges, p),
        Relation::Owns => is_inside(edges, p),
        Relation::Dwithin { distance } => {
            matches(Relation::Covers, edges, p) || edges.iter().any(|&(a, b)| is_within(a, b, p, distance))
        }
        Relation::Close { .. } => unreachable!(),
    }
}

fn to_polygon(edges: &[(Point, Point)], p: Point) -> f64 {
    match matches(Relation::Covers, edges, p) {
        true => 0.0,
        false => edges.iter().map(|&(a, b)| distance(a, b, p)).fold(f64::INFINITY, f64::min),
    }
}

/// Polygons, points and distances that are hard in some way.
fn scenes() -> Vec<Scene> {
    let mut random = Random(31);
    let mut scenes = Vec::new();
    for (round, scale) in [1.0, 1.0, 1e6, 1e-170, 2f64.powi(-1060), 1e160, 2f64.powi(1010)].into_iter().enumerate() {
        let grain = if round == 1 { 0.0 } else { 0.5 };
        let ring = |random: &mut Random, place: Point, radius: f64, n: usize| -> Ring {
            let round = |v: f64| if grain > 0.0 { (v / grain).round() * grain } else { v };
            let corner = |i: usize, r: f64| {
                let angle = i as f64 / n as f64 * std::f64::consts::TAU;
                (round(place.0 + r * angle.cos()) * scale, round(place.1 + r * angle.sin()) * scale)
            };
            (0..n).map(|i| corner(i, radius * (0.4 + 0.6 * random.unit()))).collect()
        };
        let polygons: Vec<Vec<Vec<Ring>>> = (0..24)
            .map(|i| {
                let parts = if i == 7 { 0 } else { 1 + random.below(2) };
                (0..parts)
                    .map(|_| {
                        let place = (random.unit() * 30.0 - 8.0, random.unit() * 30.0);
                        let n = 1 + random.below(36);
                        let mut rings = vec![ring(&mut random, place, 4.0, n)];
                        if random.below(2) == 0 {
                            rings.push(ring(&mut random, place, 1.0, 4));
                        }
                        rings
                    })
                    .collect()
            })
            .collect();
        let vertices: Vec<Point> = polygons.iter().flatten().flatten().flatten().copied().collect();
        let points = Columns::new((0..60).map(|_| {
            let (a, b) = (vertices[random.below(vertices.len())], vertices[random.below(vertices.len())]);
            match random.below(5) {
                0 => a,
                1 => (a.0, b.1),
                2 => ((a.0 + b.0) * 0.5, (a.1 + b.1) * 0.5),
                3 => (a.0.next_up(), a.1.next_down()),
                _ => ((random.unit() * 60.0 - 20.0) * scale, (random.unit() * 60.0 - 15.0) * scale),
            }
        }));
        scenes.push((format!("scale {scale:e}"), polygons, points, 1.5 * scale));
    }
    scenes.extend([((0.0, 0.0), 1.0), ((5e5, 4e6), 1e-3), ((0.0, 0.0), 1e-100)].map(|(at, scale)| needles(at, scale)));
    scenes
}

/// Long thin triangles aslant, all across each other, and a star among them: most points are in the boxes of most.
fn needles(at: Point, scale: f64) -> Scene {
    let mut random = Random(33);
    let place = |x: f64, y: f64| (at.0 + x * scale, at.1 + y * scale);
    let mut polygons: Vec<Vec<Vec<Ring>>> = (0..60)
        .map(|i| {
            let (angle, step) = (0.2 + 0.02 * f64::from(i), random.unit() * 4.0);
            let along = |t: f64, side: f64| {
                place(step + t * angle.cos() - side * angle.sin(), t * angle.sin() + side * angle.cos())
            };
            vec![vec![vec![along(-15.0, 0.0), along(15.0, 0.0), along(0.0, 0.01)]]]
        })
        .collect();
    let corner = |i: usize, r: f64| {
        let angle = i as f64 / 400.0 * std::f64::consts::TAU;
        place(3.0 + r * angle.cos(), r * angle.sin())
    };
    polygons.push(vec![vec![(0..400).map(|i| corner(i, if i % 2 == 0 { 9.0 } else { 0.01 })).collect()]]);
    let vertices: Vec<Point> = polygons.iter().flatten().flatten().flatten().copied().collect();
    let points = Columns::new((0..40).map(|i| {
        let (a, b) = (vertices[random.below(vertices.len())], vertices[random.below(vertices.len())]);
        match i % 3 {
            0 => (a.0.next_down(), a.1),
            1 => ((a.0 + b.0) * 0.5, (a.1 + b.1) * 0.5),
            _ => place(random.unit() * 40.0 - 20.0, random.unit() * 40.0 - 20.0),
        }
    }));
    (format!("needles {at:?} {scale:e}"), polygons, points, 0.02 * scale)
}

#[test]
fn needles_are_aslant() {
    for (at, scale) in [((0.0, 0.0), 1.0), ((5e5, 4e6), 1e-3), ((0.0, 0.0), 1e-100)] {
        let (_, polygons, _, reach) = needles(at, scale);
        let index = Index::build(&Table::new(&polygons).view(), Uses::ALL, &Run::default()).unwrap();
        assert!(index.tree().unwrap().is_aslant(reach));
    }
}

fn rows(pairs: &Pairs) -> Vec<Vec<i32>> {
    pairs.offsets().windows(2).map(|w| pairs.polygons()[w[0] as usize..w[1] as usize].to_vec()).collect()
}

#[test]
fn every_verb_of_every_relation_agrees_with_exact_arithmetic() {
    for (name, polygons, points, reach) in scenes() {
        let table = Table::new(&polygons);
        let edges = edges(&polygons);
        let (n, m) = (edges.len(), points.x.len());
        let at = |i: usize| (points.x[i], points.y[i]);
        let priority: Vec<f64> = (0..n).map(|i| ((i * 7) % 5) as f64).collect();
        let relations = [
            Relation::Covers,
            Relation::Contains,
            Relation::Owns,
            Relation::Dwithin { distance: reach },
            Relation::Dwithin { distance: 0.0 },
        ];
        for relation in relations {
            let row = |i: usize| (0..n).filter(|&j| matches(relation, &edges[j], at(i))).map(|j| j as i32).collect();
            let want: Vec<Vec<i32>> = (0..m).map(row).collect();
            for run in runs() {
                let index = Index::build(&table.view(), Uses::ALL, &run).unwrap();
                let view = points.points();
                let name = format!("{name} {relation:?} {:?}", run.level);
                let found = find(&index, &view, relation, Wanted::all(true), &run).unwrap();
                for (i, (got, want)) in rows(&found).iter().zip(&want).enumerate() {
                    assert_eq!(got, want, "{name}: point {i} at {:?}", at(i));
                    for (k, &j) in got.iter().enumerate() {
                        let given = found.distances().unwrap()[found.offsets()[i] as usize + k];
                        assert_eq!(given, to_polygon(&edges[j as usize], at(i)), "{name}: {:?}", at(i));
                    }
                }
                let plain = find(&index, &view, relation, Wanted::all(false), &run).unwrap();
                assert!(plain.distances().is_none() && rows(&plain) == want, "{name}");
                let mut counts = vec![9; m];
                count(&index, &view, relation, &run, &mut counts).unwrap();
                assert!(counts.iter().zip(&want).all(|(&c, row)| c as usize == row.len()), "{name}");
                let mut anys = vec![9; m];
                any(&index, &view, relation, &run, &mut anys).unwrap();
                assert!(anys.iter().zip(&want).all(|(&a, row)| a == u8::from(!row.is_empty())), "{name}");
                let check = |order: Order<'_>, key: &dyn Fn(usize, i32) -> f64| {
                    let (mut ids, mut values) = (vec![9; m], vec![9.0; m]);
                    best(&index, &view, relation, order, &run, Ranked::new(1, &mut ids, Some(&mut values))).unwrap();
                    for i in 0..m {
                        let least = want[i].iter().copied().min_by(|&a, &b| key(i, a).partial_cmp(&key(i, b)).unwrap());
                        assert_eq!(ids[i], least.unwrap_or(NONE), "{name} {order:?}: {:?}", at(i));
                        assert_eq!(values[i].is_nan(), least.is_none());
                    }
                };
                check(Order::Polygon, &|_, j| j.into());
                check(Order::Priority(&priority), &|_, j| priority[j as usize]);
                check(Order::Distance, &|i, j| to_polygon(&edges[j as usize], at(i)));
                let areas = crate::measure::area(&table.view(), &run).unwrap();
                check(Order::Area, &|_, j| areas[j as usize]);
            }
        }
    }
}

#[test]
fn the_nearest_polygons_agree_with_brute_force() {
    for scene in scenes() {
        check_nearest(scene, &[1, 3, 30]);
    }
}

#[test]
fn the_nearest_of_hostile_tables_agree_with_brute_force() {
    for scene in hostile_scenes() {
        check_nearest(scene, &[1, 2, 8, 100]);
    }
}

/// Tables that searching by boxes does not like, with more points than are answered as they come.
fn hostile_scenes() -> Vec<Scene> {
    let mut random = Random(37);
    let circle = |place: Point, radius: f64, n: usize, shape: &dyn Fn(usize) -> f64| -> Ring {
        let angle = |i: usize| i as f64 / n as f64 * std::f64::consts::TAU;
        let corner = |i| (place.0 + radius * shape(i) * angle(i).cos(), place.1 + radius * shape(i) * angle(i).sin());
        (0..n).map(corner).collect()
    };
    let round = |_: usize| 1.0;
    let spikes = |i: usize| if i.is_multiple_of(2) { 1.0 } else { 0.2 };
    let square = |place: Point, half: f64| -> Ring {
        [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]
            .map(|(x, y)| (place.0 + x * half, place.1 + y * half))
            .into()
    };
    let polygons =
        |rings: Vec<Ring>| -> Vec<Vec<Vec<Ring>>> { rings.into_iter().map(|ring| vec![vec![ring]]).collect() };
    let wave: Ring = (0..3000).map(|i| (f64::from(i) * 0.01, f64::from(i).sin())).collect();
    // Both sides of a long common border.
    let side = |y: f64| wave.iter().copied().chain([(30.0, y), (0.0, y)]).collect::<Ring>();
    let tables = [
        ("equal", polygons(vec![circle((0.0, 0.0), 3.0, 40, &spikes); 20])),
        ("nested", polygons((1..40).map(|i| square((0.0, 0.0), f64::from(i) * 0.5)).collect())),
        ("touching", polygons((0..30).map(|i| circle((f64::from(i % 6), f64::from(i / 6)), 0.5, 4, &round)).collect())),
        ("spikes", polygons(vec![circle((0.0, 0.0), 8.0, 6000, &spikes), square((1.0, 9.0), 1.0)])),
        ("one far", polygons(vec![square((1e6, -1e6), 1.0), square((0.0, 0.0), 1.0), square((3.0, 0.5), 1.0)])),
        ("border", polygons(vec![side(20.0), side(-20.0), square((40.0, 0.0), 2.0), side(-30.0)])),
        ("places", polygons((0..50).map(|i| vec![(f64::from(i % 7), f64::from(i % 5))]).collect())),
        ("none", Vec::new()),
    ];
    let scene = |(name, polygons): (&str, Vec<Vec<Vec<Ring>>>)| {
        let points = Columns::new((0..300).map(|i| match i % 10 {
            0 => (0.0, 0.0),
            1 => (random.below(8) as f64, random.below(8) as f64 * 0.5),
            2 => (1e5 * random.normal(), 1e5),
            3 => (random.unit() * 40.0, (random.unit() * 30.0).sin()),
            _ => (random.unit() * 40.0 - 10.0, random.unit() * 40.0 - 20.0),
        }));
        (name.to_owned(), polygons, points, 2.0)
    };
    tables.map(scene).into()
}

/// Asks for the k nearest, with and without a limit, and with ties.
fn check_nearest((name, polygons, points, reach): Scene, ks: &[usize]) {
    let table = Table::new(&polygons);
    let edges = edges(&polygons);
    let m = points.x.len();
    let at = |i: usize| (points.x[i], points.y[i]);
    let ranked: Vec<Vec<(f64, i32)>> = (0..m)
        .map(|i| {
            let measured = edges.iter().enumerate().filter(|(_, edges)| !edges.is_empty());
            let mut row: Vec<(f64, i32)> = measured.map(|(j, e)| (to_polygon(e, at(i)), j as i32)).collect();
            row.sort_by(|a, b| a.partial_cmp(b).unwrap());
            row
        })
        .collect();
    for run in runs() {
        let index = Index::build(&table.view(), Uses::ALL, &run).unwrap();
        for limit in [f64::INFINITY, reach] {
            for &k in ks {
                let name = format!("{name}, k = {k}, limit {limit:e}, {:?}", run.level);
                let (mut ids, mut distances) = (vec![9; m * k], vec![9.0; m * k]);
                let out = Ranked::new(k, &mut ids, Some(&mut distances));
                nearest_polygons(&index, &points.points(), k, limit, &run, out).unwrap();
                let ties = find_nearest_polygons(&index, &points.points(), k, limit, Wanted::all(true), &run).unwrap();
                for i in 0..m {
                    let within: Vec<_> = ranked[i].iter().filter(|(d, _)| *d <= limit).copied().collect();
                    for rank in 0..k {
                        let want = within.get(rank);
                        assert_eq!(ids[i * k + rank], want.map_or(NONE, |w| w.1), "{name}: {:?}", at(i));
                        let distance = distances[i * k + rank];
                        assert!(want.map_or(distance.is_nan(), |w| distance == w.0), "{name}: {:?}", at(i));
                    }
                    let last = within.get(k - 1).map_or(f64::INFINITY, |w| w.0);
                    let want: Vec<_> = within.iter().filter(|w| w.0 <= last).copied().collect();
                    let row = ties.offsets()[i] as usize..ties.offsets()[i + 1] as usize;
                    let got: Vec<_> = row.map(|at| (ties.distances().unwrap()[at], ties.polygons()[at])).collect();
                    assert_eq!(got, want, "{name} with ties: {:?}", at(i));
                }
            }
        }
    }
}

#[test]
fn a_hundred_thousand_spikes_all_as_near() {
    let n = 100_000;
    let corner = |i: u32, radius: f64| {
        let angle = f64::from(i) / f64::from(n) * std::f64::consts::TAU;
        (radius * angle.cos(), radius * angle.sin())
    };
    // A star, and a small square that is nearer to one of its spikes than to the others.
    let star: Ring = (0..n).map(|i| corner(i, if i % 2 == 0 { 100.0 } else { 30.0 })).collect();
    let table = Table::new(&[vec![vec![star.clone()]], vec![vec![vec![(101.0, 0.0), (102.0, 0.0), (102.0, 1.0)]]]]);
    let index = Index::build(&table.view(), Uses::ALL, &Run::default()).unwrap();
    let points = Columns::new((0..300).map(|i| corner(i * 331, 130.0)).chain([(100.5, 0.0), (0.0, 0.0)]));
    let (mut ids, mut distances) = (vec![9; 2 * points.x.len()], vec![9.0; 2 * points.x.len()]);
    let out = Ranked::new(2, &mut ids, Some(&mut distances));
    nearest_polygons(&index, &points.points(), 2, f64::INFINITY, &Run::default(), out).unwrap();
    let edges = edges(&[vec![vec![star]]]);
    for (i, row) in ids.chunks(2).enumerate().step_by(7) {
        let at = row.iter().position(|&id| id == 0).unwrap();
        assert_eq!(distances[2 * i + at], to_polygon(&edges[0], (points.x[i], points.y[i])));
    }
    assert_eq!((&ids[600..], &distances[600..]), (&[0, 1, 0, 1][..], &[0.5, 0.5, 0.0, 101.0][..]));
}

#[test]
fn an_index_says_what_it_was_built_without() {
    let table = Table::new(&[vec![vec![vec![(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)]]]]);
    let points = Columns::new([(0.1, 0.1)]);
    let run = Run::default();
    let ask = |uses, relation| {
        let index = Index::build(&table.view(), uses, &run).unwrap();
        count(&index, &points.points(), relation, &run, &mut [9]).map_err(|error| error.message().to_owned())
    };
    let centers = Uses::CENTERS;
    let insides = Uses { centers: false, insides: true, distances: false };
    let distances = Uses { centers: false, insides: false, distances: true };
    let close = Relation::Close { distance: 1.0 };
    let dwithin = Relation::Dwithin { distance: 1.0 };
    let refused = |what| Err(format!("index was built without {what}, which this question needs"));
    assert_eq!(ask(centers, Relation::Covers), refused("insides"));
    assert_eq!(ask(insides, close), refused("centers"));
    assert_eq!(ask(insides, dwithin), refused("distances"));
    assert_eq!(ask(distances, close), refused("centers"));
    for (uses, relation) in
        [(centers, close), (insides, Relation::Owns), (distances, Relation::Covers), (distances, dwithin)]
    {
        assert_eq!(ask(uses, relation), Ok(()));
    }
}

/// Small polygons in towns, one of them elsewhere, and a large one around the first towns.
fn towns(random: &mut Random, count: usize, elsewhere: (f64, f64)) -> Vec<Vec<Vec<Ring>>> {
    let mut polygons: Vec<Vec<Vec<Ring>>> = (0..count)
        .map(|i| {
            let place = match i {
                17 => elsewhere,
                _ => ((i % 7) as f64 * 3.0 + random.normal() * 0.3, (i % 5) as f64 * 2.0 + random.normal() * 0.3),
            };
            let snap = |v: f64| if i % 3 == 0 { (v * 64.0).round() / 64.0 } else { v };
            let corners = 3 + random.below(5);
            let corner = |k: usize| {
                let angle = k as f64 / corners as f64 * std::f64::consts::TAU;
                (snap(place.0 + 0.04 * angle.cos()), snap(place.1 + 0.04 * angle.sin()))
            };
            vec![vec![(0..corners).map(corner).collect()]]
        })
        .collect();
    let corner = |k: usize| {
        let (angle, radius) = (k as f64 / 300.0 * std::f64::consts::TAU, 3.0 + 0.1 * (k % 7) as f64);
        (radius * angle.cos(), radius * angle.sin())
    };
    polygons.push(vec![vec![(0..300).map(corner).collect()]]);
    polygons
}

#[test]
fn points_far_from_all_edges_are_found_inside_of_a_polygon_with_a_hole() {
    // The map leaves no point for the join, for which all polygons then are done, whichever the first is.
    let circle = |x: f64, radius: f64, edges: u32| -> Vec<_> {
        let angle = |i| std::f64::consts::TAU * f64::from(i) / f64::from(edges);
        (0..edges).map(|i| (x + radius * angle(i).cos(), radius * angle(i).sin())).collect()
    };
    let mut polygons = vec![vec![vec![circle(0.0, 1.0, 3000), circle(0.9, 0.01, 30)]]];
    for away in [3.0, 0.5] {
        for (x, y) in [(-away, -away), (away, -away), (-away, away), (away, away)] {
            polygons.push(vec![vec![vec![(x, y), (x + 0.01, y), (x, y + 0.01)]]]);
        }
    }
    let index = Index::build(&Table::new(&polygons).view(), Uses::ALL, &Run::default()).unwrap();
    let links = index.tree().unwrap().links();
    assert!(links.chunk_by(|a, b| a.polygon == b.polygon).filter(|chunk| chunk[0].polygon == 0).count() > 1);
    assert!(links[links.len() - 1].polygon != 0);
    let mut random = Random(41);
    let points = Columns::new((0..5000).map(|_| (random.unit() * 0.6 - 0.3, random.unit() * 0.6 - 0.3)));
    for run in runs() {
        let relation = Relation::Dwithin { distance: 0.01 };
        let found = find(&index, &points.points(), relation, Wanted::all(false), &run).unwrap();
        assert_eq!(found.polygons(), [0; 5000]);
    }
}

#[test]
fn few_points_many_points_and_points_in_one_place_agree() {
    for elsewhere in [(9e5, -4e6), (3.0, 2.0)] {
        few_points_and_many_agree(elsewhere);
    }
}

fn few_points_and_many_agree(elsewhere: (f64, f64)) {
    let mut random = Random(77);
    // So many that some hundred points are few.
    let polygons = towns(&mut random, 10_000, elsewhere);
    let table = Table::new(&polygons);
    let edges = edges(&polygons);
    let boxes: Vec<[f64; 4]> = edges
        .iter()
        .map(|edges| {
            let start = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
            edges.iter().fold(start, |[l, b, r, t], &((x, y), _)| [l.min(x), b.min(y), r.max(x), t.max(y)])
        })
        .collect();
    let somewhere = |random: &mut Random| {
        let edges = &edges[random.below(edges.len())];
        let (a, b) = edges[random.below(edges.len())];
        match random.below(4) {
            0 => a,
            1 => ((a.0 + b.0) * 0.5, (a.1 + b.1) * 0.5),
            2 => (a.0 + random.normal() * 0.05, a.1 + random.normal() * 0.05),
            _ => (random.unit() * 30.0 - 5.0, random.unit() * 15.0 - 5.0),
        }
    };
    let scattered = Columns::new((0..2000).map(|_| somewhere(&mut random)));
    let one_place = Columns::new(std::iter::repeat_n(somewhere(&mut random), 2000));
    let mut outlier = scattered.clone();
    (outlier.x[9], outlier.y[9]) = (-1e300, 1e300);
    let far = Columns::new((0..6000).map(|i| match i % 5 {
        0 => somewhere(&mut random),
        _ => (random.unit() * 40.0 - 10.0, random.unit() * 30.0 - 10.0),
    }));
    let run = Run { workers: 1, ..Run::default() };
    let index = Index::build(&table.view(), Uses { centers: false, insides: true, distances: true }, &run).unwrap();
    // The first half of these has a sample that is near, all of them not.
    let near_then_far = Columns::new((0..6000).map(|i| match i {
        ..2400 => edges[random.below(edges.len())][0].0,
        _ => (random.unit() * 40.0 - 10.0, random.unit() * 30.0 - 10.0),
    }));
    for (name, points) in [
        ("scattered", scattered),
        ("one place", one_place),
        ("outlier", outlier),
        ("far", far),
        ("near, then far", near_then_far),
    ] {
        for distance in [0.0, 0.004, 1.0 / 64.0, 0.2, 50.0] {
            // Where everything matches, less is enough.
            let is_moderate = distance < 1.0;
            let many = if is_moderate { points.x.len() } else { 400 };
            let ask = |range: std::ops::Range<usize>, run: &Run<'_>| {
                let part = Columns { x: points.x[range.clone()].to_vec(), y: points.y[range].to_vec() };
                find(&index, &part.points(), Relation::Dwithin { distance }, Wanted::all(is_moderate), run).unwrap()
            };
            let name = format!("{name} {distance} {elsewhere:?}");
            let all = ask(0..many, &run);
            for run in runs() {
                let again = ask(0..many, &run);
                assert!(again.offsets() == all.offsets() && again.polygons() == all.polygons(), "{name}");
                assert!(again.distances() == all.distances(), "{name}");
            }
            let (mut polygons, mut distances) = (Vec::new(), is_moderate.then(Vec::new));
            for start in (0..many).step_by(280) {
                let few = ask(start..(start + 280).min(many), &run);
                polygons.extend_from_slice(few.polygons());
                if let Some(distances) = &mut distances {
                    distances.extend_from_slice(few.distances().unwrap());
                }
            }
            assert!(all.polygons() == polygons && all.distances() == distances.as_deref(), "{name}");
            let mut counts = vec![9; many];
            let part = Columns { x: points.x[..many].to_vec(), y: points.y[..many].to_vec() };
            count(&index, &part.points(), Relation::Dwithin { distance }, &run, &mut counts).unwrap();
            let rows = rows(&all);
            assert!(counts.iter().zip(&rows).all(|(&count, row)| count as usize == row.len()), "{name}");
            for i in (0..many).step_by(if is_moderate { 40 } else { 300 }) {
                let p = (points.x[i], points.y[i]);
                let may = |&j: &usize| {
                    let [left, bottom, right, top] = boxes[j];
                    (left - p.0).max(p.0 - right).max(bottom - p.1).max(p.1 - top) <= distance * 1.001 + 1e-9
                };
                let is_match = |j: &usize| matches(Relation::Dwithin { distance }, &edges[*j], p);
                let want: Vec<i32> = (0..edges.len()).filter(may).filter(is_match).map(|j| j as i32).collect();
                assert_eq!(rows[i], want, "{name}: {p:?}");
            }
        }
    }
}

#[test]
fn points_near_polygons_of_many_short_links_agree_with_exact_arithmetic() {
    let mut random = Random(89);
    // Rings that are ragged, overlap, and have many links for each point: where these are shorter than the distance, the four of a node
    // are looked at together.
    let polygons: Vec<_> = (0..5)
        .map(|i| {
            let corners = 2_000 + 700 * i;
            let corner = |k: usize| (k as f64 / corners as f64 * std::f64::consts::TAU).sin_cos();
            let mut corner = |k: usize| {
                let (radius, (y, x)) = (9.0 + random.unit() * 0.4, corner(k));
                (6.0 * i as f64 + radius * x, radius * y)
            };
            vec![vec![(0..corners).map(&mut corner).collect()]]
        })
        .collect();
    let (table, edges) = (Table::new(&polygons), edges(&polygons));
    let index = Index::build(&table.view(), Uses::ALL, &Run::default()).unwrap();
    let links = index.tree().unwrap().links().len();
    let points = Columns::new((0..links * 3 / 2).map(|_| (random.unit() * 50.0 - 12.0, random.unit() * 26.0 - 13.0)));
    for distance in [0.3, 0.7, 2.5] {
        let relation = Relation::Dwithin { distance };
        let ask = |range: std::ops::Range<usize>, run: &Run<'_>| {
            let part = Columns { x: points.x[range.clone()].to_vec(), y: points.y[range].to_vec() };
            find(&index, &part.points(), relation, Wanted::all(false), run).unwrap()
        };
        let all: Vec<_> = runs().iter().map(|run| ask(0..points.x.len(), run)).collect();
        assert!(all.iter().all(|again| again.polygons() == all[0].polygons() && again.offsets() == all[0].offsets()));
        // A few points go down the tree.
        let few = (0..points.x.len())
            .step_by(links / 4)
            .flat_map(|start| rows(&ask(start..(start + links / 4).min(points.x.len()), &Run::default())));
        let rows = rows(&all[0]);
        assert!(few.eq(rows.iter().cloned()));
        for i in (0..rows.len()).step_by(80) {
            let p = (points.x[i], points.y[i]);
            let is_match = |j: &usize| matches(relation, &edges[*j], p);
            assert_eq!(rows[i], (0..edges.len()).filter(is_match).map(|j| j as i32).collect::<Vec<_>>(), "{p:?}");
        }
    }
}

#[test]
fn many_points_that_are_just_near_or_just_not_agree_with_exact_arithmetic() {
    let mut random = Random(83);
    let ring = |center: (f64, f64), radius: f64, corners: usize, turn: f64| {
        let corner = |k: usize| {
            let angle = (k as f64 / corners as f64 + turn) * std::f64::consts::TAU;
            (center.0 + radius * angle.cos(), center.1 + radius * angle.sin())
        };
        vec![vec![(0..corners).map(corner).collect::<Ring>()]]
    };
    // Polygons that are small for the distance, and one of several links whose edges nearly are as long.
    let distance = 0.2;
    let mut polygons: Vec<_> = (0..40)
        .map(|i| {
            let center = (random.unit() * 4.0, random.unit() * 4.0);
            ring(center, 0.01 + 0.04 * random.unit(), 3 + i % 5, [0.125, random.unit()][i % 2])
        })
        .collect();
    polygons.push(ring((2.0, 2.0), 1.4, 60, 0.0));
    let edges = edges(&polygons);
    let points = Columns::new((0..3000).map(|i| {
        let some = &edges[if i % 2 == 0 { 40 } else { random.below(40) }];
        let (a, b) = some[random.below(some.len())];
        let along = [0.0, 0.5, random.unit()][i % 3];
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let angle = match i % 5 {
            0 | 1 => random.unit() * std::f64::consts::TAU,
            side => dy.atan2(dx) + std::f64::consts::FRAC_PI_2 * if side == 2 { 1.0 } else { -1.0 },
        };
        let off = distance * (1.0 + [0.0, 1e-12, 1e-3, 1e-2][random.below(4)] * (random.unit() - 0.5));
        (a.0 + along * dx + off * angle.cos(), a.1 + along * dy + off * angle.sin())
    }));
    let relation = Relation::Dwithin { distance };
    let want = (0..points.x.len()).map(|i| {
        let is_match = |j: &usize| matches(relation, &edges[*j], (points.x[i], points.y[i]));
        (0..edges.len()).filter(is_match).map(|j| j as i32).collect::<Vec<_>>()
    });
    let want: Vec<_> = want.collect();
    for run in runs() {
        let index = Index::build(&Table::new(&polygons).view(), Uses::ALL, &run).unwrap();
        for distances in [false, true] {
            let found = find(&index, &points.points(), relation, Wanted::all(distances), &run).unwrap();
            for (i, (got, want)) in rows(&found).iter().zip(&want).enumerate() {
                assert_eq!(got, want, "{:?}: {:?}", run.level, (points.x[i], points.y[i]));
            }
        }
    }
}

#[test]
fn points_on_a_line_that_all_match_take_little_memory() {
    let mut random = Random(89);
    let polygons: Vec<_> = (0..1500)
        .map(|_| {
            let (x, y) = (random.unit(), random.unit());
            vec![vec![vec![(x, y), (x + 0.01, y), (x, y + 0.01)]]]
        })
        .collect();
    let points = Columns::new((0..5000).map(|_| (0.5, random.unit())));
    let run = Run { workers: 1, ..Run::default() };
    let index = Index::build(&Table::new(&polygons).view(), Uses::ALL, &run).unwrap();
    let mut counts = vec![0; 5000];
    let ask = || count(&index, &points.points(), Relation::Dwithin { distance: 2.0 }, &run, &mut counts);
    crate::memory::within(Some(1 << 23), ask).unwrap();
    assert!(counts.iter().all(|&count| count == 1500));
}

#[test]
fn points_that_match_nothing_take_no_room_for_pairs() {
    let triangle = vec![vec![vec![vec![(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)]]]];
    let run = Run { workers: 1, ..Run::default() };
    let index = Index::build(&Table::new(&triangle).view(), Uses::ALL, &run).unwrap();
    let points = Columns::new([(2.0, 2.0)]);
    let ask = || find(&index, &points.points(), Relation::Covers, Wanted::all(false), &run);
    let pairs = crate::memory::within(Some(1 << 14), ask).unwrap();
    assert_eq!((pairs.offsets(), pairs.polygons()), (&[0, 0][..], &[][..]));
}
