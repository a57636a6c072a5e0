"""Joins of frames, row for row beside geopandas; the other frames beside the GeoDataFrame."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pytest

import polyfind as pf

geopandas = pytest.importorskip("geopandas")
pandas = pytest.importorskip("pandas")
pyarrow = pytest.importorskip("pyarrow")
shapely = pytest.importorskip("shapely")

HOWS = ["inner", "left"]
PREDICATES = [("intersects", None), ("within", None), ("covered_by", None), ("dwithin", 0.75)]


def same(ours, theirs):
    """Equal in rows, order, index, names and values; nullable dtypes count as theirs."""
    # geopandas has the polygons of a point in the order of its tree.
    theirs = theirs.iloc[np.lexsort([theirs["zone"], theirs["point"]])]
    assert type(ours) is type(theirs) and ours.crs == theirs.crs
    assert ours.geometry.name == theirs.geometry.name
    assert list(ours.geometry.to_wkb()) == list(theirs.geometry.to_wkb())
    drop = ours.geometry.name
    mine, expected = (pandas.DataFrame(frame.drop(columns=drop)) for frame in (ours, theirs))
    assert list(mine.columns) == list(expected.columns)
    for i, dtype in enumerate(expected.dtypes):
        if dtype != mine.dtypes.iloc[i]:  # floats and objects for what we keep
            assert str(mine.dtypes.iloc[i]) in ("Int64", "Int16", "UInt8", "boolean")
            name = mine.columns[i]
            expected[name] = expected[name].astype(mine[name].dtype)
    pandas.testing.assert_frame_equal(mine, expected)


@pytest.fixture
def points():
    """On a grid, so that many lie on boundaries; with an index that repeats itself."""
    rng = np.random.default_rng(7)
    x, y = rng.integers(0, 40, (2, 300)) / 4
    rows = shapely.points(x, y)
    rows[5], rows[77] = None, shapely.Point()
    columns = {"name": [f"p{i}" for i in range(300)], "size": rng.integers(0, 9, 300)}
    columns["point"] = np.arange(300)
    index = pandas.Index(rng.integers(0, 50, 300), name="stop")
    return geopandas.GeoDataFrame(columns, geometry=rows, index=index)


@pytest.fixture
def zones():
    """Boxes that overlap and touch, one of them missing, not everywhere."""
    rng = np.random.default_rng(8)
    x, y = rng.integers(0, 32, (2, 40)) / 4
    w, h = rng.integers(1, 8, (2, 40)) / 4
    rows = shapely.box(x, y, x + w, y + h)
    rows[3] = None
    columns = {
        "name": [f"z{i}" for i in range(40)],
        "code": rng.integers(-9, 9, 40).astype(np.int16),
        "level": rng.integers(0, 9, 40).astype(np.uint8),
        "open": rng.integers(0, 2, 40) > 0,
        "share": rng.random(40),
        "since": pandas.date_range("2020-01-01", periods=40),
        "kind": pandas.Categorical(["a", "b"] * 20),
        "zone": np.arange(40),
    }
    return geopandas.GeoDataFrame(columns, geometry=rows, index=rng.integers(100, 120, 40))


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize(("predicate", "distance"), PREDICATES)
def test_rows_are_those_of_geopandas(points, zones, how, predicate, distance):
    theirs = geopandas.sjoin(points, zones, how, predicate, distance=distance)
    ours = pf.sjoin(points, zones, how, predicate, distance=distance)
    assert len(theirs) > 50
    same(ours, theirs)


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("limit", [None, 0.5])
def test_nearest_rows_are_those_of_geopandas(points, zones, how, limit):
    ask = {"how": how, "max_distance": limit, "distance_col": "away"}
    theirs = geopandas.sjoin_nearest(points, zones, **ask)
    same(pf.sjoin_nearest(points, zones, **ask), theirs)


@pytest.mark.parametrize("how", HOWS)
def test_real_rows_are_those_of_geopandas(how, data):
    counties, cities = data("us_counties"), data("geonames_cities1000")
    offsets = (counties[f"{level}_offsets"].astype(int) for level in ("ring", "part", "geom"))
    kind, xy = shapely.GeometryType.MULTIPOLYGON, np.column_stack([counties["x"], counties["y"]])
    shapes = shapely.from_ragged_array(kind, xy, tuple(offsets))
    names = [name.decode() for name in counties["names"]]
    columns = {"county": names, "zone": np.arange(len(names))}
    right = geopandas.GeoDataFrame(columns, geometry=shapes)
    places = shapely.points(cities["x"], cities["y"])
    left = geopandas.GeoDataFrame({"point": np.arange(len(places))}, geometry=places)
    same(pf.sjoin(left, right, how), geopandas.sjoin(left, right, how))
    left = left[::400]
    same(
        pf.sjoin_nearest(left, right, how, distance_col="away"),
        geopandas.sjoin_nearest(left, right, how, distance_col="away"),
    )


@pytest.mark.parametrize("how", HOWS)
def test_without_rows(points, zones, how):
    same(pf.sjoin(points[:0], zones, how), geopandas.sjoin(points[:0], zones, how))
    same(pf.sjoin(points, zones[:0], how), geopandas.sjoin(points, zones[:0], how))


def test_an_index_of_many_levels(points, zones):
    points = points.set_index("size", append=True)
    zones = zones.set_index(["code", "level"])
    same(pf.sjoin(points, zones), geopandas.sjoin(points, zones))
    zones.index.names = [None, None]
    same(pf.sjoin(points, zones), geopandas.sjoin(points, zones))


def test_other_names(points, zones):
    points = points.rename_geometry("where").rename_axis("code")
    zones = zones.rename_geometry("shape").rename_axis("stop")
    ask = {"lsuffix": "p", "rsuffix": "z"}
    same(pf.sjoin(points, zones, **ask), geopandas.sjoin(points, zones, **ask))


def plain(frame):
    """Rows as lists with None for what is missing."""
    frame = frame if isinstance(frame, pandas.DataFrame) else frame.to_pandas()
    return frame.astype(object).where(frame.notna(), None).to_numpy().tolist()


KINDS = {
    "pandas": lambda columns: pandas.DataFrame(columns),
    "polars": lambda columns: pytest.importorskip("polars").DataFrame(columns),
    "pyarrow": lambda columns: pyarrow.table(columns),
}


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("of", KINDS)
@pytest.mark.parametrize("kind", KINDS)
def test_all_frames_give_the_same(points, zones, kind, of, how):
    there = ~(points.geometry.isna() | points.geometry.is_empty)
    points = points[there].reset_index(drop=True)
    zones = zones.reset_index(drop=True)[["name", "code", "open", "geometry"]]
    ask = {"how": how, "distance": 0.5, "predicate": "dwithin", "distance_col": "away"}
    expected = pf.sjoin(points, zones, **ask)
    left = {"name": points["name"].tolist(), "east": points.geometry.x, "north": points.geometry.y}
    left = KINDS[kind]({name: np.asarray(column) for name, column in left.items()})
    right = KINDS[of]({name: zones[name].to_numpy() for name in ("name", "code", "open")})
    index = pf.PolygonIndex(pf.Polygons.from_geopandas(zones))
    columns = {"x": "east", "y": "north"}
    given = pf.sjoin(left, index, attributes=right, **columns, **ask)
    assert type(given) is type(left)
    names = ["name_left", "index_right", "name_right", "code", "open", "away"]
    if kind != "pandas":
        dtypes = pyarrow.table(given).schema
        assert [str(dtypes.field(name).type) for name in names[1:5:2]] == ["int64", "int16"]
    assert plain(given.select(names) if kind == "pyarrow" else given[names]) == plain(
        pandas.DataFrame(expected)[names]
    )
    frame = pf.sjoin(left, zones, **columns, **ask)  # attributes from geopandas
    assert type(frame) is type(left) and len(frame) == len(expected)
    bare = pf.sjoin(left, index, **columns, **ask)
    assert len(bare) == len(expected)


@pytest.mark.parametrize("kind", KINDS)
def test_missing_coordinates_and_no_polygons(kind):
    left = KINDS[kind]({"x": [0.5, None, 0.5], "y": [0.5, 0.5, None]})
    box = pf.Polygons.from_boxes([[0, 0, 1, 1]])
    assert len(pf.sjoin(left, box)) == 1
    kept = pf.sjoin(left, box, "left")
    assert [row[2] for row in plain(kept)] == [0, None, None]
    assert len(pf.sjoin(left, pf.Polygons([], [], [0]), "left")) == 3
    assert len(pf.sjoin(left, pf.Polygons([], [], [0]))) == 0


@pytest.mark.parametrize("rule", ["first", "smallest", "nearest_center", "priority"])
def test_rules_are_those_of_locate(points, zones, rule):
    points = points[~(points.geometry.isna() | points.geometry.is_empty)]
    priority = -np.arange(len(zones)) if rule == "priority" else None
    zones = zones.reset_index(drop=True)
    index = pf.PolygonIndex(pf.Polygons.from_geopandas(zones))
    expected = index.locate(xy=points.geometry, rule=rule, priority=priority)
    given = pf.sjoin(points, zones, "left", rule=rule, priority=priority, distance_col="away")
    np.testing.assert_array_equal(given["index_right"].fillna(-1), expected)
    assert (given["away"].isna() == (expected < 0)).all() and not given["away"].any()
    inner = pf.sjoin(points, zones, rule=rule, priority=priority)
    np.testing.assert_array_equal(inner["index_right"], expected[expected >= 0])


def test_a_geoseries_and_an_index(points, zones):
    given = pf.sjoin(points.geometry, zones.geometry)
    assert isinstance(given, geopandas.GeoDataFrame)
    assert list(given.columns) == ["geometry", "index_right"]
    assert len(given) == len(geopandas.sjoin(points, zones))


def test_nothing_that_is_given_changes(points, zones):
    before = points.copy(), zones.copy()
    pf.sjoin(points, zones, "left", rsuffix="z")
    pandas.testing.assert_frame_equal(points, before[0])
    pandas.testing.assert_frame_equal(zones, before[1])


def test_reference_systems(points, zones):
    flat, degrees = points.set_crs(3857), zones.set_crs(4326)
    with pytest.raises(ValueError, match=r"Pseudo-Mercator.*WGS 84.*to_crs"):
        pf.sjoin(flat, degrees)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pf.sjoin(points, degrees)
        pf.sjoin(flat, zones, predicate="dwithin", distance=1)
    with pytest.warns(pf.GeographicWarning, match=r"in degrees.*filterwarnings") as told:
        pf.sjoin(points, degrees, predicate="dwithin", distance=1)
    assert told[0].filename == __file__
    with pytest.warns(pf.GeographicWarning, match="in degrees"):
        pf.sjoin_nearest(points, degrees)
    swapped = geopandas.GeoSeries([shapely.Point(40, -100)], crs=4326)
    with pytest.warns(pf.GeographicWarning, match="swapped"):
        pf.sjoin(swapped, degrees)


def test_what_is_refused(points, zones):
    plain = pandas.DataFrame({"x": [1.0], "y": ["2"]})
    box = pf.Polygons.from_boxes([[0, 0, 1, 1]])
    for error, words, arguments, options in (
        (ValueError, "how='right'", (points, zones, "right"), {}),
        (ValueError, "'within'", (points, zones, "inner", "contains"), {}),
        (TypeError, "needs distance=", (points, zones, "inner", "dwithin"), {}),
        (ValueError, "rule='last'", (points, zones), {"rule": "last"}),
        (TypeError, "rule='priority'", (points, zones), {"priority": [1]}),
        (TypeError, "LineString in row 0", (zones.boundary, zones), {}),
        (TypeError, "must be one of pandas.DataFrame", ([1, 2], zones), {}),
        (TypeError, "not list", (points, [1]), {}),
        (TypeError, "'y' must hold numbers", (plain, box), {}),
        (ValueError, "no column 'lon'", (plain, box), {"x": "lon"}),
        (ValueError, "2 rows for 1", (points, box), {"attributes": zones[:2]}),
        (TypeError, "attributes=", (points, zones), {"attributes": zones}),
        (ValueError, "'name_left'.*different", (points, zones), {"rsuffix": "left"}),
        (ValueError, "'size' already", (points, zones), {"distance_col": "size"}),
        (ValueError, "'index_right'", (points.assign(index_right=1), zones), {}),
        (ValueError, "'index_right'", (points, zones.assign(index_right=1)), {}),
    ):
        with pytest.raises(error, match=words):
            pf.sjoin(*arguments, **options)


def test_a_package_that_is_not_installed_is_not_missed(monkeypatch):
    for name in ("geopandas", "pandas", "pyarrow", "shapely"):
        monkeypatch.setitem(sys.modules, name, None)
    polars = pytest.importorskip("polars")
    left = polars.DataFrame({"x": [0.5, 3.0], "y": [0.5, 3.0]})
    given = pf.sjoin(left, pf.Polygons.from_boxes([[0, 0, 1, 1]]), "left")
    assert given["index_right"].to_list() == [0, None]
