"""Reading units, zones and barriers: every repair is recorded, every fault named."""

from __future__ import annotations

import json
import math
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import gridder

SQUARE = [[[0, 0], [0, 1], [1, 1], [1, 0], [0, 0]]]


def _geojson(path: Path, *geometries, **properties) -> Path:
    features = [
        {
            "type": "Feature",
            "properties": {name: values[i] for name, values in properties.items()},
            "geometry": geometry,
        }
        for i, geometry in enumerate(geometries)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def _polygon(rings):
    return {"type": "Polygon", "coordinates": rings}


def _kinds(found):
    return {finding.kind: finding.rows for finding in found}


def _faults(read, *args, **options):
    with pytest.raises(gridder.InputError) as caught:
        read(*args, **options)
    return _kinds(caught.value.faults)


def test_broken_rows_are_repaired_or_left_out_with_a_record(tmp_path):
    """Bow-tie, hair, point, null and height: each has its record and its row; the good ones stay."""
    bow_tie = _polygon([[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]])
    hair = _polygon([[[0, 0], [1, 1], [2, 2], [0, 0]]])
    high = _polygon([[[5, 5, 9], [5, 6, 9], [6, 6, 9], [5, 5, 9]]])
    point = {"type": "Point", "coordinates": [3, 3]}
    path = _geojson(tmp_path / "f.geojson", _polygon(SQUARE), bow_tie, hair, None, point, high)
    units = gridder.read_units(path, layer="field")
    assert units.frame["row"].tolist() == [1, 2, 6]
    assert units.frame.geometry.is_valid.all()
    assert not units.frame.geometry.has_z.any()
    assert _kinds(units.repairs) == {
        "null-geometry": (4,),
        "collapsed": (3,),
        "other-geometry": (5,),
        "invalid-repaired": (2,),
        "flattened": (6,),
    }


def test_coordinates_off_the_earth_are_a_fault(tmp_path):
    """1e308 is no place, and degrees stop at 180."""
    absurd = _polygon([[[0, 0], [0, 1e308], [1, 1], [0, 0]]])
    assert _faults(gridder.read_units, _geojson(tmp_path / "a.geojson", absurd), layer="field") == {
        "absurd-coordinates": (1,),
        "no-polygons": (),
    }
    metres = _polygon([[[500000, 4e6], [500000, 4.1e6], [600000, 4.1e6], [500000, 4e6]]])
    assert _faults(gridder.read_units, _geojson(tmp_path / "b.geojson", metres), layer="field") == {
        "wrong-crs": ()
    }


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("height", [[], [5.0], [math.nan]])
def test_coordinates_that_are_no_number(tmp_path, height):
    """NaN, which Python writes into GeoJSON, is a fault of units and barriers, and no location of a member."""
    strange = _polygon([[[x, y, *height] for x, y in ([0, 0], [0, math.nan], [1, 1], [0, 0])]])
    path = _geojson(tmp_path / "f.geojson", _polygon(SQUARE), strange)
    assert _faults(gridder.read_units, path, layer="field") == {"absurd-coordinates": (2,)}
    assert _faults(gridder.read_barriers, path) == {"absurd-coordinates": (2,)}
    assert _kinds(gridder.read_members(path).repairs) == {"bad-coordinates": (2,)}


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        ("", "empty-file", "文件是空的"),
        (" \n", "empty-file", "文件是空的"),
        ('{"type": "FeatureCollection",\n"features": [', "no-json", "第 2 行不是 JSON"),
        ("[1, 2]", "no-geojson", "不是 GeoJSON"),
        ("[" * 100_000, "no-geojson", "不是 GeoJSON"),
    ],
)
def test_what_is_no_geojson(tmp_path, content, kind, words):
    """It is said in our words, not in those of GDAL."""
    path = tmp_path / "f.geojson"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(gridder.InputError) as caught:
        gridder.read_units(path, layer="field")
    assert [fault.kind for fault in caught.value.faults] == [kind]
    assert words in caught.value.say("zh")


