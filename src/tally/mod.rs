//! What is known of the points that polygons were matched with: how many, and the sum, mean, least and most of a number that they bring
//! along. No pairs are kept.
//!
//! Everything is exact (`sums` says how), so a tally depends neither on the order of points nor on how they were cut into calls, tallies and
//! threads.

mod sums;

use crate::error::{Error, Kind, Result};
use crate::memory::vec_filled;
use crate::run::{Run, for_chunks};

pub(crate) use sums::Reach;
use sums::Sums;

/// About how long an element of a column takes.
const ELEMENT_NANOSECONDS: usize = 10;

/// Columns with a row for every group of every polygon: group g of polygon p has row p * groups + g.
#[derive(Debug)]
pub struct Tally {
    polygons: usize,
    groups: usize,
    points: Vec<u64>,
    /// None before anybody brought values.
    values: Option<Values>,
}

#[derive(Debug)]
struct Values {
    extremes: Vec<Extremes>,
    sums: Sums,
}

#[derive(Clone, Copy, Debug)]
struct Extremes {
    count: u64,
    least: f64,
    most: f64,
}

impl Extremes {
    const NONE: Extremes = Extremes { count: 0, least: f64::NAN, most: f64::NAN };

    /// 0 is more than -0 here, so that order does not matter.
    #[inline(always)]
    fn add(&mut self, other: Extremes) {
        if self.count == 0 || other.least.total_cmp(&self.least).is_lt() {
            self.least = other.least;
        }
        if self.count == 0 || other.most.total_cmp(&self.most).is_gt() {
            self.most = other.most;
        }
        self.count += other.count;
    }
}

/// A column of whole numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Count {
    /// Points.
    Points,
    /// Points that brought a value.
    Values,
}

/// A column of doubles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    /// The sum of the values, rounded once; 0 where there are none.
    Sum,
    /// That divided by their number; NaN where there are none.
    Mean,
    /// The least value; NaN where there are none.
    Min,
    /// The greatest value; NaN where there are none.
    Max,
}

impl Tally {
    /// Of no points.
    pub fn new(polygons: usize, groups: usize) -> Result<Self> {
        let rows = polygons.checked_mul(groups).ok_or_else(|| {
            let text = format_args!("groups = {groups} of {polygons} polygons are more than memory can hold");
            Error::new(Kind::Argument, text)
        })?;
        Ok(Tally { polygons, groups, points: vec_filled(0, rows)?.keep(), values: None })
    }

    /// Another of no points with the same rows.
    pub(crate) fn like(&self) -> Result<Self> {
        Tally::new(self.polygons, self.groups)
    }

    /// Polygons of its index.
    pub fn polygons(&self) -> usize {
        self.polygons
    }

    /// Groups of each polygon.
    pub fn groups(&self) -> usize {
        self.groups
    }

    /// Rows of its columns.
    pub fn rows(&self) -> usize {
        self.points.len()
    }

    /// What was added so far has this reach; None where no values were.
    fn reach(&self) -> Option<Reach> {
        self.values.as_ref().map(|values| values.sums.reach())
    }

    /// Makes room for values within `reach`; nothing that can be read changes.
    pub(crate) fn reserve(&mut self, reach: Option<Reach>) -> Result<()> {
        let (rows, Some(reach)) = (self.rows(), reach) else { return Ok(()) };
        match &mut self.values {
            Some(values) => {
                if let Some(wide) = values.sums.widened(rows, reach)? {
                    values.sums = wide;
                }
            }
            None => {
                let extremes = vec_filled(Extremes::NONE, rows)?;
                let sums = Sums::new(rows, reach)?;
                self.values = Some(Values { extremes: extremes.keep(), sums });
            }
        }
        Ok(())
    }

    /// Counts a point for a row; for its value, NaN if it has none, there is room.
    #[inline(always)]
    pub(crate) fn add(&mut self, row: usize, value: f64) {
        self.points[row] += 1;
        if let Some(values) = &mut self.values
            && !value.is_nan()
        {
            values.extremes[row].add(Extremes { count: 1, least: value, most: value });
            values.sums.add(row, value);
        }
    }

    /// Adds what another of the same rows has, for which there is room.
    pub(crate) fn add_all(&mut self, other: &Tally) {
        for (to, from) in self.points.iter_mut().zip(&other.points) {
            *to += from;
        }
        if let (Some(values), Some(others)) = (&mut self.values, &other.values) {
            let rows = values.extremes.iter_mut().zip(&others.extremes);
            rows.filter(|(_, from)| from.count > 0).for_each(|(to, from)| to.add(*from));
            values.sums.merge(&others.sums);
        }
    }

    /// Adds what another, which was made for as many polygons and groups, has. One that fails or is stopped adds nothing.
    pub fn merge(&mut self, other: &Tally, run: &Run<'_>) -> Result<()> {
        for (name, of_other, own) in
            [("polygons", other.polygons, self.polygons), ("groups", other.groups, self.groups)]
        {
            if of_other != own {
                return Err(Error::new(Kind::Argument, format_args!("other has {of_other} {name}, tally has {own}")));
            }
        }
        run.check()?;
        self.reserve(other.reach())?;
        if self.rows() > 0 {
            run.finish(self.rows() as u64)?;
        }
        self.add_all(other);
        Ok(())
    }

    /// Writes a column of whole numbers, one for each row.
    pub fn counts(&self, of: Count, run: &Run<'_>, out: &mut [u64]) -> Result<()> {
        for_chunks(run, out, ELEMENT_NANOSECONDS, |start, out| {
            match (of, &self.values) {
                (Count::Points, _) => out.copy_from_slice(&self.points[start..start + out.len()]),
                (Count::Values, None) => out.fill(0),
                (Count::Values, Some(values)) => {
                    for (to, extremes) in out.iter_mut().zip(&values.extremes[start..]) {
                        *to = extremes.count;
                    }
                }
            }
            Ok(())
        })
    }

    /// Writes a column of doubles, one for each row.
    pub fn measures(&self, measure: Measure, run: &Run<'_>, out: &mut [f64]) -> Result<()> {
        for_chunks(run, out, ELEMENT_NANOSECONDS, |start, out| {
            for (i, to) in out.iter_mut().enumerate() {
                *to = self.measure(measure, start + i);
            }
            Ok(())
        })
    }

    fn measure(&self, measure: Measure, row: usize) -> f64 {
        let extremes = self.values.as_ref().map_or(Extremes::NONE, |values| values.extremes[row]);
        let sum = || self.values.as_ref().map_or(0.0, |values| values.sums.rounded(row));
        match measure {
            Measure::Sum => sum(),
            Measure::Mean if extremes.count == 0 => f64::NAN,
            Measure::Mean => sum() / extremes.count as f64,
            Measure::Min => extremes.least,
            Measure::Max => extremes.most,
        }
    }
}
