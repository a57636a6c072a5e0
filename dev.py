#!/usr/bin/env python3
"""Everything a developer types. Needs cargo, Python 3.9 or later and a C compiler; the rest it installs below target/.

python3 dev.py demo       build, install into a virtual environment, match a synthetic city, draw it
python3 dev.py test       every gate whose tools are present; says which it skipped
python3 dev.py bench      ours beside the peers (installs them); arguments go on to benches/run.py
python3 dev.py sql        polyfind in DuckDB and DataFusion: builds the extension, tests, times it beside what they have
python3 dev.py install    the library for C and C++ below --prefix (/usr/local), with pkg-config's and CMake's files
python3 dev.py clusters   Spark, Dask and Ray for real (installs them, a gigabyte; needs Java): [spark] [dask] [ray]
                          [--quick] [--rows N] [--cells N]
python3 dev.py docs       the static site of docs/, in target/docs; fails for a link that leads nowhere
python3 dev.py release    the wheels for other Linux machines, linked by zig, and the source, in target/release-wheel
python3 dev.py pythons    that wheel, by pip and by uv, in each Python named (or the one at hand), and all tests there
python3 dev.py header     write include/polyfind.h anew from src/ffi, and what bindings have of it
python3 dev.py sanitize   the tests under AddressSanitizer, ThreadSanitizer and Miri: [address] [thread] [miri]
python3 dev.py coverage   which branches of the boundary, the checks and the file reader the tests take;
                          coverage fuzz: what the corpus of each fuzz target takes of what it is there for
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent
TARGET = ROOT / "target"
PACKAGE = ROOT / "bindings" / "python"

# What decides the wheel: change one of these and it is built again.
SOURCES = [
    "Cargo.toml",
    "Cargo.lock",
    "build.rs",
    "cbindgen.toml",
    "src",
    "bindings/python/polyfind",
]
SOURCES += ["bindings/python/pyproject.toml", "bindings/python/README.md"]


# A name, what to do, and what is missing for it, if anything is.
Gate = tuple[str, Callable[[], None], Callable[[], "str | None"]]


class CommandError(Exception):
    """A command ended with something other than 0."""


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> None:
    words = [str(word) for word in command]
    print("$ " + " ".join(words), flush=True)
    done = subprocess.run(words, cwd=cwd, env={**os.environ, **environment})
    if done.returncode:
        raise CommandError(f"{words[0]} ended with {done.returncode}")


def fingerprint(extra: str) -> str:
    """Changes when the wheel would."""
    digest = hashlib.sha256((sys.version + extra).encode())
    for name in SOURCES:
        path = ROOT / name
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def environment(name: str, *requirements: str | Path, fresh_for: str = "") -> Path:
    """The folder of programs of a virtual environment with these requirements, made anew when they change."""
    folder = TARGET / "venv" / name
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    stamp = folder / "stamp"
    wanted = "\n".join([sys.version, *map(str, requirements), fresh_for])
    if not (stamp.is_file() and stamp.read_text() == wanted):
        venv.create(folder, with_pip=True, clear=True)
        run(
            programs / "python",
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            *requirements,
        )
        stamp.write_text(wanted)
    return programs


def with_wheel(name: str, extra: str, *requirements: str) -> Path:
    """An environment with the built package, what its extra needs, and more."""
    built = wheel()
    ours = f"polyfind[{extra}] @ {built.as_uri()}"
    return environment(name, ours, *requirements, fresh_for=str(built.stat().st_mtime_ns))


def wheel() -> Path:
    """The wheel of the Python package, built when something it is made of has changed."""
    folder = TARGET / "wheel"
    stamp = folder / "stamp"
    wanted = fingerprint("")
    wheels = list(folder.glob("*.whl"))
    if not (wheels and stamp.is_file() and stamp.read_text() == wanted):
        shutil.rmtree(folder, ignore_errors=True)
        python = environment("build", "pip>=23") / "python"
        run(
            python,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--disable-pip-version-check",
            "-w",
            folder,
            PACKAGE,
        )
        stamp.write_text(wanted)
    return next(folder.glob("*.whl"))


def header() -> None:
    """Copies the header that the build makes over the committed one."""
    run("cargo", "build", "--locked", "--release")
    made = max(
        TARGET.glob("release/build/polyfind-*/out/polyfind.h"),
        key=lambda path: path.stat().st_mtime,
    )
    shutil.copyfile(made, ROOT / "include" / "polyfind.h")
    print("include/polyfind.h is current")
    run(sys.executable, ROOT / "bindings" / "generate")


def demo(arguments: list[str]) -> None:
    built = wheel()
    programs = environment("demo", f"polyfind[plot] @ {built.as_uri()}", fresh_for=str(built.stat().st_mtime_ns))
    if not any(word.startswith(("-o", "--output")) for word in arguments):
        arguments = [*arguments, "--output", str(TARGET / "demo.png")]
    run(programs / "polyfind", "demo", *arguments, cwd=Path.cwd())


def bench(arguments: list[str]) -> None:
    run("cargo", "build", "--locked", "--release")
    built = wheel()
    peers = [
        "scipy",
        "shapely",
        "numba",
        "geopandas",
        "rtree",
        "geoindex-rs",
        "sedonadb[geopandas]",
        "pyarrow",
        "matplotlib",
        "polars",
    ]
    programs = environment("bench", built, *peers, fresh_for=str(built.stat().st_mtime_ns))
    run(programs / "python", ROOT / "benches" / "run.py", *arguments)


def sql(arguments: list[str]) -> None:
    """In the newest DuckDB, and in the last that PyPI has a spatial extension for; arguments are the benchmark's."""
    folder = ROOT / "bindings" / "duckdb"
    run("cargo", "build", "--locked", "--release", cwd=folder)
    run(sys.executable, folder / "package.py")
    spatial = [f"{name}==1.5.5" for name in ("duckdb", "duckdb-extensions", "duckdb-extension-spatial")]
    spatial += ["datafusion", "sedonadb[geopandas]", "pyarrow"]
    newest, beside = with_wheel("duckdb", "numpy", "duckdb"), with_wheel("sql", "numpy", *spatial)
    for programs in (newest, beside):
        run(programs / "python", "-m", "unittest", "-v", "test_duckdb", cwd=folder)
    run(beside / "python", ROOT / "benches" / "sql.py", *arguments)


