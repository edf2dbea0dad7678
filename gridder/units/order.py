"""The canonical order of units, and ids that do not repeat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Sequence
from itertools import count

import numpy as np
import shapely

from gridder.geometry.keys import MILLIMETRES, lower_left, millimetre_keys
from gridder.model import Bools, Geometries, Ints


def canonical_order(geometries: Geometries, *, ids: Sequence[str] | None = None) -> Ints:
    """Return the positions of units in an order that depends on their geometry alone.

    Units are ordered by their bounds in whole millimetres from the lower-left corner of all, then by
    the number of vertices, then by their normalised coordinates. So the order is the same for
    shuffled rows, for other first vertices and directions of rings, and for a map moved by whole
    metres.

    Parameters
    ----------
    geometries
        Valid 2-D polygons in metres, shape (n,).
    ids
        Settle only which of several identical geometries is first; without them rows do.

    Returns
    -------
    Ints
        A permutation of the positions, shape (n,).
    """
    if len(geometries) == 0:
        return np.empty(0, dtype=np.int64)
    corner = lower_left(geometries)
    west_south_east_north = np.rint((shapely.bounds(geometries) - np.tile(corner, 2)) * MILLIMETRES)
    keys = np.column_stack([west_south_east_north, shapely.get_num_coordinates(geometries)])
    order = np.lexsort(keys.T[::-1]).astype(np.int64)
    for start, stop in _runs(keys[order]):
        tied = order[start:stop]
        order[start:stop] = tied[_order_of_tied(geometries[tied], [ids[i] for i in tied] if ids else None)]
    return order


def unique_ids(ids: Sequence[str]) -> tuple[list[str], Bools]:
    """Return ids of which none repeats, and which of the given ones did.

    An id that repeats becomes `ID#1`, `ID#2` in the given order; a number that would make it equal
    to another given id is passed over.

    Returns
    -------
    unique : list of str
        In the given order.
    repeated : Bools
        Shape (n,).
    """
    times = Counter(ids)
    numbered = {name: _numbered(name, times) for name, n in times.items() if n > 1}
    unique = [next(numbered[name]) if name in numbered else name for name in ids]
    return unique, np.array([name in numbered for name in ids], dtype=np.bool_)


def _numbered(name: str, taken: Container[str]) -> Iterator[str]:
    return (made for number in count(1) if (made := f"{name}#{number}") not in taken)


def _runs(keys: np.ndarray) -> list[tuple[int, int]]:
    """Return start and stop of every run of two or more equal rows."""
    first = np.concatenate([[True], (keys[1:] != keys[:-1]).any(axis=1), [True]])
    edges = np.flatnonzero(first)
    longer = np.diff(edges) > 1
    return list(zip(edges[:-1][longer].tolist(), edges[1:][longer].tolist(), strict=True))


def _order_of_tied(geometries: Geometries, ids: Sequence[str] | None) -> list[int]:
    rough = millimetre_keys(geometries, lower_left(geometries))
    exact = shapely.to_wkb(shapely.normalize(geometries))
    names = ids if ids is not None else [""] * len(geometries)
    return sorted(range(len(geometries)), key=lambda i: (rough[i], exact[i], names[i]))
