"""The map for people who use no mouse, or see little: what axe-core finds, and what the keyboard reaches."""

import pytest

from tests.access import tab_stops, violations
from tests.maps.screen import middle_of

pytestmark = pytest.mark.browser

SIZES = {"laptop": (1366, 768), "phone": (390, 844)}


def open_layers(page):
    page.evaluate("document.querySelector('.g-layers').open = true")


def list_grids_out_of_bounds(page):
    open_layers(page)
    page.locator(".g-out").click()


def search(text):
    return lambda page: page.locator(".g-search input").fill(text)


def open_grid(code):
    def do(page):
        search(code)(page)
        page.keyboard.press("Enter")
        page.wait_for_selector(".g-panel h2")

    return do


def colour_by(key):
    def do(page):
        open_layers(page)
        page.select_option("#g-colour", key)

    return do


SCENES = {
    "opening": lambda page: None,
    "layers": open_layers,
    "grid": open_grid("01001"),
    "grid out of bounds": open_grid("01006"),
    "hidden counts": open_grid("02011"),
    "list of grids out of bounds": list_grids_out_of_bounds,
    "found": search("01"),
    "nothing found": search("no such thing"),
    "deviation": colour_by("deviation"),
    "crops": colour_by("kind"),
    "print menu": lambda page: page.locator(".g-print summary").click(),
    "measuring": lambda page: page.locator("[name=measure]").click(),
}


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing(open_map, view, lang, size):
    """Whatever is open, in either language, on a laptop and on a phone."""
    width, height = SIZES[size]
    page = open_map(view, lang=lang, width=width, height=height)
    found = {}
    for name, show in SCENES.items():
        page.reload()
        page.wait_for_selector("html[data-ready]")
        show(page)
        found[name] = violations(page)
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_tab_reaches_everything_that_a_click_does(open_map, view):
    """Card before panel before tools, each with a visible focus; the map itself is one stop."""
    page = open_map(view)
    page.locator(".g-search input").fill("01002")
    page.keyboard.press("Enter")
    page.locator(".g-panel h2", has_text="01002").wait_for()
    stops = tab_stops(page)
    clickable = page.locator(
        "button:visible, input:visible, select:visible, summary:visible, a[href]:visible"
    ).count()
    assert len(stops) == clickable + 1
    names = [stop.split("|")[2] for stop in stops]
    wanted = [
        "Map of the grids",
        "中文",
        "Search grid, zone, parcel or building",
        "Layers and counts",
        "Close",
        "Zoom in",
        "Print",
    ]
    assert [name for name in names if name in wanted] == wanted


def test_the_map_is_used_by_keyboard(open_map, view):
    """Arrows move it, Enter opens the grid in its middle, and Escape leads back to the map."""
    page = open_map(view)
    page.locator(".folium-map").focus()
    x, y = middle_of(page, view, "f6")
    page.evaluate("([x, y]) => map_0.panBy([x - 683, y - 384], {animate: false})", [x, y])
    page.keyboard.press("Enter")
    panel = page.locator(".g-panel")
    assert panel.locator("h2").inner_text() == "02007"
    page.keyboard.press("Escape")
    assert panel.is_hidden()
    assert page.evaluate("document.activeElement.className").startswith("folium-map")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(500)
    assert middle_of(page, view, "f6")[0] < 683 - 50


def test_measuring_by_keyboard(open_map, view):
    """Space sets a point in the middle of the map, Enter ends, Escape leaves."""
    page = open_map(view)
    page.locator("[name=measure]").focus()
    page.keyboard.press("Enter")
    measured = page.locator(".g-measured")
    assert "Space" in measured.inner_text()
    page.locator(".folium-map").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(500)
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    assert measured.inner_text().endswith((" m", " km"))
    page.keyboard.press("Escape")
    assert measured.is_hidden()


def test_the_print_menu_is_used_by_keyboard(open_map, view):
    """Enter opens it, Tab leads to the papers, Escape closes it and leads back."""
    page = open_map(view)
    page.evaluate("window.print = () => { window.printed = true; }")
    page.locator(".g-print summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert page.locator(".g-papers").is_hidden()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "a4_landscape"
    page.keyboard.press("Enter")
    assert page.evaluate("window.printed")


def test_what_is_found_is_said(open_map, view):
    """The search is a combobox whose marked row is named to a screen reader."""
    page = open_map(view)
    box = page.locator(".g-search input")
    box.fill("0100")
    page.keyboard.press("ArrowDown")
    assert box.get_attribute("aria-expanded") == "true"
    marked = box.get_attribute("aria-activedescendant")
    assert page.locator(f"#{marked}").get_attribute("aria-selected") == "true"
    page.keyboard.press("Escape")
    assert box.get_attribute("aria-expanded") == "false"
