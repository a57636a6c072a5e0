"""Polygon tables from Shapely's geometries, and back: all rows at once, no loop."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._closed import closed
from ._numpy import Array, np

if TYPE_CHECKING:
    from .table import Table

_POLYGON, _MULTIPOLYGON = 3, 6
_RING_VERTICES = 4  # the fewest of Shapely's rings, the closing one counted


def ragged(geometries: Any) -> tuple[Array, tuple[Array, ...]]:
    """Coordinates and offsets of polygons; what is missing or empty is an empty polygon."""
    shapely = import_module("shapely")
    rows = np.atleast_1d(np.asarray(geometries, object))
    if rows.ndim != 1:
        raise ValueError(f"geometries must have one dimension, not shape {rows.shape}")
    try:
        kinds = shapely.get_type_id(rows)
    except TypeError:
        is_known = [row is None or isinstance(row, shapely.Geometry) for row in rows]
        at = is_known.index(False)
        raise TypeError(
            f"geometries[{at}] is {type(rows[at]).__name__}, not a geometry of Shapely"
        ) from None
    is_empty = shapely.is_empty(rows) | (kinds < 0)
    wrong = ~is_empty & (kinds != _POLYGON) & (kinds != _MULTIPOLYGON)
    if wrong.any():
        at = int(wrong.argmax())
        raise TypeError(
            f"geometries[{at}] is a {rows[at].geom_type}: "
            "only Polygon and MultiPolygon can be matched"
        )
    if is_empty.all():
        return np.empty((0, 2)), (np.zeros(1, np.int64), np.zeros(len(rows) + 1, np.int64))
    # Empty ones are put in here: Shapely before 2.1 counts them wrongly.
    _, coords, (*below, ends) = shapely.to_ragged_array(rows[~is_empty], include_z=False)
    offsets = np.zeros(len(rows) + 1, ends.dtype)
    offsets[1:][~is_empty] = np.diff(ends)
    return coords, (*below, np.cumsum(offsets, dtype=ends.dtype))


def is_points(given: object) -> bool:
    """Whether these are Shapely's points, in an array or a column of geopandas."""
    if isinstance(given, np.ndarray):
        return given.dtype.kind == "O" and given.size > 0 and hasattr(given.flat[0], "geom_type")
    return str(getattr(given, "dtype", None)) == "geometry"


def coordinates(points: Any) -> Array:
    """The (n, 2) coordinates of points."""
    shapely = import_module("shapely")
    rows = np.asarray(points, object)
    kinds = shapely.get_type_id(rows)
    wrong = (kinds != 0) | shapely.is_empty(rows)
    if wrong.any():
        at = int(wrong.argmax())
        what = "missing" if rows[at] is None else f"{rows[at].wkt[:40]}"
        raise TypeError(f"xy[{at}] is {what}: all must be points")
    return shapely.get_coordinates(rows)  # type: ignore[no-any-return]


def geometries(polygons: Table) -> Array:
    """Shapely's geometries of a table: Polygon where no row has many parts, else MultiPolygon."""
    shapely = import_module("shapely")
    x, y, (*below, ends) = closed(polygons, _RING_VERTICES)
    kind = shapely.GeometryType.MULTIPOLYGON if len(below) == 2 else shapely.GeometryType.POLYGON
    # Empty ones are put in here: Shapely before 2.1 cannot make them.
    counts = np.diff(ends)
    has_any = counts > 0
    starts = np.append(0, np.cumsum(counts[has_any]))
    made = np.full(len(counts), shapely.Polygon() if len(below) == 1 else shapely.MultiPolygon())
    made[has_any] = shapely.from_ragged_array(kind, np.column_stack([x, y]), (*below, starts))
    return made
