"""How calls run beside what the process does: forks, signals, systems without threads to spare."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import polyfind as pf

if not hasattr(os, "fork"):
    pytest.skip("processes here do not fork", allow_module_level=True)

import forks
import interrupts

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def interrupts_are_heard():
    """A runner in the background of a shell ignores SIGINT, and so does what it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("state", forks.STATES)
def test_children_of_a_fork_answer_as_their_parent(state):
    """A short form of `python forks.py 1000`, each in a process of its own."""
    command = [sys.executable, forks.__file__, state, "20"]
    assert subprocess.run(command, timeout=300).returncode == 0


def test_a_signal_ends_calls_of_every_kind():
    """A short form of `python interrupts.py 200`."""
    for kind, taken in interrupts.times(3, 50_000).items():
        assert len(taken) == 3, kind
        assert taken[1] < 200, f"{kind}: {taken} ms"


class AlarmError(Exception):
    pass


@pytest.fixture
def a_long_call():
    rng = np.random.default_rng(73)
    index = pf.PolygonIndex(pf.Polygons(xy=rng.random((20_000, 2)), ring_offsets=np.arange(20_001)))
    points = rng.random((100_000, 2))

    def call(**how):
        return index.query(xy=points, distance=0.4, output_format="count", **how)

    return call


@pytest.mark.parametrize("how", [{}, {"workers": 1}, {"progress": lambda done, total: None}])
def test_what_a_signal_handler_raises_comes_out_of_the_call(a_long_call, how):
    def ring(*_):
        raise AlarmError

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(AlarmError):
            a_long_call(**how)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert a_long_call(workers=1).sum() > 0


def test_a_signal_handler_that_raises_nothing_stops_nothing(a_long_call):
    expected, rung = a_long_call(), []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(time.perf_counter()))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
        found = a_long_call()
        end = time.perf_counter()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    np.testing.assert_array_equal(found, expected)
    assert rung and rung[0] < end  # it ran inside the call


def test_signals_are_left_to_the_main_thread(a_long_call):
    """Calls of other threads neither look for signals nor run handlers."""
    found = []
    thread = threading.Thread(target=lambda: found.append(a_long_call().sum()))
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(10)
    thread.join()
    assert found[0] > 0


WITHOUT_THREADS = """
import os, resource, threading
import forks
index = forks.build(workers=1)
if os.geteuid() == 0:  # whom no limit binds
    os.setuid(65534)
resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
try:
    threading.Thread(target=print).start()
except RuntimeError:
    pass
else:
    raise SystemExit("the limit does not bind")
assert forks.is_right(index) and forks.is_right()
"""


def test_a_system_without_threads_to_spare_changes_no_answer():
    subprocess.run([sys.executable, "-c", WITHOUT_THREADS], cwd=HERE, check=True, timeout=100)


def test_points_that_change_while_calls_read_them():
    """Answers may be wrong then, and errors say what is; nothing else happens, whatever comes."""
    rng = np.random.default_rng(79)
    rings = 40 * rng.random((3_000, 1, 2)) + rng.random((3_000, 6, 2))
    table = pf.Polygons(xy=rings.reshape(-1, 2), ring_offsets=np.arange(0, 18_001, 6))
    index = pf.PolygonIndex(table)
    x, y = rng.random((2, 4_000)) * 42
    odd = np.array([np.nan, np.inf, -np.inf, 1e308, -1e308, 5e-324, -0.0, *rings[7, 0], 20.0])

    def found(n, predicate, **asked):
        return index.query(x[:n], y[:n], predicate, output_format="csr", **asked)[1]

    asks = {
        "locate": lambda: index.locate(x, y),
        "within": lambda: found(4_000, "within"),
        "close": lambda: found(4_000, "close", distance=0.5),
        "dwithin": lambda: found(4_000, "dwithin", distance=0.5),
        "dwithin of few": lambda: found(200, "dwithin", distance=0.5),
        "nearest": lambda: index.query_nearest(x[:500], y[:500], k=3, all_matches=False)[1],
    }
    before = {name: ask() for name, ask in asks.items()}
    good, is_over = (x.copy(), y.copy()), threading.Event()

    def change():
        rng = np.random.default_rng(83)
        while not is_over.is_set():
            for column in (x, y):
                column[rng.integers(0, len(column), 300)] = rng.choice(odd, 300)
                time.sleep(0.0003)  # others run here, also where there is one core for all
            for column, was in zip((x, y), good):
                column[:] = was
            time.sleep(0.0003)

    thread = threading.Thread(target=change)
    thread.start()
    told = set()
    try:
        for _ in range(60):
            for ask in asks.values():
                try:
                    polygons = ask()
                    assert polygons.min(initial=0) >= -1 and polygons.max(initial=0) < 3_000
                except (pf.CoordinateError, pf.InternalError) as error:
                    told.add(type(error))
    finally:
        is_over.set()
        thread.join()
    assert pf.CoordinateError in told, "nothing was changed while a call looked"
    for name, ask in asks.items():
        assert np.array_equal(ask(), before[name]), name
