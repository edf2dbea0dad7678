"""Real addresses with the faults of clerks, matched: precision and recall by fault, and seconds."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from rapidfuzz import fuzz, process

from benchmarks.addresses import Town, beijing, european, shanghai
from gridder.members.match import AddressIndex, Match

UNITS = 10_000
OF_EACH_FAULT = 500
OF_EACH_FAULT_FOR_PEER = 40
PEER_TAKES = 90
MEMBERS = 100_000


def run() -> list[str]:
    """Return the table: one row a fault, one a data set in all, and one for the speed."""
    lines = [
        "| data | fault | members | Gridder: taken | of these right | found | listed | token_set_ratio: taken | of these right | found |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    towns = [shanghai(UNITS), beijing(UNITS), european(UNITS)]
    for town in towns:
        lines += _rows(town)
    return [*lines, "", *_speed(towns)]


def _rows(town: Town) -> list[str]:
    index = AddressIndex.of(town.units)
    rng = np.random.default_rng(1)
    names = [" ".join((*unit.texts, unit.postcode, unit.city)).strip() for unit in town.units]
    rows, sums, peer_sums = [], np.zeros(5), np.zeros(4)
    cases = [(name, fault, True) for name, fault in town.faults.items()]
    cases += [(name, fault, False) for name, fault in town.wrong.items()]
    for name, fault, is_there in cases:
        homes = town.others if "that is not there" in name and not name.startswith("a number") else town.homes
        at = rng.integers(len(homes), size=OF_EACH_FAULT)
        texts = [fault(homes[i], rng) for i in at]
        truth = at if is_there else np.full(len(at), -1)
        own = _counts([index.match(text) for text in texts], truth)
        peer = _peer(texts[:OF_EACH_FAULT_FOR_PEER], names, truth[:OF_EACH_FAULT_FOR_PEER])
        sums, peer_sums = sums + own, peer_sums + peer
        rows.append(f"| {town.title} | {name} | {len(texts)} | {_told(own)} | {_told(peer)} |")
    rows.append(f"| {town.title} | **all** | {int(sums[0])} | {_told(sums)} | {_told(peer_sums)} |")
    return rows


def _counts(matches: Sequence[Match], truth: np.ndarray) -> np.ndarray:
    """Return how many there are, have a unit, were taken, rightly taken, and listed."""
    unit = np.array([match.unit for match in matches])
    taken = unit >= 0
    listed = np.array([match.is_doubtful for match in matches])
    right = taken & (unit == truth)
    return np.array([len(truth), (truth >= 0).sum(), taken.sum(), right.sum(), listed.sum()], dtype=float)


def _peer(texts: Sequence[str], names: Sequence[str], truth: np.ndarray) -> np.ndarray:
    """Return the same of the best `token_set_ratio` over all addresses, taken from a ratio on."""
    ratio = process.cdist(
        [text.lower() for text in texts], [name.lower() for name in names], scorer=fuzz.token_set_ratio
    )
    taken = ratio.max(axis=1) >= PEER_TAKES
    right = taken & (ratio.argmax(axis=1) == truth)
    return np.array([len(truth), (truth >= 0).sum(), taken.sum(), right.sum()], dtype=float)


def _told(counts: np.ndarray) -> str:
    n, there, taken, right = counts[:4]
    told = [_share(taken, n), _share(right, taken), _share(right, there)]
    return " | ".join([*told, _share(counts[4], n)] if len(counts) > 4 else told)


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.1%}" if whole else "–"


def _speed(towns: Sequence[Town]) -> list[str]:
    lines = []
    for town in towns:
        rng = np.random.default_rng(2)
        faults = list(town.faults.values())
        at = rng.integers(len(town.homes), size=MEMBERS)
        texts = [f"{faults[k % len(faults)](town.homes[i], rng)}" for k, i in enumerate(at)]
        start = time.process_time()
        index = AddressIndex.of(town.units)
        for text in texts:
            index.match(text)
        seconds = time.process_time() - start
        lines.append(
            f"{town.title}: {len(texts)} members × {len(town.units)} buildings in {seconds:.1f} s of one core."
        )
    return lines
