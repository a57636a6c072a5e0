"""Points in GeoJSON, whose features are kept as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..geojson import document_of, features_of
from ..io import InputError, brief, need, read_text
from .answers import Floats, Numbers
from .points import Points, check_free, free_names


@dataclass(frozen=True)
class FeaturePoints(Points):
    """The points of a FeatureCollection."""

    x: Floats
    y: Floats
    names: list[str]
    given: Sequence[Any]
    """The features."""
    columns: list[str]
    """Every property that any of them has."""

    def features(self, rows: Numbers) -> Iterator[dict[str, Any]]:
        """The features as they came."""
        for row in rows.tolist():
            feature = self.given[row]
            yield {**feature, "properties": {**(feature.get("properties") or {})}}

    def properties(self, rows: Numbers) -> list[dict[str, Any]]:
        held = (self.given[row].get("properties") or {} for row in rows.tolist())
        return [{name: each.get(name) for name in self.columns} for each in held]

    def to_arrow(self, rows: Numbers) -> Any:
        """Coordinates as doubles; properties of one type as they are, others as JSON."""
        arrow = need("pyarrow", "parquet", "Parquet and Arrow")
        held = self.properties(rows)
        x, y = free_names(self.columns)
        table = {x: self.x[rows], y: self.y[rows]}
        for name in self.columns:
            values = [each[name] for each in held]
            try:
                table[name] = arrow.array(values)
            except (arrow.ArrowInvalid, arrow.ArrowTypeError):
                table[name] = arrow.array([None if v is None else json.dumps(v) for v in values])
        return arrow.table(table)


def read_points(path: str, added: Sequence[str] = ("polygon", "polygon_id")) -> FeaturePoints:
    """One point for each feature."""
    document = document_of(path, read_text(path)[0])
    places, features = features_of(path, document, ("Point",))
    positions = [_position(f"{path}: {place}", each) for place, each in zip(places, features)]
    x, y = np.array(positions, np.float64).reshape(-1, 2).T.copy()
    wrong = ~(np.isfinite(x) & np.isfinite(y))
    if wrong.any():
        at = int(wrong.argmax())
        raise InputError(f"{path}: {places[at]}: expected finite numbers, found {positions[at]}")
    names = dict.fromkeys(name for each in features for name in each.get("properties") or {})
    check_free(path, list(names), added)
    return FeaturePoints(x, y, ["Point"], features, list(names))


def _position(place: str, feature: Any) -> tuple[float, float]:
    if not isinstance(feature, dict):
        raise InputError(f"{place}: expected a Feature, found {brief(feature)}")
    geometry = feature.get("geometry")
    kind = geometry.get("type") if isinstance(geometry, dict) else geometry
    if kind != "Point" or not isinstance(geometry, dict):
        raise InputError(f"{place}: expected a Point, found {brief(kind)}; remove the feature")
    properties = feature.get("properties")
    if properties is not None and not isinstance(properties, dict):
        raise InputError(f'{place}: "properties" must be a map, found {brief(properties)}')
    position = geometry.get("coordinates")
    if (
        not isinstance(position, list)
        or len(position) < 2
        or any(type(each) not in (int, float) for each in position[:2])
    ):
        raise InputError(f"{place}: a position needs x and y, found {brief(position)}")
    return position[0], position[1]
