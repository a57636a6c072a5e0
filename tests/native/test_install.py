"""The library as others build with it: installed into a folder, by pkg-config and by CMake, where it is and moved.

python3 -m unittest -v test_install, in this folder; POLYFIND_LIB is the folder of the built library (target/release),
CMAKE a cmake. Needs a C and a C++ compiler, readelf and pkg-config; tests whose tool is missing are skipped.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LIB = Path(os.environ.get("POLYFIND_LIB", ROOT / "target" / "release")).resolve()
CMAKE = os.environ.get("CMAKE") or shutil.which("cmake")
PROGRAMS = {"cc": "c/smallest_close.c", "c++": "cpp/smallest_close.cpp"}

sys.path.insert(0, str(ROOT / "packaging"))
import install  # noqa: E402

VERSION = install.version()
SONAME = install.soname()
FILES = {
    "include/polyfind.h",
    "include/polyfind.hpp",
    "lib/libpolyfind.a",
    "lib/libpolyfind.so",
    f"lib/{SONAME}",
    f"lib/libpolyfind.so.{VERSION}",
    "lib/pkgconfig/polyfind.pc",
    "lib/cmake/polyfind/polyfindConfig.cmake",
    "lib/cmake/polyfind/polyfindConfigVersion.cmake",
}


def output(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})
    if done.returncode:
        raise AssertionError(f"{' '.join(map(str, command))} ended with {done.returncode}\n{done.stderr}{done.stdout}")
    return done.stdout


def dynamic(file: Path, tag: str) -> list[str]:
    """What the loader reads there: NEEDED, SONAME."""
    return re.findall(rf"\({tag}\).*\[(.+)\]", output("readelf", "-d", file))


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()}


class Installed(unittest.TestCase):
    """Each test has a staged install of its own, below a folder that holds nothing else."""

    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name).resolve()
        self.prefix = self.install("/usr/local")

    def install(self, prefix: str, *more: str) -> Path:
        words = [f"--prefix={prefix}", f"--destdir={self.folder / 'stage'}", f"--lib={LIB}", *more]
        output(sys.executable, ROOT / "packaging" / "install.py", *words)
        return Path(f"{self.folder / 'stage'}{prefix}")

    def flags(self, prefix: Path, *what: str, libdir: str = "lib") -> list[str]:
        return output("pkg-config", *what, "polyfind", PKG_CONFIG_PATH=str(prefix / libdir / "pkgconfig")).split()

    def build(self, prefix: Path, compiler: str, *options: str, static: bool = False) -> Path:
        """A program from one of ours, with what pkg-config says."""
        program = self.folder / "program"
        flags = self.flags(prefix, "--cflags", "--libs", *(["--static"] if static else []))
        command = [compiler, "-Wall", "-Werror", *options, ROOT / "bindings" / PROGRAMS[compiler], *flags]
        output(*command, "-o", program)
        return program

    def check(self, program: Path, **environment: str) -> None:
        self.assertIn("stop 1: in 1, close: smallest 1, all 0 1 2", output(program, **environment))


class Files(Installed):
    def test_are_these_and_no_others(self) -> None:
        self.assertEqual(files(self.prefix), FILES)
        self.assertEqual(files(self.folder), {f"stage/usr/local/{name}" for name in FILES})

    def test_links_lead_to_the_library_by_its_soname(self) -> None:
        lib = self.prefix / "lib"
        self.assertEqual(dynamic(lib / f"libpolyfind.so.{VERSION}", "SONAME"), [SONAME])
        self.assertEqual(os.readlink(lib / SONAME), f"libpolyfind.so.{VERSION}")
        self.assertEqual(os.readlink(lib / "libpolyfind.so"), SONAME)

    def test_name_no_folder(self) -> None:
        for name in FILES:
            if name.endswith((".pc", ".cmake")):
                text = (self.prefix / name).read_text()
                for folder in ("/usr", "stage", str(ROOT), "@"):
                    self.assertNotIn(folder, text, name)

    def test_modes(self) -> None:
        for name in FILES:
            mode = (self.prefix / name).stat().st_mode & 0o777
            self.assertEqual(mode, 0o755 if ".so" in name else 0o644, name)

    def test_of_a_running_program_stay_when_it_is_installed_again(self) -> None:
        with open(self.prefix / "lib" / "libpolyfind.so", "rb") as old:
            self.install("/usr/local")
            self.assertEqual(os.fstat(old.fileno()).st_nlink, 0)
        self.assertEqual(files(self.prefix), FILES)

    @unittest.skipUnless(shutil.which("make"), "make is not installed")
    @unittest.skipUnless((ROOT / "target/release/libpolyfind.a").exists(), "no library in target/release")
    def test_by_make(self) -> None:
        words = ["PREFIX=/opt/ours", "LIBDIR=lib64", f"DESTDIR={self.folder / 'made'}"]
        output("make", "-C", ROOT, "install", *words)
        wanted = {f"opt/ours/{name}".replace("/lib/", "/lib64/") for name in FILES}
        self.assertEqual(files(self.folder / "made"), wanted)

    def test_of_another_soname_are_refused(self) -> None:
        library = (LIB / "libpolyfind.so").read_bytes()
        (self.folder / "libpolyfind.so").write_bytes(library.replace(SONAME.encode(), b"libpolyfind.so.9"))
        with self.assertRaisesRegex(AssertionError, "older than the header"):
            self.install("/usr", f"--lib={self.folder}")
        self.assertFalse((self.folder / "stage" / "usr" / "include").exists())

    def test_outside_the_prefix_are_refused(self) -> None:
        for words in (["--prefix=here"], ["--libdir=../lib"], ["--prefix=/usr", "--libdir=/lib"]):
            command = [sys.executable, ROOT / "packaging" / "install.py", *words, f"--destdir={self.folder / 'no'}"]
            self.assertEqual(subprocess.run(command, capture_output=True).returncode, 2, words)
        self.assertFalse((self.folder / "no").exists())


class SystemLibraries(unittest.TestCase):
    """What rustc says a static link of this package needs is what polyfind.pc and the CMake file say."""

    @unittest.skipUnless(shutil.which("cargo"), "cargo is not installed")
    def test_are_those_of_the_compiler(self) -> None:
        command = ["cargo", "rustc", "--locked", "--profile", "tested", "--crate-type", "staticlib"]
        command += ["--", "--print", "native-static-libs", "-C", "opt-level=0"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        said = re.findall(r"native-static-libs: (.+)", done.stderr)
        self.assertTrue(said, done.stderr)
        added_by_every_compiler = {"-lgcc_s", "-lc"}
        self.assertEqual(
            [word for word in said[-1].split() if word not in added_by_every_compiler],
            install.SYSTEM_LIBRARIES.split(),
        )


@unittest.skipUnless(shutil.which("pkg-config"), "pkg-config is not installed")
class PkgConfig(Installed):
    def test_links_the_shared_library(self) -> None:
        for compiler in PROGRAMS:
            program = self.build(self.prefix, compiler)
            self.assertIn(SONAME, dynamic(program, "NEEDED"))
            self.check(program, LD_LIBRARY_PATH=str(self.prefix / "lib"))

    def test_links_a_static_program(self) -> None:
        for compiler in PROGRAMS:
            program = self.build(self.prefix, compiler, "-static", static=True)
            self.assertEqual(dynamic(program, "NEEDED"), [])
            self.check(program)

    def test_links_the_static_library_where_there_is_no_other(self) -> None:
        for path in (self.prefix / "lib").glob("libpolyfind.so*"):
            path.unlink()
        for compiler in PROGRAMS:
            program = self.build(self.prefix, compiler, static=True)
            self.assertNotIn(SONAME, dynamic(program, "NEEDED"))
            self.check(program)

    def test_links_after_the_prefix_was_moved(self) -> None:
        moved = self.folder / "elsewhere"
        self.prefix.rename(moved)
        self.check(self.build(moved, "cc"), LD_LIBRARY_PATH=str(moved / "lib"))
        self.check(self.build(moved, "c++", "-static", static=True))

    def test_links_what_is_found_through_a_link_to_the_libdir(self) -> None:
        """As /lib is one to /usr/lib."""
        (self.folder / "lib").symlink_to(self.prefix / "lib")
        self.check(self.build(self.folder, "cc"), LD_LIBRARY_PATH=str(self.folder / "lib"))

    def test_finds_a_libdir_of_more_folders(self) -> None:
        prefix = self.install("/usr", "--libdir=lib/x86_64-linux-gnu")
        flags = self.flags(prefix, "--cflags", "--libs", libdir="lib/x86_64-linux-gnu")
        folders = [os.path.realpath(word[2:]) for word in flags if word.startswith(("-I", "-L"))]
        self.assertEqual(folders, [str(prefix / "include"), str(prefix / "lib/x86_64-linux-gnu")])

    def test_says_the_version(self) -> None:
        self.assertEqual(self.flags(self.prefix, "--modversion"), [VERSION])


@unittest.skipUnless(CMAKE, "cmake is not installed")
class CMake(Installed):
    def configure(self, prefix: Path, wanted: str = "") -> subprocess.CompletedProcess[str]:
        words = [f"-DCMAKE_PREFIX_PATH={prefix}", f"-DPROGRAMS={ROOT / 'bindings'}", f"-DWANTED={wanted}"]
        shutil.rmtree(self.folder / "build", ignore_errors=True)
        command = [str(CMAKE), "-S", ROOT / "tests" / "native", "-B", self.folder / "build", *words]
        return subprocess.run(command, capture_output=True, text=True)

    def built(self, prefix: Path, wanted: str = "") -> None:
        done = self.configure(prefix, wanted)
        self.assertEqual(done.returncode, 0, done.stderr)
        build = self.folder / "build"
        output(str(CMAKE), "--build", build)
        self.assertIn(SONAME, dynamic(build / "shared", "NEEDED"))
        self.assertNotIn(SONAME, dynamic(build / "static", "NEEDED"))
        self.check(build / "shared")
        self.check(build / "static")

    def test_finds_and_links_both(self) -> None:
        self.built(self.prefix, wanted=".".join(VERSION.split(".")[:2]))

    def test_finds_and_links_both_after_the_prefix_was_moved(self) -> None:
        moved = self.folder / "else where"
        self.prefix.rename(moved)
        self.built(moved)

    def test_links_what_is_found_through_a_link_to_the_libdir(self) -> None:
        (self.folder / "lib").symlink_to(self.prefix / "lib")
        self.built(self.folder)

    def test_refuses_a_version_that_this_is_not(self) -> None:
        for wanted in ("99.0", f"{VERSION}.1"):
            done = self.configure(self.prefix, wanted)
            self.assertNotEqual(done.returncode, 0, wanted)
            self.assertIn("compatible", done.stderr)


if __name__ == "__main__":
    unittest.main()
