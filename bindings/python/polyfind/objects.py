"""Polygons as objects: the call that programs knew before there was a table, kept."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import compress
from operator import attrgetter, methodcaller
from typing import Any

from ._buffers import columns
from ._numpy import Doubles, np, npt
from .index import PolygonIndex
from .measures import measure_ring
from .polygons import Polygons

_keep = object.__setattr__  # also where a subclass is frozen
_CENTER = attrgetter("_pf_center")
_AREA = attrgetter("_pf_area")


class _Coordinates:
    """x or y of a polygon.

    Not to be found on the class, where a dataclass with a field of that name looks for a default.
    """

    def __init__(self, slot: str, doc: str) -> None:
        self._slot = slot
        self.__doc__ = doc

    def __get__(self, polygon: Polygon | None, owner: type) -> Doubles:
        if polygon is None:
            raise AttributeError("only a polygon has coordinates, not its class")
        values: Doubles = getattr(polygon, self._slot)
        return values

    def __set__(self, polygon: Polygon, values: npt.ArrayLike) -> None:
        polygon._pf_set(**{"x": polygon.x, "y": polygon.y, self._slot[-1]: values})


class Polygon:
    """A polygon of one ring, as an object and as a base class.

    Parameters
    ----------
    x, y : array_like, shape (n,)
        Vertices, at least one; copied to float64. The closing vertex may be present or absent.
    *args, **kwargs
        Not used here: for the ``__init__`` of a subclass, which need not call this one's.

    Attributes
    ----------
    x, y : ndarray of float64, shape (n,)
        Read-only.
    center : ndarray of float64, shape (2,)
        Mean of the vertices.

    Examples
    --------
    >>> import polyfind as pf
    >>> class Zone(pf.Polygon):
    ...     def __init__(self, x, y, name):
    ...         self.name = name
    >>> zones = [Zone([0, 2, 2, 0], [0, 0, 2, 2], "big"), Zone([0, 1, 1, 0], [0, 0, 1, 1], "small")]
    >>> [zone.name for zone in pf.find_close_polygons(zones, [0, 0], max_dist=1)]
    ['small']
    >>> sets = pf.find_all_close_polygons(zones, [[0, 0], [1, 0], [9, 9]], max_dist=1.2)
    >>> [(point, zone.name) for point, zone in pf.select_best_polygon(sets)]
    [([0, 0], 'small'), ([1, 0], 'small')]
    """

    __slots__ = ("_pf_own_area", "_pf_own_center", "_pf_x", "_pf_y")

    _pf_x: Doubles
    _pf_y: Doubles
    _pf_own_center: complex
    _pf_own_area: float

    def __new__(cls, x: npt.ArrayLike, y: npt.ArrayLike, *args: Any, **kwargs: Any) -> Polygon:
        self = super().__new__(cls)
        self._pf_set(x, y)
        return self

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _ask(cls)

    def __getnewargs__(self) -> tuple[Doubles, Doubles]:
        return self._pf_x, self._pf_y

    def __setstate__(self, state: Any) -> None:
        for part in state if isinstance(state, tuple) else (state,):
            for name, value in (part or {}).items():
                object.__setattr__(self, name, value)

    x = _Coordinates("_pf_x", "x of the vertices.")
    y = _Coordinates("_pf_y", "y of the vertices.")

    @property
    def center(self) -> Doubles:
        """Mean of the vertices, a closing one not counted twice."""
        return np.array((self._pf_own_center.real, self._pf_own_center.imag))

    def area(self) -> float:
        """Area, whatever the winding.

        >>> import polyfind as pf
        >>> pf.Polygon([0, 0, 4], [0, 3, 0]).area()
        6.0
        """
        return self._pf_own_area

    def _pf_set(self, x: npt.ArrayLike, y: npt.ArrayLike) -> None:
        x, y = columns(x, y)
        x, y = np.array(x, np.float64), np.array(y, np.float64)
        if not len(x):
            raise ValueError("a polygon needs at least one vertex")
        own_center, own_area = measure_ring(x, y)
        x.setflags(write=False)
        y.setflags(write=False)
        _keep(self, "_pf_x", x)
        _keep(self, "_pf_y", y)
        _keep(self, "_pf_own_center", own_center)
        _keep(self, "_pf_own_area", own_area)


_OWN: Any = Polygon
_OWN_CENTER, _OWN_AREA = _OWN._pf_own_center, _OWN._pf_own_area  # slots: read at C speed


def _ask(cls: Any) -> None:
    """Sets what the objects of a class are asked for: their slots, or what the class overrides."""
    own_center, own_area = cls.center is Polygon.center, cls.area is Polygon.area
    cls._pf_center = _OWN_CENTER if own_center else property(lambda self: complex(*self.center))
    cls._pf_area = _OWN_AREA if own_area else property(methodcaller("area"))


_ask(Polygon)


def find_close_polygons(
    polygons: Iterable[Any], point: npt.ArrayLike, max_dist: float
) -> list[Any]:
    """The polygons whose center is nearer to a point than `max_dist`.

    Parameters
    ----------
    polygons : iterable of Polygon, or of anything that has a ``center``
    point : array_like, shape (2,)
    max_dist : float
        Finite and not negative.

    Returns
    -------
    list
        The very same objects, in their order.

    Examples
    --------
    >>> import polyfind as pf
    >>> left, right = pf.Polygon([0, 2, 1], [0, 0, 3]), pf.Polygon([9, 11, 10], [0, 0, 3])
    >>> pf.find_close_polygons([left, right], (0, 0), max_dist=2) == [left]
    True
    """
    zones = _sized(polygons)
    center = np.asarray(point, np.float64)
    if center.shape != (2,):
        raise ValueError(f"point must have shape (2,), not {center.shape}")
    # Being close is mutual: the point is the one polygon, and the centers ask about it.
    one = Polygons(xy=center[None], ring_offsets=[0, 1])
    index = PolygonIndex(one, workers=1, uses="centers")
    centers = _centers(zones)
    near = index.query(xy=centers, distance=max_dist, output_format="mask", workers=1)
    return list(compress(zones, near.tolist()))


def find_all_close_polygons(
    polygons: Iterable[Any], points: Iterable[Any], max_dist: float
) -> list[tuple[Any, list[Any]]]:
    """:func:`find_close_polygons` for many points.

    Parameters
    ----------
    polygons : iterable of Polygon, or of anything that has a ``center``
    points : array_like, shape (n, 2), or a list of points
    max_dist : float
        Finite and not negative.

    Returns
    -------
    list of (point, list)
        ``points[i]`` and its polygons, for the points that have any.

    Examples
    --------
    >>> import polyfind as pf
    >>> left, right = pf.Polygon([0, 2, 1], [0, 0, 3]), pf.Polygon([9, 11, 10], [0, 0, 3])
    >>> found = pf.find_all_close_polygons([left, right], [(0, 0), (5, 1), (99, 0)], max_dist=6)
    >>> [(point, len(near)) for point, near in found]
    [((0, 0), 1), ((5, 1), 2)]
    """
    zones, places = _sized(polygons), _sized(points)
    if not len(places):
        return []
    xy = np.asarray(places, np.float64)
    if xy.ndim != 2 or xy.shape[1] != 2:
        raise ValueError(f"points must have shape (n, 2), not {xy.shape}")
    n = len(zones)
    centers = Polygons(xy=_centers(zones), ring_offsets=np.arange(n + 1))
    index = PolygonIndex(centers, workers=1, uses="centers")
    indptr, indices = index.query(xy=xy, distance=max_dist, output_format="csr", workers=1)
    found = np.fromiter(zones, object, n)[indices].tolist()
    ends = indptr.tolist()
    return [
        (point, found[start:end])
        for point, start, end in zip(places, ends, ends[1:])
        if start < end
    ]


def select_best_polygon(
    polygon_sets: Iterable[tuple[Any, Iterable[Any]]],
) -> list[tuple[Any, Any]]:
    """The polygon of the smallest area for each point, the first of several.

    Parameters
    ----------
    polygon_sets : iterable of (point, polygons)
        As :func:`find_all_close_polygons` gives them. A class that brings its own ``area`` is
        asked for it.

    Returns
    -------
    list of (point, polygon)
        For the points that have any.

    Examples
    --------
    >>> import polyfind as pf
    >>> large, small = pf.Polygon([0, 9, 0], [0, 0, 9]), pf.Polygon([0, 1, 0], [0, 0, 1])
    >>> best = pf.select_best_polygon([((0, 0), [large, small]), ((5, 5), [large])])
    >>> [polygon.area() for point, polygon in best]
    [0.5, 40.5]
    """
    sets = [(point, _sized(polygons)) for point, polygons in polygon_sets]
    try:
        return _smallest(sets, _AREA)
    except AttributeError:  # objects of other classes among them
        return _smallest(sets, methodcaller("area"))


def _smallest(sets: list[tuple[Any, Any]], rank: Any) -> list[tuple[Any, Any]]:
    return [(point, min(polygons, key=rank)) for point, polygons in sets if len(polygons)]


def _sized(things: Iterable[Any]) -> Any:
    """Things that have a length and can be gone through twice."""
    return things if isinstance(things, (list, tuple, np.ndarray)) else list(things)


def _centers(polygons: Any) -> Doubles:
    """Centers, shape (n, 2)."""
    try:
        centers = np.fromiter(map(_CENTER, polygons), np.complex128, len(polygons))
    except AttributeError:  # objects of other classes among them
        return np.array([polygon.center for polygon in polygons], np.float64).reshape(-1, 2)
    return centers.view(np.float64).reshape(-1, 2)
