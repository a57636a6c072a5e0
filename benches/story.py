"""The story's job: for each of 100 points the smallest of the polygons whose center is close.

1,000 copies of a quarter circle of 10 vertices, max_dist 10. Every way gets the same input and does
everything anew per call. From objects: a list of polygon objects and a list of points in, a list of
(point, polygon) out; what a way needs to get from objects to its arrays is inside its time and
shown apart. From flat columns: x, y, offsets and px, py in, the row of each point's polygon out.
One thread. Equal means: the same points have polygons, the same lists of close polygons (where a
way makes lists), and a winner from that list with the least area. Areas are compared in rational
arithmetic. The copies differ by rounding only, 4e-14 at most, which the peers' areas (good to 1e-10
so far from the origin) cannot tell apart: their winners are held to 1e-13, ours to 1e-14.

    python story.py [--quick]
"""

import argparse
import struct
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import polyfind
from compare import Program, bar, machine, milliseconds, number, race, ratio, table
from numba import njit
from scipy.spatial import cKDTree

MAX_DIST = 10.0


@dataclass(eq=False)
class Zone:
    """The plain Python polygon."""

    x: np.ndarray
    y: np.ndarray

    @cached_property
    def center(self):
        return np.array([self.x.mean(), self.y.mean()])

    def area(self):
        dot, roll = np.dot, np.roll
        return 0.5 * abs(dot(self.x, roll(self.y, 1)) - dot(self.y, roll(self.x, 1)))


def example():
    """(x, y) of each polygon, and the points."""
    rng = np.random.RandomState(6)
    xs, ys = np.arange(0.0, 100.0), np.arange(0.0, 100.0)
    rng.shuffle(xs)
    rng.shuffle(ys)
    x = np.arange(0.0, 1.0, 0.1)
    y = np.sqrt(1.0 - x**2)
    rings = [(x + rng.randint(0, 100), y + rng.randint(0, 100)) for _ in range(1000)]
    return rings, list(np.column_stack([xs, ys]))


@contextmanager
def write_input(x, y, ring_offsets, px, py):
    """The name of a file with the example for the C programs: see story.h."""
    with tempfile.NamedTemporaryFile(suffix=".bin") as file:
        file.write(struct.pack("=qqqd", len(x), len(ring_offsets) - 1, len(px), MAX_DIST))
        for column in (x, y, px, py, ring_offsets.astype(np.int64)):
            file.write(column.tobytes())
        file.flush()
        yield file.name


# From objects: each way returns its (point, polygon) pairs and, where it has made them, the lists.


def plain(zones, points):
    norm = np.linalg.norm
    sets = []
    for point in points:
        close = [zone for zone in zones if norm(zone.center - point) < MAX_DIST]
        if close:
            sets.append((point, close))
    return plain_best(sets), sets


def plain_best(sets):
    return [(point, min(close, key=lambda zone: zone.area())) for point, close in sets]


def numpy_partly(zones, points):
    centers = np.array([zone.center for zone in zones])
    sets = []
    for point in points:
        distances = np.linalg.norm(centers - point, axis=1)
        close = [zones[row] for row in np.flatnonzero(distances < MAX_DIST)]
        if close:
            sets.append((point, close))
    return plain_best(sets), sets


def to_arrays(zones, points):
    """The coordinates of all, as the rectangular arrays that polygons of one size allow."""
    x, y = np.array([zone.x for zone in zones]), np.array([zone.y for zone in zones])
    px, py = np.array(points).T
    return x, y, px, py


def from_objects(flat):
    """A way from objects, made of one from arrays."""

    def way(zones, points):
        best = flat(*to_arrays(zones, points))
        return [(point, zones[row]) for point, row in zip(points, best.tolist()) if row >= 0], None

    return way


def ours(zones, points):
    sets = polyfind.find_all_close_polygons(zones, points, MAX_DIST)
    return polyfind.select_best_polygon(sets), sets


# From flat columns: each way returns the row of the best polygon of each point, or -1.


def numpy_measures(x, y):
    doubled = (x * np.roll(y, 1, axis=1) - y * np.roll(x, 1, axis=1)).sum(axis=1)
    return x.mean(axis=1), y.mean(axis=1), 0.5 * abs(doubled)


def numpy_fully(x, y, px, py):
    cx, cy, area = numpy_measures(x, y)
    dx, dy = px[:, None] - cx, py[:, None] - cy
    ranked = np.where(dx * dx + dy * dy < MAX_DIST**2, area, np.inf)
    best = ranked.argmin(axis=1)
    return np.where(np.isfinite(ranked[np.arange(len(px)), best]), best, -1)


