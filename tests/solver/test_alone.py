"""A unit that fits into no grid at all is proved, however large its component is."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array

from gridder.solver import Problem, solve

SIDE = 40
MIDDLE = SIDE * (SIDE // 2) + SIDE // 2
ROUND_IT = [MIDDLE - 1, MIDDLE + 1, MIDDLE - SIDE, MIDDLE + SIDE]


def _lattice(weight):
    at = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    a = np.r_[at[:, :-1].ravel(), at[:-1].ravel()]
    b = np.r_[at[:, 1:].ravel(), at[1:].ravel()]
    links = coo_array((np.ones(2 * len(a)), (np.r_[a, b], np.r_[b, a]))).tocsr()
    xy = np.column_stack(np.divmod(np.arange(SIDE * SIDE), SIDE)).astype(float)
    return Problem(
        indptr=links.indptr, indices=links.indices, weight=weight, minimum=5, target=7, maximum=10, xy=xy
    )


def test_a_light_unit_among_full_ones_is_proved_alone():
    """A unit of 3 between four units of 8 cannot reach 5 below 10; the others are divided as usual."""
    weight = np.full(SIDE * SIDE, 6.0)
    weight[MIDDLE], weight[ROUND_IT] = 3, 8
    solution = solve(_lattice(weight))
    assert [(c.reason, c.unit_ids, c.weight) for c in solution.certificates] == [
        ("proved-infeasible", (MIDDLE,), 3)
    ]


def test_a_light_unit_beside_one_with_room_is_no_exception():
    """With one neighbour of 7 the unit of 3 joins it."""
    weight = np.full(SIDE * SIDE, 6.0)
    weight[MIDDLE], weight[ROUND_IT], weight[MIDDLE + 1] = 3, 8, 7
    assert solve(_lattice(weight)).certificates == ()
