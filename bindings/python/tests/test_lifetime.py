"""Who owns what, for how long, and from which thread."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time
import weakref
from sysconfig import get_config_var

import numpy as np
import pytest

import polyfind as pf


@pytest.fixture
def index():
    random = np.random.default_rng(2)
    return pf.PolygonIndex(pf.Polygons(xy=random.random((2000, 2)), ring_offsets=np.arange(2001)))


def test_the_table_keeps_its_arrays_and_nothing_else_does():
    x = np.arange(4.0)
    kept = weakref.ref(x)
    polygons = pf.Polygons(x, np.arange(4.0), [0, 4])
    del x
    gc.collect()
    assert kept() is not None
    index = pf.PolygonIndex(polygons)
    pf.area(polygons)
    index.query(polygons.x, polygons.y, distance=1)
    del polygons
    gc.collect()
    assert kept() is None  # neither the index nor the pool of calls holds on to it
    assert len(index) == 1


def test_columns_outlive_index_and_each_other(index):
    points = np.random.default_rng(3).random((5000, 2))
    indptr, indices = index.query(xy=points, distance=0.1, output_format="csr")
    copies = indptr.copy(), indices.copy()
    assert not indptr.flags.writeable and not indptr.flags.owndata
    tail = indices[100:]
    del index, indptr, indices
    gc.collect()
    churn = [np.random.default_rng(i).random(100_000) for i in range(20)]
    np.testing.assert_array_equal(tail, copies[1][100:])
    del churn


def test_both_columns_hold_one_result(index):
    indptr, indices = index.query([0.5], [0.5], distance=1, output_format="csr")
    result = weakref.ref(indptr.base._owner)
    assert indices.base._owner is result()
    del indptr
    gc.collect()
    assert result() is not None
    del indices
    gc.collect()
    assert result() is None


# In a process of its own: what other tests left behind moves by megabytes.
FREED = """
import gc
import numpy as np
import polyfind as pf

random = np.random.default_rng(2)
index = pf.PolygonIndex(pf.Polygons(xy=random.random((2000, 2)), ring_offsets=np.arange(2001)))
points = random.random((20_000, 2))

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

def work(times):
    for _ in range(times):
        index.query(xy=points, distance=0.1, output_format="csr")  # 2 to 3 MB each
        index.query(xy=points[:2000], distance=0.1, return_distance=True)
        index.query_nearest(xy=points[:2000], k=20, return_distance=True)
        pf.PolygonIndex(pf.Polygons(xy=points, ring_offsets=np.arange(20_001)))
    gc.collect()

work(10)
before = resident()
work(60)
print(resident() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_is_freed():
    done = subprocess.run([sys.executable, "-c", FREED], check=True, stdout=subprocess.PIPE)
    assert int(done.stdout) < 20 << 20


# In a process of its own, which CPython before 3.12.3 ended when from_buffer kept what cffi lends.
CYCLE = """
import gc, mmap
import polyfind as pf

class Holder:
    pass

data = bytes(pf.PolygonIndex(pf.Polygons([0, 1, 1], [0, 0, 1], [0, 3])))
for _ in range(20):
    mapped = mmap.mmap(-1, len(data))
    mapped[:] = data
    view = memoryview(mapped)
    holder = Holder()
    holder.view, holder.index = view, pf.PolygonIndex.from_buffer(view)
    holder.itself = holder
    assert holder.index._buffer is not None
    del view, holder
    gc.collect()
    mapped.close()  # nobody has it any more
"""


def test_a_view_and_its_index_may_be_in_a_cycle():
    subprocess.run([sys.executable, "-c", CYCLE], check=True)


def test_a_refused_call_loses_nothing(index):
    bad = np.full(1000, np.nan)
    kept = weakref.ref(bad)
    for _ in range(100):
        with pytest.raises(pf.CoordinateError):
            index.best(bad, bad, distance=1)
    del bad
    gc.collect()
    assert kept() is None


def test_eight_threads_get_the_answers_of_one(index):
    random = np.random.default_rng(5)
    questions = [(random.random((n, 2)), d) for n in (1, 10, 3000) for d in (0.01, 0.05, 0.2)]
    expected = [index.query(xy=xy, distance=d).tolist() for xy, d in questions]
    wrong = []

    def ask(seed):
        order = np.random.default_rng(seed).permutation(len(questions) * 5) % len(questions)
        for i in order:
            xy, distance = questions[i]
            if index.query(xy=xy, distance=distance).tolist() != expected[i]:
                wrong.append(i)
            with pytest.raises(pf.CoordinateError, match=f"points.x.{seed}. is not finite"):
                index.best(np.where(np.arange(9) == seed, np.nan, 0.0), np.zeros(9), distance=1)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_questions_of_many_kinds_do_not_mix(squares):
    """Calls come from one pool: what one asked must not show in the next."""
    index = pf.PolygonIndex(squares)
    x, y = np.array([0.5, 1.0, 11.0, 15.0]), np.array([0.5, 0.5, 2.0, 0.0])
    kinds = [
        lambda: index.query(x, y, "within"),
        lambda: index.query(x, y, "owned_by", output_format="count"),
        lambda: index.query(x, y, "covered_by", return_distance=True)[1],
        lambda: index.query(x, y, "dwithin", distance=5, return_distance=True)[1],
        lambda: index.query(x, y, distance=5, output_format="mask"),
        lambda: index.query_nearest(x, y, 2, return_distance=True)[1],
        lambda: index.query_nearest(x, y, max_distance=3, all_matches=False),
        lambda: index.nearest_centers(x, y, 2, 9.0),
        lambda: index.best(x, y, "dwithin", distance=9, by="priority", priority=[2, 1, 0]),
        lambda: index.best(x, y, "covered_by", by="center"),
        lambda: index.locate(x, y, "open", fallback="nearest"),
        lambda: index.locate(float(x[1]), float(y[1]), rule="smallest"),
    ]
    expected = [kind().tolist() for kind in kinds]
    wrong = []

    def ask(seed):
        for i in np.random.default_rng(seed).integers(len(kinds), size=1500):
            if kinds[i]().tolist() != expected[i]:
                wrong.append(i)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_the_gil_is_free_during_calls(index):
    points = np.random.default_rng(3).random((400_000, 2))
    started, finished = threading.Event(), threading.Event()
    spans = []

    def call():
        started.set()
        for _ in range(3):
            start = time.perf_counter()
            index.query(xy=points, distance=0.3, output_format="count", workers=1)
            spans.append((start, time.perf_counter()))
        finished.set()

    thread = threading.Thread(target=call)
    thread.start()
    started.wait()
    ticks = []
    while not finished.is_set():
        ticks.append(time.perf_counter())
    thread.join()
    during = max(sum(start < tick < end for tick in ticks) for start, end in spans)
    assert during > 100  # with the GIL held there would be a few at either end


@pytest.mark.skipif(not get_config_var("Py_GIL_DISABLED"), reason="this Python has a GIL")
def test_the_package_brings_no_gil_back():
    code = "import sys, polyfind; print(sys._is_gil_enabled())"
    told = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    assert told.stdout == "False\n"


def test_one_table_in_many_threads(squares):
    wrong = []

    def measure():
        for _ in range(300):
            if pf.area(squares).tolist() != [1, 4, 9]:
                wrong.append(1)

    threads = [threading.Thread(target=measure) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
