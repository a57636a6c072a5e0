"""Columns and results as numpy's arrays; :mod:`._plain` has the same names for memoryviews."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ._native import ffi
from ._numpy import Array, Doubles, Pairs, Rows, np, npt, numbers
from ._shapely import coordinates, is_points

F32: Any = np.dtype(np.float32)
F64: Any = np.dtype(np.float64)
I32: Any = np.dtype(np.int32)
I64: Any = np.dtype(np.int64)
U8: Any = np.dtype(np.uint8)
U32: Any = np.dtype(np.uint32)
U64: Any = np.dtype(np.uint64)
BOOL: Any = np.dtype(np.bool_)

empty = np.empty


def kind_of(array: Array) -> Any:
    """What an array holds: one of the kinds above."""
    return array.dtype


def pointer(array: Array) -> Any:
    """Where an array begins; it must be kept alive by the caller."""
    # One element is contiguous whatever the stride. Asking .ctypes takes ten times as long.
    return ffi.from_buffer(array[:1])


def copying(array: Array) -> Callable[[], Array]:
    """A function that copies an array."""
    return array.copy


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
    if dtype != y.dtype or dtype not in (F64, F32):
        x, y = x.astype(np.float64, copy=False), y.astype(np.float64, copy=False)
    (stride,) = strides = x.strides
    as_is = stride > 0 and strides == y.strides and stride % x.itemsize == 0
    if not (as_is and x.flags.aligned and y.flags.aligned):
        x, y = np.ascontiguousarray(x), np.ascontiguousarray(y)
        x, y = np.require(x, requirements="A"), np.require(y, requirements="A")
    return x, y


def joined(parts: Sequence[Array]) -> Array:
    """Columns, one after the other."""
    return np.concatenate(parts)


def offsets(*levels: tuple[str, npt.ArrayLike | None]) -> list[Array | None]:
    """Contiguous offsets of one type: int32 if all are, else int64. A level may be missing."""
    arrays = [None if given is None else _positions(given, name) for name, given in levels]
    dtypes = [array.dtype for array in arrays if array is not None]
    dtype = dtypes[0] if dtypes.count(dtypes[0]) == len(dtypes) else I64
    return [None if array is None else _required(array, dtype) for array in arrays]


def _required(array: Array, dtype: np.dtype[Any]) -> Array:
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
    if array.dtype in (I32, I64):
        return array
    if int(array.max()) > np.iinfo(np.int64).max:
        raise ValueError(f"{name}[{int(array.argmax())}] = {array.max()} does not fit in int64")
    return array.astype(np.int64)


def ends(lengths: Iterable[int], count: int) -> Array:
    """Where things of these lengths end when they are joined, after a 0."""
    made = np.zeros(count + 1, np.int64)
    np.cumsum(np.fromiter(lengths, np.int64, count), out=made[1:])
    return made


def bits(flags: Sequence[bool]) -> Array:
    """A bit for each, the first the lowest, as Arrow has them."""
    return np.packbits(flags, bitorder="little")


def ranks(values: npt.ArrayLike, rows: int) -> Doubles:
    """The argument `priority`: one number for each of so many polygons."""
    array = np.asarray(values)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"priority must hold real numbers, not {array.dtype}")
    if array.shape != (rows,):
        raise ValueError(f"priority must have shape ({rows},), one per polygon, not {array.shape}")
    return np.require(array, np.float64, requirements=["C", "A"])


def lent(owner: object, start: Any, length: int, kind: npt.DTypeLike) -> Array:
    """Memory of somebody else's as an array, which keeps `owner` for as long as numpy needs it."""
    address = start if isinstance(start, int) else int(ffi.cast("uintptr_t", start))
    return np.asarray(_Lent(owner, address, length, np.dtype(kind)))


class _Lent:
    """What numpy keeps of :func:`lent`."""

    __slots__ = ("__array_interface__", "_owner")

    def __init__(self, owner: object, address: int, length: int, dtype: np.dtype[Any]) -> None:
        self._owner = owner
        self.__array_interface__ = {
            "version": 3,
            "typestr": dtype.str,
            "shape": (length,),
            "data": (address, True),
        }


def two_rows(table: Array) -> Pairs:
    """A column as two of half its length, which Shapely gives as one array."""
    return table.reshape(2, -1).astype(np.intp, copy=False)


def found_only(found: Rows, away: Doubles | None, k: int) -> tuple[Pairs, Doubles | None]:
    """What is not -1 in rows of k polygons, as pairs, and the distances beside it."""
    rows = found.reshape(-1, k)
    if rows.min(initial=0) >= 0:
        table = np.empty((2, *rows.shape), np.intp)
        table[0], table[1] = np.arange(len(rows))[:, None], rows
        return table.reshape(2, -1), None if away is None else away.ravel()
    is_found = rows >= 0
    points = np.flatnonzero(is_found) // k
    values = None if away is None else away.reshape(-1, k)[is_found]
    return np.stack((points, rows[is_found])), values


def ask_again(found: Rows, x: Array, y: Array, ask: Callable[[Array, Array], Rows]) -> None:
    """Puts other answers where points were found in no polygon."""
    missed = np.flatnonzero(found < 0)
    found[missed] = ask(x[missed], y[missed])
