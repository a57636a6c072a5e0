"""Streams of batches beside the same rows at once."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import polyfind as pf

pyarrow = pytest.importorskip("pyarrow")
pandas = pytest.importorskip("pandas")
dataset = pytest.importorskip("pyarrow.dataset", exc_type=ImportError)  # not in every build
parquet = pytest.importorskip("pyarrow.parquet")

ROWS = 300_000


@pytest.fixture(scope="module")
def index():
    side = np.arange(40.0)
    x, y = (column.ravel() for column in np.meshgrid(side, side))
    return pf.PolygonIndex(pf.Polygons.from_boxes(np.column_stack([x, y, x + 1, y + 1])))


@pytest.fixture(scope="module")
def table():
    """Some points are missing, some values too, and there are columns of other kinds."""
    rng = np.random.default_rng(3)
    x, y = rng.random(ROWS) * 44 - 2, (rng.random(ROWS) * 44 - 2).astype(np.float32)
    hour = rng.integers(0, 3, ROWS).astype(np.int8)
    return pyarrow.table(
        {
            "lon": pyarrow.array(x, mask=rng.random(ROWS) < 0.01),
            "lat": pyarrow.array(np.where(rng.random(ROWS) < 0.01, np.nan, y)),
            "fare": pyarrow.array(rng.normal(size=ROWS), mask=rng.random(ROWS) < 0.1),
            "hour": pyarrow.array(hour, mask=rng.random(ROWS) < 0.1),
            "name": [str(i) for i in range(ROWS)],
        }
    )


@pytest.fixture(scope="module")
def found(index, table):
    """The polygon of each row."""
    x, y = (
        table[name].cast(pyarrow.float64()).fill_null(np.nan).to_numpy() for name in ("lon", "lat")
    )
    there = ~(np.isnan(x) | np.isnan(y))
    polygons = np.full(ROWS, -1, np.int32)
    polygons[there] = index.locate(x[there], y[there])
    assert 0.01 < (polygons < 0).mean() < 0.5
    return polygons


class Stream:
    """What another package lends: nothing but the capsule."""

    def __init__(self, table):
        self.table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self.table.__arrow_c_stream__(requested_schema)


def readers(table, folder):
    """All forms that a reader may have, and what batches of it are."""
    file, ipc = folder / "parquet" / "points.parquet", folder / "points.arrow"
    file.parent.mkdir()
    parquet.write_table(table, file, row_group_size=70_000)
    with pyarrow.OSFile(str(ipc), "wb") as sink, pyarrow.ipc.new_file(sink, table.schema) as out:
        out.write_table(table, 50_000)
    batches = table.to_batches(40_000)
    yield file, pyarrow.RecordBatch
    yield str(file), pyarrow.RecordBatch
    yield ipc, pyarrow.RecordBatch
    yield file.parent, pyarrow.RecordBatch
    yield dataset.dataset(file), pyarrow.RecordBatch
    yield dataset.dataset(file).scanner(batch_size=10_000), pyarrow.RecordBatch
    yield table.to_reader(30_000), pyarrow.RecordBatch
    yield table, pyarrow.RecordBatch
    yield Stream(table), pyarrow.RecordBatch
    yield batches, pyarrow.RecordBatch
    yield iter(batches), pyarrow.RecordBatch
    yield (pyarrow.Table.from_batches([batch]) for batch in batches), pyarrow.Table
    yield table.to_pandas(), pandas.DataFrame
    yield (batch.to_pandas() for batch in batches), pandas.DataFrame
    try:
        import polars
    except ImportError:
        return  # it is not for every Python
    yield polars.from_arrow(table), polars.DataFrame
    yield polars.from_arrow(table).iter_slices(9999), polars.DataFrame


COLUMNS = ("lon", "lat")


def test_every_reader_gives_what_all_at_once_does(index, table, found, tmp_path):
    for reader, kind in readers(table, tmp_path):
        rows, polygons = 0, []
        for batch in pf.match_batches(reader, index, columns=COLUMNS, name="cell"):
            assert isinstance(batch, kind)
            column = batch["cell"]
            assert str(column.dtype if hasattr(column, "dtype") else column.type).lower() == "int32"
            polygons.append(np.asarray(column))
            assert np.asarray(batch["name"])[0] == str(rows)
            rows += len(polygons[-1])
        assert np.array_equal(np.concatenate(polygons), found), reader


def test_tallies_of_every_reader_are_the_same(index, table, found, tmp_path):
    wanted = pf.Tally(index, groups=3)
    fare, hour = (
        table[name].cast(pyarrow.float64()).fill_null(np.nan).to_numpy()
        for name in ("fare", "hour")
    )
    hour = np.nan_to_num(hour, nan=-1)
    for reader, _ in readers(table, tmp_path):
        tally = pf.Tally(index, rule="first", groups=3)
        assert tally.add_batches(reader, "fare", "hour", columns=COLUMNS) == ROWS
        for polygon, group in ((0, 0), (777, 1), (1599, 2)):
            here = (found == polygon) & (hour == group)
            assert tally.count[polygon, group] == here.sum()
            values = fare[here & ~np.isnan(fare)]
            assert tally.values[polygon, group] == len(values)
            assert tally.max[polygon, group] == values.max()
        wanted = tally if not wanted.count.any() else wanted
        assert np.array_equal(tally.sum, wanted.sum)


def test_rules_and_predicates_are_those_of_best(index, table):
    x, y = (np.nan_to_num(table[name].to_numpy()[:5000]) for name in COLUMNS)
    frame = pandas.DataFrame({"x": x, "y": y})
    priority = np.arange(len(index))[::-1]
    for options, by in (
        ({"predicate": "dwithin", "distance": 0.5, "rule": "nearest_center"}, "center"),
        (
            {"predicate": "close", "distance": 2.0, "rule": "priority", "priority": priority},
            "priority",
        ),
    ):
        (batch,) = pf.match_batches(frame, index, **options)
        options.pop("rule")
        assert np.array_equal(batch["polygon"], index.best(x, y, by=by, **options))


def test_progress_is_told_and_can_stop(index, table, tmp_path, monkeypatch):
    monkeypatch.setattr("polyfind._batches._EVERY", 0)
    file = tmp_path / "points.parquet"
    parquet.write_table(table, file, row_group_size=50_000)
    told = []
    for _ in pf.match_batches(file, index, columns=COLUMNS, progress=told.append):
        pass
    rows = [progress.rows for progress in told]
    assert rows == sorted(rows) and len(rows) > 2 and rows[-1] == ROWS
    assert {progress.total for progress in told} == {ROWS}
    last = told[-1]
    assert (
        last.rate > 0
        and last.left == 0
        and f"300,000 of 300,000 rows, {last.rate:,.0f} a second, 0 s left" == str(last)
    )
    half = pf.BatchProgress(100, 300, 2.0)
    assert (half.rate, half.left) == (50.0, 4.0)
    assert pf.BatchProgress(100, None, 0.0).left is None
    tally = pf.Tally(index)
    with pytest.raises(pf.CancelledError, match=r"after [0-9]+ rows"):
        tally.add_batches(file, columns=COLUMNS, progress=lambda progress: True)
    assert 0 < tally.count.sum() < ROWS


def test_what_is_wrong_is_said(index, table):
    frame = pandas.DataFrame({"x": [1.0], "y": [1.0], "name": ["a"]})
    for kind, text, call in (
        (TypeError, "PolygonIndex", lambda: pf.match_batches(frame, table)),
        (ValueError, "predicate", lambda: pf.match_batches(frame, index, "touches")),
        (ValueError, "rule", lambda: pf.match_batches(frame, index, rule="largest")),
        (TypeError, "needs distance", lambda: pf.match_batches(frame, index, "dwithin")),
        (TypeError, "reader must be", lambda: pf.match_batches(7, index)),
        (TypeError, "progress", lambda: pf.match_batches(frame, index, progress=7)),
        (
            ValueError,
            "no column 'lon'",
            lambda: next(pf.match_batches(frame, index, columns=COLUMNS)),
        ),
        (ValueError, "'name' already", lambda: next(pf.match_batches(frame, index, name="name"))),
        (
            TypeError,
            "must hold numbers",
            lambda: next(pf.match_batches(frame, index, columns=("x", "name"))),
        ),
        (TypeError, "a batch must be one of", lambda: next(pf.match_batches([7], index))),
        (ValueError, "no column 'fare'", lambda: pf.Tally(index).add_batches(frame, "fare")),
        (
            TypeError,
            "'x' must hold integers",
            lambda: pf.Tally(index, groups=2).add_batches(frame.assign(x=0.5), by="x"),
        ),
        (FileNotFoundError, "nowhere", lambda: pf.match_batches("nowhere.parquet", index)),
    ):
        with pytest.raises(kind, match=text):
            call()


MEMORY = """if True:
    import sys, pyarrow, pyarrow.dataset, polyfind as pf
    index = pf.PolygonIndex(pf.Polygons.from_boxes([[0, 0, 2, 2]]))
    reader = sys.argv[1] if sys.argv[2] == "path" else pyarrow.dataset.dataset(sys.argv[1])
    if sys.argv[3] == "match":
        rows = sum(batch.num_rows for batch in pf.match_batches(reader, index))
    else:
        rows = pf.Tally(index).add_batches(reader, "value")
    print(rows, pyarrow.default_memory_pool().max_memory())
