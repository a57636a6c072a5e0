//! How a call runs: which instructions, how many threads, who is told, who may stop it.
//!
//! Work is cut into pieces, and every piece writes its own part of the output, which depends on its rows alone: results
//! cannot depend on how many threads there were. Pieces that take long look at their `Watch` now and then, by which the
//! call ends soon after it was told to.
//!
//! A progress function may fork. In the child the call ends: helpers are not there, and may have been anywhere in their pieces. So
//! it takes no lock of theirs any more, and what it drops on its way out must be sound at any moment: pieces write plain numbers
//! in place, and hand over whole what owns memory (`map_pieces`).

use std::cell::Cell;
use std::ops::Range;
use std::process;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Error, Kind, Result};
use crate::memory::{Counted, Worker, vec_with_capacity};
use crate::pool;
use crate::simd::Level;

/// Calls with less work than this run on the calling thread alone.
const SERIAL_NANOSECONDS: u64 = 300_000;

/// Work handed out at a time.
const PIECE_NANOSECONDS: u64 = 500_000;

/// The shortest time between two progress calls, but for those at the end of something.
const PROGRESS_EVERY: Duration = Duration::from_millis(20);

/// Work that takes longer than this between two looks is looked at after every step.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// Steps before the first look, which calls of a few points need not pay.
const FIRST_STEPS: u32 = 4;

/// Steps between two looks, at most.
const MOST_STEPS: u32 = 256;

/// How to run a call. The default uses the best instructions and all cores, silently.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// The instructions to use.
    pub level: Level,
    /// Threads to use, the calling one included; 0 means one per core.
    pub workers: usize,
    /// Told how much is done, and asked whether to go on.
    pub progress: Option<&'a Progress<'a>>,
    /// The call stops soon after this becomes non-zero.
    pub cancel: Option<&'a AtomicI32>,
    /// A call may write before all coordinates were checked, which saves it a reading.
    pub is_direct: bool,
}

impl Default for Run<'_> {
    fn default() -> Self {
        Run { level: Level::detect(), workers: 0, progress: None, cancel: None, is_direct: false }
    }
}

impl Run<'_> {
    /// Threads to use at most.
    pub(crate) fn most_workers(&self) -> usize {
        let asked = if self.workers == 0 { pool::cores() } else { self.workers };
        asked.clamp(1, 1024)
    }

    /// The same where nobody sees what a refused call has written.
    pub(crate) fn unseen(&self) -> Self {
        Run { is_direct: true, ..*self }
    }

    /// Between pieces: tells and asks where it is time to, and refuses to go on if so told.
    pub(crate) fn check(&self) -> Result<()> {
        check_cancel(self.cancel)?;
        self.progress.map_or(Ok(()), Progress::check)
    }

    /// Runs a part of a call: `steps` of `whole`, from `start` on, however it counts. A part of no steps tells no ends.
    pub(crate) fn part<T>(
        &self,
        start: u64,
        steps: u64,
        whole: u64,
        work: impl FnOnce(&Self) -> Result<T>,
    ) -> Result<T> {
        let Some(progress) = self.progress else { return work(self) };
        progress.begin(start, steps, whole);
        let result = work(self);
        progress.part.set(None);
        result
    }

    /// Between pieces: notes how far it is.
    pub(crate) fn reach(&self, done: u64, total: u64) {
        if let Some(progress) = self.progress {
            progress.reach(done, total);
        }
    }

    /// All is done.
    pub(crate) fn finish(&self, total: u64) -> Result<()> {
        check_cancel(self.cancel)?;
        self.progress.map_or(Ok(()), |progress| progress.finish(total))
    }
}

/// Who is told how much of a call is done: a function of (done, total), called on the calling thread, up to 50 times a second
/// and whenever a part is done. It answers whether to go on.
pub struct Progress<'a> {
    tell: &'a dyn Fn(u64, u64) -> bool,
    /// It is only there to end what takes long, and does not care for ends.
    is_poll: bool,
    /// When something was told, or could have been for the first time.
    told_at: Cell<Option<Instant>>,
    /// What was told last, or would have been.
    last: Cell<(u64, u64)>,
    part: Cell<Option<Part>>,
}

