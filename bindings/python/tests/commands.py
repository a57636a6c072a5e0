"""What tests of the polyfind command share."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from polyfind import cli

COMMAND = [sys.executable, "-m", "polyfind"]


def square(x, y, half):
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]
    return [[[x + half * a, y + half * b] for a, b in corners]]


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Two zones around (0, 0), the second smaller, one at (10, 0), and five points."""
    monkeypatch.chdir(tmp_path)
    zones = [(0, 0, 2, "big"), (0.5, 0, 1, "small"), (10, 0, 1, 'far, "east"')]
    features = [
        {
            "type": "Feature",
            "properties": {"name": name, "rank": row * 10},
            "geometry": {"type": "Polygon", "coordinates": square(x, y, half)},
        }
        for row, (x, y, half, name) in enumerate(zones)
    ]
    document = {"type": "FeatureCollection", "features": features}
    Path("zones.geojson").write_text(json.dumps(document))
    Path("points.csv").write_text("who,lon,lat\na,0,0\nb,-0.9,0\nc,10,0.5\nd,5,5\ne,0.5,1\n")
    return tmp_path


def run(capfdbinary, *arguments):
    """Exit code, output and error lines of a command."""
    code = cli.main(list(arguments))
    sys.stdout.flush()
    out, err = capfdbinary.readouterr()
    return code, out.decode(), err.decode().splitlines()
