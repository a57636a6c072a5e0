//! `pf_table_read`: rows of bytes and of text, sound, spoiled or invented, against a reader that shares nothing with the library's.

use std::ops::Range;
use std::ptr::null_mut;

use polyfind::ffi::*;

use super::columns::{Polygon, sized};
use super::failing::Plan;
use super::geojson::{invented_json, rows_of_json};
use super::input::Input;

/// A vertex as the bits of its coordinates.
pub type Bits = (u64, u64);

/// A row: where a fault of it would lie, and its polygon; None if it is none.
pub type Row = (Range<usize>, Option<Polygon<Bits>>);

/// Rows of well-known binary.
pub fn wkb(data: &[u8]) {
    let model = |row: &[u8]| {
        let mut model = Bytes { bytes: row, is_big: false };
        let polygon = model.geometry(&[3, 6, 7], 0)?;
        model.bytes.is_empty().then_some(polygon)
    };
    read_rows(data, PF_WKB, invented_bytes, |row, _| vec![(0..row.len(), model(row))]);
}

/// Rows of well-known text.
pub fn wkt(data: &[u8]) {
    let model = |row: &[u8]| {
        let mut words = words(row)?;
        words.reverse();
        let polygon = geometry(&mut words, 0)?;
        words.is_empty().then_some(polygon)
    };
    read_rows(data, PF_WKT, invented_text, |row, _| vec![(0..row.len(), model(row))]);
}

/// Rows of GeoJSON, or a document.
pub fn geojson(data: &[u8]) {
    read_rows(data, PF_GEOJSON, invented_json, rows_of_json);
}

