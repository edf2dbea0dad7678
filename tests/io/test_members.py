"""Reading rosters: no row is lost, whatever its cells hold."""

from __future__ import annotations

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

import gridder

INFINITE = float("inf")


def _kinds(members):
    return {finding.kind: finding.rows for finding in members.repairs}


def _excel(path, *rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_chinese_headers_and_cells_of_excel(tmp_path):
    """Numbers that Excel keeps as floats become text without a point; blank words are blank."""
    path = _excel(
        tmp_path / "m.xlsx",
        ["成员编号", "姓名", "经度", "纬度", "小区", "楼栋", "户号", "地块编号", "技能", "人口"],
        [12, "王一", 116.5, 40.25, "幸福里", "3号楼", 101.0, "无", "电工", 2],
        [13, "李二", None, None, "-", "", 102.0, "G1-01", None, 3.5],
    )
    members = gridder.read_members(path)
    frame = members.frame
    assert frame["member_id"].tolist() == ["12", "13"]
    assert frame["row"].tolist() == [2, 3]
    assert frame["household"].tolist() == ["101", "102"]
    assert frame["parcel"].tolist() == [None, "G1-01"]
    assert frame["compound"].tolist() == ["幸福里", None]
    assert shapely.equals(frame["home"].iloc[0], shapely.Point(116.5, 40.25))
    assert frame["home"].iloc[1] is None
    assert members.attributes["人口"].tolist() == [2.0, 3.5]
    assert list(members.attributes) == ["人口"]


def test_rows_with_bad_coordinates_stay(tmp_path):
    """Text, swapped and impossible degrees are listed with their rows, and the people stay."""
    path = tmp_path / "m.csv"
    path.write_text("id,lon,lat\na,116.5,40\nb,40,116.5\nc,east,40\nd,999,40\ne,,\n", encoding="utf-8")
    members = gridder.read_members(path)
    assert len(members) == 5
    assert [point is not None for point in members.frame["home"]] == [True, False, False, False, False]
    assert _kinds(members) == {"swapped-coordinates": (3,), "bad-coordinates": (4, 5)}


def test_ids_that_repeat_are_numbered(tmp_path):
    """Two members with one id stay two people; their numbers follow their content (乙 before 甲), not the rows."""
    path = tmp_path / "m.csv"
    path.write_text("编号,姓名\n7,甲\n7,乙\n8,丙\n,丁\n", encoding="gb18030")
    members = gridder.read_members(path)
    assert members.frame["member_id"].tolist() == ["7#2", "7#1", "8", "row 5"]
    assert members.frame["name"].tolist() == ["甲", "乙", "丙", "丁"]
    assert _kinds(members)["repeated-member-id"] == (2, 3)
    assert members.source.encoding == "GB18030"


def test_an_open_quote_is_refused(tmp_path):
    """It would swallow every row behind it."""
    path = tmp_path / "m.csv"
    path.write_text('id,name\n1,"A\n2,B\n3,C\n', encoding="utf-8")
    with pytest.raises(gridder.InputError) as caught:
        gridder.read_members(path)
    assert [fault.kind for fault in caught.value.faults] == ["bad-quotes"]


def test_a_second_pair_of_coordinates_is_the_field(tmp_path):
    """田块经度 and 田块纬度 place into fields."""
    path = _excel(tmp_path / "m.xlsx", ["经度", "纬度", "田块经度", "田块纬度"], [116.0, 40.0, 116.1, 40.1])
    frame = gridder.read_members(path).frame
    assert shapely.equals(frame["home"].iloc[0], shapely.Point(116.0, 40.0))
    assert shapely.equals(frame["field_point"].iloc[0], shapely.Point(116.1, 40.1))


def test_points_of_a_boundary_file_keep_their_crs(tmp_path):
    """A layer of points in metres is a roster; a null point is a member without a home."""
    frame = gpd.GeoDataFrame({"n": [1, 2]}, geometry=[shapely.Point(500000, 4400000), None], crs=32650)
    frame.to_file(tmp_path / "m.gpkg")
    members = gridder.read_members(tmp_path / "m.gpkg")
    assert members.crs.to_epsg() == 32650
    assert [point is not None for point in members.frame["home"]] == [True, False]


@pytest.mark.parametrize(
    ("crs", "there", "nowhere"),
    [
        (4490, (116, 40), [(181, 40), (116, -91), (INFINITE, 40)]),
        (4549, (500_000, 4_000_000), [(50_000_000, 4_000_000), (1e12, 0), (500_000, INFINITE)]),
        (3857, (20_000_000, 4_000_000), [(50_000_000, 4_000_000)]),
    ],
)
def test_points_off_the_earth_are_no_location(crs, there, nowhere):
    """The people stay, without a home, and their rows are listed."""
    points = gpd.GeoSeries([None, shapely.Point(there), *map(shapely.Point, nowhere)], crs=crs)
    members = gridder.members_from_frame(gpd.GeoDataFrame(geometry=points))
    rows = tuple(range(3, 3 + len(nowhere)))
    assert _kinds(members) == {"bad-coordinates": rows}
    assert [point is not None for point in members.frame["home"]] == [False, True] + [False] * len(nowhere)
    assert all(finding.what.zh and finding.remedy.zh for finding in members.repairs)


def test_field_points_where_the_layer_has_no_place(tmp_path):
    """Degrees that the projection of the homes cannot show are no field point, and listed."""
    frame = gpd.GeoDataFrame(
        {"field_lon": [120.0, 30.0], "field_lat": [36.0, 0.0]},
        geometry=gpd.points_from_xy([500_000, 500_100], [4_000_000, 4_000_000]),
        crs=4549,
    )
    members = gridder.members_from_frame(frame)
    assert [point is not None for point in members.frame["field_point"]] == [True, False]
    assert _kinds(members) == {"bad-coordinates": (2,)}


def test_a_csv_has_no_other_layer(tmp_path):
    """A layer name that is not the file's own is refused rather than passed over."""
    path = tmp_path / "m.csv"
    path.write_text("id,name\n1,A\n", encoding="utf-8")
    assert len(gridder.read_members(f"{path}|layername=m")) == 1
    with pytest.raises(gridder.InputError, match="no layer 'people' → use one of: m"):
        gridder.read_members(f"{path}|layername=people")


@pytest.mark.parametrize(
    "word", ["", " ", "无", "NaN", "none", "NULL", "n/a", "NA", "/", "-", "---", "\u3000-\xa0"]
)
@pytest.mark.parametrize("kind", ["str", "object"])
def test_words_for_nothing_are_blank(word, kind):
    """In texts and in coordinates; what only resembles one is text."""
    table = pd.DataFrame(
        {"lon": [word, "x"], "lat": [word, "y"], "room": [word, "-1"], "skill": [word, "//"]}
    )
    members = gridder.members_from_frame(table.astype(kind))
    assert members.frame[["room", "skill"]].to_numpy().tolist() == [[None, None], ["-1", "//"]]
    assert _kinds(members) == {"bad-coordinates": (2,)}


def test_cells_of_a_frame_that_are_no_text():
    """Whole numbers lose their point, others keep their digits, dates and mixed cells are as Python writes them."""
    frame = pd.DataFrame(
        {
            "id": [1.0, 0.1, None],
            "floor": [2, 3, 4],
            "room": pd.Series([101, " A ", True], dtype=object),
            "address": pd.to_datetime(["2020-01-02", None, "2020-01-02"]),
        }
    )
    people = gridder.members_from_frame(frame).frame
    assert people["member_id"].tolist() == ["1", "0.1", "row 3"]
    assert people["floor"].tolist() == ["2", "3", "4"]
    assert people["room"].tolist() == ["101", "A", "True"]
    assert people["address"].tolist() == ["2020-01-02 00:00:00", None, "2020-01-02 00:00:00"]


def test_ragged_rows_of_a_csv(tmp_path):
    """Short rows are blank at their end, long ones get a column, blank ones are left out; rows keep their numbers."""
    path = tmp_path / "m.csv"
    path.write_text("\n姓名,编号\n甲\n , \n乙, 2 ,more\n", encoding="utf-8")
    members = gridder.read_members(path)
    assert members.frame[["member_id", "row", "name"]].to_numpy().tolist() == [
        ["row 3", 3, "甲"],
        ["2", 5, "乙"],
    ]
    assert members.attributes["column 3"].fillna("").tolist() == ["", "more"]


def test_a_csv_that_ends_inside_a_letter(tmp_path):
    """The letter is lost and nothing else."""
    path = tmp_path / "m.csv"
    path.write_bytes("姓名,编号\n甲,1\n乙,二".encode()[:-1])
    assert gridder.read_members(path).frame["name"].tolist() == ["甲", "乙"]


def test_headers_named_as_our_own_columns(tmp_path):
    """They do no harm."""
    path = tmp_path / "m.csv"
    path.write_text("id,__row__,__wkb__\n1,a,b\n", encoding="utf-8")
    members = gridder.read_members(path)
    assert members.attributes.iloc[0].tolist() == ["a", "b"]
    assert members.frame["row"].tolist() == [2]


def test_roles_by_the_words_of_the_contract(tmp_path):
    """--map-column members.id and members.unit_id name the member's id and parcel."""
    path = tmp_path / "m.csv"
    path.write_text("card,land\nx,P1\n", encoding="utf-8")
    members = gridder.read_members(path, columns={"id": "card", "unit_id": "land"})
    assert members.frame[["member_id", "parcel"]].to_numpy().tolist() == [["x", "P1"]]


def test_a_frame_is_checked_like_a_file():
    """members_from_frame takes tables and points alike."""
    table = pd.DataFrame({"member_id": ["a"], "lon": [1.0], "lat": [2.0]})
    assert gridder.members_from_frame(table).frame["home"].iloc[0] == shapely.Point(1, 2)
    points = gpd.GeoDataFrame({"member_id": ["a"]}, geometry=[shapely.Point(1, 2)])
    with pytest.raises(gridder.InputError) as caught:
        gridder.members_from_frame(points)
    assert [fault.kind for fault in caught.value.faults] == ["missing-crs"]


@pytest.mark.data
def test_the_shanghai_sheet(data_dir):
    """9 995 rows with Chinese headers, 经度 and 纬度 found."""
    members = gridder.read_members(data_dir / "buildings/china_compounds/shanghai_points.xlsx")
    assert len(members) == 9995
    assert members.frame["home"].notna().all()
    same = gridder.read_members(data_dir / "buildings/china_compounds/shanghai_points_gbk.csv")
    assert len(same) == 9995
    assert same.source.encoding in {"GBK", "GB18030"}
