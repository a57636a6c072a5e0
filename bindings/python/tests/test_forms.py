"""Files of every form that the command reads and writes: the same answers from all of them."""

from __future__ import annotations

import csv
import json
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from commands import run

import polyfind as pf
from polyfind import io
from polyfind.files import read

pyarrow = pytest.importorskip("pyarrow")
geopandas = pytest.importorskip("geopandas")
parquet = pytest.importorskip("pyarrow.parquet")
feather = pytest.importorskip("pyarrow.feather")

EXPECTED = [1, 0, 2, -1, 1]
NAMES = ["small", "big", 'far, "east"', None, "small"]


def of_zones():
    return geopandas.read_file("zones.geojson")


def of_points():
    rows = list(csv.DictReader(Path("points.csv").read_text().splitlines()))
    x, y = (np.array([float(row[name]) for row in rows]) for name in ("lon", "lat"))
    data = {"who": [row["who"] for row in rows], "number": range(len(rows))}
    return geopandas.GeoDataFrame(data, geometry=geopandas.points_from_xy(x, y), crs="EPSG:4326")


def as_csv(frame, path, encode):
    table = frame.drop(columns="geometry").assign(geometry=[encode(g) for g in frame.geometry])
    table.to_csv(path, index=False)


def as_arrow(frame, path, encoding):
    feather.write_feather(pyarrow.table(frame.to_arrow(geometry_encoding=encoding)), path)


POLYGONS = {
    "zones.json": lambda path: of_zones().to_file(path, driver="GeoJSON"),
    "wkt.csv": lambda path: as_csv(of_zones(), path, lambda g: g.wkt),
    "wkb.csv": lambda path: as_csv(of_zones(), path, lambda g: g.wkb_hex),
    "zones.parquet": lambda path: of_zones().to_parquet(path),
    "native.parquet": lambda path: of_zones().to_parquet(path, geometry_encoding="geoarrow"),
    "wkb.arrow": lambda path: as_arrow(of_zones(), path, "WKB"),
    "native.feather": lambda path: as_arrow(of_zones(), path, "geoarrow"),
    "zones.gpkg": lambda path: of_zones().to_file(path),
    "zones.shp": lambda path: of_zones().to_file(path),
    "zones.fgb": lambda path: of_zones().to_file(path, driver="FlatGeobuf", SPATIAL_INDEX="NO"),
}


@pytest.mark.parametrize("name", POLYGONS)
def test_polygons_of_every_form(files, capfdbinary, name):
    POLYGONS[name](name)
    code, out, err = run(capfdbinary, "match", name, "points.csv", "--inside")
    assert (code, err[0].split()) == (0, ["polygons", "3", name])
    rows = list(csv.DictReader(out.splitlines()))
    assert [int(row["polygon"]) for row in rows] == EXPECTED
    assert [row["polygon_id"] or None for row in rows] == NAMES
    polygons, ids = read.read_polygons(name, "rank")
    assert np.array_equal(pf.area(polygons), [16, 4, 4])
    assert ids == ["0", "10", "20"]


POINTS = {
    "points.json": lambda path: of_points().to_file(path, driver="GeoJSON"),
    "wkt.csv": lambda path: as_csv(of_points(), path, lambda g: g.wkt),
    "wkb.txt": lambda path: as_csv(of_points(), path, lambda g: g.wkb_hex),
    "points.parquet": lambda path: of_points().to_parquet(path),
    "native.parquet": lambda path: of_points().to_parquet(path, geometry_encoding="geoarrow"),
    "columns.parquet": lambda path: of_points().get_coordinates().to_parquet(path),
    "wkb.arrow": lambda path: as_arrow(of_points(), path, "WKB"),
    "native.arrow": lambda path: as_arrow(of_points(), path, "geoarrow"),
    "points.gpkg": lambda path: of_points().to_file(path),
}


