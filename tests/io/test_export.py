"""Exports as other programs read them, with texts that would like to be more than text."""

import json
import warnings
import zipfile
from dataclasses import replace
from xml.etree import ElementTree as ET

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from gridder.io.export import EXPORTS, SHAPEFILE_NAMES, write_export
from gridder.io.feature_file import FeatureFile
from gridder.io.features import COLLECTIONS, write_features
from gridder.privacy import view

NASTY = "=cmd|' /C calc'!A0 <b>&amp;\"</b>"
KML = "{http://www.opengis.net/kml/2.2}"


@pytest.fixture
def shown(plan):
    """Return what a viewer sees, with a nasty zone and a unit whose name is too long for a shapefile."""
    seen = view(plan, k=4)
    names = {"第一片区": NASTY}
    units = seen.units.assign(zone=seen.units["zone"].replace(names))
    units.loc[0, "unit_id"] = "地" * 300
    grids = seen.grids.assign(zone=seen.grids["zone"].replace(names), note="do not tell")
    grids.loc[0, "geometry"] = shapely.union_all([grids.geometry[0], shapely.box(100, 30, 100.1, 30.1)])
    return replace(seen, grids=grids, units=units)


def write(shown, folder, kind):
    path = folder / f"plan{EXPORTS[kind][0]}"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_export(shown, path, format=kind)
    assert [entry.name for entry in folder.iterdir()] == [path.name]
    return path


def table(frame):
    """Return a frame's values as plain ones, missing ones as None."""
    plain = pd.DataFrame(frame.drop(columns="geometry")).astype(object)
    return plain.where(plain.notna() & (plain != ""), None).to_dict("list")


def wanted(shown, collection, names=None):
    frame = getattr(shown, collection)
    columns = list(COLLECTIONS[collection])
    return table(frame[[*columns, "geometry"]].rename(columns=names or {}).round(6))


