"""polyfind bench: the same questions asked of what else is installed.

Answers are compared before times are told.
"""

from __future__ import annotations

import argparse
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

import polyfind

from .. import demo
from ..files import read
from ..files.answers import Floats
from . import arguments
from .arguments import UsageError
from .job import check_points, standard_output
from .terminal import Progress, print_table

Pairs = npt.NDArray[np.intp]
ROUNDS = 3

EPILOG = f"""\
Asks polyfind, Shapely's STRtree and geopandas the same three questions: which polygons a point is
in, which are within D of it, which is nearest. Without files the polygons are the buildings of a
synthetic city, and the points its people. Pairs are compared first; the last column says in how
many of them an answer differs from polyfind's. Times are the best of {ROUNDS}; geometries are made
for the others before the clock starts, but points, which they need as objects, within it.

{arguments.POLYGONS}
{arguments.POINTS}

examples
  polyfind bench
  polyfind bench counties.geojson cities.csv --distance 0.1
"""


class Way(ABC):
    """A library that answers: made for polygons, built, then asked about points."""

    name = ""

    def __init__(self, polygons: polyfind.Polygons, workers: int | None) -> None:
        self.polygons, self.workers = polygons, workers

    @abstractmethod
    def build(self) -> None:
        """Makes ready what is asked."""

    @abstractmethod
    def inside(self, x: Floats, y: Floats) -> Pairs:
        """All (point, polygon) where the point is in the polygon or on its boundary."""

    @abstractmethod
    def dwithin(self, x: Floats, y: Floats, distance: float) -> Pairs:
        """All pairs at most so far apart."""

    @abstractmethod
    def nearest(self, x: Floats, y: Floats) -> Pairs:
        """The nearest polygon of each point, all where there are ties."""


class Polyfind(Way):
    """Ours."""

    name = "polyfind"

    def build(self) -> None:
        self.index = polyfind.PolygonIndex(self.polygons, self.workers, uses="distances")

    def inside(self, x: Floats, y: Floats) -> Pairs:
        return self.index.query(x, y, "covered_by", workers=self.workers)

    def dwithin(self, x: Floats, y: Floats, distance: float) -> Pairs:
        return self.index.query(x, y, "dwithin", distance=distance, workers=self.workers)

    def nearest(self, x: Floats, y: Floats) -> Pairs:
        return self.index.query_nearest(x, y, workers=self.workers)


class Shapely(Way):
    """shapely.STRtree"""

    name = "shapely"

    def __init__(self, polygons: polyfind.Polygons, workers: int | None) -> None:
        self.shapely = import_module("shapely")
        self.geometries = polygons.to_shapely()

    def build(self) -> None:
        self.tree = self.shapely.STRtree(self.geometries)

    def inside(self, x: Floats, y: Floats) -> Pairs:
        return self._query(x, y, predicate="intersects")

    def dwithin(self, x: Floats, y: Floats, distance: float) -> Pairs:
        return self._query(x, y, predicate="dwithin", distance=distance)

    def nearest(self, x: Floats, y: Floats) -> Pairs:
        return self.tree.query_nearest(self.shapely.points(x, y))  # type: ignore[no-any-return]

    def _query(self, x: Floats, y: Floats, **how: Any) -> Pairs:
        return self.tree.query(self.shapely.points(x, y), **how)  # type: ignore[no-any-return]


class Geopandas(Way):
    """geopandas.sjoin and sjoin_nearest"""

    name = "geopandas"

    def __init__(self, polygons: polyfind.Polygons, workers: int | None) -> None:
        self.geopandas = import_module("geopandas")
        self.frame = self.geopandas.GeoDataFrame(geometry=polygons.to_shapely())

    def build(self) -> None:
        _ = self.frame.sindex  # made at the first call, kept by the frame

    def inside(self, x: Floats, y: Floats) -> Pairs:
        return self._joined(self.geopandas.sjoin(self._points(x, y), self.frame))

    def dwithin(self, x: Floats, y: Floats, distance: float) -> Pairs:
        points = self._points(x, y)
        how = {"predicate": "dwithin", "distance": distance}
        return self._joined(self.geopandas.sjoin(points, self.frame, **how))

    def nearest(self, x: Floats, y: Floats) -> Pairs:
        return self._joined(self.geopandas.sjoin_nearest(self._points(x, y), self.frame))

    def _points(self, x: Floats, y: Floats) -> Any:
        return self.geopandas.GeoDataFrame(geometry=self.geopandas.points_from_xy(x, y))

    def _joined(self, frame: Any) -> Pairs:
        return np.stack([frame.index.to_numpy(), frame["index_right"].to_numpy()])


