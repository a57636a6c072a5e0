//! Polygons and points on a grid of integers, where 128 bits decide everything exactly.

use super::columns::{Place, Polygon};
use super::input::Input;

/// A place of the grid: both below 2^28.
pub type Node = (i64, i64);

/// Polygons, most of them invalid, points, and a distance.
pub struct Scene {
    pub polygons: Vec<Polygon<Node>>,
    pub points: Vec<Node>,
    pub distance: i64,
    /// A step of the grid is 2^exponent.
    exponent: i32,
}

/// How numbers are invented: `unit` steps at a time, up to `most` units from 0.
#[derive(Clone, Copy)]
struct Grain {
    unit: i64,
    most: i64,
    /// Whether some are a step beside it.
    nudges: bool,
}

impl Grain {
    fn number(&self, input: &mut Input<'_>) -> i64 {
        let byte = input.byte();
        let nudge = if self.nudges { [0, 0, 1, -1][usize::from(byte & 3)] } else { 0 };
        i64::from(byte as i8 >> 2) % (self.most + 1) * self.unit + nudge
    }

    fn node(&self, input: &mut Input<'_>) -> Node {
        (self.number(input), self.number(input))
    }
}

impl Scene {
    pub fn new(input: &mut Input<'_>) -> Self {
        let grains = [
            Grain { unit: 2, most: 3, nudges: true },
            Grain { unit: 1, most: 4, nudges: false },
            Grain { unit: 2, most: 31, nudges: true },
            Grain { unit: 1 << 20, most: 31, nudges: true },
        ];
        let grain = input.one_of(&grains);
        let exponent = input.one_of(&[0, -1, -20, 3, 990, -1040, -560, 510]);
        let most = [5, 9, 30][input.below(3)];
        let mut polygons: Vec<Polygon<Node>> = (0..input.below(7))
            .map(|_| {
                let parts = [1, 1, 1, 1, 1, 2, 3, 0][input.below(8)];
                (0..parts).map(|_| part(input, grain, most)).collect()
            })
            .collect();
        // Many alike, so that the index has something to divide.
        let (across, step) = (1 + input.below(5) as i64, (1 + input.below(24) as i64) * grain.unit);
        let some = polygons.clone();
        for place in 1..across * across {
            let (dx, dy) = (place % across * step, place / across * step);
            let moved = |v: &Node| (v.0 + dx, v.1 + dy);
            polygons.extend(some.iter().map(|parts| {
                let ring = |ring: &Vec<Node>| ring.iter().map(moved).collect();
                parts.iter().map(|rings| rings.iter().map(ring).collect()).collect()
            }));
        }
        let reach = across * step;
        let points = (0..1 + input.below(24))
            .map(|_| {
                let (x, y) = grain.node(input);
                let shift = i64::from(input.byte());
                (x + shift % across * step, y + shift / 16 % across * step)
            })
            .collect();
        let distance = [0, 1, grain.unit, 2 * grain.unit, reach, grain.number(input).abs()][input.below(6)];
        Scene { polygons, points, distance, exponent }
    }

    pub fn value(&self, steps: i64) -> f64 {
        // Two factors: 2^exponent may be too small for a normal number.
        steps as f64 * 2f64.powi(self.exponent / 2) * 2f64.powi(self.exponent - self.exponent / 2)
    }

    /// Whether squares of numbers as they are stay well within the range of doubles.
    pub fn is_moderate(&self) -> bool {
        self.exponent.abs() < 100
    }

    fn place(&self, node: &Node) -> Place {
        (self.value(node.0), self.value(node.1))
    }

    pub fn places(&self) -> Vec<Place> {
        self.points.iter().map(|point| self.place(point)).collect()
    }

    pub fn table(&self) -> Vec<Polygon<Place>> {
        let ring = |ring: &Vec<Node>| ring.iter().map(|v| self.place(v)).collect();
        let part = |part: &Vec<Vec<Node>>| part.iter().map(ring).collect();
        self.polygons.iter().map(|polygon| polygon.iter().map(part).collect()).collect()
    }
}

fn part(input: &mut Input<'_>, grain: Grain, most: usize) -> Vec<Vec<Node>> {
    let rings = [1, 1, 1, 1, 1, 2, 3, 0][input.below(8)];
    (0..rings)
        .map(|_| {
            let kind = input.byte();
            let mut ring: Vec<Node> = (0..usize::from(kind >> 1) % most).map(|_| grain.node(input)).collect();
            if kind & 1 == 1 && !ring.is_empty() {
                ring.push(ring[0]);
            }
            ring
        })
        .collect()
}

/// What is true of a point and a polygon, by the words of docs/relations.md.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Truth {
    pub is_owner: bool,
    pub on_boundary: bool,
    /// Whether a point of the boundary is at most the distance away.
    pub is_near: bool,
    /// The distance to the boundary in steps, as computed in doubles.
    pub distance: f64,
}

impl Truth {
    pub fn new(polygon: &Polygon<Node>, p: Node, distance: i64) -> Self {
        let mut truth = Truth { is_owner: false, on_boundary: false, is_near: false, distance: f64::INFINITY };
        let limit = i128::from(distance).pow(2);
        for ring in polygon.iter().flatten() {
            for (i, &a) in ring.iter().enumerate() {
                let b = ring[(i + 1) % ring.len()];
                truth.is_owner ^= crosses(a, b, p);
                // The squared distance as a fraction.
                let (above, below) = square(a, b, p);
                truth.on_boundary |= above == 0;
                truth.is_near |= above <= limit * below;
                truth.distance = truth.distance.min((above as f64).sqrt() / (below as f64).sqrt());
            }
        }
        truth
    }

    pub fn covers(&self) -> bool {
        self.is_owner || self.on_boundary
    }

    pub fn contains(&self) -> bool {
        self.is_owner && !self.on_boundary
    }
}

/// (b - a) x (p - a)
fn cross(a: Node, b: Node, p: Node) -> i128 {
    i128::from(b.0 - a.0) * i128::from(p.1 - a.1) - i128::from(b.1 - a.1) * i128::from(p.0 - a.0)
}

/// Whether the ray from p to the right, p moved right by next to nothing and up by still less, crosses the edge.
fn crosses(a: Node, b: Node, p: Node) -> bool {
    let (low, high) = if a.1 <= b.1 { (a, b) } else { (b, a) };
    low.1 <= p.1 && p.1 < high.1 && cross(low, high, p) > 0
}

fn square(a: Node, b: Node, p: Node) -> (i128, i128) {
    let wide = |v: i64| i128::from(v);
    let to = |q: Node| wide(p.0 - q.0).pow(2) + wide(p.1 - q.1).pow(2);
    let along = wide(p.0 - a.0) * wide(b.0 - a.0) + wide(p.1 - a.1) * wide(b.1 - a.1);
    let length = wide(b.0 - a.0).pow(2) + wide(b.1 - a.1).pow(2);
    if along <= 0 {
        (to(a), 1)
    } else if along >= length {
        (to(b), 1)
    } else {
        (cross(a, b, p).pow(2), length)
    }
}
