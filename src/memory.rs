//! Memory for buffers: what cannot be had is an error, and so is more than the call may take.
//!
//! All buffers grow here. With a budget, bytes are counted before they are taken and until they are given back; what a call keeps for its
//! caller counts to its end. The budget belongs to the threads that work for the call, so nothing needs to be handed through.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::{Error, Kind, Result, out_of_memory};
use crate::pages;

/// Bytes that a call may take, and those that it has taken.
struct Budget {
    most: usize,
    taken: AtomicUsize,
}

thread_local! {
    /// The budget of the call that this thread works for.
    static BUDGET: Cell<Worker> = const { Cell::new(Worker(None)) };
}

/// Makes `call` with a budget of `max_bytes`, or none: [`Kind::Limit`] before its buffers take more. Threads count in neither their
/// stacks nor the few hundred bytes that the system's library has for each.
pub fn within<T>(max_bytes: Option<usize>, call: impl FnOnce() -> T) -> T {
    let budget = max_bytes.map(|most| Budget { most, taken: AtomicUsize::new(0) });
    Worker(budget.as_ref().map(NonNull::from)).work(call)
}

/// Works for a call on any thread.
#[derive(Clone, Copy)]
pub(crate) struct Worker(Option<NonNull<Budget>>);

// SAFETY: a budget is an atomic number, which `within` keeps for as long as the call takes and all threads that work for it.
unsafe impl Send for Worker {}
// SAFETY: as above.
unsafe impl Sync for Worker {}

impl Worker {
    /// Of the call that this thread works for.
    pub(crate) fn current() -> Self {
        BUDGET.get()
    }

    /// Does a part of it.
    pub(crate) fn work<T>(self, part: impl FnOnce() -> T) -> T {
        struct Before(Worker);
        impl Drop for Before {
            fn drop(&mut self) {
                BUDGET.set(self.0);
            }
        }
        let _before = Before(BUDGET.replace(self));
        part()
    }

    fn budget(&self) -> Option<&Budget> {
        // SAFETY: see `Send`.
        self.0.map(|budget| unsafe { budget.as_ref() })
    }
}

/// Counts bytes that are about to be taken.
pub(crate) fn take(bytes: usize) -> Result<()> {
    let worker = Worker::current();
    let Some(Budget { most, taken }) = worker.budget() else { return Ok(()) };
    let sum = |taken: usize| taken.checked_add(bytes).filter(|sum| sum <= most);
    match taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, sum) {
        Ok(_) => Ok(()),
        Err(_) => Err(Error::new(Kind::Limit, format_args!("run.max_bytes = {most} is less than this call needs"))),
    }
}

