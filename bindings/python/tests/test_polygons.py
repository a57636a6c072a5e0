"""The table: what it takes, what it refuses, what it does not copy."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import polyfind as pf

MEASURES = (
    pf.area,
    pf.signed_area,
    pf.perimeter,
    pf.center,
    pf.centroid,
    pf.bounds,
    pf.fingerprint,
)
X, Y = [0.0, 1.0, 1.0, 0.0], [0.0, 0.0, 1.0, 1.0]


def test_arrays_are_not_copied():
    for dtype in (np.float64, np.float32):
        x, y = np.array(X, dtype), np.array(Y, dtype)
        for offset_type in (np.int32, np.int64):
            offsets = np.array([0, 4], offset_type)
            polygons = pf.Polygons(x, y, offsets)
            assert polygons.x is x and polygons.y is y and polygons.ring_offsets is offsets
            assert pf.area(polygons) == [1]


def test_strided_arrays_are_not_copied():
    xy = np.column_stack([X, Y])
    polygons = pf.Polygons(xy=xy, ring_offsets=[0, 4])
    assert np.shares_memory(polygons.x, xy) and np.shares_memory(polygons.y, xy)
    wide = np.zeros((4, 5))
    wide[:, 1], wide[:, 3] = X, Y
    polygons = pf.Polygons(wide[:, 1], wide[:, 3], [0, 4])
    assert np.shares_memory(polygons.x, wide)
    assert pf.area(polygons) == [1]
    by_columns = np.asfortranarray(xy)
    polygons = pf.Polygons(xy=by_columns, ring_offsets=[0, 4])
    assert np.shares_memory(polygons.x, by_columns)
    assert pf.area(polygons) == [1]


def test_awkward_arrays_are_copied():
    x, y = np.array(X), np.array(Y)
    packed = np.zeros(4, [("x", "f8"), ("y", "f8"), ("id", "u1")])  # stride 17, misaligned
    packed["x"], packed["y"] = x, y
    half = np.repeat(x, 2)[::2]
    for given in (
        (x[::-1], y[::-1]),
        (half, y),
        (packed["x"], packed["y"]),
        (np.array(X, np.float32), y),
        (np.array(X, np.int16), np.array(Y, np.uint64)),
        (np.array(X, np.float16), y),
        (X, Y),
        (tuple(X), np.array(Y, np.longdouble)),
    ):
        polygons = pf.Polygons(*given, [0, 4])
        assert polygons.x.dtype == np.float64
        assert pf.area(polygons) == [1]


def test_read_only_is_fine():
    x, y, offsets = np.array(X), np.array(Y), np.array([0, 4])
    for array in (x, y, offsets):
        array.flags.writeable = False
    assert pf.area(pf.Polygons(x, y, offsets)) == [1]


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint16, np.uint32, np.uint64])
def test_other_integer_offsets_are_converted(dtype):
    polygons = pf.Polygons(X, Y, np.array([0, 4], dtype))
    assert polygons.ring_offsets.dtype == np.int64
    assert pf.area(polygons) == [1]


def test_mixed_and_strided_offsets():
    polygons = pf.Polygons(X, Y, np.array([0, 4], np.int32), np.array([0, 9, 1])[::2])
    assert polygons.ring_offsets.dtype == polygons.part_offsets.dtype == np.int64
    assert pf.area(polygons) == [1]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((X, Y, None), TypeError, "ring_offsets is missing"),
        ((X, None, [0, 4]), TypeError, "y is missing"),
        ((None, Y, [0, 4]), TypeError, "x is missing"),
        ((X, Y[:3], [0, 4]), ValueError, "x and y differ in length: 4 and 3"),
        ((np.zeros((2, 2)), Y, [0, 4]), ValueError, "x must have one dimension"),
        ((X, 1.0, [0, 4]), ValueError, "y must have one dimension"),
        ((np.array(X, ">f8"), Y, [0, 4]), TypeError, "x is byte-swapped"),
        ((X, np.array(Y, ">i4"), [0, 4]), TypeError, "y is byte-swapped"),
        ((np.array(X, complex), Y, [0, 4]), TypeError, "x must hold real numbers, not complex128"),
        ((X, np.array(Y, object), [0, 4]), TypeError, "y must hold real numbers, not object"),
        ((list("abcd"), Y, [0, 4]), TypeError, "x must hold real numbers"),
        ((X, [[1], [1, 2]], [0, 4]), (TypeError, ValueError), "^y"),
        ((X, Y, [0.0, 4.0]), TypeError, "ring_offsets must hold integers, not float64"),
        ((X, Y, [[0, 4]]), ValueError, "ring_offsets must have one dimension"),
        ((X, Y, np.array([0, 4], ">i4")), TypeError, "ring_offsets is byte-swapped"),
        (
            (X, Y, np.array([0, 2**63], np.uint64)),
            ValueError,
            "ring_offsets.1. = 9223372036854775808",
        ),
        ((X, Y, [0, 4], [True, False]), TypeError, "part_offsets must hold integers, not bool"),
        ((X, Y, [0, 4], [0, 1], "ab"), TypeError, "polygon_offsets must hold integers"),
        ((X, Y, [0, 3, 2]), pf.LayoutError, r"polygons.ring_offsets\[2\] = 2 is less"),
        ((X, Y, [0, 5]), pf.LayoutError, r"ring_offsets\[1\] = 5 runs past"),
        ((X, Y, [-1, 4]), pf.LayoutError, r"ring_offsets\[0\] = -1 is negative"),
        ((X, Y, [0, 4], [0, 2]), pf.LayoutError, r"part_offsets\[1\] = 2 runs past"),
        ((X, Y, [0, 4], [0, 1], [0, 2]), pf.LayoutError, r"polygon_offsets\[1\] = 2 runs past"),
    ],
)
def test_refused(arguments, error, words):
    with pytest.raises(error, match=words):
        pf.Polygons(*arguments)


@pytest.mark.parametrize(
    ("arguments", "item", "words"),
    [
        (([0, np.nan, 1, 0], Y, [0, 4]), 0, r"x\[1\] is not finite: NaN"),
        ((X, [0, 0, 1, -np.inf], [0, 2, 4]), 1, r"y\[3\].*-inf \(polygon 1\)"),
    ],
)
def test_coordinates_are_refused_where_they_are_used(arguments, item, words):
    polygons = pf.Polygons(*arguments)
    for use in (*MEASURES, pf.PolygonIndex):
        with pytest.raises(pf.CoordinateError, match=words) as caught:
            use(polygons)
        assert caught.value.item == item


def test_refused_xy():
    for xy, error, words in (
        (np.zeros((4, 3)), ValueError, r"xy must have shape \(n, 2\), not \(4, 3\)"),
        (np.zeros(4), ValueError, "xy must have shape"),
        (np.zeros((4, 2), ">f4"), TypeError, "xy is byte-swapped"),
        (np.zeros((4, 2), complex), TypeError, "xy must hold real numbers"),
    ):
        with pytest.raises(error, match=words):
            pf.Polygons(xy=xy, ring_offsets=[0, 4])
    with pytest.raises(TypeError, match="either x and y or xy="):
        pf.Polygons(X, Y, [0, 4], xy=np.zeros((4, 2)))


def test_empty():
    for empty in ([], np.empty(0), np.empty(0, np.float32)):
        for offsets in ([], [0], np.empty(0, np.int32)):
            polygons = pf.Polygons(empty, empty, offsets)
            assert len(polygons) == 0
            assert pf.area(polygons).shape == (0,)
            assert pf.bounds(polygons).shape == (0, 4)
            assert len(pf.PolygonIndex(polygons)) == 0
    polygons = pf.Polygons(X, Y, [0, 4], [0, 1, 1], [0, 0, 1, 2])
    assert pf.area(polygons).tolist() == [0, 1, 0]
    assert np.isnan(pf.center(polygons)[0]).tolist() == [True, False, True]
    assert len(pf.Polygons(X, Y, [0, 4], [])) == 0
    assert len(pf.Polygons.from_rings([])) == 0


def test_from_ragged_array_is_shapely_inverse():
    shapely = pytest.importorskip("shapely")
    hole = shapely.box(0, 0, 4, 4) - shapely.box(1, 1, 2, 2)
    two = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), hole.buffer(0)])
    for geometries in ([shapely.box(0, 0, 1, 1), hole], [two, shapely.box(0, 0, 3, 1)]):
        _, coords, offsets = shapely.to_ragged_array(geometries)
        polygons = pf.Polygons.from_ragged_array(coords, offsets)
        np.testing.assert_allclose(pf.area(polygons), shapely.area(geometries), rtol=1e-15)
        np.testing.assert_allclose(pf.bounds(polygons), shapely.bounds(geometries))
        np.testing.assert_allclose(pf.perimeter(polygons), shapely.length(geometries))
        assert np.shares_memory(polygons.x, coords)
    solid = shapely.force_3d(geometries)
    _, coords, offsets = shapely.to_ragged_array(solid)
    assert coords.shape[1] == 3
    polygons = pf.Polygons.from_ragged_array(coords, offsets)
    np.testing.assert_allclose(pf.area(polygons), shapely.area(geometries), rtol=1e-15)
    _, coords, offsets = shapely.to_ragged_array([shapely.LineString([(0, 0), (2, 0), (0, 2)])])
    assert pf.area(pf.Polygons.from_ragged_array(coords, offsets)) == [2]


def test_from_ragged_array_refused():
    for coords, offsets, words in (
        (np.zeros(4), ([0, 4],), "coords must have shape"),
        (np.zeros((4, 1)), ([0, 4],), "coords must have shape"),
        (np.zeros((4, 2)), (), "1 to 3 arrays"),
        (np.zeros((4, 2)), ([0, 4],) * 4, "1 to 3 arrays"),
        (np.zeros((4, 2)), np.array([0, 4]), "1 to 3 arrays"),
    ):
        with pytest.raises(ValueError, match=words):
            pf.Polygons.from_ragged_array(coords, offsets)


def test_from_rings_takes_vertices_and_pairs():
    square = np.column_stack([X, Y])
    rings = [
        square,
        square.astype(np.float32),
        (X, Y),
        [np.array(X), np.array(Y)],
        list(zip(X, Y)),
        square.tolist(),
        [(0, 0), (1, 1)],
        (np.array([0, 1]), np.array([5, 1])),
        np.zeros((2, 2)),
        np.zeros((0, 2)),
        ([], []),
    ]
    polygons = pf.Polygons.from_rings(iter(rings))
    assert pf.area(polygons).tolist() == [1] * 6 + [0] * 5
    x, y = pf.center(polygons)
    assert (x[6], y[6], x[7], y[7]) == (0.5, 0.5, 0.5, 3.0)


def test_from_rings_names_the_ring():
    for ring, error in (
        (np.zeros((3, 3)), ValueError),
        (np.zeros(3), ValueError),
        ("abc", TypeError),
        (None, TypeError),
        ((X, Y[:2] + Y), ValueError),
    ):
        with pytest.raises(error, match=r"rings\[1\]: "):
            pf.Polygons.from_rings([(X, Y), ring])


def test_properties_repr_and_pickle(squares):
    assert repr(squares) == "<polyfind.Polygons: 3 polygons, 12 vertices, float64>"
    assert squares.part_offsets is None and squares.polygon_offsets is None
    for other in (copy.copy(squares), copy.deepcopy(squares), pickle.loads(pickle.dumps(squares))):
        assert pf.area(other).tolist() == pf.area(squares).tolist()


def test_measures_want_a_table():
    for measure in MEASURES:
        with pytest.raises(TypeError, match=r"polygons must be polyfind.Polygons, not list"):
            measure([1])
    with pytest.raises(TypeError, match=r"polygons must be polyfind.Polygons"):
        pf.PolygonIndex(np.zeros((3, 2)))


def test_later_changes_of_the_arrays_are_seen_and_checked():
    x = np.array(X)
    offsets = np.array([0, 4])
    polygons = pf.Polygons(x, np.array(Y), offsets)
    x[1:3] = 2
    assert pf.area(polygons) == [2]
    x[2] = np.nan
    with pytest.raises(pf.CoordinateError) as caught:
        pf.area(polygons)
    assert caught.value.item == 0
    x[2] = 2
    offsets[1] = 1000
    with pytest.raises(pf.LayoutError):
        pf.area(polygons)


def test_measures(squares):
    assert pf.area(squares).tolist() == [1, 4, 9]
    assert pf.signed_area(squares).tolist() == [1, 4, 9]
    assert pf.perimeter(squares).tolist() == [4, 8, 12]
    assert [column.tolist() for column in pf.center(squares)] == [[0.5, 11, 21.5], [0.5, 1, 1.5]]
    assert [column.tolist() for column in pf.centroid(squares)] == [[0.5, 11, 21.5], [0.5, 1, 1.5]]
    assert pf.bounds(squares).tolist() == [[0, 0, 1, 1], [10, 0, 12, 2], [20, 0, 23, 3]]


def test_a_subclass_is_a_table():
    class Named(pf.Polygons):
        pass

    assert pf.area(Named(X, Y, [0, 4])) == [1]
