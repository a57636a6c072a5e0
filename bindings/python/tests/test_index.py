"""Asking an index about points."""

from __future__ import annotations

import numpy as np
import pytest

import polyfind as pf

POINTS = np.array([[0.5, 0.5], [11.0, 3.0], [50.0, 50.0], [16.0, 1.0]])


@pytest.fixture
def index(squares):
    return pf.PolygonIndex(squares)


def test_query_formats_agree(index):
    x, y = POINTS.T
    pairs = index.query(x, y, distance=6)
    assert pairs.dtype == np.intp
    assert pairs.tolist() == [[0, 1, 3, 3], [0, 1, 1, 2]]
    indptr, indices = index.query(x, y, distance=6, output_format="csr")
    assert (indptr.dtype, indices.dtype) == (np.int64, np.int32)
    assert indptr.tolist() == [0, 1, 2, 2, 4] and indices.tolist() == [0, 1, 1, 2]
    counts = index.query(x, y, distance=6, output_format="count")
    assert counts.dtype == np.uint32 and counts.tolist() == [1, 1, 0, 2]
    mask = index.query(x, y, "close", distance=6, output_format="mask")
    assert mask.dtype == np.bool_ and mask.tolist() == [True, True, False, True]


@pytest.mark.parametrize(
    "given",
    [
        dict(x=POINTS[:, 0], y=POINTS[:, 1]),
        dict(x=POINTS[:, 0].copy(), y=POINTS[:, 1].copy()),
        dict(x=POINTS[:, 0].tolist(), y=tuple(POINTS[:, 1])),
        dict(x=POINTS[:, 0].astype(np.float32), y=POINTS[:, 1].astype(np.float32)),
        dict(x=POINTS[:, 0].astype(np.float32), y=POINTS[:, 1].copy()),
        dict(x=POINTS[::-1, 0].copy()[::-1], y=POINTS[:, 1]),
        dict(xy=POINTS),
        dict(xy=np.asfortranarray(POINTS)),
        dict(xy=POINTS.astype(np.float32)),
        dict(xy=POINTS.tolist()),
        dict(x=memoryview(POINTS[:, 0].copy()), y=POINTS[:, 1].copy()),
    ],
)
def test_any_points(index, given):
    for _ in range(2):  # the second call uses what the first left in the pool
        assert index.query(**given, distance=6, output_format="count").tolist() == [1, 1, 0, 2]
        assert index.best(**given, distance=6).tolist() == [0, 1, -1, 1]
        assert index.nearest_centers(**given).tolist() == [0, 1, 2, 1]


def test_a_scalar_is_one_point(index):
    for x, y in (
        (16.0, 1.0),
        (16, 1),
        (np.float64(16), 1.0),
        (np.array(16.0), np.float32(1)),
        ([16.0], 1.0),
    ):
        assert index.query(x, y, distance=6, output_format="count").tolist() == [2]
        assert index.best(x, y, distance=6).tolist() == [1]
        assert index.nearest_centers(x, y).shape == (1,)


def test_misaligned_points_are_copied_or_refused_by_name(index):
    raw = np.zeros(17, np.uint8)
    x = raw[1:17].view(np.float64)
    try:
        assert index.query(x, x, distance=1, output_format="count").tolist() == [1, 1]
    except pf.LayoutError as error:
        assert "points.x is not aligned" in str(error)


def test_no_points(index):
    for empty in ([], np.empty(0), np.empty(0, np.float32)):
        assert index.query(empty, empty, distance=1).shape == (2, 0)
        indptr, indices = index.query(empty, empty, distance=1, output_format="csr")
        assert indptr.tolist() == [0] and indices.shape == (0,)
        assert index.query(empty, empty, distance=1, output_format="mask").shape == (0,)
        assert index.best(empty, empty, distance=1).shape == (0,)
        assert index.nearest_centers(empty, empty, k=3).shape == (0, 3)


def test_no_polygons():
    index = pf.PolygonIndex(pf.Polygons([], [], []))
    assert index.query(0.0, 0.0, distance=1).shape == (2, 0)
    assert index.best([0, 1], [0, 1], distance=1).tolist() == [-1, -1]
    ids, distances = index.nearest_centers([0, 1], [0, 1], k=2, return_distance=True)
    assert (ids == -1).all() and np.isnan(distances).all()


