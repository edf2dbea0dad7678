"""The solver beside partitioners of graphs and regionalisers: the same graphs, one run, a process a call."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from benchmarks.graphs import BEST_LATTICE_MOMENT, FAMILIES, Map, Question
from benchmarks.measures import Measures, mean_polsby_popper, measure
from benchmarks.peers import METHODS, RECURSIVE

LIMIT_S, HUGE_LIMIT_S = 120.0, 3600.0
FIRST, LATTICE = "wide", "lattice"
SIZES = {
    FIRST: (1_000, 10_000, 100_000, 1_000_000),
    "tight": (1_000, 10_000, 1_000_000),
    "clustered": (10_000, 1_000_000),
    "heavy": (10_000, 1_000_000),
    "fields": (1_000, 10_000, 100_000),
    "buildings": (9_000, 90_000),
    LATTICE: (1_000_000,),
}
QUICK_SIZES = {
    FIRST: (1_000, 10_000, 100_000),
    "tight": (1_000, 10_000),
    "clustered": (10_000,),
    "heavy": (10_000,),
    "fields": (1_000, 10_000),
    "buildings": (9_000,),
    LATTICE: (10_000,),
}
HUGE = 10_000_000
HUGE_FAMILIES = (FIRST, LATTICE)
SOLVER = ("gridder, effort 0.1", "gridder, effort 1")
FEW_ABOVE, FEW_METHODS = 150_000, (*SOLVER, RECURSIVE)
"""What runs on larger graphs than this outside the first family, and on lattices."""
PATIENCE_S = 20.0
"""A peer that took longer on the first family is not run on others of that size."""
MESSAGE = 60
MOST_OUTLINED = 15_000
"""Grids of larger maps are not dissolved for their Polsby–Popper."""


@dataclass(frozen=True)
class Row:
    """One method on one graph: its plan in numbers, or why there is none."""

    method: str
    n_units: int
    seconds: float = np.nan
    cpu: float = np.nan
    peak: int = 0
    beyond: int = 0
    measures: Measures | None = None
    further: float | None = None
    failure: str = ""


@dataclass
class History:
    """How long every method took, and how it failed, on the largest graph of the first family so far."""

    last: dict[str, Row] = field(default_factory=dict)

    def reason_not_to_run(self, name: str, n: int, *, first: bool) -> str:
        """Return why a method is not run on n units, or nothing.

        No method grows slower than its graph: what would pass the limit at that pace is not tried.
        """
        last = self.last.get(name)
        if n > METHODS[name].most_units:
            return "not run"
        if last is None or METHODS[name].package == "gridder":
            return ""
        seen = f"{last.failure or f'{last.seconds:.0f} s'} at {last.n_units}"
        if n > last.n_units and (last.failure or last.seconds * n / last.n_units > LIMIT_S):
            return f"not run ({seen})"
        if not first and n > last.n_units / 2 and (last.failure or last.seconds > PATIENCE_S):
            return f"not run ({seen})"
        return ""


def run(sizes: Sequence[int] | None, methods: Sequence[str] | None, *, quick: bool) -> list[str]:
    """Return the tables, one a family of graphs.

    Parameters
    ----------
    sizes
        Numbers of units for every family, instead of its own.
    methods
        Beginnings of the names of the methods to run; all by default.
    quick
        Leave out what has more than 100 000 units.
    """
    chosen, missing = _installed(methods or [""])
    history = History()
    load = os.getloadavg()[0]
    lines: list[str] = []
    for family, own in (QUICK_SIZES if quick else SIZES).items():
        rows: list[Row] = []
        for n in sizes or own:
            few = family == LATTICE or (n > FEW_ABOVE and family != FIRST)
            names = [name for name in chosen if not few or name in FEW_METHODS]
            rows += _measure_all(family, n, names, history, LIMIT_S)
        lines += ["", *_table(family, rows)]
    left_out = [f"{package} is left out: there is no such package here." for package in missing]
    return [_circumstances(chosen, load), *left_out, *lines]


def run_huge() -> list[str]:
    """Return the tables of the solver alone on ten million units."""
    load = os.getloadavg()[0]
    lines: list[str] = []
    for family in HUGE_FAMILIES:
        rows = list(_measure_all(family, HUGE, SOLVER, History(), HUGE_LIMIT_S))
        lines += ["", *_table(family, rows)]
    return [_circumstances(SOLVER, load), *lines]


def _installed(beginnings: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the methods asked for whose packages are here, and the packages that are not."""
    wanted = [name for name in METHODS if name.startswith(tuple(beginnings))]
    missing = {METHODS[name].package for name in wanted if not _version(METHODS[name].package)}
    return [name for name in wanted if METHODS[name].package not in missing], sorted(missing)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _circumstances(names: Sequence[str], load: float) -> str:
    command = shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]])
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    packages = dict.fromkeys(METHODS[name].package for name in names)
    versions = ", ".join(f"{package} {_version(package)}" for package in packages)
    return (
        f"`{command}`, {time.strftime('%Y-%m-%d')}; {os.cpu_count()} cores, {memory:.0f} GB, "
        f"load average before {load:.1f}; {versions}."
    )


