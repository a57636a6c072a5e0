"""The core of the polygon table: its arrays, and its rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ._buffers import OFFSETS, columns, fill_points, kind_of, offsets, pointer
from ._call import new, take
from ._encoded import Columns, Fault
from ._native import ffi, lib
from ._numpy import Array, np, npt

if TYPE_CHECKING:
    from typing_extensions import Self

_POLYGONS = ffi.typeof("pf_polygons *")
LEVELS = ("ring_offsets", "part_offsets", "polygon_offsets")
_DTYPES = {lib.PF_F64: "float64", lib.PF_F32: "float32"}
_COUNTS = ("ring_count", "part_count", "polygon_count")
_EMPTY = new(_POLYGONS, {"struct_size": ffi.sizeof("pf_polygons")})[0]


class Table:
    """What :class:`polyfind.Polygons` are, but for where they come from and go to."""

    __slots__ = ("__weakref__", "_columns", "_faults", "_len", "_offsets", "_struct")

    _faults: list[Fault]
    _struct: Any
    _len: int
    _columns: tuple[Array, Array]
    _offsets: list[Array | None]

    def __init__(
        self,
        x: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
        ring_offsets: npt.ArrayLike | None = None,
        part_offsets: npt.ArrayLike | None = None,
        polygon_offsets: npt.ArrayLike | None = None,
        *,
        xy: npt.ArrayLike | None = None,
    ) -> None:
        if ring_offsets is None:
            raise TypeError("ring_offsets is missing")
        self._faults = []
        self._columns = columns(x, y, xy)
        self._offsets = offsets(*zip(LEVELS, (ring_offsets, part_offsets, polygon_offsets)))
        struct = new(_POLYGONS, _EMPTY)
        fill_points(struct.vertices, *self._columns)
        struct.offset_type = OFFSETS[kind_of(self.ring_offsets)]
        for level, count, array in zip(LEVELS, _COUNTS, self._offsets):
            if array is not None:
                self._len = len(array) - 1
                setattr(struct, level, pointer(array))
                setattr(struct, count, self._len)
        call = take()
        call.finish(lib.pf_polygons_check_layout(struct, call.error))
        self._struct = struct

    @property
    def x(self) -> Array:
        """x of all vertices: the array given, unless it had to be converted."""
        return self._columns[0]

    @property
    def y(self) -> Array:
        """y of all vertices."""
        return self._columns[1]

    @property
    def ring_offsets(self) -> Array:
        """Positions of the rings in the vertices, and their end."""
        assert self._offsets[0] is not None
        return self._offsets[0]

    @property
    def part_offsets(self) -> Array | None:
        """Positions of the parts in the rings, and their end; None where every ring is a part."""
        return self._offsets[1]

    @property
    def polygon_offsets(self) -> Array | None:
        """Positions of the polygons in the parts, and their end; None where parts are polygons."""
        return self._offsets[2]

    @property
    def faults(self) -> list[Fault]:
        """The rows that were skipped when the table was read with ``on_error="skip"``."""
        return self._faults

    def __len__(self) -> int:
        return self._len

    def __iter__(self) -> Iterator[Self]:
        """Tables of one row each."""
        return map(self.__getitem__, range(self._len))

    def __getitem__(self, rows: Any) -> Self:
        """The polygons of some rows, as a table: of one number, a slice, a mask or an array.

        A slice of neighbours shares the coordinates, those of other rows are copied.
        """
        given = [array for array in reversed(self._offsets) if array is not None]
        x, y = self._columns
        levels = []
        if isinstance(rows, slice) and rows.step in (None, 1):
            start, stop, _ = rows.indices(self._len)
            for offsets in given:
                window = offsets[start : max(start, stop) + 1]
                start, stop = window[0], window[-1]
                levels.append(np.subtract(window, start))
            return type(self)(x[start:stop], y[start:stop], *reversed(levels))
        if isinstance(rows, slice):
            rows = np.arange(*rows.indices(self._len))
        chosen = np.asarray(rows)
        if chosen.size == 0 and chosen.dtype != bool:
            chosen = chosen.astype(np.intp)
        if chosen.ndim > 1 or chosen.dtype.kind not in "biu":
            raise TypeError("rows must be a number, a slice, a mask or an array of numbers")
        # numpy knows what masks, numbers from the end and numbers beyond it mean.
        chosen = np.atleast_1d(np.arange(self._len)[chosen])
        for offsets in given:
            chosen, ends = _members(offsets, chosen)
            levels.append(ends)
        return type(self)(x[chosen], y[chosen], *reversed(levels))

    def __repr__(self) -> str:
        dtype = _DTYPES[self._struct.vertices.dtype]
        return f"<polyfind.Polygons: {len(self)} polygons, {len(self.x)} vertices, {dtype}>"

    @classmethod
    def _of(cls, made: Columns) -> Self:
        table = cls(made.x, made.y, *made.levels)
        table._faults = made.faults
        return table

    @classmethod
    def _concatenated(cls, tables: Sequence[Self]) -> Self:
        """The rows of tables that have the same levels, one after the other."""
        if not tables:
            return cls([], [], [0])
        tables = [table[:] for table in tables]
        x, y = (np.concatenate(columns) for columns in zip(*(table._columns for table in tables)))
        levels = []
        for level in range(len(LEVELS)):
            given = [table._offsets[level] for table in tables]
            ends = [one for one in given if one is not None]
            if ends:
                shifts = np.cumsum([0, *(int(one[-1]) for one in ends)])
                moved = (one[1:] + shift for one, shift in zip(ends, shifts))
                levels.append(np.concatenate([np.zeros(1, np.int64), *moved]))
        return cls(x, y, *levels)

    def _only(self, present: Array) -> Self:
        """The same table with the other rows empty."""
        at = max(i for i, level in enumerate(self._offsets) if level is not None)
        ends = self._offsets[at]
        assert ends is not None
        if not (np.diff(ends)[~present]).any():
            return self
        chosen = self[present]
        levels = list(chosen._offsets)
        level = levels[at]
        assert level is not None
        levels[at] = level[np.append(0, np.cumsum(present))]
        return type(self)(*chosen._columns, *levels)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (*self._columns, *self._offsets)


def _members(offsets: Array, rows: Array) -> tuple[Array, Array]:
    """The members of some rows, one row after the other, and the offsets of these."""
    starts, counts = offsets[rows], offsets[rows + 1] - offsets[rows]
    ends = np.append(0, np.cumsum(counts))
    return np.arange(ends[-1]) + np.repeat(starts - ends[:-1], counts), ends
