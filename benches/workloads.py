"""What the engine is timed on: polygons and points, made from seeds and sizes alone, by numpy alone.

county      a partition of the square [0, 100]^2 into 55 x 55 cells with shared fractal borders
huge        the same with 10 x 10 cells of about 36,000 vertices each
foot        building footprints of 4 to 12 corners on the lots of 400 towns and in the country

Polygons are flat arrays: x, y and ring_offsets, one closed ring each. Borders are shared vertex for vertex. Footprints
of one town do not overlap. Points come uniform, clustered around the same towns, either of them sorted along a curve,
and snapped: half on vertices, half with one coordinate or both on the lines of a grid. A unit may be read as a
kilometer: lots are 20 to 40 m wide.

`polygons(name, ...)` and `points(kind, n)` keep what they made in target/benches, as raw columns that other programs
read, and make it anew when this file changes.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import NamedTuple

import numpy as np

SIDE = 100.0
TOWNS = 400
CACHE = Path(__file__).resolve().parent.parent / "target" / "benches" / "workloads"
HURST = 0.8  # of the borders: their fractal dimension is 2 minus this
SLOPE = 0.45  # borders stay in a diamond over the chord with this slope at its ends
JITTER = 0.12  # of the corners of cells: diamonds at one corner stay apart


class Columns(NamedTuple):
    """Polygons as raw columns, and the folder with the files x, y and offsets."""

    x: np.ndarray
    y: np.ndarray
    offsets: np.ndarray
    folder: Path

    def __len__(self):
        return len(self.offsets) - 1


def partition(cells, low, high, seed):
    """cells x cells polygons with `low` to `high` vertices on each of the four borders of a cell."""
    rng = np.random.default_rng(seed)
    n = cells + 1
    row, column = np.divmod(np.arange(n * n), n)
    corner = np.stack([column, row], axis=1).astype(float)
    inner = (corner > 0) & (corner < cells)  # the rim of the square stays straight
    corner += np.where(inner, rng.uniform(-JITTER, JITTER, corner.shape), 0)
    corner *= SIDE / cells

    # Borders: those to the right of each corner, then those above each corner.
    right, above = np.flatnonzero(column < cells), np.flatnonzero(row < cells)
    start = np.concatenate([right, above])
    end = np.concatenate([right + 1, above + n])
    rim = np.concatenate([np.isin(row[right], (0, cells)), np.isin(column[above], (0, cells))])
    middle = (corner[start] + corner[end]) / 2
    count = (low * (high / low) ** smooth_ranks(rng, middle)).astype(np.int64)
    border, begin = fractal(rng, corner[start], corner[end], count, rim)

    # A cell: its lower border, its right one, then backwards its upper one and its left one.
    cell_row, cell_column = (i.ravel() for i in np.divmod(np.arange(cells**2), cells))
    level = cell_row * cells + cell_column
    upright = len(right) + cell_row * n + cell_column
    edges = np.stack([level, upright + 1, level + cells, upright], axis=1).ravel()
    backwards = np.tile([False, False, True, True], cells**2)
    lengths, step = count[edges], ramp(count[edges])
    first, sign = begin[edges] + np.where(backwards, lengths, 0), np.where(backwards, -1, 1)
    walk = np.repeat(first, lengths) + step * np.repeat(sign, lengths)
    offsets = np.concatenate([[0], np.cumsum(lengths.reshape(-1, 4).sum(axis=1) + 1)])
    rows = np.empty(offsets[-1], np.int64)
    last = np.zeros(offsets[-1], bool)
    last[offsets[1:] - 1] = True
    rows[~last] = walk
    rows[last] = rows[offsets[:-1]]  # rings are closed
    return border[rows, 0], border[rows, 1], offsets


def ramp(lengths):
    """0, 1, ... of each length, one after the other."""
    ends = np.cumsum(lengths)
    return np.arange(ends[-1]) - np.repeat(ends - lengths, lengths)


def smooth_ranks(rng, places):
    """Numbers spread evenly over [0, 1] that change slowly over the plane: neighbours have similar detail."""
    wave = rng.normal(size=(6, 2)) * 2 / SIDE
    value = np.cos(2 * np.pi * (places @ wave.T + rng.random(6))).sum(axis=1)
    return np.argsort(np.argsort(value, kind="stable")) / max(len(places) - 1, 1)


def fractal(rng, start, end, count, straight):
    """Curves from start to end of so many segments each, and where each begins.

    A curve is the graph of a midpoint displacement over its chord, so it never meets itself; it stays in its diamond,
    so it meets no other border. Heights are made for the finest border and thinned out for the others.
    """
    steps = 1 << int(count.max() - 1).bit_length()
    height = np.zeros((len(start), steps + 1))
    width, spread = steps, 0.1
    while width > 1:
        half = width // 2
        between = (height[:, :-1:width] + height[:, width::width]) / 2
        height[:, half::width] = between + rng.uniform(-spread, spread, between.shape)
        width, spread = half, spread * 0.5**HURST
    at = np.linspace(0, 1, steps + 1)
    limit = SLOPE * np.minimum(at, 1 - at)
    height = np.where(straight[:, None], 0, np.clip(height, -limit, limit))

    places = count + 1
    curve, step = np.repeat(np.arange(len(start)), places), ramp(places)
    stride = (steps / count)[curve]
    last = step == count[curve]
    pick = (stride * step + np.where(last | (step == 0), 0, rng.random(len(step)) * (stride - 1))).astype(np.int64)
    pick[last] = steps
    along = end - start
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    xy = start[curve] + at[pick, None] * along[curve] + height[curve, pick][:, None] * across[curve]
    xy[step == 0], xy[last] = start, end  # to the last bit
    return xy, np.cumsum(places) - places


def towns(seed=7):
    """(centers, shares, how wide a lot is)."""
    rng = np.random.default_rng(seed)
    share = rng.pareto(1.1, TOWNS) + 0.1
    return rng.uniform(0.03, 0.97, (TOWNS, 2)) * SIDE, share / share.sum(), rng.uniform(0.02, 0.04, TOWNS)


def footprints(n, seed):
    """n footprints: 95 % in towns, on lots of a lattice around the middle, a fifth of the lots empty."""
    rng = np.random.default_rng(seed)
    middle, share, lot = towns()
    town = np.sort(rng.choice(TOWNS, n - n // 20, p=share))
    built = np.bincount(town, minlength=TOWNS)
    reach = int(np.sqrt(built.max() * 1.3 / np.pi)) + 3
    lattice = np.stack(np.meshgrid(*[np.arange(-reach, reach + 1)] * 2), axis=-1).reshape(-1, 2)
    lattice = lattice[rng.random(len(lattice)) < 0.8]
    ragged = np.hypot(*lattice.T) * rng.uniform(0.9, 1.1, len(lattice))
    lattice = lattice[np.argsort(ragged, kind="stable")]  # every town takes the nearest ones
    place = lattice[ramp(built[built > 0])]
    turn = rng.uniform(0, np.pi / 2, TOWNS)[town]
    place = middle[town] + lot[town, None] * rotated(place, turn)
    rural = n - len(town)
    place = np.concatenate([place, rng.uniform(0, SIDE, (rural, 2))])
    turn = np.concatenate([turn + np.pi / 2 * rng.integers(0, 4, len(town)), rng.uniform(0, 6, rural)])
    size = np.concatenate([lot[town], np.full(rural, 0.03)]) * rng.uniform(0.3, 0.48, n)

    kind = rng.choice(5, n, p=[0.45, 0.25, 0.1, 0.1, 0.1])
    corners = np.array([4, 6, 8, 8, 12])[kind]
    offsets = np.concatenate([[0], np.cumsum(corners + 1)])
    xy = np.empty((offsets[-1], 2))
    for which in range(5):
        mine = np.flatnonzero(kind == which)
        ring = outline(which, rng, len(mine)) * size[mine, None, None]
        ring = place[mine, None] + rotated(ring, turn[mine, None])
        rows = offsets[mine, None] + np.arange(ring.shape[1])
        xy[rows] = ring
    xy[offsets[1:] - 1] = xy[offsets[:-1]]
    return xy[:, 0].copy(), xy[:, 1].copy(), offsets


def outline(kind, rng, n):
    """Box, L, T, U or plus within the unit circle: (n, corners, 2)."""
    w, h = 0.7 * rng.uniform(0.6, 1, (2, n))
    a, b = w * rng.uniform(0.2, 0.5, n), h * rng.uniform(-0.4, 0.4, n)
    c = h * rng.uniform(0.5, 0.9, n)
    corners = (
        [(-w, -h), (w, -h), (w, h), (-w, h)],
        [(-w, -h), (w, -h), (w, b), (a, b), (a, h), (-w, h)],
        [(-a, -h), (a, -h), (a, b), (w, b), (w, h), (-w, h), (-w, b), (-a, b)],
        [(-w, -h), (w, -h), (w, h), (a, h), (a, b), (-a, b), (-a, h), (-w, h)],
        [(-a, -h), (a, -h), (a, -c / 2), (w, -c / 2), (w, c / 2), (a, c / 2)]
        + [(a, h), (-a, h), (-a, c / 2), (-w, c / 2), (-w, -c / 2), (-a, -c / 2)],
    )[kind]
    return np.stack([np.stack(corner, axis=1) for corner in corners], axis=1)


def rotated(xy, angle):
    x, y = xy[..., 0], xy[..., 1]
    return np.stack([x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)], axis=-1)


def uniform(n, rng):
    return rng.uniform(0, SIDE, n), rng.uniform(0, SIDE, n)


def clustered(n, rng):
    """Nine of ten around the towns, as wide as a town of as many people has its lots; the rest anywhere."""
    middle, share, lot = towns()
    town = rng.choice(TOWNS, n, p=share)
    width = lot * np.sqrt(share * 500_000 / 0.8 / np.pi) / 1.5
    place = middle[town] + rng.normal(size=(n, 2)) * width[town, None]
    rural = (rng.random(n) < 0.1) | (np.abs(place - SIDE / 2) >= SIDE / 2).any(axis=1)
    place[rural] = rng.uniform(0, SIDE, (int(rural.sum()), 2))
    return place[:, 0].copy(), place[:, 1].copy()


def snapped(n, rng, polygons):
    """Half on vertices, a quarter with x and a quarter with both on multiples of 1/8."""
    x, y = uniform(n, rng)
    row = rng.integers(0, len(polygons.x), n // 2)
    x[: n // 2], y[: n // 2] = polygons.x[row], polygons.y[row]
    x[n // 2 :] = np.round(x[n // 2 :] * 8) / 8
    y[n - n // 4 :] = np.round(y[n - n // 4 :] * 8) / 8
    order = rng.permutation(n)
    return x[order], y[order]


def spatial_order(x, y):
    """Along a Morton curve."""
    code = np.zeros(len(x), np.uint64)
    for column in (x, y):
        scale = 65535 / max(float(np.ptp(column)), 1e-300)
        bits = ((column - column.min()) * scale).astype(np.uint64)
        for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
            bits = (bits | bits << np.uint64(shift)) & np.uint64(mask)
        code = code << np.uint64(1) | bits
    return np.argsort(code, kind="stable")


def points(kind, n, polygons=None, seed=11):
    """Columns x, y of "uniform", "clustered", "snapped" (to these polygons) or, sorted, "uniform sorted" and so on."""
    kind, _, order = kind.partition(" ")
    rng = np.random.default_rng(seed)
    x, y = (
        snapped(n, rng, polygons) if kind == "snapped" else {"uniform": uniform, "clustered": clustered}[kind](n, rng)
    )
    if order:
        rows = spatial_order(x, y)
        x, y = x[rows], y[rows]
    return x, y


MAKERS = {
    "county": lambda cells=55, low=16, high=222, seed=1: partition(cells, low, high, seed),
    "huge": lambda cells=10, low=3_400, high=18_800, seed=2: partition(cells, low, high, seed),
    "foot": lambda n=500_000, seed=3: footprints(n, seed),
}


def polygons(name, **sizes):
    """The set of that name, from the cache where it is there."""
    version = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    folder = CACHE / "-".join([name, *(f"{key}{value}" for key, value in sorted(sizes.items()))])
    stamp = folder / "version"
    if not (stamp.is_file() and stamp.read_text() == version):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for part, column in zip(("x", "y", "offsets"), MAKERS[name](**sizes)):
            column.tofile(folder / part)
        stamp.write_text(version)
    x, y = (np.fromfile(folder / part) for part in "xy")
    return Columns(x, y, np.fromfile(folder / "offsets", np.int64), folder)
