"""Read the sheets of a workbook of Excel, WPS or OpenDocument; runs in the guarded child."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gridder.io.fault import Fault, short
from gridder.io.heads import Cells, Merged
from gridder.io.hidden_rows import hidden_rows


@dataclass(frozen=True)
class Book:
    """A workbook: the cells of every sheet that holds something, as calamine gives them."""

    raw: bytes
    names: Sequence[str]
    """Of all sheets, blank ones too, in their order."""
    cells: Mapping[str, Sequence[Sequence[Any]]]
    merged: Mapping[str, Sequence[Merged]]
    hidden: Set[str]


@dataclass(frozen=True)
class Sheet:
    """The cells of a sheet as text, and what else is known of it."""

    rows: Sequence[Cells]
    merged: Sequence[Merged]
    hidden_rows: Sequence[int]
    """Numbers from 1."""


def open_book(path: Path) -> Book:
    """Return the cells of all sheets of a workbook.

    Raises
    ------
    Fault
        The workbook cannot be read, or nothing is in it.
    """
    import python_calamine

    raw = path.read_bytes()
    try:
        book = python_calamine.load_workbook(io.BytesIO(raw))
        names = book.sheet_names
        sheets = {name: book.get_sheet_by_name(name) for name in names}
        cells = {name: sheet.to_python(skip_empty_area=False) for name, sheet in sheets.items()}
        visible = python_calamine.SheetVisibleEnum.Visible
        hidden = {sheet.name for sheet in book.sheets_metadata if sheet.visible != visible}
    except python_calamine.PasswordError as error:
        raise Fault("table-with-password") from error
    except (python_calamine.CalamineError, OSError) as error:
        raise Fault("unreadable-table", detail=short(error)) from error
    cells = {name: rows for name, rows in cells.items() if any(cell != "" for row in rows for cell in row)}
    if not cells:
        raise Fault("empty-table")
    merged = {name: sheets[name].merged_cell_ranges or [] for name in cells}
    return Book(raw, names, cells, merged, hidden)


def sheet_of(book: Book, name: str) -> Sheet:
    """Return a sheet that holds something."""
    return Sheet(as_texts(book.cells[name]), book.merged[name], hidden_rows(book.raw, book.names.index(name)))


def as_texts(cells: Sequence[Sequence[Any]]) -> list[list[str | None]]:
    """Return cells as text, blank ones missing; most of a wide sheet are blank, and are passed over quickly."""
    return [[None if cell == "" else _as_text(cell) for cell in row] for row in cells]


def _as_text(value: Any) -> str | None:
    """Return a cell as text: whole numbers without a point."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    text = str(value).strip()
    return text or None
