"""What a call may take and give, and what may happen to an index during one."""

from __future__ import annotations

import numpy as np
import pytest

import polyfind as pf
from polyfind._native import ffi, lib

POINTS = np.random.default_rng(4).random((3000, 2)) * 20


@pytest.fixture(scope="module")
def table():
    corners = np.random.default_rng(5).random((500, 1, 2)) * 20
    square = np.array([(0, 0), (2, 0), (2, 2), (0, 2)])
    return pf.Polygons(xy=(corners + square).reshape(-1, 2), ring_offsets=np.arange(501) * 4)


@pytest.fixture
def index(table):
    return pf.PolygonIndex(table)


ASKS = [
    lambda index, **how: index.query(xy=POINTS, predicate="intersects", **how).shape[1],
    lambda index, **how: len(index.query(xy=POINTS, distance=2, output_format="csr", **how)[1]),
    lambda index, **how: index.query_nearest(xy=POINTS, k=3, max_distance=1, **how).shape[1],
    lambda index, **how: len(index.query_nearest(xy=POINTS, return_distance=True, **how)[1]),
]


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize("workers", [1, 3])
def test_one_pair_too_many(index, ask, workers):
    pairs = ask(index)
    assert pairs > len(POINTS)
    assert ask(index, max_pairs=pairs, workers=workers) == pairs
    for most in (1, pairs // 2, pairs - 1):
        with pytest.raises(pf.LimitError, match=rf"query.max_pairs = {most}: there are more"):
            ask(index, max_pairs=most, workers=workers)


def test_no_more_than_max_bytes(table, index, tmp_path):
    path = tmp_path / "index"
    index.save(path)
    calls = [
        lambda most: pf.PolygonIndex(table, max_bytes=most),
        lambda most: pf.PolygonIndex.open(path, max_bytes=most),
        lambda most: pf.PolygonIndex.open(path, mmap=True, max_bytes=most),
        lambda most: pf.PolygonIndex.from_buffer(bytes(index), max_bytes=most),
        lambda most: index.query(xy=POINTS, distance=2, max_bytes=most),
        lambda most: index.query(
            xy=POINTS, predicate="owned_by", output_format="mask", max_bytes=most
        ),
        lambda most: index.best(xy=POINTS, predicate="dwithin", distance=2, max_bytes=most),
        lambda most: index.locate(xy=POINTS, fallback="nearest", max_bytes=most),
        lambda most: index.query_nearest(xy=POINTS, max_bytes=most),
        lambda most: index.query_nearest(xy=POINTS, all_matches=False, max_bytes=most),
        lambda most: index.nearest_centers(xy=POINTS, k=2, max_bytes=most),
    ]
    for number, call in enumerate(calls):
        call(1 << 30)
        with pytest.raises(pf.LimitError, match=r"run.max_bytes = 1 is less"):
            call(1)
            pytest.fail(f"call {number} is not limited")
    # What was refused leaves no limit to the next.
    assert index.query(xy=POINTS, distance=2).shape[1] > 0


@pytest.mark.parametrize("name", ["max_pairs", "max_bytes"])
def test_limits_are_numbers_from_one_on(index, name):
    for ask in ASKS:
        for given in (0, -1, 1 << 64):
            with pytest.raises(ValueError, match=rf"{name} must be None .* not {given}"):
                ask(index, **{name: given})
        with pytest.raises(TypeError):
            ask(index, **{name: 1.5})
        assert ask(index, **{name: (1 << 64) - 1}) == ask(index, **{name: None}) == ask(index)


def test_max_pairs_is_for_pairs(index):
    for form in ("count", "mask"):
        with pytest.raises(ValueError, match="max_pairs= is not for output_format="):
            index.query(xy=POINTS, distance=1, output_format=form, max_pairs=10)
    with pytest.raises(ValueError, match="max_pairs= is for all_matches=True"):
        index.query_nearest(xy=POINTS, all_matches=False, max_pairs=10)


@pytest.mark.parametrize("ask", ASKS)
def test_progress_may_ask_the_same_index(index, ask):
    answers = []
    pairs = ask(index, progress=lambda done, total: answers.append(ask(index)))
    assert answers and set(answers) == {pairs}


@pytest.mark.parametrize("ask", ASKS)
def test_an_index_that_is_freed_during_a_call_stays_to_its_end(index, ask):
    """Nothing in the package does this; other users of the same handle may."""
    pairs = ask(index)

    def free(done, total):
        lib.pf_index_free(index._index)
        lib.pf_index_free(index._index)
        with pytest.raises(pf.ArgumentError, match="index is no index, or was freed"):
            ask(index)

    assert ask(index, progress=free) == pairs
    with pytest.raises(pf.ArgumentError, match="index is no index, or was freed"):
        ask(index)
    assert lib.pf_index_len(index._index) == index.nbytes == 0


def test_handles_are_not_addresses(index):
    handles = [index._index, ffi.cast("pf_index *", 4096), ffi.new("char[64]")]
    assert [lib.pf_index_len(ffi.cast("pf_index *", handle)) for handle in handles] == [500, 0, 0]
    assert lib.pf_result_rows(ffi.cast("pf_result *", index._index)) == 0
