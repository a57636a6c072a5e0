//! Squares of exact answers: which polygons is a point inside of?
//!
//! A square that no boundary touches knows its answer. One that few edges touch holds these, as chains of consecutive edges of
//! the original polygons, with each polygon's parity at its lower left corner: a point is as inside as the corner if the way
//! from there, up along the left side and then right, crosses an even number of edges. A square with more is divided into
//! 2 x 2 to 64 x 64 smaller ones, as many as its edges are worth, and the whole into up to 2048 x 2048.
//!
//! (True-hit filtering: Kipf et al., Adaptive Main-Memory Indexing for High-Performance Point-Polygon Joins, EDBT 2020; a bit
//! for a reference point of a cell: S2's shape index.)

mod build;
mod divide;
mod fan;
pub(crate) mod grid;
mod lists;
pub(crate) mod look;
mod stored;
mod survey;

use super::section::{Section, plain};
use crate::simd::first_lanes;
use grid::Grid;

/// What is known of a square.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// No polygon.
    Nothing,
    /// Inside this one polygon.
    Inside(u32),
    /// The chains from this one on decide.
    Chains(u32),
}

/// An answer, or where to look for it, in 32 bits; the lowest two say which.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub(crate) struct Code(u32);

plain!(Code { 0: u32 });

impl Code {
    const NOTHING: Code = Code(0);
    const INSIDE: u32 = 1;
    const DIVIDED: u32 = 2;
    const CHAINS: u32 = 3;

    /// Where codes of smaller squares may begin: every so many.
    const STEP: usize = 4;

    /// None where the number does not fit.
    fn inside(polygon: u32) -> Option<Code> {
        (polygon < 1 << 30).then_some(Code(polygon << 2 | Self::INSIDE))
    }

    fn chains(first: usize) -> Option<Code> {
        (first < 1 << 30).then_some(Code((first as u32) << 2 | Self::CHAINS))
    }

    fn divided(first: usize, bits: u32) -> Option<Code> {
        let step = first / Self::STEP;
        (step < 1 << 27).then_some(Code((step as u32) << 5 | bits << 2 | Self::DIVIDED))
    }

    /// The same code in a list that has `codes` and `chains` before it, of which the first `kept` chains are where they were.
    fn moved(self, codes: usize, chains: usize, kept: usize) -> Option<Code> {
        match self.0 & 3 {
            Self::CHAINS if self.first() >= kept => Code::chains(self.first() + chains),
            Self::DIVIDED => Code::divided(self.division().0 as usize + codes, self.division().1),
            _ => Some(self),
        }
    }

    #[inline(always)]
    fn is_divided(self) -> bool {
        self.0 & 3 == Self::DIVIDED
    }

    #[inline(always)]
    fn has_chains(self) -> bool {
        self.0 & 3 == Self::CHAINS
    }

    /// The first code of a divided square, and bits: the codes are those of 2^bits by 2^bits squares, row by row.
    #[inline(always)]
    fn division(self) -> (u32, u32) {
        ((self.0 >> 5) * Self::STEP as u32, self.0 >> 2 & 7)
    }

    /// The first chain of a square with chains.
    #[inline(always)]
    fn first(self) -> usize {
        (self.0 >> 2) as usize
    }

    /// What a square that is not divided is known to be.
    #[inline(always)]
    fn answer(self) -> Answer {
        match self.0 & 3 {
            Self::INSIDE => Answer::Inside(self.0 >> 2),
            Self::CHAINS => Answer::Chains(self.0 >> 2),
            _ => Answer::Nothing,
        }
    }
}

/// Consecutive edges of one ring of a polygon.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Chain {
    pub(crate) polygon: u32,
    /// The first edge.
    pub(crate) first: u32,
    /// The number of edges, between the flags.
    bits: u32,
}

plain!(Chain { polygon: u32, first: u32, bits: u32 });

impl Chain {
    /// The square's lower left corner is inside the polygon.
    const INSIDE: u32 = 1;
    /// All edges of the ring: the parity is that of a way from far left.
    const WHOLE: u32 = 2;
    /// The next chain is of the same polygon.
    const MORE: u32 = 4;
    /// The last chain of the square.
    const LAST: u32 = 8;
    /// Its edges are, the other way round, those of the chain before, each the only one of its polygon: it has none itself.
    const SAME: u32 = 16;
    const SHIFT: u32 = 5;
    /// Edges in one chain at most.
    const MOST: u32 = (1 << 26) - 1;
    /// A [fan]: the parity is that of a way from before its first edge, and `INSIDE` says whether the corner is an odd number of
    /// edges beyond that.
    const FAN: u32 = 1 << 31;

    #[inline(always)]
    pub(crate) fn count(self) -> u32 {
        self.bits >> Self::SHIFT & Self::MOST
    }

    /// The first edges of every four, and how many there are, as lanes.
    #[inline(always)]
    fn fours(self) -> impl Iterator<Item = (u32, u32)> {
        let count = self.count();
        (0..count).step_by(4).map(move |done| (self.first + done, first_lanes((count - done) as usize)))
    }

    #[inline(always)]
    pub(crate) fn is_corner_inside(self) -> bool {
        self.bits & Self::INSIDE != 0
    }

    #[inline(always)]
    pub(crate) fn is_whole(self) -> bool {
        self.bits & Self::WHOLE != 0
    }

    #[inline(always)]
    pub(crate) fn is_fan(self) -> bool {
        self.bits & Self::FAN != 0
    }

    #[inline(always)]
    pub(crate) fn is_same(self) -> bool {
        self.bits & Self::SAME != 0
    }

    #[inline(always)]
    pub(crate) fn has_more(self) -> bool {
        self.bits & Self::MORE != 0
    }

    #[inline(always)]
    pub(crate) fn is_last(self) -> bool {
        self.bits & Self::LAST != 0
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Cells {
    /// None where coordinates are too large for one, or where there are none: then the first code is for everywhere.
    grid: Option<Grid>,
    /// The whole is divided into 2^bits by 2^bits squares, ...
    bits: u32,
    /// ... whose codes come first, row by row.
    codes: Section<Code>,
    chains: Section<Chain>,
}

impl Cells {
    #[inline(always)]
    pub(crate) fn grid(&self) -> Option<&Grid> {
        self.grid.as_ref()
    }

    /// Bytes beside the shapes.
    #[cfg(test)]
    pub(crate) fn byte_size(&self) -> usize {
        size_of_val(&self.codes[..]) + size_of_val(&self.chains[..])
    }
}

#[cfg(test)]
mod tests;