def test_a_shapefile_without_its_table(tmp_path):
    """The shapes are read, and it is said that the attributes are lost."""
    path = tmp_path / "f.shp"
    gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4326).to_file(path)
    path.with_suffix(".dbf").unlink()
    units = gridder.read_units(path, layer="field")
    assert len(units) == 1
    assert _kinds(units.repairs) == {"attributes-missing": ()}


def test_a_column_that_names_people_is_left_out(tmp_path):
    """By header (户主) and by values (mobile numbers); --keep-column keeps it."""
    path = _geojson(
        tmp_path / "f.geojson",
        *[_polygon(SQUARE)] * 2,
        户主=["王一", "李二"],
        备注=["13900001111", "13900002222"],
        作物=["玉米", "大豆"],
    )
    units = gridder.read_units(path, layer="field")
    assert list(units.attributes) == ["作物"]
    assert "identifying-column" in _kinds(units.repairs)
    assert list(gridder.read_units(path, layer="field", keep=["户主"]).attributes) == ["户主", "作物"]


def test_an_id_must_tell_units_apart(tmp_path):
    """`id` that is 0 everywhere is none; the next alias is taken, or the row; the user's word counts."""
    shapes = [_polygon(SQUARE)] * 3
    path = _geojson(tmp_path / "f.geojson", *shapes, unit_id=[0, 0, 0], osm_id=["a", "b", "c"])
    assert gridder.read_units(path, layer="field").frame["unit_id"].tolist() == ["a", "b", "c"]
    named = gridder.read_units(path, layer="field", columns={"unit_id": "unit_id"})
    assert named.frame["unit_id"].tolist() == ["0", "0", "0"]
    bare = _geojson(tmp_path / "g.geojson", *shapes, unit_id=[0, 0, 0])
    assert gridder.read_units(bare, layer="field").frame["unit_id"].tolist() == ["1", "2", "3"]


def test_a_column_that_is_not_there(tmp_path):
    """A wrong --map-column lists the columns; a wrong role lists the roles."""
    path = _geojson(tmp_path / "f.geojson", _polygon(SQUARE), crop=["rice"])
    with pytest.raises(gridder.InputError) as caught:
        gridder.read_units(path, layer="field", columns={"unit_id": "NR", "colour": "crop"})
    assert [fault.kind for fault in caught.value.faults] == ["no-such-column", "no-such-role"]
    assert "crop" in caught.value.faults[0].remedy.en


def test_layers_rows_and_crs_by_the_path(tmp_path):
    """A layer must be named where several fit; rows are chosen by a where clause; CRS can be said."""
    path = tmp_path / "town.gpkg"
    shapes = [shapely.box(i, 0, i + 1, 1) for i in range(3)]
    gpd.GeoDataFrame({"kind": ["a", "b", "a"]}, geometry=shapes, crs=4326).to_file(path, layer="one")
    gpd.GeoDataFrame({"kind": ["a"]}, geometry=shapes[:1], crs=4326).to_file(path, layer="two")
    with pytest.raises(gridder.InputError) as caught:
        gridder.read_units(path, layer="field")
    assert "one, two" in caught.value.faults[0].remedy.en
    chosen = gridder.read_units(
        f"{path}|layername=one|subset=\"kind\" IN ('a') AND ST_MinX(geom) > 1", layer="field"
    )
    assert chosen.frame["row"].tolist() == [3]
    assert _faults(gridder.read_units, f"{path}|layername=three", layer="field") == {"no-such-layer": ()}
    assert _faults(gridder.read_units, f"{path}|layername=one|subset=no such", layer="field") == {
        "bad-subset": ()
    }


def test_a_file_without_crs_is_refused_with_candidates(tmp_path):
    """Zone-numbered eastings name their CGCS2000 zone; saying it makes the file readable."""
    path = tmp_path / "f.shp"
    shape = shapely.box(40_500_000, 3_400_000, 40_500_100, 3_400_100)
    gpd.GeoDataFrame({"n": [1]}, geometry=[shape], crs=4528).to_file(path)
    path.with_suffix(".prj").unlink()
    with pytest.raises(gridder.InputError) as caught:
        gridder.read_units(path, layer="field")
    assert [fault.kind for fault in caught.value.faults] == ["missing-crs"]
    assert "EPSG:4528" in caught.value.faults[0].remedy.zh
    assert gridder.read_units(f"{path}|crs=EPSG:4528", layer="field").frame.crs.to_epsg() == 4528


