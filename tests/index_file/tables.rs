//! Tables of polygons, points to ask about, and all that an index can be asked.

use ndarray::ArrayView1;
use polyfind::coords::Points;
use polyfind::error::Result;
use polyfind::index::{Index, Uses};
use polyfind::polygons::{Offsets, Polygons};
use polyfind::query::{self, Order, Ranked, Relation};
use polyfind::run::Run;

/// Random numbers that are the same in every run (splitmix64).
pub struct Random(pub u64);

impl Random {
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E3779B97F4A7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58476D1CE4E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D049BB133111EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.bits() % n as u64) as usize
    }

    /// In [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[derive(Clone, Default)]
pub struct Columns {
    pub x: Vec<f64>,
    pub y: Vec<f64>,
}

impl Columns {
    pub fn push(&mut self, (x, y): (f64, f64)) {
        self.x.push(x);
        self.y.push(y);
    }

    pub fn points(&self) -> Points<'_> {
        Points::from_f64(ArrayView1::from(&self.x), ArrayView1::from(&self.y)).unwrap()
    }
}

/// Polygons of rings: every ring a part.
pub struct Table {
    pub vertices: Columns,
    rings: Vec<i64>,
    polygons: Vec<i64>,
}

impl Table {
    pub fn new() -> Self {
        Table { vertices: Columns::default(), rings: vec![0], polygons: vec![0] }
    }

    pub fn add(&mut self, rings: &[Vec<(f64, f64)>]) {
        for ring in rings {
            ring.iter().for_each(|&vertex| self.vertices.push(vertex));
            self.rings.push(self.vertices.x.len() as i64);
        }
        self.polygons.push(self.rings.len() as i64 - 1);
    }

    pub fn view(&self) -> Polygons<'_> {
        let [rings, polygons] = [&self.rings, &self.polygons].map(|offsets| Offsets::I64(offsets));
        Polygons::new(self.vertices.points(), rings, None, Some(polygons)).unwrap()
    }
}

/// The place of vertex `i` of `n` around another. No sines: golden files are asked the same on every machine.
fn around((x, y): (f64, f64), r: f64, i: usize, n: usize) -> (f64, f64) {
    let (quarter, t) = (4 * i / n, (4 * i % n) as f64 / n as f64);
    let (along, up) = (r * (1.0 - t * t) / (1.0 + t * t), r * 2.0 * t / (1.0 + t * t));
    let (dx, dy) = [(along, up), (-up, along), (-along, -up), (up, -along)][quarter];
    (x + dx, y + dy)
}

fn star(random: &mut Random, place: (f64, f64), radius: f64, n: usize) -> Vec<(f64, f64)> {
    (0..n).map(|i| around(place, radius * (0.4 + 0.6 * random.unit()), i, n)).collect()
}

/// Long thin spikes, of which squares have fans and the tree has slabs, and some squares among them.
fn spikes() -> Table {
    let mut table = Table::new();
    table.add(&[(0..1600).map(|i| around((0.0, 0.0), if i % 2 == 0 { 8.0 } else { 0.01 }, i, 1600)).collect()]);
    for (x, y) in [(1.0, 2.0), (-7.0, 7.0), (3.0, -1.5)] {
        table.add(&[vec![(x, y), (x + 0.5, y), (x + 0.5, y + 0.5), (x, y + 0.5)]]);
    }
    table
}

/// Stars of some vertices each, some with holes, some with a second part, some empty.
pub fn stars(seed: u64, count: usize, most: usize, scale: f64) -> Table {
    let mut random = Random(seed);
    let mut table = Table::new();
    for i in 0..count {
        let place = (random.unit() * 40.0 * scale, random.unit() * 40.0 * scale);
        let n = 3 + random.below(most);
        let mut rings = vec![star(&mut random, place, 4.0 * scale, n)];
        match i % 7 {
            1 => rings.push(star(&mut random, place, scale, 5)),
            3 => rings.push(star(&mut random, (place.0 + 9.0 * scale, place.1), 2.0 * scale, 6)),
            5 => rings.clear(),
            _ => {}
        }
        table.add(&rings);
    }
    table
}

/// Vertices of the table, middles of its edges, and places around it.
fn probes(table: &Table, count: usize) -> Columns {
    let (mut random, mut points) = (Random(11), Columns::default());
    let v = &table.vertices;
    let n = v.x.len();
    for i in 0..count {
        if n == 0 {
            points.push((random.unit(), random.unit()));
            continue;
        }
        let (a, b) = (random.below(n), random.below(n));
        points.push(match i % 4 {
            0 => (v.x[a], v.y[a]),
            1 => (v.x[a] * 0.5 + v.x[(a + 1) % n] * 0.5, v.y[a] * 0.5 + v.y[(a + 1) % n] * 0.5),
            2 => (v.x[a] * 0.5 + v.x[b] * 0.5, v.y[a] * 0.5 + v.y[b] * 0.5),
            _ => (v.x[a], v.y[b]),
        });
    }
    points
}

