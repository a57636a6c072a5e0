"""Points and polygons in columns of Arrow: Parquet, Arrow files, and all that pyogrio reads."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import FormatError
from ..io import InputError, need, reason
from ..polygons import Polygons
from .answers import Floats, Numbers
from .points import GEOMETRY_NAMES, Points, check_free, column_of, coordinates_of, identifiers
from .records import coordinate_columns

_EXTENSION = b"ARROW:extension:name"


@dataclass(frozen=True)
class ArrowPoints(Points):
    """The points of a table of pyarrow."""

    x: Floats
    y: Floats
    names: list[str]
    table: Any

    def properties(self, rows: Numbers) -> list[dict[str, Any]]:
        others = [name for name in self.table.column_names if name not in self.names]
        if not others:
            return [{} for _ in rows]
        return self.table.select(others).take(rows).to_pylist()  # type: ignore[no-any-return]

    def to_arrow(self, rows: Numbers) -> Any:
        return self.table.take(rows)


def table_of(path: str, kind: str) -> tuple[Any, str | None]:
    """A file as a table of pyarrow, and the column of its geometries, where one is said to be."""
    if not os.path.exists(path):
        raise InputError(f"{path}: cannot be read: no such file or directory")
    arrow = need("pyarrow", "parquet", f"reading {kind}")
    try:
        if kind == "Parquet":
            table = need("pyarrow.parquet", "parquet", "reading Parquet").read_table(path)
        elif kind == "Arrow":
            table = need("pyarrow.feather", "parquet", "reading Arrow").read_table(path)
        else:
            read = need("pyogrio", "geo", f"reading {os.path.splitext(path)[1]} files").read_arrow
            meta, table = read(path)
            return table, meta["geometry_name"] or "wkb_geometry"
    except (arrow.ArrowException, OSError, RuntimeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: cannot be read as {kind}: {reason(error)}") from error
    return table, _geometry(table)


def _geometry(table: Any) -> str | None:
    """The column that GeoParquet's metadata or GeoArrow's extension names say has geometries."""
    metadata = table.schema.metadata or {}
    primary = json.loads(metadata.get(b"geo", b"{}")).get("primary_column")
    if primary is not None:
        return str(primary)
    for field in table.schema:
        name = getattr(field.type, "extension_name", None)
        if name is None:
            name = (field.metadata or {}).get(_EXTENSION, b"").decode()
        if name.startswith(("geoarrow.", "ogc.")):
            return str(field.name)
    return None


def read_points(
    path: str,
    kind: str,
    x: str | None = None,
    y: str | None = None,
    geometry: str | None = None,
    added: Sequence[str] = ("polygon", "polygon_id"),
) -> ArrowPoints:
    """The points of a table: of its geometries, or in two columns of numbers."""
    table, known = table_of(path, kind)
    names = table.column_names
    check_free(path, names, added)
    if x is None:
        geometry = known if geometry is None else geometry
    at = coordinate_columns(path, names, x, y, geometry)
    chosen = [names[each] for each in at]
    if len(at) == 1:
        both = _geometries(path, table.column(at[0]))
    else:
        first, second = (_numbers(path, name, table.column(name)) for name in chosen)
        both = first, second
    return ArrowPoints(*both, chosen, table)


def _geometries(path: str, column: Any) -> tuple[Floats, Floats]:
    """The coordinates of GeoArrow's points, or of WKB or WKT."""
    arrow = need("pyarrow", "parquet", "reading points")
    rows = column.combine_chunks()
    rows = getattr(rows, "storage", rows)
    if arrow.types.is_struct(rows.type):
        x, y = (_numbers(path, name, rows.field(name)) for name in ("x", "y"))
        return x, y
    if arrow.types.is_fixed_size_list(rows.type):
        pairs = rows.flatten().to_numpy().reshape(-1, rows.type.list_size)
        return np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])
    return coordinates_of(path, rows.to_pylist())


def _numbers(path: str, name: str, column: Any) -> Floats:
    arrow = need("pyarrow", "parquet", "reading points")
    try:
        values = np.asarray(column.cast(arrow.float64()).fill_null(np.nan), np.float64)
    except (arrow.ArrowException, ValueError) as error:
        raise InputError(f'{path}: column "{name}" holds {column.type}, not numbers') from error
    wrong = ~np.isfinite(values)
    if wrong.any():
        at = int(wrong.argmax())
        raise InputError(
            f'{path}: row {at}: column "{name}" is not a finite number; correct or remove the row'
        )
    return values


def read_polygons(
    path: str, kind: str, id_name: str | None = None, geometry: str | None = None
) -> tuple[Polygons, list[str] | None]:
    """The polygons of a table, and what they are called."""
    table, known = table_of(path, kind)
    names = table.column_names
    at = column_of(path, names, geometry or known, "--geometry")
    if at is None:
        listed = ", ".join(names)
        raise InputError(
            f"{path}: no column is known to hold geometries, nor named as such"
            f" ({', '.join(GEOMETRY_NAMES)}); name it with --geometry; there are: {listed}"
        )
    named = identifiers(path, names, id_name)
    ids = None if named is None else [_text(value) for value in table.column(named).to_pylist()]
    try:
        return Polygons.from_arrow(table.select([at]), names[at]), ids
    except FormatError as error:
        raise InputError(f"{path}: row {error.item}: {error}; correct the row") from error
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}: {error}") from error


def _text(value: Any) -> str:
    return "" if value is None else str(value)
