//! Well-known binary: that of OGC and ISO, with z and m as thousands of the type, and the extended one of PostGIS, with flags for
//! them and a number of a reference system. Either byte order, which may change from one to the next in a collection. z, m and that
//! number are read past.

use super::fault::{DEEPEST, Fault, Reason};
use super::fill::Sink;

type Result<T> = std::result::Result<T, Fault>;

const POLYGON: u32 = 3;
const MULTIPOLYGON: u32 = 6;
const COLLECTION: u32 = 7;

/// Flags of the type in the extended form.
const HAS_Z: u32 = 1 << 31;
const HAS_M: u32 = 1 << 30;
const HAS_SYSTEM: u32 = 1 << 29;

/// The fewest bytes of what a collection has: byte order, type and a count.
const GEOMETRY_BYTES: usize = 9;
/// The fewest bytes of a ring: its count.
const RING_BYTES: usize = 4;

/// Reads one row.
pub(super) fn read(bytes: &[u8], sink: &mut impl Sink) -> Result<()> {
    let mut reader = Reader { bytes, at: 0, is_big: false };
    reader.geometry(sink, &[POLYGON, MULTIPOLYGON, COLLECTION], 0)?;
    if reader.at < bytes.len() { Err(Fault::new(reader.at, Reason::Trailing)) } else { Ok(()) }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    is_big: bool,
}

impl<'a> Reader<'a> {
    /// Reads one of `kinds`.
    fn geometry(&mut self, sink: &mut impl Sink, kinds: &[u32], depth: usize) -> Result<()> {
        let start = self.at;
        self.is_big = match self.take(1)? {
            [0] => true,
            [1] => false,
            _ => return Err(Fault::new(start, Reason::ByteOrder)),
        };
        let word = self.number()?;
        let code = word & !(HAS_Z | HAS_M | HAS_SYSTEM);
        let (kind, dimensions) = (code % 1000, code / 1000);
        if !kinds.contains(&kind) || dimensions > 3 {
            return Err(Fault::new(start + 1, Reason::Type));
        }
        if word & HAS_SYSTEM != 0 {
            self.take(4)?;
        }
        if kind == POLYGON {
            let has_z = word & HAS_Z != 0 || dimensions & 1 != 0;
            let has_m = word & HAS_M != 0 || dimensions & 2 != 0;
            return match usize::from(has_z) + usize::from(has_m) {
                0 => self.rings::<16>(sink),
                1 => self.rings::<24>(sink),
                _ => self.rings::<32>(sink),
            };
        }
        if depth == DEEPEST {
            return Err(Fault::new(start, Reason::Depth));
        }
        let kinds = if kind == MULTIPOLYGON { &[POLYGON][..] } else { kinds };
        for _ in 0..self.count(GEOMETRY_BYTES)? {
            self.geometry(sink, kinds, depth + 1)?;
        }
        Ok(())
    }

    /// A part, whose vertices are so many bytes each.
    #[inline(always)]
    fn rings<const BYTES: usize>(&mut self, sink: &mut impl Sink) -> Result<()> {
        for _ in 0..self.count(RING_BYTES)? {
            let len = self.count(BYTES)?;
            let start = self.at;
            let (vertices, _) = self.take(len * BYTES)?.as_chunks::<BYTES>();
            let can_be_taken = match self.is_big {
                true => sink.vertices(vertices.iter().map(|vertex| position(vertex, f64::from_be_bytes))),
                false => sink.vertices(vertices.iter().map(|vertex| position(vertex, f64::from_le_bytes))),
            };
            if !can_be_taken {
                return Err(self.not_finite(start, vertices));
            }
            sink.end_ring();
        }
        sink.end_part();
        Ok(())
    }

    #[cold]
    fn not_finite<const BYTES: usize>(&self, start: usize, vertices: &[[u8; BYTES]]) -> Fault {
        let number = if self.is_big { f64::from_be_bytes } else { f64::from_le_bytes };
        let mut at = start;
        for vertex in vertices {
            let (x, y) = position(vertex, number);
            match (x.is_finite(), y.is_finite()) {
                (true, true) => at += BYTES,
                (true, false) => return Fault::new(at + 8, Reason::Coordinate),
                (false, _) => break,
            }
        }
        Fault::new(at, Reason::Coordinate)
    }

    /// The next `len` bytes.
    #[inline(always)]
    fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        match self.bytes[self.at..].get(..len) {
            Some(taken) => {
                self.at += len;
                Ok(taken)
            }
            None => Err(Fault::new(self.at, Reason::End)),
        }
    }

    #[inline(always)]
    fn number(&mut self) -> Result<u32> {
        let (words, _) = self.take(4)?.as_chunks::<4>();
        let word = words.first().copied().unwrap_or_default();
        Ok(if self.is_big { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) })
    }

    /// A count of things of at least so many bytes: never more than there is room for in what is left.
    #[inline(always)]
    fn count(&mut self, bytes: usize) -> Result<usize> {
        let start = self.at;
        let count = self.number()? as usize;
        let room = (self.bytes.len() - self.at) / bytes;
        if count > room { Err(Fault::new(start, Reason::Count)) } else { Ok(count) }
    }
}

/// x and y of a vertex.
#[inline(always)]
fn position<const BYTES: usize>(vertex: &[u8; BYTES], number: impl Fn([u8; 8]) -> f64) -> (f64, f64) {
    let (numbers, _) = vertex.as_chunks::<8>();
    (number(numbers[0]), number(numbers[1]))
}
