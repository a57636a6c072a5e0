//! Views of coordinate columns that somebody else owns: two strided `f64` or `f32` columns of one length.

use std::mem::MaybeUninit;
use std::ops::Range;

use ndarray::ArrayView1;

use crate::error::{Error, Kind, Result};
use crate::simd::{Lanes, Level, Number, Task, dispatch};

/// Edges handed out at a time where coordinates must first be gathered; a multiple of [`crate::measure::CHUNK`].
pub(crate) const BLOCK: usize = 1024;

/// Points, or the vertices of polygons: an x and a y column in memory somebody lends.
#[derive(Clone, Copy, Debug)]
pub struct Points<'a> {
    columns: Columns<'a>,
    /// Both columns where they lie in memory as plain `f64` arrays, which is the case worth being fast.
    slices: Option<(&'a [f64], &'a [f64])>,
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
        Ok(Points { columns: Columns::F64(x, y), slices: x.to_slice().zip(y.to_slice()) })
    }

    /// Points from two `f32` columns of equal length; every number is widened exactly.
    pub fn from_f32(x: ArrayView1<'a, f32>, y: ArrayView1<'a, f32>) -> Result<Self> {
        same_length(x.len(), y.len())?;
        Ok(Points { columns: Columns::F32(x, y), slices: None })
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
        if let Some((x, y)) = self.slices {
            return (x[i], y[i]);
        }
        match self.columns {
            Columns::F64(x, y) => (x[i], y[i]),
            Columns::F32(x, y) => (x[i].into(), y[i].into()),
        }
    }

    /// Both columns where they lie in memory as plain `f64` arrays.
    #[inline(always)]
    pub(crate) fn slices(&self) -> Option<(&'a [f64], &'a [f64])> {
        self.slices
    }

    /// The points of `range` (at most [`BLOCK`] + 1) as `f64` slices, gathered into `scratch` where they do not lie so.
    #[inline(always)]
    pub(crate) fn gather<'s>(&self, range: Range<usize>, scratch: &'s mut Scratch) -> (&'s [f64], &'s [f64])
    where
        'a: 's,
    {
        if let Some((x, y)) = self.slices {
            return (&x[range.clone()], &y[range]);
        }
        match self.columns {
            Columns::F64(x, y) => (copy(&mut scratch.x, x, range.clone()), copy(&mut scratch.y, y, range)),
            Columns::F32(x, y) => (copy(&mut scratch.x, x, range.clone()), copy(&mut scratch.y, y, range)),
        }
    }

    /// Runs of consecutive vertices that cover the edges (i, i + 1) of `range`, which is not empty, in order: neighbouring
    /// runs share one vertex. Runs start at multiples of [`BLOCK`] edges, whatever the layout.
    #[inline(always)]
    pub(crate) fn edge_runs(&self, range: Range<usize>) -> EdgeRuns<'_, 'a> {
        EdgeRuns { points: self, rest: Some(range) }
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

/// See [`Points::edge_runs`]. Not an iterator, since a run may lie in the scratch; and not a callback, since the compiler
/// would not inline one into code for a higher [`Level`].
pub(crate) struct EdgeRuns<'p, 'a> {
    points: &'p Points<'a>,
    rest: Option<Range<usize>>,
}

impl<'a> EdgeRuns<'_, 'a> {
    /// Whether the run given last was the last.
    #[inline(always)]
    pub(crate) fn is_done(&self) -> bool {
        self.rest.is_none()
    }

    #[inline(always)]
    pub(crate) fn next<'s>(&mut self, scratch: &'s mut Scratch) -> Option<(&'s [f64], &'s [f64])>
    where
        'a: 's,
    {
        let range = self.rest.take()?;
        if let Some((x, y)) = self.points.slices {
            return Some((&x[range.clone()], &y[range]));
        }
        let end = (range.start + BLOCK + 1).min(range.end);
        if end < range.end {
            self.rest = Some(end - 1..range.end);
        }
        Some(self.points.gather(range.start..end, scratch))
    }
}

fn same_length(x: usize, y: usize) -> Result<()> {
    if x == y {
        return Ok(());
    }
    Err(Error::new(Kind::Argument, format_args!("x and y differ in length: {x} and {y}")))
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

/// Whether the points of a range are all finite: v - v is 0 for finite numbers only.
struct AllFinite<'a, 'p>(&'p Points<'a>, Range<usize>);

impl Task for AllFinite<'_, '_> {
    type Output = bool;

    #[inline(always)]
    fn run<V: Lanes>(self) -> bool {
        let AllFinite(points, mut rest) = self;
        let mut scratch = Scratch::new();
        while !rest.is_empty() {
            let end = (rest.start + BLOCK).min(rest.end);
            let (x, y) = points.gather(rest.start..end, &mut scratch);
            if !(column_is_finite::<V>(x) && column_is_finite::<V>(y)) {
                return false;
            }
            rest.start = end;
        }
        true
    }
}

#[inline(always)]
fn column_is_finite<V: Lanes>(column: &[f64]) -> bool {
    let (groups, rest) = column.as_chunks::<4>();
    let mut sums = [V::splat(0.0); 2];
    for (i, group) in groups.iter().enumerate() {
        let v = V::load(group);
        sums[i & 1] = sums[i & 1].add(v.sub(v));
    }
    let mut sum = sums[0].add(sums[1]).total();
    for v in rest {
        sum += v.sub(*v);
    }
    sum == 0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{ArrayView1, ArrayView2};

    #[test]
    fn layouts_give_the_same_edges() {
        let x: Vec<f64> = (0..3000).map(|i| i as f64).collect();
        let y: Vec<f64> = x.iter().map(|v| v * 0.5).collect();
        let xy: Vec<f64> = x.iter().zip(&y).flat_map(|(&x, &y)| [x, y]).collect();
        let table = ArrayView2::from_shape((3000, 2), &xy).unwrap();
        let separate = Points::from_f64(ArrayView1::from(&x), ArrayView1::from(&y)).unwrap();
        let interleaved = Points::from_f64(table.column(0), table.column(1)).unwrap();
        let edges = |points: Points<'_>| {
            let mut seen = Vec::new();
            let (mut runs, mut scratch) = (points.edge_runs(5..2999), Scratch::new());
            while let Some((x, y)) = runs.next(&mut scratch) {
                seen.extend(x.windows(2).zip(y.windows(2)).map(|(x, y)| (x[0], x[1], y[0], y[1])));
            }
            seen
        };
        assert_eq!(edges(separate), edges(interleaved));
        assert_eq!(edges(separate).len(), 2993);
    }

    #[test]
    fn the_first_bad_coordinate_is_named() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for len in [1, 3, 4, 9, 2000] {
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
