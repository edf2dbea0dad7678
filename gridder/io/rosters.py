"""Write the people of every grid as an Excel workbook fit to print: one sheet a zone, one block a grid."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gridder.errors import InputError
from gridder.io import words
from gridder.io.xlsx import (
    LINE_POINTS,
    MOST_BREAKS,
    MOST_ROWS,
    Cell,
    Page,
    Row,
    Sheet,
    sheet_names,
    text_width,
    write_workbook,
)
from gridder.model import SQUARE_METRES_PER_HA, SQUARE_METRES_PER_MU, Finding, Lang, Plan, Text
from gridder.progress import Progress, silent

MU_PER_HA = SQUARE_METRES_PER_HA / SQUARE_METRES_PER_MU

_TITLE = Text("Grid rosters", "网格成员名册")
_HEADS = {
    "number": Text("No.", "序号"),
    "member_id": Text("Pseudonym", "代号"),
    "own_id": Text("Member", "成员编号"),
    "name": Text("Name", "姓名"),
    "phone": Text("Phone", "电话"),
    "unit_id": Text("Unit", "编号"),
    "parcel": Text("Parcel", "登记地块"),
    "compound": Text("Compound", "小区"),
    "building": Text("Building", "楼栋"),
    "stairwell": Text("Stairwell", "单元"),
    "floor": Text("Floor", "楼层"),
    "room": Text("Room", "房号"),
    "household": Text("Household", "户"),
    "address": Text("Address", "地址"),
    "skill": Text("Skill", "技能"),
    "note": Text("Placed", "落位方式"),
    "sign": Text("Signature / remark", "签名／备注"),
}
_WIDEST = {"address": 34, "skill": 16, "unit_id": 20}
_WIDEST_OTHER = 18
_SIGN_WIDTH = 16
_BOLD = 1.2
"""How much wider a heading is than plain text."""

_OVERVIEW = (
    Text("Layer", "类型"),
    Text("Zone", "片区"),
    Text("Grid", "网格"),
    Text("Size", "规模"),
    Text("Target", "目标规模"),
    Text("Deviation %", "偏差 %"),
    Text("Units", "地块/楼栋数"),
    Text("Members", "成员数"),
    Text("Area ha", "面积 公顷"),
    Text("Area mu", "面积 亩"),
    Text("Remark", "说明"),
)
_HEADING = Text(
    "{code}    size {size} of {target} {unit} ({deviation:+.0%})    {n_units} {units}    {n_members} members    "
    "{ha} ha ({mu} mu){remark}",
    "{code}    规模 {size}／目标 {target} {unit}（{deviation:+.0%}）    {n_units} 个{units}    {n_members} 名成员    "
    "{ha} 公顷（{mu} 亩）{remark}",
)


@dataclass(frozen=True, eq=False)
class _Block:
    """One grid on paper: its heading line and its people's rows."""

    heading: Row
    people: Sequence[Row]


def write_rosters(
    plan: Plan,
    path: str | os.PathLike[str],
    *,
    names: bool = False,
    lang: Lang = "en",
    progress: Progress = silent,
) -> None:
    """Write `rosters.xlsx`: an overview, one sheet a zone and layer, and who is not placed.

    A block is kept on one page where it fits.
    A zone that needs more pages than Excel can break by hand goes on in a further sheet.

    Parameters
    ----------
    plan
        A plan with placements.
    path
        File to be made.
    names
        Write own ids, names, phones, addresses, floors and rooms; without it people appear under
        their pseudonyms, and households as numbers within their grid.
    lang
        Language of the sheets.
    progress
        Told the stage `write` and the share of the sheets that are written; may raise `Stopped`.

    Raises
    ------
    InputError
        `names` for a plan without a roster (one that was read from files).
    """
    if names and plan.roster is None:
        raise InputError([_NO_ROSTER])
    people = _people(plan, names=names, lang=lang)
    parts = [
        _overview(plan, lang),
        *_zone_sheets(plan, people, lang),
        *_unplaced(people, names=names, lang=lang),
    ]
    titles = sheet_names([sheet.name for sheet in parts])
    sheets = (dataclasses.replace(part, name=title) for part, title in zip(parts, titles, strict=True))
    write_workbook(Path(path), _told(sheets, len(parts), progress))


