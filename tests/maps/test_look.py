"""What maps look like, beside pictures that were looked at.

`GRIDDER_NEW_PICTURES=1 pytest tests/maps/test_look.py` writes the pictures anew; look at each before it is committed.
Pictures are compared at a quarter of their size and without the letters, which differ from system to system.
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
LEVELS, MARGIN, BUDGET = 32, 3, 0.01
"""At most such a share of the small pixels may differ by more than so many of 256 levels; letters with a margin
of some small pixels are left out of account."""

WORDLESS = "* { color: transparent !important } canvas:last-of-type, .g-swatch-labels { visibility: hidden }"
"""What leaves away the letters; those on the map have the last canvas."""

DIFFERENCE = """
async ([reference, picture, wordless, levels, margin]) => {
  const pixels = async (jpeg) => {
    const image = await createImageBitmap(await (await fetch(`data:image/jpeg;base64,${jpeg}`)).blob());
    const canvas = new OffscreenCanvas(Math.ceil(image.width / 4), Math.ceil(image.height / 4));
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return context.getImageData(0, 0, canvas.width, canvas.height);
  };
  const [wanted, seen, bare] = [await pixels(reference), await pixels(picture), await pixels(wordless)];
  const { width, height } = seen;
  if (wanted.width !== width || wanted.height !== height) return 1;
  const differs = (a, b, i) => [0, 1, 2].some((c) => Math.abs(a.data[4 * i + c] - b.data[4 * i + c]) > levels);
  const isText = new Uint8Array(width * height);
  for (let i = 0; i < isText.length; i++) {
    if (!differs(seen, bare, i)) continue;
    for (let y = -margin; y <= margin; y++) {
      for (let x = -margin; x <= margin; x++) isText[i + y * width + x] = 1;
    }
  }
  return isText.reduce((n, text, i) => n + (!text && differs(wanted, seen, i)), 0) / isText.length;
}
"""


def compare(page, name):
    """Hold that a page looks as in the picture of that name, or write the picture."""
    until_painted(page)
    picture = page.screenshot(type="jpeg", quality=QUALITY)
    path = PICTURES / f"{name}.jpg"
    if os.environ.get("GRIDDER_NEW_PICTURES"):
        path.write_bytes(picture)
    page.add_style_tag(content=WORDLESS)
    wordless = page.screenshot(type="jpeg", quality=QUALITY)
    pictures = [base64.b64encode(jpeg).decode() for jpeg in (path.read_bytes(), picture, wordless)]
    assert page.evaluate(DIFFERENCE, [*pictures, LEVELS, MARGIN]) <= BUDGET


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
