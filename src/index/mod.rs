//! The index: what queries need of a polygon table, in its own memory, immutable once built.

pub(crate) mod buckets;
pub(crate) mod strips;

use crate::error::Result;
use crate::measure::{Area, Both, Center, each};
use crate::polygons::Polygons;
use crate::run::Run;
use strips::{Entry, Strips};

/// An index over the polygons of a table. It copies what it needs: the table's buffers may go when it is built. It never
/// changes, so any number of threads may ask it.
#[derive(Debug)]
pub struct Index {
    polygon_count: usize,
    areas: Vec<f64>,
    centers: Strips,
}

impl Index {
    /// Measures every polygon (refusing non-finite coordinates) and orders their centers. n log n at worst.
    pub fn build(polygons: &Polygons<'_>, run: &Run<'_>) -> Result<Self> {
        let measured = each(polygons, run, Both(Center, Area))?;
        let mut areas = crate::error::vec_with_capacity(measured.len())?;
        let mut entries = crate::error::vec_with_capacity(measured.len())?;
        for (id, (center, area)) in measured.iter().enumerate() {
            areas.push(*area);
            // An empty polygon has no center and is close to nothing.
            if !center.x.is_nan() {
                entries.push(Entry { x: center.x, y: center.y, id: id as i32 });
            }
        }
        drop(measured);
        // Progress has been told of every polygon by now.
        let quiet = Run { progress: None, ..*run };
        Ok(Index { polygon_count: polygons.len(), areas, centers: Strips::build(entries, &quiet)? })
    }

    /// Number of polygons, empty ones included.
    pub fn len(&self) -> usize {
        self.polygon_count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.polygon_count == 0
    }

    /// Area of each polygon.
    pub(crate) fn areas(&self) -> &[f64] {
        &self.areas
    }

    pub(crate) fn centers(&self) -> &Strips {
        &self.centers
    }
}
