"""Unpack an archive of strangers within limits, under names of our own."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

from gridder.io import formats

CHUNK = 1024 * 1024
GBK_NAMES = "gbk"
UTF8_FLAG = 0x800


class Refused(Exception):
    """The archive is not unpacked: a kind that the parent puts into words, and facts for it."""

    def __init__(self, kind: str, **facts: Any) -> None:
        self.kind, self.facts = kind, facts
        super().__init__(kind)


def unpack(path: Path, folder: Path) -> list[tuple[Path, str]]:
    """Unpack the vector files of a .zip.

    Returns
    -------
    list of (path, name)
        Every file that GDAL can open, and its name in the archive without folder and suffix.

    Raises
    ------
    Refused
        When a limit of `gridder.io.formats` is passed, an entry is a link, leads out of the archive or
        is an archive itself, or nothing in it can be read.
    """
    if path.stat().st_size > formats.MAX_ARCHIVE_BYTES:
        raise Refused("archive-too-large", limit_mb=formats.MAX_ARCHIVE_BYTES // formats.MEGABYTE)
    folder.mkdir()
    try:
        with zipfile.ZipFile(path, metadata_encoding=GBK_NAMES) as archive:
            return _unpack_entries(archive, folder)
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, EOFError) as error:
        raise Refused("bad-archive") from error
    except RuntimeError as error:
        raise Refused("archive-with-password") from error


def _unpack_entries(archive: zipfile.ZipFile, folder: Path) -> list[tuple[Path, str]]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > formats.MAX_ENTRIES:
        raise Refused("too-many-entries", limit=formats.MAX_ENTRIES)
    stems: dict[str, str] = {}
    found: list[tuple[Path, str]] = []
    left = formats.MAX_UNPACKED_BYTES
    nested = False
    for entry in entries:
        inside = PurePosixPath(entry.filename.replace("\\", "/"))
        _refuse_dangerous(entry, inside)
        suffix = inside.suffix.lower()
        nested |= suffix in formats.ARCHIVE_SUFFIXES
        if suffix not in (*formats.SHAPEFILE_PARTS, *formats.DRIVER_OF_SUFFIX):
            continue
        if "__MACOSX" in inside.parts:
            continue
        stem = stems.setdefault(str(inside.with_suffix("")).lower(), f"e{len(stems)}")
        target = folder / (stem + suffix)
        left -= _unpack_one(archive, entry, target, left)
        if suffix in formats.DRIVER_OF_SUFFIX:
            found.append((target, inside.stem))
    if not found:
        raise Refused("nested-archive" if nested else "nothing-in-archive")
    return found


def _refuse_dangerous(entry: zipfile.ZipInfo, inside: PurePosixPath) -> None:
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise Refused("link-in-archive")
    if inside.is_absolute() or ".." in inside.parts or ":" in inside.parts[0]:
        raise Refused("path-out-of-archive")


def _unpack_one(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, left: int) -> int:
    """Unpack one entry, counting the bytes that really come out."""
    size = 0
    with archive.open(entry) as packed, target.open("wb") as out:
        while chunk := packed.read(CHUNK):
            size += len(chunk)
            too_dense = size > formats.RATIO_FREE_BYTES and size > formats.MAX_RATIO * entry.compress_size
            if size > left or too_dense:
                raise Refused("archive-bomb", limit_mb=formats.MAX_UNPACKED_BYTES // formats.MEGABYTE)
            out.write(chunk)
    return size


def restored_index(shp: Path) -> bool:
    """Return whether a shapefile came without its index, which GDAL then restores."""
    return not any(shp.with_suffix(suffix).exists() for suffix in (".shx", ".SHX"))
