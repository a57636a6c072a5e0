//! Expressions that ask an index about points: columns x and y, the index, and the question.
//!
//! Plain columns are asked about where they lie. Where numbers are missing or NaN, or of other types, those of the points that are there
//! are gathered first; the others have no answer.

use std::ops::Range;

use super::arrow::ArrowSchema;
use super::given::{Column, Inputs, Numbers, check_numbers};
use super::made::{Bits, Made, Values};
use super::opened::open;
use crate::coords::Points;
use crate::error::{Error, Kind, Result};
use crate::ffi::types::*;
use crate::index::Index;
use crate::memory::{Counted, vec_with_capacity};
use crate::query::{self, Order, Ranked, Relation};
use crate::run::Run;

/// What a point without an answer has.
const NONE: i32 = -1;

/// Refuses columns of points that are no numbers.
pub(super) fn check(fields: &[&ArrowSchema]) -> Result<()> {
    ["x", "y"].iter().zip(fields).try_for_each(|(name, field)| check_numbers(field.format(), name))
}

/// Which polygon each point is in, or matches otherwise.
pub(super) fn best(inputs: &Inputs<'_>, run: &Run<'_>) -> Result<Made> {
    let question = Question::of(inputs)?;
    let order = question.order()?;
    let asked = |index: &Index, points: &Points<'_>, rows: &mut [i32], _: &mut [f64]| {
        query::best(index, points, question.relation, order, run, Ranked::new(1, rows, None))
    };
    rows_of(answers(inputs, run, false, asked)?.rows)
}

/// How many polygons each point matches.
pub(super) fn count(inputs: &Inputs<'_>, run: &Run<'_>) -> Result<Made> {
    let question = Question::of(inputs)?;
    let asked = |index: &Index, points: &Points<'_>, rows: &mut [i32], _: &mut [f64]| {
        let mut counts = zeros(rows.len(), 0u32)?;
        query::count(index, points, question.relation, run, &mut counts)?;
        // There are not so many polygons that their number is no row.
        rows.iter_mut().zip(counts.iter()).for_each(|(row, &count)| *row = count as i32);
        Ok(())
    };
    rows_of(answers(inputs, run, false, asked)?.rows)
}

/// Whether each point matches any polygon.
pub(super) fn any(inputs: &Inputs<'_>, run: &Run<'_>) -> Result<Made> {
    let question = Question::of(inputs)?;
    let asked = |index: &Index, points: &Points<'_>, rows: &mut [i32], _: &mut [f64]| {
        let mut flags = zeros(rows.len(), 0u8)?;
        query::any(index, points, question.relation, run, &mut flags)?;
        rows.iter_mut().zip(flags.iter()).for_each(|(row, &flag)| *row = flag.into());
        Ok(())
    };
    let rows = answers(inputs, run, false, asked)?.rows;
    let flags = Bits::new(rows.len(), |row| rows[row] == 1)?;
    Ok(Made::new(Values::Flags(flags), there(&rows)?))
}

/// The nearest polygon of each point.
pub(super) fn nearest(inputs: &Inputs<'_>, run: &Run<'_>) -> Result<Made> {
    rows_of(nearest_of(inputs, run, false)?.rows)
}

/// The same, and how far away it is.
pub(super) fn nearest_with_distance(inputs: &Inputs<'_>, run: &Run<'_>) -> Result<Made> {
    let Answers { rows, distances } = nearest_of(inputs, run, true)?;
    let there = there(&rows)?;
    Ok(Made::new(Values::Nearest(rows.keep(), distances.keep()), there))
}

fn nearest_of(inputs: &Inputs<'_>, run: &Run<'_>, with_distances: bool) -> Result<Answers> {
    let limit = inputs.column(DISTANCE, "max_distance")?.number()?;
    answers(inputs, run, with_distances, |index, points, rows, distances| {
        let distances = with_distances.then_some(distances);
        query::nearest_polygons(index, points, 1, limit, run, Ranked::new(1, rows, distances))
    })
}

/// A column of rows.
fn rows_of(rows: Counted<i32>) -> Result<Made> {
    let there = there(&rows)?;
    Ok(Made::new(Values::Rows(rows.keep()), there))
}

/// Which points have an answer.
fn there(rows: &[i32]) -> Result<Bits> {
    Bits::new(rows.len(), |row| rows[row] != NONE)
}

/// Where the parameters are.
const INDEX: usize = 2;
const RELATION: usize = 3;
const ORDER: usize = 4;
const DISTANCE: usize = 5;

/// What is asked, in the numbers of the header.
struct Question {
    relation: Relation,
    order: u32,
}

impl Question {
    fn of(inputs: &Inputs<'_>) -> Result<Self> {
        let number = |at, name| inputs.column(at, name)?.number();
        let distance = number(DISTANCE, "distance")?;
        let relation = match number(RELATION, "predicate")? as u32 {
            PF_CLOSE => Relation::Close { distance },
            PF_COVERS => Relation::Covers,
            PF_CONTAINS => Relation::Contains,
            PF_OWNS => Relation::Owns,
            PF_DWITHIN => Relation::Dwithin { distance },
            other => return Err(unknown("predicate", other)),
        };
        Ok(Question { relation, order: number(ORDER, "rule")? as u32 })
    }

    fn order(&self) -> Result<Order<'static>> {
        match self.order {
            PF_BY_POLYGON => Ok(Order::Polygon),
            PF_BY_DISTANCE => Ok(Order::Distance),
            PF_BY_AREA => Ok(Order::Area),
            PF_BY_CENTER => Ok(Order::Center),
            other => Err(unknown("rule", other)),
        }
    }
}

