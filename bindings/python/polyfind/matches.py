"""Asking an index which polygons points match."""

from __future__ import annotations

from typing import Any, Literal, overload

import numpy as np
import numpy.typing as npt

from ._buffers import columns
from ._call import DOUBLES, NULL, Progress, choice, from_buffer, new, take
from ._native import ffi, lib
from ._results import INT32, ROWS, Doubles, Pairs, Rows, csr, indices, new_result
from .nearest import Nearest, upper_limit

_UINT32 = np.dtype(np.uint32)
_BOOL = np.dtype(np.bool_)
_COUNTS = ffi.typeof("uint32_t[]")
_FLAGS = ffi.typeof("uint8_t[]")
_BEST, _COUNT = lib.pf_index_best, lib.pf_index_count
_ANY, _FIND = lib.pf_index_any, lib.pf_index_find
_FORMATS = dict.fromkeys(("indices", "csr", "count", "mask"))
# Words of locate, and what best calls them.
_BOUNDARIES = {"closed": "covered_by", "open": "within", "half_open": "owned_by"}
RULES = {
    "first": "polygon",
    "smallest": "area",
    "nearest_center": "center",
    "priority": "priority",
}


class Matches(Nearest):
    """The questions about matches that :class:`polyfind.PolygonIndex` answers."""

    __slots__ = ()

    @overload
    def query(
        self,
        x: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
        predicate: str = "close",
        *,
        distance: float | None = None,
        output_format: Literal["indices", "count", "mask"] = "indices",
        return_distance: Literal[False] = False,
        max_pairs: int | None = None,
        xy: npt.ArrayLike | None = None,
        workers: int | None = None,
        progress: Progress | None = None,
        max_bytes: int | None = None,
    ) -> npt.NDArray[Any]: ...

    @overload
    def query(
        self,
        x: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
        predicate: str = "close",
        *,
        distance: float | None = None,
        output_format: Literal["indices"] = "indices",
        return_distance: Literal[True],
        max_pairs: int | None = None,
        xy: npt.ArrayLike | None = None,
        workers: int | None = None,
        progress: Progress | None = None,
        max_bytes: int | None = None,
    ) -> tuple[Pairs, Doubles]: ...

    @overload
    def query(
        self,
        x: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
        predicate: str = "close",
        *,
        distance: float | None = None,
        output_format: Literal["csr"],
        return_distance: Literal[False] = False,
        max_pairs: int | None = None,
        xy: npt.ArrayLike | None = None,
        workers: int | None = None,
        progress: Progress | None = None,
        max_bytes: int | None = None,
    ) -> tuple[npt.NDArray[np.int64], Rows]: ...

    @overload
    def query(
        self,
        x: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
        predicate: str = "close",
        *,
        distance: float | None = None,
        output_format: Literal["csr"],
        return_distance: Literal[True],
        max_pairs: int | None = None,
        xy: npt.ArrayLike | None = None,
        workers: int | None = None,
        progress: Progress | None = None,
        max_bytes: int | None = None,
    ) -> tuple[npt.NDArray[np.int64], Rows, Doubles]: ...

    def query(
        self,
        x: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
        predicate: str = "close",
        *,
        distance: float | None = None,
        output_format: str = "indices",
        return_distance: bool = False,
        max_pairs: int | None = None,
        xy: npt.ArrayLike | None = None,
        workers: int | None = None,
        progress: Progress | None = None,
        max_bytes: int | None = None,
    ) -> Any:
        """All matches of each point.

        Parameters
        ----------
        x, y : array_like, shape (n,), or two numbers
            Points.
        predicate : {"close", "within", "covered_by", "intersects", "owned_by", "dwithin"}
            What a match is: see the class.
        distance : float
            For ``"close"`` and ``"dwithin"``, which need it, and no other: in units of the
            coordinates; finite and not negative.
        output_format : {"indices", "csr", "count", "mask"}
            What to return.
        return_distance : bool
            With ``"indices"`` and ``"csr"``, whether to return the distance of each pair, too: to
            the center for ``"close"``, else to the polygon; within 2 ulp.
        max_pairs : int, optional
            With ``"indices"`` and ``"csr"``: as soon as there are more pairs than this the call
            raises LimitError.
        xy : array_like, shape (n, 2)
            The points, in place of `x` and `y`.
        workers, progress, max_bytes
            As for the class.

        Returns
        -------
        ndarray of intp, shape (2, pairs), for "indices"
            Row 0 has points, row 1 polygons, sorted by point, then polygon.
        (indptr, indices), for "csr"
            int64 of shape (n + 1,) and int32 of shape (pairs,): point i matches the polygons
            ``indices[indptr[i]:indptr[i + 1]]``. Read-only arrays over the library's memory,
            which is freed with the last of them.
        ndarray of uint32, shape (n,), for "count"
            How many polygons each point matches.
        ndarray of bool, shape (n,), for "mask"
            Whether it matches any.
        (indices, distances) or (indptr, indices, distances), with `return_distance`
            float64 of shape (pairs,), read-only.

        Raises
        ------
        CoordinateError
            If a coordinate is NaN or infinite.
        ArgumentError
            If the distance is NaN, infinite or negative, or the index was built without what the
            predicate needs.
        TypeError
            If the predicate needs a distance and there is none.
        ValueError
            If a word is none of those above, or the predicate takes no distance.

        Examples
        --------
        >>> import polyfind as pf
        >>> index = pf.PolygonIndex(pf.Polygons([0, 2, 2, 0], [0, 0, 2, 2], [0, 4]))
        >>> index.query([1, 2, 3], [1, 1, 1], "covered_by")
        array([[0, 1],
               [0, 0]])
        >>> index.query([1, 2, 3], [1, 1, 1], "within", output_format="mask")
        array([ True, False, False])
        >>> index.query([1, 2, 3], [1, 1, 1], "dwithin", distance=1, return_distance=True)
        (array([[0, 1, 2],
               [0, 0, 0]]), array([0., 0., 1.]))
        """
        call = take(workers, progress, max_bytes)
        n = call.ask(x, y, xy, predicate, distance)
        index, points, question, error = self._index, call.points, call.query, call.error
        of_pairs = return_distance or max_pairs is not None
        if of_pairs and output_format in ("count", "mask"):
            name = "return_distance" if return_distance else "max_pairs"
            raise ValueError(f"{name}= is not for output_format={output_format!r}")
        if output_format == "count":
            if n == 1:
                count, room = call.one_count
                status = _COUNT(index, points, question, call.run, room, 1, error)
                counts = count.copy()
                call.finish(status)
                return counts
            counts = np.empty(n, _UINT32)
            room = from_buffer(_COUNTS, counts)
            call.finish(_COUNT(index, points, question, call.running(), room, n, error))
            return counts
        if output_format == "mask":
            mask = np.empty(n, _BOOL)
            room = from_buffer(_FLAGS, mask)
            call.finish(_ANY(index, points, question, call.running(), room, n, error))
            return mask
        choice("output_format", output_format, _FORMATS)
        question = call.wanting(return_distance, max_pairs)
        out = new_result()
        call.finish(_FIND(index, points, question, call.running(), out, error))
        if output_format == "csr":
            return csr(out, return_distance)
        return indices(out, return_distance, workers)

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
        if n == 1 and not return_value:
            row, room = call.one_row
            status = _BEST(index, points, question, call.run, room, NULL, 1, error)
            polygons = row.copy()
            call.finish(status)
            return polygons
        polygons = np.empty(n, INT32)
        compared = np.empty(n) if return_value else None
        value_room = NULL if compared is None else from_buffer(DOUBLES, compared)
        room = from_buffer(ROWS, polygons)
        call.finish(_BEST(index, points, question, call.running(), room, value_room, n, error))
        return (polygons, compared) if return_value else polygons

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
        predicate = choice("boundary", boundary, _BOUNDARIES)
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
            workers=workers,
            progress=progress,
            max_bytes=max_bytes,
        )
        missed = np.flatnonzero(found < 0)
        x, y = x[missed], y[missed]
        nearest, _ = self._nearest(
            x, y, None, "dwithin", 1, limit, False, workers, progress, max_bytes
        )
        found[missed] = nearest[:, 0]
        return found


def priorities(name: str, given: str, priority: Any, rows: int) -> Doubles:
    """One number for each polygon, where that is what was asked for."""
    if given != "priority":
        raise TypeError(f"priority= is for {name}='priority', not {name}={given!r}")
    if priority is None:
        raise TypeError(f"{name}='priority' needs priority=, one number for each polygon")
    values = np.asarray(priority)
    if values.dtype.kind not in "fiu":
        raise TypeError(f"priority must hold real numbers, not {values.dtype}")
    if values.shape != (rows,):
        raise ValueError(f"priority must have shape ({rows},), one per polygon, not {values.shape}")
    return np.require(values, np.float64, requirements=["C", "A"])
