use ndarray::{ArrayView1, ArrayView2};

use super::*;
use crate::error::Kind;
use crate::polygons::Offsets;
use crate::testing::{Random, Ring, Table, runs};

type Parts = Vec<Vec<Ring>>;

fn square(x: f64, y: f64, side: f64) -> Ring {
    vec![(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
}

fn one(parts: Parts) -> Table {
    Table::new(&[parts])
}

fn reversed(ring: Ring) -> Ring {
    ring.into_iter().rev().collect()
}

fn closed(mut ring: Ring) -> Ring {
    ring.push(ring[0]);
    ring
}

/// Everything there is to say of a polygon.
#[derive(Debug, PartialEq)]
struct All {
    area: f64,
    signed: f64,
    perimeter: f64,
    center: Coordinate,
    centroid: Coordinate,
    bounds: Bounds,
}

fn all(table: &Table) -> All {
    let (polygons, run) = (table.view(), Run::default());
    All {
        area: area(&polygons, &run).unwrap()[0],
        signed: signed_area(&polygons, &run).unwrap()[0],
        perimeter: perimeter(&polygons, &run).unwrap()[0],
        center: center(&polygons, &run).unwrap()[0],
        centroid: centroid(&polygons, &run).unwrap()[0],
        bounds: bounds(&polygons, &run).unwrap()[0],
    }
}

fn at(x: f64, y: f64) -> Coordinate {
    Coordinate { x, y }
}

#[test]
fn a_square_with_a_hole_whatever_the_winding_and_the_closing_vertex() {
    let (outer, hole) = (square(0.0, 0.0, 4.0), square(1.0, 1.0, 1.0));
    let want = All {
        area: 15.0,
        signed: 15.0,
        perimeter: 20.0,
        center: at(1.75, 1.75),
        centroid: at((16.0 * 2.0 - 1.5) / 15.0, (16.0 * 2.0 - 1.5) / 15.0),
        bounds: Bounds { min_x: 0.0, min_y: 0.0, max_x: 4.0, max_y: 4.0 },
    };
    for hole in [hole.clone(), reversed(hole)] {
        for close in [false, true] {
            let ring = |ring: Ring| if close { closed(ring) } else { ring };
            assert_eq!(all(&one(vec![vec![ring(outer.clone()), ring(hole.clone())]])), want);
            let clockwise = all(&one(vec![vec![ring(reversed(outer.clone())), ring(hole.clone())]]));
            assert_eq!(
                clockwise,
                All { signed: -15.0, ..all(&one(vec![vec![ring(outer.clone()), ring(hole.clone())]])) }
            );
        }
    }
}

#[test]
fn parts_add_up() {
    let parts = vec![vec![square(0.0, 0.0, 1.0)], vec![], vec![vec![]], vec![reversed(square(10.0, 0.0, 2.0))]];
    let got = all(&one(parts));
    assert_eq!((got.area, got.signed, got.perimeter), (5.0, -3.0, 12.0));
    assert_eq!((got.center, got.centroid), (at(5.75, 0.75), at((0.5 + 44.0) / 5.0, (0.5 + 4.0) / 5.0)));
}

#[test]
fn polygons_without_an_area_have_stated_results() {
    for empty in [vec![], vec![vec![]], vec![vec![vec![], vec![]], vec![]]] {
        let got = all(&one(empty));
        assert_eq!((got.area, got.signed, got.perimeter), (0.0, 0.0, 0.0));
        assert!([got.center.x, got.center.y, got.centroid.x, got.centroid.y].iter().all(|v| v.is_nan()));
        let b = got.bounds;
        assert!([b.min_x, b.min_y, b.max_x, b.max_y].iter().all(|v| v.is_nan()));
    }
    // A vertex, alone or repeated.
    for len in 1..6 {
        let got = all(&one(vec![vec![vec![(3.0, -2.0); len]]]));
        assert_eq!((got.area, got.perimeter, got.center, got.centroid), (0.0, 0.0, at(3.0, -2.0), at(3.0, -2.0)));
    }
    // Lines: there and back. The centroid is that of the boundary, the center that of the vertices.
    let line = vec![(0.0, 0.0), (6.0, 3.0), (2.0, 1.0)];
    let got = all(&one(vec![vec![line]]));
    assert_eq!((got.area, got.centroid), (0.0, at(3.0, 1.5)));
    assert_eq!(got.center, at(8.0 / 3.0, 4.0 / 3.0));
    let far = vec![(1e9 + 0.1, 0.1), (1e9 + 0.7, 0.7), (1e9 + 0.4, 0.4)];
    let got = all(&one(vec![vec![far]]));
    assert!(got.area < 1e-7 && (got.centroid.x - (1e9 + 0.4)).abs() < 1e-6);
}

#[test]
fn far_from_the_origin_nothing_is_lost() {
    // 2^20 steps of 2^-20: every vertex is exact, so is the area.
    let (dx, dy) = (1_048_576.0 * 3.0, -1_048_576.0 * 5.0);
    let got = all(&one(vec![vec![square(dx, dy, 1.0 / 1_048_576.0)]]));
    assert_eq!(got.area, 1.0 / 1_048_576.0f64.powi(2));
    assert_eq!(got.centroid, at(dx + 0.5 / 1_048_576.0, dy + 0.5 / 1_048_576.0));
}

#[test]
fn tiny_and_huge_coordinates() {
    for exponent in [-1070, -900, -600, -400, 400, 500, 511, 800, 1019] {
        let s = 2f64.powi(exponent / 2) * 2f64.powi(exponent - exponent / 2);
        let got = all(&one(vec![vec![square(-s, -s, 4.0 * s), square(0.0, 0.0, s)]]));
        assert_eq!(got.area, 15.0 * s * s, "2^{exponent}");
        assert_eq!(got.perimeter, 20.0 * s, "2^{exponent}");
        assert_eq!(got.center, at(0.75 * s, 0.75 * s), "2^{exponent}");
        let want = (16.0 * 1.0 - 0.5) / 15.0 * s;
        assert!((got.centroid.x - want).abs() <= 1e-15 * s + f64::from_bits(1), "2^{exponent}: {got:?}");
    }
    // Half the range of doubles wide.
    let most = f64::MAX;
    let got = all(&one(vec![vec![vec![(-most, 0.0), (most, 0.0), (0.0, 1e-300)]]]));
    assert!((got.area / (most * 1e-300) - 1.0).abs() < 1e-15);
    assert_eq!(got.center.x, 0.0);
}

#[test]
fn a_non_finite_coordinate_is_named_by_every_measure() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for vertex in 0..7 {
            let mut table = Table::new(&[
                vec![vec![square(0.0, 0.0, 1.0)]],
                vec![vec![closed(square(2.0, 0.0, 9.0)), square(3.0, 1.0, 1.0)[..2].to_vec()]],
            ]);
            let x = vertex % 2 == 0;
            let column = if x { &mut table.vertices.x } else { &mut table.vertices.y };
            column[4 + vertex] = bad;
            let (polygons, run) = (table.view(), Run::default());
            let errors = [
                area(&polygons, &run).unwrap_err(),
                signed_area(&polygons, &run).unwrap_err(),
                perimeter(&polygons, &run).unwrap_err(),
                center(&polygons, &run).unwrap_err(),
                centroid(&polygons, &run).unwrap_err(),
                bounds(&polygons, &run).unwrap_err(),
                fingerprint(&polygons, &run).unwrap_err(),
            ];
            for error in errors {
                assert_eq!((error.kind(), error.item()), (Kind::Coordinate, Some(1)));
                let name = if x { "x" } else { "y" };
                let text = format!("polygons.vertices.{name}[{}] is not finite", 4 + vertex);
                assert!(error.message().starts_with(&text), "{error}");
            }
        }
    }
}

