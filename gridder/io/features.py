"""A view's grids and units as a file of ready GeoJSON features, of which a page is one quick query.

The file is a SQLite database. Of each collection it holds a narrow table of properties, the texts of
the features beside it under the same row numbers, and an R-tree of their boxes in whole steps of
10^-7 degrees, which are the decimals that are written: so that a box finds exactly what it touches.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import shapely

from gridder.io.draft import draft_of
from gridder.model import Geometries, PlanView

JsonType = Literal["string", "integer", "number", "boolean"]

GRID_PROPERTIES: Mapping[str, JsonType] = {
    "grid_id": "string",
    "code": "string",
    "number": "integer",
    "layer": "string",
    "zone": "string",
    "size": "number",
    "target": "number",
    "deviation": "number",
    "n_units": "integer",
    "n_members": "integer",
    "area_ha": "number",
    "polsby_popper": "number",
    "within_bounds": "boolean",
    "contiguous": "boolean",
    "reason": "string",
    "suppressed": "boolean",
}
UNIT_PROPERTIES: Mapping[str, JsonType] = {
    "unit_id": "string",
    "grid_id": "string",
    "layer": "string",
    "zone": "string",
    "size": "number",
    "area_ha": "number",
    "kind": "string",
    "suppressed": "boolean",
}
COLLECTIONS: Mapping[str, Mapping[str, JsonType]] = {"grids": GRID_PROPERTIES, "units": UNIT_PROPERTIES}

DEGREE_DECIMALS = 7
"""A centimetre, as RFC 7946 (11.2) recommends no more than is known."""
NUMBER_DECIMALS = 6

STEPS = 10_000_000
"""Of a degree: what boxes are counted in."""

_STORED = {"string": "TEXT", "integer": "INTEGER", "number": "REAL", "boolean": "INTEGER"}


@dataclass(frozen=True, eq=False)
class Features:
    """The features of a collection, all lists of the same length.

    Attributes
    ----------
    ids
        Unique ids.
    shapes
        Polygons in degrees with the decimals that are written, outer rings counterclockwise.
    columns
        Values by property as JSON knows them; missing ones are None.
    """

    ids: list[str]
    shapes: Geometries
    columns: Mapping[str, list[Any]]

    def texts(self) -> Iterator[str]:
        """Yield every feature as GeoJSON (RFC 7946)."""
        encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
        rows = zip(*self.columns.values(), strict=True)
        for own_id, shape, row in zip(self.ids, shapely.to_geojson(self.shapes), rows, strict=True):
            properties = encode(dict(zip(self.columns, row, strict=True)))
            yield f'{{"type":"Feature","id":{encode(own_id)},"geometry":{shape},"properties":{properties}}}'


def features_of(view: PlanView, collection: str) -> Features:
    """Return the grids or the units of a view: the properties of `COLLECTIONS` and nothing else.

    Parameters
    ----------
    view
        What may be seen of the plan.
    collection
        `grids`, named by their ids, or `units`, named `layer:unit_id`, as ids of units are unique only
        within a layer.
    """
    frame = view.grids if collection == "grids" else view.units
    ids = frame["grid_id"] if collection == "grids" else frame["layer"].str.cat(frame["unit_id"], sep=":")
    columns = {name: _values(frame[name], kind) for name, kind in COLLECTIONS[collection].items()}
    return Features(ids.tolist(), _rounded(frame.geometry.to_numpy()), columns)


def write_features(view: PlanView, path: str | os.PathLike[str]) -> None:
    """Write the grids and units of a view as a file for `gridder.io.feature_file.FeatureFile`.

    Equal views give equal bytes.

    Parameters
    ----------
    view
        What may be seen of the plan, from `gridder.privacy.view`.
    path
        File to make or replace; a fault on the way leaves what was there.
    """
    with draft_of(Path(path)) as draft, closing(sqlite3.connect(draft, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        connection.execute("CREATE TABLE collections (name TEXT PRIMARY KEY, count INTEGER, extent TEXT)")
        for name in COLLECTIONS:
            _write_collection(connection, name, features_of(view, name))
        connection.execute("COMMIT")


def _write_collection(connection: sqlite3.Connection, name: str, features: Features) -> None:
    properties = COLLECTIONS[name]
    numbers = range(1, len(features.ids) + 1)
    boxes = np.rint(shapely.bounds(features.shapes) * STEPS).astype(np.int64)
    extent = [*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)] if len(boxes) else []

    stored = ", ".join(f"{key} {_STORED[kind]}" for key, kind in properties.items())
    connection.execute(
        f"CREATE TABLE {name} (row INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, "
        f"west INTEGER, east INTEGER, south INTEGER, north INTEGER, {stored})"
    )
    connection.execute(f"CREATE TABLE {name}_text (row INTEGER PRIMARY KEY, feature TEXT NOT NULL)")
    connection.execute(f"CREATE VIRTUAL TABLE {name}_box USING rtree_i32 (row, west, east, south, north)")
    connection.execute(
        "INSERT INTO collections VALUES (?, ?, ?)",
        (name, len(numbers), json.dumps([int(value) / STEPS for value in extent])),
    )
    marks = ", ".join("?" * (6 + len(properties)))
    sides = boxes[:, [0, 2, 1, 3]].T.tolist()
    connection.executemany(
        f"INSERT INTO {name} VALUES ({marks})",
        zip(numbers, features.ids, *sides, *features.columns.values(), strict=True),
    )
    connection.executemany(
        f"INSERT INTO {name}_text VALUES (?, ?)",
        zip(numbers, features.texts(), strict=True),
    )
    connection.executemany(
        f"INSERT INTO {name}_box VALUES (?, ?, ?, ?, ?)",
        zip(numbers, *sides, strict=True),
    )


def _rounded(shapes: Geometries) -> Geometries:
    """Return polygons with the decimals that are written, outer rings counterclockwise (RFC 7946, 3.1.6)."""
    rounded = shapely.transform(shapes, lambda xy: np.round(xy, DEGREE_DECIMALS))
    oriented: Geometries = shapely.orient_polygons(shapely.remove_repeated_points(rounded), exterior_cw=False)
    return oriented


def _values(column: pd.Series[Any], kind: JsonType) -> list[Any]:
    """Return a column as what JSON and SQLite know, missing values as None."""
    missing = column.isna()
    if kind == "string":
        return [None if gone else str(value) for value, gone in zip(column, missing, strict=True)]
    if kind == "number":
        values = np.round(column.to_numpy(dtype=float, na_value=np.nan), NUMBER_DECIMALS) + 0.0
        return [None if gone else value for value, gone in zip(values.tolist(), missing, strict=True)]
    make = bool if kind == "boolean" else int
    return [None if gone else make(value) for value, gone in zip(column, missing, strict=True)]
