"""Predicates, locate and nearest polygons: shapes of answers, arguments, refusals."""

from __future__ import annotations

import numpy as np
import pytest

import polyfind as pf

# Squares: two side by side, a small one inside the first, one apart.
CORNERS = [(0, 0, 4), (4, 0, 4), (1, 1, 1), (20, 0, 2)]
X = np.array([1.5, 4.0, 6.0, 12.0, 30.0])
Y = np.array([1.5, 2.0, 2.0, 2.0, 1.0])


@pytest.fixture(scope="module")
def polygons():
    square = np.array([(0, 0), (1, 0), (1, 1), (0, 1)])
    return pf.Polygons.from_rings([square * side + (x, y) for x, y, side in CORNERS])


@pytest.fixture(scope="module")
def index(polygons):
    return pf.PolygonIndex(polygons)


PAIRS = {
    "within": [(0, 0), (0, 2), (2, 1)],
    "covered_by": [(0, 0), (0, 2), (1, 0), (1, 1), (2, 1)],
    "intersects": [(0, 0), (0, 2), (1, 0), (1, 1), (2, 1)],
    "owned_by": [(0, 0), (0, 2), (1, 1), (2, 1)],
    "dwithin": [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2), (3, 1)],
    "close": [(0, 0), (0, 2), (1, 0), (1, 1), (1, 2), (2, 0), (2, 1)],
}
REACH = {"dwithin": 4.25, "close": 4.25}
FORMS = [
    lambda x, y: dict(x=x, y=y),
    lambda x, y: dict(x=x.astype(np.float32), y=y.astype(np.float32)),
    lambda x, y: dict(x=x.tolist(), y=y.tolist()),
    lambda x, y: dict(xy=np.column_stack([x, y])),
    lambda x, y: dict(xy=np.column_stack([x, y]).astype(np.float32)[::-1][::-1]),
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("predicate", PAIRS)
def test_formats_of_a_query(index, predicate, form):
    points, pairs = form(X, Y), np.array(PAIRS[predicate]).T
    how = {"predicate": predicate, "distance": REACH.get(predicate)}
    given = index.query(**points, **how)
    assert given.dtype == np.intp and given.tolist() == pairs.tolist()
    indptr, indices = index.query(**points, **how, output_format="csr")
    counts = np.bincount(pairs[0], minlength=len(X))
    assert (indptr.dtype, indices.dtype) == (np.int64, np.int32)
    assert np.diff(indptr).tolist() == counts.tolist() and indices.tolist() == pairs[1].tolist()
    given = index.query(**points, **how, output_format="count")
    assert given.dtype == np.uint32 and given.tolist() == counts.tolist()
    given = index.query(**points, **how, output_format="mask")
    assert given.dtype == np.bool_ and given.tolist() == (counts > 0).tolist()


@pytest.mark.parametrize("predicate", PAIRS)
def test_distances_of_a_query(index, predicate):
    how = {"predicate": predicate, "distance": REACH.get(predicate), "return_distance": True}
    pairs, distances = index.query(X, Y, **how)
    assert distances.dtype == np.float64 and distances.shape == pairs.shape[1:]
    x, y = X[pairs[0]], Y[pairs[0]]
    left, low, side = np.array(CORNERS)[pairs[1]].T
    if predicate == "close":
        expected = np.hypot(left + side / 2 - x, low + side / 2 - y)
    else:
        gaps = (np.maximum(np.maximum(a - v, v - a - side), 0) for a, v in ((left, x), (low, y)))
        expected = np.hypot(*gaps)
    np.testing.assert_allclose(distances, expected, rtol=1e-15)
    *csr, given = index.query(X, Y, **how, output_format="csr")
    assert len(csr) == 2 and given.tolist() == distances.tolist()
    assert not given.flags.writeable
    # and the next question asks for none
    assert index.query(X, Y, predicate, distance=how["distance"]).tolist() == pairs.tolist()
    for output_format in ("count", "mask"):
        with pytest.raises(ValueError, match="return_distance= is not for output_format="):
            index.query(X, Y, **how, output_format=output_format)


def test_best_by_everything(index):
    for predicate, by, expected, values in (
        ("covered_by", "polygon", [0, 0, 1, -1, -1], [0, 0, 1]),
        ("covered_by", "area", [2, 0, 1, -1, -1], [1, 16, 16]),
        ("covered_by", "center", [2, 0, 1, -1, -1], [0, 2, 0]),
        ("covered_by", "distance", [0, 0, 1, -1, -1], [0, 0, 0]),
        ("within", "area", [2, -1, 1, -1, -1], [1, np.nan, 16]),
        ("owned_by", "center", [2, 1, 1, -1, -1], [0, 2, 0]),
        ("dwithin", "distance", [0, 0, 1, 1, -1], [0, 0, 0, 4]),
        ("dwithin", "area", [2, 2, 2, 1, -1], [1, 1, 1, 16]),
        ("close", "center", [2, 0, 1, -1, -1], [0, 2, 0]),
    ):
        reach = REACH.get(predicate)
        rows, given = index.best(X, Y, predicate, distance=reach, by=by, return_value=True)
        assert rows.tolist() == expected, (predicate, by)
        values = np.array([*values, *[np.nan] * (5 - len(values))])
        np.testing.assert_array_equal(given, values)
    priority = [3, 2, 9, 1]
    assert index.best(X, Y, "covered_by", by="priority", priority=priority).tolist() == (
        [0, 1, 1, -1, -1]
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("keywords", "expected"),
    [
        (dict(), [0, 0, 1, -1, -1]),
        (dict(boundary="open"), [0, -1, 1, -1, -1]),
        (dict(boundary="half_open"), [0, 1, 1, -1, -1]),
        (dict(rule="smallest"), [2, 0, 1, -1, -1]),
        (dict(boundary="half_open", rule="nearest_center"), [2, 1, 1, -1, -1]),
        (dict(rule="priority", priority=[3, 2, 9, 1]), [0, 1, 1, -1, -1]),
        (dict(fallback="nearest"), [0, 0, 1, 1, 3]),
        (dict(boundary="open", fallback="nearest"), [0, 0, 1, 1, 3]),
        (dict(fallback="nearest", max_distance=4), [0, 0, 1, 1, -1]),
        (dict(fallback="nearest", max_distance=np.nextafter(4.0, 0)), [0, 0, 1, -1, -1]),
        (dict(fallback="nearest", max_distance=np.inf), [0, 0, 1, 1, 3]),
        (dict(rule="priority", priority=[3, 2, 1, 9], fallback="nearest"), [2, 1, 1, 1, 3]),
    ],
)
def test_locate(index, keywords, expected, form):
    rows = index.locate(**form(X, Y), **keywords)
    assert rows.dtype == np.int32 and rows.tolist() == expected
    for i, row in enumerate(expected):
        assert index.locate(float(X[i]), float(Y[i]), **keywords).tolist() == [row]
    assert index.locate([], [], **keywords).shape == (0,)


def test_query_nearest(index):
    x, y = [2.0, 4.0, 14.0, 30.0], [9.0, 9.0, 1.0, 1.0]
    pairs, distances = index.query_nearest(x, y, return_distance=True)
    assert (pairs.dtype, distances.dtype) == (np.intp, np.float64)
    assert pairs.tolist() == [[0, 1, 1, 2, 2, 3], [0, 0, 1, 1, 3, 3]]
    assert distances.tolist() == [5, 5, 5, 6, 6, 8]
    assert index.query_nearest(x, y).tolist() == pairs.tolist()
    one, given = index.query_nearest(x, y, return_distance=True, all_matches=False)
    assert one.tolist() == [[0, 1, 2, 3], [0, 0, 1, 3]] and given.tolist() == [5, 5, 6, 8]
    assert index.query_nearest(x, y, max_distance=5).tolist() == [[0, 1, 1], [0, 0, 1]]
    two = index.query_nearest(x, y, 2, 6.0, False, False)
    assert two.tolist() == [[0, 0, 1, 1, 2, 2], [0, 1, 0, 1, 1, 3]]
    for k in (4, 5, 1 << 40):
        everything = index.query_nearest(x, y, k=k, all_matches=False)
        assert everything.tolist() == index.query_nearest(x, y, k=k).tolist()
        assert everything[0].tolist() == np.repeat(range(4), 4).tolist()
    inside = index.query_nearest(X[:2], Y[:2])
    assert inside.tolist() == [[0, 0, 1, 1], [0, 2, 0, 1]]


def test_nothing_to_ask_and_nothing_to_find(index):
    nothing = pf.PolygonIndex(pf.Polygons([], [], [], [], []))
    for each, x, y in ((index, [], []), (nothing, [1.0], [1.0]), (nothing, [], [])):
        assert each.query_nearest(x, y).shape == (2, 0)
        pairs, distances = each.query_nearest(x, y, return_distance=True, all_matches=False)
        assert pairs.shape == (2, 0) and distances.shape == (0,)
        assert each.query(x, y, "within").shape == (2, 0)
        assert each.query(x, y, "dwithin", distance=1, return_distance=True)[1].shape == (0,)
        assert each.locate(x, y, fallback="nearest").tolist() == [-1] * len(x)


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("contains", "a point is 'within' a polygon"),
        ("contains_properly", "a point is 'within' a polygon"),
        ("covers", "a point is 'covered_by' a polygon"),
        ("touches", "'covered_by' it and not 'within' it"),
        ("crosses", "a point crosses nothing"),
        ("overlaps", "a point overlaps nothing"),
        ("inside", "'within', 'owned_by', 'dwithin'"),
        (None, "predicate=None does not exist"),
        (["within"], "does not exist in this version"),
    ],
)
def test_other_predicates_are_refused_with_the_right_word(index, word, message):
    for call in (index.query, index.best):
        for more in ({}, {"distance": 1.0}):
            with pytest.raises(ValueError, match=message):
                call(1.0, 1.0, word, **more)


