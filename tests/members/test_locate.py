"""Placing members: by name, by point, and the reason where neither helps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely

from gridder.members import locate

SQUARES = np.array([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10), shapely.box(40, 0, 50, 10)])
INDEX = {("A",): np.array([0]), ("B",): np.array([1]), ("twice",): np.array([0, 2])}


def _place(keys, points, *, rank=(0, 1, 2), source_row=(0, 1, 2), reach_m=5.0):
    return locate.place(
        keys=keys,
        units_by_key=INDEX,
        points=np.array([None if p is None else shapely.Point(p) for p in points], dtype=object),
        geoms=SQUARES,
        rank=np.asarray(rank),
        source_row=np.asarray(source_row),
        reach_m=reach_m,
        without_key=["no-parcel"] * len(keys),
    )


def test_the_named_unit_comes_before_the_point():
    """A member that names B is in B, though its point lies 5 m away in A."""
    placed = _place([("B",)], [(5, 5)])
    assert placed.unit.tolist() == [1]
    assert placed.method.tolist() == ["unit-id"]
    assert placed.distance_m.tolist() == [5.0]


def test_an_unknown_name_falls_back_to_the_point():
    """Who names an unknown unit is placed by the point, and without one has a reason."""
    placed = _place([("Z",), ("Z",)], [(5, 5), None])
    assert placed.unit.tolist() == [0, -1]
    assert placed.reason.tolist() == ["", "unknown-unit"]


def test_a_name_of_several_units_means_the_nearest():
    """A repeated parcel number means the unit nearest to the point, else it is ambiguous."""
    placed = _place([("twice",), ("twice",)], [(38, 5), None])
    assert placed.unit.tolist() == [2, -1]
    assert placed.reason.tolist() == ["", "ambiguous-unit"]


def test_a_name_without_a_point_means_the_largest_part_of_a_unit_that_was_cut():
    """Parts of one row are no other units: nobody who names it is lost."""
    assert _place([("twice",)], [None], source_row=(0, 1, 0)).unit.tolist() == [0]
    assert _place([("twice",)], [(38, 5)], source_row=(0, 1, 0)).unit.tolist() == [2]


def test_on_a_border_the_lowest_rank_wins():
    """A point on the border of A and B belongs to the one that comes first by id."""
    assert _place([None], [(10, 5)]).unit.tolist() == [0]
    assert _place([None], [(10, 5)], rank=(1, 0, 2)).unit.tolist() == [1]


def test_outside_every_unit_the_nearest_within_reach():
    """4 m outside is placed as nearest, 6 m outside is out of reach."""
    placed = _place([None, None], [(24, 5), (26, 5)])
    assert placed.unit.tolist() == [1, -1]
    assert placed.method.tolist() == ["nearest", ""]
    assert placed.distance_m[0] == 4.0
    assert placed.reason.tolist() == ["", "out-of-reach"]


def test_without_name_and_point_the_reason_of_the_layer():
    """Nobody is lost: a member without any hint gets the reason of its layer."""
    assert _place([None], [None]).reason.tolist() == ["no-parcel"]


@pytest.mark.parametrize("written", ["3", "03", "3号楼", "３栋", "3幢", " 3 "])
def test_building_numbers_are_compared_by_number(written):
    """3, 03, 3号楼 and full-width 3栋 name the same building."""
    assert locate.normal_number(written) == "3"


def test_a_building_answers_to_compound_and_number():
    """Compound and number name a building; the stairwell only where units are stairwells."""
    index = locate.index_buildings(
        ["x1", "x2"], ["幸福里", "幸福里"], ["1号楼", "1号楼"], ["1", "2"], np.array([0, 1])
    )
    people = pd.DataFrame({"compound": ["幸福里"] * 2, "building": ["1栋"] * 2, "stairwell": ["2单元", None]})
    first, second = locate.building_keys(people, with_stairwell=True)
    assert index[first].tolist() == [1]
    assert index[second].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("layer", "home_is_for", "expected"),
    [
        ("field", "building", ["no-parcel", "no-parcel"]),
        ("field", "field", ["no-address-match", "no-location"]),
        ("building", "building", ["no-address-match", "no-location"]),
    ],
)
def test_reason_of_a_layer(layer, home_is_for, expected):
    """With both layers fields need a parcel number; an address alone finds no match."""
    people = pd.DataFrame({"address": ["幸福里 3-2-1101", None]})
    assert locate.reason_without_key(people, layer, home_is_for=home_is_for) == expected
