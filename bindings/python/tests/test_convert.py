"""From Shapely, geopandas, GeoJSON and boxes to tables and back; rows of tables."""

from __future__ import annotations

import io
import json
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import polyfind as pf

shapely = pytest.importorskip("shapely")

SQUARE = shapely.box(0, 0, 4, 4)
RING = shapely.Polygon(SQUARE.exterior, [shapely.box(1, 1, 2, 2).exterior])
TWO = shapely.MultiPolygon([RING, shapely.box(10, 10, 11, 12)])


def is_same(table: pf.Polygons, other: pf.Polygons) -> bool:
    return bool(shapely.equals_exact(table.to_shapely(), other.to_shapely()).all())


@pytest.mark.parametrize("rows", [[SQUARE], [SQUARE, RING], [TWO], [RING, TWO, SQUARE]])
def test_shapely_there_and_back(rows):
    table = pf.Polygons.from_shapely(rows)
    assert len(table) == len(rows)
    np.testing.assert_array_equal(pf.area(table), shapely.area(rows))
    back = table.to_shapely()
    assert shapely.equals(back, rows).all()
    # Where one has many parts, all come back as MultiPolygon.
    assert {one.geom_type for one in back} == {"MultiPolygon" if TWO in rows else "Polygon"}


def test_what_is_missing_or_empty_is_an_empty_row():
    empties = [None, shapely.Polygon(), shapely.from_wkt("GEOMETRYCOLLECTION EMPTY"), TWO]
    table = pf.Polygons.from_shapely(empties)
    np.testing.assert_array_equal(pf.area(table), [0, 0, 0, TWO.area])
    assert shapely.is_empty(table.to_shapely()).tolist() == [True, True, True, False]
    assert len(pf.Polygons.from_shapely([])) == 0 == len(pf.Polygons.from_shapely([]).to_shapely())
    np.testing.assert_array_equal(pf.area(pf.Polygons.from_shapely([None])), [0])


def test_one_geometry_and_z():
    solid = shapely.force_3d(SQUARE, 7)
    np.testing.assert_array_equal(pf.area(pf.Polygons.from_shapely(solid)), [16])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([SQUARE, shapely.Point(1, 2)], r"geometries\[1\] is a Point: only Polygon and MultiPoly"),
        ([SQUARE, SQUARE, "POLYGON EMPTY"], r"geometries\[2\] is str, not a geometry of Shapely"),
        ([shapely.GeometryCollection([SQUARE])], r"geometries\[0\] is a GeometryCollection"),
    ],
)
def test_what_is_no_polygon_is_named(rows, message):
    with pytest.raises(TypeError, match=message):
        pf.Polygons.from_shapely(rows)
    with pytest.raises(ValueError, match=r"geometries must have one dimension, not shape \(1, 2\)"):
        pf.Polygons.from_shapely(np.array([[SQUARE, RING]]))


def test_degenerate_rings_to_shapely():
    x, y = [0, 1, 1, 5, 6, 7, 8], [0, 0, 1, 5, 6, 7, 8]
    table = pf.Polygons(
        np.float32(x), np.float32(y), [0, 3, 3, 4, 6, 7], [0, 2, 3, 3, 4, 5], [0, 1, 3, 3, 5]
    )
    back = table.to_shapely()
    wkt = [
        "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))",
        "MULTIPOLYGON (((5 5, 5 5, 5 5, 5 5)))",
        "MULTIPOLYGON EMPTY",
        "MULTIPOLYGON (((6 6, 7 7, 6 6, 6 6)), ((8 8, 8 8, 8 8, 8 8)))",
    ]
    assert shapely.equals_exact(back, shapely.from_wkt(wkt)).all()


