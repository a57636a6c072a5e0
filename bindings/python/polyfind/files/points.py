"""The points of a file, whatever its form, and the rest of their rows."""

from __future__ import annotations

import csv
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Any

from ..io import InputError, brief, need
from .answers import Answer, Floats, Numbers

COORDINATE_NAMES = (
    ("x", "y"),
    ("lon", "lat"),
    ("lng", "lat"),
    ("long", "lat"),
    ("longitude", "latitude"),
    ("easting", "northing"),
)
GEOMETRY_NAMES = ("geometry", "geom", "the_geom", "wkt", "wkb", "wkb_geometry", "shape")


class Points(ABC):
    """Coordinates, and rows that are written again with more columns."""

    x: Floats
    y: Floats
    names: list[str]
    """What the coordinates are called."""

    @abstractmethod
    def properties(self, rows: Numbers) -> list[dict[str, Any]]:
        """What some rows hold beside their coordinates."""

    def features(self, rows: Numbers) -> Iterator[dict[str, Any]]:
        """Some rows as features of GeoJSON, whose properties are the caller's."""
        places = zip(self.x[rows].tolist(), self.y[rows].tolist())
        for place, held in zip(places, self.properties(rows)):
            geometry = {"type": "Point", "coordinates": place}
            yield {"type": "Feature", "properties": held, "geometry": geometry}

    @abstractmethod
    def to_arrow(self, rows: Numbers) -> Any:
        """Some rows, all of their columns, as a table of pyarrow."""

    def to_csv(self, answer: Answer) -> Iterator[str]:
        """All rows as CSV: coordinates, properties, answers."""
        for number, (part, rows) in enumerate(answer.chunks()):
            held, text = self.properties(rows), StringIO(newline="")
            columns = answer.columns(part)
            names = list(held[0])
            x, y = free_names(names)
            writer = csv.writer(text, lineterminator="\n")
            if number == 0:
                writer.writerow([x, y, *names, *columns])
            places = zip(self.x[rows].tolist(), self.y[rows].tolist())
            for place, row, found in zip(places, held, zip(*columns.values())):
                writer.writerow([*place, *row.values(), *found])
            yield text.getvalue()
        if len(answer) == 0:
            yield ",".join(["x", "y", *answer.names]) + "\n"


def free_names(taken: Sequence[str]) -> tuple[str, str]:
    """What to call coordinates beside other columns."""
    free = (pair for pair in COORDINATE_NAMES if not set(pair) & set(taken))
    return next(free, ("point_x", "point_y"))


def column_of(place: str, names: list[str], name: str | None, option: str) -> int | None:
    """Where a column is: the one with that name, or one that is called as geometries are."""
    if name is None:
        lower = [each.strip().lower() for each in names]
        return next((lower.index(each) for each in GEOMETRY_NAMES if each in lower), None)
    if names.count(name) == 1:
        return names.index(name)
    count = "several columns are" if name in names else "no column is"
    listed = ", ".join(map(brief, names)) or "none"
    raise InputError(
        f"{place}: {count} named {brief(name)}; choose another with {option}; there are: {listed}"
    )


def check_free(place: str, names: list[str], added: Sequence[str]) -> None:
    """An InputError if a file has a column that the output adds."""
    for name in added:
        if name in names:
            raise InputError(
                f'{place}: a column is already named "{name}", which the output adds; rename it'
            )


def identifiers(
    place: str, names: list[str], wanted: str | None, also: Sequence[str] = ("id", "name")
) -> int | None:
    """Where the column is that says what polygons are called."""
    if wanted is None:
        return next((names.index(name) for name in also if name in names), None)
    return column_of(place, names, wanted, "--id")


def coordinates_of(place: str, rows: Sequence[Any], line: Any = None) -> tuple[Floats, Floats]:
    """The coordinates of points in WKB (bytes or hexadecimal) or WKT, read by Shapely."""
    shapely = need("shapely", "geo", "points in WKB or WKT")
    first = next((row for row in rows if row), "")
    is_text = isinstance(first, str) and not is_hexadecimal(first)
    read = shapely.from_wkt if is_text else shapely.from_wkb
    made = read([row or None for row in rows], on_invalid="ignore")
    wrong = (shapely.get_type_id(made) != 0) | shapely.is_empty(made)
    if wrong.any():
        at = int(wrong.argmax())
        where = f"{place}: row {at}" if line is None else f"{place}:{line(at)}"
        found = brief(rows[at] if isinstance(rows[at], (str, type(None))) else rows[at].hex())
        raise InputError(f"{where}: expected a point, found {found}; correct or remove the row")
    return shapely.get_x(made), shapely.get_y(made)


def is_hexadecimal(text: str) -> bool:
    """Whether a cell holds WKB in hexadecimal: its first byte is 0 or 1."""
    return text[:2] in ("00", "01") and not set(text) - set("0123456789abcdefABCDEF")
