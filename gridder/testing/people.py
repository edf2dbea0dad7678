"""Placements and sizes checked from the roster and the geometry."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from gridder.io.key import pseudonym_key
from gridder.model import (
    SQUARE_METRES_PER_HA,
    SQUARE_METRES_PER_MU,
    UNPLACED_REASONS,
    Geometries,
    Ints,
    Members,
)
from gridder.testing.case import Case

METHODS = ("inside", "nearest", "unit-id", "address", "by-order")
PER_AREA = {"area_ha": SQUARE_METRES_PER_HA, "area_mu": SQUARE_METRES_PER_MU}
TOLERANCE_M = 0.01


def pseudonyms_of(members: Members) -> list[str]:
    """Return the pseudonym of every member."""
    key = pseudonym_key()
    return [
        hmac.new(key, own_id.encode(), hashlib.sha256).hexdigest()[:16]
        for own_id in members.frame["member_id"]
    ]


def check_once(case: Case) -> list[str]:
    """Return whether not every member stands in the layer exactly once."""
    if case.members is None:
        return [] if case.placements.empty else ["placements: there are some without a roster"]
    ids = case.placements["member_id"]
    if ids.duplicated().any() or set(ids) != set(pseudonyms_of(case.members)):
        return [f"placements: not every member stands in layer {case.layer} exactly once"]
    return []


def check_placements(case: Case, *, both_layers: bool) -> list[str]:
    """Return people who are where they cannot be."""
    if case.members is None:
        return []
    out = []
    table = case.placements.set_index("member_id").loc[pseudonyms_of(case.members)]
    placed = table["unit_id"].notna().to_numpy()
    if (table["grid_id"].notna().to_numpy() != placed).any():
        out.append("placements: somebody has a unit without a grid, or a grid without a unit")
    if (table["reason"].notna().to_numpy() == placed).any():
        out.append("placements: somebody is unplaced without a reason, or placed with one")
    strange = set(table["reason"].dropna()) - set(UNPLACED_REASONS)
    strange |= set(table["method"].dropna()) - set(METHODS)
    out += [f"placements: {word!r} is no known method or reason" for word in sorted(strange)]
    of_unit = case.units.set_index("unit_id")["grid_id"]
    there = table.loc[placed, "unit_id"].isin(of_unit.index)
    if not there.all():
        return [*out, "placements: somebody is in a unit that does not exist"]
    if (table.loc[placed, "unit_id"].map(of_unit) != table.loc[placed, "grid_id"]).any():
        out.append("placements: somebody is in another grid than the unit")
    points = _points(case, both_layers=both_layers)
    return [*out, *_places(case, table, points), *_reasons(case, table, points, both_layers=both_layers)]


def _points(case: Case, *, both_layers: bool) -> Geometries:
    """Return the point by which each member is placed: the home belongs to buildings where there are any."""
    assert case.members is not None  # noqa: S101 - for the type checker
    frame = case.members.frame
    points = np.full(len(frame), None, dtype=object)
    if case.layer == "building" or not both_layers:
        points = frame["home"].to_numpy(dtype=object).copy()
    if case.layer == "field":
        second = frame["field_point"].to_numpy(dtype=object)
        points = np.where(shapely.is_missing(second), points, second)
    given = ~shapely.is_missing(points)
    transformer = Transformer.from_crs(case.members.crs, case.plan.units.crs, always_xy=True)
    xy = np.column_stack(transformer.transform(*shapely.get_coordinates(points[given]).T))
    on_earth = np.isfinite(xy).all(axis=1)
    moved = np.full(len(points), None, dtype=object)
    moved[np.flatnonzero(given)[on_earth]] = shapely.points(xy[on_earth] - case.origin)
    return moved


def _places(case: Case, table: pd.DataFrame, points: Geometries) -> list[str]:
    """Return members who are not in the unit that their key or their point means."""
    position = {unit_id: i for i, unit_id in enumerate(case.units["unit_id"])}
    unit = table["unit_id"].map(position).fillna(-1).to_numpy(dtype=np.int64)
    method = table["method"].to_numpy(dtype=object)
    pointed = np.isin(method, ("inside", "nearest"))
    if (pointed & shapely.is_missing(points)).any():
        return ["placements: somebody without a point is placed by one"]
    ids = case.units["unit_id"].to_numpy(dtype=object)
    distance = np.full(len(points), np.nan)
    distance[pointed] = shapely.distance(points[pointed], case.geoms[unit[pointed]])
    out = [
        f"placements: a member is said to be inside {ids[unit[i]]} and lies {distance[i]:.1f} m off"
        for i in np.flatnonzero((method == "inside") & (distance > TOLERANCE_M))
    ]
    tree = shapely.STRtree(case.geoms)
    near = np.flatnonzero(method == "nearest")
    if len(near):
        asked, least = tree.query_nearest(points[near], return_distance=True, all_matches=False)
        far = distance[near[asked[0]]] > np.minimum(least, case.reach_m) + TOLERANCE_M
        out += [
            f"placements: {ids[unit[i]]} is not the nearest unit within reach of a member"
            for i in near[asked[0][far]]
        ]
    said = table["distance_m"].to_numpy(dtype=float)
    wrong = pointed & ~(np.abs(said - distance) <= TOLERANCE_M)
    out += [f"placements: a distance to {ids[unit[i]]} is wrong" for i in np.flatnonzero(wrong)]
    return out + _named(case, method, unit, points)


def _named(case: Case, method: np.ndarray, unit: Ints, points: Geometries) -> list[str]:
    """Return members who are not where the unit id that they name puts them."""
    out = []
    ids = case.units["unit_id"].to_numpy(dtype=object)
    of_whole = case.whole
    by_whole = pd.Series(np.arange(len(ids))).groupby(of_whole).agg(list).to_dict()
    for i, meaning in enumerate(_meanings(case)):
        if unit[i] < 0 or meaning.is_dropped:
            continue
        by_id = method[i] in ("unit-id", "by-order")
        if meaning.units and not (by_id and of_whole[unit[i]] in meaning.units):
            out.append(f"placements: a member who names another unit is in {ids[unit[i]]} ({method[i]})")
        elif not meaning.units and method[i] == "unit-id":
            out.append(f"placements: a member who names no unit is put into {ids[unit[i]]} by unit id")
        elif len(meaning.units) > 1 and method[i] == "unit-id" and points[i] is not None:
            named = [k for whole in meaning.units for k in by_whole[whole]]
            least = shapely.distance(case.geoms[named], points[i]).min()
            if shapely.distance(case.geoms[unit[i]], points[i]) > least + TOLERANCE_M:
                out.append(
                    f"placements: of several units of one id {ids[unit[i]]} is not the nearest to a member"
                )
    return out


def _reasons(case: Case, table: pd.DataFrame, points: Geometries, *, both_layers: bool) -> list[str]:
    """Return reasons that are not true."""
    assert case.members is not None  # noqa: S101 - for the type checker
    has_point = ~shapely.is_missing(points)
    given = np.flatnonzero(has_point)
    hit = shapely.STRtree(case.geoms).query(
        points[given], predicate="dwithin", distance=case.reach_m - TOLERANCE_M
    )[0]
    reachable = np.zeros(len(points), dtype=bool)
    reachable[given[hit]] = True
    address = case.members.frame["address"].notna().to_numpy()
    out = []
    for i, (reason, meaning) in enumerate(zip(table["reason"], _meanings(case), strict=True)):
        if not isinstance(reason, str) or meaning.is_dropped:
            continue
        if len(meaning.units) == 1:
            true = False
        elif len(meaning.units) > 1:
            true = reason == "ambiguous-unit" and not has_point[i]
        elif has_point[i]:
            true = reason == "out-of-reach" and not reachable[i]
        elif meaning.is_named:
            true = reason == "unknown-unit"
        elif case.layer == "field" and both_layers:
            true = reason == "no-parcel"
        else:
            true = reason == ("no-address-match" if address[i] else "no-location")
        if not true:
            out.append(f"placements: the reason {reason!r} of an unplaced member is not true")
    return out


@dataclass(frozen=True)
class _Meaning:
    """What a member's unit id means: the units before they were cut; it may name one that was dropped."""

    is_named: bool
    units: frozenset[str] = frozenset()
    is_dropped: bool = False


