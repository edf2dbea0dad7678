"""A polygon divided into parts of given area along its own axis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numba import njit

from gridder.model import Floats, Geometries

GRID_M = 2.0**-24
"""Cut lines and edges are noded on a lattice of this width, far below what anybody surveys."""
STEPS = 100
"""Enough to halve any interval down to the last digit."""


@dataclass(frozen=True, eq=False)
class _Axis:
    """A direction (unit vector) and a right angle to it, through an origin."""

    origin: Floats
    along: Floats
    across: Floats

    def positions(self, xy: Floats) -> Floats:
        """Return coordinates along and across the axis, shape (n, 2)."""
        return (xy - self.origin) @ np.column_stack([self.along, self.across])

    def points(self, positions: Floats) -> Floats:
        """Return the plane coordinates of positions, shape (n, 2)."""
        return self.origin + positions @ np.vstack([self.along, self.across])


def split_equal(
    polygon: shapely.Polygon | shapely.MultiPolygon, n: int
) -> list[shapely.Polygon | shapely.MultiPolygon]:
    """Return n parts of equal area, cut square to the polygon's own axis and ordered along it.

    The axis is the long side of the smallest rectangle round the polygon, as machines drive.
    The cuts are where the exact area to one side of a line is k/n of the whole.
    A cut through a concave polygon, or one with holes, may leave a part in several pieces: it is then
    one MultiPolygon, so there are always n parts. Together they are the polygon, to `GRID_M`, and
    neighbouring parts have the same vertices along their cut.

    Parameters
    ----------
    polygon
        Valid, not empty, in metres.
    n
        Number of parts, at least 1.

    Returns
    -------
    list of Polygon or MultiPolygon
        From the western end of the axis to the eastern, or from south to north.

    Raises
    ------
    ValueError
        If n is below 1.
    """
    if n < 1:
        raise ValueError(f"a polygon cannot be split into {n} parts")
    return split_by_shares(polygon, np.full(n, 1.0 / n))


def split_by_shares(
    polygon: shapely.Polygon | shapely.MultiPolygon, shares: Floats
) -> list[shapely.Polygon | shapely.MultiPolygon]:
    """Return parts with these shares of the area, cut as `split_equal` does and in the same order.

    Parameters
    ----------
    polygon
        Valid, not empty, in metres.
    shares
        All above 0, together 1, shape (n,).
    """
    if len(shares) == 1:
        return [polygon]
    axis = _own_axis(polygon)
    rings = shapely.get_rings(shapely.get_parts(shapely.orient_polygons(polygon)))
    starts, ends = _edges(rings)
    corners = axis.positions(shapely.get_coordinates(rings))
    below = np.cumsum(shares)[:-1]
    cuts = _snapped(_cuts(axis.positions(starts), axis.positions(ends), below), corners[:, 0])

    low, high = corners[:, 1].min() - 1.0, corners[:, 1].max() + 1.0
    feet = np.column_stack([np.repeat(cuts, 2), np.tile([low, high], len(cuts))])
    lines = shapely.linestrings(axis.points(feet).reshape(-1, 2, 2))
    noded = shapely.union_all(np.concatenate([rings, lines]), grid_size=GRID_M)
    faces = shapely.get_parts(shapely.polygonize([noded]))
    inner = shapely.point_on_surface(faces)
    shapely.prepare(polygon)
    inside = shapely.contains(polygon, inner)
    part = np.searchsorted(cuts, axis.positions(shapely.get_coordinates(inner))[:, 0])
    return [shapely.coverage_union_all(faces[inside & (part == k)]) for k in range(len(shares))]


def _own_axis(polygon: shapely.Polygon | shapely.MultiPolygon) -> _Axis:
    """Return the axis along the long side of the smallest rectangle, to the east or due north."""
    box = shapely.get_coordinates(shapely.oriented_envelope(shapely.normalize(polygon)))
    sides = np.diff(box[:3], axis=0)
    length = np.hypot(*sides.T)
    longest = 0 if length[0] >= length[1] else 1
    along = sides[longest] / length[longest]
    east, north = np.round(along, 9)
    if (east, north) < (0.0, 0.0):
        along = -along
    return _Axis(box[0], along, np.array([-along[1], along[0]]))


def _edges(rings: Geometries) -> tuple[Floats, Floats]:
    """Return the two ends of every edge of all rings, each of shape (m, 2)."""
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    return xy[:-1][same], xy[1:][same]


def _snapped(cuts: Floats, knots: Floats) -> Floats:
    """Return cuts moved onto vertices that are nearer than the lattice is wide."""
    knots = np.unique(knots)
    right = np.clip(np.searchsorted(knots, cuts), 1, len(knots) - 1)
    nearest = np.where(cuts - knots[right - 1] < knots[right] - cuts, knots[right - 1], knots[right])
    return np.where(np.abs(nearest - cuts) < GRID_M, nearest, cuts)


@njit(cache=True)
def _area_before(starts: Floats, ends: Floats, cut: float) -> tuple[float, float]:
    """Return the signed area where x < cut, and its derivative, the width of the polygon at the cut.

    By Green's theorem the area is the sum of the trapezoids between the edges and y = 0, each edge
    clipped at the cut; the closing line at the cut itself adds nothing, because x does not change.
    """
    area = 0.0
    width = 0.0
    for i in range(len(starts)):
        x0, y0 = starts[i, 0], starts[i, 1]
        x1, y1 = ends[i, 0], ends[i, 1]
        if x0 >= cut and x1 >= cut:
            continue
        if x0 < cut <= x1:
            y = y0 + (y1 - y0) * (cut - x0) / (x1 - x0)
            area += (cut - x0) * (y0 + y) / 2.0
            width += y
        elif x1 < cut <= x0:
            y = y1 + (y0 - y1) * (cut - x1) / (x0 - x1)
            area += (x1 - cut) * (y + y1) / 2.0
            width -= y
        else:
            area += (x1 - x0) * (y0 + y1) / 2.0
    return area, width


@njit(cache=True)
def _cuts(starts: Floats, ends: Floats, below: Floats) -> Floats:
    """Return the positions with these shares of the area before them, by Newton steps inside a bracket."""
    left = min(starts[:, 0].min(), ends[:, 0].min())
    right = max(starts[:, 0].max(), ends[:, 0].max())
    total = _area_before(starts, ends, right + 1.0)[0]
    cuts = np.empty(len(below))
    for k in range(len(below)):
        target = total * below[k]
        low, high = left, right
        cut = low + (high - low) / (len(below) - k + 1)
        for _ in range(STEPS):
            area, width = _area_before(starts, ends, cut)
            excess = (area - target) / total
            if abs(excess) < 1e-13 or high - low < 1e-12:
                break
            if excess > 0.0:
                high = cut
            else:
                low = cut
            step = cut - excess * total / width if width != 0.0 else low
            cut = step if low < step < high else (low + high) / 2.0
        cuts[k] = cut
        left = cut
    return cuts