def test_refused_arguments(index):
    ask, at = index.query, (1.0, 1.0)
    for call, arguments, keywords, error, words in (
        (ask, ("within",), dict(distance=1), ValueError, "distance= is for 'close' and 'dwithin'"),
        (ask, ("covered_by",), dict(distance=0.0), ValueError, "not predicate='covered_by'"),
        (ask, ("dwithin",), {}, TypeError, "predicate='dwithin' needs distance="),
        (ask, ("dwithin",), dict(distance=-1), pf.ArgumentError, "distance"),
        (ask, ("dwithin",), dict(distance=np.inf), pf.ArgumentError, "distance"),
        (ask, ("within",), dict(output_format="list"), ValueError, "output_format='list'"),
        (index.locate, ("shut",), {}, ValueError, "boundary='shut'.*'closed', 'open', 'half_open'"),
        (index.locate, (), dict(rule="area"), ValueError, "rule='area'.*'first', 'smallest'"),
        (index.locate, (), dict(rule=["first"]), ValueError, "rule="),
        (index.locate, (), dict(rule="priority"), TypeError, "rule='priority' needs priority="),
        (index.locate, (), dict(priority=[1] * 4), TypeError, "is for rule='priority', not rule="),
        (index.locate, (), dict(rule="priority", priority=[1]), ValueError, "priority must have"),
        (index.locate, (), dict(fallback="far"), ValueError, "fallback='far'.*'nearest'"),
        (index.locate, (), dict(max_distance=1), TypeError, "max_distance= is for fallback="),
        (index.locate, (), dict(fallback="nearest", max_distance=0), ValueError, "greater than 0"),
        (index.query_nearest, (0,), {}, ValueError, "k must be at least 1"),
        (index.query_nearest, (1.5,), {}, TypeError, "float"),
        (index.query_nearest, (), dict(max_distance=0), ValueError, "max_distance must be greater"),
        (index.query_nearest, (), dict(max_distance=np.nan), ValueError, "greater than 0, not nan"),
        (index.query_nearest, (), dict(max_distance="1"), TypeError, "must be a number, not str"),
        (index.query_nearest, (), dict(max_distance=[1]), TypeError, "must be a number, not list"),
        (index.query_nearest, (), dict(workers=-2), ValueError, "workers"),
    ):
        for _ in range(2):
            with pytest.raises(error, match=words):
                call(*at, *arguments, **keywords)
    assert index.locate(*at).tolist() == [0]


