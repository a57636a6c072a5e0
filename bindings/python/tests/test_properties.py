"""Random tables and questions against Shapely and exact arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import close_pairs, edges_of, exact, position, square_distance

import polyfind as pf

shapely = pytest.importorskip("shapely")


@st.composite
def geometries(draw):
    """Polygons with holes and parts: stars about a place, their holes stars well inside."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    offset = draw(st.sampled_from([0.0, 1e3, -5e5]))

    def star(x, y, radius):
        n = random.integers(3, 30)
        angles = np.sort(random.random(n)) * 0.2 + np.arange(n) / n * 2 * np.pi
        radii = radius * random.uniform(0.7, 1.0, n)
        ring = np.column_stack([x + radii * np.cos(angles), y + radii * np.sin(angles)])
        return ring[:: random.choice([-1, 1])]

    def polygon(x, y):
        holes = [star(x + dx, y, 0.08) for dx in (-0.12, 0.12)[: random.integers(0, 3)]]
        return shapely.Polygon(star(x, y, 1.0), holes)

    def many():
        count = random.integers(1, 4)
        return shapely.MultiPolygon([polygon(offset + 3 * i, offset) for i in range(count)])

    return [many() for _ in range(draw(st.integers(1, 6)))]


@st.composite
def tables(draw):
    """The same polygons as Shapely objects and as a table, laid out in any way there is."""
    shapes = np.array(draw(geometries()))
    _, coords, offsets = shapely.to_ragged_array(shapes)
    offset_type = draw(st.sampled_from([np.int32, np.int64, np.uint16]))
    offsets = [array.astype(offset_type) for array in offsets]
    if draw(st.booleans()):
        coords = coords.astype(np.float32)
        shapes = shapely.from_ragged_array(
            shapely.GeometryType.MULTIPOLYGON, coords.astype(float), tuple(map(np.int64, offsets))
        )
    layout = draw(st.sampled_from(["columns", "pairs", "wide", "reversed", "lists"]))
    if layout == "pairs":
        return shapes, pf.Polygons.from_ragged_array(coords, tuple(offsets))
    if layout == "wide":
        coords = np.repeat(coords, 3, axis=1)
        return shapes, pf.Polygons(coords[:, 1], coords[:, 4], *offsets)
    x, y = coords.T.copy()
    if layout == "reversed":
        x, y = x[::-1].copy()[::-1], y[::-1].copy()[::-1]
    if layout == "lists":
        x, y = x.tolist(), y.tolist()
    return shapes, pf.Polygons(x, y, *offsets)


@given(tables())
def test_measures_are_shapely_s(both):
    shapes, polygons = both
    size = np.abs(shapely.bounds(shapes)).max()
    tolerance = {"rtol": 1e-12, "atol": 1e-15 * size}
    areas = shapely.area(shapes)
    # GEOS sums about the first vertex only for area; far from the origin its own error shows.
    np.testing.assert_allclose(pf.area(polygons), areas, rtol=1e-12 + 1e-16 * size**2)
    np.testing.assert_allclose(pf.perimeter(polygons), shapely.length(shapes), **tolerance)
    np.testing.assert_array_equal(pf.bounds(polygons), shapely.bounds(shapes))
    centroids = shapely.get_coordinates(shapely.centroid(shapes))
    np.testing.assert_allclose(
        np.column_stack(pf.centroid(polygons)), centroids, rtol=1e-12, atol=1e-11
    )
    for shape, x, y in zip(shapes, *pf.center(polygons)):
        rings = [r for p in shape.geoms for r in (p.exterior, *p.interiors)]
        vertices = np.concatenate([shapely.get_coordinates(ring)[:-1] for ring in rings])
        np.testing.assert_allclose((x, y), vertices.mean(axis=0), **tolerance)


