"""The features of a view as a file: what is in a feature, what a page finds, and how fast."""

import json
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridder.io.feature_file import FeatureFile
from gridder.io.features import COLLECTIONS, write_features
from gridder.privacy import view


@pytest.fixture
def shown(plan):
    return view(plan, k=4)


@pytest.fixture
def opened(shown, tmp_path):
    path = tmp_path / "features #1?.sqlite"
    write_features(shown, path)
    with FeatureFile(path) as features:
        yield features


def squares(shown, corners, side=0.5):
    """Return the view with units that are squares at these corners, named by their place in the list."""
    boxes = [shapely.box(x, y, x + side, y + side) for x, y in corners]
    units = gpd.GeoDataFrame(
        {
            "unit_id": [str(i) for i in range(len(boxes))],
            "grid_id": shown.grids["grid_id"].iloc[0],
            "layer": "field",
            "zone": "z",
            "size": 0.1 + 0.2,
            "area_ha": 1.0,
            "kind": "",
            "suppressed": False,
        },
        geometry=boxes,
        crs="EPSG:4326",
    )
    return replace(shown, units=units)


def ids(page):
    features = json.loads(b"[" + page.features + b"]")
    assert len(features) == page.number_returned
    return [feature["id"] for feature in features]


def test_a_page_holds_every_value_of_the_view(opened, shown):
    """Ids, properties and types are those of the view; what is missing is null; the order is the view's."""
    for collection, frame in (("grids", shown.grids), ("units", shown.units)):
        page = opened.page(collection, limit=1000)
        features = json.loads(b"[" + page.features + b"]")
        assert page.number_matched == page.number_returned == len(features) == len(frame)
        kinds = {"string": str, "integer": int, "number": (int, float), "boolean": bool}
        for feature, (_, row) in zip(features, frame.iterrows(), strict=True):
            assert list(feature) == ["type", "id", "geometry", "properties"]
            assert list(feature["properties"]) == list(opened.schema(collection))
            for name, value in feature["properties"].items():
                if value is None:
                    assert pd.isna(row[name])
                else:
                    assert isinstance(value, kinds[opened.schema(collection)[name]])
                    assert value == (pytest.approx(row[name], abs=1e-6) if name in _FLOATS else row[name])
    assert json.loads(opened.feature("grids", "F-02002"))["properties"]["size"] is None
    assert json.loads(opened.feature("grids", "F-02002"))["properties"]["suppressed"] is True


_FLOATS = {name for schema in COLLECTIONS.values() for name, kind in schema.items() if kind == "number"}


def test_shapes_are_in_degrees_and_their_outer_rings_counterclockwise(shown, tmp_path):
    """Seven decimals, the right-hand rule with holes, and several parts."""
    with_hole = shapely.box(131, 47, 132, 48, ccw=False).difference(shapely.box(131.3, 47.3, 131.4, 47.4))
    two = shapely.MultiPolygon(
        [shapely.box(131, 47, 131 + 1 / 3, 48, ccw=False), shapely.box(133, 47, 134, 48)]
    )
    units = shown.units.iloc[:2].set_geometry([with_hole, two])
    write_features(replace(shown, units=units), tmp_path / "f")
    with FeatureFile(tmp_path / "f") as features:
        text = features.page("units", limit=2).features
        assert features.extent("units") == (131.0, 47.0, 134.0, 48.0)
    assert b"131.3333333," in text
    assert b"131.33333333" not in text
    for feature, whole in zip(json.loads(b"[" + text + b"]"), (with_hole, two), strict=True):
        shape = shapely.geometry.shape(feature["geometry"])
        assert shapely.equals(shapely.set_precision(whole, 1e-7), shapely.set_precision(shape, 1e-7))
        for part in shapely.get_parts([shape]):
            assert shapely.is_ccw(part.exterior)
            assert not any(shapely.is_ccw(hole) for hole in part.interiors)


def test_a_unit_is_named_with_its_layer(opened):
    """Units of two layers may share an id; the text of one is found by both."""
    feature = json.loads(opened.feature("units", "building:楼1-2"))
    assert feature["properties"]["unit_id"] == "楼1-2"
    assert opened.feature("units", "field:楼1-2") is None
    assert opened.feature("grids", "' OR 1=1 --") is None


