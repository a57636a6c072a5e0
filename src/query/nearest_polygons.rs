//! The k polygons that are nearest to a point, by the distance to the polygon: 0 inside and on the boundary.
//!
//! What a point is inside of is known first; the rest is searched: for one polygon around four points at a time.

use super::ask::ask_with;
use super::find::find_with;
use super::inside::{Boundary, Inside};
use super::pairs::{Pairs, Wanted};
use super::search::{FourPoints, Neighbour, Question, Search};
use super::singles::ASK;
use super::{Asked, Block, Matches, NONE, Piece, Ranked, Relate, Verb, VisitOrder, check_limit};
use crate::coords::Points;
use crate::error::{Error, Result};
use crate::index::Index;
use crate::index::cells::look::{BLOCK, Ends};
use crate::memory::Counted;
use crate::run::{Run, Watch};
use crate::simd::Lanes;

/// A point's answer that is longer is not kept, but found once more when it is asked for.
const FEW: usize = if cfg!(test) { 2 } else { 16 };

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
    ask_with(Nearest::new(index, k, false, max_distance)?, points, Rank { k }, run, out)
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
    find_with(Nearest::new(index, k, true, max_distance)?, points, wanted, run)
}

/// The nearest polygons, ready to be asked about.
#[derive(Clone, Copy)]
struct Nearest<'a> {
    inside: Inside<'a>,
    question: Question<'a>,
}

/// What is known of the points at hand.
#[derive(Default)]
struct Known {
    ends: Ends,
    search: Search,
    answers: Answers,
}

impl<'a> Nearest<'a> {
    fn new(index: &'a Index, k: usize, ties: bool, max_distance: f64) -> Result<Self> {
        check_limit(max_distance)?;
        let question = Question { shapes: &index.insides()?.shapes, tree: index.tree()?, k, ties, max_distance };
        Ok(Nearest { inside: Inside::along_curve(index, Boundary::In)?, question })
    }

    /// Answers the points of a block ahead, for the nearest polygon, where they are inside of one or none.
    #[inline(always)]
    fn answer_ahead<V: Lanes>(&self, known: &mut Known, (x, y): Block<'_>, watch: &Watch<'_>) -> Result<()> {
        let Known { ends, search, answers } = known;
        answers.neighbours.clear();
        ends.singles(&mut answers.polygons[..x.len()], NONE, ASK);
        let mut four = Waiting::default();
        for i in 0..x.len() {
            if answers.polygons[i] == NONE {
                four.add(i, (x[i], y[i]));
            }
            if four.count == 4 || i + 1 == x.len() {
                self.answer_four::<V>(search, answers, std::mem::take(&mut four), watch)?;
            }
        }
        Ok(())
    }

    /// Answers the points that wait.
    #[inline(always)]
    fn answer_four<V: Lanes>(
        &self,
        search: &mut Search,
        answers: &mut Answers,
        Waiting { points, rows, count }: Waiting,
        watch: &Watch<'_>,
    ) -> Result<()> {
        if count == 0 {
            return Ok(());
        }
        watch.step()?;
        let are_found = search.find_four::<V>(&self.question, &points)?;
        for (lane, &row) in rows[..count].iter().enumerate() {
            if are_found {
                search.take_of_four(&self.question, lane)?;
            } else {
                search.neighbours.clear();
                search.run::<V>(&self.question, points.get(lane), watch)?;
            }
            answers.add(row, &search.neighbours)?;
        }
        Ok(())
    }

    /// Leaves the answer for point `i` in `search`.
    #[inline(always)]
    fn answer<V: Lanes>(
        &self,
        (ends, search): (&mut Ends, &mut Search),
        points: Block<'_>,
        i: usize,
        watch: &Watch<'_>,
    ) -> Result<()> {
        search.neighbours.clear();
        // Lowest row first.
        let enough = if self.question.ties { usize::MAX } else { self.question.k };
        let mut insides = Insides { neighbours: &mut search.neighbours, enough, failure: None };
        self.inside.feed::<V>(ends, points, i, &mut insides, watch)?;
        if let Some(failure) = insides.failure {
            return Err(failure);
        }
        match search.neighbours.len() < self.question.k {
            true => search.run::<V>(&self.question, (points.0[i], points.1[i]), watch),
            false => Ok(()),
        }
    }
}

