"""Rosters: who stands where, what is printed, and what must not be in the file."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook

from gridder.errors import InputError
from gridder.io.rosters import write_rosters
from gridder.io.xlsx import LINE_POINTS, Page, Row, Sheet, sheet_names, text_width, write_workbook
from gridder.model import Plan

IDENTIFYING = ("own_id", "name", "phone", "id_number", "address", "household", "room")


def written(plan: Plan, folder: Path, **options: object) -> openpyxl.Workbook:
    path = folder / "rosters.xlsx"
    write_rosters(plan, path, **options)  # type: ignore[arg-type] # options of several types
    return openpyxl.load_workbook(path)


def all_text(path: Path) -> str:
    """Return everything in the package, unzipped and unescaped."""
    with zipfile.ZipFile(path) as package:
        raw = "".join(package.read(name).decode() for name in package.namelist())
    return raw.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def rows_of(sheet: Worksheet) -> list[tuple[object, ...]]:
    return list(sheet.iter_rows(values_only=True))


def pages_of(sheet: Worksheet) -> list[list[int]]:
    """Return the rows on each printed page, by Excel's rules: breaks by hand, else where the paper ends."""
    setup = sheet.page_setup
    paper_inches = 8.27 if setup.orientation == "landscape" else 11.69
    room = (paper_inches - sheet.page_margins.top - sheet.page_margins.bottom) * 72 / (setup.scale / 100)
    breaks = {b.id for b in sheet.row_breaks.brk}
    head = sheet.row_dimensions[1].height
    pages: list[list[int]] = [[]]
    used = head
    for row in range(2, sheet.max_row + 1):
        high = sheet.row_dimensions[row].height
        if (row - 1 in breaks and pages[-1]) or used + high > room:
            pages.append([])
            used = head
        pages[-1].append(row)
        used += high
    return pages


def test_sheets_are_overview_zones_and_unplaced(plan: Plan, tmp_path: Path) -> None:
    """Layers and zones have a sheet each, in the plan's order, under names that Excel allows."""
    assert written(plan, tmp_path, lang="zh").sheetnames == [
        "总览",
        "第一片区 田间",
        "B_二区_ _town_ 田间",
        "第一片区 楼宇",
        "B_二区_ _town_ 楼宇",
        "未落位",
    ]
    assert written(plan, tmp_path).sheetnames[:2] == ["Overview", "第一片区 Fields"]


def test_everybody_stands_once_in_the_block_of_their_grid(plan: Plan, tmp_path: Path) -> None:
    """Reading the blocks back gives the placements, person for person."""
    book = written(plan, tmp_path)
    found = []
    for sheet in book.worksheets[1:-1]:
        layer = "field" if sheet.title.endswith("Fields") else "building"
        code = ""
        for row in rows_of(sheet)[1:]:
            if isinstance(row[0], str):
                code = row[0].split()[0]
            elif row[0] is not None:
                found.append((layer, f"{layer[0].upper()}-{code}", row[1], row[2]))
    placed = plan.placements[plan.placements["grid_id"].notna()]
    expected = placed[["layer", "grid_id", "member_id", "unit_id"]].itertuples(index=False, name=None)
    assert sorted(found) == sorted(expected)


def test_heading_says_size_against_target(plan: Plan, tmp_path: Path) -> None:
    """The heading of field grid 5 of the drawing gives code, size, target, counts, area and reason."""
    heading = rows_of(written(plan, tmp_path)["B_二区_ _town_ Fields"])[7][0]
    assert heading == (
        "02002    size 1 of 4 members (-75%)    4 fields    1 members    4 ha (60 mu)    "
        "▲ isolated piece below the minimum"
    )


def test_people_of_a_block_are_numbered_from_one(plan: Plan, tmp_path: Path) -> None:
    """Numbers start anew in every block and households too."""
    rows = rows_of(written(plan, tmp_path)["第一片区 Fields"])[1:]
    numbers = [row[0] for row in rows if isinstance(row[0], int)]
    assert numbers == [1, 2, 3, 4, 1, 2, 3, 4, 5, 1, 2, 3]
    households = [row[4] for row in rows if isinstance(row[0], int)]
    assert households == [None, 1, 2, 2, 1, 2, None, 3, 3, 1, None, 2]


