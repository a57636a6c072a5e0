#![cfg(unix)]
#![allow(clippy::undocumented_unsafe_blocks)] // all call functions of the header with what it asks for

//! Out of memory is a status: every allocation of every entry point fails in turn, once and from then on for good. The process
//! lives, nothing leaks, and the call can be repeated.
//!
//! One test only: the allocator counts for the whole process.

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::HashSet;
use std::ffi::{CString, c_void};
use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::mem::zeroed;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicUsize, Ordering::SeqCst};

use polyfind::ffi::*;

/// Numbers of workers that calls are made with.
const WORKERS: &[u32] = &[1, 3];

/// The system's allocator, but for some allocations that fail.
struct Failing;

#[global_allocator]
static ALLOCATOR: Failing = Failing;

/// Whether allocations are counted; those from `FIRST` on, but not from `END` on, then fail.
static IS_ARMED: AtomicBool = AtomicBool::new(false);
static COUNT: AtomicUsize = AtomicUsize::new(0);
static FIRST: AtomicUsize = AtomicUsize::new(0);
static END: AtomicUsize = AtomicUsize::new(0);

/// Bytes that are allocated.
static LIVE: AtomicIsize = AtomicIsize::new(0);

fn is_refused() -> bool {
    IS_ARMED.load(SeqCst) && (FIRST.load(SeqCst)..END.load(SeqCst)).contains(&COUNT.fetch_add(1, SeqCst))
}

fn note(memory: *mut u8, bytes: isize) -> *mut u8 {
    if !memory.is_null() {
        LIVE.fetch_add(bytes, SeqCst);
    }
    memory
}

// SAFETY: what the system's allocator does, or NULL.
unsafe impl GlobalAlloc for Failing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: handed on.
        if is_refused() { null_mut() } else { note(unsafe { System.alloc(layout) }, layout.size() as isize) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: handed on.
        if is_refused() { null_mut() } else { note(unsafe { System.alloc_zeroed(layout) }, layout.size() as isize) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as isize, SeqCst);
        // SAFETY: handed on.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let more = size as isize - layout.size() as isize;
        // SAFETY: handed on.
        if is_refused() { null_mut() } else { note(unsafe { System.realloc(memory, layout, size) }, more) }
    }
}

/// Makes a call while allocations from number `first` on fail, one or all; answers how many there were as well.
fn failing<T>(first: usize, is_once: bool, call: impl FnOnce() -> T) -> (T, usize) {
    FIRST.store(first, SeqCst);
    END.store(if is_once { first.saturating_add(1) } else { usize::MAX }, SeqCst);
    COUNT.store(0, SeqCst);
    IS_ARMED.store(true, SeqCst);
    let answer = call();
    IS_ARMED.store(false, SeqCst);
    (answer, COUNT.load(SeqCst))
}

