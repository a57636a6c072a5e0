"""Tasks of clusters beside one process; `python3 dev.py clusters` runs the engines for real."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
import threading

import numpy as np
import pytest

import polyfind as pf
from polyfind import _task
from polyfind._task import Task, opened

pandas = pytest.importorskip("pandas")


@pytest.fixture
def zones(tmp_path, squares):
    path = tmp_path / "zones.index"
    pf.PolygonIndex(squares).save(path)
    return path


@pytest.fixture
def points():
    """Some in each square, some nowhere, some missing."""
    x = np.concatenate([np.linspace(-1, 24, 300), [np.nan, 0.5]])
    return pandas.DataFrame({"id": np.arange(302), "x": x, "y": np.where(x == 0.5, np.nan, 0.5)})


@pytest.fixture
def answer(points, squares):
    (matched,) = pf.match_batches(points, pf.PolygonIndex(squares))
    assert set(matched.polygon) == {-1, 0, 1, 2}
    return matched


def task(path, predicate="covered_by", **options):
    default = {"columns": ("x", "y"), "name": "polygon", "distance": None, "rule": "first"}
    return Task(path, predicate, **{**default, "priority": None, "trusted": False, **options})


def test_a_process_opens_a_file_once(zones, monkeypatch):
    opens, real = [], pf.PolygonIndex.open
    monkeypatch.setattr(
        _task.PolygonIndex, "open", lambda *a, **how: opens.append(how) or real(*a, **how)
    )
    threads = [threading.Thread(target=opened, args=[str(zones)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened(str(zones)) is opened(str(zones), True)
    assert [how["mmap"] for how in opens] == [True]


def test_a_file_that_is_replaced_is_opened_anew(zones, squares):
    before = opened(str(zones))
    pf.PolygonIndex(squares[:2]).save(zones)
    assert (len(opened(str(zones))), len(before)) == (2, 3)
    zones.unlink()
    with pytest.raises(FileNotFoundError, match=r"zones\.index"):
        opened(str(zones))


def test_few_files_are_kept_open(zones, tmp_path):
    for i in range(3 * _task._MOST):
        opened(shutil.copy(zones, tmp_path / f"{i}.index"))
    assert len(_task._open) == _task._MOST


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes here do not fork")
def test_a_child_does_not_wait_for_threads_of_its_parent(zones):
    with _task._lock:
        child = os.fork()
        if child == 0:
            os._exit(0 if len(opened(str(zones))) == 3 else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_a_task_travels_without_the_index(zones, points, answer):
    whole = task(zones, "dwithin", distance=0.0, rule="priority", priority=[1, 2, 3])
    for sent in (task(zones), pickle.loads(pickle.dumps(whole))):
        pandas.testing.assert_frame_equal(next(sent([points])), answer)
    assert len(pickle.dumps(whole)) < 1000


def test_what_is_wrong_is_said_before_anything_is_sent(zones, squares):
    for kind, text, call in (
        (TypeError, "path of a saved index", lambda: task(pf.PolygonIndex(squares))),
        (TypeError, "PathLike", lambda: task(7)),
        (ValueError, "predicate", lambda: task(zones, "touches")),
        (TypeError, "needs distance", lambda: task(zones, "dwithin")),
        (ValueError, "rule", lambda: task(zones, rule="largest")),
        (TypeError, "priority", lambda: task(zones, rule="priority")),
        (ValueError, "no column 'y', it has 'x'", lambda: task(zones).check(["x"])),
        (ValueError, "'polygon' already", lambda: task(zones).check(["x", "y", "polygon"])),
    ):
        with pytest.raises(kind, match=text):
            call()
    nowhere = task("nowhere.index")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        nowhere([])
    with pytest.raises(ValueError, match=r"priority must have shape \(3,\)"):
        task(zones, rule="priority", priority=[1.0])([])


def test_engines_are_imported_by_who_has_them():
    program = "import sys, polyfind.spark, polyfind.dask, polyfind.ray; print(*sys.modules)"
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert not {"pyspark", "dask", "ray", "pandas", "pyarrow"} & set(out.stdout.split())


def test_dask(zones, points, answer):
    pytest.importorskip("dask", minversion="2024.8")
    dataframe = pytest.importorskip("dask.dataframe")
    import polyfind.dask

    frame = dataframe.from_pandas(points, npartitions=4)
    matched = polyfind.dask.match(frame, zones)
    assert matched.divisions == frame.divisions and matched.dtypes.polygon == np.int32
    pandas.testing.assert_frame_equal(
        matched.compute(scheduler="threads"), answer, check_column_type=False
    )
    named = polyfind.dask.match(
        frame.rename(columns={"x": "lon"}), zones, columns=("lon", "y"), name="zone"
    )
    assert named.zone.compute(scheduler="sync").tolist() == answer.polygon.tolist()
    with pytest.raises(ValueError, match="'id' already"):
        polyfind.dask.match(frame, zones, name="id")


def test_dask_keeps_no_answers_of_a_former_file(zones, points, squares):
    pytest.importorskip("dask", minversion="2024.8")
    dataframe = pytest.importorskip("dask.dataframe")
    import polyfind.dask

    frame = dataframe.from_pandas(points, npartitions=1)
    first, again = (polyfind.dask.match(frame, zones) for _ in range(2))
    assert first.__dask_keys__() == again.__dask_keys__()
    pf.PolygonIndex(squares[:2]).save(zones)
    assert polyfind.dask.match(frame, zones).__dask_keys__() != first.__dask_keys__()
    polyfind.dask.match(frame, "nowhere.index")  # perhaps workers see it


def test_spark(zones, points, answer):
    sql = pytest.importorskip("pyspark.sql")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java")
    import polyfind.spark

    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {"spark.driver.host": "127.0.0.1", "spark.ui.enabled": "false"}
    spark = sql.SparkSession.builder.master("local[1]").config(map=settings).getOrCreate()
    try:
        frame = spark.createDataFrame(
            points.astype(object).where(points.notna(), None), "id long, x double, y double"
        )
        spark.sparkContext.addFile(str(zones))
        for path in (zones, zones.name):
            matched = polyfind.spark.match(frame, path)
            assert matched.schema["polygon"].simpleString() == "polygon:int"
            rows = matched.select("id", "polygon").collect()
            assert dict(map(tuple, rows)) == dict(zip(answer.id, answer.polygon))
        with pytest.raises(ValueError, match="no column 'lon'"):
            polyfind.spark.match(frame, zones, columns=("lon", "y"))
    finally:
        spark.stop()


def test_ray(zones, points, answer):
    ray = pytest.importorskip("ray")
    pytest.importorskip("ray.data")
    import polyfind.ray

    ray.init(num_cpus=1, include_dashboard=False, logging_level="ERROR")
    try:
        matched = polyfind.ray.match(ray.data.from_pandas(points), zones).to_pandas()
        assert "int32" in str(matched.polygon.dtype)
        assert dict(zip(matched.id, matched.polygon)) == dict(zip(answer.id, answer.polygon))
    finally:
        ray.shutdown()