/// Polygons that are hard in some way, with points to ask about.
pub fn tables() -> Vec<(&'static str, Table, Columns)> {
    let mut few = Table::new();
    few.add(&[
        vec![(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0)],
        vec![(1.0, 1.0), (2.0, 1.0), (1.0, 2.0)],
    ]);
    few.add(&[]);
    few.add(&[vec![(4.0, 0.0), (8.0, 0.0), (8.0, 4.0), (4.0, 4.0)]]);
    few.add(&[vec![(9.0, 1.0), (10.0, 1.0), (10.0, 3.0)]]);
    let mut empties = Table::new();
    (0..70).for_each(|_| empties.add(&[]));
    let mut points = Table::new();
    (0..300).for_each(|i| points.add(&[vec![(f64::from(i % 17), f64::from(i / 17))]]));
    let mut far = stars(4, 12, 9, 1.0);
    far.add(&[vec![(1e305, 0.0), (1e305, 1e305), (0.0, 1e305)]]);
    let named = [
        ("none", Table::new()),
        ("few", few),
        ("empties", empties),
        ("points", points),
        ("stars", stars(1, 200, 40, 1.0)),
        ("large stars", stars(2, 90, 1400, 1.0)),
        ("tiny stars", stars(3, 40, 20, 1e-160)),
        ("too far for a grid", far),
        ("spikes", spikes()),
    ];
    named
        .map(|(name, table)| {
            let points = probes(&table, 160);
            (name, table, points)
        })
        .into()
}

pub fn some_uses() -> [Uses; 5] {
    let uses = |centers, insides, distances| Uses { centers, insides, distances };
    [Uses::ALL, Uses::CENTERS, uses(false, true, false), uses(false, false, true), uses(true, true, false)]
}

/// Bytes at a multiple of 64.
pub struct Aligned {
    room: Vec<u8>,
    start: usize,
    len: usize,
}

impl Aligned {
    pub fn new(bytes: &[u8]) -> Self {
        let mut room = vec![0; bytes.len() + 64];
        let start = room.as_ptr().align_offset(64);
        room[start..start + bytes.len()].copy_from_slice(bytes);
        Aligned { room, start, len: bytes.len() }
    }

    pub fn get(&self) -> &[u8] {
        &self.room[self.start..self.start + self.len]
    }

    pub fn get_mut(&mut self) -> &mut [u8] {
        &mut self.room[self.start..self.start + self.len]
    }
}

/// What one question came to: numbers, or why it was refused.
pub type Answer = std::result::Result<Vec<u64>, String>;

/// Every relation with every verb.
pub fn answers(index: &Index, points: &Columns) -> Vec<Answer> {
    let run = &Run { workers: 1, ..Run::default() };
    let (view, n) = (points.points(), points.x.len());
    let spread = points.x.iter().fold(0.0f64, |most, x| most.max(x.abs())).clamp(1e-160, 1e150);
    let priority: Vec<f64> = (0..index.len()).map(|i| ((i * 7) % 5) as f64).collect();
    let orders = [Order::Polygon, Order::Distance, Order::Center, Order::Area, Order::Priority(&priority)];
    let distance = spread * 0.05;
    let relations = [
        Relation::Close { distance },
        Relation::Covers,
        Relation::Contains,
        Relation::Owns,
        Relation::Dwithin { distance },
    ];
    let mut all = Vec::new();
    let mut note = |answer: Result<Vec<u64>>| all.push(answer.map_err(|error| error.message().to_owned()));
    let pairs = |pairs: query::Pairs| {
        let ids = pairs.offsets().iter().map(|&i| i as u64).chain(pairs.polygons().iter().map(|&i| i as u64));
        ids.chain(pairs.distances().into_iter().flatten().map(|d| d.to_bits())).collect::<Vec<u64>>()
    };
    let ranked = |width: usize, ask: &dyn Fn(Ranked<'_>) -> Result<()>| {
        let (mut ids, mut values) = (vec![0; n * width], vec![0.0; n * width]);
        ask(Ranked::new(width, &mut ids, Some(&mut values)))?;
        Ok(ids.iter().map(|&id| id as u64).chain(values.iter().map(|value| value.to_bits())).collect())
    };
    for relation in relations {
        let mut any = vec![0; n];
        note(query::any(index, &view, relation, run, &mut any).map(|()| any.iter().map(|&v| v.into()).collect()));
        let mut count = vec![0; n];
        note(query::count(index, &view, relation, run, &mut count).map(|()| count.iter().map(|&v| v.into()).collect()));
        for order in orders {
            note(ranked(1, &|out| query::best(index, &view, relation, order, run, out)));
        }
        for measures in [false, true] {
            note(query::find(index, &view, relation, query::Wanted::all(measures), run).map(pairs));
        }
    }
    for limit in [f64::INFINITY, distance] {
        note(ranked(3, &|out| query::nearest_centers(index, &view, 3, limit, run, out)));
        note(ranked(3, &|out| query::nearest_polygons(index, &view, 3, limit, run, out)));
        note(query::find_nearest_polygons(index, &view, 2, limit, query::Wanted::all(true), run).map(pairs));
    }
    all
}
