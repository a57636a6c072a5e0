//! The column that an expression makes, in memory that Polars releases.

use std::ffi::{CStr, c_char, c_void};
use std::mem::ManuallyDrop;
use std::ptr::{null, null_mut};

use super::arrow::{ArrowArray, ArrowSchema, SeriesExport};
use crate::error::Result;
use crate::ffi::handles::Inside;
use crate::ffi::index::pf_index;
use crate::memory::{Counted, vec_with_capacity};

/// The type of a column.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Dtype {
    /// A row of a table, or how many there are.
    Row,
    Flag,
    Number,
    Word,
    /// Fields `polygon` and `distance`.
    Nearest,
    /// Fields `x` and `y`.
    Place,
}

impl Dtype {
    fn format(self) -> &'static CStr {
        match self {
            Dtype::Row => c"I",
            Dtype::Flag => c"b",
            Dtype::Number => c"g",
            Dtype::Word => c"L",
            Dtype::Nearest | Dtype::Place => c"+s",
        }
    }

    fn fields(self) -> &'static [(&'static str, Dtype)] {
        match self {
            Dtype::Nearest => &[("polygon", Dtype::Row), ("distance", Dtype::Number)],
            Dtype::Place => &[("x", Dtype::Number), ("y", Dtype::Number)],
            _ => &[],
        }
    }
}

/// The rows of a column, some of which may be missing.
pub(super) struct Made {
    len: usize,
    /// Which are there, unless all are.
    validity: Option<Bits>,
    values: Values,
}

/// What an array points to as long as it is there.
pub(super) enum Values {
    Rows(Vec<i32>),
    Flags(Bits),
    Numbers(Vec<f64>),
    Words(Vec<u64>),
    /// A handle of an index, which stays as long as the column does.
    Held(Vec<u64>, #[allow(dead_code)] Inside<pf_index>),
    /// Two fields.
    Nearest(Vec<i32>, Vec<f64>),
    Place(Vec<f64>, Vec<f64>),
    /// Fields that have been handed on.
    Gone,
}

impl Values {
    fn start(&self) -> *const c_void {
        match self {
            Values::Rows(values) => values.as_ptr().cast(),
            Values::Flags(bits) => bits.bytes.as_ptr().cast(),
            Values::Numbers(values) => values.as_ptr().cast(),
            Values::Words(values) | Values::Held(values, _) => values.as_ptr().cast(),
            Values::Nearest(..) | Values::Place(..) | Values::Gone => null(),
        }
    }

    /// Its fields, where it has any, and what is left.
    fn split(self) -> (Option<[Values; 2]>, Values) {
        match self {
            Values::Nearest(rows, distances) => (Some([Values::Rows(rows), Values::Numbers(distances)]), Values::Gone),
            Values::Place(x, y) => (Some([Values::Numbers(x), Values::Numbers(y)]), Values::Gone),
            values => (None, values),
        }
    }
}

impl Made {
    /// No rows.
    pub(super) fn none(dtype: Dtype) -> Result<Self> {
        let none = || Bits::new(0, |_| false);
        let values = match dtype {
            Dtype::Row => Values::Rows(Vec::new()),
            Dtype::Flag => Values::Flags(none()?),
            Dtype::Number => Values::Numbers(Vec::new()),
            Dtype::Word => Values::Words(Vec::new()),
            Dtype::Nearest => Values::Nearest(Vec::new(), Vec::new()),
            Dtype::Place => Values::Place(Vec::new(), Vec::new()),
        };
        Ok(Made::new(values, none()?))
    }

    /// With the rows that are there.
    pub(super) fn new(values: Values, there: Bits) -> Self {
        let Bits { len, zeros, .. } = there;
        Made { len, validity: if zeros == 0 { None } else { Some(there) }, values }
    }
}

/// A bit for each row, the lowest of a byte first.
pub(super) struct Bits {
    bytes: Vec<u8>,
    len: usize,
    zeros: usize,
}

impl Bits {
    pub(super) fn new(len: usize, is_set: impl Fn(usize) -> bool) -> Result<Self> {
        let mut bytes = vec_with_capacity(len.div_ceil(8))?;
        let mut ones = 0;
        for start in (0..len).step_by(8) {
            let byte = (start..len.min(start + 8)).fold(0, |byte, row| byte | u8::from(is_set(row)) << (row - start));
            ones += byte.count_ones() as usize;
            bytes.push(byte);
        }
        Ok(Bits { bytes: bytes.keep(), len, zeros: len - ones })
    }

    fn copy(&self) -> Result<Self> {
        let mut bytes = vec_with_capacity(self.bytes.len())?;
        bytes.extend_from_slice(&self.bytes);
        Ok(Bits { bytes: bytes.keep(), ..*self })
    }
}

/// A box, where there is memory for it.
fn boxed<T>(value: T) -> Result<*mut T> {
    Ok(put(vec_with_capacity(1)?, value))
}

/// A box in the room for one. (A slice of one can be boxed without an allocation that aborts.)
fn put<T>(mut room: Counted<T>, value: T) -> *mut T {
    room.push(value);
    Box::into_raw(room.keep().into_boxed_slice()).cast()
}

/// Ends what [`boxed`] made.
///
/// # Safety
/// `pointer` is one of its, and nobody else's.
unsafe fn unboxed<T>(pointer: *mut T) {
    // SAFETY: as promised to us.
    drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(pointer, 1)) });
}

/// Children of a structure, which are released with it, but for those that were moved out.
struct Children<T: Release>(Vec<*mut T>);

/// What is released by a function of its own, once.
trait Release {
    fn take_release(&mut self) -> Option<unsafe extern "C" fn(*mut Self)>;
}

