"""The linked files of an atlas in Chromium with the network cut."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

import maps
from maps import payload
from tests.access import OPTIONS, tab_stops

pytestmark = pytest.mark.browser


@pytest.fixture
def open_atlas(browser, tmp_path):
    """Return a function that writes and opens an atlas; afterwards nothing but its files was asked for."""
    contexts, troubles = [], []
    root = tmp_path / "图册 #1"

    def refuse(route):
        asked = urlsplit(route.request.url)
        path = Path(unquote(asked.path))
        if asked.scheme == "file" and root in path.parents and path.is_file():
            route.continue_()
        else:
            troubles.append(f"asked for {route.request.url}")
            route.abort()

    def open_view(view, *, width=1366, height=768, pdf=None, **options):
        index = maps.atlas(view, **options).save(root, pdf=pdf)
        context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
        contexts.append(context)
        context.route("**/*", refuse)
        page = context.new_page()
        page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        go(page, index.as_uri())
        return page

    yield open_view
    for context in contexts:
        context.close()
    assert troubles == []


def go(page, address):
    page.goto(address)
    page.wait_for_selector("html[data-ready]")


def follow(page, link):
    with page.expect_navigation():
        link.click()
    page.wait_for_selector("html[data-ready]")


def links(page):
    """Return where the links of a page lead, without what is behind the number sign."""
    return {address.split("#")[0] for address in page.locator("a[href]").evaluate_all(
        "list => list.filter((a) => !a.closest('.leaflet-container')).map((a) => a.href)")}  # fmt: skip


@pytest.mark.parametrize(("by", "n"), [("zone", 2), ("grid", 16)])
@pytest.mark.slow
def test_every_page_opens_and_all_links_resolve(open_atlas, view, by, n):
    """From page to page to the last; all links lead to files of the folder."""
    page = open_atlas(view, by=by, lang="zh", pdf="A4")
    start = page.url
    assert any(address.endswith("atlas.pdf") for address in links(page))
    seen = set()
    go(page, start.replace("index.html", "pages/1.html"))
    while True:
        seen.add(page.url.split("#")[0])
        addresses = links(page)
        assert all(Path(unquote(urlsplit(address).path)).is_file() for address in addresses)
        assert start in addresses
        following = page.locator(".g-turns a").last
        if following.inner_text() != "›":
            break
        follow(page, following)
    assert len(seen) == n


def test_from_a_grid_to_its_page_and_back(open_atlas, view):
    """The panel leads to the page of the zone, where the grid is open; a neighbour's leads on to its own."""
    page = open_atlas(view)
    page.locator(".g-search input").fill("01002")
    page.keyboard.press("Enter")
    follow(page, page.locator(".g-to-page"))
    assert "/pages/1.html" in page.url
    panel = page.locator(".g-panel")
    assert panel.locator("h2").inner_text() == "01002"
    assert page.locator(".g-to-page").count() == 0
    panel.locator(".g-chips button", has_text="02003").click()
    follow(page, page.locator(".g-to-page"))
    assert page.title() == "西片"
    assert panel.locator("h2").inner_text() == "02003"
    page.keyboard.press("Escape")
    assert page.locator(".g-layer b").all_inner_texts() == ["6"]
    follow(page, page.locator(".g-turns a", has_text="Overview"))
    assert page.url.split("#")[0].endswith("index.html")
    assert page.locator(".g-pages .g-chips a").all_inner_texts() == ["东片", "西片"]


def test_the_language_goes_along(open_atlas, view):
    """Who reads English on the overview reads it on the pages."""
    page = open_atlas(view, lang="zh")
    assert page.locator(".g-pages summary").inner_text().startswith("分图")
    page.locator(".g-lang").click()
    follow(page, page.locator(".g-pages .g-chips a").first)
    assert page.locator("html").get_attribute("lang") == "en"
    assert "Neighbouring pages" in page.locator(".g-pages").inner_text()


def test_the_list_of_grids_out_of_bounds_is_that_of_the_page(open_atlas, view):
    """A grid beside that is out of bounds is not counted among a page's own."""
    page = open_atlas(view)
    go(page, page.url.replace("index.html", "pages/1.html"))
    page.locator(".g-out").click()
    assert page.locator(".g-list li").count() == 1
    go(page, page.url.split("#")[0].replace("pages/1.html", "pages/2.html"))
    assert page.locator(".g-out").count() == 0


def test_the_overview_says_where_the_units_are(open_atlas, view, monkeypatch):
    """Too many for one file, they are on the pages, and the map says so."""
    monkeypatch.setattr(payload, "MOST_UNITS", 50)
    page = open_atlas(view)
    assert (
        "64 units are too many for the overview: they are on the pages"
        in page.locator(".g-card").inner_text()
    )
    follow(page, page.locator(".g-pages .g-chips a").first)
    assert "too many" not in page.locator(".g-card").inner_text()


def test_a_phone_sees_the_links_and_the_map(open_atlas, view):
    """On a narrow screen the lists of pages are closed, and nothing is wider than the screen."""
    page = open_atlas(view, width=390, height=844)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".g-pages details").get_attribute("open") is None
    page.locator(".g-pages summary").click()
    follow(page, page.locator(".g-pages .g-chips a").last)
    assert page.title() == "西片"


def test_names_of_pages_are_text(open_atlas, view):
    """Markup in the name of a zone is shown letter by letter."""
    nasty = "<img src=x onerror=alert(1)>"
    zones = {"东片": nasty, "西片": "西片"}
    shown = replace(
        view,
        grids=view.grids.assign(zone=view.grids["zone"].map(zones)),
        zones=view.zones.assign(zone=[nasty, "西片"]),
    )
    page = open_atlas(shown)
    assert page.locator(".g-pages .g-chips a").first.inner_text() == nasty
    go(page, page.url.replace("index.html", "pages/2.html"))
    assert page.locator(".g-turns a").first.get_attribute("title") == f"Previous page: {nasty}"
    assert page.locator("img").count() == 0


def faults(page):
    """Return what axe-core finds; it may not ask for the linked style a second time."""
    return Axe().run(page, options={**OPTIONS, "preload": False}).response["violations"]


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_links_for_people_without_a_mouse(open_atlas, view, width, height):
    """axe-core finds nothing on an overview and a page, and the links show their focus."""
    page = open_atlas(view, width=width, height=height, pdf="A4")
    page.evaluate("document.querySelector('.g-pages details').open = true")
    assert faults(page) == []
    follow(page, page.locator(".g-pages .g-chips a").first)
    page.locator(".g-search input").fill("02003")
    page.keyboard.press("Enter")
    page.wait_for_selector(".g-to-page")
    assert faults(page) == []
    assert any(stop.endswith("Overview") for stop in tab_stops(page))
