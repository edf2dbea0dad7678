"""What holds for .xlsx holds for the other workbooks: dates, long ids, merged headers, hidden rows, several sheets."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest
import shapely

import gridder
from gridder.io.hidden_rows import hidden_rows
from tests.io.workbooks import WRITERS, SheetOf

XLS = Path(__file__).parent / "data" / "office.xls"
"""The sheets below, saved by LibreOffice 7.4 from the .xlsx."""
ROSTER = [
    ["某社区成员名册", *[None] * 8],
    ["成员编号", "姓名", "家庭", None, "田块", None, "身份证号", "出生日期", "楼栋"],
    [None, None, "经度", "纬度", "经度", "纬度", None, None, None],
    ["0101", "甲", 120.5, 30.25, 121, 31, "110101199001011234", dt.date(1990, 1, 1), dt.date(2026, 3, 1)],
    [None] * 9,
    [None] * 9,
    [102, "乙", 120.6, 30.5, 121.5, 31.5, 110101199001011234.0, 36526, "3-1"],
    [103, "丙", 120.7, 30.5, 121.5, 31.5, None, dt.date(2001, 2, 3), None],
    ["合计", 3],
]
SHEETS = {
    "旧": SheetOf([["成员编号"]]),
    "名册": SheetOf(
        ROSTER, merged=[(0, 0, 0, 8), (1, 2, 0, 0), (1, 2, 1, 1), (1, 1, 2, 3), (1, 1, 4, 5)], hidden=[5, 6]
    ),
    "空": SheetOf([]),
    "隐": SheetOf([["成员编号", "姓名"], [9, "丁"]], is_hidden=True),
}


@pytest.mark.parametrize("suffix", [*WRITERS, ".xls"])
def test_a_roster_of_any_workbook(tmp_path, suffix):
    """The same people, the same rows, the same findings."""
    path = tmp_path / f"m{suffix}"
    if suffix in WRITERS:
        WRITERS[suffix](path, SHEETS)
    else:
        shutil.copy(XLS, path)
    members = gridder.read_members(path)
    frame = members.frame
    assert frame["row"].tolist() == [4, 7, 8]
    assert frame["member_id"].tolist() == ["0101", "102", "103"]
    assert frame["home"].tolist() == [
        shapely.Point(x, y) for x, y in [(120.5, 30.25), (120.6, 30.5), (120.7, 30.5)]
    ]
    assert frame["field_point"].tolist()[0] == shapely.Point(121, 31)
    assert frame["id_number"].tolist() == ["110101199001011234", None, None]
    assert frame["building"].tolist() == [None, "3-1", None]
    assert members.attributes["出生日期"].tolist() == ["1990-01-01", "2000-01-01", "2001-02-03"]
    assert {f.kind: f.rows for f in members.repairs} == {
        "notes-left-out": (1,),
        "two-header-rows": (2, 3),
        "blank-left-out": (5, 6),
        "totals-left-out": (9,),
        "hidden-rows": (6, 7),
        "other-sheets": (),
        "days-as-dates": (7,),
        "rounded-id": (7,),
        "id-turned-date": (4,),
    }
    told = next(f.what.en for f in members.repairs if f.kind == "other-sheets")
    assert "旧, 隐 (hidden)" in told


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600])
def test_hidden_rows_of_what_is_damaged(raw):
    """Nothing is told of what cannot be understood."""
    assert hidden_rows(raw, 0) == []


def test_hidden_rows_of_a_damaged_compound_file():
    """A chain of sectors that leads nowhere or back to itself ends."""
    raw = XLS.read_bytes()
    assert hidden_rows(raw, 1) == [6, 7]
    for at in range(0, 512, 4):
        hidden_rows(raw[:at] + b"\1\0\0\0" + raw[at + 4 :], 1)
        hidden_rows(raw[: len(raw) - 7 * at], 1)
