"""Polygons as objects, against plain Python."""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pytest

import polyfind as pf


def shoelace(polygon):
    if polygon._area is None:
        x, y = polygon.x, polygon.y
        polygon._area = 0.5 * np.abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))
    return polygon._area


class PlainPolygon:
    """What programs had before."""

    def __init__(self, x, y):
        self.x, self.y = np.array(x), np.array(y)
        self._area = None

    @cached_property
    def center(self):
        return np.array([self.x, self.y]).mean(axis=1)

    area = shoelace


class OwnArea(pf.Polygon):
    """A subclass that brings its own area."""

    _area = None
    area = shoelace


def plain_find(polygons, point, max_dist):
    return [each for each in polygons if np.linalg.norm(each.center - point) < max_dist]


def plain_find_all(polygons, points, max_dist):
    sets = [(point, plain_find(polygons, point, max_dist)) for point in points]
    return [(point, near) for point, near in sets if near]


def plain_best(sets):
    best = []
    for point, polygons in sets:
        smallest = polygons[0]
        for polygon in polygons[1:]:
            if polygon.area() < smallest.area():
                smallest = polygon
        best.append((point, smallest))
    return best


def example(make):
    """100 points, and 1,000 copies of a quarter circle."""
    random = np.random.RandomState(6)
    xs = np.arange(0.0, 100.0)
    random.shuffle(xs)
    ys = np.arange(0.0, 100.0)
    random.shuffle(ys)
    points = [np.array([x, y]) for x, y in zip(xs, ys)]
    x = np.arange(0.0, 1.0, 0.1)
    y = np.sqrt(1.0 - x**2)
    shifts = [(random.randint(0, 100), random.randint(0, 100)) for _ in range(1000)]
    return [make(x + right, y + up) for right, up in shifts], points


@pytest.fixture(scope="module")
def answers():
    polygons, points = example(PlainPolygon)
    sets = plain_find_all(polygons, points, 10)
    rows = {id(polygon): row for row, polygon in enumerate(polygons)}
    return (
        [(tuple(point), [rows[id(each)] for each in near]) for point, near in sets],
        [(tuple(point), rows[id(polygon)]) for point, polygon in plain_best(sets)],
    )


class Foreign:
    """Not ours at all."""

    def __init__(self, x, y):
        self.x, self.y, self._area = x, y, None
        self.center = np.array([x.mean(), y.mean()])

    area = shoelace


@pytest.mark.parametrize("make", [OwnArea, PlainPolygon, Foreign])
def test_the_example_object_for_object(make, answers):
    polygons, points = example(make)
    rows = {id(polygon): row for row, polygon in enumerate(polygons)}
    sets = pf.find_all_close_polygons(polygons, points, 10)
    assert [(tuple(point), [rows[id(each)] for each in near]) for point, near in sets] == answers[0]
    best = pf.select_best_polygon(sets)
    assert [(tuple(point), rows[id(polygon)]) for point, polygon in best] == answers[1]
    given = {id(point) for point in points}
    assert all(id(point) in given for point, _ in sets + best)
    for point in points[:20]:
        near = pf.find_close_polygons(polygons, point, 10)
        assert [id(each) for each in near] == [id(each) for each in plain_find(polygons, point, 10)]


def test_the_example_with_our_area(answers):
    """The copies' areas differ only by rounding: ours name one of the same area."""
    polygons, points = example(pf.Polygon)
    sets = pf.find_all_close_polygons(polygons, np.array(points), 10)
    assert [tuple(point) for point, _ in sets] == [point for point, _ in answers[0]]
    best = pf.select_best_polygon(sets)
    for (_, near), (_, winner), (_, row) in zip(sets, best, answers[1]):
        assert winner in near
        assert winner is min(near, key=lambda each: each.area())
        assert winner.area() == pytest.approx(polygons[row].area(), rel=0, abs=1e-14)


def test_the_example_from_the_table(answers):
    polygons, points = example(pf.Polygon)
    table = pf.Polygons.from_rings([(each.x, each.y) for each in polygons])
    index = pf.PolygonIndex(table)
    indptr, indices = index.query(xy=points, distance=10, output_format="csr")
    near = [indices[a:b].tolist() for a, b in zip(indptr, indptr[1:]) if a < b]
    assert near == [rows for _, rows in answers[0]]
    ids, areas = index.best(xy=points, distance=10, by="area", return_value=True)
    best = ids[ids >= 0]
    expected = [polygons[row].area() for _, row in answers[1]]
    np.testing.assert_array_equal(areas[ids >= 0], pf.area(table)[best])
    assert [min(pf.area(table)[rows]) for rows in near] == areas[ids >= 0].tolist()
    np.testing.assert_allclose(areas[ids >= 0], expected, rtol=0, atol=1e-14)


def test_a_polygon():
    x, y = np.array([0.0, 2, 2, 0]), [0, 0, 2, 2]
    polygon = pf.Polygon(x, y)
    x[0] = 5
    assert polygon.x.tolist() == [0, 2, 2, 0] and polygon.x.dtype == polygon.y.dtype == np.float64
    with pytest.raises(ValueError, match="read-only"):
        polygon.x[0] = 3
    assert type(polygon.center) is np.ndarray and polygon.center.tolist() == [1, 1]
    assert type(polygon.area()) is float and polygon.area() == 4
    polygon.x = [0, 4, 4, 0]
    assert polygon.area() == 8 and polygon.center.tolist() == [2, 1]
    with pytest.raises(ValueError, match="differ in length"):
        polygon.x = [0, 1]
    assert polygon.area() == 8
    closed = pf.Polygon([0, 2, 2, 0, 0], [0, 0, 2, 2, 0])
    assert closed.center.tolist() == [1, 1] and closed.area() == 4


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (([0, 1], [0]), ValueError),
        (([], []), ValueError),
        (([0, np.nan, 1], [0, 0, 1]), pf.CoordinateError),
        ((["a"], [0]), TypeError),
        ((np.zeros(3, ">f8"), np.zeros(3)), TypeError),
        (([0],), TypeError),
    ],
)
def test_refused(arguments, error):
    with pytest.raises(error):
        pf.Polygon(*arguments)


