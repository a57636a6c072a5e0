"""Matching the rows of a Ray Dataset, in its workers, over one mapped index file."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

from ._numpy import npt
from ._task import Task


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
    """Adds to a Ray Dataset the polygon of each row, as :func:`polyfind.match_batches` does.

    Parameters
    ----------
    frame : ray.data.Dataset
        The points.
    index : str or path-like
        The path of a saved index, which all workers see.
    predicate, columns, name, distance, rule, priority
        As for :func:`polyfind.match_batches`.
    trusted : bool
        As for :meth:`polyfind.PolygonIndex.open`.

    Returns
    -------
    ray.data.Dataset
        Lazy, with one more column: int32, the row of the polygon, -1 for none.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described. What is wrong with columns, the file or values is said
        by the execution: only that knows what a Dataset holds.

    Notes
    -----
    A worker process opens the file by map at its first block and keeps it open: all processes of a
    machine share its pages. A file that is replaced is opened by the tasks that begin afterwards:
    replace it between executions.

    Examples
    --------
    >>> import ray, polyfind.ray  # doctest: +SKIP
    >>> points = ray.data.read_parquet("points.parquet")  # doctest: +SKIP
    >>> matched = polyfind.ray.match(points, "/mnt/zones.index")  # doctest: +SKIP
    >>> matched.groupby("polygon").count().show()  # doctest: +SKIP
    """
    task = Task(index, predicate, columns, name, distance, rule, priority, trusted)
    return frame.map_batches(
        partial(_matched, task), batch_size=None, batch_format="pyarrow", zero_copy_batch=True
    )


def _matched(task: Task, table: Any) -> Any:
    """What a worker does with a block."""
    return next(task([table]))
