//! Expressions called as Polars calls them, by columns that count how often they are released.

use std::ffi::{CStr, CString, c_void};
use std::ptr::{null, null_mut};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use super::arrow::{ArrowArray, ArrowSchema, SeriesExport};
use crate::ffi::*;
use crate::testing::Random;

type Call = unsafe extern "C" fn(*mut SeriesExport, usize, *const u8, usize, *mut SeriesExport, *const c_void);
type Field = unsafe extern "C" fn(*const ArrowSchema, usize, *mut ArrowSchema, *const u8, usize);

unsafe extern "C" {
    safe fn _polars_plugin_get_last_error_message() -> *const std::ffi::c_char;
}

/// The two symbols of an expression.
macro_rules! symbols {
    ($($name:ident: $call:ident, $field:ident;)*) => {
        unsafe extern "C" {
            $(
                fn $call(_: *mut SeriesExport, _: usize, _: *const u8, _: usize, _: *mut SeriesExport, _: *const c_void);
                fn $field(_: *const ArrowSchema, _: usize, _: *mut ArrowSchema, _: *const u8, _: usize);
            )*
        }
        $(const $name: (Call, Field) = ($call, $field);)*
    };
}

symbols! {
    LOCATE: _polars_plugin_locate, _polars_plugin_field_locate;
    COUNT: _polars_plugin_count, _polars_plugin_field_count;
    NEAREST: _polars_plugin_nearest, _polars_plugin_field_nearest;
    NEAREST_WITH_DISTANCE: _polars_plugin_nearest_with_distance, _polars_plugin_field_nearest_with_distance;
    DWITHIN: _polars_plugin_dwithin, _polars_plugin_field_dwithin;
    AREA: _polars_plugin_area, _polars_plugin_field_area;
    CENTER: _polars_plugin_center, _polars_plugin_field_center;
    FINGERPRINT: _polars_plugin_fingerprint, _polars_plugin_field_fingerprint;
    HOLD: _polars_plugin_hold, _polars_plugin_field_hold;
}

/// An array of a host: its buffers, of which the first is that of validity.
#[derive(Clone, Default)]
struct Rows {
    len: usize,
    offset: usize,
    nulls: usize,
    buffers: Vec<Option<Vec<u64>>>,
    /// Bytes by which buffers begin too late.
    late: usize,
}

/// Bytes as memory that any type may lie in.
fn aligned(bytes: &[u8]) -> Option<Vec<u64>> {
    let mut words = vec![0; bytes.len().div_ceil(8) + 1];
    for (i, byte) in bytes.iter().enumerate() {
        words[i / 8] |= u64::from(*byte) << (8 * (i % 8));
    }
    Some(words)
}

/// A column to be given.
#[derive(Clone)]
struct Given {
    format: &'static str,
    chunks: Vec<Rows>,
}

fn validity(there: &[bool], offset: usize) -> Option<Vec<u64>> {
    let mut bits = vec![0xA5u8; (offset + there.len()).div_ceil(8)];
    for (row, &is_there) in there.iter().enumerate() {
        let at = offset + row;
        bits[at / 8] = bits[at / 8] & !(1 << (at % 8)) | u8::from(is_there) << (at % 8);
    }
    aligned(&bits)
}

