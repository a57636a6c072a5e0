"""How soon Ctrl-C ends a call: `python interrupts.py [TRIES [POLYGONS]]` tries each so often.

A signal comes at a random moment of the call, and the time until KeyboardInterrupt comes out of it
is taken. What is left behind must be as if nothing had happened.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import polyfind as pf


def milliseconds_to_end(call: Callable[[], object], usual: float) -> float | None:
    """From the signal to the exception; None if the call was over before."""
    sent: list[float] = []

    def send() -> None:
        time.sleep(usual * random.random())
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    sender = threading.Thread(target=send)
    is_inside = False
    try:
        sender.start()
        is_inside = True
        call()
        is_inside = False
        sender.join()
        time.sleep(1)  # a signal that came too late is raised here
    except KeyboardInterrupt:
        raised = time.perf_counter()
        was_inside = is_inside
        sender.join()
        return (raised - sent[0]) * 1e3 if was_inside else None
    raise AssertionError("the signal was lost")


def kinds(polygons: int, folder: Path) -> dict[str, Callable[[], object]]:
    """Calls that take long, by name."""
    rng = np.random.default_rng(72)
    side = 1 / polygons**0.5
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) * side
    xy = (rng.random((polygons, 1, 2)) + corners).reshape(-1, 2)
    table = pf.Polygons(xy=xy, ring_offsets=np.arange(0, len(xy) + 1, 4))
    index = pf.PolygonIndex(table)
    points = rng.random((5 * polygons, 2))
    path = folder / "index.polyfind"
    index.save(path)
    return {
        "build": lambda: pf.PolygonIndex(table),
        "within": lambda: index.query(xy=points, predicate="within", output_format="count"),
        "dwithin": lambda: index.query(
            xy=points, predicate="dwithin", distance=2 * side, output_format="csr"
        ),
        "nearest": lambda: index.query_nearest(xy=points, k=4),
        "save": lambda: index.save(path),
        "load": lambda: pf.PolygonIndex.open(path),
        "verify": lambda: pf.PolygonIndex.open(path, mmap=True),
    }


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def times(tries: int, polygons: int) -> dict[str, list[float]]:
    """Milliseconds of so many tries of each kind, sorted."""
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind, call in kinds(polygons, folder).items():
            # One alone may have waited for others, and then nearly all signals come too late.
            usual = min(seconds(call) for _ in range(5))
            taken: list[float] = []
            for _ in range(10 * tries):
                if len(taken) == tries:
                    break
                took = milliseconds_to_end(call, usual)
                if took is not None:
                    taken.append(took)
            assert [path.name for path in folder.iterdir()] == ["index.polyfind"]
            found[kind] = sorted(taken)
    return found


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]] + [200, 400_000][len(sys.argv) - 1 :]
    for kind, taken in times(*numbers).items():
        middle, late = (taken[int(share * (len(taken) - 1))] for share in (0.5, 0.99))
        ms = f"median {middle:.0f}, 99 % {late:.0f}, most {taken[-1]:.0f}"
        print(f"{kind:10}{len(taken):5} tries, ms: {ms}")
