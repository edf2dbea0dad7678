"""How many grids every component gets."""

from __future__ import annotations

import numpy as np

from gridder.model import Floats, Ints
from gridder.solver.certificate import Apart, count_range


def choose_counts(
    piece: Ints,
    weight: Floats,
    apart: Apart,
    n_grids: int | None,
    *,
    skill: Floats | None = None,
    skill_minimum: float = 0.0,
) -> tuple[Ints, bool]:
    """Return the number of grids of every component, and whether the number asked for fits them.

    Without `n_grids` it is the weight over the target, within what fits the bounds.
    With it every component gets the least that fits, and the rest goes where the grids are heaviest.
    """
    total = np.bincount(piece, weight)
    n_units = np.bincount(piece)
    if len(total) == 0:
        return np.empty(0, np.int64), True
    ranges = np.array(
        [count_range(w, n, apart.minimum, apart.maximum) for w, n in zip(total, n_units, strict=True)]
    )
    target = apart.target if apart.target > 0.0 else 1.0
    least = np.minimum(np.maximum(ranges[:, 0], 1), n_units)
    most = np.maximum(ranges[:, 1], least)
    if n_grids is None:
        return np.clip((total / target + 0.5).astype(np.int64), least, most), True
    fits = bool((ranges[:, 0] <= ranges[:, 1]).all()) and int(least.sum()) <= n_grids <= int(most.sum())
    if int(most.sum()) < n_grids:
        most = n_units
    if int(least.sum()) > n_grids:
        least = np.ones_like(least)
    counts = least.copy()
    for _ in range(min(n_grids, int(most.sum())) - int(counts.sum())):
        share = np.where(counts < most, total / (counts + 0.5), -1.0)
        counts[np.argmax(share)] += 1
    return counts, fits
