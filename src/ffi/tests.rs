//! What only this side of the boundary can see: planted bugs, and what the error says. The rest is tested from C.

use std::ptr::null;

use super::guard::guard;
use super::*;
use crate::planted;

fn points(x: &[f64], y: &[f64]) -> pf_points {
    pf_points { x: x.as_ptr().cast(), y: y.as_ptr().cast(), len: x.len(), stride: 8, dtype: PF_F64, reserved: 0 }
}

fn squares(x: &[f64], y: &[f64], offsets: &[i32]) -> pf_polygons {
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

fn run(workers: u32) -> pf_run {
    // SAFETY: all zero is the default of a pf_run.
    let run: pf_run = unsafe { std::mem::zeroed() };
    pf_run { struct_size: size_of::<pf_run>() as u32, workers, ..run }
}

fn text(error: &pf_error) -> String {
    // SAFETY: the message is NUL-terminated.
    unsafe { std::ffi::CStr::from_ptr(error.message.as_ptr()) }.to_str().unwrap().to_owned()
}

#[test]
fn a_planted_panic_comes_back_as_an_internal_error_from_any_thread() {
    let (x, y) = (vec![0.5; 4 << 16], vec![0.25; 4 << 16]);
    let offsets: Vec<i32> = (0..=1 << 16).map(|i| i * 4).collect();
    let polygons = squares(&x, &y, &offsets);
    let mut out = vec![0.0; 1 << 16];
    for (plant, workers) in
        [(planted::on_this_thread as fn(), 1), (planted::on_this_thread, 4), (planted::on_a_helper, 4)]
    {
        // A helper may find no work left: then the bug is still waiting for the next call.
        let (status, error) = (0..1000)
            .map(|_| {
                plant();
                // SAFETY: plain numbers.
                let mut error: pf_error = unsafe { std::mem::zeroed() };
                // SAFETY: all buffers live and are as long as they say.
                let status =
                    unsafe { pf_polygons_area(&polygons, &run(workers), out.as_mut_ptr(), out.len(), &mut error) };
                (status, error)
            })
            .find(|(status, _)| *status != PF_OK)
            .expect("the planted panic goes off");
        assert_eq!((status, error.status, error.item), (PF_ERROR_INTERNAL, PF_ERROR_INTERNAL, -1));
        assert!(text(&error).ends_with("planted"), "{}", text(&error));
        // The library goes on working.
        // SAFETY: as above.
        let status = unsafe { pf_polygons_area(&polygons, &run(1), out.as_mut_ptr(), out.len(), std::ptr::null_mut()) };
        assert_eq!(status, PF_OK);
    }
}

#[test]
fn whatever_a_panic_leaves_is_told_and_what_is_no_text_is_not_dropped() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    let panics: [(fn(), &str); 3] = [
        (|| panic!("planted"), "planted"),
        (|| panic!("planted {}", 7), "planted 7"),
        (|| std::panic::panic_any(Bomb), "no message"),
    ];
    for (panic, told) in panics {
        // SAFETY: plain numbers.
        let mut error: pf_error = unsafe { std::mem::zeroed() };
        // SAFETY: an error of ours.
        let status = unsafe {
            guard(&mut error, || {
                panic();
                Ok(())
            })
        };
        assert_eq!(status, PF_ERROR_INTERNAL);
        assert!(text(&error).ends_with(told), "{}", text(&error));
    }
}

#[test]
fn a_refused_call_leaves_its_output_alone_unless_it_is_direct() {
    let (x, mut y) = (vec![0.5; 12], vec![0.25; 12]);
    y[9] = f64::NAN;
    let polygons = squares(&x, &y, &[0, 4, 8, 12]);
    for (flags, first) in [(0, 7.0), (PF_RUN_DIRECT, 0.0)] {
        let mut out = [7.0; 3];
        let how = pf_run { flags, ..run(1) };
        // SAFETY: all buffers live and are as long as they say.
        let status = unsafe { pf_polygons_area(&polygons, &how, out.as_mut_ptr(), 3, std::ptr::null_mut()) };
        assert_eq!((status, out), (PF_ERROR_COORDINATE, [first, first, 7.0]));
    }
    y[9] = 0.25;
    let (mut index, polygons) = (std::ptr::null_mut(), squares(&x, &y, &[0, 4, 8, 12]));
    // SAFETY: as above.
    let built = unsafe { pf_index_build(&polygons, null(), &run(1), &mut index, std::ptr::null_mut()) };
    assert_eq!(built, PF_OK);
    // In several pieces; two have a bad one.
    let mut places = vec![9.0; 40_000];
    (places[30_000], places[39_999]) = (f64::INFINITY, f64::NAN);
    for (flags, workers, first) in [(0, 1, 7), (PF_RUN_DIRECT, 1, -1), (0, 2, 7), (PF_RUN_DIRECT, 2, -1)] {
        let (mut out, how) = (vec![7; places.len()], pf_run { flags, ..run(workers) });
        // SAFETY: plain numbers.
        let (mut error, query): (pf_error, pf_query) = unsafe { std::mem::zeroed() };
        let query = pf_query { struct_size: size_of::<pf_query>() as u32, relation: PF_COVERS, ..query };
        let (points, values) = (points(&places, &places), std::ptr::null_mut());
        // SAFETY: as above.
        let status =
            unsafe { pf_index_best(index, &points, &query, &how, out.as_mut_ptr(), values, out.len(), &mut error) };
        assert_eq!((status, error.item), (PF_ERROR_COORDINATE, 30_000), "the first, whoever finds it");
        assert_eq!((out[0], out[30_000]), (first, 7));
    }
    // SAFETY: an index.
    unsafe { pf_index_free(index) };
}

#[test]
fn every_status_has_a_name_of_its_own() {
    // SAFETY: static strings.
    let name = |status| unsafe { std::ffi::CStr::from_ptr(pf_status_name(status)) };
    let names: std::collections::HashSet<_> = (0..=12).map(name).collect();
    assert_eq!(names.len(), 13);
    assert_eq!(name(-7), c"PF_ERROR_UNKNOWN");
}
