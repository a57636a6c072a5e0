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
