"""Any connected polygon as one band without a fork, which can be cut anywhere into connected parts.

The polygon is triangulated with its own edges, and a tree is laid through the triangles across their
longest common sides. A walk around the tree passes every triangle once on each side of it: the polygon
becomes a closed band of triangles in which each has a common side with the next, so that any run of
them is connected. Such a walk is known from triangle strips: E. Arkin, M. Held, J. Mitchell, S. Skiena,
Hamiltonian triangulations for fast rendering, The Visual Computer 12 (1996).
That runs of a walk give parts of any area, also round holes, is the idea of S. Hert, V. Lumelsky,
Polygon area decomposition for multiple-robot workspace division, Int. J. Comput. Geom. Appl. 8 (1998).
"""

from __future__ import annotations

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree

from gridder.geometry.split.line import joined
from gridder.model import Floats, Ints

Links = dict[tuple[int, int], tuple[int, int]]
"""From (triangle, side) to the triangle and side beyond it."""


def band_parts(polygon: shapely.Polygon, areas: Floats) -> list[shapely.Polygon]:
    """Return connected parts of these areas, runs of the band.

    Parameters
    ----------
    polygon
        Connected, valid.
    areas
        Together the area of the polygon, shape (n,).
    """
    corners = _triangles(polygon)
    band = _walk(corners, _tree(corners))
    size = np.abs(_signed_areas(band))
    ends = np.cumsum(size)
    wanted = np.cumsum(areas)[:-1] * (ends[-1] / areas.sum())
    pieces, part = _cut_band(band, ends, wanted)
    parts: list[shapely.Polygon] = joined(shapely.polygons(pieces), part, polygon).tolist()
    return parts


def _triangles(polygon: shapely.Polygon) -> Floats:
    """Return the corners of the constrained Delaunay triangles, counterclockwise, shape (m, 3, 2)."""
    triangles = shapely.get_parts(shapely.constrained_delaunay_triangles(polygon))
    rings: Floats = shapely.get_coordinates(shapely.orient_polygons(triangles)).reshape(-1, 4, 2)
    corners = rings[:, :3]
    middle = corners.mean(axis=1)
    return corners[np.lexsort((middle[:, 1], middle[:, 0]))]


def _tree(corners: Floats) -> Links:
    """Return the sides that the tree crosses, in both directions: a spanning tree of the longest sides."""
    starts, ends = corners.reshape(-1, 2), np.roll(corners, -1, axis=1).reshape(-1, 2)
    index = {(*a, *b): i for i, (a, b) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True))}
    pairs = [
        (i, index[*ends[i].tolist(), *starts[i].tolist()])
        for i in range(len(starts))
        if i < index.get((*ends[i].tolist(), *starts[i].tolist()), -1)
    ]
    if not pairs:
        return {}
    side, beyond = np.array(pairs).T
    length = np.hypot(*(ends[side] - starts[side]).T)
    rank = np.empty(len(side))
    rank[np.lexsort((np.arange(len(side)), -length))] = np.arange(1.0, len(side) + 1)
    shape = (len(corners), len(corners))
    tree = minimum_spanning_tree(coo_array((rank, (side // 3, beyond // 3)), shape=shape).tocsr())
    chosen = np.isin(rank, tree.data)
    links: Links = {}
    for one, other in zip(side[chosen].tolist(), beyond[chosen].tolist(), strict=True):
        links[divmod(one, 3)] = divmod(other, 3)
        links[divmod(other, 3)] = divmod(one, 3)
    return links


def _walk(corners: Floats, links: Links) -> Floats:
    """Return the triangles of the band in turn, shape (m, 3, 2).

    The first corner of each is the one that the sides to its neighbours in the band have in common; the
    second is on the side by which the band enters, the third on the one by which it leaves.
    """
    middle = corners.mean(axis=1)
    band: list[tuple[Floats, Floats, Floats]] = []
    first = min(links, default=(0, 0))
    triangle, side = first
    for _ in range(max(1, len(links))):
        half = _half(corners, triangle, side)
        centre = middle[triangle]
        entered = (triangle, side) in links
        if entered:
            band.append((corners[triangle, (side + 1) % 3], half, centre))
        side = (side + 1) % 3
        for _ in range(3):
            if (triangle, side) in links:
                break
            band.append((centre, corners[triangle, side], corners[triangle, (side + 1) % 3]))
            side = (side + 1) % 3
        if not entered:
            break
        band.append((corners[triangle, side], centre, _half(corners, triangle, side)))
        triangle, side = links[triangle, side]
    return np.array(band)


def _half(corners: Floats, triangle: int, side: int) -> Floats:
    return np.asarray((corners[triangle, side] + corners[triangle, (side + 1) % 3]) / 2)


def _signed_areas(triangles: Floats) -> Floats:
    (ax, ay), (bx, by), (cx, cy) = (triangles[:, k].T for k in range(3))
    return np.asarray(((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) / 2)


def _cut_band(band: Floats, ends: Floats, wanted: Floats) -> tuple[Floats, Ints]:
    """Return the triangles after cutting where these areas have passed, and the part of each."""
    pieces: list[Floats] = []
    part: list[int] = []
    k = 0
    for i, (apex, entry, leave) in enumerate(band):
        before = ends[i - 1] if i else 0.0
        last = entry
        while k < len(wanted) and wanted[k] < ends[i]:
            at = entry + (leave - entry) * (wanted[k] - before) / (ends[i] - before)
            pieces.append(np.array([apex, last, at]))
            part.append(k)
            last, k = at, k + 1
        pieces.append(np.array([apex, last, leave]))
        part.append(k)
    return np.array(pieces), np.array(part)
