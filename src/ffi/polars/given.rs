//! Columns that Polars gives: ours to read, and to release.

use std::ffi::c_void;
use std::marker::PhantomData;
use std::slice::from_raw_parts;

use super::arrow::{ArrowArray, ArrowSchema, SeriesExport};
use crate::error::{Error, Kind, Result};
use crate::memory::{Counted, vec_with_capacity};
use crate::table::{Rows, View};

/// The fields of a call.
///
/// # Safety
/// `inputs` points to `count` fields that live during `'a`.
pub(super) unsafe fn fields<'a>(inputs: *const ArrowSchema, count: usize) -> Result<Counted<&'a ArrowSchema>> {
    let mut fields = vec_with_capacity(count)?;
    // SAFETY: as promised to us.
    fields.extend((0..count).map(|i| unsafe { &*inputs.add(i) }));
    Ok(fields)
}

/// The columns of a call. They are released when this is dropped.
pub(super) struct Inputs<'a> {
    columns: *mut SeriesExport,
    count: usize,
    life: PhantomData<&'a SeriesExport>,
}

impl Drop for Inputs<'_> {
    fn drop(&mut self) {
        for i in 0..self.count {
            // SAFETY: `take` was promised columns that are ours. An array or a column is released once: nobody sees it afterwards.
            unsafe {
                let column = self.columns.add(i);
                for chunk in 0..(*column).len {
                    let array = *(*column).arrays.add(chunk);
                    if let Some(release) = (*array).release {
                        release(array);
                    }
                }
                if let Some(release) = (*column).release {
                    release(column);
                }
            }
        }
    }
}

impl Inputs<'_> {
    /// Takes over the columns of a call.
    ///
    /// # Safety
    /// `columns` points to `count` columns that nobody else uses or releases.
    pub(super) unsafe fn take(columns: *mut SeriesExport, count: usize) -> Self {
        Inputs { columns, count, life: PhantomData }
    }

    fn get(&self, at: usize) -> Option<&SeriesExport> {
        // SAFETY: as promised to `take`.
        (at < self.count).then(|| unsafe { &*self.columns.add(at) })
    }

    /// Column `at`, which messages call `name`.
    pub(super) fn column(&self, at: usize, name: &'static str) -> Result<Column<'_>> {
        let missing = || Error::new(Kind::Argument, format_args!("{name} is missing"));
        let series = self.get(at).ok_or_else(missing)?;
        // SAFETY: a column has a field, and as many arrays as it says.
        let (field, chunks) = unsafe { (series.field.as_ref().ok_or_else(missing)?, slice(series.arrays, series.len)) };
        Ok(Column { name, format: field.format(), chunks })
    }

    /// The name of the first column, which is that of the result.
    pub(super) fn name(&self) -> &[u8] {
        // SAFETY: a column has a field.
        self.get(0).and_then(|series| unsafe { series.field.as_ref() }).map_or(&[], ArrowSchema::name)
    }

    /// Rows of the first column.
    pub(super) fn rows(&self) -> usize {
        self.rows_of(0)
    }

    /// Whether there is a column without rows: then there are no answers.
    pub(super) fn are_empty(&self) -> bool {
        (0..self.count).any(|at| self.rows_of(at) == 0)
    }

    fn rows_of(&self, at: usize) -> usize {
        self.column(at, "").map_or(0, |column| column.len())
    }
}

/// # Safety
/// `start` points to `len` elements that live during `'a`, or nothing is read.
unsafe fn slice<'a, T>(start: *const T, len: usize) -> &'a [T] {
    // SAFETY: as promised to us.
    if len == 0 || start.is_null() { &[] } else { unsafe { from_raw_parts(start, len) } }
}

/// A column: arrays of one type.
#[derive(Clone, Copy)]
pub(super) struct Column<'a> {
    pub(super) name: &'static str,
    format: &'a [u8],
    chunks: &'a [*mut ArrowArray],
}

impl<'a> Column<'a> {
    pub(super) fn len(&self) -> usize {
        self.chunks().map(|chunk| chunk.len()).sum()
    }

