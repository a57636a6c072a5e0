"""Which reader a file is for, by its name and its first bytes."""

from __future__ import annotations

import os

from .. import geojson
from ..io import InputError
from ..polygons import Polygons
from . import columns, features, records
from .points import Points

_NAMES = {
    "": "",  # what cannot be told is what it was asked for
    ".csv": "CSV",
    ".tsv": "CSV",
    ".txt": "CSV",
    ".json": "GeoJSON",
    ".geojson": "GeoJSON",
    ".parquet": "Parquet",
    ".geoparquet": "Parquet",
    ".arrow": "Arrow",
    ".feather": "Arrow",
}
_MARKS = {b"polyfind": "index", b"PAR1": "Parquet", b"ARROW1": "Arrow", b"FEA1": "Arrow"}


def kind_of(path: str, default: str) -> str:
    """The form of a file; what is not known here is for pyogrio."""
    suffix = os.path.splitext(path)[1].lower()
    known = _NAMES.get(suffix)
    if known in ("CSV", "GeoJSON"):
        return known
    if os.path.isfile(path):
        with open(path, "rb") as file:
            begins = file.read(8)
        for mark, kind in _MARKS.items():
            if begins.startswith(mark):
                return kind
    return "data" if known is None else known or default


def read_polygons(
    path: str, id_name: str | None = None, geometry: str | None = None
) -> tuple[Polygons, list[str] | None]:
    """Polygons, and what they are called: in the column asked for, else "id", else "name"."""
    kind = kind_of(path, "GeoJSON")
    if kind == "GeoJSON":
        return geojson.read_polygons(path, id_name)
    if kind == "CSV":
        return records.read_polygons(path, id_name, geometry)
    if kind == "index":
        raise InputError(f"{path}: an index, which keeps no table; name the file it was built from")
    return columns.read_polygons(path, kind, id_name, geometry)


def read_points(
    path: str,
    x: str | None,
    y: str | None,
    geometry: str | None,
    added: tuple[str, ...],
) -> Points:
    """Points, with the rest of their rows."""
    kind = kind_of(path, "CSV")
    if kind == "CSV":
        return records.read_points(path, x, y, geometry, added)
    if kind == "GeoJSON":
        return features.read_points(path, added)
    if kind == "index":
        raise InputError(f"{path}: an index of polygons; name a file of points")
    return columns.read_points(path, kind, x, y, geometry, added)
