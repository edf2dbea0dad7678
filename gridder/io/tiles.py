"""The tiles of a view's grids and units in the tile matrix set WebMercatorQuad, as vector tiles.

Units come from the file of features. Grids, which low zooms show by the ten thousand, lie in a file of
their own at several levels of detail.
"""

from __future__ import annotations

import math
import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from gridder.io.features import FeatureFile
from gridder.io.mvt import BUFFER, EXTENT, Layer, encode
from gridder.model import Floats, Geometries, Ints

FORMAT = 1
"""Whoever changes what a tile holds counts on: it is how clients know that theirs is old."""
DEEPEST = 16
"""The last zoom: a step of its tiles is 0.15 m at the equator. Whoever shows more enlarges them."""
UNITS_AT_MOST = 20_000
"""Units show from the zoom at which no tile has the middles of more."""
FIRST_WHOLE = 15
"""From this zoom on grids are not simplified."""
TOLERANCE = 4.0
"""In steps of a tile: a corner is left out where its triangle is smaller than the square of this."""

_WORLD_BITS = 28
_WORLD = float(1 << _WORLD_BITS)
_HIGHEST_LATITUDE = 85.05


@dataclass(frozen=True)
class Tile:
    """A tile of WebMercatorQuad: rows from the north, columns from the west.

    Attributes
    ----------
    zoom, row, column
        Where it is; rows and columns from 0.
    """

    zoom: int
    row: int
    column: int

    @property
    def exists(self) -> bool:
        """Return whether there is such a tile here."""
        if not 0 <= self.zoom <= DEEPEST:
            return False
        return 0 <= self.row < 1 << self.zoom and 0 <= self.column < 1 << self.zoom

    @property
    def step(self) -> float:
        """Return the width of a step of the tile in steps of the world."""
        return _WORLD / (EXTENT << self.zoom)

    def world(self) -> tuple[float, float, float, float]:
        """Return west, north, east and south of the tile and its buffer, in steps of the world."""
        west, north = self.column * EXTENT * self.step, self.row * EXTENT * self.step
        more, width = BUFFER * self.step, EXTENT * self.step
        return west - more, north - more, west + width + more, north + width + more

    def degrees(self) -> tuple[float, float, float, float]:
        """Return west, south, east and north of the tile and its buffer, in degrees."""
        west, north, east, south = self.world()
        return _longitude(west), _latitude(south), _longitude(east), _latitude(north)

    def in_steps(self, shapes: Geometries) -> Geometries:
        """Return shapes in steps of the world as shapes in steps of the tile."""
        corner = np.array([self.column, self.row]) * float(EXTENT)
        moved: Geometries = shapely.transform(shapes, lambda xy: xy / self.step - corner)
        return moved


def tile_at(longitude: float, latitude: float, zoom: int) -> Tile:
    """Return the tile that a place lies in."""
    x, y = _to_world(np.array([[longitude, latitude]]))[0] / _WORLD * (1 << zoom)
    return Tile(zoom, math.floor(y), math.floor(x))


