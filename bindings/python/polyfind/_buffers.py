"""From anything array-like to memory the library can read and write, copied only where it must be.

The rest of the package has arrays from here: numpy's where numpy is, else memoryviews.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._native import ffi, lib
from ._numpy import HAS_NUMPY, Array

if TYPE_CHECKING or HAS_NUMPY:
    from ._arrays import *
else:
    from ._plain import *

POINTS = ffi.typeof("pf_points *")
DTYPES: dict[Any, int] = {F64: lib.PF_F64, F32: lib.PF_F32}
OFFSETS: dict[Any, int] = {I32: lib.PF_I32, I64: lib.PF_I64}


def fill_points(struct: Any, x: Array, y: Array) -> Any:
    """Describes two :func:`columns` to the library; the caller keeps them alive."""
    struct.x, struct.y = pointer(x), pointer(y)
    struct.len, (struct.stride,) = len(x), x.strides
    struct.dtype = DTYPES[kind_of(x)]
    return struct
