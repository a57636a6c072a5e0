"""Questions to an index in the SQL of DataFusion; needs ``datafusion``, which brings pyarrow."""

from __future__ import annotations

from typing import Any

import datafusion as engine  # the package: this module is polyfind.datafusion
import pyarrow

from ._batches import frame_points
from ._frames import BatchFrame
from ._numpy import np, npt
from .index import PolygonIndex

__all__ = ["locate"]


def locate(
    index: PolygonIndex,
    boundary: str = "closed",
    rule: str = "first",
    *,
    priority: npt.ArrayLike | None = None,
    fallback: str | None = None,
    max_distance: float | None = None,
    name: str = "locate",
) -> Any:
    """A function of two columns for SQL and frames: one polygon for each point.

    Parameters
    ----------
    index, boundary, rule, priority, fallback, max_distance
        An index, and what to ask it, as for :meth:`polyfind.PolygonIndex.locate`.
    name : str
        What the function is called in SQL.

    Returns
    -------
    datafusion.ScalarUDF
        Of two columns of doubles, x and y, to one of 32-bit integers: rows of the polygons. NULL
        where a point is in none, or has a coordinate that is NULL or NaN. DataFusion calls it from
        several threads, with some thousand rows each time.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described. Infinite coordinates end the query with an error.

    Examples
    --------
    >>> import datafusion, polyfind as pf
    >>> from polyfind.datafusion import locate
    >>> index = pf.PolygonIndex(pf.Polygons.from_boxes([[0, 0, 2, 2], [2, 0, 4, 2]]))
    >>> context = datafusion.SessionContext()
    >>> context.register_udf(locate(index))
    >>> trips = context.from_pydict({"x": [3.0, 9.0], "y": [1.0, 1.0]}, name="trips")
    >>> context.sql("SELECT locate(x, y) AS zone FROM trips").to_pydict()
    {'zone': [1, None]}
    """

    def ask(x: Any, y: Any) -> Any:
        return index.locate(
            x,
            y,
            boundary,
            rule,
            priority=priority,
            fallback=fallback,
            max_distance=max_distance,
            workers=1,
        )

    def rows(x: Any, y: Any) -> Any:
        points = pyarrow.RecordBatch.from_arrays([x, y], ["x", "y"])
        x, y, there = frame_points(BatchFrame(points), ("x", "y"))
        found = np.full(len(points), -1, np.int32)
        found[there] = ask(x, y)
        return pyarrow.array(found, mask=found < 0)

    ask(np.empty(0), np.empty(0))  # says whether the arguments are right
    double = pyarrow.float64()
    return engine.udf(rows, [double, double], pyarrow.int32(), "immutable", name)
