"""Small calls: the area of one polygon, and one point asked about 1,000 polygons (the story's).

From C, bare cffi (the package's own ffi and lib, all structures prepared), our Python, the ctypes
wrapper, and as peers Shapely, geopandas and cKDTree on objects that are ready, with a tree over the
polygons' centers for the one-point questions. Equal answers first; nanoseconds per call,
the fastest of many turns, since the bar here is a time and no ratio.

    python calls.py [--quick]
"""

import argparse
import sys
from functools import partial

import numpy as np
import polyfind
import shapely
from compare import LIBRARY, ROOT, Program, bar, machine, race, same, table
from polyfind._native import ffi, lib
from scipy.spatial import cKDTree
from story import MAX_DIST, example, write_input

sys.path.insert(0, str(ROOT / "bindings" / "ctypes"))
import polyfind_ctypes

try:
    import geopandas
except ImportError:
    geopandas = None

JOBS = ("area", "best", "count")


def bare(x, y, ring_offsets, px, py):
    """Each job as one foreign call, the rooms it writes to, and what must stay alive."""
    address = ffi.from_buffer
    polygons = ffi.new("pf_polygons *", {"struct_size": ffi.sizeof("pf_polygons")})
    polygons.vertices.x, polygons.vertices.y = address("double[]", x), address("double[]", y)
    polygons.vertices.len, polygons.vertices.stride = len(x), 8
    polygons.vertices.dtype, polygons.offset_type = lib.PF_F64, lib.PF_I64
    polygons.ring_offsets = address("int64_t[]", ring_offsets)
    polygons.ring_count = len(ring_offsets) - 1
    index = ffi.new("pf_index **")
    assert lib.pf_index_build(polygons, ffi.NULL, ffi.NULL, index, ffi.NULL) == lib.PF_OK
    polygons.ring_count = 1
    points = ffi.new("pf_points *", {"len": 1, "stride": 8, "dtype": lib.PF_F64})
    points.x, points.y = address("double[]", px), address("double[]", py)
    query = ffi.new("pf_query *", {"struct_size": ffi.sizeof("pf_query")})
    query.relation, query.order, query.distance = lib.PF_CLOSE, lib.PF_BY_AREA, MAX_DIST
    rooms = ffi.new("double[1]"), ffi.new("int32_t[1]"), ffi.new("uint32_t[1]")
    null, asked = ffi.NULL, (index[0], points, query, ffi.NULL)
    calls = {
        "area": partial(lib.pf_polygons_area, polygons, null, rooms[0], 1, null),
        "best": partial(lib.pf_index_best, *asked, rooms[1], null, 1, null),
        "count": partial(lib.pf_index_count, *asked, rooms[2], 1, null),
    }
    kept = (polygons, index, points, query, x, y, ring_offsets, px, py)
    return calls, rooms, kept


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    quick = parser.parse_args().quick
    print(machine())

    rings, points = example()
    x, y = (np.concatenate(column) for column in zip(*rings))
    ring_offsets = np.arange(len(rings) + 1) * 10
    px, py = np.array([points[0][:1], points[0][1:]])
    near = float(px[0]), float(py[0])

    with write_input(x, y, ring_offsets, *np.array(points).T) as path:
        program = Program("calls.c", path)
    foreign, rooms, _kept = bare(x, y, ring_offsets, px, py)
    for call in foreign.values():
        assert call() == lib.PF_OK
    expected = [room[0] for room in rooms]
    same("from C", [float(answer) for answer in program.answers], expected)

    one = polyfind.Polygons(*rings[0], ring_offsets[:2])
    index = polyfind.PolygonIndex(polyfind.Polygons(x, y, ring_offsets), uses="centers")
    ask = {"distance": MAX_DIST, "by": "area"}
    many = {"distance": MAX_DIST, "output_format": "count"}
    other = polyfind_ctypes.Library(LIBRARY / "libpolyfind.so")
    other_one = other.polygons(*rings[0], ring_offsets[:2])
    other_index = other.index(other.polygons(x, y, ring_offsets))
    polygon = shapely.Polygon(np.column_stack(rings[0]))
    centers = np.column_stack([column.reshape(-1, 10).mean(axis=1) for column in (x, y)])
    tree, kdtree = shapely.STRtree(shapely.points(centers)), cKDTree(centers)
    point = shapely.Point(near)

    ways = {
        "from C": dict(zip(JOBS, map(program.way, JOBS))),
        "cffi, bare": foreign,
        "polyfind, two numbers": {
            "area": partial(polyfind.area, one),
            "best": partial(index.best, *near, **ask),
            "count": partial(index.query, *near, **many),
        },
        "polyfind, arrays of one": {
            "best": partial(index.best, px, py, **ask),
            "count": partial(index.query, px, py, **many),
        },
        "ctypes wrapper, arrays of one": {
            "area": partial(other.area, other_one),
            "best": partial(other_index.best, px, py, distance=MAX_DIST, by="area"),
            "count": partial(other_index.count, px, py, distance=MAX_DIST),
        },
        "Shapely": {
            "area": partial(shapely.area, polygon),
            "count": partial(tree.query, point, "dwithin", MAX_DIST),
        },
        "SciPy cKDTree": {
            "count": partial(kdtree.query_ball_point, near, MAX_DIST, return_length=True),
        },
    }
    if geopandas is not None:
        series = geopandas.GeoSeries([polygon])
        sindex = geopandas.GeoSeries(shapely.points(centers)).sindex
        ways["geopandas"] = {
            "area": lambda: series.area,
            "count": partial(sindex.query, point, "dwithin", distance=MAX_DIST),
        }
    for name, jobs in ways.items():
        for job, way in jobs.items():
            if name not in ("from C", "cffi, bare"):
                answer = np.asarray(way())
                answer = answer.size if answer.size > 1 else answer.item()  # rows, or how many
                rtol = 1e-13 if job == "area" else 0
                same(f"{name}, {job}", answer, expected[JOBS.index(job)], rtol)

    flat = {(name, job): way for name, jobs in ways.items() for job, way in jobs.items()}
    times = race(flat, rounds=5 if quick else 200, turn=0.002, pick=min)
    program.close()

    def cell(name, job):
        return f"{times[name, job] * 1e9:,.0f}" if (name, job) in times else ""

    table(
        "Small calls: ns per call",
        ("from", "area of one", "best of one point", "count of one point"),
        [(name, *(cell(name, job) for job in JOBS)) for name in ways],
    )
    print()
    for job in JOBS:
        added = times["polyfind, two numbers", job] - times["cffi, bare", job]
        bar(f"{job}, what our Python adds to bare cffi", added * 1e9, 2000, " ns", at_most=True)


if __name__ == "__main__":
    main()
