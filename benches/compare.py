"""What the benchmarks share: a fair clock, tables, bars, a line about the machine, C programs.

`race` is the clock: every way has its turn in every round (A B C A B C ...), so that a busy machine
is busy for all of them, and the median turn of each counts (the fastest would favour short calls,
which more often find the machine quiet). Answers are compared before any race.
"""

from __future__ import annotations

import gc
import os
import platform
import shlex
import subprocess
from importlib.metadata import PackageNotFoundError, version
from itertools import repeat
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

import numpy as np
import polyfind

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
LIBRARY = Path(os.environ.get("POLYFIND_LIBRARY_DIR", ROOT / "target" / "release"))
OUT = ROOT / "target" / "benches"
PEERS = ("numpy", "scipy", "shapely", "numba", "geopandas", "cffi")
MORE_PEERS = ("rtree", "geoindex-rs", "sedonadb")


def race(ways, rounds=7, turn=0.02, pick=median, settle=False, pause=0):
    """Seconds per call of each way ({name: callable or Program.way}): the median of its turns.

    A turn is one call, or as many calls as fill `turn` seconds; `pick` makes one number of the turns. Every way is
    called once or twice before; with `settle` each of its turns is played twice, the first time without a clock: none
    then pays for memory that the way before it gave back to the system. (A virtual machine may have given it on to its
    host, and it takes four calls until 50 ns a point are 32.) `pause` are seconds before each turn, in which threads of
    the way before go to sleep: some wait busily for a while.
    """
    clocks = {name: getattr(way, "clock", None) or _clock(way) for name, way in ways.items()}
    calls = {}
    for name, clock in clocks.items():
        first = clock(1)
        calls[name] = 1 if first > turn else max(1, int(turn / max(clock(1), 1e-9)))
    turns = {name: [] for name in ways}
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, clock in clocks.items():
                sleep(pause)
                if settle:
                    clock(calls[name])
                turns[name].append(clock(calls[name]))
    finally:
        gc.enable()
    return {name: pick(seconds) for name, seconds in turns.items()}


def once(way):
    """Seconds that one call takes."""
    return (getattr(way, "clock", None) or _clock(way))(1)


def _clock(way):
    def clock(calls):
        start = perf_counter()
        for _ in repeat(None, calls):
            way()
        return (perf_counter() - start) / calls

    return clock


class Served:
    """A running program that prints a line first, its answers if it has any, then reads lines "NAME CALLS" and
    answers each with the nanoseconds one such call took.
    """

    def __init__(self, command):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, **pipes)
        self.answers = self.process.stdout.readline().split()

    def way(self, name):
        """What this program times under that name, as a way for `race`."""

        def clock(calls):
            self.process.stdin.write(f"{name} {calls}\n")
            self.process.stdin.flush()
            return float(self.process.stdout.readline()) * 1e-9

        clock.clock = clock
        return clock

    def close(self):
        self.process.communicate()
        if self.process.returncode:
            raise SystemExit(f"{self.process.args[0]} ended with {self.process.returncode}")


class Program(Served):
    """A C program of this folder, compiled by plain cc against the shared library, and running."""

    def __init__(self, source, *arguments, flags=("-O2",)):
        OUT.mkdir(parents=True, exist_ok=True)
        program, soname = OUT / Path(source).stem, OUT / "libpolyfind.so.0"
        soname.unlink(missing_ok=True)
        soname.symlink_to(LIBRARY / "libpolyfind.so")
        compiler = shlex.split(os.environ.get("CC", "cc"))
        flags = ["-std=c99", *flags, "-Wall", "-Wextra", "-Werror", f"-I{ROOT / 'include'}"]
        libraries = [f"-L{LIBRARY}", "-lpolyfind", "-Wl,-rpath,$ORIGIN"]
        subprocess.run([*compiler, *flags, HERE / source, "-o", program, *libraries], check=True)
        super().__init__([program, *map(str, arguments)])


def same(name, ours, theirs, rtol=0.0):
    """Stops the benchmark where answers differ."""
    if rtol:
        np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=0, err_msg=name)
    else:
        np.testing.assert_array_equal(ours, theirs, err_msg=name)


def table(title, columns, rows):
    """Prints a table: the first column to the left, the others to the right."""
    cells = [list(columns), *([str(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells)]
    print(f"\n{title}")
    for number, row in enumerate(cells):
        first, *rest = (cell.rjust(width) for cell, width in zip(row, widths))
        print("  " + "  ".join([row[0].ljust(len(first)), *rest]).rstrip())
        if number == 0:
            print("  " + "  ".join("-" * width for width in widths))


def bar(what, value, wanted, unit="x", at_most=False):
    """Prints whether a figure is where it should be."""
    met = value <= wanted if at_most else value >= wanted
    than = "at most" if at_most else "at least"
    verdict = "met   " if met else "MISSED"
    print(f"  {verdict} {what}: {number(value)}{unit}, wanted {than} {number(wanted)}{unit}", flush=True)


def number(value):
    """Three digits that count, and separators."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def milliseconds(seconds):
    return f"{seconds * 1e3:,.3f}"


def ratio(value):
    return number(value) + "x"


def machine(peers=PEERS):
    """One line about where and with what the figures were made."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        cpu = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        cpu = platform.processor() or platform.machine()
    native = polyfind._native
    simd = native.ffi.string(native.lib.pf_simd()).decode()
    have = [f"polyfind {polyfind.__version__} ({simd})", f"python {platform.python_version()}"]
    for peer in peers:
        try:
            have.append(f"{peer} {version(peer)}")
        except PackageNotFoundError:
            have.append(f"no {peer}")
    return f"{cpu}, {os.cpu_count()} cores; " + ", ".join(have)
