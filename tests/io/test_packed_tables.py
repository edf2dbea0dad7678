"""Rosters and tables inside a zip: what is taken without a question, what is asked, and what is told."""

from __future__ import annotations

import io
import zipfile

import geopandas as gpd
import openpyxl
import pytest
import shapely

import gridder
from gridder.io import unpack
from gridder.io.guard import ask
from gridder.io.inspect import inspect
from gridder.io.location import parse_location
from gridder.io.text_table import is_table

PEOPLE = [["成员编号", "姓名", "经度", "纬度"], ["1", "甲", "120", "30"], ["2", "乙", "121", "31"]]
CSV = "\n".join(",".join(row) for row in PEOPLE)
README = "Fields of Chenhe Farm, 2024.\n\nPlease ask Mr. Wang, who made it, before you use it.\n"


def _book(sheets):
    raw = io.BytesIO()
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(raw)
    return raw.getvalue()


def _zip(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def _in_gbk(path, name, content):
    """Write an archive with a name in GBK and no mark of it, as Windows does in China."""
    raw = name.encode("gbk")
    stand_in = "x" * len(raw)
    _zip(path, {stand_in: content})
    path.write_bytes(path.read_bytes().replace(stand_in.encode(), raw))
    return path


def _fault(read, path, **options):
    with pytest.raises(gridder.InputError) as caught:
        read(path, **options)
    (fault,) = caught.value.faults
    assert fault.remedy.zh
    return fault


def _listed(path):
    return [layer["name"] for layer in ask(parse_location(path), list_only=True).facts["layers"]]


def _kinds(found):
    return {finding.kind: finding.rows for finding in found.repairs}


@pytest.fixture
def fields(tmp_path):
    """Return the parts of a shapefile of three fields, by name."""
    folder = tmp_path / "shp"
    folder.mkdir()
    shapes = [shapely.box(120 + i, 30, 120.5 + i, 30.5) for i in range(3)]
    gpd.GeoDataFrame({"n": range(3)}, geometry=shapes, crs=4326).to_file(folder / "fields.shp")
    return {part.name: part.read_bytes() for part in folder.iterdir()}


def test_a_workbook_with_a_name_in_gbk(tmp_path):
    """The one table is the roster; sheets are as in a workbook alone, and findings name the file inside."""
    path = _in_gbk(tmp_path / "roster.zip", "名单.xlsx", _book({"Sheet1": [["某村名册"], *PEOPLE]}))
    members = gridder.read_members(path)
    assert members.frame["name"].tolist() == ["甲", "乙"]
    assert members.frame["home"].tolist() == [shapely.Point(120, 30), shapely.Point(121, 31)]
    assert (members.source.file, members.source.layername) == ("roster.zip", "名单")
    assert [(f.file, f.layername, f.rows) for f in members.repairs] == [("roster.zip", "名单", (1,))]


def test_a_name_that_an_entry_tells_a_second_time():
    """Newer Pythons take the name in the extra field of Info-ZIP, though the entry is not marked as UTF-8."""
    entry = zipfile.ZipInfo("╞¼╟°.shp")
    assert unpack._name(entry) == "片区.shp"
    entry.filename = "片区.shp"
    assert unpack._name(entry) == "片区.shp"


def test_sheets_of_a_workbook_in_an_archive(tmp_path):
    """The best is taken and the others are told, each under a name that can be typed."""
    sheets = {"说明": [["填表须知"]], "一组": PEOPLE, "二组": PEOPLE[:2]}
    path = _zip(tmp_path / "r.zip", {"村/名单.xlsx": _book(sheets)})
    members = gridder.read_members(path)
    assert members.source.layername == "名单/一组"
    (told,) = [f for f in members.repairs if f.kind == "other-sheets"]
    assert "名单/说明, 名单/二组" in told.what.zh
    assert len(gridder.read_members(f"{path}|layername=名单/二组")) == 1
    assert _listed(path) == ["名单/说明", "名单/一组", "名单/二组"]


def test_members_and_fields_together(tmp_path, fields):
    """Each is found for its role; a readme is told and a lock file of Excel is no matter."""
    entries = {**fields, "members.csv": CSV, "readme.txt": README, "~$members.xlsx": b"x"}
    path = _zip(tmp_path / "data.zip", entries)
    assert len(gridder.read_units(path, layer="field")) == 3
    members = gridder.read_members(path)
    assert members.source.layername == "members"
    assert "readme.txt" in next(f.what.en for f in members.repairs if f.kind == "passed-over")
    assert _listed(path) == ["fields", "members"]


def test_several_tables_are_asked_for(tmp_path, fields):
    """By their names, with the suffix where these are the same; fields need no answer."""
    entries = {**fields, "fields.csv": CSV, "old/members.tsv": CSV.replace(",", "\t")}
    path = _zip(tmp_path / "data.zip", entries)
    fault = _fault(gridder.read_members, path)
    assert fault.kind == "several-layers"
    assert "fields.csv, members" in fault.remedy.en
    assert len(gridder.read_members(f"{path}|layername=fields.csv")) == 2
    assert len(gridder.read_units(path, layer="field")) == 3


def test_a_text_is_a_table_where_it_looks_like_one(tmp_path):
    """Tabs and a header make a roster of a .txt, also in UTF-16."""
    raw = CSV.replace(",", "\t").encode("utf-16")
    assert len(gridder.read_members(_zip(tmp_path / "a.zip", {"名单.txt": raw}))) == 2
    fault = _fault(gridder.read_members, _zip(tmp_path / "b.zip", {"说明.txt": README}))
    assert fault.kind == "nothing-in-archive"
    assert "说明.txt" in fault.what.en


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CSV.encode("gbk"), True),
        (CSV.encode("gbk")[:40], True),
        ("名册\n" + CSV, True),
        ("a;b\n1;2\n3;4", True),
        ("姓名, 电话\n甲, 1", True),
        (README, False),
        ("Licence: MIT, see below\nAuthor: A, B", False),
        ("更新说明：\n一、坐标系为 CGCS2000；\n二、面积单位为亩。", False),
        ("one word", False),
        ("", False),
    ],
)
def test_prose_and_tables(text, expected):
    """A readme of two lines with a comma each is no table."""
    raw = text if isinstance(text, bytes) else text.encode()
    assert is_table(raw, {"姓名", "成员编号", "电话"}) is expected


