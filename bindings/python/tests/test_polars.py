"""Expressions in Polars: what the index answers, in every engine and every version from 1.0 on."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

import polyfind as pf

pl = pytest.importorskip("polars", minversion="1.0")
px = pytest.importorskip("polyfind.polars")

VERSION = tuple(int(part) for part in pl.__version__.split(".")[:2])
N = 5000


def stream(lazy):
    """Collects in the streaming engine, whatever this version calls it."""
    if VERSION < (1, 23):
        return lazy.collect(streaming=True)
    return lazy.collect(engine="streaming")


@pytest.fixture(scope="module")
def polygons():
    """Boxes that overlap, on a grid so that points lie on boundaries."""
    rng = np.random.default_rng(3)
    low = rng.integers(0, 80, (400, 2)) / 4
    return pf.Polygons.from_boxes(np.hstack([low, low + rng.integers(1, 12, (400, 2)) / 4]))


@pytest.fixture(scope="module")
def index(polygons):
    return pf.PolygonIndex(polygons)


@pytest.fixture(scope="module")
def path(index, tmp_path_factory):
    path = tmp_path_factory.mktemp("polars") / "zones.index"
    index.save(path)
    return path


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(4)
    x, y = rng.integers(-8, 96, (2, N)) / 4
    return pl.DataFrame({"name": rng.integers(0, 9, N), "x": x, "y": y})


@pytest.fixture(params=["path", "index"])
def given(request, index, path):
    return path if request.param == "path" else index


def nulls(rows):
    """Rows as Polars has them."""
    return [None if row < 0 else row for row in np.asarray(rows).tolist()]


# What is asked, its type, and the same of the index.
QUESTIONS = {
    "locate": (
        lambda i: px.locate("x", "y", index=i),
        pl.UInt32,
        lambda i, x, y: nulls(i.locate(x, y)),
    ),
    "open": (
        lambda i: px.locate("x", "y", index=i, boundary="open", rule="smallest"),
        pl.UInt32,
        lambda i, x, y: nulls(i.locate(x, y, "open", "smallest")),
    ),
    "half open": (
        lambda i: px.locate("x", "y", index=i, boundary="half_open", rule="nearest_center"),
        pl.UInt32,
        lambda i, x, y: nulls(i.locate(x, y, "half_open", "nearest_center")),
    ),
    "count": (
        lambda i: px.count("x", "y", index=i),
        pl.UInt32,
        lambda i, x, y: i.query(x, y, "covered_by", output_format="count").tolist(),
    ),
    "count close": (
        lambda i: px.count("x", "y", index=i, predicate="close", distance=1.5),
        pl.UInt32,
        lambda i, x, y: i.query(x, y, "close", distance=1.5, output_format="count").tolist(),
    ),
    "nearest": (
        lambda i: px.nearest("x", "y", index=i),
        pl.UInt32,
        lambda i, x, y: i.query_nearest(x, y, all_matches=False)[1].tolist(),
    ),
    "nearest, limited": (
        lambda i: px.nearest("x", "y", index=i, max_distance=0.5),
        pl.UInt32,
        lambda i, x, y: nulls(i.best(x, y, "dwithin", distance=0.5, by="distance")),
    ),
    "dwithin": (
        lambda i: px.dwithin("x", "y", index=i, distance=0.25),
        pl.Boolean,
        lambda i, x, y: i.query(x, y, "dwithin", distance=0.25, output_format="mask").tolist(),
    ),
}


@pytest.fixture(params=QUESTIONS)
def question(request):
    return QUESTIONS[request.param]


def test_the_same_as_the_index_eager_lazy_and_streaming(question, given, index, frame):
    ask, dtype, expect = question
    expected = expect(index, frame["x"].to_numpy(), frame["y"].to_numpy())
    assert frame.select(ask(given)).to_series().to_list() == expected
    lazy = frame.lazy().with_columns(answer=ask(given))
    assert lazy.collect_schema()["answer"] == dtype
    for collected in (lazy.collect(), stream(lazy)):
        assert collected.schema["answer"] == dtype
        assert collected["answer"].to_list() == expected
    # Polygons and points are many enough for every answer there is.
    assert len(set(expected)) > 1


def test_distances_of_the_nearest(given, index, frame):
    expr = px.nearest("x", "y", index=given, max_distance=2, return_distance=True).alias("near")
    dtype = pl.Struct({"polygon": pl.UInt32, "distance": pl.Float64})
    assert frame.lazy().select(expr).collect_schema()["near"] == dtype
    near = frame.select(expr).unnest("near")
    found = index.best(
        frame["x"].to_numpy(), frame["y"].to_numpy(), "dwithin", distance=2, by="distance",
        return_value=True,
    )  # fmt: skip
    assert near["polygon"].to_list() == nulls(found[0])
    there = near.drop_nulls()["distance"].to_numpy()
    np.testing.assert_array_equal(there, found[1][found[0] >= 0])
    assert near["distance"].null_count() == (found[0] < 0).sum() > 0


def test_chunks_slices_and_order(given, index, frame):
    whole = frame.select(px.locate("x", "y", index=given)).to_series()
    pieces = [frame[:7], frame[7:8], frame[8:8], frame[8:3000], frame[3000:]]
    chunked = pl.concat(pieces, rechunk=False)
    assert chunked["x"].n_chunks() > 1
    assert chunked.select(px.locate("x", "y", index=given)).to_series().to_list() == whole.to_list()
    # Of one column more arrays than of the other.
    mixed = chunked.with_columns(frame["y"].rechunk())
    assert mixed.select(px.locate("x", "y", index=given)).to_series().to_list() == whole.to_list()
    part = frame.slice(1234, 99).select(px.locate("x", "y", index=given)).to_series()
    assert part.to_list() == whole[1234 : 1234 + 99].to_list()
    backwards = frame.reverse().select(px.locate("x", "y", index=given)).to_series()
    assert backwards.reverse().to_list() == whole.to_list()


@pytest.mark.parametrize(
    "dtype", ["Float32", "Int8", "UInt8", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64"]
)
def test_other_numbers(dtype, given, index, frame):
    kind = getattr(pl, dtype)
    cast = frame.select(pl.col("x", "y").abs().cast(kind))
    x, y = (cast[name].to_numpy().astype(float) for name in ("x", "y"))
    found = cast.select(px.locate("x", "y", index=given)).to_series().to_list()
    assert found == nulls(index.locate(x, y))
    mixed = cast.with_columns(pl.col("y").cast(pl.Float64))
    assert mixed.select(px.locate("x", "y", index=given)).to_series().to_list() == found


def test_missing_points_have_no_answer(given):
    nan = float("nan")
    frame = pl.DataFrame(
        {"x": [1.0, None, nan, 1.0, 1.0, None], "y": [1.0, 1.0, 1.0, None, nan, None]}
    )
    asked = frame.select(
        px.locate("x", "y", index=given).alias("locate"),
        px.count("x", "y", index=given).alias("count"),
        px.nearest("x", "y", index=given).alias("nearest"),
        px.nearest("x", "y", index=given, return_distance=True).struct.field("distance"),
        px.dwithin("x", "y", index=given, distance=1).alias("dwithin"),
    )
    assert asked.null_count().row(0)[1:] == (5,) * 4
    assert None not in asked.row(0)[1:]
    none = frame.select(px.locate("x", pl.lit(None), index=given)).to_series()
    assert none.null_count() == len(none) > 0
    for empty in (frame.head(0), frame.filter(pl.col("x") < -9e9)):
        found = empty.select(px.locate("x", "y", index=given)).to_series()
        assert (len(found), found.dtype) == (0, pl.UInt32)
        assert stream(empty.lazy().select(px.locate("x", "y", index=given))).height == 0


def test_expressions_and_numbers_for_columns(given, index, frame):
    found = frame.select(px.locate(pl.col("x") + 1, pl.col("y") * 0.5, index=given)).to_series()
    x, y = frame["x"].to_numpy() + 1, frame["y"].to_numpy() * 0.5
    assert found.to_list() == nulls(index.locate(x, y))
    fixed = frame.select(px.locate("x", 3.5, index=given)).to_series()
    assert fixed.to_list() == nulls(index.locate(frame["x"].to_numpy(), np.full(N, 3.5)))
    assert pl.select(px.count(3, 3.5, index=given)).item() == len(
        index.query(3, 3.5, "covered_by")[0]
    )


def test_groups_and_windows(given, index, frame):
    whole = frame.with_columns(zone=px.locate("x", "y", index=given))
    asked = frame.group_by("name").agg(zone=px.locate("x", "y", index=given)).sort("name")
    assert (
        asked["zone"].to_list() == whole.group_by("name").agg("zone").sort("name")["zone"].to_list()
    )
    asked = (
        frame.group_by("name").agg(zones=px.locate("x", "y", index=given).n_unique()).sort("name")
    )
    expected = whole.group_by("name").agg(zones=pl.col("zone").n_unique()).sort("name")
    assert asked["zones"].to_list() == expected["zones"].to_list()
    over = frame.select(px.locate("x", "y", index=given).max().over("name")).to_series()
    assert over.to_list() == whole.select(pl.col("zone").max().over("name")).to_series().to_list()
    several = frame.select(a=px.locate("x", "y", index=given), b=px.locate("y", "x", index=given))
    assert several["a"].to_list() == whole["zone"].to_list() != several["b"].to_list()
    assert (
        frame.filter(px.locate("x", "y", index=given).is_not_null()).height == whole["zone"].count()
    )


def test_rows_are_those_of_with_row_index(given, index, frame):
    zones = pl.DataFrame({"title": [f"zone {i}" for i in range(len(index))]}).with_row_index("zone")
    joined = frame.with_columns(zone=px.locate("x", "y", index=given)).join(
        zones, on="zone", how="left"
    )
    expected = [None if row is None else f"zone {row}" for row in joined["zone"].to_list()]
    assert joined["title"].to_list() == expected
    assert joined["title"].null_count() not in (0, N)


def test_the_name_is_that_of_the_first_column(given, frame):
    assert frame.select(px.locate("x", "y", index=given)).columns == ["x"]
    assert frame.select(px.locate("y", "x", index=given).name.suffix("_zone")).columns == ["y_zone"]


def csv(folder, rows=200_000):
    """A file of points, the numbers of which some are missing."""
    rng = np.random.default_rng(11)
    x, y = np.round(rng.random((2, rows)) * 26 - 3, 3)
    kind = rng.choice(["bus", "tram", "rail"], rows)
    value = rng.integers(0, 100, rows)
    lines = ["id,x,y,kind,value"]
    lines += [f"{i},{a},{b},{k},{v}" for i, (a, b, k, v) in enumerate(zip(x, y, kind, value))]
    lines[77], lines[4000] = "76,,1.5,bus,3", "3999,2.5,,tram,4"
    path = folder / "stops.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_the_pipeline_streams_and_equals_the_pandas_way(tmp_path, given, index):
    pandas = pytest.importorskip("pandas")
    stops, out = csv(tmp_path), tmp_path / "out.csv"
    (
        pl.scan_csv(stops)
        .filter(pl.col("kind") != "rail")
        .with_columns(zone=px.locate("x", "y", index=given))
        .group_by("zone")
        .agg(pl.len().alias("stops"), pl.col("value").sum())
        .sort("zone", nulls_last=False)
        .sink_csv(out)
    )
    frame = pandas.read_csv(stops)
    frame = frame[frame.kind != "rail"].dropna(subset=["x", "y"])
    frame["zone"] = index.locate(frame.x.to_numpy(), frame.y.to_numpy())
    groups = frame.groupby("zone").agg(stops=("id", "size"), value=("value", "sum")).reset_index()
    streamed = pandas.read_csv(out)
    # Who is nowhere: of the stream, and those whose place is missing.
    nowhere = streamed[streamed.zone.isna()].iloc[0]
    mine = streamed[streamed.zone.notna()].astype(int).reset_index(drop=True)
    theirs = groups[groups.zone >= 0].astype(int).reset_index(drop=True)
    assert mine.equals(theirs[["zone", "stops", "value"]])
    assert len(mine) > 200
    alone = groups[groups.zone < 0].iloc[0]
    assert (nowhere.stops, nowhere.value) == (alone.stops + 2, alone.value + 7)


def test_a_real_file(data, tmp_path):
    """Cities of the world in countries."""
    arrays = data("ne_50m_countries")
    offsets = (arrays[f"{level}_offsets"] for level in ("ring", "part", "geom"))
    index = pf.PolygonIndex(pf.Polygons(arrays["x"], arrays["y"], *offsets))
    index.save(tmp_path / "countries.index")
    points = data("geonames_cities1000")
    x, y = points["x"], points["y"]
    pl.DataFrame({"x": x, "y": y}).write_csv(tmp_path / "cities.csv")
    (
        pl.scan_csv(tmp_path / "cities.csv")
        .with_columns(country=px.locate("x", "y", index=tmp_path / "countries.index"))
        .sink_csv(tmp_path / "out.csv")
    )
    found = pl.read_csv(tmp_path / "out.csv")["country"].to_list()
    assert found == nulls(index.locate(x, y))


SHAPES = [
    "POLYGON ((0 0, 4 0, 4 2, 0 2, 0 0), (1 1, 2 1, 2 1.5, 1 1.5, 1 1))",
    None,
    "MULTIPOLYGON (((0 0, 1 0, 1 1)), ((5 5, 6 5, 6 7, 5 7)))",
    "POLYGON EMPTY",
    "POLYGON ((0 0, 4 0, 4 2, 0 2), (1 1, 2 1, 2 1.5, 1 1.5))",
]


@pytest.fixture(params=["text", "binary"])
def shapes(request):
    """Polygons as a column, and as a table; more than a few of them."""
    rows = SHAPES * 500
    table = pf.Polygons.from_wkt(rows)
    if request.param == "text":
        return pl.DataFrame({"id": range(len(rows)), "shape": rows}), table
    shapely = pytest.importorskip("shapely")
    wkb = shapely.to_wkb(table.to_shapely())
    wkb[[row is None for row in rows]] = None
    schema = {"id": pl.Int64, "shape": pl.Binary}
    return pl.DataFrame({"id": range(len(rows)), "shape": wkb.tolist()}, schema=schema), table


def test_measures_are_those_of_the_table(shapes):
    frame, table = shapes
    is_there = frame["shape"].is_not_null().to_numpy()
    lazy = frame.lazy().select(
        area=px.area("shape"),
        center=px.center("shape"),
        centroid=px.centroid("shape"),
        fingerprint=px.fingerprint("shape"),
    )
    place = pl.Struct({"x": pl.Float64, "y": pl.Float64})
    dtypes = [pl.Float64, place, place, pl.UInt64]
    assert list(lazy.collect_schema().values()) == dtypes
    pieces = pl.concat([frame[:3], frame[3:999], frame[999:]], rechunk=False)
    for measured in (
        lazy.collect(),
        stream(lazy),
        pieces.select(*_measures()),
        frame.select(*_measures()),
    ):
        assert list(measured.schema.values()) == dtypes
        for name, expected in (("area", pf.area(table)), ("fingerprint", pf.fingerprint(table))):
            assert measured[name].is_not_null().to_numpy().tolist() == is_there.tolist()
            np.testing.assert_array_equal(
                measured[name].drop_nulls().to_numpy(), expected[is_there]
            )
        for name, (x, y) in (("center", pf.center(table)), ("centroid", pf.centroid(table))):
            got = measured[name].struct.unnest()
            for axis, expected in (("x", x), ("y", y)):
                assert got[axis].is_not_null().to_list() == (~np.isnan(expected)).tolist()
                np.testing.assert_array_equal(
                    got[axis].drop_nulls().to_numpy(), expected[~np.isnan(expected)]
                )


def _measures():
    return [
        px.area("shape").alias("area"),
        px.center("shape").alias("center"),
        px.centroid("shape").alias("centroid"),
        px.fingerprint("shape").alias("fingerprint"),
    ]


def test_equal_polygons_are_found(shapes):
    frame, _ = shapes
    unique = frame.with_columns(hash=px.fingerprint("shape")).unique(
        "hash", keep="first", maintain_order=True
    )
    # The last of the five is the first without closing vertices.
    assert unique["id"].to_list() == [0, 1, 2, 3]


def error_of(call):
    with pytest.raises(pl.exceptions.ComputeError) as caught:
        call()
    return str(caught.value)


def test_errors_name_argument_and_row(given, frame, tmp_path):
    far = frame.with_columns(
        x=pl.when(pl.int_range(pl.len()) == 4321).then(float("inf")).otherwise("x")
    )
    told = error_of(lambda: far.select(px.locate("x", "y", index=given)))
    assert "x[4321] is not finite: inf" in told
    assert "y must be a column of numbers" in error_of(
        lambda: frame.select(px.locate("x", pl.lit("a"), index=given))
    )
    missing = tmp_path / "none.index"
    told = error_of(lambda: frame.select(px.locate("x", "y", index=missing)))
    assert f"No such file or directory (os error 2): {missing}" in told
    damaged = tmp_path / "damaged.index"
    damaged.write_bytes(b"polyfind" * 100)
    assert "index: " in error_of(lambda: frame.select(px.locate("x", "y", index=damaged)))
    shapes = pl.DataFrame({"shape": ["POLYGON EMPTY", None, "POINT (1 2)"]})
    told = error_of(lambda: shapes.select(px.area("shape")))
    assert "polygons[2], byte 0: neither a Polygon, nor a MultiPolygon" in told
    told = error_of(lambda: frame.lazy().select(px.area("x")).collect_schema())
    assert "polygons must be a column of binary (WKB) or of strings (WKT)" in told
    insides = pf.PolygonIndex(pf.Polygons.from_boxes([[0, 0, 1, 1]]), uses="insides")
    assert "distances" in error_of(lambda: frame.select(px.nearest("x", "y", index=insides)))


def test_arguments_are_looked_at_at_once(index):
    for wrong, kind in (
        (lambda: px.locate("x", "y", index=index, boundary="shut"), ValueError),
        (lambda: px.locate("x", "y", index=index, rule="priority"), ValueError),
        (lambda: px.count("x", "y", index=index, predicate="contains"), ValueError),
        (lambda: px.count("x", "y", index=index, predicate="dwithin"), TypeError),
        (lambda: px.count("x", "y", index=index, distance=1.0), TypeError),
        (lambda: px.nearest("x", "y", index=index, max_distance=0), ValueError),
        (lambda: px.dwithin("x", "y", index=index, distance="far"), TypeError),
        (lambda: px.dwithin("x", "y", index=index, distance=-1), ValueError),
        (lambda: px.dwithin("x", "y", index=index, distance=float("inf")), ValueError),
        (lambda: px.locate("x", "y", index=5), TypeError),
    ):
        with pytest.raises(kind):
            wrong()


def test_a_file_that_is_saved_anew_is_opened_anew(tmp_path):
    path, frame = tmp_path / "zones.index", pl.DataFrame({"x": [1.0, 6.0], "y": [1.0, 1.0]})
    expr = px.locate("x", "y", index=path)
    for low, expected in ((0, [0, None]), (5, [None, 0]), (0, [0, None])):
        pf.PolygonIndex(pf.Polygons.from_boxes([[low, 0, low + 2, 2]])).save(path)
        for _ in range(2):
            assert frame.select(expr).to_series().to_list() == expected
    path.unlink()
    assert "No such file" in error_of(lambda: frame.select(expr))


def test_a_path_means_the_folder_of_when_it_was_given(path, tmp_path, monkeypatch, frame):
    shutil.copy(path, tmp_path / "here.index")
    monkeypatch.chdir(tmp_path)
    expr = px.count("x", "y", index="here.index")
    expected = frame.select(expr).to_series().to_list()
    monkeypatch.chdir("/")
    assert frame.select(expr).to_series().to_list() == expected


def test_an_index_lives_as_long_as_its_expression(frame):
    def resident():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def build():
        low = np.random.default_rng(1).random((100_000, 2)) * 20
        return pf.PolygonIndex(pf.Polygons.from_boxes(np.hstack([low, low + 0.1])))

    expected = nulls(build().locate(frame["x"].to_numpy(), frame["y"].to_numpy()))
    lazy = frame.lazy().select(px.locate("x", "y", index=build()))
    gc.collect()
    assert lazy.collect().to_series().to_list() == stream(lazy).to_series().to_list() == expected
    if not sys.platform.startswith("linux"):
        return
    size, before = build().nbytes, resident()
    for _ in range(20):
        lazy = frame.lazy().select(px.locate("x", "y", index=build()))
        assert lazy.collect().to_series().to_list() == expected
    del lazy
    gc.collect()
    assert resident() - before < 10 * size


def in_another_process(code, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_an_index_of_another_process_is_refused(index, frame, tmp_path):
    lazy = pl.LazyFrame({"x": [1.0], "y": [1.0]}).select(px.locate("x", "y", index=index))
    file = tmp_path / "plan"
    lazy.serialize(file)
    code = """if True:
        import sys, polars as pl, polyfind as pf, polyfind.polars
        others = [pf.PolygonIndex(pf.Polygons.from_boxes([[0, 0, 9, 9]])) for _ in range(100)]
        try:
            print(pl.LazyFrame.deserialize(sys.argv[1]).collect())
        except pl.exceptions.ComputeError as error:
            print(error)
    """
    assert "index is of another process, or was freed" in in_another_process(code, file)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks are made by fork")
def test_forked_children_ask(path):
    """Before the parent has asked anything, for Polars' own threads are not there in a child."""
    code = """if True:
        import os, sys, polars as pl, polyfind as pf, polyfind.polars as px
        index = pf.PolygonIndex.open(sys.argv[1])
        expected = index.locate(3.0, 3.5).tolist()
        for given in (sys.argv[1], index):
            child = os.fork()
            if child == 0:
                frame = pl.LazyFrame({"x": [3.0] * 1000, "y": [3.5] * 1000})
                found = frame.select(px.locate("x", "y", index=given)).collect().to_series()
                os._exit(0 if found.to_list() == expected * 1000 else 1)
            assert os.waitpid(child, 0)[1] == 0
        print("asked")
    """
    assert in_another_process(code, path) == "asked"


def test_the_package_does_not_need_polars():
    code = "import sys, polyfind; print('polars' in sys.modules)"
    assert in_another_process(code) == "False"
