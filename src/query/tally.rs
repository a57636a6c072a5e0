//! What do the points of each polygon come to? No pairs are kept, only what they add to a [`Tally`].

use std::sync::{Mutex, PoisonError, TryLockError};

use super::ask::{ask, check_finite};
use super::{Asked, Matches, NONE, Order, Output, Ranked, Relate, Relation, Verb, best};
use crate::coords::Points;
use crate::error::{Error, Kind, Result};
use crate::index::Index;
use crate::memory::{Counted, vec_filled};
use crate::run::Run;
use crate::simd::Lanes;
use crate::tally::{Reach, Tally};

/// What points have beside their places.
#[derive(Clone, Copy, Debug, Default)]
pub struct Attributes<'a> {
    /// A number for each point, NaN for none.
    pub values: Option<&'a [f64]>,
    /// The group of each point; [`NONE`] for those that are left out.
    pub groups: Option<&'a [i32]>,
}

/// Which of its matches a point counts for.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// All of them.
    All,
    /// The best.
    Best(Order<'a>),
}

/// Adds every point to the polygons of `index` that it matches, for which `tally` was made. One that fails or is stopped adds
/// nothing.
pub fn tally(
    index: &Index,
    points: &Points<'_>,
    attributes: Attributes<'_>,
    relation: Relation,
    which: Which<'_>,
    run: &Run<'_>,
    tally: &mut Tally,
) -> Result<()> {
    if tally.polygons() != index.len() {
        let (own, wanted) = (tally.polygons(), index.len());
        return Err(Error::new(Kind::Argument, format_args!("tally has {own} polygons, index has {wanted}")));
    }
    let reach = attributes.check(points.len(), tally.groups(), run)?;
    let news = News { tally, attributes, reach, kept: Mutex::default() };
    let asked = match which {
        Which::All => ask(index, points, relation, false, Every, run, Sink::new(&news, 0, points.len())),
        Which::Best(order) => ask_best(index, points, relation, order, run, &news),
    };
    if let Err(error) = asked {
        // In the child of a fork nobody comes back any more who was bringing something.
        let is_taken = matches!(news.kept.try_lock(), Err(TryLockError::WouldBlock));
        if is_taken {
            std::mem::forget(news);
        }
        return Err(error);
    }
    let Kept { entries, sums } = news.kept.into_inner().unwrap_or_else(PoisonError::into_inner);
    tally.reserve(reach)?;
    // Nothing fails from here on.
    entries.iter().for_each(|entry| tally.add(entry.row, entry.value));
    if let Some(sums) = sums {
        tally.add_all(&sums);
    }
    Ok(())
}

/// Points whose best matches are kept at a time.
const CHOSEN: usize = 1 << 18;

/// Some points at a time, whose matches lie in a column for a moment.
fn ask_best(
    index: &Index,
    points: &Points<'_>,
    relation: Relation,
    order: Order<'_>,
    run: &Run<'_>,
    news: &News<'_>,
) -> Result<()> {
    let total = points.len();
    run.part(0, 0, total as u64, |run| check_finite(points, run))?;
    let mut polygons = vec_filled(NONE, total.min(CHOSEN))?;
    // Of no points, too, it says whether the question is a good one.
    for start in (0..total.max(1)).step_by(CHOSEN) {
        let rows = (total - start).min(CHOSEN);
        let polygons = &mut polygons[..rows];
        run.part(start as u64, rows as u64, total as u64, |run| {
            best(index, &points.part(start..start + rows)?, relation, order, run, Ranked::new(1, polygons, None))
        })?;
        let mut sink = Sink::new(news, start, rows);
        let found = polygons.iter().enumerate().filter(|&(_, &polygon)| polygon != NONE);
        for (row, &polygon) in found {
            sink.add(row, polygon)?;
        }
        sink.hand_over()?;
    }
    Ok(())
}

/// Attributes between two looks at whether to go on.
const CHECKED: usize = 1 << 20;

impl Attributes<'_> {
    /// Refuses what does not fit the points, infinite values and unknown groups; answers what the values reach.
    fn check(&self, points: usize, groups: usize, run: &Run<'_>) -> Result<Option<Reach>> {
        let lengths = [("values", self.values.map(<[f64]>::len)), ("groups", self.groups.map(<[i32]>::len))];
        for (name, len) in lengths.into_iter().filter_map(|(name, len)| Some((name, len?))) {
            if len != points {
                let text = format_args!("attributes.{name} has {len} elements for {points} points");
                return Err(Error::new(Kind::Argument, text));
            }
        }
        if self.groups.is_none() && groups != 1 && points > 0 {
            return Err(Error::new(Kind::Argument, format_args!("attributes.groups is missing: tally has {groups}")));
        }
        for (start, some) in chunks(self.groups.unwrap_or_default()) {
            run.check()?;
            if let Some(i) = some.iter().position(|&group| group < NONE || group as i64 >= groups as i64) {
                let (row, group) = (start + i, some[i]);
                let text = format_args!("attributes.groups[{row}] = {group} is not one of {groups} groups, nor -1");
                return Err(Error::at(Kind::Argument, row, text));
            }
        }
        let Some(values) = self.values else { return Ok(None) };
        let mut reach = Reach::default();
        for (start, some) in chunks(values) {
            run.check()?;
            for (i, &value) in some.iter().enumerate() {
                if value.is_infinite() {
                    let row = start + i;
                    let text = format_args!("attributes.values[{row}] is not finite: {value}");
                    return Err(Error::at(Kind::Argument, row, text));
                }
                if !value.is_nan() {
                    reach.add(value);
                }
            }
        }
        Ok(Some(reach))
    }
}