def clusters(arguments: list[str]) -> None:
    """Engines for which CI has no room: that answers are right, workers killed or not, and how fast and large."""
    engines = {"spark": "pyspark==4.*", "dask": "dask[dataframe,distributed]", "ray": "ray[data]"}
    programs = with_wheel("clusters", "parquet", "pandas", "shapely", *engines.values())
    named = [word for word in arguments if word in engines]
    for engine in named or engines:
        script = ROOT / "tests" / "clusters" / f"on_{engine}.py"
        run(programs / "python", script, *(word for word in arguments if word not in engines))


def install(arguments: list[str]) -> None:
    run(sys.executable, ROOT / "packaging" / "install.py", *arguments, cwd=Path.cwd())


def release() -> None:
    """What is published: a wheel for every Linux since 2012, one for those with musl, and the source.

    The standard library for musl is built along, with the stable compiler. What maturin lets pass for musl, auditwheel
    could only judge on a machine with musl.
    """
    programs = environment("release", "maturin>=1.16,<2", "cffi", "ziglang", "auditwheel")
    out = TARGET / "release-wheel"
    shutil.rmtree(out, ignore_errors=True)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    build = [programs / "maturin", "build", "--release", "--zig", "--interpreter", programs / "python", "--out", out]
    run(*build, "--target", host(), "--compatibility", "manylinux2014", cwd=PACKAGE, PATH=path)
    if missing := has_standard_library():
        print(f"the wheel for musl: skipped, {missing}")
    else:
        musl = ["--target", host().replace("gnu", "musl"), "--compatibility", "musllinux_1_2", WITH_STANDARD_LIBRARY]
        run(*build, *musl, cwd=PACKAGE, PATH=path, RUSTC_BOOTSTRAP="1")
    run(programs / "maturin", "sdist", "--out", out, cwd=PACKAGE, PATH=path)
    run(programs / "auditwheel", "show", *out.glob("*manylinux*.whl"))
    for made in out.iterdir():
        print(f"{made.name}: {made.stat().st_size / 1e6:.2f} MB")


def pythons(named: list[str]) -> None:
    uv = environment("uv", "uv") / "uv"
    run(sys.executable, ROOT / "packaging" / "pythons.py", uv, *(named or [sys.executable]))