def test_reading_writes_nothing_beside_the_file(tmp_path):
    """A missing .shx is restored elsewhere and recorded; a present one is left as it is."""
    path = tmp_path / "f.shp"
    gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4326).to_file(path)
    path.with_suffix(".shx").unlink()
    before = sorted(p.name for p in tmp_path.iterdir())
    units = gridder.read_units(path, layer="field")
    assert "index-restored" in _kinds(units.repairs)
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_a_shapefile_cut_short_is_refused(tmp_path):
    """Half a .dbf would lose half of the fields without a word."""
    path = tmp_path / "f.shp"
    shapes = [shapely.box(i, 0, i + 1, 1) for i in range(10)]
    gpd.GeoDataFrame({"n": range(10)}, geometry=shapes, crs=4326).to_file(path)
    dbf = path.with_suffix(".dbf")
    dbf.write_bytes(dbf.read_bytes()[: dbf.stat().st_size // 2])
    assert _faults(gridder.read_units, path, layer="field") == {"truncated": ()}


def test_a_column_named_as_one_of_ours(tmp_path):
    """A property called __wkb__ or __row__ does no harm."""
    path = _geojson(tmp_path / "f.geojson", _polygon(SQUARE), __wkb__=["x"], __row__=["y"])
    units = gridder.read_units(path, layer="field")
    assert units.attributes.iloc[0].tolist() == ["x", "y"]
    assert units.frame["row"].tolist() == [1]


def test_a_chinese_subset_of_a_gbk_table(tmp_path):
    """The where clause reaches a shapefile in its own encoding."""
    path = tmp_path / "f.shp"
    shapes = [shapely.box(i, 0, i + 1, 1) for i in range(2)]
    gpd.GeoDataFrame({"类型": ["水田", "旱地"]}, geometry=shapes, crs=4326).to_file(path, encoding="GBK")
    path.with_suffix(".cpg").unlink(missing_ok=True)
    units = gridder.read_units(f"{path}|subset=\"类型\" = '旱地'", layer="field")
    assert units.attributes["类型"].tolist() == ["旱地"]
    assert units.frame["row"].tolist() == [2]
    assert _faults(gridder.read_units, f"{path}|subset=\"类型\" = '林地'", layer="field") == {
        "empty-subset": ()
    }
    assert _faults(gridder.read_units, f"{path}|encoding=klingon", layer="field") == {"unknown-encoding": ()}


def test_names_and_encodings_that_gdal_refuses(tmp_path):
    """A `!` in the name, and GeoJSON in GBK."""
    path = _geojson(tmp_path / "!a.geojson", _polygon(SQUARE), 作物=["水稻"])
    assert gridder.read_units(path, layer="field").attributes["作物"].tolist() == ["水稻"]
    path.write_bytes(
        path.read_text(encoding="utf-8").encode("unicode_escape").decode("unicode_escape").encode("gbk")
    )
    assert len(gridder.read_units(path, layer="field")) == 1


def test_zones_of_several_files_and_barriers_of_areas(tmp_path):
    """Zones come to the CRS of the first; an area is a barrier by its outline."""
    first, second = tmp_path / "a.gpkg", tmp_path / "b.gpkg"
    frame = gpd.GeoDataFrame(
        {"名称": ["东"], "编码": ["07"]}, geometry=[shapely.box(110, 30, 111, 31)], crs=4490
    )
    frame.to_file(first)
    frame.rename(columns={"名称": "name"}).to_crs(3857).to_file(second)
    zones = gridder.read_zones(first, second)
    assert zones.frame["zone"].tolist() == ["东", "东"]
    assert zones.frame["code"].tolist() == ["07", "07"]
    assert zones.frame.crs.to_epsg() == 4490
    assert zones.frame.total_bounds == pytest.approx([110, 30, 111, 31], abs=1e-6)
    barriers = gridder.read_barriers(first, second)
    assert set(barriers.frame.geom_type) == {"LineString"}


def test_all_faults_of_all_zone_files_come_together(tmp_path):
    """Two missing files are two faults."""
    with pytest.raises(gridder.InputError) as caught:
        gridder.read_zones(tmp_path / "a.gpkg", tmp_path / "b.gpkg")
    assert [fault.file for fault in caught.value.faults] == ["a.gpkg", "b.gpkg"]


@pytest.mark.parametrize(
    ("read", "thing"), [(gridder.read_zones, "zones"), (gridder.read_barriers, "barriers")]
)
def test_no_path_at_all_is_a_fault(read, thing):
    """A list of files that came out empty is said to be so."""
    with pytest.raises(gridder.InputError, match=f"no file of {thing}") as caught:
        read()
    assert caught.value.faults[0].remedy.zh


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "column", "value"),
    [
        ("boundaries/heilongjiang_cn/chinese_poly.shp", 0, "黑龙江"),
        ("derived_crs/cgcs2000_gk_zone40_4528_gbk.shp", None, "residential"),
        ("derived_crs/xian80_gk_cm120_2385_gbk.shp", None, "residential"),
    ],
)
def test_gbk_tables(data_dir, name, column, value):
    """Attribute tables in GBK without a .cpg come out right, names of columns too."""
    units = gridder.read_units(data_dir / name, layer="field")
    text = units.attributes.astype(str).to_csv() + "".join(units.attributes.columns)
    assert value in text
    assert "�" not in text
    assert units.source.encoding in {"GBK", "GB18030"}


