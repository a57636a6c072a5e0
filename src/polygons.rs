//! The polygon table: vertex -> ring -> part -> polygon, over lent buffers, checked once.

use std::ops::Range;

use crate::coords::{Points, Vertices};
use crate::error::{Error, Kind, Result};
use crate::run::{Run, for_pieces, rows_per_piece};

/// About what it takes to see that a vertex is finite.
const VERTEX_NANOSECONDS: usize = 1;

/// Positions in the next inner level, one more than there are rows.
#[derive(Clone, Copy, Debug)]
pub enum Offsets<'a> {
    /// 32-bit positions.
    I32(&'a [i32]),
    /// 64-bit positions.
    I64(&'a [i64]),
}

impl Offsets<'_> {
    /// Number of rows: one less than there are positions.
    pub fn rows(&self) -> usize {
        match self {
            Offsets::I32(positions) => positions.len(),
            Offsets::I64(positions) => positions.len(),
        }
        .saturating_sub(1)
    }

    #[inline(always)]
    pub(crate) fn range(&self, row: usize) -> Range<usize> {
        match self {
            Offsets::I32(positions) => positions[row] as usize..positions[row + 1] as usize,
            Offsets::I64(positions) => positions[row] as usize..positions[row + 1] as usize,
        }
    }

    /// From the first position to the last, which checked positions do not leave.
    fn span(&self) -> Range<usize> {
        match self {
            Offsets::I32([first, .., last]) => *first as usize..*last as usize,
            Offsets::I64([first, .., last]) => *first as usize..*last as usize,
            _ => 0..0,
        }
    }

    /// Refuses positions that are negative, decrease, or run past `limit`.
    pub(crate) fn check(&self, name: &str, limit: usize, limit_name: &str) -> Result<()> {
        match self {
            Offsets::I32(positions) => check_positions(positions, name, limit, limit_name),
            Offsets::I64(positions) => check_positions(positions, name, limit, limit_name),
        }
    }
}

fn check_positions<T: Copy + Into<i64>>(positions: &[T], name: &str, limit: usize, limit_name: &str) -> Result<()> {
    let mut previous = 0;
    let mut decreases = false;
    for &position in positions {
        let position = position.into();
        decreases |= position < previous;
        previous = position;
    }
    // Non-decreasing from 0 on, so the last position is the largest.
    if !decreases && previous as u64 <= limit as u64 {
        return Ok(());
    }
    let at = |i: usize| -> i64 { positions[i].into() };
    for i in 0..positions.len() {
        let value = at(i);
        if value < 0 {
            return Err(Error::at(Kind::Layout, i, format_args!("{name}[{i}] = {value} is negative")));
        }
        if i > 0 && value < at(i - 1) {
            let before = at(i - 1);
            return Err(Error::at(
                Kind::Layout,
                i,
                format_args!("{name}[{i}] = {value} is less than {name}[{}] = {before}", i - 1),
            ));
        }
        if value as u64 > limit as u64 {
            return Err(Error::at(
                Kind::Layout,
                i,
                format_args!("{name}[{i}] = {value} runs past {limit_name} = {limit}"),
            ));
        }
    }
    Ok(())
}

/// A table of polygons in lent buffers. A polygon has parts, a part an outer ring followed by its holes, a ring vertices;
/// a ring's closing vertex may be present or not. Holding one means that every offset is in range.
#[derive(Clone, Copy, Debug)]
pub struct Polygons<'a> {
    vertices: Points<'a>,
    rings: Offsets<'a>,
    parts: Option<Offsets<'a>>,
    polygons: Option<Offsets<'a>>,
}

