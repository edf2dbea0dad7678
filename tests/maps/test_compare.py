"""The map of two plans, in Chromium with the network cut, and its bytes."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import replace

import pypdfium2
import pytest

import maps
from gridder.service.compare import compare
from maps.offline import compare_scripts
from tests.access import tab_stops, violations


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


def place_of(page, pane, view, unit_id):
    """Return where on the screen a unit of a pane is."""
    point = view.units[view.units["unit_id"] == unit_id].geometry.iloc[0].representative_point()
    return page.evaluate(
        """([pane, lon, lat]) => { const map = Gridder.panes[pane].map, p = map.latLngToContainerPoint([lat, lon]);
        const box = map.getContainer().getBoundingClientRect(); return [box.left + p.x, box.top + p.y]; }""",
        [pane, point.x, point.y],
    )


def selected(page):
    """Return the ids of the grids that are outlined in the panes."""
    return page.evaluate("Gridder.panes.map(({ data, state }) => data.grids.id[state.selected] ?? null)")


def colours(page, pane, fill):
    """Return how many pixels of a pane's scene are like a colour `rrggbb`, laid over white or grey."""
    return page.evaluate(
        """([pane, fill]) => {
          const canvas = document.querySelectorAll(".c-pane")[pane].querySelector("canvas");
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          const want = [0, 2, 4].map((i) => parseInt(fill.slice(i, i + 2), 16));
          let n = 0;
          for (let i = 0; i < data.length; i += 4) n += want.every((c, k) => Math.abs(data[i + k] - c) < 45);
          return n;
        }""",
        [pane, fill],
    )


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
    counts = card.locator(".c-totals").nth(0).locator("b").all_inner_texts()
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
    x, y = place_of(page, 1, later, "D-1-1")
    page.mouse.move(x, y)
    told = page.locator(".g-tip").inner_text().split("\n")
    assert told[0].startswith("902003 ")
    assert told[1] == "D-1-1 · 由 01002 转入"
    page.locator(".g-lang").click()
    page.mouse.move(x + 1, y)
    assert page.locator(".g-tip").inner_text().endswith("D-1-1 · moved here from 01002")
    assert page.title() == "Two plans compared"


@pytest.mark.browser
def test_the_same_plan_moved_nothing(open_two, view):
    """It says so instead of an empty list; on a phone nothing is wider than the screen."""
    page = open_two(view, view, width=390, height=844)
    assert "Nothing moved" in page.locator(".c-card").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("input[value=moved]").check()
    page.wait_for_timeout(300)
    assert colours(page, 1, "b3261e") == 0, "a grid out of bounds is nothing that moved"


@pytest.mark.browser
def test_names_stay_text(open_two, view, later):
    """Markup in titles, codes and ids is shown letter by letter."""
    nasty = "</script><img src=x onerror=alert(1)>"
    shown = replace(later, grids=later.grids.assign(code=nasty))
    page = open_two(view, shown, title=nasty)
    assert page.locator("h1").text_content() == nasty
    assert nasty in page.locator(".c-flows li").first.inner_text()
    assert page.locator("img").count() == 0


@pytest.mark.browser
def test_a_grid_is_chosen_in_both(open_two, view, later):
    """A click outlines the grid and the one that carries it on, tells of both, and lists what went in or out."""
    page = open_two(view, later)
    page.mouse.click(*place_of(page, 0, view, "D-2-0"))
    assert selected(page) == ["f2", "xf2"]
    pair = page.locator(".c-pair").inner_text()
    assert "Before 01003" in pair or "Before 02003" in pair
    assert "90" in pair
    assert page.locator(".c-flows li").count() == 1
    page.mouse.click(*place_of(page, 1, later, "D-6-0"))
    assert selected(page) == ["f6", "xf6"]
    assert "No unit moved between this grid" in page.locator(".c-card").inner_text()
    page.keyboard.press("Escape")
    assert selected(page) == [None, None]
    assert page.locator(".c-pair").count() == 0


