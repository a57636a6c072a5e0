//! Columns of plain numbers: what an index is made of, in memory and in a file.
//!
//! A section owns its numbers when an index was built, and only points to them when one was opened: they are then part of the
//! bytes that the index was opened from, which it keeps. Either way it is a slice.

use std::fmt;
use std::ops::Deref;
use std::ptr::NonNull;
use std::slice::from_raw_parts;

use crate::error::Result;
use crate::memory::Counted;
use crate::pages;
use crate::run::Run;

/// Numbers without gaps between them, any bits of which mean something: a file has them as memory does.
///
/// # Safety
/// No padding, no pointers, no bits that are not a value. [`plain`](macro@plain) shows this of structures.
pub(crate) unsafe trait Plain: Copy + Send + Sync + 'static {}

// SAFETY: all bits of numbers mean something, and arrays have no gaps.
unsafe impl Plain for u8 {}
// SAFETY: as above.
unsafe impl Plain for i32 {}
// SAFETY: as above.
unsafe impl Plain for u32 {}
// SAFETY: as above.
unsafe impl Plain for u64 {}
// SAFETY: as above.
unsafe impl Plain for f64 {}
// SAFETY: as above.
unsafe impl<T: Plain, const N: usize> Plain for [T; N] {}

/// `plain!(Name { field: Type, ... })`: a structure of plain fields, in the order in which they lie in memory, is plain.
macro_rules! plain {
    ($name:ident { $($field:tt: $of:ty),+ $(,)? }) => {
        const _: () = {
            const fn is_plain<T: $crate::index::section::Plain>(_: &T) {}
            const fn are_plain(value: &$name) {
                $(is_plain::<$of>(&value.$field);)+
            }
            let _ = are_plain;
            let mut end = 0;
            $(
                assert!(std::mem::offset_of!($name, $field) == end, "fields follow each other without a gap");
                end += size_of::<$of>();
            )+
            assert!(end == size_of::<$name>(), "nothing follows the last field");
        };
        // SAFETY: plain fields next to each other and nothing else, as was just shown.
        unsafe impl $crate::index::section::Plain for $name {}
    };
}

pub(crate) use plain;

/// See the module.
pub(crate) struct Section<T> {
    start: NonNull<T>,
    len: usize,
    /// Empty where the numbers are somebody else's.
    _own: Vec<T>,
}

// SAFETY: a shared slice of numbers that nobody changes, and perhaps the vector that it is of.
unsafe impl<T: Plain> Send for Section<T> {}
// SAFETY: as above.
unsafe impl<T: Plain> Sync for Section<T> {}

impl<T: Plain> Section<T> {
    /// Numbers that somebody else keeps.
    ///
    /// # Safety
    /// They live, where they are, as long as the section.
    pub(super) unsafe fn lent(items: &[T]) -> Self {
        Section { start: NonNull::from(items).cast(), len: items.len(), _own: Vec::new() }
    }

    /// Numbers that a build has made.
    pub(super) fn new(own: Counted<T>, run: &Run<'_>) -> Result<Self> {
        pages::collapse(bytes_of(&own), || run.check())?;
        let own = own.keep();
        Ok(Section { start: NonNull::from(&own[..]).cast(), len: own.len(), _own: own })
    }
}

impl<T> Deref for Section<T> {
    type Target = [T];

    #[inline(always)]
    fn deref(&self) -> &[T] {
        // SAFETY: so many elements lie in `_own`, which never changes, or where `lent` was promised that they stay.
        unsafe { from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

impl<T: fmt::Debug> fmt::Debug for Section<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self[..].fmt(f)
    }
}

/// Numbers as the bytes they are.
pub(crate) fn bytes_of<T: Plain>(items: &[T]) -> &[u8] {
    // SAFETY: plain numbers have no gaps between them, so that all their bytes are initialised.
    unsafe { from_raw_parts(items.as_ptr().cast(), size_of_val(items)) }
}

/// Bytes as the numbers they are; None where they do not begin or end with one.
pub(crate) fn items_of<T: Plain>(bytes: &[u8]) -> Option<&[T]> {
    let start = bytes.as_ptr().cast::<T>();
    if !start.is_aligned() || !bytes.len().is_multiple_of(size_of::<T>()) {
        return None;
    }
    // SAFETY: aligned, all of it lies within the bytes, and any bytes are numbers.
    Some(unsafe { from_raw_parts(start, bytes.len() / size_of::<T>()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    struct Pair {
        id: i32,
        count: u32,
        at: [f64; 2],
    }

    plain!(Pair { id: i32, count: u32, at: [f64; 2] });

    #[test]
    fn bytes_and_numbers_are_the_same_memory() {
        let pairs =
            vec![Pair { id: -1, count: 2, at: [0.5, f64::NEG_INFINITY] }, Pair { id: 7, count: 0, at: [1.0, 2.0] }];
        let bytes = bytes_of(&pairs).to_vec();
        assert_eq!(bytes.len(), 48);
        assert_eq!(bytes[..8], [255, 255, 255, 255, 2, 0, 0, 0]);
        assert_eq!(items_of::<Pair>(bytes_of(&pairs)), Some(&pairs[..]));
        let words: &[u64] = items_of(bytes_of(&pairs)).unwrap();
        assert!(items_of::<Pair>(bytes_of(&words[..4])).is_none());
        assert!(items_of::<u64>(&bytes_of(words)[1..9]).is_none());
    }

    #[test]
    fn sections_own_or_borrow_and_move_freely() {
        let run = Run::default();
        let mut numbers = Counted::default();
        numbers.reserve(3).unwrap();
        numbers.extend([1u32, 2, 3]);
        let owned = Section::new(numbers, &run).unwrap();
        let moved = std::thread::spawn(move || Box::new(owned)).join().unwrap();
        assert_eq!(moved[..], [1, 2, 3]);
        // SAFETY: `moved` outlives it.
        let lent = unsafe { Section::lent(&moved[1..]) };
        assert_eq!(lent[..], [2, 3]);
        assert!(Section::new(Counted::<f64>::default(), &run).unwrap().is_empty());
    }
}
