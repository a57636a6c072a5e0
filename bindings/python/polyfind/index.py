"""The index: polygons, ready to be asked about points."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ._call import NULL, Progress, choice, new, take
from ._native import ffi, lib
from .matches import Matches
from .polygons import Polygons, as_polygons

_INDEX = ffi.typeof("pf_index **")
_OPTIONS = ffi.typeof("pf_index_options *")
_USES = {
    "centers": lib.PF_INDEX_CENTERS,
    "insides": lib.PF_INDEX_INSIDES,
    "distances": lib.PF_INDEX_DISTANCES,
}


class PolygonIndex(Matches):
    """Polygons, ready to be asked about points.

    Parameters
    ----------
    polygons : Polygons
        The table; the index keeps nothing of its arrays.
    workers : int, optional
        Threads to use; None, 0 or -1 for one per core. Small work runs on the calling thread.
    progress : callable(done, total), optional
        Called a few times a second on this thread. A true answer stops the call with
        CancelledError; an exception stops it and comes back as itself.
    uses : str or iterable of str, optional
        What the index is to answer, which saves the time and memory of the rest; by default
        everything. ``"centers"``: *close* and `nearest_centers`. ``"insides"``: *within*,
        *covered_by*, *intersects*, *owned_by* and `locate`. ``"distances"``: *dwithin*,
        `query_nearest`, the fallback of `locate`, and what ``"insides"`` gives.

    Raises
    ------
    TypeError
        If `polygons` is not a table.
    ValueError
        If `uses` is empty or names something else.
    CoordinateError
        If a coordinate is NaN or infinite.

    Notes
    -----
    An index never changes: any number of threads may ask it at once, and the GIL is free during
    every call. Polygons are named by their row in the table.

    Points are given in every method as `x` and `y`, arrays of one length or two numbers, or as
    `xy`, an (n, 2) array. float64 and float32 arrays of equal, positive strides are not copied.

    Predicates are said of a point and a polygon, in this direction, as in Shapely:

    ``"close"``
        the polygon's center (the mean of its vertices) is nearer than `distance`, strictly
    ``"within"``
        the point is inside, not on the boundary
    ``"covered_by"``, ``"intersects"``
        the point is inside or on the boundary
    ``"owned_by"``
        the point is inside, where one on the boundary counts as a step to its right (and if that
        is on the boundary too, a smaller one up): of the polygons of a tiling one owns each point
    ``"dwithin"``
        the polygon is at most `distance` away; it is 0 away inside and on the boundary

    All are decided exactly for the numbers given. Inside is what the even-odd rule says over all
    rings of all parts, so that invalid polygons have answers too. Empty polygons match nothing.

    Examples
    --------
    >>> import polyfind as pf
    >>> squares = pf.Polygons.from_rings(
    ...     [([0, 1, 1, 0, 0], [0, 0, 1, 1, 0]), ([2, 4, 4, 2, 2], [0, 0, 2, 2, 0])]
    ... )
    >>> index = pf.PolygonIndex(squares)
    >>> index.locate([0.5, 3, 9], [0.5, 2, 9])
    array([ 0,  1, -1], dtype=int32)
    >>> index.query([0, 2], [0, 1], distance=2)
    array([[0, 1, 1],
           [0, 0, 1]])
    >>> index.best([0, 2, 9], [0, 1, 9], distance=2, by="distance")
    array([ 0,  1, -1], dtype=int32)
    """

    __slots__ = ("__weakref__",)

    def __init__(
        self,
        polygons: Polygons,
        workers: int | None = None,
        progress: Progress | None = None,
        *,
        uses: str | Iterable[str] | None = None,
    ) -> None:
        polygons = as_polygons(polygons)
        options = NULL if uses is None else _options(uses)
        call = take(workers, progress)
        out = new(_INDEX)
        call.finish(lib.pf_index_build(polygons._struct, options, call.run, out, call.error))
        self._index = ffi.gc(out[0], lib.pf_index_free)
        self._len = len(polygons)

    def __len__(self) -> int:
        return self._len

    def __repr__(self) -> str:
        return f"<polyfind.PolygonIndex: {len(self)} polygons>"


def _options(uses: str | Iterable[str]) -> Any:
    flags = 0
    for word in (uses,) if isinstance(uses, str) else uses:
        flags |= choice("uses", word, _USES)
    if not flags:
        raise ValueError(f"uses is empty: choose from {', '.join(map(repr, _USES))}")
    return new(_OPTIONS, (ffi.sizeof("pf_index_options"), flags))