@pytest.mark.parametrize("form", ["", "out.csv", "out.parquet", "out.arrow", "out.geojson"])
@pytest.mark.parametrize("name", POINTS)
def test_points_of_every_form_into_every_form(files, capfdbinary, name, form):
    POINTS[name](name)
    output = ["-o", form] if form else []
    code, out, err = run(capfdbinary, "match", "zones.geojson", name, "--inside", *output)
    assert (code, err[1].split()[:3]) == (0, ["points", "5", name])
    if form in ("out.parquet", "out.arrow"):
        table = (parquet if form == "out.parquet" else feather).read_table(form)
        assert table.schema.field("polygon").type == pyarrow.int32()
        rows = table.to_pylist()
    elif form == "out.geojson":
        frame = geopandas.read_file(form)
        assert frame.geometry.to_wkt().tolist() == of_points().geometry.to_wkt().tolist()
        rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    else:
        rows = list(csv.DictReader((out or Path(form).read_text()).splitlines()))
    assert [int(row["polygon"]) for row in rows] == EXPECTED
    assert [row["polygon_id"] or None for row in rows] == NAMES
    if name != "columns.parquet":
        assert [row["who"] for row in rows] == list("abcde")


def test_geoparquet_stays_geoparquet(files, capfdbinary):
    of_points().to_parquet("points.parquet")
    arguments = ["zones.geojson", "points.parquet", "--inside", "-o", "out.parquet"]
    assert run(capfdbinary, "match", *arguments, "-q") == (0, "", [])
    frame = geopandas.read_parquet("out.parquet")
    assert frame.crs == "EPSG:4326"
    assert frame["polygon"].tolist() == EXPECTED


def test_features_stay_what_they_are(files, capfdbinary):
    features = [
        {
            "type": "Feature",
            "id": "p7",
            "bbox": [0, 0, 0, 0],
            "properties": {"tags": ["a", {"b": None}]},
            "geometry": {"type": "Point", "coordinates": [0, 0, 12]},
        },
        {
            "type": "Feature",
            "properties": None,
            "geometry": {"type": "Point", "coordinates": [5, 5]},
        },
    ]
    document = {"type": "FeatureCollection", "features": features}
    Path("points.geojson").write_text(json.dumps(document))
    arguments = ["zones.geojson", "points.geojson", "--inside", "-q"]
    assert run(capfdbinary, "match", *arguments, "-o", "out.geojson") == (0, "", [])
    written = json.loads(Path("out.geojson").read_text())["features"]
    features[0]["properties"] |= {"polygon": 1, "polygon_id": "small"}
    features[1]["properties"] = {"polygon": -1, "polygon_id": None}
    assert written == features
    assert run(capfdbinary, "match", *arguments, "-o", "out.parquet") == (0, "", [])
    table = parquet.read_table("out.parquet").to_pydict()
    assert table["x"] == [0, 5]
    assert table["tags"] == [["a", {"b": None}], None] or json.loads(table["tags"][0])[0] == "a"


def test_no_rows_in_every_form(files, capfdbinary):
    Path("none.csv").write_text("who,x,y\n")
    for form in ("out.parquet", "out.arrow", "out.geojson"):
        arguments = ["zones.geojson", "none.csv", "--inside", "-q", "-o", form]
        assert run(capfdbinary, "match", *arguments) == (0, "", [])
    assert parquet.read_table("out.parquet").num_rows == 0
    assert feather.read_table("out.arrow").column_names[-2:] == ["polygon", "polygon_id"]
    assert json.loads(Path("out.geojson").read_text())["features"] == []


WRONG = {
    "a row of WKT": ("name,wkt\na,POLYGON EMPTY\nb,POLYGON ((0 0\n", "z.csv:3: "),
    "a point": ("wkt\nPOINT (1 2)\n", "z.csv:2: "),
    "a row of WKB": ("wkb\n0103\n", "z.csv:2: "),
    "no hexadecimal": ("wkb\n0106000000\nxyz\n", "z.csv:2: "),
    "no column": ("a,b\n1,2\n", "z.csv:1: no column looks like WKT or WKB; name it with --geo"),
}


@pytest.mark.parametrize("name", WRONG)
def test_polygons_refused(files, name):
    content, message = WRONG[name]
    Path("z.csv").write_text(content)
    with pytest.raises(io.InputError) as caught:
        read.read_polygons("z.csv")
    assert message in str(caught.value)


