"""Read a sheet or a text file with separators as rows of text; runs in the guarded child."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

from gridder.io import encoding, formats
from gridder.io.fault import Fault, short
from gridder.io.handover import ROW, not_ours, unique_names, write_rows
from gridder.io.headings import folded

HEADER_ROWS = 10
"""The header stands among so many filled rows at the top."""
SURE_HEADERS = 2
"""A row below the first is the header only where it holds so many known ones."""


def read_table(path: Path, request: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Read a sheet or a .csv: every cell as text, blank ones missing."""
    if request["subset"]:
        raise Fault("subset-of-table")
    sheets: list[dict[str, Any]] = []
    choice = None
    if path.suffix.lower() == ".xlsx":
        sheetname, rows, sheets = _sheet_rows(path, request["layername"], request["known_headers"])
    else:
        sheetname = path.stem
        if request["layername"] not in ("", sheetname):
            raise Fault("no-such-layer", wanted=request["layername"], names=[sheetname])
        rows, choice = _csv_rows(path, request["encoding"])
    start, _ = _header_row(rows, request["known_headers"])
    if start < 0:
        raise Fault("empty-table")
    width = max(len(row) for row in rows)
    header = [*rows[start], *[None] * (width - len(rows[start]))]
    names = not_ours(
        unique_names([(name or "").strip() or f"column {i + 1}" for i, name in enumerate(header)])
    )
    table = _body(rows[start + 1 :], names, first=start + 2)
    write_rows(table, folder)
    return {
        "driver": "XLSX" if path.suffix.lower() == ".xlsx" else "CSV",
        "layername": sheetname,
        "layers": sheets or [{"name": sheetname, "family": formats.TABLE, "n": table.num_rows}],
        "crs": "",
        "encoding": choice.name if choice else "UTF-8",
        "encoding_origin": choice.origin if choice else "",
        "encoding_contradicted": list(choice.contradicted) if choice else [],
        "encoding_lossy": choice.lossy if choice else False,
        "restored_shx": False,
        "without_dbf": False,
    }


def _body(rows: Sequence[Sequence[str | None]], names: Sequence[str], *, first: int) -> Any:
    """Return the rows below the header as text, blank cells missing and blank rows left out.

    `first` is the number of the first of them.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    cells = list(zip_longest(*rows, [None] * len(names)))
    columns = [pc.utf8_trim_whitespace(pa.array(column[:-1], pa.string())) for column in cells]
    columns = [pc.if_else(pc.equal(column, ""), None, column) for column in columns]
    table = pa.table([*columns, pa.array(np.arange(first, first + len(rows)))], names=[*names, ROW])
    filled = np.any([column.is_valid().to_numpy(zero_copy_only=False) for column in columns], axis=0)
    return table.filter(pa.array(filled))


def _header_row(rows: Sequence[Sequence[str | None]], known: Sequence[str]) -> tuple[int, int]:
    """Return the row among the first with most known headers, and how many; else the first filled one.

    Titles and notes may stand above the headers. −1 where every row is blank.
    """
    headers = set(known)
    filled = list(islice((i for i, row in enumerate(rows) if any(map(_filled, row))), HEADER_ROWS))
    if not filled:
        return -1, 0
    counts = {i: sum(folded(cell) in headers for cell in rows[i] if cell) for i in filled}
    best = max(counts, key=lambda i: (counts[i], -i))
    if counts[best] < SURE_HEADERS:
        best = filled[0]
    return best, counts[best]


def _filled(cell: str | None) -> bool:
    return cell is not None and bool(cell.strip())


def _sheet_rows(
    path: Path, wanted: str, known: Sequence[str]
) -> tuple[str, Sequence[Sequence[str | None]], list[dict[str, Any]]]:
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        names = book.sheet_names
        if wanted and wanted not in names:
            raise Fault("no-such-layer", wanted=wanted, names=names)
        sheets = [(name, book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in names]
    except (python_calamine.CalamineError, OSError) as error:
        raise Fault("unreadable-table", detail=short(error)) from error
    filled = [(name, rows) for name, rows in sheets if rows]
    if not filled:
        raise Fault("empty-table")
    described = [{"name": n, "family": formats.TABLE, "n": max(len(r) - 1, 0)} for n, r in sheets]
    texts = [
        (name, [[_cell(value) for value in row] for row in rows])
        for name, rows in filled
        if not wanted or name == wanted
    ]
    if not texts:
        raise Fault("empty-table")
    name, rows = max(texts, key=lambda sheet: _header_row(sheet[1], known)[1])
    return name, rows, described


def _cell(value: Any) -> str | None:
    """Return a cell as text: whole numbers without a point, blank cells missing."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    text = str(value).strip()
    return text or None


def _csv_rows(path: Path, user: str) -> tuple[Sequence[Sequence[str | None]], encoding.Choice]:
    raw = path.read_bytes()
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raw = raw.decode("utf-16", "replace").encode("utf-8")
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