@pytest.mark.parametrize("kind", ["gpkg", "shp"])
@pytest.mark.parametrize("collection", ["grids", "units"])
def test_gis_reads_all_values_and_shapes(shown, tmp_path, kind, collection):
    """Types, missing values, text in Chinese and polygons of several parts come through."""
    path = write(shown, tmp_path, kind)
    assert set(pyogrio.list_layers(path)[:, 0]) == {"grids", "units"}
    frame = gpd.read_file(path, layer=collection)
    expected = wanted(shown, collection, SHAPEFILE_NAMES if kind == "shp" else {})
    if kind == "shp" and collection == "units":
        expected["unit_id"][0] = "地" * (254 // 3)
    assert table(frame) == expected
    assert frame.crs.to_epsg() == 4326
    whole = getattr(shown, collection).geometry
    assert shapely.hausdorff_distance(frame.geometry.to_numpy(), whole.to_numpy()).max() < 1e-7
    assert pd.api.types.is_bool_dtype(frame["suppressed"])


def test_a_shapefile_says_what_its_short_names_mean(shown, tmp_path):
    """Names have ten characters at most, UTF-8 is declared, and the readme names every field."""
    path = write(shown, tmp_path, "shp")
    with zipfile.ZipFile(path) as package:
        assert package.testzip() is None
        assert package.read("units.cpg").strip() == b"UTF-8"
        readme = package.read("README.txt").decode("utf-8-sig")
    for collection in COLLECTIONS:
        for name in pyogrio.read_info(path, layer=collection)["fields"]:
            assert len(name) <= 10
            assert f"  {name} " in readme
    assert "(polsby_popper)" in readme


def test_geojson_is_what_the_service_gives(shown, tmp_path):
    """The very features of the pages, in a collection without a CRS of its own (RFC 7946)."""
    content = json.loads(write(shown, tmp_path, "geojson").read_text(encoding="utf-8"))
    assert set(content) == {"type", "features"}
    write_features(shown, tmp_path / "f")
    with FeatureFile(tmp_path / "f") as features:
        assert content["features"] == json.loads(b"[" + features.page("grids", limit=99).features + b"]")


def test_kml_says_in_words_what_the_grids_are(shown, tmp_path):
    """A folder a layer, the code as name, readable values, none where it is hidden, holes and parts."""
    hole = shapely.box(116, 36, 117, 37).difference(shapely.box(116.4, 36.4, 116.5, 36.5))
    shown.grids.loc[1, "geometry"] = hole
    text = write(shown, tmp_path, "kml").read_text(encoding="utf-8")
    root = ET.fromstring(text)  # noqa: S314  (our own file)
    folders = root.findall(f"{KML}Document/{KML}Folder")
    assert [folder.findtext(f"{KML}name") for folder in folders] == ["田间 Fields", "楼宇 Buildings"]
    marks = list(root.iter(f"{KML}Placemark"))
    assert [mark.findtext(f"{KML}name") for mark in marks] == shown.grids["code"].tolist()
    balloons = [
        {data.findtext(f"{KML}displayName"): data.findtext(f"{KML}value") for data in mark.iter(f"{KML}Data")}
        for mark in marks
    ]
    assert balloons[1]["规模 Size"] == "5 人 members"
    assert balloons[1]["偏差 Deviation"] == "+25.0 %"
    assert balloons[1]["片区 Zone"] == NASTY.replace("<", "＜")
    reason = "超出范围的原因 Why out of bounds"
    assert [i for i, balloon in enumerate(balloons) if reason in balloon] == [5]
    assert balloons[5][reason].startswith("在限定的计算量内未找到")
    assert "规模 Size" not in balloons[4]
    assert balloons[4]["人数不予显示 Counts hidden"] == "是 yes"
    assert len(list(marks[0].iter(f"{KML}Polygon"))) == 2
    assert len(list(marks[1].iter(f"{KML}innerBoundaryIs"))) == 1
    read = gpd.read_file(tmp_path / "plan.kml", layer="田间 Fields")
    assert shapely.equals(read.geometry[1], shapely.set_precision(hole, 1e-7))


def test_excel_gets_texts_and_numbers(shown, tmp_path):
    """A sheet of grids and one of units; a text that looks like a formula is a text."""
    book = openpyxl.load_workbook(write(shown, tmp_path, "xlsx"))
    assert book.sheetnames == ["网格", "地块与楼栋"]
    grids, units = (list(sheet.iter_rows()) for sheet in book.worksheets)
    assert (len(grids), len(units)) == (1 + len(shown.grids), 1 + len(shown.units))
    assert all(cell.data_type in {"s", "n"} for row in grids + units for cell in row)
    heads = [cell.value for cell in grids[0]]
    second, hidden = (
        dict(zip(heads, (cell.value for cell in grids[number]), strict=True)) for number in (2, 5)
    )
    assert second["片区\nZone"] == NASTY
    assert second["规模\nSize"] == 5
    assert second["符合规模\nIn bounds"] == "是 yes"
    assert hidden["规模\nSize"] is None
    assert hidden["超出范围的原因\nWhy out of bounds"] is None


@pytest.mark.parametrize("kind", list(EXPORTS))
def test_nothing_but_the_named_columns_gets_out(shown, tmp_path, kind):
    """A column that no list names is in no file, be it packed or not."""
    path = write(shown, tmp_path, kind)
    content = path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as package:
            content = b"".join(package.read(name) for name in package.namelist())
    assert b"F-01001" in content
    assert b"do not tell" not in content


@pytest.mark.parametrize("kind", list(EXPORTS))
def test_control_characters_do_not_break_a_file(shown, tmp_path, kind):
    """What XML does not know is left out."""
    zone = "a\x00\x0b\x1fb" if kind in {"kml", "xlsx"} else "a\x0bb"
    grids = shown.grids.assign(zone=zone)
    path = write(replace(shown, grids=grids), tmp_path, kind)
    if kind == "xlsx":
        assert "ab" in {
            cell.value for row in openpyxl.load_workbook(path)["网格"].iter_rows() for cell in row
        }
    else:
        assert len(
            gpd.read_file(
                path, layer="田间 Fields" if kind == "kml" else "grids" if kind != "geojson" else None
            )
        )


@pytest.mark.parametrize("kind", list(EXPORTS))
def test_a_view_without_units_can_be_exported(shown, tmp_path, kind):
    """Empty layers are layers too."""
    write(replace(shown, units=shown.units.iloc[:0]), tmp_path, kind)


@pytest.mark.parametrize("kind", list(EXPORTS))
def test_a_fault_leaves_the_old_file(shown, tmp_path, kind):
    """A view that lacks a column is a fault of ours; the old file stays and nothing lies beside it."""
    path = write(shown, tmp_path, kind)
    before = path.read_bytes()
    with pytest.raises(KeyError):
        write_export(replace(shown, grids=shown.grids.drop(columns="reason")), path, format=kind)
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_another_format_is_refused(shown, tmp_path):
    """There is no writer for it, and nothing is made."""
    with pytest.raises(KeyError):
        write_export(shown, tmp_path / "plan.dxf", format="dxf")
    assert not list(tmp_path.iterdir())