/// Numbers, in arrays of these lengths, each with `offset` others before it.
fn numbers(format: &'static str, values: &[Option<f64>], lengths: &[usize], offset: usize) -> Given {
    let mut values = values;
    let chunk = |values: &[Option<f64>]| {
        let bytes = |value: f64| match format {
            "g" => value.to_ne_bytes().to_vec(),
            "f" => (value as f32).to_ne_bytes().to_vec(),
            "c" => (value as i8).to_ne_bytes().to_vec(),
            "C" => (value as u8).to_ne_bytes().to_vec(),
            "s" => (value as i16).to_ne_bytes().to_vec(),
            "S" => (value as u16).to_ne_bytes().to_vec(),
            "i" => (value as i32).to_ne_bytes().to_vec(),
            "I" => (value as u32).to_ne_bytes().to_vec(),
            "l" => (value as i64).to_ne_bytes().to_vec(),
            _ => (value as u64).to_ne_bytes().to_vec(),
        };
        // What lies where nothing is.
        let before = (0..offset).map(|_| f64::NAN);
        let data: Vec<u8> =
            before.chain(values.iter().map(|value| value.unwrap_or(f64::NAN))).flat_map(bytes).collect();
        let there: Vec<bool> = values.iter().map(Option::is_some).collect();
        let nulls = there.iter().filter(|there| !**there).count();
        let bits = if nulls > 0 { validity(&there, offset) } else { None };
        Rows { len: values.len(), offset, nulls, buffers: vec![bits, aligned(&data)], late: 0 }
    };
    let mut chunks = Vec::new();
    for &len in lengths {
        let (first, rest) = values.split_at(len.min(values.len()));
        chunks.push(chunk(first));
        values = rest;
    }
    chunks.push(chunk(values));
    Given { format, chunks }
}

fn plain(values: &[f64]) -> Given {
    numbers("g", &values.iter().map(|&value| Some(value)).collect::<Vec<_>>(), &[], 0)
}

/// Texts, in arrays of two rows.
fn texts(format: &'static str, rows: &[Option<&str>]) -> Given {
    let chunk = |rows: &[Option<&str>]| {
        let (mut views, mut data) = (Vec::new(), Vec::new());
        for text in rows {
            let text = text.unwrap_or("nothing at all is here").as_bytes();
            let mut view = [0; 16];
            view[..4].copy_from_slice(&(text.len() as u32).to_ne_bytes());
            if text.len() <= 12 {
                view[4..4 + text.len()].copy_from_slice(text);
            } else {
                view[12..].copy_from_slice(&(data.len() as u32).to_ne_bytes());
                data.extend_from_slice(text);
            }
            views.extend_from_slice(&view);
        }
        let there: Vec<bool> = rows.iter().map(Option::is_some).collect();
        let lengths = (data.len() as i64).to_ne_bytes();
        let buffers = vec![validity(&there, 0), aligned(&views), aligned(&data), aligned(&lengths)];
        Rows { len: rows.len(), nulls: there.iter().filter(|there| !**there).count(), buffers, ..Rows::default() }
    };
    Given { format, chunks: rows.chunks(2).map(chunk).collect() }
}

fn word(number: u64) -> Given {
    Given { format: "L", chunks: vec![Rows { len: 1, buffers: vec![None, Some(vec![number])], ..Rows::default() }] }
}

/// How many arrays and columns are there that nobody has released.
#[derive(Default)]
struct Left {
    arrays: AtomicUsize,
    columns: AtomicUsize,
}

struct HeldArray {
    left: Arc<Left>,
    buffers: Vec<*const c_void>,
    _rows: Rows,
}

struct HeldColumn {
    left: Arc<Left>,
    arrays: Vec<*mut ArrowArray>,
    field: ArrowSchema,
    _texts: [CString; 2],
}

