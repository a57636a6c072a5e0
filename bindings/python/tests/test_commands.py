"""nearest, measure, index and bench on the command line, and the command in a real terminal."""

from __future__ import annotations

import csv
import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import numpy as np
import pytest
from commands import COMMAND, run

import polyfind as pf
from polyfind.cli import bench


def rows_of(out):
    return list(csv.DictReader(out.splitlines()))


def pairs_of(out):
    return [(row["who"], int(row["polygon"]), row["distance"]) for row in rows_of(out)]


# --- nearest, and all matches


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], [("a", 0, "0.0"), ("b", 0, "0.0"), ("c", 2, "0.0"), ("d", 0, str(18**0.5))]),
        (["--ties"], [("a", 0, "0.0"), ("a", 1, "0.0"), ("b", 0, "0.0"), ("c", 2, "0.0")]),
        (["-k", "9", "--max", "1"], [("a", 0, "0.0"), ("a", 1, "0.0"), ("b", 0, "0.0")]),
        (["--max", "4"], [("a", 0, "0.0"), ("b", 0, "0.0"), ("c", 2, "0.0"), ("d", -1, "")]),
        (["--centers"], [("a", 0, "0.0"), ("b", 0, "0.9"), ("c", 2, "0.5")]),
        (
            ["--centers", "-k", "2", "--max", "1"],
            [("a", 0, "0.0"), ("a", 1, "0.5"), ("b", 0, "0.9")],
        ),
    ],
)
def test_nearest(files, capfdbinary, options, expected):
    code, out, err = run(capfdbinary, "nearest", "zones.geojson", "points.csv", *options)
    assert code == 0
    assert pairs_of(out)[: len(expected)] == expected
    assert err[2].startswith("rows")
    names = ["big", "small", 'far, "east"', ""]
    assert all(row["polygon_id"] == names[int(row["polygon"])] for row in rows_of(out))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--inside"], [("a", 0), ("a", 1), ("b", 0), ("c", 2), ("d", -1), ("e", 0), ("e", 1)]),
        (
            ["--dwithin", "0.5"],
            [("a", 0), ("a", 1), ("b", 0), ("b", 1), ("c", 2), ("d", -1), ("e", 0), ("e", 1)],
        ),
        (["--close", "0.6"], [("a", 0), ("a", 1), ("b", -1), ("c", 2), ("d", -1), ("e", -1)]),
    ],
)
def test_all_matches(files, capfdbinary, options, expected):
    code, out, err = run(capfdbinary, "match", "zones.geojson", "points.csv", "--all", *options)
    assert code == 0
    assert [(row["who"], int(row["polygon"])) for row in rows_of(out)] == expected
    matched = len({who for who, polygon in expected if polygon >= 0})
    assert err[2].split()[:2] == ["matched", str(matched)]
    assert ("distance" in rows_of(out)[0]) == ("--inside" not in options)


# --- measure


def test_measure(files, capfdbinary):
    code, out, err = run(capfdbinary, "measure", "zones.geojson", "--id", "rank")
    assert (code, len(err)) == (0, 3)
    rows = rows_of(out)
    assert [row["polygon_id"] for row in rows] == ["0", "10", "20"]
    polygons = pf.Polygons.from_geojson(Path("zones.geojson"))
    assert [float(row["area"]) for row in rows] == pf.area(polygons).tolist()
    assert [float(row["perimeter"]) for row in rows] == pf.perimeter(polygons).tolist()
    assert [float(row["center_x"]) for row in rows] == pf.center(polygons)[0].tolist()
    assert [float(row["centroid_y"]) for row in rows] == pf.centroid(polygons)[1].tolist()
    assert [float(row["max_x"]) for row in rows] == pf.bounds(polygons)[:, 2].tolist()


def test_measure_of_nothing_is_empty(files, capfdbinary):
    Path("none.csv").write_text("wkt\nPOLYGON EMPTY\n")
    code, out, _ = run(capfdbinary, "measure", "none.csv")
    assert code == 0
    (row,) = rows_of(out)
    assert (row["area"], row["perimeter"]) == ("0.0", "0.0")
    assert row["center_x"] == row["centroid_y"] == row["min_x"] == ""


