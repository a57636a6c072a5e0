use super::look::{BLOCK, Boundary, Ends, Look, Position};
use super::*;
use crate::index::shapes::Shapes;
use crate::predicates::orient::{is_left, is_on_edge};
use crate::run::Run;
use crate::simd::{Lanes, Task, dispatch};
use crate::testing::{Columns, Random, Ring, Table, runs};

/// Where in relation to each polygon the point is.
fn naive(shapes: &Shapes, p: (f64, f64)) -> Vec<Position> {
    let position = |polygon: u32| {
        let mut position = Position { is_inside: false, is_on_boundary: false };
        for edge in shapes.rings_of(polygon).flat_map(|ring| shapes.edges_of(ring)) {
            let (a, b) = (shapes.vertex(edge), shapes.vertex(edge + 1));
            let (low, high) = if a.1 <= b.1 { (a, b) } else { (b, a) };
            position.is_inside ^= low.1 <= p.1 && p.1 < high.1 && !is_left(low, high, p);
            position.is_on_boundary |= is_on_edge(a, b, p);
        }
        position
    };
    (0..shapes.len() as u32).map(position).collect()
}

struct Ask<'a>(&'a Cells, &'a Shapes, &'a Columns, Boundary);

impl Task for Ask<'_> {
    type Output = Vec<Vec<i32>>;

    #[inline(always)]
    fn run<V: Lanes>(self) -> Self::Output {
        let Ask(cells, shapes, points, boundary) = self;
        let mut ends = Ends::default();
        let mut rows = Vec::new();
        for (x, y) in points.x.chunks(BLOCK).zip(points.y.chunks(BLOCK)) {
            ends.follow::<V>(cells, shapes, boundary, x, y).unwrap();
            for i in 0..x.len() {
                rows.push(match ends.answer(i) {
                    Answer::Nothing => vec![],
                    Answer::Inside(polygon) => vec![polygon as i32],
                    Answer::Chains(first) => {
                        let mut look = Look::new(cells, shapes, first, (x[i], y[i]), ends.corner(cells, i));
                        let all = std::iter::from_fn(|| match boundary {
                            Boundary::Right => look.next::<V, false>(),
                            _ => look.next::<V, true>(),
                        });
                        all.filter(|(_, position)| boundary.takes(*position)).map(|(polygon, _)| polygon).collect()
                    }
                });
            }
        }
        rows
    }
}

fn check(name: &str, table: &Table, points: &Columns) {
    let shapes = Shapes::copy(&table.view(), &Run::default()).unwrap();
    let pairs = points.x.iter().copied().zip(points.y.iter().copied());
    let positions: Vec<_> = pairs.map(|p| naive(&shapes, p)).collect();
    for run in runs() {
        let cells = Cells::build(&shapes, &run).unwrap();
        for boundary in [Boundary::In, Boundary::Out, Boundary::Right] {
            let got = dispatch(run.level, Ask(&cells, &shapes, points, boundary));
            for (i, (got, positions)) in got.iter().zip(&positions).enumerate() {
                let takes = |polygon: &i32| boundary.takes(positions[*polygon as usize]);
                let want: Vec<i32> = (0..shapes.len() as i32).filter(takes).collect();
                let (x, y) = (points.x[i], points.y[i]);
                assert_eq!(*got, want, "{name}, {:?}, {boundary:?}: point {i} at ({x:e}, {y:e})", run.level);
            }
        }
    }
}

/// Points on vertices and edges, next to them, on lines through them, and anywhere.
fn probes(table: &Table, random: &mut Random, count: usize) -> Columns {
    let v = &table.vertices;
    let n = v.x.len();
    let (min, max) = v.x.iter().chain(&v.y).fold((f64::MAX, f64::MIN), |(a, b), &c| (a.min(c), b.max(c)));
    let step = |value: f64, random: &mut Random| match random.below(4) {
        0 => value.next_up(),
        1 => value.next_down(),
        _ => value,
    };
    Columns::new((0..count).map(|_| {
        let (i, j) = (random.below(n), random.below(n));
        let (x, y) = match random.below(6) {
            0 => (v.x[i], v.y[i]),
            1 => (v.x[i], v.y[j]),
            2 => ((v.x[i] + v.x[(i + 1) % n]) * 0.5, (v.y[i] + v.y[(i + 1) % n]) * 0.5),
            3 => (v.x[i] + 0.25 * (v.x[(i + 1) % n] - v.x[i]), v.y[i] + 0.25 * (v.y[(i + 1) % n] - v.y[i])),
            4 => ((v.x[i] + v.x[j]) * 0.5, v.y[i]),
            _ => (min + (max - min) * random.unit(), min + (max - min) * random.unit()),
        };
        (step(x, random), step(y, random))
    }))
}

