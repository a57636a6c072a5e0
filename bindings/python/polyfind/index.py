"""The index: polygons, ready to be asked about points."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import IO, Any, NamedTuple

from ._buffers import U8, empty
from ._call import NULL, Call, Progress, choice, new, take
from ._native import ffi, lib
from ._numpy import npt
from .explain import Explanation, explanation
from .matches import Matches
from .polygons import Polygons, as_polygons

_INDEX = ffi.typeof("pf_index **")
_OPTIONS = ffi.typeof("pf_index_options *")
_INFO = ffi.typeof("pf_index_info *")
_USES = {
    "centers": lib.PF_INDEX_CENTERS,
    "insides": lib.PF_INDEX_INSIDES,
    "distances": lib.PF_INDEX_DISTANCES,
}


class IndexInfo(NamedTuple):
    """What an index is: see `PolygonIndex.info`."""

    polygons: int
    """Polygons, empty ones included."""
    rings: int
    """Their rings; 0 for an index with nothing but ``"centers"``, which keeps none."""
    vertices: int
    """Their vertices, closing ones not counted."""
    nbytes: int
    """Bytes that it is saved as, and about what it takes in memory."""
    bounds: tuple[float, float, float, float]
    """The smallest x and y and the largest of all vertices; NaN where there are none."""
    uses: tuple[str, ...]
    """What it answers."""
    format_version: int
    """The version of the file format that it is saved in."""


class PolygonIndex(Matches):
    """Polygons, ready to be asked about points.

    Parameters
    ----------
    polygons : Polygons
        The table; the index keeps nothing of its arrays.
    workers : int, optional
        Threads to use; None, 0 or -1 for one per core. Small work runs on the calling thread.
    progress : callable(done, total), optional
        Called up to 50 times a second on this thread. A true answer stops the call with
        CancelledError; an exception stops it and comes back as itself. It may ask the index.
    max_bytes : int, optional
        What the call may take of memory, for the index and for what it needs on the way. Before it
        takes more it raises LimitError. Arrays that numpy makes do not count.
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
    `xy`, an (n, 2) array or a ``geopandas.GeoSeries`` of points. Columns of pandas, polars and
    Arrow are arrays too. float64 and float32 arrays of equal, positive strides are not copied.

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
    >>> pf.PolygonIndex.from_buffer(bytes(index)).locate(3, 2)
    array([1], dtype=int32)
    """

    __slots__ = ("__weakref__", "_buffer")

    _buffer: Any

    def __init__(
        self,
        polygons: Polygons,
        workers: int | None = None,
        progress: Progress | None = None,
        *,
        max_bytes: int | None = None,
        uses: str | Iterable[str] | None = None,
    ) -> None:
        polygons = as_polygons(polygons)
        options = NULL if uses is None else _options(uses)
        call = take(workers, progress, max_bytes)
        out = new(_INDEX)
        call.finish(lib.pf_index_build(polygons._struct, options, call.running(), out, call.error))
        self._take(out)

    def _take(self, out: Any, buffer: Any = None) -> None:
        """Takes an index over from the library; `buffer` is what it looks at."""
        self._index, self._buffer = ffi.gc(out[0], lib.pf_index_free), buffer
        self._len = lib.pf_index_len(out[0])

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        mmap: bool = False,
        *,
        trusted: bool = False,
        workers: int | None = None,
        progress: Progress | None = None,
        max_bytes: int | None = None,
    ) -> PolygonIndex:
        """Opens a file that `save` wrote; nothing is built.

        Parameters
        ----------
        path : str or path-like
        mmap : bool
            Leave the numbers in the file: parts are read when they are needed, and kept once for
            all processes that map it. Nobody may write to the file or shorten it as long as the
            index lives (`save` makes a new file): touching what was cut off ends the process.
        trusted : bool
            With `mmap`: the file is known to be as `save` wrote it, and not checked, so that hardly
            any of it is read.

        Raises
        ------
        OSError
            With the path, if the system refuses: FileNotFoundError and so on.
        FormatError
            A ValueError, if the file is not an index, or damaged: it says where.

        Examples
        --------
        >>> import os, tempfile, polyfind as pf
        >>> index = pf.PolygonIndex(pf.Polygons.from_boxes([[0, 0, 2, 2]]))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "zones.index")
        ...     index.save(path)
        ...     opened = pf.PolygonIndex.open(path)
        >>> opened.locate(1, 1)
        array([0], dtype=int32)
        """
        if trusted and not mmap:
            raise ValueError("trusted=True is for mmap=True: a file that is read is checked")
        name = os.fsencode(path)
        flags = lib.PF_OPEN_TRUSTED if trusted else 0

        def call(run: Any, out: Any, error: Any) -> int:
            if mmap:
                return lib.pf_index_map(name, flags, run, out, error)  # type: ignore[no-any-return]
            return lib.pf_index_load(name, run, out, error)  # type: ignore[no-any-return]

        return cls._opened(call, take(workers, progress, max_bytes), path=os.fsdecode(name))

    @classmethod
    def from_buffer(
        cls,
        buffer: Any,
        *,
        workers: int | None = None,
        progress: Progress | None = None,
        max_bytes: int | None = None,
    ) -> PolygonIndex:
        """An index from the bytes of one: ``bytes(index)``, or a file's.

        Anything with a contiguous buffer will do. One that begins at a multiple of 64, such as a
        `mmap.mmap` or the `buf` of a `multiprocessing.shared_memory.SharedMemory`, is not copied
        but kept, and must not change as long as the index lives.

        >>> import polyfind as pf
        >>> index = pf.PolygonIndex(pf.Polygons.from_boxes([[0, 0, 2, 2]]))
        >>> pf.PolygonIndex.from_buffer(bytes(index))
        <polyfind.PolygonIndex: 1 polygons>
        """
        # A view, since what from_buffer returns must not be kept: collectors before Python 3.12.3
        # may clear a caller's memoryview under it.
        view = memoryview(buffer)
        data = ffi.from_buffer("char[]", view)
        kept = int(ffi.cast("uintptr_t", data)) % 64 == 0
        flags = 0 if kept else lib.PF_OPEN_COPY

        def call(run: Any, out: Any, error: Any) -> int:
            return lib.pf_index_view(data, len(data), flags, run, out, error)  # type: ignore[no-any-return]

        return cls._opened(call, take(workers, progress, max_bytes), buffer=view if kept else None)

    @classmethod
    def _opened(
        cls,
        function: Callable[[Any, Any, Any], int],
        call: Call,
        path: str | None = None,
        buffer: Any = None,
    ) -> PolygonIndex:
        out = new(_INDEX)
        call.finish(function(call.running(), out, call.error), path)
        index = cls.__new__(cls)
        index._take(out, buffer)
        return index

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        workers: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Saves the index to a file, for `open` of any process, machine or language.

        The file is replaced as a whole: whatever goes wrong, the old one is still there, or the new
        one is, complete. The same polygons make the same bytes.

        >>> import os, tempfile, polyfind as pf
        >>> index = pf.PolygonIndex(pf.Polygons.from_boxes([[0, 0, 2, 2]]))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     index.save(os.path.join(folder, "zones.index"))
        ...     os.path.getsize(os.path.join(folder, "zones.index")) == index.nbytes
        True
        """
        name = os.fsencode(path)
        call = take(workers, progress)
        status = lib.pf_index_save(self._index, name, call.running(), call.error)
        call.finish(status, os.fsdecode(name))

    def __bytes__(self) -> bytes:
        size = self.nbytes
        room = empty(size, U8)
        call = take()
        out = ffi.from_buffer("char[]", room, require_writable=True)
        call.finish(lib.pf_index_write(self._index, call.running(), out, size, call.error))
        return bytes(room)

    def __reduce__(self) -> Any:
        return type(self).from_buffer, (bytes(self),)

    @property
    def nbytes(self) -> int:
        """Bytes that the index is saved as, and about what it takes in memory."""
        return lib.pf_index_byte_size(self._index)  # type: ignore[no-any-return]

    @property
    def info(self) -> IndexInfo:
        """What the index is.

        >>> import polyfind as pf
        >>> zones = pf.Polygons.from_rings([[(0, 0), (2, 0), (2, 2), (0, 2)]])
        >>> pf.PolygonIndex(zones, uses="insides").info.bounds
        (0.0, 0.0, 2.0, 2.0)
        """
        info, call = new(_INFO, {"struct_size": ffi.sizeof("pf_index_info")}), take()
        call.finish(lib.pf_index_describe(self._index, info, call.error))
        bounds = info.bounds
        return IndexInfo(
            polygons=info.polygon_count,
            rings=info.ring_count,
            vertices=info.vertex_count,
            nbytes=info.byte_size,
            bounds=(bounds.min_x, bounds.min_y, bounds.max_x, bounds.max_y),
            uses=tuple(name for name, flag in _USES.items() if info.flags & flag),
            format_version=info.format_version,
        )

    def explain(
        self, x: float, y: float, predicate: str = "covered_by", *, distance: float | None = None
    ) -> Explanation:
        """Why one point matches no polygon, or which it matches.

        Parameters
        ----------
        x, y : float
            The point.
        predicate, distance
            As for :meth:`query`.

        Returns
        -------
        Explanation
            What matches, what is nearest and how far that is; ``str()`` makes a sentence of it.

        Raises
        ------
        Error, TypeError, ValueError
            As for :meth:`query`; the index must be able to answer `query_nearest`, or for
            ``"close"`` `nearest_centers`.

        Examples
        --------
        >>> import polyfind as pf
        >>> index = pf.PolygonIndex(pf.Polygons.from_boxes([[0, 40, 12, 44]]))
        >>> print(index.explain(12, 42, "within"))  # doctest: +NORMALIZE_WHITESPACE
        (12, 42) is on the boundary of polygon 0:
        'within' leaves boundaries out ('covered_by' does not)
        >>> print(index.explain(42, 0, "dwithin", distance=2.5))  # doctest: +NORMALIZE_WHITESPACE
        (42, 0) is outside: polygon 0, the nearest, is 50.0 away,
        which is more than 2.5; are x and y swapped?
        >>> index.explain(1, 41).matches
        (0,)
        """
        return explanation(self, x, y, predicate, distance)

    def plot(
        self,
        x: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
        polygons: npt.ArrayLike | None = None,
        *,
        xy: npt.ArrayLike | None = None,
        by: str = "count",
        names: Sequence[str] | None = None,
        title: str | None = None,
        to: str | os.PathLike[str] | IO[bytes] | None = None,
        format: str | None = None,
        ax: Any = None,
        workers: int | None = None,
    ) -> Any:
        """A map of the polygons, of points, and of what these matched.

        Parameters
        ----------
        x, y, xy
            Points, as for :meth:`query`; by default none.
        polygons : array_like of int, shape (n,), optional
            The polygon of each point, -1 for none; by default what :meth:`locate` says.
        by : {"count", "match"}
            Whether polygons are coloured by how many points they have, or each with its points in
            a colour of its own.
        names : sequence of str, optional
            What the polygons are called, on a page.
        title : str, optional
        to : path or file, optional
            Where to draw: ``"map.png"``, ``.svg``, ``.pdf``, or ``"map.html"``, a page to look
            around in, which needs nothing but a browser. Every n-th of more than 200,000 points is
            on it.
        format : str, optional
            ``"png"`` and so on, where the name does not say it.
        ax : matplotlib Axes, optional
            Where to draw, if not into a file; by default new ones.
        workers : int, optional
            As for the class.

        Returns
        -------
        Axes of matplotlib
            None for a page.

        Raises
        ------
        ImportError
            If matplotlib, which a page does not need, is not installed.
        ValueError
            If the index is for ``"centers"`` only, and keeps no polygons; or if `polygons` or
            `names` do not fit.

        Examples
        --------
        >>> import polyfind as pf
        >>> index = pf.PolygonIndex(pf.Polygons.from_boxes([[0, 0, 2, 2], [2, 0, 4, 2]]))
        >>> index.plot([1, 3, 5], [1, 1, 1], title="two zones")
        <Axes: title={'left': 'two zones'}>
        """
        from .plot import plot

        return plot(
            self, to, format, ax, x=x, y=y, polygons=polygons, xy=xy, by=by, names=names,
            title=title, workers=workers,
        )  # fmt: skip

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
