//! Writing the codes and chains of squares.

use std::ops::Range;

use super::divide::Entry;
use super::grid::Square;
use super::survey::Survey;
use super::{Chain, Code, fan};
use crate::error::{Error, Kind, Result};
use crate::index::shapes::Shapes;
use crate::memory::Counted;

/// Edges between two that touch a square which are taken along to have one chain.
const GAP: u32 = 2;

/// The codes and chains of a square and all below it.
#[derive(Default)]
pub(super) struct Lists {
    pub(super) codes: Counted<Code>,
    pub(super) chains: Counted<Chain>,
}

impl Lists {
    pub(super) fn byte_size(&self) -> usize {
        size_of_val(&self.codes[..]) + size_of_val(&self.chains[..])
    }

    /// The chains of a square with these entries, which may be known to be one fan, and their code where those of all polygons come
    /// first.
    pub(super) fn leaf(
        &mut self,
        survey: &Survey<'_>,
        square: Square,
        entries: &[Entry],
        is_fan: bool,
    ) -> Result<Code> {
        let shapes = survey.shapes;
        if let [only] = entries
            && only.is_ring()
        {
            return Code::chains(only.polygon() as usize).ok_or_else(too_large);
        }
        let first = self.chains.len();
        for entries in by_polygon(entries) {
            let polygon = entries[0].polygon();
            let of_polygon = self.chains.len();
            if survey.extent(polygon).is_small && !entries[0].covers() {
                self.chain(polygon, shapes.edges_of(shapes.rings_of(polygon).start), Chain::WHOLE)?;
            } else {
                match (is_fan, entries) {
                    (true, [first, .., last]) => {
                        let edge = |entry: &Entry| entry.edge().expect("a fan has edges");
                        self.fan(survey, square, polygon, edge(first)..edge(last) + 1)?;
                    }
                    _ => self.polygon(survey, square, entries)?,
                }
                if entries[0].is_inside() {
                    self.chains[of_polygon].bits ^= Chain::INSIDE;
                }
            }
            self.close(of_polygon);
            self.share(shapes, first);
        }
        self.last();
        Code::chains(shapes.len() + first).ok_or_else(too_large)
    }

    /// All edges of all polygons, for when there is no grid.
    pub(super) fn all_rings(&mut self, shapes: &Shapes) -> Result<Code> {
        for polygon in 0..shapes.len() as u32 {
            let of_polygon = self.chains.len();
            for ring in shapes.rings_of(polygon) {
                self.chain(polygon, shapes.edges_of(ring), Chain::WHOLE)?;
            }
            self.close(of_polygon);
        }
        self.last();
        Code::chains(0).ok_or_else(too_large)
    }

    /// The edges of a polygon's entries; one chain without any where it covers the square.
    fn polygon(&mut self, survey: &Survey<'_>, square: Square, entries: &[Entry]) -> Result<()> {
        let polygon = entries[0].polygon();
        if entries[0].covers() {
            return self.chain(polygon, 0..0, 0);
        }
        for (edges, is_fan) in strands(survey, square, entries) {
            match is_fan {
                true => self.fan(survey, square, polygon, edges)?,
                false => self.chain(polygon, edges, 0)?,
            }
        }
        Ok(())
    }

    fn fan(&mut self, survey: &Survey<'_>, square: Square, polygon: u32, edges: Range<u32>) -> Result<()> {
        let bits = (edges.len() as u32) << Chain::SHIFT | Chain::FAN;
        let fan = Chain { polygon, first: edges.start, bits };
        let corner = survey.grid.corner((square.x, square.y), square.shift);
        let inside = if fan::crossings(survey.shapes, fan, corner).is_odd { Chain::INSIDE } else { 0 };
        self.chains.reserve(1)?;
        self.chains.push(Chain { bits: fan.bits | inside, ..fan });
        Ok(())
    }

    fn chain(&mut self, polygon: u32, mut edges: Range<u32>, flags: u32) -> Result<()> {
        loop {
            let count = (edges.len() as u32).min(Chain::MOST);
            self.chains.reserve(1)?;
            self.chains.push(Chain { polygon, first: edges.start, bits: count << Chain::SHIFT | flags });
            edges.start += count;
            if edges.is_empty() {
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
        let are_alike = a.count() == b.count() && a.is_whole() == b.is_whole() && !a.is_fan() && !b.is_fan();
        if !is_one_each || !are_alike || a.count() == 0 {
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

/// What a square near one small ring leads to; there is one for each polygon.
pub(super) fn whole_ring(shapes: &Shapes, polygon: u32) -> Chain {
    let edges = shapes.rings_of(polygon).next().map_or(0..0, |ring| shapes.edges_of(ring));
    let count = (edges.len() as u32).min(Chain::MOST);
    Chain { polygon, first: edges.start, bits: count << Chain::SHIFT | Chain::WHOLE | Chain::LAST }
}

/// The entries of one polygon after the other.
pub(super) fn by_polygon(entries: &[Entry]) -> impl Iterator<Item = &[Entry]> {
    entries.chunk_by(|a, b| a.polygon() == b.polygon())
}

/// The edges of a polygon's entries as consecutive ones of a ring, short gaps filled, and which of these are fans.
pub(super) fn strands(
    survey: &Survey<'_>,
    square: Square,
    entries: &[Entry],
) -> impl Iterator<Item = (Range<u32>, bool)> {
    runs(survey.shapes, entries).flat_map(move |mut run| {
        std::iter::from_fn(move || {
            let start = run.start;
            while !run.is_empty() {
                let before = run.start;
                let (count, is_fan) = fan::begin(survey, square, run.clone());
                match is_fan {
                    // What comes before it is next.
                    true if before > start => return Some((start..before, false)),
                    true => {
                        run.start += count;
                        return Some((start..run.start, true));
                    }
                    false => run.start += count,
                }
            }
            (start < run.end).then_some((start..run.end, false))
        })
    })
}

/// The edges of entries, those of one ring with short gaps between them together.
fn runs(shapes: &Shapes, entries: &[Entry]) -> impl Iterator<Item = Range<u32>> {
    let mut rest = entries;
    std::iter::from_fn(move || {
        let start = loop {
            let (first, others) = rest.split_first()?;
            rest = others;
            if let Some(edge) = first.edge() {
                break edge;
            }
        };
        let ring_end = shapes.edges_of(shapes.ring_of(start)).end;
        let is_next = |edge: u32, end: u32| edge <= end + GAP && edge < ring_end;
        let mut end = start + 1;
        while let [next, others @ ..] = rest
            && let Some(edge) = next.edge()
            && is_next(edge, end)
        {
            (rest, end) = (others, edge + 1);
        }
        Some(start..end)
    })
}

pub(super) fn too_large() -> Error {
    Error::new(Kind::Limit, format_args!("polygons are more than an index takes"))
}
