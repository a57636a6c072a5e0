//! Squares in an index file: their sections, and what queries rely on.

use std::ops::Range;

use super::divide::MOST_BITS;
use super::grid::DIGITS;
use super::{Cells, Chain, Code};
use crate::error::Result;
use crate::index::file::layout::{Opening, Sections, broken_at, damaged, hold, hold_all};
use crate::index::section::Section;
use crate::index::shapes::stored::Verified;
use crate::memory::{Counted, vec_filled};
use crate::run::{Run, for_chunks};

const GRID: &str = "squares.grid";
const BITS: &str = "squares.bits";
const CODES: &str = "squares.codes";
const CHAINS: &str = "squares.chains";

const IS_WRONG: &str = "is not divided into smaller squares of its own behind it";

/// The whole is divided into 2^MOST_FIRST_BITS rows and columns at most.
const MOST_FIRST_BITS: u32 = DIGITS / 2;

/// The side of a code that no division seen so far leads to.
const UNKNOWN: u8 = u8::MAX;

/// Words of bits of codes between two looks at the cancel flag.
const WATCH: usize = 1 << 12;

impl Cells {
    pub(crate) fn add_to<'a>(&'a self, sections: &mut Sections<'a>) {
        sections.add(GRID, self.grid.as_slice());
        sections.add(BITS, std::slice::from_ref(&self.bits));
        sections.add(CODES, &self.codes);
        sections.add(CHAINS, &self.chains);
    }

    pub(crate) fn take(from: &mut Opening<'_>) -> Result<Self> {
        let (grid, bits): (_, Option<u32>) = (from.take_one(GRID)?, from.take_one(BITS)?);
        let (codes, chains): (Section<Code>, _) = (from.take(CODES)?, from.take(CHAINS)?);
        match bits {
            // One code is not divided: those behind it begin at a multiple of four.
            Some(0) if codes.len() == 1 => Ok(Cells { grid, bits: 0, codes, chains }),
            Some(bits @ 1..=MOST_FIRST_BITS) if codes.len() >= 1 << (2 * bits) => {
                Ok(Cells { grid, bits, codes, chains })
            }
            _ => Err(damaged(format_args!("{CODES} has not the codes of the first division"))),
        }
    }

    pub(crate) fn verify(&self, polygons: &Verified<'_>, run: &Run<'_>) -> Result<()> {
        match (&self.grid, polygons.shapes.bounds()) {
            (None, _) => hold(self.codes.len() == 1, GRID, 0, "is missing")?,
            (Some(grid), Some(bounds)) => {
                hold(grid.is_sound() && grid.holds(bounds), GRID, 0, "does not hold the polygons")?
            }
            (Some(_), None) => return Err(damaged(format_args!("{GRID} without vertices"))),
        }
        let begins = self.verify_chains(polygons, run)?;
        let divided = self.verify_codes(polygons.shapes.len() as u32, &begins, run)?;
        self.verify_divisions(&divided, run)
    }

    /// Chains are edges of one ring, those of a square lowest polygon first. A bit for each says whether a square's begin there;
    /// one more may, where there are none.
    fn verify_chains(&self, polygons: &Verified<'_>, run: &Run<'_>) -> Result<Counted<u64>> {
        let len = self.chains.len();
        let mut begins = vec_filled(0u64, len / BITS_IN_WORD + 1)?;
        for_chunks(run, &mut begins, BITS_IN_WORD, |first, begins| {
            for (word, begins) in (first..).zip(begins) {
                let range = bits_of(word, len);
                let broken =
                    ["are not edges of its polygon", "is the same as nothing", "does not follow the one before"];
                hold_all(&self.chains[range.clone()], range.start, CHAINS, broken, |i, &chain| {
                    chain.keeps(self.chain_before(i), polygons)
                })?;
                *begins = range.rev().fold(0, |bits, i| bits << 1 | u64::from(self.chain_before(i).is_last()));
            }
            Ok(())
        })?;
        begins[0] |= 1;
        let ends = self.chains.last().is_none_or(|chain| chain.is_last());
        hold(ends, CHAINS, len.saturating_sub(1), "is the last of all and not of its square")?;
        Ok(begins)
    }

    #[inline(always)]
    fn chain_before(&self, i: usize) -> Chain {
        const BEFORE_ALL: Chain = Chain { polygon: 0, first: 0, bits: Chain::LAST };
        if i == 0 { BEFORE_ALL } else { self.chains[i - 1] }
    }

    /// What is not divided is an answer there is. A bit for each says whether it is divided.
    fn verify_codes(&self, polygons: u32, begins: &[u64], run: &Run<'_>) -> Result<Counted<u64>> {
        let len = self.codes.len();
        // Polygons may have no chains at all.
        let chains = self.chains.len().max(1);
        let mut divided = vec_filled(0u64, len.div_ceil(BITS_IN_WORD))?;
        for_chunks(run, &mut divided, BITS_IN_WORD, |first, divided| {
            for (word, divided) in (first..).zip(divided) {
                let range = bits_of(word, len);
                let codes = &self.codes[range.clone()];
                let broken = ["is divided without a grid", "is no code", "is inside no polygon"];
                hold_all(codes, range.start, CODES, broken, |_, &code| {
                    let (kind, number) = (code.0 & 3, code.0 >> 2);
                    [
                        (kind != Code::DIVIDED) | self.grid.is_some(),
                        (kind != Code::NOTHING.0) | (number == 0),
                        (kind != Code::INSIDE) | (number < polygons),
                    ]
                })?;
                *divided = bits_where(codes, Code::is_divided);
                for i in ones(bits_where(codes, Code::has_chains)) {
                    let number = codes[i].first();
                    let begins = number < chains && begins[number / BITS_IN_WORD] >> (number % BITS_IN_WORD) & 1 == 1;
                    hold(begins, CODES, range.start + i, "leads to no first chain")?;
                }
            }
            Ok(())
        })?;
        Ok(divided)
    }

    /// Every code is part of one division, which comes after the code it divides, so that the way of a point ends.
    fn verify_divisions(&self, divided: &[u64], run: &Run<'_>) -> Result<()> {
        // The power of two of the sides of every four codes, which are of one division, where one that leads there has been seen.
        let len = self.codes.len();
        let mut shifts = vec_filled(UNKNOWN, (len / Code::STEP).max(1))?;
        let first = ((1 << (2 * self.bits)) / Code::STEP).max(1);
        shifts[..first].fill((DIGITS - self.bits) as u8);
        for (word, &bits) in divided.iter().enumerate() {
            if word % WATCH == 0 {
                run.check()?;
            }
            for i in ones(bits).map(|i| word * BITS_IN_WORD + i) {
                let shift = *shifts.get(i / Code::STEP).unwrap_or(&UNKNOWN);
                hold(shift != UNKNOWN, CODES, i, "is part of no division")?;
                divide(&mut shifts, self.codes[i], i, shift).ok_or_else(|| broken_at(CODES, i, IS_WRONG))?;
            }
        }
        let lost = shifts.iter().position(|&shift| shift == UNKNOWN).unwrap_or(shifts.len()) * Code::STEP;
        hold(lost >= len, CODES, lost, "is part of no division")
    }
}

