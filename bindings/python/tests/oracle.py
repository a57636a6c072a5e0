"""The same answers in plain Python and exact arithmetic."""

from __future__ import annotations

from fractions import Fraction


def rings_of(polygons, row):
    """The rings of a polygon as (vertices without a closing one, whether it is a hole)."""
    parts, rows = polygons.part_offsets, polygons.polygon_offsets
    for part in range(row, row + 1) if rows is None else range(rows[row], rows[row + 1]):
        rings = range(part, part + 1) if parts is None else range(parts[part], parts[part + 1])
        for ring in rings:
            start, end = polygons.ring_offsets[ring], polygons.ring_offsets[ring + 1]
            vertices = [
                (Fraction(float(x)), Fraction(float(y)))
                for x, y in zip(polygons.x[start:end], polygons.y[start:end])
            ]
            if len(vertices) > 1 and vertices[0] == vertices[-1]:
                del vertices[-1]
            yield vertices, ring != rings.start


def moments(vertices):
    """Twice the signed area of a ring and 6 times its first moments, in integers for speed."""
    scale = 1
    for x, y in vertices:
        scale = max(scale, x.denominator, y.denominator)  # powers of two: the largest will do
    points = [(int(x * scale), int(y * scale)) for x, y in vertices]
    area = along_x = along_y = 0
    for (ax, ay), (bx, by) in zip(points, points[1:] + points[:1]):
        cross = ax * by - bx * ay
        area += cross
        along_x += (ax + bx) * cross
        along_y += (ay + by) * cross
    return Fraction(area, scale**2), Fraction(along_x, scale**3), Fraction(along_y, scale**3)


def area_and_centroid(polygons, row):
    """Exact area and centroid of a polygon: winding does not matter, holes subtract."""
    total = [Fraction(0)] * 3
    for vertices, hole in rings_of(polygons, row):
        ring = moments(vertices)
        sign = (1 if ring[0] > 0 else -1) * (-1 if hole else 1)
        total = [sum_ + sign * value for sum_, value in zip(total, ring)]
    twice_area, along_x, along_y = total
    if not twice_area:
        return Fraction(0), None
    return twice_area / 2, (along_x / twice_area / 3, along_y / twice_area / 3)


def edges_of(polygons, row):
    """All edges of a polygon, those that close its rings included."""
    return [
        edge
        for vertices, _ in rings_of(polygons, row)
        for edge in zip(vertices, vertices[1:] + vertices[:1])
    ]


def exact(point):
    """A point given as numbers."""
    return tuple(Fraction(float(value)) for value in point)


def position(edges, point):
    """Whether a point is inside by the even-odd rule, and whether it is on the boundary.

    On the boundary it is inside if a step to its right (and a smaller one up) is.
    """
    x, y = point
    inside = touches = False
    for a, b in edges:
        (low_x, low_y), (high_x, high_y) = (a, b) if a[1] <= b[1] else (b, a)
        if not low_y <= y <= high_y:
            continue
        side = (high_x - low_x) * (y - low_y) - (high_y - low_y) * (x - low_x)
        touches |= side == 0 and min(low_x, high_x) <= x <= max(low_x, high_x)
        inside ^= y < high_y and side <= 0  # the edge is to the left, or moves there
    return inside, touches


def square_distance(edges, point):
    """The squared distance of a point from the nearest of some edges; None if there are none."""
    return min((_to_edge(a, b, point) for a, b in edges), default=None)


def _to_edge(a, b, point):
    (dx, dy), (wx, wy) = ((to[0] - a[0], to[1] - a[1]) for to in (b, point))
    along, length = wx * dx + wy * dy, dx * dx + dy * dy
    if along > 0 and length:
        share = min(along / length, 1)
        wx, wy = wx - share * dx, wy - share * dy
    return wx * wx + wy * wy


def is_close(center, point, distance):
    """Whether two points, given as doubles, are nearer than `distance`: exact."""
    dx, dy = (Fraction(float(a)) - Fraction(float(b)) for a, b in zip(center, point))
    return dx * dx + dy * dy < Fraction(float(distance)) ** 2


def close_pairs(centers, points, distance):
    """All (point, polygon), sorted."""
    return [
        (i, j)
        for i, point in enumerate(points)
        for j, center in enumerate(centers)
        if is_close(center, point, distance)
    ]
