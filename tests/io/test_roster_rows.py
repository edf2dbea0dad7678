"""Rosters: no row is lost, coordinates that are no place are listed, own columns stay."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import gridder
from gridder.model import MEMBER_TEXT_COLUMNS

HEADER = "成员编号,姓名,经度,纬度,地块编号,收入\n"


def _csv(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def _kinds(found):
    return {finding.kind: finding.rows for finding in found}


def test_headers_in_chinese_and_what_they_become(tmp_path):
    """Roles are found, the rest stays in attributes, numbers as numbers."""
    members = gridder.read_members(_csv(tmp_path / "m.csv", HEADER + "7,王一,120,30,A1,5\n8,李二,,,A2,6\n"))
    assert members.frame["member_id"].tolist() == ["7", "8"]
    assert members.frame["name"].tolist() == ["王一", "李二"]
    assert members.frame["parcel"].tolist() == ["A1", "A2"]
    assert members.frame["row"].tolist() == [2, 3]
    assert members.frame["home"].tolist() == [shapely.Point(120, 30), None]
    assert members.attributes["收入"].tolist() == [5, 6]
    assert members.crs.to_epsg() == 4326
    assert members.repairs == ()


def test_every_promised_column_is_there(tmp_path):
    """Columns that a roster has not are missing values, not missing columns."""
    frame = gridder.read_members(_csv(tmp_path / "m.csv", "备注\nx\n")).frame
    assert {"member_id", "row", "home", "field_point", "households", *MEMBER_TEXT_COLUMNS} == set(frame)
    assert frame["member_id"].tolist() == ["2"]
    assert frame["name"].tolist() == [None]
    assert np.isnan(frame["households"][0])


def test_coordinates_that_are_no_place_are_listed_and_the_person_stays(tmp_path):
    """Out of range, text and infinite are told; swapped ones by words of their own; blank says nothing."""
    body = "1,a,500,30,,\n2,b,东,30,,\n3,c,inf,30,,\n4,d,30,120,,\n5,e,,,,\n6,f,无,-,,\n7,g,120,30,,\n"
    members = gridder.read_members(_csv(tmp_path / "m.csv", HEADER + body))
    assert len(members) == 7
    assert [point is not None for point in members.frame["home"]] == [False] * 6 + [True]
    assert _kinds(members.repairs) == {"bad-coordinates": (2, 3, 4), "swapped-coordinates": (5,)}


def test_repeated_ids_are_numbered_and_blank_ones_filled(tmp_path):
    """Both rows of an id are told; nobody is merged or dropped."""
    members = gridder.read_members(_csv(tmp_path / "m.csv", HEADER + "1,a,,,,\n1,b,,,,\n,c,,,,\n"))
    assert members.frame["member_id"].tolist() == ["1#1", "1#2", "row 4"]
    assert _kinds(members.repairs) == {"repeated-member-id": (2, 3)}


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8-sig"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables_as_excel_saves_them(tmp_path, encoding, delimiter):
    """GBK, a byte order mark and other delimiters are read alike."""
    text = (HEADER + "7,王一,120,30,A1,5\n").replace(",", delimiter)
    members = gridder.read_members(_csv(tmp_path / "m.csv", text, encoding))
    assert members.frame[["member_id", "name"]].to_numpy().tolist() == [["7", "王一"]]
    assert members.frame["home"][0] == shapely.Point(120, 30)


def test_ids_that_excel_made_numbers(tmp_path):
    """12.0 is 12, a text 0101 keeps its zero, a phone is no float, blank cells are missing."""
    path = tmp_path / "m.xlsx"
    pd.DataFrame({"成员编号": [12.0, 13.0], "房号": ["0101", " "], "电话": [13800138000.0, None]}).to_excel(
        path, index=False
    )
    frame = gridder.read_members(path).frame
    assert frame["member_id"].tolist() == ["12", "13"]
    assert frame["room"].tolist() == ["0101", None]
    assert frame["phone"].tolist() == ["13800138000", None]


def test_points_and_areas_of_a_layer_are_homes_in_its_crs(tmp_path):
    """A point is the home itself, an area a point inside it; field coordinates come to the layer's CRS."""
    path = tmp_path / "m.gpkg"
    frame = gpd.GeoDataFrame(
        {"姓名": ["a", "b"], "田块经度": [120.0, 120.0], "田块纬度": [30.0, 30.0]},
        geometry=[shapely.Point(500_000, 3_320_000), shapely.box(500_000, 3_320_000, 500_010, 3_320_010)],
        crs=4549,
    )
    frame.to_file(path)
    members = gridder.read_members(path)
    assert members.crs.to_epsg() == 4549
    assert members.frame["home"][0] == shapely.Point(500_000, 3_320_000)
    assert members.frame["home"][1].within(shapely.box(500_000, 3_320_000, 500_010, 3_320_010))
    there = gpd.GeoSeries([shapely.Point(120, 30)], crs=4326).to_crs(4549)[0]
    assert members.frame["field_point"][0].distance(there) < 1e-6


def test_points_without_crs_are_a_fault_and_said_ones_are_not(tmp_path):
    """missing-crs names candidates; |crs= makes the layer readable."""
    path = tmp_path / "m.shp"
    gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(40_500_000, 3_320_000)], crs=4528).to_file(path)
    path.with_suffix(".prj").unlink()
    with pytest.raises(gridder.InputError) as caught:
        gridder.read_members(path)
    assert _kinds(caught.value.faults) == {"missing-crs": ()}
    assert "EPSG:4528" in caught.value.faults[0].remedy.en
    assert gridder.read_members(f"{path}|crs=EPSG:4528").crs.to_epsg() == 4528


def test_the_users_columns_count(tmp_path):
    """unit_id is another word for parcel; a column that is not there is a fault."""
    path = _csv(tmp_path / "m.csv", "who,plot\na,P1\n")
    members = gridder.read_members(path, columns={"name": "who", "unit_id": "plot"})
    assert members.frame[["name", "parcel"]].to_numpy().tolist() == [["a", "P1"]]
    with pytest.raises(gridder.InputError) as caught:
        gridder.read_members(path, columns={"name": "nobody"})
    assert _kinds(caught.value.faults) == {"no-such-column": ()}


def test_a_frame_is_checked_like_a_file():
    """members_from_frame guesses, lists and numbers as reading does."""
    frame = pd.DataFrame({"编号": [1.0, 1.0], "lon": [120, 500], "lat": [30, 30]})
    members = gridder.members_from_frame(frame)
    assert members.frame["member_id"].tolist() == ["1#1", "1#2"]
    assert _kinds(members.repairs) == {"repeated-member-id": (1, 2), "bad-coordinates": (2,)}


def test_a_table_without_rows_has_nobody(tmp_path):
    """A header alone is an empty roster; an empty file is a fault."""
    assert len(gridder.read_members(_csv(tmp_path / "m.csv", HEADER))) == 0
    with pytest.raises(gridder.InputError) as caught:
        gridder.read_members(_csv(tmp_path / "e.csv", ""))
    assert _kinds(caught.value.faults) == {"empty-table": ()}
