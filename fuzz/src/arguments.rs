//! Every function with arguments of any kind: structures of any size, any flags and numbers, NULL anywhere.

use std::ffi::{CStr, c_void};
use std::ptr::{null, null_mut};

use polyfind::ffi::*;

use super::asking::{Index, build, done, made};
use super::columns::{Columns, Table, sized};
use super::failing::Plan;
use super::input::Input;

/// Room for a structure that says another size than it has.
#[repr(C, align(16))]
struct Padded<T> {
    value: T,
    tail: [u8; 64],
}

/// A sized structure with a wrong size now and then, and with something behind its end.
fn padded<T: Copy>(value: T, input: &mut Input<'_>) -> Padded<T> {
    let mut padded = Padded { value, tail: [0; 64] };
    let size = size_of::<T>() as u32;
    let (kind, by) = (input.byte(), input.byte());
    let said = match kind {
        0..=159 => size,
        160..=191 => size + u32::from(by) % 64,
        192..=223 => u32::from(by) % size,
        224..=239 => size + 8,
        _ => 0,
    };
    if kind >= 232 {
        padded.tail[usize::from(by) % 64] = 1;
    }
    // SAFETY: every sized structure begins with its size.
    unsafe { (&raw mut padded.value).cast::<u32>().write(said) };
    padded
}

/// NULL or a misaligned pointer now and then, but not where the input has ended: short ones are good arguments but for a few.
fn pointer<T>(to: *const T, input: &mut Input<'_>) -> *const T {
    match input.byte() {
        1..=8 => null(),
        9 => to.wrapping_byte_add(1),
        _ => to,
    }
}

fn flags(input: &mut Input<'_>) -> u32 {
    match input.byte() {
        0..=199 => 0,
        byte @ 200..=247 => u32::from(byte - 200) & 7,
        _ => input.u32(),
    }
}

/// Rows of text: a polygon, what is none, nothing; and a byte more, for who begins a byte later.
const TEXT: &[u8; 46] = b"POLYGON((0 0,1 0,0 1))POINT(1 1)POLYGON EMPTY ";
const ENDS: [i64; 4] = [0, 22, 32, 45];

/// Where nothing lies and nothing can be saved.
const PATHS: [&CStr; 3] = [c"no/such/folder/index", c"", c"no/\xFF/index"];

/// What handles lead to, one of each kind.
struct Things {
    index: Index,
    result: *mut pf_result,
    table: *mut pf_table,
    tally: *mut pf_tally,
}

impl Things {
    fn new() -> Self {
        let square = |x: f64| vec![vec![vec![(x, 0.0), (x + 1.0, 0.0), (x + 1.0, 1.0), (x, 1.0)]]];
        let squares = Table::new(&[square(0.0), square(0.5), vec![], square(4.0)], 0);
        let places = Columns::new(&[(0.5, 0.5), (0.75, 1.0)], 0);
        let (points, query) = (places.view(), sized!(pf_query { relation: PF_COVERS }));
        let rows = sized!(pf_binary {
            offset_type: PF_I64,
            data: TEXT.as_ptr(),
            data_len: TEXT.len(),
            offsets: ENDS.as_ptr().cast(),
            len: ENDS.len() - 1,
        });
        let plain = &Plan::PLAIN;
        let all = || {
            let index = build(&squares.view(), 0, false, plain)?;
            // SAFETY: everything is as it says.
            let (result, table, tally) = unsafe {
                let result = made(plain, |out, err| pf_index_find(index.0, &points, &query, null(), out, err))?;
                let table = made(plain, |out, err| pf_table_read(&rows, PF_WKT, PF_SKIP_FAULTS, null(), out, err))?;
                let tally = made(plain, |out, err| pf_tally_make(index.0, 1, null(), out, err))?;
                done(pf_tally_add(tally, &points, null(), &query, null(), null_mut()))?;
                (result, table, tally)
            };
            Ok(Things { index, result, table, tally })
        };
        all().unwrap_or_else(|status: pf_status| panic!("status {status}"))
    }
}

impl Drop for Things {
    fn drop(&mut self) {
        free(self.result.cast());
        free(self.table.cast());
        free(self.tally.cast());
    }
}

/// Whatever it is a handle of: the other kinds are left alone.
fn free(handle: *mut c_void) {
    // SAFETY: what is no handle of a kind is refused, and nobody uses it any more.
    unsafe {
        pf_index_free(handle.cast());
        pf_result_free(handle.cast());
        pf_table_free(handle.cast());
        pf_tally_free(handle.cast());
    }
}

/// How many points a tally of up to eight rows has.
fn points_of(tally: *const pf_tally) -> u64 {
    let mut counts = [0; 8];
    // SAFETY: a tally, and room for so many rows.
    let status = unsafe { pf_tally_counts(tally, PF_TALLY_POINTS, null(), counts.as_mut_ptr(), 8, null_mut()) };
    assert_eq!(status, PF_OK);
    counts.iter().sum()
}

