//! Which polygons are the nearest by what is known.

use crate::error::Result;
use crate::memory::Counted;
use crate::simd::Lanes;

/// More than these are sorted another way.
const FEW_RANKS: usize = if cfg!(test) { 9 } else { 64 };

/// See the module. A polygon is the slot in which things are known of it.
#[derive(Default)]
pub(super) struct Ranks {
    /// What the squared distance of each polygon is at most.
    mosts: Counted<f64>,
    /// That and the polygon, of those that are nearest: in order, ties by slot.
    nearest: Counted<(f64, u32)>,
}

impl Ranks {
    pub(super) fn clear(&mut self) {
        self.mosts.clear();
        self.nearest.clear();
    }

    #[inline(always)]
    pub(super) fn add(&mut self, most: f64) -> Result<()> {
        self.mosts.reserve(1)?;
        self.mosts.push(most);
        Ok(())
    }

    #[inline(always)]
    pub(super) fn most(&self, slot: u32) -> f64 {
        self.mosts[slot as usize]
    }

    #[inline(always)]
    pub(super) fn set_most(&mut self, slot: u32, most: f64) {
        self.mosts[slot as usize] = most;
    }

    /// The number of polygons that are ranked.
    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.nearest.len()
    }

    #[inline(always)]
    pub(super) fn is_complete(&self) -> bool {
        self.nearest.len() == self.mosts.len()
    }

    /// The square that the polygon of a rank is at most away.
    #[inline(always)]
    pub(super) fn get(&self, rank: usize) -> Option<f64> {
        self.nearest.get(rank).map(|(most, _)| *most)
    }

    #[inline(always)]
    pub(super) fn slot(&self, rank: usize) -> u32 {
        self.nearest[rank].1
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.nearest.truncate(len);
    }

    /// Ranks all polygons: each goes where as many are before it.
    #[inline(always)]
    pub(super) fn order<V: Lanes>(&mut self) -> Result<()> {
        let len = self.mosts.len();
        self.nearest.clear();
        self.nearest.reserve(len)?;
        if len > FEW_RANKS {
            self.nearest.extend(self.mosts.iter().zip(0..).map(|(most, slot)| (*most, slot)));
            self.nearest.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            return Ok(());
        }
        self.nearest.resize(len, (0.0, 0));
        for slot in 0..len {
            let most = V::splat(self.mosts[slot]);
            let (mut up_to, mut less) = (0, 0);
            for first in (0..len).step_by(4) {
                let others = V::load_at(&self.mosts, first, f64::INFINITY);
                up_to |= u64::from(others.at_most(most)) << first;
                less |= u64::from(!most.at_most(others) & 0xF) << first;
            }
            // Those that are as near and in slots before this one are before it.
            let before = (1 << slot) - 1;
            let rank = (up_to & before | less & !before).count_ones();
            self.nearest[rank as usize] = (self.mosts[slot], slot as u32);
        }
        Ok(())
    }

    /// A polygon is less far away than thought before; `room` are ranked at most.
    #[inline(always)]
    pub(super) fn improve(&mut self, slot: u32, most: f64, room: usize) -> Result<()> {
        let before = std::mem::replace(&mut self.mosts[slot as usize], most);
        let nearest = &mut self.nearest;
        let known = match nearest.last() {
            Some((last, _)) if before <= *last => nearest.iter().rposition(|ranked| ranked.1 == slot),
            _ => None,
        };
        let mut at = match known {
            Some(at) => at,
            None if nearest.len() < room => {
                nearest.reserve(1)?;
                nearest.push((most, slot));
                nearest.len() - 1
            }
            None if nearest[nearest.len() - 1] < (most, slot) => return Ok(()),
            None => nearest.len() - 1,
        };
        while at > 0 && nearest[at - 1] > (most, slot) {
            nearest[at] = nearest[at - 1];
            at -= 1;
        }
        nearest[at] = (most, slot);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{Level, Task, dispatch};
    use crate::testing::Random;

    struct Order<'a>(&'a mut Ranks);

    impl Task for Order<'_> {
        type Output = Result<()>;

        #[inline(always)]
        fn run<V: Lanes>(self) -> Self::Output {
            self.0.order::<V>()
        }
    }

    fn sorted(mosts: &[f64]) -> Vec<(f64, u32)> {
        let mut sorted: Vec<_> = mosts.iter().copied().zip(0..).collect();
        sorted.sort_by(|a, b| a.partial_cmp(b).unwrap());
        sorted
    }

    #[test]
    fn ranks_are_as_sorting_has_them() {
        let (mut random, mut ranks) = (Random(71), Ranks::default());
        for round in 0..2_000 {
            ranks.clear();
            let values = 1 + random.below(12);
            let mut mosts: Vec<f64> = Vec::new();
            for _ in 0..random.below(2 * FEW_RANKS) {
                let value = random.below(values);
                mosts.push(if value == 7 { f64::INFINITY } else { value as f64 - 1.0 });
                ranks.add(mosts[mosts.len() - 1]).unwrap();
            }
            for level in Level::all() {
                dispatch(level, Order(&mut ranks)).unwrap();
                assert_eq!(*ranks.nearest, sorted(&mosts), "{level:?}");
            }
            // What is cut off may come back.
            let room = 1 + random.below(8);
            ranks.truncate(room);
            for _ in 0..if mosts.is_empty() { 0 } else { 10 } {
                let slot = random.below(mosts.len());
                let most = random.below(values) as f64 - 1.5;
                if most < mosts[slot] {
                    mosts[slot] = most;
                    ranks.improve(slot as u32, most, room).unwrap();
                    assert_eq!(*ranks.nearest, sorted(&mosts)[..room.min(mosts.len())], "round {round}");
                }
            }
        }
    }
}
