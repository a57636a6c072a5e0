"""Matching the rows of a Spark DataFrame, in the Python workers, over one mapped index file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from importlib import import_module
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
    """Adds to a Spark DataFrame the polygon of each row, as :func:`polyfind.match_batches` does.

    Parameters
    ----------
    frame : pyspark.sql.DataFrame
        The points. All columns go through the Python workers: select those that are wanted.
    index : str or path-like
        A saved index. A path is one that all workers see; a bare name, without a folder, is that of
        a file given to ``SparkContext.addFile``, of which every executor has a copy.
    predicate, columns, name, distance, rule, priority
        As for :func:`polyfind.match_batches`.
    trusted : bool
        As for :meth:`polyfind.PolygonIndex.open`.

    Returns
    -------
    pyspark.sql.DataFrame
        Lazy, with one more column: int, the row of the polygon, -1 for none, never null.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or there is a column `name` already. What is wrong with
        the file or with values is said by the job.

    Notes
    -----
    A Python worker opens the file by map at its first task and keeps it open: all workers of a
    machine share its pages. Workers need polyfind, numpy and pyarrow. A file that is replaced is
    opened by the tasks that begin afterwards: replace it between jobs.

    Examples
    --------
    >>> import polyfind.spark  # doctest: +SKIP
    >>> points = spark.read.parquet("points.parquet").select("id", "x", "y")  # doctest: +SKIP
    >>> matched = polyfind.spark.match(points, "/mnt/zones.index")  # doctest: +SKIP
    >>> matched.groupBy("polygon").count().show()  # doctest: +SKIP
    """
    types = import_module("pyspark.sql.types")
    task = Task(index, predicate, columns, name, distance, rule, priority, trusted)
    task.check(frame.columns)
    column = types.StructField(name, types.IntegerType(), nullable=False)
    schema = types.StructType([*frame.schema.fields, column])
    return frame.mapInArrow(partial(_matched, task), schema)


def _matched(task: Task, batches: Iterator[Any]) -> Iterator[Any]:
    """What a Python worker does with the record batches of a partition."""
    if os.path.dirname(task.path):
        return task(batches)
    return task(batches, import_module("pyspark").SparkFiles.get(task.path))
