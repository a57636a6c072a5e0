"""Real points in, at and near real polygons, pair for pair.

The hashes are of the pairs that GEOS finds, which are those of exact arithmetic; they are written
down beside the data.
"""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest
from oracle import edges_of, exact, position, square_distance

import polyfind as pf

CITIES, LIGHTS = "geonames_cities1000", "cambridge_street_lights"
# Points, pairs inside, a distance and pairs within it; which points (every so many) are asked for
# their nearest polygons, these pairs, the sum of distances (one for each point), how many are 0.
JOINS = {
    "us_counties": (
        (CITIES, (16387, "c7f0115a4bf73623"), 0.1, (33807, "c7a612fdd7f36498")),
        (20, (7229, "48d1c8c2159c3a6d"), 461298.382500703, 820),
    ),
    "ne_50m_countries": (
        (CITIES, (140684, "a674fd2b95d39b4e"), 0.1, (150540, "c83130373b4a9cd7")),
        (100, (1446, "d591cdee0cbd7eef"), 1.7342960007603954, 1409),
    ),
    "cambridge_parcels": (
        (LIGHTS, (6057, "52c8cd7482e47c64"), 0.0002, (33446, "fdfcb6d6360e3924")),
        (1, (6128, "7def9303d1ce8d2d"), 0.003089862727514711, 6048),
    ),
    "cambridge_decks": (
        (LIGHTS, (0, None), 0.0002, (2533, "35e5941b361602c2")),
        (1, (6117, "6b609b3ea8d98c68"), 3.2450525117177116, 0),
    ),
}
# Places on the boundaries: how many edges at most, how many places, pairs within and covered.
BOUNDARIES = {
    "us_counties": (20000, 57555, (26278, "08a44949cba7506d"), (72972, "9eada37ba4dddf81")),
    "ne_50m_countries": (6000, 17289, (3151, "89b23cb799e41e42"), (20955, "184b30e884474ac7")),
    "cambridge_parcels": (20000, 54471, (22233, "8ea54edef67f3e84"), (94070, "233475448d6d2492")),
    "cambridge_decks": (20000, 40743, (11538, "cd54aca472db551c"), (29682, "3ef2169abda903b1")),
}


def digest(pairs):
    """How many pairs, and the hash of them."""
    assert (np.lexsort(pairs[::-1]) == np.arange(pairs.shape[1])).all()
    found = hashlib.sha256(pairs.T.astype("<i8").tobytes()).hexdigest()[:16]
    return pairs.shape[1], found if pairs.size else None


@pytest.fixture(params=JOINS, scope="module")
def join(request, data, real_polygons):
    """An index of real polygons, the points they are joined with, what is expected."""
    (points, *expected), nearest = JOINS[request.param]
    index = pf.PolygonIndex(real_polygons(request.param), uses=["insides", "distances"])
    return index, data(points)["x"], data(points)["y"], expected, nearest


def test_inside_and_within_a_distance(join):
    index, x, y, (inside, distance, near), _ = join
    for predicate in ("within", "covered_by", "intersects", "owned_by"):
        assert digest(index.query(x, y, predicate)) == inside, predicate
    pairs, distances = index.query(x, y, "dwithin", distance=distance, return_distance=True)
    assert digest(pairs) == near
    assert distances.min() >= 0 and distances.max() <= distance
    assert np.count_nonzero(distances == 0) == inside[0]
    assert digest(index.query(x, y, "dwithin", distance=distance)) == near
    first = np.full(len(x), -1)
    first[pairs[0, ::-1]] = pairs[1, ::-1]
    np.testing.assert_array_equal(index.best(x, y, "dwithin", distance=distance), first)
    counts = index.query(x, y, "dwithin", distance=distance, output_format="count")
    np.testing.assert_array_equal(counts, np.bincount(pairs[0], minlength=len(x)))


def test_nearest_with_ties(join):
    index, x, y, _, (every, expected, total, touching) = join
    x, y = x[::every], y[::every]
    pairs, distances = index.query_nearest(x, y, return_distance=True)
    assert digest(pairs) == expected
    one, given = index.query_nearest(x, y, return_distance=True, all_matches=False)
    first = np.unique(pairs[0], return_index=True)[1]
    np.testing.assert_array_equal(one, pairs[:, first])
    np.testing.assert_array_equal(given, distances[first])
    assert math.fsum(given) == pytest.approx(total, rel=1e-13, abs=0)
    assert np.count_nonzero(given == 0) == touching


