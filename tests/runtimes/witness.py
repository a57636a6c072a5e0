"""A library that stands between a runtime and libpolyfind, and writes down which functions are called.

It has all functions of the header, each of which adds its name to the file that $POLYFIND_CALLED says and then calls
that of the library. So what a binding is said to use is what it used.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

sys.path.insert(0, str(ROOT / "bindings" / "generate"))
from header import Function, Header, Kind, Type  # noqa: E402

BEGIN = """\
#include <dlfcn.h>
#include <polyfind.h>
#include <stdio.h>
#include <stdlib.h>

static void *library(void) {
    void *opened = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!opened) abort();
    return opened;
}

static void *called(const char *name) {
    const char *path = getenv("POLYFIND_CALLED");
    FILE *file = path ? fopen(path, "a") : NULL;
    if (file) fprintf(file, "%s\\n", name), fclose(file);
    return dlsym(library(), name);
}
"""


def spelled(kind: Type, name: str = "") -> str:
    return f"{'const ' if kind.const else ''}{kind.name} {'*' * kind.stars}{name}"


def stub(header: Header, function: Function) -> str:
    parameters = ", ".join(spelled(each.type, each.name) for each in function.parameters) or "void"
    words = "" if header.kind(function.result) is Kind.NOTHING else "return "
    arguments = ", ".join(each.name for each in function.parameters)
    return f"""
{spelled(function.result, function.name)}({parameters}) {{
    {spelled(function.result)} (*real)({parameters}) = called("{function.name}");
    {words}real({arguments});
}}
"""


def build(header: Header, library: Path, folder: Path) -> Path:
    """Makes it in a folder, under both names that it may be loaded by."""
    folder.mkdir(parents=True, exist_ok=True)
    source, built, link = (folder / name for name in ("witness.c", "libpolyfind.so", "libpolyfind.so.0"))
    source.write_text(BEGIN + "".join(stub(header, function) for function in header.functions.values()))
    compiler = [*shlex.split(os.environ.get("CC", "cc")), "-std=c99", "-shared", "-fPIC", f'-DLIBRARY="{library}"']
    compiler += [f"-I{ROOT / 'include'}", str(source), "-o", str(built), "-Wl,-soname,libpolyfind.so.0", "-ldl"]
    subprocess.run(compiler, check=True)
    link.unlink(missing_ok=True)
    link.symlink_to(built.name)
    return built
