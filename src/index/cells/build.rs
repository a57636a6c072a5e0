//! Building the squares: what to divide, how finely, and for how many bytes.

use super::divide::{Division, Entry, MOST_BITS};
use super::grid::{DIGITS, Grid, Square};
use super::{Cells, Chain, Code};
use crate::error::{Error, Result, vec_filled, vec_with_capacity};
use crate::index::shapes::Shapes;
use crate::run::{Run, for_pieces};

/// A square that costs no more than this is not divided: an edge costs 1, a chain [`CHAIN_COST`] more.
const ENOUGH: f64 = 12.0;

/// See [`ENOUGH`].
const CHAIN_COST: f64 = 2.0;

/// A polygon of one ring of so many edges is looked at as a whole.
const SMALL: usize = 12;

/// What a small polygon costs.
const SMALL_COST: f64 = 8.0;

/// Squares that take less than this share of the area of a polygon's box for each of its vertices are hit too rarely to be worth
/// dividing for that polygon: it costs no more than their size over this share.
const SHARE: f64 = 0.025;

/// Squares are divided so that smaller ones cost about this.
const AIM: f64 = 8.0;

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
        let Some(grid) = shapes.bounds().map(Grid::new) else {
            return Ok(Cells { grid: None, whole: Code::NOTHING, codes: Vec::new().into(), chains: Vec::new().into() });
        };
        if let Some(grid) = &grid {
            let survey = Survey::new(shapes, grid)?;
            let polygons = 0..shapes.len() as u32;
            let cost = polygons.map(|polygon| survey.cost(polygon, shapes.vertices_of(polygon).len(), DIGITS)).sum();
            let budget = VERTEX_BYTES * shapes.vertex_count() + SPARE_BYTES;
            for bits in (1..=bits_for(cost).unwrap_or(0)).rev() {
                let parts = first_division(&survey, bits, run)?;
                let bytes = parts.len() * size_of::<Code>() + parts.bytes();
                if let Some(spare) = budget.checked_sub(bytes) {
                    let subtrees = divide_parts(&survey, bits, &parts, spare, run)?;
                    let (whole, codes, chains) = join(bits, subtrees)?;
                    return Ok(Cells { grid: Some(*grid), whole, codes: codes.into(), chains: chains.into() });
                }
            }
        }
        let mut lists = Lists::default();
        let whole = lists.all_rings(shapes)?;
        Ok(Cells { grid: None, whole, codes: Vec::new().into(), chains: lists.chains.into() })
    }
}

/// What is known before the first division.
struct Survey<'a> {
    shapes: &'a Shapes,
    grid: &'a Grid,
    /// Of each vertex.
    places: Vec<[u32; 2]>,
    /// Of each polygon, [`SHARE`] of its box for one vertex.
    grains: Vec<f64>,
}

impl<'a> Survey<'a> {
    fn new(shapes: &'a Shapes, grid: &'a Grid) -> Result<Self> {
        let vertices = &shapes.vertices()[..shapes.vertex_count()];
        let mut places = vec_with_capacity(vertices.len())?;
        places.extend(vertices.iter().map(|&[x, y]| {
            let (x, y) = grid.place((x, y));
            [x as u32, y as u32]
        }));
        let mut grains = vec_with_capacity(shapes.len())?;
        grains.extend((0..shapes.len() as u32).map(|polygon| {
            let range = shapes.vertices_of(polygon);
            let places = &places[range.start as usize..range.end as usize];
            let side = |axis: usize| {
                let (min, max) = places.iter().fold((u32::MAX, 0), |(a, b), p| (a.min(p[axis]), b.max(p[axis])));
                f64::from(max.saturating_sub(min) + 1)
            };
            side(0) * side(1) * SHARE / places.len().max(1) as f64
        }));
        Ok(Survey { shapes, grid, places, grains })
    }

    fn division(&self, square: Square, bits: u32) -> Division<'_> {
        Division::new(self.shapes, self.grid, &self.places, square, bits)
    }

    /// Whether a polygon is one small ring.
    fn is_small(&self, polygon: u32) -> bool {
        self.shapes.vertices_of(polygon).len() <= SMALL + 1 && self.shapes.rings_of(polygon).len() == 1
    }

    /// What looking at some edges of a polygon costs in a square of side 2^shift.
    fn cost(&self, polygon: u32, edges: usize, shift: u32) -> f64 {
        let looking = if self.is_small(polygon) { SMALL_COST } else { CHAIN_COST + edges as f64 };
        let area = (1u64 << (2 * shift)) as f64;
        looking.min(area / self.grains[polygon as usize])
    }

    /// The price of the entries of a square of side 2^shift.
    fn price(&self, entries: &[Entry], shift: u32) -> Price {
        match entries {
            [] => Price::default(),
            [only] if only.edge().is_none() => Price { cost: 1.0, bytes: 0 },
            _ => by_polygon(entries).fold(Price::default(), |price, entries| {
                let cost = entries[0].edge().map_or(1.0, |_| self.cost(entries[0].polygon(), entries.len(), shift));
                Price { cost: price.cost + cost, bytes: price.bytes + size_of::<Chain>() }
            }),
        }
    }
}

