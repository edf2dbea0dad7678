"""Units that must share a grid become one unit, and the plan of the smaller problem is carried back."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from gridder.errors import InputError
from gridder.model import Certificate, Finding, Floats, Ints, Text
from gridder.solver.certificate import by_first_unit
from gridder.solver.problem import Problem


def with_locks(problem: Problem) -> Problem:
    """Return the problem with locked units in the old plan as units of the grid that they are locked to."""
    if problem.lock is None:
        return problem
    old = np.full(len(problem.weight), -1) if problem.old is None else problem.old
    return replace(problem, old=np.where(problem.lock >= 0, problem.lock, old))


def contract(problem: Problem) -> tuple[Problem, Ints]:
    """Return the problem with every group of units that share a grid as one unit, and the group of every unit.

    A group that is not connected takes the units of a shortest path between its pieces with it.

    Raises
    ------
    InputError
        Where a group spans zones or pieces of the graph, outweighs the maximum, or holds units that are to
        be apart.
    """
    if problem.together is None and problem.lock is None:
        return problem, np.arange(len(problem.weight))
    label = by_first_unit(_connected_groups(problem, _groups(problem)))
    faults = list(_faults(problem, label))
    if faults:
        raise InputError(faults)
    return _merged(problem, label), label


def expanded(certificates: Sequence[Certificate], group: Ints) -> tuple[Certificate, ...]:
    """Return certificates about groups as certificates about units.

    What was proved of groups of several units is not proved of the units: it becomes `not-found`.
    """
    size = np.bincount(group)
    members = _members(group)
    out = []
    for found in certificates:
        units = np.sort(np.concatenate([members[g] for g in found.unit_ids]))
        joined = bool((size[list(found.unit_ids)] > 1).any())
        reason = "not-found" if joined and found.reason == "proved-infeasible" else found.reason
        out.append(replace(found, reason=reason, unit_ids=tuple(units.tolist())))
    return tuple(out)


def _groups(problem: Problem) -> Ints:
    """Return the group of every unit, numbered from 0."""
    n = len(problem.weight)
    heads, tails = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for wish in (problem.together, problem.lock):
        if wish is None:
            continue
        units = np.flatnonzero(wish >= 0)
        _, first, inverse = np.unique(wish[units], return_index=True, return_inverse=True)
        heads.append(units)
        tails.append(units[first][inverse])
    links = csr_array((np.ones(sum(map(len, heads))), (np.concatenate(heads), np.concatenate(tails))), (n, n))
    _, label = connected_components(links, directed=False)
    return np.asarray(label, np.int64)


def _connected_groups(problem: Problem, label: Ints) -> Ints:
    """Return the groups, those in pieces joined along shortest paths within their zone."""
    size = np.bincount(label)
    grouped = size[label] > 1
    label = label.copy()
    for group in np.flatnonzero(size > 1).tolist():
        units = np.flatnonzero(label == group)
        joined = {int(units[0])}
        while True:
            path = _path(problem, joined, set(units.tolist()), grouped, label, group)
            if not path:
                break
            joined.update(path)
        inside = np.array(sorted(joined))
        label[inside] = group
        grouped[inside] = True
    return label


def _path(
    problem: Problem, joined: set[int], wanted: set[int], grouped: np.ndarray, label: Ints, group: int
) -> list[int]:
    """Return a shortest path from the joined units to another that is wanted, through units of no group."""
    came = dict.fromkeys(sorted(joined), -1)
    queue = deque(came)
    while queue:
        u = queue.popleft()
        if u in wanted and u not in joined:
            path = []
            while u >= 0 and u not in joined:
                path.append(u)
                u = came[u]
            return path
        for v in problem.indices[problem.indptr[u] : problem.indptr[u + 1]].tolist():
            same_zone = problem.zone is None or problem.zone[u] == problem.zone[v]
            if v not in came and same_zone and (not grouped[v] or label[v] == group):
                came[v] = u
                queue.append(v)
    return []


def _faults(problem: Problem, label: Ints) -> Iterator[Finding]:
    for wish in (problem.together, problem.lock):
        if wish is None:
            continue
        for number in np.unique(wish[wish >= 0]).tolist():
            units = np.flatnonzero(wish == number)
            if not _hangs_together(problem, label, units):
                yield _fault("locked-apart", units, "cannot be reached from each other", "彼此不相通")
    load = np.bincount(label, problem.weight)
    several = np.bincount(label) > 1
    maximum = problem.maximum if problem.maximum is not None else np.inf
    for group in np.flatnonzero(several & (load > maximum * (1.0 + 1e-9))).tolist():
        units = np.flatnonzero(label == group)
        en, zh = f"weigh {load[group]:g}, above {maximum:g}", f"合计 {load[group]:g}，超过上限 {maximum:g}"
        yield _fault("locked-over-maximum", units, en, zh)
    if problem.apart is not None:
        for a, b in problem.apart[label[problem.apart[:, 0]] == label[problem.apart[:, 1]]].tolist():
            yield _fault("locked-and-apart", np.array([a, b]), "are to be apart too", "同时又要求分开")
    if problem.lock is not None:
        locked = np.flatnonzero(problem.lock >= 0)
        order = locked[np.lexsort((problem.lock[locked], label[locked]))]
        clash = (np.diff(label[order]) == 0) & (np.diff(problem.lock[order]) != 0)
        for i in np.flatnonzero(clash).tolist():
            yield _fault("two-locks", order[i : i + 2], "are locked to two grids", "被锁定到两个网格")


def _hangs_together(problem: Problem, label: Ints, units: Ints) -> bool:
    inside = {int(u) for u in np.flatnonzero(label == label[units[0]])}
    seen, queue = {int(units[0])}, [int(units[0])]
    while queue:
        u = queue.pop()
        for v in problem.indices[problem.indptr[u] : problem.indptr[u + 1]].tolist():
            if v in inside and v not in seen and (problem.zone is None or problem.zone[u] == problem.zone[v]):
                seen.add(v)
                queue.append(v)
    return seen.issuperset(units.tolist())


def _fault(kind: str, units: Ints, en: str, zh: str) -> Finding:
    named = ", ".join(str(u) for u in units[:10].tolist())
    return Finding(
        kind,
        Text(f"units {named} are to share a grid and {en}", f"单元 {named} 要求同属一个网格，但{zh}"),
        remedy=Text("Take one of them out of the lock.", "请将其中之一移出锁定。"),
    )


def _merged(problem: Problem, label: Ints) -> Problem:
    n, m = len(label), int(label.max()) + 1
    first = np.full(m, n, np.int64)
    np.minimum.at(first, label, np.arange(n))
    mass = np.ones(n) if problem.moment is None else problem.moment
    total = np.bincount(label, mass).astype(np.float64)
    share = np.divide(mass, total[label], out=1.0 / np.bincount(label)[label], where=total[label] > 0.0)

    def mean(values: Floats | None) -> Floats | None:
        if values is None:
            return None
        return np.stack([np.bincount(label, share * column, m) for column in values.T], axis=1)

    def added(values: Floats | None) -> Floats | None:
        return None if values is None else np.bincount(label, values, m).astype(np.float64)

    heads = label[np.repeat(np.arange(n), np.diff(problem.indptr))]
    tails = label[problem.indices]
    length = np.ones(len(tails)) if problem.boundary is None else problem.boundary
    keep = heads != tails
    graph = csr_array((length[keep], (heads[keep], tails[keep])), shape=(m, m))
    graph.sum_duplicates()
    cost = None
    if problem.cost is not None:
        by_group = np.stack([np.bincount(label, share * column, m) for column in problem.cost.T], axis=1)
        centre = np.array(
            [units[np.argmin(mass[units] @ problem.cost[np.ix_(units, units)])] for units in _members(label)]
        )
        cost = by_group[:, centre].astype(np.float64)
    pairs = None
    if problem.apart is not None:
        pairs = label[problem.apart]
    lock = None
    if problem.lock is not None:
        named = np.flatnonzero(problem.lock >= 0)
        locks, at = np.unique(problem.lock[named], return_index=True)
        rivals = [(label[named[a]], label[named[b]]) for a, b in combinations(at.tolist(), 2)]
        pairs = np.concatenate(
            [
                np.empty((0, 2), np.int64) if pairs is None else pairs,
                np.array(rivals, np.int64).reshape(-1, 2),
            ]
        )
        lock = np.full(m, -1, np.int64)
        lock[label[named[at]]] = locks
    old = None if problem.old is None else _of_most(label, problem.old, problem.weight)
    if old is not None and lock is not None:
        old = np.where(lock >= 0, lock, old)
    return replace(
        problem,
        indptr=graph.indptr,
        indices=graph.indices,
        boundary=graph.data,
        weight=np.bincount(label, problem.weight, m).astype(np.float64),
        moment=total,
        xy=mean(problem.xy),
        cost=cost,
        zone=None if problem.zone is None else problem.zone[first],
        skill=added(problem.skill),
        similar=mean(problem.similar),
        second=added(problem.second),
        together=None,
        apart=pairs,
        lock=lock,
        old=old,
    )


def _members(label: Ints) -> list[Ints]:
    order = np.argsort(label, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(label[order])) + 1)


def _of_most(label: Ints, old: Ints, weight: Floats) -> Ints:
    """Return for every group the old grid of most of its weight."""
    out = np.empty(int(label.max()) + 1, np.int64)
    for group, units in enumerate(_members(label)):
        if len(units) == 1:
            out[group] = old[units[0]]
            continue
        names, inverse = np.unique(old[units], return_inverse=True)
        out[group] = names[np.argmax(np.bincount(inverse, weight[units] + 1e-9))]
    return out