/// Waits until as many bytes are allocated as were before: threads that end give theirs back a little later.
fn is_back_at(bytes: isize) -> bool {
    (0..1000).any(|i| {
        if i > 0 {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        LIVE.load(SeqCst) == bytes
    })
}

/// Room for what any call gives.
struct Outputs {
    bytes: Vec<u8>,
    ids: Vec<i32>,
    values: Vec<f64>,
    index: *mut pf_index,
    result: *mut pf_result,
    table: *mut pf_table,
    tally: *mut pf_tally,
    error: pf_error,
}

impl Outputs {
    fn new() -> Self {
        // SAFETY: an error may be all zero.
        let error = unsafe { zeroed() };
        let (bytes, ids, values) = (vec![0; BYTES], vec![0; ROOM], vec![0.0; 4 * ROOM]);
        let (index, result, table, tally) = (null_mut(), null_mut(), null_mut(), null_mut());
        Outputs { bytes, ids, values, index, result, table, tally, error }
    }

    /// Other than any call leaves them.
    fn spoil(&mut self) {
        self.bytes.fill(0xA5);
        self.ids.fill(-77);
        self.values.fill(-7.5);
        self.index = null_mut::<pf_index>().wrapping_byte_add(64);
        self.result = null_mut::<pf_result>().wrapping_byte_add(64);
        self.table = null_mut::<pf_table>().wrapping_byte_add(64);
        self.tally = null_mut::<pf_tally>().wrapping_byte_add(64);
    }

    /// A number for all there is, after which nothing is left to be freed.
    fn take(&mut self) -> u64 {
        let mut hasher = DefaultHasher::new();
        let mut add = |bytes: &[u8]| hasher.write(bytes);
        self.ids.iter().for_each(|id| add(&id.to_le_bytes()));
        self.values.iter().for_each(|value| add(&value.to_bits().to_le_bytes()));
        // SAFETY: what calls gave, if they did, and their columns.
        unsafe {
            if self.index.addr() > 64 {
                let len = pf_index_byte_size(self.index);
                assert!(pf_index_len(self.index) < 1 << 20);
                assert_eq!(
                    pf_index_write(self.index, null(), self.bytes.as_mut_ptr().cast(), self.bytes.len(), null_mut()),
                    PF_OK
                );
                add(&self.bytes[..len]);
                self.bytes.fill(0xA5);
                pf_index_free(self.index);
            }
            if self.result.addr() > 64 {
                let (rows, pairs) = (pf_result_rows(self.result), pf_result_pairs(self.result));
                let bytes = |start: *const c_void, len: usize| match start.is_null() {
                    true => &[],
                    false => std::slice::from_raw_parts(start.cast::<u8>(), len),
                };
                add(bytes(pf_result_offsets(self.result).cast(), 8 * (rows + 1)));
                add(bytes(pf_result_polygons(self.result).cast(), 4 * pairs));
                add(bytes(pf_result_values(self.result).cast(), 8 * pairs));
                pf_result_free(self.result);
            }
            if self.table.addr() > 64 {
                let mut view: pf_polygons = zeroed();
                view.struct_size = size_of::<pf_polygons>() as u32;
                assert_eq!(pf_table_view(self.table, &mut view, null_mut()), PF_OK);
                let faults = pf_table_faults(self.table);
                let column = |start: *const c_void, bytes: usize| std::slice::from_raw_parts(start.cast::<u8>(), bytes);
                add(column(view.vertices.x, 8 * view.vertices.len));
                add(column(view.vertices.y, 8 * view.vertices.len));
                add(column(view.polygon_offsets, 4 * (pf_table_len(self.table) + 1)));
                add(column(pf_table_fault_rows(self.table).cast(), 8 * faults));
                add(column(pf_table_fault_bytes(self.table).cast(), 8 * faults));
                add(column(pf_table_fault_reasons(self.table).cast(), 4 * faults));
                pf_table_free(self.table);
            }
            if self.tally.addr() > 64 {
                add(&columns_of(self.tally));
                pf_tally_free(self.tally);
            }
        }
        add(&self.bytes);
        hasher.finish()
    }
}

/// The columns of a tally, which no memory is needed for.
fn columns_of(tally: *const pf_tally) -> Vec<u8> {
    // SAFETY: a tally and room for its rows.
    unsafe {
        let len = pf_tally_len(tally);
        let (mut counts, mut values, mut all) = (vec![0; len], vec![0.0; len], Vec::with_capacity(48 * len));
        let run = &run_with(3);
        let (status, count) = failing(0, false, || {
            let status = pf_tally_counts(tally, PF_TALLY_POINTS, run, counts.as_mut_ptr(), len, null_mut());
            status + pf_tally_values(tally, PF_TALLY_SUM, run, values.as_mut_ptr(), len, null_mut())
        });
        assert_eq!((status, count), (PF_OK, 0));
        for column in [PF_TALLY_POINTS, PF_TALLY_VALUES] {
            assert_eq!(pf_tally_counts(tally, column, run, counts.as_mut_ptr(), len, null_mut()), PF_OK);
            all.extend(counts.iter().flat_map(|count| count.to_le_bytes()));
        }
        for column in [PF_TALLY_SUM, PF_TALLY_MEAN, PF_TALLY_MIN, PF_TALLY_MAX] {
            assert_eq!(pf_tally_values(tally, column, run, values.as_mut_ptr(), len, null_mut()), PF_OK);
            all.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        }
        all
    }
}

/// What any call has room for, and how large any index is at most.
const ROOM: usize = 18_000;
const BYTES: usize = 1 << 19;

/// Makes a call again and again, each time with another allocation failing, until it has no more; answers how many it had.
fn fails_in_turn(name: &str, out: &mut Outputs, call: &dyn Fn(&mut Outputs) -> pf_status) -> usize {
    let mut most = 0;
    let mut plain = |out: &mut Outputs| {
        out.spoil();
        let live = LIVE.load(SeqCst);
        let (status, count) = failing(usize::MAX, true, || call(out));
        most = most.max(count);
        assert_eq!(status, PF_OK, "{name}");
        let hash = out.take();
        assert!(is_back_at(live), "{name} leaks");
        hash
    };
    // What stays for the calls to come, such as the pool of threads, is there from here on.
    out.spoil();
    assert_eq!(call(out), PF_OK, "{name}");
    out.take();
    let want = plain(out);
    for is_once in [true, false] {
        for first in 0.. {
            out.spoil();
            let live = LIVE.load(SeqCst);
            let (status, count) = failing(first, is_once, || call(out));
            match status {
                PF_OK => assert!(out.take() == want, "{name}: allocation {first} failed, and it answered otherwise"),
                _ => {
                    assert_eq!(status, PF_ERROR_MEMORY, "{name}: allocation {first} failed");
                    assert_eq!(out.error.status, status, "{name}: allocation {first} failed");
                    let handles = [out.index.addr(), out.result.addr(), out.table.addr(), out.tally.addr()];
                    assert!(handles.iter().all(|handle| [0, 64].contains(handle)), "{name}: a handle was made");
                }
            }
            assert!(is_back_at(live), "{name}: allocation {first} failed, and it leaks");
            if count <= first {
                assert_eq!(status, PF_OK, "{name}");
                break;
            }
            assert!(plain(out) == want, "{name}: allocation {first} failed, and after that it answers otherwise");
        }
    }
    most
}

/// Polygons in columns, as C has them.
struct Table<T> {
    x: Vec<T>,
    y: Vec<T>,
    rings: Vec<i64>,
    parts: Vec<i64>,
    polygons: Vec<i64>,
}

impl Table<f64> {
    fn new() -> Self {
        Table { x: vec![], y: vec![], rings: vec![0], parts: vec![0], polygons: vec![0] }
    }

    fn ring(&mut self, (x, y): (f64, f64), radius: f64, n: usize) {
        for i in 0..n {
            let angle = i as f64 / n as f64 * std::f64::consts::TAU;
            let radius = radius * (0.7 + 0.3 * (7.0 * angle).cos());
            self.x.push(x + radius * angle.cos());
            self.y.push(y + radius * angle.sin());
        }
        self.rings.push(self.x.len() as i64);
    }

    fn end_part(&mut self) {
        self.parts.push(self.rings.len() as i64 - 1);
    }

    fn end_polygon(&mut self) {
        self.polygons.push(self.parts.len() as i64 - 1);
    }

    /// Large polygons, small ones, some with holes, with two parts, empty, or there twice.
    fn mixed() -> Self {
        let mut table = Table::new();
        let mut random = Random(5);
        for i in 0..28 {
            let place = if i % 10 == 9 { (50.0, 50.0) } else { (random.unit() * 100.0, random.unit() * 100.0) };
            if i % 7 != 5 {
                table.ring(place, 8.0, if i % 20 == 0 { 400 } else { 4 + i % 13 });
                if i % 7 == 1 {
                    table.ring(place, 2.0, 5);
                }
                table.end_part();
                if i % 7 == 3 {
                    table.ring((place.0 + 20.0, place.1), 3.0, 6);
                    table.end_part();
                }
            }
            table.end_polygon();
        }
        table
    }

    /// So many that centers are asked neighbourhood by neighbourhood.
    fn dots(count: usize) -> Self {
        let mut table = Table::new();
        let mut random = Random(6);
        for _ in 0..count {
            table.ring((random.unit() * 100.0, random.unit() * 100.0), 0.0, 1);
            table.end_part();
            table.end_polygon();
        }
        table
    }

    /// As float, which is gathered before it is measured.
    fn rounded(&self) -> Table<f32> {
        let [x, y] = [&self.x, &self.y].map(|column| column.iter().map(|&value| value as f32).collect());
        Table { x, y, rings: self.rings.clone(), parts: self.parts.clone(), polygons: self.polygons.clone() }
    }
}

impl<T> Table<T> {
    fn view(&self) -> pf_polygons {
        // SAFETY: a C structure that may be all zero.
        let mut view: pf_polygons = unsafe { zeroed() };
        view.struct_size = size_of::<pf_polygons>() as u32;
        view.offset_type = PF_I64;
        view.vertices = points_of(&self.x, &self.y);
        (view.ring_offsets, view.ring_count) = (self.rings.as_ptr().cast(), self.rings.len() - 1);
        (view.part_offsets, view.part_count) = (self.parts.as_ptr().cast(), self.parts.len() - 1);
        (view.polygon_offsets, view.polygon_count) = (self.polygons.as_ptr().cast(), self.polygons.len() - 1);
        view
    }
}

fn points_of<T>(x: &[T], y: &[T]) -> pf_points {
    let dtype = if size_of::<T>() == 8 { PF_F64 } else { PF_F32 };
    pf_points { x: x.as_ptr().cast(), y: y.as_ptr().cast(), len: x.len(), stride: size_of::<T>(), dtype, reserved: 0 }
}

/// Random numbers that are the same in every run (splitmix64).
struct Random(u64);

impl Random {
    /// In [0, 1).
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E3779B97F4A7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58476D1CE4E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D049BB133111EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

fn query(relation: u32, order: u32, priority: &[f64], flags: u32) -> pf_query {
    // SAFETY: a C structure that may be all zero.
    let mut query: pf_query = unsafe { zeroed() };
    query.struct_size = size_of::<pf_query>() as u32;
    (query.relation, query.order, query.flags) = (relation, order, flags);
    query.distance = if matches!(relation, PF_CLOSE | PF_DWITHIN) { 6.0 } else { 0.0 };
    (query.priority, query.priority_len) = (priority.as_ptr(), priority.len());
    query
}

fn run_with(workers: u32) -> pf_run {
    // SAFETY: a C structure that may be all zero.
    let mut run: pf_run = unsafe { zeroed() };
    (run.struct_size, run.workers) = (size_of::<pf_run>() as u32, workers);
    run
}

/// Calls every function that builds, measures or asks.
fn everything_but_files(workers: u32, out: &mut Outputs, total: &mut usize) {
    let run = &run_with(workers);
    let (table, mut random) = (Table::mixed(), Random(3));
    let (view, rounded) = (table.view(), table.rounded());
    let float = rounded.view();
    let mut check = |name: &str, out: &mut Outputs, call: &dyn Fn(&mut Outputs) -> pf_status| {
        *total += fails_in_turn(name, out, call);
    };
    // SAFETY (of every block below): the arguments are what the header asks for.
    for (view, name) in [(&view, "double"), (&float, "float")] {
        check(name, out, &|out| unsafe { pf_points_check(&view.vertices, &mut out.error) });
        check(name, out, &|out| unsafe { pf_polygons_check(view, &mut out.error) });
        check(name, out, &|out| unsafe { pf_polygons_check_layout(view, &mut out.error) });
        type Numbers =
            unsafe extern "C" fn(*const pf_polygons, *const pf_run, *mut f64, usize, *mut pf_error) -> pf_status;
        for measure in [pf_polygons_area as Numbers, pf_polygons_signed_area, pf_polygons_perimeter] {
            check(name, out, &|out| unsafe { measure(view, run, out.values.as_mut_ptr(), ROOM, &mut out.error) });
        }
        for measure in [pf_polygons_center, pf_polygons_centroid] {
            check(name, out, &|out| unsafe {
                let (x, y) = out.values.split_at_mut(ROOM);
                measure(view, run, x.as_mut_ptr(), y.as_mut_ptr(), ROOM, &mut out.error)
            });
        }
        check(name, out, &|out| unsafe {
            pf_polygons_bounds(view, run, out.values.as_mut_ptr().cast(), ROOM, &mut out.error)
        });
        check(name, out, &|out| unsafe {
            pf_polygons_fingerprint(view, run, out.values.as_mut_ptr().cast(), ROOM, &mut out.error)
        });
        // What is built of floats is the same from then on.
        let all = [0, PF_INDEX_CENTERS, PF_INDEX_INSIDES, PF_INDEX_DISTANCES];
        for &flags in if name == "float" { &all[..1] } else { &all[..] } {
            let options = pf_index_options { struct_size: size_of::<pf_index_options>() as u32, flags };
            check("build", out, &|out| unsafe { pf_index_build(view, &options, run, &mut out.index, &mut out.error) });
        }
    }
    let mut index = null_mut();
    // SAFETY: as above.
    assert_eq!(unsafe { pf_index_build(&view, null(), run, &mut index, null_mut()) }, PF_OK);
    let priority: Vec<f64> = (0..view.polygon_count).map(|i| (i % 3) as f64).collect();
    let mut x: Vec<f64> = (0..300).map(|_| random.unit() * 120.0 - 10.0).collect();
    let mut y: Vec<f64> = (0..300).map(|_| random.unit() * 120.0 - 10.0).collect();
    x.extend(&table.x[..100]);
    y.extend(&table.y[..100]);
    // Those that are joined, those that walk the tree, those that bins do not take apart.
    let point_sets = [points_of(&x, &y), points_of(&x[..9], &y[..9]), points_of(&[50.0; 400], &[50.0; 400])];
    for points in &point_sets {
        for relation in [PF_CLOSE, PF_COVERS, PF_CONTAINS, PF_OWNS, PF_DWITHIN] {
            let plain = &query(relation, PF_BY_POLYGON, &[], 0);
            check("any", out, &|out| unsafe {
                pf_index_any(index, points, plain, run, out.bytes.as_mut_ptr(), ROOM, &mut out.error)
            });
            check("count", out, &|out| unsafe {
                pf_index_count(index, points, plain, run, out.ids.as_mut_ptr().cast(), ROOM, &mut out.error)
            });
            for order in [PF_BY_POLYGON, PF_BY_DISTANCE, PF_BY_AREA, PF_BY_PRIORITY, PF_BY_CENTER] {
                let ordered = &query(relation, order, &priority, 0);
                check("best", out, &|out| unsafe {
                    let (ids, values) = (out.ids.as_mut_ptr(), out.values.as_mut_ptr());
                    pf_index_best(index, points, ordered, run, ids, values, ROOM, &mut out.error)
                });
            }
            for flags in [0, PF_WITH_DISTANCES] {
                let flagged = &query(relation, PF_BY_POLYGON, &[], flags);
                check("find", out, &|out| unsafe {
                    pf_index_find(index, points, flagged, run, &mut out.result, &mut out.error)
                });
            }
        }
        for relation in [PF_CLOSE, PF_DWITHIN] {
            let limited = &query(relation, PF_BY_POLYGON, &[], 0);
            check("nearest", out, &|out| unsafe {
                let (ids, values) = (out.ids.as_mut_ptr(), out.values.as_mut_ptr());
                pf_index_nearest(index, points, 5, limited, run, ids, values, ROOM, &mut out.error)
            });
        }
        check("find nearest", out, &|out| unsafe {
            pf_index_find_nearest(index, points, 5, null(), run, &mut out.result, &mut out.error)
        });
    }
    // Several pieces.
    let (many_x, many_y): (Vec<f64>, Vec<f64>) =
        (0..4500).map(|_| (random.unit() * 100.0, random.unit() * 100.0)).unzip();
    let many = points_of(&many_x, &many_y);
    for relation in [PF_CLOSE, PF_COVERS, PF_DWITHIN] {
        let flags = if relation == PF_CLOSE { 0 } else { PF_WITH_DISTANCES };
        let flagged = &query(relation, PF_BY_POLYGON, &[], flags);
        check("find many", out, &|out| unsafe {
            pf_index_find(index, &many, flagged, run, &mut out.result, &mut out.error)
        });
    }
    let mut found = null_mut();
    let near = &query(PF_DWITHIN, PF_BY_POLYGON, &[], 0);
    // SAFETY: as above.
    let pairs = unsafe {
        assert_eq!(pf_index_find(index, &many, near, run, &mut found, null_mut()), PF_OK);
        pf_result_pairs(found)
    };
    let (mut row, mut polygon) = (vec![0; pairs], vec![0; pairs]);
    let columns = (row.as_mut_ptr(), polygon.as_mut_ptr());
    check("indices", out, &|out| unsafe { pf_result_indices(found, run, columns.0, columns.1, pairs, &mut out.error) });
    // SAFETY: it is ours.
    unsafe { pf_result_free(found) };
    let dots = Table::dots(10_000);
    let options = pf_index_options { struct_size: size_of::<pf_index_options>() as u32, flags: PF_INDEX_CENTERS };
    let mut centers = null_mut();
    // SAFETY: as above.
    assert_eq!(unsafe { pf_index_build(&dots.view(), &options, run, &mut centers, null_mut()) }, PF_OK);
    let close = &query(PF_CLOSE, PF_BY_POLYGON, &[], 0);
    check("close", out, &|out| unsafe {
        pf_index_any(centers, &many, close, run, out.bytes.as_mut_ptr(), ROOM, &mut out.error)
    });
    check("nearest centers", out, &|out| unsafe {
        let ids = out.ids.as_mut_ptr();
        pf_index_nearest(centers, &many, 2, close, run, ids, null_mut(), ROOM, &mut out.error)
    });
    // What never fails takes no memory either.
    // SAFETY: as above; an info may be all zero.
    let (status, count) = failing(0, false, || unsafe {
        pf_version();
        pf_abi();
        pf_simd();
        pf_status_name(PF_ERROR_MEMORY);
        pf_status_text(PF_ERROR_MEMORY);
        let mut info: pf_index_info = zeroed();
        info.struct_size = size_of::<pf_index_info>() as u32;
        pf_index_describe(index, &mut info, null_mut())
    });
    assert_eq!((status, count), (PF_OK, 0));
    // SAFETY: they are ours.
    unsafe {
        pf_index_free(index);
        pf_index_free(centers);
    }
}

/// Calls every function that has to do with bytes and files.
fn files(workers: u32, folder: &Path, out: &mut Outputs, total: &mut usize) {
    let run = &run_with(workers);
    let table = Table::mixed();
    let mut index = null_mut();
    // SAFETY (of every block below): the arguments are what the header asks for.
    unsafe { assert_eq!(pf_index_build(&table.view(), null(), run, &mut index, null_mut()), PF_OK) };
    let mut check = |name: &str, out: &mut Outputs, call: &dyn Fn(&mut Outputs) -> pf_status| {
        *total += fails_in_turn(name, out, call);
    };
    // SAFETY: as above.
    let len = unsafe { pf_index_byte_size(index) };
    check("write", out, &|out| unsafe {
        pf_index_write(index, run, out.bytes.as_mut_ptr().cast(), BYTES, &mut out.error)
    });
    let mut written = vec![0u64; len / 8 + 16];
    let start = written.as_ptr().align_offset(64);
    let bytes = written[start..].as_mut_ptr().cast::<u8>();
    // SAFETY: as above.
    unsafe { assert_eq!(pf_index_write(index, run, bytes.cast(), len, null_mut()), PF_OK) };
    for flags in [0, PF_OPEN_TRUSTED, PF_OPEN_COPY] {
        check("view", out, &|out| unsafe {
            pf_index_view(bytes.cast(), len, flags, run, &mut out.index, &mut out.error)
        });
    }
    // Short names, and such as the standard library puts into memory of its own.
    let deep = folder.join("n".repeat(250)).join("m".repeat(250));
    fs::create_dir_all(&deep).unwrap();
    for folder in [folder, &deep] {
        let path = CString::new(folder.join("index").as_os_str().as_bytes()).unwrap();
        let path = path.as_ptr();
        check("save", out, &|out| unsafe { pf_index_save(index, path, run, &mut out.error) });
        // Whatever failed, there is the file and nothing else.
        assert_eq!(fs::read_dir(folder).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_file()).count(), 1);
        check("load", out, &|out| unsafe { pf_index_load(path, run, &mut out.index, &mut out.error) });
        for flags in [0, PF_OPEN_TRUSTED] {
            check("map", out, &|out| unsafe { pf_index_map(path, flags, run, &mut out.index, &mut out.error) });
        }
        // To say why a file is refused takes no memory.
        let missing = CString::new(folder.join("missing").as_os_str().as_bytes()).unwrap();
        // SAFETY: as above.
        let (status, count) =
            failing(0, false, || unsafe { pf_index_load(missing.as_ptr(), run, &mut out.index, &mut out.error) });
        assert_eq!((status, count), (PF_ERROR_IO, 0));
    }
    // SAFETY: it is ours.
    unsafe { pf_index_free(index) };
}

/// Calls every function that has to do with tables.
fn tables(workers: u32, out: &mut Outputs, total: &mut usize) {
    let run = &run_with(workers);
    // Several pieces, some of them with faults.
    let rows: Vec<&[u8]> = (0..12_000)
        .map(|i| match i % 1000 {
            7 => &b"MULTIPOLYGON (((0 0, 1 0, 0 1), (0.1 0.1, 0.2 0.1, 0.1 0.2)), ((5 5, 6 5, 5 6)))"[..],
            900..903 if i > 5000 => b"POLYGON ((0 0, 1 0, 0 1)",
            _ => b"POLYGON EMPTY",
        })
        .collect();
    let data = rows.concat();
    let mut offsets = vec![0i64];
    offsets.extend(rows.iter().scan(0, |end, row| {
        *end += row.len() as i64;
        Some(*end)
    }));
    let binary = pf_binary {
        struct_size: size_of::<pf_binary>() as u32,
        offset_type: PF_I64,
        data: data.as_ptr(),
        data_len: data.len(),
        offsets: offsets.as_ptr().cast(),
        len: rows.len(),
        validity: null(),
        validity_offset: 0,
    };
    *total += fails_in_turn("read", out, &|out| unsafe {
        pf_table_read(&binary, PF_WKT, PF_SKIP_FAULTS, run, &mut out.table, &mut out.error)
    });
    // To say what is wrong takes no memory beyond what reading does.
    let (status, count) = failing(0, false, || unsafe {
        pf_fault_text(PF_FAULT_END);
        pf_table_read(&binary, PF_WKT, 2, run, &mut out.table, &mut out.error)
    });
    assert_eq!((status, count), (PF_ERROR_UNSUPPORTED, 0));
}

/// Calls every function that has to do with tallies.
fn tallies(workers: u32, out: &mut Outputs, total: &mut usize) {
    let run = &run_with(workers);
    let (table, mut random, mut index, mut other) = (Table::mixed(), Random(4), null_mut(), null_mut());
    // Values far from each other, for which sums grow.
    let (x, y): (Vec<f64>, Vec<f64>) = (0..6000).map(|_| (random.unit() * 100.0, random.unit() * 100.0)).unzip();
    let values: Vec<f64> = (0..x.len()).map(|i| if i % 10 == 9 { 1e200 } else { random.unit() }).collect();
    let add = |to, relation, flags, rows: std::ops::Range<usize>, brings_values, error| {
        // SAFETY: a C structure that may be all zero.
        let mut attributes: pf_attributes = unsafe { zeroed() };
        attributes.struct_size = size_of::<pf_attributes>() as u32;
        if brings_values {
            (attributes.values, attributes.values_len) = (values[rows.clone()].as_ptr(), rows.len());
        }
        let (question, points) = (query(relation, PF_BY_AREA, &[], flags), points_of(&x[rows.clone()], &y[rows]));
        // SAFETY: the arguments are what the header asks for.
        unsafe { pf_tally_add(to, &points, &attributes, &question, run, error) }
    };
    // SAFETY: as above.
    unsafe {
        assert_eq!(pf_index_build(&table.view(), null(), run, &mut index, null_mut()), PF_OK);
        assert_eq!(pf_tally_make(index, 1, run, &mut other, null_mut()), PF_OK);
    }
    assert_eq!(add(other, PF_COVERS, 0, 0..100, true, null_mut()), PF_OK);
    // Changes a new tally in two steps, the second of which leaves it as it was if it fails.
    type Step<'a> = dyn Fn(*mut pf_tally, *mut pf_error) -> pf_status + 'a;
    let mut check = |name: &str, first: &Step<'_>, then: &Step<'_>| {
        *total += fails_in_turn(name, out, &|out| unsafe {
            let mut status = pf_tally_make(index, 1, run, &mut out.tally, &mut out.error);
            if status != PF_OK {
                return status;
            }
            status = first(out.tally, &mut out.error);
            if status == PF_OK {
                let before = counts_of(out.tally);
                status = then(out.tally, &mut out.error);
                assert!(status == PF_OK || counts_of(out.tally) == before, "{name} failed, and changed it");
            }
            if status != PF_OK {
                pf_tally_free(std::mem::replace(&mut out.tally, null_mut()));
            }
            status
        });
    };
    for (relation, flags) in [(PF_COVERS, 0), (PF_DWITHIN, 0), (PF_DWITHIN, PF_BEST_ONLY), (PF_CLOSE, 0)] {
        // Few points are kept in another way than many.
        for most in [59, x.len()] {
            check("add", &|to, error| add(to, relation, flags, 0..50, false, error), &|to, error| {
                add(to, relation, flags, 50..most, true, error)
            });
        }
        check("add to sums", &|to, error| add(to, relation, flags, 0..5, true, error), &|to, error| {
            add(to, relation, flags, 5..300, true, error)
        });
    }
    // SAFETY: two tallies.
    let merge = |to, error| unsafe { pf_tally_merge(to, other, run, error) };
    check("merge", &|_, _| PF_OK, &merge);
    check("merge sums", &|to, error| add(to, PF_COVERS, 0, 0..5, true, error), &merge);
    // SAFETY: they are ours, and the tally keeps the index.
    unsafe {
        pf_index_free(index);
        pf_tally_free(other);
    }
}

/// How many points the first polygons of a tally have.
fn counts_of(tally: *const pf_tally) -> [u64; 28] {
    let mut counts = [0; 28];
    // SAFETY: there is room for as many as there are.
    let status = unsafe { pf_tally_counts(tally, PF_TALLY_POINTS, null(), counts.as_mut_ptr(), 28, null_mut()) };
    assert_eq!(status, PF_OK);
    counts
}

/// Every function of the header is called above.
fn none_is_forgotten() {
    let [header, test] = ["include/polyfind.h", "tests/memory.rs"]
        .map(|path| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap());
    let called: HashSet<&str> = test.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
    let mut functions = 0;
    for line in header.lines().filter(|line| !line.starts_with([' ', '/', '#']) && line.contains("pf_")) {
        let Some((before, _)) = line.split_once('(') else { continue };
        let name = before.rsplit([' ', '*']).next().unwrap();
        if name.starts_with("pf_") {
            functions += 1;
            assert!(called.contains(name), "{name} is not called");
        }
    }
    assert!(functions > 30, "{functions}");
}

#[test]
fn out_of_memory_is_a_status() {
    none_is_forgotten();
    let folder = std::env::temp_dir().join(format!("polyfind-memory-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let (mut out, mut total) = (Outputs::new(), 0);
    for &workers in WORKERS {
        everything_but_files(workers, &mut out, &mut total);
        files(workers, &folder, &mut out, &mut total);
        tables(workers, &mut out, &mut total);
        tallies(workers, &mut out, &mut total);
    }
    fs::remove_dir_all(&folder).unwrap();
    println!("{total} allocations failed, once and for good");
    assert!(total > 1000, "{total}");
}
