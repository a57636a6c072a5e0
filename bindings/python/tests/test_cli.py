"""The polyfind command as its users meet it: answers, tables, progress, errors of one line."""

from __future__ import annotations

import csv
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from commands import COMMAND, run

import polyfind
from polyfind import demo
from polyfind.files import write

PNG = b"\x89PNG\r\n\x1a\n"


MATCH = ["match", "zones.geojson", "points.csv", "--close", "1"]


# --- match


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], [1, 0, 2, -1, -1]),
        (["--by", "area"], [1, 0, 2, -1, -1]),
        (["--by", "distance"], [0, 0, 2, -1, -1]),
        (["--by", "polygon", "--workers", "2"], [0, 0, 2, -1, -1]),
        (["--x", "lat", "--y", "lon"], [1, 0, -1, -1, 1]),
        (["--by", "center"], [0, 0, 2, -1, -1]),
        (["--within", "0"], [-1] * 5),
    ],
)
def test_which_polygon_is_close(files, capfdbinary, options, expected):
    code, out, _ = run(capfdbinary, *MATCH, *options)
    assert code == 0
    assert [int(row["polygon"]) for row in csv.DictReader(out.splitlines())] == expected


@pytest.mark.parametrize(
    ("options", "expected", "words"),
    [
        (["--inside"], [1, 0, 2, -1, 1], "80.0%, in a polygon, by area"),
        (["--inside", "--by", "center"], [0, 0, 2, -1, 1], "in a polygon, by center"),
        (["--inside", "--by", "polygon"], [0, 0, 2, -1, 0], "in a polygon, by polygon"),
        (["--nearest"], [1, 0, 2, 0, 1], "100.0%, in a polygon, else the nearest, by area"),
        (["--nearest", "4"], [1, 0, 2, -1, 1], "in a polygon, else the nearest at most 4 away"),
        (["--nearest", "4.25", "--by", "polygon"], [0, 0, 2, 0, 0], "else the nearest at most"),
        (["--dwithin", "0.5"], [1, 1, 2, -1, 1], "80.0%, within 0.5 of a polygon, by area"),
        (["--dwithin", "0.5", "--by", "distance"], [0, 0, 2, -1, 0], "by distance"),
        (["--dwithin", "9", "--by", "center"], [0, 0, 2, 1, 1], "100.0%"),
    ],
)
def test_which_polygon(files, capfdbinary, options, expected, words):
    code, out, err = run(capfdbinary, *MATCH[:3], *options)
    assert code == 0
    assert [int(row["polygon"]) for row in csv.DictReader(out.splitlines())] == expected
    assert words in err[2]


def test_rows_keep_their_words_and_get_names(files, capfdbinary):
    code, out, err = run(capfdbinary, *MATCH)
    assert code == 0
    assert out == (
        "who,lon,lat,polygon,polygon_id\na,0,0,1,small\nb,-0.9,0,0,big\n"
        'c,10,0.5,2,"far, ""east"""\nd,5,5,-1,\ne,0.5,1,-1,\n'
    )
    table = "\n".join(err)
    for part in ("polygons", "zones.geojson", "(lon, lat)", "60.0%", "seconds"):
        assert part in table
    assert len(err) == 4


def test_another_id_a_file_and_silence(files, capfdbinary):
    code, out, err = run(capfdbinary, *MATCH, "--id", "rank", "-o", "out.csv", "--quiet")
    assert (code, out, err) == (0, "", [])
    assert Path("out.csv").read_text().splitlines()[1:3] == ["a,0,0,1,10", "b,-0.9,0,0,0"]
    assert sorted(os.listdir()) == ["out.csv", "points.csv", "zones.geojson"]


def test_parquet(files, capfdbinary):
    parquet = pytest.importorskip("pyarrow.parquet")
    code, out, _ = run(capfdbinary, *MATCH, "-o", "out.parquet")
    assert (code, out) == (0, "")
    table = parquet.read_table("out.parquet").to_pydict()
    assert table["polygon"] == [1, 0, 2, -1, -1]
    assert table["polygon_id"] == ["small", "big", 'far, "east"', None, None]
    assert table["who"] == list("abcde")


