"""The engine against everybody: which polygons cover a point, are near it, are nearest to it.

Sets and points are those of workloads.py, the ways and what is counted those of peers.py. Answers are compared id by id
before anything is timed (answers.py); then all ways take turns. Ours answers all points, slow ways as many of the
first ones as fit a time; ways that gain from many points a polygon answer all, or a tenth where that takes too long.
Rates are of whole calls, from the points' raw columns; what making point objects takes is shown apart. One thread, and
then two for those jobs that say so. The bars are on ratios to the fastest of three forms of Shapely's; a fourth is
shown, too.

    python engine.py [--quick] [--big] [--sets A,B] [--jobs TEXT] [--ways TEXT] [--rounds N] [--cap SECONDS]

--big adds the jobs of 10^7 points. --jobs and --ways take what contains TEXT. Without these two the figures of each set
also go to target/benches/engine-SET.json when it is done; report.py makes docs/performance.md of these.
"""

import argparse
import json
from functools import partial
from time import perf_counter
from typing import NamedTuple

import numpy as np
import polyfind
import shapely
from answers import agree
from compare import MORE_PEERS, OUT, PEERS, bar, machine, number, once, race, ratio, table
from peers import NAMED, SHAPELY, Ours, Rust, ShapelyPrepared, ShapelyTree, everybody, polygon_objects
from workloads import points, polygons

SETS = "county", "huge", "foot"
OURS = Ours.name
QUICK = {"county": {"cells": 12}, "huge": {"cells": 4, "low": 400, "high": 2_000}, "foot": {"n": 5_000}}
# Several calls where they are short: one would be all jitter. What others do on a machine only makes turns longer.
TURNS = {"turn": 0.2, "pause": 0.02, "settle": True, "pick": min}
LIMITS = {  # of what containment needs: seconds to build, bytes a vertex beyond the coordinates
    "county": (0.4, 32),
    "huge": (0.6, 16),
    "foot": (0.4, 12),
}


class Job(NamedTuple):
    set: str
    verb: str
    argument: float | None
    kind: str
    wanted: float | None = None  # times the best of Shapely's three forms
    n: int = 1_000_000
    rate: float | None = None  # million points a second
    threads: bool = False  # also with two
    big: bool = False

    @property
    def question(self):
        return self.verb, self.argument

    def __str__(self):
        words = {"first": "containment, first", "all": "containment, all", "nearest": "nearest, k ="}
        what = " ".join([words.get(self.verb, self.verb), *([f"{self.argument:g}"] if self.argument else [])])
        return f"{self.set}: {what}; {self.n:,} points, {self.kind}"


JOBS = (
    Job("county", "first", None, "uniform", 75, threads=True),
    Job("county", "first", None, "clustered", 75),
    Job("county", "first", None, "uniform sorted"),
    Job("county", "first", None, "snapped"),
    Job("county", "all", None, "uniform"),
    Job("county", "dwithin", 0.05, "uniform", 30),
    Job("county", "first", None, "uniform", 75, n=10_000_000, big=True),
    Job("huge", "first", None, "uniform", 150, threads=True),
    Job("huge", "all", None, "uniform"),
    Job("huge", "dwithin", 0.05, "uniform", 80),
    Job("huge", "first", None, "uniform", 150, n=10_000_000, big=True),
    Job("foot", "first", None, "uniform", 25, threads=True),
    Job("foot", "first", None, "clustered", 25),
    Job("foot", "first", None, "clustered sorted"),
    Job("foot", "first", None, "snapped"),
    Job("foot", "all", None, "uniform"),
    Job("foot", "dwithin", 0.01, "uniform", 30),
    Job("foot", "dwithin", 0.05, "uniform", 30),
    Job("foot", "dwithin", 0.01, "clustered", 30),
    Job("foot", "dwithin", 0.05, "clustered", 30),
    Job("foot", "dwithin", 0.05, "uniform", 16, n=100_000),
    Job("foot", "dwithin", 0.05, "uniform", 16, n=10_000),
    Job("foot", "nearest", 1, "uniform", 60),
    Job("foot", "nearest", 8, "uniform", rate=1.0),
    Job("foot", "close", 0.05, "clustered"),
    Job("foot", "first", None, "uniform", 25, n=10_000_000, big=True),
    Job("foot", "nearest", 1, "uniform", 100, n=10_000_000, big=True),
)


