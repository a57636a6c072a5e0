//! `pf_polygons_check_layout` and what follows from it: offsets of every kind, judged by a model, then measured and indexed.

use std::ptr::{null, null_mut};

use polyfind::ffi::*;

use super::asking::build;
use super::columns::{Columns, run, sized};
use super::failing::Plan;
use super::input::Input;

pub fn polygons(data: &[u8]) {
    let mut input = Input::new(data);
    let plan = Plan::new(&mut input);
    let how = input.byte();
    let len = input.below(13);
    let edges = how & 64 != 0;
    let places: Vec<_> = (0..len)
        .map(|i| if edges { (input.double(), input.double()) } else { (i as f64, (i * i % 7) as f64) })
        .collect();
    let vertices = Columns::new(&places, usize::from(how & 7) % Columns::LAYOUTS);
    let is_wide = how & 8 != 0;
    // A level is absent, or has as many positions as it says.
    let level = |input: &mut Input<'_>, may_miss: bool| -> Option<Vec<i64>> {
        let rows = input.below(if may_miss { 6 } else { 5 });
        if rows == 5 {
            return None;
        }
        let mut sum = 0;
        let position = |_| match input.byte() {
            byte @ 0..200 => {
                sum += i64::from(byte % 5);
                sum
            }
            200..216 => sum - 1,
            216..232 => i64::from(input.u32() as i32),
            232..240 => -1,
            _ if is_wide => input.one_of(&[i64::MAX, i64::MIN, 1 << 32, (1 << 32) + 1, -(1 << 32)]),
            _ => input.one_of(&[i64::from(i32::MAX), i64::from(i32::MIN)]),
        };
        Some((0..=rows).map(position).collect())
    };
    let rings = level(&mut input, false).unwrap_or_default();
    let (parts, rows) = (level(&mut input, true), level(&mut input, true));
    let narrow = |level: &Vec<i64>| level.iter().map(|&p| p as i32).collect::<Vec<i32>>();
    let narrowed = [Some(&rings), parts.as_ref(), rows.as_ref()].map(|level| level.map(narrow));
    let start = |wide: Option<&Vec<i64>>, narrow: &Option<Vec<i32>>| match (wide, narrow) {
        (Some(wide), _) if is_wide => wide.as_ptr().cast(),
        (Some(_), Some(narrow)) => narrow.as_ptr().cast(),
        _ => null(),
    };
    let count = |level: &Option<Vec<i64>>| level.as_ref().map_or(0, |level| level.len() - 1);
    let polygons = sized!(pf_polygons {
        offset_type: if is_wide { PF_I64 } else { PF_I32 },
        vertices: vertices.view(),
        ring_offsets: start(Some(&rings), &narrowed[0]),
        ring_count: rings.len() - 1,
        part_offsets: start(parts.as_ref(), &narrowed[1]),
        part_count: count(&parts),
        polygon_offsets: start(rows.as_ref(), &narrowed[2]),
        polygon_count: count(&rows),
    });

    let expected = expect(len, &rings, parts.as_deref(), rows.as_deref());
    // SAFETY: every array is as long as the structure says.
    let status = plan.call(|err| unsafe { pf_polygons_check_layout(&polygons, err) });
    assert_eq!(status, if expected { PF_OK } else { PF_ERROR_LAYOUT }, "{rings:?} {parts:?} {rows:?}");
    // SAFETY: as above.
    let checked = plan.call(|err| unsafe { pf_polygons_check(&polygons, err) });
    let rows = match (&rows, &parts) {
        (Some(rows), _) => rows.len() - 1,
        (None, Some(parts)) => parts.len() - 1,
        (None, None) => rings.len() - 1,
    };
    let mut out = vec![-7.5; rows + 1];
    let room = out.as_mut_ptr();
    // SAFETY: as above, and there is room for the results.
    let measured = plan.call(|err| unsafe { pf_polygons_area(&polygons, &run(how & 32 != 0), room, rows, err) });
    let built = build(&polygons, 0, how & 32 != 0, &plan);
    if !expected {
        assert_eq!((checked, measured, built.err()), (status, status, Some(status)));
    } else if rows > 0 && !used_are_finite(&polygons, &places, &rings) {
        // Vertices that no polygon uses do not matter.
        assert!(matches!(checked, PF_OK | PF_ERROR_COORDINATE));
        assert_eq!((measured, built.err()), (checked, (checked != PF_OK).then_some(checked)));
    } else {
        assert_eq!((checked, measured, built.err()), (PF_OK, PF_OK, None));
    }
    assert!(out[rows] == -7.5 && (measured == PF_OK || out.iter().all(|&v| v == -7.5)), "a refused call wrote");
    // SAFETY: as above; NULL is no error.
    assert_eq!(unsafe { pf_polygons_check(&polygons, null_mut()) }, checked);
}

/// Whether positions rise from 0 on and stay within the level below. (A level of no rows is not looked at.)
fn expect(vertices: usize, rings: &[i64], parts: Option<&[i64]>, polygons: Option<&[i64]>) -> bool {
    let fits = |level: &[i64], limit: usize| {
        let rises = level.iter().all(|&p| (0..=limit as i64).contains(&p)) && level.is_sorted();
        level.len() == 1 || rises
    };
    let ring_count = rings.len() - 1;
    let part_count = parts.map_or(ring_count, |parts| parts.len() - 1);
    fits(rings, vertices)
        && parts.is_none_or(|parts| fits(parts, ring_count))
        && polygons.is_none_or(|polygons| fits(polygons, part_count))
}

fn used_are_finite(polygons: &pf_polygons, places: &[(f64, f64)], rings: &[i64]) -> bool {
    polygons.ring_count == 0
        || (rings[0] as usize..rings[polygons.ring_count] as usize)
            .all(|i| places[i].0.is_finite() && places[i].1.is_finite())
}
