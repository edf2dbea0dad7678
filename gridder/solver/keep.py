"""A plan that stays near an old one: where the search begins, and which new grid is which old one."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array, hstack
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from gridder.model import Floats, Ints
from gridder.solver.certificate import Graph, by_first_unit
from gridder.solver.initial import bisect
from gridder.solver.search import Terms


def match(part: Ints, old: Ints, value: Floats) -> Ints:
    """Return the old grid of every new one so that most stays, -1 where there is none; shape (k,).

    The matching of greatest value between new and old grids that share units (a sparse assignment problem).

    Parameters
    ----------
    part, old
        New grid of every unit, from 0, and old grid, -1 for none; shape (n,).
    value
        What it is worth that a unit stays, shape (n,).
    """
    n_parts = int(part.max(initial=-1)) + 1
    kept = np.full(n_parts, -1, np.int64)
    known = np.flatnonzero(old >= 0)
    if len(known) == 0:
        return kept
    names, column = np.unique(old[known], return_inverse=True)
    shared = coo_array((value[known], (part[known], column)), shape=(n_parts, len(names))).tocsr()
    shared.data = shared.data + 1e-9 * max(float(value.sum()), 1.0)
    # a column of its own for every new grid lets it stay unmatched
    alone = coo_array(
        (np.full(n_parts, 1e-12 * max(float(value.sum()), 1.0)), (np.arange(n_parts), np.arange(n_parts)))
    )
    rows, columns = min_weight_full_bipartite_matching(hstack([shared, alone], format="csr"), maximize=True)
    matched = columns < len(names)
    kept[rows[matched]] = names[columns[matched]]
    return kept


def homes(kept: Ints, old: Ints) -> Ints:
    """Return the new grid in which every unit would be where it was, -1 where there is none; shape (n,)."""
    largest = max(int(old.max(initial=-1)), int(kept.max(initial=-1)))
    grid_of = np.full(largest + 2, -1, np.int64)
    grid_of[kept[kept >= 0]] = np.flatnonzero(kept >= 0)
    return grid_of[old]


def adopt(graph: Graph, weight: Floats, old: Ints) -> Ints:
    """Return the old plan on the present graph: connected grids, -1 where no old grid can be reached.

    Of an old grid in pieces the heaviest stays; other pieces and new units join the grid next to them.
    """
    n = len(old)
    heads = graph.heads()
    same = (old[heads] == old[graph.indices]) & (old[heads] >= 0)
    piece = Graph(
        np.concatenate([[0], np.cumsum(np.bincount(heads[same], minlength=n))]).astype(np.int64),
        graph.indices[same],
        np.empty(0),
    ).components(np.ones(n, bool))
    heavy = np.bincount(piece, weight + 1e-9)
    label = np.full(len(heavy), -1, np.int64)
    label[piece] = old
    order = np.lexsort((-heavy, label))
    first = np.concatenate([[True], label[order][1:] != label[order][:-1]])
    stays = np.zeros(len(heavy), bool)
    stays[order[first]] = label[order[first]] >= 0
    part = np.where(stays[piece], piece, -1)
    frontier = np.flatnonzero(part >= 0)
    while len(frontier) > 0:
        fresh = []
        for u in frontier.tolist():
            for v in graph.indices[graph.indptr[u] : graph.indptr[u + 1]].tolist():
                if part[v] < 0:
                    part[v] = part[u]
                    fresh.append(v)
        frontier = np.array(fresh, np.int64)
    out = np.full(n, -1, np.int64)
    out[part >= 0] = by_first_unit(part[part >= 0])
    return out


def fill(terms: Terms, xy: Floats, part: Ints, piece: Ints, counts: Ints) -> Ints:
    """Return a plan in which components without any old grid are divided anew into `counts` grids."""
    empty = np.flatnonzero(np.bincount(piece, part >= 0) == 0)
    regions = [(np.flatnonzero(piece == p), int(counts[p])) for p in empty.tolist()]
    return _divide(terms, xy, part.copy(), regions)


def resize(terms: Terms, xy: Floats, part: Ints, piece: Ints, counts: Ints | None) -> Ints:
    """Return a plan whose grids above the maximum are divided, and with `counts` grids a component if given.

    Then the heaviest grid of a component is halved, or the lightest joins its lightest neighbour, until the
    number is right.
    """
    part = by_first_unit(part)
    if counts is None:
        load = np.bincount(part, terms.weight)
        size = np.bincount(part)
        heavy = np.flatnonzero((load > terms.size[2]) & (size > 1))
        share = np.maximum(np.rint(load / terms.size[1]), np.ceil(load / terms.size[2])).astype(np.int64)
        regions = [(np.flatnonzero(part == g), int(min(share[g], size[g]))) for g in heavy.tolist()]
        return _divide(terms, xy, part, regions)
    for p, count in enumerate(counts.tolist()):
        units = np.flatnonzero(piece == p)
        while len(np.unique(part[units])) < count:
            load = np.bincount(part[units], terms.weight[units])
            load[np.bincount(part[units]) < 2] = -1.0
            part = _divide(terms, xy, part, [(units[part[units] == np.argmax(load)], 2)])
        while len(np.unique(part[units])) > count:
            _join_lightest(terms, part, units)
    return part


def _join_lightest(terms: Terms, part: Ints, units: Ints) -> None:
    load = np.bincount(part[units], terms.weight[units])
    load[np.bincount(part[units], minlength=len(load)) == 0] = np.inf
    lightest = int(np.argmin(load))
    own = units[part[units] == lightest]
    near = np.unique(
        np.concatenate([part[terms.indices[terms.indptr[u] : terms.indptr[u + 1]]] for u in own])
    )
    near = near[near != lightest]
    part[own] = near[np.argmin(load[near])]


def _divide(terms: Terms, xy: Floats, part: Ints, regions: list[tuple[Ints, int]]) -> Ints:
    """Divide connected sets of units, each into a number of grids, in place."""
    if not regions:
        return part
    units = np.concatenate([own for own, _ in regions])
    ends = np.cumsum([len(own) for own, _ in regions])
    table = np.stack([np.append(0, ends[:-1]), ends, [count for _, count in regions]], axis=1)
    bounds = (float(terms.size[0]), float(terms.size[2]))
    arrays = terms.indptr, terms.indices, terms.weight, xy, terms.mass
    first = int(part.max(initial=-1)) + 1
    for i, (lo, hi, _) in enumerate(bisect(*arrays, bounds, table, units, 1, 0).tolist()):
        part[units[lo:hi]] = first + i
    return part
