"""The sample farm and town: what the files hold, and that the script makes them."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

import sample_geo
from sample_geo import make_samples

TOWN_LAYERS = [
    "buildings", "compounds", "zones", "barriers", "roads", "tracks", "canals", "water", "woods", "grounds", "farm",
]  # fmt: skip


def read_roster(path: Path) -> list[dict[str, object]]:
    rows = list(openpyxl.load_workbook(path).active.values)
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


@pytest.fixture(scope="module")
def fields() -> gpd.GeoDataFrame:
    return gpd.read_file(sample_geo.path("fields.zip"))


@pytest.fixture(scope="module")
def town() -> dict[str, gpd.GeoDataFrame]:
    return {name: gpd.read_file(sample_geo.path("town.gpkg"), layer=name) for name in TOWN_LAYERS}


@pytest.fixture(scope="module")
def roster() -> list[dict[str, object]]:
    return read_roster(sample_geo.path("members.xlsx"))


@pytest.fixture(scope="module")
def members_of_field(fields: gpd.GeoDataFrame, roster: list[dict[str, object]]) -> np.ndarray:
    counted = Counter(person["地块编号"] for person in roster)
    return np.array([counted[number] for number in fields["地块编号"]])


@pytest.fixture(scope="module")
def zone_of_field(fields: gpd.GeoDataFrame, town: dict[str, gpd.GeoDataFrame]) -> np.ndarray:
    """Return the position of the zone that a field lies in, and -1 for one that lies in none or several."""
    inside = shapely.contains_properly(
        town["zones"].geometry.to_numpy()[:, None], fields.geometry.representative_point().to_numpy()
    )
    return np.where(inside.sum(axis=0) == 1, inside.argmax(axis=0), -1)


def pieces(shapes: np.ndarray, group: np.ndarray, within_m: float) -> np.ndarray:
    """Return the number of each shape's set, the shapes of one group that hang together over gaps up to `within_m`."""
    a, b = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=within_m)
    linked = group[a] == group[b]
    links = coo_array((np.ones(linked.sum()), (a[linked], b[linked])), shape=(len(shapes),) * 2)
    return connected_components(links, directed=False)[1]


def test_every_file_is_there_and_small() -> None:
    """All files together are below 5 MB, and every one is listed in the README with its checksum."""
    readme = (sample_geo.path("town.gpkg").parent / "README.md").read_text(encoding="utf-8")
    contents = {name: sample_geo.path(name).read_bytes() for name in sample_geo.FILES}
    assert sum(map(len, contents.values())) < 5_000_000
    for name, content in contents.items():
        assert f"| `{name}` | {len(content):,} | `{hashlib.sha256(content).hexdigest()}` |" in readme


def test_an_unknown_name_is_refused() -> None:
    """A name that is not shipped is a KeyError that says what there is."""
    with pytest.raises(KeyError, match=r"fields\.zip"):
        sample_geo.path("../pyproject.toml")


def test_importing_the_package_loads_no_engine() -> None:
    """`import sample_geo` loads neither geopandas nor numpy."""
    code = "import sys, sample_geo; sys.exit(any(name in sys.modules for name in ('geopandas', 'numpy')))"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_field_table_is_gbk_told_by_its_language_id() -> None:
    """The shapefile has no .cpg, its dbf says 0x4D and holds GBK."""
    with zipfile.ZipFile(sample_geo.path("fields.zip")) as archive:
        assert sorted(archive.namelist()) == ["fields.dbf", "fields.prj", "fields.shp", "fields.shx"]
        dbf = archive.read("fields.dbf")
    assert dbf[29] == 0x4D
    assert "地块编号".encode("gbk") in dbf[:200]


def test_fields_are_valid_and_apart(fields: gpd.GeoDataFrame) -> None:
    """Some 2 000 valid fields, 15 to 25 thousand hectares, with unique numbers and not one overlap."""
    shapes = fields.geometry.to_numpy()
    assert 1_900 <= len(fields) <= 2_300
    assert fields.crs.to_epsg() == 4532
    assert shapely.is_valid(shapes).all()
    assert set(shapely.get_type_id(shapes)) == {3}
    assert fields["地块编号"].is_unique
    assert 15_000 <= fields.area.sum() / 10_000 <= 25_000
    a, b = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    touching = a < b
    assert 100 < touching.sum() < len(fields)
    assert shapely.area(shapely.intersection(shapes[a[touching]], shapes[b[touching]])).max() < 1e-6


