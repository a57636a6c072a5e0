"""Ray Data on one and on two cores, points in Parquet, one mapped index.

    python3 dev.py clusters ray [--quick] [--rows N] [--cells N]

Every answer is compared with that of one process. At the end a worker process is killed in the middle.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from pathlib import Path

import data
import memory
import numpy as np
import polyfind.ray
import pyarrow
import ray

NAMES = ["rows", "found", "all"]


def matched(given: data.Data):
    return polyfind.ray.match(ray.data.read_parquet(str(given.points)), given.index)


def checksum(table: pyarrow.Table) -> pyarrow.Table:
    """As Data.checksum says it, of one block."""
    polygon, ids = table["polygon"].to_numpy().astype("int64"), table["id"].to_numpy()
    sums = len(ids), int((polygon >= 0).sum()), int((ids % data.FACTOR * (polygon + 2)).sum())
    return pyarrow.table([[number] for number in sums], NAMES)


def timed(given: data.Data) -> float:
    start = time.perf_counter()
    parts = matched(given).map_batches(checksum, batch_size=None, batch_format="pyarrow").take_all()
    found = tuple(sum(part[name] for part in parts) for name in NAMES)
    assert found == given.checksum(), (found, given.checksum())
    return time.perf_counter() - start


def rates(given: data.Data, workers: int) -> None:
    first, *others = (timed(given) for _ in range(3))
    data.told(f"Ray, {workers} core(s), first execution", given.rows, first)
    data.told(f"Ray, {workers} core(s), two more", given.rows, *others)
    uses = memory.users(str(given.index))
    assert uses and all(use.maps == 1 for use in uses), uses
    memory.tell("worker", uses)


def kill_one(given: data.Data, killed: list[int]) -> None:
    """The first process that is inside a task over the index: Ray names its processes after their task."""
    while not killed:
        for use in memory.users(str(given.index)):
            if b"MapBatches" in Path(f"/proc/{use.pid}/cmdline").read_bytes():
                os.kill(use.pid, signal.SIGKILL)
                killed.append(use.pid)
                return
        time.sleep(0.01)


def killed(given: data.Data) -> None:
    """Kills a process in the middle of a task, and looks at every row."""
    victims: list[int] = []
    killer = threading.Thread(target=kill_one, args=[given, victims], daemon=True)
    killer.start()
    ids, polygons = [], []
    for batch in matched(given).iter_batches(batch_size=None, batch_format="pyarrow"):
        ids.append(batch["id"].to_numpy())
        polygons.append(batch["polygon"].to_numpy())
    assert victims, "nothing was in the middle of a task"
    given.check(np.concatenate(ids), np.concatenate(polygons))
    print(f"  a process killed (-9) inside a task: all {given.rows:,} rows are there once and equal")


def main() -> None:
    given = data.arguments(__doc__)
    ray.data.DataContext.get_current().enable_progress_bars = False
    logging.getLogger("ray.data").setLevel("WARNING")
    for workers in (1, 2):
        ray.init(num_cpus=workers, include_dashboard=False, logging_level="ERROR", object_store_memory=1 << 30)
        rates(given, workers)
        if workers == 2:
            killed(given)
        ray.shutdown()


if __name__ == "__main__":
    main()
