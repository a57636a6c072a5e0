//! What can be wrong with a row, and where.

use crate::error::{Error, Kind, Result};
use crate::memory::{Counted, vec_with_capacity};

/// Why a row is no polygon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Reason {
    /// It ends too early.
    End = 1,
    /// Something follows its end.
    Trailing = 2,
    /// It is something other than a Polygon, a MultiPolygon or a GeometryCollection of these.
    Type = 3,
    /// Collections lie in each other more than 32 deep.
    Depth = 4,
    /// A coordinate is NaN or infinite.
    Coordinate = 5,
    /// A byte order that is neither 0 nor 1.
    ByteOrder = 6,
    /// A count of more than the bytes that are left could hold.
    Count = 7,
    /// There is no number where one has to be.
    Number = 8,
    /// There is no parenthesis or comma where one has to be.
    Syntax = 9,
}

/// How deep collections may lie in each other.
pub(super) const DEEPEST: usize = 32;

impl Reason {
    /// All of them, by number from 1 on.
    pub const ALL: [Reason; 9] = [
        Reason::End,
        Reason::Trailing,
        Reason::Type,
        Reason::Depth,
        Reason::Coordinate,
        Reason::ByteOrder,
        Reason::Count,
        Reason::Number,
        Reason::Syntax,
    ];

    /// What is wrong, in one clause.
    pub fn text(self) -> &'static str {
        self.text_and_nul().trim_end_matches('\0')
    }

    /// The same, ended by a NUL.
    pub(crate) fn text_and_nul(self) -> &'static str {
        match self {
            Reason::End => "it ends too early\0",
            Reason::Trailing => "something follows its end\0",
            Reason::Type => "neither a Polygon, nor a MultiPolygon, nor a GeometryCollection of these\0",
            Reason::Depth => "collections lie in each other more than 32 deep\0",
            Reason::Coordinate => "a coordinate is NaN or infinite\0",
            Reason::ByteOrder => "a byte order that is neither 0 nor 1\0",
            Reason::Count => "a count of more than the bytes that are left can hold\0",
            Reason::Number => "a number is expected\0",
            Reason::Syntax => "a parenthesis or a comma is expected\0",
        }
    }
}

/// What is wrong with a row, and at which of its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) byte: usize,
    pub(super) reason: Reason,
}

impl Fault {
    #[cold]
    pub(super) fn new(byte: usize, reason: Reason) -> Self {
        Fault { byte, reason }
    }

    /// As the error that it is for who does not skip it.
    #[cold]
    pub(super) fn at(self, row: usize) -> Error {
        let Fault { byte, reason } = self;
        Error::at(Kind::Format, row, format_args!("rows[{row}], byte {byte}: {}", reason.text()))
    }
}

/// Rows that are no polygons, in order, as columns.
#[derive(Debug)]
pub struct Faults {
    rows: Vec<i64>,
    bytes: Vec<i64>,
    reasons: Vec<i32>,
}

impl Faults {
    pub(super) fn new<'a>(faults: impl Iterator<Item = &'a (usize, Fault)> + Clone) -> Result<Self> {
        let column = |of: fn(&(usize, Fault)) -> i64| -> Result<Counted<i64>> {
            let mut column = vec_with_capacity(faults.clone().count())?;
            column.extend(faults.clone().map(of));
            Ok(column)
        };
        let rows = column(|(row, _)| *row as i64)?;
        let bytes = column(|(_, fault)| fault.byte as i64)?;
        let mut reasons = vec_with_capacity(rows.len())?;
        reasons.extend(faults.map(|(_, fault)| fault.reason as i32));
        Ok(Faults { rows: rows.keep(), bytes: bytes.keep(), reasons: reasons.keep() })
    }

    /// Which rows, increasing.
    pub fn rows(&self) -> &[i64] {
        &self.rows
    }

    /// At which byte of each row.
    pub fn bytes(&self) -> &[i64] {
        &self.bytes
    }

    /// Why: numbers of [`Reason`]s.
    pub fn reasons(&self) -> &[i32] {
        &self.reasons
    }
}
