"""What may be read: suffixes, GDAL drivers and limits; known to the parent and to the guarded child.

Only the standard library is imported here, so that the child starts quickly.
"""

from __future__ import annotations

DRIVER_OF_SUFFIX = {
    ".shp": "ESRI Shapefile",
    ".gpkg": "GPKG",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
}
"""GDAL's driver for every suffix of a vector file."""

DRIVERS = frozenset(DRIVER_OF_SUFFIX.values())
"""The only drivers that the child may have; every other one is named in `OGR_SKIP`."""

ARCHIVE_SUFFIXES = (".zip",)
TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx")
VECTOR_SUFFIXES = (*DRIVER_OF_SUFFIX, *ARCHIVE_SUFFIXES)
SUFFIXES = (*VECTOR_SUFFIXES, *TABLE_SUFFIXES)

SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")

MEGABYTE = 1024 * 1024
MAX_ARCHIVE_BYTES = 200 * MEGABYTE
MAX_UNPACKED_BYTES = 1024 * MEGABYTE
MAX_ENTRIES = 500
MAX_RATIO = 100
RATIO_FREE_BYTES = MEGABYTE
"""Entries up to this size may be packed as tightly as they like: blank tables are."""

MAX_ADDRESS_BYTES = 8 * 1024 * MEGABYTE
MAX_FILE_BYTES = 4 * 1024 * MEGABYTE
MAX_CPU_SECONDS = 600
MAX_SECONDS = 900

POLYGONS = "polygon"
LINES = "line"
POINTS = "point"
ANY = "any"
TABLE = "table"


def geometry_family(geometry_type: str | None) -> str:
    """Return the family of a layer's declared geometry type, as GDAL names it.

    Parameters
    ----------
    geometry_type
        `MultiPolygon`, `LineString Z`, `2.5D Point`, `Unknown` …, or None for a plain table.
    """
    if geometry_type is None:
        return TABLE
    name = geometry_type.lower()
    if "polygon" in name or "surface" in name:
        return POLYGONS
    if "line" in name or "curve" in name or "string" in name:
        return LINES
    if "point" in name:
        return POINTS
    return ANY
