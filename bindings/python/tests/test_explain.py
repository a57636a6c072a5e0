"""Why a point matches nothing."""

from __future__ import annotations

import numpy as np
import pytest

import polyfind as pf


@pytest.fixture(scope="module")
def index():
    return pf.PolygonIndex(pf.Polygons.from_boxes([[0, 50, 4, 54], [4, 50, 8, 54]]))


@pytest.mark.parametrize(
    ("x", "y", "predicate", "distance", "nearest", "away", "words"),
    [
        (9, 52, "covered_by", None, 1, 1, "is outside: polygon 1, the nearest, is 1.0 away"),
        (0, 52, "within", None, 0, 0, "on the boundary of polygon 0: 'within' leaves"),
        (8, 52, "owned_by", None, 1, 0, "on the boundary of polygon 1: what lies to the right"),
        (10, 52, "dwithin", 1.5, 1, 2, "is 2.0 away, which is more than 1.5"),
        (8, 52, "close", 2, 1, 2, "center, of polygon 1, is 2.0 away, which is not less than 2"),
    ],
)
def test_reasons(index, x, y, predicate, distance, nearest, away, words):
    told = index.explain(x, y, predicate, distance=distance)
    assert told.matches == () and (told.nearest, told.away) == (nearest, away)
    assert words in str(told) and "swapped" not in str(told)
    assert index.query(x, y, predicate, distance=distance).size == 0


def test_matches(index):
    told = index.explain(4, 52)
    assert told.matches == (0, 1)
    assert str(told) == "(4, 52) is 'covered_by' for 2 of the polygons: 0, 1"
    with pytest.raises(AttributeError):
        told.away = 1


def test_swapped_axes(index):
    assert "are x and y swapped?" in str(index.explain(52, 3))
    assert not index.explain(60, 60).looks_swapped


@pytest.mark.parametrize("predicate", ["covered_by", "close"])
def test_no_polygons(predicate):
    index = pf.PolygonIndex(pf.Polygons([], [], [0, 0]))
    distance = 1 if predicate == "close" else None
    told = index.explain(1, 2, predicate, distance=distance)
    assert told.nearest == -1 and np.isnan(told.away)
    assert "no polygon with vertices" in str(told)


def test_refusals(index):
    with pytest.raises(ValueError, match="'within' a polygon"):
        index.explain(1, 2, "contains")
    with pytest.raises(pf.CoordinateError):
        index.explain(np.nan, 2)
