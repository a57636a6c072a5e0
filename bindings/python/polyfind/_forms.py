"""Matches in the forms of other packages, in the library's memory: see `PolygonIndex.query`."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ._arrow_out import LISTS, Column, array_node, schema_node
from ._buffers import kind_of
from ._numpy import Array, np


def sparse(columns: tuple[Array, ...], polygons: int) -> Any:
    """The columns of a result as a sparse array of SciPy's."""
    try:
        make = import_module("scipy.sparse").csr_array
    except ImportError:
        raise ImportError("output_format='sparse' needs scipy: pip install scipy") from None
    indptr, indices, *values = columns
    data = values[0] if values else np.ones(len(indices), bool)
    made = make((data, indices, indptr), shape=(len(indptr) - 1, polygons))
    made.has_canonical_format = True  # rows are sorted, and have each polygon once
    return made


class Lists(Column):
    """Matches as a column of Arrow: for each point the list of its polygons.

    ``pyarrow.array(column)``, ``polars.Series(column)``, and all others that take objects with
    ``__arrow_c_array__``. It keeps the library's result.
    """

    __slots__ = ("_columns",)

    def __init__(self, columns: tuple[Array, ...]) -> None:
        self._columns = columns

    def __len__(self) -> int:
        return len(self._columns[0]) - 1

    def __repr__(self) -> str:
        return f"<arrow.large_list: {len(self)} rows, {len(self._columns[1])} matches>"

    def _schema(self) -> Any:
        node = schema_node(b"i", b"polygon", [])
        if len(self._columns) == 3:
            node = schema_node(b"+s", b"match", [node, schema_node(b"g", b"distance", [])])
        return schema_node(LISTS[kind_of(self._columns[0])], b"", [node])

    def _array(self) -> Any:
        indptr, *columns = self._columns
        nodes = [array_node(len(column), [column], []) for column in columns]
        node = array_node(len(columns[0]), [], nodes) if len(nodes) > 1 else nodes[0]
        return array_node(len(self), [indptr], [node])
