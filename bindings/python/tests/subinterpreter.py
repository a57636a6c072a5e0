"""The questions of plain.py in sub-interpreters, for which numpy is not made; prints JSON.

They share the GIL: where they have one of their own, cffi refuses to be loaded.
"""

from __future__ import annotations

import sys

try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

CODE = """
import sys
sys.path[:] = {path!r}
sys.modules["numpy"] = None
import plain
import polyfind as pf
told = []
def tell(done, total):
    told.append(done)
    if len(told) == 2:
        raise KeyError("stopped")
points = memoryview(bytearray(8 * 4_000_000)).cast("d")
table = pf.Polygons(points, points, range(0, len(points) + 1, 4))
try:
    pf.PolygonIndex(table, progress=tell)
except KeyError as error:
    assert str(error) == "'stopped'" and len(told) == 2
else:
    raise AssertionError("nobody was told")
plain.main()
"""


def main():
    """Two of them, one after the other, and this one at last."""
    code = CODE.format(path=sys.path)
    for _ in range(2):
        made = create()
        failed = interpreters.run_string(made, code)
        if failed is not None:
            sys.exit(failed.formatted)
        interpreters.destroy(made)
    import plain

    plain.main()


def create():
    """An interpreter that shares the GIL, as each version of Python makes one."""
    if sys.version_info >= (3, 13):
        return interpreters.create("legacy")
    return interpreters.create(isolated=False)


if __name__ == "__main__":
    main()
