"""Two views of one roster side by side, without the small counts that their difference would tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from gridder.model import Bools, Ints, PlanView
from gridder.privacy import AREA_SIZES, hide_small

_CELL = ["pair", "attribute", "value"]


def hide_differences(before: PlanView, after: PlanView, matches: pd.DataFrame) -> tuple[PlanView, PlanView]:
    """Return two views without the counts of people that differ by less than `k`.

    Who sees a count before and after knows how many came or went. Where that is 1 to `k` - 1, both counts are
    hidden, and others with them as `gridder.privacy.view` does it, and the totals, so that none betrays them.
    A grid is compared with the one that carries it on; sums of several grids can still be subtracted.

    Parameters
    ----------
    before, after
        Views of the two plans with the same `k`, each with its own small counts hidden.
    matches
        Which grid carries on which: `grid_before, grid_after`, each grid once at most.

    Returns
    -------
    tuple
        The two views; as they were where `k` is 1.
    """
    k = max(before.k, after.k)
    if k == 1:
        return before, after
    views = (before, after)
    pairs = [
        pd.Series(np.arange(len(matches)), index=matches[end].to_numpy())
        for end in ("grid_before", "grid_after")
    ]
    counts = [_counts(view, pair) for view, pair in zip(views, pairs, strict=True)]
    near = _near(counts[0], counts[1], ["pair"], "size", k).union(
        _near(counts[0], counts[1], ["pair"], "n_members", k)
    )
    cells = [
        view.composition.assign(pair=view.composition["grid_id"].map(pair))
        for view, pair in zip(views, pairs, strict=True)
    ]
    near_cells = _near(cells[0], cells[1], _CELL, "count", k)
    told = len(near) > 0 or _tells_apart(before.summary, after.summary, k)
    hidden = []
    for view, own, own_cells in zip(views, counts, cells, strict=True):
        grids = _hide_grids(view, own, _among(own, ["pair"], near), k)
        composition = _hide_cells(view, grids, _among(own_cells, _CELL, near_cells), k)
        summary = _summary(view, grids, told=told)
        hidden.append(replace(view, grids=grids, composition=composition, summary=summary))
    return hidden[0], hidden[1]


def _counts(view: PlanView, pair: pd.Series[int]) -> pd.DataFrame:
    """Return the pair and the counts of people of every grid; an area is none."""
    grids = view.grids
    return pd.DataFrame(
        {
            "pair": grids["grid_id"].map(pair),
            "size": grids["size"].astype(float).where(_counts_people(view)),
            "n_members": grids["n_members"].astype(float),
        }
    )


def _counts_people(view: PlanView) -> Bools:
    people = {layer: size["of"] not in AREA_SIZES for layer, size in view.sizes.items()}
    of_people: Bools = view.grids["layer"].map(people).to_numpy(dtype=bool)
    return of_people


def _near(before: pd.DataFrame, after: pd.DataFrame, key: list[str], column: str, k: int) -> pd.MultiIndex:
    """Return the keys whose counts differ, by less than `k`."""
    both = before.dropna(subset=["pair"]).merge(after.dropna(subset=["pair"]), on=key)
    apart = (both[f"{column}_x"].astype(float) - both[f"{column}_y"].astype(float)).abs()
    return pd.MultiIndex.from_frame(both.loc[(apart > 0) & (apart < k), key])


def _among(frame: pd.DataFrame, key: list[str], wanted: pd.MultiIndex) -> Bools:
    found: Bools = pd.MultiIndex.from_frame(frame[key]).isin(wanted)
    return found


def _hide_grids(view: PlanView, counts: pd.DataFrame, hide: Bools, k: int) -> gpd.GeoDataFrame:
    grids = view.grids.copy()
    for group in (_groups(grids, ["layer", "zone"]), _groups(grids, ["layer"])):
        for column in ("size", "n_members"):
            hide = hide_small(counts[column].to_numpy(), group, k, hide)
    of_people = hide & _counts_people(view)
    grids["n_members"] = grids["n_members"].mask(hide)
    for column in ("size", "deviation", "within_bounds", "reason"):
        grids[column] = grids[column].mask(of_people)
    grids["suppressed"] = grids["suppressed"] | hide
    return grids


def _hide_cells(view: PlanView, grids: pd.DataFrame, hide: Bools, k: int) -> pd.DataFrame:
    composition = view.composition.copy()
    hide = hide | composition["grid_id"].isin(set(grids.loc[grids["suppressed"], "grid_id"])).to_numpy()
    group = _groups(composition, ["layer", "grid_id", "attribute"])
    hide = hide_small(composition["count"].to_numpy(dtype=float), group, k, hide)
    composition["count"] = composition["count"].mask(hide)
    composition["suppressed"] = composition["suppressed"] | hide
    return composition


def _tells_apart(before: Mapping[str, Any], after: Mapping[str, Any], k: int) -> bool:
    """Return whether people placed or not placed, whose sum is the same in all layers, differ by less than `k`."""
    pairs = [
        (before[layer][name], after[layer][name])
        for layer in set(before) & set(after)
        for name in ("placed", "unplaced")
    ]
    return any(old is not None and new is not None and 0 < abs(new - old) < k for old, new in pairs)


def _summary(view: PlanView, grids: pd.DataFrame, *, told: bool) -> dict[str, Any]:
    out = {}
    for layer, counts in view.summary.items():
        within = grids.loc[grids["layer"] == layer, "within_bounds"]
        out[layer] = dict(counts) | {"n_within": None if within.isna().any() else counts["n_within"]}
        if told:
            out[layer] |= {"placed": None, "unplaced": None}
    return out


def _groups(frame: pd.DataFrame, columns: list[str]) -> Ints:
    return np.asarray(frame.groupby(columns).ngroup(), dtype=np.int64)
