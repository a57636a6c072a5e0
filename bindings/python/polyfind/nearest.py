"""Asking an index what is nearest to points."""

from __future__ import annotations

import math
import operator
from numbers import Real
from typing import Any, Literal, overload

from ._buffers import F64, I32, found_only
from ._call import DOUBLES, NULL, Progress, from_buffer, take
from ._native import lib
from ._numpy import Doubles, Pairs, Rows, npt
from ._out import room, two
from ._results import ROWS, indices, new_result

_NEAREST, _FIND_NEAREST = lib.pf_index_nearest, lib.pf_index_find_nearest


class Nearest:
    """The questions about what is nearest that :class:`polyfind.PolygonIndex` answers."""

    __slots__ = ("_index", "_len")

    _index: Any
    _len: int

    @overload
    def query_nearest(
        self,
        x: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
        k: int = 1,
        max_distance: float | None = None,
        return_distance: Literal[False] = False,
        all_matches: bool = True,
        *,
        max_pairs: int | None = None,
        xy: npt.ArrayLike | None = None,
        workers: int | None = None,
        progress: Progress | None = None,
        max_bytes: int | None = None,
    ) -> Pairs: ...

    @overload
    def query_nearest(
        self,
        x: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
        k: int = 1,
        max_distance: float | None = None,
        *,
        return_distance: Literal[True],
        all_matches: bool = True,
        max_pairs: int | None = None,
        xy: npt.ArrayLike | None = None,
        workers: int | None = None,
        progress: Progress | None = None,
        max_bytes: int | None = None,
    ) -> tuple[Pairs, Doubles]: ...

    def query_nearest(
        self,
        x: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
        k: int = 1,
        max_distance: float | None = None,
        return_distance: bool = False,
        all_matches: bool = True,
        *,
        max_pairs: int | None = None,
        xy: npt.ArrayLike | None = None,
        workers: int | None = None,
        progress: Progress | None = None,
        max_bytes: int | None = None,
    ) -> Any:
        """The polygons that are nearest to each point, as Shapely's ``STRtree.query_nearest``.

        Parameters
        ----------
        x, y, xy, workers, progress, max_bytes
            As for :meth:`query`.
        k : int
            How many polygons for each point, at least 1 (Shapely has 1 only).
        max_distance : float, optional
            Only polygons at most this far away; greater than 0.
        return_distance : bool
            Whether to return the distances, too.
        all_matches : bool
            Whether polygons that are just as near as the k-th are returned beyond k; else ties go
            to the lowest row. A point inside or on the boundary of a polygon is 0 away from it.
        max_pairs : int, optional
            With `all_matches`: as soon as there are more pairs than this the call raises
            LimitError.

        Returns
        -------
        pairs : ndarray of intp, shape (2, pairs)
            Row 0 has points, row 1 polygons, sorted by point, then distance, then polygon.
        distances : ndarray of float64, shape (pairs,)
            With `return_distance`: within 2 ulp of the true ones (which is what is compared), 0
            only for points inside or on the boundary.

        Raises
        ------
        CoordinateError
            If a coordinate is NaN or infinite.
        ArgumentError
            If the index was built without distances.
        ValueError
            If `k` or `max_distance` is not as described.

        Examples
        --------
        >>> import polyfind as pf
        >>> rings = [[(0, 0), (1, 0), (0, 1)], [(4, 0), (5, 0), (4, 1)]]
        >>> index = pf.PolygonIndex(pf.Polygons.from_rings(rings))
        >>> index.query_nearest([2, 2.5], [0, 0], return_distance=True)
        (array([[0, 1, 1],
               [0, 0, 1]]), array([1. , 1.5, 1.5]))
        >>> index.query_nearest([2, 2.5], [0, 0], max_distance=1.25)
        array([[0],
               [0]])
        """
        k, limit = _count(k), upper_limit(max_distance)
        if not all_matches:
            if max_pairs is not None:
                raise ValueError(
                    "max_pairs= is for all_matches=True: else there are up to k a point"
                )
            k = max(1, min(k, self._len))
            how = workers, progress, max_bytes
            found, away = self._nearest(x, y, xy, "dwithin", k, limit, return_distance, None, *how)
            pairs, away = found_only(found, away, k)
            return pairs if away is None else (pairs, away)
        call = take(workers, progress, max_bytes)
        call.ask(x, y, xy, "dwithin", limit)
        question = call.wanting(return_distance, max_pairs)
        result = new_result()
        asked = self._index, call.points, k, question, call.running()
        call.finish(_FIND_NEAREST(*asked, result, call.error))
        return indices(result, return_distance, workers)

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
        out: Rows | None = None,
        workers: int | None = None,
        progress: Progress | None = None,
        max_bytes: int | None = None,
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
        out: tuple[Rows, Doubles] | None = None,
        workers: int | None = None,
        progress: Progress | None = None,
        max_bytes: int | None = None,
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
        out: Any = None,
        workers: int | None = None,
        progress: Progress | None = None,
        max_bytes: int | None = None,
    ) -> Any:
        """The polygons whose centers are nearest to each point.

        Parameters
        ----------
        x, y, xy, workers, progress, max_bytes
            As for :meth:`query`.
        k : int
            How many polygons, at least 1.
        max_distance : float, optional
            Only centers nearer than this, strictly.
        return_distance : bool
            Whether to return the distances, too.
        out : ndarray, optional
            As for :meth:`best`; with `return_distance` a tuple of two.

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
        k, limit = _count(k), math.inf if max_distance is None else max_distance
        how = workers, progress, max_bytes
        found, away = self._nearest(x, y, xy, "close", k, limit, return_distance, out, *how)
        return found if away is None else (found, away)

    def _nearest(
        self,
        x: Any,
        y: Any,
        xy: npt.ArrayLike | None,
        predicate: str,
        k: int,
        limit: float,
        return_distance: bool,
        out: Any,
        workers: int | None,
        progress: Progress | None,
        max_bytes: int | None,
    ) -> tuple[Rows, Doubles | None]:
        """Rows of shape (n,) if k is 1, else (n, k), and their distances or None."""
        call = take(workers, progress, max_bytes)
        n = call.ask(x, y, xy, predicate, limit)
        asked = self._index, call.points, k, call.query, call.running()
        shape = (n,) if k == 1 else (n, k)
        if not return_distance:
            polygons = room(out, shape, I32)
            call.finish(_NEAREST(*asked, from_buffer(ROWS, polygons), NULL, n * k, call.error))
            return polygons, None
        rows, values = two(out)
        polygons, distances = room(rows, shape, I32, "out[0]"), room(values, shape, F64, "out[1]")
        rooms = from_buffer(ROWS, polygons), from_buffer(DOUBLES, distances)
        call.finish(_NEAREST(*asked, *rooms, n * k, call.error))
        return polygons, distances


def _count(k: int) -> int:
    k = operator.index(k)
    if not 1 <= k < 1 << 63:
        raise ValueError(f"k must be at least 1, not {k}")
    return k


def upper_limit(max_distance: float | None) -> float:
    """What distances may not exceed: infinity for None."""
    if max_distance is None:
        return math.inf
    if not isinstance(max_distance, Real):
        raise TypeError(f"max_distance must be a number, not {type(max_distance).__name__}")
    if not max_distance > 0:
        raise ValueError(f"max_distance must be greater than 0, not {max_distance}")
    return max_distance
