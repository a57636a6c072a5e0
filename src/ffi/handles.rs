//! Handles: what callers hold instead of addresses, so that any bits may come back.
//!
//! A handle is a number: which slot of a table, which use of it, what kind of thing. A call enters the slot, which fails unless
//! the slot says the same, and leaves it at the end. Freeing makes the slot say something else; who leaves last drops the
//! thing, after which the slot is used again under the next number. Nothing waits for anybody: a callback may free what it is
//! called from, and the child of a fork finds no lock taken. (What other threads of its parent were using stays, for the child never
//! sees them leave.)

use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::{NonNull, null_mut, without_provenance_mut};
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering::*};

use crate::error::{Error, Kind, Result, out_of_memory};
use crate::memory::vec_with_capacity;

/// A kind of thing that callers have handles of.
pub(super) trait Handle {
    /// What is behind the handle.
    type Thing: Send + Sync + 'static;
    /// A number of its own, 0 to 3.
    const KIND: usize;
    /// What messages call it.
    const NAME: &str;
}

/// Bits for the uses of a slot, and for slots. A slot whose uses have run out is left alone, so that no handle is ever given out twice;
/// with addresses of 32 bits that is the end after some 500 million handles.
const USE_BITS: u32 = if usize::BITS == 64 { 25 } else { 13 };
const SLOT_BITS: u32 = if usize::BITS == 64 { 28 } else { 16 };

/// No address has all of these bits: programs have the lower half of memory, which is bit 63 on most processors and bit 55 where the
/// upper byte is for tags.
const NO_ADDRESS: usize = if usize::BITS == 64 { (1 << 63) | (1 << 55) } else { 1 << 31 };

/// The bits that are the same in all handles of a kind.
const fn mark(kind: usize) -> usize {
    NO_ADDRESS | kind << (USE_BITS + SLOT_BITS)
}

/// A place for a thing, on a line of the cache of its own: threads with different things do not slow each other down.
#[repr(align(64))]
struct Slot {
    /// The use and the kind of thing, whether it is [`ALIVE`], and how many calls are inside: the lower half.
    state: AtomicU64,
    thing: AtomicPtr<()>,
    /// Of the free slots below this, the uppermost, and one more; 0 for none.
    below: AtomicU32,
}

impl Slot {
    const fn new() -> Self {
        Slot { state: AtomicU64::new(0), thing: AtomicPtr::new(null_mut()), below: AtomicU32::new(0) }
    }
}

const ALIVE: u64 = 1 << 32;
const INSIDE: u64 = ALIVE - 1;
const USE_SHIFT: u32 = 35;

/// The state of a slot with a thing in it that nobody is using.
fn alive(uses: usize, kind: usize) -> u64 {
    (uses as u64) << USE_SHIFT | (kind as u64) << 33 | ALIVE
}

/// Slots lie in chunks, each twice as large as the one before, that are made when they are needed and stay. Few programs need more
/// than the first.
const FIRST: usize = 64;
const CHUNKS: usize = (SLOT_BITS - FIRST.ilog2()) as usize;

struct Table {
    chunks: [AtomicPtr<Slot>; CHUNKS],
    /// Slots that were ever used.
    len: AtomicU32,
    /// The uppermost free slot of these and one more, or 0; above it the number of changes, so that one who was interrupted sees them.
    free: AtomicU64,
}

static FIRST_CHUNK: [Slot; FIRST] = [const { Slot::new() }; FIRST];

static TABLE: Table =
    Table { chunks: [const { AtomicPtr::new(null_mut()) }; CHUNKS], len: AtomicU32::new(0), free: AtomicU64::new(0) };

