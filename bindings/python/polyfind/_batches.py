"""Rows that come in batches, and how many have come.

pyarrow is imported for files and for streams of packages that are not known here, and only then.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Any, NamedTuple

from ._frames import BatchFrame, Frame, frame_of, is_of
from ._numpy import Doubles, np
from .errors import CancelledError

_ROWS = 1 << 17  # of a batch, where we choose
_BUFFER = 1 << 20  # bytes of a column of a file
_EVERY = 0.1  # seconds between two reports


class BatchProgress(NamedTuple):
    """How far a stream of batches is; ``str()`` makes a line of it, so ``print`` can show it."""

    rows: int
    """Rows so far."""
    total: int | None
    """Rows of all, where that is known."""
    seconds: float
    """Since the first batch was asked for."""

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds if self.seconds > 0 else 0.0

    @property
    def left(self) -> float | None:
        """Seconds that the rest takes at this rate, where that is known."""
        if self.total is None or not self.rate:
            return None
        return max(self.total - self.rows, 0) / self.rate

    def __str__(self) -> str:
        of = "" if self.total is None else f" of {self.total:,}"
        left = "" if self.left is None else f", {self.left:.0f} s left"
        return f"{self.rows:,}{of} rows, {self.rate:,.0f} a second{left}"


Report = Callable[[BatchProgress], object]


class Watch:
    """Counts rows, and tells of them now and then."""

    def __init__(self, report: Report | None, total: int | None) -> None:
        if report is not None and not callable(report):
            raise TypeError(f"progress must be callable, not {type(report).__name__}")
        self.rows = 0
        self._report, self._total = report, total
        self._start = self._told = time.monotonic()

    def add(self, rows: int) -> None:
        """More rows are done."""
        self.rows += rows
        if self._report is not None and time.monotonic() - self._told >= _EVERY:
            self._tell(self._report)

    def end(self) -> None:
        """All are."""
        if self._report is not None:
            self._tell(self._report)

    def _tell(self, report: Report) -> None:
        self._told = time.monotonic()
        if report(BatchProgress(self.rows, self._total, self._told - self._start)):
            raise CancelledError(f"stopped by progress after {self.rows} rows")


class Batches:
    """Frames, one after the other, and how many rows they have, if that is known."""

    def __init__(self, given: Iterable[Any], total: int | None = None) -> None:
        self.total, self._given = total, given

    def __iter__(self) -> Iterator[Frame]:
        for given in self._given:
            if is_of(given, "pyarrow", "RecordBatch"):
                yield BatchFrame(given)
            else:
                yield frame_of(given, "a batch")


def numbers_of(frame: Frame, name: str) -> Doubles:
    """A column of a batch; NaN where one is missing."""
    if name not in frame.names:
        names = ", ".join(map(repr, frame.names))
        raise ValueError(f"a batch has no column {name!r}, it has {names}")
    return frame.numbers(name)


def frame_points(frame: Frame, columns: tuple[str, str]) -> tuple[Doubles, Doubles, Any]:
    """x and y of those rows that have both, and which these are."""
    x, y = (numbers_of(frame, name) for name in columns)
    is_missing = np.isnan(x) | np.isnan(y)
    if not is_missing.any():
        return x, y, slice(None)
    return x[~is_missing], y[~is_missing], ~is_missing


def batches_of(reader: Any, columns: list[str] | None = None) -> Batches:
    """The batches of a reader; of a file, only these columns."""
    if isinstance(reader, (str, os.PathLike)):
        return _file(os.fspath(reader), columns)
    if is_of(reader, "polars", "DataFrame"):
        return Batches(reader.iter_slices(_ROWS), len(reader))
    if is_of(reader, "pandas", "DataFrame"):
        return Batches([reader], len(reader))
    if is_of(reader, "pyarrow", "Table"):
        return Batches(reader.to_batches(_ROWS), len(reader))
    if is_of(reader, "pyarrow.dataset", "Dataset"):
        # With threads, or more that is read ahead, memory grows with the file.
        options: dict[str, Any] = {"batch_size": _ROWS, "use_threads": False}
        options |= {"batch_readahead": 1, "fragment_readahead": 1}
        if getattr(getattr(reader, "format", None), "default_extname", None) == "parquet":
            made = import_module("pyarrow.dataset").ParquetFragmentScanOptions
            options["fragment_scan_options"] = made(pre_buffer=False, use_buffered_stream=True)
        return Batches(reader.to_batches(columns=columns, **options), reader.count_rows())
    if is_of(reader, "pyarrow.dataset", "Scanner"):
        return Batches(reader.to_batches())
    if hasattr(reader, "__arrow_c_stream__"):
        return Batches(import_module("pyarrow").RecordBatchReader.from_stream(reader))
    if isinstance(reader, Iterable):
        return Batches(reader)
    raise TypeError(
        "reader must be the path of a file, a dataset, an Arrow stream or an iterable of batches,"
        f" not {type(reader).__name__}"
    )


def _file(path: str, columns: list[str] | None) -> Batches:
    """A Parquet file bit by bit; all else as a dataset, as its name says."""
    suffix = os.path.splitext(path)[1]
    if suffix in (".parquet", ".pq") and not os.path.isdir(path):
        make = import_module("pyarrow.parquet").ParquetFile
        file = make(path, pre_buffer=False, buffer_size=_BUFFER)
        return Batches(file.iter_batches(_ROWS, columns=columns), file.metadata.num_rows)
    known = {".csv": "csv", ".arrow": "ipc", ".feather": "feather"}
    dataset = import_module("pyarrow.dataset").dataset(path, format=known.get(suffix, "parquet"))
    return batches_of(dataset, columns)
