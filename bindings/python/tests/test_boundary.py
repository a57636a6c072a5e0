"""Every exported function, called wrongly in every way that its declaration allows.

Parameters are made from their types and names as the declarations have them: a function that is
new, or a parameter that this file cannot make, fails here until it is covered.
"""

from __future__ import annotations

import os
import tempfile

import numpy as np
import pytest

from polyfind._native import ffi, lib


def c_name(kind):
    """A type as C writes it, without ``struct``."""
    return kind.cname.replace("struct ", "")


FUNCTIONS = {name: ffi.typeof(getattr(lib, name)) for name in dir(lib) if name.startswith("pf_")}
FALLIBLE = sorted(
    name for name, kind in FUNCTIONS.items() if kind.args and c_name(kind.args[-1]) == "pf_error *"
)
# What these say of arguments they cannot use is in the header: nothing can go wrong in them.
INFALLIBLE = {
    "pf_version": (),
    "pf_abi": (),
    "pf_simd": (),
    "pf_status_name": (12345,),
    "pf_status_text": (-1,),
    "pf_index_free": (ffi.NULL,),
    "pf_index_len": (ffi.NULL,),
    "pf_index_byte_size": (ffi.NULL,),
    "pf_result_free": (ffi.NULL,),
    "pf_result_rows": (ffi.NULL,),
    "pf_result_pairs": (ffi.NULL,),
    "pf_result_offsets": (ffi.NULL,),
    "pf_result_polygons": (ffi.NULL,),
    "pf_result_values": (ffi.NULL,),
    "pf_table_free": (ffi.NULL,),
    "pf_table_len": (ffi.NULL,),
    "pf_table_faults": (ffi.NULL,),
    "pf_table_fault_rows": (ffi.NULL,),
    "pf_table_fault_bytes": (ffi.NULL,),
    "pf_table_fault_reasons": (ffi.NULL,),
    "pf_fault_text": (12345,),
    "pf_tally_free": (ffi.NULL,),
    "pf_tally_len": (ffi.NULL,),
}
MAY_BE_NULL = {"pf_run *", "pf_index_options *", "pf_attributes *", "pf_error *"}
WITH_K = ["pf_index_nearest", "pf_index_find_nearest"]
WITH_FLAGS = ["pf_index_find", "pf_index_find_nearest"]
# Numbers that say what is meant; elsewhere they are flags.
CHOICES = {
    "pf_table_read": lib.PF_WKT,
    "pf_tally_counts": lib.PF_TALLY_POINTS,
    "pf_tally_values": lib.PF_TALLY_SUM,
}
OUTPUTS = {"double *", "int32_t *", "int64_t *", "uint32_t *", "uint64_t *", "uint8_t *"}
OUTPUTS |= {"void *", "pf_box *", "pf_index_info *"}
# What these write does not depend on the question, nor may it lie over what tests have for others.
OF_BYTES = ["pf_index_describe", "pf_index_write", "pf_result_indices", "pf_table_view"]
OF_BYTES += ["pf_tally_counts", "pf_tally_values"]
NEVER_MISALIGNED = ("uint8_t *", "pf_index *", "pf_result *", "pf_table *", "pf_tally *")
NEVER_MISALIGNED += ("pf_error *",)
HANDLES = {f"pf_{thing} * *" for thing in ("index", "result", "table", "tally")}
FOLDER = tempfile.TemporaryDirectory()
OUT_BYTES = 4096
UNTOUCHED = bytes([0xA5]) * OUT_BYTES