impl Table {
    /// A slot that was used before, or is about to be.
    #[inline]
    fn slot(&self, at: usize) -> Option<&'static Slot> {
        if at < FIRST {
            return Some(&FIRST_CHUNK[at]);
        }
        let (chunk, at) = place(at);
        let slots = NonNull::new(self.chunks.get(chunk)?.load(Acquire))?;
        // SAFETY: a chunk, once it is there, stays; it has twice as many slots as there are before it.
        Some(unsafe { slots.add(at).as_ref() })
    }

    /// A slot that nobody uses.
    fn take(&self) -> Result<(usize, &'static Slot)> {
        let mut free = self.free.load(Acquire);
        while let Some(at) = (free as u32 as usize).checked_sub(1) {
            let Some(slot) = self.slot(at) else { break };
            let next = changed(free, slot.below.load(Relaxed));
            match self.free.compare_exchange_weak(free, next, Acquire, Acquire) {
                Ok(_) => return Ok((at, slot)),
                Err(now) => free = now,
            }
        }
        let mut len = self.len.load(Relaxed);
        loop {
            let at = len as usize;
            if at >= 1 << SLOT_BITS {
                return Err(Error::new(Kind::Limit, format_args!("more than {at} handles at once")));
            }
            let slot = self.slot(at).map_or_else(|| self.grow(at), Ok)?;
            match self.len.compare_exchange_weak(len, len + 1, Relaxed, Relaxed) {
                Ok(_) => return Ok((at, slot)),
                Err(now) => len = now,
            }
        }
    }

    /// Makes the chunk of a slot, unless somebody else did meanwhile.
    #[cold]
    fn grow(&self, at: usize) -> Result<&'static Slot> {
        let (chunk, _) = place(at);
        let mut slots = vec_with_capacity(FIRST << chunk)?;
        slots.resize_with(FIRST << chunk, Slot::new);
        let made = slots.keep().leak();
        if self.chunks[chunk].compare_exchange(null_mut(), made.as_mut_ptr(), AcqRel, Acquire).is_err() {
            // SAFETY: it was leaked just now, with all its capacity in use, and nobody has seen it.
            drop(unsafe { Vec::from_raw_parts(made.as_mut_ptr(), FIRST << chunk, FIRST << chunk) });
        }
        self.slot(at).ok_or_else(out_of_memory)
    }

    fn give_back(&self, at: usize, slot: &Slot) {
        let mut free = self.free.load(Relaxed);
        loop {
            slot.below.store(free as u32, Relaxed);
            match self.free.compare_exchange_weak(free, changed(free, at as u32 + 1), Release, Relaxed) {
                Ok(_) => return,
                Err(now) => free = now,
            }
        }
    }
}

/// The next state of the list of free slots.
fn changed(free: u64, uppermost: u32) -> u64 {
    ((free >> 32) + 1) << 32 | u64::from(uppermost)
}

/// The chunk of a slot behind the first ones, and where in it.
fn place(at: usize) -> (usize, usize) {
    let chunk = (at / FIRST).ilog2() as usize;
    (chunk, at - (FIRST << chunk))
}

/// Makes a handle of a thing.
pub(super) fn make<H: Handle>(thing: H::Thing) -> Result<*mut H> {
    let mut room = vec_with_capacity(1)?;
    let (at, slot) = TABLE.take()?;
    room.push(thing);
    // A box of a slice of one is how a box can be made without an allocation that aborts.
    slot.thing.store(Box::into_raw(room.keep().into_boxed_slice()).cast(), Relaxed);
    let uses = (slot.state.load(Relaxed) >> USE_SHIFT) as usize;
    slot.state.store(alive(uses, H::KIND), Release);
    Ok(without_provenance_mut(mark(H::KIND) | at << USE_BITS | uses))
}

/// What is behind a handle, for as long as this is there; None if nothing (of that kind) is, whatever bits came.
#[inline]
pub(super) fn enter<H: Handle>(handle: *const H) -> Option<Inside<H>> {
    let (at, slot, wanted) = find(handle)?;
    let mut state = wanted;
    while let Err(now) = slot.state.compare_exchange_weak(state, state + 1, Acquire, Relaxed) {
        if now & !INSIDE != wanted {
            return None;
        }
        state = now;
    }
    Some(Inside { at, slot, of: PhantomData })
}

/// The same of a thing that may have been freed since, but that somebody who entered it before has not left.
pub(super) fn enter_held<H: Handle>(handle: *const H) -> Option<Inside<H>> {
    let (at, slot, wanted) = find(handle)?;
    let mut state = slot.state.load(Relaxed);
    loop {
        // Nobody enters what nobody is inside of any more: it is being dropped.
        if state & !INSIDE & !ALIVE != wanted & !ALIVE || state & (ALIVE | INSIDE) == 0 {
            return None;
        }
        match slot.state.compare_exchange_weak(state, state + 1, Acquire, Relaxed) {
            Ok(_) => return Some(Inside { at, slot, of: PhantomData }),
            Err(now) => state = now,
        }
    }
}

/// The slot of what has the form of a handle of this kind, and its state if that is alive.
#[inline]
fn find<H: Handle>(handle: *const H) -> Option<(usize, &'static Slot, u64)> {
    // Of what is no handle of this kind, some upper bit is left.
    let bits = handle.addr() ^ mark(H::KIND);
    let (at, uses) = (bits >> USE_BITS, bits & ((1 << USE_BITS) - 1));
    if at >> SLOT_BITS != 0 {
        return None;
    }
    Some((at, TABLE.slot(at)?, alive(uses, H::KIND)))
}

