"""The map of two plans, in Chromium with the network cut, and its bytes."""

from __future__ import annotations

from dataclasses import replace

import pytest

import maps
from gridder.service.compare import compare


@pytest.fixture
def later(view):
    """Return a later plan: two fields of f1 went to f2, one of f11 is gone, one is new, grids have other names."""
    units = view.units.copy()
    units.loc[units["unit_id"].isin(["D-1-1", "D-1-3"]), "grid_id"] = "f2"
    units.loc[units["unit_id"] == "D-11-0", "unit_id"] = "N-1"
    shapes = units.dissolve("grid_id").geometry
    grids = view.grids.copy()
    grids.geometry = shapes.reindex(grids["grid_id"]).to_numpy()
    grids["grid_id"] = "x" + grids["grid_id"]
    grids["code"] = "9" + grids["code"]
    ends = view.neighbours.apply(lambda column: "x" + column)
    composition = view.composition.assign(grid_id="x" + view.composition["grid_id"])
    units["grid_id"] = "x" + units["grid_id"]
    return replace(view, units=units, grids=grids, neighbours=ends, composition=composition)


@pytest.fixture
def open_two(browser, tmp_path):
    """Return a function that opens the map of two plans offline; afterwards nothing was asked for or went wrong."""
    contexts, troubles = [], []

    def opened(before, after, *, width=1366, height=768, **options):
        path = tmp_path / "compare.html"
        maps.compare_map(before, after, compare(before, after), **options).save(path)
        context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda r: troubles.append(r.url) if r.url != path.as_uri() else None)
        page.on("console", lambda m: troubles.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: (troubles.append("dialog"), dialog.dismiss()))
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-ready]")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert troubles == []


def centre(page, pane):
    """Return the middle of a pane in pixels of the world at zoom 14, and its zoom."""
    return page.evaluate(
        """(id) => { const map = Gridder.panes[id].map, p = map.project(map.getCenter(), 14);
        return [p.x, p.y, map.getZoom()]; }""",
        pane,
    )


def in_step(page):
    """Whether both panes show the same, to a pixel of rounding."""
    return centre(page, 0) == pytest.approx(centre(page, 1), abs=1.01)


@pytest.mark.browser
def test_the_panes_stay_in_step(open_two, view, later):
    """Dragging and turning the wheel in either moves the other, too."""
    page = open_two(view, later)
    start = centre(page, 0)
    assert in_step(page)
    page.mouse.move(560, 400)
    page.mouse.down()
    page.mouse.move(620, 460, steps=5)
    page.mouse.up()
    page.wait_for_timeout(400)
    moved = centre(page, 0)
    assert moved != start
    assert in_step(page)
    page.mouse.move(1100, 400)
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(600)
    assert centre(page, 1)[2] > moved[2]
    assert in_step(page)


@pytest.mark.browser
def test_what_moved_is_counted_and_listed(open_two, view, later):
    """Totals, the way from grid to grid, and the switch that shows it on one map."""
    page = open_two(view, later)
    card = page.locator(".c-card")
    counts = card.locator(".c-totals").nth(1).locator("b").all_inner_texts()
    assert counts == ["45", "2", "1", "1"]
    flow = card.locator(".c-flows li")
    assert flow.count() == 1
    assert flow.inner_text().replace("\n", " ").startswith("01002 → 902003")
    assert "2 fields" in flow.inner_text()
    page.locator("input[value=moved]").check()
    assert page.locator("#before").is_hidden()
    page.locator("[name=flow-0]").click()
    assert page.locator("[name=flow-0]").get_attribute("aria-pressed") == "true"
    page.keyboard.press("Enter")
    assert page.locator("[name=flow-0]").get_attribute("aria-pressed") == "false"
    page.locator("input[value=side]").check()
    assert page.locator("#before").is_visible()
    assert in_step(page)


@pytest.mark.browser
def test_a_grid_is_shown_in_both(open_two, view, later):
    """Under the pointer the unit and what became of it is told, in either language."""
    page = open_two(view, later, lang="zh")
    point = later.units[later.units["unit_id"] == "D-1-1"].geometry.iloc[0].representative_point()
    x, y = page.evaluate(
        """([lon, lat]) => { const map = Gridder.panes[1].map, p = map.latLngToContainerPoint([lat, lon]);
        const box = map.getContainer().getBoundingClientRect(); return [box.left + p.x, box.top + p.y]; }""",
        [point.x, point.y],
    )
    page.mouse.move(x, y)
    assert page.locator(".g-tip").inner_text().split() == ["902003", "D-1-1", "·", "换了网格"]
    page.locator(".g-lang").click()
    page.mouse.move(x + 1, y)
    assert page.locator(".g-tip").inner_text().endswith("D-1-1 · moved")
    assert page.title() == "Two plans compared"


@pytest.mark.browser
def test_the_same_plan_moved_nothing(open_two, view):
    """It says so instead of an empty list; on a phone nothing is wider than the screen."""
    page = open_two(view, view, width=390, height=844)
    assert "Nothing moved" in page.locator(".c-card").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.browser
def test_names_stay_text(open_two, view, later):
    """Markup in titles, codes and ids is shown letter by letter."""
    nasty = "</script><img src=x onerror=alert(1)>"
    shown = replace(later, grids=later.grids.assign(code=nasty))
    page = open_two(view, shown, title=nasty)
    assert page.locator("h1").text_content() == nasty
    assert nasty in page.locator(".c-flows li").first.inner_text()
    assert page.locator("img").count() == 0


def test_the_same_plans_give_the_same_bytes(view, later):
    """Written twice, the file is the same."""
    first, second = (
        maps.compare_map(view, later, compare(view, later)).get_root().render() for _ in range(2)
    )
    assert first == second
