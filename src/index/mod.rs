//! The index: what queries need of a polygon table, in its own memory, immutable once built.

pub(crate) mod buckets;
pub(crate) mod cells;
mod file;
pub(crate) mod section;
pub(crate) mod shapes;
mod stages;
pub(crate) mod strips;
pub(crate) mod tree;

use crate::error::{Error, Kind, Result};
use crate::measure::{CenterAndArea, each};
use crate::memory::vec_with_capacity;
use crate::polygons::Polygons;
use crate::run::Run;
use cells::Cells;
pub use file::Info;
use file::bytes::Bytes;
use section::{Plain, Section};
use shapes::Shapes;
use stages::{Stage, Stages};
use strips::{Entry, GROUP, Strips};
use tree::Tree;

/// Elements that a loop of a build takes between two looks at whether to go on.
const WATCH: usize = 1 << 14;

/// What an index is to be asked for: what it need not answer costs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uses {
    /// Centers: *close*, nearest centers.
    pub centers: bool,
    /// Insides: *covers*, *contains*, *owns*.
    pub insides: bool,
    /// Distances to polygons: *dwithin*, nearest polygons. Insides come with it.
    pub distances: bool,
}

impl Uses {
    /// Everything.
    pub const ALL: Uses = Uses { centers: true, insides: true, distances: true };
    /// Centers alone.
    pub const CENTERS: Uses = Uses { centers: true, insides: false, distances: false };
}

/// An index over the polygons of a table. It copies what it needs: the table's buffers may go when it is built. It never
/// changes, so any number of threads may ask it.
#[derive(Debug)]
pub struct Index {
    polygon_count: usize,
    centers: Option<Centers>,
    insides: Option<Insides>,
    tree: Option<Tree>,
    /// Where the sections of an index lie that was opened; it goes last.
    bytes: Option<Bytes>,
}

/// The polygons by their centers.
#[derive(Debug)]
pub(crate) struct Centers {
    pub(crate) strips: Strips,
    /// In the order of the groups of `strips`.
    pub(crate) areas: Section<[f64; GROUP]>,
}

/// The polygons by their insides.
#[derive(Debug)]
pub(crate) struct Insides {
    pub(crate) shapes: Shapes,
    pub(crate) cells: Cells,
    /// Of each polygon.
    pub(crate) centers: Section<[f64; 2]>,
    /// Of each polygon.
    pub(crate) areas: Section<f64>,
}

impl Index {
    /// Measures every polygon (refusing non-finite coordinates) and orders what queries need. About n log n.
    pub fn build(polygons: &Polygons<'_>, uses: Uses, run: &Run<'_>) -> Result<Self> {
        let stages = Stages::new(run, uses);
        let measured = stages.run(Stage::Measures, |run| each(polygons, run, CenterAndArea))?;
        let mut index = Index { polygon_count: polygons.len(), centers: None, insides: None, tree: None, bytes: None };
        if uses.centers {
            let mut entries = vec_with_capacity(measured.len())?;
            for (id, (center, _)) in measured.iter().enumerate() {
                // An empty polygon has no center and is close to nothing.
                if !center.x.is_nan() {
                    entries.push(Entry::new(center.x, center.y, id as i32));
                }
            }
            let strips = stages.run(Stage::Centers, |run| Strips::build(entries, run))?;
            let area_of = |id: i32| usize::try_from(id).map_or(f64::NAN, |id| measured[id].1);
            let areas = gathered(strips.all_ids(), |ids| ids.map(area_of), run)?;
            index.centers = Some(Centers { strips, areas });
        }
        if uses.insides || uses.distances {
            let shapes = Shapes::copy(polygons, run)?;
            run.check()?;
            let cells = stages.run(Stage::Insides, |run| Cells::build(&shapes, run))?;
            let centers = gathered(&measured, |(center, _)| [center.x, center.y], run)?;
            let areas = gathered(&measured, |(_, area)| *area, run)?;
            if uses.distances {
                index.tree = Some(stages.run(Stage::Distances, |run| Tree::build(&shapes, run))?);
            }
            index.insides = Some(Insides { shapes, cells, centers, areas });
        }
        #[cfg(any(test, debug_assertions))]
        index.verify(&Run { progress: None, ..*run })?;
        if !polygons.is_empty() {
            stages.finish()?;
        }
        Ok(index)
    }

    /// Number of polygons, empty ones included.
    pub fn len(&self) -> usize {
        self.polygon_count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.polygon_count == 0
    }

    pub(crate) fn centers(&self) -> Result<&Centers> {
        self.centers.as_ref().ok_or_else(|| missing("centers"))
    }

    pub(crate) fn insides(&self) -> Result<&Insides> {
        self.insides.as_ref().ok_or_else(|| missing("insides"))
    }

    pub(crate) fn tree(&self) -> Result<&Tree> {
        self.tree.as_ref().ok_or_else(|| missing("distances"))
    }
}

/// A section of what `make` makes of each of `from`.
fn gathered<T, U: Plain>(from: &[T], make: impl Fn(&T) -> U, run: &Run<'_>) -> Result<Section<U>> {
    let mut made = vec_with_capacity(from.len())?;
    for some in from.chunks(WATCH) {
        run.check()?;
        made.extend(some.iter().map(&make));
    }
    Section::new(made, run)
}

fn missing(what: &str) -> Error {
    Error::new(Kind::Argument, format_args!("index was built without {what}, which this question needs"))
}
