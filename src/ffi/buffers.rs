//! From pointers to checked views. The order of the checks is NULL, size and overflow, alignment, overlap, offsets; no slice
//! is made before all that concern it have passed.

use std::ffi::c_void;
use std::fmt;
use std::mem::{MaybeUninit, offset_of};
use std::sync::atomic::AtomicI32;

use ndarray::{ArrayView1, ShapeBuilder};

use super::guard::{guard, in_callers_mode};
use super::status::{pf_error, pf_status};
use super::types::*;
use crate::coords::Points;
use crate::error::{Error, Kind, Result};
use crate::memory::within;
use crate::polygons::{Offsets, Polygons};
use crate::run::{Progress, Run};
use crate::simd::Level;

/// Checks everything a call would check of these points: pointers, stride, alignment, finite coordinates.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_points_check(points: *const pf_points, err: *mut pf_error) -> pf_status {
    // SAFETY: the header's contract: buffers are as long as they say, err is NULL or a pf_error.
    unsafe { guard(err, || points_view(points, &mut Spans::new())?.check_finite("points", Level::detect())) }
}

/// Checks everything a call would check of these polygons: pointers, stride, alignment, offsets, finite coordinates.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_polygons_check(polygons: *const pf_polygons, err: *mut pf_error) -> pf_status {
    // SAFETY: the header's contract: buffers are as long as they say, err is NULL or a pf_error.
    unsafe {
        guard(err, || {
            let run = Run { workers: 1, ..Run::default() };
            polygons_view(polygons, &mut Spans::new())?.check_finite(&run)
        })
    }
}

/// As pf_polygons_check, but reads no coordinates, which every call checks itself: what a table that is used more than once
/// can be held against first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_polygons_check_layout(polygons: *const pf_polygons, err: *mut pf_error) -> pf_status {
    // SAFETY: the header's contract: buffers are as long as they say, err is NULL or a pf_error.
    unsafe { guard(err, || polygons_view(polygons, &mut Spans::new()).map(|_| ())) }
}

/// An argument, or a field of one, as messages call it.
#[derive(Clone, Copy)]
pub(super) struct Name(pub(super) &'static str, pub(super) &'static str);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Name(argument, field) = self;
        let dot = if field.is_empty() { "" } else { "." };
        write!(f, "{argument}{dot}{field}")
    }
}

/// The memory that a call reads or has been given to write, to be held against what else it writes.
pub(super) struct Spans {
    len: usize,
    spans: [(usize, usize, Name); 8],
}

impl Spans {
    pub(super) fn new() -> Self {
        Spans { len: 0, spans: [(0, 0, Name("", "")); 8] }
    }

    pub(super) fn add(&mut self, start: *const c_void, bytes: usize, name: Name) {
        self.spans[self.len] = (start.addr(), bytes, name);
        self.len += 1;
    }

    fn check_apart(&self, start: *const c_void, bytes: usize, name: Name) -> Result<()> {
        let start = start.addr();
        let hit = self.spans[..self.len].iter().find(|span| start < span.0 + span.1 && span.0 < start + bytes);
        match hit {
            Some((.., other)) => Err(Error::new(Kind::Layout, format_args!("{name} overlaps {other}"))),
            None => Ok(()),
        }
    }
}

fn null(name: Name) -> Error {
    Error::new(Kind::Null, format_args!("{name} is NULL"))
}

/// Refuses NULL and misaligned pointers.
pub(super) fn check_pointer<T>(pointer: *const T, name: Name) -> Result<()> {
    if pointer.is_null() {
        return Err(null(name));
    }
    if !pointer.is_aligned() {
        let bytes = align_of::<T>();
        return Err(Error::new(Kind::Layout, format_args!("{name} is not aligned to {bytes} bytes")));
    }
    Ok(())
}

/// Checks the place of `len` (at least 1) elements `stride` bytes apart; returns how many bytes they span.
fn check_elements<T>(start: *const T, len: usize, stride: usize, name: Name) -> Result<usize> {
    if start.is_null() {
        return Err(null(name));
    }
    let bytes = (len - 1).checked_mul(stride).and_then(|bytes| bytes.checked_add(size_of::<T>()));
    match bytes {
        Some(bytes) if bytes <= isize::MAX as usize && start.addr().checked_add(bytes).is_some() => {
            check_pointer(start, name)?;
            Ok(bytes)
        }
        _ => Err(Error::new(
            Kind::Layout,
            format_args!("{name}: {len} elements {stride} bytes apart are more than memory can hold"),
        )),
    }
}

