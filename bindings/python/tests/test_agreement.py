"""docs/agreement.md: what polyfind, Shapely, geopandas and others say in the same situation.

The page is what this file makes. POLYFIND_AGREEMENT=write writes it anew.
"""

from __future__ import annotations

import os

import numpy as np
import pytest
from conftest import ROOT

import polyfind as pf

geopandas = pytest.importorskip("geopandas")
shapely = pytest.importorskip("shapely")
spatial = pytest.importorskip("scipy.spatial")
rtree = pytest.importorskip("rtree")

PAGE = ROOT / "docs" / "agreement.md"

SQUARE = "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0))"
HOLE = "POLYGON ((0 0, 8 0, 8 8, 0 8, 0 0), (2 2, 6 2, 6 6, 2 6, 2 2))"
BOW = "POLYGON ((0 0, 4 4, 4 0, 0 4, 0 0))"
TWICE = "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0, 4 0, 4 4, 0 4, 0 0))"
OVERLAP = "MULTIPOLYGON (((0 0, 4 0, 4 4, 0 4, 0 0)), ((2 0, 6 0, 6 4, 2 4, 2 0)))"
THIRD = "POLYGON ((0 0, 3 1, 0 1, 0 0))"

SITUATIONS = {
    "inside": (SQUARE, 1, 1),
    "on an edge, inside to the right": (SQUARE, 0, 1),
    "on an edge, inside to the left": (SQUARE, 4, 1),
    "on the lowest left vertex": (SQUARE, 0, 0),
    "on the highest right vertex": (SQUARE, 4, 4),
    "outside": (SQUARE, 5, 1),
    "on a slanted edge, as far as doubles can say": (THIRD, 0.3, 0.1),
    "in a hole": (HOLE, 4, 4),
    "on the edge of a hole": (HOLE, 2, 4),
    "in the wing of a bow tie": (BOW, 1, 2),
    "on the crossing of a bow tie": (BOW, 2, 2),
    "where a ring goes around twice": (TWICE, 1, 1),
    "where two parts overlap": (OVERLAP, 3, 1),
    "an empty polygon": ("POLYGON EMPTY", 0, 0),
}
PREDICATES = ("within", "covered_by", "intersects", "dwithin")
NEAR = 1.0


def ours(polygon, x, y, predicate, distance):
    index = pf.PolygonIndex(pf.Polygons.from_shapely([polygon]))
    return index.query(x, y, predicate, distance=distance).size > 0


def by_shapely(polygon, x, y, predicate, distance):
    tree = shapely.STRtree([polygon])
    how = {} if distance is None else {"distance": distance}
    return tree.query(shapely.Point(x, y), predicate, **how).size > 0


def by_geopandas(polygon, x, y, predicate, distance):
    points = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy([x], [y]))
    how = {} if distance is None else {"distance": distance}
    zones = geopandas.GeoDataFrame(geometry=[polygon])
    return len(geopandas.sjoin(points, zones, predicate=predicate, **how)) > 0


def word(answer):
    return "yes" if answer else "no"


REFUSED = "refused"


def unless_refused(ask, *asked):
    """An answer in a word. Shapely with a GEOS before 3.13 may have none for an invalid polygon."""
    try:
        return word(ask(*asked))
    except shapely.errors.GEOSException:
        assert shapely.geos_version < (3, 13) and not asked[0].is_valid
        return REFUSED


def of_predicates():
    """A row for each situation: what each predicate says, and who says otherwise."""
    rows = []
    for situation, (wkt, x, y) in SITUATIONS.items():
        polygon, cells = shapely.from_wkt(wkt), []
        for predicate in PREDICATES:
            distance = NEAR if predicate == "dwithin" else None
            asked = polygon, x, y, predicate, distance
            mine = word(ours(*asked))
            others = {"Shapely": by_shapely, "geopandas": by_geopandas}
            theirs = {name: unless_refused(ask, *asked) for name, ask in others.items()}
            other = [name for name, answer in theirs.items() if answer != mine]
            refused = REFUSED if REFUSED in theirs.values() else ""
            cells.append(refused or (f"**{mine}**, not {' and '.join(other)}" if other else mine))
        owned = word(ours(polygon, x, y, "owned_by", None))
        rows.append(f"| {situation} | {x:g} {y:g} | {' | '.join(cells)} | {owned} |")
    return rows


