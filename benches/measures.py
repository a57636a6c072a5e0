"""Area, centroid, bounds, perimeter and center of many polygons, against Shapely.

Two sets: 500,000 polygons of 4 to 12 corners, and 100 polygons of 40,000 vertices; rings are closed in the buffers.
Ours reads flat buffers, once two columns and once interleaved pairs. Shapely's functions run on geometry objects that
are ready, and (making) on objects made from the same interleaved buffers inside the clock, by from_ragged_array; the
making of Polygons is then added to ours. Every turn begins with a call that is not timed.
Shapely keeps each object's bounds: on ready objects they are looked up. It
has no mean of the vertices: for center the peer is numpy's reduceat on the columns. One thread. Answers are equal
within 1e-9.

GB/s are those of the coordinates, 16 bytes a vertex. What one thread can read is measured in the same rounds, as the
best of numpy's sum and max and a C loop, over as many bytes and over four times that.

    python measures.py [--quick]
"""

import argparse

import numpy as np
import polyfind
import shapely
from compare import Program, bar, machine, number, race, ratio, same, table

BARS = {  # against ready objects, and with their making inside the clock
    "small": ({"area": 3, "centroid": 20, "bounds": 3}, 50),
    "large": ({"centroid": 5}, None),
}


def small(rng, polygons):
    """Convex rings of 4 to 12 corners, spread like buildings: (n, 2) vertices, closed; offsets."""
    corners = rng.integers(4, 13, polygons)
    offsets = np.concatenate([[0], np.cumsum(corners + 1)])
    owner = np.repeat(np.arange(polygons), corners + 1)
    step = np.arange(offsets[-1]) - offsets[:-1][owner]
    step %= corners[owner]  # the closing vertex is the first again
    angle = 2 * np.pi * step / corners[owner] + rng.uniform(0, 6, polygons)[owner]
    size = rng.uniform(5e-4, 2e-3, polygons)[owner]
    place = rng.uniform(0, 100, (polygons, 2))[owner]
    xy = place + np.column_stack([size * np.cos(angle), 0.6 * size * np.sin(angle)])
    return xy, offsets


def large(rng, polygons, corners):
    """Rough round rings."""
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    rings = []
    for _ in range(polygons):
        waves = (rng.normal() * np.cos(n * angle + rng.uniform(0, 6)) / n for n in range(3, 30))
        radius = 1 + 0.1 * sum(waves)
        ring = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
        ring += rng.uniform(0, 100, 2)
        rings += [ring, ring[:1]]
    return np.concatenate(rings), np.arange(polygons + 1) * (corners + 1)


def numpy_center(x, y, offsets):
    start, count = offsets[:-1], np.diff(offsets) - 1
    return tuple((np.add.reduceat(c, start) - c[start]) / count for c in (x, y))


def shapely_centroid(polygons):
    return shapely.get_coordinates(shapely.centroid(polygons)).T


def readers(size):
    """Ways to read that many bytes, and the C programs among them."""
    data = np.ones(size // 8)
    program = Program("read.c", size, flags=["-O3", "-march=native", "-ffast-math"])
    return {"numpy sum": data.sum, "numpy max": data.max, "C loop": program.way("sum")}, program


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a fiftieth of the sizes")
    parser.add_argument("--rounds", type=int, default=9)
    args = parser.parse_args()
    cut, rounds = (50, 2) if args.quick else (1, args.rounds)
    print(machine())

    rng = np.random.default_rng(6)
    sets = {
        "small": small(rng, 500_000 // cut),
        "large": large(rng, 100, 40_000 // cut),
    }
    for name, (xy, offsets) in sets.items():
        compete(name, xy, offsets, rounds)


def compete(name, xy, offsets, rounds):
    """All measures of one set: equal answers, the race, a table, bars."""
    x, y = xy[:, 0].copy(), xy[:, 1].copy()
    columns, pairs = polyfind.Polygons(x, y, offsets), polyfind.Polygons(xy=xy, ring_offsets=offsets)
    holes = np.arange(len(offsets))

    def make():
        return shapely.from_ragged_array(shapely.GeometryType.POLYGON, xy, (offsets, holes))

    ready = make()
    peers = {
        "area": shapely.area,
        "centroid": shapely_centroid,
        "bounds": shapely.bounds,
        "perimeter": shapely.length,
        "center": lambda _: numpy_center(x, y, offsets),
    }
    ways = {}
    for measure, peer in peers.items():
        function = getattr(polyfind, measure)
        for polygons in (columns, pairs):
            same(f"{name}, {measure}", function(polygons, workers=1), peer(ready), rtol=1e-9)
        ways[measure, "columns"] = lambda function=function: function(columns, workers=1)
        ways[measure, "pairs"] = lambda function=function: function(pairs, workers=1)
        ways[measure, "ready"] = lambda peer=peer: peer(ready)
        if measure != "center":
            ways[measure, "making"] = lambda peer=peer: peer(make())
    ways["making"] = make
    ways["Polygons"] = lambda: polyfind.Polygons(x, y, offsets)
    programs = []
    for size in (xy.nbytes, 4 * xy.nbytes):
        reading, program = readers(size)
        ways.update({("read", size, way): run for way, run in reading.items()})
        programs.append(program)
    times = race(ways, rounds=rounds, settle=True)
    for program in programs:
        program.close()

    rows = []
    for measure in peers:
        mine, interleaved = times[measure, "columns"], times[measure, "pairs"]
        ready_time, making = times[measure, "ready"], times.get((measure, "making"))
        rows.append(
            (
                measure,
                number(mine * 1e3),
                number(xy.nbytes / mine / 1e9),
                number(interleaved * 1e3),
                number(xy.nbytes / interleaved / 1e9),
                number(ready_time * 1e3),
                ratio(ready_time / mine),
                ratio(ready_time / interleaved),
                number(making * 1e3) if making else "",
                ratio(making / mine) if making else "",
            )
        )
    table(
        f"{len(offsets) - 1:,} polygons, {len(xy):,} vertices: ms and GB/s",
        ("measure", "columns", "GB/s", "pairs", "GB/s", "Shapely", "columns ratio", "pairs ratio")
        + ("Shapely making", "ratio"),
        rows,
    )
    print(
        f"  checking offsets (once per table): {number(times['Polygons'] * 1e3)} ms; "
        f"Shapely's making of objects alone: {number(times['making'] * 1e3)} ms"
    )
    speeds = {way: way[1] / times[way] for way in times if way[0] == "read"}
    fastest = max(speeds, key=speeds.get)
    speed = speeds[fastest]
    print(f"  one thread reads {speed / 1e9:.1f} GB/s ({fastest[2]}, {fastest[1] >> 20} MiB)\n")
    against_ready, against_making = BARS[name]
    for layout in ("columns", "pairs"):
        for measure, wanted in against_ready.items():
            ours, making = times[measure, layout], times["Polygons"] + times[measure, layout]
            bar(f"{name}, {layout}, {measure}", times[measure, "ready"] / ours, wanted)
            if against_making:
                bar(f"{name}, {layout}, {measure}, with making", times[measure, "making"] / making, against_making)
        if not against_making:
            share = 100 * xy.nbytes / times["area", layout] / speed
            bar(f"{name}, {layout}, area, share of the read bandwidth", share, 60, " %")


if __name__ == "__main__":
    main()