impl Release for ArrowSchema {
    fn take_release(&mut self) -> Option<unsafe extern "C" fn(*mut Self)> {
        self.release
    }
}

impl Release for ArrowArray {
    fn take_release(&mut self) -> Option<unsafe extern "C" fn(*mut Self)> {
        self.release
    }
}

impl<T: Release> Children<T> {
    fn new(count: usize) -> Result<Self> {
        Ok(Children(vec_with_capacity(count)?.keep()))
    }

    /// One more, for which there is room.
    fn push(&mut self, child: Owned<T>) -> Result<()> {
        self.0.push(boxed(child)?.cast());
        Ok(())
    }
}

impl<T: Release> Drop for Children<T> {
    fn drop(&mut self) {
        for &child in &self.0 {
            // SAFETY: `push` boxed it, as this type.
            unsafe { unboxed(child.cast::<Owned<T>>()) };
        }
    }
}

/// A structure that is released when it is dropped, unless somebody did before.
#[repr(transparent)]
struct Owned<T: Release>(T);

impl<T: Release> Drop for Owned<T> {
    fn drop(&mut self) {
        if let Some(release) = self.0.take_release() {
            // SAFETY: it was not released yet, and this is the end of it.
            unsafe { release(&mut self.0) }
        }
    }
}

/// What a field of ours points to.
struct Schema {
    name: Vec<u8>,
    children: Children<ArrowSchema>,
}

/// A field.
pub(super) fn schema(dtype: Dtype, name: &[u8]) -> Result<ArrowSchema> {
    unsafe extern "C" fn release(schema: *mut ArrowSchema) {
        // SAFETY: `schema` made it, and nobody releases it twice.
        unsafe {
            unboxed((*schema).private_data.cast::<Schema>());
            (*schema).release = None;
        }
    }

    const NULLABLE: i64 = 2;
    let mut text = vec_with_capacity(name.len() + 1)?;
    text.extend_from_slice(name);
    text.push(0);
    let fields = dtype.fields();
    let mut children = Children::new(fields.len())?;
    for (name, dtype) in fields {
        children.push(Owned(schema(*dtype, name.as_bytes())?))?;
    }
    let private = boxed(Schema { name: text.keep(), children })?;
    // SAFETY: it was made just now.
    let held = unsafe { &mut *private };
    Ok(ArrowSchema {
        format: dtype.format().as_ptr(),
        name: held.name.as_ptr().cast::<c_char>(),
        metadata: null(),
        flags: NULLABLE,
        n_children: fields.len() as i64,
        children: held.children.0.as_mut_ptr(),
        dictionary: null_mut(),
        release: Some(release),
        private_data: private.cast(),
    })
}

/// What an array of ours points to.
struct Array {
    buffers: [*const c_void; 2],
    children: Children<ArrowArray>,
    _validity: Option<Bits>,
    _values: Values,
}

/// The array of a column.
fn array(made: Made) -> Result<Owned<ArrowArray>> {
    unsafe extern "C" fn release(array: *mut ArrowArray) {
        // SAFETY: `array` made it, and nobody releases it twice.
        unsafe {
            unboxed((*array).private_data.cast::<Array>());
            (*array).release = None;
        }
    }

    let Made { len, validity, values } = made;
    let (fields, values) = values.split();
    let mut children = Children::new(2)?;
    for values in fields.into_iter().flatten() {
        // What is missing is so in the fields, too, for versions that look only there.
        let validity = validity.as_ref().map(Bits::copy).transpose()?;
        children.push(array(Made { len, validity, values })?)?;
    }
    let null_count = validity.as_ref().map_or(0, |bits| bits.zeros);
    let buffers = [validity.as_ref().map_or(null(), |bits| bits.bytes.as_ptr().cast()), values.start()];
    let n_buffers = if matches!(values, Values::Gone) { 1 } else { 2 };
    let private = boxed(Array { buffers, children, _validity: validity, _values: values })?;
    // SAFETY: it was made just now.
    let held = unsafe { &mut *private };
    Ok(Owned(ArrowArray {
        length: len as i64,
        null_count: null_count as i64,
        offset: 0,
        n_buffers,
        n_children: held.children.0.len() as i64,
        buffers: held.buffers.as_mut_ptr(),
        children: held.children.0.as_mut_ptr(),
        dictionary: null_mut(),
        release: Some(release),
        private_data: private.cast(),
    }))
}

/// What a column of ours points to.
struct Series {
    field: Owned<ArrowSchema>,
    /// Not released with the column: whoever has that moves the array out.
    array: ManuallyDrop<Owned<ArrowArray>>,
    arrays: [*mut ArrowArray; 1],
}

/// A column of one array.
pub(super) fn series(dtype: Dtype, name: &[u8], made: Made) -> Result<SeriesExport> {
    unsafe extern "C" fn release(series: *mut SeriesExport) {
        // SAFETY: `series` made it, and nobody releases it twice.
        unsafe {
            unboxed((*series).private_data.cast::<Series>());
            (*series).release = None;
        }
    }

    let (room, field) = (vec_with_capacity(1)?, Owned(schema(dtype, name)?));
    // Nothing fails from here on: nobody would release the array.
    let array = ManuallyDrop::new(array(made)?);
    let private = put(room, Series { field, array, arrays: [null_mut()] });
    // SAFETY: it was made just now.
    let held = unsafe { &mut *private };
    held.arrays = [&raw mut held.array.0];
    Ok(SeriesExport {
        field: &raw mut held.field.0,
        arrays: held.arrays.as_mut_ptr(),
        len: 1,
        release: Some(release),
        private_data: private.cast(),
    })
}
