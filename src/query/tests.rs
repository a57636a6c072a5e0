use std::cmp::Ordering;

use super::*;
use crate::index::Uses;
use crate::predicates::compare_squares;
use crate::run::Run;
use crate::testing::{Columns, Random, Table, runs};

/// The best of a point's matches by some order.
type Least<'a> = dyn Fn((f64, f64), &[i32]) -> Option<i32> + 'a;

/// Centers, points and distances that are hard in some way.
fn scenes() -> Vec<(&'static str, Columns, Columns, Vec<f64>)> {
    let mut random = Random(3);
    let mut cloud = |n: usize, place: &mut dyn FnMut(&mut Random) -> (f64, f64)| {
        Columns::new((0..n).map(|_| place(&mut random)).collect::<Vec<_>>())
    };
    let mut even = |r: &mut Random| (r.unit() * 100.0, r.unit() * 100.0);
    let mut lattice = |r: &mut Random| (r.below(25) as f64 - 9.0, r.below(25) as f64 - 9.0);
    let mut towns = |r: &mut Random| {
        let town = r.below(5) as f64;
        (town * town * 10.0 + r.normal() * 0.01 * town, town * 7.0 + r.normal())
    };
    let mut outlier = |r: &mut Random| if r.below(100) == 0 { (1e6, -1e6) } else { (r.unit(), r.unit()) };
    let mut tiny = |r: &mut Random| (r.below(50) as f64 * 1e-170, r.below(50) as f64 * 1e-170);
    let mut huge = |r: &mut Random| ((r.unit() * 2.0 - 1.0) * 1.7e308, (r.unit() * 2.0 - 1.0) * 1.7e308);
    let mut scenes = Vec::new();
    for (n, m) in [(0, 10), (1, 10), (7, 50), (300, 200), (2000, 300)] {
        scenes.push(("even", cloud(n, &mut even), cloud(m, &mut even), vec![0.0, 0.5, 3.0, 200.0]));
        scenes.push(("lattice", cloud(n, &mut lattice), cloud(m, &mut lattice), vec![1.0, 5.0, 13.0, 65.0f64.sqrt()]));
        scenes.push(("towns", cloud(n, &mut towns), cloud(m, &mut towns), vec![0.001, 0.2, 5.0]));
        scenes.push(("outlier", cloud(n, &mut outlier), cloud(m, &mut outlier), vec![0.1, 0.5]));
        scenes.push(("one place", cloud(n, &mut |_| (2.0, 3.0)), cloud(m, &mut lattice), vec![0.0, 1.0, 5.0]));
        scenes.push(("one row", cloud(n, &mut |r| (r.unit(), 1.0)), cloud(m, &mut |r| (r.unit(), 1.0)), vec![0.01]));
        scenes.push(("one column", cloud(n, &mut |r| (1.0, r.unit())), cloud(m, &mut |r| (1.0, r.unit())), vec![0.01]));
        if n > 1000 {
            continue; // The oracle's wide integers take long.
        }
        scenes.push(("tiny", cloud(n, &mut tiny), cloud(m, &mut tiny), vec![5e-170, 1.3e-169, 5e-324]));
        scenes.push(("huge", cloud(n, &mut huge), cloud(m, &mut huge), vec![1e307, 1.7e308, 1.0]));
    }
    scenes.push(("large", cloud(20_000, &mut even), cloud(12_000, &mut even), vec![0.7]));
    scenes
}

/// For every point the polygons whose center is nearer than `distance`, by exact arithmetic.
fn naive(centers: &Columns, points: &Columns, distance: f64) -> Vec<Vec<i32>> {
    let near = |p: (f64, f64), i: usize| {
        let apart = [(centers.x[i], p.0), (centers.y[i], p.1)];
        compare_squares(&apart, &[(distance, 0.0)]) == Ordering::Less
    };
    let pairs = points.x.iter().copied().zip(points.y.iter().copied());
    pairs.map(|p| (0..centers.x.len()).filter(|&i| near(p, i)).map(|i| i as i32).collect()).collect()
}