/// The model says what the rows of a text are; it is told whether there is no other text.
fn read_rows(
    data: &[u8],
    format: u32,
    invent: fn(&mut Input<'_>, usize, &mut Vec<u8>),
    model: impl Fn(&[u8], bool) -> Vec<Row>,
) {
    let mut input = Input::new(data);
    let (plan, how) = (Plan::new(&mut input), input.byte());
    let most = if format == PF_GEOJSON && how & 8 != 0 { 1 } else { 8 };
    let mut rows = Vec::new();
    while how & 1 == 0 && !input.is_empty() && rows.len() < most {
        let mut row = Vec::new();
        invent(&mut input, 0, &mut row);
        for _ in 0..input.byte().saturating_sub(200) / 8 {
            let at = usize::from(input.byte()) % row.len().max(1);
            match (input.below(3), row.get_mut(at)) {
                (0, _) => row.truncate(at),
                (1, Some(byte)) => *byte = input.byte(),
                (2, Some(byte)) => *byte ^= 1 << input.below(8),
                _ => row.push(input.byte()),
            }
        }
        rows.push(row);
    }
    if how & 1 == 1 {
        rows.push(input.rest().to_vec());
    }
    let unused = usize::from(how >> 6);
    let bytes = [&vec![b'('; unused][..], &rows.concat()].concat();
    let ends = rows.iter().scan(unused, |end, row| {
        *end += row.len();
        Some(*end)
    });
    let ends: Vec<usize> = std::iter::once(unused).chain(ends).collect();
    let (wide, narrow): (Vec<i64>, Vec<i32>) = ends.iter().map(|&end| (end as i64, end as i32)).unzip();
    let valid = [how.rotate_right(2), 0x5A];
    let has_validity = how & 2 != 0;
    let is_wide = how & 4 != 0;
    let binary = sized!(pf_binary {
        offset_type: if is_wide { PF_I64 } else { PF_I32 },
        data: bytes.as_ptr(),
        data_len: bytes.len(),
        offsets: if is_wide { wide.as_ptr().cast() } else { narrow.as_ptr().cast() },
        len: rows.len(),
        validity: if has_validity { valid.as_ptr() } else { std::ptr::null() },
        validity_offset: unused,
    });
    let is_there = |row: usize| !has_validity || valid[(row + unused) / 8] >> ((row + unused) % 8) & 1 == 1;
    let missing = || vec![(0..0, Some(vec![]))];
    let wanted = |(i, row): (usize, &Vec<u8>)| if is_there(i) { model(row, rows.len() == 1) } else { missing() };
    let wanted: Vec<Row> = rows.iter().enumerate().flat_map(wanted).collect();
    let run = sized!(pf_run { workers: 1 });
    let mut table = null_mut();
    // SAFETY: all arrays are as long as they say, and a table is freed once, after its last use.
    let status = plan.call(|err| unsafe { pf_table_read(&binary, format, 0, &run, &mut table, err) });
    assert_eq!(status, if wanted.iter().all(|(_, polygon)| polygon.is_some()) { PF_OK } else { PF_ERROR_FORMAT });
    // SAFETY: as above.
    unsafe { pf_table_free(table) };
    // SAFETY: as above.
    let status = plan.call(|err| unsafe { pf_table_read(&binary, format, PF_SKIP_FAULTS, &run, &mut table, err) });
    assert_eq!(status, PF_OK);
    let mut view = sized!(pf_polygons {});
    // SAFETY: as above.
    unsafe {
        assert_eq!(pf_table_view(table, &mut view, null_mut()), PF_OK);
        assert_eq!(pf_polygons_check(&view, null_mut()), PF_OK);
        let column = |start: *const i64| std::slice::from_raw_parts(start, pf_table_faults(table));
        let faults: Vec<usize> = column(pf_table_fault_rows(table)).iter().map(|&row| row as usize).collect();
        assert_eq!(faults, (0..wanted.len()).filter(|&row| wanted[row].1.is_none()).collect::<Vec<_>>());
        for (&row, &byte) in faults.iter().zip(column(pf_table_fault_bytes(table))) {
            let Range { start, end } = wanted[row].0;
            assert!((start..=end).contains(&(byte as usize)));
        }
        let wanted: Vec<_> =
            wanted.into_iter().map(|(_, polygon)| without_nothing(polygon.unwrap_or_default())).collect();
        assert_eq!(polygons_of(&view), wanted);
        pf_table_free(table);
    }
}

/// What a table of 32-bit offsets holds.
///
/// # Safety
/// It is a view of a table that lives.
unsafe fn polygons_of(view: &pf_polygons) -> Vec<Polygon<Bits>> {
    assert_eq!((view.offset_type, view.vertices.dtype), (PF_I32, PF_F64));
    let column = |start: *const std::ffi::c_void, len: usize| -> &[u64] {
        // SAFETY: as promised to us.
        if len == 0 { &[] } else { unsafe { std::slice::from_raw_parts(start.cast(), len) } }
    };
    let (x, y) = (column(view.vertices.x, view.vertices.len), column(view.vertices.y, view.vertices.len));
    let level = |start: *const std::ffi::c_void, count: usize| -> Vec<usize> {
        // SAFETY: as promised to us.
        let given = |i| if start.is_null() { i } else { (unsafe { *start.cast::<i32>().add(i) }) as usize };
        (0..=count).map(given).collect()
    };
    let rings = level(view.ring_offsets, view.ring_count);
    let parts = level(view.part_offsets, view.part_count);
    let rows = level(view.polygon_offsets, view.polygon_count);
    let ring = |at: usize| (rings[at]..rings[at + 1]).map(|i| (x[i], y[i])).collect::<Vec<_>>();
    let part = |at: usize| (parts[at]..parts[at + 1]).map(ring).collect::<Vec<_>>();
    rows.windows(2).map(|ends| without_nothing((ends[0]..ends[1]).map(part).collect())).collect()
}

fn without_nothing(polygon: Polygon<Bits>) -> Polygon<Bits> {
    let part = |part: Vec<Vec<_>>| part.into_iter().filter(|ring| !ring.is_empty()).collect::<Vec<_>>();
    polygon.into_iter().map(part).filter(|part| !part.is_empty()).collect()
}

/// A geometry as a fuzzer says: mostly a sound one.
fn invented_bytes(input: &mut Input<'_>, depth: usize, out: &mut Vec<u8>) {
    let is_big = input.chance();
    let kind = [3, 3, 3, 6, 6, 7, 7, 1][input.below(if depth > 3 { 3 } else { 8 })];
    let style = input.byte();
    let (z, m) = (u32::from(style & 1), u32::from(style >> 1 & 1));
    let code = if style & 4 == 0 { kind + 1000 * z + 2000 * m } else { kind | z << 31 | m << 30 };
    let has_system = style & 24 == 24;
    let put = |out: &mut Vec<u8>, word: u32| out.extend(if is_big { word.to_be_bytes() } else { word.to_le_bytes() });
    out.push(u8::from(!is_big));
    put(out, code | u32::from(has_system) << 29);
    if has_system {
        put(out, 4326);
    }
    let count = input.below(4);
    put(out, count as u32);
    for _ in 0..count {
        if kind != 3 {
            invented_bytes(input, depth + 1, out);
            continue;
        }
        let len = input.below(4);
        put(out, len as u32);
        for _ in 0..len * (2 + z + m) as usize {
            let number = if input.byte() < 250 { f64::from(input.byte()) } else { input.double() };
            out.extend(if is_big { number.to_be_bytes() } else { number.to_le_bytes() });
        }
    }
}

fn invented_text(input: &mut Input<'_>, depth: usize, out: &mut Vec<u8>) {
    let kind = input.below(if depth > 3 { 2 } else { 5 });
    let name = ["POLYGON", "polygon", "MultiPolygon", "GEOMETRYCOLLECTION", "POINT"][kind];
    out.extend(name.as_bytes());
    out.extend(input.one_of(&["", " ", " Z", "M ", "\tZM\n", "zm"]).as_bytes());
    fn list(input: &mut Input<'_>, out: &mut Vec<u8>, each: &mut dyn FnMut(&mut Input<'_>, &mut Vec<u8>)) {
        let count = input.below(4);
        if count == 0 {
            return out.extend(b" EMPTY");
        }
        for i in 0..count {
            out.push(if i == 0 { b'(' } else { b',' });
            each(input, out);
        }
        out.extend(b" )");
    }
    fn part(input: &mut Input<'_>, out: &mut Vec<u8>) {
        list(input, out, &mut |input, out| {
            list(input, out, &mut |input, out| {
                for _ in 0..2 + usize::from(input.byte() > 230) {
                    let number = input.double();
                    let text = match input.below(4) {
                        0 => format!(" {number:e}"),
                        1 => format!(" {number:.5}"),
                        _ => format!(" {number}"),
                    };
                    out.extend(text.as_bytes());
                }
            })
        })
    }
    match kind {
        0 | 1 => part(input, out),
        2 => list(input, out, &mut part),
        _ => list(input, out, &mut |input, out| invented_text(input, depth + 1, out)),
    }
}

