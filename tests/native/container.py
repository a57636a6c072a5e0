"""Plays packaging/Containerfile where there are no containers: python3 tests/native/container.py FOLDER

Makes a Debian in FOLDER/build with debootstrap (or takes the one there), in which the steps of the first stage run by
chroot, with the Rust toolchain of this machine in place of that of the image. FOLDER/runtime is the second stage, empty
at first; its program has to run there. Needs root, debootstrap and what cargo fetches. Not part of dev.py test.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SUITE = "bookworm"


def run(*command: str | Path, **environment: str) -> None:
    print("$ " + " ".join(map(str, command)), flush=True)
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, env={**os.environ, **environment})


def steps() -> list[tuple[str, str]]:
    """The lines of the file: instruction and the rest."""
    text = (ROOT / "packaging" / "Containerfile").read_text().replace("\\\n", " ")
    return re.findall(r"^([A-Z]+) (.+)$", text, flags=re.MULTILINE)


def mount(mounts: ExitStack, source: str | Path, target: Path, *how: str) -> None:
    target.mkdir(parents=True, exist_ok=True)
    run("mount", *how, source, target)
    mounts.callback(run, "umount", target)


def debian(folder: Path, mounts: ExitStack) -> None:
    """The first stage's image: a Debian of this suite, and the toolchain in /rust."""
    if not (folder / "etc" / "debian_version").exists():
        run("debootstrap", "--variant=minbase", SUITE, folder)
    told = subprocess.run(["rustc", "--print", "sysroot"], check=True, capture_output=True, text=True)
    run("cargo", "fetch", "--locked", "--manifest-path", ROOT / "Cargo.toml")
    downloads = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo")) / "registry"
    mount(mounts, told.stdout.strip(), folder / "rust", "--bind", "-o", "ro")
    mount(mounts, downloads, folder / "cargo" / "registry", "--bind")
    mount(mounts, "/dev", folder / "dev", "--bind")
    mount(mounts, "proc", folder / "proc", "-t", "proc")


def copy(words: list[str], source: Path, root: Path, workdir: str) -> None:
    *names, last = words
    target = root / os.path.join(workdir, last).lstrip("/")
    for name in names:
        path = source / name.lstrip("/")
        if path.is_dir():
            shutil.copytree(path, target, dirs_exist_ok=True)
        else:
            into = target / path.name if last.endswith("/") else target
            into.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, into)


def play(folder: Path, mounts: ExitStack) -> None:
    build, runtime = folder / "build", folder / "runtime"
    shutil.rmtree(runtime, ignore_errors=True)
    root, workdir = build, "/"
    for instruction, rest in steps():
        if instruction == "FROM" and rest == "scratch":
            root, workdir = runtime, "/"
            runtime.mkdir()
        elif instruction == "FROM":
            debian(build, mounts)
        elif instruction == "WORKDIR":
            workdir = rest
            shutil.rmtree(root / workdir.lstrip("/"), ignore_errors=True)
        elif instruction == "RUN":
            inside = {"PATH": "/rust/bin:/usr/sbin:/usr/bin:/sbin:/bin", "CARGO_HOME": "/cargo"}
            run("chroot", root, "sh", "-ec", f"cd {workdir}; {rest}", CARGO_NET_OFFLINE="true", **inside)
        elif instruction == "COPY":
            words = rest.split()
            other = words.pop(0) if words[0].startswith("--from=") else ""
            copy(words, build if other else ROOT, root, workdir)
        elif instruction == "ENTRYPOINT":
            run("chroot", root, *json.loads(rest))
        else:
            raise SystemExit(f"{instruction} is not known here")
    files = [path for path in runtime.rglob("*") if path.is_file()]
    print("the runtime stage: " + ", ".join(f"/{f.relative_to(runtime)} {f.stat().st_size:,} bytes" for f in files))


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    with ExitStack() as mounts:
        play(Path(sys.argv[1]).resolve(), mounts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