def figures_of(name):
    """Where the figures of a set are."""
    return OUT / f"engine-{name}.json"


def build(name, columns, makers, rounds):
    """All ways, built; a table of what that took, and our bars."""
    ours, insides = Ours(columns), Ours(columns, uses="insides")
    ways, seconds = {OURS: ours}, {}
    for make in makers.values():
        start = perf_counter()
        way = make(columns)
        seconds[way.name] = once(way.build()) if isinstance(way, Rust) else perf_counter() - start
        ways[way.name] = way
    timed = {
        OURS: lambda: Ours(columns),
        "two": lambda: Ours(columns, 2),
        "insides": lambda: Ours(columns, uses="insides"),
        ShapelyTree.name: lambda: ShapelyTree(columns),
        "objects": lambda: polygon_objects(columns),
    }
    rust = next((way for way in ways.values() if isinstance(way, Rust)), None)
    if rust:
        timed["geo"] = rust.build("convert")
    timed = race(timed, rounds=rounds)
    two, for_insides, objects, geo = (timed.pop(key, None) for key in ("two", "insides", "objects", "geo"))
    seconds |= timed
    order = sorted(seconds, key=lambda key: (key != OURS, seconds[key]))
    table(
        f"{name}: {len(columns):,} polygons, {len(columns.x):,} vertices; building, from raw columns",
        ("way", "ms", "against ours"),
        [(key, number(seconds[key] * 1e3), ratio(seconds[key] / seconds[OURS])) for key in order]
        + [(f"{OURS}, two threads", number(two * 1e3), "")]
        + [(f"{OURS}, containment alone", number(for_insides * 1e3), "")]
        + [("of which Shapely's objects", number(objects * 1e3), "")]
        + ([("of which polygons of geo", number(geo * 1e3), "")] if geo else []),
    )
    beyond, beyond_insides = (way.index.info.nbytes / len(columns.x) - 16 for way in (ours, insides))
    print(f"\n  ours: {number(beyond)} bytes a vertex beyond the coordinates, {number(beyond_insides)} for containment")
    return ways, {
        "set": name,
        "polygons": len(columns),
        "vertices": len(columns.x),
        "seconds": seconds,
        "two": two,
        "beyond": beyond,
        "insides": {"seconds": for_insides, "beyond": beyond_insides},
    }