    pub(super) fn chunks(self) -> impl Iterator<Item = Chunk<'a>> {
        let Column { name, format, chunks } = self;
        // SAFETY: Polars' arrays are there until they are released.
        chunks.iter().map(move |array| Chunk { name, format, array: unsafe { &**array } })
    }

    /// The number of a column of one row.
    pub(super) fn number(self) -> Result<f64> {
        let numbers = self.only()?.numbers()?;
        numbers.get(0).ok_or_else(|| Error::new(Kind::Argument, format_args!("{} is null", self.name)))
    }

    /// The array of a column of one row, or of many that are the same, as the streaming engine has what is no literal to it.
    pub(super) fn only(self) -> Result<Chunk<'a>> {
        self.chunks().find(|chunk| chunk.len() > 0).ok_or_else(|| {
            let name = self.name;
            Error::new(Kind::Argument, format_args!("{name} must be one value, not a column of none"))
        })
    }

    pub(super) fn format(&self) -> &'a [u8] {
        self.format
    }
}

/// Refuses columns that are no numbers.
pub(super) fn check_numbers(format: &[u8], name: &str) -> Result<()> {
    match format {
        [b'g' | b'f' | b'c' | b'C' | b's' | b'S' | b'i' | b'I' | b'l' | b'L' | b'n'] => Ok(()),
        _ => Err(Error::new(Kind::Argument, format_args!("{name} must be a column of numbers"))),
    }
}

/// An array of a column.
#[derive(Clone, Copy)]
pub(super) struct Chunk<'a> {
    name: &'static str,
    format: &'a [u8],
    array: &'a ArrowArray,
}

impl<'a> Chunk<'a> {
    pub(super) fn len(&self) -> usize {
        self.array.length.max(0) as usize
    }

    fn offset(&self) -> usize {
        self.array.offset.max(0) as usize
    }

    fn damaged(&self) -> Error {
        Error::new(Kind::Layout, format_args!("{} is not laid out as its type says", self.name))
    }

    /// `len` elements of a buffer, from `start` on.
    ///
    /// # Safety
    /// The buffer has that many elements of this type, if any.
    unsafe fn buffer<T>(&self, at: usize, start: usize, len: usize) -> Result<&'a [T]> {
        if len == 0 {
            return Ok(&[]);
        }
        if self.array.buffers.is_null() || at >= self.array.n_buffers.max(0) as usize {
            return Err(self.damaged());
        }
        // SAFETY: there are so many buffers; the rest is promised to us.
        unsafe {
            let buffer = (*self.array.buffers.add(at)).cast::<T>();
            if buffer.is_null() || !buffer.is_aligned() {
                return Err(self.damaged());
            }
            Ok(slice(buffer.add(start), len))
        }
    }

    /// A bit for each row that says whether it is there, and where the first of them is; None if all are.
    pub(super) fn validity(&self) -> Option<(&'a [u8], usize)> {
        if self.array.null_count == 0 || self.array.n_buffers < 1 || self.array.buffers.is_null() {
            return None;
        }
        let start = self.offset();
        // SAFETY: the first buffer is that of validity, NULL if there is none.
        let bits = unsafe {
            let bits: *const c_void = *self.array.buffers;
            slice(bits.cast::<u8>(), (start + self.len()).div_ceil(8))
        };
        (!bits.is_empty()).then_some((bits, start))
    }

    /// Its rows as numbers.
    pub(super) fn numbers(&self) -> Result<Numbers<'a>> {
        check_numbers(self.format, self.name)?;
        let (start, len) = (self.offset(), self.len());
        // SAFETY: the second buffer of numbers is that of the numbers, of the type that the format names.
        let values = unsafe {
            match self.format {
                b"g" => Values::F64(self.buffer(1, start, len)?),
                b"f" => Values::F32(self.buffer(1, start, len)?),
                b"c" => Values::I8(self.buffer(1, start, len)?),
                b"C" => Values::U8(self.buffer(1, start, len)?),
                b"s" => Values::I16(self.buffer(1, start, len)?),
                b"S" => Values::U16(self.buffer(1, start, len)?),
                b"i" => Values::I32(self.buffer(1, start, len)?),
                b"I" => Values::U32(self.buffer(1, start, len)?),
                b"l" => Values::I64(self.buffer(1, start, len)?),
                b"L" => Values::U64(self.buffer(1, start, len)?),
                _ => Values::Missing,
            }
        };
        Ok(Numbers { values, validity: self.validity() })
    }

    /// Its first word.
    pub(super) fn word(&self) -> Result<u64> {
        match self.numbers()? {
            Numbers { values: Values::U64([word, ..]), .. } => Ok(*word),
            _ => Err(self.damaged()),
        }
    }

    /// Its rows as bytes, for which buffers are noted in `places`.
    pub(super) fn rows<'p>(&self, places: &'p mut Counted<&'a [u8]>) -> Result<Rows<'p>>
    where
        'a: 'p,
    {
        if !matches!(self.format, b"vz" | b"vu") {
            return Err(self.damaged());
        }
        let (start, len) = (self.offset(), self.len());
        let others = (self.array.n_buffers.max(0) as usize).saturating_sub(3);
        // SAFETY: the second buffer is that of views; the last has the lengths of those between.
        let views: &'a [View] = unsafe { self.buffer(1, start, len)? };
        places.reserve(others)?;
        if !views.is_empty() && others > 0 {
            // SAFETY: as above.
            let lengths: &[i64] = unsafe { self.buffer(2 + others, 0, others)? };
            for (i, length) in lengths.iter().enumerate() {
                // SAFETY: as above.
                places.push(unsafe { self.buffer(2 + i, 0, (*length).max(0) as usize)? });
            }
        }
        Rows::of_views(views, places, self.validity())
    }
}