impl Chain {
    /// Whether it is edges of its polygon, or has none where it may, and what it may be behind the one before.
    #[inline(always)]
    fn keeps(self, before: Chain, polygons: &Verified<'_>) -> [bool; 3] {
        // Without edges, the polygon covers the square, or they are those of the chain before.
        let are_edges = match self.count() {
            0 => (self.first == 0) & ((self.polygon as usize) < polygons.shapes.len()),
            count => polygons.are_edges(self.polygon, self.first, count),
        };
        let are_enough = !self.is_fan() | (self.count() > 1);
        let has_same = !before.is_last() & !before.has_more() & (self.count() == 0);
        let follows = match before.has_more() {
            true => self.polygon == before.polygon,
            false => before.is_last() | (self.polygon > before.polygon),
        };
        [are_edges & are_enough, !self.is_same() | has_same, follows & !(self.is_last() & self.has_more())]
    }
}

const BITS_IN_WORD: usize = u64::BITS as usize;

/// Those of `len` elements whose bits are in a word.
fn bits_of(word: usize, len: usize) -> Range<usize> {
    word * BITS_IN_WORD..len.min((word + 1) * BITS_IN_WORD)
}

/// A bit for each of up to 64 codes.
#[inline(always)]
fn bits_where(codes: &[Code], is: impl Fn(Code) -> bool) -> u64 {
    // Multiplying moves the lowest bit of each of eight bytes to the highest byte.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let (eights, others) = codes.as_chunks::<8>();
    let mut bits = 0;
    for (eight, i) in eights.iter().zip(0..) {
        let bytes = u64::from_le_bytes(eight.map(|code| u8::from(is(code))));
        bits |= (bytes.wrapping_mul(GATHER) >> 56) << (8 * i);
    }
    others.iter().zip(8 * eights.len()..).fold(bits, |bits, (&code, i)| bits | u64::from(is(code)) << i)
}

/// Where there are ones, lowest first.
#[inline(always)]
fn ones(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let one = (bits != 0).then(|| bits.trailing_zeros() as usize);
        bits &= bits.wrapping_sub(1);
        one
    })
}

/// Notes the side of the codes of a divided square, number `i`, whose own is 2^shift: they are behind it, and nobody else's.
#[inline(always)]
fn divide(shifts: &mut [u8], code: Code, i: usize, shift: u8) -> Option<()> {
    let (first, bits) = code.division();
    if first as usize <= i || !(1..=MOST_BITS.min(shift.into())).contains(&bits) {
        return None;
    }
    let first = first as usize / Code::STEP;
    let below = shifts.get_mut(first..first + (1 << (2 * bits)) / Code::STEP)?;
    if below.iter().fold(false, |any, &shift| any | (shift != UNKNOWN)) {
        return None;
    }
    below.fill(shift - bits as u8);
    Some(())
}
