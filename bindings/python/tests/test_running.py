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
