"""What members and units count for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas import GeoDataFrame

from gridder.errors import InputError
from gridder.members import count
from gridder.model import Members, Source, Units


def _people(**columns):
    n = len(next(iter(columns.values())))
    frame = pd.DataFrame({"member_id": [str(i) for i in range(n)], "row": range(1, n + 1)})
    for name in ("compound", "building", "household", "households"):
        frame[name] = columns.get(name, [None] * n)
    return frame


def _units(**attributes):
    frame = GeoDataFrame({"unit_id": ["a"], "row": [1]}, geometry=[shapely.box(0, 0, 1, 1)], crs=3857)
    return Units(frame, "field", pd.DataFrame(attributes, index=range(1)), {})


def test_households_count_once_where_their_first_member_lives():
    """Of a household in two units only the first by member id counts; the other is listed."""
    people = _people(compound=["A"] * 4, building=["1"] * 4, household=["h", "h", "h", "k"])
    result = count.count_households(people, np.array([-1, 5, 7, 7]))
    assert result.weight.tolist() == [0, 1, 0, 1]
    assert result.split.tolist() == [False, False, True, False]


def test_the_same_number_in_two_compounds_is_two_households():
    """户号 101 of compound A and of compound B are different households."""
    people = _people(compound=["A", "B"], building=["1", "1"], household=["101", "101"])
    assert count.count_households(people, np.array([0, 1])).weight.tolist() == [1, 1]


def test_a_member_without_household_number_is_listed():
    """Without a number nothing is counted, and the report can say so."""
    people = _people(household=[None, "h"])
    result = count.count_households(people, np.array([0, 0]))
    assert result.weight.tolist() == [0, 1]
    assert result.unnumbered.tolist() == [True, False]


def test_units_column_comes_before_members_column():
    """A column in both files means the units'."""
    members = Members(_people(household=[None]), 4326, pd.DataFrame({"n": [1]}))
    assert count.counting_of("n", _units(n=[3]), members).kind == "unit-column"
    assert count.counting_of("n", _units(m=[3]), members).kind == "member-column"


@pytest.mark.parametrize("of", ["members", "households", "no_such_column"])
def test_what_cannot_be_counted_is_a_fault_with_remedy(of):
    """People without a roster, and unknown columns, are faults that say what to do."""
    with pytest.raises(InputError) as caught:
        count.counting_of(of, _units(n=[3]), None)
    assert caught.value.faults[0].remedy.en
    assert caught.value.faults[0].remedy.zh


def test_bad_numbers_are_named_by_row():
    """Blank, negative and textual sizes are faults with their rows."""
    values = pd.Series([1.0, None, -2.0, "x"])
    with pytest.raises(InputError) as caught:
        count.numbers_of(values, "n", np.array([1, 2, 3, 4]), Source("f.shp"))
    assert caught.value.faults[0].rows == (2, 3, 4)