def test_parcel_is_shown_where_it_is_not_the_unit(plan: Plan, tmp_path: Path) -> None:
    """A registered parcel that is the unit itself says nothing, and the column goes when all are so."""
    assert plan.roster is not None
    unit = plan.placements[plan.placements["layer"] == "field"].set_index("member_id")["unit_id"]
    same = plan.roster["member_id"].map(unit).astype(object)
    roster = plan.roster.assign(parcel=same.where(same.notna(), None))
    heads = rows_of(written(plan, tmp_path)["第一片区 Fields"])[0]
    assert "Parcel" in heads
    heads = rows_of(written(dataclasses.replace(plan, roster=roster), tmp_path)["第一片区 Fields"])[0]
    assert "Parcel" not in heads


def test_overview_has_one_line_a_grid(plan: Plan, tmp_path: Path) -> None:
    """Twelve grids, with size, target, deviation in percent, area in ha and mu."""
    rows = rows_of(written(plan, tmp_path)["Overview"])
    assert len(rows) == 13
    assert rows[2] == ("Fields", "第一片区", "01002", 5, 4, 25, 4, 5, 4, 60, None)
    assert rows[6][-1] == "not found within the effort"


def test_unplaced_are_listed_with_reason_and_remedy(plan: Plan, tmp_path: Path) -> None:
    """Three people in each layer, under their pseudonyms, with words for the reason."""
    rows = rows_of(written(plan, tmp_path, lang="zh")["未落位"])
    assert len(rows) == 7
    missing = plan.placements[plan.placements["grid_id"].isna()]
    assert sorted(str(row[1]) for row in rows[1:]) == sorted(missing["member_id"])
    assert rows[1][2:] == ("没有地块编号，也没有田块坐标", "补填地块编号或田块经纬度")


def test_without_names_nothing_identifies_anybody(plan: Plan, tmp_path: Path) -> None:
    """No name, own id, phone, id number, address, household or room is anywhere in the package."""
    assert plan.roster is not None
    path = tmp_path / "rosters.xlsx"
    write_rosters(plan, path, lang="zh")
    text = all_text(path)
    assert not [v for column in IDENTIFYING for v in plan.roster[column].dropna() if str(v) in text]
    assert all(member in text for member in plan.roster["member_id"])


def test_with_names_people_can_be_found(plan: Plan, tmp_path: Path) -> None:
    """With names, own id, name, phone, address and room are there, but neither id numbers nor pseudonyms."""
    assert plan.roster is not None
    path = tmp_path / "rosters.xlsx"
    write_rosters(plan, path, names=True, lang="zh")
    text = all_text(path)
    for column in ("own_id", "name", "phone"):
        assert not [value for value in plan.roster[column] if value not in text]
    placed = plan.roster.iloc[:24]
    assert not [value for column in ("address", "room") for value in placed[column] if value not in text]
    assert not [v for column in ("id_number", "member_id") for v in plan.roster[column] if v in text]


def test_names_without_roster_are_refused(plan: Plan, tmp_path: Path) -> None:
    """A plan read from files has no names to write, but its rosters can be written without."""
    bare = dataclasses.replace(plan, roster=None)
    with pytest.raises(InputError, match="names"):
        write_rosters(bare, tmp_path / "rosters.xlsx", names=True)
    assert "第一片区 Fields" in written(bare, tmp_path).sheetnames


def test_text_never_becomes_a_formula(plan: Plan, tmp_path: Path) -> None:
    """A name that begins like a formula is text, in two independent readers; no cell is a formula."""
    assert plan.roster is not None
    danger = ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0"]
    roster = plan.roster.assign(name=[danger[i % 5] for i in range(len(plan.roster))])
    book = written(dataclasses.replace(plan, roster=roster), tmp_path, names=True)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.value for cell in cells} >= set(danger)
    assert {cell.data_type for cell in cells} <= {"s", "n", "inlineStr"}
    assert "<f>" not in all_text(tmp_path / "rosters.xlsx")
    sheet = CalamineWorkbook.from_path(str(tmp_path / "rosters.xlsx")).get_sheet_by_name("第一片区 Fields")
    assert "=1+1" in [value for row in sheet.to_python() for value in row]