/// Hands a column over, as Polars does.
fn export(given: &Given, name: &str, left: &Arc<Left>) -> SeriesExport {
    unsafe extern "C" fn release_array(array: *mut ArrowArray) {
        // SAFETY: made below; an array that was released before has no data.
        unsafe {
            let held = Box::from_raw((*array).private_data.cast::<HeldArray>());
            held.left.arrays.fetch_sub(1, SeqCst);
            (*array).release = None;
            (*array).private_data = null_mut();
        }
    }
    unsafe extern "C" fn release_column(column: *mut SeriesExport) {
        // SAFETY: as above.
        unsafe {
            let held = Box::from_raw((*column).private_data.cast::<HeldColumn>());
            held.left.columns.fetch_sub(1, SeqCst);
            for &array in &held.arrays {
                drop(Box::from_raw(array));
            }
            (*column).release = None;
            (*column).private_data = null_mut();
        }
    }
    let array = |rows: &Rows| {
        let rows = rows.clone();
        left.arrays.fetch_add(1, SeqCst);
        let buffers: Vec<*const c_void> = rows
            .buffers
            .iter()
            .map(|b| b.as_ref().map_or(null(), |b| b.as_ptr().wrapping_byte_add(rows.late).cast()))
            .collect();
        let array = ArrowArray {
            length: rows.len as i64,
            null_count: rows.nulls as i64,
            offset: rows.offset as i64,
            n_buffers: buffers.len() as i64,
            n_children: 0,
            buffers: null_mut(),
            children: null_mut(),
            dictionary: null_mut(),
            release: Some(release_array),
            private_data: null_mut(),
        };
        let held = Box::into_raw(Box::new(HeldArray { left: left.clone(), buffers, _rows: rows }));
        // SAFETY: made just now.
        let buffers = unsafe { (*held).buffers.as_mut_ptr() };
        Box::into_raw(Box::new(ArrowArray { buffers, private_data: held.cast(), ..array }))
    };
    left.columns.fetch_add(1, SeqCst);
    let texts = [given.format, name].map(|text| CString::new(text).unwrap());
    let field = field(&texts);
    let arrays = given.chunks.iter().map(array).collect();
    let held = Box::into_raw(Box::new(HeldColumn { left: left.clone(), arrays, field, _texts: texts }));
    // SAFETY: made just now.
    let (field, arrays) = unsafe { (&raw mut (*held).field, (*held).arrays.as_mut_ptr()) };
    SeriesExport { field, arrays, len: given.chunks.len(), release: Some(release_column), private_data: held.cast() }
}

/// A field that stays ours.
fn field([format, name]: &[CString; 2]) -> ArrowSchema {
    ArrowSchema {
        format: format.as_ptr(),
        name: name.as_ptr(),
        metadata: null(),
        flags: 2,
        n_children: 0,
        children: null_mut(),
        dictionary: null_mut(),
        release: None,
        private_data: null_mut(),
    }
}

const NO_SERIES: SeriesExport =
    SeriesExport { field: null_mut(), arrays: null_mut(), len: 0, release: None, private_data: null_mut() };

fn said() -> String {
    // SAFETY: a string, until the next call.
    unsafe { CStr::from_ptr(_polars_plugin_get_last_error_message()) }.to_str().unwrap().to_owned()
}

/// A column that came back, taken in as Polars does: the array is moved out, and the column released.
struct Taken {
    format: String,
    fields: Vec<String>,
    array: ArrowArray,
}

impl Drop for Taken {
    fn drop(&mut self) {
        // SAFETY: it was not released before.
        unsafe { self.array.release.unwrap()(&mut self.array) };
        assert!(self.array.release.is_none());
    }
}

impl Taken {
    fn of(mut series: SeriesExport, name: &str) -> Self {
        assert!(series.len == 1 && !series.private_data.is_null());
        // SAFETY: a column of ours.
        unsafe {
            let field = &*series.field;
            assert_eq!(field.name(), name.as_bytes());
            let child = |i: usize| &**field.children.add(i);
            let fields = (0..field.n_children as usize).map(|i| String::from_utf8(child(i).name().to_vec()).unwrap());
            let (format, fields) = (String::from_utf8(field.format().to_vec()).unwrap(), fields.collect());
            let array = std::ptr::read(*series.arrays);
            series.release.unwrap()(&mut series);
            assert!(series.release.is_none());
            Taken { format, fields, array }
        }
    }

    fn len(&self) -> usize {
        self.array.length as usize
    }

