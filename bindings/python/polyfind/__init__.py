"""Match points to polygons, fast, over raw coordinate buffers.

Two steps: a table of polygons over arrays of yours (:class:`Polygons`), and an index that is asked
about points (:class:`PolygonIndex`). Measures such as :func:`area` need only the table.
"""

from ._batches import BatchProgress
from ._encoded import Fault
from ._native import ffi as _ffi
from ._native import lib as _lib
from .batches import match_batches
from .errors import *
from .explain import Explanation
from .index import IndexInfo, PolygonIndex
from .joins import GeographicWarning, sjoin, sjoin_nearest
from .measures import area, bounds, center, centroid, fingerprint, perimeter, signed_area
from .objects import Polygon, find_all_close_polygons, find_close_polygons, select_best_polygon
from .polygons import Polygons
from .tally import Tally

__version__: str = _ffi.string(_lib.pf_version()).decode()
__all__ = [  # MemoryError is left out: it must not hide Python's
    "ArgumentError",
    "BatchProgress",
    "CancelledError",
    "CapacityError",
    "CoordinateError",
    "Error",
    "Explanation",
    "Fault",
    "FormatError",
    "GeographicWarning",
    "IndexInfo",
    "InternalError",
    "IoError",
    "LayoutError",
    "LimitError",
    "NullError",
    "Polygon",
    "PolygonIndex",
    "Polygons",
    "Tally",
    "UnsupportedError",
    "area",
    "bounds",
    "center",
    "centroid",
    "find_all_close_polygons",
    "find_close_polygons",
    "fingerprint",
    "match_batches",
    "perimeter",
    "select_best_polygon",
    "signed_area",
    "sjoin",
    "sjoin_nearest",
]
