"""Maps: what is drawn where, in pictures and in a page that a real browser opens."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from html import unescape
from io import BytesIO

import numpy as np
import pytest
from commands import run

import polyfind as pf
from polyfind.plot import scene, static
from polyfind.plot.page import MOST_POINTS

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
MATCHED, UNMATCHED = (31, 95, 139), (209, 56, 61)


def nested(*halves, at=0.0):
    """Squares around one place, as rings wound in turn this way and that way."""
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], float)
    return [corners[:: -1 if i % 2 else 1] * half + [at, 0] for i, half in enumerate(halves)]


@pytest.fixture
def index():
    """A square with a hole in which there is an island, both wound alike; a square; nothing."""
    rings = [corners[::-1] if i == 1 else corners for i, corners in enumerate(nested(4, 2, 1))]
    rings += nested(3, at=10.0)
    x, y = np.concatenate(rings).T
    return pf.PolygonIndex(pf.Polygons(x, y, [0, 4, 8, 12, 16], [0, 2, 3, 4], [0, 2, 3, 3]))


POINTS = {"x": [-3.0, 3.0, 0.0, 1.5, 10.0, 6.0], "y": [0.0, 0.0, 0.0, 0.0, 0.0, 3.0]}


def picture(index, **given):
    image = pytest.importorskip("matplotlib.image")
    file = BytesIO()
    axes = index.plot(to=file, **given)
    file.seek(0)
    return axes, np.round(image.imread(file)[..., :3] * 255).astype(int)


def pixel(axes, pixels, x, y):
    """The colour at a place of the map."""
    left, top = axes.transData.transform((x, y))
    height = axes.figure.bbox.height
    scale = pixels.shape[0] / height
    return tuple(pixels[int((height - top) * scale), int(left * scale)])


# --- what is shown


def test_outlines_are_those_of_the_polygons(real_polygons):
    polygons = real_polygons("us_counties")
    xy, rings, starts = scene._outlines(pf.PolygonIndex(polygons))
    table = pf.Polygons(None, None, rings, starts, xy=xy)
    assert len(table) == len(polygons)
    assert np.allclose(pf.perimeter(table), pf.perimeter(polygons), rtol=1e-12, atol=0)
    assert np.array_equal(pf.bounds(table), pf.bounds(polygons))


def test_rings_in_rings_go_the_other_way_round(index):
    drawn = scene.scene_of(
        index, x=None, y=None, polygons=None, xy=None, by="count", names=None, title=None, workers=1
    )
    xy = static._wound(drawn)
    areas = pf.signed_area(pf.Polygons(None, None, drawn.rings, xy=xy))
    assert list(areas) == [64, -16, 4, 36]


@pytest.mark.parametrize(
    ("wide", "length"), [(4, 1), (7.9, 1), (8, 2), (20, 5), (39, 5), (40, 10), (0.1, 0.02)]
)
def test_scales_are_round(wide, length):
    assert scene.bar(wide) == pytest.approx(length)


def test_what_does_not_fit_is_refused(index):
    with pytest.raises(ValueError, match="names must be one for each of 3 polygons, not 2"):
        index.plot(names=["a", "b"], to=BytesIO())
    with pytest.raises(ValueError, match="a row number for each of 6 points"):
        index.plot(**POINTS, polygons=[0])
    with pytest.raises(ValueError, match="row 3 is not one of 3"):
        index.plot(**POINTS, polygons=[3] * 6)
    with pytest.raises(TypeError, match="give the points, too"):
        index.plot(polygons=[0])
    with pytest.raises(ValueError, match="by='color' does not exist"):
        index.plot(by="color")
    with pytest.raises(TypeError, match="exclude each other"):
        index.plot(ax=1, to="a.png")
    centers = pf.PolygonIndex(pf.Polygons.from_boxes([[0, 0, 1, 1]]), uses="centers")
    with pytest.raises(ValueError, match="keeps no polygons to draw: build it with 'insides'"):
        centers.plot()


# --- pictures


def test_colours_of_a_picture(index):
    axes, pixels = picture(index, **POINTS)
    many, one, none = (pixel(axes, pixels, *at) for at in ((-3, 2), (10, 2), (1.5, 1.5)))
    assert none == (255, 255, 255)  # the hole
    assert pixel(axes, pixels, 0.7, 0.7) == many  # the island
    assert sum(many) < sum(one) < sum(none)
    assert pixel(axes, pixels, -3, 0) == MATCHED
    assert pixel(axes, pixels, 1.5, 0) == pixel(axes, pixels, 6, 3) == UNMATCHED
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "no polygon (2)",
        "matched (4)",
    ]
    assert axes.texts[0].get_text() == "3 polygons, 6 points, 4 matched"


def test_colours_by_match(index):
    axes, pixels = picture(index, **POINTS, by="match")
    first, second = pixel(axes, pixels, -3, 2), pixel(axes, pixels, 10, 2)
    assert first != second
    assert pixel(axes, pixels, 0.7, 0.7) == first
    assert pixel(axes, pixels, -3, 0) != pixel(axes, pixels, 10, 0)
    assert pixel(axes, pixels, 6, 3) == UNMATCHED


def test_given_matches_are_drawn(index):
    axes, pixels = picture(index, **POINTS, polygons=[-1, -1, -1, 0, 0, 0])
    assert pixel(axes, pixels, -3, 0) == UNMATCHED
    assert pixel(axes, pixels, 6, 3) == MATCHED


@pytest.mark.parametrize("rows", [[], [[0, 0, 0, 0]], [[0, 0, 1, 1]]])
@pytest.mark.parametrize("points", [{}, {"x": [0.5], "y": [0.5]}, {"x": [7.0], "y": [7.0]}])
def test_small_maps(rows, points):
    boxes = np.array(rows, float).reshape(-1, 4)
    small = pf.PolygonIndex(pf.Polygons.from_boxes(boxes))
    _, pixels = picture(small, **points)
    assert pixels.size
    assert "<canvas" in page(small, **points)


def test_other_forms(index, tmp_path):
    pytest.importorskip("matplotlib")
    for name, begins in (("a.svg", b"<?xml"), ("a.pdf", b"%PDF"), ("a.png", b"\x89PNG")):
        index.plot(**POINTS, to=tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(begins)


def test_without_matplotlib(index, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert "<canvas" in page(index, **POINTS)
    with pytest.raises(ImportError, match=r'needs matplotlib: pip install "polyfind\[plot\]"'):
        index.plot(**POINTS)


# --- pages


def page(index, **given):
    file = BytesIO()
    assert index.plot(to=file, format="html", **given) is None
    return file.getvalue().decode()


def data_of(text):
    return json.loads(re.search("^const data = (.*);$", text, re.MULTILINE)[1])


def test_a_page_is_all_that_there_is(index):
    text = page(index, **POINTS)
    assert "default-src 'none'" in text
    assert not re.search("https?:|src=|@import|url\\(", text)


def test_a_page_says_what_it_leaves_out(index):
    count = MOST_POINTS + 1
    text = page(index, x=np.zeros(count), y=np.zeros(count))
    assert "200,001 points, 200,001 matched; one point of 2 is shown" in text
    assert data_of(text)["every"] == 2


def test_names_cannot_end_the_script(index):
    evil = "</script><b>{{data}} & \u2028"
    text = page(index, **POINTS, names=[evil] * 3, title=evil)
    assert text.count("</script>") == 1
    assert data_of(text)["names"] == [evil] * 3
    assert unescape(re.search("<h1>(.*)</h1>", text)[1]) == evil


# Does what a person would, and writes down what is seen.
PERSON = """
<script>
{
const seen = {}, at = (x, y) => toScreen(x - data.middle[0], -(y - data.middle[1]));
function look(x, y) {
  const [left, top] = at(x, y), place = { clientX: left, clientY: top, bubbles: true };
  canvas.dispatchEvent(new PointerEvent("pointermove", place));
  return tip.textContent;
}
function color(x, y) {
  draw();
  return [...context.getImageData(...at(x, y).map(Math.round), 1, 1).data];
}
seen.square = look(10, 2);
seen.hole = look(1.5, 1.5);
seen.island = look(0.7, 0.7);
seen.matched = look(-3, 0);
seen.unmatched = look(6, 3);
const places = [[-3, 0], [6, 3], [1.5, 1.5], [10, 2], [-3, 2], [0.7, 0.7]];
seen.colors = places.map(([x, y]) => color(x, y));
seen.scale = document.getElementById("length").textContent;
const before = view.scale, [left, top] = at(10, 0).map(Math.round), under = toMap(left, top);
const turn = { deltaY: -800, clientX: left, clientY: top, bubbles: true, cancelable: true };
canvas.dispatchEvent(new WheelEvent("wheel", turn));
seen.closer = view.scale / before;
const moved = () => toScreen(...under).map((value, i) => value - [left, top][i]);
seen.stays = moved();
draw();
seen.finer = document.getElementById("length").textContent;
const drag = { buttons: 1, movementX: 30, movementY: -20, bubbles: true };
canvas.dispatchEvent(new PointerEvent("pointermove", drag));
seen.dragged = moved();
document.getElementById("all").click();
seen.back = view.scale / before;
legend.querySelectorAll("input")[1].click();
seen.hidden = color(6, 3);
document.body.dataset.seen = JSON.stringify(seen);
}
</script>
"""


def browser():
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"none of {', '.join(BROWSERS)} is installed")
    return found


def opened(tmp_path, text, *options):
    """What a browser makes of a page: its document, and what it has to say on the console."""
    file = tmp_path / "map.html"
    file.write_text(text, "utf-8")
    command = [
        browser(), "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1000,700",
        "--force-device-scale-factor=1", "--virtual-time-budget=2000", "--enable-logging=stderr",
        f"--user-data-dir={tmp_path / 'profile'}", *options, file.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return done.stdout, console


def test_a_person_looks_around(index, tmp_path):
    text = page(index, **POINTS, names=["ring", "square", ""], title="rings")
    text = text.replace("</body>", PERSON + "</body>")
    document, console = opened(tmp_path, text, "--dump-dom")
    assert [line for line in console if "readback" not in line] == []  # which only a test does
    seen = json.loads(unescape(re.search('data-seen="([^"]*)"', document)[1]))
    assert seen["square"].startswith("polygon 1: square, 1 points\n(10.0")
    assert seen["hole"].startswith("(1.5")
    assert seen["island"].startswith("polygon 0: ring, 3 points\n")
    assert seen["matched"].startswith("point 0: polygon 0: ring\npolygon 0: ring, 3 points\n")
    assert seen["unmatched"].startswith("point 5: no polygon\n(6.0")
    matched, unmatched, hole, one, many, island = seen["colors"]
    assert tuple(matched) == (*MATCHED, 255)
    assert tuple(unmatched) == (*UNMATCHED, 255)
    assert hole == [0, 0, 0, 0]
    assert sum(many) < sum(one)
    assert island == many
    assert seen["closer"] == pytest.approx(np.exp(2))
    assert seen["stays"] == pytest.approx([0, 0], abs=1e-6)
    assert float(seen["finer"]) < float(seen["scale"])
    assert seen["dragged"] == pytest.approx([30, -20])
    assert seen["back"] == pytest.approx(1)
    assert seen["hidden"] == [0, 0, 0, 0]


def test_a_browser_shows_the_colours(index, tmp_path):
    image = pytest.importorskip("matplotlib.image")
    shot = tmp_path / "shot.png"
    _, console = opened(tmp_path, page(index, **POINTS), f"--screenshot={shot}")
    assert console == []
    pixels = np.round(image.imread(shot)[..., :3] * 255).astype(int)
    colors = {tuple(color) for color in np.unique(pixels.reshape(-1, 3), axis=0)}
    assert {MATCHED, UNMATCHED} <= colors
    # Of the window the map fills a good part.
    paper = (pixels == (247, 245, 240)).all(axis=2)
    assert 0.2 < 1 - paper.mean() < 0.8


def test_a_broken_page_is_noticed(index, tmp_path):
    text = page(index, **POINTS).replace("resize();\nall();", "resize();\nnobody();")
    _, console = opened(tmp_path, text, "--dump-dom")
    assert any("nobody is not defined" in line for line in console)


# --- the command


@pytest.mark.parametrize(
    ("options", "form"),
    [(["--inside"], "html"), (["--close", "1"], "svg"), (["--dwithin", "1", "--all"], "png")],
)
def test_match_draws(files, capfdbinary, options, form):
    pytest.importorskip("matplotlib")
    name = f"map.{form}"
    code, out, err = run(
        capfdbinary, "match", "zones.geojson", "points.csv", *options, "--plot", name
    )
    assert code == 0
    assert out.startswith("who,lon,lat,polygon")
    assert err[-1].endswith(" drawing")
    content = (files / name).read_bytes()
    assert content.startswith({"html": b"<!doctype", "svg": b"<?xml", "png": b"\x89PNG"}[form])
    if form == "html":
        assert data_of(content.decode())["names"] == ["big", "small", 'far, "east"']
        assert b"<title>points.csv in zones.geojson</title>" in content


def test_what_cannot_be_drawn_on(files, capfdbinary):
    arguments = ["match", "zones.geojson", "points.csv", "--inside", "--plot"]
    code, _, err = run(capfdbinary, *arguments, "map.gif")
    assert (code, len(err)) == (2, 1)
    assert "output map.gif: the name must end in .png, .svg, .pdf or .html" in err[0]
    code, _, err = run(capfdbinary, *arguments, "no/map.html")
    assert (code, len(err)) == (1, 1)
    assert "no/map.html: cannot be written" in err[0]
