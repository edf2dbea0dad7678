"""Straight pieces of lines in buckets, and the hot loops over them.

A bucket holds the pieces whose middles lie in one square of a lattice; squares share a bucket when the
lattice has more squares than there are buckets, which costs a look and never changes an answer.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from gridder.model import Bools, Floats, Ints

OPPOSED = -float(np.sqrt(0.5))
"""Outward normals are opposed when they are within 45° of contrary directions."""
OVERLAP_M = 1.0
"""Units that overlap by no more are neighbours that touch; barriers are looked for so far inside them."""
EVERYWHERE = np.array([[-np.inf, -np.inf], [np.inf, np.inf]])
WAY_STEP_M = 10.0
"""Long ways are held against the barriers in parts of this length."""
ON_THE_PIECE = 1.0 + 1e-9
"""How far from the middle a foot may be, in halves of the piece."""


class Pieces(NamedTuple):
    """Straight pieces: middle `x, y`, direction `ux, uy`, half their length, and what they belong to; (m,)."""

    x: Floats
    y: Floats
    ux: Floats
    uy: Floats
    half: Floats
    owner: Ints


class Buckets(NamedTuple):
    """Pieces sorted by bucket.

    Attributes
    ----------
    pieces
        In the order of the buckets.
    order
        Where each piece was before, shape (m,).
    start
        First piece of each bucket, shape (buckets + 1,); the number of buckets is a power of two.
    x0, y0, cell_m, columns
        The lattice: its lower-left corner, the side of a square, squares in a row.
    """

    pieces: Pieces
    order: Ints
    start: Ints
    x0: float
    y0: float
    cell_m: float
    columns: int


@njit(cache=True)
def _holds(box: Floats, x: float, y: float) -> bool:
    """Tell whether a box, open to the upper right, holds a point."""
    return bool(box[0, 0] <= x < box[1, 0] and box[0, 1] <= y < box[1, 1])


@njit(cache=True)
def cut_up(begin: Floats, end: Floats, owner: Ints, step_m: float, box: Floats) -> Pieces:
    """Cut segments into equal pieces no longer than a step and keep those in a box.

    Parameters
    ----------
    begin, end
        Ends of the segments, none of length 0, shape (n, 2), metres.
    owner
        What the segments belong to, shape (n,).
    step_m
        Longest piece.
    box
        Lower-left and upper-right corner of where the middles of pieces are kept, shape (2, 2).
    """
    n = len(begin)
    first = np.zeros(n + 1, dtype=np.int64)
    number = np.empty(n, dtype=np.int64)
    for i in range(n):
        length = np.hypot(end[i, 0] - begin[i, 0], end[i, 1] - begin[i, 1])
        number[i] = int(np.ceil(length / step_m))
        first[i + 1] = first[i] + number[i]
    x, y, ux, uy, half = np.empty((5, first[n]))
    of = np.empty(first[n], dtype=np.int64)
    m = 0
    for i in range(n):
        dx, dy = end[i, 0] - begin[i, 0], end[i, 1] - begin[i, 1]
        length = np.hypot(dx, dy)
        for k in range(number[i]):
            share = (k + 0.5) / number[i]
            px, py = begin[i, 0] + share * dx, begin[i, 1] + share * dy
            if _holds(box, px, py):
                x[m], y[m], ux[m], uy[m] = px, py, dx / length, dy / length
                half[m], of[m] = length / (2 * number[i]), owner[i]
                m += 1
    return Pieces(x[:m], y[:m], ux[:m], uy[:m], half[:m], of[:m])


@njit(cache=True)
def in_buckets(pieces: Pieces, cell_m: float) -> Buckets:
    """Sort pieces into buckets; a look reaches the pieces whose middles are within `cell_m`."""
    m = len(pieces.x)
    x0, y0 = (pieces.x.min(), pieces.y.min()) if m else (0.0, 0.0)
    columns = (int((pieces.x.max() - x0) // cell_m) if m else 0) + 3
    buckets = 1
    while buckets < m:
        buckets *= 2
    bucket = np.empty(m, dtype=np.int64)
    start = np.zeros(buckets + 1, dtype=np.int64)
    for i in range(m):
        column, row = int((pieces.x[i] - x0) // cell_m), int((pieces.y[i] - y0) // cell_m)
        bucket[i] = (row * columns + column) & (buckets - 1)
        start[bucket[i] + 1] += 1
    start = np.cumsum(start)
    free = start[:-1].copy()
    order = np.empty(m, dtype=np.int64)
    for i in range(m):
        order[free[bucket[i]]] = i
        free[bucket[i]] += 1
    by_bucket = Pieces(
        pieces.x[order],
        pieces.y[order],
        pieces.ux[order],
        pieces.uy[order],
        pieces.half[order],
        pieces.owner[order],
    )
    return Buckets(by_bucket, order, start, x0, y0, cell_m, columns)


@njit(cache=True)
def _to_point(x: float, y: float, way: tuple[float, float, float, float]) -> float:
    """Return the distance of x, y from a straight way (x, y to x, y)."""
    ax, ay, bx, by = way
    dx, dy = bx - ax, by - ay
    square = dx * dx + dy * dy
    share = ((x - ax) * dx + (y - ay) * dy) / square if square > 0 else 0.0
    share = min(max(share, 0.0), 1.0)
    return float(np.hypot(x - ax - share * dx, y - ay - share * dy))


@njit(cache=True)
def _is_near(way: tuple[float, float, float, float], margin_m: float, barriers: Buckets) -> bool:
    """Tell whether a barrier touches a straight way (x, y to x, y) or comes within a margin of it.

    The way and the pieces must be so short that no barrier near it has its middle more than a square
    away from the middle of the way.
    """
    ax, ay, bx, by = way
    lines = barriers.pieces
    column = int(np.floor(((ax + bx) / 2 - barriers.x0) / barriers.cell_m))
    row = int(np.floor(((ay + by) / 2 - barriers.y0) / barriers.cell_m))
    mask = len(barriers.start) - 2
    for r in range(row - 1, row + 2):
        for c in range(column - 1, column + 2):
            bucket = (r * barriers.columns + c) & mask
            for j in range(barriers.start[bucket], barriers.start[bucket + 1]):
                hx, hy = lines.half[j] * lines.ux[j], lines.half[j] * lines.uy[j]
                line = (lines.x[j] - hx, lines.y[j] - hy, lines.x[j] + hx, lines.y[j] + hy)
                cx, cy, dx, dy = line
                c_side = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
                d_side = (bx - ax) * (dy - ay) - (by - ay) * (dx - ax)
                a_side = hx * (ay - cy) - hy * (ax - cx)
                b_side = hx * (by - cy) - hy * (bx - cx)
                crossing = c_side * d_side < 0 and a_side * b_side < 0
                if crossing or margin_m >= min(
                    _to_point(ax, ay, line),
                    _to_point(bx, by, line),
                    _to_point(cx, cy, way),
                    _to_point(dx, dy, way),
                ):
                    return True
    return False


@njit(cache=True)
def look_across(sides: Buckets, box: Floats, reach_m: float, barriers: Buckets) -> tuple[Ints, Floats, Bools]:
    """Find what every piece of a boundary faces.

    A piece faces the nearest piece of another owner whose outward normal is opposed, on which the foot of
    its middle falls, and which lies in front of it (or behind it by no more than `OVERLAP_M`).
    Among equally near ones the smallest owner is faced.

    Parameters
    ----------
    sides
        Boundaries with the inside on their left, m pieces.
    box
        Lower-left and upper-right corner of where the pieces are that look, shape (2, 2).
    reach_m
        How far they look, metres.
    barriers
        Pieces of barriers.

    Returns
    -------
    faced : Ints
        Owner that is faced, or -1, in the order before `in_buckets`, shape (m,).
    distance : Floats
        Metres, 0 where the two overlap, shape (m,).
    cut : Bools
        Whether a barrier touches the way between the two, made `OVERLAP_M` longer at both ends.
    """
    pieces = sides.pieces
    m = len(pieces.x)
    faced = np.full(m, -1, dtype=np.int64)
    distance = np.full(m, np.inf)
    cut = np.zeros(m, dtype=np.bool_)
    mask = len(sides.start) - 2
    for k in range(m):
        x, y, ux, uy, unit = pieces.x[k], pieces.y[k], pieces.ux[k], pieces.uy[k], pieces.owner[k]
        if not _holds(box, x, y):
            continue
        column, row = int((x - sides.x0) // sides.cell_m), int((y - sides.y0) // sides.cell_m)
        best, owner, at, behind = reach_m, -1, -1, False
        for r in range(row - 1, row + 2):
            for c in range(column - 1, column + 2):
                bucket = (r * sides.columns + c) & mask
                for j in range(sides.start[bucket], sides.start[bucket + 1]):
                    vx, vy = x - pieces.x[j], y - pieces.y[j]
                    outside = vx * pieces.uy[j] - vy * pieces.ux[j]
                    if abs(outside) > best or ux * pieces.ux[j] + uy * pieces.uy[j] > OPPOSED:
                        continue
                    foot = vx * pieces.ux[j] + vy * pieces.uy[j]
                    if abs(foot) > ON_THE_PIECE * pieces.half[j] or pieces.owner[j] == unit:
                        continue
                    ahead = (foot * pieces.ux[j] - vx) * uy - (foot * pieces.uy[j] - vy) * ux
                    if ahead < -OVERLAP_M:
                        continue
                    if abs(outside) < best or owner < 0 or pieces.owner[j] < owner:
                        best, owner, at, behind = abs(outside), pieces.owner[j], j, ahead < 0
        if owner < 0:
            continue
        faced[sides.order[k]] = owner
        distance[sides.order[k]] = 0.0 if behind else best
        fx, fy = pieces.ux[at], pieces.uy[at]
        foot = (x - pieces.x[at]) * fx + (y - pieces.y[at]) * fy
        way = (
            x - OVERLAP_M * uy,
            y + OVERLAP_M * ux,
            pieces.x[at] + foot * fx - OVERLAP_M * fy,
            pieces.y[at] + foot * fy + OVERLAP_M * fx,
        )
        cut[sides.order[k]] = _is_near(way, 0.0, barriers)
    return faced, distance, cut


@njit(cache=True)
def comes_near(begin: Floats, end: Floats, margin_m: float, barriers: Buckets) -> Bools:
    """Tell which straight ways come within a margin of a barrier.

    Parameters
    ----------
    begin, end
        Ends of the ways, which may have no length; shape (n, 2), metres.
    margin_m
        A barrier at this distance is near.
    barriers
        Pieces of barriers, in squares of at least half the longest, half `WAY_STEP_M` and the margin together.

    Returns
    -------
    Bools
        Shape (n,).
    """
    near = np.zeros(len(begin), dtype=np.bool_)
    for i in range(len(begin)):
        ax, ay = begin[i, 0], begin[i, 1]
        dx, dy = end[i, 0] - ax, end[i, 1] - ay
        parts = max(int(np.ceil(np.hypot(dx, dy) / WAY_STEP_M)), 1)
        for k in range(parts):
            here, there = k / parts, (k + 1) / parts
            way = (ax + here * dx, ay + here * dy, ax + there * dx, ay + there * dy)
            if _is_near(way, margin_m, barriers):
                near[i] = True
                break
    return near
