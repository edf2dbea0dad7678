"""Choose rows of a table that GDAL does not read, by the same SQL as those of a GeoPackage; runs in the guarded child.

The columns that a subset names are laid in a table of SQLite in memory, which may do nothing there but compare.
"""

from __future__ import annotations

import re
import sqlite3
from typing import Any

from gridder.io.fault import Fault
from gridder.io.handover import ROW
from gridder.io.subset import unknown_column

NUMBER = r"^-?(0|[1-9]\d{0,14})(\.\d+)?$"
"""Cells of a column of numbers; what begins with 0 or has more digits is a name, as the number would be another."""
NUMERIC, TEXT = "NUMERIC", "TEXT"
_ILIKE = re.compile(r"('(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")|\bILIKE\b", re.IGNORECASE)
_STRING = re.compile(r"'(?:[^']|'')*'")
_AGAINST_NUMBER = r"\s*(?:[<>=!]=?|<>|(?:NOT\s+)?BETWEEN\b|(?:NOT\s+)?IN\s*\()\s*[-+]?\.?\d"


def rows_of_cells(table: Any, subset: str) -> Any:
    """Return the rows of a table of text that fit; a column is one of numbers where every filled cell is a number.

    Days that a spreadsheet keeps as numbers are compared as dates, as they are shown.

    Raises
    ------
    Fault
        When the subset cannot be applied.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    from gridder.io.dates import with_dates

    dated, _ = with_dates(table.select(_named(table, subset)).to_pandas())
    columns = {str(name): pa.array(dated[name], pa.string(), from_pandas=True) for name in dated.columns}
    kinds = {
        name: NUMERIC if pc.all(pc.match_substring_regex(column, NUMBER)).as_py() else TEXT
        for name, column in columns.items()
    }
    return _fitting(table, subset, columns, kinds)


def rows_of_types(table: Any, subset: str) -> Any:
    """Return the rows of a table with typed columns that fit; times are compared as text: `2026-03-01`.

    Raises
    ------
    Fault
        When the subset cannot be applied.
    """
    import pyarrow as pa

    columns, kinds = {}, {}
    for name in _named(table, subset):
        kind = table.schema.field(name).type
        is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
        is_number |= pa.types.is_decimal(kind)
        columns[name] = table.column(name)
        if pa.types.is_temporal(kind) or pa.types.is_decimal(kind):
            columns[name] = columns[name].cast(pa.string())
        kinds[name] = NUMERIC if is_number else TEXT
    return _fitting(table, subset, columns, kinds)


def _named(table: Any, subset: str) -> list[str]:
    """Return the columns that a subset may name, of those that differ by capitals alone the first."""
    said = subset.lower()
    by_name: dict[str, str] = {}
    for name in table.column_names:
        if name.lower().replace('"', '""') in said:
            by_name.setdefault(name.lower(), name)
    return list(by_name.values())


def _fitting(table: Any, subset: str, columns: dict[str, Any], kinds: dict[str, str]) -> Any:
    import pyarrow as pa

    names = [name for name in table.column_names if not name.startswith("__")]
    if unknown := unknown_column(subset, names):
        raise Fault("no-column-of-subset", name=unknown, names=names)
    for name, kind in kinds.items():
        if kind == TEXT and _is_against_number(subset, name):
            raise Fault("texts-against-number", name=name, subset=subset)
    try:
        positions = _positions(subset, columns, kinds, table.num_rows)
    except (sqlite3.Error, OverflowError) as error:
        said = str(error)
        if said.startswith("no such column: "):
            name = said.removeprefix("no such column: ")
            raise Fault("no-column-of-subset", name=name, names=names) from error
        raise Fault("bad-subset", subset=subset, detail=said) from error
    return table.take(pa.array(positions, pa.int64()))


def _is_against_number(subset: str, name: str) -> bool:
    """Return whether a column is compared with a number, which is never the same as a text."""
    bare = _STRING.sub("''", subset)
    quoted = re.escape('"' + name.replace('"', '""') + '"')
    return (
        re.search(rf"(?:{quoted}|(?<![\w\"]){re.escape(name)}(?![\w\"])){_AGAINST_NUMBER}", bare, re.I)
        is not None
    )


def _positions(subset: str, columns: dict[str, Any], kinds: dict[str, str], n: int) -> list[int]:
    """Return the positions of the rows that fit, in their order."""
    where = _ILIKE.sub(lambda match: match[1] or "LIKE", subset)  # which minds no capitals in SQLite
    quoted = {name: '"' + name.replace('"', '""') + '"' for name in columns}
    made = ", ".join([f"{ROW} INTEGER PRIMARY KEY", *(f"{quoted[name]} {kinds[name]}" for name in columns)])
    marks = ", ".join("?" * (len(columns) + 1))
    values = zip(range(n), *(column.to_pylist() for column in columns.values()), strict=True)
    database = sqlite3.connect(":memory:")
    try:
        database.execute(f"CREATE TABLE t ({made})")
        database.executemany(f"INSERT INTO t VALUES ({marks})", values)  # noqa: S608 - question marks only
        database.set_authorizer(_only_compares)
        found = database.execute(
            f"SELECT {ROW} FROM t WHERE {where} ORDER BY {ROW}"  # noqa: S608 - a filter, by gridder.io.subset
        )
        return [row for (row,) in found]
    finally:
        database.close()


def _only_compares(action: int, table: str | None, *_: str | None) -> int:
    """Let SQLite read our one table and call functions, and nothing else."""
    reads = action == sqlite3.SQLITE_READ and table == "t"
    permitted = reads or action in {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_FUNCTION}
    return sqlite3.SQLITE_OK if permitted else sqlite3.SQLITE_DENY
