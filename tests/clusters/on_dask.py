"""Dask's LocalCluster of one and of two processes, points in Parquet, one mapped index.

    python3 dev.py clusters dask [--quick] [--rows N] [--cells N]

Every answer is compared with that of one process. At the end a worker process is killed in the middle.
"""

from __future__ import annotations

import logging
import os
import signal
import time

import dask
import data
import memory
import pandas
import polyfind.dask
from dask import dataframe
from distributed import Client, LocalCluster, as_completed


def matched(given: data.Data):
    return polyfind.dask.match(dataframe.read_parquet(given.points), given.index)


def checksum(frame: pandas.DataFrame) -> tuple[int, ...]:
    """As Data.checksum says it, of one partition."""
    polygon = frame.polygon.to_numpy().astype("int64")
    return len(frame), int((polygon >= 0).sum()), int((frame.id.to_numpy() % data.FACTOR * (polygon + 2)).sum())


def timed(given: data.Data) -> float:
    start = time.perf_counter()
    parts = dask.compute(*map(dask.delayed(checksum), matched(given).to_delayed()))
    found = tuple(map(sum, zip(*parts)))
    assert found == given.checksum(), (found, given.checksum())
    return time.perf_counter() - start


def rates(given: data.Data, workers: int) -> None:
    first, *others = (timed(given) for _ in range(3))
    data.told(f"Dask, {workers} worker(s), first computation", given.rows, first)
    data.told(f"Dask, {workers} worker(s), two more", given.rows, *others)
    uses = memory.users(str(given.index))
    assert [use.maps for use in uses] == [1] * workers, uses
    memory.tell("worker", uses)


def killed(given: data.Data, client: Client) -> None:
    """Kills a worker when a quarter of the partitions are done, and looks at every row."""
    before = set(client.scheduler_info()["workers"])
    futures = client.compute(matched(given)[["id", "polygon"]].to_delayed())
    for done, _ in enumerate(as_completed(futures), 1):
        if done == len(futures) // 4:
            break
    os.kill(memory.users(str(given.index))[0].pid, signal.SIGKILL)
    table = pandas.concat(client.gather(futures))
    assert not before <= set(client.scheduler_info()["workers"]), "nobody noticed"
    given.check(table.id.to_numpy(), table.polygon.to_numpy())
    print(
        f"  a worker killed (-9) when {done} of {len(futures)} partitions were done:"
        f" all {given.rows:,} rows are there once and equal"
    )


def main() -> None:
    given = data.arguments(__doc__)
    logging.getLogger("distributed").setLevel("CRITICAL")  # it tells at length of the worker that is killed
    for workers in (1, 2):
        with (
            LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
            Client(cluster) as client,
        ):
            rates(given, workers)
            if workers == 2:
                killed(given, client)


if __name__ == "__main__":
    main()
