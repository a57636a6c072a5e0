"""The index, and asking it about points."""

from __future__ import annotations

import operator
from typing import Any, Literal, overload

import numpy as np
import numpy.typing as npt

from ._call import DOUBLES, NULL, Progress, choice, from_buffer, new, take
from ._native import ffi, lib
from .polygons import Polygons, as_polygons

Rows = npt.NDArray[np.int32]
Doubles = npt.NDArray[np.float64]

_INT32 = np.dtype(np.int32)
_UINT32 = np.dtype(np.uint32)
_BOOL = np.dtype(np.bool_)
_ROWS = ffi.typeof("int32_t[]")
_COUNTS = ffi.typeof("uint32_t[]")
_FLAGS = ffi.typeof("uint8_t[]")
_INDEX = ffi.typeof("pf_index **")
_RESULT = ffi.typeof("pf_result **")
_BEST, _COUNT, _ANY = lib.pf_index_best, lib.pf_index_count, lib.pf_index_any
_FIND, _NEAREST = lib.pf_index_find, lib.pf_index_nearest
_FORMATS = ("indices", "csr", "count", "mask")


class PolygonIndex:
    """Polygons, ready to be asked about points.

    Parameters
    ----------
    polygons : Polygons
        The table; the index keeps nothing of its arrays.
    workers : int, optional
        Threads to use; None, 0 or -1 for one per core. Small work runs on the calling thread.
    progress : callable(done, total), optional
        Called a few times a second on this thread. A true answer stops the call with
        CancelledError; an exception stops it and comes back as itself.

    Notes
    -----
    An index never changes: any number of threads may ask it at once, and the GIL is free during
    every call. Polygons are named by their row in the table.

    Points are given in every method as `x` and `y`, arrays of one length or two numbers, or as
    `xy`, an (n, 2) array. float64 and float32 arrays of equal, positive strides are not copied.

    The one predicate of this version is ``"close"``: the polygon's center (the mean of its
    vertices) is nearer to the point than `distance`, strictly, decided exactly.

    Examples
    --------
    >>> import polyfind as pf
    >>> squares = pf.Polygons.from_rings(
    ...     [([0, 1, 1, 0, 0], [0, 0, 1, 1, 0]), ([2, 4, 4, 2, 2], [0, 0, 2, 2, 0])]
    ... )
    >>> index = pf.PolygonIndex(squares)
    >>> index.query([0, 2], [0, 1], distance=2)
    array([[0, 1, 1],
           [0, 0, 1]])
    >>> index.best([0, 2, 9], [0, 1, 9], distance=2, by="distance")
    array([ 0,  1, -1], dtype=int32)
    """

    __slots__ = ("__weakref__", "_index", "_len")

    def __init__(
        self, polygons: Polygons, workers: int | None = None, progress: Progress | None = None
    ) -> None:
        polygons = as_polygons(polygons)
        call = take(workers, progress)
        out = new(_INDEX)
        call.finish(lib.pf_index_build(polygons._struct, NULL, call.run, out, call.error))
        self._index = ffi.gc(out[0], lib.pf_index_free)
        self._len = len(polygons)

    def __len__(self) -> int:
        return self._len

    def __repr__(self) -> str:
        return f"<polyfind.PolygonIndex: {len(self)} polygons>"

    @overload
    def query(
        self,
        x: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
        predicate: str = "close",
        *,
        distance: float | None = None,
        output_format: Literal["indices", "count", "mask"] = "indices",
        xy: npt.ArrayLike | None = None,
        workers: int | None = None,
        progress: Progress | None = None,
    ) -> npt.NDArray[Any]: ...

    @overload
    def query(
        self,
        x: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
        predicate: str = "close",
        *,
        distance: float | None = None,
        output_format: Literal["csr"],
        xy: npt.ArrayLike | None = None,
        workers: int | None = None,
        progress: Progress | None = None,
    ) -> tuple[npt.NDArray[np.int64], Rows]: ...

    def query(
        self,
        x: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
        predicate: str = "close",
        *,
        distance: float | None = None,
        output_format: str = "indices",
        xy: npt.ArrayLike | None = None,
        workers: int | None = None,
        progress: Progress | None = None,
    ) -> Any:
        """All matches of each point.

        Parameters
        ----------
        x, y : array_like, shape (n,), or two numbers
            Points.
        predicate : {"close"}
            What a match is: see the class.
        distance : float
            In units of the coordinates; finite and not negative.
        output_format : {"indices", "csr", "count", "mask"}
            What to return.
        xy : array_like, shape (n, 2)
            The points, in place of `x` and `y`.
        workers, progress
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

        Raises
        ------
        CoordinateError
            If a coordinate is NaN or infinite.
        ArgumentError
            If the distance is NaN, infinite or negative.

        Examples
        --------
        >>> import polyfind as pf
        >>> index = pf.PolygonIndex(pf.Polygons([0, 1, 1, 0], [0, 0, 1, 1], [0, 2, 4]))
        >>> index.query([0.5, 3], [0.5, 3], distance=1, output_format="csr")
        (array([0, 2, 2]), array([0, 1], dtype=int32))
        >>> index.query([0.5, 3], [0.5, 3], distance=1, output_format="count")
        array([2, 0], dtype=uint32)
        """
        call = take(workers, progress)
        n = call.ask(x, y, xy, predicate, distance)
        index, points, question, error = self._index, call.points, call.query, call.error
        if output_format == "count":
            counts = np.empty(n, _UINT32)
            room = from_buffer(_COUNTS, counts)
            call.finish(_COUNT(index, points, question, call.run, room, n, error))
            return counts
        if output_format == "mask":
            mask = np.empty(n, _BOOL)
            room = from_buffer(_FLAGS, mask)
            call.finish(_ANY(index, points, question, call.run, room, n, error))
            return mask
        if output_format not in _FORMATS:
            choice("output_format", output_format, dict.fromkeys(_FORMATS, 0))
        out = new(_RESULT)
        call.finish(_FIND(index, points, question, call.run, out, error))
        result = ffi.gc(out[0], lib.pf_result_free)
        rows, pairs = lib.pf_result_rows(result), lib.pf_result_pairs(result)
        indptr = _Column(result, lib.pf_result_offsets(result), rows + 1, "i8").array()
        indices = _Column(result, lib.pf_result_polygons(result), pairs, "i4").array()
        if output_format == "csr":
            return indptr, indices
        table = np.empty((2, pairs), np.intp)
        table[0] = np.repeat(np.arange(rows), np.diff(indptr))
        table[1] = indices
        return table

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
    ) -> Any:
        """The best match of each point.

        Parameters
        ----------
        x, y, predicate, distance, xy, workers, progress
            As for :meth:`query`.
        by : {"polygon", "distance", "area", "priority"}
            What is best: the lowest row, or the smallest distance, area or priority. Ties go to
            the lowest row.
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

        Examples
        --------
        >>> import polyfind as pf
        >>> index = pf.PolygonIndex(pf.Polygons([0, 1, 1, 0], [0, 0, 1, 1], [0, 2, 4]))
        >>> index.best(0.5, 0.9, distance=1, by="distance", return_value=True)
        (array([1], dtype=int32), array([0.1]))
        >>> index.best(0.5, 0.9, distance=1, by="priority", priority=[3, 8])
        array([0], dtype=int32)
        """
        call = take(workers, progress)
        n = call.ask(x, y, xy, predicate, distance, by)
        question = call.query
        if priority is not None or by == "priority":
            question, priority = _with_priority(question, by, priority, self._len)
        polygons = np.empty(n, _INT32)
        values = np.empty(n) if return_value else None
        value_room = NULL if values is None else from_buffer(DOUBLES, values)
        room = from_buffer(_ROWS, polygons)
        index, points, error = self._index, call.points, call.error
        call.finish(_BEST(index, points, question, call.run, room, value_room, n, error))
        return (polygons, values) if return_value else polygons

    @overload
    def nearest_centers(
        self,
        x: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
        k: int = 1,
        max_distance: float | None = None,
        return_distance: Literal[False] = False,
        *,
        xy: npt.ArrayLike | None = None,
        workers: int | None = None,
        progress: Progress | None = None,
    ) -> Rows: ...

    @overload
    def nearest_centers(
        self,
        x: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
        k: int = 1,
        max_distance: float | None = None,
        *,
        return_distance: Literal[True],
        xy: npt.ArrayLike | None = None,
        workers: int | None = None,
        progress: Progress | None = None,
    ) -> tuple[Rows, Doubles]: ...

    def nearest_centers(
        self,
        x: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
        k: int = 1,
        max_distance: float | None = None,
        return_distance: bool = False,
        *,
        xy: npt.ArrayLike | None = None,
        workers: int | None = None,
        progress: Progress | None = None,
    ) -> Any:
        """The polygons whose centers are nearest to each point.

        Parameters
        ----------
        x, y, xy, workers, progress
            As for :meth:`query`.
        k : int
            How many polygons, at least 1.
        max_distance : float, optional
            Only centers nearer than this, strictly.
        return_distance : bool
            Whether to return the distances, too.

        Returns
        -------
        polygons : ndarray of int32, shape (n,) if k is 1, else (n, k)
            Rows, nearest first, ties by row; -1 where there are no more.
        distances : ndarray of float64, of the same shape
            With `return_distance`; NaN beside -1.

        Examples
        --------
        >>> import polyfind as pf
        >>> index = pf.PolygonIndex(pf.Polygons([0, 4, 9], [0, 3, 9], [0, 1, 2, 3]))
        >>> index.nearest_centers(0, 0, k=2, return_distance=True)
        (array([[0, 1]], dtype=int32), array([[0., 5.]]))
        """
        k = operator.index(k)
        if not 1 <= k < 1 << 63:
            raise ValueError(f"k must be at least 1, not {k}")
        call = take(workers, progress)
        n = call.ask(x, y, xy, "close", np.inf if max_distance is None else max_distance)
        asked = self._index, call.points, k, call.query, call.run
        polygons = np.empty(n if k == 1 else (n, k), _INT32)
        distances = np.empty(polygons.shape) if return_distance else None
        distance_room = NULL if distances is None else from_buffer(DOUBLES, distances)
        rooms = from_buffer(_ROWS, polygons), distance_room
        call.finish(_NEAREST(*asked, *rooms, polygons.size, call.error))
        return (polygons, distances) if return_distance else polygons


