//! The progress of a build as one number, though each of its stages counts for itself.

use std::cell::Cell;

use super::Uses;
use crate::error::Result;
use crate::run::Run;

/// A part of the build, and about what share of the time it takes.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Stage {
    Measures = 2,
    Centers = 3,
    Insides = 16,
    Distances = 4,
}

/// What is told for each share.
const STEPS: u64 = 1000;

/// See the module.
pub(super) struct Stages<'a> {
    run: &'a Run<'a>,
    total: u64,
    /// Where the stages before this one end.
    start: Cell<u64>,
}

impl<'a> Stages<'a> {
    pub(super) fn new(run: &'a Run<'a>, uses: Uses) -> Self {
        let insides = uses.insides || uses.distances;
        let stages = [
            (Stage::Measures, true),
            (Stage::Centers, uses.centers),
            (Stage::Insides, insides),
            (Stage::Distances, uses.distances),
        ];
        let shares: u64 = stages.iter().filter(|(_, is_used)| *is_used).map(|(stage, _)| *stage as u64).sum();
        // One more step, for what follows the last stage.
        Stages { run, total: shares * STEPS + 1, start: Cell::new(0) }
    }

    /// Runs a stage. It may count from the start more than once: what is told never falls.
    pub(super) fn run<T>(&self, stage: Stage, work: impl FnOnce(&Run<'_>) -> Result<T>) -> Result<T> {
        let (start, steps) = (self.start.get(), stage as u64 * STEPS);
        let result = self.run.part(start, steps, self.total, work)?;
        self.start.set(start + steps);
        Ok(result)
    }

    /// All is done.
    pub(super) fn finish(&self) -> Result<()> {
        self.run.finish(self.total)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::sync::atomic::{AtomicI32, Ordering};

    use crate::error::Kind;
    use crate::index::{Index, Uses};
    use crate::run::{Progress, Run};
    use crate::testing::{Columns, Random, Table};

    #[test]
    fn progress_covers_the_whole_build_and_may_stop_it_anywhere() {
        let mut random = Random(51);
        let places = Columns::new((0..3000).map(|_| (random.unit(), random.unit())));
        let table = Table::of_centers(&places);
        let seen = RefCell::new(Vec::new());
        let note = |done, total| {
            seen.borrow_mut().push((done, total));
            true
        };
        for (uses, least) in [(Uses::ALL, 4), (Uses::CENTERS, 2)] {
            Index::build(&table.view(), uses, &Run { progress: Some(&Progress::new(&note)), ..Run::default() })
                .unwrap();
            let told = seen.take();
            let total = told[0].1;
            assert!(told.is_sorted() && told.iter().all(|(_, t)| *t == total), "{told:?}");
            assert_eq!(told.iter().filter(|(done, _)| *done == total).count(), 1, "{told:?}");
            assert_eq!(told.last(), Some(&(total, total)));
            assert!(told.len() >= least, "{told:?}");
            for calls in 1..=told.len() {
                let stop = |done, total| {
                    note(done, total);
                    seen.borrow().len() < calls
                };
                let stop = Progress::new(&stop);
                let stopped = Index::build(&table.view(), uses, &Run { progress: Some(&stop), ..Run::default() });
                assert_eq!(stopped.unwrap_err().kind(), Kind::Cancelled);
                assert_eq!(seen.take().len(), calls);
            }
        }
    }

    #[test]
    fn a_cancel_flag_set_during_any_stage_stops_the_build() {
        let table = Table::of_centers(&Columns::new((0..3000).map(|i| (f64::from(i % 61), f64::from(i)))));
        let calls = |limit: i32| {
            let (flag, told) = (AtomicI32::new(0), AtomicI32::new(0));
            let tell = |done, total| {
                if told.fetch_add(1, Ordering::Relaxed) + 1 == limit && done < total {
                    flag.store(1, Ordering::Relaxed);
                }
                true
            };
            let tell = Progress::new(&tell);
            let run = Run { progress: Some(&tell), cancel: Some(&flag), ..Run::default() };
            let is_built = Index::build(&table.view(), Uses::ALL, &run).is_ok();
            (is_built, told.into_inner())
        };
        let (is_built, all) = calls(0);
        assert!(is_built && all > 3);
        for limit in 1..all {
            assert_eq!(calls(limit), (limit == all, limit), "of {all}");
        }
    }
}
