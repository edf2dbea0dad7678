"""Unpack an archive of strangers within limits, under names of our own."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path, PurePosixPath

from gridder.io import formats
from gridder.io.fault import Fault

CHUNK = 1024 * 1024
UTF8_FLAG = 0x800


def unpack(path: Path, folder: Path) -> list[tuple[Path, str]]:
    """Unpack the vector files of a .zip.

    Returns
    -------
    list of (path, name)
        Every file that GDAL can open, and its name in the archive without folder and suffix.

    Raises
    ------
    Fault
        When a limit of `gridder.io.formats` is passed, an entry is a link, leads out of the archive or
        is an archive itself, or nothing in it can be read.
    """
    if path.stat().st_size > formats.MAX_ARCHIVE_BYTES:
        raise Fault("archive-too-large", limit_mb=formats.MAX_ARCHIVE_BYTES // formats.MEGABYTE)
    folder.mkdir()
    try:
        with zipfile.ZipFile(path) as archive:
            return _unpack_entries(archive, folder)
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, EOFError) as error:
        raise Fault("bad-archive") from error
    except RuntimeError as error:
        raise Fault("archive-with-password") from error


def _unpack_entries(archive: zipfile.ZipFile, folder: Path) -> list[tuple[Path, str]]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > formats.MAX_ENTRIES:
        raise Fault("too-many-entries", limit=formats.MAX_ENTRIES)
    stems: dict[str, str] = {}
    found: list[tuple[Path, str]] = []
    left = formats.MAX_UNPACKED_BYTES
    nested = False
    for entry in entries:
        inside = PurePosixPath(_name(entry).replace("\\", "/"))
        _refuse_dangerous(entry, inside)
        suffix = inside.suffix.lower()
        nested |= suffix in formats.ARCHIVE_SUFFIXES
        if suffix not in (*formats.SHAPEFILE_PARTS, *formats.DRIVER_OF_SUFFIX):
            continue
        if "__MACOSX" in inside.parts or inside.name.startswith("._"):
            continue
        stem = stems.setdefault(str(inside.with_suffix("")).lower(), f"e{len(stems)}")
        target = folder / (stem + suffix)
        left -= _unpack_one(archive, entry, target, left)
        if suffix in formats.DRIVER_OF_SUFFIX:
            found.append((target, inside.stem))
    if not found:
        raise Fault("nested-archive" if nested else "nothing-in-archive")
    better = [(path, name) for path, name in found if path.suffix != ".json"]
    return better or found


def _name(entry: zipfile.ZipInfo) -> str:
    """Return the name of an entry; without a flag it is UTF-8, else GBK, else code page 437."""
    if entry.flag_bits & UTF8_FLAG:
        return entry.filename
    raw = entry.filename.encode("cp437")
    for codec in ("utf-8", "gbk"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    return entry.filename


def _refuse_dangerous(entry: zipfile.ZipInfo, inside: PurePosixPath) -> None:
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise Fault("link-in-archive")
    if inside.is_absolute() or ".." in inside.parts or ":" in inside.parts[0]:
        raise Fault("path-out-of-archive")


def _unpack_one(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, left: int) -> int:
    """Unpack one entry, counting the bytes that really come out."""
    size = 0
    with archive.open(entry) as packed, target.open("wb") as out:
        while chunk := packed.read(CHUNK):
            size += len(chunk)
            too_dense = size > formats.RATIO_FREE_BYTES and size > formats.MAX_RATIO * entry.compress_size
            if size > left or too_dense:
                raise Fault("archive-bomb", limit_mb=formats.MAX_UNPACKED_BYTES // formats.MEGABYTE)
            out.write(chunk)
    return size