    /// Its values, or those of a field, as words.
    fn values(&self, field: Option<usize>) -> Vec<Option<u64>> {
        // SAFETY: the buffers are as the format says.
        unsafe {
            let (array, format) = match field {
                None => (&self.array, self.format.as_str()),
                Some(at) => (&**self.array.children.add(at), if self.fields[at] == "polygon" { "I" } else { "g" }),
            };
            let buffer = |at: usize| *array.buffers.add(at);
            let bit = |at: usize, row: usize| *buffer(at).cast::<u8>().add(row / 8) >> (row % 8) & 1;
            let is_there = |row: usize| buffer(0).is_null() || bit(0, row) == 1;
            let value = |row: usize| match format {
                "I" => u64::from(*buffer(1).cast::<u32>().add(row)),
                "b" => bit(1, row).into(),
                _ => *buffer(1).cast::<u64>().add(row),
            };
            let values: Vec<_> = (0..self.len()).map(|row| is_there(row).then(|| value(row))).collect();
            assert_eq!(array.null_count, values.iter().filter(|value| value.is_none()).count() as i64);
            values
        }
    }
}

/// Calls an expression; everything that was given is released when it returns.
fn call((call, _): (Call, Field), inputs: &[Given], flags: u64) -> Result<Taken, String> {
    let left = Arc::new(Left::default());
    let mut exported: Vec<_> =
        inputs.iter().enumerate().map(|(i, given)| export(given, &format!("c{i}"), &left)).collect();
    let mut out = NO_SERIES;
    // SAFETY: as Polars calls.
    unsafe { call(exported.as_mut_ptr(), exported.len(), null(), 0, &mut out, (&raw const flags).cast()) };
    assert_eq!((left.arrays.load(SeqCst), left.columns.load(SeqCst)), (0, 0));
    if out.private_data.is_null() { Err(said()) } else { Ok(Taken::of(out, "c0")) }
}

fn type_of((_, call): (Call, Field), formats: &[&str]) -> Result<(String, Vec<String>), String> {
    let texts: Vec<_> = formats.iter().map(|format| [format, "c0"].map(|text| CString::new(text).unwrap())).collect();
    let fields: Vec<_> = texts.iter().map(field).collect();
    let mut out = field(&texts[0]);
    // SAFETY: as Polars calls.
    unsafe {
        call(fields.as_ptr(), fields.len(), &mut out, null(), 0);
        let Some(release) = out.release else { return Err(said()) };
        assert_eq!(out.name(), b"c0");
        let names =
            (0..out.n_children as usize).map(|i| String::from_utf8((**out.children.add(i)).name().to_vec()).unwrap());
        let told = (String::from_utf8(out.format().to_vec()).unwrap(), names.collect());
        release(&mut out);
        Ok(told)
    }
}

/// An index over two squares that touch, [0, 2] and [2, 4].
fn squares() -> *mut pf_index {
    squares_from(0.0)
}

fn squares_from(x: f64) -> *mut pf_index {
    let x = [0.0, 2.0, 2.0, 0.0, 2.0, 4.0, 4.0, 2.0].map(|v| v + x);
    let y = [0.0, 0.0, 2.0, 2.0, 0.0, 0.0, 2.0, 2.0];
    let vertices =
        pf_points { x: x.as_ptr().cast(), y: y.as_ptr().cast(), len: 8, stride: 8, dtype: PF_F64, reserved: 0 };
    let rings = [0i32, 4, 8];
    let polygons = pf_polygons {
        struct_size: size_of::<pf_polygons>() as u32,
        offset_type: PF_I32,
        vertices,
        ring_offsets: rings.as_ptr().cast(),
        ring_count: 2,
        part_offsets: null(),
        part_count: 0,
        polygon_offsets: null(),
        polygon_count: 0,
    };
    let mut index = null_mut();
    // SAFETY: the arrays are as long as they say.
    assert_eq!(unsafe { pf_index_build(&polygons, null(), null(), &mut index, null_mut()) }, PF_OK);
    index
}

