"""Ways to partition a graph, each run in a process of its own: the solver and its peers.

Usage: python -m benchmarks.peers METHOD QUESTION.npz ANSWER.npz SECONDS
"""

from __future__ import annotations

import json
import resource
import signal
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np

from benchmarks.graphs import TIGHT, WIDE, Question, even, heavy, triangulated
from gridder.model import Ints
from gridder.solver import Problem, solve

TINY, SMALL = 144, 3_600
MEMORY = 16 * 1024**3
"""Bytes that a process may take."""
KAHIP_SLACK = 1 / 3
"""KaHIP bounds a grid from above only: with the whole tolerance one grid in ten falls below the minimum."""
KAHIP_MODES = {"fast": 0, "eco": 1, "strong": 2}


@dataclass(frozen=True, eq=False)
class Answer:
    """A plan: the label of every unit, shape (n,), and the labels of grids that are proved not to fit."""

    labels: Ints
    proved: Ints = field(default_factory=lambda: np.empty(0, np.int64))


Call = Callable[[], Answer]


@dataclass(frozen=True)
class Method:
    """A way to partition.

    Attributes
    ----------
    package
        The distribution that it comes from.
    prepare
        Brings a question into the form that the package wants, which is not measured, and returns the call.
    small
        Makes the graph of a throw-away call, which imports and compiles what the measured one needs.
    most_units
        It is not run on larger graphs.
    """

    package: str
    prepare: Callable[[Question], Call]
    small: Callable[[], Question]
    most_units: float = np.inf


def _gridder(question: Question, *, effort: float) -> Call:
    boundary = None if (question.length == 1.0).all() else question.length

    def call() -> Answer:
        solution = solve(
            Problem(
                indptr=question.indptr,
                indices=question.indices,
                boundary=boundary,
                weight=question.weight,
                xy=question.xy,
                moment=question.mass,
                minimum=question.minimum,
                target=question.target,
                maximum=question.maximum,
                objective=question.objective,
            ),
            effort=effort,
        )
        proved = [grid for c in solution.certificates if c.reason != "not-found" for grid in c.grid_ids]
        return Answer(solution.assignment.astype(np.int64), np.array(proved, dtype=np.int64))

    return call


def _each_component(prepare: Callable[[Question], Call], question: Question) -> Call:
    """Return a peer that is asked for every connected piece by itself; a piece of one grid needs no call."""
    pieces = question.components()
    asked = [question if len(pieces) == 1 else question.component(units) for units in pieces]
    calls = [prepare(one) if one.n_grids > 1 else None for one in asked]

    def call() -> Answer:
        labels = np.zeros(question.n_units, dtype=np.int64)
        first = 0
        for units, one in zip(pieces, calls, strict=True):
            own = np.zeros(len(units), dtype=np.int64) if one is None else one().labels
            labels[units] = own + first
            first += int(own.max()) + 1
        return Answer(labels)

    return call


def _metis(question: Question, *, recursive: bool, contiguous: bool = False) -> Call:
    """Return METIS with arrays it need not copy.

    k-way may use the tolerance (manual, UFACTOR: 1.3 is 300), which serves its cut and contiguity;
    recursive bisection applies it at every level and keeps its default, which was no worse.
    More tries (NCUTS) changed nothing but the time.
    """
    pymetis = import_module("pymetis")
    kind = pymetis.zero_copy_dtype()
    options = pymetis.Options()
    if not recursive:
        options.ufactor = max(1, round(1000 * question.tolerance))
        options.contig = int(contiguous)
    adjacency = pymetis.CSRAdjacency(question.indptr.astype(kind), question.indices.astype(kind))
    weight = question.weight.astype(kind)
    lengths = _whole_lengths(question).astype(kind)

    def call() -> Answer:
        found = pymetis.part_graph(
            question.n_grids,
            adjacency,
            vweights=weight,
            eweights=lengths,
            recursive=recursive,
            options=options,
        )
        return Answer(np.array(found.vertex_part, dtype=np.int64))

    return call


def _whole_lengths(question: Question) -> Ints:
    """Return the lengths of links as whole numbers above 0, which partitioners of graphs want."""
    return np.maximum(1, np.rint(question.length)).astype(np.int64)


def _kahip(question: Question, *, mode: str) -> Call:
    kahip = import_module("kahip")
    graph = (
        question.weight.astype(np.int64).tolist(),
        question.indptr.tolist(),
        _whole_lengths(question).tolist(),
        question.indices.tolist(),
    )
    slack = question.tolerance * KAHIP_SLACK

    def call() -> Answer:
        _, blocks = kahip.kaffpa(*graph, question.n_grids, slack, True, 0, KAHIP_MODES[mode])
        return Answer(np.array(blocks, dtype=np.int64))

    return call


def _table(question: Question) -> gpd.GeoDataFrame:
    x, y = question.xy.T
    columns = {"x": x, "y": y, "weight": question.weight}
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(x, y))


def _neighbours(question: Question) -> Any:
    """Return the graph as libpysal's old weights, which spopt takes."""
    ends = question.indptr.tolist()
    lists = {i: question.indices[ends[i] : ends[i + 1]].tolist() for i in range(question.n_units)}
    return import_module("libpysal.weights").W(lists, silence_warnings=True)


