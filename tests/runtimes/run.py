"""Asks polyfind the same questions from every runtime: python3 tests/runtimes/run.py [--missing] [--lib DIR] [NAME ...]

Each test program in bindings/ reads fixture.txt, to which this adds what the header and the C compiler say, and prints
a line for each check that went well. README.md's table says which checks these have to be, and which functions have to
be called on the way; and all runtimes have to write the same index file. What is not installed is skipped, but where
POLYFIND_CI is set what README.md says is tested in CI has to be there. --missing prints which of Debian's packages that
lacks.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import promises
import witness
from header import Header

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BINDINGS = ROOT / "bindings"
WORK = ROOT / "target" / "runtimes"

sys.path.insert(0, str(ROOT / "tests" / "abi"))
import surface  # noqa: E402

JNA = Path("/usr/share/java/jna.jar")


@dataclass(frozen=True)
class Runtime:
    """Packages with a command that works where they are there; commands, of which the last is the test program.

    They run in a copy of bindings/<folder>, with {library}, {lib}, {fixture}, {include} and {jna} filled in.
    """

    folder: str
    packages: dict[str, list[str]]
    commands: list[str]
    environment: dict[str, str] = field(default_factory=dict)


RUNTIMES = {
    "Java": Runtime(
        "java",
        {"default-jdk-headless": ["javac", "-version"], "libjna-java": ["test", "-f", str(JNA)]},
        [
            "javac --release 17 -Xlint:all -Werror -cp {jna} -sourcepath . -d . Test.java",
            "java -cp .:{jna} -Dpolyfind.library={library} Test {fixture}",
        ],
    ),
    "Node.js": Runtime(
        "node",
        {"nodejs": ["node", "--version"], "npm": ["npm", "--version"]},
        [
            "npm install --silent --ignore-scripts --no-audit --no-fund --no-package-lock",
            "npx --no-install tsc",
            "node test.js {fixture}",
        ],
        {"POLYFIND_LIBRARY": "{library}"},
    ),
    "LuaJIT": Runtime("luajit", {"luajit": ["luajit", "-v"]}, ["luajit test.lua {library} {fixture}"]),
    "Ruby": Runtime("ruby", {"ruby": ["ruby", "-rfiddle", "-e", ""]}, ["ruby -w test.rb {library} {fixture}"]),
    "Perl": Runtime(
        "perl",
        {"libffi-platypus-perl": ["perl", "-MFFI::Platypus 2", "-e", "1"]},
        ["perl -I. test.pl {library} {fixture}"],
    ),
    "R": Runtime(
        "r",
        {"r-base-core": ["R", "--version"]},
        ["R CMD SHLIB polyfind.c", "Rscript test.R {fixture}"],
        {"PKG_CPPFLAGS": "-I{include}", "PKG_LIBS": "-L{lib} -lpolyfind"},
    ),
    "PyPy": Runtime(
        "ctypes", {"pypy3": ["pypy3", "--version"]}, ["pypy3 fixture.py {library} {fixture} {include}/polyfind.h"]
    ),
    "Go": Runtime(
        "go",
        {"golang-go": ["go", "version"]},
        ["go vet ./...", "go run ./fixture {fixture}"],
        {"CGO_CFLAGS": "-I{include}", "CGO_LDFLAGS": "-L{lib}"},
    ),
    "PHP": Runtime(
        "php",
        {"php-cli": ["php", "-d", "ffi.enable=1", "-r", "FFI::cdef('int abs(int);');"]},
        ["php -d ffi.enable=1 test.php {library} {fixture}"],
    ),
    "C#": Runtime(
        "csharp",
        {"mono-mcs": ["mcs", "--version"], "mono-runtime": ["mono", "--version"]},
        ["mcs -unsafe -warnaserror -out:Test.exe Test.cs Polyfind.cs PolyfindH.cs", "mono Test.exe {fixture}"],
    ),
    "SBCL": Runtime("sbcl", {"sbcl": ["sbcl", "--version"]}, ["sbcl --script test.lisp {library} {fixture}"]),
}


def works(command: list[str]) -> bool:
    return shutil.which(command[0]) is not None and subprocess.run(command, capture_output=True).returncode == 0


def missing(runtime: Runtime) -> list[str]:
    return [package for package, command in runtime.packages.items() if not works(command)]


def layout() -> str:
    """Sizes of structures and places of fields, as a C compiler has them."""
    text = (ROOT / "include" / "polyfind.h").read_text()
    lines = "\n".join(surface.measured(text, surface.structures(re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))))
    sizes = re.findall(r"^struct (\w+): (\d+) bytes$", lines, flags=re.MULTILINE)
    places = re.findall(r"^field ([\w.]+): .* at (\d+)$", lines, flags=re.MULTILINE)
    return f"structures {' '.join(map(' '.join, sizes))}\nfields {' '.join(map(' '.join, places))}\n"


def folder_for(runtime: Runtime, name: str) -> Path:
    """A copy of the binding; what was made there before is kept."""
    folder = WORK / name.lower()
    shutil.copytree(BINDINGS / runtime.folder, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def ask(name: str, library: Path, fixture: str) -> tuple[set[str], set[str], bytes]:
    """What a test program said, which functions it called, and the index file that it wrote."""
    runtime, folder = RUNTIMES[name], folder_for(RUNTIMES[name], name)
    path, called, written = (folder / f"asked.{what}" for what in ("txt", "called", "index"))
    for old in (called, written):
        old.unlink(missing_ok=True)
    path.write_text(f"{fixture}file {written}\n")
    names = {"library": str(library), "fixture": str(path), "jna": str(JNA), "include": str(ROOT / "include")}
    names["lib"] = str(library.parent)
    variables = {key: value.format(**names) for key, value in runtime.environment.items()}
    environment = {**os.environ, **variables, "POLYFIND_CALLED": str(called), "LD_LIBRARY_PATH": str(library.parent)}
    output = ""
    for command in runtime.commands:
        words = [word.format(**names) for word in command.split()]
        print("$ " + " ".join(words).replace(f"{ROOT}/", ""), flush=True)
        done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=500)
        output = done.stdout
        if done.returncode:
            raise RuntimeError(f"{words[0]} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return set(output.splitlines()), set(called.read_text().split()), written.read_bytes()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--missing", action="store_true")
    parser.add_argument("--lib", type=Path, default=ROOT / "target" / "release", help="folder with libpolyfind.so")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(RUNTIMES))
    options = parser.parse_args()
    promised = promises.of_the_readme()
    if options.missing:
        print(*dict.fromkeys(package for each in promised if each.in_ci for package in missing(RUNTIMES[each.runtime])))
        return 0

    header = Header.read((ROOT / "include" / "polyfind.h").read_text())
    library = witness.build(header, (options.lib / "libpolyfind.so").resolve(), WORK / "lib")
    fixture = (HERE / "fixture.txt").read_text() + f"functions {' '.join(header.functions)}\n" + layout()
    wanted = {name.lower() for name in options.names}
    failures, files = 0, {}
    for promise in promised:
        name, lacking = promise.runtime, missing(RUNTIMES[promise.runtime])
        if wanted and name.lower() not in wanted:
            continue
        if lacking and not (promise.in_ci and os.environ.get("POLYFIND_CI")):
            print(f"{name}: skipped, there is no {' and no '.join(lacking)}")
            continue
        try:
            said, called, files[name] = ask(name, library, fixture)
            broken = promise.broken(said, called)
        except (OSError, RuntimeError, subprocess.TimeoutExpired) as failure:
            said, called, broken = set(), set(), [f"{name}: {failure}"]
        print(*broken or [f"{name}: {len(said)} checks, {len(called)} functions"], sep="\n", flush=True)
        failures += bool(broken)
    if len(set(files.values())) > 1:
        print(f"the index files of {', '.join(files)} are not all the same")
        failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
