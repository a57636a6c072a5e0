"""docs/relations.md, row for row."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pytest
from conftest import ROOT

import polyfind as pf

PAGE = ROOT / "docs" / "relations.md"
TEXT = PAGE.read_text() if PAGE.is_file() else ""
WORDS = {"within": "open", "covered_by": "closed", "owned_by": "half_open"}


def rows_of(title):
    """The cells of the table below a title."""
    section = TEXT.partition(f"## {title}\n")[2].partition("\n## ")[0]
    lines = re.findall(r"^\| (.*) \|$", section.replace("| |", "|  |"), re.MULTILINE)
    return [[cell.strip() for cell in line.split(" | ")] for line in lines[1:]]


def polygon_of(text):
    """Parts of rings of (x, y) as WKT has them, without its demands on them."""
    kind, body = text.strip("`").split(" ", 1)
    body = re.sub(r"([^\s(),]+) ([^\s(),]+)", r"[\1, \2]", body)
    parts = json.loads(body.translate({40: "[", 41: "]"}).replace("EMPTY", "[]"))
    return [parts] if kind == "POLYGON" else parts


def number_of(text):
    """A number as the page writes it, to which 1/sqrt(5) and 2^-60 belong."""
    return float(eval(text.replace("^", "**"), {"__builtins__": {}, "sqrt": math.sqrt}))


SHAPES = {name: polygon_of(text) for name, text in rows_of("Shapes")}
ANSWERS = rows_of("Answers")
SCALES = {"as it is": 0, "tiny": -960, "smallest": -1074, "huge": 1019}


def table_of(shapes, scale=1.0, dtype=np.float64, before=0, after=0):
    """The shapes, with triangles in rows before and after them, far to the right."""
    others = [[[[[x, 0], [x + 1, 0], [x, 1]]]] for x in range(100, 100 + before + after)]
    polygons = [*others[:before], *shapes, *others[before:]]
    rings = [ring for polygon in polygons for part in polygon for ring in part]
    parts = [part for polygon in polygons for part in polygon]
    offsets = ([0, *np.cumsum([len(each) for each in level])] for level in (rings, parts, polygons))
    x, y = np.array([place for ring in rings for place in ring], float).reshape(-1, 2).T * scale
    return pf.Polygons(x.astype(dtype), y.astype(dtype), *offsets)


def needs_page():
    if not TEXT:
        pytest.skip(f"{PAGE} is not here")


def test_the_page_is_read():
    needs_page()
    assert len(SHAPES) >= 25 and len(ANSWERS) >= 80
    assert {row[0] for row in ANSWERS} == set(SHAPES)
    assert SHAPES["hole"][0][1][0] == [2, 2] and SHAPES["no rings"] == [[], []]


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("row", ANSWERS, ids=lambda row: f"{row[0]} at {row[1]}")
def test_answer(row, scale):
    shape, point, *answers, distance = row[:6]
    exponent = SCALES[scale]
    x, y = (number_of(text) for text in point.split())
    if scale == "smallest" and not (x.is_integer() and y.is_integer()):
        pytest.skip("not a multiple of the smallest double")
    far = None if distance == "none" else number_of(distance)
    if far:  # only what touches is 0 away
        far = max(math.ldexp(far, exponent), math.ldexp(1, -1074))
    is_float = not exponent and all(float(np.float32(at)) == at for at in (x, y))
    x, y = math.ldexp(x, exponent), math.ldexp(y, exponent)
    unit = math.ldexp(1.0, exponent)
    for dtype in (np.float64, np.float32) if is_float else (np.float64,):
        # Alone, and as row 3 among so many others that the index has cells and a tree.
        for row, others in ((0, 0), (3, 97)) if scale != "huge" else ((0, 0),):
            table = table_of([SHAPES[shape]], unit, dtype, row, others)
            index = pf.PolygonIndex(table)
            at = np.array([x], dtype), np.array([y], dtype)
            check(index, row, at, dict(zip(WORDS, (word == "yes" for word in answers))), far)


def check(index, row, at, answers, far):
    for predicate, expected in answers.items():
        assert index.query(*at, predicate)[1].tolist() == [row] * expected, predicate
        assert index.query(*at, predicate, output_format="mask").tolist() == [expected]
        assert index.query(*at, predicate, output_format="count").tolist() == [expected]
        assert index.best(*at, predicate).tolist() == [row if expected else -1]
        assert index.locate(*at, WORDS[predicate]).tolist() == [row if expected else -1]
    assert index.query(*at, "intersects").tolist() == index.query(*at, "covered_by").tolist()
    if far is None:
        assert row not in index.query_nearest(*at, k=len(index))[1]
        assert row not in index.query(*at, "dwithin", distance=1e300)[1]
        return
    assert answers["covered_by"] == (far == 0)
    pairs, distances = index.query_nearest(*at, return_distance=True)
    assert pairs.tolist() == [[0], [row]]
    assert abs(distances[0] - far) <= 2 * np.spacing(far) and (distances[0] == 0) == (far == 0)
    # The true distance is a double or lies between two of those about it.
    for steps, expected in ((-3, far == 0), (3, True)):
        reach = max(far + steps * np.spacing(far), 0.0)
        assert index.query(*at, "dwithin", distance=reach)[1].tolist() == [row] * expected
    reached, given = index.query(*at, "dwithin", distance=2 * far, return_distance=True)
    assert reached.tolist() == [[0], [row]] and given.tolist() == distances.tolist()


def test_dwithin_and_max_distance_include_what_is_as_far():
    index = pf.PolygonIndex(table_of([polygon_of("`POLYGON ((0 0, 4 0, 4 4, 0 4))`")]))
    below = np.nextafter(5.0, 0)
    for far, expected in ((5, 1), (below, 0)):
        assert index.query(7, 8, "dwithin", distance=far, output_format="count") == expected
        assert index.query_nearest(7, 8, max_distance=far).shape == (2, expected)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_points_that_are_nowhere_are_refused_with_their_row(bad):
    index = pf.PolygonIndex(table_of([polygon_of("`POLYGON ((0 0, 4 0, 4 4, 0 4))`")]))
    for call, keywords in (
        (index.query, dict(predicate="within")),
        (index.query, dict(predicate="covered_by", output_format="mask")),
        (index.query, dict(predicate="owned_by", output_format="count")),
        (index.query, dict(predicate="dwithin", distance=1)),
        (index.best, dict(predicate="covered_by", by="area")),
        (index.locate, {}),
        (index.locate, dict(fallback="nearest")),
        (index.query_nearest, {}),
        (index.query_nearest, dict(all_matches=False)),
    ):
        for name in "xy":
            points = {"x": [1, 1, 1], "y": [1, 1, 1], name: [1, 1, bad]}
            with pytest.raises(pf.CoordinateError, match=rf"points.{name}\[2\]") as caught:
                call(**points, **keywords)
            assert caught.value.item == 2


def test_a_tiling_gives_each_point_one_owner():
    """An uneven grid, cut along diagonals: corners, middles of edges, places between."""
    steps = np.array([0, 1, 1.5, 4, 4.125, 9])
    triangles = [
        [[[[a, c], [b, c], [a, d]]], [[[b, c], [b, d], [a, d]]]][half]
        for a, b in zip(steps, steps[1:])
        for c, d in zip(steps, steps[1:])
        for half in (0, 1)
    ]
    index = pf.PolygonIndex(table_of([[triangle] for triangle in triangles]))
    places = np.unique(np.concatenate([steps, (steps[1:] + steps[:-1]) / 2]))
    x, y = (each.ravel() for each in np.meshgrid(places, places))
    inside = (x < 9) & (y < 9)
    counts = index.query(x, y, "owned_by", output_format="count")
    assert counts.tolist() == inside.astype(int).tolist()
    assert (index.query(x, y, "covered_by", output_format="count") >= counts).all()
    assert (index.locate(x, y, "half_open") >= 0).tolist() == inside.tolist()
