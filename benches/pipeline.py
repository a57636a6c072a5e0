"""A file of points, from CSV to CSV, as one stream of Polars with our expressions, against the pandas way.

2,000,000 stops are filtered by their kind, located in the 3,025 counties, counted and summed up by county, and written.
Ours is `pl.scan_csv(...).filter(...).with_columns(zone=pf.locate(...)).group_by(...).agg(...).sink_csv(...)` with the
path of a saved index. The pandas ways read with pandas' own parser (C) and, in "pyarrow", with Arrow's, and locate
with geopandas' sjoin, or with our index. Files are in the system's cache, all ways may use all cores, and all write the
same rows; making the index of the polygons is not counted for any. The expression is then timed on columns in memory,
beside the index itself.

    python pipeline.py [--quick]

(The name of this file is not that of the package that it imports.)
"""

import argparse
import os

import geopandas
import numpy as np
import pandas
import polars as pl
import polyfind
import polyfind.polars as pf
import shapely
import workloads
from compare import bar, machine, milliseconds, race, ratio, table

BAR = 3
KINDS = ["bus", "tram", "rail", "ferry"]


def stops(n):
    """The path of a file of so many points, made if it is not there."""
    path = workloads.CACHE.parent / f"stops-{n}.csv"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(21)
        columns = {
            "id": np.arange(n),
            "x": (rng.random(n) * workloads.SIDE * 1.1).round(6),
            "y": (rng.random(n) * workloads.SIDE).round(6),
            "kind": rng.choice(KINDS, n),
            "value": rng.integers(0, 1000, n),
        }
        made = path.with_suffix(".part")
        pl.DataFrame(columns).write_csv(made)
        made.rename(path)
    return path


def stream(path, index, out):
    (
        pl.scan_csv(path)
        .filter(pl.col("kind") != "rail")
        .with_columns(zone=pf.locate("x", "y", index=index))
        .group_by("zone")
        .agg(pl.len().alias("stops"), pl.col("value").sum())
        .sort("zone", nulls_last=True)
        .sink_csv(out)
    )


def pandas_way(path, locate, out, **how):
    frame = pandas.read_csv(path, **how)
    frame = frame[frame.kind != "rail"]
    zone = locate(frame)
    groups = frame.assign(zone=zone).groupby("zone", dropna=False).agg(stops=("id", "size"), value=("value", "sum"))
    groups.reset_index().astype({"zone": "Int64"}).sort_values("zone").to_csv(out, index=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a twentieth of the points")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    print(machine(), f"polars {pl.__version__}, pandas {pandas.__version__}, {os.cpu_count()} cores")
    n = 100_000 if args.quick else 2_000_000
    path, county = stops(n), workloads.polygons("county")
    index = polyfind.PolygonIndex(polyfind.Polygons(county.x, county.y, county.offsets))
    saved = path.with_name("county.index")
    index.save(saved)
    rings = np.column_stack([county.x, county.y]), (county.offsets, np.arange(len(county) + 1))
    zones = geopandas.GeoDataFrame(geometry=shapely.from_ragged_array(shapely.GeometryType.POLYGON, *rings))
    zones.sindex  # noqa: B018

    def by_index(frame):
        found = index.locate(frame.x, frame.y).astype(float)
        found[found < 0] = np.nan
        return found

    def by_sjoin(frame):
        points = geopandas.GeoDataFrame(index=frame.index, geometry=geopandas.points_from_xy(frame.x, frame.y))
        joined = geopandas.sjoin(points, zones, how="left", predicate="intersects")
        # On a border it has both.
        return joined["index_right"].groupby(level=0).min()

    out = path.with_name("out.csv")
    ways = {
        "Polars, streaming": lambda: stream(path, saved, out),
        "Polars, index object": lambda: stream(path, index, out),
        "pandas, our index": lambda: pandas_way(path, by_index, out),
        "pandas (pyarrow), our index": lambda: pandas_way(path, by_index, out, engine="pyarrow"),
        "pandas, geopandas": lambda: pandas_way(path, by_sjoin, out),
    }
    written = {}
    for name, way in ways.items():
        out.unlink(missing_ok=True)
        way()
        written[name] = pandas.read_csv(out).astype("Int64")
        assert written[name].equals(next(iter(written.values()))), name
    assert len(next(iter(written.values()))) == len(county) + 1
    seconds = race(ways, rounds=2 if args.quick else args.rounds)
    ours = seconds["Polars, streaming"]
    title = f"{n:,} stops, {path.stat().st_size / 1e6:,.0f} MB; {len(county) + 1:,} rows, the same from all"
    rows = [[name, milliseconds(time), ratio(time / ours)] for name, time in seconds.items()]
    table(title, ["way", "ms", "to the first"], rows)
    bar("pipeline against pandas and geopandas", seconds["pandas, geopandas"] / ours, BAR)
    arrays(n, index, saved, rounds=2 if args.quick else args.rounds)


def arrays(n, index, saved, rounds):
    """The expression on columns in memory, beside the index on the same."""
    rng = np.random.default_rng(22)
    x, y = rng.random((2, n)) * workloads.SIDE
    frame = pl.DataFrame({"x": x, "y": y})
    expr = pf.locate("x", "y", index=saved)
    found = frame.select(expr).to_series().fill_null(-1).cast(pl.Int32).to_numpy()
    assert np.array_equal(found, index.locate(x, y))
    ways = {
        "expression": lambda: frame.select(expr),
        "index": lambda: index.locate(x, y),
        "index, one thread": lambda: index.locate(x, y, workers=1),
    }
    seconds = race(ways, rounds)
    rows = [[name, milliseconds(time), ratio(time / seconds["index"])] for name, time in seconds.items()]
    table(f"{n:,} points in memory", ["way", "ms", "to the index"], rows)


if __name__ == "__main__":
    main()
