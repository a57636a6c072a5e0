//! Rows of bytes in one lent buffer.

use crate::error::{Error, Kind, Result};
use crate::polygons::Offsets;

/// Rows of bytes, some of which may be missing: a data buffer, positions in it, and a bit for each row. Holding one means that all
/// positions are in range.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    data: &'a [u8],
    offsets: Offsets<'a>,
    validity: Option<(&'a [u8], usize)>,
    is_document: bool,
}

impl<'a> Rows<'a> {
    /// Checks and takes the buffers. Row i is missing if `validity`, a bitmap and a position in it, has a 0 for it: bits are counted from
    /// the lowest of each byte on.
    pub fn new(data: &'a [u8], offsets: Offsets<'a>, validity: Option<(&'a [u8], usize)>) -> Result<Self> {
        offsets.check("rows.offsets", data.len(), "rows.data_len")?;
        if let Some((bits, start)) = validity
            && start.checked_add(offsets.rows()).is_none_or(|end| end.div_ceil(8) > bits.len())
        {
            return Err(Error::new(Kind::Layout, format_args!("rows.validity is too short")));
        }
        Ok(Rows { data, offsets, validity, is_document: false })
    }

    /// Rows that are parts of one text, each of which may be followed by what lies between it and the next.
    pub(super) fn of_document(text: &'a [u8], starts: &'a [i64]) -> Result<Self> {
        Ok(Rows { is_document: true, ..Rows::new(text, Offsets::I64(starts), None)? })
    }

    /// Whether they are parts of one text.
    pub(super) fn are_of_document(&self) -> bool {
        self.is_document
    }

    /// Where the bytes of a row are counted from: the beginning of the text that it is a part of.
    pub(super) fn origin(&self, row: usize) -> usize {
        if self.is_document { self.offsets.range(row).start } else { 0 }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.offsets.rows()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes of a row; None where it is missing.
    #[inline(always)]
    pub fn get(&self, row: usize) -> Option<&'a [u8]> {
        if let Some((bits, start)) = self.validity {
            let at = start + row;
            if bits[at / 8] >> (at % 8) & 1 == 0 {
                return None;
            }
        }
        Some(&self.data[self.offsets.range(row)])
    }
}
