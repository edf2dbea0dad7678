"""All scores of one layer of a plan, as `report.json` carries them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridder.model import Bools, Certificate, Floats, Ints, UnitGraph

APART = ("unit-over-maximum", "component-under-minimum")
"""Grids with these reasons count beside the number of grids that is asked for."""


@dataclass(frozen=True)
class Bounds:
    """The size of one layer with every number settled."""

    of: str
    target: float
    minimum: float
    maximum: float

    def within(self, size: Floats) -> np.ndarray:
        """Return which sizes keep the bounds; sums of fractions get a tolerance of 1e-9."""
        slack = 1e-9 * max(1.0, self.maximum)
        return (size >= self.minimum - slack) & (size <= self.maximum + slack)

    def as_dict(self) -> dict[str, Any]:
        """Return the bounds as they are written to files."""
        return {
            "of": self.of,
            "target": self.target,
            "minimum": self.minimum,
            "maximum": self.maximum,
        }


def contiguous_grids(graph: UnitGraph, grid: Ints, n_grids: int) -> np.ndarray:
    """Return which grids are connected in the graph, shape (n_grids,)."""
    inside = grid[graph.a] == grid[graph.b]
    links = coo_array(
        (np.ones(int(inside.sum())), (graph.a[inside], graph.b[inside])), shape=(graph.n, graph.n)
    )
    _, piece = connected_components(links, directed=False)
    pieces = pd.DataFrame({"grid": grid, "piece": piece}).drop_duplicates()
    return np.asarray(pieces.groupby("grid").size().reindex(range(n_grids), fill_value=0) == 1)


def cut_share(graph: UnitGraph, grid: Ints) -> float:
    """Return the share of the shared length that lies between different grids, in [0, 1]; small is good.

    Where no link has a length, the share of links.
    """
    weight = graph.shared_m if graph.shared_m.any() else np.ones(len(graph.a))
    total = float(weight.sum())
    return float(weight[grid[graph.a] != grid[graph.b]].sum()) / total if total > 0 else 0.0


def certificates_of_size(
    certificates: Sequence[Certificate], out_of_bounds: Collection[str]
) -> dict[str, Certificate]:
    """Return the certificate of every grid whose size is out of bounds."""
    return {
        grid_id: certificate
        for certificate in certificates
        if certificate.reason != "skill-short"
        for grid_id in certificate.grid_ids
        if grid_id in out_of_bounds
    }


def certificates_of_skill(
    certificates: Sequence[Certificate], short: Collection[str]
) -> dict[str, Certificate]:
    """Return the certificate of every grid with too few skilled people: `skill-short` before any other."""
    found: dict[str, Certificate] = {}
    for certificate in sorted(certificates, key=lambda c: _SKILL_FIRST.get(c.reason, 2), reverse=True):
        found |= {grid_id: certificate for grid_id in certificate.grid_ids if grid_id in short}
    return found


_SKILL_FIRST = {"skill-short": 0, "not-found": 1}


def skill_report(
    grids: pd.DataFrame, certificates: Sequence[Certificate], *, word: str, minimum: int
) -> dict[str, Any]:
    """Return which grids have too few people with a skill.

    Parameters
    ----------
    grids
        One row a grid: `grid_id, n_skilled`.
    certificates
        With ids of the plan.
    """
    short = grids[(grids["n_skilled"] < minimum).to_numpy()]
    by_grid = certificates_of_skill(certificates, set(short["grid_id"]))
    return {
        "word": word,
        "minimum": minimum,
        "grids_short": [
            {
                "grid_id": grid_id,
                "n_skilled": n,
                "certificate": by_grid[grid_id].as_dict() if grid_id in by_grid else None,
            }
            for grid_id, n in zip(short["grid_id"].tolist(), short["n_skilled"].tolist(), strict=True)
        ],
    }


def lock_report(
    broken: Mapping[str, Sequence[str]], certificates: Sequence[Certificate], *, n_units: int
) -> dict[str, Any]:
    """Return which grids hold units that were to be in different ones.

    Parameters
    ----------
    broken
        Ids of such units by the id of their grid.
    certificates
        With ids of the plan.
    n_units
        Number of units that are locked.
    """
    by_grid = {grid_id: c for c in certificates for grid_id in c.grid_ids}
    return {
        "n_units": n_units,
        "broken": [
            {
                "grid_id": grid_id,
                "unit_ids": list(units),
                "certificate": by_grid[grid_id].as_dict() if grid_id in by_grid else None,
            }
            for grid_id, units in broken.items()
        ],
    }


def layer_report(
    *,
    grids: pd.DataFrame,
    bounds: Bounds,
    dedicated: Bools,
    n_grids_asked: int | None,
    n_units: int,
    gap_m: float,
    moment_m2: float,
    cut: float,
    certificates: tuple[Certificate, ...],
    bridged: list[dict[str, Any]],
) -> dict[str, Any]:
    """Return the scores of one layer.

    Parameters
    ----------
    grids
        One row a grid: `grid_id, size, deviation, polsby_popper, within_bounds, contiguous`.
    dedicated
        Which grids are sites of their own, shape (n_grids,): no size is asked of them, and they count beside the
        scores of size and connection and beside the number of grids asked for.
    n_grids_asked
        The number of grids asked for, if one was; `n_grids_missed` says where it was not reached.
    certificates
        With ids of the plan.
    """
    out = grids[~grids["within_bounds"].to_numpy(dtype=bool)]
    by_grid = certificates_of_size(certificates, set(out["grid_id"]))
    excused = grids["grid_id"].map(lambda g: g in by_grid and by_grid[g].reason != "not-found").to_numpy()
    judged, others = grids[~excused & ~dedicated], grids[~dedicated]
    report = {
        "n_units": n_units,
        "n_grids": len(grids),
        "gap_m": gap_m,
        "size": bounds.as_dict(),
        "within_bounds": _mean(judged["within_bounds"]),
        "contiguous": _mean(others["contiguous"]),
        "mean_abs_deviation": _mean(others["deviation"].abs()),
        "polsby_popper_mean": _mean(grids["polsby_popper"]),
        "moment_m2": moment_m2,
        "cut": cut,
        "out_of_bounds": [
            {"grid_id": grid_id, "size": size, "certificate": by_grid[grid_id].as_dict()}
            for grid_id, size in zip(out["grid_id"].tolist(), out["size"].tolist(), strict=True)
        ],
        "bridged": bridged,
    }
    n_apart = sum(c.reason in APART for c in by_grid.values())
    if n_grids_asked is not None and len(others) - n_apart != n_grids_asked:
        why = [c for c in certificates if c.reason == "no-count-fits" or not c.grid_ids]
        report["n_grids_missed"] = {
            "asked": n_grids_asked,
            "made": len(others) - n_apart,
            "certificate": why[0].as_dict() if why else None,
        }
    return report


def _mean(values: pd.Series[float]) -> float:
    return float(values.mean()) if len(values) else 1.0