def of_distances():
    """A row for each question in which only distances to centers, or boxes, count."""
    zones = pf.Polygons.from_boxes([[0, 0, 2, 2], [4, 0, 6, 2]])
    index, tree = pf.PolygonIndex(zones), spatial.cKDTree(np.column_stack(pf.center(zones)))
    boxes = rtree.index.Index()
    for row, box in enumerate(pf.bounds(zones)):
        boxes.insert(row, box)
    triangle = pf.Polygons.from_rings([[(0, 0), (4, 0), (0, 4)]])
    around = rtree.index.Index()
    around.insert(0, tuple(pf.bounds(triangle)[0]))
    nearest = index.nearest_centers(3, 1), tree.query([3, 1])[1]
    rows = [
        ("a center at just that distance", "`close`", index.query(1, 3, distance=2.0).size > 0,
         "cKDTree.query_ball_point", len(tree.query_ball_point([1, 3], 2.0)) > 0),
        ("a center that is nearer", "`close`", index.query(1, 2.5, distance=2.0).size > 0,
         "cKDTree.query_ball_point", len(tree.query_ball_point([1, 2.5], 2.0)) > 0),
        ("the first of two centers as near", "`nearest_centers`", nearest[0][0] == 0,
         "cKDTree.query", nearest[1] == 0),
        ("in the box of a triangle, not in it", "`covered_by`",
         pf.PolygonIndex(triangle).query(3, 3, "covered_by").size > 0,
         "rtree.Index.intersection", len(list(around.intersection((3, 3, 3, 3)))) > 0),
        ("on the edge of a box", "`covered_by`", index.query(2, 1, "covered_by").size > 0,
         "rtree.Index.intersection", len(list(boxes.intersection((2, 1, 2, 1)))) > 0),
    ]  # fmt: skip
    return [
        f"| {situation} | {predicate} | {word(mine)} | `{library}` | {word(theirs)} |"
        for situation, predicate, mine, library, theirs in rows
    ]


def page():
    names = " | ".join(f"`{name}`" for name in PREDICATES)
    return "\n".join([
        "# Who agrees with whom",
        "",
        "What polyfind says of a point and a polygon, and where Shapely and geopandas, asked by",
        f"the same predicate, say otherwise; `dwithin` is asked with a distance of {NEAR:g}.",
        "The page is made by a test (`bindings/python/tests/test_agreement.py`), which fails when",
        "an answer changes.",
        "",
        f"| situation | point | {names} | `owned_by` (polyfind only) |",
        "|---|---|---|---|---|---|---|",
        *of_predicates(),
        "",
        "Where they differ, the polygon is invalid; polyfind decides all by the even-odd rule, as",
        "[relations](relations.md) says. Shapely with a GEOS before 3.13 may raise an error there.",
        "",
        "Other libraries know centers, or boxes:",
        "",
        "| situation | predicate | polyfind | other | says |",
        "|---|---|---|---|---|",
        *of_distances(),
        "",
    ])  # fmt: skip


def test_the_page_is_what_libraries_say():
    text = page()
    if os.environ.get("POLYFIND_AGREEMENT") == "write":
        assert REFUSED not in text
        PAGE.write_text(text)
    elif not PAGE.is_file():
        pytest.skip(f"{PAGE} is not here")
    told, said = PAGE.read_text().splitlines(), text.splitlines()
    assert len(said) == len(told)
    for row, now in zip(told, said):
        assert now == row or REFUSED in now


def test_valid_polygons_are_agreed_upon():
    for situation, (wkt, x, y) in SITUATIONS.items():
        polygon = shapely.from_wkt(wkt)
        if not polygon.is_valid:
            continue
        for predicate in PREDICATES:
            asked = polygon, x, y, predicate, NEAR if predicate == "dwithin" else None
            assert ours(*asked) == by_shapely(*asked) == by_geopandas(*asked), situation
