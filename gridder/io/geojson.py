"""GeoJSON that GDAL does not take as it is: a feature a line, or a bare list of features."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from gridder.io.fault import Fault

RECORD_SEPARATOR = "\x1e"
"""Begins every text of a sequence (RFC 8142)."""
LINE_END = re.compile(r"\r\n?|\n")
"""Other signs that Python counts as the end of a line may stand within a text of JSON."""
GEOMETRIES = frozenset(
    ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"]
)


def collected(text: str) -> str:
    """Return lines of GeoJSON as one collection.

    Raises
    ------
    Fault
        `no-json` with the first line that is no JSON, `no-geojson` with the first that is no feature.
    """
    return _collection(_features_of_lines(text))


def mended(text: str) -> str:
    """Return the collection that a text means which GDAL does not take for GeoJSON.

    A bare list of features, or of objects with a geometry, is taken for a collection of them.

    Raises
    ------
    Fault
        `no-json` or `no-geojson`.
    """
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise Fault("no-json", line=error.lineno) from error
    except ValueError:  # a number of more digits than Python reads
        raise Fault("no-geojson") from None
    except RecursionError:
        raise Fault("no-geojson") from None
    if not isinstance(content, list) or not content:
        raise Fault("no-geojson")
    features = []
    for item in content:
        feature = _feature(item)
        if feature is None:
            raise Fault("no-geojson")
        features.append(feature)
    return _collection(iter(features))


def _features_of_lines(text: str) -> Iterator[Any]:
    for number, line in enumerate(
        LINE_END.split(text) if RECORD_SEPARATOR not in text else _records(text), 1
    ):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
        except ValueError:  # besides wrong JSON, a number of more digits than Python reads
            raise Fault("no-json", line=number) from None
        except RecursionError:
            raise Fault("no-geojson") from None
        inner = item.get("features") if isinstance(item, dict) else None
        for one in inner if isinstance(inner, list) else [item]:
            feature = _feature(one)
            if feature is None:
                raise Fault("no-feature", line=number)
            yield feature


def _records(text: str) -> list[str]:
    return text.split(RECORD_SEPARATOR)[1:]


def _feature(item: Any) -> dict[str, Any] | None:
    """Return an object as a feature, or None where it is none."""
    if not isinstance(item, dict):
        return None
    if item.get("type") == "Feature":
        return item
    if item.get("type") in GEOMETRIES:
        return {"type": "Feature", "properties": {}, "geometry": item}
    if isinstance(item.get("geometry"), dict):
        own = item.get("properties")
        rest = {name: value for name, value in item.items() if name not in {"geometry", "properties", "type"}}
        return {
            "type": "Feature",
            "properties": rest | (own if isinstance(own, dict) else {}),
            "geometry": item["geometry"],
        }
    return None


def _collection(features: Iterator[Any]) -> str:
    joined = ",\n".join(json.dumps(feature) for feature in features)
    if not joined:
        raise Fault("no-geojson")
    return f'{{"type": "FeatureCollection", "features": [\n{joined}\n]}}'