def _told(sheets: Iterator[Sheet], n: int, progress: Progress) -> Iterator[Sheet]:
    for done, sheet in enumerate(sheets):
        progress("write", done / n)
        yield sheet


def _people(plan: Plan, *, names: bool, lang: Lang) -> pd.DataFrame:
    """Return the placements with all that may be printed, in the order of grids, units and households."""
    table = plan.placements.reset_index(drop=True)
    shown = ["compound", "building", "stairwell", "parcel", "household", "skill"]
    if names:
        shown += ["own_id", "name", "phone", "floor", "room", "address"]
    if plan.roster is not None:
        at = pd.Index(plan.roster["member_id"]).get_indexer(pd.Index(table["member_id"]))
        for name in shown:
            values = plan.roster[name].to_numpy(dtype=object)[at]
            table[name] = np.where(pd.isna(values), "", values)
    else:
        for name in shown:
            table[name] = ""
    table["parcel"] = table["parcel"].where(table["parcel"] != table["unit_id"], "")
    table["note"] = _notes(table, lang)
    table["layer_at"] = _positions(plan.grids[["layer"]].drop_duplicates(), table[["layer"]])
    table["grid_at"] = _positions(plan.grids[["layer", "grid_id"]], table[["layer", "grid_id"]])
    table["unit_at"] = _positions(plan.units[["layer", "unit_id"]], table[["layer", "unit_id"]])
    order = ["layer_at", "grid_at", "unit_at", "household", "member_id"]
    table = table.sort_values(order, kind="stable", ignore_index=True)
    if not names:
        table["household"] = _household_numbers(table)
    return table


def _positions(among: pd.DataFrame, keys: pd.DataFrame) -> np.ndarray:
    """Return the row of every key in `among`, −1 where it is missing."""
    return pd.MultiIndex.from_frame(among).get_indexer(pd.MultiIndex.from_frame(keys))


def _household_numbers(table: pd.DataFrame) -> np.ndarray:
    """Return numbers for households, from 1 in each grid, under which none can be recognised."""
    has = (table["household"] != "") & (table["grid_at"] >= 0)
    keys = table[has].groupby(["grid_at", "compound", "building", "household"], sort=False).ngroup()
    first = keys.groupby(table.loc[has, "grid_at"]).transform("min")
    numbers = np.full(len(table), "", dtype=object)
    numbers[has.to_numpy()] = [int(number) for number in keys - first + 1]
    return numbers


def _notes(table: pd.DataFrame, lang: Lang) -> list[str]:
    said = {slug: text.say(lang) for slug, text in words.METHODS.items()}
    return [
        "" if pd.isna(method) else said[method] + (f" {distance:.0f} m" if method == "nearest" else "")
        for method, distance in zip(table["method"], table["distance_m"], strict=True)
    ]


def _zone_sheets(plan: Plan, people: pd.DataFrame, lang: Lang) -> Iterator[Sheet]:
    placed = people[people["grid_at"] >= 0].sort_values("grid_at", kind="stable", ignore_index=True)
    grids = plan.grids.reset_index(drop=True)
    for layer in grids["layer"].unique():
        here = placed[placed["layer"] == layer]
        columns = _columns(here)
        widths = _widths(here, columns, lang)
        header = Row([_HEADS[name].say(lang) for name in columns], "header", 2)
        rows = _people_rows(here, columns, widths)
        page = Page.of(widths, header)
        for zone, of_zone in grids[grids["layer"] == layer].groupby("zone", sort=False):
            ordered = of_zone.sort_values("number", kind="stable")
            first = here["grid_at"].searchsorted(ordered.index, side="left")
            last = here["grid_at"].searchsorted(ordered.index, side="right")
            blocks = [
                _Block(_heading(grid, widths, plan, lang), rows[a:b])
                for grid, a, b in zip(ordered.to_dict("records"), first, last, strict=True)
            ]
            name = f"{words.zone(str(zone)).say(lang)[:20]} {words.LAYERS[layer].say(lang)}"
            for chosen, breaks in _paginate(blocks, page):
                yield Sheet(name, widths, header, _flat(chosen, len(columns)), _TITLE.say(lang), breaks)


