"""Where polygons come from: the forms that other libraries and files keep them in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from ._buffers import columns, joined
from ._encoded import GEOJSON, WKB, WKT, binary_rows, document, is_arrow, read, text_rows
from ._numpy import Array, np, npt, numbers
from ._shapely import ragged
from .table import LEVELS, Table

if TYPE_CHECKING:
    from typing_extensions import Self


class Incoming(Table):
    """The ways to make :class:`polyfind.Polygons`."""

    __slots__ = ()

    @classmethod
    def from_ragged_array(cls, coords: npt.ArrayLike, offsets: Sequence[npt.ArrayLike]) -> Self:
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
        if not isinstance(offsets, (tuple, list)) or not 1 <= len(offsets) <= len(LEVELS):
            raise ValueError("offsets must be a tuple of 1 to 3 arrays, innermost first")
        return cls(None, None, *offsets, xy=coords[:, :2])

    @classmethod
    def from_shapely(cls, geometries: Any) -> Self:
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
    def from_geopandas(cls, frame: Any) -> Self:
        """Polygons from the active geometry column of a ``geopandas.GeoDataFrame``, or a GeoSeries.

        Row i of the table is row i of the frame by position, whatever its labels are. See
        :meth:`from_shapely`.

        Examples
        --------
        >>> import geopandas, polyfind as pf, shapely
        >>> frame = geopandas.GeoDataFrame({"zone": ["a"]}, geometry=[shapely.box(0, 0, 2, 1)])
        >>> pf.Polygons.from_geopandas(frame)
        <polyfind.Polygons: 1 polygons, 5 vertices, float64>
        """
        return cls.from_shapely(getattr(frame, "geometry", frame))

    @classmethod
    def from_geojson(
        cls, source: Any, *, on_error: str = "raise", workers: int | None = None
    ) -> Self:
        """Polygons from GeoJSON, one for each feature.

        Parameters
        ----------
        source : path, str, bytes, file, dict, or an object with ``__geo_interface__``
            A FeatureCollection, a Feature, or a geometry, or several of the latter one after the
            other (newline-delimited): the path of a file, the text itself (which begins with a
            brace), an open file, what ``json.loads`` gives, or an object that says it is one.
        on_error, workers
            As for :meth:`from_wkb`.

        Returns
        -------
        Polygons
            Row i is feature i: a Polygon, a MultiPolygon, or a GeometryCollection of these. One
            without a geometry is an empty polygon. Coordinates after the second, and all that is no
            geometry, are not kept.

        Raises
        ------
        FormatError
            As for :meth:`from_wkb`: row, byte, counted from the beginning of the text, and reason.
        ValueError
            If a file cannot be read.

        Examples
        --------
        >>> import polyfind as pf
        >>> text = '{"type": "Polygon", "coordinates": [[[0, 0], [3, 0], [3, 2], [0, 2], [0, 0]]]}'
        >>> pf.area(pf.Polygons.from_geojson(text))
        array([6.])
        >>> two = text + text.replace("Polygon", "Point")
        >>> pf.Polygons.from_geojson(two, on_error="skip").faults[0].byte
        87
        """
        from .geojson import text_of

        text, path = text_of(source)
        return cls._of(read(document(text), GEOJSON, on_error, workers, path))

    @classmethod
    def from_wkb(cls, rows: Any, *, on_error: str = "raise", workers: int | None = None) -> Self:
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
    def from_wkt(cls, rows: Any, *, on_error: str = "raise", workers: int | None = None) -> Self:
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
    ) -> Self:
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
        from ._arrow import chunks_of, kind_of, native_of, rows_of

        field, chunks = chunks_of(source, column)
        kind = kind_of(field)
        if kind is not None:
            return cls._of(read(rows_of(field, chunks), kind, on_error, workers))
        tables = []
        for native in (native_of(field, chunk) for chunk in chunks):
            table = cls(native.x, native.y, *native.levels)
            tables.append(table if native.present is None else table._only(native.present))
        return tables[0] if len(tables) == 1 else cls._concatenated(tables)

    @classmethod
    def from_circles(
        cls, x: npt.ArrayLike, y: npt.ArrayLike, radius: npt.ArrayLike, *, vertices: int = 64
    ) -> Self:
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
    def from_boxes(cls, boxes: npt.ArrayLike) -> Self:
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
    def from_rings(cls, rings: Iterable[Any]) -> Self:
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
        ends = list(accumulate((len(x) for x, _ in pairs), initial=0))
        if not pairs:
            return cls([], [], ends)
        x, y = zip(*pairs)
        return cls(joined(x), joined(y), ends)

    @classmethod
    def _from_bytes(cls, rows: Any, kind: int, on_error: str, workers: int | None) -> Self:
        """From a column of Arrow that holds what its bytes are said to be."""
        from ._arrow import chunks_of, kind_of, rows_of

        field, chunks = chunks_of(rows, None)
        if kind_of(field) is None:
            raise TypeError(
                f"rows are of Arrow's type {field.format.decode()!r}, not bytes or text"
            )
        return cls._of(read(rows_of(field, chunks), kind, on_error, workers))


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
    return len(getattr(part, "shape", (1,) if hasattr(part, "__len__") else ())) == 1
