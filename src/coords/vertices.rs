//! Vertices that lie in memory as plain `f64`, in either layout. Kernels are written over [`Vertices`] and do not know which.

use std::ops::Range;

use crate::simd::Lanes;

/// Some vertices.
pub(crate) trait Vertices: Copy {
    fn len(self) -> usize;
    fn at(self, i: usize) -> (f64, f64);
    /// Those of `range`, if they are all there.
    fn get(self, range: Range<usize>) -> Option<Self>;
    /// x and y of the four from `i` on.
    fn load<V: Lanes>(self, i: usize) -> (V, V);
    /// The same, with `fill` for those behind the end.
    fn load_at<V: Lanes>(self, i: usize, fill: (f64, f64)) -> (V, V);

    #[inline(always)]
    fn slice(self, range: Range<usize>) -> Self {
        self.get(range).expect("a range of these vertices")
    }
}

/// Two columns of one length.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Split<'a> {
    x: &'a [f64],
    y: &'a [f64],
}

impl<'a> Split<'a> {
    #[inline(always)]
    pub(super) fn new(x: &'a [f64], y: &'a [f64]) -> Self {
        Split { x, y: &y[..x.len()] }
    }

    /// The columns themselves.
    #[inline(always)]
    pub(super) fn columns(self, range: Range<usize>) -> (&'a [f64], &'a [f64]) {
        (&self.x[range.clone()], &self.y[range])
    }
}

impl Vertices for Split<'_> {
    #[inline(always)]
    fn len(self) -> usize {
        self.x.len()
    }
    #[inline(always)]
    fn at(self, i: usize) -> (f64, f64) {
        (self.x[i], self.y[i])
    }
    #[inline(always)]
    fn get(self, range: Range<usize>) -> Option<Self> {
        Some(Split { x: self.x.get(range.clone())?, y: self.y.get(range)? })
    }
    #[inline(always)]
    fn load<V: Lanes>(self, i: usize) -> (V, V) {
        (V::load(four(self.x, i)), V::load(four(self.y, i)))
    }
    #[inline(always)]
    fn load_at<V: Lanes>(self, i: usize, fill: (f64, f64)) -> (V, V) {
        (V::load_at(self.x, i, fill.0), V::load_at(self.y, i, fill.1))
    }
}

/// Pairs of x and y.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pairs<'a>(pub(super) &'a [[f64; 2]]);

impl Vertices for Pairs<'_> {
    #[inline(always)]
    fn len(self) -> usize {
        self.0.len()
    }
    #[inline(always)]
    fn at(self, i: usize) -> (f64, f64) {
        self.0[i].into()
    }
    #[inline(always)]
    fn get(self, range: Range<usize>) -> Option<Self> {
        self.0.get(range).map(Pairs)
    }
    #[inline(always)]
    fn load<V: Lanes>(self, i: usize) -> (V, V) {
        V::load_pairs(four(self.0, i))
    }
    #[inline(always)]
    fn load_at<V: Lanes>(self, i: usize, fill: (f64, f64)) -> (V, V) {
        V::load_pairs_at(self.0, i, fill)
    }
}

/// The four elements from `i` on.
#[inline(always)]
fn four<T>(from: &[T], i: usize) -> &[T; 4] {
    from[i..].first_chunk().expect("four elements")
}

/// What is done with runs of vertices: a trait, since the compiler would not inline a closure into code for a higher level.
pub(crate) trait Visitor<V: Lanes> {
    /// Takes the next run, which begins with the last vertex of the one before.
    fn visit(&mut self, vertices: impl Vertices, is_last: bool);
}
