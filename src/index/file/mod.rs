//! An index as bytes: written once, opened anywhere, nothing to be built.
//!
//! `layout` says how the bytes lie, `save` brings them to a disk, and the `stored` module of each structure names its sections and
//! the invariants that queries rely on. These are checked when bytes are opened, unless the caller trusts them; queries stay
//! within their memory either way.

pub(crate) mod bytes;
pub(crate) mod layout;
#[cfg_attr(unix, path = "name_unix.rs")]
#[cfg_attr(not(unix), path = "name_elsewhere.rs")]
mod name;
mod save;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::cells::Cells;
use super::shapes::Shapes;
use super::shapes::stored::Verified;
use super::strips::Strips;
use super::tree::Tree;
use super::{Centers, Index, Insides, Uses};
use crate::error::{Error, Kind, Result};
use crate::run::{Run, for_ranges};
use bytes::{Bytes, Memory};
use layout::{ALIGN, Opening, PIECE, Sections, VERSION, damaged, hold_all};
use name::Name;

/// What an index says of itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Info {
    /// Version of the format that it has as bytes.
    pub version: u32,
    /// What it answers.
    pub uses: Uses,
    /// Polygons, empty ones included.
    pub polygons: usize,
    /// Rings of these that are not empty; 0 where the index keeps no polygons.
    pub rings: usize,
    /// Their vertices, closing ones not counted.
    pub vertices: usize,
    /// Bytes of it.
    pub bytes: usize,
    /// The smallest x and y and the largest; None where the index keeps no vertices.
    pub bounds: Option<[f64; 4]>,
}

const CENTERS: u32 = 1;
const INSIDES: u32 = 2;
const DISTANCES: u32 = 4;

impl Index {
    /// What it is and how large.
    pub fn describe(&self) -> Info {
        let features = self.features();
        let shapes = self.insides.as_ref().map(|insides| &insides.shapes);
        let rings = shapes.map_or(0, Shapes::ring_count);
        Info {
            version: VERSION,
            uses: Uses {
                centers: features & CENTERS != 0,
                insides: features & INSIDES != 0,
                distances: features & DISTANCES != 0,
            },
            polygons: self.len(),
            rings,
            vertices: shapes.map_or(0, |shapes| shapes.vertex_count() - rings),
            bytes: self.byte_size(),
            bounds: shapes.and_then(Shapes::bounds),
        }
    }

    /// Bytes that it is written as.
    pub fn byte_size(&self) -> usize {
        self.sections().byte_size()
    }

    /// The bytes that it was opened from; none if it was built.
    pub fn memory(&self) -> &[u8] {
        self.bytes.as_ref().map_or(&[], Bytes::as_slice)
    }

    /// Writes it to memory, which holds [`Index::byte_size`] bytes. The same index is the same bytes, wherever it was built.
    pub fn write(&self, out: &mut [u8], run: &Run<'_>) -> Result<()> {
        let needed = self.byte_size();
        if out.len() != needed {
            return Err(Error::new(
                Kind::Capacity,
                format_args!("out has room for {} bytes; {needed} are needed", out.len()),
            ));
        }
        let mut at = 0;
        self.hand_out(run, |bytes| {
            out[at..at + bytes.len()].copy_from_slice(bytes);
            at += bytes.len();
            Ok(())
        })
    }

    /// Writes it to a file: whatever happens, there is the old one or the new one, whole.
    pub fn save(&self, path: &Path, run: &Run<'_>) -> Result<()> {
        save::replace(path, |file| {
            self.hand_out(run, |bytes| {
                let written = io::Write::write_all(file, bytes);
                // To bring all of it to the disk at the end would take long, and nothing could stop it.
                let synced = written.and_then(|()| if bytes.len() == PIECE { file.sync_data() } else { Ok(()) });
                synced.map_err(|error| refused(&error))
            })
        })
    }

    /// Reads a file into memory and checks it.
    pub fn load(path: &Path, run: &Run<'_>) -> Result<Self> {
        let (mut file, len) = open_file(path)?;
        let read = |piece: &mut [u8]| file.read_exact(piece).map_err(|error| refused(&error));
        Self::open(filled(len, read, run)?, false, run)
    }

    /// Takes a file for memory: pages are read when they are first asked for, and shared with others who map it. It must not
    /// change as long as the index lives: see docs/format.md. What is `trusted` is not checked, so that almost nothing is read.
    pub fn map(path: &Path, trusted: bool, run: &Run<'_>) -> Result<Self> {
        let (file, _) = open_file(path)?;
        Self::open(Bytes::map(&file).map_err(|error| refused(&error))?, trusted, run)
    }

