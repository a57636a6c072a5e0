"""polyfind through ctypes: one file, standard library only, any buffers.

Structures, constants and functions are read from polyfind.h: nothing of it is typed again here.

>>> lib = Library()
>>> squares = lib.polygons([0, 2, 2, 0, 5, 6, 6, 5], [0, 0, 2, 2, 0, 0, 1, 1], [0, 4, 8])
>>> list(lib.area(squares))
[4.0, 1.0]
>>> index = lib.index(squares)
>>> list(index.locate([1, 6, 9], [1, 1, 9]))
[0, 1, -1]
>>> list(index.best([1, 5, 9], [1, 1, 9], distance=2, by="area"))
[0, 1, -1]
"""

import ctypes
import os
import re
import sys
from array import array
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAMES = {"win32": "polyfind.dll", "darwin": "libpolyfind.dylib"}
NUMBERS = {"char": ctypes.c_char, "double": ctypes.c_double, "size_t": ctypes.c_size_t}
NUMBERS.update((f"{u}int{n}_t", getattr(ctypes, f"c_{u}int{n}")) for u in ("", "u") for n in (8, 32, 64))


class PolyfindError(Exception):
    """A refused call: the name of its status, the row that caused it or -1, what was wrong."""

    def __init__(self, status, item, message):
        super().__init__(f"{status}: {message}")
        self.status, self.item = status, item


class Header:
    """What a header that cbindgen wrote declares: ``constants``, ``types``, ``functions``."""

    def __init__(self, text):
        text = re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.S)
        self.constants = {name: int(value) for name, value in re.findall(r"#define (PF_\w+) (-?\d+)\n", text)}
        self.types = dict(NUMBERS)
        for name in re.findall(r"typedef struct (pf_\w+)", text):
            self.types[name] = type(name, (ctypes.Structure,), {})
        for old, name in re.findall(r"typedef (\w+) (pf_\w+);", text):
            self.types[name] = self.types[old]
        for result, name, arguments in re.findall(r"typedef (\w+) \(\*(pf_\w+)\)\((.*?)\);", text):
            self.types[name] = ctypes.CFUNCTYPE(self.types[result], *self._arguments(arguments))
        for name, body in re.findall(r"typedef struct (pf_\w+) \{(.*?)\}", text, re.S):
            fields = re.findall(r"([\w ]+?[ *]+)(\w+)(?:\[(\w+)\])?;", body)
            self.types[name]._fields_ = [
                (field, self._type(kind) * self.constants[size] if size else self._type(kind))
                for kind, field, size in fields
            ]
        prototypes = re.findall(r"^((?:const )?(?:struct )?\w+ \**)(pf_\w+)\((.*?)\);", text, re.M | re.S)
        self.functions = {name: (self._type(kind), self._arguments(rest)) for kind, name, rest in prototypes}

    def _arguments(self, text):
        return [self._type(each.rsplit("*" if "*" in each else " ", 1)[0] + "*" * ("*" in each))
                for each in text.split(",") if each.strip() != "void"]  # fmt: skip

    def _type(self, text):
        """``const struct pf_run *`` and the like; a pointer to numbers is an address."""
        stars = text.count("*")
        name = re.sub(r"\b(const|struct)\b|\*", "", text).strip()
        if name in ("void", *NUMBERS) and stars:
            return ctypes.c_char_p if name == "char" else ctypes.c_void_p
        kind = None if name == "void" else self.types[name]
        for _ in range(stars):
            kind = ctypes.POINTER(kind)
        return kind


