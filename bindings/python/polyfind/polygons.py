"""The polygon table: vertex -> ring -> part -> polygon, over arrays that stay where they are."""

from __future__ import annotations

from .incoming import Incoming
from .outgoing import Outgoing


class Polygons(Incoming, Outgoing):
    """A table of polygons in arrays of yours.

    Parameters
    ----------
    x, y : array_like, shape (n,)
        All vertices, ring after ring. float64 and float32 arrays of equal, positive strides are
        used where they are and kept alive; other real numbers are copied to float64.
    ring_offsets : array_like of int, shape (rings + 1,)
        Ring r has the vertices ``ring_offsets[r]`` to ``ring_offsets[r + 1]``. Its closing vertex
        may be present or absent.
    part_offsets : array_like of int, shape (parts + 1,), optional
        Part p has the rings ``part_offsets[p]`` to ``part_offsets[p + 1]``: an outer ring, then
        its holes. By default every ring is a part.
    polygon_offsets : array_like of int, shape (polygons + 1,), optional
        Polygon g has the parts ``polygon_offsets[g]`` to ``polygon_offsets[g + 1]``. By default
        every part is a polygon.
    xy : array_like, shape (n, 2)
        The vertices as pairs, in place of `x` and `y`.

    Raises
    ------
    TypeError
        If an array is byte-swapped or holds something other than numbers (integers for offsets).
    ValueError
        If an array has the wrong shape.
    LayoutError
        If offsets are negative, decrease or run past the end.

    Notes
    -----
    Coordinates are read by the calls that use the table: these raise a CoordinateError, which
    names the polygon, where one is NaN or infinite.

    Winding does not matter. Any number of threads may use one table at once, as long as nobody
    writes to its arrays meanwhile.

    Examples
    --------
    A square, and a square with a square hole:

    >>> import polyfind as pf
    >>> x = [0, 1, 1, 0, 0, 4, 4, 0, 1, 2, 2, 1]
    >>> y = [0, 0, 1, 1, 0, 0, 4, 4, 1, 1, 2, 2]
    >>> polygons = pf.Polygons(x, y, ring_offsets=[0, 4, 8, 12], part_offsets=[0, 1, 3])
    >>> polygons
    <polyfind.Polygons: 2 polygons, 12 vertices, float64>
    >>> pf.area(polygons)
    array([ 1., 15.])
    """

    __slots__ = ()


def as_polygons(given: object) -> Polygons:
    """A TypeError for anything but polygons, which says what to do."""
    if isinstance(given, Polygons):
        return given
    raise TypeError(
        f"polygons must be polyfind.Polygons, not {type(given).__name__}: "
        "Polygons.from_shapely, from_geopandas, from_arrow, from_wkb, from_geojson, ... make one"
    )
