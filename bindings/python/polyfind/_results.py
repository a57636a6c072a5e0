"""What comes back from the library, as numpy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ._call import from_buffer, new, take
from ._native import ffi, lib

Rows = npt.NDArray[np.int32]
Doubles = npt.NDArray[np.float64]
Pairs = npt.NDArray[np.intp]

INT32 = np.dtype(np.int32)
ROWS = ffi.typeof("int32_t[]")
_INT64S = ffi.typeof("int64_t[]")
_RESULT = ffi.typeof("pf_result **")
# The columns of a result: where the polygons of each point begin, polygons, distances.
_COLUMNS = (
    (lib.pf_result_offsets, np.dtype(np.int64)),
    (lib.pf_result_polygons, INT32),
    (lib.pf_result_values, np.dtype(np.float64)),
)


def new_result() -> Any:
    """Room for the handle of a result."""
    return new(_RESULT)


def csr(out: Any, with_distances: bool) -> tuple[Any, ...]:
    """The columns of a result, in its memory, which is freed with the last of them."""
    result = ffi.gc(out[0], lib.pf_result_free)
    pairs = lib.pf_result_pairs(result)
    lengths = lib.pf_result_rows(result) + 1, pairs, pairs
    columns = zip(_COLUMNS[: 3 if with_distances else 2], lengths)
    return tuple(lent(result, at(result), n, dtype) for (at, dtype), n in columns)


def indices(out: Any, with_distances: bool, workers: int | None) -> Any:
    """Copies of the columns of a result, points and polygons as one array of two rows."""
    result = out[0]
    try:
        n = lib.pf_result_pairs(result)
        table = np.empty((2, n), np.int64)
        to = from_buffer(_INT64S, table)
        call = take(workers)
        asked = result, call.running(), to, to + n, n, call.error
        call.finish(lib.pf_result_indices(*asked))
        table = table.astype(np.intp, copy=False)
        return (table, _view(result, 2, n).copy()) if with_distances else table
    finally:
        lib.pf_result_free(result)


def pairs(points: Any, polygons: npt.NDArray[Any]) -> Pairs:
    """Two rows, as Shapely gives them."""
    table = np.empty((2, len(polygons)), np.intp)
    table[0], table[1] = points, polygons
    return table


def _view(result: Any, column: int, length: int) -> npt.NDArray[Any]:
    """A column for as long as the result is there."""
    start, dtype = _COLUMNS[column]
    return np.ndarray((length,), dtype, ffi.buffer(start(result), length * dtype.itemsize))


def lent(owner: object, start: Any, length: int, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """Memory of somebody else's as an array, which keeps `owner` for as long as numpy needs it."""
    address = start if isinstance(start, int) else int(ffi.cast("uintptr_t", start))
    return np.asarray(_Lent(owner, address, length, np.dtype(dtype)))


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