def test_shapes_in_a_table_in_an_archive(tmp_path):
    """A column of WKT makes fields of it; a roster beside it does not count for them."""
    table = f'编号,WKT\n1,"{shapely.box(120, 30, 121, 31).wkt}"\n2,"POLYGON ((0"\n'
    path = _zip(tmp_path / "f.zip", {"fields.csv": table, "members.csv": CSV})
    units = gridder.read_units(f"{path}|crs=EPSG:4326", layer="field")
    assert len(units) == 1
    assert _kinds(units)["unreadable-wkt"] == (3,)
    assert units.source.layername == "fields"
    bridges = gridder.read_bridges(f"{path}|layername=members|crs=EPSG:4326")
    assert len(bridges.frame) == 2
    fault = _fault(gridder.read_units, _zip(tmp_path / "m.zip", {"名单.csv": CSV}), layer="field")
    assert (fault.kind, fault.file, fault.layername) == ("no-shapes-in-table", "m.zip", "名单")


def test_a_table_that_cannot_be_opened(tmp_path, fields):
    """It does not keep the fields from being read, is told, and is a fault with its name where it is wanted."""
    path = _zip(tmp_path / "data.zip", {**fields, "名单.xls": "<html><table></table></html>"})
    assert len(gridder.read_units(path, layer="field")) == 3
    fault = _fault(gridder.read_members, path)
    assert (fault.kind, fault.file, fault.layername) == ("other-content", "data.zip", "名单")
    assert "Excel" in fault.remedy.en
    (layer,) = inspect(path).layers
    assert "名单" in next(f.what.en for f in layer.remarks if f.kind == "passed-over")


