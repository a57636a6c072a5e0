//! Bytes that claim to be an index: refused, or answered within their memory.

use std::sync::OnceLock;

use polyfind::ffi::*;

use super::asking::{Asking, Bytes, Index, build};
use super::columns::{Columns, Polygon, Table};
use super::failing::Plan;
use super::grid::Scene;
use super::input::Input;

/// Any bytes, their checksums and their layout made right.
pub fn file_bytes(data: &[u8]) {
    let mut input = Input::new(data);
    let (plan, how) = (Plan::new(&mut input), input.byte());
    let mut bytes = Bytes::new(input.rest());
    if how & 2 != 0 {
        arrange(bytes.get_mut());
    }
    if how & 1 == 0 {
        repair(bytes.get_mut());
    }
    open_and_ask(&bytes, how & 4 != 0, plan);
}

/// A good index, with some of its numbers replaced.
pub fn file_edits(data: &[u8]) {
    static GOOD: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    let good = GOOD.get_or_init(some_indexes);
    let mut input = Input::new(data);
    let (plan, how) = (Plan::new(&mut input), input.byte());
    let mut bytes = Bytes::new(&good[input.below(good.len())]);
    let sections: Vec<_> = sections(bytes.get()).into_iter().filter(|(start, end)| start < end).collect();
    while !input.is_empty() {
        let (start, end) = sections[input.below(sections.len())];
        let at = start + (usize::from(input.byte()) << 8 | usize::from(input.byte())) % (end - start);
        let bytes = bytes.get_mut();
        match input.below(5) {
            0 => bytes[at] ^= 1 << input.below(8),
            1 => bytes[at] = input.byte(),
            2 | 3 => {
                let word: &mut [u8] = &mut bytes[at / 4 * 4..][..4];
                let old = u32::from_le_bytes((&*word).try_into().unwrap());
                let by = u32::from(input.byte());
                let new = [old.wrapping_add(by), old.wrapping_sub(by), by, u32::MAX - by, 1 << (by & 31)];
                word.copy_from_slice(&new[input.below(5)].to_le_bytes());
            }
            _ if at / 8 * 8 + 8 <= end => bytes[at / 8 * 8..][..8].copy_from_slice(&input.double().to_le_bytes()),
            _ => bytes[at] = 0,
        }
    }
    repair(bytes.get_mut());
    open_and_ask(&bytes, how & 4 != 0, plan);
}

/// What an index is written as opens and answers as the index did.
pub fn file_roundtrip(data: &[u8]) {
    let mut input = Input::new(data);
    let (plan, how) = (Plan::new(&mut input), input.byte());
    let flags = [0, 1, 2, 4, 3, 5, 6, 7][input.below(8)];
    let scene = Scene::new(&mut input);
    let Ok(built) = build(&Table::new(&scene.table(), how).view(), flags, false, &plan) else {
        panic!("good polygons are refused")
    };
    let bytes = Bytes::of(&built, &plan);
    let (places, priority) = (Columns::new(&scene.places(), 0), vec![1.0; scene.polygons.len()]);
    let (points, distance) = (places.view(), scene.value(scene.distance));
    let ask = |index: &Index, plan| {
        Asking { index, points: &points, distance, priority: &priority, is_portable: false, plan }.all()
    };
    let want = ask(&built, Plan::PLAIN);
    for flags in [0, PF_OPEN_TRUSTED, PF_OPEN_COPY, PF_OPEN_COPY | PF_OPEN_TRUSTED] {
        let Ok(opened) = bytes.open(flags, &plan) else { panic!("what was written is refused") };
        assert!(ask(&opened, plan) == want);
        assert!(Bytes::of(&opened, &plan).get() == bytes.get());
    }
}

fn open_and_ask(bytes: &Bytes, is_trusted: bool, plan: Plan) {
    // Damaged bytes that were vouched for may come to an error inside; the text of a panic takes memory, which had better be
    // there.
    let plan = if is_trusted { Plan::TRUSTING } else { plan };
    let index = match bytes.open(if is_trusted { PF_OPEN_TRUSTED } else { 0 }, &plan) {
        Ok(index) => index,
        Err(status) => {
            let unaligned = bytes.get().is_empty() && status == PF_ERROR_FORMAT;
            return assert!(unaligned || matches!(status, PF_ERROR_FORMAT | PF_ERROR_UNSUPPORTED), "status {status}");
        }
    };
    // SAFETY: it is an index.
    let len = unsafe { pf_index_len(index.0) };
    let places = [(0.0, 0.0), (1.0, 1.0), (2.5, 0.5), (-3.0, 4.0), (1e9, -1e9), (3.0, 2.0)];
    let columns = Columns::new(&places, 0);
    let priority = vec![0.0; if len <= 1 << 16 { len } else { 0 }];
    let points = columns.view();
    let asking =
        Asking { index: &index, points: &points, distance: 1.5, priority: &priority, is_portable: false, plan };
    let answers = asking.all();
    assert!(is_trusted || answers == Asking { is_portable: true, plan: Plan::PLAIN, ..asking }.all());
    // What passed the check is an index also to whoever opens it next.
    if !is_trusted {
        assert!(Bytes::of(&index, &plan).get() == bytes.get());
    }
}

