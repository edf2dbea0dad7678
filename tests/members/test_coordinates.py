"""Coordinates as clerks and telephones write them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridder.members.coordinates import parse_degrees, parse_points

PLACE = (117 + 12 / 60 + 3.6 / 3600, 39.1)


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("117.201", 117.201),
        ("１１７．２０１", 117.201),
        ("117°12'03.6\"", 117.201),
        ("117°12′03.6″E", 117.201),
        ("117度12分3.6秒", 117.201),
        ("东经117度12.06分", 117.201),
        ("E117°12'3.6''", 117.201),
        ("西经3.5", -3.5),
        ("3.5 W", -3.5),
        ("-3.5", -3.5),
        ("117度", 117.0),
        ("117°72'", None),
        ("东", None),
        ("117.2,39.1", None),
        ("12a", None),
    ],
)
def test_one_coordinate(text, degrees):
    """Marks of all kinds, letters and words."""
    found = parse_degrees(text)
    assert found is None if degrees is None else found == pytest.approx(degrees)


@pytest.mark.parametrize(
    "text",
    [
        "117.201,39.1",
        "117.201，39.1",
        "117.201 39.1",
        "39.1N 117.201E",
        "N39°6' E117°12'3.6\"",
        "39°06′00″N, 117°12′03.6″E",
        "经度117.201 纬度39.1",
        "纬度：39.1，经度：117.201",
        "北纬39度6分 东经117度12分3.6秒",
        "lat=39.1 lon=117.201",
        "POINT(117.201 39.1)",
        "(117.201; 39.1)",
    ],
)
def test_two_in_one_cell(text):
    """Both are found, whichever is first."""
    points, wrong = parse_points([text, None])
    assert points[0] == pytest.approx(PLACE)
    assert np.isnan(points[1]).all()
    assert not wrong.any()


def test_one_row_tells_the_order_of_all():
    """39.1,117.2 shows that latitudes come first, in the rows that could be either as well."""
    points, _ = parse_points(["39.1,117.2", "30,60"])
    assert points.tolist() == [[117.2, 39.1], [60, 30]]


def test_an_order_that_nothing_tells_is_not_guessed():
    """The header may tell it."""
    assert parse_points(["30,60"])[1].tolist() == [True]
    assert parse_points(["30,60"], latitude_first=True)[0].tolist() == [[60, 30]]
    assert parse_points(["117.2,39.1", "39.1,117.2"])[1].tolist() == [True, True]


@pytest.mark.parametrize(
    "text", ["东", "117.2", "1,2,3", "N39 N40 x", "POINT (117.2.3 39.1)", "POINT (. 39.1)"]
)
def test_what_is_no_place_is_told(text):
    """It does not become a coordinate."""
    assert parse_points([text], latitude_first=False)[1].tolist() == [True]


@given(st.floats(0, 179.99), st.sampled_from("EW"))
def test_degrees_minutes_seconds_come_back(value, letter):
    """To a thousandth of a second."""
    tenths = round(value * 36_000)
    text = f"{tenths // 36_000}°{tenths // 600 % 60}′{tenths % 600 / 10}″{letter}"
    assert parse_degrees(text) == pytest.approx(tenths / 36_000 * (1 if letter == "E" else -1))
