"""What the user says of coordinates is applied and recorded; numbers that cannot be right are faults."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS, Geod

import gridder
from gridder.geometry.bd09 import to_bd09
from gridder.geometry.gcj02 import to_gcj02
from gridder.geometry.places import region_box
from gridder.io.crs_check import crs_remarks
from gridder.io.inspect import inspect
from gridder.io.read import rows_of_frame
from gridder.io.sketch import sketch_page
from gridder.io.told import as_told
from gridder.model import Source
from gridder.service.order import Source as Files
from gridder.service.order import read_sources

HOME = (116.404, 39.915)
SHIFTED = {"gcj02": to_gcj02, "bd09": to_bd09}


@pytest.fixture
def fields():
    """Four squares of a hectare near Hangzhou."""
    shapes = [shapely.box(500_000 + x, 3_320_000, 500_100 + x, 3_320_100) for x in (0, 100, 200, 300)]
    return gpd.GeoDataFrame({"n": range(4)}, geometry=shapes, crs=4549)


def _write(frame, path):
    frame.to_file(path)
    return path


def _turned(frame):
    return frame.set_geometry(shapely.transform(frame.geometry.to_numpy(), lambda xy: xy[:, ::-1]))


def _fault(frame, folder):
    with pytest.raises(gridder.InputError) as caught:
        gridder.read_units(_write(frame, folder / "f.gpkg"), layer="field")
    (fault,) = caught.value.faults
    return fault.kind, [candidate.option for candidate in fault.candidates]


def _told(frame, *, crs, axes=""):
    """Return the geometries of a frame as the user says they are meant, and the kinds of record."""
    source = Source("f.gpkg", crs=crs, axes=axes)
    geometries, findings = as_told(
        frame.geometry.to_numpy().astype(object),
        CRS.from_user_input(crs),
        source,
        declared=frame.crs.to_string(),
        region=None,
    )
    return gpd.GeoSeries(geometries, crs=crs), [finding.kind for finding in findings]


def _metres_from_home(point):
    return Geod(ellps="WGS84").inv(*HOME, point.x, point.y)[2]


@pytest.mark.parametrize("datum", SHIFTED)
def test_shifted_homes_of_a_roster_come_back_to_a_metre(tmp_path, datum):
    """Longitude and latitude of a table are converted on the user's word, and that is written down."""
    x, y = SHIFTED[datum](np.array([HOME]))[0]
    path = tmp_path / "m.csv"
    path.write_text(f"姓名,经度,纬度\n甲,{x:.9f},{y:.9f}\n", encoding="utf-8")
    assert _metres_from_home(gridder.read_members(path).frame["home"][0]) > 100
    members = gridder.read_members(f"{path}|coordinates={datum}")
    assert _metres_from_home(members.frame["home"][0]) < 1.0
    assert [repair.kind for repair in members.repairs] == ["coordinates-converted"]
    assert members.source.coordinates == datum


@pytest.mark.parametrize("datum", SHIFTED)
def test_shifted_layers_in_degrees_and_metres_that_are_left_alone(tmp_path, fields, datum):
    """--coordinates holds for every file in degrees; a file in metres is not touched, and that is said."""
    degrees = fields.to_crs(4490)
    shifted = degrees.set_geometry(shapely.transform(degrees.geometry.to_numpy(), SHIFTED[datum]))
    _write(shifted, tmp_path / "f.gpkg")
    _write(fields, tmp_path / "b.gpkg")
    sources = {"fields": Files([str(tmp_path / "f.gpkg")]), "buildings": Files([str(tmp_path / "b.gpkg")])}
    inputs = read_sources(sources, coordinates=datum)
    back = inputs.fields.frame.geometry.to_crs(4549)
    assert shapely.hausdorff_distance(back.to_numpy(), fields.geometry.to_numpy()).max() < 1.0
    assert (inputs.buildings.frame.geometry == fields.geometry).all()
    assert [repair.kind for repair in inputs.fields.repairs] == ["coordinates-converted"]
    assert [repair.kind for repair in inputs.buildings.repairs] == ["coordinates-not-degrees"]
    sources["fields"] = Files([f"{tmp_path / 'f.gpkg'}|coordinates=wgs84"])
    assert not read_sources(sources, coordinates=datum).fields.repairs


