"""How rates, build and memory change with the numbers of points, of polygons and of vertices; plots of that.

Containment (first) on the partition and on footprints, dwithin and nearest on footprints. Beside ours: the better of
Shapely's prepared forms, and the fastest of the Rust peers. Answers are equal first, as in engine.py. The share of the
physical limit is that of reading 16 bytes and writing 4 a point at the speed that read.c finds. Figures go to
target/benches/curves.json, plots to docs/plots (target/benches/plots with --quick) where matplotlib is installed.

    python curves.py [--quick] [--points N] [--polygons N] [--vertices N] [--rounds N]
"""

import argparse
import json
from functools import partial

import numpy as np
from answers import agree
from compare import OUT, ROOT, Program, machine, number, once, race, table
from engine import OURS, QUICK, sample
from peers import Ours, Rust, ShapelyGrouped, ShapelyPoints, ShapelyPrepared, ShapelyTree
from workloads import points, polygons

try:
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "polyfind", "svg.fonttype": "none"})
    from matplotlib import pyplot
except ImportError:
    pyplot = None

RESULTS = OUT / "curves.json"
SHAPELY, RUST = "Shapely, its best form", "Rust, packed_spatial_index and geo"
COLORS = {OURS: "#0b6e4f", SHAPELY: "#c44536", RUST: "#3d5a80"}
CAP = 0.3


def ways_for(columns):
    """Ours, and who else is here."""
    tree = ShapelyTree(columns)
    tree.verbs = ("nearest",)  # it is never the best for the others
    made = {OURS: [Ours(columns)], SHAPELY: [ShapelyGrouped(columns), ShapelyPoints(columns), tree]}
    if not Rust.missing():
        verbs = {"tree": ("first",), "geo": ("first", "dwithin", "nearest")}
        made[RUST] = [Rust(columns, f"packed_spatial_index+{test}", able) for test, able in verbs.items()]
    return made


def rates(columns, made, question, x, y, rounds):
    """Million points a second of each group: of its fastest way, after equal answers."""
    able = {(group, way): way for group, ways in made.items() for way in ways if way.can(question)}
    asked = {key: len(x) if key[0] == OURS else sample(way, question, x, y, CAP) for key, way in able.items()}
    few = min(len(x), 2_000)
    answers = {key: way.answer(question, x[:few], y[:few]) for key, way in able.items()}
    keys = list(answers)
    for key in keys[1:]:
        what = f"{question}: {key[1].name}"
        agree(what, columns, x, y, question, answers[keys[0]], answers[key], trusted=keys[0][0] == OURS)
    calls = {key: way.call(question, x[: asked[key]], y[: asked[key]]) for key, way in able.items()}
    times = race(calls, rounds=rounds)
    best = {}
    for key, seconds in times.items():
        best[key[0]] = max(best.get(key[0], 0), asked[key] / seconds / 1e6)
    return best


def closed(made):
    for ways in made.values():
        for way in ways:
            way.close()


def by_points(name, sizes, question, kind, counts, rounds):
    """Rates at so many points."""
    columns = polygons(name, **sizes)
    made = ways_for(columns)
    found = []
    for n in counts:
        x, y = points(kind, n, columns)
        found.append((n, rates(columns, made, question, x, y, rounds)))
        print(f"  {n:,} points: {told(found[-1][1])}", flush=True)
    closed(made)
    return found


def by_sets(sets, question, kind, n, rounds):
    """Rates, build and memory for each of [(what it is counted by, name, sizes)]."""
    found = []
    for count, name, sizes in sets:
        columns = polygons(name, **sizes)
        size = Ours(columns).index.info.nbytes
        builds = {OURS: partial(Ours, columns), SHAPELY: partial(ShapelyPrepared, columns)}
        made = ways_for(columns)
        if RUST in made:
            builds[RUST] = made[RUST][-1].build()
        vertices = len(columns.x)
        x, y = points(kind, n, columns)
        found.append(
            {
                "count": count,
                "vertices": vertices,
                "rates": rates(columns, made, question, x, y, rounds),
                "build": {who: vertices / s / 1e6 for who, s in race(builds, rounds=rounds).items()},
                "bytes": size / vertices,
            }
        )
        print(f"  {count:,}: {told(found[-1]['rates'])}", flush=True)
        closed(made)
    return found


def told(rate):
    return ", ".join(f"{who} {number(value)} M/s" for who, value in rate.items())


def read_speed(size=1 << 28):
    """Bytes a second, as read.c reads them."""
    program = Program("read.c", size, flags=["-O3", "-march=native", "-ffast-math"])
    seconds = min(once(program.way("sum")) for _ in range(5))
    program.close()
    return size / seconds