@pytest.mark.browser
def test_what_changed_is_coloured(open_two, view, later):
    """Moved, new and gone have three colours, also where the whole plan is small on the screen."""
    page = open_two(view, replace(later, units=later.units[later.units["unit_id"] != "D-6-0"]))
    page.locator("input[value=moved]").check()
    page.wait_for_timeout(300)
    for zoom in (None, 12):
        if zoom:
            page.evaluate("(zoom) => Gridder.panes[1].map.setZoom(zoom, { animate: false })", zoom)
            page.wait_for_timeout(300)
        assert min(colours(page, 1, fill) for fill in ("d55e00", "009e73", "56b4e9")) > 3, zoom
    page.locator("input[name=field]").uncheck()
    page.wait_for_timeout(300)
    assert colours(page, 1, "d55e00") == 0


@pytest.mark.browser
def test_what_is_gone_is_told(open_two, view, later):
    """On the map of what moved, a unit that is gone is found where it was."""
    page = open_two(view, replace(later, units=later.units[later.units["unit_id"] != "N-1"]))
    page.locator("input[value=moved]").check()
    page.mouse.move(*place_of(page, 1, view, "D-11-0"))
    assert page.locator(".g-tip").inner_text().endswith("D-11-0 · gone")


@pytest.mark.browser
def test_the_keyboard_does_it_too(open_two, view, later):
    """The middle of a pane is chosen by Enter, arrows move both panes, and every stop shows its focus."""
    page = open_two(view, later)
    page.locator("#after").focus()
    x, y = place_of(page, 1, later, "D-6-0")
    box = page.locator("#after").bounding_box()
    page.evaluate(
        "([x, y]) => Gridder.panes[1].map.panBy([x, y], { animate: false })",
        [x - box["x"] - box["width"] / 2, y - box["y"] - box["height"] / 2],
    )
    page.keyboard.press("Enter")
    assert selected(page) == ["f6", "xf6"]
    start = centre(page, 0)
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(500)
    assert centre(page, 0)[0] > start[0]
    assert in_step(page)
    stops = [stop.split("|")[2] for stop in tab_stops(page)]
    assert [name for name in stops if name in {"Before", "After", "中文", "Zoom in", "Print"}] == [
        "Before", "After", "中文", "Zoom in", "Print",
    ]  # fmt: skip


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("size", [(1366, 768), (390, 844)])
def test_axe_finds_nothing(open_two, view, later, lang, size):
    """Side by side, with what moved, and with a grid chosen."""
    page = open_two(view, later, lang=lang, width=size[0], height=size[1])
    assert violations(page) == []
    page.locator("[name=flow-0]").click()
    page.locator("input[value=moved]").check()
    assert violations(page) == []
    page.mouse.click(*place_of(page, 1, later, "D-6-0"))
    assert page.locator(".c-pair").count() == 1
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


@pytest.mark.browser
@pytest.mark.parametrize("mode", ["side", "moved"])
def test_paper_holds_all_of_it(open_two, view, later, mode):
    """On paper both panes show the whole plan beside title, date and counts, and afterwards all is as it was."""
    page = open_two(view, later, title="红星农场")
    page.locator(f"input[value={mode}]").check()
    start = centre(page, 1)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".g-print-head").inner_text().startswith("红星农场")
    paper = page.evaluate("document.body.getBoundingClientRect().width")
    for pane in range(2 if mode == "side" else 1):
        index = pane if mode == "side" else 1
        box = page.locator(".folium-map").nth(index).bounding_box()
        assert box["x"] + box["width"] <= paper
        for corner in ("D-0-0", "D-11-3"):
            x, y = place_of(page, index, view, corner)
            assert box["x"] < x < box["x"] + box["width"]
            assert box["y"] < y < box["y"] + box["height"]
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert centre(page, 1) == pytest.approx(start, abs=1.01)
    assert page.locator(".g-print-head").is_hidden()


