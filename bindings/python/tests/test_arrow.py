"""Columns of Arrow in and out, by the PyCapsule protocol alone."""

from __future__ import annotations

import gc
import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import polyfind as pf
from polyfind import _arrow_out

shapely = pytest.importorskip("shapely")
pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")

SQUARE = shapely.box(0, 0, 4, 4)
RING = shapely.Polygon(SQUARE.exterior, [shapely.box(1, 1, 2, 2).exterior])
TWO = shapely.MultiPolygon([RING, shapely.box(10, 10, 11, 12)])
ROWS = {"polygon": [SQUARE, RING, SQUARE, RING], "multipolygon": [TWO, SQUARE, RING, TWO]}


def native(rows, *, interleaved=False, wide=False, dims="xy", dtype=np.float64, missing=None):
    """Rows as GeoArrow lays them out, by pyarrow."""
    _, coords, offsets = shapely.to_ragged_array(rows)
    coords = coords.astype(dtype)
    more = [np.full(len(coords), np.nan, dtype) for _ in dims[2:]]
    columns = [coords[:, 0].copy(), coords[:, 1].copy(), *more]
    if interleaved:
        flat = pyarrow.array(np.column_stack(columns).ravel())
        array = pyarrow.FixedSizeListArray.from_arrays(flat, len(dims))
    else:
        array = pyarrow.StructArray.from_arrays([*map(pyarrow.array, columns)], names=[*dims])
    kind = pyarrow.LargeListArray if wide else pyarrow.ListArray
    for at, ends in enumerate(offsets):
        is_last = at == len(offsets) - 1
        mask = None if missing is None or not is_last else pyarrow.array(missing)
        ends = pyarrow.array(ends.astype(np.int64 if wide else np.int32))
        array = kind.from_arrays(ends, array, mask=mask)
    return array


def same(table, rows):
    return bool(shapely.equals(table.to_shapely(), rows).all()) and len(table) == len(rows)


@pytest.mark.parametrize("kind", ROWS)
@pytest.mark.parametrize("interleaved", [False, True])
@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("dims", ["xy", "xyz", "xyzm"])
def test_native_columns_are_used_where_they_are(kind, interleaved, wide, dims):
    rows = ROWS[kind]
    array = native(rows, interleaved=interleaved, wide=wide, dims=dims)
    table = pf.Polygons.from_arrow(array)
    assert same(table, rows)
    node = array
    while not pyarrow.types.is_floating(node.type):
        is_struct = pyarrow.types.is_struct(node.type)
        node = node.field(0) if is_struct else node.values
    assert np.shares_memory(table.x, node.to_numpy())
    for start, stop in ((1, 3), (2, 4), (3, 3), (0, 0)):
        assert same(pf.Polygons.from_arrow(array[start:stop]), rows[start:stop])
    chunks = pyarrow.chunked_array([array[1:3], array[:0], array])
    assert same(pf.Polygons.from_arrow(chunks), [*rows[1:3], *rows])
    assert len(pf.Polygons.from_arrow(pyarrow.chunked_array([], array.type))) == 0


def test_what_is_sliced_inside():
    array = native(ROWS["polygon"])
    inner = array.values[1:]  # rings
    outer = pyarrow.ListArray.from_arrays(pyarrow.array([0, 1, 3], pyarrow.int32()), inner)
    table = pf.Polygons.from_arrow(outer)
    rings = [shapely.Polygon(shapely.box(1, 1, 2, 2)), SQUARE]
    assert pf.area(table).tolist()[0] == 16 and len(rings) == len(table) == 2
    x = array.values.values.field(0)[2:]
    y = array.values.values.field(1)[2:]
    shifted = pyarrow.StructArray.from_arrays([x, y], names=["x", "y"])
    ring = pyarrow.ListArray.from_arrays(pyarrow.array([0, 3], pyarrow.int32()), shifted[1:])
    one = pyarrow.ListArray.from_arrays(pyarrow.array([0, 1], pyarrow.int32()), ring)
    table = pf.Polygons.from_arrow(one)
    np.testing.assert_array_equal(table.x[:3], x.to_numpy()[1:4])


@pytest.mark.parametrize("kind", ROWS)
def test_missing_rows_are_empty(kind):
    rows = ROWS[kind]
    missing = [False, True, False, True]
    array = native(rows, missing=missing)  # whose vertices are there all the same
    assert array.null_count == 2
    wanted = np.where(missing, 0, shapely.area(rows))
    assert pf.area(pf.Polygons.from_arrow(array)).tolist() == wanted.tolist()
    assert pf.area(pf.Polygons.from_arrow(array[1:])).tolist() == wanted[1:].tolist()
    chunks = pyarrow.chunked_array([array, array])
    assert pf.area(pf.Polygons.from_arrow(chunks)).tolist() == [*wanted, *wanted]


