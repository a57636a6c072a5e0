//! The peers: an index of boxes that finds candidates, and `geo` to decide.

use std::ops::ControlFlow;

use geo::{BoundingRect, Coord, Polygon};
use geo_index::rtree::sort::HilbertSort;
use geo_index::rtree::{NeighborsOptions, RTree as Packed, RTreeBuilder, RTreeIndex};
use kiddo::SquaredEuclidean;
use kiddo::immutable::float::kdtree::ImmutableKdTree;
use packed_spatial_index::{Box2D, Index2DBuilder, Point2D, SimdIndex2D};
use rstar::{AABB, PointDistance, RTree, RTreeObject};

use crate::shapes::{Columns, Shape, Striped};

pub trait Way: Sync {
    fn covering(&self, point: Coord, found: &mut Vec<i32>);
    fn within(&self, point: Coord, distance: f64, found: &mut Vec<i32>);

    /// (distance, polygon), nearest first.
    fn nearest(&self, point: Coord, k: usize, found: &mut Vec<(f64, i32)>);
}

/// "rstar", "geo-index" or "packed_spatial_index", with "+geo" or "+tree" (the interval tree of `geo`); or "kiddo".
pub fn build(name: &str, columns: &Columns) -> Box<dyn Way> {
    match name.split_once('+') {
        Some(("rstar", "geo")) => Box::new(Star::<Polygon>::new(columns)),
        Some(("rstar", "tree")) => Box::new(Star::<Striped>::new(columns)),
        Some(("geo-index", "geo")) => Box::new(Flat::<Polygon>::new(columns)),
        Some(("geo-index", "tree")) => Box::new(Flat::<Striped>::new(columns)),
        Some(("packed_spatial_index", "geo")) => Box::new(Simd::<Polygon>::new(columns)),
        Some(("packed_spatial_index", "tree")) => Box::new(Simd::<Striped>::new(columns)),
        _ if name == "kiddo" => Box::new(Centers(ImmutableKdTree::new_from_slice(&columns.centers()))),
        _ => panic!("no way {name}"),
    }
}

fn bounds(shape: &impl Shape) -> [f64; 4] {
    let rect = shape.polygon().bounding_rect().expect("a polygon with vertices");
    [rect.min().x, rect.min().y, rect.max().x, rect.max().y]
}

/// rstar: the polygons lie in the tree.
struct Star<S: Shape>(RTree<Leaf<S>>);

struct Leaf<S> {
    row: i32,
    bounds: AABB<[f64; 2]>,
    shape: S,
}

impl<S: Shape> RTreeObject for Leaf<S> {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        self.bounds
    }
}

impl<S: Shape> PointDistance for Leaf<S> {
    fn distance_2(&self, point: &[f64; 2]) -> f64 {
        self.shape.distance((*point).into()).powi(2)
    }

    fn contains_point(&self, point: &[f64; 2]) -> bool {
        self.shape.covers((*point).into())
    }
}

impl<S: Shape> Star<S> {
    fn new(columns: &Columns) -> Self {
        let leaf = |(row, polygon)| {
            let shape = S::new(polygon);
            let [left, lower, right, upper] = bounds(&shape);
            Leaf { row: row as i32, bounds: AABB::from_corners([left, lower], [right, upper]), shape }
        };
        Self(RTree::bulk_load(columns.polygons().into_iter().enumerate().map(leaf).collect()))
    }
}

impl<S: Shape> Way for Star<S> {
    fn covering(&self, point: Coord, found: &mut Vec<i32>) {
        let point = [point.x, point.y];
        let candidates = self.0.locate_in_envelope_intersecting(&AABB::from_point(point));
        found.extend(candidates.filter(|leaf| leaf.contains_point(&point)).map(|leaf| leaf.row));
    }

    fn within(&self, point: Coord, distance: f64, found: &mut Vec<i32>) {
        let (lower, upper) = around(point, distance);
        let candidates = self.0.locate_in_envelope_intersecting(&AABB::from_corners(lower, upper));
        found.extend(candidates.filter(|leaf| leaf.shape.distance(point) <= distance).map(|leaf| leaf.row));
    }

    fn nearest(&self, point: Coord, k: usize, found: &mut Vec<(f64, i32)>) {
        let nearest = self.0.nearest_neighbor_iter_with_distance_2(&[point.x, point.y]);
        found.extend(nearest.take(k).map(|(leaf, squared)| (squared.sqrt(), leaf.row)));
    }
}

fn around(point: Coord, distance: f64) -> ([f64; 2], [f64; 2]) {
    ([point.x - distance, point.y - distance], [point.x + distance, point.y + distance])
}

/// geo-index.
struct Flat<S> {
    boxes: Packed<f64>,
    shapes: Vec<S>,
}

