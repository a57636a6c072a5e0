"""polyfind index build, info and verify"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from .. import io
from ..files import read
from . import arguments
from .job import Job, check_apart, open_index, standard_output
from .terminal import Progress, print_table

USES = ("centers", "insides", "distances")

HELP = """\
An index file holds polygons ready to be asked: polyfind match and polyfind nearest take it in
place of the polygons and start at once; C, C++ and Python open it, too. It keeps no ids or names.

examples
  polyfind index build counties.geojson -o counties.index
  polyfind index info counties.index
  polyfind index verify counties.index && polyfind match counties.index cities.csv --inside
"""

BUILD = f"""\
{arguments.POLYGONS}

example
  polyfind index build counties.geojson --for insides -o counties.index
"""

INFO = """\
example
  polyfind index info counties.index
"""

VERIFY = """\
Every number of the file is held to its checksum and to what queries rely on. Exit code 0 says that
it is sound, 1 that it is not, with the place.

example
  polyfind index verify counties.index
"""


def add(commands: Any) -> None:
    """The commands and their arguments."""
    about = "build an index file, look at one, check one"
    raw = argparse.RawDescriptionHelpFormatter
    top = commands.add_parser(
        "index", help=about, description=HELP, formatter_class=raw,
        usage="polyfind index [--help] COMMAND ...",
        epilog="polyfind index COMMAND --help tells all about one command",
    )  # fmt: skip
    below = top.add_subparsers(
        prog="polyfind index", metavar="COMMAND", required=True, help=argparse.SUPPRESS
    )
    command = arguments.add_command(below, "build", "build an index file of polygons", BUILD)
    command.set_defaults(run=build)
    arguments.add_polygons(command)
    about = "what it answers: centers (--close), insides, distances (--nearest, --dwithin) (all)"
    command.add_argument("--for", dest="uses", nargs="+", choices=USES, default=USES, help=about)
    command.add_argument("-o", "--output", metavar="FILE", required=True, help="the index file")
    for run, about, epilog in (
        (info, "say what an index file holds", INFO),
        (verify, "check an index file", VERIFY),
    ):
        command = arguments.add_command(below, run.__name__, about, epilog)
        command.set_defaults(run=run)
        command.add_argument("index", metavar="FILE", help="an index file")


def build(args: argparse.Namespace, progress: Progress) -> None:
    """polyfind index build"""
    check_apart(args.output, args.polygons)
    job = Job(args, progress)
    progress(f"reading {args.polygons}")
    polygons, _ = read.read_polygons(args.polygons, args.id, args.geometry)
    job.done("reading")
    index = job.index(polygons, args.uses)
    job.done("building")
    try:
        index.save(args.output, workers=args.workers, progress=progress(f"saving {args.output}"))
    except OSError as error:
        raise io.InputError(f"{args.output}: cannot be written: {io.reason(error)}") from error
    job.done("saving")
    job.report(
        [
            ("polygons", f"{len(polygons):,}", args.polygons),
            ("bytes", f"{index.nbytes:,}", f"{args.output} (for {', '.join(args.uses)})"),
        ]
    )


def info(args: argparse.Namespace, progress: Progress) -> None:
    """polyfind index info"""
    held = open_index(args.index, args.workers).info
    progress.clear()
    low_x, low_y, high_x, high_y = held.bounds
    rows = [
        ("polygons", f"{held.polygons:,}", ""),
        ("rings", f"{held.rings:,}", ""),
        ("vertices", f"{held.vertices:,}", ""),
        ("bytes", f"{held.nbytes:,}", ""),
        ("x", f"{low_x:g}", f"to {high_x:g}"),
        ("y", f"{low_y:g}", f"to {high_y:g}"),
        ("answers", "", ", ".join(held.uses)),
        ("format", str(held.format_version), ""),
    ]
    print_table(rows, sys.stdout)
    standard_output().flush()


def verify(args: argparse.Namespace, progress: Progress) -> None:
    """polyfind index verify"""
    progress(f"verifying {args.index}")
    index = open_index(args.index, args.workers)
    progress.clear()
    if not args.quiet:
        print(f"{args.index}: sound, {len(index):,} polygons, {index.nbytes:,} bytes")
        standard_output().flush()
