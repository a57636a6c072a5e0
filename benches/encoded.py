"""Polygons from well-known binary and text and from GeoJSON, against Shapely.

500,000 footprints as a list of bytes (or str): Polygons.from_wkb against shapely.from_wkb and to_ragged_array, which
gives the same buffers. The same as one Arrow column, which ours reads where it is; Shapely takes objects of it, whose
making is counted. GeoJSON is one document of features, which json.loads reads beside them. Text has as many digits as
doubles need. One thread. Vertices and offsets are equal to the last bit.

    python encoded.py [--quick]
"""

import argparse
import json

import numpy as np
import polyfind
import pyarrow
import shapely
import workloads
from compare import bar, machine, milliseconds, number, race, ratio, same, table

BAR = 5


def shapely_buffers(geometries):
    _, coords, (rings, _) = shapely.to_ragged_array(geometries)
    return coords[:, 0], coords[:, 1], rings


def our_buffers(polygons):
    assert polygons.part_offsets is None
    return polygons.x, polygons.y, polygons.ring_offsets


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a fiftieth of the size")
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    print(machine())
    foot = workloads.polygons("foot", **({"n": 10_000} if args.quick else {}))
    rings = np.column_stack([foot.x, foot.y]), (foot.offsets, np.arange(len(foot) + 1))
    geometries = shapely.from_ragged_array(shapely.GeometryType.POLYGON, *rings)
    encoded = {
        "wkb": (shapely.to_wkb(geometries), shapely.from_wkb),
        "wkt": (shapely.to_wkt(geometries, rounding_precision=-1), shapely.from_wkt),
    }
    for name, (rows, theirs) in encoded.items():
        compete(name, rows.tolist(), theirs, rounds=2 if args.quick else args.rounds)
    compete_document(geometries, rounds=2 if args.quick else args.rounds)


def compete(name, rows, theirs, rounds):
    ours = getattr(polyfind.Polygons, f"from_{name}")
    column = pyarrow.array(rows)
    ways = {
        "list": lambda: our_buffers(ours(rows, workers=1)),
        "Arrow": lambda: our_buffers(ours(column, workers=1)),
        "shapely, list": lambda: shapely_buffers(theirs(rows)),
        "shapely, Arrow": lambda: shapely_buffers(theirs(column.to_numpy(zero_copy_only=False))),
    }
    wanted = ways["shapely, list"]()
    for way, call in ways.items():
        for mine, other in zip(call(), wanted):
            same(f"{name}, {way}", mine, other)
    times = race(ways, rounds)
    mega = sum(map(len, rows)) / 1e6
    lines = []
    for way in ("list", "Arrow"):
        mine, other = times[way], times[f"shapely, {way}"]
        figures = (milliseconds(mine), number(mega / mine), milliseconds(other), ratio(other / mine))
        lines.append((way, *figures))
    columns = (f"{name}, from", "ours, ms", "MB/s", "shapely, ms", "shapely / ours")
    table(f"{len(rows):,} rows of {name.upper()}, {mega:.0f} MB", columns, lines)
    bar(f"{name}: against shapely, lists", times["shapely, list"] / times["list"], BAR)


def compete_document(geometries, rounds):
    feature = '{{"type":"Feature","id":{0},"properties":{{"name":"zone {0}"}},"geometry":{1}}}'
    features = map(feature.format, range(len(geometries)), shapely.to_geojson(geometries))
    text = '{"type":"FeatureCollection","features":[' + ",".join(features) + "]}"
    ways = {
        "ours": lambda: our_buffers(polyfind.Polygons.from_geojson(text, workers=1)),
        "shapely": lambda: shapely_buffers(shapely.get_parts(shapely.from_geojson(text))),
        "json.loads": lambda: json.loads(text),
    }
    for mine, other in zip(ways["ours"](), ways["shapely"]()):
        same("geojson", mine, other)
    times = race(ways, rounds)
    mega = len(text) / 1e6
    lines = [(way, milliseconds(times[way]), number(mega / times[way])) for way in ways]
    table(f"{len(geometries):,} features of GeoJSON, {mega:.0f} MB", ("by", "ms", "MB/s"), lines)
    bar("geojson: against shapely", times["shapely"] / times["ours"], BAR)


if __name__ == "__main__":
    main()
