"""The argument `out`: where answers of a known shape go, one rule for every call."""

from __future__ import annotations

from typing import Any

from ._buffers import BOOL, F64, I32, U32, U64, empty
from ._numpy import Array

# How a buffer says what it holds: its letters, and bytes each.
_HOLDS = {F64: ("float64", "d", 8), I32: ("int32", "il", 4), U32: ("uint32", "IL", 4)}
_HOLDS[BOOL], _HOLDS[U64] = ("bool", "?", 1), ("uint64", "LQ", 8)


def room(out: Any, shape: int | tuple[int, ...], kind: Any, name: str = "out") -> Array:
    """`out` if answers can be written to it as it is, or an error; a new array for None."""
    if out is None:
        return empty(shape, kind)
    shape = shape if isinstance(shape, tuple) else (shape,)
    word, letters, size = _HOLDS[kind]
    try:
        view = memoryview(out)
    except (TypeError, ValueError, BufferError):
        raise TypeError(
            f"{name} must be an array of {word} that can be written to, not {_said(out)}"
        ) from None
    if view.format not in letters or view.itemsize != size:
        raise TypeError(f"{name} must hold {word}, not {_said(out)}")
    if view.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, not {view.shape}")
    if view.readonly:
        raise ValueError(f"{name} is read-only")
    if not view.c_contiguous:
        raise ValueError(f"{name} must be contiguous: row after row, without gaps")
    return out  # type: ignore[no-any-return]


def two(out: Any) -> tuple[Any, Any]:
    """`out` of a call that returns two arrays."""
    if out is None:
        return None, None
    if not isinstance(out, (tuple, list)) or len(out) != 2:
        raise TypeError(f"out must be a tuple of two arrays here, not {_said(out)}")
    return out[0], out[1]


def _said(out: Any) -> str:
    dtype = getattr(out, "dtype", getattr(out, "format", None))
    return type(out).__name__ if dtype is None else f"{type(out).__name__} of {dtype}"
