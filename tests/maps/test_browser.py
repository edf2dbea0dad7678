"""The page in Chromium with the network cut: nothing asked for, and everything answers."""

import re
from dataclasses import replace

import pytest

import maps
from tests.maps.screen import colour_at, middle_of, place_of

pytestmark = pytest.mark.browser


def test_the_opening_view_shows_the_whole_plan(open_map, view):
    """All grids lie beside the card, and the first grid is painted in a colour of the palette."""
    page = open_map(view)
    west, south, east, north = view.grids.total_bounds
    left, bottom = place_of(page, west, south)
    right, top = place_of(page, east, north)
    card = page.locator(".g-card").bounding_box()
    assert left >= card["x"] + card["width"]
    assert right <= 1366
    assert top >= 0
    assert bottom <= 768
    assert bottom - top > 500
    x, y = middle_of(page, view, "f2")
    assert colour_at(page, x + 12, y + 17)[3] > 100


def test_hover_shows_code_and_size(open_map, view):
    """The grid and the unit under the pointer are named; off the land the label goes."""
    page = open_map(view)
    page.mouse.move(*place_of(page, 131.2020, 47.2220))
    tip = page.locator(".g-tip")
    assert tip.inner_text().split("\n")[0].startswith("01001 8 people")
    assert "D-0-0 · 大豆" in tip.inner_text()
    page.mouse.move(700, 5)
    assert tip.is_hidden()


def test_a_click_opens_the_panel_and_escape_closes_it(open_map, view):
    """The panel tells size, bounds, deviation, area in both units, composition and neighbours."""
    page = open_map(view)
    page.mouse.click(*middle_of(page, view, "f1"))
    panel = page.locator(".g-panel")
    assert panel.locator("h2").inner_text() == "01002"
    text = panel.inner_text()
    for fact in ("9 people", "-10 %", "84.3 ha · 1,264.5 mu", "0.79", "东片", "in bounds"):
        assert fact in text
    assert panel.locator(".g-group").count() == 2
    assert panel.locator(".g-mark small").all_inner_texts() == ["5", "10", "15"]
    neighbours = panel.locator(".g-chips").first.locator("button").all_inner_texts()
    assert neighbours == ["01001", "02003", "01006"]
    page.keyboard.press("Escape")
    assert panel.is_hidden()


def test_a_neighbour_is_a_link_for_the_keyboard(open_map, view):
    """Enter on a neighbour shows that grid, without a mouse."""
    page = open_map(view)
    page.locator(".g-search input").focus()
    page.keyboard.type("01001")
    page.keyboard.press("Enter")
    panel = page.locator(".g-panel")
    assert panel.locator("h2").inner_text() == "01001"
    panel.locator(".g-chips button", has_text="01002").focus()
    page.keyboard.press("Enter")
    assert panel.locator("h2").inner_text() == "01002"


def test_a_grid_out_of_bounds_says_why(open_map, view):
    """The certificate stands in plain words, from the map and from the list of such grids."""
    page = open_map(view)
    page.locator(".g-out").click()
    panel = page.locator(".g-panel")
    assert "1" in panel.locator("h2").inner_text()
    panel.locator("li button").click()
    assert panel.locator("h2").inner_text() == "01006"
    assert "counts 3 people in all, less than the minimum of 5" in panel.locator(".g-why").inner_text()


def test_hidden_counts_stay_hidden(open_map, view):
    """A suppressed grid shows neither size nor deviation nor members."""
    page = open_map(view)
    page.mouse.click(*middle_of(page, view, "f10"))
    panel = page.locator(".g-panel")
    assert panel.locator(".g-size strong").inner_text() == "hidden"
    facts = dict(
        zip(panel.locator("dt").all_inner_texts(), panel.locator("dd").all_inner_texts(), strict=True)
    )
    assert facts["Deviation"] == facts["Members"] == "hidden"
    assert "below 5" in panel.inner_text()


