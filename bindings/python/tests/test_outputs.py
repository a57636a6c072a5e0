"""Matches in the forms of other packages: SciPy's sparse arrays, and Arrow's lists."""

from __future__ import annotations

import gc
import sys

import numpy as np
import pytest

import polyfind as pf
from polyfind import _arrow_out

scipy_sparse = pytest.importorskip("scipy.sparse")
pyarrow = pytest.importorskip("pyarrow")

N = 400


@pytest.fixture(scope="module")
def index():
    random = np.random.default_rng(11)
    low = random.uniform(0, 10, (50, 2))
    return pf.PolygonIndex(pf.Polygons.from_boxes(np.hstack([low, low + 1.5])))


@pytest.fixture(scope="module")
def points():
    """Some of them match nothing, the last ones too."""
    xy = np.random.default_rng(12).uniform(-2, 14, (N, 2))
    xy[-3:] = 99
    return xy


def ask(index, points, form, return_distance=False):
    return index.query(
        xy=points,
        predicate="dwithin",
        distance=0.5,
        output_format=form,
        return_distance=return_distance,
    )


def test_sparse_is_what_matches(index, points):
    found = ask(index, points, "sparse")
    assert found.shape == (N, 50) and found.dtype == bool and found.format == "csr"
    dense = np.zeros((N, 50), bool)
    dense[tuple(ask(index, points, "indices"))] = True
    assert dense.any() and (found.toarray() == dense).all()


def test_sparse_distances_keep_zeros(index, points):
    found = ask(index, points, "sparse", True)
    pairs, distances = ask(index, points, "indices", True)
    assert found.dtype == np.float64 and found.nnz == len(distances)
    assert (distances == 0).any() and (distances > 0).any()
    there = found.tocoo()
    assert (np.array([there.row, there.col]) == pairs).all()
    assert (there.data == distances).all()


def test_sparse_arrays_can_be_calculated_with(index, points):
    found = ask(index, points, "sparse")
    counts = ask(index, points, "count")
    assert (found @ np.ones(50) == counts).all()
    assert (np.asarray(found.sum(axis=1)) == counts).all()
    assert (found != found.T.tocsc().T).nnz == 0
    assert (found[5:9].toarray() == found.toarray()[5:9]).all()
    both = found.astype(int).T @ found.astype(int)  # how many points two polygons share
    assert both.shape == (50, 50) and both.trace() == counts.sum()
    own = found.copy()
    own.data[:] = False
    own.eliminate_zeros()
    assert own.nnz == 0 < found.nnz


def test_sparse_of_no_points(index):
    assert ask(index, np.empty((0, 2)), "sparse").shape == (0, 50)


def test_sparse_needs_scipy(index, points, monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.sparse", None)
    with pytest.raises(ImportError, match="output_format='sparse' needs scipy: pip install scipy"):
        ask(index, points, "sparse")


def rows_of(index, points):
    indptr, indices, distances = ask(index, points, "csr", True)
    ends = list(zip(indptr, indptr[1:]))
    return [indices[a:b].tolist() for a, b in ends], [distances[a:b].tolist() for a, b in ends]


def test_arrow_lists_are_the_rows(index, points):
    polygons, distances = rows_of(index, points)
    plain = pyarrow.array(ask(index, points, "arrow"))
    plain.validate(full=True)
    assert plain.type.value_type == pyarrow.int32() and plain.null_count == 0
    assert plain.to_pylist() == polygons
    assert [] in polygons and max(map(len, polygons)) > 1
    both = pyarrow.array(ask(index, points, "arrow", True))
    both.validate(full=True)
    fields = both.type.value_type
    assert [field.name for field in fields] == ["polygon", "distance"]
    expected = [
        [{"polygon": polygon, "distance": away} for polygon, away in zip(*row)]
        for row in zip(polygons, distances)
    ]
    assert both.to_pylist() == expected


def test_arrow_lists_in_polars(index, points):
    polars = pytest.importorskip("polars")
    kept = len(_arrow_out._kept), len(_arrow_out._in_capsules)
    series = polars.Series("match", ask(index, points, "arrow"))
    assert series.to_list() == rows_of(index, points)[0]
    del series
    gc.collect()
    assert (len(_arrow_out._kept), len(_arrow_out._in_capsules)) == kept


def test_arrow_lists_are_not_copied_and_stay(index, points):
    column = ask(index, points, "arrow")
    once, again = pyarrow.array(column), pyarrow.array(column)
    assert repr(column) == f"<arrow.large_list: {N} rows, {len(once.flatten())} matches>"
    places = [one.values.buffers()[1].address for one in (once, again)]
    assert places[0] == places[1]
    expected = once.to_pylist()
    del column, again
    gc.collect()
    assert len(once) == N and once.to_pylist() == expected == rows_of(index, points)[0]


def test_arrow_of_no_points(index):
    assert pyarrow.array(ask(index, np.empty((0, 2)), "arrow")).to_pylist() == []


@pytest.mark.parametrize("form", ["sparse", "arrow"])
def test_pairs_are_limited(index, points, form):
    with pytest.raises(pf.LimitError):
        index.query(xy=points, predicate="covered_by", output_format=form, max_pairs=3)
