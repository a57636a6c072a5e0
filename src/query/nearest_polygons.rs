//! The k polygons that are nearest to a point, by the distance to the polygon: 0 inside and on the boundary.
//!
//! What a point is inside of is known first; the rest is searched.

use super::ask::ask_with;
use super::inside::{Boundary, Inside};
use super::pairs::{Collector, Found, Pairs, Wanted};
use super::search::{Neighbour, Question, Search};
use super::{Asked, Matches, Ranked, Relate, Verb, check_limit};
use crate::coords::Points;
use crate::error::{Error, Result};
use crate::index::Index;
use crate::memory::Counted;
use crate::run::Run;
use crate::simd::Lanes;

/// The `k` (at least 1) polygons nearest to each point and at most `max_distance` away (infinity for no limit), nearest first,
/// with their distances. Distances are within 2 ulp of the true ones, and compared as such; ties go to the lowest row. `out` has
/// `k` elements per point; it is untouched when arguments are refused.
pub fn nearest(
    index: &Index,
    points: &Points<'_>,
    k: usize,
    max_distance: f64,
    run: &Run<'_>,
    out: Ranked<'_>,
) -> Result<()> {
    let question = question(index, k, false, max_distance)?;
    ask_with(Inside::along_curve(index, Boundary::In)?, points, Nearest { question }, run, out)
}

/// The same as pairs, with all polygons that are as near as the k-th: nearest first, ties by row.
pub fn find_nearest(
    index: &Index,
    points: &Points<'_>,
    k: usize,
    max_distance: f64,
    wanted: Wanted,
    run: &Run<'_>,
) -> Result<Pairs> {
    let question = question(index, k, true, max_distance)?;
    let relation = Inside::along_curve(index, Boundary::In)?;
    Pairs::collect(points.len(), wanted, |counts, collector| {
        ask_with(relation, points, FindNearest { question, collector }, &run.unseen(), counts)
    })
}

fn question(index: &Index, k: usize, ties: bool, max_distance: f64) -> Result<Question<'_>> {
    check_limit(max_distance)?;
    Ok(Question { shapes: &index.insides()?.shapes, tree: index.tree()?, k, ties, max_distance })
}

#[derive(Clone, Copy)]
struct Nearest<'a> {
    question: Question<'a>,
}

impl Verb<Ranked<'_>> for Nearest<'_> {
    type Extra = Search;

    #[inline(always)]
    fn answer<V: Lanes, R: Relate>(
        self,
        asked: Asked<'_, R>,
        row: usize,
        out: &mut Ranked<'_>,
        search: &mut Search,
    ) -> Result<()> {
        answer::<V, R>(&self.question, asked, search)?;
        for rank in 0..self.question.k {
            out.set(row, rank, search.neighbours.get(rank).map(|n| (n.polygon, n.distance)));
        }
        Ok(())
    }

    #[inline(always)]
    fn expect(self, row: usize, out: &Ranked<'_>, _: &Search) {
        out.prefetch(row);
    }
}

#[derive(Clone, Copy)]
struct FindNearest<'a, 'c, 'o> {
    question: Question<'a>,
    collector: &'c Collector<'o>,
}

impl<'o> Verb<&'o mut [i64]> for FindNearest<'_, '_, 'o> {
    type Extra = (Search, Found);

    #[inline(always)]
    fn answer<V: Lanes, R: Relate>(
        self,
        asked: Asked<'_, R>,
        row: usize,
        out: &mut &'o mut [i64],
        (search, found): &mut (Search, Found),
    ) -> Result<()> {
        found.begin(row, out)?;
        answer::<V, R>(&self.question, asked, search)?;
        let neighbours = &search.neighbours;
        found.reserve(neighbours.len(), self.collector)?;
        found.polygons.extend(neighbours.iter().map(|n| n.polygon));
        if self.collector.wanted.distances {
            found.distances.extend(neighbours.iter().map(|n| n.distance));
        }
        out[row] = neighbours.len() as i64;
        Ok(())
    }

    #[inline(always)]
    fn expect(self, row: usize, out: &&'o mut [i64], (_, found): &Self::Extra) {
        found.expect(row, out);
    }

    fn finish(self, number: usize, out: &'o mut [i64], (_, found): Self::Extra) -> Result<()> {
        self.collector.take(number, out, found)
    }
}

/// Takes the polygons that a point is inside of, until there are enough.
struct Insides<'a> {
    neighbours: &'a mut Counted<Neighbour>,
    enough: usize,
    failure: Option<Error>,
}

impl Matches for Insides<'_> {
    #[inline(always)]
    fn add(&mut self, polygon: i32, _: f64) -> bool {
        if let Err(error) = self.neighbours.reserve(1) {
            self.failure = Some(error);
            return false;
        }
        self.neighbours.push(Neighbour { distance: 0.0, polygon });
        self.neighbours.len() < self.enough
    }
}

/// Leaves the answer for a point in `search`.
#[inline(always)]
fn answer<V: Lanes, R: Relate>(question: &Question<'_>, mut asked: Asked<'_, R>, search: &mut Search) -> Result<()> {
    search.neighbours.clear();
    // Lowest row first.
    let enough = if question.ties { usize::MAX } else { question.k };
    let mut insides = Insides { neighbours: &mut search.neighbours, enough, failure: None };
    asked.feed::<V>(&mut insides)?;
    if let Some(failure) = insides.failure {
        return Err(failure);
    }
    match search.neighbours.len() < question.k {
        true => search.run::<V>(question, asked.point(), asked.watch),
        false => Ok(()),
    }
}
