"""Read one sheet of a workbook of Excel, WPS or OpenDocument; runs in the guarded child."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gridder.io import formats
from gridder.io.fault import Fault, short
from gridder.io.heads import Cells, Merged, header_row

_RELATIONS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_HIDDEN = re.compile(rb"<(?:\w+:)?row\b[^>]*?\shidden=\"(?:1|true)\"[^>]*>")
_NUMBER = re.compile(rb"\sr=\"(\d+)\"")


@dataclass(frozen=True)
class Sheet:
    """The cells of a sheet as text, and what else is known of the workbook."""

    name: str
    rows: Sequence[Cells]
    merged: Sequence[Merged]
    hidden_rows: Sequence[int]
    """Numbers from 1."""
    described: Sequence[dict[str, Any]]
    others: Sequence[str]
    """Further sheets that hold something; those that are hidden are marked."""


def read_sheet(path: Path, wanted: str, known: Sequence[str]) -> Sheet:
    """Return the sheet that was named, else the one with most known headers.

    Hidden sheets are taken only where they are named.

    Raises
    ------
    Fault
        The workbook cannot be read, is empty, or has no such sheet.
    """
    import python_calamine

    raw = path.read_bytes()
    try:
        book = python_calamine.load_workbook(io.BytesIO(raw))
        names = book.sheet_names
        if wanted and wanted not in names:
            raise Fault("no-such-layer", wanted=wanted, names=names)
        sheets = {name: book.get_sheet_by_name(name) for name in names}
        cells = {name: sheet.to_python(skip_empty_area=False) for name, sheet in sheets.items()}
        visible = python_calamine.SheetVisibleEnum.Visible
        hidden = {sheet.name for sheet in book.sheets_metadata if sheet.visible != visible}
    except python_calamine.PasswordError as error:
        raise Fault("table-with-password") from error
    except (python_calamine.CalamineError, OSError) as error:
        raise Fault("unreadable-table", detail=short(error)) from error
    described = [
        {"name": name, "family": formats.TABLE, "n": max(len(rows) - 1, 0)} for name, rows in cells.items()
    ]
    candidates = [wanted] if wanted else [name for name in names if name not in hidden] or names
    texts = {
        name: [[_text(cell) for cell in row] for row in cells[name]] for name in candidates if cells[name]
    }
    if not texts:
        raise Fault("empty-table")
    name = max(texts, key=lambda name: header_row(texts[name], known)[1])
    others = [f"{o} (hidden)" if o in hidden else o for o in names if o != name and cells[o]]
    return Sheet(
        name,
        texts[name],
        sheets[name].merged_cell_ranges or [],
        _hidden_rows(raw, names.index(name)),
        described,
        [] if wanted else others,
    )


def _text(value: Any) -> str | None:
    """Return a cell as text: whole numbers without a point, blank cells missing."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    text = str(value).strip()
    return text or None


def _hidden_rows(raw: bytes, position: int) -> list[int]:
    """Return the numbers of the rows that a filter or a hand has hidden; older formats do not tell."""
    if not zipfile.is_zipfile(io.BytesIO(raw)):
        return []
    from xml.etree.ElementTree import ParseError, fromstring

    with zipfile.ZipFile(io.BytesIO(raw)) as package:
        try:
            book = fromstring(package.read("xl/workbook.xml"))  # noqa: S314 - calamine has read it before, in these walls
            links = fromstring(package.read("xl/_rels/workbook.xml.rels"))  # noqa: S314 - likewise
            sheet = [e for e in book.iter() if e.tag.endswith("}sheet")][position]
            target = next(e.get("Target") for e in links if e.get("Id") == sheet.get(_RELATIONS))
            part = posixpath.normpath(posixpath.join("/xl", str(target))).lstrip("/")
            found = _HIDDEN.findall(package.read(part))
        except (KeyError, IndexError, StopIteration, ParseError):
            return []
    return [int(number[1]) for tag in found if (number := _NUMBER.search(tag))]