/// A ring around a place: a star with `n` vertices, whose coordinates are rounded to multiples of `grain`.
fn star(random: &mut Random, (x, y): (f64, f64), radius: f64, n: usize, grain: f64) -> Ring {
    let round = |v: f64| if grain > 0.0 { (v / grain).round() * grain } else { v };
    (0..n)
        .map(|i| {
            let angle = i as f64 / n as f64 * std::f64::consts::TAU;
            let r = radius * (0.3 + 0.7 * random.unit());
            (round(x + r * angle.cos()), round(y + r * angle.sin()))
        })
        .collect()
}

#[test]
fn random_polygons_with_holes_parts_and_flaws() {
    let mut random = Random(5);
    for round in 0..60 {
        let grain = [0.0, 1.0, 0.25][round % 3];
        let count = 1 + random.below(30);
        let size = 2.0 + random.unit() * 30.0;
        let polygons: Vec<_> = (0..count)
            .map(|_| {
                let parts = random.below(4);
                (0..parts)
                    .map(|_| {
                        let place = (random.unit() * 60.0 - 20.0, random.unit() * 60.0 - 20.0);
                        let n = 1 + random.below(if round % 4 == 0 { 200 } else { 14 });
                        let mut rings = vec![star(&mut random, place, size, n, grain)];
                        if random.below(2) == 0 {
                            let n = 2 + random.below(9);
                            rings.push(star(&mut random, place, size * 0.3, n, grain));
                        }
                        if random.below(4) == 0 {
                            // A ring given twice, and one with repeated vertices and a spike.
                            rings.push(rings[0].clone());
                            let (x, y) = place;
                            rings.push(vec![place, place, (x + 3.0, y), (x + 9.0, y), (x + 3.0, y), (x, y + 2.0)]);
                        }
                        rings
                    })
                    .collect()
            })
            .collect();
        let table = Table::new(&polygons);
        if table.vertices.x.is_empty() {
            continue;
        }
        let points = probes(&table, &mut random, 3000);
        check(&format!("round {round}"), &table, &points);
    }
}

#[test]
fn scales_from_subnormal_to_huge() {
    let mut random = Random(6);
    for exponent in [-1070, -1022, -600, -200, 0, 300, 995, 1010, 1018] {
        let s = 2f64.powi(exponent / 2) * 2f64.powi(exponent - exponent / 2);
        let mut ring = || star(&mut random, (3.0, 5.0), 30.0, 24, 1.0);
        let polygons = [vec![vec![ring(), ring()]], vec![vec![ring()]], vec![vec![ring()], vec![ring()]]];
        let scaled = polygons.map(|p| {
            p.iter().map(|p| p.iter().map(|r| r.iter().map(|v| (v.0 * s, v.1 * s)).collect()).collect()).collect()
        });
        let table = Table::new(&scaled);
        let points = probes(&table, &mut random, 2000);
        check(&format!("2^{exponent}"), &table, &points);
    }
}

