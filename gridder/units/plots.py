"""The ground of buildings and their neighbours.

Every building gets the ground that is nearer to it than to any other building: the Voronoi diagram of
the buildings' outlines (a morphological tessellation, Fleischmann et al. 2020,
doi:10.1016/j.compenvurbsys.2019.101441), limited by reach, zone and barriers.
The outlines are sampled, denser where buildings are close (`gridder.units.boundary_points`), and in pairs
of mirrored points where walls all but touch, so that the border is the line between the walls.
The diagram is built in tiles with a halo of twice the reach, which changes nothing within the reach.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from gridder.model import LINK_KINDS, Bools, Floats, Geometries, Ints, UnitGraph
from gridder.progress import Progress, silent
from gridder.units.boundary_points import WALL_M, Pieces, outline_pieces
from gridder.units.voronoi import Voronoi, ground, labelled_voronoi

TILE_POINTS = 100_000
BESIDE_M = 0.02
"""Least distance of mirrored points from the line between the walls."""
FACING = 0.5
"""A wall faces what lies within 60° of its normal."""
LATTICE_M = 2.0**-20
"""Points of one building are the same on this lattice."""
PROBE_M = 1.0
"""How far the line across a border reaches into both buildings."""
LEAST_SHARED_M = 1.0
"""Shorter borders are corners."""
SIDE_SHARE = 0.01
"""A piece of ground under less than this share of the building is not its own."""


@dataclass(frozen=True, eq=False)
class _Town:
    """What limits plots: footprints, zones, barriers as single segments, and the reach."""

    geoms: Geometries
    tree: shapely.STRtree
    zone: Ints
    areas: Geometries
    walls: Geometries
    wall_tree: shapely.STRtree
    reach_m: float


@dataclass(frozen=True, eq=False)
class _Sites:
    """The points of the diagram: `xy (s, 2)`, their building `owner (s,)`, ascending; `first (n + 1,)`."""

    xy: Floats
    owner: Ints
    first: Ints


@dataclass(frozen=True, eq=False)
class _Borders:
    """Pieces of border between the ground of two buildings, a < b, each of shape (m,).

    `middle` is the middle of the piece, shape (m, 2); `path` a line from one building to the other
    across it.
    """

    a: Ints
    b: Ints
    length_m: Floats
    middle: Floats
    path: Geometries


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Length of the border of two buildings in their zone, in all and where no barrier is, a < b."""

    a: Ints
    b: Ints
    total_m: Floats
    open_m: Floats


NO_PAIRS = _Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0))


def build_plots(
    geoms: Geometries,
    *,
    zone: Ints,
    zone_geoms: Sequence[shapely.Geometry] | Geometries,
    barriers: Geometries,
    reach_m: float,
    progress: Progress = silent,
) -> tuple[Geometries, UnitGraph]:
    """Give every building its plot of ground, and find the buildings whose plots share a border.

    Parameters
    ----------
    geoms
        Footprints in local metres, in canonical order, not overlapping, shape (n,).
    zone
        Zone of every building, -1 for none, shape (n,).
    zone_geoms
        Areas of the zones 0, 1, …
    barriers
        Lines, shape (k,).
    reach_m
        How far a plot extends from its footprint, above 0.
    progress
        Told about stage `neighbours`.

    Returns
    -------
    plots
        Shape (n,). A plot contains its footprint and, of the points within `reach_m` of it, in its zone
        and on its side of every barrier, those that are nearer to it than to any other building.
        Plots do not overlap.
    graph
        Links of kind `shared`: `shared_m` is the open length of the border, `gap_m` the distance of the
        footprints. No link runs between zones, nor where barriers separate more than half of the border.
    """
    geoms = shapely.normalize(np.asarray(geoms, dtype=object))
    walls = _segments(np.asarray(barriers, dtype=object))
    town = _Town(
        geoms=geoms,
        tree=shapely.STRtree(geoms),
        zone=zone,
        areas=np.asarray(zone_geoms, dtype=object),
        walls=walls,
        wall_tree=shapely.STRtree(walls),
        reach_m=reach_m,
    )
    shapely.prepare(town.areas)
    sites = _sites(outline_pieces(geoms), len(geoms))
    plots = geoms.copy()
    pairs = [NO_PAIRS]
    done = 0
    for units in _tiles(geoms, np.diff(sites.first)):
        near, box = _near(units, sites, town)
        wanted = np.zeros(len(geoms), dtype=np.bool_)
        wanted[units] = True
        diagram = labelled_voronoi(near.xy, near.owner, wanted, box=box, margin_m=reach_m)
        plots[units] = _limit(ground(diagram, units), units, town)
        pairs.append(_pairs(_dual_borders(diagram, near, wanted, reach_m), town))
        done += len(units)
        progress("neighbours", done / len(geoms))
    return plots, _graph(geoms, pairs)


