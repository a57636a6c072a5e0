//! `pf_points_check`: any structure over a buffer, judged by a model that reads byte after byte.

use polyfind::ffi::*;

use super::failing::Plan;
use super::input::Input;

const WORDS: usize = 24;
const BYTES: usize = 8 * WORDS;

pub fn points(data: &[u8]) {
    let mut input = Input::new(data);
    let plan = Plan::new(&mut input);
    let mut points = pf_points {
        x: std::ptr::null(),
        y: std::ptr::null(),
        len: input.one_of(&[0, 1, 2, 3, 4, 5, 8, 9, 17, 1 << 31, 1 << 61, usize::MAX]),
        stride: input.one_of(&[8, 16, 24, 4, 12, 0, 1, 7, 9, 1 << 62, usize::MAX, usize::MAX - 7]),
        dtype: input.one_of(&[PF_F64, PF_F32, PF_F64, PF_F32, 0, PF_I64, 99, u32::MAX]),
        reserved: if input.byte() == 7 { input.u32() } else { 0 },
    };
    let starts = [input.byte(), input.byte()].map(usize::from);
    let finite = input.chance();
    let mut memory = [0u64; WORDS];
    for word in &mut memory {
        *word = if finite { f64::from(input.byte()).to_bits() } else { input.double().to_bits() };
    }
    let memory = memory.map(u64::to_ne_bytes).concat();
    let aligned: Vec<u64> = memory.chunks_exact(8).map(|word| u64::from_ne_bytes(word.try_into().unwrap())).collect();
    let first = aligned.as_ptr().cast::<u8>();
    let pointer = |start: usize| if start > 200 { std::ptr::null() } else { first.wrapping_add(start).cast() };
    (points.x, points.y) = (pointer(starts[0]), pointer(starts[1]));

    let expected = match expect(&points, starts, &memory) {
        Some(expected) => expected,
        // A caller that lies about lengths is beyond help: this one does not.
        None => {
            points.len = 0;
            expect(&points, starts, &memory).expect("nothing is read")
        }
    };
    // SAFETY: what is read lies in the buffer.
    let status = plan.call(|err| unsafe { pf_points_check(&points, err) });
    assert_eq!(status, expected, "len {} stride {} at {starts:?}", points.len, points.stride);
    // SAFETY: as above; no error is fine.
    assert_eq!(unsafe { pf_points_check(&points, std::ptr::null_mut()) }, expected);
}

/// The status in the order of checks; None if it were to read elsewhere.
fn expect(points: &pf_points, starts: [usize; 2], memory: &[u8]) -> Option<pf_status> {
    if points.reserved != 0 {
        return Some(PF_ERROR_UNSUPPORTED);
    }
    let size = match points.dtype {
        PF_F64 => 8,
        PF_F32 => 4,
        0 if points.len == 0 => return Some(PF_OK),
        _ => return Some(PF_ERROR_ARGUMENT),
    };
    if points.len == 0 {
        return Some(PF_OK);
    }
    if points.len > 1 && (points.stride < size || !points.stride.is_multiple_of(size)) {
        return Some(PF_ERROR_LAYOUT);
    }
    for (pointer, start) in [points.x, points.y].into_iter().zip(starts) {
        if pointer.is_null() {
            return Some(PF_ERROR_NULL);
        }
        let bytes = (points.len as u128 - 1) * points.stride as u128 + size as u128;
        if bytes > isize::MAX as u128 || pointer.addr() as u128 + bytes > usize::MAX as u128 {
            return Some(PF_ERROR_LAYOUT);
        }
        if start % size != 0 {
            return Some(PF_ERROR_LAYOUT);
        }
        if start as u128 + bytes > BYTES as u128 {
            return None;
        }
    }
    let is_finite = |start: usize| {
        (0..points.len).all(|i| match &memory[start + i * points.stride..][..size] {
            bytes if size == 4 => f32::from_ne_bytes(bytes.try_into().unwrap()).is_finite(),
            bytes => f64::from_ne_bytes(bytes.try_into().unwrap()).is_finite(),
        })
    };
    Some(if starts.into_iter().all(is_finite) { PF_OK } else { PF_ERROR_COORDINATE })
}
