"""The town of the farm: twelve residential compounds in a street grid, their buildings and stairwells.

The town is laid out in its own axes, east along u and north along v in metres from its centre, and turned
onto the land at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from sample_geo.land import TOWN_ANGLE, TOWN_CENTRE
from sample_geo.shapes import blob

PLAN = (
    (224, (("老街小区", 262), ("锦绣家园", 274), ("农场学校", 250), ("向阳小区", 280), ("职工公园", 262))),
    (236, (("丰收小区", 282), ("幸福小区", 254), ("场部机关", 270), ("晨禾家园", 280), ("绿洲小区", 242))),
    (214, (("农机库", 244), ("和谐小区", 292), ("中心广场", 284), ("金穗花园", 268), ("职工医院", 240))),
    (230, (("粮食加工厂", 260), ("康居小区", 276), ("河畔雅居", 276), ("红砖里", 262), ("粮库", 254))),
)
"""Rows of blocks from the north: height in metres, and names and widths from west to east."""
STREET_M = 24.0
COMPOUNDS = {
    "老街小区": ("low", 37), "锦绣家园": ("slab", 25), "向阳小区": ("slab", 26), "丰收小区": ("slab", 26),
    "幸福小区": ("slab", 20), "晨禾家园": ("tower", 18), "绿洲小区": ("slab", 22), "和谐小区": ("slab", 25),
    "金穗花园": ("slab", 21), "康居小区": ("slab", 23), "河畔雅居": ("tower", 18), "红砖里": ("low", 39),
}  # fmt: skip
Bounds = tuple[float, float, float, float]
"""West, south, east and north of a compound, metres."""
STREETS_EAST = ("文化街", "丰收大街", "团结街")
STREETS_NORTH = ("向阳路", "建设路", "育才路", "粮库路")
COMMUNITIES = ("丰收社区", "朝阳社区")
SETBACK_M = 9.0
STAIRWELL_M = 14.4
"""Length of a slab for each of its stairwells."""


@dataclass(frozen=True)
class Building:
    """One residential building: `stairwells` holds a point in the footprint for each of its stairwells."""

    compound: str
    community: str
    number: int
    kind: str
    floors: int
    households: int
    shape: Polygon
    stairwells: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Town:
    """The town in the metres of the land."""

    buildings: tuple[Building, ...]
    compounds: dict[str, Polygon]
    grounds: dict[str, Polygon]
    """Blocks where nobody lives: school, granary, park and so on."""
    streets: dict[str, LineString]
    community_line: LineString
    """The street that separates the two communities, through the whole town."""


@dataclass(frozen=True)
class _Site:
    kind: str
    floors: int
    n_stairwells: int
    flats: int
    u: float
    v: float
    length: float
    depth: float


def build_town(rng: np.random.Generator) -> Town:
    """Build the town, compounds in reading order and the buildings of a compound in its house numbers."""
    rows = _rows()
    streams = dict(zip(COMPOUNDS, rng.spawn(len(COMPOUNDS)), strict=True))
    buildings: list[Building] = []
    compounds: dict[str, Polygon] = {}
    grounds: dict[str, Polygon] = {}
    for (_, blocks), cells in zip(PLAN, rows, strict=True):
        for column, ((name, _), cell) in enumerate(zip(blocks, cells, strict=True)):
            if name not in COMPOUNDS:
                grounds[name] = _placed(cell)
                continue
            compounds[name] = _placed(cell)
            community = COMMUNITIES[0] if column < 2 else COMMUNITIES[1]
            buildings += _buildings(streams[name], name, community, cell)
    streets, community_line = _streets(rows)
    return Town(tuple(buildings), compounds, grounds, streets, community_line)


def _placed(shape: BaseGeometry) -> BaseGeometry:
    return affinity.translate(
        affinity.rotate(shape, TOWN_ANGLE, origin=(0, 0), use_radians=True), *TOWN_CENTRE
    )


def _rows() -> list[list[Polygon]]:
    """Return the blocks of every row of the plan, with a street between any two."""
    width = sum(width for _, width in PLAN[0][1]) + STREET_M * (len(PLAN[0][1]) - 1)
    north = (sum(height for height, _ in PLAN) + STREET_M * (len(PLAN) - 1)) / 2
    rows = []
    for height, blocks in PLAN:
        west = -width / 2
        cells = []
        for _, width_of_block in blocks:
            cells.append(shapely.box(west, north - height, west + width_of_block, north))
            west += width_of_block + STREET_M
        rows.append(cells)
        north -= height + STREET_M
    return rows


def _streets(rows: list[list[Polygon]]) -> tuple[dict[str, LineString], LineString]:
    """Return the streets: straight from west to east, from north to south with a step at every crossing."""
    half = STREET_M / 2
    u0, v0, u1, v1 = (
        shapely.box(*shapely.total_bounds([cell for cells in rows for cell in cells]))
        .buffer(half, join_style="mitre")
        .bounds
    )
    crossings = [v1, *(cells[0].bounds[1] - half for cells in rows[:-1]), v0]
    streets = {
        name: LineString([(u0, v), (u1, v)]) for name, v in zip(STREETS_EAST, crossings[1:-1], strict=True)
    }
    for column, name in enumerate(STREETS_NORTH):
        turns = [
            (cells[column].bounds[2] + half, v)
            for cells, ends in zip(rows, pairwise(crossings), strict=True)
            for v in ends
        ]
        streets[name] = LineString(turns)
    streets["环城路"] = LineString(shapely.box(u0, v0, u1, v1).exterior.coords)
    middle = rows[0][1].bounds[2] + half
    border = LineString([(middle, v0 - 500), (middle, v1 + 500)])
    return {name: _placed(street) for name, street in streets.items()}, _placed(border)


def _buildings(rng: np.random.Generator, compound: str, community: str, cell: Polygon) -> Iterator[Building]:
    kind, n = COMPOUNDS[compound]
    u0, v0, u1, v1 = cell.buffer(-SETBACK_M, join_style="mitre").bounds
    rows = {"low": _low_rows, "slab": _slab_rows, "tower": _tower_rows}[kind]
    sites = list(rows(rng, (u0, v0, u1, v1)))
    middle = (u0 + u1) / 2 + rng.uniform(-40, 40), (v0 + v1) / 2 + rng.uniform(-30, 30)
    # The sites nearest to the middle stay free: the garden of the compound.
    outward = sorted(sites, key=lambda site: -np.hypot(site.u - middle[0], site.v - middle[1]))[:n]
    for number, site in enumerate(sorted(outward, key=lambda site: (-round(site.v), site.u)), start=1):
        box = shapely.box(
            site.u - site.length / 2,
            site.v - site.depth / 2,
            site.u + site.length / 2,
            site.v + site.depth / 2,
        )
        steps = (np.arange(site.n_stairwells) + 0.5) / site.n_stairwells - 0.5
        doors = [_placed(shapely.Point(site.u + step * site.length, site.v)) for step in steps]
        yield Building(
            compound, community, number, site.kind, site.floors, site.n_stairwells * site.floors * site.flats,
            shapely.set_precision(_placed(_notched(rng, box, site.kind)), 0.01), tuple((door.x, door.y) for door in doors),
        )  # fmt: skip


def _notched(rng: np.random.Generator, box: Polygon, kind: str) -> Polygon:
    """Give towers their cut corners and one slab in three a stepped front."""
    u0, v0, u1, v1 = box.bounds
    if kind == "塔楼":
        corners = [shapely.box(u - 4, v - 4, u + 4, v + 4) for u in (u0, u1) for v in (v0, v1)]
        return box.difference(shapely.union_all(corners))
    if kind == "板楼" and rng.uniform() < 0.33:
        return box.difference(shapely.box(u0 - 1, v0 - 1, u0 + (u1 - u0) / 2, v0 + 2.5))
    return box


def _slab_rows(rng: np.random.Generator, bounds: Bounds) -> Iterator[_Site]:
    floors = int(rng.choice([4, 5, 6], p=[0.2, 0.3, 0.5]))
    yield from _slabs(rng, bounds, floors)


def _slabs(rng: np.random.Generator, bounds: Bounds, floors: int) -> Iterator[_Site]:
    u0, v0, u1, v1 = bounds
    depth = float(rng.uniform(11.5, 13.5))
    n_rows = int((v1 - v0 - depth) // (depth + 3.2 * floors + 4)) + 1
    for v in np.linspace(v0 + depth / 2, v1 - depth / 2, n_rows):
        counts: list[int] = []
        while True:
            n_stairwells = int(rng.choice([2, 3, 4, 5], p=[0.2, 0.4, 0.3, 0.1]))
            if STAIRWELL_M * (sum(counts) + n_stairwells) + 10.0 * len(counts) > u1 - u0:
                break
            counts.append(n_stairwells)
        gap = (u1 - u0 - STAIRWELL_M * sum(counts)) / max(1, len(counts) - 1)
        u = u0
        for n_stairwells in counts:
            length = STAIRWELL_M * n_stairwells
            yield _Site("板楼", floors, n_stairwells, 2, u + length / 2, float(v), length, depth)
            u += length + gap


def _tower_rows(rng: np.random.Generator, bounds: Bounds) -> Iterator[_Site]:
    """Towers in two rows on the north side, where they shade the street, slabs to the south."""
    u0, v0, u1, v1 = bounds
    for v, shift in ((v1 - 14, 0.0), (v1 - 68, 30.0)):
        for u in np.arange(u0 + 15 + shift, u1 - 14, 62.0):
            yield _Site("塔楼", int(rng.choice([11, 15, 18])), 2, 3, float(u), v, 26.0, 24.0)
    yield from _slabs(rng, (u0, v0, u1, v1 - 112), 6)


def _low_rows(rng: np.random.Generator, bounds: Bounds) -> Iterator[_Site]:
    """Rows of brick houses with their yards; here and there one is gone."""
    u0, v0, u1, v1 = bounds
    for v in np.arange(v0 + 6, v1 - 4, 17.5):
        u = u0 + rng.uniform(0, 14)
        while True:
            homes = int(rng.integers(4, 8))
            length = homes * 8.4
            if u + length > u1:
                break
            if rng.uniform() < 0.95:
                yield _Site(
                    "平房",
                    1,
                    1,
                    homes,
                    u + length / 2,
                    float(v + rng.uniform(-1.5, 1.5)),
                    length,
                    float(rng.uniform(6.5, 8)),
                )
            u += length + rng.uniform(7, 18)


def park_pond(rng: np.random.Generator, town: Town) -> Polygon:
    """Return the pond in the workers' park."""
    at = town.grounds["职工公园"].centroid
    return blob(rng, (at.x, at.y), 55, long=1.6)
