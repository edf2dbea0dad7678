"""Recursive bisection: a polygon cut in two connected sides of wanted areas, and each side again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.optimize import brentq

from gridder.geometry.split.band import band_parts
from gridder.geometry.split.line import GRID_M, Axis, Edges, faces_between, merged
from gridder.geometry.split.width import KEPT, Narrows
from gridder.model import Floats

TOLERANCE = 1e-7
"""How far the area of a side may be from what is wanted, as a share of the area of a part."""
MOST_COUNTS = 7
"""So many ways of sharing out the parts between the two sides are tried, the most even ones."""


@dataclass(frozen=True, eq=False)
class Way:
    """One way of cutting a polygon: along a line square to an axis, `count` parts before it.

    `length` is what the line cuts through, `at` where it lies along the axis.
    """

    axis: Axis
    count: int
    at: float
    length: float
    turn: int
    """Position of the axis among those that were offered."""


Preference = Callable[[Way, int], tuple[float, ...]]
"""The rank of a way of cutting into so many parts; the least is tried first."""
Sides = tuple[shapely.Polygon, shapely.Polygon]


def divide(
    polygon: shapely.Polygon,
    areas: Floats,
    axes: list[Axis],
    preference: Preference,
    narrows: Narrows,
) -> list[shapely.Polygon]:
    """Return connected parts with these areas.

    Each step takes the first way of cutting that leaves two connected sides and no sliver.
    Where all leave a sliver the best of them is taken, and where no line leaves connected sides the
    polygon is cut along its band (`gridder.geometry.split.band`), which always can be.

    Parameters
    ----------
    polygon
        Connected, valid.
    areas
        Together the area of the polygon, shape (n,).
    axes
        Directions in which a line may move, evenly round the full circle.
    preference
        Which ways of cutting are tried first.
    narrows
        Where the whole polygon is narrow itself.

    Returns
    -------
    list of Polygon
        In the order of `areas`; they do not yet share all vertices.
    """
    parts: list[shapely.Polygon] = []
    waiting = [(polygon, areas)]
    while waiting:
        here, wanted = waiting.pop()
        if len(wanted) == 1:
            parts.append(here)
            continue
        wanted = wanted * (here.area / wanted.sum())
        found = _bisect(here, wanted, axes, preference, narrows)
        if found is None:
            parts += band_parts(here, wanted)
            continue
        (before, after), count = found
        waiting += [(after, wanted[count:]), (before, wanted[:count])]
    return parts


def _bisect(
    polygon: shapely.Polygon, areas: Floats, axes: list[Axis], preference: Preference, narrows: Narrows
) -> tuple[Sides, int] | None:
    edges = Edges.of(polygon)
    ways = sorted(_ways(edges, areas, axes), key=lambda way: preference(way, len(areas)))
    best: tuple[Sides, int] | None = None
    most = 0.0
    for way, sides in _tried(polygon, edges, ways, areas, half_round=len(axes) // 2):
        if sides is None:
            continue
        kept = float(narrows.kept(np.array(sides, dtype=object)).min())
        if kept >= KEPT:
            return sides, way.count
        if kept > most:
            best, most = (sides, way.count), kept
    return best


def _tried(
    polygon: shapely.Polygon, edges: Edges, ways: list[Way], areas: Floats, *, half_round: int
) -> Iterator[tuple[Way, Sides | None]]:
    """Cut along whole lines first, which are the same seen from behind, then along chords."""
    for way in ways:
        if way.turn < half_round:
            yield way, _straight(polygon, edges, way)
    for way in ways:
        yield way, _along_chord(polygon, edges, way, areas)


def _ways(edges: Edges, areas: Floats, axes: list[Axis]) -> Iterator[Way]:
    n = len(areas)
    counts = sorted(sorted(range(1, n), key=lambda k: (abs(2 * k - n), k))[:MOST_COUNTS])
    below = (np.cumsum(areas) / areas.sum())[np.array(counts) - 1]
    for turn, axis in enumerate(axes):
        at, length = edges.cuts(axis, below)
        for k, where, through in zip(counts, at.tolist(), length.tolist(), strict=True):
            yield Way(axis, k, where, through, turn)


def _straight(polygon: shapely.Polygon, edges: Edges, way: Way) -> Sides | None:
    """Return the sides of the whole line where both are connected."""
    faces, position = faces_between(polygon, edges, way.axis, np.array([way.at]))
    if len(faces) != 2:
        return None
    before, after = faces[np.argsort(position)]
    return before, after


def _along_chord(polygon: shapely.Polygon, edges: Edges, way: Way, areas: Floats) -> Sides | None:
    """Return two connected sides that part along some of the chords that a line has in the polygon.

    The largest piece before the line is one side; of what hangs together without it the largest is the
    other, and all the rest stays with the first. The line is moved until the areas are right; they may
    jump past that where the polygon forks, and then there are no such sides.
    """
    x = way.axis.positions(edges.starts)[:, 0]
    wanted = float(areas[: way.count].sum())

    def excess(at: float) -> float:
        return float(_sides_at(polygon, edges, way.axis, at)[0].area) - wanted

    low, high = float(x.min()) + GRID_M, float(x.max()) - GRID_M
    if high <= low or excess(low) >= 0.0 or excess(high) <= 0.0:
        return None
    at = brentq(excess, low, high, xtol=1e-10, rtol=1e-14)
    sides = _sides_at(polygon, edges, way.axis, at)
    if abs(sides[0].area - wanted) > TOLERANCE * float(areas.min()):
        return None
    return sides if all(side.geom_type == "Polygon" and not side.is_empty for side in sides) else None


def _sides_at(polygon: shapely.Polygon, edges: Edges, axis: Axis, at: float) -> Sides:
    faces, position = faces_between(polygon, edges, axis, np.array([at]))
    before = np.flatnonzero(position < at)
    if not len(before):
        return shapely.Polygon(), polygon
    core = int(before[np.argmax(shapely.area(faces[before]))])
    others = shapely.get_parts(merged(np.delete(faces, core)))
    if not len(others):
        return polygon, shapely.Polygon()
    other = int(np.argmax(shapely.area(others)))
    rest = np.append(np.delete(others, other), faces[core])
    return merged(rest), others[other]
