"""Pages, boxes and single features out of a file that `gridder.io.features.write_features` wrote."""

from __future__ import annotations

import json
import math
import os
import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from gridder.io.features import COLLECTIONS, STEPS, JsonType
from gridder.model import Floats, Geometries

SMALL_SHARE = 0.1
"""Of the extent; boxes above it are found faster by reading all rows than through the R-tree."""

_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_BOX = "(east >= ? AND west <= ? AND north >= ? AND south <= ?)"
_BOX_ACROSS = "((east >= ? OR west <= ?) AND north >= ? AND south <= ?)"


@dataclass(frozen=True)
class Page:
    """Some features of a collection.

    Attributes
    ----------
    features
        GeoJSON features joined by commas: what stands between the brackets of `"features": []`.
    number_matched
        How many features answer to the box and the filters in all.
    number_returned
        How many of them are in `features`.
    """

    features: bytes
    number_matched: int
    number_returned: int


class FeatureFile:
    """The collections of a file that `write_features` wrote, opened for reading only.

    Threads may share it. Names of collections are those of `collections`; another is a `KeyError`.

    Parameters
    ----------
    path
        The file; nobody may change it in place while it is open.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    """

    collections: tuple[str, ...] = tuple(COLLECTIONS)

    def __init__(self, path: str | os.PathLike[str]) -> None:
        address = Path(path).resolve(strict=True).as_uri() + "?mode=ro&immutable=1"
        self._connection = sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None)
        self._connection.text_factory = bytes

    def __enter__(self) -> FeatureFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def schema(self, collection: str) -> dict[str, JsonType]:
        """Return the JSON type of every property."""
        return dict(COLLECTIONS[collection])

    def extent(self, collection: str) -> tuple[float, float, float, float] | None:
        """Return west, south, east and north in degrees, or None where there is no feature."""
        _, extent = self._about(collection)
        return (extent[0], extent[1], extent[2], extent[3]) if extent else None

    def feature(self, collection: str, feature_id: str) -> bytes | None:
        """Return the text of one feature, or None where there is none of this id."""
        self.schema(collection)
        rows = self._rows(
            f"SELECT feature FROM {collection}_text JOIN {collection} USING (row) WHERE id = ?",
            [feature_id],
        )
        return rows[0][0] if rows else None

    def page(
        self,
        collection: str,
        *,
        bbox: Sequence[float] | None = None,
        filters: Mapping[str, str] | None = None,
        limit: int,
        offset: int = 0,
    ) -> Page:
        """Return some of the features that touch a box and have some properties, in the file's order.

        Parameters
        ----------
        collection
            One of `collections`.
        bbox
            West, south, east, north in degrees (with heights as third and sixth, which are ignored);
            west above east is a box across the antimeridian. A feature touches it with its own box.
        filters
            Wanted value by property, as text: numbers are compared as numbers, truth values are `true`
            and `false`.
        limit
            Number of features at most, 1 or more.
        offset
            Number of features to skip.

        Raises
        ------
        ValueError
            A box or a value that can be none, a property that is not in the schema, a number out of range.
        """
        if limit < 1 or offset < 0:
            raise ValueError(f"a page needs a limit above 0 and no negative offset, got {limit} and {offset}")
        conditions, values = _filter_conditions(self.schema(collection), filters or {})
        count, extent = self._about(collection)
        if bbox is not None:
            condition, sides = _box_condition(collection, extent, bbox)
            conditions.append(condition)
            values += sides
        if conditions:
            where = " AND ".join(conditions)
            count = self._rows(f"SELECT count(*) FROM {collection} WHERE {where}", values)[0][0]
            chosen = f"SELECT row FROM {collection} WHERE {where} ORDER BY row LIMIT ? OFFSET ?"
            values += [limit, offset]
        else:
            chosen, values = f"SELECT row FROM {collection} WHERE row > ? LIMIT ?", [offset, limit]
        if offset >= count:
            return Page(b"", count, 0)
        texts = self._rows(
            f"SELECT feature FROM {collection}_text WHERE row IN ({chosen}) ORDER BY row",
            values,
        )
        return Page(b",".join(text for (text,) in texts), count, len(texts))

    def touching(self, collection: str, bbox: Sequence[float]) -> tuple[list[int], dict[str, list[Any]]]:
        """Return the numbers, from 1, and the properties of the features whose box touches a box.

        Parameters
        ----------
        collection
            One of `collections`.
        bbox
            As `page` takes it.
        """
        schema = self.schema(collection)
        condition, sides = _box_condition(collection, self._about(collection)[1], bbox)
        names = ", ".join(["row", *schema])
        rows = self._rows(f"SELECT {names} FROM {collection} WHERE {condition} ORDER BY row", sides)
        columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(len(schema) + 1)]
        read = {name: _read(column, schema[name]) for name, column in zip(schema, columns[1:], strict=True)}
        return columns[0], read

    def shapes(self, collection: str, rows: Sequence[int]) -> Geometries:
        """Return the polygons of some features, by number in ascending order, in degrees."""
        self.schema(collection)
        texts = self._rows(
            f"SELECT feature FROM {collection}_text "
            "WHERE row IN (SELECT value FROM json_each(?)) ORDER BY row",
            [json.dumps(list(rows))],
        )
        polygons: Geometries = shapely.from_geojson([text for (text,) in texts])
        return polygons

    def boxes(self, collection: str) -> Floats:
        """Return west, south, east and north of every feature in degrees, shape (n, 4)."""
        self.schema(collection)
        rows = self._rows(f"SELECT west, south, east, north FROM {collection} ORDER BY row", [])
        return np.array(rows, dtype=np.float64).reshape(-1, 4) / STEPS

    def _about(self, collection: str) -> tuple[int, list[float]]:
        self.schema(collection)
        rows = self._rows("SELECT count, extent FROM collections WHERE name = ?", [collection])
        return rows[0][0], json.loads(rows[0][1])

    def _rows(self, query: str, values: Sequence[Any]) -> list[Any]:
        return self._connection.execute(query, values).fetchall()


