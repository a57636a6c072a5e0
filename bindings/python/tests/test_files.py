"""An index as bytes, files, pickles and shared memory."""

from __future__ import annotations

import mmap
import multiprocessing
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import polyfind as pf

RANDOM = np.random.default_rng(5)
POINTS = RANDOM.random((300, 2)) * 30


@pytest.fixture
def index(squares):
    return pf.PolygonIndex(squares)


def answers(index):
    return [
        index.locate(xy=POINTS).tolist(),
        index.query(xy=POINTS, distance=3).tolist(),
        index.query(xy=POINTS, predicate="dwithin", distance=2).tolist(),
        index.query_nearest(xy=POINTS, k=2).tolist(),
        index.nearest_centers(xy=POINTS, k=2).tolist(),
    ]


def aligned(data):
    room = np.empty(len(data) + 64, np.uint8)
    shift = -room.ctypes.data % 64
    room[shift : shift + len(data)] = np.frombuffer(data, np.uint8)
    return room[shift : shift + len(data)]


def test_every_way_back(index, tmp_path):
    path = tmp_path / "zones.polyfind"
    index.save(path)
    data = bytes(index)
    assert data == path.read_bytes() and len(data) == index.nbytes == index.info.nbytes
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    opened = [
        pf.PolygonIndex.open(path),
        pf.PolygonIndex.open(str(path), mmap=True),
        pf.PolygonIndex.open(os.fspath(path), True, trusted=True),
        pf.PolygonIndex.from_buffer(data),
        pf.PolygonIndex.from_buffer(bytearray(b"x" + data)[1:]),
        pf.PolygonIndex.from_buffer(memoryview(b"x" + data)[1:]),
        pf.PolygonIndex.from_buffer(aligned(data)),
        pf.PolygonIndex.from_buffer(mapped),
        pickle.loads(pickle.dumps(index)),
        pickle.loads(pickle.dumps(index, protocol=2)),
    ]
    del mapped
    for other in opened:
        assert answers(other) == answers(index)
        assert bytes(other) == data and other.info == index.info and len(other) == 3
        assert repr(other) == repr(index)


def test_info(squares):
    info = pf.PolygonIndex(squares).info
    assert info._asdict() | {"nbytes": 0} == dict(
        polygons=3,
        rings=3,
        vertices=12,
        nbytes=0,
        bounds=(0.0, 0.0, 23.0, 3.0),
        uses=("centers", "insides", "distances"),
        format_version=1,
    )
    info = pf.PolygonIndex(squares, uses="centers").info
    assert info.uses == ("centers",) and info.vertices == 0 and np.isnan(info.bounds).all()


def test_workers_make_the_same_bytes():
    polygons = pf.Polygons(xy=RANDOM.random((20000, 2)), ring_offsets=np.arange(0, 20001, 4))
    one, three = (pf.PolygonIndex(polygons, workers=workers) for workers in (1, 3))
    assert bytes(one) == bytes(three)


def test_a_kept_buffer_lives_and_a_copied_one_does_not(index):
    kept = pf.PolygonIndex.from_buffer(aligned(bytes(index)))
    before = answers(index)
    assert kept._buffer is not None and answers(kept) == before
    buffer = bytearray(b"x" + bytes(index))
    copied = pf.PolygonIndex.from_buffer(memoryview(buffer)[1:])
    if copied._buffer is None:
        buffer[:] = bytes(len(buffer))
    assert answers(copied) == before


@pytest.mark.parametrize("wrong", [3, "text", None, [1, 2]])
def test_only_buffers(wrong):
    with pytest.raises(TypeError):
        pf.PolygonIndex.from_buffer(wrong)
    with pytest.raises(TypeError):
        pf.PolygonIndex.open([wrong])


def test_damage_is_named(index, tmp_path):
    path = tmp_path / "zones.polyfind"
    data = bytearray(bytes(index))
    data[-70] ^= 1
    path.write_bytes(data)
    with pytest.raises(
        ValueError, match=r"zones.polyfind: index: section [a-z.]+ is damaged"
    ) as caught:
        pf.PolygonIndex.open(path)
    assert type(caught.value) is pf.FormatError
    with pytest.raises(pf.FormatError, match=r"^index: section"):
        pf.PolygonIndex.from_buffer(data)
    path.write_bytes(data[:-1])
    for way in (dict(), dict(mmap=True), dict(mmap=True, trusted=True)):
        with pytest.raises(pf.FormatError, match=r"it has \d+ bytes instead of"):
            pf.PolygonIndex.open(path, **way)
    with pytest.raises(pf.FormatError, match="0 bytes are too few"):
        pf.PolygonIndex.from_buffer(b"")
    with pytest.raises(ValueError, match="trusted=True is for mmap=True"):
        pf.PolygonIndex.open(path, trusted=True)


def test_the_system_refuses(index, tmp_path):
    path = tmp_path / "missing" / "zones.polyfind"
    for refused in (
        index.save,
        pf.PolygonIndex.open,
        lambda path: pf.PolygonIndex.open(path, True),
    ):
        with pytest.raises(FileNotFoundError) as caught:
            refused(path)
        error = caught.value
        assert isinstance(error, pf.IoError) and error.filename == str(path)
        assert str(error) == f"[Errno 2] No such file or directory: {str(path)!r}"
        again = pickle.loads(pickle.dumps(error))
        assert isinstance(again, pf.IoError) and isinstance(again, FileNotFoundError)
        assert str(again) == str(error)
        with pytest.raises(OSError, match="not a regular file"):
            refused(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
def test_a_folder_that_may_not_be_written(index, tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(PermissionError):
            index.save(tmp_path / "zones")
    finally:
        tmp_path.chmod(0o700)


FULL = """
import resource, signal, sys
import polyfind as pf
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
index = pf.PolygonIndex.open(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    index.save(sys.argv[1])
except OSError as error:
    print(error.errno)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits there")
def test_no_room_leaves_the_old_file(index, tmp_path):
    path = tmp_path / "zones"
    index.save(path)
    before = path.read_bytes()
    for limit in (0, 1, 63, 64, 700, len(before) - 1):
        command = [sys.executable, "-c", FULL, str(path), str(limit)]
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert out == "27\n"  # EFBIG
        assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def worker(index):
    return answers(index)


def test_processes_get_it_by_pickle(index):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(worker, (index,)) == answers(index)


def test_progress_and_cancel(index, tmp_path):
    path = tmp_path / "zones"
    told = []
    index.save(path, progress=lambda done, total: told.append((done, total)))
    assert told[-1][0] == told[-1][1]
    for call in (
        lambda stop: index.save(path, progress=stop),
        lambda stop: pf.PolygonIndex.open(path, progress=stop),
        lambda stop: pf.PolygonIndex.open(path, True, progress=stop),
        lambda stop: pf.PolygonIndex.from_buffer(bytes(index), progress=stop),
    ):
        with pytest.raises(pf.CancelledError):
            call(lambda done, total: True)
    assert answers(pf.PolygonIndex.open(Path(path))) == answers(index)
    assert list(tmp_path.iterdir()) == [path]
