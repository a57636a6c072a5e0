"""Makes target/release/polyfind.duckdb_extension of the built library: python3 package.py [LIBRARY]

DuckDB loads a library that ends with 534 bytes of its own: the head of a WebAssembly section, eight fields of 32 bytes,
the last one first, and room for a signature, which nobody checks where allow_unsigned_extensions is set.
"""

from __future__ import annotations

import platform
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILT = HERE / "target" / "release"
API = "v1.2.0"  # as src/engine.rs asks for it
SYSTEMS = {"Linux": "linux", "Darwin": "osx", "Windows": "windows"}
MACHINES = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
LIBRARIES = {"Linux": "libpolyfind_duckdb.so", "Darwin": "libpolyfind_duckdb.dylib", "Windows": "polyfind_duckdb.dll"}


def footer(version: str, target: str) -> bytes:
    fields = ["4", target, API, version, "C_STRUCT", "", "", ""]
    head = b"\0" + b"\x93\x04" + b"\x10duckdb_signature" + b"\x80\x04"  # a custom section of 531 bytes: name, 512 bytes
    return head + b"".join(field.encode().ljust(32, b"\0") for field in reversed(fields)) + bytes(256)


def main() -> int:
    system = platform.system()
    library = Path(sys.argv[1]) if len(sys.argv) > 1 else BUILT / LIBRARIES[system]
    found = re.search(r'^version = "(.+)"$', (HERE / "Cargo.toml").read_text(), flags=re.MULTILINE)
    assert found, "Cargo.toml without a version"
    extension = library.parent / "polyfind.duckdb_extension"
    target = f"{SYSTEMS[system]}_{MACHINES[platform.machine()]}"
    extension.write_bytes(library.read_bytes() + footer(f"v{found[1]}", target))
    print(extension)
    return 0


if __name__ == "__main__":
    sys.exit(main())