@pytest.mark.browser
def test_the_print_of_the_browser_is_one_page_with_colours(open_two, view, later):
    """Printed without a button of ours, the maps are there, not their labels alone."""
    page = open_two(view, later)
    for mode, least in (("side", 5), ("moved", 3)):
        page.locator(f"input[value={mode}]").check()
        page.wait_for_timeout(300)
        document = pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True, print_background=True))
        assert len(document) == 1
        picture = document[0].render().to_pil().convert("RGB")
        width, height = picture.size
        sheet = picture.crop((0, height // 8, int(width * 0.7), height))
        strong = [
            n for n, (r, g, b) in sheet.getcolors(1 << 24) if max(r, g, b) - min(r, g, b) > 60 and n > 20
        ]
        assert len(strong) >= least, mode
        document.close()


def decoded(made, name):
    """Return what an element of a map's page holds."""
    return json.loads(zlib.decompress(base64.b64decode(made._inlined[name].content)))


def test_grids_keep_their_colour(view, later):
    """A grid and the one that carries it on share a colour, and neighbours in either plan do not."""
    told = decoded(maps.compare_map(view, later, compare(view, later)), "comparison")
    old, new = told["colour"]
    assert all(old[a] == new[b] for a, b in told["pairs"])
    for plan, colour in ((view, old), (later, new)):
        of = dict(zip(plan.grids["grid_id"], colour, strict=True))
        assert all(of[a] != of[b] for a, b in plan.neighbours[["grid_a", "grid_b"]].to_numpy())


@pytest.mark.parametrize("case", [(500, "", 64), (10, "kept", 3), (4, "changed", 0)])
def test_units_that_kept_their_grid_are_the_first_to_go(view, later, monkeypatch, case):
    """Where two plans are too much for one file, what moved is drawn longer than what did not."""
    most, left_out, drawn = case
    monkeypatch.setattr("maps.compare.MOST_UNITS", most)
    made = maps.compare_map(view, later, compare(view, later))
    told = decoded(made, "comparison")
    assert told["left_out"] == left_out
    assert len(told["status"][1]) == len(decoded(made, "after-units")["id"]) == drawn
    ids = [decoded(made, f"{name}-units")["id"] for name in ("before", "after")]
    assert all(ids[0][a] == ids[1][b] for a, b in zip(*told["moved"], strict=True))
    assert len(told["moved"][0]) == (2 if drawn else 0)


@pytest.mark.browser
def test_many_units_come_after_the_first_painting(open_two, view, later, monkeypatch):
    """The page is ready without them, and what moved is there as soon as they are."""
    monkeypatch.setattr(maps.compare, "compare_scripts", lambda: compare_scripts().replace("2e6", "10"))
    page = open_two(view, later)
    page.wait_for_selector("html[data-complete]")
    page.locator("input[value=moved]").check()
    page.wait_for_timeout(300)
    assert colours(page, 1, "d55e00") > 100
    page.mouse.move(*place_of(page, 1, later, "D-1-1"))
    assert "moved here from" in page.locator(".g-tip").inner_text()


@pytest.mark.browser
def test_the_page_says_what_it_leaves_out(open_two, view, later, monkeypatch):
    """And shows what moved all the same."""
    monkeypatch.setattr("maps.compare.MOST_UNITS", 10)
    page = open_two(view, later)
    assert "Units that kept their grid are not drawn" in page.locator(".c-card").inner_text()
    page.locator("input[value=moved]").check()
    page.wait_for_timeout(300)
    assert colours(page, 1, "d55e00") > 100


def test_the_same_plans_give_the_same_bytes(view, later):
    """Written twice, the file is the same."""
    first, second = (
        maps.compare_map(view, later, compare(view, later)).get_root().render() for _ in range(2)
    )
    assert first == second