    /// Copies and checks what [`Index::write`] gave.
    pub fn copy(bytes: &[u8], trusted: bool, run: &Run<'_>) -> Result<Self> {
        Opening::announced(bytes)?;
        let mut pieces = bytes.chunks(PIECE);
        let copy = |piece: &mut [u8]| {
            piece.copy_from_slice(pieces.next().unwrap_or_default());
            Ok(())
        };
        Self::open(filled(bytes.len(), copy, run)?, trusted, run)
    }

    /// Takes what [`Index::write`] gave, aligned to 64 bytes, where it is.
    ///
    /// # Safety
    /// The bytes stay where they are, and nobody writes to them, as long as the index lives.
    pub unsafe fn view(bytes: &[u8], trusted: bool, run: &Run<'_>) -> Result<Self> {
        // SAFETY: as promised to us.
        Self::open(unsafe { Bytes::lent(bytes) }, trusted, run)
    }

    fn open(bytes: Bytes, trusted: bool, run: &Run<'_>) -> Result<Self> {
        // SAFETY: the index keeps the bytes, which never move.
        let mut opening = unsafe { Opening::new(bytes.as_slice())? };
        let total = bytes.as_slice().len() as u64;
        if !trusted {
            run.part(0, total / 2, total, |run| opening.check(run))?;
        }
        let features = opening.header.features;
        if features & !(CENTERS | INSIDES | DISTANCES) != 0 || features & (INSIDES | DISTANCES) == DISTANCES {
            return Err(Error::new(
                Kind::Unsupported,
                format_args!("index: its features {features:#x} are not known to this version of the library"),
            ));
        }
        let Some(count) = usize::try_from(opening.header.polygons).ok().filter(|&count| count <= i32::MAX as usize)
        else {
            return Err(damaged(format_args!("{} polygons are too many", opening.header.polygons)));
        };
        let has = |feature| features & feature != 0;
        let centers = if has(CENTERS) { Some(Centers::take(&mut opening)?) } else { None };
        let insides = if has(INSIDES) { Some(Insides::take(&mut opening, count)?) } else { None };
        let tree = if has(DISTANCES) { Some(Tree::take(&mut opening)?) } else { None };
        opening.finish()?;
        let index = Index { polygon_count: count, centers, insides, tree, bytes: Some(bytes) };
        if !trusted {
            run.part(total / 2, 0, total, |run| index.verify(run))?;
        }
        run.finish(total)?;
        Ok(index)
    }

    /// Whether everything holds that queries rely on: the one list of it, for what was built as for what was opened.
    pub(super) fn verify(&self, run: &Run<'_>) -> Result<()> {
        if let Some(centers) = &self.centers {
            centers.strips.verify(self.len(), run)?;
            centers.verify_areas(run)?;
        }
        if let Some(insides) = &self.insides {
            insides.shapes.verify(run)?;
            insides.verify_centers(run)?;
            insides.verify_areas(run)?;
            let polygons = Verified::new(&insides.shapes)?;
            insides.cells.verify(&polygons, run)?;
            if let Some(tree) = &self.tree {
                tree.verify(&polygons, run)?;
            }
        }
        Ok(())
    }

    fn features(&self) -> u32 {
        let bit = |is_there, feature| if is_there { feature } else { 0 };
        bit(self.centers.is_some(), CENTERS)
            | bit(self.insides.is_some(), INSIDES)
            | bit(self.tree.is_some(), DISTANCES)
    }

    fn sections(&self) -> Sections<'_> {
        let mut sections = Sections::new();
        if let Some(centers) = &self.centers {
            centers.strips.add_to(&mut sections);
            sections.add("centers.areas", &centers.areas);
        }
        if let Some(insides) = &self.insides {
            insides.shapes.add_to(&mut sections);
            sections.add("polygons.centers", &insides.centers);
            sections.add("polygons.areas", &insides.areas);
            insides.cells.add_to(&mut sections);
        }
        if let Some(tree) = &self.tree {
            tree.add_to(&mut sections);
        }
        sections
    }

    /// All bytes, piece after piece.
    fn hand_out(&self, run: &Run<'_>, out: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        self.sections().write(self.features(), self.len(), run, out)
    }
}

impl Centers {
    fn take(from: &mut Opening<'_>) -> Result<Self> {
        let centers = Centers { strips: Strips::take(from)?, areas: from.take("centers.areas")? };
        match centers.areas.len() == centers.strips.all_ids().len() {
            true => Ok(centers),
            false => Err(damaged(format_args!("centers.areas has not one area for each center"))),
        }
    }

