"""Matching more points than fit into memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ._batches import Batches, Report, Watch, batches_of, frame_points
from ._call import RELATIONS, choice
from ._frames import check_free
from ._numpy import Rows, np, npt
from .best import RULES
from .index import PolygonIndex


def match_batches(
    reader: Any,
    index: PolygonIndex,
    predicate: str = "covered_by",
    *,
    columns: tuple[str, str] = ("x", "y"),
    name: str = "polygon",
    distance: float | None = None,
    rule: str = "first",
    priority: npt.ArrayLike | None = None,
    workers: int | None = None,
    progress: Report | None = None,
) -> Iterator[Any]:
    """Matches the points of a stream of batches, of which one at a time is in memory.

    Parameters
    ----------
    reader
        The path of a Parquet file or folder (CSV and IPC go by their suffix), a
        ``pyarrow.dataset.Dataset`` or ``Scanner``, a ``RecordBatchReader``, anything else with
        ``__arrow_c_stream__``, a frame of pandas, polars or pyarrow, or an iterable of such frames
        or record batches. Files and streams of other packages need pyarrow.
    index : PolygonIndex
        The polygons.
    predicate, distance
        What a match is, as for :meth:`PolygonIndex.query`.
    columns : (str, str)
        The columns of x and y. Points with nulls or NaN there match nothing.
    name : str
        What the new column is called.
    rule : {"first", "smallest", "nearest_center", "priority"}
        Which of several polygons, as for :meth:`PolygonIndex.locate`.
    priority : array_like, shape (len(index),)
        One number for each polygon, for ``rule="priority"``.
    workers
        As for :class:`PolygonIndex`.
    progress : callable(BatchProgress), optional
        Called about ten times a second, between batches, and at the end. ``print`` will do: its
        argument knows the rows so far, of how many, their rate, and the time left. A true answer
        stops with CancelledError.

    Yields
    ------
    frame or record batch
        The batches, of the kind they came in (``pyarrow.RecordBatch`` for files and streams), with
        one more column: int32, the row of the polygon, -1 for none.

    Raises
    ------
    CoordinateError
        If a coordinate is infinite.
    TypeError, ValueError
        If an argument is not as described, or there is a column `name` already.

    Examples
    --------
    >>> import pandas, polyfind as pf
    >>> index = pf.PolygonIndex(pf.Polygons.from_boxes([[0, 0, 2, 2], [2, 0, 4, 2]]))
    >>> days = [pandas.DataFrame({"x": [1.0, 3.0], "y": [1.0, 1.0]}),
    ...         pandas.DataFrame({"x": [9.0], "y": [1.0]})]
    >>> for day in pf.match_batches(days, index):
    ...     print(day)
         x    y  polygon
    0  1.0  1.0        0
    1  3.0  1.0        1
         x    y  polygon
    0  9.0  1.0       -1
    """
    if not isinstance(index, PolygonIndex):
        raise TypeError(f"index must be a PolygonIndex, not {type(index).__name__}")
    choice("predicate", predicate, RELATIONS)
    by = choice("rule", rule, RULES)

    def match(x: npt.NDArray[Any], y: npt.NDArray[Any]) -> Rows:
        return index.best(
            x, y, predicate, distance=distance, by=by, priority=priority, workers=workers
        )

    match(np.empty(0), np.empty(0))  # says whether the arguments are right
    batches = batches_of(reader)
    return _matched(batches, match, columns, name, Watch(progress, batches.total))


def _matched(
    batches: Batches, match: Any, columns: tuple[str, str], name: str, watch: Watch
) -> Iterator[Any]:
    for frame in batches:
        check_free(name, frame.names)
        x, y, there = frame_points(frame, columns)
        found = np.full(len(frame), -1, np.int32)
        found[there] = match(x, y)
        yield frame.with_column(name, found).given
        watch.add(len(frame))
    watch.end()
