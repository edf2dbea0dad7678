"""Open a map in a Chromium of its own, without a network, and say how soon and how smoothly it answers.

Usage: python -m benchmarks.look MAP.html SLOWED
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, Route, sync_playwright
from xstatic.pkg import leaflet

WIDTH, HEIGHT = 1366, 768
PATIENCE_MS = 600_000
STEPS, STEP_PX, PAUSE_MS = 24, 14, 16
NOTCHES, NOTCH_PX, NOTCH_MS = 10, 100, 220
CALM_MS = 1_000
"""So long frames are watched after the last movement of a gesture."""

CLOCKS = """
  const isReady = () => {
    if (document.documentElement.dataset.ready) return true;
    if (!window.L) return false;
    const layers = Object.keys(window).filter((name) => /^geo_json_[0-9a-f]+$/.test(name));
    return layers.length > 0 && layers.every((name) => window[name] instanceof L.GeoJSON && window[name]._map);
  };
  const wait = () => requestAnimationFrame(() => (isReady()
    ? setTimeout(() => { window.readyMs = performance.now(); }) : wait()));
  wait();
  window.watchFrames = () => {
    const times = [];
    let isOn = true;
    const note = (time) => {
      times.push(time);
      if (isOn) requestAnimationFrame(note);
    };
    requestAnimationFrame(note);
    window.framesMs = () => {
      isOn = false;
      return times.slice(1).map((time, i) => time - times[i]);
    };
  };
"""
"""A map is ready in the first moment after the frame in which all of its layers are there."""


def look(path: Path, slowed: float) -> dict[str, float]:
    """Return milliseconds: until ready, and of the worst and the 95th of 100 frames of pans and zooms.

    Parameters
    ----------
    path
        The map, ours or folium's.
    slowed
        How many times slower the processor is made.
    """
    with _page(path, slowed) as page:
        page.wait_for_function("window.readyMs", timeout=PATIENCE_MS)
        found = {"ready": page.evaluate("window.readyMs")}
        page.wait_for_timeout(CALM_MS)
        pans = [*_frames(page, _pan)]
        zooms = [*_frames(page, lambda page: _zoom(page, -NOTCH_PX))]
        pans += _frames(page, _pan)
        zooms += _frames(page, lambda page: _zoom(page, NOTCH_PX))
    for name, frames in (("pan", pans), ("zoom", zooms)):
        found |= {f"{name}_worst": max(frames), f"{name}_95": float(np.percentile(frames, 95))}
    return found


@contextmanager
def _page(path: Path, slowed: float) -> Iterator[Page]:
    chromium = os.environ.get("GRIDDER_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
    with sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
        context.set_default_timeout(PATIENCE_MS)
        context.route(re.compile("^(?!file:)"), _from_here)
        page = context.new_page()
        page.add_init_script(CLOCKS)
        session = context.new_cdp_session(page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": slowed})
        page.goto(path.as_uri(), wait_until="commit", timeout=PATIENCE_MS)
        yield page
        browser.close()


def _from_here(route: Route) -> None:
    """Answer in the network's stead: folium asks for Leaflet, and for scripts that areas do without."""
    name = route.request.url.rpartition("/")[2]
    kind = "text/css" if name.endswith(".css") else "text/javascript"
    own = Path(leaflet.BASE_DIR) / name
    body = own.read_text(encoding="utf-8") if name in {"leaflet.js", "leaflet.css"} else ""
    route.fulfill(body=body, content_type=kind)


def _frames(page: Page, gesture: Callable[[Page], Any]) -> list[float]:
    page.evaluate("window.watchFrames()")
    gesture(page)
    page.wait_for_timeout(CALM_MS)
    return list(page.evaluate("window.framesMs()"))


def _pan(page: Page) -> None:
    """Drag the map to the left and back."""
    x, y = WIDTH * 0.75, HEIGHT / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for step in (*range(STEPS), *reversed(range(STEPS))):
        page.mouse.move(x - STEP_PX * step, y - STEP_PX * step / 4)
        page.wait_for_timeout(PAUSE_MS)
    page.mouse.up()


def _zoom(page: Page, notch_px: float) -> None:
    """Turn the wheel over the middle of the map."""
    page.mouse.move(WIDTH * 0.6, HEIGHT / 2)
    for _ in range(NOTCHES):
        page.mouse.wheel(0, notch_px)
        page.wait_for_timeout(NOTCH_MS)


if __name__ == "__main__":
    print(json.dumps(look(Path(sys.argv[1]).resolve(), float(sys.argv[2]))))
