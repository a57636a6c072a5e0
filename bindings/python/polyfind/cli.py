"""The polyfind command.

Errors are one line. Exit codes: 0, 1 (data), 2 (usage), 130 (Ctrl-C), 141 (nobody reads on).
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, BinaryIO, NoReturn, TextIO

import numpy as np
import numpy.typing as npt

import polyfind

from . import demo, geojson, io
from .errors import Error
from .matches import RULES

HELP = """\
Match points to polygons: each point gets the polygon it is in, or the best of those near it.

commands
  demo     match a synthetic city, print how long it took, draw a picture of it
             polyfind demo
             polyfind demo --polygons 10000 --points 50000 --output city.png
  match    match your own points (CSV) to your own polygons (GeoJSON)
             polyfind match counties.geojson cities.csv --inside -o matched.csv
"""

MATCH_HELP = """\
Writes every row of POINTS.csv, in order and unchanged, with two more columns: "polygon", the row
of the matched polygon (the first feature is 0; -1 where there is none), and "polygon_id", where the
features have ids or names. Distances are in the unit of the coordinates.

examples
  polyfind match counties.geojson cities.csv --inside > matched.csv
  polyfind match zones.json stops.csv --nearest 250 -o stops.parquet
  polyfind match zones.json stops.csv --dwithin 250 --by distance -o stops.csv
  polyfind match zones.json stops.csv --close 250 --x POINT_X --y POINT_Y --id ZONE -o stops.csv
"""

DEMO_HELP = """\
Makes the same city on every machine, matches every point to the smallest building whose center is
within 20 m, checks a sample of the answers against numpy, and draws one neighbourhood.

example
  polyfind demo --polygons 10000 --points 50000 --output city.png