impl Relate for Nearest<'_> {
    /// Nearest first.
    const IS_SORTED: bool = true;

    type Block = Known;

    fn piece(&self, total: usize, workers: usize) -> Option<usize> {
        self.inside.piece(total, workers)
    }

    fn begin<V: Lanes>(&self, known: &mut Known, piece: &Piece<'_, '_>) -> Result<VisitOrder<'_>> {
        self.inside.begin::<V>(&mut known.ends, piece)
    }

    #[inline(always)]
    fn prepare<V: Lanes>(
        &self,
        known: &mut Known,
        piece: &Piece<'_, '_>,
        first: usize,
        points: Block<'_>,
    ) -> Result<()> {
        self.inside.prepare::<V>(&mut known.ends, piece, first, points)?;
        if self.question.k == 1 { self.answer_ahead::<V>(known, points, piece.watch) } else { Ok(()) }
    }

    #[inline(always)]
    fn feed<V: Lanes>(
        &self,
        known: &mut Known,
        points: Block<'_>,
        i: usize,
        matches: &mut impl Matches,
        watch: &Watch<'_>,
    ) -> Result<()> {
        let Known { ends, search, answers } = known;
        let neighbours = match answers.polygons[i] {
            ASK => {
                self.answer::<V>((ends, search), points, i, watch)?;
                &search.neighbours
            }
            NONE => answers.of(i),
            polygon => {
                matches.add(polygon, 0.0);
                return Ok(());
            }
        };
        for neighbour in neighbours {
            if !matches.add(neighbour.polygon, neighbour.distance) {
                break;
            }
        }
        Ok(())
    }
}

/// Points that wait for others, and their numbers in the block.
#[derive(Default)]
struct Waiting {
    points: FourPoints,
    rows: [usize; 4],
    count: usize,
}

impl Waiting {
    #[inline(always)]
    fn add(&mut self, row: usize, (x, y): (f64, f64)) {
        // Behind the last, too.
        self.points.x[self.count..].fill(x);
        self.points.y[self.count..].fill(y);
        self.rows[self.count] = row;
        self.count += 1;
    }
}

/// What was found ahead for the points of a block.
struct Answers {
    /// The only polygon that a point is inside of; [`NONE`] where its answer is among those below; else [`ASK`].
    polygons: [i32; BLOCK],
    neighbours: Counted<Neighbour>,
    /// Where a point's answer begins, and how long it is.
    places: [(u32, u32); BLOCK],
}

impl Default for Answers {
    fn default() -> Self {
        Answers { polygons: [ASK; BLOCK], neighbours: Counted::default(), places: [(0, 0); BLOCK] }
    }
}

impl Answers {
    /// Takes that of point `i`, unless it is long.
    #[inline(always)]
    fn add(&mut self, i: usize, neighbours: &[Neighbour]) -> Result<()> {
        if neighbours.len() > FEW {
            self.polygons[i] = ASK;
            return Ok(());
        }
        self.places[i] = (self.neighbours.len() as u32, neighbours.len() as u32);
        self.neighbours.reserve(neighbours.len())?;
        self.neighbours.extend_from_slice(neighbours);
        Ok(())
    }

    #[inline(always)]
    fn of(&self, i: usize) -> &[Neighbour] {
        let (start, len) = self.places[i];
        &self.neighbours[start as usize..][..len as usize]
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

/// Writes polygons in the order in which they come.
#[derive(Clone, Copy)]
struct Rank {
    k: usize,
}

/// Takes those of one point.
struct Row<'a, 'o> {
    out: &'a mut Ranked<'o>,
    row: usize,
    rank: usize,
    k: usize,
}

impl Matches for Row<'_, '_> {
    #[inline(always)]
    fn add(&mut self, polygon: i32, distance: f64) -> bool {
        self.out.set(self.row, self.rank, Some((polygon, distance)));
        self.rank += 1;
        self.rank < self.k
    }
}

impl<'o> Verb<Ranked<'o>> for Rank {
    type Extra = ();

    #[inline(always)]
    fn answer<V: Lanes, R: Relate>(
        self,
        mut asked: Asked<'_, R>,
        row: usize,
        out: &mut Ranked<'o>,
        _: &mut (),
    ) -> Result<()> {
        let mut matches = Row { out, row, rank: 0, k: self.k };
        asked.feed::<V>(&mut matches)?;
        let Row { out, rank, .. } = matches;
        for rank in rank..self.k {
            out.set(row, rank, None);
        }
        Ok(())
    }

    #[inline(always)]
    fn expect(self, row: usize, out: &Ranked<'o>, _: &()) {
        out.prefetch(row);
    }
}
