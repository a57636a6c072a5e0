"""What the points of each polygon come to, without keeping pairs."""

from __future__ import annotations

import operator
from importlib import import_module
from typing import Any

from ._batches import Report, Watch, batches_of, frame_points, numbers_of
from ._call import DOUBLES, RELATIONS, Progress, choice, from_buffer, new, take
from ._native import ffi, lib
from ._numpy import Doubles, np, npt, numbers
from ._results import ROWS
from .best import RULES, priorities
from .index import PolygonIndex

_TALLY = ffi.typeof("pf_tally **")
_ATTRIBUTES = ffi.typeof("pf_attributes *")
_COUNTS = ffi.typeof("uint64_t[]")
_COLUMNS = ("values", "sum", "mean", "min", "max")
_FRAMES = {"pandas": "DataFrame", "polars": "DataFrame", "pyarrow": "table"}


class Tally:
    """Counts the points of each polygon, and sums up a number that they bring along.

    No pairs are kept: a tally takes some 60 bytes for each polygon and group (8 as long as nobody
    brings values; more where values are of very different sizes), however many points there are.

    Parameters
    ----------
    index : PolygonIndex
        The polygons. The tally keeps it.
    predicate, distance
        Which polygons a point is added to, as for :meth:`PolygonIndex.query`.
    rule : {None, "first", "smallest", "nearest_center", "priority"}
        All of them, or only one, as for :func:`sjoin`.
    priority : array_like, shape (len(index),)
        One number for each polygon, for ``rule="priority"``.
    groups : int, optional
        How many groups of points are told apart by the argument `by` of :meth:`add`: columns then
        have the shape (polygons, groups).
    max_bytes : int, optional
        As for :class:`PolygonIndex`.

    Attributes
    ----------
    count : ndarray of int64
        How many points were added to each polygon.
    values : ndarray of int64
        How many of them brought a value.
    sum : ndarray of float64
        Of the values: exact, then rounded once. 0 where there are none.
    mean, min, max : ndarray of float64
        NaN where there are none; `mean` is `sum` divided by `values`.

    Notes
    -----
    A tally is the same, to the last bit, however the points were ordered, cut into calls, divided
    between tallies that were merged, and whatever the number of workers. A call that raises adds
    nothing. One call at a time may use a tally, or it is refused with ArgumentError: to add on many
    threads give each a tally of its own, and merge them.

    Examples
    --------
    >>> import polyfind as pf
    >>> index = pf.PolygonIndex(pf.Polygons.from_boxes([[0, 0, 2, 2], [1, 1, 4, 4]]))
    >>> tally = pf.Tally(index)
    >>> tally.add([0.5, 1.5, 9.0], [0.5, 1.5, 9.0], values=[10, 20, 30])
    >>> tally.add([3.0], [3.0])
    >>> tally.count, tally.sum
    (array([2, 2]), array([30., 20.]))
    >>> print(tally.to_frame())
       polygon  count  values   sum  mean   min   max
    0        0      2       2  30.0  15.0  10.0  20.0
    1        1      2       1  20.0  20.0  20.0  20.0
    """

    __slots__ = (
        "_by",
        "_distance",
        "_groups",
        "_index",
        "_len",
        "_predicate",
        "_priority",
        "_tally",
    )

    def __init__(
        self,
        index: PolygonIndex,
        predicate: str = "covered_by",
        *,
        distance: float | None = None,
        rule: str | None = None,
        priority: npt.ArrayLike | None = None,
        groups: int | None = None,
        max_bytes: int | None = None,
    ) -> None:
        if not isinstance(index, PolygonIndex):
            raise TypeError(f"index must be a PolygonIndex, not {type(index).__name__}")
        choice("predicate", predicate, RELATIONS)
        self._by = None if rule is None else choice("rule", rule, RULES)
        self._priority = None
        if priority is not None or rule == "priority":
            self._priority = priorities("rule", str(rule), priority, len(index))
        self._groups = None if groups is None else operator.index(groups)
        if self._groups is not None and self._groups < 1:
            raise ValueError(f"groups must be at least 1, not {groups}")
        self._index, self._predicate, self._distance = index, predicate, distance
        # A question about no points says whether the rest is right.
        index.query([], [], predicate, distance=distance, output_format="mask")
        call, out = take(None, None, max_bytes), new(_TALLY)
        how = call.running()
        call.finish(lib.pf_tally_make(index._index, self._groups or 1, how, out, call.error))
        self._tally = ffi.gc(out[0], lib.pf_tally_free)
        self._len = lib.pf_tally_len(out[0])

    def add(
        self,
        x: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
        values: npt.ArrayLike | None = None,
        by: npt.ArrayLike | None = None,
        *,
        xy: npt.ArrayLike | None = None,
        workers: int | None = None,
        progress: Progress | None = None,
        max_bytes: int | None = None,
    ) -> None:
        """Adds points to the polygons that they match.

        Parameters
        ----------
        x, y, xy, workers, progress, max_bytes
            As for :meth:`PolygonIndex.query`.
        values : array_like, shape (n,), optional
            A number for each point. NaN means that it has none: it is counted in `count`, and
            nowhere else.
        by : array_like of int, shape (n,)
            The group of each point, from 0 on, if the tally has groups; points of group -1 are
            left out.

        Raises
        ------
        CoordinateError
            If a coordinate is NaN or infinite.
        ArgumentError
            If a value is infinite, or another call is using the tally.
        TypeError, ValueError
            If an argument is missing or not as described.

        Examples
        --------
        >>> import polyfind as pf
        >>> index = pf.PolygonIndex(pf.Polygons.from_boxes([[0, 0, 2, 2], [2, 0, 4, 2]]))
        >>> tally = pf.Tally(index, groups=2)
        >>> tally.add([1, 1, 3], [1, 1, 1], by=[0, 1, 1])
        >>> tally.count
        array([[1, 1],
               [0, 1]])
        """
        if (by is None) != (self._groups is None):
            needs = "needs by=" if by is None else "has no groups= for by="
            raise TypeError(f"this tally {needs}")
        call = take(workers, progress, max_bytes)
        n = call.ask(x, y, xy, self._predicate, self._distance, self._by or "polygon")
        question = new("pf_query *", call.query[0])
        if self._by is not None:
            question.flags = lib.PF_BEST_ONLY
        if self._priority is not None:
            question.priority = from_buffer(DOUBLES, self._priority)
            question.priority_len = len(self._priority)
        brought = new(_ATTRIBUTES, {"struct_size": ffi.sizeof("pf_attributes")})
        if values is not None:
            worth = _beside(values, "values", "fiu", n)
            worth = np.require(worth, np.float64, requirements=["C", "A"])
            brought.values, brought.values_len = from_buffer(DOUBLES, worth), n
        if by is not None:
            rows = _groups(_beside(by, "by", "iu", n), self._groups or 1)
            brought.groups, brought.groups_len = from_buffer(ROWS, rows), n
        how = call.running()
        call.finish(lib.pf_tally_add(self._tally, call.points, brought, question, how, call.error))

    def add_batches(
        self,
        reader: Any,
        values: str | None = None,
        by: str | None = None,
        *,
        columns: tuple[str, str] = ("x", "y"),
        workers: int | None = None,
        progress: Report | None = None,
    ) -> int:
        """Adds all points of a stream of batches, of which one at a time is in memory.

        Parameters
        ----------
        reader
            Batches: see :func:`match_batches`. Of a file only the columns that are needed are read.
        values, by : str, optional
            The columns of values and groups. Nulls are values that are missing, and groups that
            are left out.
        columns : (str, str)
            The columns of x and y. Points with nulls or NaN there are left out.
        workers
            As for :class:`PolygonIndex`.
        progress : callable(BatchProgress), optional
            As for :func:`match_batches`.

        Returns
        -------
        int
            How many rows there were.

        Raises
        ------
        Error, TypeError, ValueError
            As for :meth:`add`; the batches before the one in question have been added.

        Examples
        --------
        >>> import pandas, polyfind as pf
        >>> index = pf.PolygonIndex(pf.Polygons.from_boxes([[0, 0, 2, 2]]))
        >>> days = [
        ...     pandas.DataFrame({"x": [1.0, 5.0], "y": [1.0, 5.0], "fare": [2.5, 9.0]}),
        ...     pandas.DataFrame({"x": [0.5, None], "y": [1.5, 1.0], "fare": [4.0, 1.0]}),
        ... ]
        >>> tally = pf.Tally(index)
        >>> tally.add_batches(days, "fare")
        4
        >>> tally.sum
        array([6.5])
        """
        needed = [name for name in (*columns, values, by) if name is not None]
        batches = batches_of(reader, needed)
        watch = Watch(progress, batches.total)
        for frame in batches:
            x, y, there = frame_points(frame, columns)
            worth = None if values is None else numbers_of(frame, values)
            group = None if by is None else np.nan_to_num(numbers_of(frame, by), nan=-1)
            if group is not None and (group != np.floor(group)).any():
                raise TypeError(f"column {by!r} must hold integers")
            worth = None if worth is None else worth[there]
            group = None if group is None else group[there].astype(np.int64)
            self.add(x, y, worth, group, workers=workers)
            watch.add(len(frame))
        watch.end()
        return watch.rows

    def merge(self, other: Tally) -> None:
        """Adds what another tally has, which was made for as many polygons and groups.

        Raises
        ------
        ArgumentError
            If it was made for others, or is this one.

        Examples
        --------
        >>> import polyfind as pf
        >>> index = pf.PolygonIndex(pf.Polygons.from_boxes([[0, 0, 2, 2]]))
        >>> here, there = pf.Tally(index), pf.Tally(index)
        >>> here.add([1], [1])
        >>> there.add([1, 5], [1, 5])
        >>> here.merge(there)
        >>> here.count
        array([2])
        """
        if not isinstance(other, Tally):
            raise TypeError(f"other must be a Tally, not {type(other).__name__}")
        call = take()
        how = call.running()
        call.finish(lib.pf_tally_merge(self._tally, other._tally, how, call.error))

    @property
    def count(self) -> npt.NDArray[np.int64]:
        """How many points were added to each polygon."""
        return self._counts(lib.PF_TALLY_POINTS)

    @property
    def values(self) -> npt.NDArray[np.int64]:
        """How many of them brought a value."""
        return self._counts(lib.PF_TALLY_VALUES)

    @property
    def sum(self) -> Doubles:
        """The sum of the values; 0 where there are none."""
        return self._measures(lib.PF_TALLY_SUM)

    @property
    def mean(self) -> Doubles:
        """The mean of the values; NaN where there are none."""
        return self._measures(lib.PF_TALLY_MEAN)

    @property
    def min(self) -> Doubles:
        """The least value; NaN where there are none."""
        return self._measures(lib.PF_TALLY_MIN)

    @property
    def max(self) -> Doubles:
        """The greatest value; NaN where there are none."""
        return self._measures(lib.PF_TALLY_MAX)

    def to_frame(self, package: str = "pandas") -> Any:
        """All columns as a frame, with a row for each polygon (and group).

        Parameters
        ----------
        package : {"pandas", "polars", "pyarrow"}
            Whose: a pandas or polars DataFrame or a pyarrow Table.

        Returns
        -------
        frame
            Columns ``polygon``, ``group`` if there are groups, ``count``, and if any values were
            added ``values``, ``sum``, ``mean``, ``min`` and ``max``.

        Examples
        --------
        >>> import polyfind as pf
        >>> tally = pf.Tally(pf.PolygonIndex(pf.Polygons.from_boxes([[0, 0, 2, 2]])))
        >>> tally.add([1, 1], [1, 1])
        >>> tally.to_frame()
           polygon  count
        0        0      2
        """
        make = getattr(import_module(package), choice("package", package, _FRAMES))
        groups = self._groups or 1
        columns: dict[str, Any] = {"polygon": np.repeat(np.arange(len(self._index)), groups)}
        if self._groups is not None:
            columns["group"] = np.tile(np.arange(groups), len(self._index))
        columns["count"] = self.count.ravel()
        if self.values.any():
            columns |= {name: getattr(self, name).ravel() for name in _COLUMNS}
        return make(columns)

    def _counts(self, column: int) -> npt.NDArray[np.int64]:
        out, call = np.empty(self._len, np.uint64), take()
        room, how = from_buffer(_COUNTS, out), call.running()
        call.finish(lib.pf_tally_counts(self._tally, column, how, room, self._len, call.error))
        return self._shaped(out.view(np.int64))

    def _measures(self, column: int) -> Doubles:
        out, call = np.empty(self._len), take()
        room, how = from_buffer(DOUBLES, out), call.running()
        call.finish(lib.pf_tally_values(self._tally, column, how, room, self._len, call.error))
        return self._shaped(out)

    def _shaped(self, column: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return column if self._groups is None else column.reshape(-1, self._groups)

    def __len__(self) -> int:
        return len(self._index)

    def __repr__(self) -> str:
        groups = "" if self._groups is None else f", {self._groups} groups"
        return f"<polyfind.Tally: {len(self)} polygons{groups}>"


def _beside(given: npt.ArrayLike, name: str, kinds: str, rows: int) -> npt.NDArray[Any]:
    """A column with an element for each point."""
    wanted = "real numbers" if "f" in kinds else "integers"
    array = np.atleast_1d(numbers(given, name, kinds, wanted))
    if array.shape != (rows,):
        raise ValueError(f"{name} must have shape ({rows},), one per point, not {array.shape}")
    return array


def _groups(by: npt.NDArray[Any], groups: int) -> npt.NDArray[np.int32]:
    wrong = (by < -1) | (by >= groups)
    if wrong.any():
        at = int(wrong.argmax())
        raise ValueError(f"by[{at}] = {by[at]} is not one of {groups} groups, nor -1")
    return np.require(by, np.int32, requirements=["C", "A"])