def test_json_that_is_no_geojson_beside_a_table(tmp_path):
    """A description of the data is passed over; GeoJSON in a .json counts."""
    path = _zip(tmp_path / "a.zip", {"datapackage.json": '{"name": "x"}', "members.csv": CSV})
    assert len(gridder.read_members(path)) == 2
    areas = gpd.GeoDataFrame(geometry=[shapely.box(120, 30, 121, 31)], crs=4326).to_json()
    path = _zip(tmp_path / "b.zip", {"fields.json": areas, "members.csv": CSV})
    assert len(gridder.read_units(path, layer="field")) == 1


def test_a_workbook_under_the_name_of_an_archive(tmp_path):
    """A .xlsx is a zip itself: one that is named so is told from one that holds one."""
    path = tmp_path / "m.zip"
    path.write_bytes(_book({"a": PEOPLE}))
    fault = _fault(gridder.read_members, path)
    assert fault.kind == "other-content"
    assert ".xlsx" in fault.remedy.en
    stored = tmp_path / "stored.zip"
    with zipfile.ZipFile(stored, "w") as archive:
        archive.writestr("m.xlsx", path.read_bytes())
    assert len(gridder.read_members(stored)) == 2
    stored.rename(tmp_path / "stored.xlsx")
    fault = _fault(gridder.read_members, tmp_path / "stored.xlsx")
    assert ".zip" in fault.remedy.en


@pytest.mark.parametrize(("limit", "kind"), [("UNPACKED_MB", "archive-bomb"), ("RATIO", "archive-too-dense")])
def test_limits_hold_for_tables(tmp_path, monkeypatch, limit, kind):
    """Bytes and ratio are those of all files."""
    lines = "\n".join(f"{i},x{'y' * 90}" for i in range(20_000))
    path = _zip(tmp_path / "a.zip", {"a.csv": f"成员编号,姓名\n{lines}", "b.csv": CSV})
    monkeypatch.setenv(f"GRIDDER_READ_{limit}", "1")
    fault = _fault(gridder.read_members, path)
    assert fault.kind == kind
    assert f"GRIDDER_READ_{limit}" in fault.remedy.en


def test_nesting_holds_for_tables(tmp_path, monkeypatch):
    """A zip in a zip is read one deep; a workbook in it is no archive."""
    inner = _zip(tmp_path / "inner.zip", {"名单.xlsx": _book({"a": PEOPLE})})
    path = _zip(tmp_path / "outer.zip", {"inner.zip": inner.read_bytes()})
    assert gridder.read_members(path).source.layername == "名单"
    monkeypatch.setenv("GRIDDER_READ_NESTING", "0")
    assert _fault(gridder.read_members, path).kind == "nested-archive"


def test_days_and_metres_of_a_packed_table(tmp_path):
    """What holds for a table alone holds for one in an archive."""
    rows = [["成员编号", "出生日期", "X坐标", "Y坐标"], ["1", 36526, 500000, 4000000]]
    path = _zip(tmp_path / "a.zip", {"m.xlsx": _book({"a": rows})})
    members = gridder.read_members(f"{path}|crs=EPSG:4549")
    assert members.attributes["出生日期"].tolist() == ["2000-01-01"]
    assert members.crs.to_epsg() == 4549


def test_blank_sheets_are_no_layers(tmp_path):
    """Old Excel makes three sheets; those without a cell are not inspected."""
    path = tmp_path / "m.xlsx"
    path.write_bytes(_book({"名册": PEOPLE, "Sheet2": [], "Sheet3": [[None]]}))
    assert [layer.name for layer in inspect(path).layers] == ["名册"]
