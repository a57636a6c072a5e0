"""Polygon tables from Arrow's arrays and tables, through its C data interface, without pyarrow.

What an array lends is taken over and given back when the last numpy array over it is gone.
"""

from __future__ import annotations

import ctypes
import json
from collections.abc import Iterator
from ctypes import POINTER, c_char_p, c_int, c_int64, c_void_p
from typing import Any, NamedTuple

from ._buffers import F32, F64, I32, I64, lent
from ._encoded import WKB, WKT, Rows, is_arrow
from ._numpy import Array, np, npt


class CSchema(ctypes.Structure):
    """struct ArrowSchema."""


class CArray(ctypes.Structure):
    """struct ArrowArray."""


class CStream(ctypes.Structure):
    """struct ArrowArrayStream."""


CSchema._fields_ = [
    ("format", c_char_p),
    ("name", c_char_p),
    ("metadata", c_void_p),
    ("flags", c_int64),
    ("n_children", c_int64),
    ("children", POINTER(POINTER(CSchema))),
    ("dictionary", POINTER(CSchema)),
    ("release", c_void_p),
    ("private_data", c_void_p),
]
CArray._fields_ = [
    ("length", c_int64),
    ("null_count", c_int64),
    ("offset", c_int64),
    ("n_buffers", c_int64),
    ("n_children", c_int64),
    ("buffers", POINTER(c_void_p)),
    ("children", POINTER(POINTER(CArray))),
    ("dictionary", POINTER(CArray)),
    ("release", c_void_p),
    ("private_data", c_void_p),
]
CStream._fields_ = [
    ("get_schema", ctypes.CFUNCTYPE(c_int, POINTER(CStream), POINTER(CSchema))),
    ("get_next", ctypes.CFUNCTYPE(c_int, POINTER(CStream), POINTER(CArray))),
    ("get_last_error", ctypes.CFUNCTYPE(c_char_p, POINTER(CStream))),
    ("release", c_void_p),
    ("private_data", c_void_p),
]

_Release = ctypes.CFUNCTYPE(None, c_void_p)
_capsule_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_capsule_pointer.restype, _capsule_pointer.argtypes = c_void_p, [ctypes.py_object, c_char_p]

_LISTS = {b"+l": I32, b"+L": I64}
_COORDINATES = {b"f": F32, b"g": F64}
_BYTES = {b"z": (WKB, I32), b"Z": (WKB, I64), b"u": (WKT, I32), b"U": (WKT, I64)}
_VIEWS: dict[bytes, int] = {b"vz": WKB, b"vu": WKT}
_INLINE_BYTES = 12  # of a view
_EXTENSIONS = {
    f"{origin}.{name}"
    for origin in ("geoarrow", "ogc")
    for name in ("polygon", "multipolygon", "wkb", "wkt")
}


class Owned:
    """A structure of the C data interface that is released with its last user."""

    def __init__(self, struct: Any) -> None:
        self.struct = struct

    def __del__(self) -> None:
        if self.struct.release:
            _Release(self.struct.release)(ctypes.addressof(self.struct))


class Field(NamedTuple):
    """What a schema says of a column."""

    format: bytes
    name: str
    metadata: dict[str, str]
    children: list[Field]
    has_dictionary: bool