/// Reads bytes, by taking them from the front.
struct Bytes<'a> {
    bytes: &'a [u8],
    is_big: bool,
}

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, left) = self.bytes.split_first_chunk()?;
        self.bytes = left;
        Some(*taken)
    }

    fn word(&mut self) -> Option<u32> {
        let bytes = self.take()?;
        Some(if self.is_big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    fn double(&mut self) -> Option<u64> {
        let bytes = self.take()?;
        Some(if self.is_big { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) })
    }

    fn coordinate(&mut self) -> Option<u64> {
        self.double().filter(|&bits| f64::from_bits(bits).is_finite())
    }

    fn geometry(&mut self, kinds: &[u32], depth: usize) -> Option<Polygon<Bits>> {
        self.is_big = match self.take()? {
            [0] => true,
            [1] => false,
            _ => return None,
        };
        let word = self.word()?;
        let code = word & 0x1FFF_FFFF;
        let (kind, thousands) = (code % 1000, code / 1000);
        if !kinds.contains(&kind) || thousands > 3 || (kind != 3 && depth == 32) {
            return None;
        }
        if word & 1 << 29 != 0 {
            self.word()?;
        }
        let (has_z, has_m) = (word >> 31 == 1 || thousands % 2 == 1, word >> 30 & 1 == 1 || thousands > 1);
        let mut members = vec![];
        if kind == 3 {
            members.push(vec![]);
        }
        for _ in 0..self.word()? {
            if kind != 3 {
                members.extend(self.geometry(if kind == 6 { &[3] } else { kinds }, depth + 1)?);
                continue;
            }
            let mut ring = vec![];
            for _ in 0..self.word()? {
                ring.push((self.coordinate()?, self.coordinate()?));
                for _ in 0..u8::from(has_z) + u8::from(has_m) {
                    self.double()?;
                }
            }
            members[0].push(ring);
        }
        Some(members)
    }
}

