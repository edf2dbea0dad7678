"""Pieces that hang on one unit, what is shed into units above the maximum, and the certificates of a plan."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

import numpy as np
from numba import njit

from gridder.model import Certificate, Floats, Ints, Links
from gridder.solver import exact
from gridder.solver.certificate import (
    TOLERANCE,
    Apart,
    Graph,
    by_first_unit,
    certify,
    count_range,
    hosts,
    out_of_bounds,
)

HANGING_UNITS = 200
"""Units that a piece behind a cut vertex may have."""
_HANGING_LIMIT = 20_000
_ALONE_LIMIT = 1_000
_SHED_UNITS = 4_000
_SHED_LIMIT = 100_000


@njit(cache=True)
def behind(indptr: Ints, indices: Links, vertex: int, most: int, mark: Ints, tick: int) -> Ints:
    """Return the units that hang on the graph by `vertex` alone, in pieces of at most `most` units.

    Of several pieces that are all so small the largest counts as the rest of the graph.
    `mark` is scratch of shape (n,); `tick` grows by the degree of `vertex` plus 1 between calls.
    """
    found = np.empty(0, np.int64)
    largest = np.empty(0, np.int64)
    has_rest = False
    queue = np.empty(most, np.int64)
    mark[vertex] = tick
    for k in range(indptr[vertex], indptr[vertex + 1]):
        if mark[indices[k]] >= tick:
            continue
        own = tick + 1 + k - indptr[vertex]
        mark[indices[k]] = own
        queue[0] = indices[k]
        head, filled, complete = 0, 1, True
        while head < filled and complete:
            u = queue[head]
            head += 1
            for j in range(indptr[u], indptr[u + 1]):
                v = indices[j]
                if mark[v] >= tick:
                    complete = complete and (v == vertex or mark[v] == own)
                    continue
                if filled == most:
                    complete = False
                    break
                mark[v] = own
                queue[filled] = v
                filled += 1
        if not complete:
            has_rest = True
            continue
        piece = queue[:filled].copy()
        if len(piece) > len(largest):
            piece, largest = largest, piece
        found = np.concatenate((found, piece))
    return np.concatenate((found, largest)) if has_rest else found


def prove_hanging(graph: Graph, weight: Floats, lower: float, upper: float, part: Ints, bad: int) -> Ints:
    """Return a cut vertex and what hangs on it where these rule out every plan; empty where none is found.

    Whatever the vertex's own grid weighs, up to the maximum, the units behind it cannot all be in grids in
    bounds; so no plan of the whole component can be.
    Tried are the units of the grid `bad` and of its neighbours.
    """
    mark = np.full(len(part), -1, np.int64)
    inside = np.flatnonzero(part == bad)
    near = np.unique(np.concatenate([_neighbours(graph, u) for u in inside.tolist()] + [inside]))
    candidates = np.flatnonzero(np.isin(part, part[near]))
    tick = 0
    for vertex in candidates.tolist():
        piece = behind(graph.indptr, graph.indices, vertex, HANGING_UNITS, mark, tick)
        tick += int(graph.indptr[vertex + 1] - graph.indptr[vertex]) + 1
        if not np.isin(inside, piece).any():
            continue
        units = np.concatenate([[vertex], np.sort(piece)])
        sub = graph.subgraph(units)
        found = exact.search(
            sub.indptr,
            sub.indices,
            weight[units],
            lower,
            upper,
            root=0,
            root_cap=upper,
            limit=_HANGING_LIMIT,
        )
        if found.status == exact.INFEASIBLE:
            return np.sort(units)
    return np.empty(0, np.int64)


def prove_alone(graph: Graph, weight: Floats, lower: float, upper: float, part: Ints, bad: int) -> Ints:
    """Return one unit of the grid `bad` that fits into no grid at all; empty where none is found.

    Such a unit rules out every plan: no connected set of units that holds it keeps the bounds.
    """
    for unit in np.flatnonzero(part == bad).tolist():
        if _fits_nowhere(graph, weight, lower, upper, unit):
            return np.array([unit])
    return np.empty(0, np.int64)


def _fits_nowhere(graph: Graph, weight: Floats, lower: float, upper: float, unit: int) -> bool:
    """Return whether no connected set that holds a unit keeps the bounds; False where there are too many."""
    seen = {frozenset((unit,))}
    waiting = list(seen)
    while waiting:
        chosen = waiting.pop()
        members = sorted(chosen)
        total = float(weight[members].sum())
        if lower <= total <= upper:
            return False
        around = {int(v) for u in members for v in _neighbours(graph, u)} - chosen
        for v in sorted(around):
            larger = chosen | {v}
            if total + weight[v] > upper or larger in seen:
                continue
            if len(seen) == _ALONE_LIMIT:
                return False
            seen.add(larger)
            waiting.append(larger)
    return True


def _neighbours(graph: Graph, unit: int) -> Links:
    return graph.indices[graph.indptr[unit] : graph.indptr[unit + 1]]


def shed(weight: Floats, graph: Graph, apart: Apart, assignment: Ints, *, n_grids: int | None = None) -> Ints:
    """Let units above the maximum take what cannot be made to fit behind them.

    Without such units, and with `n_grids`, nothing is changed: a grid that joins such a unit would be missing from the number asked for.
    A grid below the minimum that touches such a unit joins it.
    Where others remain out of bounds, the piece is divided anew so that the least weight joins.
    """
    if n_grids is not None or not apart.heavy.any():
        return by_first_unit(assignment)
    assignment = assignment.copy()
    host = hosts(graph, apart.heavy, apart.piece)
    heads = graph.heads()
    touches = apart.heavy[graph.indices] & ~apart.heavy[heads]
    for grid in _bad_grids(weight, apart, assignment):
        own = touches & (assignment[heads] == grid)
        if own.any() and weight[assignment == grid].sum() < apart.lower:
            assignment[assignment == grid] = assignment[graph.indices[own].min()]
    pieces = {int(apart.piece[assignment == grid][0]) for grid in _bad_grids(weight, apart, assignment)}
    for piece in sorted(pieces):
        units = np.flatnonzero(apart.piece == piece)
        if host[piece] >= 0 and len(units) <= _SHED_UNITS:
            _shed_piece(weight, graph, apart, units, assignment)
    return by_first_unit(assignment)


def _bad_grids(weight: Floats, apart: Apart, assignment: Ints) -> list[int]:
    """Return the grids out of bounds that hold no unit above the maximum and touch the units to be divided."""
    load = np.bincount(assignment, weight)
    bad = out_of_bounds(load, apart)
    bad[assignment[apart.grid >= 0]] = False
    bad[np.bincount(assignment) == 0] = False
    return [int(g) for g in np.flatnonzero(bad)]


def _shed_piece(weight: Floats, graph: Graph, apart: Apart, units: Ints, assignment: Ints) -> None:
    sub = graph.subgraph(units)
    n = len(units)
    touching = np.flatnonzero([bool(apart.heavy[_neighbours(graph, u)].any()) for u in units.tolist()])
    heads = np.concatenate([sub.heads(), touching, np.full(len(touching), n)])
    tails = np.concatenate([sub.indices, np.full(len(touching), n), touching])
    order = np.lexsort((tails, heads))
    indptr = np.concatenate([[0], np.cumsum(np.bincount(heads, minlength=n + 1))]).astype(np.int64)
    total = float(weight[units].sum())
    found = exact.search(
        indptr,
        tails[order].astype(np.int32),
        np.append(weight[units], 0.0),
        apart.lower,
        apart.upper,
        root=n,
        root_cap=total,
        limit=_SHED_LIMIT,
    )
    if found.status != exact.FOUND:
        return
    assignment[units] = assignment.max() + 1 + found.label[:n]
    waiting = set(units[found.label[:n] == found.label[n]].tolist())
    queue = deque(np.flatnonzero(apart.heavy).tolist())
    while queue:
        unit = queue.popleft()
        for other in _neighbours(graph, unit).tolist():
            if other in waiting:
                waiting.remove(other)
                assignment[other] = assignment[unit]
                queue.append(other)


def certificates(
    weight: Floats,
    apart: Apart,
    assignment: Ints,
    proofs: Sequence[Ints],
    *,
    n_grids: int | None,
    count_fits: bool,
    skill: Floats | None = None,
    skill_minimum: float = 0.0,
    skill_proofs: Sequence[Ints] = (),
) -> tuple[Certificate, ...]:
    """Return the certificates of a plan, sorted by their first unit.

    Parameters
    ----------
    proofs
        Sets of units of which an exact search has shown that they fit no plan.
    n_grids
        Number of grids asked for beside those set apart.
        Where it was missed although it fits, a `not-found` that names no grid says so.
    count_fits
        Whether the number of grids asked for fits the components; True where none was asked for.
    skill, skill_minimum
        People with the skill in every unit, shape (n,), and how many every grid needs; grids in bounds that
        lack them are certified too.
    skill_proofs
        Whole components, or all of them, of which an exact search has shown that no plan within bounds gives
        every grid the skill.
    """
    load = np.bincount(assignment, weight)
    bad = out_of_bounds(load, apart)
    out = [
        certify("unit-over-maximum", assignment[[u]], np.array([u]), weight, apart)
        for u in np.flatnonzero(apart.heavy)
    ]
    bad[assignment[apart.heavy]] = False
    inside = np.flatnonzero(apart.grid < 0)
    grids = np.setdiff1d(assignment[inside], assignment[apart.grid >= 0])
    if not count_fits:
        out.append(certify("no-count-fits", grids[bad[grids]], inside, weight, apart))
        bad[grids] = False
    elif n_grids is not None and len(inside) > 0 and len(grids) != n_grids:
        out.append(certify("not-found", np.empty(0, np.int64), inside, weight, apart))
    for units in proofs:
        grids = np.unique(assignment[units])
        if bad[grids].any():
            out.append(certify("proved-infeasible", grids[bad[grids]], units, weight, apart))
            bad[grids] = False
    piece_of = np.full(len(load), -1, np.int64)
    piece_of[assignment] = apart.piece
    for piece in np.unique(piece_of[bad]):
        units = np.flatnonzero(apart.piece == piece)
        grids = np.flatnonzero(bad & (piece_of == piece))
        out.extend(_certify_piece(weight, apart, assignment, units, grids))
    if skill is not None and skill_minimum > 0.0:
        out.extend(
            _certify_skill(weight, apart, assignment, skill, skill_minimum, n_grids, [*skill_proofs, *proofs])
        )
    return tuple(sorted(out, key=lambda c: (c.unit_ids[0], c.reason)))


def _certify_piece(
    weight: Floats, apart: Apart, assignment: Ints, units: Ints, grids: Ints
) -> list[Certificate]:
    total = float(weight[units].sum())
    if total < apart.lower:
        return [certify("component-under-minimum", grids, units, weight, apart)]
    least, greatest = count_range(total, len(units), apart.minimum, apart.maximum)
    if least > greatest:
        return [certify("no-count-fits", grids, units, weight, apart)]
    return [
        certify("not-found", np.array([g]), np.flatnonzero(assignment == g), weight, apart) for g in grids
    ]


def _certify_skill(
    weight: Floats,
    apart: Apart,
    assignment: Ints,
    skill: Floats,
    needed: float,
    n_grids: int | None,
    proofs: Sequence[Ints],
) -> Iterator[Certificate]:
    """Yield why grids in bounds lack a skill: too few people have it, no plan can, or none was found.

    Too few are they where they cannot serve the least number of grids that fits a component, or all
    components together not the number asked for.
    What rules out every plan in bounds rules out those with the skill too.
    """
    enough = needed - TOLERANCE * needed
    short = np.bincount(assignment, skill) < enough
    short &= ~out_of_bounds(np.bincount(assignment, weight), apart)
    short[assignment[apart.grid >= 0]] = False
    if not short.any():
        return
    inside = np.flatnonzero(apart.grid < 0)
    units_of = {int(p): inside[apart.piece[inside] == p] for p in np.unique(apart.piece[inside])}
    served = {p: int(skill[u].sum() / enough) for p, u in units_of.items()}
    ranges = {
        p: count_range(float(weight[u].sum()), len(u), apart.minimum, apart.maximum)
        for p, u in units_of.items()
    }
    if n_grids is not None and sum(min(served[p], ranges[p][1]) for p in units_of) < n_grids:
        yield certify("skill-short", np.flatnonzero(short), inside, weight, apart)
        return
    for p, units in units_of.items():
        grids = np.unique(assignment[units])
        grids = grids[short[grids]]
        if len(grids) > 0 and served[p] < ranges[p][0]:
            yield certify("skill-short", grids, units, weight, apart)
            continue
        if len(grids) > 0 and ranges[p][0] > ranges[p][1]:
            yield certify("no-count-fits", grids, units if n_grids is None else inside, weight, apart)
            continue
        proven = next((own for own in proofs if np.isin(units, own).all()), None)
        if len(grids) > 0 and proven is not None:
            yield certify("proved-infeasible", grids, proven, weight, apart)
            continue
        for g in grids:
            yield certify("not-found", np.array([g]), np.flatnonzero(assignment == g), weight, apart)
