"""What comes back from the library, as arrays."""

from __future__ import annotations

from typing import Any

from ._buffers import F64, I32, I64, empty, lent, two_rows
from ._call import from_buffer, new, take
from ._native import ffi, lib

ROWS = ffi.typeof("int32_t[]")
_INT64S = ffi.typeof("int64_t[]")
_RESULT = ffi.typeof("pf_result **")
# The columns of a result: where the polygons of each point begin, polygons, distances.
_COLUMNS = (
    (lib.pf_result_offsets, I64),
    (lib.pf_result_polygons, I32),
    (lib.pf_result_values, F64),
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
    return tuple(lent(result, at(result), n, kind) for (at, kind), n in columns)


def indices(out: Any, with_distances: bool, workers: int | None) -> Any:
    """Copies of the columns of a result, points and polygons as one array of two rows."""
    result = out[0]
    try:
        n = lib.pf_result_pairs(result)
        table = empty(2 * n, I64)
        to = from_buffer(_INT64S, table)
        call = take(workers)
        asked = result, call.running(), to, to + n, n, call.error
        call.finish(lib.pf_result_indices(*asked))
        if not with_distances:
            return two_rows(table)
        distances = empty(n, F64)
        ffi.memmove(distances, lib.pf_result_values(result), n * ffi.sizeof("double"))
        return two_rows(table), distances
    finally:
        lib.pf_result_free(result)