def test_the_columns_of_fields_say_what_the_land_is(
    fields: gpd.GeoDataFrame, town: dict[str, gpd.GeoDataFrame], zone_of_field: np.ndarray
) -> None:
    """面积亩 is the area, 管理区 the zone, 作物 one of four crops."""
    np.testing.assert_allclose(fields["面积亩"], fields.area * 3 / 2000, atol=0.06)
    assert (town["zones"]["片区"].to_numpy()[zone_of_field] == fields["管理区"].to_numpy()).all()
    assert set(fields["作物"]) == {"水稻", "玉米", "大豆", "小麦"}


def test_fields_keep_clear_of_barriers_water_and_town(
    fields: gpd.GeoDataFrame, town: dict[str, gpd.GeoDataFrame]
) -> None:
    """No field reaches the river, the highway, a pond, a wood or the town."""
    for name in ("barriers", "water", "woods", "compounds", "grounds"):
        near = shapely.STRtree(fields.geometry.to_numpy()).query(
            town[name].geometry.to_numpy(), predicate="dwithin", distance=1.0
        )
        assert near.shape[1] == 0, name


def test_zones_tile_the_farm(town: dict[str, gpd.GeoDataFrame]) -> None:
    """The five zones with their codes cover the farm without overlapping, and every building is in its own."""
    zones, buildings = town["zones"], town["buildings"]
    assert list(zones["编码"]) == ["001", "002", "003", "601", "602"]
    assert zones.area.sum() == pytest.approx(town["farm"].area.sum(), rel=1e-6)
    assert zones.union_all().area == pytest.approx(zones.area.sum(), rel=1e-6)
    zone_of = dict(zip(zones["片区"], zones.geometry, strict=True))
    assert all(zone_of[b["社区"]].contains(b.geometry) for _, b in buildings.iterrows())


def test_the_town_has_300_buildings_in_12_compounds(town: dict[str, gpd.GeoDataFrame]) -> None:
    """Buildings are valid, do not touch, lie in their compound, and their numbers name them once."""
    buildings = town["buildings"]
    shapes = buildings.geometry.to_numpy()
    assert (len(buildings), len(town["compounds"])) == (300, 12)
    assert shapely.is_valid(shapes).all()
    assert buildings["楼栋编号"].is_unique
    assert not buildings.duplicated(["小区", "楼栋"]).any()
    assert len(shapely.STRtree(shapes).query(shapes, predicate="intersects")[0]) == 300
    compound = dict(zip(town["compounds"]["小区"], town["compounds"].geometry, strict=True))
    assert all(compound[b["小区"]].contains(b.geometry) for _, b in buildings.iterrows())
    slabs = buildings[buildings["类型"] == "板楼"]
    assert slabs["单元数"].between(2, 5).all()
    assert (buildings["户数"] >= buildings["单元数"] * buildings["层数"]).all()


def test_homes_lie_at_their_buildings(
    roster: list[dict[str, object]], town: dict[str, gpd.GeoDataFrame]
) -> None:
    """Every home with a building is within 20 m of it, on a stairwell and floor that the building has."""
    buildings = {(b["小区"], b["楼栋"]): b for _, b in town["buildings"].iterrows()}
    housed = [person for person in roster if person["楼栋"] and person["经度"]]
    homes = gpd.GeoSeries(
        gpd.points_from_xy([p["经度"] for p in housed], [p["纬度"] for p in housed]), crs=4490
    ).to_crs(town["buildings"].crs)
    own = [buildings[p["小区"], p["楼栋"]] for p in housed]
    assert shapely.distance(homes.to_numpy(), np.array([b.geometry for b in own], dtype=object)).max() < 20
    assert all(int(p["单元"].removesuffix("单元")) <= b["单元数"] for p, b in zip(housed, own, strict=True))
    assert all(int(p["楼层"]) <= b["层数"] for p, b in zip(housed, own, strict=True))


