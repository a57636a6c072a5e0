//! Many threads share indexes, ask them everything, and meanwhile build, save, open, replace and free them: every answer is that
//! of one thread alone.

use std::ffi::CString;
use std::path::PathBuf;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use polyfind::ffi::*;

const THREADS: usize = 24;
const TABLES: usize = 4;
const POINTS: usize = 600;

/// Random numbers that are the same in every run (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E3779B97F4A7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58476D1CE4E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D049BB133111EB);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    fn place(&mut self, size: f64) -> f64 {
        self.below(1 << 20) as f64 / (1 << 20) as f64 * size
    }
}

/// An index that the last of its users frees.
struct Index {
    handle: *mut pf_index,
    /// Where it lies, if it was opened from memory.
    _words: Vec<u64>,
}

// SAFETY: an index may be asked from any number of threads, and freed on any.
unsafe impl Send for Index {}
// SAFETY: as above.
unsafe impl Sync for Index {}

impl Drop for Index {
    fn drop(&mut self) {
        // SAFETY: nobody uses it any more; the bytes that it may lie in are dropped after this.
        unsafe { pf_index_free(self.handle) }
    }
}

/// Polygons, points to ask about, and where a file of the index is.
struct Table {
    x: Vec<f64>,
    y: Vec<f64>,
    offsets: Vec<i64>,
    px: Vec<f64>,
    py: Vec<f64>,
    file: CString,
}

fn sized<T>() -> T {
    // SAFETY: all zero but for the size is the default of every structure that this is used for.
    unsafe {
        let mut made = std::mem::zeroed::<T>();
        (&raw mut made).cast::<u32>().write(size_of::<T>() as u32);
        made
    }
}

fn column_pair(x: &[f64], y: &[f64]) -> pf_points {
    pf_points { x: x.as_ptr().cast(), y: y.as_ptr().cast(), len: x.len(), stride: 8, dtype: PF_F64, reserved: 0 }
}

impl Table {
    fn new(number: usize, folder: &std::path::Path) -> Self {
        let mut random = Random(number as u64);
        let count = [40, 300, 1500, 3][number];
        let most = [12, 9, 6, 400][number];
        let (mut x, mut y, mut offsets) = (Vec::new(), Vec::new(), vec![0]);
        for _ in 0..count {
            let (left, bottom) = (random.place(30.0), random.place(30.0));
            for _ in 0..random.below(most) {
                x.push(left + random.place(3.0));
                y.push(bottom + random.place(3.0));
            }
            offsets.push(x.len() as i64);
        }
        let [px, py] = [0, 1].map(|_| (0..POINTS).map(|_| random.place(34.0) - 1.0).collect());
        let file = CString::new(folder.join(format!("{number}.polyfind")).into_os_string().into_encoded_bytes());
        Table { x, y, offsets, px, py, file: file.unwrap() }
    }

    fn polygons(&self) -> pf_polygons {
        pf_polygons {
            offset_type: PF_I64,
            vertices: column_pair(&self.x, &self.y),
            ring_offsets: self.offsets.as_ptr().cast(),
            ring_count: self.offsets.len() - 1,
            ..sized()
        }
    }

    fn build(&self, run: &pf_run) -> Index {
        // SAFETY: all zero is a pf_error.
        let (mut out, mut error) = (null_mut(), unsafe { std::mem::zeroed::<pf_error>() });
        // SAFETY: everything is as it says.
        let status = unsafe { pf_index_build(&self.polygons(), null(), run, &mut out, &mut error) };
        assert_eq!(status, PF_OK);
        Index { handle: out, _words: Vec::new() }
    }