/// The entries of many squares, one square after the other.
struct Parts {
    entries: Vec<Entry>,
    starts: Vec<usize>,
    prices: Vec<Price>,
}

/// What the entries of a square cost a point (see [`ENOUGH`]), and about how many bytes they take as chains.
#[derive(Clone, Copy, Default)]
struct Price {
    cost: f64,
    bytes: usize,
}

impl Price {
    /// The cost of a square that one would divide, 0 for others.
    fn dear(self) -> f64 {
        if self.cost > ENOUGH { self.cost } else { 0.0 }
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
        self.prices.iter().map(|price| price.bytes).sum()
    }

    fn dear(&self) -> f64 {
        self.prices.iter().map(|price| price.dear()).sum()
    }

    /// Sorts what divisions into squares of side 2^shift gave by place, keeping the order within each.
    fn sort(divisions: &[Division<'_>], bits: u32, shift: u32, survey: &Survey<'_>) -> Result<Self> {
        let mut starts = vec_filled(0usize, (1 << (2 * bits)) + 1)?;
        let hits = || divisions.iter().flat_map(|division| &division.hits);
        for hit in hits() {
            starts[hit.place as usize + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut entries = vec_filled(Entry::default(), starts[starts.len() - 1])?;
        for hit in hits() {
            let to = &mut starts[hit.place as usize];
            entries[*to] = hit.entry;
            *to += 1;
        }
        // Each start has moved on to its end.
        starts.rotate_right(1);
        starts[0] = 0;
        let mut prices = vec_with_capacity(starts.len() - 1)?;
        prices.extend(starts.windows(2).map(|ends| survey.price(&entries[ends[0]..ends[1]], shift)));
        Ok(Parts { entries, starts, prices })
    }
}

/// What every first smaller square holds.
fn first_division(survey: &Survey<'_>, bits: u32, run: &Run<'_>) -> Result<Parts> {
    let shapes = survey.shapes;
    let mut ranges = Vec::new();
    let mut start = 0;
    while start < shapes.len() {
        let (mut end, mut vertices) = (start, 0);
        while end < shapes.len() && vertices < PIECE_VERTICES {
            vertices += shapes.vertices_of(end as u32).len();
            end += 1;
        }
        ranges.try_reserve(1)?;
        ranges.push(start as u32..end as u32);
        start = end;
    }
    let mut divisions = vec_with_capacity(ranges.len())?;
    divisions.extend(ranges.iter().map(|_| survey.division(survey.grid.whole(), bits)));
    let total = divisions.len();
    let pieces = divisions.iter_mut().zip(ranges);
    for_pieces(run, total, 1, VERTEX_NANOSECONDS * PIECE_VERTICES, pieces, |(division, polygons)| {
        for polygon in polygons {
            let edges = shapes.rings_of(polygon).flat_map(|ring| shapes.edges_of(ring));
            division.add(polygon, false, edges)?;
        }
        Ok(())
    })?;
    Parts::sort(&divisions, bits, survey.grid.whole().shift - bits, survey)
}

/// Each first smaller square with all below it, in lists of its own.
fn divide_parts(
    survey: &Survey<'_>,
    bits: u32,
    parts: &Parts,
    spare: usize,
    run: &Run<'_>,
) -> Result<Vec<(Code, Lists)>> {
    let shift = survey.grid.whole().shift - bits;
    let all_dear = parts.dear().max(1.0);
    let mut subtrees = vec_with_capacity(parts.len())?;
    subtrees.resize_with(parts.len(), || (Code::NOTHING, Lists::default()));
    let row = 1 << bits;
    let nanoseconds = VERTEX_NANOSECONDS * survey.shapes.vertex_count() / row;
    for_pieces(run, row, 1, nanoseconds, subtrees.chunks_mut(row).enumerate(), |(y, subtrees)| {
        for (x, (code, lists)) in subtrees.iter_mut().enumerate() {
            let place = y << bits | x;
            let square = Square { x: (x as u32) << shift, y: (y as u32) << shift, shift };
            let share = spare as f64 * parts.prices[place].dear() / all_dear;
            let mut builder = Builder { survey, lists: std::mem::take(lists) };
            *code = builder.square(square, parts.of(place), parts.prices[place], share as usize, PATIENCE)?;
            *lists = builder.lists;
        }
        Ok(())
    })?;
    Ok(subtrees)
}

/// All lists in one.
fn join(bits: u32, subtrees: Vec<(Code, Lists)>) -> Result<(Code, Vec<Code>, Vec<Chain>)> {
    let too_large = || Error::new(crate::error::Kind::Limit, format_args!("polygons are more than an index takes"));
    let code_count: usize = subtrees.iter().map(|(_, lists)| lists.codes.len()).sum();
    let chain_count: usize = subtrees.iter().map(|(_, lists)| lists.chains.len()).sum();
    let mut codes = vec_with_capacity(subtrees.len() + code_count)?;
    let mut chains = vec_with_capacity(chain_count)?;
    let mut codes_before = subtrees.len();
    for (code, lists) in &subtrees {
        codes.push(code.moved(codes_before, chains.len()).ok_or_else(too_large)?);
        codes_before += lists.codes.len();
        chains.extend_from_slice(&lists.chains);
    }
    let mut chains_before = 0;
    for (_, lists) in subtrees {
        let codes_before = codes.len();
        for code in &lists.codes {
            codes.push(code.moved(codes_before, chains_before).ok_or_else(too_large)?);
        }
        chains_before += lists.chains.len();
    }
    Ok((Code::divided(0, bits).ok_or_else(too_large)?, codes, chains))
}

/// How finely to divide a square of some cost, if at all.
fn bits_for(cost: f64) -> Option<u32> {
    let squares = (cost / AIM) as usize;
    (cost > ENOUGH).then(|| (squares.max(1).ilog2().div_ceil(2)).clamp(1, MOST_BITS))
}

/// The codes and chains of a square and all below it.
#[derive(Default)]
struct Lists {
    codes: Vec<Code>,
    chains: Vec<Chain>,
}

struct Builder<'a> {
    survey: &'a Survey<'a>,
    lists: Lists,
}

/// The entries of one polygon after the other.
fn by_polygon(entries: &[Entry]) -> impl Iterator<Item = &[Entry]> {
    entries.chunk_by(|a, b| a.polygon() == b.polygon())
}

impl Builder<'_> {
    /// The code of a square that may spend `spare` bytes beyond those of its entries as chains.
    fn square(&mut self, square: Square, entries: &[Entry], price: Price, spare: usize, patience: u32) -> Result<Code> {
        if let [only] = entries
            && only.edge().is_none()
            && let Some(code) = Code::inside(only.polygon())
        {
            return Ok(code);
        }
        if entries.is_empty() {
            return Ok(Code::NOTHING);
        }
        if patience > 0
            && let Some(most) = bits_for(price.cost)
        {
            let budget = spare + price.bytes;
            for bits in (1..=most.min(square.shift)).rev() {
                let Some(rest) = budget.checked_sub(size_of::<Code>() << (2 * bits)) else { continue };
                let parts = self.divide(square, bits, entries)?;
                if let Some(spare) = rest.checked_sub(parts.bytes())
                    && let Some(code) = self.divided(square, bits, &parts, price, spare, patience)?
                {
                    return Ok(code);
                }
            }
        }
        self.leaf(entries)
    }

    fn divide(&self, square: Square, bits: u32, entries: &[Entry]) -> Result<Parts> {
        let mut division = self.survey.division(square, bits);
        for entries in by_polygon(entries) {
            let edges = entries.iter().filter_map(|entry| entry.edge());
            division.add(entries[0].polygon(), entries[0].is_inside(), edges)?;
        }
        Parts::sort(&[division], bits, square.shift - bits, self.survey)
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
        self.lists.codes.try_reserve(parts.len())?;
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
            let patience = if dear > 0.75 * price.cost { patience - 1 } else { PATIENCE };
            let before = self.lists.byte_size();
            self.lists.codes[first + place] = self.square(part, entries, part_price, share, patience)?;
            // What a square does not spend is for those after it.
            let spent = (self.lists.byte_size() - before).saturating_sub(part_price.bytes);
            spare = spare.saturating_sub(spent);
        }
        Ok(Some(code))
    }

