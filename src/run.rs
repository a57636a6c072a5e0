//! How a call runs: which instructions, how many threads, who is told, who may stop it.
//!
//! Threads are scoped to the call: nothing outlives it, so there is no pool to share, to shut down or to lose in a fork.
//! Starting them costs about 30 microseconds, which only calls of `SERIAL_NANOSECONDS` or more pay. Work is cut into
//! pieces that are the same for any number of workers, and every piece writes its own part of the output: results cannot
//! depend on how many threads there were.

use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Error, Kind, Result};
use crate::memory::Worker;
use crate::simd::Level;

/// Calls with less work than this run on the calling thread alone.
const SERIAL_NANOSECONDS: u64 = 300_000;

/// Work handed out at a time: also the time between two looks at the cancel flag.
const PIECE_NANOSECONDS: u64 = 500_000;

/// The shortest time between two progress calls.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// How to run a call. The default uses the best instructions and all cores, silently.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// The instructions to use.
    pub level: Level,
    /// Threads to use, the calling one included; 0 means one per core.
    pub workers: usize,
    /// Told (done, total) a few times a second on the calling thread; answers whether to go on.
    pub progress: Option<&'a dyn Fn(u64, u64) -> bool>,
    /// The call stops soon after this becomes non-zero.
    pub cancel: Option<&'a AtomicI32>,
    /// Measures may write before all coordinates were checked, which saves them a reading.
    pub is_direct: bool,
}

impl Default for Run<'_> {
    fn default() -> Self {
        Run { level: Level::detect(), workers: 0, progress: None, cancel: None, is_direct: false }
    }
}

/// Refuses to go on when the flag of a [`Run`] is set.
#[inline]
pub(crate) fn check_cancel(flag: Option<&AtomicI32>) -> Result<()> {
    if flag.is_some_and(|flag| flag.load(Ordering::Relaxed) != 0) { Err(stopped()) } else { Ok(()) }
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
    for_pieces(run, total, rows, nanoseconds, pieces, |(i, out)| work(i * rows, out))
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
    for_pieces(run, len, rows, nanoseconds, pieces, work)
}

/// Calls `work` once for every piece, each of which stands for `rows` of the `total` rows (the last for what is left).
/// Of several failing pieces the first decides the error.
pub(crate) fn for_pieces<I>(
    run: &Run<'_>,
    total: usize,
    rows: usize,
    nanoseconds: usize,
    pieces: I,
    work: impl Fn(I::Item) -> Result<()> + Sync,
) -> Result<()>
where
    I: Iterator + Send,
{
    let shared = Shared {
        pieces: Mutex::new(pieces.enumerate()),
        work,
        stop: AtomicBool::new(false),
        done: AtomicU64::new(0),
        failure: Mutex::new(None),
        cancel: run.cancel,
        rows: rows as u64,
        total: total as u64,
    };
    let workers = worker_count(run.workers, total, rows, nanoseconds);
    if workers == 1 {
        shared.run(run.progress);
    } else {
        let worker = Worker::current();
        thread::scope(|scope| {
            let start = |_| {
                let shared = &shared;
                let work = move || worker.work(|| shared.run(None));
                thread::Builder::new().name("polyfind".into()).spawn_scoped(scope, work).ok()
            };
            // A thread that cannot be started leaves its work to the others.
            let helpers: Vec<_> = (1..workers).map_while(start).collect();
            shared.run(run.progress);
            for helper in helpers {
                if let Err(panic) = helper.join() {
                    resume_unwind(panic);
                }
            }
        });
    }
    if let Some((_, error)) = shared.failure.into_inner().unwrap_or_else(|poison| poison.into_inner()) {
        return Err(error);
    }
    match run.progress {
        Some(progress) if total > 0 && !progress(total as u64, total as u64) => Err(stopped()),
        _ => Ok(()),
    }
}

fn worker_count(asked: usize, total: usize, rows: usize, nanoseconds: usize) -> usize {
    let pieces = total.div_ceil(rows);
    let work = (total as u64).saturating_mul(nanoseconds as u64);
    if asked == 1 || pieces <= 1 || work < SERIAL_NANOSECONDS {
        return 1;
    }
    // Asking the system takes as long as a small call: it is asked last.
    let cores = if asked == 0 { thread::available_parallelism().map_or(1, usize::from) } else { asked };
    cores.min(pieces).min(1024)
}

/// What a call answers that was asked to stop.
pub(crate) fn stopped() -> Error {
    Error::new(Kind::Cancelled, format_args!("stopped by the progress callback or the cancel flag"))
}

struct Shared<'a, I: Iterator, W> {
    pieces: Mutex<std::iter::Enumerate<I>>,
    work: W,
    stop: AtomicBool,
    done: AtomicU64,
    /// The failing piece with the lowest number, and its error.
    failure: Mutex<Option<(usize, Error)>>,
    cancel: Option<&'a AtomicI32>,
    rows: u64,
    total: u64,
}

impl<I: Iterator, W: Fn(I::Item) -> Result<()>> Shared<'_, I, W> {
    /// Takes pieces until there are none or somebody stops.
    fn run(&self, progress: Option<&dyn Fn(u64, u64) -> bool>) {
        let mut told = Instant::now();
        while !self.stop.load(Ordering::Relaxed) {
            if let Err(error) = check_cancel(self.cancel) {
                return self.fail(usize::MAX, error);
            }
            let next = self.pieces.lock().unwrap_or_else(|poison| poison.into_inner()).next();
            let Some((number, piece)) = next else { return };
            #[cfg(test)]
            crate::planted::maybe_panic();
            if let Err(error) = (self.work)(piece) {
                return self.fail(number, error);
            }
            let done = self.done.fetch_add(self.rows, Ordering::Relaxed) + self.rows;
            if let Some(progress) = progress
                && told.elapsed() >= PROGRESS_EVERY
            {
                told = Instant::now();
                if !progress(done.min(self.total), self.total) {
                    return self.fail(usize::MAX, stopped());
                }
            }
        }
    }

    fn fail(&self, number: usize, error: Error) {
        self.stop.store(true, Ordering::Relaxed);
        let mut failure = self.failure.lock().unwrap_or_else(|poison| poison.into_inner());
        if failure.as_ref().is_none_or(|(first, _)| number < *first) {
            *failure = Some((number, error));
        }
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
            thread::sleep(Duration::from_millis(20));
            Ok(())
        };
        let note = |done, total| {
            seen.borrow_mut().push((done, total));
            true
        };
        let mut out = vec![0u8; 160];
        for_chunks(&Run { workers: 2, progress: Some(&note), ..Run::default() }, &mut out, 1 << 20, slow).unwrap();
        let told = seen.take();
        assert!(told.is_sorted() && told.last() == Some(&(160, 160)));

        let refuse = |_, _| false;
        let run = Run { progress: Some(&refuse), ..Run::default() };
        assert_eq!(for_chunks(&run, &mut out, 1 << 20, slow).unwrap_err().kind(), Kind::Cancelled);
    }

    #[test]
    fn a_set_cancel_flag_stops_before_the_first_piece() {
        let flag = AtomicI32::new(1);
        let run = Run { cancel: Some(&flag), ..Run::default() };
        let error = for_chunks(&run, &mut [0u8; 10], 1, |_, _| panic!("must not be called")).unwrap_err();
        assert_eq!(error.kind(), Kind::Cancelled);
    }
}