def test_a_layer_can_be_taken_away(open_map, view):
    """Without the field grids the ground is bare and the pointer finds nothing; the buildings stay."""
    page = open_map(view)
    for name in ("labels", "units", "zones"):
        page.locator(f"input[name={name}]").uncheck()
    field, building = middle_of(page, view, "f3"), middle_of(page, view, "b1")
    assert colour_at(page, *field)[3] > 0
    page.locator("input[name=field]").uncheck()
    assert colour_at(page, *field)[3] == 0
    assert colour_at(page, *building)[3] > 0
    page.mouse.move(*field)
    assert page.locator(".g-tip").is_hidden()
    page.mouse.move(*building)
    assert "01002 36 households" in page.locator(".g-tip").inner_text()


def test_the_language_changes_in_the_page(open_map, view):
    """The page opens in one language and changes all words, the open panel's too."""
    page = open_map(view, lang="zh")
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    page.mouse.click(*middle_of(page, view, "f1"))
    assert "9 人" in page.locator(".g-panel").inner_text()
    assert "田间网格" in page.locator(".g-card").inner_text()
    page.locator(".g-lang").click()
    assert page.locator("html").get_attribute("lang") == "en"
    assert "9 people" in page.locator(".g-panel").inner_text()
    assert "Field grids" in page.locator(".g-card").inner_text()
    assert page.title() == "Grids"


def test_search_finds_a_unit(open_map, view):
    """A unit's id opens its grid and brings it into sight."""
    page = open_map(view)
    page.locator(".g-search input").fill("d-11-2")
    assert page.locator("#g-found li").first.inner_text().startswith("D-11-2")
    page.keyboard.press("Enter")
    assert page.locator(".g-panel h2").inner_text() == "02012"
    page.wait_for_timeout(600)
    x, y = middle_of(page, view, "f11")
    assert 300 < x < 1010
    assert 0 < y < 768
    page.locator(".g-search input").fill("no such thing")
    assert page.locator("#g-found").inner_text() == "Nothing found"


def test_names_are_text_and_nothing_else(open_map, view):
    """Markup in a name is shown letter by letter."""
    nasty = "</script><img src=x onerror=alert(1)>\u2028\u202e\"'"
    grids = view.grids.assign(code=nasty)
    units = view.units.assign(unit_id=nasty, kind=nasty)
    composition = view.composition.assign(value=nasty)
    zones = view.zones.assign(zone=nasty)
    shown = replace(view, grids=grids, units=units, composition=composition, zones=zones)
    page = open_map(shown, title=nasty)
    page.mouse.move(*middle_of(page, view, "f1"))
    page.mouse.click(*middle_of(page, view, "f1"))
    assert page.locator(".g-panel h2").text_content() == nasty
    assert page.locator("h1").text_content() == nasty
    page.locator(".g-search input").fill("script")
    assert page.locator("img").count() == 0


def test_a_phone_sees_map_and_panel(open_map, view):
    """On a narrow screen nothing is wider than the screen, and the panel leaves the grid in sight."""
    page = open_map(view, width=390, height=844)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.mouse.click(*middle_of(page, view, "f9"))
    page.wait_for_timeout(600)
    panel = page.locator(".g-panel").bounding_box()
    assert panel["x"] >= 0
    assert panel["x"] + panel["width"] <= 390
    assert middle_of(page, view, "f9")[1] < panel["y"]


def test_the_map_of_a_grid_opens_its_panel_and_fits_it(open_map, view):
    """The group can be read at once, the grid lies between card and panel, its neighbours are lighter."""
    page = open_map(view, grid_id="f1")
    panel, card = page.locator(".g-panel"), page.locator(".g-card")
    assert panel.locator("h2").inner_text() == "01002"
    assert "9 people" in panel.inner_text()
    assert panel.locator(".g-chips").nth(1).locator("button").count() == 4
    assert card.locator(".g-layer b").inner_text() == "4"
    west, south, east, north = view.grids.set_index("grid_id").geometry["f1"].bounds
    left, bottom = place_of(page, west, south)
    right, top = place_of(page, east, north)
    assert left > card.bounding_box()["x"] + card.bounding_box()["width"]
    assert right < panel.bounding_box()["x"]
    assert 0 < top < bottom - 150 < 768
    for name in ("labels", "units", "zones"):
        page.locator(f"input[name={name}]").uncheck()
    own = colour_at(page, *place_of(page, west + 0.003, south + 0.003))
    beside = colour_at(page, *place_of(page, west - 0.001, south + 0.003))
    assert own[3] > 2 * beside[3] > 0
    far = place_of(page, west + 0.003, north + 0.006)
    assert colour_at(page, *far)[3] == 0
    page.keyboard.press("Escape")
    assert panel.is_hidden()


