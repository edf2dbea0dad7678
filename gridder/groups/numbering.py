"""Numbers and codes of zones and grids in reading order, as CJ/T 349-2010 and DB11 ask for it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

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


def number_grids(
    geoms: Geometries,
    zone: Ints,
    *,
    kept: Ints | None = None,
    last: Ints | None = None,
    alone_zero: bool = False,
) -> Ints:
    """Return the number of every grid within its zone, in reading order, shape (g,).

    Parameters
    ----------
    zone
        Zone of every grid, shape (g,).
    kept
        Number that a grid had in an old plan and keeps, 0 for a new one, shape (g,).
    last
        Largest number used so far in the zone of every grid, shape (g,); new grids come after it, from 1
        without an old plan.
    alone_zero
        The only grid of a zone that never had another has number 0 (CJ/T 349).
    """
    number = np.zeros(len(geoms), dtype=np.int64) if kept is None else kept.copy()
    for z in np.unique(zone):
        inside = np.flatnonzero((zone == z) & (number == 0))
        before = 0 if last is None or len(inside) == 0 else int(last[inside[0]])
        first = 0 if alone_zero and before == 0 and np.count_nonzero(zone == z) == 1 else before + 1
        number[inside[reading_order(geoms[inside])]] = first + np.arange(len(inside))
    return number


def grid_codes(
    zone_code: Sequence[str],
    number: Ints,
    *,
    kept: Sequence[str] = (),
    width: int = 3,
    taken: Collection[str] = (),
) -> list[str]:
    """Return `{zone_code}{number:03d}`, with more digits where fewer would not be unique.

    Parameters
    ----------
    kept
        Codes that grids had in an old plan and keep, empty for new ones; length g, or 0 for none.
    width
        Fewest digits of a new number.
    taken
        Codes that no new grid may have.
    """
    kept = kept or [""] * len(zone_code)
    used = {*taken, *(code for code in kept if code)}
    while True:
        codes = [old or f"{zone}{n:0{width}d}" for zone, n, old in zip(zone_code, number, kept, strict=True)]
        fresh = [code for code, old in zip(codes, kept, strict=True) if not old]
        if len(set(fresh)) == len(fresh) and used.isdisjoint(fresh):
            return codes
        width += 1
