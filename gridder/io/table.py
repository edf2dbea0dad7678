"""Read a sheet or a text file with separators as rows of text; runs in the guarded child."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from gridder.io import encoding, formats
from gridder.io.fault import Fault
from gridder.io.handover import ROW, not_ours, unique_names, write_rows
from gridder.io.heads import Cells, Head, Merged, filled, find_head, header_row, not_of_people
from gridder.io.row_filter import rows_of_cells
from gridder.io.sheets import Book, Sheet, as_texts, open_book, sheet_of
from gridder.io.table_shapes import families_of, with_shapes
from gridder.io.text_table import text_rows

HEAD_ROWS = 1000
"""So many rows at the top tell what a table holds."""


@dataclass(frozen=True, eq=False)
class Table:
    """A sheet of a workbook, or a text, whose cells were read.

    Attributes
    ----------
    name
        For people.
    n
        Rows below a header.
    families
        What it may be read as, among those of geometries.
    n_known
        How many headers of its header are known.
    """

    name: str
    driver: str
    n: int
    families: frozenset[str]
    n_known: int
    sheet: str = ""
    book: Book | None = None
    rows: Sequence[Cells] = ()
    choice: encoding.Choice | None = None

    @property
    def is_hidden(self) -> bool:
        """Return whether it is a hidden sheet."""
        return self.book is not None and self.sheet in self.book.hidden

    def described(self) -> dict[str, Any]:
        """Return what the parent lists."""
        return {"name": self.name, "family": formats.TABLE, "n": self.n}


def tables_of(path: Path, request: Mapping[str, Any], *, packed_as: str = "") -> list[Table]:
    """Return the sheets that hold something, or the one table of a text.

    Parameters
    ----------
    packed_as
        Name of the file in an archive, without its suffix; then its tables are named by it, and by the sheet where there are several.

    Raises
    ------
    Fault
        When it cannot be read or nothing is in it.
    """
    suffix = path.suffix.lower()
    known = set(request["known_headers"])
    if suffix not in formats.SHEET_SUFFIXES:
        rows, choice = text_rows(path, request["encoding"])
        about = _about(rows, (), known)
        return [Table(packed_as or path.stem, formats.CSV, *about, rows=rows, choice=choice)]
    book = open_book(path)
    names = {sheet: sheet for sheet in book.cells}
    if packed_as:
        names = {sheet: f"{packed_as}/{sheet}" if len(names) > 1 else packed_as for sheet in names}
    return [
        Table(name, suffix[1:].upper(), *_about(book.cells[sheet], book.merged[sheet], known), sheet, book)
        for sheet, name in names.items()
    ]


def _about(
    cells: Sequence[Sequence[Any]], merged: Sequence[Merged], known: set[str]
) -> tuple[int, frozenset[str], int]:
    """Return rows below a header, families and the number of known headers."""
    top = as_texts(cells[:HEAD_ROWS])
    head = find_head(top, known, merged)
    names, below = (head.names, top[head.last + 1 :]) if head else ((), ())
    return max(len(cells) - 1, 0), families_of(names, below), header_row(top, known)[1]


def best_of(tables: Sequence[Table]) -> Table:
    """Return the table with most known headers; hidden sheets only where there are no others."""
    return max(tables, key=lambda table: (not table.is_hidden, table.n_known))


def read_table(path: Path, request: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Read a sheet or a .csv: every cell as text, blank ones missing; shapes where they are wanted.

    Raises
    ------
    Fault
        With what is wrong with the file.
    """
    tables = tables_of(path, request)
    described = [table.described() for table in tables]
    if request["list_only"]:
        return {"layers": described}
    wanted = request["layername"]
    chosen = [table for table in tables if table.name == wanted] if wanted else [best_of(tables)]
    if not chosen:
        raise Fault("no-such-layer", wanted=wanted, names=[table.name for table in tables])
    others = [] if wanted else [table for table in tables if table is not chosen[0]]
    return read_rows(chosen[0], others, request, folder) | {"layers": described}


def read_rows(table: Table, others: Sequence[Table], request: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Write the rows of a table that was chosen, and return what is known of it.

    Parameters
    ----------
    others
        Sheets of the workbook to tell of, where this one was not named.

    Raises
    ------
    Fault
        Where it is empty, or has no shapes and these are wanted.
    """
    known = request["known_headers"]
    sheet = sheet_of(table.book, table.sheet) if table.book else Sheet(table.rows, (), ())
    rows = sheet.rows
    head = find_head(rows, set(known), sheet.merged)
    if head is None:
        raise Fault("empty-table")
    width = max(len(row) for row in rows)
    header = [*head.names, *[None] * (width - len(head.names))]
    names = not_ours(
        unique_names([(cell or "").strip() or f"column {i + 1}" for i, cell in enumerate(header)])
    )
    left_out = not_of_people(rows, head)
    gone = {row for at in left_out.values() for row in at}
    body = _body(
        rows,
        names,
        {i for i, cell in enumerate(header) if filled(cell)},
        [i for i in range(head.last + 1, len(rows)) if i not in gone and any(map(filled, rows[i]))],
    )
    if request["subset"]:
        body = rows_of_cells(body, request["subset"])
    most = request["limits"]["features"]
    if body.num_rows > most:
        raise Fault("too-many-features", n=body.num_rows, limit=most)
    write_rows(body, folder)
    answer = {
        "driver": table.driver,
        "layername": table.name,
        "notes": [*_notes(head, left_out, sheet), *_of_others(table, others)],
        "crs": "",
        **encoding.facts_of(table.choice),
        "restored_shx": False,
        "without_dbf": False,
    }
    return with_shapes(answer, request, folder)


def _of_others(table: Table, others: Sequence[Table]) -> list[dict[str, Any]]:
    """Return what to tell of the sheets that were not chosen; those that are hidden are marked."""
    if not others:
        return []
    names = [f"{other.name} (hidden)" if other.is_hidden else other.name for other in others]
    return [{"kind": "other-sheets", "rows": [], "facts": {"name": table.name, "others": ", ".join(names)}}]


def _notes(head: Head, left_out: dict[str, list[int]], sheet: Sheet) -> list[dict[str, Any]]:
    """Return what the parent tells of a table: kind, rows from 1, and facts."""
    notes = [
        {"kind": f"{why}-left-out", "rows": [row + 1 for row in at], "facts": {"n": len(at)}}
        for why, at in left_out.items()
    ]
    if head.last > head.first:
        notes.append({"kind": "two-header-rows", "rows": [head.first + 1, head.last + 1], "facts": {}})
    hidden = [row for row in sheet.hidden_rows if row > head.last + 1]
    if hidden:
        notes.append({"kind": "hidden-rows", "rows": hidden, "facts": {"n": len(hidden)}})
    return notes


def _body(rows: Sequence[Cells], names: Sequence[str], headed: Set[int], kept: Sequence[int]) -> Any:
    """Return the rows of people as text, blank cells missing.

    Parameters
    ----------
    headed
        Positions of the columns that have a header; others are kept only where they say something.
    kept
        Positions of the rows in the sheet.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    cells = list(zip_longest(*(rows[i] for i in kept), [None] * len(names)))
    columns = [pc.utf8_trim_whitespace(pa.array(column[:-1], pa.string())) for column in cells]
    columns = [pc.if_else(pc.equal(column, ""), None, column) for column in columns]
    said = [i for i, column in enumerate(columns) if i in headed or column.null_count < len(column)]
    numbers = pa.array(np.asarray(kept, dtype=np.int64) + 1)
    return pa.table([*(columns[i] for i in said), numbers], names=[*(names[i] for i in said), ROW])
