//! The bytes that an index was opened from: memory of its own, a mapped file, or memory that somebody lends.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::fmt;
use std::fs::File;
use std::ptr::NonNull;
use std::slice::{from_raw_parts, from_raw_parts_mut};

use super::layout::ALIGN;
use crate::error::{Result, out_of_memory};
use crate::memory::take;

/// See the module. They never move.
pub(crate) enum Bytes {
    Own(Memory),
    Mapped(memmap2::Mmap),
    Lent(Lent),
}

/// Memory that somebody keeps for us.
pub(crate) struct Lent(NonNull<[u8]>);

// SAFETY: nobody changes it (see `Bytes::lent`).
unsafe impl Send for Lent {}
// SAFETY: as above.
unsafe impl Sync for Lent {}

impl Bytes {
    /// A file as memory.
    pub(crate) fn map(file: &File) -> std::io::Result<Self> {
        // SAFETY: the pages are only read. Who changes the file under them changes numbers that are checked where they are
        // used: docs/format.md says what comes of it.
        Ok(Bytes::Mapped(unsafe { memmap2::Mmap::map(file)? }))
    }

    /// Memory of the caller's.
    ///
    /// # Safety
    /// It stays where it is, and nobody writes to it, as long as this lives.
    pub(crate) unsafe fn lent(bytes: &[u8]) -> Self {
        Bytes::Lent(Lent(NonNull::from(bytes)))
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        match self {
            Bytes::Own(memory) => memory.as_slice(),
            Bytes::Mapped(map) => map,
            // SAFETY: as was promised to `lent`.
            Bytes::Lent(lent) => unsafe { lent.0.as_ref() },
        }
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.as_slice().len())
    }
}

/// Zeros to begin with, aligned as sections are. (A vector of aligned lines would write its zeros itself, which takes as long
/// as to read the file.)
pub(crate) struct Memory {
    start: NonNull<u8>,
    layout: Layout,
}

// SAFETY: it is nobody else's.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

impl Memory {
    pub(crate) fn zeroed(len: usize) -> Result<Self> {
        let layout = Layout::from_size_align(len.max(1), ALIGN).map_err(|_| out_of_memory())?;
        take(layout.size())?;
        // SAFETY: the size is not zero.
        let start = NonNull::new(unsafe { alloc_zeroed(layout) }).ok_or_else(out_of_memory)?;
        Ok(Memory { start, layout })
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        // SAFETY: it was allocated with that size and initialised to zeros.
        unsafe { from_raw_parts(self.start.as_ptr(), self.layout.size()) }
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: as above, and it is borrowed mutably.
        unsafe { from_raw_parts_mut(self.start.as_ptr(), self.layout.size()) }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: it was allocated with that layout.
        unsafe { dealloc(self.start.as_ptr(), self.layout) }
    }
}
