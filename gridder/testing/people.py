"""Placements and sizes checked from the roster and the geometry."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from gridder.io.key import pseudonym_key
from gridder.model import SQUARE_METRES_PER_HA, SQUARE_METRES_PER_MU, UNPLACED_REASONS
from gridder.privacy import pseudonyms
from gridder.testing.case import Case

METHODS = ("inside", "nearest", "unit-id", "address", "by-order")
TOLERANCE_M = 0.01


def check_once(case: Case) -> list[str]:
    """Return whether not every member stands in the layer exactly once."""
    if case.members is None:
        return [] if case.placements.empty else ["placements: there are some without a roster"]
    ids = case.placements["member_id"]
    expected = pseudonyms(case.members.frame["member_id"].tolist(), pseudonym_key())
    if ids.duplicated().any() or set(ids) != set(expected):
        return [f"placements: not every member stands in layer {case.layer} exactly once"]
    return []


def check_placements(case: Case, *, both_layers: bool) -> list[str]:
    """Return people who are where they cannot be."""
    if case.members is None:
        return []
    out = []
    expected = pseudonyms(case.members.frame["member_id"].tolist(), pseudonym_key())
    table = case.placements.set_index("member_id")
    table = table.loc[expected]
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
    return out + _places(case, table, both_layers=both_layers)


def _places(case: Case, table: pd.DataFrame, *, both_layers: bool) -> list[str]:
    assert case.members is not None  # noqa: S101 - for the type checker
    frame = case.members.frame
    points = np.full(len(frame), None, dtype=object)
    if case.layer == "building" or not both_layers:
        points = frame["home"].to_numpy(dtype=object).copy()
    if case.layer == "field":
        second = frame["field_point"].to_numpy(dtype=object)
        points = np.where(shapely.is_missing(second), points, second)
    points = _moved(case, points)
    position = {unit_id: i for i, unit_id in enumerate(case.units["unit_id"])}
    unit = table["unit_id"].map(position).fillna(-1).to_numpy(dtype=np.int64)
    method = table["method"].to_numpy(dtype=object)
    ids = case.units["unit_id"].to_numpy(dtype=object)
    out: list[str] = []
    pointed = np.isin(method, ("inside", "nearest"))
    if (pointed & shapely.is_missing(points)).any():
        return ["placements: somebody without a point is placed by one"]
    distance = np.full(len(points), np.nan)
    distance[pointed] = shapely.distance(points[pointed], case.geoms[unit[pointed]])
    out += [
        f"placements: a member is said to be inside {ids[unit[i]]} and lies {distance[i]:.1f} m off"
        for i in np.flatnonzero((method == "inside") & (distance > TOLERANCE_M))
    ]
    tree = shapely.STRtree(case.geoms)
    for i in np.flatnonzero(method == "nearest"):
        nearest = float(tree.query_nearest(points[i], return_distance=True)[1][0])
        if distance[i] > min(nearest, case.reach_m) + TOLERANCE_M:
            out.append(f"placements: {ids[unit[i]]} is not the nearest unit within reach of a member")
    lost = points[(table["reason"] == "out-of-reach").to_numpy()]
    if tree.query(lost, predicate="dwithin", distance=case.reach_m - TOLERANCE_M).size:
        out.append("placements: a member within reach of a unit is said to be out of reach")
    if case.layer == "field":
        out += _named(case, method, unit)
    return out


def _named(case: Case, method: np.ndarray, unit: np.ndarray) -> list[str]:
    """Return members placed by a parcel number that is not their unit's (dropped units apart)."""
    assert case.members is not None  # noqa: S101 - for the type checker
    source = case.units["source_id"].to_numpy(dtype=object)
    kept = set(source)
    parcel = case.members.frame["parcel"].to_numpy(dtype=object)
    wrong = [
        i for i in np.flatnonzero(method == "unit-id") if parcel[i] in kept and source[unit[i]] != parcel[i]
    ]
    return [f"placements: a member names {parcel[i]} and is in {source[unit[i]]}" for i in wrong]


def _moved(case: Case, points: np.ndarray) -> np.ndarray:
    assert case.members is not None  # noqa: S101 - for the type checker
    given = ~shapely.is_missing(points)
    moved = np.full(len(points), None, dtype=object)
    crs = case.plan.units.crs
    transformer = Transformer.from_crs(case.members.crs, crs, always_xy=True)
    xy = shapely.get_coordinates(points[given])
    origin = np.floor(case.plan.units.total_bounds[:2])
    moved[given] = shapely.points(np.column_stack(transformer.transform(*xy.T)) - origin)
    return moved


def check_sizes(case: Case) -> list[str]:
    """Return units whose size, and grids whose numbers, are not what the inputs give."""
    out = []
    expected = _unit_sizes(case)
    size = case.weight
    ids = case.units["unit_id"].to_numpy(dtype=object)
    area = expected is not None and case.size.of in ("area_ha", "area_mu")
    if expected is not None:
        wrong = np.abs(size - expected) > (1e-3 * np.maximum(expected, 1e-3) if area else 1e-6)
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


def _unit_sizes(case: Case) -> np.ndarray | None:
    of = case.size.of
    if of == "area_ha":
        return _areas_m2(case) / SQUARE_METRES_PER_HA
    if of == "area_mu":
        return _areas_m2(case) / SQUARE_METRES_PER_MU
    if of in case.source.attributes and of in case.units:
        return case.units[of].to_numpy(dtype=float) if case.units[of].notna().all() else None
    if case.members is None:
        return None
    frame = case.members.frame
    weight = np.ones(len(frame))
    unit = case.placements.set_index("member_id")["unit_id"].reindex(
        pseudonyms(frame["member_id"].tolist(), pseudonym_key())
    )
    placed = unit.notna().to_numpy()
    if of == "households":
        if frame["household"].isna().all():
            return None
        weight = np.zeros(len(frame))
        seen: set[tuple[object, ...]] = set()
        for i in np.argsort(frame["member_id"].to_numpy(dtype=object), kind="stable"):
            home = frame["household"].iloc[i]
            key = tuple(frame[c].iloc[i] for c in ("compound", "building", "household"))
            if placed[i] and home is not None and key not in seen:
                seen.add(key)
                weight[i] = 1.0
    elif of != "members":
        weight = pd.to_numeric(case.members.attributes[of]).to_numpy(dtype=float)
    total = pd.Series(weight[placed]).groupby(unit.to_numpy()[placed]).sum()
    return total.reindex(case.units["unit_id"], fill_value=0.0).to_numpy(dtype=float)
