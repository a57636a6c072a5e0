"""Writes docs/performance.md from the figures of the last full runs of engine.py and curves.py.

    python report.py [--quick]

Nothing is written from quick runs, and nothing before the engine answers what engine.py asks.
"""

import json
import sys

from compare import ROOT, number, ratio
from engine import LIMITS, OURS, SETS, figures_of, summary

PAGE = ROOT / "docs" / "performance.md"
PLOTS = (
    ("points", "Rate against the number of points"),
    ("polygons", "Rate against the number of polygons"),
    ("vertices", "Rate against the vertices per polygon"),
    ("build", "Build"),
    ("bytes", "Memory"),
    ("limit", "Share of the physical limit"),
)
HEAD = """# Performance

Made by `python3 dev.py bench`; nothing here is typed. Rates are million points per second of whole calls, from raw
columns, one thread, after answers were found to be equal; ratios are against the fastest of Shapely's forms and
against the fastest of all peers. The jobs are described in `benches/engine.py`, the sets in `benches/workloads.py`,
what is counted for each peer in `benches/peers.py`.

Others used the machine, too: where memory decides, two runs differ by a third, and ratios, whose ways took turns, by
less. Of each way the fastest of its turns counts. A turn takes a fifth of a second or one call, and is played once
before without a clock: this machine's host takes back memory that nobody uses for a while, and what calls that follow
one another need is another question than what that costs.

Bars are what a prototype reached on another machine, against the fastest of three forms of Shapely (`tree.query`,
boxes and then prepared polygons, a tree of points): that ratio is "of three". A fourth, which asks each prepared
polygon about all points in its box at once, is faster on large polygons; "Shapely's best" and its ratio count it.
Where a bar is missed, [design.md](design.md) says what the time goes to and what was tried.

"""


BUILDS = """
## Build and memory

Of an index for containment alone (`uses="insides"`), which the bars are for, then of one for everything. Bytes are
those beyond the coordinates, for each vertex.

"""


def markdown(columns, rows):
    lines = [columns, ["---"] + ["---:"] * (len(columns) - 1), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def builds(sets):
    rows = []
    for made in (figures["build"] for figures in sets):
        seconds, beyond = LIMITS[made["set"]]
        ours, insides = made["seconds"][OURS], made["insides"]
        sizes = f"{made['polygons']:,}", f"{made['vertices']:,}"
        alone = number(insides["seconds"]), seconds, number(insides["beyond"]), beyond
        rows.append((made["set"], *sizes, *alone, number(ours), number(made["two"]), number(made["beyond"])))
    whole = "s, all", "s, all, two threads", "bytes, all"
    return markdown(("set", "polygons", "vertices", "s", "bar", "bytes", "bar", *whole), rows)


def page(sets):
    text = HEAD
    for where in dict.fromkeys(figures["machine"] for figures in sets):
        text += where + "\n\n"
    text += markdown(*summary(job for figures in sets for job in figures["jobs"]))
    text += BUILDS + builds(sets)
    for alone in (figures["single"] for figures in sets):
        if alone:
            rows = [(way, number(ns), ratio(ns / alone[OURS])) for way, ns in alone.items()]
            text += "\n## One point a call\n\n" + markdown(("way", "ns", "against ours"), rows)
    there = [(name, title) for name, title in PLOTS if (ROOT / "docs" / "plots" / f"{name}.svg").is_file()]
    if there:
        text += "\n## Curves\n\nFrom runs of their own (`benches/curves.py`), which may be older than the table.\n\n"
        text += "".join(f"![{title}](plots/{name}.svg)\n" for name, title in there)
    return text


def main():
    sets = [json.loads(path.read_text()) for name in SETS if (path := figures_of(name)).is_file()]
    jobs = [job for figures in sets for job in figures["jobs"]]
    if "--quick" in sys.argv[1:] or any(figures["quick"] for figures in sets):
        print("not written from quick runs")
    elif len(sets) < len(SETS) or any(OURS not in job["ways"] for job in jobs):
        print("not written: there are sets or jobs without ours")
    else:
        PAGE.write_text(page(sets))
        print(f"wrote {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