def test_geopandas():
    geopandas = pytest.importorskip("geopandas", reason="geopandas is not installed")
    frame = geopandas.GeoDataFrame({"name": ["a", "b"]}, geometry=[SQUARE, TWO], index=[7, 3])
    for given_frame in (frame, frame.geometry, frame.geometry.array):
        table = pf.Polygons.from_geopandas(given_frame)
        np.testing.assert_array_equal(pf.area(table), [16, TWO.area])
    points = geopandas.GeoSeries.from_xy([3, 10.5, 9], [3, 11, 9])
    index = pf.PolygonIndex(table)
    assert index.locate(xy=points).tolist() == [0, 1, -1]
    assert index.locate(points.x, points.y).tolist() == [0, 1, -1]


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_columns_of_other_libraries(library):
    columns = pytest.importorskip(library, reason=f"{library} is not installed")
    make = columns.array if library == "pyarrow" else columns.Series
    index = pf.PolygonIndex(pf.Polygons.from_shapely([SQUARE]))
    for values in ([1.0, 9.0, 4.0], [1, 9, 4]):
        column = make(values)
        assert index.locate(column, column).tolist() == [0, -1, 0]
    if library == "pyarrow":
        chunks = columns.chunked_array([[1.0], [9.0, 4.0]])
        assert index.locate(chunks, chunks).tolist() == [0, -1, 0]


def test_points_of_shapely():
    index = pf.PolygonIndex(pf.Polygons.from_shapely([SQUARE, RING]))
    points = shapely.points([[1.5, 1.5], [3, 3], [9, 9]])
    assert index.locate(xy=points, rule="smallest").tolist() == [0, 1, -1]
    for wrong, message in (
        (None, "missing"),
        (shapely.Point(), "POINT EMPTY"),
        (SQUARE, "POLYGON"),
    ):
        given_points = points.copy()
        given_points[1] = wrong
        with pytest.raises(TypeError, match=rf"xy\[1\] is {message}.*: all must be points"):
            index.locate(xy=given_points)


def test_geojson_of_every_kind(tmp_path):
    document = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(TWO)},
            {"type": "Feature", "properties": {}, "geometry": None},
        ],
    }
    text = json.dumps(document)
    path = tmp_path / "two.json"
    path.write_text(text)
    wanted = pf.Polygons.from_shapely([TWO, None])
    sources = [
        document,
        text,
        " \n" + text,
        text.encode(),
        memoryview(text.encode()),
        path,
        str(path),
    ]
    sources += [io.StringIO(text), io.BytesIO(b"\xef\xbb\xbf" + text.encode())]
    for source in sources:
        assert is_same(pf.Polygons.from_geojson(source), wanted), type(source)
    np.testing.assert_array_equal(
        pf.area(pf.Polygons.from_geojson(RING)), [15]
    )  # __geo_interface__


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        ("{", pf.FormatError, r"rows\[0\], byte 1: it ends too early"),
        (b"\xff{}", pf.FormatError, r"rows\[0\], byte 0: neither a Polygon"),
        ("no such file.json", ValueError, r"no such file.json: cannot be read"),
        ({"type": "Point"}, pf.FormatError, r"rows\[0\], byte 9: neither a Polygon"),
        (
            {"type": "Polygon", "coordinates": [[[0, 0], [1, None]]]},
            pf.FormatError,
            r"rows\[0\], byte 49: a number is expected",
        ),
        (3, TypeError, r"GeoJSON must be a path, text, a file or a dict, not int"),
    ],
)
def test_bad_geojson(source, error, message):
    with pytest.raises(error, match=message):
        pf.Polygons.from_geojson(source)


def test_boxes():
    table = pf.Polygons.from_boxes([[0, 0, 2, 1], [np.nan] * 4, [5, 9, 6, 5]])
    np.testing.assert_array_equal(pf.area(table), [2, 0, 4])
    np.testing.assert_array_equal(pf.bounds(table)[[0, 2]], [[0, 0, 2, 1], [5, 5, 6, 9]])
    assert pf.Polygons.from_boxes(np.ones((2, 4), np.float32)).x.dtype == np.float32
    assert len(pf.Polygons.from_boxes(np.empty((0, 4)))) == 0
    with pytest.raises(ValueError, match=r"boxes must have shape \(n, 4\), not \(4,\)"):
        pf.Polygons.from_boxes([0, 0, 1, 1])
    with pytest.raises(pf.CoordinateError):
        pf.area(pf.Polygons.from_boxes([[0, 0, np.nan, 1]]))


