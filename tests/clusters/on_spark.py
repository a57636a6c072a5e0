"""Spark for real: a standalone master and two workers on loopback, points in Parquet, one mapped index.

    python3 dev.py clusters spark [--quick] [--rows N] [--cells N]

Every answer is compared with that of one process. On the way a Python worker is killed in the middle of a job, then a
whole Spark worker. Shapely in the same mapInArrow is the rival: Apache Sedona needs jars that its Python package lacks.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import data
import memory
import polyfind.spark
import pyarrow
import pyspark
from pyarrow import dataset
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812

SAMPLE = 500_000  # rows for Shapely
HOST = "127.0.0.1"


class Daemon:
    """A master or a worker in a process group of its own."""

    def __init__(self, kind: str, folder: Path, *arguments: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        program = Path(pyspark.__file__).parent / "bin" / "spark-class"
        command = [program, f"org.apache.spark.deploy.{kind}", "--host", HOST, *arguments]
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, start_new_session=True)

    def kill(self) -> None:
        """With all that it started: executors are in its group, and their Python workers end with them."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Cluster:
    def __init__(self, folder: Path) -> None:
        self.folder, self.workers = folder, []
        with socket.socket() as free:
            free.bind((HOST, 0))
            port = free.getsockname()[1]
        self.url = f"spark://{HOST}:{port}"
        self.master = Daemon("master.Master", folder / "master", "--port", str(port), "--webui-port", "0")

    def add_worker(self) -> None:
        folder = self.folder / f"worker{len(self.workers)}"
        limits = ["--cores", "1", "--memory", "2g", "--webui-port", "0", "--work-dir", str(folder)]
        self.workers.append(Daemon("worker.Worker", folder, *limits, self.url))

    def end(self) -> None:
        for daemon in (*self.workers, self.master):
            daemon.kill()

    @contextmanager
    def session(self) -> Iterator[SparkSession]:
        """A program of the cluster, once it has a core on every worker."""
        settings = {
            "spark.driver.host": HOST,
            "spark.driver.bindAddress": HOST,
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.executor.memory": "1g",
            "spark.executor.cores": "1",
            "spark.sql.files.maxPartitionBytes": "16m",
            "spark.sql.files.openCostInBytes": "16m",  # a task for each file
            "spark.sql.warehouse.dir": str(self.folder / "warehouse"),
        }
        builder = SparkSession.builder.master(self.url).config(map=settings)
        spark = builder.getOrCreate()
        spark.sparkContext.setLogLevel("OFF")
        wait(lambda: executors(spark) == len(self.workers))
        try:
            yield spark
        finally:
            spark.stop()


def executors(spark: SparkSession) -> int:
    return spark.sparkContext._jsc.sc().getExecutorMemoryStatus().size() - 1  # the driver is one of them


def wait(done: Callable[[], object], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.05)


def checksum(matched) -> tuple[int, int, int]:
    """As Data.checksum says it."""
    one = matched.select(
        F.count("*"), F.count_if(F.col("polygon") >= 0), F.sum((F.col("id") % data.FACTOR) * (F.col("polygon") + 2))
    )
    return tuple(one.first())


def timed(points, matcher, expected) -> float:
    """Seconds of a job whose rows are counted and summed up; what they come to is checked."""
    start = time.perf_counter()
    found = checksum(matcher(points))
    assert found == expected, (found, expected)
    return time.perf_counter() - start


def rates(spark: SparkSession, given: data.Data, workers: int) -> None:
    points = spark.read.parquet(str(given.points))
    expected = given.checksum()

    def ours(frame):
        return polyfind.spark.match(frame, given.index)

    first, *others = (timed(points, ours, expected) for _ in range(3))
    data.told(f"Spark, {workers} worker(s), first job", given.rows, first)
    data.told(f"Spark, {workers} worker(s), two more", given.rows, *others)
    uses = memory.users(str(given.index))
    assert [use.maps for use in uses] == [1] * workers, uses
    memory.tell("Python worker", uses)


def shipped(spark: SparkSession, given: data.Data) -> None:
    """The index by SparkContext.addFile: each executor has a copy."""
    spark.sparkContext.addFile(str(given.index))
    points = spark.read.parquet(str(given.points))
    timed(points, lambda frame: polyfind.spark.match(frame, given.index.name), given.checksum())
    print("  the same with the index shipped by addFile: answers are equal")


