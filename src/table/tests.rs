//! Rows of both formats against what they were written from; every truncation, every changed byte.

use super::*;
use crate::testing::Random;

/// Vertices of rings of parts.
type Polygon = Vec<Vec<Vec<(f64, f64)>>>;

/// How a row is written.
#[derive(Clone, Copy)]
struct Style {
    is_big: bool,
    has_z: bool,
    has_m: bool,
    is_extended: bool,
}

const STYLES: [Style; 5] = [
    Style { is_big: false, has_z: false, has_m: false, is_extended: false },
    Style { is_big: true, has_z: true, has_m: false, is_extended: false },
    Style { is_big: false, has_z: true, has_m: true, is_extended: false },
    Style { is_big: true, has_z: true, has_m: true, is_extended: true },
    Style { is_big: false, has_z: false, has_m: true, is_extended: true },
];

struct Writer {
    style: Style,
    bytes: Vec<u8>,
}

impl Writer {
    fn number(&mut self, number: u32) {
        let bytes = if self.style.is_big { number.to_be_bytes() } else { number.to_le_bytes() };
        self.bytes.extend(bytes);
    }

    fn double(&mut self, number: f64) {
        let bytes = if self.style.is_big { number.to_be_bytes() } else { number.to_le_bytes() };
        self.bytes.extend(bytes);
    }

    fn head(&mut self, kind: u32) {
        let Style { is_big, has_z, has_m, is_extended } = self.style;
        self.bytes.push(u8::from(!is_big));
        let (z, m) = (u32::from(has_z), u32::from(has_m));
        if is_extended {
            self.number(kind | z << 31 | m << 30 | 1 << 29);
            self.number(4326);
        } else {
            self.number(kind + 1000 * z + 2000 * m);
        }
    }

    fn part(&mut self, rings: &[Vec<(f64, f64)>]) {
        self.head(3);
        self.number(rings.len() as u32);
        for ring in rings {
            self.number(ring.len() as u32);
            for &(x, y) in ring {
                self.double(x);
                self.double(y);
                for _ in 0..u32::from(self.style.has_z) + u32::from(self.style.has_m) {
                    self.double(f64::NAN);
                }
            }
        }
    }
}

/// A polygon of one part as a Polygon, of more as a MultiPolygon, or either in a GeometryCollection.
fn wkb(polygon: &Polygon, style: Style, is_collection: bool) -> Vec<u8> {
    let mut writer = Writer { style, bytes: Vec::new() };
    if is_collection {
        writer.head(7);
        writer.number(1);
    }
    if polygon.len() != 1 {
        writer.head(6);
        writer.number(polygon.len() as u32);
    }
    polygon.iter().for_each(|part| writer.part(part));
    writer.bytes
}

fn wkt(polygon: &Polygon, style: Style, is_collection: bool) -> Vec<u8> {
    let list = |members: Vec<String>| match members.is_empty() {
        true => " eMpty".to_owned(),
        false => format!("( {} )", members.join(" ,\n")),
    };
    let more = " -1.5e-3".repeat(usize::from(style.has_z) + usize::from(style.has_m));
    let vertex = |(x, y): &(f64, f64)| format!("{x:e}\t{y}{more}");
    let ring = |ring: &Vec<_>| list(ring.iter().map(vertex).collect());
    let parts: Vec<_> = polygon.iter().map(|part| list(part.iter().map(ring).collect())).collect();
    let dimensions = match (style.has_z, style.has_m) {
        (true, true) => " zm ",
        (true, false) => "Z",
        (false, true) => " M",
        (false, false) => "",
    };
    let text = match &parts[..] {
        [part] => format!("Polygon{dimensions}{part}"),
        _ => format!("MULTIPOLYGON{dimensions}{}", list(parts)),
    };
    let text = if is_collection { format!("GeometryCollection ({text})") } else { text };
    if style.is_extended { format!(" srid=4326;{text} ").into_bytes() } else { text.into_bytes() }
}

