"""What becomes of a process when its data are wrong: ours and the peers', each fault in processes of its own.

    python3 benches/faults.py [--tries N]

Peers that are not installed are left out; polars (pip install polars) is only asked here.
"""

import argparse
import os
import signal
import subprocess
import sys
from collections import Counter

# Each prints what came of it; ending by a signal or not at all is an answer, too.
FAULTS = {
    "offsets that decrease": {
        "polyfind": """
import polyfind as pf
pf.area(pf.Polygons(x, x, [0, 900, 4, 1000]))""",
        "shapely": """
import shapely
o = np.array([0, 900, 4, 1000])
shapely.area(shapely.from_ragged_array(shapely.GeometryType.POLYGON, np.c_[x, x], (o, np.array([0, 1, 2, 3]))))""",
    },
    "an offset below 0": {
        "polyfind": """
import polyfind as pf
pf.area(pf.Polygons(x, x, [-300, 4, 1000]))""",
        "shapely": """
import shapely
o = np.array([-300, 4, 1000])
made = shapely.from_ragged_array(shapely.GeometryType.POLYGON, np.c_[x, x], (o, np.array([0, 1, 2])))
print("memory that nobody lent" if len(shapely.get_coordinates(made)) > 1000 else "something else")""",
    },
    "a vertex or box of NaN": {
        "polyfind": """
import polyfind as pf
x[500] = np.nan
pf.PolygonIndex(pf.Polygons(x, x, np.arange(0, 1001, 4)))""",
        "shapely": """
import shapely
x[500] = np.nan
made = shapely.polygons(np.c_[x, x].reshape(-1, 4, 2), indices=None)
tree = shapely.STRtree(made)
print("an answer:", len(tree.query(shapely.Point(3, 3))))""",
        "rtree": """
import rtree
boxes = ((i, (v, v, v, v) if i % 7 else (np.nan,) * 4, None) for i, v in enumerate(x))
print("an answer:", len(list(rtree.index.Index(boxes).intersection((0, 0, 9, 9)))))""",
    },
    "four threads that read": {
        "polyfind": """
import polyfind as pf
index = pf.PolygonIndex(pf.Polygons(x, np.tile([0.0, 1, 2, 3], 250), np.arange(0, 1001, 4)))
want = index.query(x, x, predicate="dwithin", distance=2.0)
ask = lambda: [np.array_equal(index.query(x, x, predicate="dwithin", distance=2.0), want) for _ in range(200)]
threads(ask)""",
        "shapely": """
import shapely
tree = shapely.STRtree(shapely.points(x, x))
boxes = shapely.box(x, x, x + 3, x + 3)
want = tree.query(boxes)
threads(lambda: [np.array_equal(tree.query(boxes), want) for _ in range(200)])""",
        "rtree": """
import rtree
index = rtree.index.Index(((i, (v, v, v, v), None) for i, v in enumerate(x)))
want = sorted(index.intersection((3, 3, 99, 99)))
threads(lambda: [sorted(index.intersection((3, 3, 99, 99))) == want for _ in range(2000)])""",
    },
    "a byte of a saved index changed": {
        "polyfind": """
import polyfind as pf
index = pf.PolygonIndex(pf.Polygons(x, x[::-1], np.arange(0, 1001, 4)))
good = bytes(index)
want = index.query(x, x, predicate="intersects")
def open_and_ask(damaged):
    return np.array_equal(pf.PolygonIndex.from_buffer(damaged).query(x, x, predicate="intersects"), want)
damage(good, open_and_ask)""",
        "geoindex-rs": """
from geoindex_rs import rtree as tree
builder = tree.RTreeBuilder(len(x))
builder.add(x, x, x + 3, x + 3)
good = builder.finish()
ask = lambda index: np.asarray(tree.search(index, 5.0, 5.0, 90.0, 90.0))
want = np.sort(ask(good))
def open_and_ask(damaged):
    return np.array_equal(np.sort(ask(np.frombuffer(damaged, np.uint8))), want)
damage(bytes(memoryview(good)), open_and_ask)""",
    },
    "a fork after use": {
        "polyfind": """
import polyfind as pf
index = pf.PolygonIndex(pf.Polygons(x, x[::-1], np.arange(0, len(x) + 1, 4)))
many = np.tile(x, 300)
ask = lambda: index.locate(many, many)
forked(ask)""",
        "polars": """
import polars
frame = polars.DataFrame({"x": np.tile(x, 300)})
ask = lambda: frame.sort("x").group_by("x").len().sort("x")["len"].to_numpy()
forked(ask)""",
    },
}

START = """
import sys, threading, os
import numpy as np
x = np.arange(1000.0) % 97

def threads(ask):
    wrong = []
    many = [threading.Thread(target=lambda: wrong.extend(v for v in ask() if not v)) for _ in range(4)]
    [thread.start() for thread in many], [thread.join() for thread in many]
    print("wrong answers" if wrong else "right answers")

def damage(good, open_and_ask):
    random, count = np.random.default_rng(int(sys.argv[1])), {}
    for _ in range(400):
        damaged = bytearray(good)
        damaged[random.integers(len(damaged))] ^= 1 << random.integers(8)
        try:
            what = "right answers" if open_and_ask(bytes(damaged)) else "WRONG answers"
        except Exception as error:
            what = "refused"
        except BaseException as error:
            what = "PANIC"
        count[what] = count.get(what, 0) + 1
    print(", ".join(f"{n} {what}" for what, n in sorted(count.items())), "of 400")

def forked(ask):
    want = ask()
    child = os.fork()
    if not child:
        os._exit(0 if np.array_equal(ask(), want) else 3)
    print("right answers" if os.waitpid(child, 0)[1] == 0 else "the child failed")
"""

END = """
except Exception as error:
    print(type(error).__name__)
"""


def outcome(program: str, seed: int) -> str:
    indented = "\n".join("    " + line for line in program.strip().splitlines())
    source = f"{START}\ntry:\n{indented}\n    print(end='')\n{END}"
    # A session of its own, for what hangs may be a child.
    command, both = [sys.executable, "-c", source, str(seed)], subprocess.PIPE
    with subprocess.Popen(command, stdout=both, stderr=both, text=True, start_new_session=True) as process:
        try:
            said, _ = process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return "hangs"
    if process.returncode < 0:
        return f"dies of signal {-process.returncode}"
    if process.returncode:
        return f"ends with {process.returncode}"
    return said.strip() or "an answer"


def is_installed(name: str) -> bool:
    module = name.replace("-", "_")
    return subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True).returncode == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=3)
    tries = parser.parse_args().tries
    print(f"| fault | library | what becomes of it, {tries} processes each |\n|---|---|---|")
    installed = {name: is_installed(name) for ways in FAULTS.values() for name in ways}
    for fault, ways in FAULTS.items():
        for name, program in ways.items():
            if not installed[name]:
                print(f"| {fault} | {name} | not installed |")
                continue
            seen = Counter(outcome(program, seed) for seed in range(tries))
            told = "; ".join(f"{what} ({count})" if count < tries else what for what, count in seen.most_common())
            print(f"| {fault} | {name} | {told} |", flush=True)


if __name__ == "__main__":
    main()
