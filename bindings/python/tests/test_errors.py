"""Exceptions: one class per error status, made from the header."""

from __future__ import annotations

import builtins
import pickle
import re
from pathlib import Path

import pytest

import polyfind as pf
from polyfind._native import lib

STATUSES = sorted(name for name in dir(lib) if name.startswith("PF_ERROR_"))


def class_name(status):
    return status[len("PF_ERROR_") :].title().replace("_", "") + "Error"


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_has_a_class(status):
    made = getattr(pf, class_name(status))
    assert issubclass(made, pf.Error) and made.status_name == status and made.__doc__
    assert made.__module__ == "polyfind"
    error = pickle.loads(pickle.dumps(made("text")))
    assert type(error) is made and str(error) == "text" and error.item is None


def test_what_a_python_user_expects():
    for name, base in (
        ("NullError", ValueError),
        ("ArgumentError", ValueError),
        ("LayoutError", ValueError),
        ("CoordinateError", ValueError),
        ("CapacityError", ValueError),
        ("UnsupportedError", NotImplementedError),
        ("LimitError", OverflowError),
        ("MemoryError", builtins.MemoryError),
        ("IoError", OSError),
        ("FormatError", ValueError),
        ("InternalError", RuntimeError),
    ):
        assert issubclass(getattr(pf, name), base)


def test_errors_name_argument_and_row():
    with pytest.raises(pf.CoordinateError, match=r"polygons.vertices.x\[2\]") as caught:
        pf.area(pf.Polygons([0, 1, float("nan")], [0, 0, 0], [0, 1, 3]))
    assert caught.value.status_name == "PF_ERROR_COORDINATE"
    assert caught.value.item == 1


def test_a_star_import_does_not_hide_builtins():
    names = {}
    exec("from polyfind import *", names)
    assert not (set(names) - {"__builtins__"}) & set(dir(builtins))
    made = {class_name(status) for status in STATUSES} | {"Error"}
    assert made - set(names) == {"MemoryError"}


def test_the_stub_has_the_same_classes():
    stub = Path(pf.__file__).with_name("errors.pyi").read_text()
    declared = re.findall(r"^class (\w+)\(Error[,)]", stub, re.MULTILINE)
    assert sorted(declared) == sorted(class_name(status) for status in STATUSES)
    for name, base in re.findall(r"^class (\w+)\(Error, ([\w.]+)\)", stub, re.MULTILINE):
        assert getattr(pf, name).__bases__[1] is getattr(builtins, base.split(".")[-1])
