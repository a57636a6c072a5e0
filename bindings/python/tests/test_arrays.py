"""Every kind of array, as coordinates and offsets: taken for the numbers it holds, or refused.

``POLYFIND_EXAMPLES=100000`` makes a long run of it.
"""

from __future__ import annotations

import array
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polyfind as pf

EXAMPLES = int(os.environ.get("POLYFIND_EXAMPLES", "200"))


class WithArray:
    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype or float)


class WithInterface:
    def __init__(self, values):
        self.kept = np.array(values, float)
        self.__array_interface__ = self.kept.__array_interface__


class Subclass(np.ndarray):
    pass


def read_only(values):
    made = np.array(values, float)
    made.flags.writeable = False
    return made


def unaligned(values):
    raw = np.zeros(8 * len(values) + 1, np.uint8)
    made = raw[1:].view(np.float64)
    made[:] = values
    return made


def packed_field(values):
    made = np.zeros(len(values), [("flag", "u1"), ("value", "f8")])
    made["value"] = values
    return made["value"]


def every(step):
    def make(values):
        made = np.full(abs(step) * len(values), -9.0)
        made[::step] = values
        return made[::step]

    return make


def column(order):
    def make(values):
        made = np.full((len(values), 3), np.nan, order=order)
        made[:, 1] = values
        return made[:, 1]

    return make


def of_dtype(dtype):
    return lambda values: np.array(values, dtype)


DTYPES = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]
GOOD = {dtype: of_dtype(dtype) for dtype in DTYPES}
GOOD |= {
    f"array {code}": lambda v, code=code: array.array(code, map(int, v)) for code in "bhilqBHILQ"
}
GOOD |= {
    "long double": of_dtype(np.longdouble),
    "list": list,
    "tuple": tuple,
    "ints": lambda values: [int(v) for v in values],
    "mixed": lambda values: [int(v) if i % 2 else np.float32(v) for i, v in enumerate(values)],
    "memoryview": lambda values: memoryview(array.array("d", values)),
    "memoryview of floats": lambda values: memoryview(array.array("f", values)),
    "bytes": lambda values: np.frombuffer(np.array(values, float).tobytes()),
    "read-only": read_only,
    "unaligned": unaligned,
    "packed field": packed_field,
    "every second": every(2),
    "backwards": every(-1),
    "every third backwards": every(-3),
    "column": column("C"),
    "column by columns": column("F"),
    "__array__": WithArray,
    "__array_interface__": WithInterface,
    "subclass": lambda values: np.array(values, float).view(Subclass),
    "masked": lambda values: np.ma.array(values, dtype=float),
}
BAD = {
    "swapped": lambda values: np.array(values).astype(np.dtype("f8").newbyteorder()),
    "swapped ints": lambda values: np.array(values).astype(np.dtype("i4").newbyteorder()),
    "complex": of_dtype(complex),
    "booleans": of_dtype(bool),
    "objects": of_dtype(object),
    "strings": lambda values: [str(v) for v in values],
    "bytes strings": of_dtype("S4"),
    "dates": lambda values: np.array(values, "i8").view("M8[s]"),
    "durations": lambda values: np.array(values, "i8").view("m8[s]"),
    "a table": lambda values: np.array([values, values]),
    "a box": lambda values: np.array(values).reshape(1, -1, 1),
    "a number": lambda values: np.float64(values[0]),
    "ragged": lambda values: [values, values[:1]],
    "structured": lambda values: np.zeros(len(values), [("a", "f8"), ("b", "f8")]),
    "None": lambda values: None,
    "a dict": lambda values: dict.fromkeys(values),
    "a generator": lambda values: (v for v in values),
    "text": lambda values: "1 2 3",
    "raw bytes": lambda values: b"\1\2\3",
    "with None": lambda values: [*values[1:], None],
}
KINDS = {**GOOD, **BAD}
POLYGONS = pf.Polygons([0, 4, 4, 0, 2, 6, 6], [0, 0, 4, 4, 2, 2, 5], [0, 4, 7])
INDEX = pf.PolygonIndex(POLYGONS)


def test_there_are_many_kinds():
    assert len(GOOD) >= 40
    assert len(BAD) >= 20


numbers = st.lists(st.integers(1, 6).map(float), min_size=1, max_size=9)


@settings(max_examples=EXAMPLES, derandomize=EXAMPLES <= 200)
@given(numbers, st.data())
def test_points_are_the_numbers_they_hold_or_refused(values, data):
    names = [data.draw(st.sampled_from(sorted(KINDS))) for _ in "xy"]
    x, y = (KINDS[name](values) for name in names)
    ask = data.draw(
        st.sampled_from(
            [
                lambda x, y: INDEX.locate(x, y),
                lambda x, y: INDEX.query(x, y, predicate="intersects"),
                lambda x, y: INDEX.query(x, y, predicate="dwithin", distance=1.5),
                lambda x, y: INDEX.query_nearest(x, y, return_distance=True)[1],
            ]
        )
    )
    if all(name in GOOD for name in names):
        np.testing.assert_array_equal(ask(x, y), ask(values, values))
    elif "a number" not in names:  # a pair of numbers is a point
        with pytest.raises((TypeError, ValueError)):
            ask(x, y)


@settings(max_examples=EXAMPLES, derandomize=EXAMPLES <= 200)
@given(st.lists(st.integers(-1, 8), max_size=6), st.data())
def test_tables_are_taken_or_refused(offsets, data):
    values = [0.0, 4.0, 4.0, 0.0, 2.0, 6.0, 6.0]
    names = [data.draw(st.sampled_from(sorted(GOOD))) for _ in "xy"]
    x, y = (GOOD[name](values) for name in names)
    kind = data.draw(st.sampled_from(sorted(KINDS)))
    is_plain = kind in GOOD and kind[0] in "iualmt"
    rises = offsets == sorted(offsets) and all(0 <= v <= 7 for v in offsets)
    try:
        given_offsets = KINDS[kind](offsets)
    except (IndexError, OverflowError, ValueError, TypeError):
        return  # there is no such array of these numbers
    try:
        polygons = pf.Polygons(x, y, given_offsets)
        measured = pf.area(polygons), len(polygons)
    except (TypeError, ValueError):
        assert not (is_plain and rises and kind in {"i4", "i8", "ints"})
        return
    assert kind in GOOD or not offsets
    want = pf.Polygons(values, values, [int(v) for v in np.asarray(given_offsets)])
    assert measured[1] == len(want)
    if names[0] == names[1]:
        np.testing.assert_array_equal(pf.bounds(polygons), pf.bounds(want))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind_once(kind):
    values = [3.0, 1.0, 5.0]
    given_values = KINDS[kind](values)
    if kind in GOOD:
        np.testing.assert_array_equal(
            INDEX.locate(given_values, values), INDEX.locate(values, values)
        )
        np.testing.assert_array_equal(
            INDEX.locate(values, given_values), INDEX.locate(values, values)
        )
    else:
        with pytest.raises((TypeError, ValueError)):
            INDEX.locate(given_values, values)


def test_columns_that_are_both_unaligned_are_copied():
    x, y = unaligned([3.0, 1.0, 5.0]), unaligned([3.0, 1.0, 3.0])
    np.testing.assert_array_equal(INDEX.locate(x, y), INDEX.locate(list(x), list(y)))


def test_unaligned_priorities_are_copied():
    best = INDEX.best(
        [3.0], [2.5], predicate="intersects", by="priority", priority=unaligned([2.0, 1.0])
    )
    assert best[0] == 1
