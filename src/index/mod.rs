//! The index: what queries need of a polygon table, in its own memory, immutable once built.

pub(crate) mod buckets;
pub(crate) mod cells;
pub(crate) mod shapes;
pub(crate) mod strips;
pub(crate) mod tree;

use crate::error::{Result, vec_with_capacity};
use crate::measure::{CenterAndArea, each};
use crate::polygons::Polygons;
use crate::run::Run;
use strips::{Entry, GROUP, Strips};

/// An index over the polygons of a table. It copies what it needs: the table's buffers may go when it is built. It never
/// changes, so any number of threads may ask it.
#[derive(Debug)]
pub struct Index {
    polygon_count: usize,
    centers: Strips,
    /// In the order of the groups of `centers`.
    areas: Vec<[f64; GROUP]>,
}

impl Index {
    /// Measures every polygon (refusing non-finite coordinates) and orders their centers. n log n at worst.
    pub fn build(polygons: &Polygons<'_>, run: &Run<'_>) -> Result<Self> {
        let measured = each(polygons, run, CenterAndArea)?;
        let mut entries = vec_with_capacity(measured.len())?;
        for (id, (center, _)) in measured.iter().enumerate() {
            // An empty polygon has no center and is close to nothing.
            if !center.x.is_nan() {
                entries.push(Entry::new(center.x, center.y, id as i32));
            }
        }
        // Progress has been told of every polygon by now.
        let quiet = Run { progress: None, ..*run };
        let centers = Strips::build(entries, &quiet)?;
        let mut areas = vec_with_capacity(centers.all_ids().len())?;
        let area_of = |id: i32| usize::try_from(id).map_or(f64::NAN, |id| measured[id].1);
        areas.extend(centers.all_ids().iter().map(|ids| ids.map(area_of)));
        Ok(Index { polygon_count: polygons.len(), centers, areas })
    }

    /// Number of polygons, empty ones included.
    pub fn len(&self) -> usize {
        self.polygon_count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.polygon_count == 0
    }

    /// Area of each polygon, in the order of the groups of [`Index::centers`].
    pub(crate) fn areas(&self) -> &[[f64; GROUP]] {
        &self.areas
    }

    pub(crate) fn centers(&self) -> &Strips {
        &self.centers
    }
}
