"""Files in and out: text, CSV points, matches as CSV or Parquet.

Every fault in a file is an InputError whose text is one line: the file, the place in it
(``file:line`` in CSV), and what to do about it.
"""

from __future__ import annotations

import csv
import importlib
import json
import math
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from itertools import chain
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int32]

CHUNK = 1 << 16  # rows written at once
COORDINATE_NAMES = (
    ("x", "y"),
    ("lon", "lat"),
    ("lng", "lat"),
    ("long", "lat"),
    ("longitude", "latitude"),
    ("easting", "northing"),
)


csv.field_size_limit(2**31 - 1)  # cells can hold whole geometries


class InputError(ValueError):
    """A file that cannot be used as it is; the text says where and what to do."""


def need(module: str, extra: str, purpose: str) -> Any:
    """An optional module, or the command that installs it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        name = module.partition(".")[0]
        raise InputError(f'{purpose} needs {name}: pip install "polyfind[{extra}]"') from error


def brief(value: object) -> str:
    """A value as it reads in a file, on one line and cut short."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 40 else text[:36] + " ..."


def read_text(path: str) -> tuple[str, bool]:
    """The text of a UTF-8 file, and whether a byte order mark came before it."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {reason(error)}") from error
    return text_of(path, data)


def text_of(path: str, data: bytes) -> tuple[str, bool]:
    """What UTF-8 bytes say, and whether a byte order mark came before it."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise InputError(f"{path}: the file is UTF-16; save it as UTF-8")
    nul = data.find(b"\0")
    if nul >= 0:
        raise InputError(f"{path}: not a text file (byte {nul} is 0); is this the right file?")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = f"0x{data[error.start]:02x}"
        raise InputError(f"{path}:{line}: byte {byte} is not UTF-8; save it as UTF-8") from error
    bare = text.removeprefix("\ufeff")
    if not bare.strip():
        raise InputError(f"{path}: the file is empty")
    return bare, len(bare) < len(text)


def reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()


# --- points from CSV


@dataclass(frozen=True)
class PointTable:
    """The points of a CSV file, with its records word for word."""

    x: Floats
    y: Floats
    names: list[str]
    at: tuple[int, int]  # which of them are x and y
    header: str
    records: list[str]
    delimiter: str
    line_end: str
    byte_order_mark: bool


def read_points(path: str, x_name: str | None = None, y_name: str | None = None) -> PointTable:
    """The points of a CSV file with a header; the columns are found by name when none are given."""
    text, byte_order_mark = read_text(path)
    lines = list(StringIO(text, newline=""))
    del text
    unquoted = re.sub('"[^"]*"', "", lines[0])
    delimiter = max(",;\t|", key=unquoted.count)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    starts: list[int] = []
    records: list[str] = []
    cells_x: list[str] = []
    cells_y: list[str] = []
    start = 0
    try:
        names = next(reader)
        at_x, at_y = _coordinate_columns(f"{path}:1", names, x_name, y_name)
        header = "".join(lines[: reader.line_num])
        start = reader.line_num
        for row in reader:
            end = reader.line_num
            if len(row) == len(names):
                starts.append(start)
                records.append(lines[start] if end == start + 1 else "".join(lines[start:end]))
                cells_x.append(row[at_x])
                cells_y.append(row[at_y])
            elif row:
                raise InputError(
                    f"{path}:{start + 1}: {len(row)} fields where the header has {len(names)};"
                    " complete the row, or quote fields that contain the delimiter"
                )
            start = end
    except csv.Error as error:
        what = "a quoted field is never closed" if "end of data" in str(error) else str(error)
        raise InputError(f"{path}:{start + 1}: malformed CSV: {what}; correct the row") from error
    x = _numbers(path, names[at_x], cells_x, starts)
    y = _numbers(path, names[at_y], cells_y, starts)
    bare = header.rstrip("\r\n")
    end_mark = header[len(bare) :] or "\n"
    at = (at_x, at_y)
    return PointTable(x, y, names, at, bare, records, delimiter, end_mark, byte_order_mark)


def _coordinate_columns(
    place: str, names: list[str], x_name: str | None, y_name: str | None
) -> tuple[int, int]:
    """Where x and y are; the only two columns that must have names nobody else has."""
    listed = ", ".join(map(brief, names)) or "none"
    lower = [name.strip().lower() for name in names]
    if x_name is not None and y_name is not None:
        keys, found = names, [(x_name, y_name)]
    else:
        keys = lower
        found = [pair for pair in COORDINATE_NAMES if pair[0] in lower and pair[1] in lower]
    if not any(name in keys for pair in found for name in pair) and any(map(_is_number, names)):
        raise InputError(f"{place}: no column names but {listed}; add a header line such as x,y")
    if len(found) != 1:
        which = "several pairs of" if found else "no"
        raise InputError(
            f"{place}: {which} columns look like coordinates; name them with --x and --y;"
            f" there are: {listed}"
        )
    for option, name in zip(("--x", "--y"), found[0]):
        if keys.count(name) != 1:
            count = "no column is" if name not in keys else "several columns are"
            raise InputError(
                f"{place}: {count} named {brief(name)}; choose another with {option};"
                f" there are: {listed}"
            )
    for name in ("polygon", "polygon_id"):
        if name in names:
            raise InputError(
                f'{place}: a column is already named "{name}", which the output adds; rename it'
            )
    x, y = found[0]
    return keys.index(x), keys.index(y)


