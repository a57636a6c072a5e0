"""Tests run against the installed package, never the source tree."""

from __future__ import annotations

import os
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy as np
import pytest

import polyfind as pf
from polyfind._call import _SILENT
from polyfind._native import lib

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
