"""From anything array-like to memory the library can read; copied only where it has to be."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ._native import ffi, lib
from ._shapely import coordinates, is_points

POINTS = ffi.typeof("pf_points *")
DTYPES = {np.dtype(np.float64): lib.PF_F64, np.dtype(np.float32): lib.PF_F32}
OFFSETS = {np.dtype(np.int32): lib.PF_I32, np.dtype(np.int64): lib.PF_I64}

Array = npt.NDArray[Any]


def pointer(array: Array) -> Any:
    """Where an array begins; it must be kept alive by the caller."""
    # One element is contiguous whatever the stride. Asking .ctypes takes ten times as long.
    return ffi.from_buffer(array[:1])


def numbers(values: npt.ArrayLike, name: str, kinds: str, wanted: str) -> Array:
    """An array of one of the dtype `kinds` in native byte order, or a TypeError that names it."""
    try:
        array = np.asarray(values)
    except ValueError as error:  # ragged
        raise ValueError(f"{name}: {error}") from None
    if array.size == 0 and not isinstance(values, np.ndarray):
        array = array.astype(np.int64)  # an empty list has no type of its own
    if array.dtype.kind not in kinds:
        raise TypeError(f"{name} must hold {wanted}, not {array.dtype}")
    if not array.dtype.isnative:
        raise TypeError(
            f"{name} is byte-swapped ({array.dtype.str}): convert it with "
            f"{name}.astype({name}.dtype.newbyteorder('='))"
        )
    return array


def columns(
    x: npt.ArrayLike | None,
    y: npt.ArrayLike | None,
    xy: npt.ArrayLike | None = None,
    scalars: bool = False,
) -> tuple[Array, Array]:
    """Two columns of one dtype (float64 or float32), length and positive stride.

    Views of the arguments where they are like that already, else copies.
    """
    if xy is not None:
        if x is not None or y is not None:
            raise TypeError("give either x and y or xy=, not both")
        if is_points(xy):
            xy = coordinates(xy)
        pairs = numbers(xy, "xy", "fiu", "real numbers")
        if pairs.ndim != 2 or pairs.shape[1] != 2:
            raise ValueError(f"xy must have shape (n, 2), not {pairs.shape}")
        return _alike(pairs[:, 0], pairs[:, 1])
    if x is None or y is None:
        raise TypeError(f"{'x' if x is None else 'y'} is missing: give x and y, or xy=")
    both = numbers(x, "x", "fiu", "real numbers"), numbers(y, "y", "fiu", "real numbers")
    if scalars:
        both = np.atleast_1d(both[0]), np.atleast_1d(both[1])
    for name, column in zip("xy", both):
        if column.ndim != 1:
            raise ValueError(f"{name} must have one dimension, not shape {column.shape}")
    if len(both[0]) != len(both[1]):
        raise ValueError(f"x and y differ in length: {len(both[0])} and {len(both[1])}")
    return _alike(*both)


def _alike(x: Array, y: Array) -> tuple[Array, Array]:
    dtype = x.dtype
    if dtype != y.dtype or dtype not in DTYPES:
        x, y = x.astype(np.float64, copy=False), y.astype(np.float64, copy=False)
    (stride,) = strides = x.strides
    as_is = stride > 0 and strides == y.strides and stride % x.itemsize == 0
    if not (as_is and x.flags.aligned and y.flags.aligned):
        x, y = np.ascontiguousarray(x), np.ascontiguousarray(y)
        x, y = np.require(x, requirements="A"), np.require(y, requirements="A")
    return x, y


def fill_points(struct: Any, x: Array, y: Array) -> Any:
    """Describes two :func:`columns` to the library; the caller keeps them alive."""
    struct.x, struct.y = pointer(x), pointer(y)
    struct.len, (struct.stride,) = len(x), x.strides
    struct.dtype = DTYPES[x.dtype]
    return struct


def offsets(*levels: tuple[str, npt.ArrayLike | None]) -> list[Array | None]:
    """Contiguous offsets of one type: int32 if all are, else int64. A level may be missing."""
    arrays = [None if given is None else _positions(given, name) for name, given in levels]
    dtypes = [array.dtype for array in arrays if array is not None]
    dtype = dtypes[0] if dtypes.count(dtypes[0]) == len(dtypes) else np.dtype(np.int64)
    return [None if array is None else _plain(array, dtype) for array in arrays]


def _plain(array: Array, dtype: np.dtype[Any]) -> Array:
    flags = array.flags
    if array.dtype == dtype and flags.c_contiguous and flags.aligned:
        return array  # np.require takes ten times as long to say so
    return np.require(array, dtype, requirements=["C", "A"])


def _positions(given: npt.ArrayLike, name: str) -> Array:
    array = numbers(given, name, "iu", "integers")
    if array.ndim != 1:
        raise ValueError(f"{name} must have one dimension, not shape {array.shape}")
    if array.size == 0:
        return np.zeros(1, np.int64)  # no rows at all
    if array.dtype in OFFSETS:
        return array
    if int(array.max()) > np.iinfo(np.int64).max:
        raise ValueError(f"{name}[{int(array.argmax())}] = {array.max()} does not fit in int64")
    return array.astype(np.int64)
