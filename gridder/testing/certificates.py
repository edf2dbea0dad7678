"""Certificates checked from the input alone: arithmetic, and exhaustive search where that is possible."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence, Set
from typing import Any

import numpy as np

from gridder.testing.case import Case

EXHAUSTIVE_UNITS = 14
"""Components up to this size are searched for a plan."""
APART = ("unit-over-maximum", "component-under-minimum")
"""Grids with these reasons count beside the number of grids that is asked for."""
SETS = 50_000
"""Connected sets that are listed at most."""


def check_bounds(case: Case) -> list[str]:
    """Return grids out of bounds without a certificate, and certificates that do not hold."""
    out = _asked(case)
    certified = {entry["grid_id"]: entry["certificate"] for entry in case.report["out_of_bounds"]}
    size = np.bincount(case.grid[case.grid >= 0], case.weight[case.grid >= 0], len(case.grids))
    bad = (size < case.minimum - case.slack) | (size > case.maximum + case.slack)
    for i in np.flatnonzero(bad):
        grid_id = case.grids["grid_id"].iloc[i]
        if grid_id not in certified:
            out.append(f"bounds: grid {grid_id} of size {size[i]:g} has no certificate")
    for grid_id, certificate in certified.items():
        at = np.flatnonzero((case.grids["grid_id"] == grid_id).to_numpy())
        if not len(at) or not bad[at[0]]:
            out.append(f"certificate: grid {grid_id} is in bounds and needs none")
            continue
        out += [f"certificate of {grid_id}: {fault}" for fault in _faults(case, certificate, int(at[0]))]
    return out


def _asked(case: Case) -> list[str]:
    """Return bounds and numbers of grids that are not what was asked for.

    With a number of grids the target is what remains once certified grids are set apart; where that
    and what is set apart contradict each other, what remains without units above the maximum.
    """
    size, told = case.size, case.report["size"]
    out = [] if told["of"] == size.of else [f"bounds: the plan counts {told['of']}, not {size.of}"]
    targets = [size.target or 0.0]
    if size.target is None:
        certified = [(e["size"], e["certificate"]["reason"]) for e in case.report["out_of_bounds"]]
        apart = [weight for weight, reason in certified if reason in APART]
        heavy = [weight for weight, reason in certified if reason == "unit-over-maximum"]
        out += _count_faults(case, len(case.grids) - len(apart))
        targets = [(case.weight.sum() - sum(some)) / (size.n_grids or 1) for some in (apart, heavy)]
    target = min(targets, key=lambda value: abs(told["target"] - value))
    asked = {
        "target": target,
        "minimum": 0.5 * target if size.minimum is None else size.minimum,
        "maximum": 1.5 * target if size.maximum is None else size.maximum,
    }
    return out + [
        f"bounds: the {role} is {told[role]:g}, not {value:g}"
        for role, value in asked.items()
        if not math.isclose(told[role], value, rel_tol=1e-6)
    ]


def _count_faults(case: Case, n_grids: int) -> list[str]:
    """Return what is wrong where the number of grids is not the one asked for."""
    told = case.report.get("n_grids_missed")
    if n_grids == case.size.n_grids:
        return ["bounds: the number of grids is said to be missed"] if told else []
    if told is None or (told["asked"], told["made"]) != (case.size.n_grids, n_grids):
        return [f"bounds: there are {n_grids} grids, not the {case.size.n_grids} asked for"]
    reason = told["certificate"]["reason"] if told["certificate"] else None
    faults = _asked_count(case) if reason == "no-count-fits" else []
    if reason not in ("no-count-fits", "not-found") and n_grids > 0:
        faults.append("no certificate says why")
    return [f"certificate of the number of grids: {fault}" for fault in faults]


def _faults(case: Case, certificate: dict[str, Any], grid: int) -> list[str]:
    position = {unit_id: i for i, unit_id in enumerate(case.units["unit_id"])}
    grid_id = case.grids["grid_id"].iloc[grid]
    if not certificate["unit_ids"] or grid_id not in certificate["grid_ids"]:
        return ["it names no units, or not its grid"]
    if not set(certificate["unit_ids"]) <= set(position):
        return ["it names units that do not exist"]
    units = np.array([position[u] for u in certificate["unit_ids"]], dtype=np.int64)
    weight = float(case.weight[units].sum())
    faults = []
    if not math.isclose(weight, certificate["weight"], rel_tol=1e-6, abs_tol=1e-6):
        faults.append(f"its units weigh {weight:g}, not {certificate['weight']:g}")
    if abs(certificate["minimum"] - case.minimum) > case.slack:
        faults.append("its minimum is not the layer's")
    if abs(certificate["maximum"] - case.maximum) > case.slack:
        faults.append("its maximum is not the layer's")
    rule = {
        "unit-over-maximum": _over_maximum,
        "component-under-minimum": _under_minimum,
        "no-count-fits": _no_count,
        "proved-infeasible": _proved,
        "not-found": _not_found,
    }.get(certificate["reason"])
    if rule is None:
        return [*faults, f"its reason {certificate['reason']!r} is not known"]
    return [*faults, *rule(case, units, grid)]


def _over_maximum(case: Case, units: np.ndarray, grid: int) -> list[str]:
    """Beside the unit, its grid may hold pieces too light behind it, and what cannot be made to fit."""
    if len(units) != 1 or case.weight[units[0]] <= case.maximum:
        return ["no single unit is above the maximum"]
    if case.grid[units[0]] != grid:
        return ["its unit is in another grid"]
    heavy = _heavy(case)
    piece = case.pieces(without=heavy)
    weight = np.bincount(piece, case.weight)
    faults = []
    with_it = np.flatnonzero((case.grid == grid) & ~heavy)
    if (heavy & (case.grid == grid)).sum() > 1:
        faults.append("another unit above the maximum is in its grid")
    around = case.neighbours()
    for p in np.unique(piece[with_it]):
        if weight[p] < case.minimum:
            continue
        whole = np.flatnonzero((piece == p) & ~heavy).tolist()
        if len(whole) <= EXHAUSTIVE_UNITS and plan_exists(case, around, whole):
            faults.append("units are with it that could be grids of their own")
    return faults


def _under_minimum(case: Case, units: np.ndarray, grid: int) -> list[str]:
    piece = case.pieces()
    whole = np.flatnonzero(piece == piece[units[0]])
    faults = []
    if set(whole.tolist()) != set(units.tolist()):
        faults.append("its units are not a whole connected piece")
    if case.weight[units].sum() >= case.minimum:
        faults.append("its piece weighs the minimum or more")
    if set(np.flatnonzero(case.grid == grid).tolist()) != set(whole.tolist()):
        faults.append("its grid is not the piece")
    return faults


def _heavy(case: Case) -> np.ndarray:
    return np.asarray(case.weight > case.maximum + case.slack)


def _no_count(case: Case, units: np.ndarray, _: int) -> list[str]:
    if case.size.n_grids is not None:
        return _asked_count(case)
    piece = case.pieces(without=_heavy(case))
    whole = np.flatnonzero((piece == piece[units[0]]) & ~_heavy(case))
    faults = []
    if set(whole.tolist()) != set(units.tolist()):
        faults.append("its units are not a whole connected piece beside units above the maximum")
    total = float(case.weight[units].sum())
    most = math.floor((total + case.slack) / case.minimum) if case.minimum > 0 else len(units)
    least = math.ceil((total - case.slack) / case.maximum)
    if max(least, 1) <= most:
        faults.append(f"{max(least, 1)} grids would fit its weight")
    return faults


def _asked_count(case: Case) -> list[str]:
    """Return whether the number of grids asked for is among those that fit the pieces."""
    heavy = _heavy(case)
    total = np.bincount(case.pieces(without=heavy)[~heavy], case.weight[~heavy])
    total = total[total >= case.minimum - case.slack]
    least = np.ceil((total - case.slack) / case.maximum).sum()
    most = np.floor((total + case.slack) / case.minimum).sum() if case.minimum > 0 else math.inf
    fits = least <= (case.size.n_grids or 0) <= most
    return [f"{case.size.n_grids} grids fit, anything from {least:g} to {most:g} does"] if fits else []


def _proved(case: Case, units: np.ndarray, _: int) -> list[str]:
    around = case.neighbours()
    heavy = set(np.flatnonzero(_heavy(case)).tolist())
    if len(units) == 1:
        fits = connected_set_fits(case, around, int(units[0]), heavy)
        return ["a connected set with its unit keeps the bounds"] if fits else []
    inside = set(units.tolist())
    outside = {v for u in inside for v in around[u] if v not in inside and v not in heavy}
    doors = {u for u in inside if around[u] & outside}
    if len(doors) > 1:
        return ["its units hang on the rest by more than one unit"]
    if len(units) > EXHAUSTIVE_UNITS:
        return []
    if not doors and plan_exists(case, around, list(inside)):
        return ["an exhaustive search finds a plan"]
    if doors and any(
        plan_exists(case, around, list(inside - chosen))
        for chosen in _connected_sets(case, around, min(doors), inside)
    ):
        return ["an exhaustive search finds a plan of the units behind their one link to the rest"]
    return []


def _not_found(case: Case, units: np.ndarray, grid: int) -> list[str]:
    return [] if (case.grid[units] == grid).all() else ["its units are not the grid"]


def connected_set_fits(case: Case, around: Sequence[set[int]], unit: int, heavy: set[int]) -> bool:
    """Return whether some connected set that holds the unit keeps the bounds (True where too many to list)."""
    light = set(range(len(around))) - heavy
    for n, chosen in enumerate(_connected_sets(case, around, unit, light)):
        if case.weight[list(chosen)].sum() >= case.minimum - case.slack or n > SETS:
            return True
    return False


def plan_exists(case: Case, around: Sequence[set[int]], units: Sequence[int]) -> bool:
    """Return whether units can be divided into connected sets within the bounds (exhaustive)."""
    hopeless: set[frozenset[int]] = set()

    def divides(left: frozenset[int]) -> bool:
        if not left:
            return True
        if left in hopeless:
            return False
        for chosen in _connected_sets(case, around, min(left), left):
            if case.weight[list(chosen)].sum() >= case.minimum - case.slack and divides(left - chosen):
                return True
        hopeless.add(left)
        return False

    return divides(frozenset(units))


def _connected_sets(
    case: Case, around: Sequence[set[int]], unit: int, inside: Set[int]
) -> Iterator[frozenset[int]]:
    """Yield the connected sets within some units that hold one of them, up to the maximum."""
    if case.weight[unit] > case.maximum + case.slack:
        return
    waiting, seen = [frozenset({unit})], {frozenset({unit})}
    while waiting:
        chosen = waiting.pop()
        yield chosen
        weight = float(case.weight[list(chosen)].sum())
        for v in (set().union(*(around[u] for u in chosen)) & inside) - chosen:
            larger = chosen | {v}
            if weight + case.weight[v] <= case.maximum + case.slack and larger not in seen:
                seen.add(larger)
                waiting.append(larger)
