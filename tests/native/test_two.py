"""Two versions of the library in one process, each the one that its part of the program was linked with.

The other version is a copy of the built library with another soname, as one with another PF_ABI has. ask.c stands for
parts of the program (plugins, libraries of others) that are loaded as plugins are: dlopen, RTLD_LOCAL.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from test_install import LIB, ROOT, SONAME, dynamic, install, output

OTHER = f"{SONAME[:-1]}9"
ARGUMENT = -2  # minus PF_ERROR_ARGUMENT


def part(folder: Path, name: str, *libraries: str | Path) -> Path:
    """ask.c as a shared library, linked with these."""
    made = folder / f"{name}.so"
    command = ["cc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", f"-I{ROOT / 'include'}"]
    output(*command, ROOT / "tests" / "native" / "ask.c", "-o", made, *libraries, f"-Wl,-rpath,{folder}")
    return made


def load(path: Path) -> ctypes.CDLL:
    loaded = ctypes.CDLL(str(path), mode=os.RTLD_LOCAL | os.RTLD_NOW)
    loaded.where.restype = loaded.build.restype = ctypes.c_void_p
    loaded.build.argtypes = [ctypes.c_double]
    loaded.inside.argtypes = loaded.drop.argtypes = [ctypes.c_void_p]
    return loaded


class Two(unittest.TestCase):
    folder: Path

    def fresh(self, script: str, **environment: str) -> list[str]:
        """What a script prints in a process of its own; it knows the parts by their names."""
        parts = [f"{name} = test_two.load('{self.folder / name}.so')" for name in ("ours", "others", "inside")]
        command = [sys.executable, "-c", "; ".join(["import test_two", *parts, script])]
        variables = {**os.environ, "PYTHONPATH": str(Path(__file__).parent), "POLYFIND_LIB": str(LIB), **environment}
        return subprocess.run(command, env=variables, capture_output=True, text=True, check=True).stdout.split()

    @classmethod
    def setUpClass(cls) -> None:
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = Path(temporary.name)
        library = (LIB / "libpolyfind.so").read_bytes()
        (cls.folder / SONAME).write_bytes(library)
        (cls.folder / OTHER).write_bytes(library.replace(SONAME.encode() + b"\0", OTHER.encode() + b"\0"))
        assert dynamic(cls.folder / OTHER, "SONAME") == [OTHER]
        part(cls.folder, "ours", cls.folder / SONAME)
        part(cls.folder, "others", cls.folder / OTHER)
        system = install.SYSTEM_LIBRARIES.split()
        part(cls.folder, "inside", LIB / "libpolyfind.a", *system, "-Wl,--exclude-libs,ALL")

    def test_each_part_has_its_own(self) -> None:
        parts = [load(self.folder / f"{name}.so") for name in ("ours", "others", "inside")]
        self.assertEqual(len({part.where() for part in parts}), 3)
        sizes = [10, 200, 300]
        indexes = [part.build(size) for part, size in zip(parts, sizes)]
        for _ in range(3):
            self.assertEqual([part.inside(index) for part, index in zip(parts, indexes)], sizes)
        for part, index in zip(parts, indexes):
            part.drop(index)
            self.assertEqual(part.inside(index), ARGUMENT)

    def test_a_handle_of_one_is_none_of_the_other(self) -> None:
        ours, others = load(self.folder / "ours.so"), load(self.folder / "others.so")
        index = ours.build(10)
        self.assertEqual(others.inside(index), ARGUMENT)
        others.drop(index)
        self.assertEqual(ours.inside(index), 10)
        ours.drop(index)

    def test_the_same_number_is_to_each_what_it_has_itself(self) -> None:
        script = "a, b = ours.build(10), others.build(200); print(a == b, ours.inside(b), others.inside(a))"
        self.assertEqual(self.fresh(script), ["True", "10", "200"])

    def test_a_part_with_the_static_library_exports_none_of_it(self) -> None:
        symbols = output("nm", "-D", "--defined-only", self.folder / "inside.so")
        self.assertEqual({line.split()[-1] for line in symbols.splitlines()}, {"where", "build", "inside", "drop"})

    def test_what_the_program_was_linked_with_comes_first(self) -> None:
        """As the loader has it: for parts with the shared library, but not for one with the static library in it."""
        script = "print(ours.where(), others.where(), inside.where())"
        ours, others, inside = self.fresh(script, LD_PRELOAD=str(self.folder / SONAME))
        self.assertEqual(ours, others)
        self.assertNotEqual(ours, inside)


if __name__ == "__main__":
    unittest.main()