def test_the_roster_has_3000_members_and_its_faults(
    roster: list[dict[str, object]], fields: gpd.GeoDataFrame
) -> None:
    """The faults are as many as the README says."""
    numbers = set(fields["地块编号"])
    assert len({person["成员编号"] for person in roster}) == len(roster) == 3_000
    assert sum(p["地块编号"] is None for p in roster) in range(295, 306)
    assert sum(p["地块编号"] is not None and p["地块编号"] not in numbers for p in roster) == 6
    assert sum(p["经度"] is None for p in roster) == 43
    assert sum(p["楼栋"] is None and p["经度"] is not None and p["小区"] is not None for p in roster) == 12
    assert sum(p["楼栋"] is None and p["经度"] is None for p in roster) == 3
    assert sum(p["经度"] is not None and p["经度"] < 131.5 for p in roster) == 1
    assert all(str(p["电话"]).startswith("1390000") and len(str(p["电话"])) == 11 for p in roster)


def test_households_share_a_flat(roster: list[dict[str, object]]) -> None:
    """One household has one flat, and no flat has two households."""
    flats = {(p["户号"], p["小区"], p["楼栋"], p["单元"], p["房号"]) for p in roster if p["楼栋"]}
    assert len(flats) == len({flat[0] for flat in flats}) == len({flat[1:] for flat in flats})


def test_fields_are_farmed_unevenly(members_of_field: np.ndarray) -> None:
    """One field has 14 members, the others at most six; about one in five has none."""
    assert sorted(members_of_field)[-1] == 14
    assert sorted(members_of_field)[-2] <= 6
    assert 0.1 < (members_of_field == 0).mean() < 0.3


def test_the_land_falls_into_large_pieces_and_one_island(
    fields: gpd.GeoDataFrame, zone_of_field: np.ndarray, members_of_field: np.ndarray
) -> None:
    """Over lanes of up to 15 m a zone hangs together in pieces of at least 40 members, but for one field in the forest.

    That field is more than 200 m and less than 500 m from the next field of its zone, with no barrier between.
    """
    shapes = fields.geometry.to_numpy()
    piece = pieces(shapes, zone_of_field, 15.0)
    weight = np.bincount(piece, weights=members_of_field)
    alone = np.flatnonzero(np.bincount(piece) == 1)
    assert len(alone) == 1
    assert np.delete(weight, alone).min() >= 40
    island = np.flatnonzero(piece == alone[0])[0]
    others = (zone_of_field == zone_of_field[island]) & (np.arange(len(shapes)) != island)
    assert 200 < shapely.distance(shapes[island], shapes[others]).min() < 500


def test_the_town_hangs_together_in_each_community(town: dict[str, gpd.GeoDataFrame]) -> None:
    """Buildings of a community are linked by steps of less than 60 m, twice the usual reach of a plot."""
    buildings = town["buildings"]
    piece = pieces(buildings.geometry.to_numpy(), buildings["社区"].to_numpy(), 55.0)
    assert len(np.unique(piece)) == 2


def test_two_towers_are_above_the_usual_maximum(roster: list[dict[str, object]]) -> None:
    """Exactly two buildings have more than 45 members, and each of their stairwells fewer than 45."""
    of_building = Counter((p["小区"], p["楼栋"]) for p in roster if p["楼栋"])
    of_stairwell = Counter((p["小区"], p["楼栋"], p["单元"]) for p in roster if p["楼栋"])
    assert sum(n > 45 for n in of_building.values()) == 2
    assert max(of_stairwell.values()) < 45


def test_the_script_makes_the_shipped_files(
    tmp_path: Path,
    fields: gpd.GeoDataFrame,
    town: dict[str, gpd.GeoDataFrame],
    roster: list[dict[str, object]],
) -> None:
    """Made again, every layer has the same features and the roster the same rows."""
    make_samples.make(tmp_path)
    made = {"fields": gpd.read_file(tmp_path / "fields.zip")}
    made |= {name: gpd.read_file(tmp_path / "town.gpkg", layer=name) for name in TOWN_LAYERS}
    for name, shipped in {"fields": fields, **town}.items():
        assert shipped.drop(columns="geometry").equals(made[name].drop(columns="geometry")), name
        assert shapely.equals_exact(
            shipped.geometry.to_numpy(), made[name].geometry.to_numpy(), tolerance=0.011, normalize=True
        ).all(), name
    assert read_roster(tmp_path / "members.xlsx") == roster
