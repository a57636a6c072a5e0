//! Views of coordinate columns that somebody else owns: two strided `f64` or `f32` columns of one length.

mod vertices;

use std::mem::MaybeUninit;
use std::ops::Range;

use ndarray::{ArrayView1, Axis};

pub(crate) use vertices::{Pairs, Split, Vertices, Visitor};

use crate::error::{Error, Kind, Result};
use crate::simd::{Lanes, Level, Number, Task, dispatch, prefetch};

/// Edges handed out at a time where coordinates must first be gathered; a multiple of [`crate::measure::CHUNK`].
pub(crate) const BLOCK: usize = 1024;

/// Doubles in a line of a cache.
const LINE: usize = 8;

/// Points, or the vertices of polygons: an x and a y column in memory somebody lends.
#[derive(Clone, Copy, Debug)]
pub struct Points<'a> {
    columns: Columns<'a>,
    plain: Plain<'a>,
}

/// `f64` columns side by side, or as pairs: the cases worth being fast.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Plain<'a> {
    Split(Split<'a>),
    Pairs(Pairs<'a>),
    No,
}

#[derive(Clone, Copy, Debug)]
enum Columns<'a> {
    F64(ArrayView1<'a, f64>, ArrayView1<'a, f64>),
    F32(ArrayView1<'a, f32>, ArrayView1<'a, f32>),
}

/// Room for one block of gathered coordinates. Not initialised: most layouts never need it.
pub(crate) struct Scratch {
    x: [MaybeUninit<f64>; BLOCK + 1],
    y: [MaybeUninit<f64>; BLOCK + 1],
}

impl Scratch {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Scratch { x: [MaybeUninit::uninit(); BLOCK + 1], y: [MaybeUninit::uninit(); BLOCK + 1] }
    }
}

impl<'a> Points<'a> {
    /// Points from two `f64` columns of equal length.
    pub fn from_f64(x: ArrayView1<'a, f64>, y: ArrayView1<'a, f64>) -> Result<Self> {
        same_length(x.len(), y.len())?;
        let plain = match (x.to_slice(), y.to_slice()) {
            (Some(x), Some(y)) => Plain::Split(Split::new(x, y)),
            _ => pairs(x, y).map_or(Plain::No, |pairs| Plain::Pairs(Pairs(pairs))),
        };
        Ok(Points { columns: Columns::F64(x, y), plain })
    }

    /// Points from two `f32` columns of equal length; every number is widened exactly.
    pub fn from_f32(x: ArrayView1<'a, f32>, y: ArrayView1<'a, f32>) -> Result<Self> {
        same_length(x.len(), y.len())?;
        Ok(Points { columns: Columns::F32(x, y), plain: Plain::No })
    }

    /// Those of a range.
    pub(crate) fn part(&self, range: Range<usize>) -> Result<Points<'a>> {
        fn cut<T>(column: ArrayView1<'_, T>, range: Range<usize>) -> ArrayView1<'_, T> {
            column.slice_axis_move(Axis(0), range.into())
        }
        match self.columns {
            Columns::F64(x, y) => Points::from_f64(cut(x, range.clone()), cut(y, range)),
            Columns::F32(x, y) => Points::from_f32(cut(x, range.clone()), cut(y, range)),
        }
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        match self.columns {
            Columns::F64(x, _) => x.len(),
            Columns::F32(x, _) => x.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Point `i`.
    #[inline(always)]
    pub fn get(&self, i: usize) -> (f64, f64) {
        match self.plain {
            Plain::Split(vertices) => return vertices.at(i),
            Plain::Pairs(vertices) => return vertices.at(i),
            Plain::No => {}
        }
        match self.columns {
            Columns::F64(x, y) => (x[i], y[i]),
            Columns::F32(x, y) => (x[i].into(), y[i].into()),
        }
    }

    /// Whether [`Points::columns`] needs no room.
    pub(crate) fn are_columns(&self) -> bool {
        matches!(self.plain, Plain::Split(_))
    }

    /// The x and y of the points of `range`, as they lie in memory, or copied to `room`.
    #[inline(always)]
    pub(crate) fn columns<'c>(
        &self,
        range: Range<usize>,
        (x, y): (&'c mut [f64], &'c mut [f64]),
    ) -> (&'c [f64], &'c [f64])
    where
        'a: 'c,
    {
        if let Plain::Split(vertices) = self.plain {
            return vertices.columns(range);
        }
        let (x, y) = (&mut x[..range.len()], &mut y[..range.len()]);
        let places = x.iter_mut().zip(&mut *y);
        match self.plain {
            Plain::Pairs(Pairs(pairs)) => {
                for ((x, y), pair) in places.zip(&pairs[range]) {
                    [*x, *y] = *pair;
                }
            }
            _ => {
                for ((x, y), i) in places.zip(range) {
                    (*x, *y) = self.get(i);
                }
            }
        }
        (x, y)
    }

    /// Asks for the points of `range` before they are needed: the processor, which sees that they are read one after the other, asks
    /// for few, and stops at every page.
    #[inline(always)]
    pub(crate) fn prefetch(&self, range: Range<usize>) {
        match self.plain {
            Plain::Split(vertices) => {
                let (x, y) = vertices.columns(range);
                for at in (0..x.len()).step_by(LINE) {
                    prefetch(x, at);
                    prefetch(y, at);
                }
            }
            Plain::Pairs(Pairs(pairs)) => range.step_by(LINE / 2).for_each(|at| prefetch(pairs, at)),
            Plain::No => {}
        }
    }

    /// The points as they lie in memory, if they do so plainly.
    #[inline(always)]
    pub(crate) fn plain(&self) -> Plain<'a> {
        self.plain
    }