/// Names, numbers and marks of a text, without what says which reference system it is in.
fn words(text: &[u8]) -> Option<Vec<String>> {
    let text: String = text.iter().map(|&byte| char::from(byte)).collect();
    let is_space = |c: char| c.is_ascii_whitespace();
    let text = text.trim_start_matches(is_space);
    let text = match text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("srid=")) {
        true => text.split_once(';')?.1,
        false => text,
    };
    let mut words: Vec<String> = vec![];
    let mut is_new = true;
    for c in text.chars() {
        // A name ends where a number could not, and the other way round: that is for the grammar to say.
        let is_mark = "(),".contains(c);
        if !is_new && !is_mark && !is_space(c) {
            words.last_mut()?.push(c);
            continue;
        }
        is_new = is_mark || is_space(c);
        if !is_space(c) {
            words.push(c.to_string());
        }
    }
    Some(words)
}

fn geometry(words: &mut Vec<String>, depth: usize) -> Option<Polygon<Bits>> {
    let name = words.pop()?.to_ascii_uppercase();
    let dimensions = ["ZM", "Z", "M"];
    let known = ["POLYGON", "MULTIPOLYGON", "GEOMETRYCOLLECTION"];
    let kind = known
        .iter()
        .position(|known| name.strip_prefix(known).is_some_and(|tail| tail.is_empty() || dimensions.contains(&tail)))?;
    if known.contains(&&name[..]) {
        words.pop_if(|word| dimensions.contains(&&word.to_ascii_uppercase()[..]));
    }
    match kind {
        0 => Some(vec![part(words)?]),
        1 => list(words, &mut part),
        _ if depth == 32 && !words.last().is_some_and(|word| word.eq_ignore_ascii_case("EMPTY")) => None,
        _ => Some(list(words, &mut |words| geometry(words, depth + 1))?.into_iter().flatten().collect()),
    }
}

fn part(words: &mut Vec<String>) -> Option<Vec<Vec<Bits>>> {
    list(words, &mut |words| {
        list(words, &mut |words| {
            let mut numbers = vec![];
            while !matches!(words.last()?.as_str(), "," | ")") && numbers.len() < 4 {
                let word = words.pop()?;
                let is_plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
                numbers.push(word.parse::<f64>().ok().filter(|_| is_plain)?);
            }
            let both_are_finite = numbers.len() >= 2 && numbers[0].is_finite() && numbers[1].is_finite();
            both_are_finite.then(|| (numbers[0].to_bits(), numbers[1].to_bits()))
        })
    })
}

fn list<T>(words: &mut Vec<String>, each: &mut dyn FnMut(&mut Vec<String>) -> Option<T>) -> Option<Vec<T>> {
    match words.pop()? {
        word if word.eq_ignore_ascii_case("EMPTY") => return Some(vec![]),
        word if word == "(" => {}
        _ => return None,
    }
    let mut members = vec![];
    loop {
        members.push(each(words)?);
        match words.pop()?.as_str() {
            "," => {}
            ")" => return Some(members),
            _ => return None,
        }
    }
}
