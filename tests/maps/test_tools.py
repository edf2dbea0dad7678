"""Colours, measuring and print in Chromium with the network cut."""

import re
from dataclasses import replace
from itertools import pairwise

import pypdfium2
import pytest

from tests.maps.screen import colour_at, middle_of, place_of, until_painted

pytestmark = pytest.mark.browser

POINTS_A_MM = 72 / 25.4
PAPERS = {
    "a4_landscape": (297, 210),
    "a4_portrait": (210, 297),
    "a3_landscape": (420, 297),
    "a3_portrait": (297, 420),
}


def seen(page, view, grid_id):
    """Return the colour of a grid beside its label."""
    x, y = middle_of(page, view, grid_id)
    return colour_at(page, x + 30, y + 31)[:3]


def test_colours_show_what_is_chosen(open_map, view):
    """Grids of one class have one colour, the legend counts the classes, and the first colours come back."""
    page = open_map(view)
    for name in ("labels", "units", "zones", "building"):
        page.locator(f"input[name={name}]").uncheck()
    until_painted(page)
    before = [seen(page, view, f"f{n}") for n in (0, 1, 2, 3)]
    page.select_option("#g-colour", "deviation")
    until_painted(page)
    assert seen(page, view, "f0") != before[0]
    assert seen(page, view, "f2") == seen(page, view, "f7") != seen(page, view, "f4")
    rows = page.locator(".g-colours li").all_inner_texts()
    assert sum(int(row.split()[-1]) for row in rows if "\n" in row) == 16
    assert any("unknown or hidden" in row for row in rows)
    page.select_option("#g-colour", "grid")
    until_painted(page)
    assert [seen(page, view, f"f{n}") for n in (0, 1, 2, 3)] == before
    assert page.locator(".g-colours li").count() == 0


def test_crops_colour_the_units(open_map, view):
    """Two crops, two colours, each with the number of its units."""
    page = open_map(view)
    page.select_option("#g-colour", "kind")
    rows = [row.split() for row in page.locator(".g-colours li").all_inner_texts()]
    assert rows == [["大豆", "24"], ["玉米", "24"], ["others,", "unknown", "16"]]
    until_painted(page)
    soy, maize = (colour_at(page, *place_of(page, lon, 47.2230))[:3] for lon in (131.2120, 131.2180))
    assert soy != maize


def test_a_length_and_an_area_are_measured(open_map, view):
    """Three corners of a grid of a hundredth of a degree: its two sides, half its area; then it ends and leaves."""
    page = open_map(view)
    page.locator("[name=measure]").click()
    measured = page.locator(".g-measured")
    corners = [(131.22, 47.20), (131.23, 47.20), (131.23, 47.21)]
    places = [place_of(page, *corner) for corner in corners]
    for x, y in places[:2]:
        page.mouse.click(x, y, delay=20)
        page.wait_for_timeout(400)
    assert float(measured.inner_text().split()[0]) == pytest.approx(755.5, rel=0.01)
    assert page.locator(".g-panel").is_hidden()
    page.mouse.dblclick(*places[2])
    length, ha, mu = (float(part.split()[0].replace(",", "")) for part in measured.inner_text().split(" · "))
    assert length == pytest.approx(0.7555 + 1.112, rel=0.01)
    assert ha == pytest.approx(42.0, rel=0.01)
    assert mu == pytest.approx(15 * ha, rel=0.01)
    page.keyboard.press("Escape")
    assert measured.is_hidden()
    page.mouse.click(*middle_of(page, view, "f1"))
    assert page.locator(".g-panel h2").inner_text() == "01002"


@pytest.mark.slow
@pytest.mark.parametrize("is_open", [False, True], ids=["legend", "panel"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_one_page_is_printed(open_map, view, lang, is_open):
    """On A4 and A3, both ways: one page of that size; afterwards the map is where it was."""
    page = open_map(view, lang=lang)
    page.evaluate("window.print = () => {}")
    if is_open:
        page.mouse.click(*middle_of(page, view, "f5"))
        until_painted(page)
    before = place_of(page, 131.2, 47.2)
    for name, (width, height) in PAPERS.items():
        page.locator(".g-print summary").click()
        page.locator(f"[name={name}]").click()
        printed = page.pdf(prefer_css_page_size=True, print_background=True)
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1, name
        box = re.search(rb"/MediaBox\s*\[([^\]]*)\]", printed)[1].split()
        assert [float(box[2]), float(box[3])] == pytest.approx(
            [width * POINTS_A_MM, height * POINTS_A_MM], abs=2
        )
        page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert place_of(page, 131.2, 47.2) == pytest.approx(before, abs=1)


def test_the_sheet_for_print_has_title_date_map_and_legend(open_map, view):
    """Each has its own part of the paper, and nothing lies over another."""
    page = open_map(view, title="红星农场")
    page.evaluate("window.print = () => {}")
    for name in PAPERS:
        page.locator(".g-print summary").click()
        page.locator(f"[name={name}]").click()
        head, sheet, legend = (
            page.locator(part).bounding_box() for part in (".g-print-head", ".folium-map", ".g-card")
        )
        assert "红星农场" in page.locator(".g-print-head").inner_text()
        assert re.search(r"Printed on \d+ \w+ 20\d\d", page.locator(".g-print-head").inner_text())
        boxes = [head, sheet, legend]
        for a, b in [*pairwise(boxes), (head, legend)]:
            apart = (
                a["x"] + a["width"] <= b["x"] + 1
                or b["x"] + b["width"] <= a["x"] + 1
                or a["y"] + a["height"] <= b["y"] + 1
                or b["y"] + b["height"] <= a["y"] + 1
            )
            assert apart, name
        assert page.locator(".g-card").evaluate("(card) => card.scrollHeight <= card.clientHeight + 1"), name
        page.evaluate("window.dispatchEvent(new Event('afterprint'))")


@pytest.mark.parametrize(
    ("lang", "day"),
    [("en", "Valid from 2026-12-01 · Printed on"), ("zh", "生效日期：2026-12-01 · 打印日期：")],
)
def test_the_sheet_for_print_tells_from_when_the_plan_is_valid(open_map, view, lang, day):
    page = open_map(replace(view, valid_from="2026-12-01"), lang=lang)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert day in page.locator(".g-print-head").inner_text()


def test_the_print_of_the_browser_has_colours(open_map, view):
    """Printed without a button of ours, the map is there, not its labels alone."""
    page = open_map(view)
    document = pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True, print_background=True))
    picture = document[0].render().to_pil().convert("RGB")
    document.close()
    sheet = picture.crop((0, picture.height // 8, int(picture.width * 0.7), picture.height))
    colours = [
        (r, g, b) for n, (r, g, b) in sheet.getcolors(1 << 24) if n > 20 and max(r, g, b) - min(r, g, b) > 60
    ]
    assert len(colours) >= 5