def _max_p(question: Question) -> Call:
    """Return max-p regions, which knows a minimum only, with its default numbers of iterations."""
    regions = import_module("spopt.region")
    np.random.seed(0)  # noqa: NPY002 - spopt draws from the global generator
    model = regions.MaxPHeuristic(
        _table(question), _neighbours(question), ["x", "y"], "weight", question.minimum, 2
    )
    return partial(_labels_of, model)


def _labels_of(model: Any) -> Answer:
    model.solve()
    return Answer(np.asarray(model.labels_).astype(np.int64))


def _region_k_means(question: Question) -> Call:
    regions = import_module("spopt.region")
    model = regions.RegionKMeansHeuristic(question.xy, question.n_grids, _neighbours(question))
    return partial(_labels_of, model)


def _skater(question: Question) -> Call:
    regions, metrics = import_module("spopt.region"), import_module("sklearn.metrics.pairwise")
    distance = {"dissimilarity": metrics.euclidean_distances}
    model = regions.Skater(
        _table(question),
        _neighbours(question),
        ["x", "y"],
        question.n_grids,
        spanning_forest_kwds=distance,
    )
    return partial(_labels_of, model)


def _azp(question: Question) -> Call:
    regions = import_module("spopt.region")
    model = regions.AZP(_table(question), _neighbours(question), ["x", "y"], question.n_grids, random_state=0)
    return partial(_labels_of, model)


def _recursive_trees(question: Question) -> Call:
    """Return GerryChain's own way to a first plan; its tolerance keeps the grids inside both bounds."""
    networkx, gerrychain = import_module("networkx"), import_module("gerrychain")
    generators = import_module("gerrychain.partition.initial_partition_generators")
    nodes = networkx.Graph()
    nodes.add_nodes_from((i, {"weight": w}) for i, w in enumerate(question.weight.tolist()))
    nodes.add_edges_from(zip(question.heads().tolist(), question.indices.tolist(), strict=True))
    graph = gerrychain.Graph.from_networkx(nodes)
    mean = float(question.weight.sum()) / question.n_grids
    slack = min(mean - question.minimum, question.maximum - mean) / mean

    def call() -> Answer:
        found = generators.recursive_tree_part(graph, range(question.n_grids), mean, "weight", slack, rng=0)
        return Answer(np.array([found[i] for i in range(question.n_units)], dtype=np.int64))

    return call


def _k_means(question: Question) -> Call:
    """Return k-means-constrained, which bounds the number of units for want of weights; one start."""
    package = import_module("k_means_constrained")
    mean = question.n_units / question.n_grids
    model = package.KMeansConstrained(
        question.n_grids,
        size_min=int(mean * question.minimum / question.target),
        size_max=int(np.ceil(mean * question.maximum / question.target)),
        n_init=1,
        random_state=0,
    )
    return lambda: Answer(model.fit_predict(question.xy).astype(np.int64))


def _solver(effort: float, most_units: float = np.inf) -> Method:
    """Return the solver, warmed where many grids do not fit, so that mending and proofs are compiled too."""
    small = partial(triangulated, SMALL, heavy, TIGHT)
    return Method("gridder", partial(_gridder, effort=effort), small, most_units)


def _peer(package: str, prepare: Callable[[Question], Call]) -> Method:
    return Method(package, partial(_each_component, prepare), partial(triangulated, TINY, even, WIDE))


RECURSIVE = "METIS recursive"
METHODS = {
    "gridder, effort 0.1": _solver(0.1),
    "gridder, effort 1": _solver(1.0),
    "gridder, effort 10": _solver(10.0, most_units=150_000),
    RECURSIVE: _peer("pymetis", partial(_metis, recursive=True)),
    "METIS k-way": _peer("pymetis", partial(_metis, recursive=False)),
    "METIS k-way, contiguous": _peer("pymetis", partial(_metis, recursive=False, contiguous=True)),
    "KaHIP fast": _peer("kahip", partial(_kahip, mode="fast")),
    "KaHIP eco": _peer("kahip", partial(_kahip, mode="eco")),
    "KaHIP strong": _peer("kahip", partial(_kahip, mode="strong")),
    "GerryChain recursive_tree_part": _peer("gerrychain", _recursive_trees),
    "spopt MaxPHeuristic": _peer("spopt", _max_p),
    "spopt RegionKMeansHeuristic": _peer("spopt", _region_k_means),
    "spopt AZP": _peer("spopt", _azp),
    "spopt Skater": _peer("spopt", _skater),
    "k-means-constrained": _peer("k-means-constrained", _k_means),
}


def run(method: Method, question: Path, answer: Path, limit_s: float) -> None:
    """Partition once, after a throw-away call that compiles and imports; the alarm ends what takes too long."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    method.prepare(method.small())()
    call = method.prepare(Question.load(question))
    _forget_peak()
    before = _status_bytes("VmRSS")
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    start, worked = time.perf_counter(), time.process_time()
    found = call()
    seconds, cpu = time.perf_counter() - start, time.process_time() - worked
    signal.setitimer(signal.ITIMER_REAL, 0)
    peak = _status_bytes("VmHWM")
    np.savez(answer, labels=found.labels, proved=found.proved)
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak": peak, "beyond": peak - before}))


def _forget_peak() -> None:
    """Let the peak memory be counted from now on (proc(5), clear_refs)."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _status_bytes(name: str) -> int:
    """Return a size from /proc/self/status, in bytes."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    raise LookupError(name)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    run(METHODS[sys.argv[1]], Path(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4]))