/// Small indexes that between them have every kind of section filled.
pub fn some_indexes() -> Vec<Vec<u8>> {
    let ring = |n: i32, x: f64, y: f64, size: f64| -> Vec<(f64, f64)> {
        (0..n).map(|i| (x + f64::from(i * 7 % n) * size, y + f64::from(i * i % n) * size)).collect()
    };
    let few: Vec<Polygon<_>> = vec![
        vec![vec![ring(4, 0.0, 0.0, 1.0), ring(3, 0.5, 0.5, 0.2)], vec![ring(5, 3.0, 1.0, 0.5)]],
        vec![],
        vec![vec![ring(1, 2.0, 2.0, 1.0)]],
        vec![vec![ring(18, -3.0, 0.0, 0.4)]],
    ];
    let lots = |count: i32, vertices: i32| -> Vec<Polygon<_>> {
        (0..count).map(|i| vec![vec![ring(vertices, f64::from(i % 5) - 2.0, f64::from(i / 5) - 1.0, 0.125)]]).collect()
    };
    let tables = [(few.clone(), 0), (few, 1), (vec![], 0), (lots(30, 13), 2), (lots(70, 4), 0), (lots(2, 60), 0)];
    tables
        .iter()
        .map(|(polygons, flags)| {
            let Ok(index) = build(&Table::new(polygons, 0).view(), *flags, false, &Plan::PLAIN) else { return vec![] };
            Bytes::of(&index, &Plan::PLAIN).get().to_vec()
        })
        .collect()
}

/// The index with which a fuzzer may begin.
pub fn seeds() -> Vec<Vec<u8>> {
    some_indexes().into_iter().map(|bytes| [vec![0, 0], bytes].concat()).collect()
}

fn word(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..at + 8)?;
    usize::try_from(u64::from_le_bytes(bytes.try_into().ok()?)).ok()
}

fn section_count(bytes: &[u8]) -> usize {
    bytes.get(32..36).map_or(0, |count| u32::from_le_bytes(count.try_into().unwrap()) as usize).min(32)
}

/// Start and end of each section, as far as they are there.
fn sections(bytes: &[u8]) -> Vec<(usize, usize)> {
    let section = |i: usize| {
        let start = word(bytes, 64 * i + 40)?;
        let end = start.checked_add(word(bytes, 64 * i + 48)?)?;
        bytes.get(start..end).map(|_| (start, end))
    };
    (1..=section_count(bytes)).map(|i| section(i).unwrap_or((0, 0))).collect()
}

/// Makes header and table fit how many bytes there are: the last section takes what is left.
fn arrange(bytes: &mut [u8]) {
    let count = section_count(bytes);
    let len = bytes.len();
    if count == 0 || len < 64 * (1 + count) {
        return;
    }
    bytes[..8].copy_from_slice(b"polyfind");
    bytes[8..12].copy_from_slice(&1u32.to_le_bytes());
    bytes[16..24].copy_from_slice(&(len as u64).to_le_bytes());
    let mut start = 64 * (1 + count);
    for i in 1..=count {
        let element = u32::from_le_bytes(bytes[64 * i + 56..64 * i + 60].try_into().unwrap()).clamp(1, 128) as usize;
        let room = len - start;
        let wanted = if i == count { room } else { word(bytes, 64 * i + 48).unwrap_or(room).min(room) };
        let size = wanted / element * element;
        bytes[64 * i + 40..64 * i + 48].copy_from_slice(&(start as u64).to_le_bytes());
        bytes[64 * i + 48..64 * i + 56].copy_from_slice(&(size as u64).to_le_bytes());
        let next = (start + size).next_multiple_of(64).min(len);
        bytes[start + size..next].fill(0);
        start = next;
    }
}

/// Makes all checksums right.
fn repair(bytes: &mut [u8]) {
    let count = section_count(bytes);
    if bytes.len() < 64 * (1 + count) {
        return;
    }
    for (i, (start, end)) in sections(bytes).into_iter().enumerate() {
        let checksum = crc32fast::hash(&bytes[start..end]);
        bytes[64 * i + 124..64 * i + 128].copy_from_slice(&checksum.to_le_bytes());
    }
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[..60]);
    hasher.update(&bytes[64..64 * (1 + count)]);
    bytes[60..64].copy_from_slice(&hasher.finalize().to_le_bytes());
}
