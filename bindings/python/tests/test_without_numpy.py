"""Where numpy cannot be had, answers are the same, in memoryviews; what needs numpy says so."""

from __future__ import annotations

import json
import subprocess
import sys
from array import array
from pathlib import Path
from sysconfig import get_config_var

import numpy as np
import plain
import pytest

import polyfind as pf
from polyfind import _arrays, _plain

HERE = Path(__file__).resolve().parent


def run(code, *arguments):
    done = subprocess.run(
        [sys.executable, *arguments, *(("-c", code) if code else ())],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=HERE,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def without():
    return json.loads(run("", "-I", str(HERE / "plain.py")))


def test_answers_are_the_same(without):
    expected = plain.answers(pf)
    assert len(expected["refusals"]) == 8
    for name, answer in expected.items():
        assert without["answers"][name] == answer, name
    assert without["answers"].keys() == expected.keys()


@pytest.mark.skipif(
    bool(get_config_var("Py_GIL_DISABLED")), reason="cffi refuses that without a GIL"
)
def test_answers_are_the_same_in_sub_interpreters(without):
    pytest.importorskip("_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters")
    lines = run("", str(HERE / "subinterpreter.py")).splitlines()
    assert len(lines) == 3
    for line in lines:
        assert json.loads(line)["answers"] == without["answers"]


def test_importing_takes_no_time(without, capsys):
    with capsys.disabled():
        print(f"\nimport polyfind without numpy: {without['milliseconds']:.0f} ms", end=" ")
    assert without["milliseconds"] < 1000  # 60 on a machine with nothing else to do


NEEDING = """
import sys
sys.modules["numpy"] = None
import polyfind as pf
table = pf.Polygons([0, 1, 1], [0, 0, 1], [0, 3])
index = pf.PolygonIndex(table)
for name, call in {
    "boxes": lambda: pf.Polygons.from_boxes([[0, 0, 1, 1]]),
    "circles": lambda: pf.Polygons.from_circles([0], [0], [1]),
    "slices": lambda: table[:1],
    "to_geojson": lambda: table.to_geojson(),
    "to_arrow": lambda: table.to_arrow(),
    "tallies": lambda: pf.Tally(index).add([1], [1], [2]),
    "objects": lambda: pf.Polygon([0, 1], [1, 1]),
}.items():
    try:
        call()
    except ImportError as error:
        assert 'pip install "polyfind[numpy]"' in str(error), error
    else:
        print(name)
sys.argv[1:] = ["--version"]
from polyfind.__main__ import main
assert main() == 1
"""


def test_what_needs_numpy_says_so():
    assert run(NEEDING, "-I") == ""


KINDS = """
import sys
sys.modules["numpy"] = None
import polyfind as pf
index = pf.PolygonIndex(pf.Polygons([0, 2, 2], [0, 0, 2], [0, 3]))
x, y = [1.5, 9.0], [1.0, 9.0]
def shape(view): return view.format, view.shape, view.readonly
points, polygons = index.query(x, y, "within")
print([
    shape(index.locate(x, y)), shape(index.nearest_centers(x, y, 3)), shape(polygons),
    *map(shape, index.query(x, y, "within", output_format="csr", return_distance=True)),
    shape(index.query(x, y, "within", output_format="count")),
    shape(index.query(x, y, "within", output_format="mask")),
])
indptr, rows = index.query(x, y, "within", output_format="csr")
del index, indptr
import gc; gc.collect()
assert rows.tolist() == [0]
"""


def test_results_are_memoryviews_of_the_same_kinds():
    assert run(KINDS, "-I").strip() == str(
        [
            ("i", (2,), False),
            ("i", (2, 3), False),
            ("q", (1,), False),
            ("q", (3,), True),
            ("i", (1,), True),
            ("d", (1,), True),
            ("I", (2,), False),
            ("?", (2,), False),
        ]
    )


def test_both_ways_to_have_arrays_have_the_same_names():
    def names(module):
        found = {name: value for name, value in vars(module).items() if name[0] != "_"}
        kinds = {name for name in found if name.isupper() or name[1:].isdigit()}
        own = {name for name, value in found.items() if _is_own(value, module)}
        return kinds | own | {"empty"}

    assert names(_arrays) == names(_plain) > {"F64", "columns", "lent"}


def _is_own(value, module):
    return getattr(value, "__module__", None) == module.__name__


SWAPPED = np.arange(3.0).astype(np.dtype("d").newbyteorder())


@pytest.mark.parametrize(
    "given, error, text",
    [
        ((["a"], [1]), TypeError, r"x\[0\] = 'a' is not a real number"),
        (([1, None], [1, 2]), TypeError, r"x\[1\] = None is not a real number"),
        ((7, [1]), TypeError, "x must be an array, not int"),
        (([1], np.zeros((1, 1))), ValueError, r"y must have one dimension, not shape \(1, 1\)"),
        ((np.array([True]), [1]), TypeError, r"x must hold real numbers, not '\?'"),
        ((SWAPPED, [1, 2, 3]), TypeError, "x is not in the byte order of this machine"),
        ((None, None, [(1, 2), (3,)]), ValueError, r"xy\[1\] must be two numbers"),
        ((None, None, np.zeros((2, 3))), ValueError, r"xy must have shape \(n, 2\), not \(2, 3\)"),
    ],
)
def test_memoryviews_of_points_are_checked(given, error, text):
    with pytest.raises(error, match=text):
        _plain.columns(*given)


@pytest.mark.parametrize(
    "given, error, text",
    [
        ([0, 1.5], TypeError, r"rings\[1\] = 1.5 is not an integer"),
        ([0, 1 << 63], TypeError, r"rings\[1\] = 9223372036854775808 is not an integer of 64 bits"),
        (array("d", [0, 1]), TypeError, "rings must hold integers, not 'd'"),
        (np.zeros((2, 2), int), ValueError, r"rings must have one dimension, not shape \(2, 2\)"),
    ],
)
def test_memoryviews_of_offsets_are_checked(given, error, text):
    with pytest.raises(error, match=text):
        _plain.offsets(("rings", given))


def test_memoryviews_are_not_copied_where_they_need_not_be():
    x, backwards = array("d", range(6)), memoryview(array("d", range(6)))[::-1]
    assert _plain.columns(x, x)[0].obj is x
    assert [column.tolist() for column in _plain.columns(x, backwards)] == [
        [0, 1, 2, 3, 4, 5],
        [5, 4, 3, 2, 1, 0],
    ]
    ends = array("i", [0, 3])
    assert _plain.offsets(("rings", ends))[0].obj is ends
