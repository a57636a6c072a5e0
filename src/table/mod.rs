//! Tables of polygons made from encoded rows: well-known binary and text, and GeoJSON.
//!
//! Rows are read twice. The first reading finds every fault and counts what the others hold, the second writes it where it belongs:
//! memory is taken once, for what was seen and not for what a count says, and all workers write into it.

mod fault;
mod fill;
mod geojson;
mod json;
mod rows;
mod wkb;
mod wkt;

use std::ops::Range;

pub use fault::{Faults, Reason};
pub use rows::{Rows, View};

use crate::coords::Points;
use crate::error::{Error, Kind, Result};
use crate::memory::{Counted, vec_with_capacity};
use crate::polygons::{Offsets, Polygons};
use crate::run::{Run, for_pieces, map_pieces, rows_per_piece};
use fault::Fault;
use fill::{Count, Fill, Position, Sink};

/// About what it takes to read a row of some ten vertices once.
const ROW_NANOSECONDS: usize = 100;

/// How rows are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Well-known binary of OGC and ISO, and the extended one of PostGIS; either byte order.
    Wkb,
    /// Well-known text, and the extended one of PostGIS.
    Wkt,
    /// GeoJSON: features and geometries. One row alone may be a document: its rows are the features of a FeatureCollection, or the values
    /// of a text that has several.
    GeoJson,
}

impl Format {
    /// Reads row `row`, whose bytes are these.
    fn read(self, rows: &Rows<'_>, row: usize, bytes: &[u8], sink: &mut impl Sink) -> std::result::Result<(), Fault> {
        match self {
            Format::Wkb => wkb::read(bytes, sink),
            Format::Wkt => wkt::read(bytes, sink),
            Format::GeoJson => geojson::read(bytes, rows.are_of_document(), sink),
        }
        .map_err(|fault| fault.after(rows.origin(row)))
    }
}

/// Positions that are as wide as they have to be.
#[derive(Debug)]
enum Levels {
    I32(fill::Levels<i32>),
    I64(fill::Levels<i64>),
}

/// A table of polygons that owns its columns: what encoded rows hold.
#[derive(Debug)]
pub struct Table {
    x: Vec<f64>,
    y: Vec<f64>,
    levels: Levels,
    faults: Faults,
}

/// What the rows of a piece hold.
struct Piece {
    rows: Range<usize>,
    count: Count,
    faults: Counted<(usize, Fault)>,
}

impl Table {
    /// Reads rows. One that is no polygon is an error, or with `skip` an empty polygon and one of the table's [`Faults`]; one that is
    /// missing is an empty polygon. Without `skip` the first row that is no polygon decides the error.
    pub fn read(rows: &Rows<'_>, format: Format, skip: bool, run: &Run<'_>) -> Result<Self> {
        let text = if format == Format::GeoJson && rows.len() == 1 { rows.get(0) } else { None };
        let mut starts = None;
        if let Some(text) = text {
            run.part(0, 0, 1, |run| {
                for_pieces(run, 1, 1, text.len(), std::iter::once(&mut starts), |starts, watch| {
                    *starts = geojson::rows(text, watch)?;
                    Ok(())
                })
            })?;
        }
        match text.zip(starts.as_ref()) {
            Some((text, starts)) => Self::read_rows(&Rows::of_document(text, starts)?, format, skip, run),
            None => Self::read_rows(rows, format, skip, run),
        }
    }

