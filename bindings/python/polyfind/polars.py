"""Expressions for Polars, that run in its engine, lazily and in streams.

``import polyfind.polars as pf`` needs Polars 1.0 or later, and nothing else but the package::

    pl.scan_csv("stops.csv").with_columns(zone=pf.locate("x", "y", index="zones.index"))

An index is the path of a file that :meth:`polyfind.PolygonIndex.save` wrote, or a
:class:`polyfind.PolygonIndex`. A file is opened by the process that runs the query, once, and read
by all of its threads; one that was saved anew is opened anew. An index that was given itself lives
as long as the expression does, and is asked where it is: such a query cannot be sent to another
process.

Where a point matches no polygon there is a null, and so where x or y is null or NaN. Numbers of
any type will do; what is infinite is an error. Errors are ``polars.exceptions.ComputeError``, and
name argument and row (in a stream, the row of the batch).
"""

from __future__ import annotations

import math
import os
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from polars.plugins import register_plugin_function

from . import _native
from ._call import ORDERS, RELATIONS, choice
from ._native import ffi, lib
from .best import BOUNDARIES, RULES
from .index import PolygonIndex
from .nearest import upper_limit

if TYPE_CHECKING:
    from typing import Union

    IntoExpr = Union[str, float, pl.Expr, pl.Series]
    IntoIndex = Union[str, os.PathLike[str], PolygonIndex]

__all__ = [
    "area",
    "center",
    "centroid",
    "count",
    "dwithin",
    "fingerprint",
    "locate",
    "nearest",
]

_LIBRARY = next(
    path
    for path in Path(_native.__file__).resolve().parent.iterdir()
    if path.suffix in (".so", ".dylib", ".dll", ".pyd")
)
# Where the library lies, by which it knows that the number of an index is of this process.
_PLACE = int(ffi.cast("uintptr_t", ffi.addressof(lib, "pf_version")))
_RULES = {rule: by for rule, by in RULES.items() if by != "priority"}


def locate(
    x: IntoExpr, y: IntoExpr, *, index: IntoIndex, boundary: str = "closed", rule: str = "first"
) -> pl.Expr:
    """The polygon that each point is in.

    Parameters
    ----------
    x, y : column name, expression or number
        The points.
    index : path or PolygonIndex
        See the module.
    boundary : {"closed", "open", "half_open"}
        As for :meth:`polyfind.PolygonIndex.locate`.
    rule : {"first", "smallest", "nearest_center"}
        As for :meth:`polyfind.PolygonIndex.locate`.

    Returns
    -------
    Expr of UInt32
        Rows, as ``with_row_index`` has them; null for none.

    Examples
    --------
    >>> import polars as pl
    >>> import polyfind
    >>> import polyfind.polars as pf
    >>> index = polyfind.PolygonIndex(polyfind.Polygons.from_boxes([[0, 0, 2, 2], [2, 0, 4, 2]]))
    >>> stops = pl.DataFrame({"x": [1.0, 3.0, 9.0], "y": [1.0, 1.0, 9.0]})
    >>> stops.select(pf.locate("x", "y", index=index)).to_series().to_list()
    [0, 1, None]
    """
    predicate = choice("boundary", boundary, BOUNDARIES)
    return _asked("locate", x, y, index, predicate, choice("rule", rule, _RULES))


def count(
    x: IntoExpr,
    y: IntoExpr,
    *,
    index: IntoIndex,
    predicate: str = "covered_by",
    distance: float | None = None,
) -> pl.Expr:
    """How many polygons each point matches.

    Parameters
    ----------
    x, y, index
        As for :func:`locate`.
    predicate, distance
        As for :meth:`polyfind.PolygonIndex.query`.

    Returns
    -------
    Expr of UInt32
        Null where x or y is missing.

    Examples
    --------
    >>> import polars as pl
    >>> import polyfind
    >>> import polyfind.polars as pf
    >>> index = polyfind.PolygonIndex(polyfind.Polygons.from_boxes([[0, 0, 2, 2], [2, 0, 4, 2]]))
    >>> pl.select(pf.count(2, 1, index=index)).item()
    2
    """
    limit = None if distance is None else _finite(distance)
    return _asked("count", x, y, index, predicate, distance=limit)


def nearest(
    x: IntoExpr,
    y: IntoExpr,
    *,
    index: IntoIndex,
    max_distance: float | None = None,
    return_distance: bool = False,
) -> pl.Expr:
    """The polygon that is nearest to each point.

    Parameters
    ----------
    x, y, index
        As for :func:`locate`.
    max_distance : float, optional
        How far it may be away, at most; greater than 0.
    return_distance : bool
        Whether to say how far it is.

    Returns
    -------
    Expr of UInt32
        Rows; null for none. Ties go to the lowest row.
    Expr of Struct
        With `return_distance`: fields ``polygon`` and ``distance`` (Float64; 0 inside).

    Examples
    --------
    >>> import polars as pl
    >>> import polyfind
    >>> import polyfind.polars as pf
    >>> index = polyfind.PolygonIndex(polyfind.Polygons.from_boxes([[0, 0, 2, 2], [2, 0, 4, 2]]))
    >>> pl.select(pf.nearest(5, 1, index=index, return_distance=True)).item()
    {'polygon': 1, 'distance': 1.0}
    """
    name = "nearest_with_distance" if return_distance else "nearest"
    return _asked(name, x, y, index, "dwithin", distance=upper_limit(max_distance))