class Arguments:
    """Valid arguments for a function, by the type of each parameter; any of them can be spoiled."""

    def __init__(self, name):
        self.name = name
        self.kept = []
        self.x, self.y = (ffi.new("double[]", values) for values in ([0, 1, 1, 0], [0, 0, 1, 1]))
        self.rings = ffi.new("int64_t[]", [0, 4])
        self.parts = ffi.new("int64_t[]", [0, 1])
        self.rows = ffi.new("int64_t[]", [0, 1])
        self.points = ffi.new("pf_points *", (self.x, self.y, 4, 8, lib.PF_F64, 0))
        self.polygons = ffi.new("pf_polygons *")
        table = self.polygons
        table.struct_size, table.offset_type = ffi.sizeof("pf_polygons"), lib.PF_I64
        table.vertices = self.points[0]
        table.ring_offsets, table.ring_count = self.rings, 1
        table.part_offsets, table.part_count = self.parts, 1
        table.polygon_offsets, table.polygon_count = self.rows, 1
        self.query = ffi.new("pf_query *", {"struct_size": ffi.sizeof("pf_query")})
        self.query.relation, self.query.distance = lib.PF_CLOSE, 2.0
        if name == "pf_index_find_nearest":
            self.query.relation = lib.PF_DWITHIN
        self.run = ffi.new("pf_run *", {"struct_size": ffi.sizeof("pf_run")})
        self.worth = ffi.new("double[]", [1, 2, 3, float("nan")])
        self.groups = ffi.new("int32_t[]", [0, 0, -1, 0])
        self.attributes = ffi.new("pf_attributes *", {"struct_size": ffi.sizeof("pf_attributes")})
        brought = self.attributes
        brought.values, brought.values_len = self.worth, 4
        brought.groups, brought.groups_len = self.groups, 4
        self.options = ffi.new("pf_index_options *", (ffi.sizeof("pf_index_options"), 0))
        self.text = ffi.new("uint8_t[]", b"POLYGON ((0 0, 1 0, 0 1))")
        self.ends = ffi.new("int32_t[]", [0, len(self.text) - 1])
        self.binary = ffi.new("pf_binary *", {"struct_size": ffi.sizeof("pf_binary")})
        rows = self.binary
        rows.offset_type, rows.data, rows.data_len = lib.PF_I32, self.text, len(self.text) - 1
        rows.offsets, rows.len = self.ends, 1
        self.error = ffi.new("pf_error *")
        self.outputs = []
        self.choices = 0  # numbers that were made
        self.room = 4 if name.startswith("pf_index_") else 1  # rows of what is asked about
        self.values = [self.make(kind) for kind in FUNCTIONS[name].args]

    def make(self, kind):
        if self.name == "pf_table_view" and c_name(kind) == "pf_polygons *":
            out = ffi.new("pf_polygons *", {"struct_size": ffi.sizeof("pf_polygons")})
            self.outputs.append((out, bytes(ffi.buffer(out))))
            return out
        made = {
            "pf_polygons *": self.polygons,
            "pf_points *": self.points,
            "pf_query *": self.query,
            "pf_run *": self.run,
            "pf_binary *": self.binary,
            "pf_attributes *": self.attributes,
            "pf_index_options *": self.options,
            "pf_error *": self.error,
        }
        if c_name(kind) in made:
            return made[c_name(kind)]
        if c_name(kind) == "pf_index *":
            out = ffi.new("pf_index **")
            assert lib.pf_index_build(self.polygons, ffi.NULL, ffi.NULL, out, ffi.NULL) == lib.PF_OK
            handle = ffi.gc(out[0], lib.pf_index_free)
            self.kept.append(handle)
            return handle
        if c_name(kind) == "pf_result *":
            out = ffi.new("pf_result **")
            asked = self.make(ffi.typeof("pf_index *")), self.points, self.query, ffi.NULL, out
            assert lib.pf_index_find(*asked, ffi.NULL) == lib.PF_OK
            handle = ffi.gc(out[0], lib.pf_result_free)
            self.room = lib.pf_result_pairs(handle)
            self.kept.append(handle)
            return handle
        if c_name(kind) == "pf_table *":
            out = ffi.new("pf_table **")
            status = lib.pf_table_read(self.binary, lib.PF_WKT, 0, ffi.NULL, out, ffi.NULL)
            assert status == lib.PF_OK
            handle = ffi.gc(out[0], lib.pf_table_free)
            self.kept.append(handle)
            return handle
        if c_name(kind) == "pf_tally *":
            out = ffi.new("pf_tally **")
            index = self.make(ffi.typeof("pf_index *"))
            assert lib.pf_tally_make(index, 1, ffi.NULL, out, ffi.NULL) == lib.PF_OK
            handle = ffi.gc(out[0], lib.pf_tally_free)
            self.kept.append(handle)
            return handle
        if c_name(kind) in HANDLES:
            handle = ffi.new(ffi.typeof(c_name(kind)))
            self.kept.append(handle)
            return handle
        if c_name(kind) == "size_t":
            return None  # k or a capacity: see count
        if c_name(kind) == "uint32_t":
            is_choice = self.name in CHOICES and not self.choices
            self.choices += 1
            return CHOICES[self.name] if is_choice else 0  # flags
        if c_name(kind) == "char *":
            path = ffi.new("char[]", os.fsencode(os.path.join(FOLDER.name, "index")))
            self.kept.append(path)
            index = self.make(ffi.typeof("pf_index *"))
            assert lib.pf_index_save(index, path, ffi.NULL, ffi.NULL) == lib.PF_OK
            return path
        if (self.name, c_name(kind)) == ("pf_index_view", "void *"):
            index = self.make(ffi.typeof("pf_index *"))
            room = ffi.new("char[]", lib.pf_index_byte_size(index) + 64)
            start = room + (-int(ffi.cast("uintptr_t", room)) % 64)
            self.room = lib.pf_index_byte_size(index)
            assert lib.pf_index_write(index, ffi.NULL, start, self.room, ffi.NULL) == lib.PF_OK
            self.kept.append(room)
            return start
        assert c_name(kind) in OUTPUTS, f"{self.name}: this test cannot make a {c_name(kind)}"
        memory = ffi.new("uint8_t[]", OUT_BYTES)
        ffi.buffer(memory)[:] = UNTOUCHED
        if c_name(kind) == "pf_index_info *":
            ffi.cast(kind, memory).struct_size = ffi.sizeof("pf_index_info")
        if c_name(kind) == "void *":
            self.room = lib.pf_index_byte_size(self.kept[0])
        self.outputs.append((memory, bytes(ffi.buffer(memory))))
        return ffi.cast(kind, memory)

    def call(self, **changed):
        """The status, with arguments at positions p0, p1, ... changed."""
        values = [
            changed.get(f"p{i}", self.count(i) if value is None else value)
            for i, value in enumerate(self.values)
        ]
        return getattr(lib, self.name)(*values)

    def count(self, position):
        """Counts are k (before the question) or a capacity (after the outputs)."""
        return self.room if self.is_capacity(position) else 1

    def is_capacity(self, position):
        """Whether an output array comes before."""
        before = map(c_name, FUNCTIONS[self.name].args[:position])
        return any(name in OUTPUTS for name in before)

    def untouched(self):
        return all(bytes(ffi.buffer(memory)) == before for memory, before in self.outputs)

    def refused(self, status, *expected):
        """Whether the call said so, in the status and in the details, and wrote nothing."""
        assert status in (expected or range(1, 100)), (self.name, status, self.message())
        assert self.error.status == status
        assert self.message()
        assert self.untouched(), f"{self.name} wrote to its outputs though it refused"

    def message(self):
        return ffi.string(self.error.message).decode()

    def has(self, struct):
        if (self.name, struct) == ("pf_table_view", "polygons"):
            return False  # it is filled in
        return any(c_name(kind) == f"pf_{struct} *" for kind in FUNCTIONS[self.name].args)


