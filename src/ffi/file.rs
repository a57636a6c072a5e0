//! An index as bytes, in memory and in files.

use std::ffi::{CStr, c_char, c_void};
use std::path::Path;

use super::buffers::{Name, Spans, check_pointer, check_zero, input, output, with_run, write_sized};
use super::guard::guard;
use super::handles::{enter, view};
use super::index::{hand_out, pf_index};
use super::status::{pf_error, pf_status};
use super::types::*;
use crate::error::Result;
use crate::index::Index;

/// What an index is and how large. out->struct_size says how much of *out is yours to be filled in.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_index_describe(
    index: *const pf_index,
    out: *mut pf_index_info,
    err: *mut pf_error,
) -> pf_status {
    // SAFETY: the header's contract is handed on.
    unsafe {
        guard(err, || {
            let info = view(index)?.describe();
            let bit = |is_there, flag| if is_there { flag } else { 0 };
            let [min_x, min_y, max_x, max_y] = info.bounds.unwrap_or([f64::NAN; 4]);
            let info = pf_index_info {
                struct_size: 0,
                format_version: info.version,
                flags: bit(info.uses.centers, PF_INDEX_CENTERS)
                    | bit(info.uses.insides, PF_INDEX_INSIDES)
                    | bit(info.uses.distances, PF_INDEX_DISTANCES),
                reserved: 0,
                polygon_count: info.polygons as u64,
                ring_count: info.rings as u64,
                vertex_count: info.vertices as u64,
                byte_size: info.bytes as u64,
                bounds: pf_box { min_x, min_y, max_x, max_y },
            };
            write_sized(out, info, 0, "out")
        })
    }
}

/// Bytes that pf_index_write and pf_index_save write; about what the index takes in memory. 0 for NULL and for what is no index.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_index_byte_size(index: *const pf_index) -> usize {
    enter(index).map_or(0, |index| index.byte_size())
}

/// Writes an index to memory of yours, as pf_index_save does to a file. out_bytes is the room there, pf_index_byte_size(index) or
/// more. The same polygons make the same bytes, whatever machine and however many threads built the index.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_index_write(
    index: *const pf_index,
    run: *const pf_run,
    out: *mut c_void,
    out_bytes: usize,
    err: *mut pf_error,
) -> pf_status {
    // SAFETY: the header's contract is handed on.
    unsafe {
        guard(err, || {
            let mut spans = Spans::new();
            let index = view(index)?;
            let memory = index.memory();
            spans.add(memory.as_ptr().cast(), memory.len(), Name("index", ""));
            let out = output(out.cast::<u8>(), out_bytes, index.byte_size(), "out", &mut spans)?;
            with_run(run, |run| index.write(out, run))
        })
    }
}

/// Opens an index from the bytes that pf_index_write or pf_index_save wrote: nothing is built. They are checked, so that they may
/// come from anywhere. flags are PF_OPEN_* or 0: without PF_OPEN_COPY bytes must be aligned to 64 bytes and stay, unchanged, until
/// the index and all tallies of it are freed and the last call that uses it has returned. On success *out is an index that you free with
/// pf_index_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_index_view(
    bytes: *const c_void,
    len: usize,
    flags: u32,
    run: *const pf_run,
    out: *mut *mut pf_index,
    err: *mut pf_error,
) -> pf_status {
    /// What the bytes must be aligned as.
    #[repr(align(64))]
    struct Aligned;

    // SAFETY: the header's contract is handed on.
    unsafe {
        guard(err, || {
            check_zero(flags & !(PF_OPEN_TRUSTED | PF_OPEN_COPY), Name("flags", ""))?;
            let (trusted, copies) = (flags & PF_OPEN_TRUSTED != 0, flags & PF_OPEN_COPY != 0);
            let view: &[u8] = input(bytes.cast(), len, Name("bytes", ""), &mut Spans::new())?;
            if len > 0 && !copies {
                check_pointer(bytes.cast::<Aligned>(), Name("bytes", ""))?;
            }
            with_run(run, |run| {
                hand_out(out, || match copies {
                    true => Index::copy(view, trusted, run),
                    false => Index::view(view, trusted, run),
                })
            })
        })
    }
}

/// Saves an index to a file, which is replaced as a whole: whatever goes wrong, the old file is still there, or the new one is,
/// and both are complete. A link stays one: the file it leads to is replaced. The path is UTF-8 on Windows, and what the system
/// takes elsewhere.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_index_save(
    index: *const pf_index,
    path: *const c_char,
    run: *const pf_run,
    err: *mut pf_error,
) -> pf_status {
    // SAFETY: the header's contract is handed on.
    unsafe {
        guard(err, || {
            let (index, path) = (view(index)?, path_view(path)?);
            with_run(run, |run| index.save(path, run))
        })
    }
}

/// Opens a file that pf_index_save wrote: reads it into memory and checks it; nothing is built. On success *out is an index that
/// you free with pf_index_free; it has nothing to do with the file any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_index_load(
    path: *const c_char,
    run: *const pf_run,
    out: *mut *mut pf_index,
    err: *mut pf_error,
) -> pf_status {
    // SAFETY: the header's contract is handed on.
    unsafe {
        guard(err, || {
            let path = path_view(path)?;
            with_run(run, |run| hand_out(out, || Index::load(path, run)))
        })
    }
}

/// Opens a file that pf_index_save wrote where it is: the system reads parts of it when they are needed, and keeps them once for all
/// processes that map it. It is checked, for which all of it is read, unless flags, else 0, is PF_OPEN_TRUSTED. Until the index and all
/// tallies of it are freed nobody may write to the file or shorten it (pf_index_save does neither: it makes a new file). Where somebody does, answers are
/// wrong or PF_ERROR_INTERNAL, and touching what was cut off ends the process, as the system has it (SIGBUS). On success *out is an
/// index that you free with pf_index_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_index_map(
    path: *const c_char,
    flags: u32,
    run: *const pf_run,
    out: *mut *mut pf_index,
    err: *mut pf_error,
) -> pf_status {
    // SAFETY: the header's contract is handed on.
    unsafe {
        guard(err, || {
            let path = path_view(path)?;
            check_zero(flags & !PF_OPEN_TRUSTED, Name("flags", ""))?;
            with_run(run, |run| hand_out(out, || Index::map(path, flags & PF_OPEN_TRUSTED != 0, run)))
        })
    }
}

/// A path of the caller's.
///
/// # Safety
/// `path` is NULL or a string that lives, unchanged, during `'a`.
unsafe fn path_view<'a>(path: *const c_char) -> Result<&'a Path> {
    check_pointer(path, Name("path", ""))?;
    // SAFETY: as promised to us.
    let path = unsafe { CStr::from_ptr(path) };
    #[cfg(unix)]
    {
        Ok(Path::new(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(path.to_bytes())))
    }
    #[cfg(not(unix))]
    {
        let refused = |_| crate::error::Error::new(crate::error::Kind::Argument, format_args!("path is not UTF-8"));
        path.to_str().map(Path::new).map_err(refused)
    }
}
