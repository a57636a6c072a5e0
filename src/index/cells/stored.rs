//! Squares in an index file: their sections, and what queries rely on.

use super::divide::MOST_BITS;
use super::grid::DIGITS;
use super::{Answer, Cells, Code};
use crate::error::{Result, vec_filled};
use crate::index::file::layout::{Opening, Sections, broken_at, damaged, hold};
use crate::index::section::Section;
use crate::index::shapes::Shapes;
use crate::run::{Run, for_ranges};

const GRID: &str = "squares.grid";
const BITS: &str = "squares.bits";
const CODES: &str = "squares.codes";
const CHAINS: &str = "squares.chains";

const IS_WRONG: &str = "is not divided into smaller squares of its own behind it";

/// The side of a code that no division seen so far leads to.
const UNKNOWN: u8 = u8::MAX;

/// Codes between two looks at the cancel flag.
const WATCH: usize = 1 << 18;

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
            Some(bits) if bits <= DIGITS / 2 && codes.len() >= 1 << (2 * bits) => {
                Ok(Cells { grid, bits, codes, chains })
            }
            _ => Err(damaged(format_args!("{CODES} has not the codes of the first division"))),
        }
    }

    pub(crate) fn verify(&self, shapes: &Shapes, run: &Run<'_>) -> Result<()> {
        match (&self.grid, shapes.bounds()) {
            (None, _) => hold(self.codes.len() == 1, GRID, 0, "is missing")?,
            (Some(grid), Some(bounds)) => {
                hold(grid.is_sound() && grid.holds(bounds), GRID, 0, "does not hold the polygons")?
            }
            (Some(_), None) => return Err(damaged(format_args!("{GRID} without vertices"))),
        }
        self.verify_codes(shapes, run)?;
        self.verify_chains(shapes, run)
    }

    /// What is not divided is an answer there is. Every code is part of one division, which comes after the code it divides, so
    /// that the way of a point ends.
    fn verify_codes(&self, shapes: &Shapes, run: &Run<'_>) -> Result<()> {
        for_ranges(run, self.codes.len(), 1, |range| {
            range.into_iter().try_for_each(|i| self.verify_answer(self.codes[i], shapes, CODES, i))
        })?;
        // The power of two of each code's side, where a division that leads there has been seen.
        let mut shifts = vec_filled(UNKNOWN, self.codes.len())?;
        shifts[..1 << (2 * self.bits)].fill((DIGITS - self.bits) as u8);
        for (i, &code) in self.codes.iter().enumerate() {
            if i % WATCH == 0 {
                run.check()?;
            }
            if code.is_divided() {
                let shift = shifts[i];
                hold(shift != UNKNOWN, CODES, i, "is part of no division")?;
                divide(&mut shifts, code, i + 1, shift).ok_or_else(|| broken_at(CODES, i, IS_WRONG))?;
            }
        }
        let lost = shifts.iter().position(|&shift| shift == UNKNOWN);
        hold(lost.is_none(), CODES, lost.unwrap_or(0), "is part of no division")
    }

    #[inline(always)]
    fn verify_answer(&self, code: Code, shapes: &Shapes, name: &str, i: usize) -> Result<()> {
        if code.is_divided() {
            return hold(self.grid.is_some(), name, i, "is divided without a grid");
        }
        match code.answer() {
            Answer::Nothing => hold(code.0 == Code::NOTHING.0, name, i, "is no code"),
            Answer::Inside(polygon) => hold((polygon as usize) < shapes.len(), name, i, "is inside no polygon"),
            Answer::Chains(first) => {
                let first = first as usize;
                // Polygons may have no chains at all.
                let begins = first == 0 || first < self.chains.len() && self.chains[first - 1].is_last();
                hold(begins, name, i, "leads to no first chain")
            }
        }
    }

    /// Chains are edges of one ring, those of a square lowest polygon first.
    fn verify_chains(&self, shapes: &Shapes, run: &Run<'_>) -> Result<()> {
        for_ranges(run, self.chains.len(), 5, |range| {
            for i in range {
                let chain = self.chains[i];
                let has_edges = match chain.count() {
                    // The polygon covers the square.
                    0 => chain.first == 0 && (chain.polygon as usize) < shapes.len(),
                    count => shapes.are_edges(chain.polygon, chain.first..chain.first.saturating_add(count)),
                };
                hold(has_edges, CHAINS, i, "are not edges of its polygon")?;
                // What is the same as before needs one before, of its square, without more to come.
                let before = i.checked_sub(1).map(|i| self.chains[i]);
                let has_same = before.is_some_and(|before| !before.is_last() && !before.has_more());
                hold(!chain.is_same() || (has_same && chain.count() == 0), CHAINS, i, "is the same as nothing")?;
                let is_followed = match self.chains.get(i + 1) {
                    _ if chain.is_last() => !chain.has_more(),
                    Some(next) if chain.has_more() => next.polygon == chain.polygon,
                    Some(next) => next.polygon > chain.polygon,
                    None => false,
                };
                hold(is_followed, CHAINS, i, "is not followed by what it says")?;
            }
            Ok(())
        })
    }
}

/// Notes the side of the codes of a divided square, whose own is 2^shift: they are from `after` on, and nobody else's.
fn divide(shifts: &mut [u8], code: Code, after: usize, shift: u8) -> Option<()> {
    let (first, bits) = code.division();
    let first = first as usize;
    if first < after || !(1..=MOST_BITS.min(shift.into())).contains(&bits) {
        return None;
    }
    let below = shifts.get_mut(first..first + (1 << (2 * bits)))?;
    if below.iter().any(|&shift| shift != UNKNOWN) {
        return None;
    }
    below.fill(shift - bits as u8);
    Some(())
}