def arguments_with(struct):
    """Arguments of each function that takes a structure."""
    return [made for made in map(Arguments, FALLIBLE) if made.has(struct)]


def test_every_function_is_covered():
    assert set(FALLIBLE) | set(INFALLIBLE) == set(FUNCTIONS)
    for name in FALLIBLE:
        assert FUNCTIONS[name].result.cname == "int32_t"


@pytest.mark.parametrize("name", sorted(INFALLIBLE))
def test_infallible(name):
    given = getattr(lib, name)(*INFALLIBLE[name])
    if FUNCTIONS[name].result.cname == "char *":
        assert ffi.string(given)
    elif FUNCTIONS[name].result.kind == "pointer":
        assert given == ffi.NULL
    elif name != "pf_abi":
        assert not given


@pytest.mark.parametrize("name", FALLIBLE)
def test_valid_arguments_work(name):
    arguments = Arguments(name)
    for made in (arguments.call(), arguments.call(**{f"p{len(arguments.values) - 1}": ffi.NULL})):
        assert made == lib.PF_OK, arguments.message()
    assert arguments.error.status == lib.PF_OK and arguments.error.item == -1


@pytest.mark.parametrize("name", FALLIBLE)
def test_all_null(name):
    nothing = [0 if kind.kind == "primitive" else ffi.NULL for kind in FUNCTIONS[name].args]
    assert getattr(lib, name)(*nothing) == lib.PF_ERROR_NULL