def test_no_polygons_and_no_points(files, capfdbinary):
    Path("none.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    Path("none.csv").write_text("x,y\n")
    code, out, _ = run(capfdbinary, "match", "none.geojson", "points.csv", "--within", "1")
    assert (code, out.splitlines()[1]) == (0, "a,0,0,-1")
    code, out, _ = run(capfdbinary, "match", "zones.geojson", "none.csv", "--within", "1")
    assert (code, out) == (0, "x,y,polygon,polygon_id\n")


def oracle(document, x, y, within):
    """Smallest area among the polygons whose vertex mean is nearer than `within`, in numpy."""
    areas, centers = [], []
    for feature in document["features"]:
        geometry = feature["geometry"]
        parts = geometry["coordinates"]
        parts = [parts] if geometry["type"] == "Polygon" else parts
        area, vertices = 0.0, []
        for part in parts:
            for number, ring in enumerate(part):
                ring = np.array(ring)
                vertices.append(ring[:-1])
                u, v = (ring - ring[0]).T
                size = abs(np.sum(u[:-1] * v[1:] - u[1:] * v[:-1])) / 2
                area += -size if number else size
        areas.append(area)
        centers.append(np.concatenate(vertices).mean(axis=0))
    order = np.argsort(areas, kind="stable")
    centers = np.array(centers)[order]
    best = np.full(x.size, -1)
    for at in range(0, x.size, 1000):
        part = slice(at, at + 1000)
        away = (x[part, None] - centers[:, 0]) ** 2 + (y[part, None] - centers[:, 1]) ** 2
        near = away < within * within
        best[part] = np.where(near.any(axis=1), order[near.argmax(axis=1)], -1)
    return best


def test_counties_and_cities(tmp_path, capfdbinary):
    root = Path(__file__).resolve().parents[3]
    folder = Path(os.environ.get("POLYFIND_DATA", root.parent / "shared" / "data"))
    zones, points = folder / "us_counties.geojson", folder / "geonames_cities1000.csv"
    if not (zones.is_file() and points.is_file()):
        pytest.skip(f"{zones.name} and {points.name} are not in {folder}: set POLYFIND_DATA")
    out = tmp_path / "out.csv"
    options = ["--within", "0.1", "--by", "area", "-o", str(out)]
    code, _, _ = run(capfdbinary, "match", str(zones), str(points), *options)
    assert code == 0
    with open(points, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    with open(out, encoding="utf-8", newline="") as file:
        matched = list(csv.reader(file))
    assert matched[0] == [*rows[0], "polygon", "polygon_id"]
    assert [row[:-2] for row in matched] == rows
    document = json.loads(zones.read_text("utf-8"))
    x, y = np.array([row[:2] for row in rows[1:]], np.float64).T
    best = np.array([int(row[-2]) for row in matched[1:]])
    assert np.array_equal(best, oracle(document, x, y, 0.1))
    assert np.count_nonzero(best >= 0) > 1000
    ids = [feature["id"] for feature in document["features"]]
    assert [row[-1] for row in matched[1:]] == [ids[row] if row >= 0 else "" for row in best]


# --- what is refused


USAGE = {
    "nothing": ([], "COMMAND"),
    "no such command": (["find"], "invalid choice: 'find'"),
    "no files": (["match"], "the following arguments are required"),
    "nothing to match": (MATCH[:3], "one of the arguments --inside --nearest --dwithin --close"),
    "two at once": ([*MATCH, "--inside"], "--inside: not allowed with argument --close/--within"),
    "no distance": ([*MATCH[:3], "--dwithin"], "--dwithin: expected one argument"),
    "zero": ([*MATCH[:3], "--nearest", "0"], "0 leaves no room; leave the number out"),
    "by distance": ([*MATCH[:3], "--inside", "--by", "distance"], "--by distance goes with --clo"),
    "a word": ([*MATCH[:4], "far"], "'far' is not a distance"),
    "negative": ([*MATCH[:4], "-1"], "'-1' is not a distance"),
    "nan": ([*MATCH[:4], "nan"], "'nan' is not a distance"),
    "order": ([*MATCH, "--by", "size"], "invalid choice: 'size'"),
    "workers": ([*MATCH, "--workers", "0"], "'0' is not a whole number from 1"),
    "x alone": ([*MATCH, "--x", "lon"], "--x and --y go together"),
    "suffix": ([*MATCH, "-o", "out.xlsx"], "output out.xlsx: the name must end in .csv, .parq"),
    "no suffix": ([*MATCH, "-o", "out"], "the name must end in .csv, .parquet, .arrow or .geojson"),
    "same": ([*MATCH, "-o", "./points.csv"], "output ./points.csv: this is an input; choose"),
    "picture": (["demo", "--output", "a.gif"], "output a.gif: the name must end in .png"),
    "no points": (["demo", "--points", "0"], "'0' is not a whole number from 1"),
}

DATA = {
    "missing": (
        ["match", "no.json", "points.csv", "--within", "1"],
        "no.json: cannot be read: no ",
    ),
    "a folder": (["match", ".", "points.csv", "--within", "1"], ".: cannot be read: is a direct"),
    "swapped": (
        ["match", "points.csv", "zones.geojson", "--within", "1"],
        "points.csv:1: no column looks like WKT or WKB",
    ),
    "columns": ([*MATCH, "--x", "a", "--y", "b"], 'points.csv:1: no column is named "a"; choose'),
    "id": ([*MATCH, "--id", "zip"], 'no feature has the property "zip"; there are: "name", "rank"'),
    "output": ([*MATCH, "-o", "no/out.csv"], "no/out.csv: cannot be written: no such file"),
    "output folder": ([*MATCH, "-o", "dir.csv"], "dir.csv: not a regular file; choose another"),
    "new line": (["match", "a\nb", "points.csv", "--within", "1"], "a b: cannot be read"),
}


@pytest.mark.parametrize("name", [*USAGE, *DATA])
def test_one_line_for_every_error(files, capfdbinary, name):
    arguments, message = USAGE.get(name) or DATA[name]
    Path("dir.csv").mkdir()
    code, out, err = run(capfdbinary, *arguments)
    assert code == (2 if name in USAGE else 1)
    assert out == ""
    assert len(err) == 1
    assert err[0].startswith("polyfind: ")
    assert message in err[0]
    assert sorted(os.listdir()) == ["dir.csv", "points.csv", "zones.geojson"]


def test_a_fault_in_the_data_leaves_the_old_output(files, capfdbinary):
    Path("out.csv").write_text("old")
    with open("points.csv", "a") as file:
        file.write("f,1\n")
    code, _, err = run(capfdbinary, *MATCH, "-o", "out.csv")
    assert code == 1
    assert err == [
        "polyfind: points.csv:7: 2 fields where the header has 3; complete the row, or quote"
        " fields that contain the delimiter"
    ]
    assert Path("out.csv").read_text() == "old"


@pytest.mark.parametrize("module", ["matplotlib", "pyarrow"])
def test_a_missing_extra(files, capfdbinary, monkeypatch, module):
    for name in [name for name in sys.modules if name.partition(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    command, extra = (
        (["demo"], "plot") if module == "matplotlib" else ([*MATCH, "-o", "a.parquet"], "parquet")
    )
    code, _, err = run(capfdbinary, *command)
    assert code == 1
    assert len(err) == 1
    assert err[0].endswith(f'needs {module}: pip install "polyfind[{extra}]"')


@pytest.mark.parametrize(
    ("raised", "code", "message"),
    [
        (KeyboardInterrupt(), 130, "stopped"),
        (MemoryError(), 1, "out of memory; try fewer points at a time"),
        (polyfind.Error("points.x[7] is\nnot finite"), 1, "points.x[7] is not finite"),
        (demo.WrongAnswerError("differs"), 1, "differs"),
    ],
)
def test_what_stops_the_work(files, capfdbinary, monkeypatch, raised, code, message):
    def stop(*_):
        raise raised

    monkeypatch.setattr(write, "to_csv", stop)
    assert run(capfdbinary, *MATCH, "-o", "out.csv") == (code, "", [f"polyfind: {message}"])
    assert sorted(os.listdir()) == ["points.csv", "zones.geojson"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_disk(files):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*COMMAND, *MATCH], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "polyfind: standard output: cannot be written: No space left on device"
    ]


def test_nobody_reads_on(files):
    rows = "".join(f"{row},1,1\n" for row in range(100_000))
    Path("points.csv").write_text(f"who,x,y\n{rows}")
    work = subprocess.Popen([*COMMAND, *MATCH], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert work.stdout.readline() == b"who,x,y,polygon,polygon_id\n"
    work.stdout.close()
    assert work.stderr.read() == b""
    assert work.wait() == 141
    work.stderr.close()


def test_ctrl_c_in_the_midst_of_it(files):
    os.mkfifo("slow.csv")
    arguments = ["match", "zones.geojson", "slow.csv", "--within", "1", "-o", "out.csv"]
    work = subprocess.Popen(
        [*COMMAND, *arguments],
        stderr=subprocess.PIPE,
        text=True,
        # A runner in the background of a shell ignores SIGINT, and so would what it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    with open("slow.csv", "w") as file:  # opens when the command has come to reading it
        file.write("x,y\n")
        file.flush()
        time.sleep(0.2)
        work.send_signal(signal.SIGINT)
        assert work.wait(timeout=30) == 130
    assert work.stderr.read() == "polyfind: stopped\n"
    work.stderr.close()
    assert sorted(os.listdir()) == ["points.csv", "slow.csv", "zones.geojson"]


# --- on a terminal


def on_a_terminal(arguments):
    """What a command writes to a terminal on its standard error."""
    mine, theirs = pty.openpty()
    work = subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    seen = b""
    try:
        while chunk := os.read(mine, 4096):
            seen += chunk
    except OSError:  # Linux says so when the other end is closed
        pass
    os.close(mine)
    return work.wait(), seen.decode()


def test_progress_shows_on_a_terminal_only(files):
    code, seen = on_a_terminal(MATCH)
    assert code == 0
    assert "matching  [" in seen
    assert "100%" in seen
    assert "reading points.csv" in seen
    # The table stands on a line that was cleared.
    assert re.search(r"\r\x1b\[Kpolygons +3 ", seen)
    piped = subprocess.run([*COMMAND, *MATCH], capture_output=True, text=True, check=True)
    assert "\r" not in piped.stderr
    assert "reading" in piped.stderr  # the table's
    assert "matching  [" not in piped.stderr
    assert on_a_terminal([*MATCH, "--quiet"]) == (0, "")


def test_an_error_on_a_terminal_stands_on_a_line_of_its_own(files):
    Path("points.csv").write_text("x,y\n1,\n")
    code, seen = on_a_terminal(MATCH)
    assert code == 1
    last = seen.rpartition("\r\x1b[K")[2]
    assert last.startswith('polyfind: points.csv:2: column "y" is empty')


# --- demo


def test_demo(tmp_path, capfdbinary):
    pytest.importorskip("matplotlib")
    picture = tmp_path / "city.png"
    sizes = ["--polygons", "2000", "--points", "5000"]
    code, out, err = run(capfdbinary, "demo", *sizes, "--output", str(picture))
    assert (code, err) == (0, [])
    assert picture.read_bytes().startswith(PNG)
    assert os.listdir(tmp_path) == ["city.png"]
    labels = [line.split()[0] for line in out.splitlines()]
    assert labels == [
        "polygons",
        "points",
        "matches",
        "build",
        "query",
        "numpy",
        "ratio",
        "picture",
    ]
    assert "2,000" in out
    assert "5,000" in out
    assert "million points/s" in out
    assert len({line.index(line.split("  ")[-1]) for line in out.splitlines()[:3]}) == 1


@pytest.mark.parametrize(("polygons", "points"), [(1, 1), (2, 3), (37, 500)])
def test_a_small_city(tmp_path, capfdbinary, polygons, points):
    pytest.importorskip("matplotlib")
    sizes = ["--polygons", str(polygons), "--points", str(points)]
    picture = tmp_path / "city.png"
    assert run(capfdbinary, "demo", *sizes, "--output", str(picture), "-q") == (0, "", [])
    assert picture.read_bytes().startswith(PNG)


def test_the_city_is_the_same_every_time():
    city, again = (demo.make_city(3000, 4000) for _ in range(2))
    assert city.ring_offsets.size == 3001
    assert city.point_x.size == 4000
    for name in ("x", "y", "ring_offsets", "point_x", "point_y"):
        assert np.array_equal(getattr(city, name), getattr(again, name))
    assert set(np.diff(city.ring_offsets)) == {4, 6, 8, 12}
    area = polyfind.area(polyfind.Polygons(city.x, city.y, city.ring_offsets))
    assert 15 < area.min() < np.median(area) < area.max() < 1500


def test_demo_says_when_numpy_disagrees(tmp_path, capfdbinary, monkeypatch):
    pytest.importorskip("matplotlib")
    right = demo.NumpyWay.best
    monkeypatch.setattr(demo.NumpyWay, "best", lambda *given: right(*given) + 1)
    picture = tmp_path / "city.png"
    sizes = ["--polygons", "50", "--points", "100"]
    code, out, err = run(capfdbinary, "demo", *sizes, "--output", str(picture))
    assert (code, out) == (1, "")
    assert "100 of 100 answers differ from numpy's, first that of point 0" in err[0]
    assert os.listdir(tmp_path) == []


# --- help


@pytest.mark.parametrize("arguments", [["--help"], ["match", "--help"], ["demo", "--help"]])
def test_help_has_examples(capfdbinary, arguments):
    code, out, err = run(capfdbinary, *arguments)
    assert (code, err) == (0, [])
    for command in {"match", "demo"} & {arguments[0]} or {"match", "demo"}:
        assert f"  polyfind {command} " in out


def test_version(capfdbinary):
    expected = f"polyfind {polyfind.__version__}"
    assert run(capfdbinary, "--version") == (0, expected + "\n", [])
    done = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == expected
