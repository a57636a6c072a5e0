//! Building the squares: what to divide, how finely, and for how many bytes.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::divide::{Division, Entry, MOST_BITS};
use super::grid::{DIGITS, Grid, Square};
use super::survey::Survey;
use super::{Cells, Chain, Code};
use crate::error::{Error, Kind, Result};
use crate::index::WATCH;
use crate::index::section::Section;
use crate::index::shapes::Shapes;
use crate::memory::{Counted, vec_filled, vec_with_capacity};
use crate::run::{Run, Watch, map_pieces};

/// A square that costs no more than this is not divided: an edge costs 1, a chain [`CHAIN_COST`] more.
const ENOUGH: f64 = 12.0;

/// See [`ENOUGH`].
const CHAIN_COST: f64 = 2.0;

/// What a small polygon costs.
const SMALL_COST: f64 = 8.0;

/// Squares are divided so that smaller ones cost about this, ...
const AIM: f64 = 8.0;

/// ... and the whole so that its squares do.
const FIRST_AIM: f64 = 2.0;

/// The whole is divided into 2^FIRST_BITS rows and columns at most.
const FIRST_BITS: u32 = 11;

/// Entries that the first division may have for each vertex.
const FIRST_ENTRIES: usize = 16;

/// Edges between two that touch a square which are taken along to have one chain.
const GAP: u32 = 2;

/// Bytes that the squares may take for each vertex, and for all.
const VERTEX_BYTES: usize = 16;
const SPARE_BYTES: usize = 4096;

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
        polygons.map(|polygon| cost(survey, polygon, survey.shapes.vertices_of(polygon).len(), DIGITS)).sum();
    if cost <= ENOUGH {
        return 0;
    }
    let limit = first_entries(survey) as f64;
    let steps = survey.steps();
    let is_fine = |bits: u32| {
        let shift = DIGITS - bits;
        let squares = (1u64 << (2 * bits)) as f64;
        squares * FIRST_AIM <= cost
            && steps / (1u64 << shift) as f64 <= limit
            && survey.box_squares(shift) / 64.0 <= limit
    };
    (1..=FIRST_BITS).rev().find(|&bits| is_fine(bits)).unwrap_or(1)
}

fn first_entries(survey: &Survey<'_>) -> usize {
    FIRST_ENTRIES * survey.shapes.vertex_count() + SPARE_BYTES
}

/// What looking at some edges of a polygon costs in a square of side 2^shift. Squares that are much smaller than the polygon's
/// grain are hit too rarely to cost much.
fn cost(survey: &Survey<'_>, polygon: u32, edges: usize, shift: u32) -> f64 {
    let extent = survey.extent(polygon);
    let looking = if extent.is_small { SMALL_COST } else { CHAIN_COST + edges as f64 };
    let area = (1u64 << (2 * shift)) as f64;
    looking.min(area / extent.grain)
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
}

