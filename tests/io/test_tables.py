"""Tables as offices keep them: every row is somebody's or is named, and nothing that was spoilt is used."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

import gridder
from gridder.io.columns import MEMBER_HEADERS
from gridder.io.heads import filled, find_head, not_of_people

XLS = Path(__file__).parent / "data" / "roster.xls"


def _book(path, rows, *, merge=(), hide=(), title="名册"):
    """Write a workbook of one sheet."""
    book = Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for cells in merge:
        sheet.merge_cells(cells)
    for row in hide:
        sheet.row_dimensions[row].hidden = True
    book.save(path)
    return path


def _kinds(members):
    return {finding.kind: finding.rows for finding in members.repairs}


def test_titles_notes_totals_and_blank_rows_are_named_and_nobody_is_lost(tmp_path):
    """Rows read and rows named are all rows of the sheet."""
    rows = [
        ["某社区成员名册", None, None],
        ["成员编号", "姓名", "户号"],
        ["1", "甲", "a"],
        [None, None, None],
        ["2", "乙", "b"],
        ["小计", "2人", None],
        ["成员编号", "姓名", "户号"],
        ["3", "合计", "c"],
        [" 合 计：3人", None, None],
        ["制表人：丙", None, None],
    ]
    members = gridder.read_members(_book(tmp_path / "m.xlsx", rows))
    assert members.frame[["row", "member_id"]].to_numpy().tolist() == [[3, "1"], [5, "2"], [8, "3"]]
    assert _kinds(members) == {
        "notes-left-out": (1, 10),
        "blank-left-out": (4,),
        "totals-left-out": (6, 9),
        "headers-left-out": (7,),
    }
    told = [row for rows in _kinds(members).values() for row in rows]
    assert sorted([*told, *members.frame["row"], 2]) == list(range(1, 11))
    assert members.repairs[0].layername == "名册"


def test_two_header_rows_with_merged_groups(tmp_path):
    """家庭 and 田块 over 经度 and 纬度 are two pairs of coordinates."""
    rows = [
        ["成员登记表", *[None] * 5],
        ["成员编号", "姓名", "家庭", None, "田块", None],
        [None, None, "经度", "纬度", "经度", "纬度"],
        ["1", "甲", 120, 30, 121, 31],
    ]
    merge = ("A1:F1", "A2:A3", "B2:B3", "C2:D2", "E2:F2")
    members = gridder.read_members(_book(tmp_path / "m.xlsx", rows, merge=merge))
    assert members.frame["home"].tolist() == [shapely.Point(120, 30)]
    assert members.frame["field_point"].tolist() == [shapely.Point(121, 31)]
    assert members.frame["member_id"].tolist() == ["1"]
    assert _kinds(members) == {"notes-left-out": (1,), "two-header-rows": (2, 3)}


def test_two_header_rows_of_a_csv(tmp_path):
    """Rows that fill each other's gaps are one header, and a row of people is none."""
    path = tmp_path / "m.csv"
    path.write_text("成员编号,位置,\n,经度,纬度\n1,120,30\n", encoding="utf-8")
    assert gridder.read_members(path).frame["home"].tolist() == [shapely.Point(120, 30)]
    path.write_text("成员编号,姓名,地址\n1,,x\n", encoding="utf-8")
    assert gridder.read_members(path).frame["row"].tolist() == [2]


def test_ids_that_excel_has_spoilt_are_told_and_not_used(tmp_path):
    """An id of 18 digits as a number, one shown as 1.23E+17, and a house 3-1 that became a date."""
    rows = [
        ["成员编号", "户号", "楼栋", "姓名"],
        [110101199001011234, "1.23E+17", dt.datetime(2026, 3, 1), "甲"],
        [7, "a", "3-1", "乙"],
    ]
    members = gridder.read_members(_book(tmp_path / "m.xlsx", rows))
    assert members.frame["member_id"].tolist() == ["row 2", "7"]
    assert members.frame["household"].tolist() == [None, "a"]
    assert members.frame["building"].tolist() == [None, "3-1"]
    assert [(finding.kind, finding.rows) for finding in members.repairs] == [
        ("rounded-id", (2,)),
        ("rounded-id", (2,)),
        ("id-turned-date", (2,)),
    ]
    assert "1.23E+17" in members.repairs[0].what.zh