fn nearer(centers: &Columns, p: (f64, f64), a: i32, b: i32) -> Ordering {
    let apart = |i: i32| [(centers.x[i as usize], p.0), (centers.y[i as usize], p.1)];
    compare_squares(&apart(a), &apart(b)).then(a.cmp(&b))
}

#[test]
fn every_verb_agrees_with_exact_arithmetic_on_every_level() {
    for (name, centers, points, distances) in scenes() {
        let table = Table::of_centers(&centers);
        let (n, m) = (centers.x.len(), points.x.len());
        let priority: Vec<f64> = (0..n).map(|i| ((i * 7) % 5) as f64).collect();
        for distance in distances {
            // The large scene is for the ordering of points; its oracle would take long.
            let want = if name == "large" { None } else { Some(naive(&centers, &points, distance)) };
            let mut first: Option<Vec<Vec<i32>>> = want;
            for run in runs() {
                let index = Index::build(&table.view(), Uses::CENTERS, &run).unwrap();
                let close = Relation::Close { distance };
                let view = points.points();
                let pairs = find(&index, &view, close, Wanted::all(false), &run).unwrap();
                let rows = pairs.offsets().windows(2).map(|w| pairs.polygons()[w[0] as usize..w[1] as usize].to_vec());
                let rows: Vec<Vec<i32>> = rows.collect();
                let want = first.get_or_insert_with(|| rows.clone());
                assert_eq!(&rows, want, "{name} {n} x {m}, {distance}");

                let mut counts = vec![9; m];
                count(&index, &view, close, &run, &mut counts).unwrap();
                assert!(counts.iter().zip(&*want).all(|(&c, row)| c as usize == row.len()), "{name}");
                let mut anys = vec![9; m];
                any(&index, &view, close, &run, &mut anys).unwrap();
                assert!(anys.iter().zip(&*want).all(|(&a, row)| a == u8::from(!row.is_empty())), "{name}");

                let ask = |order| {
                    let (mut polygons, mut values) = (vec![9; m], vec![9.0; m]);
                    best(&index, &view, close, order, &run, Ranked::new(1, &mut polygons, Some(&mut values))).unwrap();
                    (polygons, values)
                };
                let check = |order, least: &Least<'_>| {
                    let (polygons, values) = ask(order);
                    for i in 0..m {
                        let polygon = least((points.x[i], points.y[i]), &want[i]);
                        assert_eq!(polygons[i], polygon.unwrap_or(NONE), "{name} {order:?}, {distance}");
                        assert_eq!(values[i].is_nan(), polygon.is_none());
                    }
                };
                check(Order::Polygon, &|_, row| row.first().copied());
                // All areas are 0.
                check(Order::Area, &|_, row| row.first().copied());
                check(Order::Priority(&priority), &|_, row| {
                    row.iter().copied().min_by(|&a, &b| priority[a as usize].total_cmp(&priority[b as usize]))
                });
                check(Order::Distance, &|p, row| row.iter().copied().min_by(|&a, &b| nearer(&centers, p, a, b)));
            }
        }
    }
}

