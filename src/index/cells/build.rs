//! Building the squares: what to divide, how finely, and for how many bytes.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::divide::{Division, Entry, MOST_BITS};
use super::grid::{DIGITS, Grid, Square};
use super::lists::{Lists, by_polygon, strands, too_large, whole_ring};
use super::survey::Survey;
use super::{Cells, Chain, Code, fan};
use crate::error::Result;
use crate::index::WATCH;
use crate::index::section::Section;
use crate::index::shapes::Shapes;
use crate::memory::{Counted, vec_filled, vec_with_capacity};
use crate::run::{Run, Watch, map_pieces};

/// A square that costs no more than this is not divided: an edge costs 1, a chain [`CHAIN_COST`] more.
const ENOUGH: f64 = 12.0;

/// See [`ENOUGH`].
const CHAIN_COST: f64 = 2.0;

/// What a small polygon costs, ...
const SMALL_COST: f64 = 8.0;

/// ... and what a fan does.
const FAN_COST: f64 = 8.0;

/// Squares are divided so that smaller ones cost about this, ...
const AIM: f64 = 8.0;

/// ... and the whole so that its squares cost this where their codes, of 2^CACHED_BITS rows and columns at most, stay in a
/// cache, ...
const CACHED_AIM: f64 = 0.5;
const CACHED_BITS: u32 = 10;

/// ... and this where they do not.
const FIRST_AIM: f64 = 2.0;

/// Squares are divided into no more than 2^FEW_BITS rows and columns if their edges go from side to side, on average; into more
/// if these are shorter.
const FEW_BITS: u32 = 2;

/// The whole is divided into 2^FIRST_BITS rows and columns at most.
const FIRST_BITS: u32 = 11;

/// Entries that the first division may have for each vertex.
const FIRST_ENTRIES: usize = 16;

/// Bytes that the squares may take for each vertex, and for all.
pub(super) const VERTEX_BYTES: usize = 16;
pub(super) const SPARE_BYTES: usize = 4096;

/// So many entries of smaller squares, kept or not, cost as much as a byte: then the time of a build is limited, too.
const HITS_A_BYTE: usize = 4;

/// How often a square may be divided in a row without getting cheaper.
const PATIENCE: u32 = 2;

/// Vertices that a piece of the first division takes.
const PIECE_VERTICES: usize = 1 << 16;

/// About how long a vertex takes in each of the two steps of the build.
const VERTEX_NANOSECONDS: usize = 100;

impl Cells {
    /// Divides the plane as the polygons need it. About n log n; the same for any number of workers.
    pub(crate) fn build(shapes: &Shapes, run: &Run<'_>) -> Result<Self> {
        if let Some(grid) = shapes.bounds().and_then(Grid::new) {
            let survey = Survey::new(shapes, &grid, run)?;
            let budget = VERTEX_BYTES * shapes.vertex_count() + SPARE_BYTES;
            for bits in (0..=first_bits(&survey)).rev() {
                let Some(parts) = first_division(&survey, bits, run)? else { continue };
                let bytes = shapes.len() * size_of::<Chain>() + parts.len() * size_of::<Code>() + parts.bytes();
                if let Some(spare) = budget.checked_sub(bytes) {
                    // One code alone is not divided: those behind it would not begin at a multiple of four.
                    let spare = if bits == 0 { 0 } else { spare };
                    let rows = divide_rows(&survey, bits, &parts, spare, run)?;
                    let (codes, chains) = join(shapes, bits, rows, run)?;
                    let (codes, chains) = (Section::new(codes, run)?, Section::new(chains, run)?);
                    return Ok(Cells { grid: Some(grid), bits, codes, chains });
                }
            }
        }
        let mut lists = Lists::default();
        let code = lists.all_rings(shapes)?;
        let (codes, chains) = (Section::new(vec_filled(code, 1)?, run)?, Section::new(lists.chains, run)?);
        Ok(Cells { grid: None, bits: 0, codes, chains })
    }
}

/// How finely to divide the whole, at most.
fn first_bits(survey: &Survey<'_>) -> u32 {
    let polygons = 0..survey.shapes.len() as u32;
    let cost: f64 =
        polygons.map(|polygon| cost(survey, polygon, survey.shapes.vertices_of(polygon).len() as f64, DIGITS)).sum();
    if cost <= ENOUGH {
        return 0;
    }
    let limit = first_entries(survey) as f64;
    let steps = survey.steps();
    let is_fine = |bits: u32| {
        let shift = DIGITS - bits;
        let squares = (1u64 << (2 * bits)) as f64;
        squares * if bits > CACHED_BITS { FIRST_AIM } else { CACHED_AIM } <= cost
            && steps / (1u64 << shift) as f64 <= limit
            && survey.box_squares(shift) / 64.0 <= limit
    };
    (1..=FIRST_BITS).rev().find(|&bits| is_fine(bits)).unwrap_or(1)
}