def test_the_map_of_a_grid_changes_its_language(open_map, view):
    """Its title is the code, in the words of either language; a title that was given stays."""
    page = open_map(view, grid_id="b1", lang="zh")
    assert page.title() == page.locator("h1").inner_text() == "网格 01002"
    page.locator(".g-lang").click()
    assert page.title() == page.locator("h1").inner_text() == "Grid 01002"
    page = open_map(view, grid_id="b1", title="一号小组")
    page.locator(".g-lang").click()
    assert page.title() == "一号小组"


def test_a_phone_sees_the_grid_above_its_panel(open_map, view):
    """The open panel leaves the grid in sight."""
    page = open_map(view, grid_id="f5", width=390, height=844)
    _, y = middle_of(page, view, "f5")
    card, panel = (page.locator(name).bounding_box() for name in (".g-card", ".g-panel"))
    assert card["y"] + card["height"] < y < panel["y"]


def test_a_base_map_is_asked_for_and_can_be_taken_away(browser, view, tmp_path):
    """Tiles lie under the grids, their owner is named as text, and without them the ground is drawn."""
    path = tmp_path / "map.html"
    tiles = [maps.Tiles("https://tiles.example/{z}/{x}/{y}.png", attribution="<img src=x onerror=alert(1)>")]
    maps.plan_map(view, tiles=tiles).save(path)
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    asked, troubles = [], []
    context.route(re.compile("^https://"), lambda route: (asked.append(route.request.url), route.abort()))
    page = context.new_page()
    page.on("dialog", lambda dialog: (troubles.append("dialog"), dialog.dismiss()))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    with page.expect_request(re.compile("^https://")):
        page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready]")
    assert all(address.startswith("https://tiles.example/") for address in asked)
    assert "<img src=x" in page.locator(".leaflet-control-attribution").inner_text()
    ground = place_of(page, 131.1995, 47.1995)
    for name in ("labels", "units", "field", "building"):
        page.locator(f"input[name={name}]").uncheck()
    inside = middle_of(page, view, "f2")
    assert colour_at(page, *inside)[3] == 0
    page.locator("input[name=base]").uncheck()
    assert page.locator(".leaflet-tile").count() == 0
    assert colour_at(page, *inside)[3] == 255
    assert colour_at(page, *ground)[3] == 0
    context.close()
    assert troubles == []


def test_units_of_a_large_plan_come_after_the_grids(open_map, view, monkeypatch):
    """The page answers before the units are decoded, and shows, finds and names them afterwards."""
    script = maps.offline.scripts().replace("Gridder.MANY_UNITS = 2e6", "Gridder.MANY_UNITS = 10")
    monkeypatch.setattr(maps.plan, "scripts", lambda: script)
    page = open_map(view)
    page.wait_for_selector("html[data-complete]")
    page.mouse.move(*place_of(page, 131.2020, 47.2220))
    assert "D-0-0 · 大豆" in page.locator(".g-tip").inner_text()
    page.locator(".g-search input").fill("d-11-2")
    page.keyboard.press("Enter")
    assert page.locator(".g-panel h2").inner_text() == "02012"
    assert page.locator("input[name=units]").is_checked()
    assert page.locator("#g-colour option[value=kind]").count() == 1


def test_search_finds_a_zone_and_a_kind(open_map, view):
    """A zone is shown whole; a crop or compound is shown in its colour, with all its units in sight."""
    page = open_map(view)
    page.locator(".g-search input").fill("西片")
    assert page.locator("#g-found li").all_inner_texts() == ["西片\nZone"]
    page.keyboard.press("Enter")
    page.locator(".g-search input").fill("玉米")
    page.keyboard.press("Enter")
    assert page.locator("#g-colour").input_value() == "kind"
    page.wait_for_timeout(600)
    for grid in ("f0", "f11"):
        x, y = middle_of(page, view, grid)
        assert 300 < x < 1366
        assert 0 < y < 768