class _Column:
    """Lends one column of a result to numpy, and keeps the result for as long as numpy needs it."""

    __slots__ = ("__array_interface__", "_result")

    def __init__(self, result: Any, start: Any, length: int, dtype: str) -> None:
        self._result = result
        self.__array_interface__ = {
            "version": 3,
            "typestr": np.dtype(dtype).str,
            "shape": (length,),
            "data": (int(ffi.cast("uintptr_t", start)), True),
        }

    def array(self) -> npt.NDArray[Any]:
        """The column, read-only."""
        return np.asarray(self)


def _with_priority(question: Any, by: str, priority: Any, rows: int) -> tuple[Any, Doubles]:
    """A question of its own with priorities, which the caller keeps."""
    if by != "priority":
        raise TypeError(f"priority= is for by='priority', not by={by!r}")
    if priority is None:
        raise TypeError("by='priority' needs priority=, one number for each polygon")
    values = np.asarray(priority)
    if values.dtype.kind not in "fiu":
        raise TypeError(f"priority must hold real numbers, not {values.dtype}")
    if values.shape != (rows,):
        raise ValueError(f"priority must have shape ({rows},), one per polygon, not {values.shape}")
    values = np.ascontiguousarray(values, np.float64)
    question = new("pf_query *", question[0])
    question.priority, question.priority_len = from_buffer(DOUBLES, values), rows
    return question, values