/// Members in either order, with others among them; as a feature or not.
fn geojson(polygon: &Polygon, style: Style, is_collection: bool) -> Vec<u8> {
    let list = |members: Vec<String>| format!("[{}]", members.join(" ,\n"));
    let more = if style.has_z { ", -1.5E+3" } else { "" }.repeat(1 + usize::from(style.has_m));
    let vertex = |(x, y): &(f64, f64)| format!("[{x:e},\t{y}{more} ]");
    let ring = |ring: &Vec<_>| list(ring.iter().map(vertex).collect());
    let parts: Vec<_> = polygon.iter().map(|part| list(part.iter().map(ring).collect())).collect();
    let (kind, contents) = match &parts[..] {
        [part] => ("Polygon", part.clone()),
        _ => ("MultiPolygon", list(parts)),
    };
    let object = |kind: &str, name: &str, contents: &str| {
        let kind = format!("\"type\" : \"{kind}\"");
        let others = r#""bbox":[1,2.5],"a\"b\u00e9":{"coordinates":[{}, [[]], true,false,null,"\\"]}"#;
        let contents = format!("\"{name}\":{contents}");
        match style.is_big {
            true => format!("{{{contents}, {others},{kind}}}"),
            false => format!("{{ {kind},{contents},{others} }}"),
        }
    };
    let mut text = object(kind, "coordinates", &contents);
    if is_collection {
        text = object("GeometryCollection", "geometries", &format!("[{text}]"));
    }
    if style.is_extended {
        text = object("Feature", "geometry", &text);
    }
    text.into_bytes()
}

fn random_polygon(random: &mut Random, parts: usize, rings: usize) -> Polygon {
    let ring = |random: &mut Random| (0..random.below(7)).map(|_| (random.normal() * 1e3, random.unit())).collect();
    let part = |random: &mut Random| (0..random.below(rings + 1)).map(|_| ring(random)).collect();
    (0..random.below(parts + 1)).map(|_| part(random)).collect()
}

fn joined(rows: &[Vec<u8>]) -> (Vec<u8>, Vec<i64>) {
    let mut offsets = vec![0];
    for row in rows {
        offsets.push(offsets.last().unwrap() + row.len() as i64);
    }
    (rows.concat(), offsets)
}

fn read(rows: &[Vec<u8>], format: Format, skip: bool, workers: usize) -> Result<Table> {
    let (data, offsets) = joined(rows);
    let rows = Rows::new(&data, Offsets::I64(&offsets), None)?;
    Table::read(&rows, format, skip, &Run { workers, ..Run::default() })
}

/// What a table holds, ring by ring; what has no vertices is not told apart.
fn polygons_of(table: &Table) -> Vec<Polygon> {
    let polygons = table.polygons().unwrap();
    let (x, y) = table.vertices();
    let ring = |ring: usize| table.offsets()[0].unwrap().range(ring).map(|i| (x[i], y[i])).collect::<Vec<_>>();
    let part = |part: usize| polygons.rings(part).map(ring).collect();
    (0..polygons.len()).map(|polygon| without_nothing(&polygons.parts(polygon).map(part).collect())).collect()
}

fn without_nothing(polygon: &Polygon) -> Polygon {
    let part = |part: &Vec<Vec<_>>| part.iter().filter(|ring| !ring.is_empty()).cloned().collect::<Vec<_>>();
    polygon.iter().map(part).filter(|part| !part.is_empty()).collect()
}

fn encode(format: Format, polygon: &Polygon, style: Style, is_collection: bool) -> Vec<u8> {
    match format {
        Format::Wkb => wkb(polygon, style, is_collection),
        Format::Wkt => wkt(polygon, style, is_collection),
        Format::GeoJson => geojson(polygon, style, is_collection),
    }
}

const FORMATS: [Format; 3] = [Format::Wkb, Format::Wkt, Format::GeoJson];

#[test]
fn what_was_written_is_read() {
    let mut random = Random(3);
    let len = if cfg!(miri) { 20 } else { 20_000 };
    // Rings only, rings with holes, many parts.
    for (most_parts, most_rings, depth) in [(1, 1, 1), (1, 3, 2), (3, 3, 3), (4, 1, 3)] {
        let polygons: Vec<_> = (0..len).map(|_| random_polygon(&mut random, most_parts, most_rings)).collect();
        let want: Vec<_> = polygons.iter().map(without_nothing).collect();
        for format in FORMATS {
            let rows: Vec<_> = polygons
                .iter()
                .map(|polygon| encode(format, polygon, STYLES[random.below(5)], random.below(4) == 0))
                .collect();
            for workers in [1, 3] {
                let table = read(&rows, format, false, workers).unwrap();
                assert_eq!(table.len(), len);
                assert_eq!(table.offsets().iter().flatten().count(), depth);
                assert!(polygons_of(&table) == want, "{format:?}");
            }
        }
    }
}

