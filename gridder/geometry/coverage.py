"""Duplicates and overlaps of units resolved, so that every place belongs to one unit.

Units that overlap are laid over each other: their edges are noded on a lattice and polygonised to
faces, and every face goes to the strongest of the units that cover it.
Slivers that are cut off go on to the unit on the other side of their longest border.
Each square metre that changes hands is recorded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gridder.geometry.keys import lower_left, millimetre_keys
from gridder.geometry.noding import faces_of, first_of, united
from gridder.model import Bools, Floats, Geometries, Ints

GRID_M = 2.0**-10
"""Edges of overlapping units are noded on a lattice of this width, about a millimetre.

Coordinates that are multiples of 1/64 m lie on it and do not move.
"""
DEPTH_M = 0.01
"""An overlap counts when a circle of this diameter fits in it."""
SLIVER_M2 = 1.0
SLIVER_WIDTH_M = 1.0
"""A piece that is left of a unit is a sliver when its area or its mean width, 2A/P, is below these,
and below half of what the unit had."""


@dataclass(frozen=True, eq=False)
class Coverage:
    """Units without overlaps, and what was done to get there. Positions are those of the input.

    Attributes
    ----------
    kept
        Positions of the units that stay, ascending, shape (k,).
    geoms
        Their valid polygons or multipolygons, shape (k,).
    holder
        Of every unit that was dropped the position of one that stays and has the most of its ground;
        of every other unit its own position, shape (n,).
    duplicates
        Positions of units that were dropped because an earlier one has the same shape.
    swallowed
        Positions of units that were dropped because others took all of their ground but slivers.
    giver, taker
        Units between which ground changed hands, sorted, shape (m,); duplicates not among them.
    m2
        Square metres that changed hands, shape (m,).
    sliver
        True where the ground was a sliver that the taker had not covered before, shape (m,).
    """

    kept: Ints
    geoms: Geometries
    holder: Ints
    duplicates: Ints
    swallowed: Ints
    giver: Ints
    taker: Ints
    m2: Floats
    sliver: Bools

    def __repr__(self) -> str:
        """Show the counts."""
        return f"Coverage({len(self.kept)} of {len(self.holder)} units, {len(self.giver)} transfers)"


@dataclass(frozen=True, eq=False)
class _Pieces:
    """Polygons that do not overlap and have the same vertices along common borders."""

    polygon: Geometries
    owner: Ints


@dataclass(frozen=True, eq=False)
class _Transfers:
    """Ground that changed hands: no pair twice, sorted by giver and taker."""

    giver: Ints
    taker: Ints
    m2: Floats


def resolve(geometries: Geometries, *, priority: Ints | Floats | None = None) -> Coverage:
    """Return the units without duplicates and overlaps.

    Of units with the same shape in whole millimetres the first stays.
    Ground that several units cover goes to the one with the greatest `priority`, then to the smallest
    by its original area, then to the first.
    What is left of a unit as slivers (`SLIVER_M2`, `SLIVER_WIDTH_M`) goes to the taker with which it
    has the longest common border; a unit of which nothing else is left is dropped.
    The union of all units stays the same to `GRID_M`. Overlaps less deep than `DEPTH_M` are left alone,
    and so is a unit that overlaps with none.

    Parameters
    ----------
    geometries
        Valid polygons or multipolygons in metres, in canonical order, shape (n,).
    priority
        The greater wins (a date as a number), shape (n,); NaN loses against every number.

    Returns
    -------
    Coverage
        The units that stay, in the same order.
    """
    n = len(geometries)
    holder = _first_of_same(geometries)
    single = np.flatnonzero(holder == np.arange(n))
    duplicates = np.flatnonzero(holder != np.arange(n))
    resolved = geometries.copy()

    overlapping = single[_overlap_another(geometries[single])]
    area = np.round(_areas(geometries[overlapping]), 4)
    rank = area if priority is None else -np.asarray(priority, dtype=np.float64)[overlapping]
    units = overlapping[np.lexsort((overlapping, area, rank))]

    pieces, overlaps = _lay_over(geometries[units])
    sliver = _slivers(pieces, geometries[units], overlaps)
    heir = _heirs(pieces, sliver, overlaps, len(units))
    final = _pass_on(pieces, sliver, heir, overlaps)
    moved = _transfers(pieces.owner, final.owner, _areas(pieces.polygon))
    owners, grounds = united(final.polygon, final.owner)
    resolved[units[owners]] = grounds

    holder[units] = units[heir]
    holder = holder[holder]
    kept = np.flatnonzero(holder == np.arange(n))
    giver = units[np.concatenate([overlaps.giver, moved.giver])]
    taker = units[np.concatenate([overlaps.taker, moved.taker])]
    was_sliver = np.repeat([False, True], [len(overlaps.giver), len(moved.giver)])
    order = np.lexsort((was_sliver, taker, giver))
    return Coverage(
        kept=kept,
        geoms=resolved[kept],
        holder=holder,
        duplicates=duplicates,
        swallowed=np.setdiff1d(np.flatnonzero(holder != np.arange(n)), duplicates),
        giver=giver[order],
        taker=taker[order],
        m2=np.concatenate([overlaps.m2, moved.m2])[order],
        sliver=was_sliver[order],
    )


def _first_of_same(geometries: Geometries) -> Ints:
    """Return the position of the first unit with the same shape, its own if there is none before."""
    first: dict[bytes, int] = {}
    keys = millimetre_keys(geometries, lower_left(geometries))
    return np.array([first.setdefault(key, i) for i, key in enumerate(keys)], dtype=np.int64)


def _overlap_another(geometries: Geometries) -> Ints:
    """Return the positions of all units that overlap another deeper than `DEPTH_M`, ascending."""
    a, b = shapely.STRtree(geometries).query(geometries, predicate="intersects")
    a, b = a[a < b], b[a < b]
    common = shapely.intersection(geometries[a], geometries[b])
    area, perimeter = shapely.area(common), shapely.length(common)
    # The largest circle in a polygon has at least the radius A/P, so only narrow ones need a look.
    deep = area > perimeter * DEPTH_M / 2
    narrow = ~deep & (area > np.pi * DEPTH_M**2 / 4)
    deep[narrow] = ~shapely.is_empty(shapely.buffer(common[narrow], -DEPTH_M / 2))
    return np.unique(np.concatenate([a[deep], b[deep]]))


def _lay_over(units: Geometries) -> tuple[_Pieces, _Transfers]:
    """Return the ground of every unit, in connected pieces, and what the weaker had to give.

    Units are ordered from the strongest to the weakest.
    """
    faces, unit, face = faces_of(units, grid_m=GRID_M)
    owner = first_of(unit, face, n_areas=len(units), n_faces=len(faces))
    covered = owner < len(units)
    overlaps = _transfers(unit, owner[face], _areas(faces)[face])
    owners, grounds = united(faces[covered], owner[covered])
    polygons, of = shapely.get_parts(grounds, return_index=True)
    return _Pieces(polygons, owners[of]), overlaps


def _transfers(before: Ints, after: Ints, m2: Floats) -> _Transfers:
    """Return what changed hands, summed by giver and taker."""
    changed = before != after
    pairs, pair = np.unique(np.column_stack([before, after])[changed], axis=0, return_inverse=True)
    total = np.asarray(np.bincount(pair, weights=m2[changed]), dtype=np.float64)
    return _Transfers(pairs[:, 0], pairs[:, 1], total)


def _slivers(pieces: _Pieces, units: Geometries, overlaps: _Transfers) -> Bools:
    """Return which pieces are slivers left of units that had to give ground."""
    area, width = _area_and_width(pieces.polygon)
    least_area, least_width = (
        np.minimum(limit, had / 2)
        for limit, had in zip((SLIVER_M2, SLIVER_WIDTH_M), _area_and_width(units), strict=True)
    )
    small = (area < least_area[pieces.owner]) | (width < least_width[pieces.owner])
    return small & np.isin(pieces.owner, overlaps.giver)


def _areas(polygons: Geometries) -> Floats:
    return np.asarray(shapely.area(polygons), dtype=np.float64)


def _area_and_width(polygons: Geometries) -> tuple[Floats, Floats]:
    area = _areas(polygons)
    return area, 2.0 * area / shapely.length(polygons)


def _heirs(pieces: _Pieces, sliver: Bools, overlaps: _Transfers, n_units: int) -> Ints:
    """Return for every unit itself, or where only slivers are left the main taker that has more."""
    heir = np.arange(n_units)
    gone = np.setdiff1d(heir, pieces.owner[~sliver])
    by_giver = np.lexsort((overlaps.taker, -overlaps.m2, overlaps.giver))
    givers, first = np.unique(overlaps.giver[by_giver], return_index=True)
    main_taker = dict(zip(givers.tolist(), overlaps.taker[by_giver][first].tolist(), strict=True))
    for unit in gone.tolist():  # a taker is stronger than its giver, so it comes first
        heir[unit] = heir[main_taker[unit]]
    return heir


def _pass_on(pieces: _Pieces, sliver: Bools, heir: Ints, overlaps: _Transfers) -> _Pieces:
    """Give slivers to the taker with the longest common border, else to the heir."""
    slivers, sound = np.flatnonzero(sliver), np.flatnonzero(~sliver)
    s, t = shapely.STRtree(pieces.polygon[sound]).query(pieces.polygon[slivers], predicate="intersects")
    s, t = slivers[s], sound[t]
    pairs = {*zip(overlaps.giver.tolist(), overlaps.taker.tolist(), strict=True)}
    owners = zip(pieces.owner[s].tolist(), pieces.owner[t].tolist(), strict=True)
    took = np.array([pair in pairs for pair in owners], dtype=np.bool_)
    s, t = s[took], t[took]
    border = shapely.length(
        shapely.intersection(shapely.boundary(pieces.polygon[s]), shapely.boundary(pieces.polygon[t]))
    )
    s, t, border = s[border > 0.0], t[border > 0.0], border[border > 0.0]
    longest_first = np.lexsort((pieces.owner[t], -border, s))
    passed, first = np.unique(s[longest_first], return_index=True)
    owner = heir[pieces.owner]
    owner[passed] = pieces.owner[t[longest_first][first]]
    return _Pieces(pieces.polygon, owner)