def dwithin(x: IntoExpr, y: IntoExpr, *, index: IntoIndex, distance: float) -> pl.Expr:
    """Whether any polygon is at most so far away: what a filter takes.

    Parameters
    ----------
    x, y, index
        As for :func:`locate`.
    distance : float
        Finite, not negative. A polygon is 0 away inside and on the boundary.

    Returns
    -------
    Expr of Boolean
        Null where x or y is missing.

    Examples
    --------
    >>> import polars as pl
    >>> import polyfind
    >>> import polyfind.polars as pf
    >>> index = polyfind.PolygonIndex(polyfind.Polygons.from_boxes([[0, 0, 2, 2]]))
    >>> stops = pl.DataFrame({"x": [3.0, 9.0], "y": [1.0, 9.0]})
    >>> stops.filter(pf.dwithin("x", "y", index=index, distance=1)).rows()
    [(3.0, 1.0)]
    """
    return _asked("dwithin", x, y, index, "dwithin", distance=_finite(distance))


def area(polygons: IntoExpr) -> pl.Expr:
    """Area of each polygon: its outer rings minus their holes, whatever their winding.

    Parameters
    ----------
    polygons : column name or expression
        A column of Binary (well-known binary, WKB) or String (well-known text, WKT), with what
        :meth:`polyfind.Polygons.from_wkb` takes.

    Returns
    -------
    Expr of Float64
        Null where there is no polygon; 0 for an empty one.

    Examples
    --------
    >>> import polars as pl
    >>> import polyfind.polars as pf
    >>> zones = pl.DataFrame({"shape": ["POLYGON ((0 0, 3 0, 3 2, 0 2, 0 0))", None]})
    >>> zones.select(pf.area("shape")).to_series().to_list()
    [6.0, None]
    """
    return _measured("area", polygons)


def center(polygons: IntoExpr) -> pl.Expr:
    """Mean of each polygon's vertices, no closing vertex counted twice.

    Parameters
    ----------
    polygons
        As for :func:`area`.

    Returns
    -------
    Expr of Struct
        Fields ``x`` and ``y``; null where there is no polygon, or an empty one.

    Examples
    --------
    >>> import polars as pl
    >>> import polyfind.polars as pf
    >>> zones = pl.DataFrame({"shape": ["POLYGON ((0 0, 4 0, 2 3, 0 0))"]})
    >>> zones.select(pf.center("shape")).item()
    {'x': 2.0, 'y': 1.0}
    """
    return _measured("center", polygons)


def centroid(polygons: IntoExpr) -> pl.Expr:
    """Centroid of each polygon's area.

    Parameters
    ----------
    polygons
        As for :func:`area`.

    Returns
    -------
    Expr of Struct
        Fields ``x`` and ``y``: the centroid of the boundary where the area is 0; null where there
        is no polygon, or an empty one.

    Examples
    --------
    >>> import polars as pl
    >>> import polyfind.polars as pf
    >>> zones = pl.DataFrame({"shape": ["POLYGON ((0 0, 3 0, 3 2, 0 2, 0 0))"]})
    >>> zones.select(pf.centroid("shape").struct.field("x")).item()
    1.5
    """
    return _measured("centroid", polygons)


def fingerprint(polygons: IntoExpr) -> pl.Expr:
    """A hash of each polygon's vertices, to find equal polygons by: :func:`polyfind.fingerprint`.

    Parameters
    ----------
    polygons
        As for :func:`area`.

    Returns
    -------
    Expr of UInt64
        Null where there is no polygon.

    Examples
    --------
    >>> import polars as pl
    >>> import polyfind.polars as pf
    >>> shapes = ["POLYGON ((0 0, 1 0, 1 1, 0 0))", "MULTIPOLYGON (((0 0, 1.0 0, 1 1, 0 -0)))"]
    >>> zones = pl.DataFrame({"id": [7, 8], "shape": shapes})
    >>> zones.filter(pf.fingerprint("shape").is_first_distinct())["id"].to_list()
    [7]
    """
    return _measured("fingerprint", polygons)


def _asked(
    name: str,
    x: IntoExpr,
    y: IntoExpr,
    index: IntoIndex,
    predicate: str,
    by: str = "polygon",
    distance: float | None = None,
) -> pl.Expr:
    relation, order = choice("predicate", predicate, RELATIONS), choice("by", by, ORDERS)
    if (distance is None) == (predicate in ("close", "dwithin")):
        said = "needs" if distance is None else "takes no"
        raise TypeError(f"predicate={predicate!r} {said} distance=")
    limit = math.nan if distance is None else float(distance)
    return _call(name, [x, y, _opened(index), pl.lit(relation), pl.lit(order), pl.lit(limit)])


def _finite(distance: float) -> float:
    if not isinstance(distance, Real):
        raise TypeError(f"distance must be a number, not {type(distance).__name__}")
    if not 0 <= distance < math.inf:
        raise ValueError(f"distance must be finite and not negative, not {distance}")
    return distance


def _measured(name: str, polygons: IntoExpr) -> pl.Expr:
    return _call(name, [polygons])


def _call(name: str, columns: list[Any]) -> pl.Expr:
    return register_plugin_function(
        plugin_path=_LIBRARY, function_name=name, args=columns, is_elementwise=True
    )


def _opened(index: IntoIndex) -> pl.Expr:
    """The index, as a column of one row."""
    if not isinstance(index, PolygonIndex):
        return pl.lit(os.path.abspath(os.fsdecode(index)))
    number = int(ffi.cast("uintptr_t", index._index)) ^ _PLACE
    # What comes back is the same number, in memory with which the library keeps the index.
    held = pl.select(_call("hold", [pl.lit(number, dtype=pl.UInt64)])).to_series()
    return pl.lit(held)
