"""Writes what the bindings have of the header: python3 bindings/generate [check]

Every binding has one generated file, with the header's constants, structures and functions in the words of its
language. "check" writes nothing, and fails where a file is not what would be written.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from c import luajit, php
from csharp import csharp
from header import Header
from java import java
from lisp import lisp
from node import node
from perl import perl
from ruby import ruby

BINDINGS = Path(__file__).resolve().parent.parent
HEADER = BINDINGS.parent / "include" / "polyfind.h"
BANNER = "Generated from include/polyfind.h by bindings/generate; do not edit (python3 dev.py header writes it anew)."

FILES: dict[str, Callable[[Header, str], str]] = {
    "csharp/PolyfindH.cs": csharp,
    "java/polyfind/PolyfindH.java": java,
    "luajit/polyfind_h.lua": luajit,
    "node/polyfind_h.js": node,
    "perl/PolyfindH.pm": perl,
    "php/polyfind_h.php": php,
    "ruby/polyfind_h.rb": ruby,
    "sbcl/polyfind-h.lisp": lisp,
}


def main(words: list[str]) -> int:
    header = Header.read(HEADER.read_text())
    differing = 0
    for name, emit in FILES.items():
        path, text = BINDINGS / name, emit(header, BANNER)
        if path.exists() and path.read_text() == text:
            continue
        differing += 1
        if words == ["check"]:
            print(f"bindings/{name} is not what the header says")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            print(f"bindings/{name} is new")
    return 1 if differing and words == ["check"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
