//! Points of a block that are known to match one polygon or none before anybody asks about them one by one.

use super::NONE;
use crate::index::cells::look::BLOCK;

/// In the place of a polygon: the point is to be asked about.
pub(super) const ASK: i32 = NONE - 1;

/// Writes 1 for points with a polygon, 0 for those with [`NONE`].
#[inline(always)]
pub(super) fn write_matches<T: From<bool>>(out: &mut [T], polygons: &[i32]) {
    for (to, &polygon) in out.iter_mut().zip(polygons) {
        *to = (polygon != NONE).into();
    }
}

/// See the module.
pub(super) struct Singles {
    /// What each point matches, at a distance of 0: a polygon or [`NONE`]; or else [`ASK`].
    polygons: [i32; BLOCK],
    /// The numbers of those that are to be asked about, in order, and how many points there are.
    others: [u16; BLOCK + 1],
}

impl Singles {
    pub(super) fn new() -> Self {
        Singles { polygons: [NONE; BLOCK], others: [0; BLOCK + 1] }
    }

    /// Has so many points told by `tell`; answers whether that can tell any.
    #[inline(always)]
    pub(super) fn fill(&mut self, count: usize, tell: impl FnOnce(&mut [i32]) -> bool) -> bool {
        let polygons = &mut self.polygons[..count];
        if !tell(polygons) {
            return false;
        }
        let mut others = 0;
        // Mostly there is none, which takes less time to see.
        if polygons.iter().fold(NONE, |least, &polygon| least.min(polygon)) == ASK {
            for (i, &polygon) in polygons.iter().enumerate() {
                self.others[others] = i as u16;
                others += usize::from(polygon == ASK);
            }
        }
        self.others[others] = count as u16;
        true
    }

    /// The number of the point that is to be asked about after so many others; how many points there are where there is none.
    #[inline(always)]
    pub(super) fn other(&self, before: usize) -> usize {
        self.others[before].into()
    }

    /// The polygons of points from one to another, none of which is to be asked about.
    #[inline(always)]
    pub(super) fn of(&self, first: usize, end: usize) -> &[i32] {
        &self.polygons[first..end]
    }
}
