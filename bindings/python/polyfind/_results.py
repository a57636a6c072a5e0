"""What comes back from the library, as numpy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ._call import new
from ._native import ffi, lib

Rows = npt.NDArray[np.int32]
Doubles = npt.NDArray[np.float64]
Pairs = npt.NDArray[np.intp]

INT32 = np.dtype(np.int32)
ROWS = ffi.typeof("int32_t[]")
_RESULT = ffi.typeof("pf_result **")


def new_result() -> Any:
    """Room for the handle of a result."""
    return new(_RESULT)


def csr(out: Any, with_distances: bool) -> tuple[Any, ...]:
    """The columns of a result that is now ours, which is freed with the last of them.

    These are where the polygons of each point begin, the polygons, and the distances, if wanted.
    """
    result = ffi.gc(out[0], lib.pf_result_free)
    pairs = lib.pf_result_pairs(result)
    offsets = _Column(result, lib.pf_result_offsets(result), lib.pf_result_rows(result) + 1, "i8")
    both = offsets.array(), _Column(result, lib.pf_result_polygons(result), pairs, "i4").array()
    if not with_distances:
        return both
    return (*both, _Column(result, lib.pf_result_values(result), pairs, "f8").array())


def indices(columns: tuple[Any, ...]) -> Any:
    """The same with points and polygons as one array of two rows."""
    indptr, polygons, *distances = columns
    points = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    table = pairs(points, polygons)
    return (table, *distances) if distances else table


def pairs(points: Any, polygons: Any) -> Pairs:
    """Two rows, as Shapely gives them."""
    table = np.empty((2, len(polygons)), np.intp)
    table[0], table[1] = points, polygons
    return table


class _Column:
    """Lends one column of a result to numpy, and keeps the result for as long as numpy needs it."""

    __slots__ = ("__array_interface__", "_result")

    def __init__(self, result: Any, start: Any, length: int, dtype: str) -> None:
        self._result = result
        self.__array_interface__ = {
            "version": 3,
            "typestr": np.dtype(dtype).str,
            "shape": (length,),
            "data": (int(ffi.cast("uintptr_t", start)), True),
        }

    def array(self) -> npt.NDArray[Any]:
        """The column, read-only."""
        return np.asarray(self)
