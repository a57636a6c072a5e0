"""A million polygons, every one of them invalid: even-odd answers or a clear error."""

from __future__ import annotations

import struct

import numpy as np
import pytest

import polyfind as pf

SIDE = 1000
COUNT = SIDE * SIDE
CORNERS = 6


@pytest.fixture(scope="module")
def crossing():
    """Six random corners in each square of a grid: nearly all rings of these cross themselves."""
    corners = np.random.default_rng(91).random((COUNT, CORNERS, 2))
    corners += np.stack(np.divmod(np.arange(COUNT), SIDE), -1)[:, None]
    return corners


def table_of(rings):
    offsets = np.arange(0, rings.shape[0] * rings.shape[1] + 1, rings.shape[1])
    return pf.Polygons(xy=rings.reshape(-1, 2), ring_offsets=offsets)


def even_odd(rings, x, y):
    """Of each point with a ring of its own: does a ray cross an odd number of edges?"""
    inside = np.zeros(len(x), bool)
    for a, b in zip(np.moveaxis(rings, 1, 0), np.moveaxis(np.roll(rings, -1, 1), 1, 0)):
        rises = (a[:, 1] <= y) != (b[:, 1] <= y)
        with np.errstate(all="ignore"):
            at = a[:, 0] + (y - a[:, 1]) / (b[:, 1] - a[:, 1]) * (b[:, 0] - a[:, 0])
        inside ^= rises & (at > x)
    return inside


def test_a_million_rings_that_cross_themselves_have_even_odd_answers(crossing):
    x, y = SIDE * np.random.default_rng(92).random((2, 200_000))
    cell = x.astype(int) * SIDE + y.astype(int)
    index = pf.PolygonIndex(table_of(crossing))
    expected = np.where(even_odd(crossing[cell], x, y), cell, -1)
    assert 0.1 < np.mean(expected >= 0) < 0.5
    np.testing.assert_array_equal(index.locate(x, y), expected)
    np.testing.assert_array_equal(index.query(x, y, "within", output_format="count"), expected >= 0)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_million_polygons_with_bad_coordinates_are_refused_by_the_first(crossing, bad):
    rings = crossing.copy()
    rings[:, 3, 1] = bad
    with pytest.raises(pf.CoordinateError, match="polygon 0") as refused:
        pf.PolygonIndex(table_of(rings))
    assert refused.value.item == 0
    rings[:-1, 3, 1] = 0.5
    with pytest.raises(pf.CoordinateError) as refused:
        pf.PolygonIndex(table_of(rings))
    assert refused.value.item == COUNT - 1


def test_a_million_bad_rows_are_skipped_and_listed(crossing):
    head = np.frombuffer(struct.pack("<BIII", 1, 3, 1, CORNERS), np.uint8)
    crossing = crossing.copy()
    crossing[:, 5, 0] = np.nan
    numbers = crossing.reshape(COUNT, -1).view(np.uint8)
    rows = np.hstack([np.broadcast_to(head, (COUNT, len(head))), numbers])
    width = rows.shape[1]
    data = rows.tobytes()
    rows = [data[i : i + width] for i in range(0, len(data), width)]
    with pytest.raises(pf.FormatError) as refused:
        pf.Polygons.from_wkb(rows)
    assert refused.value.item == 0
    table = pf.Polygons.from_wkb(rows, on_error="skip")
    assert [fault.row for fault in table.faults] == list(range(COUNT))
    assert (pf.PolygonIndex(table).locate([0.5], [0.5]) == -1).all()
