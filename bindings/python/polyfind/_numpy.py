"""numpy where it can be imported, what annotations call its arrays, and what is said without it.

All that needs numpy has it from here, and raises an ImportError when it is called without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any


class _Missing:
    """What stands in numpy's place."""

    def __getattr__(self, name: str) -> Any:
        raise ImportError(f'this needs numpy ({name}): pip install "polyfind[numpy]"')


if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    HAS_NUMPY = True
else:
    try:
        import numpy as np
        import numpy.typing as npt

        HAS_NUMPY = True
    except ImportError:
        np, npt = _Missing(), None
        HAS_NUMPY = False

if TYPE_CHECKING or HAS_NUMPY:
    Array = npt.NDArray[Any]
    Doubles = npt.NDArray[np.float64]
    Rows = npt.NDArray[np.int32]
    Pairs = npt.NDArray[np.intp]
    Words = npt.NDArray[np.uint64]
else:
    Array = Doubles = Rows = Pairs = Words = Any

__all__ = ["HAS_NUMPY", "Array", "Doubles", "Pairs", "Rows", "Words", "np", "npt", "numbers"]


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
