"""Shapes of a made-up landscape: curves, meanders, blobs, and ways to cut land."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely
from scipy.interpolate import CubicSpline
from shapely import affinity
from shapely.geometry import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import polygonize, substring, unary_union

Floats = npt.NDArray[np.float64]
Point = tuple[float, float]


def curve(points: Sequence[Point], *, step_m: float = 80.0) -> LineString:
    """Return a smooth line through the points, with a vertex about every `step_m` metres."""
    xy = np.array(points, dtype=float)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    n = max(2, round(along[-1] / step_m) + 1)
    return LineString(CubicSpline(along, xy)(np.linspace(0.0, along[-1], n)))


def wavy(rng: np.random.Generator, points: Sequence[Point]) -> LineString:
    """Return the line with every straight stretch slightly bent, its corners kept."""
    line = LineString(points).segmentize(400.0)
    xy = shapely.get_coordinates(line)
    corner = np.isin(
        xy.view(np.complex128).ravel(), np.array(points, dtype=float).view(np.complex128).ravel()
    )
    return LineString(np.where(corner[:, None], xy, xy + rng.normal(0.0, 9.0, xy.shape)))


def meander(rng: np.random.Generator, start: Point, end: Point, *, loop_m: float, swing: float) -> LineString:
    """Return a sine-generated curve (Langbein and Leopold 1966), the course of a meandering river.

    Parameters
    ----------
    rng
        Varies length and swing of the loops.
    start, end
        Ends of the river, metres.
    loop_m
        Mean length of a full bend along the river, metres.
    swing
        Mean largest angle between the river and its valley, radians.
    """
    n_bends = 2 * round(math.dist(start, end) * 1.6 / loop_m)
    headings = []
    for bend in range(n_bends):
        largest = swing * rng.uniform(0.5, 1.3) * (-1.0 if bend % 2 == 0 else 1.0)
        n = max(8, round(loop_m * rng.uniform(0.55, 1.5) / 60))
        headings.append(largest * np.sin(np.linspace(0.0, math.pi, n, endpoint=False)))
    heading = np.concatenate(headings)
    xy = np.cumsum(np.column_stack([np.cos(heading), np.sin(heading)]), axis=0)
    span = xy[-1] - xy[0]
    turn = complex(end[0] - start[0], end[1] - start[1]) / complex(*span)
    moved = (xy - xy[0]).view(np.complex128).ravel() * turn
    return LineString(np.column_stack([moved.real + start[0], moved.imag + start[1]]))


def blob(
    rng: np.random.Generator, centre: Point, radius_m: float, *, rough: float = 0.16, long: float = 1.4
) -> Polygon:
    """Return a rounded irregular patch, `long` times as long as wide, turned at random."""
    angle = np.linspace(0.0, 2 * math.pi, 36, endpoint=False)
    waves = np.arange(2, 6)
    height = rng.normal(0.0, rough, 4) / waves**0.8
    phase = rng.uniform(0.0, 2 * math.pi, 4)
    radius = radius_m * np.clip(
        1.0 + (height[:, None] * np.cos(waves[:, None] * angle + phase[:, None])).sum(axis=0), 0.4, 2
    )
    shape = Polygon(np.column_stack([radius * np.cos(angle) * long**0.5, radius * np.sin(angle) / long**0.5]))
    return affinity.translate(affinity.rotate(shape, rng.uniform(0, 180), origin=(0, 0)), *centre)


def polygons(shape: BaseGeometry) -> list[Polygon]:
    """Return the polygons of a geometry."""
    return [part for part in shapely.get_parts(shape) if isinstance(part, Polygon) and not part.is_empty]


def opened(shape: BaseGeometry, half_width_m: float) -> list[Polygon]:
    """Return what is left of a shape without the parts narrower than twice `half_width_m`."""
    kept = shape.buffer(-half_width_m, join_style="mitre").buffer(
        half_width_m, join_style="mitre", mitre_limit=2.0
    )
    return polygons(kept.intersection(shape))


def long_axis(shape: Polygon) -> float:
    """Return the direction of the longer side of the smallest rectangle around a shape, radians."""
    ring = np.array(shape.minimum_rotated_rectangle.exterior.coords)
    sides = np.diff(ring[:3], axis=0)
    dx, dy = sides[int(np.argmax(np.hypot(*sides.T)))]
    return math.atan2(dy, dx)


def turned(shape: BaseGeometry, radians: float) -> BaseGeometry:
    """Return the shape turned about the origin."""
    return affinity.rotate(shape, radians, origin=(0, 0), use_radians=True)


def stations(shape: BaseGeometry, shares: Floats) -> Floats:
    """Return the heights y below which a shape has the given shares of its area."""
    x0, y0, x1, y1 = shape.bounds
    heights = np.linspace(y0, y1, 61)
    slabs = shapely.box(x0, heights[:-1], x1, heights[1:])
    area = np.concatenate([[0.0], np.cumsum(shapely.area(shapely.intersection(slabs, shape)))])
    found: Floats = np.interp(shares * area[-1], area, heights)
    return found


def uneven_shares(rng: np.random.Generator, n: int, spread: float) -> Floats:
    """Return the n - 1 inner borders of n parts of 0 to 1 that differ by up to `spread`."""
    parts = rng.uniform(1.0 - spread, 1.0 + spread, n)
    borders: Floats = (np.cumsum(parts) / parts.sum())[:-1]
    return borders


def trimmed(line: LineString, others: Sequence[LineString], *, stub_m: float) -> LineString:
    """Return the line without ends shorter than `stub_m` beyond its first and last crossing of the others."""
    crossings = shapely.get_coordinates(shapely.intersection(np.array(others, dtype=object), line))
    at = np.sort(shapely.line_locate_point(line, shapely.points(crossings)))
    start = at[at < stub_m].max(initial=0.0)
    end = at[at > line.length - stub_m].min(initial=line.length)
    return substring(line, start, end)


def level_line(shape: BaseGeometry, y: float, slope: float) -> LineString:
    """Return a line through the whole shape at height y in its middle, rising by `slope`."""
    x0, _, x1, _ = shape.bounds
    reach = 0.55 * (x1 - x0) + 5.0
    middle = (x0 + x1) / 2
    return LineString([(middle - reach, y - slope * reach), (middle + reach, y + slope * reach)])


def cut_by_lines(shape: Polygon, lines: Sequence[LineString], gaps_m: Sequence[float]) -> list[Polygon]:
    """Return the pieces of a shape cut along lines; a gap of 0 leaves an exactly shared edge."""
    lanes = unary_union(
        [line.buffer(gap / 2, cap_style="flat") for line, gap in zip(lines, gaps_m, strict=True) if gap]
    )
    shared = [line for line, gap in zip(lines, gaps_m, strict=True) if not gap]
    pieces = polygons(shape.difference(lanes))
    return [cell for piece in pieces for cell in _cells(piece, shared)]


def _cells(shape: Polygon, lines: Sequence[LineString]) -> list[Polygon]:
    inside = [line for line in lines if line.intersects(shape)]
    if not inside:
        return [shape]
    cells = polygonize(unary_union([shape.boundary, *inside]))
    return [cell for cell in cells if shape.contains(cell.representative_point())]


def main_part(shape: Polygon | MultiPolygon) -> Polygon:
    """Return the largest polygon of a geometry."""
    return max(polygons(shape), key=lambda part: part.area)