#[test]
fn tilings_have_one_owner_for_every_point() {
    let mut random = Random(7);
    let squares = 12;
    let corner = |i: usize, j: usize| (i as f64 * 0.5, j as f64 * 0.5);
    let mut polygons = Vec::new();
    for i in 0..squares {
        for j in 0..squares {
            let [a, b, c, d] = [corner(i, j), corner(i + 1, j), corner(i + 1, j + 1), corner(i, j + 1)];
            polygons.push(vec![vec![vec![a, b, c]]]);
            polygons.push(vec![vec![vec![a, d, c]]]);
        }
    }
    let table = Table::new(&polygons);
    let points = probes(&table, &mut random, 20_000);
    let shapes = Shapes::copy(&table.view(), &Run::default()).unwrap();
    let cells = Cells::build(&shapes, &Run::default()).unwrap();
    let end = squares as f64 * 0.5;
    for (row, (x, y)) in dispatch(Run::default().level, Ask(&cells, &shapes, &points, Boundary::Right))
        .iter()
        .zip(points.x.iter().zip(&points.y))
    {
        let owners = row.len();
        let is_in = (0.0..end).contains(x) && (0.0..end).contains(y);
        assert_eq!(owners, usize::from(is_in), "({x}, {y})");
    }
}

#[test]
fn points_beyond_polygons_that_fill_the_grid() {
    let mut random = Random(11);
    // As wide as a grid of this scale can be: 2^30 - 4 squares.
    let side = ((1u32 << 30) - 4) as f64;
    for scale in [1.0, 2f64.powi(-20), 2f64.powi(900)] {
        let place = |share: f64| (side * share).round() * scale;
        // A frame along all sides, and teeth that touch them.
        let frame = |inset: f64| {
            let (low, high) = (place(inset), place(1.0 - inset));
            vec![(low, low), (high, low), (high, high), (low, high)]
        };
        let teeth = (0..40).map(|i| (place(if i % 2 == 0 { 1.0 } else { 0.9 }), place(f64::from(i) / 39.0)));
        let polygons = [vec![vec![frame(0.0), frame(0.1)]], vec![vec![teeth.collect()]], vec![vec![frame(0.3)]]];
        let table = Table::new(&polygons);
        let shapes = Shapes::copy(&table.view(), &Run::default()).unwrap();
        let grid = *Cells::build(&shapes, &Run::default()).unwrap().grid().unwrap();
        assert_eq!(grid.place((place(1.0), 0.0)).0, side + 1.0, "the last column but two");
        let ends = [-f64::MAX, -place(1.0), -scale, 0.0, scale, place(0.5), place(1.0), place(2.0), f64::MAX];
        let near = |value: f64, random: &mut Random| value + scale * (random.below(5) as f64 - 2.0);
        let points = Columns::new((0..2_000).map(|_| {
            let (x, y) = (ends[random.below(ends.len())], ends[random.below(ends.len())]);
            (near(x, &mut random), near(y, &mut random))
        }));
        check(&format!("beyond, {scale:e}"), &table, &points);
    }
}

/// A ring that goes to and fro: along a line through the origin at an angle, with `n` teeth of about a length, of which some are
/// much shorter, and with every `flaw`-th vertex moved.
fn zigzag(random: &mut Random, angle: f64, n: usize, length: f64, flaw: usize) -> Ring {
    let (sin, cos) = angle.sin_cos();
    let turned = |x: f64, y: f64| (x * cos - y * sin, x * sin + y * cos);
    let mut ring: Ring = (0..n)
        .map(|i| {
            let y = if i % 2 == 0 { 0.0 } else { length * (0.9 + 0.1 * random.unit()) };
            let (y, step) =
                if flaw > 0 && i % flaw == 0 { (y * random.unit(), -3.0 * random.unit()) } else { (y, 0.0) };
            turned(0.01 * i as f64 + 0.01 * step, y)
        })
        .collect();
    ring.extend([turned(0.01 * n as f64, -1.0), turned(0.0, -1.0)]);
    ring
}

#[test]
fn points_among_the_teeth_of_fans() {
    let mut random = Random(9);
    let mut fans = 0;
    for round in 0..12 {
        let angle = [0.0, 0.3, 0.8, std::f64::consts::FRAC_PI_2, 2.0, 4.0][round % 6];
        let flaw = [0, 0, 97, 331][round % 4];
        let mut polygons: Vec<_> = (0..2).map(|_| vec![vec![zigzag(&mut random, angle, 1200, 8.0, flaw)]]).collect();
        // One neighbour with the same teeth.
        polygons.push(vec![vec![polygons[0][0][0].iter().rev().copied().collect()]]);
        let table = Table::new(&polygons);
        let shapes = Shapes::copy(&table.view(), &Run::default()).unwrap();
        let cells = Cells::build(&shapes, &Run::default()).unwrap();
        fans += cells.chains.iter().filter(|chain| chain.is_fan()).count();
        let points = probes(&table, &mut random, 1500);
        check(&format!("zigzags at {angle}, flaw {flaw}"), &table, &points);
    }
    assert!(fans > 100, "{fans} fans");
}