impl<'a> Polygons<'a> {
    /// Checks and takes the buffers. Without `parts` every ring is a part of its own; without `polygons` every part is a
    /// polygon of its own. Coordinates are checked where they are read: see [`Polygons::check_finite`].
    pub fn new(
        vertices: Points<'a>,
        rings: Offsets<'a>,
        parts: Option<Offsets<'a>>,
        polygons: Option<Offsets<'a>>,
    ) -> Result<Self> {
        rings.check("polygons.ring_offsets", vertices.len(), "vertices.len")?;
        if let Some(parts) = &parts {
            parts.check("polygons.part_offsets", rings.rows(), "ring_count")?;
        }
        let part_count = parts.as_ref().map_or(rings.rows(), Offsets::rows);
        if let Some(polygons) = &polygons {
            polygons.check("polygons.polygon_offsets", part_count, "part_count")?;
        }
        let table = Polygons { vertices, rings, parts, polygons };
        if i32::try_from(table.len()).is_err() {
            let len = table.len();
            return Err(Error::new(Kind::Limit, format_args!("polygons has {len} rows; the most is {}", i32::MAX)));
        }
        Ok(table)
    }

    /// Number of polygons.
    pub fn len(&self) -> usize {
        match (&self.polygons, &self.parts) {
            (Some(polygons), _) => polygons.rows(),
            (None, Some(parts)) => parts.rows(),
            (None, None) => self.rings.rows(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The coordinate columns.
    pub fn vertices(&self) -> &Points<'a> {
        &self.vertices
    }

    /// The parts of a polygon.
    #[inline(always)]
    pub fn parts(&self, polygon: usize) -> Range<usize> {
        match &self.polygons {
            Some(polygons) => polygons.range(polygon),
            None => polygon..polygon + 1,
        }
    }

    /// The rings of a part: the outer ring, then its holes.
    #[inline(always)]
    pub fn rings(&self, part: usize) -> Range<usize> {
        match &self.parts {
            Some(parts) => parts.range(part),
            None => part..part + 1,
        }
    }

    /// The vertices of a ring, without a closing vertex that repeats the first.
    #[inline(always)]
    pub fn ring(&self, ring: usize) -> Range<usize> {
        let Range { start, end } = self.rings.range(ring);
        if end - start > 1 && self.vertices.get(start) == self.vertices.get(end - 1) {
            start..end - 1
        } else {
            start..end
        }
    }

    /// Whether every polygon is one ring, which [`Polygons::only_ring`] gives.
    pub(crate) fn are_rings(&self) -> bool {
        self.parts.is_none() && self.polygons.is_none()
    }

    /// The ring of a polygon, out of all `vertices`, without a closing vertex; None for an empty polygon.
    #[inline(always)]
    pub(crate) fn only_ring<S: Vertices>(&self, vertices: S, polygon: usize) -> Option<S> {
        let ring = vertices.get(self.rings.range(polygon))?;
        let last = ring.len().checked_sub(1)?;
        if last > 0 && ring.at(0) == ring.at(last) { Some(ring.slice(0..last)) } else { Some(ring) }
    }

    /// The rings of a polygon, each with whether it is a hole, in order.
    #[inline(always)]
    pub fn rings_of(&self, polygon: usize) -> RingsOf<'_, 'a> {
        let parts = self.parts(polygon);
        match self.parts.is_none() && parts.len() == 1 {
            true => RingsOf { polygons: self, parts: 0..0, rings: parts.clone(), outer: parts.start },
            false => RingsOf { polygons: self, parts, rings: 0..0, outer: 0 },
        }
    }

    /// Refuses NaN and infinite coordinates. Vertices that no polygon uses do not matter.
    pub fn check_finite(&self, run: &Run<'_>) -> Result<()> {
        let (vertices, rows) = (&self.vertices, rows_per_piece(VERTEX_NANOSECONDS));
        let used = self.rings.span();
        let pieces = used.clone().step_by(rows).map(|start| start..(start + rows).min(used.end));
        let level = run.level;
        let checked = run.part(0, 0, self.len() as u64, |run| {
            for_pieces(run, used.len(), rows, VERTEX_NANOSECONDS, pieces, |range, _| {
                vertices.check_range_finite("polygons.vertices", range, level)
            })
        });
        match checked {
            // A vertex that is used is named with its polygon.
            Err(error) if error.kind() == Kind::Coordinate => {
                (0..self.len()).try_for_each(|polygon| self.check_polygon_finite(polygon))
            }
            checked => checked,
        }
    }

    /// Refuses the first NaN or infinite coordinate of a polygon.
    pub(crate) fn check_polygon_finite(&self, polygon: usize) -> Result<()> {
        for part in self.parts(polygon) {
            for ring in self.rings(part) {
                if let Some((i, axis)) = self.vertices.first_non_finite(self.rings.range(ring)) {
                    let value = self.vertices.show(i, axis);
                    return Err(Error::at(
                        Kind::Coordinate,
                        polygon,
                        format_args!("polygons.vertices.{axis}[{i}] is not finite: {value} (polygon {polygon})"),
                    ));
                }
            }
        }
        Ok(())
    }
}

/// See [`Polygons::rings_of`]. (What `flat_map` makes is not inlined, which small polygons feel.)
pub struct RingsOf<'t, 'a> {
    polygons: &'t Polygons<'a>,
    parts: Range<usize>,
    rings: Range<usize>,
    outer: usize,
}

impl Iterator for RingsOf<'_, '_> {
    type Item = (Range<usize>, bool);

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        while self.rings.is_empty() {
            self.rings = self.polygons.rings(self.parts.next()?);
            self.outer = self.rings.start;
        }
        let ring = self.rings.start;
        self.rings.start += 1;
        Some((self.polygons.ring(ring), ring != self.outer))
    }
}

#[cfg(test)]
mod tests {
    use ndarray::ArrayView1;