unsafe extern "C" fn tell(done: u64, total: u64, data: *mut c_void) -> i32 {
    assert!(done <= total);
    // SAFETY: the run below hands in an i32, unless it ends before.
    unsafe { data.cast::<i32>().as_ref() }.copied().unwrap_or_default()
}

pub fn arguments(data: &[u8]) {
    thread_local!(static THINGS: Things = Things::new());
    let mut input = Input::new(data);
    let plan = Plan::new(&mut input);
    let which = input.below(32);

    let mut answer = i32::from(input.byte() > 250);
    let cancel = i32::from(input.byte() > 250);
    let run = sized!(pf_run {
        workers: 1,
        flags: flags(&mut input) & if which == 7 { u32::MAX } else { 7 },
        cancel: pointer(&cancel, &mut input),
        progress_data: (&raw mut answer).cast(),
        reserved: u32::from(input.byte() > 252),
    });
    let run = pf_run { progress: input.chance().then_some(tell as _), ..run };
    let run = padded(run, &mut input);
    let how = pointer(&run.value, &mut input);
    let number = input.double();
    let places = [(0.5, 0.5), (0.75, 1.0), (number, 0.25), (9.0, 9.0)];
    let columns = Columns::new(&places[..input.below(5)], input.below(Columns::LAYOUTS));
    let mut points = columns.view();
    points.x = pointer(points.x, &mut input);
    let n = points.len;
    let asked = pointer(&points, &mut input);
    let priority = [2.0, 1.0, number, 0.0];
    let query = sized!(pf_query {
        relation: if input.chance() { flags(&mut input) } else { 1 + input.byte() as u32 % 5 },
        distance: input.double(),
        order: flags(&mut input),
        flags: flags(&mut input),
        priority: pointer(priority.as_ptr(), &mut input),
        priority_len: input.one_of(&[4, 4, 4, 3, 0]),
    });
    let query = padded(query, &mut input);
    let question = pointer(&query.value, &mut input);
    let square = vec![vec![vec![(0.0, 0.0), (1.0, 0.0), (1.0, number), (0.0, 1.0)]]];
    let table = Table::new(&[square.clone(), square], input.byte());
    let mut polygons = table.view();
    polygons.offset_type = input.one_of(&[polygons.offset_type, polygons.offset_type, 0, 77]);
    polygons.ring_offsets = pointer(polygons.ring_offsets, &mut input);
    polygons.part_offsets = pointer(polygons.part_offsets, &mut input);
    let polygons = padded(polygons, &mut input);
    let shapes = pointer(&polygons.value, &mut input);
    let options = padded(sized!(pf_index_options { flags: flags(&mut input) }), &mut input);
    let how_built = pointer(&options.value, &mut input);

    // Room for every output, the last of which is less than it has to be, or lies where inputs are.
    let mut room = [0x5A5A_5A5A_5A5A_5A5Au64; 32];
    let spare = room;
    let place = room.as_mut_ptr();
    let out: *mut c_void = pointer(place, &mut input).cast_mut().cast();
    let out_2: *mut c_void = match input.byte() {
        1..=15 => null_mut(),
        16..=23 => out,
        _ => place.wrapping_add(16).cast(),
    };
    let len = input.one_of(&[n, n, n, 4 * n, n.saturating_sub(1), 0]).min(16);
    let k = input.one_of(&[1, 2, 3, 0, 5, usize::MAX]);

    let mut handle: *mut c_void = null_mut();
    let to = pointer(&raw mut handle, &mut input).cast_mut();

    // As much room for narrow offsets as for wide ones, whichever are said to be there.
    let wide = ENDS.map(|end| end + i64::from(input.byte() > 250));
    let narrow: [i32; 8] = std::array::from_fn(|i| wide[i % 4] as i32);
    let valid = [input.byte(); 4];
    let rows = padded(
        sized!(pf_binary {
            offset_type: input.one_of(&[PF_I32, PF_I64, 0, 77]),
            data: pointer(TEXT.as_ptr(), &mut input),
            data_len: TEXT.len() - 1 - input.below(3),
            offsets: if input.chance() { pointer(wide.as_ptr(), &mut input).cast() } else { narrow.as_ptr().cast() },
            len: input.below(ENDS.len()),
            validity: if input.chance() { pointer(valid.as_ptr(), &mut input) } else { null() },
            validity_offset: input.one_of(&[0, 3, 8, usize::MAX]),
        }),
        &mut input,
    );
    let texts = pointer(&rows.value, &mut input);
    let values = [1.0, number, 0.5, f64::NAN, 2.0];
    let groups = [0, i32::from(input.byte() as i8), PF_NONE, 0, 1];
    let attributes = padded(
        sized!(pf_attributes {
            reserved: u32::from(input.byte() > 252),
            values: pointer(values.as_ptr(), &mut input),
            values_len: input.one_of(&[n, n, n, 0, 5]),
            groups: pointer(groups.as_ptr(), &mut input),
            groups_len: input.one_of(&[n, n, n, 0, 5]),
        }),
        &mut input,
    );
    let brought = pointer(&attributes.value, &mut input);
    let number_of = (1 + u32::from(input.byte())) % 9;
    let path = if input.byte() > 247 { null() } else { input.one_of(&PATHS).as_ptr() };
    let mut view = padded(sized!(pf_polygons {}), &mut input);

    THINGS.with(|things| {
        let index = pointer(things.index.0.cast_const(), &mut input);
        let result = pointer(things.result.cast_const(), &mut input);
        let table = pointer(things.table.cast_const(), &mut input);
        let read = pointer(things.tally.cast_const(), &mut input);
        // One that nobody added to yet.
        let mut fresh = null_mut();
        // SAFETY: an index, and room for a handle.
        let status = unsafe { pf_tally_make(things.index.0, 1 + input.below(2), null(), &mut fresh, null_mut()) };
        assert_eq!(status, PF_OK);
        let changed = pointer(fresh.cast_const(), &mut input).cast_mut();
        // SAFETY: every pointer leads to what its type says, or is refused: NULL, or not aligned.
        let status = plan.call(|err| unsafe {
            match which {
                0 => pf_points_check(asked, err),
                1 => pf_polygons_check(shapes, err),
                2 => pf_polygons_area(shapes, how, out.cast(), len.min(2), err),
                3 => pf_polygons_bounds(shapes, how, out.cast(), len.min(2), err),
                4 => pf_polygons_center(shapes, how, out.cast(), out_2.cast(), len, err),
                5 => pf_polygons_centroid(shapes, how, out.cast(), out_2.cast(), len, err),
                6 => pf_polygons_perimeter(shapes, how, out.cast(), len, err),
                7 => pf_polygons_signed_area(shapes, how, out.cast(), len, err),
                8 => pf_polygons_fingerprint(shapes, how, out.cast(), len, err),
                9 => pf_index_build(shapes, how_built, how, to.cast(), err),
                10 => pf_index_any(index, asked, question, how, out.cast(), len, err),
                11 => pf_index_count(index, asked, question, how, out.cast(), len, err),
                12 => pf_index_best(index, asked, question, how, out.cast(), out_2.cast(), len, err),
                13 => pf_index_nearest(index, asked, k, question, how, out.cast(), out_2.cast(), len, err),
                14 => pf_index_find(index, asked, question, how, to.cast(), err),
                15 => pf_index_find_nearest(index, asked, k, question, how, to.cast(), err),
                16 => {
                    // It fills in as much as the structure says there is.
                    let mut info: Padded<pf_index_info> = std::mem::zeroed();
                    info.value.struct_size = n as u32 * 36;
                    pf_index_describe(index, &mut info.value, err)
                }
                17 => pf_index_write(index, how, out, 8 * len, err),
                18 => pf_index_view(asked.cast(), if asked.is_null() { 0 } else { 40 }, k as u32, how, to.cast(), err),
                19 => pf_index_save(index, path, how, err),
                20 => pf_index_load(path, how, to.cast(), err),
                21 => pf_index_map(path, number_of, how, to.cast(), err),
                22 => pf_polygons_check_layout(shapes, err),
                23 => pf_result_indices(result, how, out.cast(), out_2.cast(), len, err),
                24 => pf_table_read(texts, number_of, k as u32 & 3, how, to.cast(), err),
                25 => pf_table_view(table, &mut view.value, err),
                26 => pf_tally_make(index, k, how, to.cast(), err),
                27 | 28 => pf_tally_add(changed, asked, brought, question, how, err),
                29 => pf_tally_merge(changed, if number_of == 0 { fresh } else { read }, how, err),
                30 => pf_tally_counts(read, number_of, how, out.cast(), len, err),
                _ => pf_tally_values(read, number_of, how, out.cast(), len, err),
            }
        });
        // Refused calls write nothing, but those that were stopped, which add nothing to tallies either.
        let stopped = matches!(status, PF_OK | PF_ERROR_CANCELLED | PF_ERROR_MEMORY);
        let direct = run.value.flags & PF_RUN_DIRECT != 0 && (2..9).contains(&which);
        assert!(stopped || direct || room == spare, "a refused call ({which}: {status}) wrote");
        assert!(status == PF_OK || points_of(fresh) == 0, "a refused call ({which}: {status}) added points");
        free(handle);
        free(fresh.cast());
    });
}