/// A structure whose first field is its size in bytes: a shorter one, if it has the first `required` bytes and ends between
/// fields, has zeros for the rest; a longer one is accepted if what we do not know of it is zero.
///
/// # Safety
/// `pointer` is NULL or points to as many bytes as the structure there says. `T` is a C structure that may be all zero.
pub(super) unsafe fn read_sized<T: Copy>(pointer: *const T, required: usize, name: &'static str) -> Result<T> {
    check_pointer(pointer, Name(name, ""))?;
    // SAFETY: every sized structure begins with its size, so that at least that field is there.
    let size = unsafe { pointer.cast::<u32>().read() } as usize;
    let (first, known) = (size_of::<u32>(), size_of::<T>());
    // What ends within a field would make half a pointer: no structure does, since sizes are multiples of the alignment.
    let is_cut = size < known && size != first && !size.is_multiple_of(align_of::<T>());
    if size < required.max(first) || is_cut {
        return Err(Error::new(
            Kind::Argument,
            format_args!("{name}.struct_size = {size}: set it to the size of the structure ({known})"),
        ));
    }
    // SAFETY: zero is a value of every field of our C structures; the caller vouches for `size` bytes.
    unsafe {
        let mut value = MaybeUninit::<T>::zeroed();
        value.as_mut_ptr().cast::<u8>().copy_from_nonoverlapping(pointer.cast(), size.min(known));
        if (known..size).any(|i| pointer.cast::<u8>().add(i).read() != 0) {
            return Err(Error::new(
                Kind::Unsupported,
                format_args!(
                    "{name}.struct_size = {size}: fields are set that this version of the library does not know"
                ),
            ));
        }
        Ok(value.assume_init())
    }
}

/// Fills in a structure whose first field is its size in bytes, as far as it reaches, which is `required` bytes at least; what we do
/// not know of a longer one becomes zero.
///
/// # Safety
/// `pointer` is NULL or points to as many bytes of the caller's as the structure there says. `T` is a C structure without padding.
pub(super) unsafe fn write_sized<T: Copy>(
    pointer: *mut T,
    value: T,
    required: usize,
    name: &'static str,
) -> Result<()> {
    check_pointer(pointer, Name(name, ""))?;
    // SAFETY: every sized structure begins with its size, so that at least that field is there.
    let size = unsafe { pointer.cast::<u32>().read() } as usize;
    let (first, known) = (size_of::<u32>(), size_of::<T>());
    if size < required.max(first) {
        return Err(Error::new(
            Kind::Argument,
            format_args!("{name}.struct_size = {size}: set it to the size of the structure ({known})"),
        ));
    }
    // SAFETY: the caller vouches for `size` bytes. The size itself stays.
    unsafe {
        let (from, to) = ((&raw const value).cast::<u8>(), pointer.cast::<u8>());
        to.add(first).copy_from_nonoverlapping(from.add(first), size.min(known) - first);
        if size > known {
            to.add(known).write_bytes(0, size - known);
        }
    }
    Ok(())
}

/// Refuses a reserved field or flag that is set.
pub(super) fn check_zero(value: u32, name: Name) -> Result<()> {
    if value == 0 {
        return Ok(());
    }
    Err(Error::new(Kind::Unsupported, format_args!("{name} = {value} is not known to this version of the library")))
}

/// Points that the caller lends.
///
/// # Safety
/// `points` is NULL or points to a `pf_points` whose columns are as long as it says and are not written to during `'a`.
pub(super) unsafe fn points_view<'a>(points: *const pf_points, spans: &mut Spans) -> Result<Points<'a>> {
    check_pointer(points, Name("points", ""))?;
    // SAFETY: it is not NULL and aligned; the rest the caller promised.
    unsafe { columns(points.read(), "points", spans) }
}

