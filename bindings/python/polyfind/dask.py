"""Matching the rows of a Dask DataFrame, in its workers, over one mapped index file."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from ._numpy import np, npt
from ._task import Task, version


def match(
    frame: Any,
    index: str | os.PathLike[str],
    predicate: str = "covered_by",
    *,
    columns: tuple[str, str] = ("x", "y"),
    name: str = "polygon",
    distance: float | None = None,
    rule: str = "first",
    priority: npt.ArrayLike | None = None,
    trusted: bool = False,
) -> Any:
    """Adds to a Dask DataFrame the polygon of each row, as :func:`polyfind.match_batches` does.

    Parameters
    ----------
    frame : dask.dataframe.DataFrame
        The points.
    index : str or path-like
        The path of a saved index, which all workers see.
    predicate, columns, name, distance, rule, priority
        As for :func:`polyfind.match_batches`.
    trusted : bool
        As for :meth:`polyfind.PolygonIndex.open`.

    Returns
    -------
    dask.dataframe.DataFrame
        Lazy, with the divisions of `frame` and one more column: int32, the row of the polygon, -1
        for none.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or there is a column `name` already. What is wrong with
        the file or with values is said by the computation.

    Notes
    -----
    A worker process opens the file by map at its first partition and keeps it open: all processes
    of a machine share its pages. A file that is replaced is opened by the tasks that begin
    afterwards: replace it between computations.

    Examples
    --------
    >>> import dask.dataframe, polyfind.dask  # doctest: +SKIP
    >>> points = dask.dataframe.read_parquet("points.parquet")  # doctest: +SKIP
    >>> matched = polyfind.dask.match(points, "/mnt/zones.index")  # doctest: +SKIP
    >>> matched.polygon.value_counts().compute()  # doctest: +SKIP
    """
    task = Task(index, predicate, columns, name, distance, rule, priority, trusted)
    task.check(frame.columns)
    like = frame._meta.assign(**{name: np.empty(0, np.int32)})
    seen = None
    with suppress(OSError):  # the client need not see the file
        seen = version(task.path)
    return frame.map_partitions(_matched, task, seen, meta=like)


def _matched(frame: Any, task: Task, seen: object) -> Any:
    """What a worker does with a partition; Dask takes results for equal where all arguments are."""
    return next(task([frame]))
