"""Cells clipped to zones as one coverage: every border that two pieces share has the same vertices in both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gridder.geometry.lattice.cells import PER_METRE
from gridder.model import Floats, Geometries, Ints

NEAR_M = 0.01
"""Cells so near to a boundary are taken to be cut by it."""


@dataclass(frozen=True, eq=False)
class Pieces:
    """Connected parts of cells, each in one zone.

    Attributes
    ----------
    polygons
        Local metres, shape (m,); they neither overlap nor leave gaps in the zones.
    cell, zone
        Position of the cell and of the zone, shape (m,).
    doubled_m2
        Ground that several zones cover, given to the smallest of them.
    """

    polygons: Geometries
    cell: Ints
    zone: Ints
    doubled_m2: float


def clip(cells: Geometries, zones: Geometries) -> Pieces:
    """Return the parts of cells inside zones.

    Cells near a boundary are laid over it all at once, in whole parts of a metre (`PER_METRE`), and the faces
    told apart by a point inside; the others are whole in a zone or outside all.

    Parameters
    ----------
    cells
        Polygons that cover the zones without gap or overlap, shape (n,).
    zones
        Valid polygons, shape (z,).
    """
    lines = shapely.boundary(zones)
    cut = _near(cells, lines)
    whole = np.setdiff1d(np.arange(len(cells)), cut)
    ground = np.concatenate((shapely.boundary(cells[cut]), lines))
    noded = shapely.union_all(ground, grid_size=1.0 / PER_METRE)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inside = shapely.point_on_surface(faces)
    cell_of_face, _ = _holder(inside, cells[cut], np.arange(len(cut), dtype=np.float64))
    faces, inside = faces[cell_of_face >= 0], inside[cell_of_face >= 0]

    polygons = np.concatenate((cells[whole], faces))
    cell = np.concatenate((whole, cut[cell_of_face[cell_of_face >= 0]])).astype(np.int64)
    points = np.concatenate((shapely.centroid(cells[whole]), inside))
    zone, several = _holder(points, zones, shapely.area(zones))
    kept = np.flatnonzero(zone >= 0)
    doubled = float(shapely.area(polygons[several]).sum())
    return Pieces(polygons[kept], cell[kept], zone[kept], doubled)


def _near(cells: Geometries, lines: Geometries) -> Ints:
    """Return the positions of cells near lines, segment by segment, as bounds of whole lines hold everything."""
    segments: list[Geometries] = []
    for line in shapely.get_parts(lines):
        xy = shapely.get_coordinates(line)
        segments.append(shapely.linestrings(np.stack((xy[:-1], xy[1:]), axis=1)))
    found = shapely.STRtree(cells).query(np.concatenate(segments), predicate="dwithin", distance=NEAR_M)[1]
    return np.unique(found)


def _holder(points: Geometries, polygons: Geometries, rank: Floats) -> tuple[Ints, np.ndarray]:
    """Return the polygon of lowest rank that holds each point, −1 for none, and which points several hold."""
    polygon, point = shapely.STRtree(points).query(polygons, predicate="intersects")
    order = np.lexsort((polygon, rank[polygon], point))
    held, first, count = np.unique(point[order], return_index=True, return_counts=True)
    holder = np.full(len(points), -1, dtype=np.int64)
    holder[held] = polygon[order][first]
    several = np.zeros(len(points), dtype=np.bool_)
    several[held[count > 1]] = True
    return holder, several
