"""What words on a command line may be, and what several commands take."""

from __future__ import annotations

import argparse
import math
from typing import Any, NoReturn


class UsageError(Exception):
    """A command line that cannot be carried out; the text says why and what to write instead."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see {self.prog} --help")


def add_command(commands: Any, name: str, about: str, epilog: str) -> Parser:
    """A command, with what all of them take."""
    raw = argparse.RawDescriptionHelpFormatter
    made: Parser = commands.add_parser(
        name, help=about, description=about[0].upper() + about[1:] + ".", epilog=epilog,
        formatter_class=raw,
    )  # fmt: skip
    made.add_argument("--workers", type=a_count, metavar="N", help="threads (one per core)")
    made.add_argument("--quiet", "-q", action="store_true", help="no progress, no table")
    return made


POLYGONS = """\
polygons: GeoJSON, CSV with WKT or hexadecimal WKB, GeoParquet, Arrow, an index
          (polyfind index build), or anything else that pyogrio reads"""
POINTS = """\
points:   CSV with columns of x and y, or of WKT or WKB points; GeoJSON, GeoParquet,
          Parquet and Arrow with x and y, or anything else that pyogrio reads"""


def add_polygons(command: Parser, nargs: str | None = None) -> None:
    """The file of polygons."""
    about = "a file of polygons, see below"
    command.add_argument("polygons", metavar="POLYGONS", nargs=nargs, help=about)
    about = "column of the polygons (found by its name)"
    command.add_argument("--geometry", metavar="NAME", help=about)
    about = 'column or property that "polygon_id" holds (id, else name)'
    command.add_argument("--id", metavar="NAME", help=about)


def add_points(command: Parser, nargs: str | None = None) -> None:
    """The file of points."""
    about = "a file of points, see below"
    command.add_argument("points", metavar="POINTS", nargs=nargs, help=about)
    about = "column of x or longitude (found by its name)"
    command.add_argument("--x", metavar="NAME", help=about)
    about = "column of y or latitude (found by its name)"
    command.add_argument("--y", metavar="NAME", help=about)
    about = "column of WKT or WKB points, in place of x and y"
    command.add_argument("--point", metavar="NAME", help=about)


def add_output(command: Parser) -> None:
    """Where answers go."""
    about = "FILE.csv, .parquet, .arrow or .geojson (CSV to standard output)"
    command.add_argument("-o", "--output", metavar="FILE", help=about)


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
        raise argparse.ArgumentTypeError("0 leaves no room; leave the number out")
    return value
