//! Tallies beside the pairs that they do not keep, however points are cut into calls.

use std::ops::Range;

use polyfind::ffi::*;

use super::asking::{Asking, Index, ORDERS, RELATIONS, build, made};
use super::columns::{Columns, Place, Table, run, sized};
use super::failing::Plan;
use super::grid::Scene;
use super::input::Input;

/// Points, what they bring along, and what they are added by.
struct Points {
    places: Vec<Place>,
    values: Vec<f64>,
    groups: Vec<i32>,
    query: pf_query,
    group_count: usize,
}

/// A tally that is freed at the end.
struct Tally(*mut pf_tally);

impl Drop for Tally {
    fn drop(&mut self) {
        // SAFETY: it is ours, and nobody uses it any more.
        unsafe { pf_tally_free(self.0) }
    }
}

impl Tally {
    fn new(index: &Index, groups: usize, plan: &Plan) -> Self {
        // SAFETY: an index and room for a handle.
        let tally = made(plan, |out, err| unsafe { pf_tally_make(index.0, groups, &run(false), out, err) });
        Tally(tally.unwrap_or_else(|status| panic!("status {status}")))
    }

    /// Adds some of the points.
    fn add(&self, points: &Points, rows: Range<usize>, how: u8, plan: &Plan) -> pf_status {
        let columns = Columns::new(&points.places[rows.clone()], usize::from(how) % Columns::LAYOUTS);
        let attributes = sized!(pf_attributes {
            values: points.values[rows.clone()].as_ptr(),
            values_len: rows.len(),
            groups: points.groups[rows.clone()].as_ptr(),
            groups_len: rows.len(),
        });
        let (lent, query, run) = (columns.view(), &points.query, run(how & 1 != 0));
        // SAFETY: all structures are ours and say what is true.
        plan.call(|err| unsafe { pf_tally_add(self.0, &lent, &attributes, query, &run, err) })
    }

    /// All columns, doubles as bits.
    fn columns(&self) -> Vec<Vec<u64>> {
        // SAFETY: a tally, and room for all of its rows.
        unsafe {
            let len = pf_tally_len(self.0);
            let (mut counts, mut values, mut all) = (vec![7; len], vec![7.0; len], Vec::new());
            for column in [PF_TALLY_POINTS, PF_TALLY_VALUES] {
                let out = counts.as_mut_ptr();
                let status = Plan::PLAIN.call(|err| pf_tally_counts(self.0, column, &run(false), out, len, err));
                assert_eq!(status, PF_OK);
                all.push(counts.clone());
            }
            for column in [PF_TALLY_SUM, PF_TALLY_MEAN, PF_TALLY_MIN, PF_TALLY_MAX] {
                let out = values.as_mut_ptr();
                let status = Plan::PLAIN.call(|err| pf_tally_values(self.0, column, &run(false), out, len, err));
                assert_eq!(status, PF_OK);
                all.push(values.iter().map(|value| value.to_bits()).collect());
            }
            all
        }
    }
}

