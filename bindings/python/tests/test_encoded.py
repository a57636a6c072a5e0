"""Well-known binary and text beside Shapely: what is read, what is refused, what is skipped."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import polyfind as pf

shapely = pytest.importorskip("shapely")

SQUARE = shapely.box(0, 0, 4, 4)
RING = shapely.Polygon(SQUARE.exterior, [shapely.box(1, 1, 2, 2).exterior])
TWO = shapely.MultiPolygon([RING, shapely.box(10, 10, 11, 12)])
EMPTIES = [
    shapely.Polygon(),
    shapely.MultiPolygon(),
    shapely.GeometryCollection(),
    shapely.GeometryCollection([shapely.Polygon(), shapely.MultiPolygon()]),
]

numbers = st.floats(allow_nan=False, allow_infinity=False)
rings = st.lists(st.tuples(numbers, numbers), min_size=3, max_size=6)
parts = st.builds(shapely.Polygon, rings, st.lists(rings, max_size=2))
geometries = st.one_of(
    parts,
    st.lists(parts, max_size=3).map(shapely.MultiPolygon),
    st.sampled_from(EMPTIES),
)
flavors = st.fixed_dictionaries(
    {
        "byte_order": st.integers(0, 1),
        "flavor": st.sampled_from(["extended", "iso"]),
    }
)


def same(table, wanted):
    """The same rows to the last bit, whatever kinds of geometry they are."""
    rows = table.to_shapely()
    alike = map(shapely.equals_exact, map(parts_of, rows), map(parts_of, wanted))
    return len(rows) == len(wanted) and all(alike)


def parts_of(geometry):
    """All polygons in it, however deep."""
    if geometry.geom_type == "Polygon":
        return shapely.MultiPolygon([] if geometry.is_empty else [geometry])
    inner = [part for one in geometry.geoms for part in parts_of(one).geoms]
    return shapely.MultiPolygon(inner)


def text(geometry):
    return shapely.to_wkt(geometry, rounding_precision=-1)


@given(rows=st.lists(geometries, max_size=5), flavor=flavors, z=st.booleans())
def test_bytes_are_read_as_shapely_reads_them(rows, flavor, z):
    given_rows = [shapely.force_3d(row, 7.5) for row in rows] if z else rows
    if flavor["flavor"] == "extended":
        given_rows = [shapely.set_srid(row, 4326) for row in given_rows]
    wkb = [shapely.to_wkb(row, output_dimension=3, include_srid=True, **flavor)
           if flavor["flavor"] == "extended" else shapely.to_wkb(row, output_dimension=3, **flavor)
           for row in given_rows]  # fmt: skip
    assert same(pf.Polygons.from_wkb(wkb), rows)


@given(rows=st.lists(geometries, max_size=5))
def test_text_is_read_as_shapely_reads_it(rows):
    table = pf.Polygons.from_wkt([text(row) for row in rows])
    assert same(table, shapely.from_wkt([text(row) for row in rows]))


@given(number=numbers)
def test_numbers_of_text_are_the_nearest_doubles(number):
    shortest = pf.Polygons.from_wkt([f"POLYGON (({number!r} 0, 1 {number:.40e}, 1 1))"])
    assert shortest.x[0] == number and shortest.y[1] == number


def test_collections():
    inner = shapely.GeometryCollection([SQUARE, shapely.GeometryCollection([TWO])])
    for table in (pf.Polygons.from_wkb([inner.wkb]), pf.Polygons.from_wkt([inner.wkt])):
        assert pf.area(table).tolist() == [SQUARE.area + TWO.area]
        assert table.part_offsets is not None and len(table.part_offsets) == 4


@pytest.mark.parametrize(
    ("rows", "parts", "polygons"),
    [
        ([SQUARE, EMPTIES[0]], False, False),
        ([SQUARE, RING], True, False),
        ([RING, TWO], True, True),
    ],
)
def test_only_the_levels_that_are_needed(rows, parts, polygons):
    table = pf.Polygons.from_wkb(shapely.to_wkb(rows))
    assert (table.part_offsets is not None, table.polygon_offsets is not None) == (parts, polygons)
    assert table.ring_offsets.dtype == np.int32 and len(table) == len(rows)
    np.testing.assert_array_equal(pf.area(table), shapely.area(rows))


def test_whatever_holds_rows():
    wkb, wkt = SQUARE.wkb, SQUARE.wkt
    for rows in ([wkb, None], (wkb, None), np.array([wkb, None], object), iter([wkb, None])):
        assert pf.area(pf.Polygons.from_wkb(rows)).tolist() == [16, 0]
    for row in (wkb, bytearray(wkb), memoryview(wkb)):
        assert pf.area(pf.Polygons.from_wkb(row)).tolist() == [16]
        assert pf.area(pf.Polygons.from_wkb([row, float("nan"), row])).tolist() == [16, 0, 16]
    words = memoryview(shapely.to_wkb(SQUARE) + b"\0" * 3).cast("i")
    with pytest.raises(pf.FormatError, match=r"rows\[1\], byte 93: something follows its end"):
        pf.Polygons.from_wkb([wkb, words])
    assert pf.area(pf.Polygons.from_wkt(wkt)).tolist() == [16]
    assert pf.area(pf.Polygons.from_wkt(np.array([wkt, wkt]))).tolist() == [16, 16]
    assert pf.area(pf.Polygons.from_wkt([None, wkt, np.nan])).tolist() == [0, 16, 0]
    for rows in ([], np.array([], object)):
        assert len(pf.Polygons.from_wkb(rows)) == len(pf.Polygons.from_wkt(rows)) == 0


def test_columns_of_pandas():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame({"wkb": [SQUARE.wkb, None], "wkt": [SQUARE.wkt, None]})
    assert pf.area(pf.Polygons.from_wkb(frame.wkb)).tolist() == [16, 0]
    assert pf.area(pf.Polygons.from_wkt(frame.wkt)).tolist() == [16, 0]
    missing = pandas.Series([SQUARE.wkb, pandas.NA], dtype=object)
    assert pf.area(pf.Polygons.from_wkb(missing)).tolist() == [16, 0]


@pytest.mark.parametrize(
    ("read", "rows", "message"),
    [
        ("from_wkb", [SQUARE.wkb, "0103"], r"rows\[1\] is str, not bytes"),
        ("from_wkb", [SQUARE.wkb, 7], r"rows\[1\] is int, not bytes"),
        ("from_wkb", np.array([SQUARE.wkb]), "use dtype=object"),
        ("from_wkt", [SQUARE.wkt, SQUARE.wkb], r"rows\[1\] is bytes, not str"),
        ("from_wkt", 3, "not iterable"),
    ],
)
def test_what_is_no_row_is_a_type_error(read, rows, message):
    with pytest.raises(TypeError, match=message):
        getattr(pf.Polygons, read)(rows)
    with pytest.raises(ValueError, match=r"on_error='ignore' does not exist.*'raise', 'skip'"):
        getattr(pf.Polygons, read)([], on_error="ignore")


@pytest.mark.parametrize(
    ("row", "byte", "reason"),
    [
        (b"", 0, "it ends too early"),
        (shapely.Point(1, 2).wkb, 1, "neither a Polygon, nor"),
        (shapely.LineString([(0, 0), (1, 1)]).wkb, 1, "neither a Polygon, nor"),
        (SQUARE.wkb[:-1], 9, "a count of more than"),
        (SQUARE.wkb + b"\0", 93, "something follows its end"),
        (b"\2" + SQUARE.wkb[1:], 0, "a byte order"),
        (shapely.Polygon([(0, 0), (1, np.inf), (0, 1)]).wkb, 37, "a coordinate is NaN or infinite"),
    ],
)
def test_malformed_rows_raise_or_are_skipped(row, byte, reason):
    rows = [SQUARE.wkb] * 500 + [row] + [TWO.wkb] * 500 + [row]
    with pytest.raises(pf.FormatError, match=rf"rows\[500\], byte {byte}: {reason}") as caught:
        pf.Polygons.from_wkb(rows)
    assert caught.value.item == 500 and isinstance(caught.value, ValueError)
    table = pf.Polygons.from_wkb(rows, on_error="skip")
    assert [(fault.row, fault.byte) for fault in table.faults] == [(500, byte), (1001, byte)]
    assert all(fault.reason.startswith(reason) for fault in table.faults)
    assert pf.area(table).tolist() == [16] * 500 + [0] + [TWO.area] * 500 + [0]
    assert table[:500].faults == [] == pf.Polygons.from_wkb([SQUARE.wkb], on_error="skip").faults


@pytest.mark.parametrize("byte_order", [0, 1])
@pytest.mark.parametrize("geometry", [RING, TWO, shapely.GeometryCollection([TWO, SQUARE])])
def test_every_truncation_is_refused(geometry, byte_order):
    row = shapely.to_wkb(geometry, byte_order=byte_order)
    table = pf.Polygons.from_wkb([row[:end] for end in range(len(row))], on_error="skip")
    assert [fault.row for fault in table.faults] == list(range(len(row)))
    row = text(geometry)
    table = pf.Polygons.from_wkt([row[:end] for end in range(len(row))], on_error="skip")
    assert [fault.row for fault in table.faults] == list(range(len(row)))


@pytest.mark.parametrize("geometry", [RING, TWO, shapely.GeometryCollection([TWO, SQUARE])])
def test_every_changed_byte_beside_shapely(geometry):
    good = shapely.to_wkb(geometry)
    rows = [
        good[:at] + bytes([byte]) + good[at + 1 :]
        for at in range(len(good))
        for byte in {0, 1, 2, 3, 7, 127, 128, 255, good[at] ^ 1, good[at] ^ 64}
    ]
    theirs = shapely.from_wkb(rows, on_invalid="ignore")
    table = pf.Polygons.from_wkb(rows, on_error="skip")
    faults = {fault.row: fault for fault in table.faults}
    ours = table.to_shapely()
    both = refused = 0
    for row, (mine, other) in enumerate(zip(ours, theirs)):
        if other is None:
            continue  # rings that Shapely wants otherwise, or malformed rows
        if row not in faults:
            both += 1
            assert same(pf.Polygons.from_shapely([mine]), [other])
            continue
        refused += 1
        reason = faults[row].reason
        if reason.startswith("a coordinate"):
            assert not np.isfinite(shapely.get_coordinates(other)).all()
        elif reason.startswith("neither"):
            assert faults[row].byte >= 1  # points and lines, or more thousands than there are
        elif reason.startswith("a byte order"):
            assert rows[row][faults[row].byte] > 1  # any will do
        else:
            assert reason.startswith("something follows")
            assert len(shapely.to_wkb(other)) < len(rows[row])
    assert both > len(rows) // 2 and refused


def test_real_sets(data, real_polygons):
    for name in ("us_counties", "ne_50m_countries", "cambridge_parcels"):
        wanted = real_polygons(name)
        geometries = wanted.to_shapely()
        for table in (
            pf.Polygons.from_wkb(shapely.to_wkb(geometries)),
            pf.Polygons.from_wkt(shapely.to_wkt(geometries, rounding_precision=-1)),
            pf.Polygons.from_geojson(wanted.to_geojson()),
            pf.Polygons.from_arrow(wanted.to_arrow()),
        ):
            assert shapely.equals_exact(table.to_shapely(), geometries).all()


def test_arrays_keep_the_table():
    x = pf.Polygons.from_wkb([SQUARE.wkb] * 1000).x
    junk = [np.ones(5000) for _ in range(100)]
    assert x.tolist() == [4.0, 4.0, 0.0, 0.0, 4.0] * 1000 and len(junk) == 100
    assert not x.flags.writeable


def collection(rows):
    """A document of features."""
    features = [
        {
            "type": "Feature",
            "properties": {"a": [i, None]},
            "geometry": shapely.geometry.mapping(row),
        }
        for i, row in enumerate(rows)
    ]
    return {"type": "FeatureCollection", "features": features}


@given(rows=st.lists(geometries, max_size=5), indent=st.sampled_from([None, 1]))
def test_geojson_is_read_as_it_was_written(rows, indent):
    document = collection(rows)
    lines = "\n".join(json.dumps(feature) for feature in document["features"])
    assert same(pf.Polygons.from_geojson(document), rows)
    assert same(pf.Polygons.from_geojson(json.dumps(document, indent=indent)), rows)
    if rows:
        assert same(pf.Polygons.from_geojson(lines), rows)
        shapes = "\r\n".join(json.dumps(shapely.geometry.mapping(row)) for row in rows)
        assert same(pf.Polygons.from_geojson(shapes), rows)


@given(number=numbers)
def test_numbers_of_geojson_are_the_nearest_doubles(number):
    text = f'{{"type":"Polygon","coordinates":[[[{number!r},0],[1,{number:.40e}],[1,1]]]}}'
    table = pf.Polygons.from_geojson(text)
    assert table.x[0] == number and table.y[1] == number


def test_faults_of_geojson(tmp_path):
    document = collection([SQUARE, shapely.Point(1, 2), TWO])
    text = json.dumps(document)
    at = text.index('"Point"')
    path = tmp_path / "zones.geojson"
    path.write_text(text)
    for source, name in ((path, f"{path}: "), (text, "")):
        message = f"^{re.escape(name)}rows\\[1\\], byte {at}: neither a Polygon"
        with pytest.raises(pf.FormatError, match=message) as caught:
            pf.Polygons.from_geojson(source)
        assert caught.value.item == 1
        table = pf.Polygons.from_geojson(source, on_error="skip")
        assert pf.area(table).tolist() == [16, 0, TWO.area]
        assert [fault[:2] for fault in table.faults] == [(1, at)]
    with pytest.raises(ValueError, match="on_error="):
        pf.Polygons.from_geojson(text, on_error="ignore")


def test_what_is_no_json_is_a_fault():
    """Beside Python's own reader: what it refuses is a fault, and what it takes is not bad JSON."""
    document = collection([SQUARE, TWO])
    document["features"][0]["properties"] = {"b": 'x\u00e9"\\', "c": [True, {}, -1.5e-3, []]}
    text = json.dumps(document)
    random = np.random.default_rng(5)
    refused = taken = 0
    for _ in range(3000):
        at = int(random.integers(len(text)))
        other = text[:at] + chr(random.integers(32, 127)) + text[at + 1 :]
        try:
            json.loads(other, parse_constant=int)  # which fails for NaN
            is_json = True
        except ValueError:
            is_json = False
        faults = pf.Polygons.from_geojson(other.encode(), on_error="skip").faults
        if is_json:
            taken += 1
            assert not any("JSON" in reason or "ends" in reason for *_, reason in faults), other
        else:
            refused += 1
            assert faults, other
    assert refused > 500 and taken > 500
