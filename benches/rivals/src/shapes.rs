//! Polygons from raw columns, and the two ways in which `geo` tells whether one covers a point.

use std::path::Path;

use geo::indexed::IntervalTreeMultiPolygon;
use geo::{Contains, Coord, Distance, Euclidean, Intersects, LineString, MultiPolygon, Point, Polygon};

pub struct Columns {
    x: Vec<f64>,
    y: Vec<f64>,
    offsets: Vec<usize>,
}

impl Columns {
    pub fn read(folder: &Path) -> Self {
        let offsets = std::fs::read(folder.join("offsets")).expect("the file of offsets");
        let offsets = offsets.as_chunks().0.iter().map(|chunk| i64::from_ne_bytes(*chunk) as usize).collect();
        Self { x: crate::read_f64(&folder.join("x")), y: crate::read_f64(&folder.join("y")), offsets }
    }

    pub fn polygons(&self) -> Vec<Polygon> {
        let rings = self.offsets.windows(2).map(|ends| {
            let columns = self.x[ends[0]..ends[1]].iter().zip(&self.y[ends[0]..ends[1]]);
            LineString::new(columns.map(|(&x, &y)| Coord { x, y }).collect())
        });
        rings.map(|ring| Polygon::new(ring, vec![])).collect()
    }

    /// The means of the vertices, the closing one left out.
    pub fn centers(&self) -> Vec<[f64; 2]> {
        let mean = |column: &[f64]| column.iter().sum::<f64>() / column.len() as f64;
        let ends = self.offsets.windows(2);
        ends.map(|ends| [&self.x, &self.y].map(|column| mean(&column[ends[0]..ends[1] - 1]))).collect()
    }
}

pub trait Shape: Send + Sync {
    fn new(polygon: Polygon) -> Self;
    fn covers(&self, point: Coord) -> bool;
    fn polygon(&self) -> &Polygon;

    fn distance(&self, point: Coord) -> f64 {
        Euclidean.distance(&Point(point), self.polygon())
    }
}

/// All edges are looked at.
impl Shape for Polygon {
    fn new(polygon: Polygon) -> Self {
        polygon
    }

    fn covers(&self, point: Coord) -> bool {
        self.intersects(&point)
    }

    fn polygon(&self) -> &Polygon {
        self
    }
}

/// Those at the height of the point are. It knows no boundary: points there are outside.
pub struct Striped(Polygon, IntervalTreeMultiPolygon<f64>);

impl Shape for Striped {
    fn new(polygon: Polygon) -> Self {
        let parts = MultiPolygon(vec![polygon]);
        let tree = IntervalTreeMultiPolygon::new(&parts);
        let [polygon] = <[Polygon; 1]>::try_from(parts.0).expect("the one polygon");
        Self(polygon, tree)
    }

    fn covers(&self, point: Coord) -> bool {
        self.1.contains(&point)
    }

    fn polygon(&self) -> &Polygon {
        &self.0
    }
}
