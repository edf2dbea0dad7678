"""What differs between two plans of the same ground."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridder.model import Comparison, PlanView
from gridder.solver.keep import match

STATUSES = ("kept", "moved", "new", "gone")
_KEY = ["layer", "unit_id"]


def compare(before: PlanView, after: PlanView) -> Comparison:
    """Compare two plans unit by unit.

    Units are the same by layer and `unit_id`. A grid carries on the one with which it shares the most area, each
    at most one (the assignment of greatest shared area), whatever their ids are; a unit moved where its new grid
    carries on another than the one it was in.

    Parameters
    ----------
    before, after
        What may be seen of the two plans; counts that they hide stay hidden.
    """
    units = _both(before, after)
    matches = pd.concat(
        [_matches(rows, str(layer)) for layer, rows in units.groupby("layer", sort=True)], ignore_index=True
    )
    carried = units.merge(matches, on=["layer", "grid_after"], how="left", suffixes=("", "_of_match"))
    stays = (carried["grid_before"] == carried["grid_before_of_match"]).to_numpy()
    units["status"] = np.select(
        [units["grid_before"].isna(), units["grid_after"].isna(), stays], ["new", "gone", "kept"], "moved"
    )
    return Comparison(
        units=units[[*_KEY, "grid_before", "grid_after", "status"]],
        matches=matches,
        flows=_flows(units[units["status"] == "moved"]),
        totals={str(layer): _totals(rows) for layer, rows in units.groupby("layer", sort=True)},
    )


def _both(before: PlanView, after: PlanView) -> pd.DataFrame:
    """Return the units of either plan with their grids, and the area and size of the later one."""
    columns = [*_KEY, "grid_id", "area_ha", "size"]
    old, new = (view.units[columns] for view in (before, after))
    both = pd.DataFrame(old).merge(pd.DataFrame(new), on=_KEY, how="outer", suffixes=("_before", "_after"))
    return both[_KEY].assign(
        grid_before=both["grid_id_before"].astype(object),
        grid_after=both["grid_id_after"].astype(object),
        area_ha=both["area_ha_after"].fillna(both["area_ha_before"]).astype(float),
        size=both["size_after"].astype(float),
    )


def _matches(units: pd.DataFrame, layer: str) -> pd.DataFrame:
    known = units.dropna(subset=["grid_before", "grid_after"])
    old, old_ids = pd.factorize(known["grid_before"], sort=True)
    new, new_ids = pd.factorize(known["grid_after"], sort=True)
    kept = match(new.astype(np.int64), old.astype(np.int64), known["area_ha"].to_numpy(dtype=float))
    matched = np.flatnonzero(kept >= 0)
    return pd.DataFrame(
        {
            "layer": layer,
            "grid_before": np.asarray(old_ids, dtype=object)[kept[matched]],
            "grid_after": np.asarray(new_ids, dtype=object)[matched],
        }
    )


def _flows(moved: pd.DataFrame) -> pd.DataFrame:
    columns = ["layer", "grid_before", "grid_after"]
    told = moved.groupby(columns, sort=True).agg(
        n_units=("unit_id", "size"),
        area_ha=("area_ha", "sum"),
        size=("size", lambda sizes: sizes.sum(skipna=False)),
    )
    flows = told.reset_index()
    return flows.sort_values(["n_units", "area_ha"], ascending=False, kind="stable", ignore_index=True)


def _totals(units: pd.DataFrame) -> dict[str, float]:
    counts = units["status"].value_counts()
    moved = units.loc[units["status"] == "moved", "area_ha"]
    return {status: int(counts.get(status, 0)) for status in STATUSES} | {"moved_ha": float(moved.sum())}
