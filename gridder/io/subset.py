"""Which filters are only filters: what a subset may say, as it is handed to SQLite or GDAL as it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable

FUNCTIONS = frozenset(
    [
        "abs",
        "cast",
        "ceil",
        "coalesce",
        "concat",
        "date",
        "datetime",
        "floor",
        "ifnull",
        "instr",
        "julianday",
        "length",
        "like",
        "lower",
        "ltrim",
        "max",
        "min",
        "nullif",
        "replace",
        "round",
        "rtrim",
        "strftime",
        "substr",
        "time",
        "trim",
        "upper",
    ]
)
"""Functions that may be called, besides those of geometry that begin with `ST_`."""
_BEFORE_BRACKETS = frozenset(
    ["and", "or", "not", "in", "between", "like", "ilike", "when", "then", "else", "case", "is"]
)
_REFUSED = frozenset(
    [
        "alter",
        "analyze",
        "attach",
        "begin",
        "commit",
        "create",
        "delete",
        "detach",
        "drop",
        "except",
        "exists",
        "explain",
        "from",
        "insert",
        "intersect",
        "into",
        "join",
        "pragma",
        "recursive",
        "reindex",
        "release",
        "returning",
        "rollback",
        "savepoint",
        "select",
        "transaction",
        "union",
        "update",
        "vacuum",
        "values",
        "with",
    ]
)
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_FORBIDDEN = re.compile(r"--|/\*|[;`\[\]'\"\x00\\]")
_NAME = re.compile(r"'(?:[^']|'')*'|\"((?:[^\"]|\"\")*)\"")
_WORD = re.compile(r"[^\W\d]\w*")
_CALL = re.compile(r"([^\W\d]\w*)\s*\(")


def not_a_filter(subset: str) -> str:
    """Return the first thing that has no place in a filter of rows; empty where all is well.

    A filter compares columns, numbers and texts; it holds no further statement, query or comment, and
    calls no function that could reach another file.
    """
    bare = _QUOTED.sub(" x ", subset)
    if found := _FORBIDDEN.search(bare):
        return found[0]
    for word in _WORD.findall(bare):
        if word.lower() in _REFUSED:
            return str(word)
    for name in _CALL.findall(bare):
        word = name.lower()
        if not (word in FUNCTIONS or word in _BEFORE_BRACKETS or word.startswith("st_")):
            return f"{name}()"
    return ""


def unknown_column(subset: str, names: Iterable[str]) -> str:
    """Return the first name in double quotes that is no column; SQLite takes such for a text, and compares that."""
    known = {name.lower() for name in names}
    said = (match[1].replace('""', '"') for match in _NAME.finditer(subset) if match[1] is not None)
    return next((name for name in said if name.lower() not in known), "")