/// The same, where something must be: an error that says what is not.
#[inline]
pub(super) fn view<H: Handle>(handle: *const H) -> Result<Inside<H>> {
    view_as(handle, H::NAME)
}

/// The same of an argument with another name than its kind.
#[inline]
pub(super) fn view_as<H: Handle>(handle: *const H, argument: &str) -> Result<Inside<H>> {
    enter(handle).ok_or_else(|| {
        if handle.is_null() {
            return Error::new(Kind::Null, format_args!("{argument} is NULL"));
        }
        Error::new(Kind::Argument, format_args!("{argument} is no {}, or was freed", H::NAME))
    })
}

/// Frees a thing when the last call inside has left; does nothing where there is none.
pub(super) fn free<H: Handle>(handle: *mut H) {
    if let Some(inside) = enter(handle) {
        // Of two who free at once, the one who leaves last drops the thing.
        inside.slot.state.fetch_and(!ALIVE, Relaxed);
    }
}

/// A call that has entered a slot, and leaves it.
pub(super) struct Inside<H: Handle> {
    at: usize,
    slot: &'static Slot,
    of: PhantomData<H>,
}

impl<H: Handle> Inside<H> {
    fn thing(&self) -> *mut H::Thing {
        self.slot.thing.load(Relaxed).cast()
    }

    /// The last to leave what was freed drops it and makes the slot ready for its next use.
    #[cold]
    fn reap(&self) {
        // SAFETY: `make` made it of a boxed slice of one; nobody else is inside and nobody can enter.
        drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(self.thing(), 1)) });
        let uses = (self.slot.state.load(Relaxed) >> USE_SHIFT) + 1;
        self.slot.state.store(uses << USE_SHIFT, Relaxed);
        if uses < 1 << USE_BITS {
            TABLE.give_back(self.at, self.slot);
        }
    }
}

impl<H: Handle> Deref for Inside<H> {
    type Target = H::Thing;

    #[inline]
    fn deref(&self) -> &H::Thing {
        // SAFETY: the thing is not dropped before all have left, and handles of another kind do not enter.
        unsafe { &*self.thing() }
    }
}