def kdtree(x, y, px, py):
    cx, cy, area = numpy_measures(x, y)
    tree = cKDTree(np.column_stack([cx, cy]))
    rows = tree.query_ball_point(np.column_stack([px, py]), MAX_DIST, return_sorted=True)
    key = area.tolist().__getitem__
    return np.array([min(close, key=key, default=-1) for close in rows])


@njit
def numba_early_exit(x, y, px, py):
    polygons, corners = x.shape
    cx, cy, area = np.empty(polygons), np.empty(polygons), np.empty(polygons)
    for j in range(polygons):
        sum_x = sum_y = doubled = 0.0
        before = corners - 1
        for k in range(corners):
            sum_x += x[j, k]
            sum_y += y[j, k]
            doubled += x[j, before] * y[j, k] - y[j, before] * x[j, k]
            before = k
        cx[j], cy[j], area[j] = sum_x / corners, sum_y / corners, 0.5 * abs(doubled)
    out = np.empty(len(px), np.int64)
    for i in range(len(px)):
        best, least = -1, np.inf
        for j in range(polygons):
            dx = cx[j] - px[i]
            if abs(dx) >= MAX_DIST:
                continue
            dy = cy[j] - py[i]
            if dx * dx + dy * dy < MAX_DIST * MAX_DIST and area[j] < least:
                best, least = j, area[j]
        out[i] = best
    return out


def ours_flat(x, y, ring_offsets, px, py):
    polygons = polyfind.Polygons(x, y, ring_offsets)
    index = polyfind.PolygonIndex(polygons, workers=1, uses="centers")
    return index.best(px, py, distance=MAX_DIST, by="area", workers=1)


# Equal answers.


def exact_area(x, y):
    x, y = [Fraction(v) for v in x.tolist()], [Fraction(v) for v in y.tolist()]
    return abs(sum(x[i - 1] * y[i] - y[i - 1] * x[i] for i in range(len(x)))) / 2


def check(name, rows, expected, area):
    """`rows`: (point, winner, list or None) for every point that has polygons."""
    within = Fraction(1e-14 if name.startswith("polyfind") else 1e-13)
    assert [point for point, _, _ in rows] == list(expected), f"{name}: other points"
    for point, winner, close in rows:
        assert close is None or close == expected[point], f"{name}: other polygons for {point}"
        assert winner in expected[point], f"{name}: a winner of {point} that is not close"
        least = min(area[row] for row in expected[point])
        assert area[winner] - least <= within * least, f"{name}: a larger winner of {point}"


def check_objects(name, way, zones, points, expected, area):
    row = {id(zone): i for i, zone in enumerate(zones)}
    place = {id(point): i for i, point in enumerate(points)}
    best, sets = way(zones, points)
    lists = [[row[id(zone)] for zone in close] for _, close in sets] if sets else [None] * len(best)
    assert len(lists) == len(best), name
    rows = [(place[id(p)], row[id(z)], close) for (p, z), close in zip(best, lists)]
    check(name, rows, expected, area)


