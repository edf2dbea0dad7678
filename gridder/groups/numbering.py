"""Numbers and codes of zones and grids in reading order, as CJ/T 349-2010 and DB11 ask for it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from gridder.model import Geometries, Ints


def reading_order(geoms: Geometries) -> Ints:
    """Return the positions of areas in reading order, shape (n,).

    Rows are bands as high as the square root of the mean area, counted from the northern edge;
    within a row from west to east by centroid.
    """
    n = len(geoms)
    if n == 0:
        return np.zeros(0, dtype=np.int64)
    height = np.sqrt(shapely.area(geoms).mean()) or 1.0
    north = shapely.bounds(geoms)[:, 3].max()
    centre = shapely.centroid(geoms)
    x, y = shapely.get_x(centre), shapely.get_y(centre)
    row = np.floor((north - y) / height)
    return np.lexsort((-y, x, row)).astype(np.int64)


def zone_codes(geoms: Geometries, codes: Sequence[str]) -> list[str]:
    """Return a code for every zone: its own, else the next free number in reading order."""
    result = list(codes)
    taken = {code for code in codes if code}
    number = 0
    for i in reading_order(geoms):
        if result[i]:
            continue
        number += 1
        while f"{number:02d}" in taken:
            number += 1
        result[i] = f"{number:02d}"
        taken.add(result[i])
    return result


def number_grids(geoms: Geometries, zone: Ints) -> Ints:
    """Return the number of every grid within its zone, from 1 in reading order, shape (g,)."""
    number = np.zeros(len(geoms), dtype=np.int64)
    for z in np.unique(zone):
        inside = np.flatnonzero(zone == z)
        number[inside[reading_order(geoms[inside])]] = np.arange(1, len(inside) + 1)
    return number


def grid_codes(zone_code: Sequence[str], number: Ints) -> list[str]:
    """Return `{zone_code}{number:03d}`, with more digits where fewer would not be unique."""
    width = 3
    while True:
        codes = [f"{zone}{n:0{width}d}" for zone, n in zip(zone_code, number, strict=True)]
        if len(set(codes)) == len(codes):
            return codes
        width += 1
