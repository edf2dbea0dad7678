"""The cells of a lattice before they are clipped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely

from gridder.model import Floats, Geometries, Ints

PER_METRE = 1024
"""Corners are whole parts of a metre of this size: exact in floating point, and finer than a millimetre."""


@dataclass(frozen=True, eq=False)
class Cells:
    """Cells that cover an area, neighbours with the same corners.

    Attributes
    ----------
    polygons
        Local metres, shape (n,).
    row, col
        From north to south and from west to east, shape (n,); none where cells have names.
    name
        What cells are called elsewhere (H3), length n; empty where they have rows and columns.
    """

    polygons: Geometries
    row: Ints
    col: Ints
    name: tuple[str, ...] = ()


def on_grid(xy: Floats) -> Floats:
    """Return coordinates at the nearest whole part of a metre (`PER_METRE`)."""
    return np.rint(xy * PER_METRE) / PER_METRE


def square_cells(areas: Geometries, side: int, origin: Floats) -> Cells:
    """Return the squares over the bounds of areas.

    Parameters
    ----------
    areas
        Polygons in local metres, shape (k,).
    side
        Whole metres; corners are multiples of it in the measuring CRS, so that lattices of neighbouring
        areas fit together.
    origin
        Of local metres in the measuring CRS, shape (2,).
    """
    spans = ((np.floor(low / side), np.floor(high / side) + 1) for low, high in _world_bounds(areas, origin))
    col, row = _indices(spans)
    west, south = col * side - origin[0], row * side - origin[1]
    return _numbered(shapely.box(west, south, west + side, south + side), col, row)


def hexagon_cells(areas: Geometries, area_m2: float, origin: Floats) -> Cells:
    """Return regular hexagons of an area, a corner to the north, over the bounds of areas.

    The lattice starts at the origin of the measuring CRS; every second row stands half a hexagon to the east.
    Corners are those of `on_grid`; parameters as `square_cells`.
    """
    edge = np.sqrt(2.0 * area_m2 / (3.0 * np.sqrt(3.0)))
    half_width, half_edge = np.sqrt(3.0) / 2.0 * edge, edge / 2.0
    step = np.array([2.0 * half_width, 3.0 * half_edge])
    spans = (
        (np.floor(low / step) - 1, np.floor(high / step) + 2) for low, high in _world_bounds(areas, origin)
    )
    col, row = _indices(spans)
    middle = np.column_stack((2 * col + row % 2, 3 * row))
    around = np.array([(0, 2), (1, 1), (1, -1), (0, -2), (-1, -1), (-1, 1), (0, 2)])
    corners = (middle[:, None, :] + around[None, :, :]) * np.array([half_width, half_edge])
    return _numbered(shapely.polygons(on_grid(corners) - origin), col, row)


def _world_bounds(areas: Geometries, origin: Floats) -> Iterator[tuple[Floats, Floats]]:
    """Yield the lower left and the upper right corner of every part, in the measuring CRS."""
    for bounds in shapely.bounds(shapely.get_parts(areas)):
        yield bounds[:2] + origin, bounds[2:] + origin


def _indices(spans: Iterator[tuple[Floats, Floats]]) -> tuple[Ints, Ints]:
    """Return the columns and rows of all cells in spans from a first to before a last one, each once."""
    blocks = []
    for first, end in spans:
        col, row = np.meshgrid(np.arange(first[0], end[0]), np.arange(first[1], end[1]))
        blocks.append(np.column_stack((row.ravel(), col.ravel())))
    row, col = np.unique(np.concatenate(blocks), axis=0).astype(np.int64).T
    return col, row


def _numbered(polygons: Geometries, col: Ints, row: Ints) -> Cells:
    return Cells(np.asarray(polygons, dtype=object), -row, col)
