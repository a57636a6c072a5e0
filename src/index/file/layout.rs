//! The bytes of an index: a header, a table, and sections; docs/format.md has them one by one.
//!
//! Everything is little-endian and lies where the table says, and the table can say it in one way only: sections follow each
//! other in a fixed order, each at the next multiple of 64 bytes, with zeros between them. So the same index has the same
//! bytes, no two sections overlap, and no byte is without a checksum or a rule.

use crate::error::{Error, Kind, Result};
use crate::index::section::{Plain, Section, bytes_of, items_of, plain};
use crate::memory::{Counted, vec_with_capacity};
use crate::run::{Run, for_chunks};

/// Where sections may begin.
pub(crate) const ALIGN: usize = 64;

/// The version of the format that this library writes, and the last that it reads.
pub(crate) const VERSION: u32 = 1;

/// "polyfind" as the first eight bytes of a file; a machine of the other byte order would write it backwards.
const MAGIC: u64 = u64::from_le_bytes(*b"polyfind");

/// More sections than any index has.
const MOST: usize = 32;

/// Bytes written, or read, between two looks at the cancel flag.
pub(crate) const PIECE: usize = 1 << 22;

/// Bytes that are checked as one: pieces of work are some of these.
const CHUNK: usize = 1 << 18;

/// About how long the checksum of a chunk takes.
const CHUNK_NANOSECONDS: usize = 25_000;

/// The first bytes of an index.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Header {
    magic: u64,
    version: u32,
    /// What the index answers, as bits.
    pub(crate) features: u32,
    /// Of the whole.
    bytes: u64,
    pub(crate) polygons: u64,
    sections: u32,
    zero: [u32; 6],
    /// Of the header before this, and of the table.
    checksum: u32,
}

plain!(Header {
    magic: u64,
    version: u32,
    features: u32,
    bytes: u64,
    polygons: u64,
    sections: u32,
    zero: [u32; 6],
    checksum: u32,
});

/// What is aligned as sections are.
#[repr(C, align(64))]
pub(crate) struct Line([u8; ALIGN]);

/// A line of the table.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct Entry {
    /// Filled up with zeros.
    name: [u8; 40],
    start: u64,
    bytes: u64,
    /// Bytes of an element.
    element: u32,
    checksum: u32,
}

plain!(Entry { name: [u8; 40], start: u64, bytes: u64, element: u32, checksum: u32 });

const _: () = assert!(size_of::<Header>() == ALIGN && size_of::<Entry>() == ALIGN);

/// A header without its checksum.
fn header_checksum(header: &Header, table: &[Entry]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes_of(std::slice::from_ref(header))[..ALIGN - size_of::<u32>()]);
    hasher.update(bytes_of(table));
    hasher.finalize()
}

/// The checksums of some bytes each, shared out to workers.
fn checksums(parts: &[&[u8]], run: &Run<'_>) -> Result<[u32; MOST]> {
    let count = parts.iter().map(|part| part.len().div_ceil(CHUNK)).sum();
    let mut chunks = vec_with_capacity(count)?;
    for (part, bytes) in parts.iter().enumerate() {
        chunks.extend(bytes.chunks(CHUNK).map(|bytes| (part, bytes, crc32fast::Hasher::new())));
    }
    for_chunks(run, &mut chunks, CHUNK_NANOSECONDS, |_, chunks| {
        chunks.iter_mut().for_each(|(_, bytes, hasher)| hasher.update(bytes));
        Ok(())
    })?;
    let mut all: [_; MOST] = std::array::from_fn(|_| crc32fast::Hasher::new());
    for (part, _, hasher) in &chunks {
        all[*part].combine(hasher);
    }
    Ok(all.map(crc32fast::Hasher::finalize))
}

/// The sections of an index, in the order of the file.
pub(crate) struct Sections<'a> {
    len: usize,
    sections: [(&'static str, usize, &'a [u8]); MOST],
}

impl<'a> Sections<'a> {
    pub(crate) fn new() -> Self {
        Sections { len: 0, sections: [("", 0, &[]); MOST] }
    }

    pub(crate) fn add<T: Plain>(&mut self, name: &'static str, items: &'a [T]) {
        self.sections[self.len] = (name, size_of::<T>(), bytes_of(items));
        self.len += 1;
    }

    fn all(&self) -> &[(&'static str, usize, &'a [u8])] {
        &self.sections[..self.len]
    }

    /// Bytes of the whole file.
    pub(crate) fn byte_size(&self) -> usize {
        let sections = self.all().iter().map(|(.., bytes)| bytes.len().next_multiple_of(ALIGN)).sum::<usize>();
        (1 + self.len) * ALIGN + sections
    }

