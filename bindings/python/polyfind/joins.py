"""Joins of frames: points of one, polygons of the other, and what is known of both in one row."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

from ._call import choice
from ._frames import Frame, PandasFrame, check_free, frame_of, is_of, points_of
from ._numpy import Doubles, Pairs, np, npt
from .best import RULES
from .index import PolygonIndex
from .polygons import Polygons

_HOW = {"inner": False, "left": True}
_USES = {"close": "centers", "dwithin": "distances"}
_MOST_LATITUDE = 90


class GeographicWarning(UserWarning):
    """Degrees where lengths are meant, or x and y that look swapped, in a join of frames.

    It is given only where a CRS is known. Where degrees are what is meant,
    ``warnings.filterwarnings("ignore", category=polyfind.GeographicWarning)`` hides it.
    """


class _Left(NamedTuple):
    """The side of the points."""

    frame: Frame
    x: Doubles
    y: Doubles
    crs: Any
    geometry: Any
    """The name of the column of points, which is never changed."""


class _Right(NamedTuple):
    """The side of the polygons."""

    polygons: PolygonIndex
    frame: Frame | None
    crs: Any


def sjoin(
    left: Any,
    right: Any,
    how: str = "inner",
    predicate: str = "intersects",
    *,
    distance: float | None = None,
    rule: str | None = None,
    priority: npt.ArrayLike | None = None,
    distance_col: str | None = None,
    lsuffix: str = "left",
    rsuffix: str = "right",
    x: str = "x",
    y: str = "y",
    attributes: Any = None,
    workers: int | None = None,
) -> Any:
    """Joins points with the polygons that they match, as ``geopandas.sjoin``.

    Parameters
    ----------
    left : GeoDataFrame, GeoSeries, pandas.DataFrame, polars.DataFrame or pyarrow.Table
        Points: a geometry column of them, or columns `x` and `y` of numbers. Those that are
        missing or empty, or have no x or y, match nothing.
    right : GeoDataFrame, GeoSeries, Polygons or PolygonIndex
        Polygons; missing ones match nothing. To join with the same polygons again and again,
        give an index and its `attributes`.
    how : {"inner", "left"}
        Whether points without a match are left out, or kept with nulls beside them.
    predicate : str
        ``"intersects"`` (= ``"covered_by"``), ``"within"``, ``"owned_by"``, ``"dwithin"`` or
        ``"close"``: see :class:`PolygonIndex`.
    distance : float
        For ``"dwithin"`` and ``"close"``, which need it: in units of the coordinates.
    rule : {None, "first", "smallest", "nearest_center", "priority"}
        Which polygon a point gets that matches several: all of them, or that of the lowest row,
        the smallest area, the nearest center or the smallest priority. Ties go to the lowest row.
    priority : array_like
        One number for each polygon, for ``rule="priority"``.
    distance_col : str, optional
        A last column of this name gets the distance to the center for ``"close"``, else to the
        polygon.
    lsuffix, rsuffix : str
        What is put after an underscore to names that are on both sides.
    x, y : str
        The columns of coordinates, where `left` has no geometry.
    attributes : frame, optional
        A row for each polygon, where `right` has none of its own.
    workers : int, optional
        As for :class:`PolygonIndex`.

    Returns
    -------
    GeoDataFrame or frame of the kind of `left`
        Its columns and index, rows in its order, then in the order of polygons; the index of the
        right row as ``"index_right"`` (or by its name; the row number where there is no index),
        and the right columns without the geometry. With ``how="left"`` integers and booleans from
        the right are nullable in pandas (``Int64``, ``boolean``, ...), whether or not any is null.

    Raises
    ------
    TypeError
        If one side is none of the above, or holds other geometries.
    ValueError
        If both sides have a CRS and these differ (geopandas warns), or names clash in spite of the
        suffixes, or an argument is not as described.

    Warns
    -----
    GeographicWarning
        If a distance is in degrees, or latitudes are beyond 90: see there. To be silent,
        ``warnings.filterwarnings("ignore", category=polyfind.GeographicWarning)``.

    Examples
    --------
    >>> import pandas, polyfind as pf
    >>> zones = pf.Polygons.from_boxes([[0, 0, 2, 2], [1, 1, 4, 4]])
    >>> names = pandas.DataFrame({"zone": ["old", "new"], "number": [7, 8]})
    >>> stops = pandas.DataFrame({"x": [1.5, 9.0], "y": [1.5, 9.0]}, index=["a", "b"])
    >>> print(pf.sjoin(stops, zones, attributes=names))
         x    y  index_right zone  number
    a  1.5  1.5            0  old       7
    a  1.5  1.5            1  new       8
    >>> print(pf.sjoin(stops, zones, "left", rule="smallest", attributes=names)["number"])
    a       7
    b    <NA>
    Name: number, dtype: Int64
    """
    keeps = choice("how", how, _HOW)
    uses = None if rule is not None else _USES.get(predicate, "insides")
    points, zones = _left(left, x, y), _right(right, attributes, uses, workers)
    _check(points, zones, distance is not None or distance_col is not None)
    there = np.flatnonzero(~np.isnan(points.x) & ~np.isnan(points.y))
    at = points.x[there], points.y[there], predicate
    options: dict[str, Any] = {"distance": distance, "workers": workers}
    if distance_col is None:
        found, away = zones.polygons.query(*at, **options), None
    else:
        found, away = zones.polygons.query(*at, return_distance=True, **options)
    if rule is not None:
        by = choice("rule", rule, RULES)
        best = zones.polygons.best(*at, by=by, priority=priority, **options)
        chosen = best[found[0]] == found[1]
        found, away = found[:, chosen], None if away is None else away[chosen]
    elif priority is not None:
        raise TypeError("priority= is for rule='priority'")
    found[0] = there[found[0]]
    return _joined(points, zones, found, away, keeps, distance_col, (lsuffix, rsuffix))


def sjoin_nearest(
    left: Any,
    right: Any,
    how: str = "inner",
    max_distance: float | None = None,
    k: int = 1,
    *,
    distance_col: str | None = None,
    lsuffix: str = "left",
    rsuffix: str = "right",
    x: str = "x",
    y: str = "y",
    attributes: Any = None,
    workers: int | None = None,
) -> Any:
    """Joins points with the polygons nearest to them, as ``geopandas.sjoin_nearest``.

    Parameters
    ----------
    left, right, how, lsuffix, rsuffix, x, y, attributes, workers
        As for :func:`sjoin`.
    max_distance : float, optional
        Only polygons at most this far away; greater than 0.
    k : int
        How many polygons for each point, and all that are just as near as the last of them
        (geopandas has 1 only).
    distance_col : str, optional
        A last column of this name gets the distances.

    Returns
    -------
    GeoDataFrame or frame of the kind of `left`
        As for :func:`sjoin`; the polygons of a point by distance, then in their order.

    Raises
    ------
    TypeError, ValueError
        As for :func:`sjoin`.

    Warns
    -----
    GeographicWarning
        As for :func:`sjoin`: every distance is in degrees where the CRS is.

    Examples
    --------
    >>> import pandas, polyfind as pf
    >>> zones = pf.Polygons.from_boxes([[0, 0, 2, 2], [5, 0, 6, 1]])
    >>> stops = pandas.DataFrame({"x": [3.0, 4.5], "y": [1.0, 1.0]})
    >>> print(pf.sjoin_nearest(stops, zones, distance_col="away"))
         x    y  index_right  away
    0  3.0  1.0            0   1.0
    1  4.5  1.0            1   0.5
    """
    keeps = choice("how", how, _HOW)
    points, zones = _left(left, x, y), _right(right, attributes, "distances", workers)
    _check(points, zones, True)
    there = np.flatnonzero(~np.isnan(points.x) & ~np.isnan(points.y))
    found, away = zones.polygons.query_nearest(
        points.x[there], points.y[there], k, max_distance, return_distance=True, workers=workers
    )
    found[0] = there[found[0]]
    return _joined(points, zones, found, away, keeps, distance_col, (lsuffix, rsuffix))


def _left(given: Any, x: str, y: str) -> _Left:
    if is_of(given, "geopandas", "GeoSeries"):
        given = given.to_frame(given.name or "geometry")
    if is_of(given, "geopandas", "GeoDataFrame"):
        geometry = given.geometry
        return _Left(PandasFrame(given), *points_of(geometry), given.crs, geometry.name)
    frame = frame_of(given, "left")
    for name in (x, y):
        if name not in frame.names:
            raise ValueError(f"left has no column {name!r}: choose with x= and y=")
    return _Left(frame, frame.numbers(x), frame.numbers(y), None, None)


def _right(given: Any, attributes: Any, uses: str | None, workers: int | None) -> _Right:
    crs, frame = None, None  # type: Any, Frame | None
    if is_of(given, "geopandas", "GeoDataFrame") or is_of(given, "geopandas", "GeoSeries"):
        if attributes is not None:
            raise TypeError("attributes= is for polygons without columns of their own")
        crs, geometry = given.crs, given.geometry
        others = given.drop(columns=geometry.name) if given.ndim > 1 else geometry.index.to_frame()
        frame = PandasFrame(others if given.ndim > 1 else others.iloc[:, :0])
        given = Polygons.from_shapely(geometry)
    elif attributes is not None:
        frame = frame_of(attributes, "attributes")
    if isinstance(given, Polygons):
        given = PolygonIndex(given, workers, uses=uses)
    if not isinstance(given, PolygonIndex):
        raise TypeError(
            "right must be a GeoDataFrame or GeoSeries, polyfind.Polygons or a PolygonIndex, "
            f"not {type(given).__name__}"
        )
    if frame is not None and len(frame) != len(given):
        raise ValueError(f"attributes has {len(frame)} rows for {len(given)} polygons")
    return _Right(given, frame, crs)


def _check(left: _Left, right: _Right, has_distance: bool) -> None:
    """What coordinate reference systems are for."""
    if left.crs is not None and right.crs is not None and left.crs != right.crs:
        raise ValueError(
            f"left is in {left.crs.name} and right in {right.crs.name}: "
            "bring one to the other with to_crs"
        )
    crs = right.crs if left.crs is None else left.crs
    if crs is None or not crs.is_geographic:
        return
    if np.any(np.abs(left.y) > _MOST_LATITUDE):
        _warn(f"y of left is beyond {_MOST_LATITUDE} degrees: are x and y swapped?")
    if has_distance:
        _warn(f"distances are in degrees, as {crs.name} is: bring both to a projected CRS")


def _warn(message: str) -> None:
    silent = "warnings.filterwarnings('ignore', category=polyfind.GeographicWarning) hides this"
    warnings.warn(f"{message} ({silent})", GeographicWarning, stacklevel=4)


def _joined(
    left: _Left,
    right: _Right,
    found: Pairs,
    away: Doubles | None,
    keeps: bool,
    distance_col: str | None,
    suffixes: tuple[str, str],
) -> Any:
    """The frame for some pairs, and for points without one if these are kept."""
    key = f"index_{suffixes[1]}"
    columns = (
        left.frame.numbered(len(right.polygons), key)
        if right.frame is None
        else left.frame.alike(right.frame.with_keys(key))
    )
    if key in columns.names:
        check_free(key, left.frame.names)
    names, others = _apart(left.frame.names, columns.names, left.geometry, suffixes)
    points, polygons = found
    if keeps:
        alone = np.setdiff1d(np.arange(len(left.frame)), points)
        points = np.append(points, alone)
        order = np.argsort(points, kind="stable")
        points = points[order]
        polygons = np.append(polygons, np.full(len(alone), -1))[order]
        away = None if away is None else np.append(away, np.full(len(alone), np.nan))[order]
    columns = columns.renamed(others)
    columns = columns.take_or_null(polygons) if keeps else columns.take(polygons)
    if distance_col is not None:
        assert away is not None
        check_free(distance_col, [*names, *others])
        columns = columns.with_column(distance_col, away)
    return left.frame.renamed(names).take(points).beside(columns)


def _apart(
    left: list[Any], right: list[Any], geometry: Any, suffixes: tuple[str, str]
) -> tuple[list[Any], list[Any]]:
    """The names of both sides, those that are on both with their suffix."""
    shared = (set(left) & set(right)) - {None}
    sides = []
    for names, suffix, kept in ((left, suffixes[0], geometry), (right, suffixes[1], None)):
        sides.append([f"{n}_{suffix}" if n in shared and n != kept else n for n in names])
    made = [name for name in (*sides[0], *sides[1]) if name not in (*left, *right)]
    taken = set(sides[0]) & set(sides[1]) - {None}
    if taken or len(set(made)) < len(made):
        words = ", ".join(sorted(map(repr, taken or shared)))
        raise ValueError(f"both sides have {words}: lsuffix= and rsuffix= must make them different")
    return sides[0], sides[1]