def test_hidden_rows_and_other_sheets_are_told(tmp_path):
    """They are read too, or can be chosen; a hidden sheet is read only where it is named."""
    path = _book(tmp_path / "m.xlsx", [["成员编号", "姓名"], ["1", "甲"], ["2", "乙"]], hide=[3])

    book = load_workbook(path)
    book.create_sheet("旧").append(["成员编号"])
    old = book.create_sheet("隐")
    for row in (["成员编号", "姓名", "经度", "纬度"], ["9", "丁", "120", "30"]):
        old.append(row)
    old.sheet_state = "hidden"
    book.save(path)
    members = gridder.read_members(path)
    assert members.frame["member_id"].tolist() == ["1", "2"]
    assert _kinds(members) == {"hidden-rows": (3,), "other-sheets": ()}
    assert "隐 (hidden)" in members.repairs[1].what.en
    assert gridder.read_members(f"{path}|layername=隐").frame["member_id"].tolist() == ["9"]


@pytest.mark.parametrize("suffix", [".xls", ".et", ".xlsx"])
def test_old_excel_and_wps(tmp_path, suffix):
    """The content counts, not the suffix; an id of text keeps its zero."""
    path = shutil.copy(XLS, tmp_path / f"m{suffix}")
    members = gridder.read_members(path)
    assert members.frame["member_id"].tolist() == ["0101", "0102"]
    assert members.frame["home"].tolist() == [shapely.Point(120.5, 30.25), shapely.Point(120.6, 30.5)]
    assert _kinds(members) == {"notes-left-out": (1,), "totals-left-out": (5,), "other-sheets": ()}


def test_blank_columns_beside_the_table(tmp_path):
    """A column without a header counts where a cell of it says something."""
    rows = [["成员编号", None, None, None, " "], ["1", None, "x", None, None], ["2"]]
    members = gridder.read_members(_book(tmp_path / "m.xlsx", rows))
    assert list(members.attributes) == ["column 3"]
    assert members.attributes["column 3"].tolist()[0] == "x"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "gbk", "utf-8"])
def test_text_in_any_encoding(tmp_path, encoding):
    """UTF-16 with and without its mark, as Excel's text with tabs is."""
    path = tmp_path / "m.txt"
    path.write_bytes("成员编号\t姓名\n1\t王一\n".encode(encoding))
    assert gridder.read_members(path).frame[["member_id", "name"]].to_numpy().tolist() == [["1", "王一"]]


def test_coordinates_in_one_cell_and_in_degrees_minutes_seconds(tmp_path):
    """Each row in its own way; what nobody can read is told."""
    path = tmp_path / "m.csv"
    cells = ["117.2,39.1", "39.1N 117.2E", "经度117.2 纬度39.1", "POINT(117.2 39.1)", "北京"]
    lines = [f'{k},"{cell}"' for k, cell in enumerate(cells)]
    path.write_text("\n".join(["成员编号,坐标", *lines]), encoding="utf-8")
    members = gridder.read_members(path)
    assert members.frame["home"].tolist() == [shapely.Point(117.2, 39.1)] * 4 + [None]
    assert _kinds(members) == {"bad-coordinates": (6,)}
    path.write_text("成员编号,经度,纬度\n1,117度12分,39°06′00″\n2,E117.2,北纬39.1\n", encoding="utf-8")
    homes = gridder.read_members(path).frame["home"].tolist()
    assert [(round(p.x, 6), round(p.y, 6)) for p in homes] == [(117.2, 39.1)] * 2


@settings(max_examples=60)
@given(
    st.lists(
        st.lists(
            st.sampled_from([None, "", "合计", "姓名", "编号", "甲", "7", "备注：x", "小计3人"]),
            min_size=3,
            max_size=3,
        ),
        max_size=14,
    )
)
def test_every_row_is_somebodys_or_named(rows):
    """Whatever stands in the sheet, no filled row below the header is lost."""
    head = find_head(rows, MEMBER_HEADERS)
    if head is None:
        assert not any(filled(cell) for row in rows for cell in row)
        return
    named = [row for at in not_of_people(rows, head).values() for row in at]
    assert len(named) == len(set(named))
    assert not set(named) & set(range(head.first, head.last + 1))
    people = set(range(len(rows))) - set(named) - set(range(head.first, head.last + 1))
    last = max(i for i, row in enumerate(rows) if any(map(filled, row)))
    assert all(any(map(filled, rows[i])) for i in people if i <= last)