def docs() -> None:
    """The site. Sphinx reads docstrings of the built package, and is strict about what they and the pages refer to."""
    built = wheel()
    tools = ["sphinx>=7", "furo", "myst-parser", "polars"]
    programs = environment("docs", built, *tools, fresh_for=str(built.stat().st_mtime_ns))
    out = TARGET / "docs"
    shutil.rmtree(out, ignore_errors=True)
    strict = ["-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going", "--builder", "html"]
    run(programs / "python", *strict, "--doctree-dir", TARGET / "doctrees", ROOT / "docs", out)
    print(f"{out / 'index.html'} is current")


def rust_tests() -> None:
    run("cargo", "test", "--locked", "--profile", "tested")


def miri() -> None:
    """Buffer views, what they are checked by, and handles, under the interpreter that sees undefined behaviour."""
    flags = "-Zmiri-disable-isolation"
    run(
        "cargo",
        "+nightly",
        "miri",
        "test",
        "--lib",
        "--",
        "coords::",
        "polygons::",
        "section::",
        "memory::",
        "handles::",
        MIRIFLAGS=flags,
    )


def abi_tests() -> None:
    run("cargo", "build", "--locked", "--release")
    run(sys.executable, ROOT / "tests" / "abi" / "run.py")
    run(sys.executable, ROOT / "tests" / "abi" / "surface.py")
    run(sys.executable, "-m", "unittest", "test_surface", cwd=ROOT / "tests" / "abi")


def native_tests() -> None:
    """What `install` puts where, as pkg-config and CMake find it; each test says what it lacks, if anything."""
    run("cargo", "build", "--locked", "--release")
    cmake = shutil.which("cmake") or str(environment("cmake", "cmake") / "cmake")
    run(sys.executable, "-m", "unittest", "-v", "test_install", "test_two", cwd=ROOT / "tests" / "native", CMAKE=cmake)


def runtime_tests() -> None:
    """The same questions to the library from every runtime that is installed, of which each is told."""
    run("cargo", "build", "--locked", "--release")
    run(sys.executable, "-m", "unittest", "-v", "test_promises", cwd=ROOT / "tests" / "runtimes")
    run(sys.executable, ROOT / "tests" / "runtimes" / "run.py")


def ctypes_tests() -> None:
    run(
        sys.executable,
        "-m",
        "unittest",
        "-v",
        "test_polyfind_ctypes",
        cwd=ROOT / "bindings" / "ctypes",
    )


def python_tests() -> None:
    """The tests of the Python package on the built wheel, in an environment that has nothing else of this tree."""
    run(*pytest(test_programs()), cwd=TARGET)


def polars_tests() -> None:
    """The same wheel in the first version of Polars that it is for; the tests above have the newest."""
    programs = with_wheel("polars", "numpy", "polars==1.0.0", "pytest", "pandas", "shapely")
    run(*pytest(programs)[:-1], PACKAGE / "tests" / "test_polars.py", cwd=TARGET)


def test_programs() -> Path:
    return with_wheel("test", "test")


def pytest(programs: Path) -> list[str | Path]:
    return [programs / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", PACKAGE / "tests"]


def service() -> None:
    """The example under load, in short: every answer is checked while its index is replaced."""
    programs = with_wheel("service", "numpy", "granian==2.*")
    run(programs / "python", ROOT / "examples/geofence_service/load.py", "--seconds", "3", "--reloads", "5")


def stream() -> None:
    """The example with kills in the middle, in short."""
    programs = with_wheel("stream", "parquet", "bytewax==0.21.*")
    run(programs / "python", ROOT / "examples/stream/check.py", "--points", "8000000", "--kills", "1")


def python_style() -> None:
    programs = environment("style", "ruff==0.14.*", "mypy==1.18.*", "numpy", "polars", "types-cffi")
    run(programs / "ruff", "check", "--no-cache", ".")
    run(programs / "ruff", "format", "--no-cache", "--check", ".")
    run(programs / "mypy", "--cache-dir", TARGET / "mypy", cwd=PACKAGE)


def host() -> str:
    """The machine that the compiler builds for."""
    told = subprocess.run(["rustc", "-vV"], capture_output=True, text=True, check=True).stdout
    return next(line.split()[1] for line in told.splitlines() if line.startswith("host:"))


def sysroot() -> Path:
    return Path(subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True).stdout.strip())


def sanitize(kinds: list[str]) -> int:
    """Runs the tests under the sanitizers whose parts are installed; how many failed."""
    gates: list[Gate] = [
        ("address: Rust", address_rust, lambda: None),
        ("address: C and C++", address_c, lambda: None),
        ("address: Python", address_python, lambda: None),
        ("thread: Rust", thread_rust, has_standard_library),
        ("thread: C", thread_c, has_standard_library),
        ("miri", miri, has_miri),
    ]
    words = [word.lower() for word in kinds]
    return run_gates([gate for gate in gates if not words or any(word in gate[0].lower() for word in words)])


