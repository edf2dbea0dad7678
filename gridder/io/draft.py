"""Write a file whole or not at all: made in a hidden folder beside its place, then renamed."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def draft_of(path: Path) -> Iterator[Path]:
    """Give a path to write to; when all went well, what is there takes the place of `path`.

    Parameters
    ----------
    path
        The file to make or replace; its folder exists.

    Yields
    ------
    Path
        A file of the same name in a hidden folder of its own, which is removed at the end.
    """
    folder = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    folder.mkdir()
    try:
        draft = folder / path.name
        yield draft
        draft.replace(path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