    /// Hands the vertices of `range`, which is not empty, to `visitor`: all at once where they lie plainly, else gathered into
    /// `scratch` in runs of [`BLOCK`] edges.
    #[inline(always)]
    pub(crate) fn visit<V: Lanes>(&self, range: Range<usize>, scratch: &mut Scratch, visitor: &mut impl Visitor<V>) {
        match self.plain {
            Plain::Split(vertices) => return visitor.visit(vertices.slice(range), true),
            Plain::Pairs(vertices) => return visitor.visit(vertices.slice(range), true),
            Plain::No => {}
        }
        let Range { mut start, end } = range;
        loop {
            let next = (start + BLOCK + 1).min(end);
            let (x, y) = match self.columns {
                Columns::F64(x, y) => (copy(&mut scratch.x, x, start..next), copy(&mut scratch.y, y, start..next)),
                Columns::F32(x, y) => (copy(&mut scratch.x, x, start..next), copy(&mut scratch.y, y, start..next)),
            };
            visitor.visit(Split::new(x, y), next == end);
            if next == end {
                return;
            }
            start = next - 1;
        }
    }

    /// The first point of `range` with a NaN or infinite coordinate, as (index, column name).
    pub(crate) fn first_non_finite(&self, range: Range<usize>) -> Option<(usize, char)> {
        range.into_iter().find_map(|i| {
            let (x, y) = self.get(i);
            match (x.is_finite(), y.is_finite()) {
                (false, _) => Some((i, 'x')),
                (_, false) => Some((i, 'y')),
                _ => None,
            }
        })
    }

    /// Refuses NaN and infinite coordinates; `name` is what the caller calls these points.
    pub fn check_finite(&self, name: &str, level: Level) -> Result<()> {
        self.check_range_finite(name, 0..self.len(), level)
    }

    /// [`Points::check_finite`] of the points of `range`.
    pub(crate) fn check_range_finite(&self, name: &str, range: Range<usize>, level: Level) -> Result<()> {
        if dispatch(level, AllFinite(self, range.clone())) {
            return Ok(());
        }
        match self.first_non_finite(range) {
            Some((i, axis)) => Err(Error::at(
                Kind::Coordinate,
                i,
                format_args!("{name}.{axis}[{i}] is not finite: {}", self.show(i, axis)),
            )),
            None => Ok(()),
        }
    }

    /// The coordinate as a message shows it.
    pub(crate) fn show(&self, i: usize, axis: char) -> f64 {
        let (x, y) = self.get(i);
        if axis == 'x' { x } else { y }
    }
}

fn same_length(x: usize, y: usize) -> Result<()> {
    if x == y {
        return Ok(());
    }
    Err(Error::new(Kind::Argument, format_args!("x and y differ in length: {x} and {y}")))
}

/// The pairs that two columns are, if each y lies right behind its x.
fn pairs<'a>(x: ArrayView1<'a, f64>, y: ArrayView1<'a, f64>) -> Option<&'a [[f64; 2]]> {
    let len = x.len();
    if len < 2 || x.strides() != [2] || y.strides() != [2] || y.as_ptr() != x.as_ptr().wrapping_add(1) {
        return None;
    }
    // SAFETY: both views are of one allocation, since the first y lies between two of the x, and they cover all of the
    // 2 len numbers from the first x on; nothing writes to these during 'a.
    Some(unsafe { std::slice::from_raw_parts(x.as_ptr().cast(), len) })
}

