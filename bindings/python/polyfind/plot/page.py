"""A map as one page, which needs nothing but a browser."""

from __future__ import annotations

import base64
import json
import re
from html import escape
from importlib import resources

import numpy as np
import numpy.typing as npt

from .scene import EDGE, EMPTY, INK, MATCHED, PAPER, QUIET, RAMP, UNMATCHED, WHEEL, Scene

MOST_POINTS = 200_000


def page_of(scene: Scene) -> str:
    """The text of the page. Of more than MOST_POINTS points every n-th is on it, as it says."""
    every = -(-len(scene.x) // MOST_POINTS) or 1
    left, bottom, right, top = scene.bounds
    middle = np.array([(left + right) / 2, (bottom + top) / 2])
    points = np.column_stack([scene.x, scene.y])[::every]
    caption = scene.caption + (f"; one point of {every} is shown" if every > 1 else "")
    data = {
        "middle": middle.tolist(),
        "bounds": [left, bottom, right, top],
        "vertices": _packed(scene.xy - middle, "<f4"),  # small numbers, so that floats will do
        "rings": _packed(scene.rings, "<u4"),
        "polygons": _packed(scene.polygons, "<u4"),
        "counts": _packed(scene.counts, "<u4"),
        "points": _packed(points - middle, "<f4"),
        "matches": _packed(scene.matches[::every], "<i4"),
        "every": every,
        "by": scene.by,
        "names": scene.names,
        "colors": {"empty": EMPTY, "edge": EDGE, "matched": MATCHED, "unmatched": UNMATCHED},
        "ramp": RAMP,
        "wheel": WHEEL,
    }
    page = resources.files(__package__).joinpath("page.html").read_text("utf-8")
    words = {
        "title": escape(scene.title or "polyfind"),
        "caption": escape(caption),
        "ink": INK,
        "paper": PAPER,
        "quiet": QUIET,
        "data": json.dumps(data).replace("<", "\\u003c"),  # nothing in it ends the script
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: words[found[1]], page)


def _packed(values: npt.NDArray[np.generic], dtype: str) -> str:
    return base64.b64encode(np.ascontiguousarray(values, dtype).tobytes()).decode()
