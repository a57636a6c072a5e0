//! Calls in any order on a few indexes and results: built, written, opened, asked, described, freed.

use polyfind::ffi::*;

use super::asking::{Asking, Bytes, Index, RELATIONS, build};
use super::columns::{Columns, Place, Polygon, Table, sized};
use super::failing::Plan;
use super::input::Input;

/// An index, what it was made of, and the bytes it lies in if it was opened.
struct Slot {
    index: Index,
    of: usize,
    _bytes: Option<Bytes>,
}

fn tables() -> Vec<Vec<Polygon<Place>>> {
    let ring = |x: f64, y: f64, n: usize| -> Vec<Place> {
        [(0.0, 0.0), (2.0, 0.0), (2.0, 1.0), (1.0, 2.0), (0.0, 1.0)]
            .iter()
            .map(|v| (v.0 + x, v.1 + y))
            .take(n)
            .collect()
    };
    let row = |n: usize| (0..n).map(|i| vec![vec![ring(i as f64, (i % 3) as f64, 2 + i % 4)]]).collect();
    vec![vec![], row(1), row(5), row(80), vec![vec![], vec![vec![]], vec![vec![ring(0.0, 0.0, 5), ring(0.5, 0.5, 3)]]]]
}

pub fn calls(data: &[u8]) {
    let mut input = Input::new(data);
    let plan = Plan::new(&mut input);
    let tables = tables();
    let places = [(0.5, 0.5), (1.0, 1.0), (3.0, 2.0), (-7.0, 0.0)];
    let columns = Columns::new(&places, 1);
    let points = columns.view();
    let mut slots: [Option<Slot>; 4] = Default::default();
    for _ in 0..24 {
        if input.is_empty() {
            break;
        }
        let (what, which, how) = (input.below(6), input.below(4), input.byte());
        match (what, slots[which].as_ref()) {
            (0, _) => {
                let of = usize::from(how) % tables.len();
                let built = build(&Table::new(&tables[of], how).view(), 0, how & 32 != 0, &plan);
                let index = built.unwrap_or_else(|status| panic!("status {status}"));
                slots[which] = Some(Slot { index, of, _bytes: None });
            }
            (1, _) => slots[which] = None,
            (2, Some(slot)) => {
                let bytes = Bytes::of(&slot.index, &plan);
                let opened = bytes.open(u32::from(how) & 3, &plan);
                let index = opened.unwrap_or_else(|status| panic!("status {status}"));
                slots[which ^ 1] = Some(Slot { index, of: slot.of, _bytes: Some(bytes) });
            }
            (3, Some(slot)) => {
                let mut info = sized!(pf_index_info {});
                let place = &raw mut info;
                // SAFETY: an index and room.
                let status = plan.call(|err| unsafe { pf_index_describe(slot.index.0, place, err) });
                // SAFETY: an index.
                let (len, bytes) = unsafe { (pf_index_len(slot.index.0), pf_index_byte_size(slot.index.0)) };
                let want = tables[slot.of].len();
                assert_eq!((status, len, info.polygon_count, info.byte_size), (0, want, want as u64, bytes as u64));
            }
            (_, Some(slot)) => {
                let priority = vec![0.5; tables[slot.of].len()];
                let asking = Asking {
                    index: &slot.index,
                    points: &points,
                    distance: f64::from(how >> 4),
                    priority: &priority,
                    is_portable: how & 1 != 0,
                    plan,
                };
                let relation = RELATIONS[usize::from(how) % RELATIONS.len()];
                let found = asking.find(relation, what == 4).expect("a good question");
                // The same of another that was made of the same polygons.
                if let Some(other) = slots.iter().flatten().find(|other| other.of == slot.of) {
                    let again = Asking { index: &other.index, ..asking }.find(relation, what == 4);
                    let again = again.expect("a good question");
                    assert_eq!((found.offsets, found.polygons), (again.offsets, again.polygons));
                }
            }
            (_, None) => {}
        }
    }
}
