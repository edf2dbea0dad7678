"""Valid 2-D polygons from whatever a file holds, with a record of what was done to each row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gridder.model import Bools, Geometries

HUGE_M = 1e9
"""No coordinate on earth, in metres or degrees, is larger."""


@dataclass(frozen=True, eq=False)
class Polygons:
    """Polygons, and what was done to get them. All of shape (n,).

    Attributes
    ----------
    geoms
        Valid 2-D polygons or multipolygons; None where nothing usable is left.
    missing
        There was no geometry, or an empty one.
    collapsed
        It was an area without width.
    other_kind
        It was a point or a line.
    absurd
        A coordinate was not finite or larger than `HUGE_M`.
    repaired
        It was invalid and was made valid.
    flattened
        Heights or measures were dropped.
    mixed
        Points or lines beside polygons in a collection were dropped.
    """

    geoms: Geometries
    missing: Bools
    collapsed: Bools
    other_kind: Bools
    absurd: Bools
    repaired: Bools
    flattened: Bools
    mixed: Bools


def to_polygons(geometries: Geometries) -> Polygons:
    """Return valid 2-D polygons.

    Invalid rings are mended by `shapely.make_valid` with method `structure` (rings keep their sense as
    shells and holes, after Ledoux, Arroyo Ohori & Meijers 2014; a hole outside of every shell becomes an
    area); where that leaves parts that share an edge, they become one.
    """
    empty = shapely.is_missing(geometries) | shapely.is_empty(geometries)
    flattened = ~empty & (shapely.has_z(geometries) | shapely.has_m(geometries))
    geoms = flat(geometries)
    absurd = ~plausible(geoms)
    geoms[empty | absurd] = None
    collections = np.isin(shapely.get_type_id(geoms), (3, 6, 7))
    other_kind = ~empty & ~absurd & ~collections
    geoms[other_kind] = None
    invalid = ~shapely.is_missing(geoms) & ~shapely.is_valid(geoms)
    geoms[invalid] = shapely.make_valid(geoms[invalid], method="structure", keep_collapsed=False)
    geoms, mixed = _polygons_only(geoms)
    _join_parts(geoms, invalid)
    collapsed = shapely.is_missing(geoms) & ~empty & ~absurd & ~other_kind
    return Polygons(
        geoms=geoms,
        missing=empty,
        collapsed=collapsed,
        other_kind=other_kind,
        absurd=absurd,
        repaired=invalid & ~collapsed,
        flattened=flattened,
        mixed=mixed & ~invalid & ~collapsed,
    )


def flat(geometries: Geometries) -> Geometries:
    """Return geometries without heights and measures; coordinates that are no numbers stay as they are."""
    with np.errstate(invalid="ignore"):
        return np.asarray(shapely.force_2d(geometries), dtype=object)


def plausible(geoms: Geometries) -> Bools:
    """Return which geometries have coordinates that are all finite and smaller than `HUGE_M`."""
    coordinates, owner = shapely.get_coordinates(geoms, return_index=True)
    result = np.ones(len(geoms), dtype=np.bool_)
    result[owner[~(np.abs(coordinates) < HUGE_M).all(axis=1)]] = False
    return result


def _polygons_only(geoms: Geometries) -> tuple[Geometries, Bools]:
    """Return the polygonal part of collections, and which of them held something else."""
    mixed = np.zeros(len(geoms), dtype=np.bool_)
    for i in np.flatnonzero(shapely.get_type_id(geoms) == 7):
        parts = shapely.get_parts(shapely.get_parts(geoms[i]))
        polygons = parts[shapely.get_dimensions(parts) == 2]
        mixed[i] = len(polygons) < len(parts)
        geoms[i] = shapely.union_all(polygons)
    empty = shapely.is_empty(geoms)
    geoms[empty] = None
    return geoms, mixed


def _join_parts(geoms: Geometries, mended: Bools) -> None:
    """Join the parts of mended geometries that are not valid together, in place."""
    at = np.flatnonzero(mended & ~shapely.is_missing(geoms))
    for i in at[~shapely.is_valid(geoms[at])]:
        geoms[i] = shapely.union_all(shapely.get_parts(geoms[i]))