fn first_entries(survey: &Survey<'_>) -> usize {
    FIRST_ENTRIES * survey.shapes.vertex_count() + SPARE_BYTES
}

/// What looking at edges of a polygon costs in a square of side 2^shift, if these cost as much. Squares that are much smaller than
/// the polygon's grain are hit too rarely to cost much.
fn cost(survey: &Survey<'_>, polygon: u32, edges: f64, shift: u32) -> f64 {
    let extent = survey.extent(polygon);
    let looking = if extent.is_small { SMALL_COST } else { CHAIN_COST + edges };
    let area = (1u64 << (2 * shift)) as f64;
    looking.min(area / extent.grain)
}

/// What the edges of a polygon's entries cost in a square, and whether they are one fan.
fn edges_cost(survey: &Survey<'_>, entries: &[Entry], square: Square) -> (f64, bool) {
    if entries.len() < fan::LEAST as usize {
        return (entries.len() as f64, false);
    }
    let (mut cost, mut fans, mut others) = (0.0, 0, 0);
    for (edges, is_fan) in strands(survey, square, entries) {
        cost += if is_fan { FAN_COST } else { edges.len() as f64 };
        *(if is_fan { &mut fans } else { &mut others }) += 1;
    }
    (cost, (fans, others) == (1, 0))
}

/// The entries of many squares, one square after the other.
struct Parts {
    entries: Counted<Entry>,
    starts: Counted<usize>,
    prices: Counted<Price>,
}

/// What the entries of a square cost a point (see [`ENOUGH`]), and about how many bytes they take as chains.
#[derive(Clone, Copy, Default)]
struct Price {
    cost: f32,
    bytes: u32,
    /// They are one fan.
    is_fan: bool,
}

impl Price {
    /// The price of the entries of a square.
    #[inline(always)]
    fn of(survey: &Survey<'_>, entries: &[Entry], square: impl Fn() -> Square) -> Price {
        match entries {
            [] => Price::default(),
            [only] if only.covers() => Price { cost: 1.0, ..Price::default() },
            [only] if only.is_ring() => Price { cost: SMALL_COST as f32, ..Price::default() },
            _ => {
                let (square, mut sum, mut bytes, mut is_fan) = (square(), 0.0, 0, false);
                for entries in by_polygon(entries) {
                    let first = entries[0];
                    let edges;
                    (edges, is_fan) = edges_cost(survey, entries, square);
                    is_fan &= bytes == 0;
                    sum += if first.covers() { 1.0 } else { cost(survey, first.polygon(), edges, square.shift) };
                    bytes += size_of::<Chain>();
                }
                Price { cost: sum as f32, bytes: bytes.min(u32::MAX as usize) as u32, is_fan }
            }
        }
    }

    /// The cost of a square that one would divide, 0 for others.
    fn dear(self) -> f64 {
        if f64::from(self.cost) > ENOUGH { self.cost.into() } else { 0.0 }
    }
}

impl Parts {
    fn of(&self, place: usize) -> &[Entry] {
        &self.entries[self.starts[place]..self.starts[place + 1]]
    }

    fn len(&self) -> usize {
        self.prices.len()
    }

    fn bytes(&self) -> usize {
        self.prices.iter().map(|price| price.bytes as usize).sum()
    }

    /// What a square is worth when bytes are shared out: what it costs a point, and all its entries, since dividing it costs these,
    /// however little fans of them cost a point.
    #[inline(always)]
    fn weight(&self, place: usize) -> f64 {
        let dear = self.prices[place].dear();
        if dear > 0.0 { dear + self.of(place).len() as f64 } else { 0.0 }
    }

    fn weights(&self) -> f64 {
        (0..self.len()).map(|place| self.weight(place)).sum()
    }

