"""Polygons that nobody draws to be friendly, beside friendly ones of as many vertices: build, memory, a point's cost.

Friendly are the partition of workloads.py (for few polygons with many vertices; without every second of them, as on a
chessboard, for what leaves half of the points outside) and square tiles (for many with few), asked about uniform points
in their bounds, as the hostile ones are. Where points match many polygons, what each pair costs is held against what a
point costs. The bar is ten times the friendly one, and for memory 16 bytes a vertex more (a test holds squares to it).

    python hostile.py [--quick] [--vertices N] [--points N] [--rounds N] [--only TEXT]
"""

import argparse

import numpy as np
import polyfind
from compare import bar, machine, number, race, ratio, table
from workloads import partition

TIMES, BYTES = 10, 16
MATCHING = ("first", "all", "nearest", "dwithin")


def ring(x, y):
    return np.asarray(x, float), np.asarray(y, float), np.array([0, len(x)])


def boxes(left, bottom, width, height):
    """Columns and offsets of as many rectangles."""
    x = np.stack([left, left + width, left + width, left], axis=1)
    y = np.stack([bottom, bottom, bottom + height, bottom + height], axis=1)
    return x.ravel().astype(float), y.ravel().astype(float), np.arange(0, 4 * len(left) + 1, 4)


def star(n, inner=1e-3):
    angle, radius = np.arange(n) / n * 2 * np.pi, np.resize([1, inner], n)
    return ring(radius * np.cos(angle), radius * np.sin(angle))


def comb(n):
    """Teeth as long as the whole is wide."""
    return ring(np.r_[np.arange(n - 2) / 2, n / 2, 0], np.r_[np.resize([0, n / 2], n - 2), -1, -1])


