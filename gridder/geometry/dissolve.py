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
    if gap_m == 0:
        return np.array([shapely.union_all(group, grid_size=SNAP_M) for group in groups], dtype=object)
    land = np.array([shapely.union_all(group) for group in groups], dtype=object)
    closed = _without_others(_closed(land, gap_m), geoms, grid)
    return _without_crumbs(_first_come(closed))


def _closed(land: Geometries, gap_m: float) -> Geometries:
    """Return the land with its lanes closed: dilated, then eroded, by half the gap."""
    half = gap_m / 2 + REACH_M
    wide = shapely.buffer(land, half, join_style="mitre", mitre_limit=2.0)
    closed = shapely.buffer(wide, -half, join_style="mitre", mitre_limit=2.0)
    return np.asarray(shapely.union(closed, land, grid_size=SNAP_M), dtype=object)


def _without_others(closed: Geometries, geoms: Geometries, grid: Ints) -> Geometries:
    """Return the closed land of every grid less the land of units of other grids."""
    at, unit = shapely.STRtree(geoms).query(closed, predicate="intersects")
    other = grid[unit] != at
    return _less(closed, at[other], geoms[unit[other]])


def _first_come(areas: Geometries) -> Geometries:
    """Return the areas less those of lower numbers that overlap them."""
    higher, lower = shapely.STRtree(areas).query(areas, predicate="overlaps")
    before = lower < higher
    return _less(areas, higher[before], areas[lower[before]])


def _less(areas: Geometries, at: Ints, taken: Geometries) -> Geometries:
    """Return areas less the union of everything that is taken from each."""
    result = areas.copy()
    order = np.argsort(at, kind="stable")
    touched, start = np.unique(at[order], return_index=True)
    if len(touched):
        unions = [shapely.union_all(part) for part in np.split(taken[order], start[1:])]
        result[touched] = shapely.difference(areas[touched], np.array(unions, dtype=object))
    return result


def _without_crumbs(areas: Geometries) -> Geometries:
    """Return areas without the crumbs that taking away leaves behind."""
    parts, owner = shapely.get_parts(areas, return_index=True)
    kept = (shapely.get_dimensions(parts) == 2) & (shapely.area(parts) >= CRUMB_M2)
    parts, owner = parts[kept], owner[kept]
    joined: Geometries = shapely.multipolygons(parts, indices=owner)
    alone = shapely.get_num_geometries(joined) == 1
    joined[alone] = shapely.get_geometry(joined[alone], 0)
    return joined
