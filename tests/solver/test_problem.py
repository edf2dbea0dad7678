"""Faults of a problem are found at the door, all at once."""

from __future__ import annotations

import numpy as np
import pytest

from gridder.errors import InputError
from gridder.solver import Problem

GOOD = {
    "indptr": [0, 1, 2],
    "indices": [1, 0],
    "weight": [1, 2],
    "minimum": 1,
    "target": 2,
    "maximum": 3,
}


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({"weight": [1, np.nan]}, ["not-finite"]),
        ({"weight": [1, -1]}, ["negative"]),
        ({"weight": [[1, 2]]}, ["wrong-shape", "wrong-shape"]),
        ({"indptr": [0, 2]}, ["wrong-shape"]),
        ({"indptr": [0, 2, 1]}, ["bad-graph"]),
        ({"indices": [1, 2]}, ["bad-graph"]),
        ({"indices": [0, 1]}, ["bad-graph"]),
        ({"indices": [1.5, 0]}, ["not-integer"]),
        ({"indptr": [0, 1, 1], "indices": [1]}, ["bad-graph"]),
        ({"indptr": [0, 2, 4], "indices": [1, 1, 0, 0]}, ["bad-graph"]),
        ({"boundary": [1, 2]}, ["bad-graph"]),
        ({"boundary": [1]}, ["wrong-shape"]),
        ({"minimum": 4}, ["bad-size"]),
        ({"target": 0, "minimum": 0}, ["bad-size"]),
        ({"maximum": np.inf}, ["bad-size"]),
        ({"target": None}, ["missing-size"]),
        ({"n_grids": 0}, ["bad-count"]),
        ({"objective": "moment"}, ["missing-xy"]),
        ({"objective": "round"}, ["bad-objective"]),
        ({"xy": [[0, 0]]}, ["wrong-shape"]),
        ({"zone": [0.5, 1]}, ["not-integer"]),
        ({"weight": [1, -1], "minimum": 9, "n_grids": -1}, ["negative", "bad-size", "bad-count"]),
    ],
)
def test_faults_are_named_together(changes: dict, kinds: list[str]) -> None:
    """Every fault is named, in both languages, with a remedy."""
    with pytest.raises(InputError) as caught:
        Problem(**{**GOOD, **changes})
    assert sorted(fault.kind for fault in caught.value.faults) == sorted(kinds)
    for fault in caught.value.faults:
        assert all((fault.what.en, fault.what.zh, fault.remedy.en, fault.remedy.zh))


def test_a_good_problem_passes() -> None:
    """Lists and integers are taken, and the objective follows from the coordinates."""
    assert Problem(**GOOD).objective == "cut"
    assert Problem(**GOOD, xy=[[0, 0], [1, 1]]).objective == "mix"