/// A star around a place, with a hole; `n` vertices.
fn star(random: &mut Random, n: usize) -> Parts {
    let (x, y, size) = (random.normal() * 1e3, random.normal() * 1e3, random.unit() + 0.01);
    let mut ring = |radius: f64| -> Ring {
        let vertex = |i| {
            let (sin, cos) = (i as f64 / n as f64 * std::f64::consts::TAU).sin_cos();
            let r = radius * (0.6 + 0.4 * random.unit());
            (x + r * cos, y + r * sin)
        };
        (0..n).map(vertex).collect()
    };
    vec![vec![ring(size), ring(size / 4.0)]]
}

fn bits(table: &Polygons<'_>, run: &Run<'_>) -> Vec<u64> {
    let places = |places: Vec<Coordinate>| places.into_iter().flat_map(|place| [place.x, place.y]).collect::<Vec<_>>();
    let numbers = [
        area(table, run).unwrap(),
        signed_area(table, run).unwrap(),
        perimeter(table, run).unwrap(),
        places(center(table, run).unwrap()),
        places(centroid(table, run).unwrap()),
        bounds(table, run).unwrap().into_iter().flat_map(|b| [b.min_x, b.min_y, b.max_x, b.max_y]).collect(),
    ];
    numbers.concat().into_iter().map(f64::to_bits).collect()
}

