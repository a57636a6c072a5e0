"""A command at work: files in, an index, a file out, and how long each took."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import BinaryIO

import polyfind

from .. import io
from ..files import read, write
from ..files.points import Points
from .arguments import UsageError
from .terminal import Progress, print_table


class Job:
    """What commands about points have in common."""

    def __init__(self, args: argparse.Namespace, progress: Progress) -> None:
        self.args, self.progress = args, progress
        self._clock = [time.perf_counter()]
        self._steps: list[str] = []

    def done(self, step: str) -> None:
        """Ends a step, for the table."""
        self._clock.append(time.perf_counter())
        self._steps.append(step)

    def points(self, added: tuple[str, ...]) -> Points:
        """The file of points."""
        args = self.args
        self.progress(f"reading {args.points}")
        return read.read_points(args.points, args.x, args.y, args.point, added)

    def polygons(self) -> tuple[polyfind.Polygons | polyfind.PolygonIndex, list[str] | None]:
        """The file of polygons, or the index that it is; and what they are called."""
        args = self.args
        self.progress(f"reading {args.polygons}")
        if read.kind_of(args.polygons, "GeoJSON") == "index":
            if args.id is not None or args.geometry is not None:
                what = f"{args.polygons} is an index, which has no columns"
                raise UsageError(f"{what}; leave --id and --geometry out")
            return open_index(args.polygons, args.workers), None
        return read.read_polygons(args.polygons, args.id, args.geometry)

    def index(
        self, polygons: polyfind.Polygons | polyfind.PolygonIndex, uses: Iterable[str]
    ) -> polyfind.PolygonIndex:
        """An index that answers what it is to be asked."""
        if isinstance(polygons, polyfind.PolygonIndex):
            lacking = [use for use in uses if use not in polygons.info.uses]
            if lacking:
                raise io.InputError(
                    f"{self.args.polygons}: the index was built without {' and '.join(lacking)};"
                    f" build it with --for {' '.join([*polygons.info.uses, *lacking])}"
                )
            return polygons
        told = self.progress("building the index")
        workers = self.args.workers
        return polyfind.PolygonIndex(polygons, workers=workers, progress=told, uses=uses)

    def report(self, rows: list[tuple[str, str, str]]) -> None:
        """The table, on standard error, which results do not go to."""
        self.progress.clear()
        if self.args.quiet:
            return
        ends = zip(self._clock, self._clock[1:], self._steps)
        parts = ", ".join(f"{end - begin:.3f} {step}" for begin, end, step in ends)
        total = f"{self._clock[-1] - self._clock[0]:.3f}"
        print_table([*rows, ("seconds", total, parts)], sys.stderr)


def open_index(path: str, workers: int | None) -> polyfind.PolygonIndex:
    """An index file, all of it checked."""
    try:
        return polyfind.PolygonIndex.open(path, workers=workers)
    except OSError as error:
        raise io.InputError(f"{path}: cannot be read: {io.reason(error)}") from error


def check_points(args: argparse.Namespace) -> None:
    """A UsageError if it is not clear where the coordinates are."""
    if (args.x is None) != (args.y is None):
        raise UsageError("--x and --y go together; give both or neither")
    if args.point is not None and args.x is not None:
        raise UsageError("--point takes the place of --x and --y; give one or the other")


@contextmanager
def opened(path: str | None) -> Iterator[BinaryIO]:
    """The output, opened before the work so that what cannot be written is known by then."""
    with io.replacing(path) if path else nullcontext(standard_output()) as file:
        yield file
        file.flush()


def check_output(path: str | None, suffixes: tuple[str, ...], *inputs: str) -> str:
    """The suffix of an output that can be written and is none of the inputs."""
    if path is None:
        return ""
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in suffixes:
        listed = " or ".join(filter(None, (", ".join(suffixes[:-1]), suffixes[-1])))
        raise UsageError(f"output {path}: the name must end in {listed}")
    check_apart(path, *inputs)
    write.check(suffix)
    return suffix


def check_apart(path: str, *inputs: str) -> None:
    """A UsageError if an output is one of the inputs."""
    for source in inputs:
        if os.path.exists(path) and os.path.exists(source) and os.path.samefile(path, source):
            raise UsageError(f"output {path}: this is an input; choose another name")


def standard_output() -> BinaryIO:
    """Where results go when no file is named."""
    if sys.stdout is None:
        raise UsageError("standard output is closed; name a file with -o")
    sys.stdout.flush()
    return sys.stdout.buffer
