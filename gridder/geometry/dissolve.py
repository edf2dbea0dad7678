"""The outline of every grid: the land of its units, lanes between them closed."""

from __future__ import annotations

import numpy as np
import shapely

from gridder.model import Geometries, Ints

REACH_M = 0.01
"""Closing reaches so much further than half the gap, against rounding."""
SNAP_M = 1e-6
"""Land of neighbours is joined on a lattice of this width, so that no cracks stay."""
CRUMB_M2 = 0.01
"""Smaller pieces that closing leaves behind are dropped."""


def outline(geoms: Geometries, grid: Ints, *, gap_m: float) -> Geometries:
    """Return one polygon a grid: the union of its units, with the lanes between them closed.

    A lane is closed where it is at most `gap_m` wide, lies between units of the same grid, and no
    other unit lies there. Where the closings of two grids meet, the lower number keeps the ground.
    A grid that holds far pieces is a MultiPolygon.

    Parameters
    ----------
    geoms
        Land of the units, not overlapping, local metres, shape (n,).
    grid
        Grid of every unit, 0 … g − 1, shape (n,).
    gap_m
        Widest lane that is closed; 0 only joins the land.

    Returns
    -------
    Geometries
        Shape (g,); no two overlap, and each contains the land of its units to a micrometre.
    """
    order = np.argsort(grid, kind="stable")
    groups = np.split(geoms[order], np.flatnonzero(np.diff(grid[order])) + 1)
    land = np.array([shapely.union_all(group, grid_size=SNAP_M) for group in groups], dtype=object)
    if gap_m == 0:
        return land
    lanes = _without_others(_lanes(land, gap_m), geoms, grid)
    return _joined(land, _first_come(lanes))


def _lanes(land: Geometries, gap_m: float) -> Geometries:
    """Return the ground that closing adds to each grid (dilation, then erosion, by half the gap)."""
    half = gap_m / 2 + REACH_M
    wide = shapely.buffer(land, half, join_style="mitre", mitre_limit=2.0)
    closed = shapely.buffer(wide, -half, join_style="mitre", mitre_limit=2.0)
    return np.asarray(shapely.difference(closed, land), dtype=object)


def _without_others(lanes: Geometries, geoms: Geometries, grid: Ints) -> Geometries:
    """Return the lanes less the land of units of other grids."""
    lane, unit = shapely.STRtree(geoms).query(lanes, predicate="intersects")
    other = grid[unit] != lane
    return _less(lanes, lane[other], geoms[unit[other]])


def _first_come(lanes: Geometries) -> Geometries:
    """Return the lanes less those of lower numbers that overlap them."""
    higher, lower = shapely.STRtree(lanes).query(lanes, predicate="intersects")
    before = lower < higher
    return _less(lanes, higher[before], lanes[lower[before]])


def _less(areas: Geometries, at: Ints, taken: Geometries) -> Geometries:
    """Return areas less the union of everything that is taken from each."""
    result = areas.copy()
    order = np.argsort(at, kind="stable")
    touched, start = np.unique(at[order], return_index=True)
    if len(touched):
        unions = [shapely.union_all(part) for part in np.split(taken[order], start[1:])]
        result[touched] = shapely.difference(areas[touched], np.array(unions, dtype=object))
    return result


def _joined(land: Geometries, lanes: Geometries) -> Geometries:
    """Return the land of every grid together with its lanes, crumbs and hairlines dropped."""
    parts, owner = shapely.get_parts(lanes, return_index=True)
    kept = (shapely.get_dimensions(parts) == 2) & (shapely.area(parts) >= CRUMB_M2)
    parts, owner = parts[kept], owner[kept]
    result = land.copy()
    grids, start = np.unique(owner, return_index=True)
    if len(grids):
        pieces = np.split(parts, start[1:])
        result[grids] = [
            shapely.union_all([land[g], *piece], grid_size=SNAP_M)
            for g, piece in zip(grids, pieces, strict=True)
        ]
    return result
