"""Read a sheet or a text file with separators as rows of text; runs in the guarded child."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from gridder.io import encoding, formats
from gridder.io.fault import Fault
from gridder.io.handover import ROW, not_ours, unique_names, write_rows
from gridder.io.heads import Cells, Head, filled, find_head, not_of_people
from gridder.io.sheets import Sheet, read_sheet


def read_table(path: Path, request: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Read a sheet or a .csv: every cell as text, blank ones missing."""
    if request["subset"]:
        raise Fault("subset-of-table")
    choice, sheet = None, None
    if path.suffix.lower() in formats.SHEET_SUFFIXES:
        sheet = read_sheet(path, request["layername"], request["known_headers"])
        name, rows, merged = sheet.name, sheet.rows, sheet.merged
    else:
        name, merged = path.stem, ()
        if request["layername"] not in ("", name):
            raise Fault("no-such-layer", wanted=request["layername"], names=[name])
        rows, choice = _csv_rows(path, request["encoding"])
    head = find_head(rows, set(request["known_headers"]), merged)
    if head is None:
        raise Fault("empty-table")
    width = max(len(row) for row in rows)
    header = [*head.names, *[None] * (width - len(head.names))]
    names = not_ours(
        unique_names([(cell or "").strip() or f"column {i + 1}" for i, cell in enumerate(header)])
    )
    left_out = not_of_people(rows, head)
    gone = {row for at in left_out.values() for row in at}
    table = _body(
        rows,
        names,
        [i for i in range(head.last + 1, len(rows)) if i not in gone and any(map(filled, rows[i]))],
    )
    write_rows(table, folder)
    return {
        "driver": path.suffix[1:].upper() if sheet else "CSV",
        "layername": name,
        "layers": sheet.described
        if sheet
        else [{"name": name, "family": formats.TABLE, "n": table.num_rows}],
        "notes": _notes(head, left_out, sheet),
        "crs": "",
        **encoding.facts_of(choice),
        "restored_shx": False,
        "without_dbf": False,
    }


def _notes(head: Head, left_out: dict[str, list[int]], sheet: Sheet | None) -> list[dict[str, Any]]:
    """Return what the parent tells of a table: kind, rows from 1, and facts."""
    notes = [
        {"kind": f"{why}-left-out", "rows": [row + 1 for row in at], "facts": {"n": len(at)}}
        for why, at in left_out.items()
    ]
    if head.last > head.first:
        notes.append({"kind": "two-header-rows", "rows": [head.first + 1, head.last + 1], "facts": {}})
    if sheet is not None:
        hidden = [row for row in sheet.hidden_rows if row > head.last + 1]
        if hidden:
            notes.append({"kind": "hidden-rows", "rows": hidden, "facts": {"n": len(hidden)}})
        if sheet.others:
            facts = {"name": sheet.name, "others": ", ".join(sheet.others)}
            notes.append({"kind": "other-sheets", "rows": [], "facts": facts})
    return notes


def _body(rows: Sequence[Cells], names: Sequence[str], kept: Sequence[int]) -> Any:
    """Return the rows of people as text, blank cells missing; `kept` are their positions in the sheet."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    cells = list(zip_longest(*(rows[i] for i in kept), [None] * len(names)))
    columns = [pc.utf8_trim_whitespace(pa.array(column[:-1], pa.string())) for column in cells]
    columns = [pc.if_else(pc.equal(column, ""), None, column) for column in columns]
    numbers = pa.array(np.asarray(kept, dtype=np.int64) + 1)
    return pa.table([*columns, numbers], names=[*names, ROW])


def _utf_16_without_mark(raw: bytes) -> bytes:
    """Return text of two bytes a letter as UTF-8: the bytes of its blanks, digits and separators tell the order."""
    little = sum(raw.count(mark) for mark in (b",\0", b"\t\0", b"\n\0"))
    big = sum(raw.count(mark) for mark in (b"\0,", b"\0\t", b"\0\n"))
    return raw.decode("utf-16-le" if little >= big else "utf-16-be", "replace").encode("utf-8")


def _csv_rows(path: Path, user: str) -> tuple[Sequence[Cells], encoding.Choice]:
    raw = path.read_bytes()
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raw = raw.decode("utf-16", "replace").encode("utf-8")
    elif b"\0" in raw[:200]:
        raw = _utf_16_without_mark(raw)
    if b"\0" in raw:
        raise Fault("unreadable-table", detail="it is not text")
    bom = raw.startswith(b"\xef\xbb\xbf")
    choice = encoding.choose(
        [raw.removeprefix(b"\xef\xbb\xbf")],
        user=encoding.known_codec(user) if user else None,
        cpg="utf-8" if bom else None,
    )
    errors = "replace" if choice.lossy else "strict"
    text = encoding.decode(raw.removeprefix(b"\xef\xbb\xbf"), choice.codec, errors)
    delimiter = max(",;\t|", key=text[:20_000].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return list(reader), choice
    except csv.Error as error:
        raise Fault("bad-quotes", line=reader.line_num) from error
