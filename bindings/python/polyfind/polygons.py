"""The polygon table: vertex -> ring -> part -> polygon, over arrays that stay where they are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ._arrow import chunks_of, is_arrow, kind_of, native_of, rows_of
from ._arrow_out import GeoArrow
from ._buffers import OFFSETS, Array, columns, fill_points, numbers, offsets, pointer
from ._call import new, take
from ._closed import are_closed, closed
from ._encoded import WKB, WKT, Columns, Fault, binary_rows, read, text_rows
from ._native import ffi, lib
from ._shapely import geometries, ragged

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

    __slots__ = ("__weakref__", "_columns", "_faults", "_len", "_offsets", "_struct")

    _faults: list[Fault]
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
        self._faults = []
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
    def from_shapely(cls, geometries: Any) -> Polygons:
        """Polygons from Shapely's, without a loop over them.

        Parameters
        ----------
        geometries : array_like of shapely.Polygon and shapely.MultiPolygon
            An array, a list, a ``geopandas.GeoSeries``, the geometry column of a
            ``geopandas.GeoDataFrame``, or one geometry. What is None or empty becomes an empty
            polygon, so that rows stay rows. z is not read.

        Raises
        ------
        ImportError
            If Shapely is not installed.
        TypeError
            If one is neither Polygon nor MultiPolygon, naming its row.

        Examples
        --------
        >>> import polyfind as pf, shapely
        >>> polygons = pf.Polygons.from_shapely([shapely.box(0, 0, 2, 1), None])
        >>> pf.area(polygons)
        array([2., 0.])
        """
        return cls.from_ragged_array(*ragged(geometries))

    @classmethod
    def from_geopandas(cls, frame: Any) -> Polygons:
        """Polygons from the active geometry column of a ``geopandas.GeoDataFrame``, or a GeoSeries.

        Row i of the table is row i of the frame by position, whatever its labels are. See
        :meth:`from_shapely`.
        """
        return cls.from_shapely(getattr(frame, "geometry", frame))

    @classmethod
    def from_geojson(cls, source: Any) -> Polygons:
        """Polygons from GeoJSON, one for each feature.

        Parameters
        ----------
        source : path, str, bytes, file, dict, or an object with ``__geo_interface__``
            A FeatureCollection, Feature, Polygon or MultiPolygon: the path of a file, the text
            itself (which begins with a brace), an open file, what ``json.loads`` gives, or an
            object that says it is one. A feature without a geometry is an empty polygon.

        Raises
        ------
        ValueError
            If it cannot be read, or is something else; says where, as in
            ``features[3].geometry.coordinates[0][2]``.

        Examples
        --------
        >>> import polyfind as pf
        >>> text = '{"type": "Polygon", "coordinates": [[[0, 0], [3, 0], [3, 2], [0, 2], [0, 0]]]}'
        >>> pf.area(pf.Polygons.from_geojson(text))
        array([6.])
        """
        from .geojson import polygons_of

        return polygons_of(source)

    @classmethod
    def from_wkb(
        cls, rows: Any, *, on_error: str = "raise", workers: int | None = None
    ) -> Polygons:
        """Polygons from well-known binary (ISO's or PostGIS's), one for each row.

        Parameters
        ----------
        rows : sequence of bytes, or an Arrow array
            A list, an object array, a column of pandas; or whatever lends itself by Arrow's
            PyCapsule protocol, which is read where it is. None and NaN are missing rows.
        on_error : {"raise", "skip"}
            Whether a row that is no polygon raises, or becomes an empty polygon and one of
            :attr:`faults`.
        workers : int, optional
            Threads to use; all cores by default. The result is the same.

        Returns
        -------
        Polygons
            Row i is that of `rows`: a Polygon, a MultiPolygon, or a GeometryCollection of these.
            What is missing or EMPTY is an empty polygon. Rings are as they are given, valid or
            not; z and m are not kept.

        Raises
        ------
        FormatError
            If a row is malformed, something else, or has a coordinate that is NaN or infinite;
            says which row (also ``error.item``), at which byte, and why.

        Examples
        --------
        >>> import polyfind as pf, shapely
        >>> rows = [shapely.box(0, 0, 2, 1).wkb, None, b"no polygon"]
        >>> polygons = pf.Polygons.from_wkb(rows, on_error="skip")
        >>> pf.area(polygons)
        array([2., 0., 0.])
        >>> polygons.faults
        [Fault(row=2, byte=0, reason='a byte order that is neither 0 nor 1')]
        """
        if is_arrow(rows):
            return cls._from_bytes(rows, WKB, on_error, workers)
        return cls._of(read(binary_rows(rows), WKB, on_error, workers))

    @classmethod
    def from_wkt(
        cls, rows: Any, *, on_error: str = "raise", workers: int | None = None
    ) -> Polygons:
        """Polygons from well-known text (ISO's or PostGIS's), one for each row.

        Numbers become the nearest doubles. Otherwise as :meth:`from_wkb`, with str for bytes.

        Examples
        --------
        >>> import polyfind as pf
        >>> pf.area(pf.Polygons.from_wkt(["POLYGON ((0 0, 3 0, 3 2, 0 2, 0 0))", "POLYGON EMPTY"]))
        array([6., 0.])
        """
        if is_arrow(rows):
            return cls._from_bytes(rows, WKT, on_error, workers)
        return cls._of(read(text_rows(rows), WKT, on_error, workers))

    @classmethod
    def from_arrow(
        cls,
        source: Any,
        column: str | None = None,
        *,
        on_error: str = "raise",
        workers: int | None = None,
    ) -> Polygons:
        """Polygons from a column of Arrow: GeoArrow's polygons and multipolygons, WKB or WKT.

        Parameters
        ----------
        source : object with ``__arrow_c_array__`` or ``__arrow_c_stream__``
            An array, a chunked array or a table of pyarrow, polars, DuckDB, GeoArrow, ...; what
            ``geopandas.GeoSeries.to_arrow`` gives; a table that was read from GeoParquet.
        column : str, optional
            Which column of a table. By default the one that GeoParquet's metadata, or Arrow's
            extension names, say is of geometries.
        on_error, workers
            As for :meth:`from_wkb`.

        Returns
        -------
        Polygons
            Native columns of one chunk are used where they are: x and y apart or interleaved, 32-
            or 64-bit offsets, sliced or not. Copied are: columns of several chunks, into one; WKB
            and WKT, which are read; rows that are missing and have vertices all the same, and all
            others then; offsets, if they are not all of one width. Missing rows are empty polygons.

        Raises
        ------
        TypeError
            If it lends itself to nobody, or the column holds something else.
        ValueError
            If no column can be chosen.
        FormatError
            As for :meth:`from_wkb`.

        Examples
        --------
        >>> import polyfind as pf, pyarrow
        >>> rows = pyarrow.array(["POLYGON ((0 0, 3 0, 3 2, 0 2, 0 0))", None])
        >>> pf.area(pf.Polygons.from_arrow(rows))
        array([6., 0.])
        """
        field, chunks = chunks_of(source, column)
        kind = kind_of(field)
        if kind is not None:
            return cls._of(read(rows_of(field, chunks), kind, on_error, workers))
        tables = []
        for native in (native_of(field, chunk) for chunk in chunks):
            table = cls(native.x, native.y, *native.levels)
            tables.append(table if native.present is None else table._only(native.present))
        return tables[0] if len(tables) == 1 else _concatenated(tables)

    @classmethod
    def from_circles(
        cls, x: npt.ArrayLike, y: npt.ArrayLike, radius: npt.ArrayLike, *, vertices: int = 64
    ) -> Polygons:
        """Polygons for circles: so many vertices on each, counter-clockwise from its right.

        Parameters
        ----------
        x, y, radius : array_like, shape (n,) or scalars
            Centers and radii, in the unit of the coordinates; broadcast against each other.
        vertices : int
            3 or more. Of the circle's area 1 - 6.6 / vertices**2 is covered: with 64 all but 0.2 %.

        Examples
        --------
        >>> import polyfind as pf
        >>> pf.area(pf.Polygons.from_circles([0, 5], 0, [1, 2], vertices=4))
        array([2., 8.])
        """
        if vertices < 3:
            raise ValueError(f"vertices must be 3 or more, not {vertices}")
        names = ("x", "y", "radius")
        given = [
            np.atleast_1d(numbers(values, name, "fiu", "real numbers")).astype(np.float64)
            for name, values in zip(names, (x, y, radius))
        ]
        rows_x, rows_y, radii = (one[:, None] for one in np.broadcast_arrays(*given))
        angle = np.arange(vertices) * (2 * np.pi / vertices)
        ring_x = rows_x + radii * np.cos(angle)
        ring_y = rows_y + radii * np.sin(angle)
        return cls(ring_x.ravel(), ring_y.ravel(), np.arange(len(ring_x) + 1) * vertices)

    @classmethod
    def from_boxes(cls, boxes: npt.ArrayLike) -> Polygons:
        """Polygons from boxes with sides along the axes.

        Parameters
        ----------
        boxes : array_like, shape (n, 4)
            The smallest x and y and the largest of each, as :func:`polyfind.bounds` gives them.
            float32 stays float32. A box that ends before it begins is the same box; one of NaN,
            as an empty polygon has, is an empty polygon.

        Examples
        --------
        >>> import polyfind as pf
        >>> pf.area(pf.Polygons.from_boxes([[0, 0, 2, 1], [5, 5, 6, 9]]))
        array([2., 4.])
        """
        table = numbers(boxes, "boxes", "fiu", "real numbers")
        if table.ndim != 2 or table.shape[1] != 4:
            raise ValueError(f"boxes must have shape (n, 4), not {table.shape}")
        is_box = ~np.isnan(table).all(axis=1)
        corners = table[is_box]
        ends = np.append(0, np.cumsum(is_box)) * 4
        return cls(corners[:, [0, 2, 2, 0]].ravel(), corners[:, [1, 1, 3, 3]].ravel(), ends)

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

    @property
    def faults(self) -> list[Fault]:
        """The rows that were skipped when the table was read with ``on_error="skip"``."""
        return self._faults

    def to_arrow(self) -> GeoArrow:
        """A column of GeoArrow: polygons, or multipolygons where a row has many parts.

        Returns
        -------
        object with ``__arrow_c_array__``
            For ``pyarrow.array``, ``geopandas.GeoSeries.from_arrow`` and others. The coordinates
            are not copied where they are two columns of float64 and all rings are closed, as
            GeoArrow has them; else a copy has its rings closed, and empty rings left out.

        Examples
        --------
        >>> import polyfind as pf
        >>> polygons = pf.Polygons([0, 1, 1, 0], [0, 0, 1, 0], [0, 4])
        >>> polygons.to_arrow()
        <geoarrow.polygon: 1 rows>
        """
        x, y, levels = self.x, self.y, [level for level in self._offsets if level is not None]
        if not are_closed(self):
            x, y, levels = closed(self)
        if len(levels) == 1:
            levels.append(np.arange(len(levels[0]), dtype=levels[0].dtype))
        return GeoArrow(
            np.ascontiguousarray(x, np.float64), np.ascontiguousarray(y, np.float64), levels
        )

    @property
    def __geo_interface__(self) -> dict[str, Any]:
        """A FeatureCollection of GeoJSON as a dict, with a Feature for each row.

        Its id is the row; its geometry a Polygon, a MultiPolygon, or None for an empty polygon.
        Rings are closed, and wound as they are.
        """
        from .geojson import feature_collection

        return feature_collection(self)

    def to_geojson(self) -> str:
        """GeoJSON: the text of a FeatureCollection with a Feature for each row.

        Its id is the row; the geometry of an empty polygon is null. Numbers are as long as it takes
        to read the same doubles again.

        Examples
        --------
        >>> import polyfind as pf
        >>> text = pf.Polygons([0, 2, 2], [0, 0, 1], [0, 3]).to_geojson()
        >>> pf.area(pf.Polygons.from_geojson(text))
        array([1.])
        """
        return json.dumps(self.__geo_interface__, allow_nan=False, separators=(",", ":"))

    def to_shapely(self) -> Array:
        """Shapely's geometries, one for each row.

        Returns
        -------
        ndarray of object, shape (len(self),)
            Polygon where no row has many parts, else MultiPolygon. Rings are closed, and those of
            one or two vertices filled up with the first; empty rings, and parts without vertices,
            are left out.

        Examples
        --------
        >>> import polyfind as pf
        >>> pf.Polygons([0, 1, 1], [0, 0, 1], [0, 3]).to_shapely()
        array([<POLYGON ((0 0, 1 0, 1 1, 0 0))>], dtype=object)
        """
        return geometries(self)

    def __len__(self) -> int:
        return self._len

    def __iter__(self) -> Iterator[Polygons]:
        """Tables of one row each."""
        return map(self.__getitem__, range(self._len))

    def __getitem__(self, rows: Any) -> Polygons:
        """The polygons of some rows, as a table: of one number, a slice, a mask or an array.

        A slice of neighbours shares the coordinates, those of other rows are copied.
        """
        given = [array for array in reversed(self._offsets) if array is not None]
        x, y = self._columns
        levels = []
        if isinstance(rows, slice) and rows.step in (None, 1):
            start, stop, _ = rows.indices(self._len)
            for offsets in given:
                window = offsets[start : max(start, stop) + 1]
                start, stop = window[0], window[-1]
                levels.append(window - start)
            return Polygons(x[start:stop], y[start:stop], *reversed(levels))
        if isinstance(rows, slice):
            rows = np.arange(*rows.indices(self._len))
        chosen = np.asarray(rows)
        if chosen.size == 0 and chosen.dtype != bool:
            chosen = chosen.astype(np.intp)
        if chosen.ndim > 1 or chosen.dtype.kind not in "biu":
            raise TypeError("rows must be a number, a slice, a mask or an array of numbers")
        # numpy knows what masks, numbers from the end and numbers beyond it mean.
        chosen = np.atleast_1d(np.arange(self._len)[chosen])
        for offsets in given:
            chosen, ends = _members(offsets, chosen)
            levels.append(ends)
        return Polygons(x[chosen], y[chosen], *reversed(levels))

    def __repr__(self) -> str:
        return f"<polyfind.Polygons: {len(self)} polygons, {len(self.x)} vertices, {self.x.dtype}>"

    @classmethod
    def _of(cls, made: Columns) -> Polygons:
        table = cls(made.x, made.y, *made.levels)
        table._faults = made.faults
        return table

    @classmethod
    def _from_bytes(cls, rows: Any, kind: int, on_error: str, workers: int | None) -> Polygons:
        """From a column of Arrow that holds what its bytes are said to be."""
        field, chunks = chunks_of(rows, None)
        if kind_of(field) is None:
            raise TypeError(
                f"rows are of Arrow's type {field.format.decode()!r}, not bytes or text"
            )
        return cls._of(read(rows_of(field, chunks), kind, on_error, workers))

    def _only(self, present: Array) -> Polygons:
        """The same table with the other rows empty."""
        at = max(i for i, level in enumerate(self._offsets) if level is not None)
        ends = self._offsets[at]
        assert ends is not None
        if not (np.diff(ends)[~present]).any():
            return self
        chosen = self[present]
        levels = list(chosen._offsets)
        level = levels[at]
        assert level is not None
        levels[at] = level[np.append(0, np.cumsum(present))]
        return Polygons(*chosen._columns, *levels)

    def __reduce__(self) -> tuple[Any, ...]:
        return Polygons, (*self._columns, *self._offsets)


def _concatenated(tables: Sequence[Polygons]) -> Polygons:
    """The rows of tables that have the same levels, one after the other."""
    if not tables:
        return Polygons([], [], [0])
    tables = [table[:] for table in tables]
    x, y = (np.concatenate(columns) for columns in zip(*(table._columns for table in tables)))
    levels = []
    for level in range(len(_LEVELS)):
        given = [table._offsets[level] for table in tables]
        ends = [one for one in given if one is not None]
        if ends:
            shifts = np.cumsum([0, *(int(one[-1]) for one in ends)])
            moved = (one[1:] + shift for one, shift in zip(ends, shifts))
            levels.append(np.concatenate([np.zeros(1, np.int64), *moved]))
    return Polygons(x, y, *levels)


def _members(offsets: Array, rows: Array) -> tuple[Array, Array]:
    """The members of some rows, one row after the other, and the offsets of these."""
    starts, counts = offsets[rows], offsets[rows + 1] - offsets[rows]
    ends = np.append(0, np.cumsum(counts))
    return np.arange(ends[-1]) + np.repeat(starts - ends[:-1], counts), ends


def as_polygons(given: object) -> Polygons:
    """A TypeError for anything but polygons, which says what to do."""
    if isinstance(given, Polygons):
        return given
    raise TypeError(
        f"polygons must be polyfind.Polygons, not {type(given).__name__}: "
        "Polygons.from_shapely, from_geopandas, from_arrow, from_wkb, from_geojson, ... make one"
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
