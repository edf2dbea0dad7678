"""A map whose units are not in the file, by itself and in a page that knows no tiles."""

import maps
import maps.payload


def test_a_file_by_itself_asks_nobody(open_map, view, monkeypatch):
    """It says that units are left out, and asks for nothing, as every file."""
    monkeypatch.setattr(maps.payload, "MOST_UNITS", 10)
    page = open_map(view)
    page.wait_for_selector("html[data-complete]")
    assert page.locator(".g-note", has_text="64 units are not drawn").count() == 1
    assert page.locator("input[name=units]").count() == 0


def test_only_maps_without_units_carry_the_script_for_tiles(view, monkeypatch):
    """A map that has its units in the file stays as small as it is."""
    has_script = "Gridder.joinService = " in maps.plan_map(view).get_root().render()
    monkeypatch.setattr(maps.payload, "MOST_UNITS", 10)
    assert [has_script, "Gridder.joinService = " in maps.plan_map(view).get_root().render()] == [False, True]
