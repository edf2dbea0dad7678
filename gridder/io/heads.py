"""Which rows of a table are its header, and which are titles, notes, totals or blank (standard library only).

Every row of a sheet is one of the people's or is named in what was noticed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice

from gridder.io.headings import folded

Cells = Sequence[str | None]
Merged = tuple[tuple[int, int], tuple[int, int]]
"""First and last cell of a merged range: row and column, both from 0."""

HEADER_ROWS = 10
"""The header stands among so many filled rows at the top."""
SURE_HEADERS = 2
"""A row below the first is the header only where it holds so many known ones."""
LONGEST_TOTAL = 12
_TOTAL = re.compile(
    r"(?:本页|本社区|全村)?(?:合计|总计|小计|共计|累计|总数)|(?:grand|sub)?total|sum", re.IGNORECASE
)
_NOTE = re.compile(
    r"\s*(?:注|备注|说明|制表|填表|审核|填报|打印|单位负责人|note|remark|prepared by)", re.IGNORECASE
)


@dataclass(frozen=True)
class Head:
    """The header: names of the columns, its first and last row, from 0."""

    names: Sequence[str | None]
    first: int
    last: int


def filled(cell: str | None) -> bool:
    """Return whether a cell says something."""
    return cell is not None and bool(cell.strip())


def find_head(rows: Sequence[Cells], known: Collection[str], merged: Sequence[Merged] = ()) -> Head | None:
    """Return the header of a table, None where every row is blank.

    The row among the first with most known headers, else the first filled one; titles and notes may stand
    above. A row of groups above it (家庭, with 经度 and 纬度 below) belongs to it where cells are merged, or
    where the two rows fill each other's gaps.

    Parameters
    ----------
    rows
        Cells as text, None where blank.
    known
        Headers that are known, folded.
    merged
        Merged ranges of the sheet.
    """
    row, n_known = header_row(rows, known)
    if row < 0:
        return None
    pairs = [
        pair for pair in ((row - 1, row), (row, row + 1)) if _are_one(rows, pair[0], pair[1], known, merged)
    ]
    if not pairs:
        return Head(rows[row], row, row)
    above, below = max(
        pairs, key=lambda pair: _n_known(_joined(rows, pair[0], pair[1], known, merged), known)
    )
    names = _joined(rows, above, below, known, merged)
    return Head(names, above, below) if _n_known(names, known) >= n_known else Head(rows[row], row, row)


def header_row(rows: Sequence[Cells], known: Collection[str]) -> tuple[int, int]:
    """Return the row among the first with most known headers, and how many; −1 where every row is blank."""
    at = list(islice((i for i, row in enumerate(rows) if any(map(filled, row))), HEADER_ROWS))
    if not at:
        return -1, 0
    counts = {i: _n_known(rows[i], known) for i in at}
    best = max(counts, key=lambda i: (counts[i], -i))
    if counts[best] < SURE_HEADERS:
        best = at[0]
    return best, counts[best]


def _n_known(cells: Cells, known: Collection[str]) -> int:
    return sum(folded(cell) in known for cell in cells if cell)


def _are_one(
    rows: Sequence[Cells], above: int, below: int, known: Collection[str], merged: Sequence[Merged]
) -> bool:
    """Return whether two rows are one header."""
    if above < 0 or below >= len(rows):
        return False
    spans = [(a, b) for a, b in merged if a[0] <= above <= b[0]]
    wide = any(a[1] < b[1] and a[0] == b[0] == above for a, b in spans)
    high = any(a[0] == above and b[0] == below for a, b in spans)
    width = max(len(rows[above]), len(rows[below]))
    only_title = sum(map(filled, rows[above])) < 2 and not high
    if only_title or any(_is_number(cell) for cell in rows[below] if cell):
        return False
    if wide and (high or _n_known(rows[below], known) > 0):
        return True
    top, low = _padded(rows[above], width), _padded(rows[below], width)
    gaps = [not filled(a) and filled(b) for a, b in zip(top, low, strict=True)]
    tops = [filled(a) and not filled(b) for a, b in zip(top, low, strict=True)]
    return any(gaps) and any(tops) and _n_known(low, known) > 0


def _joined(
    rows: Sequence[Cells], above: int, below: int, known: Collection[str], merged: Sequence[Merged]
) -> list[str | None]:
    """Return names of columns from a row of groups and the row below it."""
    width = max(len(rows[above]), len(rows[below]))
    groups, low = _padded(rows[above], width), _padded(rows[below], width)
    spread = {c: a[1] for a, b in merged if a[0] <= above <= b[0] for c in range(a[1], b[1] + 1)}
    names: list[str | None] = []
    group: str | None = None
    for column in range(width):
        if filled(groups[column]):
            group = groups[column]
        elif merged and spread.get(column, column) == column:
            group = None
        elif column in spread:
            group = groups[spread[column]]
        names.append(_name_of(group, groups[column], low[column], low, known))
    return names


def _name_of(
    group: str | None, own: str | None, below: str | None, row: Cells, known: Collection[str]
) -> str | None:
    if not filled(below):
        return own
    if group and folded(f"{group}{below}") in known:
        return f"{group}{below}"
    repeats = sum(cell == below for cell in row) > 1
    return f"{group}{below}" if group and repeats else below


def _padded(row: Cells, width: int) -> list[str | None]:
    return [*row, *[None] * (width - len(row))]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def not_of_people(rows: Sequence[Cells], head: Head) -> dict[str, list[int]]:
    """Return the rows of a sheet, from 0, that are nobody's: by why.

    `notes` stand above the header or alone in their row below the table, `totals` begin with a word such as
    合计, `headers` repeat the header, and `blank` rows hold nothing between others.
    """
    found: dict[str, list[int]] = {"notes": [], "totals": [], "headers": [], "blank": []}
    found["notes"] = [i for i in range(head.first) if any(map(filled, rows[i]))]
    found["blank"] = [i for i in range(head.first) if not any(map(filled, rows[i]))]
    header = [folded(cell) for cell in rows[head.last] if cell and cell.strip()]
    wide = sum(map(filled, head.names)) > 2
    end = max((i for i, row in enumerate(rows) if any(map(filled, row))), default=-1) + 1
    for i in range(head.last + 1, end):
        cells = [cell for cell in rows[i] if cell is not None and cell.strip()]
        if not cells:
            found["blank"].append(i)
        elif _is_total(cells[0]):
            found["totals"].append(i)
        elif len(cells) == 1 and wide and _NOTE.match(cells[0]):
            found["notes"].append(i)
        elif cells[0].strip() == (rows[head.last][0] or "").strip() and [folded(c) for c in cells] == header:
            found["headers"].append(i)
    return {why: at for why, at in found.items() if at}


def _is_total(cell: str) -> bool:
    """Return whether a cell is a word for a total, perhaps with its count behind."""
    if cell.isdigit():
        return False
    plain = re.sub(r"\s+", "", cell)
    match = _TOTAL.match(plain)
    return (
        match is not None
        and len(plain) <= LONGEST_TOTAL
        and not plain[match.end() :].strip(":：0123456789人户()（）名共.")
    )
