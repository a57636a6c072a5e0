"""The argument `out`: arrays of the caller's are filled and returned, or refused by name."""

from __future__ import annotations

from array import array

import numpy as np
import pytest

import polyfind as pf

N = 7
X = np.array([0.5, 10.5, 99.0, 21.0, 20.0, 11.9, 0.0])
Y = np.array([0.5, 1.5, 99.0, 1.0, 3.0, 1.0, 0.9])

MEASURES = {name: getattr(pf, name) for name in ("area", "signed_area", "perimeter", "bounds")}
MEASURES |= {"center": pf.center, "centroid": pf.centroid, "fingerprint": pf.fingerprint}


def calls(squares):
    """Every call that takes `out`, by name: what to do with it."""
    index = pf.PolygonIndex(squares)
    ways = {
        "locate": lambda **to: index.locate(X, Y, **to),
        "locate one": lambda **to: index.locate(0.5, 0.5, **to),
        "locate, nearest": lambda **to: index.locate(X, Y, fallback="nearest", **to),
        "best": lambda **to: index.best(X, Y, "covered_by", by="area", **to),
        "best, two": lambda **to: index.best(X, Y, "covered_by", return_value=True, **to),
        "count": lambda **to: index.query(X, Y, "within", output_format="count", **to),
        "count one": lambda **to: index.query(0.5, 0.5, "within", output_format="count", **to),
        "mask": lambda **to: index.query(X, Y, "within", output_format="mask", **to),
        "centers": lambda **to: index.nearest_centers(X, Y, **to),
        "centers, k": lambda **to: index.nearest_centers(X, Y, 2, **to),
        "centers, two": lambda **to: index.nearest_centers(X, Y, 2, return_distance=True, **to),
    }
    for name, measure in MEASURES.items():
        ways[name] = lambda measure=measure, **to: measure(squares, **to)
    return ways


NAMES = list(calls(pf.Polygons([0, 1, 1], [0, 0, 1], [0, 3])))


@pytest.fixture(params=NAMES)
def way(request, squares):
    return calls(squares)[request.param]


def test_arrays_are_filled_and_returned(way):
    expected = way()
    if isinstance(expected, tuple):
        out = tuple(np.full_like(one, 77) for one in expected)
        given = way(out=out)
        assert all(one is other for one, other in zip(given, out))
    else:
        out = np.full_like(expected, 77)
        assert way(out=out) is out
    np.testing.assert_array_equal(out, expected)


def wrong(right):
    """What is not like this array, and what is said of it."""
    wide = np.zeros((len(right), 2, *right.shape[1:]), right.dtype)[:, 0]
    frozen = right.copy()
    frozen.setflags(write=False)
    return [
        (right.astype(np.float32), TypeError, f"must hold {right.dtype}, not ndarray of float32"),
        (right.astype(right.dtype.newbyteorder()), TypeError, f"must hold {right.dtype}"),
        (np.zeros(len(right) + 1, right.dtype), ValueError, r"must have shape \("),
        (np.zeros((len(right), 9), right.dtype), ValueError, r"must have shape \("),
        (frozen, ValueError, "is read-only"),
        (wide, ValueError, "must be contiguous"),
        (right.tolist(), TypeError, "can be written to, not list"),
        (3, TypeError, "not int"),
    ]


def test_what_does_not_fit_is_refused_by_name(way):
    right = way()
    if not isinstance(right, tuple):
        for out, error, text in wrong(right):
            if "hold bool" in text and getattr(out, "dtype", right.dtype).kind == "b":
                continue  # bytes have no order
            if len(right) == 1 and "contiguous" in text:
                continue  # one element has no gaps
            with pytest.raises(error, match=f"^out .*{text}"):
                way(out=out)
        return
    for place in (0, 1):
        for bad, error, text in wrong(right[place]):
            out = [one.copy() for one in right]
            out[place] = bad
            with pytest.raises(error, match=rf"^out\[{place}\] .*{text}"):
                way(out=tuple(out))
    with pytest.raises(TypeError, match="out must be a tuple of two arrays here, not ndarray"):
        way(out=right[0])


def test_other_buffers_will_do(squares):
    rows = array("i", [77] * N)
    assert pf.PolygonIndex(squares).locate(X, Y, out=rows) is rows
    assert rows.tolist() == [0, 1, -1, 2, 2, 1, 0]


@pytest.mark.parametrize("form", ["indices", "csr", "sparse", "arrow"])
def test_results_of_unknown_length_take_none(squares, form):
    index = pf.PolygonIndex(squares)
    with pytest.raises(ValueError, match=f"out= is for .*'count' and 'mask', not '{form}'"):
        index.query(X, Y, "within", output_format=form, out=np.empty(N, np.int32))


def test_the_table_itself_is_no_place_for_answers():
    x, y = np.array([0.0, 1, 1, 0]), np.array([0.0, 0, 1, 1])
    table = pf.Polygons(x, y, [0, 1, 2, 3, 4])
    with pytest.raises(pf.LayoutError, match="out_x overlaps polygons"):
        pf.center(table, out=(x, np.empty(4)))