    /// Sorts what divisions of a square gave by place, keeping the order within each.
    fn sort(
        divisions: &[Division<'_>],
        square: Square,
        bits: u32,
        survey: &Survey<'_>,
        check: impl Fn() -> Result<()>,
    ) -> Result<Self> {
        let mut starts = vec_filled(0usize, (1 << (2 * bits)) + 1)?;
        for Division { hits, .. } in divisions {
            check()?;
            hits.iter().for_each(|hit| starts[hit.place as usize + 1] += 1);
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut entries = vec_filled(Entry::default(), starts[starts.len() - 1])?;
        for Division { hits, .. } in divisions {
            check()?;
            for hit in hits.iter() {
                let to = &mut starts[hit.place as usize];
                entries[*to] = hit.entry;
                *to += 1;
            }
        }
        // Each start has moved on to its end.
        starts.rotate_right(1);
        starts[0] = 0;
        let mut prices = vec_with_capacity(starts.len() - 1)?;
        for (place, ends) in starts.windows(2).enumerate() {
            if place % WATCH == 0 {
                check()?;
            }
            prices.push(Price::of(survey, &entries[ends[0]..ends[1]], || square.part(bits, place)));
        }
        Ok(Parts { entries, starts, prices })
    }
}

/// What every square of the first division holds; None if that is too much.
fn first_division(survey: &Survey<'_>, bits: u32, run: &Run<'_>) -> Result<Option<Parts>> {
    let shapes = survey.shapes;
    let mut ranges = Counted::default();
    let mut start = 0;
    while start < shapes.len() {
        let (mut end, mut vertices) = (start, 0);
        while end < shapes.len() && vertices < PIECE_VERTICES {
            vertices += shapes.vertices_of(end as u32).len();
            end += 1;
        }
        ranges.reserve(1)?;
        ranges.push(start as u32..end as u32);
        start = end;
    }
    let (limit, entries) = (first_entries(survey), AtomicUsize::new(0));
    let divisions = map_pieces(run, VERTEX_NANOSECONDS * PIECE_VERTICES, ranges.drain(..), |polygons, watch| {
        let mut division = Division::new(survey);
        division.begin(survey.grid.whole(), bits)?;
        for polygon in polygons {
            watch.step()?;
            let before = division.hits.len();
            division.add_polygon(polygon)?;
            let more = division.hits.len() - before;
            if entries.fetch_add(more, Ordering::Relaxed) + more > limit {
                break;
            }
        }
        Ok(division)
    })?;
    if bits > 0 && entries.into_inner() > limit {
        return Ok(None);
    }
    Parts::sort(&divisions, survey.grid.whole(), bits, survey, || run.check()).map(Some)
}

/// The codes of the squares of one row of the first division, with all below them.
struct Row {
    codes: Counted<Code>,
    lists: Lists,
}

fn divide_rows(survey: &Survey<'_>, bits: u32, parts: &Parts, spare: usize, run: &Run<'_>) -> Result<Counted<Row>> {
    let whole = survey.grid.whole();
    let weights = parts.weights().max(1.0);
    let count = 1 << bits;
    let nanoseconds = VERTEX_NANOSECONDS * survey.shapes.vertex_count() / count;
    map_pieces(run, nanoseconds, 0..count, |y, watch| {
        let (division, lists) = (Division::new(survey), Lists::default());
        let mut builder = Builder { survey, division, hits: 0, lists, watch };
        let mut codes = vec_with_capacity(count)?;
        for x in 0..count {
            let place = y << bits | x;
            let square = whole.part(bits, place);
            let share = spare as f64 * parts.weight(place) / weights;
            codes.push(builder.square(square, parts.of(place), parts.prices[place], share as usize, PATIENCE)?);
        }
        Ok(Row { codes, lists: builder.lists })
    })
}

/// All lists in one.
fn join(shapes: &Shapes, bits: u32, mut rows: Counted<Row>, run: &Run<'_>) -> Result<(Counted<Code>, Counted<Chain>)> {
    let first_count = 1 << (2 * bits);
    let code_count: usize = rows.iter().map(|row| row.lists.codes.len()).sum();
    let chain_count: usize = rows.iter().map(|row| row.lists.chains.len()).sum();
    let mut codes = vec_with_capacity(first_count + code_count)?;
    let mut chains = vec_with_capacity(shapes.len() + chain_count)?;
    chains.extend((0..shapes.len() as u32).map(|polygon| whole_ring(shapes, polygon)));
    let mut more = vec_with_capacity(code_count)?;
    for row in rows.drain(..) {
        run.check()?;
        let (codes_before, chains_before) = (first_count + more.len(), chains.len() - shapes.len());
        let moved = |code: &Code| code.moved(codes_before, chains_before, shapes.len()).ok_or_else(too_large);
        for code in &row.codes {
            codes.push(moved(code)?);
        }
        for code in &row.lists.codes {
            more.push(moved(code)?);
        }
        chains.extend_from_slice(&row.lists.chains);
    }
    codes.extend_from_slice(&more);
    Ok((codes, chains))
}

/// How finely to divide a square of some cost, if at all.
fn bits_for(survey: &Survey<'_>, square: Square, entries: &[Entry], cost: f64) -> Option<u32> {
    if cost <= ENOUGH {
        return None;
    }
    let squares = (cost / AIM) as usize;
    let bits = squares.max(1).ilog2().div_ceil(2).clamp(1, MOST_BITS);
    if bits <= FEW_BITS {
        return Some(bits);
    }
    // Edges that go far would be in many: rather in small steps, as most of the smaller squares may need no other.
    let steps = survey.steps_in(square, entries.iter().filter_map(|entry| entry.edge()));
    let most = (f64::from(1 << FEW_BITS) * entries.len() as f64 / steps).log2() as u32;
    Some(bits.min(most.max(FEW_BITS)))
}

/// How finely to try next where `bytes` were more than the budget: a step coarser there are a quarter as many squares at best.
fn coarser(bits: u32, bytes: usize, budget: usize) -> u32 {
    bits.saturating_sub(1 + (bytes / budget.max(1)).checked_ilog2().unwrap_or(0) / 2)
}

struct Builder<'a> {
    survey: &'a Survey<'a>,
    division: Division<'a>,
    /// Of all divisions, in vain or not.
    hits: usize,
    lists: Lists,
    watch: &'a Watch<'a>,
}

impl Builder<'_> {
    /// The code of a square that may spend `spare` bytes beyond those of its entries as chains.
    fn square(
        &mut self,
        square: Square,
        entries: &[Entry],
        price: Price,
        mut spare: usize,
        patience: u32,
    ) -> Result<Code> {
        if let [only] = entries
            && only.covers()
            && let Some(code) = Code::inside(only.polygon())
        {
            return Ok(code);
        }
        if entries.is_empty() {
            return Ok(Code::NOTHING);
        }
        if patience > 0
            && let Some(most) = bits_for(self.survey, square, entries, price.cost.into())
        {
            let mut bits = most.min(square.shift);
            while bits > 0 {
                let codes = size_of::<Code>() << (2 * bits);
                // Smaller squares have no fewer chains.
                if codes > spare {
                    bits -= 1;
                    continue;
                }
                let hits = self.hits;
                let parts = self.divide(square, bits, entries, spare + price.bytes as usize)?;
                spare = spare.saturating_sub((self.hits - hits) / HITS_A_BYTE);
                let Some(parts) = parts else {
                    bits -= 1;
                    continue;
                };
                let (bytes, budget) = (codes + parts.bytes(), spare + price.bytes as usize);
                if let Some(spare) = budget.checked_sub(bytes)
                    && let Some(code) = self.divided(square, bits, &parts, price, spare, patience)?
                {
                    return Ok(code);
                }
                bits = coarser(bits, bytes, budget);
            }
        }
        self.lists.leaf(self.survey, square, entries, price.is_fan)
    }