def places_about(random, shapes):
    """Points on vertices, on edges up to rounding, in line with vertices, and anywhere near."""
    vertices = shapely.get_coordinates(shapes)
    some, others = (vertices[random.integers(len(vertices), size=30)] for _ in range(2))
    low_x, low_y, high_x, high_y = shapely.total_bounds(shapes)
    anywhere = random.uniform([low_x - 1, low_y - 1], [high_x + 1, high_y + 1], (60, 2))
    lined_up = np.column_stack([anywhere[:30, 0], some[:, 1]])
    return np.concatenate(
        [some, (some + vertices[:30].mean(axis=0)) / 2, lined_up, anywhere, others]
    )


def pairs_of(points, shapes, predicate, **how):
    """What Shapely finds, sorted."""
    found = shapely.STRtree(shapes).query(points, predicate=predicate, **how)
    return found[:, np.lexsort(found[::-1])]


@given(tables(), st.integers(0, 2**32 - 1), st.sampled_from([0.05, 0.3, 1.7]))
def test_insides_and_distances_are_shapely_s(both, seed, reach):
    shapes, polygons = both
    places = places_about(np.random.default_rng(seed), shapes)
    points, index = shapely.points(places), pf.PolygonIndex(polygons)
    for predicate in ("within", "intersects", "covered_by"):
        expected = pairs_of(points, shapes, predicate)
        np.testing.assert_array_equal(index.query(xy=places, predicate=predicate), expected)
    away = shapely.distance(points[:, None], shapes)
    # GEOS computes distances, and is off by what the coordinates' size takes.
    error = 1e-13 * max(1.0, np.abs(places).max())
    pairs, distances = index.query(
        xy=places, predicate="dwithin", distance=reach, return_distance=True
    )
    near = np.zeros(away.shape, bool)
    near[tuple(pairs)] = True
    assert (near == (away <= reach))[np.abs(away - reach) > error].all()
    np.testing.assert_allclose(distances, away[near], rtol=1e-12, atol=error)
    for k in (1, 3):
        pairs, distances = index.query_nearest(xy=places, k=k, return_distance=True)
        least = np.sort(away, axis=1)[:, : len(shapes)][:, min(k, len(shapes)) - 1]
        np.testing.assert_allclose(distances, away[tuple(pairs)], rtol=1e-12, atol=error)
        found = np.zeros(away.shape, bool)
        found[tuple(pairs)] = True
        clear = np.abs(away - least[:, None]) > error
        assert (found == (away < least[:, None]))[clear].all()
        assert (found.sum(axis=1) >= min(k, len(shapes))).all()


lattice = st.tuples(st.integers(-6, 6), st.integers(-6, 6))
places = st.one_of(
    st.lists(lattice, max_size=30),
    st.lists(st.tuples(*[st.floats(-8, 8, width=32)] * 2), max_size=30),
    st.lists(st.tuples(*[st.floats(-1e300, 1e300)] * 2), max_size=10),
)


@given(
    st.lists(st.lists(st.lists(lattice, max_size=7), max_size=3), max_size=8),
    st.lists(st.tuples(*[st.integers(-14, 14)] * 2), max_size=25),
    st.sampled_from([1.0, 0.1, 2.0**-530, 3e150]),
    st.integers(0, 16),
)
def test_any_rings_in_exact_arithmetic(shapes, halves, scale, reach):
    """Rings that cross and repeat themselves and each other, points on them and beside them."""
    rings = [ring for shape in shapes for ring in shape]
    x, y = np.array([place for ring in rings for place in ring], float).reshape(-1, 2).T * scale
    ends = [np.cumsum([0, *map(len, level)]) for level in (rings, shapes)]
    polygons = pf.Polygons(x.copy(), y.copy(), *ends)
    index = pf.PolygonIndex(polygons)
    places = np.array(halves, float).reshape(-1, 2) / 2 * scale
    reach = reach / 2 * scale
    found = {
        word: set(zip(*index.query(xy=places, predicate=word).tolist()))
        for word in ("within", "covered_by", "owned_by")
    }
    near = set(zip(*index.query(xy=places, predicate="dwithin", distance=reach).tolist()))
    pairs, distances = index.query_nearest(xy=places, k=2, return_distance=True)
    nearest = [(i, d, row) for (i, row), d in zip(zip(*pairs.tolist()), distances.tolist())]
    assert nearest == sorted(nearest)
    edges = {row: edges_of(polygons, row) for row in range(len(polygons))}
    for i, place in enumerate(map(exact, places)):
        squares = {}
        for row in edges:
            inside, touches = position(edges[row], place)
            assert ((i, row) in found["within"]) == (inside and not touches)
            assert ((i, row) in found["covered_by"]) == (inside or touches)
            assert ((i, row) in found["owned_by"]) == inside
            if edges[row]:
                squares[row] = 0 if inside or touches else square_distance(edges[row], place)
                assert ((i, row) in near) == (squares[row] <= exact((reach,))[0] ** 2)
        given = {row: d for j, d, row in nearest if i == j}
        assert len(given) >= min(2, len(squares))
        for row, square in squares.items():
            far = given.get(row, max(given.values()))  # no nearer than the last, if left out
            far, slack = exact((far, 2 * np.spacing(far)))
            assert max(far - slack, 0) ** 2 <= square
            assert row not in given or square <= (far + slack) ** 2
            assert (far == 0) == (square == 0) or row not in given