def sanitizer(kind: str) -> dict[str, str]:
    """The environment in which cargo builds and runs for a sanitizer, with the stable compiler.

    Little optimised, since building takes longer than the tests. Allocations of impossible sizes fail as they do
    without one, and a child of a fork may start threads.
    """
    return {
        "RUSTC_BOOTSTRAP": "1",
        "CARGO_PROFILE_TESTED_OPT_LEVEL": "1",
        "RUSTFLAGS": f"-Zsanitizer={kind}",
        "CARGO_TARGET_DIR": str(TARGET / kind),
        "ASAN_OPTIONS": "allocator_may_return_null=1",
        "TSAN_OPTIONS": "allocator_may_return_null=1:die_after_fork=0:halt_on_error=1",
    }


# The tests that use the library as others do.
FROM_OUTSIDE = [f"--test={name}" for name in ("budgets", "corpus", "found", "index_file", "memory", "offsets", "soak")]
FROM_OUTSIDE += ["--no-fail-fast"]


def sanitized() -> list[str]:
    """What cargo is told. With the machine named, build scripts are left as they are."""
    return ["--locked", "--profile", "tested", "--target", host()]


def sanitized_library(kind: str, *more: str) -> Path:
    """The folder of the library with a sanitizer in it."""
    run("cargo", "build", *sanitized(), *more, **sanitizer(kind))
    return TARGET / kind / host() / "tested"


def address_rust() -> None:
    """AddressSanitizer, which also looks for leaks: the tests that call functions of the header.

    But for the one with a limit on address space, of which the sanitizer takes terabytes.
    """
    run("cargo", "test", *sanitized(), *FROM_OUTSIDE, **sanitizer("address"))


def address_c() -> None:
    library = sanitized_library("address")
    compilers = {"CC": "cc -fsanitize=address", "CXX": "c++ -fsanitize=address"}
    run(sys.executable, ROOT / "tests/abi/run.py", "--plain", "--lib", library, **compilers, **sanitizer("address"))


def runtime(name: str) -> Path:
    """A runtime library of the C compiler."""
    told = subprocess.run(["cc", f"-print-file-name={name}"], capture_output=True, text=True, check=True).stdout
    return Path(told.strip())


def address_python() -> None:
    """The Python package around a library with AddressSanitizer.

    Left to the other gates are leaks, since interpreters leak, and forks while other threads allocate: a child keeps
    the locks of the allocator of GCC's sanitizer (before 14) for ever, where the C library's are free in it.
    """
    programs = test_programs()
    package = next(programs.parent.glob("lib/python*/site-packages/polyfind"))
    folder = TARGET / "address" / "python"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(package, folder / "polyfind")
    shutil.copyfile(sanitized_library("address") / "libpolyfind.so", folder / "polyfind" / "_native" / "lib_native.so")
    run(
        *pytest(programs),
        "-k",
        "not (fork and (during_calls or inside_progress))",
        PYTHONPATH=str(folder),
        PYTHONMALLOC="malloc",
        LD_PRELOAD=f"{runtime('libasan.so')}:{runtime('libstdc++.so')}",
        ASAN_OPTIONS="allocator_may_return_null=1:detect_leaks=0",
    )


# What is not made for ThreadSanitizer looks like a race, so the standard library is built, too.
WITH_STANDARD_LIBRARY = "-Zbuild-std"


def thread_rust() -> None:
    run("cargo", "test", *sanitized(), WITH_STANDARD_LIBRARY, "--test=soak", **sanitizer("thread"))


def thread_c() -> None:
    library = sanitized_library("thread", WITH_STANDARD_LIBRARY)
    tests = ["--plain", "--lib", library, "threads", "handles", "running"]
    shim = ROOT / "tests" / "abi" / "thread_sanitizer.h"
    compiler = f"cc -fsanitize=thread -include {shim}"
    run(sys.executable, ROOT / "tests/abi/run.py", *tests, CC=compiler, **sanitizer("thread"))


def has_standard_library() -> str | None:
    source = sysroot() / "lib" / "rustlib" / "src" / "rust" / "library" / "Cargo.lock"
    return None if source.is_file() else "the component rust-src is not installed"


COVERED = TARGET / "coverage"
PROFILES = COVERED / "profiles"