/// Fills the front of `to` with `from[range]`.
#[inline]
fn copy<'s, T: Copy + Into<f64>>(
    to: &'s mut [MaybeUninit<f64>],
    from: ArrayView1<'_, T>,
    range: Range<usize>,
) -> &'s [f64] {
    let to = &mut to[..range.len()];
    assert!(range.end <= from.len());
    let (first, stride) = (from.as_ptr(), from.strides()[0]);
    for (i, to) in range.zip(to.iter_mut()) {
        // SAFETY: i is an index of the view (asserted above), whose element i lies there. (Its own iterator takes half as
        // long again.)
        to.write(unsafe { *first.offset(i as isize * stride) }.into());
    }
    // SAFETY: the loop wrote every element, and MaybeUninit<f64> lies in memory as f64 does.
    unsafe { &*(to as *const [MaybeUninit<f64>] as *const [f64]) }
}

/// Whether the points of a range are all finite.
struct AllFinite<'a, 'p>(&'p Points<'a>, Range<usize>);

impl Task for AllFinite<'_, '_> {
    type Output = bool;

    #[inline(always)]
    fn run<V: Lanes>(self) -> bool {
        let AllFinite(points, mut rest) = self;
        let (mut check, mut scratch) = (FiniteCheck(true), Scratch::new());
        while !rest.is_empty() && check.0 {
            let end = (rest.start + BLOCK).min(rest.end);
            points.visit::<V>(rest.start..end, &mut scratch, &mut check);
            rest.start = end;
        }
        check.0
    }
}

/// Whether what was visited is finite: v - v is 0 for finite numbers only.
struct FiniteCheck(bool);

impl<V: Lanes> Visitor<V> for FiniteCheck {
    #[inline(always)]
    fn visit(&mut self, vertices: impl Vertices, _is_last: bool) {
        let mut sums = [V::splat(0.0); 2];
        let whole = vertices.len() / 4 * 4;
        for i in (0..whole).step_by(4) {
            let (x, y) = vertices.load::<V>(i);
            sums = [sums[0].add(x.sub(x)), sums[1].add(y.sub(y))];
        }
        let mut sum = sums[0].add(sums[1]).total();
        for i in whole..vertices.len() {
            let (x, y) = vertices.at(i);
            sum += x.sub(x) + y.sub(y);
        }
        self.0 &= sum == 0.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{ArrayView1, ArrayView2};

    /// Every edge that is visited.
    struct Edges(Vec<[f64; 4]>);

    impl<V: Lanes> Visitor<V> for Edges {
        #[inline(always)]
        fn visit(&mut self, vertices: impl Vertices, is_last: bool) {
            assert!(is_last || vertices.len() == BLOCK + 1);
            let edge = |i: usize| (vertices.at(i - 1), vertices.at(i));
            self.0.extend((1..vertices.len()).map(edge).map(|(a, b)| [a.0, a.1, b.0, b.1]));
        }
    }

    struct Visit<'a>(Points<'a>);

    impl Task for Visit<'_> {
        type Output = Vec<[f64; 4]>;

        #[inline(always)]
        fn run<V: Lanes>(self) -> Self::Output {
            let mut edges = Edges(Vec::new());
            self.0.visit::<V>(5..self.0.len() - 1, &mut Scratch::new(), &mut edges);
            edges.0
        }
    }

    #[test]
    fn layouts_give_the_same_edges() {
        const LEN: usize = if cfg!(miri) { 1200 } else { 3000 };
        for width in 2..4 {
            let table: Vec<f64> = (0..LEN * width).map(|i| i as f64).collect();
            let table = ArrayView2::from_shape((LEN, width), &table).unwrap();
            let (x, y) = (table.column(0).to_vec(), table.column(1).to_vec());
            let separate = Points::from_f64(ArrayView1::from(&x), ArrayView1::from(&y)).unwrap();
            let together = Points::from_f64(table.column(0), table.column(1)).unwrap();
            assert_eq!(matches!(together.plain, Plain::Pairs(_)), width == 2);
            let edges = |points| dispatch(Level::detect(), Visit(points));
            assert_eq!(edges(separate), edges(together));
            assert_eq!(edges(separate).len(), LEN - 7);
        }
    }

    #[test]
    fn the_first_bad_coordinate_is_named() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for len in [1, 3, 4, 9, if cfg!(miri) { 100 } else { 2000 }] {
                for at in [0, len / 2, len - 1] {
                    let (x, mut y) = (vec![1e308; len], vec![-1e308; len]);
                    let good = Points::from_f64(ArrayView1::from(&x), ArrayView1::from(&y)).unwrap();
                    good.check_finite("points", Level::detect()).unwrap();
                    y[at] = bad;
                    let points = Points::from_f64(ArrayView1::from(&x), ArrayView1::from(&y)).unwrap();
                    let error = points.check_finite("points", Level::detect()).unwrap_err();
                    assert_eq!((error.kind(), error.item()), (Kind::Coordinate, Some(at)));
                    assert!(error.message().starts_with(&format!("points.y[{at}] is not finite")));
                }
            }
        }
    }
}
