"""Lines as segments, and the polygons that they run through."""

from __future__ import annotations

import numpy as np
import shapely

from gridder.model import Bools, Floats, Geometries, Ints


def segments(lines: Geometries) -> tuple[Floats, Floats, Ints]:
    """Return the straight segments of lines.

    Parameters
    ----------
    lines
        Lines, multilines or rings, shape (n,).

    Returns
    -------
    begin, end : Floats
        Ends of the segments that have a length, in the order of the lines, shape (m, 2).
    line : Ints
        The line of each segment, shape (m,).
    """
    parts, line = shapely.get_parts(lines, return_index=True)
    coordinates, part = shapely.get_coordinates(parts, return_index=True)
    begin, end = coordinates[:-1], coordinates[1:]
    real = (part[:-1] == part[1:]) & (begin != end).any(axis=1)
    return begin[real], end[real], line[part[:-1][real]].astype(np.int64)


def crossed(geoms: Geometries, barriers: Geometries, *, depth_m: float = 1.0) -> Bools:
    """Tell through which units a barrier runs.

    Parameters
    ----------
    geoms
        Polygons in metres, shape (n,).
    barriers
        Lines in metres, shape (k,).
    depth_m
        A barrier that comes no deeper into a unit than this follows its edge and does not cross it.

    Returns
    -------
    Bools
        Shape (n,).
    """
    hit = np.zeros(len(geoms), dtype=bool)
    begin, end, _ = segments(barriers)
    pieces = shapely.linestrings(np.stack([begin, end], axis=1))
    unit, piece = shapely.STRtree(pieces).query(geoms, predicate="intersects")
    met, position = np.unique(unit, return_inverse=True)
    inner = shapely.buffer(geoms[met], -depth_m)
    shapely.prepare(inner)
    hit[unit[shapely.intersects(inner[position], pieces[piece])]] = True
    return hit
