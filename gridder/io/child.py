"""The child process that opens files of strangers: `python -I -m gridder.io.child FOLDER`.

It reads one request as JSON from standard input, writes the rows to `FOLDER/table.arrow` (geometries as
WKB), and answers with JSON on standard output: `{"faults": […]}` or what it found.
Nothing that it answers can run code in the parent.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from pathlib import Path
from typing import Any

from gridder.io import formats
from gridder.io.confine import confine
from gridder.io.contents import other_content
from gridder.io.fault import Fault
from gridder.io.limits import Limits
from gridder.io.table import read_table
from gridder.io.vector import read_vector

UNREADABLE = frozenset(
    [
        "unreadable",
        "unreadable-table",
        "no-json",
        "no-geojson",
        "bad-archive",
        "other-format",
        "no-layer",
        "bad-quotes",
    ]
)
"""Faults that a file under a wrong name has."""


def main() -> None:
    """Answer one request."""
    gc.disable()  # looking for garbage among millions of cells takes as long as reading them
    folder = Path(sys.argv[1])
    request = json.load(sys.stdin)
    limits = Limits(**request["limits"])
    confine(limits)
    try:
        answer = _answer(request, folder, limits)
    except Fault as fault:
        answer = {"faults": [_explained(fault, Path(request["path"]))]}
    except MemoryError:
        answer = {"faults": [{"kind": "too-much-memory", "facts": {"limit_mb": limits.memory_mb}}]}
    json.dump(answer, sys.stdout)


def _answer(request: dict[str, Any], folder: Path, limits: Limits) -> dict[str, Any]:
    path = Path(request["path"])
    if path.suffix.lower() in formats.TABLE_SUFFIXES:
        if path.stat().st_size > limits.file_mb * formats.MEGABYTE:
            raise Fault("file-too-large", limit_mb=limits.file_mb)
        return read_table(path, request, folder)
    return read_vector(path, request, folder, limits)


def _explained(fault: Fault, path: Path) -> dict[str, Any]:
    """Return a fault; where a file cannot be read at all, what it really holds counts more."""
    facts = other_content(fault.path if fault.inside else path) if fault.kind in UNREADABLE else None
    said = {"kind": "other-content", "facts": facts} if facts else {"kind": fault.kind, "facts": fault.facts}
    return said | {"inside": fault.inside}


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(
        0
    )  # libraries end their threads when the interpreter does, and on a busy machine some abort then
