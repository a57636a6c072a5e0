//! Every change of one or two offsets of small tables: accepted if the polygons are then still well defined, and then measured as
//! a naive reading measures them; else refused with the first bad position, nothing read elsewhere and nothing written.

use std::ptr::{null, null_mut};

use polyfind::ffi::*;

/// Vertices that the tables may use, behind and before which lies NaN.
const VERTICES: i64 = 9;

/// Positions of rings, parts and polygons; the latter two may be absent.
type Levels = [Option<Vec<i64>>; 3];

/// Sizes that rise, stand still and rise again, with and without parts and polygons, whole and sliced.
fn layouts() -> Vec<Levels> {
    let rings: [&[i64]; 10] = [
        &[0],
        &[0, 9],
        &[0, 4, 9],
        &[2, 5, 7],
        &[0, 0, 9],
        &[0, 3, 6, 9],
        &[9, 9, 9],
        &[0, 1, 2, 3],
        &[1, 4, 4, 8],
        &[0, 4, 4, 9, 9],
    ];
    let of = |last: i64| -> [[Option<Vec<i64>>; 2]; 5] {
        let half = last / 2;
        [
            [None, None],
            [Some(vec![0, last]), None],
            [Some(vec![0, half, last]), Some(vec![0, 2])],
            [Some(vec![half, last, last]), Some(vec![0, 1, 2])],
            [None, Some(vec![0, half, last])],
        ]
    };
    let mut all = Vec::new();
    for rings in rings {
        for [parts, polygons] in of(rings.len() as i64 - 1) {
            all.push([Some(rings.to_vec()), parts, polygons]);
        }
    }
    all
}

/// What an offset is replaced by.
fn edits(old: i64, is_wide: bool) -> Vec<i64> {
    let mut edits: Vec<i64> = (-3..VERTICES + 6).collect();
    edits.extend([i64::from(i32::MAX), i64::from(i32::MIN)]);
    if is_wide {
        edits.extend([i64::MAX, i64::MIN, 1 << 32, -(1 << 32), (1 << 32) + old, 1 << 61]);
    }
    edits.sort_unstable();
    edits.dedup();
    edits.retain(|edit| *edit != old);
    edits
}

struct Lent {
    x: Vec<f64>,
    y: Vec<f64>,
}

impl Lent {
    fn new() -> Self {
        let place = |i: i64, axis: i64| if (1..=VERTICES).contains(&i) { (i * i * axis % 11) as f64 } else { f64::NAN };
        let column = |axis| (0..VERTICES + 2).map(|i| place(i, axis)).collect();
        Lent { x: column(3), y: column(5) }
    }

    /// Calls `with` with the table, its offsets in one of the widths.
    fn table<R>(&self, levels: &Levels, is_wide: bool, with: impl Fn(&pf_polygons) -> R) -> R {
        let narrow = levels.each_ref().map(|level| level.iter().flatten().map(|&p| p as i32).collect::<Vec<_>>());
        let start = |i: usize| match &levels[i] {
            None => null(),
            Some(wide) if is_wide => wide.as_ptr().cast(),
            Some(_) => narrow[i].as_ptr().cast(),
        };
        let count = |i: usize| levels[i].as_ref().map_or(0, |level| level.len() - 1);
        with(&pf_polygons {
            struct_size: size_of::<pf_polygons>() as u32,
            offset_type: if is_wide { PF_I64 } else { PF_I32 },
            vertices: pf_points {
                x: self.x[1..].as_ptr().cast(),
                y: self.y[1..].as_ptr().cast(),
                len: VERTICES as usize,
                stride: 8,
                dtype: PF_F64,
                reserved: 0,
            },
            ring_offsets: start(0),
            ring_count: count(0),
            part_offsets: start(1),
            part_count: count(1),
            polygon_offsets: start(2),
            polygon_count: count(2),
        })
    }

    /// The box of each polygon.
    fn bounds(&self, levels: &Levels) -> Vec<[f64; 4]> {
        let own = |level: &Option<Vec<i64>>, below: usize| match level {
            Some(level) => level.windows(2).map(|pair| (pair[0], pair[1])).collect(),
            None => (0..below as i64).map(|i| (i, i + 1)).collect::<Vec<_>>(),
        };
        let rings = own(&levels[0], 0);
        let parts = own(&levels[1], rings.len());
        let of_part = |part: i64| (parts[part as usize].0..parts[part as usize].1).map(|ring| rings[ring as usize]);
        let polygons = own(&levels[2], parts.len());
        let mut all = Vec::new();
        for (first, end) in polygons {
            let vertices = || (first..end).flat_map(of_part).flat_map(|(a, b)| a as usize + 1..b as usize + 1);
            let of = |column: &[f64], pick: fn(f64, f64) -> f64| vertices().map(|v| column[v]).fold(f64::NAN, pick);
            all.push([of(&self.x, f64::min), of(&self.y, f64::min), of(&self.x, f64::max), of(&self.y, f64::max)]);
        }
        all
    }
}