fn veiled(index: *mut pf_index) -> Given {
    let place: extern "C" fn() -> *const std::ffi::c_char = pf_version;
    word(index.addr() as u64 ^ place as usize as u64)
}

/// x, y, the index, and the question.
fn question(x: Given, y: Given, index: Given, relation: u32, order: u32, distance: f64) -> [Given; 6] {
    let number = |value: u32| numbers("i", &[Some(value.into())], &[], 0);
    [x, y, index, number(relation), number(order), plain(&[distance])]
}

const X: [f64; 5] = [1.0, 2.0, 3.0, 5.0, 9.0];

fn asked(expression: (Call, Field), relation: u32, distance: f64) -> Vec<Option<u64>> {
    let index = squares();
    let inputs = question(plain(&X), plain(&[1.0]), veiled(index), relation, PF_BY_POLYGON, distance);
    let taken = call(expression, &inputs, 0).unwrap();
    // SAFETY: an index.
    unsafe { pf_index_free(index) };
    taken.values(None)
}

#[test]
fn expressions_answer_and_say_their_types() {
    assert_eq!(asked(LOCATE, PF_COVERS, f64::NAN), [Some(0), Some(0), Some(1), None, None]);
    assert_eq!(asked(COUNT, PF_COVERS, f64::NAN), [Some(1), Some(2), Some(1), Some(0), Some(0)]);
    assert_eq!(asked(DWITHIN, PF_DWITHIN, 1.0), [Some(1), Some(1), Some(1), Some(1), Some(0)]);
    assert_eq!(asked(NEAREST, PF_DWITHIN, f64::INFINITY), [Some(0), Some(0), Some(1), Some(1), Some(1)]);
    assert_eq!(asked(NEAREST, PF_DWITHIN, 2.0), [Some(0), Some(0), Some(1), Some(1), None]);

    let index = squares();
    let inputs = question(plain(&X), plain(&[1.0]), veiled(index), PF_DWITHIN, PF_BY_POLYGON, 2.0);
    let taken = call(NEAREST_WITH_DISTANCE, &inputs, 0).unwrap();
    assert_eq!(taken.values(Some(0)), [Some(0), Some(0), Some(1), Some(1), None]);
    assert_eq!(taken.values(Some(1)), [Some(0.0), Some(0.0), Some(0.0), Some(1.0), None].map(|v| v.map(f64::to_bits)));
    assert_eq!(taken.array.null_count, 1);
    // SAFETY: an index.
    unsafe { pf_index_free(index) };

    let fields = |names: [&str; 2]| ("+s".to_owned(), names.map(str::to_owned).to_vec());
    let numbers = ["g", "l", "L", "i", "i", "g"];
    for (expression, format) in [(LOCATE, "I"), (COUNT, "I"), (NEAREST, "I"), (DWITHIN, "b")] {
        assert_eq!(type_of(expression, &numbers), Ok((format.to_owned(), vec![])));
    }
    assert_eq!(type_of(NEAREST_WITH_DISTANCE, &numbers), Ok(fields(["polygon", "distance"])));
    for format in ["vz", "vu"] {
        assert_eq!(type_of(AREA, &[format]), Ok(("g".to_owned(), vec![])));
        assert_eq!(type_of(FINGERPRINT, &[format]), Ok(("L".to_owned(), vec![])));
        assert_eq!(type_of(CENTER, &[format]), Ok(fields(["x", "y"])));
    }
    assert_eq!(type_of(LOCATE, &["g", "vu", "L"]), Err("y must be a column of numbers".to_owned()));
    assert_eq!(type_of(AREA, &["g"]).unwrap_err(), "polygons must be a column of binary (WKB) or of strings (WKT)");
}

