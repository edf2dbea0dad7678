"""Write units that were cut as one GeoPackage, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from gridder.errors import InputError, OutputExistsError
from gridder.geometry.crs import areas_m2
from gridder.io.draft import draft_of
from gridder.io.plan import storable, to_multi
from gridder.model import SQUARE_METRES_PER_HA, Finding, Text, Units

LAYER = "parts"
OURS = ("unit_id", "source_id", "area_ha")
"""Columns of ours; a column of the input with such a name gets an underscore."""
ANOTHER = Text("name another file", "请另选文件")
RESERVED = {"FID": "gridder_fid", "GEOMETRY_NAME": "gridder_shape"}
"""Names that GeoPackage needs, and that no input uses."""


def check_parts_output(path: Path, *, source: Path | None = None, overwrite: bool = False) -> None:
    """Refuse a file that may not be written, before any work is done.

    Parameters
    ----------
    path
        Where parts are to be written.
    source
        The file that they come from, which is not replaced.
    overwrite
        Whether another file that is there may be replaced.

    Raises
    ------
    OutputExistsError
        There is a file, and `overwrite` is not given; or there is the source, or a folder.
    InputError
        It is no GeoPackage by its name, or cannot be written there.
    """
    if path.suffix.lower() != ".gpkg":
        what = Text("the parts are written as GeoPackage", "结果写为 GeoPackage")
        remedy = Text("name a file that ends in .gpkg", "请指定以 .gpkg 结尾的文件")
        raise InputError([Finding("bad-output", what, str(path), remedy=remedy)])
    if path.is_dir():
        what = Text("this is a folder, not a file", "这是文件夹，不是文件")
        raise OutputExistsError(Finding("output-exists", what, str(path), remedy=ANOTHER))
    if source is not None and path.resolve() == source.resolve():
        what = Text("this is the file that is read", "这是正在读取的文件")
        raise OutputExistsError(Finding("output-exists", what, str(path), remedy=ANOTHER))
    if path.exists() and not overwrite:
        what = Text("the file already exists", "文件已存在")
        remedy = Text("name another file, or add --overwrite", "请另选文件，或加上 --overwrite")
        raise OutputExistsError(Finding("output-exists", what, str(path), remedy=remedy))
    beside = next(folder for folder in path.resolve().parents if folder.exists())
    if not (beside.is_dir() and os.access(beside, os.W_OK | os.X_OK)):
        what = Text(f"no file can be made in {beside}", f"无法在 {beside} 中建立文件")
        remedy = Text("name a file in a place where you may write", "请指定有写权限的位置")
        raise InputError([Finding("output-not-writable", what, str(path), remedy=remedy)])


def write_parts(units: Units, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Write cut units with all their attributes as the layer `parts` of a GeoPackage.

    Parameters
    ----------
    units
        From `gridder.split_units`.
    path
        File to make, with its folder.
    overwrite
        Replace a file that is there.

    Raises
    ------
    OutputExistsError, InputError
        As `check_parts_output`.
    """
    place = Path(path).absolute()
    check_parts_output(place, overwrite=overwrite)
    place.parent.mkdir(parents=True, exist_ok=True)
    shapes = units.frame.geometry
    own = units.attributes.set_axis(_free_names(units.attributes.columns), axis=1)
    columns = {
        "unit_id": units.frame["unit_id"],
        "source_id": units.frame["source_id"],
        "area_ha": areas_m2(shapes) / SQUARE_METRES_PER_HA,
    } | {name: storable(own[name]) for name in own.columns}
    content = gpd.GeoDataFrame(pd.DataFrame(columns), geometry=to_multi(shapes.to_numpy()), crs=shapes.crs)
    with draft_of(place) as draft:
        pyogrio.write_dataframe(
            content,
            draft,
            layer=LAYER,
            driver="GPKG",
            geometry_type="MultiPolygon",
            layer_options=RESERVED,
            use_arrow=True,
        )
    return place


def _free_names(names: Iterable[str]) -> list[str]:
    """Return names that differ from ours and from each other, also without regard to capitals."""
    used = {name.lower() for name in (*OURS, "geometry", *RESERVED.values())}
    free = []
    for name in map(str, names):
        new = name
        while new.lower() in used:
            new += "_"
        used.add(new.lower())
        free.append(new)
    return free
