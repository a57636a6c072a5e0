//! Pages of 2 MiB, where the system has them: less to find for questions that read all over an index, and less to take when one is
//! built. Where it has none, nothing changes. What is given back may stay so, and be used again by others of the process.

use crate::error::Result;

/// Bytes of a large page.
#[cfg(target_os = "linux")]
const LARGE: usize = 1 << 21;

/// Asks for memory that nobody has written to yet, as far as it is whole large pages, to come in such.
pub(crate) fn to_come<T>(memory: &[T]) {
    #[cfg(target_os = "linux")]
    {
        let (start, len) = (memory.as_ptr().cast::<u8>(), size_of_val(memory));
        let before = start.align_offset(LARGE);
        let whole = len.saturating_sub(before) / LARGE * LARGE;
        if whole > 0 {
            // SAFETY: it is ours, and what is in it stays as it is.
            unsafe { libc::madvise(start.wrapping_add(before).cast_mut().cast(), whole, libc::MADV_HUGEPAGE) };
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = memory;
}

/// Makes large pages of memory that is in small ones. It takes some milliseconds each, before which `check` says whether to go on.
pub(crate) fn collapse(memory: &[u8], check: impl Fn() -> Result<()>) -> Result<()> {
    #[cfg(target_os = "linux")]
    {
        const MADV_COLLAPSE: i32 = 25; // which libc has for glibc only
        let before = memory.as_ptr().align_offset(LARGE);
        for page in memory.get(before..).unwrap_or_default().chunks_exact(LARGE) {
            check()?;
            // SAFETY: as above.
            unsafe { libc::madvise(page.as_ptr().cast_mut().cast(), LARGE, MADV_COLLAPSE) };
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (memory, check);
    Ok(())
}
