//! Numbers of a polygon: area, perimeter, center, centroid, bounds, fingerprint.
//!
//! Every measure but the bounds and the fingerprint is a sum over the edges of each ring, taken relative to that ring's first vertex so that
//! polygons far from the origin lose nothing. One kernel (`sum_ring`) adds up whatever `Terms` an edge contributes.
//!
//! Rounding: terms are added in four lanes in chunks of `CHUNK` edges, chunks are added with their rounding errors kept.
//! Where the terms of an area cancel too much (`is_trustworthy`) the polygon is measured again in double-double
//! arithmetic (`careful`), as are results that overflowed or underflowed on the way.

mod area;
mod bounds;
mod careful;
mod center;
mod centroid;
mod farmhash;
mod fingerprint;
mod perimeter;

use std::mem::MaybeUninit;
use std::ops::Range;

pub(crate) use area::{Area, SignedArea};
pub use bounds::Bounds;
pub(crate) use bounds::BoundsOf;
pub(crate) use center::{Center, CenterAndArea};
pub(crate) use centroid::Centroid;
pub(crate) use fingerprint::Fingerprint;
pub(crate) use perimeter::Perimeter;

use crate::coords::{Plain, Points, Scratch, Vertices, Visitor};
use crate::error::Result;
use crate::memory::{Counted, vec_with_capacity};
use crate::polygons::Polygons;
use crate::run::{Run, for_pieces, rows_per_piece};
use crate::simd::{Lanes, Level, Number, Task, dispatch, two_sum};

/// Edges summed before the sum's rounding error is put aside.
pub(crate) const CHUNK: usize = 64;

/// Whether plain arithmetic can be trusted with a sum whose absolute terms add up to `magnitude`. Rounding errors of the terms
/// are as good as independent: that of the sum is about 2^-53 of `magnitude`, divided by the root of how many there are. What
/// passes has a relative error of about 4e-15 or less (20 * 2^-53 * magnitude / sum at the very worst).
#[inline(always)]
fn is_trustworthy(sum: f64, magnitude: f64, edges: usize) -> bool {
    const CANCELLATION: f64 = 16.0;
    let ratio = |edges: f64| magnitude <= CANCELLATION * edges.sqrt() * sum.abs();
    // Most polygons pass as if they had four edges.
    (careful::TINY..careful::HUGE).contains(&magnitude) && (ratio(4.0) || ratio(edges as f64))
}

/// A place in the plane.
#[derive(Clone, Copy, Debug, PartialEq)]
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
    each(polygons, run, Area).map(Counted::keep)
}

/// Area of each polygon with the sign of its outer rings: positive counter-clockwise. Parts add up with their signs.
pub fn signed_area(polygons: &Polygons<'_>, run: &Run<'_>) -> Result<Vec<f64>> {
    each(polygons, run, SignedArea).map(Counted::keep)
}

/// Length of each polygon's boundary, holes included. 0 for an empty polygon.
pub fn perimeter(polygons: &Polygons<'_>, run: &Run<'_>) -> Result<Vec<f64>> {
    each(polygons, run, Perimeter).map(Counted::keep)
}

/// Mean of each polygon's vertices, all rings included, no closing vertex counted twice. NaN for an empty polygon.
pub fn center(polygons: &Polygons<'_>, run: &Run<'_>) -> Result<Vec<Coordinate>> {
    each(polygons, run, Center).map(Counted::keep)
}

/// Centroid of each polygon's area; of its boundary where the area is zero; its vertex where the boundary has no length;
/// NaN for an empty polygon.
pub fn centroid(polygons: &Polygons<'_>, run: &Run<'_>) -> Result<Vec<Coordinate>> {
    each(polygons, run, Centroid).map(Counted::keep)
}

/// Bounding box of each polygon, all rings included. NaN for an empty polygon.
pub fn bounds(polygons: &Polygons<'_>, run: &Run<'_>) -> Result<Vec<Bounds>> {
    each(polygons, run, BoundsOf).map(Counted::keep)
}