#[test]
fn any_arrays_of_any_numbers_give_the_same_answers() {
    let (index, mut random) = (squares(), Random(7));
    for round in 0..200 {
        let n = random.below(70);
        let formats = ["g", "f", "c", "C", "s", "S", "i", "I", "l", "L"];
        let mut column = |values: &mut Vec<Option<f64>>| {
            let format = if round < 50 { ["g", "f"][round % 2] } else { formats[random.below(10)] };
            let rate = [0, 0, 1, 5][random.below(4)];
            for _ in 0..n {
                let value = random.below(6) as f64;
                // Of the types that have one.
                let nan = random.below(20) < rate && matches!(format, "g" | "f");
                values.push((random.below(20) >= rate).then_some(if nan { f64::NAN } else { value }));
            }
            let lengths: Vec<usize> = (0..random.below(4)).map(|_| random.below(n + 1)).collect();
            numbers(format, values, &lengths, random.below(20))
        };
        let (mut xs, mut ys) = (Vec::new(), Vec::new());
        let (x, y) = (column(&mut xs), column(&mut ys));
        let wanted: Vec<Option<u64>> = (0..n)
            .map(|row| match (xs[row]?, ys[row]?) {
                (x, y) if x.is_nan() || y.is_nan() || y > 2.0 || x > 4.0 => None,
                (x, _) => Some(u64::from(x > 2.0)),
            })
            .collect();
        let inputs = question(x, y, veiled(index), PF_COVERS, PF_BY_POLYGON, f64::NAN);
        assert_eq!(call(LOCATE, &inputs, round as u64 & 1).unwrap().values(None), wanted);
    }
    // SAFETY: an index.
    unsafe { pf_index_free(index) };
}

#[test]
fn empty_columns_and_single_numbers() {
    let index = squares();
    let ask = |x: Given, y: Given| call(LOCATE, &question(x, y, veiled(index), PF_COVERS, PF_BY_POLYGON, 0.0), 0);
    let none = Given { format: "g", chunks: vec![] };
    assert_eq!(ask(none.clone(), none.clone()).unwrap().values(None), []);
    assert_eq!(ask(none, plain(&[1.0])).unwrap().values(None), []);
    assert_eq!(ask(plain(&[3.0]), plain(&[1.0, 5.0])).unwrap().values(None), [Some(1), None]);
    assert_eq!(ask(plain(&[3.0]), plain(&[1.0])).unwrap().values(None), [Some(1)]);
    let missing = Given { format: "n", chunks: vec![Rows { len: 2, ..Rows::default() }] };
    assert_eq!(ask(missing, plain(&[1.0])).unwrap().values(None), [None, None]);
    let nothing = numbers("g", &[None], &[], 0);
    assert_eq!(ask(plain(&X), nothing).unwrap().values(None), [None; 5]);
    for expression in [COUNT, NEAREST, NEAREST_WITH_DISTANCE, DWITHIN, AREA, CENTER, FINGERPRINT] {
        let none = Given { format: "g", chunks: vec![] };
        assert_eq!(call(expression, &[none], 0).unwrap().len(), 0);
    }
    // SAFETY: an index.
    unsafe { pf_index_free(index) };
}

#[test]
fn polygons_are_measured_wherever_their_rows_lie() {
    let rows = [
        Some("POLYGON ((0 0, 4 0, 4 2, 0 2, 0 0))"),
        None,
        Some("POLYGON EMPTY"),
        Some("POLYGON ((0 0, 4 0, 4 2, 0 2))"),
        Some("POLYGON((0 0,9 0,0 9))"),
    ];
    let given = texts("vu", &rows);
    let taken = call(AREA, std::slice::from_ref(&given), 0).unwrap();
    assert_eq!(taken.values(None), [Some(8.0), None, Some(0.0), Some(8.0), Some(40.5)].map(|v| v.map(f64::to_bits)));
    let taken = call(CENTER, std::slice::from_ref(&given), 0).unwrap();
    assert_eq!(taken.values(Some(0)), [Some(2.0), None, None, Some(2.0), Some(3.0)].map(|v| v.map(f64::to_bits)));
    assert_eq!(taken.values(Some(1)), [Some(1.0), None, None, Some(1.0), Some(3.0)].map(|v| v.map(f64::to_bits)));
    let words = call(FINGERPRINT, &[given], 0).unwrap().values(None);
    assert!(words[0] == words[3] && words[0] != words[4] && words[1].is_none() && words[2].is_some());
}