#[test]
fn layout_level_and_workers_change_no_bit() {
    let mut random = Random(7);
    let sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 64, 65, 66, 127, 1023, 1024, 1025, 1026, 2500, 5000];
    let polygons: Vec<Parts> = sizes.iter().map(|&n| star(&mut random, n)).collect();
    let table = Table::new(&polygons);
    let want = bits(&table.view(), &runs()[0]);
    let xy: Vec<f64> = table.vertices.x.iter().zip(&table.vertices.y).flat_map(|(&x, &y)| [x, y]).collect();
    let xy = ArrayView2::from_shape((xy.len() / 2, 2), &xy).unwrap();
    let offsets = Offsets::I64;
    let interleaved = Polygons::new(
        Points::from_f64(xy.column(0), xy.column(1)).unwrap(),
        offsets(&table.rings[..]),
        Some(offsets(&table.parts[..])),
        Some(offsets(&table.polygons[..])),
    )
    .unwrap();
    for run in runs() {
        assert_eq!(bits(&table.view(), &run), want);
        assert_eq!(bits(&interleaved, &run), want);
    }
}

#[test]
fn floats_measure_as_the_doubles_they_are() {
    let mut random = Random(11);
    let mut table = Table::new(&[star(&mut random, 9), star(&mut random, 3000)]);
    let narrow = |column: &[f64]| column.iter().map(|&v| v as f32).collect::<Vec<_>>();
    let (x, y) = (narrow(&table.vertices.x), narrow(&table.vertices.y));
    table.vertices.x = x.iter().map(|&v| v.into()).collect();
    table.vertices.y = y.iter().map(|&v| v.into()).collect();
    let floats = Polygons::new(
        Points::from_f32(ArrayView1::from(&x), ArrayView1::from(&y)).unwrap(),
        Offsets::I64(&table.rings),
        Some(Offsets::I64(&table.parts)),
        None,
    )
    .unwrap();
    for run in runs() {
        assert_eq!(bits(&floats, &run), bits(&table.view(), &run));
    }
}

#[test]
fn cancelling_terms_are_measured_with_care() {
    // A comb of needles 2^-40 wide: the plain sum of its terms is off by far more than the area's last bits.
    let width = 2f64.powi(-40);
    let teeth = 1000;
    let mut ring = Vec::new();
    for tooth in 0..teeth {
        let x = 0.1 * tooth as f64;
        ring.extend([(x, 0.0), (x, 1e3), (x + width, 1e3), (x + width, 0.0)]);
    }
    ring.extend([(0.1 * teeth as f64, -width), (0.0, -width)]);
    let got = all(&one(vec![vec![ring.clone()]]));
    // The exact area of these doubles: needles and the base.
    let needle: f64 = (0..teeth)
        .map(|t| {
            let x = 0.1 * t as f64;
            (x + width) - x
        })
        .sum::<f64>()
        * 1e3;
    let last = ring[ring.len() - 3].0;
    let end = ring[ring.len() - 2].0;
    let base = width * (last + end) / 2.0;
    assert!((got.area / (needle + base) - 1.0).abs() < 1e-13, "{} {}", got.area, needle + base);
}

#[test]
fn fingerprints_are_of_the_vertices_and_how_they_are_divided() {
    let of = |parts: Parts| fingerprint(&one(parts).view(), &Run::default()).unwrap()[0];
    let (outer, hole) = (square(0.0, 0.0, 4.0), square(1.0, 1.0, 1.0));
    let whole = vec![vec![outer.clone(), hole.clone()]];
    let same = [
        vec![vec![closed(outer.clone()), closed(hole.clone())]],
        vec![vec![], vec![outer.clone(), vec![], hole.clone()], vec![vec![]]],
        vec![vec![outer.iter().map(|&(x, y)| (if x == 0.0 { -0.0 } else { x }, y)).collect(), hole.clone()]],
    ];
    for parts in same {
        assert_eq!(of(parts), of(whole.clone()));
    }
    let mut turned = outer.clone();
    turned.rotate_left(1);
    let mut others = vec![
        of(whole.clone()),
        of(vec![vec![outer.clone()], vec![hole.clone()]]),
        of(vec![vec![hole.clone(), outer.clone()]]),
        of(vec![vec![outer.clone()]]),
        of(vec![vec![[outer.clone(), hole.clone()].concat()]]),
        of(vec![vec![reversed(outer.clone()), hole.clone()]]),
        of(vec![vec![turned, hole.clone()]]),
        of(vec![vec![square(0.0, 0.0, 4.0f64.next_up()), hole.clone()]]),
        of(vec![]),
    ];
    others.sort_unstable();
    others.dedup();
    assert_eq!(others.len(), 9);
    assert_eq!(of(vec![vec![vec![]]]), of(vec![]));
}

#[test]
fn a_fingerprint_is_the_same_in_every_version() {
    let table = Table::new(&[vec![vec![square(0.0, 0.0, 4.0), square(1.0, 1.0, 1.0)]], vec![]]);
    for run in runs() {
        let got = fingerprint(&table.view(), &run).unwrap();
        // Computed by Google's code of the words that are described.
        assert_eq!(got, [18_221_995_587_984_296_450, 0x9ae1_6a3b_2f90_404f]);
    }
}
