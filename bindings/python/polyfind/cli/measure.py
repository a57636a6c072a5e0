"""polyfind measure"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

import polyfind

from ..files import read, write
from . import arguments
from .job import Job, check_output, opened
from .terminal import Progress

EPILOG = f"""\
{arguments.POLYGONS}

Writes a row for each polygon: "polygon", its row (the first is 0), "polygon_id", where there are
ids or names, "area", "perimeter", "center_x" and "center_y" (the mean of the vertices),
"centroid_x" and "centroid_y" (of the area), and its bounds, "min_x", "min_y", "max_x", "max_y".
Areas are in squared units of the coordinates. What an empty polygon lacks is left empty.

examples
  polyfind measure counties.geojson > counties.csv
  polyfind measure zones.gpkg --id ZONE -o zones.parquet
"""


def add(commands: Any) -> None:
    """The command and its arguments."""
    about = "measure polygons: area, perimeter, center, centroid, bounds"
    command = arguments.add_command(commands, "measure", about, EPILOG)
    command.set_defaults(run=run)
    arguments.add_polygons(command)
    arguments.add_output(command)


def run(args: argparse.Namespace, progress: Progress) -> None:
    """Reads, measures, writes."""
    suffix = check_output(args.output, write.FORMS, args.polygons)
    job = Job(args, progress)
    with opened(args.output) as file:
        progress(f"reading {args.polygons}")
        polygons, ids = read.read_polygons(args.polygons, args.id, args.geometry)
        job.done("reading")
        columns: write.Columns = {"polygon": np.arange(len(polygons), dtype=np.int32)}
        if ids is not None:
            columns["polygon_id"] = np.array(ids, object)
        how: dict[str, Any] = {"workers": args.workers, "progress": progress("measuring")}
        for name in ("area", "perimeter"):
            columns[name] = getattr(polyfind, name)(polygons, **how)
        for name in ("center", "centroid"):
            x, y = getattr(polyfind, name)(polygons, **how)
            columns |= {f"{name}_x": x, f"{name}_y": y}
        bounds = polyfind.bounds(polygons, **how)
        columns |= dict(zip(("min_x", "min_y", "max_x", "max_y"), bounds.T))
        job.done("measuring")
        progress(f"writing {args.output or 'the result'}")
        write.write_columns(file, suffix, columns, polygons)
        job.done("writing")
    area, vertices = columns["area"].sum(), len(polygons.x)
    job.report(
        [
            ("polygons", f"{len(polygons):,}", f"{args.polygons}, {vertices:,} vertices"),
            ("area", f"{area:g}", "of all polygons, overlaps counted as often as they are"),
        ]
    )