def _measure_all(
    family: str, n: int, names: Sequence[str], history: History, limit_s: float
) -> Iterator[Row]:
    """Yield the row of every method on one graph."""
    question, place = FAMILIES[family].make(n)
    first = family == FIRST
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "question.npz"
        question.save(path)
        for name in names:
            reason = history.reason_not_to_run(name, question.n_units, first=first)
            if reason:
                row = Row(name, question.n_units, failure=reason)
            else:
                row = _measure(name, question, place, path, limit_s)
            if first and not reason:
                history.last[name] = row
            print(family, row, file=sys.stderr, flush=True)
            yield row


def _measure(name: str, question: Question, place: Map | None, path: Path, limit_s: float) -> Row:
    """Run a method in a process of its own, and measure its plan."""
    answer = path.with_name("answer.npz")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.peers", name, path, answer, str(limit_s)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return Row(name, question.n_units, failure=_failure(done, limit_s))
    spent = json.loads(done.stdout.splitlines()[-1])
    with np.load(answer) as found:
        labels, proved = found["labels"], found["proved"]
    measures = measure(question, labels, proved)
    further = None
    if place is not None and question.n_units <= MOST_OUTLINED:
        further = mean_polsby_popper(place, labels)
    if question.objective == "moment":
        further = measures.moment / BEST_LATTICE_MOMENT
    return Row(name, question.n_units, **spent, measures=measures, further=further)


def _failure(done: subprocess.CompletedProcess[str], limit_s: float) -> str:
    if done.returncode == -signal.SIGALRM:
        return f"> {limit_s:.0f} s"
    if "MemoryError" in done.stderr or "bad_alloc" in done.stderr:
        return "out of memory"
    last = done.stderr.strip().splitlines()[-1:] or [f"signal {-done.returncode}"]
    return "failed: " + last[0].replace("|", "/")[:MESSAGE]


HEAD = (
    "| units | method | s | CPU s | peak MB | B a unit | grids | out of bounds | unproved | split | deviation "
    "| within 10 % | moment | cut |{} s : R | moment : R | cut : R |"
)


def _table(family: str, rows: Sequence[Row]) -> list[str]:
    """Return the rows of one family; R is METIS recursive on the same graph."""
    further = {"fields": " Polsby–Popper |", "buildings": " Polsby–Popper |", LATTICE: " moment : best |"}
    head = HEAD.format(further.get(family, ""))
    yardstick = {row.n_units: row for row in rows if row.method == RECURSIVE and row.measures}
    columns = head.count("|") - 1
    return [
        f"**{FAMILIES[family].title}**",
        "",
        head,
        "|---" * columns + "|",
        *(_line(row, yardstick.get(row.n_units), columns, shown=family in further) for row in rows),
    ]


def _line(row: Row, yardstick: Row | None, columns: int, *, shown: bool) -> str:
    start = f"| {row.n_units} | {row.method} |"
    found = row.measures
    if found is None:
        return f"{start} {row.failure}" + " |" * (columns - 2)
    cells = [
        f"{row.seconds:.3g}",
        f"{row.cpu:.3g}",
        f"{row.peak / 1e6:.0f}",
        f"{row.beyond / row.n_units:.0f}",
        f"{found.n_grids}",
        f"{found.out_of_bounds:.2%}",
        f"{found.unproved:.2%}",
        f"{found.split:.2%}",
        f"{found.deviation:.1%}",
        f"{found.near:.1%}",
        f"{found.moment:.3f}",
        f"{found.cut:.4f}",
    ]
    if shown:
        cells.append("–" if row.further is None else f"{row.further:.3f}")
    ratios = ["–"] * 3
    if yardstick is not None and yardstick.measures is not None:
        ratios = [
            f"{row.seconds / yardstick.seconds:.2f}",
            f"{found.moment / yardstick.measures.moment:.3f}",
            f"{found.cut / yardstick.measures.cut:.3f}",
        ]
    return f"{start} " + " | ".join(cells + ratios) + " |"