/// A hash of each polygon's vertices: that of equal polygons is equal, whatever memory they come from. Rings that begin with another
/// vertex, or turn the other way, are others.
pub fn fingerprint(polygons: &Polygons<'_>, run: &Run<'_>) -> Result<Vec<u64>> {
    each(polygons, run, Fingerprint).map(Counted::keep)
}

/// One number, place or box of a polygon.
pub(crate) trait Measure: Copy + Sync {
    type Output: Copy + Send;

    /// The measure of one polygon; refuses non-finite coordinates.
    fn of<V: Lanes>(self, polygons: &Polygons<'_>, polygon: usize, scratch: &mut Scratch) -> Result<Self::Output>;

    /// The same, to the bit, of a polygon that is one short ring of plain vertices; None where it takes more than that. A third
    /// of the time of a small polygon went into finding out that it is one.
    fn of_ring<V: Lanes>(self, _ring: impl Vertices) -> Option<Self::Output> {
        None
    }
}

/// The measure of every polygon. Nothing is handed out before every coordinate was seen to be finite.
pub(crate) fn each<M: Measure>(polygons: &Polygons<'_>, run: &Run<'_>, measure: M) -> Result<Counted<M::Output>> {
    let len = polygons.len();
    let mut out = vec_with_capacity(len)?;
    write_unchecked(polygons, run, measure, &mut out.spare_capacity_mut()[..len])?;
    // SAFETY: the call above wrote every row, or else it returned an error.
    unsafe { out.set_len(len) };
    Ok(out)
}

/// Writes the measure of every polygon to memory of the caller's, which a refused call leaves as it is unless the run is
/// direct: what is written must have been checked, and results put aside meanwhile would be as much memory again, fresh from
/// the system, which took longer than to read the coordinates twice.
pub(crate) fn write<M: Measure>(
    polygons: &Polygons<'_>,
    run: &Run<'_>,
    measure: M,
    out: impl Out<M::Output>,
) -> Result<()> {
    if !run.is_direct {
        polygons.check_finite(run)?;
    }
    write_unchecked(polygons, run, measure, out)
}

/// Writes every row of `out`, or else returns an error.
fn write_unchecked<M: Measure>(
    polygons: &Polygons<'_>,
    run: &Run<'_>,
    measure: M,
    out: impl Out<M::Output>,
) -> Result<()> {
    let (len, level) = (polygons.len(), run.level);
    let weight = 8 + polygons.vertices().len() / len.max(1);
    let rows = rows_per_piece(weight);
    let pieces = out.pieces(rows).enumerate();
    for_pieces(run, len, rows, weight, pieces, |(i, mut out), _| {
        let start = i * rows;
        let rows = 0..rows.min(len - start);
        dispatch(level, Rows { polygons, measure, level, start, rows, out: &mut out })
    })
}

/// Where results go: memory of one element per polygon, or of one in each of two arrays.
pub(crate) trait Out<T>: Sized + Send {
    /// Its pieces of `rows` rows; the last has what is left.
    fn pieces(self, rows: usize) -> impl Iterator<Item = Self> + Send;
    fn put(&mut self, row: usize, value: T);
}

impl<T, U: From<T> + Send> Out<T> for &mut [MaybeUninit<U>] {
    fn pieces(self, rows: usize) -> impl Iterator<Item = Self> + Send {
        self.chunks_mut(rows)
    }

    #[inline(always)]
    fn put(&mut self, row: usize, value: T) {
        self[row].write(value.into());
    }
}

impl Out<Coordinate> for [&mut [MaybeUninit<f64>]; 2] {
    fn pieces(self, rows: usize) -> impl Iterator<Item = Self> + Send {
        let [x, y] = self;
        x.chunks_mut(rows).zip(y.chunks_mut(rows)).map(|(x, y)| [x, y])
    }

    #[inline(always)]
    fn put(&mut self, row: usize, place: Coordinate) {
        self[0][row].write(place.x);
        self[1][row].write(place.y);
    }
}

/// Polygons from `start` on, whose results are the rows of `out`.
struct Rows<'a, 'p, M, O> {
    polygons: &'a Polygons<'p>,
    measure: M,
    level: Level,
    start: usize,
    rows: Range<usize>,
    out: &'a mut O,
}

impl<M: Measure, O: Out<M::Output>> Task for Rows<'_, '_, M, O> {
    type Output = Result<()>;

