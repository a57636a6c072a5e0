"""The wheels that `dev.py release` made, in fresh environments of each Python named.

    python3 packaging/pythons.py UV PYTHON...     # the program uv, and interpreters

pip installs one with cffi and nothing else: there the package answers the questions of tests/plain.py, the same on
every Python, and is timed as it is imported. uv installs it beside the libraries of the extra `test`, with which it
passes its tests. Nothing is compiled: a library without a wheel for a Python is left out, what needs it skipped.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "target"
WHEELS = TARGET / "release-wheel"
TESTS = ROOT / "bindings" / "python" / "tests"
IMPORTS = 7

NAME = """
import platform, sysconfig
free = "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
libc = "-musl" if "musl" in (sysconfig.get_config_var("HOST_GNU_TYPE") or "") else ""
print(platform.python_implementation() + "-" + platform.python_version() + free + libc)
"""
NEEDS = """
import importlib.metadata
for need in importlib.metadata.requires("polyfind"):
    name, _, condition = need.partition(";")
    if "test" in condition:
        print(name)
"""


def read(*words: str | Path, **environment: str) -> str:
    command = [str(word) for word in words]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, words))}\n{done.stdout[-8000:]}{done.stderr[-4000:]}")
    return done.stdout


def bare(python: str, folder: Path, wheel: Path) -> tuple[Path, dict[str, object], float]:
    """An environment with the wheel and cffi, what the package answers there, and the milliseconds of an import."""
    read(python, "-m", "venv", "--clear", folder)
    inside = folder / "bin" / "python"
    read(inside, "-m", "pip", "install", "--only-binary=:all:", wheel)
    told = [json.loads(read(inside, "-I", TESTS / "plain.py")) for _ in range(IMPORTS)]
    return inside, told[0]["answers"], min(one["milliseconds"] for one in told)


def tested(uv: str, python: str, folder: Path, wheel: Path, needs: list[str]) -> str:
    """What pytest says at last, and what has no wheel for this Python."""
    read(uv, "venv", "--clear", "--python", python, folder)
    inside = folder / "bin" / "python"
    install = [uv, "pip", "install", "--python", inside, "--only-binary", ":all:"]
    try:
        read(*install, wheel, "numpy")
    except RuntimeError:
        return "not tested, since uv cannot install numpy for it"
    missing = []
    for need in needs:
        try:
            read(*install, need)
        except RuntimeError:
            missing.append(need)
    _, version, *_ = folder.parent.name.split("-")
    # Libraries that do not know of it may bring a GIL back, unless it is forbidden.
    without_gil = {"PYTHON_GIL": "0"} if version.endswith("t") else {}
    said = read(inside, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", TESTS, **without_gil)
    (folder / "said.txt").write_text(said)
    return said.splitlines()[-1] + "".join(f"; no wheel of {need}" for need in missing)


def main(uv: str, pythons: list[str]) -> int:
    wheels = {kind: next(WHEELS.glob(f"*{kind}*.whl"), None) for kind in ("manylinux", "musllinux")}
    for wheel in filter(None, wheels.values()):
        print(f"{wheel.name}, sha256 {hashlib.sha256(wheel.read_bytes()).hexdigest()}", flush=True)
    failed, everywhere = 0, None
    for python in pythons:
        name = read(python, "-c", NAME).strip()
        folder = TARGET / "pythons" / name
        try:
            wheel = wheels["musllinux" if "musl" in name else "manylinux"]
            if wheel is None:
                raise RuntimeError("there is no wheel for its libc")
            inside, answers, milliseconds = bare(python, folder / "bare", wheel)
            everywhere = everywhere or answers
            if answers != everywhere:
                raise RuntimeError("answers are not those of the first Python")
            said = tested(uv, python, folder / "tested", wheel, read(inside, "-c", NEEDS).split())
            print(f"{name}: imported in {milliseconds:.0f} ms; {said}", flush=True)
        except RuntimeError as failure:
            failed += 1
            print(f"{name}: failed: {failure}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1], sys.argv[2:]) else 0)
