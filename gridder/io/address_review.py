"""The list of doubtful addresses: written for a person to decide, and read back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from gridder.errors import InputError
from gridder.io import formats
from gridder.io.columns import CANDIDATE_ADDRESS, DECISION_ROLES, NOTHING, find_columns, texts
from gridder.io.layers import LayerRows, finding, no_rows_fault, read_layer
from gridder.io.location import Location
from gridder.io.read import rows_of_frame
from gridder.io.xlsx import Row, Sheet, text_width, write_workbook
from gridder.model import AddressDecisions, Lang, Text

_HEADS = {
    "address": Text("address", "地址"),
    "decision": Text("decision", "决定"),
    "members": Text("people", "人数"),
    "rows": Text("rows of the roster", "名册行号"),
    "score": Text("score", "得分"),
    "unit": Text("candidate {k}", "候选{k}"),
    "address_of": CANDIDATE_ADDRESS,
    "score_of": Text("score of candidate {k}", "候选{k}得分"),
}
_TITLE = Text(
    "Write the id of a candidate into “decision”, - for none, or leave it blank to decide later",
    "请在“决定”列填写候选编号；都不是则填 -；暂不决定则留空",
)
_SHEET = Text("Addresses", "地址核对")
_WIDEST = 40


def write_review(review: pd.DataFrame, path: Path, *, lang: Lang) -> None:
    """Write the doubtful addresses with their candidates as a workbook.

    Parameters
    ----------
    review
        `address, decision, members, rows, score` and for each candidate `unit_k, address_k, score_k`.
    path
        File to be made.
    lang
        Language of the headers.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    heads = [_head(name).say(lang) for name in review.columns]
    cells = review.astype(object).where(review.notna(), None).to_numpy().tolist()
    widths = [
        float(min(max(text_width(str(cell)) for cell in (head, *column) if cell is not None), _WIDEST) + 2)
        for head, column in zip(heads, zip(*cells, strict=True), strict=True)
    ]
    rows = [Row(row, "body") for row in cells]
    sheet = Sheet(_SHEET.say(lang), widths, Row(heads, "header", 2), rows, _TITLE.say(lang))
    write_workbook(path, [sheet])


def _head(name: str) -> Text:
    if name in _HEADS:
        return _HEADS[name]
    kind, _, k = name.partition("_")
    return _HEADS["unit" if kind == "unit" else f"{kind}_of"].format(k=k)


def read_decisions(
    path: str | Path | Location, *, columns: Mapping[str, str] | None = None
) -> AddressDecisions:
    """Read what people decided about doubtful addresses.

    Parameters
    ----------
    path
        `address_review.xlsx` with its decisions filled in, or any table with the columns `address` and
        `decision`: the id of a unit, or `-` for none; a blank decision is none yet.
    columns
        Roles (`address`, `unit_id`) to names of columns, where the guess by header is wrong.

    Raises
    ------
    InputError
        With all that is wrong with the file.
    """
    return decisions_from_rows(read_layer(path, family=formats.ANY), columns)


def decisions_from_frame(
    frame: pd.DataFrame, *, columns: Mapping[str, str] | None = None
) -> AddressDecisions:
    """Return the decisions of a DataFrame, checked like a file.

    Raises
    ------
    InputError
        With all that is wrong with it.
    """
    return decisions_from_rows(rows_of_frame(frame), columns)


def decisions_from_rows(rows: LayerRows, columns: Mapping[str, str] | None = None) -> AddressDecisions:
    """Return the decisions of a table that was read."""
    roles = find_columns(rows.attributes.columns, DECISION_ROLES, columns, rows.source)
    faults = [fault for fault in (no_rows_fault(rows),) if fault]
    if len(roles) < len(DECISION_ROLES):
        what = Text("the table needs the columns address and decision", "表格需要“地址”和“决定”两列")
        remedy = Text(
            "use address_review.xlsx, or name them: --map-column address_decisions.unit_id=NAME",
            "请使用 address_review.xlsx，或指定列：--map-column address_decisions.unit_id=列名",
        )
        faults.append(finding("no-decision-columns", what, rows.source, remedy=remedy))
    if faults:
        raise InputError(faults)
    said = texts(rows.attributes[roles["unit_id"]])
    none = said.str.lower().isin(NOTHING) | (said.fillna("?").str.strip("-–—") == "")
    frame = pd.DataFrame({"row": rows.rows, "address": texts(rows.attributes[roles["address"]])})
    frame["unit_id"] = said.astype(object).where(said.notna() & ~none, None)
    decided = (said.notna() & frame["address"].notna()).to_numpy()
    return AddressDecisions(frame[decided].reset_index(drop=True), rows.source, rows.findings)
