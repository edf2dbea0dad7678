"""The scores of a layer."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridder.metrics.report import Bounds, contiguous_grids, cut_share, layer_report, skill_report
from gridder.model import Certificate, UnitGraph

PATH = UnitGraph(
    4, np.array([0, 1, 2]), np.array([1, 2, 3]), np.zeros(3, dtype=np.int8), np.zeros(3), np.ones(3)
)
"""Four units in a row."""


def test_a_grid_of_both_ends_is_not_contiguous():
    """Units 0 and 3 have no link inside their grid."""
    assert contiguous_grids(PATH, np.array([0, 1, 1, 0]), 2).tolist() == [False, True]


def _report(certificates, dedicated=(False,) * 4):
    grids = pd.DataFrame(
        {
            "grid_id": ["F-001", "F-002", "F-003", "F-004"],
            "size": [10.0, 40.0, 2.0, 11.0],
            "deviation": [0.0, 3.0, -0.8, 0.1],
            "polsby_popper": [0.5, 0.5, 0.7, 0.7],
            "within_bounds": [True, False, False, True],
            "contiguous": [True] * 4,
        }
    )
    return layer_report(
        grids=grids,
        bounds=Bounds("members", 10, 5, 15),
        dedicated=np.array(dedicated),
        n_grids_asked=None,
        n_units=9,
        gap_m=8.0,
        moment_m2=1.0,
        cut=0.3,
        certificates=certificates,
        bridged=[],
    )


def test_certified_grids_are_listed_and_not_counted():
    """A proved exception leaves the share; `not-found` lowers it."""
    over = Certificate("unit-over-maximum", ("F-002",), ("u",), 40, 5, 15)
    proved = _report((over, Certificate("component-under-minimum", ("F-003",), ("v",), 2, 5, 15)))
    assert proved["within_bounds"] == 1.0
    assert [g["grid_id"] for g in proved["out_of_bounds"]] == ["F-002", "F-003"]
    lost = _report((over, Certificate("not-found", ("F-003",), ("v",), 2, 5, 15)))
    assert lost["within_bounds"] == 2 / 3


def test_mean_deviation_is_absolute():
    """Too large and too small do not cancel."""
    over = Certificate("unit-over-maximum", ("F-002", "F-003"), ("u",), 40, 5, 15)
    assert np.isclose(_report((over,))["mean_abs_deviation"], (0 + 3 + 0.8 + 0.1) / 4)


def test_sums_of_fractions_keep_their_bounds():
    """0.1 + 0.2 is within a maximum of 0.3."""
    assert Bounds("area_ha", 0.2, 0.1, 0.3).within(np.array([0.1 + 0.2])).all()


def test_cut_is_the_share_of_the_shared_length():
    """One of three links of one metre is cut."""
    assert np.isclose(cut_share(PATH, np.array([0, 0, 1, 1])), 1 / 3)


def test_grids_short_of_a_skill_are_listed_beside_those_out_of_bounds():
    """The skill's certificate is told, `skill-short` before any other, and the share in bounds is as before."""
    grids = pd.DataFrame({"grid_id": ["F-001", "F-002", "F-003"], "n_skilled": [0, 2, 1]})
    short = Certificate("skill-short", ("F-001", "F-003"), ("u", "v"), 22, 5, 15)
    heavy = Certificate("unit-over-maximum", ("F-003",), ("v",), 20, 5, 15)
    told = skill_report(grids, (short, heavy), word="driver", minimum=2)
    assert [(entry["grid_id"], entry["n_skilled"]) for entry in told["grids_short"]] == [
        ("F-001", 0),
        ("F-003", 1),
    ]
    assert {entry["certificate"]["reason"] for entry in told["grids_short"]} == {"skill-short"}
    over = Certificate("unit-over-maximum", ("F-002",), ("u",), 40, 5, 15)
    light = Certificate("component-under-minimum", ("F-003",), ("v",), 2, 5, 15)
    lacking = Certificate("skill-short", ("F-001", "F-004"), ("w",), 21, 5, 15)
    assert _report((over, light, lacking)) == _report((over, light))


def test_dedicated_grids_are_in_no_share():
    """Without the last grid, which is in bounds: one of two is within, and the mean deviation is larger."""
    over = Certificate("unit-over-maximum", ("F-002",), ("u",), 40, 5, 15)
    lost = Certificate("not-found", ("F-003",), ("v",), 2, 5, 15)
    report = _report((over, lost), dedicated=(False, False, False, True))
    assert report["within_bounds"] == 1 / 2
    assert np.isclose(report["mean_abs_deviation"], (0 + 3 + 0.8) / 3)
    assert report["n_grids"] == 4