def check_flat(name, best, expected, area):
    rows = [(i, int(row), None) for i, row in enumerate(best) if int(row) >= 0]
    check(name, rows, expected, area)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    quick = parser.parse_args().quick
    print(machine())

    rings, points = example()
    zones = [Zone(x, y) for x, y in rings]
    own = [polyfind.Polygon(x, y) for x, y in rings]
    x, y, px, py = to_arrays(zones, points)
    px, py = px.copy(), py.copy()
    flat_x, flat_y, ring_offsets = x.ravel(), y.ravel(), np.arange(len(rings) + 1) * x.shape[1]

    _, sets = plain(zones, points)
    row = {id(zone): i for i, zone in enumerate(zones)}
    place = {id(point): i for i, point in enumerate(points)}
    expected = {place[id(point)]: [row[id(zone)] for zone in close] for point, close in sets}
    area = [exact_area(x, y) for x, y in rings]
    pairs = sum(map(len, expected.values()))
    print(f"{len(rings):,} polygons, {len(points)} points, {pairs:,} close pairs", flush=True)

    fully, early = from_objects(numpy_fully), from_objects(numba_early_exit)
    tree = from_objects(kdtree)
    object_ways = {
        "plain Python": (plain, zones),
        "numpy, partly vectorised": (numpy_partly, zones),
        "numpy, fully vectorised": (fully, zones),
        "SciPy cKDTree": (tree, zones),
        "Numba, early exit": (early, zones),
        "polyfind, objects": (ours, own),
    }
    for name, (way, given) in object_ways.items():
        check_objects(name, way, given, points, expected, area)

    with write_input(flat_x, flat_y, ring_offsets, px, py) as path:
        program = Program("story.c", path)
    flat_ways = {
        "numpy, fully vectorised, flat": lambda: numpy_fully(x, y, px, py),
        "SciPy cKDTree, flat": lambda: kdtree(x, y, px, py),
        "Numba, early exit, flat": lambda: numba_early_exit(x, y, px, py),
        "polyfind, flat, from Python": lambda: ours_flat(flat_x, flat_y, ring_offsets, px, py),
    }
    for name, way in flat_ways.items():
        check_flat(name, way(), expected, area)
    check_flat("polyfind, flat, from C", program.answers, expected, area)
    print("equal answers: yes")

    pile, found = np.array(points), ours(own, points)[1]
    convert = {
        "numpy, partly vectorised": lambda: np.array([zone.center for zone in zones]),
        "numpy, fully vectorised": lambda: to_arrays(zones, points),
    }
    polygons = polyfind.Polygons(flat_x, flat_y, ring_offsets)
    index = polyfind.PolygonIndex(polygons, workers=1, uses="centers")
    ask = {"distance": MAX_DIST, "by": "area", "workers": 1}
    steps = {
        "Polygons(...)": lambda: polyfind.Polygons(flat_x, flat_y, ring_offsets),
        "PolygonIndex(...)": lambda: polyfind.PolygonIndex(polygons, workers=1, uses="centers"),
        ".best(...)": lambda: index.best(px, py, **ask),
        "find_all_close_polygons": lambda: polyfind.find_all_close_polygons(own, points, MAX_DIST),
        "  points as one array": lambda: polyfind.find_all_close_polygons(own, pile, MAX_DIST),
        "select_best_polygon": lambda: polyfind.select_best_polygon(found),
        "pf_polygons_check": program.way("check"),
        "pf_index_build + free": program.way("build"),
        "pf_index_best": program.way("best"),
    }
    ways = {name: lambda way=way, z=given: way(z, points) for name, (way, given) in object_ways.items()}
    ways.update(flat_ways)
    ways["polyfind, flat, from C"] = program.way("all")
    ways.update({("convert", name): way for name, way in convert.items()})
    ways.update({("step", name): way for name, way in steps.items()})
    ways["making", "Zone"] = lambda: [Zone(x, y).center for x, y in rings]
    ways["making", "Polygon"] = lambda: [polyfind.Polygon(x, y) for x, y in rings]
    times = race(ways, rounds=3 if quick else 25, turn=0.005 if quick else 0.02)
    program.close()

    base = times["plain Python"]
    apart = {name: times["convert", name] for name in convert}
    apart["SciPy cKDTree"] = apart["Numba, early exit"] = apart["numpy, fully vectorised"]
    names = [*object_ways, *flat_ways, "polyfind, flat, from C"]
    table(
        "The story's job, one thread",
        ("way", "ms", "of it conversion", "against plain Python"),
        [
            (
                name,
                milliseconds(times[name]),
                milliseconds(apart[name]) if name in apart else "",
                ratio(base / times[name]),
            )
            for name in names
        ],
    )
    table(
        "Where our time goes",
        ("step", "us"),
        [(name, number(times["step", name] * 1e6)) for name in steps],
    )
    made = times["making", "Zone"], times["making", "Polygon"]
    print(f"\n  making the objects (not in the above): plain {milliseconds(made[0])} ms with "
          f"centers, polyfind.Polygon {milliseconds(made[1])} ms with centers and areas\n")  # fmt: skip

    rivals = ("numpy, fully vectorised", "SciPy cKDTree", "Numba, early exit")
    objects, flat = times["polyfind, objects"], times["polyfind, flat, from Python"]
    bar("objects in, objects out, against plain Python", base / objects, 400)
    for name in rivals:
        bar(f"objects, against {name}", times[name] / objects, 1)
    bar("flat from Python, against plain Python", base / flat, 3000)
    bar("flat from Python, the aim", base / flat, 10_000)
    bar("flat from C, the aim", base / times["polyfind, flat, from C"], 10_000)
    for name in rivals:
        bar(f"flat, against {name}, flat", times[name + ", flat"] / flat, 1)


if __name__ == "__main__":
    main()
