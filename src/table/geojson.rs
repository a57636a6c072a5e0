//! GeoJSON (RFC 7946): features and geometries, and where a text has many of them. Coordinates after the second are read past, and so is
//! all else that is no geometry.

use super::fault::{DEEPEST, Fault, Reason};
use super::fill::Sink;
use super::json::{Reader, Result};
use crate::memory::{Counted, vec_with_capacity};
use crate::run::Watch;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Feature,
    Polygon,
    MultiPolygon,
    Collection,
}

/// The names of kinds, and of the member that has what they consist of.
const KINDS: [(&[u8], Kind, &[u8]); 4] = [
    (b"Feature", Kind::Feature, b"geometry"),
    (b"Polygon", Kind::Polygon, b"coordinates"),
    (b"MultiPolygon", Kind::MultiPolygon, b"coordinates"),
    (b"GeometryCollection", Kind::Collection, b"geometries"),
];

/// Reads one row; of a document, in which other rows follow, the first value only.
pub(super) fn read(text: &[u8], is_of_document: bool, sink: &mut impl Sink) -> Result<()> {
    let mut reader = Reader::new(text);
    if !reader.takes_word(b"null") {
        shape(&mut reader, sink, 0, true)?;
    }
    match reader.next() {
        Some(_) if !is_of_document => Err(Fault::new(reader.at, Reason::Trailing)),
        _ => Ok(()),
    }
}

/// A feature, where there may be one, or a geometry.
fn shape(reader: &mut Reader<'_>, sink: &mut impl Sink, depth: usize, may_be_feature: bool) -> Result<()> {
    reader.next();
    let start = reader.at;
    let mut kind = None;
    let mut is_read = false;
    // Where what might be its contents is, and where it is again.
    let mut places = [(None, None); KINDS.len()];
    reader.object(|reader, name| {
        if name == b"type" {
            return match kind.replace(known(reader, may_be_feature)?) {
                None => Ok(()),
                Some(_) => Err(reader.fault(Reason::Member)),
            };
        }
        reader.next();
        let Some(at) = place_of(name) else { return reader.skip() };
        let (first, again) = &mut places[at];
        let is_first = first.is_none();
        *if is_first { first } else { again } = Some(reader.at);
        match kind {
            Some(kind) if KINDS[kind as usize].2 == name && is_first => {
                is_read = true;
                contents(reader, kind, sink, depth)
            }
            _ => reader.skip(),
        }
    })?;
    let kind = kind.ok_or_else(|| Fault::new(start, Reason::Type))?;
    let (first, again) = place_of(KINDS[kind as usize].2).map_or((None, None), |at| places[at]);
    if let Some(at) = again {
        return Err(Fault::new(at, Reason::Member));
    }
    let first = first.ok_or_else(|| Fault::new(start, Reason::Member))?;
    if !is_read {
        let end = std::mem::replace(&mut reader.at, first);
        contents(reader, kind, sink, depth)?;
        reader.at = end;
    }
    Ok(())
}

/// The number of a member that has contents, whatever of.
fn place_of(name: &[u8]) -> Option<usize> {
    KINDS.iter().position(|(_, _, member)| *member == name)
}

/// The kind that is named next.
fn known(reader: &mut Reader<'_>, may_be_feature: bool) -> Result<Kind> {
    reader.next();
    let start = reader.at;
    let name = reader.string().map_err(|_| Fault::new(start, Reason::Type))?;
    let found = KINDS.iter().find(|(known, kind, _)| *known == name && (may_be_feature || *kind != Kind::Feature));
    found.map(|(_, kind, _)| *kind).ok_or_else(|| Fault::new(start, Reason::Type))
}

fn contents<S: Sink>(reader: &mut Reader<'_>, kind: Kind, sink: &mut S, depth: usize) -> Result<()> {
    match kind {
        Kind::Feature if reader.takes_word(b"null") => Ok(()),
        Kind::Feature => shape(reader, sink, depth, false),
        Kind::Polygon => part(reader, sink),
        Kind::MultiPolygon => reader.list(|reader| part(reader, sink)),
        Kind::Collection if depth == DEEPEST => Err(reader.fault(Reason::Depth)),
        Kind::Collection => reader.list(|reader| shape(reader, sink, depth + 1, false)),
    }
}

