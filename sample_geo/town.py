"""The town of the farm: twelve residential compounds in a street grid, their buildings and stairwells.

The town is laid out in its own axes, east along u and north along v in metres from its centre, and turned
onto the land at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from sample_geo.land import TOWN_ANGLE, TOWN_CENTRE
from sample_geo.shapes import blob

COLUMN_WIDTHS = (318, 336, 350, 336, 318)
ROW_HEIGHTS = (258, 270, 284, 262)
COLUMN_STREETS = (24, 30, 24, 20)
ROW_STREETS = (20, 30, 24)
PLAN = (
    ("老街小区", "锦绣家园", "农场学校", "向阳小区", "职工公园"),
    ("丰收小区", "幸福小区", "场部机关", "晨禾家园", "绿洲小区"),
    ("农机库", "和谐小区", "中心广场", "金穗花园", "职工医院"),
    ("粮食加工厂", "康居小区", "河畔雅居", "红砖里", "粮库"),
)
COMPOUNDS = {
    "老街小区": ("low", 34), "锦绣家园": ("slab", 24), "向阳小区": ("slab", 26),
    "丰收小区": ("slab", 26), "幸福小区": ("slab", 24), "晨禾家园": ("tower", 20), "绿洲小区": ("slab", 24),
    "和谐小区": ("slab", 22), "金穗花园": ("slab", 22),
    "康居小区": ("slab", 26), "河畔雅居": ("tower", 16), "红砖里": ("low", 36),
}  # fmt: skip
STREETS_EAST = ("北环路", "丰收大街", "团结路")
STREETS_NORTH = ("向阳路", "建设路", "育才路", "粮库路")
COMMUNITIES = ("丰收社区", "朝阳社区")
SETBACK_M = 9.0


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
    cells = _cells()
    buildings: list[Building] = []
    compounds: dict[str, Polygon] = {}
    grounds: dict[str, Polygon] = {}
    for row, names in enumerate(PLAN):
        for column, name in enumerate(names):
            cell = cells[row][column]
            if name not in COMPOUNDS:
                grounds[name] = _placed(cell)
                continue
            compounds[name] = _placed(cell)
            community = COMMUNITIES[0] if column < 2 else COMMUNITIES[1]
            buildings += _buildings(rng, name, community, cell)
    streets, community_line = _streets(cells)
    return Town(tuple(buildings), compounds, grounds, streets, community_line)


def _placed(shape: BaseGeometry) -> BaseGeometry:
    return affinity.translate(affinity.rotate(shape, TOWN_ANGLE, origin=(0, 0), use_radians=True), *TOWN_CENTRE)


def _starts(sizes: tuple[int, ...], gaps: tuple[int, ...]) -> np.ndarray:
    steps = np.array(sizes[:-1]) + np.array(gaps)
    return np.concatenate([[0.0], np.cumsum(steps)]) - (sum(sizes) + sum(gaps)) / 2


def _cells() -> list[list[Polygon]]:
    west = _starts(COLUMN_WIDTHS, COLUMN_STREETS)
    north = -_starts(ROW_HEIGHTS, ROW_STREETS)
    return [
        [shapely.box(u, v - height, u + width, v) for u, width in zip(west, COLUMN_WIDTHS, strict=True)]
        for v, height in zip(north, ROW_HEIGHTS, strict=True)
    ]


def _streets(cells: list[list[Polygon]]) -> tuple[dict[str, LineString], LineString]:
    u0, v0, u1, v1 = shapely.total_bounds([cell for row in cells for cell in row])
    streets = {}
    for name, above, below in zip(STREETS_EAST, cells, cells[1:], strict=False):
        v = (above[0].bounds[1] + below[0].bounds[3]) / 2
        streets[name] = _placed(LineString([(u0 - 12, v), (u1 + 12, v)]))
    middles = [(left.bounds[2] + right.bounds[0]) / 2 for left, right in zip(cells[0], cells[0][1:], strict=False)]
    for name, u in zip(STREETS_NORTH, middles, strict=True):
        streets[name] = _placed(LineString([(u, v0 - 12), (u, v1 + 12)]))
    ring = shapely.box(u0 - 12, v0 - 12, u1 + 12, v1 + 12).exterior
    streets["环城路"] = _placed(LineString(ring.coords))
    return streets, _placed(LineString([(middles[1], v0 - 500), (middles[1], v1 + 500)]))


def _buildings(rng: np.random.Generator, compound: str, community: str, cell: Polygon) -> Iterator[Building]:
    kind, n = COMPOUNDS[compound]
    u0, v0, u1, v1 = cell.buffer(-SETBACK_M, join_style="mitre").bounds
    rows = {"low": _low_rows, "slab": _slab_rows, "tower": _tower_rows}[kind]
    sites = list(rows(rng, u0, v0, u1, v1))
    middle = (u0 + u1) / 2 + rng.uniform(-40, 40), (v0 + v1) / 2 + rng.uniform(-30, 30)
    # The sites nearest to the middle stay free: the garden of the compound.
    outward = sorted(sites, key=lambda site: -np.hypot(site.u - middle[0], site.v - middle[1]))[:n]
    for number, site in enumerate(sorted(outward, key=lambda site: (-round(site.v), site.u)), start=1):
        box = shapely.box(site.u - site.length / 2, site.v - site.depth / 2, site.u + site.length / 2, site.v + site.depth / 2)
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


def _slab_rows(rng: np.random.Generator, u0: float, v0: float, u1: float, v1: float) -> Iterator[_Site]:
    floors = int(rng.choice([4, 5, 6], p=[0.2, 0.3, 0.5]))
    yield from _slabs(rng, u0, v0, u1, v1, floors)


def _slabs(rng: np.random.Generator, u0: float, v0: float, u1: float, v1: float, floors: int) -> Iterator[_Site]:
    depth = float(rng.uniform(11.5, 13.5))
    n_rows = int((v1 - v0 - depth) // (depth + 3.2 * floors + 4)) + 1
    for v in np.linspace(v0 + depth / 2, v1 - depth / 2, n_rows):
        u = u0 + rng.uniform(0, 8)
        while True:
            n_stairwells = int(rng.choice([2, 3, 4, 5], p=[0.2, 0.4, 0.3, 0.1]))
            length = n_stairwells * 14.4
            if u + length > u1:
                break
            yield _Site("板楼", floors, n_stairwells, 2, u + length / 2, float(v), length, depth)
            u += length + rng.uniform(9, 15)


def _tower_rows(rng: np.random.Generator, u0: float, v0: float, u1: float, v1: float) -> Iterator[_Site]:
    """Towers in two rows on the north side, where they shade the street, slabs to the south."""
    for v, shift in ((v1 - 14, 0.0), (v1 - 68, 30.0)):
        for u in np.arange(u0 + 15 + shift, u1 - 14, 62.0):
            yield _Site("塔楼", int(rng.choice([11, 15, 18])), 2, 3, float(u), v, 26.0, 24.0)
    yield from _slabs(rng, u0, v0, u1, v1 - 112, 6)


def _low_rows(rng: np.random.Generator, u0: float, v0: float, u1: float, v1: float) -> Iterator[_Site]:
    """Rows of brick houses with their yards; here and there one is gone."""
    for v in np.arange(v0 + 6, v1 - 4, 24.0):
        u = u0 + rng.uniform(0, 14)
        while True:
            homes = int(rng.integers(4, 8))
            length = homes * 8.4
            if u + length > u1:
                break
            if rng.uniform() < 0.9:
                yield _Site("平房", 1, 1, homes, u + length / 2, float(v + rng.uniform(-2, 2)), length, float(rng.uniform(6.5, 8)))
            u += length + rng.uniform(7, 18)


def park_pond(rng: np.random.Generator, town: Town) -> Polygon:
    """Return the pond in the workers' park."""
    at = town.grounds["职工公园"].centroid
    return blob(rng, (at.x, at.y), 55, long=1.6)
