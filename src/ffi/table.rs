//! A table of polygons as a handle whose columns are borrowed, made from encoded rows.

use std::ffi::{CStr, c_char};

use super::buffers::{Name, Spans, check_zero, input, offsets, read_sized, with_run, write_sized};
use super::guard::guard;
use super::handles::{self, Handle, enter};
use super::index::hand_out;
use super::status::{pf_error, pf_status};
use super::types::*;
use crate::error::{Error, Kind, Result};
use crate::polygons::Offsets;
use crate::table::{Faults, Format, Reason, Rows, Table};

/// A handle of a table of polygons that owns its columns. Immutable: share it between threads freely; free it when nobody reads its
/// columns any more.
pub struct pf_table {
    _opaque: [u8; 0],
}

impl Handle for pf_table {
    type Thing = Table;
    const NAME: &str = "table";
    const KIND: usize = 3;
}

/// Reads polygons from encoded rows: format is PF_WKB, PF_WKT or PF_GEOJSON, flags PF_SKIP_FAULTS or 0. Row i becomes polygon i: a Polygon, a
/// MultiPolygon, or a GeometryCollection of these, whose parts are all of its members'. Missing rows and those that are EMPTY
/// become empty polygons. Rings are taken as they are: closed or not, valid or not; z and m are read past. A row that is something else, or
/// malformed, or that has a coordinate which is NaN or infinite, is refused with PF_ERROR_FORMAT, and the message has its row (so does
/// err->item), the byte and the reason; with PF_SKIP_FAULTS it becomes an empty polygon and one of the table's faults. Memory is taken
/// for what the rows hold, whatever they claim. With PF_GEOJSON one row alone may be a document: a FeatureCollection, whose features are
/// the rows then, or several values one after the other, which are; bytes of faults are counted from its beginning. On success *out is a
/// table that you free with pf_table_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_table_read(
    rows: *const pf_binary,
    format: u32,
    flags: u32,
    run: *const pf_run,
    out: *mut *mut pf_table,
    err: *mut pf_error,
) -> pf_status {
    // SAFETY: the header's contract is handed on.
    unsafe {
        guard(err, || {
            let rows = rows_view(rows)?;
            let format = match format {
                PF_WKB => Format::Wkb,
                PF_WKT => Format::Wkt,
                PF_GEOJSON => Format::GeoJson,
                other => {
                    return Err(Error::new(
                        Kind::Argument,
                        format_args!(
                            "format = {other} is none of PF_WKB ({PF_WKB}), PF_WKT ({PF_WKT}), PF_GEOJSON ({PF_GEOJSON})"
                        ),
                    ));
                }
            };
            check_zero(flags & !PF_SKIP_FAULTS, Name("flags", ""))?;
            let skip = flags & PF_SKIP_FAULTS != 0;
            with_run(run, |run| hand_out(out, || Table::read(&rows, format, skip, run)))
        })
    }
}

/// Frees a table and its columns. NULL is fine, and so is a handle that was freed before, or anything else: nothing happens.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_table_free(table: *mut pf_table) {
    handles::free(table);
}

/// Number of polygons in a table, empty ones included; 0 for NULL and for what is no table.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_table_len(table: *const pf_table) -> usize {
    enter(table).map_or(0, |table| table.len())
}

/// Describes a table to other calls: fills in *out, whose struct_size you have set to the size of all of it, with columns of the
/// table. They are yours to read until the table is freed. Vertices are two columns of double. Offsets are PF_I32 where all
/// fit, else PF_I64; polygon_offsets is NULL where no polygon has two parts, and part_offsets, too, where none has two rings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_table_view(table: *const pf_table, out: *mut pf_polygons, err: *mut pf_error) -> pf_status {
    // SAFETY: the header's contract is handed on.
    unsafe {
        guard(err, || {
            let table = handles::view(table)?;
            write_sized(out, polygons_of(&table), size_of::<pf_polygons>(), "out")
        })
    }
}

/// Number of rows that were no polygons and were skipped; 0 for NULL and for what is no table.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_table_faults(table: *const pf_table) -> usize {
    enter(table).map_or(0, |table| table.faults().rows().len())
}