@pytest.mark.parametrize("name", FALLIBLE)
def test_each_pointer_null_in_turn(name):
    for i, kind in enumerate(FUNCTIONS[name].args):
        if kind.kind != "pointer":
            continue
        arguments = Arguments(name)
        status = arguments.call(**{f"p{i}": ffi.NULL})
        second = c_name(kind) == "double *" and name in ("pf_index_best", "pf_index_nearest")
        nearest = c_name(kind) == "pf_query *" and name in WITH_K
        if c_name(kind) in MAY_BE_NULL or second or nearest:
            assert status == lib.PF_OK, (name, i)
        else:
            arguments.refused(status, lib.PF_ERROR_NULL)


@pytest.mark.parametrize("name", FALLIBLE)
def test_each_pointer_misaligned_in_turn(name):
    for i, kind in enumerate(FUNCTIONS[name].args):
        if kind.kind != "pointer" or c_name(kind) in NEVER_MISALIGNED:
            continue
        if c_name(kind) == "char *" or (name, c_name(kind)) == ("pf_index_write", "void *"):
            continue  # bytes may lie anywhere
        arguments = Arguments(name)
        crooked = ffi.cast(kind, ffi.cast("char *", arguments.values[i]) + 1)
        arguments.refused(arguments.call(**{f"p{i}": crooked}), lib.PF_ERROR_LAYOUT)


@pytest.mark.parametrize("name", FALLIBLE)
def test_each_capacity_one_too_small(name):
    arguments = Arguments(name)
    for i, kind in enumerate(FUNCTIONS[name].args):
        if c_name(kind) == "size_t" and arguments.is_capacity(i) and name != "pf_index_view":
            status = arguments.call(**{f"p{i}": arguments.room - 1})
            arguments.refused(status, lib.PF_ERROR_CAPACITY)


@pytest.mark.parametrize("name", FALLIBLE)
def test_empty(name):
    arguments = Arguments(name)
    arguments.points.len = 0
    arguments.points.x = arguments.points.y = ffi.NULL
    arguments.attributes.values_len = arguments.attributes.groups_len = 0
    table = arguments.polygons
    table.vertices = arguments.points[0]
    table.ring_offsets = table.part_offsets = table.polygon_offsets = ffi.NULL
    table.ring_count = table.part_count = table.polygon_count = 0
    assert arguments.call() == lib.PF_OK, arguments.message()
    assert arguments.untouched() or name in OF_BYTES