def rival(spark: SparkSession, given: data.Data) -> None:
    """Shapely's tree in the same mapInArrow, on the first files of points."""
    rows, files = 0, []
    for file in sorted(given.points.iterdir()):
        if rows < min(SAMPLE, given.rows):
            rows += dataset.dataset(file).count_rows()
            files.append(str(file))
    points, expected = spark.read.parquet(*files), given.checksum(rows)
    matcher = Shapely(str(given.rings))

    def theirs(frame):
        return frame.mapInArrow(matcher, "id long, x double, y double, polygon int")

    def ours(frame):
        return polyfind.spark.match(frame, given.index)

    first, *others = (timed(points, theirs, expected) for _ in range(3))
    data.told("Shapely in mapInArrow, 2 workers, first job", rows, first)
    data.told("Shapely in mapInArrow, 2 workers, two more", rows, *others)
    for use in memory.users("/libgeos"):
        print(f"  Python worker {use.pid}, which now has Shapely's tree: private memory {use.rest:.1f} MB")
    timed(points, ours, expected)  # warm again
    data.told("polyfind on these rows", rows, *(timed(points, ours, expected) for _ in range(2)))


class Shapely:
    """Matches record batches with Shapely; a process makes its tree once."""

    def __init__(self, rings: str) -> None:
        self.rings = rings

    def __call__(self, batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        import numpy as np
        import pyarrow
        import shapely

        if not hasattr(shapely, "the_tree"):
            arrays = np.load(self.rings)
            xy, offsets = np.column_stack([arrays["x"], arrays["y"]]), arrays["offsets"]
            shapes = shapely.from_ragged_array(shapely.GeometryType.POLYGON, xy, (offsets, np.arange(len(offsets))))
            shapely.the_tree = shapely.STRtree(shapes)
        for batch in batches:
            points = shapely.points(batch["x"].to_numpy(), batch["y"].to_numpy())
            at, polygons = shapely.the_tree.query(points, predicate="covered_by")
            found = np.full(batch.num_rows, np.iinfo(np.int32).max, np.int32)
            np.minimum.at(found, at, polygons.astype(np.int32))
            found[found == np.iinfo(np.int32).max] = -1
            yield pyarrow.RecordBatch.from_arrays(
                [*batch.columns, pyarrow.array(found)], [*batch.schema.names, "polygon"]
            )


def killed(spark: SparkSession, given: data.Data, what: str, kill: Callable[[], None]) -> None:
    """Runs a job that writes Parquet, kills from when a quarter of it is done until it hurts, looks at every row."""
    out = given.folder / "matched"
    matched = polyfind.spark.match(spark.read.parquet(str(given.points)), given.index)
    job = threading.Thread(target=matched.select("id", "polygon").write.mode("overwrite").parquet, args=[str(out)])
    status = spark.sparkContext.statusTracker()

    def stages():
        infos = (status.getStageInfo(number) for number in status.getActiveStageIds())
        return [info for info in infos if info is not None]

    job.start()
    wait(lambda: any(stage.numCompletedTasks >= data.PARTS // 4 for stage in stages()))
    before, failed = stages()[0], 0
    while job.is_alive() and not failed:
        kill()
        time.sleep(0.3)
        failed = status.getStageInfo(before.stageId).numFailedTasks
    job.join()
    assert failed, "nothing was in the middle of a task"
    table = dataset.dataset(out).to_table()
    given.check(table["id"].to_numpy(), table["polygon"].to_numpy())
    print(
        f"  {what} killed (-9) when {before.numCompletedTasks} of {before.numTasks} tasks were done, {failed} failed:"
        f" all {given.rows:,} rows are there once and equal",
        flush=True,
    )


def kill_python(given: data.Data) -> None:
    """One of those that map the index; it may be between two tasks, and then nobody misses it."""
    for use in memory.users(str(given.index))[:1]:
        os.kill(use.pid, signal.SIGKILL)


def main() -> None:
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["SPARK_LOCAL_IP"] = HOST
    given = data.arguments(__doc__)
    cluster = Cluster(given.folder / "spark")
    try:
        cluster.add_worker()
        with cluster.session() as spark:
            rates(spark, given, 1)
        cluster.add_worker()
        with cluster.session() as spark:
            rates(spark, given, 2)
            killed(spark, given, "a Python worker", lambda: kill_python(given))
            shipped(spark, given)
            rival(spark, given)
            killed(spark, given, "a Spark worker with its executor", cluster.workers[0].kill)
    finally:
        cluster.end()


if __name__ == "__main__":
    main()
