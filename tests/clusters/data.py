"""What the engines are given: points in Parquet files, a saved index, and the answer of one process.

All of it is made from seeds, in target/clusters, once for each pair of sizes.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polyfind as pf
import pyarrow
from pyarrow import dataset, parquet

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benches"))

import workloads  # noqa: E402

PARTS = 20  # files of points, and so about as many tasks
FACTOR = 1009  # of the checksum


class Data(NamedTuple):
    rows: int
    folder: Path

    @property
    def points(self) -> Path:
        """A folder of files with the columns id, x and y."""
        return self.folder / "points"

    @property
    def index(self) -> Path:
        return self.folder / "zones.index"

    @property
    def rings(self) -> Path:
        """The polygons as arrays, for who cannot read the index."""
        return self.folder / "rings.npz"

    @property
    def answer(self) -> np.ndarray:
        """The polygon of each id, as one process says."""
        return np.load(self.folder / "answer.npy", mmap_mode="r")

    def checksum(self, rows: int | None = None) -> tuple[int, int, int]:
        """How many rows, how many matched, and a sum that changes when any row's polygon does."""
        answer = self.answer[:rows].astype(np.int64)
        return len(answer), int((answer >= 0).sum()), int(((np.arange(len(answer)) % FACTOR) * (answer + 2)).sum())

    def check(self, ids: np.ndarray, polygons: np.ndarray) -> None:
        """Raises unless every row is there once, with its polygon."""
        order = np.argsort(ids)
        assert np.array_equal(np.asarray(ids)[order], np.arange(self.rows)), "rows are lost, or there twice"
        assert np.array_equal(np.asarray(polygons)[order], self.answer), "another polygon than one process finds"


def arguments(about: str) -> Data:
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--cells", type=int, default=707, help="in a row of as many: 707 make 499,849 polygons")
    parser.add_argument("--quick", action="store_true", help="1,000,000 rows, 10,000 polygons")
    given = parser.parse_args()
    return made(*((1_000_000, 100) if given.quick else (given.rows, given.cells)))


def made(rows: int, cells: int) -> Data:
    data = Data(rows, ROOT / "target" / "clusters" / f"{rows}-{cells}")
    if not (data.folder / "answer.npy").is_file():
        data.points.mkdir(parents=True, exist_ok=True)
        x, y, offsets = workloads.partition(cells, 2, 4, 1)
        np.savez(data.rings, x=x, y=y, offsets=offsets)
        pf.PolygonIndex(pf.Polygons(x, y, offsets), uses="insides").save(data.index)
        rng = np.random.default_rng(5)
        for part, ids in enumerate(np.array_split(np.arange(rows), PARTS)):
            # A little beyond the square, so that some match nothing.
            x, y = rng.uniform(-0.5, workloads.SIDE + 0.5, (2, len(ids)))
            table = pyarrow.table({"id": ids, "x": x, "y": y})
            parquet.write_table(table, data.points / f"part-{part:02}.parquet")
        answer = np.empty(rows, np.int32)
        for batch in pf.match_batches(dataset.dataset(data.points), pf.PolygonIndex.open(data.index)):
            answer[batch["id"].to_numpy()] = batch["polygon"].to_numpy()
        np.save(data.folder / "answer.npy", answer)
    print(f"{rows:,} points in {PARTS} Parquet files, {cells**2:,} polygons, index of {megabytes(data.index)}")
    alone(data)
    return data


def alone(data: Data) -> None:
    """The rate of one process with one thread."""
    index, rows, start = pf.PolygonIndex.open(data.index, mmap=True), 0, time.perf_counter()
    for batch in pf.match_batches(dataset.dataset(data.points), index, workers=1):
        rows += batch.num_rows
    told("match_batches, one process, one thread", rows, time.perf_counter() - start)


def megabytes(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:,.1f} MB"


def told(what: str, rows: int, *seconds: float) -> None:
    rates = " and ".join(f"{rows / s / 1e6:.2f}" for s in seconds)
    print(f"  {what:44} {rates} million rows a second", flush=True)
