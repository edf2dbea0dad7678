"""Units above the maximum cut into parts, and their people shared out among these."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridder.members.count import household_keys
from gridder.members.locate import locate_points, points_of_layer
from gridder.metrics.report import Bounds
from gridder.model import Bools, Floats, Geometries, Ints
from gridder.progress import Progress
from gridder.service.people import Peopled
from gridder.units.cut import cut_fields, share_out, strips
from gridder.units.order import unique_ids


@dataclass(frozen=True, eq=False)
class Cut:
    """The units that a plan assigns: settled units, the too large ones in parts.

    `parent` is the position of the settled unit; `share` its part of that unit's area; `schematic`
    tells a drawn part; `unit` and `method` say where each member is now.
    """

    geoms: Geometries
    ids: list[str]
    parent: Ints
    share: Floats
    schematic: Bools
    unit: Ints
    method: np.ndarray


def cut_units(
    peopled: Peopled, weight: Floats | None, bounds: Bounds, *, whole: Bools, progress: Progress
) -> Cut:
    """Cut the units above the maximum, and share their people out.

    Fields are cut where area is balanced, buildings where people are.

    Parameters
    ----------
    weight
        Size of every settled unit, shape (n,); None where it is not known yet.
    whole
        Which units are not cut, shape (n,).
    progress
        Told stage `units` before each building that is cut.
    """
    weight = None if weight is None else np.where(whole, 0.0, weight)
    counting, layer = peopled.counting, peopled.units.layer
    if layer == "field" and counting.kind == "area" and weight is not None:
        return _cut_fields(peopled, weight, bounds)
    if layer == "building" and counting.of_people and weight is not None:
        return _cut_buildings(peopled, weight, bounds, progress=progress)
    n = len(peopled.settled.geoms)
    return Cut(
        peopled.settled.geoms,
        peopled.settled.ids,
        np.arange(n),
        np.ones(n),
        np.zeros(n, dtype=bool),
        peopled.placed.unit,
        peopled.placed.method,
    )


def _cut_fields(peopled: Peopled, weight: Floats, bounds: Bounds) -> Cut:
    settled, placed = peopled.settled, peopled.placed
    parts = cut_fields(settled.geoms, weight, maximum=bounds.maximum)
    first = np.searchsorted(parts.parent, np.arange(len(settled.geoms)))
    n_parts = np.bincount(parts.parent, minlength=len(settled.geoms))
    unit = np.where(placed.unit >= 0, first[placed.unit], -1)
    method = placed.method.copy()
    points, has_point = points_of_layer(peopled.people, "field", home_is_for="field")
    for parent in np.flatnonzero(n_parts > 1):
        here = np.flatnonzero(placed.unit == parent)
        pieces = np.arange(first[parent], first[parent] + n_parts[parent])
        pointed = here[has_point[here] & (placed.method[here] != "unit-id")]
        hits = locate_points(
            points[pointed], parts.geoms[pieces], rank=np.arange(len(pieces)), reach_m=np.inf
        )
        unit[pointed] = pieces[hits.unit]
        rest = np.setdiff1d(here, pointed)
        rest = rest[np.argsort(peopled.people["member_id"].to_numpy()[rest], kind="stable")]
        unit[rest] = pieces[np.arange(len(rest)) * len(pieces) // max(len(rest), 1)]
        method[rest] = "by-order"
    ids = _part_ids(settled.ids, parts.parent, n_parts)
    schematic = np.zeros(len(ids), dtype=bool)
    return Cut(parts.geoms, ids, parts.parent, parts.share, schematic, unit, method)


def _cut_buildings(peopled: Peopled, weight: Floats, bounds: Bounds, *, progress: Progress) -> Cut:
    settled, placed = peopled.settled, peopled.placed
    geoms: list[object] = []
    parent: list[int] = []
    share: list[float] = []
    unit = np.full(len(placed.unit), -1, dtype=np.int64)
    method = placed.method.copy()
    people = peopled.people.assign(household=household_keys(peopled.people))
    by_unit = np.argsort(placed.unit, kind="stable")
    start = np.searchsorted(placed.unit[by_unit], np.arange(len(settled.geoms) + 1))
    for i, geom in enumerate(settled.geoms):
        here = by_unit[start[i] : start[i + 1]]
        first = len(geoms)
        part = None
        if weight[i] > bounds.maximum:
            progress("units", i / len(settled.geoms))
            part = share_out(
                people.iloc[here],
                peopled.member_weight[here],
                minimum=bounds.minimum,
                maximum=bounds.maximum,
            )
        if part is None:
            part = np.zeros(len(here), dtype=np.int64)
            pieces, shares = [geom], np.ones(1)
        else:
            shares = np.bincount(part, weights=peopled.member_weight[here]) / weight[i]
            pieces = strips(geom, shares)
            method[here] = "by-order"
        geoms += pieces
        parent += [i] * len(pieces)
        share += shares.tolist()
        unit[here] = first + part
    parents = np.asarray(parent, dtype=np.int64)
    n_parts = np.bincount(parents, minlength=len(settled.geoms))
    return Cut(
        np.asarray(geoms, dtype=object),
        _part_ids(settled.ids, parents, n_parts),
        parents,
        np.asarray(share),
        n_parts[parents] > 1,
        unit,
        method,
    )


def _part_ids(ids: list[str], parent: Ints, n_parts: Ints) -> list[str]:
    """Return `ID/1`, `ID/2` … for parts, the id itself for whole units."""
    part = np.arange(len(parent)) - np.searchsorted(parent, parent) + 1
    named = [f"{ids[p]}/{k}" if n_parts[p] > 1 else ids[p] for p, k in zip(parent, part, strict=True)]
    return unique_ids(named)[0]