def test_best(index):
    x, y = POINTS.T
    for by, expected, values in (
        ("polygon", [0, 1, -1, 1], [0, 1, np.nan, 1]),
        ("distance", [0, 1, -1, 1], [0, 2, np.nan, 5]),
        ("area", [0, 1, -1, 1], [1, 4, np.nan, 4]),
    ):
        assert index.best(x, y, distance=6, by=by).tolist() == expected
        ids, given = index.best(x, y, distance=6, by=by, return_value=True)
        assert (ids.dtype, given.dtype) == (np.int32, np.float64)
        assert ids.tolist() == expected
        np.testing.assert_array_equal(given, values)
    for priority in ([3, 2, 1], np.array([3.0, 9, 2, 9, 1])[::2], np.array([3, 2, 1], np.uint8)):
        ids, values = index.best(
            x, y, distance=6, by="priority", priority=priority, return_value=True
        )
        assert ids.tolist() == [0, 1, -1, 2]
        np.testing.assert_array_equal(values, [3, 2, np.nan, 1])
    # and the next question has no priorities
    assert index.best(x, y, distance=6).tolist() == [0, 1, -1, 1]


def test_nearest_centers(index):
    x, y = POINTS.T
    ids = index.nearest_centers(x, y)
    assert ids.dtype == np.int32 and ids.shape == (4,)
    ids, distances = index.nearest_centers(x, y, k=4, return_distance=True)
    assert ids.shape == distances.shape == (4, 4)
    assert ids[3].tolist() == [1, 2, 0, -1]
    assert np.isnan(distances[:, 3]).all()
    assert distances[0, 0] == 0 and distances[1, 0] == 2
    limited = index.nearest_centers(x, y, 2, 5.0)
    assert limited.tolist() == [[0, -1], [1, -1], [-1, -1], [-1, -1]]  # 5 is not less than 5
    assert index.nearest_centers(x, y, max_distance=np.inf).tolist() == [0, 1, 2, 1]


@pytest.mark.parametrize(
    ("keywords", "error", "words"),
    [
        (dict(distance=-1), pf.ArgumentError, "distance"),
        (dict(distance=np.nan), pf.ArgumentError, "distance"),
        (dict(distance=np.inf), pf.ArgumentError, "distance"),
        (dict(), TypeError, "predicate='close' needs distance="),
        (dict(distance="1"), TypeError, "distance must be a number, not str"),
        (dict(distance=[1.0]), TypeError, "distance must be a number, not list"),
        (dict(distance=1, predicate="near"), ValueError, "predicate='near' .* 'close', 'inters"),
        (dict(distance=1, predicate=["close"]), ValueError, "predicate"),
        (dict(distance=1, x=[0.0, np.nan], y=[0.0, 0.0]), pf.CoordinateError, r"points.x\[1\]"),
        (dict(distance=1, x=[0.0, 0.0], y=[0.0, -np.inf]), pf.CoordinateError, r"points.y\[1\]"),
        (dict(distance=1, x=[0.0, 0.0], y=[0.0]), ValueError, "x and y differ in length: 2 and 1"),
        (dict(distance=1, x=np.zeros((2, 2))), ValueError, "x must have one dimension"),
        (dict(distance=1, x=np.zeros(1, ">f8")), TypeError, "x is byte-swapped"),
        (dict(distance=1, y="a"), TypeError, "y must hold real numbers"),
        (dict(distance=1, y=None), TypeError, "y is missing"),
        (dict(distance=1, xy=[[0, 0]]), TypeError, "either x and y or xy="),
        (dict(distance=1, x=None, y=None, xy=[0, 0]), ValueError, "xy must have shape"),
        (dict(distance=1, workers=-2), ValueError, "workers must be"),
        (dict(distance=1, workers=1 << 32), ValueError, "workers must be"),
        (dict(distance=1, workers=1.5), TypeError, "float"),
        (dict(distance=1, progress=3), TypeError, "progress must be callable, not int"),
    ],
)
def test_refused(index, keywords, error, words):
    keywords = {"x": [0.0], "y": [0.0], **keywords}
    for _ in range(2):
        for output_format in ("indices", "csr", "count", "mask"):
            with pytest.raises(error, match=words):
                index.query(**keywords, output_format=output_format)
        with pytest.raises(error, match=words):
            index.best(**keywords)
    assert index.best(0.5, 0.5, distance=1).tolist() == [0]


