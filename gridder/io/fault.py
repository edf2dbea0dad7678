"""How the guarded child says that a file cannot be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any


class Fault(Exception):
    """The file cannot be read: a kind that the parent puts into words (`gridder.io.refusals`), and facts."""

    def __init__(self, kind: str, **facts: Any) -> None:
        self.kind, self.facts = kind, facts
        self.inside, self.path = "", Path()
        super().__init__(kind)

    def of(self, path: Path, name: str) -> Fault:
        """Return the fault as one of a file in an archive, unpacked at `path`, with a name there."""
        if not self.inside:
            self.inside, self.path = name, path
        return self


def short(error: Exception) -> str:
    """Return what a library says of an error, without paths."""
    said = str(error).partition("; It might help")[0]
    return " ".join(said.replace("\\", "/").split("/")[-1].replace("'", "").split())[:200]
