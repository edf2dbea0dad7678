"""A folder of files that belong together, made whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gridder.errors import InputError, OutputExistsError
from gridder.model import Finding, Text

LEFT_BY_OTHERS = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""Files that programs leave beside ours without being asked."""
_ANOTHER = Text("name another folder", "请另选文件夹")


@dataclass(frozen=True)
class FolderKind:
    """What a folder is, and which files are its parts.

    Attributes
    ----------
    name
        With its article, as in "a plan".
    is_part
        Whether a path within the folder, as `pages/1.html`, is part of it.
    is_left_by_others
        Whether a path is no part but may go with it.
    """

    name: Text
    is_part: Callable[[str], bool]
    is_left_by_others: Callable[[str], bool] = LEFT_BY_OTHERS.__contains__


def check_folder_output(folder: str | os.PathLike[str], kind: FolderKind, *, overwrite: bool = False) -> None:
    """Refuse a folder that may not be written, before any work is done.

    Parameters
    ----------
    folder
        What is to be written.
    kind
        What it is to be.
    overwrite
        Whether one of this kind that is there may be replaced.

    Raises
    ------
    OutputExistsError
        It is a file; or it is not empty and `overwrite` is not given; or it holds something that is no part of
        its kind, which `overwrite` does not replace either.
    InputError
        No folder can be made there.
    """
    place = Path(folder)
    _check_writable(place)
    if not place.exists():
        return
    if not place.is_dir():
        raise _exists(place, Text("this is a file, not a folder", "这是文件，不是文件夹"), _ANOTHER)
    held = sorted(_held(place, kind))
    strange = [name for name in held if not (kind.is_part(name) or kind.is_left_by_others(name))]
    if strange:
        names = ", ".join(strange[:5]) + (" …" if len(strange) > 5 else "")
        what = Text(
            f"the folder holds files that are no part of {kind.name.en}: {names}",
            f"文件夹中有不属于{kind.name.zh}的文件：{names}",
        )
        raise _exists(place, what, _ANOTHER)
    if held and not overwrite:
        what = (
            Text(f"the folder already holds {kind.name.en}", f"文件夹中已有{kind.name.zh}")
            if any(map(kind.is_part, held))
            else Text("the folder is not empty", "文件夹不是空的")
        )
        remedy = Text("name another folder, or add --overwrite", "请另选文件夹，或加上 --overwrite")
        raise _exists(place, what, remedy)


@contextmanager
def draft_of_folder(
    folder: str | os.PathLike[str], kind: FolderKind, *, overwrite: bool = False
) -> Iterator[Path]:
    """Give an empty folder to write to; when all went well, it takes the place of `folder`.

    Parameters
    ----------
    folder
        The folder to make, with its parents.
    kind
        What it is to be.
    overwrite
        Replace one of this kind that is there.

    Yields
    ------
    Path
        A hidden folder beside its place, which is removed when something goes wrong.

    Raises
    ------
    OutputExistsError, InputError
        As `check_folder_output`.
    """
    place = Path(folder).absolute()
    if place.is_symlink():
        place = place.resolve()
    check_folder_output(place, kind, overwrite=overwrite)
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(f".{place.name}.{secrets.token_hex(4)}.part")
    try:
        draft.mkdir()
        yield draft
        check_folder_output(place, kind, overwrite=overwrite)
        _publish(draft, place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _held(place: Path, kind: FolderKind) -> Iterator[str]:
    """Yield what a folder holds, and what those of its folders hold that are part of it."""
    for entry in place.iterdir():
        yield entry.name
        if entry.is_dir() and kind.is_part(entry.name):
            yield from (path.relative_to(place).as_posix() for path in entry.iterdir())


def _publish(draft: Path, place: Path) -> None:
    """Put the finished folder in its place; the old one goes only when the new one is there."""
    if not place.exists():
        draft.rename(place)
        return
    old = draft.with_suffix(".old")
    try:
        place.rename(old)
        draft.rename(place)
    except BaseException:
        if old.exists() and not place.exists():
            old.rename(place)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _check_writable(place: Path) -> None:
    """Refuse a place beside which no folder can be made and renamed."""
    full = place.resolve()
    beside = next(folder for folder in full.parents if folder.exists())
    if not (beside.is_dir() and os.access(beside, os.W_OK | os.X_OK)):
        what = Text(f"no folder can be made in {beside}", f"无法在 {beside} 中建立文件夹")
        remedy = Text("name a folder in a place where you may write", "请指定有写权限的位置")
    elif full.is_mount():
        what = Text("this is a whole volume, which cannot be renamed", "这是整个卷，无法重命名")
        remedy = Text("name a folder inside it", "请指定其中的一个文件夹")
    else:
        return
    raise InputError([Finding("output-not-writable", what, file=str(place), remedy=remedy)])


def _exists(place: Path, what: Text, remedy: Text) -> OutputExistsError:
    return OutputExistsError(Finding("output-exists", what, file=str(place), remedy=remedy))