def spoiled_points(points):
    """Ways in which points cannot be read, with the statuses that say so."""
    x = points.x
    doubles = ffi.cast("double *", x)
    for value in (float("nan"), float("inf"), -float("inf")):
        doubles[2] = value
        yield lib.PF_ERROR_COORDINATE
    doubles[2] = 1
    points.x = ffi.cast("char *", x) + 1
    yield lib.PF_ERROR_LAYOUT
    points.x = ffi.NULL
    yield lib.PF_ERROR_NULL
    points.x, points.y = x, ffi.NULL
    yield lib.PF_ERROR_NULL
    points.y = x
    for stride in (0, 4, 9, 2**64 - 8, 2**63):
        points.stride = stride
        yield lib.PF_ERROR_LAYOUT
    points.stride = 8
    for length in (2**61, 2**64 - 1):
        points.len = length
        yield lib.PF_ERROR_LAYOUT
    points.len = 4
    for dtype in (0, lib.PF_I32, lib.PF_I64, 99):
        points.dtype = dtype
        yield lib.PF_ERROR_ARGUMENT
    points.dtype = lib.PF_F64
    points.reserved = 1
    yield lib.PF_ERROR_UNSUPPORTED


@pytest.mark.parametrize("arguments", arguments_with("points"), ids=lambda made: made.name)
def test_bad_points(arguments):
    for expected in spoiled_points(arguments.points):
        arguments.refused(arguments.call(), expected)


@pytest.mark.parametrize("arguments", arguments_with("polygons"), ids=lambda made: made.name)
def test_bad_vertices(arguments):
    for expected in spoiled_points(arguments.polygons.vertices):
        if (arguments.name, expected) == ("pf_polygons_check_layout", lib.PF_ERROR_COORDINATE):
            assert arguments.call() == lib.PF_OK  # reads none
        else:
            arguments.refused(arguments.call(), expected)


@pytest.mark.parametrize("offset_type", ["int32_t", "int64_t"])
@pytest.mark.parametrize("arguments", arguments_with("polygons"), ids=lambda made: made.name)
def test_bad_offsets(arguments, offset_type):
    table = arguments.polygons
    table.offset_type = {"int32_t": lib.PF_I32, "int64_t": lib.PF_I64}[offset_type]
    levels = {"ring": [0, 4], "part": [0, 1], "polygon": [0, 1]}
    arrays = {level: ffi.new(f"{offset_type}[]", good) for level, good in levels.items()}
    for level, array in arrays.items():
        setattr(table, f"{level}_offsets", array)
    assert arguments.call() == lib.PF_OK
    fresh = Arguments(arguments.name)
    for level, array in arrays.items():
        good = levels[level]
        for bad in ([-1, good[1]], [0, good[1] + 1], [1, 0], [0, -1], [0, 2**31 - 1]):
            fresh = Arguments(arguments.name)
            table = fresh.polygons
            table.offset_type = arguments.polygons.offset_type
            for other, usual in arrays.items():
                setattr(table, f"{other}_offsets", usual)
            array[0:2] = bad
            fresh.refused(fresh.call(), lib.PF_ERROR_LAYOUT)
            array[0:2] = good
        for wrong, expected in (
            (ffi.NULL, lib.PF_ERROR_NULL),
            (ffi.cast("char *", array) + 1, lib.PF_ERROR_LAYOUT),
        ):
            setattr(table, f"{level}_offsets", wrong)
            if level == "ring" or wrong != ffi.NULL:
                fresh.refused(fresh.call(), expected)
            setattr(table, f"{level}_offsets", array)
        for count in (2**61, 2**64 - 1):
            setattr(table, f"{level}_count", count)
            fresh.refused(fresh.call(), lib.PF_ERROR_LAYOUT)
            setattr(table, f"{level}_count", 1)
    for bad_type in (0, lib.PF_F64, 99):
        table.offset_type = bad_type
        fresh.refused(fresh.call(), lib.PF_ERROR_ARGUMENT)


