//! Links that were looked at: what is known of their edges, and the accurate distances of those that count.

use super::super::edges::Squares;
use crate::distance::{distance, to_vertex, to_vertices};
use crate::error::Result;
use crate::index::shapes::Shapes;
use crate::index::tree::{Link, MOST_EDGES};
use crate::memory::Counted;
use crate::simd::Lanes;

/// So many vertices are measured before there are more.
const MANY: usize = if cfg!(test) { 10 } else { 1 << 10 };

/// A link that was looked at.
#[derive(Clone, Copy, Default)]
pub(super) struct Look {
    /// Whoever looks says which polygon, or what else, its distance is for.
    pub(super) slot: u32,
    pub(super) number: u32,
    link: Link,
    squares: Squares,
}

impl Look {
    /// What the square of its nearest edge is at most.
    #[inline(always)]
    pub(super) fn most(&self) -> f64 {
        self.squares.most
    }

    /// Whether an edge's square may be `limit` or less.
    #[inline(always)]
    pub(super) fn is_near<V: Lanes>(&self, limit: f64) -> bool {
        self.squares.up_to::<V>(limit) != 0
    }
}

/// Those around a point.
#[derive(Default)]
pub(super) struct Looks {
    /// Only the first `count` count.
    all: Counted<Look>,
    count: usize,
}

impl Looks {
    #[inline(always)]
    pub(super) fn clear(&mut self) {
        self.count = 0;
    }

    /// Those that were added.
    #[inline(always)]
    pub(super) fn added(&self) -> &[Look] {
        &self.all[..self.count]
    }

    /// Looks at a link.
    #[inline(always)]
    pub(super) fn look<V: Lanes>(
        &mut self,
        shapes: &Shapes,
        point: (f64, f64),
        (number, link): (u32, Link),
    ) -> Result<&mut Look> {
        if self.count == self.all.len() {
            self.all.reserve(1)?;
            self.all.push(Look::default());
        }
        let look = &mut self.all[self.count];
        (look.number, look.link) = (number, link);
        look.squares.set::<V>(shapes, link, point);
        Ok(look)
    }

    /// Adds what was looked at last.
    #[inline(always)]
    pub(super) fn add(&mut self, slot: u32) {
        self.all[self.count].slot = slot;
        self.count += 1;
    }
}

/// Distances of slots.
#[derive(Default)]
pub(super) struct Lengths {
    /// NaN where nothing was measured.
    distances: Counted<f64>,
    /// Vertices that are to be measured, and the slots that these are for.
    places: Counted<[f64; 2]>,
    whose: Counted<(u32, u32)>,
}

impl Lengths {
    /// Begins with so many slots.
    #[inline(always)]
    pub(super) fn begin(&mut self, slots: usize) -> Result<()> {
        self.distances.clear();
        self.distances.reserve(slots)?;
        self.distances.resize(slots, f64::NAN);
        Ok(())
    }

    /// Measures those edges of a link whose squares may be `limit` or less.
    #[inline(always)]
    pub(super) fn add<V: Lanes>(&mut self, shapes: &Shapes, point: (f64, f64), look: &Look, limit: f64) -> Result<()> {
        if self.places.len() >= MANY {
            self.finish::<V>(point);
        }
        let mut edges = look.squares.up_to::<V>(limit);
        self.places.reserve(MOST_EDGES as usize)?;
        self.whose.reserve(MOST_EDGES as usize)?;
        while edges != 0 {
            let edge = edges.trailing_zeros();
            edges &= edges - 1;
            let start = look.link.first + edge;
            match look.squares.end(edge) {
                Some(end) => self.add_vertex(look.slot, start + end, shapes.vertex(start + end)),
                None => {
                    let distance = distance(shapes.vertex(start), shapes.vertex(start + 1), point);
                    note(&mut self.distances, look.slot, distance);
                }
            }
        }
        Ok(())
    }

    /// There is room.
    #[inline(always)]
    fn add_vertex(&mut self, slot: u32, vertex: u32, place: (f64, f64)) {
        // The end of an edge is the start of the next, too: it is written over itself, for nobody could guess whether it is.
        let is_known = self.whose.last() == Some(&(slot, vertex));
        let len = self.whose.len() - usize::from(is_known);
        self.places.truncate(len);
        self.whose.truncate(len);
        self.places.push(place.into());
        self.whose.push((slot, vertex));
    }

    /// Measures the vertices.
    #[inline(always)]
    pub(super) fn finish<V: Lanes>(&mut self, point: (f64, f64)) {
        for start in (0..self.places.len()).step_by(4) {
            let from = (V::splat(point.0), V::splat(point.1));
            let (distances, sure) = to_vertices(V::load_pairs_at(&self.places, start, point), from);
            for (lane, &place) in self.places[start..].iter().take(4).enumerate() {
                let (slot, _) = self.whose[start + lane];
                let distance = if sure >> lane & 1 == 1 { distances[lane] } else { to_vertex(place.into(), point) };
                note(&mut self.distances, slot, distance);
            }
        }
        self.places.clear();
        self.whose.clear();
    }

    #[inline(always)]
    pub(super) fn of(&self, slot: usize) -> f64 {
        self.distances[slot]
    }
}

#[inline(always)]
fn note(distances: &mut [f64], slot: u32, distance: f64) {
    let known = &mut distances[slot as usize];
    // The first takes the place of NaN.
    *known = distance.min(*known);
}