def test_pages_follow_each_other(opened):
    """Pages of five give every feature once, and the last is shorter; behind the end there is none."""
    pages = [opened.page("grids", limit=5, offset=offset) for offset in (0, 5, 10, 15, 10**30)]
    assert [page.number_returned for page in pages] == [5, 5, 2, 0, 0]
    assert {page.number_matched for page in pages} == {12}
    assert sum((ids(page) for page in pages), []) == ids(opened.page("grids", limit=12))  # noqa: RUF017


@pytest.mark.parametrize(
    ("collection", "filters", "number"),
    [
        ("grids", {"layer": "field"}, 6),
        ("grids", {"layer": "field", "number": "1"}, 2),
        ("grids", {"number": "1.0"}, 4),
        ("grids", {"number": "10e-1"}, 4),
        ("grids", {"number": "1.5"}, 0),
        ("grids", {"target": "4"}, 12),
        ("grids", {"within_bounds": "false"}, 1),
        ("grids", {"zone": "B/二区: [town]"}, 6),
        ("grids", {"code": "02001"}, 2),
        ("grids", {"code": "2001"}, 0),
        ("grids", {"grid_id": "' OR ''='"}, 0),
        ("grids", {"size": "9" * 400}, 0),
        ("units", {"grid_id": "F-01001"}, 4),
        ("units", {"kind": "玉米"}, 12),
    ],
)
def test_filters_ask_for_equality(opened, collection, filters, number):
    """Numbers are compared as numbers, text letter by letter, truth values as such."""
    page = opened.page(collection, filters=filters, limit=100)
    assert page.number_matched == page.number_returned == number


def test_a_number_can_be_asked_for_as_it_is_written(shown, tmp_path):
    """0.1 + 0.2 is written, stored and found as 0.3."""
    write_features(squares(shown, [(0, 0)]), tmp_path / "f")
    with FeatureFile(tmp_path / "f") as features:
        page = features.page("units", filters={"size": "0.3"}, limit=1)
    assert b'"size":0.3,' in page.features


@pytest.mark.parametrize(
    "filters",
    [{"size": "many"}, {"size": "nan"}, {"size": "inf"}, {"size": "1_0"}, {"size": ""}, {"size": "１"},
     {"within_bounds": "1"}, {"within_bounds": "True"}, {"geometry": "x"}, {"row": "1"}, {"west": "1"},
     {"id": "x"}, {"1=1 --": "x"}],
)  # fmt: skip
def test_a_filter_that_can_match_nothing_is_refused(opened, filters):
    """No number, no truth value, no property."""
    with pytest.raises(ValueError, match=r"number|true or false|property"):
        opened.page("grids", filters=filters, limit=1)


@pytest.mark.parametrize(
    ("bbox", "found"),
    [
        ((-180, -90, 180, 90), "01234"),
        ((-190, -90, 1e300, 90), "01234"),
        ((0.6, 0.6, 0.9, 0.9), ""),
        ((0.5, 0.5, 0.5, 0.5), "0"),
        ((0.5000001, 0.5, 0.9, 0.9), ""),
        ((0.5, 0.5, 1, 1), "01"),
        ((0.2, 0.2, 0.3, 0.3), "0"),
        ((-1, -1, 1.1, 1.1), "01"),
        ((0.2, 0.2, -50, 0.3, 0.3, 100), "0"),
        ((178, -90, -178, 90), "34"),
        ((179.6, -90, -179.9, 90), "4"),
        ((179, 40, -179, 50), ""),
    ],
)
def test_a_box_finds_what_it_touches(shown, tmp_path, bbox, found):
    """To the last decimal, with heights, and across the antimeridian."""
    write_features(squares(shown, [(0, 0), (1, 1), (131.2, 47.2), (179, 0), (-180, 0)]), tmp_path / "f")
    with FeatureFile(tmp_path / "f") as features:
        page = features.page("units", bbox=bbox, limit=10)
        assert ids(page) == [f"field:{i}" for i in found]
        assert page.number_matched == len(found)
        again = features.page("units", bbox=bbox, filters={"unit_id": "3"}, limit=10)
        assert again.number_matched == found.count("3")


def test_large_and_small_boxes_find_the_same_as_a_search_of_all(shown, tmp_path):
    """Through the R-tree and without it, 300 boxes of any size find what numpy finds."""
    rng = np.random.default_rng(1)
    corners = rng.uniform(0, 10, (400, 2)).round(7)
    write_features(squares(shown, corners, 0.125), tmp_path / "f")
    with FeatureFile(tmp_path / "f") as features:
        for _ in range(300):
            low = rng.uniform(-1, 11, 2)
            high = low + rng.uniform(0, 12, 2) ** rng.choice([-1, 1])
            wanted = ((corners <= high) & (corners + 0.125 >= low)).all(axis=1)
            page = features.page("units", bbox=[*low, *high], limit=1000)
            assert ids(page) == [f"field:{i}" for i in np.flatnonzero(wanted)]


