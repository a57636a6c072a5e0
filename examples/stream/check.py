"""Kills the flow (-9) in the middle, again and again, and compares what it comes to with one process.

python check.py [--points 20000000] [--kills 3]
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polyfind as pf
import pyarrow
from pyarrow import parquet

HERE = Path(__file__).resolve().parent
SIDE, PARTITIONS, GROUP = 100, 4, 50_000
PATIENCE = 300  # seconds; a flow that takes longer to get anywhere hangs


def write_points(folder: Path, rows: int) -> None:
    """Some of them are outside of all zones."""
    folder.mkdir()
    rng = np.random.default_rng(1)
    for part in range(PARTITIONS):
        xy = rng.uniform(-1, SIDE + 1, (2, rows // PARTITIONS))
        parquet.write_table(pyarrow.table(list(xy), ["x", "y"]), folder / f"{part}.parquet", row_group_size=GROUP)


def write_zones(path: Path) -> None:
    y, x = (column.ravel() for column in np.mgrid[0.0:SIDE, 0.0:SIDE])
    pf.PolygonIndex(pf.Polygons.from_boxes(np.column_stack([x, y, x + 1.2, y + 1.2]))).save(path)


def counted(out: Path) -> int:
    """What the tallies so far come to."""
    return sum(int(np.load(path).sum()) for path in out.glob("*.npy"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=20_000_000)
    parser.add_argument("--kills", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        points, zones, out, recovery = (folder / part for part in ("points", "zones.index", "out", "recovery"))
        write_points(points, given.points)
        write_zones(zones)
        out.mkdir()
        recovery.mkdir()
        subprocess.run([sys.executable, "-m", "bytewax.recovery", recovery, "1"], check=True)

        start = time.perf_counter()
        tally = pf.Tally(pf.PolygonIndex.open(zones))
        tally.add_batches(points, workers=1)
        whole = int(tally.count.sum())
        rate = given.points / (time.perf_counter() - start) / 1e6
        print(f"{given.points:,} points, {len(tally):,} zones; one process, one thread: {rate:.2f} million points/s")

        command = [sys.executable, "-m", "bytewax.run", "flow", "-r", recovery, "-s", "0", "-b", "0"]
        environment = {**os.environ, "POINTS": str(points), "ZONES": str(zones), "OUT": str(out)}
        started = []

        def begin() -> subprocess.Popen[bytes]:
            log = folder / f"log{len(started)}"
            started.append(log)
            with log.open("wb") as file:
                return subprocess.Popen(command, cwd=HERE, env=environment, stdout=file, stderr=file)

        chance = random.Random(1)
        for kill in range(given.kills):
            goal = whole * (kill + chance.uniform(0.5, 1)) / (given.kills + 1)
            flow, end = begin(), time.monotonic() + PATIENCE
            while counted(out) < goal:
                if flow.poll() is not None or time.monotonic() > end:
                    flow.kill()
                    raise SystemExit(f"it ended or hangs: {started[-1].read_text()}")
                time.sleep(0.01)
            flow.kill()
            flow.wait()
            print(f"killed (-9) when {counted(out) / whole:.0%} of the tallies were out")
        start = time.perf_counter()
        if begin().wait(PATIENCE):
            raise SystemExit(started[-1].read_text())
        groups = [int(group) for group in re.findall(r"from row group (\d+)", started[-1].read_text())]
        rest = given.points - sum(groups) * GROUP
        print(f"the last start went on at row groups {groups}: {rest:,} points in {time.perf_counter() - start:.1f} s")
        assert len(groups) == PARTITIONS and all(groups), "it began anew"
        found = sum(np.load(path) for path in out.glob("*.npy"))
        assert np.array_equal(found, tally.count), f"{int(found.sum())} points are counted, not {whole}"
        print(f"all {len(tally):,} tallies are those of one process: {whole:,} counts, none lost, none twice")


if __name__ == "__main__":
    main()