WAYS = (Polyfind, Shapely, Geopandas)


def add(commands: Any) -> None:
    """The command and its arguments."""
    about = "compare with what else is installed: the same answers, and how long they take"
    command = arguments.add_command(commands, "bench", about, EPILOG)
    command.set_defaults(run=run)
    arguments.add_polygons(command, nargs="?")
    arguments.add_points(command, nargs="?")
    about = "buildings and people of the city (20000 100000)"
    command.add_argument(
        "--city", nargs=2, type=arguments.a_count, default=(20_000, 100_000),
        metavar=("POLYGONS", "POINTS"), help=about,
    )  # fmt: skip
    about = "what is near (20 in the city, else a hundredth of the extent)"
    command.add_argument("--distance", type=arguments.a_limit, metavar="D", help=about)


def run(args: argparse.Namespace, progress: Progress) -> None:
    """Compares, then times."""
    check_points(args)
    polygons, x, y = given(args, progress)
    distance = args.distance or default_distance(args, x, y)
    ways, missing = [], []
    for kind in WAYS:
        try:
            ways.append(kind(polygons, args.workers))
        except ImportError:
            missing.append(kind.name)
    questions: dict[str, Callable[[Way], Pairs]] = {
        "in": lambda way: way.inside(x, y),
        f"within {distance:g}": lambda way: way.dwithin(x, y, distance),
        "nearest": lambda way: way.nearest(x, y),
    }
    build = {way.name: best_time(way.build, progress, f"building {way.name}") for way in ways}
    rows = [("question", "library", "build s", "query s", "points/s", "polyfind", "pairs", "")]
    for question, ask in questions.items():
        ours, first = sorted_pairs(ask(ways[0])), 0.0
        for way in ways:
            progress(f"{question}: {way.name}")
            differ = differences(ours, sorted_pairs(ask(way)))
            seconds = best_time(lambda ask=ask, way=way: ask(way), progress, question)  # type: ignore[misc]
            first = first or seconds
            rows.append((
                question, way.name, f"{build[way.name]:.3f}", f"{seconds:.3f}",
                f"{len(x) / seconds:,.0f}", f"{seconds / first:.1f} x", f"{ours.shape[1]:,}",
                "the same" if not differ else f"{differ:,} differ",
            ))  # fmt: skip
    progress.clear()
    print(f"{len(polygons):,} polygons, {len(x):,} points")
    print_table(rows, sys.stdout, "<<>>>>><")
    for name in missing:
        print(f"{name} is not installed: pip install {name}")
    standard_output().flush()


def given(args: argparse.Namespace, progress: Progress) -> tuple[polyfind.Polygons, Floats, Floats]:
    """The polygons and points of files, or of a city."""
    if args.polygons is None:
        progress("making a city")
        city = demo.make_city(*args.city)
        return polyfind.Polygons(city.x, city.y, city.ring_offsets), city.point_x, city.point_y
    if args.points is None:
        raise UsageError("POLYGONS and POINTS go together; give both or neither")
    progress(f"reading {args.polygons}")
    polygons, _ = read.read_polygons(args.polygons, args.id, args.geometry)
    progress(f"reading {args.points}")
    points = read.read_points(args.points, args.x, args.y, args.point, ())
    return polygons, points.x, points.y


def default_distance(args: argparse.Namespace, x: Floats, y: Floats) -> float:
    """What is near, where nobody said."""
    if args.polygons is None:
        return demo.WITHIN
    return max((float(np.ptp(axis)) for axis in (x, y) if axis.size), default=1.0) / 100 or 1.0


def best_time(work: Callable[[], object], progress: Progress, label: str) -> float:
    """The shortest of some rounds, in seconds."""
    told, seconds = progress(label), []
    for done in range(ROUNDS):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
        told(done + 1, ROUNDS)
    return min(seconds)


def sorted_pairs(pairs: Pairs) -> Pairs:
    """By point, then polygon."""
    return np.asarray(pairs)[:, np.lexsort((pairs[1], pairs[0]))]


def differences(ours: Pairs, theirs: Pairs) -> int:
    """How many pairs only one of them has."""
    if np.array_equal(ours, theirs):
        return 0
    width = int(max(ours[1].max(initial=0), theirs[1].max(initial=0))) + 1
    keys = (each[0].astype(np.int64) * width + each[1] for each in (ours, theirs))
    return len(np.setxor1d(*keys))
