//! GeoJSON as a tree of JSON values, from which the polygons of a text follow, and texts as a fuzzer says.

use std::ops::Range;

use super::columns::Polygon;
use super::input::Input;
use super::tables::{Bits, Row};

/// What the rows of a text are: one, or if there is no other text those of a document.
pub fn rows_of_json(text: &[u8], is_alone: bool) -> Vec<Row> {
    let values = values(text).unwrap_or_default();
    let row = |value: &Value<'_>| (value.range.clone(), polygon(value));
    match &values[..] {
        [value] => match features(value).filter(|_| is_alone) {
            Some(features) => features.iter().map(row).collect(),
            None => vec![(0..text.len(), polygon(value))],
        },
        [_, _, ..] if is_alone => values.iter().map(row).collect(),
        _ => vec![(0..text.len(), None)],
    }
}

/// A value, and which bytes it is. Texts are too short for what lies too deep.
struct Value<'a> {
    is: Is<'a>,
    range: Range<usize>,
}

enum Is<'a> {
    Null,
    Bool,
    Number(f64),
    String(&'a [u8]),
    List(Vec<Value<'a>>),
    Object(Vec<(&'a [u8], Value<'a>)>),
}

impl<'a> Value<'a> {
    fn list(&self) -> Option<&[Value<'a>]> {
        if let Is::List(members) = &self.is { Some(members) } else { None }
    }

    fn number(&self) -> Option<f64> {
        if let Is::Number(number) = self.is { Some(number) } else { None }
    }

    /// The members of an object that have a name.
    fn named(&self, wanted: &str) -> Vec<&Value<'a>> {
        let Is::Object(members) = &self.is else { return vec![] };
        members.iter().filter(|(name, _)| *name == wanted.as_bytes()).map(|(_, value)| value).collect()
    }

    /// The one member that has a name.
    fn only(&self, name: &str) -> Option<&Value<'a>> {
        if let [value] = self.named(name)[..] { Some(value) } else { None }
    }

    fn kind(&self) -> Option<&str> {
        if let Is::String(name) = self.only("type")?.is { std::str::from_utf8(name).ok() } else { None }
    }
}

/// Those of a collection, which may lack them.
fn features<'v, 'a>(value: &'v Value<'a>) -> Option<&'v [Value<'a>]> {
    value.kind().filter(|&kind| kind == "FeatureCollection")?;
    if value.named("features").is_empty() { Some(&[]) } else { value.only("features")?.list() }
}

fn polygon(value: &Value<'_>) -> Option<Polygon<Bits>> {
    match value.is {
        Is::Null => Some(vec![]),
        _ if value.kind()? == "Feature" => match value.only("geometry")? {
            Value { is: Is::Null, .. } => Some(vec![]),
            value => geometry(value, 0),
        },
        _ => geometry(value, 0),
    }
}

fn geometry(value: &Value<'_>, depth: usize) -> Option<Polygon<Bits>> {
    match value.kind()? {
        "Polygon" => Some(vec![part(value.only("coordinates")?)?]),
        "MultiPolygon" => value.only("coordinates")?.list()?.iter().map(part).collect(),
        "GeometryCollection" if depth < 32 => {
            let members = value.only("geometries")?.list()?.iter();
            Some(members.map(|member| geometry(member, depth + 1)).collect::<Option<Vec<_>>>()?.concat())
        }
        _ => None,
    }
}

fn part(value: &Value<'_>) -> Option<Vec<Vec<Bits>>> {
    value.list()?.iter().map(|ring| ring.list()?.iter().map(vertex).collect()).collect()
}

fn vertex(value: &Value<'_>) -> Option<Bits> {
    let numbers = value.list()?.iter().map(Value::number).collect::<Option<Vec<_>>>()?;
    let [x, y, ..] = numbers[..] else { return None };
    (x.is_finite() && y.is_finite()).then(|| (x.to_bits(), y.to_bits()))
}

