//! Every relation with every verb, beside whole numbers.

use polyfind::ffi::*;

use super::asking::{Asking, ORDERS, Pairs, RELATIONS, build};
use super::columns::{Columns, Table, run};
use super::failing::Plan;
use super::grid::{Scene, Truth};
use super::input::Input;

pub fn relations(data: &[u8]) {
    let mut input = Input::new(data);
    let plan = Plan::new(&mut input);
    let how = input.byte();
    let scene = Scene::new(&mut input);
    let table = Table::new(&scene.table(), how);
    let Ok(index) = build(&table.view(), 0, how & 32 != 0, &plan) else { panic!("good polygons are refused") };
    let places = Columns::new(&scene.places(), usize::from(how >> 3) % Columns::LAYOUTS);
    let points = places.view();
    let priority: Vec<f64> = (0..scene.polygons.len()).map(|i| (i * 7 % 5) as f64).collect();
    let distance = scene.value(scene.distance);
    let asking =
        Asking { index: &index, points: &points, distance, priority: &priority, is_portable: how & 64 != 0, plan };
    let truths: Vec<Vec<Truth>> = scene
        .points
        .iter()
        .map(|&p| scene.polygons.iter().map(|polygon| Truth::new(polygon, p, scene.distance)).collect())
        .collect();
    for relation in RELATIONS {
        let found = asking.find(relation, true).expect("a good question");
        for (i, truths) in truths.iter().enumerate() {
            let matches: Vec<i32> = match relation {
                PF_CLOSE => continue,
                PF_COVERS => rows(truths, Truth::covers),
                PF_CONTAINS => rows(truths, Truth::contains),
                PF_OWNS => rows(truths, |truth| truth.is_owner),
                _ => rows(truths, |truth| truth.covers() || truth.is_near),
            };
            assert_eq!(found.row(i), matches, "relation {relation}, point {i}: {:?}", scene.points[i]);
            for (&row, &got) in matches.iter().zip(found.distances_of(i)) {
                check_distance(&scene, &truths[row as usize], got);
            }
        }
        if relation == PF_CLOSE {
            check_close(&scene, &table, &found);
        }
        hold_together(&asking, relation, &found, &truths);
    }
}

fn rows(truths: &[Truth], matches: impl Fn(&Truth) -> bool) -> Vec<i32> {
    (0..).zip(truths).filter(|(_, truth)| matches(truth)).map(|(row, _)| row).collect()
}

/// What is reported as the distance to a polygon.
pub fn check_distance(scene: &Scene, truth: &Truth, got: f64) {
    assert_eq!(got == 0.0, truth.covers(), "distance {got}: {truth:?}");
    if scene.is_moderate() && !truth.covers() {
        let want = truth.distance * scene.value(1);
        assert!((got - want).abs() <= 1e-13 * want, "distance {got}, not {want}");
    }
}

/// Close polygons by the centers that the library says they have; near ties are left to its own tests.
fn check_close(scene: &Scene, table: &Table, found: &Pairs) {
    let n = scene.polygons.len();
    let (mut x, mut y) = (vec![0.0; n], vec![0.0; n]);
    let (to_x, to_y) = (x.as_mut_ptr(), y.as_mut_ptr());
    // SAFETY: there is room for n rows.
    let status = Plan::PLAIN.call(|err| unsafe { pf_polygons_center(&table.view(), &run(false), to_x, to_y, n, err) });
    assert_eq!(status, PF_OK);
    if !scene.is_moderate() {
        return;
    }
    let reach = scene.value(scene.distance);
    for (i, place) in scene.places().into_iter().enumerate() {
        for (row, (x, y)) in (0..).zip(x.iter().zip(&y)) {
            let distance = (x - place.0).hypot(y - place.1);
            if (distance - reach).abs() > 1e-9 * reach {
                assert_eq!(found.row(i).contains(&row), distance < reach, "point {i}, polygon {row}: {distance}");
            }
        }
    }
}

/// The other verbs say the same.
fn hold_together(asking: &Asking<'_>, relation: u32, found: &Pairs, truths: &[Vec<Truth>]) {
    let plain = asking.find(relation, false).expect("a good question");
    assert_eq!((&plain.offsets, &plain.polygons), (&found.offsets, &found.polygons));
    let n = truths.len();
    let counts: Vec<u32> = (0..n).map(|i| found.row(i).len() as u32).collect();
    assert_eq!(asking.count(relation).as_ref(), Ok(&counts));
    let any: Vec<u8> = counts.iter().map(|&count| u8::from(count > 0)).collect();
    assert_eq!(asking.any(relation), Ok(any));
    for order in ORDERS {
        let (best, values) = asking.best(relation, order).expect("a good question");
        for i in 0..n {
            let (row, distances) = (found.row(i), found.distances_of(i));
            assert_eq!(best[i] == PF_NONE, row.is_empty());
            assert!(row.is_empty() || row.contains(&best[i]));
            let least = |key: &dyn Fn(usize) -> f64| {
                let first = |a: &usize, b: &usize| key(*a).total_cmp(&key(*b)).then(row[*a].cmp(&row[*b]));
                (0..row.len()).min_by(first).map(|k| (row[k], key(k)))
            };
            let want = match order {
                PF_BY_POLYGON => least(&|k| f64::from(row[k])),
                PF_BY_PRIORITY => least(&|k| asking.priority[row[k] as usize]),
                // Centers are compared exactly, not by the numbers that are reported.
                PF_BY_DISTANCE if relation != PF_CLOSE => least(&|k| distances[k]),
                _ => continue,
            };
            assert_eq!(want, (best[i] != PF_NONE).then_some((best[i], values[i])), "order {order}, point {i}");
        }
    }
}
