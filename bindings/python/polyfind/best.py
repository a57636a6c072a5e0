"""Asking an index for one polygon for each point."""

from __future__ import annotations

from typing import Any, Literal, overload

from ._buffers import F64, I32, ask_again, columns, ranks
from ._call import DOUBLES, NULL, Progress, choice, from_buffer, new, take
from ._native import lib
from ._numpy import Doubles, Rows, npt
from ._out import room, two
from ._results import ROWS
from .nearest import Nearest, upper_limit

_BEST = lib.pf_index_best
# Words of locate, and what best calls them.
BOUNDARIES = {"closed": "covered_by", "open": "within", "half_open": "owned_by"}
RULES = {
    "first": "polygon",
    "smallest": "area",
    "nearest_center": "center",
    "priority": "priority",
}


class Best(Nearest):
    """The questions about one polygon that :class:`polyfind.PolygonIndex` answers."""

    __slots__ = ()

    @overload
    def best(
        self,
        x: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
        predicate: str = "close",
        *,
        distance: float | None = None,
        by: str = "polygon",
        priority: npt.ArrayLike | None = None,
        return_value: Literal[False] = False,
        xy: npt.ArrayLike | None = None,
        out: Rows | None = None,
        workers: int | None = None,
        progress: Progress | None = None,
        max_bytes: int | None = None,
    ) -> Rows: ...

    @overload
    def best(
        self,
        x: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
        predicate: str = "close",
        *,
        distance: float | None = None,
        by: str = "polygon",
        priority: npt.ArrayLike | None = None,
        return_value: Literal[True],
        xy: npt.ArrayLike | None = None,
        out: tuple[Rows, Doubles] | None = None,
        workers: int | None = None,
        progress: Progress | None = None,
        max_bytes: int | None = None,
    ) -> tuple[Rows, Doubles]: ...

    def best(
        self,
        x: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
        predicate: str = "close",
        *,
        distance: float | None = None,
        by: str = "polygon",
        priority: npt.ArrayLike | None = None,
        return_value: bool = False,
        xy: npt.ArrayLike | None = None,
        out: Any = None,
        workers: int | None = None,
        progress: Progress | None = None,
        max_bytes: int | None = None,
    ) -> Any:
        """The best match of each point.

        Parameters
        ----------
        x, y, predicate, distance, xy, workers, progress, max_bytes
            As for :meth:`query`.
        by : {"polygon", "distance", "center", "area", "priority"}
            What is best: the lowest row, or the smallest distance (to the center for ``"close"``,
            else to the polygon), distance to the center, area or priority. Ties go to the lowest
            row.
        priority : array_like, shape (len(index),)
            One number for each polygon, for ``by="priority"``.
        return_value : bool
            Whether to return what was compared, too.
        out : ndarray, optional
            Where to put the result: an array of its dtype and shape, contiguous and to be written
            to; with `return_value` a tuple of two. It is what is returned. What it holds after an
            error is not said.

        Returns
        -------
        polygons : ndarray of int32, shape (n,)
            Rows; -1 where a point matches none.
        values : ndarray of float64, shape (n,)
            With `return_value`; NaN where a point matches none.

        Raises
        ------
        Error, TypeError, ValueError
            As for :meth:`query`, and if `priority` is missing, not asked for or not as described.

        Examples
        --------
        >>> import polyfind as pf
        >>> index = pf.PolygonIndex(pf.Polygons([0, 1, 1, 0], [0, 0, 1, 1], [0, 2, 4]))
        >>> index.best(0.5, 0.9, distance=1, by="distance", return_value=True)
        (array([1], dtype=int32), array([0.1]))
        >>> index.best(0.5, 0.9, distance=1, by="priority", priority=[3, 8])
        array([0], dtype=int32)
        """
        call = take(workers, progress, max_bytes)
        n = call.ask(x, y, xy, predicate, distance, by)
        question = call.query
        if priority is not None or by == "priority":
            values = priorities("by", by, priority, self._len)
            question = new("pf_query *", question[0])
            question.priority, question.priority_len = from_buffer(DOUBLES, values), self._len
        index, points, error = self._index, call.points, call.error
        if n == 1 and out is None and not return_value:
            copy, to = call.one_row
            status = _BEST(index, points, question, call.run, to, NULL, 1, error)
            polygons = copy()
            call.finish(status)
            return polygons
        if not return_value:
            polygons = room(out, n, I32)
            to = from_buffer(ROWS, polygons)
            call.finish(_BEST(index, points, question, call.running(), to, NULL, n, error))
            return polygons
        given, given_values = two(out)
        polygons, compared = room(given, n, I32, "out[0]"), room(given_values, n, F64, "out[1]")
        rooms = from_buffer(ROWS, polygons), from_buffer(DOUBLES, compared)
        call.finish(_BEST(index, points, question, call.running(), *rooms, n, error))
        return polygons, compared

    def locate(
        self,
        x: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
        boundary: str = "closed",
        rule: str = "first",
        *,
        priority: npt.ArrayLike | None = None,
        fallback: str | None = None,
        max_distance: float | None = None,
        xy: npt.ArrayLike | None = None,
        out: Rows | None = None,
        workers: int | None = None,
        progress: Progress | None = None,
        max_bytes: int | None = None,
    ) -> Rows:
        """The polygon that each point is in.

        Parameters
        ----------
        x, y, xy, workers, progress, max_bytes
            As for :meth:`query`.
        boundary : {"closed", "open", "half_open"}
            Whether a polygon's boundary belongs to it: all, nothing, or what of it makes a tiling
            give each point one polygon (see ``"owned_by"`` at the class).
        rule : {"first", "smallest", "nearest_center", "priority"}
            Which of several polygons: that of the lowest row, the smallest area, the nearest
            center or the smallest priority. Ties go to the lowest row.
        priority : array_like, shape (len(index),)
            One number for each polygon, for ``rule="priority"``.
        fallback : {None, "nearest"}
            What a point gets that is in no polygon: none, or the nearest polygon. The points in
            question are then asked about in a second call, and `progress` told of it anew.
        max_distance : float, optional
            How far that may be away, at most; greater than 0.
        out : ndarray of int32, shape (n,), optional
            As for :meth:`best`.

        Returns
        -------
        ndarray of int32, shape (n,)
            Rows; -1 for none.

        Raises
        ------
        CoordinateError
            If a coordinate is NaN or infinite.
        ArgumentError
            If the index was built without insides, or distances, where there is a fallback.
        TypeError, ValueError
            If an argument is missing, without use beside the others, or not as described.

        Examples
        --------
        >>> import polyfind as pf
        >>> rings = [[(0, 0), (2, 0), (2, 2), (0, 2)], [(2, 0), (3, 0), (3, 2), (2, 2)]]
        >>> index = pf.PolygonIndex(pf.Polygons.from_rings(rings))
        >>> index.locate([1, 2, 5], [1, 1, 1])
        array([ 0,  0, -1], dtype=int32)
        >>> index.locate([1, 2, 5], [1, 1, 1], rule="smallest", fallback="nearest")
        array([0, 1, 1], dtype=int32)
        >>> index.locate([1, 2, 5], [1, 1, 1], boundary="open")
        array([ 0, -1, -1], dtype=int32)
        """
        predicate = choice("boundary", boundary, BOUNDARIES)
        by = choice("rule", rule, RULES)
        if priority is not None or rule == "priority":
            priority = priorities("rule", rule, priority, self._len)
        if fallback is None:
            if max_distance is not None:
                raise TypeError("max_distance= is for fallback='nearest'")
            return self.best(
                x,
                y,
                predicate,
                by=by,
                priority=priority,
                xy=xy,
                out=out,
                workers=workers,
                progress=progress,
                max_bytes=max_bytes,
            )
        choice("fallback", fallback, {"nearest": None})
        limit = upper_limit(max_distance)
        x, y = columns(x, y, xy, scalars=True)
        found = self.best(
            x,
            y,
            predicate,
            by=by,
            priority=priority,
            out=out,
            workers=workers,
            progress=progress,
            max_bytes=max_bytes,
        )

        def nearest(x: Any, y: Any) -> Rows:
            how = workers, progress, max_bytes
            return self._nearest(x, y, None, "dwithin", 1, limit, False, None, *how)[0]

        ask_again(found, x, y, nearest)
        return found


def priorities(name: str, given: str, priority: Any, rows: int) -> Doubles:
    """One number for each polygon, where that is what was asked for."""
    if given != "priority":
        raise TypeError(f"priority= is for {name}='priority', not {name}={given!r}")
    if priority is None:
        raise TypeError(f"{name}='priority' needs priority=, one number for each polygon")
    return ranks(priority, rows)
