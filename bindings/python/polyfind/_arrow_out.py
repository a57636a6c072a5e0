"""What other packages take by Arrow's PyCapsule protocol: columns, and polygons as GeoArrow."""

from __future__ import annotations

import ctypes
import itertools
import struct
from ctypes import POINTER, c_char_p, c_void_p
from typing import Any

from ._arrow import CArray, CSchema
from ._buffers import I32, I64, kind_of
from ._native import ffi
from ._numpy import Array

LISTS = {I32: b"+l", I64: b"+L"}
_LEVELS = {2: ("polygon", [b"vertices", b"rings"])}
_LEVELS[3] = ("multipolygon", [b"vertices", b"rings", b"polygons"])
_NULLABLE = 2

# What structures that others hold point to, until they release them.
_kept: dict[int, Any] = {}
# Structures that capsules point to, by their addresses: who takes one out may clear all of it.
_in_capsules: dict[int, Any] = {}
_keys = itertools.count(1)

_new_capsule = ctypes.pythonapi.PyCapsule_New
_new_capsule.restype = ctypes.py_object
_new_capsule.argtypes = [c_void_p, c_char_p, c_void_p]


class Column:
    """What is handed over as one column."""

    __slots__ = ()

    def __arrow_c_schema__(self) -> Any:
        """A capsule of an ArrowSchema."""
        return _capsule(self._schema(), b"arrow_schema")

    def __arrow_c_array__(self, requested_schema: Any = None) -> tuple[Any, Any]:
        """Capsules of an ArrowSchema and an ArrowArray; no other schema can be had."""
        return self.__arrow_c_schema__(), _capsule(self._array(), b"arrow_array")

    def _schema(self) -> Any:
        raise NotImplementedError

    def _array(self) -> Any:
        raise NotImplementedError


class GeoArrow(Column):
    """A column of polygons as GeoArrow has it, to be handed to other packages.

    ``pyarrow.array(column)``, ``geopandas.GeoSeries.from_arrow(column)``, and all others that
    take objects with ``__arrow_c_array__``. It keeps the arrays of the table it is of.
    """

    __slots__ = ("_levels", "_name", "_x", "_y")

    def __init__(self, x: Array, y: Array, levels: list[Array]) -> None:
        """Of contiguous doubles, and offsets of one type, innermost first: two or three levels."""
        self._name, _ = _LEVELS[len(levels)]
        self._x, self._y, self._levels = x, y, levels

    def __len__(self) -> int:
        return len(self._levels[-1]) - 1

    def __repr__(self) -> str:
        return f"<geoarrow.{self._name}: {len(self)} rows>"

    def _schema(self) -> Any:
        node = schema_node(b"+s", b"", [schema_node(b"g", name, []) for name in (b"x", b"y")])
        _, names = _LEVELS[len(self._levels)]
        for level, name in zip(self._levels, names):
            node.name = name
            node = schema_node(LISTS[kind_of(level)], b"", [node])
        pairs = {"ARROW:extension:name": f"geoarrow.{self._name}", "ARROW:extension:metadata": "{}"}
        metadata = struct.pack("=i", len(pairs)) + b"".join(
            struct.pack("=i", len(text)) + text.encode() for pair in pairs.items() for text in pair
        )
        buffer = ctypes.create_string_buffer(metadata, len(metadata))
        node.metadata, node.flags = ctypes.addressof(buffer), _NULLABLE
        _kept[node.private_data].append(buffer)
        return node

    def _array(self) -> Any:
        columns = [array_node(len(column), [column], []) for column in (self._x, self._y)]
        node = array_node(len(self._x), [], columns)
        for level in self._levels:
            node = array_node(len(level) - 1, [level], [node])
        return node


def schema_node(format: bytes, name: bytes, children: list[Any]) -> Any:
    pointers, key = _children(children, CSchema), next(_keys)
    node = CSchema(format, name, None, 0, len(children), pointers, None, _RELEASE_SCHEMA, key)
    _kept[key] = [node, pointers, children]
    return node


def array_node(length: int, buffers: list[Array], children: list[Any]) -> Any:
    """A node without missing rows, whose buffers come after that of validity."""
    addresses = (c_void_p * (1 + len(buffers)))(None, *map(_address, buffers))
    pointers, key = _children(children, CArray), next(_keys)
    node = CArray(
        length, 0, 0, len(addresses), len(children), addresses, pointers, None, _RELEASE_ARRAY, key
    )
    _kept[key] = [node, addresses, buffers, pointers, children]
    return node


def _address(array: Array) -> int:
    return int(ffi.cast("uintptr_t", ffi.from_buffer(array)))


def _children(children: list[Any], kind: Any) -> Any:
    return (POINTER(kind) * len(children))(*map(ctypes.pointer, children)) if children else None


def _for_good(function: Any) -> Any:
    """A function of C that is never collected: others call it even while the interpreter ends.

    By then the names of a module may be gone, so it has what it needs in variables of its own.
    """
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(function))
    return function


def _released(kind: Any) -> Any:
    """By which others give a structure back, and those in it that they did not move."""
    function, addressof, forget = ctypes.CFUNCTYPE(None, c_void_p), ctypes.addressof, _kept.pop

    def release(address: int) -> None:
        node = kind.from_address(address)
        for i in range(node.n_children):
            child = node.children[i].contents
            if child.release:
                function(child.release)(addressof(child))
        node.release = None
        forget(node.private_data, None)

    return _for_good(function(release))


_RELEASE_SCHEMA = ctypes.cast(_released(CSchema), c_void_p).value
_RELEASE_ARRAY = ctypes.cast(_released(CArray), c_void_p).value


def _forgetting() -> Any:
    """What a capsule does at its end: releases what nobody took out of it."""
    function, forget = ctypes.CFUNCTYPE(None, c_void_p), _in_capsules.pop
    is_valid = ctypes.PYFUNCTYPE(ctypes.c_int, c_void_p, c_char_p)(
        ("PyCapsule_IsValid", ctypes.pythonapi)
    )
    # As _capsule_pointer, for a capsule that is about to go.
    pointer_of = ctypes.PYFUNCTYPE(c_void_p, c_void_p, c_char_p)(
        ("PyCapsule_GetPointer", ctypes.pythonapi)
    )
    kinds = (b"arrow_schema", CSchema), (b"arrow_array", CArray)

    def end(capsule: int) -> None:
        for name, kind in kinds:
            if is_valid(capsule, name):
                address = pointer_of(capsule, name)
                node: Any = kind.from_address(address)
                if node.release:
                    function(node.release)(address)
                forget(address, None)

    return _for_good(ctypes.PYFUNCTYPE(None, c_void_p)(end))


_FORGET = ctypes.cast(_forgetting(), c_void_p)


def _capsule(node: Any, name: bytes) -> Any:
    """A capsule of a structure, whose memory stays as long as the capsule does."""
    address = ctypes.addressof(node)
    _in_capsules[address] = node
    return _new_capsule(address, name, _FORGET)
