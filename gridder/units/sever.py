"""Cut units along the barriers that run through them."""

from __future__ import annotations

import numpy as np
import shapely

from gridder.geometry.lines import crossed
from gridder.model import Geometries, Ints

NARROW_M = 1.0
"""Parts of less mean width stay with the part that they share the longest border with."""


def sever(geoms: Geometries, barriers: Geometries) -> tuple[Geometries, Ints]:
    """Cut polygons where barriers run through them.

    A barrier that ends inside a polygon, or runs along its edge, cuts nothing.

    Parameters
    ----------
    geoms
        Valid polygons in metres, shape (n,).
    barriers
        Lines in metres, shape (k,).

    Returns
    -------
    parts : Geometries
        Polygons whose union is the input, shape (m,), by parent.
    parent : Ints
        Polygon that each part comes from, shape (m,).
    """
    cut = np.flatnonzero(crossed(geoms, barriers))
    unit, line = shapely.STRtree(barriers).query(geoms[cut], predicate="intersects")
    pieces = [[geom] for geom in geoms]
    for i, at in enumerate(cut.tolist()):
        pieces[at] = _faces(geoms[at], barriers[line[unit == i]])
    parent = np.repeat(np.arange(len(geoms)), [len(faces) for faces in pieces])
    return np.asarray([face for faces in pieces for face in faces], dtype=object), parent


def _faces(polygon: shapely.Polygon | shapely.MultiPolygon, lines: Geometries) -> list[shapely.Polygon]:
    edges = shapely.union_all([shapely.boundary(polygon), *shapely.intersection(lines, polygon)])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(edges)))
    inside = shapely.contains_properly(polygon, shapely.point_on_surface(faces))
    return _joined(faces[inside].tolist())


def _joined(faces: list[shapely.Polygon]) -> list[shapely.Polygon]:
    """Join narrow faces, the smallest first, to what they share the longest border with."""
    while len(faces) > 1:
        area, border = shapely.area(faces), shapely.length(faces)
        narrow = np.flatnonzero(2 * area < NARROW_M * border)
        if not len(narrow):
            break
        at = int(narrow[np.argmin(area[narrow])])
        shared = shapely.length(shapely.intersection(shapely.boundary(faces[at]), shapely.boundary(faces)))
        shared[at] = -1.0
        to = int(np.argmax(shared))
        if shared[to] <= 0.0:
            break
        faces[to] = shapely.union(faces[to], faces[at])
        del faces[at]
    return faces