def write_tile_levels(features: FeatureFile, path: str | os.PathLike[str]) -> None:
    """Write what the tiles of some features need beside them, as a file for `TileFile`.

    Grids are simplified level by level with Visvalingam and Whyatt (1993, doi:10.1179/000870493786962263),
    each layer as one coverage, so that neighbours keep the same border. A level serves the zoom of its
    number; the lowest, in which all grids fit about one tile, also the zooms below.

    Parameters
    ----------
    features
        Features of a view.
    path
        File to make.
    """
    rows, columns = features.touching("grids", (-180.0, -90.0, 180.0, 90.0))
    shapes = shapely.transform(features.shapes("grids", rows), _to_world)
    layers = np.array(columns["layer"], dtype=object)
    lowest = _zoom_of_all(shapes)
    with closing(sqlite3.connect(Path(path), isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        connection.execute("CREATE TABLE about (units_from INTEGER, lowest INTEGER)")
        connection.execute("INSERT INTO about VALUES (?, ?)", (_units_from(features), lowest))
        connection.execute("CREATE TABLE shapes (number INTEGER PRIMARY KEY, row INTEGER, shape BLOB)")
        connection.execute(
            "CREATE VIRTUAL TABLE boxes USING rtree (number, west, east, north, south, level, same)"
        )
        for level in range(FIRST_WHOLE, lowest - 1, -1):
            if level < FIRST_WHOLE:
                shapes = _simplified(shapes, layers, TOLERANCE * Tile(level, 0, 0).step)
            _write_level(connection, level, rows, shapes)
        connection.execute("COMMIT")


class TileFile:
    """Makes the tiles of a file of features, with the levels that `write_tile_levels` wrote beside it.

    Parameters
    ----------
    features
        The features.
    path
        The file of levels; nobody may change it in place while it is open.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    """

    def __init__(self, features: FeatureFile, path: str | os.PathLike[str]) -> None:
        self._features = features
        address = Path(path).resolve(strict=True).as_uri() + "?mode=ro&immutable=1"
        self._connection = sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None)
        (about,) = self._rows("SELECT units_from, lowest FROM about")
        self.units_from: int = about[0]
        self._lowest: int = about[1]

    def __enter__(self) -> TileFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def tile(self, tile: Tile) -> bytes:
        """Return a tile with the layers `grids` and, from the zoom `units_from`, `units`; empty where nothing is.

        Properties are those of the collections of features, and the number of a feature is its place there.
        """
        layers = [self._grids(tile)]
        if tile.zoom >= self.units_from:
            rows, columns = self._features.touching("units", tile.degrees())
            shapes = shapely.transform(self._features.shapes("units", rows), _to_world)
            layers.append(Layer("units", np.array(rows, dtype=np.int64), tile.in_steps(shapes), columns))
        return encode(layers)

    def _grids(self, tile: Tile) -> Layer:
        level = min(max(tile.zoom, self._lowest), FIRST_WHOLE)
        west, north, east, south = tile.world()
        found = dict(
            self._rows(
                "SELECT row, shape FROM shapes WHERE number IN (SELECT number FROM boxes "
                "WHERE level = ? AND east >= ? AND west <= ? AND south >= ? AND north <= ?)",
                level,
                west,
                east,
                north,
                south,
            )
        )
        rows, columns = self._features.touching("grids", tile.degrees())
        keeps = [row in found for row in rows]
        ids = np.array(rows, dtype=np.int64)[keeps]
        shapes = shapely.from_wkb(np.array([found[row] for row in ids.tolist()], dtype=object))
        kept = {
            name: [value for value, keep in zip(column, keeps, strict=True) if keep]
            for name, column in columns.items()
        }
        return Layer("grids", ids, tile.in_steps(shapes), kept)

    def _rows(self, query: str, *values: Any) -> list[Any]:
        return self._connection.execute(query, values).fetchall()


def _write_level(connection: sqlite3.Connection, level: int, rows: list[int], shapes: Geometries) -> None:
    boxes = shapely.bounds(shapes).tolist()
    first = level * len(rows)
    numbers = range(first, first + len(rows))
    connection.executemany(
        "INSERT INTO shapes VALUES (?, ?, ?)", zip(numbers, rows, shapely.to_wkb(shapes), strict=True)
    )
    connection.executemany(
        "INSERT INTO boxes VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (number, west, east, north, south, level, level)
            for number, (west, north, east, south) in zip(numbers, boxes, strict=True)
        ),
    )


def _simplified(shapes: Geometries, layers: Geometries, tolerance: float) -> Geometries:
    """Return grids without small corners, those of each layer with common borders."""
    out = shapes.copy()
    for layer in set(layers.tolist()):
        out[layers == layer] = shapely.coverage_simplify(shapes[layers == layer], tolerance)
    return out


def _zoom_of_all(shapes: Geometries) -> int:
    """Return the deepest zoom at which all shapes together are no wider or higher than a tile."""
    west, north, east, south = shapely.total_bounds(shapes)
    return min(FIRST_WHOLE, math.floor(math.log2(_WORLD / max(east - west, south - north, 1.0))))


def _units_from(features: FeatureFile) -> int:
    """Return the first zoom at which no tile has the middles of more than `UNITS_AT_MOST` units.

    One beyond the deepest says that there is none.
    """
    boxes = features.boxes("units")
    middles = _to_world((boxes[:, :2] + boxes[:, 2:]) / 2) / _WORLD
    for zoom in range(DEEPEST + 1):
        tiles = np.floor(middles * (1 << zoom)).astype(np.int64)
        if _most_alike(tiles[:, 1] << zoom | tiles[:, 0]) <= UNITS_AT_MOST:
            return zoom
    return DEEPEST + 1


def _most_alike(values: Ints) -> int:
    return int(np.unique(values, return_counts=True)[1].max(initial=0))


def _to_world(lonlat: Floats) -> Floats:
    """Return longitudes and latitudes, shape (n, 2), in steps of the Mercator square from its north-western corner."""
    sine = np.sin(np.radians(np.clip(lonlat[:, 1], -_HIGHEST_LATITUDE, _HIGHEST_LATITUDE)))
    return _WORLD * np.column_stack([lonlat[:, 0] / 360 + 0.5, 0.5 - np.arctanh(sine) / (2 * np.pi)])


def _longitude(x: float) -> float:
    return (x / _WORLD - 0.5) * 360.0


def _latitude(y: float) -> float:
    return math.degrees(math.atan(math.sinh(2 * math.pi * (0.5 - y / _WORLD))))