/// Arrays that break Arrow's own rules.
#[test]
fn arrays_that_are_not_laid_out_as_their_type_says_are_refused() {
    let index = squares();
    let broken = |mut column: Given, spoil: &dyn Fn(&mut Rows)| {
        column.chunks.iter_mut().for_each(spoil);
        column
    };
    let late = |rows: &mut Rows| rows.late = 1;
    let fewer = |kept: usize| move |rows: &mut Rows| rows.buffers.truncate(kept);
    let without = |at: usize| move |rows: &mut Rows| rows.buffers[at] = None;
    let spoils: [&dyn Fn(&mut Rows); 4] = [&late, &fewer(0), &fewer(1), &without(1)];
    for spoil in spoils {
        let x = broken(plain(&[1.0, 2.0]), spoil);
        let told = call(LOCATE, &question(x, plain(&[1.0, 2.0]), veiled(index), PF_COVERS, 0, 0.0), 0);
        assert_eq!(told.map(|_| ()).unwrap_err(), "x is not laid out as its type says");
    }
    // SAFETY: an index.
    unsafe { pf_index_free(index) };
    let rows = || texts("vu", &[Some("POLYGON EMPTY"), Some("POLYGON ((0 0, 1 0, 1 1))")]);
    let spoils: [&dyn Fn(&mut Rows); 6] = [&late, &fewer(0), &fewer(1), &without(1), &without(2), &without(3)];
    for spoil in spoils {
        let told = call(AREA, &[broken(rows(), spoil)], 0);
        assert_eq!(told.map(|_| ()).unwrap_err(), "polygons is not laid out as its type says");
    }
}

#[test]
fn what_is_refused_is_told_and_released() {
    let index = squares();
    let refused = |inputs: &[Given]| call(LOCATE, inputs, 0).map(|_| ()).unwrap_err();
    let ask =
        |x: Given, y: Given, relation: u32, order: u32| refused(&question(x, y, veiled(index), relation, order, 1.0));
    let one = || plain(&[1.0]);
    let far = numbers("g", &[Some(1.0), None, Some(f64::INFINITY)], &[1], 0);
    assert_eq!(ask(one(), far, PF_COVERS, PF_BY_POLYGON), "y[2] is not finite: inf");
    assert_eq!(ask(plain(&X), plain(&[1.0; 4]), PF_COVERS, 0), "x has 5 rows, but y has 4");
    assert_eq!(ask(texts("vu", &[Some("1")]), one(), PF_COVERS, 0), "x must be a column of numbers");
    assert_eq!(ask(one(), one(), 77, 0), "predicate: 77 is not known to this version of the library");
    assert_eq!(ask(one(), one(), PF_COVERS, 77), "rule: 77 is not known to this version of the library");
    assert_eq!(refused(&question(one(), one(), veiled(index), 1, 0, f64::NAN)[..3]), "distance is missing");
    let text = "index is of another process, or was freed: save it, and give the file's path";
    assert_eq!(refused(&question(one(), one(), word(index.addr() as u64), PF_COVERS, 0, 0.0)), text);
    assert_eq!(refused(&question(one(), one(), one(), PF_COVERS, 0, 0.0)), "index is not laid out as its type says");
    let torn = Given { format: "g", chunks: vec![Rows { len: 5, buffers: vec![None, None], ..Rows::default() }] };
    assert_eq!(ask(torn, one(), PF_COVERS, 0), "x is not laid out as its type says");
    // SAFETY: an index.
    unsafe { pf_index_free(index) };
    assert_eq!(refused(&question(one(), one(), veiled(index), PF_COVERS, 0, 0.0)), text);

    let rows = [Some("POLYGON EMPTY"), None, Some("POLYGON EMPTY"), Some("POLYGON ((0 0, 1 x))")];
    let told = call(AREA, &[texts("vu", &rows)], 0).map(|_| ()).unwrap_err();
    assert_eq!(told, "polygons[3], byte 17: a number is expected");
    assert_eq!(call(AREA, &[], 0).map(|_| ()).unwrap_err(), "polygons is missing");

    crate::planted::on_this_thread();
    let told = call(AREA, &[texts("vu", &rows[..3])], 0).map(|_| ()).unwrap_err();
    assert_eq!(told, "a bug in polyfind, please report it: planted");
}

