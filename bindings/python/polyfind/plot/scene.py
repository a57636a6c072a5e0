"""What a map shows: rings, points, what each matched, and in which colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._buffers import columns
from .._call import choice

if TYPE_CHECKING:
    from ..index import PolygonIndex

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int32]

PAPER, INK, QUIET, EMPTY, EDGE = "#f7f5f0", "#22303c", "#7b8791", "#e4e2da", "#8d8577"
MATCHED, UNMATCHED = "#1f5f8b", "#d1383d"
RAMP = ("#fbe8bf", "#f3c27a", "#dd8b4a", "#b3552f", "#76291f")  # from one point to many
WHEEL = (
    "#a6c8e0", "#f6c08a", "#b5d99c", "#e3a8a3", "#cdb9e0", "#d8c0a8",
    "#a5d8d2", "#efe08f", "#c9c9c4", "#f0b6d2", "#92b1c9", "#cbd48a",
)  # fmt: skip

_HEADER = np.dtype([("mark", "S8"), ("skipped", "V24"), ("sections", "<u4"), ("rest", "V28")])
_SECTION = np.dtype(
    [("name", "S40"), ("start", "<u8"), ("bytes", "<u8"), ("element", "<u4"), ("sum", "<u4")]
)
_FILLING = 4  # vertices behind the last


@dataclass(frozen=True)
class Scene:
    """A map, not yet drawn."""

    xy: Floats
    """Vertices, ring after ring, each with its first repeated."""
    rings: Array
    """Where each ring begins, and the end of the last."""
    polygons: Array
    """The first ring of each polygon, and the end of the last."""
    x: Floats
    y: Floats
    matches: Rows
    """The polygon of each point; -1 for none."""
    counts: Array
    """How many points each polygon has."""
    by: str
    names: Sequence[str] | None
    title: str

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """What is shown: all polygons, or all points where there are none."""
        xy = self.xy if len(self.xy) else np.column_stack([self.x, self.y])
        if not len(xy):
            return 0.0, 0.0, 1.0, 1.0
        (left, bottom), (right, top) = xy.min(axis=0), xy.max(axis=0)
        room = 0.03 * max(right - left, top - bottom) or 1.0
        return float(left - room), float(bottom - room), float(right + room), float(top + room)

    @property
    def caption(self) -> str:
        """How many of what."""
        text = f"{len(self.polygons) - 1:,} polygons"
        if len(self.x):
            matched = int(np.count_nonzero(self.matches >= 0))
            text += f", {len(self.x):,} points, {matched:,} matched"
            left, bottom, right, top = self.bounds
            shown = (self.x >= left) & (self.x <= right) & (self.y >= bottom) & (self.y <= top)
            outside = len(self.x) - int(np.count_nonzero(shown))
            text += f", {outside:,} beyond the map" if outside else ""
        return text


def scene_of(
    index: PolygonIndex,
    *,
    x: Any,
    y: Any,
    polygons: Any,
    xy: Any,
    by: str,
    names: Sequence[str] | None,
    title: str | None,
    workers: int | None,
) -> Scene:
    """A scene of what `PolygonIndex.plot` takes."""
    choice("by", by, {"count": None, "match": None})
    if names is not None and len(names) != len(index):
        raise ValueError(f"names must be one for each of {len(index)} polygons, not {len(names)}")
    if x is None and y is None and xy is None:
        if polygons is not None:
            raise TypeError("polygons= is what points matched: give the points, too")
        x, y = np.empty((2, 0))
    else:
        x, y = (each.astype(np.float64) for each in columns(x, y, xy, scalars=True))
    vertices, rings, starts = _outlines(index)
    if polygons is None:
        matches = index.locate(x, y, workers=workers)
    else:
        matches = np.asarray(polygons)
        if matches.shape != x.shape or matches.dtype.kind not in "iu":
            raise ValueError(f"polygons must hold a row number for each of {len(x)} points")
        if matches.max(initial=-1) >= len(index):
            raise ValueError(f"polygons: row {matches.max()} is not one of {len(index)}")
    counts = np.bincount(matches[matches >= 0], minlength=len(index))
    return Scene(
        vertices, rings, starts, x, y, matches.astype(np.int32), counts, by, names, title or ""
    )


def _outlines(index: PolygonIndex) -> tuple[Floats, Array, Array]:
    """The polygons that an index keeps, out of its bytes, of which docs/format.md tells."""
    if "insides" not in index.info.uses:
        raise ValueError(
            "the index is for 'centers' only and keeps no polygons to draw: build it with 'insides'"
        )
    data = bytes(index)
    header = np.frombuffer(data, _HEADER, 1)[0]
    table = np.frombuffer(data, _SECTION, int(header["sections"]), _HEADER.itemsize)
    places = {row["name"]: (int(row["start"]), int(row["bytes"])) for row in table}

    def section(name: bytes, dtype: str) -> Array:
        start, size = places[name]
        return np.frombuffer(data, dtype, size // np.dtype(dtype).itemsize, start)

    vertices = section(b"polygons.vertices", "<f8").reshape(-1, 2)[:-_FILLING]
    rings, polygons = (
        section(f"polygons.{name}".encode(), "<u4") for name in ("rings", "polygons")
    )
    return vertices, rings.astype(np.int64), polygons.astype(np.int64)


def bar(width: float) -> float:
    """The length of a scale for a map so wide: 1, 2 or 5 times a power of ten."""
    most = width / 4
    power = 10.0 ** np.floor(np.log10(most))
    return float(max(step * power for step in (1, 2, 5) if step * power <= most))