class Library:
    """A loaded libpolyfind and its header; by default those of the checkout this file is in."""

    def __init__(self, path_so=None, path_header=None):
        so = path_so or ROOT / "target" / "release" / NAMES.get(sys.platform, "libpolyfind.so")
        self.header = Header(Path(path_header or ROOT / "include" / "polyfind.h").read_text())
        self.types, self.constants = self.header.types, self.header.constants
        self.c = ctypes.CDLL(str(so))
        for name, (result, arguments) in self.header.functions.items():
            function = getattr(self.c, name)
            function.restype, function.argtypes = result, arguments
        if self.c.pf_abi() != self.constants["PF_ABI"]:
            raise ImportError(f"{so} has ABI {self.c.pf_abi()}, the header {self.constants['PF_ABI']}")

    def call(self, name, *arguments):
        """Calls a fallible function; raises PolyfindError."""
        error = self.types["pf_error"]()
        status = getattr(self.c, name)(*arguments, ctypes.byref(error))
        if status:
            name = self.c.pf_status_name(status).decode()
            raise PolyfindError(name, error.item, error.message.decode(errors="replace"))

    def struct(self, name, **fields):
        """A structure that knows its size."""
        made = self.types[name](**fields)
        if hasattr(made, "struct_size"):
            made.struct_size = ctypes.sizeof(made)
        return made

    def points(self, x, y):
        """A pf_points over two columns of doubles or floats."""
        (x, code, n), (y, code_y, n_y) = buffer(x, "x", "d", "df"), buffer(y, "y", "d", "df")
        if (code, n) != (code_y, n_y):
            raise ValueError(f"x and y differ: {n} and {n_y} elements of types {code} and {code_y}")
        dtype = self.constants["PF_F64" if code == "d" else "PF_F32"]
        made = self.struct("pf_points", len=n, stride=array(code).itemsize, dtype=dtype)
        made.x, made.y, made.kept = ctypes.addressof(x), ctypes.addressof(y), (x, y)
        return made

    def polygons(self, x, y, ring_offsets, part_offsets=None, polygon_offsets=None):
        """A pf_polygons: see the header for what offsets are. Keeps its buffers alive."""
        vertices = self.points(x, y)
        made = self.struct("pf_polygons", vertices=vertices)
        made.kept = [vertices]
        given = {"ring": ring_offsets, "part": part_offsets, "polygon": polygon_offsets}
        for level, values in given.items():
            if values is not None:
                offsets, code, n = buffer(values, f"{level}_offsets", "q", "ilq")
                size = array(code).itemsize
                if made.offset_type not in (0, self.constants[f"PF_I{8 * size}"]):
                    raise TypeError(f"{level}_offsets has {size}-byte integers, unlike the others")
                made.offset_type = self.constants[f"PF_I{8 * size}"]
                setattr(made, f"{level}_offsets", ctypes.addressof(offsets))
                made.rows = max(n - 1, 0)
                setattr(made, f"{level}_count", made.rows)
                made.kept.append(offsets)
        self.call("pf_polygons_check", ctypes.byref(made))
        return made

    def measure(self, name, polygons, columns=1, width=1, letter="d"):
        """Columns of doubles, or other numbers of 8 bytes, ``width`` for each polygon."""
        outs = [array(letter, bytes(8 * width * polygons.rows)) for _ in range(columns)]
        kind = self.header.functions[f"pf_polygons_{name}"][1][2]  # double * or pf_box *
        rooms = (ctypes.cast(out.buffer_info()[0], kind) for out in outs)
        self.call(f"pf_polygons_{name}", ctypes.byref(polygons), None, *rooms, polygons.rows)
        return outs

    def area(self, polygons):
        return self.measure("area", polygons)[0]

    def signed_area(self, polygons):
        return self.measure("signed_area", polygons)[0]

    def perimeter(self, polygons):
        return self.measure("perimeter", polygons)[0]

    def center(self, polygons):
        return tuple(self.measure("center", polygons, columns=2))

    def centroid(self, polygons):
        return tuple(self.measure("centroid", polygons, columns=2))

    def bounds(self, polygons):
        """min x, min y, max x, max y of each polygon, one after the other."""
        return self.measure("bounds", polygons, width=4)[0]

    def fingerprint(self, polygons):
        """A hash of each polygon's vertices, to find equal ones by."""
        return self.measure("fingerprint", polygons, letter="Q")[0]

    def index(self, polygons, **run):
        """An index. What run says holds for this and for what it is asked: workers; progress(done, total), which stops
        a call by a true answer or by raising; cancel, an array("i", [0]) that does so when it is not 0.
        """
        return Index(self, "build", [ctypes.byref(polygons), None], **run)

    def open(self, path, **run):
        """The index in a file that Index.save wrote."""
        return Index(self, "load", [os.fsencode(path)], **run)


