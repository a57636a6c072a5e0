"""Numbers about each polygon of a table."""

from __future__ import annotations

from typing import Any, Callable, TypeVar

from ._buffers import F64, U64, fill_points
from ._call import DOUBLES, Progress, from_buffer, new, take
from ._native import ffi, lib
from ._numpy import Doubles, Words
from ._out import room, two
from .polygons import Polygons, as_polygons

F = TypeVar("F", bound=Callable[..., Any])

_BOXES = ffi.typeof("pf_box[]")
_WORDS = ffi.typeof("uint64_t[]")
_PARAMETERS = """
    Parameters
    ----------
    polygons : Polygons
        The table.
    workers : int, optional
        Threads to use; None, 0 or -1 for one per core. Small work runs on the calling thread.
    progress : callable(done, total), optional
        Called up to 50 times a second on this thread. A true answer stops the call with
        CancelledError; an exception stops it and comes back as itself.
    out : ndarray, optional
        Where to put the result: an array of its dtype and shape, contiguous and to be written to;
        for two results a tuple of two. It is what is returned. What it holds after an error is not
        said. Any other is a TypeError or ValueError.
"""


def _documented(function: F) -> F:
    """Puts the parameters, the same for all measures, after the first line."""
    first, _, rest = (function.__doc__ or "").partition("\n")
    function.__doc__ = f"{first}\n{_PARAMETERS}{rest}"
    return function


def _measure(
    function: Any, polygons: Polygons, workers: int | None, progress: Progress | None, out: Any
) -> Doubles:
    if type(polygons) is not Polygons:
        polygons = as_polygons(polygons)
    call = take(workers, progress)
    n = polygons._len
    measured = room(out, n, F64)
    to = from_buffer(DOUBLES, measured)
    call.finish(function(polygons._struct, call.running(), to, n, call.error))
    return measured


def _measure_xy(
    function: Any, polygons: Polygons, workers: int | None, progress: Progress | None, out: Any
) -> tuple[Doubles, Doubles]:
    polygons = as_polygons(polygons)
    call = take(workers, progress)
    n = polygons._len
    given_x, given_y = two(out)
    x, y = room(given_x, n, F64, "out[0]"), room(given_y, n, F64, "out[1]")
    rooms = from_buffer(DOUBLES, x), from_buffer(DOUBLES, y)
    call.finish(function(polygons._struct, call.running(), *rooms, n, call.error))
    return x, y


class _Ring:
    """A table of one ring, and room for its center and area."""

    __slots__ = ("end", "room", "rooms", "struct")

    def __init__(self) -> None:
        self.end = new("int64_t[2]")
        self.room = new("double[3]")
        self.rooms = self.room, self.room + 1, self.room + 2
        self.struct = new("pf_polygons *", {"struct_size": ffi.sizeof("pf_polygons")})
        self.struct.offset_type, self.struct.ring_offsets = lib.PF_I64, self.end
        self.struct.ring_count = 1


_RINGS: list[_Ring] = []  # those that no thread is using


def measure_ring(x: Doubles, y: Doubles) -> tuple[complex, float]:
    """Center and area of the polygon that two plain columns are; no table is made for it."""
    try:
        ring = _RINGS.pop()
    except IndexError:
        ring = _Ring()
    call = take()
    fill_points(ring.struct.vertices, x, y)
    ring.end[1] = len(x)
    struct, run, error = ring.struct, call.running(), call.error
    center_x, center_y, area = ring.rooms
    status = lib.pf_polygons_center(struct, run, center_x, center_y, 1, error)
    call.finish(status or lib.pf_polygons_area(struct, run, area, 1, error))
    measured = complex(center_x[0], center_y[0]), area[0]
    _RINGS.append(ring)
    return measured


@_documented
def area(
    polygons: Polygons,
    workers: int | None = None,
    progress: Progress | None = None,
    *,
    out: Doubles | None = None,
) -> Doubles:
    """Area of each polygon: its outer rings minus their holes, whatever their winding.

    Returns
    -------
    ndarray of float64, shape (n,)
        In squared units of the coordinates; 0 for an empty polygon.

    Examples
    --------
    >>> import polyfind as pf
    >>> pf.area(pf.Polygons([0, 3, 3, 0], [0, 0, 2, 2], [0, 4]))
    array([6.])
    """
    return _measure(lib.pf_polygons_area, polygons, workers, progress, out)


@_documented
def signed_area(
    polygons: Polygons,
    workers: int | None = None,
    progress: Progress | None = None,
    *,
    out: Doubles | None = None,
) -> Doubles:
    """Area of each polygon with the sign of its outer rings.

    Returns
    -------
    ndarray of float64, shape (n,)
        Positive for counter-clockwise outer rings; parts add up with their signs.

    Examples
    --------
    >>> import polyfind as pf
    >>> pf.signed_area(pf.Polygons([0, 0, 3, 3], [0, 2, 2, 0], [0, 4]))
    array([-6.])
    """
    return _measure(lib.pf_polygons_signed_area, polygons, workers, progress, out)


