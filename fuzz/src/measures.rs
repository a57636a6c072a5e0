//! Areas, perimeters, centers, centroids and bounds beside whole numbers, in every layout.

use polyfind::ffi::*;

use super::columns::{Polygon, Table, run};
use super::failing::Plan;
use super::grid::{Node, Scene};
use super::input::Input;

pub fn measures(data: &[u8]) {
    let mut input = Input::new(data);
    let plan = Plan::new(&mut input);
    let how = input.byte();
    let scene = Scene::new(&mut input);
    let all = measured(&Table::new(&scene.table(), how), how & 32 != 0, &plan);
    // Another layout, and the other instructions: the same bits.
    let again = measured(&Table::new(&scene.table(), how.wrapping_mul(37) ^ 0x9B), how & 32 == 0, &Plan::PLAIN);
    assert_eq!(all.each_ref().map(|values| bits(values)), again.each_ref().map(|values| bits(values)));
    if scene.is_moderate() {
        let [area, signed, perimeter, x, y, ..] = &again;
        for (i, polygon) in scene.polygons.iter().enumerate() {
            let values = [area[i], signed[i], perimeter[i], x[i], y[i]];
            compare(&scene, polygon, values, again[7][4 * i..4 * i + 4].try_into().unwrap());
        }
    }
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// Area, signed area, perimeter, x and y of center and centroid, boxes, and fingerprints, whose bits are those of these numbers.
fn measured(table: &Table, is_portable: bool, plan: &Plan) -> [Vec<f64>; 9] {
    let (polygons, run) = (table.view(), run(is_portable));
    // Its own rows, or those of the level that it leaves out.
    let rows = [polygons.polygon_count, polygons.part_count, polygons.ring_count];
    let levels = [polygons.polygon_offsets, polygons.part_offsets, polygons.ring_offsets];
    let n = rows.into_iter().zip(levels).find(|(_, level)| !level.is_null()).map_or(0, |(rows, _)| rows);
    let mut out: [Vec<f64>; 9] = std::array::from_fn(|_| vec![0.5; n]);
    out[7] = vec![0.5; 4 * n];
    let to = out.each_mut().map(|column| column.as_mut_ptr());
    // SAFETY: the table is as it says, and every column has room for n rows.
    let statuses = unsafe {
        [
            plan.call(|err| pf_polygons_area(&polygons, &run, to[0], n, err)),
            plan.call(|err| pf_polygons_signed_area(&polygons, &run, to[1], n, err)),
            plan.call(|err| pf_polygons_perimeter(&polygons, &run, to[2], n, err)),
            plan.call(|err| pf_polygons_center(&polygons, &run, to[3], to[4], n, err)),
            plan.call(|err| pf_polygons_centroid(&polygons, &run, to[5], to[6], n, err)),
            plan.call(|err| pf_polygons_bounds(&polygons, &run, to[7].cast(), n, err)),
            plan.call(|err| pf_polygons_fingerprint(&polygons, &run, to[8].cast(), n, err)),
        ]
    };
    assert_eq!(statuses, [PF_OK; 7]);
    out
}

/// Twice the area of a ring, exactly.
fn twice_area(ring: &[Node]) -> i128 {
    let cross = |(a, b): (&Node, &Node)| i128::from(a.0) * i128::from(b.1) - i128::from(a.1) * i128::from(b.0);
    ring.iter().zip(ring.iter().cycle().skip(1)).map(cross).sum()
}

fn compare(scene: &Scene, polygon: &Polygon<Node>, values: [f64; 5], bounds: [f64; 4]) {
    let [area, signed, perimeter, x, y] = values;
    let is_near = |got: f64, want: f64, error: f64| (got - want).abs() <= error * 1e-13 + f64::MIN_POSITIVE;
    let step = scene.value(1);
    let (mut twice, mut twice_signed, mut magnitude, mut length) = (0, 0, 0, 0.0);
    let mut vertices = Vec::new();
    for part in polygon {
        // Holes have the sign of what they are taken from.
        let outer = part.first().map_or(0, |ring| twice_area(ring));
        for (i, ring) in part.iter().enumerate() {
            let own = twice_area(ring);
            let own = if i == 0 { own.abs() } else { -own.abs() };
            twice += own;
            magnitude += own.abs();
            twice_signed += if outer < 0 { -own } else { own };
            let closed = ring.len() > 1 && ring[0] == ring[ring.len() - 1];
            vertices.extend(&ring[..ring.len() - usize::from(closed)]);
            let edges = ring.iter().zip(ring.iter().cycle().skip(1));
            length += edges.map(|(a, b)| ((a.0 - b.0) as f64).hypot((a.1 - b.1) as f64)).sum::<f64>();
        }
    }
    let want = |twice: i128| twice as f64 * 0.5 * step * step;
    let error = want(magnitude);
    assert!(is_near(area, want(twice), error), "area {area}, not {}", want(twice));
    // An outer ring of no area has no sign to give.
    let has_sign = polygon.iter().all(|part| part.first().is_some_and(|ring| twice_area(ring) != 0));
    assert!(!has_sign || is_near(signed, want(twice_signed), error), "signed area {signed}");
    assert!(is_near(perimeter, length * step, length * step));
    let sum = |axis: fn(&Node) -> i64| vertices.iter().map(axis).sum::<i64>() as f64;
    let most = vertices.iter().map(|v| v.0.abs().max(v.1.abs())).max();
    match most {
        None => assert!(x.is_nan() && y.is_nan() && bounds.iter().all(|v| v.is_nan()) && area == 0.0),
        Some(most) => {
            let (n, size) = (vertices.len() as f64, most as f64 * step);
            assert!(is_near(x, sum(|v| v.0) / n * step, size) && is_near(y, sum(|v| v.1) / n * step, size));
            let range = |axis: fn(&Node) -> i64| {
                let all = || vertices.iter().map(axis);
                [all().min(), all().max()].map(|v| scene.value(v.unwrap_or_default()))
            };
            let (xs, ys) = (range(|v| v.0), range(|v| v.1));
            assert_eq!(bounds, [xs[0], ys[0], xs[1], ys[1]]);
        }
    }
}
