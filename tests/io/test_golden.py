"""What `gridder inspect` and a failing `gridder partition` say, beside texts that were read by people.

`GRIDDER_NEW_TEXTS=1 pytest tests/io/test_golden.py` writes the texts anew; read each before it is committed.
"""

from __future__ import annotations

import os
import zipfile
from functools import cache
from pathlib import Path

import geopandas as gpd
import openpyxl
import pyogrio
import pytest
import shapely
from typer.testing import CliRunner

from gridder.cli import app
from gridder.io.inspect import inspect

GOLDEN = Path(__file__).parent / "golden"
EAST, NORTH = 500_000, 3_350_000
"""A corner of the land, in EPSG:4549 (CGCS2000, central meridian 120°)."""


def _field(x, y):
    """Return a square of a hectare, counted in hundreds of metres from the corner."""
    return shapely.box(EAST + 100 * x, NORTH + 100 * y, EAST + 100 * (x + 1), NORTH + 100 * (y + 1))


def _bow_tie(x, y):
    (x0, y0), (x1, y1) = _field(x, y).bounds[:2], _field(x, y).bounds[2:]
    return shapely.Polygon([(x0, y0), (x1, y1), (x1, y0), (x0, y1)])


def _fields(shapes, **columns):
    numbers = [f"A{n:02d}" for n in range(1, len(shapes) + 1)]
    return gpd.GeoDataFrame({"地块编号": numbers, **columns}, geometry=shapes, crs=4549)


def _gbk_shapefile():
    """Return a shapefile in GBK without .prj and .cpg: a bow-tie, a duplicate, an overlap, an empty row."""
    shapes = [_field(0, 0), _bow_tie(1, 0), _field(2, 0), _field(2, 0), _field(2.6, 0), None]
    frame = _fields(
        shapes,
        承包方名称=["王小明", "李芳", "赵强", "赵强", "周洋", "吴磊"],
        作物=["水稻", "小麦", "油菜", "油菜", "水稻", None],
    )
    frame.to_file("地块.shp", encoding="GBK")
    for suffix in (".prj", ".cpg"):
        Path("地块").with_suffix(suffix).unlink()
    return "地块.shp"


def _zip_of_layers():
    """Return an archive in which names are in GBK: fields, and a road that crosses them."""
    _fields([_field(0, 0), _field(1, 0)], 面积亩=[15.0, 15.0]).to_file("fields.shp", encoding="GBK")
    road = shapely.LineString([(EAST - 50, NORTH + 50), (EAST + 250, NORTH + 50)])
    gpd.GeoDataFrame({"路名": ["村道"]}, geometry=[road], crs=4549).to_file("roads.shp", encoding="GBK")
    path = Path("测绘资料.zip")
    with zipfile.ZipFile(path, "w") as archive:
        for ours, placeholder in (("fields", "place1"), ("roads", "place2")):
            for part in sorted(Path().glob(f"{ours}.*")):
                archive.write(part, f"{placeholder}{part.suffix}")
    packed = path.read_bytes()
    for placeholder, name in ((b"place1", "耕地块"), (b"place2", "道路线")):
        packed = packed.replace(placeholder, name.encode("gbk"))
    path.write_bytes(packed)
    return str(path)


def _roster():
    """Return a workbook as offices keep it."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "花名册"
    for row in (
        ["红星村成员花名册", *[None] * 6],
        ["填报日期：2026年3月1日", *[None] * 6],
        ["序号", "姓名", "身份证号", "家庭住址坐标", None, "地块编号", "技能"],
        [None, None, None, "经度", "纬度", None, None],
        [1, "王小明", "330106198001011234", "120°00'12.5\"", "30°16'03\"", "A01", "农机手"],
        [2, "李芳", 3.30106198202021e17, "120度0分15秒", "30度16分4秒", "A02", None],
        [3, "赵强", "330106197503035678", "30.2672", "120.0051", "A03", "会计"],
        [4, "周洋", None, "不详", "不详", "A09", None],
        ["合计", "4人", *[None] * 5],
        ["制表人：吴磊", *[None] * 6],
    ):
        sheet.append(row)
    for cells in ("A1:G1", "A2:G2", "D3:E3", *(f"{letter}3:{letter}4" for letter in "ABCFG")):
        sheet.merge_cells(cells)
    book.create_sheet("2025年").append(["序号", "姓名"])
    book.save("花名册.xlsx")
    return "花名册.xlsx"


def _drawing():
    """Return a CAD drawing: two closed polylines, one that is not, a text of the draughtsman."""
    rings = [_field(0, 0).exterior, _field(1, 0).exterior]
    open_ring = shapely.LineString(list(_field(2, 0).exterior.coords)[:4])
    shapes = [*map(shapely.LineString, rings), open_ring]
    frame = gpd.GeoDataFrame({"Layer": ["JZX", "JZX", "JZX"]}, geometry=shapes)
    with pytest.warns(UserWarning, match="'crs' was not provided"):
        pyogrio.write_dataframe(frame, "宗地图.dxf", driver="DXF")
    return "宗地图.dxf"


def _turned():
    """Return a file that names its coordinate system and has the northing first, as surveyors write it."""
    frame = _fields([_field(0, 0), _field(1, 0)])
    turned = shapely.transform(frame.geometry.to_numpy(), lambda xy: xy[:, ::-1])
    frame.set_geometry(turned).set_crs(4549, allow_override=True).to_file("宗地.gpkg", layer="zd")
    return "宗地.gpkg"


def _in_disguise():
    """Return a document of GDAL that leads to another file, named as GeoJSON."""
    path = Path("片区.geojson")
    path.write_text(
        "<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer>"
        "</OGRVRTDataSource>"
    )
    return str(path)


def _doubtful():
    """Return a list from Taiwan in Big5, which is GB18030 as well, letter by letter."""
    Path("農戶.csv").write_text(
        "編號,姓名,地段,作物\n1,王小明,臺北縣農會稻田東段,水稻\n2,李芳,臺北縣農會旱地西段,甘藷\n",
        encoding="big5",
    )
    return "農戶.csv"


def _all_together():
    """Return what somebody types who has not looked at the files before."""
    return (
        *("partition", "--fields", _gbk_shapefile(), "--members", _roster(), "--zones", _in_disguise()),
        *("--barriers", "河流.shp", "--target", "10", "--min", "12", "--max", "15", "--out", "结果"),
    )


CASES = {
    "gbk-shapefile": lambda: ("inspect", _gbk_shapefile()),
    "zip-of-layers": lambda: ("inspect", _zip_of_layers()),
    "roster": lambda: ("inspect", _roster()),
    "drawing": lambda: ("inspect", _drawing()),
    "turned": lambda: ("inspect", _turned()),
    "doubtful-encoding": lambda: ("inspect", _doubtful()),
    "in-disguise": lambda: ("inspect", _in_disguise()),
    "failing-partition": _all_together,
}


@pytest.mark.parametrize("case", CASES)
def test_the_text_is_the_one_that_was_read(case, tmp_path, monkeypatch):
    """In English and in Chinese: what is typed, what comes back, and the exit code."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("gridder.cli.work.inspect", cache(inspect))
    words = CASES[case]()
    for lang in ("en", "zh"):
        done = CliRunner().invoke(app, [*words, "--lang", lang])
        typed = " ".join(f'"{word}"' if "|" in word else word for word in words)
        text = f"$ gridder {typed}\n{done.output}exit {done.exit_code}\n"
        path = GOLDEN / f"{case}.{lang}.txt"
        if os.environ.get("GRIDDER_NEW_TEXTS"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")