@_documented
def perimeter(
    polygons: Polygons,
    workers: int | None = None,
    progress: Progress | None = None,
    *,
    out: Doubles | None = None,
) -> Doubles:
    """Length of each polygon's boundary, holes included.

    Returns
    -------
    ndarray of float64, shape (n,)
        In units of the coordinates; 0 for an empty polygon.

    Examples
    --------
    >>> import polyfind as pf
    >>> pf.perimeter(pf.Polygons([0, 3, 3, 0], [0, 0, 2, 2], [0, 4]))
    array([10.])
    """
    return _measure(lib.pf_polygons_perimeter, polygons, workers, progress, out)


@_documented
def center(
    polygons: Polygons,
    workers: int | None = None,
    progress: Progress | None = None,
    *,
    out: tuple[Doubles, Doubles] | None = None,
) -> tuple[Doubles, Doubles]:
    """Mean of each polygon's vertices, no closing vertex counted twice.

    Returns
    -------
    x, y : ndarray of float64, shape (n,)
        NaN for an empty polygon.

    Examples
    --------
    >>> import polyfind as pf
    >>> pf.center(pf.Polygons([0, 4, 2, 0], [0, 0, 3, 0], [0, 4]))
    (array([2.]), array([1.]))
    """
    return _measure_xy(lib.pf_polygons_center, polygons, workers, progress, out)


@_documented
def centroid(
    polygons: Polygons,
    workers: int | None = None,
    progress: Progress | None = None,
    *,
    out: tuple[Doubles, Doubles] | None = None,
) -> tuple[Doubles, Doubles]:
    """Centroid of each polygon's area.

    Returns
    -------
    x, y : ndarray of float64, shape (n,)
        The centroid of the boundary where the area is 0; NaN for an empty polygon.

    Examples
    --------
    >>> import polyfind as pf
    >>> pf.centroid(pf.Polygons([0, 3, 3, 0], [0, 0, 2, 2], [0, 4]))
    (array([1.5]), array([1.]))
    """
    return _measure_xy(lib.pf_polygons_centroid, polygons, workers, progress, out)


@_documented
def bounds(
    polygons: Polygons,
    workers: int | None = None,
    progress: Progress | None = None,
    *,
    out: Doubles | None = None,
) -> Doubles:
    """Bounding box of each polygon, all rings included.

    Returns
    -------
    ndarray of float64, shape (n, 4)
        Columns min x, min y, max x, max y; NaN for an empty polygon.

    Examples
    --------
    >>> import polyfind as pf
    >>> pf.bounds(pf.Polygons([0, 3, 3, 0], [0, 0, 2, 2], [0, 4]))
    array([[0., 0., 3., 2.]])
    """
    polygons = as_polygons(polygons)
    call = take(workers, progress)
    n = polygons._len
    boxes = room(out, (n, 4), F64)
    to = from_buffer(_BOXES, boxes)
    call.finish(lib.pf_polygons_bounds(polygons._struct, call.running(), to, n, call.error))
    return boxes


@_documented
def fingerprint(
    polygons: Polygons,
    workers: int | None = None,
    progress: Progress | None = None,
    *,
    out: Words | None = None,
) -> Words:
    """A hash of each polygon's vertices, to find equal polygons by.

    Returns
    -------
    ndarray of uint64, shape (n,)
        FarmHash's Fingerprint64 of these words of 64 bits, lowest byte first: for each ring that
        has vertices, in order, twice their number, plus 1 for a hole; then x and y of each vertex
        as doubles, where -0 is 0.

    Notes
    -----
    It is the same on every machine and never changes. A closing vertex is left out, and float32
    coordinates count as the doubles that they are. A polygon that begins with another vertex or
    turns the other way is another. Of 100 million different polygons two have the same fingerprint
    with a chance of one in 4,000.

    Examples
    --------
    >>> import polyfind as pf
    >>> first, second = [(0, 0), (1, 0), (1, 1)], [(0, 0), (1, 0), (0, 1)]
    >>> triangles = pf.Polygons.from_rings([first, [*first, first[0]], second])
    >>> first, closed, second = pf.fingerprint(triangles).tolist()
    >>> first == closed, first == second
    (True, False)
    """
    polygons = as_polygons(polygons)
    call = take(workers, progress)
    n = polygons._len
    words = room(out, n, U64)
    to = from_buffer(_WORDS, words)
    call.finish(lib.pf_polygons_fingerprint(polygons._struct, call.running(), to, n, call.error))
    return words