def _filter_conditions(
    schema: Mapping[str, JsonType], filters: Mapping[str, str]
) -> tuple[list[str], list[Any]]:
    strange = [key for key in filters if key not in schema]
    if strange:
        raise ValueError(f"there is no property {strange[0]!r}")
    return [f"{key} = ?" for key in filters], [_wanted(key, filters[key], schema[key]) for key in filters]


def _wanted(name: str, text: str, kind: JsonType) -> str | float | bool:
    if kind == "string":
        return text
    if kind == "boolean":
        if text not in {"true", "false"}:
            raise ValueError(f"{name} is true or false, not {text!r}")
        return text == "true"
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{name} is a number, not {text!r}")
    return float(text)


def _box_condition(collection: str, extent: Sequence[float], bbox: Sequence[float]) -> tuple[str, list[int]]:
    """Return the condition that a feature's box touches a box, and its values."""
    west, south, east, north = _checked(bbox)
    condition = _BOX if west <= east else _BOX_ACROSS
    if _share(extent, west, south, east, north) < SMALL_SHARE:
        condition = f"row IN (SELECT row FROM {collection}_box WHERE {condition})"
    return condition, [_step_up(west), _step_down(east), _step_up(south), _step_down(north)]


def _read(column: list[Any], kind: JsonType) -> list[Any]:
    """Return stored values as JSON knows them."""
    if kind == "string":
        return [None if value is None else value.decode() for value in column]
    if kind == "boolean":
        return [None if value is None else bool(value) for value in column]
    return column


def _checked(bbox: Sequence[float]) -> tuple[float, float, float, float]:
    """Return west, south, east and north of a box of four or six numbers."""
    if len(bbox) not in {4, 6}:
        raise ValueError(f"a box has four or six numbers, got {len(bbox)}")
    if not all(math.isfinite(value) for value in bbox):
        raise ValueError("a box has finite numbers")
    half = len(bbox) // 2
    west, south, east, north = bbox[0], bbox[1], bbox[half], bbox[half + 1]
    if south > north or (half == 3 and bbox[2] > bbox[5]):
        raise ValueError("the lower bound of a box is above the upper one")
    return west, south, east, north


def _share(extent: Sequence[float], west: float, south: float, east: float, north: float) -> float:
    """Return about how much of an extent a box covers; a box across the antimeridian counts as small."""
    if not extent:
        return 0.0
    x, y = (
        max(min(high, most) - max(low, least), 0.0) / max(most - least, 1 / STEPS)
        for low, high, least, most in (
            (west, east, extent[0], extent[2]),
            (south, north, extent[1], extent[3]),
        )
    )
    return x * y


def _step_up(degrees: float) -> int:
    return math.ceil(_steps(degrees))


def _step_down(degrees: float) -> int:
    return math.floor(_steps(degrees))


def _steps(degrees: float) -> float:
    """Return degrees in steps, without the last bits that multiplying adds; far off the earth is far enough."""
    return round(min(max(degrees, -1000.0), 1000.0) * STEPS, 3)