def test_measure_into_other_forms(files, capfdbinary):
    geopandas, pyarrow = pytest.importorskip("geopandas"), pytest.importorskip("pyarrow")
    for name in ("out.geojson", "out.parquet", "out.arrow"):
        assert run(capfdbinary, "measure", "zones.geojson", "-q", "-o", name) == (0, "", [])
    frame = geopandas.read_file("out.geojson")
    assert np.array_equal(frame.set_crs(None, allow_override=True).area, frame["area"])
    tables = [
        __import__(f"pyarrow.{kind}", fromlist=["_"]).read_table(f"out.{suffix}")
        for kind, suffix in (("parquet", "parquet"), ("feather", "arrow"))
    ]
    assert tables[0].equals(tables[1])
    assert tables[0]["area"].to_pylist() == [16, 4, 4]
    assert tables[0].schema.field("polygon_id").type == pyarrow.string()


# --- index


def test_an_index_takes_the_place_of_polygons(files, capfdbinary):
    code, out, err = run(capfdbinary, "index", "build", "zones.geojson", "-o", "zones.index")
    assert (code, out) == (0, "")
    assert err[1].endswith("zones.index (for centers, insides, distances)")
    code, out, _ = run(
        capfdbinary, "match", "zones.index", "points.csv", "--nearest", "--by", "area"
    )
    assert [row["polygon"] for row in rows_of(out)] == ["1", "0", "2", "0", "1"]
    assert "polygon_id" not in rows_of(out)[0]
    code, out, err = run(capfdbinary, "nearest", "zones.index", "points.csv", "--id", "name")
    assert (code, out, len(err)) == (2, "", 1)
    assert "zones.index is an index, which has no columns; leave --id" in err[0]
    code, out, err = run(capfdbinary, "index", "verify", "zones.index")
    assert (code, err) == (0, [])
    assert out.startswith("zones.index: sound, 3 polygons, ")
    code, out, err = run(capfdbinary, "index", "info", "zones.index")
    assert (code, err) == (0, [])
    told = {line.split()[0]: line.split()[1:] for line in out.splitlines()}
    assert told["vertices"] == ["12"]
    assert told["x"] == ["-2", "to", "11"]
    assert told["bytes"] == [f"{os.path.getsize('zones.index'):,}"]


def test_an_index_for_some_questions(files, capfdbinary):
    arguments = ["zones.geojson", "-o", "zones.index", "--for", "centers", "-q"]
    assert run(capfdbinary, "index", "build", *arguments) == (0, "", [])
    code, out, err = run(capfdbinary, "match", "zones.index", "points.csv", "--inside")
    assert (code, out, len(err)) == (1, "", 1)
    assert err[0].endswith("built without insides; build it with --for centers insides")


