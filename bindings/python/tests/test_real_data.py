"""Real polygons and points, with exact answers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from oracle import area_and_centroid, is_close

import polyfind as pf

shapely = pytest.importorskip("shapely")

SETS = ["us_counties", "ne_50m_countries", "cambridge_parcels", "cambridge_decks"]


def shapes_of(arrays):
    """A real set as Shapely objects."""
    offsets = [arrays[f"{level}_offsets"].astype(np.int64) for level in ("ring", "part", "geom")]
    coords = np.column_stack([arrays["x"], arrays["y"]])
    return shapely.from_ragged_array(shapely.GeometryType.MULTIPOLYGON, coords, tuple(offsets))


@pytest.fixture(params=SETS, scope="module")
def both(request, data, real_polygons):
    """A real set as a table and as Shapely objects."""
    return request.param, real_polygons(request.param), shapes_of(data(request.param))


@pytest.fixture(scope="module")
def exact(both):
    """Exact areas and centroids."""
    _, polygons, _ = both
    return [area_and_centroid(polygons, row) for row in range(len(polygons))]


def test_areas_are_exact_to_1e_14(both, exact):
    name, polygons, shapes = both
    areas = pf.area(polygons)
    for row, (area, _) in enumerate(exact):
        assert abs(areas[row] - area) <= 1e-14 * area, row
    np.testing.assert_allclose(areas, shapely.area(shapes), rtol=1e-6, atol=1e-18)
    total = {"us_counties": 1104.3481772473644, "cambridge_decks": 6.778338635258826e-06}
    if name in total:
        assert math.fsum(areas) == pytest.approx(total[name], rel=1e-14)


def test_centroids_are_at_least_as_close_as_geos(both, exact):
    _, polygons, shapes = both
    ours = np.column_stack(pf.centroid(polygons))
    theirs = shapely.get_coordinates(shapely.centroid(shapes))
    worst = [0.0, 0.0]
    for row, (_, centroid) in enumerate(exact):
        if centroid is not None:
            for i, given in enumerate((ours[row], theirs[row])):
                far = max(abs(float(a) - b) for a, b in zip(given, centroid))
                worst[i] = max(worst[i], float(far))
    assert worst[0] <= worst[1]


def test_the_rest_is_shapely_s(both):
    _, polygons, shapes = both
    np.testing.assert_array_equal(pf.bounds(polygons), shapely.bounds(shapes))
    np.testing.assert_allclose(pf.perimeter(polygons), shapely.length(shapes), rtol=1e-12)
    np.testing.assert_array_equal(pf.area(polygons, workers=1), pf.area(polygons, workers=3))


@pytest.fixture(scope="module")
def candidates(data, real_polygons):
    """All pairs of a city and a county up to 5 degrees and a little, with the squared distance."""
    cities, (center_x, center_y) = (
        data("geonames_cities1000"),
        pf.center(real_polygons("us_counties")),
    )
    found = []
    for start in range(0, len(cities["x"]), 2000):
        x, y = (cities[axis][start : start + 2000, None] for axis in "xy")
        square = (x - center_x) ** 2 + (y - center_y) ** 2
        i, j = np.nonzero(square < 25 * (1 + 1e-9))
        found.append((i + start, j, square[i, j]))
    return tuple(map(np.concatenate, zip(*found)))


@pytest.mark.parametrize("distance", [0.1, 0.5, 5.0])
def test_close_pairs_of_counties_and_cities(distance, candidates, data, real_polygons):
    polygons, cities = real_polygons("us_counties"), data("geonames_cities1000")
    x, y = cities["x"], cities["y"]
    centers = np.column_stack(pf.center(polygons))
    i, j, square = candidates
    near = square < distance**2
    for pair in np.nonzero(np.abs(square - distance**2) < 1e-9 * distance**2)[0]:
        near[pair] = is_close(centers[j[pair]], (x[i[pair]], y[i[pair]]), distance)
    expected = np.stack([i[near], j[near]])
    index = pf.PolygonIndex(polygons)
    np.testing.assert_array_equal(index.query(x, y, distance=distance), expected)
    counts = index.query(x, y, distance=distance, output_format="count")
    np.testing.assert_array_equal(counts, np.bincount(expected[0], minlength=len(x)))
    mask = index.query(x, y, distance=distance, output_format="mask")
    np.testing.assert_array_equal(mask, counts > 0)
    first = np.full(len(x), -1)
    first[expected[0][::-1]] = expected[1][::-1]
    np.testing.assert_array_equal(index.best(x, y, distance=distance), first)
