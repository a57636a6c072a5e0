//! Numbers of a polygon: area, perimeter, center, centroid, bounds.
//!
//! Every measure but the bounds is a sum over the edges of each ring, taken relative to that ring's first vertex so that
//! polygons far from the origin lose nothing. One kernel (`sum_ring`) adds up whatever `Terms` an edge contributes.
//!
//! Rounding: terms are added in four lanes in chunks of `CHUNK` edges, chunks are added with their rounding errors kept.
//! Where the terms of an area cancel by more than `CANCELLATION` the polygon is measured again in double-double
//! arithmetic (`careful`), as are results that overflowed or underflowed on the way.

mod area;
mod bounds;
mod careful;
mod center;
mod centroid;
mod perimeter;

use std::ops::Range;

pub(crate) use area::{Area, SignedArea};
pub use bounds::Bounds;
pub(crate) use bounds::BoundsOf;
pub(crate) use center::Center;
pub(crate) use centroid::Centroid;
pub(crate) use perimeter::Perimeter;

use crate::coords::{Points, Scratch};
use crate::error::{Result, vec_filled};
use crate::polygons::Polygons;
use crate::run::{Run, for_chunks};
use crate::simd::{Lanes, Number, Task, dispatch, two_sum};

/// Edges summed before the sum's rounding error is put aside.
pub(crate) const CHUNK: usize = 64;

/// The largest ratio of the sum of absolute terms to the absolute sum that plain arithmetic is trusted with. Below it the
/// relative error of an area is under 64 * 20 * 2^-53 = 1.5e-13 at the very worst and under 1e-14 on all data seen.
const CANCELLATION: f64 = 64.0;

/// A place in the plane.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
#[repr(C)]
pub struct Coordinate {
    /// First axis.
    pub x: f64,
    /// Second axis.
    pub y: f64,
}

impl Coordinate {
    /// What an empty polygon has for a center or a centroid.
    pub const NONE: Coordinate = Coordinate { x: f64::NAN, y: f64::NAN };
}

/// Area of each polygon: outer rings minus holes, whatever their winding. 0 for an empty polygon.
pub fn area(polygons: &Polygons<'_>, run: &Run<'_>) -> Result<Vec<f64>> {
    each(polygons, run, Area)
}

/// Area of each polygon with the sign of its outer rings: positive counter-clockwise. Parts add up with their signs.
pub fn signed_area(polygons: &Polygons<'_>, run: &Run<'_>) -> Result<Vec<f64>> {
    each(polygons, run, SignedArea)
}

/// Length of each polygon's boundary, holes included. 0 for an empty polygon.
pub fn perimeter(polygons: &Polygons<'_>, run: &Run<'_>) -> Result<Vec<f64>> {
    each(polygons, run, Perimeter)
}

/// Mean of each polygon's vertices, all rings included, no closing vertex counted twice. NaN for an empty polygon.
pub fn center(polygons: &Polygons<'_>, run: &Run<'_>) -> Result<Vec<Coordinate>> {
    each(polygons, run, Center)
}

/// Centroid of each polygon's area; of its boundary where the area is zero; its vertex where the boundary has no length;
/// NaN for an empty polygon.
pub fn centroid(polygons: &Polygons<'_>, run: &Run<'_>) -> Result<Vec<Coordinate>> {
    each(polygons, run, Centroid)
}

/// Bounding box of each polygon, all rings included. NaN for an empty polygon.
pub fn bounds(polygons: &Polygons<'_>, run: &Run<'_>) -> Result<Vec<Bounds>> {
    each(polygons, run, BoundsOf)
}

/// One number, place or box of a polygon.
pub(crate) trait Measure: Copy + Sync {
    type Output: Copy + Send + Default;

    /// The measure of one polygon; refuses non-finite coordinates.
    fn of<V: Lanes>(self, polygons: &Polygons<'_>, polygon: usize, scratch: &mut Scratch) -> Result<Self::Output>;
}

/// The measure of every polygon. Nothing is handed out before every coordinate was seen to be finite.
pub(crate) fn each<M: Measure>(polygons: &Polygons<'_>, run: &Run<'_>, measure: M) -> Result<Vec<M::Output>> {
    let mut out = vec_filled(M::Output::default(), polygons.len())?;
    let weight = 8 + polygons.vertices().len() / polygons.len().max(1);
    let level = run.level;
    for_chunks(run, &mut out, weight, |start, out| dispatch(level, Rows { polygons, measure, start, out }))?;
    Ok(out)
}

struct Rows<'a, 'p, M: Measure> {
    polygons: &'a Polygons<'p>,
    measure: M,
    start: usize,
    out: &'a mut [M::Output],
}

impl<M: Measure> Task for Rows<'_, '_, M> {
    type Output = Result<()>;

    #[inline(always)]
    fn run<V: Lanes>(self) -> Result<()> {
        let mut scratch = Scratch::new();
        for (i, out) in self.out.iter_mut().enumerate() {
            *out = self.measure.of::<V>(self.polygons, self.start + i, &mut scratch)?;
        }
        Ok(())
    }
}

/// Two measures in one pass over the polygons.
#[derive(Clone, Copy)]
pub(crate) struct Both<A, B>(pub A, pub B);

impl<A: Measure, B: Measure> Measure for Both<A, B> {
    type Output = (A::Output, B::Output);

