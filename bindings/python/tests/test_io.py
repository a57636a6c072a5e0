"""GeoJSON and CSV in, CSV and Parquet out: what is read, what is kept, what is refused and how."""

from __future__ import annotations

import json
import os
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from polyfind import geojson, io
from polyfind.files import records, write
from polyfind.files.answers import CHUNK, Answer

SQUARE = [[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]
HOLE = [[0.5, 0.5], [1, 0.5], [1, 1]]


def polygon(*rings, **members):
    geometry = {"type": "Polygon", "coordinates": list(rings)}
    return {"type": "Feature", "properties": {}, "geometry": geometry, **members}


def collection(*features):
    return {"type": "FeatureCollection", "features": list(features)}


def written(path, content):
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return str(path)


def counts(polygons):
    return [polygons.ring_offsets, polygons.part_offsets, polygons.polygon_offsets]


# --- GeoJSON


def test_all_levels_of_a_collection(tmp_path):
    many = {"type": "MultiPolygon", "coordinates": [[SQUARE, HOLE], [SQUARE]]}
    document = collection(
        polygon(SQUARE),
        {"type": "Feature", "properties": None, "geometry": many},
        {"type": "Feature", "properties": {}, "geometry": None},
        polygon(),
        {"type": "Feature", "geometry": {"type": "MultiPolygon", "coordinates": []}},
        polygon(HOLE),
    )
    polygons, ids = geojson.read_polygons(written(tmp_path / "a.json", document))
    assert ids is None
    rings, parts, rows = counts(polygons)
    assert list(rings) == [0, 5, 10, 13, 18, 21]
    assert list(parts) == [0, 1, 3, 4, 5]
    assert list(rows) == [0, 1, 3, 3, 3, 3, 4]
    assert list(polygons.x[10:13]) == [0.5, 1, 1]
    assert list(polygons.y[10:13]) == [0.5, 0.5, 1]


@pytest.mark.parametrize(
    "document",
    [
        collection(polygon(SQUARE)),
        polygon(SQUARE),
        polygon(SQUARE)["geometry"],
        {"type": "MultiPolygon", "coordinates": [[SQUARE]]},
        {"type": "Polygon", "coordinates": [[[*p, 7, 8] for p in SQUARE]]},
    ],
)
def test_every_kind_of_document(tmp_path, document):
    polygons, _ = geojson.read_polygons(written(tmp_path / "a.json", document))
    assert [list(level) for level in counts(polygons)] == [[0, 5], [0, 1], [0, 1]]
    assert list(polygons.x) == [0, 2, 2, 0, 0]
    assert list(polygons.y) == [0, 0, 2, 2, 0]


def test_positions_of_different_length(tmp_path):
    ring = [[0, 1, 9], [2, 3], [4, 5, 9, 9], [6, 7]]
    polygons, _ = geojson.read_polygons(written(tmp_path / "a.json", polygon(ring)))
    assert list(polygons.x) == [0, 2, 4, 6]
    assert list(polygons.y) == [1, 3, 5, 7]


def test_an_empty_collection_and_a_byte_order_mark(tmp_path):
    text = "\ufeff" + json.dumps(collection())
    polygons, ids = geojson.read_polygons(written(tmp_path / "a.json", text))
    assert len(polygons) == 0
    assert ids is None


@pytest.mark.parametrize(
    ("members", "wanted", "expected"),
    [
        ([{"id": 7}, {"id": "b"}, {}], None, ["7", "b", ""]),
        ([{"properties": {"id": 1.5, "name": "n"}}, {"properties": None}], None, ["1.5", ""]),
        ([{"properties": {"name": "Łódź"}}, {"properties": {"name": None}}], None, ["Łódź", ""]),
        ([{"id": 7, "properties": {"k": True}}], "k", ["true"]),
        ([{"id": 7}], "id", ["7"]),
        ([{"id": 7, "properties": {"id": 8}}], "id", ["8"]),
        ([{"properties": {"name": "\ud800"}}], None, ["?"]),
        ([{"properties": [1]}], None, None),
    ],
)
def test_ids(tmp_path, members, wanted, expected):
    features = [polygon(SQUARE, **each) for each in members]
    _, ids = geojson.read_polygons(written(tmp_path / "a.json", collection(*features)), wanted)
    assert ids == expected


def with_position(position):
    return collection(polygon(SQUARE), polygon(SQUARE, [[0, 0], position, [1, 1]]))


BAD_GEOJSON = {
    "empty": ("", "a.json: the file is empty"),
    "only a mark": (b"\xef\xbb\xbf", "a.json: the file is empty"),
    "binary": (b"PK\x03\x04\x00\x00", "a.json: not a text file (byte 4 is 0)"),
    "latin-1": (b'{"a":\n"\xe9"}', "a.json:2: byte 0xe9 is not UTF-8"),
    "utf-16": ("{}".encode("utf-16"), "a.json: the file is UTF-16"),
    "cut off": ('{"type":\n  "Poly', "a.json:2:3: not valid JSON: unterminated string"),
    "comma": ('{"type": 1\n 2}', "a.json:2:2: not valid JSON: expecting ',' delimiter"),
    "lines": ('{"a": 1}\n{"a": 2}', "a.json:2:1: not valid JSON: extra data; one GeoJSON object"),
    "deep": ("[" * 200_000, "a.json: not usable JSON"),
    "a list": ("[1]", "a.json: expected a GeoJSON FeatureCollection"),
    "topology": ({"type": "Topology"}, 'or MultiPolygon, found "type" "Topology"'),
    "features": ({"type": "FeatureCollection"}, '"features" must be a list, found null'),
    "feature": (collection(polygon(SQUARE), 5), "a.json: features[1]: expected a Feature, found 5"),
    "bare": (collection(polygon(SQUARE)["geometry"]), "features[0]: expected a Feature"),
    "no geometry": (collection({"type": "Feature"}), 'features[0]: no "geometry"; use null'),
    "point": (
        collection(polygon(SQUARE), {"type": "Feature", "geometry": {"type": "Point"}}),
        'features[1]: geometry is "Point", only Polygon and MultiPolygon can be matched; remove',
    ),
    "geometry": (collection({"type": "Feature", "geometry": [1]}), "geometry is [1], only"),
    "no coordinates": ({"type": "Polygon"}, 'feature: "coordinates" must be a list, found null'),
    "text": (with_position([1, "2"]), "features[1].geometry.coordinates[1][1][1]: expected a fini"),
    "null": (with_position([None, 2]), "coordinates[1][1][0]: expected a finite number, found nul"),
    "true": (with_position([True, 2]), "coordinates[1][1][0]: expected a finite number, found tru"),
    "NaN": (with_position([1, float("nan")]), "[1][1][1]: expected a finite number, found NaN"),
    "infinite": (with_position([1, 1e999]), "[1][1][1]: expected a finite number, found Inf"),
    "huge": (with_position([1, 10**400]), "[1][1][1]: expected a finite number, found 1000"),
    "short": (with_position([1]), "coordinates[1][1]: a position needs x and y, found [1]"),
    "flat": (polygon([0, 1, 2]), "feature.geometry.coordinates[0][0]: expected a list, found 0"),
    "too flat": (polygon(*SQUARE), "coordinates[0][0]: expected a list, found 0"),
    "too deep": (polygon([SQUARE]), "coordinates[0][0][0]: expected a finite number, found [0, 0]"),
    "a map": (polygon({"a": 1}), 'coordinates[0]: expected a list, found {"a": 1}'),
    "letters": (polygon("abc"), 'coordinates[0]: expected a list, found "abc"'),
}


@pytest.mark.parametrize("name", BAD_GEOJSON)
def test_geojson_refused(tmp_path, monkeypatch, name):
    content, message = BAD_GEOJSON[name]
    monkeypatch.chdir(tmp_path)
    written(Path("a.json"), content)
    with pytest.raises(io.InputError) as caught:
        geojson.read_polygons("a.json")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_id_property_lists_the_known_ones(tmp_path):
    document = collection(polygon(SQUARE, properties={"zone": 1, "area": 2}))
    with pytest.raises(io.InputError, match='no feature has the property "x"; there are: "zone", '):
        geojson.read_polygons(written(tmp_path / "a.json", document), "x")


# --- CSV


@pytest.mark.parametrize(
    "header", ["x,y", "LON,Lat", "lng,lat", "Longitude, Latitude", "EASTING,northing", "long,lat"]
)
def test_columns_are_found(tmp_path, header):
    table = records.read_points(written(tmp_path / "a.csv", f"a,{header}\nq,1,2\n"))
    assert table.at == (1, 2)
    assert (table.x[0], table.y[0]) == (1, 2)


def test_named_columns_and_swapped_order(tmp_path):
    path = written(tmp_path / "a.csv", "y,x,px,py\n1,2,3,4\n5,6,7,8\n")
    assert list(records.read_points(path).x) == [2, 6]
    table = records.read_points(path, "px", "py")
    assert (list(table.x), list(table.y)) == ([3, 7], [4, 8])


def test_numbers_as_they_are_written(tmp_path):
    path = written(tmp_path / "a.csv", 'x,y\n 1.5 ,-2e3\n"3",.5\n+0,1E-2\n')
    table = records.read_points(path)
    assert list(table.x) == [1.5, 3, 0]
    assert list(table.y) == [-2000, 0.5, 0.01]


KEPT = {
    "plain": "x,y\n1,2\n3,4\n",
    "no last newline": "x,y\n1,2\n3,4",
    "crlf": "x,y\r\n1,2\r\n3,4\r\n",
    "cr": "x,y\r1,2\r3,4\r",
    "mark": "\ufeffx,y\n1,2\n3,4\n",
    "quoted": 'x,"na,me",y\n1,"a ""q"", b",2\n3,"c",4\n',
    "newlines": 'x,"na\nme",y\n1,"a\n\n b\r\nc",2\n3,"\n",4\n',
    "names": "x,y,Ünïcode\n1,2,日本\u2028語\x0b\n3,4,😀\n",
    "tabs": "x\ty\n1\t2\n3\t4\n",
    "semicolons": 'x;y;"a,b,c,d"\n1;2;3\n3;4;5\n',
    "spaces": "x,y, z \n1,2,  3 \n3,4,\n",
    "long": "x,y,shape\n1,2," + "7" * 200_000 + "\n3,4,\n",
}


@pytest.mark.parametrize("name", KEPT)
@pytest.mark.parametrize("ids", [None, ["plain", 'a,b;c\t"d"\ne']])
def test_records_are_kept_word_for_word(tmp_path, name, ids):
    text = KEPT[name]
    table = records.read_points(written(tmp_path / "a.csv", text.encode()))
    assert list(table.x) == [1, 3]
    assert list(table.y) == [2, 4]
    out = BytesIO()
    write.to_csv(out, table, Answer(np.array([1, -1], np.int32), ids))
    end, mark = table.rows.line_end, table.rows.delimiter
    added = ["polygon", "1", "-1"]
    if ids is not None:
        added = [f"polygon{mark}polygon_id", f'1{mark}"a,b;c\t""d""\ne"', f"-1{mark}"]
    kept = out.getvalue().decode()
    for each in added:
        at = kept.index(f"{mark}{each}{end}")
        kept = kept[:at] + kept[at + len(f"{mark}{each}") :]
    assert kept == (text if text.endswith(end) else text + end)


def test_blank_lines_are_no_points(tmp_path):
    table = records.read_points(written(tmp_path / "a.csv", "x,y\n1,2\n\n3,4\n\n"))
    assert table.rows.records == ["1,2\n", "3,4\n"]


def test_no_points(tmp_path):
    table = records.read_points(written(tmp_path / "a.csv", "x,y"))
    out = BytesIO()
    write.to_csv(out, table, Answer(np.empty(0, np.int32), None))
    assert out.getvalue() == b"x,y,polygon\n"


BAD_CSV = {
    "empty": ("", "a.csv: the file is empty"),
    "blank": ("\n\n", "a.csv: the file is empty"),
    "binary": (b"x,y\n1,\x00", "a.csv: not a text file (byte 6 is 0)"),
    "latin-1": (b"x,y,n\n1,2,a\n1,2,\xe9\n", "a.csv:3: byte 0xe9 is not UTF-8; save it as UTF-8"),
    "no header": ("1,2\n3,4\n", 'a.csv:1: no column names but "1", "2"; add a header line'),
    "no pair": ("lon,name\n1,2\n", "a.csv:1: no columns look like coordinates; name them with --x"),
    "two pairs": ("x,y,lon,lat\n1,2,3,4\n", "a.csv:1: several pairs of columns look like coord"),
    "twice": ("x,y,X\n1,2,3\n", 'a.csv:1: several columns are named "x"'),
    "taken": ("x,y,polygon\n1,2,3\n", 'a.csv:1: a column is already named "polygon"'),
    "short": ("x,y,z\n1,2,3\n1,2\n", "a.csv:3: 2 fields where the header has 3; complete the row"),
    "long": ("x,y\n1,2\n\n1,2,3\n", "a.csv:4: 3 fields where the header has 2"),
    "empty cell": ("x,lat,y\n1,2,3\n4,5,\n", 'a.csv:3: column "y" is empty; correct or remove'),
    "word": ('x,y\n"1\n",2\n"a\nb",3\n', 'a.csv:4: column "x" is "a\\nb", not a finite number'),
    "nan": ("x,y\n1,2\n1,nan\n", 'a.csv:3: column "y" is "nan", not a finite number'),
    "inf": ("x,y\n-inf,2\n", 'a.csv:2: column "x" is "-inf", not a finite number'),
    "comma": ("x;y\n1,5;2\n", 'a.csv:2: column "x" is "1,5", not a finite number'),
    "underscore": ("x,y\n1,2\n1_0,2\n", 'a.csv:3: column "x" is "1_0", not a finite number'),
    "unclosed": ('x,y\n1,2\n1,"2\n3,4\n', "a.csv:3: malformed CSV: a quoted field is never closed"),
    "half quoted": ('x,y\n1,"2"3\n', "a.csv:2: malformed CSV: ',' expected after '\"'"),
}


@pytest.mark.parametrize("name", BAD_CSV)
def test_csv_refused(tmp_path, monkeypatch, name):
    content, message = BAD_CSV[name]
    monkeypatch.chdir(tmp_path)
    written(Path("a.csv"), content)
    with pytest.raises(io.InputError) as caught:
        records.read_points("a.csv")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_named_columns_must_be_there(tmp_path):
    path = written(tmp_path / "a.csv", "lon,lat\n1,2\n")
    with pytest.raises(io.InputError, match='no column is named "b"; choose another with --y; the'):
        records.read_points(path, "lon", "b")


@pytest.mark.parametrize("read", [records.read_points, geojson.read_polygons])
def test_files_that_cannot_be_read(tmp_path, read):
    with pytest.raises(io.InputError, match=r"missing: cannot be read: no such file"):
        read(str(tmp_path / "missing"))
    with pytest.raises(io.InputError, match="cannot be read: is a directory"):
        read(str(tmp_path))
    with pytest.raises(io.InputError, match="cannot be read: embedded null"):
        read("a\0b")


# --- output


def test_parquet_holds_the_same_words(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    text = 'code,x,"na,me",y\r\n007,1.50,"a\n""b""",2\r\n,3,é,4\r\n'
    table = records.read_points(written(tmp_path / "a.csv", text.encode()))
    out = BytesIO()
    write.to_parquet(out, table, Answer(np.array([1, -1], np.int32), ["p", "q"]))
    read = parquet.read_table(BytesIO(out.getvalue()))
    assert read.to_pydict() == {
        "code": ["007", ""],
        "x": [1.5, 3.0],
        "na,me": ['a\n"b"', "é"],
        "y": [2.0, 4.0],
        "polygon": [1, -1],
        "polygon_id": ["q", None],
    }
    assert [str(kind) for kind in read.schema.types] == [
        "string", "double", "string", "double", "int32", "string",
    ]  # fmt: skip


@pytest.mark.parametrize("count", [0, 1, CHUNK, CHUNK + 1])
def test_parquet_in_chunks(tmp_path, count):
    parquet = pytest.importorskip("pyarrow.parquet")
    text = "x,y\n" + "".join(f"{row},1\n" for row in range(count))
    table = records.read_points(written(tmp_path / "a.csv", text))
    out = BytesIO()
    write.to_parquet(out, table, Answer(np.arange(count, dtype=np.int32), None))
    read = parquet.read_table(BytesIO(out.getvalue()))
    assert read.column_names == ["x", "y", "polygon"]
    assert read["polygon"].to_pylist() == list(range(count))
    assert read["x"].to_pylist() == list(range(count))


def test_a_missing_extra_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(io.InputError, match=r'needs pyarrow: pip install "polyfind\[parquet\]"'):
        io.need("pyarrow", "parquet", "Parquet output")


def test_output_is_replaced_only_when_all_went_well(tmp_path):
    path = tmp_path / "out.csv"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), io.replacing(str(path)) as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    with io.replacing(str(path)) as file:
        file.write(b"new")
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["out.csv"]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real.csv").write_text("old")
    link = tmp_path / "out.csv"
    link.symlink_to("real.csv")
    with io.replacing(str(link)) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert (tmp_path / "real.csv").read_text() == "new"


def test_outputs_that_cannot_be(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (tmp_path, tmp_path / "pipe.csv"):
        with pytest.raises(io.InputError, match="not a regular file"), io.replacing(str(path)):
            pass
    missing = tmp_path / "none" / "out.csv"
    with pytest.raises(io.InputError, match="cannot be written: no"), io.replacing(str(missing)):
        pass
