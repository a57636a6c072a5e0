"""A Parquet file of points against 500,000 cells: memory and rows a second, beside polars with geopandas.

    python3 benches/stream.py [rows]        # 10,000,000 by default; 100,000,000 need 2.4 GB of disk

`Tally.add_batches` and `match_batches` stream the whole file on all cores, in a process of its own each, whose peak
memory is the system's count (Linux only). On a sample of a million rows, on one thread, polars reads the file,
geopandas joins, and pandas sums up; counts and sums of both are compared before any time is printed. Making the
index of either is not counted.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import workloads

CELLS = 707  # in a row of as many
SAMPLE = 1_000_000
GROUP = 1 << 20  # rows
FOLDER = workloads.CACHE.parent / "stream"


def cells():
    """A partition of the square into 499,849 cells of about a dozen vertices."""
    return workloads.partition(CELLS, 2, 4, 1)


def points_file(rows):
    """The Parquet file of so many points, made if it is not there; its first rows are those of a shorter one."""
    import pyarrow
    from pyarrow import parquet

    path = FOLDER / f"points-{rows}.parquet"
    if not path.is_file():
        names = ["x", "y", "value"]
        schema = pyarrow.schema([(name, pyarrow.float64()) for name in names])
        made = path.with_suffix(".part")
        with parquet.ParquetWriter(made, schema, use_dictionary=False) as writer:
            for start in range(0, rows, GROUP):
                rng = np.random.default_rng(start)
                columns = [
                    rng.random(GROUP) * workloads.SIDE,
                    rng.random(GROUP) * workloads.SIDE,
                    rng.normal(size=GROUP),
                ]
                table = pyarrow.table([column[: rows - start] for column in columns], names)
                writer.write_table(table, GROUP)
        made.rename(path)
    return path


def index_file():
    import polyfind as pf

    path = FOLDER / "cells.polyfind"
    if not path.is_file():
        pf.PolygonIndex(pf.Polygons(*cells()), uses="insides").save(path)
    return path


def resident(word="VmRSS"):
    """Bytes of this process."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(word))
    return int(line.split()[1]) * 1024


def stream(how, path):
    """What a process of its own does: prints its figures as JSON."""
    import polyfind as pf
    import pyarrow.parquet  # noqa: F401

    before = resident()
    index = pf.PolygonIndex.open(index_file())
    opened = resident()
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    start = time.perf_counter()
    if how == "tally":
        tally = pf.Tally(index)
        rows = tally.add_batches(path, "value")
        said = int(tally.count.sum())
    else:
        rows = said = 0
        for batch in pf.match_batches(path, index):
            rows += batch.num_rows
            said += int((np.asarray(batch["polygon"]) >= 0).sum())
    seconds = time.perf_counter() - start
    peak = resident("VmHWM")
    print(
        json.dumps({"rows": rows, "matched": said, "seconds": seconds, "index": opened - before, "more": peak - opened})
    )


def ours(path):
    import polyfind as pf

    index = pf.PolygonIndex.open(index_file())
    start = time.perf_counter()
    tally = pf.Tally(index)
    tally.add_batches(path, "value", workers=1)
    columns = tally.count, tally.sum
    return time.perf_counter() - start, *columns


def peers(path):
    """Polars reads, geopandas joins, pandas sums up."""
    import geopandas
    import polars
    import shapely

    x, y, offsets = cells()
    shapes = shapely.from_ragged_array(
        shapely.GeometryType.POLYGON, np.column_stack([x, y]), (offsets, np.arange(len(offsets)))
    )
    zones = geopandas.GeoDataFrame(geometry=shapes)
    zones.sindex  # noqa: B018
    start = time.perf_counter()
    frame = polars.read_parquet(path).to_pandas()
    points = geopandas.GeoDataFrame(frame, geometry=geopandas.points_from_xy(frame.pop("x"), frame.pop("y")))
    groups = geopandas.sjoin(points, zones).groupby("index_right")["value"].agg(["size", "sum"])
    groups = groups.reindex(range(len(zones)), fill_value=0)
    return time.perf_counter() - start, groups["size"].to_numpy(), groups["sum"].to_numpy()


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    FOLDER.mkdir(parents=True, exist_ok=True)
    sample, path, _ = points_file(SAMPLE), points_file(rows), index_file()
    (our_time, *our_columns), (their_time, *their_columns) = ours(sample), peers(sample)
    for mine, theirs in zip(our_columns, their_columns):
        # Sums of theirs are rounded many times.
        assert np.allclose(mine, theirs, rtol=0, atol=1e-12 * (mine.dtype == float))
    print(f"{SAMPLE:,} rows, one thread, answers are the same:")
    for name, seconds in (("polars and geopandas", their_time), ("Tally.add_batches", our_time)):
        print(f"  {name:22} {seconds:7.2f} s {SAMPLE / seconds / 1e6:8.2f} million rows a second")
    print(f"  ratio {their_time / our_time:.1f}")
    with path.open("rb") as file:  # into the system's cache: disks are another matter
        while file.read(1 << 24):
            pass
    print(f"{rows:,} rows of {path.stat().st_size / 1e6:,.0f} MB, all cores:")
    for how, name in (("tally", "Tally.add_batches"), ("match", "match_batches")):
        done = subprocess.run([sys.executable, __file__, "--stream", how, str(path)], capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stderr)
        told = json.loads(done.stdout)
        assert told["rows"] == rows and told["matched"] == rows, told
        rate = rows / told["seconds"] / 1e6
        memory = f"{told['more'] / 1e6:.0f} MB beyond the {told['index'] / 1e6:.0f} MB of the index"
        print(f"  {name:22} {told['seconds']:7.2f} s {rate:8.2f} million rows a second, at most {memory}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--stream"]:
        stream(sys.argv[2], sys.argv[3])
    else:
        main()