"""


class UsageError(Exception):
    """A command line that cannot be carried out; the text says why and what to write instead."""


class Progress:
    """What is being done, on one line of a terminal; silent anywhere else."""

    def __init__(self, stream: TextIO | None, quiet: bool) -> None:
        self._stream = stream if stream is not None and not quiet and stream.isatty() else None
        self._label = ""

    def __call__(self, label: str) -> Callable[[int, int], None]:
        """Begins a step, and returns what draws its bar."""
        self._label = label
        self._draw(label)
        return self._bar

    def _bar(self, done: int, total: int) -> None:
        share = done / total if total else 1.0
        filled = int(30 * share)
        self._draw(f"{self._label}  [{'#' * filled}{'.' * (30 - filled)}] {share:4.0%}")

    def _draw(self, text: str) -> None:
        if self._stream is not None:
            self._stream.write(f"\r\x1b[K{text}")
            self._stream.flush()

    def clear(self) -> None:
        """Leaves an empty line behind."""
        if self._label:
            self._draw("")


def print_table(rows: Sequence[tuple[str, str, str]], stream: TextIO | None) -> None:
    """Labels left, values right, remarks behind them."""
    left, right = (max(len(row[column]) for row in rows) for column in (0, 1))
    for label, value, remark in rows:
        print(f"{label:<{left}}  {value:>{right}}  {remark}".rstrip(), file=stream)


def run_match(args: argparse.Namespace, progress: Progress) -> None:
    """polyfind match"""
    parquet = check_output(args.output, (".csv", ".parquet"), args.polygons, args.points)
    if (args.x is None) != (args.y is None):
        raise UsageError("--x and --y go together; give both or neither")
    if parquet == ".parquet":
        io.need("pyarrow.parquet", "parquet", "Parquet output")
    write = io.write_parquet if parquet == ".parquet" else io.write_csv
    with ExitStack() as stack:
        # Opened first, so that what cannot be written is known before the work.
        file = stack.enter_context(io.replacing(args.output)) if args.output else standard_output()
        clock = [time.perf_counter()]
        progress(f"reading {args.polygons}")
        polygons, ids = geojson.read_polygons(args.polygons, args.id)
        progress(f"reading {args.points}")
        table = io.read_points(args.points, args.x, args.y)
        clock.append(time.perf_counter())
        best, words = match(polygons, table, args, progress)
        clock.append(time.perf_counter())
        progress(f"writing {args.output or 'the result'}")
        write(file, table, best, ids)
        file.flush()
    clock.append(time.perf_counter())
    progress.clear()
    if args.quiet:
        return
    matched = int(np.count_nonzero(best >= 0))
    share = f"{matched / max(len(best), 1):.1%}, {words}"
    read, work, write_out = np.diff(clock)
    names = ", ".join(table.names[at] for at in table.at)
    rows = [
        ("polygons", f"{len(polygons):,}", args.polygons),
        ("points", f"{len(best):,}", f"{args.points} ({names})"),
        ("matched", f"{matched:,}", f"{share}, by {args.by}"),
        ("seconds", f"{clock[-1] - clock[0]:.3f}",
         f"{read:.3f} reading, {work:.3f} matching, {write_out:.3f} writing"),
    ]  # fmt: skip
    print_table(rows, sys.stderr)


def match(
    polygons: polyfind.Polygons, table: io.PointTable, args: argparse.Namespace, progress: Progress
) -> tuple[npt.NDArray[np.int32], str]:
    """The polygon of each point, and what it was asked for."""
    if args.close is not None:
        uses, words = "centers", f"within {args.close:g} of a center"
    elif args.dwithin is not None:
        uses, words = "distances", f"within {args.dwithin:g} of a polygon"
    elif args.by == "distance":
        raise UsageError("--by distance goes with --close and --dwithin")
    elif args.nearest is None:
        uses, words = "insides", "in a polygon"
    else:
        limit = f" at most {args.nearest:g} away" if args.nearest < math.inf else ""
        uses, words = "distances", f"in a polygon, else the nearest{limit}"
    workers, told = args.workers, progress("building the index")
    index = polyfind.PolygonIndex(polygons, workers=workers, progress=told, uses=uses)
    told = progress("matching")
    how: dict[str, Any] = {"x": table.x, "y": table.y, "workers": workers, "progress": told}
    if args.close is not None:
        return index.best(predicate="close", distance=args.close, by=args.by, **how), words
    if args.dwithin is not None:
        return index.best(predicate="dwithin", distance=args.dwithin, by=args.by, **how), words
    rule = next(rule for rule, by in RULES.items() if by == args.by)
    if args.nearest is None:
        return index.locate(rule=rule, **how), words
    return index.locate(rule=rule, fallback="nearest", max_distance=args.nearest, **how), words


def run_demo(args: argparse.Namespace, progress: Progress) -> None:
    """polyfind demo"""
    check_output(args.output, (".png",))
    io.need("matplotlib", "plot", "the picture")
    with io.replacing(args.output) as file:
        report = demo.run(args.polygons, args.points, args.workers, progress)
        progress("drawing")
        demo.draw(report, file)
    progress.clear()
    if not args.quiet:
        print_table([*report.rows(), ("picture", "", args.output)], sys.stdout)
        standard_output().flush()


def check_output(path: str | None, suffixes: tuple[str, ...], *inputs: str) -> str:
    """The suffix of an output that can be written and is none of the inputs."""
    if path is None:
        return ""
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in suffixes:
        raise UsageError(f"output {path}: the name must end in {' or '.join(suffixes)}")
    for source in inputs:
        if os.path.exists(path) and os.path.exists(source) and os.path.samefile(path, source):
            raise UsageError(f"output {path}: this is an input; choose another name")
    return suffix


def standard_output() -> BinaryIO:
    """Where results go when no file is named."""
    if sys.stdout is None:
        raise UsageError("standard output is closed; name a file with -o")
    sys.stdout.flush()
    return sys.stdout.buffer


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see {self.prog} --help")


def a_count(text: str) -> int:
    """A whole number of at least 1."""
    if not text.isdecimal() or not 1 <= int(text) <= 2**31 - 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to {2**31 - 1}")
    return int(text)


def a_distance(text: str) -> float:
    """A finite distance."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a distance (a finite number, 0 or more)")
    return value


def a_limit(text: str) -> float:
    """A distance that leaves room."""
    value = a_distance(text)
    if value == 0:
        raise argparse.ArgumentTypeError("0 leaves no room; leave --nearest out, or say --inside")
    return value


