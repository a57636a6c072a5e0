"""Tallies beside the pairs that they do not keep."""

from __future__ import annotations

import gc
import math
import threading

import numpy as np
import pytest

import polyfind as pf

GROUPS = 3


@pytest.fixture(scope="module")
def polygons():
    rng = np.random.default_rng(5)
    corners = rng.random((300, 2)) * 20
    return pf.Polygons.from_boxes(np.hstack([corners, corners + rng.random((300, 2)) * 3]))


@pytest.fixture(scope="module")
def index(polygons):
    return pf.PolygonIndex(polygons)


def batch(rng, n):
    """Points, values of very different sizes, some of them missing, and groups."""
    values = rng.normal(size=n) * 10.0 ** rng.integers(-20, 20, n)
    values[rng.random(n) < 0.1] = np.nan
    return rng.random(n) * 22 - 1, rng.random(n) * 22 - 1, values, rng.integers(-1, GROUPS, n)


def by_pairs(rows, pairs, values, groups):
    """Columns by what numpy and math make of pairs."""
    point, polygon = pairs[:, groups[pairs[0]] >= 0]
    row = polygon * GROUPS + groups[point]
    worth = values[point]
    valued = ~np.isnan(worth)
    size = rows * GROUPS
    count, known = (np.bincount(row[some], minlength=size) for some in (slice(None), valued))
    sums = [[] for _ in range(size)]
    for at, value in zip(row[valued], worth[valued]):
        sums[at].append(value)
    total = np.array([math.fsum(some) for some in sums])
    least, most = np.full(size, np.nan), np.full(size, np.nan)
    np.fmin.at(least, row[valued], worth[valued])
    np.fmax.at(most, row[valued], worth[valued])
    with np.errstate(invalid="ignore"):
        return [
            column.reshape(rows, GROUPS)
            for column in (count, known, total, total / known, least, most)
        ]


def columns(tally):
    return [getattr(tally, name) for name in ("count", "values", "sum", "mean", "min", "max")]


def same(left, right):
    return all(np.array_equal(a, b, equal_nan=a.dtype == float) for a, b in zip(left, right))


@pytest.mark.parametrize("predicate", ["covered_by", "within", "owned_by", "dwithin", "close"])
@pytest.mark.parametrize("rule", [None, "first", "smallest", "nearest_center", "priority"])
def test_columns_are_those_of_the_pairs(index, predicate, rule):
    rng = np.random.default_rng(6)
    priority = rng.integers(0, 4, len(index)) if rule == "priority" else None
    distance = {"dwithin": 0.5, "close": 1.0}.get(predicate)
    for n in (0, 1, 200, 20_000):
        x, y, values, groups = batch(rng, n)
        if rule is None:
            pairs = index.query(x, y, predicate, distance=distance)
        else:
            word = {"first": "polygon", "smallest": "area", "nearest_center": "center"}
            by = word.get(rule, rule)
            best = index.best(x, y, predicate, distance=distance, by=by, priority=priority)
            pairs = np.array([np.flatnonzero(best >= 0), best[best >= 0]])
        wanted = by_pairs(len(index), pairs, values, groups)
        for workers in (1, 3):
            tally = pf.Tally(
                index, predicate, distance=distance, rule=rule, priority=priority, groups=GROUPS
            )
            tally.add(x, y, values, groups, workers=workers)
            assert same(columns(tally), wanted)


def test_order_cuts_and_merging_do_not_matter(index):
    rng = np.random.default_rng(7)
    given = batch(rng, 30_000)
    whole = pf.Tally(index, groups=GROUPS)
    whole.add(*given)
    for parts in (1, 2, 7):
        order = rng.permutation(30_000)
        one, merged = pf.Tally(index, groups=GROUPS), pf.Tally(index, groups=GROUPS)
        for rows in np.array_split(order, parts):
            some, other = [column[rows] for column in given], pf.Tally(index, groups=GROUPS)
            one.add(*some)
            other.add(*some)
            merged.merge(other)
        assert same(columns(one), columns(whole)) and same(columns(merged), columns(whole))


def test_without_values_and_groups(index):
    pytest.importorskip("pandas")
    rng = np.random.default_rng(8)
    x, y, *_ = batch(rng, 5000)
    tally = pf.Tally(index)
    tally.add(x, y)
    tally.add(xy=np.column_stack([x, y]).astype(np.float32))
    tally.add(0.5, 0.5)
    assert len(tally) == len(index) and tally.count.dtype == np.int64
    assert not tally.values.any() and not tally.sum.any() and np.isnan(tally.mean).all()
    assert list(tally.to_frame().columns) == ["polygon", "count"]
    assert repr(tally) == "<polyfind.Tally: 300 polygons>"


