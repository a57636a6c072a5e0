"""Columns and results as memoryviews, for Pythons without numpy: the names of :mod:`._arrays`.

What is empty has one dimension, since no memoryview of Python's has two and nothing in it.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from math import prod
from numbers import Real
from struct import calcsize
from typing import Any

from ._native import ffi

F32, F64, I32, I64, U8, U32, U64, BOOL = "f", "d", "i", "q", "B", "I", "Q", "?"

_INTEGERS = "bBhHiIlLqQnN"
_NATIVE = ("@", "=", "<" if sys.byteorder == "little" else ">")
_SHORTEST = {4: I32, 8: I64}


def empty(shape: Any, kind: str) -> Any:
    """A view of zeros."""
    shape = shape if isinstance(shape, tuple) else (shape,)
    if not prod(shape):
        return memoryview(array("B" if kind == BOOL else kind))
    return _shaped(memoryview(bytearray(prod(shape) * calcsize(kind))), kind, shape)


def _shaped(flat: Any, kind: str, shape: tuple[int, ...]) -> Any:
    """Bytes as something else; PyPy fails later where one dimension is said in words."""
    return flat.cast(kind) if len(shape) == 1 else flat.cast(kind, shape)


def kind_of(view: Any) -> str:
    """What a view holds: one of the kinds above."""
    return view.format  # type: ignore[no-any-return]


def pointer(view: Any) -> Any:
    """Where a view begins; it must be kept alive by the caller."""
    return ffi.from_buffer(view)


def copying(view: Any) -> Callable[[], Any]:
    """A function that copies a view."""
    return lambda: memoryview(bytearray(view)).cast(view.format)


def columns(x: Any, y: Any, xy: Any = None, scalars: bool = False) -> tuple[Any, Any]:
    """Two contiguous columns of one format (doubles or floats) and length.

    Views of the arguments where they are buffers like that already, else copies.
    """
    if xy is not None:
        if x is not None or y is not None:
            raise TypeError("give either x and y or xy=, not both")
        return _pairs(xy)
    if x is None or y is None:
        raise TypeError(f"{'x' if x is None else 'y'} is missing: give x and y, or xy=")
    if scalars:
        x, y = ((one,) if isinstance(one, Real) else one for one in (x, y))
    x, y = _column(x, "x"), _column(y, "y")
    if len(x) != len(y):
        raise ValueError(f"x and y differ in length: {len(x)} and {len(y)}")
    if x.format != y.format:
        return _copied(x, F64), _copied(y, F64)
    return x, y


def _pairs(xy: Any) -> tuple[Any, Any]:
    view = _view(xy, "xy")
    if view is None:
        rows = list(xy)
        for at, row in enumerate(rows):
            if not hasattr(row, "__len__") or len(row) != 2:
                raise ValueError(f"xy[{at}] must be two numbers, x and y")
        return _column([row[0] for row in rows], "x"), _column([row[1] for row in rows], "y")
    if view.ndim != 2 or view.shape[1] != 2:
        raise ValueError(f"xy must have shape (n, 2), not {view.shape}")
    flat = _flat(view)
    return _column(flat[::2], "xy"), _column(flat[1::2], "xy")


def _column(values: Any, name: str) -> Any:
    """A contiguous view of doubles or floats."""
    view = _view(values, name)
    if view is None:
        return memoryview(_filled(F64, values, name, "a real number"))
    if view.ndim != 1:
        raise ValueError(f"{name} must have one dimension, not shape {view.shape}")
    if view.format not in _INTEGERS + F32 + F64:
        raise TypeError(f"{name} must hold real numbers, not {view.format!r}")
    kind = F32 if view.format == F32 else F64
    return view if view.format == kind and view.contiguous else _copied(view, kind)


def _view(values: Any, name: str) -> Any:
    """Anything with a buffer as a view that Python can read; None for what has none."""
    try:
        view: Any = memoryview(values)
    except TypeError:
        return None
    order, code = view.format[:-1], view.format[-1:]
    if order and order not in _NATIVE:
        raise TypeError(f"{name} is not in the byte order of this machine ({view.format!r})")
    return _shaped(view.cast("B"), code, view.shape) if order and view.nbytes else view


def _filled(kind: str, values: Any, name: str, wanted: str) -> Any:
    """An array of what is gone through, or a TypeError that names the first that does not fit."""
    made, rows = array(kind), list(_rows(values, name))
    try:
        made.extend(rows)
    except (TypeError, OverflowError):
        at = len(made)
        raise TypeError(f"{name}[{at}] = {rows[at]!r} is not {wanted}") from None
    return made


def _rows(values: Any, name: str) -> Iterator[Any]:
    try:
        return iter(values)
    except TypeError:
        raise TypeError(f"{name} must be an array, not {type(values).__name__}") from None


def _copied(view: Any, kind: str) -> Any:
    return memoryview(array(kind, view.tobytes() if view.format == kind else view.tolist()))


def _flat(view: Any) -> Any:
    """All of a view in one dimension, as what is empty is anyway."""
    return view if view.ndim == 1 else view.cast("B").cast(view.format)


def joined(parts: Sequence[Any]) -> Any:
    """Columns, one after the other."""
    kind = F32 if all(part.format == F32 for part in parts) else F64
    return memoryview(array(kind, [value for part in parts for value in part]))


def offsets(*levels: tuple[str, Any]) -> list[Any]:
    """Contiguous offsets of one type: int32 if all are, else int64. A level may be missing."""
    views = [None if given is None else _positions(given, name) for name, given in levels]
    kinds = {view.format for view in views if view is not None}
    kind = kinds.pop() if len(kinds) == 1 else I64
    return [view if view is None or view.format == kind else _copied(view, kind) for view in views]


def _positions(given: Any, name: str) -> Any:
    view = _view(given, name)
    if view is not None and view.ndim != 1:
        raise ValueError(f"{name} must have one dimension, not shape {view.shape}")
    if view is not None and view.format not in _INTEGERS:
        raise TypeError(f"{name} must hold integers, not {view.format!r}")
    if view is None or view.format not in "ilqn" or not view.contiguous:
        view = memoryview(_filled(I64, given, name, "an integer of 64 bits"))
    if not len(view):
        return memoryview(array(I64, [0]))  # no rows at all
    return view.cast("B").cast(_SHORTEST[view.itemsize])


def ends(lengths: Iterable[int], count: int) -> Any:
    """Where things of these lengths end when they are joined, after a 0."""
    return memoryview(array(I64, accumulate(lengths, initial=0)))


def bits(flags: Sequence[bool]) -> bytes:
    """A bit for each, the first the lowest, as Arrow has them."""
    packed = bytearray(-(-len(flags) // 8))
    for at, flag in enumerate(flags):
        packed[at // 8] |= bool(flag) << at % 8
    return bytes(packed)


def ranks(values: Any, rows: int) -> Any:
    """The argument `priority`: one number for each of so many polygons."""
    view = _column(values, "priority")
    if len(view) != rows:
        raise ValueError(f"priority must have shape ({rows},), one per polygon, not {view.shape}")
    return view if view.format == F64 else _copied(view, F64)


def lent(owner: object, start: Any, length: int, kind: str) -> Any:
    """Memory of somebody else's as a view that cannot be written to, and keeps `owner`."""
    if not length:
        return empty(0, kind)
    kept = ffi.gc(ffi.cast("char *", start), lambda _, owner=owner: None)
    view: Any = memoryview(ffi.buffer(kept, length * calcsize(kind)))
    return view.cast(kind).toreadonly()


def two_rows(table: Any) -> Any:
    """A column as two of half its length."""
    half = len(table) // 2
    return table[:half], table[half:]


def found_only(found: Any, away: Any, k: int) -> tuple[Any, Any]:
    """What is not -1 in rows of k polygons, as pairs, and the distances beside it."""
    flat = _flat(found)
    at = [i for i, row in enumerate(flat) if row >= 0]
    points = memoryview(array(I64, [i // k for i in at]))
    pairs = points, memoryview(array(I64, [flat[i] for i in at]))
    if away is None:
        return pairs, None
    away = _flat(away)
    return pairs, memoryview(array(F64, [away[i] for i in at]))


def ask_again(found: Any, x: Any, y: Any, ask: Callable[[Any, Any], Any]) -> None:
    """Puts other answers where points were found in no polygon."""
    missed = [i for i, row in enumerate(found) if row < 0]
    kind = x.format
    again = (memoryview(array(kind, [column[i] for i in missed])) for column in (x, y))
    for i, row in zip(missed, ask(*again)):
        found[i] = row