def _is_number(cell: str) -> bool:
    try:
        return math.isfinite(float(cell)) and "_" not in cell
    except ValueError:
        return False


def _numbers(path: str, name: str, cells: list[str], starts: list[int]) -> Floats:
    try:
        values = np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        values = np.full(1, np.nan)
    if np.isfinite(values).all() and "_" not in "".join(cells):
        return values
    row, cell = next((row, cell) for row, cell in enumerate(cells) if not _is_number(cell))
    what = f"is {brief(cell)}, not a finite number" if cell.strip() else "is empty"
    raise InputError(
        f"{path}:{starts[row] + 1}: column {brief(name)} {what}; correct or remove the row"
    )


# --- matches as CSV or Parquet


@contextmanager
def replacing(path: str) -> Iterator[BinaryIO]:
    """A new file that takes the place of `path` only when all went well."""
    target = os.path.realpath(path)
    if os.path.exists(target) and not os.path.isfile(target):
        raise InputError(f"{path}: not a regular file; choose another output")
    folder, name = os.path.split(target)
    draft = os.path.join(folder, f".{name}.{os.getpid()}.tmp")
    try:
        file = open(draft, "wb")  # noqa: SIM115
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be written: {reason(error)}") from error
    try:
        with file:
            yield file
        os.replace(draft, target)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {reason(error)}") from error
    finally:
        if os.path.exists(draft):
            os.remove(draft)


def write_csv(file: BinaryIO, table: PointTable, best: Rows, ids: list[str] | None) -> None:
    """The records as they came, each with its polygon and that polygon's id."""
    mark = "\ufeff" if table.byte_order_mark else ""
    added = ["polygon"] if ids is None else ["polygon", "polygon_id"]
    file.write((mark + table.delimiter.join([table.header, *added]) + table.line_end).encode())
    count = len(ids) if ids is not None else int(best.max(initial=-1)) + 1
    columns = [list(map(str, range(count))), *([ids] if ids is not None else [])]
    # The last ending is that of row -1.
    endings = [_ending(table, row) for row in zip(*columns)]
    endings.append(_ending(table, ["-1", ""][: len(columns)]))
    rows = best.tolist()
    for at in range(0, len(rows), CHUNK):
        pairs = zip(table.records[at : at + CHUNK], rows[at : at + CHUNK])
        file.write("".join([text.rstrip("\r\n") + endings[row] for text, row in pairs]).encode())


def _ending(table: PointTable, fields: Sequence[str]) -> str:
    text = StringIO(newline="")
    writer = csv.writer(text, delimiter=table.delimiter, lineterminator=table.line_end)
    writer.writerow(["", *fields])
    return text.getvalue()


def write_parquet(file: BinaryIO, table: PointTable, best: Rows, ids: list[str] | None) -> None:
    """The coordinates as doubles, every other column as text, word for word."""
    arrow = need("pyarrow", "parquet", "Parquet output")
    parquet = need("pyarrow.parquet", "parquet", "Parquet output")
    fields = [(name, arrow.string()) for name in table.names]
    at_x, at_y = table.at
    for at in table.at:
        fields[at] = (table.names[at], arrow.float64())
    fields.append(("polygon", arrow.int32()))
    if ids is not None:
        fields.append(("polygon_id", arrow.string()))
        named = np.array([*ids, None], object)  # the last is that of row -1
    with parquet.ParquetWriter(file, arrow.schema(fields)) as writer:
        for start in range(0, len(best), CHUNK):
            part = slice(start, start + CHUNK)
            rows = csv.reader(table.records[part], delimiter=table.delimiter)
            cells = list(chain.from_iterable(rows))
            columns: list[Any] = [cells[at :: len(table.names)] for at in range(len(table.names))]
            columns[at_x], columns[at_y] = table.x[part], table.y[part]
            columns.append(best[part])
            if ids is not None:
                columns.append(named[best[part]])
            arrays = [arrow.array(column, kind) for column, (_, kind) in zip(columns, fields)]
            writer.write_table(arrow.Table.from_arrays(arrays, schema=writer.schema))
