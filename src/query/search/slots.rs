//! Which polygons are known, and where: a small table that is emptied in no time.

use crate::error::Result;
use crate::memory::{Counted, vec_filled};

/// An entry counts if its round is the table's.
#[derive(Clone, Copy, Default)]
struct Entry {
    round: u32,
    polygon: i32,
    slot: u32,
}

/// See the module. Polygons are looked for from their place on, one entry after the other.
#[derive(Default)]
pub(super) struct Slots {
    /// A power of two of them, at least half of them free.
    entries: Counted<Entry>,
    round: u32,
    count: usize,
}

impl Slots {
    /// Entries of the smallest table.
    const LEAST: usize = 64;

    /// Forgets everything.
    #[inline(always)]
    pub(super) fn clear(&mut self) {
        self.count = 0;
        self.round = self.round.wrapping_add(1);
        if self.round == 0 {
            self.entries.fill(Entry::default());
            self.round = 1;
        }
    }

    /// The slot of a polygon, if it is known.
    #[inline(always)]
    pub(super) fn find(&self, polygon: i32) -> Option<u32> {
        let entry = self.entries.get(self.place(polygon))?;
        (entry.round == self.round).then_some(entry.slot)
    }

    /// Adds a polygon that is not known.
    #[inline(always)]
    pub(super) fn insert(&mut self, polygon: i32, slot: u32) -> Result<()> {
        if 2 * self.count >= self.entries.len() {
            self.grow()?;
        }
        let at = self.place(polygon);
        self.entries[at] = Entry { round: self.round, polygon, slot };
        self.count += 1;
        Ok(())
    }

    /// Where a polygon is or would be; 0 if there are no entries.
    #[inline(always)]
    fn place(&self, polygon: i32) -> usize {
        let mask = self.entries.len().wrapping_sub(1);
        // Multiplied by 2^32 over the golden ratio, neighbours are far from each other.
        let mut at = ((polygon as u32).wrapping_mul(0x9E37_79B9) >> 8) as usize & mask;
        while let Some(entry) = self.entries.get(at)
            && entry.round == self.round
            && entry.polygon != polygon
        {
            at = (at + 1) & mask;
        }
        at
    }

    #[cold]
    fn grow(&mut self) -> Result<()> {
        let larger = vec_filled(Entry::default(), (2 * self.entries.len()).max(Self::LEAST))?;
        let round = std::mem::replace(&mut self.round, 1);
        let entries = std::mem::replace(&mut self.entries, larger);
        for entry in entries.iter().filter(|entry| entry.round == round) {
            let at = self.place(entry.polygon);
            self.entries[at] = Entry { round: 1, ..*entry };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;
    use std::collections::HashMap;

    #[test]
    fn it_knows_what_a_map_knows() {
        let (mut random, mut slots) = (Random(61), Slots::default());
        for round in 0..200 {
            slots.clear();
            let mut map = HashMap::new();
            for slot in 0..random.below(1 + round * 5) as u32 {
                let polygon = random.below(2000) as i32 * if round % 3 == 0 { 1 << 20 } else { 1 };
                assert_eq!(slots.find(polygon), map.get(&polygon).copied());
                if map.insert(polygon, slot).is_none() {
                    slots.insert(polygon, slot).unwrap();
                } else {
                    map.insert(polygon, slots.find(polygon).unwrap());
                }
            }
            for polygon in 0..2000 {
                assert_eq!(slots.find(polygon), map.get(&polygon).copied());
            }
        }
    }
}