def _meanings(case: Case) -> Iterator[_Meaning]:
    assert case.members is not None  # noqa: S101 - for the type checker
    frame = case.members.frame
    keys: list[tuple[str, ...] | None]
    keys = [(p,) if (p := _folded(parcel)) else None for parcel in frame["parcel"]]
    if case.layer == "building":
        stairs = "stairwell" in case.source.columns
        keys = [
            _building_key(*row, stairs=stairs)
            for row in frame[["compound", "building", "stairwell"]].itertuples(index=False, name=None)
        ]
    rows: dict[tuple[str, ...], set[str]] = {}
    for own_id, names in zip(case.source.frame["unit_id"], _row_keys(case), strict=True):
        for name in names:
            rows.setdefault(name, set()).add(own_id)
    n_rows = case.source.frame["unit_id"].value_counts()
    wholes = case.units.assign(whole=case.whole).groupby("source_id")["whole"].agg(set).to_dict()
    for key in keys:
        own_ids = rows.get(key, set()) if key is not None else set()
        dropped = any(len(wholes.get(own_id, ())) != n_rows[own_id] for own_id in own_ids)
        units = frozenset[str]().union(*(wholes.get(own_id, ()) for own_id in own_ids))
        yield _Meaning(key is not None, units, dropped)


def _row_keys(case: Case) -> list[set[tuple[str, ...]]]:
    """Return all keys that each row of the units answers to."""
    source = case.source
    if case.layer == "field":
        return [{(_folded(own_id),)} for own_id in source.frame["unit_id"]]
    blank = [None] * len(source.frame)
    columns = [
        source.attributes[source.columns[role]].tolist() if role in source.columns else blank
        for role in ("compound", "building", "stairwell")
    ]
    keys: list[set[tuple[str, ...]]] = []
    for own_id, compound, building, stairwell in zip(source.frame["unit_id"], *columns, strict=True):
        names: set[tuple[str, ...]] = {(_number(own_id),)}
        for stair in (None, stairwell):
            name = _building_key(compound, building, stair, stairs=True)
            names |= {name} if name is not None else set()
        keys.append(names)
    return keys