    /// Hands out the whole file from its first byte to its last, piece after piece.
    pub(crate) fn write(
        &self,
        features: u32,
        polygons: usize,
        run: &Run<'_>,
        mut out: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        const ZEROS: [u8; ALIGN] = [0; ALIGN];
        let (mut done, total) = (0, self.byte_size() as u64);
        let table = run.part(0, 0, total, |run| self.table(run))?;
        let mut header = Header {
            magic: MAGIC,
            version: VERSION,
            features,
            bytes: total,
            polygons: polygons as u64,
            sections: self.len as u32,
            zero: [0; 6],
            checksum: 0,
        };
        header.checksum = header_checksum(&header, &table);
        out(bytes_of(std::slice::from_ref(&header)))?;
        out(bytes_of(&table))?;
        for (.., bytes) in self.all() {
            for piece in bytes.chunks(PIECE) {
                run.check()?;
                out(piece)?;
                done += piece.len() as u64;
                run.reach(done, total);
            }
            out(&ZEROS[..bytes.len().next_multiple_of(ALIGN) - bytes.len()])?;
        }
        run.finish(total)
    }

    fn table(&self, run: &Run<'_>) -> Result<Counted<Entry>> {
        if cfg!(target_endian = "big") {
            return Err(other_order());
        }
        let mut parts: [&[u8]; MOST] = [&[]; MOST];
        for (part, (.., bytes)) in parts.iter_mut().zip(self.all()) {
            *part = bytes;
        }
        let checksums = checksums(&parts[..self.len], run)?;
        let mut start = (1 + self.len) * ALIGN;
        let mut table = vec_with_capacity(self.len)?;
        for (&(name, element, bytes), checksum) in self.all().iter().zip(checksums) {
            table.push(Entry {
                name: padded(name),
                start: start as u64,
                bytes: bytes.len() as u64,
                element: element as u32,
                checksum,
            });
            start += bytes.len().next_multiple_of(ALIGN);
        }
        Ok(table)
    }
}

fn padded(name: &str) -> [u8; 40] {
    let mut padded = [0; 40];
    padded[..name.len()].copy_from_slice(name.as_bytes());
    padded
}

fn other_order() -> Error {
    Error::new(Kind::Unsupported, format_args!("index: its byte order is not that of this machine"))
}

/// What is wrong with an index as a whole.
pub(crate) fn damaged(what: std::fmt::Arguments<'_>) -> Error {
    Error::new(Kind::Format, format_args!("index: {what}"))
}

/// Holds element `i` of a section to an invariant.
#[inline(always)]
pub(crate) fn hold(is_kept: bool, section: &str, i: usize, broken: &str) -> Result<()> {
    if is_kept { Ok(()) } else { Err(broken_at(section, i, broken)) }
}

/// Holds elements of a section, those from number `first` on, to invariants, which break as `broken` says. `are_kept` says which of
/// them an element keeps, of which it takes the number, too. All are looked at together, which takes no branches, and one by one
/// only where one is broken somewhere.
#[inline(always)]
pub(crate) fn hold_all<T, const N: usize>(
    items: &[T],
    first: usize,
    section: &str,
    broken: [&str; N],
    are_kept: impl Fn(usize, &T) -> [bool; N],
) -> Result<()> {
    // One loop for both, so that `are_kept` becomes part of it.
    for is_search in [false, true] {
        let mut all = true;
        for (item, i) in items.iter().zip(first..) {
            let kept = are_kept(i, item);
            if is_search {
                for (is_kept, broken) in kept.into_iter().zip(broken) {
                    hold(is_kept, section, i, broken)?;
                }
            }
            all = kept.into_iter().fold(all, |all, is_kept| all & is_kept);
        }
        if all {
            break;
        }
    }
    Ok(())
}

/// What [`hold`] says.
#[cold]
pub(crate) fn broken_at(section: &str, i: usize, broken: &str) -> Error {
    Error::at(Kind::Format, i, format_args!("index: {section}[{i}] {broken}"))
}

/// The sections of an opened index, to be taken one after the other.
pub(crate) struct Opening<'a> {
    bytes: &'a [u8],
    pub(crate) header: Header,
    table: &'a [Entry],
    taken: usize,
}

impl<'a> Opening<'a> {
    /// How long the file says it is, from its first 64 bytes.
    pub(crate) fn announced(start: &[u8]) -> Result<u64> {
        let word = |at: usize| start.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map(u64::from_le_bytes);
        let (Some(magic), Some(second), Some(bytes)) = (word(0), word(8), word(16)) else {
            return Err(damaged(format_args!("{} bytes are too few for one", start.len())));
        };
        let version = second as u32;
        if magic == MAGIC.swap_bytes() || cfg!(target_endian = "big") {
            return Err(other_order());
        }
        if magic != MAGIC {
            return Err(damaged(format_args!("it does not begin with \"polyfind\"")));
        }
        if version == 0 || version > VERSION {
            return Err(Error::new(
                Kind::Unsupported,
                format_args!("index: version {version} of the format; this library reads 1 to {VERSION}"),
            ));
        }
        Ok(bytes)
    }