/// All values of a text; None if anything else is in it.
fn values(text: &[u8]) -> Option<Vec<Value<'_>>> {
    let left = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let (mut json, mut values) = (Json { left, end: text.len() }, vec![]);
    while !json.past_spaces().left.is_empty() {
        values.push(json.value()?);
    }
    Some(values)
}

/// Reads a text, by taking from the front.
struct Json<'a> {
    left: &'a [u8],
    end: usize,
}

impl<'a> Json<'a> {
    fn at(&self) -> usize {
        self.end - self.left.len()
    }

    fn past_spaces(&mut self) -> &mut Self {
        while self.left.first().is_some_and(|c| b" \t\n\r".contains(c)) {
            self.left = &self.left[1..];
        }
        self
    }

    fn take(&mut self) -> Option<u8> {
        let (&first, left) = self.left.split_first()?;
        self.left = left;
        Some(first)
    }

    fn takes(&mut self, word: &str) -> bool {
        let left = self.left.strip_prefix(word.as_bytes());
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }

    fn mark(&mut self, mark: &str) -> Option<()> {
        self.past_spaces().takes(mark).then_some(())
    }

    fn value(&mut self) -> Option<Value<'a>> {
        let start = self.past_spaces().at();
        let is = match self.left.first()? {
            b'[' => Is::List(self.members("[", "]", Json::value)?),
            b'{' => Is::Object(self.members("{", "}", |json| {
                let name = json.past_spaces().string()?;
                json.mark(":")?;
                Some((name, json.value()?))
            })?),
            b'"' => Is::String(self.string()?),
            _ if self.takes("null") => Is::Null,
            _ if self.takes("true") || self.takes("false") => Is::Bool,
            _ => Is::Number(self.number()?),
        };
        Some(Value { is, range: start..self.at() })
    }

    fn members<T>(&mut self, open: &str, close: &str, each: fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        self.mark(open)?;
        let mut members = vec![];
        if self.mark(close).is_some() {
            return Some(members);
        }
        loop {
            members.push(each(self)?);
            if self.mark(",").is_none() {
                return self.mark(close).map(|()| members);
            }
        }
    }

    fn string(&mut self) -> Option<&'a [u8]> {
        let start = self.left;
        self.takes("\"").then_some(())?;
        loop {
            match self.take()? {
                b'"' => return Some(&start[1..start.len() - self.left.len() - 1]),
                b'\\' => match self.take()? {
                    b'u' => (0..4).try_for_each(|_| char::from(self.take()?).to_digit(16).map(drop))?,
                    other => b"\"\\/bfnrt".contains(&other).then_some(())?,
                },
                0..b' ' => return None,
                _ => {}
            }
        }
    }

    fn number(&mut self) -> Option<f64> {
        let start = self.left;
        self.takes("-");
        if !self.takes("0") {
            self.digits()?;
        }
        if self.takes(".") {
            self.digits()?;
        }
        if self.takes("e") || self.takes("E") {
            let _has_sign = self.takes("+") || self.takes("-");
            self.digits()?;
        }
        std::str::from_utf8(&start[..start.len() - self.left.len()]).ok()?.parse().ok()
    }

    fn digits(&mut self) -> Option<()> {
        let before = self.left.len();
        while self.left.first().is_some_and(u8::is_ascii_digit) {
            self.left = &self.left[1..];
        }
        (self.left.len() < before).then_some(())
    }
}

/// A text as a fuzzer says: mostly a sound one.
pub fn invented_json(input: &mut Input<'_>, _: usize, out: &mut Vec<u8>) {
    if input.byte() > 240 {
        out.extend("\u{feff}".as_bytes());
    }
    match input.below(8) {
        0 => {
            for _ in 0..1 + input.below(4) {
                row(input, out);
                out.extend(input.one_of(&["\n", "\r\n", " ", ""]).as_bytes());
            }
        }
        1 | 2 => object(input, out, "FeatureCollection", "features", |input, out| list(input, out, row)),
        _ => row(input, out),
    }
}

