"""Areas laid over each other: their borders noded together, and the faces between them.

Borders are snapped to the centres of the cells of a lattice (Hobby 1999; Goodrich, Guibas, Hershberger & Tanenbaum
1997, as GEOS has it), so that faces share their vertices and stay valid when they are moved.
"""

from __future__ import annotations

import numpy as np
import shapely

from gridder.model import Geometries, Ints


def faces_of(areas: Geometries, *, grid_m: float) -> tuple[Geometries, Ints, Ints]:
    """Return the faces into which the borders of areas divide the plane, and which areas cover them.

    Parameters
    ----------
    areas
        Valid polygons or multipolygons in metres, shape (n,).
    grid_m
        Width of the lattice.

    Returns
    -------
    faces
        Polygons that do not overlap and have the same vertices along common borders, shape (f,).
    area, face
        Positions of areas and of the faces that they cover, shape (m,).
    """
    noded = shapely.union_all(shapely.boundary(areas), grid_size=grid_m)
    faces = shapely.get_parts(shapely.polygonize([noded]))
    area, face = shapely.STRtree(shapely.point_on_surface(faces)).query(areas, predicate="contains")
    return faces, area, face


def first_of(area: Ints, face: Ints, *, n_areas: int, n_faces: int) -> Ints:
    """Return the first area that covers each face, `n_areas` where none does, shape (f,)."""
    owner = np.full(n_faces, n_areas, dtype=np.int64)
    np.minimum.at(owner, face, area)
    return owner


def united(polygon: Geometries, owner: Ints) -> tuple[Ints, Geometries]:
    """Return the owners of polygons of one coverage, ascending, and the union of what each has."""
    order = np.argsort(owner, kind="stable")
    owners, starts = np.unique(owner[order], return_index=True)
    groups = np.split(polygon[order], starts[1:])
    unions = np.empty(len(owners), dtype=np.object_)
    unions[:] = [shapely.coverage_union_all(group) for group in groups[: len(owners)]]
    return owners, unions
