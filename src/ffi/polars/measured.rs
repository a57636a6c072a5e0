//! Expressions that measure a column of polygons: well-known binary, or text.

use super::arrow::ArrowSchema;
use super::given::Inputs;
use super::made::{Bits, Made, Values};
use crate::error::{Error, Kind, Result};
use crate::measure::{self, Coordinate};
use crate::memory::{Counted, vec_with_capacity};
use crate::polygons::Polygons;
use crate::run::Run;
use crate::table::{Format, Table};

const NAME: &str = "polygons";

/// Refuses columns that are no polygons.
pub(super) fn check(fields: &[&ArrowSchema]) -> Result<()> {
    fields.first().map_or(Ok(()), |field| format_of(field.format()).map(drop))
}

fn format_of(format: &[u8]) -> Result<Format> {
    match format {
        b"vz" => Ok(Format::Wkb),
        b"vu" => Ok(Format::Wkt),
        _ => {
            Err(Error::new(Kind::Argument, format_args!("{NAME} must be a column of binary (WKB) or of strings (WKT)")))
        }
    }
}

/// The area of each polygon.
pub(super) fn area(inputs: &Inputs<'_>, run: &Run<'_>) -> Result<Made> {
    let Measured { values, there } = measured(inputs, run, measure::area)?;
    Ok(Made::new(Values::Numbers(values.keep()), Bits::new(there.len(), |row| there[row])?))
}

/// A hash of each polygon's vertices.
pub(super) fn fingerprint(inputs: &Inputs<'_>, run: &Run<'_>) -> Result<Made> {
    let Measured { values, there } = measured(inputs, run, measure::fingerprint)?;
    Ok(Made::new(Values::Words(values.keep()), Bits::new(there.len(), |row| there[row])?))
}

/// The mean of each polygon's vertices.
pub(super) fn center(inputs: &Inputs<'_>, run: &Run<'_>) -> Result<Made> {
    places(measured(inputs, run, measure::center)?)
}

/// The centroid of each polygon's area.
pub(super) fn centroid(inputs: &Inputs<'_>, run: &Run<'_>) -> Result<Made> {
    places(measured(inputs, run, measure::centroid)?)
}

/// Places as two columns; an empty polygon has none.
fn places(measured: Measured<Coordinate>) -> Result<Made> {
    let Measured { values, there } = measured;
    let (mut x, mut y) = (vec_with_capacity(values.len())?, vec_with_capacity(values.len())?);
    x.extend(values.iter().map(|place| place.x));
    y.extend(values.iter().map(|place| place.y));
    let there = Bits::new(there.len(), |row| there[row] && !x[row].is_nan())?;
    Ok(Made::new(Values::Place(x.keep(), y.keep()), there))
}

/// A measure of each polygon, and whether that is there.
struct Measured<T> {
    values: Counted<T>,
    there: Counted<bool>,
}

fn measured<T: Copy>(
    inputs: &Inputs<'_>,
    run: &Run<'_>,
    measure: impl Fn(&Polygons<'_>, &Run<'_>) -> Result<Vec<T>>,
) -> Result<Measured<T>> {
    let column = inputs.column(0, NAME)?;
    let format = format_of(column.format())?;
    let len = column.len();
    let mut measured = Measured { values: vec_with_capacity(len)?, there: vec_with_capacity(len)? };
    for chunk in column.chunks() {
        let mut places = Counted::default();
        let start = measured.values.len();
        let rows = chunk.rows(&mut places).map_err(|error| in_column(error, start))?;
        let table = Table::read(&rows, format, false, run).map_err(|error| in_column(error, start))?;
        measured.values.extend(measure(&table.polygons()?, run)?);
        measured.there.extend((0..rows.len()).map(|row| rows.get(row).is_some()));
    }
    Ok(measured)
}

/// What is wrong with a row of an array that begins at row `start`, said of the column.
fn in_column(error: Error, start: usize) -> Error {
    match (error.item(), error.message().split_once(']')) {
        (Some(row), Some((_, text))) => {
            Error::at(error.kind(), start + row, format_args!("{NAME}[{}]{text}", start + row))
        }
        _ => error,
    }
}