def test_sheets_are_fit_to_print(plan: Plan, tmp_path: Path) -> None:
    """A4, as wide as the paper, header row repeated, title, sheet and page number above, cells bordered."""
    for names in (False, True):
        for sheet in written(plan, tmp_path, names=names):
            setup = sheet.page_setup
            assert setup.paperSize == 9
            paper = 11.69 if setup.orientation == "landscape" else 8.27
            inches = sum(d.width * 7 for d in sheet.column_dimensions.values()) / 96 * setup.scale / 100
            assert 0 < inches <= paper - sheet.page_margins.left - sheet.page_margins.right
            assert sheet.print_title_rows == "$1:$1"
            assert sheet.freeze_panes == "A2"
            assert sheet.oddHeader.left.text == "Grid rosters"
            assert sheet.oddHeader.right.text == "&P / &N"
            assert sheet["A1"].border.left.style == "thin"


def test_columns_are_wide_enough_for_chinese(plan: Plan, tmp_path: Path) -> None:
    """A Chinese character counts as two: the column of names holds the longest name on one line."""
    sheet = written(plan, tmp_path, names=True, lang="zh")["第一片区 田间"]
    column = next(cell.column_letter for cell in sheet[1] if cell.value == "姓名")
    assert sheet.column_dimensions[column].width > text_width("欧阳测试10")


def test_no_block_is_broken_that_fits_a_page(plan: Plan, tmp_path: Path) -> None:
    """Of 200 grids with 0 to 60 people all that fit stand on one page; the paper is less than twice the least."""
    rng = np.random.default_rng(1)
    counts = rng.integers(0, 61, 200)
    grid = plan.grids.iloc[[0]]
    grids = pd.concat([grid] * 200, ignore_index=True)
    grids["number"] = np.arange(1, 201)
    grids["grid_id"] = [f"F-{i:04d}" for i in range(200)]
    grids["code"] = [f"{i:04d}" for i in range(200)]
    placements = pd.DataFrame(
        {
            "member_id": [f"{i:016x}" for i in range(counts.sum())],
            "layer": "field",
            "unit_id": plan.units["unit_id"].iloc[0],
            "grid_id": np.repeat(grids["grid_id"].to_numpy(), counts),
            "method": "inside",
            "distance_m": 0.0,
            "reason": None,
        }
    )
    many = dataclasses.replace(plan, grids=grids, placements=placements, roster=None)
    sheet = written(many, tmp_path).worksheets[1]
    page_of = {row: i for i, page in enumerate(pages_of(sheet)) for row in page}
    blocks: list[list[int]] = []
    for row in range(2, sheet.max_row + 1):
        value = sheet.cell(row, 1).value
        if isinstance(value, str):
            blocks.append([row])
        elif value is not None:
            blocks[-1].append(row)
    assert [len(block) - 1 for block in blocks] == counts.tolist()
    broken = [len(block) for block in blocks if len({page_of[row] for row in block}) > 1]
    assert all(n * LINE_POINTS > 600 for n in broken)
    assert len(set(page_of.values())) < 2 * (counts.sum() + 400) * LINE_POINTS / 740