@pytest.mark.data
def test_a_field_name_cut_in_mid_character(data_dir):
    """A UTF-8 name of ten bytes that ends inside a character loses that character only."""
    path = data_dir / "derived_crs/noprj_gk_cm120_utf8cpg.shp"
    units = gridder.read_units(f"{path}|crs=EPSG:4549", layer="field")
    assert units.source.encoding == "UTF-8"
    assert len(units) == 596


@pytest.mark.data
def test_real_prescription_maps_with_open_rings(data_dir):
    """Rings that were never closed lose no polygon."""
    units = gridder.read_units(data_dir / "nasty/shp/rx_map_unclosed_ring.shp", layer="field")
    assert len(units) == 1492
    assert "ring-closed" in _kinds(units.repairs)
    assert units.frame.geometry.is_valid.all()


def test_a_frame_is_checked_like_a_file():
    """units_from_frame repairs and refuses as reading does."""
    frame = gpd.GeoDataFrame({"id": ["a"]}, geometry=[shapely.box(0, 0, 1, 1)])
    assert _faults(gridder.units_from_frame, frame, layer="field") == {"missing-crs": ()}
    units = gridder.units_from_frame(frame.set_crs(4326), layer="building")
    assert units.frame["unit_id"].tolist() == ["a"]
    assert isinstance(units.attributes, pd.DataFrame)


@pytest.mark.parametrize("names", [["a", "b", "a", "b", "c"], [0, "b", "0", "b", "c"]])
def test_columns_of_a_frame_that_share_a_name_are_a_fault(names):
    """All of them are named, of units as of members, and as text: 0 and "0" are alike."""
    frame = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs=4326)
    frame = frame.join(pd.DataFrame([range(5)]))
    frame.columns = ["geometry", *names]
    for read in (gridder.members_from_frame, lambda frame: gridder.units_from_frame(frame, layer="field")):
        with pytest.raises(gridder.InputError, match=f"same name: {names[0]}, b →") as caught:
            read(frame)
        assert f"{names[0]}, b" in caught.value.faults[0].what.zh


def test_a_frame_without_geometry_holds_no_polygons():
    """Its numbered columns are read by their numbers."""
    frame = gpd.GeoDataFrame({0: ["x"]})
    assert _faults(gridder.units_from_frame, frame, layer="field") == {"no-polygons": ()}
    assert gridder.members_from_frame(frame, columns={"id": "0"}).frame["member_id"].tolist() == ["x"]