/// # Safety
/// As [`points_view`].
unsafe fn columns<'a>(points: pf_points, name: &'static str, spans: &mut Spans) -> Result<Points<'a>> {
    check_zero(points.reserved, Name(name, "reserved"))?;
    let pf_points { x, y, .. } = points;
    // SAFETY: as promised to us.
    unsafe {
        match points.dtype {
            PF_F64 => {
                let x = column(x.cast(), &points, Name(name, "x"), spans)?;
                Points::from_f64(x, column(y.cast(), &points, Name(name, "y"), spans)?)
            }
            PF_F32 => {
                let x = column(x.cast(), &points, Name(name, "x"), spans)?;
                Points::from_f32(x, column(y.cast(), &points, Name(name, "y"), spans)?)
            }
            // An all-zero structure is no points.
            0 if points.len == 0 => Points::from_f64(ArrayView1::from(&[]), ArrayView1::from(&[])),
            other => Err(Error::new(
                Kind::Argument,
                format_args!("{name}.dtype = {other} is neither PF_F64 ({PF_F64}) nor PF_F32 ({PF_F32})"),
            )),
        }
    }
}

/// # Safety
/// `start` points to as many elements as `points` says, or nothing is read.
unsafe fn column<'a, T>(
    start: *const T,
    points: &pf_points,
    name: Name,
    spans: &mut Spans,
) -> Result<ArrayView1<'a, T>> {
    let pf_points { len, stride, .. } = *points;
    if len == 0 {
        return Ok(ArrayView1::from(&[]));
    }
    let size = size_of::<T>();
    if len > 1 && !(stride >= size && stride.is_multiple_of(size)) {
        let Name(argument, _) = name;
        return Err(Error::new(
            Kind::Layout,
            format_args!("{argument}.stride = {stride} is not a multiple of the element size, {size} bytes"),
        ));
    }
    let bytes = check_elements(start, len, stride, name)?;
    spans.add(start.cast(), bytes, name);
    // SAFETY: aligned, not NULL, and the caller vouches for `len` elements `stride` bytes apart, which is a whole number of
    // elements (and does not matter for one).
    Ok(unsafe { ArrayView1::from_shape_ptr((len,).strides(((stride / size).max(1),)), start) })
}

/// Polygons that the caller lends.
///
/// # Safety
/// `polygons` is NULL or points to a `pf_polygons` whose arrays are as long as it says and are not written to during `'a`.
pub(super) unsafe fn polygons_view<'a>(polygons: *const pf_polygons, spans: &mut Spans) -> Result<Polygons<'a>> {
    const NAME: &str = "polygons";
    // SAFETY: as promised to us.
    unsafe {
        let polygons = read_sized(polygons, offset_of!(pf_polygons, part_offsets), NAME)?;
        let vertices = columns(polygons.vertices, "polygons.vertices", spans)?;
        let level = |start, count, name, spans: &mut Spans| offsets(start, count, polygons.offset_type, name, spans);
        let rings = level(polygons.ring_offsets, polygons.ring_count, Name(NAME, "ring_offsets"), spans)?;
        let parts = match polygons.part_offsets.is_null() {
            true => {
                check_implied(polygons.part_count, polygons.ring_count, "part_offsets", "part_count")?;
                None
            }
            false => Some(level(polygons.part_offsets, polygons.part_count, Name(NAME, "part_offsets"), spans)?),
        };
        let part_count = parts.as_ref().map_or(polygons.ring_count, |_| polygons.part_count);
        let rows = match polygons.polygon_offsets.is_null() {
            true => {
                check_implied(polygons.polygon_count, part_count, "polygon_offsets", "polygon_count")?;
                None
            }
            false => {
                Some(level(polygons.polygon_offsets, polygons.polygon_count, Name(NAME, "polygon_offsets"), spans)?)
            }
        };
        Polygons::new(vertices, rings, parts, rows)
    }
}

/// Without offsets of its own a level has the count of the level below, or is left at 0.
fn check_implied(count: usize, below: usize, offsets: &'static str, count_name: &str) -> Result<()> {
    if count == 0 || count == below {
        return Ok(());
    }
    Err(Error::new(
        Kind::Null,
        format_args!("polygons.{offsets} is NULL but polygons.{count_name} = {count}, with {below} rows below it"),
    ))
}

