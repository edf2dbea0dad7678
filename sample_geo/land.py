"""The land of the farm: river, highway, canals, woods, villages, and the fields between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import polygonize, unary_union

from sample_geo.shapes import (
    blob,
    curve,
    cut_by_lines,
    level_line,
    long_axis,
    main_part,
    meander,
    opened,
    polygons,
    stations,
    trimmed,
    turned,
    uneven_shares,
    wavy,
)

OUTLINE = (
    (350, 2300), (-150, 4100), (100, 6900), (-350, 7900), (750, 9700), (150, 11500), (900, 12900), (2600, 12650), (2700, 13250),
    (6300, 13050), (6500, 12500), (9400, 12750), (9500, 13300), (13900, 13500), (14000, 13050), (17600, 12500), (18300, 12650), (19300, 11300),
    (19150, 10300), (20350, 9900), (20000, 7700), (20500, 5800), (19700, 3300), (18900, 3050), (18500, 1300),
    (16300, 700), (14200, 1250), (12700, 450), (9900, 750), (9700, 250), (6700, 100), (5300, 900), (3300, 550), (2100, 1500),
)  # fmt: skip
RIVER = ((-600, 3600), (20900, 6100))
HIGHWAY = (
    (900, 13900),
    (3300, 11100),
    (7300, 9100),
    (10800, 7300),
    (13600, 4300),
    (15400, 1700),
    (16000, -300),
)
TOWN_CENTRE = (9950, 9350)
TOWN_HALF = (790, 560)
TOWN_ANGLE = math.radians(6.0)
VILLAGES = {
    "第三作业站": (3300, 8500), "第七作业站": (5000, 1900), "第十一作业站": (13600, 11700),
    "第十五作业站": (17300, 8000), "第二十作业站": (16700, 3300), "第二十三作业站": (10600, 2900),
}  # fmt: skip
FOREST = (17000, 11700)
CLEARING = shapely.box(16810, 11590, 17190, 11830)
AREA_LINES = (
    ((7200, 13900), (7550, 10500), (7700, 6900), (7650, 3500), (7750, -200)),
    ((15700, 13900), (15300, 10800), (15200, 7900), (15000, 2300)),
)
CANALS = {
    "总干渠": ((-800, 7300), (3000, 6850), (6500, 7250), (9400, 6650), (12800, 8350), (16500, 8800), (21000, 9500)),
    "南干渠": ((-400, 1900), (4200, 2750), (8200, 1900), (12400, 2350), (15300, 2350), (20800, 3300)),
    "一支渠": ((2800, 6850), (2300, 10100), (2500, 13600)),
    "二支渠": ((5400, 7100), (5100, 4300)),
    "三支渠": ((12500, 8200), (12250, 10600), (11900, 13500)),
    "四支渠": ((18300, 9050), (18100, 12800)),
    "五支渠": ((11100, 7400), (11220, 5350)),
    "六支渠": ((17900, 9000), (18200, 5500)),
}  # fmt: skip
ROADS = (
    ((-300, 9900), (4000, 10350), (7500, 10600)),
    ((4800, 7150), (4900, 13400)),
    ((7500, 10900), (12200, 10900), (15400, 10750), (20400, 10700)),
    ((9700, 13100), (9500, 10800)),
    ((2500, 6900), (2300, 3600)),
    ((14100, 8600), (13700, 5600)),
    ((-400, 5300), (2300, 5450), (5200, 5600), (7700, 5400)),
    ((15200, 7100), (20600, 7500)),
    ((5800, 4600), (5900, 300)),
    ((12000, 4400), (11700, 800)),
    ((9900, 4300), (9800, 700)),
    ((17800, 5500), (17600, 1400)),
    ((2400, 3600), (2600, 1400)),
    ((10000, 8800), (9860, 7500)),
    ((9180, 9270), (7450, 9080)),
    ((10730, 9430), (12500, 9620)),
)
GAP_M = {"highway": 44.0, "canal": 18.0, "branch": 12.0, "road": 14.0, "dyke": 12.0}
Bools = npt.NDArray[np.bool_]
_Lane = tuple[LineString, float]
"""The middle of a lane between blocks, and its width in metres."""
CROPS = ("水稻", "玉米", "大豆", "小麦")


@dataclass(frozen=True)
class Field:
    """One field: its land, crop and management area (0, 1, 2), and the block that it lies in."""

    shape: Polygon
    crop: str
    area: int
    block: int


@dataclass(frozen=True)
class Land:
    """The farm in metres from its own origin."""

    outline: Polygon
    town: Polygon
    areas: tuple[Polygon, ...]
    river: Polygon
    river_line: LineString
    highway: LineString
    canals: dict[str, LineString]
    roads: tuple[LineString, ...]
    tracks: tuple[LineString, ...]
    windbreaks: tuple[LineString, ...]
    ponds: tuple[Polygon, ...]
    woods: tuple[Polygon, ...]
    villages: dict[str, Polygon]
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class _Block:
    shape: Polygon
    angle: float
    paddy: bool
    old: bool


def build_land(rng: np.random.Generator) -> Land:
    """Build the whole landscape, the fields in reading order of their blocks."""
    outline = Polygon(wavy(rng, [*OUTLINE, OUTLINE[0]]))
    line = meander(rng, *RIVER, loop_m=2300, swing=1.15)
    river = unary_union(
        [Point(xy).buffer(r) for xy, r in zip(line.coords, _widths(rng, len(line.coords)), strict=True)]
    )
    river = unary_union([river, line.buffer(26)]).simplify(1.5).intersection(outline)
    highway = curve(HIGHWAY)
    dyke = line.buffer(1100).buffer(-860).simplify(15).exterior
    area_lines = [curve(points) for points in AREA_LINES]
    canals = {name: curve(points) for name, points in CANALS.items()}
    network = [dyke, highway, *area_lines, *canals.values()]
    canals = {
        name: trimmed(canal, [other for other in network if other is not canal], stub_m=500)
        for name, canal in canals.items()
    }
    roads = [trimmed(curve(points), network, stub_m=500) for points in ROADS]
    town = turned_box(TOWN_CENTRE, TOWN_HALF, TOWN_ANGLE)
    villages = {
        name: turned_box(at, (rng.uniform(170, 260), rng.uniform(120, 180)), rng.uniform(-0.3, 0.3))
        for name, at in VILLAGES.items()
    }
    ponds = _ponds(rng, line, river)
    woods = _woods(rng, line)
    areas = _areas(outline, area_lines, line)

    commons = [
        blob(rng, at, rng.uniform(480, 680), rough=0.15, long=rng.uniform(1.3, 2.2)).simplify(60)
        for at in VILLAGES.values()
    ]
    gaps: list[tuple[BaseGeometry, float]] = [(highway, GAP_M["highway"]), (dyke, GAP_M["dyke"])]
    gaps += [(canal, GAP_M["canal" if name.endswith("干渠") else "branch"]) for name, canal in canals.items()]
    gaps += [(road, GAP_M["road"]) for road in [*roads, *area_lines]]
    gaps += [(common.exterior, 8.0) for common in commons]
    lanes = unary_union([shape.buffer(gap / 2) for shape, gap in gaps])
    taken = unary_union([
        lanes, river.buffer(22), town.buffer(25), *(v.buffer(15) for v in villages.values()),
        *(p.buffer(10) for p in ponds), *(w.buffer(5) for w in woods),
    ])  # fmt: skip
    sectors = [sector for sector in opened(outline.difference(taken), 25) if sector.area > 30_000]
    blocks, lanes_within = _blocks(rng, sectors, unary_union([Polygon(dyke), *commons]))
    return Land(
        outline=outline,
        town=town,
        areas=areas,
        river=river,
        river_line=line.intersection(outline),
        highway=highway.intersection(outline),
        canals={name: canal.intersection(outline) for name, canal in canals.items()},
        roads=tuple(road.intersection(outline) for road in [*roads, *area_lines]),
        tracks=tuple(lane for lane, gap in lanes_within if gap <= 10),
        windbreaks=tuple(lane for lane, gap in lanes_within if gap > 10),
        ponds=ponds,
        woods=woods,
        villages=villages,
        fields=_fields(rng, blocks, areas),
    )


def turned_box(centre: tuple[float, float], half: tuple[float, float], radians: float) -> Polygon:
    """Return a rectangle turned about its centre."""
    box = shapely.affinity.rotate(
        shapely.box(-half[0], -half[1], half[0], half[1]), radians, use_radians=True
    )
    return shapely.affinity.translate(box, *centre)


def _widths(rng: np.random.Generator, n: int) -> np.ndarray:
    knots = rng.uniform(24, 46, n // 25 + 2)
    return np.interp(np.arange(n) / 25, np.arange(len(knots)), knots)


def _ponds(rng: np.random.Generator, river_line: LineString, river: Polygon) -> tuple[Polygon, ...]:
    ponds = [
        blob(rng, at, r)
        for at, r in (
            ((1500, 8000), 210),
            ((6400, 11700), 160),
            ((19000, 8600), 240),
            ((9100, 1600), 130),
            ((13100, 9700), 150),
            ((4100, 9500), 90),
        )
    ]
    for share in (0.17, 0.36, 0.58, 0.83):
        at = river_line.interpolate(share, normalized=True)
        side = rng.choice([-1.0, 1.0]) * rng.uniform(230, 300)
        angle = np.linspace(0.2, rng.uniform(3.6, 4.6), 14) + rng.uniform(0, 6)
        arc = LineString(np.column_stack([at.x + 130 * np.cos(angle), at.y + side + 130 * np.sin(angle)]))
        ponds.append(main_part(arc.buffer(rng.uniform(20, 30)).difference(river.buffer(30))))
    return tuple(ponds)


def _woods(rng: np.random.Generator, river_line: LineString) -> tuple[Polygon, ...]:
    woods = [
        blob(rng, at, r, long=rng.uniform(1.2, 2.2))
        for at, r in (
            ((1700, 11700), 330),
            ((8600, 11700), 280),
            ((14000, 2000), 340),
            ((3300, 4700), 230),
            ((11800, 9700), 170),
            ((19300, 5000), 300),
            ((6700, 1300), 260),
        )
    ]
    for share in rng.uniform(0.02, 0.98, 26):
        at = river_line.interpolate(float(share), normalized=True)
        woods.append(
            blob(
                rng,
                (at.x + rng.uniform(-260, 260), at.y + rng.uniform(-260, 260)),
                rng.uniform(50, 130),
                long=rng.uniform(1.2, 2.5),
            )
        )
    forest = blob(rng, FOREST, 680, rough=0.08, long=1.6).difference(CLEARING.buffer(5))
    return tuple(polygons(unary_union([*woods, forest])))


def _areas(outline: Polygon, area_lines: Sequence[LineString], river_line: LineString) -> tuple[Polygon, ...]:
    west_line, east_line = area_lines
    cells = list(polygonize(unary_union([outline.boundary, west_line, east_line, river_line])))

    def area_of(cell: Polygon) -> int:
        at = cell.representative_point()
        if at.x < west_line.interpolate(west_line.project(at)).x:
            return 0
        north = at.y > river_line.interpolate(river_line.project(at)).y
        return 1 if north and at.x < east_line.interpolate(east_line.project(at)).x else 2

    return tuple(
        main_part(unary_union([cell for cell in cells if area_of(cell) == area])) for area in range(3)
    )


def _blocks(
    rng: np.random.Generator, sectors: Sequence[Polygon], old_land: BaseGeometry
) -> tuple[list[_Block], list[_Lane]]:
    """Cut every sector into blocks; return the lanes between the blocks of modern land too."""
    blocks: list[_Block] = []
    lanes: list[_Lane] = []
    for sector in sectors:
        if old_land.contains(sector.representative_point()):
            blocks += _old_blocks(rng, sector)
        else:
            sector_blocks, sector_lanes = _modern_blocks(rng, sector)
            blocks += sector_blocks
            lanes += sector_lanes
    return blocks, lanes


def _modern_blocks(rng: np.random.Generator, sector: Polygon) -> tuple[list[_Block], list[_Lane]]:
    """Cut a sector into bands along its longer side and the bands into blocks; return the lanes too."""
    angle = long_axis(sector) + rng.normal(0.0, 0.01)
    scale = rng.choice([0.85, 1.0, 1.25])
    height, length = scale * rng.uniform(430, 640), scale * rng.uniform(800, 1300)
    wet = rng.uniform() < 0.5
    bands, lanes = _cut(rng, sector, angle, height, 0.18)
    blocks = []
    for band in bands:
        pieces, cross_lanes = _cut(rng, band, angle + math.pi / 2, length, 0.3)
        lanes += cross_lanes
        for piece in pieces:
            paddy = rng.uniform() < (0.8 if wet else 0.12)
            turn = 0.0 if rng.uniform() < 0.62 else math.pi / 2
            parts = [part for part in opened(piece, 30) if part.area > 25_000]
            blocks += [_Block(part, angle + turn, paddy, old=False) for part in parts]
    return blocks, lanes


def _cut(
    rng: np.random.Generator, shape: Polygon, angle: float, height: float, spread: float
) -> tuple[list[Polygon], list[_Lane]]:
    """Cut a shape into bands about `height` wide that run at `angle`; return them and the lanes between."""
    flat = turned(shape, -angle)
    n = max(1, round((flat.bounds[3] - flat.bounds[1]) / height))
    lines = [level_line(flat, y, rng.normal(0, 0.006)) for y in stations(flat, uneven_shares(rng, n, spread))]
    gaps = rng.choice([6.0, 8.0, 10.0, 12.0, 14.5], size=len(lines), p=[0.2, 0.25, 0.25, 0.15, 0.15])
    lanes = [
        (part, float(gap))
        for line, gap in zip(lines, gaps, strict=True)
        for part in shapely.get_parts(turned(line.intersection(flat), angle))
        if part.length > 100
    ]
    return [turned(piece, angle) for piece in cut_by_lines(flat, lines, list(gaps))], lanes


def _old_blocks(rng: np.random.Generator, sector: Polygon) -> list[_Block]:
    """Cut old land into quarters of some 40 ha, by bent lanes at uneven angles."""
    return [
        _Block(part, long_axis(part), paddy=rng.uniform() < 0.35, old=True)
        for part in _halve(rng, sector, 420_000, 7.0)
    ]


def _halve(rng: np.random.Generator, shape: Polygon, largest_m2: float, gap_m: float) -> list[Polygon]:
    if shape.area < largest_m2 * rng.uniform(0.75, 1.25):
        return [shape]
    angle = long_axis(shape) + math.pi / 2 + rng.normal(0.0, 0.16)
    flat = turned(shape, -angle)
    line = level_line(flat, float(stations(flat, np.array([rng.uniform(0.38, 0.62)]))[0]), 0.0)
    xy = shapely.get_coordinates(line.segmentize(line.length / 6))
    xy[1:-1, 1] += rng.normal(0.0, 7.0, len(xy) - 2)
    gap = gap_m * rng.choice([0.7, 1.0, 1.3])
    pieces = [
        piece
        for part in cut_by_lines(flat, [LineString(xy)], [gap])
        for piece in opened(turned(part, angle), 14)
    ]
    return [
        small for piece in pieces if piece.area > 8_000 for small in _halve(rng, piece, largest_m2, gap_m)
    ]


def _strips(rng: np.random.Generator, block: _Block) -> list[Polygon]:
    """Cut a block into long strips of about equal area, some with a shared edge."""
    flat = turned(block.shape, -block.angle)
    n = max(
        1,
        round(
            block.shape.area
            / rng.uniform(
                *(
                    (72_000, 122_000)
                    if block.paddy
                    else (105_000, 180_000)
                    if block.shape.area < 700_000
                    else (160_000, 340_000)
                )
            )
        ),
    )
    slope = rng.normal(0.0, 0.008)
    lines = [level_line(flat, y, slope) for y in stations(flat, uneven_shares(rng, n, 0.28))]
    gaps = rng.choice([0.0, 4.0, 5.0, 6.0, 8.0], size=len(lines), p=[0.25, 0.3, 0.25, 0.12, 0.08])
    strips = cut_by_lines(main_part(flat), lines, list(gaps))
    return [turned(strip, block.angle) for strip in strips if strip.area > 14_000]


def _fields(
    rng: np.random.Generator, blocks: Sequence[_Block], areas: Sequence[Polygon]
) -> tuple[Field, ...]:
    fields = []
    for number, block in enumerate(blocks):
        area = next(
            (i for i, shape in enumerate(areas) if shape.contains(block.shape.representative_point())), None
        )
        if area is None:
            continue
        shapes = _halve(rng, block.shape, 85_000, 5.0) if block.old else _strips(rng, block)
        main_crop = "水稻" if block.paddy else str(rng.choice(CROPS[1:], p=[0.55, 0.37, 0.08]))
        for shape in shapes:
            crop = main_crop if rng.uniform() < 0.82 else str(rng.choice(CROPS, p=[0.1, 0.5, 0.35, 0.05]))
            fields.append(Field(shapely.set_precision(shape, 0.01), crop, area, number))
    return tuple(field for field, kept in zip(fields, _reached(fields), strict=True) if kept)


def _reached(fields: Sequence[Field]) -> Bools:
    """Return which fields hang together with many others, or lie in the clearing: the rest is left waste."""
    shapes = np.array([field.shape for field in fields], dtype=object)
    area = np.array([field.area for field in fields])
    a, b = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=20.0)
    linked = area[a] == area[b]
    links = coo_array((np.ones(linked.sum()), (a[linked], b[linked])), shape=(len(shapes), len(shapes)))
    _, piece = connected_components(links, directed=False)
    kept: Bools = (np.bincount(piece)[piece] >= 15) | shapely.intersects(shapes, CLEARING)
    return kept