def test_damage_is_found(files, capfdbinary):
    assert run(capfdbinary, "index", "build", "zones.geojson", "-o", "a.index", "-q")[0] == 0
    content = bytearray(Path("a.index").read_bytes())
    content[len(content) // 2] ^= 1
    Path("a.index").write_bytes(content)
    code, out, err = run(capfdbinary, "index", "verify", "a.index")
    assert (code, out, len(err)) == (1, "", 1)
    assert err[0].startswith("polyfind: a.index: ")


ERRORS = {
    "no index": (["index", "verify", "gone.index"], 1, "gone.index: cannot be read: no such file"),
    "not an index": (["index", "info", "points.csv"], 1, "points.csv: "),
    "no command": (["index"], 2, "the following arguments are required: COMMAND"),
    "no output": (["index", "build", "zones.geojson"], 2, "required: -o/--output"),
    "same": (["index", "build", "zones.geojson", "-o", "zones.geojson"], 2, "this is an input"),
    "nowhere": (["index", "build", "zones.geojson", "-o", "no/a"], 1, "no/a: cannot be written: "),
    "points alone": (["bench", "zones.geojson"], 2, "POLYGONS and POINTS go together"),
    "zero": (["nearest", "zones.geojson", "points.csv", "--max", "0"], 2, "0 leaves no room"),
    "no number": (["nearest", "zones.geojson", "points.csv", "-k", "x"], 2, "'x' is not a whole"),
    "both": (["nearest", "a", "b", "--ties", "--centers"], 2, "not allowed with argument"),
    "all nearest": (["match", "a", "b", "--nearest", "--all"], 2, "--all goes with --inside"),
    "point and x": (["nearest", "a", "b", "--x", "x", "--y", "y", "--point", "p"], 2, "one or the"),
    "unknown form": (["measure", "zones.xyz"], 1, "zones.xyz: cannot be read: no such file"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_one_line_for_every_error(files, capfdbinary, name):
    arguments, expected, message = ERRORS[name]
    code, out, err = run(capfdbinary, *arguments)
    assert (code, out, len(err)) == (expected, "", 1)
    assert err[0].startswith("polyfind: ")
    assert message in err[0]
    assert sorted(os.listdir()) == ["points.csv", "zones.geojson"]


def test_what_is_missing_is_named(files, capfdbinary, monkeypatch):
    pytest.importorskip("pyarrow")
    Path("zones.gpkg").write_text("")
    monkeypatch.setitem(sys.modules, "pyogrio", None)
    code, _, err = run(capfdbinary, "measure", "zones.gpkg")
    assert code == 1
    assert err == ['polyfind: reading .gpkg files needs pyogrio: pip install "polyfind[geo]"']


# --- bench


def test_bench(files, capfdbinary):
    pytest.importorskip("geopandas")
    code, out, err = run(capfdbinary, "bench", "zones.geojson", "points.csv", "--distance", "1")
    assert (code, err) == (0, [])
    head, names, *rows = out.splitlines()
    assert head == "3 polygons, 5 points"
    assert names.split()[:2] == ["question", "library"]
    assert [row.split("  ")[0] for row in rows[::3]] == ["in", "within 1", "nearest"]
    assert len(rows) == 9
    assert all(row.endswith("  the same") for row in rows)


def test_bench_says_what_differs_and_what_is_missing(files, capfdbinary, monkeypatch):
    pytest.importorskip("shapely")
    right = bench.Shapely.inside
    monkeypatch.setattr(bench.Shapely, "inside", lambda *given: right(*given)[:, 1:])
    monkeypatch.setitem(sys.modules, "geopandas", None)
    code, out, _ = run(capfdbinary, "bench", "--city", "50", "200")
    assert code == 0
    rows = [line for line in out.splitlines() if " shapely " in line]
    assert rows[0].endswith("1 differ")
    assert rows[1].endswith("the same")
    assert out.splitlines()[-1] == "geopandas is not installed: pip install geopandas"


# --- in a terminal of its own


def in_a_terminal(arguments, typed=b"", until=b""):
    """The exit code of a command whose only world is a terminal, and what stands there.

    `typed` is what somebody types as soon as `until` is seen.
    """
    terminal, theirs = pty.openpty()

    def begin():
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)  # from here on Ctrl-C is for this process
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    ends = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
    work = subprocess.Popen(
        [*COMMAND, *arguments], **ends, start_new_session=True, preexec_fn=begin
    )
    os.close(theirs)
    seen = b""
    try:
        while chunk := os.read(terminal, 4096):
            seen += chunk
            if typed and until in seen:
                time.sleep(0.1)
                os.write(terminal, typed)
                typed = b""
    except OSError:  # Linux says so when the other end is closed
        pass
    os.close(terminal)
    return work.wait(timeout=60), seen.decode()


def test_a_command_in_a_terminal(files):
    code, seen = in_a_terminal(["nearest", "zones.geojson", "points.csv", "-k", "2"])
    assert code == 0
    assert "\r\x1b[Kasking  [" in seen
    assert "d,5,5,0,big,4.242640687119285\r\n" in seen
    assert seen.rpartition("\r\x1b[K")[2].startswith("polygons      3  zones.geojson\r\n")
    code, seen = in_a_terminal(["nearest", "zones.geojson", "points.csv", "-q"])
    assert (code, "\x1b" in seen, seen.count("\r\n")) == (0, False, 6)


def test_ctrl_c_typed_in_a_terminal(files):
    os.mkfifo("slow.csv")  # nobody ever writes
    arguments = ["match", "zones.geojson", "slow.csv", "--inside", "-o", "out.csv"]
    code, seen = in_a_terminal(arguments, b"\x03", b"reading slow.csv")
    assert code == 130
    assert seen.endswith("\r\x1b[Kpolyfind: stopped\r\n")
    assert sorted(os.listdir()) == ["points.csv", "slow.csv", "zones.geojson"]


# --- help


@pytest.mark.parametrize(
    "command",
    [["nearest"], ["measure"], ["bench"], ["index"], ["index", "build"], ["index", "verify"]],
)
def test_help_has_examples_and_fits(capfdbinary, monkeypatch, command):
    monkeypatch.setenv("COLUMNS", "100")
    code, out, err = run(capfdbinary, *command, "--help")
    assert (code, err) == (0, [])
    assert f"  polyfind {' '.join(command)} " in out
    assert max(map(len, out.splitlines())) <= 100


def test_exit_codes_are_documented(capfdbinary):
    _, out, _ = run(capfdbinary, "--help")
    told = [line.split()[0] for line in out.partition("exit codes\n")[2].splitlines()[:4]]
    assert told == ["0", "1", "2", "130"]
