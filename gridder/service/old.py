"""An old plan beside the units of a new one: which unit was in which grid, and what became of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridder.errors import InputError
from gridder.model import Finding, Floats, Geometries, Ints, Layer, Plan, Text
from gridder.service.wishes import LAYER_NAMES

AGREE = 0.5
"""Ids that name other places for more than this share of the units were given anew, and are not used."""


@dataclass(frozen=True, eq=False)
class OldLayer:
    """One layer of an old plan, and the units of the new one in it.

    Attributes
    ----------
    grids
        Its grids, `grid_id, code, number, zone, zone_code, valid_from` and, where it had
        any, the `site` of dedicated ones, with a RangeIndex.
    units
        Its units, `unit_id, grid_id`, with a RangeIndex.
    unit
        Position in `units` of every new unit, shape (n,), -1 for none.
    grid
        Position in `grids` of every new unit, shape (n,), -1 for none.
    placements
        `member_id, unit_id, grid_id` of the people who had a place.
    last_numbers
        Largest number ever used in a zone, by the name of the zone.
    """

    grids: pd.DataFrame
    units: pd.DataFrame
    unit: Ints
    grid: Ints
    placements: pd.DataFrame
    last_numbers: Mapping[str, int]

    @property
    def names(self) -> dict[str, int]:
        """Position of every grid by its code and by its id."""
        named: dict[str, int] = {}
        for column in ("code", "grid_id"):
            named |= {str(name): i for i, name in enumerate(self.grids[column])}
        return named


def match_old(
    plan: Plan, layer: Layer, ids: Sequence[str], geoms: gpd.GeoSeries, *, has_ids: bool
) -> OldLayer | None:
    """Return the layer of an old plan with the units of the new one in it, None where it has no such layer.

    A unit is the old one of the same id, else the old one that holds a point inside it.
    Where the file has no ids, or most of them name other places than before, the place alone decides.

    Parameters
    ----------
    plan
        The old plan.
    ids, geoms
        The new units, length n, and their shapes in any CRS.
    has_ids
        Whether the ids come from the file, and are no row numbers.

    Raises
    ------
    InputError
        Where not one unit was in the old plan.
    """
    kept = ["grid_id", "code", "number", "zone", "zone_code", "valid_from", "site"]
    grids = _of_layer(plan.grids, layer)
    grids = grids[[name for name in kept if name in grids]]
    if grids.empty:
        return None
    units = _of_layer(plan.units, layer)
    shapes = np.asarray(units.geometry, dtype=object)
    points = gpd.GeoSeries(shapely.point_on_surface(geoms.to_numpy()), crs=geoms.crs).to_crs(plan.units.crs)
    unit = match_units(ids, points.to_numpy(), units["unit_id"].tolist(), shapes, has_ids=has_ids)
    if len(unit) and not (unit >= 0).any():
        raise InputError([_elsewhere(layer)])
    position = pd.Series(np.arange(len(grids)), index=grids["grid_id"])
    grid_of = units["grid_id"].map(position).to_numpy(dtype=np.int64)
    placements = _of_layer(plan.placements, layer)
    return OldLayer(
        grids=grids,
        units=pd.DataFrame(units[["unit_id", "grid_id"]]),
        unit=unit,
        grid=np.where(unit >= 0, grid_of[unit], -1),
        placements=placements.loc[placements["unit_id"].notna(), ["member_id", "unit_id", "grid_id"]],
        last_numbers=_last_numbers(plan, layer, grids),
    )


def match_units(
    ids: Sequence[str], points: Geometries, old_ids: Sequence[str], old_geoms: Geometries, *, has_ids: bool
) -> Ints:
    """Return the position of the old unit of every new one, shape (n,), -1 for none.

    `points` (n,) lie inside the new units, in the CRS of `old_geoms`.
    """
    by_place = np.full(len(ids), -1, np.int64)
    point, holder = shapely.STRtree(old_geoms).query(points, predicate="intersects")
    order = np.lexsort((-holder, point))
    by_place[point[order]] = holder[order]
    if not has_ids:
        return by_place
    known = pd.Series(np.arange(len(old_ids)), index=list(old_ids))
    by_id = known.reindex(list(ids)).fillna(-1).to_numpy(dtype=np.int64)
    both = (by_id >= 0) & (by_place >= 0)
    if both.any() and np.mean(by_id[both] != by_place[both]) > AGREE:
        return by_place
    return np.where(by_id >= 0, by_id, by_place)


def _of_layer(frame: pd.DataFrame, layer: Layer) -> Any:
    return frame[(frame["layer"] == layer).to_numpy(dtype=bool)].reset_index(drop=True)


def _last_numbers(plan: Plan, layer: Layer, grids: pd.DataFrame) -> dict[str, int]:
    told: Mapping[str, int] = plan.recipe.get("last_numbers", {}).get(layer, {})
    used = grids.groupby("zone")["number"].max()
    return {str(zone): max(int(used.get(zone, 0)), told.get(zone, 0)) for zone in {*used.index, *told}}


def _elsewhere(layer: Layer) -> Finding:
    name = LAYER_NAMES[layer]
    return Finding(
        "old-plan-elsewhere",
        Text(
            f"not one of the {name.en} was in the old plan, by id or by place",
            f"按编号和位置，没有一个{name.zh}在旧方案中",
        ),
        remedy=Text("give the old plan of this very area", "请给出同一区域的旧方案"),
    )


def plan_checksum(plan: Plan) -> str:
    """Return a checksum of what a new plan takes from an old one: its assignment, names and inputs."""
    units = plan.units[["layer", "unit_id", "grid_id"]].sort_values(["layer", "unit_id"])
    grids = plan.grids[["grid_id", "code", "number", "zone", "zone_code"]].sort_values("grid_id")
    content = {
        "units": units.astype(str).to_numpy().tolist(),
        "grids": grids.fillna("").astype(str).to_numpy().tolist(),
        "inputs": plan.recipe["inputs"],
        "last_numbers": plan.recipe.get("last_numbers", {}),
    }
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def stability(
    old: OldLayer,
    *,
    grid_ids: Sequence[str],
    unit_grid_ids: np.ndarray,
    unit_ids: np.ndarray,
    weight: Floats,
    placements: pd.DataFrame,
) -> dict[str, Any]:
    """Return how much of an old plan stayed, as `report.json` tells it.

    Parameters
    ----------
    grid_ids
        Ids of the new grids.
    unit_grid_ids, unit_ids, weight
        Grid id, id and size of every new unit, shape (n,).
    placements
        `member_id, unit_id, grid_id` of the new plan, missing for people without a place.
    """
    before = old.unit >= 0
    was = np.full(len(before), "", dtype=object)
    was[before] = old.units["grid_id"].to_numpy(dtype=object)[old.unit[before]]
    changed = before & (was != unit_grid_ids)
    known = set(old.grids["grid_id"])
    kept = known & set(grid_ids)
    same_unit = pd.DataFrame(
        {
            "unit_id": unit_ids[before],
            "old_unit_id": old.units["unit_id"].to_numpy(dtype=object)[old.unit[before]],
        }
    )
    stayed = placements.merge(same_unit, on="unit_id").merge(
        old.placements,
        left_on=["member_id", "old_unit_id"],
        right_on=["member_id", "unit_id"],
        suffixes=("", "_old"),
    )
    return {
        "grids_kept": len(kept),
        "grids_new": len(set(grid_ids) - kept),
        "grids_gone": len(known - kept),
        "units_before": int(before.sum()),
        "units_changed": _share(changed, before, np.ones(len(before))),
        "size_changed": _share(changed, before, weight),
        "members_before": len(stayed),
        "members_changed": float((stayed["grid_id"] != stayed["grid_id_old"]).mean())
        if len(stayed)
        else None,
    }


def _share(some: np.ndarray, of: np.ndarray, weight: Floats) -> float:
    total = float(weight[of].sum())
    return float(weight[some].sum()) / total if total > 0.0 else 0.0


def valid_from(day: str | None, old: OldLayer | None, kept: Ints) -> pd.Series[str]:
    """Return since when every grid is valid: `day` for new ones, what the old plan says for those it had.

    `kept` is the position of the old grid, −1 for none, shape (g,).
    """
    days = np.full(len(kept), day, dtype=object)
    if old is not None:
        was = old.grids["valid_from"].to_numpy(dtype=object)[kept]
        days = np.where(kept >= 0, was, days)
    return pd.Series(days, dtype="str")


def ended_grids(old: OldLayer, kept: Ints, *, valid_to: str | None) -> list[dict[str, Any]]:
    """Return the grids of the old plan that no grid carries on, and their last day where one is known."""
    gone = old.grids.drop(index=kept[kept >= 0].tolist())
    return [
        {
            "grid_id": grid_id,
            "code": code,
            "valid_from": since if isinstance(since, str) else None,
            "valid_to": valid_to,
        }
        for grid_id, code, since in zip(gone["grid_id"], gone["code"], gone["valid_from"], strict=True)
    ]
