"""GeoJSON (RFC 7946): the features of files with what is known of them; and polygons to GeoJSON.

A fault in a file is an InputError whose text says where it is, as in ``file:
features[3].geometry...``, counted from 0 like the rows of the result. Polygons alone are read by
the library: see `Polygons.from_geojson`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from itertools import chain
from typing import Any

from ._closed import closed
from ._encoded import Columns
from ._numpy import np
from .io import InputError, brief, read_bytes, read_text, reason
from .polygons import Polygons
from .table import Table


def read_polygons(path: str, id_property: str | None = None) -> tuple[Polygons, list[str] | None]:
    """One polygon for each feature, and their ids: the property asked for, else id, else name."""
    text, _ = read_text(path)
    features, columns = _parsed(path, document_of(path, text))
    return Polygons._of(columns), _ids(path, features, id_property)


def text_of(source: Any) -> tuple[Any, str | None]:
    """The bytes of whatever `Polygons.from_geojson` takes, and the file that they are from."""
    if hasattr(source, "__geo_interface__"):
        source = source.__geo_interface__
    elif isinstance(source, os.PathLike) or (isinstance(source, str) and not _is_text(source)):
        path = os.fspath(source)
        return read_bytes(path), path
    elif hasattr(source, "read"):
        source = source.read()
    if isinstance(source, dict):
        source = json.dumps(source)
    if isinstance(source, str):
        return source.encode(errors="surrogatepass"), None
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source), None
    raise TypeError(f"GeoJSON must be a path, text, a file or a dict, not {type(source).__name__}")


def feature_collection(
    polygons: Table, properties: Sequence[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """A FeatureCollection with a Feature for each row, whose id it is."""
    x, y, levels = closed(polygons)
    rings, parts, *rows = (level.tolist() for level in levels)
    ends = rows[0] if rows else range(len(parts))
    vertices = list(zip(x.tolist(), y.tolist()))

    def part(at: int) -> list[Any]:
        return [vertices[rings[i] : rings[i + 1]] for i in range(parts[at], parts[at + 1])]

    features = []
    for row in range(len(polygons)):
        members = [part(at) for at in range(ends[row], ends[row + 1])]
        geometry: dict[str, Any] | None = None
        if len(members) == 1 and members[0]:
            geometry = {"type": "Polygon", "coordinates": members[0]}
        elif len(members) > 1:
            geometry = {"type": "MultiPolygon", "coordinates": members}
        held = {} if properties is None else properties[row]
        features.append({"type": "Feature", "id": row, "properties": held, "geometry": geometry})
    return {"type": "FeatureCollection", "features": features}


def _is_text(source: str) -> bool:
    return source.lstrip("\ufeff \t\r\n").startswith(("{", "["))


def document_of(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        what = error.msg[:1].lower() + error.msg[1:]
        hint = "; one GeoJSON object is expected" if error.msg == "Extra data" else ""
        place = f"{name}:{error.lineno}:{error.colno}"
        raise InputError(f"{place}: not valid JSON: {what}{hint}") from error
    except (RecursionError, ValueError) as error:
        raise InputError(f"{name}: not usable JSON: {reason(error)}") from error


def _parsed(name: str, document: Any) -> tuple[Sequence[Any], Columns]:
    """The features of a document, and the columns of their polygons."""
    places, features = features_of(name, document, ("Polygon", "MultiPolygon"))
    geometries = [
        _geometry(f"{name}: {place}", feature) for place, feature in zip(places, features)
    ]
    return features, _columns(name, places, geometries)


def features_of(
    path: str, document: Any, kinds: tuple[str, ...]
) -> tuple[Sequence[str], Sequence[Any]]:
    """The features of a document, and where in it each of them is.

    One geometry of the kinds that are wanted is a feature without properties.
    """
    kind = document.get("type") if isinstance(document, dict) else None
    if kind == "FeatureCollection":
        features = document.get("features")
        if not isinstance(features, (list, tuple)):
            raise InputError(f'{path}: "features" must be a list, found {brief(features)}')
        return [f"features[{row}]" for row in range(len(features))], features
    if kind == "Feature":
        return ["feature"], [document]
    if kind in kinds:
        return ["feature"], [{"type": "Feature", "geometry": document, "properties": None}]
    found = f'"type" {brief(kind)}' if isinstance(document, dict) else brief(document)
    wanted = " or ".join(kinds)
    raise InputError(
        f"{path}: expected a GeoJSON FeatureCollection, Feature, {wanted}, found {found}"
    )


def _geometry(place: str, feature: Any) -> tuple[bool, Any]:
    """Whether a feature has many parts, and its coordinates."""
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise InputError(f"{place}: expected a Feature, found {brief(feature)}")
    if "geometry" not in feature:
        raise InputError(f'{place}: no "geometry"; use null for a feature without one')
    geometry = feature["geometry"]
    if geometry is None:
        return True, []
    kind = geometry.get("type") if isinstance(geometry, dict) else geometry
    if kind not in ("Polygon", "MultiPolygon"):
        raise InputError(
            f"{place}: geometry is {brief(kind)}, only Polygon and MultiPolygon can be matched;"
            " remove the feature or set its geometry to null"
        )
    coordinates = geometry.get("coordinates")
    if not isinstance(coordinates, (list, tuple)):
        raise InputError(f'{place}: "coordinates" must be a list, found {brief(coordinates)}')
    return kind == "MultiPolygon", coordinates


def _columns(path: str, places: Sequence[str], geometries: list[tuple[bool, Any]]) -> Columns:
    """Types are checked for all coordinates at once; only a fault is looked for one by one."""
    positions: list[Any] = []
    rings, parts, polygons = [0], [0], [0]
    try:
        for many, coordinates in geometries:
            for part in coordinates if many else [coordinates] if coordinates else []:
                for ring in part:
                    positions += ring
                    rings.append(len(positions))
                parts.append(len(rings) - 1)
            polygons.append(len(parts) - 1)
        sound = set(map(type, positions)) <= {list, tuple}
        sound = sound and set(map(type, chain.from_iterable(positions))) <= {int, float}
        sizes = np.fromiter(map(len, positions), np.int64, len(positions))
        values = np.fromiter(chain.from_iterable(positions), np.float64, int(sizes.sum()))
        sound = sound and bool((sizes >= 2).all()) and bool(np.isfinite(values).all())
    except (TypeError, ValueError, OverflowError):
        sound = False
    if not sound:
        for place, (many, coordinates) in zip(places, geometries):
            where = f"{path}: {place}.geometry.coordinates"
            _check(where, coordinates, ("part", "ring", "position")[0 if many else 1 :])
        raise InputError(f"{path}: the coordinates are not usable")
    first = np.cumsum(sizes) - sizes
    offsets = [np.array(ends, np.int64) for ends in (rings, parts, polygons)]
    return Columns(values[first], values[first + 1], offsets, [])


def _check(place: str, value: Any, levels: Sequence[str]) -> None:
    """Says what is wrong with coordinates: lists of what `levels` names, outermost first."""
    if not isinstance(value, (list, tuple)):
        raise InputError(f"{place}: expected a list, found {brief(value)}")
    for at, child in enumerate(value):
        if levels:
            _check(f"{place}[{at}]", child, levels[1:])
        elif type(child) not in (int, float) or not abs(child) <= sys.float_info.max:
            raise InputError(f"{place}[{at}]: expected a finite number, found {brief(child)}")
    if not levels and len(value) < 2:
        raise InputError(f"{place}: a position needs x and y, found {brief(value)}")


def _ids(path: str, features: Sequence[Any], wanted: str | None) -> list[str] | None:
    held = [feature.get("properties") for feature in features]
    properties = [owner if isinstance(owner, dict) else {} for owner in held]
    places: list[tuple[Sequence[Any], str | None]] = (
        [(properties, wanted)] if wanted is not None else []
    )
    if wanted in (None, "id"):
        places += [(features, "id"), (properties, "id")]
    if wanted is None:
        places += [(properties, "name")]
    for owners, key in places:
        if any(key in owner for owner in owners):
            return [_id(owner.get(key)) for owner in owners]
    if wanted is None or not features:
        return None
    known = ", ".join(map(brief, dict.fromkeys(chain.from_iterable(properties)))) or "none"
    raise InputError(f"{path}: no feature has the property {brief(wanted)}; there are: {known}")


def _id(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.encode(errors="replace").decode()  # JSON can hold half a surrogate pair