@pytest.mark.parametrize(
    ("crs", "told", "first"),
    [
        ("EPSG:4528", "EPSG:4549", "|crs=EPSG:4549"),
        ("EPSG:4549", "EPSG:4528", "|crs=EPSG:4528"),
        ("EPSG:4326", "EPSG:4528", "|crs=EPSG:4528"),
        ("EPSG:4549", "EPSG:4490", "|crs=EPSG:4490"),
        ("EPSG:3857", "EPSG:4490", "|crs=EPSG:4490"),
        ("EPSG:32733", "EPSG:4528", "|crs=EPSG:4528"),
    ],
)
def test_a_crs_that_cannot_be_right(tmp_path, fields, crs, told, first):
    """The file says one thing, its numbers another: a fault, and its first candidate puts them right."""
    wrong = fields.to_crs(told).set_crs(crs, allow_override=True)
    kind, options = _fault(wrong, tmp_path)
    assert (kind, options[0]) == ("wrong-crs", first)
    right, kinds = _told(wrong, crs=first.removeprefix("|crs="))
    assert kinds == ["crs-told"]
    assert right.to_crs(4549).distance(fields.geometry).max() < 1e-3


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4490", "EPSG:4528", "EPSG:4549"])
def test_swapped_axes_are_found_and_exchanged_on_the_users_word(tmp_path, fields, crs):
    """Latitude before longitude and northing before easting; `axes=yx` puts them right, with a record."""
    turned = _turned(fields.to_crs(crs))
    kind, options = _fault(turned, tmp_path)
    assert (kind, options[0]) == ("swapped-axes", f"|crs={crs}|axes=yx")
    right, kinds = _told(turned, crs=crs, axes="yx")
    assert kinds == ["axes-swapped"]
    assert right.to_crs(4549).distance(fields.geometry).max() < 1e-3


def test_swapped_axes_that_are_possible_are_suspected_in_the_region():
    """43° E 87° N is a place, but not in Xinjiang."""
    frame = gpd.GeoDataFrame(geometry=[shapely.box(43.0, 87.0, 43.01, 87.01)], crs=4326)
    rows = rows_of_frame(frame)
    assert not crs_remarks(rows, rows.geometries)
    (remark,) = crs_remarks(replace(rows, region=region_box("新疆")), rows.geometries)
    assert (remark.kind, remark.candidates[0].option) == ("far-away", "|crs=EPSG:4326|axes=yx")


def test_the_other_files_of_a_run_show_the_region(tmp_path, fields):
    """A file without .prj is told the zone in which the others lie; one that lies elsewhere is suspected."""
    known = _write(fields, tmp_path / "fields.gpkg")
    bare = _write(fields, tmp_path / "zones.shp")
    bare.with_suffix(".prj").unlink()
    sources = {"fields": Files([str(known)]), "zones": Files([str(bare)])}
    with pytest.raises(gridder.InputError) as caught:
        read_sources(sources)
    (fault,) = caught.value.faults
    assert fault.kind == "missing-crs"
    assert [candidate.option for candidate in fault.candidates] == [
        "|crs=EPSG:4549",
        "|crs=EPSG:2385",
        "|crs=EPSG:2437",
    ]
    sources["zones"] = Files([f"{bare}|crs=EPSG:4547"])
    remarks = {repair.kind: repair for repair in read_sources(sources).zones.repairs}
    assert remarks["far-away"].candidates[0].option == "|crs=EPSG:4549"


def test_a_caller_in_memory_is_believed(fields):
    """A table carries the CRS that its caller has set; squares at the origin are tried out that way."""
    at_origin = fields.set_geometry(fields.translate(-500_000, -3_320_000))
    like_degrees = fields.to_crs(4490).set_crs(4549, allow_override=True)
    for frame in (at_origin, like_degrees):
        units = gridder.units_from_frame(frame, layer="field")
        assert (units.frame.geometry == frame.geometry).all()
        assert [repair.kind for repair in units.repairs] == ["far-from-area-of-use"]