def test_float32():
    array = native(ROWS["polygon"], dtype=np.float32)
    table = pf.Polygons.from_arrow(array)
    assert table.x.dtype == np.float32 and same(table, ROWS["polygon"])


ENCODED = {
    "binary": lambda rows: pyarrow.array([None if r is None else r.wkb for r in rows], "binary"),
    "string": lambda rows: pyarrow.array([None if r is None else r.wkt for r in rows], "string"),
}


@pytest.mark.parametrize("width", ["", "large_"])
@pytest.mark.parametrize("kind", ENCODED)
def test_encoded_columns(kind, width):
    rows = [SQUARE, None, TWO, RING, None, SQUARE]
    array = ENCODED[kind](rows).cast(f"{width}{kind}")
    read = pf.Polygons.from_wkb if kind == "binary" else pf.Polygons.from_wkt
    wanted = [0 if row is None else row.area for row in rows]
    for made in (pf.Polygons.from_arrow, read):
        assert pf.area(made(array)).tolist() == wanted
        assert pf.area(made(array[1:5])).tolist() == wanted[1:5]
        chunks = pyarrow.chunked_array([array[4:], array[:0], array])
        assert pf.area(made(chunks)).tolist() == wanted[4:] + wanted
        assert len(made(array[:0])) == 0
    with pytest.raises(TypeError, match="not bytes or text"):
        read(native([SQUARE]))


def test_faults_of_chunks_are_counted_through():
    array = pyarrow.array([SQUARE.wkb, b"?", None])
    chunks = pyarrow.chunked_array([array, array])
    table = pf.Polygons.from_arrow(chunks, on_error="skip")
    assert [fault.row for fault in table.faults] == [1, 4]
    with pytest.raises(pf.FormatError, match=r"rows\[1\], byte 0: a byte order"):
        pf.Polygons.from_arrow(chunks)


@pytest.mark.parametrize("kind", ["binary_view", "string_view"])
def test_views(kind):
    encode = ENCODED["binary" if kind == "binary_view" else "string"]
    rows = [SQUARE, None, TWO, shapely.Polygon(), RING]
    try:
        array = encode(rows).cast(kind)
    except (pyarrow.ArrowNotImplementedError, pyarrow.ArrowInvalid, ValueError):
        pytest.skip(f"this pyarrow makes no {kind}")
    wanted = [0 if row is None else row.area for row in rows]
    assert pf.area(pf.Polygons.from_arrow(array)).tolist() == wanted
    assert pf.area(pf.Polygons.from_arrow(array[2:])).tolist() == wanted[2:]


def test_polars():
    polars = pytest.importorskip("polars", reason="polars is not installed")
    frame = polars.DataFrame({"id": [1, 2], "shape": [SQUARE.wkb, None]})
    assert pf.area(pf.Polygons.from_wkb(frame["shape"])).tolist() == [16, 0]
    assert pf.area(pf.Polygons.from_arrow(frame, "shape")).tolist() == [16, 0]
    with pytest.raises(ValueError, match=r"none of the columns 'id', 'shape' says.*column="):
        pf.Polygons.from_arrow(frame)
    with pytest.raises(ValueError, match=r"column='x': the table has 'id', 'shape'"):
        pf.Polygons.from_arrow(frame, "x")


@pytest.mark.parametrize("encoding", ["WKB", "geoarrow"])
@pytest.mark.parametrize("interleaved", [True, False])
def test_geopandas(tmp_path, encoding, interleaved):
    geopandas = pytest.importorskip("geopandas", reason="geopandas is not installed")
    for rows in ROWS.values():
        frame = geopandas.GeoDataFrame({"id": range(4)}, geometry=rows, crs=4326)
        lent = frame.to_arrow(geometry_encoding=encoding, interleaved=interleaved)
        assert same(pf.Polygons.from_arrow(lent), rows)
        column = frame.geometry.to_arrow(geometry_encoding=encoding, interleaved=interleaved)
        assert same(pf.Polygons.from_arrow(column), rows)
        # And back.
        back = geopandas.GeoSeries.from_arrow(pf.Polygons.from_shapely(rows).to_arrow())
        assert shapely.equals(np.asarray(back), rows).all()
    path = tmp_path / "rows.parquet"
    frame.to_parquet(path, geometry_encoding=encoding)
    table = pyarrow.parquet.read_table(path) if hasattr(pyarrow, "parquet") else None
    if table is None:
        from pyarrow import parquet

        table = parquet.read_table(path)
    assert b"geo" in table.schema.metadata
    assert same(pf.Polygons.from_arrow(table), rows)


