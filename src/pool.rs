//! Threads that help: started when a call first has work for them, kept for the calls to come.
//!
//! A call offers work, does it itself, and waits for those who came to help, and for nobody else: helpers that could not be
//! started, that are busy with other calls, or that are gone make it slower, never different. So nothing must be known about them
//! but how many there are, and a pool is one lock around a list of offers.
//!
//! The pool belongs to a process. The child of a fork has none of its parent's threads, and locks may be held in it for ever: it never
//! touches its parent's pool, but makes its own. Threads that had nothing to do for a while end.

use std::any::Any;
use std::mem::forget;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::memory::vec_with_capacity;
use crate::simd::mode::Mode;

/// How long a thread waits for work before it ends.
const PATIENCE: Duration = Duration::from_secs(10);

/// Room for a thread's stack: what the standard library gives its own.
const STACK_BYTES: usize = 2 << 20;

/// The pool of this process, or of one that it was forked from; never freed.
static POOL: AtomicPtr<Pool> = AtomicPtr::new(null_mut());

/// See the module.
struct Pool {
    process: u32,
    cores: usize,
    state: Mutex<State>,
    /// There is something to do.
    offered: Condvar,
    /// The last helper has left an offer.
    left: Condvar,
    /// That of the process it was forked from.
    _before: *mut Pool,
}

// SAFETY: the pointer is only kept.
unsafe impl Sync for Pool {}

struct State {
    offers: Vec<Offer>,
    /// Offers that were made so far, which is what they are known by.
    made: u64,
    /// Threads that run or are being started.
    threads: usize,
}

/// What helpers may do.
struct Offer {
    number: u64,
    help: *const (dyn Fn() + Sync),
    /// Helpers that may still come.
    wanted: usize,
    /// Helpers that came and have not left.
    busy: usize,
    /// The first panic of a helper.
    panic: Option<Box<dyn Any + Send>>,
}

// SAFETY: whoever made the offer keeps `help`, which any thread may call, until nobody is busy with it.
unsafe impl Send for Offer {}

/// Calls `own` here and `help` on up to `helpers` threads meanwhile; returns when all of these have returned. A panic of one of
/// them comes out here. In the child of a fork that `own` made there are no helpers to wait for.
pub(crate) fn share<R>(helpers: usize, help: &(dyn Fn() + Sync), own: impl FnOnce() -> R) -> R {
    if helpers == 0 {
        return own();
    }
    let process = process::id();
    let offered = Pool::of(process).and_then(|pool| Some((pool, pool.offer(helpers, help)?)));
    let Some((pool, number)) = offered else { return own() };
    let outcome = catch_unwind(AssertUnwindSafe(own));
    let panic = if process::id() == process { pool.withdraw(number) } else { None };
    match (outcome, panic) {
        (Ok(value), None) => value,
        (Err(panic), other) => {
            // Dropping it might panic again.
            forget(other);
            resume_unwind(panic)
        }
        (_, Some(panic)) => resume_unwind(panic),
    }
}

/// How many threads the machine can run at once, as it was when this process first asked.
pub(crate) fn cores() -> usize {
    Pool::of(process::id()).map_or(1, |pool| pool.cores)
}

