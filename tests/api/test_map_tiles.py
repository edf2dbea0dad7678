"""The map of a plan that has too many units for one file draws them from tiles, in the service's page."""

from __future__ import annotations

import pytest

import maps
import maps.payload
from gridder.io.plan import load_plan
from gridder.privacy import view
from tests.api.conftest import partition_body, start_server
from tests.maps.screen import place_of, until_painted

SECOND = 1000
SIDE = 12


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = start_server(tmp_path_factory.mktemp("map-tiles"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def plan(server):
    """Make a plan whose maps leave the units out, as those of plans with very many do."""
    with server.client() as client, pytest.MonkeyPatch.context() as patch:
        body = partition_body(SIDE, SIDE)
        plan = client.post("/processes/partition/execution", json=body).json()["plan"]
        patch.setattr(maps.payload, "MOST_UNITS", SIDE)
        folder = server.data_dir / "plans" / plan
        seen = view(load_plan(folder), k=1)
        maps.plan_map(seen).save(str(folder / "view-1" / "map-en.html"))
    return plan


@pytest.fixture
def opened(server, browser, plan):
    """Open the page of the plan: its map, and the addresses that were asked for; nothing may go wrong."""
    asked, troubles = [], []
    context = browser.new_context(locale="en-GB", viewport={"width": 1366, "height": 900})
    page = context.new_page()
    page.set_default_timeout(30 * SECOND)
    context.on("request", lambda request: asked.append(request.url))
    context.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(f"{server.base}/sign-in")
    page.fill("#key", server.admin)
    page.press("#key", "Enter")
    page.wait_for_selector("header.top")
    page.goto(f"{server.base}/pages/plans/{plan}")
    (frame,) = [frame for frame in page.frames if frame.url.partition("?")[0].endswith("/map")]
    frame.wait_for_selector("html[data-complete]")
    yield page, frame, asked
    context.close()
    assert troubles == []
    assert [url for url in asked if not url.startswith((f"{server.base}/", "data:", "blob:"))] == []


def tiles_of(asked):
    return [url for url in asked if "/tiles/WebMercatorQuad/" in url]


def picture(frame):
    """Return what is painted, as a number."""
    until_painted(frame)
    return frame.evaluate(
        """() => {
          const canvas = document.querySelector("canvas");
          const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return data.reduce((sum, value) => (sum * 31 + value) | 0, 0);
        }"""
    )


def screen_place(page, frame, lon, lat):
    """Return where on the page a place of the map in its frame is."""
    box = page.locator("iframe.map").bounding_box()
    x, y = place_of(frame, lon, lat)
    return box["x"] + x, box["y"] + y


@pytest.mark.slow
def test_units_come_in_tiles(opened):
    """They are drawn, told under the mouse and by a click, and the map says where they are from."""
    page, frame, asked = opened
    frame.locator(".g-note", has_text=f"{SIDE * SIDE} units come from the service").wait_for()
    with_units = picture(frame)
    assert tiles_of(asked)
    page.mouse.move(*screen_place(page, frame, 116.0055, 40.0065))
    frame.locator(".g-tip", has_text="F005006").wait_for()
    page.mouse.click(*screen_place(page, frame, 116.0055, 40.0065))
    told = frame.locator(".g-panel .g-unit").inner_text()
    assert told.startswith("F005006 · ")
    assert told.endswith(" ha")
    frame.locator(".g-close").click()
    page.mouse.move(0, 0)
    assert picture(frame) == with_units
    frame.locator("input[name=units]").uncheck()
    assert picture(frame) != with_units


@pytest.mark.slow
def test_the_page_asks_for_tiles_and_nothing_else(opened):
    """Whatever the frame says, and whoever else says it: only tiles that may exist are asked for."""
    page, frame, asked = opened
    frame.locator(".g-note", has_text="units come from the service").wait_for()
    until_painted(frame)
    before = len(asked)
    for wish in (
        "{zoom: 3, row: 8, column: 0}",
        "{zoom: 3, row: 0, column: -1}",
        "{zoom: '3/../../..', row: 0, column: 0}",
        "{zoom: 3, row: 0.5, column: 0}",
        "{zoom: 3, row: 0}",
        "{zoom: 99, row: 0, column: 0}",
        "{begin: 'true', address: '/plans'}",
        "null",
    ):
        frame.evaluate(f"parent.postMessage({wish} && {{gridder: 'tiles', ...{wish}}}, '*')")
    page.evaluate("postMessage({gridder: 'tiles', zoom: 3, row: 0, column: 0}, '*')")
    with page.expect_request(lambda request: "/3/1/2?" in request.url):
        frame.evaluate("parent.postMessage({gridder: 'tiles', zoom: 3, row: 1, column: 2}, '*')")
    assert [url.partition("?")[0].rpartition("/tiles/")[2] for url in asked[before:]] == [
        "WebMercatorQuad/3/1/2"
    ]
