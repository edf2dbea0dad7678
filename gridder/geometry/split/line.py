"""Straight cuts through a polygon where the area on one side is what is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import shapely
from numba import njit

from gridder.model import Bools, Floats, Geometries, Ints

Shape: TypeAlias = "shapely.Polygon | shapely.MultiPolygon"
GRID_M = 2.0**-24
"""Cut lines and edges are noded on a lattice of this width, far below what anybody surveys."""
STEPS = 100
"""Enough to halve any interval down to the last digit."""


@dataclass(frozen=True, eq=False)
class Axis:
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

    def turned(self, degrees: float) -> Axis:
        """Return this axis turned to the left; whole right angles keep every digit."""
        quarters, rest = divmod(degrees, 90.0)
        cos, sin = np.cos(np.radians(rest)), np.sin(np.radians(rest))
        along, across = cos * self.along + sin * self.across, cos * self.across - sin * self.along
        for _ in range(int(quarters)):
            along, across = across, -along
        return Axis(self.origin, along, across)


def own_axis(polygon: Shape) -> Axis:
    """Return the axis along the long side of the smallest rectangle, to the east or due north."""
    box = shapely.get_coordinates(shapely.oriented_envelope(shapely.normalize(polygon)))
    sides = np.diff(box[:3], axis=0)
    length = np.hypot(*sides.T)
    longest = 0 if length[0] >= length[1] else 1
    along = sides[longest] / length[longest]
    east, north = np.round(along, 9)
    if (east, north) < (0.0, 0.0):
        along = -along
    return Axis(box[0], along, np.array([-along[1], along[0]]))


@dataclass(frozen=True, eq=False)
class Edges:
    """The edges of a polygon, its inside to the left."""

    rings: Geometries
    starts: Floats
    ends: Floats

    @classmethod
    def of(cls, polygon: Shape) -> Edges:
        """Return the edges of all rings."""
        rings = shapely.get_rings(shapely.get_parts(shapely.orient_polygons(polygon)))
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        same = ring[1:] == ring[:-1]
        return cls(rings, xy[:-1][same], xy[1:][same])

    def cuts(self, axis: Axis, below: Floats) -> tuple[Floats, Floats]:
        """Return where along an axis these shares of the area end, and how wide the polygon is there."""
        starts, ends = axis.positions(self.starts), axis.positions(self.ends)
        cuts = _snapped(_cuts(starts, ends, below), starts[:, 0])
        return cuts, np.array([abs(_area_before(starts, ends, cut)[1]) for cut in cuts])


def faces_between(polygon: Shape, edges: Edges, axis: Axis, cuts: Floats) -> tuple[Geometries, Floats]:
    """Return the pieces that lines square to an axis leave of a polygon, and how far along each lies.

    Neighbouring pieces have the same vertices along their cut.
    """
    corners = axis.positions(edges.starts)
    low, high = corners[:, 1].min() - 1.0, corners[:, 1].max() + 1.0
    feet = np.column_stack([np.repeat(cuts, 2), np.tile([low, high], len(cuts))])
    lines = shapely.linestrings(axis.points(feet).reshape(-1, 2, 2))
    noded = shapely.union_all(np.concatenate([edges.rings, lines]), grid_size=GRID_M)
    faces = shapely.get_parts(shapely.polygonize([noded]))
    inner = shapely.point_on_surface(faces)
    shapely.prepare(polygon)
    inside: Bools = shapely.contains(polygon, inner)
    return faces[inside], axis.positions(shapely.get_coordinates(inner[inside]))[:, 0]


def merged(faces: Geometries) -> Shape:
    """Return the union of faces that have the same vertices where they touch.

    Where rounding made two of them overlap by less than the lattice is wide, they are noded again.
    """
    try:
        return shapely.coverage_union_all(faces)
    except shapely.GEOSException:
        return shapely.union_all(faces, grid_size=GRID_M)


def joined(pieces: Geometries, part: Ints, whole: shapely.Geometry) -> Geometries:
    """Return parts from the pieces of a polygon, with the same vertices wherever two of them touch.

    Parameters
    ----------
    pieces
        Polygons that fill the whole up to rounding, shape (m,).
    part
        Part of every piece from 0, each with at least one, shape (m,).
    whole
        The polygon that the pieces come from.
    """
    noded = shapely.union_all(shapely.boundary(pieces), grid_size=GRID_M)
    faces = shapely.get_parts(shapely.polygonize([noded]))
    inner = shapely.point_on_surface(faces)
    shapely.prepare(whole)
    inside = shapely.contains(whole, inner)
    of_face = part[shapely.STRtree(pieces).nearest(inner[inside])]
    parts = [merged(faces[inside][of_face == k]) for k in range(int(part.max()) + 1)]
    return np.asarray(parts, dtype=object)


def split_by_shares(polygon: Shape, shares: Floats) -> list[Shape]:
    """Return parts with these shares of the area between parallel lines, in order along the own axis.

    A cut through a concave polygon, or one with holes, may leave a part in several pieces: it is then
    one MultiPolygon.

    Parameters
    ----------
    polygon
        Valid, not empty, in metres.
    shares
        All above 0, together 1, shape (n,).
    """
    if len(shares) == 1:
        return [polygon]
    axis, edges = own_axis(polygon), Edges.of(polygon)
    cuts, _ = edges.cuts(axis, np.cumsum(shares)[:-1])
    faces, position = faces_between(polygon, edges, axis, cuts)
    part = np.searchsorted(cuts, position)
    return [merged(faces[part == k]) for k in range(len(shares))]


def _snapped(cuts: Floats, knots: Floats) -> Floats:
    """Return cuts moved onto vertices that are nearer than the lattice is wide."""
    knots = np.unique(knots)
    right = np.clip(np.searchsorted(knots, cuts), 1, len(knots) - 1)
    nearest = np.where(cuts - knots[right - 1] < knots[right] - cuts, knots[right - 1], knots[right])
    return np.where(np.abs(nearest - cuts) < GRID_M, nearest, cuts)


@njit(cache=True)
def _area_before(starts: Floats, ends: Floats, cut: float) -> tuple[float, float]:
    """Return the signed area where x < cut, and its derivative, plus or minus the width of the polygon there.

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
    """Return the positions with these shares of the area before them, by Newton steps inside a bracket.

    Where a step did not halve what is missing, the bracket is halved instead: between two bends of the
    width Newton steps alone may jump to and fro.
    """
    left = min(starts[:, 0].min(), ends[:, 0].min())
    right = max(starts[:, 0].max(), ends[:, 0].max())
    total = _area_before(starts, ends, right + 1.0)[0]
    cuts = np.empty(len(below))
    for k in range(len(below)):
        target = total * below[k]
        low, high = left, right
        cut = low + (high - low) / (len(below) - k + 1)
        last = np.inf
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
            quick = abs(excess) < last / 2.0 and low < step < high
            cut = step if quick else (low + high) / 2.0
            last = abs(excess)
        cuts[k] = cut
        left = cut
    return cuts
