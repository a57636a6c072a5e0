"""Forks in every state a process can be in: `python forks.py [COUNT]` does each COUNT times.

Every child asks with several workers and holds the answers against arithmetic. A child that has
not ended after a minute hangs.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable

import numpy as np

import polyfind as pf

SIDE = 40
SECONDS = 60
RANDOM = np.random.default_rng(71)
X, Y = SIDE * RANDOM.random((2, 20_000))
EXPECTED = np.floor(Y).astype(int) * SIDE + np.floor(X).astype(int)
COUNTS = np.bincount(EXPECTED, minlength=SIDE * SIDE)


def build(workers: int = 3) -> pf.PolygonIndex:
    """Squares of side 1, row after row."""
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)])
    places = np.arange(SIDE * SIDE)
    lower_left = np.column_stack([places % SIDE, places // SIDE])
    xy = (lower_left[:, None] + corners).reshape(-1, 2).astype(float)
    offsets = np.arange(0, len(xy) + 1, 4)
    return pf.PolygonIndex(pf.Polygons(xy=xy, ring_offsets=offsets), workers=workers)


def is_right(index: pf.PolygonIndex | None = None) -> bool:
    index = index or build()
    tally = pf.Tally(index)
    tally.add(X, Y, workers=4)
    found = index.locate(X, Y, workers=4)
    return np.array_equal(found, EXPECTED) and np.array_equal(tally.count, COUNTS)


def ends_well(child: int) -> bool:
    """Waits for a child; whether it found what it should."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status == 0
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def fork(task: Callable[[], bool]) -> int:
    """A child whose exit status says whether the task went well."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if task() else 1
        finally:
            os._exit(status)
    return child


def before_use(count: int) -> int:
    return sum(not ends_well(fork(is_right)) for _ in range(count))


def after_use(count: int) -> int:
    index = build()
    assert is_right(index)
    return sum(not ends_well(fork(lambda: is_right(index))) for _ in range(count))


def during_calls(count: int) -> int:
    """Other threads are inside calls, which hold locks and start threads."""
    index, over, wrong = build(), threading.Event(), []

    def ask() -> None:
        while not over.is_set():
            if not is_right(index):
                wrong.append(1)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    failed = sum(not ends_well(fork(lambda: is_right(index))) for _ in range(count))
    over.set()
    for thread in threads:
        thread.join()
    return failed + len(wrong)


def grandchildren(count: int) -> int:
    index = build()

    def child() -> bool:
        return is_right(index) and ends_well(fork(lambda: is_right(index)))

    return sum(not ends_well(fork(child)) for _ in range(count))


def _in_multiprocessing(index: pf.PolygonIndex) -> None:
    sys.exit(0 if is_right(index) else 1)


def by_multiprocessing(count: int) -> int:
    index = build()
    failed = 0
    for _ in range(count):
        process = multiprocessing.get_context("fork").Process(
            target=_in_multiprocessing, args=(index,)
        )
        process.start()
        process.join(SECONDS)
        failed += process.exitcode != 0
        process.kill()
    return failed


def preloaded(count: int) -> int:
    """As gunicorn does with preload: workers of several threads share what their parent built."""
    index = build()

    def serve() -> bool:
        right: list[bool] = []
        threads = [threading.Thread(target=lambda: right.append(is_right(index))) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return right == [True, True]

    failed = 0
    for start in range(0, count, 4):
        children = [fork(serve) for _ in range(min(4, count - start))]
        failed += sum(not ends_well(child) for child in children)
    return failed


def inside_progress(count: int) -> int:
    """Forks in the progress function of calls: in the child these end, in the parent they go on."""
    index = build()
    parent = os.getpid()
    failed = 0
    for _ in range(count):
        children: list[int] = []

        def progress(done: int, total: int, children: list[int] = children) -> None:
            if os.getpid() == parent and not children:
                children.append(os.fork())

        try:
            found = index.locate(X, Y, workers=3, progress=progress)
        except pf.CancelledError:
            os._exit(0 if os.getpid() != parent and is_right(index) else 1)
        if os.getpid() != parent:
            os._exit(1)
        failed += not (np.array_equal(found, EXPECTED) and ends_well(children[0]))
    return failed


def inside_save(count: int) -> int:
    """The same while an index is saved: the parent's file is not the child's to touch."""
    index = build()
    parent = os.getpid()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "index.polyfind")
        for _ in range(count):
            children: list[int] = []

            def progress(done: int, total: int, children: list[int] = children) -> None:
                if not children:
                    children.append(os.fork())
                    if children[0]:
                        os.waitid(os.P_PID, children[0], os.WEXITED | os.WNOWAIT)

            try:
                index.save(path, progress=progress)
            except pf.CancelledError:
                os._exit(0 if os.getpid() != parent else 1)
            except BaseException:
                os._exit(1)
            saved = pf.PolygonIndex.open(path)
            os.remove(path)
            failed += not (ends_well(children[0]) and is_right(saved) and not os.listdir(folder))
    return failed


STATES = {
    state.__name__: state
    for state in (
        before_use,
        after_use,
        during_calls,
        grandchildren,
        by_multiprocessing,
        preloaded,
        inside_progress,
        inside_save,
    )
}


def main(words: list[str]) -> int:
    if len(words) == 2:  # one state, in a process that was in no other
        return STATES[words[0]](int(words[1]))
    count, failed = (words or ["1000"])[0], 0
    for name in STATES:
        start = time.monotonic()
        one = subprocess.run([sys.executable, __file__, name, count]).returncode
        seconds = time.monotonic() - start
        print(f"{name:20}{count:>7} forks, {one} failed, {seconds:.0f} s", flush=True)
        failed += one != 0
    return failed


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 100))
