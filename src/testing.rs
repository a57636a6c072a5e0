//! What unit tests share.

use ndarray::ArrayView1;

use crate::coords::Points;
use crate::polygons::{Offsets, Polygons};
use crate::run::Run;
use crate::simd::Level;

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

    /// About normally distributed.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

/// Columns of one's own.
#[derive(Clone, Default)]
pub struct Columns {
    pub x: Vec<f64>,
    pub y: Vec<f64>,
}

impl Columns {
    pub fn new(points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let (x, y) = points.into_iter().unzip();
        Columns { x, y }
    }

    pub fn points(&self) -> Points<'_> {
        Points::from_f64(ArrayView1::from(&self.x), ArrayView1::from(&self.y)).unwrap()
    }
}

/// A polygon table of one's own: each polygon is a list of parts, each part a list of rings.
#[derive(Default)]
pub struct Table {
    pub vertices: Columns,
    pub rings: Vec<i64>,
    pub parts: Vec<i64>,
    pub polygons: Vec<i64>,
}

pub type Ring = Vec<(f64, f64)>;

impl Table {
    pub fn new(polygons: &[Vec<Vec<Ring>>]) -> Self {
        let mut table = Table { rings: vec![0], parts: vec![0], polygons: vec![0], ..Table::default() };
        for parts in polygons {
            for rings in parts {
                for ring in rings {
                    table.vertices.x.extend(ring.iter().map(|v| v.0));
                    table.vertices.y.extend(ring.iter().map(|v| v.1));
                    table.rings.push(table.vertices.x.len() as i64);
                }
                table.parts.push(table.rings.len() as i64 - 1);
            }
            table.polygons.push(table.parts.len() as i64 - 1);
        }
        table
    }

    /// One polygon of one vertex for every place, which then is its center.
    pub fn of_centers(centers: &Columns) -> Self {
        let mut table = Table::new(&[]);
        table.vertices = centers.clone();
        table.rings = (0..=centers.x.len() as i64).collect();
        table.parts = table.rings.clone();
        table.polygons = table.rings.clone();
        table
    }

    pub fn view(&self) -> Polygons<'_> {
        let [rings, parts, polygons] = [&self.rings, &self.parts, &self.polygons].map(|offsets| Offsets::I64(offsets));
        Polygons::new(self.vertices.points(), rings, Some(parts), Some(polygons)).unwrap()
    }
}

/// Ways to run that must not differ in what they answer.
pub fn runs() -> Vec<Run<'static>> {
    let mut runs = Vec::new();
    for level in Level::all() {
        for workers in [1, 3] {
            runs.push(Run { level, workers, ..Run::default() });
        }
    }
    runs
}