fn unknown(name: &str, number: u32) -> Error {
    Error::new(Kind::Argument, format_args!("{name}: {number} is not known to this version of the library"))
}

/// One answer for each point.
struct Answers {
    rows: Counted<i32>,
    /// As many, or none.
    distances: Counted<f64>,
}

/// `len` elements.
fn zeros<T: Clone>(len: usize, value: T) -> Result<Counted<T>> {
    let mut column = vec_with_capacity(len)?;
    column.resize(len, value);
    Ok(column)
}

/// Asks about all points, those of two arrays at a time.
fn answers(
    inputs: &Inputs<'_>,
    run: &Run<'_>,
    with_distances: bool,
    ask: impl Fn(&Index, &Points<'_>, &mut [i32], &mut [f64]) -> Result<()>,
) -> Result<Answers> {
    let (x, y) = (inputs.column(0, "x")?, inputs.column(1, "y")?);
    let index = open(inputs.column(INDEX, "index")?, run)?;
    let len = match (x.len(), y.len()) {
        (1, len) | (len, 1) => len,
        (len, other) if len == other => len,
        (len, other) => {
            return Err(Error::new(Kind::Argument, format_args!("x has {len} rows, but y has {other}")));
        }
    };
    let rows = zeros(len, NONE)?;
    let distances = zeros(if with_distances { len } else { 0 }, f64::NAN)?;
    let mut answers = Answers { rows, distances };
    let (xs, ys) = (parts(x, len)?, parts(y, len)?);
    let (mut i, mut j, mut start) = (0, 0, 0);
    while start < len {
        let (x, y) = (&xs[i], &ys[j]);
        let end = x.rows.end.min(y.rows.end);
        let rows = &mut answers.rows[start..end];
        let distances = if with_distances { &mut answers.distances[start..end] } else { &mut [] };
        Piece { x, y, rows: start..end }
            .ask(rows, distances, |points, rows, distances| ask(&index, points, rows, distances))?;
        i += usize::from(x.rows.end == end);
        j += usize::from(y.rows.end == end);
        start = end;
    }
    Ok(answers)
}

/// Some rows of a column.
struct Part<'a> {
    rows: Range<usize>,
    numbers: Numbers<'a>,
}

/// The arrays of a column, or the one number that all `len` rows have.
fn parts(column: Column<'_>, len: usize) -> Result<Counted<Part<'_>>> {
    let mut parts = vec_with_capacity(column.chunks().count())?;
    let mut start = 0;
    for chunk in column.chunks().filter(|chunk| chunk.len() > 0) {
        let numbers = chunk.numbers()?;
        let is_all = column.len() == 1 && len != 1;
        let end = if is_all { len } else { start + chunk.len() };
        parts.push(Part { rows: start..end, numbers: if is_all { Numbers::all(numbers.get(0)) } else { numbers } });
        start = end;
    }
    Ok(parts)
}

/// Points whose x and y are in one array each.
struct Piece<'a> {
    x: &'a Part<'a>,
    y: &'a Part<'a>,
    rows: Range<usize>,
}

impl Piece<'_> {
    fn ask(
        &self,
        rows: &mut [i32],
        distances: &mut [f64],
        ask: impl Fn(&Points<'_>, &mut [i32], &mut [f64]) -> Result<()>,
    ) -> Result<()> {
        match self.plain().map(|points| ask(&points?, rows, distances)) {
            // Something is NaN or infinite.
            Some(Err(error)) if error.kind() == Kind::Coordinate => {}
            Some(asked) => return asked,
            None => {}
        }
        let len = rows.len();
        let (mut x, mut y, mut there) = (vec_with_capacity(len)?, vec_with_capacity(len)?, vec_with_capacity(len)?);
        for (i, row) in self.rows.clone().enumerate() {
            if let (Some(px), Some(py)) = (value(self.x, row, "x")?, value(self.y, row, "y")?) {
                x.push(px);
                y.push(py);
                there.push(i);
            }
        }
        let mut some = zeros(there.len(), NONE)?;
        let mut away = zeros(if distances.is_empty() { 0 } else { there.len() }, f64::NAN)?;
        ask(&Points::from_f64(x[..].into(), y[..].into())?, &mut some, &mut away)?;
        rows.fill(NONE);
        distances.fill(f64::NAN);
        there.iter().zip(some.iter()).for_each(|(&row, &answer)| rows[row] = answer);
        there.iter().zip(away.iter()).for_each(|(&row, &answer)| distances[row] = answer);
        Ok(())
    }

    /// The points where they lie, if they do so plainly.
    fn plain(&self) -> Option<Result<Points<'_>>> {
        let part = |part: &Part<'_>| self.rows.start - part.rows.start..self.rows.end - part.rows.start;
        let (at_x, at_y) = (part(self.x), part(self.y));
        let (x, y) = (&self.x.numbers, &self.y.numbers);
        if let (Some(x), Some(y)) = (x.doubles(), y.doubles()) {
            return Some(Points::from_f64(x[at_x].into(), y[at_y].into()));
        }
        let (x, y) = (x.floats()?, y.floats()?);
        Some(Points::from_f32(x[at_x].into(), y[at_y].into()))
    }
}

/// A coordinate, None where it is missing or NaN.
fn value(part: &Part<'_>, row: usize, name: &str) -> Result<Option<f64>> {
    match part.numbers.get(row - part.rows.start) {
        Some(value) if value.is_infinite() => {
            Err(Error::at(Kind::Coordinate, row, format_args!("{name}[{row}] is not finite: {value}")))
        }
        value => Ok(value.filter(|value| !value.is_nan())),
    }
}