    /// The answer to question `number`, as a hash.
    fn ask(&self, index: &Index, number: usize, run: &pf_run) -> u64 {
        let points = column_pair(&self.px, &self.py);
        let n = POINTS;
        let query = pf_query { relation: 1 + (number % 5) as u32, distance: 1.25, ..sized() };
        let room = 3 * n.max(self.offsets.len());
        let (mut words, mut counts, mut bytes) = (vec![0.0; room], vec![0u32; n], vec![0u8; n]);
        let (mut ids, mut result) = (vec![0i32; 3 * n], null_mut());
        // SAFETY: everything is as it says, and lives.
        unsafe {
            let status = match number / 5 {
                0 => pf_index_any(index.handle, &points, &query, run, bytes.as_mut_ptr(), n, null_mut()),
                1 => pf_index_count(index.handle, &points, &query, run, counts.as_mut_ptr(), n, null_mut()),
                2 => {
                    let query = pf_query { order: PF_BY_AREA, ..query };
                    let (ids, words) = (ids.as_mut_ptr(), words.as_mut_ptr());
                    pf_index_best(index.handle, &points, &query, run, ids, words, n, null_mut())
                }
                3 => {
                    let query = pf_query { flags: PF_WITH_DISTANCES, ..query };
                    pf_index_find(index.handle, &points, &query, run, &mut result, null_mut())
                }
                4 => {
                    let query = pf_query { relation: [PF_CLOSE, PF_DWITHIN][number % 2], ..query };
                    let (ids, words) = (ids.as_mut_ptr(), words.as_mut_ptr());
                    pf_index_nearest(index.handle, &points, 3, &query, run, ids, words, 3 * n, null_mut())
                }
                5 => pf_index_find_nearest(index.handle, &points, 2, null(), run, &mut result, null_mut()),
                6 => pf_polygons_area(&self.polygons(), run, words.as_mut_ptr(), room, null_mut()),
                7 => {
                    let (x, y) = words.split_at_mut(room / 2);
                    let room = x.len();
                    pf_polygons_centroid(&self.polygons(), run, x.as_mut_ptr(), y.as_mut_ptr(), room, null_mut())
                }
                _ => self.tally(index, &query, run, &mut words),
            };
            assert_eq!(status, PF_OK, "question {number}");
            if !result.is_null() {
                let pairs = pf_result_pairs(result);
                ids.extend(std::slice::from_raw_parts(pf_result_polygons(result), pairs));
                pf_result_free(result);
            }
        }
        let numbers = words.iter().map(|v| v.to_bits()).chain(counts.iter().map(|&v| v.into()));
        let all = numbers.chain(bytes.iter().map(|&v| v.into())).chain(ids.iter().map(|&v| v as u64));
        all.fold(0xCBF29CE484222325, |hash, v| (hash ^ v).wrapping_mul(0x100000001B3))
    }

    /// The sums of x over the points of each polygon, from a tally for each half of the points.
    fn tally(&self, index: &Index, query: &pf_query, run: &pf_run, out: &mut [f64]) -> pf_status {
        let half = |range: std::ops::Range<usize>| {
            let mut tally = null_mut();
            let (x, y) = (&self.px[range.clone()], &self.py[range]);
            let attributes = pf_attributes { values: x.as_ptr(), values_len: x.len(), ..sized() };
            // SAFETY: everything is as it says.
            unsafe {
                assert_eq!(pf_tally_make(index.handle, 1, run, &mut tally, null_mut()), PF_OK);
                assert_eq!(pf_tally_add(tally, &column_pair(x, y), &attributes, query, run, null_mut()), PF_OK);
            }
            tally
        };
        let (tally, other) = (half(0..POINTS / 2), half(POINTS / 2..POINTS));
        // SAFETY: as above.
        unsafe {
            assert_eq!(pf_tally_merge(tally, other, run, null_mut()), PF_OK);
            pf_tally_free(other);
            let status = pf_tally_values(tally, PF_TALLY_SUM, run, out.as_mut_ptr(), out.len(), null_mut());
            pf_tally_free(tally);
            status
        }
    }

