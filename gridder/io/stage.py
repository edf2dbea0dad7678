"""Inputs laid out in the child's own folder, so that nothing is ever written beside a user's files.

GDAL writes indexes next to a shapefile, takes `!` in a name for an archive, and reads GeoJSON as UTF-8 only.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from gridder.io import formats

LAST_RESORT = "gb18030"


def stage(path: Path, folder: Path) -> Path:
    """Return a file of our own name with the content of a vector file.

    Shapefiles are copied with their parts, GeoJSON in another encoding is turned into UTF-8, and other
    files are linked where the system permits.
    """
    folder.mkdir(exist_ok=True)
    suffix = path.suffix.lower()
    target = folder / f"input{suffix}"
    if suffix == ".shp":
        _copy_parts(path, folder)
    elif formats.DRIVER_OF_SUFFIX[suffix] == "GeoJSON":
        return _as_utf8(path, target)
    else:
        try:
            target.symlink_to(path)
        except OSError:
            return path
    return target


def _copy_parts(path: Path, folder: Path) -> None:
    for part in path.parent.iterdir():
        if part.stem == path.stem and part.suffix.lower() in formats.SHAPEFILE_PARTS:
            shutil.copyfile(part, folder / f"input{part.suffix.lower()}")


def _as_utf8(path: Path, target: Path) -> Path:
    raw = path.read_bytes()
    try:
        raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        target.write_text(raw.decode(LAST_RESORT, "replace"), encoding="utf-8")
        return target
    target.write_bytes(raw)
    return target


def has_index(shp: Path) -> bool:
    """Return whether a staged shapefile has its index."""
    return shp.with_suffix(".shx").exists()
