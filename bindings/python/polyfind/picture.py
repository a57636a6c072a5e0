"""One neighbourhood of the demo's city, with what was matched to what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import numpy.typing as npt

from .io import need

if TYPE_CHECKING:
    from .demo import City, Floats, Rows

PAPER, INK, QUIET = "#f7f5f0", "#22303c", "#7b8791"
LAND, CHOSEN, OTHER, EDGE = "#e9eddf", "#f2c88f", "#d3d1ca", "#8d8577"
MATCHED, UNMATCHED, LINK = "#1f5f8b", "#d1383d", "#4f8fb8"
WIDTH, HEIGHT = 300.0, 200.0  # metres


def draw_neighbourhood(
    file: BinaryIO, city: City, centers: tuple[Floats, Floats], best: Rows, within: float
) -> None:
    """Buildings, people, a line from each to the center of its match; the city in a corner."""
    figure_module = need("matplotlib.figure", "plot", "the picture")
    collections = need("matplotlib.collections", "plot", "the picture")
    patches = need("matplotlib.patches", "plot", "the picture")
    lines = need("matplotlib.lines", "plot", "the picture")
    left, bottom = _corner(centers)
    figure = figure_module.Figure(figsize=(13.2, 7.75), dpi=150, facecolor=PAPER)
    figure.text(
        0.03,
        0.945,
        "Every point, and the smallest building near it",
        color=INK,
        size=19,
        weight="bold",
    )
    matched = int(np.count_nonzero(best >= 0))
    figure.text(
        0.03,
        0.908,
        f"{best.size:,} points, {centers[0].size:,} polygons, {matched:,} matches:"
        f" the polygon of smallest area whose center is nearer than {within:g} m",
        color=QUIET,
        size=11.5,
    )
    axes = figure.add_axes((0.03, 0.035, 0.745, 0.85), facecolor="white")
    axes.set(
        xlim=(left, left + WIDTH),
        ylim=(bottom, bottom + HEIGHT),
        xticks=[],
        yticks=[],
        aspect="equal",
        anchor="SW",
    )

    around = _inside(city.blocks[:, 0, 0], city.blocks[:, 0, 1], left, bottom, 200.0)
    axes.add_collection(
        collections.PolyCollection(city.blocks[around], facecolor=LAND, linewidth=0)
    )
    near = _inside(*centers, left, bottom, 40.0)
    chosen = np.zeros(centers[0].size, bool)
    chosen[best[best >= 0]] = True
    xy = np.column_stack([city.x, city.y])
    for rows, color in ((near & ~chosen, OTHER), (near & chosen, CHOSEN)):
        rings = [
            xy[city.ring_offsets[row] : city.ring_offsets[row + 1]] for row in np.flatnonzero(rows)
        ]
        axes.add_collection(
            collections.PolyCollection(rings, facecolor=color, edgecolor=EDGE, linewidth=0.7)
        )

    shown = np.flatnonzero(_inside(city.point_x, city.point_y, left, bottom, 0.0))
    x, y, match = city.point_x[shown], city.point_y[shown], best[shown]
    hit = match >= 0
    ends = np.column_stack([x[hit], y[hit], centers[0][match[hit]], centers[1][match[hit]]])
    axes.add_collection(
        collections.LineCollection(ends.reshape(-1, 2, 2), color=LINK, linewidth=0.55, alpha=0.6)
    )
    used = np.unique(match[hit])
    axes.scatter(
        centers[0][used], centers[1][used], s=13, color=INK, marker="s", linewidth=0, zorder=4
    )
    axes.scatter(x[hit], y[hit], s=8, color=MATCHED, linewidth=0, zorder=3)
    axes.scatter(x[~hit], y[~hit], s=16, color=UNMATCHED, linewidth=0, zorder=5)
    for spine in axes.spines.values():
        spine.set_edgecolor("#c9c4b8")

    _scale(axes, patches, left + 8.0, bottom + 7.0)

    def mark(shape: str, size: int, color: str, label: str) -> Any:
        return lines.Line2D(
            [], [], linestyle="", marker=shape, markersize=size, color=color, label=label,
            markeredgewidth=0,
        )  # fmt: skip

    figure.legend(
        handles=[
            patches.Patch(facecolor=CHOSEN, edgecolor=EDGE, label="building, someone's match"),
            patches.Patch(facecolor=OTHER, edgecolor=EDGE, label="building, nobody's match"),
            mark("s", 5, INK, "center of a match"),
            mark("o", 5, MATCHED, "point, matched"),
            lines.Line2D([], [], color=LINK, linewidth=1.2, label="its match"),
            mark("o", 6, UNMATCHED, f"point, no center within {within:g} m"),
        ],
        loc="upper left", bbox_to_anchor=(0.785, 0.44), frameon=False, labelcolor=INK,
        fontsize=10.5, handlelength=1.6, labelspacing=0.8, borderaxespad=0,
    )  # fmt: skip
    _overview(figure, patches, centers, left, bottom)
    figure.savefig(file, format="png", facecolor=PAPER)


def _corner(centers: tuple[Floats, Floats]) -> tuple[float, float]:
    """A neighbourhood in the thick of it: one of the fuller cells of a coarse grid."""
    x, y = centers
    cell = [
        ((axis - axis.min()) // step).astype(np.int64) for axis, step in ((x, WIDTH), (y, HEIGHT))
    ]
    key = cell[1] * (int(cell[0].max()) + 1) + cell[0]
    keys, counts = np.unique(key, return_counts=True)
    pick = keys[np.argsort(counts, kind="stable")[int(counts.size * 0.93)]]
    here = key == pick
    return float(x[here].mean()) - WIDTH / 2, float(y[here].mean()) - HEIGHT / 2


def _inside(
    x: Floats, y: Floats, left: float, bottom: float, margin: float
) -> npt.NDArray[np.bool_]:
    return (
        (x > left - margin) & (x < left + WIDTH + margin)
        & (y > bottom - margin) & (y < bottom + HEIGHT + margin)
    )  # fmt: skip


def _scale(axes: Any, patches: Any, x: float, y: float) -> None:
    """A bar of 50 m."""
    axes.add_patch(
        patches.Rectangle(
            (x - 4, y - 4), 62, 13, facecolor="white", alpha=0.85, linewidth=0, zorder=6
        )
    )
    for at, color in ((x, INK), (x + 25, "white")):
        axes.add_patch(
            patches.Rectangle(
                (at, y), 25, 2, facecolor=color, edgecolor=INK, linewidth=0.8, zorder=7
            )
        )
    for meters in (0, 25, 50):
        text = f"{meters} m" if meters == 50 else str(meters)
        axes.text(x + meters, y + 3, text, color=INK, size=8.5, ha="center", va="bottom", zorder=7)


def _overview(
    figure: Any, patches: Any, centers: tuple[Floats, Floats], left: float, bottom: float
) -> None:
    """The whole city, one dot for each building, and where the neighbourhood is."""
    axes = figure.add_axes((0.785, 0.5, 0.2, 0.385), facecolor=PAPER)
    every = max(1, centers[0].size // 60_000)
    dot = float(np.clip(30_000 / centers[0].size, 0.35, 4.0))
    axes.scatter(
        centers[0][::every],
        centers[1][::every],
        s=dot,
        color="#9a8f7c",
        linewidth=0,
        rasterized=True,
    )
    axes.add_patch(
        patches.Rectangle(
            (left, bottom), WIDTH, HEIGHT, facecolor="none", edgecolor=UNMATCHED, linewidth=1.4
        )
    )
    axes.set(xticks=[], yticks=[], aspect="equal", anchor="NW")
    for spine in axes.spines.values():
        spine.set_visible(False)
    size = max(float(np.ptp(axis)) for axis in centers) / 1000.0
    axes.set_title(f"the city, {size:.1f} km across", color=QUIET, size=10, loc="left")