    /// Reads header and table, which are always checked.
    ///
    /// # Safety
    /// The bytes stay where they are as long as the sections that are taken.
    pub(crate) unsafe fn new(bytes: &'a [u8]) -> Result<Self> {
        let announced = Self::announced(bytes)?;
        if announced != bytes.len() as u64 {
            return Err(damaged(format_args!("it has {} bytes instead of {announced}", bytes.len())));
        }
        if !bytes.as_ptr().cast::<Line>().is_aligned() {
            return Err(Error::new(Kind::Layout, format_args!("index is not aligned to {ALIGN} bytes")));
        }
        let header = bytes.get(..ALIGN).and_then(items_of::<Header>).and_then(<[_]>::first);
        let Some(&header) = header else {
            return Err(damaged(format_args!("{} bytes are too few for one", bytes.len())));
        };
        if header.zero != [0; 6] {
            return Err(Error::new(Kind::Unsupported, format_args!("index: its header has fields of a later version")));
        }
        let end = (header.sections as usize).checked_add(1).and_then(|lines| lines.checked_mul(ALIGN));
        let table = end.and_then(|end| bytes.get(ALIGN..end)).and_then(items_of::<Entry>);
        let Some(table) = table.filter(|table| table.len() <= MOST) else {
            return Err(damaged(format_args!("a table of {} sections is too long", header.sections)));
        };
        if header_checksum(&header, table) != header.checksum {
            return Err(damaged(format_args!("header or table are damaged: their checksum is another")));
        }
        let mut start = (1 + table.len() as u64) * ALIGN as u64;
        for entry in table {
            let next = entry.bytes.checked_next_multiple_of(ALIGN as u64).and_then(|len| start.checked_add(len));
            let Some(next) = next.filter(|&next| entry.start == start && next <= announced) else {
                return Err(damaged(format_args!("section {} is not where it belongs", entry.name())));
            };
            start = next;
        }
        if start != announced {
            return Err(damaged(format_args!("something follows its last section")));
        }
        Ok(Opening { bytes, header, table, taken: 0 })
    }

    fn section(&self, entry: &Entry) -> &'a [u8] {
        &self.bytes[entry.start as usize..][..entry.bytes as usize]
    }

    /// Whether all sections are as they were written.
    pub(crate) fn check(&self, run: &Run<'_>) -> Result<()> {
        let mut parts: [&[u8]; MOST] = [&[]; MOST];
        for (part, entry) in parts.iter_mut().zip(self.table) {
            *part = self.section(entry);
        }
        let checksums = checksums(&parts[..self.table.len()], run)?;
        for (entry, checksum) in self.table.iter().zip(checksums) {
            if checksum != entry.checksum {
                return Err(damaged(format_args!("section {} is damaged: its checksum is another", entry.name())));
            }
            let end = (entry.start + entry.bytes) as usize;
            if self.bytes[end..end.next_multiple_of(ALIGN)].iter().any(|&byte| byte != 0) {
                return Err(damaged(format_args!("section {} is followed by something", entry.name())));
            }
        }
        Ok(())
    }

    /// The next section, which must have this name.
    pub(crate) fn take<T: Plain>(&mut self, name: &str) -> Result<Section<T>> {
        let items = self.next(name)?;
        // SAFETY: as was promised to `new`.
        Ok(unsafe { Section::lent(items) })
    }

    fn next<T: Plain>(&mut self, name: &str) -> Result<&'a [T]> {
        let Some(entry) = self.table.get(self.taken) else {
            return Err(damaged(format_args!("section {name} is missing")));
        };
        if entry.name != padded(name) {
            return Err(damaged(format_args!("section {} where {name} should be", entry.name())));
        }
        self.taken += 1;
        let items = items_of(self.section(entry)).filter(|_| entry.element as usize == size_of::<T>());
        items.ok_or_else(|| damaged(format_args!("section {name} has elements of another size")))
    }

    /// The next section, of one element or none, copied.
    pub(crate) fn take_one<T: Plain>(&mut self, name: &str) -> Result<Option<T>> {
        match self.next(name)? {
            [] => Ok(None),
            [one] => Ok(Some(*one)),
            more => Err(damaged(format_args!("section {name} has {} elements", more.len()))),
        }
    }

    /// Refuses sections that nobody took.
    pub(crate) fn finish(&self) -> Result<()> {
        match self.table.get(self.taken) {
            None => Ok(()),
            Some(entry) => Err(damaged(format_args!("section {} belongs to no index like this", entry.name()))),
        }
    }
}

impl Entry {
    fn name(&self) -> &str {
        let name = self.name.split(|&byte| byte == 0).next().unwrap_or_default();
        std::str::from_utf8(name).unwrap_or("?")
    }
}