def draw(folder, name, title, across, up, lines, straight=()):
    """One plot: {label: [(x, y)]} on logarithmic axes."""
    if not any(lines.values()):
        return
    figure, axes = pyplot.subplots(figsize=(9, 4.2), layout="constrained")
    styles = {}
    for label, pairs in lines.items():
        who = next((who for who in COLORS if label.startswith(who)), label)
        style = styles.setdefault(who, iter(("o-", "s--", "^:", "d-."))).__next__()
        if pairs:
            axes.plot(*zip(*pairs), style, color=COLORS.get(who), label=label, markersize=4)
    for label, height in straight:
        axes.axhline(height, color="#888888", linewidth=1)
        axes.annotate(label, (1, height), xycoords=("axes fraction", "data"), ha="right", va="bottom", fontsize=8)
    axes.set(title=title, xlabel=across, ylabel=up, xscale="log", yscale="log")
    axes.grid(alpha=0.3)
    figure.legend(loc="outside right upper", fontsize=8)
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
    pyplot.close(figure)


def plots(folder, figures):
    limit = figures["limit"]
    words = {"points": "points in a call", "polygons": "polygons", "vertices": "vertices per polygon"}
    for plot, across in words.items():
        lines = {}
        for what, curve in figures[plot].items():
            for who in COLORS:
                pairs = [(n, rate[who]) for n, rate in pairs_of(curve) if who in rate]
                lines[f"{who}: {what}"] = pairs
        draw(folder, plot, f"Rate against {across}, one thread", across, "million points/s", lines, [("limit", limit)])
    build, size = {}, {}
    for plot in ("polygons", "vertices"):
        curve = next(iter(figures[plot].values()))  # the sets are the same for all of them
        what = "more footprints" if plot == "polygons" else "finer borders"
        size[f"{OURS}: {what}"] = [(row["vertices"], row["bytes"]) for row in curve if row["bytes"] > 0]
        for who in COLORS:
            pairs = [(row["vertices"], row["build"][who]) for row in curve if who in row["build"]]
            build[f"{who}: {what}"] = pairs
    draw(folder, "build", "Build, one thread", "vertices in all", "million vertices/s", build)
    draw(folder, "bytes", "Index, coordinates with it", "vertices in all", "bytes per vertex", size)
    shares = {
        f"{OURS}: {what}": [(n, 100 * rate[OURS] / limit) for n, rate in pairs_of(curve) if OURS in rate]
        for what, curve in figures["points"].items()
    }
    title = "Share of what reading 16 and writing 4 bytes a point allows"
    draw(folder, "limit", title, "points in a call", "percent", shares, [("limit", 100)])


def pairs_of(curve):
    return [(row["count"], row["rates"]) if isinstance(row, dict) else row for row in curve]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes: a smoke test")
    parser.add_argument("--points", type=float, default=1e7, help="at most so many, up to 1e8")
    parser.add_argument("--polygons", type=float, default=1e6)
    parser.add_argument("--vertices", type=float, default=16384, help="at most so many per polygon")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    sizes = QUICK if args.quick else {name: {} for name in QUICK}
    if args.quick:
        args.points, args.polygons, args.vertices, args.rounds = 1e4, 1e3, 64, 1
    print(machine())
    counts = [10**e for e in range(3, 9) if 10**e <= args.points]
    n = int(min(args.points, 1e6))

    figures = {"points": {}, "polygons": {}, "vertices": {}, "limit": read_speed() / 20 / 1e6, "quick": args.quick}
    covering = ("first", None)
    for what, name, question, kind in (
        ("containment, county", "county", covering, "uniform"),
        ("containment, foot", "foot", covering, "clustered"),
        ("within 0.05, foot", "foot", ("dwithin", 0.05), "clustered"),
        ("nearest, foot", "foot", ("nearest", 1), "clustered"),
    ):
        print(f"\n{what}, by points", flush=True)
        figures["points"][what] = by_points(name, sizes[name], question, kind, counts, args.rounds)
    towns = [(10**e, "foot", {"n": 10**e}) for e in range(2, 7) if 10**e <= args.polygons]
    for what, question in (("containment", covering), ("within 0.05", ("dwithin", 0.05))):
        print(f"\n{what}, by polygons", flush=True)
        figures["polygons"][what] = by_sets(towns, question, "clustered", n, args.rounds)
    sides = [4**e for e in range(1, 8) if 4 * 4**e <= args.vertices]
    cells = [(4 * side, "county", {"cells": 20, "low": side, "high": side}) for side in sides]
    print("\ncontainment, by vertices", flush=True)
    figures["vertices"]["containment"] = by_sets(cells, covering, "uniform", n, args.rounds)

    RESULTS.write_text(json.dumps(figures, default=float))
    if pyplot is None:
        print("\nno plots: matplotlib is not installed")
    else:
        folder = OUT / "plots" if args.quick else ROOT / "docs" / "plots"
        plots(folder, figures)
        print(f"\nplots in {folder.relative_to(ROOT)}")
    rows = [(what, *(told(rate) for _, rate in pairs_of(curve[-1:]))) for what, curve in figures["points"].items()]
    table(f"At {counts[-1]:,} points; the limit is {number(figures['limit'])} M/s", ("job", "rates"), rows)
    assert np.isfinite(figures["limit"])


if __name__ == "__main__":
    main()
