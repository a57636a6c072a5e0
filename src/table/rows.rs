//! Rows of bytes in lent buffers.

use crate::error::{Error, Kind, Result};
use crate::polygons::Offsets;

/// Rows of bytes, some of which may be missing: where they lie, and a bit for each row. Holding one means that all positions are in
/// range.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    place: Place<'a>,
    validity: Option<(&'a [u8], usize)>,
    is_document: bool,
}

/// Where rows lie.
#[derive(Clone, Copy, Debug)]
enum Place<'a> {
    /// One after the other, from each position to the next.
    Joined(&'a [u8], Offsets<'a>),
    /// Each where its [`View`] says.
    Views(&'a [View], &'a [&'a [u8]]),
}

/// Where a row lies, as Arrow's views have it. Four numbers of the machine's byte order: the length; then either up to 12 bytes of the row
/// themselves, or its first four, which of several buffers it lies in, and where in that.
pub type View = [u8; 16];

const MOST_INSIDE: usize = 12;

/// The bytes of a row, if they are in range.
#[inline(always)]
fn look<'a>(view: &'a View, buffers: &[&'a [u8]]) -> Option<&'a [u8]> {
    let (numbers, _) = view.as_chunks();
    let number = |i: usize| u32::from_ne_bytes(numbers[i]) as usize;
    let len = number(0);
    if len <= MOST_INSIDE {
        return Some(&view[4..4 + len]);
    }
    let start = number(3);
    buffers.get(number(2))?.get(start..start.checked_add(len)?)
}

impl<'a> Rows<'a> {
    /// Checks and takes the buffers. Row i is missing if `validity`, a bitmap and a position in it, has a 0 for it: bits are counted from
    /// the lowest of each byte on.
    pub fn new(data: &'a [u8], offsets: Offsets<'a>, validity: Option<(&'a [u8], usize)>) -> Result<Self> {
        offsets.check("rows.offsets", data.len(), "rows.data_len")?;
        Self::at(Place::Joined(data, offsets), validity)
    }

    /// The same of rows that each lie anywhere in one of several buffers.
    pub fn of_views(views: &'a [View], buffers: &'a [&'a [u8]], validity: Option<(&'a [u8], usize)>) -> Result<Self> {
        let rows = Self::at(Place::Views(views, buffers), validity)?;
        let lost = views.iter().enumerate().find(|(row, view)| rows.is_there(*row) && look(view, buffers).is_none());
        match lost {
            Some((row, _)) => Err(Error::at(Kind::Layout, row, format_args!("rows[{row}] is outside of its buffer"))),
            None => Ok(rows),
        }
    }

    fn at(place: Place<'a>, validity: Option<(&'a [u8], usize)>) -> Result<Self> {
        let rows = Rows { place, validity, is_document: false };
        if let Some((bits, start)) = validity
            && start.checked_add(rows.len()).is_none_or(|end| end.div_ceil(8) > bits.len())
        {
            return Err(Error::new(Kind::Layout, format_args!("rows.validity is too short")));
        }
        Ok(rows)
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
        match self.place {
            Place::Joined(_, offsets) if self.is_document => offsets.range(row).start,
            _ => 0,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match self.place {
            Place::Joined(_, offsets) => offsets.rows(),
            Place::Views(views, _) => views.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline(always)]
    fn is_there(&self, row: usize) -> bool {
        self.validity.is_none_or(|(bits, start)| {
            let at = start + row;
            bits[at / 8] >> (at % 8) & 1 == 1
        })
    }

    /// The bytes of a row; None where it is missing.
    #[inline(always)]
    pub fn get(&self, row: usize) -> Option<&'a [u8]> {
        if !self.is_there(row) {
            return None;
        }
        match self.place {
            Place::Joined(data, offsets) => Some(&data[offsets.range(row)]),
            Place::Views(views, buffers) => look(&views[row], buffers),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The view of a row in a buffer.
    fn view(len: u32, buffer: u32, start: u32) -> View {
        let mut view = [0; 16];
        for (to, number) in view.chunks_exact_mut(4).zip([len, 0, buffer, start]) {
            to.copy_from_slice(&number.to_ne_bytes());
        }
        view
    }

    #[test]
    fn views_are_found_where_they_say_and_refused_outside() {
        let buffers: [&[u8]; 2] = [b"a first buffer", b"and a second one"];
        let mut short = view(3, 0, 0);
        short[4..7].copy_from_slice(b"abc");
        let views = [short, view(13, 1, 3), view(14, 0, 0), view(0, 9, 9)];
        let rows = Rows::of_views(&views, &buffers, None).unwrap();
        let got: Vec<_> = (0..rows.len()).map(|row| rows.get(row).unwrap()).collect();
        assert_eq!(got, [&b"abc"[..], b" a second one", b"a first buffer", b""]);

        for lost in [view(13, 2, 0), view(15, 0, 0), view(13, 0, 2), view(13, 0, u32::MAX), view(u32::MAX, 1, 1)] {
            let views = [short, lost];
            let error = Rows::of_views(&views, &buffers, None).unwrap_err();
            assert_eq!((error.item(), error.message()), (Some(1), "rows[1] is outside of its buffer"));
            // What is missing is not looked at.
            let rows = Rows::of_views(&views, &buffers, Some((&[0b101], 0))).unwrap();
            assert_eq!((rows.get(0), rows.get(1)), (Some(&b"abc"[..]), None));
        }
        assert!(Rows::of_views(&views, &buffers, Some((&[255], 5))).is_err());
    }
}