/// The rows of an array as numbers.
pub(super) struct Numbers<'a> {
    values: Values<'a>,
    validity: Option<(&'a [u8], usize)>,
}

#[derive(Clone, Copy)]
enum Values<'a> {
    F64(&'a [f64]),
    F32(&'a [f32]),
    I8(&'a [i8]),
    U8(&'a [u8]),
    I16(&'a [i16]),
    U16(&'a [u16]),
    I32(&'a [i32]),
    U32(&'a [u32]),
    I64(&'a [i64]),
    U64(&'a [u64]),
    All(f64),
    Missing,
}

impl<'a> Numbers<'a> {
    /// Row `row`, if it is there.
    #[inline(always)]
    pub(super) fn get(&self, row: usize) -> Option<f64> {
        if let Some((bits, start)) = self.validity
            && bits[(start + row) / 8] >> ((start + row) % 8) & 1 == 0
        {
            return None;
        }
        Some(match self.values {
            Values::F64(values) => values[row],
            Values::F32(values) => values[row].into(),
            Values::I8(values) => values[row].into(),
            Values::U8(values) => values[row].into(),
            Values::I16(values) => values[row].into(),
            Values::U16(values) => values[row].into(),
            Values::I32(values) => values[row].into(),
            Values::U32(values) => values[row].into(),
            Values::I64(values) => values[row] as f64,
            Values::U64(values) => values[row] as f64,
            Values::All(value) => value,
            Values::Missing => return None,
        })
    }

    /// The same number, or none, in any row.
    pub(super) fn all(value: Option<f64>) -> Self {
        Numbers { values: value.map_or(Values::Missing, Values::All), validity: None }
    }

    /// All of them, where none is missing and they are doubles.
    pub(super) fn doubles(&self) -> Option<&'a [f64]> {
        match self.values {
            Values::F64(values) if self.validity.is_none() => Some(values),
            _ => None,
        }
    }

    /// The same of floats.
    pub(super) fn floats(&self) -> Option<&'a [f32]> {
        match self.values {
            Values::F32(values) if self.validity.is_none() => Some(values),
            _ => None,
        }
    }
}