def parser() -> argparse.ArgumentParser:
    """All commands and their arguments."""
    raw = argparse.RawDescriptionHelpFormatter
    top = Parser(
        prog="polyfind", usage="polyfind [--version] [--help] COMMAND ...", description=HELP,
        epilog="polyfind COMMAND --help tells all about one command", formatter_class=raw,
    )  # fmt: skip
    top.add_argument("--version", action="version", version=f"polyfind {polyfind.__version__}")
    commands = top.add_subparsers(
        prog="polyfind", dest="command", metavar="COMMAND", required=True, help=argparse.SUPPRESS
    )
    about = "match a synthetic city, print how long it took, draw a picture of it"
    city = commands.add_parser(
        "demo", help=about, description=about, epilog=DEMO_HELP, formatter_class=raw
    )
    city.set_defaults(run=run_demo)
    city.add_argument(
        "--polygons", type=a_count, default=100_000, metavar="N", help="buildings (100000)"
    )
    city.add_argument(
        "--points", type=a_count, default=1_000_000, metavar="N", help="people (1000000)"
    )
    city.add_argument(
        "--output", "-o", default="demo.png", metavar="FILE.png", help="the picture (demo.png)"
    )
    about = "match the points of a CSV file to the polygons of a GeoJSON file"
    own = commands.add_parser(
        "match", help=about, description=about, epilog=MATCH_HELP, formatter_class=raw
    )
    own.set_defaults(run=run_match)
    add = own.add_argument
    add("polygons", metavar="POLYGONS.geojson", help="Polygon and MultiPolygon features")
    add("points", metavar="POINTS.csv", help="one point a row, below a row of column names")
    what = own.add_argument_group("which polygons").add_mutually_exclusive_group(required=True)
    what.add_argument("--inside", action="store_true", help="those the point is in")
    about = "those the point is in, else the nearest, MAX away at most"
    what.add_argument(
        "--nearest", type=a_limit, nargs="?", const=math.inf, metavar="MAX", help=about
    )
    about = "those at most D away from the point"
    what.add_argument("--dwithin", type=a_distance, metavar="D", help=about)
    about = "those whose center (mean of the vertices) is nearer than D"
    what.add_argument("--close", "--within", type=a_distance, metavar="D", help=about)
    about = "which of several: the smallest, the nearest, with the nearest center, the first (area)"
    orders = ("area", "distance", "center", "polygon")
    add("--by", choices=orders, default="area", help=about)
    add("--x", metavar="NAME", help="column of x or longitude (found by its name)")
    add("--y", metavar="NAME", help="column of y or latitude (found by its name)")
    add("--id", metavar="PROPERTY", help='what "polygon_id" holds (id, else name)')
    add("-o", "--output", metavar="FILE", help="FILE.csv or FILE.parquet (CSV to standard output)")
    for command in (city, own):
        command.add_argument("--workers", type=a_count, metavar="N", help="threads (one per core)")
        command.add_argument("--quiet", "-q", action="store_true", help="no progress, no table")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code."""
    progress = Progress(None, quiet=True)
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115 (print needs one)
    try:
        try:
            args = parser().parse_args(argv)
            progress = Progress(sys.stderr, args.quiet)
            args.run(args, progress)
            return 0
        except BaseException:
            progress.clear()
            raise
    except SystemExit as stop:  # --help and --version
        return int(stop.code or 0)
    except KeyboardInterrupt:
        return complain("stopped", 130)
    except UsageError as error:
        return complain(str(error), 2)
    except BrokenPipeError:
        # Whoever read the output has seen enough; the interpreter must not flush into it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 141
    except MemoryError:
        return complain("out of memory; try fewer points at a time", 1)
    except (io.InputError, demo.WrongAnswerError, Error) as error:
        return complain(str(error), 1)
    except OSError as error:
        return complain(f"standard output: cannot be written: {error.strerror}", 1)


def complain(message: str, code: int) -> int:
    """One line on standard error."""
    print("polyfind:", " ".join(message.split()), file=sys.stderr)
    return code
