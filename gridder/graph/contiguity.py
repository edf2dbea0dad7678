"""Neighbours of fields: which face each other across ditches, tracks and lanes, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
import shapely

from gridder.geometry.lines import segments
from gridder.graph.barriers import findable
from gridder.graph.kernels import EVERYWHERE, OVERLAP_M, cut_up, in_buckets, look_across
from gridder.model import LINK_KINDS, Bools, Floats, Geometries, Ints, UnitGraph
from gridder.progress import Progress, silent

STEP_M = 5.0
"""Boundaries look every so many metres: facing lengths are then within 1 % of those of 1 m, in the median."""
TOUCHING_M = 0.1
"""Units nearer than this touch."""
FACING_M = 10.0
FACING_SHARE = 1 / 20
"""Neighbours face each other on 10 m, or on this share of the shorter perimeter where that is less."""
TOUCHING_LENGTH_M = 2.0
"""Units that touch on so much are neighbours, however large they are."""
NARROWEST_GAP_M, WIDEST_GAP_M = 5.0, 30.0
GAP_QUANTILE = 0.9
TILE_UNITS = 5_000
GAP_TILES = 8
"""A gap is chosen from no more tiles than this."""
NO_LINES: Geometries = np.empty(0, dtype=object)


@dataclass(frozen=True, eq=False)
class _Views:
    """What pieces or stretches of boundary see: one row each, shape (m,).

    `cut_m` and `touching_m` are the parts of `length_m` from which a barrier is met on the way, and on
    which the two touch.
    """

    unit: Ints
    faced: Ints
    length_m: Floats
    distance_m: Floats
    cut_m: Floats
    touching_m: Floats

    def pick(self, which: Bools) -> _Views:
        """Return some of the rows."""
        return _Views(*(getattr(self, column.name)[which] for column in fields(self)))

    def stretches(self) -> _Views:
        """Join successive rows of one unit that see the same unit."""
        changes = (self.unit[1:] != self.unit[:-1]) | (self.faced[1:] != self.faced[:-1])
        first = np.flatnonzero(np.concatenate([np.ones(min(len(self.unit), 1), dtype=bool), changes]))
        return _Views(
            self.unit[first],
            self.faced[first],
            np.add.reduceat(self.length_m, first),
            np.minimum.reduceat(self.distance_m, first),
            np.add.reduceat(self.cut_m, first),
            np.add.reduceat(self.touching_m, first),
        )


def field_neighbours(
    geoms: Geometries,
    *,
    zone: Ints,
    gap_m: float,
    barriers: Geometries,
    progress: Progress = silent,
) -> UnitGraph:
    """Find the units that face each other.

    Every boundary is cut into pieces of at most 5 m. From its middle a piece faces the nearest point of
    another unit within `gap_m` that lies in front of it, on an edge that runs against its own within
    45°. So a corner that is only touched is not faced, and a T-junction is split where it is; units that
    overlap by up to 1 m touch. The facing length of two units is the mean of what each sees of the other.

    Two units are linked

    - when they are in one zone and see each other (no third unit of any zone is in between),
    - when they face each other on at least 10 m, or 1/20 of the shorter of their perimeters where that
      is less (a lot of 7 m by 25 m has neighbours behind it), or touch on at least 2 m,
    - unless more than half of the facing length is cut by barriers: by one that touches the way from a
      piece to what it faces, made 1 m longer at both ends.

    Parameters
    ----------
    geoms
        Valid polygons or multipolygons in local metres, in canonical order, overlaps resolved; shape (n,).
    zone
        Zone of each unit, shape (n,); -1 is a zone too.
    gap_m
        How wide a ditch, track or lane between neighbours may be, metres.
    barriers
        Lines in local metres, shape (k,).
    progress
        Told the share of the stage `neighbours`.

    Returns
    -------
    UnitGraph
        Kind `shared` for units nearer than 0.1 m, else `gap`; `gap_m` is their distance and `shared_m`
        the part of the facing length that no barrier cuts, both in whole millimetres.

    Notes
    -----
    Sampling sees a length to about a piece at each of its ends. Work goes in tiles of at most 5 000
    units, so memory does not grow with the map.
    """
    tiles = _tiles(_extent(geoms)[0])
    found = []
    for done, views in enumerate(_looks(geoms, tiles, gap_m, barriers)):
        progress("neighbours", done / len(tiles))
        found.append(views.pick(zone[views.unit] == zone[views.faced]).stretches())
    progress("neighbours", 1.0)
    return _graph(geoms, _stacked(found))


def choose_gap_m(geoms: Geometries) -> float:
    """Choose how wide a gap between neighbours may be, from the gaps that there are.

    Of all the length on which units face each other across 0.1 m to 30 m of open ground, 90 % is across
    no more than the gap returned: ditches, tracks and lanes that are common are in, a few wide openings
    are not. A map without such gaps gets 5 m.

    Parameters
    ----------
    geoms
        Polygons in local metres, in canonical order, shape (n,). Of more than some 40 000 units, eight
        parts of the map spread over it are looked at.

    Returns
    -------
    float
        Whole metres, 5 to 30.
    """
    tiles = _tiles(_extent(geoms)[0])
    chosen = np.unique(np.linspace(0, len(tiles) - 1, GAP_TILES).round().astype(np.int64))
    views = _stacked(list(_looks(geoms, [tiles[i] for i in chosen], WIDEST_GAP_M, NO_LINES)))
    views = views.pick(views.touching_m == 0)
    if len(views.unit) == 0:
        return NARROWEST_GAP_M
    gap_m = np.quantile(views.distance_m, GAP_QUANTILE, weights=views.length_m, method="inverted_cdf")
    return float(np.clip(np.ceil(np.round(gap_m, 3)), NARROWEST_GAP_M, WIDEST_GAP_M))


def _graph(geoms: Geometries, views: _Views) -> UnitGraph:
    """Sum up what units see of each other and keep the links."""
    n = len(geoms)
    low, high = np.minimum(views.unit, views.faced), np.maximum(views.unit, views.faced)
    pairs, row = np.unique(low * n + high, return_inverse=True)
    a, b = pairs // n, pairs % n
    facing_m, cut_m, touching_m = (
        np.round(np.bincount(row, lengths, minlength=len(pairs)) / 2, 3)
        for lengths in (views.length_m, views.cut_m, views.touching_m)
    )
    perimeter_m = shapely.length(geoms)
    enough_m = np.minimum(FACING_M, FACING_SHARE * np.minimum(perimeter_m[a], perimeter_m[b]))
    linked = ((facing_m >= enough_m) | (touching_m >= TOUCHING_LENGTH_M)) & (cut_m <= facing_m / 2)
    a, b, open_m = a[linked], b[linked], (facing_m - cut_m)[linked]
    distance_m = np.round(shapely.distance(geoms[a], geoms[b]), 3)
    kind = np.where(distance_m < TOUCHING_M, LINK_KINDS.index("shared"), LINK_KINDS.index("gap")).astype(
        np.int8
    )
    return UnitGraph(n, a, b, kind, distance_m, open_m)


def _looks(geoms: Geometries, tiles: list[Floats], reach_m: float, barriers: Geometries) -> Iterator[_Views]:
    """Yield what boundaries see from inside each tile.

    Everything is measured from a whole metre near the units, so that a map moved by whole metres gives
    the same numbers.
    """
    bounds, origin = _extent(geoms)
    obstacles = findable(barriers, origin, reach_m / 2 + OVERLAP_M)
    halo = (reach_m + STEP_M) * np.array([[-1.0], [1.0]])
    for tile in tiles:
        box = tile + halo
        near = np.flatnonzero(((bounds[:, :2] <= box[1]) & (bounds[:, 2:] >= box[0])).all(axis=1))
        begin, end, position = _sides(geoms[near])
        pieces = cut_up(begin - origin, end - origin, near[position], STEP_M, box)
        sides = in_buckets(pieces, reach_m + STEP_M / 2)
        faced, distance_m, cut = look_across(sides, tile, reach_m, obstacles)
        length_m = 2 * pieces.half
        yield _Views(
            pieces.owner, faced, length_m, distance_m, length_m * cut, length_m * (distance_m < TOUCHING_M)
        ).pick(faced >= 0)


def _stacked(views: list[_Views]) -> _Views:
    return _Views(
        *(np.concatenate([getattr(view, column.name) for view in views]) for column in fields(_Views))
    )


def _extent(geoms: Geometries) -> tuple[Floats, Floats]:
    """Return the bounds of units measured from a whole metre below their lower-left corner, and that."""
    bounds = shapely.bounds(geoms)
    origin = np.floor(bounds[:, :2].min(axis=0, initial=np.inf))
    return bounds - np.tile(origin, 2), origin


def _sides(geoms: Geometries) -> tuple[Floats, Floats, Ints]:
    """Return the segments of all rings, the inside on their left, and the position of their unit."""
    parts, unit = shapely.get_parts(shapely.orient_polygons(geoms), return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    begin, end, ring = segments(rings)
    return begin, end, unit[part[ring]]


def _tiles(bounds: Floats) -> list[Floats]:
    """Halve the plane until no tile holds the centres of more than `TILE_UNITS` units.

    Returns
    -------
    list of Floats
        Lower-left and upper-right corner of each tile, shape (2, 2).
    """
    waiting = [(EVERYWHERE, (bounds[:, :2] + bounds[:, 2:]) / 2)]
    tiles = []
    while waiting:
        tile, centres = waiting.pop()
        if len(centres) <= TILE_UNITS:
            tiles.append(tile)
            continue
        axis = int(np.argmax(np.ptp(centres, axis=0)))
        middle = np.median(centres[:, axis])
        left = centres[:, axis] < middle
        if not left.any():
            tiles.append(tile)
            continue
        lower, upper = tile.copy(), tile.copy()
        lower[1, axis] = upper[0, axis] = middle
        waiting += [(upper, centres[~left]), (lower, centres[left])]
    return tiles
