"""Parts of equal area, each connected: across the polygon's own axis, or compact."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from gridder.geometry.measure import polsby_popper
from gridder.geometry.split.bisection import Preference, Way, divide
from gridder.geometry.split.line import Axis, Shape, joined, own_axis, split_by_shares
from gridder.geometry.split.power import power_parts
from gridder.geometry.split.width import KEPT, Narrows
from gridder.model import Floats, Geometries

TURNS = 24
"""Directions that cuts may have, evenly round the half circle."""
MOST_WORK = 20_000
"""Vertices times parts up to which a power diagram is sought; it takes about a second then."""
WHOLE = 1e-9
"""Less than this share of a part is no part of its own."""


def split_equal(polygon: Shape, n: int) -> list[Shape]:
    """Return n connected parts of equal area, cut square to the polygon's own axis where that works.

    The axis is the long side of the smallest rectangle round the polygon, as machines drive.
    Parallel lines are taken where all strips between them are connected and none is a sliver.
    Else the polygon is halved again and again (`gridder.geometry.split.bisection`): square to the axis,
    else along it, else in another direction, so that both sides stay connected.

    Parameters
    ----------
    polygon
        Valid, not empty, in metres.
        Where it is in several pieces, a part that reaches from one to the next is a MultiPolygon.
    n
        Number of parts, at least 1.

    Returns
    -------
    list of Polygon or MultiPolygon
        From the western end of the axis to the eastern, or from south to north.
        Together they are the polygon, to `GRID_M`, and neighbours have the same vertices.
        Areas are equal to less than a millionth.
        A part keeps at least `KEPT` of its area in one piece where it is `WIDTH` times the side of the square
        of its area wide, or as narrow as the polygon itself is there; where no way of cutting that was
        tried does, the best of them is taken.

    Raises
    ------
    ValueError
        If n is below 1.
    """
    return _split(polygon, n, (_along_axis, _shortest), strips=True)


def split_compact(polygon: Shape, n: int) -> list[Shape]:
    """Return n connected compact parts of equal area.

    The polygon is halved again and again along the shortest cut that leaves both sides connected.
    From the middle of these parts a power diagram of equal areas is sought
    (`gridder.geometry.split.power`); it is taken where its cells are connected, none is a sliver, and
    they are more compact.
    Everything else is as in `split_equal`.
    """
    return _split(polygon, n, (_shortest, _along_axis), strips=False)


def _along_axis(way: Way, n: int) -> tuple[float, ...]:
    """Square to the axis first, then along it, then whatever is shorter; even halves before others."""
    square = {0: 0, TURNS // 2: 1}.get(way.turn % TURNS, 2)
    return square, way.length if square == 2 else 0.0, abs(2 * way.count - n), way.count, way.turn


def _shortest(way: Way, n: int) -> tuple[float, ...]:
    """Even halves before others, then the shortest cut, to the millimetre."""
    return abs(2 * way.count - n) > 1, round(way.length, 3), way.turn, way.count


def _split(polygon: Shape, n: int, preferences: Sequence[Preference], *, strips: bool) -> list[Shape]:
    if n < 1:
        raise ValueError(f"a polygon cannot be split into {n} parts")
    if n == 1:
        return [polygon]
    origin = np.floor(shapely.bounds(polygon)[:2])
    here = shapely.normalize(shapely.transform(polygon, lambda xy: xy - origin))
    axis = own_axis(here)
    narrows = Narrows.of(here, here.area / n)
    parts = _strips(here, n, narrows) if strips else None
    if parts is None:
        parts = _halved(here, n, axis, preferences, narrows)
        parts = parts if strips else _improved(here, parts, narrows)
    return [shapely.transform(part, lambda xy: xy + origin) for part in _in_order(parts, axis)]


def _strips(polygon: Shape, n: int, narrows: Narrows) -> Geometries | None:
    """Return the strips between parallel lines, or None where one is in pieces or a sliver."""
    parts = np.array(split_by_shares(polygon, np.full(n, 1.0 / n)), dtype=object)
    return parts if _kept(parts, narrows) >= KEPT else None


def _halved(
    polygon: Shape, n: int, axis: Axis, preferences: Sequence[Preference], narrows: Narrows
) -> Geometries:
    """Return the parts that the first preference leads to, or a later one where they have fewer slivers."""
    best = _by_pieces(polygon, n, axis, preferences[0], narrows)
    most = _kept(best, narrows)
    for preference in preferences[1:]:
        if most >= KEPT:
            break
        parts = _by_pieces(polygon, n, axis, preference, narrows)
        kept = _kept(parts, narrows)
        if kept > most:
            best, most = parts, kept
    return best


def _by_pieces(polygon: Shape, n: int, axis: Axis, preference: Preference, narrows: Narrows) -> Geometries:
    """Return parts: the polygon's pieces in a row, cut where a part is full."""
    pieces = shapely.get_parts(polygon)
    middle = axis.positions(shapely.get_coordinates(shapely.centroid(pieces)))
    pieces = pieces[np.lexsort((middle[:, 1], middle[:, 0]))]
    full = polygon.area / n
    axes = [axis.turned(180.0 * k / TURNS) for k in range(2 * TURNS)]
    cut: list[shapely.Polygon] = []
    part: list[int] = []
    start = 0.0
    for piece, end in zip(pieces, np.cumsum(shapely.area(pieces)) / full, strict=True):
        marks = np.arange(np.ceil(start + WHOLE), end - WHOLE)
        marks = marks[(marks > start + WHOLE) & (marks < end - WHOLE)]
        areas = np.diff(np.concatenate([[start], marks, [end]])) * full
        first = int(np.floor(start + WHOLE))
        cut += divide(piece, areas, axes, preference, narrows)
        part += range(first, first + len(areas))
        start = end
    return joined(np.array(cut, dtype=object), np.minimum(part, n - 1), polygon)


def _improved(polygon: Shape, parts: Geometries, narrows: Narrows) -> Geometries:
    """Return the cells of a power diagram around parts where they are good, else the parts."""
    n = len(parts)
    small = n * shapely.get_num_coordinates(polygon) <= MOST_WORK
    if not small or shapely.get_num_geometries(polygon) > 1:
        return parts
    cells = power_parts(polygon, shapely.get_coordinates(shapely.centroid(parts)))
    if cells is None or _kept(cells, narrows) < KEPT:
        return parts
    return joined(cells, np.arange(n), polygon) if _compactness(cells) > _compactness(parts) else parts


def _kept(parts: Geometries, narrows: Narrows) -> float:
    """Return the least share that any part keeps, 0 where a connected polygon has parts in pieces."""
    if shapely.get_num_geometries(narrows.polygon) == 1 and shapely.get_num_geometries(parts).max() > 1:
        return 0.0
    return float(narrows.kept(parts).min())


def _compactness(parts: Geometries) -> float:
    return float(polsby_popper(parts).mean())


def _in_order(parts: Geometries, axis: Axis) -> Geometries:
    """Return parts by how far along the axis their middle lies."""
    middle: Floats = axis.positions(shapely.get_coordinates(shapely.centroid(parts)))
    along, across = np.round(middle, 6).T
    return parts[np.lexsort((across, along))]