#[test]
fn missing_rows_and_windows() {
    let rows: Vec<_> =
        [&b"POLYGON ((0 0, 1 0, 0 1))"[..], b"no polygon", b"POLYGON EMPTY"].map(<[u8]>::to_vec).to_vec();
    let (data, offsets) = joined(&rows);
    let narrow: Vec<i32> = offsets.iter().map(|&offset| offset as i32).collect();
    for start in [0usize, 3, 7, 14] {
        let bits = (0b101u32 << start).to_le_bytes();
        let rows = Rows::new(&data, Offsets::I32(&narrow), Some((&bits[..(start + 3).div_ceil(8)], start))).unwrap();
        let table = Table::read(&rows, Format::Wkt, false, &Run::default()).unwrap();
        assert_eq!(polygons_of(&table).iter().map(Vec::len).collect::<Vec<_>>(), [1, 0, 0]);
    }
    let error = Rows::new(&data, Offsets::I32(&narrow), Some((&[5], 6))).unwrap_err();
    assert_eq!((error.kind(), error.message()), (Kind::Layout, "rows.validity is too short"));
    let window = Rows::new(&data, Offsets::I32(&narrow[2..]), None).unwrap();
    assert_eq!(Table::read(&window, Format::Wkt, false, &Run::default()).unwrap().len(), 1);
    let none = Rows::new(&[], Offsets::I32(&[]), None).unwrap();
    let table = Table::read(&none, Format::Wkb, false, &Run::default()).unwrap();
    assert!(table.is_empty() && table.polygons().unwrap().is_empty());
}

/// What is wrong with one row.
fn fault(format: Format, row: &[u8]) -> (i64, i32) {
    let rows = [b"POLYGON((0 0,1 0,0 1))".to_vec(), row.to_vec(), row.to_vec()];
    let rows = if format == Format::Wkt { &rows } else { &rows[1..] };
    let table = read(rows, format, true, 1).unwrap();
    let faults = table.faults();
    let (byte, reason) = (faults.bytes()[0], faults.reasons()[0]);
    let first = rows.len() as i64 - 2;
    assert_eq!(
        (faults.rows(), faults.bytes(), faults.reasons()),
        (&[first, first + 1][..], &[byte; 2][..], &[reason; 2][..])
    );
    let error = read(rows, format, false, 1).unwrap_err();
    let text = Reason::ALL[reason as usize - 1].text();
    assert_eq!((error.kind(), error.item()), (Kind::Format, Some(first as usize)));
    assert_eq!(error.message(), format!("rows[{first}], byte {byte}: {text}"));
    (byte, reason)
}

#[test]
fn faults_of_text_say_where() {
    let deep = |depth| format!("{}POLYGON EMPTY{}", "GEOMETRYCOLLECTION(".repeat(depth), ")".repeat(depth));
    let faults = [
        ("", 0, Reason::End),
        ("  ", 2, Reason::End),
        ("POLYGON", 7, Reason::End),
        ("POLYGON ((0 0, 1 0, 1 1)", 24, Reason::End),
        ("SRID=4326", 9, Reason::End),
        ("POINT (1 2)", 0, Reason::Type),
        ("POLYGONE EMPTY", 0, Reason::Type),
        ("(0 0)", 0, Reason::Type),
        ("GEOMETRYCOLLECTION (POLYGON EMPTY, LINESTRING (0 0, 1 1))", 35, Reason::Type),
        ("POLYGON ((0 0, 1 0, 1 1)) x", 26, Reason::Trailing),
        ("POLYGON ((0 0, 1 0, 1 1) (0 0))", 25, Reason::Syntax),
        ("POLYGON (0 0, 1 0, 1 1)", 9, Reason::Syntax),
        ("POLYGON ((0 0, 1, 1 1))", 16, Reason::Number),
        ("POLYGON ((0 0, 1 0x, 1 1))", 17, Reason::Number),
        ("POLYGON ((0 0, 1 -, 1 1))", 17, Reason::Number),
        ("POLYGON ((0 0, 1 1.2.3, 1 1))", 17, Reason::Number),
        ("POLYGON ((0 0, 1 ., 1 1))", 17, Reason::Number),
        ("POLYGON ((0 0 0 0 0, 1 0, 1 1))", 18, Reason::Syntax),
        ("POLYGON ((0 0, 1 1e999, 1 1))", 17, Reason::Coordinate),
        ("POLYGON ((0 0, nan 0, 1 1))", 15, Reason::Coordinate),
        ("POLYGON ((0 0, \u{e9} 0, 1 1))", 15, Reason::Number),
    ];
    for (text, byte, reason) in faults {
        assert_eq!(fault(Format::Wkt, text.as_bytes()), (byte, reason as i32), "{text}");
    }
    assert!(read(&[deep(32).into_bytes()], Format::Wkt, false, 1).is_ok());
    assert_eq!(fault(Format::Wkt, deep(33).as_bytes()).1, Reason::Depth as i32);
    assert_eq!(fault(Format::Wkt, "GEOMETRYCOLLECTION(".repeat(100_000).as_bytes()).1, Reason::Depth as i32);
}

