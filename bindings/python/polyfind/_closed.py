"""Tables as other formats have them: rings closed, rings and parts of nothing left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._numpy import Array, np

if TYPE_CHECKING:
    from .table import Table


def closed(polygons: Table, least: int = 0) -> tuple[Array, Array, list[Array]]:
    """x and y as doubles, and offsets innermost first: two levels where no row has many parts.

    What is no row's, as a slice has it before and behind its own, is left out. Rings of fewer
    vertices than `least`, the closing one counted, are filled up with their first.
    """
    rings, parts, rows = polygons.ring_offsets, polygons.part_offsets, polygons.polygon_offsets
    starts, ends = rings[:-1], rings[1:]
    is_ring = np.greater(ends, starts)
    if parts is None:
        parts = np.arange(len(rings))
    parts = _counted(is_ring, parts)
    is_part = parts[1:] > parts[:-1]
    if rows is None:
        rows = np.arange(len(is_part) + 1)
    rows = _counted(is_part, rows)
    x, y, ring_ends = _vertices(polygons.x, polygons.y, starts[is_ring], ends[is_ring], least)
    part_ends = np.append(parts[:-1][is_part], parts[-1])
    if (np.diff(rows) <= 1).all():
        return _own(x, y, [ring_ends, part_ends[rows]])
    return _own(x, y, [ring_ends, part_ends, rows])


def are_closed(polygons: Table) -> bool:
    """Whether all rings are closed as they are."""
    rings, x, y = polygons.ring_offsets, polygons.x, polygons.y
    is_ring = np.greater(rings[1:], rings[:-1])
    first, last = rings[:-1][is_ring], rings[1:][is_ring] - 1
    return bool((x[first] == x[last]).all() and (y[first] == y[last]).all())


def _own(x: Array, y: Array, levels: list[Array]) -> tuple[Array, Array, list[Array]]:
    """What the last level leads to, with offsets that begin at 0."""
    first, end = 0, len(levels[-1]) - 1
    for i in range(len(levels) - 1, -1, -1):
        level = levels[i][first : end + 1]
        first, end = level[0], level[-1]
        levels[i] = level - first
    return x[first:end], y[first:end], levels


def _counted(is_counted: Array, offsets: Array) -> Array:
    """Offsets into those that count of what they were offsets into."""
    return np.append(0, np.cumsum(is_counted))[offsets]


def _vertices(
    x: Array, y: Array, starts: Array, ends: Array, least: int
) -> tuple[Array, Array, Array]:
    """The vertices of rings, closed, and with the first repeated where that still are too few."""
    is_open = (x[starts] != x[ends - 1]) | (y[starts] != y[ends - 1])
    lengths = ends - starts
    wanted = np.maximum(lengths + is_open, least)
    new_ends = np.append(0, np.cumsum(wanted))
    ring = np.repeat(np.arange(len(starts)), wanted)
    at = np.arange(new_ends[-1]) - new_ends[ring]
    at[at >= lengths[ring]] = 0
    at += starts[ring]
    return x[at].astype(np.float64, copy=False), y[at].astype(np.float64, copy=False), new_ends
