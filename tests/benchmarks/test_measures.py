"""The measures of the benchmark against values known by hand."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.graphs import BEST_LATTICE_MOMENT, lattice
from benchmarks.measures import measure

NONE = np.empty(0, np.int64)
SIDE = 6


@pytest.fixture
def question():
    """Return a lattice of 6 by 6 cells, to be divided into four blocks of 9."""
    return lattice(SIDE * SIDE)


def _blocks():
    row, column = np.divmod(np.arange(SIDE * SIDE), SIDE)
    return row // 3 * 2 + column // 3


def test_blocks_are_perfect(question):
    found = measure(question, _blocks(), NONE)
    assert found.n_grids == 4
    assert (found.out_of_bounds, found.unproved, found.split, found.deviation) == (0, 0, 0, 0)
    assert found.near == 1.0
    assert found.moment == pytest.approx(BEST_LATTICE_MOMENT)
    assert found.cut == pytest.approx(12 / 60)


def test_a_swapped_pair_splits_two_grids(question):
    labels = _blocks()
    labels[[0, -1]] = labels[[-1, 0]]
    found = measure(question, labels, NONE)
    assert found.split == 0.5
    assert found.out_of_bounds == 0.0
    assert found.cut == pytest.approx(16 / 60)


def test_an_empty_label_is_no_grid_and_proofs_are_counted(question):
    labels = _blocks() * 10
    labels[0] = 10
    found = measure(question, labels, np.array([10]))
    assert found.n_grids == 4
    assert found.out_of_bounds == 0.5
    assert found.unproved == 0.25
    assert found.deviation == pytest.approx(2 / 9 / 4)
    assert found.near == 0.5


def test_moment_does_not_depend_on_the_unit_of_length(question):
    stretched = type(question)(**(vars(question) | {"xy": question.xy * 7, "mass": question.mass * 49}))
    assert measure(stretched, _blocks(), NONE).moment == pytest.approx(BEST_LATTICE_MOMENT)
