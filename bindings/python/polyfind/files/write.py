"""Answers into files: CSV, Parquet, Arrow, GeoJSON."""

from __future__ import annotations

import csv
import json
from io import TextIOWrapper
from typing import Any, BinaryIO

import numpy.typing as npt

from ..geojson import feature_collection
from ..io import need
from ..polygons import Polygons
from .answers import Answer
from .points import Points

Columns = dict[str, npt.NDArray[Any]]

FORMS = (".csv", ".parquet", ".arrow", ".geojson")


def check(suffix: str) -> None:
    """What a form needs to be written is there, or an InputError says how to get it."""
    if suffix == ".parquet":
        need("pyarrow.parquet", "parquet", "Parquet output")
    elif suffix == ".arrow":
        need("pyarrow", "parquet", "Arrow output")


def write(file: BinaryIO, suffix: str, points: Points, answer: Answer) -> None:
    """The rows of some points with what was found; CSV unless the suffix says otherwise."""
    how = {".parquet": to_parquet, ".arrow": to_arrow, ".geojson": to_geojson}
    how.get(suffix, to_csv)(file, points, answer)


def to_csv(file: BinaryIO, points: Points, answer: Answer) -> None:
    for text in points.to_csv(answer):
        file.write(text.encode())


def to_parquet(file: BinaryIO, points: Points, answer: Answer) -> None:
    parquet = need("pyarrow.parquet", "parquet", "Parquet output")
    parquet.write_table(_table(points, answer), file)


def to_arrow(file: BinaryIO, points: Points, answer: Answer) -> None:
    """Arrow's file format, for feather readers, too."""
    _ipc(file, _table(points, answer))


def to_geojson(file: BinaryIO, points: Points, answer: Answer) -> None:
    """A FeatureCollection: the features as they were, or made of the rows of a table."""
    file.write(b'{"type":"FeatureCollection","features":[')
    before = b"\n"
    for part, rows in answer.chunks():
        columns = answer.columns(part)
        for feature, found in zip(points.features(rows), zip(*columns.values())):
            feature["properties"].update(zip(columns, found))
            file.write(before + _json(feature))
            before = b",\n"
    file.write(b"\n]}\n")


def write_columns(file: BinaryIO, suffix: str, columns: Columns, polygons: Polygons) -> None:
    """Columns that say something of each polygon; with the polygons in GeoJSON."""
    if suffix == ".parquet":
        parquet = need("pyarrow.parquet", "parquet", "Parquet output")
        parquet.write_table(need("pyarrow", "parquet", "Parquet").table(columns), file)
    elif suffix == ".arrow":
        _ipc(file, need("pyarrow", "parquet", "Arrow output").table(columns))
    else:
        rows = list(zip(*(map(_known, column.tolist()) for column in columns.values())))
        if suffix == ".geojson":
            properties = [dict(zip(columns, row)) for row in rows]
            file.write(_json(feature_collection(polygons, properties)) + b"\n")
        else:
            text = TextIOWrapper(file, "utf-8", newline="")
            csv.writer(text, lineterminator="\n").writerows([tuple(columns), *rows])
            text.detach()


def _known(value: Any) -> Any:
    """None for NaN, which neither JSON nor most readers of CSV know."""
    return None if value != value else value


def _table(points: Points, answer: Answer) -> Any:
    table = points.to_arrow(answer.rows)
    for name, column in answer.to_arrow().items():
        table = table.append_column(name, column)
    return table


def _ipc(file: BinaryIO, table: Any) -> None:
    arrow = need("pyarrow", "parquet", "Arrow output")
    with arrow.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def _json(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return text.encode(errors="replace")
