"""Unpack an archive of strangers within limits, under names of our own."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from gridder.io import formats
from gridder.io.contents import other_content
from gridder.io.fault import Fault
from gridder.io.limits import Limits
from gridder.io.text_table import is_table

CHUNK = 1024 * 1024
UTF8_FLAG = 0x800
RATIO_FREE_BYTES = 1024 * 1024
"""Entries up to this size may be packed as tightly as they like: blank tables are."""
SHOWN = 5
GEODATABASE_FILES = (".gdbtable", ".gdbtablx", ".gdbindexes", ".spx", ".atx", ".freelist", ".horizon")

LOOKED_AT_BYTES = 64 * 1024
"""Of a text, to see whether it is a table."""

Found = tuple[Path, str]
"""A file that can be opened, and its name in the archive without folder and suffix."""


@dataclass
class _Budget:
    """What may still be unpacked, of all archives together."""

    limits: Limits
    known_headers: Collection[str]
    bytes: int = field(init=False)
    entries: int = field(init=False)
    passed_over: list[str] = field(default_factory=list)
    """Names of entries that cannot be read."""
    prose: list[str] = field(default_factory=list)
    """Names of texts that are no tables."""

    def __post_init__(self) -> None:
        self.bytes = self.limits.unpacked_mb * formats.MEGABYTE
        self.entries = self.limits.entries


def unpack(
    path: Path, folder: Path, limits: Limits, known_headers: Collection[str]
) -> tuple[list[Found], list[str]]:
    """Unpack the vector files and tables of a .zip, or the vector files of a .kmz, and of archives inside it.

    Parameters
    ----------
    known_headers
        Headers of tables, folded; by them a text is known for a table.

    Returns
    -------
    list of (path, name)
        Every file (or file geodatabase) that can be opened, and its name.
    list of str
        Names of texts that are no tables, such as a readme.

    Raises
    ------
    Fault
        When a limit is passed, an entry is a link or leads out of the archive, or nothing in it can be read.
    """
    budget = _Budget(limits, known_headers)
    found = _unpack(path, path.stem, folder, budget, limits.nesting)
    if not found:
        raise Fault("nothing-in-archive", names=[*budget.prose, *budget.passed_over][:SHOWN] or ["-"])
    named_json = [path for path, _ in found if path.suffix == ".json"]
    if all(path.suffix in formats.TABLE_SUFFIXES for path, _ in found if path not in named_json):
        return found, budget.prose
    return [(path, name) for path, name in found if path not in named_json], budget.prose


def _unpack(path: Path, name: str, folder: Path, budget: _Budget, depth: int) -> list[Found]:
    folder.mkdir()
    if other := other_content(path):
        raise Fault("other-content", **other)
    try:
        with zipfile.ZipFile(path) as archive:
            return _unpack_entries(archive, name, folder, budget, depth)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, OSError, zlib.error) as error:
        raise Fault("bad-archive") from error
    except RuntimeError as error:
        raise Fault("archive-with-password") from error


def _unpack_entries(
    archive: zipfile.ZipFile, name: str, folder: Path, budget: _Budget, depth: int
) -> list[Found]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    budget.entries -= len(entries)
    if budget.entries < 0:
        raise Fault("too-many-entries", limit=budget.limits.entries)
    openable = formats.SUFFIXES if str(archive.filename).lower().endswith(".zip") else formats.VECTOR_SUFFIXES
    stems: dict[str, str] = {}
    found: dict[Path, str] = {}
    inner: list[Found] = []
    for entry in entries:
        inside = PurePosixPath(_name(entry).replace("\\", "/"))
        _refuse_dangerous(entry, inside)
        if "__MACOSX" in inside.parts or inside.name.startswith(("._", "~$")):
            continue
        suffix = inside.suffix.lower()
        if geodatabase := _geodatabase_of(inside):
            at = folder / (stems.setdefault(str(geodatabase), f"e{len(stems)}") + ".gdb")
            at.mkdir(exist_ok=True)
            _unpack_one(archive, entry, at / _plain(inside.name), budget)
            found[at] = geodatabase.stem or name
        elif suffix in formats.ARCHIVE_SUFFIXES:
            if not depth:
                raise Fault("nested-archive", limit=budget.limits.nesting)
            packed = folder / f"n{len(inner)}{suffix}"
            _unpack_one(archive, entry, packed, budget)
            inner.append((packed, inside.stem))
        elif suffix == formats.TEXT_SUFFIX and not _begins_as_table(archive, entry, budget):
            budget.prose.append(inside.name)
        elif suffix in formats.PARTS or suffix in openable:
            stem = stems.setdefault(str(inside.with_suffix("")).lower(), f"e{len(stems)}")
            target = folder / (stem + suffix)
            _unpack_one(archive, entry, target, budget)
            if suffix in openable:
                found[target] = inside.stem
        else:
            budget.passed_over.append(inside.name)
    within = [
        pair
        for packed, stem in inner
        for pair in _unpack(packed, stem, packed.with_suffix(""), budget, depth - 1)
    ]
    return [*found.items(), *within]


def _begins_as_table(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: _Budget) -> bool:
    with archive.open(entry) as packed:
        return is_table(packed.read(LOOKED_AT_BYTES), budget.known_headers)


def _name(entry: zipfile.ZipInfo) -> str:
    """Return the name of an entry; without a flag it is UTF-8, else GBK, else code page 437."""
    if entry.flag_bits & UTF8_FLAG:
        return entry.filename
    try:
        raw = entry.filename.encode("cp437")
    except UnicodeEncodeError:  # it was told a second time, in an extra field (Info-ZIP)
        return entry.filename
    for codec in ("utf-8", "gbk"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    return entry.filename


def _refuse_dangerous(entry: zipfile.ZipInfo, inside: PurePosixPath) -> None:
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise Fault("link-in-archive")
    if inside.is_absolute() or ".." in inside.parts or ":" in (inside.parts or ("",))[0]:
        raise Fault("path-out-of-archive")


def _geodatabase_of(inside: PurePosixPath) -> PurePosixPath | None:
    """Return the folder of a file geodatabase that an entry belongs to, whether it ends in .gdb or not."""
    folder = inside.parent
    if folder.suffix.lower() == ".gdb" or inside.suffix.lower() in GEODATABASE_FILES:
        return folder
    return None


def _plain(name: str) -> str:
    """Return the name of a file of a geodatabase, all of which are ASCII."""
    if not name.isascii() or set(name) & set('<>:"|?*\0'):
        raise Fault("bad-archive")
    return name


def _unpack_one(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, budget: _Budget) -> None:
    """Unpack one entry, counting the bytes that really come out."""
    size = 0
    with archive.open(entry) as packed, target.open("wb") as out:
        while chunk := packed.read(CHUNK):
            size += len(chunk)
            budget.bytes -= len(chunk)
            if budget.bytes < 0:
                raise Fault("archive-bomb", limit_mb=budget.limits.unpacked_mb)
            if size > RATIO_FREE_BYTES and size > budget.limits.ratio * entry.compress_size:
                raise Fault("archive-too-dense", limit=budget.limits.ratio)
            out.write(chunk)