def sample(way, question, x, y, cap):
    """How many of the points this way is asked about."""
    n = len(x)
    few = max(n // 10, 1) if way.whole else min(n, 2_000)
    call = way.call(question, x[:few], y[:few])
    seconds = min(once(call), once(call))
    if way.whole:
        return few if seconds * 10 > 10 * cap else n
    return int(min(n, max(few, cap / seconds * few)))


def compete(job, columns, ways, rounds, cap):
    """One job: equal answers, the race, a table. What was found, for the report."""
    x, y = points(job.kind, job.n, columns)
    able = {name: way for name, way in ways.items() if way.can(job.question)}
    if OURS not in able:
        print(f"\n{job}: ours is not there yet", flush=True)
    if not able:
        return None
    asked = {name: len(x) if name == OURS else sample(way, job.question, x, y, cap) for name, way in able.items()}
    reference, words = None, {}
    for name, way in able.items():
        n = asked[name]
        answer = way.answer(job.question, x[:n], y[:n])
        if reference is None:
            reference, words[name] = answer, ""
            continue
        n = min(n, len(reference.starts) - 1)
        what = f"{job}: {name}"
        both = reference.head(n), answer.head(n)
        words[name] = agree(what, columns, x, y, job.question, *both, trusted=OURS in able)
    matches = (reference.polygons >= 0).sum() / (len(reference.starts) - 1)

    def calls(threads):
        some = {name: way for name, way in able.items() if threads == 1 or way.threads}
        return {name: way.call(job.question, x[: asked[name]], y[: asked[name]], threads) for name, way in some.items()}

    making = {
        (name, "points"): partial(way.points, x[: asked[name]], y[: asked[name]])
        for name, way in able.items()
        if way.points(x[:1], y[:1]) is not None
    }
    first = {"first": able[OURS].call(("first", None), x, y)} if job.verb == "all" and OURS in able else {}
    times = race(calls(1) | making | first, rounds=rounds, **TURNS)
    twice = race(calls(2), rounds=rounds, **TURNS) if job.threads else {}
    per_point = {
        name: {
            "ns": 1e9 * times[name] / asked[name],
            "points": asked[name],
            "making": 1e9 * times[name, "points"] / asked[name] if (name, "points") in times else None,
            "two": 1e9 * twice[name] / asked[name] if name in twice else None,
            "answers": words[name],
        }
        for name in able
    }
    ours = per_point.get(OURS, {}).get("ns")
    table(
        f"{job}; {number(matches)} matches a point",
        ("way", "points", "million/s", "ns/point", "of it making points", "two threads", "against ours", "answers"),
        [
            (
                name,
                f"{row['points']:,}",
                number(1e3 / row["ns"]),
                number(row["ns"]),
                number(row["making"]) if row["making"] else "",
                ratio(row["ns"] / row["two"]) if row["two"] else "",
                ratio(row["ns"] / ours) if ours else "",
                row["answers"],
            )
            for name, row in sorted(per_point.items(), key=lambda item: (item[0] != OURS, item[1]["ns"]))
        ],
    )
    against = ours / (1e9 * times["first"] / len(x)) if first else None
    return {**job._asdict(), "job": str(job), "matches": matches, "ways": per_point, "against first": against}


def single(columns, rounds, calls=200):
    """One point a call, as in a loop of somebody who has no arrays: ns."""
    x, y = points("uniform", calls, columns)
    pairs = list(zip(x.tolist(), y.tolist()))
    objects = list(shapely.points(x, y))
    prepared, ours = ShapelyPrepared(columns), Ours(columns)

    def boxes(px, py):
        rows = prepared.tree.query(shapely.Point(px, py))
        return rows[shapely.intersects_xy(prepared.polygons[rows], px, py)]

    ways = {
        "Shapely, tree.query(Point)": lambda: [prepared.tree.query(point, "intersects") for point in objects],
        "Shapely, boxes, then prepared": lambda: [boxes(*pair) for pair in pairs],
    }
    expected, found = ([min(rows, default=-1) for rows in way()] for way in ways.values())
    assert expected == found, "one point a call: Shapely's forms differ"
    if ours.can(("first", None)):
        ways = {OURS: lambda: [ours.index.locate(*pair) for pair in pairs]} | ways
        assert [int(np.asarray(row).item()) for row in ways[OURS]()] == expected, "one point a call: ours differs"
    times = {name: 1e9 * seconds / calls for name, seconds in race(ways, rounds=max(rounds, 5)).items()}
    rows = [(name, number(ns), ratio(ns / times[OURS]) if OURS in times else "") for name, ns in times.items()]
    table("county: one point a call", ("way", "ns", "against ours"), rows)
    return times


def fastest(result, names):
    """(name, ns) of the fastest of the ways with these names."""
    ns = {name: row["ns"] for name, row in result["ways"].items() if name in names}
    return min(ns.items(), key=lambda item: item[1]) if ns else (None, None)


def summary(results):
    """Rows: job, our rate, Shapely's best form, ratios to that and to the best of three, bar, the best of all."""
    forms, named, rows = [form.name for form in SHAPELY], [form.name for form in NAMED], []
    for result in results:
        ours = result["ways"].get(OURS, {}).get("ns")
        form, form_ns = fastest(result, forms)
        _, named_ns = fastest(result, named)
        peer, peer_ns = fastest(result, set(result["ways"]) - {OURS})
        wanted = f"{result['wanted']:g}x" if result["wanted"] else f"{result['rate']:g} M/s" if result["rate"] else ""
        rows.append(
            (
                result["job"],
                number(1e3 / ours) if ours else "-",
                number(1e3 / form_ns) if form else "",
                ratio(form_ns / ours) if ours and form else "",
                ratio(named_ns / ours) if ours and named_ns else "",
                wanted,
                peer or "",
                number(1e3 / peer_ns) if peer else "",
                ratio(peer_ns / ours) if ours and peer else "",
            )
        )
    return ("job", "ours, M/s", "Shapely's best", "ratio", "of three", "bar", "best peer", "M/s", "ratio"), rows


def bars(results, builds):
    """Prints what was wanted, where there is something to hold against it."""
    print()
    ours = {result["job"]: result["ways"][OURS] for result in results if OURS in result["ways"]}
    for result in results:
        job, row = result["job"], ours.get(result["job"])
        if row is None:
            continue
        _, form = fastest(result, [form.name for form in NAMED])
        if result["wanted"] and form:
            bar(job, form / row["ns"], result["wanted"])
        if result["rate"]:
            bar(job, 1e3 / row["ns"], result["rate"], " million points/s")
        if result["against first"]:
            bar(f"{job}, against first", result["against first"], 1.4, at_most=True)
        if row["two"]:
            bar(f"{job}, two threads", row["ns"] / row["two"], 1.9)
    if any(result["verb"] != "close" for result in results if result["job"] in ours):
        for made in builds:
            seconds, beyond = LIMITS[made["set"]]
            insides, what = made["insides"], f"{made['set']}, for containment"
            bar(f"{what}, build", insides["seconds"], seconds, " s", at_most=True)
            bar(f"{what}, bytes a vertex beyond coordinates", insides["beyond"], beyond, "", at_most=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes: a smoke test")
    parser.add_argument("--big", action="store_true", help="10^7 points, too")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--jobs", default="", metavar="TEXT")
    parser.add_argument("--ways", default="", metavar="TEXT")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cap", type=float, default=0.3, help="seconds a slow way may take for its turn")
    args = parser.parse_args()
    if args.quick:
        args.rounds, args.cap = 1, 0.01
    print(machine(PEERS + MORE_PEERS))
    makers, absent = everybody(compile_rust=not args.quick)
    makers = {name: make for name, make in makers.items() if args.ways.lower() in name.lower()}
    print("".join(f"left out: {reason}\n" for reason in absent), end="", flush=True)

    all_results, builds = [], []
    head = {"machine": machine(PEERS + MORE_PEERS), "version": polyfind.__version__, "quick": args.quick}
    OUT.mkdir(parents=True, exist_ok=True)
    for name in args.sets.split(","):
        columns = polygons(name, **(QUICK[name] if args.quick else {}))
        ways, made = build(name, columns, makers, args.rounds)
        results = []
        for job in JOBS:
            if args.quick:
                job = job._replace(n=min(job.n // 50, 20_000))
            if job.set == name and args.jobs in str(job) and (args.big or not job.big):
                results.append(compete(job, columns, ways, args.rounds, args.cap))
        for way in ways.values():
            way.close()
        del ways
        alone = single(columns, args.rounds) if name == "county" else {}
        results = [result for result in results if result]
        if not args.jobs and not args.ways:
            figures = {**head, "jobs": results, "build": made, "single": alone}
            figures_of(name).write_text(json.dumps(figures, default=float))
        all_results += results
        builds.append(made)

    table("Everything", *summary(all_results))
    bars(all_results, builds)


if __name__ == "__main__":
    main()
