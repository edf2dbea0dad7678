"""A folder of linked files, made whole or not at all."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gridder.errors import InputError, OutputExistsError
from gridder.model import Finding, Text

INDEX = "index.html"
PAGES = "pages"
SCRIPT = "atlas.js"
STYLE = "atlas.css"
PDF = "atlas.pdf"
_OURS = re.compile(rf"{INDEX}|{PAGES}|{SCRIPT}|{STYLE}|{PDF}|{PAGES}/\d+\.html")
_LEFT_BY_OTHERS = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""Files that programs leave beside ours without being asked."""
_ANOTHER = Text("name another folder", "请另选文件夹")


def check_atlas_output(folder: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Refuse a folder that an atlas may not be written to, before any work is done.

    Parameters
    ----------
    folder
        Where an atlas is to be written.
    overwrite
        Whether an atlas that is there may be replaced.

    Raises
    ------
    OutputExistsError
        It is a file; or it is not empty and `overwrite` is not given; or it holds something that is no
        part of an atlas, which `overwrite` does not replace either.
    InputError
        No folder can be made there.
    """
    place = Path(folder)
    _check_writable(place)
    if not place.exists():
        return
    if not place.is_dir():
        raise _exists(place, Text("this is a file, not a folder", "这是文件，不是文件夹"), _ANOTHER)
    held = [path.relative_to(place).as_posix() for path in (*place.iterdir(), *(place / PAGES).glob("*"))]
    strange = sorted(name for name in held if not _OURS.fullmatch(name) and name not in _LEFT_BY_OTHERS)
    if strange:
        what = Text(
            "the folder holds files that are no part of an atlas: {names}",
            "文件夹中有不属于图册的文件：{names}",
        ).format(names=", ".join(strange[:5]) + (" …" if len(strange) > 5 else ""))
        raise _exists(place, what, _ANOTHER)
    if held and not overwrite:
        what = Text("the folder is not empty", "文件夹不是空的")
        remedy = Text("name another folder, or add --overwrite", "请另选文件夹，或加上 --overwrite")
        raise _exists(place, what, remedy)


@contextmanager
def draft_of_folder(folder: str | os.PathLike[str], *, overwrite: bool = False) -> Iterator[Path]:
    """Give an empty folder to write to; when all went well, it takes the place of `folder`.

    Parameters
    ----------
    folder
        The folder to make, with its parents.
    overwrite
        Replace the atlas that is there.

    Yields
    ------
    Path
        A hidden folder beside its place, which is removed when something goes wrong.

    Raises
    ------
    OutputExistsError, InputError
        As `check_atlas_output`.
    """
    place = Path(folder).absolute()
    if place.is_symlink():
        place = place.resolve()
    check_atlas_output(place, overwrite=overwrite)
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(f".{place.name}.{secrets.token_hex(4)}.part")
    try:
        draft.mkdir()
        yield draft
        check_atlas_output(place, overwrite=overwrite)
        _publish(draft, place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


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
