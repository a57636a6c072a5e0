"""polyfind demo"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from .. import demo, io
from . import arguments
from .job import check_output, standard_output
from .terminal import Progress, print_table

EPILOG = """\
Makes the same city on every machine, matches every point to the smallest building whose center is
within 20 m, checks a sample of the answers against numpy, and draws one neighbourhood.

example
  polyfind demo --polygons 10000 --points 50000 --output city.png
"""


def add(commands: Any) -> None:
    """The command and its arguments."""
    about = "match a synthetic city, print how long it took, draw a picture of it"
    command = arguments.add_command(commands, "demo", about, EPILOG)
    command.set_defaults(run=run)
    count = arguments.a_count
    command.add_argument(
        "--polygons", type=count, default=100_000, metavar="N", help="buildings (100000)"
    )
    command.add_argument(
        "--points", type=count, default=1_000_000, metavar="N", help="people (1000000)"
    )
    about = "the picture (demo.png)"
    command.add_argument("--output", "-o", default="demo.png", metavar="FILE.png", help=about)


def run(args: argparse.Namespace, progress: Progress) -> None:
    """Makes, matches, draws."""
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
