"""Points along the outlines of buildings, denser where another building is close."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numba import njit

from gridder.model import Floats, Geometries, Ints

SPACING_M = 5.0
FINEST_M = 0.5
WALL_M = 1.0
"""Walls nearer than this all but touch."""
FINEST_WALL_M, COARSEST_WALL_M = 1.0, 2.5
"""Range of the longest pieces of walls, from their ends to their middle."""
CLOSE_M = 2 * SPACING_M
"""Beyond this distance another building does not make the points denser."""


@dataclass(frozen=True, eq=False)
class Pieces:
    """Outlines cut into straight pieces, the building on their left, sorted by building.

    Attributes
    ----------
    start, end
        Ends of each piece, shape (s, 2), metres; every vertex of an outline is the start of one piece.
    owner
        Position of the piece's building, shape (s,).
    start_gap_m
        Distance of `start` to the nearest other building, at most `CLOSE_M`, shape (s,).
    middle_gap_m, facing, foot
        Distance of the piece's middle to the nearest other building, that building (-1 beyond
        `CLOSE_M`), shape (s,), and its nearest point, shape (s, 2).
    """

    start: Floats
    end: Floats
    owner: Ints
    start_gap_m: Floats
    middle_gap_m: Floats
    facing: Ints
    foot: Floats


def outline_pieces(geoms: Geometries) -> Pieces:
    """Cut the outlines of buildings into pieces of at most 5 m and at most half the gap they face.

    Parameters
    ----------
    geoms
        Polygons or multipolygons in metres, shape (n,).

    Returns
    -------
    Pieces
        None is made shorter than 0.25 m by halving.
    """
    polygons, owner_of_polygon = shapely.get_parts(shapely.orient_polygons(geoms), return_index=True)
    rings, polygon_of_ring = shapely.get_rings(polygons, return_index=True)
    xy, ring_of = shapely.get_coordinates(rings, return_index=True)
    within = ring_of[1:] == ring_of[:-1]
    segment = np.hstack([xy[:-1], xy[1:]])[within]
    owner = owner_of_polygon[polygon_of_ring[ring_of[:-1][within]]].astype(np.int64)
    first = np.searchsorted(owner, np.arange(len(geoms) + 1))
    i, j = shapely.STRtree(geoms).query(geoms, predicate="dwithin", distance=CLOSE_M)
    other = i != j
    i, j = i[other], j[other]
    order = np.lexsort((j, i))
    close_first = np.searchsorted(i[order], np.arange(len(geoms) + 1))
    table, facing, piece_owner = _cut(segment, first, close_first, j[order].astype(np.int64))
    return Pieces(table[:, :2], table[:, 2:4], piece_owner, table[:, 4], table[:, 5], facing, table[:, 6:8])


@njit(cache=True)
def _gap(x: float, y: float, segment: Floats, first: Ints, others: Ints) -> tuple[float, int, float, float]:
    """Return the distance to the nearest outline of the others, at most `CLOSE_M`, whose it is, and where."""
    best2 = CLOSE_M**2
    nearest = -1
    foot_x, foot_y = x, y
    for other in others:
        for s in range(first[other], first[other + 1]):
            x0, y0, x1, y1 = segment[s]
            dx, dy = x1 - x0, y1 - y0
            length2 = dx * dx + dy * dy
            t = 0.0
            if length2 > 0:
                t = min(max(((x - x0) * dx + (y - y0) * dy) / length2, 0.0), 1.0)
            px, py = x0 + t * dx, y0 + t * dy
            d2 = (px - x) ** 2 + (py - y) ** 2
            if d2 < best2:
                best2 = d2
                nearest = other
                foot_x, foot_y = px, py
    return np.sqrt(best2), nearest, foot_x, foot_y


@njit(cache=True)
def _cut(segment: Floats, first: Ints, close_first: Ints, close: Ints) -> tuple[Floats, Ints, Ints]:
    """Cut every segment evenly, and halve pieces that are long for the gap that they face."""
    capacity = 4 * len(segment) + 16
    table = np.empty((capacity, 8))
    facing = np.empty(capacity, dtype=np.int64)
    owner = np.empty(capacity, dtype=np.int64)
    n = 0
    ends = np.empty(64)
    for unit in range(len(first) - 1):
        others = close[close_first[unit] : close_first[unit + 1]]
        for s in range(first[unit], first[unit + 1]):
            x0, y0, x1, y1 = segment[s]
            length = np.hypot(x1 - x0, y1 - y0)
            if length == 0.0:
                continue
            n_even = int(np.ceil(length / SPACING_M))
            for even in range(n_even):
                t = even / n_even
                ends[0] = (even + 1) / n_even
                depth = 1
                while depth > 0:
                    t_end = ends[depth - 1]
                    t_mid = (t + t_end) / 2
                    mid_gap, nearest, foot_x, foot_y = _gap(
                        x0 + t_mid * (x1 - x0), y0 + t_mid * (y1 - y0), segment, first, others
                    )
                    longest = max(FINEST_M, mid_gap / 2)
                    if mid_gap <= WALL_M:
                        end_m = min(t_mid, 1 - t_mid) * length
                        longest = min(max(FINEST_WALL_M, end_m), COARSEST_WALL_M)
                    if (t_end - t) * length > longest:
                        ends[depth] = t_mid
                        depth += 1
                        continue
                    if n == len(table):
                        table = np.concatenate((table, np.empty_like(table)))
                        facing = np.concatenate((facing, np.empty_like(facing)))
                        owner = np.concatenate((owner, np.empty_like(owner)))
                    xa, ya = x0 + t * (x1 - x0), y0 + t * (y1 - y0)
                    table[n, 0], table[n, 1] = xa, ya
                    table[n, 2], table[n, 3] = x0 + t_end * (x1 - x0), y0 + t_end * (y1 - y0)
                    table[n, 4] = _gap(xa, ya, segment, first, others)[0]
                    table[n, 5] = mid_gap
                    table[n, 6], table[n, 7] = foot_x, foot_y
                    facing[n] = nearest
                    owner[n] = unit
                    n += 1
                    t = t_end
                    depth -= 1
    return table[:n].copy(), facing[:n].copy(), owner[:n].copy()