    /// Bytes taken, or as good as.
    fn spent(&self) -> usize {
        self.lists.byte_size() + self.hits / HITS_A_BYTE
    }

    /// What the smaller squares hold; None once that surely takes more than `budget` bytes.
    fn divide(&mut self, square: Square, bits: u32, entries: &[Entry], budget: usize) -> Result<Option<Parts>> {
        self.division.begin(square, bits)?;
        // One alone in its square needs no chain.
        let most = budget / size_of::<Chain>() + (1 << (2 * bits));
        for entries in by_polygon(entries) {
            let (polygon, is_inside) = (entries[0].polygon(), entries[0].is_inside());
            if entries[0].is_ring() {
                self.division.add_polygon(polygon)?;
            } else {
                self.division.add(polygon, is_inside, entries.iter().filter_map(|entry| entry.edge()))?;
            }
            if self.division.chains > most {
                break;
            }
        }
        self.hits += self.division.hits.len();
        if self.division.chains > most {
            return Ok(None);
        }
        let check = || self.watch.step();
        Parts::sort(std::slice::from_ref(&self.division), square, bits, self.survey, check).map(Some)
    }

    /// The smaller squares of a square; None where there are more codes than can be counted.
    fn divided(
        &mut self,
        square: Square,
        bits: u32,
        parts: &Parts,
        price: Price,
        mut spare: usize,
        patience: u32,
    ) -> Result<Option<Code>> {
        let first = self.lists.codes.len();
        let Some(code) = Code::divided(first, bits) else { return Ok(None) };
        self.lists.codes.reserve(parts.len())?;
        self.lists.codes.resize(first + parts.len(), Code::NOTHING);
        let mut weights = parts.weights();
        for place in 0..parts.len() {
            let entries = parts.of(place);
            if entries.is_empty() {
                continue;
            }
            let part_price = parts.prices[place];
            let weight = parts.weight(place);
            let share = (spare as f64 * weight / weights.max(1.0)) as usize;
            weights -= weight;
            let patience = if part_price.dear() > 0.75 * f64::from(price.cost) { patience - 1 } else { PATIENCE };
            let before = self.spent();
            let part = square.part(bits, place);
            self.lists.codes[first + place] = self.square(part, entries, part_price, share, patience)?;
            // What a square does not spend is for those after it.
            let spent = (self.spent() - before).saturating_sub(part_price.bytes as usize);
            spare = spare.saturating_sub(spent);
        }
        Ok(Some(code))
    }
}