def _building_key(
    compound: object, building: object, stairwell: object, *, stairs: bool
) -> tuple[str, ...] | None:
    if not _number(building):
        return None
    parts = (_folded(compound), _number(building), _number(stairwell) if stairs else "")
    return tuple(part for part in parts if part)


def _folded(value: object) -> str:
    return "" if pd.isna(value) else unicodedata.normalize("NFKC", str(value)).strip()  # type: ignore[call-overload]  # any scalar


def _number(value: object) -> str:
    text = _folded(value)
    plain = re.sub(r"(号楼|栋|幢|座|号|单元|楼)$", "", text).strip()
    return str(int(plain)) if re.fullmatch(r"\d+", plain) else text


def check_sizes(case: Case) -> list[str]:
    """Return units whose size, and grids whose numbers, are not what the inputs give."""
    out = []
    size, ids = case.weight, case.units["unit_id"].to_numpy(dtype=object)
    expected = _unit_sizes(case)
    allowed = 1e-3 * np.maximum(expected, 1e-3) if case.size.of in PER_AREA else 1e-6
    wrong = np.abs(size - expected) > allowed
    out += [f"size: unit {ids[i]} has {size[i]:g}, not {expected[i]:g}" for i in np.flatnonzero(wrong)]
    grids, n = case.grids, len(case.grids)
    for name, values in (
        ("size", np.bincount(case.grid, size, n)),
        ("n_units", np.bincount(case.grid, minlength=n)),
        ("area_ha", np.bincount(case.grid, case.units["area_ha"], n)),
        (
            "n_members",
            case.placements["grid_id"].value_counts().reindex(grids["grid_id"], fill_value=0).to_numpy(),
        ),
    ):
        far = np.abs(grids[name].to_numpy(dtype=float) - values) > 1e-6 * np.maximum(1.0, np.abs(values))
        out += [f"size: {name} of grid {g} is not that of its units" for g in grids["grid_id"][far]]
    target = float(case.report["size"]["target"])
    deviation = (grids["size"] - target) / target
    if (np.abs(grids["deviation"] - deviation) > 1e-9).any() or (
        np.abs(grids["target"] - target) > 1e-9
    ).any():
        out.append("size: a target or deviation is wrong")
    inside = (grids["size"] >= case.minimum - case.slack) & (grids["size"] <= case.maximum + case.slack)
    inside |= case.dedicated
    out += [
        f"size: within_bounds of grid {g} is wrong"
        for g in grids["grid_id"][inside != grids["within_bounds"]]
    ]
    ha = _areas_m2(case) / SQUARE_METRES_PER_HA
    wrong = np.abs(case.units["area_ha"].to_numpy() - ha) > 1e-3 * ha + 1e-6
    return out + [f"size: the area of unit {unit} is wrong" for unit in ids[wrong]]