def test_what_is_no_column_of_polygons():
    points = pyarrow.StructArray.from_arrays([pyarrow.array([1.0])] * 2, names=["x", "y"])
    for array, message in (
        (points, "holds neither polygons of GeoArrow nor WKB nor WKT"),
        (pyarrow.array([1, 2]), "holds neither"),
        (pyarrow.array([[1.0]]), "holds neither"),
        (pyarrow.array(["a", "a"]).dictionary_encode(), "dictionary-encoded"),
    ):
        with pytest.raises(TypeError, match=message):
            pf.Polygons.from_arrow(array)
    line = pyarrow.field(
        "shape", pyarrow.binary(), metadata={"ARROW:extension:name": "geoarrow.point"}
    )
    with pytest.raises(TypeError, match=r"'shape' is geoarrow.point: only polygons"):
        pf.Polygons.from_arrow(pyarrow.table([[b""]], schema=pyarrow.schema([line])), "shape")
    with pytest.raises(TypeError, match="list has neither __arrow_c_array__ nor"):
        pf.Polygons.from_arrow([SQUARE])
    with pytest.raises(ValueError, match="column='a': this is one column"):
        pf.Polygons.from_arrow(pyarrow.array([SQUARE.wkb]), "a")


def test_an_error_of_a_stream():
    def batches():
        yield pyarrow.record_batch([pyarrow.array([SQUARE.wkb])], names=["shape"])
        raise RuntimeError("no more of it")

    schema = pyarrow.schema([("shape", pyarrow.binary())])
    reader = pyarrow.RecordBatchReader.from_batches(schema, batches())
    with pytest.raises(ValueError, match="no more of it"):
        pf.Polygons.from_arrow(reader, "shape")


def test_memory_is_kept_as_long_as_it_is_used():
    gc.collect()
    before = pyarrow.total_allocated_bytes()
    table = pf.Polygons.from_arrow(native([SQUARE] * 10_000))
    x = table.x
    del table
    gc.collect()
    assert pyarrow.total_allocated_bytes() > before or x.base is not None
    assert x[:5].tolist() == [4.0, 4.0, 0.0, 0.0, 4.0]
    del x
    gc.collect()
    assert pyarrow.total_allocated_bytes() == before


@given(rows=st.lists(st.sampled_from([SQUARE, RING, TWO, None]), max_size=6))
def test_out_and_in_again(rows):
    table = pf.Polygons.from_shapely(np.array(rows, object))
    column = table.to_arrow()
    array = pyarrow.array(column)
    assert len(array) == len(column) == len(table)
    array.validate(full=True)
    back = pf.Polygons.from_arrow(column)
    assert pf.area(back).tolist() == pf.area(table).tolist()
    field = pyarrow.field(column)
    name = "multipolygon" if TWO in rows else "polygon"
    assert field.metadata[b"ARROW:extension:name"] == f"geoarrow.{name}".encode()
    assert json.loads(field.metadata[b"ARROW:extension:metadata"]) == {}


def test_out_without_a_copy_where_it_can_be():
    table = pf.Polygons.from_wkb(shapely.to_wkb(ROWS["multipolygon"]))
    x = pyarrow.array(table.to_arrow()).values.values.values.field(0)
    assert np.shares_memory(x.to_numpy(), table.x)
    # Rings that are open are closed in a copy; float32 becomes float64.
    half = pf.Polygons(np.float32([0, 1, 1]), np.float32([0, 0, 1]), [0, 3])
    array = pyarrow.array(half.to_arrow())
    assert array.to_pylist() == [[[dict(x=x, y=y) for x, y in ((0, 0), (1, 0), (1, 1), (0, 0))]]]


def test_what_is_handed_out_is_given_back():
    table = pf.Polygons.from_shapely(ROWS["multipolygon"])
    gc.collect()
    kept = len(_arrow_out._kept)
    column = table.to_arrow()
    for _ in range(3):
        array = pyarrow.array(column)
        column.__arrow_c_schema__()
        column.__arrow_c_array__()
        column.__arrow_c_array__(None)
    part = array.values.values
    del array
    gc.collect()
    assert len(_arrow_out._kept) > kept
    assert part[0].as_py()[0]["x"] == table.x[0]
    del part
    gc.collect()
    assert len(_arrow_out._kept) == kept


# With a cycle all is collected at once, in an order that nobody chose.
ENDS = """
import pyarrow, polyfind as pf
table = pf.Polygons.from_boxes([[0, 0, 1, 1]])
array = pyarrow.array(table.to_arrow()); column = table.to_arrow()
capsules = column.__arrow_c_array__(); print(len(array))
"""
CYCLE = """
class Holder: pass
holder = Holder(); holder.itself, holder.array = holder, array
"""


@pytest.mark.parametrize("more", ["", CYCLE], ids=["names", "a cycle"])
def test_what_is_held_when_the_process_ends(more):
    done = subprocess.run([sys.executable, "-c", ENDS + more], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "1", "")