    /// Chains of these entries.
    fn leaf(&mut self, entries: &[Entry]) -> Result<Code> {
        let shapes = self.survey.shapes;
        let first = self.lists.chains.len();
        for entries in by_polygon(entries) {
            let polygon = entries[0].polygon();
            let of_polygon = self.lists.chains.len();
            if self.survey.is_small(polygon) && entries[0].edge().is_some() {
                let edges = shapes.edges_of(shapes.rings_of(polygon).start);
                self.lists.chain(polygon, edges.start, edges.end, Chain::WHOLE)?;
            } else {
                self.lists.runs(shapes, polygon, entries)?;
                if entries[0].is_inside() {
                    self.lists.chains[of_polygon].bits |= Chain::INSIDE;
                }
            }
            self.lists.close(of_polygon);
        }
        self.lists.last(first)
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
        self.last(0)
    }

    fn chain(&mut self, polygon: u32, mut start: u32, end: u32, flags: u32) -> Result<()> {
        loop {
            let count = (end - start).min(Chain::MOST);
            self.chains.try_reserve(1)?;
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

    fn last(&mut self, first: usize) -> Result<Code> {
        if let Some(chain) = self.chains.last_mut() {
            chain.bits |= Chain::LAST;
        }
        let too_many = || Error::new(crate::error::Kind::Limit, format_args!("polygons are more than an index takes"));
        Code::chains(first).ok_or_else(too_many)
    }
}
