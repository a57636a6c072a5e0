//! What fuzzing found, each with a name.

use std::ffi::c_void;
use std::ptr::{null, null_mut};

use polyfind::ffi::*;

fn points(x: &[f64], y: &[f64]) -> pf_points {
    pf_points { x: x.as_ptr().cast(), y: y.as_ptr().cast(), len: x.len(), stride: 8, dtype: PF_F64, reserved: 0 }
}

fn polygons(x: &[f64], y: &[f64], offsets: &[i32]) -> pf_polygons {
    pf_polygons {
        struct_size: size_of::<pf_polygons>() as u32,
        offset_type: PF_I32,
        vertices: points(x, y),
        ring_offsets: offsets.as_ptr().cast(),
        ring_count: offsets.len() - 1,
        part_offsets: null(),
        part_count: 0,
        polygon_offsets: null(),
        polygon_count: 0,
    }
}

unsafe extern "C" fn go_on(_: u64, _: u64, _: *mut c_void) -> i32 {
    0
}

/// Found by `arguments`: it ended within `progress`, and the half of it was called.
#[test]
fn a_structure_that_ends_within_a_pointer_is_refused() {
    let (x, y) = ([0.0, 1.0, 0.0], [0.0, 0.0, 1.0]);
    let table = polygons(&x, &y, &[0, 3]);
    // SAFETY: all zero is the default.
    let zero: pf_run = unsafe { std::mem::zeroed() };
    let mut area = 7.0;
    for size in 0..size_of::<pf_run>() as u32 {
        let run = pf_run { struct_size: size, progress: Some(go_on), ..zero };
        // SAFETY: everything is as it says, as far as the structure reaches.
        let status = unsafe { pf_polygons_area(&table, &run, &mut area, 1, null_mut()) };
        let is_whole = size == 4 || (size > 0 && size % 8 == 0);
        assert_eq!(status, if is_whole { PF_OK } else { PF_ERROR_ARGUMENT }, "size {size}");
    }
}

/// Found by `nearest`: the root of a tree of nothing was computed, though not used, which debug builds do not forgive.
#[test]
fn an_index_of_nothing_is_asked_for_the_nearest() {
    let (mut index, mut id) = (null_mut(), 5);
    let (x, y) = ([0.5], [0.5]);
    // SAFETY: everything is as it says.
    unsafe {
        assert_eq!(pf_index_build(&polygons(&[], &[], &[0]), null(), null(), &mut index, null_mut()), PF_OK);
        let status = pf_index_nearest(index, &points(&x, &y), 1, null(), null(), &mut id, null_mut(), 1, null_mut());
        assert_eq!((status, id), (PF_OK, PF_NONE));
        pf_index_free(index);
    }
}

/// Found by `index_build`: a grid over an extent just below a power of two ended before the extent did.
#[test]
fn an_extent_just_below_a_power_of_two_is_within_the_grid() {
    for bits in [20, 28, 29, 30, 31, 32, 33, 40, 50, 53] {
        let side = 1.0 - 0.5f64.powi(bits);
        let (x, y) = ([0.0, side, side, 0.0], [0.0, 0.0, side, side]);
        let inside = side - 0.5f64.powi(53);
        let (px, py) = ([side, inside, 0.0, inside], [side, 0.5, inside, inside]);
        let (mut index, mut again, mut counts) = (null_mut(), null_mut(), [7; 4]);
        // SAFETY: all zero but for the size is the default.
        let mut query: pf_query = unsafe { std::mem::zeroed() };
        (query.struct_size, query.relation) = (size_of::<pf_query>() as u32, PF_COVERS);
        // SAFETY: everything is as it says.
        unsafe {
            let table = polygons(&x, &y, &[0, 4]);
            assert_eq!(pf_index_build(&table, null(), null(), &mut index, null_mut()), PF_OK);
            let (asked, out) = (points(&px, &py), counts.as_mut_ptr());
            assert_eq!(pf_index_count(index, &asked, &query, null(), out, 4, null_mut()), PF_OK);
            assert_eq!(counts, [1; 4], "{bits} bits");
            let len = pf_index_byte_size(index);
            let mut bytes = vec![0u8; len];
            let start = bytes.as_mut_ptr().cast::<c_void>();
            assert_eq!(pf_index_write(index, null(), start, len, null_mut()), PF_OK);
            assert_eq!(pf_index_view(start, len, PF_OPEN_COPY, null(), &mut again, null_mut()), PF_OK, "{bits} bits");
            pf_index_free(index);
            pf_index_free(again);
        }
    }
}