impl Pool {
    /// The pool of this process; None if there is no memory for one.
    fn of(process: u32) -> Option<&'static Pool> {
        loop {
            let before = POOL.load(Ordering::Acquire);
            // SAFETY: NULL or a pool, which are never freed. A parent's is only asked whose it is, which nobody ever changes.
            if let Some(pool) = unsafe { before.as_ref() }
                && pool.process == process
            {
                return Some(pool);
            }
            let mut room = vec_with_capacity(1).ok()?.keep();
            room.push(Pool {
                process,
                cores: thread::available_parallelism().map_or(1, usize::from),
                state: Mutex::new(State { offers: Vec::new(), made: 0, threads: 0 }),
                offered: Condvar::new(),
                left: Condvar::new(),
                _before: before,
            });
            // Of several threads that get here at once one is first.
            if POOL.compare_exchange(before, room.as_mut_ptr(), Ordering::AcqRel, Ordering::Acquire).is_ok() {
                forget(room);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks `helpers` threads to help, and starts those that are missing; None if there is no memory for the offer.
    fn offer(&'static self, helpers: usize, help: &(dyn Fn() + Sync)) -> Option<u64> {
        // SAFETY: only the lifetime changes; `share` does not return before the offer is withdrawn.
        let help = unsafe { std::mem::transmute::<*const (dyn Fn() + Sync), *const (dyn Fn() + Sync)>(help) };
        let mut state = self.lock();
        state.offers.try_reserve(1).ok()?;
        let number = state.made;
        state.made += 1;
        state.offers.push(Offer { number, help, wanted: helpers, busy: 0, panic: None });
        // All calls together have as many helpers as the one that asks for most.
        let present = state.threads;
        state.threads = present.max(helpers);
        drop(state);
        if helpers >= present {
            self.offered.notify_all();
        } else {
            (0..helpers).for_each(|_| self.offered.notify_one());
        }
        let started = (present..helpers).take_while(|_| start(self)).count();
        if present + started < helpers {
            self.lock().threads -= helpers - present - started;
        }
        Some(number)
    }

    /// Waits until nobody is busy with an offer any more; returns the panic of a helper.
    fn withdraw(&self, number: u64) -> Option<Box<dyn Any + Send>> {
        let mut state = self.lock();
        loop {
            let at = state.position(number);
            if state.offers[at].busy == 0 {
                return state.offers.swap_remove(at).panic;
            }
            state.offers[at].wanted = 0;
            state = self.left.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// What a thread of the pool does all its life.
    fn serve(&self) {
        Mode::DEFAULT.set();
        let mut state = self.lock();
        loop {
            let Some(offer) = state.offers.iter_mut().find(|offer| offer.wanted > 0) else {
                let (locked, waited) =
                    self.offered.wait_timeout(state, PATIENCE).unwrap_or_else(PoisonError::into_inner);
                state = locked;
                if waited.timed_out() && state.offers.iter().all(|offer| offer.wanted == 0) {
                    state.threads -= 1;
                    return;
                }
                continue;
            };
            offer.wanted -= 1;
            offer.busy += 1;
            let (number, help) = (offer.number, offer.help);
            drop(state);
            // SAFETY: whoever made the offer keeps it as long as somebody is busy.
            let outcome = catch_unwind(AssertUnwindSafe(|| unsafe { (*help)() }));
            state = self.lock();
            let at = state.position(number);
            let offer = &mut state.offers[at];
            match outcome {
                Err(panic) if offer.panic.is_none() => offer.panic = Some(panic),
                // Dropping it might panic again.
                outcome => forget(outcome),
            }
            offer.busy -= 1;
            if offer.busy == 0 {
                self.left.notify_all();
            }
        }
    }
}

impl State {
    /// Where an offer is that was not withdrawn.
    fn position(&self, number: u64) -> usize {
        let at = self.offers.iter().position(|offer| offer.number == number);
        at.expect("offers stay until they are withdrawn")
    }
}

/// Starts a thread of the pool; answers whether the system did. The standard library would end the process where there is no memory
/// for what it keeps of a thread, and let signals come in on it, which are for the program's own threads.
#[cfg(unix)]
fn start(pool: &'static Pool) -> bool {
    use std::mem::MaybeUninit;

    extern "C" fn serve(pool: *mut libc::c_void) -> *mut libc::c_void {
        #[cfg(target_os = "linux")]
        // SAFETY: this thread, and a name of less than 16 bytes.
        unsafe {
            libc::pthread_setname_np(libc::pthread_self(), c"polyfind".as_ptr());
        }
        // SAFETY: `start` gave it, and pools live for ever.
        unsafe { &*pool.cast::<Pool>() }.serve();
        null_mut()
    }

    let argument = std::ptr::from_ref(pool).cast_mut().cast();
    // SAFETY: each structure is filled in by the system before it is read, and the argument lives for ever.
    unsafe {
        let mut attributes = MaybeUninit::uninit();
        if libc::pthread_attr_init(attributes.as_mut_ptr()) != 0 {
            return false;
        }
        libc::pthread_attr_setstacksize(attributes.as_mut_ptr(), STACK_BYTES);
        libc::pthread_attr_setdetachstate(attributes.as_mut_ptr(), libc::PTHREAD_CREATE_DETACHED);
        // A thread has the signal mask of the one that starts it.
        let (mut all, mut before) = (MaybeUninit::uninit(), MaybeUninit::uninit());
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
        let mut thread = MaybeUninit::uninit();
        let status = libc::pthread_create(thread.as_mut_ptr(), attributes.as_ptr(), serve, argument);
        libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), null_mut());
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        status == 0
    }
}

/// Starts a thread of the pool; answers whether the system did.
#[cfg(not(unix))]
fn start(pool: &'static Pool) -> bool {
    thread::Builder::new().name("polyfind".into()).stack_size(STACK_BYTES).spawn(|| pool.serve()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;
    use std::sync::atomic::AtomicUsize;

    #[test]
    fn helpers_help_at_the_same_time_and_are_waited_for() {
        for helpers in [1, 2, 7, 3] {
            // Nobody gets on unless all are there.
            let (met, done) = (Barrier::new(helpers + 1), AtomicUsize::new(0));
            let help = || {
                met.wait();
                thread::sleep(Duration::from_millis(5));
                done.fetch_add(1, Ordering::Relaxed);
            };
            let own = share(helpers, &help, || {
                met.wait();
                "own"
            });
            assert_eq!((own, done.into_inner()), ("own", helpers));
        }
    }

    #[test]
    fn many_callers_share_the_threads() {
        let calls = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for round in 0..500 {
                        let (left, mine) = (AtomicUsize::new(20), AtomicUsize::new(0));
                        let work = || {
                            while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok()
                            {
                                mine.fetch_add(1, Ordering::Relaxed);
                            }
                        };
                        share(round % 4, &work, work);
                        calls.fetch_add(mine.into_inner(), Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(calls.into_inner(), 8 * 500 * 20);
    }

    #[test]
    fn a_panic_of_either_side_comes_out_after_all_have_left() {
        let busy = AtomicUsize::new(0);
        let met = Barrier::new(2);
        let slow = || {
            busy.fetch_add(1, Ordering::SeqCst);
            met.wait();
            thread::sleep(Duration::from_millis(20));
            busy.fetch_sub(1, Ordering::SeqCst);
        };
        let own = catch_unwind(AssertUnwindSafe(|| {
            share(1, &slow, || {
                met.wait();
                panic!("own")
            })
        }));
        assert_eq!(own.unwrap_err().downcast_ref(), Some(&"own"));
        assert_eq!(busy.load(Ordering::SeqCst), 0);
        let helped = catch_unwind(AssertUnwindSafe(|| {
            share(
                1,
                &|| {
                    met.wait();
                    resume_unwind(Box::new("helper")) // without a word on the terminal
                },
                || met.wait(),
            )
        }));
        assert_eq!(helped.map(drop).unwrap_err().downcast_ref(), Some(&"helper"));
    }
}