@pytest.mark.parametrize("struct", ["polygons", "query", "run", "options", "binary", "attributes"])
def test_struct_sizes(struct):
    kind = {"options": "index_options"}.get(struct, struct)
    found = arguments_with(kind)
    assert found
    for arguments in found:
        size = ffi.sizeof(f"pf_{kind}")
        mine = getattr(arguments, struct)
        for bad in (0, 3):
            mine.struct_size = bad
            arguments.refused(arguments.call(), lib.PF_ERROR_ARGUMENT)
        # A newer caller's structure: fine while what we do not know of it is zero.
        longer = ffi.new("uint8_t[]", size + 16)
        ffi.memmove(longer, mine, size)
        newer = ffi.cast(f"pf_{kind} *", longer)
        newer.struct_size = size + 16
        position = next(
            i
            for i, arg in enumerate(FUNCTIONS[arguments.name].args)
            if c_name(arg) == f"pf_{kind} *"
        )
        assert arguments.call(**{f"p{position}": newer}) == lib.PF_OK, arguments.message()
        fresh = Arguments(arguments.name)
        ffi.memmove(longer, getattr(fresh, struct), size)
        newer.struct_size = size + 16
        longer[size + 8] = 1
        fresh.refused(fresh.call(**{f"p{position}": newer}), lib.PF_ERROR_UNSUPPORTED)


@pytest.mark.parametrize("arguments", arguments_with("query"), ids=lambda made: made.name)
def test_bad_questions(arguments):
    query, relation = arguments.query, arguments.query.relation
    known = lib.PF_BEST_ONLY if arguments.name == "pf_tally_add" else lib.PF_WITH_DISTANCES
    unknown = 3 ^ known if arguments.name in [*WITH_FLAGS, "pf_tally_add"] else known
    for field, bad, good, expected in (
        ("relation", 0, relation, lib.PF_ERROR_ARGUMENT),
        ("relation", 99, relation, lib.PF_ERROR_ARGUMENT),
        ("order", 99, 0, lib.PF_ERROR_ARGUMENT),
        ("flags", unknown, 0, lib.PF_ERROR_UNSUPPORTED),
        ("distance", -1.0, 2.0, lib.PF_ERROR_ARGUMENT),
        ("distance", float("nan"), 2.0, lib.PF_ERROR_ARGUMENT),
    ):
        setattr(query, field, bad)
        arguments.refused(arguments.call(), expected)
        setattr(query, field, good)
    query.order = lib.PF_BY_PRIORITY
    query.flags = lib.PF_BEST_ONLY if arguments.name == "pf_tally_add" else 0
    priorities = ffi.new("double[]", [float("nan")])
    if arguments.name in ("pf_index_best", "pf_tally_add"):
        arguments.refused(arguments.call())  # none given
        query.priority, query.priority_len = priorities, 1
        arguments.refused(arguments.call(), lib.PF_ERROR_ARGUMENT)
        query.priority = ffi.NULL
        arguments.refused(arguments.call(), lib.PF_ERROR_NULL)


@pytest.mark.parametrize("arguments", arguments_with("run"), ids=lambda made: made.name)
def test_bad_runs_and_cancelled_ones(arguments):
    run = arguments.run
    run.flags = 1 << 20
    arguments.refused(arguments.call(), lib.PF_ERROR_UNSUPPORTED)
    run.flags, run.reserved = 0, 1
    arguments.refused(arguments.call(), lib.PF_ERROR_UNSUPPORTED)
    run.reserved = 0
    stop = ffi.new("int32_t *", 1)
    run.cancel = stop
    assert arguments.call() == lib.PF_ERROR_CANCELLED
    run.cancel = ffi.cast("int32_t *", ffi.cast("char *", stop) + 1)
    assert arguments.call() == lib.PF_ERROR_LAYOUT


