"""The path syntax: file, layer, subset, CRS and encoding."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridder.io.location import Location, parse_location


def test_a_bare_path_has_no_options():
    """Without a bar everything but the file is empty."""
    location = parse_location("land/fields.SHP")
    assert location == Location(Path("land/fields.SHP"))
    assert (location.file, location.suffix) == ("fields.SHP", ".shp")


def test_all_options_in_any_order():
    """Options may come in any order and blanks around them do not count."""
    said = "town.gpkg|crs=EPSG:4549|layername=roads |encoding=GBK|subset=a = 1"
    assert parse_location(said) == Location(Path("town.gpkg"), "roads", "a = 1", "EPSG:4549", "GBK")


@pytest.mark.parametrize(
    "subset",
    [
        "\"highway\" IN ('primary','secondary')",
        "ST_MinX(geom) BETWEEN 120.8 AND 122.0",
        "name = 'x|crs=y'",
        "a || b = 'c'",
        "name = 'it''s|layername=z'",
    ],
)
def test_a_subset_may_hold_signs_of_the_syntax(subset):
    """`=` and `|` belong to the subset, inside its quotes even whole options."""
    location = parse_location(f"a.gpkg|subset={subset}|layername=b")
    assert (location.subset, location.layername, location.crs) == (subset, "b", "")


def test_a_bar_in_a_file_name_is_part_of_it():
    """Only the four words begin options."""
    assert parse_location("a|b=c.shp").path == Path("a|b=c.shp")


def test_a_path_object_may_carry_options_too():
    """Path and str mean the same."""
    assert parse_location(Path("a.gpkg|layername=b")) == parse_location("a.gpkg|layername=b")
