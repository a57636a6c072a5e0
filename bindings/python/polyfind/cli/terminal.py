"""What people see of a command at work: progress, a table at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TextIO


class Progress:
    """What is being done, on one line of a terminal; silent anywhere else."""

    def __init__(self, stream: TextIO | None, quiet: bool) -> None:
        self._stream = stream if stream is not None and not quiet and stream.isatty() else None
        self._label = ""

    def __call__(self, label: str) -> Callable[[int, int], None]:
        """Begins a step, and returns what draws its bar."""
        self._label = label
        self._draw(label)
        return self._bar

    def _bar(self, done: int, total: int) -> None:
        share = done / total if total else 1.0
        filled = int(30 * share)
        self._draw(f"{self._label}  [{'#' * filled}{'.' * (30 - filled)}] {share:4.0%}")

    def _draw(self, text: str) -> None:
        if self._stream is not None:
            self._stream.write(f"\r\x1b[K{text}")
            self._stream.flush()

    def clear(self) -> None:
        """Leaves an empty line behind."""
        if self._label:
            self._draw("")


def print_table(rows: Sequence[Sequence[str]], stream: TextIO | None, align: str = "<><") -> None:
    """Rows of columns, each aligned to the left or to the right."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        cells = (f"{cell:{side}{width}}" for cell, side, width in zip(row, align, widths))
        print("  ".join(cells).rstrip(), file=stream)
