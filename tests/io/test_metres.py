"""Coordinates of a roster in metres: refused with the systems that they may be in, and read when one is named."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import gridder
from gridder.io.dates import with_dates
from gridder.service.order import Source, read_sources

EAST, NORTH = 500_000.0, 3_350_000.0
"""A place near Hangzhou in EPSG:4549."""


def _roster(path, header, *rows):
    path.write_text("\n".join([header, *rows]), encoding="utf-8")
    return path


def _fault(read):
    with pytest.raises(gridder.InputError) as caught:
        read()
    (fault,) = caught.value.faults
    return fault


@pytest.mark.parametrize(
    ("header", "row", "option"),
    [
        ("编号,横坐标,纵坐标", "1,40500000,3350000", "|crs=EPSG:4528"),
        ("id,X,Y", "1,500000,3350000", "|crs=EPSG:4549"),
        ("编号,X,Y", "1,3350000,500000", "|crs=EPSG:4549|axes=yx"),
        ("id,easting,northing", "1,500000,3350000", "|crs=EPSG:4549"),
    ],
)
def test_metres_are_refused_with_the_systems_that_fit_and_read_on_the_users_word(
    tmp_path, header, row, option
):
    """With the zone before the easting, without it, and with the northing first, as surveyors write X and Y."""
    path = _roster(tmp_path / "m.csv", header, row)
    fault = _fault(lambda: gridder.read_members(f"{path}|region=浙江"))
    assert fault.kind == "missing-crs"
    assert header.split(",")[1] in fault.what.zh
    assert fault.candidates[0].option == option
    members = gridder.read_members(f"{path}{option}")
    (home,) = gpd.GeoSeries(members.frame["home"], crs=members.crs).to_crs(4549)
    assert shapely.Point(EAST, NORTH).distance(home) < 1e-3
    assert "crs-told" in {repair.kind for repair in members.repairs}


def test_the_fields_show_where_the_metres_of_a_roster_lie(tmp_path):
    """Other files of the run shorten the list; people are in their fields once the system is named."""
    fields = tmp_path / "f.gpkg"
    gpd.GeoDataFrame(
        {"n": [1]}, geometry=[shapely.box(EAST, NORTH, EAST + 100, NORTH + 100)], crs=4549
    ).to_file(fields)
    path = _roster(tmp_path / "m.csv", "id,x,y", f"1,{EAST + 50},{NORTH + 50}")
    sources = {"fields": Source([str(fields)]), "members": Source([str(path)])}
    fault = _fault(lambda: read_sources(sources))
    assert {candidate.near.en for candidate in fault.candidates} == {fault.candidates[0].near.en}
    sources["members"] = Source([f"{path}{fault.candidates[0].option}"])
    inputs = read_sources(sources)
    assert inputs.fields.frame.geometry[0].contains(inputs.members.frame["home"][0])


def test_a_wrong_system_is_refused_and_single_rows_are_listed(tmp_path):
    """Numbers with a zone are not in a system without; one bad row costs nobody else the place."""
    path = _roster(tmp_path / "m.csv", "id,x,y", "1,40500000,3350000", "2,40500100,3350000")
    fault = _fault(lambda: gridder.read_members(f"{path}|crs=EPSG:4549"))
    assert (fault.kind, fault.candidates[0].option) == ("wrong-crs", "|crs=EPSG:4528")
    path = _roster(
        tmp_path / "m.csv", "id,x,y", "1,500000,3350000", "2,500000,3350000", "3,5e9,3350000", "4,,"
    )
    members = gridder.read_members(f"{path}|crs=EPSG:4549")
    assert [home is not None for home in members.frame["home"]] == [True, True, False, False]
    assert {repair.kind: repair.rows for repair in members.repairs}["bad-coordinates"] == (4,)


def test_homes_in_degrees_and_fields_in_metres(tmp_path):
    """Each pair by its own numbers, both in the system that was named."""
    header, row = "id,经度,纬度,田块横坐标,田块纵坐标", f"1,120.0,30.27,{EAST},{NORTH}"
    members = gridder.read_members(f"{_roster(tmp_path / 'm.csv', header, row)}|crs=EPSG:4549")
    assert members.crs.to_epsg() == 4549
    assert members.frame["field_point"][0].equals(shapely.Point(EAST, NORTH))
    assert members.frame["home"][0].distance(shapely.Point(EAST, NORTH)) < 1000


def test_a_system_of_metres_for_a_table_of_degrees_is_not_used(tmp_path):
    """That is said; one of degrees changes nothing."""
    path = _roster(tmp_path / "m.csv", "id,lon,lat", "1,120,30")
    members = gridder.read_members(f"{path}|crs=EPSG:4549")
    assert members.frame["home"][0].equals(shapely.Point(120, 30))
    assert [repair.kind for repair in members.repairs] == ["crs-not-used"]
    assert not gridder.read_members(f"{path}|crs=EPSG:4490").repairs


def test_days_of_a_spreadsheet_are_dates(tmp_path):
    """46082 below 填报日期 is 1 March 2026; years, ages and dates as they stand are left alone."""
    path = _roster(
        tmp_path / "m.csv",
        "id,填报日期,出生日期,年份,date",
        "1,46082,1980-01-02,46082,20260301",
        "2,,29222,1,2026",
    )
    members = gridder.read_members(path)
    assert members.attributes["填报日期"].tolist()[0] == "2026-03-01"
    assert members.attributes["出生日期"].tolist() == ["1980-01-02", "1980-01-02"]
    assert members.attributes["年份"].tolist() == [46082, 1]
    assert members.attributes["date"].tolist() == [20260301, 2026]
    told = [(repair.kind, repair.rows) for repair in members.repairs]
    assert told == [("days-as-dates", (2,)), ("days-as-dates", (3,))]


def test_the_time_of_midnight_is_left_away():
    """A date of a workbook without a time."""
    table, counted = with_dates(pd.DataFrame({"日期": ["2026-03-01 00:00:00", None]}, dtype="str"))
    assert table["日期"][0] == "2026-03-01"
    assert not counted