#[test]
fn hostile_tables_stay_within_their_bytes() {
    let mut random = Random(8);
    let spikes = |n: usize, inner: f64| -> Vec<(f64, f64)> {
        (0..n)
            .flat_map(|i| {
                let angle = i as f64 / n as f64 * std::f64::consts::TAU;
                [(angle.cos(), angle.sin()), (inner * angle.cos(), inner * angle.sin())]
            })
            .collect()
    };
    let square = |r: f64| vec![vec![vec![(-r, -r), (r, -r), (r, r), (-r, r)]]];
    let scenes: Vec<(&str, Vec<Vec<Vec<Ring>>>)> = vec![
        ("a star", vec![vec![vec![spikes(2000, 1e-3)]]]),
        ("a star of lines to and fro", vec![vec![vec![spikes(2000, 0.0)]]]),
        ("all the same", (0..500).map(|_| square(1.0)).collect()),
        ("all nested", (1..500).map(|i| square(i as f64)).collect()),
        ("one place", (0..500).map(|_| vec![vec![vec![(1.0, 1.0)]]]).collect()),
        ("far away", (0..300).map(|i| if i == 7 { square(1e6) } else { square(1e-3 * i as f64) }).collect()),
        ("a comb", vec![vec![vec![(0..4000).map(|i| (i as f64, if i % 2 == 0 { 0.0 } else { 1e4 })).collect()]]]),
    ];
    for (name, polygons) in scenes {
        let table = Table::new(&polygons);
        let shapes = Shapes::copy(&table.view(), &Run::default()).unwrap();
        let cells = Cells::build(&shapes, &Run::default()).unwrap();
        let (bytes, budget) = (cells.byte_size(), build::VERTEX_BYTES * shapes.vertex_count() + build::SPARE_BYTES);
        assert!(bytes <= budget, "{name} takes {bytes} bytes of {budget}");
        let points = probes(&table, &mut random, 400);
        check(name, &table, &points);
    }
}

/// Where an edge crosses a line between squares that goes through 0, coordinates tell more than places in the grid do.
#[test]
fn edges_may_be_nearer_to_lines_between_squares_than_places_tell() {
    let mut random = Random(97);
    let far = 2f64.powi(28);
    let tiny = |random: &mut Random| (random.unit() - 0.5) * 10f64.powi(-(random.below(25) as i32));
    for round in 0..12 {
        let flip = |(x, y): (f64, f64)| if round % 2 == 0 { (x, y) } else { (y, x) };
        // Of this corner's place and 0 the first is where the grid begins, the second where its squares do, down to small ones.
        let corner = 1.0 - 2f64.powi(29);
        let mut polygons = vec![vec![vec![vec![(corner, corner), (far, corner), (far, far), (corner, far)]]]];
        for _ in 0..20 {
            let count = 14 + random.below(30);
            let mut ys: Vec<f64> = (0..count).map(|_| (random.unit() - 0.5) * 2.0 * far).collect();
            ys.sort_by(f64::total_cmp);
            let mut ring: Vec<_> = ys.iter().map(|&y| (tiny(&mut random), y)).collect();
            ring.extend([(far * 0.5, ys[count - 1]), (far * 0.5, ys[0])]);
            polygons.push(vec![vec![ring.into_iter().map(flip).collect()]]);
        }
        let points = Columns::new((0..600).map(|_| {
            let y = (random.unit() - 0.5) * 2.0 * far;
            flip((tiny(&mut random), y))
        }));
        check(&format!("round {round}"), &Table::new(&polygons), &points);
    }
}
