"""A subset filters rows; what could do more is refused before any file is opened."""

from __future__ import annotations

import pytest

import gridder
import sample_geo
from gridder.io.subset import not_a_filter


@pytest.mark.parametrize(
    "subset",
    [
        "",
        "crop = 'rice'",
        "\"highway\" IN ('primary','secondary')",
        "ST_MinX(geom) BETWEEN 120.8 AND 122.0 AND ST_MinY(geom) BETWEEN 30.6 AND 31.9",
        "名称 LIKE '%小区%' AND NOT (层数 > 3 OR upper(kind) = 'X')",
        "name = 'it''s; -- select attach'",
        '"from" IS NOT NULL AND length(trim(name)) > 0',
        "n >= -1.5e3 AND (a <> b)",
    ],
)
def test_filters_are_filters(subset):
    assert not_a_filter(subset) == ""


@pytest.mark.parametrize(
    ("subset", "stranger"),
    [
        ("1=1; ATTACH DATABASE 'x' AS p", ";"),
        ("1=1 -- rest", "--"),
        ("1=1 /* x */", "/*"),
        ("id IN (SELECT id FROM other)", "SELECT"),
        ("1=1) UNION ALL VALUES (1", "UNION"),
        ("load_extension('x') = 1", "load_extension()"),
        ("readfile ('/etc/passwd') = 1", "readfile()"),
        ("gdal_get_pixel_value('x', 1, 'georef', 0, 0) = 1", "gdal_get_pixel_value()"),
        ("ogr_geocode('x') = 1", "ogr_geocode()"),
        ("name = 'open", "'"),
        ("[name] = 1", "["),
        ("`name` = 1", "`"),
        ("PRAGMA journal_mode", "PRAGMA"),
    ],
)
def test_what_is_more_than_a_filter_is_named(subset, stranger):
    assert not_a_filter(subset) == stranger


def test_a_name_that_is_no_column_of_a_geopackage():
    """SQLite alone would compare its letters, and return every row."""
    town = sample_geo.path("town.gpkg")
    with pytest.raises(gridder.InputError, match="片区") as caught:
        gridder.read_zones(f"{town}|layername=zones|subset=\"区\" <> 'x'")
    assert [fault.kind for fault in caught.value.faults] == ["no-column-of-subset"]
    assert len(gridder.read_zones(f'{town}|layername=zones|subset="fid" > 0 AND "片区" <> \'x\'').frame) == 5


def test_another_database_cannot_be_attached(tmp_path):
    """A file beside is not read through the filter of a GeoPackage."""
    town = sample_geo.path("town.gpkg")
    attack = f"1=1; ATTACH DATABASE '{tmp_path / 'other.sqlite'}' AS p"
    with pytest.raises(gridder.InputError) as caught:
        gridder.read_zones(f"{town}|layername=zones|subset={attack}")
    assert [fault.kind for fault in caught.value.faults] == ["not-a-filter"]
    assert not (tmp_path / "other.sqlite").exists()
