"""How many of the points are in each county, asked in SQL: ours inside the engine beside what the engine has itself.

DuckDB: the functions of bindings/duckdb, the same as a function of Python over Arrow, and the join of the spatial
extension. DataFusion: polyfind.datafusion.locate, and the join of SedonaDB, which is DataFusion with geometry. Points
are columns in the engine's own memory, polygons are in an index file or the engine's geometry; making these is not
timed. Counts are equal before anything is timed; one thread, then two.

    python sql.py [--points N] [--rounds N] [--quick]

Needs duckdb, datafusion and what `python3 dev.py sql` makes; the spatial extension comes from PyPI as
duckdb-extension-spatial, for the one version of duckdb that it is of.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import datafusion
import duckdb
import numpy as np
import polyfind
import pyarrow
import shapely
from compare import ROOT, machine, number, race, ratio, same, table
from peers import Sedona, polygon_objects
from polyfind.datafusion import locate
from workloads import points, polygons

EXTENSION = ROOT / "bindings" / "duckdb" / "target" / "release" / "polyfind.duckdb_extension"
GROUPS = "SELECT {zone} AS zone, count(*) AS n FROM points GROUP BY zone ORDER BY zone"
JOIN = "SELECT id, count(*) AS n FROM points JOIN counties ON ST_Intersects(geom, {point}) GROUP BY id ORDER BY id"


def counted(zones, numbers, polygons):
    """Points of each polygon."""
    counts = np.zeros(polygons, np.int64)
    is_zone = ~np.ma.getmaskarray(np.ma.masked_invalid(np.ma.asarray(zones, float)))
    counts[np.asarray(zones, float)[is_zone].astype(np.int64)] = np.asarray(numbers)[is_zone]
    return counts


class Duckdb:
    """What DuckDB answers, and with what."""

    def __init__(self, columns, index, path, x, y):
        self.polygons = len(columns)
        self.database = duckdb.connect(config={"allow_unsigned_extensions": "true"})
        self.database.execute(f"LOAD '{EXTENSION}'")
        self.database.register("given", {"x": x, "y": y})
        self.database.execute("CREATE TABLE points AS SELECT * FROM given")
        arrow = {"type": "arrow", "parameters": ["DOUBLE", "DOUBLE"], "return_type": "INTEGER"}
        self.database.create_function("py_locate", lambda x, y: pyarrow.array(index.locate(x, y, workers=1)), **arrow)
        self.ways = {
            "DuckDB, polyfind_locate": GROUPS.format(zone=f"polyfind_locate(x, y, '{path}')"),
            "DuckDB, Python over Arrow": GROUPS.format(zone="py_locate(x, y)"),
        }
        if self.has_spatial(columns):
            self.ways["DuckDB, spatial join"] = JOIN.format(point="ST_Point(x, y)")

    def has_spatial(self, columns):
        try:
            from duckdb_extensions import import_extension

            import_extension("spatial")
            self.database.execute("LOAD spatial")
        except (ImportError, duckdb.Error) as reason:
            print(f"left out: the spatial extension ({reason})")
            return False
        objects = shapely.to_wkb(polygon_objects(columns))
        self.database.register("objects", {"id": np.arange(len(objects)), "wkb": objects})
        self.database.execute("CREATE TABLE counties AS SELECT id, ST_GeomFromWKB(wkb::BLOB) AS geom FROM objects")
        return True

    def call(self, way, threads):
        def ask():
            self.database.execute(f"SET threads = {threads}")
            found = self.database.execute(self.ways[way]).fetchnumpy()
            return counted(*found.values(), self.polygons)

        return ask


class Datafusion:
    def __init__(self, columns, index, x, y):
        self.polygons, self.ways = len(columns), ["DataFusion, polyfind.datafusion"]
        self.batches = pyarrow.table({"x": x, "y": y}).to_batches(max_chunksize=8192)
        self.function = locate(index)
        self.sedona = None if Sedona.missing() else Sedona(columns)
        if self.sedona:
            self.ways.append("SedonaDB, spatial join")
            frame = self.sedona.database.create_data_frame(pyarrow.table({"x": x, "y": y}))
            frame.to_memtable().to_view("points", overwrite=True)

    def call(self, way, threads):
        config = datafusion.SessionConfig().with_target_partitions(threads)
        context = datafusion.SessionContext(config)
        halves = [self.batches[i::threads] for i in range(threads)]
        context.register_record_batches("points", halves)
        context.register_udf(self.function)

        def ask():
            found = context.sql(GROUPS.format(zone="locate(x, y)")).to_arrow_table()
            return counted(found["zone"].to_numpy(), found["n"].to_numpy(), self.polygons)

        def ask_sedona():
            self.sedona.database.sql(f"SET datafusion.execution.target_partitions = {threads}").execute()
            join = JOIN.format(point="ST_Point(x, y)").replace("counties", "polygons").replace("geom,", "geometry,")
            found = self.sedona.database.sql(join.replace("id", "polygon")).to_pandas()
            return counted(found["polygon"], found["n"], self.polygons)

        return ask_sedona if way.startswith("Sedona") else ask


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=float, default=1e6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="small sizes: a smoke test")
    args = parser.parse_args()
    if args.quick:
        args.points, args.rounds = 1e4, 1
    if not EXTENSION.is_file():
        raise SystemExit(f"{EXTENSION.relative_to(ROOT)} is not there: python3 dev.py sql makes it")
    print(machine(("numpy", "duckdb", "datafusion", "sedonadb", "pyarrow")))
    columns = polygons("county", **({"cells": 12} if args.quick else {}))
    x, y = points("uniform", int(args.points), columns)
    index = polyfind.PolygonIndex(polyfind.Polygons(*columns[:3]))
    expected = np.bincount(index.locate(x, y), minlength=len(columns))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "counties.index"
        index.save(path)
        for engine in (Duckdb(columns, index, path, x, y), Datafusion(columns, index, x, y)):
            for way in engine.ways:
                same(way, engine.call(way, 1)(), expected)
            calls = {(way, threads): engine.call(way, threads) for threads in (1, 2) for way in engine.ways}
            times = race(calls, rounds=args.rounds)
            first = times[next(iter(engine.ways)), 1]
            table(
                f"{len(columns):,} counties, {len(x):,} points",
                ("way", "ms", "million/s", "against ours", "two threads"),
                [
                    (
                        way,
                        number(times[way, 1] * 1e3),
                        number(len(x) / times[way, 1] / 1e6),
                        ratio(times[way, 1] / first),
                        ratio(times[way, 1] / times[way, 2]),
                    )
                    for way in engine.ways
                ],
            )


if __name__ == "__main__":
    main()
