"""The outline of every grid: the land of its units, lanes between them closed.

Land is dilated and eroded (a morphological closing, Serra 1982); only what this adds between units of
the grid is taken over, so that an outline has the very border of its units elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gridder.geometry.noding import faces_of, first_of, united
from gridder.model import Geometries, Ints

REACH_M = 0.01
"""Closing reaches so much further than half the gap: cracks of twice this width always close."""
SNAP_M = 1e-6
"""Land and lanes are joined on a lattice of this width."""
THIN_M = 0.1
"""Narrower ground is closed only where two units of the grid adjoin: the rest is what buffers round off."""
TOUCH_M = 1e-3
"""Closer units adjoin."""


@dataclass(frozen=True, eq=False)
class _Lanes:
    """Pieces of ground outside all units, and the grid that claims each; both of shape (m,)."""

    ground: Geometries
    grid: Ints


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
        Grid of every unit, 0 … g − 1, none without units, shape (n,).
    gap_m
        Widest lane that is closed; with 0 only cracks are, up to 2 cm wide.

    Returns
    -------
    Geometries
        Valid, shape (g,), one coverage (`shapely.coverage_is_valid`): no two overlap, and the two sides of a
        border have the same vertices. Each contains the land of its units to a micrometre, but for what units
        overlap.
    """
    order = np.argsort(grid, kind="stable")
    groups = np.split(geoms[order], np.flatnonzero(np.diff(grid[order])) + 1)
    land = np.array([shapely.disjoint_subset_union_all(group) for group in groups], dtype=object)
    lanes = _lanes(land, gap_m)
    lanes = _between_units(lanes, geoms, grid)
    lanes = _first_come(_without_units(lanes, geoms, grid))
    return _matched(_joined(land, lanes))


def _lanes(land: Geometries, gap_m: float) -> _Lanes:
    """Return what dilating by half the gap and eroding again adds to the land."""
    half = gap_m / 2 + REACH_M
    wide = shapely.buffer(land, half, join_style="mitre", mitre_limit=2.0)
    closed = shapely.buffer(wide, -half, join_style="mitre", mitre_limit=2.0)
    parts, grid = shapely.get_parts(_difference(closed, land), return_index=True)
    areal = shapely.area(parts) > 0
    return _Lanes(parts[areal], grid[areal])


def _between_units(lanes: _Lanes, geoms: Geometries, grid: Ints) -> _Lanes:
    """Return the lanes without thin pieces that lie along one unit only."""
    thin = np.flatnonzero(2 * shapely.area(lanes.ground) < THIN_M * shapely.length(lanes.ground))
    at, unit = shapely.STRtree(geoms).query(lanes.ground[thin], predicate="dwithin", distance=TOUCH_M)
    own = grid[unit] == lanes.grid[thin[at]]
    alone = thin[np.bincount(at[own], minlength=len(thin)) < 2]
    return _Lanes(np.delete(lanes.ground, alone), np.delete(lanes.grid, alone))


def _without_units(lanes: _Lanes, geoms: Geometries, grid: Ints) -> _Lanes:
    """Return the lanes less the land of units of other grids."""
    at, unit = shapely.STRtree(geoms).query(lanes.ground, predicate="intersects")
    other = grid[unit] != lanes.grid[at]
    return _Lanes(_less(lanes.ground, at[other], geoms[unit[other]]), lanes.grid)


def _first_come(lanes: _Lanes) -> _Lanes:
    """Return the lanes less those of lower grids that overlap them."""
    higher, lower = shapely.STRtree(lanes.ground).query(lanes.ground)
    before = lanes.grid[lower] < lanes.grid[higher]
    higher, lower = higher[before], lower[before]
    return _Lanes(_less(lanes.ground, higher, lanes.ground[lower]), lanes.grid)


def _less(areas: Geometries, at: Ints, taken: Geometries) -> Geometries:
    """Return areas less the union of everything that is taken from each."""
    result = areas.copy()
    order = np.argsort(at, kind="stable")
    touched, start = np.unique(at[order], return_index=True)
    if len(touched):
        unions = [shapely.union_all(part) for part in np.split(taken[order], start[1:])]
        result[touched] = _difference(areas[touched], np.array(unions, dtype=object))
    return result


def _difference(a: Geometries, b: Geometries) -> Geometries:
    """Return areas less others; where borders that nearly meet break the overlay, on a lattice of `SNAP_M`."""
    try:
        result = np.asarray(shapely.difference(a, b))
    except shapely.errors.GEOSException:
        return np.asarray(shapely.difference(a, b, grid_size=SNAP_M))
    broken = ~shapely.is_valid(result)
    result[broken] = shapely.difference(a[broken], b[broken], grid_size=SNAP_M)
    return result


def _joined(land: Geometries, lanes: _Lanes) -> Geometries:
    """Return the land of each grid and its lanes as one polygon or multipolygon."""
    order = np.argsort(lanes.grid, kind="stable")
    first = np.searchsorted(lanes.grid[order], np.arange(1, len(land)))
    own = np.array([shapely.union_all(part) for part in np.split(lanes.ground[order], first)], dtype=object)
    return _polygonal(shapely.union(land, _polygonal(own), grid_size=SNAP_M))


def _matched(areas: Geometries) -> Geometries:
    """Return areas with the same vertices on both sides of every border, and no overlap at all.

    Areas whose borders match are not touched: a border that is wrong is so on both sides. Ground of two goes to
    the lower number.
    """
    odd = np.flatnonzero(~shapely.is_empty(shapely.coverage_invalid_edges(areas)))
    faces, area, face = faces_of(areas[odd], grid_m=SNAP_M)
    owner = first_of(area, face, n_areas=len(odd), n_faces=len(faces))
    covered = owner < len(odd)
    owners, unions = united(faces[covered], owner[covered])
    matched = areas.copy()
    matched[odd[owners]] = unions
    return matched


def _polygonal(areas: Geometries) -> Geometries:
    """Return areas without the points and lines that overlays may leave."""
    mixed = np.flatnonzero(shapely.get_type_id(areas) == shapely.GeometryType.GEOMETRYCOLLECTION)
    for i in mixed:
        parts = shapely.get_parts(areas[i])
        areas[i] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    return areas
