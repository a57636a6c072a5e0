"""What one writes oneself: a grid over the polygons' boxes and loops over edges, compiled by Numba.

Crossings are counted half-open: a point on a boundary may be in or out.
"""

import numpy as np
from numba import njit, prange, set_num_threads

PIECES = 64


@njit(cache=True)
def cells_of(low, high, origin, scale, cells):
    first = min(max(int((low - origin) * scale), 0), cells - 1)
    last = min(max(int((high - origin) * scale), 0), cells - 1)
    return first, last


@njit(cache=True)
def fill_grid(boxes, origin, scale, cells, starts, items):
    """Counting sort of the boxes into the cells they touch; with no items it only counts."""
    counting = len(items) == 0
    for row in range(len(boxes)):
        left, right = cells_of(boxes[row, 0], boxes[row, 2], origin[0], scale[0], cells)
        lower, upper = cells_of(boxes[row, 1], boxes[row, 3], origin[1], scale[1], cells)
        for v in range(lower, upper + 1):
            for u in range(left, right + 1):
                cell = v * cells + u
                if counting:
                    starts[cell + 1] += 1
                else:
                    items[starts[cell]] = row
                    starts[cell] += 1


@njit(cache=True)
def crosses(x, y, begin, end, px, py):
    inside = False
    for i in range(begin, end - 1):
        if (y[i] > py) != (y[i + 1] > py):
            inside ^= px < (x[i + 1] - x[i]) * (py - y[i]) / (y[i + 1] - y[i]) + x[i]
    return inside


@njit(cache=True)
def touches(x, y, begin, end, px, py, squared):
    for i in range(begin, end - 1):
        ex, ey = x[i + 1] - x[i], y[i + 1] - y[i]
        qx, qy = px - x[i], py - y[i]
        along = qx * ex + qy * ey
        length = ex * ex + ey * ey
        if along > 0:
            along = min(along / length, 1.0)
            qx -= along * ex
            qy -= along * ey
        if qx * qx + qy * qy <= squared:
            return True
    return False


@njit(cache=True)
def ask(px, py, distance, x, y, offsets, boxes, origin, scale, cells, starts, items, only_first, out, room):
    """Writes the polygons of one point to out[room:], unless it has no length; how many there are."""
    found, best = 0, -1
    left, right = cells_of(px - distance, px + distance, origin[0], scale[0], cells)
    lower, upper = cells_of(py - distance, py + distance, origin[1], scale[1], cells)
    for v in range(lower, upper + 1):
        for u in range(left, right + 1):
            for k in range(starts[v * cells + u], starts[v * cells + u + 1]):
                row = items[k]
                box = boxes[row]
                if px < box[0] - distance or px > box[2] + distance:
                    continue
                if py < box[1] - distance or py > box[3] + distance:
                    continue
                if distance > 0:  # seen once only: in the lowest cell that both touch
                    home_u, _ = cells_of(max(box[0], px - distance), 0.0, origin[0], scale[0], cells)
                    home_v, _ = cells_of(max(box[1], py - distance), 0.0, origin[1], scale[1], cells)
                    if home_u != u or home_v != v:
                        continue
                begin, end = offsets[row], offsets[row + 1]
                if not crosses(x, y, begin, end, px, py) and not (
                    distance > 0 and touches(x, y, begin, end, px, py, distance * distance)
                ):
                    continue
                if only_first:
                    best = row if best < 0 else min(best, row)
                elif len(out):
                    out[room + found] = row
                found += 1
    if only_first:
        out[room] = best
    return found


@njit(parallel=True, cache=True)
def ask_all(px, py, distance, polygons, grid, only_first, counts, rooms, out):
    x, y, offsets, boxes = polygons
    origin, scale, cells, starts, items = grid
    n = len(px)
    for piece in prange(PIECES):
        for i in range(piece * n // PIECES, (piece + 1) * n // PIECES):
            place = (px[i], py[i], distance, x, y, offsets, boxes, origin, scale, cells, starts, items)
            found = ask(*place, only_first, out, rooms[i])
            if len(counts):
                counts[i] = found


class Scan:
    def __init__(self, x, y, offsets):
        begin = offsets[:-1]
        boxes = np.column_stack([least.reduceat(c, begin) for least in (np.minimum, np.maximum) for c in (x, y)])
        cells = int(np.clip(2 * len(begin) ** 0.5, 1, 4096))
        origin = boxes[:, :2].min(axis=0)
        scale = cells / np.maximum(boxes[:, 2:].max(axis=0) - origin, 1e-300)
        starts = np.zeros(cells * cells + 1, np.int64)
        nothing = np.zeros(0, np.int32)
        fill_grid(boxes, origin, scale, cells, starts, nothing)
        starts = np.cumsum(starts)
        items = np.empty(starts[-1], np.int32)
        fill_grid(boxes, origin, scale, cells, starts[:-1].copy(), items)
        self.polygons, self.grid = (x, y, offsets, boxes), (origin, scale, cells, starts, items)

    def first(self, px, py, threads):
        set_num_threads(threads)
        out = np.empty(len(px), np.int32)
        ask_all(px, py, 0.0, self.polygons, self.grid, True, out[:0], np.arange(len(px)), out)
        return out

    def all(self, px, py, distance, threads):
        """CSR, in two passes; the polygons of a point come in no order."""
        set_num_threads(threads)
        n = len(px)
        counts, nothing = np.empty(n, np.int64), np.empty(0, np.int32)
        starts = np.zeros(n + 1, np.int64)
        ask_all(px, py, distance, self.polygons, self.grid, False, counts, starts, nothing)
        np.cumsum(counts, out=starts[1:])
        out = np.empty(starts[-1], np.int32)
        ask_all(px, py, distance, self.polygons, self.grid, False, counts[:0], starts, out)
        return starts, out