TABLES = [
    pf.Polygons.from_rings([[(i, 0), (i + 1, 0), (i, i + 1)] for i in range(6)]),
    pf.Polygons.from_shapely([SQUARE, RING, None, SQUARE, RING, shapely.box(3, 1, 5, 2)]),
    pf.Polygons.from_shapely([TWO, None, SQUARE, RING, TWO, SQUARE]),
]


@given(table=st.sampled_from(TABLES), rows=st.slices(6))
def test_slices_are_those_rows(table, rows):
    assert is_same(table[rows], pf.Polygons.from_shapely(table.to_shapely()[rows]))
    assert is_same(pickle.loads(pickle.dumps(table[rows])), table[rows])


@given(table=st.sampled_from(TABLES), rows=st.lists(st.integers(-6, 5), max_size=9))
def test_rows_are_those_rows(table, rows):
    wanted = pf.Polygons.from_shapely(table.to_shapely()[np.array(rows, int)])
    assert is_same(table[rows], wanted)
    assert is_same(table[np.array(rows, np.int8)], wanted)


@pytest.mark.parametrize("table", TABLES)
def test_masks_numbers_and_iteration(table):
    areas = pf.area(table)
    mask = areas > 1
    np.testing.assert_array_equal(pf.area(table[mask]), areas[mask])
    assert [pf.area(one)[0] for one in table] == areas.tolist()
    np.testing.assert_array_equal(pf.area(table[-1]), areas[-1:])
    assert np.shares_memory(table[2:5].x, table.x)
    for wrong in (6, -7, [0, 6], [True] * 5):
        with pytest.raises(IndexError):
            table[wrong]
    for wrong in (1.0, "a", None, [[0]]):
        with pytest.raises(TypeError, match="rows must be a number, a slice, a mask or an array"):
            table[wrong]


def test_circles():
    table = pf.Polygons.from_circles([0, 10], [5], 2.0, vertices=4)
    assert table.ring_offsets.tolist() == [0, 4, 8]
    np.testing.assert_allclose(table.x[:4], [2, 0, -2, 0], atol=1e-15)
    np.testing.assert_allclose(table.y[4:], [5, 7, 5, 3], atol=1e-15)
    fine = pf.Polygons.from_circles(np.zeros(3), 0, [1, 2, 3], vertices=1000)
    np.testing.assert_allclose(pf.area(fine), np.pi * np.array([1, 4, 9]), rtol=1e-5)
    assert (pf.signed_area(fine) > 0).all()
    np.testing.assert_allclose(
        1 - pf.area(pf.Polygons.from_circles(0, 0, 1)) / np.pi, 6.6 / 64**2, rtol=0.01
    )
    for vertices, error in ((2, ValueError), (0, ValueError)):
        with pytest.raises(error, match="vertices must be 3 or more"):
            pf.Polygons.from_circles(0, 0, 1, vertices=vertices)
    with pytest.raises(TypeError, match="radius must hold real numbers"):
        pf.Polygons.from_circles(0, 0, ["a"])


@pytest.mark.parametrize("table", TABLES)
def test_geojson_there_and_back(table):
    wanted = table.to_shapely()
    assert is_same(pf.Polygons.from_geojson(table.to_geojson()), table)
    assert is_same(pf.Polygons.from_geojson(table), table)  # __geo_interface__
    features = json.loads(table.to_geojson())["features"]
    assert [feature["id"] for feature in features] == list(range(len(table)))
    for feature, geometry in zip(features, wanted):
        given = feature["geometry"]
        assert (given is None) == geometry.is_empty
        assert given is None or shapely.geometry.shape(given).equals(geometry)
    assert len(json.loads(table[:0].to_geojson())["features"]) == 0


def test_iteration_and_repr():
    table = TABLES[2]
    rows = list(table)
    assert [len(row) for row in rows] == [1] * len(table) and all(map(is_same, rows, table))
    assert repr(table[0]) == "<polyfind.Polygons: 1 polygons, 15 vertices, float64>"
