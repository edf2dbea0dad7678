"""One entry to the exact searches: the cheapest is tried first, each again with more work."""

from __future__ import annotations

import numpy as np

from gridder.model import Floats, Ints, Links
from gridder.solver.exact.cover import search_cover
from gridder.solver.exact.frontier import search_frontier
from gridder.solver.exact.outcome import UNDECIDED, Search

_FIXED_POINT = 1 << 40
_FIRST = 20_000
_STEPS = 50
"""Steps of a cover that cost as much as one state of a frontier."""


def search(
    indptr: Ints,
    indices: Links,
    weight: Floats,
    minimum: float,
    maximum: float,
    *,
    root: int = -1,
    root_cap: float = 0.0,
    n_grids: int = 0,
    skill: Floats | None = None,
    skill_minimum: float = 0.0,
    limit: int = 300_000,
) -> Search:
    """Divide a connected graph into connected grids in bounds, or prove that it cannot be done.

    Parameters
    ----------
    indptr, indices
        Graph of n units.
    weight, minimum, maximum
        Weights of the units, shape (n,), and bounds of a grid.
        Weights that are not whole are rounded to 2**-40 of the maximum, and the bounds widened by as much
        as the roundings may add up to.
    root
        A unit whose grid may weigh anything from 0 to `root_cap`; the lightest such grid is found.
    n_grids
        Exactly so many grids, the root's not counted; 0 for any number.
    skill, skill_minimum
        People with a skill in every unit, shape (n,), and how many every grid needs; not together with a root.
    limit
        Work after which the search is given up, in states of a frontier.
    """
    whole = bool((weight == np.rint(weight)).all()) and float(weight.sum()) < _FIXED_POINT
    scale = 1.0 if whole else _FIXED_POINT / maximum
    slack = 0 if whole else len(weight)
    own = np.rint(weight * scale).astype(np.int64)
    lo = int(np.ceil(minimum * scale - 1e-6)) - slack
    hi = int(np.floor(maximum * scale + 1e-6)) + slack
    cap = int(np.floor(root_cap * scale + 1e-6)) + slack
    people, needed = _whole_skill(skill, skill_minimum)
    found = Search(UNDECIDED, np.empty(0, np.int64))
    for step in sorted({min(_FIRST, limit), limit}):
        if needed == 0:
            found = search_frontier(
                indptr, indices, own, lo, hi, root=root, root_cap=cap, count=n_grids, limit=step
            )
        if found.status == UNDECIDED and root < 0:
            found = search_cover(
                indptr,
                indices,
                own,
                lo,
                hi,
                count=n_grids,
                steps=step * _STEPS,
                skill=people,
                needed=needed,
            )
        if found.status != UNDECIDED:
            break
    return found


def _whole_skill(skill: Floats | None, needed: float) -> tuple[Ints | None, int]:
    """Return a skill and what is needed of it in whole numbers; what is not whole is rounded in its favour."""
    if skill is None or needed <= 0.0:
        return None, 0
    if (skill == np.rint(skill)).all():
        return skill.astype(np.int64), int(np.ceil(needed - 1e-9))
    scale = _FIXED_POINT / max(float(skill.sum()), needed)
    return np.ceil(skill * scale).astype(np.int64), max(1, int(needed * scale))
