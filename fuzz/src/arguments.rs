//! Every function with arguments of any kind: structures of any size, any flags and numbers, NULL anywhere.

use std::ffi::c_void;
use std::ptr::{null, null_mut};

use polyfind::ffi::*;

use super::asking::{Index, build};
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

/// NULL or a misaligned pointer now and then.
fn pointer<T>(to: *const T, input: &mut Input<'_>) -> *const T {
    match input.byte() {
        0..=7 => null(),
        8 => to.wrapping_byte_add(1),
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

fn fixed_index() -> Index {
    let square = |x: f64| vec![vec![vec![(x, 0.0), (x + 1.0, 0.0), (x + 1.0, 1.0), (x, 1.0)]]];
    let table = Table::new(&[square(0.0), square(0.5), vec![], square(4.0)], 0);
    build(&table.view(), 0, false, &Plan::PLAIN).unwrap_or_else(|_| panic!("squares are refused"))
}

unsafe extern "C" fn tell(done: u64, total: u64, data: *mut c_void) -> i32 {
    assert!(done <= total);
    // SAFETY: the run below hands in an i32, unless it ends before.
    unsafe { data.cast::<i32>().as_ref() }.copied().unwrap_or_default()
}

pub fn arguments(data: &[u8]) {
    thread_local!(static INDEX: Index = fixed_index());
    let mut input = Input::new(data);
    let plan = Plan::new(&mut input);
    let which = input.below(18);

    let mut answer = i32::from(input.byte() > 250);
    let cancel = i32::from(input.byte() > 250);
    let run = sized!(pf_run {
        workers: 1,
        flags: flags(&mut input) & if which == 7 { u32::MAX } else { 3 },
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
        relation: if input.chance() { 1 + input.byte() as u32 % 5 } else { flags(&mut input) },
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
        0..=15 => null_mut(),
        16..=23 => out,
        _ => place.wrapping_add(16).cast(),
    };
    let len = input.one_of(&[n, n, n, 4 * n, n.saturating_sub(1), 0]).min(16);
    let k = input.one_of(&[1, 2, 3, 0, 5, usize::MAX]);

    INDEX.with(|index| {
        let index = pointer(index.0.cast_const(), &mut input);
        // A misaligned handle is refused; to free it would be another matter.
        let mut handle: *mut pf_index = null_mut();
        let mut result: *mut pf_result = null_mut();
        let handle_out = pointer(&raw mut handle, &mut input).cast_mut();
        let result_out = pointer(&raw mut result, &mut input).cast_mut();
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
                8 => pf_index_build(shapes, how_built, how, handle_out, err),
                9 => pf_index_any(index, asked, question, how, out.cast(), len, err),
                10 => pf_index_count(index, asked, question, how, out.cast(), len, err),
                11 => pf_index_best(index, asked, question, how, out.cast(), out_2.cast(), len, err),
                12 => pf_index_nearest(index, asked, k, question, how, out.cast(), out_2.cast(), len, err),
                13 => pf_index_find(index, asked, question, how, result_out, err),
                14 => pf_index_find_nearest(index, asked, k, question, how, result_out, err),
                15 => {
                    // It fills in as much as the structure says there is.
                    let mut info: Padded<pf_index_info> = std::mem::zeroed();
                    info.value.struct_size = n as u32 * 36;
                    pf_index_describe(index, &mut info.value, err)
                }
                16 => pf_index_write(index, how, out, 8 * len, err),
                _ => pf_index_view(asked.cast(), if asked.is_null() { 0 } else { 40 }, k as u32, how, handle_out, err),
            }
        });
        // Refused calls write nothing, but those that were stopped.
        let stopped = matches!(status, PF_OK | PF_ERROR_CANCELLED | PF_ERROR_MEMORY);
        let direct = run.value.flags & PF_RUN_DIRECT != 0 && (2..8).contains(&which);
        assert!(stopped || direct || room == spare, "a refused call ({which}: {status}) wrote");
        free(&mut handle);
        // SAFETY: NULL or a result, freed once.
        unsafe { pf_result_free(result) };
    });
}

fn free(handle: &mut *mut pf_index) {
    // SAFETY: NULL or an index, freed once.
    unsafe { pf_index_free(std::mem::replace(handle, null_mut())) };
}
