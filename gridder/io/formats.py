"""What may be read: suffixes, GDAL's drivers, the parts of a set; known to the parent and to the child.

Only the standard library is imported here, so that the child starts quickly.
"""

from __future__ import annotations

SHAPEFILE, GEOPACKAGE, GEOJSON, KML = "ESRI Shapefile", "GPKG", "GeoJSON", "LIBKML"
FLATGEOBUF, GEODATABASE, MAPINFO = "FlatGeobuf", "OpenFileGDB", "MapInfo File"
DXF, GPX, PARQUET, CSV = "DXF", "GPX", "Parquet", "CSV"

DRIVER_OF_SUFFIX = {
    ".shp": SHAPEFILE,
    ".gpkg": GEOPACKAGE,
    ".geojson": GEOJSON,
    ".json": GEOJSON,
    ".geojsonl": GEOJSON,
    ".geojsons": GEOJSON,
    ".ndjson": GEOJSON,
    ".jsonl": GEOJSON,
    ".kml": KML,
    ".fgb": FLATGEOBUF,
    ".gdb": GEODATABASE,
    ".tab": MAPINFO,
    ".mif": MAPINFO,
    ".dxf": DXF,
    ".gpx": GPX,
    ".parquet": PARQUET,
    ".geoparquet": PARQUET,
}
"""What reads a vector file, by its suffix: a driver of GDAL, or pyarrow for GeoParquet."""

DRIVERS = frozenset(DRIVER_OF_SUFFIX.values()) - {PARQUET}
"""The only drivers of GDAL that the child may have; every other one is named in `OGR_SKIP`."""

LAYERED = frozenset([GEOPACKAGE, GEODATABASE, KML, GPX])
"""What may hold several layers, each with a name of its own."""
FIXED_LAYERS = frozenset([KML, GPX])
"""What has layers and columns that nobody asked for, blank where they hold nothing."""
ROUGH = frozenset([DXF, GPX])
"""What knows no areas: a closed line stands for one."""
BYTE_BY_BYTE = frozenset([SHAPEFILE, MAPINFO, DXF])
"""What is read a letter a byte, as its encoding is often not what it says."""

LINE_BY_LINE = (".geojsonl", ".geojsons", ".ndjson", ".jsonl")
"""GeoJSON with a feature a line."""
ARCHIVE_SUFFIXES = (".zip", ".kmz")
SHEET_SUFFIXES = (".xlsx", ".xls", ".xlsm", ".xlsb", ".et", ".ods")
"""Workbooks of Excel, WPS and OpenDocument."""
TEXT_SUFFIX = ".txt"
"""A table or prose."""
TABLE_SUFFIXES = (".csv", ".tsv", TEXT_SUFFIX, *SHEET_SUFFIXES)
VECTOR_SUFFIXES = (*DRIVER_OF_SUFFIX, *ARCHIVE_SUFFIXES)
SUFFIXES = (*VECTOR_SUFFIXES, *TABLE_SUFFIXES)

SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
PARTS_OF_SUFFIX = {
    ".shp": SHAPEFILE_PARTS,
    ".tab": (".tab", ".dat", ".map", ".id", ".ind", ".dbf"),
    ".mif": (".mif", ".mid"),
}
"""The files of a set, by the suffix of the one that is named."""
PARTS = frozenset(part for parts in PARTS_OF_SUFFIX.values() for part in parts)

MEGABYTE = 1024 * 1024

POLYGONS = "polygon"
LINES = "line"
POINTS = "point"
CROSSINGS = "crossing"
"""Points or lines."""
ANY = "any"
TABLE = "table"

FITTING = {
    POLYGONS: (POLYGONS, ANY),
    LINES: (LINES, ANY),
    POINTS: (POINTS, ANY),
    CROSSINGS: (POINTS, LINES, ANY),
}
"""Families of layers that may hold what is wanted."""


def is_table(driver: str) -> bool:
    """Return whether a layer comes from a sheet or a text with separators, by the driver in its source."""
    return driver == CSV or f".{driver.lower()}" in SHEET_SUFFIXES


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