impl<S: Shape> Flat<S> {
    fn new(columns: &Columns) -> Self {
        let shapes: Vec<S> = columns.polygons().into_iter().map(S::new).collect();
        let mut boxes = RTreeBuilder::new(shapes.len() as u32);
        for [left, lower, right, upper] in shapes.iter().map(bounds) {
            boxes.add(left, lower, right, upper);
        }
        Self { boxes: boxes.finish::<HilbertSort>(), shapes }
    }
}

impl<S: Shape> Way for Flat<S> {
    fn covering(&self, point: Coord, found: &mut Vec<i32>) {
        let candidates = self.boxes.search(point.x, point.y, point.x, point.y);
        let covering = candidates.into_iter().filter(|&row| self.shapes[row as usize].covers(point));
        found.extend(covering.map(|row| row as i32));
    }

    fn within(&self, point: Coord, distance: f64, found: &mut Vec<i32>) {
        let (lower, upper) = around(point, distance);
        let candidates = self.boxes.search(lower[0], lower[1], upper[0], upper[1]);
        let near = candidates.into_iter().filter(|&row| self.shapes[row as usize].distance(point) <= distance);
        found.extend(near.map(|row| row as i32));
    }

    fn nearest(&self, point: Coord, k: usize, found: &mut Vec<(f64, i32)>) {
        let to_box = |[left, lower, right, upper]: [f64; 4]| {
            let nearest = (point.x.clamp(left, right), point.y.clamp(lower, upper));
            (nearest.0 - point.x).hypot(nearest.1 - point.y)
        };
        let to_polygon = |row: u32, _| Some(self.shapes[row as usize].distance(point));
        let nearest = self.boxes.neighbors_with_callbacks(NeighborsOptions::k(k), to_box, to_polygon);
        found.extend(nearest.into_iter().map(|(row, distance)| (distance, row as i32)));
    }
}

/// packed_spatial_index.
struct Simd<S> {
    boxes: SimdIndex2D,
    shapes: Vec<S>,
}

impl<S: Shape> Simd<S> {
    fn new(columns: &Columns) -> Self {
        let shapes: Vec<S> = columns.polygons().into_iter().map(S::new).collect();
        let mut boxes = Index2DBuilder::new(shapes.len());
        for [left, lower, right, upper] in shapes.iter().map(bounds) {
            boxes.add(Box2D::new(left, lower, right, upper));
        }
        Self { boxes: boxes.finish_simd().expect("finite boxes"), shapes }
    }

    fn filter(&self, lower: [f64; 2], upper: [f64; 2], test: impl Fn(&S) -> bool, found: &mut Vec<i32>) {
        let query = Box2D::new(lower[0], lower[1], upper[0], upper[1]);
        let _ = self.boxes.visit(query, |row| {
            if test(&self.shapes[row]) {
                found.push(row as i32);
            }
            ControlFlow::<()>::Continue(())
        });
    }
}

impl<S: Shape> Way for Simd<S> {
    fn covering(&self, point: Coord, found: &mut Vec<i32>) {
        let at = [point.x, point.y];
        self.filter(at, at, |shape| shape.covers(point), found);
    }

    fn within(&self, point: Coord, distance: f64, found: &mut Vec<i32>) {
        let (lower, upper) = around(point, distance);
        self.filter(lower, upper, |shape| shape.distance(point) <= distance, found);
    }

    /// Boxes come nearest first: done when the next one is farther than the k-th polygon.
    fn nearest(&self, point: Coord, k: usize, found: &mut Vec<(f64, i32)>) {
        let _ = self.boxes.neighbors_each(Point2D::new(point.x, point.y), f64::INFINITY, |row, squared| {
            if found.len() == k && squared.sqrt() > found[k - 1].0 {
                return ControlFlow::Break(());
            }
            let pair = (self.shapes[row].distance(point), row as i32);
            let place = found.partition_point(|other| *other < pair);
            found.insert(place, pair);
            found.truncate(k);
            ControlFlow::Continue(())
        });
    }
}

/// kiddo, over the centers.
struct Centers(ImmutableKdTree<f64, u32, 2, 32>);

impl Way for Centers {
    fn covering(&self, _: Coord, _: &mut Vec<i32>) {
        panic!("centers cover nothing");
    }

    fn within(&self, point: Coord, distance: f64, found: &mut Vec<i32>) {
        let near = self.0.within_unsorted::<SquaredEuclidean>(&[point.x, point.y], distance * distance);
        found.extend(near.into_iter().filter(|one| one.distance < distance * distance).map(|one| one.item as i32));
    }

    fn nearest(&self, point: Coord, k: usize, found: &mut Vec<(f64, i32)>) {
        let k = std::num::NonZero::new(k).expect("a positive k");
        let nearest = self.0.nearest_n::<SquaredEuclidean>(&[point.x, point.y], k);
        found.extend(nearest.into_iter().map(|one| (one.distance.sqrt(), one.item as i32)));
    }
}
