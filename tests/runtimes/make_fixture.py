"""Makes fixture.txt, what every runtime is tested with: python3 tests/runtimes/make_fixture.py

Polygons, points and answers, one column a line: its name, then its values. Answers are computed here, in exact
arithmetic and in the plainest way, and have nothing to do with the library. Coordinates are multiples of 1/8. Points of
which the header does not say which polygons are nearest (a tie that rounding decides) are left out.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from decimal import Decimal, getcontext
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

FIXTURE = Path(__file__).resolve().parent / "fixture.txt"
DISTANCE, K = Fraction(3, 2), 3
WRONG_POINT, WRONG_RING = 7, 5

Place = tuple[Fraction, Fraction]
Ring = list[Place]
Polygon = list[list[Ring]]  # parts of rings


def ring(*numbers: float) -> Ring:
    exact = [Fraction(number) for number in numbers]
    return list(zip(exact[::2], exact[1::2]))


def box(x: float, y: float, width: float, height: float) -> Ring:
    return ring(x, y, x + width, y, x + width, y + height, x, y + height)


def draw(numbers: random.Random) -> list[Polygon]:
    """A tiling, boxes with holes, polygons of two parts, an empty one, a small one in a hole, and triangles anyhow."""
    polygons: list[Polygon] = [[[box(4 * i, 4 * j, 4, 4)]] for i in range(3) for j in range(3)]
    polygons += [[[box(14, 0, 8, 8), box(16, 2, 4, 4)]], [[box(17, 3, 1, 1)]]]
    polygons += [[[box(24, 0, 2, 9)], [box(28, 0, 2, 9), box(28.5, 1, 1, 7)]], []]
    polygons += [[[ring(14, 10, 22, 10, 18, 18), box(17, 11, 2, 2)], [ring(24, 12, 30, 12, 27, 16)]]]
    for _ in range(26):
        x, y = numbers.randrange(0, 120) / 4, numbers.randrange(40, 120) / 4
        corners = [x, y, x + numbers.randrange(4, 24) / 4, y + numbers.randrange(8) / 4]
        polygons.append([[ring(*corners, x + numbers.randrange(8) / 4, y + numbers.randrange(12, 28) / 4)]])
    return polygons


def edges(polygon: Polygon) -> list[tuple[Place, Place]]:
    return [edge for part in polygon for each in part for edge in zip(each, each[1:] + each[:1])]


def square_distance(point: Place, polygon: Polygon) -> Fraction | None:
    """0 inside, by the even-odd rule; None for an empty polygon."""
    best, inside = None, False
    x, y = point
    for (ax, ay), (bx, by) in edges(polygon):
        if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
            inside = not inside
        along = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)
        along = min(max(along, Fraction(0)), Fraction(1))
        away = (ax + along * (bx - ax) - x) ** 2 + (ay + along * (by - ay) - y) ** 2
        best = away if best is None else min(best, away)
    return Fraction(0) if inside else best


def root(square: Fraction) -> float:
    return float((Decimal(square.numerator) / Decimal(square.denominator)).sqrt())


def is_sure(ranked: list[tuple[Fraction, int]]) -> bool:
    """Whether no two of the nearest polygons are as far, but for those that are 0 away."""
    near = [root(square) for square, _ in ranked[: K + 1]]
    return all(a == b == 0 or b - a > 1e-9 for a, b in zip(near, near[1:]))


def main() -> None:
    getcontext().prec = 50
    numbers = random.Random(1)
    polygons = draw(numbers)
    points = [corner for polygon in polygons for corner, _ in edges(polygon)]
    points += [((ax + bx) / 2, (ay + by) / 2) for polygon in polygons for (ax, ay), (bx, by) in edges(polygon)]
    points += [(Fraction(numbers.randrange(-12, 150), 4), Fraction(numbers.randrange(-12, 150), 4)) for _ in range(300)]
    numbers.shuffle(points)
    kept, ranks = [], []
    for point in points:
        away = [(square_distance(point, polygon), row) for row, polygon in enumerate(polygons)]
        ranked = sorted((square, row) for square, row in away if square is not None)
        if is_sure(ranked):
            kept.append(point)
            ranks.append(ranked)
    found = [sorted(row for square, row in ranked if square <= DISTANCE**2) for ranked in ranks]
    inside = [[row for square, row in ranked if square == 0] for ranked in ranks]
    rings = [each for polygon in polygons for part in polygon for each in part]
    columns: dict[str, Sequence[float | str]] = {
        "x": [float(x) for each in rings for x, _ in each],
        "y": [float(y) for each in rings for _, y in each],
        "ring_offsets": sums(len(each) for each in rings),
        "part_offsets": sums(len(part) for polygon in polygons for part in polygon),
        "polygon_offsets": sums(len(polygon) for polygon in polygons),
        "point_x": [float(x) for x, _ in kept],
        "point_y": [float(y) for _, y in kept],
        "locate": [min(rows, default=-1) for rows in inside],
        "distance": [float(DISTANCE)],
        "find_offsets": sums(map(len, found)),
        "find_polygons": [row for rows in found for row in rows],
        "k": [K],
        "nearest_polygons": [row for ranked in ranks for _, row in ranked[:K]],
        "nearest_distances": [root(square) for ranked in ranks for square, _ in ranked[:K]],
        # point_x of this row is made NaN; this offset of a ring is made -1.
        "wrong_point": [WRONG_POINT],
        "wrong_point_status": ["PF_ERROR_COORDINATE"],
        "wrong_point_text": [f"points.x[{WRONG_POINT}] is not finite: NaN"],
        "wrong_ring": [WRONG_RING],
        "wrong_ring_status": ["PF_ERROR_LAYOUT"],
        "wrong_ring_text": [f"polygons.ring_offsets[{WRONG_RING}] = -1 is negative"],
        "cancelled_status": ["PF_ERROR_CANCELLED"],
        "freed_status": ["PF_ERROR_ARGUMENT"],
    }
    lines = [f"{name} {' '.join(map(shortest, values))}" for name, values in columns.items()]
    FIXTURE.write_text("\n".join(lines) + "\n")
    print(f"{len(polygons)} polygons, {len(kept)} of {len(points)} points, {sum(map(len, found))} pairs")


def sums(counts: Iterable[int]) -> list[int]:
    return list(accumulate(counts, initial=0))


def shortest(value: float | str) -> str:
    """Numbers in the fewest digits that are read as the same."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


if __name__ == "__main__":
    main()