CLOSE = dict(predicate="close", distance=1)
NEEDS = {
    "centers": [("query", CLOSE), ("best", CLOSE), ("nearest_centers", {})],
    "insides": [
        ("query", dict(predicate="within")),
        ("query", dict(predicate="owned_by", output_format="mask")),
        ("best", dict(predicate="covered_by", by="center")),
        ("locate", dict(rule="smallest")),
    ],
    "distances": [
        ("query", dict(predicate="dwithin", distance=1)),
        ("query_nearest", {}),
        ("query_nearest", dict(all_matches=False)),
        ("locate", dict(fallback="nearest")),
    ],
}


@pytest.mark.parametrize(
    "uses", ["centers", "insides", ["distances"], ("centers", "distances"), {"insides": 1}, None]
)
def test_an_index_answers_what_it_is_built_for(polygons, index, uses):
    asked = pf.PolygonIndex(polygons, uses=uses)
    has = set(NEEDS if uses is None else [uses] if isinstance(uses, str) else uses)
    has |= {"insides"} if "distances" in has else set()
    for use, calls in NEEDS.items():
        for name, keywords in calls:
            if use in has:
                given = getattr(asked, name)(X, Y, **keywords)
                np.testing.assert_array_equal(given, getattr(index, name)(X, Y, **keywords))
            else:
                with pytest.raises(pf.ArgumentError, match="built without"):
                    getattr(asked, name)(1.5, 1.5, **keywords)  # in a polygon: nothing to fall back


@pytest.mark.parametrize(
    ("uses", "error", "words"),
    [
        ([], ValueError, "uses is empty: choose from 'centers', 'insides', 'distances'"),
        ("", ValueError, "uses='' does not exist"),
        ("center", ValueError, "uses='center' does not exist .* 'centers'"),
        (["centers", 3], ValueError, "uses=3 does not exist"),
        (3, TypeError, "not iterable"),
    ],
)
def test_bad_uses(polygons, uses, error, words):
    with pytest.raises(error, match=words):
        pf.PolygonIndex(polygons, uses=uses)


def test_progress_of_everything(index):
    for call in (
        lambda progress: index.query(X, Y, "within", progress=progress),
        lambda progress: index.query(X, Y, "dwithin", distance=1, progress=progress),
        lambda progress: index.best(X, Y, "covered_by", progress=progress),
        lambda progress: index.locate(X, Y, progress=progress),
        lambda progress: index.locate(X, Y, fallback="nearest", progress=progress),
        lambda progress: index.query_nearest(X, Y, progress=progress),
        lambda progress: index.query_nearest(X, Y, all_matches=False, progress=progress),
    ):
        seen = []
        call(lambda done, total, seen=seen: seen.append((done, total)))
        assert seen and seen[-1][0] == seen[-1][1]
        with pytest.raises(pf.CancelledError):
            call(lambda done, total: True)