/// A feature, or what may stand in its place.
fn row(input: &mut Input<'_>, out: &mut Vec<u8>) {
    let either = |input: &mut Input<'_>, out: &mut Vec<u8>| match input.below(12) {
        0 => out.extend(b"null"),
        _ => shape(input, out, 0),
    };
    match input.below(3) {
        0 => either(input, out),
        _ => object(input, out, "Feature", "geometry", either),
    }
}

fn shape(input: &mut Input<'_>, out: &mut Vec<u8>, depth: usize) {
    // As deep as collections may lie in each other, and one more.
    let layers = if depth == 0 && input.byte() > 250 { 31 + input.below(2) } else { 0 };
    for _ in 0..layers {
        out.extend(br#"{"type":"GeometryCollection","geometries":["#);
    }
    match input.below(if depth + layers > 3 { 2 } else { 5 }) {
        0 | 1 => object(input, out, "Polygon", "coordinates", coordinates),
        2 | 3 => object(input, out, "MultiPolygon", "coordinates", |input, out| list(input, out, coordinates)),
        _ => object(input, out, "GeometryCollection", "geometries", |input, out| {
            list(input, out, |input, out| shape(input, out, depth + 1))
        }),
    }
    for _ in 0..layers {
        out.extend(b"]}");
    }
}

fn coordinates(input: &mut Input<'_>, out: &mut Vec<u8>) {
    list(input, out, |input, out| {
        list(input, out, |input, out| {
            for i in 0..2 + usize::from(input.byte() > 230) {
                out.extend(if i == 0 { b"[ " } else { b", " });
                number(input, out);
            }
            out.push(b']');
        })
    })
}

/// One that has no end is a large one.
fn number(input: &mut Input<'_>, out: &mut Vec<u8>) {
    let number = match input.double() {
        number if number.is_finite() => number,
        _ => return out.extend(b"1e309"),
    };
    let text = match input.below(4) {
        0 => format!("{number:e}"),
        1 => format!("{number:.5E}"),
        _ => format!("{number}"),
    };
    out.extend(text.as_bytes());
}

/// With its members in any order, others among them, and sometimes one that is there twice.
fn object(
    input: &mut Input<'_>,
    out: &mut Vec<u8>,
    kind: &str,
    name: &str,
    contents: impl FnOnce(&mut Input<'_>, &mut Vec<u8>),
) {
    const OTHERS: [&str; 8] = [
        r#""bbox":[-0.5,1E+2]"#,
        r#" "properties" : {"a\u00e9\"b":[{},[[]],true,false,null,"\\"]}"#,
        r#""id":"type""#,
        r#""geometry":null"#,
        r#""coordinates":[]"#,
        r#""geometries":[{}]"#,
        r#""features":[null]"#,
        r#""type":"Polygon""#,
    ];
    let kind = if input.byte() > 250 { "Point" } else { kind };
    let mut own = format!("\"{name}\":").into_bytes();
    contents(input, &mut own);
    let mut members = vec![format!("\"type\": \"{kind}\"").into_bytes()];
    members.insert(input.below(2), own);
    for _ in 0..input.byte().saturating_sub(160) / 32 {
        let at = input.below(members.len() + 1);
        let others = if input.chance() { &OTHERS } else { &OTHERS[..3] };
        members.insert(at, input.one_of(others).as_bytes().to_vec());
    }
    out.push(b'{');
    out.extend(members.join(&b","[..]));
    out.push(b'}');
}

fn list(input: &mut Input<'_>, out: &mut Vec<u8>, mut each: impl FnMut(&mut Input<'_>, &mut Vec<u8>)) {
    out.push(b'[');
    for i in 0..input.below(4) {
        if i > 0 {
            out.extend(b" ,");
        }
        each(input, out);
    }
    out.extend(b" ]");
}