impl<H: Handle> Drop for Inside<H> {
    #[inline]
    fn drop(&mut self) {
        let before = self.slot.state.fetch_sub(1, AcqRel);
        if before & (ALIVE | INSIDE) == 1 {
            self.reap();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
    use std::thread;

    /// Counts those that live, and knows whether it does.
    struct Probe {
        word: AtomicU64,
        alive: Arc<AtomicUsize>,
    }

    const WORD: u64 = 0x5EED_0F7E_57ED_600D;

    impl Probe {
        fn new(alive: &Arc<AtomicUsize>) -> Self {
            alive.fetch_add(1, Ordering::SeqCst);
            Probe { word: AtomicU64::new(WORD), alive: alive.clone() }
        }
    }

    impl Drop for Probe {
        fn drop(&mut self) {
            assert_eq!(self.word.swap(0, Ordering::SeqCst), WORD);
            self.alive.fetch_sub(1, Ordering::SeqCst);
        }
    }

    struct One;
    impl Handle for One {
        type Thing = Probe;
        const KIND: usize = 3;
        const NAME: &str = "one";
    }

    /// One test with handles of these kinds at a time: a wild one must not lead to what another test has.
    fn alone() -> MutexGuard<'static, ()> {
        static TESTS: Mutex<()> = Mutex::new(());
        TESTS.lock().unwrap_or_else(PoisonError::into_inner)
    }

    struct Other;
    impl Handle for Other {
        type Thing = Probe;
        const KIND: usize = 2;
        const NAME: &str = "other";
    }

    fn is_there(handle: *const One) -> bool {
        enter(handle).is_some_and(|inside| {
            assert_eq!(inside.word.load(Ordering::SeqCst), WORD);
            true
        })
    }

    #[test]
    fn only_what_was_handed_out_and_not_freed_is_entered() {
        let _alone = alone();
        const LIVE: usize = if cfg!(miri) { 70 } else { 1000 };
        let alive = Arc::new(AtomicUsize::new(0));
        let handles: Vec<_> = (0..LIVE).map(|_| make::<One>(Probe::new(&alive)).unwrap()).collect();
        let unique: std::collections::HashSet<_> = handles.iter().copied().collect();
        assert_eq!((unique.len(), alive.load(Ordering::SeqCst)), (LIVE, LIVE));
        let mut random = Random(71);
        for _ in 0..if cfg!(miri) { 1000 } else { 1_000_000 } {
            let wild = without_provenance_mut(random.bits() as usize);
            assert!(!is_there(wild), "{wild:?}");
        }
        for &handle in &handles {
            assert!(is_there(handle) && enter::<Other>(handle.cast()).is_none());
            for bit in (0..usize::BITS).step_by(if cfg!(miri) { 9 } else { 1 }) {
                let flipped = without_provenance_mut(handle.addr() ^ 1 << bit);
                assert_eq!(is_there(flipped), unique.contains(&flipped), "{handle:?}, bit {bit}");
                free::<Other>(flipped.cast());
            }
        }
        let place = 7u64;
        for address in [(&raw const place).cast(), (&raw const handles).cast(), is_there as *const One, null_mut()] {
            assert!(!is_there(address), "{address:?}");
        }
        for (i, &handle) in handles.iter().enumerate() {
            free(handle);
            assert_eq!(alive.load(Ordering::SeqCst), LIVE - 1 - i);
            free(handle);
            assert!(!is_there(handle));
        }
        // Their slots are used again, under other numbers.
        let again: Vec<_> = (0..LIVE).map(|_| make::<One>(Probe::new(&alive)).unwrap()).collect();
        assert!(again.iter().all(|handle| !unique.contains(handle)));
        assert!(!handles.iter().any(|&handle| is_there(handle)));
        again.into_iter().for_each(free);
        assert_eq!(alive.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn what_is_freed_goes_when_the_last_has_left() {
        let _alone = alone();
        let alive = Arc::new(AtomicUsize::new(0));
        let handle = make::<One>(Probe::new(&alive)).unwrap();
        let (first, second) = (enter(handle).unwrap(), enter(handle).unwrap());
        free(handle);
        free(handle);
        assert!(!is_there(handle));
        drop(first);
        assert_eq!((alive.load(Ordering::SeqCst), second.word.load(Ordering::SeqCst)), (1, WORD));
        drop(second);
        assert_eq!(alive.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn a_slot_is_left_alone_when_its_uses_have_run_out() {
        let _alone = alone();
        const LIVE: usize = if cfg!(miri) { 150 } else { 1000 };
        let alive = Arc::new(AtomicUsize::new(0));
        let slot_of = |handle: &*mut One| (handle.addr() >> USE_BITS) & ((1 << SLOT_BITS) - 1);
        // One of the next is this, unless a test of something else takes it before.
        let found = (0..100).find_map(|_| {
            let (at, slot) = TABLE.take().unwrap();
            slot.state.store(((1 << USE_BITS) - 1) << USE_SHIFT, Relaxed);
            TABLE.give_back(at, slot);
            let handles: Vec<_> = (0..LIVE).map(|_| make::<One>(Probe::new(&alive)).unwrap()).collect();
            let last = handles.iter().copied().find(|handle| slot_of(handle) == at);
            handles.into_iter().for_each(free);
            last.map(|last| (at, last))
        });
        let (at, last) = found.expect("a free slot is taken");
        assert!(!is_there(last));
        let handles: Vec<_> = (0..LIVE + 100).map(|_| make::<One>(Probe::new(&alive)).unwrap()).collect();
        assert!(!handles.iter().any(|handle| slot_of(handle) == at));
        handles.into_iter().for_each(free);
    }

    #[test]
    fn those_who_use_and_those_who_free_may_race() {
        let _alone = alone();
        const SHARED: usize = 8;
        const ROUNDS: usize = if cfg!(miri) { 50 } else { 100_000 };
        let alive = Arc::new(AtomicUsize::new(0));
        let shared: Vec<AtomicPtr<One>> = (0..SHARED).map(|_| AtomicPtr::default()).collect();
        let (made, entered) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for seed in 0..4 {
                let (alive, shared, made, entered) = (&alive, &shared, &made, &entered);
                scope.spawn(move || {
                    let mut random = Random(seed);
                    let mut old = null_mut();
                    for _ in 0..ROUNDS {
                        let place = &shared[random.below(SHARED)];
                        let handle = place.load(Ordering::SeqCst);
                        entered.fetch_add(is_there(handle).into(), Ordering::Relaxed);
                        if random.below(4) == 0 {
                            // Freed by up to four at once, or again long after.
                            free(handle);
                            free(old);
                            old = handle;
                            let new = make::<One>(Probe::new(alive)).unwrap();
                            made.fetch_add(1, Ordering::Relaxed);
                            free(place.swap(new, Ordering::SeqCst));
                        }
                    }
                });
            }
        });
        assert!(made.into_inner() > ROUNDS / 2 && entered.into_inner() > ROUNDS / 2);
        shared.iter().for_each(|place| free(place.load(Ordering::SeqCst)));
        assert_eq!(alive.load(Ordering::SeqCst), 0, "each was dropped once");
    }
}
