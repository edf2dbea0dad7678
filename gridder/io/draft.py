"""Write a file whole or not at all: made in a hidden folder beside its place, then renamed."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from gridder.errors import InputError, OutputExistsError
from gridder.model import Finding, Text

_ANOTHER = Text("name another file", "请另选文件")


def check_file_output(
    path: Path, *, suffix: str | Sequence[str], kept: Sequence[Path] = (), overwrite: bool = False
) -> None:
    """Refuse a file that may not be written, before any work is done.

    Parameters
    ----------
    path
        Where something is to be written.
    suffix
        What its name must end in, as `.html`, or several of which it must have one.
    kept
        Files that are read, none of which is replaced.
    overwrite
        Whether another file that is there may be replaced.

    Raises
    ------
    OutputExistsError
        There is a file, and `overwrite` is not given; or there is one of those that are read, or a folder.
    InputError
        Its name does not end so, or it cannot be written there.
    """
    endings = (suffix,) if isinstance(suffix, str) else tuple(suffix)
    if path.suffix.lower() not in endings:
        what = Text("this is no name for such a file", "文件名后缀不对")
        remedy = Text(
            f"name a file that ends in {' or '.join(endings)}", f"请指定以 {' 或 '.join(endings)} 结尾的文件"
        )
        raise InputError([Finding("bad-output", what, str(path), remedy=remedy)])
    if path.is_dir():
        what = Text("this is a folder, not a file", "这是文件夹，不是文件")
        raise OutputExistsError(Finding("output-exists", what, str(path), remedy=_ANOTHER))
    if path.resolve() in {other.resolve() for other in kept}:
        what = Text("this is the file that is read", "这是正在读取的文件")
        raise OutputExistsError(Finding("output-exists", what, str(path), remedy=_ANOTHER))
    if path.exists() and not overwrite:
        what = Text("the file already exists", "文件已存在")
        remedy = Text("name another file, or add --overwrite", "请另选文件，或加上 --overwrite")
        raise OutputExistsError(Finding("output-exists", what, str(path), remedy=remedy))
    beside = next(folder for folder in path.resolve().parents if folder.exists())
    if not (beside.is_dir() and os.access(beside, os.W_OK | os.X_OK)):
        what = Text(f"no file can be made in {beside}", f"无法在 {beside} 中建立文件")
        remedy = Text("name a file in a place where you may write", "请指定有写权限的位置")
        raise InputError([Finding("output-not-writable", what, str(path), remedy=remedy)])


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
