"""What inspection shows of a file, and that it shows nobody."""

from __future__ import annotations

import json

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import gridder
from gridder.io.address_review import write_review

OWNER, PHONE = "王小明", "13812345678"


@pytest.fixture
def land(tmp_path):
    """Three fields of a hectare in a measured CRS; two overlap by 0.2 ha and share an id."""
    path = tmp_path / "land.gpkg"
    shapes = [shapely.box(500_000 + x, 3_320_000, 500_100 + x, 3_320_100) for x in (0, 80, 300)]
    gpd.GeoDataFrame(
        {"地块编号": ["A", "A", "B"], "户主": [OWNER] * 3, "备注": [PHONE] * 3, "作物": ["水稻"] * 3},
        geometry=shapes,
        crs=4549,
    ).to_file(path, layer="fields")
    return path


def test_layers_counts_crs_area_and_columns(land):
    """Three squares of a hectare each are 3 ha and 45 mu, within 0.1 %."""
    shown = gridder.inspect(land).as_dict()["layers"][0]
    assert (shown["name"], shown["rows"], shown["crs"]) == ("fields", 3, "EPSG:4549")
    assert sum(shown["geometry_types"].values()) == 3
    assert shown["area_ha"] == pytest.approx(3.0, rel=1e-3)
    assert shown["area_mu"] == pytest.approx(45.0, rel=1e-3)
    assert shown["roles"]["units"]["unit_id"] == "地块编号"


def test_problems_carry_rows_and_words_in_both_languages(land):
    """Repeated ids and overlaps are found, with the rows they are in."""
    problems = {p["kind"]: p for p in gridder.inspect(land).as_dict()["layers"][0]["problems"]}
    assert problems["repeated-id"]["rows"] == [1, 2]
    assert len(problems["overlap"]["rows"]) == 1
    assert "identifying-column" in problems
    assert all(p["what"] and p["what_zh"] and p["remedy"] and p["remedy_zh"] for p in problems.values())


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_nobody_is_named(land, lang):
    """Columns of people are listed by header only; their values are masked, other values are shown."""
    inspection = gridder.inspect(land)
    text = "\n".join(inspection.lines(lang)) + json.dumps(inspection.as_dict(), ensure_ascii=False)
    assert OWNER not in text
    assert PHONE not in text
    assert "户主" in text
    assert "水稻" in text


def test_a_roster_shows_its_sheet_and_roles_and_nobody(tmp_path):
    """A table has roles of members, no CRS and no area."""
    path = tmp_path / "m.csv"
    path.write_text(f"姓名,手机号,经度,纬度\n{OWNER},{PHONE},500,30\n", encoding="gbk")
    inspection = gridder.inspect(path)
    shown = inspection.as_dict()["layers"][0]
    assert shown["roles"]["members"] == {"name": "姓名", "phone": "手机号", "lon": "经度", "lat": "纬度"}
    assert (shown["crs"], shown["area_ha"], shown["geometry_types"]) == ("", None, {})
    assert [p["kind"] for p in shown["problems"] if p["rows"]] == ["bad-coordinates"]
    assert OWNER not in "\n".join(inspection.lines("zh"))
    assert PHONE not in json.dumps(inspection.as_dict())


def test_homes_under_a_header_that_nobody_knows_are_masked(tmp_path):
    """Numbers with so many decimals are where somebody lives; other numbers are shown."""
    path = tmp_path / "m.csv"
    path.write_text('编号,家在何处,承包亩数\n1,POINT (126.53412 45.80311),12.35\n2,"126.5341,45.8031",7.5\n')
    (shown,) = gridder.inspect(path).as_dict()["layers"]
    assert [row["家在何处"] for row in shown["preview"]] == ["***", "***"]
    assert [row["承包亩数"] for row in shown["preview"]] == ["12.35", "7.5"]


def test_a_fault_of_a_layer_is_shown_and_not_raised(tmp_path):
    """A file without CRS is shown with the remedy; only a file that cannot be opened is an error."""
    path = tmp_path / "f.shp"
    gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4326).to_file(path)
    path.with_suffix(".prj").unlink()
    layer = gridder.inspect(path).layers[0]
    assert [p.kind for p in layer.problems] == ["missing-crs"]
    assert layer.area_m2 is None
    with pytest.raises(gridder.InputError):
        gridder.inspect(tmp_path / "none.shp")


@pytest.mark.parametrize("subset", ["", "|subset=n > 5"])
def test_a_layer_without_rows_is_a_problem(tmp_path, subset):
    """Nothing in it is not "no problems"."""
    path = tmp_path / "f.gpkg"
    frame = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4326)
    (frame if subset else frame.iloc[:0]).to_file(path)
    inspection = gridder.inspect(f"{path}{subset}")
    assert [p.kind for p in inspection.layers[0].problems] == ["empty-subset" if subset else "no-rows"]
    assert "没有发现问题" not in "\n".join(inspection.lines("zh"))


def test_points_are_looked_at_as_members(tmp_path):
    """A point off the earth is a problem of the layer."""
    path = tmp_path / "m.gpkg"
    points = [shapely.Point(116, 40), shapely.Point(200, 40)]
    gpd.GeoDataFrame({"n": [1, 2]}, geometry=points, crs=4326).to_file(path)
    assert [(p.kind, p.rows) for p in gridder.inspect(path).layers[0].problems] == [("bad-coordinates", (2,))]


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("fields/hangzhou_cn/hangzhou.gpkg", None),
        ("derived_crs/cgcs2000_gk_cm120_4549_gbk.shp", "cgcs2000_gk_cm120_4549_gbk"),
    ],
)
def test_real_files_are_shown(data_dir, name, layer):
    """Every layer has rows and lines in both languages."""
    inspection = gridder.inspect(data_dir / name)
    assert all(shown.n_rows > 0 for shown in inspection.layers)
    assert layer is None or [shown.name for shown in inspection.layers] == [layer]
    assert inspection.lines("en")
    assert inspection.lines("zh")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_list_of_doubtful_addresses_shows_none(tmp_path, lang):
    """Neither what people wrote nor where they may live; ids of buildings and decisions can be looked at."""
    row = {"address": "芳草地3栋501", "decision": "B3", "members": 1, "rows": "4", "score": 0.8}
    candidates = {
        f"{what}_{k}": value
        for k in (1, 2, 3)
        for what, value in (("unit", "B3"), ("address", "芳草地3号楼"))
    }
    path = tmp_path / "address_review.xlsx"
    write_review(pd.DataFrame([row | candidates]), path, lang=lang)
    (layer,) = gridder.inspect(path).layers
    (shown,) = layer.preview
    assert list(shown.values()).count("***") == 4
    assert list(shown.values()).count("B3") == 4
    assert "芳草地" not in json.dumps(layer.as_dict(), ensure_ascii=False)
