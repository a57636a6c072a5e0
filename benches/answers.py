"""Answers of the peers in one form, and whether two of them say the same.

Peers may be wrong where a point lies on a boundary: some test half-open, some round. So where answers differ, rational
arithmetic decides, on the coordinates as they are. Ours must be right everywhere. A peer must be right wherever the
point is not on the boundary in question, as far as doubles can tell; on boundaries its mistakes are counted and told.
"""

from fractions import Fraction
from typing import NamedTuple

import numpy as np

DISPUTES = 300  # that many of them are decided
TOUCHING = 1e-9  # nearer than this to a boundary is on it, for a peer


class Answer(NamedTuple):
    """The polygons of point i are polygons[starts[i]:starts[i + 1]]; for the verb "first" there is one, or -1."""

    starts: np.ndarray
    polygons: np.ndarray
    distances: np.ndarray | None = None

    def keys(self):
        points = np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))
        return points << 32 | self.polygons.astype(np.int64) & 0xFFFFFFFF

    def head(self, n):
        """That of the first n points."""
        end = self.starts[n]
        return Answer(
            self.starts[: n + 1], self.polygons[:end], None if self.distances is None else self.distances[:end]
        )


def of_pairs(n, points, polygons, distances=None):
    """From pairs in any order."""
    order = np.lexsort((polygons, points) if distances is None else (distances, points))
    starts = np.concatenate([[0], np.cumsum(np.bincount(points, minlength=n))])
    return Answer(starts, np.asarray(polygons)[order], None if distances is None else np.asarray(distances)[order])


def of_rows(polygons):
    """From one polygon a point."""
    return Answer(np.arange(len(polygons) + 1), polygons)


def first(answer):
    """Of all polygons the first ones."""
    n = len(answer.starts) - 1
    has = np.diff(answer.starts) > 0
    rows = np.full(n, -1, np.int32)
    rows[has] = np.minimum.reduceat(answer.polygons, answer.starts[:-1][has]) if has.any() else 0
    return of_rows(rows)


def agree(what, columns, x, y, question, ours, theirs, trusted):
    """A word about how two answers compare; AssertionError where a difference has no excuse.

    `trusted` says that the first one is held to be right everywhere; the other may then err anywhere, which is told.
    """
    verb, argument = question
    if verb == "nearest":
        return agree_nearest(what, int(argument), ours, theirs)
    disputed = np.setxor1d(ours.keys(), theirs.keys())
    disputed = disputed[disputed & 0x80000000 == 0]  # not the -1 of "first"
    if not len(disputed):
        return "equal"
    ours_wrong = theirs_wrong = 0
    far = 0.0
    checked = disputed[:: -(-len(disputed) // DISPUTES)]
    for key, said in zip(checked.tolist(), np.isin(checked, ours.keys()).tolist()):
        point, polygon = key >> 32, key & 0xFFFFFFFF
        ring = [column[slice(*columns.offsets[polygon : polygon + 2])] for column in columns[:2]]
        true, near = matches(verb, argument, *ring, x[point], y[point])
        if verb == "first" and true and not said:  # it may have an earlier one
            row = ours.polygons[point]
            said = 0 <= row < polygon
        if said == true:
            theirs_wrong += 1
        else:
            ours_wrong += 1
        if near >= TOUCHING:
            why = f"{what}: point {point}, polygon {polygon} is {true}, and {near} from the boundary"
            assert trusted and said == true, why
            far = max(far, near)
    assert not (trusted and ours_wrong), f"{what}: ours is wrong"
    share = len(disputed) / (len(ours.starts) - 1)
    blame = "it errs" if not ours_wrong else "the first errs" if not theirs_wrong else "both err"
    return f"{blame} {f'up to {far:.1g} from' if far else 'on'} boundaries ({share:.1%})"


def agree_nearest(what, k, ours, theirs):
    """Distances are the same; which polygons may differ where they tie."""

    def nearest(answer):
        return answer.distances[answer.starts[:-1, None] + np.arange(k)]

    np.testing.assert_allclose(nearest(ours), nearest(theirs), rtol=1e-9, atol=1e-12, err_msg=what)
    return "equal"


def matches(verb, argument, x, y, px, py):
    """Whether the ring covers the point or is as near as that, exactly; and about how far that is from changing."""
    point = Fraction(float(px)), Fraction(float(py))
    apart = edge_distances(x, y, px, py)
    distance = float(argument or 0)
    if verb == "close":
        center = [sum(map(Fraction, column[:-1].tolist())) / (len(column) - 1) for column in (x, y)]
        squared = sum((a - b) ** 2 for a, b in zip(center, point))
        return squared < Fraction(distance) ** 2, abs(float(squared) ** 0.5 - distance)
    inside = covers(x, y, *point)
    near = abs(apart.min() - distance) if not (inside and distance) else np.inf
    if inside or not distance:
        return inside, near
    limit = Fraction(distance) ** 2
    edges = np.flatnonzero(apart < distance + TOUCHING)
    return any(exact_squared(x, y, edge, *point) <= limit for edge in edges), near


def edge_distances(x, y, px, py):
    ex, ey, qx, qy = np.diff(x), np.diff(y), px - x[:-1], py - y[:-1]
    along = np.clip((qx * ex + qy * ey) / np.maximum(ex * ex + ey * ey, 1e-300), 0, 1)
    return np.hypot(qx - along * ex, qy - along * ey)


def corners(x, y, edge):
    return [Fraction(float(column[row])) for row in (edge, edge + 1) for column in (x, y)]


def covers(x, y, px, py):
    """The closed test by crossings, in fractions, over the edges at the point's height."""
    height, inside = float(py), False
    for edge in np.flatnonzero((np.minimum(y[:-1], y[1:]) <= height) & (height <= np.maximum(y[:-1], y[1:]))):
        ax, ay, bx, by = corners(x, y, edge)
        side = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
        if side == 0 and min(ax, bx) <= px <= max(ax, bx):
            return True
        if (ay > py) != (by > py):
            inside ^= (side > 0) == (by > ay)
    return inside


def exact_squared(x, y, edge, px, py):
    ax, ay, bx, by = corners(x, y, edge)
    length = (bx - ax) ** 2 + (by - ay) ** 2
    along = ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / length if length else Fraction(0)
    along = min(max(along, Fraction(0)), Fraction(1))
    return (ax + along * (bx - ax) - px) ** 2 + (ay + along * (by - ay) - py) ** 2
