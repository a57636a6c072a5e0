"""Made at build time by maturin from the generated header: see ``build.rs``."""

from typing import Any

ffi: Any
lib: Any
