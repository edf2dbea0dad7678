"""Write a lattice as one file, whole or not at all."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pyogrio

from gridder.io.draft import check_file_output, draft_of
from gridder.io.plan import to_multi
from gridder.model import Lattice

LAYER = "cells"
SUFFIXES = (".gpkg", ".geojson", ".zip")
"""GeoPackage and zipped shapefile in the measuring CRS, GeoJSON in longitude and latitude."""
DRIVERS = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".shp": "ESRI Shapefile"}
LON_LAT = "EPSG:4326"


def check_lattice_output(path: Path, *, source: Path | None = None, overwrite: bool = False) -> None:
    """Refuse a file that a lattice may not be written to, before any work is done; as `check_file_output`."""
    kept = () if source is None else (source,)
    check_file_output(path, suffix=SUFFIXES, kept=kept, overwrite=overwrite)


def write_lattice(lattice: Lattice, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Write the cells of a lattice as the layer `cells`.

    Parameters
    ----------
    lattice
        From `gridder.make_lattice`.
    path
        File to make, with its folder; its ending chooses the format: `.gpkg`, `.geojson`, or `.zip` for a
        shapefile.
    overwrite
        Replace a file that is there.

    Raises
    ------
    OutputExistsError, InputError
        As `check_lattice_output`.
    """
    place = Path(path).absolute()
    check_lattice_output(place, overwrite=overwrite)
    place.parent.mkdir(parents=True, exist_ok=True)
    with draft_of(place) as draft:
        suffix = draft.suffix.lower()
        if suffix == ".zip":
            _write(lattice, draft.with_name(f"{LAYER}.shp"))
            parts = sorted(draft.parent.iterdir())
            with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as package:
                for part in parts:
                    package.write(part, part.name)
        else:
            _write(lattice, draft)
    return place


def _write(lattice: Lattice, path: Path) -> None:
    cells = lattice.cells.set_geometry(to_multi(lattice.cells.geometry.to_numpy()), crs=lattice.cells.crs)
    driver = DRIVERS[path.suffix.lower()]
    if driver == "GeoJSON":
        cells = cells.to_crs(LON_LAT)
    encoding = {"encoding": "UTF-8"} if driver == "ESRI Shapefile" else {}
    options = {"RFC7946": "YES", "COORDINATE_PRECISION": "9"} if driver == "GeoJSON" else {}
    pyogrio.write_dataframe(
        cells,
        path,
        layer=LAYER,
        driver=driver,
        geometry_type="MultiPolygon",
        layer_options=options,
        **encoding,
    )
