"""Tests run against the installed package, never the source tree."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy as np
import pytest

import polyfind as pf
from polyfind._call import _SILENT
from polyfind._native import lib

try:
    from hypothesis import settings
except ImportError:  # not all who run some of the tests have it
    pass
else:
    settings.register_profile("polyfind", deadline=None, max_examples=100, derandomize=True)
    settings.load_profile("polyfind")

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]

if HERE.parent in Path(pf.__file__).resolve().parents:
    raise RuntimeError(f"polyfind comes from the source tree ({pf.__file__}): install the wheel")


@pytest.fixture(scope="session")
def data():
    """A function from the name of a real set to its arrays."""
    folder = Path(os.environ.get("POLYFIND_DATA", ROOT.parent / "shared" / "data"))

    def load(name):
        file = folder / f"{name}.npz"
        if not file.is_file():
            pytest.skip(f"{file} is not here (set POLYFIND_DATA to the folder of the real sets)")
        return np.load(file)

    return load


@pytest.fixture(scope="session")
def real_polygons(data):
    """A function from the name of a real set to its table."""

    def load(name):
        arrays = data(name)
        offsets = (arrays[f"{level}_offsets"] for level in ("ring", "part", "geom"))
        return pf.Polygons(arrays["x"], arrays["y"], *offsets)

    return load


@pytest.fixture
def portable(monkeypatch):
    """A context in which calls use the portable code path."""

    @contextmanager
    def context():
        with monkeypatch.context() as patch:
            patch.setattr(_SILENT, "flags", _SILENT.flags | lib.PF_RUN_PORTABLE)
            yield

    return context


@pytest.fixture(params=["best", "portable"])
def each_level(request, portable):
    """The test is run on the best code path of this machine, and on the portable one."""
    with portable() if request.param == "portable" else nullcontext():
        yield


@pytest.fixture
def squares():
    """Three squares of sides 1, 2, 3 with their lower left corners at 0, 10, 20 on the x axis."""
    sides = np.array([1.0, 2.0, 3.0])
    x = np.array([0, 1, 1, 0]) * sides[:, None] + [[0], [10], [20]]
    y = np.array([0, 0, 1, 1]) * sides[:, None]
    return pf.Polygons(x.ravel(), y.ravel(), [0, 4, 8, 12])


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Two zones around (0, 0), the second smaller, one at (10, 0), and five points."""
    monkeypatch.chdir(tmp_path)
    zones = [(0, 0, 2, "big"), (0.5, 0, 1, "small"), (10, 0, 1, 'far, "east"')]
    features = [
        {
            "type": "Feature",
            "properties": {"name": name, "rank": row * 10},
            "geometry": {"type": "Polygon", "coordinates": _square(x, y, half)},
        }
        for row, (x, y, half, name) in enumerate(zones)
    ]
    document = {"type": "FeatureCollection", "features": features}
    Path("zones.geojson").write_text(json.dumps(document))
    Path("points.csv").write_text("who,lon,lat\na,0,0\nb,-0.9,0\nc,10,0.5\nd,5,5\ne,0.5,1\n")
    return tmp_path


def _square(x, y, half):
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]
    return [[[x + half * a, y + half * b] for a, b in corners]]