class Named(pf.Polygon):
    def __init__(self, x, y, name, *, color="red"):
        self.name, self.color = name, color  # super().__init__ is not called


class Calling(pf.Polygon):
    def __init__(self, x, y, name):
        super().__init__(x, y)
        self.name = name


@dataclass
class Data(pf.Polygon):
    x: np.ndarray
    y: np.ndarray
    name: str


@dataclass(frozen=True, eq=False)
class Frozen(pf.Polygon):
    x: np.ndarray
    y: np.ndarray
    name: str


TRIANGLE = ([0.0, 3.0, 0.0], [0.0, 0.0, 3.0])


@pytest.mark.parametrize("kind", [Named, Calling, Data, Frozen])
def test_subclasses(kind):
    for polygon in (kind(*TRIANGLE, "a"), kind(x=TRIANGLE[0], y=TRIANGLE[1], name="a")):
        assert polygon.name == "a"
        assert polygon.area() == 4.5 and polygon.center.tolist() == [1, 1]
        assert polygon.x.tolist() == TRIANGLE[0]
        assert pf.find_close_polygons([polygon], (1, 1), 0.1)[0] is polygon
    for other in (copy.copy(polygon), copy.deepcopy(polygon), pickle.loads(pickle.dumps(polygon))):
        assert type(other) is kind and other.name == "a" and other.area() == 4.5


def test_what_a_class_overrides_is_asked():
    class Far(pf.Polygon):
        @property
        def center(self):
            return np.array([100.0, 100.0])

    class Negative(Far):
        def area(self):
            return -super().area()

    class Back(Negative):
        area = pf.Polygon.area
        center = pf.Polygon.center

    near, far = pf.Polygon(*TRIANGLE), Far(*TRIANGLE)
    negative, back = Negative(*TRIANGLE), Back(*TRIANGLE)
    every = [near, far, negative, back]
    assert pf.find_close_polygons(every, [1, 1], 1) == [near, back]
    [(_, found)] = pf.find_all_close_polygons(every, [[100, 100], [7, 7]], 1)
    assert found == [far, negative]
    assert pf.select_best_polygon([("p", every)]) == [("p", negative)]


def test_mixed_with_foreign_objects():
    ours, foreign = pf.Polygon(*TRIANGLE), Foreign(*map(np.array, TRIANGLE))
    foreign._area = 1.0
    assert pf.find_close_polygons([ours, foreign], [1, 1], 1) == [ours, foreign]
    assert pf.select_best_polygon(iter([(0, [ours, foreign])])) == [(0, foreign)]
    with pytest.raises(AttributeError, match="center"):
        pf.find_close_polygons([ours, 3], [1, 1], 1)
    with pytest.raises(AttributeError, match="area"):
        pf.select_best_polygon([(0, [3])])


def test_an_attribute_error_of_a_subclass_comes_back():
    class Broken(pf.Polygon):
        def area(self):
            return self.no_such_thing

    with pytest.raises(AttributeError, match="no_such_thing"):
        pf.select_best_polygon([(0, [Broken(*TRIANGLE)])])


def test_first_wins_and_empty_sets_are_skipped():
    a, b = pf.Polygon(*TRIANGLE), pf.Polygon(*TRIANGLE)
    assert pf.select_best_polygon([("p", [a, b]), ("q", []), ("r", (b, a))]) == [("p", a), ("r", b)]


def test_shapes_and_empties():
    polygon = pf.Polygon(*TRIANGLE)
    assert pf.find_close_polygons([], [0, 0], 1) == []
    assert pf.find_all_close_polygons([], [[0, 0]], 1) == []
    assert pf.find_all_close_polygons([polygon], [], 1) == []
    assert pf.find_all_close_polygons([polygon], np.empty((0, 2)), 1) == []
    assert pf.find_close_polygons((p for p in [polygon]), (1, 1), 1) == [polygon]
    assert pf.find_close_polygons(np.array([polygon, polygon]), (1, 1), 1) == [polygon] * 2
    assert pf.select_best_polygon([]) == []
    for point in ([1], [1, 2, 3], 1.0):
        with pytest.raises(ValueError, match=r"point must have shape \(2,\)"):
            pf.find_close_polygons([polygon], point, 1)
    with pytest.raises(ValueError, match=r"points must have shape \(n, 2\)"):
        pf.find_all_close_polygons([polygon], [1, 2], 1)
    for bad in (-1, np.nan, np.inf):
        with pytest.raises(pf.ArgumentError, match="distance"):
            pf.find_close_polygons([polygon], [1, 1], bad)
    with pytest.raises(pf.CoordinateError):
        pf.find_close_polygons([polygon], [np.nan, 1], 1)


def test_distance_is_strict_and_exact():
    at_origin = pf.Polygon([0.0], [0.0])
    assert pf.find_close_polygons([at_origin], [3, 4], 5) == []
    assert pf.find_close_polygons([at_origin], [3, 4], np.nextafter(5, 6)) == [at_origin]
    assert pf.find_all_close_polygons([at_origin], [[3, 4]], 5) == []