/// Bytes were given back that were counted before.
fn give_back(bytes: usize) {
    if let Some(budget) = Worker::current().budget() {
        budget.taken.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// A vector whose bytes count as long as it is there. It does not outlive the call, for it would be given back to another: what does is
/// kept.
#[derive(Debug)]
pub(crate) struct Counted<T>(Vec<T>);

impl<T> Counted<T> {
    /// Makes room for `more` elements behind those that are there.
    #[inline(always)]
    pub(crate) fn reserve(&mut self, more: usize) -> Result<()> {
        if self.0.capacity() - self.0.len() >= more { Ok(()) } else { self.grow(more) }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, more: usize) -> Result<()> {
        let needed = self.0.len().checked_add(more).ok_or_else(out_of_memory)?;
        self.grow_to(needed.max(4).max(self.0.capacity().saturating_mul(2)))
    }

    /// While elements move, both their places count.
    fn grow_to(&mut self, capacity: usize) -> Result<()> {
        let bytes = capacity.checked_mul(size_of::<T>()).ok_or_else(out_of_memory)?;
        take(bytes)?;
        let before = self.bytes();
        if self.0.try_reserve_exact(capacity - self.0.len()).is_err() {
            give_back(bytes);
            return Err(out_of_memory());
        }
        give_back(before);
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.0.capacity() * size_of::<T>()
    }

    /// The vector, for the caller: it counts to the end of the call.
    pub(crate) fn keep(mut self) -> Vec<T> {
        std::mem::take(&mut self.0)
    }
}

impl<T> Drop for Counted<T> {
    fn drop(&mut self) {
        let bytes = self.bytes();
        self.0 = Vec::new();
        give_back(bytes);
    }
}

impl<T> Default for Counted<T> {
    fn default() -> Self {
        Counted(Vec::new())
    }
}

impl<T> Deref for Counted<T> {
    type Target = Vec<T>;

    #[inline(always)]
    fn deref(&self) -> &Vec<T> {
        &self.0
    }
}

impl<T> DerefMut for Counted<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut Vec<T> {
        &mut self.0
    }
}

impl<'a, T> IntoIterator for &'a Counted<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    #[inline(always)]
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// An empty vector with room for `len` elements. (What grows by itself does so in small pages: it is read once, in order, and to
/// make a small page ready leaves it in the cache.)
pub(crate) fn vec_with_capacity<T>(len: usize) -> Result<Counted<T>> {
    let mut vec = Counted::<T>::default();
    vec.grow_to(len)?;
    pages::to_come(vec.spare_capacity_mut());
    Ok(vec)
}

/// A vector of `len` copies of `value`.
pub(crate) fn vec_filled<T: Clone>(value: T, len: usize) -> Result<Counted<T>> {
    let mut vec = vec_with_capacity(len)?;
    vec.resize(len, value);
    Ok(vec)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    fn fits(bytes: usize) -> bool {
        vec_filled(0u8, bytes).is_ok()
    }

    #[test]
    fn what_is_there_counts_and_what_is_kept_counts_on() {
        within(Some(1000), || {
            assert!(fits(1000) && !fits(1001));
            let first = vec_filled(0u64, 50).unwrap();
            assert!(fits(600) && !fits(601));
            let kept = first.keep();
            assert!(fits(600) && !fits(601));
            drop(kept);
            assert!(!fits(601));
            // Growing takes the new place before it gives back the old one.
            let mut second: Counted<u8> = vec_with_capacity(200).unwrap();
            second.reserve(200).unwrap();
            assert_eq!(second.reserve(401).unwrap_err().message(), "run.max_bytes = 1000 is less than this call needs");
            second.extend([7; 200]);
            second.reserve(200).unwrap();
            assert!(fits(200) && !fits(201) && second[..] == [7; 200]);
        });
        assert!(fits(5000));
    }

    #[test]
    fn a_call_within_a_call_has_its_own_budget() {
        within(Some(100), || {
            let _kept = vec_filled(0u8, 60).unwrap();
            within(None, || assert!(fits(5000)));
            within(Some(200), || assert!(fits(200) && !fits(201)));
            let panicked = std::panic::catch_unwind(|| within(None, || std::panic::resume_unwind(Box::new(()))));
            assert!(panicked.is_err() && fits(40) && !fits(41));
        });
    }

    #[test]
    fn all_workers_share_one_budget() {
        const ALL: usize = if cfg!(miri) { 100 } else { 1250 };
        within(Some(8 * ALL), || {
            let worker = Worker::current();
            let count = || worker.work(|| (0..ALL).filter_map(|_| vec_filled(1u8, 8).ok().map(Counted::keep)).count());
            let taken = thread::scope(|scope| {
                let threads: Vec<_> = (0..4).map(|_| scope.spawn(count)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
            });
            assert_eq!(taken, ALL);
        });
    }

    #[test]
    fn what_no_memory_can_hold_is_refused() {
        assert_eq!(vec_with_capacity::<u64>(usize::MAX / 8).unwrap_err().kind(), Kind::Memory);
        assert_eq!(vec_with_capacity::<u64>(usize::MAX / 4).unwrap_err().kind(), Kind::Memory);
        assert_eq!(vec_filled(0u8, 10).unwrap().reserve(usize::MAX - 5).unwrap_err().kind(), Kind::Memory);
        within(Some(usize::MAX), || {
            let _some = vec_filled(0u8, 10).unwrap();
            assert_eq!(vec_with_capacity::<u8>(usize::MAX).unwrap_err().kind(), Kind::Limit);
        });
    }
}