def counted() -> dict[str, str]:
    """The environment in which cargo builds programs that count what they take, from nothing on."""
    shutil.rmtree(PROFILES, ignore_errors=True)
    return {
        "RUSTC_BOOTSTRAP": "1",
        "RUSTFLAGS": "-Cinstrument-coverage -Zcoverage-options=branch",
        "CARGO_TARGET_DIR": str(COVERED),
        "CARGO_PROFILE_TESTED_OPT_LEVEL": "1",
        # One file for each program, whose processes add to it.
        "LLVM_PROFILE_FILE": str(PROFILES / "%m.profraw"),
    }


def tell_coverage(names: Iterable[str], programs: list[str | Path], *how: str) -> None:
    """Prints what was counted of sources, which are named as below src."""
    tools = sysroot() / "lib" / "rustlib" / host() / "bin"
    if not (tools / "llvm-cov").is_file():
        raise CommandError("llvm-cov is not installed (rustup component add llvm-tools)")
    merged = COVERED / "all.profdata"
    run(tools / "llvm-profdata", "merge", "-o", merged, PROFILES)
    sources = [path for name in names for path in sorted((ROOT / "src").glob(name))]
    run(sys.executable, ROOT / "tests/coverage.py", *how, merged, tools / "llvm-cov", *sources, "--", *programs)


def programs_of(tests: list[str], environment: dict[str, str]) -> list[str | Path]:
    listed = [*tests, "--no-run", "--message-format=json"]
    told = subprocess.run(listed, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True).stdout
    return [program for line in told.splitlines() if (program := json.loads(line).get("executable"))]


# Tests from within of the same: what no caller can say, and what Polars calls, which has no part in the header.
FROM_WITHIN = ["ffi::", "coords::", "error::", "polygons::"]


def coverage() -> None:
    """Lines and branches that tests take where a caller's mistakes and damaged files are met."""
    environment = counted()
    tests = ["cargo", "test", "--locked", "--profile", "tested"]
    outside, within = [*tests, *FROM_OUTSIDE], [*tests, "--lib"]
    run(*outside, **environment)
    run(*within, "--", *FROM_WITHIN, **environment)
    run("cargo", "build", "--locked", "--profile", "tested", **environment)
    run(sys.executable, ROOT / "tests/abi/run.py", "--plain", "--lib", COVERED / "tested", **environment)
    sources = ["ffi", "error.rs", "coords.rs", "coords", "polygons.rs", "index/file", "index/*/stored.rs"]
    programs = [program for tests in (outside, within) for program in programs_of(tests, environment)]
    tell_coverage(sources, [COVERED / "tested" / "libpolyfind.so", *programs])


# What builds squares.
BUILDERS = ("build", "divide", "fan", "lists", "survey")

# What each fuzz target is there for, below src.
FUZZED = {
    "arguments": ["ffi/*.rs"],
    "calls": ["ffi/handles.rs", "ffi/index.rs", "ffi/query.rs", "ffi/result.rs", "ffi/file.rs"],
    "file_bytes": ["index/file/layout.rs", "index/*/stored.rs"],
    "file_edits": ["index/file/layout.rs", "index/*/stored.rs"],
    "file_roundtrip": ["index/file/layout.rs", "index/file/mod.rs", "index/section.rs"],
    "geojson": ["table/json.rs", "table/geojson.rs", "table/fill.rs"],
    "index_build": ["index/*.rs", *(f"index/cells/{name}.rs" for name in BUILDERS)],
    "measures": ["measure"],
    "nearest": ["query/nearest*.rs", "query/search.rs", "query/search", "query/edges.rs"],
    "points": ["coords.rs", "coords"],
    "polygons": ["polygons.rs"],
    "relations": ["query/close.rs", "query/inside.rs", "query/near.rs", "query/walk.rs", "query/find.rs"],
    "tally": ["tally", "query/tally.rs"],
    "wkb": ["table/wkb.rs", "table/fill.rs"],
    "wkt": ["table/wkt.rs", "table/fill.rs"],
}


def coverage_of_targets() -> None:
    """What the corpus of each fuzz target, and 100 random inputs, take of what it is there for."""
    tests = ["cargo", "test", "--locked", "--profile", "tested", "--test=corpus"]
    for target, sources in FUZZED.items():
        environment = counted()
        run(*tests, **environment, POLYFIND_FUZZ_TARGET=target)
        tell_coverage(sources, programs_of(tests, environment), f"--all={target}")