    /// The best by area is reported with its area, and what is reported beside a polygon is a number.
    fn verify_areas(&self, run: &Run<'_>) -> Result<()> {
        for_ranges(run, self.areas.len(), 4, |range| {
            let areas = &self.areas[range.clone()];
            hold_all(areas, range.start, "centers.areas", ["is not a number"], |i, areas| {
                let ids = &self.strips.all_ids()[i];
                [ids.iter().zip(areas).fold(true, |all, (&id, area)| all & ((id < 0) | !area.is_nan()))]
            })
        })
    }
}

impl Insides {
    fn take(from: &mut Opening<'_>, count: usize) -> Result<Self> {
        let shapes = Shapes::take(from)?;
        let (centers, areas) = (from.take("polygons.centers")?, from.take("polygons.areas")?);
        let insides = Insides { shapes, cells: Cells::take(from)?, centers, areas };
        match insides.shapes.len() == count && insides.centers.len() == count && insides.areas.len() == count {
            true => Ok(insides),
            false => Err(damaged(format_args!("it has not {count} polygons, as its header says"))),
        }
    }

    /// Empty polygons have no center; those of others are compared exactly, for which they must be finite.
    fn verify_centers(&self, run: &Run<'_>) -> Result<()> {
        for_ranges(run, self.centers.len(), 2, |range| {
            let centers = &self.centers[range.clone()];
            hold_all(centers, range.start, "polygons.centers", ["is not finite"], |i, &[x, y]| {
                let is_empty = self.shapes.vertices_of(i as u32).is_empty();
                [(x.is_finite() & y.is_finite() & !is_empty) | (x.is_nan() & y.is_nan() & is_empty)]
            })
        })
    }

    /// As those of centers.
    fn verify_areas(&self, run: &Run<'_>) -> Result<()> {
        for_ranges(run, self.areas.len(), 1, |range| {
            let areas = &self.areas[range.clone()];
            hold_all(areas, range.start, "polygons.areas", ["is not a number"], |_, area| [!area.is_nan()])
        })
    }
}

/// What the system says.
pub(crate) fn refused(error: &io::Error) -> Error {
    if error.kind() == io::ErrorKind::OutOfMemory {
        return crate::error::out_of_memory();
    }
    let Some(number) = error.raw_os_error().and_then(|number| usize::try_from(number).ok()) else {
        return Error::new(Kind::Io, format_args!("{error}"));
    };
    let mut room = [0; 128];
    match name::text_of(number, &mut room) {
        Some(text) => Error::at(Kind::Io, number, format_args!("{text}")),
        None => Error::at(Kind::Io, number, format_args!("{error}")),
    }
}

/// Memory of its own, filled piece by piece.
fn filled(len: usize, mut fill: impl FnMut(&mut [u8]) -> Result<()>, run: &Run<'_>) -> Result<Bytes> {
    let mut memory = Memory::zeroed(len)?;
    run.part(0, 0, len as u64, |run| {
        memory.as_mut_slice().chunks_mut(PIECE).try_for_each(|piece| {
            run.check()?;
            fill(piece)
        })
    })?;
    Ok(Bytes::Own(memory))
}

/// A file that begins like an index, and how long that is.
fn open_file(path: &Path) -> Result<(File, usize)> {
    let refused = |error: io::Error| refused(&error);
    let name = Name::new(path).map_err(refused)?;
    // Opening a device may do something; what is there may be another file by the time it is opened.
    name.permissions().map_err(refused)?.ok_or_else(not_regular)?;
    let mut file = name.open().map_err(refused)?;
    let metadata = file.metadata().map_err(refused)?;
    if !metadata.is_file() {
        return Err(not_regular());
    }
    let mut start = [0; ALIGN];
    let mut filled = 0;
    while filled < ALIGN {
        match file.read(&mut start[filled..]) {
            Ok(0) => break,
            Ok(more) => filled += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(refused(error)),
        }
    }
    let announced = Opening::announced(&start[..filled])?;
    // Before any memory is taken for it.
    if announced != metadata.len() {
        return Err(damaged(format_args!("it has {} bytes instead of {announced}", metadata.len())));
    }
    let len = usize::try_from(announced).map_err(|_| crate::error::out_of_memory())?;
    io::Seek::rewind(&mut file).map_err(refused)?;
    Ok((file, len))
}

fn not_regular() -> Error {
    Error::new(Kind::Io, format_args!("not a regular file"))
}
