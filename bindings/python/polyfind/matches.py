"""Asking an index which polygons points match."""

from __future__ import annotations

from typing import Any, Literal, overload

from ._buffers import BOOL, U32
from ._call import Progress, choice, from_buffer, take
from ._native import ffi, lib
from ._numpy import Array, Doubles, Pairs, Rows, npt
from ._out import room
from ._results import csr, indices, new_result
from .best import Best

_COUNTS = ffi.typeof("uint32_t[]")
_FLAGS = ffi.typeof("uint8_t[]")
_COUNT, _ANY, _FIND = lib.pf_index_count, lib.pf_index_any, lib.pf_index_find
_OF_POINTS = ("count", "mask")
_FORMATS = dict.fromkeys(("indices", "csr", *_OF_POINTS, "sparse", "arrow"))


class Matches(Best):
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
        out: Array | None = None,
        workers: int | None = None,
        progress: Progress | None = None,
        max_bytes: int | None = None,
    ) -> Array: ...

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
    ) -> tuple[Array, Rows]: ...

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
    ) -> tuple[Array, Rows, Doubles]: ...

    @overload
    def query(
        self,
        x: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
        predicate: str = "close",
        *,
        distance: float | None = None,
        output_format: Literal["sparse", "arrow"],
        return_distance: bool = False,
        max_pairs: int | None = None,
        xy: npt.ArrayLike | None = None,
        workers: int | None = None,
        progress: Progress | None = None,
        max_bytes: int | None = None,
    ) -> Any: ...

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
        out: Array | None = None,
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
        output_format : {"indices", "csr", "sparse", "arrow", "count", "mask"}
            What to return.
        return_distance : bool
            Whether to return the distance of each pair, too: to the center for ``"close"``, else to
            the polygon; within 2 ulp. Not with ``"count"`` and ``"mask"``.
        max_pairs : int, optional
            As soon as there are more pairs than this the call raises LimitError. Not with
            ``"count"`` and ``"mask"``.
        xy : array_like, shape (n, 2)
            The points, in place of `x` and `y`.
        out : ndarray, optional
            With ``"count"`` and ``"mask"``: as for :meth:`best`.
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
        scipy.sparse.csr_array of bool, shape (n, len(index)), for "sparse"
            True where the point matches the polygon; with `return_distance` of float64: the
            distance there, which may be 0 and is stored all the same. Read-only, as for ``"csr"``.
        object with ``__arrow_c_array__``, for "arrow"
            For ``pyarrow.array`` and others: a row for each point, the list of its polygons
            (``large_list<int32>``); with `return_distance` of structs with the fields ``polygon``
            and ``distance``. The library's memory, not copied.
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
        ImportError
            For ``"sparse"``, if scipy is not installed.

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
        if output_format in _OF_POINTS:
            if return_distance or max_pairs is not None:
                name = "return_distance" if return_distance else "max_pairs"
                raise ValueError(f"{name}= is not for output_format={output_format!r}")
            if output_format == "mask":
                mask = room(out, n, BOOL)
                to = from_buffer(_FLAGS, mask)
                call.finish(_ANY(index, points, question, call.running(), to, n, error))
                return mask
            if n == 1 and out is None:
                copy, to = call.one_count
                status = _COUNT(index, points, question, call.run, to, 1, error)
                counts = copy()
                call.finish(status)
                return counts
            counts = room(out, n, U32)
            to = from_buffer(_COUNTS, counts)
            call.finish(_COUNT(index, points, question, call.running(), to, n, error))
            return counts
        choice("output_format", output_format, _FORMATS)
        if out is not None:
            raise ValueError(f"out= is for output_format='count' and 'mask', not {output_format!r}")
        question = call.wanting(return_distance, max_pairs)
        result = new_result()
        call.finish(_FIND(index, points, question, call.running(), result, error))
        if output_format == "indices":
            return indices(result, return_distance, workers)
        columns = csr(result, return_distance)
        if output_format == "csr":
            return columns
        from ._forms import Lists, sparse

        return sparse(columns, self._len) if output_format == "sparse" else Lists(columns)
