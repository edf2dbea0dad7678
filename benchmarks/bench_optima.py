"""Plans beside published optima, and states of which it is known whether a plan exists at all.

Every plan is scored and checked here from the input alone, with nothing of the solver.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from benchmarks import data
from gridder.solver import Problem, Solution, solve

FOLDER = data.DATA / "optima"
SECONDS = (1.0, 10.0, 60.0)
SEEDS = (0, 1, 2)
_ENDLESS = 1e9
_MILE_M = 1609.344
_OBJECTIVES = {"medoid": "published_optimum", "cut": "cut_edges_optimum"}


@dataclass(frozen=True, eq=False)
class Case:
    """An instance: its graph, people, costs (None without coordinates), grids, bounds and what is published."""

    name: str
    graph: csr_array
    people: np.ndarray
    cost: np.ndarray | None
    k: int
    lower: float
    upper: float
    facts: dict[str, Any]

    def problem(self, objective: Any) -> Problem:
        """Return the question for the solver; nothing but the shape and the bounds counts."""
        return Problem(
            indptr=self.graph.indptr,
            indices=self.graph.indices,
            weight=self.people,
            minimum=self.lower,
            target=self.people.sum() / self.k,
            maximum=self.upper,
            cost=self.cost if objective == "medoid" else None,
            moment=self.people,
            objective=objective,
            balance=0.0,
            n_grids=self.k,
        )

    def is_kept(self, part: np.ndarray) -> bool:
        """Return whether a plan has the number of grids, all connected and in bounds."""
        load = np.bincount(part, self.people)
        whole = [
            connected_components(self.graph[part == p][:, part == p], directed=False)[0] == 1
            for p in range(len(load))
        ]
        return len(load) == self.k and all(whole) and load.min() >= self.lower and load.max() <= self.upper

    def ratio(self, part: np.ndarray, objective: str) -> float:
        """Return what a plan costs over the published optimum."""
        if objective == "medoid":
            assert self.cost is not None
            grids = [np.flatnonzero(part == p) for p in range(self.k)]
            value = sum((self.people[own] @ self.cost[np.ix_(own, own)]).min() for own in grids)
        else:
            heads, tails = self.graph.nonzero()
            value = float((part[heads] != part[tails]).sum()) / 2.0
        return float(value / self.facts[_OBJECTIVES[objective]])


def run(
    seconds: Sequence[float] | None = None,
    seeds: Sequence[int] | None = None,
    names: Sequence[str] | None = None,
) -> list[str]:
    """Return the table of ratios, its sums, and the table of feasibility (without `names`)."""
    seconds, seeds = seconds or SECONDS, seeds or SEEDS
    cases = [
        read(path) for path in sorted(FOLDER.glob("*.json"), key=_order) if not names or path.stem in names
    ]
    lines = [_head("instance", "objective", "units", "grids", *(f"{s:g} s" for s in seconds))]
    found: dict[str, dict[float, list[float]]] = {}
    for objective, fact in _OBJECTIVES.items():
        for case in cases:
            if fact in case.facts:
                ratios = {s: _ratios(case, objective, s, seeds) for s in seconds}
                lines.append(
                    _row(case.name, objective, len(case.people), case.k, *map(_range, ratios.values()))
                )
                kind = "lattices" if case.name.startswith("lattice") else f"others, {objective}"
                for s in seconds:
                    found.setdefault(kind, {s: [] for s in seconds})[s].extend(ratios[s])
    lines += ["", _head("instances", *(f"{s:g} s: worst, mean" for s in seconds))]
    for kind, by_second in found.items():
        lines.append(_row(kind, *(f"{max(r):.4f}, {np.mean(r):.4f}" for r in by_second.values())))
    return lines if names else [*lines, "", *_feasibility(max(seconds))]


def read(path: Path) -> Case:
    """Return the instance of a file."""
    facts = json.loads(path.read_text())
    n = facts["n"]
    links = np.array([*facts["edges"], *facts.get("connector_edges", [])])
    links = np.unique(np.sort(links, axis=1), axis=0)
    both = np.concatenate([links, links[:, ::-1]])
    graph = csr_array((np.ones(len(both)), both.T), shape=(n, n))
    people = np.array(facts["pop"], float)
    return Case(path.stem, graph, people, _cost(facts), facts["k"], facts["L"], facts["U"], facts)


def _cost(facts: dict[str, Any]) -> np.ndarray | None:
    """Return the cost of a person of every unit (row) from every centre (column), as each source rounds it."""
    if "xy_m" in facts:
        return (np.rint(_away(facts["xy_m"]) / 1000.0) / 1000.0) ** 2
    if "xy" in facts:
        return np.trunc(100.0 * _away(facts["xy"])) ** 2
    if "lonlat" in facts:
        a, b = np.broadcast_arrays(*[np.array(facts["lonlat"])[:, None, :], np.array(facts["lonlat"])[None]])
        metres = pyproj.Geod(ellps="WGS84").inv(a[..., 0], a[..., 1], b[..., 0], b[..., 1])[2]
        return (np.asarray(metres) / _MILE_M) ** 2
    return None


def _away(points: Any) -> np.ndarray:
    xy = np.array(points, float)
    return np.hypot(*(xy[:, None, :] - xy[None, :, :]).transpose(2, 0, 1))


def _ratios(case: Case, objective: str, seconds: float, seeds: Sequence[int]) -> list[float]:
    """Return the ratio of every seed's plan, infinite for a plan that breaks a promise."""
    ratios = []
    for seed in seeds:
        part = solve(case.problem(objective), rng=seed, effort=_ENDLESS, time_limit_s=seconds).assignment
        ratios.append(case.ratio(part, objective) if case.is_kept(part) else np.inf)
    return ratios


def _feasibility(seconds: float) -> list[str]:
    lines = [_head("state", "units", "grids", "a plan exists", "found", "seconds", "certificates")]
    right = 0
    paths = sorted((FOLDER / "feasibility").glob("*.json"))
    for path in paths:
        case = read(path)
        start = time.perf_counter()
        solution = solve(case.problem("cut"), time_limit_s=seconds)
        spent = time.perf_counter() - start
        exists = bool(case.facts["feasible_with_contiguity"])
        kept = case.is_kept(solution.assignment)
        reasons = sorted(_reasons(solution))
        right += kept if exists else bool(reasons) and "not-found" not in reasons
        answer = ("yes" if exists else "no", "yes" if kept else "no")
        lines.append(_row(path.stem, len(case.people), case.k, *answer, f"{spent:.1f}", ", ".join(reasons)))
    return [f"Found where a plan exists and certified where none does: {right} of {len(paths)}.", "", *lines]


def _reasons(solution: Solution) -> Iterator[str]:
    yield from {c.reason for c in solution.certificates}


def _order(path: Path) -> tuple[str, int, str]:
    kind, _, size = path.stem.partition("_")
    return ("lattice", int(size), "") if kind == "lattice" else (size, 0, kind)


def _head(*cells: object) -> str:
    return _row(*cells) + "\n" + "|---" * len(cells) + "|"


def _row(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def _range(ratios: Sequence[float]) -> str:
    return f"{min(ratios):.4f} – {max(ratios):.4f}"