@pytest.mark.parametrize("boundary", ["closed", "open", "half_open"])
def test_locate(join, boundary):
    index, x, y, _, _ = join
    rows = index.locate(x, y, boundary)
    assert np.count_nonzero(rows >= 0) == len(np.unique(index.query(x, y, "within")[0]))
    filled = index.locate(x[::20], y[::20], boundary, fallback="nearest")
    missed = rows[::20] < 0
    np.testing.assert_array_equal(filled[~missed], rows[::20][~missed])
    nearest = index.query_nearest(x[::20], y[::20], all_matches=False)[1]
    np.testing.assert_array_equal(filled[missed], nearest[missed])


def places_on(polygons, most):
    """Vertices, middles and quarters of some edges, in the order that the hashes are of."""
    x, y, offsets = polygons.x, polygons.y, polygons.ring_offsets
    starts = np.delete(np.arange(len(x) - 1), offsets[1:-1] - 1)
    a = starts[:: -(-len(starts) // most)]
    return (
        np.concatenate([v[a], (v[a] + v[a + 1]) * 0.5, v[a] + 0.25 * (v[a + 1] - v[a])])
        for v in (x, y)
    )


def vertex_counts(polygons):
    return np.diff(polygons.ring_offsets[polygons.part_offsets[polygons.polygon_offsets]])


@pytest.fixture(params=BOUNDARIES, scope="module")
def boundary(request, real_polygons):
    most, count, within, covered = BOUNDARIES[request.param]
    polygons = real_polygons(request.param)
    x, y = places_on(polygons, most)
    assert len(x) == count
    return polygons, pf.PolygonIndex(polygons), x, y, within, covered


def test_places_on_boundaries(boundary):
    polygons, index, x, y, within, covered = boundary
    inner, outer = index.query(x, y, "within"), index.query(x, y, "covered_by")
    assert digest(inner) == within
    assert digest(outer) == covered
    owned = index.query(x, y, "owned_by")
    keys = [point * len(polygons) + row for point, row in (inner, owned, outer)]
    assert np.isin(keys[0], keys[1]).all() and np.isin(keys[1], keys[2]).all()
    # Some of those that only touch, in exact arithmetic.
    only_touch = outer[:, ~np.isin(keys[2], keys[0])]
    is_owned = np.isin(keys[2], keys[1])[~np.isin(keys[2], keys[0])]
    some = np.flatnonzero(vertex_counts(polygons)[only_touch[1]] < 60)
    for at in some[:: max(1, len(some) // 300)]:
        point, row = only_touch[:, at]
        inside, touches = position(edges_of(polygons, row), exact((x[point], y[point])))
        assert touches and inside == is_owned[at]


def test_a_tiling_of_parcels_has_one_owner_nearly_everywhere(real_polygons):
    """Shared edges are shared exactly; a few parcels that overlap or repeat are the exceptions."""
    polygons = real_polygons("cambridge_parcels")
    index = pf.PolygonIndex(polygons, uses="insides")
    x, y = places_on(polygons, 20000)
    shared = index.query(x, y, "covered_by", output_format="count") >= 2
    counts = index.query(x, y, "owned_by", output_format="count")[shared]
    assert np.count_nonzero(counts == 1) > 0.97 * len(counts)


@pytest.mark.usefixtures("each_level")
def test_the_8_nearest_decks_of_street_lights(data, real_polygons):
    shapely = pytest.importorskip("shapely")
    from test_real_data import shapes_of

    lights = data(LIGHTS)
    x, y = lights["x"][::16], lights["y"][::16]
    decks = shapes_of(data("cambridge_decks"))
    index = pf.PolygonIndex(real_polygons("cambridge_decks"), uses="distances")
    pairs, distances = index.query_nearest(x, y, k=8, return_distance=True, all_matches=False)
    np.testing.assert_array_equal(pairs[0], np.repeat(np.arange(len(x)), 8))
    rows, distances = pairs[1].reshape(-1, 8), distances.reshape(-1, 8)
    assert (np.diff(distances, axis=1) >= 0).all()
    for i, point in enumerate(shapely.points(x, y)):
        theirs = shapely.distance(decks, point)
        np.testing.assert_allclose(distances[i], np.sort(theirs)[:8], rtol=1e-9)
        np.testing.assert_allclose(theirs[rows[i]], distances[i], rtol=1e-9)
        assert len(set(rows[i])) == 8
    ties, _ = index.query_nearest(x, y, k=8, return_distance=True)
    keys, all_keys = (each[0] * len(decks) + each[1] for each in (pairs, ties))
    assert np.isin(keys, all_keys).all()


@pytest.mark.usefixtures("each_level")
@pytest.mark.parametrize("name", ["us_counties", "cambridge_parcels"])
def test_floats_in_exact_arithmetic(name, data, real_polygons):
    """Rounded to float these polygons overlap and cross themselves."""
    given = real_polygons(name)
    x, y = given.x.astype(np.float32), given.y.astype(np.float32)
    offsets = given.ring_offsets, given.part_offsets, given.polygon_offsets
    polygons = pf.Polygons(x, y, *offsets)
    index = pf.PolygonIndex(polygons)
    every = len(x) // 150
    at_x, at_y = x[::every], y[::every]  # vertices
    at_x = np.concatenate([at_x, (at_x + x[1::every][: len(at_x)]) / np.float32(2)])
    at_y = np.concatenate([at_y, (at_y + y[1::every][: len(at_y)]) / np.float32(2)])
    low_x, low_y, high_x, high_y = pf.bounds(polygons).T
    reach = np.median(high_x - low_x) / 8
    found = {
        predicate: set(zip(*index.query(at_x, at_y, predicate).tolist()))
        for predicate in ("within", "covered_by", "owned_by")
    }
    pairs, distances = index.query(at_x, at_y, "dwithin", distance=reach, return_distance=True)
    near = dict(zip(zip(*pairs.tolist()), distances))
    compared = 0
    edges, few = {}, vertex_counts(polygons) < 250  # the others take long
    for i, (px, py) in enumerate(zip(at_x.astype(float), at_y.astype(float))):
        boxes = (low_x - px <= reach) & (px - high_x <= reach)
        boxes &= (low_y - py <= reach) & (py - high_y <= reach)
        for row in np.flatnonzero(boxes & few):
            row, point, compared = int(row), exact((px, py)), compared + 1
            if row not in edges:
                edges[row] = edges_of(polygons, row)
            inside, touches = position(edges[row], point)
            assert ((i, row) in found["within"]) == (inside and not touches)
            assert ((i, row) in found["covered_by"]) == (inside or touches)
            assert ((i, row) in found["owned_by"]) == inside
            square = 0 if inside or touches else square_distance(edges[row], point)
            assert ((i, row) in near) == (square <= exact((reach,))[0] ** 2)
            if (i, row) in near:
                assert near[i, row] == pytest.approx(math.sqrt(square), rel=1e-15)
    assert compared > 500


@pytest.mark.parametrize("name", ["ne_50m_countries", "cambridge_parcels"])
def test_nothing_depends_on_how_it_is_run(name, data, real_polygons, portable):
    polygons = real_polygons(name)
    x, y = places_on(polygons, 4000)
    reach = 0.0002 if name.startswith("cambridge") else 0.1

    def answers(workers):
        index = pf.PolygonIndex(polygons, workers=workers)
        ask = {"workers": workers}
        for predicate in ("within", "covered_by", "owned_by"):
            yield index.query(x, y, predicate, **ask)
        yield from index.query(x, y, "dwithin", distance=reach, return_distance=True, **ask)
        yield index.query(x, y, "dwithin", distance=reach, output_format="count", **ask)
        yield index.best(x, y, "covered_by", by="center", **ask)
        yield index.locate(x, y, rule="smallest", fallback="nearest", **ask)
        yield from index.query_nearest(x + reach, y, k=3, return_distance=True, **ask)

    expected = list(answers(1))
    for workers in (2, 5):
        for given, other in zip(answers(workers), expected):
            np.testing.assert_array_equal(given, other)
    with portable():
        for given, other in zip(answers(2), expected):
            np.testing.assert_array_equal(given, other)
