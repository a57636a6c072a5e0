"""polyfind nearest"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

import polyfind

from ..files import write
from ..files.answers import Answer
from ..files.points import Points
from . import arguments
from .job import Job, check_output, check_points, opened
from .terminal import Progress

EPILOG = f"""\
{arguments.POLYGONS}
{arguments.POINTS}

Writes a row for each point and each of its nearest polygons, nearest first, with the columns
"polygon" (the first polygon is 0), "polygon_id", where polygons have ids or names, and "distance",
in the unit of the coordinates; 0 for a point in the polygon. A point with no polygon near enough
has one row, with -1.

examples
  polyfind nearest stations.geojson homes.csv > nearest.csv
  polyfind nearest parks.parquet homes.csv -k 3 --max 1000 -o parks.parquet
"""


def add(commands: Any) -> None:
    """The command and its arguments."""
    about = "find the nearest polygons of each point, and how far they are"
    command = arguments.add_command(commands, "nearest", about, EPILOG)
    command.set_defaults(run=run)
    arguments.add_polygons(command)
    arguments.add_points(command)
    command.add_argument(
        "-k", type=arguments.a_count, default=1, metavar="K", help="how many polygons (1)"
    )
    command.add_argument(
        "--max", type=arguments.a_limit, metavar="D", help="only polygons at most D away"
    )
    which = command.add_mutually_exclusive_group()
    about = "more than K where more are just as near as the last"
    which.add_argument("--ties", action="store_true", help=about)
    about = "by the center (mean of the vertices), less than D away"
    which.add_argument("--centers", action="store_true", help=about)
    arguments.add_output(command)


def run(args: argparse.Namespace, progress: Progress) -> None:
    """Reads, asks, writes."""
    suffix = check_output(args.output, write.FORMS, args.polygons, args.points)
    check_points(args)
    job = Job(args, progress)
    with opened(args.output) as file:
        polygons, ids = job.polygons()
        points = job.points(("polygon", "polygon_id", "distance"))
        job.done("reading")
        index = job.index(polygons, {"centers" if args.centers else "distances"})
        answer = nearest(index, points, ids, args, progress("asking"))
        job.done("asking")
        progress(f"writing {args.output or 'the result'}")
        write.write(file, suffix, points, answer)
        job.done("writing")
    limit = "" if args.max is None else f", at most {args.max:g} away"
    job.report(
        [
            ("polygons", f"{len(polygons):,}", args.polygons),
            ("points", f"{len(points.x):,}", f"{args.points} ({', '.join(points.names)})"),
            ("rows", f"{len(answer):,}", f"{args.k} nearest for each{limit}"),
        ]
    )


def nearest(
    index: polyfind.PolygonIndex,
    points: Points,
    ids: list[str] | None,
    args: argparse.Namespace,
    progress: Any,
) -> Answer:
    """The nearest polygons of each point."""
    how: dict[str, Any] = {"k": args.k, "max_distance": args.max, "return_distance": True}
    how |= {"workers": args.workers, "progress": progress}
    n = len(points.x)
    if args.centers:
        found, away = (
            each.reshape(n, args.k) for each in index.nearest_centers(points.x, points.y, **how)
        )
        at, rank = np.nonzero(found >= 0)
        pairs, away = np.stack([at, found[at, rank]]), away[at, rank]
    else:
        pairs, away = index.query_nearest(points.x, points.y, all_matches=args.ties, **how)
    return Answer.of_pairs(pairs, n, ids, away)