@pytest.mark.parametrize(
    "bbox",
    [
        (1, 2, 3),
        (1, 2, 3, 4, 5),
        (0, 1, 1, 0),
        (0, 0, 5, 1, 1, 4),
        (float("nan"), 0, 1, 1),
        (0, 0, float("inf"), 1),
    ],
)
def test_a_box_that_is_none_is_refused(opened, bbox):
    """Three numbers, five, upside down, no numbers."""
    with pytest.raises(ValueError, match="box"):
        opened.page("grids", bbox=bbox, limit=1)


def test_unknown_collections_and_senseless_pages_are_refused(opened):
    """A name that is no collection never reaches the database."""
    for ask in (opened.schema, opened.extent, lambda name: opened.page(name, limit=1)):
        with pytest.raises(KeyError):
            ask("sqlite_master")
    with pytest.raises(KeyError):
        opened.feature("sqlite_master", "1")
    for limit, offset in ((0, 0), (1, -1)):
        with pytest.raises(ValueError, match="limit"):
            opened.page("grids", limit=limit, offset=offset)


def test_equal_views_give_equal_bytes(shown, tmp_path):
    """Written twice, and over an old file, the bytes are the same and nothing is left beside."""
    write_features(shown, tmp_path / "a")
    (tmp_path / "b").write_text("old")
    write_features(shown, tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_a_fault_leaves_the_old_file(shown, tmp_path):
    """Ids that repeat are a fault of the plan; the old file stays, whole."""
    path = tmp_path / "f"
    write_features(shown, path)
    before = path.read_bytes()
    with pytest.raises(sqlite3.IntegrityError):
        write_features(replace(shown, grids=shown.grids.assign(grid_id="same")), path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["f"]


def test_nothing_but_the_named_columns_is_in_the_file(shown, tmp_path):
    """A column that a view may gain one day does not slip in."""
    units = shown.units.assign(户主="王小明")
    grids = shown.grids.assign(note="王小明", certificate_weight=8.0625)
    write_features(replace(shown, units=units, grids=grids), tmp_path / "f")
    content = (tmp_path / "f").read_bytes()
    assert "王小明".encode() not in content
    assert b"8.0625" not in content


def test_the_file_is_only_read(opened, tmp_path):
    """Nothing can be written through it; without a file there is nothing to open."""
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        opened._connection.execute("DELETE FROM grids")
    with pytest.raises(FileNotFoundError):
        FeatureFile(tmp_path / "missing")
    assert not (tmp_path / "missing").exists()


def test_a_view_without_features_has_empty_pages(shown, tmp_path):
    """No unit: no extent, and a page of nothing."""
    write_features(replace(shown, units=shown.units.iloc[:0]), tmp_path / "f")
    with FeatureFile(tmp_path / "f") as features:
        assert features.extent("units") is None
        for bbox in (None, (-180, -90, 180, 90)):
            assert features.page("units", bbox=bbox, limit=10).number_matched == 0


def test_threads_may_share_it(opened):
    """Eight threads at once read what one reads."""
    alone = [opened.page("units", limit=3, offset=i) for i in range(30)]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(10):
            together = list(pool.map(lambda i: opened.page("units", limit=3, offset=i), range(30)))
            assert together == alone


@pytest.mark.slow
def test_a_page_of_a_large_plan_is_quick(shown, tmp_path):
    """A thousand of 100 000 units, anywhere, by box or by value: below 30 ms of work."""
    corners = np.stack(np.divmod(np.arange(100_000), 400), axis=1) * 0.01
    write_features(squares(shown, corners, 0.009), tmp_path / "f")
    with FeatureFile(tmp_path / "f") as features:
        for ask in ({}, {"offset": 99_000}, {"bbox": [0.1, 0, 9, 9]}, {"filters": {"zone": "z"}}):
            spent = []
            for _ in range(5):
                start = time.process_time()
                assert features.page("units", limit=1000, **ask).number_returned == 1000
                spent.append(time.process_time() - start)
            assert min(spent) < 0.03
