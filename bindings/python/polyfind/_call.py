"""One call into the library: its C structures, how it runs, and what a refusal becomes."""

from __future__ import annotations

import operator
from typing import Any, Callable, TypeVar

import numpy as np
import numpy.typing as npt

from ._buffers import POINTS, columns, fill_points
from ._native import ffi, lib
from .errors import error_of

T = TypeVar("T")
Progress = Callable[[int, int], object]

NULL = ffi.NULL
new = ffi.new
from_buffer = ffi.from_buffer
DOUBLES = ffi.typeof("double[]")
_ERROR = ffi.typeof("pf_error *")
_QUERY = ffi.typeof("pf_query *")
_RUN = ffi.typeof("pf_run *")
_PROGRESS = ffi.typeof("pf_progress")
_PAIR = ffi.typeof("double[2]")
_F64 = np.dtype(np.float64)
_ONE = (1,)
# Outputs are arrays of ours, which nobody sees when a call is refused.
_SILENT = new(_RUN, {"struct_size": ffi.sizeof("pf_run"), "flags": lib.PF_RUN_DIRECT})

# In Shapely's direction: predicate(point, polygon).
RELATIONS = {
    "close": lib.PF_CLOSE,
    "intersects": lib.PF_COVERS,
    "covered_by": lib.PF_COVERS,
    "within": lib.PF_CONTAINS,
    "owned_by": lib.PF_OWNS,
    "dwithin": lib.PF_DWITHIN,
}
_MEASURED = ("close", "dwithin")
_MEASURED_WORDS = " and ".join(map(repr, _MEASURED))
ORDERS = {
    name[len("PF_BY_") :].lower(): getattr(lib, name)
    for name in dir(lib)
    if name.startswith("PF_BY_")
}

# What the others of Shapely's predicates come to when the first of the two is a point.
_INSTEAD = {
    "contains": "a point is 'within' a polygon",
    "contains_properly": "a point is 'within' a polygon",
    "covers": "a point is 'covered_by' a polygon",
    "touches": "a point on a polygon's boundary is 'covered_by' it and not 'within' it",
    "crosses": "a point crosses nothing; it is 'within' a polygon or 'covered_by' it",
    "overlaps": "a point overlaps nothing; it is 'within' a polygon or 'covered_by' it",
}


def choice(name: str, given: object, choices: dict[str, T]) -> T:
    """What a word stands for, or a ValueError that says which words there are."""
    if isinstance(given, str) and given in choices:
        return choices[given]
    if choices is RELATIONS and isinstance(given, str) and given in _INSTEAD:
        raise ValueError(f"{name}={given!r}: {_INSTEAD[given]}")
    words = ", ".join(map(repr, choices))
    raise ValueError(f"{name}={given!r} does not exist in this version: choose from {words}")


class Call:
    """The C structures of one call.

    Calls come from a pool and go back when they have succeeded: no two of them, of two threads or
    one inside the progress function of the other, ever share a structure.
    """

    __slots__ = (
        "by",
        "error",
        "form",
        "has_distance",
        "kept",
        "pair",
        "pair_y",
        "points",
        "predicate",
        "query",
        "raised",
        "run",
        "told",
    )  # fmt: skip

    def __init__(self) -> None:
        self.error = new(_ERROR)
        self.points = new(POINTS)
        self.query = new(_QUERY, {"struct_size": ffi.sizeof("pf_query")})
        self.pair = new(_PAIR)
        self.pair_y = self.pair + 1
        self.form = ""  # whether points describes pair
        self.predicate = self.by = ""  # what query says
        self.has_distance = False  # whether the predicate takes one
        self.run = _SILENT
        self.kept: object = None
        self.told: object = None
        self.raised: BaseException | None = None

    def ask(
        self,
        x: Any,
        y: Any,
        xy: npt.ArrayLike | None,
        predicate: str,
        distance: float | None,
        by: str = "polygon",
    ) -> int:
        """Fills in the question and the points, which the caller keeps; returns how many."""
        try:
            if predicate is not self.predicate or by is not self.by:
                self.query.relation, self.query.order = RELATIONS[predicate], ORDERS[by]
                self.predicate, self.by = predicate, by
                self.has_distance = predicate in _MEASURED
            if self.has_distance:
                self.query.distance = distance
            elif distance is not None:
                raise ValueError(f"distance= is for {_MEASURED_WORDS}, not predicate={predicate!r}")
        except (KeyError, TypeError):
            choice("predicate", predicate, RELATIONS)
            choice("by", by, ORDERS)
            if distance is None:
                raise TypeError(f"predicate={predicate!r} needs distance=") from None
            raise TypeError(f"distance must be a number, not {type(distance).__name__}") from None
        points = self.points
        if xy is None:
            try:
                if type(x) is float is type(y):
                    self.pair[0], self.pair[1] = x, y
                elif x.dtype is not _F64 or y.dtype is not _F64:
                    raise TypeError
                elif x.shape == _ONE == y.shape:  # to copy one point is cheaper than to lend it
                    self.pair[0], self.pair[1] = x.item(), y.item()
                else:
                    if x.shape != y.shape or not (x.flags.aligned and y.flags.aligned):
                        raise ValueError
                    self.form = "array"
                    points.x, points.y = from_buffer(DOUBLES, x), from_buffer(DOUBLES, y)
                    (points.len,) = x.shape
                    points.stride, points.dtype = _F64.itemsize, lib.PF_F64
                    return points.len  # type: ignore[no-any-return]
                if self.form != "pair":
                    points.x, points.y, points.len = self.pair, self.pair_y, 1
                    points.stride, points.dtype = _F64.itemsize, lib.PF_F64
                    self.form = "pair"
                return 1
            except (AttributeError, TypeError, ValueError):
                pass  # something other than two plain columns
        self.form = "array"
        self.kept = both = columns(x, y, xy, scalars=True)
        fill_points(points, *both)
        return len(both[0])

    def with_distances(self) -> Any:
        """The question, which asks for distances too: one of its own, which the caller keeps."""
        question = new(_QUERY, self.query[0])
        question.flags = lib.PF_WITH_DISTANCES
        return question

    def how(self, workers: int | None, progress: Progress | None) -> None:
        """Fills in how to run."""
        count = 0 if workers is None else operator.index(workers)
        if not -1 <= count < 1 << 32:
            raise ValueError(
                f"workers must be None or -1 for all cores, or a number of threads, not {workers}"
            )
        run = new(_RUN, _SILENT[0])
        run.workers = max(count, 0)
        if progress is not None:
            if not callable(progress):
                raise TypeError(f"progress must be callable, not {type(progress).__name__}")
            run.progress = tell = ffi.callback(
                _PROGRESS,
                lambda done, total, _: 1 if progress(done, total) else 0,
                error=1,
                onerror=self._on_error,
            )
            self.told = tell
        self.run = run

    def _on_error(self, _: object, raised: BaseException, __: object) -> None:
        self.raised = raised

    def finish(self, status: int, path: str | None = None) -> None:
        """Raises what went wrong, with a file at `path`, or gives the structures back."""
        if self.run is not _SILENT:
            self.told, self.run = None, _SILENT
            if self.raised is not None:
                raise self.raised
        self.kept = None
        if status:
            message = ffi.string(self.error.message).decode(errors="replace")
            raise error_of(status, self.error.item, message, path)
        _POOL.append(self)


_POOL: list[Call] = []


def take(workers: int | None = None, progress: Progress | None = None) -> Call:
    """A call nobody else uses."""
    try:
        call = _POOL.pop()
    except IndexError:
        call = Call()
    if workers is not None or progress is not None:
        call.how(workers, progress)
    return call
