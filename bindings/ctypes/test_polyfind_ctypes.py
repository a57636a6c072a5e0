"""The ctypes wrapper, with nothing but the standard library."""

import ctypes
import doctest
import gc
import os
import random
import unittest
from array import array

import polyfind_ctypes
from polyfind_ctypes import Header, Library, PolyfindError

SO = os.environ.get("POLYFIND_LIBRARY")  # the shared library, where it is not in target/release
LIB = Library(SO)
X = array("d", [0, 2, 2, 0, 5, 6, 6, 5])
Y = array("d", [0, 0, 2, 2, 0, 0, 1, 1])


class HeaderTest(unittest.TestCase):
    def test_every_function_and_structure_is_read(self):
        header = LIB.header
        text = (polyfind_ctypes.ROOT / "include" / "polyfind.h").read_text()
        self.assertEqual(text.count(");\n") - 1, len(header.functions))  # 1: the callback type
        self.assertEqual(ctypes.sizeof(header.types["pf_error"]), 256)
        self.assertEqual(ctypes.sizeof(header.types["pf_points"]), 40)
        self.assertEqual(ctypes.sizeof(header.types["pf_polygons"]), 8 + 40 + 48)
        self.assertEqual(ctypes.sizeof(header.types["pf_run"]), 48)
        self.assertEqual(ctypes.sizeof(header.types["pf_query"]), 48)
        self.assertEqual(ctypes.sizeof(header.types["pf_box"]), 32)
        self.assertEqual(header.constants["PF_NONE"], -1)
        result, arguments = header.functions["pf_index_nearest"]
        self.assertEqual((result, len(arguments)), (ctypes.c_int32, 9))
        self.assertEqual(header.functions["pf_abi"], (ctypes.c_uint32, []))
        self.assertIs(header.functions["pf_version"][0], ctypes.c_char_p)

    def test_another_abi_is_refused(self):
        class Older(Header):
            def __init__(self, text):
                super().__init__(text.replace("#define PF_ABI ", "#define PF_ABI 9"))

        polyfind_ctypes.Header, before = Older, Header
        try:
            self.assertRaisesRegex(ImportError, "ABI", Library, SO)
        finally:
            polyfind_ctypes.Header = before


class MeasuresTest(unittest.TestCase):
    def test_measures(self):
        squares = LIB.polygons(X, Y, [0, 4, 8])
        self.assertEqual(list(LIB.area(squares)), [4, 1])
        self.assertEqual(list(LIB.signed_area(squares)), [4, 1])
        self.assertEqual(list(LIB.perimeter(squares)), [8, 4])
        self.assertEqual([list(each) for each in LIB.center(squares)], [[1, 5.5], [1, 0.5]])
        self.assertEqual([list(each) for each in LIB.centroid(squares)], [[1, 5.5], [1, 0.5]])
        self.assertEqual(list(LIB.bounds(squares)), [0, 0, 2, 2, 5, 0, 6, 1])
        self.assertEqual(len(set(LIB.fingerprint(squares))), 2)
        both = LIB.polygons(X, Y, [0, 4, 8], [0, 1, 2], [0, 2])
        self.assertEqual(list(LIB.area(both)), [5])

    def test_any_buffers(self):
        doubles = (ctypes.c_double * 8)(*X), (ctypes.c_double * 8)(*Y)
        floats = array("f", X), array("f", Y)
        wide = [memoryview(array("d", [v for x in column for v in (x, 9)]))[::2] for column in (X, Y)]
        read_only = [memoryview(column.tobytes()).cast("d") for column in (X, Y)]
        for x, y in ((X, Y), doubles, floats, wide, read_only, (list(X), tuple(Y))):
            for offsets in ([0, 4, 8], array("i", [0, 4, 8]), (ctypes.c_int64 * 3)(0, 4, 8)):
                squares = LIB.polygons(x, y, offsets)
                gc.collect()  # what it was made of is kept
                self.assertEqual(list(LIB.area(squares)), [4, 1])

    def test_nothing(self):
        nothing = LIB.polygons([], [], [0])
        self.assertEqual(list(LIB.area(nothing)), [])
        self.assertEqual(list(LIB.index(nothing).best([1], [1], 1)), [-1])
        self.assertEqual(list(LIB.index(LIB.polygons(X, Y, [0, 4, 8])).count([], [], 1)), [])

    def test_refused(self):
        for arguments, error, words in (
            ((X, Y[:-1], [0, 4]), ValueError, "x and y differ"),
            ((X, array("f", Y), [0, 4]), ValueError, "x and y differ"),
            ((array("i", [0]), array("i", [0]), [0, 1]), TypeError, "x must be one column"),
            ((X, Y, array("d", [0, 4])), TypeError, "ring_offsets must be one column"),
            ((X, Y, [0.5, 4]), TypeError, ""),
            ((X, Y, array("i", [0, 4]), array("q", [0, 1])), TypeError, "part_offsets"),
            ((X, Y, [0, 9]), PolyfindError, "PF_ERROR_LAYOUT: polygons.ring_offsets"),
            (([0, float("nan")], [0, 0], [0, 2]), PolyfindError, "PF_ERROR_COORDINATE"),
        ):
            with self.assertRaisesRegex(error, words):
                LIB.polygons(*arguments)


