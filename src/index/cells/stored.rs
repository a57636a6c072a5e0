//! Squares in an index file: their sections, and what queries rely on.

use super::divide::MOST_BITS;
use super::grid::DIGITS;
use super::{Answer, Cells, Code, Part};
use crate::error::{Result, vec_filled};
use crate::index::file::layout::{Opening, Sections, damaged, hold};
use crate::index::shapes::Shapes;
use crate::run::{Run, check_cancel, for_ranges};

const GRID: &str = "squares.grid";
const WHOLE: &str = "squares.whole";
const CODES: &str = "squares.codes";
const CHAINS: &str = "squares.chains";

/// Codes between two looks at the cancel flag.
const WATCH: usize = 1 << 18;

impl Cells {
    pub(crate) fn add_to<'a>(&'a self, sections: &mut Sections<'a>) {
        sections.add(GRID, self.grid.as_slice());
        sections.add(WHOLE, std::slice::from_ref(&self.whole));
        sections.add(CODES, &self.codes);
        sections.add(CHAINS, &self.chains);
    }

    pub(crate) fn take(from: &mut Opening<'_>) -> Result<Self> {
        let (grid, whole) = (from.take_one(GRID)?, from.take_one(WHOLE)?);
        let Some(whole) = whole else { return Err(damaged(format_args!("section {WHOLE} is empty"))) };
        Ok(Cells { grid, whole, codes: from.take(CODES)?, chains: from.take(CHAINS)? })
    }

    pub(crate) fn verify(&self, shapes: &Shapes, run: &Run<'_>) -> Result<()> {
        match (&self.grid, self.whole.part(), shapes.bounds()) {
            (None, Part::Answer(_), _) => {}
            (Some(grid), Part::Divided { .. }, Some(bounds)) => {
                hold(grid.is_sound() && grid.holds(bounds), GRID, 0, "does not hold the polygons")?
            }
            _ => return Err(damaged(format_args!("{GRID} without division, or division without {GRID}"))),
        }
        self.verify_codes(shapes, run)?;
        self.verify_chains(shapes, run)
    }

    /// Every code is part of one division, which comes after the code it divides: so that the way of a point ends.
    fn verify_codes(&self, shapes: &Shapes, run: &Run<'_>) -> Result<()> {
        const UNKNOWN: u8 = u8::MAX;
        // The power of two of each code's side, where a division that leads there has been seen.
        let mut shifts = vec_filled(UNKNOWN, self.codes.len())?;
        let check = |shifts: &mut [u8], code: Code, name, i, after: usize, shift: u8| match code.part() {
            Part::Answer(Answer::Nothing) => hold(code.0 == Code::NOTHING.0, name, i, "is no code"),
            Part::Answer(Answer::Inside(polygon)) => {
                hold((polygon as usize) < shapes.len(), name, i, "is inside no polygon")
            }
            Part::Answer(Answer::Chains(first)) => {
                let first = first as usize;
                let begins = first < self.chains.len() && (first == 0 || self.chains[first - 1].is_last());
                hold(begins, name, i, "leads to no first chain")
            }
            Part::Divided { first, bits } => {
                let is_finer = (1..=MOST_BITS.min(shift.into())).contains(&bits);
                hold(is_finer, name, i, "is divided too finely or not at all")?;
                let first = first as usize;
                let below = shifts.get_mut(first..first + (1 << (2 * bits))).unwrap_or_default();
                let is_new = first >= after && !below.is_empty() && below.iter().all(|&shift| shift == UNKNOWN);
                hold(is_new, name, i, "is not divided into codes of its own")?;
                below.fill(shift - bits as u8);
                Ok(())
            }
        };
        check(&mut shifts, self.whole, WHOLE, 0, 0, DIGITS as u8)?;
        for (i, &code) in self.codes.iter().enumerate() {
            if i % WATCH == 0 {
                check_cancel(run.cancel)?;
            }
            let shift = shifts[i];
            hold(shift != UNKNOWN, CODES, i, "is part of no division")?;
            check(&mut shifts, code, CODES, i, i + 1, shift)?;
        }
        Ok(())
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