def test_names_of_columns(files):
    Path("z.csv").write_text('zip,area,geometry\n7,"POLYGON ((0 0, 2 0, 2 2))",-\n')
    polygons, ids = read.read_polygons("z.csv", "zip", "area")
    assert (pf.area(polygons)[0], ids) == (2, ["7"])
    with pytest.raises(io.InputError, match='no column is named "a"; choose another wit'):
        read.read_polygons("z.csv", geometry="a")
    with pytest.raises(io.InputError, match="choose another with --id; there are: "):
        read.read_polygons("z.csv", "a", "area")


FAULTY = {
    "line.csv": ("who,wkt\na,POINT (1 2)\nb,LINESTRING EMPTY\n", "line.csv:3: expected a poin"),
    "empty.csv": ("wkt,n\nPOINT (1 2),1\n,2\n", 'empty.csv:3: expected a point, found ""'),
    "broken.csv": ("wkt\nPOINT (1\n", 'broken.csv:2: expected a point, found "POINT (1"'),
    "line.json": (
        '{"type": "Feature", "geometry": {"type": "LineString"}, "properties": {}}',
        'line.json: feature: expected a Point, found "LineString"; remove the feature',
    ),
    "text.json": ('{"type": "Point", "coordinates": ["1", 2]}', "a position needs x and y, found"),
    "short.json": ('{"type": "Point", "coordinates": [1]}', "a position needs x and y, found [1]"),
    "nan.json": ('{"type": "Point", "coordinates": [NaN, 1]}', "feature: expected finite numbers"),
    "list.json": ("[1]", "expected a GeoJSON FeatureCollection, Feature, Point, found [1]"),
    "junk.parquet": ("junk", "junk.parquet: cannot be read as Parquet: "),
    "junk.arrow": ("junk", "junk.arrow: cannot be read as Arrow: "),
    "junk.gpkg": ("junk", "junk.gpkg: cannot be read as data: "),
    "taken.json": (
        '{"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]},'
        ' "properties": {"polygon": 1}}',
        'taken.json: a column is already named "polygon", which the output adds; rename it',
    ),
}


@pytest.mark.parametrize("name", FAULTY)
def test_points_refused(files, name):
    content, message = FAULTY[name]
    Path(name).write_text(content)
    with pytest.raises(io.InputError) as caught:
        read.read_points(name, None, None, None, ("polygon", "polygon_id"))
    assert message in str(caught.value)


def test_columns_of_tables_refused(files):
    table = pyarrow.table({"x": ["a"], "y": [1.0], "lon": [None], "lat": [2]})
    parquet.write_table(table, "p.parquet")
    added = ("polygon",)
    with pytest.raises(io.InputError, match='column "x" holds string, not numbers'):
        read.read_points("p.parquet", "x", "y", None, added)
    with pytest.raises(io.InputError, match='row 0: column "lon" is not a finite number; correct'):
        read.read_points("p.parquet", "lon", "lat", None, added)
    with pytest.raises(io.InputError, match="several pairs of columns look like coordinates"):
        read.read_points("p.parquet", None, None, None, added)
    with pytest.raises(io.InputError, match="no column is known to hold geometries, nor named as"):
        read.read_polygons("p.parquet")
    with pytest.raises(io.InputError, match=r"gone.parquet: cannot be read: no such file"):
        read.read_polygons("gone.parquet")
    wkb = pyarrow.table({"geometry": [b"", b"1"]})
    parquet.write_table(wkb, "z.parquet")
    with pytest.raises(io.InputError, match=r"z.parquet: row 0: .*; correct the row"):
        read.read_polygons("z.parquet")


def test_kinds_are_told_by_their_first_bytes(files):
    pf.PolygonIndex(pf.Polygons.from_geojson(Path("zones.geojson"))).save("zones.bin")
    out = BytesIO()
    parquet.write_table(pyarrow.table({"x": [0.0], "y": [0.0]}), out)
    Path("points.bin").write_bytes(out.getvalue())
    assert read.kind_of("zones.bin", "") == "index"
    assert list(read.read_points("points.bin", None, None, None, ()).x) == [0]
    with pytest.raises(io.InputError, match="an index of polygons; name a file of points"):
        read.read_points("zones.bin", None, None, None, ())
    with pytest.raises(io.InputError, match="an index, which keeps no table; name the file it"):
        read.read_polygons("zones.bin")
