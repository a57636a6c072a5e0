"""One call into the library: its C structures, how it runs, and what a refusal becomes."""

from __future__ import annotations

import operator
import os
import threading
from threading import get_ident
from typing import Any, Callable, TypeVar

from ._buffers import F64, I32, POINTS, U32, columns, copying, fill_points, lent
from ._native import ffi, lib
from ._numpy import Array, npt
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
_BYTES = ffi.sizeof("double")
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


def _room(kind: Any, name: str) -> tuple[Callable[[], Array], Any]:
    """How to copy an array of one, and how the library sees it."""
    room = new(name, 1)
    return copying(lent(room, room, 1, kind)), room


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
        "look",
        "one_count",
        "one_row",
        "pair",
        "pair_y",
        "points",
        "predicate",
        "query",
        "raised",
        "run",
        "told",
        "watched",
    )  # fmt: skip

    def __init__(self) -> None:
        self.error = new(_ERROR)
        self.points = new(POINTS)
        self.query = new(_QUERY, {"struct_size": ffi.sizeof("pf_query")})
        self.pair = new(_PAIR)
        self.pair_y = self.pair + 1
        # Where the answer about one point goes: to copy it from here is cheaper than to lend room.
        self.one_row = _room(I32, "int32_t[]")
        self.one_count = _room(U32, "uint32_t[]")
        self.form = ""  # whether points describes pair
        self.predicate = self.by = ""  # what query says
        self.has_distance = False  # whether the predicate takes one
        # On the main thread a call looks for signals every 20 ms: their handlers run, as in every
        # Python function, at the start of this one, and what they raise ends the call.
        self.look = ffi.callback(_PROGRESS, _look, error=1, onerror=self._on_error)
        self.watched = new(_RUN, _SILENT[0])
        self.watched.flags |= lib.PF_RUN_POLL
        self.watched.progress = self.look
        self.run = NULL  # how to run, as far as the caller said
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
                elif x.dtype is not F64 or y.dtype is not F64:
                    raise TypeError
                elif x.shape == _ONE == y.shape:  # to copy one point is cheaper than to lend it
                    self.pair[0], self.pair[1] = x.item(), y.item()
                else:
                    if x.shape != y.shape or not (x.flags.aligned and y.flags.aligned):
                        raise ValueError
                    self.form = "array"
                    points.x, points.y = from_buffer(DOUBLES, x), from_buffer(DOUBLES, y)
                    (points.len,) = x.shape
                    points.stride, points.dtype = _BYTES, lib.PF_F64
                    return points.len  # type: ignore[no-any-return]
                if self.form != "pair":
                    points.x, points.y, points.len = self.pair, self.pair_y, 1
                    points.stride, points.dtype = _BYTES, lib.PF_F64
                    self.form = "pair"
                return 1
            except (AttributeError, TypeError, ValueError):
                pass  # something other than two plain columns
        self.form = "array"
        self.kept = both = columns(x, y, xy, scalars=True)
        fill_points(points, *both)
        return len(both[0])

    def wanting(self, distances: bool, max_pairs: int | None) -> Any:
        """The question about pairs; it may be a copy, which the caller keeps."""
        if not distances and max_pairs is None:
            return self.query
        question = new(_QUERY, self.query[0])
        if distances:
            question.flags = lib.PF_WITH_DISTANCES
        if max_pairs is not None:
            question.max_pairs = _limit("max_pairs", max_pairs)
        return question

    def running(self) -> Any:
        """How to run; what is over at once, as one point is, runs as it may."""
        if self.run is not NULL:
            return self.run
        return self.watched if get_ident() == _main else _SILENT

    def how(self, workers: int | None, progress: Progress | None, max_bytes: int | None) -> None:
        """Fills in how to run."""
        count = 0 if workers is None else operator.index(workers)
        if not -1 <= count < 1 << 32:
            raise ValueError(
                f"workers must be None or -1 for all cores, or a number of threads, not {workers}"
            )
        self.run = NULL
        run = new(_RUN, (self.running() if progress is None else _SILENT)[0])
        run.workers = max(count, 0)
        if max_bytes is not None:
            run.max_bytes = _limit("max_bytes", max_bytes)
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
        self.kept = self.told = None
        if self.raised is not None:
            raise self.raised
        if status:
            message = ffi.string(self.error.message).decode(errors="replace")
            raise error_of(status, self.error.item, message, path)
        _POOL.append(self)


def _limit(name: str, given: int) -> int:
    most = operator.index(given)
    if not 1 <= most < 1 << 64:
        raise ValueError(f"{name} must be None for no limit or a number from 1 on, not {given}")
    return most


def _look(done: int, total: int, data: object) -> int:
    """Has nothing to say: what counts is that Python runs."""
    return 0


def _forked() -> None:
    global _main
    _main = get_ident()


_POOL: list[Call] = []
_main = threading.main_thread().ident  # the thread where signals are handled
if hasattr(os, "register_at_fork"):  # the one that forked is the child's main thread
    os.register_at_fork(after_in_child=_forked)


def take(
    workers: int | None = None, progress: Progress | None = None, max_bytes: int | None = None
) -> Call:
    """A call nobody else uses."""
    try:
        call = _POOL.pop()
    except IndexError:
        call = Call()
    if workers is None and progress is None and max_bytes is None:
        call.run = NULL
    else:
        call.how(workers, progress, max_bytes)
    return call