    fn read_rows(rows: &Rows<'_>, format: Format, skip: bool, run: &Run<'_>) -> Result<Self> {
        let (len, per_piece) = (rows.len(), rows_per_piece(ROW_NANOSECONDS));
        if i32::try_from(len).is_err() {
            return Err(Error::new(Kind::Limit, format_args!("rows has {len} rows; the most is {}", i32::MAX)));
        }
        let steps = len as u64;
        let pieces = (0..len.div_ceil(per_piece)).map(|i| i * per_piece..((i + 1) * per_piece).min(len));
        let pieces = run.part(0, steps, 2 * steps, |run| {
            map_pieces(run, per_piece * ROW_NANOSECONDS, pieces, |piece, _| count(rows, piece, format, skip))
        })?;
        let mut total = Count::default();
        for piece in &pieces {
            total.add(&piece.count);
        }
        let is_narrow = [total.vertices, total.rings, total.parts].iter().all(|&count| i32::try_from(count).is_ok());
        run.part(steps, steps, 2 * steps, |run| match is_narrow {
            true => fill(rows, format, &pieces, &total, run).map(|(x, y, levels)| (x, y, Levels::I32(levels))),
            false => fill(rows, format, &pieces, &total, run).map(|(x, y, levels)| (x, y, Levels::I64(levels))),
        })
        .and_then(|(x, y, levels)| {
            let faults = pieces.iter().flat_map(|piece| &piece.faults);
            Ok(Table { x, y, levels, faults: Faults::new(faults)? })
        })
    }

    /// Number of polygons: that of the rows.
    pub fn len(&self) -> usize {
        let [rings, parts, polygons] = self.offsets();
        polygons.or(parts).or(rings).map_or(0, |level| level.rows())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// x and y of all vertices, ring after ring.
    pub fn vertices(&self) -> (&[f64], &[f64]) {
        (&self.x, &self.y)
    }

    /// Offsets of rings, parts and polygons, all of one width. There are none of polygons where no row has two parts, and none of parts
    /// either where no row has two rings.
    pub fn offsets(&self) -> [Option<Offsets<'_>>; 3] {
        match &self.levels {
            Levels::I32(levels) => levels.0.each_ref().map(|level| level.as_deref().map(Offsets::I32)),
            Levels::I64(levels) => levels.0.each_ref().map(|level| level.as_deref().map(Offsets::I64)),
        }
    }

    /// The table as what calls take.
    pub fn polygons(&self) -> Result<Polygons<'_>> {
        let [rings, parts, polygons] = self.offsets();
        Polygons::new(
            Points::from_f64((&self.x).into(), (&self.y).into())?,
            rings.unwrap_or(Offsets::I32(&[])),
            parts,
            polygons,
        )
    }

    /// The rows that are no polygons.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }
}

/// First reading.
fn count(rows: &Rows<'_>, piece: Range<usize>, format: Format, skip: bool) -> Result<Piece> {
    let (mut count, mut faults) = (Count::default(), Counted::default());
    for row in piece.clone() {
        let before = count;
        if let Some(bytes) = rows.get(row)
            && let Err(fault) = format.read(rows, row, bytes, &mut count)
        {
            if !skip {
                return Err(fault.at(row));
            }
            count = before;
            faults.reserve(1)?;
            faults.push((row, fault));
        }
        count.end_row(&before);
    }
    Ok(Piece { rows: piece, count, faults })
}

/// Second reading: the columns of the table.
fn fill<P: Position>(
    rows: &Rows<'_>,
    format: Format,
    pieces: &[Piece],
    total: &Count,
    run: &Run<'_>,
) -> Result<(Vec<f64>, Vec<f64>, fill::Levels<P>)> {
    let mut columns = fill::Columns::new(total, rows.len())?;
    let mut places = columns.places();
    let mut jobs = vec_with_capacity(pieces.len())?;
    let mut start = Count::default();
    for piece in pieces {
        jobs.push((piece, places.take(&start, &piece.count, piece.rows.len())));
        start.add(&piece.count);
    }
    let per_piece = rows_per_piece(ROW_NANOSECONDS);
    for_pieces(
        run,
        rows.len(),
        per_piece,
        ROW_NANOSECONDS,
        jobs.drain(..),
        |(piece, mut fill): (_, Fill<'_, P>), watch| {
            let mut faults = piece.faults.iter().map(|(row, _)| *row).peekable();
            for row in piece.rows.clone() {
                watch.step()?;
                if faults.next_if_eq(&row).is_none()
                    && let Some(bytes) = rows.get(row)
                {
                    format.read(rows, row, bytes, &mut fill).map_err(|fault| fault.at(row))?;
                }
                fill.end_row();
            }
            Ok(())
        },
    )?;
    drop(jobs);
    Ok(columns.keep())
}

#[cfg(test)]
mod tests;
