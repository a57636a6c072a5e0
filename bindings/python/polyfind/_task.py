"""What a task of a cluster does: match frames to the index of a file, opened once by a process.

No engine is imported here. :mod:`polyfind.spark`, :mod:`polyfind.dask` and :mod:`polyfind.ray` say
how a task reaches their frames.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from ._frames import check_free
from ._numpy import np, npt
from .batches import match_batches
from .index import PolygonIndex
from .polygons import Polygons

_MOST = 8  # files that a process keeps open
_open: dict[str, tuple[tuple[int, ...], PolygonIndex]] = {}
_lock = threading.Lock()


def version(path: str) -> tuple[int, ...]:
    """Which file has this path now."""
    told = os.stat(path)
    return told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns


def opened(path: str, trusted: bool = False) -> PolygonIndex:
    """The index of a file, mapped: opened once by each process, and anew when the file is another.

    >>> import os, tempfile, polyfind as pf
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "zones.index")
    ...     pf.PolygonIndex(pf.Polygons.from_boxes([[0, 0, 2, 2]])).save(path)
    ...     opened(path) is opened(path)
    True
    """
    which = version(path)
    with _lock:  # or the threads of a worker would all open it
        if path in _open and _open[path][0] == which:
            return _open[path][1]
        index = PolygonIndex.open(path, mmap=True, trusted=trusted, workers=1)
        _open.pop(path, None)
        _open[path] = which, index
        if len(_open) > _MOST:
            del _open[next(iter(_open))]
        return index


def _renew() -> None:
    """A child of a fork does not wait for a thread that only its parent has."""
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)


class Task:
    """Matches frames on one thread; what travels is the path of the index and the question."""

    def __init__(
        self,
        index: str | os.PathLike[str],
        predicate: str,
        columns: tuple[str, str],
        name: str,
        distance: float | None,
        rule: str,
        priority: npt.ArrayLike | None,
        trusted: bool,
    ) -> None:
        if isinstance(index, PolygonIndex):
            raise TypeError("index must be the path of a saved index: save it where workers see it")
        self.path, self.trusted = os.fsdecode(index), trusted
        ranks = None if priority is None else np.asarray(priority)
        self._options: dict[str, Any] = {"predicate": predicate, "distance": distance, "rule": rule}
        self._options |= {"columns": tuple(columns), "name": name, "priority": ranks}
        # A question to an index of one polygon says at once, and here, whether the rest is right.
        one = PolygonIndex(Polygons.from_boxes([[0, 0, 1, 1]]))
        first = None if ranks is None else ranks.ravel()[:1]
        match_batches((), one, **{**self._options, "priority": first})

    def check(self, names: Collection[Any]) -> None:
        """Whether the question fits frames with columns of these names."""
        for column in self._options["columns"]:
            if column not in names:
                listed = ", ".join(map(repr, names))
                raise ValueError(f"the frame has no column {column!r}, it has {listed}")
        check_free(self._options["name"], names)

    def __call__(self, frames: Iterable[Any], path: str | None = None) -> Iterator[Any]:
        """The frames with their column of polygons; `path` is where the file is here."""
        index = opened(self.path if path is None else path, self.trusted)
        return match_batches(frames, index, workers=1, **self._options)