/// What is being done is so many steps of the whole.
#[derive(Clone, Copy)]
struct Part {
    start: u64,
    steps: u64,
    whole: u64,
}

impl<'a> Progress<'a> {
    /// Of one call, which tells `tell`.
    pub fn new(tell: &'a dyn Fn(u64, u64) -> bool) -> Self {
        Progress { tell, is_poll: false, told_at: Cell::new(None), last: Cell::new((0, 1)), part: Cell::new(None) }
    }

    /// As [`Progress::new`], but nothing is told at the end of anything: a call that takes less than 20 ms tells nothing.
    pub fn poll(tell: &'a dyn Fn(u64, u64) -> bool) -> Self {
        Progress { is_poll: true, ..Progress::new(tell) }
    }

    fn expect(&self, total: u64) {
        if self.part.get().is_none() {
            self.last.set((0, total));
        }
    }

    /// See [`Run::part`]. What is told never falls.
    fn begin(&self, start: u64, steps: u64, whole: u64) {
        self.part.set(Some(Part { start, steps, whole }));
        self.reach(0, 1);
    }

    /// Notes how far it is.
    fn reach(&self, done: u64, total: u64) {
        let done = done.min(total);
        self.last.set(match self.part.get() {
            None => (done, total),
            Some(Part { start, steps, whole }) => {
                let done = start + (done as f64 / total.max(1) as f64 * steps as f64) as u64;
                let (last, of) = self.last.get();
                (if of == whole { done.max(last) } else { done }, whole)
            }
        });
    }

    fn check(&self) -> Result<()> {
        self.check_at(Instant::now())
    }

    fn check_at(&self, now: Instant) -> Result<()> {
        match self.told_at.get() {
            Some(then) if now.duration_since(then) >= PROGRESS_EVERY => self.tell(),
            Some(_) => Ok(()),
            None => {
                self.told_at.set(Some(now));
                Ok(())
            }
        }
    }

    /// Something is done.
    fn finish(&self, total: u64) -> Result<()> {
        self.reach(total, total);
        let is_nothing = self.part.get().is_some_and(|part| part.steps == 0);
        if self.is_poll || is_nothing { self.check() } else { self.tell() }
    }

    fn tell(&self) -> Result<()> {
        let process = process::id();
        let (done, total) = self.last.get();
        let goes_on = (self.tell)(done, total);
        self.told_at.set(Some(Instant::now()));
        if process::id() != process {
            let said = "stopped: the progress function forked this process off, where the call does not go on";
            return Err(Error::new(Kind::Cancelled, format_args!("{said}")));
        }
        if goes_on { Ok(()) } else { Err(stopped()) }
    }
}

/// Refuses to go on when the flag of a [`Run`] is set.
#[inline]
pub(crate) fn check_cancel(flag: Option<&AtomicI32>) -> Result<()> {
    if flag.is_some_and(|flag| flag.load(Ordering::Relaxed) != 0) { Err(stopped()) } else { Ok(()) }
}

/// What a piece of work looks at now and then.
pub(crate) struct Watch<'a> {
    cancel: Option<&'a AtomicI32>,
    /// Whether the call was told to stop.
    is_stopped: &'a AtomicBool,
    /// None on helpers.
    progress: Option<&'a Progress<'a>>,
    /// Steps before the next look.
    left: Cell<u32>,
    /// Steps between the last two, and when the last was.
    stride: Cell<(u32, Option<Instant>)>,
}

impl<'a> Watch<'a> {
    fn new(cancel: Option<&'a AtomicI32>, is_stopped: &'a AtomicBool, progress: Option<&'a Progress<'a>>) -> Self {
        Watch { cancel, is_stopped, progress, left: Cell::new(FIRST_STEPS), stride: Cell::new((FIRST_STEPS, None)) }
    }