@pytest.mark.parametrize("name", FALLIBLE)
def test_outputs_may_not_overlap_inputs(name):
    kinds = FUNCTIONS[name].args
    for i, kind in enumerate(kinds):
        if c_name(kind) not in OUTPUTS or name in [*OF_BYTES, "pf_index_view"]:
            continue
        arguments = Arguments(name)
        arguments.refused(
            arguments.call(**{f"p{i}": ffi.cast(kind, arguments.x)}), lib.PF_ERROR_LAYOUT
        )


@pytest.mark.parametrize("name", WITH_K)
def test_k_is_checked(name):
    arguments = Arguments(name)
    position = [c_name(kind) for kind in FUNCTIONS[name].args].index("size_t")
    arguments.refused(arguments.call(**{f"p{position}": 0}), lib.PF_ERROR_ARGUMENT)
    for k in (2, 2**63, 2**64 - 1):
        if name == "pf_index_nearest":  # has room for one
            arguments.refused(arguments.call(**{f"p{position}": k}))
        else:
            assert arguments.call(**{f"p{position}": k}) == lib.PF_OK


@pytest.mark.parametrize("name", WITH_K)
def test_what_has_no_nearest_is_refused(name):
    arguments = Arguments(name)
    relations = [lib.PF_COVERS, lib.PF_CONTAINS, lib.PF_OWNS]
    for relation in relations + [lib.PF_CLOSE] * (name == "pf_index_find_nearest"):
        arguments.query.relation = relation
        arguments.refused(arguments.call(), lib.PF_ERROR_ARGUMENT)


def test_bad_attributes():
    arguments = Arguments("pf_tally_add")
    brought = arguments.attributes
    for field, bad, expected in (
        ("reserved", 1, lib.PF_ERROR_UNSUPPORTED),
        ("values_len", 3, lib.PF_ERROR_ARGUMENT),
        ("groups_len", 5, lib.PF_ERROR_ARGUMENT),
        ("values_len", 2**61, lib.PF_ERROR_LAYOUT),
        ("values", ffi.NULL, lib.PF_ERROR_NULL),
        ("groups", ffi.NULL, lib.PF_ERROR_NULL),
        ("values", ffi.cast("double *", ffi.cast("char *", brought.values) + 1), None),
        ("groups", ffi.cast("int32_t *", ffi.cast("char *", brought.groups) + 1), None),
    ):
        good = getattr(brought, field)
        setattr(brought, field, bad)
        arguments.refused(arguments.call(), expected or lib.PF_ERROR_LAYOUT)
        setattr(brought, field, good)
    for array, bad in ((arguments.worth, float("inf")), (arguments.groups, 1)):
        array[3], good = bad, array[3]
        arguments.refused(arguments.call(), lib.PF_ERROR_ARGUMENT)
        assert arguments.error.item == 3
        array[3] = good
    assert arguments.call() == lib.PF_OK


@pytest.mark.parametrize("name", ["pf_tally_counts", "pf_tally_values"])
def test_columns_of_a_tally(name):
    counts = {lib.PF_TALLY_POINTS, lib.PF_TALLY_VALUES}
    for column in range(9):
        arguments = Arguments(name)
        is_there = 1 <= column <= 6 and (column in counts) == (name == "pf_tally_counts")
        status = arguments.call(p1=column)
        if is_there:
            assert status == lib.PF_OK and not arguments.untouched()
        else:
            arguments.refused(status, lib.PF_ERROR_ARGUMENT)


def test_unknown_uses_are_refused():
    arguments = Arguments("pf_index_build")
    for flags, expected in ((7, lib.PF_OK), (8, None), (1 << 31, None)):
        arguments.options.flags = flags
        status = arguments.call()
        if expected == lib.PF_OK:
            assert status == lib.PF_OK
        else:
            arguments.refused(status, lib.PF_ERROR_UNSUPPORTED)


def test_layouts_are_numpy_s():
    assert ffi.sizeof("pf_error") == 256
    assert ffi.sizeof("pf_box") == 4 * np.dtype(float).itemsize