def test_what_is_refused_adds_nothing(index):
    tally = pf.Tally(index, groups=2)
    tally.add([1.0, 2.0], [1.0, 2.0], [5.0, 6.0], [0, 1])
    before = columns(tally)
    good = [1.0], [1.0]
    for kind, text, call in (
        (pf.CoordinateError, r"points.y\[0\]", lambda: tally.add([1.0], [np.nan], by=[0])),
        (pf.ArgumentError, r"values\[0\] is not finite", lambda: tally.add(*good, [np.inf], [0])),
        (ValueError, r"by\[0\] = 2 is not one of 2", lambda: tally.add(*good, by=[2])),
        (ValueError, r"by\[0\] = -2", lambda: tally.add(*good, by=[-2])),
        (ValueError, r"by\[0\] = 4294967296", lambda: tally.add(*good, by=[1 << 32])),
        (ValueError, "values must have shape", lambda: tally.add(*good, [1, 2], [0])),
        (TypeError, "values must hold real numbers", lambda: tally.add(*good, ["a"], [0])),
        (TypeError, "by must hold integers", lambda: tally.add(*good, by=[0.5])),
        (TypeError, "needs by=", lambda: tally.add(*good)),
        (TypeError, "has no groups=", lambda: pf.Tally(index).add(*good, by=[0])),
        (pf.LimitError, "max_bytes", lambda: tally.add(*good, by=[0], max_bytes=8)),
        (
            ZeroDivisionError,
            "division",
            lambda: tally.add(*good, by=[0], progress=lambda *_: 1 / 0),
        ),
        (pf.ArgumentError, "other has 1 groups", lambda: tally.merge(pf.Tally(index))),
        (pf.ArgumentError, "other is the tally itself", lambda: tally.merge(tally)),
        (TypeError, "other must be a Tally", lambda: tally.merge(index)),
    ):
        with pytest.raises(kind, match=text):
            call()
        assert same(columns(tally), before)


def test_bad_questions_are_refused_at_once(index, polygons):
    for kind, text, options in (
        (ValueError, "predicate", {"predicate": "touches"}),
        (ValueError, "rule", {"rule": "largest"}),
        (TypeError, "needs distance", {"predicate": "dwithin"}),
        (pf.ArgumentError, "distance", {"predicate": "dwithin", "distance": -1.0}),
        (TypeError, "priority", {"rule": "priority"}),
        (TypeError, "priority", {"priority": [1]}),
        (ValueError, "at least 1", {"groups": 0}),
        (pf.LimitError, "max_bytes", {"max_bytes": 8}),
    ):
        with pytest.raises(kind, match=text):
            pf.Tally(index, **options)
    with pytest.raises(pf.ArgumentError, match="distances"):
        pf.Tally(pf.PolygonIndex(polygons, uses="centers"), "dwithin", distance=1.0)
    with pytest.raises(TypeError, match="PolygonIndex"):
        pf.Tally(polygons)


def test_it_keeps_its_index(polygons):
    bytes_of = bytes(pf.PolygonIndex(polygons))
    tally = pf.Tally(pf.PolygonIndex.from_buffer(bytes_of))
    gc.collect()
    tally.add([5.0], [5.0])
    wanted = pf.PolygonIndex(polygons).query([5.0], [5.0], "covered_by", output_format="count")
    assert tally.count.sum() == wanted[0]


def test_one_call_at_a_time(index):
    rng = np.random.default_rng(9)
    x, y, values, _ = batch(rng, 400_000)
    tally = pf.Tally(index)

    def inside(done, total):
        with pytest.raises(pf.ArgumentError, match="tally is in use by another call"):
            tally.add([1.0], [1.0])
        with pytest.raises(pf.ArgumentError, match="tally is in use by another call"):
            tally.count  # noqa: B018

    tally.add(x, y, values, progress=inside)
    # As many tallies as threads come to the same.
    parts = [pf.Tally(index) for _ in range(4)]
    cuts = np.array_split(np.arange(len(x)), 4)
    threads = [
        threading.Thread(target=part.add, args=(x[rows], y[rows], values[rows]))
        for part, rows in zip(parts, cuts)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole = parts.pop()
    for part in parts:
        whole.merge(part)
    assert same(columns(whole), columns(tally))


@pytest.mark.parametrize("package", ["pandas", "polars", "pyarrow"])
def test_frames(index, package):
    pytest.importorskip(package)
    tally = pf.Tally(index, groups=GROUPS)
    x, y, values, groups = batch(np.random.default_rng(10), 3000)
    tally.add(x, y, values, groups)
    frame = tally.to_frame(package)
    names = ["polygon", "group", "count", "values", "sum", "mean", "min", "max"]
    assert list(getattr(frame, "column_names", getattr(frame, "columns", None))) == names
    row = 7 * GROUPS + 2
    got = [np.asarray(frame[name])[row] for name in names]
    wanted = [7, 2, *(column[7, 2] for column in columns(tally))]
    assert np.array_equal(got, wanted, equal_nan=True)


def test_values_and_groups_of_any_kind(index):
    pandas = pytest.importorskip("pandas")
    x, y = np.full(4, 5.0), np.full(4, 5.0)
    wanted = pf.Tally(index, groups=2)
    wanted.add(x, y, [1.0, 2.0, np.nan, 4.0], [0, 1, 1, -1])
    floats, few = np.array([1, 2, np.nan, 4]), np.array([0, 1, 1, -1])
    for values in (floats.astype(np.float32), pandas.Series(floats), np.repeat(floats, 2)[::2]):
        for by in (few.astype(np.int8), few.astype(np.int32), pandas.Series(few), list(few)):
            tally = pf.Tally(index, groups=2)
            tally.add(x, y, values, by)
            assert same(columns(tally), columns(wanted))