    #[inline(always)]
    fn run<V: Lanes>(self) -> Result<()> {
        let plain = self.polygons.vertices().plain();
        match plain {
            Plain::Split(vertices) if self.polygons.are_rings() => self.rings::<V>(vertices),
            Plain::Pairs(vertices) if self.polygons.are_rings() => self.rings::<V>(vertices),
            _ => dispatch(self.level, AnyRows(self)),
        }
    }
}

impl<M: Measure, O: Out<M::Output>> Rows<'_, '_, M, O> {
    /// Polygons that are one ring of plain vertices each.
    #[inline(always)]
    fn rings<V: Lanes>(self, vertices: impl Vertices) -> Result<()> {
        // A copy of the views, which no store to `out` can change: they stay in registers.
        let polygons = *self.polygons;
        for row in self.rows.clone() {
            if let Some(ring) = polygons.only_ring(vertices, self.start + row)
                && ring.len() <= CHUNK
                && let Some(measured) = self.measure.of_ring::<V>(ring)
            {
                self.out.put(row, measured);
            } else {
                let one = Rows { rows: row..row + 1, out: &mut *self.out, ..self };
                dispatch(self.level, AnyRows(one))?;
            }
        }
        Ok(())
    }
}

/// [`Rows`] of any polygons.
struct AnyRows<'a, 'p, M, O>(Rows<'a, 'p, M, O>);

impl<M: Measure, O: Out<M::Output>> Task for AnyRows<'_, '_, M, O> {
    type Output = Result<()>;

    #[inline(always)]
    fn run<V: Lanes>(self) -> Result<()> {
        let Rows { measure, start, rows, out, .. } = self.0;
        let (polygons, mut scratch) = (*self.0.polygons, Scratch::new());
        for row in rows {
            out.put(row, measure.of::<V>(&polygons, start + row, &mut scratch)?);
        }
        Ok(())
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
    let mut ring = RingSums { terms, first: points.get(range.start), sums: Sums::<V, K>::new() };
    points.visit(range, scratch, &mut ring);
    ring.sums.total()
}

/// [`sum_ring`] of at most [`CHUNK`] vertices, and at least one.
#[inline(always)]
fn sum_short_ring<V: Lanes, T: Terms<K>, const K: usize>(terms: T, ring: impl Vertices) -> [f64; K] {
    totals(last_chunk::<V, T, K>(terms, ring.at(0), ring))
}

/// The sum of the lanes of each.
#[inline(always)]
fn totals<V: Lanes, const K: usize>(sums: [V; K]) -> [f64; K] {
    let mut totals = [0.0; K];
    for k in (0..K).step_by(2) {
        let other = (k + 1).min(K - 1);
        let (even, odd) = sums[k].interleave(sums[other]);
        let [a, b, c, d] = even.add(odd).store();
        totals[other] = b + d;
        totals[k] = a + c;
    }
    totals
}

/// The sums over a ring that comes in runs.
struct RingSums<T, V, const K: usize> {
    terms: T,
    first: (f64, f64),
    sums: Sums<V, K>,
}

/// `K` running sums with their rounding errors.
struct Sums<V, const K: usize> {
    sum: [V; K],
    /// None until there is a second chunk, which for most rings there never is.
    error: Option<[V; K]>,
    is_empty: bool,
}

impl<V: Lanes, const K: usize> Sums<V, K> {
    #[inline(always)]
    fn new() -> Self {
        Sums { sum: [V::splat(0.0); K], error: None, is_empty: true }
    }

    #[inline(always)]
    fn add_chunk(&mut self, chunk: [V; K]) {
        if self.is_empty {
            self.is_empty = false;
            self.sum = chunk;
            return;
        }
        let error = self.error.get_or_insert([V::splat(0.0); K]);
        for k in 0..K {
            let (sum, lost) = two_sum(self.sum[k], chunk[k]);
            self.sum[k] = sum;
            error[k] = error[k].add(lost);
        }
    }

