"""The polyfind command.

Errors are one line, which says what to do. Exit codes: 0, 1 (data), 2 (usage), 130 (Ctrl-C), 141
(nobody reads on).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

import polyfind

from .. import demo, io
from ..errors import Error
from . import bench, city, index, match, measure, nearest
from .arguments import Parser, UsageError
from .terminal import Progress

HELP = """\
Match points to polygons: each point gets the polygon it is in, or the best of those near it.

commands
  match    match your points to your polygons
             polyfind match counties.geojson cities.csv --inside -o matched.csv
             polyfind match counties.geojson cities.csv --inside -o matched.csv --plot map.html
  nearest  the nearest polygons of each point, and how far they are
             polyfind nearest stations.geojson homes.csv -k 3 -o nearest.csv
  measure  area, perimeter, center, centroid and bounds of each polygon
             polyfind measure counties.geojson -o measures.csv
  index    build, info, verify: a file that opens at once in place of polygons
             polyfind index build counties.geojson -o counties.index
  bench    how fast, beside what else is installed
             polyfind bench
  demo     match a synthetic city, print how long it took, draw a picture of it
             polyfind demo --polygons 10000 --points 50000 --output city.png
"""

EPILOG = """\
polyfind COMMAND --help tells all about one command

exit codes
  0    done
  1    a file cannot be used or written, or answers differ: the error says where
  2    a command line that cannot be carried out
  130  stopped by Ctrl-C; 141 if nobody reads the output on

Results go to standard output or -o FILE, all else to standard error: a table at the end, and
progress where that is a terminal; --quiet leaves both out.
"""


def parser() -> argparse.ArgumentParser:
    """All commands and their arguments."""
    top = Parser(
        prog="polyfind", usage="polyfind [--version] [--help] COMMAND ...", description=HELP,
        epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    top.add_argument("--version", action="version", version=f"polyfind {polyfind.__version__}")
    commands = top.add_subparsers(
        prog="polyfind", dest="command", metavar="COMMAND", required=True, help=argparse.SUPPRESS
    )
    for command in (match, nearest, measure, index, bench, city):
        command.add(commands)
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
