"""polyfind match"""

from __future__ import annotations

import argparse
import math
import os
from contextlib import ExitStack
from typing import Any

import polyfind

from .. import io
from ..best import RULES
from ..files import write
from ..files.answers import Answer
from ..files.points import Points
from . import arguments
from .arguments import UsageError
from .job import Job, check_output, check_points, opened
from .terminal import Progress

PLOTS = (".png", ".svg", ".pdf", ".html")

EPILOG = f"""\
{arguments.POLYGONS}
{arguments.POINTS}

Writes every row of POINTS, in order, with two more columns: "polygon", the row of the matched
polygon (the first is 0; -1 where there is none), and "polygon_id", where the polygons have ids or
names. Rows of CSV stay as they are, word for word. With --all a point has a row for each of its
polygons, and, if a distance was asked for, a column "distance". Distances are in the unit of the
coordinates.

examples
  polyfind match counties.geojson cities.csv --inside > matched.csv
  polyfind match zones.parquet stops.csv --nearest 250 -o stops.parquet
  polyfind match zones.gpkg stops.csv --dwithin 250 --all -o pairs.csv
  polyfind match zones.csv stops.csv --close 250 --x POINT_X --y POINT_Y --id ZONE -o stops.geojson
  polyfind match counties.geojson cities.csv --inside -o matched.csv --plot map.html
"""


def add(commands: Any) -> None:
    """The command and its arguments."""
    about = "match points to polygons: those they are in, or the best of those near them"
    command = arguments.add_command(commands, "match", about, EPILOG)
    command.set_defaults(run=run)
    arguments.add_polygons(command)
    arguments.add_points(command)
    what = command.add_argument_group("which polygons").add_mutually_exclusive_group(required=True)
    what.add_argument("--inside", action="store_true", help="those the point is in")
    about = "those the point is in, else the nearest, MAX away at most"
    what.add_argument(
        "--nearest", type=arguments.a_limit, nargs="?", const=math.inf, metavar="MAX", help=about
    )
    about = "those at most D away from the point"
    what.add_argument("--dwithin", type=arguments.a_distance, metavar="D", help=about)
    about = "those whose center (mean of the vertices) is nearer than D"
    what.add_argument("--close", "--within", type=arguments.a_distance, metavar="D", help=about)
    which = command.add_mutually_exclusive_group()
    about = "which of several: the smallest, the nearest, with the nearest center, the first (area)"
    orders = ("area", "distance", "center", "polygon")
    which.add_argument("--by", choices=orders, help=about)
    which.add_argument("--all", action="store_true", help="all of several, each in a row")
    arguments.add_output(command)
    about = "a map, too: FILE.png, .svg or .pdf, or .html to look around in"
    command.add_argument("--plot", metavar="FILE", help=about)


def run(args: argparse.Namespace, progress: Progress) -> None:
    """Reads, matches, writes, draws."""
    inputs = args.polygons, args.points
    suffix = check_output(args.output, write.FORMS, *inputs)
    plot_suffix = check_output(args.plot, PLOTS, *inputs)
    check_points(args)
    if args.by == "distance" and args.close is None and args.dwithin is None:
        raise UsageError("--by distance goes with --close and --dwithin")
    if args.all and args.nearest is not None:
        raise UsageError("--all goes with --inside, --close and --dwithin; see polyfind nearest")
    if plot_suffix in PLOTS[:-1]:
        io.need("matplotlib", "plot", "the plot")
    job = Job(args, progress)
    with ExitStack() as stack:
        file = stack.enter_context(opened(args.output))
        picture = stack.enter_context(io.replacing(args.plot)) if args.plot else None
        polygons, ids = job.polygons()
        points = job.points(("polygon", "polygon_id", *(["distance"] if args.all else [])))
        job.done("reading")
        uses, words = question(args)
        index = job.index(polygons, {uses, "insides"} if args.plot else {uses})
        answer = match(index, points, ids, args, progress("matching"))
        job.done("matching")
        progress(f"writing {args.output or 'the result'}")
        write.write(file, suffix, points, answer)
        job.done("writing")
        if picture is not None:
            progress(f"drawing {args.plot}")
            index.plot(
                points.x[answer.rows], points.y[answer.rows], answer.polygon,
                names=ids, title=title(args, words), to=picture, format=plot_suffix[1:],
            )  # fmt: skip
            job.done("drawing")
    share = f"{answer.matched / max(len(points.x), 1):.1%}, {words}"
    which = "all" if args.all else f"by {args.by or 'area'}"
    job.report(
        [
            ("polygons", f"{len(polygons):,}", args.polygons),
            ("points", f"{len(points.x):,}", f"{args.points} ({', '.join(points.names)})"),
            ("matched", f"{answer.matched:,}", f"{share}, {which}"),
        ]
    )


def question(args: argparse.Namespace) -> tuple[str, str]:
    """What the index is to answer, and what was asked in words."""
    if args.close is not None:
        return "centers", f"within {args.close:g} of a center"
    if args.dwithin is not None:
        return "distances", f"within {args.dwithin:g} of a polygon"
    if args.nearest is None:
        return "insides", "in a polygon"
    limit = f" at most {args.nearest:g} away" if args.nearest < math.inf else ""
    return "distances", f"in a polygon, else the nearest{limit}"


def title(args: argparse.Namespace, words: str) -> str:
    """What the map shows."""
    points, polygons = map(os.path.basename, (args.points, args.polygons))
    return f"{points} {words.replace('a polygon', polygons)}"


def match(
    index: polyfind.PolygonIndex,
    points: Points,
    ids: list[str] | None,
    args: argparse.Namespace,
    progress: Any,
) -> Answer:
    """The polygon of each point, or all of them."""
    how: dict[str, Any] = {"x": points.x, "y": points.y}
    how |= {"workers": args.workers, "progress": progress}
    by = args.by or "area"
    distance = args.close if args.close is not None else args.dwithin
    if distance is not None:
        how |= {"predicate": "dwithin" if args.close is None else "close", "distance": distance}
    elif args.all:
        how["predicate"] = "covered_by"
    if args.all and distance is None:
        return Answer.of_pairs(index.query(**how), len(points.x), ids)
    if args.all:
        pairs, away = index.query(return_distance=True, **how)
        return Answer.of_pairs(pairs, len(points.x), ids, away)
    if distance is not None:
        return Answer(index.best(by=by, **how), ids)
    rule = next(rule for rule, order in RULES.items() if order == by)
    if args.nearest is None:
        return Answer(index.locate(rule=rule, **how), ids)
    limit = None if args.nearest == math.inf else args.nearest
    return Answer(index.locate(rule=rule, fallback="nearest", max_distance=limit, **how), ids)
