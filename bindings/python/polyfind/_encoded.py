"""Polygon tables from encoded rows (WKB, WKT, GeoJSON), which the library reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ._buffers import F64, OFFSETS, bits, ends, kind_of, lent, pointer
from ._call import NULL, choice, from_buffer, new, take
from ._native import ffi, lib
from ._numpy import Array

WKB, WKT, GEOJSON = lib.PF_WKB, lib.PF_WKT, lib.PF_GEOJSON
ON_ERROR = {"raise": 0, "skip": lib.PF_SKIP_FAULTS}
_BINARY = ffi.typeof("pf_binary *")
_TABLE = ffi.typeof("pf_table **")
_POLYGONS = ffi.typeof("pf_polygons *")
_BYTES = ffi.typeof("uint8_t[]")
_OFFSET_TYPES: dict[int, Any] = {number: dtype for dtype, number in OFFSETS.items()}


class Fault(NamedTuple):
    """A row that is no polygon: which, at which byte of it the fault is, and what it is."""

    row: int
    byte: int
    reason: str


class Rows(NamedTuple):
    """Rows of bytes as Arrow lays them out."""

    data: Any  # bytes, or an array of them
    offsets: Array  # int32 or int64
    validity: Any  # None, or a bit for each row, after `first` others
    first: int = 0


class Columns(NamedTuple):
    """What :class:`Polygons` are made of, and the rows that were skipped."""

    x: Array
    y: Array
    levels: list[Array]
    faults: list[Fault]


def read(
    rows: Rows, kind: int, on_error: str, workers: int | None, path: str | None = None
) -> Columns:
    """The columns of a table, in its memory, which is freed with the last of them.

    An error is said of the file at `path`, if that is where the rows are from.
    """
    flags = choice("on_error", on_error, ON_ERROR)
    struct = new(_BINARY, {"struct_size": ffi.sizeof("pf_binary")})
    struct.offset_type = OFFSETS[kind_of(rows.offsets)]
    struct.data, struct.data_len = from_buffer(_BYTES, rows.data), len(rows.data)
    struct.offsets, struct.len = pointer(rows.offsets), len(rows.offsets) - 1
    if rows.validity is not None:
        struct.validity = from_buffer(_BYTES, rows.validity)
        struct.validity_offset = rows.first
    out = new(_TABLE)
    call = take(workers)
    call.finish(lib.pf_table_read(struct, kind, flags, call.running(), out, call.error), path)
    table = ffi.gc(out[0], lib.pf_table_free)
    view = new(_POLYGONS, {"struct_size": ffi.sizeof("pf_polygons")})
    call = take()
    call.finish(lib.pf_table_view(table, view, call.error))
    vertices, dtype = view.vertices, _OFFSET_TYPES[view.offset_type]
    x, y = (lent(table, at, vertices.len, F64) for at in (vertices.x, vertices.y))
    levels = [
        lent(table, at, count + 1, dtype)
        for at, count in (
            (view.ring_offsets, view.ring_count),
            (view.part_offsets, view.part_count),
            (view.polygon_offsets, view.polygon_count),
        )
        if at != NULL
    ]
    return Columns(x, y, levels, _faults(table))


def _faults(table: Any) -> list[Fault]:
    count = lib.pf_table_faults(table)
    if not count:
        return []
    columns = (lib.pf_table_fault_rows, lib.pf_table_fault_bytes, lib.pf_table_fault_reasons)
    rows, places, reasons = (ffi.unpack(column(table), count) for column in columns)
    texts = {reason: ffi.string(lib.pf_fault_text(reason)).decode() for reason in set(reasons)}
    return [Fault(row, at, texts[reason]) for row, at, reason in zip(rows, places, reasons)]


def is_arrow(given: object) -> bool:
    """Whether something lends itself by the PyCapsule protocol; objects in pandas do not."""
    if str(getattr(given, "dtype", None)) == "object":
        return False
    return hasattr(given, "__arrow_c_array__") or hasattr(given, "__arrow_c_stream__")


def document(text: Any) -> Rows:
    """One row, all of a text."""
    return Rows(text, ends([len(text)], 1), None)


def binary_rows(given: Any) -> Rows:
    """Rows from bytes one by one, in whatever holds them; None and NaN are missing rows."""
    if isinstance(given, (bytes, bytearray, memoryview)):
        given = [given]
    if getattr(getattr(given, "dtype", None), "kind", "O") == "S":
        raise TypeError("rows of fixed width lose the zeros at their ends: use dtype=object")
    rows, present = list(given), None
    try:
        data = b"".join(rows)
    except TypeError:
        present = _present(rows, (bytes, bytearray, memoryview), "bytes")
        rows = [bytes(row) if there else b"" for row, there in zip(rows, present)]
        data = b"".join(rows)
    joined = _joined(rows, data, present)
    if joined.offsets[-1] == len(data):
        return joined
    return _joined([bytes(row) for row in rows], data, present)  # views of other than bytes


def text_rows(given: Any) -> Rows:
    """Rows from texts one by one, in whatever holds them; None and NaN are missing rows."""
    rows = [given] if isinstance(given, str) else list(given)
    present = None
    try:
        text = "".join(rows)
    except TypeError:
        present = _present(rows, (str,), "str")
        rows = [row if there else "" for row, there in zip(rows, present)]
        text = "".join(rows)
    if text.isascii():
        return _joined(rows, text.encode(), present)
    encoded = [row.encode(errors="surrogatepass") for row in rows]
    return _joined(encoded, b"".join(encoded), present)


def _joined(rows: Sequence[Any], data: bytes, present: Sequence[bool] | None = None) -> Rows:
    return Rows(data, ends(map(len, rows), len(rows)), None if present is None else bits(present))


def _present(rows: Iterable[Any], kinds: tuple[type, ...], wanted: str) -> list[bool]:
    """Which rows are there; a TypeError for what is neither missing nor one of `kinds`."""
    present = [isinstance(row, kinds) for row in rows]
    for at, (row, there) in enumerate(zip(rows, present)):
        if not (there or row is None or type(row).__name__ == "NAType" or row != row):
            raise TypeError(f"rows[{at}] is {type(row).__name__}, not {wanted}")
    return present