#[test]
fn the_nearest_agree_with_exact_arithmetic_on_every_level() {
    for (name, centers, points, distances) in scenes() {
        if name == "large" {
            continue;
        }
        let table = Table::of_centers(&centers);
        let (n, m) = (centers.x.len(), points.x.len().min(60));
        let points = Columns { x: points.x[..m].to_vec(), y: points.y[..m].to_vec() };
        let ranked: Vec<Vec<i32>> = (0..m)
            .map(|i| {
                let mut row: Vec<i32> = (0..n as i32).collect();
                row.sort_by(|&a, &b| nearer(&centers, (points.x[i], points.y[i]), a, b));
                row
            })
            .collect();
        for limit in [f64::INFINITY, distances[0]] {
            let near = (limit < f64::INFINITY).then(|| naive(&centers, &points, limit));
            for k in [1, 2, 8, n + 2] {
                for run in runs() {
                    let index = Index::build(&table.view(), Uses::CENTERS, &run).unwrap();
                    let (mut polygons, mut distances) = (vec![9; m * k], vec![9.0; m * k]);
                    let out = Ranked::new(k, &mut polygons, Some(&mut distances));
                    nearest_centers(&index, &points.points(), k, limit, &run, out).unwrap();
                    for i in 0..m {
                        let within = |id: &&i32| near.as_ref().is_none_or(|near| near[i].contains(id));
                        let mut want: Vec<i32> = ranked[i].iter().filter(within).take(k).copied().collect();
                        want.resize(k, NONE);
                        assert_eq!(polygons[i * k..][..k], want, "{name} {n}, k = {k}, limit {limit}");
                        for (id, distance) in want.iter().zip(&distances[i * k..]) {
                            let Ok(id) = usize::try_from(*id) else {
                                assert!(distance.is_nan());
                                continue;
                            };
                            let true_distance = (centers.x[id] - points.x[i]).hypot(centers.y[id] - points.y[i]);
                            let ulp = true_distance.next_up() - true_distance;
                            assert!(
                                (distance - true_distance).abs() <= 3.0 * ulp || *distance == true_distance,
                                "{name}"
                            );
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn the_smallest_area_wins_and_empty_polygons_are_close_to_nothing() {
    let ring = |side: f64| vec![vec![vec![(-side, -side), (side, -side), (side, side), (-side, side)]]];
    let table = Table::new(&[ring(2.0), vec![], ring(1.0), ring(1.0), ring(3.0)]);
    let index = Index::build(&table.view(), Uses::CENTERS, &Run::default()).unwrap();
    let point = Columns::new([(0.5, 0.0), (9.0, 9.0)]);
    let (mut polygons, mut values) = ([9; 2], [9.0; 2]);
    let close = Relation::Close { distance: 1.0 };
    let out = Ranked::new(1, &mut polygons, Some(&mut values));
    best(&index, &point.points(), close, Order::Area, &Run::default(), out).unwrap();
    assert_eq!((polygons, values[0]), ([2, NONE], 4.0));
    assert_eq!(
        find(&index, &point.points(), close, Wanted::all(false), &Run::default()).unwrap().polygons(),
        [0, 2, 3, 4]
    );
    assert_eq!(index.len(), 5);
}

#[test]
fn bad_questions_are_refused() {
    let table = Table::of_centers(&Columns::new([(0.0, 0.0), (1.0, 1.0)]));
    let run = Run::default();
    let index = Index::build(&table.view(), Uses::CENTERS, &run).unwrap();
    let points = Columns::new([(0.0, 0.0)]);
    for distance in [f64::NAN, f64::INFINITY, -1.0, -5e-324] {
        let refused =
            find(&index, &points.points(), Relation::Close { distance }, Wanted::all(false), &run).unwrap_err();
        assert_eq!(refused.kind(), Kind::Argument);
    }
    let close = Relation::Close { distance: 1.0 };
    let mut polygons = [9];
    for priority in [&[1.0][..], &[1.0, f64::NAN]] {
        let out = Ranked::new(1, &mut polygons, None);
        let refused = best(&index, &points.points(), close, Order::Priority(priority), &run, out).unwrap_err();
        assert_eq!(refused.kind(), Kind::Argument);
    }
    for limit in [f64::NAN, -1.0] {
        let out = Ranked::new(1, &mut polygons, None);
        assert_eq!(nearest_centers(&index, &points.points(), 1, limit, &run, out).unwrap_err().kind(), Kind::Argument);
    }
    let bad = Columns::new([(0.0, 0.0), (0.0, f64::NAN)]);
    let refused = find(&index, &bad.points(), close, Wanted::all(false), &run).unwrap_err();
    assert_eq!((refused.kind(), refused.item()), (Kind::Coordinate, Some(1)));
    assert_eq!(polygons, [9]);
}