def fan(n):
    """Triangles around one point, each with its neighbours' sides."""
    angle = np.arange(n // 3 + 1) / (n // 3) * 2 * np.pi
    x, y = np.cos(angle), np.sin(angle)
    zero = np.zeros(n // 3)
    columns = np.stack([zero, x[:-1], x[1:]], axis=1), np.stack([zero, y[:-1], y[1:]], axis=1)
    return columns[0].ravel(), columns[1].ravel(), np.arange(0, n + 1, 3)[: n // 3 + 1]


def nested(n):
    half = 1 + np.arange(n // 4)[::-1]
    return boxes(-half, -half, 2 * half, 2 * half)


def equal(n):
    zero = np.zeros(n // 4)
    return boxes(zero, zero, zero + 1, zero + 1)


def crosses(n):
    """Long thin boxes, half of them upright: all of one half meet all of the other."""
    count = n // 8
    at, zero = np.arange(count).astype(float), np.zeros(count)
    return boxes(np.r_[at, zero], np.r_[zero, at], np.r_[zero + 0.5, zero + count], np.r_[zero + count, zero + 0.5])


def lattice(n):
    """Unit squares side by side: all vertices, and all points asked about, on one lattice."""
    side = int((n / 4) ** 0.5)
    bottom, left = np.divmod(np.arange(side * side), side)
    one = np.ones(side * side)
    return boxes(left, bottom, one, one)


def crossing(n):
    """Six random corners in each square of a grid: nearly all rings cross themselves."""
    side = int((n / 6) ** 0.5)
    corners = np.random.default_rng(91).random((side * side, 6, 2))
    corners += np.stack(np.divmod(np.arange(side * side), side), -1)[:, None]
    x, y = corners.reshape(-1, 2).T.copy()
    return x, y, np.arange(0, len(x) + 1, 6)


def far(n):
    """The friendly partition, and one small square a million units away."""
    x, y, offsets = friendly(n)
    away = boxes(*np.full((2, 1), 1e6), *np.ones((2, 1)))
    return np.r_[x, away[0]], np.r_[y, away[1]], np.r_[offsets, offsets[-1] + 4]


def friendly(n):
    return partition(max(int((n / 330) ** 0.5), 2), 16, 222, 1)


def chequered(n):
    x, y, offsets = friendly(2 * n)
    polygons = np.arange(len(offsets) - 1)
    row, column = np.divmod(polygons, int(np.sqrt(len(polygons)) + 0.5))
    kept = (row + column) % 2 == 0
    of = np.repeat(kept, np.diff(offsets))
    return x[of], y[of], np.r_[0, np.cumsum(np.diff(offsets)[kept])]


def tiles(n):
    return lattice(n)


# name: (makes it, its friendly twin, most vertices). Pairs of nested squares grow with the square of vertices.
HOSTILE = {
    "star": (star, chequered, None),
    "star to its middle": (lambda n: star(n, 0.0), chequered, None),
    "blunt star": (lambda n: star(n, 0.9), chequered, None),
    "comb": (comb, chequered, None),
    "fan": (fan, tiles, None),
    "nested": (nested, tiles, 40_000),
    "equal": (equal, tiles, 40_000),
    "crosses": (crosses, tiles, 40_000),
    "crossing rings": (crossing, tiles, None),
    "lattice": (lattice, tiles, None),
    "far": (far, friendly, None),
}


def places(made, name, n, rng):
    """Uniform points over the polygons; for the lattice, its own places; for the far one, over the near ones."""
    x, y, offsets = made
    near = slice(None, offsets[-2]) if name == "far" else slice(None)
    px, py = (rng.uniform(column[near].min(), column[near].max(), n) for column in (x, y))
    return (np.round(px * 2) / 2, np.round(py * 2) / 2) if name == "lattice" else (px, py)


def figures(made, px, py, rounds):
    """{what: nanoseconds a vertex to build, bytes a vertex, nanoseconds a point, or a point and pair}."""
    x, y, offsets = made
    table, vertices = polyfind.Polygons(x, y, offsets), offsets[-1]

    def build(uses=("insides", "distances")):
        return polyfind.PolygonIndex(table, uses=uses, workers=1)

    index = build()
    side = max(np.ptp(px), np.ptp(py)) * 1e-4
    few = max(len(px) // 20, 10)
    ax, ay = px[:few], py[:few]
    pairs = {"output_format": "csr", "workers": 1}
    calls = {
        "build": build,
        "first": lambda: index.locate(px, py, workers=1),
        "all": lambda: index.query(ax, ay, predicate="intersects", **pairs),
        "nearest": lambda: index.query_nearest(ax, ay, all_matches=False, workers=1),
        "dwithin": lambda: index.query(ax, ay, predicate="dwithin", distance=side, **pairs),
    }
    found = {what: few + calls[what]()[0][-1] for what in ("all", "dwithin")}
    found |= {"build": vertices, "first": len(px), "nearest": few}
    times = race(calls, rounds=rounds)
    nanoseconds = {what: 1e9 * seconds / found[what] for what, seconds in times.items()}
    return nanoseconds | {"bytes": build(("insides",)).nbytes / vertices}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes: a smoke test")
    parser.add_argument("--vertices", type=float, default=200_000)
    parser.add_argument("--points", type=float, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", metavar="TEXT")
    args = parser.parse_args()
    if args.quick:
        args.vertices, args.points, args.rounds = 2_000, 2_000, 1
    print(machine())
    rng, rows, kept, verdicts = np.random.default_rng(5), [], {}, []
    for name, (make, twin, most) in HOSTILE.items():
        if args.only not in name:
            continue
        n = int(min(args.vertices, most or args.vertices))
        if (twin, n) not in kept:
            made = twin(n)
            kept[twin, n] = figures(made, *places(made, "", int(args.points), rng), args.rounds)
        made = make(n)
        found = figures(made, *places(made, name, int(args.points), rng), args.rounds)
        against = {what: found[what] / kept[twin, n][what] for what in found if what != "bytes"}
        cells = [f"{number(found[what])} ({ratio(against[what])})" for what in ("build", *MATCHING)]
        rows.append((name, f"{made[2][-1]:,}", cells[0], number(found["bytes"]), *cells[1:]))
        print("  " + "; ".join(rows[-1]), flush=True)
        verdicts += [(f"{name}: {what}", value, TIMES) for what, value in against.items()]
        verdicts.append((f"{name}: bytes beyond the friendly", found["bytes"] - kept[twin, n]["bytes"], BYTES))
    for (twin, n), found in kept.items():
        cells = [number(found[what]) for what in ("build", "bytes", *MATCHING)]
        rows.append((f"friendly: {twin.__name__}", f"{n:,}", *cells))
    columns = ("polygons", "vertices", "build, ns/vertex", "bytes", *(f"{what}, ns" for what in MATCHING))
    table("What it costs, and in brackets how many times the friendly one", columns, rows)
    print()
    for what, value, wanted in verdicts:
        bar(what, value, wanted, "" if "bytes" in what else "x", at_most=True)


if __name__ == "__main__":
    main()