class Chunk(NamedTuple):
    """Some rows of a column, and who keeps them."""

    array: Any
    start: int
    length: int
    owner: Owned

    def child(self, i: int) -> Chunk:
        """All rows of a child: what offsets, or the rows of a struct, count."""
        array = self.array.children[i].contents
        return Chunk(array, array.offset, array.length, self.owner)

    def column(self, buffer: int, dtype: npt.DTypeLike, start: int, length: int) -> Array:
        """A part of a buffer."""
        address = self.array.buffers[buffer]
        if length == 0 or not address:
            return np.zeros(length, dtype)
        return lent(self.owner, address + start * np.dtype(dtype).itemsize, length, dtype)

    def bits(self) -> Array | None:
        """The bitmap of rows that are there, after `start` other bits; None where all are."""
        if self.array.null_count == 0 or not self.array.buffers[0]:
            return None
        return self.column(0, np.uint8, 0, -(-(self.start + self.length) // 8))

    def present(self) -> Array | None:
        """Whether each row is there; None where all are."""
        bits = self.bits()
        if bits is None:
            return None
        flags = np.unpackbits(bits, bitorder="little", count=self.start + self.length)
        return flags[self.start :].astype(bool)


class Native(NamedTuple):
    """Rows of a native column: coordinates, offsets innermost first, and which rows are there."""

    x: Array
    y: Array
    levels: list[Array]
    present: Array | None


def chunks_of(given: Any, column: str | None) -> tuple[Field, list[Chunk]]:
    """The column of polygons, of an array or a table."""
    if not is_arrow(given):
        raise TypeError(
            f"{type(given).__name__} has neither __arrow_c_array__ nor __arrow_c_stream__"
        )
    field, chunks = _array(given) if hasattr(given, "__arrow_c_array__") else _stream(given)
    if field.format == b"+s" and _extension(field) is None and not _is_coordinates(field):
        at = _chosen(field, column)
        field = field.children[at]
        chunks = [_member(chunk, at) for chunk in chunks]
    elif column is not None:
        raise ValueError(f"column={column!r}: this is one column, not a table")
    if field.has_dictionary:
        raise TypeError(f"column {field.name!r} is dictionary-encoded: decode it first")
    known = _extension(field)
    if known is not None and known not in _EXTENSIONS:
        raise TypeError(f"column {field.name!r} is {known}: only polygons can be matched")
    return field, chunks


def kind_of(field: Field) -> int | None:
    """How the rows of a column are encoded; None for native ones."""
    if field.format in _VIEWS:
        return _VIEWS[field.format]
    return _BYTES[field.format][0] if field.format in _BYTES else None


def rows_of(field: Field, chunks: list[Chunk]) -> Rows:
    """The rows of a column of bytes: where they are if there is one chunk, else copied into one."""
    if field.format in _VIEWS:
        return _joined([_viewed(chunk) for chunk in chunks])
    _, dtype = _BYTES[field.format]
    parts = []
    for chunk in chunks:
        offsets = chunk.column(1, dtype, chunk.start, chunk.length + 1)
        data = chunk.column(2, np.uint8, 0, int(offsets[-1]))
        parts.append(Rows(data, offsets, chunk.bits(), chunk.start))
    return parts[0] if len(parts) == 1 else _joined(parts)


def native_of(field: Field, chunk: Chunk) -> Native:
    """Rows of a native column, where they are."""
    levels: list[Array] = []
    present = chunk.present()
    level = field
    while level.format in _LISTS:
        levels.insert(0, chunk.column(1, _LISTS[level.format], chunk.start, chunk.length + 1))
        level, chunk = level.children[0], chunk.child(0)
    if not 2 <= len(levels) <= 3 or not (_is_coordinates(level) or _is_interleaved(level)):
        raise TypeError(f"column {field.name!r} holds neither polygons of GeoArrow nor WKB nor WKT")
    dtype = _COORDINATES[level.children[0].format]
    x = chunk.child(0)
    if _is_coordinates(level):
        y = chunk.child(1)
        return Native(
            x.column(1, dtype, chunk.start + x.start, chunk.length),
            y.column(1, dtype, chunk.start + y.start, chunk.length),
            levels,
            present,
        )
    width = int(level.format[3:])
    values = x.column(1, dtype, chunk.start * width + x.start, chunk.length * width)
    pairs = values.reshape(-1, width)
    return Native(pairs[:, 0], pairs[:, 1], levels, present)


def _is_coordinates(field: Field) -> bool:
    """Separated: a struct of x, y and maybe more."""
    formats = {child.format for child in field.children}
    names = [child.name for child in field.children[:2]]
    return names == ["x", "y"] and len(formats) == 1 and formats <= set(_COORDINATES)


def _is_interleaved(field: Field) -> bool:
    is_list = field.format[:3] == b"+w:" and field.format[3:] in (b"2", b"3", b"4")
    return is_list and field.children[0].format in _COORDINATES


def _extension(field: Field) -> str | None:
    return field.metadata.get("ARROW:extension:name")


def _chosen(table: Field, column: str | None) -> int:
    """Which column of a table has the polygons."""
    names = [child.name for child in table.children]
    if column is None:
        parquet = json.loads(table.metadata.get("geo", "{}"))
        column = parquet.get("primary_column")
    if column is not None:
        if column not in names:
            raise ValueError(f"column={column!r}: the table has {', '.join(map(repr, names))}")
        return names.index(column)
    known = [i for i, child in enumerate(table.children) if _extension(child) in _EXTENSIONS]
    if len(known) == 1:
        return known[0]
    raise ValueError(
        f"{len(known) or 'none'} of the columns {', '.join(map(repr, names))} says that it holds"
        " polygons: choose one with column="
    )


def _member(table: Chunk, at: int) -> Chunk:
    """The rows of a table in one of its columns."""
    column = table.child(at)
    return Chunk(column.array, column.start + table.start, table.length, table.owner)


def _joined(parts: list[Rows]) -> Rows:
    """One buffer for several."""
    data, ends, bits = [], [np.zeros(1, np.int64)], []
    end = 0
    for part in parts:
        offsets = part.offsets.astype(np.int64)
        data.append(part.data[offsets[0] : offsets[-1]])
        ends.append(offsets[1:] - offsets[0] + end)
        end += int(offsets[-1] - offsets[0])
        rows = len(offsets) - 1
        is_there = np.ones(rows, np.uint8)
        if part.validity is not None:
            count = part.first + rows
            is_there = np.unpackbits(part.validity, bitorder="little", count=count)[part.first :]
        bits.append(is_there)
    validity = np.packbits(np.concatenate([np.zeros(0, np.uint8), *bits]), bitorder="little")
    return Rows(np.concatenate([np.zeros(0, np.uint8), *data]), np.concatenate(ends), validity)


def _viewed(chunk: Chunk) -> Rows:
    """Views, whose bytes lie here and there, as one buffer."""
    views = chunk.column(1, np.dtype("V16"), chunk.start, chunk.length).tobytes()
    count = chunk.array.n_buffers - 3  # the last holds the sizes of those in the middle
    sizes = chunk.column(count + 2, np.int64, 0, count)
    buffers = [chunk.column(2 + i, np.uint8, 0, int(size)) for i, size in enumerate(sizes)]
    words = np.frombuffer(views, np.int32).reshape(-1, 4).tolist()
    present = chunk.present()
    rows = []
    for i, (length, _, buffer, start) in enumerate(words):
        if present is not None and not present[i]:
            rows.append(b"")
        elif length <= _INLINE_BYTES:
            rows.append(views[16 * i + 4 : 16 * i + 4 + length])
        else:
            rows.append(buffers[buffer][start : start + length].tobytes())
    ends = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(row) for row in rows], out=ends[1:])
    bits = None if present is None else np.packbits(present, bitorder="little")
    return Rows(np.frombuffer(b"".join(rows), np.uint8), ends, bits)


