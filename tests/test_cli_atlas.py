"""`gridder atlas`: linked pages and a PDF of a plan's folder."""

from __future__ import annotations

import base64
import json
import re
import zlib

import geopandas as gpd
import numpy as np
import pandas as pd
import pypdf
import pytest
import shapely
from typer.testing import CliRunner

import gridder
from gridder.cli import app

K = 5


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    """Return the folder of a plan of thirty-six fields in two zones, its grids of two to eight people."""
    folder = tmp_path_factory.mktemp("plans")
    rng = np.random.default_rng(5)
    x, y = np.meshgrid(np.arange(6), np.arange(6))
    west, south = (116.4 + 0.003 * x.ravel(), 39.9 + 0.002 * y.ravel())
    gpd.GeoDataFrame(
        {"parcel_id": [f"P{i:02d}" for i in range(36)]},
        geometry=shapely.box(west, south, west + 0.0029, south + 0.0019),
        crs="EPSG:4326",
    ).to_file(folder / "fields.gpkg")
    gpd.GeoDataFrame(
        {"name": ["东片", "西片"]},
        geometry=[shapely.box(116.409, 39.9, 116.418, 39.912), shapely.box(116.4, 39.9, 116.409, 39.912)],
        crs="EPSG:4326",
    ).to_file(folder / "zones.gpkg")
    people = {
        "member_id": np.arange(70),
        "lon": rng.uniform(116.4, 116.418, 70),
        "lat": rng.uniform(39.9, 39.912, 70),
    }
    pd.DataFrame(people).to_csv(folder / "members.csv", index=False)
    made = gridder.partition(
        fields=gridder.read_units(folder / "fields.gpkg", layer="field"),
        members=gridder.read_members(folder / "members.csv"),
        zones=gridder.read_zones(folder / "zones.gpkg"),
        size=gridder.Size(of="members", target=5, minimum=2, maximum=8),
    )
    return gridder.save_plan(made, folder / "plan")


def run(*words):
    """Return what the command said and its exit code."""
    return CliRunner().invoke(app, ["atlas", *map(str, words), "--lang", "en"])


def held(path, name):
    """Return what a page holds under a name."""
    packed = re.search(rf'id="gridder-{name}">([^<]+)<', path.read_text(encoding="utf-8"))[1]
    return json.loads(zlib.decompress(base64.b64decode(packed)))


def texts_of(path):
    """Return the texts of the pages of a PDF."""
    return [page.extract_text().replace("\n", " ") for page in pypdf.PdfReader(path).pages]


def test_pages_and_print(plan, tmp_path):
    """The paths are printed; title, paper and kind of pages are those asked for."""
    out = tmp_path / "new" / "atlas"
    done = run(plan, "--out", out, "--pdf", "--paper", "a3", "--title", "Farm 7")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines() == [str(out / "index.html"), str(out / "atlas.pdf")]
    assert sorted(path.name for path in (out / "pages").iterdir()) == ["1.html", "2.html"]
    assert held(out / "index.html", "about")["title"] == ["Farm 7", "Farm 7"]
    assert held(out / "pages" / "1.html", "about")["title"][0].startswith("Farm 7 · ")
    assert len(texts_of(out / "atlas.pdf")) == 4
    assert "reading files" in done.stderr
    grids = gridder.load_plan(plan).grids
    done = run(plan, "--out", out, "--by", "grid", "--overwrite", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == {"folder": str(out), "files": [str(out / "index.html")]}
    assert len(list((out / "pages").iterdir())) == len(grids)
    assert not (out / "atlas.pdf").exists()


def test_hidden_counts_are_nowhere(plan, tmp_path):
    """With `--hide-below` no size below it stands on a page, in the overview or in the PDF."""
    grids = gridder.load_plan(plan).grids.set_index("grid_id")
    small = grids[grids["size"] < K]
    assert len(small) >= 2
    out = tmp_path / "atlas"
    assert run(plan, "--out", out, "--pdf", "--hide-below", K, "--quiet").exit_code == 0
    for path in (out / "index.html", *(out / "pages").iterdir()):
        about = held(path, "about")
        size = dict(zip(about["grids"]["id"], about["grids"]["size"], strict=True))
        shown = [value for value in size.values() if value is not None]
        assert shown
        assert min(shown) >= K
        assert held(path, "units")["size"] == [None] * len(held(path, "units")["id"])
        assert all(count is None or count >= K for count in about["composition"]["count"])
    printed = " ".join(texts_of(out / "atlas.pdf"))
    for code in small["code"]:
        assert re.search(rf"{code} hidden hidden [\d.,]+ [\d.]+ \d+ ", printed)


def test_what_is_there_is_kept(plan, tmp_path):
    """A folder of other files, a missing plan and a wrong word end with exit 2, and nothing is written."""
    out = tmp_path / "mine"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    done = run(plan, "--out", out, "--overwrite")
    assert done.exit_code == 2
    assert "no part of an atlas: notes.txt" in done.stderr
    assert run(tmp_path / "nowhere", "--out", tmp_path / "atlas").exit_code == 2
    assert run(plan, "--out", tmp_path / "atlas", "--by", "unit").exit_code == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine"]
    assert [path.name for path in out.iterdir()] == ["notes.txt"]