@given(places, places, st.one_of(st.integers(0, 12), st.floats(0, 12), st.floats(0, 1e301)))
def test_close_is_decided_exactly(centers, points, distance):
    centers, points = (np.array(each, float).reshape(-1, 2) for each in (centers, points))
    index = pf.PolygonIndex(pf.Polygons(xy=centers, ring_offsets=np.arange(len(centers) + 1)))
    expected = close_pairs(centers, points, distance)
    pairs = index.query(xy=points, distance=distance)
    assert list(zip(*pairs.tolist())) == expected
    counts = np.bincount([i for i, _ in expected], minlength=len(points))[: len(points)]
    assert index.query(xy=points, distance=distance, output_format="count").tolist() == (
        counts.tolist()
    )
    mask = index.query(xy=points, distance=distance, output_format="mask")
    assert mask.tolist() == (counts > 0).tolist()
    first = dict(reversed(expected))
    best = index.best(xy=points, distance=distance)
    assert best.tolist() == [first.get(i, -1) for i in range(len(points))]


@given(
    st.lists(lattice, max_size=40),
    st.lists(lattice, max_size=20),
    st.integers(1, 45),
    st.one_of(st.none(), st.integers(0, 12)),
)
def test_nearest_and_best_on_a_lattice(centers, points, k, limit):
    """Many ties, whole squares of distances: the order is distance, then row."""
    centers, points = (np.array(each, float).reshape(-1, 2) for each in (centers, points))
    index = pf.PolygonIndex(pf.Polygons(xy=centers, ring_offsets=np.arange(len(centers) + 1)))
    ids, distances = index.nearest_centers(xy=points, k=k, max_distance=limit, return_distance=True)
    ids, distances = ids.reshape(-1, k), distances.reshape(-1, k)
    for point, row, lengths in zip(points, ids, distances):
        squares = ((centers - point) ** 2).sum(axis=1)
        order = sorted(range(len(centers)), key=lambda j: (squares[j], j))
        order = [j for j in order if limit is None or squares[j] < limit**2][:k]
        assert row.tolist() == order + [-1] * (k - len(order))
        np.testing.assert_allclose(lengths[: len(order)], np.sqrt(squares[order]), rtol=1e-15)
        assert np.isnan(lengths[len(order) :]).all()
    if limit is not None:
        best = index.best(xy=points, distance=limit, by="distance")
        np.testing.assert_array_equal(best, ids[:, 0])
        priority = -np.arange(len(centers) // 2 * 2, dtype=float)[: len(centers)] // 2
        priority = np.resize(priority, len(centers)) if len(priority) else np.zeros(len(centers))
        best = index.best(xy=points, distance=limit, by="priority", priority=priority)
        for point, row in zip(points, best):
            squares = ((centers - point) ** 2).sum(axis=1)
            near = [j for j in range(len(centers)) if squares[j] < limit**2]
            assert row == min(near, key=lambda j: (priority[j], j), default=-1)
