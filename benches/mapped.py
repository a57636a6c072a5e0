"""What a mapped and trusted index of about a gigabyte takes of memory: in one process, then in two.

    cargo build --release
    python3 benches/mapped.py [polygons]      # 4,600,000 squares by default; they take about 3 GB to build

Linux only (reads /proc/self/smaps). "Resident" counts all pages of the file that a process has,
"share" divides each by the number of processes that have it (Pss).
"""

import ctypes
import os
import sys
import tempfile
import time
from array import array
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "bindings" / "ctypes"))

from polyfind_ctypes import Index, Library  # noqa: E402


def squares(count):
    side = int(count**0.5)
    xs, ys = array("d"), array("d")
    for row in range(side):
        for column in range(side):
            xs.extend((column, column + 0.9, column + 0.9, column))
            ys.extend((row, row, row + 0.9, row + 0.9))
    return side, xs, ys, array("q", range(0, 4 * side * side + 1, 4))


def mapped(library, path):
    """An index whose memory is the file, unchecked."""
    index = Index.__new__(Index)
    index.library, index.handle = library, ctypes.POINTER(library.types["pf_index"])()
    index.run = library.struct("pf_run")
    flags = library.constants["PF_OPEN_TRUSTED"]
    library.call("pf_index_map", str(path).encode(), flags, None, ctypes.byref(index.handle))
    return index


def resident(path):
    """Resident bytes and share of the file's pages in this process, in MB."""
    sums = {"Rss": 0, "Pss": 0}
    is_ours = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        word, *rest = line.split()
        if not word.endswith(":"):
            is_ours = line.endswith(str(path))
        elif is_ours and word[:-1] in sums:
            sums[word[:-1]] += int(rest[0])
    return sums["Rss"] / 1e3, sums["Pss"] / 1e3


def tell(what, path):
    size, share = resident(path)
    print(f"{what:42} resident {size:8.1f} MB, share {share:8.1f} MB", flush=True)


def main():
    library = Library()
    side, xs, ys, rings = squares(int(sys.argv[1]) if len(sys.argv) > 1 else 4_600_000)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "squares.polyfind")
        built = library.index(library.polygons(xs, ys, rings))
        library.call("pf_index_save", built.handle, str(path).encode(), None)
        del xs, ys, rings, built
        print(f"{side * side:,} squares, {path.stat().st_size / 1e6:.0f} MB")
        start = time.perf_counter()
        index = mapped(library, path)
        print(f"opened in {(time.perf_counter() - start) * 1e3:.2f} ms")
        tell("opened", path)
        random = Random(1)
        points = [array("d", (random.random() * side for _ in range(100_000))) for _ in range(2)]
        assert max(index.locate(*points)) > 0
        tell("after 100,000 points anywhere", path)
        ready, done = os.pipe(), os.pipe()
        child = os.fork()
        if child == 0:
            other = mapped(library, path)
            assert max(other.locate(*points)) > 0
            tell("a second process after the same", path)
            os.write(ready[1], b"1")
            os.read(done[0], 1)
            os._exit(0)
        os.read(ready[0], 1)
        tell("the first, beside the second", path)
        os.write(done[1], b"1")
        os.waitpid(child, 0)


main()