fn part<S: Sink>(reader: &mut Reader<'_>, sink: &mut S) -> Result<()> {
    reader.list(|reader| {
        reader.list(|reader| vertex(reader, sink))?;
        sink.end_ring();
        Ok(())
    })?;
    sink.end_part();
    Ok(())
}

fn vertex<S: Sink>(reader: &mut Reader<'_>, sink: &mut S) -> Result<()> {
    let mut numbers = [0.0; 2];
    let mut places = [0; 2];
    let mut count = 0;
    reader.list(|reader| {
        reader.next();
        let at = reader.at;
        let number = reader.number(S::WANTS_VALUES)?;
        if let Some(place) = numbers.get_mut(count) {
            (*place, places[count]) = (number, at);
        }
        count += 1;
        Ok(())
    })?;
    if count < 2 {
        return Err(Fault::new(reader.at - 1, Reason::Number));
    }
    let [x, y] = numbers;
    if !sink.vertices(std::iter::once((x, y))) {
        return Err(Fault::new(places[usize::from(x.is_finite())], Reason::Coordinate));
    }
    Ok(())
}

/// Where the rows of a document begin, and its end: the features of a FeatureCollection, or the values of a text that has several. None for
/// a text that is one row, or that cannot be read.
pub(super) fn rows(text: &[u8], watch: &Watch<'_>) -> crate::error::Result<Option<Counted<i64>>> {
    let mut rows = Document { starts: vec_with_capacity(0)?, failed: None, watch };
    let is_sound = rows.read(text).is_ok();
    let Document { starts, failed, .. } = rows;
    failed.map_or(Ok(()), Err)?;
    Ok(is_sound.then_some(starts).filter(|starts| !starts.is_empty()))
}

struct Document<'a> {
    starts: Counted<i64>,
    /// Why it was not read on: it was cancelled, or there is no memory.
    failed: Option<crate::error::Error>,
    watch: &'a Watch<'a>,
}

impl Document<'_> {
    /// Notes where all rows begin, then the end; nothing for a single row.
    fn read(&mut self, text: &[u8]) -> Result<()> {
        let mut reader = Reader::new(text);
        // Whether its only type is that of a collection, and its only features are a list.
        let (mut is_named, mut has_list) = (None, None);
        let start = reader.next().map(|_| reader.at);
        if reader.next() == Some(b'{') {
            reader.object(|reader, name| match name {
                b"type" => {
                    reader.next();
                    let at = reader.at;
                    reader.skip()?;
                    is_named = Some(is_named.is_none() && &text[at..reader.at] == b"\"FeatureCollection\"");
                    Ok(())
                }
                b"features" => {
                    let is_list = has_list.is_none() && reader.next() == Some(b'[');
                    has_list = Some(is_list);
                    if is_list { reader.list(|reader| self.row(reader)) } else { reader.skip() }
                }
                _ => reader.skip(),
            })?;
        } else {
            reader.skip()?;
        }
        let is_collection = is_named == Some(true) && has_list != Some(false);
        let has_more = reader.next().is_some();
        if has_more || !is_collection {
            self.starts.clear();
        }
        if has_more {
            self.note(start.unwrap_or(0), &reader)?;
        }
        while reader.next().is_some() {
            self.row(&mut reader)?;
        }
        if has_more || is_collection { self.note(text.len(), &reader) } else { Ok(()) }
    }

    fn row(&mut self, reader: &mut Reader<'_>) -> Result<()> {
        reader.next();
        self.note(reader.at, reader)?;
        reader.skip()
    }

    fn note(&mut self, at: usize, reader: &Reader<'_>) -> Result<()> {
        let noted = self.watch.step().and_then(|()| self.starts.reserve(1));
        noted.map(|()| self.starts.push(at as i64)).map_err(|error| {
            self.failed = Some(error);
            reader.fault(Reason::End)
        })
    }
}
