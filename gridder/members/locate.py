"""Place every member in a unit: by unit id, then by coordinates; else say why not."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from gridder.model import Bools, Floats, Geometries, Ints, Layer

Key = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Placed:
    """Where the members of one layer are.

    Attributes
    ----------
    unit
        Position of the unit, −1 where the member has none, shape (m,).
    method
        `unit-id`, `inside`, `nearest`, or empty, shape (m,).
    distance_m
        From the member's point to the unit: 0 inside, missing without a point, shape (m,).
    reason
        Why the member has no unit, or empty, shape (m,).
    score
        How well the address fits the unit, 0..1, missing where no address was matched, shape (m,).
    """

    unit: Ints
    method: np.ndarray
    distance_m: Floats
    reason: np.ndarray
    score: Floats


@dataclass(frozen=True, eq=False)
class PointHits:
    """Unit of every point: position or −1, distance in metres (missing without a point)."""

    unit: Ints
    distance_m: Floats


def place(
    *,
    keys: Sequence[Key | None],
    units_by_key: Mapping[Key, Ints],
    points: Geometries,
    geoms: Geometries,
    rank: Ints,
    source_row: Ints,
    reach_m: float,
    without_key: Sequence[str],
) -> Placed:
    """Place members in the units of one layer.

    Parameters
    ----------
    keys
        What each member names as its unit, or None, length m.
    units_by_key
        Positions of the units that carry a key.
    points
        Point of each member in local metres, or None, shape (m,).
    geoms
        Units, shape (n,), local metres.
    rank
        Order in which units win a tie, shape (n,): on a border the lowest rank.
    source_row
        Row that each unit was read from, shape (n,); parts of a unit that was cut share it.
    reach_m
        How far a point outside every unit may be from the nearest one.
    without_key
        Reason for a member that names no unit and has no point, length m.

    Returns
    -------
    Placed
        A key that names one unit decides; one that names several means the nearest of them to the
        point, and without a point the largest part where they are parts of one unit; one that names none
        falls back to the point.
    """
    m = len(keys)
    unit = np.full(m, -1, dtype=np.int64)
    method = np.full(m, "", dtype=object)
    reason = np.full(m, "", dtype=object)
    distance = np.full(m, np.nan)
    by_point = np.zeros(m, dtype=bool)
    has_point = ~shapely.is_missing(points)

    for i, key in enumerate(keys):
        candidates = units_by_key.get(key) if key is not None else None
        if candidates is None:
            by_point[i] = has_point[i]
            if not has_point[i]:
                reason[i] = "unknown-unit" if key is not None else without_key[i]
        elif len(candidates) == 1:
            unit[i], method[i] = candidates[0], "unit-id"
        elif has_point[i]:
            d = shapely.distance(geoms[candidates], points[i])
            nearest = candidates[d == d.min()]
            unit[i] = nearest[np.argmin(rank[nearest])]
            method[i] = "unit-id"
        elif (source_row[candidates] == source_row[candidates[0]]).all():
            unit[i] = candidates[np.argmax(shapely.area(geoms[candidates]))]
            method[i] = "unit-id"
        else:
            reason[i] = "ambiguous-unit"

    named = (method == "unit-id") & has_point
    distance[named] = shapely.distance(geoms[unit[named]], points[named])

    at = np.flatnonzero(by_point)
    hits = locate_points(points[at], geoms, rank=rank, reach_m=reach_m)
    found = hits.unit >= 0
    unit[at] = hits.unit
    distance[at] = np.where(found, hits.distance_m, np.nan)
    method[at] = np.where(found, np.where(hits.distance_m > 0, "nearest", "inside"), "")
    reason[at[~found]] = "out-of-reach"
    return Placed(unit, method, distance, reason, np.full(m, np.nan))


def locate_points(points: Geometries, geoms: Geometries, *, rank: Ints, reach_m: float) -> PointHits:
    """Return the unit of every point: the one it lies in or on, else the nearest within reach.

    Points (m,) and units (n,) in local metres; ties go to the lowest rank.
    """
    unit = np.full(len(points), -1, dtype=np.int64)
    distance = np.full(len(points), np.nan)
    if not len(points) or not len(geoms):
        return PointHits(unit, distance)
    tree = shapely.STRtree(geoms)
    point, hit = tree.query(points, predicate="intersects")
    _keep_lowest_rank(unit, point, hit, rank)
    distance[unit >= 0] = 0.0
    outside = np.flatnonzero(unit < 0)
    if len(outside):
        (point, hit), d = tree.query_nearest(
            points[outside], max_distance=reach_m, all_matches=True, return_distance=True
        )
        _keep_lowest_rank(unit, outside[point], hit, rank)
        distance[outside[point]] = d
    return PointHits(unit, distance)


def _keep_lowest_rank(unit: Ints, point: Ints, hit: Ints, rank: Ints) -> None:
    order = np.lexsort((rank[hit], point))
    point, hit = point[order], hit[order]
    first = np.r_[True, point[1:] != point[:-1]] if len(point) else np.zeros(0, dtype=bool)
    unit[point[first]] = hit[first]


def field_keys(parcels: pd.Series[str]) -> list[Key | None]:
    """Return the key by which each member names its field: the parcel number."""
    return [None if not (text := normal_id(value)) else (text,) for value in parcels]


def building_keys(people: pd.DataFrame, *, with_stairwell: bool) -> list[Key | None]:
    """Return the key by which each member names its building.

    Compound and building, with the stairwell where units are stairwells; the building alone where
    the roster has no compound.
    """
    keys: list[Key | None] = []
    for compound, building, stairwell in zip(
        people["compound"], people["building"], people["stairwell"], strict=True
    ):
        number = normal_number(building)
        if not number:
            keys.append(None)
            continue
        place = (normal_id(compound),) if normal_id(compound) else ()
        stair = (normal_number(stairwell),) if with_stairwell and normal_number(stairwell) else ()
        keys.append((*place, number, *stair))
    return keys


def index_fields(ids: Sequence[str], unit: Ints) -> dict[Key, Ints]:
    """Return the units that an own id means; `unit` (p,) is the position that each id stands for."""
    return _positions([[(normal_id(value),)] for value in ids], unit)


def index_buildings(
    ids: Sequence[str],
    compounds: Sequence[object] | None,
    buildings: Sequence[object] | None,
    stairwells: Sequence[object] | None,
    unit: Ints,
) -> dict[Key, Ints]:
    """Return the buildings that a key means; `unit` (p,) is the position that each row stands for.

    A building answers to its id, to compound and building, and as a stairwell to all three.
    """
    keys: list[list[Key]] = []
    for i, own_id in enumerate(ids):
        names: list[Key] = [(normal_number(own_id),)]
        number = normal_number(buildings[i]) if buildings is not None else ""
        if number:
            compound = normal_id(compounds[i]) if compounds is not None else ""
            place: Key = (compound, number) if compound else (number,)
            names.append(place)
            stair = normal_number(stairwells[i]) if stairwells is not None else ""
            if stair:
                names.append((*place, stair))
        keys.append(list(dict.fromkeys(names)))
    return _positions(keys, unit)


def _positions(keys: Sequence[Sequence[Key]], unit: Ints) -> dict[Key, Ints]:
    found: dict[Key, set[int]] = {}
    for names, position in zip(keys, unit.tolist(), strict=True):
        for name in names:
            found.setdefault(name, set()).add(position)
    return {name: np.asarray(sorted(at), dtype=np.int64) for name, at in found.items()}


def normal_id(value: object) -> str:
    """Return an id as it is compared: full-width folded, no outer blanks; empty where missing."""
    if value is None or value != value:  # noqa: PLR0124 - missing numbers differ from themselves
        return ""
    return unicodedata.normalize("NFKC", str(value)).strip()


def normal_number(value: object) -> str:
    """Return a building or stairwell number as it is compared: `3号楼`, `3栋` and `03` are `3`."""
    text = normal_id(value)
    match = re.fullmatch(r"0*(\d+)\s*(?:号楼|栋|幢|座|号|单元|楼)?", text)
    return match.group(1) if match else text


def points_of_layer(people: pd.DataFrame, layer: Layer, *, home_is_for: Layer) -> tuple[np.ndarray, Bools]:
    """Return the point by which each member is placed in a layer, and where it is given.

    The home belongs to one layer (buildings, or fields where there are no buildings); the field
    point always belongs to fields and comes before the home.
    """
    none = np.full(len(people), None, dtype=object)
    home = people["home"].to_numpy(dtype=object) if home_is_for == layer else none
    points = home.copy()
    if layer == "field":
        second = people["field_point"].to_numpy(dtype=object)
        given = ~shapely.is_missing(second)
        points[given] = second[given]
    return points, ~shapely.is_missing(points)


def reason_without_key(people: pd.DataFrame, layer: Layer, *, home_is_for: Layer) -> list[str]:
    """Return why a member that names no unit and has no point of this layer cannot be placed."""
    if layer == "field" and home_is_for != "field":
        return ["no-parcel"] * len(people)
    has_address = people["address"].notna().to_numpy()
    return ["no-address-match" if has else "no-location" for has in has_address]
