"""Loads the service with wrk, which checks every answer, while its index is replaced again and again.

    python load.py [--seconds 20] [--reloads 20] [--workers 2]

Ends with an error if an answer was wrong or missing, if a request failed, or if a file was not noticed.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import numpy as np
import polyfind as pf

HERE = Path(__file__).resolve().parent
SIDE, COARSE = 500, 10  # as in check.lua
CONNECTIONS = 16


def boxes(side: float) -> np.ndarray:
    """All boxes of a side, row by row."""
    y, x = (side * column.ravel() for column in np.mgrid[0 : SIDE / side, 0 : SIDE / side])
    return np.column_stack([x, y, x + side, y + side])


def indexes() -> list[pf.PolygonIndex]:
    """For even seconds and for odd ones. Boxes reach to just below their neighbours, so that a point is in two."""
    zones = np.concatenate([boxes(1), boxes(COARSE)])
    return [pf.PolygonIndex(pf.Polygons.from_boxes(rows), uses="insides") for rows in (zones, zones[::-1])]


class Zones:
    """The file that the service looks at; each that is put there has a second of its own."""

    def __init__(self, folder: str) -> None:
        self.path, self.second = Path(folder, "zones.index"), 1_790_000_000
        self.indexes = indexes()
        self.put()

    def put(self) -> None:
        """A new file: as a whole, by rename."""
        made = self.path.with_suffix(".new")
        self.indexes[self.second % 2].save(made)
        os.utime(made, (self.second, self.second))
        made.replace(self.path)
        self.second += 1

    def damage(self) -> None:
        """A file that is no index, for a moment."""
        made = self.path.with_suffix(".new")
        made.write_bytes(b"no index")
        made.replace(self.path)

    def maps(self) -> list[str]:
        """A line for each process that maps a file of this path, of today or of before."""
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    lines = (folder / "maps").read_text().splitlines()
                except OSError:  # it is gone, or is not ours
                    continue
                found += [line.split(None, 5)[5] for line in lines if str(self.path) in line]
        return found


@contextmanager
def service(zones: Zones, workers: int) -> Iterator[str]:
    """The address of a service that is ready, until it is ended."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "rsgi", "--workers", str(workers)]
    command += ["--port", str(port), "--no-ws", "--log-level", "error", "service:app"]
    process = subprocess.Popen(command, cwd=HERE, env={**os.environ, "ZONES": str(zones.path)})
    address = f"http://127.0.0.1:{port}/zones"
    try:
        for _ in range(300):
            try:
                urlopen(f"{address}?x=1&y=1").read()
                break
            except HTTPError:
                raise
            except URLError:  # it does not listen yet
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


def load(address: str, seconds: int) -> subprocess.Popen[str]:
    command = ["wrk", "--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{seconds}s"]
    return subprocess.Popen([*command, "--script", HERE / "check.lua", address], stdout=subprocess.PIPE, text=True)


def told(what: str, wrk: subprocess.Popen[str], files: int) -> None:
    out, _ = wrk.communicate()
    found = json.loads(out.rpartition("JSON ")[2])
    print(
        f"{what}: {found['rate']:,.0f} requests/s, p50 {found['p50']:.2f} ms, p99 {found['p99']:.2f} ms, longest"
        f" {found['most']:.1f} ms; {found['right']:,} right, {found['wrong']} wrong, {found['failed']} failed,"
        f" {found['files']} index files answered",
        flush=True,
    )
    if not found["right"] or found["wrong"] or found["failed"] or found["files"] != files:
        raise SystemExit(f"that is not as it should be ({files} files were there):\n{out}")


def wait_for(address: str, second: int) -> None:
    """Until a process answers from the file of this second."""
    for _ in range(100):
        answer = json.load(urlopen(f"{address}?x=1&y=1"))
        if answer["index"].startswith(str(second)):
            return
        time.sleep(0.05)
    raise SystemExit("a new file was not noticed")


def is_refused(address: str) -> bool:
    try:
        urlopen(address)
    except HTTPError as error:
        return error.code == 400
    return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--reloads", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        zones = Zones(folder)
        print(f"{len(zones.indexes[0]):,} zones, index of {zones.path.stat().st_size / 1e6:.1f} MB", flush=True)
        with service(zones, given.workers) as address:
            for query in ("", "?x=1", "?x=1&y=b", "?x=1&y=nan"):
                assert is_refused(address + query), query
            told("one index", load(address, given.seconds), 1)
            wrk = load(address, 3600)
            for _ in range(given.reloads):
                zones.put()
                wait_for(address, zones.second - 1)
                time.sleep(given.seconds / given.reloads)
            wrk.send_signal(signal.SIGINT)  # enough
            told(f"{given.reloads} reloads", wrk, given.reloads + 1)
            assert set(zones.maps()) == {str(zones.path)}, zones.maps()
            print(f"{given.workers} processes map the newest file, none an old one")
            zones.damage()
            time.sleep(1)
            told("after a file that is no index", load(address, 1), 1)


if __name__ == "__main__":
    main()
