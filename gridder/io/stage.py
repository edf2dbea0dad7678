"""Inputs laid out in the child's own folder, so that nothing is ever written beside a user's files.

GDAL writes indexes next to a shapefile, takes `!` in a name for an archive, and reads text as UTF-8 only.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gridder.io import encoding, formats, geojson, mapinfo
from gridder.io.fault import Fault

_XML_ENCODING = re.compile(rb"^(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?(\sencoding\s*=\s*[\"']([\w.:-]+)[\"'])")
_XML_ENTITY = re.compile(rb"<!\s*(ENTITY|DOCTYPE[^>]*\b(SYSTEM|PUBLIC)\b)", re.IGNORECASE)
INDEX_HEADER, INDEX_ROW = 100, 8
"""Bytes of a .shx."""
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_BINARY_DXF = b"AutoCAD Binary DXF"


@dataclass(frozen=True)
class Staged:
    """A vector file under a name of our own.

    Attributes
    ----------
    choice
        The encoding that a file of text had; it is UTF-8 now.
    network_links, placemarks
        How many a KML file has.
    without_index
        Whether the .shx of a shapefile is missing or counts other rows than the table.
    """

    path: Path
    choice: encoding.Choice | None = None
    network_links: int = 0
    placemarks: int = 0
    without_index: bool = False


def stage(path: Path, folder: Path, user: str) -> Staged:
    """Return a file of our own name with the content of a vector file.

    Sets are copied with their parts, text is turned into UTF-8, and other files are linked where the system
    permits.

    Parameters
    ----------
    user
        The codec that the user named, or nothing.

    Raises
    ------
    Fault
        When the file is empty, or could lead to others.
    """
    folder.mkdir(exist_ok=True)
    suffix = path.suffix.lower()
    target = folder / f"input{suffix}"
    driver = formats.DRIVER_OF_SUFFIX[suffix]
    if driver == formats.GEODATABASE:
        _refuse_links(path, path.iterdir())
    elif not path.stat().st_size:
        raise Fault("empty-file")
    if suffix in formats.PARTS_OF_SUFFIX:
        _copy_parts(path, folder)
        if driver == formats.MAPINFO:
            mapinfo.make_readable(target)
        return Staged(target, without_index=driver == formats.SHAPEFILE and not _has_sound_index(target))
    if driver == formats.GEOJSON:
        return _stage_geojson(path, folder / "input.geojson", user)
    if driver in {formats.KML, formats.GPX}:
        return _stage_xml(path, target, user)
    if driver == formats.DXF:
        with path.open("rb") as file:
            if file.read(len(_BINARY_DXF)) == _BINARY_DXF:
                raise Fault("binary-dxf")
    try:
        target.symlink_to(path, target_is_directory=path.is_dir())
    except OSError:
        return Staged(path)
    return Staged(target)


def parts_of(path: Path) -> list[Path]:
    """Return the files of a set that are there, the named one among them; of another file that file."""
    wanted = formats.PARTS_OF_SUFFIX.get(path.suffix.lower())
    if wanted is None:
        return [path]
    return [p for p in path.parent.iterdir() if p.stem == path.stem and p.suffix.lower() in wanted]


def _has_sound_index(shp: Path) -> bool:
    """Return whether a staged shapefile has an index that fits its table; one that does not is removed."""
    index, table = shp.with_suffix(".shx"), shp.with_suffix(".dbf")
    if not index.exists():
        return False
    if not table.exists():
        return True
    with table.open("rb") as file:
        told = int.from_bytes(file.read(8)[4:], "little")
    if (index.stat().st_size - INDEX_HEADER) // INDEX_ROW == told:
        return True
    index.unlink()
    return False


def _copy_parts(path: Path, folder: Path) -> None:
    parts = parts_of(path)
    if not path.is_symlink():  # else links are the user's own way of keeping files
        _refuse_links(path, parts)
    for part in parts:
        shutil.copyfile(part, folder / f"input{part.suffix.lower()}")


def _refuse_links(path: Path, parts: Iterable[Path]) -> None:
    """Refuse parts that are links to a file elsewhere, unless the user named a link himself."""
    home = (path if path.is_dir() else path.parent).resolve()
    strays = sorted(part.name for part in parts if part.is_symlink() and part.resolve().parent != home)
    if strays:
        raise Fault("link-in-set", names=strays)


def _stage_geojson(path: Path, target: Path, user: str) -> Staged:
    text, choice = _text(path.read_bytes(), user)
    if not text.strip():
        raise Fault("empty-file")
    if path.suffix.lower() in formats.LINE_BY_LINE:
        text = geojson.collected(text)
    target.write_text(text, encoding="utf-8")
    return Staged(target, choice)


def _stage_xml(path: Path, target: Path, user: str) -> Staged:
    """Stage KML or GPX: declared as UTF-8 whatever it was, without entities."""
    raw = path.read_bytes()
    declared = _XML_ENCODING.match(raw)
    named = encoding.known_codec(declared[2].decode("latin-1")) if declared else None
    if declared and not raw.startswith(_UTF16):
        raw = raw[: declared.start(1)] + raw[declared.end(1) :]
    text, choice = _text(raw, user, named)
    content = text.encode()
    if _XML_ENTITY.search(content):
        raise Fault("xml-entity")
    if not content.strip():
        raise Fault("empty-file")
    target.write_bytes(content)
    return Staged(
        target,
        choice,
        network_links=len(re.findall(rb"<(?:\w+:)?NetworkLink\b", content)),
        placemarks=len(re.findall(rb"<(?:\w+:)?Placemark\b", content)),
    )


def _text(raw: bytes, user: str, named: str | None = None) -> tuple[str, encoding.Choice]:
    """Return the text of a file and the encoding that it was in; `named` is what the file says itself."""
    if raw.startswith(_UTF16):
        return raw.decode("utf-16", "replace"), encoding.Choice("utf-16", "bom")
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    choice = encoding.choose([raw], user=user or None, cpg=named)
    return encoding.decode(raw, choice.codec, "replace" if choice.lossy else "strict"), choice
