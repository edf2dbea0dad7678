"""Write units that were cut as one GeoPackage, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from gridder.geometry.crs import areas_m2
from gridder.io.draft import check_file_output, draft_of
from gridder.io.plan import storable, to_multi
from gridder.model import SQUARE_METRES_PER_HA, Units

LAYER = "parts"
OURS = ("unit_id", "source_id", "area_ha")
"""Columns of ours; a column of the input with such a name gets an underscore."""
RESERVED = {"FID": "gridder_fid", "GEOMETRY_NAME": "gridder_shape"}
"""Names that GeoPackage needs, and that no input uses."""


def check_parts_output(path: Path, *, source: Path | None = None, overwrite: bool = False) -> None:
    """Refuse a file that parts may not be written to, before any work is done; as `check_file_output`."""
    kept = () if source is None else (source,)
    check_file_output(path, suffix=".gpkg", kept=kept, overwrite=overwrite)


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
