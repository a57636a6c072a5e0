"""What programs that are built against the library rely on, as text: python3 tests/abi/surface.py [--lib DIR] [write]

surface.txt has it as of the last release, and this fails when something of that is gone or different: a constant, a
type, a field's type, place or size, the size of a structure, a function and its types. What was added since is fine: at
the end of structures that say their size, and anywhere else. When PF_ABI changes everything may. It also looks at the
built library: it exports these functions and has the number in its soname. "write", after a release, makes surface.txt
anew.

Types are the header's words without names of parameters; places and sizes are a compiler's ($CC), for LP64 machines.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
HEADER = ROOT / "include" / "polyfind.h"
KEPT = HERE / "surface.txt"


def words(text: str) -> str:
    """One blank between words, none after a star."""
    return re.sub(r"\* ", "*", " ".join(text.replace("*", " * ").split())).replace("struct ", "")


def types(parameters: str) -> str:
    """Of parameters, without their names."""
    return ", ".join(words(re.sub(r"(?<=[\s*])\w+$", "", one.strip()) or one) for one in parameters.split(","))


def structures(header: str) -> dict[str, list[tuple[str, str]]]:
    """The fields of each: name and type."""
    found = {}
    for name, body in re.findall(r"^typedef struct (\w+) \{(.*?)^\} \1;", header, flags=re.MULTILINE | re.DOTALL):
        fields = re.findall(r"([^;]+?)(\w+)(\[\w+\])?;", body)
        found[name] = [(field, words(kind + array)) for kind, field, array in fields]
    return found


def measured(text: str, found: dict[str, list[tuple[str, str]]]) -> list[str]:
    """Sizes and places, asked of a compiler."""
    lines = []
    for name, fields in found.items():
        lines.append(f'printf("struct {name}: %zu bytes\\n", sizeof({name}));')
        for field, kind in fields:
            size = f"sizeof((({name} *)0)->{field})"
            lines.append(
                f'printf("field {name}.{field}: {kind}, %zu bytes at %zu\\n", {size}, offsetof({name}, {field}));'
            )
    program = "\n".join(["#include <stdio.h>", text, "int main(void) {", *lines, "return 0; }"])
    with tempfile.TemporaryDirectory() as folder:
        source, built = Path(folder, "layout.c"), Path(folder, "layout")
        source.write_text(program)
        subprocess.run([*shlex.split(os.environ.get("CC", "cc")), "-std=c99", source, "-o", built], check=True)
        return subprocess.run([built], check=True, capture_output=True, text=True).stdout.splitlines()


def surface(text: str) -> list[str]:
    """The lines for a header."""
    header = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    constants = re.findall(r"^#define (PF_(?!VERSION_)\w+) (.+)$", header, flags=re.MULTILINE)
    opaque = re.findall(r"^typedef struct (\w+) \w+;", header, flags=re.MULTILINE)
    plain = re.findall(r"^typedef ([\w ]+) (\w+);", header, flags=re.MULTILINE)
    callbacks = re.findall(r"^typedef ([\w ]+) \(\*(\w+)\)\(([^)]*)\);", header, flags=re.MULTILINE)
    functions = re.findall(r"^((?:const )?[\w ]+[ *])(pf_\w+)\(([^)]*)\);", header, flags=re.MULTILINE)
    return [
        *(f"constant {name}: {value.strip()}" for name, value in constants),
        *(f"handle {name}" for name in opaque),
        *(f"type {name}: {kind}" for kind, name in plain if not kind.startswith("struct ")),
        *(f"type {name}: {kind} ({types(parameters)})" for kind, name, parameters in callbacks),
        *measured(text, structures(header)),
        *(f"function {name}: {words(kind)} ({types(parameters)})" for kind, name, parameters in functions),
    ]


def breaks(old: list[str], new: list[str]) -> list[str]:
    """What of the old lines programs would miss."""
    there = set(new)
    gone = [line for line in old if line not in there]
    if any(line.startswith("constant PF_ABI:") for line in gone):
        return []
    now = {line.partition(":")[0]: line for line in new}
    return [f"{line}, now {now.get(line.partition(':')[0], 'gone')}" for line in gone if not grown(line, now, there)]


def grown(line: str, now: dict[str, str], there: set[str]) -> bool:
    """Whether the line is the size of a structure that says its size, and is larger now."""
    name, _, size = line.partition(": ")
    sized = f"field {name.removeprefix('struct ')}.struct_size: uint32_t, 4 bytes at 0" in there
    return name.startswith("struct ") and sized and name in now and bytes_of(size) < bytes_of(now[name])


def bytes_of(text: str) -> int:
    return int(re.findall(r"(\d+) bytes", text)[0])


def library(lib: Path, lines: list[str]) -> list[str]:
    """What a built library has not, or otherwise."""
    symbols = subprocess.run(["nm", "-D", "--defined-only", lib], capture_output=True, text=True, check=True).stdout
    exported = {line.split()[-1].partition("@")[0] for line in symbols.splitlines()}
    functions = [line.split()[1].rstrip(":") for line in lines if line.startswith("function ")]
    number = next(line.split()[-1] for line in lines if line.startswith("constant PF_ABI:"))
    told = subprocess.run(["readelf", "-d", lib], capture_output=True, text=True, check=True).stdout
    wrong = [f"{name} is not exported" for name in functions if name not in exported]
    return wrong + ([] if f"[libpolyfind.so.{number}]" in told else [f"the soname is not libpolyfind.so.{number}"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lib", type=Path, default=ROOT / "target" / "release", help="folder with libpolyfind.so")
    parser.add_argument("write", nargs="?", choices=["write"])
    options = parser.parse_args()
    lines = surface(HEADER.read_text())
    if options.write:
        KEPT.write_text("\n".join(lines) + "\n")
    old = KEPT.read_text().splitlines()
    wrong = breaks(old, lines) + library(options.lib / "libpolyfind.so", lines)
    for line in wrong:
        print(line)
    print(f"{len(lines)} lines, {len(set(lines) - set(old))} of them new, {len(wrong)} broken")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