    #[inline(always)]
    fn of<V: Lanes>(self, polygons: &Polygons<'_>, polygon: usize, scratch: &mut Scratch) -> Result<Self::Output> {
        Ok((self.0.of::<V>(polygons, polygon, scratch)?, self.1.of::<V>(polygons, polygon, scratch)?))
    }
}

/// An edge, both ends relative to the ring's first vertex.
#[derive(Clone, Copy)]
pub(crate) struct Edge<N> {
    ax: N,
    ay: N,
    bx: N,
    by: N,
    /// b - a, computed from the coordinates themselves, which for short edges is exact.
    ex: N,
    ey: N,
}

/// What an edge adds to `K` sums.
pub(crate) trait Terms<const K: usize>: Copy {
    fn terms<N: Number>(self, edge: Edge<N>) -> [N; K];
}

/// The `K` sums over the edges of the ring with the vertices `range`, closing edge included.
#[inline(always)]
pub(crate) fn sum_ring<V: Lanes, T: Terms<K>, const K: usize>(
    terms: T,
    points: &Points<'_>,
    range: Range<usize>,
    scratch: &mut Scratch,
) -> [f64; K] {
    if range.is_empty() {
        return [0.0; K];
    }
    let first = points.get(range.start);
    let last = points.get(range.end - 1);
    let mut sums = Sums::<V, K>::new();
    points.for_edges(range, scratch, |x, y| sums.add_edges(terms, first, x, y));
    sums.add_edge(terms, first, last, first);
    sums.total()
}

/// `K` running sums with their rounding errors.
struct Sums<V, const K: usize> {
    sum: [V; K],
    error: [V; K],
    single: [f64; K],
}

impl<V: Lanes, const K: usize> Sums<V, K> {
    #[inline(always)]
    fn new() -> Self {
        Sums { sum: [V::splat(0.0); K], error: [V::splat(0.0); K], single: [0.0; K] }
    }

    /// Adds the edges between neighbours of a run of vertices.
    #[inline(always)]
    fn add_edges<T: Terms<K>>(&mut self, terms: T, first: (f64, f64), x: &[f64], y: &[f64]) {
        let edges = x.len() - 1;
        let y = &y[..x.len()];
        let (first_x, first_y) = (V::splat(first.0), V::splat(first.1));
        let mut i = 0;
        while i + 4 <= edges {
            let end = (i + CHUNK).min(edges);
            let mut chunk = [V::splat(0.0); K];
            while i + 4 <= end {
                let (ax, bx) = (load::<V>(x, i), load::<V>(x, i + 1));
                let (ay, by) = (load::<V>(y, i), load::<V>(y, i + 1));
                let added = terms.terms(Edge {
                    ax: ax.sub(first_x),
                    ay: ay.sub(first_y),
                    bx: bx.sub(first_x),
                    by: by.sub(first_y),
                    ex: bx.sub(ax),
                    ey: by.sub(ay),
                });
                for k in 0..K {
                    chunk[k] = chunk[k].add(added[k]);
                }
                i += 4;
            }
            for (k, &chunk) in chunk.iter().enumerate() {
                let (sum, error) = two_sum(self.sum[k], chunk);
                self.sum[k] = sum;
                self.error[k] = self.error[k].add(error);
            }
        }
        for i in i..edges {
            self.add_edge(terms, first, (x[i], y[i]), (x[i + 1], y[i + 1]));
        }
    }

    /// Adds one edge.
    #[inline(always)]
    fn add_edge<T: Terms<K>>(&mut self, terms: T, first: (f64, f64), a: (f64, f64), b: (f64, f64)) {
        let added = terms.terms(Edge {
            ax: a.0 - first.0,
            ay: a.1 - first.1,
            bx: b.0 - first.0,
            by: b.1 - first.1,
            ex: b.0 - a.0,
            ey: b.1 - a.1,
        });
        for (sum, added) in self.single.iter_mut().zip(added) {
            *sum += added;
        }
    }

    #[inline(always)]
    fn total(self) -> [f64; K] {
        std::array::from_fn(|k| self.sum[k].total() + (self.error[k].total() + self.single[k]))
    }
}

#[inline(always)]
fn load<V: Lanes>(values: &[f64], i: usize) -> V {
    V::load(values[i..i + 4].try_into().expect("four values"))
}

/// A sum of a few numbers that keeps its rounding error.
#[derive(Clone, Copy, Default)]
struct Compensated {
    sum: f64,
    error: f64,
}

impl Compensated {
    #[inline(always)]
    fn add(&mut self, value: f64) {
        let (sum, error) = two_sum(self.sum, value);
        self.sum = sum;
        self.error += error;
    }

    #[inline(always)]
    fn total(self) -> f64 {
        // An overflowed sum has a NaN for its error.
        self.sum + self.error
    }
}

#[cfg(test)]
mod tests;
