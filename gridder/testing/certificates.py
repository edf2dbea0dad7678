"""Certificates checked from the input alone: by arithmetic, by trying all divisions, and by an exact model."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise, product
from typing import Any

import numpy as np

from gridder.model import Bools, Floats, Ints
from gridder.solver import Problem, Solution
from gridder.testing.case import Case
from gridder.testing.exhaustive import plan_exists

APART = ("unit-over-maximum", "component-under-minimum")
"""Grids with these reasons count beside the number of grids that is asked for."""
SETS = 50_000
"""Connected sets that are listed at most."""


@dataclass(frozen=True, eq=False)
class Question:
    """What certificates are checked against: units, their neighbours, and what every grid must keep.

    Attributes
    ----------
    near
        Neighbours of every unit.
    weight
        Weight of every unit, shape (n,).
    minimum, maximum, slack
        Bounds of a grid, and the rounding that sums may have.
    n_grids
        Number of grids asked for, or None.
    skill, skill_minimum
        People with the skill in every unit, shape (n,), and how many every grid needs.
    """

    near: Sequence[set[int]]
    weight: Floats
    minimum: float
    maximum: float
    slack: float
    n_grids: int | None = None
    skill: Floats | None = None
    skill_minimum: float = 0.0

    @property
    def bounds(self) -> tuple[float, float]:
        """Bounds of a grid, widened by the slack."""
        return self.minimum - self.slack, self.maximum + self.slack

    @cached_property
    def heavy(self) -> Bools:
        """Which units are above the maximum."""
        return np.asarray(self.weight > self.bounds[1])

    @cached_property
    def piece(self) -> Ints:
        """Connected piece of every unit."""
        return _pieces(self.near, np.ones(len(self.weight), bool))

    @cached_property
    def light_piece(self) -> Ints:
        """Connected piece of every unit without those above the maximum, -1 for these."""
        return _pieces(self.near, ~self.heavy)

    @cached_property
    def inside(self) -> list[Ints]:
        """Return the pieces to be divided: without units above the maximum, and not too light."""
        order = np.argsort(self.light_piece, kind="stable")
        pieces = np.split(order, np.flatnonzero(np.diff(self.light_piece[order])) + 1)
        return [
            units
            for units in pieces
            if len(units) > 0 and not self.heavy[units[0]] and self.weigh(units) >= self.bounds[0]
        ]

    @cached_property
    def known(self) -> dict[tuple[bytes, int | None, int | None, bool], bool | None]:
        """What was found out about divisions: a certificate may name many grids."""
        return {}

    def weigh(self, units: Ints) -> float:
        """Return the weight of some units."""
        return float(self.weight[units].sum())

    def counts(self, units: Ints) -> range:
        """Return the numbers of grids that fit the weight of some units."""
        total, n = self.weigh(units), len(units)
        most = n if self.minimum <= 0.0 else min(n, math.floor((total + self.slack) / self.minimum))
        if self.maximum <= 0.0:
            return range(1, most + 1) if total <= self.slack else range(0)
        return range(max(1, math.ceil((total - self.slack) / self.maximum)), most + 1)


def _pieces(near: Sequence[set[int]], alive: Bools) -> Ints:
    piece = np.full(len(alive), -1)
    n_pieces = 0
    for start in np.flatnonzero(alive).tolist():
        if piece[start] >= 0:
            continue
        piece[start] = n_pieces
        waiting = [start]
        while waiting:
            for v in near[waiting.pop()]:
                if alive[v] and piece[v] < 0:
                    piece[v] = n_pieces
                    waiting.append(v)
        n_pieces += 1
    return piece


def check_solution(problem: Problem, solution: Solution) -> list[str]:
    """Return every rule of bounds, contiguity and certificates that an answer of the solver breaks.

    Where units are locked together or apart, or where the bounds follow from the number of grids, only what
    does not depend on it is checked.
    """
    near = [set(problem.indices[a:b].tolist()) for a, b in pairwise(problem.indptr.tolist())]
    if problem.zone is not None:
        near = [{v for v in own if problem.zone[v] == problem.zone[u]} for u, own in enumerate(near)]
    question = Question(
        near=near,
        weight=problem.weight,
        minimum=solution.minimum,
        maximum=solution.maximum,
        slack=1e-9 * max(solution.maximum, 1.0),
        n_grids=problem.n_grids,
        skill=problem.skill,
        skill_minimum=problem.skill_minimum,
    )
    return _solution_faults(question, np.asarray(solution.assignment, np.int64), solution)


def _solution_faults(question: Question, grid: Ints, solution: Solution) -> list[str]:
    told = [certificate.as_dict() for certificate in solution.certificates]
    apart = _set_apart(question, grid)
    out = [
        f"contiguity: grid {g} is in pieces"
        for g in np.unique(grid).tolist()
        if _pieces(question.near, grid == g).max() > 0
    ]
    certified = {g for certificate in told for g in certificate["grid_ids"]}
    missed = _out_of_bounds(question, grid) | (_short_of_skill(question, grid) & ~apart)
    out += [
        f"bounds: grid {g} has no certificate" for g in np.flatnonzero(missed).tolist() if g not in certified
    ]
    out += [f"certificate: grid {g} needs none" for g in sorted(certified - set(np.flatnonzero(missed)))]
    reasons = {certificate["reason"] for certificate in told}
    n_grids = int((~apart).sum())
    if n_grids not in (question.n_grids or n_grids, 0) and not reasons & {"no-count-fits", "not-found"}:
        out.append(f"bounds: there are {n_grids} grids, not the {question.n_grids} asked for")
    for certificate in told:
        units = np.array(certificate["unit_ids"], dtype=np.int64)
        for g in certificate["grid_ids"]:
            faults = _faults(question, grid, certificate, units, g)
            out += [f"certificate of {g}: {fault}" for fault in faults]
    return out


def _out_of_bounds(question: Question, grid: Ints) -> Bools:
    load = np.bincount(grid, question.weight)
    least, most = question.bounds
    return np.asarray((load < least) | (load > most))


def _short_of_skill(question: Question, grid: Ints) -> Bools:
    if question.skill is None:
        return np.zeros(int(grid.max(initial=-1)) + 1, bool)
    held = np.bincount(grid, question.skill)
    return np.asarray(held < question.skill_minimum * (1.0 - 1e-9))


def _set_apart(question: Question, grid: Ints) -> Bools:
    """Return the grids that hold a unit above the maximum, or nothing but a piece that is too light."""
    apart = np.ones(int(grid.max(initial=-1)) + 1, bool)
    for units in question.inside:
        apart[grid[units]] = False
    apart[grid[question.heavy]] = True
    return apart


def check_bounds(case: Case) -> list[str]:
    """Return grids out of bounds without a certificate, and certificates that do not hold."""
    out = _asked(case)
    certified = {entry["grid_id"]: entry["certificate"] for entry in case.report["out_of_bounds"]}
    size = np.bincount(case.grid[case.grid >= 0], case.weight[case.grid >= 0], len(case.grids))
    bad = (size < case.minimum - case.slack) | (size > case.maximum + case.slack)
    question = _question(case)
    for i in np.flatnonzero(bad):
        grid_id = case.grids["grid_id"].iloc[i]
        if grid_id not in certified:
            out.append(f"bounds: grid {grid_id} of size {size[i]:g} has no certificate")
    for grid_id, certificate in certified.items():
        at = np.flatnonzero((case.grids["grid_id"] == grid_id).to_numpy())
        if not len(at) or not bad[at[0]]:
            out.append(f"certificate: grid {grid_id} is in bounds and needs none")
            continue
        out += [
            f"certificate of {grid_id}: {fault}"
            for fault in _case_faults(case, question, certificate, int(at[0]))
        ]
    return out


def check_skill_certificates(case: Case, skilled: Floats, minimum: float) -> list[str]:
    """Return grids with too few skilled people that have no certificate, and certificates that do not hold.

    `skilled` are the people with the skill in every unit, shape (n,).
    """
    question = replace(_question(case), skill=skilled, skill_minimum=minimum)
    told = {entry["grid_id"]: entry for entry in case.report["skill"]["grids_short"]}
    held = np.bincount(case.grid, skilled, len(case.grids))
    out = []
    for i, grid_id in enumerate(case.grids["grid_id"]):
        if held[i] >= minimum:
            out += [f"skill: grid {grid_id} has enough people with it"] if grid_id in told else []
        elif grid_id not in told or told[grid_id]["n_skilled"] != held[i] or not told[grid_id]["certificate"]:
            out.append(f"skill: grid {grid_id} has {held[i]:g} people with it, and no certificate tells so")
        elif told[grid_id]["certificate"]["reason"] in ("skill-short", "not-found"):
            faults = _case_faults(case, question, told[grid_id]["certificate"], i)
            out += [f"certificate of {grid_id}: {fault}" for fault in faults]
    return out


def _question(case: Case) -> Question:
    return Question(
        near=case.neighbours(),
        weight=case.weight,
        minimum=case.minimum,
        maximum=case.maximum,
        slack=case.slack,
        n_grids=case.size.n_grids,
    )


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
    faults = _asked_count(_question(case)) if reason == "no-count-fits" else []
    if reason not in ("no-count-fits", "not-found") and n_grids > 0:
        faults.append("no certificate says why")
    return [f"certificate of the number of grids: {fault}" for fault in faults]


def _case_faults(case: Case, question: Question, certificate: dict[str, Any], grid: int) -> list[str]:
    position = {unit_id: i for i, unit_id in enumerate(case.units["unit_id"])}
    if case.grids["grid_id"].iloc[grid] not in certificate["grid_ids"]:
        return ["it does not name its grid"]
    if not set(certificate["unit_ids"]) <= set(position):
        return ["it names units that do not exist"]
    units = np.array([position[u] for u in certificate["unit_ids"]], dtype=np.int64)
    return _faults(question, case.grid, certificate, units, grid)


def _faults(question: Question, plan: Ints, certificate: dict[str, Any], units: Ints, grid: int) -> list[str]:
    """Return what is wrong with the certificate of a grid; `units` are the positions of its units."""
    if len(units) == 0:
        return ["it names no units"]
    faults = []
    weight = question.weigh(units)
    if not math.isclose(weight, certificate["weight"], rel_tol=1e-6, abs_tol=1e-6):
        faults.append(f"its units weigh {weight:g}, not {certificate['weight']:g}")
    if abs(certificate["minimum"] - question.minimum) > question.slack:
        faults.append("its minimum is not the layer's")
    if abs(certificate["maximum"] - question.maximum) > question.slack:
        faults.append("its maximum is not the layer's")
    rule = {
        "unit-over-maximum": _over_maximum,
        "component-under-minimum": _under_minimum,
        "no-count-fits": _no_count,
        "skill-short": _skill_short,
        "proved-infeasible": _proved,
        "not-found": _not_found,
    }.get(certificate["reason"])
    if rule is None:
        return [*faults, f"its reason {certificate['reason']!r} is not known"]
    return [*faults, *rule(question, plan, units, grid)]


def _over_maximum(question: Question, plan: Ints, units: Ints, grid: int) -> list[str]:
    """Beside the unit, its grid may hold pieces too light behind it, and what cannot be made to fit."""
    if len(units) != 1 or question.weight[units[0]] <= question.maximum:
        return ["no single unit is above the maximum"]
    if plan[units[0]] != grid:
        return ["its unit is in another grid"]
    faults = []
    if (question.heavy & (plan == grid)).sum() > 1:
        faults.append("another unit above the maximum is in its grid")
    with_it = question.light_piece[(plan == grid) & ~question.heavy]
    for piece in np.unique(with_it).tolist():
        whole = np.flatnonzero(question.light_piece == piece)
        if question.weigh(whole) >= question.minimum and _divides(question, whole):
            faults.append("units are with it that could be grids of their own")
    return faults


def _under_minimum(question: Question, plan: Ints, units: Ints, grid: int) -> list[str]:
    whole = np.flatnonzero(question.piece == question.piece[units[0]])
    faults = []
    if not np.array_equal(whole, np.sort(units)):
        faults.append("its units are not a whole connected piece")
    if question.weigh(units) >= question.minimum:
        faults.append("its piece weighs the minimum or more")
    if not np.array_equal(np.flatnonzero(plan == grid), whole):
        faults.append("its grid is not the piece")
    return faults


def _no_count(question: Question, _plan: Ints, units: Ints, _grid: int) -> list[str]:
    if question.n_grids is not None:
        return _asked_count(question)
    faults = []
    if not any(np.array_equal(piece, np.sort(units)) for piece in question.inside):
        faults.append("its units are not a whole connected piece beside units above the maximum")
    fitting = question.counts(units)
    if fitting:
        faults.append(f"{fitting[0]} grids would fit its weight")
    return faults


def _asked_count(question: Question) -> list[str]:
    """Return whether the number of grids asked for is among those that fit the pieces."""
    fitting = [question.counts(units) for units in question.inside]
    if not all(fitting):
        return []
    least, most = sum(own[0] for own in fitting), sum(own[-1] for own in fitting)
    fits = least <= (question.n_grids or 0) <= most
    return [f"{question.n_grids} grids fit, anything from {least:g} to {most:g} does"] if fits else []


def _skill_short(question: Question, plan: Ints, units: Ints, grid: int) -> list[str]:
    """Too few can serve the fewest grids that a piece can have, or all pieces the number asked for."""
    if question.skill is None or question.skill_minimum <= 0.0:
        return ["no skill is asked for"]
    faults = []
    if not _short_of_skill(question, plan)[grid]:
        faults.append("its grid does not lack the skill")
    pieces = [piece for piece in question.inside if np.isin(piece, units).any()]
    if not pieces or not np.array_equal(np.sort(np.concatenate(pieces)), np.sort(units)):
        return [*faults, "its units are not whole connected pieces"]
    served = [math.floor(question.skill[own].sum() / question.skill_minimum + 1e-9) for own in pieces]
    fitting = [question.counts(own) for own in pieces]
    too_few = len(pieces) == 1 and served[0] < fitting[0].start
    if question.n_grids is not None and len(pieces) == len(question.inside):
        most = sum(min(own.stop - 1, n) for own, n in zip(fitting, served, strict=True))
        too_few = too_few or most < question.n_grids
    return faults if too_few else [*faults, "there are enough people with the skill"]


def _proved(question: Question, plan: Ints, units: Ints, grid: int) -> list[str]:
    """No plan keeps the bounds; or, where the grid does and lacks the skill, none keeps both."""
    skilled = not _out_of_bounds(question, plan)[grid]
    if skilled and not _short_of_skill(question, plan)[grid]:
        return ["its grid lacks nothing"]
    everything = np.concatenate(question.inside) if question.inside else units[:0]
    if question.n_grids is not None and np.array_equal(np.sort(everything), np.sort(units)):
        divides = _a_share_divides(question, skilled=skilled)
        return ["some shares of the grids can be divided"] if divides else []
    if skilled:
        if not any(np.array_equal(piece, np.sort(units)) for piece in question.inside):
            return ["its units are not a whole connected piece"]
        return ["a search finds a plan with the skill"] if _divides(question, units, skilled=True) else []
    return _proved_nearby(question, units)


def _proved_nearby(question: Question, units: Ints) -> list[str]:
    light = set(np.flatnonzero(~question.heavy).tolist())
    if len(units) == 1:
        fits = connected_set_fits(question, int(units[0]), light)
        return ["a connected set with its unit keeps the bounds"] if fits else []
    inside = set(units.tolist())
    doors = [u for u in sorted(inside) if question.near[u] & light - inside]
    if len(doors) > 1:
        return ["its units hang on the rest by more than one unit"]
    if not _divides(question, units, root=doors[0] if doors else None):
        return []
    return ["a search finds a plan of its units" + (" behind their one link to the rest" if doors else "")]


def _divides(
    question: Question,
    units: Ints,
    *,
    count: int | None = None,
    root: int | None = None,
    skilled: bool = False,
) -> bool:
    """Return whether a plan of some units is known to exist."""
    key = (units.tobytes(), count, root, skilled)
    if key not in question.known:
        question.known[key] = plan_exists(
            question.near,
            question.weight,
            units.tolist(),
            question.bounds,
            count=count,
            root=root,
            skill=question.skill if skilled else None,
            needed=question.skill_minimum if skilled else 0.0,
        )
    return question.known[key] is True


def _a_share_divides(question: Question, *, skilled: bool) -> bool:
    """Return whether the number of grids asked for can be shared over the pieces so that each is divided."""
    sums = {0}
    for units in question.inside:
        possible = [m for m in question.counts(units) if m <= (question.n_grids or 0)]
        if len(question.inside) == 1:
            possible = [m for m in possible if m == question.n_grids]
        possible = [m for m in possible if _divides(question, units, count=m, skilled=skilled)]
        sums = {done + m for done, m in product(sums, possible)}
    return question.n_grids in sums


def _not_found(_question: Question, plan: Ints, units: Ints, grid: int) -> list[str]:
    return [] if (plan[units] == grid).all() else ["its units are not the grid"]


def connected_set_fits(question: Question, unit: int, inside: Set[int]) -> bool:
    """Return whether some connected set that holds the unit keeps the bounds (True where too many to list)."""
    for n, weight in enumerate(_connected_sets(question, unit, inside)):
        if weight >= question.bounds[0] or n > SETS:
            return True
    return False


def _connected_sets(question: Question, unit: int, inside: Set[int]) -> Iterator[float]:
    """Yield the weights of the connected sets within some units that hold one of them, up to the maximum."""
    upper = question.bounds[1]
    waiting, seen = [frozenset({unit})], {frozenset({unit})}
    while waiting:
        chosen = waiting.pop()
        weight = float(question.weight[list(chosen)].sum())
        yield weight
        for v in (set().union(*(question.near[u] for u in chosen)) & inside) - chosen:
            larger = chosen | {v}
            if weight + question.weight[v] <= upper and larger not in seen:
                seen.add(larger)
                waiting.append(larger)