class Index:
    """Polygons, ready to be asked; see Library.index. Threads may share it."""

    def __init__(self, library, made, arguments, workers=0, progress=None, cancel=None):
        self.library, self.handle = library, ctypes.POINTER(library.types["pf_index"])()
        self.run, self.raised = library.struct("pf_run", workers=workers), []
        if progress is not None:
            self.run.progress = library.types["pf_progress"](trap(progress, self.raised))
        if cancel is not None:
            self.cancel, self.run.cancel = cancel, cancel.buffer_info()[0]
        self._call(made, *arguments, ctypes.byref(self.run), ctypes.byref(self.handle))

    def __del__(self):
        self.free()

    def free(self):
        """Frees it; what it is asked then is refused."""
        self.library.c.pf_index_free(self.handle)

    def save(self, path):
        self._call("save", self.handle, os.fsencode(path), ctypes.byref(self.run))

    def _call(self, verb, *arguments):
        try:
            self.library.call(f"pf_index_{verb}", *arguments)
        except PolyfindError:
            if self.raised:
                raise self.raised.pop() from None
            raise

    def __len__(self):
        return self.library.c.pf_index_len(self.handle)

    def _ask(self, verb, x, y, *more, distance=0, by="polygon", relation="CLOSE", outs=(), capacity=1, before=()):
        lib, points = self.library, self.library.points(x, y)
        orders = {key[6:].lower(): value for key, value in lib.constants.items() if key[:6] == "PF_BY_"}
        if by not in orders:
            raise ValueError(f"by={by!r} is none of {', '.join(orders)}")
        relation = lib.constants[f"PF_{relation}"]
        query = lib.struct("pf_query", relation=relation, distance=distance, order=orders[by])
        made = [array(code, bytes(array(code).itemsize * points.len * capacity)) for code in outs]
        rooms = [out.buffer_info()[0] for out in made] + ([points.len * capacity] if outs else [])
        asked = [ctypes.byref(points), *before, ctypes.byref(query), ctypes.byref(self.run)]
        self._call(verb, self.handle, *asked, *rooms, *more)
        return made

    def count(self, x, y, distance):
        """How many centers are nearer than `distance`, for each point."""
        return self._ask("count", x, y, distance=distance, outs="I")[0]

    def any(self, x, y, distance):
        """Whether there is one, for each point: 1 or 0."""
        return self._ask("any", x, y, distance=distance, outs="B")[0]

    def best(self, x, y, distance, by="polygon"):
        """The row of the best of them (by polygon, distance or area), -1 for none."""
        return self._ask("best", x, y, distance=distance, by=by, outs="id")[0]

    def locate(self, x, y, by="polygon"):
        """The row of the polygon that each point is in or on (the best by polygon, area or center), -1 for none."""
        return self._ask("best", x, y, by=by, relation="COVERS", outs="id")[0]

    def nearest(self, x, y, k=1, distance=float("inf"), relation="CLOSE"):
        """The k rows of the nearest centers ("DWITHIN": polygons) of each point, -1 for none, and their distances."""
        how = {"distance": distance, "relation": relation}
        return tuple(self._ask("nearest", x, y, **how, outs="id", capacity=k, before=(k,)))

    def find(self, x, y, distance=0, relation="CLOSE"):
        """All rows of all points, and where those of each point start and end among them."""
        c, result = self.library.c, ctypes.POINTER(self.library.types["pf_result"])()
        self._ask("find", x, y, ctypes.byref(result), distance=distance, relation=relation)
        try:
            rows, pairs = c.pf_result_rows(result) + 1, c.pf_result_pairs(result)
            offsets = array("q", ctypes.string_at(c.pf_result_offsets(result), 8 * rows))
            return offsets, array("i", ctypes.string_at(c.pf_result_polygons(result), 4 * pairs))
        finally:
            c.pf_result_free(result)


def trap(progress, raised):
    """A progress function through which no exception goes: it is kept in the list."""

    def told(done, total, _):
        try:
            return bool(progress(done, total))
        except BaseException as exception:
            raised.append(exception)
            return 1

    return told


def buffer(values, name, default, codes):
    """Memory of numbers as (ctypes array, type code, length): copied only if it must be.

    Anything with the buffer protocol in native byte order and one of the type `codes`; other
    sequences of numbers are copied to `default`.
    """
    try:
        view = memoryview(values)
    except TypeError:
        view = memoryview(array(default, values))
    code = view.format.lstrip("@=" + {"little": "<", "big": ">"}[sys.byteorder])
    if code not in codes or len(code) != 1 or view.ndim != 1:
        raise TypeError(f"{name} must be one column of {codes}, not {view.ndim} of {view.format!r}")
    room = ctypes.c_char * view.nbytes
    if view.contiguous and not view.readonly:
        return room.from_buffer(view), code, len(view)
    return room.from_buffer_copy(view.tobytes()), code, len(view)
