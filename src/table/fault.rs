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
    /// More than 32 collections lie in each other, or more than 1,024 lists of JSON.
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
    /// It is no JSON from here on.
    Json = 10,
    /// There is no list where one has to be.
    List = 11,
    /// A geometry or coordinates are missing, or a member is there twice.
    Member = 12,
}

/// How deep collections may lie in each other.
pub(super) const DEEPEST: usize = 32;

impl Reason {
    /// All of them, by number from 1 on.
    pub const ALL: [Reason; 12] = [
        Reason::End,
        Reason::Trailing,
        Reason::Type,
        Reason::Depth,
        Reason::Coordinate,
        Reason::ByteOrder,
        Reason::Count,
        Reason::Number,
        Reason::Syntax,
        Reason::Json,
        Reason::List,
        Reason::Member,
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
            Reason::Depth => "collections lie in each other more than 32 deep, or lists more than 1,024\0",
            Reason::Coordinate => "a coordinate is NaN or infinite\0",
            Reason::ByteOrder => "a byte order that is neither 0 nor 1\0",
            Reason::Count => "a count of more than the bytes that are left can hold\0",
            Reason::Number => "a number is expected\0",
            Reason::Syntax => "a parenthesis or a comma is expected\0",
            Reason::Json => "it is not valid JSON from here on\0",
            Reason::List => "a list is expected\0",
            Reason::Member => "its geometry or coordinates are missing, or a member is there twice\0",
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

    /// As it is for a text of which the row is the part from `start` on.
    pub(super) fn after(self, start: usize) -> Self {
        Fault { byte: self.byte + start, ..self }
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
