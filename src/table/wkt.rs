//! Well-known text: that of OGC and ISO, in letters of either case, and the extended one of PostGIS, which begins with the number of a
//! reference system. That number, z and m are read past. Numbers become the nearest doubles.

use super::fault::{DEEPEST, Fault, Reason};
use super::fill::Sink;

type Result<T> = std::result::Result<T, Fault>;

#[derive(Clone, Copy)]
enum Kind {
    Polygon,
    MultiPolygon,
    Collection,
}

/// Numbers of a vertex: x, y, z and m.
const MOST_NUMBERS: usize = 4;

/// Reads one row.
pub(super) fn read(text: &[u8], sink: &mut impl Sink) -> Result<()> {
    let mut reader = Reader { text, at: 0 };
    reader.system()?;
    reader.geometry(sink, 0)?;
    match reader.next() {
        None => Ok(()),
        Some(_) => Err(Fault::new(reader.at, Reason::Trailing)),
    }
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// `SRID=...;` where there is one.
    fn system(&mut self) -> Result<()> {
        self.next();
        let rest = &self.text[self.at..];
        if rest.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"SRID=")) {
            let end = rest.iter().position(|&c| c == b';');
            self.at += end.ok_or_else(|| Fault::new(self.text.len(), Reason::End))? + 1;
        }
        Ok(())
    }

    fn geometry(&mut self, sink: &mut impl Sink, depth: usize) -> Result<()> {
        match self.kind()? {
            Kind::Polygon => self.part(sink),
            _ if self.is_empty() => Ok(()),
            Kind::MultiPolygon => self.list(|reader| reader.part(sink)),
            Kind::Collection if depth == DEEPEST => Err(Fault::new(self.at, Reason::Depth)),
            Kind::Collection => self.list(|reader| reader.geometry(sink, depth + 1)),
        }
    }

    /// A name, and Z, M or ZM, with or without a space between them.
    fn kind(&mut self) -> Result<Kind> {
        let (start, word) = self.word();
        let named = [
            (&b"POLYGON"[..], Kind::Polygon),
            (b"MULTIPOLYGON", Kind::MultiPolygon),
            (b"GEOMETRYCOLLECTION", Kind::Collection),
        ];
        let suffix = |name: &[u8]| match word.split_at_checked(name.len()) {
            Some((head, tail)) if head.eq_ignore_ascii_case(name) => Some(tail),
            _ => None,
        };
        let found = named.iter().find_map(|(name, kind)| suffix(name).map(|tail| (*kind, tail)));
        match found {
            Some((kind, b"")) => {
                let (before, dimensions) = self.word();
                if !is_dimensions(dimensions) {
                    self.at = before;
                }
                Ok(kind)
            }
            Some((kind, tail)) if is_dimensions(tail) => Ok(kind),
            _ if start == self.text.len() => Err(Fault::new(start, Reason::End)),
            _ => Err(Fault::new(start, Reason::Type)),
        }
    }

    /// EMPTY, which is read past.
    fn is_empty(&mut self) -> bool {
        let (start, word) = self.word();
        let is_empty = word.eq_ignore_ascii_case(b"EMPTY");
        if !is_empty {
            self.at = start;
        }
        is_empty
    }

    fn part(&mut self, sink: &mut impl Sink) -> Result<()> {
        if !self.is_empty() {
            self.list(|reader| reader.ring(sink))?;
        }
        sink.end_part();
        Ok(())
    }

    fn ring(&mut self, sink: &mut impl Sink) -> Result<()> {
        if !self.is_empty() {
            self.list(|reader| reader.vertex(sink))?;
        }
        sink.end_ring();
        Ok(())
    }

    fn vertex<S: Sink>(&mut self, sink: &mut S) -> Result<()> {
        let (x_at, x) = self.number::<S>()?;
        let (y_at, y) = self.number::<S>()?;
        for _ in 2..MOST_NUMBERS {
            if matches!(self.next(), Some(b',' | b')')) {
                break;
            }
            self.number::<S>()?;
        }
        if !sink.vertices(std::iter::once((x, y))) {
            return Err(Fault::new(if x.is_finite() { y_at } else { x_at }, Reason::Coordinate));
        }
        Ok(())
    }

    /// A number and where it is.
    fn number<S: Sink>(&mut self) -> Result<(usize, f64)> {
        self.next();
        let start = self.at;
        let rest = &self.text[start..];
        let len = rest.iter().position(|&c| !is_of_number(c)).unwrap_or(rest.len());
        self.at += len;
        let text = &rest[..len];
        if !S::WANTS_VALUES && is_plain(text) {
            return Ok((start, 0.0));
        }
        let number = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
        let reason = if rest.is_empty() { Reason::End } else { Reason::Number };
        number.map(|number| (start, number)).ok_or_else(|| Fault::new(start, reason))
    }

    /// What is in parentheses, with commas between.
    fn list(&mut self, mut each: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        self.expect(|c| c == b'(')?;
        loop {
            each(self)?;
            if self.expect(|c| c == b',' || c == b')')? == b')' {
                return Ok(());
            }
        }
    }

    fn expect(&mut self, is_expected: impl Fn(u8) -> bool) -> Result<u8> {
        match self.next() {
            Some(c) if is_expected(c) => {
                self.at += 1;
                Ok(c)
            }
            Some(_) => Err(Fault::new(self.at, Reason::Syntax)),
            None => Err(Fault::new(self.at, Reason::End)),
        }
    }

    /// The next letters, and where they are.
    fn word(&mut self) -> (usize, &'a [u8]) {
        self.next();
        let start = self.at;
        let rest = &self.text[start..];
        let len = rest.iter().position(|c| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        self.at += len;
        (start, &rest[..len])
    }

    /// Goes on to what is no space.
    #[inline(always)]
    fn next(&mut self) -> Option<u8> {
        while let Some(c) = self.text.get(self.at) {
            if !c.is_ascii_whitespace() {
                return Some(*c);
            }
            self.at += 1;
        }
        None
    }
}

fn is_dimensions(word: &[u8]) -> bool {
    [&b"Z"[..], b"M", b"ZM"].iter().any(|name| word.eq_ignore_ascii_case(name))
}

/// Digits, signs, points, and letters: e, and those of NaN and infinity, which are refused as such.
fn is_of_number(c: u8) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, b'+' | b'-' | b'.')
}

/// Whether this is a number, and finite: digits, maybe with a sign and a point. Others have to be looked at more closely.
fn is_plain(text: &[u8]) -> bool {
    const LONGEST: usize = 300;
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let points = digits.iter().filter(|&&c| c == b'.').count();
    let count = digits.iter().filter(|c| c.is_ascii_digit()).count();
    count > 0 && points <= 1 && count + points == digits.len() && digits.len() <= LONGEST
}