def test_unknown_words_name_the_choices(index):
    with pytest.raises(
        ValueError, match=r"output_format='list' .* 'indices', 'csr', 'count', 'mask'"
    ):
        index.query(0.0, 0.0, distance=1, output_format="list")
    with pytest.raises(ValueError, match=r"by='size' .*'area'.*'priority'"):
        index.best(0.0, 0.0, distance=1, by="size")
    for k in (0, -1):
        with pytest.raises(ValueError, match="k must be at least 1"):
            index.nearest_centers(0.0, 0.0, k=k)
    with pytest.raises(TypeError):
        index.nearest_centers(0.0, 0.0, k=1.5)
    with pytest.raises((ValueError, MemoryError)):
        index.nearest_centers(0.0, 0.0, k=1 << 62)


def test_bad_priorities(index):
    ask = dict(x=0.5, y=0.5, distance=1)
    for keywords, error, words in (
        (dict(by="priority"), TypeError, "needs priority="),
        (dict(priority=[1, 2, 3]), TypeError, "priority= is for by='priority'"),
        (dict(by="priority", priority=[1, 2]), ValueError, r"priority must have shape \(3,\)"),
        (dict(by="priority", priority=[[1, 2, 3]]), ValueError, "priority must have shape"),
        (dict(by="priority", priority=list("abc")), TypeError, "priority must hold real numbers"),
        (dict(by="priority", priority=[1, 2, np.nan]), pf.ArgumentError, "priority.*2"),
    ):
        with pytest.raises(error, match=words):
            index.best(**ask, **keywords)


@pytest.mark.parametrize("workers", [None, 0, -1, 1, 2, 7, np.int64(2)])
def test_workers_do_not_change_answers(workers):
    random = np.random.default_rng(4)
    centers = random.random((20_000, 2))
    points = random.random((50_000, 2))
    polygons = pf.Polygons(xy=centers, ring_offsets=np.arange(20_001))
    index = pf.PolygonIndex(polygons, workers=workers)
    one = pf.PolygonIndex(polygons, workers=1)
    for keywords in (dict(output_format="count"), dict()):
        given = index.query(xy=points, distance=0.01, workers=workers, **keywords)
        np.testing.assert_array_equal(
            given, one.query(xy=points, distance=0.01, workers=1, **keywords)
        )
    np.testing.assert_array_equal(pf.area(polygons, workers=workers), 0)


class EnoughError(Exception):
    pass


def a_long_call(progress):
    random = np.random.default_rng(4)
    index = pf.PolygonIndex(pf.Polygons(xy=random.random((1000, 2)), ring_offsets=np.arange(1001)))
    return index.query(
        xy=random.random((20_000, 2)), distance=0.3, output_format="count", progress=progress
    )


def test_progress_is_told():
    seen = []
    a_long_call(lambda done, total: seen.append((done, total)))
    assert seen and seen[-1] == (20_000, 20_000)
    assert seen == sorted(seen)


def test_a_true_answer_stops():
    with pytest.raises(pf.CancelledError) as caught:
        a_long_call(lambda done, total: True)
    assert caught.value.status_name == "PF_ERROR_CANCELLED"
    assert len(a_long_call(lambda done, total: 0)) == 20_000


@pytest.mark.parametrize("kind", [EnoughError, KeyboardInterrupt, SystemExit])
def test_an_exception_in_progress_comes_back_as_itself(kind, capfd):
    raised = kind("enough")

    def progress(done, total):
        raise raised

    with pytest.raises(kind) as caught:
        a_long_call(progress)
    assert caught.value is raised
    assert capfd.readouterr() == ("", "")


def test_calls_inside_progress(index):
    inner = []

    def progress(done, total):
        inner.append(index.best(0.5, 0.5, distance=1).tolist())

    assert a_long_call(progress).sum() > 0
    assert inner[0] == [0]


def test_every_call_takes_progress(squares, index):
    for call in (
        lambda progress: pf.area(squares, progress=progress),
        lambda progress: pf.signed_area(squares, progress=progress),
        lambda progress: pf.perimeter(squares, progress=progress),
        lambda progress: pf.center(squares, progress=progress),
        lambda progress: pf.centroid(squares, progress=progress),
        lambda progress: pf.bounds(squares, progress=progress),
        lambda progress: pf.PolygonIndex(squares, progress=progress),
        lambda progress: index.query(0.0, 0.0, distance=1, progress=progress),
        lambda progress: index.query(0.0, 0.0, distance=1, output_format="mask", progress=progress),
        lambda progress: index.best(0.0, 0.0, distance=1, progress=progress),
        lambda progress: index.nearest_centers(0.0, 0.0, progress=progress),
    ):
        seen = []
        call(lambda done, total, seen=seen: seen.append((done, total)))
        assert seen and seen[-1][0] == seen[-1][1]
        with pytest.raises(pf.CancelledError):
            call(lambda done, total: True)