def _columns(people: pd.DataFrame) -> list[str]:
    """Return the columns that say something about these people."""
    names = "own_id" in people.columns
    who = ["own_id", "name", "phone"] if names else ["member_id"]
    place = ["compound", "building", "stairwell", "floor", "room"]
    if len(people) and people["layer"].iloc[0] == "field":
        place = ["parcel"]
    wanted = [*who, "unit_id", *place, "household", *(["address"] if names else []), "skill", "note"]
    always = {*who, "unit_id", "note"}
    filled = [
        name for name in wanted if name in always or (name in people.columns and (people[name] != "").any())
    ]
    return ["number", *filled, "sign"]


def _widths(people: pd.DataFrame, columns: Sequence[str], lang: Lang) -> list[float]:
    widths = []
    for name in columns:
        head = max(text_width(part) for part in _HEADS[name].say(lang).split(" "))
        if name == "number":
            content = 5
        elif name == "sign":
            content = _SIGN_WIDTH
        else:
            distinct = {str(value) for value in people[name].to_numpy(dtype=object)}
            content = max((text_width(text) for text in distinct), default=0)
        widths.append(float(min(max(head, content), _WIDEST.get(name, _WIDEST_OTHER)) + 2))
    return widths


def _people_rows(people: pd.DataFrame, columns: Sequence[str], widths: Sequence[float]) -> list[Row]:
    """Return one row a person, numbered within the grid, as high as its longest text needs."""
    number = people.groupby("grid_at").cumcount() + 1
    cells: list[Sequence[Cell]] = []
    lines = np.ones(len(people), dtype=np.int64)
    for name, width in zip(columns, widths, strict=True):
        if name == "number":
            cells.append(number.tolist())
        elif name == "sign":
            cells.append([None] * len(people))
        else:
            values = people[name].to_numpy(dtype=object).tolist()
            cells.append(values)
            needed = [
                -(-text_width(value) // int(width - 1)) if isinstance(value, str) else 1 for value in values
            ]
            lines = np.maximum(lines, np.asarray(needed, dtype=np.int64))
    return [
        Row(row, "body", high) for row, high in zip(zip(*cells, strict=True), lines.tolist(), strict=True)
    ]


def _heading(grid: Mapping[str, Any], widths: Sequence[float], plan: Plan, lang: Lang) -> Row:
    of = plan.report["layers"][grid["layer"]]["size"]["of"]
    remark = (
        ""
        if pd.isna(grid["reason"])
        else "    ▲ " + words.word(words.OUT_OF_BOUNDS, grid["reason"]).say(lang)
    )
    text = _HEADING.say(lang).format(
        code=grid["code"],
        size=words.number(grid["size"]),
        target=words.number(grid["target"]),
        unit=words.word(words.SIZES, of).say(lang),
        deviation=grid["deviation"],
        n_units=grid["n_units"],
        units=words.UNITS[grid["layer"]].say(lang),
        n_members=grid["n_members"],
        ha=words.number(round(grid["area_ha"], 2)),
        mu=words.number(round(grid["area_ha"] * MU_PER_HA, 1)),
        remark=remark,
    )
    lines = math.ceil(_BOLD * text_width(text) / sum(widths))
    return Row([text, *[None] * (len(widths) - 1)], "heading", lines)


def _paginate(blocks: Sequence[_Block], page: Page) -> Iterator[tuple[list[_Block], list[int]]]:
    """Spread blocks over pages and sheets; yield each sheet's blocks and the rows that begin a page.

    A block that does not fit on what is left of a page begins a new one; a block longer than a page
    is broken where each page is full, so that the place of every later block is known.
    """
    chosen: list[_Block] = []
    breaks: list[int] = []
    row, used = 0, 0.0
    for block in blocks:
        heights = [line.height_points for line in (block.heading, *block.people)]
        high = sum(heights)
        if row and used + high > page.height_points:
            n_breaks = len(breaks) + math.ceil(high / page.height_points)
            if n_breaks > MOST_BREAKS or row + len(heights) >= MOST_ROWS:
                yield chosen, breaks[:MOST_BREAKS]
                chosen, breaks, row = [], [], 0
            else:
                breaks.append(row)
            used = 0.0
        chosen.append(block)
        for i, height in enumerate(heights):
            if used and used + height > page.height_points:
                breaks.append(row + i)
                used = 0.0
            used += height
        row += len(heights) + 1
        used += LINE_POINTS
    if chosen:
        yield chosen, breaks[:MOST_BREAKS]


def _flat(blocks: Sequence[_Block], n_columns: int) -> Iterator[Row]:
    empty = Row([None] * n_columns, "plain")
    for block in blocks:
        yield block.heading
        yield from block.people
        yield empty


def _overview(plan: Plan, lang: Lang) -> Sheet:
    rows = [
        Row(
            [
                words.LAYERS[grid["layer"]].say(lang),
                words.zone(grid["zone"]).say(lang),
                grid["code"],
                round(grid["size"], 2),
                round(grid["target"], 2),
                round(100 * grid["deviation"], 1),
                grid["n_units"],
                grid["n_members"],
                round(grid["area_ha"], 2),
                round(grid["area_ha"] * MU_PER_HA, 1),
                "" if pd.isna(grid["reason"]) else words.word(words.OUT_OF_BOUNDS, grid["reason"]).say(lang),
            ]
        )
        for grid in plan.grids.drop(columns="geometry").to_dict("records")
    ]
    return _list_sheet(Text("Overview", "总览").say(lang), [head.say(lang) for head in _OVERVIEW], rows, lang)


def _unplaced(people: pd.DataFrame, *, names: bool, lang: Lang) -> Iterator[Sheet]:
    """Yield the people without a grid, with the reason and what to do, layer by layer."""
    who = ["own_id", "name", "phone"] if names else ["member_id"]
    heads = [_HEADS[name].say(lang) for name in who]
    heads = [
        Text("Layer", "类型").say(lang),
        *heads,
        Text("Why not placed", "未落位原因").say(lang),
        Text("What to do", "处理办法").say(lang),
    ]
    missing = people[people["grid_at"] < 0].sort_values(["layer_at", "reason", "member_id"])
    rows = []
    for record in missing.to_dict("records"):
        why, remedy = words.UNPLACED[record["reason"]]
        layer = words.LAYERS[record["layer"]].say(lang)
        rows.append(Row([layer, *(record[name] for name in who), why.say(lang), remedy.say(lang)]))
    name = Text("Unplaced", "未落位").say(lang)
    for at in range(0, max(len(rows), 1), MOST_ROWS):
        yield _list_sheet(name, heads, rows[at : at + MOST_ROWS], lang)


def _list_sheet(name: str, heads: Sequence[str], rows: Sequence[Row], lang: Lang) -> Sheet:
    """Return a plain list as a sheet, columns as wide as their contents."""
    columns = list(zip(heads, *(row.cells for row in rows), strict=True))
    widths = [
        float(max(text_width("" if cell is None else str(cell)) for cell in set(column)) + 2)
        for column in columns
    ]
    return Sheet(name, widths, Row(heads, "header", 2), rows, _TITLE.say(lang))


_NO_ROSTER = Finding(
    "no-roster",
    Text("a plan that was read from files has no names", "从文件读取的方案不含姓名"),
    remedy=Text(
        "make the plan again from the roster and write it with names", "请用成员名册重新生成方案并带姓名写出"
    ),
)