def test_local_coordinates_are_read_on_the_users_word(tmp_path, fields):
    """The grid of a town has its own origin and fits no CRS; without a word it is refused with what to write."""
    local = fields.set_geometry(fields.translate(-480_000, -3_310_000))
    path = _write(local, tmp_path / "f.gpkg")
    with pytest.raises(gridder.InputError, match=r"wrong|cannot be in it") as caught:
        gridder.read_units(path, layer="field")
    assert not caught.value.faults[0].candidates
    assert "f.gpkg|crs=EPSG:4549" in caught.value.faults[0].remedy.en
    units = gridder.read_units(f"{path}|crs=EPSG:4549", layer="field")
    assert [repair.kind for repair in units.repairs] == ["far-from-area-of-use"]
    homes = gpd.GeoDataFrame(geometry=local.centroid, crs=local.crs)
    members = gridder.read_members(f"{_write(homes, tmp_path / 'm.gpkg')}|crs=EPSG:4549")
    assert list(members.frame["home"]) == list(homes.geometry)
    assert [repair.kind for repair in members.repairs] == ["far-from-area-of-use"]


def test_single_rows_that_are_off_are_named(tmp_path, fields):
    """One field at the origin of the numbers does not make the CRS wrong."""
    fields.loc[2, "geometry"] = shapely.box(0, 0, 100, 100)
    with pytest.raises(gridder.InputError) as caught:
        gridder.read_units(_write(fields, tmp_path / "f.gpkg"), layer="field")
    assert [(fault.kind, fault.rows) for fault in caught.value.faults] == [("stray-coordinates", (3,))]


def test_just_outside_the_area_of_use_is_a_remark():
    """A zone is used a little beyond its borders everywhere; Swellendam lies 2.4° outside of zone 33S."""
    frame = gpd.GeoDataFrame(geometry=[shapely.box(969_680, 6_196_092, 970_680, 6_197_092)], crs=32733)
    (remark,) = gridder.units_from_frame(frame, layer="field").repairs
    assert remark.kind == "outside-area-of-use"


@pytest.mark.parametrize("crs", ["EPSG:5703", "EPSG:99999"])
def test_a_crs_without_a_place_is_not_known(tmp_path, fields, crs):
    """Heights alone, and what the registry has not; the fault names the file."""
    fields.to_file(tmp_path / "f.gpkg")
    with pytest.raises(gridder.InputError) as caught:
        gridder.read_units(f"{tmp_path / 'f.gpkg'}|crs={crs}", layer="field")
    assert [(fault.kind, fault.file) for fault in caught.value.faults] == [("unknown-crs", "f.gpkg")]


@pytest.mark.parametrize("word", ["coordinates=wgs72", "axes=zx", "region=Atlantis"])
def test_words_that_mean_nothing(word):
    """They are faults and not passed over."""
    with pytest.raises(gridder.InputError) as caught:
        gridder.read_units(f"f.gpkg|{word}", layer="field")
    assert [fault.kind for fault in caught.value.faults] == [f"unknown-{word.split('=')[0]}"]


def test_the_sketch_shows_every_candidate_without_the_network(tmp_path, fields):
    """One number a place, what to write beside it, a city for orientation, nothing from outside."""
    path = _write(fields, tmp_path / "f.shp")
    path.with_suffix(".prj").unlink()
    inspection = inspect(path)
    candidates = inspection.layers[0].problems[0].candidates
    for lang, city in (("zh", "杭州"), ("en", "Hangzhou")):
        page = sketch_page(inspection, lang)
        assert page.count('text-anchor="middle"') == len(candidates) == page.count("<code>")
        assert "f.shp|crs=EPSG:4549" in page
        assert city in page
        assert "http" not in page.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.data
def test_real_files_with_a_wrong_or_missing_crs(data_dir):
    """Beijing with latitude first, Hangzhou without .prj."""
    for name, kind, option in (
        ("beijing_compounds_swapped_latlon.geojson", "swapped-axes", "|crs=EPSG:4326|axes=yx"),
        ("noprj_gk_zone40_gbk.shp", "missing-crs", "|crs=EPSG:4528"),
    ):
        with pytest.raises(gridder.InputError) as caught:
            gridder.read_units(data_dir / "derived_crs" / name, layer="field")
        (fault,) = caught.value.faults
        assert (fault.kind, fault.candidates[0].option) == (kind, option)