def _areas_m2(case: Case) -> np.ndarray:
    """Return the ellipsoidal area of every unit's ground, by an equal-area projection of this checker."""
    table = (
        case.plan.plots.set_index("unit_id") if case.layer == "building" else case.units.set_index("unit_id")
    )
    ground = table.geometry.reindex(case.units["unit_id"])
    west, south, east, north = ground.to_crs(4326).total_bounds
    laea = f"+proj=laea +lat_0={(south + north) / 2} +lon_0={(west + east) / 2} +ellps=WGS84 +units=m"
    return np.asarray(ground.to_crs(laea).area, dtype=float)


def _unit_sizes(case: Case) -> np.ndarray:
    """Return what every unit weighs."""
    of, members, source = case.size.of, case.members, case.source
    if of in PER_AREA:
        return _areas_m2(case) / PER_AREA[of]
    if of == "households":
        return _households(case)
    if of in source.attributes:
        return _column(case, of)
    assert members is not None  # noqa: S101 - people without a roster are refused before
    if of == "members":
        return _by_unit(case, np.ones(len(members)))
    return _by_unit(case, pd.to_numeric(members.attributes[of]).to_numpy(dtype=float))


def _households(case: Case) -> np.ndarray:
    """Return the distinct households of every unit, else the sum of the counts of its members or its own."""
    if case.members is not None:
        frame = case.members.frame
        if frame["household"].notna().any():
            return _by_unit(case, _first_of_household(case))
        if frame["households"].notna().any():
            return _by_unit(case, frame["households"].to_numpy(dtype=float))
    return _column(case, case.source.columns["households"])


def _unit_of_members(case: Case) -> np.ndarray:
    assert case.members is not None  # noqa: S101 - for the type checker
    by_member = case.placements.set_index("member_id")["unit_id"]
    return by_member.reindex(pseudonyms_of(case.members)).to_numpy(dtype=object)


def _by_unit(case: Case, weight: np.ndarray) -> np.ndarray:
    unit = _unit_of_members(case)
    placed = ~pd.isna(unit)
    total = pd.Series(weight[placed]).groupby(unit[placed]).sum()
    return total.reindex(case.units["unit_id"], fill_value=0.0).to_numpy(dtype=float)


def _column(case: Case, name: str) -> np.ndarray:
    """Return a column of the units: of the rows with the unit's id the value nearest to what it has.

    Parts of a unit that barriers cut have their share of it by area.
    """
    values = pd.to_numeric(case.source.attributes[name]).groupby(case.source.frame["unit_id"]).agg(list)
    choices: Sequence[list[float]] = values.reindex(case.units["source_id"]).tolist()
    area = pd.Series(shapely.area(case.geoms))
    share = (area / area.groupby(case.whole).transform("sum")).to_numpy()
    rows = zip(choices, share.tolist(), case.weight.tolist(), strict=True)
    return np.array([_nearest([value * part for value in some], own) for some, part, own in rows])


def _nearest(values: list[float], wanted: float) -> float:
    return min(values, key=lambda value: abs(value - wanted))


def _first_of_household(case: Case) -> np.ndarray:
    """Return 1 for the first placed member of each household by member id, else 0."""
    assert case.members is not None  # noqa: S101 - for the type checker
    frame = case.members.frame
    placed = ~pd.isna(_unit_of_members(case))
    keys = frame[["compound", "building", "household"]].astype(object)
    keys = keys.where(keys.notna(), "")
    weight = np.zeros(len(frame))
    seen: set[tuple[object, ...]] = set()
    for i in np.argsort(frame["member_id"].to_numpy(dtype=object), kind="stable"):
        key = tuple(keys.iloc[i])
        if placed[i] and key[2] != "" and key not in seen:
            seen.add(key)
            weight[i] = 1.0
    return weight