"""


@pytest.mark.parametrize("form", ["path", "dataset"])
@pytest.mark.parametrize("what", ["match", "tally"])
def test_memory_does_not_grow_with_the_file(tmp_path, form, what):
    rng, file, rows = np.random.default_rng(4), tmp_path / "points.parquet", 1 << 16
    schema = pyarrow.schema([(name, pyarrow.float64()) for name in ("x", "y", "value")])
    with parquet.ParquetWriter(file, schema, use_dictionary=False) as writer:
        for _ in range(96):  # 150 MB
            writer.write_table(pyarrow.table(list(rng.random((3, rows))), schema=schema))
    arguments = [sys.executable, "-c", MEMORY, str(file), form, what]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    told, most = map(int, done.stdout.split())
    assert told == 96 * rows and most < 100e6, most


def test_nothing_is_imported_for_it():
    """The package streams what it is given; pyarrow is for files and for streams of others."""
    program = """if True:
        import sys, numpy as np, polyfind as pf
        index = pf.PolygonIndex(pf.Polygons.from_boxes([[0, 0, 2, 2]]))
        tally = pf.Tally(index)
        tally.add([1.0], [1.0], [2.0])
        assert tally.sum[0] == 2
        print(sorted({"pyarrow", "pandas", "polars", "shapely"} & set(sys.modules)))
    """
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