fn chunks<T>(all: &[T]) -> impl Iterator<Item = (usize, &[T])> {
    all.chunks(CHECKED).enumerate().map(|(i, some)| (i * CHECKED, some))
}

/// Adds to a row of a tally.
#[derive(Clone, Copy, Default)]
struct Entry {
    row: usize,
    /// NaN for none.
    value: f64,
}

/// What a call has found, which becomes part of the tally when all is done.
struct News<'a> {
    tally: &'a Tally,
    attributes: Attributes<'a>,
    reach: Option<Reach>,
    kept: Mutex<Kept>,
}

/// Entries as long as they are few, which spares small calls the rows of a large tally; then their sums.
#[derive(Default)]
struct Kept {
    entries: Counted<Entry>,
    sums: Option<Tally>,
}

/// Entries that are few for any tally.
const FEW: usize = 4096;

impl News<'_> {
    fn take(&self, entries: &[Entry]) -> Result<()> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let Kept { entries: few, sums } = &mut *kept;
        if sums.is_none() {
            if few.len() + entries.len() <= FEW.max(self.tally.rows() / 2) {
                few.reserve(entries.len())?;
                few.extend_from_slice(entries);
                return Ok(());
            }
            let mut made = self.tally.like()?;
            made.reserve(self.reach)?;
            std::mem::take(few).iter().for_each(|entry| made.add(entry.row, entry.value));
            *sums = Some(made);
        }
        if let Some(sums) = sums {
            entries.iter().for_each(|entry| sums.add(entry.row, entry.value));
        }
        Ok(())
    }
}

/// Entries that are handed over at a time.
const HANDFUL: usize = 128;

/// Where the matches of some points go: rows from `start` on. It owns nothing, so that a fork may find it anywhere.
struct Sink<'a> {
    news: &'a News<'a>,
    start: usize,
    rows: usize,
    len: usize,
    entries: [Entry; HANDFUL],
}

impl<'a> Sink<'a> {
    fn new(news: &'a News<'a>, start: usize, rows: usize) -> Self {
        Sink { news, start, rows, len: 0, entries: [Entry::default(); HANDFUL] }
    }

    #[inline(always)]
    fn add(&mut self, row: usize, polygon: i32) -> Result<()> {
        let Attributes { values, groups } = self.news.attributes;
        let point = self.start + row;
        let group = groups.map_or(0, |groups| groups[point]);
        if group == NONE {
            return Ok(());
        }
        let row = polygon as usize * self.news.tally.groups() + group as usize;
        self.entries[self.len] = Entry { row, value: values.map_or(f64::NAN, |values| values[point]) };
        self.len += 1;
        if self.len == HANDFUL { self.hand_over() } else { Ok(()) }
    }

    fn hand_over(&mut self) -> Result<()> {
        self.news.take(&self.entries[..std::mem::take(&mut self.len)])
    }
}

impl Output for Sink<'_> {
    fn rows(&self) -> usize {
        self.rows
    }

    fn split(self, rows: usize) -> (Self, Self) {
        let Sink { news, start, rows: all, .. } = self;
        (Sink::new(news, start, rows), Sink::new(news, start + rows, all - rows))
    }
}

/// Every match counts.
#[derive(Clone, Copy)]
struct Every;

/// Takes the matches of a point; what failed is remembered.
struct Row<'s, 'a> {
    sink: &'s mut Sink<'a>,
    row: usize,
    outcome: Result<()>,
}

impl Matches for Row<'_, '_> {
    #[inline(always)]
    fn add(&mut self, polygon: i32, _: f64) -> bool {
        self.outcome = self.sink.add(self.row, polygon);
        self.outcome.is_ok()
    }
}

impl<'a> Verb<Sink<'a>> for Every {
    type Extra = ();

    #[inline(always)]
    fn answer<V: Lanes, R: Relate>(
        self,
        mut asked: Asked<'_, R>,
        row: usize,
        sink: &mut Sink<'a>,
        _: &mut (),
    ) -> Result<()> {
        let mut matches = Row { sink, row, outcome: Ok(()) };
        asked.feed::<V>(&mut matches)?;
        matches.outcome
    }

    fn finish(self, _number: usize, mut sink: Sink<'a>, (): ()) -> Result<()> {
        sink.hand_over()
    }
}