/// Which rows these are, increasing: pf_table_faults(table) of them. Yours to read until the table is freed; NULL for NULL and for what
/// is no table.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_table_fault_rows(table: *const pf_table) -> *const i64 {
    faults_column(table, |faults| faults.rows().as_ptr())
}

/// At which byte of each of these rows the fault is. As pf_table_fault_rows.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_table_fault_bytes(table: *const pf_table) -> *const i64 {
    faults_column(table, |faults| faults.bytes().as_ptr())
}

/// What each fault is: PF_FAULT_*. As pf_table_fault_rows.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_table_fault_reasons(table: *const pf_table) -> *const i32 {
    faults_column(table, |faults| faults.reasons().as_ptr())
}

/// What a PF_FAULT_* means, in one English clause. A static string for any number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_fault_text(reason: i32) -> *const c_char {
    text_of(reason).as_ptr()
}

fn text_of(reason: i32) -> &'static CStr {
    let index = usize::try_from(reason).ok().and_then(|number| number.checked_sub(1));
    let text = index.and_then(|index| Reason::ALL.get(index)).map(|reason| reason.text_and_nul());
    text.and_then(|text| CStr::from_bytes_with_nul(text.as_bytes()).ok()).unwrap_or(c"not a fault of this version")
}

fn faults_column<T>(table: *const pf_table, column: impl Fn(&Faults) -> *const T) -> *const T {
    enter(table).map_or(std::ptr::null(), |table| column(table.faults()))
}

fn polygons_of(table: &Table) -> pf_polygons {
    let (x, y) = table.vertices();
    let vertices = pf_points {
        x: x.as_ptr().cast(),
        y: y.as_ptr().cast(),
        len: x.len(),
        stride: size_of::<f64>(),
        dtype: PF_F64,
        reserved: 0,
    };
    let levels = table.offsets();
    let start = |level: Option<Offsets<'_>>| match level {
        Some(Offsets::I32(positions)) => positions.as_ptr().cast(),
        Some(Offsets::I64(positions)) => positions.as_ptr().cast(),
        None => std::ptr::null(),
    };
    let count = |level: Option<Offsets<'_>>, below| level.map_or(below, |level| level.rows());
    let [rings, parts, polygons] = levels;
    let ring_count = count(rings, 0);
    let part_count = count(parts, ring_count);
    pf_polygons {
        struct_size: size_of::<pf_polygons>() as u32,
        offset_type: if matches!(rings, Some(Offsets::I64(_))) { PF_I64 } else { PF_I32 },
        vertices,
        ring_offsets: start(rings),
        ring_count,
        part_offsets: start(parts),
        part_count,
        polygon_offsets: start(polygons),
        polygon_count: count(polygons, part_count),
    }
}

/// Rows that the caller lends.
///
/// # Safety
/// `rows` is NULL or points to a `pf_binary` whose arrays are as long as it says and are not written to during `'a`.
unsafe fn rows_view<'a>(rows: *const pf_binary) -> Result<Rows<'a>> {
    const NAME: &str = "rows";
    let spans = &mut Spans::new();
    // SAFETY: as promised to us.
    unsafe {
        let rows = read_sized(rows, std::mem::offset_of!(pf_binary, validity), NAME)?;
        let data = input(rows.data, rows.data_len, Name(NAME, "data"), spans)?;
        let positions = offsets(rows.offsets, rows.len, rows.offset_type, Name(NAME, "offsets"), spans)?;
        let validity = match rows.validity.is_null() || rows.len == 0 {
            true => None,
            false => {
                let start = rows.validity_offset;
                let bits = start.checked_add(rows.len).ok_or_else(|| {
                    Error::new(
                        Kind::Layout,
                        format_args!("rows.validity_offset = {start} is more than memory can hold"),
                    )
                })?;
                Some((input(rows.validity, bits.div_ceil(8), Name(NAME, "validity"), spans)?, start))
            }
        };
        Rows::new(data, positions, validity)
    }
}