pub fn tally(data: &[u8]) {
    let mut input = Input::new(data);
    let plan = Plan::new(&mut input);
    let how = input.byte();
    let (relation, order) = (input.one_of(&RELATIONS), input.one_of(&ORDERS));
    let (is_best, are_whole) = (input.chance(), input.chance());
    let group_count = 1 + input.below(3);
    let scene = Scene::new(&mut input);
    let Ok(index) = build(&Table::new(&scene.table(), 0).view(), 0, false, &plan) else {
        panic!("good polygons are refused")
    };
    let places = scene.places();
    let priority: Vec<f64> = (0..scene.polygons.len()).map(|i| (i * 7 % 5) as f64).collect();
    let query = sized!(pf_query {
        relation: relation,
        distance: scene.value(scene.distance),
        order: order,
        flags: if is_best { PF_BEST_ONLY } else { 0 },
        priority: priority.as_ptr(),
        priority_len: priority.len(),
    });
    let whole = |input: &mut Input<'_>| match input.byte() {
        0..=20 => f64::NAN,
        byte => f64::from(byte as i8) * 2f64.powi(usize::from(byte) as i32 % 60),
    };
    let points = Points {
        values: places.iter().map(|_| if are_whole { whole(&mut input) } else { input.double() }).collect(),
        groups: places.iter().map(|_| input.below(group_count + 1) as i32 - 1).collect(),
        places,
        query,
        group_count,
    };
    let n = points.places.len();
    let tally = Tally::new(&index, group_count, &plan);
    let before = tally.columns();
    let status = tally.add(&points, 0..n, how, &plan);
    if points.values.iter().any(|value| value.is_infinite()) {
        assert_eq!(status, PF_ERROR_ARGUMENT);
        assert_eq!(tally.columns(), before, "a refused call changed it");
        return;
    }
    assert_eq!(status, PF_OK);
    let columns = tally.columns();
    hold_to_pairs(&columns, &points, &index, is_best, are_whole);

    // The same in two calls, the second part first; and of two tallies.
    let cut = usize::from(how) % (n + 1);
    let (cut_up, other) = (Tally::new(&index, group_count, &plan), Tally::new(&index, group_count, &plan));
    for (tally, rows) in [(&cut_up, cut..n), (&cut_up, 0..cut), (&other, cut..n)] {
        assert_eq!(tally.add(&points, rows, how >> 4, &plan), PF_OK);
    }
    assert_eq!(cut_up.columns(), columns);
    let first = Tally::new(&index, group_count, &plan);
    drop(index);
    assert_eq!(first.add(&points, 0..cut, 0, &plan), PF_OK);
    // SAFETY: two tallies.
    let status = plan.call(|err| unsafe { pf_tally_merge(first.0, other.0, &run(false), err) });
    assert_eq!((status, first.columns()), (PF_OK, columns));
}

/// Counts are those of pairs, and so are sums of whole numbers; extremes are among the values.
fn hold_to_pairs(columns: &[Vec<u64>], points: &Points, index: &Index, is_best: bool, are_whole: bool) {
    let places = Columns::new(&points.places, 0);
    let query = &points.query;
    // SAFETY: as many as there are polygons.
    let priority = unsafe { std::slice::from_raw_parts(query.priority, query.priority_len) };
    let lent = places.view();
    let asking =
        Asking { index, points: &lent, distance: query.distance, priority, is_portable: false, plan: Plan::PLAIN };
    let pairs: Vec<(usize, i32)> = if is_best {
        let (best, _) = asking.best(query.relation, query.order).expect("a good question");
        best.into_iter().enumerate().filter(|pair| pair.1 != PF_NONE).collect()
    } else {
        let found = asking.find(query.relation, false).expect("a good question");
        (0..points.places.len())
            .flat_map(|i| found.row(i).iter().map(move |&row| (i, row)).collect::<Vec<_>>())
            .collect()
    };
    let [counts, valued, sums, means, least, most] = columns else { panic!("six columns") };
    for row in 0..counts.len() {
        let (polygon, group) = ((row / points.group_count) as i32, (row % points.group_count) as i32);
        let here =
            || pairs.iter().filter(|pair| pair.1 == polygon && points.groups[pair.0] == group).map(|pair| pair.0);
        let values: Vec<f64> = here().map(|i| points.values[i]).filter(|value| !value.is_nan()).collect();
        assert_eq!((counts[row], valued[row]), (here().count() as u64, values.len() as u64));
        let [sum, mean, least, most] = [sums, means, least, most].map(|column| f64::from_bits(column[row]));
        if values.is_empty() {
            assert!(sum == 0.0 && mean.is_nan() && least.is_nan() && most.is_nan());
            continue;
        }
        assert_eq!(mean.to_bits(), (sum / values.len() as f64).to_bits());
        assert_eq!(least.to_bits(), values.iter().copied().min_by(f64::total_cmp).unwrap().to_bits());
        assert_eq!(most.to_bits(), values.iter().copied().max_by(f64::total_cmp).unwrap().to_bits());
        if are_whole {
            assert_eq!(sum, values.iter().map(|&value| value as i128).sum::<i128>() as f64);
        }
    }
}
