"""python3 fixture.py LIBRARY FIXTURE HEADER, with any Python that has ctypes: see tests/runtimes."""

import ctypes
import sys
from array import array

from polyfind_ctypes import Library, PolyfindError

library, path, header = sys.argv[1:]
with open(path) as lines:
    TEXT = dict(line.rstrip("\n").split(" ", 1) for line in lines)


def words(name):
    return TEXT[name].split()


def doubles(name):
    return array("d", map(float, words(name)))


def ints(name):
    return list(map(int, words(name)))


def check(name, ok):
    if not ok:
        sys.exit(f"FAILED {name}")
    print(name)


def failure(call, *arguments, **named):
    """What a call fails with."""
    try:
        call(*arguments, **named)
    except (PolyfindError, RuntimeError) as error:
        return error
    return None


lib = Library(library, header)
check("functions", list(lib.header.functions) == words("functions"))
structures, fields = words("structures"), words("fields")
fits = all(ctypes.sizeof(lib.types[name]) == int(size) for name, size in zip(structures[::2], structures[1::2]))
for field, place in zip(fields[::2], fields[1::2]):
    structure, name = field.split(".")
    fits = fits and getattr(lib.types[structure], name).offset == int(place)
check("structures", fits)

calls = []
answer = {"stop": False}


def progress(done, total):
    calls.append((done, total))
    if answer["stop"] is None:
        raise RuntimeError("mine")
    return answer["stop"]


offsets = [ints("ring_offsets"), ints("part_offsets"), ints("polygon_offsets")]
flag = array("i", [0])
index = lib.index(lib.polygons(doubles("x"), doubles("y"), *offsets), progress=progress, cancel=flag)
x, y = doubles("point_x"), doubles("point_y")
check("build", len(index) == len(offsets[2]) - 1)
check("progress", calls[-1][0] == calls[-1][1] > 0)
check("locate", list(index.locate(x, y)) == ints("locate"))
found = index.find(x, y, float(TEXT["distance"]), "DWITHIN")
check("find", list(map(list, found)) == [ints("find_offsets"), ints("find_polygons")])
nothing = list(map(list, index.find([], [], 1, "DWITHIN"))) == [[0], []]
check("nothing", nothing and list(index.locate([], [])) == [])
rows, distances = index.nearest(x, y, int(TEXT["k"]), relation="DWITHIN")
near = all(abs(got - wanted) <= wanted * 2**-51 for got, wanted in zip(distances, doubles("nearest_distances")))
check("nearest", near and list(rows) == ints("nearest_polygons"))
index.save(TEXT["file"])
check("file", list(lib.open(TEXT["file"]).locate(x, y)) == ints("locate"))

row = int(TEXT["wrong_point"])
wrong = x[:row] + array("d", [float("nan")]) + x[row + 1 :]
error = failure(index.locate, wrong, y)
check("point error", str(error) == f"{TEXT['wrong_point_status']}: {TEXT['wrong_point_text']}")
check("row of the error", error.item == row)
offsets[0][int(TEXT["wrong_ring"])] = -1
error = failure(lib.polygons, doubles("x"), doubles("y"), *offsets)
check("layout error", str(error) == f"{TEXT['wrong_ring_status']}: {TEXT['wrong_ring_text']}")

answer["stop"] = True
check("cancel", failure(index.nearest, x, y).status == TEXT["cancelled_status"])
answer["stop"], flag[0] = False, 1
check("cancel flag", failure(index.nearest, x, y).status == TEXT["cancelled_status"])
answer["stop"], flag[0] = None, 0
check("own error", str(failure(index.nearest, x, y)) == "mine")
answer["stop"] = False
calls.clear()
for _ in range(200):
    index.locate(x, y)
check("many callbacks", len(calls) >= 200)

index.free()
index.free()
check("freed", failure(index.locate, x, y).status == TEXT["freed_status"])