/// The first bad position of the first bad level.
fn first_bad(levels: &Levels) -> Option<i64> {
    let mut limit = VERTICES;
    for level in levels.iter().flatten() {
        // A level without rows is not looked at.
        let rows = level.len() - 1;
        let good = |i: &usize| level[..=*i].is_sorted() && level[0] >= 0 && level[*i] <= limit;
        if rows > 0
            && let Some(bad) = (0..level.len()).find(|i| !good(i))
        {
            return Some(bad as i64);
        }
        limit = rows as i64;
    }
    None
}

/// Checks a table; whether it is good.
fn check(lent: &Lent, levels: &Levels, is_wide: bool) -> bool {
    let bad = first_bad(levels);
    lent.table(levels, is_wide, |table| {
        // SAFETY: all zero is a pf_error.
        let mut error: pf_error = unsafe { std::mem::zeroed() };
        let rows = [table.polygon_count, table.part_count, table.ring_count];
        let is_there = [!table.polygon_offsets.is_null(), !table.part_offsets.is_null(), true];
        let rows = rows.into_iter().zip(is_there).find(|(_, there)| *there).map_or(0, |(rows, _)| rows);
        let untouched = pf_box { min_x: -1.5, min_y: -1.5, max_x: -1.5, max_y: -1.5 };
        let mut boxes = vec![untouched; rows + 1];
        // SAFETY: offsets are as many as the table says, and there is room.
        let status = unsafe {
            let status = pf_polygons_check_layout(table, &mut error);
            assert_eq!(pf_polygons_bounds(table, null(), boxes.as_mut_ptr(), rows, null_mut()), status);
            assert_eq!(pf_polygons_check(table, null_mut()), status);
            status
        };
        assert_eq!(error.item, bad.unwrap_or(-1), "{levels:?}");
        let boxes: Vec<_> = boxes.iter().map(|b| [b.min_x, b.min_y, b.max_x, b.max_y].map(f64::to_bits)).collect();
        assert_eq!(boxes[rows], [(-1.5f64).to_bits(); 4]);
        match bad {
            None => {
                assert_eq!(status, PF_OK, "{levels:?}");
                let same = |(a, b): (&[u64; 4], [f64; 4])| {
                    a.iter().zip(b).all(|(a, b)| *a == b.to_bits() || (f64::from_bits(*a).is_nan() && b.is_nan()))
                };
                assert!(boxes.iter().zip(lent.bounds(levels)).all(same), "{levels:?}: {boxes:?}");
            }
            Some(_) => {
                assert_eq!(status, PF_ERROR_LAYOUT, "{levels:?}");
                assert!(boxes.iter().all(|b| *b == [(-1.5f64).to_bits(); 4]), "a refused call wrote");
            }
        }
    });
    bad.is_none()
}

#[test]
fn every_change_of_two_offsets_is_seen() {
    let lent = Lent::new();
    let layouts = layouts();
    assert_eq!(layouts.len(), 50);
    let (mut tried, mut good) = (0, 0);
    for levels in &layouts {
        for is_wide in [false, true] {
            good += usize::from(check(&lent, levels, is_wide));
            let places: Vec<(usize, usize)> = (0..3)
                .flat_map(|level| (0..levels[level].as_ref().map_or(0, Vec::len)).map(move |i| (level, i)))
                .collect();
            let changes: Vec<(usize, usize, i64)> = places
                .iter()
                .flat_map(|&(level, i)| {
                    let old = levels[level].as_ref().map_or(0, |level| level[i]);
                    edits(old, is_wide).into_iter().map(move |new| (level, i, new))
                })
                .collect();
            for (first, &one) in changes.iter().enumerate() {
                for &other in &changes[first..] {
                    let mut changed = levels.clone();
                    for (level, i, new) in [one, other] {
                        changed[level].as_mut().unwrap()[i] = new;
                    }
                    tried += 1;
                    good += usize::from(check(&lent, &changed, is_wide));
                }
            }
        }
    }
    println!("{tried} tables, {good} of them good");
    assert!(tried > 1_000_000 && good > 10_000, "{tried} {good}");
}