thread_local! {
    /// What calls on this thread may take of memory.
    pub static MOST_BYTES: std::cell::Cell<Option<usize>> = const { std::cell::Cell::new(None) };
}

#[test]
fn without_memory_all_is_released() {
    let index = squares();
    let few = || numbers("g", &[Some(1.0), None, Some(5.0)], &[1], 0);
    let ask = || question(few(), plain(&[1.0]), veiled(index), PF_DWITHIN, PF_BY_POLYGON, 9.0).to_vec();
    let shapes = || vec![texts("vu", &[Some("POLYGON ((0 0, 4 0, 4 2, 0 2))"), None, Some("POLYGON EMPTY")])];
    let asked = [LOCATE, COUNT, NEAREST, NEAREST_WITH_DISTANCE, DWITHIN].map(|expression| (expression, ask()));
    let measured = [AREA, CENTER, FINGERPRINT].map(|expression| (expression, shapes()));
    for (expression, inputs) in asked.into_iter().chain(measured).chain([(HOLD, vec![veiled(index)])]) {
        let mut refused = 0;
        let made = (0..).step_by(8).find_map(|bytes| {
            MOST_BYTES.set(Some(bytes));
            let made = call(expression, &inputs, 0);
            MOST_BYTES.set(None);
            refused += usize::from(made.is_err());
            let told = |told: &String| told.ends_with("is less than this call needs");
            assert!(made.as_ref().err().is_none_or(told));
            made.ok()
        });
        assert!(made.is_some() && refused > 1);
        let formats: Vec<_> = inputs.iter().map(|given| given.format).collect();
        let told = (0..).step_by(8).find_map(|bytes| {
            MOST_BYTES.set(Some(bytes));
            let told = type_of(expression, &formats).ok();
            MOST_BYTES.set(None);
            told.map(|_| bytes)
        });
        assert!(told > Some(8));
    }
    // SAFETY: an index.
    unsafe { pf_index_free(index) };
}

#[test]
fn an_index_lives_as_long_as_what_holds_it() {
    let index = squares();
    let held = call(HOLD, &[veiled(index)], 0).unwrap();
    assert_eq!(held.values(None), [veiled(index).chunks[0].buffers[1].as_ref().map(|words| words[0])]);
    // SAFETY: an index, and then none.
    unsafe { pf_index_free(index) };
    assert_eq!(
        // SAFETY: as above.
        unsafe { pf_index_len(index) },
        0
    );
    let ask = || {
        let inputs = question(plain(&X), plain(&[1.0]), veiled(index), PF_COVERS, PF_BY_POLYGON, 0.0);
        call(LOCATE, &inputs, 0).map(|taken| taken.values(None))
    };
    assert_eq!(ask().unwrap(), [Some(0), Some(0), Some(1), None, None]);
    let again = call(HOLD, &[veiled(index)], 0).unwrap();
    drop(held);
    assert!(ask().is_ok());
    drop(again);
    assert!(ask().is_err() && call(HOLD, &[veiled(index)], 0).is_err());
}

#[cfg(not(miri))]
mod files;
