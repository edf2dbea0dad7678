"""Columns in which the units of a grid should be alike, as numbers whose variance can be compared."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from gridder.model import Floats, Ints
from gridder.service.wishes import is_number


def alike_columns(attributes: pd.DataFrame, weights: Mapping[str, float], mass: Floats) -> Floats:
    """Return columns that vary by the weight of what they stand for, shape (n, d).

    Numbers keep their order, a category is a column of 0 and 1, a missing number is the mean, a missing
    category one of its own. The variance of the columns of one name, weighed by `mass` (n,), is its weight,
    so that the share of all variance within grids weighs every name as it was asked for.
    """
    parts = [np.zeros((len(attributes), 0))]
    for name, weight in weights.items():
        if name in attributes and weight > 0:
            parts.append(np.sqrt(weight) * standardised(values_of(attributes[name]), mass))
    return np.concatenate(parts, axis=1)


def values_of(column: pd.Series[float]) -> Floats:
    """Return a column as numbers, or a column of 0 and 1 for each category; missing numbers are NaN."""
    if is_number(column):
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
        return np.where(np.isfinite(numbers), numbers, np.nan)[:, None]
    codes, names = pd.factorize(
        column.astype(str).where(column.notna(), None), sort=True, use_na_sentinel=True
    )
    return np.equal(codes[:, None], np.arange(-1, len(names))[None, :]).astype(np.float64)


def standardised(values: Floats, mass: Floats) -> Floats:
    """Return columns about their mean with a total variance of 1; nothing where they do not vary."""
    known = np.isfinite(values)
    held = np.where(known, mass[:, None], 0.0)
    total = held.sum(axis=0)
    mean = np.divide(
        (held * np.where(known, values, 0.0)).sum(axis=0), total, out=np.zeros_like(total), where=total > 0
    )
    off = np.where(known, values - mean, 0.0)
    variance = _variance(off, mass)
    return off / np.sqrt(variance) if variance > 0.0 else off[:, :0]


def share_within(values: Floats, mass: Floats, grid: Ints) -> float:
    """Return the share of the variance of columns that lies within grids, 0 where every grid is uniform, to 1."""
    off = standardised(values, mass)
    if off.shape[1] == 0:
        return 0.0
    held = np.bincount(grid, mass)
    sums = np.stack([np.bincount(grid, mass * column) for column in off.T], axis=1)
    means = sums / np.where(held > 0.0, held, 1.0)[:, None]
    return _variance(off - means[grid], mass)


def _variance(off: Floats, mass: Floats) -> float:
    total = float(mass.sum())
    return float((mass[:, None] * off**2).sum()) / total if total > 0.0 else 0.0
