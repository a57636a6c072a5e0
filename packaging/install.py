"""Installs the library for C and C++: python3 dev.py install [--prefix DIR] [--libdir DIR] [--destdir DIR] [--lib DIR]

    <prefix>/include/polyfind.h, polyfind.hpp
    <prefix>/<libdir>/libpolyfind.so.<version>, with the links libpolyfind.so.<abi> (the soname) and libpolyfind.so
    <prefix>/<libdir>/libpolyfind.a
    <prefix>/<libdir>/pkgconfig/polyfind.pc
    <prefix>/<libdir>/cmake/polyfind/polyfindConfig.cmake, polyfindConfigVersion.cmake

Nothing that is installed names a folder: a prefix may be moved. A library that was built is taken as it is; where there
is none, cargo builds it. A file takes the place of an older one at once: programs that are running keep what they have.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILT = ROOT / "target" / "release"

# What a static link needs on Linux beside what every compiler adds: libc and the unwinder (libgcc_s, or libgcc_eh for a
# program that is all static). A test compares it with what rustc says.
SYSTEM_LIBRARIES = "-lutil -lrt -lpthread -lm -ldl"


def version() -> str:
    """As Cargo.toml has it."""
    match = re.search(r'^version = "(.+)"', (ROOT / "Cargo.toml").read_text(), flags=re.MULTILINE)
    assert match
    return match.group(1)


def soname() -> str:
    """With the number that the header has and build.rs links with."""
    match = re.search(r"^#define PF_ABI (\d+)", (ROOT / "include" / "polyfind.h").read_text(), flags=re.MULTILINE)
    assert match
    return f"libpolyfind.so.{match.group(1)}"


def put(path: Path, copy: Path | None = None, link: str = "", text: str = "", mode: int = 0o644) -> None:
    """A copy, a link or a text, in the place of what is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    if link:
        beside.symlink_to(link)
    else:
        beside.write_bytes(copy.read_bytes() if copy else text.encode())
        beside.chmod(mode)
    beside.replace(path)
    print(path)


def install(prefix: Path, libdir: Path, destdir: str, built: Path) -> None:
    """libdir is below prefix; destdir, if any, comes before both, for what is packed up and installed elsewhere."""
    file = f"libpolyfind.so.{version()}"
    include = Path(f"{destdir}{prefix / 'include'}")
    lib = Path(f"{destdir}{prefix / libdir}")

    for name in ("polyfind.h", "polyfind.hpp"):
        put(include / name, copy=ROOT / "include" / name)
    put(lib / file, copy=built / "libpolyfind.so", mode=0o755)
    put(lib / soname(), link=file)
    put(lib / "libpolyfind.so", link=soname())
    put(lib / "libpolyfind.a", copy=built / "libpolyfind.a")

    values = {
        "VERSION": version(),
        "FILE": file,
        "SONAME": soname(),
        "LIBDIR": libdir.as_posix(),
        "PREFIX_FROM_PC": os.path.relpath(".", libdir / "pkgconfig"),
        "PREFIX_FROM_CMAKE": os.path.relpath(".", libdir / "cmake" / "polyfind"),
        "SYSTEM_LIBRARIES": SYSTEM_LIBRARIES,
    }
    for folder, name in (
        ("pkgconfig", "polyfind.pc"),
        ("cmake/polyfind", "polyfindConfig.cmake"),
        ("cmake/polyfind", "polyfindConfigVersion.cmake"),
    ):
        text = (ROOT / "packaging" / f"{name}.in").read_text()
        filled = re.sub(r"@(\w+)@", lambda match: values[match.group(1)], text)
        put(lib / folder / name, text=filled)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="dev.py install", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--prefix", type=Path, default=Path("/usr/local"), help="where it is used; /usr/local")
    parser.add_argument("--libdir", type=Path, default=Path("lib"), help="below the prefix; lib")
    parser.add_argument("--destdir", default="", help="put all of it below this folder (a staged install)")
    parser.add_argument("--lib", type=Path, default=BUILT, help="folder with libpolyfind.so and .a")
    options = parser.parse_args()
    if not sys.platform.startswith("linux"):
        parser.error("the names of files are those of Linux; elsewhere take the library from target/release")
    if not options.prefix.is_absolute():
        parser.error("--prefix is an absolute path")
    libdir = Path(os.path.relpath(options.prefix / options.libdir, options.prefix))
    if ".." in libdir.parts:
        parser.error("--libdir is below --prefix")
    if options.lib == BUILT and not all((BUILT / name).exists() for name in ("libpolyfind.so", "libpolyfind.a")):
        subprocess.run(["cargo", "build", "--locked", "--release"], cwd=ROOT, check=True)
    if soname().encode() + b"\0" not in (options.lib / "libpolyfind.so").read_bytes():
        parser.error(f"{options.lib / 'libpolyfind.so'} is older than the header: cargo build --release makes it anew")
    install(options.prefix, libdir, options.destdir, options.lib.resolve())
    return 0


if __name__ == "__main__":
    sys.exit(main())
