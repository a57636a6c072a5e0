//! The nearest polygons and centers, beside a sorted list of all.

use polyfind::ffi::*;

use super::asking::{Asking, Ranked, build};
use super::columns::{Columns, Table};
use super::failing::Plan;
use super::grid::{Scene, Truth};
use super::input::Input;
use super::relations::check_distance;

pub fn nearest(data: &[u8]) {
    let mut input = Input::new(data);
    let plan = Plan::new(&mut input);
    let (how, k) = (input.byte(), 1 + input.below(12));
    let is_limited = input.chance();
    let scene = Scene::new(&mut input);
    let table = Table::new(&scene.table(), how);
    let Ok(index) = build(&table.view(), 0, how & 32 != 0, &plan) else { panic!("good polygons are refused") };
    let places = Columns::new(&scene.places(), usize::from(how >> 3) % Columns::LAYOUTS);
    let points = places.view();
    let mut asking = Asking {
        index: &index,
        points: &points,
        distance: f64::INFINITY,
        priority: &[],
        is_portable: how & 64 != 0,
        plan,
    };
    let most = scene.polygons.len().max(1);
    let all = asking.nearest(PF_DWITHIN, most).expect("a good question");
    let all_centers = asking.nearest(PF_CLOSE, most).expect("a good question");
    for (i, &p) in scene.points.iter().enumerate() {
        let (rows, distances) = (&all.0[i * most..(i + 1) * most], &all.1[i * most..(i + 1) * most]);
        let mut seen = vec![false; scene.polygons.len()];
        for (rank, (&row, &distance)) in rows.iter().zip(distances).enumerate().filter(|(_, (row, _))| **row != PF_NONE)
        {
            assert!(!std::mem::replace(&mut seen[row as usize], true), "polygon {row} twice");
            check_distance(&scene, &Truth::new(&scene.polygons[row as usize], p, 0), distance);
            let before = rank.checked_sub(1).map(|before| (distances[before], rows[before]));
            assert!(before.is_none_or(|before| before <= (distance, row)), "point {i} is not sorted");
        }
        for (polygon, seen) in scene.polygons.iter().zip(seen) {
            assert_eq!(seen, polygon.iter().flatten().any(|ring| !ring.is_empty()));
        }
    }
    asking.distance = if is_limited { scene.value(scene.distance) } else { f64::INFINITY };
    let limit = asking.distance;
    check(&all, most, k, asking.nearest(PF_DWITHIN, k).expect("a good question"), |distance| distance <= limit);
    // The distances of centers are compared exactly: those that round to the limit are left out.
    let near = asking.nearest(PF_CLOSE, k).expect("a good question");
    if !is_limited || near.1.iter().chain(&all_centers.1).all(|distance| (distance - limit).abs() > 1e-12 * limit) {
        check(&all_centers, most, k, near, |distance| distance < limit || !is_limited);
    }
    let ties = asking.find_nearest(k).expect("a good question");
    for i in 0..scene.points.len() {
        let row = &all.0[i * most..(i + 1) * most];
        let distances = &all.1[i * most..(i + 1) * most];
        let kth = distances.get(k - 1).copied().unwrap_or(f64::INFINITY);
        let bound = if kth.is_nan() { limit } else { kth.min(limit) };
        let count = row.iter().zip(distances).filter(|(row, d)| **row != PF_NONE && **d <= bound).count();
        assert_eq!((ties.row(i), ties.distances_of(i)), (&row[..count], &distances[..count]));
    }
}

/// The first `k` of all that are within the limit.
fn check(all: &Ranked, most: usize, k: usize, got: Ranked, is_within: impl Fn(f64) -> bool) {
    for i in 0..got.0.len() / k {
        for rank in 0..k {
            let known =
                if rank < most { (all.0[i * most + rank], all.1[i * most + rank]) } else { (PF_NONE, f64::NAN) };
            let want = if known.0 != PF_NONE && is_within(known.1) { known } else { (PF_NONE, f64::NAN) };
            let got = (got.0[i * k + rank], got.1[i * k + rank]);
            assert!(got.0 == want.0 && got.1.to_bits() == want.1.to_bits(), "point {i}: {got:?}, not {want:?}");
        }
    }
}