    /// One step of the work: the shorter they are, the fewer look. Tells and asks where it is time to, and refuses to go on if
    /// so told.
    #[inline(always)]
    pub(crate) fn step(&self) -> Result<()> {
        match self.left.get() {
            0 => self.look(),
            left => {
                self.left.set(left - 1);
                Ok(())
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn look(&self) -> Result<()> {
        let now = Instant::now();
        let (steps, then) = self.stride.get();
        // Steps that were short may be long next time: so many that looking costs next to nothing, and no more.
        let is_long = then.is_some_and(|then| now.duration_since(then) > LOOK_EVERY);
        let steps = if is_long { 1 } else { (2 * steps).min(MOST_STEPS) };
        self.stride.set((steps, Some(now)));
        self.left.set(steps);
        check_cancel(self.cancel)?;
        if self.is_stopped.load(Ordering::Relaxed) {
            return Err(stopped());
        }
        self.progress.map_or(Ok(()), |progress| progress.check_at(now))
    }
}

/// Rows in one piece of work when a row takes about `nanoseconds`.
pub(crate) fn rows_per_piece(nanoseconds: usize) -> usize {
    (PIECE_NANOSECONDS as usize / nanoseconds.max(1)).clamp(16, 1 << 16)
}

/// Calls `work(first row, rows)` for every piece of `out`, each row being about `nanoseconds` of work.
pub(crate) fn for_chunks<T: Send>(
    run: &Run<'_>,
    out: &mut [T],
    nanoseconds: usize,
    work: impl Fn(usize, &mut [T]) -> Result<()> + Sync,
) -> Result<()> {
    let rows = rows_per_piece(nanoseconds);
    let total = out.len();
    let pieces = out.chunks_mut(rows).enumerate();
    for_pieces(run, total, rows, nanoseconds, pieces, |(i, out), _| work(i * rows, out))
}

/// Calls `work` for ranges that together are 0 to `len`, each row being about `nanoseconds` of work.
pub(crate) fn for_ranges(
    run: &Run<'_>,
    len: usize,
    nanoseconds: usize,
    work: impl Fn(Range<usize>) -> Result<()> + Sync,
) -> Result<()> {
    let rows = rows_per_piece(nanoseconds);
    let pieces = (0..len).step_by(rows).map(|start| start..(start + rows).min(len));
    for_pieces(run, len, rows, nanoseconds, pieces, |range, _| work(range))
}

/// What `make` makes of each of `pieces`, which stand for a row of `nanoseconds` of work each, in their order.
pub(crate) fn map_pieces<I, T>(
    run: &Run<'_>,
    nanoseconds: usize,
    pieces: I,
    make: impl Fn(I::Item, &Watch<'_>) -> Result<T> + Sync,
) -> Result<Counted<T>>
where
    I: ExactSizeIterator + Send,
    T: Send + Sync,
{
    let count = pieces.len();
    let mut places = vec_with_capacity(count)?;
    places.resize_with(count, OnceLock::new);
    let mut made = vec_with_capacity(count)?;
    for_pieces(run, count, 1, nanoseconds, pieces.zip(&places), |(piece, place), watch| {
        // Nobody else has this place.
        let _ = place.set(make(piece, watch)?);
        Ok(())
    })?;
    made.extend(places.drain(..).filter_map(OnceLock::into_inner));
    Ok(made)
}

/// Calls `work` once for every piece, each of which stands for `rows` of the `total` rows (the last for what is left).
/// Of several failing pieces the first decides the error, unless the call was told to stop.
pub(crate) fn for_pieces<I>(
    run: &Run<'_>,
    total: usize,
    rows: usize,
    nanoseconds: usize,
    pieces: I,
    work: impl Fn(I::Item, &Watch<'_>) -> Result<()> + Sync,
) -> Result<()>
where
    I: Iterator + Send,
{
    let shared = Shared {
        pieces: Mutex::new(pieces.enumerate()),
        work,
        is_over: AtomicBool::new(false),
        is_stopped: AtomicBool::new(false),
        done: AtomicU64::new(0),
        cancel: run.cancel,
        rows: rows as u64,
        total: total as u64,
    };
    let failure: Mutex<Option<Failure>> = Mutex::new(None);
    let worker = Worker::current();
    let help = || {
        if let Err(failed) = worker.work(|| shared.work(None)) {
            let mut first = failure.lock().unwrap_or_else(PoisonError::into_inner);
            if first.as_ref().is_none_or(|first| failed.number < first.number) {
                *first = Some(failed);
            }
        }
    };
    let helpers = worker_count(run, total, rows, nanoseconds) - 1;
    let own = pool::share(helpers, &help, || shared.work(run.progress));
    let failed = match own {
        // In the child of a fork all else may be half written.
        Err(own) if own.error.kind() == Kind::Cancelled => return Err(own.error),
        own => [own.err(), failure.into_inner().unwrap_or_else(PoisonError::into_inner)],
    };
    if let Some(first) = failed.into_iter().flatten().min_by_key(|failed| failed.number) {
        return Err(first.error);
    }
    match run.progress {
        Some(progress) if total > 0 => progress.finish(total as u64),
        _ => Ok(()),
    }
}

/// How many workers are worth while.
fn worker_count(run: &Run<'_>, total: usize, rows: usize, nanoseconds: usize) -> usize {
    let pieces = total.div_ceil(rows);
    let work = (total as u64).saturating_mul(nanoseconds as u64);
    if pieces <= 1 || work < SERIAL_NANOSECONDS {
        return 1;
    }
    run.most_workers().min(pieces)
}

/// What a call answers that was asked to stop.
fn stopped() -> Error {
    Error::new(Kind::Cancelled, format_args!("stopped by the progress callback or the cancel flag"))
}

/// A piece that failed.
struct Failure {
    number: usize,
    error: Error,
}

struct Shared<'a, I: Iterator, W> {
    pieces: Mutex<std::iter::Enumerate<I>>,
    work: W,
    /// No more pieces are to be taken.
    is_over: AtomicBool,
    is_stopped: AtomicBool,
    done: AtomicU64,
    cancel: Option<&'a AtomicI32>,
    rows: u64,
    total: u64,
}

impl<I: Iterator, W: Fn(I::Item, &Watch<'_>) -> Result<()>> Shared<'_, I, W> {
    /// Takes pieces until there are none or somebody stops.
    fn work(&self, progress: Option<&Progress<'_>>) -> std::result::Result<(), Failure> {
        let watch = Watch::new(self.cancel, &self.is_stopped, progress);
        if let Some(progress) = progress {
            progress.expect(self.total);
        }
        while !self.is_over.load(Ordering::Relaxed) {
            if let Err(error) = check_cancel(self.cancel) {
                return Err(self.fail(usize::MAX, error));
            }
            let next = self.pieces.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((number, piece)) = next else { break };
            #[cfg(test)]
            crate::planted::maybe_panic();
            if let Err(error) = (self.work)(piece, &watch) {
                return Err(self.fail(number, error));
            }
            let done = self.done.fetch_add(self.rows, Ordering::Relaxed) + self.rows;
            if let Some(progress) = progress {
                progress.reach(done, self.total);
                progress.check().map_err(|error| self.fail(usize::MAX, error))?;
            }
        }
        Ok(())
    }

    fn fail(&self, number: usize, error: Error) -> Failure {
        self.is_over.store(true, Ordering::Relaxed);
        if error.kind() == Kind::Cancelled {
            self.is_stopped.store(true, Ordering::Relaxed);
        }
        Failure { number, error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    fn run(workers: usize) -> Run<'static> {
        Run { workers, ..Run::default() }
    }

    #[test]
    fn every_row_is_done_once_with_any_number_of_workers() {
        for workers in [1, 2, 3, 8] {
            let mut out = vec![0u32; 100_003];
            for_chunks(&run(workers), &mut out, 1000, |start, out| {
                for (i, out) in out.iter_mut().enumerate() {
                    *out += (start + i) as u32;
                }
                Ok(())
            })
            .unwrap();
            assert!(out.iter().enumerate().all(|(i, &v)| v == i as u32));
        }
    }

    #[test]
    fn the_first_failing_row_decides_the_error() {
        for _ in 0..50 {
            let mut out = vec![0u8; 100_000];
            let error = for_chunks(&run(4), &mut out, 1000, |start, out| {
                let end = start + out.len();
                match [30_000, 30_700, 99_000].into_iter().find(|row| (start..end).contains(row)) {
                    Some(row) => Err(Error::at(Kind::Coordinate, row, format_args!("row {row}"))),
                    None => Ok(()),
                }
            })
            .unwrap_err();
            assert_eq!(error.item(), Some(30_000));
        }
    }

    #[test]
    fn progress_rises_to_the_total_and_can_stop() {
        let seen = RefCell::new(Vec::new());
        let slow = |_, _: &mut [u8]| {
            std::thread::sleep(Duration::from_millis(20));
            Ok(())
        };
        let note = |done, total| {
            seen.borrow_mut().push((done, total));
            true
        };
        let mut out = vec![0u8; 160];
        for_chunks(
            &Run { workers: 2, progress: Some(&Progress::new(&note)), ..Run::default() },
            &mut out,
            1 << 20,
            slow,
        )
        .unwrap();
        let told = seen.take();
        assert!(told.is_sorted() && told.last() == Some(&(160, 160)));

        let refuse = |_, _| false;
        let refuse = Progress::new(&refuse);
        let run = Run { progress: Some(&refuse), ..Run::default() };
        assert_eq!(for_chunks(&run, &mut out, 1 << 20, slow).unwrap_err().kind(), Kind::Cancelled);
    }

    #[test]
    fn who_only_polls_hears_nothing_of_short_calls_and_stops_long_pieces() {
        let told = Cell::new(0);
        let refuse = |_, _| {
            told.set(told.get() + 1);
            false
        };
        for workers in [1, 3] {
            let progress = Progress::poll(&refuse);
            let run = Run { workers, progress: Some(&progress), ..Run::default() };
            for_chunks(&run, &mut [0u8; 1000], 1000, |_, _| Ok(())).unwrap();
            assert_eq!(told.take(), 0);
            let left = AtomicU64::new(0);
            let stopped = for_pieces(&run, 3, 1, 1 << 30, 0..3, |_, watch| {
                for _ in 0..10_000 {
                    watch.step().inspect_err(|_| _ = left.fetch_add(1, Ordering::Relaxed))?;
                    std::thread::sleep(Duration::from_millis(1));
                }
                Ok(())
            });
            assert_eq!(stopped.unwrap_err().kind(), Kind::Cancelled);
            assert_eq!(told.take(), 1);
            assert!((1..=workers as u64).contains(&left.into_inner()));
        }
    }

    #[test]
    fn what_is_made_of_pieces_comes_in_their_order() {
        for workers in [1, 2, 8] {
            let made = map_pieces(&run(workers), 1 << 20, 0..100u32, |i, _| Ok(vec![i; i as usize])).unwrap();
            assert!(made.len() == 100 && made.iter().enumerate().all(|(i, v)| *v == vec![i as u32; i]));
            let failed = map_pieces(&run(workers), 1 << 20, 0..100usize, |i, _| match i {
                40.. => Err(Error::at(Kind::Argument, i, format_args!("{i}"))),
                _ => Ok(vec![i]),
            });
            assert_eq!(failed.unwrap_err().item(), Some(40));
        }
    }

    #[test]
    fn a_set_cancel_flag_stops_before_the_first_piece() {
        let flag = AtomicI32::new(1);
        let run = Run { cancel: Some(&flag), ..Run::default() };
        let error = for_chunks(&run, &mut [0u8; 10], 1, |_, _| panic!("must not be called")).unwrap_err();
        assert_eq!(error.kind(), Kind::Cancelled);
    }
}
