"""Why a point matches no polygon, or which it matches."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .index import PolygonIndex


class Explanation(NamedTuple):
    """What :meth:`PolygonIndex.explain` has to say; ``str()`` is a sentence.

    >>> import polyfind as pf
    >>> index = pf.PolygonIndex(pf.Polygons.from_boxes([[0, 0, 2, 2]]))
    >>> told = index.explain(5, 2)
    >>> told.nearest, told.away, told.looks_swapped
    (0, 3.0, False)
    """

    x: float
    y: float
    predicate: str
    limit: float | None
    """The distance that was asked for."""
    matches: tuple[int, ...]
    """Rows of the polygons that the point matches."""
    nearest: int
    """Row of the nearest polygon, by its center for ``"close"``; -1 if all are empty."""
    away: float
    """How far that is, to its center for ``"close"``; NaN if there is none."""
    looks_swapped: bool
    """Whether the point lies outside the bounds of all polygons, and (y, x) within."""

    def __str__(self) -> str:
        swapped = "; are x and y swapped?" if self.looks_swapped else ""
        return f"({self.x:g}, {self.y:g}) {self._reason()}{swapped}"

    def _reason(self) -> str:
        if self.matches:
            count, rows = len(self.matches), ", ".join(map(str, self.matches[:5]))
            more = ", ..." if count > 5 else ""
            return f"is {self.predicate!r} for {count} of the polygons: {rows}{more}"
        if self.nearest < 0:
            return "matches nothing: the index has no polygon with vertices"
        if self.predicate == "close":
            return (
                f"matches nothing: the nearest center, of polygon {self.nearest}, is {self.away!r} "
                f"away, which is not less than {self.limit!r}"
            )
        if self.away > 0:
            limit = "" if self.limit is None else f", which is more than {self.limit!r}"
            return f"is outside: polygon {self.nearest}, the nearest, is {self.away!r} away{limit}"
        if self.predicate == "within":
            why = "'within' leaves boundaries out ('covered_by' does not)"
        else:
            why = "what lies to the right owns this place ('covered_by' does not ask)"
        return f"is on the boundary of polygon {self.nearest}: {why}"


def explanation(
    index: PolygonIndex, x: float, y: float, predicate: str, distance: float | None
) -> Explanation:
    """Asks an index all that there is to know."""
    x, y = float(x), float(y)
    matches = index.query(x, y, predicate, distance=distance)[1]
    if predicate == "close":
        rows, away = index.nearest_centers(x, y, return_distance=True)
    else:
        (_, rows), away = index.query_nearest(x, y, return_distance=True, all_matches=False)
    low_x, low_y, high_x, high_y = index.info.bounds
    is_in = low_x <= x <= high_x and low_y <= y <= high_y
    is_in_swapped = low_x <= y <= high_x and low_y <= x <= high_y
    return Explanation(
        x=x,
        y=y,
        predicate=predicate,
        limit=distance,
        matches=tuple(matches.tolist()),
        nearest=int(rows[0]) if len(rows) else -1,
        away=float(away[0]) if len(away) else math.nan,
        looks_swapped=is_in_swapped and not is_in,
    )
