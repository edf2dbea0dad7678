"""`|subset=` in rosters, in tables of shapes and in GeoParquet: one language, and rows keep their numbers."""

from __future__ import annotations

import datetime as dt
import zipfile

import geopandas as gpd
import openpyxl
import pyarrow as pa
import pytest
import shapely

import gridder
from gridder.io.fault import Fault
from gridder.io.row_filter import rows_of_cells, rows_of_types

CELLS = pa.table(
    {
        "作物": ["小麦", "稻", None, "小麦"],
        "area": ["1.5", "4", "12", None],
        "户号": ["007", "12", "121", "3"],
        "身份证": ["110101199001011234", None, "110101199001011235", "110101199001011236"],
        "填报日期": ["46082", "2026-03-05", "46083", None],
        'a "b"': ["x", "it's", None, "z"],
        "__row__": pa.array([3, 5, 6, 9], pa.int64()),
    }
)
TYPED = pa.table(
    {
        "n": pa.array([1, 2, None, 2**53 + 1], pa.int64()),
        "ok": [True, False, None, True],
        "day": [dt.date(2026, 3, d) for d in (1, 2, 3, 4)],
        "at": [dt.datetime(2026, 3, d, 8) for d in (1, 2, 3, 4)],
        "code": ["1", "2", "3", "x"],
        "__row__": pa.array([1, 2, 3, 4], pa.int64()),
    }
)


@pytest.mark.parametrize(
    ("subset", "rows"),
    [
        ("\"作物\" = '小麦' AND area > 1", [3]),
        ("area > 3", [5, 6]),
        ("AREA BETWEEN 1 AND 4.0", [3, 5]),
        ("户号 = '007'", [3]),
        ("户号 LIKE '12%'", [5, 6]),
        ("CAST(户号 AS INTEGER) = 7", [3]),
        ("身份证 = '110101199001011235'", [6]),
        ("填报日期 > '2026-03-01'", [5, 6]),
        ("填报日期 = '2026-03-01'", [3]),
        ('"a ""b""" = \'it\'\'s\'', [5]),
        ('作物 IS NULL OR upper("a ""b""") = \'Z\'', [6, 9]),
        ("作物 NOT IN ('小麦') AND NOT area > 5", [5]),
        ('"a ""b""" ILIKE \'IT%\' AND 作物 <> \'ILIKE\'', [5]),
        ("1 = 1", [3, 5, 6, 9]),
        ("area > 99", []),
    ],
)
def test_rows_of_a_table(subset, rows):
    """Cells are text: numbers are compared as such, names with zeros or 18 digits as names, days as dates."""
    assert rows_of_cells(CELLS, subset).column("__row__").to_pylist() == rows


@pytest.mark.parametrize(
    ("subset", "rows"),
    [
        ("n > 1", [2, 4]),
        ("n = 9007199254740993", [4]),
        ("ok", [1, 4]),
        ("ok = 0", [2]),
        ("day >= '2026-03-03'", [3, 4]),
        ("at < '2026-03-02'", [1]),
        ("code = '2' OR n IS NULL", [2, 3]),
    ],
)
def test_rows_of_typed_columns(subset, rows):
    """Of GeoParquet: numbers, yes and no, days and times."""
    assert rows_of_types(TYPED, subset).column("__row__").to_pylist() == rows


@pytest.mark.parametrize(
    ("subset", "kind"),
    [
        ("nope = 1", "no-column-of-subset"),
        ("\"nope\" <> 'x'", "no-column-of-subset"),
        ("area >", "bad-subset"),
        ("ST_MinX(area) > 1", "bad-subset"),
        ("户号 = 7", "texts-against-number"),
        ('"户号" NOT IN (7, 8)', "texts-against-number"),
        ("户号 BETWEEN 1 AND 9", "texts-against-number"),
        ("area > 3 AND 作物<>-1", "texts-against-number"),
        ("作物 = 'a' AND (SELECT count(*) FROM sqlite_master) = 1", "bad-subset"),
    ],
)
def test_a_bad_filter(subset, kind):
    """It is a fault; a comparison that is never true, or a name that is none, is no empty answer."""
    with pytest.raises(Fault) as caught:
        rows_of_cells(CELLS, subset)
    assert caught.value.kind == kind


def test_a_text_that_looks_like_a_comparison():
    """What stands in quotes is a value."""
    assert rows_of_cells(CELLS, "作物 = '户号 = 7'").num_rows == 0


def test_a_roster_by_its_rows(tmp_path):
    """Titles and totals count; findings name the rows of the sheet; in an archive too."""
    book = openpyxl.Workbook()
    for row in [
        ["名册"],
        ["成员编号", "组", "经度", "纬度"],
        [1, "一", 120, 30],
        [2, "二", 999, 30],
        ["合计", 2],
    ]:
        book.active.append(row)
    path = tmp_path / "m.xlsx"
    book.save(path)
    members = gridder.read_members(f"{path}|subset=组 = '二'")
    assert members.frame["row"].tolist() == [4]
    assert {f.kind: f.rows for f in members.repairs}["bad-coordinates"] == (4,)
    assert members.source.subset == "组 = '二'"
    packed = tmp_path / "m.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(path, "m.xlsx")
    assert gridder.read_members(f"{packed}|subset=成员编号 > 1").frame["row"].tolist() == [4]
    with pytest.raises(gridder.InputError, match="成员编号, 组, 经度, 纬度") as caught:
        gridder.read_members(f"{packed}|subset=村 = 'x'")
    assert (caught.value.faults[0].file, caught.value.faults[0].layername) == ("m.zip", "m")


def test_shapes_by_their_rows(tmp_path):
    """In a table of WKT and in GeoParquet alike; no row that fits is a fault."""
    shapes = [shapely.box(120 + i, 30, 120.5 + i, 30.5) for i in range(3)]
    frame = gpd.GeoDataFrame(
        {"crop": ["小麦", "稻", "小麦"], "area": [1.0, 5.0, 7.0]}, geometry=shapes, crs=4326
    )
    frame.to_parquet(tmp_path / "f.parquet")
    frame.assign(WKT=shapely.to_wkt(shapes)).drop(columns="geometry").to_csv(tmp_path / "f.csv", index=False)
    for name, row in (("f.parquet", 3), ("f.csv|crs=EPSG:4326", 4)):
        path = f"{tmp_path / name}|subset=\"crop\" = '小麦' AND area > 3"
        units = gridder.read_units(path, layer="field")
        assert units.frame["row"].tolist() == [row]
    with pytest.raises(gridder.InputError) as caught:
        gridder.read_units(path.replace("> 3", "> 30"), layer="field")
    assert [fault.kind for fault in caught.value.faults] == ["empty-subset"]
