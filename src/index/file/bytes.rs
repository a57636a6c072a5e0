//! The bytes that an index was opened from: memory of its own, a mapped file, or memory that somebody lends.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::fmt;
use std::fs::File;
use std::ptr::NonNull;
use std::slice::{from_raw_parts, from_raw_parts_mut};

use super::layout::ALIGN;
use crate::error::{Result, out_of_memory};
use crate::memory::take;
use crate::pages;

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

/// Zeros to begin with, aligned as sections are. (Allocators that are asked for more alignment than they have anyway write the
/// zeros themselves, which takes as long as to read the file: some bytes more than needed are aligned by hand.)
pub(crate) struct Memory {
    base: NonNull<u8>,
    layout: Layout,
    /// Where the bytes begin, and how many there are.
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: it is nobody else's.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

impl Memory {
    pub(crate) fn zeroed(len: usize) -> Result<Self> {
        let size = len.checked_add(ALIGN).ok_or_else(out_of_memory)?;
        let layout = Layout::array::<u8>(size).map_err(|_| out_of_memory())?;
        take(size)?;
        // SAFETY: the size is not zero.
        let base = NonNull::new(unsafe { alloc_zeroed(layout) }).ok_or_else(out_of_memory)?;
        // SAFETY: less than `ALIGN` bytes on there is still room for `len`.
        let start = unsafe { base.add(base.align_offset(ALIGN)) };
        let memory = Memory { base, layout, start, len };
        pages::to_come(memory.as_slice());
        Ok(memory)
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        // SAFETY: so many bytes from there are ours, and were initialised to zeros.
        unsafe { from_raw_parts(self.start.as_ptr(), self.len) }
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: as above, and it is borrowed mutably.
        unsafe { from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: it was allocated with that layout.
        unsafe { dealloc(self.base.as_ptr(), self.layout) }
    }
}