def _array(given: Any) -> tuple[Field, list[Chunk]]:
    schema, array = given.__arrow_c_array__()
    field = _field(CSchema.from_address(_capsule_pointer(schema, b"arrow_schema")))
    lender = CArray.from_address(_capsule_pointer(array, b"arrow_array"))
    owner = Owned(CArray.from_buffer_copy(lender))
    lender.release = None  # it is ours now
    return field, [_whole(owner)]


def _stream(given: Any) -> tuple[Field, list[Chunk]]:
    capsule = given.__arrow_c_stream__()
    stream = CStream.from_address(_capsule_pointer(capsule, b"arrow_array_stream"))
    schema = Owned(CSchema())
    _check(stream, stream.get_schema(stream, schema.struct))
    return _field(schema.struct), list(_next(stream))


def _next(stream: Any) -> Iterator[Chunk]:
    while True:
        owner = Owned(CArray())
        _check(stream, stream.get_next(stream, owner.struct))
        if not owner.struct.release:
            return
        yield _whole(owner)


def _check(stream: Any, status: int) -> None:
    if status:
        said = stream.get_last_error(stream)
        raise ValueError(said.decode(errors="replace") if said else f"Arrow stream error {status}")


def _whole(owner: Owned) -> Chunk:
    return Chunk(owner.struct, owner.struct.offset, owner.struct.length, owner)


def _field(schema: Any) -> Field:
    children = [_field(schema.children[i].contents) for i in range(schema.n_children)]
    name = (schema.name or b"").decode(errors="replace")
    return Field(schema.format, name, _metadata(schema.metadata), children, bool(schema.dictionary))


def _metadata(address: int | None) -> dict[str, str]:
    """Pairs of texts, each with its length before it."""
    if not address:
        return {}

    def number() -> int:
        nonlocal address
        assert address is not None
        value = ctypes.c_int32.from_address(address).value
        address += 4
        return value

    def text() -> str:
        nonlocal address
        assert address is not None
        length = number()
        value = ctypes.string_at(address, length)
        address += length
        return value.decode(errors="replace")

    return {text(): text() for _ in range(number())}
