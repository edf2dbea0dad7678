"""How few of the others change grid when people move, beside dividing anew."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.graphs import Question, building_map, field_map
from gridder.model import Ints
from gridder.solver import Problem, solve
from gridder.solver.keep import match

SHARES = (0.01, 0.05, 0.2)
UNITS = 10_000
_HEAD = "| map | moved | grids out of bounds before | how | s | others that change grid | units that do | out of bounds | moment |"


def run() -> list[str]:
    """Return the table: real maps, shares of the people who go to a random unit, with and without the old plan."""
    lines = [_HEAD, "|---" * 9 + "|"]
    for name, question in (("fields", field_map(UNITS)[0]), ("buildings", building_map(UNITS)[0])):
        before = solve(_problem(question, question.weight.astype(np.int64))).assignment.astype(np.int64)
        for share in SHARES:
            weight, stayed = _moved(question.weight, share)
            missed = _out(question, weight, before)
            for how, old in (("with the old plan", before), ("anew", None)):
                begin = time.perf_counter()
                part = solve(_problem(question, weight, old)).assignment.astype(np.int64)
                seconds = time.perf_counter() - begin
                changed = _kept(part, before, stayed)[part] != before
                lines.append(
                    f"| {name} | {share:.0%} | {missed} | {how} | {seconds:.1f} "
                    f"| {stayed[changed].sum() / stayed.sum():.2%} | {changed.mean():.2%} "
                    f"| {_out(question, weight, part)} "
                    f"| {_moment(question, part):.3f} |"
                )
    return lines


def _problem(question: Question, weight: Ints, old: Ints | None = None) -> Problem:
    return Problem(
        indptr=question.indptr,
        indices=question.indices,
        boundary=question.length,
        weight=weight,
        xy=question.xy,
        moment=question.mass,
        minimum=question.minimum,
        target=question.target,
        maximum=question.maximum,
        old=old,
    )


def _kept(part: Ints, before: Ints, weight: Ints) -> Ints:
    """Return the old grid that every new one is by the best matching."""
    return match(part, before, weight + 0.01)


def _moved(weight: Ints, share: float) -> tuple[Ints, Ints]:
    """Return the weights after some people went to units drawn at random, and those of the people who stayed."""
    rng = np.random.default_rng(1)
    homes = np.repeat(np.arange(len(weight)), weight.astype(np.int64))
    leaving = rng.choice(homes, round(share * len(homes)), replace=False)
    stayed = weight.astype(np.int64) - np.bincount(leaving, minlength=len(weight))
    joined = np.bincount(rng.integers(0, len(weight), len(leaving)), minlength=len(weight))
    return stayed + joined, stayed


def _out(question: Question, weight: Ints, part: Ints) -> int:
    """Return how many grids are out of bounds, those of pieces that weigh too little included."""
    load = np.bincount(part, weight)
    return int(((load < question.minimum) | (load > question.maximum)).sum())


def _moment(question: Question, part: Ints) -> float:
    """Return the moment of inertia over the area of an equal disc, mean over the area."""
    mass = np.bincount(part, question.mass)
    centre = np.stack([np.bincount(part, question.mass * x) for x in question.xy.T], axis=1) / mass[:, None]
    square = ((question.xy - centre[part]) ** 2).sum(axis=1)
    return float((question.mass * square).sum() / (mass**2).sum() * 2.0 * np.pi)
