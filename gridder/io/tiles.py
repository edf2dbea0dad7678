"""The tiles of a view's grids and units in the tile matrix set WebMercatorQuad, as vector tiles.

Both come from the file of features. For low zooms, which show grids by the ten thousand, there is a file of
simplified grids for each level of detail beside it.
"""

from __future__ import annotations

import math
import os
import sqlite3
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from itertools import compress
from pathlib import Path

import numpy as np
import shapely

from gridder.io.feature_file import FeatureFile
from gridder.io.mvt import BUFFER, EXTENT, Layer, encode
from gridder.model import Floats, Geometries

FORMAT = 1
"""Whoever changes what a tile holds counts on: it is how clients know that theirs is old."""
DEEPEST = 16
"""The last zoom: a step of its tiles is 0.15 m at the equator. Whoever shows more enlarges them."""
UNITS_AT_MOST = 20_000
"""Units show from the zoom at which no tile has the middles of more."""
FIRST_WHOLE = 13
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
    """Return the tile that a place lies in; on the eastern edge of the world that is the last one."""
    x, y = _to_world(np.array([[longitude, latitude]]))[0] / _WORLD * (1 << zoom)
    last = (1 << zoom) - 1
    return Tile(zoom, min(math.floor(y), last), min(math.floor(x), last))


def first_zoom_of_units(features: FeatureFile) -> int:
    """Return the first zoom at which no tile has the middles of more than `UNITS_AT_MOST` units.

    One beyond the deepest says that there is none.
    """
    boxes = features.boxes("units")
    middles = _to_world((boxes[:, :2] + boxes[:, 2:]) / 2) / _WORLD
    for zoom in range(DEEPEST + 1):
        tiles = np.floor(middles * (1 << zoom)).astype(np.int64)
        _, counts = np.unique(tiles[:, 1] << zoom | tiles[:, 0], return_counts=True)
        if counts.max(initial=0) <= UNITS_AT_MOST:
            return zoom
    return DEEPEST + 1


def level_of(features: FeatureFile, zoom: int) -> int | None:
    """Return the level of detail of the grids of a zoom; None where they are whole.

    It is the zoom itself, or the one at which all grids together fill a tile where that is deeper; two zooms
    share a level, that of the deeper one.
    """
    extent = features.extent("grids")
    if zoom >= FIRST_WHOLE or extent is None:
        return None
    west, south, east, north = shapely.total_bounds(_in_world(shapely.points([extent[:2], extent[2:]])))
    level = max(zoom, math.floor(math.log2(_WORLD / max(east - west, north - south, 1.0))))
    return min(level + level % 2, FIRST_WHOLE - 1)


def write_level(features: FeatureFile, level: int, path: str | os.PathLike[str]) -> None:
    """Write the grids at a level of detail, as a file for `make_tile`.

    They are simplified with Visvalingam and Whyatt (1993, doi:10.1179/000870493786962263), each layer as one
    coverage, so that neighbours keep the same border.

    Parameters
    ----------
    features
        Features of a view.
    level
        From `level_of`.
    path
        File to make.
    """
    rows, columns = features.touching("grids", (-180.0, -90.0, 180.0, 90.0))
    shapes = _simplified(
        _in_world(features.shapes("grids", rows)),
        np.array(columns["layer"], dtype=object),
        TOLERANCE * Tile(level, 0, 0).step,
    )
    with closing(sqlite3.connect(Path(path), isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        connection.execute("CREATE TABLE shapes (row INTEGER PRIMARY KEY, shape BLOB)")
        connection.execute("CREATE VIRTUAL TABLE boxes USING rtree (row, west, east, north, south)")
        connection.executemany(
            "INSERT INTO shapes VALUES (?, ?)", zip(rows, shapely.to_wkb(shapes), strict=True)
        )
        sides = shapely.bounds(shapes)[:, [0, 2, 1, 3]].T.tolist()
        connection.executemany("INSERT INTO boxes VALUES (?, ?, ?, ?, ?)", zip(rows, *sides, strict=True))
        connection.execute("COMMIT")


def make_tile(
    features: FeatureFile,
    tile: Tile,
    collections: Collection[str],
    level: str | os.PathLike[str] | None = None,
) -> bytes:
    """Return a tile of features, with a layer for each collection; empty where nothing is.

    Properties are those of the collections, and the number of a feature is its place there.

    Parameters
    ----------
    features
        Features of a view.
    tile
        Which tile.
    collections
        Those of `FeatureFile.collections` that are wanted.
    level
        The file of `write_level` for the zoom; None where grids are whole.
    """
    return encode([_layer(features, tile, name, level if name == "grids" else None) for name in collections])


def _layer(features: FeatureFile, tile: Tile, name: str, level: str | os.PathLike[str] | None) -> Layer:
    rows, columns = features.touching(name, tile.degrees())
    if level is None:
        shapes = _in_world(features.shapes(name, rows))
    else:
        found = _level_shapes(level, tile)
        keeps = [row in found for row in rows]
        rows = list(compress(rows, keeps))
        columns = {key: list(compress(column, keeps)) for key, column in columns.items()}
        shapes = shapely.from_wkb(np.array([found[row] for row in rows], dtype=object))
    return Layer(name, np.array(rows, dtype=np.int64), tile.in_steps(shapes), columns)


def _level_shapes(path: str | os.PathLike[str], tile: Tile) -> dict[int, bytes]:
    """Return the grids of a level that touch a tile, by row."""
    west, north, east, south = tile.world()
    address = Path(path).resolve(strict=True).as_uri() + "?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        found = connection.execute(
            "SELECT row, shape FROM shapes WHERE row IN "
            "(SELECT row FROM boxes WHERE east >= ? AND west <= ? AND south >= ? AND north <= ?)",
            (west, east, north, south),
        )
        return dict(found.fetchall())


def _simplified(shapes: Geometries, layers: Geometries, tolerance: float) -> Geometries:
    """Return grids without small corners, those of each layer with common borders.

    Decimals of degrees may have made a grid touch itself, which a coverage must not.
    """
    invalid = ~shapely.is_valid(shapes)
    out = shapes.copy()
    out[invalid] = shapely.buffer(shapes[invalid], 0.0)
    for layer in set(layers.tolist()):
        out[layers == layer] = shapely.coverage_simplify(out[layers == layer], tolerance)
    return out


def _in_world(shapes: Geometries) -> Geometries:
    """Return shapes in degrees as shapes in steps of the world."""
    there: Geometries = shapely.transform(shapes, _to_world)
    return there


def _to_world(lonlat: Floats) -> Floats:
    """Return longitudes and latitudes, shape (n, 2), in steps of the Mercator square from its north-western corner."""
    sine = np.sin(np.radians(np.clip(lonlat[:, 1], -_HIGHEST_LATITUDE, _HIGHEST_LATITUDE)))
    return _WORLD * np.column_stack([lonlat[:, 0] / 360 + 0.5, 0.5 - np.arctanh(sine) / (2 * np.pi)])


def _longitude(x: float) -> float:
    return (x / _WORLD - 0.5) * 360.0


def _latitude(y: float) -> float:
    return math.degrees(math.atan(math.sinh(2 * math.pi * (0.5 - y / _WORLD))))
