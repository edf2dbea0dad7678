"""Make the sample files anew: `python -m sample_geo.make_samples [FOLDER]`.

Everything comes from one fixed `rng`; with the same versions of the libraries the files are the same byte for byte.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pyogrio
import shapely
from openpyxl.styles import Font
from pyproj import Transformer
from shapely import affinity
from shapely.geometry.base import BaseGeometry
from shapely.ops import split

from sample_geo import FILES
from sample_geo.land import Land, build_land
from sample_geo.people import Person, build_people
from sample_geo.town import COMMUNITIES, Town, build_town, park_pond

RNG = 20260501
CRS = "EPSG:4532"
"""CGCS2000, 3-degree Gauss-Krueger zone 44 (central meridian 132 degrees east, easting with the zone's number)."""
LON_LAT = "EPSG:4490"
ORIGIN = (44_505_000.0, 5_223_000.0)
"""Easting and northing of the land's own origin, metres."""
MADE_AT = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
FARM = "晨禾农场"
AREAS = ("第一管理区", "第二管理区", "第三管理区")
GBK_LDID = 0x4D
HEADERS = (
    "成员编号", "姓名", "电话", "户号", "小区", "楼栋", "单元", "楼层", "房号", "地址", "经度", "纬度", "地块编号", "技能",
)  # fmt: skip


def make(folder: Path) -> None:
    """Write all sample files into a folder.

    Parameters
    ----------
    folder
        An existing folder; files of the same names are replaced.
    """
    for_land, for_town, for_people = np.random.default_rng(RNG).spawn(3)
    land = build_land(for_land)
    town = build_town(for_town)
    fields = field_frame(land)
    parcel_m2 = fields.area.to_numpy()
    people = build_people(for_people, town.buildings, list(fields["地块编号"]), parcel_m2)
    write_fields(folder / "fields.zip", fields)
    write_layers(folder / "town.gpkg", town_layers(land, town, park_pond(for_town, town)))
    write_members(folder / "members.xlsx", people)


def on_map(shapes: Sequence[BaseGeometry]) -> gpd.GeoSeries:
    """Return shapes of the land in the CRS of the files."""
    return gpd.GeoSeries([affinity.translate(shape, *ORIGIN) for shape in shapes], crs=CRS)


def frame(shapes: Sequence[BaseGeometry], columns: Mapping[str, Sequence[Any]]) -> gpd.GeoDataFrame:
    """Return shapes of the land as a layer, to the centimetre."""
    placed = shapely.set_precision(on_map(shapes).to_numpy(), 0.01)
    return gpd.GeoDataFrame(dict(columns), geometry=gpd.GeoSeries(placed, crs=CRS))


def field_frame(land: Land) -> gpd.GeoDataFrame:
    """Return the fields with their numbers: management area, block in reading order, field in the block."""
    shapes = np.array([field.shape for field in land.fields], dtype=object)
    block = np.array([field.block for field in land.fields])
    area = np.array([field.area for field in land.fields])
    middle = shapely.get_coordinates(shapely.centroid(shapes))
    row = -(middle[:, 1] // 600)
    first_row = {b: (row[block == b].min(), middle[block == b, 0].min()) for b in np.unique(block)}
    order = sorted(
        range(len(shapes)),
        key=lambda i: (area[i], first_row[block[i]], block[i], -round(middle[i, 1]), middle[i, 0]),
    )
    ids = []
    blocks_of: dict[int, dict[int, int]] = {0: {}, 1: {}, 2: {}}
    fields_in: dict[int, int] = {}
    for i in order:
        number = blocks_of[area[i]].setdefault(block[i], len(blocks_of[area[i]]) + 1)
        fields_in[block[i]] = fields_in.get(block[i], 0) + 1
        ids.append(f"G{area[i] + 1}-{number:03d}-{fields_in[block[i]]:02d}")
    chosen = [land.fields[i] for i in order]
    return frame(
        [field.shape for field in chosen],
        {
            "地块编号": ids,
            "管理区": [AREAS[field.area] for field in chosen],
            "作物": [field.crop for field in chosen],
            "面积亩": [round(field.shape.area * 3 / 2000, 1) for field in chosen],
        },
    )


def town_layers(land: Land, town: Town, pond: BaseGeometry) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers of `town.gpkg` by name, the buildings first."""
    numbers = {name: i for i, name in enumerate(town.compounds, start=1)}
    communities = sorted(split(land.town, town.community_line).geoms, key=lambda part: part.centroid.x)
    areas = [area.difference(land.town) for area in land.areas]
    canals, streets = land.canals, town.streets
    roads = [land.highway, *land.roads, *streets.values()]
    b = town.buildings
    return {
        "buildings": frame(
            [x.shape for x in b],
            {
                "楼栋编号": [f"{numbers[x.compound]:02d}-{x.number:02d}" for x in b],
                "社区": [x.community for x in b],
                "小区": [x.compound for x in b],
                "楼栋": [f"{x.number}号楼" for x in b],
                "类型": [x.kind for x in b],
                "单元数": [len(x.stairwells) for x in b],
                "层数": [x.floors for x in b],
                "户数": [x.households for x in b],
            },
        ),
        "compounds": frame(list(town.compounds.values()), {"小区": list(town.compounds)}),
        "zones": frame(
            [*areas, *communities],
            {"片区": [*AREAS, *COMMUNITIES], "编码": ["001", "002", "003", "601", "602"]},
        ),
        "barriers": frame([land.river_line, land.highway], {"名称": ["月牙河", "晨抚公路"], "类别": ["河流", "公路"]}),
        "roads": frame(
            roads,
            {
                "名称": ["晨抚公路", *[""] * len(land.roads), *streets],
                "类别": ["公路", *["农场道路"] * len(land.roads), *["街道"] * len(streets)],
            },
        ),
        "tracks": frame([*land.tracks, *land.windbreaks], {"类别": [*["机耕路"] * len(land.tracks), *["防护林带"] * len(land.windbreaks)]}),
        "canals": frame(list(canals.values()), {"名称": list(canals)}),
        "water": frame([land.river, *land.ponds, pond], {"名称": ["月牙河", *[""] * (len(land.ponds) + 1)]}),
        "woods": frame(land.woods, {"类别": ["林地"] * len(land.woods)}),
        "grounds": frame([*town.grounds.values(), *land.villages.values()], {"名称": [*town.grounds, *land.villages]}),
        "farm": frame([land.outline], {"名称": [FARM]}),
    }  # fmt: skip


def write_fields(path: Path, fields: gpd.GeoDataFrame) -> None:
    """Write a zipped shapefile whose table is GBK and says so by its language id alone, as survey offices send it."""
    with tempfile.TemporaryDirectory() as folder:
        shp = Path(folder) / "地块.shp"
        pyogrio.write_dataframe(
            fields, shp, driver="ESRI Shapefile", encoding="GBK", DBF_DATE_LAST_UPDATE=f"{MADE_AT:%Y-%m-%d}"
        )
        dbf = bytearray(shp.with_suffix(".dbf").read_bytes())
        dbf[29] = GBK_LDID
        parts = {"fields.shp": shp.read_bytes(), "fields.dbf": bytes(dbf)}
        parts |= {f"fields{end}": shp.with_suffix(end).read_bytes() for end in (".shx", ".prj")}
    _write_zip(path, parts)


def write_layers(path: Path, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Write a GeoPackage with the fixed date of the samples."""
    path.unlink(missing_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{MADE_AT:%Y-%m-%dT%H:%M:%S.000Z}"})
    try:
        for name, layer in layers.items():
            pyogrio.write_dataframe(layer, path, layer=name, driver="GPKG", append=False)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def write_members(path: Path, people: Sequence[Person]) -> None:
    """Write the roster as an Excel file, homes in degrees."""
    to_degrees = Transformer.from_crs(CRS, LON_LAT, always_xy=True)
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "成员"
    sheet.append(HEADERS)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "A2"
    for person in people:
        sheet.append(_row(person, to_degrees))
    for letter, width in zip(
        "ABCDEFGHIJKLMN", (10, 9, 13, 8, 11, 9, 8, 6, 7, 44, 12, 11, 13, 9), strict=True
    ):
        sheet.column_dimensions[letter].width = width
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / path.name
        book.save(written)
        with zipfile.ZipFile(written) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
    core = parts["docProps/core.xml"]
    parts["docProps/core.xml"] = re.sub(
        rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", f"{MADE_AT:%Y-%m-%dT%H:%M:%SZ}".encode(), core
    )
    _write_zip(path, parts)


def _row(person: Person, to_degrees: Transformer) -> list[Any]:
    lon, lat = None, None
    if person.home is not None:
        lon, lat = to_degrees.transform(person.home[0] + ORIGIN[0], person.home[1] + ORIGIN[1])
        lon, lat = round(lon, 7), round(lat, 7)
    room = f"{person.room}室" if person.room else ""
    address = f"黑龙江省{FARM}场部{person.compound}{person.building}{person.stairwell}{room}"
    values = [
        person.member_id, person.name, person.phone, person.household, person.compound, person.building, person.stairwell,
        person.floor, person.room, address if person.building else "", lon, lat, person.parcel, person.skill,
    ]  # fmt: skip
    return [None if value == "" else value for value in values]


def _write_zip(path: Path, parts: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, MADE_AT.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)


def main() -> None:
    """Make the files in the folder given, else beside this script, and print their checksums."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    make(folder)
    for name in FILES:
        content = (folder / name).read_bytes()
        sys.stdout.write(f"{hashlib.sha256(content).hexdigest()}  {name}  {len(content)}\n")


if __name__ == "__main__":
    main()
