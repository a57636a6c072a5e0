"""Points and polygons in CSV, whose records are kept word for word."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import chain
from typing import Any

import numpy as np

from ..errors import FormatError
from ..io import InputError, brief, need, read_text
from ..polygons import Polygons
from .answers import CHUNK, Answer, Floats, Numbers
from .points import (
    COORDINATE_NAMES,
    Points,
    check_free,
    column_of,
    coordinates_of,
    identifiers,
    is_hexadecimal,
)

csv.field_size_limit(2**31 - 1)  # cells can hold whole geometries


@dataclass(frozen=True)
class Records:
    """The rows of a CSV file as they are written, and the cells of some columns."""

    header: str
    columns: list[str]
    records: list[str]
    starts: list[int]
    """The line that each begins on, counted from 0."""
    cells: list[list[str]]
    """Of the columns that were chosen."""
    delimiter: str
    line_end: str
    byte_order_mark: bool


def records_of(path: str, choose: Callable[[list[str]], Sequence[int]]) -> Records:
    """The rows of a CSV file with a header, whose names say which columns are wanted."""
    text, byte_order_mark = read_text(path)
    lines = list(StringIO(text, newline=""))
    del text
    unquoted = re.sub('"[^"]*"', "", lines[0])
    delimiter = max(",;\t|", key=unquoted.count)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    starts: list[int] = []
    records: list[str] = []
    start = 0
    try:
        names = next(reader)
        chosen = choose(names)
        cells: list[list[str]] = [[] for _ in chosen]
        takers = [(column.append, at) for column, at in zip(cells, chosen)]
        header = "".join(lines[: reader.line_num])
        start = reader.line_num
        for row in reader:
            end = reader.line_num
            if len(row) == len(names):
                starts.append(start)
                records.append(lines[start] if end == start + 1 else "".join(lines[start:end]))
                for take, at in takers:
                    take(row[at])
            elif row:
                raise InputError(
                    f"{path}:{start + 1}: {len(row)} fields where the header has {len(names)};"
                    " complete the row, or quote fields that contain the delimiter"
                )
            start = end
    except csv.Error as error:
        what = "a quoted field is never closed" if "end of data" in str(error) else str(error)
        raise InputError(f"{path}:{start + 1}: malformed CSV: {what}; correct the row") from error
    bare = header.rstrip("\r\n")
    line_end = header[len(bare) :] or "\n"
    return Records(bare, names, records, starts, cells, delimiter, line_end, byte_order_mark)


@dataclass(frozen=True)
class CsvPoints(Points):
    """The points of a CSV file."""

    x: Floats
    y: Floats
    names: list[str]
    rows: Records
    at: tuple[int, ...]
    """Which columns the coordinates are in: x and y, or that of geometries."""

    def properties(self, rows: Numbers) -> list[dict[str, Any]]:
        names = self.rows.columns
        return [
            {name: cell for at, (name, cell) in enumerate(zip(names, row)) if at not in self.at}
            for row in self._cells(rows)
        ]

    def to_arrow(self, rows: Numbers) -> Any:
        """Coordinates as doubles, every other column as text, word for word."""
        arrow = need("pyarrow", "parquet", "Parquet and Arrow")
        chunks = (rows[start : start + CHUNK] for start in range(0, len(rows) or 1, CHUNK))
        return arrow.concat_tables([self._table(arrow, chunk) for chunk in chunks])

    def _table(self, arrow: Any, rows: Numbers) -> Any:
        cells, width = list(chain.from_iterable(self._cells(rows))), len(self.rows.columns)
        columns = [arrow.array(cells[at::width], arrow.string()) for at in range(width)]
        if len(self.at) > 1:
            for at, values in zip(self.at, (self.x, self.y)):
                columns[at] = arrow.array(values[rows])
        return arrow.Table.from_arrays(columns, names=self.rows.columns)

    def to_csv(self, answer: Answer) -> Iterator[str]:
        """The records as they came, each with its answer."""
        held, mark = self.rows, "\ufeff" if self.rows.byte_order_mark else ""
        yield mark + held.delimiter.join([held.header, *answer.names]) + held.line_end
        count = int(answer.polygon.max(initial=-1)) + 1 if answer.ids is None else len(answer.ids)
        columns = [[*map(str, range(count)), "-1"]]  # the last is that of row -1
        if answer.ids is not None:
            columns.append([*answer.ids, ""])
        endings = [self._ending(row) for row in zip(*columns)]
        for part, rows in answer.chunks():
            records = [held.records[row].rstrip("\r\n") for row in rows.tolist()]
            found = [endings[row] for row in answer.polygon[part].tolist()]
            if answer.distance is not None:
                away = ["" if far != far else repr(far) for far in answer.distance[part].tolist()]
                found = [f"{each}{held.delimiter}{far}" for each, far in zip(found, away)]
            yield "".join([a + b + held.line_end for a, b in zip(records, found)])

    def _cells(self, rows: Numbers) -> Iterator[list[str]]:
        records = [self.rows.records[row] for row in rows.tolist()]
        return csv.reader(records, delimiter=self.rows.delimiter)

    def _ending(self, fields: Sequence[str]) -> str:
        text = StringIO(newline="")
        csv.writer(text, delimiter=self.rows.delimiter, lineterminator="").writerow(["", *fields])
        return text.getvalue()


def read_points(
    path: str,
    x: str | None = None,
    y: str | None = None,
    geometry: str | None = None,
    added: Sequence[str] = ("polygon", "polygon_id"),
) -> CsvPoints:
    """The points of a CSV file; columns are found by their names when none are given."""
    at: tuple[int, ...] = ()

    def choose(names: list[str]) -> tuple[int, ...]:
        nonlocal at
        place = f"{path}:1"
        at = coordinate_columns(place, names, x, y, geometry)
        check_free(place, names, added)
        return at

    rows = records_of(path, choose)
    names = [rows.columns[each] for each in at]
    if len(at) == 1:
        both = coordinates_of(path, rows.cells[0], lambda row: rows.starts[row] + 1)
    else:
        first, second = (_numbers(path, *each, rows.starts) for each in zip(names, rows.cells))
        both = first, second
    rows.cells.clear()
    return CsvPoints(*both, names, rows, at)


def read_polygons(
    path: str, id_name: str | None = None, geometry: str | None = None
) -> tuple[Polygons, list[str] | None]:
    """Polygons in WKT or WKB (hexadecimal) in a column of a CSV file, and what they are called."""

    def choose(names: list[str]) -> list[int]:
        at = column_of(f"{path}:1", names, geometry, "--geometry")
        if at is None:
            listed = ", ".join(map(brief, names))
            raise InputError(
                f"{path}:1: no column looks like WKT or WKB; name it with --geometry;"
                f" there are: {listed}"
            )
        named = identifiers(f"{path}:1", names, id_name)
        return [at] if named is None else [at, named]

    rows = records_of(path, choose)
    cells: list[str | None] = [cell.strip() or None for cell in rows.cells[0]]
    first = next(filter(None, cells), "")
    try:
        if is_hexadecimal(first):
            polygons = Polygons.from_wkb([cell and _bytes(cell) for cell in cells])
        else:
            polygons = Polygons.from_wkt(cells)
    except FormatError as error:
        row = error.item or 0
        raise InputError(f"{path}:{rows.starts[row] + 1}: {error}; correct the row") from error
    return polygons, rows.cells[1] if len(rows.cells) > 1 else None


def _bytes(cell: str) -> bytes:
    try:
        return bytes.fromhex(cell)
    except ValueError:
        return cell.encode()  # which the reader of WKB refuses, saying where


def coordinate_columns(
    place: str, names: list[str], x: str | None, y: str | None, geometry: str | None = None
) -> tuple[int, ...]:
    """Where x and y are, or the geometries: columns that must have names nobody else has."""
    listed = ", ".join(map(brief, names)) or "none"
    lower = [name.strip().lower() for name in names]
    if x is not None and y is not None:
        keys, found = names, [(x, y)]
    else:
        keys = lower
        found = [pair for pair in COORDINATE_NAMES if pair[0] in lower and pair[1] in lower]
        if geometry is not None or not found:
            at = column_of(place, names, geometry, "--point")
            if at is not None:
                return (at,)
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
    return keys.index(found[0][0]), keys.index(found[0][1])


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
