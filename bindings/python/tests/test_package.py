"""The installed package: names, declarations, documentation."""

from __future__ import annotations

import doctest
import importlib
import importlib.metadata
import importlib.util
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

import polyfind as pf
from polyfind._native import ffi, lib

HEADER = ROOT / "include" / "polyfind.h"


def header():
    if not HEADER.is_file():
        pytest.skip(f"{HEADER} is not here")
    return HEADER.read_text()


def test_declarations_are_the_header():
    text = header()
    functions = set(re.findall(r"^[a-z][\w ]*\**\s*\*?(pf_\w+)\(", text, re.MULTILINE))
    constants = dict(re.findall(r"^#define (PF_\w+) (-?\d+)$", text, re.MULTILINE))
    assert functions | set(constants) == set(dir(lib))
    for name, value in constants.items():
        assert getattr(lib, name) == int(value)
    for name in functions:
        assert getattr(lib, name)  # found in the library itself
    typedefs, *_ = ffi.list_types()
    assert set(re.findall(r"^typedef struct (pf_\w+)", text, re.MULTILINE)) <= set(typedefs)


def test_versions_agree():
    version = f"{lib.PF_VERSION_MAJOR}.{lib.PF_VERSION_MINOR}.{lib.PF_VERSION_PATCH}"
    assert pf.__version__ == version == importlib.metadata.version("polyfind")
    assert lib.pf_abi() == lib.PF_ABI


def test_the_wheel_has_what_it_should():
    files = {str(file) for file in importlib.metadata.files("polyfind") or ()}
    assert {"polyfind/py.typed", "polyfind/errors.pyi"} <= files
    assert any(file.endswith("LICENSE-MIT") for file in files)
    assert any(file.endswith("LICENSE-APACHE") for file in files)
    wheel = importlib.metadata.distribution("polyfind").read_text("WHEEL") or ""
    assert re.search(r"^Tag: py3-none-(?!any)", wheel, re.MULTILINE)
    needs = importlib.metadata.requires("polyfind") or []
    plain = {re.split(r"[<>=!~ ;]", need)[0] for need in needs if "extra ==" not in need}
    assert plain == {"cffi"}


def test_all_names_exist_and_are_documented():
    assert sorted(pf.__all__) == sorted(set(pf.__all__))
    for name in pf.__all__:
        assert getattr(pf, name).__doc__


MODULES = [
    module.name
    for module in pkgutil.walk_packages(pf.__path__, "polyfind.")
    if not module.name.startswith("polyfind._") and module.name != "polyfind.__main__"
]


# What examples need and do not import.
NEEDED = {"polyfind.index": "matplotlib", "polyfind.outgoing": "shapely"}


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    pytest.importorskip(NEEDED.get(name, "polyfind"))
    source = Path(importlib.util.find_spec(name).origin).read_text(encoding="utf-8")
    for line in re.findall(r">>> import ([^#\n]+)\n", source):
        for words in line.split(","):
            pytest.importorskip(words.split()[0])
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(module)
    assert not failed


def public():
    """The names that people use: those of the package, and of what its classes have."""
    for name in pf.__all__:
        found = getattr(pf, name)
        is_error = isinstance(found, type) and issubclass(found, (Exception, Warning))
        if is_error or (issubclass(type(found), type) and issubclass(found, tuple)):
            continue  # these are met, not made
        yield name, found
        for member, value in inspect.getmembers(found, inspect.isroutine):
            if isinstance(found, type) and not member.startswith("_"):
                yield f"{name}.{member}", value


def test_all_that_is_public_has_an_example():
    assert {name for name, found in public() if ">>>" not in (found.__doc__ or "")} == set()


def test_examples_of_the_readme_run():
    readme = Path(__file__).resolve().parents[1] / "README.md"
    failed, tried = doctest.testfile(str(readme), module_relative=False)
    assert tried and not failed


def test_importing_needs_only_what_is_declared():
    for module in pkgutil.iter_modules(pf.__path__):
        assert module.name != "tests"
    code = "import sys, polyfind; print(*sys.modules)"
    out = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    others = {"geopandas", "matplotlib", "pandas", "polars", "pyarrow", "shapely"}
    assert not others & set(out.stdout.split())
