"""A map with matplotlib."""

from __future__ import annotations

import os
from typing import IO, Any

import numpy as np

from ..index import PolygonIndex
from ..io import need
from ..measures import signed_area
from ..polygons import Polygons
from .scene import (
    EDGE,
    EMPTY,
    INK,
    MATCHED,
    PAPER,
    QUIET,
    RAMP,
    UNMATCHED,
    WHEEL,
    Array,
    Scene,
    bar,
)


def saved(scene: Scene, to: str | os.PathLike[str] | IO[bytes], form: str) -> Any:
    """Draws into a file; the Axes."""
    module = need("matplotlib.figure", "plot", "the plot")
    left, bottom, right, top = scene.bounds
    tall = min(max((top - bottom) / (right - left), 0.3), 1.6)
    figure = module.Figure(figsize=(10, 1.1 + 8.6 * tall), dpi=150, facecolor=PAPER)
    axes = draw(scene, figure.add_axes((0.03, 0.03, 0.94, 0.97 - 0.9 / (1.1 + 8.6 * tall))))
    figure.savefig(to, format=form, facecolor=PAPER)
    return axes


def draw(scene: Scene, axes: Any) -> Any:
    """Draws on Axes, or on new ones; returns them."""
    if axes is None:
        axes = need("matplotlib.pyplot", "plot", "the plot").subplots()[1]
    left, bottom, right, top = scene.bounds
    axes.set(xlim=(left, right), ylim=(bottom, top), xticks=[], yticks=[], aspect="equal")
    axes.set_facecolor("white")
    for spine in axes.spines.values():
        spine.set_edgecolor("#c9c4b8")
    axes.set_title(scene.title, loc="left", color=INK, size=15, weight="bold", pad=22)
    axes.annotate(
        scene.caption, (0, 1), (0, 7), "axes fraction", "offset points", color=QUIET, size=10
    )
    _polygons(scene, axes)
    _points(scene, axes)
    _scale(axes, left, bottom, right, top)
    return axes


def _polygons(scene: Scene, axes: Any) -> None:
    collections = need("matplotlib.collections", "plot", "the plot")
    path = need("matplotlib.path", "plot", "the plot").Path
    colors = need("matplotlib.colors", "plot", "the plot")
    xy = _wound(scene)
    codes = np.full(len(xy), path.LINETO, np.uint8)
    codes[scene.rings[:-1]], codes[scene.rings[1:] - 1] = path.MOVETO, path.CLOSEPOLY
    ends = scene.rings[scene.polygons]
    shown = np.flatnonzero(np.diff(ends))
    paths = [path(xy[ends[i] : ends[i + 1]], codes[ends[i] : ends[i + 1]]) for i in shown]
    drawn = collections.PathCollection(paths, edgecolor=EDGE, linewidth=0.4)
    axes.add_collection(drawn)
    counts = scene.counts[shown]
    if scene.by == "match":
        wheel = np.array(WHEEL)[shown % len(WHEEL)]
        drawn.set_facecolor(np.where(counts > 0, wheel, EMPTY).tolist())
        return
    if not counts.any():
        drawn.set_facecolor(EMPTY)
        return
    ramp = colors.LinearSegmentedColormap.from_list("points", RAMP).with_extremes(bad=EMPTY)
    drawn.set(array=np.ma.masked_equal(counts, 0), cmap=ramp, clim=(1, max(2, counts.max())))
    drawn.set_norm(colors.LogNorm(1, max(2, counts.max())))
    inset = axes.inset_axes((0.72, 0.06, 0.25, 0.018))
    shown_bar = axes.figure.colorbar(drawn, cax=inset, orientation="horizontal", format="{x:,.0f}")
    inset.set_title("points in a polygon", color=INK, size=9, pad=3)
    shown_bar.ax.minorticks_off()
    shown_bar.ax.tick_params(labelsize=8, labelcolor=INK)


def _points(scene: Scene, axes: Any) -> None:
    if not len(scene.x):
        return
    hit = scene.matches >= 0
    size = float(np.clip(4000 / len(scene.x), 0.4, 12.0))
    color: Any = MATCHED
    if scene.by == "match":
        colors = need("matplotlib.colors", "plot", "the plot")
        dark = 0.6 * colors.to_rgba_array(WHEEL)[:, :3]
        color = dark[scene.matches[hit] % len(WHEEL)]
    for shown, its, name in ((~hit, UNMATCHED, "no polygon"), (hit, color, "matched")):
        count = int(np.count_nonzero(shown))
        axes.scatter(
            scene.x[shown], scene.y[shown], s=size, c=its, linewidth=0, rasterized=True,
            label=f"{name} ({count:,})",
        )  # fmt: skip
    legend = axes.legend(loc="upper right", fontsize=9, labelcolor=INK, framealpha=0.85)
    for handle in legend.legend_handles:
        handle.set_sizes([18])


def _scale(axes: Any, left: float, bottom: float, right: float, top: float) -> None:
    """A bar of a round length, in the unit of the coordinates."""
    patches = need("matplotlib.patches", "plot", "the plot")
    length, tall = bar(right - left), top - bottom
    x, y = left + 0.03 * (right - left), bottom + 0.05 * tall
    for at, color in ((x, INK), (x + length / 2, "white")):
        axes.add_patch(patches.Rectangle(
            (at, y), length / 2, 0.008 * tall,
            facecolor=color, edgecolor=INK, linewidth=0.7, zorder=5,
        ))  # fmt: skip
    middle = x + length / 2
    axes.text(middle, y + 0.014 * tall, f"{length:g}", color=INK, size=9, ha="center", zorder=5)


def _wound(scene: Scene) -> Array:
    """The vertices, with rings that are inside an odd number of others the other way round.

    matplotlib fills what rings go around, a hole among them unless it goes backwards.
    """
    rings = scene.rings
    if len(rings) < 2:
        return scene.xy
    table = Polygons(None, None, rings, xy=scene.xy)
    owner = np.repeat(np.arange(len(scene.polygons) - 1), np.diff(scene.polygons))
    many = np.flatnonzero(np.diff(scene.polygons)[owner] > 1)
    depth = np.zeros(len(rings) - 1, np.int64)
    # Rings of a polygon touch in points: the middle of an edge is inside others, or is not.
    middle = (scene.xy[rings[many]] + scene.xy[rings[many] + 1]) / 2
    found, around = PolygonIndex(table[many], uses="insides").query(xy=middle, predicate="within")
    inner, outer = many[found], many[around]
    is_nested = (owner[inner] == owner[outer]) & (inner != outer)
    np.add.at(depth, inner[is_nested], 1)
    backwards = np.flatnonzero((signed_area(table) < 0) != (depth % 2 == 1))
    order = np.arange(len(scene.xy))
    for ring in backwards.tolist():
        order[rings[ring] : rings[ring + 1]] = order[rings[ring] : rings[ring + 1]][::-1]
    return scene.xy[order]
