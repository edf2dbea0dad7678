"""How the child hands rows to its parent: one Arrow file with columns of settled names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

WKB = "__wkb__"
ROW = "__row__"


def not_ours(names: Sequence[str]) -> list[str]:
    """Return names of a file's own columns that are none of ours."""
    return [f"{name} (own)" if name in (WKB, ROW) else name for name in names]


def unique_names(names: Sequence[str]) -> list[str]:
    """Return names of which none repeats: a later one gets a number."""
    seen: dict[str, int] = {}
    unique = []
    for raw in names:
        name = raw.strip() or "column"
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return unique


def write_rows(table: Any, folder: Path) -> None:
    """Write a table of Arrow where the parent looks for it."""
    import pyarrow as pa

    with pa.OSFile(str(folder / "table.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