def deny() -> None:
    """Licences, bans and sources; advisories where their database, which is on GitHub, can be had."""
    run("cargo", "deny", "--locked", "check", "licenses", "bans", "sources")
    if subprocess.run(["cargo", "deny", "--locked", "fetch", "db"], cwd=ROOT, capture_output=True).returncode:
        print("advisories: skipped, their database cannot be fetched")
    else:
        run("cargo", "deny", "--locked", "check", "--disable-fetch", "advisories")


def is_linux() -> str | None:
    return None if sys.platform.startswith("linux") else "the names of files are those of Linux"


def has_wrk() -> str | None:
    return None if shutil.which("wrk") else "wrk is not installed"


def has_bytewax() -> str | None:
    return None if (3, 9) <= sys.version_info < (3, 13) else "bytewax is not made for this version of Python"


def has_deny() -> str | None:
    return None if shutil.which("cargo-deny") else "cargo-deny is not installed"


def has_miri() -> str | None:
    found = (
        shutil.which("rustup")
        and subprocess.run(["cargo", "+nightly", "miri", "--version"], capture_output=True).returncode == 0
    )
    return None if found else "the nightly component miri is not installed"


GATES: list[Gate] = [
    ("rustfmt", lambda: run("cargo", "fmt", "--check"), lambda: None),
    (
        "clippy",
        lambda: run("cargo", "clippy", "--locked", "--release", "--all-targets", "--", "-D", "warnings"),
        lambda: None,
    ),
    (
        "rustdoc",
        lambda: run("cargo", "doc", "--locked", "--no-deps", RUSTDOCFLAGS="-D warnings"),
        lambda: None,
    ),
    ("Rust tests", rust_tests, lambda: None),
    ("Miri", miri, has_miri),
    ("C and C++ tests", abi_tests, lambda: None),
    ("native packages", native_tests, is_linux),
    ("ctypes tests", ctypes_tests, lambda: None),
    ("other runtimes", runtime_tests, is_linux),
    ("Python style and types", python_style, lambda: None),
    ("Python tests", python_tests, lambda: None),
    ("Polars 1.0", polars_tests, lambda: None),
    ("service under load", service, has_wrk),
    ("stream with kills", stream, has_bytewax),
    ("documentation", docs, lambda: None),
    ("cargo-deny", deny, has_deny),
]


def test(names: Iterable[str]) -> int:
    """Runs the gates (those whose name contains one of the words); how many failed."""
    wanted = [gate for gate in GATES if not names or any(word.lower() in gate[0].lower() for word in names)]
    return run_gates(wanted)


def run_gates(gates: Iterable[Gate]) -> int:
    """Runs gates whose tools are present and says how each went; how many failed."""
    outcomes: list[tuple[str, str, float]] = []
    for name, gate, missing in gates:
        print(f"\n=== {name}", flush=True)
        start = time.monotonic()
        reason = missing()
        outcome = f"skipped: {reason}" if reason else "passed"
        if not reason:
            try:
                gate()
            except CommandError as failure:
                outcome = f"failed: {failure}"
        outcomes.append((name, outcome, time.monotonic() - start))
    print("\n=== gates")
    for name, outcome, seconds in outcomes:
        print(f"{name:24}{seconds:7.1f} s  {outcome}")
    count = {
        word: sum(outcome.startswith(word) for _, outcome, _ in outcomes) for word in ("passed", "failed", "skipped")
    }
    print(f"\n{count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped")
    return count["failed"]


# What takes arguments, and what takes none.
COMMANDS: dict[str, Callable[[list[str]], object]] = {
    "demo": demo,
    "test": test,
    "bench": bench,
    "sql": sql,
    "clusters": clusters,
    "install": install,
    "pythons": pythons,
    "sanitize": sanitize,
    "coverage": lambda words: coverage_of_targets() if words == ["fuzz"] else coverage(),
}
PLAIN: dict[str, Callable[[], object]] = {"release": release, "docs": docs, "header": header}


def main(words: list[str]) -> int:
    command, arguments = (words[0], words[1:]) if words else ("help", [])
    try:
        if command in COMMANDS:
            return 1 if COMMANDS[command](arguments) else 0  # a number is how many gates failed
        if command in PLAIN:
            PLAIN[command]()
            return 0
    except CommandError as failure:
        print(f"dev.py: {failure}", file=sys.stderr)
        return 1
    print(__doc__)
    return 0 if command in ("help", "-h", "--help") else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
