"""Every call of the core on buffers that Python has: the same questions with numpy and without it.

As a program it is without numpy, and prints the answers as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from array import array

SIDES = [(0, 0, 4), (4, 0, 4), (1, 1, 1), (20, 0, 2)]
X = array("d", [1.5, 4.0, 6.0, 12.0, 30.0, 1.0])
Y = array("f", [1.5, 2.0, 2.0, 2.0, 1.0, 1.0])  # of another kind


def tables(pf):
    """The same squares from buffers of every kind."""
    x, y = array("d"), array("d")
    for left, low, side in SIDES:
        x.extend(left + side * i for i in (0, 1, 1, 0))
        y.extend(low + side * i for i in (0, 0, 1, 1))
    ends = range(0, 17, 4)
    pairs = array("d", [value for pair in zip(x, y) for value in pair])
    texts = [f"POLYGON (({a} {b}, {a + s} {b}, {a + s} {b + s}, {a} {b + s}))" for a, b, s in SIDES]
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": [list(zip(x[i : i + 4], y[i : i + 4]))]},
        }
        for i in range(0, 16, 4)
    ]
    rings = [(x[i : i + 4], y[i : i + 4]) for i in range(0, 16, 4)]
    views = memoryview(pairs)
    return {
        "arrays": pf.Polygons(x, y, array("i", ends)),
        "floats": pf.Polygons(array("f", x), array("f", y), array("l", ends)),
        "integers": pf.Polygons(array("h", map(int, x)), array("b", map(int, y)), list(ends)),
        "lists": pf.Polygons(list(x), tuple(y), array("Q", ends), array("h", range(5))),
        "pairs": pf.Polygons(xy=views.cast("B").cast("d", (16, 2)), ring_offsets=ends),
        "strided": pf.Polygons(views[::2], views[1::2], array("q", ends)),
        "rings": pf.Polygons.from_rings(rings),
        "texts": pf.Polygons.from_wkt(texts),
        "geojson": pf.Polygons.from_geojson({"type": "FeatureCollection", "features": features}),
        "binary": pf.Polygons.from_wkb(list(map(box_of, SIDES))),
    }


def box_of(square):
    """Well-known binary of a square, without what would write it."""
    import struct

    left, low, side = square
    corners = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]
    values = [value for a, b in corners for value in (left + side * a, low + side * b)]
    return struct.pack("<BIII10d", 1, 3, 1, 5, *values)


def said(result):
    """An answer as lists, NaN as a word."""
    if isinstance(result, tuple):
        return [said(part) for part in result]
    values = result.tolist() if hasattr(result, "tolist") else result
    return json.loads(json.dumps(values).replace("NaN", '"NaN"'))


def answers(pf):
    """All there is to ask."""
    made = tables(pf)
    polygons = made.pop("arrays")
    index = pf.PolygonIndex(polygons)
    told = {f"areas of {name}": said(pf.area(table)) for name, table in made.items()}
    told["tables"] = [repr(table) for table in (polygons, made["floats"])]
    for name in ("area", "signed_area", "perimeter", "bounds", "center", "centroid", "fingerprint"):
        told[name] = said(getattr(pf, name)(polygons))
    for where, points in {"many": (X, Y), "one": (1.5, 1), "none": ([], [])}.items():
        if where != "none":  # shapes of nothing differ
            told[f"{where}: k centers"] = said(index.nearest_centers(*points, 2))
            told[f"{where}: indices"] = said(index.query(*points, "covered_by"))
            for every in (True, False):
                how = {"all_matches": every, "return_distance": True, "max_distance": 5}
                told[f"{where}: nearest, {every}"] = said(index.query_nearest(*points, 2, **how))
        told[f"{where}: locate"] = said(index.locate(*points))
        told[f"{where}: fallback"] = said(index.locate(*points, fallback="nearest"))
        told[f"{where}: center"] = said(index.nearest_centers(*points, return_distance=True))
        best = {"by": "priority", "priority": [4, 3, 2, 1], "return_value": True}
        told[f"{where}: best"] = said(index.best(*points, "covered_by", **best))
        for form in ("csr", "count", "mask"):
            how = {"distance": 1.5, "output_format": form, "return_distance": form == "csr"}
            told[f"{where}: {form}"] = said(index.query(*points, "dwithin", **how))
    told["pairs"] = said(index.locate(xy=list(zip(X, Y))))
    told["explain"] = [str(index.explain(9, y)) for y in (2, 99)]
    out = array("i", [7] * len(X))
    assert index.locate(X, Y, out=out) is out
    told["out"] = out.tolist()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "squares.index")
        index.save(path)
        told["opened"] = said(pf.PolygonIndex.open(path, mmap=True).locate(X, Y))
    told["copied"] = said(pf.PolygonIndex.from_buffer(bytes(index)).locate(X, Y))
    told["info"] = said(tuple(index.info))
    skipped = pf.Polygons.from_wkt(["POLYGON EMPTY", "nothing", None], on_error="skip")
    told["faults"] = [list(fault) for fault in skipped.faults]
    told["refusals"] = refusals(pf, index)
    return told


def refusals(pf, index):
    """What bad input is told, where both say the same."""
    told = []
    for bad in (
        lambda: index.locate([1, 2], [1]),
        lambda: index.locate([1.0, float("nan")], [1.0, 2.0]),
        lambda: index.locate(None, [1]),
        lambda: index.locate([1], [1], xy=[(1, 1)]),
        lambda: index.locate([1], [1], rule="priority", priority=[1, 2]),
        lambda: index.locate([1], [1], out=array("d", [1])),
        lambda: pf.Polygons([0, 1], [0, 1], [0, 9]),
        lambda: pf.Polygons.from_rings([[(0, 0), (1, 1)], ([0, 1, 2], [2])]),
    ):
        try:
            bad()
        except (ValueError, TypeError) as error:
            told.append(f"{type(error).__name__}: {error}")
    return told


def main():
    sys.modules["numpy"] = None
    start = time.perf_counter()
    import polyfind as pf

    told = {"milliseconds": (time.perf_counter() - start) * 1e3, "answers": answers(pf)}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