/// # Safety
/// `start` points to `count` + 1 elements of `offset_type`, or nothing is read.
pub(super) unsafe fn offsets<'a>(
    start: *const c_void,
    count: usize,
    offset_type: u32,
    name: Name,
    spans: &mut Spans,
) -> Result<Offsets<'a>> {
    let len = if count == 0 { 0 } else { count.saturating_add(1) };
    // SAFETY: as promised to us.
    unsafe {
        match offset_type {
            PF_I32 => Ok(Offsets::I32(input(start.cast(), len, name, spans)?)),
            PF_I64 => Ok(Offsets::I64(input(start.cast(), len, name, spans)?)),
            // An all-zero structure is no polygons.
            0 if count == 0 => Ok(Offsets::I32(&[])),
            other => {
                let Name(argument, _) = name;
                Err(Error::new(
                    Kind::Argument,
                    format_args!("{argument}.offset_type = {other} is neither PF_I32 ({PF_I32}) nor PF_I64 ({PF_I64})"),
                ))
            }
        }
    }
}

/// An array that the caller lends to read, of `len` elements.
///
/// # Safety
/// `start` points to `len` elements that are not written to during `'a`, or nothing is read.
pub(super) unsafe fn input<'a, T>(start: *const T, len: usize, name: Name, spans: &mut Spans) -> Result<&'a [T]> {
    if len == 0 {
        return Ok(&[]);
    }
    let bytes = check_elements(start, len, size_of::<T>(), name)?;
    spans.add(start.cast(), bytes, name);
    // SAFETY: aligned, not NULL, and the caller vouches for the elements.
    Ok(unsafe { std::slice::from_raw_parts(start, len) })
}

/// The first `needed` elements of an array that the caller lends to write, which has room for `capacity`.
///
/// # Safety
/// `start` points to `capacity` elements that nobody else touches during `'a`, or nothing is written.
pub(super) unsafe fn output<'a, T>(
    start: *mut T,
    capacity: usize,
    needed: usize,
    name: &'static str,
    spans: &mut Spans,
) -> Result<&'a mut [T]> {
    if needed == 0 {
        return Ok(&mut []);
    }
    let name = Name(name, "");
    check_pointer(start, name)?;
    if capacity < needed {
        return Err(Error::new(
            Kind::Capacity,
            format_args!("{name} has room for {capacity} elements; {needed} are needed"),
        ));
    }
    let bytes = check_elements(start, needed, size_of::<T>(), name)?;
    spans.check_apart(start.cast(), bytes, name)?;
    spans.add(start.cast(), bytes, name);
    // SAFETY: aligned, not NULL, the caller vouches for the elements, and they are none of those that are read.
    Ok(unsafe { std::slice::from_raw_parts_mut(start, needed) })
}

/// Calls `body` with the caller's wishes on how to run; NULL has none.
///
/// # Safety
/// `run` is NULL or points to a `pf_run` whose pointers are valid during the call.
pub(super) unsafe fn with_run<R>(run: *const pf_run, body: impl FnOnce(&Run<'_>) -> Result<R>) -> Result<R> {
    if run.is_null() {
        return within(None, || body(&Run::default()));
    }
    // SAFETY: as promised to us.
    let run = unsafe { read_sized(run, 0, "run")? };
    check_zero(run.flags & !(PF_RUN_PORTABLE | PF_RUN_DIRECT | PF_RUN_POLL), Name("run", "flags"))?;
    check_zero(run.reserved, Name("run", "reserved"))?;
    let cancel = match run.cancel.is_null() {
        true => None,
        false => {
            check_pointer(run.cancel, Name("run", "cancel"))?;
            // SAFETY: aligned, and valid during the call; other threads may write to it, hence the atomic.
            Some(unsafe { AtomicI32::from_ptr(run.cancel.cast_mut()) })
        }
    };
    // What is more than there is of memory is no limit.
    let max_bytes = usize::try_from(run.max_bytes).ok().filter(|&bytes| bytes > 0);
    let tell = |done, total| {
        // SAFETY: the caller's function, called as its type says.
        let call =
            |tell: unsafe extern "C" fn(u64, u64, *mut c_void) -> i32| unsafe { tell(done, total, run.progress_data) };
        run.progress.is_none_or(|tell| in_callers_mode(|| call(tell)) == 0)
    };
    let progress = run.progress.map(|_| match run.flags & PF_RUN_POLL {
        0 => Progress::new(&tell),
        _ => Progress::poll(&tell),
    });
    let run = Run {
        level: if run.flags & PF_RUN_PORTABLE != 0 { Level::Scalar } else { Level::detect() },
        workers: run.workers as usize,
        progress: progress.as_ref(),
        cancel,
        is_direct: run.flags & PF_RUN_DIRECT != 0,
    };
    within(max_bytes, || body(&run))
}