def _segments(lines: Geometries) -> Geometries:
    """Return every straight piece of the lines."""
    parts = shapely.get_parts(lines)
    xy, line = shapely.get_coordinates(parts, return_index=True)
    within = line[1:] == line[:-1]
    return np.asarray(shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1)[within]), dtype=object)


def _tiles(geoms: Geometries, n_points: Ints) -> Iterator[Ints]:
    """Yield the positions of neighbouring buildings, at most `TILE_POINTS` points at a time, ascending."""
    bounds = shapely.bounds(geoms)
    middle = bounds[:, :2] + bounds[:, 2:]
    waiting = [np.arange(len(geoms))] if len(geoms) else []
    while waiting:
        units = waiting.pop()
        if len(units) == 1 or n_points[units].sum() <= TILE_POINTS:
            yield np.sort(units)
            continue
        axis = int(np.argmax(np.ptp(middle[units], axis=0)))
        along = units[np.lexsort((units, middle[units, axis]))]
        waiting += [along[: len(along) // 2], along[len(along) // 2 :]]


def _sites(pieces: Pieces, n: int) -> _Sites:
    """Choose the points that stand for their building in the diagram.

    Near another building they are the middles of the pieces instead of their starts, which may be corners
    of both; where the piece faces that building they are mirrored.
    """
    alone = pieces.start_gap_m > WALL_M
    middle = (pieces.start + pieces.end) / 2
    across = _across(pieces, middle)
    faces = ~alone & (pieces.middle_gap_m <= WALL_M) & across.any(axis=1)
    half_way = (middle + pieces.foot)[faces] / 2
    beside = across[faces] * np.maximum(pieces.middle_gap_m[faces] / 2, BESIDE_M)[:, None]
    own = np.where(alone[:, None], pieces.start, middle)[~faces]
    xy = np.concatenate([own, half_way - beside, half_way + beside])
    owner = np.concatenate([pieces.owner[~faces], pieces.owner[faces], pieces.facing[faces]])
    xy = np.round(xy / LATTICE_M) * LATTICE_M
    order = np.lexsort((xy[:, 1], xy[:, 0], owner))
    xy, owner = xy[order], owner[order]
    new = np.ones(len(owner), dtype=np.bool_)
    new[1:] = (owner[1:] != owner[:-1]) | (xy[1:] != xy[:-1]).any(axis=1)
    xy, owner = xy[new], owner[new]
    return _Sites(xy, owner, np.searchsorted(owner, np.arange(n + 1)))


def _across(pieces: Pieces, middle: Floats) -> Floats:
    """Return the direction from each piece to the building that it faces, 0 where it faces none."""
    along = pieces.end - pieces.start
    outward = along[:, ::-1] * [1, -1] / np.hypot(*along.T)[:, None]
    apart = pieces.middle_gap_m > BESIDE_M
    across: Floats = outward.copy()
    across[apart] = (pieces.foot - middle)[apart] / pieces.middle_gap_m[apart, None]
    across[(across * outward).sum(axis=1) < FACING] = 0
    return across


def _near(units: Ints, sites: _Sites, town: _Town) -> tuple[_Sites, Floats]:
    """Return the points that matter for the ground of some buildings, and the box round them."""
    bounds = shapely.bounds(town.geoms[units])
    halo = 2 * town.reach_m
    box = np.concatenate([bounds[:, :2].min(axis=0) - halo, bounds[:, 2:].max(axis=0) + halo])
    owners = np.sort(town.tree.query(shapely.box(*box)))
    count = sites.first[owners + 1] - sites.first[owners]
    point = np.arange(count.sum()) + np.repeat(sites.first[owners] - np.cumsum(count) + count, count)
    xy = sites.xy[point]
    inside = (xy >= box[:2]).all(axis=1) & (xy <= box[2:]).all(axis=1)
    return _Sites(xy[inside], np.repeat(owners, count)[inside], sites.first), box


def _limit(grounds: Geometries, units: Ints, town: _Town) -> Geometries:
    """Limit the ground of buildings by reach, other buildings, zones and barriers."""
    footprints = town.geoms[units]
    plots = shapely.intersection(grounds, shapely.buffer(footprints, town.reach_m))
    plots = shapely.union(plots, footprints)
    plots = _without_others(plots, units, town)
    plots = _in_zones(plots, town.zone[units], town)
    plots = _on_own_side(plots, footprints, town)
    plots = _attached(plots, footprints)
    return np.asarray(shapely.union(plots, footprints), dtype=object)


def _without_others(plots: Geometries, units: Ints, town: _Town) -> Geometries:
    """Take the footprints of other buildings out of plots."""
    row, other = town.tree.query(plots, predicate="intersects")
    foreign = other != units[row]
    for i, others in _groups(row[foreign], other[foreign]):
        plots[i] = shapely.difference(plots[i], shapely.union_all(town.geoms[others]))
    return plots


def _in_zones(plots: Geometries, zone: Ints, town: _Town) -> Geometries:
    """Take what lies outside the own zone out of plots; for buildings of no zone, what lies in one."""
    for z in np.unique(zone[zone >= 0]):
        mine = np.flatnonzero(zone == z)
        across = mine[~shapely.contains_properly(town.areas[z], plots[mine])]
        plots[across] = shapely.intersection(plots[across], town.areas[z])
    outside = np.flatnonzero(zone < 0)
    for area in town.areas:
        across = outside[shapely.intersects(area, plots[outside])]
        plots[across] = shapely.difference(plots[across], area)
    return plots


def _on_own_side(plots: Geometries, footprints: Geometries, town: _Town) -> Geometries:
    """Cut plots along barriers and keep the sides on which the building stands."""
    row, wall = town.wall_tree.query(plots, predicate="intersects")
    for i, walls in _groups(row, wall):
        lines = shapely.union(plots[i].boundary, shapely.multilinestrings(town.walls[walls]))
        faces = shapely.get_parts(shapely.polygonize([lines]))
        faces = faces[shapely.intersects(plots[i], shapely.point_on_surface(faces))]
        plots[i] = _under(footprints[i], faces)
    return plots


def _attached(plots: Geometries, footprints: Geometries) -> Geometries:
    """Drop the parts of plots that only other buildings connect with their own."""
    for i in np.flatnonzero(shapely.get_num_geometries(plots) > 1):
        plots[i] = _under(footprints[i], shapely.get_parts(plots[i]))
    return plots


def _under(footprint: shapely.Geometry, parts: Geometries) -> shapely.Geometry:
    """Return the parts on which the building stands."""
    own_m2 = shapely.area(shapely.intersection(parts, footprint))
    return shapely.union_all(parts[own_m2 > SIDE_SHARE * footprint.area])


def _groups(row: Ints, value: Ints) -> Iterator[tuple[int, Ints]]:
    """Yield each row with all its values, both ascending."""
    order = np.lexsort((value, row))
    rows, first = np.unique(row[order], return_index=True)
    stops = np.append(first[1:], len(row))
    for i, start, stop in zip(rows.tolist(), first.tolist(), stops.tolist(), strict=False):
        yield i, value[order[start:stop]]


def _dual_borders(diagram: Voronoi, sites: _Sites, wanted: Bools, reach_m: float) -> _Borders:
    """Return the borders in the diagram within reach, those whose first building is wanted."""
    own = wanted[sites.owner[diagram.site_a]]
    site_a, site_b = diagram.site_a[own], diagram.site_b[own]
    start, end = _within(diagram.start[own], diagram.end[own], sites.xy[site_a], reach_m)
    length = np.hypot(*(end - start).T)
    some = length > 0
    site_a, site_b = site_a[some], site_b[some]
    middle = (start[some] + end[some]) / 2
    return _Borders(
        a=sites.owner[site_a],
        b=sites.owner[site_b],
        length_m=length[some],
        middle=middle,
        path=_paths(sites.xy[site_a], middle, sites.xy[site_b]),
    )


def _paths(site_a: Floats, middle: Floats, site_b: Floats) -> Geometries:
    """Return lines across borders from inside one building by its point to inside the other."""
    path = np.stack([site_a, middle, site_b], axis=1)
    wall = np.hypot(*(middle - site_a).T) <= WALL_M
    for end, site, other in ((0, site_a, site_b), (2, site_b, site_a)):
        inward = np.where(wall[:, None], site - other, site - middle)
        path[:, end] += inward * (PROBE_M / np.hypot(*inward.T))[:, None]
    return np.asarray(shapely.linestrings(path), dtype=object)


def _within(start: Floats, end: Floats, centre: Floats, radius_m: float) -> tuple[Floats, Floats]:
    """Clip line pieces to circles; a piece outside becomes a point."""
    along = end - start
    out = start - centre
    a = np.maximum((along**2).sum(axis=1), np.finfo(float).tiny)
    b = (along * out).sum(axis=1)
    root = np.sqrt(np.maximum(b**2 - a * ((out**2).sum(axis=1) - radius_m**2), 0))
    enter = np.clip((-b - root) / a, 0, 1)[:, None]
    leave = np.clip((-b + root) / a, 0, 1)[:, None]
    return start + enter * along, start + leave * along


def _pairs(borders: _Borders, town: _Town) -> _Pairs:
    """Add up the borders of each two buildings of one zone: in all, and where no barrier is."""
    inside = _inside_zone(borders, town)
    blocked = np.zeros(len(borders.a), dtype=np.bool_)
    blocked[np.unique(town.wall_tree.query(borders.path, predicate="intersects")[0])] = True
    n = len(town.geoms)
    key, pair = np.unique(borders.a[inside] * n + borders.b[inside], return_inverse=True)
    length = borders.length_m[inside]
    return _Pairs(
        a=key // n,
        b=key % n,
        total_m=_sums(pair, length, len(key)),
        open_m=_sums(pair, np.where(blocked[inside], 0.0, length), len(key)),
    )


def _sums(row: Ints, value: Floats, n: int) -> Floats:
    """Return the sum of the values of each row, shape (n,)."""
    return np.bincount(row, value, minlength=n).astype(np.float64)


def _inside_zone(borders: _Borders, town: _Town) -> Bools:
    """Return the borders that lie in the zone of both buildings, shape (m,)."""
    zone = town.zone[borders.a]
    inside: Bools = np.equal(zone, town.zone[borders.b])
    for z, area in enumerate(town.areas):
        tested = np.flatnonzero(inside & ((zone == z) | (zone < 0)))
        within = shapely.contains_xy(area, *borders.middle[tested].T)
        inside[tested] = within == (zone[tested] == z)
    return inside


def _graph(geoms: Geometries, pairs: Sequence[_Pairs]) -> UnitGraph:
    """Link the buildings that share enough open border."""
    a, b, total, free = (
        np.concatenate([getattr(each, name) for each in pairs]) for name in ("a", "b", "total_m", "open_m")
    )
    kept = (total >= LEAST_SHARED_M) & (free >= total / 2)
    a, b, free = a[kept], b[kept], free[kept]
    order = np.lexsort((b, a))
    a, b, free = a[order], b[order], free[order]
    return UnitGraph(
        n=len(geoms),
        a=a,
        b=b,
        kind=np.full(len(a), LINK_KINDS.index("shared"), dtype=np.int8),
        gap_m=shapely.distance(geoms[a], geoms[b]),
        shared_m=free,
    )