def test_a_zone_with_too_many_pages_goes_on_in_another_sheet(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Excel takes about a thousand breaks a sheet; the rest of a zone follows under a numbered name."""
    monkeypatch.setattr("gridder.io.rosters.MOST_BREAKS", 0)
    monkeypatch.setattr(
        Page, "of", classmethod(lambda cls, widths, header: Page(False, 100, 6 * LINE_POINTS))
    )
    names = written(plan, tmp_path).sheetnames
    assert names[1:4] == ["第一片区 Fields", "第一片区 Fields (2)", "第一片区 Fields (3)"]


def test_order_of_rows_does_not_matter(plan: Plan, tmp_path: Path) -> None:
    """Shuffled placements and roster give the same bytes."""
    assert plan.roster is not None
    a, b = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    write_rosters(plan, a, names=True)
    shuffled = dataclasses.replace(
        plan,
        placements=plan.placements.sample(frac=1, random_state=3),
        roster=plan.roster.sample(frac=1, random_state=4),
    )
    write_rosters(shuffled, b, names=True)
    assert a.read_bytes() == b.read_bytes()


def test_no_members_in_a_layer_still_gives_its_blocks(plan: Plan, tmp_path: Path) -> None:
    """A layer whose grids are empty has headings only."""
    only_fields = dataclasses.replace(plan, placements=plan.placements[plan.placements["layer"] == "field"])
    sheet = written(only_fields, tmp_path)["第一片区 Buildings"]
    assert [str(row[0]).split()[0] for row in rows_of(sheet)[1:] if row[0]] == ["01001", "01002", "01003"]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (["a", "A"], ["a", "A (2)"]),
        (["[x]:*?/\\"], ["_x______"]),
        (["'q'"], ["q"]),
        ([""], ["_"]),
        (["History"], ["History (2)"]),
        (["片" * 40, "片" * 40], ["片" * 31, "片" * 27 + " (2)"]),
        (["😀" * 20], ["😀" * 15]),
    ],
)
def test_sheet_names(wanted: list[str], expected: list[str]) -> None:
    """Names are at most 31 UTF-16 units, without forbidden characters, unique in any case."""
    assert sheet_names(wanted) == expected


def test_any_text_is_written_whole() -> None:
    """Markup, spaces and line breaks come back; characters that XML cannot hold are left out."""
    texts = ["<a> & b", "  two  ", "a\nb", "a\x00\x0b\x1fb", "\ud800x", '"q"', "😀"]
    path = io.BytesIO()
    sheet = Sheet("s&<'", [10.0], Row(["h"], "header"), [Row([text]) for text in texts], "t & 1")
    write_workbook(path, [sheet])  # type: ignore[arg-type] # zipfile takes a stream as well
    book = openpyxl.load_workbook(path)
    found = [row[0] for row in book.active.iter_rows(min_row=2, values_only=True)]
    assert found == ["<a> & b", "  two  ", "a\nb", "ab", "x", '"q"', "😀"]
    assert book.sheetnames == ["s&<'"]
    assert book.active.oddHeader.left.text == "t && 1"


def test_no_cell_is_beyond_what_excel_opens() -> None:
    """Excel calls a workbook damaged with a row above 409 points or a cell above 32 767 UTF-16 units."""
    path = io.BytesIO()
    rows = [Row(["😀" * 20_000], "body", 1000), Row(["x" * 32_767])]
    write_workbook(path, [Sheet("s", [10.0], Row(["h"], "header"), rows, "t")])  # type: ignore[arg-type] # a stream
    sheet = openpyxl.load_workbook(path).active
    assert sheet["A2"].value == "😀" * 16_383
    assert sheet["A3"].value == "x" * 32_767
    assert 300 < sheet.row_dimensions[2].height <= 409


def test_numbers_are_numbers_and_missing_ones_are_empty() -> None:
    """A number can be added up in Excel; what is not finite leaves the cell empty."""
    path = io.BytesIO()
    rows = [Row([value]) for value in (3, 2.5, float("nan"), float("inf"), None)]
    write_workbook(path, [Sheet("s", [10.0], Row(["h"], "header"), rows, "t")])  # type: ignore[arg-type] # a stream
    found = [row[0] for row in openpyxl.load_workbook(path).active.iter_rows(min_row=2, values_only=True)]
    assert found == [3, 2.5, None, None, None]


def test_page_turns_when_columns_are_many() -> None:
    """Columns of 90 characters stand upright at full size, 160 are turned, 400 are made smaller."""
    head = Row([], "header")
    assert Page.of([30.0] * 3, head).landscape is False
    assert Page.of([40.0] * 4, head).landscape is True
    assert Page.of([40.0] * 10, head).scale_percent < 50


@pytest.mark.slow
def test_a_hundred_thousand_people(plan: Plan, tmp_path: Path) -> None:
    """A large roster is written sheet by sheet and can be opened."""
    m = 100_000
    grids = plan.grids["grid_id"].to_numpy()[:6]
    placements = pd.DataFrame(
        {
            "member_id": [f"{i:016x}" for i in range(m)],
            "layer": "field",
            "unit_id": "地块1-1",
            "grid_id": grids[np.arange(m) % 6],
            "method": "inside",
            "distance_m": 0.0,
            "reason": None,
        }
    )
    write_rosters(dataclasses.replace(plan, placements=placements, roster=None), tmp_path / "r.xlsx")
    book = CalamineWorkbook.from_path(str(tmp_path / "r.xlsx"))
    rows = [row for name in book.sheet_names[1:-1] for row in book.get_sheet_by_name(name).to_python()]
    assert sum(isinstance(row[0], float) for row in rows) == m