impl Price {
    /// The price of the entries of a square of side 2^shift.
    fn of(survey: &Survey<'_>, entries: &[Entry], shift: u32) -> Price {
        match entries {
            [] => Price::default(),
            [only] if only.covers() => Price { cost: 1.0, bytes: 0 },
            [only] if only.is_ring() => Price { cost: SMALL_COST as f32, bytes: 0 },
            _ => {
                let (mut sum, mut bytes) = (0.0, 0);
                for entries in by_polygon(entries) {
                    let first = entries[0];
                    sum += if first.covers() { 1.0 } else { cost(survey, first.polygon(), entries.len(), shift) };
                    bytes += size_of::<Chain>();
                }
                Price { cost: sum as f32, bytes: bytes.min(u32::MAX as usize) as u32 }
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

    fn dear(&self) -> f64 {
        self.prices.iter().map(|price| price.dear()).sum()
    }

    /// Sorts what divisions of a square gave by place, keeping the order within each.
    fn sort(
        divisions: &[Division<'_>],
        bits: u32,
        shift: u32,
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
        for (i, ends) in starts.windows(2).enumerate() {
            if i % WATCH == 0 {
                check()?;
            }
            prices.push(Price::of(survey, &entries[ends[0]..ends[1]], shift));
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
    Parts::sort(&divisions, bits, survey.grid.whole().shift - bits, survey, || run.check()).map(Some)
}

/// The codes of the squares of one row of the first division, with all below them.
struct Row {
    codes: Counted<Code>,
    lists: Lists,
}

fn divide_rows(survey: &Survey<'_>, bits: u32, parts: &Parts, spare: usize, run: &Run<'_>) -> Result<Counted<Row>> {
    let shift = survey.grid.whole().shift - bits;
    let all_dear = parts.dear().max(1.0);
    let count = 1 << bits;
    let nanoseconds = VERTEX_NANOSECONDS * survey.shapes.vertex_count() / count;
    map_pieces(run, nanoseconds, 0..count, |y, watch| {
        let mut builder = Builder { survey, division: Division::new(survey), lists: Lists::default(), watch };
        let mut codes = vec_with_capacity(count)?;
        for x in 0..count {
            let place = y << bits | x;
            let square = Square { x: (x as u32) << shift, y: (y as u32) << shift, shift };
            let price = parts.prices[place];
            let share = spare as f64 * price.dear() / all_dear;
            codes.push(builder.square(square, parts.of(place), price, share as usize, PATIENCE)?);
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

/// What a square near one small ring leads to; there is one for each polygon.
fn whole_ring(shapes: &Shapes, polygon: u32) -> Chain {
    let edges = shapes.rings_of(polygon).next().map_or(0..0, |ring| shapes.edges_of(ring));
    let count = (edges.len() as u32).min(Chain::MOST);
    Chain { polygon, first: edges.start, bits: count << Chain::SHIFT | Chain::WHOLE | Chain::LAST }
}

fn too_large() -> Error {
    Error::new(Kind::Limit, format_args!("polygons are more than an index takes"))
}

/// How finely to divide a square of some cost, if at all.
fn bits_for(cost: f64) -> Option<u32> {
    let squares = (cost / AIM) as usize;
    (cost > ENOUGH).then(|| (squares.max(1).ilog2().div_ceil(2)).clamp(1, MOST_BITS))
}

/// How finely to try next where `bytes` were more than the budget: a step coarser there are a quarter as many squares at best.
fn coarser(bits: u32, bytes: usize, budget: usize) -> u32 {
    bits.saturating_sub(1 + (bytes / budget.max(1)).checked_ilog2().unwrap_or(0) / 2)
}

/// The codes and chains of a square and all below it.
#[derive(Default)]
struct Lists {
    codes: Counted<Code>,
    chains: Counted<Chain>,
}

struct Builder<'a> {
    survey: &'a Survey<'a>,
    division: Division<'a>,
    lists: Lists,
    watch: &'a Watch<'a>,
}

/// The entries of one polygon after the other.
fn by_polygon(entries: &[Entry]) -> impl Iterator<Item = &[Entry]> {
    entries.chunk_by(|a, b| a.polygon() == b.polygon())
}

impl Builder<'_> {
    /// The code of a square that may spend `spare` bytes beyond those of its entries as chains.
    fn square(&mut self, square: Square, entries: &[Entry], price: Price, spare: usize, patience: u32) -> Result<Code> {
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
            && let Some(most) = bits_for(price.cost.into())
        {
            let budget = spare + price.bytes as usize;
            let mut bits = most.min(square.shift);
            while bits > 0 {
                let codes = size_of::<Code>() << (2 * bits);
                // Smaller squares have no fewer chains.
                if codes > spare {
                    bits -= 1;
                    continue;
                }
                let parts = self.divide(square, bits, entries)?;
                let bytes = codes + parts.bytes();
                if let Some(spare) = budget.checked_sub(bytes)
                    && let Some(code) = self.divided(square, bits, &parts, price, spare, patience)?
                {
                    return Ok(code);
                }
                bits = coarser(bits, bytes, budget);
            }
        }
        self.leaf(entries)
    }

    fn divide(&mut self, square: Square, bits: u32, entries: &[Entry]) -> Result<Parts> {
        self.division.begin(square, bits)?;
        for entries in by_polygon(entries) {
            let (polygon, is_inside) = (entries[0].polygon(), entries[0].is_inside());
            if entries[0].is_ring() {
                self.division.add_polygon(polygon)?;
            } else {
                self.division.add(polygon, is_inside, entries.iter().filter_map(|entry| entry.edge()))?;
            }
        }
        let check = || self.watch.step();
        Parts::sort(std::slice::from_ref(&self.division), bits, square.shift - bits, self.survey, check)
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
        let mut all_dear = parts.dear();
        let shift = square.shift - bits;
        for place in 0..parts.len() {
            let entries = parts.of(place);
            if entries.is_empty() {
                continue;
            }
            let (row, column) = ((place >> bits) as u32, (place & ((1 << bits) - 1)) as u32);
            let part = Square { x: square.x + (column << shift), y: square.y + (row << shift), shift };
            let part_price = parts.prices[place];
            let dear = part_price.dear();
            let share = (spare as f64 * dear / all_dear.max(1.0)) as usize;
            all_dear -= dear;
            let patience = if dear > 0.75 * f64::from(price.cost) { patience - 1 } else { PATIENCE };
            let before = self.lists.byte_size();
            self.lists.codes[first + place] = self.square(part, entries, part_price, share, patience)?;
            // What a square does not spend is for those after it.
            let spent = (self.lists.byte_size() - before).saturating_sub(part_price.bytes as usize);
            spare = spare.saturating_sub(spent);
        }
        Ok(Some(code))
    }

    /// Chains of these entries.
    fn leaf(&mut self, entries: &[Entry]) -> Result<Code> {
        let shapes = self.survey.shapes;
        if let [only] = entries
            && only.is_ring()
        {
            return Code::chains(only.polygon() as usize).ok_or_else(too_large);
        }
        let first = self.lists.chains.len();
        for entries in by_polygon(entries) {
            let polygon = entries[0].polygon();
            let of_polygon = self.lists.chains.len();
            if self.survey.extent(polygon).is_small && !entries[0].covers() {
                let edges = shapes.edges_of(shapes.rings_of(polygon).start);
                self.lists.chain(polygon, edges.start, edges.end, Chain::WHOLE)?;
            } else {
                self.lists.runs(shapes, polygon, entries)?;
                if entries[0].is_inside() {
                    self.lists.chains[of_polygon].bits |= Chain::INSIDE;
                }
            }
            self.lists.close(of_polygon);
            self.lists.share(shapes, first);
        }
        self.lists.last();
        Code::chains(shapes.len() + first).ok_or_else(too_large)
    }
}

impl Lists {
    fn byte_size(&self) -> usize {
        size_of_val(&self.codes[..]) + size_of_val(&self.chains[..])
    }

    /// The edges of a polygon's entries as chains: short gaps within a ring are filled.
    fn runs(&mut self, shapes: &Shapes, polygon: u32, entries: &[Entry]) -> Result<()> {
        let mut edges = entries.iter().filter_map(|entry| entry.edge());
        let Some(start) = edges.next() else { return self.chain(polygon, 0, 0, 0) };
        let (mut start, mut end) = (start, start + 1);
        let mut ring_end = shapes.edges_of(shapes.ring_of(start)).end;
        for edge in edges {
            if edge > end + GAP || edge >= ring_end {
                self.chain(polygon, start, end, 0)?;
                start = edge;
                if edge >= ring_end {
                    ring_end = shapes.edges_of(shapes.ring_of(edge)).end;
                }
            }
            end = edge + 1;
        }
        self.chain(polygon, start, end, 0)
    }

    /// All edges of all polygons, for when there is no grid.
    fn all_rings(&mut self, shapes: &Shapes) -> Result<Code> {
        for polygon in 0..shapes.len() as u32 {
            let of_polygon = self.chains.len();
            for ring in shapes.rings_of(polygon) {
                let edges = shapes.edges_of(ring);
                self.chain(polygon, edges.start, edges.end, Chain::WHOLE)?;
            }
            self.close(of_polygon);
        }
        self.last();
        Code::chains(0).ok_or_else(too_large)
    }

    fn chain(&mut self, polygon: u32, mut start: u32, end: u32, flags: u32) -> Result<()> {
        loop {
            let count = (end - start).min(Chain::MOST);
            self.chains.reserve(1)?;
            self.chains.push(Chain { polygon, first: start, bits: count << Chain::SHIFT | flags });
            start += count;
            if start == end {
                return Ok(());
            }
        }
    }

    /// Marks the chains from `first` on as those of one polygon.
    fn close(&mut self, first: usize) {
        if let Some((_, others)) = self.chains[first..].split_last_mut() {
            for chain in others {
                chain.bits |= Chain::MORE;
            }
        }
    }

    /// The last two chains, of those from `first` on, have the same edges where two polygons share a border: these need not be
    /// looked at twice.
    fn share(&mut self, shapes: &Shapes, first: usize) {
        let [others @ .., a, b] = &mut self.chains[first..] else { return };
        let is_one_each = !a.has_more() && others.last().is_none_or(|chain| !chain.has_more());
        if !is_one_each || a.count() != b.count() || a.count() == 0 || a.is_whole() != b.is_whole() {
            return;
        }
        let vertices =
            |chain: &Chain| shapes.vertices()[chain.first as usize..].iter().take(chain.count() as usize + 1);
        if vertices(a).eq(vertices(b)) || vertices(a).eq(vertices(b).rev()) {
            let flags = b.bits & ((1 << Chain::SHIFT) - 1) | Chain::SAME;
            *b = Chain { polygon: b.polygon, first: 0, bits: flags };
        }
    }

    /// Ends a list of chains.
    fn last(&mut self) {
        if let Some(chain) = self.chains.last_mut() {
            chain.bits |= Chain::LAST;
        }
    }
}
