//! Which points were found near which polygons: gathered polygon by polygon, then put in the order of points.

use std::ops::Range;

use super::bins::Bins;
use crate::error::Result;
use crate::index::buckets::into_starts;
use crate::memory::{Counted, vec_filled};
use crate::run::Watch;
use crate::simd::prefetch;

/// Points between two looks at whether to go on.
const CHUNK: usize = 256;

/// Points near a polygon, behind those of the group before.
#[derive(Clone, Copy)]
struct Group {
    polygon: u32,
    /// Where they end.
    end: u32,
}

/// Points are told by their slots in bins, each polygon's once.
#[derive(Default)]
pub(super) struct Hits {
    slots: Counted<i32>,
    groups: Counted<Group>,
    /// Beside the slots, where distances are wanted.
    distances: Counted<f64>,
    /// The polygon that each slot was found near latest, and one more; those that are all of one link need not be noted.
    latest: Counted<u32>,
    /// Where that is among the slots, where distances are wanted.
    places: Counted<u32>,
}

impl Hits {
    /// None of so many points.
    pub(super) fn new(points: usize, measures: bool) -> Result<Self> {
        let places = vec_filled(0, if measures { points } else { 0 })?;
        Ok(Hits { latest: vec_filled(0, points)?, places, ..Hits::default() })
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Makes room for so many and a group of them.
    #[inline(always)]
    pub(super) fn reserve(&mut self, more: usize) -> Result<()> {
        self.groups.reserve(1)?;
        self.slots.reserve(more)
    }

    /// Adds points to the group at hand: there is room for them.
    #[inline(always)]
    pub(super) fn add_all(&mut self, slots: &[i32]) {
        self.slots.extend_from_slice(slots);
    }

    /// Adds those of four points whose bits are set: there is room for four.
    #[inline(always)]
    pub(super) fn add_some(&mut self, slots: [i32; 4], lanes: u32) {
        let len = self.slots.len() + lanes.count_ones() as usize;
        self.slots.extend_from_slice(&slots);
        self.slots.truncate(len);
    }

    /// Adds a point and its distance, or makes the one it has less.
    #[inline(always)]
    pub(super) fn measure(&mut self, polygon: u32, slot: i32, distance: f64) -> Result<()> {
        if self.is_known(polygon, slot) {
            let known = &mut self.distances[self.places[slot as usize] as usize];
            *known = known.min(distance);
            return Ok(());
        }
        self.distances.reserve(1)?;
        self.distances.push(distance);
        self.slots.push(slot);
        Ok(())
    }

    /// Ends the group at hand; answers how many points it has.
    #[inline(always)]
    pub(super) fn end_group(&mut self, polygon: u32) -> usize {
        let start = self.groups.last().map_or(0, |group| group.end);
        let end = self.slots.len() as u32;
        if start < end {
            self.groups.push(Group { polygon, end });
        }
        (end - start) as usize
    }

    /// Whether a point was found near a polygon whose group was noted, if that was its latest.
    #[inline(always)]
    pub(super) fn is_known(&self, polygon: u32, slot: i32) -> bool {
        self.latest[slot as usize] == polygon + 1
    }

    /// Notes which polygon was the latest of the last so many points.
    pub(super) fn note(&mut self, polygon: u32, count: usize, watch: &Watch<'_>) -> Result<()> {
        let start = self.slots.len() - count;
        for (place, &slot) in (start..).zip(&self.slots[start..]) {
            watch.step()?;
            self.latest[slot as usize] = polygon + 1;
            if let Some(to) = self.places.get_mut(slot as usize) {
                *to = place as u32;
            }
        }
        Ok(())
    }

    /// Forgets all points but those of the first `rows` rows, and goes over from the slots of bins to those of others.
    pub(super) fn keep(&mut self, rows: usize, before: &Bins, after: &Bins, watch: &Watch<'_>) -> Result<()> {
        let slots = after.slots(rows)?;
        // There may be more of these than before: which points are in bins is decided by a sample.
        let measures = !self.places.is_empty();
        let Hits { latest, places, .. } = Hits::new(after.rows.len(), measures)?;
        (self.latest, self.places) = (latest, places);
        let (mut start, mut kept) = (0, 0);
        for i in 0..self.groups.len() {
            let Group { polygon, end } = self.groups[i];
            for at in start..end as usize {
                watch.step()?;
                let row = before.rows[self.slots[at] as usize];
                if (row as usize) < rows {
                    let slot = slots[row as usize];
                    // There is none for a point that boxes of a file, which may lie, leave out.
                    let Some(latest) = self.latest.get_mut(slot as usize) else { continue };
                    *latest = polygon + 1;
                    self.slots[kept] = slot as i32;
                    if let Some(to) = self.places.get_mut(slot as usize) {
                        *to = kept as u32;
                        self.distances[kept] = self.distances[at];
                    }
                    kept += 1;
                }
            }
            start = end as usize;
            self.groups[i].end = kept as u32;
        }
        self.slots.truncate(kept);
        self.distances.truncate(kept);
        Ok(())
    }

    /// Puts it in the order of points.
    pub(super) fn into_rows(mut self, bins: &Bins, rows: usize, watch: &Watch<'_>) -> Result<Rows> {
        // Where it is little, rows are looked up for what was found rather than places for rows.
        let slots = if self.slots.len() < 2 * rows {
            for chunk in self.slots.chunks_mut(CHUNK) {
                watch.step()?;
                for slot in chunk {
                    *slot = bins.rows[*slot as usize] as i32;
                }
            }
            None
        } else {
            Some(bins.slots(rows)?)
        };
        let mut starts = vec_filled(0u32, rows + 1)?;
        for chunk in self.slots.chunks(CHUNK) {
            watch.step()?;
            for &slot in chunk {
                starts[slot as usize] += 1;
            }
        }
        into_starts(&mut starts);
        let mut polygons = vec_filled(0i32, self.slots.len())?;
        let mut ordered = vec_filled(0.0, self.distances.len())?;
        let mut start = 0;
        for &Group { polygon, end } in &self.groups {
            watch.step()?;
            for (at, &slot) in (start..).zip(&self.slots[start..end as usize]) {
                let to = &mut starts[slot as usize];
                polygons[*to as usize] = polygon as i32;
                if let Some(&distance) = self.distances.get(at) {
                    ordered[*to as usize] = distance;
                }
                *to += 1;
            }
            start = end as usize;
        }
        // Each start has moved on to the next.
        starts.rotate_right(1);
        starts[0] = 0;
        Ok(Rows { slots, starts, polygons, distances: ordered })
    }
}

/// What was found, row by row.
pub(super) struct Rows {
    /// Where the polygons of a row are: where much was found, they come in the order of bins, and this says where each is.
    slots: Option<Counted<u32>>,
    starts: Counted<u32>,
    polygons: Counted<i32>,
    /// Beside them, where distances are wanted.
    distances: Counted<f64>,
}

impl Rows {
    /// Asks for what [`Rows::get`] reads.
    pub(super) fn prefetch(&self, rows: Range<usize>) {
        let Some(slots) = &self.slots else { return };
        let slots = &slots[rows];
        slots.iter().for_each(|&slot| prefetch(&self.starts, slot as usize));
        for &slot in slots {
            let [start, end] = [self.starts[slot as usize], self.starts[slot as usize + 1]];
            prefetch(&self.polygons, start as usize);
            prefetch(&self.polygons, end.saturating_sub(1) as usize);
        }
    }

    /// Whether rows are in order, as little was found.
    pub(super) fn is_sparse(&self) -> bool {
        self.slots.is_none()
    }

    /// Writes `mark` for the rows from one on that have something, if little was found.
    #[inline(always)]
    pub(super) fn mark(&self, first: usize, marks: &mut [i32], mark: i32) {
        let starts = &self.starts[first..=first + marks.len()];
        for (to, ends) in marks.iter_mut().zip(starts.windows(2)) {
            *to = if ends[0] < ends[1] { mark } else { *to };
        }
    }

    /// The polygons near the point of a row, each once, in no order, and their distances, if these are wanted.
    #[inline(always)]
    pub(super) fn get(&self, row: usize) -> (&[i32], Option<&[f64]>) {
        let slot = self.slots.as_ref().map_or(row, |slots| slots[row] as usize);
        let found = self.starts[slot] as usize..self.starts[slot + 1] as usize;
        (&self.polygons[found.clone()], self.distances.get(found))
    }
}
