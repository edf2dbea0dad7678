"""Voronoi diagrams of labelled points: which ground is nearest to which label.

The diagram is the dual of scipy's Delaunay triangulation: a node at the circumcentre of every triangle,
an arc across every edge whose two points have different labels.
Round a label's ground every triangle is entered and left once, so rings are followed without any
geometric test and nearly equal nodes can be snapped together freely.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numba import njit
from scipy.spatial import Delaunay

from gridder.model import Bools, Floats, Geometries, Ints

SNAP_M = 1 / 1024
"""Nodes are put on a lattice of this width: finer than any survey, exact in binary."""
NOBODY = -1


@dataclass(frozen=True, eq=False)
class Voronoi:
    """Where the ground of two labels meets, and the rings round the ground of the labels asked for.

    Attributes
    ----------
    site_a, site_b
        Positions of the two points of every border piece, label of a < label of b, shape (m,).
    start, end
        Ends of the piece, shape (m, 2), metres.
    ring_xy, ring_ptr, ring_label
        Coordinates of all rings one after the other, shape (c, 2), not closed; where each ring begins,
        shape (r + 1,); its label, shape (r,).
        The ground lies on the left: shells run counter-clockwise, holes clockwise.
    """

    site_a: Ints
    site_b: Ints
    start: Floats
    end: Floats
    ring_xy: Floats
    ring_ptr: Ints
    ring_label: Ints


def labelled_voronoi(xy: Floats, label: Ints, wanted: Bools, *, box: Floats, margin_m: float) -> Voronoi:
    """Divide the plane between labels by the nearest point.

    Parameters
    ----------
    xy
        Points in metres, shape (s, 2), no two of different labels at one place.
    label
        Label of every point, shape (s,), 0 and above.
    wanted
        Labels whose rings are asked for, shape (number of labels,).
    box
        xmin, ymin, xmax, ymax round the points, metres.
    margin_m
        The ground of all labels ends round this far beyond the box.

    Returns
    -------
    Voronoi
        Only borders between different labels and rings of the labels wanted.
    """
    low, high = np.floor(box[:2]), np.ceil(box[2:])
    centre = np.floor((low + high) / 2)
    frame = _frame(low - centre, high - centre, margin_m)
    points = np.vstack([xy - centre, frame])
    owner = np.concatenate([label, np.full(len(frame), NOBODY)])
    triangulation = Delaunay(points)
    triangles = triangulation.simplices.astype(np.int64)
    beside = triangulation.neighbors.astype(np.int64)
    node = np.round(_circumcentres(points[triangles]) / SNAP_M) * SNAP_M
    ring_xy, ring_ptr, ring_label = _rings(owner[triangles], beside, node, wanted)

    site_a = triangles[:, [1, 2, 0]]
    site_b = triangles[:, [2, 0, 1]]
    differ = (owner[site_a] < owner[site_b]) & (owner[site_a] != NOBODY)
    here, side = np.nonzero(differ)
    return Voronoi(
        site_a=site_a[differ],
        site_b=site_b[differ],
        start=node[here] + centre,
        end=node[beside[here, side]] + centre,
        ring_xy=ring_xy + centre,
        ring_ptr=ring_ptr,
        ring_label=ring_label,
    )


def ground(voronoi: Voronoi, labels: Ints) -> Geometries:
    """Return the ground of each label as a polygon or multipolygon, empty where it has none.

    Parameters
    ----------
    voronoi
        With the rings of these labels.
    labels
        Shape (k,), ascending.

    Returns
    -------
    Geometries
        Valid, shape (k,).
    """
    result = np.full(len(labels), shapely.Polygon(), dtype=object)
    n_rings = len(voronoi.ring_label)
    if not n_rings:
        return result
    ring_of = np.repeat(np.arange(n_rings), np.diff(voronoi.ring_ptr))
    rings = shapely.polygons(shapely.linearrings(voronoi.ring_xy, indices=ring_of))
    is_hole = ~shapely.is_ccw(shapely.get_exterior_ring(rings))
    broken = ~shapely.is_valid(rings)
    rings[broken] = shapely.make_valid(rings[broken], method="structure", keep_collapsed=False)
    row = np.searchsorted(labels, voronoi.ring_label)
    n_of_row = np.bincount(row, minlength=len(labels))
    alone = n_of_row[row] == 1
    result[row[alone]] = rings[alone]
    # A ring lies inside a ring of its label only if that one is larger.
    for i in np.flatnonzero(~alone)[np.lexsort((-shapely.area(rings[~alone]), row[~alone]))]:
        combine = shapely.difference if is_hole[i] else shapely.union
        result[row[i]] = combine(result[row[i]], rings[i])
    return result


def _frame(low: Floats, high: Floats, margin_m: float) -> Floats:
    """Return points round the box that keep all ground of the labels bounded, shape (f, 2)."""
    low, high = low - margin_m, high + margin_m
    steps = np.maximum(np.ceil((high - low) / margin_m), 1).astype(np.int64)
    along_x = np.linspace(low[0], high[0], steps[0] + 1)
    along_y = np.linspace(low[1], high[1], steps[1] + 1)[1:-1]
    return np.vstack(
        [
            np.column_stack([along_x, np.full(len(along_x), low[1])]),
            np.column_stack([along_x, np.full(len(along_x), high[1])]),
            np.column_stack([np.full(len(along_y), low[0]), along_y]),
            np.column_stack([np.full(len(along_y), high[0]), along_y]),
        ]
    )


def _circumcentres(corners: Floats) -> Floats:
    """Return the centre of the circle through the corners of each triangle, shape (t, 2)."""
    origin = corners[:, 0]
    b = corners[:, 1] - origin
    c = corners[:, 2] - origin
    double = 2 * (b[:, 0] * c[:, 1] - b[:, 1] * c[:, 0])
    b2 = (b**2).sum(axis=1)
    c2 = (c**2).sum(axis=1)
    flat = double == 0
    double[flat] = 1
    offset = np.column_stack([c[:, 1] * b2 - b[:, 1] * c2, b[:, 0] * c2 - c[:, 0] * b2]) / double[:, None]
    offset[flat] = (b[flat] + c[flat]) / 3
    return origin + offset


@njit(cache=True)
def _rings(owner: Ints, beside: Ints, node: Floats, wanted: Bools) -> tuple[Floats, Ints, Ints]:
    """Follow the arcs round the ground of each label wanted.

    `owner (t, 3)` are the labels of the triangles' corners, counter-clockwise; `beside (t, 3)` the
    triangle opposite to each corner, -1 outside.
    """
    done = np.zeros(owner.shape, dtype=np.bool_)
    xy = np.empty((3 * len(owner), 2))
    ptr = np.empty(3 * len(owner) + 1, dtype=np.int64)
    label = np.empty(3 * len(owner), dtype=np.int64)
    ptr[0] = 0
    n_xy = 0
    n_rings = 0
    for first in range(len(owner)):
        for first_side in range(3):
            mine = owner[first, (first_side + 2) % 3]
            if mine < 0 or not wanted[mine] or owner[first, (first_side + 1) % 3] == mine:
                continue
            begin = n_xy
            here, side = first, first_side
            while not done[here, side]:
                done[here, side] = True
                x, y = node[here]
                if n_xy == begin or x != xy[n_xy - 1, 0] or y != xy[n_xy - 1, 1]:
                    xy[n_xy] = x, y
                    n_xy += 1
                here = beside[here, side]
                for k in range(3):
                    if owner[here, (k + 2) % 3] == mine and owner[here, (k + 1) % 3] != mine:
                        side = k
            while n_xy > begin and xy[n_xy - 1, 0] == xy[begin, 0] and xy[n_xy - 1, 1] == xy[begin, 1]:
                n_xy -= 1
            if n_xy - begin < 3:
                n_xy = begin
            else:
                label[n_rings] = mine
                n_rings += 1
                ptr[n_rings] = n_xy
    return xy[:n_xy].copy(), ptr[: n_rings + 1].copy(), label[:n_rings].copy()