    #[inline(always)]
    fn total(self) -> [f64; K] {
        let mut sums = totals(self.sum);
        if let Some(error) = self.error {
            for (sum, error) in sums.iter_mut().zip(totals(error)) {
                *sum += error;
            }
        }
        sums
    }
}

impl<T: Terms<K>, V: Lanes, const K: usize> Visitor<V> for RingSums<T, V, K> {
    /// Adds the edges between neighbours, and after the last run the one back to the first vertex.
    #[inline(always)]
    fn visit(&mut self, vertices: impl Vertices, is_last: bool) {
        let whole = (vertices.len() - 1) / CHUNK * CHUNK;
        for start in (0..whole).step_by(CHUNK) {
            let mut chunk = [V::splat(0.0); K];
            add_groups(&mut chunk, self.terms, self.first, vertices.slice(start..start + CHUNK + 1), CHUNK);
            self.sums.add_chunk(chunk);
        }
        if is_last {
            self.sums.add_chunk(last_chunk(self.terms, self.first, vertices.slice(whole..vertices.len())));
        }
    }
}

/// The terms of the edges of a run of at least one vertex, and of the one from its end back to the ring's first vertex.
#[inline(always)]
fn last_chunk<V: Lanes, T: Terms<K>, const K: usize>(terms: T, first: (f64, f64), vertices: impl Vertices) -> [V; K] {
    let mut sums = [V::splat(0.0); K];
    if vertices.len() <= 12 {
        // Small rings of all sizes go one way, which no branch has to guess.
        let end = (V::splat(first.0), V::splat(first.1));
        let mut a = vertices.load_at::<V>(0, first);
        for next in [vertices.load_at::<V>(4, first), vertices.load_at::<V>(8, first), end] {
            add_terms(&mut sums, terms, first, a, (a.0.shift(next.0), a.1.shift(next.1)));
            a = next;
        }
    } else {
        let whole = (vertices.len() - 1) / 4 * 4;
        add_groups(&mut sums, terms, first, vertices, whole);
        add_at(&mut sums, terms, first, vertices, whole);
    }
    sums
}

/// Adds the terms of the four edges from vertex `i` on. Behind the last vertex the ring's first one stands, for the edge back to
/// it and edges of no length.
#[inline(always)]
fn add_at<V: Lanes, T: Terms<K>, const K: usize>(
    sums: &mut [V; K],
    terms: T,
    first: (f64, f64),
    vertices: impl Vertices,
    i: usize,
) {
    add_terms(sums, terms, first, vertices.load_at(i, first), vertices.load_at(i + 1, first));
}

/// Adds the terms of the first `count` edges, which are groups of four.
#[inline(always)]
fn add_groups<V: Lanes, T: Terms<K>, const K: usize>(
    sums: &mut [V; K],
    terms: T,
    first: (f64, f64),
    vertices: impl Vertices,
    count: usize,
) {
    for i in (0..count).step_by(4) {
        add_terms(sums, terms, first, vertices.load(i), vertices.load(i + 1));
    }
}

/// Adds the terms of four edges.
#[inline(always)]
fn add_terms<V: Lanes, T: Terms<K>, const K: usize>(
    sums: &mut [V; K],
    terms: T,
    first: (f64, f64),
    a: (V, V),
    b: (V, V),
) {
    let (first_x, first_y) = (V::splat(first.0), V::splat(first.1));
    let added = terms.terms(Edge {
        ax: a.0.sub(first_x),
        ay: a.1.sub(first_y),
        bx: b.0.sub(first_x),
        by: b.1.sub(first_y),
        ex: b.0.sub(a.0),
        ey: b.1.sub(a.1),
    });
    for (sum, added) in sums.iter_mut().zip(added) {
        *sum = sum.add(added);
    }
}

/// A sum of a few numbers that keeps its rounding error.
#[derive(Clone, Copy, Default)]
struct Compensated {
    sum: f64,
    error: f64,
    is_begun: bool,
}

impl Compensated {
    #[inline(always)]
    fn add(&mut self, value: f64) {
        if !self.is_begun {
            // Most sums have one term.
            (self.sum, self.is_begun) = (value, true);
            return;
        }
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