    /// Another index of the same polygons, by one of the ways there are.
    fn another(&self, index: &Index, way: usize, run: &pf_run) -> Index {
        let mut out = null_mut();
        let mut words = Vec::new();
        // SAFETY: everything is as it says; the words stay with the index.
        let status = unsafe {
            match way {
                0 => return self.build(run),
                1 => {
                    let status = pf_index_save(index.handle, self.file.as_ptr(), run, null_mut());
                    assert_eq!(status, PF_OK);
                    pf_index_load(self.file.as_ptr(), run, &mut out, null_mut())
                }
                2 => pf_index_map(self.file.as_ptr(), 0, run, &mut out, null_mut()),
                3 => pf_index_map(self.file.as_ptr(), PF_OPEN_TRUSTED, run, &mut out, null_mut()),
                way => {
                    let len = pf_index_byte_size(index.handle);
                    words = vec![0u64; len / 8 + 8];
                    let start = words.as_mut_ptr().cast::<u8>();
                    let start = start.add(start.align_offset(64));
                    assert_eq!(pf_index_write(index.handle, run, start.cast(), len, null_mut()), PF_OK);
                    let flags = if way == 4 { 0 } else { PF_OPEN_COPY };
                    pf_index_view(start.cast(), len, flags, run, &mut out, null_mut())
                }
            }
        };
        assert_eq!(status, PF_OK, "way {way}");
        Index { handle: out, _words: words }
    }
}

const QUESTIONS: usize = 45;

fn soak(time: Duration) {
    let folder: PathBuf = std::env::temp_dir().join(format!("polyfind-soak-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let tables: Vec<Table> = (0..TABLES).map(|number| Table::new(number, &folder)).collect();
    let alone = pf_run { workers: 1, ..sized() };
    let mut want = Vec::new();
    let mut slots = Vec::new();
    for table in &tables {
        let index = table.build(&alone);
        want.push((0..QUESTIONS).map(|number| table.ask(&index, number, &alone)).collect::<Vec<_>>());
        // The file that others open.
        drop(table.another(&index, 1, &alone));
        slots.push(RwLock::new(Arc::new(index)));
    }
    let (asked, made, stopped) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let end = Instant::now() + time;
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (tables, slots, want) = (&tables, &slots, &want);
            let (asked, made, stopped) = (&asked, &made, &stopped);
            scope.spawn(move || {
                let mut random = Random(1000 + thread as u64);
                while Instant::now() < end {
                    let number = random.below(TABLES);
                    let index = Arc::clone(&slots[number].read().unwrap());
                    let flags = if random.below(4) == 0 { PF_RUN_PORTABLE } else { 0 };
                    let run = pf_run { workers: 1 + random.below(4) as u32, flags, ..sized() };
                    match random.below(12) {
                        0 => {
                            let another = tables[number].another(&index, random.below(6), &run);
                            *slots[number].write().unwrap() = Arc::new(another);
                            made.fetch_add(1, Ordering::Relaxed);
                        }
                        1 => {
                            let flag = AtomicI32::new(1);
                            let run = pf_run { cancel: flag.as_ptr(), ..run };
                            let mut out = std::ptr::dangling_mut();
                            // SAFETY: everything is as it says.
                            let status = unsafe {
                                pf_index_build(&tables[number].polygons(), null(), &run, &mut out, null_mut())
                            };
                            assert!(status == PF_ERROR_CANCELLED && out.is_null());
                            stopped.fetch_add(1, Ordering::Relaxed);
                        }
                        _ => {
                            let question = random.below(QUESTIONS);
                            let got = tables[number].ask(&index, question, &run);
                            assert_eq!(got, want[number][question], "table {number}, question {question}");
                            asked.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    std::fs::remove_dir_all(&folder).unwrap();
    let [asked, made, stopped] = [asked, made, stopped].map(AtomicU64::into_inner);
    println!("{THREADS} threads: {asked} questions, {made} indexes replaced, {stopped} builds stopped, nothing wrong");
    assert!(asked > 100 && made > 0);
}

#[test]
fn many_threads_ask_open_and_free() {
    soak(Duration::from_secs(3));
}

/// Ten minutes, unless `POLYFIND_SOAK_SECONDS` says otherwise.
#[test]
#[ignore = "ten minutes"]
fn long_run_of_many_threads() {
    let seconds = std::env::var("POLYFIND_SOAK_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    soak(Duration::from_secs(seconds.unwrap_or(600)));
}
