"""What was found out about points: a few columns beside those of their file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ..io import need

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.intp]

CHUNK = 1 << 16  # rows written at once


@dataclass(frozen=True)
class Answer:
    """A row for each point, or for each of its polygons."""

    polygon: Rows
    """-1 where there is none."""
    ids: list[str] | None = None
    """What the polygons are called, if they are."""
    distance: Floats | None = None
    """NaN where there is no polygon."""
    points: Numbers | None = None
    """The point that each row is of; None where each point has one row."""

    @classmethod
    def of_pairs(
        cls, pairs: Any, points: int, ids: list[str] | None, distance: Floats | None = None
    ) -> Answer:
        """A row for each pair, and one for each point of none."""
        alone = np.setdiff1d(np.arange(points), pairs[0])
        at = np.append(pairs[0], alone)
        order = np.argsort(at, kind="stable")
        rows = np.append(pairs[1], np.full(len(alone), -1)).astype(np.int32)[order]
        if distance is not None:
            distance = np.append(distance, np.full(len(alone), np.nan))[order]
        return cls(rows, ids, distance, at[order])

    @property
    def matched(self) -> int:
        """How many points have a polygon."""
        has_any = self.polygon >= 0
        return len(np.unique(self.points[has_any])) if self.points is not None else has_any.sum()

    def __len__(self) -> int:
        return len(self.polygon)

    @property
    def names(self) -> list[str]:
        """What the columns are called."""
        names = {"polygon": True, "polygon_id": self.ids is not None}
        names["distance"] = self.distance is not None
        return [name for name, is_there in names.items() if is_there]

    @property
    def rows(self) -> Numbers:
        """The points that the rows are of."""
        return np.arange(len(self)) if self.points is None else self.points

    def chunks(self) -> Iterator[tuple[slice, Numbers]]:
        """Some rows at a time, and the points that they are of."""
        rows = self.rows
        for start in range(0, len(self), CHUNK):
            part = slice(start, start + CHUNK)
            yield part, rows[part]

    def columns(self, part: slice) -> dict[str, list[Any]]:
        """Some rows of each column, with None for what is not there."""
        columns: dict[str, list[Any]] = {"polygon": self.polygon[part].tolist()}
        if self.ids is not None:
            columns["polygon_id"] = self._named[self.polygon[part]].tolist()
        if self.distance is not None:
            away = self.distance[part].tolist()
            columns["distance"] = [None if far != far else far for far in away]
        return columns

    def to_arrow(self) -> dict[str, Any]:
        """All columns as arrays of pyarrow, with nulls for what is not there."""
        arrow = need("pyarrow", "parquet", "Parquet and Arrow")
        columns = {"polygon": arrow.array(self.polygon)}
        if self.ids is not None:
            rows = arrow.array(self.polygon, mask=self.polygon < 0)
            columns["polygon_id"] = arrow.array(self.ids, arrow.string()).take(rows)
        if self.distance is not None:
            columns["distance"] = arrow.array(self.distance, from_pandas=True)
        return columns

    @cached_property
    def _named(self) -> npt.NDArray[Any]:
        return np.array([*(self.ids or ()), None], object)  # the last is that of row -1
