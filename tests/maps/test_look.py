"""What maps look like, beside pictures that were looked at.

`GRIDDER_NEW_PICTURES=1 pytest tests/maps/test_look.py` writes the pictures anew; look at each before it is committed.
Pictures are compared at a quarter of their size, where one system's letters differ little from another's.
"""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.maps.screen import until_painted

pytestmark = pytest.mark.browser

PICTURES = Path(__file__).parent / "references"
SIZES = {"laptop": (1366, 768), "phone": (390, 844), "screen": (1920, 1080)}
QUALITY = 50
LEVELS, BUDGET = 32, 0.015
"""At most such a share of the small pixels may differ by more than so many of 256 levels."""

DIFFERENCE = """
async ([one, other, levels]) => {
  const pixels = async (picture) => {
    const image = await createImageBitmap(await (await fetch(`data:image/jpeg;base64,${picture}`)).blob());
    const canvas = new OffscreenCanvas(Math.ceil(image.width / 4), Math.ceil(image.height / 4));
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return context.getImageData(0, 0, canvas.width, canvas.height);
  };
  const [a, b] = [await pixels(one), await pixels(other)];
  if (a.width !== b.width || a.height !== b.height) return 1;
  let n = 0;
  for (let i = 0; i < a.data.length; i += 4) {
    if ([0, 1, 2].some((c) => Math.abs(a.data[i + c] - b.data[i + c]) > levels)) n += 1;
  }
  return (4 * n) / a.data.length;
}
"""


def compare(page, name):
    """Hold that a page looks as in the picture of that name, or write the picture."""
    until_painted(page)
    picture = page.screenshot(type="jpeg", quality=QUALITY)
    path = PICTURES / f"{name}.jpg"
    if os.environ.get("GRIDDER_NEW_PICTURES"):
        path.write_bytes(picture)
    texts = [base64.b64encode(jpeg).decode() for jpeg in (path.read_bytes(), picture)]
    assert page.evaluate(DIFFERENCE, [*texts, LEVELS]) <= BUDGET


@pytest.mark.parametrize("size", SIZES)
def test_a_plan_of_two_layers(open_map, view, size):
    """Twelve field grids under four building grids, two zones, a barrier, a bridge, one grid out of bounds."""
    width, height = SIZES[size]
    compare(open_map(view, title="红星农场", width=width, height=height), f"plan-{size}")


@pytest.mark.parametrize("size", SIZES)
def test_an_open_grid(open_map, view, size):
    """The grid that was clicked is outlined; its panel says why it is out of bounds."""
    width, height = SIZES[size]
    page = open_map(view, title="红星农场", width=width, height=height)
    page.locator(".g-search input").fill("01006")
    page.keyboard.press("Enter")
    page.locator(".g-panel h2").wait_for()
    page.mouse.move(5, 5)
    compare(page, f"grid-{size}")


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """Return the map that `gridder demo` writes."""
    out = tmp_path_factory.mktemp("demo") / "out"
    subprocess.run(
        [sys.executable, "-m", "gridder", "demo", "--out", out, "--lang", "zh"],
        check=True,
        capture_output=True,
    )
    return out / "map.html"


@pytest.mark.slow
@pytest.mark.parametrize("size", ["laptop", "phone"])
def test_the_sample(browser, sample, size):
    """A farm and a town in 325 grids: four stations, a river, a highway, the town's compounds."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
    page = context.new_page()
    page.goto(sample.as_uri())
    page.wait_for_selector("html[data-ready]")
    compare(page, f"sample-{size}")
    context.close()
