"""Where polygons go to: the forms that other libraries and files keep them in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ._closed import are_closed, closed
from ._numpy import Array, np
from ._shapely import geometries
from .table import Table

if TYPE_CHECKING:
    from ._arrow_out import GeoArrow


class Outgoing(Table):
    """What :class:`polyfind.Polygons` can be made into."""

    __slots__ = ()

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
        from ._arrow_out import GeoArrow

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