#[test]
fn faults_of_bytes_say_where() {
    let square = vec![vec![vec![(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)]]];
    let good = wkb(&square, STYLES[0], false);
    let changed = |at: usize, byte: u8| {
        let mut row = good.clone();
        row[at] = byte;
        row
    };
    let with = |x: f64, y: f64| wkb(&vec![vec![vec![(0.0, 0.0), (x, y)]]], STYLES[1], false);
    let collection = |depth: usize| [&[1, 7, 0, 0, 0, 1, 0, 0, 0][..]].repeat(depth).concat();
    let faults = [
        (vec![], 0, Reason::End),
        (vec![1, 3, 0], 1, Reason::End),
        (changed(0, 2), 0, Reason::ByteOrder),
        (changed(1, 1), 1, Reason::Type),
        (changed(3, 1), 1, Reason::Type),
        (changed(5, 200), 5, Reason::Count),
        (changed(8, 255), 5, Reason::Count),
        (changed(9, 4), 9, Reason::Count),
        (changed(12, 128), 9, Reason::Count),
        (good[..good.len() - 1].to_vec(), 9, Reason::Count),
        ([&good[..], &[0]].concat(), good.len() as i64, Reason::Trailing),
        (with(f64::NAN, 0.0), 37, Reason::Coordinate),
        (with(0.0, f64::NEG_INFINITY), 45, Reason::Coordinate),
        ([&collection(1)[..], &[1, 2, 0, 0, 0, 0, 0, 0, 0]].concat(), 10, Reason::Type),
        (collection(100_000), 9 * 32, Reason::Depth),
    ];
    for (row, byte, reason) in faults {
        assert_eq!(fault(Format::Wkb, &row), (byte, reason as i32), "{row:?}");
    }
    assert!(read(&[[&collection(32)[..], &good].concat()], Format::Wkb, false, 1).is_ok());
    assert_eq!(fault(Format::Wkb, &[&collection(33)[..], &good].concat()).1, Reason::Depth as i32);
}

