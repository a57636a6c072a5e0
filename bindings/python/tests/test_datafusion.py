"""Questions in DataFusion's SQL are those of the index."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import polyfind as pf

datafusion = pytest.importorskip("datafusion")
pyarrow = pytest.importorskip("pyarrow")
zones = pytest.importorskip("polyfind.datafusion")


@pytest.fixture(scope="module")
def index():
    random = np.random.default_rng(5)
    low = random.uniform(0, 90, (500, 2))
    high = low + random.uniform(0, 10, (500, 2))
    return pf.PolygonIndex(pf.Polygons.from_boxes(np.hstack([low, high])))


def or_null(rows):
    return [None if row < 0 else row for row in rows.tolist()]


@pytest.fixture
def points():
    random = np.random.default_rng(6)
    return random.uniform(-5, 105, (2, 50_000))


def asked(context, sql="SELECT locate(x, y) AS zone FROM points ORDER BY row"):
    return context.sql(sql).to_arrow_table()["zone"].to_pylist()


def given(index, x, y, **options):
    context = datafusion.SessionContext()
    table = pyarrow.table({"row": range(len(x)), "x": x, "y": y})
    context.register_record_batches("points", [table.to_batches(max_chunksize=3_000)])
    context.register_udf(zones.locate(index, **options))
    return context


OPTIONS = (
    {},
    {"boundary": "open"},
    {"rule": "smallest"},
    {"rule": "priority", "priority": np.arange(500)[::-1]},
    {"fallback": "nearest", "max_distance": 3.0},
)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_column_of_sql_is_what_locate_answers(index, points, options):
    expected = index.locate(*points, **options)
    assert (expected < 0).any() and (expected >= 0).any()
    assert asked(given(index, *points, **options)) == or_null(expected)


def test_what_has_no_coordinates_is_nowhere(index):
    x, y = [50.0, None, float("nan"), 50.0], [50.0, 50.0, 50.0, None]
    (here,) = index.locate(50.0, 50.0).tolist()
    assert asked(given(index, pyarrow.array(x), pyarrow.array(y))) == [here, None, None, None]


def test_an_infinite_coordinate_ends_the_query(index):
    with pytest.raises(Exception, match=r"x\[1\] is not finite"):
        asked(given(index, [1.0, float("inf")], [1.0, 1.0]))


@pytest.mark.parametrize("name", ["rule", "boundary", "fallback"])
def test_what_cannot_be_asked_is_refused_before_any_query(index, name):
    with pytest.raises(ValueError, match=name):
        zones.locate(index, **{name: "whatever"})


def test_two_functions_have_two_names(index, points):
    context = given(index, *points)
    context.register_udf(zones.locate(index, rule="smallest", name="smallest"))
    found = asked(context, "SELECT smallest(x, y) AS zone FROM points ORDER BY row")
    assert found == or_null(index.locate(*points, rule="smallest"))
    assert found != asked(context)


def test_groups_of_a_query_are_those_of_numpy(index, points):
    sql = "SELECT locate(x, y) AS zone, count(*) AS n FROM points GROUP BY zone"
    found = {row["zone"]: row["n"] for row in given(index, *points).sql(sql).to_pylist()}
    rows, numbers = np.unique(index.locate(*points), return_counts=True)
    assert found == dict(zip(or_null(rows), numbers.tolist()))


def test_queries_of_several_threads_share_an_index(index, points):
    expected = asked(given(index, *points))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: asked(given(index, *points)), range(4)))
    assert answers == [expected] * 4
