"""The polygon table: vertex -> ring -> part -> polygon, over arrays that stay where they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ._buffers import OFFSETS, Array, columns, fill_points, offsets, pointer
from ._call import new, take
from ._native import ffi, lib

_POLYGONS = ffi.typeof("pf_polygons *")
_LEVELS = ("ring_offsets", "part_offsets", "polygon_offsets")
_COUNTS = ("ring_count", "part_count", "polygon_count")
_EMPTY = new(_POLYGONS, {"struct_size": ffi.sizeof("pf_polygons")})[0]


class Polygons:
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

    __slots__ = ("__weakref__", "_columns", "_len", "_offsets", "_struct")

    _struct: Any
    _len: int
    _columns: tuple[Array, Array]
    _offsets: list[Array | None]

    def __init__(
        self,
        x: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
        ring_offsets: npt.ArrayLike | None = None,
        part_offsets: npt.ArrayLike | None = None,
        polygon_offsets: npt.ArrayLike | None = None,
        *,
        xy: npt.ArrayLike | None = None,
    ) -> None:
        if ring_offsets is None:
            raise TypeError("ring_offsets is missing")
        self._columns = columns(x, y, xy)
        self._offsets = offsets(*zip(_LEVELS, (ring_offsets, part_offsets, polygon_offsets)))
        struct = new(_POLYGONS, _EMPTY)
        fill_points(struct.vertices, *self._columns)
        struct.offset_type = OFFSETS[self.ring_offsets.dtype]
        for level, count, array in zip(_LEVELS, _COUNTS, self._offsets):
            if array is not None:
                self._len = len(array) - 1
                setattr(struct, level, pointer(array))
                setattr(struct, count, self._len)
        call = take()
        call.finish(lib.pf_polygons_check_layout(struct, call.error))
        self._struct = struct

    @classmethod
    def from_ragged_array(cls, coords: npt.ArrayLike, offsets: Sequence[npt.ArrayLike]) -> Polygons:
        """Polygons from what ``shapely.to_ragged_array`` (and GeoArrow) gives.

        Parameters
        ----------
        coords : array_like, shape (n, 2) or more columns
            Vertices; columns after the second (z, m) are not read.
        offsets : sequence of 1 to 3 arrays
            Innermost first: rings; polygons with holes; many-part polygons.

        Examples
        --------
        >>> import polyfind as pf
        >>> coords = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]
        >>> pf.area(pf.Polygons.from_ragged_array(coords, ([0, 5], [0, 1])))
        array([1.])
        """
        coords = np.asarray(coords)
        if coords.ndim != 2 or coords.shape[1] < 2:
            raise ValueError(f"coords must have shape (n, 2) or (n, 3), not {coords.shape}")
        if not isinstance(offsets, (tuple, list)) or not 1 <= len(offsets) <= len(_LEVELS):
            raise ValueError("offsets must be a tuple of 1 to 3 arrays, innermost first")
        return cls(None, None, *offsets, xy=coords[:, :2])

    @classmethod
    def from_rings(cls, rings: Iterable[Any]) -> Polygons:
        """Polygons of one ring each.

        Parameters
        ----------
        rings : iterable
            Each ring is its vertices, an (n, 2) array or a list of ``(x, y)``, or a pair of
            columns: two arrays, or two lists of other than two numbers.

        Examples
        --------
        >>> import polyfind as pf
        >>> triangle, square = [(0, 0), (1, 0), (0, 1)], ([0, 2, 2, 0], [0, 0, 2, 2])
        >>> pf.area(pf.Polygons.from_rings([triangle, square]))
        array([0.5, 4. ])
        """
        pairs = [_ring(ring, f"rings[{i}]") for i, ring in enumerate(rings)]
        ends = np.cumsum([0, *(len(x) for x, _ in pairs)], dtype=np.int64)
        if not pairs:
            return cls([], [], ends)
        x, y = zip(*pairs)
        return cls(np.concatenate(x), np.concatenate(y), ends)

    @property
    def x(self) -> Array:
        """x of all vertices: the array given, unless it had to be converted."""
        return self._columns[0]

    @property
    def y(self) -> Array:
        """y of all vertices."""
        return self._columns[1]

    @property
    def ring_offsets(self) -> Array:
        """Positions of the rings in the vertices, and their end."""
        assert self._offsets[0] is not None
        return self._offsets[0]

    @property
    def part_offsets(self) -> Array | None:
        """Positions of the parts in the rings, and their end; None where every ring is a part."""
        return self._offsets[1]

    @property
    def polygon_offsets(self) -> Array | None:
        """Positions of the polygons in the parts, and their end; None where parts are polygons."""
        return self._offsets[2]

    def __len__(self) -> int:
        return self._len

    def __repr__(self) -> str:
        return f"<polyfind.Polygons: {len(self)} polygons, {len(self.x)} vertices, {self.x.dtype}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return Polygons, (*self._columns, *self._offsets)


def as_polygons(given: object) -> Polygons:
    """A TypeError for anything but polygons, which says what to do."""
    if isinstance(given, Polygons):
        return given
    raise TypeError(
        f"polygons must be polyfind.Polygons, not {type(given).__name__}: "
        "make one from offsets or rings"
    )


def _ring(ring: Any, name: str) -> tuple[Array, Array]:
    """The columns of one ring, whichever way it was given."""
    is_pair = (
        isinstance(ring, (tuple, list))
        and len(ring) == 2
        and all(_is_column(part) for part in ring)
    )
    try:
        return columns(*ring) if is_pair else columns(None, None, ring)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name}: {error}") from None


def _is_column(part: Any) -> bool:
    if isinstance(part, (tuple, list)):
        return len(part) != 2
    return np.ndim(part) == 1
