"""A synthetic city, matched: every point to the smallest building whose center is near.

numpy checks a sample of the answers.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

import polyfind

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int32]
Step = Callable[[str], Callable[[int, int], None]]

WITHIN = 20.0  # metres
SEED = 6

# Footprints in a square from -1 to 1, as functions of where the corners between a and b lie.
SHAPES: tuple[Callable[[Any, Any], list[tuple[Any, Any]]], ...] = (
    lambda a, b: [(-1, -1), (1, -1), (1, 1), (-1, 1)],  # box
    lambda a, b: [(-1, -1), (1, -1), (1, b), (a, b), (a, 1), (-1, 1)],  # L
    lambda a, b: [(-1, -1), (1, -1), (1, b), (a, b), (a, 1), (-a, 1), (-a, b), (-1, b)],  # T
    lambda a, b: [(-1, -1), (1, -1), (1, 1), (a, 1), (a, b), (-a, b), (-a, 1), (-1, 1)],  # U
    lambda a, b: [
        (-1, -1), (a, -1), (a, -b), (1, -b), (1, 1), (-a, 1), (-a, b), (-1, b),
    ],  # two wings
    lambda a, b: [
        (-a, -1), (a, -1), (a, -b), (1, -b), (1, b), (a, b),
        (a, 1), (-a, 1), (-a, b), (-1, b), (-1, -b), (-a, -b),
    ],  # cross
)  # fmt: skip
SHARES = (0.46, 0.24, 0.10, 0.08, 0.09, 0.03)


class WrongAnswerError(Exception):
    """numpy says otherwise."""


@dataclass(frozen=True)
class City:
    """Buildings as rings, people as points, blocks as four corners to draw; metres."""

    x: Floats
    y: Floats
    ring_offsets: npt.NDArray[np.int64]
    point_x: Floats
    point_y: Floats
    blocks: npt.NDArray[np.float64]


def make_city(polygons: int, points: int, seed: int = SEED) -> City:
    """Blocks between streets, lots along them, a building on a lot, people; always the same."""
    random = np.random.RandomState(seed)  # its numbers are the same in every release of numpy
    lots = _lots(random, polygons)
    x, y, ring_offsets = _buildings(random, lots)
    point_x, point_y = _people(random, lots, points)
    corner_x, corner_y, _ = _bend(lots, lots.blocks[..., 0], lots.blocks[..., 1])
    blocks = np.stack([corner_x, corner_y], axis=-1)
    return City(x, y, ring_offsets, point_x, point_y, blocks)


@dataclass(frozen=True)
class Lots:
    """A lot on each row, before streets bend: its middle, half its size, its side of the block."""

    x: Floats
    y: Floats
    half_width: Floats
    half_depth: Floats
    street: Floats
    density: Floats
    blocks: npt.NDArray[np.float64]
    size: float


def _lots(random: np.random.RandomState, count: int) -> Lots:
    columns = max(3, math.ceil(math.sqrt(count / 8.25)))
    left, width = _streets(random, columns, 85.0, 150.0)
    bottom, depth = _streets(random, columns * 3 // 2, 58.0, 84.0)
    size = float(left[-1] + width[-1])
    # All blocks, west to east, then south to north.
    middle_x, middle_y = _each(left + width / 2, bottom + depth / 2)
    block_width, block_depth = _each(width, depth)
    density = _density(random, middle_x / size, middle_y / size)
    corners_x = middle_x[:, None] + block_width[:, None] * [-0.5, 0.5, 0.5, -0.5]
    corners_y = middle_y[:, None] + block_depth[:, None] * [-0.5, -0.5, 0.5, 0.5]
    # Two rows of lots on each block, back to back; narrow lots where the city is dense.
    row_width = block_width.repeat(2)
    street = np.tile([-1.0, 1.0], density.size)
    wish = np.interp(density, [0.0, 0.5, 1.0], [30.0, 19.0, 13.0])
    wish *= random.uniform(0.8, 1.3, density.size)
    lots = np.maximum(2, np.rint(row_width / wish.repeat(2))).astype(np.int64)
    row = np.arange(lots.size).repeat(lots)
    share = random.uniform(0.6, 1.4, row.size)
    first = np.cumsum(lots) - lots
    share /= np.add.reduceat(share, first)[row]
    end = np.cumsum(share)
    begin = end - share - (end[first] - share[first])[row]
    block = row // 2
    x = middle_x[block] + (begin + share / 2 - 0.5) * row_width[row]
    half_depth = block_depth[block] / 4
    y = middle_y[block] + street[row] * half_depth
    # The densest lots are built on, with gaps; the rest is country.
    score = density[block] + random.uniform(0.0, 0.30, row.size)
    kept = np.sort(np.argsort(-score, kind="stable")[:count])
    row = row[kept]
    return Lots(
        x[kept], y[kept], share[kept] * row_width[row] / 2, half_depth[kept], street[row],
        density[row // 2], np.stack([corners_x, corners_y], axis=-1), size,
    )  # fmt: skip


def _each(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """All pairs of the two."""
    return np.tile(x, y.size), y.repeat(x.size)


def _streets(
    random: np.random.RandomState, blocks: int, low: float, high: float
) -> tuple[Floats, Floats]:
    """Where blocks begin and how wide they are; every sixth street is an avenue."""
    width = random.uniform(low, high, blocks)
    gap = np.where(np.arange(blocks) % 6 == 0, 26.0, 13.0)
    return np.cumsum(width + gap) - width, width


def _density(random: np.random.RandomState, x: Floats, y: Floats) -> Floats:
    """0 to 1 over the unit square: a few centers of different weight, a river, parks."""
    density = np.zeros(x.size)
    for at_x, at_y, spread, weight in (
        (0.52, 0.50, 0.16, 1.0), (0.27, 0.68, 0.10, 0.75), (0.74, 0.72, 0.09, 0.7),
        (0.70, 0.27, 0.12, 0.8), (0.26, 0.27, 0.08, 0.65), (0.50, 0.50, 0.38, 0.45),
    ):  # fmt: skip
        away = ((x - at_x) ** 2 + (y - at_y) ** 2) / (2 * spread**2)
        density = np.maximum(density, weight * np.exp(-away))
    density += random.uniform(-0.08, 0.08, x.size)
    river = np.abs(y - 0.43 - 0.08 * np.sin(7.0 * x) - 0.03 * np.sin(17.0 * x)) < 0.014
    park = random.random_sample(x.size) < 0.03
    return np.clip(np.where(river | park, 0.0, density), 0.0, 1.0)


def _bend(lots: Lots, x: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """Straight streets bent a little, and by how much they turn."""
    k_x, k_y = 2 * math.pi / 2900.0, 2 * math.pi / 3700.0
    bent_x = x + 110.0 * np.sin(k_y * y + 1.0)
    bent_y = y + 120.0 * np.sin(k_x * x) + 0.00002 * (x - lots.size / 2) * (y - lots.size / 2)
    slope = 120.0 * k_x * np.cos(k_x * x) + 0.00002 * (y - lots.size / 2)
    return bent_x, bent_y, np.arctan(slope)


def _buildings(
    random: np.random.RandomState, lots: Lots
) -> tuple[Floats, Floats, npt.NDArray[np.int64]]:
    count = lots.x.size
    kind = np.searchsorted(np.cumsum(SHARES[:-1]), random.random_sample(count), side="right")
    corners = np.array([len(shape(0, 0)) for shape in SHAPES])[kind]
    offsets = np.concatenate([[0], np.cumsum(corners)]).astype(np.int64)
    half_width = lots.half_width * random.uniform(0.66, 0.92, count)
    setback = random.uniform(0.04, 0.16, count) * lots.half_depth * 2
    half_depth = lots.half_depth * random.uniform(0.34, 0.66, count)
    x, y, turn = _bend(
        lots, lots.x, lots.y + lots.street * (lots.half_depth - setback - half_depth)
    )
    turn += random.normal(0.0, 0.02, count)
    cos, sin = np.cos(turn), np.sin(turn)
    mirror = random.choice([-1.0, 1.0], count)
    a, b = random.uniform(0.15, 0.55, (2, count))
    ring_x, ring_y = np.empty((2, int(offsets[-1])))
    for number, shape in enumerate(SHAPES):
        rows = np.flatnonzero(kind == number)
        for corner, (u, v) in enumerate(shape(a[rows], b[rows])):
            along = u * half_width[rows] * mirror[rows]
            across = v * half_depth[rows] * -lots.street[rows]
            at = offsets[rows] + corner
            ring_x[at] = x[rows] + along * cos[rows] - across * sin[rows]
            ring_y[at] = y[rows] + along * sin[rows] + across * cos[rows]
    return ring_x, ring_y, offsets


def _people(random: np.random.RandomState, lots: Lots, count: int) -> tuple[Floats, Floats]:
    """Most on a street, more where the city is dense; some in the yards, some anywhere."""
    crowd = np.cumsum((0.1 + lots.density) ** 2 * random.lognormal(0.0, 0.5, lots.x.size))
    lot = np.searchsorted(crowd, random.random_sample(count) * crowd[-1], side="right")
    lot = np.minimum(lot, lots.x.size - 1)
    where = random.random_sample(count)
    ahead = np.where(
        where < 0.86,
        lots.half_depth[lot] + random.normal(4.0, 2.8, count),
        lots.half_depth[lot] * random.uniform(-1.0, 1.0, count),
    )
    x = lots.x[lot] + lots.half_width[lot] * random.uniform(-1.3, 1.3, count)
    y = lots.y[lot] + lots.street[lot] * ahead
    stray = where > 0.95
    x = np.where(stray, random.uniform(lots.x.min(), lots.x.max(), count), x)
    y = np.where(stray, random.uniform(lots.y.min(), lots.y.max(), count), y)
    bent_x, bent_y, _ = _bend(lots, x, y)
    return bent_x, bent_y


class NumpyWay:
    """The same in vectorised numpy: of the polygons in order of area, the first near one."""

    def __init__(self, city: City, within: float) -> None:
        start, counts = city.ring_offsets[:-1], np.diff(city.ring_offsets)
        x, y = city.x - city.x[start].repeat(counts), city.y - city.y[start].repeat(counts)
        following = np.arange(1, x.size + 1)
        following[city.ring_offsets[1:] - 1] = start
        area = np.abs(np.add.reduceat(x * y[following] - x[following] * y, start)) / 2
        self._order = np.argsort(area, kind="stable").astype(np.int32)
        self._x = (np.add.reduceat(city.x, start) / counts)[self._order]
        self._y = (np.add.reduceat(city.y, start) / counts)[self._order]
        self._limit = within * within

    def best(self, x: Floats, y: Floats) -> Rows:
        """In chunks that stay in the cache."""
        rows = np.full(x.size, -1, np.int32)
        chunk = max(1, 65536 // self._x.size)
        away, other = np.empty((2, chunk, self._x.size))
        for at in range(0, x.size, chunk):
            size = min(chunk, x.size - at)
            a, b = away[:size], other[:size]
            np.subtract(x[at : at + size, None], self._x, out=a)
            np.subtract(y[at : at + size, None], self._y, out=b)
            a *= a
            b *= b
            a += b
            near = a < self._limit
            first = near.argmax(axis=1)
            rows[at : at + size] = np.where(near.any(axis=1), self._order[first], -1)
        return rows


@dataclass(frozen=True)
class Report:
    """What was matched, and how long it took."""

    city: City
    centers: tuple[Floats, Floats]
    best: Rows
    build_seconds: float
    query_seconds: float
    sample: int
    numpy_seconds: float

    def rows(self) -> list[tuple[str, str, str]]:
        """The table: label, value, remark."""
        points, seconds = self.best.size, self.build_seconds + self.query_seconds
        matched = int(np.count_nonzero(self.best >= 0))
        share = f"{matched / points:.1%}, the smallest within {WITHIN:g} m"
        rate = f"{points / self.query_seconds / 1e6:.2f} million points/s"
        sample = f"from {self.sample:,} points; the same answers"
        ratio = f"{self.numpy_seconds / seconds:,.0f} x"
        return [
            ("polygons", f"{self.city.ring_offsets.size - 1:,}", "buildings of 4 to 12 corners"),
            ("points", f"{points:,}", "people"),
            ("matches", f"{matched:,}", share),
            ("build", f"{self.build_seconds:.3f} s", ""),
            ("query", f"{self.query_seconds:.3f} s", rate),
            ("numpy way", f"{self.numpy_seconds:.3f} s", sample),
            ("ratio", ratio, "build and query against the numpy way"),
        ]


def run(polygons: int, points: int, workers: int | None, step: Step) -> Report:
    """Makes the city, matches it, and has a sample checked by numpy."""
    step("making a city")
    city = make_city(polygons, points)
    table = polyfind.Polygons(city.x, city.y, city.ring_offsets)
    began = time.perf_counter()
    index = polyfind.PolygonIndex(
        table, workers=workers, progress=step("building the index"), uses="centers"
    )
    built = time.perf_counter()
    best = index.best(
        city.point_x, city.point_y, predicate="close", distance=WITHIN, by="area",
        workers=workers, progress=step("matching"),
    )  # fmt: skip
    done = time.perf_counter()
    step("matching a sample with numpy")
    every = max(1, points // min(max(200_000_000 // polygons, 20), 2000))
    sample_x, sample_y = city.point_x[::every].copy(), city.point_y[::every].copy()
    numpy_began = time.perf_counter()
    numpy_way = NumpyWay(city, WITHIN)
    numpy_built = time.perf_counter()
    answers = numpy_way.best(sample_x, sample_y)
    numpy_seconds = (time.perf_counter() - numpy_built) * points / sample_x.size
    wrong = np.flatnonzero(answers != best[::every])
    if wrong.size:
        row = int(wrong[0])
        raise WrongAnswerError(
            f"{wrong.size:,} of {sample_x.size:,} answers differ from numpy's, first that of point"
            f" {row * every}: {best[row * every]}, numpy {answers[row]}; please report this"
        )
    return Report(
        city, polyfind.center(table), best, built - began, done - built, sample_x.size,
        numpy_seconds + numpy_built - numpy_began,
    )  # fmt: skip


def draw(report: Report, file: BinaryIO) -> None:
    """A PNG of one neighbourhood."""
    from .picture import draw_neighbourhood

    draw_neighbourhood(file, report.city, report.centers, report.best, WITHIN)