class IndexTest(unittest.TestCase):
    def setUp(self):
        self.index = LIB.index(LIB.polygons(X, Y, [0, 4, 8]))

    def test_verbs(self):
        x, y = [1, 5, 9, 3], [1, 1, 9, 1]
        self.assertEqual(len(self.index), 2)
        self.assertEqual(list(self.index.count(x, y, 3)), [1, 1, 0, 2])
        self.assertEqual(list(self.index.any(x, y, 3)), [1, 1, 0, 1])
        self.assertEqual(list(self.index.best(x, y, 3)), [0, 1, -1, 0])
        self.assertEqual(list(self.index.best(x, y, 3, by="area")), [0, 1, -1, 1])
        self.assertEqual(list(self.index.best(x, y, 3, by="distance")), [0, 1, -1, 0])
        self.assertEqual(list(self.index.locate([0, 1, 3, 5.5], [2, 1, 1, 0.5])), [0, 0, -1, 1])
        self.assertEqual(list(self.index.locate([1], [1], by="center")), [0])
        offsets, polygons = self.index.find(x, y, 3)
        self.assertEqual((list(offsets), list(polygons)), ([0, 1, 2, 2, 4], [0, 1, 0, 1]))
        rows, distances = self.index.nearest([1, 9], [1, 0.5], k=2)
        self.assertEqual((list(rows), distances[0], distances[2]), ([0, 1, 1, 0], 0, 3.5))
        self.assertEqual(list(self.index.nearest([1], [1], k=3, distance=1)[0]), [0, -1, -1])

    def test_refused(self):
        for ask, error, words in (
            (lambda: self.index.count([0], [0], -1), PolyfindError, "PF_ERROR_ARGUMENT.*distance"),
            (lambda: self.index.count([float("inf")], [0], 1), PolyfindError, r"points.x\[0\]"),
            (lambda: self.index.find([0], [0], float("nan")), PolyfindError, "distance"),
            (lambda: self.index.nearest([0], [0], k=0), PolyfindError, "k must be"),
            (lambda: self.index.best([0], [0], 1, by="size"), ValueError, "area"),
        ):
            with self.assertRaisesRegex(error, words):
                ask()
        with self.assertRaises(PolyfindError) as caught:
            self.index.count([0, float("nan")], [0, 0], 1)
        self.assertEqual((caught.exception.status, caught.exception.item), ("PF_ERROR_COORDINATE", 1))

    def test_against_plain_python(self):
        numbers = random.Random(6)
        centers = [(numbers.randrange(30), numbers.randrange(30)) for _ in range(300)]
        points = [(numbers.randrange(30), numbers.randrange(30)) for _ in range(100)]
        index = LIB.index(LIB.polygons(*zip(*centers), range(301)), workers=2)
        for distance in (0, 1, 5, 13):
            near = [
                [j for j, (a, b) in enumerate(centers) if (a - x) ** 2 + (b - y) ** 2 < distance**2] for x, y in points
            ]
            x, y = zip(*points)
            offsets, polygons = index.find(x, y, distance)
            found = [list(polygons[a:b]) for a, b in zip(offsets, offsets[1:])]
            self.assertEqual(found, near)
            self.assertEqual(list(index.count(x, y, distance)), list(map(len, near)))
            self.assertEqual(list(index.best(x, y, distance)), [min(row, default=-1) for row in near])


def load_tests(loader, tests, pattern):
    if SO is None:
        tests.addTests(doctest.DocTestSuite(polyfind_ctypes))
    return tests


if __name__ == "__main__":
    unittest.main()
