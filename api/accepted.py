"""What files the pages say can be given: the endings that are read, and a name and a hint for each format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gridder.io import formats
from gridder.model import Text

FOLDERS = (".gdb",)
"""What is a folder, and so is given as a .zip."""

CHOSEN_SUFFIXES = tuple(sorted({*formats.SUFFIXES, *formats.PARTS} - set(FOLDERS)))
"""Endings of the files that can be chosen."""


@dataclass(frozen=True)
class Format:
    """A format as the page lists it: its name, its endings, and how it is given."""

    name: Text
    suffixes: Sequence[str]
    hint: Text


def _of(driver: str) -> tuple[str, ...]:
    return tuple(suffix for suffix, reader in formats.DRIVER_OF_SUFFIX.items() if reader == driver)


_ALONE = Text("one file", "单个文件")
FORMATS = (
    Format(
        Text("Shapefile", "Shapefile"),
        _of(formats.SHAPEFILE),
        Text(
            "zipped, or .shp with .dbf, .shx, .prj and .cpg chosen together",
            "压缩为 .zip，或同时选中 .shp 及 .dbf、.shx、.prj、.cpg",
        ),
    ),
    Format(Text("GeoPackage", "GeoPackage"), _of(formats.GEOPACKAGE), _ALONE),
    Format(Text("GeoJSON", "GeoJSON"), _of(formats.GEOJSON), _ALONE),
    Format(
        Text("KML, KMZ (Google Earth, Ovital)", "KML、KMZ（谷歌地球、奥维地图）"),
        (*_of(formats.KML), ".kmz"),
        Text("one file; each folder in it is a layer", "单个文件；其中每个文件夹为一个图层"),
    ),
    Format(
        Text("File geodatabase (ArcGIS)", "文件地理数据库（ArcGIS）"),
        _of(formats.GEODATABASE),
        Text("zip the whole folder first", "请先将整个文件夹压缩为 .zip"),
    ),
    Format(
        Text("MapInfo", "MapInfo"),
        _of(formats.MAPINFO),
        Text(
            "zipped, or .tab with .dat, .map and .id, or .mif with .mid, chosen together",
            "压缩为 .zip，或同时选中 .tab 及 .dat、.map、.id，或 .mif 及 .mid",
        ),
    ),
    Format(
        Text("DXF (AutoCAD)", "DXF（AutoCAD）"),
        _of(formats.DXF),
        Text("closed polylines are areas; save a .dwg as .dxf first", "闭合多段线为面；.dwg 请先另存为 .dxf"),
    ),
    Format(
        Text("GPX (GPS)", "GPX（手持 GPS）"),
        _of(formats.GPX),
        Text("a track that comes back to its start is an area", "首尾相接的轨迹为面"),
    ),
    Format(Text("FlatGeobuf", "FlatGeobuf"), _of(formats.FLATGEOBUF), _ALONE),
    Format(Text("GeoParquet", "GeoParquet"), _of(formats.PARQUET), _ALONE),
    Format(
        Text("Excel, WPS, OpenDocument", "Excel、WPS、OpenDocument 表格"),
        formats.SHEET_SUFFIXES,
        Text("rosters; also boundaries in a column WKT", "名册；也可为含 WKT 列的边界"),
    ),
    Format(
        Text("Text tables", "文本表格"),
        tuple(suffix for suffix in formats.TABLE_SUFFIXES if suffix not in formats.SHEET_SUFFIXES),
        Text("the same, in UTF-8 or GBK", "同上，UTF-8 或 GBK 编码"),
    ),
    Format(
        Text("Archive", "压缩包"),
        (".zip",),
        Text(
            "any of these, one archive deep; unpack .rar and .7z first",
            "以上任一格式，只解一层；.rar、.7z 请先解压",
        ),
    ),
)
"""Every format that is read, the commonest first."""