#[test]
fn faults_of_geojson_say_where() {
    let polygon = r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[0,1]]]}"#;
    let within = |name: &str, text: &str| format!(r#"{{"type":"{name}","geometries":[{text}]}}"#);
    let deep = |depth| (0..depth).fold(polygon.to_owned(), |inner, _| within("GeometryCollection", &inner));
    let of = |coordinates: &str| format!(r#"{{"type":"Polygon","coordinates":{coordinates}}}"#);
    let skipped = |text: &str| format!(r#"{{"a":{text},{}"#, &polygon[1..]);
    let faults = [
        ("".to_owned(), 0, Reason::End),
        (" \n".to_owned(), 2, Reason::End),
        ("nul".to_owned(), 0, Reason::Type),
        ("[]".to_owned(), 0, Reason::Type),
        ("{}".to_owned(), 0, Reason::Type),
        (r#"{"type":"Point","coordinates":[0,0]}"#.to_owned(), 8, Reason::Type),
        (r#"{"type":7,"coordinates":[]}"#.to_owned(), 8, Reason::Type),
        (r#"{"type":"FeatureCollection","features":[]}"#.to_owned(), 8, Reason::Type),
        (format!(r#"{{"type":"Feature","geometry":{{"type":"Feature","geometry":{polygon}}}}}"#), 37, Reason::Type),
        (r#"{"type":"Feature","geometry":7}"#.to_owned(), 29, Reason::Type),
        (r#"{"type":"Feature","properties":{}}"#.to_owned(), 0, Reason::Member),
        (r#" {"type":"Polygon"}"#.to_owned(), 1, Reason::Member),
        (r#"{"type":"Polygon","type":"Polygon"}"#.to_owned(), 34, Reason::Member),
        (format!("{},\"coordinates\":[]}}", &polygon[..polygon.len() - 1]), 68, Reason::Member),
        (r#"{"coordinates":[],"coordinates":[],"type":"Polygon"}"#.to_owned(), 32, Reason::Member),
        (format!("{polygon}x"), polygon.len() as i64, Reason::Trailing),
        (of("null"), 32, Reason::List),
        (of("[[[0,0],1]]"), 40, Reason::List),
        (of("[[0,0]]"), 34, Reason::List),
        (of("[[[0,0],[1]]]"), 42, Reason::Number),
        (of("[[[0,0],[]]]"), 41, Reason::Number),
        (of("[[[0,0],[1,null]]]"), 43, Reason::Number),
        (of("[[[0,NaN]]]"), 37, Reason::Number),
        (of("[[[01,2]]]"), 36, Reason::Json),
        (of("[[[-,2]]]"), 36, Reason::Number),
        (of("[[[1.,2]]]"), 37, Reason::Number),
        (of("[[[1e,2]]]"), 37, Reason::Number),
        (of("[[[.5,2]]]"), 35, Reason::Number),
        (of("[[[0,1e999]]]"), 37, Reason::Coordinate),
        (of("[[[-1e999,0]]]"), 35, Reason::Coordinate),
        (of("[[[0,0],]]"), 40, Reason::List),
        (of("[[[0,0]}]"), 39, Reason::Json),
        (skipped("[1}"), 7, Reason::Json),
        (skipped("{1:2}"), 6, Reason::Json),
        (skipped("{\"b\" 2}"), 10, Reason::Json),
        (skipped("\"\\x\""), 7, Reason::Json),
        (skipped("\"\\u12g4\""), 10, Reason::Json),
        (skipped("\"\n\""), 6, Reason::Json),
        (skipped("tru"), 5, Reason::Json),
        (skipped("[1,]"), 8, Reason::Json),
    ];
    for (text, byte, reason) in faults {
        assert_eq!(fault(Format::GeoJson, text.as_bytes()), (byte, reason as i32), "{text}");
    }
    let lists = |depth| skipped(&format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
    for sound in [deep(32), lists(1024), r#"{"type":"Feature","geometry":null} "#.to_owned(), " null ".to_owned()] {
        assert!(read(&[sound.clone().into_bytes()], Format::GeoJson, false, 1).is_ok(), "{sound}");
    }
    assert_eq!(fault(Format::GeoJson, deep(33).as_bytes()).1, Reason::Depth as i32);
    assert_eq!(fault(Format::GeoJson, lists(1025).as_bytes()).1, Reason::Depth as i32);
}

#[test]
fn members_of_geojson_come_in_any_order() {
    let own = r#""coordinates":[[[0,0],[1,0],[0,1]]]"#;
    let mut members = [r#""type":"Polygon""#, own, r#""geometry":null"#, r#""geometry":[1]"#, r#""features":[]"#];
    let object = |members: &[&str]| format!("{{{}}}", members.join(",")).into_bytes();
    for turn in 0..members.len() {
        members.rotate_left(1);
        for other in 0..members.len() {
            members.swap(turn, other);
            let table = read(&[object(&members)], Format::GeoJson, false, 1).unwrap();
            assert_eq!(polygons_of(&table), [vec![vec![vec![(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)]]]]);
            let twice = object(&[&members[..], &[own]].concat());
            let again = twice.len() - own.len() - 1 + own.find('[').unwrap();
            assert_eq!(fault(Format::GeoJson, &twice), (again as i64, Reason::Member as i32));
        }
    }
}

#[test]
fn rows_of_a_document() {
    let feature = |x: i32| {
        format!(r#"{{"type":"Feature","geometry":{{"type":"Polygon","coordinates":[[[{x},0],[9,0],[9,9]]]}}}}"#)
    };
    let bad = r#"{"type":"Feature","geometry":{"type":"Point","coordinates":[0,0]}}"#;
    let rows = [&feature(1), r#"{"type":"Feature","geometry":null}"#, bad, &feature(2), "7", &feature(3)];
    let first: Vec<_> =
        [1.0, 2.0, 3.0].into_iter().map(|x| vec![vec![vec![(x, 0.0), (9.0, 0.0), (9.0, 9.0)]]]).collect();
    let want = [first[0].clone(), vec![], vec![], first[1].clone(), vec![], first[2].clone()];
    let members = rows.join(" ,\n ");
    let documents = [
        format!("\u{feff} {{\"type\":\"FeatureCollection\",\"features\":[ {members} ]}} "),
        format!("{{\"features\":[{members}],\"more\":[{{}}],\"type\":\"FeatureCollection\"}}"),
        rows.join("\n"),
        format!("\u{feff}\n{}\r\n\r\n", rows.join(" ")),
    ];
    for document in &documents {
        for workers in [1, 2] {
            let table = read(&[document.clone().into_bytes()], Format::GeoJson, true, workers).unwrap();
            assert_eq!(polygons_of(&table), want, "{document}");
            let at = [document.find("\"Point\"").unwrap(), document.find(" 7").or(document.find("\n7")).unwrap() + 1];
            assert_eq!(table.faults().rows(), [2, 4]);
            assert_eq!(table.faults().bytes(), at.map(|at| at as i64));
            let error = read(&[document.clone().into_bytes()], Format::GeoJson, false, workers).unwrap_err();
            assert_eq!(error.item(), Some(2));
        }
    }
    // What is no document as a whole is one row, which is at fault, or sound.
    for (text, len, faults) in [
        (r#"{"type":"FeatureCollection","features":[]}"#, 0, 0),
        (r#"{"type":"FeatureCollection","features":[}"#, 1, 1),
        (r#"{"type":"FeatureCollection"}"#, 0, 0),
        (r#"{"type":"FeatureCollection","features":{}}"#, 1, 1),
        (r#"{"type":"FeatureCollection","features":[null],"features":[null,null]}"#, 1, 1),
        (r#"{"type":"FeatureCollection","type":"FeatureCollection","features":[null,null]}"#, 1, 1),
        (r#"{"type":"FeatureCollection","type":7,"features":[null,null]}"#, 1, 1),
        (r#"{"type":"Feature","features":[1,2],"geometry":null}"#, 1, 0),
        ("", 1, 1),
        (&feature(1), 1, 0),
        (&format!("{}{{", feature(1)), 1, 1),
    ] {
        let table = read(&[text.as_bytes().to_vec()], Format::GeoJson, true, 1).unwrap();
        assert_eq!((table.len(), table.faults().rows().len()), (len, faults), "{text}");
    }
}

#[test]
fn every_truncation_is_a_fault_and_no_byte_does_harm() {
    let mut random = Random(11);
    let polygon =
        vec![vec![vec![(0.5, 1.0), (2.0, 3.25), (4.0, 5.0)], vec![(1.0, 1.0), (2.0, 2.0)]], vec![vec![(7.0, 8.0)]]];
    for format in FORMATS {
        for style in STYLES {
            let row = encode(format, &polygon, style, true);
            let end = row.iter().rposition(|&byte| format == Format::Wkb || b")}".contains(&byte)).unwrap();
            let cut: Vec<_> = (0..=end).map(|len| row[..len].to_vec()).collect();
            let table = read(&cut, format, true, 1).unwrap();
            assert_eq!(table.faults().rows().len(), cut.len());
            let mut changed = Vec::new();
            for at in 0..row.len() {
                for _ in 0..if cfg!(miri) { 1 } else { 40 } {
                    let mut other = row.clone();
                    other[at] = random.bits() as u8;
                    changed.push(other);
                }
            }
            // Sound rows in between are what they are.
            let rows: Vec<_> = changed.into_iter().flat_map(|other| [other, row.clone()]).collect();
            let table = read(&rows, format, true, 2).unwrap();
            assert!(table.faults().rows().iter().all(|row| row % 2 == 0));
            let read = polygons_of(&table);
            assert!(read.iter().skip(1).step_by(2).all(|other| *other == polygon));
            for &row in table.faults().rows() {
                assert!(read[row as usize].is_empty());
            }
        }
    }
}

#[test]
fn the_first_fault_decides_whoever_finds_it() {
    let mut rows = vec![b"POLYGON((0 0,1 0,0 1))".to_vec(); 60_000];
    rows[41_000] = b"POLYGON((0 0,".to_vec();
    rows[52_000] = b"POINT(0 0)".to_vec();
    for workers in [1, 2, 5] {
        assert_eq!(read(&rows, Format::Wkt, false, workers).unwrap_err().item(), Some(41_000));
        assert_eq!(read(&rows, Format::Wkt, true, workers).unwrap().faults().rows(), [41_000, 52_000]);
    }
}