    use super::*;

    fn points(len: usize) -> Vec<f64> {
        (0..len).map(|i| i as f64).collect()
    }

    fn table<'a>(x: &'a [f64], rings: &'a [i32], parts: Option<&'a [i64]>) -> Result<Polygons<'a>> {
        let column = ArrayView1::from(x);
        Polygons::new(Points::from_f64(column, column)?, Offsets::I32(rings), parts.map(Offsets::I64), None)
    }

    #[test]
    fn bad_offsets_are_named() {
        let x = points(10);
        let message = |rings: &[i32], parts: Option<&[i64]>| {
            let error = table(&x, rings, parts).unwrap_err();
            assert_eq!(error.kind(), Kind::Layout);
            (error.item().unwrap(), error.message().to_owned())
        };
        assert_eq!(message(&[-1, 3], None), (0, "polygons.ring_offsets[0] = -1 is negative".into()));
        assert_eq!(
            message(&[0, 5, 4], None),
            (2, "polygons.ring_offsets[2] = 4 is less than polygons.ring_offsets[1] = 5".into())
        );
        assert_eq!(message(&[0, 5, 11], None), (2, "polygons.ring_offsets[2] = 11 runs past vertices.len = 10".into()));
        assert_eq!(
            message(&[0, 5, 10], Some(&[0, i64::MAX])),
            (1, "polygons.part_offsets[1] = 9223372036854775807 runs past ring_count = 2".into())
        );
        assert_eq!(message(&[0, 5], Some(&[i64::MIN, 1])).0, 0);
    }

    #[test]
    fn sliced_offsets_and_empty_tables_are_fine() {
        let x = points(10);
        assert_eq!(table(&x, &[4, 7, 7, 10], None).unwrap().len(), 3);
        assert_eq!(table(&x, &[4, 7, 7, 10], Some(&[1, 3])).unwrap().len(), 1);
        assert_eq!(table(&[], &[], None).unwrap().len(), 0);
        assert_eq!(table(&[], &[0], None).unwrap().len(), 0);
    }

    #[test]
    fn a_closing_vertex_is_left_out() {
        let x = [0.0, 1.0, 2.0, 0.0, 5.0];
        let polygons = table(&x, &[0, 4, 5], None).unwrap();
        assert_eq!((polygons.ring(0), polygons.ring(1)), (0..3, 4..5));
    }
}
